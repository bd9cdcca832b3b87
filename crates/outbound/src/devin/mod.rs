//! Devin's API: what to ask ([`call`]), what an answer means ([`reply`]), and what a session
//! and its messages say ([`compose`]).

pub mod call;
pub mod compose;
mod end;
mod list;
pub mod reply;
mod said;

#[cfg(test)]
mod faults;
