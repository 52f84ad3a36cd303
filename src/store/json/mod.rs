//! Files of JSON: lines, arrays and single documents. [`layout`] tells how records lie, [`frames`] cuts them out in
//! bounded memory, [`record`] makes events of them with what a format adds; each format is one file. For the index,
//! [`lines`] reads files of lines by several threads and [`quick`] takes from most lines only what an index keeps.

mod canonical;
mod cloudevents;
mod draft;
mod elements;
mod escapes;
mod events;
mod frames;
mod identity;
mod jaeger;
mod kafka;
mod layout;
mod lines;
mod mapped;
mod ocel;
mod ordered;
mod otlp;
mod outline;
mod quick;
mod reader;
mod record;
mod resume;
mod scan;
mod sieve;
mod sorted;
mod temporal;
mod traces;
mod values;

pub use canonical::{JsonlWriter, event_to_json};

pub(super) use canonical::SagascopeJsonl;
pub(super) use cloudevents::CloudEventsJson;
pub(super) use events::JsonEvents;
pub(super) use jaeger::JaegerJson;
pub(super) use kafka::KafkaJson;
pub(super) use layout::look;
pub(super) use mapped::{open_mapped, propose};
pub(super) use ocel::OcelJson;
pub(super) use otlp::OtlpJson;
pub(super) use temporal::TemporalJson;
