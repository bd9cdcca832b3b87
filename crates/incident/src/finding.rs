//! What a session found: what people see of its structured output or, where it gave none, of its last message.
//!
//! All of it was written by Devin, who quotes what strangers wrote: secrets are out, hidden characters are out, each text
//! is one line and short. Whoever shows it has to escape it.

use serde::{Deserialize, Serialize};
use serde_json::Value;

use text::{clean, cut, redact};

/// A finding. What is not known is absent.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct Finding {
    /// In a word or a few: `fixed`, `false alarm`, …
    #[serde(skip_serializing_if = "Option::is_none")]
    pub verdict: Option<String>,
    /// What is wrong.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub summary: Option<String>,
    /// Why.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub root_cause: Option<String>,
    /// How sure Devin is of that.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub confidence: Option<String>,
    /// What shows it.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub evidence: Vec<String>,
    /// What is to be done.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub actions: Vec<String>,
    /// The pull requests that it names.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub pull_requests: Vec<String>,
    /// Whether these are only the first lines of the last message.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub from_message: bool,
}

/// The longest texts, in characters, and the most entries of a list: a notice has room for 2,000 in all.
const WORD: usize = 80;
const LINE: usize = 160;
const SUMMARY: usize = 500;
const CAUSE: usize = 400;
const ENTRY: usize = 160;
const ENTRIES: usize = 4;
/// The longest last words.
pub const WORDS: usize = 500;
/// So many times the longest text is looked at: the search for secrets costs more than all else.
const MARGIN: usize = 4;

impl Finding {
    /// Its verdict and summary in one line of at most [`LINE`] characters; `None` where it has neither.
    pub fn in_a_line(&self) -> Option<String> {
        let parts: Vec<&str> = [&self.verdict, &self.summary].into_iter().filter_map(|part| part.as_deref()).collect();
        (!parts.is_empty()).then(|| cut::head(&parts.join(": "), LINE))
    }

    /// What structured output says, in the shape of a finding or of a postmortem. What is of another type than expected, or
    /// missing, is left out. `emails`: whether addresses are redacted.
    pub fn read(output: &Value, emails: bool) -> Option<Finding> {
        let text = |names: &[&str], most: usize| {
            let found = names.iter().find_map(|name| output.get(name).filter(|value| !value.is_null()))?;
            shown(&scalar(found)?, most, emails)
        };
        let list = |names: &[&str]| {
            let found = names.iter().find_map(|name| output.get(name)?.as_array());
            let texts = found.into_iter().flatten().filter_map(|entry| shown(&entry_text(entry)?, ENTRY, emails));
            texts.take(ENTRIES).collect::<Vec<String>>()
        };
        let mut pull_requests = list(&["pull_requests"]);
        pull_requests.retain(|url| is_page(url));
        let finding = Finding {
            verdict: text(&["verdict"], WORD).map(|verdict| verdict.replace('_', " ")),
            summary: text(&["summary", "title"], SUMMARY),
            root_cause: text(&["root_cause"], CAUSE),
            confidence: text(&["confidence"], WORD),
            evidence: list(&["evidence"]),
            actions: list(&["actions", "action_items"]),
            pull_requests,
            from_message: false,
        };
        match output {
            Value::String(words) => Some(Finding { from_message: false, ..Finding::of_message(words, emails)? }),
            _ => Some(finding).filter(|finding| *finding != Finding::default()),
        }
    }

    /// The beginning of a message of Devin's; `None` where it says nothing.
    pub fn of_message(words: &str, emails: bool) -> Option<Finding> {
        Some(Finding { summary: Some(shown(words, WORDS, emails)?), from_message: true, ..Finding::default() })
    }
}

/// Whether a text is the address of a page, which people may be given to click on.
pub fn is_page(url: &str) -> bool {
    (url.starts_with("https://") || url.starts_with("http://")) && !url.contains(char::is_whitespace)
}

/// A text on one line, safe to keep; `None` where nothing is left of it.
fn shown(text: &str, most: usize, emails: bool) -> Option<String> {
    let begun = cut::head(&clean::block(&text.chars().take(most * MARGIN).collect::<String>()), most * MARGIN);
    let line = clean::line(&redact::redact(&begun, emails), most);
    Some(line).filter(|line| !line.is_empty())
}

/// A text, a number, or yes and no. Devin may give any of them for any other.
fn scalar(value: &Value) -> Option<String> {
    match value {
        Value::String(text) => Some(text.clone()),
        Value::Number(_) | Value::Bool(_) => Some(value.to_string()),
        _ => None,
    }
}

/// An entry of a list: a text, or an object with one under one of the usual names. What is done already is left out.
fn entry_text(entry: &Value) -> Option<String> {
    if entry.get("done").and_then(Value::as_bool) == Some(true) {
        return None;
    }
    let named = ["description", "url", "action", "text", "title"].iter().find_map(|name| entry.get(name)?.as_str());
    let text = named.map(str::to_owned).or_else(|| scalar(entry))?;
    match entry.get("owner").and_then(Value::as_str).filter(|owner| !owner.trim().is_empty()) {
        Some(owner) => Some(format!("{text} ({owner})")),
        None => Some(text),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::json;

    use super::*;

    #[test]
    fn a_triage_and_a_postmortem_say_what_is_wrong_and_what_to_do() {
        let triage = json!({
            "verdict": "cause_found", "summary": "The pool is\nexhausted.", "root_cause": "A leak.", "confidence": 0.9,
            "evidence": ["error rate", {"text": "log line"}], "actions": [{"description": "Merge it", "owner": "sre"}],
            "pull_requests": ["https://github.com/o/r/pull/1", "javascript:x", "https://github.com/o/r/pull/2 or so"]
        });
        let found = Finding::read(&triage, true).unwrap();
        assert_eq!(found.verdict.as_deref(), Some("cause found"));
        assert_eq!(
            (found.summary.as_deref(), found.confidence.as_deref()),
            (Some("The pool is exhausted."), Some("0.9"))
        );
        assert_eq!((found.evidence.len(), found.actions), (2, vec!["Merge it (sre)".to_owned()]));
        assert_eq!(found.pull_requests, ["https://github.com/o/r/pull/1"]);
        let postmortem = json!({"title": "t", "summary": "s", "action_items": [{"description": "a", "done": true}, {"description": "b"}]});
        let found = Finding::read(&postmortem, true).unwrap();
        assert_eq!((found.summary.as_deref(), found.actions), (Some("s"), vec!["b".to_owned()]));
    }

    #[test]
    fn what_is_no_finding_is_none() {
        for nothing in [
            json!(null),
            json!({}),
            json!([]),
            json!(7),
            json!({"summary": []}),
            json!({"evidence": {"a": 1}}),
            json!("  "),
        ] {
            assert_eq!(Finding::read(&nothing, true), None, "{nothing}");
        }
        assert_eq!(Finding::of_message("\u{202e} \n", true), None);
        assert_eq!(Finding::read(&json!("done"), true).unwrap().summary.as_deref(), Some("done"));
    }

    #[test]
    fn secrets_are_out_also_where_they_are_cut() {
        let key = "AKIAIOSFODNN7EXAMPLE";
        let words = format!("{} aws_access_key_id={key}", "x ".repeat(240));
        let found = Finding::of_message(&words, true).unwrap();
        assert!(!found.summary.unwrap().contains("AKIA"));
        let found =
            Finding::read(&json!({"summary": format!("password=hunter2hunter2 {key}"), "actions": [key]}), true);
        let text = serde_json::to_string(&found).unwrap();
        assert!(!text.contains(key) && !text.contains("hunter2hunter2"), "{text}");
    }

    fn any_json() -> impl Strategy<Value = Value> {
        let leaf = prop_oneof![
            Just(Value::Null),
            any::<bool>().prop_map(Value::from),
            any::<f64>().prop_map(Value::from),
            "(?s).{0,40}".prop_map(Value::from),
            Just(Value::from("long\n".repeat(13_000))),
        ];
        let name = prop_oneof![
            Just("verdict"),
            Just("summary"),
            Just("root_cause"),
            Just("confidence"),
            Just("evidence"),
            Just("actions"),
            Just("pull_requests"),
            Just("description"),
            Just("owner"),
            Just("action_items"),
        ];
        leaf.prop_recursive(3, 40, 8, move |inner| {
            prop_oneof![
                prop::collection::vec(inner.clone(), 0..8).prop_map(Value::from),
                prop::collection::hash_map(name.clone().prop_map(str::to_owned), inner, 0..8)
                    .prop_map(|map| Value::Object(map.into_iter().collect())),
            ]
        })
    }

    proptest! {
        #[test]
        fn any_output_gives_a_short_finding_of_single_lines(output in any_json()) {
            let Some(found) = Finding::read(&output, true) else { return Ok(()) };
            let text = serde_json::to_value(&found).unwrap();
            let mut total = 0;
            let mut all = Vec::new();
            for value in text.as_object().unwrap().values() {
                match value {
                    Value::Array(entries) => all.extend(entries.iter().cloned()),
                    value => all.push(value.clone()),
                }
            }
            for value in all.iter().filter_map(Value::as_str) {
                let breaks_out = value.contains(['\n', '\r', '\u{2028}', '\u{1b}', '\u{202e}']);
                prop_assert!(!value.is_empty() && !breaks_out);
                total += value.chars().count();
            }
            prop_assert!(total <= 3 * WORD + SUMMARY + CAUSE + 3 * ENTRIES * ENTRY);
        }
    }
}
