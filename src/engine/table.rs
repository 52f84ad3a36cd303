//! Events as a table for spreadsheets: a line an event, what every event has in columns and its data as JSON in one.

use std::io::{self, Write};

use crate::model::{Payload, RecordedEvent, Row};

/// The columns, as the first line names them.
const COLUMNS: [&str; 10] =
    ["row", "time", "type", "stream", "version", "kind", "id", "correlation_id", "causation_id", "data"];

/// Writes events as CSV.
pub(super) struct EventTable<W: Write> {
    to: csv::Writer<W>,
}

impl<W: Write> EventTable<W> {
    /// Begins a table with the line of its columns.
    pub(super) fn new(to: W) -> io::Result<Self> {
        let mut to = csv::Writer::from_writer(to);
        to.write_record(COLUMNS)?;
        Ok(Self { to })
    }

    /// Writes these events, which have these rows.
    pub(super) fn write(&mut self, rows: &[Row], events: &[RecordedEvent]) -> io::Result<()> {
        for (row, event) in rows.iter().zip(events) {
            let home = event.home();
            let data = match &event.data {
                Payload::Missing => String::new(),
                Payload::Json(json) => json.as_str().to_owned(),
                Payload::Opaque { bytes, encoding } => format!("<{encoding}, {} bytes>", bytes.len()),
            };
            self.to.write_record([
                row.raw().to_string(),
                event.time().map(|time| time.to_string()).unwrap_or_default(),
                harmless(&event.event_type),
                harmless(&home.map(|home| home.stream.to_string()).unwrap_or_default()),
                home.and_then(|home| home.version).map(|version| version.to_string()).unwrap_or_default(),
                event.kind.as_str().to_owned(),
                harmless(event.id.as_deref().unwrap_or_default()),
                harmless(event.correlation_id.as_deref().unwrap_or_default()),
                harmless(event.causation_id.as_deref().unwrap_or_default()),
                harmless(&data),
            ])?;
        }
        Ok(())
    }

    /// Ends the table.
    pub(super) fn finish(self) -> io::Result<W> {
        self.to.into_inner().map_err(|error| io::Error::other(error.to_string()))
    }
}

/// A text that no spreadsheet takes for a formula: payloads are somebody's data.
fn harmless(text: &str) -> String {
    if text.starts_with(['=', '+', '-', '@', '\t', '\r']) { format!("'{text}") } else { text.to_owned() }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{JsonText, Membership, SourceId, StreamName};

    #[test]
    fn a_line_an_event_and_no_formula() {
        let event = RecordedEvent {
            event_type: "=cmd()".to_owned(),
            streams: vec![Membership {
                stream: StreamName::new("Order", "a,b"),
                version: Some(3),
                ..Membership::default()
            }],
            data: Payload::Json(JsonText::new(r#"{"name":"x\ny"}"#).unwrap()),
            ..RecordedEvent::default()
        };
        let mut table = EventTable::new(Vec::new()).unwrap();
        table.write(&[Row::new(SourceId(0), 7)], &[event]).unwrap();
        let text = String::from_utf8(table.finish().unwrap()).unwrap();
        let line = "7,,'=cmd(),\"Order/a,b\",3,event,,,,\"{\"\"name\"\":\"\"x\\ny\"\"}\"";
        assert_eq!(text, format!("{}\n{line}\n", COLUMNS.join(",")));
    }
}
