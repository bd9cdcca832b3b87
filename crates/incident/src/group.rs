//! Groups: alerts that a route makes one incident, and what is kept of each of them.

use serde::{Deserialize, Serialize};

use super::event::{Incident, IncidentEvent};
use super::key::Key;
use super::time::Time;
use text::cut;

/// How many alerts of a group are known one by one; what reports come of others is counted.
pub const MOST_MEMBERS: usize = 500;
/// The longest name, place and address of a member, in bytes.
const NAME: usize = 100;
const PLACE: usize = 80;
const LINK: usize = 300;
/// The longest name where the record is too long otherwise.
const SHORT: usize = 24;
/// How many characters the lines about all members have together.
const LINES: usize = 14_000;

/// What is kept of an alert of a group.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Member {
    /// The alert's own key.
    pub key: Key,
    /// What it is called.
    pub name: String,
    /// 0 (critical) to 4 (verbose): the worst that it had.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub severity: Option<u8>,
    /// The priority, where it has no severity.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub priority: Option<String>,
    /// The resource or the service, or both.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub place: Option<String>,
    /// A page about it at its sender.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub url: Option<String>,
    /// When it began to fire last.
    pub began: Time,
    /// When it recovered, while it does not fire.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub over: Option<Time>,
    /// How often it began to fire.
    pub times: u32,
    /// Whether the session has heard how it stands.
    #[serde(skip_serializing_if = "News::is_none")]
    pub news: News,
}

/// Whether there is something of a member that the session has not heard.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum News {
    /// Nothing.
    #[default]
    None,
    /// It is to be said in the next text.
    Unsaid,
    /// It is in the text that is on its way.
    Written,
}

impl News {
    fn is_none(&self) -> bool {
        *self == News::None
    }
}

impl Member {
    /// The alert that an event is about, as one that fires.
    pub fn of(alert: &Key, event: &IncidentEvent, now: Time) -> Member {
        let Incident { title, severity, priority, service, resource, url, .. } = &event.incident;
        let mut places: Vec<&str> = [service, resource].into_iter().flatten().map(String::as_str).collect();
        places.dedup();
        Member {
            key: alert.clone(),
            name: head(title, NAME),
            severity: *severity,
            priority: priority.as_deref().filter(|_| severity.is_none()).map(|priority| head(priority, SHORT)),
            place: Some(places.join(" / ")).filter(|place| !place.is_empty()).map(|place| head(&place, PLACE)),
            url: url.clone().filter(|url| url.len() <= LINK),
            began: happened(&event.incident.started_at, event, now),
            over: None,
            times: 1,
            news: News::Unsaid,
        }
    }

    /// Comes first where it is worse, or as bad and older.
    fn rank(&self) -> (u8, Time) {
        (self.severity.unwrap_or(u8::MAX), self.began)
    }

    /// `Sev 1, fires since 2026-11-26T14:32:00.000Z: HighLatency (checkout / node-7)`.
    fn line(&self, link: bool) -> String {
        let level = match (self.severity, &self.priority) {
            (Some(level), _) => format!("Sev {level}, "),
            (None, Some(priority)) => format!("{priority}, "),
            (None, None) => String::new(),
        };
        let again = if self.times > 1 { format!(", {} times by now", self.times) } else { String::new() };
        let state = match self.over {
            Some(over) => format!("fired at {}{again}, recovered at {}", self.began.rfc3339(), over.rfc3339()),
            None if self.times > 1 => format!("fires again since {}{again}", self.began.rfc3339()),
            None => format!("fires since {}", self.began.rfc3339()),
        };
        let link = self.url.as_ref().filter(|_| link).map(|url| format!(" {url}")).unwrap_or_default();
        format!("{level}{state}: {}{link}", self.named())
    }

    /// As short as it can be said: its name, where, and whether it is over.
    fn brief(&self) -> String {
        let over = if self.over.is_some() { "recovered: " } else { "" };
        format!("{over}{}", self.named())
    }

    fn named(&self) -> String {
        let place = self.place.as_ref().map(|place| format!(" ({place})")).unwrap_or_default();
        format!("{}{place}", self.name)
    }

    /// Cuts what is kept of it to the least that tells it from others.
    fn shorten(&mut self) {
        self.url = None;
        self.name = head(&self.name, SHORT);
        self.place = None;
    }
}

/// Members, the worst and oldest first.
pub fn ordered<'m>(members: impl Iterator<Item = &'m Member>) -> Vec<&'m Member> {
    let mut members: Vec<&Member> = members.collect();
    members.sort_by_key(|member| member.rank());
    members
}

/// Members in a text for the session: the worst and oldest first, a line each, with all there is to say as far as they
/// are few. Of many the last lose their links, and of more than that each is as short as it must be: every one is named.
pub fn lines<'m>(members: impl Iterator<Item = &'m Member>) -> Vec<String> {
    let members = ordered(members);
    let length = |text: &String| text.encode_utf16().count();
    let mut lines: Vec<String> = members.iter().map(|member| member.line(true)).collect();
    let mut total: usize = lines.iter().map(length).sum();
    for (line, member) in lines.iter_mut().zip(&members).rev() {
        if total <= LINES {
            return lines;
        }
        total = total.saturating_sub(length(line));
        *line = member.line(false);
        total = total.saturating_add(length(line));
    }
    if total <= LINES {
        return lines;
    }
    let lines: Vec<String> = members.iter().map(|member| member.brief()).collect();
    // A character counts as two at most.
    let most = cut::level(lines.iter().map(length).collect(), LINES);
    lines.into_iter().map(|line| if length(&line) <= most { line } else { head(&line, most) }).collect()
}

/// Makes the members take less room, if they can: whether they could.
pub fn shrink(members: &mut [Member]) -> bool {
    let mut linked: Vec<&mut Member> = members.iter_mut().filter(|member| member.url.is_some()).collect();
    if !linked.is_empty() {
        linked.sort_by_key(|member| member.rank());
        let kept = linked.len() / 2;
        linked.into_iter().skip(kept).for_each(|member| member.url = None);
        return true;
    }
    let mut any = false;
    for member in members {
        if member.name.len() > SHORT || member.place.is_some() {
            member.shorten();
            any = true;
        }
    }
    any
}

/// The time that a sender says, else that of the event, else now.
pub fn happened(said: &Option<String>, event: &IncidentEvent, now: Time) -> Time {
    let time = |text: &Option<String>| text.as_deref().and_then(Time::from_rfc3339);
    time(said).or(time(&event.occurred_at)).unwrap_or(now)
}

/// The beginning of a text, in at most so many bytes.
fn head(text: &str, most: usize) -> String {
    const MARK: char = '…';
    if text.len() <= most {
        return text.to_owned();
    }
    let mut kept = String::new();
    for character in text.chars() {
        if kept.len().saturating_add(character.len_utf8()).saturating_add(MARK.len_utf8()) > most {
            break;
        }
        kept.push(character);
    }
    kept.push(MARK);
    kept
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sender::Sender;
    #[cfg(target_arch = "wasm32")]
    use wasm_bindgen_test::wasm_bindgen_test as test;

    fn member(n: usize, severity: Option<u8>, name: &str) -> Member {
        Member {
            key: Key::new(Sender::Alert, &[&n.to_string()]).unwrap(),
            name: name.to_owned(),
            severity,
            place: Some("checkout / node-7".to_owned()),
            url: Some(format!("https://alerts.example/{n}?{}", "q".repeat(200))),
            began: Time(i64::try_from(n).unwrap()),
            times: 1,
            ..Member::default()
        }
    }

    #[test]
    fn the_worst_and_oldest_come_first_with_all_there_is_to_say() {
        let mut members =
            [member(3, None, "c"), member(2, Some(1), "b"), member(1, Some(1), "a"), member(9, Some(0), "z")];
        members[1].over = Some(Time(60_000));
        members[2].times = 3;
        let lines = lines(members.iter());
        let shown: Vec<&str> = lines.iter().map(|line| line.split_once(" https://").unwrap().0).collect();
        assert_eq!(
            shown,
            [
                "Sev 0, fires since 1970-01-01T00:00:00.009Z: z (checkout / node-7)",
                "Sev 1, fires again since 1970-01-01T00:00:00.001Z, 3 times by now: a (checkout / node-7)",
                "Sev 1, fired at 1970-01-01T00:00:00.002Z, recovered at 1970-01-01T00:01:00.000Z: b (checkout / node-7)",
                "fires since 1970-01-01T00:00:00.003Z: c (checkout / node-7)",
            ]
        );
    }

    #[test]
    fn of_many_every_one_is_named() {
        for (count, links) in [(40, 40), (80, 1), (MOST_MEMBERS, 0)] {
            let members: Vec<Member> = (0..count).map(|n| member(n, Some(2), &format!("alert-{n:03}"))).collect();
            let lines = lines(members.iter());
            assert_eq!(lines.len(), count);
            assert!(lines.iter().map(String::len).sum::<usize>() <= LINES + 3 * count);
            for (n, line) in lines.iter().enumerate() {
                assert!(line.contains(&format!("alert-{n:03}")), "{line}");
            }
            let linked = lines.iter().filter(|line| line.contains("https://")).count();
            assert!(linked >= links && linked <= count, "{linked}");
        }
        let long: Vec<Member> = (0..MOST_MEMBERS).map(|n| member(n, None, &"\u{1f525}".repeat(25))).collect();
        assert!(lines(long.iter()).iter().map(|line| line.encode_utf16().count()).sum::<usize>() <= LINES);
    }

    #[test]
    fn a_member_is_bounded() {
        let long = || Some("\u{1f525}".repeat(500));
        let incident = Incident {
            title: long().unwrap(),
            service: long(),
            resource: long(),
            priority: long(),
            url: Some(format!("https://{}", "x".repeat(LINK))),
            started_at: Some("2026-11-26T14:32:00Z".into()),
            ..Incident::default()
        };
        let event = IncidentEvent { incident, ..IncidentEvent::default() };
        let member = Member::of(&Key::default(), &event, Time(0));
        assert_eq!((member.url.as_ref(), member.began), (None, Time::from_rfc3339("2026-11-26T14:32:00Z").unwrap()));
        assert!(
            member.name.len() <= NAME
                && member.place.unwrap().len() <= PLACE
                && member.priority.unwrap().len() <= SHORT
        );
    }
}
