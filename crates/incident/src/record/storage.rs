//! A record as it is stored: bounded, and read only where it is certain what it says.

use std::fmt;

use serde::de::{Error as _, IgnoredAny, MapAccess, Visitor};
use serde::{Deserialize, Deserializer};
use text::cut;

use super::{FORMAT, Record};
use crate::group;

/// A record is stored in at most so many bytes. What a prompt can hold is a fraction of that.
pub const MOST_BYTES: usize = 240 * 1024;

/// A stored record that can't be used. Nothing may be done for its incident then: a guess could start a second session.
#[derive(Debug, thiserror::Error)]
pub enum Unreadable {
    /// A later release wrote it, in this format.
    #[error(
        "its record has format {0}, which a later release wrote (this one reads up to {FORMAT}); deploy that release again"
    )]
    Later(u32),
    /// It is broken, or says something that no release up to this one writes: serde's words.
    #[error("its record can't be read ({0}); deploy the release that wrote it")]
    Broken(String),
}

impl Record {
    /// The record as it is stored. Never more than [`MOST_BYTES`]: where it is, the oldest and the longest goes first.
    pub fn to_text(&mut self) -> String {
        loop {
            let text = serde_json::to_string(self).unwrap_or_default();
            if text.len() <= MOST_BYTES || !self.shrink() {
                return text;
            }
        }
    }

    /// Drops what is worth least; whether there was anything.
    fn shrink(&mut self) -> bool {
        if self.timeline.len() > 5 {
            self.timeline.drain(1..self.timeline.len() / 2);
            return true;
        }
        let farewells = self.outbox.iter().filter(|message| message.prior_session.is_some()).count();
        if farewells > 0 {
            let mut dropped = farewells.div_ceil(2);
            self.outbox.retain(|message| {
                let drops = message.prior_session.is_some() && dropped > 0;
                dropped = dropped.saturating_sub(drops.into());
                !drops
            });
            return true;
        }
        if self.changes.len() > 2 {
            self.forget_oldest_change();
            return true;
        }
        if self.former.iter().any(|former| !former.line.alerts.is_empty()) {
            self.former.iter_mut().for_each(|former| former.line.alerts.clear());
            return true;
        }
        if group::shrink(&mut self.alerts) {
            return true;
        }
        let incident = &mut self.incident;
        for people in [&mut incident.teams, &mut incident.assignees] {
            if people.len() > 3 {
                people.truncate(3);
                return true;
            }
        }
        for pairs in [&mut incident.context, &mut incident.labels] {
            if pairs.len() > 1 {
                pairs.truncate(pairs.len() / 2);
                return true;
            }
        }
        for text in [&mut incident.logs, &mut incident.description] {
            if let Some(long) = text.as_ref().filter(|text| text.len() > 4_000) {
                *text = Some(cut::both_ends(long, long.chars().count() / 2));
                return true;
            }
        }
        self.notices.pop().is_some() || self.shrink_last()
    }

    /// Drops what only a group of hundreds with the longest texts has no room for.
    fn shrink_last(&mut self) -> bool {
        let incident = &mut self.incident;
        let emptied = [incident.context.len(), incident.labels.len(), incident.teams.len(), incident.assignees.len()];
        if emptied.iter().any(|length| *length > 0) {
            (incident.context, incident.labels) = (Vec::new(), Vec::new());
            (incident.teams, incident.assignees) = (Vec::new(), Vec::new());
            return true;
        }
        if self.timeline.len() > 1 {
            self.timeline.truncate(1);
            return true;
        }
        let remembered = self.recent.len().saturating_add(self.deliveries.len());
        self.recent.drain(..self.recent.len() / 2);
        self.deliveries.clear();
        remembered > self.recent.len() || self.forget_oldest_change() > 0
    }

    /// Reads a stored record.
    ///
    /// # Errors
    /// Where it is not certain what it says.
    pub fn from_text(text: &str) -> Result<Record, Unreadable> {
        let broken = |error: serde_json::Error| Unreadable::Broken(error.to_string());
        if !text.starts_with('{') {
            // serde would take a list for a record whose fields have no names.
            return Err(Unreadable::Broken("it is no object".to_owned()));
        }
        let mut probe = Probe::default();
        let probed = serde_json::Deserializer::from_str(text).deserialize_map(&mut probe);
        match probe {
            Probe { format: Some(format), .. } if format > FORMAT => Err(Unreadable::Later(format)),
            Probe { key: true, sender: true, state: true, .. } => serde_json::from_str(text).map_err(broken),
            _ => Err(probed
                .err()
                .map_or_else(|| Unreadable::Broken("it has no key, sender or state".to_owned()), broken)),
        }
    }
}

/// What is looked at first: what else a later format has is not known. Nothing behind the last of these fields is read, which
/// ends in an error that says nothing.
#[derive(Default)]
struct Probe {
    format: Option<u32>,
    key: bool,
    sender: bool,
    state: bool,
}

/// The fields of a [`Probe`].
#[derive(PartialEq, Eq, Deserialize)]
#[serde(field_identifier, rename_all = "lowercase")]
enum Field {
    Format,
    Key,
    Sender,
    State,
    #[serde(other)]
    Other,
}

impl<'de> Visitor<'de> for &mut Probe {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a record")
    }

    fn visit_map<M: MapAccess<'de>>(self, mut fields: M) -> Result<(), M::Error> {
        while let Some(field) = fields.next_key()? {
            match field {
                Field::Format => self.format = Some(fields.next_value()?),
                _ => drop(fields.next_value::<IgnoredAny>()?),
            }
            self.key |= field == Field::Key;
            self.sender |= field == Field::Sender;
            self.state |= field == Field::State;
            if self.format.is_some() && self.key && self.sender && self.state {
                return Err(M::Error::custom("the rest was not read"));
            }
        }
        Ok(())
    }
}
