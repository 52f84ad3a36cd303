//! The store ports in memory: for simulations, and to compare the one on disk with.

use std::collections::{BTreeMap, HashMap, HashSet};

use super::{Clock, next_version, recorded};
use crate::model::{
    AppendError, Appended, Claim, CommitError, Committed, EventStore, ExpectedVersion, IdempotencyStore,
    NewEvent, Outbox, OutboxRow, RecordedEvent, Snapshot, SnapshotStore, StoreFault, StreamName, Timestamp,
    Transaction, TransactionalStore,
};

/// Events, inbox and outbox in memory. The first event of a stream has version 1, the first of all position 1.
pub struct MemoryEventStore {
    clock: Clock,
    events: Vec<RecordedEvent>,
    /// Indices of each stream's events, in order of version.
    streams: HashMap<StreamName, Vec<usize>>,
    ids: HashSet<String>,
    /// By consumer and key.
    inbox: BTreeMap<(String, String), Claim>,
    /// Every message with whether it was sent; the sequence is the place, from 1.
    outbox: Vec<(OutboxRow, bool)>,
    snapshots: HashMap<StreamName, Snapshot>,
}

impl MemoryEventStore {
    /// An empty store. `clock` gives the time of recording.
    pub fn new(clock: Clock) -> Self {
        Self {
            clock,
            events: Vec::new(),
            streams: HashMap::new(),
            ids: HashSet::new(),
            inbox: BTreeMap::new(),
            outbox: Vec::new(),
            snapshots: HashMap::new(),
        }
    }

    /// All events in order of position.
    pub fn events(&self) -> &[RecordedEvent] {
        &self.events
    }

    /// Appends; after an error some of the events may be there. `recorded_at` is asked for once.
    fn push(
        &mut self,
        stream: &StreamName,
        expected: ExpectedVersion,
        events: &[NewEvent],
        recorded_at: &mut Option<Timestamp>,
    ) -> Result<Appended, AppendError> {
        let indices = self.streams.get(stream).map_or(&[][..], Vec::as_slice);
        let last = (!indices.is_empty()).then_some(indices.len() as i64);
        let first = next_version(stream, expected, last)?;
        if events.is_empty() {
            let position = indices.last().map_or(0, |index| *index as i64 + 1);
            return Ok(Appended { version: last.unwrap_or(0), position });
        }
        let recorded_at = *recorded_at.get_or_insert_with(&self.clock);
        let indices = self.streams.entry(stream.clone()).or_default();
        for (offset, event) in events.iter().enumerate() {
            if !self.ids.insert(event.id.clone()) {
                return Err(AppendError::DuplicateId(event.id.clone()));
            }
            let position = self.events.len() as i64 + 1;
            indices.push(self.events.len());
            self.events.push(recorded(stream, event, first + offset as i64, position, recorded_at));
        }
        Ok(Appended { version: first + events.len() as i64 - 1, position: self.events.len() as i64 })
    }

    /// Takes back all events after the first `len`.
    fn truncate(&mut self, len: usize) {
        for event in self.events.drain(len..) {
            self.ids.remove(event.id.as_deref().unwrap_or_default());
            let stream = &event.home().expect("appended events have a stream").stream;
            if let Some(indices) = self.streams.get_mut(stream) {
                indices.retain(|index| *index < len);
            }
        }
    }
}

impl EventStore for MemoryEventStore {
    fn append(
        &mut self,
        stream: &StreamName,
        expected: ExpectedVersion,
        events: &[NewEvent],
    ) -> Result<Appended, AppendError> {
        let before = self.events.len();
        self.push(stream, expected, events, &mut None).inspect_err(|_| self.truncate(before))
    }

    fn read_stream(&self, stream: &StreamName, from_version: i64) -> Result<Vec<RecordedEvent>, StoreFault> {
        let indices = self.streams.get(stream).map_or(&[][..], Vec::as_slice);
        let skipped = (from_version.max(1) - 1) as usize;
        Ok(indices.iter().skip(skipped).map(|index| self.events[*index].clone()).collect())
    }

    fn read_all(&self, from_position: i64, limit: usize) -> Result<Vec<RecordedEvent>, StoreFault> {
        let skipped = (from_position.max(1) - 1) as usize;
        Ok(self.events.iter().skip(skipped).take(limit).cloned().collect())
    }
}

impl TransactionalStore for MemoryEventStore {
    fn commit(&mut self, transaction: &Transaction) -> Result<Committed, CommitError> {
        let actual = self.events.len() as i64 + 1;
        if let Some(expected) = transaction.position
            && actual != expected
        {
            return Err(CommitError::Moved { expected, actual });
        }
        if let Some(claim) = &transaction.claim
            && let Some(processed) = self.processed(&claim.consumer, &claim.key, claim.claimed_at)?
        {
            return Err(CommitError::Processed { processed });
        }
        let (before, mut recorded_at) = (self.events.len(), None);
        let appended = transaction
            .appends
            .iter()
            .map(|append| self.push(&append.stream, append.expected, &append.events, &mut recorded_at))
            .collect::<Result<_, _>>()
            .inspect_err(|_| self.truncate(before))?;
        // Nothing fails from here on.
        if let Some(claim) = &transaction.claim {
            self.inbox.insert((claim.consumer.clone(), claim.key.clone()), claim.clone());
        }
        for message in &transaction.outbox {
            let sequence = self.outbox.len() as i64 + 1;
            self.outbox.push((OutboxRow { sequence, message: message.clone() }, false));
        }
        Ok(Committed { appended })
    }
}

impl IdempotencyStore for MemoryEventStore {
    fn processed(&self, consumer: &str, key: &str, now: Timestamp) -> Result<Option<Claim>, StoreFault> {
        let claim = self.inbox.get(&(consumer.to_owned(), key.to_owned()));
        Ok(claim.filter(|claim| !claim.is_expired(now)).cloned())
    }

    fn remove_expired(&mut self, now: Timestamp) -> Result<u64, StoreFault> {
        let before = self.inbox.len();
        self.inbox.retain(|_, claim| !claim.is_expired(now));
        Ok((before - self.inbox.len()) as u64)
    }
}

impl SnapshotStore for MemoryEventStore {
    fn snapshot(&self, stream: &StreamName, rules: &str) -> Result<Option<Snapshot>, StoreFault> {
        Ok(self.snapshots.get(stream).filter(|snapshot| snapshot.rules == rules).cloned())
    }

    fn keep_snapshot(&mut self, stream: &StreamName, snapshot: &Snapshot) -> Result<(), StoreFault> {
        let is_newer = |known: &Snapshot| known.rules != snapshot.rules || known.version < snapshot.version;
        if self.snapshots.get(stream).is_none_or(is_newer) {
            self.snapshots.insert(stream.clone(), snapshot.clone());
        }
        Ok(())
    }
}

impl Outbox for MemoryEventStore {
    fn unsent(&self, sender: &str, limit: usize) -> Result<Vec<OutboxRow>, StoreFault> {
        let unsent = self.outbox.iter().filter(|(row, is_sent)| !is_sent && row.message.sender == sender);
        Ok(unsent.take(limit).map(|(row, _)| row.clone()).collect())
    }

    fn mark_sent(&mut self, sequences: &[i64]) -> Result<(), StoreFault> {
        for sequence in sequences {
            let index = sequence.checked_sub(1).and_then(|index| usize::try_from(index).ok());
            let row = index.and_then(|index| self.outbox.get_mut(index));
            if let Some((_, is_sent)) = row {
                *is_sent = true;
            }
        }
        Ok(())
    }
}
