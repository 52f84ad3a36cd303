//! Events of one type that one cause had again and again, though others came between them: why they happened is the
//! same, so a flow shows them as one. A sequence, which shows when, does not.

use std::collections::BTreeMap;

use super::{Scope, Shown, Why};
use crate::index::TypeId;
use crate::saga::page::Page;

/// What effects of one kind have in common: their type, their lifeline, how they went, and their causes.
type Kind = (TypeId, usize, bool, bool, Vec<usize>);

impl Shown {
    /// The same, where effects of the same causes that are of one type and led to nothing stand as one.
    #[must_use]
    pub(in crate::saga) fn with_siblings_joined(mut self, page: &Page, scope: &Scope) -> Self {
        if !scope.folds_repeats {
            return self;
        }
        let mut leads_on = vec![false; self.groups.len()];
        for (cause, _) in self.causes.iter().flatten() {
            leads_on[*cause] = true;
        }
        // For each group the one it joins, which is before it.
        let mut into: Vec<usize> = (0..self.groups.len()).collect();
        let mut first: BTreeMap<Kind, usize> = BTreeMap::new();
        for (at, group) in self.groups.iter().enumerate() {
            let stands_alone = matches!(group.why, Why::One | Why::Repeat) && !group.is_open;
            if leads_on[at] || !stands_alone || self.causes[at].is_empty() {
                continue;
            }
            let causes = self.causes[at].iter().map(|(cause, _)| *cause).collect();
            let kind =
                (group.row(page).event_type, group.line, group.failed(page), group.is_undo(page), causes);
            let known = *first.entry(kind).or_insert(at);
            // Shown one by one after all.
            if !scope.opened.contains(&self.groups[known].first(page)) {
                into[at] = known;
            }
        }
        let mut place = vec![0; self.groups.len()];
        let mut kept = Vec::with_capacity(self.groups.len());
        let mut causes = Vec::with_capacity(self.groups.len());
        for (at, group) in std::mem::take(&mut self.groups).into_iter().enumerate() {
            if into[at] == at {
                place[at] = kept.len();
                kept.push(group);
                causes.push(std::mem::take(&mut self.causes[at]));
            } else {
                place[at] = place[into[at]];
                let joined: &mut super::Group = &mut kept[place[at]];
                joined.rows.extend(group.rows);
                joined.why = Why::Repeat;
                // Its surest way to know each cause stays.
                for (known, own) in causes[place[at]].iter_mut().zip(&self.causes[at]) {
                    let known: &mut (usize, super::EdgeKind) = known;
                    known.1 = known.1.min(own.1);
                }
            }
        }
        for (cause, _) in causes.iter_mut().flatten() {
            *cause = place[*cause];
        }
        for group in self.group_of.iter_mut().flatten() {
            *group = place[*group];
        }
        (self.groups, self.causes) = (kept, causes);
        self
    }
}
