//! Fields found by what they are called, however a sender spells and nests them: `rule.name`, `ruleName`, `rule_name`
//! and `{"rule": {"name": …}}` are one name. JSON that stands in a string is read as if it stood in the body itself.

use std::collections::BTreeMap;

use serde_json::Value;

use super::json::any_text;
use text::thin::thin;

/// So deep fields are looked for, …
const DEEPEST: usize = 6;
/// … and so many of them, apart from the body's own.
const MOST: usize = 2_000;
/// A name of one word must have so many letters to be recognised inside another object: `context.reason` is a reason,
/// but `user.name` is no name of an alert.
const TELLING: usize = 6;

/// A body whose fields are taken by name; what was taken is no longer there.
#[derive(Debug)]
pub(super) struct Body {
    value: Value,
    index: Vec<Place>,
}

/// A field of the body.
#[derive(Debug)]
struct Place {
    /// The place of the object that it is in, in the index; none is the body itself.
    parent: Option<usize>,
    key: String,
    /// The whole path in small letters and digits.
    name: String,
    /// Where in `name` each word of the path begins that a dot or an object sets apart.
    words: Vec<usize>,
    /// What was sent, where that was a string with JSON in it.
    text: Option<String>,
}

impl Body {
    pub(super) fn new(value: Value) -> Body {
        let mut texts = BTreeMap::new();
        let value = unpacked(value, &mut Vec::new(), &mut texts);
        let mut index: Vec<Place> = Vec::new();
        let mut level = vec![(None, &value)];
        for depth in 0..DEEPEST {
            let mut next = Vec::new();
            for (parent, node) in level {
                for (key, inner) in node.as_object().into_iter().flatten() {
                    // All fields of the body itself count, however many strange ones there are.
                    if depth > 0 && index.len() >= MOST {
                        break;
                    }
                    let place = Place::of(parent, key, &index);
                    if inner.is_object() {
                        next.push((Some(index.len()), inner));
                    }
                    index.push(place);
                }
            }
            level = next;
        }
        if !texts.is_empty() {
            for n in 0..index.len() {
                let path: Vec<String> = path(&index, n).into_iter().map(str::to_owned).collect();
                if let (Some(text), Some(place)) = (texts.remove(&path), index.get_mut(n)) {
                    place.text = Some(text);
                }
            }
        }
        Body { value, index }
    }

    /// The first of these names that holds anything.
    pub(super) fn peek(&self, names: &[&str]) -> Option<&Value> {
        self.find(names, &|value| any_text(value).map(|_| ())).map(|(value, ())| value)
    }

    /// What `read` makes of the first of these names that it can read.
    pub(super) fn read<T>(&self, names: &[&str], read: &dyn Fn(&Value) -> Option<T>) -> Option<T> {
        self.find(names, read).map(|(_, read)| read)
    }

    /// The same, and the field is then used up.
    pub(super) fn take<T>(&mut self, names: &[&str], read: &dyn Fn(&Value) -> Option<T>) -> Option<T> {
        for name in names {
            for (n, place) in self.index.iter().enumerate() {
                if place.is(name)
                    && let Some(value) = at_mut(&mut self.value, &path(&self.index, n))
                    && let Some(read) = place.read(value, read)
                {
                    *value = Value::Null;
                    return Some(read);
                }
            }
        }
        None
    }

    /// The whole body, less what was taken.
    pub(super) fn rest(&self) -> &Value {
        &self.value
    }

    fn find<T>(&self, names: &[&str], read: &dyn Fn(&Value) -> Option<T>) -> Option<(&Value, T)> {
        for name in names {
            for (n, place) in self.index.iter().enumerate() {
                if place.is(name)
                    && let Some(value) = path(&self.index, n).iter().try_fold(&self.value, |value, key| value.get(key))
                    && let Some(read) = place.read(value, read)
                {
                    return Some((value, read));
                }
            }
        }
        None
    }
}

impl Place {
    fn of(parent: Option<usize>, key: &str, index: &[Place]) -> Place {
        let above = parent.and_then(|n| index.get(n));
        let (mut name, mut words) = above.map(|above| (above.name.clone(), above.words.clone())).unwrap_or_default();
        for word in key.split('.') {
            words.push(name.len());
            name.push_str(&normal(word));
        }
        Place { parent, key: key.to_owned(), name, words, text: None }
    }

    /// What `read` makes of what is there, or else of the string that it was sent as.
    fn read<T>(&self, value: &Value, read: &dyn Fn(&Value) -> Option<T>) -> Option<T> {
        // What was taken is null.
        let text = self.text.as_ref().filter(|_| !value.is_null());
        read(value).or_else(|| read(&Value::String(text?.clone())))
    }

    /// Whether its path, or the end of it, is this name.
    fn is(&self, name: &str) -> bool {
        // Most are told by their last letter.
        if self.name.as_bytes().last() != name.as_bytes().last() {
            return false;
        }
        let Some(start) = self.name.len().checked_sub(name.len()).filter(|_| self.name.ends_with(name)) else {
            return false;
        };
        let last = self.words.last().copied().unwrap_or_default();
        start == 0 || (self.words.contains(&start) && (start < last || name.len() >= TELLING))
    }
}

/// The fields that lead to place `n` of the index.
fn path(index: &[Place], n: usize) -> Vec<&str> {
    let above = |place: &&Place| place.parent.and_then(|n| index.get(n));
    let mut path: Vec<&str> = std::iter::successors(index.get(n), above).map(|place| place.key.as_str()).collect();
    path.reverse();
    path
}

fn at_mut<'v>(value: &'v mut Value, path: &[&str]) -> Option<&'v mut Value> {
    path.iter().try_fold(value, |value, key| value.get_mut(*key))
}

/// A name in small letters and digits alone.
pub(super) fn normal(name: &str) -> String {
    if name.is_ascii() {
        let plain = name.bytes().filter(u8::is_ascii_alphanumeric);
        return plain.map(|byte| char::from(byte.to_ascii_lowercase())).collect();
    }
    name.chars().filter(|c| c.is_alphanumeric()).flat_map(char::to_lowercase).collect()
}

/// The words of a name: `k8s.pod-name`, `sourceHost`, `DBInstance` and `SOURCE_HOST` have two or three.
pub(super) fn words(name: &str) -> Vec<String> {
    let mut words = vec![String::new()];
    let mut before = ' ';
    let mut characters = name.chars().peekable();
    while let Some(character) = characters.next() {
        // A word begins with a capital after a small letter, and with the last of several capitals.
        let next_is_small = characters.peek().is_some_and(|next| next.is_lowercase());
        let begins = character.is_uppercase() && (before.is_lowercase() || (before.is_uppercase() && next_is_small));
        if !character.is_alphanumeric() || begins {
            words.push(String::new());
        }
        if character.is_alphanumeric()
            && let Some(word) = words.last_mut()
        {
            word.extend(character.to_lowercase());
        }
        before = character;
    }
    words.retain(|word| !word.is_empty());
    words
}

/// The value with every object or list that was sent as a string in its place; what was sent goes to `texts`, with its
/// path.
fn unpacked(value: Value, path: &mut Vec<String>, texts: &mut BTreeMap<Vec<String>, String>) -> Value {
    if path.len() > DEEPEST || texts.len() > MOST {
        return value;
    }
    match value {
        Value::String(text) => match inner(&text) {
            Some(value) => {
                texts.insert(path.clone(), text);
                unpacked(value, path, texts)
            }
            None => Value::String(text),
        },
        Value::Object(mut fields) => {
            for (name, value) in &mut fields {
                let holds =
                    value.is_object() || value.as_str().is_some_and(|text| text.trim_start().starts_with(['{', '[']));
                if !holds {
                    continue;
                }
                path.push(name.clone());
                *value = unpacked(value.take(), path, texts);
                path.pop();
            }
            Value::Object(fields)
        }
        other => other,
    }
}

/// The object or list that a text holds.
pub(super) fn inner(text: &str) -> Option<Value> {
    let text = text.trim();
    if !text.starts_with(['{', '[']) || !text.ends_with(['}', ']']) {
        return None;
    }
    thin(text).parse::<Value>().ok().filter(|value| value.is_object() || value.is_array())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::senders::json::plain;

    #[test]
    fn a_name_is_found_in_any_spelling_and_nesting() {
        for body in [
            json!({"ruleName": "x"}),
            json!({"rule_name": "x"}),
            json!({"rule.name": "x"}),
            json!({"Rule Name": "x"}),
            json!({"rule": {"name": "x"}}),
            json!({"context": {"rule": {"name": "x"}}}),
            json!({"context": {"ruleName": "x"}}),
            json!({"kibana.alert.rule.name": "x"}),
            json!({"payload": "{\"rule\": {\"name\": \"x\"}}"}),
            json!({"payload": "{\"inner\": \"{\\\"rule-name\\\": \\\"x\\\"}\"}"}),
        ] {
            assert_eq!(Body::new(body.clone()).read(&["rulename"], &plain).as_deref(), Some("x"), "{body}");
        }
        for body in [json!({"user": {"name": "x"}}), json!({"username": "x"}), json!({"rulename2": "x"}), json!([1])] {
            assert_eq!(Body::new(body.clone()).read(&["name", "rulename"], &plain), None, "{body}");
        }
    }

    #[test]
    fn what_is_taken_is_gone_and_the_first_name_counts() {
        let mut body = Body::new(json!({"title": "b", "alert": {"name": "a"}, "other": 1}));
        assert_eq!(body.take(&["alertname", "title"], &plain).as_deref(), Some("a"));
        assert_eq!(body.take(&["alertname", "title"], &plain).as_deref(), Some("b"));
        assert_eq!(body.take(&["alertname", "title"], &plain), None);
        assert_eq!(body.rest(), &json!({"title": null, "alert": {"name": null}, "other": 1}));
    }

    #[test]
    fn a_text_that_looks_like_json_is_still_a_text() {
        let body = Body::new(json!({"alertId": "{\"rule\": 1}", "source": "{}", "labels": "{\"a\": \"b\"}"}));
        assert_eq!(body.read(&["alertid"], &plain).as_deref(), Some("{\"rule\": 1}"));
        assert_eq!(body.read(&["source"], &plain).as_deref(), Some("{}"));
        assert!(body.read(&["labels"], &|value| value.is_object().then_some(())).is_some());
    }

    #[test]
    fn names_have_words() {
        assert_eq!(words("k8s.podName"), ["k8s", "pod", "name"]);
        assert_eq!(words("SOURCE_HOST"), ["source", "host"]);
        assert_eq!(words("DBInstanceIdentifier"), ["db", "instance", "identifier"]);
        assert!(words("--").is_empty());
    }
}
