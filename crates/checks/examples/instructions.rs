//! What an event costs until Devin's prompt is there, for `bench/instructions.mjs`, which counts the instructions of
//! [`measured`]. Standard input is `{"hook": …, "body": …}`, with a name of `/hooks/`; the answer is how many prompts were made.

use std::error::Error;
use std::hint::black_box;

use checks::{mappings, texts, verified};
use inbound::endpoint::Endpoint;
use inbound::routing::{Decision, Defaults, Routes};
use inbound::senders::{self, Parsed};
use incident::plan::Workflow;
use outbound::prompt::{Config, Library, Template, render};
use serde_json::Value;
use text::Fence;

struct Settings {
    routes: Routes,
    defaults: Defaults,
    library: Library,
    config: Config,
}

fn main() -> Result<(), Box<dyn Error>> {
    let settings = Settings {
        routes: Routes::default(),
        defaults: Defaults::default(),
        library: Library::new(&texts("prompts")),
        config: Config { target_repo: "example/orders".to_owned(), ..Config::default() },
    };
    let sample: Value = serde_json::from_reader(std::io::stdin())?;
    let hook = sample.get("hook").and_then(Value::as_str).ok_or("the sample has no hook")?;
    let endpoint = senders::hook_at(hook, &mappings().sources).ok_or_else(|| format!("no such hook: {hook}"))?;
    let body = sample.get("body").map(Value::to_string).ok_or("the sample has no body")?;
    // The first time tables are made that the Worker has by then.
    warmed_up(endpoint, body.as_bytes(), &settings);
    println!("{}", measured(endpoint, body.as_bytes(), &settings));
    Ok(())
}

#[inline(never)]
fn measured(endpoint: Endpoint, body: &[u8], settings: &Settings) -> usize {
    black_box(handle(black_box(endpoint), black_box(body), settings))
}

#[inline(never)]
fn warmed_up(endpoint: Endpoint, body: &[u8], settings: &Settings) -> usize {
    black_box(handle(endpoint, body, settings))
}

/// Reads a body, decides about its events and composes their prompts: how many became one.
fn handle(endpoint: Endpoint, body: &[u8], settings: &Settings) -> usize {
    let Ok(Parsed::Events { events, .. }) = senders::parse(endpoint, &verified(body), mappings()) else { return 0 };
    let mut prompts = 0;
    for event in events {
        let Decision::Handle(plan) = settings.routes.decide(&event, &settings.defaults) else { continue };
        let event = event.sanitize(true);
        let template = match plan.workflow {
            Workflow::Postmortem => Template::Postmortem,
            Workflow::Triage => Template::Triage,
        };
        let fence = Fence::new("4f2a8c1d9e7b6a50");
        let template = settings.library.text(template);
        let prompt = render(template, &event.incident, &[], &settings.config, &fence);
        prompts += usize::from(prompt.is_ok_and(|prompt| !black_box(prompt).is_empty()));
    }
    prompts
}
