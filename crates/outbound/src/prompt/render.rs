//! A walk over a template's tree that writes the prompt.

use super::context::{Entry, Values};
use super::fields::{Field, Kind, Origin};
use super::limit::length;
use super::template::Node;
use super::writer::Writer;
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
        let mut writer = Writer::default();
        self.nodes(nodes, None, &mut writer);
        writer.finish()
    }

    fn nodes(&mut self, nodes: &[Node], entry: Option<&Entry>, writer: &mut Writer) {
        for node in nodes {
            match node {
                Node::Text(text) => writer.literal(text),
                Node::Field(field) => self.field(field, writer),
                Node::Entry(field) => self.put(field, entry.map_or("", |entry| &entry.text), writer),
                Node::EntryName(field) => self.put(field, entry.map_or("", |entry| &entry.name), writer),
                Node::If(field, then, otherwise) => {
                    writer.tag();
                    let nodes = if self.values.present(field) { then } else { otherwise };
                    self.nodes(nodes, entry, writer);
                    writer.tag();
                }
                Node::Each(field, nodes) => {
                    writer.tag();
                    for entry in self.values.entries(field, false) {
                        self.nodes(nodes, Some(&entry), writer);
                        writer.tag();
                    }
                }
                Node::Data(nodes) => self.data(nodes, entry, writer),
            }
        }
    }

    fn field(&mut self, field: &Field, writer: &mut Writer) {
        if field.kind != Kind::List {
            return self.put(field, &self.values.text(field), writer);
        }
        for (index, entry) in self.values.entries(field, true).iter().enumerate() {
            if index > 0 {
                writer.value(", ");
            }
            self.put(field, &entry.text, writer);
        }
    }

    fn put(&mut self, field: &Field, text: &str, writer: &mut Writer) {
        if field.origin == Origin::Sender && !self.values.spares(field) {
            self.sent.push(length(text));
        }
        writer.value(text);
    }

    fn data(&mut self, nodes: &[Node], entry: Option<&Entry>, writer: &mut Writer) {
        let mut inside = Writer::default();
        self.nodes(nodes, entry, &mut inside);
        let text = inside.finish();
        writer.tag();
        if text.is_empty() {
            return;
        }
        if !self.announced {
            self.announced = true;
            writer.gap();
            writer.block(&self.fence.announcement());
            writer.gap();
        }
        writer.block(&self.fence.wrap(&text));
    }
}
