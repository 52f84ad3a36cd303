//! How the bars of one saga are found.

use std::collections::BTreeMap;
use std::collections::btree_map::Entry;
use std::sync::Arc;

use super::{Bar, BarKind, Mark, Piece, Timeline, Track, keys};
use crate::domain::{Direction, Name};
use crate::index::{EventLog, TimeAxis};
use crate::saga::facts::{Act, Sign};
use crate::saga::graph::Graph;
use crate::saga::page::{Page, PageRow};
use crate::saga::plan::Meaning;
use crate::saga::survey::Survey;

/// Lines of one step at most; what does not fit lies over what is there.
const LINES_MAX: usize = 8;

pub(super) fn timeline(log: &EventLog, survey: &Survey, page: &Page) -> Option<Timeline> {
    let keys = keys(log, page.rows.iter().map(|row| row.row))?;
    let critical = critical(&page.graph, page.rows.len());
    let mut on_path = vec![false; page.rows.len()];
    for (cause, at, _) in &critical {
        (on_path[*cause], on_path[*at]) = (true, true);
    }
    let mut builder = Builder {
        survey,
        page,
        axis: TimeAxis::from_keys(keys.iter().copied(), &[]),
        keys,
        on_path,
        tracks: Vec::new(),
        by_name: BTreeMap::new(),
        bars: Vec::new(),
        marks: Vec::new(),
    };
    if page.course.as_ref().is_some_and(|course| course.noted) {
        builder.noted();
        builder.fill();
    } else {
        builder.inferred();
    }
    Some(builder.finish(&critical))
}

/// From the last event back along the latest of its causes, to the first one: (cause, event, known), from the first.
fn critical(graph: &Graph, events: usize) -> Vec<(usize, usize, bool)> {
    let mut path = Vec::new();
    let mut at = events.saturating_sub(1);
    while at > 0 {
        let cause = latest_cause(graph, at);
        path.push((cause.unwrap_or(at - 1), at, cause.is_some()));
        at = cause.unwrap_or(at - 1);
    }
    path.reverse();
    path
}

/// The cause that came last, and so decided when the event could come.
fn latest_cause(graph: &Graph, at: usize) -> Option<usize> {
    graph.causes(at).iter().map(|(cause, _)| *cause as usize).filter(|cause| *cause < at).max()
}

/// A bar before it has a line.
struct Draft {
    bar: Bar,
    track: usize,
}

struct Builder<'a> {
    survey: &'a Survey,
    page: &'a Page,
    keys: Vec<i64>,
    axis: TimeAxis,
    /// Places on the critical path.
    on_path: Vec<bool>,
    tracks: Vec<Name>,
    by_name: BTreeMap<Name, usize>,
    bars: Vec<Draft>,
    marks: Vec<(Mark, usize)>,
}

impl Builder<'_> {
    fn type_name(&self, row: &PageRow) -> Name {
        Arc::clone(&self.survey.traits[row.event_type.0 as usize].name)
    }

    fn step_name(&self, step: usize) -> Option<Name> {
        self.page.course.as_ref().map(|course| Arc::clone(&course.plan.steps[step].name))
    }

    /// The step that an event is about, else its type.
    fn name_of(&self, row: &PageRow) -> Name {
        let step = match &row.sign {
            Some(Sign::Step(step, ..) | Sign::Happened(step, _) | Sign::Letter { step: Some(step), .. }) => {
                self.step_name(*step)
            }
            _ => None,
        };
        step.unwrap_or_else(|| self.type_name(row))
    }

    fn track(&mut self, name: &Name) -> usize {
        match self.by_name.entry(Arc::clone(name)) {
            Entry::Occupied(known) => *known.get(),
            Entry::Vacant(new) => {
                self.tracks.push(Arc::clone(name));
                *new.insert(self.tracks.len() - 1)
            }
        }
    }

    /// A bar from one event to another, on the track of `name`.
    fn push(&mut self, kind: BarKind, name: &Name, from: usize, to: usize) -> usize {
        let track = self.track(name);
        self.push_on(track, kind, name, (from, to))
    }

    fn push_on(&mut self, track: usize, kind: BarKind, name: &Name, (from, to): (usize, usize)) -> usize {
        let rows = &self.page.rows;
        let bar = Bar {
            kind,
            name: Arc::clone(name),
            from: self.keys[from],
            to: self.keys[to],
            began: rows[from].row,
            row: rows[to].row,
            attempt: 0,
            failed: false,
            error: None,
            is_open: false,
            is_critical: from != to && self.on_path[to],
            line: 0,
        };
        self.bars.push(Draft { bar, track });
        self.bars.len() - 1
    }

    /// What an orchestrator noted: its attempts, and the backoff between them.
    fn noted(&mut self) {
        let page = self.page;
        let last = page.rows.len() - 1;
        let mut open: BTreeMap<(usize, bool), usize> = BTreeMap::new();
        let mut failed: BTreeMap<(usize, bool), usize> = BTreeMap::new();
        let mut asked: BTreeMap<(usize, bool), usize> = BTreeMap::new();
        let mut tries: BTreeMap<(usize, bool), u32> = BTreeMap::new();
        for (at, row) in page.rows.iter().enumerate() {
            let Some(Sign::Step(step, direction, act)) = &row.sign else {
                self.mark(at);
                continue;
            };
            let key = (*step, *direction == Direction::Undo);
            let Some(name) = self.step_name(*step) else { continue };
            let error = match act {
                Act::Begun(number) => {
                    let times = tries.entry(key).or_default();
                    *times += 1;
                    let kind = match (key.1, *times) {
                        (true, _) => BarKind::Undo,
                        (false, 1) => BarKind::Step,
                        (false, _) => BarKind::Retry,
                    };
                    if let Some(before) = failed.remove(&key).or(asked.remove(&key)) {
                        self.push(BarKind::Wait, &name, before, at);
                    }
                    let bar = self.push(kind, &name, at, last);
                    self.bars[bar].bar.attempt = *number;
                    open.insert(key, bar);
                    continue;
                }
                Act::AttemptFailed(error) => Some(error.clone()),
                Act::TimedOut => Some("no answer in time".to_owned()),
                Act::Refused(reason) => Some(reason.clone()),
                Act::Done | Act::Answered(_) | Act::NothingToDo => None,
                // Until it is taken up it waits, as between two attempts.
                Act::Asked => {
                    asked.insert(key, at);
                    continue;
                }
                Act::Failed { .. } | Act::Parked | Act::Resumed => {
                    self.mark(at);
                    continue;
                }
            };
            // Nobody told when it was taken up: from when it was asked for.
            if let Some(asked) = asked.remove(&key).filter(|_| !open.contains_key(&key)) {
                let kind = if key.1 { BarKind::Undo } else { BarKind::Step };
                let bar = self.push(kind, &name, asked, at);
                open.insert(key, bar);
            }
            if let Some(bar) = open.remove(&key) {
                let bar = &mut self.bars[bar].bar;
                (bar.to, bar.row, bar.is_critical) = (self.keys[at], row.row, self.on_path[at]);
                (bar.failed, bar.error) = (error.is_some(), error);
            }
            if matches!(act, Act::AttemptFailed(_) | Act::TimedOut) {
                failed.insert(key, at);
            }
        }
        for bar in open.into_values() {
            let bar = &mut self.bars[bar].bar;
            (bar.is_open, bar.row) = (true, bar.began);
        }
    }

    /// An event beside the bars, where it tells of more than what the orchestrator thinks.
    fn mark(&mut self, at: usize) {
        let page = self.page;
        let row = &page.rows[at];
        if row.technical && !matches!(row.sign, Some(Sign::Letter { .. } | Sign::Step(..))) {
            return;
        }
        let name = self.name_of(row);
        let track = self.track(&name);
        let mark = Mark { row: row.row, at: self.keys[at], line: 0, failed: row.failure };
        self.marks.push((mark, track));
    }

    /// Stretches in which no attempt was under way: waits for what begins at their end.
    fn fill(&mut self) {
        let mut stretches: Vec<(i64, i64)> = self.bars.iter().map(|one| (one.bar.from, one.bar.to)).collect();
        stretches.sort_unstable();
        let last = self.keys[self.keys.len() - 1];
        let mut covered = self.keys[0];
        let mut gaps = Vec::new();
        for (from, to) in stretches.into_iter().chain([(last, last)]) {
            if from > covered {
                gaps.push((covered, from));
            }
            covered = covered.max(to);
        }
        for (from, to) in gaps {
            // Between two events of the saga: bars begin and end with one.
            let before = self.keys.partition_point(|key| *key <= from) - 1;
            let after = self.keys.partition_point(|key| *key < to);
            let next = (after..self.page.rows.len()).find(|at| {
                self.keys[*at] == to
                    && matches!(self.page.rows[*at].sign, Some(Sign::Step(_, _, Act::Begun(_))))
            });
            let name = self.name_of(&self.page.rows[next.unwrap_or(after)]);
            // Where no attempt follows, the wait stands behind the one that ended last.
            let behind = self.bars.iter().filter(|one| one.bar.to <= from).max_by_key(|one| one.bar.to);
            let track = match (next, behind.map(|one| one.track)) {
                (None, Some(track)) => track,
                _ => self.track(&name),
            };
            self.push_on(track, BarKind::Wait, &name, (before, next.unwrap_or(after)));
        }
    }

    /// Nobody noted attempts: every event took from its cause to itself.
    fn inferred(&mut self) {
        let page = self.page;
        for (at, row) in page.rows.iter().enumerate() {
            let name = self.name_of(row);
            let cause = latest_cause(&page.graph, at).or(at.checked_sub(1)).unwrap_or(at);
            let kind = self.kind(cause, at);
            let bar = self.push(kind, &name, cause, at);
            let refused = matches!(row.sign, Some(Sign::Happened(_, Meaning::Refusal)));
            self.bars[bar].bar.failed = row.failure || refused;
        }
    }

    fn kind(&self, cause: usize, at: usize) -> BarKind {
        let (before, row) = (&self.page.rows[cause], &self.page.rows[at]);
        let family = |row: &PageRow| &self.survey.traits[row.event_type.0 as usize].family;
        let undone = matches!(row.sign, Some(Sign::Happened(_, Meaning::Undone | Meaning::Tombstone)));
        let (from, to) = (self.keys[cause], self.keys[at]);
        if row.undo || undone {
            BarKind::Undo
        } else if before.failure && family(before) == family(row) {
            BarKind::Retry
        } else if self.axis.cuts().any(|cut| from <= cut.from && cut.to <= to) {
            BarKind::Wait
        } else {
            BarKind::Step
        }
    }

    /// Gives every bar its line.
    fn finish(mut self, critical: &[(usize, usize, bool)]) -> Timeline {
        self.bars.sort_by_key(|one| (one.track, one.bar.from, one.bar.to));
        // Where each line of each track is free again.
        let mut free: Vec<Vec<i64>> = vec![Vec::new(); self.tracks.len()];
        for Draft { bar, track } in &mut self.bars {
            let ends = &mut free[*track];
            let line = match ends.iter().position(|end| *end <= bar.from) {
                Some(line) => line,
                None if ends.len() < LINES_MAX => {
                    ends.push(i64::MIN);
                    ends.len() - 1
                }
                None => ends.iter().enumerate().min_by_key(|(_, end)| **end).map_or(0, |(line, _)| line),
            };
            ends[line] = ends[line].max(bar.to);
            bar.line = line as u32;
        }
        let mut line = 0;
        let tracks: Vec<Track> = self
            .tracks
            .into_iter()
            .zip(&free)
            .map(|(name, ends)| {
                let track = Track { name, line, lines: ends.len().max(1) as u32 };
                line += track.lines;
                track
            })
            .collect();
        let mut bars: Vec<Bar> = Vec::with_capacity(self.bars.len());
        for Draft { mut bar, track } in self.bars {
            bar.line += tracks[track].line;
            bars.push(bar);
        }
        bars.sort_by_key(|bar| (bar.line, bar.from, bar.to));
        let marks = self.marks.into_iter().map(|(mark, track)| Mark { line: tracks[track].line, ..mark });
        let mut marks: Vec<Mark> = marks.collect();
        marks.sort_by_key(|mark| (mark.line, mark.at));
        let piece = |(cause, at, is_known): &(usize, usize, bool)| Piece {
            cause: self.page.rows[*cause].row,
            row: self.page.rows[*at].row,
            from: self.keys[*cause],
            to: self.keys[*at],
            is_known: *is_known,
        };
        Timeline {
            from: self.keys[0],
            to: self.keys[self.keys.len() - 1],
            tracks,
            bars,
            marks,
            critical: critical.iter().map(piece).collect(),
            keys: self.keys,
        }
    }
}
