//! Variables and secrets → [`Settings`], checked once an isolate. A wrong setting is reported, never guessed.

mod notify;
mod secrets;

use std::rc::Rc;
use std::time::Duration;

use serde_json::Value;

use inbound::auth::Signature;
use inbound::config::problem::Problem;
use inbound::config::repo::repo_name;
use inbound::routing::{Defaults, Routes};
use inbound::senders::{self, Mappings};
use incident::admission::Limits;
use incident::event::Incident;
use incident::time::DAY;
use outbound::devin::call::{Access, Api};
use outbound::devin::compose::ComposeSettings;
use outbound::notify::Targets;
use outbound::prompt::{self, FileProblem, Library, TemplateError, title};

pub use secrets::Callers;

/// What a route's title may hold.
const TITLE_FIELDS: &str = "text with {{title}}, {{service}}, {{priority}}, {{severity}}, {{resource}} or {{number}}";

/// What an address must be that we send something to, or believe.
const SAFE_ADDRESS: &str = "an https:// address (http:// only for 127.0.0.1 or localhost)";

/// Everything the hooks and the incident's object need, checked.
#[derive(Debug)]
pub struct Settings {
    /// Devin's address, organisation and key.
    pub devin: Access,
    /// `ROUTES`.
    pub routes: Routes,
    /// What holds where no route says otherwise.
    pub defaults: Defaults,
    /// What the prompts are filled with.
    pub prompt: prompt::Config,
    /// The prompts.
    pub library: Library,
    /// Who is notified where the session went.
    pub notify: Targets,
    /// `SESSIONS_PER_MINUTE`, `SESSIONS_PER_DAY`, `SESSIONS_RESERVED`, and the routes' own.
    pub limits: Limits,
    /// How long records are kept: `RETENTION_DAYS`.
    pub retention: Duration,
    /// How long a hook that answers with the session waits for it: `WAIT_SECONDS`.
    pub wait: Duration,
    /// Whether sessions get tags; without, the title carries the correlation id: `TAGS`.
    pub tags: bool,
    /// Whether e-mail addresses are redacted: `REDACT_EMAILS`.
    pub redact_emails: bool,
}

impl engine::host::Settings for Settings {
    fn devin(&self) -> &Access {
        &self.devin
    }

    fn compose(&self) -> ComposeSettings<'_> {
        ComposeSettings {
            prompt: &self.prompt,
            library: &self.library,
            tags: self.tags,
            marker_secret: &self.devin.key,
        }
    }

    fn limits(&self) -> Limits {
        self.limits.clone()
    }

    fn targets(&self) -> &Targets {
        &self.notify
    }

    fn redact_emails(&self) -> bool {
        self.redact_emails
    }
}

/// What was found: the settings, or every problem with them.
#[derive(Debug)]
pub struct Configuration {
    /// Who may call: known in either case.
    pub callers: Rc<Callers>,
    /// The settings, unless one of them is wrong.
    pub settings: Result<Rc<Settings>, Vec<Problem>>,
    /// What is allowed and yet should be changed.
    pub warnings: Vec<String>,
    /// Those of `SOURCES`, which have hooks of their own, and those of the folder `senders/`.
    pub mappings: Mappings,
}

impl Configuration {
    /// How long an incident is remembered: the default while the settings are wrong.
    pub fn retention(&self) -> Duration {
        self.settings.as_ref().map_or(30 * DAY, |settings| settings.retention)
    }

    /// Why the hooks answer 503, if they do: every wrong setting, and that there is nothing to check senders with.
    pub fn problems(&self) -> Vec<Problem> {
        let mut problems = self.settings.as_ref().err().cloned().unwrap_or_default();
        if !self.callers.hook_secrets.is_set() && !self.callers.hook_secrets.open {
            problems.push(secrets::none_is_set());
        }
        problems
    }
}

/// Reads who may call; `get` gives a variable or secret by its name, numbers and tables as they are.
pub fn read_callers(get: impl Fn(&str) -> Option<Value>) -> Callers {
    Reader { get, problems: Vec::new(), warnings: Vec::new() }.callers()
}

/// Reads everything else too. `texts`: the files of `prompts/` and `senders/`, each with its path.
pub fn read(callers: Rc<Callers>, get: impl Fn(&str) -> Option<Value>, texts: &[(String, String)]) -> Configuration {
    let mut reader = Reader { get, problems: callers.problems.clone(), warnings: callers.warnings.clone() };
    let mappings = senders::mappings(callers.sources.clone(), texts, &mut reader.problems);
    let settings = reader.settings(&callers.hook_secrets.signatures, Library::new(texts));
    let settings = match settings {
        Some(settings) if reader.problems.is_empty() => Ok(Rc::new(settings)),
        _ => Err(reader.problems),
    };
    Configuration { callers, settings, warnings: reader.warnings, mappings }
}

struct Reader<G> {
    get: G,
    problems: Vec<Problem>,
    warnings: Vec<String>,
}

impl<G: Fn(&str) -> Option<Value>> Reader<G> {
    fn settings(&mut self, signatures: &[Signature], library: Library) -> Option<Settings> {
        let devin = self.access();
        let notify = self.notify();
        let routes = self.routes();
        let repo = self.text("TARGET_REPO");
        let repos = match repo.as_deref().map(|text| (text, repo_name(text))) {
            Some((_, Some(name))) => vec![name],
            Some((text, None)) => {
                self.wrong("TARGET_REPO", text, "owner/name or https://github.com/owner/name");
                Vec::new()
            }
            None => Vec::new(),
        };
        let max_acu_limit = self.optional_number("MAX_ACU_LIMIT", 1, 1_000_000);
        let defaults = Defaults {
            playbook_id: self.text("DEVIN_PLAYBOOK_ID"),
            repos,
            max_acu_limit,
            post_to: self.text("POSTMORTEM_DESTINATION"),
            dedup_window_seconds: Some(self.number("DEDUP_WINDOW_SECONDS", 3_600, 0, 31_536_000)),
            structured_output: self.switch("STRUCTURED_OUTPUT", true),
        };
        let prompt = prompt::Config {
            target_repo: repo.unwrap_or_default(),
            jira_project: self.text("JIRA_PROJECT").unwrap_or_default(),
            slack_channel: self.text("SLACK_CHANNEL").unwrap_or_default(),
            observability: self.observability(),
            ..Default::default()
        };
        let limits = self.limits(routes.as_ref());
        let retention = DAY.saturating_mul(self.small_number("RETENTION_DAYS", 30, 1, 3_650));
        let wait = Duration::from_secs(self.small_number("WAIT_SECONDS", 10, 0, 60).into());
        let tags = self.switch("TAGS", true);
        let redact_emails = self.switch("REDACT_EMAILS", true);
        if let Some(routes) = &routes {
            self.warnings.extend(routes.warnings());
            self.check_routes(routes, &prompt, &library, signatures);
        }
        self.problems.extend(library.problems(&prompt).into_iter().map(of_file));
        // Only now, so that every problem is found at once.
        let (devin, routes) = (devin?, routes?);
        Some(Settings {
            devin,
            routes,
            defaults,
            prompt,
            library,
            notify,
            limits,
            retention,
            wait,
            tags,
            redact_emails,
        })
    }

    fn limits(&mut self, routes: Option<&Routes>) -> Limits {
        let per_minute = self.small_number("SESSIONS_PER_MINUTE", 10, 1, 10_000);
        let per_day = self.small_number("SESSIONS_PER_DAY", 200, 1, 100_000);
        let reserved = self.small_number("SESSIONS_RESERVED", 0, 0, per_day.saturating_sub(1));
        Limits { per_minute, per_day, reserved, routes: routes.map(Routes::budgets).unwrap_or_default() }
    }

    /// What only the rest of the settings can tell of the routes: whether their templates are in order, and whether
    /// the secrets that they hand on are there.
    fn check_routes(&mut self, routes: &Routes, config: &prompt::Config, library: &Library, signatures: &[Signature]) {
        for (setting, template) in routes.templates() {
            let mistake = if setting.ends_with(".title") {
                let rest = title::fill(template, &Incident::default());
                rest.contains("{{").then(|| TITLE_FIELDS.to_owned())
            } else {
                match library.named_or_inline(template) {
                    None => Some("the name of a file in prompts/, or the text of a template".to_owned()),
                    Some(text) => prompt::check(text, config).err().map(|error| error.to_string()),
                }
            };
            if let Some(expected) = mistake {
                self.wrong(&setting, template, &expected);
            }
        }
        for (setting, name) in routes.session_secrets() {
            let lower = name.to_ascii_lowercase();
            let base = lower.strip_suffix("_previous").unwrap_or(&lower);
            if self.secret(name).is_none() {
                self.missing(&setting, &format!("the Worker secret {name}: npx wrangler secret put {name}"));
            } else if signatures.iter().any(|signature| base == signature.name) {
                self.wrong(&setting, name, "a secret made for sessions; what SIGNATURES checks with stays here");
            }
        }
    }

    fn access(&mut self) -> Option<Access> {
        let base = self.address("DEVIN_API_URL", "https://api.devin.ai");
        let org = self.text("DEVIN_ORG_ID");
        let Some(key) = self.key("DEVIN_API_KEY") else {
            self.missing("DEVIN_API_KEY", "a Devin API key: npx wrangler secret put DEVIN_API_KEY");
            return None;
        };
        let api = if key.expose().starts_with("cog_") {
            let Some(org) = org else {
                self.missing("DEVIN_ORG_ID", "the organisation's id, org-…, which a key that starts cog_ needs");
                return None;
            };
            if !org.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_')) {
                self.wrong("DEVIN_ORG_ID", &org, "an id of letters, digits, - and _, such as org-…");
            }
            Api::V3 { org }
        } else if key.expose().starts_with("apk_") {
            Api::V1
        } else {
            self.wrong_secret("DEVIN_API_KEY", "a key that starts cog_ (API v3) or apk_ (API v1)");
            return None;
        };
        Some(Access { base, api, key })
    }

    /// An address that keys are sent to, without a slash at its end.
    fn address(&mut self, name: &str, default: &str) -> String {
        let base = self.text(name).unwrap_or_else(|| default.to_owned());
        let base = base.trim_end_matches('/').to_owned();
        if !is_safe_address(&base) {
            self.wrong(name, &base, SAFE_ADDRESS);
        }
        base
    }

    /// A variable that is a list, or a text with commas.
    fn texts(&mut self, name: &str) -> Vec<String> {
        let value = (self.get)(name).unwrap_or_default();
        let mut texts = match value {
            Value::Array(items) => items.iter().map(|item| item.as_str().unwrap_or("?").trim().to_owned()).collect(),
            Value::Null => Vec::new(),
            value => value.as_str().unwrap_or("?").split(',').map(|text| text.trim().to_owned()).collect::<Vec<_>>(),
        };
        texts.retain(|text| !text.is_empty());
        texts
    }

    /// The MCPs of `OBSERVABILITY`: Datadog unless it says otherwise, which `none` does too.
    fn observability(&mut self) -> Vec<String> {
        const LONGEST_NAME: usize = 60;
        let mut names = self.texts("OBSERVABILITY");
        let none = names.iter().any(|name| name.eq_ignore_ascii_case("none"));
        let wrong =
            |name: &String| name == "?" || name.chars().count() > LONGEST_NAME || name.contains(char::is_control);
        if none && names.len() > 1 || names.iter().any(wrong) {
            let expected = "the names of MCPs, each at most 60 characters, or \"none\" alone: [\"Datadog\"]";
            self.wrong("OBSERVABILITY", &names.join(", "), expected);
        }
        if none {
            names.clear();
        } else if names.is_empty() {
            names.push("Datadog".to_owned());
        }
        names
    }

    /// The ARNs of `SNS_TOPICS`.
    fn topics(&mut self) -> Vec<String> {
        let topics = self.texts("SNS_TOPICS");
        if let Some(wrong) = topics.iter().find(|topic| !topic.starts_with("arn:aws") || !topic.contains(":sns:")) {
            let wrong = wrong.clone();
            self.wrong(
                "SNS_TOPICS",
                &wrong,
                "the ARNs of topics, arn:aws:sns:<region>:<account>:<name>: a list, or a text with commas",
            );
        }
        topics
    }

    fn routes(&mut self) -> Option<Routes> {
        match Routes::parse(&(self.get)("ROUTES").unwrap_or_default()) {
            Ok(routes) => Some(routes),
            Err(problems) => {
                self.problems.extend(problems);
                None
            }
        }
    }

    /// A variable as text: trimmed, `None` where it is blank.
    fn text(&mut self, name: &str) -> Option<String> {
        let text = match (self.get)(name)? {
            Value::Null => return None,
            Value::String(text) => text,
            value @ (Value::Number(_) | Value::Bool(_)) => value.to_string(),
            value => {
                self.wrong(name, &value.to_string(), "a text");
                return None;
            }
        };
        let text = text.trim();
        (!text.is_empty()).then(|| text.to_owned())
    }

    fn switch(&mut self, name: &str, default: bool) -> bool {
        match self.text(name).map(|text| text.to_ascii_lowercase()).as_deref() {
            None => default,
            Some("on" | "true" | "yes" | "1") => true,
            Some("off" | "false" | "no" | "0") => false,
            Some(other) => {
                self.wrong(name, other, "on or off");
                default
            }
        }
    }

    fn optional_number(&mut self, name: &str, least: u64, most: u64) -> Option<u64> {
        let text = self.text(name)?;
        match text.parse::<u64>() {
            Ok(number) if (least..=most).contains(&number) => Some(number),
            _ => {
                self.wrong(name, &text, &format!("a whole number from {least} to {most}"));
                None
            }
        }
    }

    fn number(&mut self, name: &str, default: u64, least: u64, most: u64) -> u64 {
        self.optional_number(name, least, most).unwrap_or(default)
    }

    fn small_number(&mut self, name: &str, default: u32, least: u32, most: u32) -> u32 {
        let number = self.number(name, u64::from(default), u64::from(least), u64::from(most));
        u32::try_from(number).unwrap_or(default)
    }

    fn wrong(&mut self, name: &str, found: &str, expected: &str) {
        let found = Some(text::clean::line(found, 100));
        self.problems.push(Problem { setting: name.into(), found, expected: expected.into() });
    }

    fn wrong_secret(&mut self, name: &str, expected: &str) {
        let found = Some("(not shown)".to_owned());
        self.problems.push(Problem { setting: name.into(), found, expected: expected.into() });
    }

    fn missing(&mut self, name: &str, expected: &str) {
        self.problems.push(Problem { setting: name.into(), found: None, expected: expected.into() });
    }
}

/// What is wrong with a file of `prompts/`, with its place.
fn of_file(FileProblem { path, error }: FileProblem) -> Problem {
    match error {
        None => Problem { setting: path, found: None, expected: "the file that comes with the bridge".into() },
        Some(TemplateError::Mistake(mistake)) => Problem {
            setting: format!("{path}, line {}, column {}", mistake.line, mistake.column),
            expected: mistake.expectation(),
            found: Some(mistake.found),
        },
        Some(TemplateError::TooLong { length, most }) => Problem {
            setting: path,
            found: Some(format!("{length} characters with its settings")),
            expected: format!("at most {most}, to leave room for the incident"),
        },
    }
}

/// Whether a key may be sent there, or come from there: https, or http to this machine; no user name in it, no query.
fn is_safe_address(base: &str) -> bool {
    let Some((scheme, rest)) = base.split_once("://") else { return false };
    let host = rest.split('/').next().unwrap_or_default();
    let (name, port) = host.split_once(':').map_or((host, None), |(name, port)| (name, Some(port)));
    let trusted = scheme == "https" || (scheme == "http" && matches!(name, "127.0.0.1" | "localhost"));
    let plain = rest.bytes().all(|b| b.is_ascii_graphic()) && !rest.contains(['@', '?', '#', '\\']);
    // What no request can be made to would have every incident wait.
    let is_label =
        |label: &str| !label.is_empty() && label.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_'));
    let is_port = port.is_none_or(|port| port.parse::<u16>().is_ok());
    trusted && plain && host.len() <= 253 && name.split('.').all(is_label) && is_port
}

/// The same of a webhook's whole address, which may have a query.
fn is_safe_webhook(url: &str) -> bool {
    let (base, query) = url.split_once('?').unwrap_or((url, ""));
    is_safe_address(base) && query.bytes().all(|b| b.is_ascii_graphic() && b != b'#')
}

#[cfg(test)]
mod tests;
