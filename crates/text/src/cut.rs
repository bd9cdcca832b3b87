//! Text cut to a length by value, with a note of how much was left out.

use crate::note::{LONGEST_NAME, NOTE};

/// What stands before and after the number in a note.
const BEFORE: &str = "[… ";
const AFTER: &str = " characters left out]";

/// The beginning of a text, at most `max_chars` characters long with its note, which stands on a line of its own.
/// A text that fits is returned as it is; where there is no room for a note there is none. Cutting what was cut
/// before adds up the two numbers. A link that would be cut is left out whole: half of one leads nowhere.
pub fn head(text: &str, max_chars: usize) -> String {
    if fits(text, max_chars) {
        return text.to_owned();
    }
    let (body, left_out) = note_at_end(text).unwrap_or((text, 0));
    let length = body.chars().count();
    let Some(keep) = room(length.saturating_add(left_out), max_chars) else {
        return first(text, max_chars).to_owned();
    };
    let kept = without_half_a_link(body, first(body, keep));
    let mut out = kept.to_owned();
    out.push('\n');
    push_note(&mut out, left_out.saturating_add(length.saturating_sub(kept.chars().count())));
    out
}

/// The beginning and the end of a text, three times as much of the end, at most `max_chars` characters long with the note
/// between them, which stands on a line of its own. For logs, whose first lines say what failed and whose last are the
/// newest: both parts have whole lines where there are line breaks near. Otherwise like [`head`].
pub fn both_ends(text: &str, max_chars: usize) -> String {
    if fits(text, max_chars) {
        return text.to_owned();
    }
    let (before, left_out, behind) = note_between(text).unwrap_or((text, 0, ""));
    let (ahead, back) = (before.chars().count(), behind.chars().count());
    let Some(keep) =
        room(ahead.saturating_add(back).saturating_add(left_out), max_chars).and_then(|keep| keep.checked_sub(1))
    else {
        return first(text, max_chars).to_owned();
    };
    let begun = first(before, keep / 4);
    let near = |at: &usize| begun.len() - at <= NEAR;
    let begun = if begun.len() == before.len() {
        begun
    } else {
        begun.rfind('\n').filter(near).map_or(begun, |at| first_bytes(begun, at))
    };
    // Without an earlier note the end is that of the same text.
    let (rest, rest_length) = if back > 0 { (behind, back) } else { (before, ahead) };
    let skip = rest_length.saturating_sub(keep - keep / 4);
    let mut end = after(rest, skip);
    if skip > 0 && !first_bytes(rest, rest.len() - end.len()).ends_with('\n') {
        let line = end.find('\n').filter(|at| *at < NEAR).and_then(|at| end.get(at + 1..));
        end = line.unwrap_or(end);
    }
    let kept = begun.chars().count().saturating_add(end.chars().count());
    let mut out = begun.to_owned();
    out.push('\n');
    push_note(&mut out, left_out.saturating_add(ahead.saturating_add(back).saturating_sub(kept)));
    out.push('\n');
    out.push_str(end);
    out
}

/// A link, or in place of one that is longer than `max_chars` that there was one: half a link leads nowhere.
pub fn link(text: &str, max_chars: usize) -> String {
    if fits(text, max_chars) {
        return text.to_owned();
    }
    let note = format!("(a link of {} characters)", text.chars().count());
    first(&note, max_chars).to_owned()
}

/// So far, in bytes, the beginning of a line is looked for.
const NEAR: usize = 200;

/// How many characters each of several texts may have, so that all together have no more than `total`: the long ones give
/// way to the short ones.
pub fn level(mut lengths: Vec<usize>, total: usize) -> usize {
    lengths.sort_unstable();
    let (mut left, mut others) = (total, lengths.len());
    for length in lengths {
        let share = left.checked_div(others).unwrap_or(0);
        if length > share {
            return share;
        }
        (left, others) = (left.saturating_sub(length), others.saturating_sub(1));
    }
    usize::MAX
}

/// Whether a text has at most so many characters.
fn fits(text: &str, max_chars: usize) -> bool {
    // The byte length first: it is free, and most texts fit.
    text.len() <= max_chars || text.chars().nth(max_chars).is_none()
}

fn first_bytes(text: &str, end: usize) -> &str {
    text.get(..end).unwrap_or(text)
}

/// The beginning of a text, without the word at its end where that is a link that goes on.
fn without_half_a_link<'t>(text: &str, begun: &'t str) -> &'t str {
    let goes_on = text.get(begun.len()..).is_some_and(|rest| rest.starts_with(|c: char| !c.is_whitespace()));
    let start = begun.rfind(char::is_whitespace).map_or(0, |at| at + 1);
    let is_link = begun.get(start..).is_some_and(|word| word.contains("://"));
    if goes_on && is_link { first_bytes(begun, start).trim_end() } else { begun }
}

fn note_at_end(text: &str) -> Option<(&str, usize)> {
    let rest = text.strip_suffix(AFTER)?;
    let body = rest.trim_end_matches(|c: char| c.is_ascii_digit());
    let number = rest.get(body.len()..)?.parse().ok()?;
    Some((body.strip_suffix(BEFORE)?.strip_suffix('\n')?, number))
}

/// The text before and behind the note of an earlier cut, and that note's number.
fn note_between(text: &str) -> Option<(&str, usize, &str)> {
    let (before, rest) = text.split_once(&format!("\n{BEFORE}"))?;
    let (number, behind) = rest.split_once(&format!("{AFTER}\n"))?;
    let digits = !number.is_empty() && number.bytes().all(|b| b.is_ascii_digit());
    Some((before, digits.then(|| number.parse().ok())??, behind))
}

/// How many characters can stay beside a note whose number is at most `largest`. Nothing when the note would be more
/// than half of the whole: a few more characters of the text say more than it.
fn room(largest: usize, max_chars: usize) -> Option<usize> {
    let mut digits = 1;
    let mut rest = largest / 10;
    while rest > 0 {
        digits += 1;
        rest /= 10;
    }
    // `[… ` is three characters, the newline one.
    let note = 4 + digits + AFTER.len();
    max_chars.checked_sub(note).filter(|keep| *keep >= note)
}

fn push_note(out: &mut String, left_out: usize) {
    out.push_str(BEFORE);
    out.push_str(&left_out.to_string());
    out.push_str(AFTER);
}

/// The first `chars` characters, without half a note of a secret at their end: it would be taken for a value.
pub fn first(text: &str, chars: usize) -> &str {
    let Some((end, _)) = text.char_indices().nth(chars) else { return text };
    let begun = first_bytes(text, end);
    let Some(at) = begun.rfind('[') else { return begun };
    let is_half =
        |note: &str| NOTE.starts_with(note) || note.strip_prefix(NOTE).is_some_and(|rest| !rest.contains(']'));
    let is_short = begun.len() - at <= NOTE.len() + LONGEST_NAME;
    if is_short && begun.get(at..).is_some_and(is_half) { first_bytes(begun, at) } else { begun }
}

/// Everything after the first `chars` characters.
fn after(text: &str, chars: usize) -> &str {
    let start = text.char_indices().nth(chars).map_or(text.len(), |(at, _)| at);
    text.get(start..).unwrap_or("")
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    #[cfg(target_arch = "wasm32")]
    use wasm_bindgen_test::wasm_bindgen_test as test;

    use super::*;

    #[test]
    fn no_half_of_a_secrets_note_stays() {
        let text = format!("password={NOTE}password] behind");
        let before = "password=".len();
        for chars in 0..text.len() {
            let begun = first(&text, chars);
            let whole = text.find(']').unwrap() + 1;
            assert_eq!(begun.len(), if chars > before && chars < whole { before } else { chars }, "{begun}");
        }
        for other in ["a list [1, 2, 3", "[redacted: ] and more", "[redacted", "[re[1"] {
            let begun = first(&format!("{other}.{}", "x".repeat(99)), other.len()).to_owned();
            assert_eq!(begun, if other == "[redacted" { "" } else { other });
        }
    }

    #[test]
    fn what_fits_stays() {
        assert_eq!(head("añb", 3), "añb");
        assert_eq!(both_ends("añb", 3), "añb");
        assert_eq!(link("https://x", 9), "https://x");
        assert_eq!(head("", 0), "");
    }

    #[test]
    fn the_note_counts() {
        let text = "x".repeat(500);
        assert_eq!(head(&text, 100), format!("{}\n[… 428 characters left out]", "x".repeat(72)));
        assert_eq!(
            both_ends(&text, 100),
            format!("{}\n[… 429 characters left out]\n{}", "x".repeat(17), "x".repeat(54))
        );
    }

    #[test]
    fn both_ends_have_whole_lines() {
        let lines: String = (0..100).map(|n| format!("line {n:02}\n")).collect();
        let cut = both_ends(&lines, 150);
        assert_eq!(cut, format!("line 00\nline 01\nline 02\n[… 689 characters left out]\n{}", lines.split_at(712).1));
        assert!(cut.ends_with("line 99\n"));
    }

    #[test]
    fn too_short_for_a_note() {
        assert_eq!(head("abcdefgh", 3), "abc");
        assert_eq!(both_ends("abcdefgh", 3), "abc");
        assert_eq!(both_ends("abcdefgh", 0), "");
    }

    #[test]
    fn two_cuts_add_up() {
        let text: String = ('a'..='z').cycle().take(1000).collect();
        assert_eq!(head(&head(&text, 300), 100), head(&text, 100));
        assert_eq!(both_ends(&both_ends(&text, 300), 100), both_ends(&text, 100));
        let forged = format!("x\n[… {} characters left out]\n{text}", usize::MAX);
        assert!(both_ends(&forged, 100).chars().count() <= 100);
    }

    #[test]
    fn no_link_is_cut() {
        let text = format!("see https://x.example/{} there", "a".repeat(200));
        assert_eq!(head(&text, 100), "see\n[… 225 characters left out]");
        let long = format!("https://x.example/page?{}", "q=1&".repeat(100));
        assert_eq!(link(&long, 100), "(a link of 423 characters)");
    }

    proptest! {
        #[test]
        fn never_longer(text in "(.|\n|é|://){0,200}", max in 0usize..220) {
            for cut in [head(&text, max), both_ends(&text, max), link(&text, max)] {
                prop_assert!(cut.chars().count() <= max);
            }
        }

        #[test]
        fn the_number_is_right(text in "[a-zé\n]{80,400}", max in 70usize..400) {
            let length = text.chars().count();
            let (kept, left_out) = note_at_end(&head(&text, max)).map_or((length, 0), |(b, n)| (b.chars().count(), n));
            prop_assert_eq!(kept + left_out, length);
            let cut = both_ends(&text, max);
            let of = |(before, n, behind): (&str, usize, &str)| (before.chars().count() + behind.chars().count(), n);
            let (kept, left_out) = note_between(&cut).map_or((length, 0), of);
            prop_assert_eq!(kept + left_out, length);
        }
    }
}
