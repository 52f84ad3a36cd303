//! Sending dead letters again: one, all, or in ramps that stop when they should. Done to a copy it is a dry run,
//! done to the run itself it is the act; both go the same way, so that the one predicts the other.

use crate::base::cancel::CancelToken;
use crate::runtime::LetterState;
use crate::sim::{Act, History, Outcome, World};

/// Sizes of the batches of a ramp; what is left goes in batches of the last size.
pub const RAMP: [usize; 4] = [1, 2, 5, 10];

/// Which letters to send again, and how.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Redrive {
    /// Numbers of the letters, in the order they go.
    pub letters: Vec<u32>,
    /// In batches of 1, 2, 5, then 10, rather than all at once.
    pub ramp: bool,
    /// When to leave the rest alone.
    pub stop: StopRule,
}

/// When a ramp leaves the rest alone.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum StopRule {
    /// As soon as one of a batch is a dead letter again.
    #[default]
    FirstFailure,
    /// When at least half of a batch are.
    HalfOfBatch,
    /// Never.
    Never,
}

impl StopRule {
    /// Every rule, in the order of the choice.
    pub const ALL: [Self; 3] = [Self::FirstFailure, Self::HalfOfBatch, Self::Never];

    /// As the choice says it: "Stop …".
    pub fn words(self) -> &'static str {
        match self {
            Self::FirstFailure => "at the first that fails",
            Self::HalfOfBatch => "when half of a batch fails",
            Self::Never => "never",
        }
    }

    fn is_met(self, sent: usize, failed: usize) -> bool {
        match self {
            Self::FirstFailure => failed > 0,
            Self::HalfOfBatch => failed > 0 && failed * 2 >= sent,
            Self::Never => false,
        }
    }
}

/// One batch, and what came of it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Batch {
    /// The letters that were sent.
    pub sent: Vec<u32>,
    /// Those that are open again.
    pub failed: Vec<u32>,
    /// Those that were not open any more when their turn came.
    pub skipped: Vec<u32>,
}

/// What came of it all.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Redriven {
    /// The batches, in order.
    pub batches: Vec<Batch>,
    /// Letters that were left alone because the rule was met.
    pub left: Vec<u32>,
    /// Sagas whose outcome differs from before, and what it is now.
    pub sagas: Vec<(String, Outcome)>,
    /// What is still owed afterwards, for people.
    pub owed: Vec<String>,
}

/// Whoever can be told to redrive: a world, or a history of one.
pub trait Redrivable {
    /// The world as it is now.
    fn world(&self) -> &World;
    /// Carries out an act; false when it cannot be.
    fn act(&mut self, act: Act) -> bool;
    /// Goes on until nothing is under way; false when nobody wants that any more.
    fn run(&mut self, cancel: &CancelToken) -> bool;
}

/// Steps between two looks at whether anybody still waits.
const STEPS_AT_A_TIME: u32 = 256;

impl Redrivable for World {
    fn world(&self) -> &World {
        self
    }

    fn act(&mut self, act: Act) -> bool {
        Self::act(self, &act).is_ok()
    }

    fn run(&mut self, cancel: &CancelToken) -> bool {
        let mut steps = 0_u32;
        !self.run_until(|_| {
            steps = steps.wrapping_add(1);
            steps.is_multiple_of(STEPS_AT_A_TIME) && cancel.is_cancelled()
        })
    }
}

impl Redrivable for History {
    fn world(&self) -> &World {
        Self::world(self)
    }

    fn act(&mut self, act: Act) -> bool {
        Self::act(self, &act).is_ok()
    }

    fn run(&mut self, cancel: &CancelToken) -> bool {
        let mut steps = 0_u32;
        while self.step().is_some() {
            steps = steps.wrapping_add(1);
            if steps.is_multiple_of(STEPS_AT_A_TIME) && cancel.is_cancelled() {
                return false;
            }
        }
        true
    }
}

impl Redrive {
    /// What it would come to: carried out on a copy.
    pub fn predict(&self, world: &World, cancel: &CancelToken) -> Option<Redriven> {
        self.carry_out(&mut world.clone(), cancel)
    }

    /// Sends the letters. `None`: nobody waits any more.
    pub fn carry_out(&self, run: &mut impl Redrivable, cancel: &CancelToken) -> Option<Redriven> {
        let before = outcomes(run.world());
        let mut redriven = Redriven::default();
        let mut rest = self.letters.as_slice();
        let mut sizes = RAMP.into_iter();
        while !rest.is_empty() {
            let size = if self.ramp { sizes.next().unwrap_or(RAMP[RAMP.len() - 1]) } else { rest.len() };
            let (now, later) = rest.split_at(size.min(rest.len()));
            rest = later;
            let mut batch = Batch::default();
            for id in now {
                let taken = run.act(Act::Redrive(*id));
                if taken { batch.sent.push(*id) } else { batch.skipped.push(*id) }
            }
            if !run.run(cancel) {
                return None;
            }
            let letters = run.world().dead_letters();
            batch.failed = batch
                .sent
                .iter()
                .copied()
                .filter(|id| {
                    letters.iter().any(|letter| letter.id == *id && letter.state == LetterState::Open)
                })
                .collect();
            let stops = self.ramp && self.stop.is_met(batch.sent.len(), batch.failed.len());
            redriven.batches.push(batch);
            if stops {
                redriven.left = rest.to_vec();
                break;
            }
        }
        let after = outcomes(run.world());
        redriven.sagas = after.into_iter().filter(|now| !before.contains(now)).collect();
        redriven.owed = run
            .world()
            .sagas()
            .iter()
            .flat_map(|saga| saga.owed.iter().map(|owed| owed.text.clone()))
            .collect();
        Some(redriven)
    }
}

fn outcomes(world: &World) -> Vec<(String, Outcome)> {
    world.sagas().into_iter().map(|saga| (saga.id, saga.outcome)).collect()
}

impl Redriven {
    /// In one sentence, after "Redriving now would" (`now` false) or "Redriven:" (`now` true).
    pub fn words(&self) -> String {
        let total = |part: fn(&Batch) -> usize| self.batches.iter().map(part).sum::<usize>();
        let (sent, failed) = (total(|batch| batch.sent.len()), total(|batch| batch.failed.len()));
        let mut clauses: Vec<String> = Vec::new();
        for outcome in Outcome::ALL {
            let ids: Vec<&str> =
                self.sagas.iter().filter(|(_, ended)| *ended == outcome).map(|(id, _)| &**id).collect();
            let verb = match outcome {
                Outcome::Completed => "complete",
                Outcome::Compensated => "compensate",
                Outcome::DeadLettered => "leave dead-lettered",
                Outcome::Stuck => "leave stuck",
                Outcome::Inconsistent => "break",
                Outcome::Running => "leave running",
            };
            match ids.as_slice() {
                [] => {}
                few if few.len() <= SAGAS_NAMED => clauses.push(format!("{verb} {}", few.join(", "))),
                many => clauses.push(format!("{verb} {} sagas", many.len())),
            }
        }
        if failed > 0 {
            clauses.push(if sent == 1 {
                "fail again".to_owned()
            } else {
                format!("fail again for {failed} of {sent}")
            });
        }
        if !self.left.is_empty() {
            clauses.push(format!("stop there, with {} left alone", self.left.len()));
        }
        if clauses.is_empty() {
            clauses.push(if sent == 0 { "send nothing".to_owned() } else { "change no outcome".to_owned() });
        }
        clauses.join(", ")
    }
}

/// Sagas named one by one; of more only their number.
const SAGAS_NAMED: usize = 3;

#[cfg(test)]
fn world(recipe: &str) -> Result<World, crate::sim::WorldError> {
    let recipe = crate::sim::Recipe::parse(recipe).expect("the recipe can be read");
    let domain = crate::domain::BuiltIn::named(&recipe.domain).expect("it is built in").load();
    let mut world = World::new(std::sync::Arc::new(domain), &recipe)?;
    world.run();
    Ok(world)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn open(world: &World) -> Vec<u32> {
        let letters = world.dead_letters();
        letters.iter().filter(|letter| letter.state == LetterState::Open).map(|letter| letter.id).collect()
    }

    #[test]
    fn a_dry_run_predicts_what_the_act_does() {
        for recipe in [
            "shop/fulfilment?seed=7&fault=send-confirmation:transient:3",
            "shop/fulfilment?seed=7&fault=process-payment:undo-fails&fault=reserve-inventory:reject",
            "travel/trip?seed=7&fault=book-flight/reply:lost:3",
        ] {
            let mut world = world(recipe).unwrap();
            let letters = open(&world);
            assert_eq!(letters.len(), 1, "{recipe}");
            let redrive = Redrive { letters, ramp: false, stop: StopRule::default() };
            let cancel = CancelToken::default();
            let before = world.len();
            let predicted = redrive.predict(&world, &cancel).unwrap();
            assert_eq!(world.len(), before, "a dry run changes nothing");
            let came = redrive.carry_out(&mut world, &cancel).unwrap();
            assert_eq!(predicted, came, "{recipe}");
        }
    }

    #[test]
    fn it_says_who_ends_how() {
        let cancel = CancelToken::default();
        for (recipe, words) in [
            ("shop/fulfilment?seed=7&fault=send-confirmation:transient:3", "complete s1"),
            (
                "shop/fulfilment?seed=7&fault=process-payment:undo-fails&fault=reserve-inventory:reject",
                "fail again",
            ),
        ] {
            let world = world(recipe).unwrap();
            let redrive = Redrive { letters: open(&world), ramp: false, stop: StopRule::default() };
            assert_eq!(redrive.predict(&world, &cancel).unwrap().words(), words, "{recipe}");
        }
    }

    #[test]
    fn a_ramp_grows_and_stops_by_its_rule() {
        let recipe = |healed: &str| {
            world(&format!("shop/fulfilment?seed=7&sagas=20&fault=send-confirmation:{healed}")).unwrap()
        };
        let cancel = CancelToken::default();
        let sizes = |redriven: &Redriven| -> Vec<usize> {
            redriven.batches.iter().map(|batch| batch.sent.len()).collect()
        };
        let healed = recipe("transient:3");
        let letters = open(&healed);
        assert_eq!(letters.len(), 20);
        let ramp = |stop| Redrive { letters: letters.clone(), ramp: true, stop };
        let all = ramp(StopRule::FirstFailure).predict(&healed, &cancel).unwrap();
        assert_eq!((sizes(&all), all.left.len()), (vec![1, 2, 5, 10, 2], 0));
        let broken = recipe("transient:all");
        for (stop, expected, left) in [
            (StopRule::FirstFailure, vec![1], 19),
            (StopRule::HalfOfBatch, vec![1], 19),
            (StopRule::Never, vec![1, 2, 5, 10, 2], 0),
        ] {
            let redriven = ramp(stop).predict(&broken, &cancel).unwrap();
            assert_eq!((sizes(&redriven), redriven.left.len()), (expected, left), "{stop:?}");
        }
        let stopped = ramp(StopRule::FirstFailure).predict(&broken, &cancel).unwrap();
        assert_eq!(stopped.words(), "fail again, stop there, with 19 left alone");
    }
}
