//! The rules that hold for the log of every domain, whatever went wrong in it: a registry, [`RULES`]. They are checked
//! from outside, over the recorded events alone; nobody's belief takes part. A world checks them whenever it is asked
//! how its sagas stand, and a saga that breaks one is inconsistent.
//!
//! Two more rules are about two logs, not about one, and so are no entries here: delivering a message again adds no
//! domain event, and a snapshot with the events after it is all events. Tests prove both, by running a world twice and
//! by [`crate::runtime::snapshot::Snapshots::prove`]. What a domain demands of itself is
//! [`crate::runtime::monitor`]'s, and that every effect is accounted for is the ledger's.

mod checks;
#[cfg(test)]
mod tests;

use std::collections::BTreeSet;

use crate::base::lookup::Lookup;
use crate::base::ticks::Ticks;
use crate::runtime::{
    EventId, Fact, Journal, LetterFact, Position, Protections, Recorded, Role, SagaFact, SagaNo, Wiring,
};

/// A rule for every log.
pub struct Rule {
    /// Short name: `G1`.
    pub code: &'static str,
    /// As files and tests spell it.
    pub name: &'static str,
    /// What holds, in a sentence without an end.
    pub about: &'static str,
    /// What is wrong with one more event of the log, if anything.
    check: fn(&Log<'_>, &Recorded) -> Option<String>,
}

/// Every rule, in the order in which they are listed.
pub static RULES: &[Rule] = &[
    Rule {
        code: "G1",
        name: "whole-streams",
        about: "the versions of each stream are 1, 2, 3 and so on",
        check: checks::whole_streams,
    },
    Rule {
        code: "G2",
        name: "cause-before-effect",
        about: "what caused an event is in the log before it",
        check: checks::cause_before_effect,
    },
    Rule {
        code: "G3",
        name: "correlated",
        about: "every event of a saga carries its correlation id",
        check: checks::correlated,
    },
    Rule {
        code: "G4",
        name: "letters-named",
        about: "every dead letter names its saga, step and key, and why it is one",
        check: checks::letters_named,
    },
    Rule {
        code: "G5",
        name: "pivot-not-undone",
        about: "only compensatable steps are ever undone",
        check: checks::pivot_not_undone,
    },
    Rule {
        code: "G6",
        name: "undos-reversed",
        about: "the undos of a saga begin in the reverse order of its steps",
        check: checks::undos_reversed,
    },
    Rule {
        code: "G7",
        name: "attempts-within-policy",
        about: "no step is tried more often than its policy allows",
        check: checks::attempts_within_policy,
    },
];

/// A rule that does not hold, by the first event that broke it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Breach {
    /// When.
    pub since: Ticks,
    /// Which event.
    pub event: EventId,
    /// What is wrong.
    pub difference: String,
}

/// The log so far, as rules see it.
struct Log<'a> {
    wiring: &'a Wiring,
    protections: &'a Protections,
    journal: &'a dyn Journal,
    seen: &'a Seen,
}

/// What is remembered of the events before.
#[derive(Clone, Debug, Default)]
struct Seen {
    /// By stream.
    versions: Vec<u32>,
    /// Positions by the ids of the events there.
    by_id: Lookup,
    /// By saga.
    sagas: Vec<OfSaga>,
}

#[derive(Clone, Copy, Debug, Default)]
struct OfSaga {
    begun: bool,
    /// The step whose undo began last.
    last_undo: Option<u8>,
    /// The steps whose undos have begun, a bit each; a person may have one begin again. Steps beyond are not told
    /// apart from the last one.
    undone: u128,
}

/// Follows a log, and keeps what breaks a rule. A clone is a checkpoint.
#[derive(Clone, Debug, Default)]
pub struct Rules {
    seen: Seen,
    breaches: Vec<(usize, Breach)>,
    culprits: BTreeSet<SagaNo>,
}

impl Rules {
    /// Checks one more event of the log.
    pub fn observe(
        &mut self,
        wiring: &Wiring,
        protections: &Protections,
        journal: &dyn Journal,
        position: Position,
        event: &Recorded,
    ) {
        let log = Log { wiring, protections, journal, seen: &self.seen };
        for (index, rule) in RULES.iter().enumerate() {
            let Some(difference) = (rule.check)(&log, event) else { continue };
            if event.saga != SagaNo::NONE {
                self.culprits.insert(event.saga);
            }
            if self.breaches.iter().all(|(known, _)| *known != index) {
                self.breaches.push((index, Breach { since: event.at, event: event.id, difference }));
            }
        }
        self.seen.take(wiring, position, event);
    }

    /// How each rule stands.
    pub fn standing(&self) -> impl Iterator<Item = (&'static Rule, Option<&Breach>)> {
        RULES.iter().enumerate().map(|(index, rule)| {
            let breach = self.breaches.iter().find(|(known, _)| *known == index);
            (rule, breach.map(|(_, breach)| breach))
        })
    }

    /// Sagas whose events break a rule.
    pub fn culprits(&self) -> &BTreeSet<SagaNo> {
        &self.culprits
    }
}

impl Seen {
    fn of(&self, saga: SagaNo) -> OfSaga {
        self.sagas.get(saga.index()).copied().filter(|_| saga != SagaNo::NONE).unwrap_or_default()
    }

    fn version(&self, event: &Recorded) -> u32 {
        self.versions.get(event.stream.0 as usize).copied().unwrap_or(0)
    }

    /// Whether an event with this id has been seen.
    fn has(&self, journal: &dyn Journal, id: EventId) -> bool {
        let is_it = |place| journal.event(Position(place)).is_some_and(|event| event.id == id);
        self.by_id.find(hash_of(id), is_it).is_some()
    }

    fn take(&mut self, wiring: &Wiring, position: Position, event: &Recorded) {
        let stream = event.stream.0 as usize;
        if self.versions.len() <= stream {
            self.versions.resize(stream + 1, 0);
        }
        self.versions[stream] = event.version;
        self.by_id.add(hash_of(event.id), position.0);
        if event.saga == SagaNo::NONE {
            return;
        }
        let saga = event.saga.index();
        if self.sagas.len() <= saga {
            self.sagas.resize(saga + 1, OfSaga::default());
        }
        let of_saga = &mut self.sagas[saga];
        of_saga.begun = true;
        if let Some(step) = checks::begun_undo(wiring, event) {
            of_saga.last_undo = Some(step.0);
            of_saga.undone |= bit(step.0);
        }
    }
}

fn bit(step: u8) -> u128 {
    1 << step.min(127)
}

/// Ids are hashes already.
fn hash_of(id: EventId) -> u64 {
    id.0 as u64
}
