use base64::Engine;
use base64::engine::general_purpose::STANDARD;

use super::*;
use incident::sender::Sender;
use proptest::prelude::*;
#[cfg(target_arch = "wasm32")]
use wasm_bindgen_test::wasm_bindgen_test as test;

const NOW: i64 = 1_800_000_000;

fn holds_at(scheme: &Scheme, secret: &str, headers: &[(&str, &str)], body: &[u8], seconds: i64) -> bool {
    let header = |name: &str| {
        let found = headers.iter().find(|(known, _)| known.eq_ignore_ascii_case(name));
        found.map(|(_, value)| *value)
    };
    let now = Time(seconds * 1_000);
    let claim = Claim { hook: Endpoint::Of(Sender::Alert), header: &header, query_secret: None, now };
    scheme.holds(&Secret::new(secret), &claim, body)
}

fn holds(scheme: &Scheme, secret: &str, headers: &[(&str, &str)], body: &[u8]) -> bool {
    holds_at(scheme, secret, headers, body, NOW)
}

fn pagerduty(secret: &str, header: &str, body: &[u8]) -> bool {
    holds(&Scheme::pagerduty(), secret, &[("X-PagerDuty-Signature", header)], body)
}

#[test]
fn a_known_vector_holds() {
    // RFC 4231, test case 2.
    let header = "v1=5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843";
    assert!(pagerduty("Jefe", header, b"what do ya want for nothing?"));
}

#[test]
fn one_good_signature_of_three_is_enough_and_other_versions_do_not_count() {
    let good = format!("v1={}", sign("key", b"body"));
    let bad = format!("v1={}", sign("other", b"body"));
    assert!(pagerduty("key", &format!("{bad},{good},v1=00"), b"body"));
    assert!(pagerduty("key", &format!("{bad}, {good}"), b"body"));
    assert!(!pagerduty("key", &bad, b"body"));
    assert!(!pagerduty("key", &good.replace("v1=", "v2="), b"body"));
    assert!(!pagerduty("key", &good, b"body "));
    for odd in ["", "v1=", "v1", "v1=zz", ",,,", "v1=é", good.trim_end_matches(|c| c != '=')] {
        assert!(!pagerduty("key", odd, b"body"), "{odd}");
    }
    let late = format!("{}{good}", "v1=00,".repeat(MOST_SIGNATURES));
    assert!(!pagerduty("key", &late, b"body"), "only so many are looked at");
}

/// The example of Svix's documentation, and the one of the specification's own libraries.
const PUBLISHED: [(&str, &str, i64, &[u8], &str); 2] = [
    (
        "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw",
        "msg_p5jXN8AQM9LWM0D4loKWxJek",
        1_614_265_330,
        br#"{"test": 2432232314}"#,
        "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=",
    ),
    (
        "whsec_C2FVsBQIhrscChlQIMV+b5sSYspob7oD",
        "msg_27UH4WbU6Z5A5EzD8u03UvzRbpk",
        1_649_367_553,
        br#"{"email":"test@example.com","username":"test_user"}"#,
        "v1,tZ1I4/hDygAJgO5TYxiSd6Sd0kDW6hPenDe+bTa3Kkw=",
    ),
];

#[test]
fn standard_webhooks_published_vectors_hold() {
    for (secret, id, at, body, signature) in PUBLISHED {
        for family in ["webhook", "svix"] {
            let scheme = Scheme::standard_webhooks(family);
            let names = ["id", "timestamp", "signature"].map(|part| format!("{family}-{part}"));
            let time = at.to_string();
            let with = |id: &str, time: &str, signature: &str, now: i64| {
                let headers = [(names[0].as_str(), id), (names[1].as_str(), time), (names[2].as_str(), signature)];
                holds_at(&scheme, secret, &headers, body, now)
            };
            assert!(with(id, &time, signature, at));
            assert!(with(id, &time, &format!("v1,AAAA v1a,{signature} {signature} v2,x"), at), "one of several");
            assert!(with(id, &time, signature, at + 300) && with(id, &time, signature, at - 300));
            assert!(!with(id, &time, signature, at + 301) && !with(id, &time, signature, at - 301));
            assert!(!with("msg_other", &time, signature, at));
            assert!(!with("", &time, signature, at));
            assert!(!with(id, &(at + 1).to_string(), signature, at));
            assert!(!with(id, &time, &signature.replace("v1,", "v1a,"), at));
            assert!(!with(id, &time, signature.trim_start_matches("v1,"), at));
            assert!(!with(id, &time, "", at));
            assert!(!with(id, "", signature, at));
        }
        let scheme = Scheme::standard_webhooks("webhook");
        assert!(scheme.key(&Secret::new(secret)).is_some());
        assert_eq!(scheme.key(&Secret::new(secret)), scheme.key(&Secret::new(secret.trim_start_matches("whsec_"))));
        for broken in ["whsec_", "whsec_!", "not base64"] {
            assert_eq!(scheme.key(&Secret::new(broken)), None, "{broken}");
        }
    }
}

#[test]
fn an_id_has_nothing_that_separates_what_is_signed() {
    for good in ["a", "msg_27UH4WbU6Z5A5EzD8u03UvzRbpk", &"x".repeat(LONGEST_ID)] {
        assert!(is_id(good), "{good}");
    }
    for bad in ["", ".", "a.b", "a b", "msg:1", "é", "{timestamp}", &"x".repeat(LONGEST_ID + 1)] {
        assert!(!is_id(bad), "{bad}");
    }
}

#[test]
fn a_signed_body_is_not_cut_into_an_id_and_another_body() {
    let scheme = Scheme::standard_webhooks("webhook");
    let (old, key) = (NOW - 86_400, STANDARD.encode("key"));
    let text = format!("{{\"alertName\": \"x.{NOW}.&payload=%7B%22alertName%22%3A%22forged%22%7D&\"}}");
    let signed = format!("msg_1.{old}.{text}");
    let signature = format!("v1,{}", STANDARD.encode(mac("key", &[signed.as_bytes()])));
    let (id, body) = signed.split_once(&format!(".{NOW}.")).unwrap();
    let now = NOW.to_string();
    let headers = [("webhook-id", id), ("webhook-timestamp", &*now), ("webhook-signature", &*signature)];
    assert!(!holds(&scheme, &key, &headers, body.as_bytes()));
}

#[test]
fn an_empty_id_is_none_even_where_it_was_signed() {
    let scheme = Scheme::standard_webhooks("webhook");
    let key = STANDARD.encode("key");
    let signature = format!("v1,{}", STANDARD.encode(mac("key", &[format!(".{NOW}.body").as_bytes()])));
    let headers = [("webhook-timestamp", &*NOW.to_string()), ("webhook-signature", &*signature)];
    assert!(!holds(&scheme, &key, &headers, b"body"));
}

fn grafana() -> Scheme {
    Scheme {
        header: "X-Grafana-Alerting-Signature".into(),
        prefix: String::new(),
        timestamp: Some(Timestamp::Header("X-Time".into())),
        before: "{timestamp}:".into(),
        ..Scheme::pagerduty()
    }
}

fn rootly() -> Scheme {
    Scheme {
        header: "X-Rootly-Signature".into(),
        timestamp: Some(Timestamp::Prefix("t=".into())),
        before: "{timestamp}".into(),
        ..Scheme::pagerduty()
    }
}

#[test]
fn the_time_may_have_a_header_of_its_own() {
    let at = NOW.to_string();
    let signature = hex::encode(mac("key", &[at.as_bytes(), b":", b"body"]));
    let with = |time: &str, now: i64| {
        let headers = [("x-grafana-alerting-signature", signature.as_str()), ("x-time", time)];
        holds_at(&grafana(), "key", &headers, b"body", now)
    };
    assert!(with(&at, NOW) && with(&at, NOW + 300) && with(&at, NOW - 300));
    assert!(!with(&at, NOW + 301) && !with(&at, NOW - 301));
    assert!(!with("", NOW) && !with("1", NOW) && !with("+1800000000", NOW) && !with("1800000000.0", NOW));
    assert!(!holds(&grafana(), "key", &[("X-Grafana-Alerting-Signature", &signature)], b"body"), "no time at all");
}

#[test]
fn the_time_may_stand_beside_the_signature() {
    let signed = |at: i64| hex::encode(mac("key", &[at.to_string().as_bytes(), b"body"]));
    let with = |header: &str, now: i64| holds_at(&rootly(), "key", &[("X-Rootly-Signature", header)], b"body", now);
    let good = format!("t={NOW},v1={}", signed(NOW));
    assert!(with(&good, NOW) && with(&good, NOW + 300));
    assert!(with(&format!("v1={}, t={NOW}", signed(NOW)), NOW), "in any order");
    assert!(!with(&good, NOW + 301) && !with(&good, NOW - 301));
    assert!(!with(&format!("t={},v1={}", NOW + 1, signed(NOW)), NOW), "another time than was signed");
    assert!(!with(&format!("v1={}", signed(NOW)), NOW));
    assert!(!with(&format!("t=,v1={}", hex::encode(mac("key", &[b"body"]))), NOW), "no time, and none signed");
}

#[test]
fn base64_a_prefix_and_something_after_the_body() {
    let scheme = Scheme {
        header: "Signature".into(),
        prefix: "sha256=".into(),
        encoding: Encoding::Base64,
        before: "<".into(),
        after: ">".into(),
        ..Scheme::pagerduty()
    };
    let signature = STANDARD.encode(mac("key", &[b"<body>"]));
    assert!(holds(&scheme, "key", &[("Signature", &format!("sha256={signature}"))], b"body"));
    assert!(!holds(&scheme, "key", &[("Signature", &signature)], b"body"), "without the prefix");
    assert!(!holds(&scheme, "key", &[("Signature", &format!("sha256={}", sign("key", b"<body>")))], b"body"), "in hex");
}

#[test]
fn a_time_that_is_none_is_out_of_the_window() {
    let now = Time(NOW * 1_000);
    assert!(is_current("1800000000", now));
    for odd in [
        "",
        " ",
        "0001800000000",
        "01800000000",
        "180000000",
        "-1800000000",
        "1800000000000",
        "99999999999999999999",
        "1.8e9",
        "today",
    ] {
        assert!(!is_current(odd, now), "{odd}");
    }
}

/// Every (time, id, body) that a scheme takes now and of which these are the signed bytes.
fn readings(scheme: &Scheme, signed: &[u8]) -> Vec<(String, String, Vec<u8>)> {
    let part =
        |from: usize, length: usize| std::str::from_utf8(signed.get(from..from + length)?).ok().map(str::to_owned);
    let mut ids = vec![String::new()];
    let mut times = vec![String::new()];
    for from in 0..signed.len() {
        if scheme.id_header.is_some() {
            ids.extend((1..=LONGEST_ID).filter_map(|length| part(from, length)).filter(|id| is_id(id)));
        }
        if scheme.timestamp.is_some() {
            // Of any length: that only one is taken is what has to be shown.
            times.extend((1..=13).filter_map(|length| part(from, length)));
        }
    }
    let now = Time(NOW * 1_000);
    ids.retain(|id| scheme.id_header.is_none() || is_id(id));
    times.retain(|time| scheme.timestamp.is_none() || is_current(time, now));
    for list in [&mut ids, &mut times] {
        list.sort();
        list.dedup();
    }
    let mut found = Vec::new();
    for time in &times {
        for id in &ids {
            let (before, after) = scheme.around(time, id);
            let body = signed.strip_prefix(before.as_bytes()).and_then(|rest| rest.strip_suffix(after.as_bytes()));
            found.extend(body.map(|body| (time.clone(), id.clone(), body.to_vec())));
        }
    }
    found
}

/// The manners of signing that can be configured: what is signed with the body, and where.
fn templates() -> Vec<Scheme> {
    let mut all = vec![Scheme::pagerduty(), Scheme::standard_webhooks("webhook")];
    for (before, after) in [
        ("{timestamp}:", ""),
        ("{timestamp}", ""),
        ("", "{timestamp}"),
        ("", ".{timestamp}"),
        ("v0:{timestamp}:", ""),
        ("{timestamp}.", "."),
        ("1{timestamp}", "1"),
    ] {
        all.push(Scheme { before: before.into(), after: after.into(), ..grafana() });
    }
    all
}

proptest! {
    #[test]
    fn no_two_deliveries_have_the_same_signed_bytes(
        id in "[A-Za-z0-9_-]{1,12}",
        offset in -300_i64..=300,
        body in r"([.:&1]|180000000[0-9]|18000|[a-z]{1,3}|\{timestamp\}|\{id\}){0,12}",
    ) {
        for scheme in templates() {
            let time = if scheme.timestamp.is_some() { (NOW + offset).to_string() } else { String::new() };
            let id = if scheme.id_header.is_some() { id.clone() } else { String::new() };
            let (before, after) = scheme.around(&time, &id);
            let signed = [before.as_bytes(), body.as_bytes(), after.as_bytes()].concat();
            prop_assert_eq!(readings(&scheme, &signed), [(time, id, body.clone().into_bytes())]);
        }
    }

    #[test]
    fn nothing_else_holds(header in ".{0,200}", time in ".{0,30}", body in proptest::collection::vec(any::<u8>(), 0..200)) {
        for (scheme, name) in [(grafana(), "X-Grafana-Alerting-Signature"), (rootly(), "X-Rootly-Signature")] {
            prop_assert!(!holds(&scheme, "key", &[(name, &header), ("X-Time", &time)], &body));
        }
    }

    #[test]
    fn what_is_signed_holds_for_any_body(body in proptest::collection::vec(any::<u8>(), 0..200)) {
        let header = format!("v1={}", sign("key", &body));
        prop_assert!(pagerduty("key", &header, &body));
    }
}
