//! `SIGNATURES` → the signatures that hooks take, or everything that is wrong with them.

use serde_json::{Map, Value};

use super::attempt::Rotating;
use super::signature::{Encoding, Scheme, Signature, Timestamp};
use crate::config::nearest::nearest;
use crate::config::problem::{Problem, tables};
use crate::config::value::{is_own_secret, is_secret_name, kind, show};
use crate::endpoint::Endpoint;
use incident::secret::Secret;
use text::clean::line;

/// No setting has more: each costs its hooks an HMAC over every body.
const MOST: usize = 20;

const FIELDS: [&str; 9] =
    ["hooks", "scheme", "header", "encoding", "prefix", "timestamp_header", "timestamp_prefix", "signed", "secret"];

/// What `/api/trigger-devin` is called among the hooks.
const ANY: &str = "trigger-devin";

/// Reads the whole variable; `hooks` are those under `/hooks/` with their names, and `secret` gives a Worker secret by its name. What can't be read is left out and noted.
pub fn signatures(
    value: &Value,
    hooks: &[(String, Endpoint)],
    secret: &mut dyn FnMut(&str) -> Option<Secret>,
    problems: &mut Vec<Problem>,
) -> Vec<Signature> {
    let mut signatures = Vec::new();
    match tables("SIGNATURES", "signatures", value) {
        Err(problem) => problems.push(problem),
        Ok(items) if items.len() > MOST => problems.push(Problem {
            setting: "SIGNATURES".to_owned(),
            found: Some(kind(&Value::Array(items))),
            expected: format!("at most {MOST} signatures"),
        }),
        Ok(items) => {
            for (n, item) in items.iter().enumerate() {
                let empty = Map::new();
                let fields = item.as_object().unwrap_or(&empty);
                let mut reading =
                    Reading { position: format!("SIGNATURES[{}]", n + 1), fields, known: hooks, problems };
                if item.is_object() {
                    reading.signature(secret, &mut signatures);
                } else {
                    reading.note(String::new(), Some(show(item)), "a table with hooks, scheme and secret");
                }
            }
        }
    }
    signatures
}

/// A signature that is being read.
struct Reading<'a> {
    position: String,
    fields: &'a Map<String, Value>,
    known: &'a [(String, Endpoint)],
    problems: &'a mut Vec<Problem>,
}

impl<'a> Reading<'a> {
    fn signature(&mut self, secret: &mut dyn FnMut(&str) -> Option<Secret>, signatures: &mut Vec<Signature>) {
        let problems = self.problems.len();
        for (field, value) in self.fields {
            if !FIELDS.contains(&field.as_str()) {
                let found = Some(kind(value));
                let expected = format!("one of {}{}", FIELDS.join(", "), meant(field, &FIELDS));
                self.note(format!(".{}", line(field, 80)), found, &expected);
            }
        }
        let hooks = self.hooks();
        let schemes = match self.choice("scheme", &["hmac", "standard-webhooks"]) {
            Some("hmac") => self.hmac().into_iter().collect(),
            Some(_) => self.standard_webhooks(),
            None => Vec::new(),
        };
        let Some(name) = self.secret_name() else { return };
        let secrets = Rotating { current: secret(name), previous: secret(&format!("{name}_PREVIOUS")) };
        if secrets.current.is_none() {
            let expected = format!("the Worker secret {name}: npx wrangler secret put {name}");
            self.note(".secret".to_owned(), None, &expected);
        }
        for (name, secret) in [(name.to_owned(), &secrets.current), (format!("{name}_PREVIOUS"), &secrets.previous)] {
            if let (Some(scheme), Some(secret)) = (schemes.first(), secret)
                && scheme.key(secret).is_none()
            {
                let expected = format!("a secret {name} as Standard Webhooks has it: whsec_ and base64");
                self.note(".secret".to_owned(), Some("(not shown)".to_owned()), &expected);
            }
        }
        if self.problems.len() == problems {
            let name = name.to_ascii_lowercase();
            for scheme in schemes {
                let (name, hooks, secrets) = (name.clone(), hooks.clone(), secrets.clone());
                signatures.push(Signature { name, hooks, scheme, secrets });
            }
        }
    }

    fn hooks(&mut self) -> Vec<Endpoint> {
        let mut names = vec![ANY.to_owned()];
        names.extend(self.known.iter().map(|(name, _)| name.clone()));
        let names: Vec<&str> = names.iter().map(String::as_str).collect();
        let expected = |found: &str| format!("one of {}, or a list of them{}", names.join(", "), meant(found, &names));
        let values = match self.fields.get("hooks") {
            Some(Value::Array(values)) if !values.is_empty() => values.as_slice(),
            Some(value @ Value::String(_)) => std::slice::from_ref(value),
            _ => {
                self.wrong("hooks", &expected(""));
                return Vec::new();
            }
        };
        let mut hooks = Vec::new();
        for value in values {
            let name = value.as_str().unwrap_or_default();
            let known = || self.known.iter().find(|(known, _)| known == name).map(|(_, hook)| *hook);
            let hook = if name == ANY { Some(Endpoint::Any) } else { known() };
            match hook {
                Some(hook) => hooks.push(hook),
                None => self.note(".hooks".to_owned(), Some(show(value)), &expected(name)),
            }
        }
        hooks
    }

    /// A signature with a header of its own naming.
    fn hmac(&mut self) -> Option<Scheme> {
        let header = self.header("header");
        if !self.fields.contains_key("header") {
            self.wrong("header", "the name of the header that has the signature");
        }
        let encoding = match self.fields.contains_key("encoding").then(|| self.choice("encoding", &["hex", "base64"])) {
            Some(Some("base64")) => Encoding::Base64,
            _ => Encoding::Hex,
        };
        let prefix = self.prefix("prefix").unwrap_or_default();
        let timestamp = match (self.header("timestamp_header"), self.prefix("timestamp_prefix")) {
            (None, None) => None,
            (None, Some(prefix)) => Some(Timestamp::Prefix(prefix.to_owned())),
            (Some(header), prefix) => {
                if prefix.is_some() {
                    self.wrong("timestamp_prefix", "nothing beside timestamp_header: the time is in one place");
                }
                Some(Timestamp::Header(header.to_owned()))
            }
        };
        let (before, after) = self.signed(timestamp.is_some())?;
        Some(Scheme {
            header: header?.to_owned(),
            separator: ',',
            prefix: prefix.to_owned(),
            encoding,
            timestamp,
            id_header: None,
            before,
            after,
            decoded_key: false,
        })
    }

    /// Standard Webhooks, with the headers of the specification and with those that Svix gives it.
    fn standard_webhooks(&mut self) -> Vec<Scheme> {
        for field in FIELDS {
            if self.fields.contains_key(field) && !matches!(field, "hooks" | "scheme" | "secret") {
                self.wrong(field, "nothing: scheme = \"standard-webhooks\" says it all");
            }
        }
        vec![Scheme::standard_webhooks("webhook"), Scheme::standard_webhooks("svix")]
    }

    /// What is signed before the body and after it.
    fn signed(&mut self, timed: bool) -> Option<(String, String)> {
        let text = match self.fields.get("signed") {
            None if !timed => "{body}",
            value => value.and_then(Value::as_str).unwrap_or_default(),
        };
        let (before, after) = text.split_once("{body}").unwrap_or_default();
        let fixed = [before, after].concat();
        let times = fixed.matches("{timestamp}").count();
        if !text.contains("{body}")
            || fixed.replace("{timestamp}", "").contains(['{', '}'])
            || times != usize::from(timed)
        {
            let expected = if timed {
                "what is signed, with {timestamp} and {body} once each, such as \"{timestamp}:{body}\""
            } else {
                "what is signed, with {body} once; for {timestamp} say where it is: timestamp_header or timestamp_prefix"
            };
            self.wrong("signed", expected);
            return None;
        }
        Some((before.to_owned(), after.to_owned()))
    }

    fn secret_name(&mut self) -> Option<&'a str> {
        let name = self.fields.get("secret").and_then(Value::as_str).unwrap_or_default();
        // Otherwise it would be what another one was signed with before.
        if is_secret_name(name) && !is_own_secret(name) && !name.ends_with("_PREVIOUS") {
            return Some(name);
        }
        let found = self.fields.get("secret").map(kind);
        let expected = "the name of a Worker secret of its own, in capital letters, digits and _, without _PREVIOUS at its end; its value goes into \
                        `npx wrangler secret put NAME`, never here";
        self.note(".secret".to_owned(), found, expected);
        None
    }

    fn choice(&mut self, field: &str, names: &[&str]) -> Option<&'a str> {
        let text = self.fields.get(field).and_then(Value::as_str).unwrap_or_default();
        if names.contains(&text) {
            return Some(text);
        }
        self.wrong(field, &format!("\"{}\"{}", names.join("\" or \""), meant(text, names)));
        None
    }

    /// The name of a header, where there is one.
    fn header(&mut self, field: &str) -> Option<&'a str> {
        let fits = |text: &str| text.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_'));
        self.text(field, &fits, "the name of a header: letters, digits, - and _")
    }

    /// What stands before a part of the signature's header, where there is something.
    fn prefix(&mut self, field: &str) -> Option<&'a str> {
        let fits = |text: &str| text.bytes().all(|b| b.is_ascii_graphic() && b != b',');
        self.text(field, &fits, "a text without spaces and commas, such as \"v1=\"")
    }

    fn text(&mut self, field: &str, fits: &dyn Fn(&str) -> bool, expected: &str) -> Option<&'a str> {
        let text = self.fields.get(field)?.as_str().unwrap_or_default();
        if (1..=100).contains(&text.len()) && fits(text) {
            return Some(text);
        }
        self.wrong(field, expected);
        None
    }

    fn wrong(&mut self, field: &str, expected: &str) {
        let found = self.fields.get(field).map(show);
        self.note(format!(".{field}"), found, expected);
    }

    fn note(&mut self, field: String, found: Option<String>, expected: &str) {
        let setting = [self.position.as_str(), &field].concat();
        let expected = [expected, " (SIGNATURES[1] is the first)"].concat();
        self.problems.push(Problem { setting, found, expected });
    }
}

/// The name that was probably meant.
fn meant(found: &str, names: &[&str]) -> String {
    nearest(found, names).map(|name| format!("; did you mean {name}?")).unwrap_or_default()
}

#[cfg(test)]
mod tests;
