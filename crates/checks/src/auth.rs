//! The proofs of identity that a request brings.

use base64::Engine;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use hmac::{Hmac, KeyInit, Mac};
use serde_json::Value;
use sha2::Sha256;

use super::input::text_of;
use inbound::auth::{self, Attempt, Claim, EndpointSecrets, Entra, Refusal, Rotating, Scheme, Signature, Token};
use inbound::endpoint::Endpoint;
use incident::secret::Secret;
use incident::sender::Sender;
use incident::time::Time;

/// 2027-01-15T08:00:00Z.
const NOW: i64 = 1_800_000_000;
const SHARED: &str = "shared-secret";
const KEY: &[u8] = b"signing-key";
/// The same as Standard Webhooks writes it.
const ENCODED_KEY: &str = "whsec_c2lnbmluZy1rZXk=";

/// The headers, a line each, in this order; `?secret=` is the last of them. The body follows.
const HEADERS: [&str; 7] = [
    "X-PagerDuty-Signature",
    "X-Webhook-Secret",
    "Authorization",
    "webhook-signature",
    "webhook-id",
    "webhook-timestamp",
    "?secret=",
];

/// Seven lines of headers, then the body. `GOOD` stands for the right signature, `NOW` for the time.
pub fn signature(input: &[u8]) {
    let mut parts = input.splitn(HEADERS.len() + 1, |byte| *byte == b'\n');
    let mut lines = HEADERS.map(|_| parts.next().map(|part| text_of(part).replace("NOW", &NOW.to_string())));
    let body = parts.next().unwrap_or_default();
    let [pagerduty, _, _, webhook, id, timestamp, _] = &mut lines;
    let (id, timestamp) = (id.clone().unwrap_or_default(), timestamp.clone().unwrap_or_default());
    let before = format!("{id}.{timestamp}.");
    let (plain, standard) = (mac(&[body]), mac(&[before.as_bytes(), body]));
    let (plain, standard) = (hex::encode(&plain), STANDARD.encode(&standard));
    fill(pagerduty, &plain);
    fill(webhook, &standard);

    // Who is to be let in, said in other words than the bridge's.
    let [pagerduty, secret, authorization, webhook, _, _, query] = &lines;
    let any = |header: &Option<String>, separator: char, right: &dyn Fn(&str) -> bool| {
        header.as_deref().is_some_and(|header| header.split(separator).take(20).any(|part| right(part.trim())))
    };
    let by_pagerduty = any(pagerduty, ',', &|part| {
        part.get(..3) == Some("v1=") && part.get(3..).is_some_and(|hex| hex.eq_ignore_ascii_case(&plain))
    });
    let in_time = timestamp.len() == 10
        && timestamp.bytes().all(|byte| byte.is_ascii_digit())
        && timestamp.parse::<i64>().is_ok_and(|at| (NOW - 300..=NOW + 300).contains(&at));
    let is_id =
        (1..=128).contains(&id.len()) && id.chars().all(|c| matches!(c, 'a'..='z' | 'A'..='Z' | '0'..='9' | '-' | '_'));
    let by_webhook = in_time && is_id && any(webhook, ' ', &|part| part == format!("v1,{standard}"));
    let named = [secret, query].into_iter().flatten().any(|offered| offered == SHARED);
    let authorization = authorization.as_deref().unwrap_or_default().trim();
    let (scheme, value) = authorization.split_once(' ').unwrap_or_default();
    let bearer = scheme.eq_ignore_ascii_case("bearer") && value.trim() == SHARED;
    let basic = scheme.eq_ignore_ascii_case("basic");

    let header = |name: &str| {
        let at = HEADERS.iter().position(|known| known.eq_ignore_ascii_case(name))?;
        lines.get(at)?.as_deref()
    };
    let query_secret = query.clone();
    let now = Time(NOW * 1_000);
    let (secrets, hook) = (secrets(), Endpoint::Of(Sender::Pagerduty));
    let attempt = Attempt::new(&secrets, Claim { hook, header: &header, query_secret, now });
    let verified = attempt.verify(body, &Token::Absent);
    // What is refused unread is refused when it is read.
    assert!(attempt.refusal().is_none_or(|refusal| verified.as_ref().err() == Some(&refusal)));
    match verified {
        Ok(verified) => {
            assert_eq!(verified.body(), body);
            match verified.by() {
                "pagerduty" => assert!(by_pagerduty),
                "webhooks" => assert!(by_webhook),
                by => assert!(by == "webhook_secret" && (named || bearer || basic), "{by}"),
            }
        }
        Err(refusal) => {
            assert_eq!(refusal, Refusal::Unauthorized);
            assert!(!by_pagerduty && !by_webhook && !named && !bearer);
        }
    }
}

/// The setting `SIGNATURES`, a zero byte, and a body. What a setting asks for is signed accordingly, said in other words
/// than the bridge's: that is let in, and nothing else.
pub fn signatures(input: &[u8]) {
    let mut parts = input.splitn(2, |byte| *byte == 0);
    let setting = text_of(parts.next().unwrap_or_default());
    let body = parts.next().unwrap_or_default();
    let setting = serde_json::from_str(&setting).unwrap_or_else(|_| Value::String(setting.into_owned()));
    let mut problems = Vec::new();
    let mut secret = |name: &str| (!name.ends_with("_PREVIOUS")).then(|| Secret::new(ENCODED_KEY));
    let signatures = auth::signatures(&setting, &inbound::senders::hooks(&[]), &mut secret, &mut problems);
    for problem in &problems {
        assert!(problem.setting.starts_with("SIGNATURES") && !problem.expected.is_empty(), "{problem}");
        assert!(problem.found.as_ref().is_none_or(|found| found.len() < 1_000));
        assert!(!problem.to_string().contains(ENCODED_KEY));
    }
    let setting = match &setting {
        Value::String(text) => serde_json::from_str(text).unwrap_or_default(),
        other => other.clone(),
    };
    if let (Some(tables), true) = (setting.as_array(), problems.is_empty()) {
        let hmac = |table: &Value| table.get("scheme").is_some_and(|scheme| scheme == "hmac");
        // Standard Webhooks has two signatures, the specification's and Svix's.
        let mut rest = signatures.iter();
        for table in tables {
            let signature = rest.next();
            assert!(signature.is_some(), "{table}");
            if hmac(table) {
                signature.into_iter().for_each(|signature| signed_as(table, signature, body));
            } else {
                rest.next();
            }
        }
        assert!(rest.next().is_none());
    }
}

/// Holds a signature against the table of the setting that it is from.
fn signed_as(table: &Value, signature: &Signature, body: &[u8]) {
    let field = |name: &str| table.get(name).and_then(Value::as_str);
    let (header, hook) =
        (field("header").unwrap_or_default(), signature.hooks.first().copied().unwrap_or(Endpoint::Any));
    let signed = field("signed").unwrap_or("{body}");
    let (before, after) = signed.split_once("{body}").unwrap_or_default();
    let timed = field("timestamp_header").is_some() || field("timestamp_prefix").is_some();
    // Who puts two things into one header asks for what cannot be.
    if field("timestamp_header").is_some_and(|timestamp| timestamp.eq_ignore_ascii_case(header)) {
        return;
    }
    let headers = |at: i64| {
        let filled = [before, after].map(|text| text.replace("{timestamp}", &at.to_string()));
        let Ok(mut mac) = Hmac::<Sha256>::new_from_slice(ENCODED_KEY.as_bytes()) else { return Vec::new() };
        mac.update(filled[0].as_bytes());
        mac.update(body);
        mac.update(filled[1].as_bytes());
        let mac = mac.finalize().into_bytes();
        let encoded = if field("encoding") == Some("base64") { STANDARD.encode(mac) } else { hex::encode(mac) };
        let mut value = [field("prefix").unwrap_or_default(), &encoded].concat();
        if let Some(prefix) = field("timestamp_prefix") {
            value = format!("{prefix}{at},{value}");
        }
        let timestamp = field("timestamp_header").map(|name| (name.to_owned(), at.to_string()));
        [(header.to_owned(), value)].into_iter().chain(timestamp).collect::<Vec<_>>()
    };
    let secrets = EndpointSecrets { signatures: vec![signature.clone()], ..EndpointSecrets::default() };
    let let_in = |headers: &[(String, String)], body: &[u8]| {
        let header = |name: &str| {
            headers.iter().find(|(known, _)| known.eq_ignore_ascii_case(name)).map(|(_, value)| value.as_str())
        };
        let claim = Claim { hook, header: &header, query_secret: None, now: Time(NOW * 1_000) };
        Attempt::new(&secrets, claim).verify(body, &Token::Absent).is_ok()
    };
    assert!(let_in(&headers(NOW), body), "{table}");
    assert!(!let_in(&headers(NOW), &[body, b"x"].concat()), "{table}");
    assert!(!let_in(&[], body), "{table}");
    for late in [NOW - 301, NOW + 301] {
        assert_eq!(let_in(&headers(late), body), !timed, "{table}");
    }
}

fn secrets() -> EndpointSecrets {
    let one = |secret: &str| Rotating { current: Some(Secret::new(secret)), previous: None };
    let signature = |name: &str, scheme: Scheme, secret: &str| Signature {
        name: name.to_owned(),
        hooks: vec![Endpoint::Of(Sender::Pagerduty)],
        scheme,
        secrets: one(secret),
    };
    let signatures = vec![
        signature("pagerduty", Scheme::pagerduty(), &text_of(KEY)),
        signature("webhooks", Scheme::standard_webhooks("webhook"), ENCODED_KEY),
    ];
    EndpointSecrets { shared: one(SHARED), signatures, ..EndpointSecrets::default() }
}

fn fill(header: &mut Option<String>, right: &str) {
    if let Some(header) = header {
        *header = header.replace("GOOD", right);
    }
}

fn mac(parts: &[&[u8]]) -> Vec<u8> {
    let Ok(mut mac) = Hmac::<Sha256>::new_from_slice(KEY) else { return Vec::new() };
    parts.iter().for_each(|part| mac.update(part));
    mac.finalize().into_bytes().to_vec()
}

const TENANT: &str = "11111111-2222-4333-8444-555555555555";
const APP: &str = "66666666-7777-4888-9999-aaaaaaaaaaaa";
const AZURE: &str = "461e8683-5575-4561-ac7f-899cc907d62a";
const ROLE: &str = "ActionGroupsSecureWebhook";

/// An Entra ID token: its header and its claims in a line each, and its signature, which nobody checks yet. Where the
/// first line begins with `.`, the rest of it is the token as it stands.
pub fn token(input: &[u8]) {
    let mut parts = input.splitn(3, |byte| *byte == b'\n');
    let [header, claims, signature] = [(); 3].map(|()| parts.next().unwrap_or_default());
    let entra = Entra {
        authority: "https://login.microsoftonline.com".to_owned(),
        tenant: TENANT.to_owned(),
        audience: APP.to_owned(),
        caller: AZURE.to_owned(),
        role: ROLE.to_owned(),
    };
    let now = Time(NOW * 1_000);
    if let Some(token) = header.strip_prefix(b".") {
        let _ = entra.claims(&text_of(token), now);
        return;
    }
    let url = |part: &[u8]| URL_SAFE_NO_PAD.encode(part);
    let token = format!("{}.{}.{}", url(header), url(claims), url(signature));
    if entra.claims(&token, now).is_ok() {
        let read = |part: &[u8]| serde_json::from_slice::<Value>(part).unwrap_or_default();
        let (header, claims) = (read(header), read(claims));
        let is = |name: &str, right: &str| {
            claims.get(name).and_then(Value::as_str).is_some_and(|it| it.eq_ignore_ascii_case(right))
        };
        assert!(header.get("alg").is_some_and(|alg| alg == "RS256") && header.get("crit").is_none());
        assert!(is("tid", TENANT) && (is("appid", AZURE) || is("azp", AZURE)));
        assert!(is("aud", APP) || is("aud", &format!("api://{APP}")));
        assert!(claims.get("iss").is_some_and(|iss| iss.to_string().to_ascii_lowercase().contains(TENANT)));
        assert!(claims.get("roles").is_some_and(|roles| roles.to_string().contains(ROLE)));
        let seconds = |name: &str| claims.get(name).and_then(Value::as_i64);
        assert!(
            seconds("exp").is_some_and(|exp| exp > NOW - 300) && seconds("nbf").is_some_and(|nbf| nbf <= NOW + 300)
        );
    }
}
