//! A message to an incoming webhook: Slack's and Teams' in their own form, anything else as plain JSON.
//!
//! Sources: <https://docs.slack.dev/messaging/sending-messages-using-incoming-webhooks>, Microsoft's "Post a workflow when a
//! webhook request is received in Microsoft Teams", and <https://adaptivecards.io/explorer/RichTextBlock.html>.

use serde_json::{Map, Value, json};

use super::slack;
use super::words::{LONGEST, Words, fitting};
use crate::http::Call;
use incident::record::Notice;
use incident::secret::Secret;

/// An incoming webhook. Whoever knows its address can post to it.
#[derive(Clone, Debug, PartialEq)]
pub struct Webhook {
    /// Its address: `NOTIFY_WEBHOOK_URL`.
    pub url: Secret,
}

/// How a webhook wants its message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Form {
    Slack,
    Teams,
    Json,
}

impl Form {
    fn of(url: &str) -> Form {
        let host = url.split_once("://").map_or("", |(_, rest)| rest).split(['/', '?', ':']).next().unwrap_or_default();
        let host = host.to_ascii_lowercase();
        let teams = [".logic.azure.com", ".api.powerplatform.com", ".webhook.office.com"];
        match host.as_str() {
            "hooks.slack.com" | "hooks.slack-gov.com" => Form::Slack,
            _ if teams.iter().any(|domain| host.ends_with(domain)) => Form::Teams,
            _ => Form::Json,
        }
    }
}

impl Webhook {
    /// The message.
    pub fn message(&self, notice: &Notice) -> Call {
        let words = Words::of(notice);
        let url = self.url.expose();
        let body = match Form::of(url) {
            Form::Slack => slack::message(&words),
            Form::Teams => teams(&words),
            Form::Json => plain(&words, notice),
        };
        Call { method: "POST", url: url.to_owned(), body: Some(body) }
    }

    /// What must not be shown: the address, and each part of it that is long enough to be its secret.
    pub fn secrets(&self) -> Vec<&str> {
        const SHORTEST: usize = 16;
        let url = self.url.expose();
        let mut secrets = vec![url];
        secrets.extend(url.split(['/', '?', '&', '=']).filter(|part| part.len() >= SHORTEST));
        secrets
    }
}

/// An adaptive card, to be filled in.
const CARD: &str = include_str!("teams.json");

/// Its text is in text runs, which know no Markdown: what somebody wrote can become no link and no mention.
fn teams(words: &Words) -> Value {
    let mut message = serde_json::from_str(CARD).unwrap_or(Value::Null);
    let mut blocks = vec![paragraph(words.headline.clone())];
    for line in fitting(words.facts(), LONGEST.saturating_sub(words.headline.chars().count())) {
        blocks.push(paragraph(line));
    }
    let mut fill = |place: &str, value: Value| {
        if let Some(empty) = message.pointer_mut(place) {
            *empty = value;
        }
    };
    fill("/attachments/0/content/body", blocks.into());
    if words.link.starts_with("https://") {
        fill("/attachments/0/content/actions/0/url", words.link.as_str().into());
    } else {
        fill("/attachments/0/content/actions", Value::Array(Vec::new()));
    }
    message
}

fn paragraph(text: String) -> Value {
    let runs = Value::Array(vec![text.into()]);
    json!({"type": "RichTextBlock", "inlines": runs})
}

/// Everything the list shows of the incident, with what happened, what was found, and the same in words.
fn plain(words: &Words, notice: &Notice) -> Value {
    let mut fields = match serde_json::to_value(&notice.news) {
        Ok(Value::Object(fields)) => fields,
        _ => Map::new(),
    };
    fields.insert("event".to_owned(), format!("session.{}", notice.about.name()).into());
    if let Some(finding) = notice.finding.as_ref().and_then(|finding| serde_json::to_value(finding).ok()) {
        fields.insert("finding".to_owned(), finding);
    }
    fields.insert("message".to_owned(), words.plain().into());
    Value::Object(fields)
}

#[cfg(test)]
mod tests {
    use super::super::words::tests::notice;
    use super::*;
    use incident::notice::About;
    #[cfg(target_arch = "wasm32")]
    use wasm_bindgen_test::wasm_bindgen_test as test;

    fn body(url: &str) -> Value {
        Webhook { url: Secret::new(url) }.message(&notice(About::Ended)).body.unwrap()
    }

    #[test]
    fn the_host_decides_the_form() {
        for (url, form) in [
            ("https://hooks.slack.com/services/T0/B0/x", Form::Slack),
            ("https://HOOKS.slack.com/services/T0/B0/x", Form::Slack),
            (
                "https://prod-1.westeurope.logic.azure.com:443/workflows/1/triggers/manual/paths/invoke?sig=x",
                Form::Teams,
            ),
            ("https://d.4.environment.api.powerplatform.com:443/powerautomate/automations/direct/x", Form::Teams),
            ("https://acme.webhook.office.com/webhookb2/x", Form::Teams),
            ("https://hooks.slack.com.evil.example/services/x", Form::Json),
            ("https://evil.example/hooks.slack.com", Form::Json),
            ("https://logic.azure.com.evil.example", Form::Json),
            ("http://127.0.0.1:8080/hook", Form::Json),
        ] {
            assert_eq!(Form::of(url), form, "{url}");
        }
    }

    #[test]
    fn teams_gets_a_card_without_markdown() {
        let body = body("https://prod-1.westeurope.logic.azure.com/workflows/1?sig=x");
        let card = &body["attachments"][0]["content"];
        assert_eq!((&body["type"], &card["type"]), (&Value::from("message"), &Value::from("AdaptiveCard")));
        for block in card["body"].as_array().unwrap() {
            assert_eq!(block["type"], "RichTextBlock");
        }
        assert_eq!(card["body"][1]["inlines"][0], "Incident: <!channel> & *all* [x](http://evil.example)");
        assert_eq!(card["actions"][0]["url"], "https://app.devin.ai/sessions/1");
    }

    #[test]
    fn anything_else_gets_all_fields() {
        let body = body("https://example.com/hook");
        assert_eq!((&body["event"], &body["incident"]), (&"session.ended".into(), &"pagerduty-Q1".into()));
        assert_eq!((&body["acus"], &body["pullRequests"][1]["url"]), (&2.5.into(), &"https://x/8".into()));
        assert!(body["message"].as_str().unwrap().contains("\nService: orders\n"));
    }

    #[test]
    fn the_address_and_its_secret_parts_are_known() {
        let webhook = Webhook { url: Secret::new("https://hooks.slack.com/services/T0/B0/abcdefghijklmnopqrstuvwx") };
        assert_eq!(webhook.secrets(), [webhook.url.expose(), "abcdefghijklmnopqrstuvwx"]);
    }
}
