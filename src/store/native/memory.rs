//! The event store port in memory: for simulations, and to compare the one on disk with.

use std::collections::{HashMap, HashSet};

use super::{Clock, next_version, recorded};
use crate::model::{
    AppendError, Appended, EventStore, ExpectedVersion, NewEvent, RecordedEvent, StoreFault, StreamName,
};

/// Events in memory. The first event of a stream has version 1, the first of all position 1.
pub struct MemoryEventStore {
    clock: Clock,
    events: Vec<RecordedEvent>,
    /// Indices of each stream's events, in order of version.
    streams: HashMap<StreamName, Vec<usize>>,
    ids: HashSet<String>,
}

impl MemoryEventStore {
    /// An empty store. `clock` gives the time of recording.
    pub fn new(clock: Clock) -> Self {
        Self { clock, events: Vec::new(), streams: HashMap::new(), ids: HashSet::new() }
    }

    /// All events in order of position.
    pub fn events(&self) -> &[RecordedEvent] {
        &self.events
    }
}

impl EventStore for MemoryEventStore {
    fn append(
        &mut self,
        stream: &StreamName,
        expected: ExpectedVersion,
        events: &[NewEvent],
    ) -> Result<Appended, AppendError> {
        let indices = self.streams.get(stream).map_or(&[][..], Vec::as_slice);
        let last = (!indices.is_empty()).then_some(indices.len() as i64);
        let first = next_version(stream, expected, last)?;
        let mut fresh = HashSet::new();
        for event in events {
            if self.ids.contains(&event.id) || !fresh.insert(event.id.clone()) {
                return Err(AppendError::DuplicateId(event.id.clone()));
            }
        }
        if events.is_empty() {
            let position = indices.last().map_or(0, |index| *index as i64 + 1);
            return Ok(Appended { version: last.unwrap_or(0), position });
        }
        let recorded_at = (self.clock)();
        let indices = self.streams.entry(stream.clone()).or_default();
        for (offset, event) in events.iter().enumerate() {
            let position = self.events.len() as i64 + 1;
            indices.push(self.events.len());
            self.events.push(recorded(stream, event, first + offset as i64, position, recorded_at));
        }
        self.ids.extend(fresh);
        Ok(Appended { version: first + events.len() as i64 - 1, position: self.events.len() as i64 })
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
