//! Kibana's webhook connector and Watcher's webhook action.
//! <https://www.elastic.co/docs/reference/kibana/connectors-kibana/webhook-action-type>,
//! <https://www.elastic.co/docs/explore-analyze/alerting/alerts/rule-action-variables>.
//!
//! **What it accepts.** What the author of an action's body wrote, rendered: the template of our documentation (`ruleId`,
//! `alertName`, `alertUuid`, `status`, `hits`, …), the older one (`alertName`, `alertId`, `groupByField`, `logs`, …),
//! alerts as data (`kibana.alert.*`), summaries of alerts, and flat bodies as Watcher and machine learning jobs send them.
//! Names, ids and texts are found in any spelling and nesting. Nothing is required, but a body without a name, an id, a
//! text or hits starts nothing, and neither does a connector's test. Kibana never checks that a rendered body is JSON, and
//! sends a refused one again and again; so one that is not JSON, but has something of an alert in it, becomes an event of
//! the type [`UNREADABLE`], with the raw text as its logs. Routes can ignore that type.
//!
//! **What identifies the incident.** `ruleId` and `alertUuid`: Kibana keeps an alert's uuid while it is active. With the
//! older template `alertName`, `alertId` and `groupByField`, because `alertId` alone is `query matched` or `*` for every
//! ungrouped rule. Without ids the name and every place that is named (a host, a service), and without a name all of the
//! body but its numbers and dates; the answer then says which ids to add.

mod hits;
mod salvage;
mod summary;

use serde_json::Value;

use super::alert::Names;
use super::body::{BadBody, One, Parsed, each, is_test_text, test};
use super::description::Description;
use super::identity::{Identity, steady};
use super::json::{Broken, add, any_text, decode, plain, text};
use super::names::Body;
use super::{alert, bounds, status};
use crate::auth::Verified;
use incident::event::{Incident, Kind};
use incident::key::Key;
use incident::reason::Reason;
use incident::sender::Sender;
use salvage::field;
use summary::Summary;

/// The event type of a body that is not JSON.
pub const UNREADABLE: &str = "unreadable";

/// What an alert is called that has no name.
const UNTITLED: &str = "Kibana alert";

/// What the author of a body without ids is asked to add.
const ADD_IDS: &str = "Nothing in the body identifies the alert, so its name and the places in it do. Please add \
    \"ruleId\": \"{{rule.id}}\", \"alertUuid\": \"{{alert.uuid}}\" and \"status\": \"{{alert.actionGroup}}\" to the action's body.";

const NAMES: Names = Names {
    name: &[
        "alertname",
        "rulename",
        "monitorname",
        "watchname",
        "rule",
        "monitor",
        "title",
        "name",
        "shortdescription",
        "subject",
        "headline",
        "alert",
        "watchid",
        "jobid",
    ],
    description: &[
        "description",
        "alertdescription",
        "alertreason",
        "reason",
        "contextmessage",
        "message",
        "summary",
        "text",
        "content",
        "details",
        "shortdescription",
        "body",
    ],
    started_at: &["firedtime", "alertstart", "date", "timestamp", "triggeredtime", "startedat"],
    url: &["url", "ruleurl", "alertdetailsurl", "viewinappurl", "link", "resultslink"],
    source: &["source"],
};
const RULE: [&str; 5] = ["ruleid", "ruleuuid", "monitorid", "watchid", "configid"];
const UUID: [&str; 1] = ["alertuuid"];
const ALERT: [&str; 2] = ["alertid", "alertinstanceid"];
const GROUP: [&str; 3] = ["groupbyfield", "contextgroup", "group"];
const HITS: [&str; 3] = ["hits", "contexthits", "documents"];

/// The sender.
pub(super) const DESCRIPTION: Description = Description {
    is: is_kibana,
    read: |body, _| parsed(body),
    // It has something of an alert in it.
    takes_almost_any: true,
    unreadable: |body, broken| Ok(unreadable(body, broken)),
    ..Description::new(Sender::Kibana, "Kibana")
};

/// The events of a body that is JSON.
fn parsed(value: Value) -> Result<Parsed, BadBody> {
    let alerts = match &value {
        Value::Array(alerts) => alerts.clone(),
        value => match summary::of(value) {
            Summary::None => vec![value.clone()],
            Summary::Empty => Vec::new(),
            Summary::Alerts(alerts) => alerts,
            Summary::Count(alert) => vec![alert],
        },
    };
    let alerts: Vec<Value> = alerts.into_iter().filter(holds_something).collect();
    match alerts.len() {
        0 if is_test(&value) => Ok(test(Sender::Kibana)),
        0 => {
            let message = "The body holds no alert.".to_owned();
            Ok(Parsed::Nothing { sender: Sender::Kibana, reason: Reason::NoIncident, message })
        }
        1 => each(alerts.into_iter().next().unwrap_or_default(), &one),
        _ => each(Value::Array(alerts), &one),
    }
}

/// Whether a body has anything of an alert in it.
fn holds_something(alert: &Value) -> bool {
    let body = Body::new(alert.clone());
    let plain_text = |names: &[&str]| body.read(names, &plain).is_some();
    let some = plain_text(NAMES.name)
        || body.peek(NAMES.description).is_some()
        || [&RULE[..], &UUID, &ALERT].into_iter().any(plain_text)
        || body.peek(&HITS).is_some_and(|hits| hits::read(hits).logs.is_some())
        || body.peek(&["logs"]).is_some();
    some && !is_test(alert)
}

/// Whether it is what somebody sends to see whether it arrives, and nothing else.
fn is_test(alert: &Value) -> bool {
    let mut texts = Vec::new();
    let mut has_test = false;
    for (name, value) in alert.as_object().into_iter().flatten() {
        has_test |= name.eq_ignore_ascii_case("test");
        texts.extend(any_text(value));
    }
    texts.extend(alert.as_str().map(str::to_owned));
    !texts.is_empty()
        && texts.len() <= 3
        && (texts.iter().all(|text| is_test_text(text)) || (has_test && texts.len() == 1))
}

/// Whether an alert was written with one of Kibana's templates, or is one of its alerts as data.
fn is_kibana(alert: &Value) -> bool {
    let has = |name: &str| alert.get(name).is_some();
    let as_data = alert.as_object().is_some_and(|fields| fields.keys().any(|name| name.starts_with("kibana.alert.")));
    as_data
        || (text(alert, &["alertName"]).is_some()
            && (text(alert, &["source"]).is_some_and(|source| source.eq_ignore_ascii_case("kibana"))
                || has("groupByField")
                || has("matchedDocuments")
                || (has("ruleId") && has("alertUuid"))))
}

/// Whether a text that is not JSON was meant to be one of Kibana's bodies.
pub(super) fn is_kibana_text(body: &[u8]) -> bool {
    let body = decode(salvage::beginning(body));
    is_mustache_error(&body)
        || field(&body, "source").is_some_and(|source| source.eq_ignore_ascii_case("kibana"))
        || ["\"groupByField\"", "\"matchedDocuments\"", "\"alertUuid\""].iter().any(|name| body.contains(name))
}

/// What Kibana sends instead of a body whose template it can't render: `mustache_renderer.ts` in elastic/kibana.
fn is_mustache_error(body: &str) -> bool {
    body.trim_start().starts_with("error rendering mustache template")
}

/// Reads one alert.
fn one(body: Value) -> Result<One, BadBody> {
    let mut body = Body::new(body);
    let (kind, word) = alert::happened(&body);
    let of = |names: &[&str]| body.read(names, &plain).unwrap_or_default();
    let ids = Ids { rule: of(&RULE), uuid: of(&UUID), alert: of(&ALERT), group: of(&GROUP), name: of(NAMES.name) };
    let source = of(NAMES.source);
    let unnamed = ids.by_id().is_none() && ids.name.is_empty();
    let everything = if unnamed { Identity::default().everything(body.rest()) } else { Identity::default() };
    let group = body.take(&["groupbyfield"], &any_text);
    let documents = body.take(&HITS, &|hits| Some(hits::read(hits))).unwrap_or_default();
    let mut incident = alert::incident(&mut body, &NAMES);
    let (key, identity) = ids
        .key(&source, &incident, &body, &everything)
        .ok_or_else(|| BadBody { error: "The alert is empty".to_owned(), details: None })?;
    if incident.title.is_empty() {
        incident.title = UNTITLED.to_owned();
    }
    incident.source.get_or_insert_with(|| "kibana".to_owned());
    incident.service = incident.service.or(documents.service);
    incident.resource = incident.resource.or(documents.host);
    incident.logs = match (documents.logs, incident.logs.take()) {
        (Some(hits), Some(logs)) => Some(bounds::both_ends(&format!("{hits}\n{logs}"), bounds::LOGS)),
        (hits, logs) => hits.or(logs),
    };
    add(&mut incident.labels, "group", group);
    let remark = ids.are_none().then(|| ADD_IDS.to_owned());
    Ok((alert::event(Sender::Kibana, key, kind, word, incident).identified_by(identity), remark))
}

/// What may identify an alert, blank where it is not there.
struct Ids {
    rule: String,
    uuid: String,
    alert: String,
    group: String,
    name: String,
}

impl Ids {
    fn are_none(&self) -> bool {
        [&self.rule, &self.uuid, &self.alert, &self.group].into_iter().all(String::is_empty)
    }

    /// The key by ids alone, with what it is made of. The number of parts tells the forms of identity apart.
    fn by_id(&self) -> Option<(Identity, usize, usize)> {
        let Ids { rule, uuid, alert, group, name } = self;
        Some(if !uuid.is_empty() {
            (Identity::of(&[("ruleId", rule), ("alertUuid", uuid)]), 2, 0)
        } else if !rule.is_empty() {
            (Identity::of(&[("ruleId", rule), ("alertId", alert), ("groupByField", group)]), 3, 1)
        } else if !alert.is_empty() || !group.is_empty() {
            (Identity::of(&[("alertName", name), ("alertId", alert), ("groupByField", group)]), 3, 0)
        } else {
            return None;
        })
    }

    /// What identifies the alert. A rule's id alone is no alert's, so that the places count with it.
    fn key(&self, source: &str, incident: &Incident, rest: &Body, everything: &Identity) -> Option<(Key, String)> {
        match self.by_id() {
            Some((identity, outright, form))
                if self.uuid.is_empty() && self.alert.is_empty() && self.group.is_empty() =>
            {
                alert::identity(identity, incident, rest).key(Sender::Kibana, outright, form)
            }
            Some((identity, outright, form)) => identity.key(Sender::Kibana, outright, form),
            None if !self.name.is_empty() => {
                let resource = incident.resource.as_deref().unwrap_or_default();
                let parts = [("source", source), ("alertName", &self.name), ("affectedResource", resource)];
                alert::identity(Identity::of(&parts), incident, rest).key(Sender::Kibana, 3, 2)
            }
            None => everything.key(Sender::Kibana, 0, 0),
        }
    }
}

/// What can be saved of a body that is not JSON.
fn unreadable(body: &Verified, broken: &Broken) -> Parsed {
    let ends = salvage::ends(body.body());
    let raw = decode(&ends);
    let raw = raw.trim();
    let first = |names: &[&str]| names.iter().find_map(|name| field(raw, name));
    let of = |name: &str| field(raw, name).unwrap_or_default();
    let name = first(&["alertName", "ruleName", "rule", "title", "name"]);
    let ids = Ids {
        rule: of("ruleId"),
        uuid: of("alertUuid"),
        alert: of("alertId"),
        group: of("groupByField"),
        name: name.clone().unwrap_or_default(),
    };
    let mut description = first(&["description", "reason", "message", "summary", "text"]);
    if !raw.starts_with(['{', '[']) && !is_mustache_error(raw) {
        if is_test_text(raw) {
            return test(Sender::Kibana);
        }
        // A text is one, too.
        description = description.or_else(|| Some(bounds::head(raw, bounds::TEXT)).filter(|text| !text.is_empty()));
    }
    let remark = format!(
        "The body is not JSON ({broken}), so it is passed on as text. Please put every value of the action's template \
         in double quotes and double braces."
    );
    let named = [("alertName", ids.name.as_str())];
    let key = ids.by_id().and_then(|(identity, outright, form)| identity.key(Sender::Kibana, outright, form));
    let something = key.is_some() || name.is_some() || description.is_some() || field(raw, "logs").is_some();
    let key = match name {
        Some(_) => key.or_else(|| Identity::of(&named).key(Sender::Kibana, 1, 4)),
        None => key.or_else(|| Identity::of(&[("text", &steady(raw)?)]).key(Sender::Kibana, 1, 0)),
    };
    let Some((key, identity)) = key.filter(|_| something) else {
        let message = if raw.is_empty() {
            "The body is empty.".to_owned()
        } else {
            remark
                .replace(", so it is passed on as text", " and nothing in it describes an alert, so nothing is started")
        };
        return Parsed::Nothing { sender: Sender::Kibana, reason: Reason::Unreadable, message };
    };
    let status = field(raw, "status");
    let kind = status.as_deref().map_or(Kind::Triggered, status::kind);
    let severity = field(raw, "severity").map(Value::String);
    let severity = severity.as_ref().and_then(super::severity::said).unwrap_or_default();
    let incident = Incident {
        title: name.unwrap_or_else(|| UNTITLED.to_owned()),
        url: field(raw, "url"),
        status,
        severity: severity.level,
        severity_word: severity.word,
        started_at: field(raw, "firedTime"),
        description,
        signal_type: field(raw, "signalType"),
        source: field(raw, "source").or_else(|| Some("kibana".to_owned())),
        logs: Some(bounds::both_ends(raw, bounds::LOGS)),
        ..Incident::default()
    };
    let event = alert::event(Sender::Kibana, key, kind, Some(UNREADABLE.to_owned()), incident).identified_by(identity);
    Parsed::events(vec![event], Some(remark))
}

#[cfg(test)]
mod tests;
