//! What stays: ordinary texts, references to stores of secrets, what is encrypted.

use super::*;
use crate::sanitize;

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
