//! Queries of an open log: lends them its payloads, its sources' names and its sagas. Asked by workers and by the
//! command line, never by the window's thread.

use std::sync::Arc;

use super::arena::Current;
use super::load::OpenLog;
use crate::base::cancel::CancelToken;
use crate::model::{FetchError, RecordedEvent, Row, SourceId, TextFinder};
use crate::query::{
    Found, Ground, Group, KeptTexts, Marks, Query, Samples, SelectStep, Tally, select, tally,
};
use crate::saga::Survey;

/// Events whose payloads are looked at for completion.
const SAMPLED: usize = 400;
/// Segments of each source in which types are looked for that such a sample misses.
const SEGMENTS_SEARCHED: usize = 64;

impl OpenLog {
    /// Keeps the payloads in memory to be searched, as far as they take no more than `room` bytes.
    pub fn keep_texts(&self, room: u64, cancel: &CancelToken) {
        self.pool.arena().fill(self, room, cancel);
    }

    /// Names of the sources as queries know them: the names of their files.
    pub fn source_names(&self) -> Vec<String> {
        let name = |info: &super::SourceInfo| {
            info.path
                .file_name()
                .map_or_else(|| info.path.display().to_string(), |name| name.to_string_lossy().into_owned())
        };
        self.sources.iter().map(name).collect()
    }

    fn asked<T>(&self, survey: Option<&Survey>, ask: impl FnOnce(&Ground<'_>) -> T) -> T {
        let sources = self.source_names();
        let fetch =
            |rows: &[Row]| -> Vec<Result<RecordedEvent, FetchError>> { self.pool.fetch(&self.log, rows) };
        let may_hold = |rows: &[Row], text: &dyn TextFinder| self.pool.may_hold(&self.log, rows, text);
        let kept: Arc<dyn KeptTexts> = Arc::new(Current::of(self));
        ask(&Ground {
            log: &self.log,
            fetch: &fetch,
            may_hold: Some(&may_hold),
            kept: Some(&kept),
            survey,
            sources: &sources,
        })
    }

    /// The events that match; `None` when cancelled. `survey` is for queries that ask about sagas.
    pub fn select(
        &self,
        query: &Query,
        survey: Option<&Survey>,
        cancel: &CancelToken,
        progress: &mut dyn FnMut(&[Row], SelectStep),
    ) -> Option<Found> {
        self.asked(survey, |ground| select(ground, query, cancel, progress))
    }

    /// How many of these events have what in common; `None` when cancelled. `progress` hears how many payloads of how
    /// many are read.
    pub fn tally(
        &self,
        marks: &Marks,
        group: &Group,
        top: Option<usize>,
        survey: Option<&Survey>,
        cancel: &CancelToken,
        progress: &mut dyn FnMut(u64, u64),
    ) -> Option<Tally> {
        self.asked(survey, |ground| tally(ground, marks, group, top, cancel, progress))
    }

    /// What payloads look like: those of a few events all over the log, rare types among them.
    pub fn samples(&self) -> Samples {
        let len = self.log.len();
        let mut rows: Vec<Row> =
            (0..SAMPLED.min(len)).map(|at| self.log.row_at((at * len / SAMPLED.min(len)) as u64)).collect();
        let mut seen: std::collections::HashSet<u32> =
            rows.iter().map(|row| self.log.type_of(*row).0).collect();
        // An evenly spread sample misses rare types: take the first event of each that the beginnings show.
        for source in 0..self.log.sources().len() {
            let source = SourceId(source as u16);
            for number in 0..self.log.segments(source).min(SEGMENTS_SEARCHED) {
                let segment = self.log.segment(source, number);
                for (at, id) in segment.types().iter().enumerate() {
                    if rows.len() < 2 * SAMPLED && seen.insert(*id) {
                        rows.push(segment.row(at));
                    }
                }
            }
        }
        Samples::of(self.pool.fetch(&self.log, &rows).iter().flatten())
    }
}
