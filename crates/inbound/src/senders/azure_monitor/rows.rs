//! The rows that a log query found, one a line: `TimeGenerated: 2026-03-01T10:00:00Z, LogEntry: out of memory`.

use serde_json::Value;

use crate::senders::bounds;
use crate::senders::json::{any_text, collect, items, text};

/// The rows that are shown: enough to see what happened, few enough to be read.
const MOST_ROWS: usize = 20;

/// `SearchResults.tables` of log alerts V1: columns, and rows of values in their order.
pub(super) fn of_tables(tables: &[Value]) -> Option<String> {
    let mut all = Rows::default();
    for table in tables {
        let columns = items(table, &["columns"]);
        for row in items(table, &["rows"]) {
            let mut cells = Vec::new();
            for (index, value) in items(row, &[]).iter().enumerate() {
                let name = columns.get(index).and_then(|column| text(column, &["name"]));
                cells.extend(cell(&name.unwrap_or_else(|| format!("column {}", index + 1)), value));
            }
            all.add(&cells);
        }
    }
    all.text()
}

/// `allOf[].event` of simple log alerts: rows of `{"name", "value"}`.
pub(super) fn of_events(events: &[Value]) -> Option<String> {
    let mut all = Rows::default();
    for row in events {
        all.add(&collect(items(row, &[]), &|pair| cell(&text(pair, &["name"])?, pair.get("value")?)));
    }
    all.text()
}

fn cell(name: &str, value: &Value) -> Option<String> {
    Some(format!("{name}: {}", bounds::head(&any_text(value)?, bounds::TEXT)))
}

#[derive(Default)]
struct Rows {
    lines: Vec<String>,
    bytes: usize,
    left_out: usize,
}

impl Rows {
    fn add(&mut self, cells: &[String]) {
        if self.lines.len() >= MOST_ROWS || self.bytes >= bounds::LOGS / 2 {
            self.left_out += 1;
            return;
        }
        let line = cells.join(", ");
        if !line.is_empty() {
            self.bytes += line.len();
            self.lines.push(line);
        }
    }

    fn text(mut self) -> Option<String> {
        if self.left_out > 0 {
            self.lines.push(format!("({} more rows left out)", self.left_out));
        }
        (!self.lines.is_empty()).then(|| self.lines.join("\n"))
    }
}
