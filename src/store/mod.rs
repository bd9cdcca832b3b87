//! What is stored: an object for each incident, one for all of them, and what KV and the isolate remember.

mod calling;
pub mod incident;
pub mod ledger;
pub mod memory;
pub mod register;
pub mod tally;
