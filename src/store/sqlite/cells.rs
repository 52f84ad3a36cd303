//! One row's values, read by what they are and not by what the column was declared as: stores declare
//! `JSONB` and keep text, or `TEXT` and keep bytes. Repairs are noted as warnings. Knows no format.

use std::borrow::Cow;
use std::cell::RefCell;
use std::sync::Arc;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use rusqlite::types::ValueRef;
use serde_json::Value;
use serde_json::value::RawValue;

use crate::base::limits::JSON_DEPTH_MAX;
use crate::model::{JsonText, Payload, Timestamp};
use crate::store::sound::{REPAIRED_SURROGATES, nests_deeper, without_lone_surrogates};

/// A column of a query: its name in messages, and the expression that gives it.
#[derive(Clone, Debug)]
pub(crate) struct Column {
    pub(crate) label: String,
    pub(crate) sql: String,
}

impl Column {
    /// A column of the table that the query calls `e`.
    pub(crate) fn named(name: &str) -> Self {
        Self { label: name.to_owned(), sql: format!("e.{}", quoted(name)) }
    }
}

/// A name as SQL, whatever is in it.
pub(crate) fn quoted(name: &str) -> String {
    format!("\"{}\"", name.replace('"', "\"\""))
}

/// A row while it is mapped.
pub(crate) struct Cells<'a> {
    row: &'a rusqlite::Row<'a>,
    /// Key columns before the first of the format's own.
    skip: usize,
    columns: &'a [Column],
    /// Whether nobody looks at the payload.
    lean: bool,
    warnings: RefCell<Vec<String>>,
}

impl<'a> Cells<'a> {
    pub(crate) fn new(row: &'a rusqlite::Row<'a>, skip: usize, columns: &'a [Column]) -> Self {
        Self { row, skip, columns, lean: false, warnings: RefCell::new(Vec::new()) }
    }

    /// For somebody who keeps no payloads: those that need no repair are not made.
    pub(crate) fn without_payloads(self, lean: bool) -> Self {
        Self { lean, ..self }
    }

    /// Whether payloads need not be made.
    pub(crate) fn is_lean(&self) -> bool {
        self.lean
    }

    /// Repairs made so far.
    pub(crate) fn into_warnings(self) -> Vec<String> {
        self.warnings.into_inner()
    }

    /// Notes a repair.
    pub(crate) fn warn(&self, sentence: String) {
        self.warnings.borrow_mut().push(sentence);
    }

    /// The key of a table with rowids.
    pub(crate) fn rowid(&self) -> Option<i64> {
        match self.row.get_ref(0) {
            Ok(ValueRef::Integer(rowid)) => Some(rowid),
            _ => None,
        }
    }

    /// Bytes of all cells together.
    pub(crate) fn size(&self) -> usize {
        (0..self.columns.len())
            .map(|index| match self.raw(index) {
                ValueRef::Text(bytes) | ValueRef::Blob(bytes) => bytes.len(),
                _ => 8,
            })
            .sum()
    }

    /// The value as it is.
    pub(crate) fn raw(&self, index: usize) -> ValueRef<'_> {
        self.row.get_ref(self.skip + index).unwrap_or(ValueRef::Null)
    }

    /// Text, or a number as text. Bytes count as text when they are UTF-8; other text is repaired.
    pub(crate) fn text(&self, index: usize) -> Option<String> {
        match self.raw(index) {
            ValueRef::Null => None,
            ValueRef::Integer(number) => Some(number.to_string()),
            ValueRef::Real(number) => Some(number.to_string()),
            ValueRef::Text(bytes) | ValueRef::Blob(bytes) => Some(self.utf8(index, bytes).into_owned()),
        }
    }

    /// [`Cells::text`] of a field that a store leaves empty when it has nothing to say.
    pub(crate) fn word(&self, index: usize) -> Option<String> {
        self.text(index).filter(|text| !text.is_empty())
    }

    /// [`Cells::text`], or why there is none.
    pub(crate) fn required(&self, index: usize) -> Result<String, String> {
        self.text(index).ok_or_else(|| format!("Its {} is NULL", self.label(index)))
    }

    /// A whole number, also when it is written as text.
    pub(crate) fn integer(&self, index: usize) -> Option<i64> {
        let read = match self.raw(index) {
            ValueRef::Null => return None,
            ValueRef::Integer(number) => Some(number),
            ValueRef::Real(number) if number.fract() == 0.0 && number.abs() < 9e15 => Some(number as i64),
            ValueRef::Text(bytes) => {
                std::str::from_utf8(bytes).ok().and_then(|text| text.trim().parse().ok())
            }
            ValueRef::Real(_) | ValueRef::Blob(_) => None,
        };
        if read.is_none() {
            self.warn(format!("The {} is no whole number", self.label(index)));
        }
        read
    }

    /// A time as text, or a count since 1970.
    pub(crate) fn time(&self, index: usize) -> Option<Timestamp> {
        let read = match self.raw(index) {
            ValueRef::Null => return None,
            ValueRef::Integer(count) => Timestamp::from_epoch(count).ok(),
            // Seconds with a fraction: what SQLite's own unixepoch('subsec') gives.
            ValueRef::Real(seconds) if seconds.abs() < 9e9 => {
                Some(Timestamp::from_nanos((seconds * 1e6).round() as i64 * 1_000, 6))
            }
            ValueRef::Real(_) => None,
            ValueRef::Text(bytes) | ValueRef::Blob(bytes) => {
                let text = String::from_utf8_lossy(bytes);
                if text.is_empty() {
                    return None;
                }
                time_of_text(&text)
            }
        };
        if read.is_none() {
            self.warn(format!("The {} is no time that can be read", self.label(index)));
        }
        read
    }

    /// A payload: JSON in text or bytes, or the bytes as they are.
    pub(crate) fn payload(&self, index: usize) -> Payload {
        if self.lean && needs_no_repair(self.raw(index)) {
            return Payload::Missing;
        }
        match self.raw(index) {
            ValueRef::Null => Payload::Missing,
            ValueRef::Integer(_) | ValueRef::Real(_) => {
                Payload::Json(JsonText::from_value(&value_of(self.raw(index))))
            }
            ValueRef::Text(bytes) => {
                let text = self.utf8(index, bytes);
                self.document(index, &text).map_or_else(|| opaque(bytes, "text, not JSON"), Payload::Json)
            }
            ValueRef::Blob(bytes) => std::str::from_utf8(bytes)
                .ok()
                .and_then(|text| self.document(index, text))
                .map_or_else(|| opaque(bytes, "binary"), Payload::Json),
        }
    }

    /// Metadata: JSON, or what is there as a JSON string. Blank counts as nothing.
    pub(crate) fn metadata(&self, index: usize) -> Option<JsonText> {
        match self.raw(index) {
            ValueRef::Null => None,
            ValueRef::Text(bytes) | ValueRef::Blob(bytes) if bytes.is_empty() => None,
            ValueRef::Text(bytes) => {
                let text = self.utf8(index, bytes);
                let document = self.document(index, &text);
                Some(document.unwrap_or_else(|| JsonText::from_value(&Value::from(text))))
            }
            other => Some(JsonText::from_value(&value_of(other))),
        }
    }

    fn label(&self, index: usize) -> &str {
        &self.columns[index].label
    }

    /// The text, if it is JSON that can be parsed later; checked without building the tree.
    fn document(&self, index: usize, text: &str) -> Option<JsonText> {
        let raw: &RawValue = serde_json::from_str(text).ok()?;
        if nests_deeper(text.as_bytes(), JSON_DEPTH_MAX) {
            self.warn(format!("The {} nests deeper than {JSON_DEPTH_MAX} levels", self.label(index)));
            return None;
        }
        match without_lone_surrogates(raw.get()) {
            Cow::Borrowed(_) => Some(JsonText::from_raw(raw)),
            Cow::Owned(repaired) => {
                self.warn(format!("The {}: {REPAIRED_SURROGATES}", self.label(index)));
                JsonText::new(&repaired).ok()
            }
        }
    }

    fn utf8<'b>(&self, index: usize, bytes: &'b [u8]) -> Cow<'b, str> {
        // The strict check is several times faster than the lossy one, and nearly always enough.
        std::str::from_utf8(bytes).map_or_else(
            |_not_utf8| {
                self.warn(format!(
                    "The {} was not valid UTF-8; the bad bytes are shown as \u{fffd}",
                    self.label(index)
                ));
                String::from_utf8_lossy(bytes)
            },
            Cow::Borrowed,
        )
    }
}

/// Whether a document, or what is none, is taken as it is. Some that do not need a repair are not known to.
pub(crate) fn needs_no_repair(cell: ValueRef<'_>) -> bool {
    let is_sound = |text: &str| {
        !nests_deeper(text.as_bytes(), JSON_DEPTH_MAX)
            && matches!(without_lone_surrogates(text), Cow::Borrowed(_))
    };
    match cell {
        ValueRef::Null | ValueRef::Integer(_) | ValueRef::Real(_) => true,
        ValueRef::Text(bytes) => std::str::from_utf8(bytes).is_ok_and(is_sound),
        ValueRef::Blob(bytes) => std::str::from_utf8(bytes).map_or(true, is_sound),
    }
}

/// Bytes that are shown as such.
pub(crate) fn opaque(bytes: &[u8], encoding: &'static str) -> Payload {
    Payload::Opaque { bytes: Arc::from(bytes), encoding: Cow::Borrowed(encoding) }
}

/// A time in words or a count since 1970 in digits.
pub(crate) fn time_of_text(text: &str) -> Option<Timestamp> {
    match text.trim().parse() {
        Ok(count) => Timestamp::from_epoch(count).ok(),
        Err(_no_count) => Timestamp::parse(text).ok(),
    }
}

/// A cell as JSON: documents in text or bytes become documents, other bytes base64.
pub(crate) fn value_of(cell: ValueRef<'_>) -> Value {
    let document = |text: &str| {
        text.trim_start().starts_with(['{', '[']).then(|| serde_json::from_str(text).ok()).flatten()
    };
    match cell {
        ValueRef::Null => Value::Null,
        ValueRef::Integer(number) => number.into(),
        ValueRef::Real(number) => {
            serde_json::Number::from_f64(number).map_or_else(|| number.to_string().into(), Value::Number)
        }
        ValueRef::Text(bytes) => {
            let text = String::from_utf8_lossy(bytes);
            document(&text).unwrap_or_else(|| Value::from(text))
        }
        ValueRef::Blob(bytes) => match std::str::from_utf8(bytes) {
            Ok(text) => document(text).unwrap_or_else(|| Value::from(BASE64.encode(bytes))),
            Err(_binary) => Value::from(BASE64.encode(bytes)),
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn with_cell<T>(expression: &str, look: impl FnOnce(&Cells<'_>) -> T) -> (T, Vec<String>) {
        let connection = rusqlite::Connection::open_in_memory().unwrap();
        let mut statement = connection.prepare(&format!("SELECT 1, {expression}")).unwrap();
        let mut rows = statement.query([]).unwrap();
        let columns = [Column::named("cell")];
        let cells = Cells::new(rows.next().unwrap().unwrap(), 1, &columns);
        let seen = look(&cells);
        (seen, cells.into_warnings())
    }

    #[test]
    fn payloads_are_read_by_what_they_are() {
        let json = |text: &str| Payload::Json(JsonText::new(text).unwrap());
        for (expression, expected) in [
            ("NULL", Payload::Missing),
            ("'{\"price\":1.10}'", json("{\"price\":1.10}")),
            ("CAST('{\"a\":1}' AS BLOB)", json("{\"a\":1}")),
            ("5", json("5")),
            ("1.5", json("1.5")),
            ("'plain'", opaque(b"plain", "text, not JSON")),
            ("x'FF00'", opaque(&[0xff, 0], "binary")),
        ] {
            assert_eq!(with_cell(expression, |cells| cells.payload(0)), (expected, vec![]), "{expression}");
        }
    }

    #[test]
    fn invalid_utf8_is_repaired_and_said() {
        let (text, warnings) = with_cell("CAST(x'61FF62' AS TEXT)", |cells| cells.text(0));
        assert_eq!(text.as_deref(), Some("a\u{fffd}b"));
        assert_eq!(warnings, ["The cell was not valid UTF-8; the bad bytes are shown as \u{fffd}"]);
    }

    #[test]
    fn numbers_and_times_are_read_in_their_usual_spellings() {
        assert_eq!(with_cell("'42'", |cells| cells.integer(0)), (Some(42), vec![]));
        assert_eq!(with_cell("42.0", |cells| cells.integer(0)), (Some(42), vec![]));
        assert_eq!(
            with_cell("'v42'", |cells| cells.integer(0)),
            (None, vec!["The cell is no whole number".to_owned()])
        );
        for cell in ["1772352000", "'1772352000'", "1772352000.0", "'2026-03-01 08:00:00'"] {
            let (time, warnings) = with_cell(cell, |cells| cells.time(0));
            assert_eq!(time.map(Timestamp::nanos), Some(1_772_352_000_000_000_000), "{cell}");
            assert!(warnings.is_empty(), "{cell}");
        }
        assert_eq!(
            with_cell("'soon'", |cells| cells.time(0)),
            (None, vec!["The cell is no time that can be read".to_owned()])
        );
    }

    #[test]
    fn names_are_quoted_whatever_is_in_them() {
        assert_eq!(quoted("a\"; DROP TABLE b; --"), "\"a\"\"; DROP TABLE b; --\"");
    }
}
