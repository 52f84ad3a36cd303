//! Snapshots of aggregates. The primer: the state of an aggregate is the fold of its events, and a *snapshot* is
//! that state at some version, kept so that a long stream need not be folded from its beginning. It is a cache and
//! never the truth: it can be thrown away at any time, and [`Snapshots::prove`] shows that it changes nothing.
//! Generic over the state; reads no events itself, its callers bring them.

use std::collections::BTreeMap;
use std::num::NonZeroU32;

/// Events of a stream between two snapshots of its aggregate.
pub const SNAPSHOT_EVERY: NonZeroU32 = NonZeroU32::new(64).expect("it is not zero");

/// The newest snapshot of every stream that is long enough to have one.
#[derive(Clone, Debug)]
pub struct Snapshots<K, S> {
    every: NonZeroU32,
    newest: BTreeMap<K, Snapshot<S>>,
}

/// The state of an aggregate at a version.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Snapshot<S> {
    /// Version of the last event in it.
    pub version: u64,
    /// The state after that event.
    pub state: S,
}

/// What [`Snapshots::prove`] did.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Proof {
    /// Version of the aggregate.
    pub version: u64,
    /// Version of the snapshot; 0 where there is none.
    pub snapshot: u64,
    /// Events folded on top of it, of as many as the version says.
    pub folded: u64,
}

/// A snapshot from which another state follows than from the events.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "the snapshot at version {snapshot} gives another state at version {version} than all events do: throw it away"
)]
pub struct WrongSnapshot {
    /// Version of the aggregate.
    pub version: u64,
    /// Version of the snapshot.
    pub snapshot: u64,
}

impl<K: Ord + Clone, S: Clone + PartialEq> Snapshots<K, S> {
    /// No snapshots yet; one is kept every `every` events of a stream.
    pub fn every(every: NonZeroU32) -> Self {
        Self { every, newest: BTreeMap::new() }
    }

    /// The newest snapshot of a stream: where its fold begins.
    pub fn newest(&self, stream: &K) -> Option<&Snapshot<S>> {
        self.newest.get(stream)
    }

    /// Keeps the state if at least `every` events lie between it and the snapshot before; whether it did. To be
    /// offered what was committed, never what is only decided.
    pub fn offer(&mut self, stream: &K, version: u64, state: &S) -> bool {
        let before = self.newest(stream).map_or(0, |snapshot| snapshot.version);
        let is_due = version >= before.saturating_add(u64::from(self.every.get()));
        if is_due {
            self.newest.insert(stream.clone(), Snapshot { version, state: state.clone() });
        }
        is_due
    }

    /// Throws all of them away.
    pub fn clear(&mut self) {
        self.newest.clear();
    }

    /// How many streams have one.
    pub fn len(&self) -> usize {
        self.newest.len()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.newest.is_empty()
    }

    /// Loads an aggregate: the newest snapshot, else `initial`, and what follows it. `events` gives those with a
    /// version above the one it is asked for, in order. Returns the version and the state.
    pub fn load<E, F>(
        &self,
        stream: &K,
        initial: S,
        events: impl FnOnce(u64) -> E,
        mut evolve: impl FnMut(&mut S, F),
    ) -> Snapshot<S>
    where
        E: IntoIterator<Item = F>,
    {
        let mut loaded = self.newest(stream).cloned().unwrap_or(Snapshot { version: 0, state: initial });
        for event in events(loaded.version) {
            evolve(&mut loaded.state, event);
            loaded.version += 1;
        }
        loaded
    }

    /// Folds a stream twice, from its snapshot and from its beginning, and compares.
    pub fn prove<E, F>(
        &self,
        stream: &K,
        initial: S,
        events: impl Fn(u64) -> E,
        mut evolve: impl FnMut(&mut S, F),
    ) -> Result<Proof, WrongSnapshot>
    where
        E: IntoIterator<Item = F>,
    {
        let snapshot = self.newest(stream).map_or(0, |snapshot| snapshot.version);
        let short = self.load(stream, initial.clone(), &events, &mut evolve);
        let none = Self::every(self.every);
        let full = none.load(stream, initial, &events, &mut evolve);
        if short == full {
            Ok(Proof { version: full.version, snapshot, folded: full.version - snapshot })
        } else {
            Err(WrongSnapshot { version: full.version, snapshot })
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    type Streams = BTreeMap<u8, Vec<u32>>;

    fn every(every: u32) -> Snapshots<u8, Vec<u32>> {
        Snapshots::every(NonZeroU32::new(every).unwrap())
    }

    /// A state that remembers everything in its order, so that any mistake in the fold is seen.
    fn evolve(state: &mut Vec<u32>, event: u32) {
        state.push(event);
    }

    fn after(streams: &Streams, stream: u8) -> impl Fn(u64) -> Vec<u32> {
        let events = streams.get(&stream).cloned().unwrap_or_default();
        move |version| events.get(version as usize..).unwrap_or_default().to_vec()
    }

    proptest! {
        #[test]
        fn a_snapshot_and_the_rest_is_the_same_as_everything(
            interval in 1..6_u32,
            appends in proptest::collection::vec((0..3_u8, 1..4_usize), 0..40),
            forgotten in 0..40_usize,
        ) {
            let (mut snapshots, mut streams) = (every(interval), Streams::new());
            for (turn, (stream, count)) in appends.into_iter().enumerate() {
                if turn == forgotten {
                    snapshots.clear();
                }
                let events = streams.entry(stream).or_default();
                let from = events.len() as u32;
                events.extend((from..).take(count));
                let loaded = snapshots.load(&stream, Vec::new(), after(&streams, stream), evolve);
                prop_assert_eq!(&loaded.state, &streams[&stream]);
                snapshots.offer(&stream, loaded.version, &loaded.state);
                let proof = snapshots.prove(&stream, Vec::new(), after(&streams, stream), evolve).unwrap();
                prop_assert_eq!(proof.version, streams[&stream].len() as u64);
                // At most the events of one interval and of the last append are ever folded again.
                prop_assert!(proof.folded < u64::from(interval));
            }
        }
    }

    #[test]
    fn one_is_kept_every_n_events() {
        let mut snapshots = every(10);
        let kept: Vec<u64> = (1..=35).filter(|version| snapshots.offer(&1, *version, &vec![])).collect();
        assert_eq!(kept, [10, 20, 30]);
        assert_eq!(snapshots.len(), 1, "only the newest of a stream");
        assert!(snapshots.offer(&2, 17, &vec![]), "an append may step over the tenth event");
        assert!(!snapshots.offer(&2, 20, &vec![]));
    }

    #[test]
    fn a_wrong_one_is_found() {
        let streams = Streams::from([(1, vec![0, 1, 2])]);
        let mut snapshots = every(2);
        snapshots.offer(&1, 2, &vec![0, 7]);
        let wrong = snapshots.prove(&1, Vec::new(), after(&streams, 1), evolve).unwrap_err();
        assert_eq!(wrong, WrongSnapshot { version: 3, snapshot: 2 });
        snapshots.clear();
        let proof = snapshots.prove(&1, Vec::new(), after(&streams, 1), evolve);
        assert_eq!(proof, Ok(Proof { version: 3, snapshot: 0, folded: 3 }));
    }
}
