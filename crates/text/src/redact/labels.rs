//! The names that secrets stand behind: rows.

use super::rule::{Find, Rule, Value};

const fn label(
    name: &'static str,
    endings: &'static [&'static str],
    value: Value,
    example: &'static str,
    lookalike: &'static str,
) -> Rule {
    Rule::new(name, Find::Label(endings, value), example, lookalike)
}

/// The kinds of secret that a label says. The first row that fits gives the name, so the more special stands before the
/// more general.
pub(super) const LABELS: &[Rule] = &[
    label(
        "authorization",
        &["authorization"],
        Value::Credentials,
        "Authorization: Basic dXNlcjpwYXNz",
        "Authorization: denied for user 7",
    ),
    label(
        "cookie",
        &["cookie", "cookies"],
        Value::Cookies,
        "Set-Cookie: sid=31d4d96e407aad42; Path=/",
        "Cookie: not found",
    ),
    label(
        "aws secret key",
        &["secretaccesskey", "awssecretkey", "awssecret"],
        Value::Some,
        concat!("aws_secret_access_key = wJalrXUtnFEMI", "/K7MDENG/bPxRfiCYEXAMPLEKEY"),
        "aws_access_key_id is not set",
    ),
    label(
        "azure key",
        &["accountkey", "sharedaccesskey", "storagekey", "subscriptionkey", "functionskey", "functionkey"],
        Value::Some,
        "AccountName=acme;AccountKey=Eby8vdM02xNOcqFlqUwJPLlmEtlCDXJ1OUzFT50uSRZ6IFsuFq2UVErCz4I6tq==;EndpointSuffix=x",
        "SharedAccessKeyName=RootManageSharedAccessKey",
    ),
    label(
        "signature",
        &["=sig", "=signature", "=code", "=hmac", "=s", "=policy"],
        Value::Query,
        "https://acme.blob.core.windows.net/c?se=2030-01-01&sig=kF9dJ2mQ7xW4vB8nL1pR5tY3zC6hG0sA%3D",
        "https://api.example.com/items?code=404&sig=none",
    ),
    label(
        "signature",
        &["xamzsignature", "xgoogsignature", "xamzcredential"],
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
            "licencekey",
            "appkey",
            "applicationkey",
            "consumerkey",
            "pagerdutykey",
            "pdkey",
            "ingestionkey",
            "ingestkey",
            "writekey",
            "adminkey",
            "serverkey",
            "webhookkey",
            "restkey",
            "userkey",
            "deploykey",
            "instrumentationkey",
            "activationkey",
            "productkey",
            "serialkey",
            "clientkey",
            "clientkeydata",
            "agentkey",
            "projectkey",
            "apikeys",
            "keysecret",
            "apitokens",
            "apicode",
            "honeycombteam",
        ],
        Value::Some,
        "X-Api-Key: 7d1e5b0c93",
        "the API key is invalid",
    ),
    label(
        "password",
        &[
            "password",
            "passwd",
            "passwrd",
            "pwd",
            "pswd",
            "passphrase",
            "passcode",
            "passkey",
            "passwords",
            "userpass",
            "dbpass",
            "sshpass",
            "rootpass",
            "adminpass",
            "smtppass",
            "mailpass",
            "ftppass",
            "dbpw",
            "userpw",
            "adminpw",
            "rootpw",
            "bindpw",
            "mysqlpwd",
            "identifiedby",
            "passwordby",
            "masterauth",
            "requirepass",
            "passinpass",
            "passoutpass",
            "storepass",
            "keypass",
            "securestring",
            "servercommunity",
            "mnemonic",
            "seedphrase",
            "recoveryphrase",
            "backupphrase",
        ],
        Value::Any,
        r#"{"password": "hunter2", "user": "bob"}"#,
        "password reset requested, password: invalid",
    ),
    label(
        "password",
        &[
            "passwort",
            "kennwort",
            "zugangscode",
            "motdepasse",
            "=mdp",
            "contraseña",
            "contrasena",
            "=clave",
            "senha",
            "palavrapasse",
            "parola",
            "wachtwoord",
            "lösenord",
            "losenord",
            "passord",
            "adgangskode",
            "salasana",
            "hasło",
            "haslo",
            "heslo",
            "jelszó",
            "şifre",
            "sifre",
            "пароль",
            "κωδικός",
            "密码",
            "密碼",
            "口令",
            "パスワード",
            "비밀번호",
            "암호",
            "סיסמה",
        ],
        Value::Any,
        "contraseña: abretesesamo",
        "das Passwort ist falsch, Passwort: ungültig",
    ),
    label("password", &["=pass", "=pw", "=psw"], Value::Telling, "DB_PASS=hunter2", "pass: 12, fail: 0"),
    label("password", &["=pin"], Value::Digits, "card PIN: 471147", "pin: enabled, pin: Pinned"),
    label(
        "secret",
        &[
            "secret",
            "secretkey",
            "secretkeybase",
            "signingkey",
            "encryptionkey",
            "decryptionkey",
            "sharedkey",
            "privatekey",
            "hmackey",
            "sessionkey",
            "secretvalue",
            "secretstring",
            "secrettext",
            "cipherkey",
            "aeskey",
            "rsakey",
            "sshkey",
            "tlskey",
            "sslkey",
            "rootkey",
            "symmetrickey",
            "presharedkey",
            "=psk",
            "preshared",
            "cookiekey",
            "cryptokey",
            "jwtkey",
            "tokenkey",
            "sharedsecret",
            "keybase",
            "seckey",
            "appsecret",
            "otpseed",
            "=totp",
            "recoverykey",
            "recoverycode",
            "backupcode",
            "unsealkey",
            "unsealkeys",
            "keypassphrase",
            "geheimnis",
            "secreto",
            "segredo",
        ],
        Value::Telling,
        "client_secret=q8Zr3tLm",
        r#"MountVolume.SetUp failed: secret "db-creds" not found"#,
    ),
    label(
        "token",
        &["token", "=jwt", "accesstokens", "=csrf", "=xsrf", "=sas"],
        Value::Telling,
        "https://ci.example.com/hook?token=f3a9c1",
        "token expired; Unexpected token: end",
    ),
    label(
        "session id",
        &["jsessionid", "phpsessid", "aspnetsessionid", "connectsid", "sessiontoken", "cfduid"],
        Value::Some,
        "JSESSIONID=0AAB6C8DE415",
        "session_id=devin-4711",
    ),
    label(
        "credentials",
        &["auth", "=pat", "samlresponse", "credential", "credentials", "creds", "authinfo", "secretid", "=seed"],
        Value::Long,
        "auth=b3f1c29d87a64e05",
        "TokenCredentialAuthenticationError: auth: failed",
    ),
    label(
        "secret",
        &["key", "dsn", "webhook", "salt", "pepper", "=bearer", "=keys", "tokens", "secrets"],
        Value::Opaque,
        "vendor_key: Zk3vQ9xT2mB7nL4pR8tW1yZ5",
        "cache_key=user:4711:profile key=orders.2026 public_key=RS256",
    ),
];

/// An ending with the kind that it says.
#[derive(Clone, Copy)]
pub(super) struct Ending {
    pub name: &'static str,
    pub value: Value,
    /// In small letters.
    pub text: &'static str,
    /// Whether it must be a whole word, as `pin` must in `user_pin`, because other words end with it.
    pub word: bool,
    row: usize,
    next: usize,
}

#[expect(clippy::indexing_slicing, reason = "it runs in the compiler, where an index that is wrong is an error")]
const COUNT: usize = {
    let mut count = 0;
    let mut row = 0;
    while row < LABELS.len() {
        if let Find::Label(endings, _) = LABELS[row].find {
            count += endings.len();
        }
        row += 1;
    }
    count
};

/// The endings by their last four letters, or by all of them where they have fewer. Dozens end with `key`.
struct Index {
    entries: [Ending; COUNT + 1],
    heads: [u16; SLOTS],
    /// Which slots the last three letters of an ending lead to, as bits.
    known: [u64; SLOTS / 64],
}

const SLOTS: usize = 1_024;

static INDEX: Index = index();

#[expect(clippy::indexing_slicing, reason = "it runs in the compiler, where an index that is wrong is an error")]
const fn index() -> Index {
    let empty = Ending { name: "", value: Value::Any, text: "", word: false, row: 0, next: 0 };
    let mut index = Index { entries: [empty; COUNT + 1], heads: [0; SLOTS], known: [0; SLOTS / 64] };
    let mut n = COUNT;
    // Backwards, so that the first row comes first.
    let mut row = LABELS.len();
    while row > 0 {
        row -= 1;
        let Find::Label(endings, value) = LABELS[row].find else { continue };
        let mut ending = 0;
        while ending < endings.len() {
            let bytes = endings[ending].as_bytes();
            let word = bytes[0] == b'=';
            let text = if word { endings[ending].split_at(1).1 } else { endings[ending] };
            let bytes = text.as_bytes();
            let len = bytes.len();
            let second = if len > 1 { bytes[len - 2] } else { 0 };
            let third = if len > 2 { bytes[len - 3] } else { 0 };
            let fourth = if len > 3 { bytes[len - 4] } else { 0 };
            let three = slot([bytes[len - 1], second, third, 0]);
            index.known[three / 64] |= 1 << (three % 64);
            let head = &mut index.heads[slot([bytes[len - 1], second, third, fourth])];
            index.entries[n] = Ending { name: LABELS[row].name, value, text, word, row, next: *head as usize };
            *head = n as u16;
            n -= 1;
            ending += 1;
        }
    }
    index
}

const fn slot([last, second, third, fourth]: [u8; 4]) -> usize {
    (last as usize + second as usize * 41 + third as usize * 257 + fourth as usize * 67) % SLOTS
}

/// Whether a label may have these last letters. `name` and `value` say it of another one.
pub(super) fn known(last: u8, second: u8, third: u8) -> bool {
    let slot = slot([last, second, third, 0]);
    let ending = INDEX.known.get(slot / 64).is_some_and(|bits| bits & (1 << (slot % 64)) != 0);
    ending
        || matches!(&[third, second, last], b"ame" | b"lue" | b"ult" | b"ist" | b"tet")
        || matches!(&[second, last], b"is" | b"to" | b"as")
}

/// The first row's ending that `fits` of those that a label may have whose last letters these are, the last one first.
pub(super) fn ending(
    [last, second, third, fourth]: [u8; 4],
    fits: impl Fn(&Ending) -> bool,
) -> Option<&'static Ending> {
    let entry = |n: usize| INDEX.entries.get(n).filter(|_| n > 0);
    let first = |letters| {
        let head = INDEX.heads.get(slot(letters)).map_or(0, |head| usize::from(*head));
        std::iter::successors(entry(head), |last| entry(last.next)).find(|ending| fits(ending))
    };
    let lengths = [[last, second, third, fourth], [last, second, third, 0], [last, second, 0, 0], [last, 0, 0, 0]];
    // Of the same row any: it has one name and one value.
    lengths.into_iter().filter_map(first).min_by_key(|ending| ending.row)
}
