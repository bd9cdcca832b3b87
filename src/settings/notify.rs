//! Who is notified, as far as it is set.

use serde_json::Value;

use super::{Reader, is_safe_webhook};
use outbound::notify::{Targets, pagerduty, slack, webhook};

impl<G: Fn(&str) -> Option<Value>> Reader<G> {
    pub(super) fn notify(&mut self) -> Targets {
        let base = self.address("PAGERDUTY_API_URL", "https://api.pagerduty.com");
        let from = self.text("PAGERDUTY_FROM");
        let from = from.inspect(|from| {
            if !from.contains('@') || !from.bytes().all(|b| b.is_ascii_graphic()) {
                self.wrong("PAGERDUTY_FROM", from, "the e-mail address of a user at PagerDuty");
            }
        });
        let token = self.key("PAGERDUTY_API_TOKEN");
        if token.is_some() && from.is_none() {
            let expected = "the e-mail address of the user at PagerDuty in whose name notes are written";
            self.missing("PAGERDUTY_FROM", expected);
        }
        let pagerduty = token.zip(from).map(|(token, from)| pagerduty::Access { base, token, from });
        let webhook = self.secret("NOTIFY_WEBHOOK_URL").map(|url| webhook::Webhook { url });
        if webhook.as_ref().is_some_and(|webhook| !is_safe_webhook(webhook.url.expose())) {
            let expected = "the https:// address of an incoming webhook (http:// only for 127.0.0.1 or localhost)";
            self.wrong_secret("NOTIFY_WEBHOOK_URL", expected);
        }
        Targets { pagerduty, webhook, slack: self.slack() }
    }

    /// The bot at Slack, and its channel: one is nothing without the other.
    fn slack(&mut self) -> Option<slack::Access> {
        let base = self.address("SLACK_API_URL", "https://slack.com/api");
        let token = self.key("SLACK_BOT_TOKEN");
        let channel = self.text("SLACK_NOTIFY_CHANNEL");
        if let Some(channel) = &channel
            && !(channel.starts_with(['C', 'G'])
                && channel.bytes().all(|b| b.is_ascii_uppercase() || b.is_ascii_digit()))
        {
            self.wrong(
                "SLACK_NOTIFY_CHANNEL",
                channel,
                "the id of a channel at Slack, C0123456789: see its details there",
            );
        }
        match (&token, &channel) {
            (Some(_), None) => {
                self.missing("SLACK_NOTIFY_CHANNEL", "the id of the channel where the bot posts, C0123456789")
            }
            (None, Some(_)) => {
                self.missing("SLACK_BOT_TOKEN", "the bot's token, xoxb-…: npx wrangler secret put SLACK_BOT_TOKEN");
            }
            _ => {}
        }
        Some(slack::Access { base, token: token?, channel: channel? })
    }
}
