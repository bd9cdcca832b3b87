//! What a prompt is written on: it takes text piece by piece and keeps the lines in order. Lines that only held tags
//! vanish, blank lines never stand in a row, and numbered steps count on when one was left out.

/// A text as it grows, line by line.
#[derive(Default)]
pub struct Writer {
    out: String,
    /// The line being written. A value may put several lines into it.
    line: String,
    /// The line held a tag, so it vanishes where nothing came of it.
    tagged: bool,
    /// The number of the last step.
    step: usize,
}

impl Writer {
    /// Text of the template itself: its lines are lines, its numbers are steps.
    pub fn literal(&mut self, text: &str) {
        for piece in text.split_inclusive('\n') {
            let (content, ends) = match piece.strip_suffix('\n') {
                Some(content) => (content.strip_suffix('\r').unwrap_or(content), true),
                None => (piece, false),
            };
            if self.line.is_empty() && !content.is_empty() {
                self.begin(content);
            } else {
                self.line.push_str(content);
            }
            if ends {
                self.end();
            }
        }
    }

    /// A value: nothing in it is taken for a step.
    pub fn value(&mut self, text: &str) {
        self.tagged = true;
        if self.line.is_empty() && text.starts_with(|c: char| !c.is_whitespace()) {
            self.step = 0;
        }
        self.line.push_str(text);
    }

    /// A tag stood here.
    pub fn tag(&mut self) {
        self.tagged = true;
    }

    /// Whole lines of their own, which may stand between two steps.
    pub fn block(&mut self, text: &str) {
        if !self.line.trim().is_empty() {
            self.end();
        }
        self.line.clear();
        self.line.push_str(text);
        self.end();
        // What follows in the template's line is the rest of a line that held a tag.
        self.tagged = true;
    }

    /// A blank line, unless there is one already.
    pub fn gap(&mut self) {
        if !self.line.trim().is_empty() {
            self.end();
        }
        self.line.clear();
        self.tagged = false;
        self.end();
    }

    /// All that was written, without blank lines around it.
    pub fn finish(mut self) -> String {
        self.end();
        self.out.truncate(self.out.trim_end().len());
        self.out
    }

    /// The beginning of a line: a step gets the next number, and other text that is not indented ends the steps.
    fn begin(&mut self, content: &str) {
        let rest = content.trim_start_matches(|c: char| c.is_ascii_digit());
        if rest.len() < content.len() && rest.starts_with(". ") {
            self.step += 1;
            self.line.push_str(&self.step.to_string());
            self.line.push_str(rest);
        } else {
            if !content.starts_with(char::is_whitespace) {
                self.step = 0;
            }
            self.line.push_str(content);
        }
    }

    fn end(&mut self) {
        let line = self.line.trim_end();
        if !line.is_empty() {
            self.out.push_str(line);
            self.out.push('\n');
        } else if !self.tagged && !self.out.is_empty() && !self.out.ends_with("\n\n") {
            self.out.push('\n');
        }
        self.line.clear();
        self.tagged = false;
    }
}
