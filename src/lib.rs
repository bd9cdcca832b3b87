//! devin-bridge turns incidents and alerts into Devin sessions: one session per incident, none lost, none twice.

pub mod auth;
pub mod hex;
pub mod incident;
pub mod reason;
pub mod routing;
pub mod senders;
pub mod settings;
pub mod text;
