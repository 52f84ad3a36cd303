//! What a file looks like from outside: enough for every format to say whether it is its own.

use serde_json::{Map, Value};

/// A file's outer form.
#[derive(Clone, Debug)]
pub enum Shape {
    /// An SQLite database with these tables.
    Sqlite(SqliteShape),
    /// JSON, one document a line or one array, with its first records.
    Json(JsonShape),
    /// Neither; `described` says what it seems to be: "empty", "a gzip archive", "binary data".
    Other {
        /// A noun phrase for the message.
        described: String,
    },
}

/// The tables of an SQLite database (no views, nothing of SQLite's own).
#[derive(Clone, Debug, Default)]
pub struct SqliteShape {
    /// Tables in order of name.
    pub tables: Vec<TableShape>,
}

/// One table.
#[derive(Clone, Debug, Default)]
pub struct TableShape {
    /// As created.
    pub name: String,
    /// Column names as created, in order.
    pub columns: Vec<String>,
    /// Whether it was created WITHOUT ROWID.
    pub without_rowid: bool,
}

impl SqliteShape {
    /// The table named `name`, without regard to case.
    pub fn table(&self, name: &str) -> Option<&TableShape> {
        self.tables.iter().find(|table| table.name.eq_ignore_ascii_case(name))
    }

    /// The first table that has all of `columns`.
    pub fn table_with(&self, columns: &[&str]) -> Option<&TableShape> {
        self.tables.iter().find(|table| table.has(columns))
    }
}

impl TableShape {
    /// Whether it has all of `columns`, without regard to case.
    pub fn has(&self, columns: &[&str]) -> bool {
        columns.iter().all(|wanted| self.columns.iter().any(|column| column.eq_ignore_ascii_case(wanted)))
    }
}

/// JSON text.
#[derive(Clone, Debug)]
pub struct JsonShape {
    /// How records are laid out.
    pub layout: JsonLayout,
    /// The first few records that are objects, at most 32.
    pub records: Vec<Map<String, Value>>,
}

/// How records lie in a JSON file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum JsonLayout {
    /// One document a line.
    Lines,
    /// One array of documents.
    Array,
    /// A single document that is an object over several lines, or alone.
    Document,
}
