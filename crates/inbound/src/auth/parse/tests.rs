use serde_json::json;

use super::*;
use crate::config::value::OWN_SECRETS;
use crate::senders::hooks;
use incident::sender::Sender;
#[cfg(target_arch = "wasm32")]
use wasm_bindgen_test::wasm_bindgen_test as test;

fn stored(name: &str) -> Option<Secret> {
    let value = match name {
        "GRAFANA_SECRET" | "ROOTLY_SECRET" | "ROOTLY_SECRET_PREVIOUS" => "some secret",
        "INCIDENT_IO_SECRET" => "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw",
        _ => return None,
    };
    Some(Secret::new(value))
}

fn read(value: Value) -> (Vec<Signature>, Vec<String>) {
    let mut problems = Vec::new();
    let signatures = signatures(&value, &hooks(&[]), &mut stored, &mut problems);
    (
        signatures,
        problems.iter().map(|problem| problem.to_string().replace(" (SIGNATURES[1] is the first)", "")).collect(),
    )
}

fn good(value: Value) -> Vec<Signature> {
    let (signatures, problems) = read(value);
    assert_eq!(problems, [""; 0]);
    signatures
}

fn problems(value: Value) -> Vec<String> {
    let (signatures, problems) = read(value);
    assert!(signatures.is_empty());
    problems
}

fn grafana() -> Value {
    json!({
        "hooks": ["alert", "trigger-devin"],
        "scheme": "hmac",
        "header": "X-Grafana-Alerting-Signature",
        "timestamp_header": "X-Time",
        "signed": "{timestamp}:{body}",
        "secret": "GRAFANA_SECRET",
    })
}

#[test]
fn senders_with_a_header_of_their_own() {
    let rootly = json!({
        "hooks": "alert",
        "scheme": "hmac",
        "header": "X-Rootly-Signature",
        "encoding": "hex",
        "prefix": "v1=",
        "timestamp_prefix": "t=",
        "signed": "{timestamp}{body}",
        "secret": "ROOTLY_SECRET",
    });
    let list = json!([grafana(), rootly]);
    for value in [list.clone(), json!(list.to_string())] {
        let [grafana, rootly] = good(value).try_into().unwrap();
        assert_eq!(
            (grafana.name.as_str(), grafana.hooks),
            ("grafana_secret", vec![Endpoint::Of(Sender::Alert), Endpoint::Any])
        );
        assert!(grafana.secrets.current.is_some() && grafana.secrets.previous.is_none());
        let expected = Scheme {
            header: "X-Grafana-Alerting-Signature".into(),
            prefix: String::new(),
            timestamp: Some(Timestamp::Header("X-Time".into())),
            before: "{timestamp}:".into(),
            ..Scheme::pagerduty()
        };
        assert_eq!(grafana.scheme, expected);
        assert!(rootly.secrets.previous.is_some());
        let expected = Scheme {
            header: "X-Rootly-Signature".into(),
            timestamp: Some(Timestamp::Prefix("t=".into())),
            before: "{timestamp}".into(),
            ..Scheme::pagerduty()
        };
        assert_eq!(rootly.scheme, expected);
    }
}

#[test]
fn the_least_that_is_needed() {
    let [signature] = good(json!([{"hooks": "alert", "scheme": "hmac", "header": "S", "secret": "GRAFANA_SECRET"}]))
        .try_into()
        .unwrap();
    let expected = Scheme { header: "S".into(), prefix: String::new(), ..Scheme::pagerduty() };
    assert_eq!(signature.scheme, expected);
    let two = good(json!([{"hooks": "alert", "scheme": "standard-webhooks", "secret": "INCIDENT_IO_SECRET"}]));
    let headers: Vec<_> = two.iter().map(|signature| signature.scheme.header.as_str()).collect();
    assert_eq!(headers, ["webhook-signature", "svix-signature"]);
    for nothing in [Value::Null, json!(""), json!(" "), json!([]), json!("[]")] {
        assert_eq!(good(nothing).len(), 0);
    }
}

#[test]
fn every_problem_is_named_field_by_field() {
    let mut all = grafana();
    for (field, value) in [
        ("hooks", json!(["alerts", 7])),
        ("scheme", json!("hmac")),
        ("header", json!("two words")),
        ("encoding", json!("Hex")),
        ("prefix", json!("a,b")),
        ("timestamp_prefix", json!("t=")),
        ("signed", json!("{body}")),
        ("secret", json!("the value itself")),
        ("timestamps", json!("x")),
    ] {
        all[field] = value;
    }
    let found = problems(json!([grafana(), all]).as_array().map(|list| json!([list[1]])).unwrap());
    let hooks: Vec<String> =
        std::iter::once(ANY.to_owned()).chain(hooks(&[]).into_iter().map(|(name, _)| name)).collect();
    let hooks = hooks.join(", ");
    assert_eq!(
        found,
        [
            format!("SIGNATURES[1].timestamps is a text of length 1, expected one of {}", FIELDS.join(", ")),
            format!("SIGNATURES[1].hooks is \"alerts\", expected one of {hooks}, or a list of them; did you mean alert?"),
            format!("SIGNATURES[1].hooks is 7, expected one of {hooks}, or a list of them"),
            "SIGNATURES[1].header is \"two words\", expected the name of a header: letters, digits, - and _".into(),
            "SIGNATURES[1].encoding is \"Hex\", expected \"hex\" or \"base64\"; did you mean hex?".into(),
            "SIGNATURES[1].prefix is \"a,b\", expected a text without spaces and commas, such as \"v1=\"".into(),
            "SIGNATURES[1].timestamp_prefix is \"t=\", expected nothing beside timestamp_header: the time is in one place"
                .into(),
            "SIGNATURES[1].signed is \"{body}\", expected what is signed, with {timestamp} and {body} once each, such as \
             \"{timestamp}:{body}\""
                .into(),
            "SIGNATURES[1].secret is a text of length 16, expected the name of a Worker secret of its own, in capital \
             letters, digits and _, without _PREVIOUS at its end; its value goes into `npx wrangler secret put NAME`, never here"
                .into(),
        ]
    );
}

#[test]
fn what_is_missing_is_named() {
    let missing = |fields: &[&str]| {
        let mut table = grafana();
        for field in fields {
            table.as_object_mut().unwrap().remove(*field);
        }
        problems(json!([table]))
    };
    for field in ["hooks", "scheme", "header", "signed", "secret"] {
        let found = missing(&[field]);
        assert_eq!(found.len(), 1, "{found:?}");
        assert!(found[0].starts_with(&format!("SIGNATURES[1].{field} is missing, expected ")), "{found:?}");
    }
    assert_eq!(missing(&["timestamp_header"]).len(), 1, "a time is signed, but nobody knows which");
    let mut unset = grafana();
    unset["secret"] = json!("NOBODY_SET_IT");
    let expected = "SIGNATURES[1].secret is missing, expected the Worker secret NOBODY_SET_IT: npx wrangler secret put \
                    NOBODY_SET_IT";
    assert_eq!(problems(json!([unset])), [expected]);
}

#[test]
fn what_is_signed_has_its_parts_once() {
    for wrong in
        ["", "{timestamp}", "{body}{body}{timestamp}", "{timestamp}{timestamp}{body}", "{timestamp}.{id}.{body}"]
    {
        let mut table = grafana();
        table["signed"] = json!(wrong);
        assert_eq!(problems(json!([table])).len(), 1, "{wrong}");
    }
    for right in ["{timestamp}{body}", "v0:{timestamp}:{body}", "{body}{timestamp}"] {
        let mut table = grafana();
        table["signed"] = json!(right);
        assert_eq!(good(json!([table])).len(), 1, "{right}");
    }
}

#[test]
fn standard_webhooks_have_nothing_to_set_and_a_secret_in_base64() {
    let mut table = json!({"hooks": "alert", "scheme": "standard-webhooks", "secret": "GRAFANA_SECRET", "header": "x"});
    let found = problems(json!([table]));
    assert_eq!(
        found,
        [
            "SIGNATURES[1].header is \"x\", expected nothing: scheme = \"standard-webhooks\" says it all",
            "SIGNATURES[1].secret is (not shown), expected a secret GRAFANA_SECRET as Standard Webhooks has it: whsec_ and \
             base64"
        ]
    );
    table["scheme"] = json!("standard_webhook");
    assert!(problems(json!([table]))[0].ends_with("did you mean standard-webhooks?"));
}

#[test]
fn the_bridges_own_secrets_are_for_nothing_else() {
    // The last one would be what GRAFANA_SECRET was before.
    let others = ["WEBHOOK_SECRET_KIBANA", "WEBHOOK_SECRET_KIBANA_PREVIOUS", "GRAFANA_SECRET_PREVIOUS"];
    for own in OWN_SECRETS.into_iter().chain(others) {
        let mut table = grafana();
        table["secret"] = json!(own);
        assert_eq!(problems(json!([table])).len(), 1, "{own}");
    }
}

#[test]
fn what_is_no_list_of_tables_is_refused() {
    for wrong in [json!({}), json!(7), json!("{"), json!("7"), json!([7]), json!(["x"]), json!([[]])] {
        assert_eq!(problems(wrong.clone()).len(), 1, "{wrong}");
    }
    assert_eq!(problems(json!([{}])).len(), 3, "hooks, scheme, secret");
    assert_eq!(problems(Value::Array(vec![grafana(); MOST + 1])).len(), 1);
}
