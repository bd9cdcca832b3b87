//! What goes out: what Devin is asked and told, what its answers mean, and the notices to people. All of it as values;
//! the asking is the Worker's.

pub mod devin;
pub mod http;
pub mod notify;
pub mod postmortem;
pub mod prompt;
