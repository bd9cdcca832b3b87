use std::time::{Duration, Instant};

use proptest::prelude::*;

use super::opaque::random;
use super::*;
use crate::{clean, sanitize};

/// The part of an example that goes: everything between what the note left before and after it.
fn secret_of(rule: &Rule) -> String {
    let example = rule.example();
    let shown = redact(&example, true);
    let note = [NOTE, rule.name, "]"].concat();
    let (before, after) = shown.split_once(&note).unwrap_or_else(|| panic!("{}: {shown}", rule.name));
    let rest = example.strip_prefix(before).and_then(|rest| rest.strip_suffix(after));
    rest.unwrap_or_else(|| panic!("{}: {shown}", rule.name)).to_owned()
}

#[test]
fn every_example_is_caught() {
    for rule in catalogue() {
        let secret = secret_of(rule);
        assert!(secret.len() >= 6, "{}: {secret}", rule.name);
        // What is left of a secret can be looked for: the note has no long part of it.
        let repeated =
            secret.as_bytes().windows(8).any(|part| rule.name.as_bytes().windows(8).any(|other| part == other));
        assert!(!repeated, "{}: {secret}", rule.name);
    }
}

#[test]
fn every_lookalike_stays() {
    for rule in catalogue() {
        assert_eq!(redact(rule.lookalike, true), rule.lookalike, "{}", rule.name);
    }
}

/// `S3CRET` stands for the secret; in what is expected, `*` stands for the note.
fn check(cases: &[&str]) {
    for case in cases {
        for secret in ["hunter2", "tr0ub4dor&3-Zx", "f3a9c1d27b86e05f"] {
            let text = case.replace("S3CRET", secret);
            let shown = redact(&text, true);
            assert!(!shown.contains(secret), "{text}\n{shown}");
            // Nothing but the secret went.
            let (before, after) = case.split_once("S3CRET").unwrap();
            assert!(shown.starts_with(before) && shown.ends_with(after), "{text}\n{shown}");
            assert_eq!(redact(&shown, true), shown, "{text}");
        }
    }
}

#[test]
fn labels_in_query_strings_and_forms() {
    check(&[
        "https://h.example/login?user=bob&password=S3CRET&next=1",
        "https://h.example/login?password=S3CRET",
        "GET /cb?access_token=S3CRET HTTP/1.1",
        "(see https://h.example/?token=S3CRET)",
        "<a href=\"https://h.example/?api_key=S3CRET\">x</a>",
        "https://h.example/?token=S3CRET&amp;x=1",
        "next=%2Flogin%3Ftoken%3DS3CRET%26x%3D1",
        "user[password]=S3CRET",
    ]);
}

#[test]
fn labels_in_json() {
    check(&[
        r#"{"password":"S3CRET"}"#,
        r#"{"password": "S3CRET", "user": "x"}"#,
        r#"{"db_password" : "S3CRET"}"#,
        r#"{"clientSecret":"S3CRET","n":1}"#,
        r#"{"log":"{\"password\":\"S3CRET\",\"user\":\"x\"}"}"#,
        r#"{"log":"{\\\"token\\\":\\\"S3CRET\\\",\\\"user\\\":1}"}"#,
        r#"{"log":"password=S3CRET\nnext line"}"#,
        "{\n  \"api_key\":\n    \"S3CRET\"\n}",
        "{'password': 'S3CRET'}",
        "{'password': b'S3CRET'}",
        r#"{"token": ["S3CRET"]}"#.replace("[\"S3CRET\"]", "[S3CRET]").leak(),
        r#"{:password=>"S3CRET", "x"=>1}"#,
        r#"[{"name":"DB_PASSWORD","value":"S3CRET"},{"name":"X","value":"y"}]"#,
        r#"<add key="Password" value="S3CRET"/>"#,
        "q=%7B%22password%22%3A%22S3CRET%22%2C%22user%22%3A%22x%22%7D",
        r#"[[b"authorization", b"Bearer S3CRET"], [b"host", b"x"]]"#,
        r#"getenv("api_key", "S3CRET")"#,
        r#"Config { password: Some("S3CRET"), user: None }"#,
    ]);
}

#[test]
fn labels_in_yaml_ini_and_environment() {
    check(&[
        "user: x\npassword: S3CRET\nhost: y",
        "  - token: S3CRET",
        "password: 'S3CRET'",
        "password: \"S3CRET\" # old",
        "- name: API_TOKEN\n  value: S3CRET\n- name: X\n  value: y",
        "[db]\npassword = S3CRET\nport = 1",
        "export DB_PASSWORD=S3CRET",
        "PGPASSWORD=S3CRET psql",
        "AWS_SECRET_ACCESS_KEY=S3CRET\nAWS_REGION=x",
        "spring.datasource.password=S3CRET",
        "os.environ['SECRET_KEY'] = 'S3CRET'",
        "API key: S3CRET",
        "Client Secret = S3CRET",
        "token_2=S3CRET",
        "GET /x headers: accept: */*, x-webhook-secret: S3CRET, host: x",
    ]);
    assert_eq!(redact("password: correct horse battery\nx: y", true), "password: [redacted: password]\nx: y");
    assert_eq!(redact("password=abc user=bob", true), "password=[redacted: password] user=bob");
    assert_eq!(
        redact("db:\n  password: |\n    line one\n    line two\n  host: x\n", true),
        "db:\n  password: |\n    [redacted: password]\n  host: x\n"
    );
}

#[test]
fn labels_in_markup_headers_and_command_lines() {
    check(&[
        "<password>S3CRET</password>",
        "<ns:ApiKey>S3CRET</ns:ApiKey>",
        "<Password><![CDATA[S3CRET]]></Password>",
        "<user name=\"x\" password=\"S3CRET\"/>",
        "X-Auth-Token: S3CRET",
        "X-Vault-Token: S3CRET\r\nHost: x",
        "PRIVATE-TOKEN: S3CRET",
        "mysql --password=S3CRET -u root",
        "mysql --password S3CRET db",
        "tool -Token S3CRET -Verbose",
        r#"["tool", "--client-secret", "S3CRET", "-v"]"#,
        "curl -u bob:S3CRET https://h.example",
        "CREATE USER x IDENTIFIED BY 'S3CRET' ACCOUNT UNLOCK",
        "ALTER ROLE x WITH PASSWORD 'S3CRET';",
    ]);
}

#[test]
fn connection_strings_and_urls() {
    check(&[
        "postgres://app:S3CRET@db:5432/x",
        "mongodb+srv://app:S3CRET@c0.example.net/x?retryWrites=true",
        "redis://:S3CRET@cache:6379",
        "amqp://u:S3CRET@mq1:5672,mq2:5672/v",
        "https://u:S3CRET@h.example/path@x",
        "postgres://app:pa/S3CRET@db/x".replace("pa/", "").leak(),
        "Server=tcp:x;User ID=sa;Password=S3CRET;Encrypt=True",
        "Server=x;Pwd=S3CRET;",
        "DefaultEndpointsProtocol=https;AccountName=x;AccountKey=S3CRET;EndpointSuffix=y",
        "Endpoint=sb://x/;SharedAccessKeyName=Root;SharedAccessKey=S3CRET",
        "app:S3CRET@tcp(db:3306)/orders",
        "jdbc:mysql://h/x?user=u&password=S3CRET&ssl=1",
    ]);
    assert_eq!(
        redact("Server=x;Password=two words;Encrypt=True", true),
        "Server=x;Password=[redacted: password];Encrypt=True"
    );
    assert_eq!(redact("postgres://u:p/w#1@db/x", true), "postgres://u:[redacted: url password]@db/x");
    assert_eq!(
        redact("https://4f8a1c2e9b7d4a6f@sentry.example/1", true),
        "https://[redacted: url password]@sentry.example/1"
    );
}

#[test]
fn arguments_pairs_and_changes() {
    check(&[
        "#0 /srv/Db.php(42): PDO->__construct('mysql:host=db1', 'shop', 'S3CRET')",
        "mysqli_connect(\"db1\", \"shop\", \"S3CRET\", \"orders\")",
        "DriverManager.getConnection(\"jdbc:h2:mem\", \"sa\", \"S3CRET\")",
        "{password,\"S3CRET\"}",
        "[{user,<<\"app\">>},{password,<<\"S3CRET\">>}]",
        "<wsse:Password Type=\"#PasswordText\">S3CRET</wsse:Password>",
        "&lt;password encrypted=\"false\">S3CRET&lt;/password>",
        "10.0.0.1 : PSK \"S3CRET\"",
        "ACL SETUSER app on >S3CRET ~* +@all",
        "\"ACL\" \"SETUSER\" \"app\" \">S3CRET\" \"on\"",
        "user app on >S3CRET ~* +@all",
        "--parameters ParameterKey=DbPassword,ParameterValue=S3CRET ParameterKey=Size,ParameterValue=small",
    ]);
    assert_eq!(
        redact("~ password = \"hunter2\" -> \"hunter3\" # replaced", true),
        "~ password = \"[redacted: password]\" # replaced"
    );
}

#[test]
fn authorization_and_cookies() {
    check(&[
        "Authorization: Bearer S3CRET",
        "authorization: token S3CRET",
        "Proxy-Authorization: Basic S3CRET\r\nHost: x",
        "curl -H 'Authorization: Bearer S3CRET' https://h.example",
        r#"{"Authorization": "Bearer S3CRET", "x": 1}"#,
        r#"{"headers":"{\"authorization\":\"Basic S3CRET\"}"}"#,
        r#"{"Authorization": ["Bearer S3CRET"]}"#,
        "map[Authorization:[Bearer S3CRET] Host:[x]]",
        "Authorization: AWS4-HMAC-SHA256 S3CRET",
        "Authorization: Digest S3CRET",
        "HTTP_AUTHORIZATION=Bearer S3CRET",
    ]);
    for (text, shown) in [
        ("Authorization: Token token=a1b2", "Authorization: Token [redacted: authorization]"),
        ("Cookie: a=b; c=d\nHost: x", "Cookie: [redacted: cookie]\nHost: x"),
        (
            "GET / HTTP/1.1\\r\\nCookie: a=b; c=d\\r\\nHost: x",
            "GET / HTTP/1.1\\r\\nCookie: [redacted: cookie]\\r\\nHost: x",
        ),
        ("-H 'Cookie: a=\"b\"; c=d' -v", "-H 'Cookie: [redacted: cookie]' -v"),
        (r#"{"cookie": "a=b", "x": 1}"#, r#"{"cookie": "[redacted: cookie]", "x": 1}"#),
        (r#""set-cookie": ["a=b; Path=/", "c=d"], "#, r#""set-cookie": [[redacted: cookie]], "#),
    ] {
        assert_eq!(redact(text, true), shown);
        assert_eq!(redact(shown, true), shown);
    }
}

#[test]
fn a_field_that_is_named_like_a_secret_is_one() {
    for (name, text, shown) in [
        ("password", "correct horse battery", "[redacted: password]"),
        ("DB Password", "a&b=c;d e\nf", "[redacted: password]"),
        ("headers.Cookie", "a=b; sid=c", "[redacted: cookie]"),
        ("Authorization", "Bearer a, b", "Bearer [redacted: authorization]"),
        ("auth", "b3f1c29d87a64e05", "[redacted: credentials]"),
        ("password", "must be changed", "must be changed"),
        ("token", "${TOKEN}", "${TOKEN}"),
        ("cookies", "enabled", "enabled"),
        ("token", r#"{"id":1,"secret":"hunter22"}"#, r#"{"id":1,"secret":"[redacted: secret]"}"#),
        ("note", "password=hunter2 x", "password=[redacted: password] x"),
        ("max_tokens", "4096", "4096"),
    ] {
        assert_eq!(named(name, text, true, &Effort::of(usize::MAX)), shown, "{name}");
        assert_eq!(named(name, shown, true, &Effort::of(usize::MAX)), shown, "{name}");
    }
}

#[test]
fn a_list_goes_on_after_a_note() {
    let text = "auth=[x Authorization: Basic dXNlcjpwYXNz, b3f1c29d87a64e05] end";
    assert_eq!(redact(text, true), "auth=[[redacted: credentials]] end");
    let text = "auth=[x1 Authorization: Basic dXNlcjpwYXNz b3f1c29d87a64e05\nnext";
    assert_eq!(redact(text, true), "auth=[[redacted: credentials]\nnext");
}

#[test]
fn private_keys_whole_and_truncated() {
    let begin = concat!("-----BEGIN PRIV", "ATE KEY-----");
    let end = concat!("-----END PRIV", "ATE KEY-----");
    let line = "MIIEvQIBADANBgkqhkiG9w0BAQEFAASCBKcwggSjAgEAAoIBAQC7VJTUt9Us8cKj";
    let note = "[redacted: private key]";
    for (text, shown) in [
        (format!("a {begin}\n{line}\n{line}\n{end} b"), format!("a {note} b")),
        (format!("a {begin}\n{line}\n{line}\nnext log line"), format!("a {note}\nnext log line")),
        (format!("a {begin}\n{line}\nMIIEvQ"), format!("a {note}")),
        (format!("{begin}\n{line}\n{begin}\n{line}\n{end}"), format!("{note}\n{note}")),
        (format!("{line}\n{line}\n{end}\nnext"), format!("{note}\nnext")),
        (
            format!(r#""private_key": "{begin}\n{line}\n{end}\n", "x": 1"#),
            format!(r#""private_key": "{note}\n", "x": 1"#),
        ),
        (format!("key: |\n  {begin}\n  {line}\n  {end}\nx: y"), format!("key: |\n  {note}\nx: y")),
        (format!("private_key: |\n  {begin}\n  {line}\n  {end}\nx: y"), format!("private_key: |\n  {note}\nx: y")),
        (format!("{begin}\nProc-Type: 4,ENCRYPTED\nDEK-Info: AES-128-CBC,00\n\n{line}\n"), format!("{note}\n")),
    ] {
        assert_eq!(redact(&text, true), shown);
        assert_eq!(redact(&shown, true), shown);
    }
}

#[test]
fn card_numbers() {
    for card in
        ["4242424242424242", "4242-4242-4242-4242", "5555 5555 5555 4444", "3782 822463 10005", "6011111111111117"]
    {
        let text = format!("paid with {card}, thanks");
        assert_eq!(redact(&text, true), "paid with [redacted: card number], thanks");
        assert_eq!(redact(&format!("12 1234 {card} 99"), true), "12 1234 [redacted: card number] 99");
    }
    for number in
        ["4242424242424241", "1700000000000", "x4242424242424242", "4242 4242-4242 4242", "4242.4242.4242.4242"]
    {
        assert_eq!(redact(number, true), number);
    }
}

#[test]
fn emails_only_where_asked() {
    assert_eq!(redact("from bob.o'x <bob+a@mail.example.co.uk>.", true), "from bob.o'x <[redacted: email]>.");
    assert!(!redact("x?email=bob%40example.com&y", true).contains("bob"));
    assert_eq!(redact("連絡先bob@example.com、以上", true), "連絡先[redacted: email]、以上");
    assert_eq!(redact("line\\nbob@example.com\\n", true), "line\\n[redacted: email]\\n");
    assert_eq!(redact("bob@example.com", false), "bob@example.com");
    for text in ["bob@localhost", "Foo@1a2b3c4d", "actions/checkout@v4.1.0", "ssh://git@host.example/x", "a @b.example"]
    {
        assert_eq!(redact(text, true), text);
    }
}

#[test]
fn ordinary_text_stays() {
    for text in [
        "token expired at 2024-05-01T12:00:00Z for request 550e8400-e29b-41d4-a716-446655440000",
        "Azure.Identity.TokenCredentialAuthenticationError: authentication failed: invalid_client",
        "    at com.acme.auth.TokenFilter.doFilter(TokenFilter.java:42)\n    at java.base/java.lang.Thread.run(Thread.java:840)",
        "thread 'main' panicked at src/auth/token.rs:15:9: index out of bounds",
        "  File \"/app/auth.py\", line 12, in login\n    token = self.get_token(scope)\n    password = config.password",
        "commit 9fceb02d0ae598e95dc970b74767f19372d61af8 sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
        "MountVolume.SetUp failed for volume \"tls\" : secret \"db-creds\" not found",
        "password: must be at least 8 characters",
        "Error: password is required",
        "FATAL: password authentication failed for user \"app\"",
        "SyntaxError: Unexpected token: '}' in JSON at position 4",
        "Unexpected token: punc (})",
        "secret: not found; token: null; password=None",
        "max_tokens: 4096, tokens=17 and total_tokens=12345678",
        "password=${DB_PASSWORD} token=$TOKEN secret={{ .Values.secret }} api_key=<your-key> pwd=****",
        "PWD=/usr/src/app\nOLDPWD=/root",
        "function login(user: string, password: string): Promise<Token>",
        "let token: Option<String> = None; use crate::Token::new; secret::load",
        "user 1000:1000 docker run -u 1000:1000 image",
        "arn:aws:iam::123456789012:role/x rabbit routing_key=orders.created",
        "INFO 12:00:01 basic auth enabled; bearer authentication required; Basic plan",
        "https://h.example:8443/a?code=404&page=2#top and http://h.example/@user",
        "cookie: consent banner, cookies enabled",
        "SharedAccessKeyName=RootManageSharedAccessKey;",
        "pass: 12, fail: 3, pass=12",
        "risk-assessment-2024-pipeline task-sk-learn sk-fading-circle",
        "-----BEGIN CERTIFICATE-----\nMIIC\n-----END CERTIFICATE-----",
        "Skipping AppWindowToken{df0798e token=Token{78af589 u0}}, bad token: android.os.BinderProxy@2bd79ce",
        "let eq_token: Token![=] = input.parse()?; const TOKEN: mio::Token = mio::Token(1); token=Token::new(7)",
        "parse Result<Token> failed, Box<dyn SigningKey> too; usage: login <user> <password> [options]\n",
        "failed_password=3 PuttyPassword=0",
        r#"{"errors":{"password":["is too short","can't be blank"],"token":["Your token has expired"]}}"#,
        r#"missing: ["password", "email", "token", "name"]"#,
        "key=value name=password-policy value=strict",
        "-- password reset -- \n- token bucket exhausted\n--token-file /run/x",
        "PagerDuty incident Q2K5JQ3M0XW1Z8 (PT4KHLK) and session devin-3f2a9c",
        "  + password = (known after apply)\n  ~ size = \"small\" -> \"large\"",
        "<a class=\"user\">on >7 errors</a> <td title=\"token\">401</td>",
        "getConnection(\"jdbc:h2:mem\", \"sa\") and s3(\"https://x/a.csv\", \"CSV\", \"id UInt64, name String\")",
        "{error,\"timeout\"},{token,\"expired\"}",
        "user bob is on >3 calls",
    ] {
        assert_eq!(redact(text, true), text);
        assert_eq!(sanitize(text, true), text);
    }
}

#[test]
fn references_to_stores_and_what_is_encrypted_stay() {
    let hex = "62313365396335303738643234663161".repeat(2);
    let base64 = "mNui95+yv47hgTkOH7RTDwNOrff4xxpFNFwJcSzJIDJ=";
    for value in [
        "op://prod/orders-db/password",
        "vault:secret/data/prod/orders#password",
        "ref+vault://secret/data/orders#/password",
        "sm://orders-db-password",
        "ssm:/prod/orders/password",
        "arn:aws:secretsmanager:eu-central-1:123456789012:secret:prod/orders-a8Xk2P:password::",
        "projects/acme/secrets/orders-db/versions/7",
        "@Microsoft.KeyVault(VaultName=orders;SecretName=db)",
        "https://orders.vault.azure.net/secrets/db/0123456789abcdef0123456789abcdef",
        &format!("ENC[AES256_GCM,data:cXdlcg==,iv:{base64},tag:{base64:.22}==,type:str]"),
        &format!("ENC({base64})"),
        &format!("vault:v1:{base64}"),
        &format!("{{cipher}}{base64}"),
    ] {
        for text in [
            format!("password: {value}"),
            format!("DB_PASSWORD={value} region=eu-1"),
            format!("export DB_PASSWORD='{value}'"),
            format!("{{\"password\": \"{value}\", \"port\": 5432}}"),
            format!("error: 403 denied, api_token: {value}: ParameterNotFound"),
        ] {
            assert_eq!(redact(&text, true), text);
        }
        assert_eq!(named("password", value, true, &Effort::of(100)), value);
        // A password that stands with it goes.
        for text in [
            format!("password: {value} hunter2x"),
            format!("password={value}!hunter2x"),
            format!("password: \"{value} hunter2x\""),
            format!("password={value},hunter2x"),
        ] {
            let shown = redact(&text, true);
            assert!(!shown.contains("hunter2x"), "{shown}");
            assert_eq!(redact(&shown, true), shown);
        }
    }
    let text = format!("db_password: |\n  $ANSIBLE_VAULT;1.1;AES256\n  {hex}\n  {hex}\nregion: eu-1");
    assert_eq!(redact(&text, true), text);
    let text = format!("annotations: checksum/secret={hex} fingerprint-of-token: sha256:{hex}");
    assert_eq!(redact(&text, true), text);
}

#[test]
fn what_only_begins_like_a_reference_goes() {
    let hex = "62313365396335303738643234663161";
    for text in [
        "password=op://hunter2x",
        "password=ENC[hunter2x",
        "password: 'ENC[AES256_GCM,data:hunter2x]'",
        "password: 'ENC[AES256_GCM,data:hunter2x,iv:aaaa,tag:aaaa,type:str]'",
        "password=ENC(hunter2x)",
        "password=vault:hunter2x",
        "password=vault:v1:hunter2x",
        "password={cipher}hunter2x",
        "password=arn:hunter2x",
        "password=arn:aws:hunter2x",
        "password=ref+echo://hunter2x",
        "password=projects/hunter2x",
        "password=@Microsoft.KeyVault(hunter2x)",
        "password=/subscriptions/hunter2x",
        "password: |\n  $ANSIBLE_VAULT;1.1;AES256\n  hunter2x",
        "password: user bob is now hunter2x",
        "password: Creating hunter2x",
        "checksum/secret=hunter2x",
        &format!("CHECKSUM_SECRET={hex}"),
        &format!("hash_secret={hex}"),
    ] {
        let shown = redact(text, true);
        assert!(!shown.contains("hunter2x") && !shown.contains(hex), "{shown}");
    }
}

#[test]
fn special_names_win_over_labels() {
    let token = ["ghp", "_16C7e42F292c6912E7710c838347Ae178B4a"].concat();
    assert_eq!(redact(&format!("GITHUB_TOKEN={token} x"), true), "GITHUB_TOKEN=[redacted: github token] x");
    assert_eq!(redact(&format!("{{\"token\":\"{token}\"}}"), true), "{\"token\":\"[redacted: github token]\"}");
}

#[test]
fn hidden_characters_smuggle_nothing() {
    for hidden in ["\u{200b}", "\u{2060}", "\u{ad}", "\u{e0041}", "\0", "\x1b[0m", "\u{202e}", "\u{fe0f}", "\u{200d}"] {
        let text = format!("key AK{hidden}IAIOSFODNN7{hidden}EXAMPLE pass{hidden}word{hidden}={hidden}hun{hidden}ter2");
        assert_eq!(sanitize(&text, true), "key [redacted: aws key] password=[redacted: password]");
    }
}

/// Text that would be slow to search for a search that reads the same bytes again and again.
#[test]
#[allow(clippy::disallowed_methods, reason = "the time it takes is what is tested")]
fn hostile_text_takes_no_longer() {
    let mut pieces: Vec<String> = [
        "a",
        " ",
        ":",
        "=",
        "-",
        "--",
        "-----",
        "@",
        "a@",
        "a.",
        "://",
        "://a:",
        "://a:b/",
        "://a:b,",
        "%3d",
        "%40",
        "password",
        "password=",
        "password:",
        "password: ",
        "password=,",
        "password=a,a",
        "password=must ",
        "y:",
        "key:",
        "d=",
        "token: a ",
        "\"password\":",
        "\"password\":\"",
        "'",
        "\"",
        "\\",
        "\\\"",
        "\\n",
        "[",
        "[[",
        "password=[",
        "[redacted: ",
        "[redacted: x]",
        "eyJ",
        "eyJ.",
        "eyJaaaaaaaaaa.",
        "eyJaaaaaaaaaa-",
        "ghp_",
        "cog_",
        "cog_a-",
        "sk-",
        "sk-a.",
        "SG.",
        "AKIA",
        "gh gh ",
        "bearer ",
        "bearer.",
        "bearer=",
        "Bearer",
        "4",
        "4242 ",
        "4242-",
        "12345678901234567890 ",
        ">",
        "<password>",
        "&lt;password>",
        "<password a=\"\">",
        "&lt;password a=\"\">",
        "\">",
        "setuser >",
        "user on >",
        "s3('a','",
        "{password,\"",
        "password=\"a\" -> \"",
        "${password:?",
        "/secrets/password/",
        "<password",
        ":password>",
        "--password ",
        "-u a:",
        "-u ",
        "name: password ",
        "\"password\",",
        "\"password\",\"a",
        "%22",
        "%3a%22",
        "password%3a%22",
        "a:@tcp(",
        "@tcp(",
        "password=Some(\"",
        "name: password\nvalue: must\n",
        "password: |\n",
        "password: |\n  a\n",
        "Authorization: ",
        "Authorization: Digest",
        "Cookie: ",
        "Cookie: a",
        "\n",
        "é",
        "漢",
        "password d 'x",
        "d 'a ",
        "a_a-a.",
        ";password=",
        ";password=a ",
        "password: a b ",
        "hooks.slack.com/",
        "password=a b=c ",
        "password,",
        "password,\n",
        "a,password\nb,Zk3vQ9xT2mB7\n",
        "password | ",
        "login a/",
        "login a / Zk3vQ9xT2mB7 ",
        "cred a:",
        "cred////////",
        "password for a ",
        "createHmac('a','",
        "pgp_sym_encrypt(a,",
        "htpasswd a ",
        "密码是",
        "password -> ",
        "password=string(",
        "-u a",
    ]
    .map(str::to_owned)
    .into();
    let begin = concat!("-----BEGIN PRIV", "ATE KEY-----");
    let end = concat!("-----END PRIV", "ATE KEY-----");
    pieces.extend([begin.to_owned(), end.to_owned(), format!("{begin}\n"), format!("{begin}a "), format!("a{end}")]);
    pieces.extend(catalogue().flat_map(|rule| [rule.example(), rule.lookalike.to_owned()]));
    let mut slowest = (Duration::ZERO, String::new());
    for piece in pieces {
        let text = piece.repeat(SIZE / piece.len()) + "\n";
        let start = Instant::now();
        let shown = redact(&text, true);
        let took = start.elapsed();
        assert!(took < LIMIT, "{piece:?} took {took:?}");
        assert!(shown.len() <= text.len() * 4 + 100, "{piece:?} grew to {}", shown.len());
        if took > slowest.0 {
            slowest = (took, piece);
        }
    }
    println!("{SIZE} bytes, the slowest: {slowest:?}");
}

const SIZE: usize = 1 << 16;
/// A hundred times what it takes, so that a busy machine isn't mistaken for a slow search; a search that takes the
/// square of the length takes longer still.
const LIMIT: Duration = Duration::from_secs(3);

/// Text made of what the rules look for.
fn suspicious() -> impl Strategy<Value = String> {
    let mut parts: Vec<String> = [
        "password",
        "token",
        "secret",
        "api_key",
        "auth",
        "name",
        "value",
        "Authorization",
        "Cookie",
        "bearer",
        "=",
        ":",
        ": ",
        "\"",
        "'",
        "\\",
        "\\\"",
        "\\n",
        "\n",
        " ",
        "  ",
        ",",
        ";",
        "&",
        "&amp;",
        "?",
        "[",
        "]",
        "{",
        "}",
        "(",
        ")",
        "<",
        ">",
        "-",
        "--",
        "|\n  ",
        "://",
        "@",
        "/",
        ".",
        "%3D",
        "%26",
        "%40",
        "a",
        "abc123def456",
        "must",
        "null",
        "é",
        "漢",
        "x.example.com",
        "[redacted: ",
        "[redacted: x]",
        "eyJ",
        "ghp_",
        "cog_",
        "4242",
        "4242 4242 4242 4242",
        "$",
        "*",
        "#",
        "\t",
        "\0",
        "\\u003d",
        "\\x22",
        "\\u0022",
        "%253D",
        "%5C%22",
        "&quot;",
        "&lt;",
        "&amp;quot;",
        "“",
        "\u{a0}",
        "：",
        "kind: Secret\n",
        "data:\n  a: b\n",
        "\"data\":{\"a\":\"b\"}",
        "machine h login u password ",
        "AUTH ",
        "sshpass -p ",
        "mysql -ps3cret ",
        "password is ",
        "password was changed to ",
        "(a, password) VALUES ('x', '",
        "401 denied ",
        "Zk3vQ9xT2mB7nL4pR8tW1yZ5",
        "eyJwYXNzd29yZCI6Imh1bnRlcjJodW50ZXIyIiwidSI6MX0",
        "<key>password</key><string>",
        "</string>",
        "mnemonic: abandon ability able",
        "user%password1",
        "-U ",
        "form-data; name=\"password\"\r\n\r\n",
        "/reset/",
        "db:5432:a:b:s3cret",
        "$2y$10$",
        "Authorization: Foo ",
        "user,password\na,Zk3vQ9xT2mB7\n",
        "| user | password |\n| a | Zk3vQ9xT2mB7 |\n",
        "login as a / Zk3vQ9xT2mB7",
        "creds ",
        "password for a is ",
        "createHmac('a', '",
        "htpasswd -b f a ",
        "net use ",
        "密码是",
        " -> ",
        "string(8) \"",
        "-u ",
        "Zk3vQ9xT2mB7",
    ]
    .map(str::to_owned)
    .into();
    parts.extend(catalogue().map(|rule| rule.example()));
    parts.extend(catalogue().map(secret_of));
    prop::collection::vec(prop::sample::select(parts), 0..14).prop_map(|parts| parts.concat())
}

/// What may stand around a secret.
fn surroundings() -> impl Strategy<Value = String> {
    let parts = [
        " ",
        "\n",
        "\t",
        ", ",
        "; ",
        " | ",
        "\n\n",
        " - ",
        "(",
        ")",
        " \"",
        "\" ",
        " '",
        "' ",
        "<",
        ">",
        "log line ",
        "ERROR ",
        "12:00:01 ",
        "user ",
        "{ ",
        " }",
        "…",
        "漢字 ",
        "https://x.example/a ",
        "a=b ",
        "x: y\n",
        "null ",
    ];
    let end = prop::sample::select(vec![" ", "\n", "\t", "\n  ", " \n"]);
    (prop::collection::vec(prop::sample::select(parts.to_vec()), 0..8), end)
        .prop_map(|(parts, end)| parts.concat() + end)
}

/// How a text is written in the data that logs and alerts are made of.
const LANGUAGES: &[fn(&str) -> String] = &[
    // The texts of JSON, and of JSON in JSON.
    |text| in_json(text),
    |text| in_json(&in_json(text)),
    |text| format!("{{\"log\":\"{}\",\"n\":1}}", in_json(text)),
    |text| format!("[\n  \"{}\",\n  \"x\"\n]", in_json(text)),
    |text| format!("{{\"m\":\"{{\\\"log\\\":\\\"{}\\\"}}\"}}", in_json(&in_json(text))),
    // A query string and a form.
    |text| format!("https://x.example/?q={}&page=2", in_query(text)),
    |text| format!("a=1&text={}", in_form(text)),
    |text| format!("a=1&next={}", in_form(&format!("/x?text={}&n=2", in_form(text)))),
    // Markup.
    |text| format!("<log>{}</log>", in_markup(text)),
    |text| format!("<log text=\"{}\"/>", in_markup(text)),
    // Lines that begin with something, and lines of Windows.
    |text| format!("> {}", text.replace('\n', "\n> ")),
    |text| format!("2030-01-01T00:00:00Z app[1]: {}", text.replace('\n', "\n2030-01-01T00:00:00Z app[1]: ")),
    |text| text.replace('\n', "\r\n"),
    |text| format!("({text})"),
    |text| format!("'{text}',"),
];

fn in_json(text: &str) -> String {
    let quoted = serde_json::to_string(text).unwrap();
    quoted.strip_prefix('"').and_then(|text| text.strip_suffix('"')).unwrap().to_owned()
}

fn in_query(text: &str) -> String {
    let encode = |b: u8| match b {
        b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'_' | b'.' | b'~' => char::from(b).to_string(),
        _ => format!("%{b:02X}"),
    };
    text.bytes().map(encode).collect()
}

fn in_form(text: &str) -> String {
    in_query(text).replace("%20", "+")
}

fn in_yaml(text: &str) -> String {
    text.replace('\\', "/").replace('\'', "''")
}

fn in_markup(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('"', "&quot;")
}

#[test]
fn every_example_is_caught_in_every_language() {
    for rule in catalogue() {
        let (example, secret) = (rule.example(), secret_of(rule));
        for (number, language) in LANGUAGES.iter().enumerate() {
            for (before, after) in [("", ""), ("first\n", "\nlast"), ("see ", " and"), ("x\t", ", y"), ("(\"", "\")")] {
                let text = language(&[before, example.as_str(), after].concat());
                // Without e-mail addresses no other secret must be left because it seemed to be one.
                for emails in [true, rule.name == "email"] {
                    let shown = redact(&text, emails);
                    let left = [secret.as_str(), &language(&secret)].iter().any(|secret| shown.contains(secret));
                    assert!(!left, "{} in language {number}: {shown}", rule.name);
                    assert_eq!(redact(&shown, emails), shown, "{} in language {number}", rule.name);
                }
            }
        }
    }
}

#[test]
fn in_a_form_a_plus_is_a_blank() {
    for (text, shown) in [
        ("card+PIN%3A+471147+of+me", "card+PIN%3A+[redacted: password]+of+me"),
        ("vendor_key%3A+Zk3vQ9xT2mB7nL4pR8tW1yZ5+at+10%3A21", "vendor_key%3A+[redacted: secret]+at+10%3A21"),
        ("api+key+%3D+Zk3vQ9xT2mB7nL4pR8tW1yZ5%2C+next", "api+key+%3D+[redacted: api key]%2C+next"),
        // A form within a form.
        (
            "next=%2Fx%3Fa%3Dcard%2BPIN%253A%2B471147%2Bof",
            "next=%2Fx%3Fa%3Dcard%2BPIN%253A%2B[redacted: password]%2Bof",
        ),
        // Not encoded, it is part of the secret, and so it is where what follows is no word.
        ("password=a+b1c2d3e4&n=1", "password=[redacted: password]&n=1"),
        ("password%3DaB3+dE5f6G7&n=1", "password%3D[redacted: password]&n=1"),
    ] {
        assert_eq!(redact(text, true), shown);
    }
}

proptest! {
    #[test]
    fn twice_is_once(text in suspicious()) {
        let once = redact(&text, true);
        prop_assert_eq!(redact(&once, true), once);
    }

    #[test]
    fn safe_twice_is_once(text in suspicious()) {
        let once = sanitize(&text, true);
        prop_assert_eq!(clean::block(&once), once.as_str());
        prop_assert_eq!(sanitize(&once, true), once);
    }

    #[test]
    fn no_example_is_left(row in 0..catalogue().count(), before in surroundings(), after in surroundings()) {
        let rule = catalogue().nth(row).unwrap();
        let (example, secret) = (rule.example(), secret_of(rule));
        // What comes before ends, and what comes after begins, with a blank.
        let after: String = after.chars().rev().collect();
        let shown = redact(&[before.as_str(), example.as_str(), after.as_str()].concat(), true);
        prop_assert!(!shown.contains(&secret), "{}", shown);
    }

    #[test]
    fn any_text_will_do(text in any::<String>()) {
        let once = redact(&text, true);
        prop_assert_eq!(redact(&once, true), once);
    }

    /// Whatever characters it is made of, as long as the language that it is written in escapes them.
    #[test]
    fn a_labelled_secret_is_hidden_whole(secret in "[!-~]{8,24}") {
        let json = in_json(&secret);
        let texts = [
            (format!("{{\"password\":\"{json}\",\"n\":1}}"), json.clone()),
            (format!("{{\"log\":\"{{\\\"password\\\":\\\"{0}\\\",\\\"n\\\":1}}\"}}", in_json(&json)), in_json(&json)),
            (format!("https://x.example/?a=b&password={}&n=1", in_query(&secret)), in_query(&secret)),
            (format!("next=%2F%3Fpassword%3D{}%26n%3D1", in_query(&in_query(&secret))), in_query(&in_query(&secret))),
            (format!("<password>{}</password>", in_markup(&secret)), in_markup(&secret)),
            (format!("<user password=\"{}\" n=\"1\"/>", in_markup(&secret)), in_markup(&secret)),
            (format!("postgres://app:{}@db/x", in_query(&secret)), in_query(&secret)),
            // Nobody can tell whether a backslash escapes a quote here.
            (format!("password: '{}'\nn: 1", in_yaml(&secret)), in_yaml(&secret)),
        ];
        let bytes = secret.trim_start_matches('"').as_bytes();
        let stays = allowlist::placeholder(bytes) || allowlist::code(bytes, true) || !random(bytes);
        for (text, written) in texts {
            let shown = redact(&text, false);
            // What only stands for a secret may be left: `${PASSWORD}`, `****`.
            let left = written.as_bytes().windows(8).any(|part| shown.as_bytes().windows(8).any(|other| part == other));
            prop_assert!(!left || shown == text, "{}\n{}", text, shown);
            prop_assert!(shown != text || stays, "{}", text);
        }
    }

    #[test]
    fn no_example_is_left_in_other_languages(
        row in 0..catalogue().count(), language in 0..LANGUAGES.len(), before in surroundings(), after in surroundings(),
    ) {
        let rule = catalogue().nth(row).unwrap();
        let (example, secret) = (rule.example(), secret_of(rule));
        let after: String = after.chars().rev().collect();
        let shown = redact(&LANGUAGES[language](&[before.as_str(), example.as_str(), after.as_str()].concat()), true);
        prop_assert!(!shown.contains(&secret), "{}", shown);
        prop_assert!(!shown.contains(&LANGUAGES[language](&secret)), "{}", shown);
    }
}

#[test]
fn secrets_glued_together_all_go_however_many() {
    let glued = "key-b9eb2b67d8b081abd1d97aaf35f3b68f".repeat(40);
    for text in [glued.clone(), format!("an error: {glued} and {glued}, {glued}")] {
        let shown = redact(&text, true);
        assert!(!shown.contains("b9eb2b67"), "{shown}");
        assert_eq!(redact(&shown, true), shown);
    }
    assert!(redact(&format!("an error: {glued}"), true).starts_with("an error: [redacted: "));
}

#[test]
fn of_a_long_secret_no_tail_is_left() {
    let secret = "q8Zr3tLm".repeat(200);
    for before in [
        "the password is '",
        "password\t'",
        "password is ",
        "reset password to: ",
        "mysql -p'",
        "mysql -p",
        "curl -u bob:",
        "curl -u 'bob:",
        "smbclient -U bob%",
        "AUTH PLAIN ",
        "db.internal:5432:app:bob:",
        "INSERT INTO users (name, password) VALUES ('bob', '",
        "PASSWORD '",
        "--password ",
    ] {
        for behind in ["", "' and so on", "\nand so on"] {
            let shown = redact(&format!("{before}{secret}{behind}"), true);
            assert!(shown.contains("[redacted: ") && !shown.contains("q8Zr3tLm"), "{before}…{behind}: {shown}");
        }
    }
}

#[test]
fn where_the_effort_ends_no_part_of_a_secret_is_left() {
    for rule in catalogue() {
        let example = rule.example();
        let secret = secret_of(rule);
        let before = example.split_once(&secret).unwrap().0;
        let begun: String = secret.chars().take((secret.chars().count() / 2).max(3)).collect();
        for filler in ["", "some words ", "key=a ", "password: hunter2-x9 ", "key=key="] {
            let filler = format!("{} ", filler.repeat(3));
            let text = format!("{filler}{example} and so on, token=expired key=1 secret=a");
            for effort in 0..40 {
                let shown = redact_within(&text, true, &Effort::of(effort));
                let behind = shown
                    .split_once(before)
                    .filter(|_| !before.is_empty())
                    .map_or(shown.as_str(), |(_, behind)| behind);
                assert!(!behind.contains(&begun), "{effort}: {shown}\nof {text}");
            }
        }
    }
}

#[test]
fn hostile_texts_take_no_more_than_the_effort() {
    for piece in
        ["key=", "key=a ", "password: hunter2-x9 ", "a2V5PWtleT1rZXk9a2V5PWtleT1rZXk9", "' token a", " -p x --token "]
    {
        let text = piece.repeat(200_000 / piece.len());
        let effort = Effort::of(2_000);
        let shown = redact_within(&text, true, &effort);
        assert!(shown.len() < 100_000, "{piece}: {}", shown.len());
        assert_eq!(redact_within(&shown, true, &Effort::of(usize::MAX)), shown, "{piece}");
    }
    let words = "the disk of web-3 is full, and nobody knows why; ".repeat(4_000);
    let effort = Effort::of(2_000);
    assert_eq!(redact_within(&words, true, &effort), words);
    assert!(effort.left() > 1_900);
}

#[test]
fn what_was_looked_at_once_is_not_looked_at_for_every_byte() {
    // Each would take minutes where the time grew with the square of the length.
    for piece in [
        "kind: Secret data: ",
        "\"kind\":\"Secret\",\"data\":{",
        "kind: Secret\n data:\n",
        "$2a$",
        "(a, password) values (",
        "values (",
        "&lt;password>",
        "&lt;password a=\"\">",
        "getConnection('",
        "setuser \">",
        "password=ENC[AES256_GCM,data:",
        "password: op://a/",
        "password=ref+vault://a?",
        "password: user a ",
        "$ANSIBLE_VAULT;1.1;AES256\naa\n",
        "password,\n",
        "a,password\n",
        "login a/",
        "htpasswd ",
        "password for a ",
    ] {
        let text = piece.repeat(8_000_000 / piece.len());
        let shown = redact_within(&text, true, &Effort::of(20_000));
        assert!(shown.len() <= text.len() * 2);
    }
}

proptest! {
    #[test]
    fn what_little_effort_shows_is_what_was_there(pieces in prop::collection::vec("key=|a |[a-z]{1,6}=[A-Za-z0-9]{1,20} |password: [a-z0-9]{3,9}\n", 0..30), effort in 0usize..60) {
        let text = pieces.concat();
        let shown = redact_within(&text, true, &Effort::of(effort));
        let whole = redact(&text, true);
        // Either all of it, or its beginning and a mark, which may be hidden with the value that it ends.
        let begun = shown.strip_suffix(CUT).unwrap_or(&shown);
        let marked = shown.ends_with(CUT) || shown.ends_with("[redacted: secret]");
        prop_assert!(shown == whole || marked, "{} of {}", shown, whole);
        for secret in text.split("password: ").skip(1).filter_map(|rest| rest.split('\n').next()).filter(|value| value.len() > 4) {
            prop_assert!(whole.contains(secret) || !begun.contains(secret), "{} of {}", shown, whole);
        }
    }
}
