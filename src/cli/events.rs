//! `sagascope events`: events in order of the log, printed while they are read.

use clap::Parser;

use super::args::{OutputArgs, StoreArgs};
use super::notice::say_of;
use super::open::{BadRows, open, source_name};
use super::table::{Kind, Table};
use super::text::{NONE, number, time};
use super::{Output, Run, stream};
use crate::base::cancel::CancelToken;
use crate::engine::{OpenLog, event_to_json};
use crate::index::StreamId;
use crate::model::{FetchError, Payload, RecordedEvent, Row};
use crate::query::{Expr, Field, Name, Query, Term, Test, field_called};

/// Events read and printed at a time.
pub(super) const AT_A_TIME: usize = 256;
/// Characters of a payload that a table can show at most.
const PREVIEW_CHARS: usize = 400;

/// Print events
#[derive(Parser, Debug)]
#[command(
    name = "events",
    after_help = "Examples:\n  sagascope events shop.db --limit 20\n  sagascope events shop.db --stream Order/order-15\n  \
                  sagascope events shop.db --type 'payment.*' --text declined\n  \
                  sagascope events shop.db --json | jq -c 'select(.data.total > 100)'\n\n\
                  Keys of --json, one object a line: row, source, position, id, kind, type, schema_version, stream, \
                  aggregate_type, version, streams, occurred_at, recorded_at, correlation_id, causation_id, data, \
                  data_base64, data_encoding, metadata, warnings."
)]
pub(super) struct Events {
    #[command(flatten)]
    stores: StoreArgs,
    /// Only events of this stream: its id, or Type/id
    #[arg(long, value_name = "STREAM")]
    stream: Option<String>,
    /// Only events of these types
    #[arg(long = "type", value_name = "GLOB")]
    event_type: Option<String>,
    /// Only events with this text in payload, metadata, ids, type or stream; upper and lower case are alike
    #[arg(long, value_name = "TEXT")]
    text: Option<String>,
    /// At most so many
    #[arg(long, value_name = "N")]
    limit: Option<u64>,
    #[command(flatten)]
    output: OutputArgs,
}

impl Run for Events {
    fn run(self, out: &mut Output) -> anyhow::Result<()> {
        let open = open(&self.stores, BadRows::Said)?;
        let stream = self.stream.as_deref().map(|spelling| stream::find(&open, spelling)).transpose()?;
        let limit = self.limit.map_or(usize::MAX, |limit| usize::try_from(limit).unwrap_or(usize::MAX));
        let mut printer = Printer::new(&open, out, self.output.json, limit);
        let filter = self.filter(&open, stream);
        let in_stream = |row: &Row| {
            stream.is_none_or(|wanted| open.log.memberships(*row).iter().any(|(stream, _)| *stream == wanted))
        };

        // What a search for text has found is printed while it goes on.
        let cancel = CancelToken::default();
        let mut done = 0;
        let mut failed = None;
        let found = open.select(&filter, None, &cancel, &mut |found, _| {
            let new: Vec<Row> = found[done..].iter().copied().filter(in_stream).collect();
            done = found.len();
            if let Err(error) = printer.print(&new) {
                failed = Some(error);
            }
            if failed.is_some() || printer.left == 0 {
                cancel.cancel();
            }
        });
        if let Some(error) = failed {
            return Err(error);
        }
        // Nothing is left to print when enough was found.
        let found = found.map(|found| found.marks.ranked(&open.log)).unwrap_or_default();
        for rows in found.get(done..).unwrap_or_default().chunks(AT_A_TIME) {
            if printer.left == 0 {
                break;
            }
            let rows: Vec<Row> = rows.iter().copied().filter(in_stream).collect();
            printer.print(&rows)?;
        }
        printer.finish()
    }
}

impl Events {
    /// What the index can tell apart. A stream's name may match others without regard to case; the exact one is
    /// picked afterwards.
    fn filter(&self, open: &OpenLog, stream: Option<StreamId>) -> Query {
        let like = |text: String| Test::Name { like: Name::Glob(text), equal: true };
        let terms = [
            self.event_type.clone().map(|glob| ("type", like(glob))),
            stream.map(|id| ("stream", like(globset::escape(&open.log.stream(id).id)))),
            self.text.clone().map(|text| ("text", Test::Text(text))),
        ];
        let terms = terms.into_iter().flatten().filter_map(|(name, test)| {
            let field = Field { info: field_called(name)?, path: None };
            Some(Expr::Term(Term { field, test }))
        });
        Query { filter: Expr::all(terms.collect()), stage: None }
    }
}

/// Prints events, for people or as JSON.
pub(super) struct Printer<'a> {
    open: &'a OpenLog,
    out: &'a mut Output,
    /// For people; `None` prints JSON.
    table: Option<Table>,
    /// Events that may still be printed.
    pub(super) left: usize,
    unreadable: u64,
}

impl<'a> Printer<'a> {
    pub(super) fn new(open: &'a OpenLog, out: &'a mut Output, json: bool, limit: usize) -> Self {
        let table = Table::new(&[
            ("ROW", Kind::Number),
            ("TIME (UTC)", Kind::Fixed),
            ("TYPE", Kind::Text),
            ("STREAM", Kind::Id),
            ("VERSION", Kind::Number),
            ("DATA", Kind::Rest),
        ]);
        Self { open, out, table: (!json).then_some(table), left: limit, unreadable: 0 }
    }

    pub(super) fn print(&mut self, rows: &[Row]) -> anyhow::Result<()> {
        let rows = &rows[..rows.len().min(self.left)];
        self.left -= rows.len();
        for (row, event) in rows.iter().zip(self.open.pool.fetch(&self.open.log, rows)) {
            match (event, &mut self.table) {
                (Err(error), _) => self.unreadable(*row, &error),
                (Ok(event), Some(table)) => table.row(&cells(*row, &event)),
                (Ok(event), None) => self.json(*row, &event)?,
            }
        }
        match &mut self.table {
            Some(table) if table.waiting() >= AT_A_TIME => Ok(table.print(self.out)?),
            _ => Ok(()),
        }
    }

    fn json(&mut self, row: Row, event: &RecordedEvent) -> std::io::Result<()> {
        let mut object = serde_json::Map::new();
        object.insert("row".to_owned(), row.raw().into());
        object.insert("source".to_owned(), source_name(self.open, row.source()).into());
        object.extend(event_to_json(event));
        self.out.json(&object)
    }

    /// Says the first one; the others are counted.
    fn unreadable(&mut self, row: Row, error: &FetchError) {
        if self.unreadable == 0 {
            let source = &self.open.sources[usize::from(row.source().0)];
            say_of(&format!("{row}: {error}"), &source.path);
        }
        self.unreadable += 1;
    }

    pub(super) fn finish(mut self) -> anyhow::Result<()> {
        if let Some(table) = &mut self.table {
            table.print(self.out)?;
        }
        match self.unreadable {
            0 => Ok(()),
            unreadable => {
                anyhow::bail!("{unreadable} events are missing above: they could not be read again")
            }
        }
    }
}

fn cells(row: Row, event: &RecordedEvent) -> [String; 6] {
    let home = event.home();
    [
        row.to_string(),
        time(event.time()),
        event.event_type.clone(),
        home.map_or_else(|| NONE.to_owned(), |home| home.stream.id.clone()),
        number(home.and_then(|home| home.version)),
        preview(&event.data),
    ]
}

/// The beginning of a payload on one line.
fn preview(data: &Payload) -> String {
    match data {
        Payload::Missing => NONE.to_owned(),
        Payload::Json(text) => {
            let text = text.as_str();
            // Written over several lines: print it anew rather than show its line ends.
            let compact =
                text.contains('\n').then(|| serde_json::from_str::<serde_json::Value>(text).ok()).flatten();
            let compact = compact.map(|value| value.to_string());
            compact.as_deref().unwrap_or(text).chars().take(PREVIEW_CHARS).collect()
        }
        Payload::Opaque { bytes, encoding } => {
            format!("<{encoding}, {} bytes>", super::text::count(bytes.len() as u64))
        }
    }
}
