//! The incident: what is known of it, how it is identified, and its life from the first event to the last message.

pub mod compose;
pub mod event;
pub mod key;
pub mod lifecycle;
pub mod listing;
pub(crate) mod object;
pub mod outcome;
pub mod plan;
pub mod record;
pub mod safe;
