//! Secrets replaced by notes such as `[redacted: aws key]`, before anything is stored, logged or sent.
//!
//! The text is read with every escape as the character that it stands for ([`source`]). A walk over it: where a word
//! begins, or a character stands that secrets have behind or in front of them, the rules in question look at what is
//! there; what they recognise is replaced as a whole and not looked at again. Every look back is bounded, and every look
//! ahead either is or consumes what it has read, so that no text takes longer than its length warrants. There is no
//! regular expression engine: it would be larger than the rest of the Worker, and slower than these few milliseconds a
//! megabyte.
//!
//! What counts as a secret is data: rows in [`vendors`], [`labels`] and [`catalogue`](mod@catalogue).

mod allowlist;
mod catalogue;
mod columns;
mod context;
mod encoded;
mod escape;
mod known;
mod kubernetes;
mod label;
mod labels;
mod line;
mod opaque;
mod pattern;
mod patterns;
mod place;
mod places;
mod rule;
mod sentence;
mod source;
mod stored;
mod token;
mod value;
mod value_end;
mod vendors;

#[cfg(test)]
mod corpus;
#[cfg(test)]
mod tests;
#[cfg(test)]
mod unseen;

#[cfg(any(test, not(target_arch = "wasm32")))]
pub use catalogue::catalogue;
pub use known::hide;
use label::Label;
pub use rule::Rule;
use source::{Hit, Source};
use std::cell::Cell;

use crate::note::NOTE;

/// The text with its secrets replaced. `emails` says whether e-mail addresses count as secrets. Doing it twice changes
/// nothing more. Hidden characters inside a secret would keep it from being recognised, so text from outside is
/// cleaned first: see [`super::sanitize`].
pub fn redact(text: &str, emails: bool) -> String {
    redact_within(text, emails, &Effort::of(usize::MAX))
}

/// The same with no more than this effort. What is not searched any more is left out, with a mark.
pub fn redact_within(text: &str, emails: bool, effort: &Effort) -> String {
    let mut out = None;
    // What is left may look different without the secrets that were in it: `key: word_AKIA…[` looks like source code,
    // `key: word_` doesn't. Mostly the second walk finds nothing, and text without secrets needs no second one.
    for walked in 0..=MOST_WALKS {
        // What is kept by the first can be walked over again.
        let most = if walked == 0 { effort.left() / 2 } else { effort.left() };
        let (shown, spent) = walk(out.as_deref().unwrap_or(text), emails, walked == MOST_WALKS, most);
        effort.spend(spent);
        match shown {
            Some(shown) => out = Some(shown),
            None => break,
        }
    }
    out.unwrap_or_else(|| text.to_owned())
}

/// The value of a field of this name, with its secrets replaced: all of it, in however many words, where the name says
/// that it is one, as `password` does.
pub fn named(name: &str, text: &str, emails: bool, effort: &Effort) -> String {
    let src = Source::new(text);
    let Some(hit) = value::under_name(&src, name) else { return redact_within(text, emails, effort) };
    let mut out = text.get(..text.floor_char_boundary(src.raw(hit.start))).unwrap_or("").to_owned();
    push_note(&mut out, hit.name);
    out
}

/// How much may be searched: a unit is a label that is read, or a value behind one, which costs as much as some hundred
/// characters of plain text. Hostile texts have one in every four bytes.
#[derive(Debug)]
pub struct Effort(Cell<usize>);

impl Effort {
    /// So many units.
    pub fn of(units: usize) -> Effort {
        Effort(Cell::new(units))
    }

    fn left(&self) -> usize {
        self.0.get()
    }

    fn spend(&self, units: usize) {
        self.0.set(self.left().saturating_sub(units));
    }
}

fn push_note(out: &mut String, name: &str) {
    out.push_str(NOTE);
    out.push_str(name);
    out.push(']');
}

/// More than any text has been seen to need that nobody made up; a limit keeps the time in proportion to the length. What
/// the last walk finds goes with all that is glued to it: there may be more of its kind.
const MOST_WALKS: usize = 6;

/// What stands where the rest of a text is left out.
const CUT: char = '…';

/// One walk over the text, with at most this effort: nothing when there is no secret in it, and the effort it took.
/// `whole`: with a secret goes what is glued to it.
fn walk(text: &str, emails: bool, whole: bool, most: usize) -> (Option<String>, usize) {
    let mut walk = Walk::new(text, emails, true, most);
    let mut out = String::new();
    let mut copied = 0;
    while let Some(hit) = walk.next() {
        // A limit may have ended it in the middle of a character.
        let mut start = text.floor_char_boundary(walk.src.raw(hit.start)).max(copied);
        let end = text.ceil_char_boundary(walk.src.raw(hit.end)).max(start);
        if whole {
            let before = text.get(copied..start).unwrap_or("");
            let blank = before.char_indices().rev().find(|(_, c)| c.is_whitespace()).map(|(at, c)| at + c.len_utf8());
            let note = before.rmatch_indices(NOTE).find_map(|(at, _)| Some(at + before.get(at..)?.find(']')? + 1));
            start = copied + blank.max(note).unwrap_or(0);
        }
        out.push_str(text.get(copied..start).unwrap_or(""));
        push_note(&mut out, hit.name);
        copied = end;
    }
    let spent = walk.src.spent();
    if walk.at < walk.src.len() {
        // Half a word may be half a secret.
        let searched = text.get(copied..text.floor_char_boundary(walk.src.raw(walk.at))).unwrap_or("");
        let words = searched.rfind(char::is_whitespace).and_then(|end| searched.get(..end)).unwrap_or("");
        out.push_str(words);
        out.push(CUT);
        return (Some(out), spent);
    }
    if copied == 0 {
        return (None, spent);
    }
    out.push_str(text.get(copied..).unwrap_or(""));
    (Some(out), spent)
}

struct Walk<'a> {
    src: Source<'a>,
    emails: bool,
    /// Whether base64 is looked into.
    deep: bool,
    /// The effort after which it ends where it is.
    most: usize,
    at: usize,
    /// Where the word ends that was met last.
    word_end: usize,
    named: value::Named,
    secrets: kubernetes::Secrets,
    /// Found already, the first one last.
    waiting: Vec<Hit>,
    /// The end of the last stretch of base64 that was looked into.
    seen: usize,
    line: line::Line,
    refusals: context::Refusals,
    /// Up to where there is no password's hash.
    hashes: usize,
    /// The end of the last table that was looked at.
    table: usize,
}

/// What a byte can be the beginning of.
#[derive(Clone, Copy, PartialEq)]
enum Kind {
    /// Nothing.
    None,
    /// A word.
    Word,
    /// Something that secrets have behind or in front of them.
    Sign,
}

static KINDS: [Kind; 256] = kinds();

#[expect(clippy::indexing_slicing, reason = "it runs in the compiler, where an index that is wrong is an error")]
const fn kinds() -> [Kind; 256] {
    let mut kinds = [Kind::None; 256];
    let mut byte = 0;
    while byte < 256 {
        kinds[byte] = match byte as u8 {
            b'0'..=b'9' | b'a'..=b'z' | b'A'..=b'Z' => Kind::Word,
            b'[' | b':' | b'=' | b'@' | b'>' | b'-' | b'"' | b'\'' | b'~' | b'+' | b'$' | b'(' => Kind::Sign,
            _ => Kind::None,
        };
        byte += 1;
    }
    kinds
}

impl<'a> Walk<'a> {
    fn new(text: &'a str, emails: bool, deep: bool, most: usize) -> Walk<'a> {
        let src = Source::new(text);
        let secrets = kubernetes::Secrets::of(&src);
        Walk {
            src,
            emails,
            deep,
            most,
            at: 0,
            word_end: 0,
            named: value::Named::default(),
            secrets,
            waiting: Vec::new(),
            seen: 0,
            line: line::Line::default(),
            refusals: context::Refusals::default(),
            hashes: 0,
            table: 0,
        }
    }

    /// The next secret.
    fn next(&mut self) -> Option<Hit> {
        loop {
            let hit = self.candidate()?;
            // What stands for a secret is none, or each walk would find it anew, and the walks end before they should.
            if self.src.note(hit.start).is_none() {
                self.at = hit.end.max(hit.start + 1);
                self.src.floor = hit.end;
                return Some(hit);
            }
        }
    }

    /// The next that may be one.
    fn candidate(&mut self) -> Option<Hit> {
        if let Some(hit) = self.waiting.pop() {
            return Some(hit);
        }
        while self.at < self.src.len() && self.src.spent() <= self.most {
            let i = self.at;
            let byte = self.src.at(i);
            let hit = match KINDS.get(usize::from(byte)).copied().unwrap_or(Kind::None) {
                Kind::None => {
                    self.at += 1;
                    continue;
                }
                Kind::Word => self.word(i, byte),
                Kind::Sign => {
                    self.at += 1;
                    self.sign(i, byte)
                }
            };
            if hit.is_some() {
                return hit;
            }
        }
        None
    }

    /// The secret that the sign at `i` leads to.
    fn sign(&mut self, i: usize, byte: u8) -> Option<Hit> {
        let src = &self.src;
        match byte {
            b'[' => {
                if let Some(end) = src.note(i) {
                    self.at = end;
                    self.src.floor = end;
                }
                None
            }
            b':' if src.starts(i, "://") => patterns::url_password(src, i),
            b':' if src.starts(i, ":5432:") => patterns::pgpass(src, i),
            b':' | b'=' => {
                let mut data = if byte == b':' { self.secrets.data(src, i) } else { Vec::new() };
                if !data.is_empty() {
                    data.reverse();
                    self.waiting = data;
                    return self.waiting.pop();
                }
                value::after_separator(src, i, &mut self.named).or_else(|| context::value(src, i))
            }
            b'@' if src.starts(i, "@tcp(") || src.starts(i, "@unix(") => patterns::dsn_password(src, i),
            b'@' => {
                let email = if self.emails { patterns::email(src, i) } else { None };
                email.or_else(|| patterns::oracle_password(src, i))
            }
            b'>' if src.before(i) == b'-' => places::after_arrow(src, i).or_else(|| context::value(src, i)),
            b'>' => places::in_element(src, i)
                .or_else(|| places::in_next_element(src, i))
                .or_else(|| places::in_acl(src, i))
                .or_else(|| context::value(src, i)),
            b'-' if src.starts(i, "-----") => patterns::private_key(src, i),
            b'-' => places::option(src, i, &mut self.line),
            b'"' | b'\'' if src.at(i + 1) == b',' => places::in_tuple(src, i),
            b'"' | b'\'' => places::in_sql(src, i).or_else(|| places::in_pair(src, i)),
            b'~' => patterns::entra_secret(src, i),
            b'+' => patterns::azure_key(src, i),
            b'$' => patterns::password_hash(src, i, &mut self.hashes),
            b'(' => places::in_values(src, i).or_else(|| places::in_call(src, i)),
            _ => None,
        }
    }

    /// The secret that the word at `i` leads to. The walk goes on behind the word.
    fn word(&mut self, i: usize, byte: u8) -> Option<Hit> {
        let src = &self.src;
        // A secret may have ended in the middle of a word; its end is known then.
        if i >= self.word_end {
            self.word_end = src.word_end(i);
        }
        let end = self.word_end;
        self.at = end;
        if let Some(hit) = token::vendor(src, i, end - i) {
            return Some(hit);
        }
        let special = match byte {
            b'0'..=b'9' => patterns::card(src, i),
            b'b' | b'B' => token::bearer(src, i),
            b'e' if src.at(i + 1) == b'y' => token::jwt(src, i),
            b'M' if matches!(src.at(i + 1), b'I' | b'H' | b'C') => patterns::key_body(src, i),
            b'P' if src.at(end) == b'-' => patterns::putty_key(src, i),
            b'E' | b'v' | b'c' if matches!(src.at(end), b'[' | b'(' | b':' | b'}') => {
                self.at = stored::encrypted(src, i).unwrap_or(end);
                None
            }
            b'M' | b'N' | b'O' => patterns::discord_token(src, i),
            b'l' if src.starts(i, "login ") || src.starts(i, "log in ") => sentence::pair(src, end),
            b'c' if src.starts(i, "cred") => sentence::pair(src, end),
            b'h' if src.starts(i, "htpasswd ") => sentence::argument(src, end + 1),
            b'r' if src.starts(i, "rabbitmqctl ") => sentence::argument(src, end + 1),
            b'n' if src.starts(i, "net use") => sentence::argument(src, end + 1),
            _ => None,
        };
        let special = special.or_else(|| if src.before(i) >= 0x80 { sentence::after_script(src, i) } else { None });
        if special.is_some() {
            return special;
        }
        if end - i >= 16 || matches!(src.at(end), b'_' | b'-' | b'+' | b'/') {
            return self.long(i, end);
        }
        let blank = matches!(src.at(end), b' ' | b'\t');
        let label = if blank {
            sentence::may_follow(src, end)
        } else {
            matches!(src.at(end), b',' | b';' | b'\n' | b'\r') && Label::may_stand_before(src, end)
        };
        if label && i >= self.table {
            (self.waiting, self.table) = columns::below(src, end);
        }
        self.waiting
            .pop()
            .or_else(|| if label && blank { sentence::after_blank(src, i, end, &mut self.line) } else { None })
    }

    /// The secret that the long word from `i` to `end`, or what it is the first part of, is.
    fn long(&mut self, i: usize, end: usize) -> Option<Hit> {
        let src = &self.src;
        let begins = !matches!(src.before(i), b'+' | b'/' | b'-' | b'_');
        if self.deep && begins && i >= self.seen {
            let (emails, most) = (self.emails, self.most);
            let (seen, hit) = encoded::base64(src, i, |text| {
                let mut inside = Walk::new(text, emails, false, most.saturating_sub(src.spent()));
                let hit = inside.next();
                src.spend(inside.src.spent());
                // What can't be searched to its end is none to show.
                hit.map(|hit| hit.name).or_else(|| (inside.at < inside.src.len()).then_some(rule::OPAQUE))
            });
            self.seen = seen;
            if hit.is_some() {
                return hit;
            }
        }
        context::word(src, i, end, &mut self.refusals)
    }
}
