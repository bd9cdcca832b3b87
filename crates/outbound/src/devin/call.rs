//! The requests the bridge makes of Devin, as values: v3 for `cog_` keys, v1 for `apk_` keys.
//!
//! Sources: <https://docs.devin.ai/api-reference/overview>, the v3 OpenAPI document
//! <https://docs.devin.ai/v3-openapi.yaml>, and the pages under <https://docs.devin.ai/api-reference/v1/sessions>.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

use crate::http::{Call, escape};
use incident::plan::WhenDone;
use incident::secret::Secret;
use incident::time::Time;

/// Where Devin is and as whom the bridge speaks.
#[derive(Clone, Debug, PartialEq)]
pub struct Access {
    /// `https://api.devin.ai`, without a slash at the end.
    pub base: String,
    /// Which API the key is for.
    pub api: Api,
    /// The key.
    pub key: Secret,
}

/// The version of Devin's API.
#[derive(Clone, Debug, PartialEq)]
pub enum Api {
    /// The legacy API, for keys that start `apk_`.
    V1,
    /// The current API, for keys that start `cog_`.
    V3 {
        /// The organisation whose sessions they are.
        org: String,
    },
}

/// A session to be started. Stored before the first attempt and sent the same on every attempt: v1 recognises a
/// repeat by its prompt. Holds names of secrets, never their values.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct SessionRequest {
    /// What Devin is asked to do; under 30,000 characters.
    pub prompt: String,
    /// The session's title.
    pub title: String,
    /// Tags, the correlation tag among them; empty where tags are switched off.
    pub tags: Vec<String>,
    /// The text by which the session is found again: in the tags, or in the title where tags are switched off.
    #[serde(rename = "mark")]
    pub correlation_id: String,
    /// The playbook to follow.
    pub playbook_id: Option<String>,
    /// Knowledge notes; `None` leaves the choice to Devin.
    pub knowledge_ids: Option<Vec<String>>,
    /// Secrets stored at Devin; `None` leaves the choice to Devin.
    pub secret_ids: Option<Vec<String>>,
    /// Names of this Worker's secrets to hand to the session.
    pub session_secrets: Vec<String>,
    /// `owner/name` of repositories (v3 only).
    pub repos: Vec<String>,
    /// The most ACUs to spend.
    pub max_acu_limit: Option<u64>,
    /// Devin's mode (v3 only).
    pub devin_mode: Option<String>,
    /// A JSON Schema for structured output.
    pub structured_output_schema: Option<Value>,
    /// Further fields, passed on as they are; of those above none is replaced.
    pub more: Map<String, Value>,
}

/// The body of a create. What is absent is left to Devin.
#[derive(Serialize)]
struct Create<'a> {
    prompt: &'a str,
    title: &'a str,
    #[serde(skip_serializing_if = "<[_]>::is_empty")]
    tags: &'a [String],
    #[serde(skip_serializing_if = "Option::is_none")]
    playbook_id: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    knowledge_ids: Option<&'a [String]>,
    #[serde(skip_serializing_if = "Option::is_none")]
    secret_ids: Option<&'a [String]>,
    #[serde(skip_serializing_if = "Option::is_none")]
    max_acu_limit: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    structured_output_schema: Option<&'a Value>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    session_secrets: Vec<SessionSecret<'a>>,
    /// v1 only: a repeat is recognised by its prompt.
    #[serde(skip_serializing_if = "Option::is_none")]
    idempotent: Option<bool>,
    /// v3 only.
    #[serde(skip_serializing_if = "<[_]>::is_empty")]
    repos: &'a [String],
    /// v3 only.
    #[serde(skip_serializing_if = "Option::is_none")]
    devin_mode: Option<&'a str>,
    /// v3 only: without it a session may end with no structured output.
    #[serde(skip_serializing_if = "Option::is_none")]
    structured_output_required: Option<bool>,
}

/// A secret of this Worker's for a session.
#[derive(Serialize)]
struct SessionSecret<'a> {
    key: &'a str,
    value: &'a str,
    sensitive: bool,
}

impl SessionRequest {
    /// Whether the session is looked for by its tag. Where its title carries the correlation id, tags are switched off, or
    /// Devin leaves them out.
    pub fn found_by_tag(&self) -> bool {
        !self.tags.is_empty() && !self.title.ends_with(&format!("[{}]", self.correlation_id))
    }
}

/// How many sessions a page of a look-up holds.
const PAGE: u32 = 100;
/// The most sessions that are asked about at once: their ids make an address of 5 KB, and many servers take 8.
pub const MOST_ASKED: u32 = 100;

impl Access {
    fn sessions(&self) -> String {
        match &self.api {
            Api::V1 => format!("{}/v1/sessions", self.base),
            Api::V3 { org } => format!("{}/v3/organizations/{}/sessions", self.base, escape(org)),
        }
    }

    fn session_path(&self, id: &str) -> String {
        // v3 documents the path parameter as the id with its prefix, and some samples show ids without it.
        let prefixed = match &self.api {
            Api::V3 { .. } if !id.starts_with("devin-") => format!("devin-{id}"),
            _ => id.to_owned(),
        };
        format!("{}/{}", self.sessions(), escape(&prefixed))
    }

    /// Starts a session. `secrets` are the values of `request.session_secrets`.
    pub fn create(&self, request: &SessionRequest, secrets: &[(String, String)]) -> Call {
        let v3 = matches!(self.api, Api::V3 { .. });
        let body = Create {
            prompt: &request.prompt,
            title: &request.title,
            tags: &request.tags,
            playbook_id: request.playbook_id.as_deref(),
            knowledge_ids: request.knowledge_ids.as_deref(),
            secret_ids: request.secret_ids.as_deref(),
            max_acu_limit: request.max_acu_limit,
            structured_output_schema: request.structured_output_schema.as_ref(),
            session_secrets: secrets.iter().map(|(key, value)| SessionSecret { key, value, sensitive: true }).collect(),
            idempotent: (!v3).then_some(true),
            repos: if v3 { &request.repos } else { &[] },
            devin_mode: request.devin_mode.as_deref().filter(|_| v3),
            structured_output_required: (v3 && request.structured_output_schema.is_some()).then_some(true),
        };
        let mut body = serde_json::to_value(body).ok();
        if let Some(fields) = body.as_mut().and_then(Value::as_object_mut) {
            for (name, value) in &request.more {
                fields.entry(name).or_insert_with(|| value.clone());
            }
        }
        Call { method: "POST", url: self.sessions(), body }
    }

    /// A page of the sessions among which one with `correlation_id` would be. `tagged`: the correlation id is a tag, so that Devin can
    /// filter; the reply is filtered again, because how several filters combine is not documented. `page` is what the
    /// reply before said comes next, empty for the first.
    pub fn find(&self, correlation_id: &str, tagged: bool, created_after: Time, page: &str) -> Call {
        let mut url = self.sessions();
        match &self.api {
            Api::V1 => {
                let offset = if page.is_empty() { "0" } else { page };
                url.push_str(&format!("?limit={PAGE}&offset={}", escape(offset)));
            }
            Api::V3 { .. } => {
                let seconds = created_after.0.div_euclid(1_000).max(0);
                url.push_str(&format!("?first={PAGE}&is_archived=false&created_after={seconds}"));
                if !page.is_empty() {
                    url.push_str(&format!("&after={}", escape(page)));
                }
            }
        }
        if tagged {
            url.push_str(&format!("&tags={}", escape(correlation_id)));
        }
        Call { method: "GET", url, body: None }
    }

    /// Puts a session away, or ends it for good; `None` where there is nothing to ask for: v1 knows no archive.
    pub fn close(&self, id: &str, when_done: WhenDone) -> Option<Call> {
        let path = self.session_path(id);
        match (when_done, &self.api) {
            (WhenDone::Archive, Api::V3 { .. }) => {
                Some(Call { method: "POST", url: format!("{path}/archive"), body: None })
            }
            (WhenDone::Terminate, _) => Some(Call { method: "DELETE", url: path, body: None }),
            (WhenDone::Keep, _) | (WhenDone::Archive, Api::V1) => None,
        }
    }

    /// One session as it is now.
    pub fn session(&self, id: &str) -> Call {
        Call { method: "GET", url: self.session_path(id), body: None }
    }

    /// These sessions as they are now, at most [`MOST_ASKED`], in one list. v1 can't be asked for certain sessions: it
    /// gives the newest.
    pub fn sessions_now(&self, ids: &[&str]) -> Call {
        let mut url = self.sessions();
        match &self.api {
            Api::V1 => url.push_str(&format!("?limit={PAGE}&offset=0")),
            Api::V3 { .. } => {
                url.push_str(&format!("?first={PAGE}"));
                for id in ids {
                    url.push_str(&format!("&session_ids={}", escape(id)));
                }
            }
        }
        Call { method: "GET", url, body: None }
    }

    /// Sends a message to a session; a suspended one wakes up by it.
    pub fn send(&self, id: &str, text: &str) -> Call {
        let name = match &self.api {
            Api::V1 => "message",
            Api::V3 { .. } => "messages",
        };
        let url = format!("{}/{name}", self.session_path(id));
        Call { method: "POST", url, body: Some(json!({"message": text})) }
    }

    /// A page of a session's messages, to see whether one of ours is among them.
    pub fn messages(&self, id: &str, page: &str) -> Call {
        let mut url = self.session_path(id);
        if let Api::V3 { .. } = &self.api {
            url.push_str(&format!("/messages?first={PAGE}"));
            if !page.is_empty() {
                url.push_str(&format!("&after={}", escape(page)));
            }
        }
        Call { method: "GET", url, body: None }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    #[cfg(target_arch = "wasm32")]
    use wasm_bindgen_test::wasm_bindgen_test as test;

    fn access(api: Api) -> Access {
        Access { base: "https://api.devin.ai".into(), api, key: Secret::new("k") }
    }

    fn v3() -> Access {
        access(Api::V3 { org: "org-1".into() })
    }

    #[test]
    fn create_differs_between_the_versions() {
        let request = SessionRequest {
            prompt: "p".into(),
            title: "t".into(),
            tags: vec!["a".into()],
            repos: vec!["o/r".into()],
            devin_mode: Some("lite".into()),
            max_acu_limit: Some(5),
            ..Default::default()
        };
        let call = v3().create(&request, &[]);
        assert_eq!(call.url, "https://api.devin.ai/v3/organizations/org-1/sessions");
        assert_eq!(
            call.body.unwrap(),
            json!({"prompt": "p", "title": "t", "tags": ["a"], "repos": ["o/r"], "devin_mode": "lite", "max_acu_limit": 5})
        );
        let call = access(Api::V1).create(&request, &[("K".into(), "v".into())]);
        assert_eq!(call.url, "https://api.devin.ai/v1/sessions");
        assert_eq!(
            call.body.unwrap(),
            json!({"prompt": "p", "title": "t", "tags": ["a"], "max_acu_limit": 5, "idempotent": true,
                   "session_secrets": [{"key": "K", "value": "v", "sensitive": true}]})
        );
    }

    #[test]
    fn further_fields_are_passed_on_and_ours_are_not_replaced() {
        let more = json!({"platform": "windows", "prompt": "theirs", "tags": ["theirs"], "next_year": {"a": [1]}});
        let request = SessionRequest {
            prompt: "ours".into(),
            tags: vec!["ours".into()],
            structured_output_schema: Some(json!({"type": "object"})),
            more: more.as_object().unwrap().clone(),
            ..Default::default()
        };
        let body = v3().create(&request, &[]).body.unwrap();
        assert_eq!(
            body,
            json!({"prompt": "ours", "title": "", "tags": ["ours"], "structured_output_schema": {"type": "object"},
                   "structured_output_required": true, "platform": "windows", "next_year": {"a": [1]}})
        );
        assert!(access(Api::V1).create(&request, &[]).body.unwrap().get("structured_output_required").is_none());
    }

    #[test]
    fn a_session_is_put_away_or_ended() {
        let call = v3().close("1", WhenDone::Archive).unwrap();
        assert_eq!((call.method, call.url.ends_with("/sessions/devin-1/archive")), ("POST", true));
        let call = v3().close("1", WhenDone::Terminate).unwrap();
        assert_eq!((call.method, call.url.ends_with("/sessions/devin-1")), ("DELETE", true));
        assert_eq!((v3().close("1", WhenDone::Keep), access(Api::V1).close("1", WhenDone::Archive)), (None, None));
    }

    #[test]
    fn an_id_is_prefixed_once_and_escaped() {
        assert!(v3().session("abc").url.ends_with("/sessions/devin-abc"));
        assert!(v3().send("devin-abc", "x").url.ends_with("/sessions/devin-abc/messages"));
        assert!(access(Api::V1).send("a/../b", "x").url.ends_with("/v1/sessions/a%2F..%2Fb/message"));
    }

    #[test]
    fn many_sessions_are_asked_about_at_once() {
        let call = v3().sessions_now(&["devin-1", "devin-a/b"]);
        assert!(call.url.ends_with("/org-1/sessions?first=100&session_ids=devin-1&session_ids=devin-a%2Fb"));
        let call = access(Api::V1).sessions_now(&["devin-1"]);
        assert_eq!(call.url, "https://api.devin.ai/v1/sessions?limit=100&offset=0");
        let long = format!("devin-{}", "0".repeat(32));
        assert!(v3().sessions_now(&[&*long; MOST_ASKED as usize]).url.len() < 6_000);
    }

    #[test]
    fn a_look_up_asks_for_the_tag_and_the_time() {
        let call = v3().find("incident:x", true, Time(5_500), "");
        assert!(call.url.ends_with("/sessions?first=100&is_archived=false&created_after=5&tags=incident%3Ax"));
        let call = v3().find("m", false, Time(-3), "c=1");
        assert!(call.url.ends_with("/sessions?first=100&is_archived=false&created_after=0&after=c%3D1"));
    }
}
