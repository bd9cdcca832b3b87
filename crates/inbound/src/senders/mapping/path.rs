//! Paths: `incident.policy_name`, `alerts.0.x`. A step is a field's name or a position in a list, from 0; on a list a name
//! means that of every item, and `*` any field with an object. A name may have dots itself, and JSON that was sent in a
//! string is looked into.

use serde_json::Value;

use crate::senders::json::any_text;
use crate::senders::names::inner;

/// What is at a path, where it is anything: not null, not blank, not empty.
pub fn at(value: &Value, path: &str) -> Option<Value> {
    if path.is_empty() {
        return any_text(value).map(|_| value.clone());
    }
    match value {
        Value::String(text) => at(&inner(text)?, path),
        Value::Array(items) => {
            let (first, rest) = path.split_once('.').unwrap_or((path, ""));
            if let Ok(position) = first.parse::<usize>() {
                return at(items.get(position)?, rest);
            }
            let found: Vec<Value> = items.iter().filter_map(|item| at(item, path)).collect();
            any_text(&Value::Array(found.clone())).map(|_| Value::Array(found))
        }
        Value::Object(fields) => {
            // The longest name first: one may have dots.
            let ends = std::iter::once(path.len()).chain(path.rmatch_indices('.').map(|(end, _)| end));
            let by_name = |end: usize| {
                let (name, rest) = path.split_at_checked(end)?;
                at(fields.get(name)?, rest.strip_prefix('.').unwrap_or(rest))
            };
            ends.into_iter().find_map(by_name).or_else(|| {
                let rest = path.strip_prefix("*.")?;
                fields.values().filter(|value| value.is_object()).find_map(|value| at(value, rest))
            })
        }
        _ => None,
    }
}

/// No path has more: a body can be made whose names have stars too, and then each one doubles the ways through it.
const MOST_STARS: usize = 3;

/// Whether a text is a path at all.
pub fn is_path(text: &str) -> bool {
    !text.is_empty()
        && text.len() <= 200
        && text.trim() == text
        && text.split('.').all(|step| !step.is_empty())
        && text.split('.').count() <= 20
        && text.split('.').filter(|step| *step == "*").count() <= MOST_STARS
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::json;

    use super::*;
    use crate::senders::testing::any_json;

    #[test]
    fn a_path_leads_into_everything() {
        let body = json!({"a": {"b": [{"c": 1}, {"c": 2}, {"d": 3}]}, "x.y": {"z": "dotted"}, "s": "{\"in\": [\"side\"]}", "blank": " ",
            "any": 5, "event": {"id": "e"}});
        for (path, found) in [
            ("a.b.0.c", Some(json!(1))),
            ("a.b.c", Some(json!([1, 2]))),
            ("a.b.7.c", None),
            ("x.y.z", Some(json!("dotted"))),
            ("s.in.0", Some(json!("side"))),
            ("s.in", Some(json!(["side"]))),
            ("*.id", Some(json!("e"))),
            ("*.nowhere", None),
            ("blank", None),
            ("any.more", None),
            ("nowhere", None),
        ] {
            assert_eq!(at(&body, path), found, "{path}");
        }
        assert_eq!(at(&json!([{"c": 1}]), "0.c"), Some(json!(1)));
        for bad in ["", ".", "a.", ".a", "a..b", " a", "*.a.*.*.*.b"] {
            assert!(!is_path(bad), "{bad}");
        }
        assert!(is_path("*.a.*.*.b"));
    }

    proptest! {
        #[test]
        fn any_path_on_any_body_is_survived(body in any_json(), path in "[a-zA-Z0-9*.]{0,20}") {
            if let Some(found) = at(&body, &path) {
                prop_assert!(any_text(&found).is_some());
            }
        }
    }
}
