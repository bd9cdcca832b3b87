//! The tenant's keys and the check of a signature with them: what of a token's proof needs the runtime.

use std::cell::RefCell;
use std::time::Duration;

use worker::js_sys::{self, Array, JSON, Object};
use worker::wasm_bindgen::{JsCast, JsValue};
use worker::{Delay, Headers, web_sys};

use crate::fetch::{self, Bounds};
use crate::log;
use crate::runtime::{now, promised};
use inbound::auth::entra::keys::{self, Keys, PATIENCE, Step};
use inbound::auth::{Entra, Token, secret_of_authorization};

const BOUNDS: Bounds = Bounds { time: PATIENCE, size: 256 * 1024 };

/// How often those who wait look whether the keys have come.
const POLL_EVERY: Duration = Duration::from_millis(50);

/// Of keys and signatures alike.
const ALGORITHM: &str = r#"{"name":"RSASSA-PKCS1-v1_5","hash":"SHA-256"}"#;

thread_local! {
    /// The tenant never changes during the life of an isolate.
    static KEYS: RefCell<Keys> = const { RefCell::new(Keys::NONE) };
}

/// What the token in an `Authorization` header proves.
pub async fn check(entra: &Entra, authorization: Option<&str>) -> Token {
    let token = authorization.and_then(secret_of_authorization).unwrap_or_default();
    // A shared secret may come in the same header.
    if token.matches('.').count() != 2 {
        return Token::Absent;
    }
    let unproved = match entra.claims(&token, now()) {
        Ok(unproved) => unproved,
        Err(wrong) => return Token::Refused(wrong),
    };
    loop {
        let step = KEYS.with_borrow(|keys| keys.look(&unproved.kid, now()));
        match step {
            Step::Use(jwk) => {
                let right = is_signed(&jwk, unproved.signed, &unproved.signature).await;
                return if right.unwrap_or(false) { Token::Proven } else { Token::Refused("signature") };
            }
            Step::Ask => {
                KEYS.with_borrow_mut(|keys| keys.ask(now()));
                let keys = ask(entra).await;
                if let Err(why) = &keys {
                    log::warning(&format!("the tenant's keys could not be read from {}: {why}", entra.keys_url()));
                }
                KEYS.with_borrow_mut(|known| known.answer(keys.ok(), now()));
            }
            Step::Wait => Delay::from(POLL_EVERY).await,
            Step::Unknown => return Token::Refused("kid"),
            Step::Unavailable => return Token::NoKeys,
        }
    }
}

async fn ask(entra: &Entra) -> Result<Vec<keys::Key>, String> {
    let answer = fetch::ask("GET", &entra.keys_url(), Headers::new(), None, BOUNDS).await?;
    match (answer.status, answer.whole) {
        (200, true) => keys::read(&answer.body, entra).ok_or_else(|| "the answer is no set of keys".to_owned()),
        (200, false) => Err("the answer is too long, or broke off".to_owned()),
        (status, _) => Err(format!("the answer is {status}")),
    }
}

/// Whether the key made the signature. RSA is the runtime's: a crate for it would be larger than all of `auth`.
async fn is_signed(jwk: &str, signed: &str, signature: &[u8]) -> worker::Result<bool> {
    let global: web_sys::WorkerGlobalScope = js_sys::global().unchecked_into();
    let subtle = global.crypto()?.subtle();
    let algorithm: Object = JSON::parse(ALGORITHM)?.unchecked_into();
    let jwk: Object = JSON::parse(jwk)?.unchecked_into();
    let usages = Array::of1(&JsValue::from_str("verify"));
    let key = promised(subtle.import_key_with_object("jwk", &jwk, &algorithm, false, &usages)).await?;
    let verified = subtle.verify_with_object_and_u8_array_and_u8_array(
        &algorithm,
        key.unchecked_ref(),
        signature,
        signed.as_bytes(),
    );
    Ok(promised(verified).await?.is_truthy())
}
