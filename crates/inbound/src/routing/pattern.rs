//! Texts with `*` in them, compared without regard to case.

use std::cmp::Ordering;

use incident::sender::Sender;

/// Severities as text, because conditions compare texts.
pub(super) const SEVERITIES: [&str; 5] = ["0", "1", "2", "3", "4"];

/// A pattern, folded: `*` stands for any text, also none. Every other character stands for itself.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Pattern(String);

impl Pattern {
    /// Matches a whole text.
    pub(super) fn whole(text: &str) -> Pattern {
        Pattern(fold(text))
    }

    /// Without a `*` of its own it matches a text that has it anywhere.
    pub(super) fn part(text: &str) -> Pattern {
        if text.contains('*') { Pattern::whole(text) } else { Pattern(format!("*{}*", fold(text))) }
    }

    /// Whether a folded text fits. Every part between two stars is taken at its first place, which is never wrong
    /// because it leaves most to the parts after it; so nothing is tried twice, and the time grows with the length of
    /// the text only.
    pub(super) fn matches(&self, text: &str) -> bool {
        let Some((start, mut pattern)) = self.0.split_once('*') else { return self.0 == text };
        let Some(mut text) = text.strip_prefix(start) else { return false };
        while let Some((part, after)) = pattern.split_once('*') {
            let Some((_, rest)) = text.split_once(part) else { return false };
            (pattern, text) = (after, rest);
        }
        text.ends_with(pattern)
    }

    /// Whether every text that fits `other` fits this one too. The stars of `other` are read as a character: only a
    /// star of ours can take it, and that star takes whatever stands there instead as well.
    pub(super) fn covers(&self, other: &Pattern) -> bool {
        self.matches(&other.0)
    }
}

/// The names of the senders that fit a pattern.
pub(super) fn senders(text: &str) -> Vec<&'static str> {
    let pattern = Pattern::whole(text);
    let mut names = Vec::new();
    for sender in Sender::all() {
        if pattern.matches(sender.name()) {
            names.push(sender.name());
        }
    }
    names
}

/// The severities a number or comparison stands for; none where it is neither.
pub(super) fn severities(text: &str) -> Vec<&'static str> {
    let text = text.trim();
    let number = text.trim_start_matches(['<', '>', '=']);
    let operator = text.strip_suffix(number).unwrap_or_default();
    let number = number.trim();
    let mut severities = Vec::new();
    let Some(number) = SEVERITIES.iter().position(|severity| *severity == number) else { return severities };
    for (n, severity) in SEVERITIES.iter().enumerate() {
        let wanted: &[&str] = match n.cmp(&number) {
            Ordering::Less => &["<", "<="],
            Ordering::Equal => &["", "<=", ">="],
            Ordering::Greater => &[">", ">="],
        };
        if wanted.contains(&operator) {
            severities.push(*severity);
        }
    }
    severities
}

/// A text without its case. Greek's final sigma is the one small letter that depends on its place in the word.
pub(super) fn fold(text: &str) -> String {
    text.chars().flat_map(char::to_lowercase).map(|c| if c == 'ς' { 'σ' } else { c }).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn fits(pattern: &str, text: &str) -> bool {
        Pattern::whole(pattern).matches(&fold(text))
    }

    #[test]
    fn stars_stand_for_any_text() {
        for (pattern, text) in [
            ("", ""),
            ("*", ""),
            ("*", "x"),
            ("**", "x"),
            ("API", "api"),
            ("api*", "api"),
            ("api*", "API-prod"),
            ("*-prod", "api-prod"),
            ("a*b*c", "aXbXbXc"),
            ("a*a", "aa"),
            ("*a*a*", "xaxax"),
            ("ΟΔΟΣ", "οδος"),
            ("Ärger*", "äRGER 1"),
        ] {
            assert!(fits(pattern, text), "{pattern} {text}");
        }
        for (pattern, text) in [
            ("", "x"),
            ("api", "api2"),
            ("api", "xapi"),
            ("a*a", "a"),
            ("ab*ba", "aba"),
            ("*b", "abc"),
            ("a*b*c", "acb"),
            ("a?c", "abc"),
        ] {
            assert!(!fits(pattern, text), "{pattern} {text}");
        }
    }

    #[test]
    fn a_part_is_found_anywhere() {
        assert!(Pattern::part("Timeout").matches("db timeouts"));
        assert!(!Pattern::part("timeout*").matches("db timeouts"));
    }

    #[test]
    #[allow(clippy::disallowed_methods, reason = "the time it takes is what is tested")]
    fn hard_patterns_take_no_longer() {
        let text = "a".repeat(100_000);
        for pattern in
            [format!("{}b", "*a".repeat(5_000)), format!("{}*b*", "a*".repeat(5_000)), "*aaaaaaab*".repeat(500)]
        {
            let pattern = Pattern::whole(&pattern);
            let start = std::time::Instant::now();
            assert!(!pattern.matches(&text));
            // Backtracking would need longer than the universe is old.
            assert!(start.elapsed().as_secs() < 5);
        }
    }

    /// The plain definition, far too slow for anything but small texts.
    fn slow(pattern: &[char], text: &[char]) -> bool {
        match pattern.split_first() {
            None => text.is_empty(),
            Some(('*', rest)) => (0..=text.len()).any(|n| slow(rest, &text[n..])),
            Some((c, rest)) => text.first() == Some(c) && slow(rest, &text[1..]),
        }
    }

    #[test]
    fn capitals_and_small_letters_are_the_same() {
        for c in ('\0'..=char::MAX).filter(|c| c.is_uppercase()) {
            assert_eq!(fold(&c.to_string()), fold(&c.to_lowercase().to_string()), "{c}");
        }
        assert!(fits("ΟΔΟΣ*", "οδοςα") && fits("*ΟΔΟΣ", "η οδος") && fits("ⲀⲂ", "ⲁⲃ"));
    }

    proptest! {
        #[test]
        fn it_matches_what_the_definition_says(pattern in "[ab*]{0,8}", text in "[ab]{0,10}") {
            let chars = |text: &str| text.chars().collect::<Vec<_>>();
            prop_assert_eq!(fits(&pattern, &text), slow(&chars(&pattern), &chars(&text)));
        }

        #[test]
        fn a_covered_pattern_matches_nothing_more(a in "[ab*]{0,5}", b in "[ab*]{0,5}", text in "[ab*]{0,7}") {
            if Pattern::whole(&a).covers(&Pattern::whole(&b)) && fits(&b, &text) {
                prop_assert!(fits(&a, &text));
            }
        }

        #[test]
        fn case_does_not_matter(text in "[a-zA-Zà-ýα-ωА-я]{0,12}") {
            prop_assert!(fits(&text.to_lowercase(), &text));
            prop_assert!(fits(&text, &text.to_lowercase()));
        }
    }
}
