//! What stands where a secret could, and is none: placeholders, words of a sentence, source code.

use super::label::Label;

/// Schemes of an `Authorization` header with one word after them …
pub(super) const SCHEMES: &[&str] = &[
    "bearer",
    "basic",
    "token",
    "bot",
    "apikey",
    "api-key",
    "key",
    "jwt",
    "splunk",
    "geniekey",
    "negotiate",
    "ntlm",
    "sharedaccesssignature",
    "sharedkey",
    "sharedkeylite",
    "private-token",
];

/// … and with a list after them.
pub(super) const LISTING_SCHEMES: &[&str] = &["digest", "aws4-hmac-sha256", "hawk", "oauth", "signature"];

/// Words that a sentence goes on with after a label, that configuration leaves a value out with, and type names.
const WORDS: &[&str] = &[
    "null",
    "nil",
    "none",
    "true",
    "false",
    "undefined",
    "empty",
    "unset",
    "yes",
    "no",
    "not",
    "missing",
    "required",
    "invalid",
    "incorrect",
    "expired",
    "wrong",
    "failed",
    "failure",
    "failing",
    "denied",
    "rejected",
    "revoked",
    "changed",
    "reset",
    "updated",
    "must",
    "is",
    "was",
    "are",
    "has",
    "have",
    "should",
    "cannot",
    "can't",
    "can",
    "does",
    "doesn't",
    "did",
    "didn't",
    "will",
    "may",
    "please",
    "too",
    "redacted",
    "filtered",
    "hidden",
    "masked",
    "removed",
    "request",
    "for",
    "from",
    "in",
    "at",
    "of",
    "with",
    "and",
    "or",
    "to",
    "by",
    "on",
    "provided",
    "found",
    "mismatch",
    "unauthorized",
    "forbidden",
    "unknown",
    "unexpected",
    "error",
    "ok",
    "success",
    "succeeded",
    "the",
    "a",
    "an",
    "string",
    "str",
    "&str",
    "text",
    "char",
    "varchar",
    "bool",
    "boolean",
    "int",
    "number",
    "object",
    "optional",
    "option",
    "any",
    "n/a",
    "-",
    "authentication",
    "authorization",
    "received",
    "refresh",
    "refreshed",
    "validation",
    "password",
    "passwords",
    "token",
    "your",
    "this",
    "field",
    "value",
    "enabled",
    "disabled",
    "allowed",
    "set",
    "present",
    "absent",
    "default",
    "blank",
    "on",
    "off",
    "auto",
    "supported",
    "unsupported",
    "same",
    "already",
    "never",
    "invalide",
    "ungültig",
    "falsch",
    "erforderlich",
    "fehlt",
    "abgelaufen",
    "leer",
    "nicht",
    "incorrecta",
    "incorrecte",
    "inválida",
    "requerida",
    "obligatoire",
    "manquant",
    "errata",
    "non",
    "bearer",
    "basic",
    "bytes",
    "bytearray",
    "unicode",
    "optional",
    "options",
    "argument",
    "arguments",
    "flag",
    "flags",
    "parameter",
    "parameters",
    "instead",
    "if",
    "when",
    "which",
    "that",
    "via",
    "using",
    "sensitive",
    "known",
    "permission",
    "await",
    "match",
    "read",
    "write",
    "secretstr",
    "async",
    "new",
    "typeof",
    "function",
    "lambda",
    "!vault",
    "!secret",
    "!ref",
    "!sub",
    "!getatt",
];

/// Whether the text is one of these words, whatever the case.
pub(super) fn one_of(text: &[u8], words: &[&str]) -> bool {
    words.iter().any(|word| text.eq_ignore_ascii_case(word.as_bytes()))
}

/// Whether the value begins like a sentence rather than being a secret.
pub(super) fn sentence(value: &[u8]) -> bool {
    let first = trimmed(value.split(u8::is_ascii_whitespace).next().unwrap_or(value));
    let known = LOOKS.get(look(first) / 64).is_some_and(|bits| bits & (1 << (look(first) % 64)) != 0);
    (known && one_of(first, WORDS)) || error(first)
}

/// Whether the word is an error's name, as `ResourceNotFoundException` is.
fn error(word: &[u8]) -> bool {
    const ENDINGS: [&[u8]; 6] = [b"Exception", b"Error", b"NotFound", b"Denied", b"Failure", b"Unavailable"];
    matches!(word, [b'A'..=b'Z', .., b'n' | b'r' | b'd' | b'e'])
        && ENDINGS.iter().any(|ending| word.len() > ending.len() + 2 && word.ends_with(ending))
        && word.iter().all(u8::is_ascii_alphabetic)
}

/// What programs' sentences about a secret begin with, which have one of the [`WORDS`] behind it.
const SUBJECTS: &[&str] = &[
    "user",
    "account",
    "aging",
    "ageing",
    "expiry",
    "expiration",
    "scope",
    "field",
    "value",
    "header",
    "claim",
    "client",
    "column",
    "attribute",
    "property",
    "authentication",
    "verification",
    "validation",
    "signature",
    "rotation",
    "policy",
];

/// Whether the line is what a program says of a secret rather than one: `user bob password changed by root`, of which a
/// passphrase has neither the first word nor one like `changed`, or Terraform's `Refreshing state...`.
pub(super) fn status(line: &[u8]) -> bool {
    let mut words = line.split(|b| *b == b' ').filter(|word| !word.is_empty());
    let [Some(first), second] = [words.next(), words.next()] else { return false };
    let second = second.unwrap_or(b"");
    let doing = |word: &[u8]| word.iter().all(u8::is_ascii_alphabetic) && word.len() > 4 && word.ends_with(b"ing");
    match first {
        [b'A'..=b'Z', ..] => {
            let begun = |word: &[u8]| word.strip_suffix(b"...").is_some_and(doing);
            begun(first)
                || doing(first) && second == b"state..."
                || first == b"Still" && begun(second)
                || matches!(first, b"Creation" | b"Destruction" | b"Modifications" | b"Read") && second == b"complete"
        }
        _ => one_of(first, SUBJECTS) && words.clone().count() >= 2 && words.any(sentence),
    }
}

/// What the [`WORDS`] look like, as bits: most of what is asked about looks like none, and need not be compared.
const LOOKS: [u64; 32] = looks();

#[expect(clippy::indexing_slicing, reason = "it runs in the compiler, where an index that is wrong is an error")]
const fn looks() -> [u64; 32] {
    let mut bits = [0; 32];
    let mut word = 0;
    while word < WORDS.len() {
        let look = look(WORDS[word].as_bytes());
        bits[look / 64] |= 1 << (look % 64);
        word += 1;
    }
    bits
}

/// A number below 2,048 from a word's length, its first and its last letter.
const fn look(word: &[u8]) -> usize {
    match word {
        [first, .., last] => {
            (word.len() + first.to_ascii_lowercase() as usize * 31 + last.to_ascii_lowercase() as usize * 131) % 2_048
        }
        [only] => only.to_ascii_lowercase() as usize,
        [] => 0,
    }
}

/// Without the punctuation around it.
fn trimmed(word: &[u8]) -> &[u8] {
    let mut word = word;
    while let [rest @ .., b'.' | b',' | b':' | b';' | b'!' | b'?' | b')' | b']' | b'}' | b'"' | b'\'' | b' ' | b'*'] =
        word
    {
        word = rest;
    }
    word.strip_prefix(b"(").unwrap_or(word)
}

/// Whether the value only stands for one: `${PASSWORD}`, `<password>`, `{{ token }}`, `$TOKEN`, `%s`, `****`, `FILTERED]`.
pub(super) fn placeholder(value: &[u8]) -> bool {
    let name = |text: &[u8]| text.iter().all(|b| b.is_ascii_uppercase() || b.is_ascii_digit() || *b == b'_');
    match value {
        [] => true,
        [b'$', b'{' | b'(', ..] | [b'{', b'{', ..] | [b'%', b'(' | b'{', ..] | [b'#', b'{', ..] => true,
        [b'<', .., b'>'] | [b'{', .., b'}'] | [b'{'] => true,
        // What goes on after a quote that ended before.
        [b' ', b'+' | b'%' | b'.', ..] => true,
        // Python's `{password!r}`.
        [b'{', inner @ ..] if inner.iter().all(|b| b.is_ascii_lowercase() || matches!(b, b'_' | b'.' | b'!')) => true,
        [b'y' | b'Y', b'o' | b'O', b'u' | b'U', b'r' | b'R', b'-' | b'_', ..] => true,
        [b'[', inner @ .., b']'] => inner.iter().all(|b| b.is_ascii_alphabetic() || matches!(b, b' ' | b'_' | b'-')),
        [b'$', rest @ ..] if name(rest) => true,
        [b'%', rest @ .., b'%'] if name(rest) => true,
        [b'%', b's' | b'v' | b'd' | b'r'] => true,
        // Masked but for its end.
        [b'*', b'*', b'*', b'*', rest @ ..] if rest.iter().filter(|b| **b != b'*').count() <= 4 => true,
        _ => {
            (value.len() < 4 && !value.iter().any(u8::is_ascii_alphanumeric))
                || one_of(trimmed(value), &["filtered", "redacted", "hidden", "masked", "secret", "password", "token"])
                || value.iter().all(|b| matches!(b, b'*' | b'x' | b'X' | b'.' | b'-' | b'_' | b'?' | b'#' | b':'))
                || value.windows(8).any(|run| matches!(run, b"xxxxxxxx" | b"XXXXXXXX"))
        }
    }
}

/// Whether the value only says where a secret is: a file, an address, a resource.
pub(super) fn reference(value: &[u8]) -> bool {
    let begins = |with: &[u8]| value.starts_with(with);
    let path = matches!(value, [b'/' | b'~', b'a'..=b'z' | b'A'..=b'Z' | b'.' | b'/', ..] | [b'.', b'/' | b'.', ..]);
    let file = [&b".pem"[..], b".key", b".crt", b".txt", b".md", b".json", b".yaml", b".yml", b".html"];
    let file = file.iter().any(|end| value.windows(end.len()).any(|part| part == *end));
    let address = begins(b"https://") || begins(b"http://");
    begins(b"arn:") || begins(b"file:") || ((path || file || address || object(value)) && !super::opaque::random(value))
}

/// Whether it is a path of names, as `Secret/orders-db` and `prod/orders/api-2` are.
fn object(value: &[u8]) -> bool {
    let name = |part: &[u8]| {
        matches!(part, [b'a'..=b'z' | b'A'..=b'Z', _, _, ..])
            && part.iter().skip(1).all(|b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_' | b'.'))
    };
    value.contains(&b'/') && value.split(|b| *b == b'/').all(name)
}

/// Whether the value is the name of a variable that has a secret: `WEBHOOK_SECRET`, or `id_token` in `token = id_token`.
/// A password may be such a name, but hardly the one that it stands behind.
pub(super) fn variable(value: &[u8], label: &Label, password: bool) -> bool {
    let value = match value {
        [value @ .., b',' | b';' | b')' | b'}'] => value,
        value => value,
    };
    let constant =
        value.iter().all(|b| b.is_ascii_uppercase() || b.is_ascii_digit() || *b == b'_') && value.contains(&b'_');
    let name = value.iter().all(|b| b.is_ascii_alphabetic() || matches!(b, b'_' | b'.'));
    let joined = value.contains(&b'_') || value.contains(&b'.');
    let known = || Label::of(value, 0).kind().is_some();
    let own = label.ends_with_name(value);
    if !password && shell(value) {
        return true;
    }
    (constant && (known() || (name && !password)))
        || (name && joined && ((!password && known()) || own))
        || (name && own && known())
}

/// Whether it is a variable in a shell's line, `$api_token`. Passwords may begin so.
pub(super) fn shell(value: &[u8]) -> bool {
    let name = |rest: &[u8]| rest.iter().all(|b| b.is_ascii_alphanumeric() || *b == b'_');
    matches!(value, [b'$', rest @ ..] if name(rest) && !super::opaque::random(rest))
}

/// Whether it is a variable's name, as `auth_header` is.
pub(super) fn identifier(value: &[u8]) -> bool {
    value.contains(&b'_') && value.iter().all(|b| b.is_ascii_lowercase() || *b == b'_')
}

/// Whether it is the name of a type of secrets, as `SecretStr` and `RSAPrivateKey` are.
pub(super) fn type_name(value: &[u8]) -> bool {
    let has = |part: &str| value.windows(part.len()).any(|window| window == part.as_bytes());
    matches!(value, [b'A'..=b'Z', ..])
        && value.iter().all(u8::is_ascii_alphabetic)
        && super::opaque::written(value)
        && ["Secret", "Token", "Key", "Credential"].iter().any(|part| has(part))
}

/// Whether the value is an expression in source code (`get_password(…`, `config.token`, `Token::new`) or an object as
/// Java shows one (`Token{a64f992`, `os.BinderProxy@2bd79ce`). A password may look like some of these.
pub(super) fn code(value: &[u8], password: bool) -> bool {
    let end =
        value.iter().position(|b| !(b.is_ascii_alphanumeric() || matches!(b, b'_' | b'.'))).unwrap_or(value.len());
    let (path, rest) = value.split_at_checked(end).unwrap_or((value, &[]));
    if !path.first().is_some_and(|b| b.is_ascii_alphabetic() || *b == b'_') {
        return false;
    }
    let dotted = path.contains(&b'.');
    match rest.first() {
        Some(b'!') if !password => matches!(rest, [_, b'(' | b'[' | b'{', ..]),
        Some(b'{' | b'(' | b'[') if !password => !path.is_empty(),
        Some(b':') if !password => rest.starts_with(b"::"),
        Some(b'@') if !password => dotted,
        Some(b'[') if matches!(rest, [_, b'\'' | b'"', ..]) => true,
        Some(b'(' | b'[') => {
            let types =
                ["Optional", "Option", "Union", "List", "Dict", "Vec", "str", "repr", "unquote", "getattr", "super"];
            dotted || path.contains(&b'_') || one_of(path, &types)
        }
        None | Some(b',' | b';' | b')') => {
            let object = path.split(|b| *b == b'.').next().unwrap_or(path);
            // `Name.Builtin`
            let names = path.iter().all(|b| b.is_ascii_alphabetic() || *b == b'.');
            // Terraform's `random_password.db.result` and `var.password`.
            let parts = path.iter().filter(|b| **b == b'.').count() + 1;
            let attribute = (object.contains(&b'_') && parts == 3 || matches!(object, b"var" | b"local"))
                && path.iter().all(|b| b.is_ascii_lowercase() || matches!(b, b'_' | b'.'));
            dotted
                && ((!password && names && rest.is_empty())
                    || attribute
                    || Label::of(path, 0).kind().is_some()
                    || one_of(
                        object,
                        &["self", "this", "config", "settings", "request", "req", "process", "os", "args"],
                    ))
        }
        _ => false,
    }
}
