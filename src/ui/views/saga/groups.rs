//! The events of a saga as they are shown: what comes several times in a row folded into one, what a runtime recorded
//! left out unless it is asked for. Made once for each page.

use std::collections::BTreeSet;
use std::sync::Arc;

use crate::model::Row;
use crate::saga::Page;

/// Events of one type in a row.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Group {
    /// Places in [`Page::rows`].
    pub(super) rows: Vec<usize>,
    /// Part of a group that was opened: number in it, and how many.
    pub(super) part: Option<(usize, usize)>,
}

impl Group {
    /// Place of the event that stands for it.
    pub(super) fn last(&self) -> usize {
        self.rows[self.rows.len() - 1]
    }
}

/// The groups of the page that is shown.
#[derive(Default)]
pub(super) struct Groups {
    /// A runtime recorded something beside what happened: it can be shown or not.
    pub(super) has_facts: bool,
    known: Option<(Known, Arc<Vec<Group>>)>,
    /// First events of groups that were opened.
    open: BTreeSet<Row>,
}

/// What groups depend on.
struct Known {
    page: Arc<Page>,
    shows_facts: bool,
}

impl Groups {
    /// Opens a group, or closes it: named by its first event.
    pub(super) fn toggle(&mut self, first: Row) {
        if !self.open.remove(&first) {
            self.open.insert(first);
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

fn fold(page: &Page, shows_facts: bool, open: &BTreeSet<Row>) -> Vec<Group> {
    let only_facts = page.rows.iter().all(|row| row.technical);
    let shown = |row: &crate::saga::PageRow| shows_facts || only_facts || !row.technical;
    let mut folded: Vec<Group> = Vec::new();
    for (at, row) in page.rows.iter().enumerate().filter(|(_, row)| shown(row)) {
        match folded.last_mut() {
            Some(last) if page.rows[last.last()].event_type == row.event_type => last.rows.push(at),
            _ => folded.push(Group { rows: vec![at], part: None }),
        }
    }
    let apart = |group: Group| {
        let of = group.rows.len();
        if of > 1 && open.contains(&page.rows[group.rows[0]].row) {
            let parts = group.rows.into_iter().enumerate();
            parts.map(|(n, at)| Group { rows: vec![at], part: Some((n, of)) }).collect()
        } else {
            vec![group]
        }
    };
    folded.into_iter().flat_map(apart).collect()
}
