//! An incident made safe to keep: redacted, cleaned, and bounded in size, before it is routed or stored.

use super::event::{Incident, IncidentEvent};
use super::finding::is_page;
use text::cut::{self, level};
use text::redact::Effort;
use text::{self, clean, redact};

/// The longest texts that are kept, in characters. A prompt gets less; these bound what an incident stores.
const LINE: usize = 500;
const LINK: usize = 4_000;
const BLOCK: usize = 8_000;
const LOGS: usize = 20_000;
const VALUE: usize = 2_000;
/// So many times the longest line is looked at, and the longest text of several.
const MARGIN: usize = 4;
const MARGIN_OF_BLOCKS: usize = 2;
/// How many characters of the texts of a list, or of the names of pairs, are looked at together, and of the values of
/// pairs. The search for secrets costs more than all else that is done with a body, and a prompt shows less than a third.
const LISTED: usize = 8_000;
const PAIRED: usize = 48_000;
/// How many characters are looked at of all texts of the events that came in one body, …
const TOGETHER: usize = 100_000;
/// … and with how much effort, which ordinary texts hardly take a fifth of: 10 ms of CPU is all that a request may have on
/// Cloudflare's free plan.
const EFFORT: usize = 4_000;
/// The title of what has none to show.
const UNTITLED: &str = "Untitled";
/// The most entries of a list.
const ENTRIES: usize = 100;

impl IncidentEvent {
    /// The event with every text redacted, cleaned and cut. `emails`: whether addresses are redacted too.
    pub fn sanitize(self, emails: bool) -> IncidentEvent {
        self.safe_among(1, emails)
    }

    /// The same of one of so many events that came in one body. The search for secrets costs more than all else that is
    /// done with a body, so that they share what is looked at.
    pub fn safe_among(mut self, events: usize, emails: bool) -> IncidentEvent {
        let most = self.incident.looked(TOGETHER / events.max(1));
        let look = Look { emails, most, effort: &Effort::of(EFFORT / events.max(1)) };
        self.event_type = short(self.event_type, look, LINE);
        // Made safe, two ids could become one; without an id the incident's state tells whether an event is news.
        self.id = self.id.filter(|id| short(id.clone(), look, LINE) == *id);
        self.occurred_at = self.occurred_at.map(|text| short(text, look, LINE));
        self.change = self.change.map(|text| head(text, look, VALUE));
        self.incident = self.incident.sanitize(look);
        self
    }
}

impl Incident {
    /// How many characters of any of its texts are looked at, so that all that can be long have no more than `total`.
    fn looked(&self, total: usize) -> usize {
        let pairs = self.labels.iter().chain(&self.context).flat_map(|(name, value)| [name, value]);
        let lists = self.teams.iter().chain(&self.assignees);
        let more = [&self.url, &self.runbook, &self.identity, &self.service, &self.resource];
        let long = [&self.description, &self.logs].into_iter().chain(more).flatten();
        let texts = long.chain(pairs).chain(lists).chain([&self.title]);
        level(texts.map(|text| text.chars().count()).collect(), total)
    }

    fn sanitize(self, look: Look<'_>) -> Incident {
        let line = |text: String| short(text, look, LINE);
        let some = |text: Option<String>| text.map(line).filter(|text| !text.is_empty());
        let mut unlinked = Vec::new();
        let (url, runbook) =
            (link("url", self.url, look, &mut unlinked), link("runbook", self.runbook, look, &mut unlinked));
        let list = |texts: Vec<String>| lines(texts, look);
        let pairs = |mut pairs: Vec<(String, String)>| {
            pairs.truncate(ENTRIES);
            let (names, values): (Vec<String>, Vec<String>) = pairs.into_iter().unzip();
            let names = lines(names, look);
            let looked = level(lengths(&values), PAIRED).min(VALUE * MARGIN).min(look.most);
            let safe = |(name, text): (&String, &String)| {
                begun(text, looked, |begun| redact::named(name, &clean::block(begun), look.emails, look.effort))
            };
            let values: Vec<String> = names.iter().zip(&values).map(safe).collect();
            let most = level(lengths(&values), kept(PAIRED)).min(VALUE);
            names.into_iter().zip(values.iter().map(|value| cut::head(value, most))).collect()
        };
        Incident {
            title: some(Some(self.title)).unwrap_or_else(|| UNTITLED.to_owned()),
            identity: self.identity.map(|text| short(text, look, LINK)),
            url,
            number: some(self.number),
            status: some(self.status),
            service: some(self.service),
            teams: list(self.teams),
            assignees: list(self.assignees),
            urgency: some(self.urgency),
            priority: some(self.priority),
            severity: self.severity,
            severity_word: some(self.severity_word),
            informational: self.informational,
            started_at: some(self.started_at),
            resolved_at: some(self.resolved_at),
            reopened_at: some(self.reopened_at),
            description: self.description.map(|text| head(text, look, BLOCK)),
            resource: some(self.resource),
            signal_type: some(self.signal_type),
            source: some(self.source),
            logs: self.logs.map(|text| both_ends(text, look, LOGS)),
            file: some(self.file),
            line: self.line,
            runbook,
            labels: pairs(self.labels),
            context: pairs(unlinked.into_iter().chain(self.context).collect()),
        }
    }
}

/// How texts are looked at.
#[derive(Clone, Copy)]
struct Look<'a> {
    /// Whether e-mail addresses are redacted too.
    emails: bool,
    /// No more characters of any text.
    most: usize,
    /// For all of them.
    effort: &'a Effort,
}

impl Look<'_> {
    fn block(self, text: &str) -> String {
        text::sanitize_within(text, self.emails, self.effort)
    }
}

fn short(text: String, look: Look<'_>, most: usize) -> String {
    clean::line(&one_line(&text, look, most.saturating_mul(MARGIN).min(look.most)), most)
}

/// A link, or what there is to say of it in its place. Half a link leads nowhere: of one that is too long only that there was
/// one is told. The page of the incident is one that people click on.
fn link(name: &str, text: Option<String>, look: Look<'_>, unlinked: &mut Vec<(String, String)>) -> Option<String> {
    let text = text?;
    let length = text.chars().count();
    if length > LINK {
        unlinked.push((name.to_owned(), format!("left out, a link of {length} characters")));
        return None;
    }
    let link = Some(short(text, look, LINK)).filter(|link| !link.is_empty())?;
    if name == "url" && !is_page(&link) {
        unlinked.push((name.to_owned(), link));
        return None;
    }
    Some(link)
}

/// One safe line of the first `looked` characters.
fn one_line(text: &str, look: Look<'_>, looked: usize) -> String {
    // One line first: a secret that stands far from its label would come near it without having been recognised.
    begun(text, looked, |begun| redact::redact_within(&clean::line(begun, usize::MAX), look.emails, look.effort))
}

/// What `sanitize` makes of the first `looked` characters, with a mark where there were more. Where they end inside a word it
/// may be half a secret, so that only the first of them stay.
fn begun(text: &str, looked: usize, safe: impl FnOnce(&str) -> String) -> String {
    let begun = beginning(text, looked);
    let mut made = safe(begun);
    let Some(rest) = text.get(begun.len()..).filter(|rest| !rest.is_empty()) else { return made };
    if !rest.starts_with(char::is_whitespace) {
        made.truncate(cut::first(&made, looked / MARGIN).len());
    }
    made.push('…');
    made
}

/// The lines of a list.
fn lines(mut texts: Vec<String>, look: Look<'_>) -> Vec<String> {
    texts.truncate(ENTRIES);
    let looked = level(lengths(&texts), LISTED).min(LINE * MARGIN).min(look.most);
    let lines: Vec<String> = texts.iter().map(|text| one_line(text, look, looked)).collect();
    let most = level(lengths(&lines), kept(LISTED)).min(LINE);
    lines.iter().map(|line| clean::line(line, most)).collect()
}

/// What is kept of so many characters that are looked at. Less, because notes in place of secrets may be longer than they
/// were, and what is kept has to stay as it is when it is made safe again.
fn kept(looked: usize) -> usize {
    looked / MARGIN * 3
}

/// How many characters each of them has.
fn lengths(texts: &[String]) -> Vec<usize> {
    texts.iter().map(|text| text.chars().count()).collect()
}

fn head(text: String, look: Look<'_>, most: usize) -> String {
    let looked = most.saturating_mul(MARGIN_OF_BLOCKS).min(look.most);
    let begun = beginning(&text, looked);
    let safe = look.block(begun);
    if begun.len() == text.len() {
        return cut::head(&safe, most);
    }
    cut::head(&format!("{safe}…"), most.min(looked / MARGIN_OF_BLOCKS))
}

fn both_ends(text: String, look: Look<'_>, most: usize) -> String {
    let limit = most.saturating_mul(MARGIN_OF_BLOCKS).min(look.most);
    let length = text.chars().count();
    let left_out = length.saturating_sub(limit);
    if left_out == 0 {
        return cut::both_ends(&look.block(&text), most);
    }
    let most = most.min(limit / MARGIN_OF_BLOCKS);
    let first = begun(&text, most, |begun| look.block(begun));
    let end =
        text.char_indices().nth(left_out.saturating_add(most)).and_then(|(at, _)| text.get(at..)).unwrap_or_default();
    // The label of a secret, or half of it, may be in the half of the line that is gone.
    let end = end.split_once('\n').map_or("", |(_, lines)| lines);
    let between = length.saturating_sub(most).saturating_sub(end.chars().count());
    let end = look.block(end);
    cut::both_ends(&format!("{first}\n[… {between} characters left out]\n{end}"), most)
}

/// As much of a text as can matter, at most so many characters, because the search for secrets costs time. It ends with a
/// whole word where it has several: of half a secret nothing would tell what it is.
fn beginning(text: &str, looked: usize) -> &str {
    let end = text.char_indices().nth(looked).map(|(at, _)| at);
    let Some(begun) = end.and_then(|end| text.get(..end)) else { return text };
    begun.rfind(char::is_whitespace).and_then(|end| begun.get(..end)).unwrap_or(begun)
}

// The catalogue has no examples on wasm32.
#[cfg(all(test, not(target_arch = "wasm32")))]
mod tests {
    use super::*;
    use text::redact::{catalogue, redact};

    /// An incident that came alone.
    fn alone(incident: Incident) -> Incident {
        incident.sanitize(Look { emails: true, most: usize::MAX, effort: &Effort::of(usize::MAX) })
    }

    /// An event with the same text wherever a sender can put one.
    fn everywhere(text: &str) -> IncidentEvent {
        let some = || Some(text.to_owned());
        let pairs = || vec![(text.to_owned(), "x".to_owned()), ("note".to_owned(), text.to_owned())];
        let incident = Incident {
            title: text.to_owned(),
            identity: some(),
            url: some(),
            number: some(),
            status: some(),
            service: some(),
            teams: vec![text.to_owned()],
            assignees: vec![text.to_owned()],
            urgency: some(),
            priority: some(),
            severity: None,
            severity_word: some(),
            informational: false,
            started_at: some(),
            resolved_at: some(),
            reopened_at: some(),
            description: some(),
            resource: some(),
            signal_type: some(),
            source: some(),
            logs: some(),
            file: some(),
            line: None,
            runbook: some(),
            labels: pairs(),
            context: pairs(),
        };
        IncidentEvent {
            event_type: text.to_owned(),
            id: some(),
            occurred_at: some(),
            change: some(),
            incident,
            ..Default::default()
        }
    }

    #[test]
    fn no_secret_is_kept_anywhere() {
        for rule in catalogue() {
            let example = rule.example();
            let shown = redact(&example, true);
            let (before, rest) = shown.split_once("[redacted: ").unwrap();
            let (_, after) = rest.split_once(']').unwrap();
            let secret = example.strip_prefix(before).unwrap().strip_suffix(after).unwrap();
            let secret = secret.lines().max_by_key(|line| line.len()).unwrap();
            // Also where zero-width characters would make room, or half a secret stand at the end.
            for text in [example.clone(), format!("{}\n{example}", "\u{200b}".repeat(1_990))] {
                let kept = serde_json::to_string(&everywhere(&text).sanitize(true)).unwrap();
                assert!(!kept.contains(secret), "{}: {kept}", rule.name);
            }
        }
    }

    #[test]
    fn no_half_of_a_secret_is_kept() {
        let key = concat!("AKIA", "IOSFODNN7EXAMPLE");
        // Without what is hidden or redacted there is room for the end, which holds half a key.
        for filler in ["\u{200b}", "password=hunter2hunter2hunter2hunter2hunter2hunter2hunter2\n"] {
            for length in [LINE * MARGIN, BLOCK * MARGIN_OF_BLOCKS] {
                for more in 0..key.len() {
                    let count = (length - more) / filler.chars().count();
                    let rest = length - more - count * filler.chars().count();
                    let text = format!("{}{} {key} and so on", filler.repeat(count), " ".repeat(rest));
                    let kept = everywhere(&text).sanitize(true);
                    let texts = [&kept.incident.title, kept.incident.description.as_ref().unwrap()];
                    assert!(texts.iter().all(|text| !text.contains("AKIA")), "{texts:?}");
                }
            }
        }
        let logs = format!("password={key}{}\nthe last line", "\u{200b}".repeat(LOGS * MARGIN_OF_BLOCKS - 20));
        let kept = everywhere(&logs).sanitize(true).incident.logs.unwrap();
        assert!(!kept.contains("AKIA") && kept.ends_with("\nthe last line"), "{kept}");
    }

    #[test]
    fn a_secret_far_from_its_label_is_one() {
        for gap in ["\n", "\n\n\n", &" ".repeat(500), &"\u{3000}".repeat(900), &" \u{200b}".repeat(900)] {
            let kept = everywhere(&format!("password={gap}hunter22")).sanitize(true);
            assert_eq!(kept.incident.title, "password= [redacted: password]");
            let lines = gap.contains('\n');
            assert!(lines || !serde_json::to_string(&kept).unwrap().contains("hunter22"), "{gap:?}: {kept:?}");
        }
    }

    #[test]
    fn an_id_is_kept_as_it_is_or_not_at_all() {
        assert_eq!(
            everywhere("01DEN1HNLBC1VITK192ETJ0MPJ").sanitize(true).id.as_deref(),
            Some("01DEN1HNLBC1VITK192ETJ0MPJ")
        );
        assert_eq!(everywhere("password=hunter22").sanitize(true).id, None);
    }

    #[test]
    fn a_link_is_whole_or_said_to_be_missing() {
        let of = |length: usize| {
            let url = Some(format!("https://x.example/{}", "a".repeat(length - 18)));
            (url.clone(), alone(Incident { title: "t".into(), url, ..Default::default() }))
        };
        let (url, kept) = of(3_000);
        assert_eq!((kept.url, kept.context.len()), (url, 0));
        for none in ["javascript:alert(1)", "the wiki", "https://x.example/ and so on"] {
            let kept = alone(Incident { title: "t".into(), url: Some(none.to_owned()), ..Default::default() });
            assert_eq!((kept.url, kept.context), (None, vec![("url".to_owned(), none.to_owned())]), "{none}");
        }
        let (_, kept) = of(5_000);
        assert_eq!(
            (kept.url, kept.context),
            (None, vec![("url".to_owned(), "left out, a link of 5000 characters".to_owned())])
        );
    }

    #[test]
    fn texts_are_bounded_and_the_newest_log_lines_stay() {
        let long = "x".repeat(1_000_000);
        let incident = Incident {
            title: "\u{200b}\u{202e}\u{0}".into(),
            description: Some(long.clone()),
            logs: Some(format!("{long}\nthe last line")),
            context: vec![("note".into(), long.clone()), ("password".into(), "hunter22hunter22".into())],
            ..Default::default()
        };
        let safe = alone(incident);
        assert_eq!(safe.title, "Untitled");
        assert!(safe.description.unwrap().chars().count() <= BLOCK);
        let logs = safe.logs.unwrap();
        assert!(logs.chars().count() <= LOGS && logs.ends_with("the last line"));
        assert!(safe.context[0].1.chars().count() <= VALUE);
        assert!(!safe.context[1].1.contains("hunter22"), "{:?}", safe.context[1]);
    }

    #[test]
    fn many_long_texts_give_way_to_each_other_and_to_short_ones() {
        let long = |n: usize| format!("{n} {}", "word ".repeat(2_000));
        let pairs: Vec<_> =
            (0..99).map(|n| (long(n), long(n))).chain([("short".into(), "kept as it is".into())]).collect();
        let incident =
            Incident { title: "t".into(), context: pairs, teams: (0..99).map(long).collect(), ..Default::default() };
        let safe = alone(incident);
        let length = |texts: &[&String]| texts.iter().map(|text| text.chars().count()).sum::<usize>();
        let (names, values): (Vec<&String>, Vec<&String>) =
            safe.context.iter().map(|(name, value)| (name, value)).unzip();
        assert!(length(&names) <= LISTED && length(&values) <= PAIRED, "{} {}", length(&names), length(&values));
        assert!(length(&safe.teams.iter().collect::<Vec<_>>()) <= LISTED);
        assert_eq!(safe.context[99].1, "kept as it is");
        assert!(values[0].starts_with("0 word") && values[0].contains('…') && values[0].chars().count() > 300);
        assert_eq!(alone(safe.clone()), safe);
    }

    #[test]
    fn events_of_one_body_share_what_is_looked_at() {
        let secret = "password=hunter22hunter22";
        let text = format!("first {secret} {}{secret} last", "some words and more ".repeat(500));
        let description = |event: &IncidentEvent| event.incident.description.clone().unwrap();
        let alone = everywhere(&text).sanitize(true);
        let one = everywhere(&text).safe_among(50, true);
        assert!(description(&alone).chars().count() > 5 * description(&one).chars().count());
        let kept = serde_json::to_string(&one).unwrap();
        assert!(description(&one).starts_with("first password=[redacted: password] some"), "{kept}");
        assert!(kept.len() < 3 * TOGETHER / 50 && !kept.contains("hunter22"), "{kept}");
        let lines = everywhere(&text.replace(" more ", "\n")).safe_among(10, true).incident.logs.unwrap();
        assert!(lines.starts_with("first") && lines.ends_with("last"), "{lines}");
        // What is short is not touched.
        assert_eq!(everywhere("short").safe_among(100, true), everywhere("short").sanitize(true));
        for before in 0..600 {
            let text = format!("{},AKIAIOSFODNN7EXAMPLQ,{}", "x".repeat(before), "y".repeat(8_000));
            let kept = serde_json::to_string(&everywhere(&text).safe_among(100, true)).unwrap();
            assert!(!kept.contains("AKIAIOSF"), "{before}: {kept}");
        }
    }

    #[test]
    fn half_a_secret_is_not_left_where_the_look_ends() {
        let secret = "AKIAIOSFODNN7EXAMPLQ";
        for before in 400..520 {
            let text = format!("{},{secret}{}", "x".repeat(before), "y".repeat(8_000));
            let context = vec![("note".to_owned(), text); 100];
            let safe = alone(Incident { title: "t".into(), context, ..Default::default() });
            assert!(!safe.context[0].1.contains("AKIAIOSF"), "{before}: {}", safe.context[0].1);
        }
    }

    #[test]
    fn lengths_are_levelled() {
        let texts = |lengths: &[usize]| lengths.iter().map(|length| "é".repeat(*length)).collect::<Vec<_>>();
        assert_eq!(level(lengths(&texts(&[5, 5])), 10), usize::MAX);
        assert_eq!(level(lengths(&texts(&[6, 5])), 10), 5);
        assert_eq!(level(lengths(&texts(&[100, 1, 100, 1])), 22), 10);
        assert_eq!(level(vec![], 0), usize::MAX);
    }
}
