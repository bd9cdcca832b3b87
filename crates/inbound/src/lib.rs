//! What comes in: bytes become verified bodies, bodies become events, and events become decisions.

pub mod auth;
pub mod config;
pub mod endpoint;
pub mod routing;
pub mod senders;
