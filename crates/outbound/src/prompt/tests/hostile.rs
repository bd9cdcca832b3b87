//! Whatever a sender writes, and however odd a template is.

use proptest::prelude::*;

use super::*;

/// A word that stands in every text of the senders below.
const CANARY: &str = "canary";

/// Texts that would like to end the fence, be a step or a tag, or be longer than they look.
fn text() -> impl Strategy<Value = String> {
    let piece = prop_oneof![
        4 => prop::sample::select(vec![
            CANARY, "\n", "\n\n\n", " ", "1. ", "{{title}}", "{{#data}}", "{{/data}}", "```", "<<<", ">>>", OPEN, CLOSE,
            "\u{200b}", "\u{202e}", "\u{e0041}", "\x1b[2J", "é", "漢", "👩\u{200d}💻", "[… 7 characters left out]",
        ]).prop_map(str::to_owned),
        1 => any::<String>(),
        1 => (1usize..8_000).prop_map(|n| "y".repeat(n)),
        1 => (1usize..8_000).prop_map(|n| "🔥".repeat(n)),
        1 => (1usize..3_000).prop_map(|n| "\u{2066}z ".repeat(n)),
    ];
    prop::collection::vec(piece, 0..8).prop_map(|pieces| pieces.concat())
}

fn maybe() -> impl Strategy<Value = Option<String>> {
    prop::option::of(text())
}

fn pairs() -> impl Strategy<Value = Vec<(String, String)>> {
    prop::collection::vec((text(), text()), 0..20)
}

prop_compose! {
    fn incident()(
        (title, url, service, status) in (text(), maybe(), maybe(), maybe()),
        (teams, assignees) in (prop::collection::vec(text(), 0..30), prop::collection::vec(text(), 0..3)),
        (urgency, priority, severity) in (maybe(), maybe(), any::<Option<u8>>()),
        (started_at, resolved_at, description) in (maybe(), maybe(), maybe()),
        (resource, source, logs, file, line, runbook) in (maybe(), maybe(), maybe(), maybe(), any::<Option<u32>>(), maybe()),
        (labels, context) in (pairs(), pairs()),
    ) -> Incident {
        Incident {
            title, url, number: None, reopened_at: None, status, service, teams, assignees, urgency, priority, severity, started_at,
            resolved_at, description, resource, signal_type: None, source, logs, file, line, runbook, labels, context, ..Incident::default()
        }
    }
}

/// The lines outside of the fences; an error where a fence is not closed where it should be.
fn outside(text: &str) -> Result<Vec<&str>, TestCaseError> {
    let mut inside = false;
    let mut outside = Vec::new();
    for line in text.lines() {
        match line {
            OPEN => {
                prop_assert!(!inside);
                inside = true;
            }
            CLOSE => {
                prop_assert!(inside);
                inside = false;
            }
            line if !inside => outside.push(line),
            line => prop_assert!(!line.contains(OPEN) && !line.contains(CLOSE), "{}", line),
        }
    }
    prop_assert!(!inside);
    Ok(outside)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 32, ..ProptestConfig::default() })]

    #[test]
    fn any_incident_makes_a_prompt(
        incident in incident(), changes in prop::collection::vec(text(), 0..40), set in any::<bool>(), which in 0usize..6,
    ) {
        let config = if set { all_set() } else { Config::default() };
        let template = text_of(Template::ALL[which]);
        let prompt = render(&template, &incident, &changes, &config, &fence()).unwrap();
        prop_assert!(length(&prompt) <= LIMIT);
        prop_assert_eq!(&prompt, &render(&template, &incident, &changes, &config, &fence()).unwrap());
        // What is outside of the fences is what we say, whoever the sender is.
        let ours = render(&template, &full(), &[], &config, &fence()).unwrap();
        let ours = outside(&ours)?;
        for line in outside(&prompt)? {
            prop_assert!(!line.contains(CANARY));
            prop_assert!(ours.contains(&line) || line.is_empty(), "{}", line);
        }
    }
}

proptest! {
    #[test]
    fn any_template_gives_a_prompt_or_a_mistake(pieces in prop::collection::vec(prop_oneof![
        3 => prop::sample::select(vec![
            "{{", "}}", "#", "/", "if ", "{{#if language}}", "{{#if title}}", "{{else}}", "{{/if}}", "{{#each labels}}",
            "{{#each observability}}", "{{/each}}", "{{this}}", "{{name}}", "{{value}}", "{{#data}}", "{{/data}}",
            "{{title}}", "{{language}}", "{{teams}}", "\n", "\r\n", " ", "1. ", "99999999999999999999. ", "é",
        ]).prop_map(str::to_owned),
        1 => any::<String>(),
    ], 0..20)) {
        let template = pieces.concat();
        match render(&template, &full(), &changes(), &all_set(), &fence()) {
            Ok(text) => {
                prop_assert!(length(&text) <= LIMIT);
                prop_assert!(!outside(&text)?.iter().any(|line| line.contains("Checkout")));
            }
            Err(TemplateError::Mistake(mistake)) => {
                prop_assert!(mistake.line >= 1 && mistake.line <= template.matches('\n').count() + 1);
                prop_assert!(mistake.column >= 1);
            }
            Err(error) => prop_assert!(false, "{}", error),
        }
    }
}
