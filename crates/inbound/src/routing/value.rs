//! Reading the values of a route: the right type and a sensible size, or what was found and what was expected.

use serde_json::{Map, Value};

use super::pattern::{Pattern, senders, severities};
use crate::config::nearest::nearest;
use crate::config::problem::Problem;
use crate::config::repo::repo_name;
use crate::config::value::{is_own_secret, is_secret_name, kind, show};

/// No list in a route is longer.
const MOST_ITEMS: usize = 100;

/// No table of further fields is longer, in bytes as JSON: it is kept with every incident.
const LONGEST_FIELDS: usize = 8_000;

/// What a text must look like.
#[derive(Clone, Copy)]
pub(super) enum Form {
    /// One line, at most this long.
    Line(usize),
    /// The same, or empty: that switches a default off.
    LineOrEmpty(usize),
    /// One or more lines, at most this long.
    Lines(usize),
    /// A name or id, without spaces.
    Id,
    /// The same, or empty.
    IdOrEmpty,
    /// The id of something secret.
    SecretId,
    /// The name of a secret of this Worker.
    SecretName,
    /// A repository; it becomes `owner/name`.
    Repo,
    /// A text or a pattern that something can fit.
    Pattern,
    /// A pattern that some sender fits.
    Sender,
    /// A pattern that some urgency fits.
    Urgency,
    /// A number or comparison that some severity meets.
    Severity,
}

impl Form {
    /// The value as a text of this form, or what was expected.
    fn read(self, value: &Value) -> Result<String, String> {
        // A number is as good as its text where a number is wanted; 1.0 is how it may look after JavaScript.
        let number = match (self, whole(value)) {
            (Form::Severity, Some(number)) => number.to_string(),
            _ => String::new(),
        };
        let text = value.as_str().unwrap_or(&number);
        let expected = match self {
            Form::LineOrEmpty(_) | Form::IdOrEmpty if value.as_str() == Some("") => return Ok(String::new()),
            Form::Line(most) | Form::LineOrEmpty(most) if !fits(text, most, false) => {
                return Err(format!("a text of one line, 1 to {most} characters"));
            }
            Form::Lines(most) if !fits(text, most, true) => return Err(format!("a text, 1 to {most} characters")),
            Form::Id | Form::IdOrEmpty | Form::SecretId if !fits(text, 200, false) || text.contains(' ') => {
                "an id: a text without spaces"
            }
            Form::SecretName if value.is_object() => {
                "the name of a Worker secret; its value goes into `npx wrangler secret put NAME`, never here"
            }
            Form::SecretName if !is_secret_name(text) => "the name of a Worker secret: capital letters, digits and _",
            Form::SecretName if is_own_secret(text) => "a secret made for sessions; the bridge's own stay here",
            Form::Repo => match repo_name(text) {
                Some(name) => return Ok(name),
                None => "owner/name, or https://github.com/owner/name",
            },
            Form::Pattern | Form::Sender | Form::Urgency if !fits(text, 200, false) => {
                "a text or a pattern with *, or a list of them"
            }
            Form::Pattern | Form::Sender | Form::Urgency if text.trim() != text => "a text without spaces around it",
            Form::Sender if senders(text).is_empty() => return Err(one_of(text, &senders("*"))),
            Form::Urgency if !can_be(text, "high") && !can_be(text, "low") => {
                return Err(one_of(text, &["high", "low"]));
            }
            Form::Severity if severities(text).is_empty() => {
                r#"0 (critical) to 4 (verbose): a number, a list of numbers, or a comparison such as "<=1" in quotes"#
            }
            _ => return Ok(text.to_owned()),
        };
        Err(expected.to_owned())
    }
}

/// Reads one setting's value and notes what is wrong with it.
pub(super) struct Reader<'a> {
    /// The setting's full name, such as `ROUTES[2].severity`.
    pub(super) setting: String,
    /// Where problems go.
    pub(super) problems: &'a mut Vec<Problem>,
}

impl Reader<'_> {
    /// Notes a problem.
    pub(super) fn wrong(&mut self, found: String, expected: &str) {
        note(self.problems, self.setting.clone(), Some(found), expected);
    }

    /// `true` or `false`.
    pub(super) fn yes_no(&mut self, value: &Value) -> Option<bool> {
        let yes = value.as_bool();
        if yes.is_none() {
            self.wrong(show(value), "true or false, without quotes");
        }
        yes
    }

    /// A whole number from 1 to `most`.
    pub(super) fn count(&mut self, value: &Value, most: u64) -> Option<u64> {
        let number = whole(value).filter(|number| (1..=most).contains(number));
        if number.is_none() {
            self.wrong(show(value), &format!("a whole number from 1 to {most}, without quotes"));
        }
        number
    }

    /// One of a few names.
    pub(super) fn choice<'a>(&mut self, value: &'a Value, names: &[&str]) -> Option<&'a str> {
        let text = value.as_str().unwrap_or_default();
        if names.contains(&text) {
            return Some(text);
        }
        self.wrong(show(value), &one_of(text, names));
        None
    }

    /// One of a few names, or a list of them.
    pub(super) fn choices<'a>(&mut self, value: &'a Value, names: &[&str]) -> Vec<&'a str> {
        match value {
            Value::Array(items) => items.iter().filter_map(|item| self.choice(item, names)).collect(),
            value => self.choice(value, names).into_iter().collect(),
        }
    }

    /// A table of further fields, none of them among `ours`.
    pub(super) fn fields(&mut self, value: &Value, ours: &[&str]) -> Map<String, Value> {
        let Value::Object(fields) = value else {
            self.wrong(show(value), "a table of further fields: { platform = \"windows\" }");
            return Map::new();
        };
        if value.to_string().len() > LONGEST_FIELDS {
            self.wrong(kind(value), &format!("at most {LONGEST_FIELDS} bytes as JSON"));
            return Map::new();
        }
        for name in fields.keys().filter(|name| ours.contains(&name.as_str())) {
            let setting = format!("{}.{name}", self.setting);
            let expected = "none of the fields that the bridge or another setting of the route fills in";
            Reader { setting, problems: self.problems }.wrong(name.clone(), expected);
        }
        fields.clone()
    }

    /// One text.
    pub(super) fn text(&mut self, value: &Value, form: Form) -> Option<String> {
        match form.read(value) {
            Ok(text) => Some(text),
            Err(expected) => {
                let hidden = matches!(form, Form::SecretId | Form::SecretName);
                self.wrong(if hidden { kind(value) } else { show(value) }, &expected);
                None
            }
        }
    }

    /// One text or a list of them; `None` where one is wrong, and then each that is has been noted.
    pub(super) fn texts(&mut self, value: &Value, form: Form) -> Option<Vec<String>> {
        let Value::Array(items) = value else { return Some(vec![self.text(value, form)?]) };
        if items.len() > MOST_ITEMS {
            self.wrong(kind(value), &format!("at most {MOST_ITEMS} items"));
            return None;
        }
        let mut texts = Vec::with_capacity(items.len());
        for (n, item) in items.iter().enumerate() {
            let setting = format!("{}[{}]", self.setting, n + 1);
            texts.extend(Reader { setting, problems: self.problems }.text(item, form));
        }
        (texts.len() == items.len()).then_some(texts)
    }
}

/// Adds a problem, and how positions are counted.
pub(super) fn note(problems: &mut Vec<Problem>, setting: String, found: Option<String>, expected: &str) {
    let expected = [expected, " (ROUTES[1] is the first route)"].concat();
    problems.push(Problem { setting, found, expected });
}

/// A number without a fraction. Numbers that came through JavaScript may look like 3.0.
fn whole(value: &Value) -> Option<u64> {
    let float = || value.as_f64().filter(|n| (0.0..=1e15).contains(n) && n.fract() == 0.0);
    value.as_u64().or_else(|| float().map(|n| n as u64))
}

fn fits(text: &str, most: usize, lines: bool) -> bool {
    for (n, c) in text.chars().enumerate() {
        if n == most || (c.is_control() && !lines) {
            return false;
        }
    }
    !text.trim().is_empty()
}

fn can_be(pattern: &str, text: &str) -> bool {
    Pattern::whole(pattern).matches(text)
}

/// Lists the names that exist, and the one that was probably meant.
fn one_of(text: &str, names: &[&str]) -> String {
    let mut expected = String::new();
    for name in names {
        expected.push_str(if expected.is_empty() { "\"" } else { " or \"" });
        expected.push_str(name);
        expected.push('"');
    }
    if let Some(name) = nearest(text, names) {
        expected.push_str("; did you mean \"");
        expected.push_str(name);
        expected.push_str("\"?");
    }
    expected
}
