//! The page on routes says what the code does.

use serde_json::{Map, Value};

use super::*;

const PAGE: &str = include_str!("../../../../../docs/routing.md");

/// A route from lines of TOML: the page keeps to values that are written alike in JSON, and to small tables.
fn from_toml(lines: &[&str]) -> Value {
    let mut route = Map::new();
    for line in lines.iter().filter(|line| !line.trim().is_empty() && !line.starts_with('#')) {
        let (key, value) = line.split_once(" = ").unwrap_or_else(|| panic!("no setting: {line}"));
        let value = match value.strip_prefix("{ ").and_then(|value| value.strip_suffix(" }")) {
            Some(inner) => from_toml(&[inner]),
            None => serde_json::from_str(value).unwrap_or_else(|error| panic!("{line}: {error}")),
        };
        route.insert(key.trim().trim_matches('"').to_owned(), value);
    }
    Value::Object(route)
}

/// The routes in a piece of wrangler.toml.
fn routes_in(text: &str) -> Vec<Value> {
    let blocks: Vec<&str> = text.split("[[vars.ROUTES]]").skip(1).collect();
    blocks
        .iter()
        .map(|block| from_toml(&block.lines().take_while(|line| *line != "[vars]").collect::<Vec<_>>()))
        .collect()
}

/// The code blocks of a language.
fn blocks(language: &str) -> Vec<&'static str> {
    let blocks = PAGE.split("```").skip(1).step_by(2);
    blocks.filter_map(|block| block.strip_prefix(language)?.strip_prefix('\n')).collect()
}

#[test]
fn every_key_has_its_row_with_an_example_that_works() {
    let mut rows: Vec<String> = Vec::new();
    for line in PAGE.lines().filter(|line| line.starts_with("| `")) {
        let cells: Vec<&str> = line.trim_matches('|').split(" | ").map(str::trim).collect();
        let (name, example) = (cells[0].trim_matches('`'), cells[cells.len() - 1]);
        if name.contains("ROUTES") {
            continue;
        }
        rows.push(name.to_owned());
        for example in example.split("<br>") {
            let line = example.trim().trim_matches('`');
            assert!(
                line.trim_start_matches('"').starts_with(name.trim_end_matches("<name>").trim_end_matches('.')),
                "{line}"
            );
            let mut route = from_toml(&[line]);
            // The settings that need another beside them.
            if name == "group_wait_seconds" {
                route["group_by"] = "service".into();
            }
            if name == "window_seconds" {
                route["min_occurrences"] = 2.into();
            }
            routes(Value::from(vec![route]));
        }
    }
    let known: Vec<&str> = CONDITIONS.into_iter().chain(SETTINGS).collect();
    assert_eq!(rows, known, "docs/routing.md lists the conditions and settings in the code's order");
}

#[test]
fn every_known_key_is_read() {
    for key in CONDITIONS.into_iter().chain(SETTINGS) {
        let key = key.replace("<name>", "x");
        if let Err(problems) = Routes::parse(&serde_json::json!([{ key.clone(): [[]] }])) {
            assert!(problems.iter().all(|problem| !problem.expected.contains("a known condition")), "{key}");
        }
    }
}

#[test]
fn the_examples_on_the_page_are_valid() {
    let toml = blocks("toml");
    assert!(toml.len() >= 5);
    for block in toml {
        let found = routes_in(block);
        assert!(!found.is_empty(), "{block}");
        routes(Value::from(found));
    }
    for block in blocks("json") {
        routes(Value::String(block.to_owned()));
    }
}

#[test]
fn the_examples_in_wrangler_toml_are_valid() {
    let text = include_str!("../../../../../wrangler.toml");
    let comments: Vec<&str> = text.lines().map(|line| line.strip_prefix("# ").unwrap_or_default()).collect();
    let mut examples = 0;
    for (n, _) in comments.iter().enumerate().filter(|(_, line)| **line == "[[vars.ROUTES]]") {
        let lines: Vec<&str> = comments[n + 1..].iter().take_while(|line| line.contains(" = ")).copied().collect();
        routes(Value::from(vec![from_toml(&lines)]));
        examples += 1;
    }
    assert!(examples > 0);
}
