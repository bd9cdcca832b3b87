//! Stub.
/// One line.
pub fn line(text: &str, max_chars: usize) -> String {
    super::cut::head(&text.split_whitespace().collect::<Vec<_>>().join(" "), max_chars)
}
