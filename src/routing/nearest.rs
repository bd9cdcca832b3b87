//! What somebody may have meant by a name that does not exist.

/// The known name that is most like `name`, or `None` where none is much like it.
pub fn nearest<'a>(name: &str, known: &[&'a str]) -> Option<&'a str> {
    let plain = |text: &str| -> Vec<char> {
        // Cut, because the time grows with the product of the lengths; no name we know is this long.
        text.chars().filter(|c| c.is_alphanumeric()).take(40).flat_map(char::to_lowercase).collect()
    };
    let wanted = plain(name);
    let best = known.iter().map(|known| (distance(&wanted, &plain(known)), *known)).min_by_key(|(cost, _)| *cost);
    best.filter(|(cost, known)| *cost <= 2.max(known.len() / 3)).map(|(_, known)| known)
}

/// How many letters to add, drop or change to get from one to the other. Letters missing at the end count half:
/// `playbook` is meant as `playbook_id`.
fn distance(from: &[char], to: &[char]) -> usize {
    if !from.is_empty() && (to.starts_with(from) || from.starts_with(to)) {
        return from.len().abs_diff(to.len()).div_ceil(2);
    }
    let mut row: Vec<usize> = (0..=to.len()).collect();
    for (i, a) in from.iter().enumerate() {
        let mut above = i;
        let mut left = i + 1;
        let mut next = vec![left];
        for (b, up) in to.iter().zip(row.iter().skip(1)) {
            left = (above + usize::from(a != b)).min(left + 1).min(up + 1);
            above = *up;
            next.push(left);
        }
        row = next;
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
        let chars = |text: &str| text.chars().collect::<Vec<_>>();
        for (a, b, cost) in
            [("abc", "abc", 0), ("abc", "abd", 1), ("kitten", "sitting", 3), ("", "ab", 2), ("ab", "", 1)]
        {
            assert_eq!(distance(&chars(a), &chars(b)), cost, "{a} {b}");
        }
    }
}
