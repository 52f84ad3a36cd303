//! The one writer of a log.

use std::hash::BuildHasher as _;
use std::hint::black_box;
use std::sync::Arc;

use foldhash::HashMap;
use foldhash::fast::RandomState;

use super::columns::{Columns, ExtraMembership, Flags, NO_ID, NO_NUMBER, NO_ROW};
use super::intern::Interner;
use super::log::{EventLog, LogData, SourceSummary};
use super::order::Order;
use super::tables::{CorrelationInfo, StreamInfo, TimeRange, TypeInfo};
use crate::base::chunks::Chunks;
use crate::base::limits::ISSUES_KEPT_MAX;
use crate::base::lookup::Lookup;
use crate::model::{
    Envelope, EnvelopeRef, Envelopes, IdKey, Locator, ReadIssue, RecordedEvent, Row, SourceId, Timestamp,
    is_failure_type, type_family,
};

/// Takes events source by source and publishes snapshots.
#[derive(Debug, Default)]
pub struct LogBuilder {
    log: LogData,
    hasher: RandomState,
    types: Interner,
    aggregate_types: Interner,
    aggregate_type_names: Vec<Arc<str>>,
    /// Places of correlations by id.
    correlations: Lookup,
    /// Places of streams by source, aggregate type and id.
    streams: Lookup,
    ids: Ids,
    /// Events whose cause has not been read yet.
    waiting: HashMap<IdKey, Vec<Row>>,
    /// A single event on its way in.
    single: Envelopes,
    /// Numbers in this log of the names in the envelopes being added.
    names: Names,
}

/// Which row has which id: of an id that a source has twice, the first.
#[derive(Debug, Default)]
struct Ids {
    places: Lookup,
    keys: Vec<IdKey>,
    rows: Vec<Row>,
    /// The row of some ids that were added lately, by a part of their hash: most causes are among them.
    recent: Vec<Option<(IdKey, Row)>>,
}

/// Events whose ids are looked up ahead: the table of all ids is larger than a processor's cache, and nearly every id
/// is a new one.
const TOUCHED: usize = 256;

/// Slots of [`Ids::recent`].
const RECENT: usize = 4096;

impl Ids {
    /// The event of `source` that has the id.
    fn of_source(&self, hash: u64, key: IdKey, source: SourceId) -> Option<Row> {
        if let Some(Some((known, row))) = self.recent.get(recent_slot(hash))
            && *known == key
            && row.source() == source
        {
            return Some(*row);
        }
        let is_it =
            |place: u32| self.keys[place as usize] == key && self.rows[place as usize].source() == source;
        self.places.find(hash, is_it).map(|place| self.rows[place as usize])
    }

    /// The event with the id that was read first, of any source.
    fn first(&self, hash: u64, key: IdKey) -> Option<Row> {
        self.places
            .find(hash, |place| self.keys[place as usize] == key)
            .map(|place| self.rows[place as usize])
    }

    /// Adds it, where it is the first of its source; says so.
    fn add(&mut self, hash: u64, key: IdKey, row: Row) -> bool {
        let is_new = self.of_source(hash, key, row.source()).is_none();
        if is_new {
            self.places.add(hash, self.keys.len() as u32);
            self.keys.push(key);
            self.rows.push(row);
            if self.recent.is_empty() {
                self.recent = vec![None; RECENT];
            }
            self.recent[recent_slot(hash)] = Some((key, row));
        }
        is_new
    }
}

fn recent_slot(hash: u64) -> usize {
    hash as usize % RECENT
}

/// For each name in some envelopes, its number as a type and as an aggregate type, once it is known.
#[derive(Debug, Default)]
struct Names {
    types: Vec<u32>,
    aggregate_types: Vec<u32>,
}

impl Names {
    fn begin(&mut self, len: usize) {
        for numbers in [&mut self.types, &mut self.aggregate_types] {
            numbers.clear();
            numbers.resize(len, NO_ID);
        }
    }
}

/// A stream of an event on its way in.
struct Membership<'a> {
    aggregate_type: u32,
    id: &'a str,
    version: Option<i64>,
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
        let row = Row::new(source, self.log.sources[usize::from(source.0)].len());
        let mut single = std::mem::take(&mut self.single);
        single.clear();
        single.add_event(locator, event);
        self.push_all(source, &single);
        self.single = single;
        row
    }

    /// Adds the next events of a source.
    pub fn push_all(&mut self, source: SourceId, envelopes: &Envelopes) {
        let mut names = std::mem::take(&mut self.names);
        names.begin(envelopes.names().len());
        let (mut ahead, mut rest) = (envelopes.iter(), envelopes.iter());
        loop {
            let touched = ahead.by_ref().take(TOUCHED).filter_map(|envelope| envelope.id());
            black_box(touched.fold(0, |sum, id| sum ^ self.ids.places.touch(self.hasher.hash_one(id))));
            let before = self.log.len;
            for envelope in rest.by_ref().take(TOUCHED) {
                self.push_one(source, &envelope, envelopes, &mut names);
            }
            if self.log.len == before {
                break;
            }
        }
        self.names = names;
    }

    fn push_one(
        &mut self,
        source: SourceId,
        packed: &EnvelopeRef<'_>,
        envelopes: &Envelopes,
        names: &mut Names,
    ) {
        let envelope = packed.envelope();
        let at = usize::from(source.0);
        let ordinal = self.log.sources[at].len();
        let row = Row::new(source, ordinal);
        let time = envelope.time;
        let event_type = self.type_number(packed, &envelope, names);
        let mut home = None;
        for (place, (aggregate_type, id, version)) in packed.streams().enumerate() {
            let aggregate_type = aggregate_type.map_or(NO_ID, |name| {
                let known = &mut names.aggregate_types[name as usize];
                if *known == NO_ID {
                    let (number, new) = self.aggregate_types.number(&envelopes.names()[name as usize]);
                    self.aggregate_type_names.extend(new);
                    *known = number;
                }
                *known
            });
            let stream = self.membership(row, &Membership { aggregate_type, id, version }, time);
            if place == 0 {
                home = Some((stream, version));
            } else {
                let version = version.unwrap_or(NO_NUMBER);
                let extra = ExtraMembership { ordinal: ordinal as u32, stream, version };
                self.log.sources[at].memberships.push(extra);
            }
        }
        let correlation = envelope.correlation_id.map_or(NO_ID, |id| self.correlation_number(id, row));
        let cause = self.resolve_cause(&envelope, row, correlation);

        let columns = &mut self.log.sources[at];
        let nanos = time.map_or(NO_NUMBER, Timestamp::nanos);
        let key = columns.keys.last().map_or(nanos, |last| nanos.max(*last));
        let locator = packed.locator();
        columns.positions.push(envelope.position.unwrap_or(NO_NUMBER));
        columns.times.push(nanos);
        columns.keys.push(key);
        columns.share_keys();
        columns.types.push(event_type);
        columns.streams.push(home.map_or(NO_ID, |(stream, _)| stream));
        columns.versions.push(home.and_then(|(_, version)| version).unwrap_or(NO_NUMBER));
        columns.correlations.push(correlation);
        columns.causes.push(cause.map_or(NO_ROW, Row::raw));
        columns.offsets.push(locator.at as i64);
        columns.lengths.push(locator.len);
        columns.flags.push(Flags::new(
            time.map_or(0, Timestamp::digits),
            envelope.kind,
            envelope.has_warnings,
        ));

        let summary = &mut self.log.summaries[at];
        summary.events += 1;
        summary.warnings += u64::from(envelope.has_warnings);
        if let Some(time) = time {
            summary.times.include(time);
            self.log.times.include(time);
        }
        self.log.len += 1;
    }

    /// Adds a record that could not be read.
    pub fn push_issue(&mut self, source: SourceId, issue: ReadIssue) {
        self.log.summaries[usize::from(source.0)].issues += 1;
        if self.log.issues.len() < ISSUES_KEPT_MAX {
            self.log.issues.push((source, issue));
        }
    }

    /// Takes back the newest issue of a source: its record was still being written.
    pub fn withdraw_issue(&mut self, source: SourceId) {
        let summary = &mut self.log.summaries[usize::from(source.0)];
        let is_kept = summary.issues > 0
            && self.log.issues.iter().filter(|(of, _)| *of == source).count() as u64 == summary.issues;
        summary.issues = summary.issues.saturating_sub(1);
        let newest = self.log.issues.iter().enumerate().filter(|(_, (of, _))| *of == source).last();
        if is_kept && let Some((newest, _)) = newest {
            let others = self.log.issues.iter().enumerate().filter(|(at, _)| *at != newest);
            let mut kept = Chunks::default();
            others.for_each(|(_, issue)| kept.push(issue.clone()));
            self.log.issues = kept;
        }
    }

    /// Everything so far, as a snapshot that never changes.
    pub fn publish(&mut self) -> EventLog {
        self.log.generation += 1;
        self.log.order = Order::of(&self.log.sources);
        self.log.clone().into()
    }

    fn type_number(&mut self, packed: &EnvelopeRef<'_>, envelope: &Envelope<'_>, names: &mut Names) -> u32 {
        let known = &mut names.types[packed.type_number() as usize];
        if *known == NO_ID {
            let (number, new) = self.types.number(envelope.event_type);
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
            *known = number;
        }
        let info = self.log.types.get_mut(*known as usize).expect("pushed with its number");
        info.events += 1;
        if let Some(time) = envelope.time {
            info.times.include(time);
        }
        if let Some(version) = envelope.schema_version
            && !info.schema_versions.iter().any(|known| **known == *version)
        {
            info.schema_versions.push(version.into());
        }
        *known
    }

    /// Registers `row` with the stream of `membership`; gives the stream's number.
    fn membership(&mut self, row: Row, membership: &Membership<'_>, time: Option<Timestamp>) -> u32 {
        let (source, ordinal) = (row.source(), row.ordinal() as u32);
        let Membership { aggregate_type, id, version } = *membership;
        let hash = self.hasher.hash_one((source.0, aggregate_type, id));
        let kind = self.aggregate_type_names.get(aggregate_type as usize);
        let found = self.streams.find(hash, |place| {
            let info = &self.log.streams[place as usize];
            // Names of aggregate types are shared, so that the same name is the same text in memory.
            let is_kind = match (&info.aggregate_type, kind) {
                (Some(one), Some(other)) => Arc::ptr_eq(one, other),
                (None, None) => true,
                _ => false,
            };
            *info.id == *id && is_kind && info.source == source
        });
        let number = found.unwrap_or_else(|| {
            let number = self.log.streams.len() as u32;
            self.streams.add(hash, number);
            self.log.streams.push(StreamInfo::new(source, id, kind.cloned()));
            number
        });
        let info = self.log.streams.get_mut(number as usize).expect("pushed with its number");
        info.include(ordinal, version, time);
        number
    }

    fn correlation_number(&mut self, id: &str, row: Row) -> u32 {
        let hash = self.hasher.hash_one(id);
        let found = self.correlations.find(hash, |place| *self.log.correlations[place as usize].id == *id);
        let number = found.unwrap_or_else(|| {
            let number = self.log.correlations.len() as u32;
            self.correlations.add(hash, number);
            self.log.correlations.push(CorrelationInfo { id: id.into(), rows: Arc::default() });
            number
        });
        let info = self.log.correlations.get_mut(number as usize).expect("pushed with its number");
        Arc::make_mut(&mut info.rows).push(row);
        number
    }

    /// The row of the event's cause as far as it was read before; of what comes later the effects wait. It is the
    /// event of the same source that has the id, else the first that was read of any. A bare number means nothing
    /// outside its source: every store has an event `7`.
    fn resolve_cause(&mut self, envelope: &Envelope<'_>, row: Row, correlation: u32) -> Option<Row> {
        let own = envelope.id;
        if let Some(own) = own
            && self.ids.add(self.hasher.hash_one(own), own, row)
        {
            self.wake(own, row, correlation);
        }
        // Some stores write an event's own id as the cause of the first in a chain.
        let key = envelope.cause.filter(|cause| Some(*cause) != own)?;
        let hash = self.hasher.hash_one(key);
        let mut cause = self.ids.of_source(hash, key, row.source());
        if cause.is_none() {
            self.waiting.entry(key).or_default().push(row);
            cause = if key.is_number() { None } else { self.ids.first(hash, key) };
        }
        let cause = cause?;
        let of_cause = self.log.sources[usize::from(cause.source().0)].correlations[cause.ordinal()];
        if of_cause != NO_ID && of_cause != correlation {
            self.log.strays.push(row);
        }
        Some(cause)
    }

    /// Gives the events that wait for the id their cause: for those of its own source it is this one for good.
    fn wake(&mut self, id: IdKey, cause: Row, correlation: u32) {
        let Some(mut effects) = self.waiting.remove(&id) else { return };
        effects.retain(|effect| {
            let is_own = effect.source() == cause.source();
            let columns = &mut self.log.sources[usize::from(effect.source().0)];
            if let Some(known) = columns.causes.get_mut(effect.ordinal())
                && (is_own || (*known == NO_ROW && !id.is_number()))
            {
                *known = cause.raw();
                if correlation != NO_ID && columns.correlations[effect.ordinal()] != correlation {
                    self.log.strays.push(*effect);
                }
            }
            !is_own
        });
        if !effects.is_empty() {
            self.waiting.insert(id, effects);
        }
    }
}
