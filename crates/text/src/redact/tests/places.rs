//! Where secrets stand, one place after the other.

use super::*;
use crate::sanitize;

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
