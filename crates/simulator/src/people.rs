//! Those who are notified: notes at PagerDuty, a chat's webhook, and a channel at Slack in which somebody now and then
//! deletes a message.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use crate::devin::answer;
use crate::world::World;
use incident::time::Time;
use outbound::http::{Answer, Call};

/// A message at Slack.
struct Post {
    at: Time,
    /// The thread it is in, where it is no root.
    thread: Option<String>,
    metadata: Value,
    deleted: bool,
}

/// What they have got.
#[derive(Default)]
pub struct People {
    /// The notes of each incident at its sender.
    pub notes: BTreeMap<String, Vec<String>>,
    /// Messages to the chat.
    pub posts: u64,
    slack: Vec<Post>,
    /// The roots of an incident, and the replies in a thread.
    roots: BTreeMap<String, Vec<usize>>,
    replies: BTreeMap<String, Vec<usize>>,
}

impl People {
    /// Messages at Slack.
    pub fn at_slack(&self) -> u64 {
        self.slack.len() as u64
    }

    /// Does what is asked.
    pub fn act(&mut self, world: &World, call: &Call) -> Answer {
        if let Some((_, method)) = call.url.split_once("slack.com/api/") {
            return answer(200, &self.slack(world, method, call));
        }
        let Some((_, incident)) = call.url.split_once("/incidents/") else {
            self.posts += 1;
            return answer(200, &json!({}));
        };
        let notes = self.notes.entry(incident.to_owned()).or_default();
        if call.method == "POST" {
            let content = call.body.as_ref().and_then(|body| body["note"]["content"].as_str()).unwrap_or_default();
            if content.starts_with("Devin session started") && notes.iter().any(|note| note == content) {
                world.broke(format!("pagerduty-{incident}: the same note twice: {content}"));
            }
            notes.push(content.to_owned());
            return answer(201, &json!({}));
        }
        let notes: Vec<Value> = notes.iter().map(|note| json!({"content": note})).collect();
        answer(200, &json!({"notes": notes}))
    }

    fn slack(&mut self, world: &World, method: &str, call: &Call) -> Value {
        let (method, query) = method.split_once('?').unwrap_or((method, ""));
        let body = call.body.as_ref().unwrap_or(&Value::Null);
        let value = |name: &str| {
            let pair = query.split('&').filter_map(|pair| pair.split_once('=')).find(|(key, _)| *key == name);
            pair.map(|(_, value)| value.to_owned())
        };
        match method {
            "chat.postMessage" => self.post(world, body),
            "chat.update" => {
                let at = body["ts"].as_str().unwrap_or_default();
                let Some(post) = self.there(at) else { return no("message_not_found") };
                // Somebody tidies up.
                if world.executor.happens(0.01) {
                    self.slack[post].deleted = true;
                    return no("message_not_found");
                }
                json!({"ok": true, "channel": "C1", "ts": at})
            }
            "conversations.replies" => {
                let thread = value("ts").unwrap_or_default();
                if self.there(&thread).is_none() {
                    return no("thread_not_found");
                }
                let posts = self.replies.get(&thread).into_iter().flatten().copied();
                self.page(posts.collect(), value("cursor"))
            }
            "conversations.history" => {
                let oldest = value("oldest").and_then(|oldest| oldest.parse::<i64>().ok()).unwrap_or_default();
                let roots = |place: &usize| self.slack[*place].thread.is_none();
                let recent = |place: &usize| self.slack[*place].at.0 / 1_000 >= oldest;
                let posts = (0..self.slack.len()).rev().take_while(recent).filter(roots);
                self.page(posts.collect(), value("cursor"))
            }
            _ => no("unknown_method"),
        }
    }

    /// The place of a message that is there.
    fn there(&self, ts: &str) -> Option<usize> {
        let place: usize = ts.split_once('.')?.1.parse().ok()?;
        self.slack.get(place).filter(|post| !post.deleted).map(|_| place)
    }

    fn post(&mut self, world: &World, body: &Value) -> Value {
        let metadata = body["metadata"].clone();
        let incident = metadata["event_payload"]["incident"].as_str().unwrap_or_default().to_owned();
        let thread = body["thread_ts"].as_str().map(str::to_owned);
        if let Some(thread) = &thread
            && self.there(thread).is_none()
        {
            return no("thread_not_found");
        }
        let place = self.slack.len();
        let now = world.executor.now();
        let ts = format!("{}.{place}", now.0 / 1_000);
        let beside = match &thread {
            Some(thread) => self.replies.entry(thread.clone()).or_default(),
            None => self.roots.entry(incident.clone()).or_default(),
        };
        let same = |other: &usize| !self.slack[*other].deleted && self.slack[*other].metadata == metadata;
        // An earlier release keeps no threads.
        if beside.iter().any(same) && !world.was_rolled_back(&incident) {
            world.broke(format!("{incident}: Slack gets the same twice: {metadata}"));
        }
        beside.push(place);
        self.slack.push(Post { at: now, thread, metadata, deleted: false });
        json!({"ok": true, "channel": "C1", "ts": ts})
    }

    fn page(&self, posts: Vec<usize>, cursor: Option<String>) -> Value {
        const PAGE: usize = 200;
        let from: usize = cursor.and_then(|cursor| cursor.parse().ok()).unwrap_or_default();
        let more = posts.len() > from + PAGE;
        let there = posts.into_iter().filter(|place| !self.slack[*place].deleted).skip(from).take(PAGE);
        let messages: Vec<Value> = there
            .map(|place| {
                let post = &self.slack[place];
                json!({"ts": format!("{}.{place}", post.at.0 / 1_000), "metadata": post.metadata})
            })
            .collect();
        let next = if more { (from + PAGE).to_string() } else { String::new() };
        json!({"ok": true, "messages": messages, "response_metadata": {"next_cursor": next}})
    }
}

fn no(error: &str) -> Value {
    json!({"ok": false, "error": error})
}
