//! Streams by their exact name, without looking at all of them. Patterns are the matter of queries.

use std::hash::BuildHasher as _;

use foldhash::fast::FixedState;

use super::log::EventLog;
use super::tables::{StreamId, StreamInfo};
use crate::base::chunks::Chunks;

/// The ids of all streams by their hash.
#[derive(Debug, Default)]
pub(super) struct StreamNames {
    /// Half of the hash of an id with the stream's number, in order.
    by_hash: Vec<(u32, u32)>,
}

fn hash(id: &str) -> u32 {
    (FixedState::default().hash_one(id) >> 32) as u32
}

impl StreamNames {
    pub(super) fn of(streams: &Chunks<StreamInfo>) -> Self {
        let mut by_hash: Vec<(u32, u32)> = streams.iter().map(|stream| hash(&stream.id)).zip(0..).collect();
        by_hash.sort_unstable();
        Self { by_hash }
    }

    /// The streams with this id, whatever their type.
    fn with_id<'a>(&'a self, log: &'a EventLog, id: &'a str) -> impl Iterator<Item = StreamId> + 'a {
        let wanted = hash(id);
        let from = self.by_hash.partition_point(|(hash, _)| *hash < wanted);
        let alike = self.by_hash[from..].iter().take_while(move |(hash, _)| *hash == wanted);
        alike.map(|(_, stream)| StreamId(*stream)).filter(move |stream| &*log.stream(*stream).id == id)
    }

    pub(super) fn heap_bytes(&self) -> usize {
        self.by_hash.capacity() * size_of::<(u32, u32)>()
    }
}

impl EventLog {
    /// The streams with this id or this `Type/id`, in order of their numbers. The first time this hashes every id.
    pub fn streams_named(&self, name: &str) -> Vec<StreamId> {
        let names = self.stream_names();
        let mut found: Vec<StreamId> = names.with_id(self, name).collect();
        // Types and ids may have a slash of their own.
        for (at, _) in name.match_indices('/') {
            let (kind, id) = (&name[..at], &name[at + 1..]);
            let of_kind = |stream: &StreamId| self.stream(*stream).aggregate_type.as_deref() == Some(kind);
            found.extend(names.with_id(self, id).filter(of_kind));
        }
        found.sort_unstable();
        found.dedup();
        found
    }
}
