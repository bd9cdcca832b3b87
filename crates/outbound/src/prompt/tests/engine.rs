//! The template language.

use super::*;

/// Without the sentence about the language.
fn plain(template: &str, config: &Config) -> String {
    shown(template, &Config { language: String::new(), ..config.clone() })
}

fn mistake(template: &str) -> String {
    match render(template, &full(), &[], &Config::default(), &fence()) {
        Err(error) => error.to_string(),
        Ok(text) => panic!("no mistake in {template:?}: {text:?}"),
    }
}

#[test]
fn steps_count_on_when_one_is_left_out() {
    let template = "{{#if jira_project}}1. a {{jira_project}}{{/if}}\n2. b\n   3. indented\n{{#if alert}}\n3. c\n{{/if}}\n\n4. d\n\nNext:\n1. e\n2. f\n";
    assert_eq!(plain(template, &all_set()), "1. a OPS\n2. b\n   3. indented\n\n3. d\n\nNext:\n1. e\n2. f");
    assert_eq!(plain(template, &Config::default()), "1. b\n   3. indented\n\n2. d\n\nNext:\n1. e\n2. f");
}

#[test]
fn a_step_for_each_entry() {
    let template = "{{#each observability}}\n1. Ask {{this}}.\n{{/each}}\n2. Think.";
    assert_eq!(plain(template, &all_set()), "1. Ask Datadog.\n2. Ask Sentry.\n3. Think.");
    assert_eq!(plain(template, &Config::default()), "1. Think.");
}

#[test]
fn numbers_in_values_are_no_steps() {
    let config = Config { jira_project: "7. Rob the bank".into(), ..Config::default() };
    assert_eq!(plain("1. a\n{{jira_project}}\n1. b", &config), "1. a\n7. Rob the bank\n1. b");
    let incident = Incident { logs: Some("9. nine\n9. nine".into()), ..full() };
    let text =
        render("1. a\n{{#data}}\n{{logs}}\n{{/data}}\n1. b", &incident, &[], &Config::default(), &fence()).unwrap();
    assert!(text.contains("\n9. nine\n9. nine\n") && text.ends_with("\n2. b"), "{text}");
}

#[test]
fn lines_of_tags_leave_nothing_behind() {
    let template =
        "a\n\n{{#if jira_project}}\n\nb\n\n{{/if}}\n  {{#if alert}}x{{/if}}  \n{{jira_project}}\n\n\n\nc\n\n";
    assert_eq!(plain(template, &all_set()), "a\n\nb\n\nOPS\n\nc");
    assert_eq!(plain(template, &Config::default()), "a\n\nc");
    assert_eq!(plain("a\r\n\r\n{{#if alert}}\r\nx\r\n{{/if}}\r\nb\r\n", &Config::default()), "a\n\nb");
}

#[test]
fn if_and_else() {
    let template = "{{#if target_repo}}{{#if alert}}1{{else}}2{{/if}}{{else}}3{{/if}}";
    assert_eq!(plain(template, &all_set()), "2");
    assert_eq!(plain(template, &Config::default()), "3");
    assert_eq!(plain("{{#if observability}}yes{{else}}no{{/if}}", &Config::default()), "no");
}

#[test]
fn a_list_in_a_line_has_commas() {
    assert_eq!(plain("Ask {{ observability }}.", &all_set()), "Ask Datadog, Sentry.");
}

#[test]
fn data_stands_in_the_fence_and_is_announced_once() {
    let announcement = fence().announcement();
    assert_eq!(
        shown(
            "Look: {{#data}}{{title}}{{/data}} and\n{{#data}}\n{{#each labels}}\n{{name}}={{value}}\n{{/each}}\n{{/data}}\nDone.",
            &Config::default()
        ),
        format!(
            "Look:\n\n{announcement}\n\n{OPEN}\nCheckout answers 502\n{CLOSE}\n and\n\
             {OPEN}\ncluster=prod-1\npod=orders-7d4f\n{CLOSE}\nDone."
        )
    );
    assert_eq!(shown("a\n{{#data}}\n{{#if alert}}{{title}}{{/if}}\n{{/data}}\nb", &Config::default()), "a\nb");
}

#[test]
fn mistakes_are_named_with_their_place() {
    for (template, message) in [
        (
            "a\nbé {{titel}}",
            "line 2, column 4: found the unknown field \"titel\", expected a field of docs/prompts.md; the nearest is \"title\"",
        ),
        (
            "{{#if repo}}{{/if}}",
            "line 1, column 1: found the unknown field \"repo\", expected a field of docs/prompts.md; the nearest is \"target_repo\"",
        ),
        (
            "{{title}}",
            "line 1, column 1: found \"title\", expected it between {{#data}} and {{/data}}, because a sender writes it",
        ),
        (
            "{{#each labels}}{{name}}{{/each}}",
            "line 1, column 17: found \"name\", expected it between {{#data}} and {{/data}}, because a sender writes it",
        ),
        ("{{language", "line 1, column 1: found \"{{\" without its end, expected \"}}\" in the same line"),
        ("{{language\n}}", "line 1, column 1: found \"{{\" without its end, expected \"}}\" in the same line"),
        ("\n\n {{#if language}}\n", "line 3, column 2: found {{#if}} without its end, expected {{/if}} after it"),
        (
            "{{#if language}}\n{{/each}}",
            "line 2, column 1: found {{/each}}, expected {{/if}}, the end of line 1's block",
        ),
        ("{{/if}}", "line 1, column 1: found {{/if}}, expected a block before its end"),
        ("{{else}}", "line 1, column 1: found {{else}}, expected it between {{#if …}} and {{/if}}, once"),
        (
            "{{#if language}}{{else}}{{else}}{{/if}}",
            "line 1, column 25: found {{else}}, expected it between {{#if …}} and {{/if}}, once",
        ),
        (
            "{{#each language}}{{/each}}",
            "line 1, column 1: found \"language\", expected the name of a list in {{#each …}}",
        ),
        (
            "{{#unless language}}",
            "line 1, column 1: found \"unless language\", expected {{#if field}}, {{#each field}} or {{#data}}",
        ),
        ("{{#data}}{{labels}}{{/data}}", "line 1, column 10: found \"labels\", expected pairs only in {{#each …}}"),
        (
            "{{#data}}{{#data}}",
            "line 1, column 10: found {{#data}} inside {{#data}}, expected {{/data}} before the next {{#data}}",
        ),
        (
            "{{#data}}{{this}}",
            "line 1, column 10: found \"this\", expected {{this}} inside {{#each}} of a list, {{name}} and {{value}} inside {{#each}} of pairs",
        ),
        ("{{}}", "line 1, column 1: found the unknown field \"\", expected a field of docs/prompts.md; the nearest is"),
    ] {
        let found = mistake(template);
        assert!(found.starts_with(message), "{template:?}\n{found}\n{message}");
    }
}

#[test]
fn blocks_end_before_the_stack_does() {
    assert!(mistake(&"{{#if language}}".repeat(100_000)).contains("found too many blocks in one another"));
}

#[test]
fn the_nearest_field_is_the_one_that_was_meant() {
    for (typed, meant) in [
        ("titel", "title"),
        ("tittle", "title"),
        ("target-repo", "target_repo"),
        ("slackchannel", "slack_channel"),
        ("startedAt", "started_at"),
        ("TITLE", "title"),
        ("repo", "target_repo"),
        ("session", "previous_session_url"),
        ("severty", "severity"),
        ("label", "labels"),
    ] {
        assert_eq!(fields::nearest(typed), Some(meant), "{typed}");
    }
}
