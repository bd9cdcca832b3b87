//! What is due next.

use crate::notice::Target;
use crate::time::Time;

/// What is to be done next.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Step {
    /// Tell the ledger and the list of the newest state.
    Publish,
    /// Ask the budget for a turn and, with it, Devin for the session.
    Create,
    /// Wait no longer for somebody's approval.
    Expire,
    /// Look for the session that may exist.
    LookUp,
    /// Send the first message of the outbox.
    Send,
    /// Look whether that message has arrived.
    LookUpMessage,
    /// Put the session away, or end it.
    Close,
    /// Send this target's first notice, or look whether it has arrived.
    Notify(Target),
    /// Nothing before this time.
    Wait(Time),
    /// Nothing more to do.
    Rest,
}
