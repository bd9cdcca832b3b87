//! What this isolate remembers: bodies whose event was taken already, so that a storm of repeats costs neither parsing
//! nor a look into the dedup cache.
//!
//! The same bytes are the same event, and that it was taken stays true. The session beside it may be replaced by a
//! second one, so nothing is remembered for longer than KV's own cache keeps a value. What is not remembered goes the
//! whole way.

use std::cell::RefCell;
use std::time::Duration;

use inbound::auth::Verified;
use incident::session::Session;
use incident::time::{MINUTE, Time};

/// How long a body is remembered: as long as KV caches what it has read
/// (<https://developers.cloudflare.com/kv/concepts/how-kv-works/>).
const REMEMBERED_FOR: Duration = MINUTE;
/// How many bodies are remembered, of at most so many bytes: 4 MiB in all. An isolate may have 128.
const MOST: usize = 256;
const LONGEST: usize = 16 * 1024;

thread_local! {
    static MEMORY: RefCell<Memory> = RefCell::default();
}

/// An event that was taken.
#[derive(Clone, Debug, PartialEq)]
pub struct Repeat {
    /// What happened, in the sender's own word: see [`incident::event::IncidentEvent::event_type`].
    pub event_type: String,
    /// The incident's name.
    pub incident: String,
    /// Its session.
    pub session: Session,
}

/// The event of this body, if it is known to have been taken.
pub fn recall(body: &Verified, now: Time) -> Option<Repeat> {
    MEMORY.with_borrow(|memory| memory.recall(body.body(), now))
}

/// Remembers that the event of this body was taken.
pub fn remember(body: &Verified, repeat: Repeat, now: Time) {
    MEMORY.with_borrow_mut(|memory| memory.remember(body.body(), repeat, now));
}

#[derive(Default)]
struct Memory {
    bodies: Vec<Known>,
    /// The place that is used next, once all are: that of the oldest.
    next: usize,
}

struct Known {
    body: Box<[u8]>,
    repeat: Repeat,
    until: Time,
}

impl Memory {
    fn recall(&self, body: &[u8], now: Time) -> Option<Repeat> {
        let known = self.bodies.iter().find(|known| *known.body == *body && now < known.until)?;
        Some(known.repeat.clone())
    }

    fn remember(&mut self, body: &[u8], repeat: Repeat, now: Time) {
        if body.len() > LONGEST {
            return;
        }
        let known = Known { body: body.into(), repeat, until: now.plus(REMEMBERED_FOR) };
        match self.bodies.get_mut(self.next) {
            Some(oldest) => *oldest = known,
            None => self.bodies.push(known),
        }
        self.next = (self.next + 1) % MOST;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    #[cfg(target_arch = "wasm32")]
    use wasm_bindgen_test::wasm_bindgen_test as test;

    fn repeat() -> Repeat {
        let session = Session { id: "devin-1".into(), url: "https://app.devin.ai/sessions/1".into() };
        Repeat { event_type: "incident.resolved".into(), incident: "pagerduty-Q1".into(), session }
    }

    #[test]
    fn the_same_bytes_are_known_for_a_while_and_others_never() {
        let mut memory = Memory::default();
        memory.remember(b"{1}", repeat(), Time(1_000));
        assert_eq!(memory.recall(b"{1}", Time(1_000)), Some(repeat()));
        assert_eq!(memory.recall(b"{1}", Time(999).plus(REMEMBERED_FOR)), Some(repeat()));
        assert_eq!(memory.recall(b"{1}", Time(1_000).plus(REMEMBERED_FOR)), None);
        for other in [&b"{2}"[..], b"{1} ", b"{1", b""] {
            assert_eq!(memory.recall(other, Time(1_000)), None);
        }
    }

    #[test]
    fn it_is_bounded_and_the_oldest_make_room() {
        let mut memory = Memory::default();
        memory.remember(&[0; LONGEST + 1], repeat(), Time(0));
        assert!(memory.bodies.is_empty());
        for number in 0..MOST + 2 {
            memory.remember(number.to_string().as_bytes(), repeat(), Time(0));
        }
        assert_eq!(memory.bodies.len(), MOST);
        let known = |number: usize| memory.recall(number.to_string().as_bytes(), Time(0)).is_some();
        assert!(!known(0) && !known(1) && known(2) && known(MOST + 1));
    }
}
