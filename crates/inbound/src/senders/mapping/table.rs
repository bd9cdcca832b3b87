//! What a mapping is made of.

use incident::sender::Sender;

/// What a text of an incident is mapped from, and what it is where the body does not have it.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Text {
    pub(super) paths: Vec<String>,
    pub(super) default: Option<String>,
}

/// The texts that a mapping fills, in the order of the documentation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Field {
    Id,
    Title,
    Description,
    Severity,
    Status,
    Service,
    Resource,
    Url,
    StartedAt,
    ResolvedAt,
    Logs,
}

pub(super) const FIELDS: [(&str, Field); 11] = [
    ("id", Field::Id),
    ("title", Field::Title),
    ("description", Field::Description),
    ("severity", Field::Severity),
    ("status", Field::Status),
    ("service", Field::Service),
    ("resource", Field::Resource),
    ("url", Field::Url),
    ("started_at", Field::StartedAt),
    ("resolved_at", Field::ResolvedAt),
    ("logs", Field::Logs),
];

/// Where in a sender's bodies things are.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Mapping {
    /// Its name: the last part of its hook's path.
    pub name: String,
    pub(super) items: Option<String>,
    pub(super) texts: [Text; FIELDS.len()],
    pub(super) labels: Vec<String>,
    pub(super) severity_map: Vec<(String, u8)>,
    pub(super) resolved: Option<Vec<String>>,
    pub(super) acknowledged: Option<Vec<String>>,
}

/// What bodies are read with where it takes no code.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Mappings {
    /// Those of `SOURCES`.
    pub sources: Vec<Mapping>,
    /// Those of the folder `senders/`.
    pub(super) files: Vec<(String, Mapping)>,
}

impl Mappings {
    /// The mapping of a sender whose file is there.
    pub(super) fn file(&self, sender: Sender) -> Option<&Mapping> {
        let wanted = path_of(sender);
        self.files.iter().find(|(path, _)| *path == wanted).map(|(_, mapping)| mapping)
    }
}

/// The path of a sender's file.
pub(super) fn path_of(sender: Sender) -> String {
    format!("senders/{}.json", sender.path())
}
