//! Secrets in the data that logs and alerts are made of, escaped as it is there.

use super::*;

/// How a text is written in the data that logs and alerts are made of.
pub(super) const LANGUAGES: &[fn(&str) -> String] = &[
    // The texts of JSON, and of JSON in JSON.
    |text| in_json(text),
    |text| in_json(&in_json(text)),
    |text| format!("{{\"log\":\"{}\",\"n\":1}}", in_json(text)),
    |text| format!("[\n  \"{}\",\n  \"x\"\n]", in_json(text)),
    |text| format!("{{\"m\":\"{{\\\"log\\\":\\\"{}\\\"}}\"}}", in_json(&in_json(text))),
    // A query string and a form.
    |text| format!("https://x.example/?q={}&page=2", in_query(text)),
    |text| format!("a=1&text={}", in_form(text)),
    |text| format!("a=1&next={}", in_form(&format!("/x?text={}&n=2", in_form(text)))),
    // Markup.
    |text| format!("<log>{}</log>", in_markup(text)),
    |text| format!("<log text=\"{}\"/>", in_markup(text)),
    // Lines that begin with something, and lines of Windows.
    |text| format!("> {}", text.replace('\n', "\n> ")),
    |text| format!("2030-01-01T00:00:00Z app[1]: {}", text.replace('\n', "\n2030-01-01T00:00:00Z app[1]: ")),
    |text| text.replace('\n', "\r\n"),
    |text| format!("({text})"),
    |text| format!("'{text}',"),
];

pub(super) fn in_json(text: &str) -> String {
    let quoted = serde_json::to_string(text).unwrap();
    quoted.strip_prefix('"').and_then(|text| text.strip_suffix('"')).unwrap().to_owned()
}

pub(super) fn in_query(text: &str) -> String {
    let encode = |b: u8| match b {
        b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'_' | b'.' | b'~' => char::from(b).to_string(),
        _ => format!("%{b:02X}"),
    };
    text.bytes().map(encode).collect()
}

pub(super) fn in_form(text: &str) -> String {
    in_query(text).replace("%20", "+")
}

pub(super) fn in_yaml(text: &str) -> String {
    text.replace('\\', "/").replace('\'', "''")
}

pub(super) fn in_markup(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('"', "&quot;")
}

#[test]
fn every_example_is_caught_in_every_language() {
    for rule in catalogue() {
        let (example, secret) = (rule.example(), secret_of(rule));
        for (number, language) in LANGUAGES.iter().enumerate() {
            for (before, after) in [("", ""), ("first\n", "\nlast"), ("see ", " and"), ("x\t", ", y"), ("(\"", "\")")] {
                let text = language(&[before, example.as_str(), after].concat());
                // Without e-mail addresses no other secret must be left because it seemed to be one.
                for emails in [true, rule.name == "email"] {
                    let shown = redact(&text, emails);
                    let left = [secret.as_str(), &language(&secret)].iter().any(|secret| shown.contains(secret));
                    assert!(!left, "{} in language {number}: {shown}", rule.name);
                    assert_eq!(redact(&shown, emails), shown, "{} in language {number}", rule.name);
                }
            }
        }
    }
}

#[test]
fn in_a_form_a_plus_is_a_blank() {
    for (text, shown) in [
        ("card+PIN%3A+471147+of+me", "card+PIN%3A+[redacted: password]+of+me"),
        ("vendor_key%3A+Zk3vQ9xT2mB7nL4pR8tW1yZ5+at+10%3A21", "vendor_key%3A+[redacted: secret]+at+10%3A21"),
        ("api+key+%3D+Zk3vQ9xT2mB7nL4pR8tW1yZ5%2C+next", "api+key+%3D+[redacted: api key]%2C+next"),
        // A form within a form.
        (
            "next=%2Fx%3Fa%3Dcard%2BPIN%253A%2B471147%2Bof",
            "next=%2Fx%3Fa%3Dcard%2BPIN%253A%2B[redacted: password]%2Bof",
        ),
        // Not encoded, it is part of the secret, and so it is where what follows is no word.
        ("password=a+b1c2d3e4&n=1", "password=[redacted: password]&n=1"),
        ("password%3DaB3+dE5f6G7&n=1", "password%3D[redacted: password]&n=1"),
    ] {
        assert_eq!(redact(text, true), shown);
    }
}
