//! Which events of one correlation id are one saga where several sources have that id. Two stores of one system share
//! ids on purpose, and to see the whole saga is why they are opened together; two stores that have nothing to do with
//! each other share ids by chance. The index keeps what is written: `corr:` finds the events of both.
//!
//! 1. An id that is unique by its form (a UUID, a ULID, a long number or token) is one saga in all sources.
//! 2. So is one of which two sources tell the same event, with the same type, stream, version and time: a history that
//!    was saved twice. Each event counts once.
//! 3. An id under which the same type has the same version of the same stream at another time was given twice: the
//!    sources are two runs of one system, and each has a saga of its own.
//! 4. A name (`order-7`) is one saga: whoever names it so in two stores mostly means the same order.
//! 5. A bare number (`7`) is one in every source for itself, unless a cause leads from one source into another.
//!
//! What is apart is told by lives, as an id that one source uses again: `7` and `7~2`.

use std::collections::BTreeSet;

use foldhash::{HashMap, HashSet};

use crate::index::{EventLog, TypeId};
use crate::model::{Row, SourceId};

/// Letters and digits in a row from which on nobody gives them twice.
const UNIQUE_CHARS: usize = 16;

/// The same for a token of capitals, small letters and digits, whatever marks are in it.
const TOKEN_CHARS: usize = 20;

/// Whether an id is unique wherever it comes from.
fn is_unique(id: &str) -> bool {
    let digit = |text: &str| text.bytes().any(|byte| byte.is_ascii_digit());
    let runs = || id.split(|letter: char| !letter.is_ascii_alphanumeric());
    let hex = |run: &str, len: usize| run.len() == len && run.bytes().all(|byte| byte.is_ascii_hexdigit());
    let groups: Vec<&str> = runs().collect();
    let is_uuid = |five: &[&str]| five.iter().zip([8, 4, 4, 4, 12]).all(|(run, len)| hex(run, len));
    let is_token = id.len() >= TOKEN_CHARS
        && digit(id)
        && id.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_'))
        && id.bytes().any(|byte| byte.is_ascii_uppercase())
        && id.bytes().any(|byte| byte.is_ascii_lowercase());
    runs().any(|run| run.len() >= UNIQUE_CHARS && digit(run)) || groups.windows(5).any(is_uuid) || is_token
}

/// What tells an event from every other of its system, but for its time.
type Place<'a> = (TypeId, Option<&'a str>, &'a str, i64);

fn place(log: &EventLog, row: Row) -> Option<(Place<'_>, i64)> {
    let event = log.event(row);
    let ((stream, version), time) = event.stream.zip(event.version).zip(event.time)?;
    let stream = log.stream(stream);
    Some(((event.event_type, stream.aggregate_type.as_deref(), &stream.id, version), time.nanos()))
}

/// The sagas of one correlation id: its events, each list in the order of the log.
pub(super) fn sagas(log: &EventLog, id: &str, rows: &[Row]) -> Vec<Vec<Row>> {
    let mut rows = rows.to_vec();
    rows.sort_by_cached_key(|row| log.rank_of(*row));
    let sources: BTreeSet<SourceId> = rows.iter().map(|row| row.source()).collect();
    if sources.len() < 2 {
        return vec![rows];
    }
    let (repeats, clashes) = compared(log, &rows);
    if !repeats.is_empty() {
        rows.retain(|row| !repeats.contains(row));
    } else if !is_unique(id) && (!clashes.is_empty() || id.bytes().all(|byte| byte.is_ascii_digit())) {
        return apart(log, &rows, &sources, &clashes);
    }
    vec![rows]
}

/// The events that an earlier source told already, and which sources tell another event of the same place.
fn compared(log: &EventLog, rows: &[Row]) -> (HashSet<Row>, HashSet<(SourceId, SourceId)>) {
    let mut told: HashMap<Place<'_>, Vec<(i64, SourceId)>> = HashMap::default();
    let (mut repeats, mut clashes) = (HashSet::default(), HashSet::default());
    for row in rows {
        let Some((place, time)) = place(log, *row) else { continue };
        let own = row.source();
        let known = told.entry(place).or_default();
        let others = known.iter().filter(|(_, source)| *source != own);
        if others.clone().any(|(at, _)| *at == time) {
            repeats.insert(*row);
        } else {
            clashes.extend(others.map(|(_, source)| (own.min(*source), own.max(*source))));
            known.push((time, own));
        }
    }
    (repeats, clashes)
}

/// Each source for itself, but for those that a cause joins.
fn apart(
    log: &EventLog,
    rows: &[Row],
    sources: &BTreeSet<SourceId>,
    clashes: &HashSet<(SourceId, SourceId)>,
) -> Vec<Vec<Row>> {
    let mut group_of: HashMap<SourceId, SourceId> = sources.iter().map(|source| (*source, *source)).collect();
    let own: HashSet<Row> = rows.iter().copied().collect();
    for row in rows {
        let Some(cause) = log.event(*row).cause.filter(|cause| own.contains(cause)) else { continue };
        let (one, other) = (row.source().min(cause.source()), row.source().max(cause.source()));
        // An event before its cause: the id of the cause is one that was given twice, too.
        if one == other || clashes.contains(&(one, other)) || log.rank_of(cause) > log.rank_of(*row) {
            continue;
        }
        let (to, from) = (group_of[&one], group_of[&other]);
        group_of.values_mut().filter(|group| **group == from).for_each(|group| *group = to);
    }
    let mut groups: Vec<(SourceId, Vec<Row>)> = Vec::new();
    for row in rows {
        let group = group_of[&row.source()];
        match groups.iter_mut().find(|(known, _)| *known == group) {
            Some((_, rows)) => rows.push(*row),
            None => groups.push((group, vec![*row])),
        }
    }
    groups.into_iter().map(|(_, rows)| rows).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::cancel::CancelToken;
    use crate::index::LogBuilder;
    use crate::model::{Locator, Membership, RecordedEvent, StreamName, Timestamp};
    use crate::saga::{Instances, Traits};

    /// Type, stream, version, second, id, cause.
    type Told = (&'static str, &'static str, i64, i64, &'static str, &'static str);

    /// The sagas of one correlation id that these sources have, by their ids and how many events each has.
    fn check(id: &str, sources: &[&[Told]], expected: &[(&str, usize)]) {
        let mut builder = LogBuilder::default();
        for events in sources {
            let source = builder.add_source();
            for (name, stream, version, second, own, cause) in *events {
                let some = |text: &str| Some(text.to_owned()).filter(|text| !text.is_empty());
                let event = RecordedEvent {
                    id: some(own),
                    event_type: (*name).to_owned(),
                    streams: vec![Membership {
                        stream: StreamName::untyped(*stream),
                        version: Some(*version),
                        role: None,
                    }],
                    occurred_at: Some(Timestamp::from_nanos(second * 1_000_000_000, 9)),
                    correlation_id: Some(id.to_owned()),
                    causation_id: some(cause),
                    ..RecordedEvent::default()
                };
                builder.push(source, Locator::default(), &event);
            }
        }
        let log = builder.publish();
        let traits = Traits::of_log(&log);
        let found = Instances::of(&log, &traits, &CancelToken::default()).unwrap();
        let told: Vec<(String, usize)> =
            found.list().iter().map(|one| (one.id(&log), one.rows().len())).collect();
        let told: Vec<(&str, usize)> = told.iter().map(|(id, events)| (id.as_str(), *events)).collect();
        assert_eq!(told, expected, "{id}");
        // Each event leads to its own saga, and each saga is found by its id.
        for (at, one) in found.list().iter().enumerate() {
            assert_eq!(found.named(&log, &one.id(&log)), [at], "{id}");
            assert!(one.rows().iter().all(|row| found.of_event(&log, *row) == [at]), "{id}");
        }
    }

    const ORDERS: &[Told] = &[("placed", "order", 1, 10, "a", ""), ("confirmed", "order", 2, 40, "b", "")];
    const PAYMENTS: &[Told] = &[("asked", "payment", 1, 20, "c", ""), ("paid", "payment", 2, 30, "d", "")];
    const CAUSED: &[Told] = &[("asked", "payment", 1, 20, "c", "a"), ("paid", "payment", 2, 30, "d", "c")];
    const LATER: &[Told] = &[("placed", "order", 1, 15, "e", ""), ("confirmed", "order", 2, 50, "f", "")];

    #[test]
    fn an_id_that_is_unique_or_a_name_is_one_saga_in_all_sources() {
        for id in ["order-7", "0193a7c2-7e1f-7000-8000-00000000002a", "01ARZ3NDEKTSV4RRFFQ69G5FAV"] {
            check(id, &[ORDERS, PAYMENTS], &[(id, 4)]);
        }
        check(
            "0193a7c2-7e1f-7000-8000-00000000002a",
            &[ORDERS, LATER],
            &[("0193a7c2-7e1f-7000-8000-00000000002a", 4)],
        );
    }

    #[test]
    fn a_number_is_one_in_every_source_unless_a_cause_joins_them() {
        check("7", &[ORDERS, PAYMENTS], &[("7", 2), ("7~2", 2)]);
        check("7", &[PAYMENTS, ORDERS], &[("7", 2), ("7~2", 2)]);
        check("7", &[ORDERS, CAUSED], &[("7", 4)]);
        // The third has nothing to do with the two that are joined.
        check("7", &[ORDERS, CAUSED, LATER], &[("7", 4), ("7~2", 2)]);
        // One event is no saga.
        check("7", &[ORDERS, &PAYMENTS[..1]], &[("7", 2)]);
    }

    #[test]
    fn two_runs_of_one_system_are_two_sagas_and_one_that_was_saved_twice_is_one() {
        check("order-7", &[ORDERS, LATER], &[("order-7", 2), ("order-7~2", 2)]);
        check("order-7", &[ORDERS, CAUSED, LATER], &[("order-7", 4), ("order-7~2", 2)]);
        check("order-7", &[ORDERS, ORDERS], &[("order-7", 2)]);
        check("7", &[ORDERS, ORDERS], &[("7", 2)]);
    }

    #[test]
    fn ids_are_unique_by_their_form() {
        for (id, expected) in [
            ("0193a7c2-7e1f-7000-8000-00000000002a", true),
            ("order-0193A7C2-7E1F-7000-8000-00000000002A", true),
            ("4bf92f3577b34da6a3ce929d0e0e4736", true),
            ("01ARZ3NDEKTSV4RRFFQ69G5FAV", true),
            ("1541815603606036480", true),
            ("V1StGXR8_Z5jdHi6B-myT", true),
            ("7", false),
            ("order-7", false),
            ("order-2026-03-01", false),
            ("customer-onboarding-of-the-year", false),
            ("", false),
        ] {
            assert_eq!(is_unique(id), expected, "{id}");
        }
    }
}
