//! Which column or path of an unknown source is which field of an event: proposed from names and values,
//! confirmed by a person, remembered by the shape, written as TOML. The guessing itself is in [`propose_fields`].

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::Value;

mod propose;

pub(crate) use propose::fields_by_name;
pub use propose::propose_fields;

/// A field of the canonical event that a mapping can fill.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Field {
    /// Event type.
    Type,
    /// Stream id.
    Stream,
    /// Aggregate type.
    AggregateType,
    /// Version in the stream.
    Version,
    /// When it happened.
    OccurredAt,
    /// When it was written.
    RecordedAt,
    /// Event id.
    Id,
    /// Global position.
    Position,
    /// Payload; without one, all unmapped columns together are the payload.
    Data,
    /// Metadata.
    Metadata,
    /// Correlation id.
    CorrelationId,
    /// Causation id.
    CausationId,
    /// Schema version.
    SchemaVersion,
    /// Event, command or integration event.
    Kind,
}

/// Every field with its label and the spellings by which it is known, most telling first. Spellings are
/// compared in lower case without `_`, `-`, `.`, `$` and blanks.
pub static FIELDS: &[(Field, &str, &[&str])] = &[
    (
        Field::Type,
        "type",
        &[
            "type",
            "eventtype",
            "eventname",
            "messagetype",
            "event",
            "name",
            "topic",
            "action",
            "activity",
            "kind",
            "cetype",
        ],
    ),
    (
        Field::Stream,
        "stream",
        &[
            "streamid",
            "aggregateid",
            "stream",
            "streamname",
            "aggregaterootid",
            "aggregateuuid",
            "aggregateidentifier",
            "originatorid",
            "entityid",
            "aggregate",
            "persistenceid",
            "channel",
            "objectid",
            "partitionkey",
            "subject",
        ],
    ),
    (
        Field::AggregateType,
        "aggregate type",
        &[
            "aggregatetype",
            "streamtype",
            "aggregatename",
            "entitytype",
            "category",
            "streamcategory",
            "objecttype",
        ],
    ),
    (
        Field::Version,
        "version",
        &[
            "version",
            "streamversion",
            "aggregateversion",
            "sequence",
            "sequencenumber",
            "sequencenr",
            "streamposition",
            "aggregatesequencenumber",
            "eventnumber",
            "revision",
            "playhead",
            "originatorversion",
            "streamrevision",
            "seq",
        ],
    ),
    (
        Field::OccurredAt,
        "time",
        &[
            "occurredat",
            "occurredon",
            "at",
            "time",
            "timestamp",
            "ts",
            "eventtime",
            "happenedat",
            "createdat",
            "created",
            "createdon",
            "createdutc",
            "date",
            "datetime",
        ],
    ),
    (
        Field::RecordedAt,
        "recorded at",
        &["recordedat", "recordedon", "storedat", "insertedat", "timeofrecording", "persistedat"],
    ),
    (Field::Id, "id", &["eventid", "messageid", "id", "uuid", "eventuuid", "eventidentifier", "identifier"]),
    (
        Field::Position,
        "position",
        &[
            "globalposition",
            "global",
            "globalindex",
            "globalsequence",
            "globalsequencenumber",
            "position",
            "offset",
            "checkpoint",
            "ordering",
            "no",
            "seqid",
            "notificationid",
        ],
    ),
    (
        Field::Data,
        "data",
        &[
            "data",
            "payload",
            "eventdata",
            "messagedata",
            "body",
            "eventpayload",
            "state",
            "jsondata",
            "properties",
            "content",
            "message",
        ],
    ),
    (
        Field::Metadata,
        "metadata",
        &[
            "metadata",
            "meta",
            "eventmetadata",
            "messagemetadata",
            "headers",
            "jsonmetadata",
            "context",
            "extra",
        ],
    ),
    (
        Field::CorrelationId,
        "correlation",
        &[
            "correlationid",
            "correlation",
            "xcorrelationid",
            "nservicebuscorrelationid",
            "conversationid",
            "traceid",
            "workflowid",
            "sagaid",
            "processid",
        ],
    ),
    (
        Field::CausationId,
        "causation",
        &["causationid", "causation", "causedby", "parentid", "relatedto", "parentspanid", "previouseventid"],
    ),
    (
        Field::SchemaVersion,
        "schema version",
        &["schemaversion", "eventversion", "typeversion", "payloadrevision", "messageschemaversion"],
    ),
    (Field::Kind, "kind", &["messagekind", "eventkind"]),
];

impl Field {
    /// The word in the window and in messages.
    pub fn label(self) -> &'static str {
        FIELDS.iter().find(|(field, ..)| *field == self).map_or("", |(_, label, _)| label)
    }
}

/// A name as spellings are compared.
pub fn folded(name: &str) -> String {
    name.chars().filter(|letter| letter.is_alphanumeric()).flat_map(char::to_lowercase).collect()
}

/// How telling `name` is as a name of `field`: 0 for the best of its spellings, `None` for none of them.
pub fn spelling_rank(field: Field, name: &str) -> Option<usize> {
    let name = folded(name);
    let (_, _, spellings) = FIELDS.iter().find(|(known, ..)| *known == field)?;
    spellings.iter().position(|spelling| *spelling == name)
}

/// How a source's records become events.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Mapping {
    /// The SQLite table; none for JSON.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub table: Option<String>,
    /// Field → column name, or JSON Pointer (`/meta/user`) into the record.
    pub fields: BTreeMap<Field, String>,
}

impl Mapping {
    /// Whether it says enough to be used without asking: a type, and a stream or a time.
    pub fn is_sufficient(&self) -> bool {
        self.fields.contains_key(&Field::Type)
            && [Field::Stream, Field::OccurredAt, Field::RecordedAt]
                .iter()
                .any(|field| self.fields.contains_key(field))
    }

    /// (label, column) pairs for [`super::SourceInfo::mapping`].
    pub fn described(&self) -> Vec<(String, String)> {
        self.fields.iter().map(|(field, column)| (field.label().to_owned(), column.clone())).collect()
    }
}

/// A mapping proposed for a source that no format claims, with what a person needs to judge it.
#[derive(Clone, Debug, Default)]
pub struct Proposal {
    /// The mapping as far as names and values tell.
    pub mapping: Mapping,
    /// What can be chosen: columns, or JSON pointers.
    pub columns: Vec<String>,
    /// The first records, each with one value a column.
    pub preview: Vec<Vec<Value>>,
    /// The same for every source of the same shape; under this key the answer is remembered.
    pub shape_key: String,
    /// Other tables of the same database that could be meant, the proposed one first.
    pub tables: Vec<String>,
}
