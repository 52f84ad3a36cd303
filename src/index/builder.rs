//! The one writer of a log.

use std::hash::{DefaultHasher, Hash as _, Hasher as _};
use std::sync::Arc;

use foldhash::HashMap;

use super::columns::{Columns, ExtraMembership, Flags, NO_ID, NO_NUMBER, NO_ROW};
use super::intern::Interner;
use super::log::{EventLog, SourceSummary};
use super::order::Order;
use super::tables::{CorrelationInfo, StreamInfo, TimeRange, TypeInfo};
use crate::base::limits::ISSUES_KEPT_MAX;
use crate::model::{
    Locator, Membership, ReadIssue, RecordedEvent, Row, SourceId, Timestamp, is_failure_type, type_family,
};

/// Takes events source by source and publishes snapshots.
#[derive(Debug, Default)]
pub struct LogBuilder {
    log: EventLog,
    types: Interner,
    aggregate_types: Interner,
    aggregate_type_names: Vec<Arc<str>>,
    correlations: Interner,
    /// Stream numbers by (source, aggregate type), then id.
    streams: HashMap<(u16, u32), HashMap<Arc<str>, u32>>,
    /// Event ids as 128 bits: a UUID's own, else a hash.
    ids: HashMap<u128, Row>,
    /// Events whose cause has not been read yet.
    waiting: HashMap<u128, Vec<Row>>,
}

impl LogBuilder {
    /// Begins the next source.
    pub fn add_source(&mut self) -> SourceId {
        let source = SourceId(self.log.sources.len() as u16);
        self.log.sources.push(Columns::default());
        self.log.summaries.push(SourceSummary::default());
        source
    }

    /// Events so far.
    pub fn len(&self) -> usize {
        self.log.len
    }

    /// Whether no event was added yet.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Records that could not be read so far, over all sources.
    pub fn issues(&self) -> u64 {
        self.log.summaries.iter().map(|summary| summary.issues).sum()
    }

    /// Adds the next event of a source.
    pub fn push(&mut self, source: SourceId, locator: Locator, event: &RecordedEvent) -> Row {
        let at = usize::from(source.0);
        let ordinal = self.log.sources[at].len();
        let row = Row::new(source, ordinal);
        let time = event.time();
        let event_type = self.type_number(event, time);
        let home = event.home().map(|home| (self.membership(source, ordinal, home, time), home.version));
        let extra: Vec<ExtraMembership> = event
            .streams
            .iter()
            .skip(1)
            .map(|membership| ExtraMembership {
                ordinal: ordinal as u32,
                stream: self.membership(source, ordinal, membership, time),
                version: membership.version.unwrap_or(NO_NUMBER),
            })
            .collect();
        let correlation =
            event.correlation_id.as_deref().map_or(NO_ID, |id| self.correlation_number(id, row));
        let cause = self.resolve_cause(event, row, correlation);

        let columns = &mut self.log.sources[at];
        let nanos = time.map_or(NO_NUMBER, Timestamp::nanos);
        let key = columns.keys.last().map_or(nanos, |last| nanos.max(*last));
        columns.positions.push(event.position.unwrap_or(NO_NUMBER));
        columns.times.push(nanos);
        columns.keys.push(key);
        columns.types.push(event_type);
        columns.streams.push(home.map_or(NO_ID, |(stream, _)| stream));
        columns.versions.push(home.and_then(|(_, version)| version).unwrap_or(NO_NUMBER));
        columns.correlations.push(correlation);
        columns.causes.push(cause.map_or(NO_ROW, Row::raw));
        columns.offsets.push(locator.at);
        columns.lengths.push(locator.len);
        columns.flags.push(Flags::new(
            time.map_or(0, Timestamp::digits),
            event.kind,
            !event.warnings.is_empty(),
        ));
        for membership in extra {
            columns.memberships.push(membership);
        }

        let summary = &mut self.log.summaries[at];
        summary.events += 1;
        summary.warnings += u64::from(!event.warnings.is_empty());
        if let Some(time) = time {
            summary.times.include(time);
            self.log.times.include(time);
        }
        self.log.len += 1;
        row
    }

    /// Adds a record that could not be read.
    pub fn push_issue(&mut self, source: SourceId, issue: ReadIssue) {
        self.log.summaries[usize::from(source.0)].issues += 1;
        if self.log.issues.len() < ISSUES_KEPT_MAX {
            self.log.issues.push((source, issue));
        }
    }

    /// Everything so far, as a snapshot that never changes.
    pub fn publish(&mut self) -> EventLog {
        self.log.generation += 1;
        self.log.order = Order::of(&self.log.sources);
        self.log.clone()
    }

    fn type_number(&mut self, event: &RecordedEvent, time: Option<Timestamp>) -> u32 {
        let (number, new) = self.types.number(&event.event_type);
        if let Some(name) = new {
            self.log.types.push(TypeInfo {
                family: type_family(&name).into(),
                is_failure: is_failure_type(&name),
                name,
                schema_versions: Vec::new(),
                events: 0,
                times: TimeRange::default(),
            });
        }
        let info = self.log.types.get_mut(number as usize).expect("pushed with its number");
        info.events += 1;
        if let Some(time) = time {
            info.times.include(time);
        }
        if let Some(version) = &event.schema_version
            && !info.schema_versions.iter().any(|known| **known == **version)
        {
            info.schema_versions.push(version.as_str().into());
        }
        number
    }

    /// Registers `ordinal` with the stream of `membership`; gives the stream's number.
    fn membership(
        &mut self,
        source: SourceId,
        ordinal: usize,
        membership: &Membership,
        time: Option<Timestamp>,
    ) -> u32 {
        let name = &membership.stream;
        let kind = name.aggregate_type.as_deref().map_or(NO_ID, |kind| {
            let (number, new) = self.aggregate_types.number(kind);
            self.aggregate_type_names.extend(new);
            number
        });
        let of_kind = self.streams.entry((source.0, kind)).or_default();
        let number = if let Some(number) = of_kind.get(name.id.as_str()) {
            *number
        } else {
            let number = self.log.streams.len() as u32;
            let id: Arc<str> = name.id.as_str().into();
            of_kind.insert(Arc::clone(&id), number);
            self.log.streams.push(StreamInfo {
                source,
                id,
                aggregate_type: self.aggregate_type_names.get(kind as usize).cloned(),
                ordinals: Arc::default(),
                versions: None,
                times: TimeRange::default(),
            });
            number
        };
        let info = self.log.streams.get_mut(number as usize).expect("pushed with its number");
        // An event that names the same stream twice is still one event of it.
        if info.ordinals.last() != Some(&(ordinal as u32)) {
            Arc::make_mut(&mut info.ordinals).push(ordinal as u32);
        }
        if let Some(version) = membership.version {
            let (low, high) = info.versions.unwrap_or((version, version));
            info.versions = Some((low.min(version), high.max(version)));
        }
        if let Some(time) = time {
            info.times.include(time);
        }
        number
    }

    fn correlation_number(&mut self, id: &str, row: Row) -> u32 {
        let (number, new) = self.correlations.number(id);
        if let Some(id) = new {
            self.log.correlations.push(CorrelationInfo { id, rows: Arc::default() });
        }
        let info = self.log.correlations.get_mut(number as usize).expect("pushed with its number");
        Arc::make_mut(&mut info.rows).push(row);
        number
    }

    /// The row of the event's cause if it was read before; else it is resolved when that event comes.
    fn resolve_cause(&mut self, event: &RecordedEvent, row: Row, correlation: u32) -> Option<Row> {
        let own = event.id.as_deref().map(id_key);
        if let Some(own) = own {
            for effect in self.waiting.remove(&own).unwrap_or_default() {
                let columns = &mut self.log.sources[usize::from(effect.source().0)];
                if let Some(cause) = columns.causes.get_mut(effect.ordinal()) {
                    *cause = row.raw();
                }
                if correlation != NO_ID && columns.correlations[effect.ordinal()] != correlation {
                    self.log.strays.push(effect);
                }
            }
            self.ids.entry(own).or_insert(row);
        }
        // Some stores write an event's own id as the cause of the first in a chain.
        let key = event.causation_id.as_deref().map(id_key).filter(|cause| Some(*cause) != own)?;
        let Some(cause) = self.ids.get(&key).copied() else {
            self.waiting.entry(key).or_default().push(row);
            return None;
        };
        let of_cause = self.log.sources[usize::from(cause.source().0)].correlations[cause.ordinal()];
        if of_cause != NO_ID && of_cause != correlation {
            self.log.strays.push(row);
        }
        Some(cause)
    }
}

/// 128 bits that stand for an id: a UUID's own bits, else a hash. Two ids of one log share them with a chance
/// below 2^-80 even at ten million events.
fn id_key(id: &str) -> u128 {
    if let Ok(uuid) = uuid::Uuid::try_parse(id) {
        return uuid.as_u128();
    }
    let half = |salt: u8| {
        let mut hasher = DefaultHasher::new();
        (salt, id).hash(&mut hasher);
        u128::from(hasher.finish())
    };
    (half(0) << 64) | half(1)
}
