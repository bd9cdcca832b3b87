//! What the session found, on the page of its incident. All of it is Devin's.

use maud::{Markup, html};
use serde_json::Value;

use super::pieces::{link, list, short, text};

/// The finding; nothing where there is none.
pub fn section(incident: &Value) -> Markup {
    let Some(finding) = incident.get("finding").filter(|finding| finding.is_object()) else { return html! {} };
    let words = finding.get("fromMessage").and_then(Value::as_bool) == Some(true);
    let summary = if words { "Devin's last words" } else { "What is wrong" };
    let texts =
        [(summary, "summary"), ("Root cause", "rootCause"), ("Verdict", "verdict"), ("Confidence", "confidence")];
    let lists = [("What to do", "actions"), ("Evidence", "evidence")];
    let requests: Vec<&str> =
        list(finding, "pullRequests").iter().filter_map(|url| link(url.as_str()?, 200)).take(5).collect();
    html! {
        section.card aria-labelledby="finding" {
            h2 #finding { "Finding" }
            @for (title, name) in texts {
                @if !text(finding, name).is_empty() {
                    h3 { (title) }
                    p dir="auto" { (short(text(finding, name), 1_500)) }
                }
            }
            @for (title, name) in lists {
                @if !list(finding, name).is_empty() {
                    h3 { (title) }
                    ul {
                        @for entry in list(finding, name).iter().filter_map(Value::as_str).take(5) {
                            li dir="auto" { (short(entry, 500)) }
                        }
                    }
                }
            }
            @if !requests.is_empty() {
                h3 { "Pull requests" }
                ul { @for url in requests { li { a href=(url) { (short(url, 200)) } } } }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_finding_is_text_and_its_links_are_of_the_web() {
        let html = section(&json!({"finding": {
            "summary": "<b>pool</b>", "actions": ["Merge it", 7], "pullRequests": ["javascript:x", "https://github.com/o/r/pull/1"],
        }}))
        .into_string();
        for part in [
            "What is wrong",
            "&lt;b&gt;pool&lt;/b&gt;",
            "<li dir=\"auto\">Merge it</li>",
            "href=\"https://github.com/o/r/pull/1\"",
        ] {
            assert!(html.contains(part), "{part}: {html}");
        }
        assert!(!html.contains("javascript"));
        for none in [json!({}), json!({"finding": null}), json!({"finding": "x"})] {
            assert_eq!(section(&none).into_string(), "");
        }
        let words = section(&json!({"finding": {"summary": "s", "fromMessage": true}})).into_string();
        assert!(words.contains("Devin's last words") || words.contains("Devin&#39;s last words"), "{words}");
    }
}
