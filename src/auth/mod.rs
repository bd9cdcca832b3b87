//! Who is calling: proof of identity over the raw bytes, before anything is parsed.

/// A body whose sender proved who it is. Parsers take nothing else, so no unverified byte can be parsed.
pub struct Verified<'a> {
    body: &'a [u8],
}

impl<'a> Verified<'a> {
    /// The raw bytes as they were received.
    pub fn body(&self) -> &'a [u8] {
        self.body
    }

    /// A body that tests vouch for.
    #[cfg(test)]
    pub fn in_test(body: &'a [u8]) -> Self {
        Verified { body }
    }
}
