//! One request's way through a hook: proof → parsing → routing → dedup cache → incident object → answer.

use std::cell::LazyCell;
use std::time::Duration;

use incident::time::millis;

use serde::Serialize;
use sha2::{Digest, Sha256};
use worker::Env;

use crate::clients::{entra, sns};
use crate::configuration::{callers, configuration};
use crate::log;
use crate::runtime::{apart, now};
use crate::settings::{Callers, Configuration, Settings};
use crate::store::dedup_cache::Entry;
use crate::store::incident_calls as incidents;
use crate::store::recent_bodies::Repeat;
use crate::store::{dedup_cache, metrics_buffer, recent_bodies};
use crate::web::answer::{Answer, Status};
use crate::web::body::{self, Body, Unread};
use crate::web::dry_run::{self, wants_dry_run};
use crate::web::event::addressed;
use crate::web::guesses::{self, Guess};
use crate::web::head::Head;
use crate::web::query::Query;
use engine::counts::{Count, Refused};
use engine::edge::{early, needs_no_object};
use engine::incident::calls::{Outcome, SessionStatus};
use inbound::auth::{Attempt, Claim, EndpointSecrets, Refusal, Token, Verified};
use inbound::endpoint::Endpoint;
use inbound::routing::Decision;
use inbound::senders::{self, BadBody, Parsed, Unused};
use incident::event::{Incident, IncidentEvent, Kind};
use incident::key::Key;
use incident::lifecycle::Taken;
use incident::reason::Reason;
use incident::sender::Sender;
use incident::session::Session;
use text::clean;

/// Answers a request to a hook. `address`: the bridge's own, `https://bridge.example`, and the query.
pub async fn handle(
    hook: Endpoint,
    head: &Head,
    address: (&str, Query<'_>),
    body: &Body,
    env: &Env,
) -> Result<Answer, Unread> {
    let arrived = now();
    let callers = callers(env);
    let (mut answer, proof) = authenticated(hook, head, address, body, env, &callers).await?;
    if answer.answer.code == 401
        && let Some(too_many) = guesses::count(Guess::Hook, head, env).await
    {
        answer = too_many.into();
    }
    // What is ignored is counted and on the list; a line for each would cost a fifth of its time.
    let ignored = answer.answer.status == Some(Status::Ignored);
    if !ignored || callers.log_ignored {
        log_decision(&answer, &proof, now().since(arrived));
    }
    Ok(answer.answer)
}

/// The log's line about what became of an event at a hook.
#[derive(Serialize)]
struct Decided<'a> {
    code: u16,
    event: Option<&'a str>,
    incident: Option<&'a str>,
    level: &'static str,
    log: &'static str,
    /// From its arrival to the answer.
    ms: i64,
    /// What authenticated it.
    proof: &'a str,
    reason: Option<Reason>,
    sender: Option<Sender>,
    session: Option<&'a str>,
    status: Option<Status>,
}

fn log_decision(logged: &Logged, proof: &str, took: Duration) {
    let Logged { answer, sender, event_type } = logged;
    log::line(&Decided {
        code: answer.code,
        event: event_type.as_deref(),
        incident: answer.incident.as_deref(),
        level: if answer.code >= 500 { "error" } else { "info" },
        log: "event",
        ms: millis(took),
        proof,
        reason: answer.reason,
        sender: *sender,
        session: answer.session.as_ref().map(|session| session.id.as_str()),
        status: answer.status,
    });
}

/// An answer, with what the log wants to know of the event.
struct Logged {
    answer: Answer,
    sender: Option<Sender>,
    event_type: Option<String>,
}

impl From<Answer> for Logged {
    fn from(answer: Answer) -> Logged {
        Logged { answer, sender: None, event_type: None }
    }
}

/// Answers a request, once it is authenticated; beside the answer stands what authenticated it.
async fn authenticated(
    hook: Endpoint,
    head: &Head,
    address: (&str, Query<'_>),
    body: &Body,
    env: &Env,
    callers: &Callers,
) -> Result<(Logged, String), Unread> {
    let body = body.bytes(head);
    if matches!(body, Ok(None)) {
        let message = format!("A body may have at most {} bytes.", body::LARGEST);
        return Ok((Answer::error(413, "Body too large", message).into(), "none".to_owned()));
    }
    let header = |name: &str| head.header(name);
    let claim = Claim { hook, header: &header, query_secret: address.1.get("secret"), now: now() };
    let attempt = Attempt::new(&callers.hook_secrets, claim);
    if let Some(refusal) = attempt.refusal() {
        return Ok(refused(hook, refusal, &Token::Absent, callers, env));
    }
    let body = body?.unwrap_or_default();
    let (token, verified) = verify(&attempt, hook, head, body, &callers.hook_secrets).await;
    match verified {
        Ok(verified) => Ok(taken_in(hook, &verified, address, env).await),
        Err(refusal) => Ok(refused(hook, refusal, &token, callers, env)),
    }
}

/// Answers an authenticated request; beside the answer stands what authenticated it.
async fn taken_in(
    hook: Endpoint,
    verified: &Verified<'_>,
    (origin, query): (&str, Query<'_>),
    env: &Env,
) -> (Logged, String) {
    let proof = verified.by().to_owned();
    let dry_run = match wants_dry_run(query) {
        Ok(dry_run) => dry_run,
        Err(value) => {
            metrics_buffer::count(Count::Refused(Refused::BadBody));
            let value = clean::line(&value, 100);
            let message = format!(
                "dry_run is {value:?}: expected 1, true, yes, on or nothing for a dry run, 0, false, no or off for none."
            );
            return (Answer::error(400, "Bad query", message).into(), proof);
        }
    };
    if hook == Endpoint::Of(Sender::Pagerduty)
        && !dry_run
        && let Some(Repeat { event_type, incident, session }) = recent_bodies::recall(verified, now())
    {
        metrics_buffer::count(Count::Received(Sender::Pagerduty));
        metrics_buffer::count(Count::Duplicate(Sender::Pagerduty));
        let (sender, event_type) = (Some(Sender::Pagerduty), Some(event_type));
        return (Logged { answer: known(incident, session), sender, event_type }, proof);
    }
    if let Some(Unused { sender, message }) = senders::unused(hook, verified) {
        return (nothing(sender, Reason::EventType, message, dry_run).into(), proof);
    }
    (apart(read(hook, verified, origin, dry_run, env)).await, proof)
}

/// Answers an authenticated request by the events that its body has.
async fn read(hook: Endpoint, verified: &Verified<'_>, origin: &str, dry_run: bool, env: &Env) -> Logged {
    let configuration = configuration(env);
    let Ok(settings) = &configuration.settings else {
        metrics_buffer::count(Count::Refused(Refused::NotConfigured));
        return closed(hook, &configuration).into();
    };
    match senders::parse(hook, verified, &configuration.mappings) {
        Ok(Parsed::Nothing { sender, reason, message }) => {
            nothing(sender, reason, text::sanitize(&message, true), dry_run).into()
        }
        Ok(Parsed::Confirm { topic, url }) => {
            let wanted = configuration.callers.hook_secrets.topics.contains(&topic);
            confirm(&topic, &url, wanted, dry_run).await.into()
        }
        Ok(Parsed::Events { events, refused, remark }) => {
            let proven = Proven { hook, origin, body: verified, dry_run, settings, env };
            proven.answer(events, refused, remark).await
        }
        Err(bad) => {
            metrics_buffer::count(Count::Refused(Refused::BadBody));
            Answer::from(bad).into()
        }
    }
}

/// The body, once it is authenticated, and what was found of a token or of SNS's signature.
async fn verify<'a>(
    attempt: &Attempt<'_>,
    hook: Endpoint,
    head: &Head,
    body: &'a [u8],
    secrets: &EndpointSecrets,
) -> (Token, Result<Verified<'a>, Refusal>) {
    let mut token = match &secrets.entra {
        Some(entra) if secrets.takes_tokens(hook) => apart(entra::check(entra, head.header("Authorization"))).await,
        _ => Token::Absent,
    };
    let mut verified = attempt.verify(body, &token);
    if verified.is_err() && secrets.takes_topics(hook) {
        // Only where nothing else authenticates it: the certificate may have to be asked for.
        token = apart(sns::check(&secrets.topics, body)).await;
        verified = attempt.verify(body, &token);
    }
    (token, verified)
}

/// The answer to a request that is refused, and what was offered.
fn refused(hook: Endpoint, refusal: Refusal, token: &Token, callers: &Callers, env: &Env) -> (Logged, String) {
    let (refused, answer) = match refusal {
        Refusal::Unauthorized => (Refused::Unauthorized, Answer::unauthorized()),
        Refusal::NotConfigured => (Refused::NotConfigured, closed(hook, &configuration(env))),
        Refusal::NoKeys => (Refused::NoKeys, Answer::unavailable("No keys", "The token can't be checked at present.")),
    };
    metrics_buffer::count(Count::Refused(refused));
    let what = if callers.hook_secrets.takes_topics(hook) { "message" } else { "token" };
    let proof = if let Token::Refused(part) = token { format!("none: the {what}'s {part}") } else { "none".into() };
    (answer.into(), proof)
}

/// The answer to a body of which nothing comes; what `message` quotes of it is redacted.
fn nothing(sender: Sender, reason: Reason, message: String, dry_run: bool) -> Answer {
    if !dry_run {
        metrics_buffer::count(Count::Received(sender));
        metrics_buffer::count(Count::Ignored(reason));
    }
    Answer::ignored(reason, message)
}

/// A proven body on its way.
struct Proven<'a> {
    hook: Endpoint,
    /// The bridge's own address.
    origin: &'a str,
    body: &'a Verified<'a>,
    dry_run: bool,
    settings: &'a Settings,
    env: &'a Env,
}

impl Proven<'_> {
    async fn answer(
        &self,
        events: Vec<IncidentEvent>,
        refused: Vec<(usize, BadBody)>,
        remark: Option<String>,
    ) -> Logged {
        let Proven { hook, origin, body, dry_run, settings, env } = *self;
        let mut answers = Vec::new();
        let mut first = None;
        // Of several alerts all are stored before anybody's patience ends; PagerDuty's ends after 5 s.
        let wait = if senders::answers_at_once(hook) || events.len() > 1 { Duration::ZERO } else { settings.wait };
        let together = events.len();
        // The same bytes again are the same firing, delivered once more.
        let digest = LazyCell::new(|| digest(body.body()));
        for (place, event) in events.into_iter().enumerate() {
            let event = event.safe_among(together, settings.redact_emails);
            let event = IncidentEvent { bridge: Some(origin.to_owned()), ..event };
            first.get_or_insert_with(|| (event.sender, event.event_type.clone()));
            let mut answer = if dry_run {
                dry_run::dry_run(event, settings, env).await
            } else {
                let delivery = || format!("{} {place}", *digest);
                deliver(hook, body, &delivery, event, wait, settings, env).await
            };
            if let Some(remark) = &remark {
                answer.message = format!("{}. {remark}", answer.message.trim_end_matches('.'));
            }
            answers.push(answer);
        }
        for (position, bad) in refused {
            metrics_buffer::count(Count::Refused(Refused::BadBody));
            answers.insert(position.min(answers.len()), Answer::from(bad));
        }
        let answer = match answers.pop() {
            Some(only) if answers.is_empty() => only,
            last => {
                answers.extend(last);
                Answer::several(answers)
            }
        };
        let (sender, event_type) = first.unzip();
        Logged { answer, sender, event_type }
    }
}

/// The answer of a hook that can take nothing, with the command that fixes it. It says the same to everybody, so it names
/// no setting: which secret is weak is nothing for strangers.
fn closed(hook: Endpoint, configuration: &Configuration) -> Answer {
    if let Err(problems) = &configuration.settings {
        let message = format!(
            "Wrong settings: {}. Nothing is taken until they are fixed; npm run doctor names them, and /health with the \
             ADMIN_TOKEN.",
            problems.len()
        );
        return Answer::unavailable("Configuration", message);
    }
    let also = if hook == Endpoint::Of(Sender::Pagerduty) { ", or PAGERDUTY_SIGNING_SECRET" } else { "" };
    let message = format!("No secret is set for this hook yet: npx wrangler secret put WEBHOOK_SECRET{also}");
    Answer::unavailable("Not configured", message)
}

/// Answers Amazon SNS, which asks whether a topic's messages are wanted. Only a topic that `SNS_TOPICS` names is confirmed;
/// for any other the list shows the address that confirms it, for a person. `url` is an address of SNS itself.
async fn confirm(topic: &str, url: &str, wanted: bool, dry_run: bool) -> Answer {
    let topic = text::sanitize(topic, true);
    if !wanted || dry_run {
        let waits = if wanted { "would be confirmed" } else { "is not confirmed, because SNS_TOPICS does not name it" };
        let message = format!("The subscription to {topic} {waits}. To confirm it yourself, open subscribeUrl.");
        let title = format!("The subscription to {topic} waits: to confirm it, open {url}");
        if let Some(key) = Key::new(Sender::Sns, &["subscription", &topic]).filter(|_| !dry_run) {
            let incident = Incident { title, ..Incident::default() };
            let event_type = "SubscriptionConfirmation".to_owned();
            let event = IncidentEvent { key, sender: Sender::Sns, event_type, incident, ..IncidentEvent::default() };
            metrics_buffer::event(&event, Some(Taken::Ignored(Reason::Confirmation)), now());
        }
        let mut answer = Answer::ignored(Reason::Confirmation, message);
        answer.more.insert("subscribeUrl".to_owned(), url.into());
        return answer;
    }
    match sns::confirm(url).await {
        Ok(()) => Answer::ignored(Reason::Confirmation, format!("The subscription to {topic} is confirmed.")),
        Err(why) => Answer::unavailable("Not confirmed", format!("{why}. Please send it again.")),
    }
}

/// Hands an event on to its incident, and counts what became of it. `delivery` tells it from others without an id.
async fn deliver(
    hook: Endpoint,
    body: &Verified<'_>,
    delivery: &dyn Fn() -> String,
    event: IncidentEvent,
    wait: Duration,
    settings: &Settings,
    env: &Env,
) -> Answer {
    let mut decision = settings.routes.decide(&event, &settings.defaults);
    let event = IncidentEvent { routing: settings.routes.routing(&event), ..event };
    let event = match &mut decision {
        Decision::Handle(plan) => {
            let counts = plan.min_occurrences > 1 && event.id.is_none();
            let delivery = counts.then(delivery);
            // Where nobody has to be led to the incident's page it need not be known.
            let bridge = event.bridge.clone().filter(|_| plan.approve);
            addressed(IncidentEvent { delivery, bridge, ..event }, plan, settings)
        }
        Decision::Ignore { .. } => IncidentEvent { bridge: None, ..event },
    };
    let (taken, mut answer) = taken(hook, body, &event, decision, wait, env).await;
    metrics_buffer::event(&event, taken, now());
    answer.route = event.routing.route;
    explained(answer, &event).about(&event.key).of_group(&event)
}

/// A duplicate, with what it was recognised by.
fn explained(mut answer: Answer, event: &IncidentEvent) -> Answer {
    if answer.status == Some(Status::Duplicate) && answer.details.is_none() {
        answer.details = event.incident.identity.as_ref().map(|identity| format!("Recognised by {identity}."));
    }
    answer
}

/// What became of an event, `None` where it could not be stored, and the answer.
async fn taken(
    hook: Endpoint,
    body: &Verified<'_>,
    event: &IncidentEvent,
    decision: Decision,
    wait: Duration,
    env: &Env,
) -> (Option<Taken>, Answer) {
    let ignore = |reason, message| (Some(Taken::Ignored(reason)), Answer::ignored(reason, message));
    let (plan, ignored) = match decision {
        Decision::Handle(plan) => (Some(plan), None),
        Decision::Ignore { reason, message, .. } => (None, Some(ignore(reason, message))),
    };
    if early(event)
        && let Some(ignored) = ignored
    {
        return ignored;
    }
    if plan.as_ref().is_some_and(|plan| needs_no_object(event, plan)) {
        let message = format!("{} starts nothing; a session starts when the incident is resolved.", event.event_type);
        return ignore(Reason::EventType, message);
    }
    // Alerts are counted, and each firing prolongs the window, so only the object can judge those.
    if event.sender == Sender::Pagerduty
        && let Some(entry) = dedup_cache::read(env, &event.key).await
        && entry.knows(event)
    {
        let Entry { incident, session, .. } = entry;
        let event_type = event.event_type.clone();
        recent_bodies::remember(
            body,
            Repeat { event_type, incident: incident.clone(), session: session.clone() },
            now(),
        );
        return (Some(Taken::Duplicate), known(incident, session));
    }
    // What a route ignores may still be the end of an incident that has a session, under the route it began with.
    match incidents::deliver(env, event, plan.as_ref(), wait).await {
        Ok(Outcome { taken: Taken::Ignored(Reason::Route), .. }) if let Some(ignored) = ignored => ignored,
        Ok(mut outcome) => {
            if let Some(line) = outcome.line.take() {
                metrics_buffer::list(*line);
            }
            (Some(outcome.taken), answer(hook, event.kind, outcome))
        }
        Err(error) => {
            log::warning(&format!("{}: the event could not be stored: {error}", event.key));
            let message = "The event could not be stored. Please send it again.";
            (None, Answer::unavailable("Not stored", message))
        }
    }
}

/// The answer to an event that the dedup cache has.
fn known(incident: String, session: Session) -> Answer {
    let message = "This event was taken already; the incident has its session.";
    let answer = Answer { session: Some(session), ..Answer::ok(Status::Duplicate, message) };
    Answer { incident: Some(incident), ..answer }
}

/// What tells one body from another, in 32 hexadecimal digits.
fn digest(body: &[u8]) -> String {
    hex::encode(Sha256::digest(body)).chars().take(32).collect()
}

/// The contract's answer for what became of an event.
fn answer(hook: Endpoint, kind: Kind, outcome: Outcome) -> Answer {
    let Outcome { taken, incident, session_status, line: _ } = outcome;
    let duplicate = taken == Taken::Duplicate;
    let mut answer = match (taken, session_status) {
        (Taken::Ignored(reason), _) => Answer::ignored(reason, ignored_because(reason)),
        (_, SessionStatus::Abandoned) => {
            Answer::ok(Status::Duplicate, "Somebody gave up on this incident's session; it can be replayed.")
        }
        // PagerDuty would only send it again for two days; the dead letter is there to be replayed.
        (_, SessionStatus::Failed { error }) if hook == Endpoint::Of(Sender::Pagerduty) => Answer {
            details: Some(error),
            ..Answer::ok(Status::Duplicate, "This incident's session could not be created; it can be replayed.")
        },
        (_, SessionStatus::Failed { error }) => Answer {
            details: Some(error),
            ..Answer::error(500, "Failed to create Devin session", "Devin refused; it can be replayed.")
        },
        (_, SessionStatus::Started { session }) if duplicate => Answer {
            session: Some(session),
            ..Answer::ok(Status::Duplicate, "This incident already has its Devin session.")
        },
        (_, _) if duplicate => Answer::ok(Status::Duplicate, "This incident's session is on its way already."),
        (Taken::FollowUp, session_status) => {
            let session = if let SessionStatus::Started { session } = session_status { Some(session) } else { None };
            let message = if kind == Kind::Resolved {
                "Stored; the incident's session gets a message."
            } else {
                "Stored; it reaches the incident's session with its next message."
            };
            Answer { session, ..Answer::ok(Status::Accepted, message) }
        }
        (_, SessionStatus::Started { session }) => {
            Answer { session: Some(session), ..Answer::ok(Status::Started, "Devin session created successfully") }
        }
        (_, SessionStatus::Queued { behind }) => {
            Answer::ok(Status::Accepted, format!("Stored; the session waits for its turn, queued behind {behind}."))
        }
        (_, SessionStatus::Held { why }) => {
            Answer { reason: why, ..Answer::ok(Status::Accepted, format!("Stored; {}.", held_because(why))) }
        }
        (_, SessionStatus::OnItsWay | SessionStatus::Idle) => {
            Answer::ok(Status::Accepted, "Stored; the session is on its way.")
        }
    };
    answer.incident = Some(incident);
    answer
}

fn held_because(why: Option<Reason>) -> &'static str {
    match why {
        Some(Reason::RouteBudget) => "its route's sessions of today are spent, so it is held until midnight UTC",
        Some(Reason::Credits) => {
            "the account at Devin is out of credits, so it is held; one session tries every 30 minutes"
        }
        Some(Reason::Paused) => "the bridge is paused, so it is held until the pause ends",
        Some(Reason::Approval) => "its session starts when somebody approves it on the incident's page",
        _ => "today's sessions are spent, so it is held until midnight UTC",
    }
}

fn ignored_because(reason: Reason) -> &'static str {
    match reason {
        Reason::Recovered => "The alert recovered, and there is no session to notify.",
        Reason::RecoveredFirst => "The alert recovered before Devin was asked for its session, so it gets none.",
        Reason::ApprovalExpired => "Nobody approved its session in time, and this is still the same incident.",
        Reason::Occurrences => "Counted; the route waits for more occurrences before it starts a session.",
        _ => "This type of event starts nothing.",
    }
}

impl From<BadBody> for Answer {
    fn from(bad: BadBody) -> Answer {
        // The details quote the body.
        let details = bad.details.map(|details| text::sanitize(&details, true));
        let message = details.clone().unwrap_or_else(|| bad.error.clone());
        Answer { details, ..Answer::error(400, bad.error, message) }
    }
}
