//! What is sent back.

use serde_json::Value;

use crate::web::answer::Answer;

/// What is sent back.
pub enum Reply {
    /// An answer to a hook or an action, or an error.
    Answer(Answer),
    /// That a path does not take the method, and the methods that it takes.
    NotAllowed(Answer, &'static str),
    /// A JSON document that is found: 200.
    Document(Value),
    /// What `/health` says while the hooks answer 503: 503.
    Misconfigured(Value),
    /// The contract: 200.
    OpenApi,
    /// A page of the dashboard.
    Page {
        /// The HTTP status code.
        code: u16,
        /// Seconds after which to ask again.
        retry_after: Option<u32>,
        /// Headers besides those that every answer has.
        headers: Vec<(&'static str, String)>,
        /// The page.
        html: String,
    },
    /// What was asked for is done, and shown at this path: 303.
    SeeOther(String),
    /// A text in Markdown: 200.
    Markdown(String),
    /// Metrics as Prometheus reads them: 200.
    Metrics(String),
}

impl From<Answer> for Reply {
    fn from(answer: Answer) -> Reply {
        Reply::Answer(answer)
    }
}
