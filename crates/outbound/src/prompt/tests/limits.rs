//! How long a prompt may be.

use super::*;
use crate::prompt::limit::level;

fn lines(count: usize) -> String {
    (0..count).map(|n| format!("{n:06} something failed somewhere\n")).collect()
}

/// Everything as long as a sender can make it.
fn huge() -> Incident {
    let long = |n: usize| Some("x".repeat(n));
    let pairs = |n: usize| (0..n).map(|n| (format!("{n}{}", "n".repeat(500)), "v".repeat(5_000))).collect();
    Incident {
        title: "t".repeat(5_000),
        url: long(5_000),
        service: long(5_000),
        description: long(50_000),
        logs: Some(lines(10_000)),
        labels: pairs(500),
        context: pairs(500),
        teams: vec!["team".repeat(100); 500],
        ..full()
    }
}

#[test]
fn the_longest_incident_fits_and_keeps_the_newest_lines() {
    for template in Template::ALL {
        let changes: Vec<String> = (0..500).map(|n| format!("note {n} {}", "c".repeat(9_000))).collect();
        let text = render(&text_of(template), &huge(), &changes, &all_set(), &fence()).unwrap();
        assert!(length(&text) <= LIMIT, "{}", length(&text));
        if template == Template::Postmortem {
            // As much as fits is used, and what is cut says so.
            assert!(length(&text) > LIMIT - 200, "{}", length(&text));
            assert!(text.contains("009999 something failed somewhere\n"), "{text}");
            assert!(text.contains("note 499 ") && !text.contains("note 3 ") && text.contains("- (470 more)"), "{text}");
            assert!(text.contains("characters left out]"), "{text}");
        }
    }
}

#[test]
fn every_alert_of_the_largest_group_is_named_beside_the_longest_incident() {
    let alerts = (0..500).map(|n| format!("alert-{n:03} in kubernetes")).collect();
    let config = Config { group: "service=orders".into(), alerts, ..all_set() };
    for template in Template::ALL {
        let text = render(&text_of(template), &huge(), &changes(), &config, &fence()).unwrap();
        assert!(length(&text) <= LIMIT, "{}", length(&text));
        assert!((0..500).all(|n| text.contains(&format!("- alert-{n:03} in kubernetes\n"))), "{text}");
        assert!(!config.alerts.is_empty() && text.matches("alert-000").count() == 1, "{text}");
    }
}

#[test]
fn the_longest_text_is_shortened_first() {
    let incident = Incident { logs: Some(lines(600)), context: vec![("rows".into(), "r".repeat(2_000)); 6], ..full() };
    let text = render(&text_of(Template::Postmortem), &incident, &changes(), &Config::default(), &fence()).unwrap();
    assert!(length(&text) <= LIMIT);
    assert_eq!(text.matches(&"r".repeat(2_000)).count(), 6);
    assert!(text.contains("Connection pool exhausted.\nOrders fail."));
    assert!(["000001", "000599"].iter().all(|line| text.contains(&format!("{line} something failed"))));
    assert!(text.matches(" something failed").count() < 600);
}

#[test]
fn each_field_keeps_to_its_own_length() {
    let text = render("{{#data}}\n{{title}}\n{{/data}}", &huge(), &[], &Config::default(), &fence()).unwrap();
    assert!(text.contains(&format!("\n{}…\n", "t".repeat(299))), "{text}");
    let each = "{{#data}}\n{{#each context}}\n{{value}}\n{{/each}}\n{{/data}}";
    let text = render(each, &huge(), &[], &Config::default(), &fence()).unwrap();
    assert!(length(&text) < 12_000 + 500, "{}", length(&text));
    assert!(text.contains("\n(440 more)\n"), "{text}");
}

#[test]
fn text_that_nobody_sees_takes_no_room_from_the_rest() {
    let incident = Incident {
        logs: Some(lines(400)),
        description: Some("\u{200b}".repeat(100_000)),
        context: vec![("\u{e0041}".repeat(300), "\u{202e}".repeat(2_000)); 60],
        ..full()
    };
    let text = render(&text_of(Template::Postmortem), &incident, &[], &Config::default(), &fence()).unwrap();
    assert!(text.contains("000000 something failed") && text.contains("000399 something failed"), "{text}");
}

#[test]
fn an_emoji_counts_as_two() {
    let incident = Incident { logs: Some("🔥".repeat(40_000)), description: Some("é".repeat(9_000)), ..huge() };
    let text =
        render(&text_of(Template::Triage), &incident, &vec!["👩".repeat(9_000); 30], &all_set(), &fence()).unwrap();
    assert!((LIMIT - 500..=LIMIT).contains(&text.encode_utf16().count()), "{}", text.encode_utf16().count());
}

#[test]
fn settings_are_never_shortened() {
    let template = format!("{}\n{{{{#data}}}}{{{{logs}}}}{{{{/data}}}}", "Be careful. ".repeat(2_200));
    let error = render(&template, &huge(), &[], &Config::default(), &fence()).unwrap_err();
    assert!(matches!(error, TemplateError::TooLong { most: 25_500, length } if length > 26_000), "{error}");
    assert!(error.to_string().contains("expected at most 25500"), "{error}");
    assert!(check(&template, &Config::default()).is_err());
    let config = Config { post_to: "x".repeat(40_000), ..Config::default() };
    assert!(matches!(check(&text_of(Template::Postmortem), &config), Err(TemplateError::TooLong { .. })));
    assert!(matches!(
        render(&text_of(Template::Postmortem), &full(), &[], &config, &fence()),
        Err(TemplateError::TooLong { .. })
    ));
}

#[test]
fn a_template_that_repeats_itself_for_each_entry_is_refused_when_nothing_else_helps() {
    let template = format!("{{{{#data}}}}{{{{#each labels}}}}{}\n{{{{/each}}}}{{{{/data}}}}", "again ".repeat(100));
    assert!(matches!(
        render(&template, &huge(), &[], &Config::default(), &fence()),
        Err(TemplateError::TooLong { .. })
    ));
}

#[test]
fn the_level_saves_what_is_too_much() {
    for (lengths, too_much, expected) in [
        (vec![10, 4], 3, 7),
        (vec![10, 4], 7, 3),
        (vec![10, 10, 1], 3, 8),
        (vec![5], 9, 0),
        (vec![], 1, 0),
        (vec![3, 3], 0, 3),
    ] {
        let level = level(&lengths, too_much);
        assert_eq!(level, expected, "{lengths:?} {too_much}");
    }
}
