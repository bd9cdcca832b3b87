//! What is answered about a body that nobody knows: the five lines of a mapping that would read it.

use serde_json::Value;

use super::body::BadBody;
use super::bounds;
use super::identity::leaves;
use super::json::any_text;
use super::names::words;

/// For each key of a mapping the words in whose order a field is looked for.
const WANTED: [(&str, &[&str]); 5] = [
    ("id", &["fingerprint", "uuid", "key", "id", "number"]),
    ("title", &["title", "name", "subject", "summary", "text"]),
    ("description", &["description", "message", "details", "reason", "body", "summary", "text", "msg"]),
    ("severity", &["severity", "priority", "level", "urgency", "criticality"]),
    ("status", &["status", "state", "action", "transition", "event"]),
];

/// A body that is no generic alert, with what would read it, where it looks like an alert at all.
pub(super) fn explained(bad: BadBody, body: &Value) -> BadBody {
    let documented = ["alertName", "severity", "description"].iter().filter(|name| body.get(name).is_some()).count();
    let mapping = lines(body).filter(|_| documented < 2 && bad.error.starts_with("Missing required field: alertName"));
    let Some(lines) = mapping else { return bad };
    let hint = format!(
        "This looks like no sender that is known, but an entry of SOURCES would read it at /hooks/my-source:\n[[vars.SOURCES]]\nname = \
         \"my-source\"\n{lines}\nSee docs/senders/mapping.md."
    );
    BadBody { details: Some(bad.details.map_or_else(|| hint.clone(), |details| format!("{details} {hint}"))), ..bad }
}

/// The lines of a mapping, where there is something to identify an alert and something to call it.
fn lines(body: &Value) -> Option<String> {
    let mut paths = Vec::new();
    leaves("", body, &mut |path, value| {
        let plain = !value.is_array() && any_text(value).is_some();
        if plain && path.len() <= 100 && paths.len() < 500 && super::mapping::path::is_path(path) {
            paths.push((path.to_owned(), words(path)));
        }
    });
    let mut found = Vec::new();
    for (key, wanted) in WANTED {
        let path = wanted.iter().find_map(|word| {
            let fits = |(path, words): &&(String, Vec<String>)| {
                words.last().is_some_and(|last| last == word) && !found.iter().any(|(_, used)| used == path)
            };
            // The one that is nearest to the top.
            paths.iter().filter(fits).min_by_key(|(path, _)| path.matches('.').count())
        });
        found.extend(path.map(|(path, _)| (key, path.clone())));
    }
    let has = |key: &str| found.iter().any(|(name, _)| *name == key);
    let lines: Vec<String> =
        found.iter().map(|(key, path)| format!("{key} = \"{}\"", bounds::head(path, 100))).collect();
    (has("id") && has("title")).then(|| lines.join("\n"))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn details(body: &Value) -> Option<String> {
        explained(BadBody { error: "Missing required field: alertName".to_owned(), details: None }, body).details
    }

    #[test]
    fn a_body_that_nobody_knows_gets_the_lines_that_would_read_it() {
        let body = json!({"check": {"uuid": "c-1", "display_name": "Cart", "lastState": "down"}, "msg": "no answer", "prio": {"level": "high"}});
        let details = details(&body).unwrap();
        let mapping = "[[vars.SOURCES]]\nname = \"my-source\"\nid = \"check.uuid\"\ntitle = \"check.display_name\"\ndescription = \"msg\"\n\
            severity = \"prio.level\"\nstatus = \"check.lastState\"\n";
        assert!(details.contains(mapping), "{details}");
    }

    #[test]
    fn what_looks_like_no_alert_gets_none() {
        for body in
            [json!({}), json!({"a": 1}), json!([1]), json!("x"), json!({"alertName": "n", "severity": 1, "id": "x"})]
        {
            assert_eq!(details(&body), None, "{body}");
        }
    }
}
