//! The register: one object for all incidents.

pub mod client;
mod object;
pub mod query;
mod sql;
