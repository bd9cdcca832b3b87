//! The prompts by name: those that come with the bridge, and the files that people add to `prompts/`.

use serde_json::{Map, Value};

use super::config::Config;
use super::fill::{self, TemplateError};
use super::template::{self, Mistake};
use incident::plan::Workflow;

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

    /// The template of that name.
    pub fn by_name(name: &str) -> Option<Template> {
        Template::ALL.into_iter().find(|template| template.name() == name)
    }
}

/// The paths of the shapes that Devin fills in beside what it writes: of a postmortem, and of what a triage found.
const SCHEMAS: [&str; 2] = ["prompts/postmortem.schema.json", "prompts/finding.schema.json"];

/// The files of `prompts/`: those above, what people added, and the shapes.
#[derive(Clone, Debug, Default)]
pub struct Library {
    files: Vec<(String, String)>,
}

/// What is wrong with a file of `prompts/`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FileProblem {
    /// Its path, `prompts/triage.md`.
    pub path: String,
    /// What is wrong; `None` where the file is missing.
    pub error: Option<TemplateError>,
}

impl Library {
    /// The library of these texts by their paths, such as `prompts/triage.md`. What is not in `prompts/` is left out.
    pub fn new(texts: &[(String, String)]) -> Library {
        Library { files: texts.iter().filter(|(path, _)| path.starts_with("prompts/")).cloned().collect() }
    }

    /// The template's text. Empty only where [`Library::problems`] has named its file.
    pub fn text(&self, template: Template) -> &str {
        self.by_name(template.name()).unwrap_or_default()
    }

    /// The text of the file `prompts/<name>.md`.
    pub fn by_name(&self, name: &str) -> Option<&str> {
        self.file(&path(name))
    }

    /// The template that a route's `prompt` means: the text of the file of that name, or the text itself. `None` where
    /// it is a single word that names no file: a slip, and no text to send to Devin.
    pub fn named_or_inline<'a>(&'a self, prompt: &'a str) -> Option<&'a str> {
        self.by_name(prompt.trim()).or_else(|| prompt.trim().contains(char::is_whitespace).then_some(prompt))
    }

    /// The shape that Devin fills in beside what it writes.
    pub fn schema(&self, workflow: Workflow) -> Option<Value> {
        let [postmortem, finding] = SCHEMAS;
        let path = match workflow {
            Workflow::Postmortem => postmortem,
            Workflow::Triage => finding,
        };
        serde_json::from_str(self.file(path)?).ok()
    }

    /// Everything that is wrong with the files. One that people added may be of any length: a route that uses it is
    /// refused where that is too much.
    pub fn problems(&self, config: &Config) -> Vec<FileProblem> {
        let ours = Template::ALL.map(|template| path(template.name()));
        let missing = ours.iter().map(String::as_str).chain(SCHEMAS).filter(|path| self.file(path).is_none());
        let mut problems: Vec<FileProblem> =
            missing.map(|path| FileProblem { path: path.to_owned(), error: None }).collect();
        for (path, text) in &self.files {
            let checked = if path.ends_with(".json") {
                json(text)
            } else if ours.contains(path) {
                fill::check(text, config)
            } else {
                template::parse(text).map(|_| ()).map_err(TemplateError::Mistake)
            };
            problems.extend(checked.err().map(|error| FileProblem { path: path.clone(), error: Some(error) }));
        }
        problems
    }

    fn file(&self, path: &str) -> Option<&str> {
        self.files.iter().find(|(known, _)| known == path).map(|(_, text)| text.as_str())
    }
}

fn path(name: &str) -> String {
    format!("prompts/{name}.md")
}

/// Is it a JSON object?
fn json(text: &str) -> Result<(), TemplateError> {
    let error = match serde_json::from_str::<Map<String, Value>>(text) {
        Ok(_) => return Ok(()),
        Err(error) => error,
    };
    Err(TemplateError::Mistake(Mistake {
        line: error.line(),
        column: error.column(),
        found: "broken JSON".to_owned(),
        expected: "a JSON object".to_owned(),
        nearest: None,
    }))
}
