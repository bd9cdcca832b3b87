//! Stub.
/// The beginning.
pub fn head(text: &str, max: usize) -> String {
    text.chars().take(max).collect()
}
/// The end.
pub fn tail(text: &str, max: usize) -> String {
    text.chars().skip(text.chars().count().saturating_sub(max)).collect()
}
