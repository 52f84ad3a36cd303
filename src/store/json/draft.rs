//! An event whose fields are still raw values, found by name or by pointer; what is in none of them is the rest.

use std::borrow::Cow;
use std::collections::BTreeSet;

use serde_json::value::RawValue;

use super::quick::NamesId;
use super::record::Record;
use super::values;
use crate::model::{EventKind, JsonText, Membership, Payload, RecordedEvent, StreamName, Timestamp};
use crate::store::mapping::{Field, folded, spelling_rank};

/// Fields of [`Field`].
const FIELD_COUNT: usize = Field::Kind as usize + 1;

/// Keys in metadata that name what an event belongs to, beside the spellings of the field itself. Folded.
pub(super) const CORRELATION_KEYS: [&str; 3] =
    ["correlationstreamname", "nservicebusconversationid", "xtraceid"];

/// The same for what caused it.
pub(super) const CAUSATION_KEYS: [&str; 4] =
    ["nservicebusrelatedto", "causationmessageglobalposition", "causationmessageid", "xcausationid"];

/// The raw parts of an event.
#[derive(Default)]
pub(super) struct Draft<'a> {
    fields: [Option<&'a RawValue>; FIELD_COUNT],
    /// Top-level keys that are no field.
    pub(super) rest: Vec<(Cow<'a, str>, &'a RawValue)>,
}

impl<'a> Draft<'a> {
    /// The raw value of `field`.
    pub(super) fn get(&self, field: Field) -> Option<&'a RawValue> {
        self.fields[field as usize]
    }

    /// Fills `field`; null fills nothing.
    pub(super) fn set(&mut self, field: Field, raw: &'a RawValue) {
        if raw.get() != "null" {
            self.fields[field as usize] = Some(raw);
        }
    }

    /// The event. `rest_is_data`: the source has no payload field, so the rest together is the payload;
    /// otherwise it goes to the metadata.
    pub(super) fn event(self, rest_is_data: bool) -> Result<RecordedEvent, String> {
        let mut warnings = Vec::new();
        let text = |field: Field| self.get(field).and_then(values::text);
        let event_type = text(Field::Type).filter(|name| !name.is_empty()).ok_or("It has no event type.")?;
        let mut or_warn = |field: Field, missing: bool, wanted: &str| {
            if missing && let Some(raw) = self.get(field) {
                let shown: String = raw.get().chars().take(60).collect();
                warnings.push(format!("The {} is not {wanted}: {shown}", field.label()));
            }
        };
        let position = self.get(Field::Position).and_then(values::position);
        or_warn(Field::Position, position.is_none(), "an integer from 0");
        let version = self.get(Field::Version).and_then(values::position);
        or_warn(Field::Version, version.is_none(), "an integer from 0");
        let mut time = |field: Field| -> Option<Timestamp> {
            let time = self.get(field).and_then(values::time);
            or_warn(field, time.is_none(), "a time that can be read");
            time
        };
        let (occurred_at, recorded_at) = (time(Field::OccurredAt), time(Field::RecordedAt));
        let kind = self.get(Field::Kind).map(|raw| values::string(raw).and_then(|word| kind_of(&word)));
        or_warn(Field::Kind, kind == Some(None), "event, command or integration");
        let streams = text(Field::Stream)
            .map(|id| Membership {
                stream: StreamName { aggregate_type: text(Field::AggregateType), id },
                version,
                role: None,
            })
            .into_iter()
            .collect();

        let data = self.get(Field::Data).map(values::payload);
        // As stored, or the document that a text holds.
        let held = self
            .get(Field::Metadata)
            .map(|raw| values::held_document(raw).unwrap_or_else(|| JsonText::from_raw(raw)));
        let (data, extra) = match data {
            None if rest_is_data => {
                (values::object(self.rest.into_iter())?.map_or(Payload::Missing, Payload::Json), Vec::new())
            }
            data => (data.unwrap_or_default(), self.rest),
        };
        let beside = held.as_ref().and_then(|text| Record::parse(text.as_str()).ok()).unwrap_or_default();
        let named = |field: Field, more: &[&str]| nested_id(&beside, field, more);
        let text = |field: Field| self.fields[field as usize].and_then(values::text);
        let correlation_id =
            text(Field::CorrelationId).or_else(|| named(Field::CorrelationId, &CORRELATION_KEYS));
        let causation_id = text(Field::CausationId).or_else(|| named(Field::CausationId, &CAUSATION_KEYS));
        Ok(RecordedEvent {
            position,
            id: text(Field::Id),
            kind: kind.flatten().unwrap_or_default(),
            event_type,
            schema_version: text(Field::SchemaVersion),
            streams,
            occurred_at,
            recorded_at,
            correlation_id,
            causation_id,
            data,
            metadata: merged(held.as_ref(), &beside, extra)?,
            warnings,
        })
    }
}

/// The kind by its word or by Emmett's letter.
pub(super) fn kind_of(word: &str) -> Option<EventKind> {
    match word.to_ascii_lowercase().as_str() {
        "e" => Some(EventKind::Event),
        "c" => Some(EventKind::Command),
        word => EventKind::from_word(word),
    }
}

/// Whether [`nested_id`] looks at a key.
pub(super) fn names_id(key: &str) -> NamesId {
    let is = |field: Field, more: &[&str]| {
        spelling_rank(field, key).is_some() || more.contains(&folded(key).as_str())
    };
    NamesId {
        correlation: is(Field::CorrelationId, &CORRELATION_KEYS),
        causation: is(Field::CausationId, &CAUSATION_KEYS),
    }
}

/// The id under the most telling key of an object.
pub(super) fn nested_id(object: &Record<'_>, field: Field, more: &[&str]) -> Option<String> {
    let rank = |key: &str| {
        spelling_rank(field, key).or_else(|| {
            let key = folded(key);
            more.iter().position(|known| *known == key).map(|rank| 100 + rank)
        })
    };
    object
        .keys
        .iter()
        .filter_map(|(key, raw)| Some((rank(key)?, values::text(raw).filter(|id| !id.is_empty())?)))
        .min_by_key(|(rank, _)| *rank)
        .map(|(_, id)| id)
}

/// Metadata as stored, with `extra` behind. An empty object is nothing.
fn merged(
    metadata: Option<&JsonText>,
    object: &Record<'_>,
    extra: Vec<(Cow<'_, str>, &RawValue)>,
) -> Result<Option<JsonText>, String> {
    let extra: Vec<_> =
        extra.into_iter().filter(|(_, raw)| raw.get() != "null" && raw.get() != "{}").collect();
    let is_object = metadata.is_none_or(|text| text.as_str().starts_with('{'));
    if extra.is_empty() {
        let kept = metadata.filter(|_| !is_object || !object.keys.is_empty());
        return Ok(kept.cloned());
    }
    if let Some(text) = metadata.filter(|_| !is_object) {
        // A list or a bare text beside the extras.
        let raw: &RawValue = serde_json::from_str(text.as_str()).map_err(|error| error.to_string())?;
        return values::object(std::iter::once((Cow::Borrowed("metadata"), raw)).chain(extra));
    }
    let taken: BTreeSet<&str> = object.keys.iter().map(|(key, _)| key.as_ref()).collect();
    let renamed = extra.into_iter().map(|(key, raw)| {
        if taken.contains(key.as_ref()) { (Cow::Owned(format!("record.{key}")), raw) } else { (key, raw) }
    });
    let own = object.keys.iter().map(|(key, raw)| (Cow::Borrowed(key.as_ref()), *raw));
    values::object(own.chain(renamed))
}
