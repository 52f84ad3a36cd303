//! The journal in memory. Events lie in shared chunks, so that a clone of it costs next to nothing and a world
//! can be kept at every few steps.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::{Claim, Commit, CommitError, Journal, Recorded, StreamInfo};
use crate::base::chunks::Chunks;
use crate::base::entropy::{Draws, Purpose, scattered};
use crate::base::lookup::Lookup;
use crate::base::ticks::Ticks;
use crate::domain::Name;
use crate::runtime::{Aggregate, EventId, Key, Message, Party, Position, StreamNo};

/// An event store in memory.
#[derive(Clone, Debug, Default)]
pub struct MemoryJournal {
    seed: u64,
    events: Chunks<Recorded>,
    /// The last event of each commit.
    ends: Chunks<Position>,
    streams: Vec<Stream>,
    by_name: Lookup,
    snapshots: BTreeMap<StreamNo, Arc<Aggregate>>,
    inbox: Vec<Claimed>,
    by_key: Lookup,
    outboxes: Vec<Vec<Message>>,
}

#[derive(Clone, Debug)]
struct Stream {
    info: StreamInfo,
    /// What the ids of its events are drawn from; also the hash of its name.
    ids: Draws,
    positions: Vec<Position>,
}

/// A row of the inbox.
#[derive(Clone, Copy, Debug)]
struct Claimed {
    consumer: Party,
    key: Key,
    answer: Position,
    expires: Ticks,
}

impl MemoryJournal {
    /// Nothing yet; event ids follow from `seed`.
    pub fn new(seed: u64) -> Self {
        Self { seed, ..Self::default() }
    }

    /// Every event from `position` on, in order.
    pub fn events_from(&self, position: Position) -> impl Iterator<Item = (Position, &Recorded)> {
        (position.0.max(1)..=self.len())
            .map_while(|at| Some((Position(at), self.events.get(at as usize - 1)?)))
    }

    /// The last event of each commit that added any, from the commit of this number (from 0) on.
    pub fn commits_from(&self, number: usize) -> impl Iterator<Item = Position> + '_ {
        (number..self.ends.len()).map_while(|index| self.ends.get(index).copied())
    }

    /// Every stream in the order it was opened.
    pub fn streams(&self) -> impl Iterator<Item = (StreamNo, &StreamInfo)> {
        self.streams.iter().enumerate().map(|(index, stream)| (StreamNo(index as u32), &stream.info))
    }

    /// Whether any message waits to be sent.
    pub fn has_unsent(&self) -> bool {
        self.outboxes.iter().any(|outbox| !outbox.is_empty())
    }

    fn ids_of(&self, name: &str) -> Draws {
        Draws::of(self.seed, Purpose::Identity, name)
    }

    fn named(&self, ids: Draws, name: &str) -> Option<StreamNo> {
        self.by_name.find(ids.hash(), |place| *self.streams[place as usize].info.name == *name).map(StreamNo)
    }

    fn row(&self, consumer: Party, key: Key) -> Option<usize> {
        let is_it = |place: u32| {
            let row = &self.inbox[place as usize];
            (row.consumer, row.key) == (consumer, key)
        };
        self.by_key.find(hash_of(consumer, key), is_it).map(|place| place as usize)
    }

    fn claim(&mut self, row: Claimed) {
        if let Some(known) = self.row(row.consumer, row.key) {
            self.inbox[known] = row;
        } else {
            self.by_key.add(hash_of(row.consumer, row.key), self.inbox.len() as u32);
            self.inbox.push(row);
        }
    }
}

fn hash_of(consumer: Party, key: Key) -> u64 {
    let request = u64::from(key.saga.0) << 16 | u64::from(key.step.0) << 8 | key.direction as u64;
    scattered(request << 8 | u64::from(consumer.0))
}

impl Journal for MemoryJournal {
    fn open(&mut self, name: &str, aggregate: &Name) -> StreamNo {
        let ids = self.ids_of(name);
        if let Some(stream) = self.named(ids, name) {
            return stream;
        }
        let stream = StreamNo(self.streams.len() as u32);
        self.by_name.add(ids.hash(), stream.0);
        let info = StreamInfo { name: name.into(), aggregate: Arc::clone(aggregate), version: 0 };
        self.streams.push(Stream { info, ids, positions: Vec::new() });
        stream
    }

    fn find(&self, name: &str) -> Option<StreamNo> {
        self.named(self.ids_of(name), name)
    }

    fn stream(&self, stream: StreamNo) -> &StreamInfo {
        &self.streams[stream.0 as usize].info
    }

    fn event_id(&self, stream: StreamNo, version: u32) -> EventId {
        EventId::drawn(self.streams[stream.0 as usize].ids, version)
    }

    fn len(&self) -> u32 {
        self.events.len() as u32
    }

    fn event(&self, position: Position) -> Option<&Recorded> {
        self.events.get((position.0 as usize).checked_sub(1)?)
    }

    fn locate(&self, stream: StreamNo, version: u32) -> Option<Position> {
        self.streams.get(stream.0 as usize)?.positions.get((version as usize).checked_sub(1)?).copied()
    }

    fn replay(&self, stream: StreamNo, after: u32, visit: &mut dyn FnMut(Position, &Recorded)) {
        for position in self.streams[stream.0 as usize].positions.iter().skip(after as usize) {
            visit(*position, self.event(*position).expect("positions of a stream are in the journal"));
        }
    }

    fn snapshot(&self, stream: StreamNo) -> Option<Arc<Aggregate>> {
        self.snapshots.get(&stream).cloned()
    }

    fn keep_snapshot(&mut self, stream: StreamNo, aggregate: Arc<Aggregate>) {
        self.snapshots.insert(stream, aggregate);
    }

    fn commit(&mut self, commit: &mut Commit) -> Result<Position, CommitError> {
        for (stream, expected) in &commit.expected {
            let actual = self.version(*stream);
            if actual != *expected {
                return Err(CommitError::Conflict { stream: *stream, expected: *expected, actual });
            }
        }
        if let Some(Claim { consumer, key, answer, expires, renew }) = commit.claim {
            let now = commit.events.first().map_or(Ticks::ZERO, |event| event.at);
            if !renew && self.answered(consumer, key, now).is_some() {
                return Err(CommitError::Claimed { key });
            }
            let own = commit.events.iter().position(|event| event.id == answer).unwrap_or_default();
            let answer = Position(self.len() + 1 + own as u32);
            self.claim(Claimed { consumer, key, answer, expires });
        }
        let first = Position(self.len() + 1);
        for event in commit.events.drain(..) {
            let position = Position(self.events.len() as u32 + 1);
            let stream = &mut self.streams[event.stream.0 as usize];
            stream.info.version = event.version;
            stream.positions.push(position);
            self.events.push(event);
        }
        if !self.events.is_empty() && self.ends.last().is_none_or(|end| end.0 < self.len()) {
            self.ends.push(Position(self.len()));
        }
        for message in commit.outbox.drain(..) {
            let sender = usize::from(message.from.0);
            if self.outboxes.len() <= sender {
                self.outboxes.resize_with(sender + 1, Vec::new);
            }
            self.outboxes[sender].push(message);
        }
        commit.clear();
        Ok(first)
    }

    fn answered(&self, consumer: Party, key: Key, now: Ticks) -> Option<Position> {
        let row = self.inbox[self.row(consumer, key)?];
        (now < row.expires).then_some(row.answer)
    }

    fn unsent(&self, sender: Party) -> &[Message] {
        self.outboxes.get(usize::from(sender.0)).map_or(&[], Vec::as_slice)
    }

    fn mark_sent(&mut self, sender: Party, count: usize) {
        if let Some(outbox) = self.outboxes.get_mut(usize::from(sender.0)) {
            outbox.drain(..count.min(outbox.len()));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::runtime::{Context, Direction, Fact, RunFact, SagaNo, StepNo};

    fn fact() -> Fact {
        Fact::Run(RunFact::Quiesced {})
    }

    fn context() -> Context {
        Context { at: Ticks(5), saga: SagaNo(1), cause: None, key: None, attempt: 0 }
    }

    #[test]
    fn a_commit_is_everything_or_nothing() {
        let mut journal = MemoryJournal::new(7);
        let (a, b) = (journal.open("a", &"A".into()), journal.open("b", &"B".into()));
        let mut commit = Commit::default();
        let first = commit.append(&journal, a, &context(), fact());
        let second = commit.append(&journal, a, &context(), fact());
        commit.append(&journal, b, &context(), fact());
        assert_ne!(first, second);
        let mut stale = commit.clone();
        assert_eq!(journal.commit(&mut commit), Ok(Position(1)));
        assert_eq!((journal.version(a), journal.version(b), journal.len()), (2, 1, 3));
        assert_eq!(journal.event(Position(2)).unwrap().id, second);

        assert_eq!(
            journal.commit(&mut stale),
            Err(CommitError::Conflict { stream: a, expected: 0, actual: 2 })
        );
        assert_eq!(journal.len(), 3);
    }

    #[test]
    fn a_key_is_claimed_once_until_it_expires_and_an_old_clone_knows_nothing_of_it() {
        let mut journal = MemoryJournal::new(7);
        let a = journal.open("a", &"A".into());
        let before = journal.clone();
        let key = Key { saga: SagaNo(1), step: StepNo(2), direction: Direction::Do };
        let claim = |journal: &mut MemoryJournal| {
            let mut commit = Commit::default();
            let answer = commit.append(journal, a, &context(), fact());
            commit.claim = Some(Claim { consumer: Party(1), key, answer, expires: Ticks(100), renew: false });
            journal.commit(&mut commit)
        };
        assert_eq!(claim(&mut journal), Ok(Position(1)));
        assert_eq!(claim(&mut journal), Err(CommitError::Claimed { key }));
        assert_eq!(journal.len(), 1);
        assert_eq!(journal.answered(Party(1), key, Ticks(99)), Some(Position(1)));
        assert_eq!(journal.answered(Party(1), key, Ticks(100)), None);
        assert_eq!(journal.answered(Party(2), key, Ticks(0)), None);
        assert_eq!(before.answered(Party(1), key, Ticks(0)), None);
        assert_eq!(before.len(), 0);
    }
}
