//! What a request says besides its body.

/// The method, the address and the headers of a request, as `src/border.js` reads them in one go.
pub struct Head {
    text: String,
    /// Where in `text` each line begins and ends.
    lines: Vec<(usize, usize)>,
}

impl Head {
    /// `text`: a line each for the method, the URL, and the name and the value of each header.
    pub fn new(text: String) -> Head {
        let mut begin: usize = 0;
        let line = |line: &str| {
            let end = begin.saturating_add(line.len());
            let line = (begin, end);
            begin = end.saturating_add(1);
            line
        };
        let lines = text.split('\n').map(line).collect();
        Head { text, lines }
    }

    fn line(&self, at: usize) -> Option<&str> {
        let (begin, end) = *self.lines.get(at)?;
        self.text.get(begin..end)
    }

    /// The method, in capitals.
    pub fn method(&self) -> &str {
        self.line(0).unwrap_or_default()
    }

    /// The address as the runtime gives it: absolute and normalised.
    pub fn url(&self) -> &str {
        self.line(1).unwrap_or_default()
    }

    /// The value of a header, by its name in any case.
    pub fn header(&self, name: &str) -> Option<&str> {
        let mut names = (2..self.lines.len()).step_by(2);
        let at = names.find(|at| self.line(*at).is_some_and(|known| known.eq_ignore_ascii_case(name)))?;
        self.line(at.saturating_add(1))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    #[cfg(target_arch = "wasm32")]
    use wasm_bindgen_test::wasm_bindgen_test as test;

    #[test]
    fn a_head_is_taken_apart() {
        let text =
            "POST\nhttps://bridge.example/health?a=b\naccept\ntext/html\nx-empty\n\nx-webhook-secret\naccept\nlast\n";
        let head = Head::new(text.to_owned());
        assert_eq!((head.method(), head.url()), ("POST", "https://bridge.example/health?a=b"));
        assert_eq!(head.header("Accept"), Some("text/html"));
        assert_eq!([head.header("X-Empty"), head.header("last")], [Some(""), Some("")]);
        assert_eq!(head.header("X-Webhook-Secret"), Some("accept"));
        // A value is no name.
        assert_eq!([head.header("text/html"), head.header("absent"), head.header("")], [None, None, None]);
        assert_eq!(Head::new("GET\nhttps://bridge.example/".to_owned()).header("accept"), None);
    }
}
