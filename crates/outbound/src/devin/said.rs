//! What Devin says in a structure of its own making, made safe to keep and to show. It quotes what strangers wrote, so it
//! is a source like any other: without hidden characters and secrets, and bounded.

use serde_json::{Map, Value};

use text::redact::Effort;
use text::{clean, cut, redact};

/// Devin takes 64 KB of structured output; so many characters of it are kept, those of JSON's own counted too.
const MOST: usize = 64_000;
/// … with no more entries in a list or an object, …
const ENTRIES: usize = 500;
/// … no longer names, in characters, …
const NAME: usize = 200;
/// … and no deeper.
const DEEPEST: usize = 16;
/// So much may be searched for secrets, as of a body from a sender.
const EFFORT: usize = 12_000;

/// The same value made safe. `emails`: whether addresses are redacted too.
pub fn safe(value: &Value, emails: bool) -> Value {
    Safe { emails, left: MOST, effort: Effort::of(EFFORT) }.value("", value, 0)
}

struct Safe {
    emails: bool,
    /// How many more characters are kept.
    left: usize,
    effort: Effort,
}

impl Safe {
    /// A value under a name, which may say that it is a secret.
    fn value(&mut self, name: &str, value: &Value, depth: usize) -> Value {
        // At least a digit, or brackets, and what stands between it and the next one.
        self.left = self.left.saturating_sub(if value.is_number() { value.to_string().len() } else { 2 });
        match value {
            Value::String(text) => self.text(name, text).into(),
            Value::Array(_) | Value::Object(_) if depth >= DEEPEST => Value::Null,
            Value::Array(items) => {
                let mut kept = Vec::new();
                for item in items.iter().take(ENTRIES) {
                    if self.left == 0 {
                        break;
                    }
                    kept.push(self.value(name, item, depth.saturating_add(1)));
                }
                kept.into()
            }
            Value::Object(fields) => {
                let mut kept = Map::new();
                for (name, value) in fields.iter().take(ENTRIES) {
                    if self.left == 0 {
                        break;
                    }
                    let value = self.value(name, value, depth.saturating_add(1));
                    let name = redact::redact_within(&clean::line(name, NAME), self.emails, &self.effort);
                    self.left = self.left.saturating_sub(name.len());
                    kept.insert(name, value);
                }
                Value::Object(kept)
            }
            other => other.clone(),
        }
    }

    fn text(&mut self, name: &str, text: &str) -> String {
        let begun = cut::head(&clean::block(text), self.left);
        let safe = redact::named(name, &begun, self.emails, &self.effort);
        self.left = self.left.saturating_sub(safe.chars().count());
        safe
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::json;

    use super::*;

    #[test]
    fn what_was_quoted_from_strangers_is_safe() {
        let key = concat!("AKIA", "IOSFODNN7EXAMPLQ");
        let said = json!({
            "summary": format!("it logs {key}\u{202e}\u{1b}[31m and password=hunter2hunter2"), "password": "correct horse",
            "deep": [{"note": format!("Bearer {key}7Kq9x2Lm5Rt8")}], key: 7, "acus": 2.5, "done": true, "none": null,
            "who": "jane.doe@example.com",
        });
        let shown = safe(&said, true);
        let text = shown.to_string();
        for secret in [key, "hunter2", "correct horse", "\u{202e}", "\\u001b", "jane.doe"] {
            assert!(!text.contains(secret), "{secret}: {text}");
        }
        assert_eq!((&shown["acus"], &shown["done"], &shown["none"]), (&json!(2.5), &json!(true), &Value::Null));
        assert!(safe(&said, false).to_string().contains("jane.doe"));
        assert_eq!(safe(&shown, true), shown);
    }

    #[test]
    fn it_is_bounded() {
        let deep = (0..100).fold(json!("x"), |inner, _| json!([inner]));
        for large in [
            json!("x".repeat(1_000_000)),
            json!(vec![vec!["word"; 600]; 600]),
            json!(vec![json!({"a": "b c"}); 100_000]),
            json!(vec![vec![1.797e300; 400]; 400]),
            json!(vec![vec![json!(null); 400]; 400]),
            json!(vec![vec![vec![json!([]); 60]; 60]; 60]),
            deep,
        ] {
            assert!(safe(&large, true).to_string().len() < 3 * MOST);
        }
        let texts = json!(vec!["some words ".repeat(1_000); 100]);
        assert!(safe(&texts, true).to_string().len() < MOST + 100 * 100);
    }

    fn any_json() -> impl Strategy<Value = Value> {
        let leaf = prop_oneof![
            any::<i32>().prop_map(|n| json!(n)),
            ".{0,20}|password=[a-z]{4,9}".prop_map(|text| json!(text))
        ];
        leaf.prop_recursive(4, 30, 5, |inner| {
            prop_oneof![
                prop::collection::vec(inner.clone(), 0..5).prop_map(|list| json!(list)),
                prop::collection::btree_map("[a-z]{0,6}|password", inner, 0..5).prop_map(|fields| json!(fields)),
            ]
        })
    }

    proptest! {
        #[test]
        fn twice_is_once(value in any_json()) {
            let once = safe(&value, true);
            prop_assert_eq!(safe(&once, true), once);
        }
    }
}
