//! The note that stands for a secret: `[redacted: aws key]`.

/// How every note begins. Then follows a name that is no longer than [`LONGEST_NAME`], and `]`.
pub const NOTE: &str = "[redacted: ";

/// The longest name in a note, in bytes.
pub const LONGEST_NAME: usize = 40;
