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
fn letters(name: &str) -> Vec<u8> {
    let mut letters = Vec::new();
    for byte in name.bytes().take(60) {
        // Half a letter of another alphabet only has to count as a difference.
        if byte.is_ascii_alphanumeric() || !byte.is_ascii() {
            letters.push(byte.to_ascii_lowercase());
        }
    }
    letters
}

/// How many letters to add, drop or change to get from one to the other. Letters missing at the end count half:
/// `playbook` is meant as `playbook_id`.
fn distance(from: &[u8], to: &[u8]) -> usize {
    if !from.is_empty() && (to.starts_with(from) || from.starts_with(to)) {
        return from.len().abs_diff(to.len()).div_ceil(2);
    }
    let mut row: Vec<usize> = (0..=to.len()).collect();
    for (i, a) in from.iter().enumerate() {
        // What stood above and to the left before this row overwrote it.
        let mut diagonal = i;
        let mut left = i + 1;
        for (cell, b) in row.iter_mut().skip(1).zip(to) {
            left = (diagonal + usize::from(a != b)).min(left + 1).min(*cell + 1);
            diagonal = *cell;
            *cell = left;
        }
        if let Some(first) = row.first_mut() {
            *first = i + 1;
        }
    }
    row.last().copied().unwrap_or_default()
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
            assert_eq!(distance(a.as_bytes(), b.as_bytes()), cost, "{a} {b}");
        }
    }
}
