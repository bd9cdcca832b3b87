//! The thread at Slack: each notice has the root say how the incident stands, and all but the first reply under it.
//!
//! What must hold: there is never a second root beside one that is there. Whether one was posted is written down before it
//! is posted, and where that is in doubt it is looked for. Where somebody has deleted the root, there is one new one.

use super::notices;
pub use super::operation::operation;
use super::retry::{Chance, LOOKS, backoff, look_pause};
use crate::failure::Failure;
use crate::notice::{About, Target};
use crate::record::{Delivery, Record};
use crate::thread::{Operation, Posted, Thread};
use crate::time::Time;

/// So many threads are remembered: an earlier episode may still have something to report for a day after its session's end, and an
/// alert with the default window begins no more than these in a day.
const MOST_THREADS: usize = 25;
/// What is gone answers so, for an edit and for a reply.
const GONE: u16 = 410;

/// The first notice is about to be sent, or looked for. What it is known by there is stored before the call is made.
pub fn begin(record: &mut Record) {
    let Some(operation) = operation(record) else { return };
    let (mut in_doubt, mut number) = (false, 0);
    change(record, |thread| {
        if operation == Operation::Root {
            in_doubt = std::mem::replace(&mut thread.in_doubt, true);
        }
        thread.numbers = thread.numbers.saturating_add(1);
        number = thread.numbers;
    });
    if let Some(notice) = notices::first_mut(record, Target::Slack) {
        if notice.thread_number == 0 {
            notice.thread_number = number;
        }
        if notice.delivery == Delivery::Ready {
            notice.delivery = if in_doubt { Delivery::LookingUp(0) } else { Delivery::Sending };
        }
    }
}

/// Slack answered what was due.
pub fn replied(record: &mut Record, reply: Result<Posted, Failure>, now: Time, chance: Chance) {
    let Some(operation) = operation(record) else { return };
    match reply {
        Ok(posted) => done(record, &operation, posted, false, now),
        Err(Failure::Refused { status: GONE, .. }) => gone(record, &operation, now),
        Err(Failure::Refused { words, .. }) => {
            certain(record);
            notices::give_up(record, Target::Slack, &words, now);
        }
        Err(failure) => {
            let unknown = matches!(failure, Failure::Unknown { .. }) && operation.posts();
            if !unknown {
                certain(record);
            }
            let delivery = if unknown { Delivery::LookingUp(0) } else { Delivery::Ready };
            notices::retry(record, Target::Slack, delivery, &failure, now, chance);
        }
    }
}

/// The look for what may have been posted was answered: `Ok(None)` where it is not there.
pub fn look_up_replied(record: &mut Record, reply: Result<Option<Posted>, Failure>, now: Time, chance: Chance) {
    let Some(operation) = operation(record) else { return };
    match reply {
        Ok(Some(posted)) => done(record, &operation, posted, true, now),
        Ok(None) => {
            let Some(notice) = notices::first_mut(record, Target::Slack) else { return };
            let looks = match notice.delivery {
                Delivery::LookingUp(looks) => looks.saturating_add(1),
                _ => LOOKS,
            };
            let last = looks >= LOOKS;
            notice.delivery = if last { Delivery::Ready } else { Delivery::LookingUp(looks) };
            let pause = if last { backoff(notice.retry.attempts, chance) } else { look_pause(looks, now, now) };
            notice.not_before = now.plus(pause);
            if last {
                certain(record);
            }
        }
        Err(Failure::Refused { status: GONE, .. }) => gone(record, &operation, now),
        // It stays in doubt: the next notice looks again.
        Err(Failure::Refused { words, .. }) => notices::give_up(record, Target::Slack, &words, now),
        Err(failure) => notices::retry(record, Target::Slack, Delivery::LookingUp(0), &failure, now, chance),
    }
}

fn done(record: &mut Record, operation: &Operation, posted: Posted, looked: bool, now: Time) {
    let Some(about) = notices::first(record, Target::Slack).map(|notice| notice.about) else { return };
    change(record, |thread| match operation {
        Operation::Root => (thread.root, thread.in_doubt) = (Some(posted), false),
        Operation::Reply(_) if matches!(about, About::Ended | About::Failed) => thread.end = Some(posted),
        Operation::EditRoot(_) | Operation::Reply(_) | Operation::EditReply(_) => {}
    });
    match operation {
        // A root that was found may have been posted for an earlier notice.
        Operation::Root if looked => rooted(record, false, now),
        Operation::EditRoot(_) if about != About::Started => rooted(record, true, now),
        _ => notices::delivered(record, Target::Slack, now),
    }
}

/// Somebody has deleted what was to be edited, or replied to.
fn gone(record: &mut Record, operation: &Operation, now: Time) {
    let reply = matches!(operation, Operation::EditReply(_));
    change(record, |thread| {
        thread.end = None;
        if !reply {
            (thread.root, thread.in_doubt) = (None, false);
        }
    });
    rooted(record, reply, now);
}

/// Whether the root says what the first notice does; it goes on with what is due then.
fn rooted(record: &mut Record, rooted: bool, now: Time) {
    if let Some(notice) = notices::first_mut(record, Target::Slack) {
        notice.rooted = rooted;
        notice.delivery = Delivery::Ready;
        notice.not_before = now;
    }
}

/// It is certain that no root was posted that nobody has seen.
fn certain(record: &mut Record) {
    change(record, |thread| thread.in_doubt = false);
}

/// Changes the thread of the first notice, and begins one where there is none.
fn change(record: &mut Record, act: impl FnOnce(&mut Thread)) {
    let Some(incident) = notices::first(record, Target::Slack).map(|notice| notice.news.incident.clone()) else {
        return;
    };
    let at = record.threads.iter().position(|thread| thread.incident == incident);
    let mut thread = match at {
        Some(at) => record.threads.remove(at),
        None => Thread { incident, ..Thread::default() },
    };
    act(&mut thread);
    record.threads.push(thread);
    let too_many = record.threads.len().saturating_sub(MOST_THREADS);
    record.threads.drain(..too_many);
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::listing::Line;
    use crate::time::HOUR;

    /// What becomes of a request.
    #[derive(Clone, Copy, Debug)]
    enum Fate {
        Answered,
        LostBefore,
        LostAfter,
        Busy,
        Refused,
        /// The object dies after it was done, before it could write that down.
        Crash,
    }

    #[derive(Clone, Copy, Debug)]
    enum Happening {
        Notice(About),
        Step(Fate),
        RootDeleted,
        RepliesDeleted,
    }

    /// A channel: its messages by their time, each with the root it replies to and the number in its metadata.
    #[derive(Default)]
    struct Channel {
        posted: u32,
        messages: Vec<(String, Option<String>, u32)>,
    }

    impl Channel {
        fn roots(&self) -> usize {
            self.messages.iter().filter(|(_, root, _)| root.is_none()).count()
        }

        fn has(&self, posted: &Posted) -> bool {
            self.messages.iter().any(|(ts, ..)| *ts == posted.ts)
        }

        fn act(&mut self, operation: &Operation, number: u32) -> Result<Posted, Failure> {
            let gone = || Err(Failure::Refused { status: GONE, words: "gone".into() });
            let (root, number) = match operation {
                Operation::EditRoot(posted) | Operation::EditReply(posted) if self.has(posted) => {
                    return Ok(posted.clone());
                }
                Operation::EditRoot(_) | Operation::EditReply(_) => return gone(),
                Operation::Reply(root) if !self.has(root) => return gone(),
                Operation::Reply(root) => (Some(root.ts.clone()), number),
                Operation::Root => (None, 0),
            };
            self.posted += 1;
            let ts = self.posted.to_string();
            self.messages.push((ts.clone(), root, number));
            Ok(Posted { channel: "C1".into(), ts })
        }

        fn look(&self, operation: &Operation, number: u32) -> Option<Posted> {
            let (wanted, number) = match operation {
                Operation::Reply(root) => (Some(&root.ts), number),
                _ => (None, 0),
            };
            let ours = |message: &&(String, Option<String>, u32)| message.1.as_ref() == wanted && message.2 == number;
            self.messages.iter().find(ours).map(|(ts, ..)| Posted { channel: "C1".into(), ts: ts.clone() })
        }
    }

    fn happening() -> impl Strategy<Value = Happening> {
        let about =
            prop::sample::select(vec![About::Started, About::Waiting, About::Ended, About::Updated, About::Failed]);
        let fate = prop::sample::select(vec![
            Fate::Answered,
            Fate::Answered,
            Fate::Answered,
            Fate::LostBefore,
            Fate::LostAfter,
            Fate::Busy,
            Fate::Refused,
            Fate::Crash,
        ]);
        prop_oneof![
            3 => about.prop_map(Happening::Notice),
            12 => fate.prop_map(Happening::Step),
            1 => Just(Happening::RootDeleted),
            1 => Just(Happening::RepliesDeleted),
        ]
    }

    fn announce(record: &mut Record, about: About, now: Time) {
        let news = Line { incident: "alert-1".into(), ..Line::default() };
        notices::announce(record, about, news, None, now);
        notices::only(record, &[Target::Slack]);
    }

    fn step(record: &mut Record, channel: &mut Channel, fate: Fate, now: Time) {
        begin(record);
        let Some(operation) = operation(record) else { return };
        let notice = notices::first(record, Target::Slack).unwrap().clone();
        let looking = matches!(notice.delivery, Delivery::LookingUp(_));
        let unknown = || Failure::Unknown { words: "lost".into() };
        let done = !matches!(fate, Fate::LostBefore | Fate::Busy | Fate::Refused);
        let failure = match fate {
            Fate::Answered => None,
            Fate::LostBefore | Fate::LostAfter => Some(unknown()),
            Fate::Busy => Some(Failure::Busy { after: None, words: "busy".into() }),
            Fate::Refused => Some(Failure::Refused { status: 400, words: "no".into() }),
            Fate::Crash => None,
        };
        if looking {
            let found = failure.map_or_else(|| Ok(channel.look(&operation, notice.thread_number)), Err);
            return look_up_replied(record, found, now, 0.0);
        }
        let answer = done.then(|| channel.act(&operation, notice.thread_number));
        match (fate, failure, answer) {
            (Fate::Crash, ..) => notices::interrupted(record, now),
            (_, Some(failure), _) => replied(record, Err(failure), now, 0.0),
            (_, None, answer) => replied(record, answer.unwrap(), now, 0.0),
        }
    }

    proptest! {
        #[test]
        fn there_is_one_root_and_no_reply_comes_twice(walk in prop::collection::vec(happening(), 1..80)) {
            let (mut record, mut channel) = (Record::default(), Channel::default());
            for (n, happening) in walk.into_iter().enumerate() {
                let now = Time(0).plus(HOUR.saturating_mul(n as u32));
                match happening {
                    Happening::Notice(about) => announce(&mut record, about, now),
                    Happening::Step(fate) => step(&mut record, &mut channel, fate, now),
                    Happening::RootDeleted => channel.messages.clear(),
                    Happening::RepliesDeleted => channel.messages.retain(|(_, root, _)| root.is_none()),
                }
                prop_assert!(channel.roots() <= 1, "{} roots", channel.roots());
                let mut replies: Vec<u32> = channel.messages.iter().filter(|(_, root, _)| root.is_some()).map(|(.., number)| *number).collect();
                replies.sort_unstable();
                let all = replies.len();
                replies.dedup();
                prop_assert_eq!(all, replies.len(), "a reply came twice");
                prop_assert!(record.threads.len() <= MOST_THREADS);
            }
            // Once all is well, everybody hears of everything.
            for _ in 0..200 {
                step(&mut record, &mut channel, Fate::Answered, Time(i64::MAX / 2));
            }
            prop_assert!(record.notices.is_empty());
        }
    }

    #[test]
    fn a_deleted_root_makes_one_new_one_and_late_output_edits_the_end() {
        let (mut record, mut channel) = (Record::default(), Channel::default());
        let mut tell = |about, channel: &mut Channel| {
            announce(&mut record, about, Time(0));
            for _ in 0..5 {
                step(&mut record, channel, Fate::Answered, Time(0));
            }
        };
        tell(About::Started, &mut channel);
        tell(About::Waiting, &mut channel);
        tell(About::Ended, &mut channel);
        assert_eq!((channel.roots(), channel.messages.len()), (1, 3));
        tell(About::Updated, &mut channel);
        assert_eq!((channel.roots(), channel.messages.len()), (1, 3), "the reply with the end was edited");
        channel.messages.clear();
        tell(About::Updated, &mut channel);
        tell(About::Updated, &mut channel);
        assert_eq!(channel.roots(), 1);
    }
}
