//! A structured postmortem as Markdown, in the shape that Devin's guide to postmortems shows: title, date, duration and
//! severity, then summary, timeline, root cause and action items. The structure is
//! [`prompts/postmortem.schema.json`](https://json-schema.org/draft-07), whose fields are all taken as they come: what is
//! missing or of another type is left out. Pure.

use serde_json::Value;

use text::clean;

/// The longest line, and the most entries of a list, in characters; Devin takes 64 KB in all.
const LONGEST: usize = 20_000;
const MOST_ENTRIES: usize = 500;

/// The document; `None` where there is nothing to write.
pub fn markdown(postmortem: &Value) -> Option<String> {
    let title = line(postmortem, "title");
    let head = head(postmortem);
    let summary = block(postmortem, "summary");
    if title.is_empty() && summary.is_empty() {
        return None;
    }
    let timeline = list(postmortem, "timeline", |entry| match (line(entry, "time"), line(entry, "event")) {
        (time, event) if time.is_empty() => event,
        (time, event) => format!("{time} — {event}"),
    });
    let items = list(postmortem, "action_items", action_item);
    let links = list(postmortem, "links", |link| inline(link.as_str().unwrap_or_default()));
    let mut text = format!("# Postmortem: {}\n", if title.is_empty() { "untitled" } else { &title });
    if !head.is_empty() {
        text.push_str(&format!("{head}\n"));
    }
    let sections = [
        ("Summary", summary),
        ("Timeline", timeline),
        ("Root Cause", block(postmortem, "root_cause")),
        ("Action Items", items),
        ("Links", links),
    ];
    for (heading, content) in sections {
        if !content.is_empty() {
            text.push_str(&format!("\n## {heading}\n{content}\n"));
        }
    }
    Some(text)
}

/// `**Date:** … | **Duration:** … | **Severity:** …`
fn head(postmortem: &Value) -> String {
    let mut parts = Vec::new();
    let duration = match postmortem.get("duration_minutes") {
        Some(minutes @ Value::Number(_)) => format!("{minutes} minutes"),
        _ => String::new(),
    };
    let fields =
        [("Date", line(postmortem, "date")), ("Duration", duration), ("Severity", line(postmortem, "severity"))];
    for (label, value) in fields {
        if !value.is_empty() {
            parts.push(format!("**{label}:** {value}"));
        }
    }
    parts.join(" | ")
}

fn action_item(item: &Value) -> String {
    let done = item.get("done").and_then(Value::as_bool).unwrap_or(false);
    let mut text = format!("[{}] {}", if done { 'x' } else { ' ' }, line(item, "description"));
    for name in ["owner", "link"] {
        let more = line(item, name);
        if !more.is_empty() {
            text.push_str(&format!(" ({more})"));
        }
    }
    text
}

/// A list, an item a line. An entry that is written as nothing is left out.
fn list(postmortem: &Value, name: &str, write: fn(&Value) -> String) -> String {
    let entries = postmortem.get(name).and_then(Value::as_array).map_or(&[][..], Vec::as_slice);
    let mut lines = Vec::new();
    for entry in entries.iter().take(MOST_ENTRIES) {
        let text = write(entry);
        if !text.is_empty() {
            lines.push(format!("- {text}"));
        }
    }
    lines.join("\n")
}

/// A field's text on one line.
fn line(value: &Value, name: &str) -> String {
    own_line(&inline(value.get(name).and_then(Value::as_str).unwrap_or_default()))
}

/// A field's text in as many lines and paragraphs as it has.
fn block(value: &Value, name: &str) -> String {
    let text = clean::block(value.get(name).and_then(Value::as_str).unwrap_or_default());
    let mut lines = Vec::new();
    for line in text.trim().lines() {
        lines.push(own_line(&inline(line)));
    }
    lines.join("\n")
}

/// A line that begins no heading, list of rules, table or fence. Lists may stay.
fn own_line(line: &str) -> String {
    let heading = line.starts_with(['#', '=', '|', ':', '~']);
    let rule =
        !line.is_empty() && line.chars().all(|c| matches!(c, '-' | '_' | '=' | '|' | ':' | '+' | ' ' | '\\' | '*'));
    if heading || rule { format!("\\{line}") } else { line.to_owned() }
}

/// Text within a line: `code` stays code, and nothing else is markup. It can make no link, image or HTML.
fn inline(text: &str) -> String {
    let text = clean::line(text, LONGEST);
    let mut out = String::with_capacity(text.len());
    let mut rest = text.as_str();
    while let Some(c) = rest.chars().next() {
        let code = code_span(rest);
        if !code.is_empty() {
            out.push_str(code);
            rest = rest.strip_prefix(code).unwrap_or_default();
            continue;
        }
        if matches!(c, '\\' | '`' | '*' | '<' | '>' | '[' | ']' | '&') || c == '_' && !within_word(&out, rest) {
            out.push('\\');
        }
        out.push(c);
        rest = rest.strip_prefix(c).unwrap_or_default();
    }
    out
}

/// The code that a text begins with, between two single backticks: empty where it begins with none.
fn code_span(text: &str) -> &str {
    let Some(inside) = text.strip_prefix('`') else { return "" };
    let length = inside.find('`').unwrap_or(0);
    let after = inside.get(length.saturating_add(1)..).unwrap_or_default();
    let span = text.get(..length.saturating_add(2)).unwrap_or_default();
    if length == 0 || after.starts_with('`') { "" } else { span }
}

/// Whether an underscore stands between two letters or digits, where it emphasises nothing.
fn within_word(before: &str, from: &str) -> bool {
    let alphanumeric = |c: Option<char>| c.is_some_and(char::is_alphanumeric);
    alphanumeric(before.chars().next_back()) && alphanumeric(from.chars().nth(1))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::json;

    use super::*;

    fn example() -> Value {
        json!({
            "title": "Database Connection Pool Exhaustion — orders-service", "date": "2026-02-10",
            "duration_minutes": 46, "severity": "P1",
            "summary": "orders-service ran out of connections.\nOne order in eight failed.",
            "timeline": [{"time": "14:15 UTC", "event": "Deploy #387 released"}, {"event": "Recovered"}],
            "root_cause": "`check_inventory()` in `src/orders.ts:142` leaks.\n\n- on failure only",
            "action_items": [
                {"description": "Close it", "owner": "orders", "done": true, "link": "https://github.com/o/r/pull/388"},
                {"description": "Watch the pool"}
            ],
            "links": ["https://example.com/graph"]
        })
    }

    #[test]
    fn it_looks_like_the_guides_example() {
        let expected = "# Postmortem: Database Connection Pool Exhaustion — orders-service\n\
             **Date:** 2026-02-10 | **Duration:** 46 minutes | **Severity:** P1\n\n\
             ## Summary\norders-service ran out of connections.\nOne order in eight failed.\n\n\
             ## Timeline\n- 14:15 UTC — Deploy #387 released\n- Recovered\n\n\
             ## Root Cause\n`check_inventory()` in `src/orders.ts:142` leaks.\n\n- on failure only\n\n\
             ## Action Items\n- [x] Close it (orders) (https://github.com/o/r/pull/388)\n- [ ] Watch the pool\n\n\
             ## Links\n- https://example.com/graph\n";
        assert_eq!(markdown(&example()).unwrap(), expected);
    }

    #[test]
    fn what_is_missing_or_odd_is_left_out() {
        for nothing in [json!(null), json!({}), json!([]), json!({"title": 7, "summary": " "}), json!("x")] {
            assert_eq!(markdown(&nothing), None, "{nothing}");
        }
        let odd =
            json!({"title": "t", "timeline": "x", "action_items": [7], "links": [7, {}], "duration_minutes": "x"});
        assert_eq!(markdown(&odd).unwrap(), "# Postmortem: t\n\n## Action Items\n- [ ] \n");
    }

    #[test]
    fn text_makes_no_markup() {
        let hostile = json!({
            "title": "a\n# b", "summary": "# c\n===\n---\n| x |\n```\n<script>\n![x](http://e) *b* _c_ snake_case\n    code",
        });
        let text = markdown(&hostile).unwrap();
        assert_eq!(
            text,
            "# Postmortem: a # b\n\n## Summary\n\\# c\n\\===\n\\---\n\\| x |\n\\`\\`\\`\n\\<script\\>\n\
             !\\[x\\](http://e) \\*b\\* \\_c\\_ snake_case\ncode\n"
        );
    }

    proptest! {
        #[test]
        fn headings_are_ours_whatever_the_text(texts in prop::collection::vec("(?s)[#=\\-`~<>|:_*+\\[\\]() \n\ta-z\\\\&!]{0,40}", 8)) {
            let postmortem = json!({
                "title": texts[0], "date": texts[1], "severity": texts[2], "summary": format!("s{}", texts[3]),
                "timeline": [{"time": texts[4], "event": texts[5]}], "root_cause": texts[6],
                "action_items": [{"description": texts[7]}],
            });
            let text = markdown(&postmortem).unwrap();
            for line in text.lines() {
                let start = line.trim_start();
                let ours = line.starts_with("# Postmortem: ") || line.starts_with("## ");
                prop_assert!(!start.starts_with('#') || ours, "{line:?}");
                prop_assert!(!start.starts_with("```") && !start.starts_with("~~~"), "{line:?}");
                prop_assert!(start.is_empty() || !start.chars().all(|c| "-=_*| ".contains(c)), "{line:?}");
            }
            for section in ["Summary", "Action Items"] {
                prop_assert_eq!(text.matches(&format!("\n## {section}\n")).count(), 1);
            }
        }
    }
}
