//! The index against a plain vector of events: whatever is pushed in whatever order, with snapshots taken in
//! between, every answer is the one that looking at all events would give, and an old snapshot never changes.

use std::collections::BTreeSet;

use proptest::collection::vec;
use proptest::prelude::*;
use sagascope::base::cancel::CancelToken;
use sagascope::index::{
    EventLog, RowSet, StreamId, StreamLookup, TimeAxis, edges_by_rank, edges_by_time, histogram,
};
use sagascope::model::{RecordedEvent, Row, Timestamp, is_failure_type};

use crate::plain_log::{PlainLog, Twins, event, locator, long_log};

#[derive(Clone, Debug)]
enum Step {
    AddSource,
    Push(usize, Box<RecordedEvent>),
    Issue(usize),
    Publish,
}

const SOURCES_MAX: usize = 4;

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let step = prop_oneof![
        2 => Just(Step::AddSource),
        20 => (0..SOURCES_MAX, event()).prop_map(|(source, event)| Step::Push(source, Box::new(event))),
        1 => (0..SOURCES_MAX).prop_map(Step::Issue),
        2 => Just(Step::Publish),
    ];
    vec(step, 0..70)
}

/// Takes the steps; gives every published snapshot with its twin at that moment.
fn take(steps: Vec<Step>) -> Vec<(EventLog, PlainLog)> {
    let mut twins = Twins::default();
    twins.add_source();
    let mut published = Vec::new();
    for step in steps.into_iter().chain([Step::Publish]) {
        let n_sources = twins.plain.sources.len();
        match step {
            Step::AddSource if n_sources < SOURCES_MAX => twins.add_source(),
            Step::AddSource => {}
            Step::Push(source, event) => {
                twins.push(source % n_sources, *event);
            }
            Step::Issue(source) => twins.push_issue(source % n_sources),
            Step::Publish => {
                let log = twins.publish();
                published.push((log, twins.plain.clone()));
            }
        }
    }
    published
}

fn range<'a>(events: impl Iterator<Item = &'a RecordedEvent>) -> (Option<Timestamp>, Option<Timestamp>) {
    let times: Vec<Timestamp> = events.filter_map(RecordedEvent::time).collect();
    (times.iter().min().copied(), times.iter().max().copied())
}

fn assert_same(log: &EventLog, plain: &PlainLog) {
    assert_same_order(log, plain);
    assert_same_sources(log, plain);
    assert_same_events(log, plain);
    assert_same_types(log, plain);
    assert_same_streams(log, plain);
    assert_same_correlations(log, plain);
}

fn assert_same_order(log: &EventLog, plain: &PlainLog) {
    let merged = plain.merged();
    let rows: Vec<Row> = (0..log.len() as u64).map(|rank| log.row_at(rank)).collect();
    assert_eq!(rows, merged);
    for (rank, row) in merged.iter().enumerate() {
        assert_eq!(log.rank_of(*row), rank as u64);
        assert!(log.contains(*row));
    }
    assert_eq!(log.last_row(), merged.last().copied());
    assert_eq!(log.is_empty(), merged.is_empty());
    let keys: Vec<i64> = merged.iter().map(|row| log.key_of(*row)).collect();
    for probe in keys.iter().flat_map(|key| [key.saturating_sub(1), *key, key.saturating_add(1)]).step_by(5) {
        assert_eq!(log.rank_at_key(probe), keys.iter().filter(|key| **key < probe).count() as u64);
    }
}

fn assert_same_sources(log: &EventLog, plain: &PlainLog) {
    assert_eq!(log.sources().len(), plain.sources.len());
    for (at, (summary, events)) in log.sources().iter().zip(&plain.sources).enumerate() {
        let issues = plain.issues.iter().filter(|(source, _)| usize::from(source.0) == at).count();
        let warnings = events.iter().filter(|event| !event.warnings.is_empty()).count();
        let counts = (summary.events, summary.issues, summary.warnings);
        assert_eq!(counts, (events.len() as u64, issues as u64, warnings as u64));
        assert_eq!((summary.times.first, summary.times.last), range(events.iter()));
        let source = Row::new(sagascope::model::SourceId(at as u16), events.len());
        assert!(!log.contains(source), "one row too many");
    }
    assert!(log.issues().iter().eq(plain.issues.iter()));
    assert_eq!((log.times().first, log.times().last), range(plain.sources.iter().flatten()));
}

fn assert_same_events(log: &EventLog, plain: &PlainLog) {
    let causes = plain.causes();
    for (ordinal, row) in plain.read.iter().enumerate() {
        let (event, known) = (plain.event(*row), log.event(*row));
        assert_eq!(known.row, *row);
        assert_eq!(known.position, event.position);
        assert_eq!(*log.event_type(known.event_type).name, *event.event_type);
        assert_eq!(known.event_type, log.type_of(*row));
        assert_eq!(log.is_failure(*row), is_failure_type(&event.event_type));
        assert_eq!(
            known.stream.map(|stream| log.stream(stream).name()),
            event.home().map(|m| m.stream.clone())
        );
        assert_eq!(known.version, event.home().and_then(|home| home.version));
        assert_eq!(known.time, event.time());
        assert_eq!(known.time.map(Timestamp::digits), event.time().map(Timestamp::digits));
        let correlation = known.correlation.map(|id| log.correlation(id).id.to_string());
        assert_eq!(correlation, event.correlation_id);
        assert_eq!(known.cause, causes.get(row).copied(), "cause of {row}: {event:?}");
        assert_eq!((known.kind, known.has_warnings), (event.kind, !event.warnings.is_empty()));
        assert_eq!(log.locator(*row), locator(row.ordinal()));
        let memberships = log.memberships(*row).into_iter();
        let memberships: Vec<_> = memberships.map(|(id, version)| (log.stream(id).name(), version)).collect();
        let expected: Vec<_> = event.streams.iter().map(|m| (m.stream.clone(), m.version)).collect();
        assert_eq!(memberships, expected);
        // The naive answers below look at everything: a sample of a long log is enough.
        if ordinal % (1 + plain.read.len() / 100) == 0 {
            assert_eq!((known.key, log.key_of(*row)), (plain.key(*row), plain.key(*row)));
            assert_same_causality(log, &causes, *row);
        }
    }
}

fn assert_same_causality(log: &EventLog, causes: &std::collections::BTreeMap<Row, Row>, row: Row) {
    let mut effects: Vec<Row> =
        causes.iter().filter(|(_, cause)| **cause == row).map(|(effect, _)| *effect).collect();
    effects.sort_by_key(|effect| log.rank_of(*effect));
    assert_eq!(log.effects(row), effects, "effects of {row}");
    let mut chain = vec![row];
    while let Some(cause) = chain.last().and_then(|last| causes.get(last))
        && !chain.contains(cause)
    {
        chain.push(*cause);
    }
    assert_eq!(log.causes(row, usize::MAX), chain[1..]);
    assert_eq!(log.causes(row, 1), chain[1..chain.len().min(2)]);
}

fn assert_same_types(log: &EventLog, plain: &PlainLog) {
    let types = plain.grouped(|event| Some(&event.event_type));
    let streams_by_type = log.streams_by_type();
    assert_eq!((log.types().len(), streams_by_type.len()), (types.len(), types.len()));
    for ((info, n_streams), (name, rows)) in log.types().iter().zip(streams_by_type).zip(&types) {
        assert_eq!((&*info.name, info.events), (name.as_str(), rows.len() as u64));
        let events = || rows.iter().map(|row| plain.event(*row));
        assert_eq!((info.times.first, info.times.last), range(events()));
        let mut versions: Vec<&str> = Vec::new();
        for version in events().filter_map(|event| event.schema_version.as_deref()) {
            if !versions.contains(&version) {
                versions.push(version);
            }
        }
        assert_eq!(info.schema_versions.iter().map(AsRef::as_ref).collect::<Vec<&str>>(), versions);
        let streams: BTreeSet<_> = rows
            .iter()
            .flat_map(|row| plain.event(*row).streams.iter().map(move |m| (row.source(), &m.stream)))
            .collect();
        assert_eq!(n_streams, streams.len() as u64, "streams of {name}");
    }
}

fn assert_same_streams(log: &EventLog, plain: &PlainLog) {
    let streams = plain.streams();
    assert_eq!(log.streams().len(), streams.len());
    for (at, (info, stream)) in log.streams().iter().zip(&streams).enumerate() {
        assert_eq!((info.source, info.name()), (stream.source, stream.name.clone()));
        assert_eq!(info.rows().collect::<Vec<_>>(), stream.rows);
        assert_eq!((info.len(), info.is_empty()), (stream.rows.len(), false));
        assert_eq!(
            (info.times().first, info.times().last),
            range(stream.rows.iter().map(|row| plain.event(*row)))
        );
        let of_stream = |row: &Row| {
            let streams = plain.event(*row).streams.iter();
            streams.filter(|m| m.stream == stream.name).map(|m| m.version).collect::<Vec<_>>()
        };
        let versions = || stream.rows.iter().flat_map(of_stream).flatten();
        assert_eq!(info.versions(), versions().min().zip(versions().max()));

        let id = StreamId(at as u32);
        let version_in = |row: &Row| of_stream(row)[0];
        let mut rows = stream.rows.clone();
        for row in &rows {
            assert_eq!(log.version_in(*row, id), version_in(row));
        }
        if rows.iter().all(|row| version_in(row).is_some()) {
            rows.sort_by_key(version_in);
        }
        assert_eq!(log.replay_rows(id), rows);
    }
    let spellings = streams.iter().flat_map(|stream| [stream.name.to_string(), stream.name.id.clone()]);
    for spelling in spellings.chain(["no such stream".to_owned()]).take(100) {
        assert_same_lookup(log, &spelling);
    }
}

fn assert_same_lookup(log: &EventLog, spelling: &str) {
    let is_meant = |id: &StreamId| {
        let name = log.stream(*id).name();
        name.id == spelling || (name.aggregate_type.is_some() && name.to_string() == spelling)
    };
    let mut meant: Vec<StreamId> = (0..log.streams().len() as u32).map(StreamId).filter(is_meant).collect();
    match log.find_stream(spelling) {
        StreamLookup::Found(id) => assert_eq!([id], *meant),
        StreamLookup::Ambiguous(mut ids) => {
            ids.sort_unstable();
            meant.sort_unstable();
            assert!(ids.len() > 1);
            assert_eq!(ids, meant);
        }
        StreamLookup::Unknown(alike) => assert!(meant.is_empty() && alike.len() <= 5),
    }
}

fn assert_same_correlations(log: &EventLog, plain: &PlainLog) {
    let groups = plain.grouped(|event| event.correlation_id.as_ref());
    let found = log.correlations().iter().map(|info| (info.id.to_string(), info.rows.to_vec()));
    assert_eq!(found.collect::<Vec<_>>(), groups);
}

proptest! {
    #[test]
    fn every_snapshot_answers_as_plain_vectors_do_and_never_changes(steps in steps()) {
        let published = take(steps);
        for (log, plain) in &published {
            assert_same(log, plain);
        }
        prop_assert!(published.windows(2).all(|two| two[0].0.generation() < two[1].0.generation()));
    }

    #[test]
    fn histograms_count_every_event_once(
        steps in steps(),
        n_bins in 1..40_usize,
        ends in (0..80_u64, 0..80_u64),
    ) {
        for (log, plain) in take(steps) {
            let never = CancelToken::default();
            let len = log.len() as u64;
            let (from, to) = (ends.0.min(ends.1).min(len), ends.0.max(ends.1).min(len));
            let bins = histogram(&log, &edges_by_rank(&log, (from, to), n_bins), &never).expect("not cancelled");
            prop_assert_eq!(bins.len(), n_bins);
            prop_assert_eq!(bins.iter().map(|bin| u64::from(bin.events)).sum::<u64>(), to - from);
            let failures = (from..to).filter(|rank| log.is_failure(log.row_at(*rank))).count();
            prop_assert_eq!(bins.iter().map(|bin| bin.failures as usize).sum::<usize>(), failures);

            let axis = TimeAxis::of(&log, &[]);
            let whole = (0.0, axis.total_units());
            let bins = histogram(&log, &edges_by_time(&log, &axis, whole, n_bins), &never).expect("not cancelled");
            let placed = plain.read.iter().filter(|row| plain.key(**row) != i64::MIN).count();
            prop_assert_eq!(bins.len(), n_bins);
            prop_assert_eq!(bins.iter().map(|bin| bin.events as usize).sum::<usize>(), placed);
        }
    }

    #[test]
    fn a_row_set_is_a_sorted_list_without_repeats(
        steps in steps(),
        chosen in vec(any::<prop::sample::Index>(), 0..60),
    ) {
        for (log, plain) in take(steps).into_iter().filter(|(log, _)| !log.is_empty()) {
            let rows: Vec<Row> = chosen.iter().map(|index| *index.get(&plain.read)).collect();
            let ranks: BTreeSet<u64> = rows.iter().map(|row| log.rank_of(*row)).collect();
            let everything: BTreeSet<u64> = (0..log.len() as u64).collect();
            for (set, ranks) in [(RowSet::sorted(&log, rows), ranks), (RowSet::All, everything)] {
                let expected: Vec<Row> = ranks.iter().map(|rank| log.row_at(*rank)).collect();
                prop_assert_eq!(set.len(&log), expected.len() as u64);
                prop_assert_eq!(set.is_empty(&log), expected.is_empty());
                let listed: Vec<Row> = (0..).map_while(|index| set.get(&log, index)).collect();
                prop_assert_eq!(&listed, &expected);
                for row in &plain.read {
                    let through = ranks.range(..=log.rank_of(*row)).count() as u64;
                    prop_assert_eq!(set.count_through(&log, *row), through);
                    let index = expected.iter().position(|other| other == row).map(|at| at as u64);
                    prop_assert_eq!(set.index_of(&log, *row), index);
                }
            }
        }
    }
}

#[test]
fn a_log_of_many_chunks_answers_as_plain_vectors_do() {
    for n_sources in [1, 3] {
        let mut twins = long_log(n_sources, 9_000);
        let before = (twins.publish(), twins.plain.clone());
        for _ in 0..3 {
            let event = twins.plain.sources[0][4_095].clone();
            twins.push(0, event);
        }
        assert_same(&before.0, &before.1);
        let after = twins.publish();
        assert_same(&after, &twins.plain);
    }
}

#[test]
fn rows_keep_their_meaning_when_a_source_is_added_although_ranks_change() {
    let at = |seconds: i64, id: &str| RecordedEvent {
        id: Some(id.to_owned()),
        occurred_at: Some(Timestamp::from_nanos(seconds * 1_000_000_000, 0)),
        ..RecordedEvent::default()
    };
    let mut twins = Twins::of(vec![vec![at(10, "a"), at(20, "b")]]);
    let first = twins.publish();
    twins.add_source();
    twins.push(1, at(5, "c"));
    twins.push(1, at(15, "d"));
    let second = twins.publish();
    let a = twins.plain.read[0];
    assert_eq!((first.rank_of(a), second.rank_of(a)), (0, 1));
    assert_eq!(first.event(a).time, second.event(a).time);
    let ids = |log: &EventLog| -> Vec<String> {
        (0..log.len() as u64).filter_map(|rank| twins.plain.event(log.row_at(rank)).id.clone()).collect()
    };
    assert_eq!(
        (ids(&first), ids(&second)),
        (vec!["a".into(), "b".into()], ["c", "a", "d", "b"].map(Into::into).into())
    );
}
