//! What of a saga its diagrams show: all of it or one event with its neighbours, repeats and whole lifelines folded into
//! one, with or without what a runtime recorded. The sequence and the flow are drawn of the same groups of events.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use super::facts::{Act, Sign};
use super::graph::EdgeKind;
use super::mermaid::lifeline;
use super::page::{Page, PageRow};
use super::survey::Survey;
use crate::domain::Direction;
use crate::index::EventLog;
use crate::model::Row;

/// How far from the event in focus.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Reach {
    /// Its causes and effects.
    #[default]
    Near,
    /// Everything that led to it, and everything it led to.
    Far,
}

/// What is shown. By default everything, each event for itself.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Scope {
    /// Only this event and what is around it.
    pub focus: Option<(Row, Reach)>,
    /// Events of one type in a row, and the attempts of one step, stand as one.
    pub folds_repeats: bool,
    /// What a runtime recorded beside what happened is left out.
    pub hides_facts: bool,
    /// In the sequence, rows are as far apart as they are in time.
    pub to_scale: bool,
    /// Lifelines whose events in a row stand as one.
    pub folded: BTreeSet<String>,
    /// Repeats that are shown one by one after all, by their first event.
    pub opened: BTreeSet<Row>,
}

/// Why events stand as one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Why {
    /// It is one.
    One,
    /// They are of one type.
    Repeat,
    /// They are attempts of one step; undoing it or not.
    Attempts(usize, bool),
    /// Their lifeline is folded.
    Folded,
}

/// Events that stand as one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Group {
    /// Their places in [`Page::rows`].
    pub rows: Vec<usize>,
    /// Place of its lifeline.
    pub line: usize,
    why: Why,
    /// It is one of several that are shown one by one after all.
    is_open: bool,
}

impl Group {
    /// The event that stands for it: the last one.
    pub fn row<'a>(&self, page: &'a Page) -> &'a PageRow {
        &page.rows[self.rows[self.rows.len() - 1]]
    }

    /// The first of its events.
    pub fn first(&self, page: &Page) -> Row {
        page.rows[self.rows[0]].row
    }

    /// Whether it can be shown event by event.
    pub fn can_open(&self) -> bool {
        self.rows.len() > 1 && self.why != Why::Folded
    }

    /// Whether it tells of a failure.
    pub fn failed(&self, page: &Page) -> bool {
        self.rows.iter().any(|at| page.rows[*at].failure)
    }

    /// Whether it tells of compensation.
    pub fn is_undo(&self, page: &Page) -> bool {
        self.rows.iter().all(|at| undoes(&page.rows[*at]))
    }

    /// What it says: the type, and how often; of attempts the step, and how many failed.
    pub fn name(&self, survey: &Survey, page: &Page) -> String {
        let own = &survey.traits[self.row(page).event_type.0 as usize].name;
        match self.why {
            Why::Attempts(step, undo) if self.rows.len() > 1 => {
                let course = page.course.as_ref();
                let step = course.map_or("", |course| &course.plan.steps[step].name);
                let failed = |at: &&usize| {
                    matches!(
                        page.rows[**at].sign,
                        Some(Sign::Step(_, _, Act::AttemptFailed(_) | Act::TimedOut))
                    )
                };
                let failed = self.rows.iter().filter(failed).count();
                let undo = if undo { "undo of " } else { "" };
                format!("{undo}{step}, {failed} failed")
            }
            Why::Folded if self.rows.len() > 1 => format!("{} events", self.rows.len()),
            Why::Repeat => format!("{own} ×{}", self.rows.len()),
            _ => own.to_string(),
        }
    }
}

/// Whether an event is a part of compensation.
pub(super) fn undoes(row: &PageRow) -> bool {
    row.undo
        || matches!(row.sign, Some(Sign::Step(_, Direction::Undo, _) | Sign::GoesBack | Sign::Compensated))
}

/// In the history of a workflow engine, which is one stream, what a step is begun by: the activity that is called. What
/// asks for it and takes its answer is the workflow.
fn called(page: &Page, row: &PageRow) -> Option<String> {
    let Some(Sign::Step(step, direction, Act::Begun(_))) = &row.sign else { return None };
    let plan = page.course.as_ref().map(|course| &course.plan).filter(|plan| plan.is_history)?;
    let undo = plan.undos.iter().find(|(_, undone)| undone == step && *direction == Direction::Undo);
    let name = undo.map_or(&*plan.steps[*step].name, |(name, _)| &**name);
    // The second call of an activity is one of the same activity.
    Some(name.split(" #").next().unwrap_or(name).to_owned())
}

/// The part of a saga that a diagram shows.
#[derive(Clone, Debug, Default)]
pub struct Shown {
    /// In the order of the log.
    pub groups: Vec<Group>,
    /// The lifelines: who recorded the events, in order of appearance.
    pub lines: Vec<String>,
    /// Events on each lifeline.
    pub events: Vec<usize>,
    /// Events that are left out.
    pub left_out: usize,
    /// The causes of each group, by place among the groups.
    causes: Vec<Vec<(usize, EdgeKind)>>,
    group_of: Vec<Option<usize>>,
}

impl Shown {
    /// What `scope` shows of a saga.
    pub fn of(log: &EventLog, page: &Page, scope: &Scope) -> Self {
        let only_facts = page.rows.iter().all(|row| row.technical);
        let kept: Vec<bool> =
            page.rows.iter().map(|row| !scope.hides_facts || only_facts || !row.technical).collect();
        let causes = resolved(page, &kept);
        let seen = in_focus(page, scope, &kept, &causes);
        let mut shown = Self { group_of: vec![None; page.rows.len()], ..Self::default() };
        let mut line_of: BTreeMap<String, usize> = BTreeMap::new();
        for (at, row) in page.rows.iter().enumerate() {
            if !seen[at] {
                shown.left_out += 1;
                continue;
            }
            let name = called(page, row).unwrap_or_else(|| lifeline(log, row.stream));
            let is_folded = scope.folded.contains(&name);
            let line = *line_of.entry(name).or_insert_with_key(|name| {
                shown.lines.push(name.clone());
                shown.events.push(0);
                shown.lines.len() - 1
            });
            shown.events[line] += 1;
            shown.add(page, scope, at, line, is_folded);
        }
        shown.causes =
            shown.groups.iter().enumerate().map(|(at, group)| shown.joined(at, group, &causes)).collect();
        shown
    }

    /// Puts an event to the group before it, or begins another.
    fn add(&mut self, page: &Page, scope: &Scope, at: usize, line: usize, is_folded: bool) {
        let row = &page.rows[at];
        let why = match &row.sign {
            _ if is_folded => Why::Folded,
            Some(Sign::Step(step, direction, Act::AttemptFailed(_) | Act::TimedOut | Act::Begun(2..)))
                if scope.folds_repeats =>
            {
                Why::Attempts(*step, *direction == Direction::Undo)
            }
            _ => Why::One,
        };
        let last = self.groups.len().checked_sub(1);
        let joins = self.groups.last_mut().filter(|group| {
            let before = &page.rows[group.rows[group.rows.len() - 1]];
            let same_type = before.event_type == row.event_type && group.line == line;
            match (group.why, why) {
                (Why::Folded, Why::Folded) => group.line == line,
                (Why::Attempts(step, undo), Why::Attempts(own, own_undo)) => (step, undo) == (own, own_undo),
                // A fault that strikes an attempt stands with it.
                (Why::Attempts(..), Why::One) => row.technical && row.failure && row.sign.is_none(),
                (Why::One | Why::Repeat, Why::One) => scope.folds_repeats && same_type,
                _ => false,
            }
        });
        let is_part_of_open = joins.as_ref().is_some_and(|group| group.is_open);
        if let Some(group) = joins.filter(|group| !group.is_open) {
            group.rows.push(at);
            if group.why == Why::One {
                group.why = Why::Repeat;
            }
            self.group_of[at] = last;
        } else {
            let is_open = is_part_of_open || why != Why::Folded && scope.opened.contains(&row.row);
            self.group_of[at] = Some(self.groups.len());
            self.groups.push(Group { rows: vec![at], line, why, is_open });
        }
    }

    fn joined(&self, at: usize, group: &Group, causes: &[Vec<(usize, EdgeKind)>]) -> Vec<(usize, EdgeKind)> {
        let mut joined: BTreeMap<usize, EdgeKind> = BTreeMap::new();
        for (cause, kind) in group.rows.iter().flat_map(|row| &causes[*row]) {
            let Some(cause) = self.group_of[*cause].filter(|cause| *cause != at) else { continue };
            let known = joined.entry(cause).or_insert(*kind);
            *known = (*known).min(*kind);
        }
        joined.into_iter().collect()
    }

    /// What caused a group, by place among the groups.
    pub fn causes(&self, at: usize) -> &[(usize, EdgeKind)] {
        &self.causes[at]
    }

    /// The cause that decided when a group began: the latest one before it.
    pub fn cause(&self, at: usize) -> Option<(usize, EdgeKind)> {
        self.causes[at].iter().copied().filter(|(cause, _)| *cause < at).max_by_key(|(cause, _)| *cause)
    }

    /// The group that shows the event at a place of the page.
    pub fn group_of(&self, place: usize) -> Option<usize> {
        self.group_of.get(place).copied().flatten()
    }
}

/// The causes of each event among those that are kept: through the ones that are not.
fn resolved(page: &Page, kept: &[bool]) -> Vec<Vec<(usize, EdgeKind)>> {
    let mut all: Vec<Vec<(usize, EdgeKind)>> = Vec::with_capacity(page.rows.len());
    for at in 0..page.rows.len() {
        let mut own: BTreeMap<usize, EdgeKind> = BTreeMap::new();
        for (cause, kind) in page.graph.causes(at) {
            let cause = *cause as usize;
            if kept[cause] {
                own.insert(cause, *kind);
            } else if let Some(through) = all.get(cause) {
                for (cause, kind) in through {
                    own.entry(*cause).or_insert(*kind);
                }
            }
        }
        all.push(own.into_iter().collect());
    }
    all
}

/// Which events are seen.
fn in_focus(page: &Page, scope: &Scope, kept: &[bool], causes: &[Vec<(usize, EdgeKind)>]) -> Vec<bool> {
    let focus = scope.focus.and_then(|(row, reach)| Some((page.graph.place(row)?, reach)));
    let Some((focus, reach)) = focus.filter(|(at, _)| kept[*at]) else { return kept.to_vec() };
    let mut effects: Vec<Vec<usize>> = vec![Vec::new(); causes.len()];
    for (at, causes) in causes.iter().enumerate().filter(|(at, _)| kept[*at]) {
        for (cause, _) in causes {
            effects[*cause].push(at);
        }
    }
    let back = |at: usize| causes[at].iter().map(|(cause, _)| *cause).collect::<Vec<_>>();
    let on = |at: usize| effects[at].clone();
    let mut seen = vec![false; causes.len()];
    for next in [&back as &dyn Fn(usize) -> Vec<usize>, &on] {
        let mut walked = vec![false; causes.len()];
        let mut way = VecDeque::from([focus]);
        while let Some(at) = way.pop_front() {
            if std::mem::replace(&mut walked[at], true) {
                continue;
            }
            seen[at] = true;
            if reach == Reach::Far || at == focus {
                way.extend(next(at));
            }
        }
    }
    seen
}

mod siblings;
#[cfg(test)]
mod tests;
