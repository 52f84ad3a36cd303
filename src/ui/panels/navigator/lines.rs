//! The lists as lines, one below the other: what is open and what is folded. A stretch of lines of one kind is
//! one entry, so that two million streams take no more room than two.

use std::collections::{BTreeMap, BTreeSet};

use super::model::{GroupKey, Model};
use crate::index::StreamId;
use crate::saga::Outcome;

/// Streams shown of an open group before "+378 more".
pub(super) const PREVIEW: usize = 5;
/// The same while names are filtered.
const PREVIEW_FOUND: usize = 50;
/// Types shown before "+6 more".
const TYPES: usize = 12;
/// So few more are shown at once rather than announced.
const SLACK: usize = 3;

/// A line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Item {
    /// Head of the bookmarks.
    Bookmarks,
    /// A bookmark, by its place in the list.
    Bookmark(usize),
    /// Head of the streams.
    Streams,
    /// A group, by its number.
    Group(usize),
    /// A stream of a group.
    Stream(StreamId),
    /// So many streams of a group are not shown.
    More(usize, usize),
    /// All streams of a group are shown; a click shows few again.
    Fewer(usize),
    /// Head of the types.
    Types,
    /// A type, by its place in the model.
    Type(usize),
    /// So many types are not shown.
    MoreTypes(usize),
    /// Head of the dead letters.
    Letters,
    /// The dead letters of one state, by its place in the model.
    Letter(usize),
    /// Head of the sagas.
    Sagas,
    /// The sagas of one outcome, by its place in [`SagaLines::outcomes`].
    Saga(usize),
    /// They are still being looked for.
    SagasWait,
    /// Head of the sources.
    Sources,
    /// A source.
    Source(usize),
    /// Nothing, between two sections.
    Gap,
}

/// A section.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Section {
    Bookmarks,
    Streams,
    Types,
    Letters,
    Sources,
}

/// What is known of the sagas.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct SagaLines {
    /// Whether the section is open: only then they are looked for.
    pub(super) open: bool,
    /// Whether they are still being looked for.
    pub(super) waiting: bool,
    /// How many have each outcome, those that need a person first; outcomes without any left out.
    pub(super) outcomes: Vec<(Outcome, usize)>,
}

/// What is open.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Folds {
    /// Sections that are folded.
    pub(super) folded: BTreeSet<Section>,
    /// Groups that are open.
    pub(super) open: BTreeSet<GroupKey>,
    /// Groups that are folded while names are filtered, when all others are open.
    pub(super) folded_found: BTreeSet<GroupKey>,
    /// Groups of which every stream is shown.
    pub(super) full: BTreeSet<GroupKey>,
    /// Where the few streams of a group begin, if not with the first.
    pub(super) windows: BTreeMap<GroupKey, usize>,
    /// Whether every type is shown.
    pub(super) all_types: bool,
    /// Whether the sagas are open, where a person said so.
    pub(super) sagas: Option<bool>,
}

impl Folds {
    /// Whether a group is open.
    pub(super) fn is_open(&self, key: &GroupKey, finding: bool) -> bool {
        if finding { !self.folded_found.contains(key) } else { self.open.contains(key) }
    }

    /// Opens or folds a group.
    pub(super) fn toggle(&mut self, key: &GroupKey, finding: bool) {
        let set = if finding { &mut self.folded_found } else { &mut self.open };
        if !set.remove(key) {
            set.insert(key.clone());
        }
    }

    /// Opens or folds a section.
    pub(super) fn toggle_section(&mut self, section: Section) {
        if !self.folded.remove(&section) {
            self.folded.insert(section);
        }
    }

    /// Moves the few streams of a group so that the one at `place` is among them; stays where it already is.
    pub(super) fn reveal(&mut self, key: &GroupKey, place: usize) {
        let start = self.windows.get(key).copied().unwrap_or(0);
        if !(start..start + PREVIEW).contains(&place) {
            self.windows.insert(key.clone(), place.saturating_sub(PREVIEW / 2));
        }
    }
}

/// A stretch of lines.
#[derive(Clone, Debug)]
enum Run {
    One(Item),
    /// Streams of a group, from a place on.
    Streams {
        group: usize,
        from: usize,
    },
    Bookmarks,
    Types,
    Letters,
    Sagas,
    Sources,
}

/// All lines.
#[derive(Clone, Debug, Default)]
pub(super) struct Lines {
    /// The number of each stretch's first line.
    runs: Vec<(u64, Run)>,
    len: u64,
}

impl Lines {
    /// Lays the lists out, what a person marked first. `sources` is 0 where there is only one.
    pub(super) fn new(
        model: &Model,
        folds: &Folds,
        finding: bool,
        sagas: &SagaLines,
        sources: usize,
        bookmarks: usize,
    ) -> Self {
        let mut lines = Self::default();
        if bookmarks > 0 && !finding {
            lines.one(Item::Bookmarks);
            if !folds.folded.contains(&Section::Bookmarks) {
                lines.add(bookmarks, Run::Bookmarks);
            }
            lines.gap();
        }
        if !model.groups.is_empty() || !finding {
            lines.one(Item::Streams);
            if !folds.folded.contains(&Section::Streams) {
                for group in 0..model.groups.len() {
                    lines.group(model, folds, finding, group);
                }
            }
        }
        if !model.types.is_empty() || !finding {
            lines.gap();
            lines.one(Item::Types);
            if !folds.folded.contains(&Section::Types) {
                let all = model.types.len();
                let shown = if folds.all_types || all <= TYPES + SLACK { all } else { TYPES };
                lines.add(shown, Run::Types);
                if shown < all {
                    lines.one(Item::MoreTypes(all - shown));
                }
            }
        }
        if !model.letters.is_empty() && !finding {
            lines.gap();
            lines.one(Item::Letters);
            if !folds.folded.contains(&Section::Letters) {
                lines.add(model.letters.len(), Run::Letters);
            }
        }
        let has_none = sagas.open && !sagas.waiting && sagas.outcomes.is_empty();
        if !finding && !has_none {
            lines.gap();
            lines.one(Item::Sagas);
            if sagas.open {
                lines.add(sagas.outcomes.len(), Run::Sagas);
                if sagas.waiting && sagas.outcomes.is_empty() {
                    lines.one(Item::SagasWait);
                }
            }
        }
        if sources > 0 && !finding {
            lines.gap();
            lines.one(Item::Sources);
            if !folds.folded.contains(&Section::Sources) {
                lines.add(sources, Run::Sources);
            }
        }
        lines
    }

    fn group(&mut self, model: &Model, folds: &Folds, finding: bool, at: usize) {
        self.one(Item::Group(at));
        let group = &model.groups[at];
        if !folds.is_open(&group.key, finding) {
            return;
        }
        let all = group.streams.len();
        let preview = if finding { PREVIEW_FOUND } else { PREVIEW };
        if folds.full.contains(&group.key) || all <= preview + SLACK {
            self.add(all, Run::Streams { group: at, from: 0 });
            if all > preview + SLACK {
                self.one(Item::Fewer(at));
            }
        } else {
            let from = if finding { 0 } else { folds.windows.get(&group.key).copied().unwrap_or(0) };
            self.add(preview, Run::Streams { group: at, from: from.min(all - preview) });
            self.one(Item::More(at, all - preview));
        }
    }

    fn one(&mut self, item: Item) {
        self.add(1, Run::One(item));
    }

    fn gap(&mut self) {
        if self.len > 0 {
            self.one(Item::Gap);
        }
    }

    fn add(&mut self, lines: usize, run: Run) {
        if lines > 0 {
            self.runs.push((self.len, run));
            self.len += lines as u64;
        }
    }

    /// Number of lines.
    pub(super) fn len(&self) -> u64 {
        self.len
    }

    /// What stands on a line.
    pub(super) fn get(&self, model: &Model, line: u64) -> Option<Item> {
        if line >= self.len {
            return None;
        }
        let at = self.runs.partition_point(|(start, _)| *start <= line).checked_sub(1)?;
        let (start, run) = &self.runs[at];
        let offset = (line - start) as usize;
        Some(match run {
            Run::One(item) => *item,
            Run::Streams { group, from } => {
                Item::Stream(*model.groups.get(*group)?.streams.get(from + offset)?)
            }
            Run::Bookmarks => Item::Bookmark(offset),
            Run::Types => Item::Type(offset),
            Run::Letters => Item::Letter(offset),
            Run::Sagas => Item::Saga(offset),
            Run::Sources => Item::Source(offset),
        })
    }

    /// The nearest line from `line` on in a direction that is not a gap.
    pub(super) fn next(&self, model: &Model, line: u64, by: i64) -> u64 {
        let mut at = line;
        loop {
            let next = at.saturating_add_signed(by).min(self.len.saturating_sub(1));
            if next == at {
                return line;
            }
            at = next;
            if self.get(model, at) != Some(Item::Gap) {
                return at;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ui::panels::navigator::model::Sort;
    use crate::ui::panels::navigator::model::tests::{log, model};

    const NO_SAGAS: SagaLines = SagaLines { open: true, waiting: false, outcomes: Vec::new() };

    #[test]
    fn sagas_are_a_line_an_outcome_once_they_are_asked_for() {
        let (model, _) = shop(1);
        let folds = Folds { folded: [Section::Streams, Section::Types].into(), ..Folds::default() };
        let tail = |sagas: &SagaLines| {
            let lines = Lines::new(&model, &folds, false, sagas, 0, 0);
            (3..lines.len()).filter_map(|line| lines.get(&model, line)).collect::<Vec<_>>()
        };
        let two = vec![(Outcome::Stuck, 1), (Outcome::Completed, 7)];
        let known = SagaLines { open: true, waiting: false, outcomes: two };
        assert_eq!(tail(&known)[1..], [Item::Sagas, Item::Saga(0), Item::Saga(1)]);
        assert_eq!(tail(&SagaLines { open: false, ..known })[1..], [Item::Sagas]);
        let waits = SagaLines { open: true, waiting: true, outcomes: Vec::new() };
        assert_eq!(tail(&waits)[1..], [Item::Sagas, Item::SagasWait]);
        assert!(tail(&NO_SAGAS).is_empty(), "a log without sagas has no such section");
    }

    #[test]
    fn bookmarks_come_first_and_not_while_names_are_filtered() {
        let (model, _) = shop(1);
        let lines = |folds: &Folds, finding| {
            let lines = Lines::new(&model, folds, finding, &NO_SAGAS, 0, 2);
            (0..4).filter_map(|line| lines.get(&model, line)).collect::<Vec<_>>()
        };
        let open = lines(&Folds::default(), false);
        assert_eq!(open, [Item::Bookmarks, Item::Bookmark(0), Item::Bookmark(1), Item::Gap]);
        let folds = Folds { folded: [Section::Bookmarks].into(), ..Folds::default() };
        assert_eq!(lines(&folds, false)[..3], [Item::Bookmarks, Item::Gap, Item::Streams]);
        assert_eq!(lines(&folds, true)[0], Item::Streams);
    }

    fn shop(orders: usize) -> (Model, Vec<String>) {
        let ids: Vec<String> = (0..orders).map(|n| format!("Order/ord-{n:03}")).collect();
        let mut events: Vec<(&str, &str)> = ids.iter().map(|id| (&**id, "Placed")).collect();
        events.push(("Payment/pay-1", "Paid"));
        let log = log(&events);
        let model = model(&log, "", Sort::Name);
        let names = log.streams().iter().map(|stream| stream.id.to_string()).collect();
        (model, names)
    }

    /// The lines as text, streams by their id.
    fn texts(model: &Model, names: &[String], folds: &Folds, finding: bool, sources: usize) -> Vec<String> {
        let lines = Lines::new(model, folds, finding, &NO_SAGAS, sources, 0);
        (0..lines.len())
            .map(|line| match lines.get(model, line).unwrap() {
                Item::Stream(id) => names[id.0 as usize].clone(),
                Item::Group(at) => model.groups[at].name().to_owned(),
                Item::More(_, more) => format!("+{more}"),
                other => format!("{other:?}"),
            })
            .collect()
    }

    #[test]
    fn folded_groups_are_one_line_each() {
        let (model, names) = shop(9);
        let found = texts(&model, &names, &Folds::default(), false, 2);
        let expected = [
            "Streams",
            "Order",
            "Payment",
            "Gap",
            "Types",
            "Type(0)",
            "Type(1)",
            "Gap",
            "Sources",
            "Source(0)",
            "Source(1)",
        ];
        assert_eq!(found, expected);
        let folds = Folds { folded: [Section::Streams, Section::Types].into(), ..Folds::default() };
        assert_eq!(texts(&model, &names, &folds, false, 0), ["Streams", "Gap", "Types"]);
    }

    #[test]
    fn an_open_group_shows_few_then_all() {
        let (model, names) = shop(9);
        let mut folds = Folds::default();
        let order = model.groups[0].key.clone();
        folds.toggle(&order, false);
        let few = texts(&model, &names, &folds, false, 0);
        assert_eq!(few[2..8], ["ord-000", "ord-001", "ord-002", "ord-003", "ord-004", "+4"]);
        folds.reveal(&order, 7);
        assert_eq!(texts(&model, &names, &folds, false, 0)[2..4], ["ord-004", "ord-005"]);
        folds.reveal(&order, 5);
        assert_eq!(texts(&model, &names, &folds, false, 0)[2], "ord-004", "what is shown stays where it is");
        folds.full.insert(order.clone());
        let all = texts(&model, &names, &folds, false, 0);
        assert_eq!((&*all[2], &*all[10], &*all[11]), ("ord-000", "ord-008", "Fewer(0)"));
        folds.toggle(&order, false);
        assert_eq!(texts(&model, &names, &folds, false, 0)[2], "Payment");
    }

    #[test]
    fn a_little_more_than_few_is_shown_at_once() {
        let (model, names) = shop(PREVIEW + SLACK);
        let folds = Folds { open: [model.groups[0].key.clone()].into(), ..Folds::default() };
        assert!(!texts(&model, &names, &folds, false, 0).iter().any(|line| line.starts_with('+')));
    }

    #[test]
    fn while_names_are_filtered_groups_are_open() {
        let (model, names) = shop(3);
        let mut folds = Folds::default();
        assert_eq!(texts(&model, &names, &folds, true, 2)[1..3], ["Order", "ord-000"]);
        folds.toggle(&model.groups[0].key, true);
        assert_eq!(texts(&model, &names, &folds, true, 2)[1..3], ["Order", "Payment"]);
        let nothing = Lines::new(&Model::default(), &folds, true, &NO_SAGAS, 2, 0);
        assert_eq!(nothing.len(), 0);
    }

    #[test]
    fn the_keyboard_steps_over_gaps_and_stops_at_the_ends() {
        let (model, _) = shop(2);
        let lines = Lines::new(&model, &Folds::default(), false, &NO_SAGAS, 0, 0);
        // Streams, Order, Payment, gap, Types, two types.
        for (from, by, to) in [(2, 1, 4), (4, -1, 2), (0, -1, 0), (6, 1, 6), (0, 1, 1)] {
            assert_eq!(lines.next(&model, from, by), to, "{from} {by}");
        }
    }
}
