//! A message in Slack's form: blocks in which only the headline and the link to the session are ours to format. What
//! senders and Devin wrote stands in `plain_text`, which knows no mentions, links or formatting.
//!
//! Sources: <https://docs.slack.dev/messaging/formatting-message-text> (escaping, mentions),
//! <https://docs.slack.dev/reference/block-kit/composition-objects/text-object> (`verbatim`, `emoji`; at most 3,000
//! characters), <https://docs.slack.dev/reference/methods/chat.postMessage>.

use serde_json::{Value, json};

use super::words::{LONGEST, Words, fitting};

/// The message: `text` is what a notification shows, `blocks` the message itself.
pub fn message(words: &Words) -> Value {
    let headline = match words.link.as_str() {
        "" => format!("*{}*", escape(&words.headline)),
        url => format!("*{}*: {}", escape(&words.headline), link(url)),
    };
    let mut blocks = vec![json!({"type": "section", "text": {"type": "mrkdwn", "verbatim": true, "text": headline}})];
    let room = LONGEST.saturating_sub(words.first_line().chars().count());
    let lines = fitting(words.facts(), room);
    if !lines.is_empty() {
        blocks.push(json!({
            "type": "section",
            "text": {"type": "plain_text", "emoji": false, "text": lines.join("\n")}
        }));
    }
    json!({
        "text": escape(&words.first_line()),
        "mrkdwn": false,
        "blocks": blocks,
        "unfurl_links": false,
        "unfurl_media": false,
    })
}

/// A link of ours: what could end its address early, or give it another text, makes it plain text.
fn link(url: &str) -> String {
    let plain = url.starts_with("https://") && !url.contains(['|', '<', '>', '*', '_', '~', '`', ' ']);
    if plain { format!("<{}>", escape(url)) } else { escape(&url.replace(['*', '_', '~', '`'], " ")) }
}

/// `&`, `<` and `>` are all that Slack asks to be escaped; a mention such as `<!channel>` is none without its brackets.
fn escape(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::words::tests::notice;
    use super::*;
    use incident::finding::Finding;
    use incident::notice::About;
    use incident::record::Notice;
    #[cfg(target_arch = "wasm32")]
    use wasm_bindgen_test::wasm_bindgen_test as test;

    #[test]
    fn only_the_headline_and_the_session_are_formatted() {
        let message = message(&Words::of(&notice(About::Ended)));
        assert_eq!(
            message["blocks"][0]["text"]["text"],
            "*Devin session ended (finished)*: <https://app.devin.ai/sessions/1>"
        );
        assert_eq!(message["blocks"][0]["text"]["verbatim"], true);
        let facts = &message["blocks"][1]["text"];
        assert_eq!((&facts["type"], &facts["emoji"]), (&json!("plain_text"), &json!(false)));
        assert!(facts["text"].as_str().unwrap().starts_with("Incident: <!channel> & *all* [x](http://evil.example)\n"));
    }

    #[test]
    fn an_address_that_breaks_out_is_text() {
        assert_eq!(link("https://a.example/<!channel>|x"), "https://a.example/&lt;!channel&gt;|x");
        assert_eq!(link("javascript:*x*"), "javascript: x ");
        assert_eq!(link("https://a.example/?b&c"), "<https://a.example/?b&amp;c>");
    }

    proptest! {
        #[test]
        fn nothing_that_was_written_outside_is_formatted(words in "(?s).{0,300}", title in "[<>@#!a-z*_~`|:/ ]{0,60}") {
            let hostile = format!("{words}{title}<!channel> <@U1> <http://evil.example|x> :tada: *b*");
            let mut notice = Notice { finding: Finding::read(&json!({"summary": hostile, "actions": [hostile]}), true), ..notice(About::Ended) };
            notice.news.title = hostile.clone();
            notice.news.session_detail = Some(hostile);
            let message = message(&Words::of(&notice));
            let text = message["text"].as_str().unwrap();
            prop_assert!(!text.contains(['<', '>']) && message["mrkdwn"] == false);
            for block in message["blocks"].as_array().unwrap() {
                let text = block["text"]["text"].as_str().unwrap();
                prop_assert!(text.chars().count() <= 3_000);
                if block["text"]["type"] == "mrkdwn" {
                    prop_assert_eq!(text.matches('<').count(), 1);
                    prop_assert!(text.ends_with(": <https://app.devin.ai/sessions/1>"));
                    prop_assert_eq!(text.matches(['*', '_', '~', '`']).count(), 2);
                }
            }
        }
    }
}
