//! What identifies an alert whose sender gave it no id: its name, and everything in it that names a place (a host, a
//! queue, a namespace). Numbers, dates and texts that change from one report to the next do not.

use serde_json::Value;

use super::bounds;
use super::json::any_text;
use super::names::{normal, words};
use incident::key::Key;
use incident::sender::Sender;

/// What names a place, in order.
const PLACES: &[&str] = &[
    "account",
    "address",
    "app",
    "application",
    "az",
    "bucket",
    "cell",
    "channel",
    "cluster",
    "component",
    "computer",
    "consumergroup",
    "container",
    "cronjob",
    "daemonset",
    "database",
    "datacenter",
    "datacentre",
    "db",
    "dc",
    "deployment",
    "device",
    "disk",
    "domain",
    "drive",
    "endpoint",
    "entity",
    "env",
    "environment",
    "exchange",
    "filesystem",
    "fqdn",
    "function",
    "gateway",
    "group",
    "host",
    "hostname",
    "instance",
    "interface",
    "ip",
    "job",
    "keyspace",
    "lambda",
    "loadbalancer",
    "location",
    "machine",
    "module",
    "mount",
    "mountpoint",
    "namespace",
    "node",
    "partition",
    "pipeline",
    "pod",
    "pool",
    "port",
    "process",
    "project",
    "queue",
    "rack",
    "region",
    "replica",
    "replicaset",
    "resource",
    "role",
    "schema",
    "server",
    "service",
    "shard",
    "site",
    "slot",
    "stack",
    "stage",
    "statefulset",
    "stream",
    "subnet",
    "subscription",
    "subsystem",
    "system",
    "table",
    "target",
    "task",
    "tenant",
    "topic",
    "unit",
    "vhost",
    "vm",
    "volume",
    "vpc",
    "workload",
    "workspace",
    "zone",
];

/// What may follow a place in a name: `hostName`, `instance_id`.
const OF_A_PLACE: &[&str] = &["id", "identifier", "name", "arn", "ip", "address", "names"];

/// What tells about an alert, but not which one it is, in order.
const VOLATILE: &[&str] = &[
    "action",
    "age",
    "alertid",
    "annotation",
    "at",
    "build",
    "code",
    "commit",
    "context",
    "count",
    "created",
    "current",
    "date",
    "description",
    "details",
    "documents",
    "duration",
    "email",
    "ended",
    "error",
    "event",
    "exception",
    "fired",
    "hash",
    "hit",
    "hits",
    "id",
    "image",
    "last",
    "level",
    "link",
    "log",
    "logs",
    "message",
    "msg",
    "note",
    "notes",
    "percent",
    "priority",
    "reason",
    "release",
    "request",
    "revision",
    "sample",
    "seen",
    "session",
    "severity",
    "sha",
    "since",
    "span",
    "start",
    "started",
    "state",
    "status",
    "summary",
    "text",
    "threshold",
    "time",
    "timestamp",
    "title",
    "trace",
    "updated",
    "urgency",
    "uri",
    "url",
    "user",
    "uuid",
    "value",
    "values",
    "version",
];

/// No more parts of this kind count each for itself.
const MOST: usize = 100;
/// As much of a name's end is looked at, in bytes, …
const NAME: usize = 64;
/// … and of each end of a text.
const END: usize = 8 * 1024;

/// The parts of an identity, each with its name, in an order of their own.
#[derive(Debug, Default)]
pub(super) struct Identity(Vec<(String, String)>);

impl Identity {
    /// Nothing yet but what is named outright, blank or not.
    pub(super) fn of(parts: &[(&str, &str)]) -> Identity {
        Identity(parts.iter().map(|(name, text)| ((*name).to_owned(), (*text).to_owned())).collect())
    }

    /// Adds the places among labels and what else of them stays the same. Of very many, the others count as they are.
    pub(super) fn labels(mut self, labels: &[(String, String)]) -> Identity {
        let mut parts = Vec::new();
        let (labels, others) = labels.split_at_checked(MOST).unwrap_or((labels, &[]));
        if !others.is_empty() {
            self.0.push(("others".to_owned(), bounds::mark_of(others)));
        }
        for (name, text) in labels {
            let words = last_words(name);
            if are_of_a_place(&words) {
                parts.push((name.clone(), text.clone()));
            } else if !is_volatile(name, &words)
                && let Some(text) = lasting(text)
            {
                parts.push((name.clone(), text));
            }
        }
        self.add_all(parts);
        self
    }

    /// Adds the places among the fields of a body, at any depth.
    pub(super) fn places(mut self, body: &Value) -> Identity {
        let mut parts = Vec::new();
        leaves("", body, &mut |path, value| {
            if let Some(text) = any_text(value).filter(|_| is_place(path)) {
                parts.push((path.to_owned(), text));
            }
        });
        self.add_all(parts);
        self
    }

    /// Adds everything in a body but numbers and dates: the last resort.
    pub(super) fn everything(mut self, body: &Value) -> Identity {
        let mut parts = Vec::new();
        leaves("", body, &mut |path, value| {
            let text = any_text(value).filter(|_| !value.is_number() && !value.is_boolean());
            let text = if is_place(path) { text } else { text.and_then(|text| steady(&text)) };
            parts.extend(text.map(|text| (path.to_owned(), text)));
        });
        self.add(parts);
        self
    }

    /// The same as [`Identity::add`], and the rest counts together.
    fn add_all(&mut self, parts: Vec<(String, String)>) {
        let rest = self.add(parts);
        if !rest.is_empty() {
            self.0.push(("others".to_owned(), bounds::mark_of(&rest)));
        }
    }

    /// Adds the first of these parts, and gives the rest back. Sorted, because a sender may name its fields in any order, and
    /// each but once.
    fn add(&mut self, parts: Vec<(String, String)>) -> Vec<(String, String)> {
        let mut parts: Vec<_> =
            parts.into_iter().map(|(name, text)| (normal(&name), name, text.trim().to_owned())).collect();
        parts.retain(|(_, _, text)| !text.is_empty());
        parts.sort();
        parts.dedup_by(|a, b| a.0 == b.0 && a.2 == b.2);
        let most = self.0.len().saturating_add(MOST);
        let mut rest = Vec::new();
        for (plain, name, text) in parts {
            if self.0.len() >= most {
                rest.push((plain, text));
            } else if !self.0.iter().any(|(n, t)| *t == text && normal(n) == plain) {
                self.0.push((name, text));
            }
        }
        rest
    }

    /// The key of it, and what it was made of for a person; `None` where every part is blank. The first `outright` parts
    /// are those that were named outright; `form` is a number that tells apart what a sender's identities are made of.
    pub(super) fn key(&self, sender: Sender, outright: usize, form: usize) -> Option<(Key, String)> {
        let mut parts = Vec::new();
        for (n, (name, text)) in self.0.iter().enumerate() {
            parts.push(if n < outright { text.clone() } else { format!("{}={text}", normal(name)) });
        }
        parts.extend(std::iter::repeat_n(String::new(), form));
        let parts: Vec<&str> = parts.iter().map(String::as_str).collect();
        Some((Key::new(sender, &parts)?, self.shown()))
    }

    /// `alertName=disk-full, host=web-1`.
    fn shown(&self) -> String {
        let mut shown = Vec::new();
        for (name, text) in self.0.iter().filter(|(_, text)| !text.is_empty()) {
            shown.push(format!("{}={}", bounds::head(name, 60), bounds::head(text, 60)));
        }
        if shown.len() > 12 {
            let more = shown.len().saturating_sub(11);
            shown.truncate(11);
            shown.push(format!("{more} more"));
        }
        shown.join(", ")
    }
}

/// Calls `each` for everything in a body that is no object, with the path to it.
pub(super) fn leaves(path: &str, value: &Value, each: &mut dyn FnMut(&str, &Value)) {
    let Some(fields) = value.as_object() else { return each(path, value) };
    for (key, value) in fields {
        let path = if path.is_empty() { key.clone() } else { format!("{path}.{key}") };
        leaves(&path, value, each);
    }
}

/// Whether a name is one of a place: by its last word, or the one before where that is `name` or `id`.
pub(super) fn is_place(name: &str) -> bool {
    are_of_a_place(&last_words(name))
}

/// The same by the words at the end of a name.
fn are_of_a_place(words: &[String]) -> bool {
    // One or several: `hosts`.
    let known = |word: &str| is_known(word) || word.strip_suffix('s').is_some_and(is_known);
    let qualified = |word: &str| OF_A_PLACE.contains(&word);
    match words {
        [.., before, last] => known(last) || (qualified(last) && known(before)) || joined(before, last),
        [only] => known(only) || OF_A_PLACE.iter().any(|end| only.strip_suffix(end).is_some_and(known)),
        [] => false,
    }
}

/// `consumer_group`, `host_name` and the like, written as one word.
fn joined(before: &str, last: &str) -> bool {
    is_known(&format!("{before}{last}"))
}

fn is_known(word: &str) -> bool {
    PLACES.binary_search(&word).is_ok()
}

fn is_volatile(name: &str, words: &[String]) -> bool {
    words.last().is_some_and(|word| VOLATILE.binary_search(&word.as_str()).is_ok()) || normal(name) == "alertname"
}

/// The words at the end of a name; no word that is known is as long.
fn last_words(name: &str) -> Vec<String> {
    words(name.get(name.ceil_char_boundary(name.len().saturating_sub(NAME))..).unwrap_or(name))
}

/// A label's value as far as it lasts: a name stays as it is (`acme-1`), unless it is a number, a date or a random id;
/// anything else loses those.
fn lasting(text: &str) -> Option<String> {
    let text = text.trim();
    let steady = steady(text)?;
    let is_name =
        text.starts_with(char::is_alphabetic) && text.chars().all(|c| c.is_alphanumeric() || "-_./".contains(c));
    Some(if is_name { text.to_owned() } else { steady })
}

/// A text without what changes: numbers with their units, dates, random ids. `None` where nothing else is left. Of a very
/// long text only both ends count.
pub(super) fn steady(text: &str) -> Option<String> {
    let (first, last) = if text.len() > 2 * END {
        let (head, tail) = (text.floor_char_boundary(END), text.ceil_char_boundary(text.len() - END));
        (text.get(..head).unwrap_or_default(), text.get(tail..).unwrap_or_default())
    } else {
        (text, "")
    };
    let mut kept: Vec<String> = Vec::new();
    let separates = |c: char| c.is_whitespace() || "\"'()[]{}|;:=,".contains(c);
    for word in first.split(separates).chain(last.split(separates)) {
        let word = without_numbers(word);
        if word.chars().any(char::is_alphabetic) && !is_date_word(&word) {
            kept.push(word);
        }
    }
    (!kept.is_empty()).then(|| kept.join(" "))
}

/// A word without numbers: `950ms` and `-1.5e3` are gone, `web-17:80` is `web-`. A random id is gone as a whole.
fn without_numbers(word: &str) -> String {
    let word = word.trim_matches(|c: char| !c.is_alphanumeric());
    let hex = word.chars().filter(|c| *c != '-' && *c != '_').count() >= 8
        && word.chars().all(|c| c.is_ascii_hexdigit() || matches!(c, '-' | '_' | ':' | '.' | ','))
        && word.chars().any(|c| c.is_ascii_digit());
    if hex {
        return String::new();
    }
    let mut kept = String::new();
    let mut in_number = false;
    for character in word.chars() {
        if character.is_ascii_digit() || character.is_numeric() {
            in_number = true;
        } else if !in_number {
            // What follows a number belongs to it until the word ends: its unit, its exponent, the rest of a date.
            kept.push(character);
        }
    }
    kept.trim_end_matches(|c: char| !c.is_alphanumeric()).to_owned()
}

/// The names of days and months, and what stands beside a time or a number.
fn is_date_word(word: &str) -> bool {
    const SHORT: [&str; 19] = [
        "mon", "tue", "wed", "thu", "fri", "sat", "sun", "jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep",
        "oct", "nov", "dec",
    ];
    const LONG: [&str; 19] = [
        "monday",
        "tuesday",
        "wednesday",
        "thursday",
        "friday",
        "saturday",
        "sunday",
        "january",
        "february",
        "march",
        "april",
        "may",
        "june",
        "july",
        "august",
        "september",
        "october",
        "november",
        "december",
    ];
    const BESIDE: [&str; 17] = [
        "am", "pm", "utc", "gmt", "cet", "cest", "est", "edt", "pst", "pdt", "bst", "nan", "ms", "kb", "mb", "gb", "tb",
    ];
    // Most words are longer, or none of these.
    if word.len() > 16 {
        return false;
    }
    let word = word.to_lowercase();
    let word = word.trim_matches(|c: char| !c.is_alphanumeric());
    SHORT.contains(&word) || LONG.contains(&word) || BESIDE.contains(&word)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::json;

    use super::*;

    fn key(identity: &Identity) -> Option<String> {
        identity.key(Sender::Alert, 0, 0).map(|(key, _)| key.to_string())
    }

    #[test]
    fn words_are_looked_for_in_order() {
        assert!(PLACES.is_sorted() && VOLATILE.is_sorted());
        assert!(PLACES.iter().chain(VOLATILE).all(|word| word.len() < NAME / 2));
        assert!(is_place(&format!("{}.host_name", "x".repeat(500))) && !is_place(&format!("host.{}", "x".repeat(500))));
    }

    #[test]
    fn places_have_names() {
        for name in [
            "host",
            "hostname",
            "Host-Name",
            "source_host",
            "dbInstance",
            "instance_id",
            "k8s.pod.name",
            "affectedHost",
            "kafka_topic",
            "consumerGroup",
            "consumer_group",
            "nodename",
            "ServiceName",
            "resource.labels.cluster_name",
            "QueueName",
            "server",
            "DBInstanceIdentifier.instance",
            "namespace",
            "mountpoint",
            "DBInstanceIdentifier",
            "LoadBalancer",
            "hosts",
            "availability_zone",
            "client_ip",
        ] {
            assert!(is_place(name), "{name}");
        }
        for name in
            ["host_count", "message", "value", "serviceLevel", "id", "name", "title", "pod_restarts", "", "hosted"]
        {
            assert!(!is_place(name), "{name}");
        }
    }

    #[test]
    fn what_changes_is_left_out() {
        for (text, rest) in [
            ("count is 1", Some("count is")),
            ("95% of 12.5GB used", Some("of used")),
            ("at 2026-05-04T10:01:00.123Z", Some("at")),
            ("Mon, 04 May 2026 10:01 UTC: too slow", Some("too slow")),
            ("took 950ms (limit -1.5e3 s)", Some("took limit s")),
            ("trace 4bf92f3577b34da6a3ce929d0e0e4736 lost", Some("trace lost")),
            ("11111111-2222-4333-8444-555555555555", None),
            ("1,234.5", None),
            ("", None),
            ("queue orders-7 grows", Some("queue orders grows")),
        ] {
            assert_eq!(steady(text).as_deref(), rest, "{text}");
        }
    }

    #[test]
    fn labels_count_as_far_as_they_last() {
        let of = |labels: &[(&str, &str)]| {
            let labels: Vec<_> = labels.iter().map(|(name, text)| ((*name).to_owned(), (*text).to_owned())).collect();
            key(&Identity::of(&[("n", "x")]).labels(&labels))
        };
        assert_ne!(of(&[("topic", "a")]), of(&[("topic", "b")]));
        assert_ne!(of(&[("partition", "1")]), of(&[("partition", "2")]));
        assert_ne!(of(&[("customer", "acme-1")]), of(&[("customer", "acme-2")]));
        assert_eq!(of(&[("a", "x"), ("b", "y")]), of(&[("b", "y"), ("a", "x"), ("A", "x")]));
        for (name, one, other) in [
            ("usage", "93%", "94%"),
            ("severity", "warning", "critical"),
            ("commit", "abc", "def"),
            ("when", "2026-05-04", "2026-05-05"),
            ("trace_id", "a", "b"),
            ("remark", "took 3 s", "took 4 s"),
        ] {
            assert_eq!(of(&[(name, one)]), of(&[(name, other)]), "{name}");
        }
    }

    #[test]
    fn it_is_shown_to_people() {
        let identity = Identity::of(&[("source", ""), ("alertName", "disk-full")])
            .places(&json!({"host": {"name": "web-1"}, "n": 1}));
        let (_, shown) = identity.key(Sender::Alert, 2, 0).unwrap();
        assert_eq!(shown, "alertName=disk-full, host.name=web-1");
        let many: Vec<_> = (0..30).map(|n| (format!("l{n}"), "x".to_owned())).collect();
        assert!(Identity::default().labels(&many).shown().ends_with(", 19 more"));
    }

    proptest! {
        #[test]
        fn what_differs_in_a_place_never_shares_a_key(
            name in proptest::sample::select(PLACES), prefix in "(src_|a\\.|)", suffix in "(_name|Id|)",
            one in "[a-z0-9]{1,6}", other in "[a-z0-9]{1,6}",
        ) {
            let name = format!("{prefix}{name}{suffix}");
            let body = |place: &str| json!({"message": "m", name.clone(): place});
            let of = |place: &str| key(&Identity::of(&[("n", "x")]).places(&body(place))).unwrap();
            prop_assert_eq!(of(&one) == of(&other), one == other, "{}", &name);
            let of = |place: &str| key(&Identity::default().everything(&body(place))).unwrap();
            prop_assert_eq!(of(&one) == of(&other), one == other, "{}", &name);
            let of = |place: &str| key(&Identity::default().labels(&[(name.clone(), place.to_owned())])).unwrap();
            prop_assert_eq!(of(&one) == of(&other), one == other, "{}", &name);
        }

        #[test]
        fn what_differs_in_numbers_and_dates_does(
            a in number_or_date(), b in number_or_date(),
            (before, after) in proptest::sample::select(vec![
                ("", ""), ("count is ", ""), ("at ", ", too slow"), ("used: ", " of the disk"), ("(", ")"), ("v=", ""), ("~", ""), ("", "%"),
                ("", " ms"), ("-", ""), ("x ", " y ", ),
            ]),
            field in proptest::sample::select(vec!["message", "firedTime", "value", "x"]),
        ) {
            let body = |text: &str| json!({"rule": "Errors", field: format!("{before}{text}{after}")});
            prop_assert_eq!(key(&Identity::default().everything(&body(&a))), key(&Identity::default().everything(&body(&b))));
            let labels = |text: &str| vec![(field.to_owned(), format!("{before}{text}{after}"))];
            prop_assert_eq!(key(&Identity::of(&[("n", "x")]).labels(&labels(&a))), key(&Identity::of(&[("n", "x")]).labels(&labels(&b))));
        }

        #[test]
        fn any_body_is_survived(body in super::super::testing::any_json()) {
            if let Some((key, shown)) = Identity::default().everything(&body).key(Sender::Kibana, 0, 1) {
                prop_assert!(!shown.is_empty() && Key::parse(key.as_str()).is_some());
            }
        }
    }

    fn number_or_date() -> impl Strategy<Value = String> {
        prop_oneof![
            any::<i32>().prop_map(|n| n.to_string()),
            (0.0f64..1e9).prop_map(|n| format!("{n:.2}")),
            (0u32..2_000_000_000).prop_map(|s| incident::time::Time(i64::from(s) * 1_000).rfc3339()),
            "(19|20)[0-9]{2}-[01][0-9]-[0-3][0-9] [0-2][0-9]:[0-5][0-9](:[0-5][0-9])?( UTC)?",
            "[0-3][0-9] (Jan|May|December) 20[0-9]{2}",
            "[1-9][0-9]{0,3}(ms|s|m|h|d|%|GB|k)",
            "[0-9]{1,2}:[0-9]{2} (AM|PM)",
            "[0-9a-f]{8}-[0-9a-f]{4}-[1-5][0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}",
        ]
    }
}
