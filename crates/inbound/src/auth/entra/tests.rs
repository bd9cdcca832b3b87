use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use proptest::prelude::*;
use serde_json::json;

use super::*;
#[cfg(target_arch = "wasm32")]
use wasm_bindgen_test::wasm_bindgen_test as test;

const NOW: i64 = 1_800_000_000;
const TENANT: &str = "11111111-2222-4333-8444-555555555555";
const APP: &str = "66666666-7777-4888-9999-aaaaaaaaaaaa";
const AZURE: &str = "461e8683-5575-4561-ac7f-899cc907d62a";

/// The tenant of the tests.
pub fn entra() -> Entra {
    Entra {
        authority: "https://login.microsoftonline.com".into(),
        tenant: TENANT.into(),
        audience: APP.into(),
        caller: AZURE.into(),
        role: "ActionGroupsSecureWebhook".into(),
    }
}

fn v1() -> Value {
    json!({
        "aud": format!("api://{APP}"),
        "iss": format!("https://sts.windows.net/{TENANT}/"),
        "iat": NOW - 10,
        "nbf": NOW - 10,
        "exp": NOW + 3_600,
        "appid": AZURE,
        "appidacr": "2",
        "roles": ["ActionGroupsSecureWebhook"],
        "tid": TENANT,
        "ver": "1.0",
    })
}

fn v2() -> Value {
    let mut claims = v1();
    let fields = claims.as_object_mut().unwrap();
    let caller = fields.remove("appid").unwrap();
    fields.insert("azp".into(), caller);
    claims["aud"] = json!(APP);
    claims["iss"] = json!(format!("https://login.microsoftonline.com/{TENANT}/v2.0"));
    claims["ver"] = json!("2.0");
    claims
}

fn token(header: Value, claims: Value) -> String {
    let part = |value: Value| URL_SAFE_NO_PAD.encode(value.to_string());
    format!("{}.{}.{}", part(header), part(claims), URL_SAFE_NO_PAD.encode("a signature"))
}

fn header() -> Value {
    json!({"typ": "JWT", "alg": "RS256", "kid": "the-key"})
}

/// The claims with changes; null takes one away.
fn but(mut claims: Value, changes: Value) -> Value {
    for (name, value) in changes.as_object().unwrap() {
        claims[name] = value.clone();
        if value.is_null() {
            claims.as_object_mut().unwrap().remove(name);
        }
    }
    claims
}

fn at(header: Value, claims: Value, seconds: i64) -> Option<&'static str> {
    entra().claims(&token(header, claims), Time(seconds * 1_000)).err()
}

/// What is wrong with a token of these claims.
fn wrong(claims: Value) -> Option<&'static str> {
    at(header(), claims, NOW)
}

#[test]
fn tokens_of_both_versions_pass() {
    assert_eq!(wrong(v1()), None);
    assert_eq!(wrong(v2()), None);
    let text = token(header(), v2());
    let (signed, _) = text.rsplit_once('.').unwrap();
    let unproved = entra().claims(&text, Time(NOW * 1_000)).unwrap();
    let expected = Unproved { kid: "the-key".into(), signed, signature: b"a signature".to_vec() };
    assert_eq!(unproved, expected);
}

#[test]
fn the_token_does_not_choose_how_it_is_checked() {
    for alg in [
        json!("none"),
        json!("None"),
        json!(""),
        json!("HS256"),
        json!("RS512"),
        json!("rs256"),
        json!(null),
        json!(["RS256"]),
    ] {
        assert_eq!(at(but(header(), json!({"alg": alg})), v2(), NOW), Some("alg"), "{alg}");
    }
    assert_eq!(at(but(header(), json!({"crit": ["b64"], "b64": false})), v2(), NOW), Some("alg"));
    for kid in [json!(null), json!(""), json!(7)] {
        assert_eq!(at(but(header(), json!({"kid": kid})), v2(), NOW), Some("kid"));
    }
}

#[test]
fn issuer_and_tenant_are_ours() {
    let other = "99999999-2222-4333-8444-555555555555";
    for claims in [v1(), v2()] {
        assert_eq!(wrong(but(claims.clone(), json!({"tid": other}))), Some("tid"));
        assert_eq!(wrong(but(claims.clone(), json!({"tid": null}))), Some("tid"));
        for issuer in [
            json!(null),
            json!(7),
            json!(format!("https://sts.windows.net/{other}/")),
            json!(format!("https://sts.windows.net/{TENANT}")),
            json!(format!("https://sts.windows.net.evil.example/{TENANT}/")),
            json!(format!("https://login.microsoftonline.com/{other}/v2.0")),
            json!(format!("https://login.microsoftonline.com/{TENANT}/v2.0/")),
            json!(format!("https://evil.example/{TENANT}/v2.0")),
        ] {
            assert_eq!(wrong(but(claims.clone(), json!({"iss": issuer}))), Some("iss"), "{issuer}");
        }
        let china = format!("https://sts.chinacloudapi.cn/{TENANT}/");
        assert_eq!(wrong(but(claims, json!({"iss": china}))), None);
    }
    let government = Entra { authority: "https://login.microsoftonline.us".into(), ..entra() };
    let issuer = format!("https://login.microsoftonline.us/{TENANT}/v2.0");
    let text = token(header(), but(v2(), json!({"iss": issuer})));
    assert!(government.claims(&text, Time(NOW * 1_000)).is_ok());
    assert_eq!(entra().claims(&text, Time(NOW * 1_000)), Err("iss"));
    assert_eq!(government.keys_url(), format!("https://login.microsoftonline.us/{TENANT}/discovery/v2.0/keys"));
}

#[test]
fn the_audience_is_a_guid_or_a_uri() {
    let uri = format!("api://{APP}");
    let fits = |configured: &str, audience: &str| {
        let entra = Entra { audience: configured.into(), ..entra() };
        entra.claims(&token(header(), but(v2(), json!({"aud": audience}))), Time(NOW * 1_000)).is_ok()
    };
    for (configured, audience) in [(APP, APP), (APP, &uri), (&uri, APP), (&uri, &uri), ("api://bridge", "api://bridge")]
    {
        assert!(fits(configured, audience), "{configured} {audience}");
    }
    assert!(fits(APP, &APP.to_uppercase()));
    for audience in ["", "api://", TENANT, "api://bridge", "https://graph.microsoft.com"] {
        assert!(!fits(APP, audience), "{audience}");
    }
    for audience in [json!(null), json!([APP]), json!({"aud": APP})] {
        assert_eq!(wrong(but(v2(), json!({"aud": audience}))), Some("aud"), "{audience}");
    }
}

#[test]
fn the_caller_is_azure_monitor_with_its_role() {
    for caller in [json!(TENANT), json!(""), json!(null), json!([AZURE])] {
        assert_eq!(wrong(but(v1(), json!({"appid": caller}))), Some("appid"));
        assert_eq!(wrong(but(v2(), json!({"azp": caller}))), Some("appid"));
    }
    assert_eq!(wrong(but(v2(), json!({"appid": TENANT}))), Some("appid"), "one of two");
    assert_eq!(wrong(but(v1(), json!({"appid": AZURE.to_uppercase()}))), None);
    for roles in [
        json!(null),
        json!([]),
        json!("ActionGroupsSecureWebhook"),
        json!(["Reader"]),
        json!(["actiongroupssecurewebhook"]),
        json!([["ActionGroupsSecureWebhook"]]),
    ] {
        assert_eq!(wrong(but(v2(), json!({"roles": roles}))), Some("roles"), "{roles}");
    }
    assert_eq!(wrong(but(v2(), json!({"roles": ["Reader", "ActionGroupsSecureWebhook"]}))), None);
    assert_eq!(wrong(but(v2(), json!({"roles": null, "scp": "ActionGroupsSecureWebhook"}))), Some("roles"));
}

#[test]
fn clocks_may_differ_by_five_minutes() {
    let claims = but(v2(), json!({"nbf": NOW, "exp": NOW + 60}));
    let at = |seconds| at(header(), claims.clone(), seconds);
    assert_eq!((at(NOW - 300), at(NOW - 301)), (None, Some("nbf")));
    assert_eq!((at(NOW + 60 + 299), at(NOW + 60 + 300)), (None, Some("exp")));
    for time in [json!(null), json!("1800000600"), json!(true), json!(1e300)] {
        assert_eq!(wrong(but(v2(), json!({"exp": time}))), Some("exp"), "{time}");
        assert_eq!(wrong(but(v2(), json!({"nbf": time}))), Some("nbf"), "{time}");
    }
    assert_eq!(wrong(but(v2(), json!({"exp": i64::MAX, "nbf": i64::MIN}))), None);
}

#[test]
fn what_is_no_token_is_refused() {
    let whole = token(header(), v2());
    let parts: Vec<&str> = whole.split('.').collect();
    for odd in [
        String::new(),
        "..".into(),
        "a.b.c".into(),
        format!("{}.{}", parts[0], parts[1]),
        format!("{whole}.{}", parts[2]),
        format!("{}..{}", parts[0], parts[2]),
        format!("{}={}", whole, "="),
        format!("{}.{}.!", parts[0], parts[1]),
        token(json!([]), v2()),
        token(header(), json!("claims")),
        format!("{whole}{}", "A".repeat(LONGEST_TOKEN)),
    ] {
        assert!(entra().claims(&odd, Time(NOW * 1_000)).is_err(), "{odd}");
    }
}

proptest! {
    #[test]
    fn nothing_makes_it_fall_over(text in ".{0,300}", header in ".{0,100}", claims in ".{0,100}") {
        let encode = |part: &str| URL_SAFE_NO_PAD.encode(part);
        for token in [text.clone(), format!("{}.{}.{}", encode(&header), encode(&claims), encode(&text))] {
            prop_assert!(entra().claims(&token, Time(NOW * 1_000)).is_err());
        }
    }
}
