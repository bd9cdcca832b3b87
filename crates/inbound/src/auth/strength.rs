//! Secrets that protect nothing: too short, easy to guess, copied from documentation, or used for two purposes.

use crate::config::problem::Problem;
use incident::secret::Secret;

/// The fewest characters of a secret that somebody made: what is shorter can be guessed, and a key that signs can be
/// searched for with one signed body.
pub const LEAST: usize = 16;

/// The fewest different characters of one.
const LEAST_DIFFERENT: usize = 6;

/// What documents write where a secret goes, in small letters and digits only.
const PLACEHOLDERS: [&str; 10] = [
    "changeme",
    "changethis",
    "changeit",
    "replaceme",
    "replacethis",
    "replacewith",
    "placeholder",
    "secrethere",
    "tokenhere",
    "opensslrand",
];

/// What is wrong with secrets, each given with the name of its setting: `own` are the bridge's, `signing` those of
/// `SIGNATURES`. A secret and its `_PREVIOUS` may be the same, and one that two senders sign with; any other two open
/// different doors, and whoever has one key must not have both.
pub fn problems(own: &[(String, Secret)], signing: &[(String, Secret)]) -> Vec<Problem> {
    let mut problems = Vec::new();
    for (position, (name, secret)) in own.iter().chain(signing).enumerate() {
        let mut wrong = |found: String, expected: &str| {
            let expected = format!("{expected}, such as openssl rand -hex 32 makes: npx wrangler secret put {name}");
            problems.push(Problem { setting: name.clone(), found: Some(found), expected });
        };
        if let Some(found) = weakness(name, secret.expose()) {
            wrong(found.to_owned(), &format!("at least {LEAST} characters of chance"));
            continue;
        }
        let mut earlier = own.iter().take(position);
        let same = earlier.find(|(other, value)| purpose(other) != purpose(name) && value == secret);
        if let Some((other, _)) = same {
            wrong(format!("the same as {other}"), "a secret of its own");
        }
    }
    problems
}

/// The name without what tells a secret from the one before it.
fn purpose(name: &str) -> &str {
    name.strip_suffix("_PREVIOUS").unwrap_or(name)
}

/// Why a secret is easy to guess, if it is.
fn weakness(name: &str, secret: &str) -> Option<&'static str> {
    let secret = secret.strip_prefix("whsec_").unwrap_or(secret);
    let bytes = secret.as_bytes();
    let letters = |text: &str| text.to_lowercase().replace(|c: char| !c.is_ascii_alphanumeric(), "");
    let plain = letters(secret);
    let variable = secret.strip_prefix('$').is_some_and(|rest| {
        rest.starts_with('(') || rest.bytes().all(|b| b.is_ascii_uppercase() || matches!(b, b'_' | b'{' | b'}'))
    });
    // In a long secret a short word may stand by chance.
    let documented = (plain.starts_with("your") && secret.len() < 32)
        || PLACEHOLDERS.iter().any(|word| plain.contains(word) && word.len() * 3 >= plain.len())
        || plain == letters(name)
        || secret.contains('…')
        || secret.contains("...")
        || (secret.starts_with('<') && secret.ends_with('>'))
        || variable;
    if documented {
        return Some("a placeholder");
    }
    if secret.chars().count() < LEAST {
        return Some("too short");
    }
    let mut different = bytes.to_vec();
    different.sort_unstable();
    different.dedup();
    (different.len() < LEAST_DIFFERENT || repeats(bytes) || counts(bytes)).then_some("easy to guess")
}

/// Whether it is a short piece, again and again.
fn repeats(bytes: &[u8]) -> bool {
    (1..LEAST.min(bytes.len() / 2 + 1)).any(|period| bytes.iter().zip(bytes.iter().skip(period)).all(|(a, b)| a == b))
}

/// Whether most characters are the next or the last one of what stands before them: `0123456789abcdef`.
fn counts(bytes: &[u8]) -> bool {
    let steps = bytes.iter().zip(bytes.iter().skip(1)).filter(|(a, b)| a.abs_diff(**b) <= 1).count();
    steps.saturating_mul(4) >= bytes.len().saturating_sub(1).saturating_mul(3)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    #[cfg(target_arch = "wasm32")]
    use wasm_bindgen_test::wasm_bindgen_test as test;

    fn found(secrets: &[(&str, &str)]) -> Vec<String> {
        let secrets: Vec<_> = secrets.iter().map(|(name, value)| ((*name).to_owned(), Secret::new(value))).collect();
        problems(&secrets, &[])
            .iter()
            .map(|problem| format!("{} is {}", problem.setting, problem.found.clone().unwrap()))
            .collect()
    }

    #[test]
    fn what_can_be_guessed_is_named_and_never_shown() {
        for (secret, what) in [
            ("a", "too short"),
            ("k3-9x_Qm27Zt.wY", "too short"),
            ("whsec_MfKQ9r8GKYqrTwj", "too short"),
            ("aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa", "easy to guess"),
            ("passwordpassword", "easy to guess"),
            ("correct-horse-correct-horse-correct-horse-", "easy to guess"),
            ("0123456789abcdef", "easy to guess"),
            ("1234567890123456", "easy to guess"),
            ("your-webhook-secret", "a placeholder"),
            ("<your signing secret>", "a placeholder"),
            ("<WEBHOOK_SECRET>", "a placeholder"),
            ("WEBHOOK_SECRET", "a placeholder"),
            ("$WEBHOOK_SECRET", "a placeholder"),
            ("${WEBHOOK_SECRET}", "a placeholder"),
            ("$(openssl rand -hex 32)", "a placeholder"),
            ("openssl rand -hex 32", "a placeholder"),
            ("change-me", "a placeholder"),
            ("please_CHANGE_me_soon_1", "a placeholder"),
            ("whsec_…", "a placeholder"),
            ("...", "a placeholder"),
        ] {
            assert_eq!(found(&[("WEBHOOK_SECRET", secret)]), [format!("WEBHOOK_SECRET is {what}")], "{secret}");
            let problem = problems(&[("WEBHOOK_SECRET".to_owned(), Secret::new(secret))], &[]).remove(0);
            assert!(
                secret.len() < 3
                    || !problem.expected.contains(secret)
                    || problem.expected.contains("openssl rand -hex")
            );
        }
    }

    #[test]
    fn each_purpose_has_a_secret_of_its_own() {
        let (one, other) = ("5b1c9f2e77aa4d10", "77aa4d105b1c9f2e");
        assert_eq!(
            found(&[("WEBHOOK_SECRET", one), ("ADMIN_TOKEN", one)]),
            ["ADMIN_TOKEN is the same as WEBHOOK_SECRET"]
        );
        assert_eq!(
            found(&[("WEBHOOK_SECRET", other), ("WEBHOOK_SECRET_PREVIOUS", one), ("WEBHOOK_SECRET_KIBANA", one)]),
            ["WEBHOOK_SECRET_KIBANA is the same as WEBHOOK_SECRET_PREVIOUS"]
        );
        assert_eq!(found(&[("WEBHOOK_SECRET", one), ("WEBHOOK_SECRET_PREVIOUS", one)]), [""; 0]);
        assert_eq!(found(&[("WEBHOOK_SECRET", one), ("ADMIN_TOKEN", other)]), [""; 0]);
    }

    #[test]
    fn senders_may_sign_with_the_same_and_not_with_what_opens_more() {
        let named = |name: &str| (name.to_owned(), Secret::new("5b1c9f2e77aa4d10"));
        let signing = [named("GRAFANA_SECRET"), named("SENTRY_SECRET")];
        assert_eq!(problems(&[], &signing), []);
        assert_eq!(problems(&[named("ADMIN_TOKEN")], &signing).len(), 2);
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(2_000))]
        #[test]
        fn what_openssl_makes_is_strong(secret in "[0-9a-f]{32,64}", base64 in "[A-Za-z0-9+/]{32,64}") {
            prop_assert_eq!(weakness("WEBHOOK_SECRET", &secret), None);
            prop_assert_eq!(weakness("WEBHOOK_SECRET", &format!("whsec_{base64}")), None);
        }

        #[test]
        fn any_text_is_survived(secret in ".{0,40}") {
            let _ = weakness("X", &secret);
        }
    }
}
