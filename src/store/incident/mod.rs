//! An incident's object.

pub mod client;
mod object;
