//! What somebody may have meant by a name that does not exist.

/// The known name that is most like `name`, or `None` where none is much like it.
pub fn nearest<'a>(name: &str, known: &[&'a str]) -> Option<&'a str> {
    let wanted = letters(name);
    let mut best = None;
    let mut least = usize::MAX;
    for known in known {
        let cost = distance(&wanted, &letters(known));
        if cost < least && cost <= 2.max(known.len() / 3) {
            (best, least) = (Some(*known), cost);
        }
    }
    best
}

/// Letters and digits in lower case: `alertName` and `alert_name` are the same. Not more than a name we know could
/// have, because the time grows with the product of the lengths.
fn letters(name: &str) -> String {
    let letters = name.chars().take(60).filter(|c| c.is_ascii_alphanumeric() || !c.is_ascii());
    letters.map(|c| c.to_ascii_lowercase()).collect()
}

/// How many letters to add, drop or change to get from one to the other. Letters missing at the end count half:
/// `playbook` is meant as `playbook_id`.
fn distance(from: &str, to: &str) -> usize {
    if !from.is_empty() && (to.starts_with(from) || from.starts_with(to)) {
        return from.len().abs_diff(to.len()).div_ceil(2);
    }
    strsim::levenshtein(from, to)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_nearest_is_found() {
        let known = ["service", "team", "alert_name", "severity", "playbook_id", "max_acu_limit", "min_occurrences"];
        for (name, meant) in [
            ("services", "service"),
            ("alertName", "alert_name"),
            ("Severity", "severity"),
            ("serverity", "severity"),
            ("playbook", "playbook_id"),
            ("max_acu", "max_acu_limit"),
            ("min_occurences", "min_occurrences"),
        ] {
            assert_eq!(nearest(name, &known), Some(meant), "{name}");
        }
        for name in ["", "xyzzy", "colour", &"x".repeat(10_000)] {
            assert_eq!(nearest(name, &known), None, "{name}");
        }
        assert_eq!(nearest("x", &[]), None);
    }

    #[test]
    fn distances_are_counted() {
        for (a, b, cost) in
            [("abc", "abc", 0), ("abc", "abd", 1), ("kitten", "sitting", 3), ("", "ab", 2), ("ab", "", 1)]
        {
            assert_eq!(distance(a, b), cost, "{a} {b}");
        }
    }
}
