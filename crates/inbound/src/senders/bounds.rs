//! How much of a body is copied into an event. Texts are shortened again, by what a prompt can hold, later on.

use text::thin::{self, mark};

/// How many alerts one body may carry.
pub const MOST_ALERTS: usize = 100;
// Too many are noticed in what is left of a large body.
const _: () = assert!(MOST_ALERTS < thin::ENTRIES);

/// The bytes of logs that are kept.
pub const LOGS: usize = 64 * 1024;
/// The bytes of any other text that is kept.
pub const TEXT: usize = 8 * 1024;
/// The labels, and the entries of the context, that are kept.
pub const ENTRIES: usize = 200;

/// No word of a text is longer, in bytes; half of a longer one may be kept.
const WORD: usize = 256;
/// … and no line longer than this is kept whole for its own sake.
const LINE: usize = 1024;

/// The beginning of a text, with a mark where the rest is left out. It ends with a whole word where there is one near:
/// half a secret would not be recognised as one.
pub fn head(text: &str, limit: usize) -> String {
    if text.len() <= limit {
        return text.to_owned();
    }
    let kept = text.get(..text.floor_char_boundary(limit)).unwrap_or(text);
    let word = kept.rfind(char::is_whitespace).filter(|end| kept.len() - end <= WORD);
    let kept = word.and_then(|end| kept.get(..end)).unwrap_or(kept);
    format!("{kept}… ({} bytes left out)", text.len() - kept.len())
}

/// The first and the last lines of a text: the first say what failed, the last what came of it. Between them a line that
/// says what is left out.
pub fn both_ends(text: &str, limit: usize) -> String {
    if text.len() <= limit {
        return text.to_owned();
    }
    let (first, rest) = text.split_at_checked(text.floor_char_boundary(limit / 4)).unwrap_or((text, ""));
    // Whole lines, where they are no longer than lines are.
    let whole =
        first.rfind('\n').filter(|end| first.len() - end < LINE).and_then(|end| first.get(..end)).unwrap_or(first);
    let last = rest.get(rest.ceil_char_boundary(rest.len().saturating_sub(limit - limit / 4))..).unwrap_or(rest);
    let last = last.split_once('\n').filter(|(line, _)| line.len() < LINE).map_or(last, |(_, last)| last);
    format!("{whole}\n({} bytes left out)\n{last}", text.len() - whole.len() - last.len())
}

/// A list with at most [`ENTRIES`] entries, the last of which says how many more there were.
pub fn entries(mut list: Vec<(String, String)>) -> Vec<(String, String)> {
    if list.len() > ENTRIES {
        let rest = list.split_off(ENTRIES - 1);
        list.push(("left out".to_owned(), format!("{} more entries ({})", rest.len(), mark_of(&rest))));
    }
    list
}

/// The [`mark`] of pairs.
pub fn mark_of(pairs: &[(String, String)]) -> String {
    let mut bytes = Vec::new();
    for text in pairs.iter().flat_map(|(name, value)| [name, value]) {
        bytes.extend_from_slice(&(text.len() as u64).to_le_bytes());
        bytes.extend_from_slice(text.as_bytes());
    }
    mark(&bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn short_texts_stay_and_long_ones_say_what_is_missing() {
        assert_eq!((head("ab", 2), both_ends("ab", 2)), ("ab".to_owned(), "ab".to_owned()));
        assert_eq!(head("aéé", 2), "a… (4 bytes left out)");
        assert_eq!(head("one two three", 9), "one two… (6 bytes left out)");
        assert_eq!(both_ends("one\ntwo\nthree\nfour\nfive", 20), "one\n(11 bytes left out)\nfour\nfive");
        assert_eq!(both_ends("ééééé", 4), "\n(8 bytes left out)\né");
    }

    #[test]
    fn lists_are_bounded() {
        let list = |n: usize| (0..n).map(|i| (i.to_string(), "x".to_owned())).collect::<Vec<_>>();
        assert_eq!(entries(list(ENTRIES)), list(ENTRIES));
        let cut = entries(list(ENTRIES + 5));
        let last = |list: &[(String, String)]| list.last().unwrap().1.clone();
        assert!(cut.len() == ENTRIES && last(&cut).starts_with("6 more entries ("), "{}", last(&cut));
        let mut other = list(ENTRIES + 5);
        other[ENTRIES + 3].1.push('y');
        assert_ne!(last(&entries(other)), last(&cut));
    }
}
