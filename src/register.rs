//! The register: one object for all incidents. It gives each its turn within the budget, and keeps the list of them.
//!
//! Only incidents' alarms and people's look-ups come here, never a sender's request, so that no event waits for it.

mod open_sessions;

use std::cell::RefCell;

use serde_json::Value;
use worker::js_sys::Reflect;
use worker::wasm_bindgen::JsValue;
use worker::{DurableObject, Env, Request, Response, SqlCursor, State, durable_object};

use crate::budget::{Budget, Grant, Limits};
use crate::environment::{self, now};
use crate::stored;
use crate::stored::{Fields, Stored};
use crate::time::Time;

pub use open_sessions::open_sessions;

const BINDING: &str = "REGISTER";
const BUDGET: &str = "budget";
/// The most incidents on a page of the list.
pub const LARGEST_PAGE: u32 = 200;

/// Which incidents to list.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Query {
    /// How many, at most [`LARGEST_PAGE`].
    pub limit: u32,
    /// Where the page before ended.
    pub cursor: Option<String>,
    /// Only those in this state.
    pub state: Option<String>,
    /// Only those of this sender.
    pub sender: Option<String>,
}

stored!(Query { limit, cursor, state, sender });

/// Asks for a turn for an incident, whose state the list learns of too.
pub async fn turn(env: &Env, listing: Value, limits: Limits) -> worker::Result<Grant> {
    let grant = ask(env, "turn", stored::object(vec![("listing", listing), ("limits", limits.to_value())])).await?;
    Ok(Grant::from_value(grant))
}

/// Tells the list of an incident's newest state, and the budget whether its turn was used. `holds_turn`: a create may
/// still be under way.
pub async fn publish(env: &Env, listing: Value, holds_turn: bool, retention: i64) -> worker::Result<()> {
    let question =
        stored::object(vec![("listing", listing), ("holds_turn", holds_turn.into()), ("retention", retention.into())]);
    ask(env, "publish", question).await.map(|_| ())
}

/// A page of the list, newest first: `{"incidents": […], "cursor": … or null}`.
pub async fn list(env: &Env, query: Query) -> worker::Result<Value> {
    ask(env, "list", query.to_value()).await
}

/// The list's line for the incident of that name; null where there is none.
pub async fn one(env: &Env, name: &str) -> worker::Result<Value> {
    ask(env, "one", stored::object(vec![("name", name.into())])).await
}

async fn ask(env: &Env, what: &str, question: Value) -> worker::Result<Value> {
    environment::ask(env.durable_object(BINDING)?.get_by_name("register")?, what, &question).await
}

/// The object behind it.
#[durable_object(fetch)]
pub struct RegisterObject {
    state: State,
    budget: RefCell<Option<Budget>>,
}

impl DurableObject for RegisterObject {
    fn new(state: State, _env: Env) -> Self {
        Self { state, budget: RefCell::new(None) }
    }

    async fn fetch(&self, request: Request) -> worker::Result<Response> {
        let mut question = Fields::of(serde_json::from_str(&environment::text_of(request.inner()).await?)?);
        let answer = match request.path().as_str() {
            "/turn" => {
                let listing: Value = question.take("listing");
                self.list_incident(&listing)?;
                let limits = question.take("limits");
                self.with_budget(|budget| budget.ask(text(&listing, "incident"), limits, now())).await?.to_value()
            }
            "/publish" => {
                let listing = question.take("listing");
                self.published(&listing, question.take("holds_turn"), question.take("retention")).await?;
                Value::Null
            }
            "/open" => self.open(question.take("most"))?,
            "/one" => self.one(&question.take::<String>("name"))?,
            _ => self.page(&Query::from_value(question.into_value()))?,
        };
        Response::ok(stored::text(&answer))
    }
}

impl RegisterObject {
    async fn published(&self, listing: &Value, holds_turn: bool, retention: i64) -> worker::Result<()> {
        self.list_incident(listing)?;
        self.keep_open(listing)?;
        let name = text(listing, "incident");
        match text(listing, "state") {
            "started" => self.with_budget(|budget| budget.spent(name, now())).await?,
            "queued" | "held" => {}
            _ if holds_turn => {}
            _ => self.with_budget(|budget| budget.give_back(name)).await?,
        }
        let expired = now().plus(retention.saturating_neg());
        self.exec("DELETE FROM incidents WHERE last_seen < ?", vec![number(expired.0)])?;
        Ok(())
    }

    async fn with_budget<T>(&self, change: impl FnOnce(&mut Budget) -> T) -> worker::Result<T> {
        if self.budget.borrow().is_none() {
            let stored = environment::stored_text(&self.state, BUDGET).await?;
            let budget = stored.and_then(|text| Budget::from_text(&text)).unwrap_or_default();
            self.budget.borrow_mut().get_or_insert(budget);
        }
        let (result, text) = {
            let mut budget = self.budget.borrow_mut();
            let budget = budget.get_or_insert_default();
            let result = change(budget);
            (result, budget.to_text())
        };
        self.state.storage().put_raw(BUDGET, JsValue::from_str(&text)).await?;
        Ok(result)
    }

    fn exec(&self, query: &str, bindings: Vec<JsValue>) -> worker::Result<SqlCursor> {
        let sql = self.state.storage().sql();
        sql.exec_raw(
            "CREATE TABLE IF NOT EXISTS incidents (incident TEXT PRIMARY KEY, first_seen INTEGER, last_seen INTEGER, \
             state TEXT, sender TEXT, listing TEXT); \
             CREATE INDEX IF NOT EXISTS newest ON incidents (first_seen, incident); \
             CREATE INDEX IF NOT EXISTS oldest ON incidents (last_seen); \
             CREATE TABLE IF NOT EXISTS open_sessions (incident TEXT PRIMARY KEY, asked INTEGER)",
            None,
        )?;
        sql.exec_raw(query, bindings)
    }

    fn list_incident(&self, listing: &Value) -> worker::Result<()> {
        let words = |name| JsValue::from_str(text(listing, name));
        let time = |name| number(Time::from_rfc3339(text(listing, name)).unwrap_or_default().0);
        self.exec(
            "INSERT OR REPLACE INTO incidents VALUES (?, ?, ?, ?, ?, ?)",
            vec![
                words("incident"),
                time("firstSeen"),
                time("lastSeen"),
                words("state"),
                words("sender"),
                JsValue::from_str(&stored::text(listing)),
            ],
        )?;
        Ok(())
    }

    fn one(&self, name: &str) -> worker::Result<Value> {
        let query = "SELECT listing FROM incidents WHERE incident = ?";
        for row in self.exec(query, vec![JsValue::from_str(name)])? {
            if let Some(listing) = column(&row?, "listing") {
                return Ok(serde_json::from_str(&listing)?);
            }
        }
        Ok(Value::Null)
    }

    fn page(&self, query: &Query) -> worker::Result<Value> {
        let (before, after) = query.cursor.as_deref().and_then(parse_cursor).unwrap_or((i64::MAX, String::new()));
        let limit = query.limit.clamp(1, LARGEST_PAGE);
        let cursor = self.exec(
            "SELECT listing, first_seen || '.' || incident AS place FROM incidents \
             WHERE (first_seen < ?1 OR (first_seen = ?1 AND incident < ?2)) \
             AND (?3 IS NULL OR state = ?3) AND (?4 IS NULL OR sender = ?4) \
             ORDER BY first_seen DESC, incident DESC LIMIT ?5",
            vec![
                number(before.min((1 << 53) - 1)),
                JsValue::from_str(&after),
                query.state.as_deref().map_or(JsValue::NULL, JsValue::from_str),
                query.sender.as_deref().map_or(JsValue::NULL, JsValue::from_str),
                number(i64::from(limit.saturating_add(1))),
            ],
        )?;
        let limit = usize::try_from(limit).unwrap_or(usize::MAX);
        let (mut incidents, mut last, mut more) = (Vec::new(), None, false);
        for row in cursor {
            let row = row?;
            let (Some(listing), Some(place)) = (column(&row, "listing"), column(&row, "place")) else { continue };
            more = incidents.len() >= limit;
            if !more {
                incidents.push(serde_json::from_str(&listing).unwrap_or(Value::Null));
                last = Some(place);
            }
        }
        Ok(stored::object(vec![("incidents", incidents.into()), ("cursor", last.filter(|_| more).into())]))
    }
}

/// A column of a row, where it holds text.
fn column(row: &JsValue, name: &str) -> Option<String> {
    Reflect::get(row, &JsValue::from_str(name)).ok()?.as_string()
}

fn text<'a>(listing: &'a Value, name: &str) -> &'a str {
    listing.get(name).and_then(Value::as_str).unwrap_or_default()
}

/// A number as SQL takes it: JavaScript's are exact up to 2^53, which is far beyond any date.
fn number(number: i64) -> JsValue {
    JsValue::from_f64(number as f64)
}

/// A cursor's place in the list: when an incident was first seen (Unix milliseconds), and its name. `None` for what no
/// page ever ended with.
pub fn parse_cursor(cursor: &str) -> Option<(i64, String)> {
    let (time, incident) = cursor.split_once('.')?;
    let digits = time.len() <= 15 && time.bytes().all(|b| b.is_ascii_digit());
    let named = incident.len() <= 80 && incident.bytes().all(|b| b.is_ascii_alphanumeric() || b"-_.".contains(&b));
    if !digits || !named || incident.is_empty() {
        return None;
    }
    Some((time.parse().ok()?, incident.to_owned()))
}
