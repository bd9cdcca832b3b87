//! What Devin is asked to do: a template from `prompts/`, filled with the incident, everything a sender wrote in a
//! fence, and never longer than Devin takes.

pub mod fields;
mod limit;
mod sheet;
pub mod template;
mod values;

use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;

use crate::hex;
use crate::incident::event::Incident;
use crate::incident::key::Key;
use crate::text::fence::Fence;
use fields::{Field, Id, Kind, Writer};
use limit::{length, level};
use sheet::Sheet;
pub use template::Mistake;
use template::Node;
use values::{Entry, Values};

/// The longest prompt we send, in characters as [`limit::length`] counts them: Devin takes less than 30,000.
pub const LIMIT: usize = 29_500;

/// What the template and the configuration must leave of that for the incident.
pub const ROOM: usize = 4_000;

/// Asks for a language in a template that does not name it.
const LANGUAGE: &str = "\n\nWrite everything that people will read in {{language}}.\n";

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
            Template::Postmortem => include_str!("../../prompts/postmortem.md"),
            Template::Triage => include_str!("../../prompts/triage.md"),
            Template::Investigate => include_str!("../../prompts/investigate.md"),
            Template::Finalize => include_str!("../../prompts/finalize.md"),
            Template::Update => include_str!("../../prompts/update.md"),
            Template::Recovered => include_str!("../../prompts/recovered.md"),
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

/// What whoever runs the bridge says about a prompt: settings and the route's own. An empty text is an absent one.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Config {
    /// The repository to work in.
    pub target_repo: String,
    /// The JIRA project for tickets.
    pub jira_project: String,
    /// The Slack channel to report to.
    pub slack_channel: String,
    /// Where the postmortem goes: a directory (`docs/postmortems/`), a thing to make ("a PR to our docs/postmortems/
    /// directory") or a place ("the Confluence space SRE").
    pub post_to: String,
    /// The MCP servers to ask for telemetry, by name: `Datadog`, `Sentry`, …
    pub observability: Vec<String>,
    /// The language to write in.
    pub language: String,
    /// Is the incident an alert, and not PagerDuty's?
    pub alert: bool,
    /// The session that was begun for this incident and can take no more messages.
    pub previous_session_url: String,
    /// Has the session a structured output to fill in?
    pub structured_output: bool,
}

/// Why there is no prompt.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum TemplateError {
    /// The template is wrong.
    Mistake(Mistake),
    /// The template and the configuration alone fill the prompt: so many characters, of so many they may have.
    TooLong {
        /// How many they are.
        length: usize,
        /// How many they may be.
        most: usize,
    },
}

impl std::fmt::Display for TemplateError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            TemplateError::Mistake(mistake) => mistake.fmt(f),
            TemplateError::TooLong { length, most } => write!(
                f,
                "the template and its settings are {length} characters long, expected at most {most}, to leave room for the incident"
            ),
        }
    }
}

/// The template that a route's `prompt` means: the text of the file of that name, or the text itself. `None` where it
/// is a single word that names no file: a slip, and no text to send to Devin.
pub fn named_or_inline(prompt: &str) -> Option<&str> {
    by_name(prompt.trim()).or_else(|| prompt.trim().contains(char::is_whitespace).then_some(prompt))
}

/// The marker of an incident's fence: the same on each attempt, and not to be guessed by whoever wrote the incident.
pub fn marker(secret: &[u8], key: &Key) -> String {
    // HMAC takes a key of any length, so there is no error to speak of.
    let Ok(mut mac) = <Hmac<Sha256> as KeyInit>::new_from_slice(secret) else { return String::new() };
    mac.update(b"fence");
    mac.update(key.as_str().as_bytes());
    hex::encode(&mac.finalize().into_bytes()).chars().take(16).collect()
}

/// The prompt: `template` filled with the incident, what `changes` since, and the configuration.
///
/// Texts of senders stand inside `fence`, which is announced before the first one. Where the whole is longer than
/// [`LIMIT`], the longest of them are shortened; text of the template and the configuration never is.
pub fn render(
    template: &str,
    incident: &Incident,
    changes: &[String],
    config: &Config,
    fence: &Fence,
) -> Result<String, TemplateError> {
    let nodes = parse(template, config)?;
    let mut cap = usize::MAX;
    // Lengths tell how much to cut, so the second writing fits. The third is for what was not foreseen.
    for attempt in 0..3 {
        let mut walk = Walk::new(Values { incident, changes, config, cap }, fence);
        let text = walk.prompt(&nodes);
        let length = length(&text);
        if length <= LIMIT {
            return Ok(text);
        }
        if attempt == 0 {
            fits(&nodes, config, fence)?;
        }
        let own = length.saturating_sub(walk.sent.iter().sum());
        cap = level(&walk.sent, length - LIMIT);
        if cap == 0 {
            // The template says so much for each entry of a list that not even the title would be left.
            return Err(TemplateError::TooLong { length: own, most: LIMIT - ROOM });
        }
    }
    Err(TemplateError::TooLong { length: LIMIT, most: LIMIT - ROOM })
}

/// Is `template` in order, and does it leave enough room for an incident? To be asked when settings are read.
pub fn check(template: &str, config: &Config) -> Result<(), TemplateError> {
    let nodes = parse(template, config)?;
    fits(&nodes, config, &Fence::new(""))
}

/// The tree of a template, with a last sentence about the language where it does not speak of that itself.
fn parse<'a>(template: &'a str, config: &Config) -> Result<Vec<Node<'a>>, TemplateError> {
    let mut nodes = template::parse(template).map_err(TemplateError::Mistake)?;
    if !config.language.trim().is_empty() && !template::names(&nodes, Id::Language) {
        nodes.extend(template::parse(LANGUAGE).map_err(TemplateError::Mistake)?);
    }
    Ok(nodes)
}

/// What the template and the configuration say by themselves is what an empty incident leaves.
fn fits(nodes: &[Node], config: &Config, fence: &Fence) -> Result<(), TemplateError> {
    let incident = Incident::default();
    let length = length(&Walk::new(Values { incident: &incident, changes: &[], config, cap: 0 }, fence).prompt(nodes));
    let most = LIMIT - ROOM;
    if length > most { Err(TemplateError::TooLong { length, most }) } else { Ok(()) }
}

/// One writing of a prompt.
struct Walk<'a> {
    values: Values<'a>,
    fence: &'a Fence,
    announced: bool,
    /// The length of each text of a sender, each time it was written.
    sent: Vec<usize>,
}

impl<'a> Walk<'a> {
    fn new(values: Values<'a>, fence: &'a Fence) -> Walk<'a> {
        Walk { values, fence, announced: false, sent: Vec::new() }
    }

    fn prompt(&mut self, nodes: &[Node]) -> String {
        let mut sheet = Sheet::default();
        self.nodes(nodes, None, &mut sheet);
        sheet.finish()
    }

    fn nodes(&mut self, nodes: &[Node], entry: Option<&Entry>, sheet: &mut Sheet) {
        for node in nodes {
            match node {
                Node::Text(text) => sheet.literal(text),
                Node::Field(field) => self.field(field, sheet),
                Node::Entry(field) => self.put(field, entry.map_or("", |entry| &entry.text), sheet),
                Node::EntryName(field) => self.put(field, entry.map_or("", |entry| &entry.name), sheet),
                Node::If(field, then, otherwise) => {
                    sheet.tag();
                    let nodes = if self.values.present(field) { then } else { otherwise };
                    self.nodes(nodes, entry, sheet);
                    sheet.tag();
                }
                Node::Each(field, nodes) => {
                    sheet.tag();
                    for entry in self.values.entries(field, false) {
                        self.nodes(nodes, Some(&entry), sheet);
                        sheet.tag();
                    }
                }
                Node::Data(nodes) => self.data(nodes, entry, sheet),
            }
        }
    }

    fn field(&mut self, field: &Field, sheet: &mut Sheet) {
        if field.kind != Kind::List {
            return self.put(field, &self.values.text(field), sheet);
        }
        for (index, entry) in self.values.entries(field, true).iter().enumerate() {
            if index > 0 {
                sheet.value(", ");
            }
            self.put(field, &entry.text, sheet);
        }
    }

    fn put(&mut self, field: &Field, text: &str, sheet: &mut Sheet) {
        if field.writer == Writer::Sender {
            self.sent.push(length(text));
        }
        sheet.value(text);
    }

    fn data(&mut self, nodes: &[Node], entry: Option<&Entry>, sheet: &mut Sheet) {
        let mut inside = Sheet::default();
        self.nodes(nodes, entry, &mut inside);
        let text = inside.finish();
        sheet.tag();
        if text.is_empty() {
            return;
        }
        if !self.announced {
            self.announced = true;
            sheet.gap();
            sheet.block(&self.fence.announcement());
            sheet.gap();
        }
        sheet.block(&self.fence.wrap(&text));
    }
}

#[cfg(test)]
mod tests;
