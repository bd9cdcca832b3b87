//! The keys that a tenant has published, while they are remembered. Pure: the asking is the shell's.

use std::time::Duration;

use serde_json::{Value, json};

use super::Entra;
use incident::time::{DAY, MINUTE, Time};

/// How long the tenant may take to answer. Azure itself gives up on us after about 10 s.
pub const PATIENCE: Duration = Duration::from_secs(5);

/// How long keys are believed without asking again: a key that was withdrawn counts no longer.
const LONGEST_MEMORY: Duration = DAY;

/// No more often than this is the tenant asked, whatever comes in.
const PAUSE: Duration = MINUTE;

/// A key, as a JSON Web Key with nothing in it but the key.
#[derive(Clone, Debug, PartialEq)]
pub struct Key {
    kid: String,
    jwk: String,
}

/// What is remembered.
#[derive(Debug)]
pub struct Keys {
    keys: Vec<Key>,
    /// When the tenant was last asked.
    asked: Option<Time>,
    /// When `keys` came; before `asked` where there was no answer to that.
    answered: Option<Time>,
    /// Whether an answer is under way.
    asking: bool,
}

/// What to do about a token that names a key.
#[derive(Debug, PartialEq)]
pub enum Step {
    /// Check its signature with this key.
    Use(String),
    /// Ask the tenant, then look again.
    Ask,
    /// Somebody is asking: look again soon.
    Wait,
    /// The tenant has no such key.
    Unknown,
    /// The tenant did not answer.
    Unavailable,
}

impl Keys {
    /// Nothing yet.
    pub const NONE: Keys = Keys { keys: Vec::new(), asked: None, answered: None, asking: false };

    /// What to do about a token that names the key `kid`.
    pub fn look(&self, kid: &str, now: Time) -> Step {
        let fresh = self.answered.is_some_and(|at| now.since(at) < LONGEST_MEMORY);
        if let Some(key) = self.keys.iter().find(|key| fresh && key.kid == kid) {
            return Step::Use(key.jwk.clone());
        }
        match self.asked {
            // Who asked may be gone without a word: requests can be cut off.
            Some(asked) if self.asking && now.since(asked) <= PATIENCE => Step::Wait,
            Some(asked) if now.since(asked) >= PAUSE => Step::Ask,
            Some(asked) if self.answered.is_some_and(|at| at >= asked) => Step::Unknown,
            Some(_) => Step::Unavailable,
            None => Step::Ask,
        }
    }

    /// The tenant is being asked.
    pub fn ask(&mut self, now: Time) {
        self.asked = Some(now);
        self.asking = true;
    }

    /// What the tenant answered; nothing where it did not, or not with keys.
    pub fn answer(&mut self, keys: Option<Vec<Key>>, now: Time) {
        self.asking = false;
        if let Some(keys) = keys {
            self.keys = keys;
            self.answered = Some(now);
        }
    }
}

/// The RSA keys in a JSON Web Key Set; `None` where it is none. A key that is for another tenant's tokens only, as its
/// `issuer` tells, is left out.
pub fn read(text: &str, entra: &Entra) -> Option<Vec<Key>> {
    let set: Value = serde_json::from_str(text).ok()?;
    let mut keys = Vec::new();
    for key in set.get("keys")?.as_array()? {
        let text = |name: &str| key.get(name).and_then(Value::as_str);
        let signs = text("use").is_none_or(|purpose| purpose == "sig");
        let ours = text("issuer").is_none_or(|issuer| issuer.contains("{tenantid}") || issuer.contains(&entra.tenant));
        if let (Some("RSA"), Some(kid), Some(n), Some(e), true) =
            (text("kty"), text("kid"), text("n"), text("e"), signs && ours)
        {
            let jwk = json!({"kty": "RSA", "n": n, "e": e});
            keys.push(Key { kid: kid.to_owned(), jwk: jwk.to_string() });
        }
    }
    Some(keys)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::auth::entra::tests::entra;
    #[cfg(target_arch = "wasm32")]
    use wasm_bindgen_test::wasm_bindgen_test as test;

    const START: Time = Time(1_800_000_000_000);
    const MOMENT: Duration = Duration::from_millis(1);

    fn key(kid: &str) -> Key {
        Key { kid: kid.to_owned(), jwk: format!("the key {kid}") }
    }

    fn known(kids: &[&str], at: Time) -> Keys {
        let mut keys = Keys::NONE;
        keys.ask(at);
        keys.answer(Some(kids.iter().map(|kid| key(kid)).collect()), at);
        keys
    }

    #[test]
    fn a_known_key_is_used_for_a_day() {
        let keys = known(&["a"], START);
        assert_eq!(keys.look("a", START), Step::Use("the key a".into()));
        assert_eq!(keys.look("a", START.plus(DAY - MOMENT)), Step::Use("the key a".into()));
        assert_eq!(keys.look("a", START.plus(DAY)), Step::Ask);
    }

    #[test]
    fn an_unknown_key_is_asked_for_at_most_once_a_minute() {
        let mut keys = known(&["a"], START);
        assert_eq!(keys.look("b", START.plus(MINUTE - MOMENT)), Step::Unknown);
        assert_eq!(keys.look("b", START.plus(MINUTE)), Step::Ask);
        let later = START.plus(MINUTE);
        keys.ask(later);
        assert_eq!(keys.look("b", later), Step::Wait);
        assert_eq!(keys.look("a", later), Step::Use("the key a".into()));
        keys.answer(Some(vec![key("b")]), later.plus(MOMENT));
        assert_eq!(keys.look("b", later.plus(MOMENT)), Step::Use("the key b".into()));
        assert_eq!(keys.look("a", later.plus(MOMENT)), Step::Unknown, "it was withdrawn");
    }

    #[test]
    fn a_failure_counts_as_asked_and_leaves_what_is_known() {
        let mut keys = known(&["a"], START);
        let later = START.plus(2 * MINUTE);
        keys.ask(later);
        keys.answer(None, later);
        assert_eq!(keys.look("a", later), Step::Use("the key a".into()));
        assert_eq!(keys.look("b", later), Step::Unavailable);
        assert_eq!(keys.look("b", later.plus(MINUTE)), Step::Ask);
        let mut never = Keys::NONE;
        assert_eq!(never.look("a", START), Step::Ask);
        never.ask(START);
        never.answer(None, START);
        assert_eq!(never.look("a", START.plus(MINUTE - MOMENT)), Step::Unavailable);
    }

    #[test]
    fn who_asks_and_never_comes_back_is_not_waited_for() {
        let mut keys = Keys::NONE;
        keys.ask(START);
        assert_eq!(keys.look("a", START.plus(PATIENCE)), Step::Wait);
        assert_eq!(keys.look("a", START.plus(PATIENCE + MOMENT)), Step::Unavailable);
        assert_eq!(keys.look("a", START.plus(MINUTE)), Step::Ask);
    }

    #[test]
    fn only_rsa_keys_for_signatures_of_this_tenant_are_read() {
        let entra = entra();
        let key = |kid: &str, change: Value| {
            let mut key =
                json!({"kty": "RSA", "use": "sig", "kid": kid, "n": "AQAB", "e": "AQAB", "x5c": ["…"], "alg": "HS256"});
            for (name, value) in change.as_object().unwrap() {
                key[name] = value.clone();
            }
            key
        };
        let set = json!({"keys": [
            key("plain", json!({})),
            key("any", json!({"issuer": "https://login.microsoftonline.com/{tenantid}/v2.0"})),
            key("ours", json!({"issuer": format!("https://login.microsoftonline.com/{}/v2.0", entra.tenant)})),
            key("theirs", json!({"issuer": "https://login.microsoftonline.com/9188040d-6c67-4c5b-b112-36a304b66dad/v2.0"})),
            key("encryption", json!({"use": "enc"})),
            key("curve", json!({"kty": "EC"})),
            key("secret", json!({"kty": "oct", "k": "AQAB"})),
            key("half", json!({"n": null})),
            key("x", json!({"kid": 7})),
            "odd",
        ]});
        let keys = read(&set.to_string(), &entra).unwrap();
        let kids: Vec<_> = keys.iter().map(|key| key.kid.as_str()).collect();
        assert_eq!(kids, ["plain", "any", "ours"]);
        assert_eq!(keys[0].jwk, r#"{"e":"AQAB","kty":"RSA","n":"AQAB"}"#);
        for none in ["", "{", "[]", "{}", r#"{"keys":{}}"#, "<html>"] {
            assert_eq!(read(none, &entra), None, "{none}");
        }
        assert_eq!(read(r#"{"keys":[]}"#, &entra), Some(vec![]));
    }
}
