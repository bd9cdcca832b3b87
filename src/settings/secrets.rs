//! The secrets: who may call, and whether what shows it protects anything.

use serde_json::Value;

use super::Reader;
use inbound::auth::{self, EndpointSecrets, Entra, OwnSecret, Rotating, Scheme, Signature, own_secret_name, strength};
use inbound::config::problem::Problem;
use inbound::endpoint::Endpoint;
use inbound::senders::{self, Mapping};
use incident::secret::Secret;
use incident::sender::Sender;

/// The application as which action groups call, the same in every tenant: "AzNS AAD Webhook". Source:
/// <https://learn.microsoft.com/azure/azure-monitor/alerts/action-groups>.
pub(super) const AZURE_MONITOR: &str = "461e8683-5575-4561-ac7f-899cc907d62a";

/// What operators authenticate with: the one that acts, and the one that only reads.
const TOKENS: [&str; 2] = ["ADMIN_TOKEN", "VIEWER_TOKEN"];

/// Said in `/health` and the log while anybody may call.
pub(super) const OPEN_WARNING: &str = "ALLOW_UNAUTHENTICATED is on: while no secret is configured, anybody who knows the \
     address can start sessions";

/// The problem of a bridge that could let nobody in.
pub(super) fn none_is_set() -> Problem {
    Problem {
        setting: "WEBHOOK_SECRET".to_owned(),
        found: None,
        expected: "a secret that senders authenticate with: npx wrangler secret put WEBHOOK_SECRET".to_owned(),
    }
}

/// Who may call, and what has to be known of a request that nothing comes of. Read by itself: most of an isolate's first
/// request is the compiling of what reads the rest.
#[derive(Debug)]
pub struct Callers {
    /// What the hooks accept as proof.
    pub hook_secrets: EndpointSecrets,
    /// `ADMIN_TOKEN`: reads and acts.
    pub admin_token: Option<Secret>,
    /// `VIEWER_TOKEN`: reads, and never acts.
    pub viewer_token: Option<Secret>,
    /// Those of `SOURCES`, which have hooks of their own.
    pub sources: Vec<Mapping>,
    /// Whether what is ignored has its line in the log too: `LOG`.
    pub log_ignored: bool,
    /// What is wrong with all these.
    pub(super) problems: Vec<Problem>,
    pub(super) warnings: Vec<String>,
}

impl Callers {
    /// Whether a token of operators is one of the problems, so that it opens nothing but the list of them.
    pub fn weak_token(&self) -> Option<&Problem> {
        self.problems.iter().find(|problem| TOKENS.contains(&problem.setting.as_str()))
    }
}

impl<G: Fn(&str) -> Option<Value>> Reader<G> {
    pub(super) fn callers(mut self) -> Callers {
        let sources = self.sources();
        let tokens = TOKENS.map(|name| self.secret(name));
        let hook_secrets = self.hook_secrets(&sources, &tokens);
        let [admin_token, viewer_token] = tokens;
        let log_ignored = self.log_ignored();
        let Reader { problems, warnings, .. } = self;
        Callers { hook_secrets, admin_token, viewer_token, sources, log_ignored, problems, warnings }
    }

    fn sources(&mut self) -> Vec<Mapping> {
        senders::mapping::sources(&(self.get)("SOURCES").unwrap_or_default()).unwrap_or_else(|problems| {
            self.problems.extend(problems);
            Vec::new()
        })
    }

    fn log_ignored(&mut self) -> bool {
        match self.text("LOG").map(|text| text.to_ascii_lowercase()).as_deref() {
            None | Some("decisions") => false,
            Some("all") => true,
            Some(other) => {
                self.wrong("LOG", other, "decisions or all");
                false
            }
        }
    }

    fn hook_secrets(&mut self, sources: &[Mapping], tokens: &[Option<Secret>; 2]) -> EndpointSecrets {
        let shared = self.rotating("WEBHOOK_SECRET");
        let hooks = senders::hooks(sources);
        let mut own = Vec::new();
        for (name, hook) in &hooks {
            let name = own_secret_name(name);
            let secrets = self.rotating(&name);
            if secrets.is_set() {
                own.push(OwnSecret { name: name.to_ascii_lowercase(), hook: *hook, secrets });
            }
        }
        let mut signatures = vec![Signature {
            name: "pagerduty_signature".to_owned(),
            hooks: vec![Endpoint::Of(Sender::Pagerduty)],
            scheme: Scheme::pagerduty(),
            secrets: self.rotating("PAGERDUTY_SIGNING_SECRET"),
        }];
        let value = (self.get)("SIGNATURES").unwrap_or_default();
        let mut problems = Vec::new();
        signatures.extend(auth::signatures(&value, &hooks, &mut |name| self.secret(name), &mut problems));
        self.problems.extend(problems);
        let (entra, topics) = (self.entra(), self.topics());
        self.strength(&shared, &own, &signatures, tokens);
        let unreadable = !self.problems.is_empty();
        let open = self.switch("ALLOW_UNAUTHENTICATED", false);
        if open {
            self.warnings.push(OPEN_WARNING.to_owned());
        }
        EndpointSecrets { shared, own, signatures, entra, topics, unreadable, open }
    }

    /// Looks for secrets that protect nothing, and for those that are left from a rotation.
    fn strength(
        &mut self,
        shared: &Rotating,
        hooks: &[OwnSecret],
        signatures: &[Signature],
        tokens: &[Option<Secret>; 2],
    ) {
        let mut own = Vec::new();
        self.each("WEBHOOK_SECRET", shared, &mut own);
        let mut signing = Vec::new();
        let mut signatures = signatures.iter();
        if let Some(pagerduty) = signatures.next() {
            self.each("PAGERDUTY_SIGNING_SECRET", &pagerduty.secrets, &mut own);
        }
        for hook in hooks {
            self.each(&hook.name.to_ascii_uppercase(), &hook.secrets, &mut own);
        }
        let mut others: Vec<&Signature> = signatures.collect();
        // Standard Webhooks are two with one secret.
        others.sort_by(|a, b| a.name.cmp(&b.name));
        others.dedup_by(|a, b| a.name == b.name);
        for signature in others {
            self.each(&signature.name.to_ascii_uppercase(), &signature.secrets, &mut signing);
        }
        for (name, token) in TOKENS.iter().zip(tokens) {
            own.extend(token.clone().map(|secret| ((*name).to_owned(), secret)));
        }
        self.problems.extend(strength::problems(&own, &signing));
    }

    /// Adds the secret of this name and the one before it, where they are set.
    fn each(&mut self, name: &str, secrets: &Rotating, all: &mut Vec<(String, Secret)>) {
        let previous = format!("{name}_PREVIOUS");
        if secrets.current.is_none() && secrets.previous.is_some() {
            self.warnings.push(format!(
                "{previous} is set and {name} is not: set {name} (npx wrangler secret put {name}), and delete {previous} \
                 once no sender uses it"
            ));
        }
        all.extend(secrets.current.clone().map(|secret| (name.to_owned(), secret)));
        all.extend(secrets.previous.clone().map(|secret| (previous, secret)));
    }

    fn entra(&mut self) -> Option<Entra> {
        let authority = self.address("AZURE_AUTHORITY", "https://login.microsoftonline.com");
        let tenant = self.guid("AZURE_TENANT_ID");
        let caller = self.guid("AZURE_CALLER_ID");
        let audience = self.text("AZURE_AUDIENCE");
        match (&tenant, &audience) {
            (Some(_), None) => {
                self.missing(
                    "AZURE_AUDIENCE",
                    "the application that the webhook stands for: its GUID, or its api:// URI",
                );
            }
            (None, Some(_)) => self.missing("AZURE_TENANT_ID", "the tenant that AZURE_AUDIENCE belongs to, a GUID"),
            _ => {}
        }
        Some(Entra {
            authority,
            tenant: tenant?,
            audience: audience?,
            caller: caller.unwrap_or_else(|| AZURE_MONITOR.to_owned()),
            role: self.text("AZURE_ROLE").unwrap_or_else(|| "ActionGroupsSecureWebhook".to_owned()),
        })
    }

    /// The id of something at Microsoft, in small letters.
    fn guid(&mut self, name: &str) -> Option<String> {
        let text = self.text(name)?.to_ascii_lowercase();
        let groups: Vec<usize> = text.split('-').map(str::len).collect();
        if groups == [8, 4, 4, 4, 12] && text.bytes().all(|b| b.is_ascii_hexdigit() || b == b'-') {
            return Some(text);
        }
        self.wrong(name, &text, "a GUID such as 11111111-2222-4333-8444-555555555555");
        None
    }

    /// A secret; `None` where it is blank. A number is one too: were it none, its hook would have no secret, and with
    /// `ALLOW_UNAUTHENTICATED` be open. For the same reason a table is a problem.
    pub(super) fn secret(&mut self, name: &str) -> Option<Secret> {
        let text = match (self.get)(name)? {
            Value::Null => return None,
            Value::String(text) => text,
            value @ (Value::Number(_) | Value::Bool(_)) => {
                self.warnings.push(format!(
                    "{name} is a number or a switch in [vars], where everybody who reads the settings sees it: take it out, \
                     and npx wrangler secret put {name}"
                ));
                value.to_string()
            }
            Value::Array(_) | Value::Object(_) => {
                let expected = format!("one text, no table or list in [vars]: npx wrangler secret put {name}");
                self.wrong_secret(name, &expected);
                return None;
            }
        };
        let text = text.trim();
        (!text.is_empty()).then(|| Secret::new(text))
    }

    /// A secret that goes to somebody in a header, which can't be made with just any text.
    pub(super) fn key(&mut self, name: &str) -> Option<Secret> {
        let key = self.secret(name)?;
        if !key.expose().bytes().all(|b| b.is_ascii_graphic()) {
            self.wrong_secret(name, "a key of ASCII characters, without a blank or a line break in it");
        }
        Some(key)
    }

    fn rotating(&mut self, name: &str) -> Rotating {
        Rotating { current: self.secret(name), previous: self.secret(&format!("{name}_PREVIOUS")) }
    }
}
