//! Labels in all the forms that senders give them: an object, a list of pairs in any spelling, texts such as
//! `env:prod, service:cart`, `env=prod`, `{env="prod"}` or `map[env:prod]`, and JSON in a string.

use serde_json::{Map, Value};

use super::bounds;
use super::json::{any_text, plain};
use super::names::{inner, normal};

/// What the name of a label is called in a list of pairs, …
const NAMES: [&str; 6] = ["name", "key", "tag", "label", "k", "field"];
/// … and its value.
const VALUES: [&str; 4] = ["value", "v", "val", "text"];

/// The labels in a value; what has no name of its own gets `name`.
pub(super) fn read(name: &str, value: &Value) -> Vec<(String, String)> {
    let mut labels = Vec::new();
    add(&mut labels, name, value, 0);
    labels
}

fn add(labels: &mut Vec<(String, String)>, name: &str, value: &Value, depth: usize) {
    match value {
        _ if depth > 4 || labels.len() >= bounds::ENTRIES.saturating_mul(2) => {}
        Value::Object(fields) => match pair_of(fields) {
            Some((name, value)) => labels.extend(pair(&name, value)),
            None => {
                for (name, value) in fields {
                    // A name with several values is met by a route for any of them.
                    match value
                        .as_array()
                        .filter(|values| !values.is_empty() && values.iter().all(|v| plain(v).is_some()))
                    {
                        Some(values) => labels.extend(values.iter().filter_map(|value| pair(name, value))),
                        None => labels.extend(pair(name, value)),
                    }
                }
            }
        },
        Value::Array(items) => match items.as_slice() {
            // `["env", "prod"]` inside a list of such pairs.
            [Value::String(name), value] if depth > 0 && !name.contains([':', '=']) && plain(value).is_some() => {
                labels.extend(pair(name, value));
            }
            items => {
                for item in items {
                    add(labels, name, item, depth.saturating_add(1));
                }
            }
        },
        Value::String(text) => match inner(text) {
            Some(value) => add(labels, name, &value, depth.saturating_add(1)),
            None => add_text(labels, name, text, depth > 0),
        },
        other => labels.extend(pair(name, other)),
    }
}

/// A pair has no more fields than this; what has more is an object of labels.
const PAIR: usize = 16;

/// The name and value of `{"name": …, "value": …}`, whatever the two are called.
fn pair_of(fields: &Map<String, Value>) -> Option<(String, &Value)> {
    if fields.len() > PAIR {
        return None;
    }
    let fields: Vec<(String, &Value)> = fields.iter().map(|(key, value)| (normal(key), value)).collect();
    let of = |names: &[&str]| {
        names.iter().find_map(|name| fields.iter().find(|(key, _)| key == name)).map(|(_, value)| *value)
    };
    Some((of(&NAMES).and_then(plain)?, of(&VALUES)?))
}

fn pair(name: &str, value: &Value) -> Option<(String, String)> {
    Some((bounds::head(name.trim(), 200), bounds::head(&any_text(value)?, bounds::TEXT)))
}

/// Adds what a text says: several labels, or in a list one.
fn add_text(labels: &mut Vec<(String, String)>, name: &str, text: &str, is_item: bool) {
    let text = text.trim();
    let bare = text.strip_prefix("map").unwrap_or(text);
    let (bare, in_map) = match (bare.strip_prefix(['[', '{']), bare.strip_suffix([']', '}'])) {
        (Some(open), Some(_)) => (open.strip_suffix([']', '}']).unwrap_or(open), text != bare),
        _ => (text, false),
    };
    let mut parts = split(bare, &[',', ';', '\n', '|']);
    if let [only] = parts.as_slice() {
        // A text of one item is one label, whatever is in it; words are separated only where each is a label.
        let words = split(only, &[' ', '\t', '&']);
        if words.len() > 1 && (in_map || words.iter().all(|word| is_labelled(word))) {
            parts = words;
        }
    }
    // A sentence in a list is one text.
    if is_item && parts.len() > 1 && !parts.iter().all(|part| is_labelled(part)) {
        parts = vec![bare];
    }
    for part in parts {
        let (own, value) = named(part).unwrap_or((name, part));
        let (own, value) = (unquoted(own), unquoted(value));
        if !value.is_empty() {
            labels
                .push((bounds::head(if own.is_empty() { name } else { own }, 200), bounds::head(value, bounds::TEXT)));
        }
    }
}

fn is_labelled(part: &str) -> bool {
    named(part).is_some_and(|(_, value)| !value.trim().is_empty())
}

/// `env:prod` and `env=prod`, but no address of a page.
fn named(part: &str) -> Option<(&str, &str)> {
    let (name, rest) = part.split_at_checked(part.find([':', '='])?)?;
    let value = rest.strip_prefix("=>").or_else(|| rest.get(1..))?;
    (!name.trim().is_empty() && !value.starts_with("//")).then_some((name.trim(), value.trim()))
}

fn unquoted(text: &str) -> &str {
    let text = text.trim();
    let quoted = |quote: char| text.strip_prefix(quote).and_then(|rest| rest.strip_suffix(quote));
    quoted('"').or_else(|| quoted('\'')).unwrap_or(text)
}

/// The parts of a text between separators that are not in quotes.
fn split<'t>(text: &'t str, separators: &[char]) -> Vec<&'t str> {
    let balanced = text.matches('"').count().is_multiple_of(2);
    let mut quoted = false;
    let parts = text.split(|character| {
        quoted ^= character == '"' && balanced;
        !quoted && separators.contains(&character)
    });
    parts.map(str::trim).filter(|part| !part.is_empty()).collect()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::json;

    use super::*;
    use crate::senders::testing::any_json;

    #[test]
    fn labels_come_in_every_form() {
        let expected = [("env".to_owned(), "prod".to_owned()), ("service".to_owned(), "cart".to_owned())];
        for value in [
            json!({"env": "prod", "service": "cart"}),
            json!(["env:prod", "service:cart"]),
            json!(["env=prod", "service=cart"]),
            json!(["env: prod", "service: cart"]),
            json!([{"name": "env", "value": "prod"}, {"name": "service", "value": "cart"}]),
            json!([{"tag": "env", "value": "prod"}, {"tag": "service", "value": "cart"}]),
            json!([{"Key": "env", "Value": "prod"}, {"Key": "service", "Value": "cart"}]),
            json!([{"label": "env", "value": "prod"}, {"label": "service", "value": "cart"}]),
            json!([{"env": "prod"}, {"service": "cart"}]),
            json!([["env", "prod"], ["service", "cart"]]),
            json!("env:prod, service:cart"),
            json!("env:prod,service:cart"),
            json!("env=prod;service=cart"),
            json!("env=prod service=cart"),
            json!("env=prod&service=cart"),
            json!("env: prod\nservice: cart"),
            json!("env:prod | service:cart"),
            json!("{env=\"prod\", service=\"cart\"}"),
            json!("map[env:prod service:cart]"),
            json!("{\"env\": \"prod\", \"service\": \"cart\"}"),
            json!("[\"env:prod\", \"service:cart\"]"),
            json!("[{\"tag\":\"env\",\"value\":\"prod\"},{\"tag\":\"service\",\"value\":\"cart\"}]"),
            json!(["{\"env\": \"prod\"}", "service:cart"]),
            json!("env => prod, service => cart"),
            json!("[env:prod, service:cart]"),
        ] {
            assert_eq!(read("tags", &value), expected, "{value}");
        }
    }

    #[test]
    fn what_has_no_name_gets_that_of_the_field() {
        let of = |value: Value| {
            read("tags", &value).into_iter().map(|(name, value)| format!("{name} is {value}")).collect::<Vec<_>>()
        };
        assert_eq!(of(json!(["urgent", "web"])), ["tags is urgent", "tags is web"]);
        assert_eq!(of(json!("urgent, env:prod")), ["tags is urgent", "env is prod"]);
        assert_eq!(
            of(json!({"env": ["prod", "eu"], "n": [{"a": 1}]})),
            ["env is prod", "env is eu", "n is [{\"a\":1}]"]
        );
        assert_eq!(of(json!("two words")), ["tags is two words"]);
        assert_eq!(of(json!("url:https://x.example/a?b=c")), ["url is https://x.example/a?b=c"]);
        assert_eq!(of(json!("https://x.example")), ["tags is https://x.example"]);
        assert_eq!(of(json!("a=\"x, y\", b=z")), ["a is x, y", "b is z"]);
        assert_eq!(of(json!(["a: one, two"])), ["a is one, two"]);
        assert_eq!(of(json!(5)), ["tags is 5"]);
        assert!(of(json!(null)).is_empty() && of(json!("")).is_empty() && of(json!({"a": ""})).is_empty());
    }

    proptest! {
        #[test]
        fn any_value_is_survived(value in any_json()) {
            let _ = read("labels", &value);
        }

        #[test]
        fn any_text_is_survived(text in "[a-c:=,;{}\\[\\]\" é]{0,30}") {
            for (name, value) in read("labels", &Value::String(text)) {
                prop_assert!(!name.is_empty() && !value.is_empty());
            }
        }
    }
}
