//! A walk over a template's tree that writes the prompt.

use super::fields::{Field, Kind, Writer};
use super::limit::length;
use super::sheet::Sheet;
use super::template::Node;
use super::values::{Entry, Values};
use text::Fence;

/// One writing of a prompt.
pub struct Walk<'a> {
    values: Values<'a>,
    fence: &'a Fence,
    announced: bool,
    /// The length of each text of a sender, each time it was written.
    pub sent: Vec<usize>,
}

impl<'a> Walk<'a> {
    /// Before anything is written.
    pub fn new(values: Values<'a>, fence: &'a Fence) -> Walk<'a> {
        Walk { values, fence, announced: false, sent: Vec::new() }
    }

    /// Writes the prompt.
    pub fn prompt(&mut self, nodes: &[Node]) -> String {
        let mut sheet = Sheet::default();
        self.nodes(nodes, None, &mut sheet);
        sheet.finish()
    }

    fn nodes(&mut self, nodes: &[Node], entry: Option<&Entry>, sheet: &mut Sheet) {
        for node in nodes {
            match node {
                Node::Text(text) => sheet.literal(text),
                Node::Field(field) => self.field(field, sheet),
                Node::Entry(field) => self.put(field, entry.map_or("", |entry| &entry.text), sheet),
                Node::EntryName(field) => self.put(field, entry.map_or("", |entry| &entry.name), sheet),
                Node::If(field, then, otherwise) => {
                    sheet.tag();
                    let nodes = if self.values.present(field) { then } else { otherwise };
                    self.nodes(nodes, entry, sheet);
                    sheet.tag();
                }
                Node::Each(field, nodes) => {
                    sheet.tag();
                    for entry in self.values.entries(field, false) {
                        self.nodes(nodes, Some(&entry), sheet);
                        sheet.tag();
                    }
                }
                Node::Data(nodes) => self.data(nodes, entry, sheet),
            }
        }
    }

    fn field(&mut self, field: &Field, sheet: &mut Sheet) {
        if field.kind != Kind::List {
            return self.put(field, &self.values.text(field), sheet);
        }
        for (index, entry) in self.values.entries(field, true).iter().enumerate() {
            if index > 0 {
                sheet.value(", ");
            }
            self.put(field, &entry.text, sheet);
        }
    }

    fn put(&mut self, field: &Field, text: &str, sheet: &mut Sheet) {
        if field.writer == Writer::Sender {
            self.sent.push(length(text));
        }
        sheet.value(text);
    }

    fn data(&mut self, nodes: &[Node], entry: Option<&Entry>, sheet: &mut Sheet) {
        let mut inside = Sheet::default();
        self.nodes(nodes, entry, &mut inside);
        let text = inside.finish();
        sheet.tag();
        if text.is_empty() {
            return;
        }
        if !self.announced {
            self.announced = true;
            sheet.gap();
            sheet.block(&self.fence.announcement());
            sheet.gap();
        }
        sheet.block(&self.fence.wrap(&text));
    }
}
