//! The list of incidents: a row for each, with its line as JSON.

use serde_json::{Value, json};

use super::Program;
use super::calls::{LARGEST_PAGE, ListQuery, Stats, parse_cursor};
use crate::host::{Binding, RegisterHost, Result, Row};
use ::incident::listing::{IGNORED, Line, STATES};
use ::incident::reason::Reason;
use ::incident::time::Time;

/// So many lines of ignored events are kept, of those whose incidents have no record, the newest; while more come, up to [`SLACK`] more.
const MOST_IGNORED: i64 = 1_000;
/// They are cut down to that after so many new ones, so that not every event has them all counted.
const SLACK: u32 = 100;

impl<H: RegisterHost> Program<H> {
    /// Lists an incident as it stands now. A row whose place in the list stays is updated, and one that says the same already
    /// is left alone: an index entry that is written anew costs as much as a row.
    pub(super) fn list_incident(&self, line: &Line) -> Result<()> {
        let (first_seen, last_seen) = (time(&line.first_seen), time(&line.last_seen));
        let listing = serde_json::to_string(line)?;
        let (incident, state) = (line.incident.as_str(), line.state.as_str());
        let known = self.exec(
            "SELECT first_seen = ?2 AS stays, listing = ?3 AS same FROM incidents WHERE incident = ?1",
            vec![incident.into(), first_seen.into(), listing.as_str().into()],
        )?;
        match known.first() {
            Some(known) if known.integer("same") != 0 => return Ok(()),
            Some(known) if known.integer("stays") != 0 => self.exec(
                "UPDATE incidents SET last_seen = ?2, state = ?3, listing = ?4 WHERE incident = ?1",
                vec![incident.into(), last_seen.into(), state.into(), listing.into()],
            ),
            _ => self.exec(
                "INSERT OR REPLACE INTO incidents VALUES (?, ?, ?, ?, ?, ?)",
                vec![
                    incident.into(),
                    first_seen.into(),
                    last_seen.into(),
                    state.into(),
                    line.sender.name().into(),
                    listing.into(),
                ],
            ),
        }?;
        Ok(())
    }

    /// Lists what a hook has seen, unless its incident has reported itself, which is newer: an ignored event, or an incident
    /// whose session begins a little later.
    pub(super) fn list_unknown(&self, mut line: Line) -> Result<()> {
        let known = self.listed(&line.incident)?;
        let ignored = line.state == IGNORED;
        if let Some(known) = &known {
            if known.state != IGNORED || known.reason.is_some_and(Reason::of_a_record) {
                return Ok(());
            }
            if ignored {
                line.seen = known.seen.saturating_add(1);
                line.first_seen.clone_from(&known.first_seen);
            }
        }
        self.list_incident(&line)?;
        if known.is_none() && ignored {
            self.new_ignored.set(self.new_ignored.get().saturating_add(1));
        }
        if self.new_ignored.get() > SLACK {
            self.new_ignored.set(0);
            let [occurrences, recovered, expired] = Reason::OF_RECORDS.map(|reason| Binding::from(reason.name()));
            self.exec(
                "DELETE FROM incidents WHERE incident IN (SELECT incident FROM incidents WHERE state = ? \
                 AND listing ->> 'reason' NOT IN (?, ?, ?) ORDER BY last_seen DESC LIMIT -1 OFFSET ?)",
                vec![IGNORED.into(), occurrences, recovered, expired, Binding::from(MOST_IGNORED)],
            )?;
        }
        Ok(())
    }

    /// Forgets what was last heard of before then.
    pub(super) fn forget_incidents(&self, before: Time) -> Result<()> {
        for state in STATES {
            let bindings = vec![state.into(), Binding::from(before)];
            self.exec("DELETE FROM incidents WHERE state = ? AND last_seen < ?", bindings)?;
        }
        Ok(())
    }

    pub(super) fn one(&self, name: &str) -> Result<Value> {
        Ok(serde_json::to_value(self.listed(name)?)?)
    }

    fn listed(&self, name: &str) -> Result<Option<Line>> {
        let query = "SELECT incident, first_seen, last_seen, state, sender, listing FROM incidents WHERE incident = ?";
        Ok(self.exec(query, vec![Binding::from(name)])?.iter().find_map(line))
    }

    pub(super) fn page(&self, query: &ListQuery) -> Result<Value> {
        let (before, after) = query.cursor.as_deref().and_then(parse_cursor).unwrap_or((i64::MAX, String::new()));
        let limit = query.limit.clamp(1, LARGEST_PAGE);
        let optional = |text: &Option<String>| Binding::from(text.as_deref());
        // Not LIKE, whose patterns the runtime limits to 50 bytes, and which gives some letters a meaning.
        let cursor = self.exec(
            "SELECT incident, first_seen, last_seen, state, sender, listing, first_seen || '.' || incident AS place FROM incidents \
             WHERE (first_seen < ?1 OR (first_seen = ?1 AND incident < ?2)) \
             AND (?3 IS NULL OR state = ?3 OR (?3 = 'following_up' AND state = 'started' AND listing ->> 'followUps' > 0)) \
             AND (?4 IS NULL OR sender = ?4) \
             AND (?5 IS NULL OR instr(lower(incident || char(10) || (listing ->> 'title') || char(10) || \
             ifnull(listing ->> 'service', '') || char(10) || ifnull(listing ->> 'alerts', '')), lower(?5))) \
             AND (?7 IS NULL OR instr(lower(listing ->> 'service'), lower(?7))) \
             AND (?8 IS NULL OR CAST(listing ->> 'severity' AS TEXT) = ?8 OR lower(listing ->> 'priority') = lower(?8)) \
             AND (?9 IS NULL OR last_seen >= ?9) AND (?10 IS NULL OR first_seen <= ?10) \
             ORDER BY first_seen DESC, incident DESC LIMIT ?6",
            vec![
                Binding::from(before.min((1 << 53) - 1)),
                Binding::from(&after),
                optional(&query.state),
                optional(&query.sender),
                optional(&query.text),
                Binding::from(limit.saturating_add(1)),
                optional(&query.service),
                optional(&query.severity),
                query.since.into(),
                query.until.into(),
            ],
        )?;
        let limit = usize::try_from(limit).unwrap_or(usize::MAX);
        let (mut incidents, mut last, mut more) = (Vec::new(), None, false);
        for row in cursor {
            let (Some(line), Some(place)) = (line(&row), row.text("place")) else { continue };
            more = incidents.len() >= limit;
            if !more {
                incidents.push(line.on_a_page());
                last = Some(place);
            }
        }
        Ok(json!({"incidents": incidents, "cursor": last.filter(|_| more)}))
    }

    /// How many incidents have no session and should have one, and how long the oldest of them has waited. Those that
    /// are done are not counted: they are many, and every row that is looked at costs.
    pub(super) fn count_states(&self, stats: &mut Stats, now: Time) -> Result<()> {
        let cursor = self.exec(
            "SELECT state, ifnull(listing ->> 'reason', 'day') AS reason, count(*) AS number, \
             min(listing ->> 'waitingSince') AS since FROM incidents \
             WHERE state = 'failed' OR state IN ('waiting', 'queued', 'held') AND listing ->> 'waitingSince' IS NOT NULL \
             GROUP BY state, CASE state WHEN 'held' THEN reason ELSE '' END",
            Vec::new(),
        )?;
        for row in cursor {
            let number = u32::try_from(row.integer("number")).unwrap_or_default();
            let since = row.text("since").and_then(|since| Time::from_rfc3339(&since));
            match row.text("state").as_deref() {
                Some("held") => {
                    stats.held = stats.held.saturating_add(number);
                    stats.held_for.insert(row.text("reason").unwrap_or_default(), number);
                }
                Some("failed") => stats.failed = number,
                state => {
                    if state == Some("waiting") {
                        stats.waiting = number;
                    }
                    let seconds = since.map(|since| now.since(since).as_secs());
                    stats.oldest_waiting = stats.oldest_waiting.max(seconds);
                }
            }
        }
        Ok(())
    }
}

/// The line of a row, with every field, whichever release wrote it. Where it can't be read, what the row itself says; `None`
/// where that is nothing either.
fn line(row: &impl Row) -> Option<Line> {
    let incident = row.text("incident")?;
    let known = |state: &str| STATES.contains(&state);
    let written = row.text("listing").and_then(|listing| serde_json::from_str::<Line>(&listing).ok());
    if let Some(line) = written.filter(|line| line.incident == incident && known(&line.state)) {
        return Some(line);
    }
    let at = |column: &str| Some(Time(row.integer(column)).rfc3339()).filter(|at| !at.is_empty());
    Some(Line {
        title: incident.clone(),
        sender: row.text("sender").and_then(|sender| sender.parse().ok()).unwrap_or_default(),
        state: row.text("state").filter(|state| known(state))?,
        first_seen: at("first_seen")?,
        last_seen: at("last_seen")?,
        error: Some(UNREADABLE.to_owned()),
        incident,
        ..Line::default()
    })
}

/// Shown of a row whose line can't be read.
const UNREADABLE: &str = "The list's line about it can't be read: its own page has what is known";

fn time(text: &str) -> Time {
    Time::from_rfc3339(text).unwrap_or_default()
}
