//! What the thread at Slack is asked for next.

use crate::notice::{About, Target};
use crate::record::Record;
use crate::thread::Operation;

/// What is due for the target's first notice; `None` where there is none.
pub fn operation(record: &Record) -> Option<Operation> {
    let notice = record.notices.iter().find(|notice| notice.target == Target::Slack)?;
    let thread = record.threads.iter().find(|thread| thread.incident == notice.news.incident);
    let Some((thread, root)) = thread.and_then(|thread| Some((thread, thread.root.clone()?))) else {
        return Some(Operation::Root);
    };
    Some(match &thread.end {
        _ if !notice.rooted => Operation::EditRoot(root),
        Some(end) if notice.about == About::Updated => Operation::EditReply(end.clone()),
        _ => Operation::Reply(root),
    })
}
