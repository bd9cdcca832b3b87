//! devin-bridge turns incidents and alerts into Devin sessions: one session per incident, none lost, none twice.

pub mod auth;
pub mod budget;
pub mod devin;
pub mod hex;
pub mod incident;
pub mod prompt;
pub mod reason;
pub mod secret;
pub mod senders;
pub mod settings;
pub mod text;
pub mod time;
