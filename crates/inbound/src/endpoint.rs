//! The hooks: where events come in.

use incident::sender::Sender;

/// The hooks, each with the bodies it takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Endpoint {
    /// Every kind of body, told apart by its shape.
    Any,
    /// One sender's.
    Of(Sender),
    /// Those of a mapping of `SOURCES`, by its position there.
    Source(usize),
}

impl Endpoint {
    /// Who sends what comes here, as far as the path says it.
    pub fn sender(self) -> Option<Sender> {
        match self {
            Endpoint::Any => None,
            Endpoint::Of(sender) => Some(sender),
            Endpoint::Source(_) => Some(Sender::Source),
        }
    }
}
