//! What the navigator lists: streams by group and types, found and sorted in the background, once for each
//! snapshot, text and order. Nothing is drawn here.

use std::cmp::Reverse;
use std::collections::{BTreeMap, HashSet};
use std::sync::Arc;

use crate::base::cancel::CancelToken;
use crate::engine::{DocumentId, letter_counts};
use crate::index::{EventLog, StreamId, StreamInfo, TypeId};
use crate::query::Needle;
use crate::runtime::LetterState;

/// Order of streams and groups.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum Sort {
    /// By name.
    #[default]
    Name,
    /// Most events first.
    Count,
    /// Latest first.
    Latest,
}

impl Sort {
    pub(super) const ALL: [Self; 3] = [Self::Name, Self::Count, Self::Latest];

    pub(super) fn word(self) -> &'static str {
        match self {
            Self::Name => "by name",
            Self::Count => "by count",
            Self::Latest => "latest first",
        }
    }
}

/// What the lists depend on.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct ModelKey {
    pub(super) document: DocumentId,
    pub(super) generation: u64,
    /// What is typed into "Filter names".
    pub(super) wanted: String,
    pub(super) sort: Sort,
}

/// Names a group: whether it is inferred, and its name.
pub(super) type GroupKey = (bool, Arc<str>);

/// Streams of one aggregate type.
#[derive(Clone, Debug)]
pub(super) struct Group {
    pub(super) key: GroupKey,
    /// Those that were found, in order.
    pub(super) streams: Vec<StreamId>,
}

impl Group {
    /// The name to show.
    pub(super) fn name(&self) -> &str {
        if self.key.1.is_empty() { "Not grouped" } else { &self.key.1 }
    }
}

/// The lists.
#[derive(Clone, Debug, Default)]
pub(super) struct Model {
    pub(super) groups: Vec<Group>,
    /// Types that were found, most events first.
    pub(super) types: Vec<TypeId>,
    /// Streams that were found.
    pub(super) streams: usize,
    /// Dead letters by state, states without any left out.
    pub(super) letters: Vec<(LetterState, u64)>,
    /// Whether prefixes of ids are no groups: nearly every stream would have its own.
    is_flat: bool,
}

/// Inferred groups are given up when there are more than this, and more than one for so many streams.
const FEW_GROUPS: usize = 24;
const STREAMS_A_GROUP: usize = 4;

/// Streams looked at between two looks at whether the answer is still wanted.
const CANCEL_EVERY: usize = 1 << 14;

impl Model {
    /// Finds and sorts.
    pub(super) fn build(log: &EventLog, key: &ModelKey, cancel: &CancelToken) -> Option<Self> {
        let needle = (!key.wanted.is_empty()).then(|| Needle::new(&key.wanted));
        let is_found = |name: &str| needle.as_ref().is_none_or(|needle| needle.is_in(name));
        let is_flat = !has_groups(log, cancel)?;
        // By name, typed and inferred apart: a name is copied once a group, not once a stream.
        let mut found: [BTreeMap<Arc<str>, Vec<StreamId>>; 2] = Default::default();
        let mut streams = 0;
        for (at, info) in log.streams().iter().enumerate() {
            if at.is_multiple_of(CANCEL_EVERY) && cancel.is_cancelled() {
                return None;
            }
            let name = group_name(info, is_flat);
            if is_found(&info.id) || (needle.is_some() && is_found(name)) {
                streams += 1;
                let found = &mut found[usize::from(info.aggregate_type.is_none())];
                match found.get_mut(name) {
                    Some(streams) => streams.push(StreamId(at as u32)),
                    None => drop(found.insert(name.into(), vec![StreamId(at as u32)])),
                }
            }
        }
        let mut groups: Vec<Group> = found
            .into_iter()
            .zip([false, true])
            .flat_map(|(found, is_inferred)| {
                found.into_iter().map(move |(name, streams)| Group { key: (is_inferred, name), streams })
            })
            .collect();
        for group in &mut groups {
            if cancel.is_cancelled() {
                return None;
            }
            sort_streams(log, &mut group.streams, key.sort);
        }
        sort_groups(log, &mut groups, key.sort);
        let mut types: Vec<TypeId> = (0..log.types().len() as u32)
            .map(TypeId)
            .filter(|id| is_found(&log.event_type(*id).name))
            .collect();
        types.sort_by_key(|id| {
            let info = log.event_type(*id);
            (Reverse(info.events), Arc::clone(&info.name))
        });
        let letters = LetterState::ALL.into_iter().zip(letter_counts(log));
        let letters = letters.filter(|(_, count)| *count > 0).collect();
        Some(Self { groups, types, streams, letters, is_flat })
    }

    /// Whether every group follows from the names of its streams.
    pub(super) fn is_inferred(&self) -> bool {
        !self.is_flat && !self.groups.is_empty() && self.groups.iter().all(|group| group.key.0)
    }

    /// The group that a stream stands in, if it was found.
    pub(super) fn group_of(&self, log: &EventLog, stream: StreamId) -> Option<usize> {
        let info = log.streams().get(stream.0 as usize)?;
        let name = group_name(info, self.is_flat);
        let is_inferred = info.aggregate_type.is_none();
        self.groups.iter().position(|group| group.key.0 == is_inferred && &*group.key.1 == name)
    }
}

fn group_name(info: &StreamInfo, is_flat: bool) -> &str {
    if is_flat && info.aggregate_type.is_none() { "" } else { info.group() }
}

/// Whether prefixes of ids tell groups: ids such as UUIDs have a prefix each.
fn has_groups(log: &EventLog, cancel: &CancelToken) -> Option<bool> {
    let mut names: HashSet<&str> = HashSet::new();
    let mut streams = 0_usize;
    for info in log.streams().iter().filter(|info| info.aggregate_type.is_none()) {
        if streams.is_multiple_of(CANCEL_EVERY) && cancel.is_cancelled() {
            return None;
        }
        streams += 1;
        names.insert(info.group());
    }
    Some(names.len() <= FEW_GROUPS.max(streams / STREAMS_A_GROUP))
}

fn sort_streams(log: &EventLog, streams: &mut [StreamId], sort: Sort) {
    let by_name = |a: &StreamId, b: &StreamId| log.stream(*a).id.cmp(&log.stream(*b).id).then(a.cmp(b));
    match sort {
        Sort::Name => streams.sort_unstable_by(by_name),
        Sort::Count => streams.sort_unstable_by(|a, b| {
            log.stream(*b).len().cmp(&log.stream(*a).len()).then_with(|| by_name(a, b))
        }),
        Sort::Latest => streams.sort_unstable_by(|a, b| {
            log.stream(*b).times().last.cmp(&log.stream(*a).times().last).then_with(|| by_name(a, b))
        }),
    }
}

fn sort_groups(log: &EventLog, groups: &mut [Group], sort: Sort) {
    groups.sort_by(|a, b| a.key.1.cmp(&b.key.1).then(a.key.0.cmp(&b.key.0)));
    match sort {
        Sort::Name => {}
        Sort::Count => groups.sort_by_key(|group| Reverse(group.streams.len())),
        Sort::Latest => {
            groups.sort_by_key(|group| Reverse(group.streams.first().map(|id| log.stream(*id).times().last)));
        }
    }
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;
    use crate::index::LogBuilder;
    use crate::model::{Locator, Membership, RecordedEvent, StreamName, Timestamp};

    /// A log of (stream, type), a second apart. `Order/ord-1` has an aggregate type, `ord-1` has none.
    pub(in super::super) fn log(events: &[(&str, &str)]) -> EventLog {
        let mut builder = LogBuilder::default();
        let source = builder.add_source();
        for (at, (stream, event_type)) in events.iter().enumerate() {
            let stream = match stream.split_once('/') {
                Some((kind, id)) => StreamName::new(kind, id),
                None => StreamName::untyped(*stream),
            };
            let event = RecordedEvent {
                streams: vec![Membership { stream, ..Membership::default() }],
                event_type: (*event_type).to_owned(),
                recorded_at: Some(Timestamp::from_nanos(at as i64 * 1_000_000_000, 0)),
                ..RecordedEvent::default()
            };
            builder.push(source, Locator::default(), &event);
        }
        builder.publish()
    }

    pub(in super::super) fn model(log: &EventLog, wanted: &str, sort: Sort) -> Model {
        let key = ModelKey { document: DocumentId(1), generation: 1, wanted: wanted.to_owned(), sort };
        Model::build(log, &key, &CancelToken::default()).unwrap()
    }

    fn check(log: &EventLog, wanted: &str, sort: Sort, expected: &[(&str, &[&str])]) {
        let model = model(log, wanted, sort);
        let found: Vec<(&str, Vec<&str>)> = model
            .groups
            .iter()
            .map(|group| (group.name(), group.streams.iter().map(|id| &*log.stream(*id).id).collect()))
            .collect();
        let expected: Vec<(&str, Vec<&str>)> =
            expected.iter().map(|(name, ids)| (*name, ids.to_vec())).collect();
        assert_eq!(found, expected, "{wanted} {sort:?}");
    }

    #[test]
    fn streams_are_grouped_found_and_sorted() {
        let log = log(&[
            ("Order/b", "Placed"),
            ("Order/a", "Placed"),
            ("Order/b", "Paid"),
            ("Payment/c", "Paid"),
            ("ord-9", "Placed"),
        ]);
        check(&log, "", Sort::Name, &[("Order", &["a", "b"]), ("Payment", &["c"]), ("ord", &["ord-9"])]);
        check(&log, "", Sort::Count, &[("Order", &["b", "a"]), ("Payment", &["c"]), ("ord", &["ord-9"])]);
        check(&log, "", Sort::Latest, &[("ord", &["ord-9"]), ("Payment", &["c"]), ("Order", &["b", "a"])]);
        check(&log, "B", Sort::Name, &[("Order", &["b"])]);
        check(&log, "ORD", Sort::Name, &[("Order", &["a", "b"]), ("ord", &["ord-9"])]);
        check(&log, "nothing", Sort::Name, &[]);
    }

    #[test]
    fn types_are_sorted_by_count_and_found_by_name() {
        let log = log(&[("s", "Placed"), ("s", "Paid"), ("s", "Paid"), ("s", "Lost")]);
        let names = |wanted: &str| -> Vec<String> {
            let types = model(&log, wanted, Sort::Name).types;
            types.iter().map(|id| log.event_type(*id).name.to_string()).collect()
        };
        assert_eq!(names(""), ["Paid", "Lost", "Placed"]);
        assert_eq!(names("p"), ["Paid", "Placed"]);
    }

    #[test]
    fn a_prefix_of_its_own_for_every_stream_is_no_group() {
        let ids: Vec<String> = (0..100).map(|n| format!("{n:08x}-0000")).collect();
        let events: Vec<(&str, &str)> = ids.iter().map(|id| (&**id, "Placed")).collect();
        let log = log(&events);
        let model = model(&log, "", Sort::Name);
        assert_eq!((model.groups.len(), model.groups[0].name(), model.streams), (1, "Not grouped", 100));
        assert!(!model.is_inferred());
        assert_eq!(model.group_of(&log, StreamId(7)), Some(0));
    }
}
