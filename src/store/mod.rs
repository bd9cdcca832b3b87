//! What is stored: an object for each incident.

pub mod incident;
