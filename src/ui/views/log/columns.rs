//! Which columns the log offers, and what stands in them: text, never drawing.

use crate::engine::Cached;
use crate::index::EventRef;
use crate::model::RecordedEvent;
use crate::query::Group;
use crate::ui::format::{Zone, file_name, one_line, signed_span, thousands};
use crate::ui::view::ViewContext;
use crate::ui::views::log::preview::Preview;
use crate::ui::widgets::ColumnSpec;

pub(super) const POSITION: &str = "position";
pub(super) const DATA: &str = "data";
pub(super) const TIME: &str = "time";
pub(super) const TYPE: &str = "type";
pub(super) const STREAM: &str = "stream";
pub(super) const SOURCE: &str = "source";
pub(super) const CORRELATION: &str = "correlation";

/// The columns; the head of the time names the zone, and where a store counts no positions its rows are counted.
pub(super) fn specs(local: bool, has_positions: bool, values: &[ValueColumn]) -> Vec<ColumnSpec<'_>> {
    let position = if has_positions { "position" } else { "row" };
    let time = if local { "time, local" } else { "time, UTC" };
    let mut specs = vec![
        ColumnSpec::number(POSITION, position, 48.0).yields(3),
        ColumnSpec::text(TIME, time, 92.0),
        ColumnSpec::number("since", "since last", 76.0).yields(4),
        ColumnSpec::text(STREAM, "stream", 96.0).yields(1),
        ColumnSpec::text(TYPE, "type", 164.0).least(60.0),
        ColumnSpec::number("version", "v", 28.0).least(20.0).yields(2),
        ColumnSpec::text(DATA, "data", 200.0).least(80.0).stretch(),
        ColumnSpec::number("row", "row name", 72.0).hidden(),
        ColumnSpec::text(SOURCE, "source", 110.0).hidden(),
        ColumnSpec::text("id", "event id", 104.0).hidden(),
        ColumnSpec::text(CORRELATION, "correlation", 104.0).hidden(),
        ColumnSpec::text("cause", "cause", 104.0).hidden(),
        ColumnSpec::text("recorded", "recorded at", 172.0).hidden(),
        ColumnSpec::text("kind", "kind", 76.0).hidden(),
        ColumnSpec::text("aggregate", "aggregate type", 100.0).hidden(),
        ColumnSpec::text("schema", "schema version", 96.0).hidden(),
    ];
    // Before the data, of which they are a part.
    let at = specs.iter().position(|spec| spec.id == DATA).unwrap_or(specs.len());
    specs.splice(at..at, values.iter().map(|value| ColumnSpec::text(&value.name, &value.name, 104.0)));
    specs
}

/// A column for a value inside data or metadata.
pub(super) struct ValueColumn {
    /// The path as typed: `data.total`. No other column has a dot or a bracket in its name.
    pub(super) name: String,
    group: Group,
}

impl ValueColumn {
    /// Of a path as typed; `None` where it cannot be read.
    pub(super) fn of(name: &str) -> Option<Self> {
        let group = Group::named(name).ok().filter(|group| group.path.is_some())?;
        Some(Self { name: name.to_owned(), group })
    }

    /// The value in an event, on one line.
    pub(super) fn text(&self, event: &RecordedEvent) -> Option<String> {
        self.group.value_of(event).map(|value| one_line(&value))
    }
}

/// What the cells of an event are made from.
pub(super) struct Cells<'a> {
    pub(super) context: &'a ViewContext<'a>,
    pub(super) event: EventRef,
    /// The whole event, once it is fetched.
    pub(super) whole: Option<&'a Cached>,
    /// Whether the log counts positions.
    pub(super) has_positions: bool,
    /// Nanoseconds since the row above.
    pub(super) since: Option<i64>,
    /// What was made of the payload.
    pub(super) preview: Option<&'a Preview>,
    pub(super) values: &'a [ValueColumn],
}

/// How the text of a cell is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Style {
    /// Mono, full text colour.
    Mono,
    /// Mono, muted.
    MutedMono,
    /// An id: mono, cut in the middle.
    Id,
    /// Words.
    Words,
}

impl Cells<'_> {
    /// The zone times are shown in.
    fn zone(&self) -> Zone {
        Zone { local: self.context.preferences.local_time }
    }

    /// The text of a column, whole; `None` where there is nothing or it is not there yet.
    pub(super) fn text(&self, column: &str) -> Option<String> {
        let log = self.context.log();
        let event = &self.event;
        let whole = self.whole.and_then(|whole| whole.as_ref().ok());
        let text = match column {
            POSITION => match event.position {
                Some(position) if position >= 0 => thousands(position as u64),
                Some(position) => position.to_string(),
                None if self.has_positions => return None,
                None => thousands(event.row.ordinal() as u64),
            },
            TIME => self.zone().time(event.time?),
            "since" => signed_span(self.since?),
            STREAM => log.stream(event.stream?).id.to_string(),
            TYPE => log.event_type(event.event_type).name.to_string(),
            "version" => event.version?.to_string(),
            "row" => event.row.to_string(),
            SOURCE => {
                let source = self.context.document.open.sources.get(usize::from(event.row.source().0))?;
                file_name(&source.path)
            }
            CORRELATION => log.correlation(event.correlation?).id.to_string(),
            "cause" => whole?.causation_id.clone()?,
            "id" => whole?.id.clone()?,
            "recorded" => self.zone().date_time(whole?.recorded_at?),
            "kind" => event.kind.as_str().to_owned(),
            "aggregate" => log.stream(event.stream?).aggregate_type.as_deref()?.to_owned(),
            "schema" => whole?.schema_version.clone()?,
            value => {
                let at = self.values.iter().position(|column| column.name == value)?;
                return self.preview?.values.get(at)?.clone();
            }
        };
        Some(one_line(&text))
    }

    /// What a click on Copy value puts on the clipboard.
    pub(super) fn copied(&self, column: &str) -> Option<String> {
        match column {
            DATA => match &self.whole?.as_ref().ok()?.data {
                crate::model::Payload::Json(text) => Some(text.as_str().to_owned()),
                _ => None,
            },
            TIME => Some(self.event.time?.to_string()),
            POSITION => Some(
                self.event
                    .position
                    .map_or_else(|| event_number(&self.event), |position| position.to_string()),
            ),
            other => self.text(other),
        }
    }
}

fn event_number(event: &EventRef) -> String {
    event.row.ordinal().to_string()
}

/// How a column is written.
pub(super) fn style(column: &str) -> Style {
    match column {
        POSITION | "since" | "row" => Style::MutedMono,
        STREAM | CORRELATION | "cause" | "id" => Style::Id,
        SOURCE | "kind" | "aggregate" => Style::Words,
        _ => Style::Mono,
    }
}
