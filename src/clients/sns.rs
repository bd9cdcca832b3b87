//! Amazon SNS: the check of its own signature, and the one address that confirms a subscription. Nobody else is asked.

use std::cell::RefCell;
use std::time::Duration;

use worker::js_sys::{self, Array, JSON, Object, Uint8Array};
use worker::wasm_bindgen::{JsCast, JsValue};
use worker::{Headers, web_sys};

use crate::fetch::{self, Bounds};
use crate::log;
use crate::runtime::{now, promised};
use inbound::auth::Token;
use inbound::auth::sns::{self, Unproved};
use incident::time::{MINUTE, Time};

const BOUNDS: Bounds = Bounds { time: Duration::from_secs(5), size: 16 * 1024 };
/// How many certificates are remembered, and how many may be asked for in a minute, whatever comes in.
const MOST: usize = 8;

/// The public keys of certificates by their addresses, which are never reused, and when certificates were asked for.
struct Known {
    keys: Vec<(String, Vec<u8>)>,
    asked: Vec<Time>,
}

thread_local! {
    static KNOWN: RefCell<Known> = const { RefCell::new(Known { keys: Vec::new(), asked: Vec::new() }) };
}

/// What the signature in a body proves, of a message of one of these topics.
pub async fn check(topics: &[String], body: &[u8]) -> Token {
    let message = match sns::message(body, topics, now()) {
        Ok(message) => message,
        Err(wrong) => return Token::Refused(wrong),
    };
    let known =
        |known: &Known| known.keys.iter().find(|(url, _)| *url == message.certificate).map(|(_, key)| key.clone());
    let key = match KNOWN.with_borrow(known) {
        Some(key) => key,
        None => match ask(&message.certificate).await {
            Ok(key) => key,
            Err(why) => {
                log::warning(&format!(
                    "the certificate of Amazon SNS could not be read from {}: {why}",
                    message.certificate
                ));
                return Token::NoKeys;
            }
        },
    };
    if is_signed(&message, &key).await.unwrap_or(false) { Token::Proven } else { Token::Refused("signature") }
}

/// The public key of the certificate at an address of SNS itself.
async fn ask(url: &str) -> Result<Vec<u8>, String> {
    let may_ask = KNOWN.with_borrow_mut(|known| {
        known.asked.retain(|at| now().since(*at) < MINUTE);
        let may_ask = known.asked.len() < MOST;
        known.asked.extend(may_ask.then(now));
        may_ask
    });
    if !may_ask {
        return Err(format!("{MOST} were asked for in the last minute"));
    }
    let answer = fetch::ask("GET", url, Headers::new(), None, BOUNDS).await?;
    if answer.status != 200 || !answer.whole {
        return Err(format!("the answer is {}", answer.status));
    }
    let key = sns::public_key(&answer.body).ok_or_else(|| "the answer is no certificate".to_owned())?;
    KNOWN.with_borrow_mut(|known| {
        if known.keys.len() >= MOST {
            known.keys.remove(0);
        }
        known.keys.push((url.to_owned(), key.clone()));
    });
    Ok(key)
}

/// Whether the key made the signature. RSA is the runtime's.
async fn is_signed(message: &Unproved, key: &[u8]) -> worker::Result<bool> {
    let global: web_sys::WorkerGlobalScope = js_sys::global().unchecked_into();
    let subtle = global.crypto()?.subtle();
    let algorithm = format!(r#"{{"name":"RSASSA-PKCS1-v1_5","hash":"{}"}}"#, message.hash);
    let algorithm: Object = JSON::parse(&algorithm)?.unchecked_into();
    let usages = Array::of1(&JsValue::from_str("verify"));
    let key = Uint8Array::from(key);
    let key = promised(subtle.import_key_with_object("spki", &key, &algorithm, false, &usages)).await?;
    let verified = subtle.verify_with_object_and_u8_array_and_u8_array(
        &algorithm,
        key.unchecked_ref(),
        &message.signature,
        message.signed.as_bytes(),
    );
    Ok(promised(verified).await?.is_truthy())
}

/// Confirms a subscription; `url` is an address of SNS itself. `Err` says why it is not confirmed.
pub async fn confirm(url: &str) -> Result<(), String> {
    match fetch::ask("GET", url, Headers::new(), None, BOUNDS).await {
        Ok(answer) if (200..300).contains(&answer.status) => Ok(()),
        Ok(answer) => Err(format!("Amazon SNS answered {}", answer.status)),
        Err(error) => Err(format!("Amazon SNS could not be asked: {error}")),
    }
}
