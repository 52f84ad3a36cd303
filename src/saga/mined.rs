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

/// Where at least so many of the sagas end that come there is an end.
const END_SHARE: u16 = 900;
/// The same where the name says so too: what happens after an end now and then, an address changed for instance, does
/// not make it less of one.
const NAMED_END_SHARE: u16 = 500;
/// Fewer sagas that came the same way say nothing about it; the type alone is asked then.
const WAY_MIN: usize = 3;

/// What a log taught about every saga of one shape.
#[derive(Clone, Debug)]
pub struct ShapeLessons<'a> {
    /// What can be undone of what it did, and whether an undo is due where one is missing.
    pairs: Vec<(&'a UndoPair, bool)>,
    /// It is at an end, if it owes nothing.
    is_end: bool,
    /// It turned back.
    back: bool,
    /// How many of the sagas that came the same way ended there.
    sure: Confidence,
    /// How long it may be quiet where it stands.
    patience: Option<i64>,
    /// Nothing happened.
    is_empty: bool,
}

/// What a log taught about how its sagas go.
#[derive(Debug)]
pub struct Lessons<'a> {
    /// What names say.
    pub traits: &'a [Traits],
    /// What followed what.
    pub machine: &'a Machine,
    /// What undoes what.
    pub undos: &'a UndoPairs,
    /// For each type at which sagas turned back, and each effect: of the ended sagas that had both, those that undid
    /// the effect.
    habits: HashMap<(TypeId, TypeId), (usize, usize)>,
    /// By the last two types: how many sagas ended there, and how many came there at all. Where an order is
    /// cancelled after its stock was released it has ended; where it is before, a refund follows.
    ends: HashMap<(TypeId, TypeId), (usize, usize)>,
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
        let mut lessons = Self { traits, machine, undos, habits: HashMap::new(), ends: ends(variants) };
        for variant in &variants.list {
            let ended = variant.shape.last().is_some_and(|last| lessons.is_end(&variant.shape, *last));
            if !ended {
                continue;
            }
            // Where it went well to its end, nothing is to be learnt about going back.
            if let Some(turn) = lessons.turn(&variant.shape) {
                for pair in &undos.0 {
                    if variant.shape.contains(&pair.effect) {
                        let known = lessons.habits.entry((turn, pair.effect)).or_default();
                        known.1 += variant.count;
                        known.0 += if variant.shape.contains(&pair.undo) { variant.count } else { 0 };
                    }
                }
            }
        }
        lessons
    }

    fn info(&self, id: TypeId) -> &Traits {
        &self.traits[id.0 as usize]
    }

    /// Whether a saga of this shape is at an end with `last`: sagas end there, and no undo further back is missing.
    fn is_end(&self, shape: &[TypeId], last: TypeId) -> bool {
        let info = self.info(last);
        let named = info.good_end || info.is_undo() || info.failure;
        if self.end_share(shape, last) < if named { NAMED_END_SHARE } else { END_SHARE } {
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

    /// How many of the sagas ended here that came the same way, in thousandths.
    fn end_share(&self, shape: &[TypeId], last: TypeId) -> u16 {
        let way = shape.len().checked_sub(2).and_then(|before| self.ends.get(&(shape[before], last)));
        match way {
            Some((ended, came)) if *came >= WAY_MIN => permille(*ended, *came),
            _ => self.machine.end_share(last),
        }
    }

    fn ended_often(&self, last: TypeId) -> bool {
        self.machine.transition((Some(last), None)).is_some_and(|known| known.count > 1)
    }

    /// What holds of every saga of this shape.
    pub fn of_shape(&self, shape: &[TypeId]) -> ShapeLessons<'a> {
        let turn = self.turn(shape);
        let pairs = self.undos.0.iter().filter(|pair| shape.contains(&pair.effect));
        let due = |pair: &UndoPair| {
            let habit = turn.and_then(|turn| self.habits.get(&(turn, pair.effect)));
            habit.is_some_and(|(undone, of)| permille(*undone, *of) >= 500)
        };
        let last = shape.last().copied();
        ShapeLessons {
            pairs: pairs.map(|pair| (pair, due(pair))).collect(),
            is_end: last.is_some_and(|last| self.is_end(shape, last)),
            back: turn.is_some(),
            sure: Confidence(last.map_or(0, |last| self.end_share(shape, last)).clamp(100, 990)),
            patience: last.and_then(|last| self.machine.patience(last)),
            is_empty: shape.is_empty(),
        }
    }

    /// Where it turned back: the first failure or undo after the last thing that went well. `None`: the last thing
    /// went well, so whatever failed before was made good.
    fn turn(&self, shape: &[TypeId]) -> Option<TypeId> {
        let well = |id: &TypeId| !self.info(*id).is_undo() && !self.info(*id).failure;
        let turned = shape.iter().rposition(well).map_or(0, |last| last + 1);
        shape.get(turned).copied()
    }
}

impl<'a> ShapeLessons<'a> {
    /// What a saga holds of what can be undone. `counts` says how often each type came.
    pub fn held<'c>(&'c self, counts: &'c dyn Fn(TypeId) -> usize) -> impl Iterator<Item = Held<'a>> + 'c {
        self.pairs.iter().map(|(pair, usual)| {
            let (effects, undone) = (counts(pair.effect), counts(pair.undo));
            Held { pair, effects, undone, due: *usual && effects > undone }
        })
    }

    /// The same of what is due alone: where nothing can be, nothing is counted.
    pub fn due<'c>(&'c self, counts: &'c dyn Fn(TypeId) -> usize) -> impl Iterator<Item = Held<'a>> + 'c {
        let usual = self.pairs.iter().filter(|(_, usual)| *usual);
        let held = usual.map(|(pair, _)| {
            let (effects, undone) = (counts(pair.effect), counts(pair.undo));
            Held { pair, effects, undone, due: effects > undone }
        });
        held.filter(|held| held.due)
    }

    /// How a saga stands, quiet for `silence` nanoseconds at the end of the log.
    pub fn judge(&self, owes: bool, moment: Moment, silence: i64) -> Judgement {
        if self.is_empty {
            return Judgement { outcome: Outcome::Running, confidence: Confidence(0) };
        }
        if self.is_end && !owes {
            let outcome = if self.back { Outcome::Compensated } else { Outcome::Completed };
            return Judgement { outcome, confidence: self.sure };
        }
        if moment.quiesced {
            return Judgement { outcome: Outcome::Stuck, confidence: Confidence(900) };
        }
        let quiet = !moment.is_run && self.patience.is_some_and(|patience| silence > patience);
        let outcome = match (quiet, self.back) {
            (true, _) => Outcome::NoActivity,
            (false, true) => Outcome::Compensating,
            (false, false) => Outcome::Running,
        };
        Judgement { outcome, confidence: Confidence(1_000 - self.sure.0.min(900)) }
    }
}

fn ends(variants: &Variants) -> HashMap<(TypeId, TypeId), (usize, usize)> {
    let mut ends: HashMap<(TypeId, TypeId), (usize, usize)> = HashMap::new();
    for variant in &variants.list {
        for (at, pair) in variant.shape.windows(2).enumerate() {
            let (ended, came) = ends.entry((pair[0], pair[1])).or_default();
            *came += variant.count;
            *ended += if at + 2 == variant.shape.len() { variant.count } else { 0 };
        }
    }
    ends
}
