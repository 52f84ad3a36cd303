//! Evaluation of a filter: index terms by columns, text by reading payloads of what is left.

use super::filter::{Filter, TermKind};
use super::text::Needle;
use crate::base::cancel::CancelToken;
use crate::index::{EventLog, StreamId, TypeId, glob};
use crate::model::{FetchError, RecordedEvent, Row};

/// Events fetched at a time while searching for text.
const FETCH_AT_A_TIME: usize = 512;

/// Reads events again: one result for each row.
pub type Fetch<'a> = dyn FnMut(&[Row]) -> Vec<Result<RecordedEvent, FetchError>> + 'a;

/// How far a selection has come.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct SelectStep {
    /// Events looked at.
    pub done: u64,
    /// Events to look at.
    pub total: u64,
    /// Events that could not be read again and so could not be searched.
    pub unreadable: u64,
}

/// The rows that match, in order of rank; `None` when cancelled. `fetch` is asked only when the filter has text.
pub fn select(
    log: &EventLog,
    filter: &Filter,
    fetch: &mut Fetch<'_>,
    cancel: &CancelToken,
    progress: &mut dyn FnMut(&[Row], SelectStep),
) -> Option<Vec<Row>> {
    let tests: Vec<IndexTest> =
        filter.terms.iter().filter_map(|term| IndexTest::of(log, term.negated, &term.kind)).collect();
    let mut survivors = Vec::new();
    for rank in 0..log.len() as u64 {
        if rank.is_multiple_of(1 << 16) && cancel.is_cancelled() {
            return None;
        }
        let row = log.row_at(rank);
        if tests.iter().all(|test| test.matches(log, row)) {
            survivors.push(row);
        }
    }
    if !filter.needs_payloads() {
        return Some(survivors);
    }
    search(log, filter, &survivors, fetch, cancel, progress)
}

fn search(
    log: &EventLog,
    filter: &Filter,
    rows: &[Row],
    fetch: &mut Fetch<'_>,
    cancel: &CancelToken,
    progress: &mut dyn FnMut(&[Row], SelectStep),
) -> Option<Vec<Row>> {
    let needles: Vec<(bool, Needle, NameHits)> = filter
        .terms
        .iter()
        .filter_map(|term| match &term.kind {
            TermKind::Text(text) => {
                let needle = Needle::new(text);
                let names = NameHits::of(log, &needle);
                Some((term.negated, needle, names))
            }
            _ => None,
        })
        .collect();
    let mut found = Vec::new();
    let mut step = SelectStep { total: rows.len() as u64, ..SelectStep::default() };
    for part in rows.chunks(FETCH_AT_A_TIME) {
        if cancel.is_cancelled() {
            return None;
        }
        for (row, event) in part.iter().zip(fetch(part)) {
            step.unreadable += u64::from(event.is_err());
            let matches = needles.iter().all(|(negated, needle, names)| {
                let hit =
                    names.contains(log, *row) || event.as_ref().is_ok_and(|event| needle.is_in_event(event));
                hit != *negated
            });
            if matches {
                found.push(*row);
            }
        }
        step.done += part.len() as u64;
        progress(&found, step);
    }
    Some(found)
}

/// Types and streams whose names contain a text.
struct NameHits {
    types: Vec<bool>,
    streams: Vec<bool>,
}

impl NameHits {
    fn of(log: &EventLog, needle: &Needle) -> Self {
        Self {
            types: log.types().iter().map(|info| needle.is_in(&info.name)).collect(),
            streams: log.streams().iter().map(|info| needle.is_in(&info.id)).collect(),
        }
    }

    fn contains(&self, log: &EventLog, row: Row) -> bool {
        let TypeId(event_type) = log.type_of(row);
        self.types[event_type as usize]
            || log.memberships(row).iter().any(|(stream, _)| self.streams[stream.0 as usize])
    }
}

/// A term that the index answers, as one flag a type, stream or correlation.
struct IndexTest {
    negated: bool,
    over: Over,
}

enum Over {
    Types(Vec<bool>),
    Streams(Vec<bool>),
    Correlations(Vec<bool>),
}

impl IndexTest {
    fn of(log: &EventLog, negated: bool, kind: &TermKind) -> Option<Self> {
        let over = match kind {
            TermKind::Type(pattern) => {
                let glob = glob(pattern);
                Over::Types(log.types().iter().map(|info| glob.is_match(&*info.name)).collect())
            }
            TermKind::Stream(pattern) => {
                let glob = glob(pattern);
                let matches = |id: StreamId| {
                    let info = log.stream(id);
                    glob.is_match(&*info.id)
                        || info
                            .aggregate_type
                            .as_ref()
                            .is_some_and(|kind| glob.is_match(format!("{kind}/{}", info.id)))
                };
                Over::Streams((0..log.streams().len()).map(|at| matches(StreamId(at as u32))).collect())
            }
            TermKind::Correlation(id) => {
                let beginning = id.strip_suffix(['*', '…']);
                let matches =
                    |known: &str| beginning.map_or(known == id, |beginning| known.starts_with(beginning));
                Over::Correlations(log.correlations().iter().map(|info| matches(&info.id)).collect())
            }
            TermKind::Text(_) => return None,
        };
        Some(Self { negated, over })
    }

    fn matches(&self, log: &EventLog, row: Row) -> bool {
        let hit = match &self.over {
            Over::Types(flags) => {
                let TypeId(id) = log.type_of(row);
                flags[id as usize]
            }
            Over::Streams(flags) => log.memberships(row).iter().any(|(stream, _)| flags[stream.0 as usize]),
            Over::Correlations(flags) => log.event(row).correlation.is_some_and(|id| flags[id.0 as usize]),
        };
        hit != self.negated
    }
}
