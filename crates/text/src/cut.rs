//! Text cut to a length by value, with a note of how much was left out.

/// What stands before and after the number in a note.
const BEFORE: &str = "[… ";
const AFTER: &str = " characters left out]";

/// The beginning of a text, at most `max_chars` characters long with its note, which stands on a line of its own.
/// A text that fits is returned as it is; where there is no room for a note there is none. Cutting what was cut
/// before adds up the two numbers.
pub fn head(text: &str, max_chars: usize) -> String {
    let Some((body, left_out)) = too_long(text, max_chars, true) else { return text.to_owned() };
    let length = body.chars().count();
    let Some(keep) = room(length.saturating_add(left_out), max_chars) else {
        return first(text, max_chars).to_owned();
    };
    let mut out = first(body, keep).to_owned();
    out.push('\n');
    push_note(&mut out, left_out.saturating_add(length.saturating_sub(keep)));
    out
}

/// The end of a text, at most `max_chars` characters long with its note, which stands on a line of its own; begins at
/// a line's beginning when there is one near. For logs, whose newest lines are the last. Otherwise like [`head`].
pub fn tail(text: &str, max_chars: usize) -> String {
    let Some((body, left_out)) = too_long(text, max_chars, false) else { return text.to_owned() };
    let length = body.chars().count();
    let Some(keep) = room(length.saturating_add(left_out), max_chars) else {
        return after(text, text.chars().count().saturating_sub(max_chars)).to_owned();
    };
    let mut skip = length.saturating_sub(keep);
    if skip > 0 && !first(body, skip).ends_with('\n') {
        let near = after(body, skip).chars().take((keep / 4).min(200)).position(|c| c == '\n');
        skip += near.map_or(0, |at| at + 1);
    }
    let mut out = String::new();
    push_note(&mut out, left_out.saturating_add(skip));
    out.push('\n');
    out.push_str(after(body, skip));
    out
}

/// The text without the note of an earlier cut, and that note's number; nothing when the text fits.
fn too_long(text: &str, max_chars: usize, note_is_last: bool) -> Option<(&str, usize)> {
    // The byte length first: it is free, and most texts fit.
    if text.len() <= max_chars || text.chars().nth(max_chars).is_none() {
        return None;
    }
    let found = if note_is_last { note_at_end(text) } else { note_at_start(text) };
    Some(found.unwrap_or((text, 0)))
}

fn note_at_end(text: &str) -> Option<(&str, usize)> {
    let rest = text.strip_suffix(AFTER)?;
    let body = rest.trim_end_matches(|c: char| c.is_ascii_digit());
    let number = rest.get(body.len()..)?.parse().ok()?;
    Some((body.strip_suffix(BEFORE)?.strip_suffix('\n')?, number))
}

fn note_at_start(text: &str) -> Option<(&str, usize)> {
    let rest = text.strip_prefix(BEFORE)?;
    let body = rest.trim_start_matches(|c: char| c.is_ascii_digit());
    let number = rest.get(..rest.len() - body.len())?.parse().ok()?;
    Some((body.strip_prefix(AFTER)?.strip_prefix('\n')?, number))
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

/// The first `chars` characters.
fn first(text: &str, chars: usize) -> &str {
    let end = text.char_indices().nth(chars).map_or(text.len(), |(at, _)| at);
    text.get(..end).unwrap_or(text)
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
    fn what_fits_stays() {
        assert_eq!(head("añb", 3), "añb");
        assert_eq!(tail("añb", 3), "añb");
        assert_eq!(head("", 0), "");
    }

    #[test]
    fn the_note_counts() {
        let text = "x".repeat(500);
        assert_eq!(head(&text, 100), format!("{}\n[… 428 characters left out]", "x".repeat(72)));
        assert_eq!(tail(&text, 100), format!("[… 428 characters left out]\n{}", "x".repeat(72)));
    }

    #[test]
    fn a_tail_begins_with_a_whole_line() {
        let lines: String = (0..100).map(|n| format!("line {n:02}\n")).collect();
        let cut = tail(&lines, 110);
        assert_eq!(cut.lines().nth(1), Some("line 90"));
        assert!(cut.ends_with("line 99\n"));
        assert_eq!(cut.lines().next(), Some("[… 720 characters left out]"));
    }

    #[test]
    fn too_short_for_a_note() {
        assert_eq!(head("abcdefgh", 3), "abc");
        assert_eq!(tail("abcdefgh", 3), "fgh");
        assert_eq!(tail("abcdefgh", 0), "");
    }

    #[test]
    fn two_cuts_add_up() {
        let text: String = ('a'..='z').cycle().take(1000).collect();
        assert_eq!(head(&head(&text, 300), 100), head(&text, 100));
        assert_eq!(tail(&tail(&text, 300), 100), tail(&text, 100));
        let forged = format!("[… {} characters left out]\n{text}", usize::MAX);
        assert!(tail(&forged, 100).chars().count() <= 100);
    }

    proptest! {
        #[test]
        fn never_longer(text in "(.|\n|é){0,200}", max in 0usize..220) {
            for cut in [head(&text, max), tail(&text, max)] {
                prop_assert!(cut.chars().count() <= max);
            }
        }

        #[test]
        fn the_number_is_right(text in "[a-zé\n]{80,400}", max in 70usize..400) {
            let length = text.chars().count();
            let (kept, left_out) = note_at_end(&head(&text, max)).map_or((length, 0), |(b, n)| (b.chars().count(), n));
            prop_assert_eq!(kept + left_out, length);
            let (kept, left_out) = note_at_start(&tail(&text, max)).map_or((length, 0), |(b, n)| (b.chars().count(), n));
            prop_assert_eq!(kept + left_out, length);
        }
    }
}
