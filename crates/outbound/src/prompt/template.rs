//! The language of `prompts/*.md`: text to a tree, or the mistake in it.
//!
//! `{{field}}`, `{{#if field}}…{{else}}…{{/if}}`, `{{#each field}}…{{/each}}` with `{{this}}`, or `{{name}}` and
//! `{{value}}`, and `{{#data}}…{{/data}}`, outside of which nothing that a sender wrote may stand.

use super::fields::{self, Field, Id, Kind, Origin};

/// How deep blocks may stand in one another: enough for people, and a bound for the stack.
const DEEPEST: usize = 12;

/// A piece of a template.
#[derive(Debug)]
pub enum Node<'a> {
    /// Text as it stands.
    Text(&'a str),
    /// `{{field}}`
    Field(&'static Field),
    /// `{{this}}`, or `{{value}}`: the present entry.
    Entry(&'static Field),
    /// `{{name}}`: the name of the present entry.
    EntryName(&'static Field),
    /// `{{#if field}}…{{else}}…{{/if}}`
    If(&'static Field, Vec<Node<'a>>, Vec<Node<'a>>),
    /// `{{#each field}}…{{/each}}`
    Each(&'static Field, Vec<Node<'a>>),
    /// `{{#data}}…{{/data}}`
    Data(Vec<Node<'a>>),
}

/// What is wrong with a template, and where.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("line {line}, column {column}: found {found}, expected {}", self.expectation())]
pub struct Mistake {
    /// The line, from 1.
    pub line: usize,
    /// The character in that line, from 1.
    pub column: usize,
    /// What stands there.
    pub found: String,
    /// What should.
    pub expected: String,
    /// The known field most like the unknown one that stands there.
    pub nearest: Option<&'static str>,
}

impl Mistake {
    /// What should stand there, with the nearest field.
    pub fn expectation(&self) -> String {
        let nearest = self.nearest.map(|field| format!("; the nearest is \"{field}\"")).unwrap_or_default();
        format!("{}{nearest}", self.expected)
    }
}

/// The tree of a template.
pub fn parse(text: &str) -> Result<Vec<Node<'_>>, Mistake> {
    let mut parser = Parser { text, at: 0, done: Vec::new(), open: Vec::new() };
    let mut rest = text;
    while let Some((before, tag_and_rest)) = rest.split_once("{{") {
        parser.push(Node::Text(before));
        parser.at = text.len() - tag_and_rest.len() - 2;
        let tag = tag_and_rest.split_once("}}").filter(|(tag, _)| !tag.contains('\n'));
        let Some((tag, after)) = tag else {
            return Err(parser.mistake("\"{{\" without its end", "\"}}\" in the same line"));
        };
        parser.tag(tag)?;
        rest = after;
    }
    parser.push(Node::Text(rest));
    match parser.open.pop() {
        None => Ok(parser.done),
        Some(open) => {
            parser.at = open.at;
            let word = open.block.word();
            Err(parser.mistake(&format!("{{{{#{word}}}}} without its end"), &format!("{{{{/{word}}}}} after it")))
        }
    }
}

/// Does a template show the field of that id anywhere?
pub fn names(nodes: &[Node], id: Id) -> bool {
    nodes.iter().any(|node| match node {
        Node::Field(field) => field.id == id,
        Node::If(_, then, otherwise) => names(then, id) || names(otherwise, id),
        Node::Each(field, nodes) => field.id == id || names(nodes, id),
        Node::Data(nodes) => names(nodes, id),
        Node::Text(_) | Node::Entry(_) | Node::EntryName(_) => false,
    })
}

/// A block whose end has not come yet.
struct Open<'a> {
    block: Block<'a>,
    at: usize,
    nodes: Vec<Node<'a>>,
}

enum Block<'a> {
    If(&'static Field),
    /// Past the `{{else}}`, with what stands before it.
    Else(&'static Field, Vec<Node<'a>>),
    Each(&'static Field),
    Data,
}

impl Block<'_> {
    fn word(&self) -> &'static str {
        match self {
            Block::If(_) | Block::Else(..) => "if",
            Block::Each(_) => "each",
            Block::Data => "data",
        }
    }
}

struct Parser<'a> {
    text: &'a str,
    /// Where the present tag begins.
    at: usize,
    done: Vec<Node<'a>>,
    open: Vec<Open<'a>>,
}

impl<'a> Parser<'a> {
    fn push(&mut self, node: Node<'a>) {
        match self.open.last_mut() {
            Some(open) => open.nodes.push(node),
            None => self.done.push(node),
        }
    }

    fn tag(&mut self, tag: &'a str) -> Result<(), Mistake> {
        let tag = tag.trim();
        if let Some(block) = tag.strip_prefix('#') {
            self.begin(block.trim())
        } else if let Some(word) = tag.strip_prefix('/') {
            self.end(word.trim())
        } else if tag == "else" {
            self.otherwise()
        } else {
            let node = self.value(tag)?;
            self.push(node);
            Ok(())
        }
    }

    fn begin(&mut self, tag: &'a str) -> Result<(), Mistake> {
        let (word, name) = tag.split_once(char::is_whitespace).unwrap_or((tag, ""));
        let name = name.trim();
        let block = match (word, name) {
            ("if", name) => Block::If(self.field(name)?),
            ("each", name) => match self.field(name)? {
                field if matches!(field.kind, Kind::List | Kind::Pairs) => Block::Each(field),
                _ => return Err(self.mistake(&quoted(name), "the name of a list in {{#each …}}")),
            },
            ("data", "") if self.in_data() => {
                return Err(self.mistake("{{#data}} inside {{#data}}", "{{/data}} before the next {{#data}}"));
            }
            ("data", "") => Block::Data,
            _ => return Err(self.mistake(&quoted(tag), "{{#if field}}, {{#each field}} or {{#data}}")),
        };
        if self.open.len() >= DEEPEST {
            return Err(self.mistake("too many blocks in one another", &format!("at most {DEEPEST}")));
        }
        self.open.push(Open { block, at: self.at, nodes: Vec::new() });
        Ok(())
    }

    fn otherwise(&mut self) -> Result<(), Mistake> {
        match self.open.last_mut() {
            Some(Open { block, nodes, .. }) if matches!(block, Block::If(_)) => {
                if let Block::If(field) = *block {
                    *block = Block::Else(field, core::mem::take(nodes));
                }
                Ok(())
            }
            _ => Err(self.mistake("{{else}}", "it between {{#if …}} and {{/if}}, once")),
        }
    }

    fn end(&mut self, word: &str) -> Result<(), Mistake> {
        match self.open.pop() {
            Some(open) if open.block.word() == word => {
                let node = match open.block {
                    Block::If(field) => Node::If(field, open.nodes, Vec::new()),
                    Block::Else(field, then) => Node::If(field, then, open.nodes),
                    Block::Each(field) => Node::Each(field, open.nodes),
                    Block::Data => Node::Data(open.nodes),
                };
                self.push(node);
                Ok(())
            }
            Some(open) => {
                let (line, _) = self.place(open.at);
                let expected = format!("{{{{/{}}}}}, the end of line {line}'s block", open.block.word());
                Err(self.mistake(&format!("{{{{/{}}}}}", short(word)), &expected))
            }
            None => Err(self.mistake(&format!("{{{{/{}}}}}", short(word)), "a block before its end")),
        }
    }

    /// What `{{name}}` stands for, in the place where it stands.
    fn value(&self, name: &str) -> Result<Node<'a>, Mistake> {
        let each = self.open.iter().rev().find_map(|open| match open.block {
            Block::Each(field) => Some(field),
            _ => None,
        });
        let (field, node) = match (name, each) {
            ("this", Some(field)) if field.kind == Kind::List => (field, Node::Entry(field)),
            ("name", Some(field)) if field.kind == Kind::Pairs => (field, Node::EntryName(field)),
            ("value", Some(field)) if field.kind == Kind::Pairs => (field, Node::Entry(field)),
            ("this" | "name" | "value", _) => {
                let expected = "{{this}} inside {{#each}} of a list, {{name}} and {{value}} inside {{#each}} of pairs";
                return Err(self.mistake(&quoted(name), expected));
            }
            _ => match self.field(name)? {
                field if field.kind == Kind::Pairs => {
                    return Err(self.mistake(&quoted(name), "pairs only in {{#each …}}"));
                }
                field => (field, Node::Field(field)),
            },
        };
        if field.origin == Origin::Sender && !self.in_data() {
            let expected = "it between {{#data}} and {{/data}}, because a sender writes it";
            return Err(self.mistake(&quoted(name), expected));
        }
        Ok(node)
    }

    fn field(&self, name: &str) -> Result<&'static Field, Mistake> {
        fields::find(name).ok_or_else(|| Mistake {
            nearest: fields::nearest(name),
            ..self.mistake(&format!("the unknown field {}", quoted(name)), "a field of docs/prompts.md")
        })
    }

    fn in_data(&self) -> bool {
        self.open.iter().any(|open| matches!(open.block, Block::Data))
    }

    fn mistake(&self, found: &str, expected: &str) -> Mistake {
        let (line, column) = self.place(self.at);
        Mistake { line, column, found: found.to_owned(), expected: expected.to_owned(), nearest: None }
    }

    fn place(&self, at: usize) -> (usize, usize) {
        let before = self.text.get(..at).unwrap_or(self.text);
        let line = before.split('\n').next_back().unwrap_or(before);
        (before.matches('\n').count() + 1, line.chars().count() + 1)
    }
}

fn quoted(name: &str) -> String {
    format!("\"{}\"", short(name))
}

/// A name as a message shows it: nobody needs all of a long one.
fn short(name: &str) -> String {
    name.chars().take(60).collect()
}
