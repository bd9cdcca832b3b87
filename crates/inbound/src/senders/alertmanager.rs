//! Prometheus' Alertmanager, what sends the same (vmalert, Mimir, Loki), and Grafana's alerting, which adds to it.
//! <https://prometheus.io/docs/alerting/latest/configuration/#webhook_config>,
//! <https://grafana.com/docs/grafana/latest/alerting/configure-notifications/manage-contact-points/integrations/webhook-notifier/>.
//!
//! **What it accepts.** A group of alerts, `{"version": "4", "groupKey", "status", "commonLabels", "alerts": [{"status",
//! "labels", "annotations", "startsAt", "endsAt", "generatorURL", "fingerprint"}]}`, of which each is an event. Grafana's
//! have values, and links to dashboard, panel and silence. A group that was cut short says so in the answer.
//!
//! **What identifies the incident.** `fingerprint`, which is made of an alert's labels, so that two Alertmanagers that watch
//! the same are one; without one the labels themselves.

use serde_json::Value;

use super::body::{BadBody, MOST_ALERTS, One, Parsed, each, test};
use super::description::Description;
use super::identity::Identity;
use super::json::{add, any_text, at, first_text, integer, items, text};
use super::{alert, bounds, labels, severity, status, times};
use incident::event::{Incident, Kind};
use incident::reason::Reason;
use incident::sender::Sender;

/// Alertmanager and its family.
pub(super) const ALERTMANAGER: Description = Description {
    is: is_group,
    read: |body, _| parsed(Sender::Alertmanager, &body),
    ..Description::new(Sender::Alertmanager, "Alertmanager")
};

/// Grafana.
pub(super) const GRAFANA: Description = Description {
    is: is_grafana,
    read: |body, _| parsed(Sender::Grafana, &body),
    ..Description::new(Sender::Grafana, "Grafana")
};

fn is_group(body: &Value) -> bool {
    let first = items(body, &["alerts"]).first();
    let known = ["groupKey", "groupLabels", "commonLabels", "receiver"].iter().any(|name| body.get(name).is_some());
    known && body.get("alerts").is_some_and(Value::is_array) && first.is_none_or(|alert| alert.get("labels").is_some())
}

fn is_grafana(body: &Value) -> bool {
    let own = ["silenceURL", "dashboardURL", "panelURL", "valueString"];
    is_group(body)
        && (body.get("orgId").is_some()
            || items(body, &["alerts"]).iter().any(|alert| own.iter().any(|name| alert.get(name).is_some())))
}

fn parsed(sender: Sender, body: &Value) -> Result<Parsed, BadBody> {
    let alerts = items(body, &["alerts"]);
    if !is_group(body) {
        let details = Some(
            "Expected a group of alerts, as Alertmanager's webhook_configs sends them: groupKey, alerts.".to_owned(),
        );
        return Err(BadBody { error: "Missing required field: alerts".to_owned(), details });
    }
    if alerts.is_empty() {
        let message = "The group has no alerts.".to_owned();
        return Ok(Parsed::Nothing { sender, reason: Reason::NoIncident, message });
    }
    if alerts.iter().all(|alert| text(alert, &["labels", "alertname"]).as_deref() == Some("TestAlert")) {
        return Ok(test(sender));
    }
    let kept = alerts.get(..MOST_ALERTS).unwrap_or(alerts);
    let read = each(Value::Array(kept.to_vec()), &|alert| one(sender, body, &alert))?;
    let left_out = integer(body, &["truncatedAlerts"]).unwrap_or_default().max(0);
    let left_out = left_out.saturating_add(i64::try_from(alerts.len() - kept.len()).unwrap_or_default());
    Ok(match read {
        Parsed::Events { events, refused, .. } if left_out > 0 => {
            let remark = format!(
                "{left_out} more alerts of this group were left out. Please group them by more labels (group_by), so that a group has at \
                 most {MOST_ALERTS}."
            );
            Parsed::Events { events, refused, remark: Some(remark) }
        }
        read => read,
    })
}

fn one(sender: Sender, group: &Value, alert: &Value) -> Result<One, BadBody> {
    let own = |name: &str| at(alert, &[name]).unwrap_or(&Value::Null);
    let label = |names: &[&str]| first_text(own("labels"), names);
    let note = |names: &[&str]| first_text(own("annotations"), names);
    let all = labels::read("labels", own("labels"));
    let identity = match text(alert, &["fingerprint"]) {
        Some(fingerprint) => Identity::of(&[("fingerprint", &fingerprint)]).key(sender, 1, 0),
        None => Identity::default().everything(own("labels")).key(sender, 0, 1),
    };
    let (key, identity) = identity.ok_or_else(|| BadBody {
        error: "Missing required field: fingerprint".to_owned(),
        details: Some("The alert has neither a fingerprint nor labels.".to_owned()),
    })?;
    let word = text(alert, &["status"]).or_else(|| text(group, &["status"]));
    let kind = word.as_deref().map_or(Kind::Triggered, status::kind);
    let severity =
        ["severity", "priority", "level"].iter().find_map(|name| at(alert, &["labels", name]).and_then(severity::said));
    let severity = severity.unwrap_or_default();
    let title = label(&["alertname"]).or_else(|| note(&["summary", "title"])).or_else(|| text(group, &["title"]));
    let link = |name: &str| text(alert, &[name]).filter(|url| url.contains("://"));
    let mut incident = Incident {
        title: title
            .unwrap_or_else(|| format!("{} alert", if sender == Sender::Grafana { "Grafana" } else { "Prometheus" })),
        url: link("generatorURL").or_else(|| link("dashboardURL")).or_else(|| text(group, &["externalURL"])),
        status: word.clone(),
        service: label(&["service", "app", "application", "app_kubernetes_io_name"]),
        teams: label(&["team", "owner"]).into_iter().collect(),
        severity: severity.level,
        severity_word: severity.word,
        started_at: at(alert, &["startsAt"]).and_then(times::read),
        resolved_at: at(alert, &["endsAt"]).and_then(times::read).filter(|_| kind == Kind::Resolved),
        description: at(alert, &["annotations", "description"])
            .or_else(|| at(alert, &["annotations", "message"]))
            .and_then(alert::prose),
        resource: label(&["instance", "pod", "host", "hostname", "node"]),
        source: Some(sender.path()),
        runbook: note(&["runbook_url", "runbook", "runbookURL"]),
        labels: bounds::entries(all),
        ..Incident::default()
    };
    let summary = note(&["summary", "title"]);
    if incident.description.is_none() {
        incident.description.clone_from(&summary);
    }
    add(&mut incident.context, "summary", summary.filter(|summary| incident.description.as_ref() != Some(summary)));
    context(group, alert, &mut incident);
    Ok((alert::event(sender, key, kind, word, incident).identified_by(identity), None))
}

/// What was measured, where to look, and what the alert was grouped with.
fn context(group: &Value, alert: &Value, incident: &mut Incident) {
    let values = at(alert, &["values"]).and_then(any_text).or_else(|| text(alert, &["valueString"]));
    add(&mut incident.context, "values", values);
    for (name, field) in
        [("dashboard", "dashboardURL"), ("panel", "panelURL"), ("image", "imageURL"), ("silence", "silenceURL")]
    {
        add(&mut incident.context, name, text(alert, &[field]));
    }
    let used = ["description", "message", "summary", "title", "runbook_url", "runbook", "runbookURL"];
    for (name, value) in at(alert, &["annotations"]).and_then(Value::as_object).into_iter().flatten() {
        // Grafana keeps some for itself, with two underlines around them.
        if !used.contains(&name.as_str()) && !name.starts_with("__") {
            add(&mut incident.context, name, any_text(value).map(|text| bounds::head(&text, bounds::TEXT)));
        }
    }
    let external = text(group, &["externalURL"]).filter(|url| incident.url.as_ref() != Some(url));
    add(&mut incident.context, "sent by", external);
    add(&mut incident.context, "receiver", text(group, &["receiver"]));
    let members = items(group, &["alerts"]).len();
    add(&mut incident.context, "alerts in its group", (members > 1).then(|| members.to_string()));
    incident.context = bounds::entries(std::mem::take(&mut incident.context));
}

#[cfg(test)]
mod tests;
