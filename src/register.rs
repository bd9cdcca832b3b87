//! The register: one object for all incidents. It gives each its turn within the budget, and keeps the list of them.
//!
//! Only incidents' alarms and people's look-ups come here, never a sender's request, so that no event waits for it.

use std::cell::RefCell;

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use worker::{DurableObject, Env, Method, Request, RequestInit, Response, SqlStorageValue, State, durable_object};

use crate::budget::{Budget, Grant, Limits};
use crate::environment::now;
use crate::incident::listing::Listing;
use crate::time::Time;

const BINDING: &str = "REGISTER";
const BUDGET: &str = "budget";
/// The most incidents on a page of the list.
pub const LARGEST_PAGE: u32 = 200;

/// What the register is asked.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Question {
    /// A turn for this incident.
    Turn { listing: Listing, limits: Limits },
    /// The newest state of this incident. `holds_turn`: a create may still be under way.
    Publish { listing: Listing, holds_turn: bool, retention: i64 },
    /// A page of the list.
    List { query: Query },
}

/// Which incidents to list.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
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

/// A page of the list, newest first.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct List {
    /// The incidents.
    pub incidents: Vec<Value>,
    /// What to ask for the next page, or null.
    pub cursor: Option<String>,
}

/// Asks for a turn for an incident, whose state the list learns of too.
pub async fn turn(env: &Env, listing: Listing, limits: Limits) -> worker::Result<Grant> {
    ask(env, &Question::Turn { listing, limits }).await
}

/// Tells the list of an incident's newest state, and the budget whether its turn was used.
pub async fn publish(env: &Env, listing: Listing, holds_turn: bool, retention: i64) -> worker::Result<()> {
    ask::<Value>(env, &Question::Publish { listing, holds_turn, retention }).await.map(|_| ())
}

/// A page of the list.
pub async fn list(env: &Env, query: Query) -> worker::Result<List> {
    ask(env, &Question::List { query }).await
}

async fn ask<T: for<'a> Deserialize<'a>>(env: &Env, question: &Question) -> worker::Result<T> {
    let stub = env.durable_object(BINDING)?.get_by_name("register")?;
    let mut init = RequestInit::new();
    init.with_method(Method::Post).with_body(Some(serde_json::to_string(question)?.into()));
    let mut response = stub.fetch_with_request(Request::new_with_init("https://register/", &init)?).await?;
    let text = response.text().await?;
    if response.status_code() != 200 {
        return Err(format!("the register answered {}: {text}", response.status_code()).into());
    }
    Ok(serde_json::from_str(&text)?)
}

/// The object behind it.
#[durable_object]
pub struct RegisterObject {
    state: State,
    budget: RefCell<Option<Budget>>,
}

impl DurableObject for RegisterObject {
    fn new(state: State, _env: Env) -> Self {
        Self { state, budget: RefCell::new(None) }
    }

    async fn fetch(&self, mut request: Request) -> worker::Result<Response> {
        let question: Question = serde_json::from_str(&request.text().await?)?;
        let answer = match question {
            Question::Turn { listing, limits } => {
                let name = listing.incident.clone();
                self.list_incident(&listing)?;
                let grant = self.with_budget(|budget| budget.ask(&name, limits, now())).await?;
                serde_json::to_string(&grant)?
            }
            Question::Publish { listing, holds_turn, retention } => {
                self.published(&listing, holds_turn, retention).await?;
                "null".to_owned()
            }
            Question::List { query } => serde_json::to_string(&self.page(&query)?)?,
        };
        Response::ok(answer)
    }
}

impl RegisterObject {
    async fn published(&self, listing: &Listing, holds_turn: bool, retention: i64) -> worker::Result<()> {
        self.list_incident(listing)?;
        let name = &listing.incident;
        match listing.state.as_str() {
            "started" => self.with_budget(|budget| budget.spent(name, now())).await?,
            "queued" | "held" => {}
            _ if holds_turn => {}
            _ => self.with_budget(|budget| budget.give_back(name)).await?,
        }
        let expired = now().plus(retention.saturating_neg());
        self.exec("DELETE FROM incidents WHERE last_seen < ?", vec![expired.0.into()])?;
        Ok(())
    }

    async fn with_budget<T>(&self, change: impl FnOnce(&mut Budget) -> T) -> worker::Result<T> {
        if self.budget.borrow().is_none() {
            let stored: Option<String> = self.state.storage().get(BUDGET).await?;
            let budget = stored.and_then(|text| serde_json::from_str(&text).ok()).unwrap_or_default();
            self.budget.borrow_mut().get_or_insert(budget);
        }
        let (result, text) = {
            let mut budget = self.budget.borrow_mut();
            let budget = budget.get_or_insert_default();
            let result = change(budget);
            (result, serde_json::to_string(budget)?)
        };
        self.state.storage().put(BUDGET, text).await?;
        Ok(result)
    }

    fn exec(&self, query: &str, bindings: Vec<SqlStorageValue>) -> worker::Result<worker::SqlCursor> {
        let sql = self.state.storage().sql();
        sql.exec(
            "CREATE TABLE IF NOT EXISTS incidents (incident TEXT PRIMARY KEY, first_seen INTEGER, last_seen INTEGER, \
             state TEXT, sender TEXT, listing TEXT); \
             CREATE INDEX IF NOT EXISTS newest ON incidents (first_seen, incident); \
             CREATE INDEX IF NOT EXISTS oldest ON incidents (last_seen)",
            None,
        )?;
        sql.exec(query, bindings)
    }

    fn list_incident(&self, listing: &Listing) -> worker::Result<()> {
        let time = |text: &str| Time::from_rfc3339(text).unwrap_or_default().0;
        self.exec(
            "INSERT OR REPLACE INTO incidents VALUES (?, ?, ?, ?, ?, ?)",
            vec![
                listing.incident.as_str().into(),
                time(&listing.first_seen).into(),
                time(&listing.last_seen).into(),
                listing.state.as_str().into(),
                listing.sender.name().into(),
                serde_json::to_string(listing)?.into(),
            ],
        )?;
        Ok(())
    }

    fn page(&self, query: &Query) -> worker::Result<List> {
        let (before, after) = query.cursor.as_deref().and_then(parse_cursor).unwrap_or((i64::MAX, String::new()));
        let limit = query.limit.clamp(1, LARGEST_PAGE);
        let cursor = self.exec(
            "SELECT incident, first_seen, listing FROM incidents \
             WHERE (first_seen < ?1 OR (first_seen = ?1 AND incident < ?2)) \
             AND (?3 IS NULL OR state = ?3) AND (?4 IS NULL OR sender = ?4) \
             ORDER BY first_seen DESC, incident DESC LIMIT ?5",
            vec![
                // JavaScript's numbers are exact up to 2^53, which is far beyond any date.
                before.min(1 << 53).into(),
                after.into(),
                query.state.clone().into(),
                query.sender.clone().into(),
                i64::from(limit.saturating_add(1)).into(),
            ],
        )?;
        let mut rows: Vec<Row> = cursor.to_array()?;
        let more = rows.len() > usize::try_from(limit).unwrap_or(usize::MAX);
        if more {
            rows.pop();
        }
        let last = rows.last().map(|row| format!("{}.{}", row.first_seen, row.incident));
        let incidents = rows.iter().map(|row| serde_json::from_str(&row.listing).unwrap_or(json!(null))).collect();
        Ok(List { incidents, cursor: last.filter(|_| more) })
    }
}

#[derive(Deserialize)]
struct Row {
    incident: String,
    first_seen: i64,
    listing: String,
}

fn parse_cursor(cursor: &str) -> Option<(i64, String)> {
    let (time, incident) = cursor.split_once('.')?;
    Some((time.parse().ok()?, incident.to_owned()))
}
