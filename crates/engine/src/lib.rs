//! What the Durable Objects do, whatever runs them: [`incident`](mod@incident) is the program of an incident's object,
//! [`register`] that of the register, [`outcomes`] that of the cron trigger; [`edge`] is what is decided before any of them is
//! asked. They see the world only through the traits of [`host`]; the Worker implements these with the runtime.

#![cfg_attr(test, allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "tests may"))]

pub mod counts;
pub mod edge;
pub mod host;
pub mod incident;
pub mod outcomes;
pub mod register;
