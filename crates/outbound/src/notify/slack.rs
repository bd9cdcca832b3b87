//! Slack: a message's form, and the thread that a bot keeps for each incident. A message is blocks in which only the headline and the link to the session are ours to format. What
//! senders and Devin wrote is in `plain_text`, which knows no mentions, links or formatting.
//!
//! Sources: <https://docs.slack.dev/messaging/formatting-message-text> (escaping, mentions),
//! <https://docs.slack.dev/reference/block-kit/composition-objects/text-object> (`verbatim`, `emoji`; at most 3,000
//! characters), <https://docs.slack.dev/reference/methods/chat.postMessage> and `chat.update`, `conversations.history`,
//! `conversations.replies`; <https://docs.slack.dev/messaging/message-metadata>. Slack answers errors with 200 and `ok: false`,
//! and takes no key that makes a repeated post the same: a message of ours is found again by its metadata.

use serde_json::{Value, json};

use super::words::{LONGEST, Words, fitting};
use crate::devin::reply::Page;
use crate::http::{self, Answer, Call, escape as percent};
use incident::failure::Failure;
use incident::lifecycle::CLOCK_LEEWAY;
use incident::record::Notice;
use incident::secret::Secret;
use incident::thread::{Operation, Posted};
use incident::time::Time;

/// A bot at Slack, and the channel where it keeps its threads.
#[derive(Clone, Debug, PartialEq)]
pub struct Access {
    /// `https://slack.com/api`, without a slash at the end: `SLACK_API_URL`.
    pub base: String,
    /// The bot's token: `SLACK_BOT_TOKEN`.
    pub token: Secret,
    /// The channel's id: `SLACK_NOTIFY_CHANNEL`.
    pub channel: String,
}

/// What our messages say in their metadata that they are.
const EVENT: &str = "devin_bridge";
/// Messages of a page.
const PAGE: u32 = 200;
/// What is edited or replied to is not there any more: as a status.
const GONE: u16 = 410;

impl Access {
    /// The request that does what is due.
    pub fn call(&self, operation: &Operation, notice: &Notice) -> Call {
        let words = Words::of(notice);
        let root = matches!(operation, Operation::Root | Operation::EditRoot(_));
        let mut body = if root { message(&words) } else { reply(&words) };
        let mut set = |name: &str, value: Value| {
            if let Some(fields) = body.as_object_mut() {
                fields.insert(name.to_owned(), value);
            }
        };
        let name = match operation {
            Operation::Root => {
                set("channel", self.channel.as_str().into());
                "chat.postMessage"
            }
            Operation::Reply(root) => {
                set("channel", root.channel.as_str().into());
                set("thread_ts", root.ts.as_str().into());
                "chat.postMessage"
            }
            Operation::EditRoot(posted) | Operation::EditReply(posted) => {
                set("channel", posted.channel.as_str().into());
                set("ts", posted.ts.as_str().into());
                "chat.update"
            }
        };
        set("metadata", json!({"event_type": EVENT, "event_payload": payload(root, notice)}));
        Call { method: "POST", url: format!("{}/{name}", self.base), body: Some(body) }
    }

    /// A page of the messages among which the one would be that may have been posted. `page` is empty for the first.
    pub fn look(&self, operation: &Operation, notice: &Notice, page: &str) -> Call {
        let (method, channel, thread) = match operation {
            Operation::Reply(root) => ("conversations.replies", &root.channel, format!("&ts={}", percent(&root.ts))),
            _ => {
                let first = Time::from_rfc3339(&notice.news.first_seen).unwrap_or_default();
                let oldest = first.minus(CLOCK_LEEWAY).0.div_euclid(1_000).max(0);
                ("conversations.history", &self.channel, format!("&oldest={oldest}"))
            }
        };
        let mut url = format!(
            "{}/{method}?channel={}{thread}&limit={PAGE}&include_all_metadata=true",
            self.base,
            percent(channel)
        );
        if !page.is_empty() {
            url.push_str(&format!("&cursor={}", percent(page)));
        }
        Call { method: "GET", url, body: None }
    }
}

/// By what a message is found again: the root of an incident, or a reply by its number.
fn payload(root: bool, notice: &Notice) -> Value {
    json!({"incident": notice.news.incident, "number": if root { 0 } else { notice.thread_number }})
}

/// An answer of Slack's: its `ok`, or what its `error` means.
fn body(answer: Result<Answer, String>, now: Time) -> Result<Value, Failure> {
    let value = http::body(answer, now)?;
    match (value.get("ok").and_then(Value::as_bool), value.get("error").and_then(Value::as_str).unwrap_or_default()) {
        (Some(true), _) => Ok(value),
        (Some(false), error) => {
            let words = format!("Slack: {}", text::clean::line(error, 100));
            Err(match error {
                "ratelimited" | "rate_limited" => Failure::Busy { after: None, words },
                "message_not_found" | "thread_not_found" => Failure::Refused { status: GONE, words },
                "internal_error" | "fatal_error" | "service_unavailable" | "request_timeout" | "" => {
                    Failure::Unknown { words }
                }
                _ => Failure::Refused { status: 400, words },
            })
        }
        (None, _) => Err(Failure::Unknown { words: "an answer of Slack's that can't be read".into() }),
    }
}

fn posted_at(channel: Option<&Value>, ts: Option<&Value>) -> Option<Posted> {
    let text =
        |value: Option<&Value>| Some(value?.as_str()?.to_owned()).filter(|text| !text.is_empty() && text.len() < 60);
    Some(Posted { channel: text(channel)?, ts: text(ts)? })
}

/// Where a message was posted, or edited.
pub fn posted(answer: Result<Answer, String>, now: Time) -> Result<Posted, Failure> {
    let value = body(answer, now)?;
    posted_at(value.get("channel"), value.get("ts"))
        .ok_or_else(|| Failure::Unknown { words: "an answer of Slack's without the message's time".into() })
}

/// Whether what may have been posted is on this page.
pub fn found(
    answer: Result<Answer, String>,
    operation: &Operation,
    notice: &Notice,
    channel: &str,
    now: Time,
) -> Result<Page<Posted>, Failure> {
    let value = body(answer, now)?;
    let wanted = payload(*operation == Operation::Root, notice);
    let messages = value.get("messages").and_then(Value::as_array).map_or(&[][..], Vec::as_slice);
    let ours = |message: &&Value| {
        let metadata = message.get("metadata");
        let event = metadata.and_then(|metadata| metadata.get("event_type")).and_then(Value::as_str);
        event == Some(EVENT) && metadata.and_then(|metadata| metadata.get("event_payload")) == Some(&wanted)
    };
    let channel = Value::from(channel);
    let found = messages.iter().find(ours).and_then(|message| posted_at(Some(&channel), message.get("ts")));
    let cursor = value.pointer("/response_metadata/next_cursor").and_then(Value::as_str);
    let next = cursor.filter(|cursor| !cursor.is_empty() && found.is_none()).map(str::to_owned);
    Ok(Page { found, next, unread: false })
}

/// A reply: its thread is about the incident already.
fn reply(words: &Words) -> Value {
    message(&Words {
        incident: Vec::new(),
        headline: words.headline.clone(),
        link: words.link.clone(),
        outcome: words.outcome.clone(),
    })
}

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
