//! The prompts by name: those that come with the bridge, and the files that people add to `prompts/`.

/// The prompts that come with the bridge.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Template {
    /// The incident is over: write the postmortem.
    Postmortem,
    /// An alert fired: find the cause and fix it.
    Triage,
    /// The incident is open: gather what a postmortem will need.
    Investigate,
    /// To that session: the incident is over, write the postmortem now.
    Finalize,
    /// To a running session: what changed.
    Update,
    /// To a running session: the alert recovered.
    Recovered,
}

impl Template {
    /// All of them.
    pub const ALL: [Template; 6] = [
        Template::Postmortem,
        Template::Triage,
        Template::Investigate,
        Template::Finalize,
        Template::Update,
        Template::Recovered,
    ];

    /// The name of its file in `prompts/`.
    pub fn name(self) -> &'static str {
        match self {
            Template::Postmortem => "postmortem",
            Template::Triage => "triage",
            Template::Investigate => "investigate",
            Template::Finalize => "finalize",
            Template::Update => "update",
            Template::Recovered => "recovered",
        }
    }

    /// Its text.
    pub fn text(self) -> &'static str {
        match self {
            Template::Postmortem => include_str!("../../../../prompts/postmortem.md"),
            Template::Triage => include_str!("../../../../prompts/triage.md"),
            Template::Investigate => include_str!("../../../../prompts/investigate.md"),
            Template::Finalize => include_str!("../../../../prompts/finalize.md"),
            Template::Update => include_str!("../../../../prompts/update.md"),
            Template::Recovered => include_str!("../../../../prompts/recovered.md"),
        }
    }

    /// The template of that name.
    pub fn by_name(name: &str) -> Option<Template> {
        Template::ALL.into_iter().find(|template| template.name() == name)
    }
}

/// Every file of `prompts/` with its text, by name: those above and what people added.
pub static PROMPTS: &[(&str, &str)] = include!(concat!(env!("OUT_DIR"), "/prompts.rs"));

/// The text of the file `prompts/<name>.md`.
pub fn by_name(name: &str) -> Option<&'static str> {
    PROMPTS.iter().find(|(known, _)| *known == name).map(|(_, text)| *text)
}

/// The template that a route's `prompt` means: the text of the file of that name, or the text itself. `None` where it
/// is a single word that names no file: a slip, and no text to send to Devin.
pub fn named_or_inline(prompt: &str) -> Option<&str> {
    by_name(prompt.trim()).or_else(|| prompt.trim().contains(char::is_whitespace).then_some(prompt))
}
