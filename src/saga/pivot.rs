//! The point of no return of a saga: the step after which nothing is undone any more. By its definition, by what a
//! runtime recorded, else by what the sagas of the log did.
//!
//! Inferred: the first event of the saga after whose type no saga of the log ever undid anything, although sagas of this
//! log do undo. How sure: had sagas after it gone back as often as sagas do in this log, at least one of them would have
//! with this probability; below 95 % nothing is said. A workflow's history and a trace are one story each, and teach
//! nothing of the kind.

use foldhash::{HashMap, HashMapExt as _};

use super::course::Course;
use super::facts::{Act, Sign};
use super::instances::Instance;
use super::ledger::Line;
use super::naming::Traits;
use super::outcome::Confidence;
use super::page::PageRow;
use super::variants::{Variants, shaping};
use crate::domain::{Direction, Name, StepKind};
use crate::index::{EventLog, TypeId};
use crate::model::Row;

/// Below this nothing is said.
const SURE_ENOUGH: u16 = 950;

/// A point of no return.
#[derive(Clone, Debug, PartialEq)]
pub struct Pivot {
    /// The step or, where it is inferred, the type of the event.
    pub name: Name,
    /// Its definition calls it so, or it is inferred; else it is the last step that can be undone.
    pub is_pivot: bool,
    /// The event that passed it; `None`: not passed.
    pub passed: Option<Row>,
    /// Before which line of the ledger it stands.
    pub line: usize,
    /// How sure it is.
    pub confidence: Confidence,
    /// Where it is inferred: how many sagas came past it, and none went back.
    pub sagas: usize,
}

impl Pivot {
    /// "pivot: confirm-order, not passed".
    pub fn words(&self) -> String {
        let word = if self.is_pivot { "pivot" } else { "point of no return" };
        let passed = if self.passed.is_some() { "passed" } else { "not passed" };
        format!("{word}: {}, {passed}", self.name)
    }

    /// Why it is believed, where it is inferred: "inferred, 99 %: nothing was undone after it in 322 sagas".
    pub fn reason(&self) -> Option<String> {
        self.confidence.is_inferred().then(|| {
            format!(
                "inferred, {} %: nothing was undone after it in {} sagas",
                self.confidence.0 / 10,
                self.sagas
            )
        })
    }
}

/// Of a saga whose steps are known.
pub(super) fn known(course: &Course, rows: &[PageRow]) -> Option<Pivot> {
    if course.plan.is_defined {
        let at = course.plan.point_of_no_return()?;
        let step = &course.plan.steps[at];
        return Some(Pivot {
            name: step.name.clone(),
            is_pivot: step.kind() == Some(StepKind::Pivot),
            passed: course.steps[at].effects.first().copied(),
            line: at + 1,
            confidence: Confidence::CERTAIN,
            sagas: 0,
        });
    }
    // A runtime notes that it was passed right after the step that it is.
    let place = rows.iter().position(|row| row.sign == Some(Sign::PivotPassed))?;
    let at = rows[..place].iter().rev().find_map(|row| match row.sign {
        Some(Sign::Step(at, Direction::Do, Act::Done)) => Some(at),
        _ => None,
    })?;
    Some(Pivot {
        name: course.plan.steps[at].name.clone(),
        is_pivot: true,
        passed: Some(rows[place].row),
        line: at + 1,
        confidence: Confidence::CERTAIN,
        sagas: 0,
    })
}

/// Of a saga whose steps are inferred, by the shapes of the log's sagas.
pub(super) fn inferred(
    log: &EventLog,
    traits: &[Traits],
    variants: &Variants,
    one: &Instance,
    ledger: &[Line],
) -> Option<Pivot> {
    let points = points(traits, variants);
    let passed = one.rows().iter().copied().find(|row| points.contains_key(&log.type_of(*row)));
    let id = match passed {
        Some(row) => log.type_of(row),
        None => usual(variants, &points, log.type_of(one.first()))?,
    };
    let (sagas, confidence) = points[&id];
    let before = |line: &&Line| {
        let effect = line.effects.first();
        passed.zip(effect).is_none_or(|(pivot, effect)| log.rank_of(*effect) <= log.rank_of(pivot))
    };
    Some(Pivot {
        name: traits[id.0 as usize].name.clone(),
        is_pivot: true,
        passed,
        line: ledger.iter().filter(before).count(),
        confidence,
        sagas,
    })
}

/// What is known of a type: how many sagas have it, in how many something was undone after it, and before it.
#[derive(Default)]
struct Tally {
    sagas: usize,
    undone_after: usize,
    undone_before: usize,
}

/// The types after which nothing is undone: how many sagas came past each, and how sure that is.
fn points(traits: &[Traits], variants: &Variants) -> HashMap<TypeId, (usize, Confidence)> {
    let shaping = shaping(traits);
    let undoes = |id: &TypeId| shaping[id.0 as usize] && traits[id.0 as usize].is_undo();
    let mut tallies: HashMap<TypeId, Tally> = HashMap::new();
    let (mut sagas, mut undone) = (0, 0);
    for variant in &variants.list {
        let back: Option<(usize, usize)> =
            variant.shape.iter().position(undoes).zip(variant.shape.iter().rposition(undoes));
        sagas += variant.count;
        undone += if back.is_some() { variant.count } else { 0 };
        let mut seen: Vec<TypeId> = Vec::new();
        for (at, id) in variant.shape.iter().enumerate() {
            if seen.contains(id) {
                continue;
            }
            seen.push(*id);
            let tally = tallies.entry(*id).or_default();
            tally.sagas += variant.count;
            tally.undone_after += if back.is_some_and(|(_, last)| last > at) { variant.count } else { 0 };
            tally.undone_before += if back.is_some_and(|(first, _)| first < at) { variant.count } else { 0 };
        }
    }
    let going_on = |id: TypeId, tally: &Tally| {
        let info = &traits[id.0 as usize];
        let is_way = shaping[id.0 as usize] && !info.failure && !info.is_undo();
        is_way && tally.undone_after == 0 && tally.undone_before == 0
    };
    let known = tallies.into_iter().filter(|(id, tally)| going_on(*id, tally));
    let known = known.map(|(id, tally)| (id, (tally.sagas, sure(undone, sagas, tally.sagas))));
    known.filter(|(_, (_, sure))| sure.0 >= SURE_ENOUGH).collect()
}

/// How likely one of `times` sagas would have gone back, if they did so as often as `undone` of `sagas`.
fn sure(undone: usize, sagas: usize, times: usize) -> Confidence {
    let stays = 1.0 - undone as f64 / sagas.max(1) as f64;
    let none = stays.powi(i32::try_from(times).unwrap_or(i32::MAX));
    Confidence((((1.0 - none) * 1_000.0) as u16).min(990))
}

/// The point that most sagas pass first that begin as this one does.
fn usual(
    variants: &Variants,
    points: &HashMap<TypeId, (usize, Confidence)>,
    first: TypeId,
) -> Option<TypeId> {
    let mut passed: std::collections::BTreeMap<TypeId, usize> = std::collections::BTreeMap::new();
    for variant in variants.list.iter().filter(|variant| variant.shape.first() == Some(&first)) {
        if let Some(id) = variant.shape.iter().find(|id| points.contains_key(id)) {
            *passed.entry(*id).or_default() += variant.count;
        }
    }
    passed.into_iter().max_by_key(|(_, sagas)| *sagas).map(|(id, _)| id)
}

#[cfg(test)]
mod tests {
    use super::super::timeline::testing::page_of;
    use super::*;

    #[test]
    fn how_sure_it_is_grows_with_the_sagas_that_came_past_and_with_those_that_went_back() {
        for (undone, sagas, times, expected) in
            [(0, 100, 50, 0), (10, 100, 5, 409), (10, 100, 50, 990), (0, 0, 3, 0), (4, 4, 1, 990)]
        {
            assert_eq!(sure(undone, sagas, times), Confidence(expected), "{undone} {sagas} {times}");
        }
    }

    #[test]
    fn one_saga_alone_teaches_no_point_of_no_return() {
        let (.., page) = page_of(&[("OrderPlaced", "o", 0, None), ("OrderShipped", "o", 1, None)]);
        assert_eq!(page.pivot, None);
    }
}
