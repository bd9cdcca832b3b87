use super::*;
use crate::settings::secrets::{AZURE_MONITOR, OPEN_WARNING};
use inbound::auth::Entra;
use serde_json::json;
#[cfg(target_arch = "wasm32")]
use wasm_bindgen_test::wasm_bindgen_test as test;

/// A file for everything that has to have one.
fn texts() -> Vec<(String, String)> {
    let prompts = prompt::Template::ALL.map(|template| (format!("prompts/{}.md", template.name()), String::new()));
    let mapped = senders::SENDERS
        .iter()
        .filter(|known| known.mapped)
        .map(|known| (format!("senders/{}.json", known.sender.path()), r#"{"id": "a", "title": "b"}"#.to_owned()));
    let schemas = ["postmortem", "finding"].map(|name| (format!("prompts/{name}.schema.json"), "{}".to_owned()));
    prompts.into_iter().chain(mapped).chain(schemas).collect()
}

fn read_all(all: &Value, texts: &[(String, String)]) -> Configuration {
    let get = |name: &str| all.get(name).cloned();
    read(Rc::new(read_callers(get)), get, texts)
}

fn with(changes: Value) -> Configuration {
    let mut all = json!({"DEVIN_API_KEY": "cog_abc", "DEVIN_ORG_ID": "org-1", "WEBHOOK_SECRET": "5b1c9f2e77aa4d10"});
    for (name, value) in changes.as_object().unwrap() {
        all[name] = value.clone();
    }
    read_all(&all, &texts())
}

fn problems(changes: Value) -> Vec<String> {
    match with(changes).settings {
        Ok(_) => Vec::new(),
        Err(problems) => problems.iter().map(Problem::to_string).collect(),
    }
}

#[test]
fn defaults_are_those_of_the_contract() {
    let settings = with(json!({})).settings.unwrap();
    assert_eq!(settings.devin.base, "https://api.devin.ai");
    assert_eq!(settings.devin.api, Api::V3 { org: "org-1".into() });
    assert_eq!(settings.limits, Limits { per_minute: 10, per_day: 200, ..Limits::default() });
    assert_eq!((settings.retention, settings.wait, settings.tags), (30 * DAY, Duration::from_secs(10), true));
    assert_eq!(settings.defaults.dedup_window_seconds, Some(3_600));
}

#[test]
fn numbers_may_be_numbers_or_texts_and_blank_means_absent() {
    for value in [json!(3), json!("3"), json!(" 3 ")] {
        assert_eq!(with(json!({"SESSIONS_PER_MINUTE": value})).settings.unwrap().limits.per_minute, 3);
    }
    assert_eq!(with(json!({"SESSIONS_PER_MINUTE": " "})).settings.unwrap().limits.per_minute, 10);
}

#[test]
fn every_problem_is_named_with_what_was_expected() {
    let found = problems(
        json!({"SESSIONS_PER_MINUTE": "many", "TAGS": "perhaps", "DEVIN_API_URL": "http://evil.example", "LOG": "none"}),
    );
    assert_eq!(found.len(), 4, "{found:?}");
    assert!(found.contains(&"LOG is none, expected decisions or all".to_owned()));
    assert!(found.contains(&"SESSIONS_PER_MINUTE is many, expected a whole number from 1 to 10000".to_owned()));
    assert!(found.contains(&"TAGS is perhaps, expected on or off".to_owned()));
}

#[test]
fn a_mistake_in_a_file_is_a_problem_with_its_place() {
    let found = |path: &str, text: Option<&str>| {
        let mut texts = texts();
        texts.retain(|(known, _)| known != path);
        texts.extend(text.map(|text| (path.to_owned(), text.to_owned())));
        let all = json!({"DEVIN_API_KEY": "apk_abc", "WEBHOOK_SECRET": "5b1c9f2e77aa4d10"});
        let configuration = read_all(&all, &texts);
        assert!(!configuration.callers.hook_secrets.unreadable);
        let problems = configuration.settings.err().unwrap_or_default();
        problems.iter().map(Problem::to_string).collect::<Vec<_>>()
    };
    assert_eq!(
        found("prompts/mine.md", Some("An incident:\n{{#data}}\n{{titel}}\n{{/data}}\n")),
        ["prompts/mine.md, line 3, column 1 is the unknown field \"titel\", expected a field of docs/prompts.md; \
          the nearest is \"title\""]
    );
    assert_eq!(
        found("prompts/triage.md", None),
        ["prompts/triage.md is missing, expected the file that comes with the bridge"]
    );
    let long = "x".repeat(26_000);
    assert_eq!(
        found("prompts/triage.md", Some(&long)),
        ["prompts/triage.md is 26000 characters with its settings, expected at most 25500, to leave room for the \
          incident"]
    );
    assert_eq!(found("prompts/mine.md", Some(&long)), [""; 0], "no route uses it");
    assert_eq!(
        found("prompts/postmortem.schema.json", Some("{\n\"a\": }")),
        ["prompts/postmortem.schema.json, line 2, column 6 is broken JSON, expected a JSON object"]
    );
    assert_eq!(found("senders/zabbix.json", Some("[]")).len(), 1);
    assert_eq!(found("senders/zabbix.json", None).len(), 1);
}

#[test]
fn the_key_decides_the_api_and_is_never_shown() {
    assert!(matches!(with(json!({"DEVIN_API_KEY": "apk_user_x"})).settings.unwrap().devin.api, Api::V1));
    assert!(problems(json!({"DEVIN_API_KEY": "sk-very-secret"})).iter().all(|line| !line.contains("very")));
    assert_eq!(problems(json!({"DEVIN_API_KEY": ""})).len(), 1);
    assert_eq!(problems(json!({"DEVIN_ORG_ID": ""})).len(), 1);
}

const TENANT: &str = "11111111-2222-4333-8444-555555555555";

#[test]
fn azure_tokens_need_a_tenant_and_an_audience() {
    assert_eq!(with(json!({})).callers.hook_secrets.entra, None);
    let azure = json!({"AZURE_TENANT_ID": TENANT.to_uppercase(), "AZURE_AUDIENCE": "api://bridge"});
    let entra = with(azure.clone()).callers.hook_secrets.entra.clone().unwrap();
    let expected = Entra {
        authority: "https://login.microsoftonline.com".into(),
        tenant: TENANT.into(),
        audience: "api://bridge".into(),
        caller: AZURE_MONITOR.into(),
        role: "ActionGroupsSecureWebhook".into(),
    };
    assert_eq!(entra, expected);
    assert_eq!(problems(json!({"AZURE_TENANT_ID": TENANT}))[0].split(',').next(), Some("AZURE_AUDIENCE is missing"));
    assert_eq!(problems(json!({"AZURE_AUDIENCE": "x"}))[0].split(',').next(), Some("AZURE_TENANT_ID is missing"));
    for (name, value) in [
        ("AZURE_TENANT_ID", "contoso.onmicrosoft.com"),
        ("AZURE_TENANT_ID", "common"),
        ("AZURE_CALLER_ID", "461e8683-5575-4561-ac7f-899cc907d62g"),
        ("AZURE_AUTHORITY", "http://login.microsoftonline.com"),
        ("AZURE_AUTHORITY", "login.microsoftonline.com"),
    ] {
        let mut changes = azure.clone();
        changes[name] = json!(value);
        let found = problems(changes.clone());
        assert!(found[0].starts_with(&format!("{name} is {value}, expected ")), "{found:?}");
        assert!(with(changes).callers.hook_secrets.unreadable, "{name}");
    }
}

#[test]
fn every_prompt_names_datadog_unless_it_is_told_otherwise() {
    let names = |value: Value| with(json!({"OBSERVABILITY": value})).settings.unwrap().prompt.observability.clone();
    for datadog in [json!(null), json!(""), json!([]), json!(["Datadog"]), json!("Datadog")] {
        assert_eq!(names(datadog.clone()), ["Datadog"], "{datadog}");
    }
    assert_eq!(names(json!(["Sentry", "Grafana"])), ["Sentry", "Grafana"]);
    assert_eq!(names(json!("Sentry, Grafana")), ["Sentry", "Grafana"]);
    assert_eq!((names(json!("none")), names(json!(["None"]))), (vec![], vec![]));
    for wrong in [json!(["none", "Datadog"]), json!([7]), json!("x".repeat(61))] {
        assert!(problems(json!({"OBSERVABILITY": wrong}))[0].contains("or \"none\" alone"), "{wrong}");
    }
    assert!(with(json!({})).settings.unwrap().defaults.structured_output);
    assert!(!with(json!({"STRUCTURED_OUTPUT": "off"})).settings.unwrap().defaults.structured_output);
}

#[test]
fn a_bot_at_slack_needs_its_token_and_its_channel() {
    let slack = |token: &str, channel: &str| json!({"SLACK_BOT_TOKEN": token, "SLACK_NOTIFY_CHANNEL": channel});
    let settings = with(slack("xoxb-1", "C0123456789")).settings.unwrap();
    let access = settings.notify.slack.as_ref().unwrap();
    assert_eq!((access.base.as_str(), access.channel.as_str()), ("https://slack.com/api", "C0123456789"));
    assert!(with(slack("", "")).settings.unwrap().notify.slack.is_none());
    assert!(problems(slack("xoxb-1", ""))[0].starts_with("SLACK_NOTIFY_CHANNEL is missing"));
    assert!(problems(slack("", "C0123456789"))[0].starts_with("SLACK_BOT_TOKEN is missing"));
    assert!(problems(slack("xoxb-1", "#ops"))[0].starts_with("SLACK_NOTIFY_CHANNEL is #ops, expected the id"));
}

#[test]
fn people_are_told_where_a_target_is_configured() {
    assert!(with(json!({"PAGERDUTY_FROM": "a@b.example"})).settings.unwrap().notify.pagerduty.is_none());
    let token = json!({"PAGERDUTY_API_TOKEN": "t0ken", "PAGERDUTY_FROM": "a@b.example"});
    let access = with(token).settings.unwrap();
    let access = access.notify.pagerduty.as_ref().unwrap();
    assert_eq!((access.base.as_str(), access.from.as_str()), ("https://api.pagerduty.com", "a@b.example"));
    let missing = problems(json!({"PAGERDUTY_API_TOKEN": "t0ken"}));
    assert!(missing[0].starts_with("PAGERDUTY_FROM is missing, expected the e-mail address"), "{missing:?}");
    assert_eq!(problems(json!({"PAGERDUTY_FROM": "somebody"})).len(), 1);
    for good in
        ["https://hooks.slack.com/services/T/B/x", "https://x.logic.azure.com:443/a?sig=%2Fx&b", "http://127.0.0.1:1"]
    {
        assert!(with(json!({"NOTIFY_WEBHOOK_URL": good})).settings.unwrap().notify.webhook.is_some(), "{good}");
    }
    for bad in ["http://hooks.example/secret", "hooks.slack.com/secret", "https://a@b/secret", "https://h/?a secret"] {
        let found = problems(json!({"NOTIFY_WEBHOOK_URL": bad}));
        assert!(found.len() == 1 && !found[0].contains("secret"), "{found:?}");
    }
}

#[test]
fn the_key_goes_over_https_or_to_this_machine() {
    for good in
        ["https://api.devin.ai", "https://api.x.devinenterprise.com/base", "http://127.0.0.1:8080", "http://localhost"]
    {
        assert!(is_safe_address(good), "{good}");
    }
    for bad in [
        "http://api.devin.ai",
        "ftp://x",
        "https://",
        "https://a@b",
        "http://127.0.0.1.evil.com",
        "http://localhost:x",
        "https://h:99999",
        "https://h:",
        "https://[::::]/",
        "https://%00/",
        "https://a..b",
        "https://h\u{e4}",
        "x",
    ] {
        assert!(!is_safe_address(bad), "{bad}");
    }
}

#[test]
fn a_key_that_no_header_can_hold_is_a_problem_and_is_not_shown() {
    let pagerduty = json!({"PAGERDUTY_API_TOKEN": "pd-token\r\nX-A: b", "PAGERDUTY_FROM": "sre@example.com"});
    let slack = json!({"SLACK_BOT_TOKEN": "xoxb-1 2", "SLACK_NOTIFY_CHANNEL": "C0123456789"});
    for changes in
        [json!({"DEVIN_API_KEY": "apk_abc\r\nX-A: b"}), json!({"DEVIN_API_KEY": "apk_äöü"}), pagerduty, slack]
    {
        let found = problems(changes);
        let is_named = found.len() == 1 && found[0].contains(" is (not shown), expected a key of ASCII characters");
        assert!(is_named && !found[0].contains("X-A"), "{found:?}");
    }
}

#[test]
fn what_signatures_are_checked_with_reaches_no_session() {
    let signature = json!({"hooks": "alert", "scheme": "hmac", "header": "S", "secret": "GRAFANA_SECRET"});
    let secrets = json!({"GRAFANA_SECRET": "9f2e77aa4d105b1c", "GRAFANA_SECRET_PREVIOUS": "4d105b1c9f2e77aa", "SIGNATURES": [signature]});
    assert_eq!(problems(secrets.clone()), [""; 0]);
    assert!(!with(secrets.clone()).callers.hook_secrets.unreadable);
    for name in ["GRAFANA_SECRET", "GRAFANA_SECRET_PREVIOUS"] {
        let mut changes = secrets.clone();
        changes["ROUTES"] = json!([{"sender": "alert", "session_secrets": [name]}]);
        let found = problems(changes);
        assert!(found.len() == 1 && found[0].contains("a secret made for sessions"), "{found:?}");
    }
    assert!(with(json!({"SIGNATURES": [signature]})).callers.hook_secrets.unreadable, "its secret is not there");
}

#[test]
fn secrets_that_protect_nothing_stop_the_hooks() {
    for (name, value) in [
        ("WEBHOOK_SECRET", "w"),
        ("WEBHOOK_SECRET_PREVIOUS", "your-webhook-secret"),
        ("WEBHOOK_SECRET_AZURE_MONITOR", "5b1c9f2e77aa4d10"),
        ("PAGERDUTY_SIGNING_SECRET", "short"),
        ("ADMIN_TOKEN", "5b1c9f2e77aa4d10"),
        ("VIEWER_TOKEN", "x"),
    ] {
        let configuration = with(json!({name: value}));
        let problems = configuration.problems();
        assert!(problems.len() == 1 && problems[0].setting == name, "{problems:?}");
        assert!(problems[0].expected.contains(&format!("npx wrangler secret put {name}")), "{problems:?}");
        assert!(!problems[0].to_string().contains(&format!("is {value},")), "{problems:?}");
        assert!(configuration.callers.hook_secrets.unreadable, "strangers are not told which it is");
        assert_eq!(configuration.callers.weak_token().is_some(), name.ends_with("TOKEN"), "{name}");
    }
    let one = "0a9b8c7d6e5f4a3b";
    assert_eq!(problems(json!({"ADMIN_TOKEN": one, "VIEWER_TOKEN": one})).len(), 1);
    let source = json!({"name": "own-tool", "id": "id", "title": "title"});
    assert_eq!(problems(json!({"SOURCES": [source], "WEBHOOK_SECRET_OWN_TOOL": "w"})).len(), 1);
}

#[test]
fn without_any_secret_the_problem_is_named_with_its_command() {
    let none = with(json!({"WEBHOOK_SECRET": ""}));
    assert!(none.settings.is_ok());
    assert_eq!(
        none.problems().iter().map(Problem::to_string).collect::<Vec<_>>(),
        ["WEBHOOK_SECRET is missing, expected a secret that senders authenticate with: npx wrangler secret put \
          WEBHOOK_SECRET"]
    );
    for enough in [
        json!({"ALLOW_UNAUTHENTICATED": "true"}),
        json!({"WEBHOOK_SECRET_PREVIOUS": "0a9b8c7d6e5f4a3b"}),
        json!({"WEBHOOK_SECRET_KIBANA": "0a9b8c7d6e5f4a3b"}),
        json!({"PAGERDUTY_SIGNING_SECRET": "0a9b8c7d6e5f4a3b"}),
        json!({"AZURE_TENANT_ID": TENANT, "AZURE_AUDIENCE": "x"}),
    ] {
        let mut changes = enough;
        changes["WEBHOOK_SECRET"] = Value::Null;
        assert_eq!(with(changes.clone()).problems(), [], "{changes}");
    }
}

#[test]
fn a_secret_that_is_a_table_is_a_problem_and_opens_nothing() {
    let names = [
        "WEBHOOK_SECRET",
        "WEBHOOK_SECRET_ZABBIX_PREVIOUS",
        "PAGERDUTY_SIGNING_SECRET",
        "VIEWER_TOKEN",
        "NOTIFY_WEBHOOK_URL",
    ];
    for (name, value) in names.into_iter().flat_map(|name| [(name, json!({"a": "b"})), (name, json!(["a"]))]) {
        let configuration = with(json!({(name): value, "ALLOW_UNAUTHENTICATED": true}));
        let found: Vec<String> = configuration.problems().iter().map(Problem::to_string).collect();
        let expected = format!("{name} is (not shown), expected one text, no table or list in [vars]");
        assert!(found.len() == 1 && found[0].starts_with(&expected), "{found:?}");
    }
    let secrets = &with(json!({"WEBHOOK_SECRET": {}, "ALLOW_UNAUTHENTICATED": true})).callers.hook_secrets;
    assert!(secrets.unreadable, "no hook is open while a secret can't be read");
}

#[test]
fn what_is_allowed_and_unwise_is_a_warning() {
    assert_eq!(with(json!({})).warnings, [""; 0]);
    assert_eq!(with(json!({"ALLOW_UNAUTHENTICATED": "on"})).warnings, [OPEN_WARNING]);
    let previous = with(json!({"WEBHOOK_SECRET": null, "WEBHOOK_SECRET_PREVIOUS": "0a9b8c7d6e5f4a3b"})).warnings;
    assert!(previous.len() == 1 && previous[0].starts_with("WEBHOOK_SECRET_PREVIOUS is set"), "{previous:?}");
    let number = with(json!({"WEBHOOK_SECRET": 918_273_645_546_378_i64, "ALLOW_UNAUTHENTICATED": true}));
    assert!(number.callers.hook_secrets.is_set(), "a number does not open the hooks");
    assert!(number.warnings.iter().any(|warning| warning.starts_with("WEBHOOK_SECRET is a number")));
    assert_eq!(number.warnings.len(), 2, "each is said once: {:?}", number.warnings);
    let route = json!({"alert_name": "db-*", "repos": ["o/r"]});
    assert_eq!(with(json!({"ROUTES": [route]})).warnings.len(), 1);
}
