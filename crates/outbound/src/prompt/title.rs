//! The titles that routes set.

use incident::event::Incident;

/// A route's title, with the incident's own words in it. What is still in double braces then is no field of a title.
pub fn fill(title: &str, incident: &Incident) -> String {
    let text = |value: &Option<String>| value.clone().unwrap_or_default();
    let fields = [
        ("{{title}}", incident.title.clone()),
        ("{{service}}", text(&incident.service)),
        ("{{priority}}", text(&incident.priority)),
        ("{{resource}}", text(&incident.resource)),
        ("{{number}}", text(&incident.number)),
        ("{{severity}}", incident.severity.map(|severity| severity.to_string()).unwrap_or_default()),
    ];
    let mut filled = String::new();
    let mut rest = title;
    // In one pass: what a sender wrote is no template, and names of fields in the value of one, of which each becomes
    // another value with more names, would make megabytes of it.
    while let Some(at) = rest.find("{{") {
        let (before, from) = rest.split_at_checked(at).unwrap_or((rest, ""));
        let field = fields.iter().find_map(|(name, value)| Some((value.as_str(), from.strip_prefix(name)?)));
        let (put, after) = field.unwrap_or_else(|| from.split_at_checked(2).unwrap_or((from, "")));
        filled.push_str(before);
        filled.push_str(put);
        rest = after;
    }
    filled.push_str(rest);
    filled
}

#[cfg(test)]
mod tests {
    use super::*;
    #[cfg(target_arch = "wasm32")]
    use wasm_bindgen_test::wasm_bindgen_test as test;

    #[test]
    fn a_title_is_filled_once() {
        let names = |name: &str| Some(name.repeat(40));
        let incident = Incident {
            title: "{{service}}".repeat(40),
            service: names("{{priority}}"),
            priority: names("{{resource}}"),
            resource: names("{{number}}"),
            number: names("7"),
            ..Default::default()
        };
        assert_eq!(fill("{{title}}: {{number}}", &incident), format!("{}: {}", incident.title, "7".repeat(40)));
        assert_eq!(fill("{{{{severity}} {{x}} {{", &incident), "{{ {{x}} {{");
    }
}
