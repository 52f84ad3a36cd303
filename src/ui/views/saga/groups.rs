//! The events of a saga as they are shown: what comes several times in a row folded into one, the attempts of a retried
//! step folded into one with their history, what a runtime recorded left out unless it is asked for. Made once for each
//! page.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use crate::domain::Direction;
use crate::model::Row;
use crate::saga::{Act, Meaning, Page, PageRow, Sign};

/// Events of one type in a row, or the attempts of a step.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Group {
    /// Places in [`Page::rows`].
    pub(super) rows: Vec<usize>,
    /// Attempts of the step that it is about.
    pub(super) attempts: Option<Attempts>,
    /// Part of a group that was opened: number in it, and how many.
    pub(super) part: Option<(usize, usize)>,
    /// The event by which it is opened and closed.
    pub(super) key: Row,
}

/// Several attempts of a step or of its undo.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Attempts {
    pub(super) step: usize,
    pub(super) direction: Direction,
    /// How many began.
    pub(super) count: usize,
    /// Places of what tells of them in [`Page::rows`].
    pub(super) rows: Vec<usize>,
}

impl Group {
    /// Place of the event that stands for it.
    pub(super) fn last(&self) -> usize {
        self.rows[self.rows.len() - 1]
    }

    /// Whether an event is in it, seen or folded away.
    pub(super) fn has(&self, page: &Page, row: Row) -> bool {
        let folded = self.attempts.iter().flat_map(|attempts| &attempts.rows);
        self.rows.iter().chain(folded).any(|at| page.rows[*at].row == row)
    }
}

/// The groups of the page that is shown.
#[derive(Default)]
pub(super) struct Groups {
    /// A runtime recorded something beside what happened: it can be shown or not.
    pub(super) has_facts: bool,
    known: Option<(Known, Arc<Vec<Group>>)>,
    /// Groups that were opened.
    open: BTreeSet<Row>,
}

/// What groups depend on.
struct Known {
    page: Arc<Page>,
    shows_facts: bool,
}

impl Groups {
    /// Opens a group, or closes it: named by its key.
    pub(super) fn toggle(&mut self, key: Row) {
        if !self.open.remove(&key) {
            self.open.insert(key);
        }
        self.known = None;
    }

    /// The groups of a page.
    pub(super) fn of(&mut self, page: &Arc<Page>, shows_facts: bool) -> Arc<Vec<Group>> {
        if let Some((known, groups)) = &self.known
            && Arc::ptr_eq(&known.page, page)
            && known.shows_facts == shows_facts
        {
            return Arc::clone(groups);
        }
        let facts = page.rows.iter().filter(|row| row.technical).count();
        self.has_facts = facts > 0 && facts < page.rows.len();
        let groups = Arc::new(fold(page, shows_facts, &self.open));
        let known = Known { page: Arc::clone(page), shows_facts };
        self.known = Some((known, Arc::clone(&groups)));
        groups
    }
}

/// A step, and whether it is undone.
type Tried = (usize, bool);

/// What tells of the attempts of each step that was tried several times.
fn tried(page: &Page) -> BTreeMap<Tried, Attempts> {
    let mut tried: BTreeMap<Tried, Attempts> = BTreeMap::new();
    for (at, row) in page.rows.iter().enumerate() {
        let Some(Sign::Step(step, direction, act)) = &row.sign else { continue };
        if !matches!(act, Act::Begun(_) | Act::AttemptFailed(_) | Act::TimedOut) {
            continue;
        }
        let none = Attempts { step: *step, direction: *direction, count: 0, rows: Vec::new() };
        let attempts = tried.entry((*step, *direction == Direction::Undo)).or_insert(none);
        attempts.count += usize::from(matches!(act, Act::Begun(_)));
        attempts.rows.push(at);
    }
    tried.retain(|_, attempts| attempts.count > 1);
    tried
}

/// The step whose outcome an event of the domain is.
fn outcome_of(row: &PageRow) -> Option<Tried> {
    let Some(Sign::Happened(step, meaning)) = &row.sign else { return None };
    match meaning {
        Meaning::Effect | Meaning::Refusal => Some((*step, false)),
        Meaning::Undone | Meaning::Tombstone => Some((*step, true)),
        Meaning::Part | Meaning::TakenBack => None,
    }
}

fn fold(page: &Page, shows_facts: bool, open: &BTreeSet<Row>) -> Vec<Group> {
    let only_facts = page.rows.iter().all(|row| row.technical);
    let all = shows_facts || only_facts;
    let mut tried = tried(page);
    // Where facts are shown they are folded among themselves, else into the last event that they led to.
    let mut home: BTreeMap<usize, Tried> = BTreeMap::new();
    if !all {
        let outcomes = page.rows.iter().enumerate().filter(|(_, row)| !row.technical);
        let last: BTreeMap<Tried, usize> =
            outcomes.filter_map(|(at, row)| Some((outcome_of(row)?, at))).collect();
        // An outcome that came before some of them, as when an answer is lost, is not what they led to.
        let led_to = |(of, at): &(Tried, usize)| {
            let attempts = tried.get(of).and_then(|attempts| attempts.rows.last());
            attempts.is_some_and(|last| last < at)
        };
        home.extend(last.into_iter().filter(led_to).map(|(of, at)| (at, of)));
    }
    let apart: BTreeSet<usize> = tried.values().flat_map(|attempts| attempts.rows.iter().copied()).collect();
    let shown = |at: usize| (all || !page.rows[at].technical) && !apart.contains(&at);
    let mut folded: Vec<Group> = Vec::new();
    for (at, row) in page.rows.iter().enumerate().filter(|(at, _)| shown(*at)) {
        let attempts = home.get(&at).and_then(|of| tried.remove(of));
        match folded.last_mut() {
            Some(last)
                if attempts.is_none()
                    && last.attempts.is_none()
                    && apart.range(last.last()..at).next().is_none()
                    && page.rows[last.last()].event_type == row.event_type =>
            {
                last.rows.push(at);
            }
            _ => folded.push(Group { rows: vec![at], attempts, part: None, key: row.row }),
        }
    }
    // Nothing else came of these.
    let left = tried.into_values().map(|attempts| Group {
        rows: attempts.rows.clone(),
        part: None,
        key: page.rows[attempts.rows[0]].row,
        attempts: Some(attempts),
    });
    folded.extend(left);
    folded.sort_by_key(Group::last);
    let mut groups: Vec<Group> = folded.into_iter().flat_map(|group| opened(group, open)).collect();
    groups.sort_by_key(Group::last);
    groups
}

/// A group, or each of its events where it was opened.
fn opened(group: Group, open: &BTreeSet<Row>) -> Vec<Group> {
    let mut places = group.rows.clone();
    places.extend(group.attempts.iter().flat_map(|attempts| &attempts.rows));
    places.sort_unstable();
    places.dedup();
    let of = places.len();
    if of < 2 || !open.contains(&group.key) {
        return vec![group];
    }
    let part = |(n, at): (usize, usize)| Group {
        rows: vec![at],
        attempts: None,
        part: Some((n, of)),
        key: group.key,
    };
    places.into_iter().enumerate().map(part).collect()
}
