//! Amazon SNS's own signature: <https://docs.aws.amazon.com/sns/latest/dg/sns-verify-signature-of-message.html>.
//!
//! It proves that SNS sent the message of a topic. Anybody can have a topic, so it counts for those that `SNS_TOPICS` names
//! and for no other; and the certificate it is checked with is asked for at SNS's own addresses only.

use std::time::Duration;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde::Deserialize;

use incident::time::Time;

/// SNS tries for an hour at most to deliver a message, which keeps its time; and two clocks never agree.
const OLDEST: Duration = Duration::from_mins(65);
/// How far SNS's clock may be ahead of ours.
const LEEWAY: Duration = Duration::from_mins(5);
/// What is signed of a notification, in this order; a subject only where there is one.
const NOTIFICATION: [&str; 6] = ["Message", "MessageId", "Subject", "Timestamp", "TopicArn", "Type"];
/// What is signed of the question whether messages are (un)wanted.
const CONFIRMATION: [&str; 7] = ["Message", "MessageId", "SubscribeURL", "Timestamp", "Token", "TopicArn", "Type"];

/// A message that is right as far as can be told without the certificate.
#[derive(Debug, PartialEq)]
pub struct Unproved {
    /// The address of the certificate, one of SNS itself.
    pub certificate: String,
    /// The hash that was signed, as WebCrypto calls it.
    pub hash: &'static str,
    /// What is signed.
    pub signed: String,
    /// The signature's bytes.
    pub signature: Vec<u8>,
}

/// What of a message is looked at. Nobody has proved who sent it, so nothing else of it is kept; and a field that is there
/// twice is refused: what is checked would not be what is read afterwards.
#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Message {
    message: Option<String>,
    message_id: Option<String>,
    subject: Option<String>,
    timestamp: Option<String>,
    topic_arn: Option<String>,
    r#type: Option<String>,
    token: Option<String>,
    #[serde(rename = "SubscribeURL")]
    subscribe_url: Option<String>,
    signature_version: Option<String>,
    signature: Option<String>,
    #[serde(rename = "SigningCertURL")]
    certificate: Option<String>,
}

impl Message {
    fn text(&self, name: &str) -> Option<&str> {
        let text = match name {
            "Message" => &self.message,
            "MessageId" => &self.message_id,
            "Subject" => &self.subject,
            "Timestamp" => &self.timestamp,
            "TopicArn" => &self.topic_arn,
            "Type" => &self.r#type,
            "Token" => &self.token,
            "SubscribeURL" => &self.subscribe_url,
            "SignatureVersion" => &self.signature_version,
            "Signature" => &self.signature,
            "SigningCertURL" => &self.certificate,
            _ => &None,
        };
        text.as_deref()
    }
}

/// Looks at a message of one of these topics.
///
/// # Errors
/// The part of it that is wrong, for the log.
pub fn message(body: &[u8], topics: &[String], now: Time) -> Result<Unproved, &'static str> {
    let body: Message =
        serde_json::from_slice(body).map_err(|error| if error.is_data() { "fields" } else { "JSON" })?;
    let text = |name: &str| body.text(name);
    if !text("TopicArn").is_some_and(|topic| topics.iter().any(|known| known == topic)) {
        return Err("TopicArn");
    }
    let hash = match text("SignatureVersion") {
        Some("1") => "SHA-1",
        Some("2") => "SHA-256",
        _ => return Err("SignatureVersion"),
    };
    let sent = text("Timestamp").and_then(Time::from_rfc3339).ok_or("Timestamp")?;
    if now.since(sent) > OLDEST || sent.since(now) > LEEWAY {
        return Err("Timestamp");
    }
    let certificate = text("SigningCertURL").filter(|url| is_certificate(url));
    let signature = text("Signature").and_then(|text| STANDARD.decode(text).ok()).filter(|bytes| !bytes.is_empty());
    let names: &[&str] = match text("Type") {
        Some("Notification") => &NOTIFICATION,
        Some("SubscriptionConfirmation" | "UnsubscribeConfirmation") => &CONFIRMATION,
        _ => return Err("Type"),
    };
    let mut signed = String::new();
    for name in names {
        match text(name) {
            // Line breaks separate what is signed: with one in an id, the end of one message could pass for another's id.
            Some(value) if *name == "Message" || !value.contains('\n') => signed.extend([name, "\n", value, "\n"]),
            None if *name == "Subject" => {}
            _ => return Err("a field that is signed"),
        }
    }
    Ok(Unproved {
        certificate: certificate.ok_or("SigningCertURL")?.to_owned(),
        hash,
        signed,
        signature: signature.ok_or("Signature")?,
    })
}

/// Whether an address is one of SNS itself: nobody else's is ever asked.
pub fn is_of_sns(url: &str) -> bool {
    of_sns(url).is_some()
}

/// What follows the host in an address of SNS itself.
fn of_sns(url: &str) -> Option<&str> {
    let rest = url.strip_prefix("https://sns.")?;
    let (host, rest) = rest.split_at_checked(rest.find(['/', '?', '#']).unwrap_or(rest.len()))?;
    let host = host.strip_suffix(".cn").unwrap_or(host);
    host.strip_suffix(".amazonaws.com").is_some_and(is_region).then_some(rest)
}

/// Whether it is the name of a region, such as `us-gov-west-1`. Of S3, `s3-eu-west-1` and `s3` stand in that place too: a
/// bucket that is called `sns` has such addresses, and its owner decides what they answer.
fn is_region(text: &str) -> bool {
    let Some((words, number)) = text.rsplit_once('-') else { return false };
    let word = |word: &str| !word.is_empty() && word.bytes().all(|b| b.is_ascii_lowercase());
    words.contains('-')
        && words.split('-').all(word)
        && !number.is_empty()
        && number.bytes().all(|b| b.is_ascii_digit())
}

/// Whether an address is one of SNS's certificates, which are all called alike. What its API answers, to a query, can be
/// anybody's text.
fn is_certificate(url: &str) -> bool {
    let name = of_sns(url).and_then(|path| path.strip_prefix("/SimpleNotificationService")?.strip_suffix(".pem"));
    let id = |rest: &str| rest.strip_prefix('-').is_some_and(|id| id.bytes().all(|b| b.is_ascii_alphanumeric()));
    name.is_some_and(|rest| rest.is_empty() || id(rest))
}

/// The public key in a certificate (PEM, X.509), as WebCrypto reads it (`spki`).
pub fn public_key(pem: &str) -> Option<Vec<u8>> {
    let rest = pem.trim_start().strip_prefix("-----BEGIN CERTIFICATE-----")?;
    let (base64, _) = rest.split_once("-----END CERTIFICATE-----")?;
    let base64: String = base64.chars().filter(|c| !c.is_whitespace()).collect();
    let der = STANDARD.decode(base64).ok()?;
    let (certificate, _) = Part::first(&der)?;
    let (body, _) = Part::first(certificate.of(SEQUENCE)?)?;
    let mut rest = body.of(SEQUENCE)?;
    // Its version, which may be missing; its number, algorithm, issuer, validity and subject, and then the key.
    if let Some((_, after)) = Part::first(rest).filter(|(version, _)| version.tag == VERSION) {
        rest = after;
    }
    for _ in 0..5 {
        rest = Part::first(rest)?.1;
    }
    let (key, _) = Part::first(rest)?;
    key.of(SEQUENCE)?;
    Some(key.whole.to_vec())
}

const SEQUENCE: u8 = 0x30;
const VERSION: u8 = 0xa0;

/// A value in DER.
struct Part<'a> {
    tag: u8,
    content: &'a [u8],
    whole: &'a [u8],
}

impl<'a> Part<'a> {
    /// The first value, and what follows it.
    fn first(der: &'a [u8]) -> Option<(Part<'a>, &'a [u8])> {
        let (tag, length) = (*der.first()?, *der.get(1)?);
        let more = if length < 0x80 { 0 } else { usize::from(length & 0x7f) };
        let length = match more {
            0 => usize::from(length),
            1..=3 => der
                .get(2..2_usize.checked_add(more)?)?
                .iter()
                .fold(0_usize, |sum, byte| (sum << 8) | usize::from(*byte)),
            _ => return None,
        };
        let start = more.checked_add(2)?;
        let end = start.checked_add(length)?;
        Some((Part { tag, content: der.get(start..end)?, whole: der.get(..end)? }, der.get(end..)?))
    }

    fn of(&self, tag: u8) -> Option<&'a [u8]> {
        (self.tag == tag).then_some(self.content)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::{Value, json};

    use super::*;
    #[cfg(target_arch = "wasm32")]
    use wasm_bindgen_test::wasm_bindgen_test as test;

    const TOPIC: &str = "arn:aws:sns:eu-west-1:111122223333:alarms";

    fn now() -> Time {
        Time::from_rfc3339("2026-05-04T10:46:00Z").unwrap()
    }

    fn notification() -> Value {
        json!({
            "Type": "Notification", "MessageId": "m-1", "TopicArn": TOPIC, "Subject": "ALARM", "Message": "{\"a\": 1}\nb",
            "Timestamp": "2026-05-04T10:46:00.000Z", "SignatureVersion": "1", "Signature": "RVhBTVBMRQ==",
            "SigningCertURL": "https://sns.eu-west-1.amazonaws.com/SimpleNotificationService-1.pem",
        })
    }

    fn read(body: &Value, now: Time) -> Result<Unproved, &'static str> {
        message(body.to_string().as_bytes(), &[TOPIC.to_owned()], now)
    }

    #[test]
    fn what_is_signed_is_as_sns_says() {
        let read_one = read(&notification(), now()).unwrap();
        assert_eq!(
            read_one.signed,
            format!(
                "Message\n{{\"a\": 1}}\nb\nMessageId\nm-1\nSubject\nALARM\nTimestamp\n2026-05-04T10:46:00.000Z\nTopicArn\n{TOPIC}\nType\nNotification\n"
            )
        );
        assert_eq!((read_one.hash, read_one.signature), ("SHA-1", b"EXAMPLE".to_vec()));
        let mut question = notification();
        question["Type"] = json!("SubscriptionConfirmation");
        assert_eq!(read(&question, now()), Err("a field that is signed"));
        question["Token"] = json!("t");
        question["SubscribeURL"] = json!("https://sns.eu-west-1.amazonaws.com/?x");
        question["SignatureVersion"] = json!("2");
        let question = read(&question, now()).unwrap();
        assert_eq!(question.hash, "SHA-256");
        assert!(question.signed.contains("SubscribeURL\nhttps://sns.eu-west-1.amazonaws.com/?x\n"));
        assert!(!question.signed.contains("Subject"));
    }

    #[test]
    fn what_is_wrong_is_named() {
        for (field, value, wrong) in [
            ("TopicArn", json!("arn:aws:sns:eu-west-1:999999999999:alarms"), "TopicArn"),
            ("SignatureVersion", json!("3"), "SignatureVersion"),
            ("SignatureVersion", json!(1), "fields"),
            ("SignatureVersion", json!(null), "SignatureVersion"),
            ("Timestamp", json!("2026-05-04T09:40:00Z"), "Timestamp"),
            ("Timestamp", json!("2026-05-04T10:52:00Z"), "Timestamp"),
            ("Timestamp", json!("now"), "Timestamp"),
            ("SigningCertURL", json!("https://sns.eu-west-1.amazonaws.com.example.com/x.pem"), "SigningCertURL"),
            ("SigningCertURL", json!("https://example.com/sns.eu-west-1.amazonaws.com/x.pem"), "SigningCertURL"),
            ("SigningCertURL", json!("https://user@sns.eu-west-1.amazonaws.com/x.pem"), "SigningCertURL"),
            ("SigningCertURL", json!("https://sns.eu-west-1.amazonaws.com:8443/x.pem"), "SigningCertURL"),
            ("SigningCertURL", json!("http://sns.eu-west-1.amazonaws.com/x.pem"), "SigningCertURL"),
            ("SigningCertURL", json!("https://sns.eu-west-1.amazonaws.com/?x.pem"), "SigningCertURL"),
            ("SigningCertURL", json!("https://sns.s3.amazonaws.com/SimpleNotificationService-1.pem"), "SigningCertURL"),
            (
                "SigningCertURL",
                json!("https://sns.eu-west-1.amazonaws.com/x.pem?Action=GetEndpointAttributes"),
                "SigningCertURL",
            ),
            ("Signature", json!("not base64!"), "Signature"),
            ("Signature", json!(""), "Signature"),
            ("Type", json!("Other"), "Type"),
            ("Message", json!({}), "fields"),
            ("Message", json!(null), "a field that is signed"),
            ("MessageId", json!("a\nb"), "a field that is signed"),
            ("Subject", json!("a\nTimestamp\n2026"), "a field that is signed"),
            ("Subject", json!(7), "fields"),
        ] {
            let mut body = notification();
            body[field] = value.clone();
            assert_eq!(read(&body, now()), Err(wrong), "{field}: {value}");
        }
        assert_eq!(message(b"{", &[TOPIC.to_owned()], now()), Err("JSON"));
        let twice = notification().to_string().replacen('{', "{\"Message\": \"another\", ", 1);
        assert_eq!(message(twice.as_bytes(), &[TOPIC.to_owned()], now()), Err("fields"));
        assert_eq!(message(notification().to_string().as_bytes(), &[], now()), Err("TopicArn"));
    }

    #[test]
    fn nobody_elses_address_passes_for_one_of_sns() {
        let named =
            |host: &str| format!("https://{host}/SimpleNotificationService-f3ecfb7224c7233fe7bb5f59f96de52f.pem");
        for host in ["us-east-1", "ap-southeast-2", "us-gov-west-1", "us-isob-east-1", "cn-north-1"] {
            let host = format!("sns.{host}.amazonaws.com");
            assert!(is_certificate(&named(&host)), "{host}");
            assert!(is_of_sns(&format!("https://{host}/?Action=ConfirmSubscription&Token=t")), "{host}");
        }
        assert!(is_certificate(&named("sns.cn-north-1.amazonaws.com.cn")));
        // A bucket of S3 that is called sns, and what else could have such a name.
        for host in [
            "sns.s3.amazonaws.com",
            "sns.s3-eu-west-1.amazonaws.com",
            "sns.s3-website-eu-west-1.amazonaws.com",
            "sns.s3.eu-west-1.amazonaws.com",
            "sns.s3-accelerate.amazonaws.com",
            "sns.execute-api.eu-west-1.amazonaws.com",
            "sns.elb.amazonaws.com",
            "sns.eu-west.amazonaws.com",
            "sns.eu--1.amazonaws.com",
            "sns.-eu-1.amazonaws.com",
            "sns.eu-west-.amazonaws.com",
            "sns.EU-WEST-1.amazonaws.com",
            "sns..amazonaws.com",
            "sns.amazonaws.com",
            "sns.eu-west-1.amazonaws.com.",
            "sns.eu-west-1.amazonaws.com.cn.cn",
            "sns.eu-west-1.amazonaws.com:443",
            "sns.eu-west-1.amazonaws.com\\@a.example",
            "a@sns.eu-west-1.amazonaws.com",
            "a.sns.eu-west-1.amazonaws.com",
        ] {
            assert!(!is_of_sns(&named(host)) && !is_certificate(&named(host)), "{host}");
        }
        for path in [
            "",
            "/",
            "/a.pem",
            "/SimpleNotificationService-1.pem?Action=GetEndpointAttributes",
            "/SimpleNotificationService-1.pem#",
            "/SimpleNotificationService-../a.pem",
            "/SimpleNotificationService-%2e.pem",
            "/a/SimpleNotificationService-1.pem",
            "//SimpleNotificationService-1.pem",
            "/SimpleNotificationService-1.pem.pem",
            "/?a=/SimpleNotificationService-1.pem",
        ] {
            assert!(!is_certificate(&format!("https://sns.eu-west-1.amazonaws.com{path}")), "{path}");
        }
    }

    fn part(tag: u8, content: &[u8]) -> Vec<u8> {
        let length = content.len();
        let mut der = vec![tag];
        match length {
            0..=0x7f => der.push(length as u8),
            _ => der.extend([0x82, (length >> 8) as u8, length as u8]),
        }
        der.extend(content);
        der
    }

    fn certificate(version: bool, key: &[u8]) -> String {
        let mut body = if version { part(VERSION, &part(2, &[2])) } else { Vec::new() };
        body.extend(part(2, &[1]));
        for _ in 0..4 {
            body.extend(part(SEQUENCE, &[5; 200]));
        }
        body.extend(key);
        let whole = part(SEQUENCE, &part(SEQUENCE, &body));
        format!("-----BEGIN CERTIFICATE-----\n{}\n-----END CERTIFICATE-----\n", STANDARD.encode(whole))
    }

    #[test]
    fn the_key_is_found_in_a_certificate() {
        let key = part(SEQUENCE, &[7; 300]);
        for version in [true, false] {
            assert_eq!(public_key(&certificate(version, &key)), Some(key.clone()));
        }
        assert_eq!(
            public_key(&format!("<Value>{}</Value>", certificate(true, &key))),
            None,
            "somebody's text in an answer"
        );
        for none in ["", "-----BEGIN CERTIFICATE-----", "-----BEGIN CERTIFICATE----------END CERTIFICATE-----"] {
            assert_eq!(public_key(none), None);
        }
        assert_eq!(public_key(&certificate(true, &part(4, &[7]))), None);
    }

    proptest! {
        #[test]
        fn no_two_messages_have_the_same_signed_text(
            one in "[a\n]{0,3}|a\nMessageId\n[a\n]{0,3}|a\nSubject\na\nTimestamp\na", ids in proptest::collection::vec("[a\n]{0,2}|a\nSubject\na", 2),
            subjects in proptest::collection::vec(proptest::option::of("[a\n]{0,2}|a\nTimestamp\na"), 2), other in "[a\n]{0,3}|a\nMessageId\n[a\n]{0,3}",
        ) {
            let made = |text: &str, place: usize| {
                let mut body = notification();
                (body["Message"], body["MessageId"], body["Subject"]) = (json!(text), json!(ids[place]), json!(subjects[place]));
                (read(&body, now()).map(|message| message.signed), (text.to_owned(), ids[place].clone(), subjects[place].clone()))
            };
            let ((first, of), (second, from)) = (made(&one, 0), made(&other, 1));
            if first.is_ok() && first == second {
                prop_assert_eq!(of, from);
            }
        }

        #[test]
        fn any_certificate_and_any_body_is_survived(der in proptest::collection::vec(any::<u8>(), 0..300), cut in 0..2_000_usize) {
            public_key(&format!("-----BEGIN CERTIFICATE-----{}-----END CERTIFICATE-----", STANDARD.encode(&der)));
            let whole = certificate(true, &part(SEQUENCE, &[7; 300]));
            public_key(whole.get(..cut.min(whole.len())).unwrap_or_default());
            let _ = message(&der, &[], now());
        }
    }
}
