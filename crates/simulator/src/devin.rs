//! Devin, and those who are notified, as they behave: sessions that lists show late, replies that are lost before and
//! after the fact, outages, rate limits, sessions that end and that take no more messages.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use serde_json::{Value, json};

use incident::time::Time;
use outbound::http::{Answer, Call};

/// A session.
#[derive(Clone, Debug)]
pub struct Session {
    /// `devin-…`.
    pub id: String,
    /// What it is found again by.
    pub tags: Vec<String>,
    /// When it was created.
    pub created: Time,
    /// From when lists show it.
    pub listed: Time,
    /// When it has done its work.
    pub ends: Time,
    /// Whether it takes no more messages.
    pub gone: bool,
    /// What it was told.
    pub messages: Vec<String>,
    /// The alerts of a group that were named to it: see [`SYMPTOM`].
    pub named: BTreeSet<String>,
}

/// What the names of a group's alerts begin with.
pub const SYMPTOM: &str = "symptom-";

fn symptoms(text: &str) -> impl Iterator<Item = String> + '_ {
    let word =
        |text: &str| text.split(|c: char| !c.is_ascii_alphanumeric() && c != '-').next().unwrap_or_default().to_owned();
    text.match_indices(SYMPTOM).filter_map(move |(at, _)| text.get(at..).map(word))
}

/// What is there.
#[derive(Default)]
pub struct Devin {
    /// Every session ever, in the order of their creation.
    pub sessions: Vec<Session>,
    by_tag: BTreeMap<String, Vec<usize>>,
    /// The notes of each incident at its sender.
    pub notes: BTreeMap<String, Vec<String>>,
    /// Messages to the chat.
    pub posts: u64,
}

/// How an answer comes about.
pub struct Fate {
    /// From when lists show a session that is created now.
    pub listed: Time,
    /// When such a session ends.
    pub lasts: Duration,
    /// Whether the session that a message is for has just gone.
    pub gone: bool,
}

/// An answer with this status and body.
pub fn answer(status: u16, body: &Value) -> Answer {
    Answer { status, retry_after: None, body: body.to_string(), whole: true }
}

impl Devin {
    /// The sessions with this tag.
    pub fn tagged(&self, tag: &str) -> Vec<&Session> {
        self.by_tag.get(tag).into_iter().flatten().filter_map(|at| self.sessions.get(*at)).collect()
    }

    /// Does what is asked.
    pub fn act(&mut self, call: &Call, fate: &Fate, now: Time) -> Answer {
        let path = call.url.split_once('?').map_or(call.url.as_str(), |(path, _)| path);
        let path = path.split_once("/sessions").map_or("", |(_, rest)| rest);
        let query = call.url.split_once('?').map_or("", |(_, query)| query);
        match (call.method, path.trim_start_matches('/').split_once('/')) {
            ("POST", None) if path.is_empty() => self.create(call.body.as_ref().unwrap_or(&Value::Null), fate, now),
            ("GET", None) if path.is_empty() => self.list(query, now),
            ("POST", Some((id, _))) => self.message(id, call.body.as_ref().unwrap_or(&Value::Null), fate),
            ("GET", Some((id, _))) => self.messages(id),
            ("GET", None) => match self.of(path.trim_start_matches('/')) {
                Some(session) => answer(200, &shown(session, now)),
                None => answer(404, &json!({"detail": "no such session"})),
            },
            _ => answer(405, &Value::Null),
        }
    }

    fn of(&mut self, id: &str) -> Option<&mut Session> {
        let at: usize = id.strip_prefix("devin-")?.parse().ok()?;
        self.sessions.get_mut(at)
    }

    fn create(&mut self, body: &Value, fate: &Fate, now: Time) -> Answer {
        let id = format!("devin-{}", self.sessions.len());
        let tags: Vec<String> =
            body["tags"].as_array().into_iter().flatten().filter_map(Value::as_str).map(str::to_owned).collect();
        for tag in &tags {
            self.by_tag.entry(tag.clone()).or_default().push(self.sessions.len());
        }
        let url = format!("https://app.devin.ai/sessions/{id}");
        self.sessions.push(Session {
            id: id.clone(),
            tags,
            created: now,
            listed: fate.listed,
            ends: now.plus(fate.lasts),
            gone: false,
            messages: Vec::new(),
            named: symptoms(body["prompt"].as_str().unwrap_or_default()).collect(),
        });
        answer(200, &json!({"session_id": id, "url": url, "status": "new"}))
    }

    fn list(&self, query: &str, now: Time) -> Answer {
        let wanted =
            |name: &str| query.split('&').filter_map(|pair| pair.split_once('=')).find(|(key, _)| *key == name);
        let asked: Vec<&str> = query.split('&').filter_map(|pair| pair.strip_prefix("session_ids=")).collect();
        if !asked.is_empty() {
            let known =
                asked.iter().filter_map(|id| self.sessions.get(id.strip_prefix("devin-")?.parse::<usize>().ok()?));
            let items: Vec<Value> = known.map(|session| shown(session, now)).collect();
            return answer(200, &json!({"items": items, "has_next_page": false}));
        }
        let tag = wanted("tags").map(|(_, tag)| tag.replace("%3A", ":")).unwrap_or_default();
        let items: Vec<Value> = self
            .tagged(&tag)
            .into_iter()
            .filter(|session| session.listed <= now)
            .map(|session| shown(session, now))
            .collect();
        answer(200, &json!({"items": items, "has_next_page": false}))
    }

    fn message(&mut self, id: &str, body: &Value, fate: &Fate) -> Answer {
        let text = body["message"].as_str().unwrap_or_default().to_owned();
        match self.of(id) {
            Some(session) if session.gone || fate.gone => {
                session.gone = true;
                answer(404, &json!({"detail": "the session is archived"}))
            }
            Some(session) => {
                session.named.extend(symptoms(&text));
                session.messages.push(text);
                answer(200, &json!({}))
            }
            None => answer(404, &json!({"detail": "no such session"})),
        }
    }

    fn messages(&mut self, id: &str) -> Answer {
        let messages = self.of(id).map(|session| session.messages.clone()).unwrap_or_default();
        let items: Vec<Value> = messages.into_iter().map(|message| json!({"message": message})).collect();
        answer(200, &json!({"items": items, "has_next_page": false}))
    }

    /// What those who are notified do.
    pub fn notify(&mut self, call: &Call) -> Answer {
        let Some((_, incident)) = call.url.split_once("/incidents/") else {
            self.posts += 1;
            return answer(200, &json!({}));
        };
        let notes = self.notes.entry(incident.to_owned()).or_default();
        if call.method == "POST" {
            let content = call.body.as_ref().and_then(|body| body["note"]["content"].as_str()).unwrap_or_default();
            notes.push(content.to_owned());
            return answer(201, &json!({}));
        }
        let notes: Vec<Value> = notes.iter().map(|note| json!({"content": note})).collect();
        answer(200, &json!({"notes": notes}))
    }
}

fn shown(session: &Session, now: Time) -> Value {
    let status = if now >= session.ends { "exit" } else { "running" };
    json!({"session_id": session.id, "tags": session.tags, "status": status, "url": ""})
}
