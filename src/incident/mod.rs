//! The incident: what is known of it, how it is identified, and its life from the first event to the last message.

pub mod event;
pub mod key;
pub mod plan;
