//! What is wrong with the configuration.

use serde_json::Value;

use super::value::kind;

/// A setting that is wrong or missing, for `/health`, the log and `npm run check`. Never holds a secret's value.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
#[error("{setting} is {}, expected {expected}", found.as_deref().unwrap_or("missing"))]
pub struct Problem {
    /// The setting's name, with the position inside it: `ROUTES[2].severity`.
    pub setting: String,
    /// The value found (never a secret's), shortened; `None` where it is missing.
    pub found: Option<String>,
    /// What was expected, and what to do.
    pub expected: String,
}

/// The tables of a setting: a list of them, or a text that holds one as JSON. Null and an empty text mean that there are
/// none. `what`: what the tables are, in a word.
///
/// # Errors
/// What was found in place of a list.
pub fn tables(name: &str, what: &str, value: &Value) -> Result<Vec<Value>, Problem> {
    let refuse =
        |found: &Value, expected: String| Err(Problem { setting: name.to_owned(), found: Some(kind(found)), expected });
    let inner = match value {
        Value::String(text) if text.trim().is_empty() => Value::Null,
        Value::String(text) => match serde_json::from_str(text) {
            Ok(inner) => inner,
            Err(error) => {
                let (line, column) = (error.line(), error.column());
                return refuse(value, format!("a list of {what} as JSON; it breaks at line {line}, column {column}"));
            }
        },
        value => value.clone(),
    };
    match inner {
        Value::Array(items) => Ok(items),
        Value::Null => Ok(Vec::new()),
        other => {
            let expected =
                format!("a list of {what}: [[vars.{name}]] with two brackets in wrangler.toml, [{{…}}] in JSON");
            refuse(&other, expected)
        }
    }
}
