//! What goes out: to Devin, and to people.

pub mod http;
