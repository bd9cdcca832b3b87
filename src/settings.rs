//! Variables and secrets → [`Settings`], checked once an isolate. A wrong setting is reported, never guessed.

/// A setting that is wrong or missing, for `/health`, the log and `npm run check`. Never holds a secret's value.
#[derive(Clone, Debug, PartialEq)]
pub struct Problem {
    /// The setting's name, with the position inside it: `ROUTES[2].severity`.
    pub setting: String,
    /// The value found (never a secret's), shortened; `None` where it is missing.
    pub found: Option<String>,
    /// What was expected, and what to do.
    pub expected: String,
}
