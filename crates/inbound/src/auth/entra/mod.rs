//! Entra ID tokens, as Azure's secure webhooks bring them: `Authorization: Bearer <JWT>`.
//!
//! The header and the claims are checked first, by a pure function, and only a token that would pass with a good
//! signature is worth a look at the tenant's keys: guesses cost nothing. Sources:
//! <https://learn.microsoft.com/azure/azure-monitor/alerts/action-groups#configure-authentication-for-secure-webhook>,
//! <https://learn.microsoft.com/entra/identity-platform/access-token-claims-reference>.

pub mod keys;

use std::time::Duration;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::Value;

use incident::time::Time;

/// How far the clocks of Azure and ours may differ.
const LEEWAY: Duration = Duration::from_mins(5);

/// The longest token that is looked at, in bytes. Azure's have about 1,500.
const LONGEST_TOKEN: usize = 16_384;

/// Issuers of v1.0 tokens: the public and the US government cloud, and China's.
const V1_ISSUERS: [&str; 2] = ["https://sts.windows.net/", "https://sts.chinacloudapi.cn/"];

/// Whose tokens are taken.
#[derive(Clone, Debug, PartialEq)]
pub struct Entra {
    /// `AZURE_AUTHORITY`, without a slash at its end.
    pub authority: String,
    /// `AZURE_TENANT_ID`, a GUID.
    pub tenant: String,
    /// `AZURE_AUDIENCE`: the application that the webhook stands for, by its GUID or its URI.
    pub audience: String,
    /// `AZURE_CALLER_ID`: the application that calls, a GUID.
    pub caller: String,
    /// `AZURE_ROLE`: the role that the caller must have.
    pub role: String,
}

/// What a request's token proves.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Token {
    /// There is none, or this hook takes none.
    Absent,
    /// It comes from the tenant and is for this webhook.
    Proven,
    /// It does not pass; the part of it that is wrong, for the log.
    Refused(&'static str),
    /// All of it is right as far as can be told without the tenant's keys, which can't be had at present.
    NoKeys,
}

/// A token whose header and claims are right, and whose signature is left to check.
#[derive(Debug, PartialEq)]
pub struct Unproved<'a> {
    /// The id of the key that is said to have signed it.
    pub kid: String,
    /// What is signed.
    pub signed: &'a str,
    /// The signature's bytes.
    pub signature: Vec<u8>,
}

impl Entra {
    /// Where the tenant publishes its keys.
    pub fn keys_url(&self) -> String {
        format!("{}/{}/discovery/v2.0/keys", self.authority, self.tenant)
    }

    /// Checks everything but the signature, or names the part that is wrong.
    pub fn claims<'a>(&self, token: &'a str, now: Time) -> Result<Unproved<'a>, &'static str> {
        if token.len() > LONGEST_TOKEN {
            return Err("length");
        }
        let (signed, signature) = token.rsplit_once('.').ok_or("form")?;
        let (header, claims) = signed.split_once('.').ok_or("form")?;
        let header = json(header).ok_or("header")?;
        let claims = json(claims).ok_or("claims")?;
        let signature = URL_SAFE_NO_PAD.decode(signature).map_err(|_| "signature")?;
        let text = |name: &str| claims.get(name).and_then(Value::as_str).unwrap_or_default();
        let seconds = |name: &str| claims.get(name).and_then(Value::as_i64).map(|s| Time(s.saturating_mul(1_000)));
        // v1.0 tokens have `appid`, v2.0 tokens `azp`.
        let caller = |name: &str| claims.get(name).is_none_or(|_| text(name).eq_ignore_ascii_case(&self.caller));
        let named = claims.get("appid").or(claims.get("azp")).is_some();
        let roles = claims.get("roles").and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
        let kid = header.get("kid").and_then(Value::as_str).unwrap_or_default();
        let checks = [
            // The token may not choose how it is checked; `crit` would ask for what we don't know.
            ("alg", header.get("alg").and_then(Value::as_str) == Some("RS256") && header.get("crit").is_none()),
            ("kid", !kid.is_empty()),
            ("iss", self.is_issuer(text("iss"))),
            ("tid", text("tid").eq_ignore_ascii_case(&self.tenant)),
            ("aud", self.is_audience(text("aud"))),
            ("appid", named && caller("appid") && caller("azp")),
            ("roles", roles.iter().any(|role| role.as_str() == Some(&self.role))),
            ("exp", seconds("exp").is_some_and(|end| now < end.plus(LEEWAY))),
            ("nbf", seconds("nbf").is_some_and(|start| start <= now.plus(LEEWAY))),
        ];
        match checks.into_iter().find(|(_, right)| !right) {
            Some((wrong, _)) => Err(wrong),
            None => Ok(Unproved { kid: kid.to_owned(), signed, signature }),
        }
    }

    fn is_issuer(&self, issuer: &str) -> bool {
        let v1 = V1_ISSUERS.iter().any(|v1| issuer.eq_ignore_ascii_case(&format!("{v1}{}/", self.tenant)));
        v1 || issuer.eq_ignore_ascii_case(&format!("{}/{}/v2.0", self.authority, self.tenant))
    }

    /// v2.0 tokens name the application by its GUID, v1.0 tokens by its GUID or its URI, which usually is `api://` and
    /// the GUID.
    fn is_audience(&self, audience: &str) -> bool {
        let name = |text: &str| text.strip_prefix("api://").unwrap_or(text).to_ascii_lowercase();
        !audience.is_empty() && name(audience) == name(&self.audience)
    }
}

/// A part of a token.
fn json(part: &str) -> Option<Value> {
    let text = String::from_utf8(URL_SAFE_NO_PAD.decode(part).ok()?).ok()?;
    serde_json::from_str(&text).ok().filter(Value::is_object)
}

#[cfg(test)]
pub(super) mod tests;
