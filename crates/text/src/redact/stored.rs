//! Values that only say where a store keeps the secret, as `op://vault/item/password` does, or that nobody can read
//! without a key, as `ENC[AES256_GCM,…]`. Only a well-formed one counts, to its end.

use super::opaque::{Look, uuid};
use super::source::Source;

/// As much of a reference is read, in bytes: what is longer is none.
const LONGEST: usize = 256;

/// How references to stores of secrets begin, and how many parts their path has at least.
const SCHEMES: [(&str, usize); 18] = [
    ("op://", 3),
    ("sm://", 1),
    ("gsm://", 1),
    ("gcp-sm://", 1),
    ("aws-sm://", 1),
    ("awssm://", 1),
    ("aws-ssm://", 1),
    ("secretsmanager://", 1),
    ("ssm://", 1),
    ("ssm:/", 2),
    ("akv://", 2),
    ("azurekv://", 2),
    ("keyvault://", 2),
    ("keyvaultref:https://", 3),
    ("vault://", 2),
    ("berglas://", 2),
    ("conjur://", 2),
    ("keeper://", 3),
];

/// Where the reference or the encrypted value that begins at `start` ends.
pub(super) fn end(src: &Source, start: usize) -> Option<usize> {
    match src.at(start) {
        b'{' if src.starts(start, "{cipher}") => encrypted(src, start + 1),
        b'@' if src.starts(start, "@Microsoft.KeyVault(") => key_vault(src, start + 20),
        b'/' if src.starts(start, "/subscriptions/") => azure_resource(src, start + 15),
        b'$' => ansible(src, start),
        b'E' => encrypted(src, start),
        b'a'..=b'z' => encrypted(src, start).or_else(|| reference(src, start)),
        _ => None,
    }
}

/// Where the encrypted value ends of which the first word begins at `i`: SOPS', hiera-eyaml's, Jasypt's, Spring's, or one
/// of Vault's transit engine.
pub(super) fn encrypted(src: &Source, i: usize) -> Option<usize> {
    let field = |at: Option<usize>, name: &str| at.filter(|at| src.starts(*at, name)).map(|at| at + name.len());
    if src.starts(i, "ENC[AES256_GCM,data:") {
        let iv = field(Some(base64(src, i + 20)?), ",iv:")?;
        let tag = field(sized(src, iv, 44), ",tag:")?;
        let kind = field(sized(src, tag, 24), ",type:")?;
        let end = src.run(kind, 8, |b| b.is_ascii_lowercase());
        return field(Some(end).filter(|end| *end > kind), "]");
    }
    if src.starts(i, "ENC[PKCS7,") {
        return field(base64(src, i + 10).filter(|end| end - i > 100), "]");
    }
    if src.starts(i, "ENC(") {
        return field(long(src, i + 4), ")");
    }
    if src.starts(i, "cipher}") && src.before(i) == b'{' {
        return long(src, i + 7);
    }
    if src.starts(i, "vault:v") {
        let version = src.run(i + 7, 4, |b| b.is_ascii_digit());
        return long(src, field(Some(version).filter(|end| *end > i + 7), ":")?);
    }
    None
}

/// Where the base64 at `at` ends, if it is whole.
fn base64(src: &Source, at: usize) -> Option<usize> {
    let end = src.run(at, usize::MAX, |b| b.is_ascii_alphanumeric() || matches!(b, b'+' | b'/'));
    let end = src.run(end, 2, |b| b == b'=');
    (end > at && (end - at).is_multiple_of(4)).then_some(end)
}

/// The same if it has so many characters.
fn sized(src: &Source, at: usize, length: usize) -> Option<usize> {
    base64(src, at).filter(|end| end - at == length)
}

/// The same if it may be what a cipher makes of a value: 16 bytes or more, and no word.
fn long(src: &Source, at: usize) -> Option<usize> {
    base64(src, at).filter(|end| end - at >= 24 && Look::of(src.slice(at, *end)).changes >= 4)
}

/// Where the block of Ansible's vault that begins at `start` ends: its header and lines of hexadecimal digits.
pub(super) fn ansible(src: &Source, start: usize) -> Option<usize> {
    if !src.starts(start, "$ANSIBLE_VAULT;1.") {
        return None;
    }
    let header = src.run(start, 80, |b| b.is_ascii_alphanumeric() || matches!(b, b'$' | b'_' | b';' | b'.' | b'-'));
    let mut end = header;
    while src.at(end) == b'\n' {
        let line = src.blanks(end + 1, 64);
        let digits = src.run(line, 81, |b| b.is_ascii_hexdigit());
        if !(2..=80).contains(&(digits - line)) || !matches!(src.at(digits), 0 | b'\n') {
            break;
        }
        end = digits;
    }
    (end > header).then_some(end)
}

/// Where the reference to a store ends that begins with a small letter at `start`.
fn reference(src: &Source, start: usize) -> Option<usize> {
    if src.starts(start, "ref+") || src.starts(start, "secretref+") {
        return vals(src, start);
    }
    if src.starts(start, "arn:aws") {
        return arn(src, start);
    }
    if src.starts(start, "vault:") && !src.starts(start, "vault://") {
        // `vault:secret/data/orders#password`
        let end = path(src, start + 6, 2)?;
        return if src.at(end) == b'#' { path(src, end + 1, 1) } else { None };
    }
    if src.starts(start, "https://") {
        return path(src, start + 8, 3).filter(|end| has(src, start, *end, b".vault.azure.net/secrets/"));
    }
    if src.starts(start, "projects/") {
        return path(src, start, 4).filter(|end| has(src, start, *end, b"/secrets/"));
    }
    let (scheme, parts) = SCHEMES.iter().find(|(scheme, _)| src.starts(start, scheme))?;
    path(src, start + scheme.len(), *parts)
}

/// Whether this stands between `start` and `end`.
fn has(src: &Source, start: usize, end: usize, part: &[u8]) -> bool {
    src.slice(start, end).windows(part.len()).any(|window| window == part)
}

/// Where the path at `at` ends, if it has at least so many parts.
fn path(src: &Source, at: usize, parts: usize) -> Option<usize> {
    src.spend(1);
    let end = src.run(at, LONGEST, |b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_' | b'.' | b'/'));
    let found = src.slice(at, end).split(|b| *b == b'/').filter(|part| !part.is_empty()).count();
    (end - at < LONGEST && found >= parts).then_some(end)
}

/// Where a reference of `vals` ends: `ref+vault://secret/data/orders#/password`. What `echo` refers to is the value itself.
fn vals(src: &Source, start: usize) -> Option<usize> {
    let store = src.run(start, 12, |b| b != b'+') + 1;
    let colon = src.run(store, 24, |b| b.is_ascii_lowercase() || b.is_ascii_digit());
    if !src.starts(colon, "://") || src.slice(store, colon) == b"echo" {
        return None;
    }
    let mut end = path(src, colon + 3, 1)?;
    if src.at(end) == b'?' {
        end = src.run(end, LONGEST, |b| {
            b.is_ascii_alphanumeric() || matches!(b, b'?' | b'=' | b'&' | b'-' | b'_' | b'.' | b'/')
        });
    }
    if src.at(end) == b'#' { path(src, end + 1, 1) } else { Some(end) }
}

/// Where the name of a resource of AWS ends: `arn:aws:secretsmanager:eu-central-1:123456789012:secret:orders/db`.
fn arn(src: &Source, start: usize) -> Option<usize> {
    src.spend(1);
    let end = src.run(start, LONGEST, |b| {
        b.is_ascii_alphanumeric() || matches!(b, b':' | b'/' | b'-' | b'_' | b'.' | b'+' | b'=' | b'@')
    });
    let mut parts = src.slice(start, end).split(|b| *b == b':').skip(2);
    let service = parts.next()?;
    let region = parts.next()?;
    let account = parts.next()?;
    let resource = parts.next()?;
    let name = |text: &[u8]| text.iter().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || *b == b'-');
    let known = matches!(service, b"secretsmanager" | b"ssm" | b"kms" | b"iam" | b"s3")
        && name(region)
        && (account.is_empty() || account.len() == 12 && account.iter().all(u8::is_ascii_digit));
    (known && !resource.is_empty() && end - start < LONGEST).then_some(end)
}

/// Where a reference of Azure's App Service ends, of which `at` is behind the bracket.
fn key_vault(src: &Source, at: usize) -> Option<usize> {
    src.spend(1);
    if !src.starts(at, "SecretUri=https://") && !src.starts(at, "VaultName=") {
        return None;
    }
    let end = src
        .run(at, LONGEST, |b| b.is_ascii_alphanumeric() || matches!(b, b':' | b'/' | b'-' | b'_' | b'.' | b'=' | b';'));
    (src.at(end) == b')').then_some(end + 1)
}

/// Where the name of a resource of Azure ends, of which the subscription's id is at `at`.
fn azure_resource(src: &Source, at: usize) -> Option<usize> {
    let known = uuid(src.slice(at, at + 36)) && src.starts_like(at + 36, "/resourcegroups/");
    if known { path(src, at, 4) } else { None }
}
