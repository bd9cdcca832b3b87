//! `/metrics`: the counts and how things stand, as Prometheus reads them:
//! <https://prometheus.io/docs/instrumenting/exposition_formats/#text-based-format>. No label holds a text from
//! outside, so none needs escaping.

use engine::counts::{BOUNDS, Cause, Counts, Delivered, OVER, Refused};
use engine::register::calls::Stats;
use incident::reason::Reason;
use incident::sender::Sender;
use strum::VariantNames;

/// What the text is.
pub const CONTENT_TYPE: &str = "text/plain; version=0.0.4; charset=utf-8";
const PREFIX: &str = "devin_bridge_";

/// What is counted: its family in the counts, its metric, its label with every value, and what it is.
const COUNTERS: [(&str, &str, &str, &[&str], &str); 10] = [
    (
        "received",
        "events_received",
        "sender",
        Sender::VARIANTS,
        "Events in requests that were authenticated and could be read.",
    ),
    ("accepted", "events_accepted", "sender", Sender::VARIANTS, "Events stored for a session or a message to one."),
    ("duplicate", "events_duplicate", "sender", Sender::VARIANTS, "Events that repeat what is known."),
    ("ignored", "events_ignored", "reason", Reason::VARIANTS, "Events that need no action."),
    (
        "unstored",
        "events_unstored",
        "sender",
        Sender::VARIANTS,
        "Events that could not be stored and were answered 503.",
    ),
    (
        "refused",
        "requests_refused",
        "reason",
        Refused::VARIANTS,
        "Requests that endpoints refused, and wrong tokens of operators.",
    ),
    ("started", "sessions_started", "sender", Sender::VARIANTS, "Sessions started at Devin."),
    (
        "failed",
        "incidents_failed",
        "cause",
        Cause::VARIANTS,
        "Incidents the bridge gave up on, until somebody replays them.",
    ),
    ("retried", "retries", "cause", PASSING, "Calls to Devin that have to be looked up or made again."),
    ("message", "messages", "outcome", Delivered::VARIANTS, "Messages to sessions."),
];
/// The causes after which a call is made again.
const PASSING: &[&str] = &["busy", "unknown"];

/// How things stand: the metrics, and what they are.
const GAUGES: [(&str, &str); 9] = [
    ("queue_length", "Incidents that wait because of SESSIONS_PER_MINUTE."),
    (
        "oldest_waiting_seconds",
        "How long the oldest incident, but for those that are held, has waited for its session.",
    ),
    ("sessions_last_minute", "Sessions admitted in the last minute."),
    ("sessions_per_minute_limit", "SESSIONS_PER_MINUTE."),
    ("sessions_today", "Sessions admitted since midnight UTC."),
    ("sessions_per_day_limit", "SESSIONS_PER_DAY."),
    ("paused", "1 while the bridge is paused, so that no session starts."),
    ("configuration_problems", "Wrong settings; while there are any, the hooks answer 503."),
    ("build_info", "The version that runs."),
];

/// The metrics. `problems`: how many settings are wrong.
pub fn text(stats: &Stats, problems: usize) -> String {
    let mut page = Page(String::new());
    for (family, name, label, values, help) in COUNTERS {
        page.counter(&stats.totals, family, name, label, values, help);
    }
    page.histogram(&stats.totals);
    page.head("incidents", "gauge", "Incidents on the list in this state.");
    for (state, number) in [("waiting", stats.waiting), ("held", stats.held), ("failed", stats.failed)] {
        page.sample("incidents", &format!("{{state=\"{state}\"}}"), number.into());
    }
    page.head("held", "gauge", "Incidents that are held, by the reason.");
    for reason in
        [Reason::Day, Reason::RouteBudget, Reason::Paused, Reason::Credits, Reason::Approval].map(Reason::name)
    {
        let number = stats.held_for.get(reason).copied().unwrap_or_default();
        page.sample("held", &format!("{{reason=\"{reason}\"}}"), number.into());
    }
    let values: [u64; 9] = [
        stats.queue.into(),
        stats.oldest_waiting.unwrap_or(0),
        stats.minute.into(),
        stats.limits.per_minute.into(),
        stats.today.into(),
        stats.limits.per_day.into(),
        stats.pause.is_some().into(),
        u64::try_from(problems).unwrap_or(u64::MAX),
        1,
    ];
    for ((name, help), value) in GAUGES.into_iter().zip(values) {
        let labels = if name == "build_info" { concat!("{version=\"", env!("CARGO_PKG_VERSION"), "\"}") } else { "" };
        page.head(name, "gauge", help);
        page.sample(name, labels, value);
    }
    page.0
}

struct Page(String);

impl Page {
    fn head(&mut self, name: &str, kind: &str, help: &str) {
        self.line(&["# HELP ", PREFIX, name, " ", help]);
        self.line(&["# TYPE ", PREFIX, name, " ", kind]);
    }

    fn sample(&mut self, name: &str, labels: &str, value: u64) {
        self.line(&[PREFIX, name, labels, " ", &value.to_string()]);
    }

    fn line(&mut self, parts: &[&str]) {
        parts.iter().for_each(|part| self.0.push_str(part));
        self.0.push('\n');
    }

    /// A family of counts. Those that were never counted are 0: a rate needs a value before the first.
    fn counter(&mut self, counts: &Counts, family: &str, name: &str, label: &str, values: &[&str], help: &str) {
        let name = format!("{name}_total");
        self.head(&name, "counter", help);
        for value in values {
            self.sample(&name, &format!("{{{label}=\"{value}\"}}"), counts.of(&format!("{family}.{value}")));
        }
    }

    /// The time from an event to its session. Prometheus's buckets hold what is in the smaller ones too.
    fn histogram(&mut self, counts: &Counts) {
        let name = "session_start_seconds";
        self.head(name, "histogram", "From the event that wanted a session to the session.");
        let mut sum = 0_u64;
        let mut bucket = |bound: &str, shown: &str| {
            sum = sum.saturating_add(counts.of(&format!("start.{bound}")));
            self.sample(name, &format!("_bucket{{le=\"{shown}\"}}"), sum);
        };
        for bound in BOUNDS {
            let bound = bound.to_string();
            bucket(&bound, &bound);
        }
        bucket(OVER, "+Inf");
        // Not as a float: to write one costs more WASM than all of this.
        let milliseconds = counts.of("start.ms");
        let seconds = format!("_sum {}.{:03}", milliseconds / 1_000, milliseconds % 1_000);
        self.line(&[PREFIX, name, &seconds]);
        self.sample(name, "_count", sum);
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;
    use crate::store::metrics_buffer;
    use engine::counts::Count;
    #[cfg(target_arch = "wasm32")]
    use wasm_bindgen_test::wasm_bindgen_test as test;

    fn lines(stats: &Stats) -> HashSet<String> {
        text(stats, 0).lines().map(str::to_owned).collect()
    }

    #[test]
    fn everything_that_can_be_counted_is_shown() {
        metrics_buffer::take();
        let mut all = vec![Count::Refused(Refused::BadBody)];
        for sender in Sender::all() {
            let of_sender = [Count::Received, Count::Accepted, Count::Duplicate, Count::Unstored, Count::Started];
            all.extend(of_sender.map(|count| count(sender)));
        }
        all.extend(Reason::VARIANTS.iter().filter_map(|name| name.parse::<Reason>().ok()).map(Count::Ignored));
        all.extend(Refused::VARIANTS.iter().filter_map(|name| name.parse::<Refused>().ok()).map(Count::Refused));
        all.extend(Cause::VARIANTS.iter().filter_map(|name| name.parse::<Cause>().ok()).map(Count::Failed));
        all.extend([Cause::Busy, Cause::Unknown].map(Count::Retried));
        all.extend([Delivered::Sent, Delivered::Failed].map(Count::Message));
        all.iter().for_each(|count| metrics_buffer::count(*count));
        let totals = metrics_buffer::take().counts;
        let shown = lines(&Stats { totals, ..Stats::default() });
        let counted = |line: &&String| line.contains("_total{") && !line.ends_with(" 0");
        // One of them was counted twice.
        assert_eq!(shown.iter().filter(counted).count(), all.len() - 1);
        assert!(shown.contains("devin_bridge_requests_refused_total{reason=\"bad_body\"} 2"), "{shown:#?}");
    }

    #[test]
    fn a_histogram_adds_up() {
        let totals =
            serde_json::from_str::<Counts>(r#"{"start.1":2,"start.5":1,"start.inf":1,"start.ms":90004002}"#).unwrap();
        let shown = lines(&Stats { totals, ..Stats::default() });
        for line in
            ["bucket{le=\"1\"} 2", "bucket{le=\"2\"} 2", "bucket{le=\"5\"} 3", "bucket{le=\"+Inf\"} 4", "count 4"]
        {
            assert!(shown.contains(&format!("devin_bridge_session_start_seconds_{line}")), "{line}");
        }
        assert!(shown.contains("devin_bridge_session_start_seconds_sum 90004.002"), "{shown:#?}");
    }

    #[test]
    fn how_things_stand_is_shown() {
        let stats = Stats { held: 3, queue: 4, oldest_waiting: Some(62), today: 5, ..Stats::default() };
        let shown = lines(&stats);
        for line in ["incidents{state=\"held\"} 3", "queue_length 4", "oldest_waiting_seconds 62", "sessions_today 5"] {
            assert!(shown.contains(&format!("devin_bridge_{line}")), "{line}");
        }
    }
}
