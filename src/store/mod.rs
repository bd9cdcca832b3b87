//! What is stored: an object for each incident, one for all of them, and what KV and the isolate remember.

pub mod dedup_cache;
mod host;
pub mod incident;
pub mod incident_calls;
pub mod metrics_buffer;
pub mod recent_bodies;
pub mod register;
pub mod register_calls;
