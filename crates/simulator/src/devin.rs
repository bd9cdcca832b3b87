//! Devin as it behaves, by both versions of its API: sessions that lists show late, that end in several ways, open pull
//! requests after their end, take no more messages, or stop because nobody pays. v1 makes no second session of the same
//! prompt.

use std::collections::{BTreeMap, BTreeSet};
use std::hash::{DefaultHasher, Hash, Hasher};
use std::time::Duration;

use serde::Serialize;
use serde_json::{Value, json};

use incident::time::{MINUTE, Time};
use outbound::devin::call::Api;
use outbound::http::{Answer, Call};

/// A session.
#[derive(Clone, Debug)]
pub struct Session {
    /// `devin-…`.
    pub id: String,
    /// What it is called.
    pub title: String,
    /// What it is found again by.
    pub tags: Vec<String>,
    /// When it was created.
    pub created: Time,
    /// From when lists show it.
    pub listed: Time,
    /// When it has done its work.
    pub ends: Time,
    /// How it ends then.
    pub end: usize,
    /// When it opens a pull request, where it does so after its end.
    pub opens: Option<Time>,
    /// Whether somebody can pay for it.
    pub paid: bool,
    /// Whether it takes no more messages.
    pub gone: bool,
    /// Whether it was put away.
    pub archived: bool,
    /// What it was told.
    pub messages: Vec<String>,
    /// The alerts of a group that were named to it: see [`SYMPTOM`].
    pub named: BTreeSet<String>,
}

/// What the names of a group's alerts begin with.
pub const SYMPTOM: &str = "symptom-";
/// Entries on a page of a list.
const PAGE: usize = 100;
/// How a session ends: status and detail of v3, status of v1.
const ENDS: [(&str, &str, &str); 4] = [
    ("exit", "", "expired"),
    ("running", "finished", "finished"),
    ("running", "waiting_for_user", "blocked"),
    ("suspended", "inactivity", "finished"),
];

fn symptoms(text: &str) -> impl Iterator<Item = String> + '_ {
    let word =
        |text: &str| text.split(|c: char| !c.is_ascii_alphanumeric() && c != '-').next().unwrap_or_default().to_owned();
    text.match_indices(SYMPTOM).filter_map(move |(at, _)| text.get(at..).map(word))
}

/// What is there.
pub struct Devin {
    /// The version of its API that is spoken.
    pub(crate) api: Api,
    /// Every session ever, in the order of their creation.
    pub sessions: Vec<Session>,
    by_tag: BTreeMap<String, Vec<usize>>,
    by_prompt: BTreeMap<u64, usize>,
    /// The sessions of each incident, by its key.
    of_key: BTreeMap<String, Vec<usize>>,
}

/// What becomes of a call.
pub struct Fate {
    /// From when lists show a session that is created now.
    pub listed: Time,
    /// How long such a session works, or one that gets a message.
    pub lasts: Duration,
    /// Whether the session that a message is for has just gone.
    pub gone: bool,
    /// How it ends: one of `ENDS`.
    pub ends: usize,
    /// How long after its end it opens a pull request.
    pub opens_late: Option<Duration>,
    /// Whether the account can pay for it.
    pub paid: bool,
}

/// An answer with this status and body.
pub fn answer(status: u16, body: &impl Serialize) -> Answer {
    Answer { status, retry_after: None, body: serde_json::to_string(body).unwrap(), whole: true }
}

/// A session as a list shows it; it is written a million times a year.
#[derive(Serialize)]
struct Shown<'a> {
    session_id: &'a str,
    title: &'a str,
    tags: &'a [String],
    status: &'static str,
    structured_output: Option<Value>,
    #[serde(flatten)]
    version: Version<'a>,
}

/// What the versions of the API show differently.
#[derive(Serialize)]
#[serde(untagged)]
enum Version<'a> {
    V3 {
        url: String,
        status_detail: &'static str,
        acus_consumed: f64,
        pull_requests: Vec<PullRequest>,
    },
    V1 {
        status_enum: &'static str,
        pull_request: Option<PullRequest>,
        #[serde(skip_serializing_if = "Option::is_none")]
        messages: Option<Vec<Said<'a>>>,
    },
}

/// A page of a list.
#[derive(Serialize)]
#[serde(untagged)]
enum Listed<'a> {
    V3 { items: Vec<Shown<'a>>, has_next_page: bool, end_cursor: String },
    V1 { sessions: Vec<Shown<'a>> },
}

/// A pull request; v1 gives its address alone.
#[derive(Serialize)]
struct PullRequest {
    #[serde(skip_serializing_if = "Option::is_none")]
    url: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pr_url: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pr_state: Option<&'static str>,
}

/// A message in the conversation of v1.
#[derive(Serialize)]
struct Said<'a> {
    r#type: &'static str,
    message: &'a str,
}

fn hash(text: &str) -> u64 {
    let mut hasher = DefaultHasher::new();
    text.hash(&mut hasher);
    hasher.finish()
}

impl Devin {
    /// Devin without a session.
    pub fn new(api: Api) -> Devin {
        Devin {
            api,
            sessions: Vec::new(),
            by_tag: BTreeMap::new(),
            by_prompt: BTreeMap::new(),
            of_key: BTreeMap::new(),
        }
    }

    /// The sessions with this tag.
    pub fn tagged(&self, tag: &str) -> Vec<&Session> {
        self.by_tag.get(tag).into_iter().flatten().filter_map(|at| self.sessions.get(*at)).collect()
    }

    /// The sessions that an incident has had, whichever attempt.
    pub fn of_key(&self, key: &str) -> impl Iterator<Item = &Session> {
        self.of_key.get(key).into_iter().flatten().filter_map(|at| self.sessions.get(*at))
    }

    /// The session with this id.
    pub fn session(&self, id: &str) -> Option<&Session> {
        self.sessions.get(id.strip_prefix("devin-")?.parse::<usize>().ok()?)
    }

    /// Does what is asked.
    pub fn act(&mut self, call: &Call, fate: &Fate, now: Time) -> Answer {
        let (path, query) = call.url.split_once('?').unwrap_or((call.url.as_str(), ""));
        let path = path.split_once("/sessions").map_or("", |(_, rest)| rest).trim_start_matches('/');
        let body = call.body.as_ref().unwrap_or(&Value::Null);
        match (call.method, path.split_once('/')) {
            ("POST", None) if path.is_empty() => self.create(body, fate, now),
            ("GET", None) if path.is_empty() => self.list(query, now),
            ("POST", Some((id, "archive"))) => self.close(id),
            ("DELETE", None) => self.close(path),
            ("POST", Some((id, _))) => self.message(id, body, fate, now),
            ("GET", Some((id, _))) => self.messages(id, query),
            ("GET", None) => match self.session(path) {
                Some(session) => answer(200, &self.shown_alone(session, now)),
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
        let text = |name: &str| body[name].as_str().unwrap_or_default().to_owned();
        let prompt = hash(&text("prompt"));
        if body["idempotent"] == true
            && let Some(at) = self.by_prompt.get(&prompt)
        {
            let id = format!("devin-{at}");
            return answer(200, &json!({"session_id": id, "url": url(&id), "is_new_session": false}));
        }
        let id = format!("devin-{}", self.sessions.len());
        let tags: Vec<String> =
            body["tags"].as_array().into_iter().flatten().filter_map(Value::as_str).map(str::to_owned).collect();
        for tag in &tags {
            self.by_tag.entry(tag.clone()).or_default().push(self.sessions.len());
            if let Some(name) = tag.strip_prefix("incident:") {
                let key = name.split_once('.').map_or(name, |(key, _)| key);
                self.of_key.entry(key.to_owned()).or_default().push(self.sessions.len());
            }
        }
        self.by_prompt.insert(prompt, self.sessions.len());
        let ends = now.plus(fate.lasts);
        self.sessions.push(Session {
            id: id.clone(),
            title: text("title"),
            tags,
            created: now,
            listed: fate.listed,
            ends,
            end: fate.ends,
            opens: fate.opens_late.map(|late| ends.plus(late)),
            paid: fate.paid,
            gone: false,
            archived: false,
            messages: Vec::new(),
            named: symptoms(&text("prompt")).collect(),
        });
        match self.api {
            Api::V1 => answer(200, &json!({"session_id": id, "url": url(&id), "is_new_session": true})),
            Api::V3 { .. } => answer(200, &json!({"session_id": id, "url": url(&id), "status": "new"})),
        }
    }

    fn list(&self, query: &str, now: Time) -> Answer {
        let pairs = || query.split('&').filter_map(|pair| pair.split_once('='));
        let wanted = |name: &str| pairs().find(|(key, _)| *key == name).map(|(_, value)| value.replace("%3A", ":"));
        let number = |name: &str| wanted(name).and_then(|value| value.parse::<i64>().ok());
        let ids: Vec<&str> = pairs().filter(|(key, _)| *key == "session_ids").map(|(_, id)| id).collect();
        let since = number("created_after").unwrap_or_default();
        let shown = |session: &&Session| {
            session.listed <= now && session.created.0 / 1_000 >= since && !(session.archived && since > 0)
        };
        let from =
            usize::try_from(number("offset").or_else(|| number("after")).unwrap_or_default()).unwrap_or_default();
        let sessions: Vec<&Session> = match wanted("tags") {
            _ if !ids.is_empty() => ids.into_iter().filter_map(|id| self.session(id)).collect(),
            Some(tag) => self.tagged(&tag).into_iter().filter(shown).skip(from).take(PAGE + 1).collect(),
            None => {
                let recent = self.sessions.iter().rev().take_while(|session| session.created.0 / 1_000 >= since);
                recent.filter(shown).skip(from).take(PAGE + 1).collect()
            }
        };
        let more = sessions.len() > PAGE;
        let items = sessions.into_iter().take(PAGE).map(|session| self.shown(session, now)).collect();
        match self.api {
            Api::V1 => answer(200, &Listed::V1 { sessions: items }),
            Api::V3 { .. } => {
                let end_cursor = (from + PAGE).to_string();
                answer(200, &Listed::V3 { items, has_next_page: more, end_cursor })
            }
        }
    }

    fn close(&mut self, id: &str) -> Answer {
        match self.of(id) {
            Some(session) => {
                (session.archived, session.gone) = (true, true);
                answer(200, &json!({}))
            }
            None => answer(404, &json!({"detail": "no such session"})),
        }
    }

    fn message(&mut self, id: &str, body: &Value, fate: &Fate, now: Time) -> Answer {
        let text = body["message"].as_str().unwrap_or_default().to_owned();
        match self.of(id) {
            Some(session) if session.gone || fate.gone => {
                session.gone = true;
                answer(404, &json!({"detail": "the session is archived"}))
            }
            Some(session) => {
                session.named.extend(symptoms(&text));
                session.messages.push(text);
                // What is over for good reads it and does no more.
                if session.end > 0 {
                    session.ends = session.ends.max(now.plus(fate.lasts));
                }
                answer(200, &Value::Null)
            }
            None => answer(404, &json!({"detail": "no such session"})),
        }
    }

    fn messages(&self, id: &str, query: &str) -> Answer {
        let messages = self.session(id).map_or(&[][..], |session| &session.messages);
        let from = query.split('&').find_map(|pair| pair.strip_prefix("after=")?.parse().ok()).unwrap_or(0);
        let items: Vec<Value> = messages
            .iter()
            .skip(from)
            .take(PAGE)
            .map(|message| json!({"message": message, "source": "user"}))
            .collect();
        let more = messages.len() > from + PAGE;
        answer(200, &json!({"items": items, "has_next_page": more, "end_cursor": (from + PAGE).to_string()}))
    }

    /// A session that is asked for: v1 adds the conversation.
    fn shown_alone<'a>(&self, session: &'a Session, now: Time) -> Shown<'a> {
        let mut shown = self.shown(session, now);
        if let Version::V1 { messages, .. } = &mut shown.version {
            let said = session.messages.iter().map(|message| Said { r#type: "user_message", message });
            *messages = Some(said.collect());
        }
        shown
    }

    fn shown<'a>(&self, session: &'a Session, now: Time) -> Shown<'a> {
        let ended = now >= session.ends;
        let (status, detail, v1) = match ENDS[session.end] {
            _ if !session.paid && now >= session.created.plus(MINUTE) => ("suspended", "out_of_credits", "working"),
            end if ended => end,
            _ => ("running", "working", "working"),
        };
        let opened =
            session.opens.is_some_and(|at| now >= at).then(|| format!("https://github.com/o/r/pull/{}", session.id));
        let output = (ended && session.end == 2).then(|| json!({"summary": "The pool was exhausted."}));
        let (status, version) = match self.api {
            Api::V3 { .. } => {
                let request = |page| PullRequest { url: None, pr_url: Some(page), pr_state: Some("open") };
                let pull_requests = opened.map(request).into_iter().collect();
                (
                    status,
                    Version::V3 { url: url(&session.id), status_detail: detail, acus_consumed: 1.5, pull_requests },
                )
            }
            Api::V1 => {
                let request = |page| PullRequest { url: Some(page), pr_url: None, pr_state: None };
                ("running", Version::V1 { status_enum: v1, pull_request: opened.map(request), messages: None })
            }
        };
        let (title, tags) = (session.title.as_str(), session.tags.as_slice());
        Shown { session_id: &session.id, title, tags, status, structured_output: output, version }
    }
}

fn url(id: &str) -> String {
    format!("https://app.devin.ai/sessions/{}", id.trim_start_matches("devin-"))
}
