//! Paths, methods and status codes.

use worker::Env;
use worker::web_sys::{Request, Response};

use crate::configuration::callers;
use crate::runtime;
use crate::web::answer::Answer;
use crate::web::body::{Body, Unread};
use crate::web::dashboard::{All, Zone};
use crate::web::guesses::{self, Guess};
use crate::web::head::Head;
use crate::web::query::Query;
use crate::web::reply::Reply;
use crate::web::{admin, dashboard, metrics, openapi, pause, webhook};
use inbound::endpoint::Endpoint;
use inbound::senders;
use incident::sender::Sender;

/// What a path is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Target {
    /// Takes events.
    Endpoint(Endpoint),
    /// Takes those of the sender, or of the entry of `SOURCES`, that the path names.
    NamedHook,
    /// Whether it runs.
    Health,
    /// The contract.
    OpenApi,
    /// What is counted, for Prometheus.
    Metrics,
    /// The list.
    Incidents,
    /// One of them.
    Incident,
    /// The postmortem that its session gave.
    Postmortem,
    /// Tries one again.
    Replay,
    /// Whether nothing starts for a while.
    Pause,
    /// The list, for people.
    Dashboard,
    /// One of them, for people.
    Page,
    /// Tries one again and shows it.
    PageReplay,
    /// Gives up on one and shows it.
    PageGiveUp,
    /// Gives up on those that a page of the list shows, once it is confirmed.
    PageGiveUpShown,
    /// Something for all incidents in a state, once it is confirmed.
    PageAll(All),
    /// The same, for people.
    PagePause,
    /// Ends it and shows the list.
    PageResume,
    /// Has a browser forget the token.
    SignOut,
}

/// Every path; `{key}` stands for an incident's name, `{sender}` for a sender's.
pub const PATHS: &[(&str, Target)] = &[
    ("/pagerduty-resolved", Target::Endpoint(Endpoint::Of(Sender::Pagerduty))),
    ("/api/trigger-devin", Target::Endpoint(Endpoint::Any)),
    ("/hooks/{sender}", Target::NamedHook),
    ("/health", Target::Health),
    ("/openapi.json", Target::OpenApi),
    ("/metrics", Target::Metrics),
    ("/api/incidents", Target::Incidents),
    ("/api/incidents/{key}", Target::Incident),
    ("/api/incidents/{key}/postmortem", Target::Postmortem),
    ("/api/incidents/{key}/replay", Target::Replay),
    ("/api/pause", Target::Pause),
    ("/", Target::Dashboard),
    ("/incidents/{key}", Target::Page),
    ("/incidents/{key}/replay", Target::PageReplay),
    ("/incidents/{key}/give-up", Target::PageGiveUp),
    ("/give-up", Target::PageGiveUpShown),
    ("/release-held", Target::PageAll(All::ReleaseHeld)),
    ("/retry-failed", Target::PageAll(All::RetryFailed)),
    ("/pause", Target::PagePause),
    ("/resume", Target::PageResume),
    ("/sign-out", Target::SignOut),
];

impl Target {
    /// What is at a path, and the name in it; empty where it has none. A slash at the end changes nothing.
    fn of(path: &str) -> Option<(Target, &str)> {
        let path = path.strip_suffix('/').filter(|path| !path.is_empty()).unwrap_or(path);
        PATHS.iter().find_map(|(pattern, target)| Some((*target, name_in(path, pattern)?)))
    }

    /// The methods it takes, as the header `Allow` names them.
    pub fn allow(self) -> &'static str {
        match self {
            Target::Endpoint(_)
            | Target::NamedHook
            | Target::Replay
            | Target::PageReplay
            | Target::PageGiveUp
            | Target::PageResume => "POST",
            Target::PageAll(_) | Target::PageGiveUpShown | Target::PagePause => "GET, HEAD, POST",
            Target::Pause => "GET, HEAD, POST, DELETE",
            _ => "GET, HEAD",
        }
    }
}

/// What `path` has where `pattern` has a name in braces.
fn name_in<'a>(path: &'a str, pattern: &str) -> Option<&'a str> {
    if path == pattern {
        return Some("");
    }
    let (before, rest) = pattern.split_once('{')?;
    let (_, after) = rest.split_once('}')?;
    let name = path.strip_prefix(before)?.strip_suffix(after)?;
    (!name.is_empty() && !name.contains('/')).then_some(name)
}

/// Answers a request. The runtime's own `Request` and `Response`: `worker`'s would convert the whole of `request.cf`, which
/// only the pages read, for each request.
pub async fn handle(
    request: &Request,
    head: &Head,
    body: &Body,
    env: &Env,
) -> Result<worker::Result<Response>, Unread> {
    let (origin, path, query) = parts(head.url());
    let query = Query(query);
    let secure = origin.starts_with("https://");
    let respond = |reply| Ok(respond(reply, secure));
    if !secure && !is_this_machine(origin) {
        let message = "Secrets and incidents travel over https only: please use the same address with https://.";
        return respond(Answer::error(403, "https required", message).into());
    }
    let found = Target::of(path).and_then(|(target, name)| match target {
        Target::NamedHook => Some((Target::Endpoint(senders::hook_at(name, &callers(env).sources)?), name)),
        target => Some((target, name)),
    });
    let Some((target, name)) = found else {
        let meant = senders::hook_meant(path).map(|hook| format!(" Did you mean {hook}?")).unwrap_or_default();
        let answer = Answer::error(404, "Not found", format!("There is nothing at {path}.{meant}"));
        return respond(refused(answer, head));
    };
    if !target.allow().split(", ").any(|method| method == head.method()) {
        let message = format!("{path} takes {} only.", target.allow());
        return respond(Reply::NotAllowed(Answer::error(405, "Method not allowed", message), target.allow()));
    }
    let reply = match target {
        Target::Endpoint(_) if encoded(head) => {
            let message = "The body's Content-Encoding is not read: please send it as it is, without compression.";
            Answer::error(415, "Unsupported encoding", message).into()
        }
        Target::Endpoint(hook) => webhook::handle(hook, head, (origin, query), body, env).await?.into(),
        target => {
            let asked = Asked { target, name, origin, query, request, head, body, env };
            runtime::apart(asked.reply()).await?
        }
    };
    respond(reply)
}

/// A request that is for no hook.
struct Asked<'a> {
    target: Target,
    /// The incident's name in the path.
    name: &'a str,
    origin: &'a str,
    query: Query<'a>,
    request: &'a Request,
    head: &'a Head,
    body: &'a Body,
    env: &'a Env,
}

impl Asked<'_> {
    /// The reply, unless whoever asks has offered too many wrong tokens.
    async fn reply(&self) -> Result<Reply, Unread> {
        let Asked { target, head, env, .. } = *self;
        let offers_token = target != Target::OpenApi && head.header("Authorization").is_some();
        let guess = Guess::of_token(head);
        if offers_token && let Some(too_many) = guesses::kept_out(guess, head) {
            return Ok(refused(too_many, head));
        }
        let reply = self.of_target().await?;
        // After the answer is made, so that nobody waits for the count but who was wrong.
        if offers_token
            && admin::is_stranger(head, env)
            && let Some(too_many) = guesses::count(guess, head, env).await
        {
            return Ok(refused(too_many, head));
        }
        Ok(reply)
    }

    async fn of_target(&self) -> Result<Reply, Unread> {
        let Asked { target, name, origin, query, request, head, body, env } = *self;
        Ok(match target {
            Target::Endpoint(_) | Target::NamedHook => Answer::error(404, "Not found", "There is no such hook.").into(),
            Target::Health => admin::health(head, env).await,
            Target::OpenApi => Reply::OpenApi,
            Target::Metrics => admin::metrics(head, env).await,
            Target::Incidents => admin::list(head, query, env).await,
            Target::Incident => admin::show(head, query, name, env).await,
            Target::Postmortem => admin::postmortem(head, query, name, env).await,
            Target::Replay => admin::replay(head, origin, query, name, env).await.into(),
            Target::Dashboard => dashboard::list(head, origin, query, Zone::of(request), env).await,
            Target::Page => dashboard::incident(head, query, name, Zone::of(request), env).await,
            Target::PageReplay => dashboard::replay(head, origin, query, name, env).await,
            Target::PageGiveUp => dashboard::give_up(head, origin, query, name, env).await,
            Target::PageGiveUpShown if head.method() == "POST" => {
                dashboard::give_up_shown::act(head, origin, query, body.bytes(head)?, env).await
            }
            Target::PageGiveUpShown => dashboard::give_up_shown::ask(head, query, env).await,
            Target::PageAll(all) if head.method() == "POST" => all.act(head, origin, query, env).await,
            Target::PageAll(all) => all.ask(head, env).await,
            Target::Pause | Target::PagePause | Target::PageResume => {
                pause_or_resume(target, head, origin, body, env).await?
            }
            Target::SignOut => dashboard::sign_out(head, env),
        })
    }
}

/// What is answered where nothing is done, to a browser as a page.
fn refused(answer: Answer, head: &Head) -> Reply {
    let page = head.header("Accept").is_some_and(|types| types.contains("text/html"));
    if page { dashboard::problem(answer) } else { answer.into() }
}

/// Whether a body is compressed or otherwise not sent as it is.
fn encoded(head: &Head) -> bool {
    let encoding = head.header("Content-Encoding").unwrap_or_default();
    encoding.split(',').any(|word| !matches!(word.trim(), "" | "identity"))
}

/// Shows, begins or ends a pause.
async fn pause_or_resume(target: Target, head: &Head, origin: &str, body: &Body, env: &Env) -> Result<Reply, Unread> {
    Ok(match (target, head.method()) {
        (Target::PageResume, _) => dashboard::pause::end(head, origin, env).await,
        (Target::PagePause, "POST") => dashboard::pause::begin(head, origin, body.bytes(head)?, env).await,
        (Target::PagePause, _) => dashboard::pause::ask(head, env).await,
        (_, "POST") => pause::begin(head, origin, body.bytes(head)?.unwrap_or_default(), env).await,
        (_, "DELETE") => pause::end(head, origin, env).await,
        _ => pause::show(head, env).await,
    })
}

/// `secure`: whether it goes over https.
fn respond(reply: Reply, secure: bool) -> worker::Result<Response> {
    let mut more = Vec::new();
    if secure {
        // Not for subdomains: what else is under somebody's own domain is not ours to decide.
        more.push(("Strict-Transport-Security", "max-age=31536000".to_owned()));
    }
    let (code, retry_after, content_type, body) = match reply {
        Reply::Answer(answer) => (answer.code, answer.retry_after, JSON, answer.to_json()),
        Reply::NotAllowed(answer, allow) => {
            more.push(("Allow", allow.to_owned()));
            (answer.code, answer.retry_after, JSON, answer.to_json())
        }
        Reply::Document(document) => (200, None, JSON, document.to_string()),
        Reply::Misconfigured(document) => (503, Some(30), JSON, document.to_string()),
        Reply::OpenApi => (200, None, JSON, openapi::DOCUMENT.to_owned()),
        Reply::Page { code, retry_after, headers, html } => {
            more.extend(headers);
            (code, retry_after, HTML, html)
        }
        Reply::SeeOther(path) => {
            more.push(("Location", path));
            (303, None, HTML, String::new())
        }
        Reply::Markdown(text) => (200, None, "text/markdown; charset=utf-8", text),
        Reply::Metrics(text) => (200, None, metrics::CONTENT_TYPE, text),
    };
    if let Some(seconds) = retry_after {
        more.push(("Retry-After", seconds.to_string()));
    }
    if code == 401 {
        more.push(("WWW-Authenticate", "Basic realm=\"devin-bridge\", charset=\"UTF-8\"".to_owned()));
    }
    let more = more.into_iter().flat_map(|(name, value)| [name.to_owned(), value]).collect();
    Ok(runtime::response(code, content_type, &body, more)?)
}

const JSON: &str = "application/json; charset=utf-8";
const HTML: &str = "text/html; charset=utf-8";

/// Whether an origin is the machine the bridge runs on, where nobody listens in between.
fn is_this_machine(origin: &str) -> bool {
    let host = origin.split_once("://").map_or(origin, |(_, host)| host);
    let end = host.rfind(':').filter(|at| !host.get(*at..).is_some_and(|rest| rest.contains(']')));
    let name = end.and_then(|at| host.get(..at)).unwrap_or(host);
    matches!(name, "127.0.0.1" | "localhost" | "[::1]")
}

/// The origin, the path and the query of a URL as the runtime gives it: absolute and normalised.
fn parts(url: &str) -> (&str, &str, &str) {
    let host = url.find("://").map_or(0, |at| at.saturating_add(3));
    let end = url.get(host..).and_then(|rest| rest.find('/')).map_or(url.len(), |at| host.saturating_add(at));
    let (origin, path) = url.split_at_checked(end).unwrap_or((url, ""));
    let path = path.split('#').next().unwrap_or(path);
    let (path, query) = path.split_once('?').unwrap_or((path, ""));
    (origin, if path.is_empty() { "/" } else { path }, query)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use serde_json::Value;

    use super::*;
    #[cfg(target_arch = "wasm32")]
    use wasm_bindgen_test::wasm_bindgen_test as test;

    #[test]
    fn a_url_is_taken_apart() {
        assert_eq!(parts("https://h.example/a/b?c=d#e"), ("https://h.example", "/a/b", "c=d"));
        assert_eq!(parts("https://h.example"), ("https://h.example", "/", ""));
        assert_eq!(parts("http://h:1/x?"), ("http://h:1", "/x", ""));
    }

    #[test]
    fn only_this_machine_is_spoken_to_without_tls() {
        for here in
            ["http://127.0.0.1:8787", "http://localhost", "http://localhost:1", "http://[::1]", "http://[::1]:80"]
        {
            assert!(is_this_machine(here), "{here}");
        }
        for elsewhere in [
            "http://bridge.example",
            "http://127.0.0.1.evil.example:8787",
            "http://localhost.evil.example",
            "http://evil.example:127",
            "http://user@evil.example",
            "http://[::2]:80",
            "http://0.0.0.0",
            "http://192.168.0.1:8787",
            "http://",
            "",
        ] {
            assert!(!is_this_machine(elsewhere), "{elsewhere}");
        }
    }

    #[test]
    fn paths_lead_where_the_contract_says() {
        assert_eq!(Target::of("/pagerduty-resolved"), Some((Target::Endpoint(Endpoint::Of(Sender::Pagerduty)), "")));
        assert_eq!(Target::of("/api/trigger-devin"), Some((Target::Endpoint(Endpoint::Any), "")));
        assert_eq!(Target::of("/api/incidents/k/replay"), Some((Target::Replay, "k")));
        assert_eq!(Target::of("/api/incidents/k/postmortem"), Some((Target::Postmortem, "k")));
        assert_eq!(Target::of("/api/incidents/k"), Some((Target::Incident, "k")));
        assert_eq!(Target::of("/pagerduty-resolved/"), Some((Target::Endpoint(Endpoint::Of(Sender::Pagerduty)), "")));
        assert_eq!(Target::of("/api/incidents/k/replay/"), Some((Target::Replay, "k")));
        assert_eq!(Target::of("/"), Some((Target::Dashboard, "")));
        assert_eq!(Target::of("/hooks/azure-monitor"), Some((Target::NamedHook, "azure-monitor")));
        for nowhere in ["/pagerduty-resolved//", "/api/incidents//replay", "/api/incidents/a/b/replay", "//health"] {
            assert_eq!(Target::of(nowhere), None, "{nowhere}");
        }
    }

    fn keys(value: &Value) -> BTreeSet<String> {
        value.as_object().unwrap().keys().cloned().collect()
    }

    #[test]
    fn the_contract_has_every_path_with_its_methods_and_no_other() {
        let document: Value = serde_json::from_str(openapi::DOCUMENT).unwrap();
        let documented = &document["paths"];
        let mut paths: BTreeSet<String> = PATHS.iter().map(|(path, _)| (*path).to_owned()).collect();
        // Hooks that have a description of their own beside the one for all.
        for path in keys(documented).iter().filter(|path| path.starts_with("/hooks/")) {
            if path.strip_prefix("/hooks/").is_some_and(|name| senders::hook_at(name, &[]).is_some()) {
                paths.insert(path.clone());
            }
        }
        assert_eq!(keys(documented), paths);
        for (path, target) in PATHS {
            let item = &documented[path];
            let place = item["$ref"].as_str().and_then(|place| place.strip_prefix('#'));
            let item = place.and_then(|place| document.pointer(place)).unwrap_or(item);
            let methods: Vec<String> = keys(item).into_iter().filter(|key| key != "parameters").collect();
            let allowed = target.allow().to_ascii_lowercase();
            let mut allowed: Vec<&str> = allowed.split(", ").filter(|method| *method != "head").collect();
            allowed.sort_unstable();
            assert_eq!(methods, allowed, "{path}");
        }
    }
}
