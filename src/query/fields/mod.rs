//! The fields of an event that a query can ask about. One entry each: its name, what it takes, and how it is made
//! ready for a log.

mod causes;
mod deep;
mod names;
mod numbers;
mod sagas;

use super::leaf::Leaf;
use super::plan::Asked;

/// A field.
pub struct FieldInfo {
    /// Its name.
    pub name: &'static str,
    /// Other names.
    pub aliases: &'static [&'static str],
    /// What it is, for completion and the manual.
    pub says: &'static str,
    /// A term with it.
    pub example: &'static str,
    /// What it can be compared with.
    pub takes: Takes,
    /// Whether only payloads tell.
    pub of_payload: bool,
    /// Whether the sagas of the log must be known.
    pub of_sagas: bool,
    prepare: Prepare,
}

/// How a term becomes ready.
enum Prepare {
    /// From the term and the tables of the log.
    Tables(fn(&Asked<'_>) -> Leaf),
    /// By a query of its own, which can be cancelled.
    Query(fn(&Asked<'_>) -> Option<Leaf>),
}

impl std::fmt::Debug for FieldInfo {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.name)
    }
}

/// What a field can be compared with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Takes {
    /// A text that occurs.
    Text,
    /// A name: globs, without regard to case.
    Name,
    /// An id: as it is written, or its beginning and `*`.
    Id,
    /// A whole number or a range of them.
    Number,
    /// A time, also relative to the ends of the log.
    Time(Side),
    /// A length of time.
    Duration,
    /// A number of bytes.
    Size,
    /// One of these words, each with what it says.
    Words(&'static [(&'static str, &'static str)]),
    /// The value that a path leads to.
    Value,
    /// A path, which exists.
    Path,
    /// An event by its row, or a query in parentheses; then `/` and how many hops.
    Event,
    /// A query in parentheses.
    Query,
}

/// What a time is compared as when no operator says it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Side {
    /// Within it.
    Within,
    /// At its beginning or later.
    From,
    /// Before its beginning.
    Before,
}

/// What `has:` can ask for besides paths.
pub(super) const PLACES: &[(&str, &str)] = &[
    ("cause", "a cause that is in the log"),
    ("corr", "a correlation"),
    ("stream", "a stream"),
    ("time", "a time"),
    ("version", "a version in its stream"),
];

const KINDS: &[(&str, &str)] = &[
    ("event", "a fact inside a service"),
    ("command", "a request stored beside the events"),
    ("integration", "a fact published between services"),
];

const BEING: &[(&str, &str)] = &[
    ("failure", "its type tells of a failure"),
    ("repaired", "it was read with a repair"),
    ("first", "the first of a stream"),
    ("last", "the last of a stream"),
];

const fn field(
    name: &'static str,
    takes: Takes,
    says: &'static str,
    example: &'static str,
    prepare: fn(&Asked<'_>) -> Leaf,
) -> FieldInfo {
    let prepare = Prepare::Tables(prepare);
    FieldInfo { name, aliases: &[], says, example, takes, of_payload: false, of_sagas: false, prepare }
}

const fn asking(
    name: &'static str,
    takes: Takes,
    says: &'static str,
    example: &'static str,
    prepare: fn(&Asked<'_>) -> Option<Leaf>,
) -> FieldInfo {
    let prepare = Prepare::Query(prepare);
    FieldInfo { name, aliases: &[], says, example, takes, of_payload: false, of_sagas: false, prepare }
}

impl FieldInfo {
    const fn or(mut self, aliases: &'static [&'static str]) -> Self {
        self.aliases = aliases;
        self
    }

    const fn of_payload(mut self) -> Self {
        self.of_payload = true;
        self
    }

    const fn of_sagas(mut self) -> Self {
        self.of_sagas = true;
        self
    }

    /// Makes a term ready; `None` when cancelled.
    pub(super) fn prepare(&self, asked: &Asked<'_>) -> Option<Leaf> {
        match self.prepare {
            Prepare::Tables(prepare) => Some(prepare(asked)),
            Prepare::Query(prepare) => prepare(asked),
        }
    }

    /// Whether it is called so.
    fn is_called(&self, name: &str) -> bool {
        self.name.eq_ignore_ascii_case(name)
            || self.aliases.iter().any(|alias| alias.eq_ignore_ascii_case(name))
    }

    /// Whether a path follows its name.
    pub fn has_path(&self) -> bool {
        self.takes == Takes::Value
    }
}

/// Every field.
pub static FIELDS: &[FieldInfo] = &[
    field("type", Takes::Name, "the event type", "type:payment.*", names::by_type),
    field("stream", Takes::Name, "a stream, by its id or Type/id", "stream:order-42", names::by_stream),
    field("aggregate", Takes::Name, "the kind of a stream", "aggregate:Order", names::by_aggregate),
    field(
        "corr",
        Takes::Id,
        "the correlation id, or its beginning and *",
        "corr:8f7b*",
        names::by_correlation,
    )
    .or(&["correlation"]),
    field("source", Takes::Name, "the file that it was read from", "source:payments*", names::by_source),
    field(
        "kind",
        Takes::Words(KINDS),
        "event, command or integration event",
        "kind:integration",
        names::by_kind,
    ),
    field("is", Takes::Words(BEING), "what an event is", "is:failure", names::by_being),
    field(
        "after",
        Takes::Time(Side::From),
        "at this time or later",
        "after:2026-03-01T08:00",
        numbers::by_time,
    ),
    field("before", Takes::Time(Side::Before), "earlier than this time", "before:10m", numbers::by_time),
    field("time", Takes::Time(Side::Within), "when it happened", "time:2026-03-01", numbers::by_time)
        .or(&["at"]),
    field("wait", Takes::Duration, "the time since its cause", "wait>2s", numbers::by_wait),
    field("version", Takes::Number, "its version in a stream", "version<3", numbers::by_version),
    field("position", Takes::Number, "its global position", "position:100..200", numbers::by_position),
    field("row", Takes::Number, "its place in the open log", "row:42", numbers::by_row),
    field(
        "stream.events",
        Takes::Number,
        "how many events its stream has",
        "stream.events>100",
        numbers::by_stream_events,
    ),
    field(
        "corr.events",
        Takes::Number,
        "how many events its correlation has",
        "corr.events>20",
        numbers::by_correlation_events,
    ),
    asking(
        "stream.has",
        Takes::Query,
        "an event of its stream matches",
        "stream.has:(is:failure)",
        names::by_stream_query,
    ),
    asking(
        "corr.has",
        Takes::Query,
        "an event of its correlation matches",
        "corr.has:(type:*.lost)",
        names::by_correlation_query,
    ),
    asking(
        "cause",
        Takes::Event,
        "an event that led to it, within so many hops",
        "cause:(is:failure)/2",
        causes::caused_by,
    ),
    asking(
        "effect",
        Takes::Event,
        "an event that it led to, within so many hops",
        "effect:42",
        causes::leading_to,
    ),
    field("saga", Takes::Name, "outcome or definition of its saga", "saga:stuck", sagas::by_saga).of_sagas(),
    field(
        "saga.step",
        Takes::Name,
        "the step in hand of its saga, or the last one",
        "saga.step:*payment*",
        sagas::by_step,
    )
    .of_sagas(),
    field("saga.events", Takes::Number, "how many events its saga has", "saga.events>30", sagas::by_events)
        .of_sagas(),
    field(
        "saga.retries",
        Takes::Number,
        "attempts of its saga beyond the first",
        "saga.retries>=3",
        sagas::by_retries,
    )
    .of_sagas(),
    field(
        "saga.owed",
        Takes::Number,
        "how much its saga owes: effects not undone",
        "saga.owed>0",
        sagas::by_owed,
    )
    .of_sagas(),
    field(
        "saga.duration",
        Takes::Duration,
        "from first to last event of its saga",
        "saga.duration>5m",
        sagas::by_duration,
    )
    .of_sagas(),
    field("data", Takes::Value, "a value inside the data", "data.items[*].sku=\"A-1\"", deep::by_value)
        .of_payload(),
    field("meta", Takes::Value, "a value inside the metadata", "meta.userId=7", deep::by_value)
        .or(&["metadata"])
        .of_payload(),
    field("has", Takes::Path, "there is such a value", "has:data.coupon", deep::by_existence)
        .or(&["exists"])
        .of_payload(),
    field("id", Takes::Id, "the event's own id", "id:6f1c*", deep::by_id).of_payload(),
    field("schema", Takes::Name, "the version of its schema", "schema:2", deep::by_schema).of_payload(),
    field("size", Takes::Size, "bytes of its data as stored", "size>10kB", deep::by_size).of_payload(),
    field(
        "text",
        Takes::Text,
        "text in data, metadata, ids, type or stream",
        "text:\"out of stock\"",
        deep::by_text,
    )
    .of_payload(),
];

/// The field called `name`.
pub fn field_called(name: &str) -> Option<&'static FieldInfo> {
    FIELDS.iter().find(|field| field.is_called(name))
}

/// The field that a word without one asks.
pub(super) fn text_field() -> &'static FieldInfo {
    field_called("text").expect("text is a field")
}
