//! The incident: what is known of it, how it is identified, and its life from the first event to the last message.

pub mod admission;
pub mod event;
pub mod failure;
pub mod fault;
pub mod finding;
pub mod key;
pub mod lifecycle;
pub mod listing;
pub mod notice;
pub mod outcome;
pub mod plan;
pub mod reason;
pub mod record;
pub mod sanitize;
pub mod secret;
pub mod sender;
pub mod session;
pub mod time;
pub mod worse;
