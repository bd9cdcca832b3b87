//! Text from outside, made safe to show: cleaned, cut to length, redacted, fenced.

pub mod clean;
pub mod cut;
pub mod fence;
