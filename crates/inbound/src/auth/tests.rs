use super::*;
use crate::auth::entra::tests::entra;
use crate::auth::signature::sign;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use incident::time::Time;
#[cfg(target_arch = "wasm32")]
use wasm_bindgen_test::wasm_bindgen_test as test;

const BODY: &[u8] = br#"{"event":{}}"#;

fn rotating(current: &str, previous: &str) -> Rotating {
    Rotating { current: Some(Secret::new(current)), previous: Some(Secret::new(previous)) }
}

fn pagerduty(secrets: Rotating) -> Signature {
    Signature {
        name: "pagerduty_signature".into(),
        hooks: vec![Endpoint::Of(Sender::Pagerduty)],
        scheme: Scheme::pagerduty(),
        secrets,
    }
}

fn secrets() -> EndpointSecrets {
    let signatures = vec![pagerduty(rotating("key-new", "key-old"))];
    EndpointSecrets { shared: rotating("new", "old"), signatures, ..Default::default() }
}

/// What proves a request with these headers, and this `?secret=`.
fn proof_of(
    secrets: &EndpointSecrets,
    hook: Endpoint,
    headers: &[(&str, &str)],
    query: Option<&str>,
    token: Token,
) -> Result<String, Refusal> {
    let header = |name: &str| {
        let found = headers.iter().find(|(known, _)| known.eq_ignore_ascii_case(name));
        found.map(|(_, value)| *value)
    };
    let query_secret = query.map(str::to_owned);
    let attempt = Attempt::new(secrets, Claim { hook, header: &header, query_secret, now: Time(1_800_000_000_000) });
    let verified = attempt.verify(BODY, &token).map(|verified| verified.by().to_owned());
    // What is refused unread is refused when it is read.
    assert!(attempt.refusal().is_none_or(|refusal| verified == Err(refusal) || token != Token::Absent));
    verified
}

fn proof(headers: &[(&str, &str)], query: Option<&str>) -> Result<String, Refusal> {
    proof_of(&secrets(), Endpoint::Of(Sender::Pagerduty), headers, query, Token::Absent)
}

#[test]
fn every_carrier_takes_the_current_and_the_previous_secret() {
    for (secret, by) in [("new", "webhook_secret"), ("old", "webhook_secret_previous")] {
        let basic = STANDARD.encode(format!("anyone:{secret}"));
        for value in [format!("Bearer {secret}"), format!("bearer  {secret}"), format!("Basic {basic}")] {
            assert_eq!(proof(&[("Authorization", &value)], None).as_deref(), Ok(by));
        }
        assert_eq!(proof(&[("X-Webhook-Secret", secret)], None).as_deref(), Ok(by));
        assert_eq!(proof(&[], Some(secret)).as_deref(), Ok(by));
    }
}

#[test]
fn anything_else_is_unauthorized() {
    for wrong in ["", "new", "Bearer", "Bearer ", "Bearer New", "Basic new", "Basic bmV3", "Digest new"] {
        assert_eq!(proof(&[("Authorization", wrong)], None), Err(Refusal::Unauthorized), "{wrong}");
    }
    assert_eq!(proof(&[], None), Err(Refusal::Unauthorized));
}

#[test]
fn one_right_carrier_is_enough() {
    assert_eq!(proof(&[("X-Webhook-Secret", "wrong")], Some("new")).as_deref(), Ok("webhook_secret"));
}

#[test]
fn a_signature_counts_only_where_it_is_taken() {
    for (key, by) in [("key-new", "pagerduty_signature"), ("key-old", "pagerduty_signature_previous")] {
        let header = format!("v1={}", sign(key, BODY));
        let headers = [("X-PagerDuty-Signature", header.as_str())];
        assert_eq!(proof(&headers, None).as_deref(), Ok(by));
        let elsewhere = proof_of(&secrets(), Endpoint::Any, &headers, None, Token::Absent);
        assert_eq!(elsewhere, Err(Refusal::Unauthorized));
    }
}

#[test]
fn without_a_secret_nobody_gets_in_unless_that_is_wanted() {
    let none = EndpointSecrets::default();
    let nobody =
        |secrets: &EndpointSecrets| proof_of(secrets, Endpoint::Of(Sender::Pagerduty), &[], None, Token::Absent);
    assert_eq!(nobody(&none), Err(Refusal::NotConfigured));
    assert_eq!(nobody(&EndpointSecrets { open: true, ..none }).as_deref(), Ok("none"));
    assert_eq!(nobody(&EndpointSecrets { open: true, ..secrets() }), Err(Refusal::Unauthorized));
}

#[test]
fn a_signing_secret_does_not_open_hooks_that_take_no_signature() {
    let only = EndpointSecrets { signatures: secrets().signatures, ..Default::default() };
    assert_eq!(proof_of(&only, Endpoint::Any, &[], None, Token::Absent), Err(Refusal::NotConfigured));
    assert_eq!(proof_of(&only, Endpoint::Of(Sender::Pagerduty), &[], None, Token::Absent), Err(Refusal::Unauthorized));
}

#[test]
fn while_a_setting_can_not_be_read_nobody_is_called_a_stranger() {
    let broken = EndpointSecrets { unreadable: true, ..secrets() };
    let from =
        |headers: &[(&str, &str)]| proof_of(&broken, Endpoint::Of(Sender::Pagerduty), headers, None, Token::Absent);
    assert_eq!(from(&[]), Err(Refusal::NotConfigured));
    assert_eq!(from(&[("X-Webhook-Secret", "new")]).as_deref(), Ok("webhook_secret"));
}

#[test]
fn a_secret_of_one_hook_opens_that_one_only() {
    let own = OwnSecret {
        name: "webhook_secret_azure_monitor".into(),
        hook: Endpoint::Of(Sender::AzureMonitor),
        secrets: rotating("azure", "azure-old"),
    };
    let with_shared = EndpointSecrets { own: vec![own.clone()], ..secrets() };
    let alone = EndpointSecrets { own: vec![own], ..Default::default() };
    for (secret, by) in
        [("azure", "webhook_secret_azure_monitor"), ("azure-old", "webhook_secret_azure_monitor_previous")]
    {
        for hook in [Endpoint::Any, Endpoint::Of(Sender::Pagerduty), Endpoint::Of(Sender::Kibana), Endpoint::Source(0)]
        {
            let proof = |secrets| proof_of(secrets, hook, &[], Some(secret), Token::Absent);
            assert_eq!(proof(&with_shared), Err(Refusal::Unauthorized));
            assert_eq!(proof(&alone), Err(Refusal::NotConfigured));
        }
        for secrets in [&with_shared, &alone] {
            let azure = proof_of(secrets, Endpoint::Of(Sender::AzureMonitor), &[], Some(secret), Token::Absent);
            assert_eq!(azure.as_deref(), Ok(by));
        }
    }
    let shared = proof_of(&with_shared, Endpoint::Of(Sender::AzureMonitor), &[], Some("new"), Token::Absent);
    assert_eq!(shared.as_deref(), Ok("webhook_secret"));
    assert_eq!(own_secret_name("azure-monitor"), "WEBHOOK_SECRET_AZURE_MONITOR");
    assert!(alone.is_set() && secrets().is_set() && !EndpointSecrets::default().is_set());
}

#[test]
fn tokens_count_where_azure_calls() {
    let azure = EndpointSecrets { entra: Some(entra()), ..Default::default() };
    assert!(azure.takes_tokens(Endpoint::Of(Sender::AzureMonitor)) && azure.takes_tokens(Endpoint::Any));
    for hook in [Endpoint::Of(Sender::Pagerduty), Endpoint::Of(Sender::Alert), Endpoint::Of(Sender::Kibana)] {
        assert!(!azure.takes_tokens(hook));
        assert_eq!(proof_of(&azure, hook, &[], None, Token::Absent), Err(Refusal::NotConfigured));
    }
    let with = |token| proof_of(&azure, Endpoint::Of(Sender::AzureMonitor), &[], None, token);
    assert_eq!(with(Token::Proven).as_deref(), Ok("entra_token"));
    assert_eq!(with(Token::Absent), Err(Refusal::Unauthorized));
    assert_eq!(with(Token::Refused("aud")), Err(Refusal::Unauthorized));
    assert_eq!(with(Token::NoKeys), Err(Refusal::NoKeys));
    assert!(!secrets().takes_tokens(Endpoint::Of(Sender::AzureMonitor)));
}

#[test]
fn the_shared_secret_stays_good_beside_a_token_that_is_not() {
    let both = EndpointSecrets { entra: Some(entra()), ..secrets() };
    for token in [Token::Absent, Token::Refused("aud"), Token::NoKeys] {
        assert_eq!(proof_of(&both, Endpoint::Any, &[], Some("new"), token).as_deref(), Ok("webhook_secret"));
    }
}

#[test]
fn whoever_signs_in_many_headers_is_nobodys_sender() {
    let signed = |header: &str| Signature {
        name: header.to_owned(),
        hooks: vec![Endpoint::Of(Sender::Alert)],
        scheme: Scheme { header: header.to_owned(), ..Scheme::pagerduty() },
        secrets: rotating(header, "old"),
    };
    let secrets = EndpointSecrets { signatures: ["a", "b", "c"].map(signed).to_vec(), ..Default::default() };
    let right = |key: &str| format!("v1={}", sign(key, BODY));
    let proof =
        |headers: &[(&str, &str)]| proof_of(&secrets, Endpoint::Of(Sender::Alert), headers, None, Token::Absent);
    assert_eq!(proof(&[("c", &right("c"))]).as_deref(), Ok("c"));
    assert_eq!(proof(&[("a", "v1=00"), ("c", &right("c"))]).as_deref(), Ok("c"));
    assert_eq!(proof(&[("a", "v1=00"), ("b", "v1=00"), ("c", &right("c"))]), Err(Refusal::Unauthorized));
}
