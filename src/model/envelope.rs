//! What the index keeps of an event: everything but its payload and metadata. Many of them are packed together, the
//! texts in one buffer, because a log has millions and a reader makes them far from where they are indexed.

use std::collections::HashMap;
use std::hash::{DefaultHasher, Hash as _, Hasher as _};

use super::{EventKind, Locator, RecordedEvent, Timestamp};

/// 128 bits that stand for an id: a UUID's own, a bare number's, else a hash. Two ids of one log share them with a
/// chance below 2^-80 even at ten million events.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct IdKey(pub u128);

/// Upper half of the key of a bare number: no UUID that anybody gives begins so.
const NUMBER: u128 = u64::MAX as u128;

impl IdKey {
    /// The key of an id as a store spells it.
    pub fn of(id: &str) -> Self {
        // Short, for from sixteen digits on nobody gives a number twice (a span's id, a snowflake); and spelled in one
        // way: `07` is another id than `7`.
        let is_number = (1..=15).contains(&id.len()) && id.bytes().all(|byte| byte.is_ascii_digit());
        if is_number
            && (id.len() == 1 || !id.starts_with('0'))
            && let Ok(number) = id.parse::<u64>()
        {
            return Self(NUMBER << 64 | u128::from(number));
        }
        if let Ok(uuid) = uuid::Uuid::try_parse(id) {
            return Self(uuid.as_u128());
        }
        let half = |salt: u8| {
            let mut hasher = DefaultHasher::new();
            (salt, id).hash(&mut hasher);
            u128::from(hasher.finish())
        };
        Self((half(0) << 64) | half(1))
    }

    /// Whether it stands for a bare number, as `7`: an id that every store gives, each to an event of its own.
    pub fn is_number(self) -> bool {
        self.0 >> 64 == NUMBER
    }
}

/// A stream that an event belongs to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Member<'a> {
    /// What kind of aggregate, if the store says so.
    pub aggregate_type: Option<&'a str>,
    /// The stream's id as stored.
    pub stream: &'a str,
    /// Version of the event there.
    pub version: Option<i64>,
}

/// An event without payload and metadata, as somebody else's text.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Envelope<'a> {
    /// Position in the store's global order.
    pub position: Option<i64>,
    /// Stands for the event's own id.
    pub id: Option<IdKey>,
    /// Event, command or integration event.
    pub kind: EventKind,
    /// The event type's name.
    pub event_type: &'a str,
    /// Version of the payload's schema.
    pub schema_version: Option<&'a str>,
    /// When it happened, else when it was written.
    pub time: Option<Timestamp>,
    /// What it belongs to.
    pub correlation_id: Option<&'a str>,
    /// Stands for the id of what caused it.
    pub cause: Option<IdKey>,
    /// Whether it was read with a repair.
    pub has_warnings: bool,
}

/// A text in the buffer of its [`Envelopes`].
#[derive(Clone, Copy, Debug, Default)]
struct Span {
    from: u32,
    len: u32,
}

/// A name in the list of its [`Envelopes`].
pub type NameNumber = u32;

#[derive(Clone, Copy, Debug)]
struct PackedMember {
    aggregate_type: Option<NameNumber>,
    stream: Span,
    version: Option<i64>,
}

#[derive(Clone, Copy, Debug)]
struct Packed {
    locator: Locator,
    position: Option<i64>,
    id: Option<IdKey>,
    cause: Option<IdKey>,
    time: Option<Timestamp>,
    event_type: NameNumber,
    schema_version: Option<NameNumber>,
    correlation_id: Option<Span>,
    /// Its streams: those before this place that are not of an earlier event.
    members_end: u32,
    kind: EventKind,
    has_warnings: bool,
}

/// Envelopes in the order of their source, each with the place to fetch the event from.
#[derive(Debug, Default)]
pub struct Envelopes {
    items: Vec<Packed>,
    members: Vec<PackedMember>,
    text: String,
    /// Few and repeated: types, aggregate types, schema versions.
    names: Vec<String>,
    numbers: HashMap<String, NameNumber>,
    /// Numbers of names met lately, by their length and ends.
    recent: Vec<NameNumber>,
}

/// Slots of [`Envelopes::recent`].
const RECENT: usize = 256;

/// One of [`Envelopes`], with its names as numbers.
#[derive(Clone, Copy, Debug)]
pub struct EnvelopeRef<'a> {
    of: &'a Envelopes,
    item: &'a Packed,
    members: &'a [PackedMember],
}

impl Envelopes {
    /// Number of events.
    pub fn len(&self) -> usize {
        self.items.len()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.items.is_empty()
    }

    /// Forgets all, and keeps the memory.
    pub fn clear(&mut self) {
        self.items.clear();
        self.members.clear();
        self.text.clear();
        self.names.clear();
        self.numbers.clear();
        self.recent.clear();
    }

    /// Adds an event that belongs to `streams`, the home stream first.
    pub fn add<'m>(
        &mut self,
        locator: Locator,
        envelope: &Envelope<'_>,
        streams: impl IntoIterator<Item = Member<'m>>,
    ) {
        for member in streams {
            let aggregate_type = member.aggregate_type.map(|name| self.name(name));
            let stream = self.keep(member.stream);
            self.members.push(PackedMember { aggregate_type, stream, version: member.version });
        }
        let item = Packed {
            locator,
            position: envelope.position,
            id: envelope.id,
            cause: envelope.cause,
            time: envelope.time,
            event_type: self.name(envelope.event_type),
            schema_version: envelope.schema_version.map(|name| self.name(name)),
            correlation_id: envelope.correlation_id.map(|id| self.keep(id)),
            members_end: self.members.len() as u32,
            kind: envelope.kind,
            has_warnings: envelope.has_warnings,
        };
        self.items.push(item);
    }

    /// Adds what is to be kept of a whole event.
    pub fn add_event(&mut self, locator: Locator, event: &RecordedEvent) {
        let envelope = Envelope {
            position: event.position,
            id: event.id.as_deref().map(IdKey::of),
            kind: event.kind,
            event_type: &event.event_type,
            schema_version: event.schema_version.as_deref(),
            time: event.time(),
            correlation_id: event.correlation_id.as_deref(),
            cause: event.causation_id.as_deref().map(IdKey::of),
            has_warnings: !event.warnings.is_empty(),
        };
        let members = event.streams.iter().map(|member| Member {
            aggregate_type: member.stream.aggregate_type.as_deref(),
            stream: &member.stream.id,
            version: member.version,
        });
        self.add(locator, &envelope, members);
    }

    fn keep(&mut self, text: &str) -> Span {
        let from = self.text.len() as u32;
        self.text.push_str(text);
        Span { from, len: text.len() as u32 }
    }

    fn name(&mut self, name: &str) -> NameNumber {
        let bytes = name.as_bytes();
        let end = |at: usize| u32::from(bytes.get(at).copied().unwrap_or_default());
        let (half, last) = (bytes.len() / 2, bytes.len().wrapping_sub(1));
        let mixed = (bytes.len() as u32) ^ (end(0) << 3) ^ (end(half) << 5) ^ (end(last) << 1);
        let slot = mixed as usize % RECENT;
        if let Some(number) = self.recent.get(slot)
            && self.names.get(*number as usize).is_some_and(|known| known == name)
        {
            return *number;
        }
        let number = self.numbers.get(name).copied().unwrap_or_else(|| {
            let number = self.names.len() as NameNumber;
            self.names.push(name.to_owned());
            self.numbers.insert(name.to_owned(), number);
            number
        });
        self.recent.resize(RECENT, NameNumber::MAX);
        self.recent[slot] = number;
        number
    }

    fn text(&self, span: Span) -> &str {
        &self.text[span.from as usize..(span.from + span.len) as usize]
    }

    /// The names that its events number.
    pub fn names(&self) -> &[String] {
        &self.names
    }

    /// The events in order.
    pub fn iter(&self) -> impl Iterator<Item = EnvelopeRef<'_>> {
        let mut from = 0;
        self.items.iter().map(move |item| {
            let end = item.members_end as usize;
            let members = &self.members[from..end];
            from = end;
            EnvelopeRef { of: self, item, members }
        })
    }
}

impl<'a> EnvelopeRef<'a> {
    /// Where the event lies.
    pub fn locator(&self) -> Locator {
        self.item.locator
    }

    /// Stands for its own id.
    pub fn id(&self) -> Option<IdKey> {
        self.item.id
    }

    /// Number of its type's name.
    pub fn type_number(&self) -> NameNumber {
        self.item.event_type
    }

    /// Number of its schema version's name.
    pub fn schema_number(&self) -> Option<NameNumber> {
        self.item.schema_version
    }

    /// Its streams, the home stream first: number of the aggregate type's name, id, version.
    pub fn streams(&self) -> impl ExactSizeIterator<Item = (Option<NameNumber>, &'a str, Option<i64>)> + 'a {
        let of = self.of;
        self.members.iter().map(|member| (member.aggregate_type, of.text(member.stream), member.version))
    }

    /// Its streams by name.
    pub fn members(&self) -> impl Iterator<Item = Member<'a>> + 'a {
        let of = self.of;
        self.streams().map(|(aggregate_type, stream, version)| Member {
            aggregate_type: aggregate_type.map(|number| of.names[number as usize].as_str()),
            stream,
            version,
        })
    }

    /// All but its streams.
    pub fn envelope(&self) -> Envelope<'a> {
        let Self { of, item, .. } = *self;
        let name = |number: NameNumber| of.names[number as usize].as_str();
        Envelope {
            position: item.position,
            id: item.id,
            kind: item.kind,
            event_type: name(item.event_type),
            schema_version: item.schema_version.map(name),
            time: item.time,
            correlation_id: item.correlation_id.map(|span| of.text(span)),
            cause: item.cause,
            has_warnings: item.has_warnings,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{Membership, StreamName};

    #[test]
    fn what_is_packed_comes_out_again_and_nothing_after_clearing() {
        let membership = |name: StreamName, version| Membership { stream: name, version, role: None };
        let events: Vec<RecordedEvent> = (0..1_000)
            .map(|n| RecordedEvent {
                position: (n % 3 > 0).then_some(n),
                id: (n % 5 > 0).then(|| format!("id {n}")),
                event_type: format!("type.{}", n % 300),
                schema_version: (n % 2 > 0).then(|| "2".to_owned()),
                streams: (0..n % 4)
                    .map(|at| {
                        let name = format!("s{n}.{at}");
                        let name =
                            if at > 1 { StreamName::untyped(name) } else { StreamName::new("S", name) };
                        membership(name, (at > 0).then_some(at))
                    })
                    .collect(),
                recorded_at: Some(Timestamp::from_nanos(n, 9)),
                correlation_id: (n % 7 > 0).then(|| format!("c{}", n / 7)),
                causation_id: (n > 0).then(|| format!("id {}", n - 1)),
                warnings: if n % 11 == 0 { vec!["w".to_owned()] } else { Vec::new() },
                ..RecordedEvent::default()
            })
            .collect();
        let mut packed = Envelopes::default();
        for _ in 0..2 {
            packed.clear();
            assert_eq!((packed.iter().count(), packed.names().len()), (0, 0));
            for (at, event) in events.iter().enumerate() {
                packed.add_event(Locator { at: at as u64, len: 1 }, event);
            }
            assert_eq!(packed.len(), events.len());
            for ((at, event), seen) in events.iter().enumerate().zip(packed.iter()) {
                let envelope = seen.envelope();
                assert_eq!(seen.locator(), Locator { at: at as u64, len: 1 });
                assert_eq!((envelope.event_type, envelope.position), (&*event.event_type, event.position));
                assert_eq!(envelope.schema_version, event.schema_version.as_deref());
                assert_eq!(envelope.id, event.id.as_deref().map(IdKey::of));
                assert_eq!(envelope.cause, event.causation_id.as_deref().map(IdKey::of));
                assert_eq!(envelope.correlation_id, event.correlation_id.as_deref());
                assert_eq!(envelope.has_warnings, !event.warnings.is_empty());
                assert_eq!(envelope.time, event.time());
                let members: Vec<Membership> = seen
                    .members()
                    .map(|member| {
                        let aggregate_type = member.aggregate_type.map(str::to_owned);
                        membership(
                            StreamName { aggregate_type, id: member.stream.to_owned() },
                            member.version,
                        )
                    })
                    .collect();
                assert_eq!(members, event.streams);
            }
        }
    }
}
