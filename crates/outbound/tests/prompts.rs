//! The build's own check of the prompts, run on a prompt with a mistake.

#[allow(dead_code)]
#[path = "../build.rs"]
mod build;

#[test]
fn a_mistake_stops_the_build_and_is_named() {
    let bad = "An incident:\n{{#data}}\n{{titel}}\n{{/data}}\n";
    let message = build::check("prompts/mine.md", bad).unwrap_err();
    assert_eq!(
        message,
        "prompts/mine.md, line 3, column 1: found the unknown field \"titel\", expected a field of docs/prompts.md; \
         the nearest is \"title\""
    );
    assert_eq!(build::check("prompts/mine.md", "{{#data}}{{title}}{{/data}}"), Ok(()));
}

#[test]
fn every_prompt_is_found_and_in_order() {
    let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../../prompts");
    let prompts = build::prompts(&folder).unwrap();
    assert!(prompts.len() >= 6);
    for prompt in prompts {
        assert_eq!(build::check(&prompt.shown(), &prompt.text), Ok(()));
    }
}
