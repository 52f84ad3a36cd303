//! How a saga stands in a log of which nobody says what it means: judged by what the other sagas of the log did.
//! Everything here is inferred and says how sure it is.

use foldhash::{HashMap, HashMapExt as _};

use super::machine::Machine;
use super::naming::Traits;
use super::outcome::{Confidence, Outcome, permille};
use super::undo::{UndoPair, UndoPairs};
use super::variants::Variants;
use super::verdict::Moment;
use crate::index::TypeId;

/// A type at which at least so many of the sagas end that reach it is an end.
const END_SHARE: u16 = 900;

/// What a log taught about how its sagas go.
#[derive(Debug)]
pub struct Lessons<'a> {
    /// What names say.
    pub traits: &'a [Traits],
    /// What followed what.
    pub machine: &'a Machine,
    /// What undoes what.
    pub undos: &'a UndoPairs,
    /// For each failure and effect: of the ended sagas that had both, those that undid the effect.
    habits: HashMap<(TypeId, TypeId), (usize, usize)>,
    /// The types with which sagas usually begin.
    begins: Vec<TypeId>,
}

/// How a saga stands, and how sure that is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Judgement {
    /// How it stands.
    pub outcome: Outcome,
    /// How sure.
    pub confidence: Confidence,
}

/// An effect of one saga that has an undo, by how often each came.
#[derive(Clone, Copy, Debug)]
pub struct Held<'a> {
    /// The effect and its undo.
    pub pair: &'a UndoPair,
    /// How often it came.
    pub effects: usize,
    /// How often it was undone.
    pub undone: usize,
    /// Whether an undo is due: sagas of this log that failed so undid it.
    pub due: bool,
}

impl<'a> Lessons<'a> {
    /// Learns from the shapes of a log.
    pub fn of(traits: &'a [Traits], machine: &'a Machine, undos: &'a UndoPairs, variants: &Variants) -> Self {
        let mut lessons = Self { traits, machine, undos, habits: HashMap::new(), begins: Vec::new() };
        let mut begins: HashMap<TypeId, usize> = HashMap::new();
        for variant in &variants.list {
            if let Some(first) = variant.shape.first() {
                *begins.entry(*first).or_default() += variant.count;
            }
            let Some(last) = variant.shape.last().filter(|last| lessons.is_end(&variant.shape, **last))
            else {
                continue;
            };
            if traits[last.0 as usize].good_end && !lessons.went_back(&variant.shape) {
                continue;
            }
            for failure in variant.shape.iter().filter(|id| traits[id.0 as usize].failure) {
                for pair in &undos.0 {
                    if variant.shape.contains(&pair.effect) {
                        let known = lessons.habits.entry((*failure, pair.effect)).or_default();
                        known.1 += variant.count;
                        known.0 += if variant.shape.contains(&pair.undo) { variant.count } else { 0 };
                    }
                }
            }
        }
        let mut begins: Vec<(TypeId, usize)> = begins.into_iter().collect();
        begins.sort_by_key(|(id, count)| (std::cmp::Reverse(*count), *id));
        lessons.begins = begins.into_iter().map(|(id, _)| id).take(3).collect();
        lessons
    }

    fn info(&self, id: TypeId) -> &Traits {
        &self.traits[id.0 as usize]
    }

    /// Whether something of a shape was undone.
    fn went_back(&self, shape: &[TypeId]) -> bool {
        shape.iter().any(|id| self.info(*id).is_undo())
    }

    /// Whether a saga of this shape is at an end with `last`: sagas end there, and no undo further back is missing.
    fn is_end(&self, shape: &[TypeId], last: TypeId) -> bool {
        let info = self.info(last);
        if self.machine.end_share(last) < END_SHARE {
            return false;
        }
        // A failure ends a saga where nothing that has an undo stands; an undo does when it is that of the beginning.
        let first = shape.first().copied();
        let open = self.undos.0.iter().any(|pair| {
            shape.contains(&pair.effect) && !shape.contains(&pair.undo) && Some(pair.effect) == first
        });
        let reaches_back = first.is_some_and(|first| self.info(first).family == info.family);
        if info.is_undo() {
            return reaches_back || !open;
        }
        if info.failure {
            return reaches_back || !open && self.ended_often(last);
        }
        info.good_end || self.ended_often(last)
    }

    fn ended_often(&self, last: TypeId) -> bool {
        self.machine.transition((Some(last), None)).is_some_and(|known| known.count > 1)
    }

    /// What a saga holds of what can be undone. `counts` says how often each type came.
    pub fn held(&self, shape: &[TypeId], counts: &dyn Fn(TypeId) -> usize) -> Vec<Held<'a>> {
        let failures: Vec<TypeId> = shape.iter().copied().filter(|id| self.info(*id).failure).collect();
        let recovered = self.recovered(shape);
        let pairs = self.undos.0.iter().filter(|pair| shape.contains(&pair.effect));
        pairs
            .map(|pair| {
                let usual = failures.iter().any(|failure| {
                    let (undone, of) = self.habits.get(&(*failure, pair.effect)).copied().unwrap_or_default();
                    permille(undone, of) >= 500
                });
                let (effects, undone) = (counts(pair.effect), counts(pair.undo));
                let missing = if undone > 0 { effects.saturating_sub(undone) } else { effects };
                Held { pair, effects, undone, due: usual && !recovered && missing > 0 }
            })
            .collect()
    }

    /// Whether it went on well after its last failure: another try succeeded.
    fn recovered(&self, shape: &[TypeId]) -> bool {
        let Some(failed) = shape.iter().rposition(|id| self.info(*id).failure) else { return true };
        let after = &shape[failed + 1..];
        let well = |id: &TypeId| !self.info(*id).is_undo() && !self.info(*id).failure;
        !after.is_empty() && after.iter().all(well)
    }

    /// How a saga of this shape stands, quiet for `silence` nanoseconds at the end of the log.
    pub fn judge(&self, shape: &[TypeId], held: &[Held<'_>], moment: Moment, silence: i64) -> Judgement {
        let Some(last) = shape.last().copied() else {
            return Judgement { outcome: Outcome::Running, confidence: Confidence(0) };
        };
        let sure = Confidence(self.machine.end_share(last).clamp(100, 990));
        let back = self.went_back(shape) || shape.iter().any(|id| self.info(*id).failure);
        let back = back && !self.recovered(shape);
        let owes = held.iter().any(|one| one.due);
        if self.is_end(shape, last) && !owes {
            let outcome = if back { Outcome::Compensated } else { Outcome::Completed };
            return Judgement { outcome, confidence: sure };
        }
        if moment.quiesced {
            return Judgement { outcome: Outcome::Stuck, confidence: Confidence(900) };
        }
        let quiet = !moment.is_run && self.machine.patience(last).is_some_and(|patience| silence > patience);
        let outcome = match (quiet, back) {
            (true, _) => Outcome::NoActivity,
            (false, true) => Outcome::Compensating,
            (false, false) => Outcome::Running,
        };
        Judgement { outcome, confidence: Confidence(1_000 - sure.0.min(900)) }
    }

    /// Types with which sagas of this log usually begin, the most frequent first.
    pub fn begins(&self) -> &[TypeId] {
        &self.begins
    }
}
