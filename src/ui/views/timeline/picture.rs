//! What the timeline shows, worked out once off the window's thread: the lines, and whatever a frame would have to look
//! for among all the bars.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, OnceLock};

use super::bins::Visible;
use super::path;
use crate::index::{EventLog, TimeAxis};
use crate::model::Row;
use crate::saga::{BarKind, Leg, Page, Stretch, Survey, Timeline, Track};

/// A saga that took longer is told by the clock.
const PASSED_MAX: i64 = 3_600_000_000_000;

/// What is drawn.
#[derive(Debug)]
pub(super) enum Lines {
    One(Box<OneSaga>),
    All(AllSagas),
}

/// A line for each step of one saga.
#[derive(Debug)]
pub(super) struct OneSaga {
    pub(super) page: Arc<Page>,
    pub(super) timeline: Timeline,
    /// The critical path: every moment on a line, from the first event to the last.
    pub(super) path: Vec<Stretch>,
    /// The line of each event.
    pub(super) lines: HashMap<Row, u32>,
    /// Width of the widest name, measured when it is first drawn.
    pub(super) widest: OnceLock<f32>,
    /// The part of the path that was seen last, as it is drawn.
    pub(super) course: Mutex<Option<(path::View, Arc<[Leg]>)>>,
    /// For each bar how far it and those before it on its line reach.
    reaches: Vec<i64>,
    /// Bars of each track that are no waits.
    times: Vec<usize>,
}

impl OneSaga {
    pub(super) fn new(page: Arc<Page>, timeline: Timeline) -> Self {
        let mut reaches: Vec<i64> = Vec::with_capacity(timeline.bars.len());
        for (at, bar) in timeline.bars.iter().enumerate() {
            let before = at.checked_sub(1).filter(|before| timeline.bars[*before].line == bar.line);
            reaches.push(before.map_or(bar.to, |before| reaches[before].max(bar.to)));
        }
        let bars =
            |track: &Track| (track.line..track.line + track.lines).flat_map(|line| timeline.bars_of(line));
        let times = timeline
            .tracks
            .iter()
            .map(|track| bars(track).filter(|bar| bar.kind != BarKind::Wait).count())
            .collect();
        let (path, lines) = (timeline.path(), lines(&timeline));
        Self {
            page,
            path,
            lines,
            widest: OnceLock::new(),
            course: Mutex::default(),
            reaches,
            times,
            timeline,
        }
    }

    /// The bars of a line that reach into these times.
    pub(super) fn visible(&self, line: u32, times: (i64, i64)) -> Visible<'_> {
        let all = &self.timeline.bars;
        let (from, to) =
            (all.partition_point(|bar| bar.line < line), all.partition_point(|bar| bar.line <= line));
        Visible::of(&all[from..to], &self.reaches[from..to], times)
    }

    /// The track that begins on this line, and how many bars it has that are no waits.
    pub(super) fn track_at(&self, line: u32) -> Option<(&Track, usize)> {
        let at = self.timeline.tracks.binary_search_by_key(&line, |track| track.line).ok()?;
        Some((&self.timeline.tracks[at], self.times[at]))
    }
}

/// The line of each event: that of its mark, of the bar that it ends, of the one that it begins.
fn lines(timeline: &Timeline) -> HashMap<Row, u32> {
    let mut lines: HashMap<Row, u32> = timeline.marks.iter().map(|mark| (mark.row, mark.line)).collect();
    for bar in timeline.bars.iter().filter(|bar| bar.kind != BarKind::Wait) {
        lines.entry(bar.row).or_insert(bar.line);
    }
    for bar in &timeline.bars {
        lines.entry(bar.row).or_insert(bar.line);
        lines.entry(bar.began).or_insert(bar.line);
    }
    lines
}

/// A line for each saga.
#[derive(Debug)]
pub(super) struct AllSagas {
    /// By their place in the survey, in order.
    pub(super) list: Vec<u32>,
    /// Letters of the longest title.
    pub(super) letters: usize,
}

impl AllSagas {
    pub(super) fn new(log: &EventLog, survey: &Survey, list: Vec<u32>) -> Self {
        let title = |at: &u32| {
            survey.instances.list()[survey.sagas[*at as usize].instance].title(log).chars().count()
        };
        let letters = list.iter().map(title).max().unwrap_or(0);
        Self { list, letters }
    }
}

#[derive(Debug)]
pub(super) struct Picture {
    pub(super) lines: Lines,
    pub(super) axis: TimeAxis,
}

impl Picture {
    pub(super) fn len(&self) -> usize {
        match &self.lines {
            Lines::One(one) => one.timeline.lines() as usize,
            Lines::All(all) => all.list.len(),
        }
    }

    /// The line of an event, which is one of the saga `shown`.
    pub(super) fn line_of(&self, row: Row, shown: Option<usize>) -> Option<usize> {
        match &self.lines {
            Lines::One(one) => one.lines.get(&row).map(|line| *line as usize),
            Lines::All(all) => all.list.iter().position(|at| Some(*at as usize) == shown),
        }
    }

    /// Where times count from: the first event of a short saga.
    pub(super) fn origin(&self) -> Option<i64> {
        match &self.lines {
            Lines::One(one) if one.timeline.to.saturating_sub(one.timeline.from) < PASSED_MAX => {
                Some(one.timeline.from)
            }
            _ => None,
        }
    }
}
