//! What counts as a secret: one table. Every row names itself in the note, and carries an example that it must catch
//! and a look-alike that it must leave; the tests walk the table.

/// A kind of secret.
pub struct Rule {
    /// What the note calls it: `[redacted: aws key]`.
    pub name: &'static str,
    /// How it is found.
    pub(super) find: Find,
    /// A text with one such secret. Only where tests can run: the Worker has no use for the examples' 5 KB.
    #[cfg(any(test, not(target_arch = "wasm32")))]
    pub example: &'static str,
    /// An ordinary text that resembles it.
    #[cfg(any(test, not(target_arch = "wasm32")))]
    pub lookalike: &'static str,
}

/// How a kind of secret is found.
pub(super) enum Find {
    /// By how it begins.
    Token(Token),
    /// By a name before it that ends like one of these (letters and digits only, in lower case), as in
    /// `password=…`, `"password": "…"`, `--password …` and `<password>…`.
    Label(&'static [&'static str], Value),
    /// By code of its own: see `shape` and `token`.
    Shape,
}

/// A vendor's key: one of these prefixes, then letters, digits and the other characters named.
pub(super) struct Token {
    pub prefixes: &'static [&'static str],
    pub also: &'static str,
    /// How many characters follow the prefix at least, …
    pub least: usize,
    /// … or exactly, and then another letter or digit means it is something else.
    pub exact: bool,
    /// It has no small letters.
    pub upper: bool,
    /// The prefix is too ordinary a word: what follows must look random.
    pub random: bool,
    /// The prefix is no secret and stays.
    pub keep: bool,
}

/// What a labelled value must be like to count as a secret. The more ordinary the label, the more is asked: a sentence
/// may say `token: unexpected`, but a colon after `password` mostly means one.
#[derive(Clone, Copy, PartialEq)]
pub(super) enum Value {
    /// Anything but a placeholder or a word such as `invalid`; the rest of the line when nothing else is on it.
    Any,
    /// Four characters or more.
    Some,
    /// The same, but looking machine-made where it may be the middle of a sentence.
    Telling,
    /// Long and machine-made wherever it stands.
    Long,
    /// Exactly 32 letters and digits.
    Code,
    /// Long and machine-made, in a URL's query.
    Query,
    /// An `Authorization` header's: the scheme stays.
    Credentials,
    /// A cookie header's, whole.
    Cookies,
}

pub(super) const PRIVATE_KEY: &str = "private key";
pub(super) const JWT: &str = "jwt";
pub(super) const BEARER: &str = "bearer token";
pub(super) const URL: &str = "url password";
pub(super) const CARD: &str = "card number";
pub(super) const EMAIL: &str = "email";

const PLAIN: Token =
    Token { prefixes: &[], also: "", least: 20, exact: false, upper: false, random: false, keep: false };

const fn rule(name: &'static str, find: Find, example: &'static str, lookalike: &'static str) -> Rule {
    #[cfg(all(target_arch = "wasm32", not(test)))]
    let _ = (example, lookalike);
    Rule {
        name,
        find,
        #[cfg(any(test, not(target_arch = "wasm32")))]
        example,
        #[cfg(any(test, not(target_arch = "wasm32")))]
        lookalike,
    }
}

const fn token(name: &'static str, token: Token, example: &'static str, lookalike: &'static str) -> Rule {
    rule(name, Find::Token(token), example, lookalike)
}

const fn label(
    name: &'static str,
    endings: &'static [&'static str],
    value: Value,
    example: &'static str,
    lookalike: &'static str,
) -> Rule {
    rule(name, Find::Label(endings, value), example, lookalike)
}

const fn shape(name: &'static str, example: &'static str, lookalike: &'static str) -> Rule {
    rule(name, Find::Shape, example, lookalike)
}

/// Every kind of secret. The first row that fits gives the name, so the more special stands before the more general.
/// The examples are put together from two halves, so that those who scan source code for keys find none here.
pub static CATALOGUE: &[Rule] = &[
    shape(
        PRIVATE_KEY,
        concat!("-----BEGIN RSA PRIV", "ATE KEY-----\nMIIEpAIBAAKCAQEA04up8hoqzS1\n-----END RSA PRIV", "ATE KEY-----"),
        "-----BEGIN PUBLIC KEY-----\nMFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAE\n-----END PUBLIC KEY-----",
    ),
    token(
        PRIVATE_KEY,
        Token {
            // The same in base64: without a kind, RSA, EC, OPENSSH, ENCRYPTED, PGP.
            prefixes: &[
                "LS0tLS1CRUdJTiBQUklWQVRFIEtF",
                "LS0tLS1CRUdJTiBSU0EgUFJJVkFURSBL",
                "LS0tLS1CRUdJTiBFQyBQUklWQVRFIEtF",
                "LS0tLS1CRUdJTiBPUEVOU1NIIFBSSVZBVEUg",
                "LS0tLS1CRUdJTiBFTkNSWVBURUQgUFJJVkFURSBL",
                "LS0tLS1CRUdJTiBQR1AgUFJJVkFURSBL",
            ],
            also: "+/",
            ..PLAIN
        },
        concat!("client-key-data: LS0tLS1CRUdJTiBS", "U0EgUFJJVkFURSBLRVktLS0tLQpNSUlFb3dJQkFBS0NBUUVB"),
        "certificate-authority-data: LS0tLS1CRUdJTiBDRVJUSUZJQ0FURS0tLS0t",
    ),
    token(
        "aws key",
        Token { prefixes: &["AKIA", "ASIA", "ABIA", "ACCA"], least: 16, exact: true, upper: true, ..PLAIN },
        concat!("AKIA", "IOSFODNN7EXAMPLE"),
        "AKIAIOSFODNN7",
    ),
    token(
        "github token",
        Token { prefixes: &["ghp_", "gho_", "ghu_", "ghs_", "ghr_", "github_pat_"], also: "_-.", ..PLAIN },
        concat!("ghp", "_16C7e42F292c6912E7710c838347Ae178B4a"),
        "ghp_import_path",
    ),
    token(
        "gitlab token",
        Token {
            prefixes: &[
                "glpat-", "gldt-", "glrt-", "glptt-", "glcbt-", "glft-", "glsoat-", "glagent-", "gloas-", "glimt-",
            ],
            also: "_-.",
            least: 16,
            ..PLAIN
        },
        concat!("glpat", "-x7Zk2vQpL9mT4sWb8nRd"),
        "glpat-prefixed",
    ),
    token(
        "slack token",
        Token {
            prefixes: &[
                "xoxb-", "xoxp-", "xoxa-", "xoxe-", "xoxe.", "xoxo-", "xoxr-", "xoxs-", "xoxc-", "xoxd-", "xapp-",
            ],
            also: "_-.%",
            least: 10,
            ..PLAIN
        },
        concat!("xoxb", "-17653672481-19874698323-pdFZKVeTuE8sk7oOHcbrzqgy"),
        "xoxo-love",
    ),
    token(
        "webhook url",
        Token {
            prefixes: &[
                "hooks.slack.com/",
                "discord.com/api/webhooks/",
                "discordapp.com/api/webhooks/",
                "webhook.office.com/",
                "outlook.office.com/webhook/",
                "hooks.zapier.com/",
                "api.telegram.org/bot",
                "events.pagerduty.com/integration/",
            ],
            also: "_-./@:~%",
            least: 16,
            keep: true,
            ..PLAIN
        },
        concat!("https://hooks.slack.com/serv", "ices/T00000000/B00000000/XXXXXXXXXXXXXXXXXXXXXXXX"),
        "https://api.slack.com/messaging/webhooks",
    ),
    token(
        "google key",
        Token { prefixes: &["AIza"], also: "_-", least: 35, exact: true, ..PLAIN },
        concat!("AIza", "SyDaGmWKa4JsXZ-HjGw7ISLn_3namBGewQe"),
        "AIzawa station",
    ),
    token(
        "google token",
        Token { prefixes: &["ya29.", "GOCSPX-"], also: "_-.", ..PLAIN },
        concat!("ya29", ".a0AfH6SMBx1r9Q2w8eRtYuIoPaSdFgHjKl"),
        "ya29.1",
    ),
    token(
        "stripe key",
        Token {
            prefixes: &["sk_live_", "rk_live_", "sk_test_", "rk_test_", "whsec_"],
            also: "_+/",
            least: 16,
            ..PLAIN
        },
        concat!("sk_li", "ve_4eC39HqLyjWDarjtT1zdp7dc"),
        "sk_live_mode",
    ),
    token(
        "npm token",
        Token { prefixes: &["npm_"], least: 30, ..PLAIN },
        concat!("npm", "_A1b2C3d4E5f6G7h8I9j0K1l2M3n4O5p6Q7r8"),
        "npm_config_registry",
    ),
    token(
        "pypi token",
        Token { prefixes: &["pypi-AgE"], also: "_-", least: 30, ..PLAIN },
        concat!("pypi", "-AgEIcHlwaS5vcmcCJDk2ZTNmZjQyLTdhMWItNGM5ZC1hMmUw"),
        "pypi-AgE-index",
    ),
    token(
        "devin key",
        Token { prefixes: &["cog_", "apk_"], also: "_-", random: true, ..PLAIN },
        concat!("cog", "_k3v9x2m7q4w8z1n6b5t0y3r7p2s8"),
        "cog_wheel_2_alignment_failed",
    ),
    token(
        "ai key",
        Token {
            prefixes: &["sk-", "xai-", "gsk_", "hf_", "pplx-", "r8_", "nvapi-", "ABSK"],
            also: "_-",
            random: true,
            ..PLAIN
        },
        concat!("sk", "-ant-api03-Zx8kQw2Lm5Rt9Yp3Vb7Nc1Hd4Gf6Js0A"),
        "sk-worker-node-14-restarted",
    ),
    token(
        "service key",
        Token {
            prefixes: &[
                "dop_v1_",
                "doo_v1_",
                "shpat_",
                "shpss_",
                "shpca_",
                "SG.",
                "lin_api_",
                "ntn_",
                "dckr_pat_",
                "glsa_",
                "glc_",
                "hvs.",
                "hvb.",
                "dp.pt.",
                "dp.st.",
                "NRAK-",
                "ATATT3x",
                "ATCTT3x",
                "PMAK-",
                "sntrys_",
                "sntryu_",
                "rubygems_",
                "sbp_",
                "pscale_tkn_",
                "pscale_pw_",
                "figd_",
                "dapi",
                "tskey-",
                "fm2_",
                "cfut_",
                "phx_",
                "AGE-SECRET-KEY-1",
            ],
            also: "_-.",
            random: true,
            ..PLAIN
        },
        concat!("hvs", ".CAESIJ3kQ9vX2mB7nL4pR8tW1yZ5cF0gH6jD"),
        "SG.Monitoring.Http.Client.Send",
    ),
    shape(
        JWT,
        concat!("eyJhbGciOiJIUzI1NiJ9", ".eyJzdWIiOiIxMjM0NTY3ODkwIn0.dozjgNryP4J3jVmNHl0w5N_XgL0n3I9P"),
        "eyJhbGciOiJIUzI1NiJ9 is a header",
    ),
    label(
        "authorization",
        &["authorization"],
        Value::Credentials,
        "Authorization: Basic dXNlcjpwYXNz",
        "Authorization: denied for user 7",
    ),
    shape(BEARER, "sent Bearer 7Kq9x2Lm5Rt8 upstream", "Bearer token expired, bearer authentication is required"),
    label(
        "cookie",
        &["cookie", "cookies"],
        Value::Cookies,
        "Set-Cookie: sid=31d4d96e407aad42; Path=/",
        "Cookie: not found",
    ),
    label(
        "aws secret key",
        &["secretaccesskey", "awssecretkey"],
        Value::Some,
        concat!("aws_secret_access_key = wJalrXUtnFEMI", "/K7MDENG/bPxRfiCYEXAMPLEKEY"),
        "aws_access_key_id is not set",
    ),
    label(
        "azure key",
        &["accountkey", "sharedaccesskey", "storagekey", "subscriptionkey", "functionskey"],
        Value::Some,
        "AccountName=acme;AccountKey=Eby8vdM02xNOcqFlqUwJPLlmEtlCDXJ1OUzFT50uSRZ6IFsuFq2UVErCz4I6tq==;EndpointSuffix=x",
        "SharedAccessKeyName=RootManageSharedAccessKey",
    ),
    label(
        "signature",
        &["sig", "signature", "code"],
        Value::Query,
        "https://acme.blob.core.windows.net/c?se=2030-01-01&sig=kF9dJ2mQ7xW4vB8nL1pR5tY3zC6hG0sA%3D",
        "https://api.example.com/items?code=404&sig=none",
    ),
    label(
        "signature",
        &["xamzsignature", "xgoogsignature"],
        Value::Some,
        "?X-Amz-Signature=fe5f80f77d5fa3be",
        "?X-Amz-Date=2030",
    ),
    label(
        "pagerduty key",
        &["routingkey", "servicekey", "integrationkey"],
        Value::Code,
        r#""routing_key": "4f8a1c2e9b7d4a6f8e3c5b1a9d7f2e40""#,
        r#""routing_key": "orders.created""#,
    ),
    label(
        "api key",
        &[
            "apikey",
            "accesskey",
            "authkey",
            "masterkey",
            "licensekey",
            "appkey",
            "applicationkey",
            "consumerkey",
            "pagerdutykey",
            "pdkey",
        ],
        Value::Some,
        "X-Api-Key: 7d1e5b0c93",
        "the API key is invalid",
    ),
    label(
        "password",
        &["password", "passwd", "pwd", "passphrase", "passcode", "passwort", "kennwort", "motdepasse", "identifiedby"],
        Value::Any,
        r#"{"password": "hunter2", "user": "bob"}"#,
        "password reset requested, password: invalid",
    ),
    label("password", &["pass"], Value::Telling, "DB_PASS=hunter2", "pass: 12, fail: 0"),
    label(
        "secret",
        &[
            "secret",
            "secretkey",
            "signingkey",
            "encryptionkey",
            "sharedkey",
            "privatekey",
            "hmackey",
            "sessionkey",
            "secretvalue",
            "secretstring",
        ],
        Value::Telling,
        "client_secret=q8Zr3tLm",
        r#"MountVolume.SetUp failed: secret "db-creds" not found"#,
    ),
    label(
        "token",
        &["token"],
        Value::Telling,
        "https://ci.example.com/hook?token=f3a9c1",
        "token expired; Unexpected token: end",
    ),
    label(
        "session id",
        &["jsessionid", "phpsessid", "aspnetsessionid"],
        Value::Some,
        "JSESSIONID=0AAB6C8DE415",
        "session_id=devin-4711",
    ),
    label(
        "credentials",
        &["auth", "credential", "credentials", "creds"],
        Value::Long,
        "auth=b3f1c29d87a64e05",
        "TokenCredentialAuthenticationError: auth: failed",
    ),
    shape(URL, "postgres://app:s3cr3t@db.internal:5432/orders", "http://localhost:8080/@scope/package"),
    shape(CARD, "4111 1111 1111 1111", "1712345678901, 4111 1111 1111 1112, 4111111111111111a"),
    shape(EMAIL, "jane.doe@example.com", "git@github.com:acme/app.git left-pad@1.3.0 icon@2x.png"),
];

/// For each ASCII character, the rules it can lead to, as bits: those with a prefix that begins with it …
const PREFIXES: [u64; 128] = index(true);
/// … and those with a label that ends with it.
const ENDINGS: [u64; 128] = index(false);

#[expect(clippy::indexing_slicing, reason = "it runs in the compiler, where an index that is wrong is an error")]
const fn index(prefixes: bool) -> [u64; 128] {
    let mut bits = [0u64; 128];
    let mut row = 0;
    while row < CATALOGUE.len() {
        let words = match &CATALOGUE[row].find {
            Find::Token(token) if prefixes => token.prefixes,
            Find::Label(endings, _) if !prefixes => endings,
            _ => &[],
        };
        let mut word = 0;
        while word < words.len() {
            let bytes = words[word].as_bytes();
            let byte = if prefixes { bytes[0] } else { bytes[bytes.len() - 1] };
            bits[byte as usize] |= 1 << row;
            word += 1;
        }
        row += 1;
    }
    bits
}

/// The rules with a prefix that begins with this byte.
pub(super) fn tokens_from(first: u8) -> impl Iterator<Item = &'static Rule> {
    rules(&PREFIXES, first)
}

/// The rules with a label that ends with this byte.
pub(super) fn labels_to(last: u8) -> impl Iterator<Item = &'static Rule> {
    rules(&ENDINGS, last)
}

fn rules(index: &'static [u64; 128], byte: u8) -> impl Iterator<Item = &'static Rule> {
    let mut bits = index.get(usize::from(byte)).copied().unwrap_or(0);
    std::iter::from_fn(move || {
        let row = bits.trailing_zeros() as usize;
        bits &= bits.wrapping_sub(1);
        CATALOGUE.get(row)
    })
}
