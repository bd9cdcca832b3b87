//! What is read of the configuration and what is wrong with it, in words that ROUTES and SIGNATURES share.

pub mod nearest;
pub mod problem;
pub mod repo;
pub mod value;
