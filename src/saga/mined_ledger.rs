//! The ledger of a saga of which nobody says what its events mean: a line for each effect that has an undo, joined to
//! its own. Everything here is inferred, by two rules.
//!
//! 1. An undo takes back one effect of its pair that came before it and is not undone yet: one in the same stream with
//!    the same amount, else one in the same stream, else one with the same amount, else any; of equals the first.
//! 2. One sum of money goes through stages: an order is placed, it is billed, its payment is authorized, then captured.
//!    An effect is the same money as a later one of the saga where both carry the same amount of money, in one currency
//!    as far as they name one, and their names tell of different stages, the later one's further on. The money counts
//!    once, at the furthest stage. Two effects of one stage are two sums, and so are things that are counted in pieces.

use std::collections::{BTreeMap, VecDeque};

use foldhash::{HashMap, HashMapExt as _};

use super::instances::Instance;
use super::ledger::{Account, Debt, Line};
use super::mined::Held;
use super::naming::Traits;
use super::outcome::Confidence;
use super::worth::{self, Worth};
use crate::domain::{Direction, Money, Unit};
use crate::index::{EventLog, StreamId, TypeId};
use crate::model::Row;

/// Words that tell how far money has come: agreed upon, asked for, set aside, taken.
const STAGES: [&[&str]; 4] = [
    &["placed", "ordered", "created", "submitted"],
    &["requested", "billed", "invoiced"],
    &["authorized", "authorised", "approved"],
    &["captured", "charged", "paid", "settled", "completed", "collected", "debited"],
];

/// The lines of a saga and what they leave owed. `over`: nothing more is expected of it.
pub(super) fn of(
    log: &EventLog,
    traits: &[Traits],
    one: &Instance,
    held: &[Held<'_>],
    over: bool,
    worth: &mut dyn FnMut(Row) -> Option<Worth>,
) -> (Vec<Line>, Vec<Debt>) {
    let mut entries: Vec<Entry<'_>> = Vec::new();
    for held in held {
        join(log, one, held, worth, &mut entries);
    }
    count_once(log, traits, &mut entries);
    // In the order in which they happened: what stands before the pivot came before it.
    entries.sort_by_key(|entry| log.rank_of(entry.effect));
    let name = |id: TypeId| traits[id.0 as usize].name.to_string();
    let debts = debts(&entries, held, &name);
    let lines = entries.iter().map(|entry| Line {
        step: name(entry.held.pair.effect),
        label: name(entry.held.pair.effect),
        kind: None,
        effects: vec![entry.effect],
        undone: entry.undone.clone(),
        tombstones: Vec::new(),
        taken_back: Vec::new(),
        amount: entry.amount(),
        same_money: entry.counted_in.map(&name),
        undo: Some(name(entry.held.pair.undo)),
        confidence: entry.held.pair.confidence.min(Confidence(999)),
        paid_not_known: false,
        account: match (entry.undone.is_empty(), entry.held.due) {
            (true, true) => Account::OwedBack,
            (true, false) if !over => Account::Undecided,
            _ => Account::Settled,
        },
    });
    (lines.collect(), debts)
}

/// An effect and the undos that are joined to it.
struct Entry<'a> {
    held: &'a Held<'a>,
    effect: Row,
    worth: Option<Worth>,
    /// A currency that only an earlier stage of the same money names.
    unit: Option<Unit>,
    undone: Vec<Row>,
    undone_worth: Vec<Option<Worth>>,
    /// The later stage at which its money counts.
    counted_in: Option<TypeId>,
}

impl Entry<'_> {
    fn amount(&self) -> Option<Money> {
        let money = self.worth.as_ref()?.money.clone();
        Some(Money { unit: self.unit.clone().unwrap_or(money.unit), value: money.value })
    }
}

/// Places of effects that are still open, the first in front.
type Open = VecDeque<usize>;

/// Joins the undos of a pair to its effects.
fn join<'a>(
    log: &EventLog,
    one: &Instance,
    held: &'a Held<'a>,
    worth: &mut dyn FnMut(Row) -> Option<Worth>,
    into: &mut Vec<Entry<'a>>,
) {
    let from = into.len();
    let of_type = |id: TypeId| one.rows().iter().copied().filter(move |row| log.type_of(*row) == id);
    for effect in of_type(held.pair.effect) {
        into.push(Entry {
            held,
            effect,
            worth: worth(effect),
            unit: None,
            undone: Vec::new(),
            undone_worth: Vec::new(),
            counted_in: None,
        });
    }
    let value = |worth: &Option<Worth>| worth.as_ref().map(|worth| worth.money.value);
    let stream = |row: Row| log.event(row).stream;
    // How alike: by stream and amount, by the one of them, by neither.
    let mut open: HashMap<(Option<StreamId>, Option<i64>), Open> = HashMap::new();
    for (at, entry) in into.iter().enumerate().skip(from) {
        let (own, amount) = (stream(entry.effect), value(&entry.worth));
        for key in [(own, amount), (own, None), (None, amount), (None, None)] {
            let places = open.entry(key).or_default();
            if places.back() != Some(&at) {
                places.push_back(at);
            }
        }
    }
    // The first effect that may be open still.
    let mut first_open = from;
    for undo in of_type(held.pair.undo) {
        let taken = worth(undo);
        let (own, amount) = (stream(undo), value(&taken));
        let mut first_of = |key: &(Option<StreamId>, Option<i64>)| {
            let places = open.get_mut(key)?;
            while places.front().is_some_and(|at| !into[*at].undone.is_empty()) {
                places.pop_front();
            }
            places.front().copied().filter(|at| log.rank_of(into[*at].effect) < log.rank_of(undo))
        };
        let keys = [(own, amount), (own, None), (None, amount), (None, None)];
        // What is undone more often than it was done stands with the last.
        let at = keys.iter().find_map(&mut first_of).or_else(|| {
            while into.get(first_open).is_some_and(|entry| !entry.undone.is_empty()) {
                first_open += 1;
            }
            let open = Some(first_open).filter(|at| *at < into.len());
            open.or_else(|| into.len().checked_sub(1).filter(|last| *last >= from))
        });
        if let Some(at) = at {
            into[at].undone.push(undo);
            into[at].undone_worth.push(taken);
        }
    }
}

/// The effects of one amount, by stage.
type Stages = BTreeMap<usize, Vec<usize>>;

/// How far money has come with an effect of this name.
fn stage(info: &Traits) -> Option<usize> {
    STAGES.iter().rposition(|words| words.iter().any(|word| info.has_word(word)))
}

/// Whether two amounts may be of one currency.
fn fits(one: &Unit, other: &Unit) -> bool {
    let unnamed = Unit::Count(String::new());
    one == other || *one == unnamed || *other == unnamed
}

/// Finds the effects that are the same money as a later one: each is joined to the next effect of the nearest stage
/// further on that none before is joined to, and counts where the chain ends.
fn count_once(log: &EventLog, traits: &[Traits], entries: &mut [Entry<'_>]) {
    let mut alike: BTreeMap<i64, Stages> = BTreeMap::new();
    for (at, entry) in entries.iter().enumerate() {
        let Some(worth) = entry.worth.as_ref().filter(|worth| worth.is_money && worth.money.value != 0)
        else {
            continue;
        };
        if let Some(stage) = stage(&traits[entry.held.pair.effect.0 as usize]) {
            alike.entry(worth.money.value).or_default().entry(stage).or_default().push(at);
        }
    }
    for stages in alike.into_values() {
        let mut stages: Vec<Vec<usize>> = stages.into_values().collect();
        for stage in &mut stages {
            stage.sort_by_key(|at| log.rank_of(entries[*at].effect));
        }
        chain(log, &stages, entries);
    }
}

/// Joins the effects of one amount, by stage, those of a stage in their order.
fn chain(log: &EventLog, stages: &[Vec<usize>], entries: &mut [Entry<'_>]) {
    let mut joined: Vec<Vec<bool>> = stages.iter().map(|stage| vec![false; stage.len()]).collect();
    // Where the chain of an effect ends, if it goes on.
    let mut ends: HashMap<usize, usize> = HashMap::new();
    for from in (0..stages.len()).rev() {
        let mut cursors = vec![0; stages.len()];
        for effect in &stages[from] {
            let (rank, unit) = (log.rank_of(entries[*effect].effect), unit_of(&entries[*effect]));
            let end_of = |effect: usize| ends.get(&effect).copied().unwrap_or(effect);
            let found = (from + 1..stages.len()).find_map(|to| {
                let (stage, cursor) = (&stages[to], &mut cursors[to]);
                // What is joined, or came before this one, is nothing for those after it either.
                while stage
                    .get(*cursor)
                    .is_some_and(|at| joined[to][*cursor] || log.rank_of(entries[*at].effect) <= rank)
                {
                    *cursor += 1;
                }
                let fits = |place: &usize| {
                    !joined[to][*place] && fits(&unit, &unit_of(&entries[end_of(stage[*place])]))
                };
                (*cursor..stage.len()).find(fits).map(|place| (to, place))
            });
            let Some((to, place)) = found else { continue };
            joined[to][place] = true;
            let end = end_of(stages[to][place]);
            ends.insert(*effect, end);
            entries[*effect].counted_in = Some(entries[end].held.pair.effect);
            if unit_of(&entries[end]) == Unit::Count(String::new()) {
                entries[end].unit = Some(unit);
            }
        }
    }
}

fn unit_of(entry: &Entry<'_>) -> Unit {
    let own = || entry.worth.as_ref().map_or(Unit::Count(String::new()), |worth| worth.money.unit.clone());
    entry.unit.clone().unwrap_or_else(own)
}

/// What is owed, a debt for each pair: what was done less what was undone.
fn debts(entries: &[Entry<'_>], held: &[Held<'_>], name: &dyn Fn(TypeId) -> String) -> Vec<Debt> {
    let of_pair = |held: &Held<'_>| {
        let pair = held.pair;
        let own = || entries.iter().filter(move |entry| entry.held.pair == pair);
        let counted = || own().filter(|entry| entry.counted_in.is_none());
        let done: Option<Vec<Money>> = counted().map(Entry::amount).collect();
        // An undo that names no currency is in that of what it undoes.
        let undone = counted().flat_map(|entry| entry.undone_worth.iter().map(move |worth| (entry, worth)));
        let undone: Option<Vec<Money>> = undone
            .map(|(entry, worth)| {
                let money = worth.as_ref()?.money.clone();
                let unit = entry.unit.clone().filter(|_| money.unit == Unit::Count(String::new()));
                Some(Money { unit: unit.unwrap_or(money.unit), value: money.value })
            })
            .collect();
        let amount = worth::less(done, undone);
        let times = held.effects.saturating_sub(held.undone) as u32;
        let elsewhere = own().find(|entry| entry.undone.is_empty() && entry.counted_in.is_some());
        let what = match (&amount, elsewhere.and_then(|entry| Some((entry.amount()?, entry.counted_in?)))) {
            (Some(amount), _) => amount.to_string(),
            (None, Some((same, stage))) => format!("its {same} is counted with {}", name(stage)),
            (None, None) => format!("× {times}"),
        };
        let text = format!("{}: {} is due, {what}", name(pair.effect), name(pair.undo));
        Debt { step: name(pair.effect), direction: Direction::Undo, times, amount, text }
    };
    held.iter().filter(|held| held.due).map(of_pair).collect()
}
