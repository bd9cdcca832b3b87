//! The incident: what is known of it, how it is identified, and its life from the first event to the last message.

pub mod event;
pub mod failure;
pub mod key;
pub mod lifecycle;
pub mod listing;
pub mod notice;
pub(crate) mod object;
pub mod outcome;
pub mod plan;
pub mod record;
pub mod safe;
pub mod sender;
pub mod session;
