//! What there is to say of a sender.

use serde_json::Value;

use super::body::{BadBody, Parsed, not_json};
use super::json::Broken;
use super::mapping::table::Mappings;
use crate::auth::Verified;
use incident::sender::Sender;

/// Everything there is to say of a sender. A new one is a file that ends in one of these, or a mapping, and its line in
/// [`SENDERS`](super::SENDERS).
pub struct Description {
    /// Who it is; the name gives the path of its hook.
    pub sender: Sender,
    /// What people call it.
    pub title: &'static str,
    /// Whether a body has the shape of its bodies.
    pub(super) is: fn(&Value) -> bool,
    /// Whether a file of the folder `senders/` says where in its bodies things are.
    pub mapped: bool,
    /// Reads a body.
    pub(super) read: fn(Value, &Mappings) -> Result<Parsed, BadBody>,
    /// Whether [`Self::read`] would take almost any body, so that others' are recognised by their shape first.
    pub(super) takes_almost_any: bool,
    /// The body of another sender that a body carries, perhaps.
    pub(super) inside: fn(&Value) -> Option<Value>,
    /// What becomes of a body that is not JSON.
    pub(super) unreadable: fn(&Verified, &Broken) -> Result<Parsed, BadBody>,
    /// Whether it waits for an answer so shortly that none can wait for the session: less than 10 s.
    pub answers_at_once: bool,
}

impl Description {
    pub(super) const fn new(sender: Sender, title: &'static str) -> Description {
        Description {
            sender,
            title,
            is: |_| false,
            mapped: false,
            read: |_, _| Err(BadBody { error: String::new(), details: None }),
            takes_almost_any: false,
            inside: |_| None,
            unreadable: |_, broken| Err(not_json(broken)),
            answers_at_once: false,
        }
    }
}
