//! How long texts are, and how much of which must go.

/// The length of a text in characters as JavaScript counts them, where an emoji is two. Other counts are never higher,
/// and nobody says how Devin counts.
pub fn length(text: &str) -> usize {
    text.chars().map(char::len_utf16).sum()
}

/// How many of these characters have at most this length together.
pub fn fitting(chars: impl Iterator<Item = char>, most: usize) -> usize {
    let mut left = most;
    chars
        .take_while(|c| match left.checked_sub(c.len_utf16()) {
            Some(rest) => {
                left = rest;
                true
            }
            None => false,
        })
        .count()
}

/// The length to cut texts of these lengths to, the longest first, to be rid of `too_much` characters: the longest that
/// is enough, or 0.
pub fn level(lengths: &[usize], too_much: usize) -> usize {
    // Halving costs a dozen additions over the lengths, and no code for sorting them.
    let (mut low, mut high) = (0, lengths.iter().copied().max().unwrap_or(0));
    while low < high {
        let middle = high - (high - low) / 2;
        let saved: usize = lengths.iter().map(|length| length.saturating_sub(middle)).sum();
        if saved >= too_much { low = middle } else { high = middle - 1 }
    }
    low
}
