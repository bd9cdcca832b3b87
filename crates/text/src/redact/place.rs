//! A value before it is read, and after.

use super::label::Label;
use super::rule::Value;
use super::source::Source;

/// What is known of a value before it is read.
pub(super) struct Place<'a> {
    pub src: &'a Source<'a>,
    pub label: &'a Label,
    pub value: Value,
    /// A colon stands before it, so it may be a sentence.
    pub colon: bool,
    /// How wide what stands before it is written: 3 for `%3D`. What is written wider, as `%2526` is, is part of the value.
    pub depth: usize,
}

/// Where a value lies, and whether quotes or tags say so.
pub(super) struct Span {
    pub start: usize,
    pub end: usize,
    pub quoted: bool,
}
