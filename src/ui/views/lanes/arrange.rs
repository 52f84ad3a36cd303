//! Which streams are lanes, in which groups and order. Runs on a worker: with a filter it looks at every event
//! that is left.

use std::cmp::{Ordering, Reverse};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use crate::base::cancel::CancelToken;
use crate::index::{EventLog, Ordinals, RowSet, StreamId};
use crate::model::{Row, SourceId};

/// Lanes drawn at once, and how many more a click adds.
pub(super) const LANES_MAX: usize = 200;
/// Lanes of one group at most, however often more are asked for.
const GROUP_LANES_MAX: usize = 2_000;
/// Groups shown; of more, nobody could say what they have in common.
const GROUPS_MAX: usize = 100;

/// What makes a group.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum GroupBy {
    #[default]
    AggregateType,
    Source,
    Nothing,
}

impl GroupBy {
    pub(super) const ALL: [(Self, &'static str); 3] =
        [(Self::AggregateType, "aggregate type"), (Self::Source, "source"), (Self::Nothing, "none")];
}

/// Order of the lanes of a group.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum SortBy {
    #[default]
    Name,
    /// Earliest first event first.
    First,
    /// Latest last event first.
    Latest,
    /// Most events first.
    Size,
}

impl SortBy {
    pub(super) const ALL: [(Self, &'static str); 4] =
        [(Self::Name, "name"), (Self::First, "first"), (Self::Latest, "latest"), (Self::Size, "size")];
}

/// Rows as something that can be compared at once: the same list, not equal ones.
#[derive(Clone, Debug)]
pub(super) struct SameRows(pub(super) RowSet);

impl PartialEq for SameRows {
    fn eq(&self, other: &Self) -> bool {
        match (&self.0, &other.0) {
            (RowSet::All, RowSet::All) => true,
            (RowSet::Some(a), RowSet::Some(b)) => Arc::ptr_eq(a, b),
            _ => false,
        }
    }
}

/// What an arrangement depends on.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct ArrangeKey {
    pub(super) generation: u64,
    pub(super) rows: SameRows,
    pub(super) group_by: GroupBy,
    pub(super) sort: SortBy,
    /// Lanes shown beyond a group's share, by its name.
    pub(super) more: BTreeMap<String, usize>,
    /// Streams that are lanes in any case.
    pub(super) kept: Vec<StreamId>,
}

/// A stream as a lane.
#[derive(Clone, Debug)]
pub(super) struct Lane {
    pub(super) stream: StreamId,
    /// Beyond its group's share: a lane only because somebody looks at this stream.
    pub(super) kept: bool,
    source: SourceId,
    /// Its events that the filter leaves, in order.
    ordinals: Ordinals,
}

impl Lane {
    pub(super) fn len(&self) -> usize {
        self.ordinals.len()
    }

    pub(super) fn row(&self, at: usize) -> Row {
        Row::new(self.source, self.ordinals[at] as usize)
    }

    /// The first index from `from` on for whose event `before` no longer holds.
    pub(super) fn partition_from(&self, from: usize, before: impl Fn(Row) -> bool) -> usize {
        let rest = &self.ordinals[from..];
        from + rest.partition_point(|ordinal| before(Row::new(self.source, *ordinal as usize)))
    }
}

/// Lanes with a common head.
#[derive(Clone, Debug)]
pub(super) struct Group {
    pub(super) name: String,
    pub(super) lanes: Vec<Lane>,
    /// Streams of the group that have events in the filter.
    pub(super) in_filter: usize,
    /// Streams of the group in the log.
    pub(super) in_log: usize,
}

impl Group {
    /// Streams that are not drawn.
    pub(super) fn hidden(&self) -> usize {
        self.in_filter - self.lanes.len()
    }

    /// Whether asking for more shows more.
    pub(super) fn can_grow(&self) -> bool {
        self.hidden() > 0 && self.lanes.len() < GROUP_LANES_MAX
    }
}

/// All lanes.
#[derive(Clone, Debug, Default)]
pub(super) struct Arranged {
    pub(super) groups: Vec<Group>,
    /// Streams that have events in the filter.
    pub(super) in_filter: usize,
    pub(super) in_log: usize,
    /// Groups beyond those shown.
    pub(super) more_groups: usize,
}

impl Arranged {
    pub(super) fn drawn(&self) -> usize {
        self.groups.iter().map(|group| group.lanes.len()).sum()
    }

    fn lane_of(&self, stream: StreamId) -> Option<&Lane> {
        self.groups.iter().flat_map(|group| &group.lanes).find(|lane| lane.stream == stream)
    }

    /// Whether every stream of `wanted` is a lane here, and none is one only because of another wish.
    pub(super) fn serves(&self, wanted: &[StreamId]) -> bool {
        let kept = self.groups.iter().flat_map(|group| &group.lanes).filter(|lane| lane.kept);
        wanted.iter().all(|stream| self.lane_of(*stream).is_some())
            && kept.into_iter().all(|lane| wanted.contains(&lane.stream))
    }
}

/// What is left of one stream.
#[derive(Clone, Copy)]
struct Left {
    stream: StreamId,
    events: u32,
    first: i64,
    last: i64,
}

/// Groups, sorts and picks the lanes. `sources` are their names. `None` when cancelled.
pub(super) fn arrange(
    log: &EventLog,
    sources: &[String],
    key: &ArrangeKey,
    cancel: &CancelToken,
) -> Option<Arranged> {
    let group_of = |stream: StreamId| -> &str {
        let info = log.stream(stream);
        match key.group_by {
            GroupBy::AggregateType => info.group(),
            GroupBy::Source => sources.get(usize::from(info.source.0)).map_or("", String::as_str),
            GroupBy::Nothing => "",
        }
    };
    let left = left_of(log, &key.rows.0, cancel)?;
    let mut groups: BTreeMap<&str, (Vec<Left>, usize)> = BTreeMap::new();
    for one in &left {
        groups.entry(group_of(one.stream)).or_default().0.push(*one);
    }
    for at in 0..log.streams().len() {
        if let Some((_, in_log)) = groups.get_mut(group_of(StreamId(at as u32))) {
            *in_log += 1;
        }
    }
    if cancel.is_cancelled() {
        return None;
    }
    let is_kept = |one: &Left| key.kept.contains(&one.stream);
    let in_all = groups.len();
    let shown = groups.into_iter().enumerate().filter(|(at, (_, (streams, _)))| {
        // The group of a stream that somebody looks at is never left out.
        *at < GROUPS_MAX || streams.iter().any(is_kept)
    });
    let shown: Vec<(&str, (Vec<Left>, usize))> = shown.map(|(_, group)| group).collect();
    let more_groups = in_all - shown.len();
    let sizes: Vec<usize> = shown.iter().map(|(_, (streams, _))| streams.len()).collect();
    let share = fair_share(&sizes, LANES_MAX);
    let mut chosen = Vec::new();
    for (name, (mut streams, in_log)) in shown {
        let limit = (share + key.more.get(name).copied().unwrap_or(0)).min(GROUP_LANES_MAX);
        let in_filter = streams.len();
        let order = |a: &Left, b: &Left| compare(log, key.sort, a, b);
        let mut beyond = Vec::new();
        if limit > 0 && limit < in_filter {
            streams.select_nth_unstable_by(limit - 1, order);
            beyond.extend(streams.drain(limit..).filter(is_kept));
        }
        streams.sort_by(order);
        beyond.sort_by(order);
        chosen.push((name.to_owned(), streams, beyond, (in_filter, in_log)));
    }
    let all = chosen.iter().flat_map(|(_, streams, beyond, _)| streams.iter().chain(beyond));
    let all = all.map(|one| one.stream);
    let mut ordinals = ordinals_of(log, &key.rows.0, all.collect(), cancel)?;
    let groups = chosen
        .into_iter()
        .map(|(name, streams, beyond, (in_filter, in_log))| {
            let usual = streams.into_iter().map(|one| (one, false));
            let lanes = usual
                .chain(beyond.into_iter().map(|one| (one, true)))
                .map(|(one, kept)| Lane {
                    stream: one.stream,
                    kept,
                    source: log.stream(one.stream).source,
                    ordinals: ordinals.remove(&one.stream).unwrap_or_default(),
                })
                .collect();
            Group { name, lanes, in_filter, in_log }
        })
        .collect();
    Some(Arranged { groups, in_filter: left.len(), in_log: log.streams().len(), more_groups })
}

/// Counts and ends of the streams that have events among `rows`, in order of their numbers.
fn left_of(log: &EventLog, rows: &RowSet, cancel: &CancelToken) -> Option<Vec<Left>> {
    match rows {
        RowSet::All => {
            let ends = log.streams().iter().enumerate().filter_map(|(at, info)| {
                let (first, last) = (info.rows().next()?, info.rows().next_back()?);
                Some(Left {
                    stream: StreamId(at as u32),
                    events: info.len() as u32,
                    first: log.key_of(first),
                    last: log.key_of(last),
                })
            });
            Some(ends.collect())
        }
        RowSet::Some(rows) => {
            let mut left: Vec<Option<Left>> = vec![None; log.streams().len()];
            for (n, row) in rows.iter().enumerate() {
                if n.is_multiple_of(1 << 14) && cancel.is_cancelled() {
                    return None;
                }
                let at = log.key_of(*row);
                for (stream, _) in log.memberships(*row) {
                    let slot = left[stream.0 as usize].get_or_insert(Left {
                        stream,
                        events: 0,
                        first: at,
                        last: at,
                    });
                    slot.events += 1;
                    slot.last = at;
                }
            }
            Some(left.into_iter().flatten().collect())
        }
        RowSet::Stream(stream) => left_of(log, &RowSet::of_stream(log, *stream), cancel),
    }
}

/// The events of the chosen streams that are among `rows`.
fn ordinals_of(
    log: &EventLog,
    rows: &RowSet,
    chosen: BTreeSet<StreamId>,
    cancel: &CancelToken,
) -> Option<BTreeMap<StreamId, Ordinals>> {
    match rows {
        RowSet::All => {
            let all = chosen.into_iter().map(|id| (id, log.stream(id).ordinals.clone()));
            Some(all.collect())
        }
        RowSet::Some(rows) => {
            let mut slots: Vec<Option<Vec<u32>>> = vec![None; log.streams().len()];
            for stream in &chosen {
                slots[stream.0 as usize] = Some(Vec::new());
            }
            for (n, row) in rows.iter().enumerate() {
                if n.is_multiple_of(1 << 14) && cancel.is_cancelled() {
                    return None;
                }
                for (stream, _) in log.memberships(*row) {
                    if let Some(ordinals) = &mut slots[stream.0 as usize] {
                        ordinals.push(row.ordinal() as u32);
                    }
                }
            }
            let take = |id: StreamId| Some((id, Ordinals::from(slots[id.0 as usize].take()?)));
            Some(chosen.into_iter().filter_map(take).collect())
        }
        RowSet::Stream(stream) => ordinals_of(log, &RowSet::of_stream(log, *stream), chosen, cancel),
    }
}

fn compare(log: &EventLog, sort: SortBy, a: &Left, b: &Left) -> Ordering {
    let by_name = || {
        let (a, b) = (log.stream(a.stream), log.stream(b.stream));
        natural(&a.id, &b.id).then_with(|| a.aggregate_type.cmp(&b.aggregate_type))
    };
    let order = match sort {
        SortBy::Name => Ordering::Equal,
        SortBy::First => a.first.cmp(&b.first),
        SortBy::Latest => Reverse(a.last).cmp(&Reverse(b.last)),
        SortBy::Size => Reverse(a.events).cmp(&Reverse(b.events)),
    };
    order.then_with(by_name).then_with(|| a.stream.cmp(&b.stream))
}

/// How many lanes each group may have so that all together stay within `limit` and small groups are whole.
fn fair_share(sizes: &[usize], limit: usize) -> usize {
    let mut sizes = sizes.to_vec();
    sizes.sort_unstable();
    let mut room = limit;
    for (n, size) in sizes.iter().enumerate() {
        let each = room / (sizes.len() - n);
        if *size > each {
            return each.max(1);
        }
        room -= size;
    }
    sizes.last().copied().unwrap_or(0)
}

/// `order-9` before `order-10`: numbers inside names by their value.
fn natural(left: &str, right: &str) -> Ordering {
    let (mut left, mut right) = (left.as_bytes(), right.as_bytes());
    loop {
        match (left.first(), right.first()) {
            (None, _) | (_, None) => return left.len().cmp(&right.len()),
            (Some(a), Some(b)) if a.is_ascii_digit() && b.is_ascii_digit() => {
                let (number, rest) = digits(left);
                let (other, others_rest) = digits(right);
                let order = by_value(number, other);
                if order != Ordering::Equal {
                    return order;
                }
                (left, right) = (rest, others_rest);
            }
            (Some(a), Some(b)) if a == b => (left, right) = (&left[1..], &right[1..]),
            (Some(a), Some(b)) => return a.cmp(b),
        }
    }
}

/// The digits at the start, and what follows.
fn digits(text: &[u8]) -> (&[u8], &[u8]) {
    text.split_at(text.iter().take_while(|byte| byte.is_ascii_digit()).count())
}

/// Digits of any length as numbers, fewer leading zeros first.
fn by_value(number: &[u8], other: &[u8]) -> Ordering {
    let plain = |digits: &[u8]| digits.iter().position(|byte| *byte != b'0').unwrap_or(digits.len());
    let (value, others_value) = (&number[plain(number)..], &other[plain(other)..]);
    let order = value.len().cmp(&others_value.len()).then_with(|| value.cmp(others_value));
    order.then_with(|| number.len().cmp(&other.len()))
}

#[cfg(test)]
pub(in crate::ui::views::lanes) mod tests {
    use super::*;
    use crate::index::LogBuilder;
    use crate::model::{Locator, Membership, RecordedEvent, StreamName, Timestamp};

    /// A log of (stream, second) in the order given; the aggregate type is what stands before the `-`.
    pub(in crate::ui::views::lanes) fn log_of(events: &[(&str, i64)]) -> EventLog {
        let mut builder = LogBuilder::default();
        let source = builder.add_source();
        for (id, second) in events {
            let stream = StreamName { aggregate_type: None, id: (*id).to_owned() };
            let event = RecordedEvent {
                event_type: format!("{}Moved", id.split('-').next().unwrap()),
                streams: vec![Membership { stream, ..Membership::default() }],
                occurred_at: Some(Timestamp::from_nanos(second * 1_000_000_000, 0)),
                ..RecordedEvent::default()
            };
            builder.push(source, Locator::default(), &event);
        }
        builder.publish()
    }

    fn key(rows: RowSet, sort: SortBy) -> ArrangeKey {
        ArrangeKey {
            generation: 0,
            rows: SameRows(rows),
            group_by: GroupBy::AggregateType,
            sort,
            more: BTreeMap::new(),
            kept: Vec::new(),
        }
    }

    fn shown(log: &EventLog, key: &ArrangeKey) -> Vec<(String, Vec<String>)> {
        let arranged = arrange(log, &["a.jsonl".to_owned()], key, &CancelToken::default()).unwrap();
        let groups = arranged.groups.iter().map(|group| {
            let names = group.lanes.iter().map(|lane| log.stream(lane.stream).id.to_string());
            (group.name.clone(), names.collect())
        });
        groups.collect()
    }

    fn sample() -> EventLog {
        log_of(&[
            ("ord-10", 0),
            ("ord-9", 1),
            ("pay-1", 2),
            ("ord-10", 3),
            ("ord-9", 4),
            ("ord-9", 5),
            ("ord-2", 6),
        ])
    }

    #[test]
    fn lanes_are_grouped_and_sorted() {
        let log = sample();
        for (sort, expected) in [
            (SortBy::Name, ["ord-2", "ord-9", "ord-10"]),
            (SortBy::First, ["ord-10", "ord-9", "ord-2"]),
            (SortBy::Latest, ["ord-2", "ord-9", "ord-10"]),
            (SortBy::Size, ["ord-9", "ord-10", "ord-2"]),
        ] {
            let groups = shown(&log, &key(RowSet::All, sort));
            assert_eq!(groups[0], ("ord".to_owned(), expected.map(str::to_owned).to_vec()), "{sort:?}");
            assert_eq!(groups[1], ("pay".to_owned(), vec!["pay-1".to_owned()]));
        }
        let mut by_source = key(RowSet::All, SortBy::Name);
        by_source.group_by = GroupBy::Source;
        let groups = shown(&log, &by_source);
        assert_eq!((groups.len(), groups[0].0.as_str(), groups[0].1.len()), (1, "a.jsonl", 4));
    }

    #[test]
    fn only_streams_with_events_in_the_filter_are_lanes() {
        let log = sample();
        let rows = RowSet::sorted(&log, [1, 4, 6].map(|rank| log.row_at(rank)).to_vec());
        let key = key(rows, SortBy::Name);
        let arranged = arrange(&log, &[], &key, &CancelToken::default()).unwrap();
        assert_eq!((arranged.in_filter, arranged.in_log, arranged.drawn()), (2, 4, 2));
        let group = &arranged.groups[0];
        assert_eq!((group.in_filter, group.in_log), (2, 3));
        let nine = &group.lanes[1];
        assert_eq!((nine.len(), nine.row(0), nine.row(1)), (2, log.row_at(1), log.row_at(4)));
    }

    #[test]
    fn too_many_streams_are_shared_fairly_and_more_can_be_asked_for() {
        let names: Vec<String> = (0..500).map(|n| format!("big-{n}")).chain(["tiny-1".to_owned()]).collect();
        let events: Vec<(&str, i64)> = names.iter().zip(0..).map(|(name, n)| (name.as_str(), n)).collect();
        let log = log_of(&events);
        let mut key = key(RowSet::All, SortBy::Name);
        let of = |key: &ArrangeKey| arrange(&log, &[], key, &CancelToken::default()).unwrap();
        let arranged = of(&key);
        assert_eq!((arranged.drawn(), arranged.groups[0].hidden()), (LANES_MAX, 301));
        assert_eq!(arranged.groups[1].lanes.len(), 1);
        assert_eq!(shown(&log, &key)[0].1[2], "big-2");
        key.more.insert("big".to_owned(), LANES_MAX);
        assert_eq!(of(&key).groups[0].hidden(), 101);
    }

    #[test]
    fn a_stream_that_somebody_looks_at_is_a_lane_wherever_it_stands() {
        let names: Vec<String> = (0..500).map(|n| format!("big-{n}")).collect();
        let kinds: Vec<String> = (0..120).map(|n| format!("kind{n:03}-1")).collect();
        let events: Vec<(&str, i64)> =
            names.iter().chain(&kinds).zip(0..).map(|(name, n)| (name.as_str(), n)).collect();
        let log = log_of(&events);
        let mut key = key(RowSet::All, SortBy::Name);
        let of = |key: &ArrangeKey| arrange(&log, &[], key, &CancelToken::default()).unwrap();
        let id = |name: &str| match log.find_stream(name) {
            crate::index::StreamLookup::Found(stream) => stream,
            other => panic!("{name}: {other:?}"),
        };
        let usual = of(&key);
        for (name, beyond) in [("big-0", false), ("big-499", true), ("kind119-1", false)] {
            key.kept = vec![id(name)];
            let arranged = of(&key);
            let lane = arranged.lane_of(id(name)).unwrap();
            assert_eq!((lane.kept, lane.len()), (beyond, 1), "{name}");
            assert!(arranged.serves(&key.kept), "{name}");
            assert_eq!(usual.serves(&key.kept), name == "big-0", "{name}");
            assert!(arranged.drawn() <= usual.drawn() + 1, "{name}");
            assert_eq!(arranged.serves(&[id("big-1")]), !beyond, "{name}");
        }
        let big = &of(&key).groups[0];
        assert_eq!((big.in_filter, big.lanes.len() + big.hidden()), (500, 500));
    }

    #[test]
    fn numbers_in_names_sort_by_value() {
        let mut names = ["a-10", "a-9", "a-010", "b", "a", "a-9-2", "a-9-10", ""];
        names.sort_by(|a, b| natural(a, b));
        assert_eq!(names, ["", "a", "a-9", "a-9-2", "a-9-10", "a-10", "a-010", "b"]);
    }

    #[test]
    fn cancelled_work_gives_nothing() {
        let log = sample();
        let cancel = CancelToken::default();
        cancel.cancel();
        assert!(arrange(&log, &[], &key(RowSet::All, SortBy::Name), &cancel).is_none());
    }
}
