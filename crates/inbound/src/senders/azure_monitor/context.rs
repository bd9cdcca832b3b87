//! `alertContext`: the part of the schema that is different for every monitoring service. Which fields are there says
//! what it is; the service's name is spelled in too many ways to go by.
//! Samples of all: <https://learn.microsoft.com/azure/azure-monitor/alerts/alerts-payload-samples>.

use serde_json::{Map, Value};

use super::rows;
use crate::senders::json::{add, any_text, at, collect, first_text, items, text};
use crate::senders::{bounds, html, labels};
use incident::event::Incident;
use text::thin::thin;

/// Fields that tell an engineer nothing. `claims` and `httpRequest` hold personal data besides: who made a change, from
/// which address. `caller` stays, because who or what made a change is the first thing to ask.
const LEFT_OUT: [&str; 18] = [
    "claims",
    "httpRequest",
    "channels",
    "eventDataId",
    "operationId",
    "submissionTimestamp",
    "conditionType",
    "IncludedSearchResults",
    "IncludeSearchResults",
    "SearchIntervalDurationMin",
    "WorkspaceId",
    "hierarchy",
    "impactedServicesTableRows",
    "defaultLanguageTitle",
    "defaultLanguageContent",
    "communicationId",
    "isHIR",
    "version",
];

/// Adds what the context tells to the incident.
pub(super) fn describe(context: &Value, incident: &mut Incident) {
    let Value::Object(fields) = context else {
        add(&mut incident.context, "alert context", any_text(context));
        return;
    };
    let mut rest = fields.clone();
    let criteria = take(&mut rest, "condition");
    criteria_of(&criteria, incident);
    log_search(&mut rest, incident);
    let properties = take(&mut rest, "properties");
    if criteria.is_null() {
        // An event's own details.
        add_fields(&mut rest, properties);
    } else {
        incident.labels.extend(labels::read("properties", &properties));
    }
    incident.labels.extend(labels::read("labels", &take(&mut rest, "labels")));
    for nested in ["authorization", "annotations", "AlertData"] {
        if rest.get(nested).is_some_and(Value::is_object) {
            let fields = take(&mut rest, nested);
            add_fields(&mut rest, fields);
        }
    }
    let rest = Value::Object(rest);
    summary(&rest, incident);
    rest_of(&rest, incident);
}

/// The value of a field, which is null from then on: it was used.
fn take(fields: &mut Map<String, Value>, name: &str) -> Value {
    fields.get_mut(name).map(Value::take).unwrap_or_default()
}

/// Puts the fields of an object among others.
fn add_fields(fields: &mut Map<String, Value>, object: Value) {
    if let Value::Object(more) = object {
        for (name, value) in more {
            fields.insert(name, value);
        }
    }
}

/// The alert in a sentence, where its rule has no description, and its name, where it has no rule (budgets).
fn summary(details: &Value, incident: &mut Incident) {
    if incident.description.is_none() {
        let summary = first_text(details, &["DetectionSummary", "title", "summary", "description", "message"]);
        incident.description = summary.map(|text| html::readable(&text));
    }
    if incident.title.is_empty()
        && let Some(name) = first_text(details, &["title", "BudgetName", "operationName"])
    {
        incident.title = name;
    }
}

/// Metric alerts, log alerts V2 and simple log alerts: `condition.allOf`.
fn criteria_of(criteria: &Value, incident: &mut Incident) {
    for one in items(criteria, &["allOf"]).iter().take(bounds::ENTRIES) {
        add(&mut incident.context, "condition", condition(one));
        add(&mut incident.context, "query", text(one, &["searchQuery"]));
        let page = first_text(one, &["linkToFilteredSearchResultsUI", "linkToSearchResultsUI"]);
        let api = first_text(one, &["linkToFilteredSearchResultsAPI", "linkToSearchResultsAPI"]);
        links(page, api, incident);
        if let Some(dimensions) = at(one, &["dimensions"]) {
            incident.labels.extend(labels::read("dimension", dimensions));
        }
        add_logs(rows::of_events(items(one, &["event"])), incident);
    }
    let window = text(criteria, &["windowStartTime"]).zip(text(criteria, &["windowEndTime"]));
    let size = text(criteria, &["windowSize"]);
    let window = match (window, size) {
        (Some((start, end)), Some(size)) => Some(format!("{start} to {end} ({size})")),
        (Some((start, end)), None) => Some(format!("{start} to {end}")),
        (None, size) => size,
    };
    add(&mut incident.context, "window", window);
}

/// `Average Percentage CPU GreaterThan 25, was 31.1`.
fn condition(one: &Value) -> Option<String> {
    let of = |name: &str| text(one, &[name]);
    let subject = of("metricName").or_else(|| of("metricMeasureColumn"));
    let mut words = Vec::new();
    for word in [of("timeAggregation"), subject, of("operator"), of("threshold")] {
        words.extend(word);
    }
    if words.is_empty() {
        words.push("value".to_owned());
    }
    let mut line = words.join(" ");
    let failing = |name: &str| text(one, &["failingPeriods", name]);
    let periods = failing("minFailingPeriodsToAlert").zip(failing("numberOfEvaluationPeriods"));
    for part in [
        of("metricValue").map(|value| format!(", was {value}")),
        of("webTestName").map(|test| format!(", web test {test}")),
        periods.map(|(failing, all)| format!(", in {failing} of {all} periods")),
        of("alertSensitivity").map(|sensitivity| format!(", sensitivity {sensitivity}")),
        of("metricNamespace").map(|namespace| format!(", of {namespace}")),
    ] {
        line.push_str(&part.unwrap_or_default());
    }
    (line != "value").then_some(line)
}

/// Log alerts V1, which are the only ones that bring the rows that their query found.
fn log_search(rest: &mut Map<String, Value>, incident: &mut Incident) {
    let mut text_of = |name: &str| any_text(&take(rest, name));
    let (operator, threshold, found) = (text_of("Operator"), text_of("Threshold"), text_of("ResultCount"));
    let rule = operator.zip(threshold).map(|(operator, threshold)| format!("{operator} {threshold}"));
    let found = found.map(|found| format!("results found: {found}"));
    let mut parts = Vec::new();
    for part in [text_of("AlertType"), rule, found] {
        parts.extend(part);
    }
    let query = text_of("SearchQuery");
    let filtered = [text_of("LinkToFilteredSearchResultsUI"), text_of("LinkToFilteredSearchResultsAPI")];
    let whole = [text_of("LinkToSearchResults"), text_of("LinkToSearchResultsAPI")];
    add(&mut incident.context, "condition", (!parts.is_empty()).then(|| parts.join(", ")));
    add(&mut incident.context, "query", query);
    let [page, api] = filtered;
    let [whole_page, whole_api] = whole;
    links(page.or(whole_page), api.or(whole_api), incident);
    incident.labels.extend(labels::read("dimension", &take(rest, "Dimensions")));
    add_logs(rows::of_tables(items(&take(rest, "SearchResults"), &["tables"])), incident);
}

fn links(page: Option<String>, api: Option<String>, incident: &mut Incident) {
    if incident.url.is_none() {
        incident.url.clone_from(&page);
    }
    add(&mut incident.context, "search results", page);
    add(&mut incident.context, "search results (API)", api);
}

fn add_logs(rows: Option<String>, incident: &mut Incident) {
    let Some(rows) = rows else { return };
    let all = match incident.logs.take() {
        Some(before) => format!("{before}\n{rows}"),
        None => rows,
    };
    incident.logs = Some(bounds::head(&all, bounds::LOGS));
}

fn rest_of(rest: &Value, incident: &mut Incident) {
    for (name, value) in rest.as_object().into_iter().flatten() {
        if incident.context.len() >= bounds::ENTRIES {
            break;
        }
        if !LEFT_OUT.contains(&name.as_str()) {
            let shown = readable(name, value).map(|text| bounds::head(&text, bounds::TEXT));
            add(&mut incident.context, name, shown.filter(|text| incident.description.as_ref() != Some(text)));
        }
    }
}

/// A value as text: without its HTML, and unpacked where it is JSON in a string.
fn readable(name: &str, value: &Value) -> Option<String> {
    let Value::String(string) = value else { return nested(name, value) };
    if string.starts_with(['[', '{'])
        && let Ok(inner) = serde_json::from_str::<Value>(&thin(string))
    {
        return nested(name, &inner);
    }
    any_text(value).map(|text| html::readable(&text)).filter(|text| !text.is_empty())
}

fn nested(name: &str, value: &Value) -> Option<String> {
    if name != "impactedServices" {
        return any_text(value);
    }
    let service = |service: &Value| {
        let regions = collect(items(service, &["ImpactedRegions"]), &|region| text(region, &["RegionName"]));
        let name = text(service, &["ServiceName"])?;
        Some(if regions.is_empty() { name } else { format!("{name} ({})", regions.join(", ")) })
    };
    let services = collect(items(value, &[]), &service);
    if services.is_empty() { any_text(value) } else { Some(services.join("; ")) }
}
