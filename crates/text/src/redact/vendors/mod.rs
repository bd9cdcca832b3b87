//! Vendors' keys: rows, by what the vendors are for.

mod ai;
mod business;
mod cloud;
mod code;
mod watch;

pub(super) use ai::AI;
pub(super) use business::BUSINESS;
pub(super) use cloud::CLOUD;
pub(super) use code::CODE;
pub(super) use watch::WATCH;
