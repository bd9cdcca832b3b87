//! Wrong secrets and tokens are counted by address with Cloudflare's rate limiting, where the deployment has its
//! binding: [`LIMITER`] in `wrangler.toml` says how many are allowed in a minute.
//!
//! An address with more of them is answered 429. With too many wrong tokens it can't open the dashboard or the API then
//! even with a right one, for a minute. A hook still compares its secret: whoever sends alerts from behind the same address
//! must lose none, and a secret of 16 characters, the shortest that is taken, is not guessed at any rate.
//!
//! Tokens and the hooks' secrets are counted apart. Any web page can have a browser post to a hook with a wrong secret in the
//! address, and would otherwise keep an operator out who only looks at it. A wrong token it can have sent by opening an
//! address such as `https://x:wrong@bridge.example`, of which the browser says that another site wanted it: those are
//! counted apart too, and keep nobody out who comes from elsewhere.
//!
//! The platform counts in each of its locations for itself, and approximately.
//! <https://developers.cloudflare.com/workers/runtime-apis/bindings/rate-limit/>

use std::cell::RefCell;
use std::collections::HashMap;
use std::net::IpAddr;

use worker::Env;

use crate::runtime::now;
use crate::web::answer::Answer;
use crate::web::head::Head;
use incident::time::{MINUTE, Time};

/// What was guessed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Guess {
    /// The secret of a hook.
    Hook,
    /// An operator's token.
    Token,
    /// An operator's token in a request that another site has a browser send.
    TokenFromElsewhere,
}

impl Guess {
    /// Of what a request with a token would be.
    pub fn of_token(head: &Head) -> Guess {
        match head.header("Sec-Fetch-Site") {
            None | Some("same-origin" | "none") => Guess::Token,
            Some(_) => Guess::TokenFromElsewhere,
        }
    }

    /// Under which name an address is counted.
    fn counted_as(self, address: &str) -> String {
        match self {
            Guess::Hook => format!("hook {address}"),
            Guess::Token => format!("token {address}"),
            Guess::TokenFromElsewhere => format!("token from elsewhere {address}"),
        }
    }
}

/// The name of the binding.
const LIMITER: &str = "WRONG_SECRETS";
/// So many addresses an isolate remembers.
const MOST: usize = 1000;

thread_local! {
    /// The addresses that were over the limit, as they are counted, and until when they are kept out.
    static OVER: RefCell<HashMap<String, Time>> = RefCell::default();
}

/// Counts a wrong secret or token; the answer to it where there were too many.
pub async fn count(guess: Guess, head: &Head, env: &Env) -> Option<Answer> {
    if let Some(answer) = kept_out(guess, head) {
        return Some(answer);
    }
    let counted = guess.counted_as(&address(head)?);
    let limiter = env.rate_limiter(LIMITER).ok()?;
    // Where the platform can't count, the secret was wrong all the same.
    let within = limiter.limit(counted.clone()).await.map_or(true, |outcome| outcome.success);
    if within {
        return None;
    }
    OVER.with_borrow_mut(|over| {
        let now = now();
        over.retain(|_, until| *until > now);
        if over.len() < MOST {
            over.insert(counted, now.plus(MINUTE));
        }
    });
    Some(too_many())
}

/// The answer to an address that has sent too many of them.
pub fn kept_out(guess: Guess, head: &Head) -> Option<Answer> {
    if OVER.with_borrow(HashMap::is_empty) {
        return None;
    }
    let counted = guess.counted_as(&address(head)?);
    let until = OVER.with_borrow(|over| over.get(&counted).copied())?;
    (until > now()).then(too_many)
}

fn too_many() -> Answer {
    let message = "Too many wrong secrets came from this address. Try again in a minute.";
    Answer { retry_after: Some(60), ..Answer::error(429, "Too many wrong secrets", message) }
}

/// Who asks, as Cloudflare says: an IPv4 address, or the network of an IPv6 address, of which one machine has many.
fn address(head: &Head) -> Option<String> {
    network(head.header("CF-Connecting-IP")?)
}

fn network(address: &str) -> Option<String> {
    Some(match address.trim().parse().ok()? {
        IpAddr::V4(address) => address.to_string(),
        IpAddr::V6(address) => {
            let [a, b, c, d, ..] = address.segments();
            format!("{a:x}:{b:x}:{c:x}:{d:x}")
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    #[cfg(target_arch = "wasm32")]
    use wasm_bindgen_test::wasm_bindgen_test as test;

    #[test]
    fn the_addresses_of_one_machine_are_one() {
        assert_eq!(network("192.0.2.1"), Some("192.0.2.1".to_owned()));
        assert_eq!(network("2001:db8:1:2::3"), network("2001:db8:1:2:ffff::1"));
        assert_ne!(network("2001:db8:1:2::3"), network("2001:db8:1:3::3"));
        assert_eq!(network("nowhere"), None);
    }
}
