//! What identifies an incident: the same for every event about it, different for every other incident.

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use super::sender::Sender;
use text::redact::redact;

/// An incident's identity: `<sender>-<id>`, safe in a URL, a KV key and a tag (letters, digits, `_` and `-`, at most
/// 50 characters). A PagerDuty incident keeps its own id (`pagerduty-Q1ABC`), anything longer or stranger is hashed, and
/// so is what looks like a secret. The key of a group is `group-<hash>`: its alerts may be of several senders.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Key(String);

impl Key {
    /// The key of what `parts` name together, or `None` where every part is blank: an empty identity would make one
    /// incident of everything that lacks an id. Parts are hashed with their lengths, so `["ab", "c"]` and
    /// `["a", "bc"]` differ.
    pub fn new(sender: Sender, parts: &[&str]) -> Option<Key> {
        if parts.iter().all(|part| part.trim().is_empty()) {
            return None;
        }
        let name = sender.name();
        if let [id] = parts
            && id.len() <= 30
            && id.bytes().all(|b| b.is_ascii_uppercase() || b.is_ascii_digit())
            && redact(id, false) == *id
        {
            return Some(Key(format!("{name}-{id}")));
        }
        Some(Key(format!("{name}-{}", hashed(parts))))
    }

    /// The key of the group that `parts` name together.
    pub fn group(parts: &[&str]) -> Key {
        Key(format!("{GROUP}{}", hashed(parts)))
    }

    /// Whether it is a group's.
    pub fn is_group(&self) -> bool {
        self.0.starts_with(GROUP)
    }

    /// A key as it came in a URL: `None` where it could not be one of ours.
    pub fn parse(text: &str) -> Option<Key> {
        let fits = text.len() <= 64 && text.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_'));
        let mut senders = Sender::all().map(|sender| format!("{}-", sender.name()));
        let known = |start: &str| text.strip_prefix(start).is_some_and(|id| !id.is_empty());
        let known = known(GROUP) || senders.any(|start| known(&start));
        (fits && known).then(|| Key(text.to_owned()))
    }

    /// The key in an incident's name: the name less the number of its episode.
    pub fn of_name(name: &str) -> Option<Key> {
        Key::parse(name.split_once('.').map_or(name, |(base, _)| base))
    }

    /// The key as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// What the keys of groups begin with; no sender is called that.
const GROUP: &str = "group-";

/// The parts' hash, each part with its length. The small "h" keeps it from ever looking like an id, which has capitals and
/// digits only.
fn hashed(parts: &[&str]) -> String {
    let mut hash = Sha256::new();
    for part in parts {
        hash.update((part.len() as u64).to_be_bytes());
        hash.update(part.as_bytes());
    }
    let digest = hex::encode(hash.finalize());
    format!("h{}", digest.chars().take(32).collect::<String>())
}

impl std::fmt::Display for Key {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    #[cfg(target_arch = "wasm32")]
    use wasm_bindgen_test::wasm_bindgen_test as test;

    #[test]
    fn a_pagerduty_id_stays_readable() {
        assert_eq!(Key::new(Sender::Pagerduty, &["Q1ABC"]).unwrap().as_str(), "pagerduty-Q1ABC");
        let card = Key::new(Sender::Alert, &["4242424242424242"]).unwrap();
        assert!(card.as_str().starts_with("alert-h"), "{card}");
    }

    #[test]
    fn parts_are_delimited_and_senders_apart() {
        let key = |sender, parts: &[&str]| Key::new(sender, parts).unwrap();
        assert_ne!(key(Sender::Alert, &["ab", "c"]), key(Sender::Alert, &["a", "bc"]));
        assert_ne!(key(Sender::Alert, &["a", ""]), key(Sender::Alert, &["", "a"]));
        assert_ne!(key(Sender::Alert, &["x"]), key(Sender::Kibana, &["x"]));
    }

    #[test]
    fn an_empty_identity_is_refused() {
        assert_eq!(Key::new(Sender::Alert, &["", " "]), None);
        assert_eq!(Key::new(Sender::Alert, &[]), None);
    }

    #[test]
    fn what_we_make_can_be_read_back_and_nothing_else() {
        let key = Key::new(Sender::AzureMonitor, &["/subscriptions/1/alerts/2"]).unwrap();
        assert_eq!(Key::parse(key.as_str()), Some(key));
        for bad in ["", "pagerduty-", "pagerduty", "other-1", "pagerduty-../x", "alert-ü"] {
            assert_eq!(Key::parse(bad), None, "{bad}");
        }
    }
}
