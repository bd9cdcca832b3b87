use super::*;

mod cost;
mod languages;
mod lookalikes;
mod places;
mod properties;

/// The part of an example that goes: everything between what the note left before and after it.
fn secret_of(rule: &Rule) -> String {
    let example = rule.example();
    let shown = redact(&example, true);
    let note = [NOTE, rule.name, "]"].concat();
    let (before, after) = shown.split_once(&note).unwrap_or_else(|| panic!("{}: {shown}", rule.name));
    let rest = example.strip_prefix(before).and_then(|rest| rest.strip_suffix(after));
    rest.unwrap_or_else(|| panic!("{}: {shown}", rule.name)).to_owned()
}

#[test]
fn every_example_is_caught() {
    for rule in catalogue() {
        let secret = secret_of(rule);
        assert!(secret.len() >= 6, "{}: {secret}", rule.name);
        // What is left of a secret can be looked for: the note has no long part of it.
        let repeated =
            secret.as_bytes().windows(8).any(|part| rule.name.as_bytes().windows(8).any(|other| part == other));
        assert!(!repeated, "{}: {secret}", rule.name);
    }
}

#[test]
fn every_lookalike_stays() {
    for rule in catalogue() {
        assert_eq!(redact(rule.lookalike, true), rule.lookalike, "{}", rule.name);
    }
}

/// `S3CRET` stands for the secret; in what is expected, `*` stands for the note.
fn check(cases: &[&str]) {
    for case in cases {
        for secret in ["hunter2", "tr0ub4dor&3-Zx", "f3a9c1d27b86e05f"] {
            let text = case.replace("S3CRET", secret);
            let shown = redact(&text, true);
            assert!(!shown.contains(secret), "{text}\n{shown}");
            // Nothing but the secret went.
            let (before, after) = case.split_once("S3CRET").unwrap();
            assert!(shown.starts_with(before) && shown.ends_with(after), "{text}\n{shown}");
            assert_eq!(redact(&shown, true), shown, "{text}");
        }
    }
}
