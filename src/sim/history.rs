//! Going back in a run, exactly: checkpoints of the world, and the deterministic way from one to any step. What a
//! person did is part of the way. The futures that a branch leaves behind are kept by the caller, as histories.

use std::collections::BTreeMap;

use super::world::{Act, ActError, World, WorldStep};

/// Steps between two checkpoints: any step is at most this many away from one, and a clone of a world costs about
/// as much as a few steps.
const CHECKPOINT_EVERY: u64 = 64;

/// A run that can be gone through in both directions.
///
/// Going back and forward again gives the same worlds, for a world is a function of its recipe and of what people
/// did to it. What was done to it at a moment belongs to that moment: coming back to it, it is done. An act in the
/// past ends the future that was: clone the history first to keep it.
#[derive(Clone)]
pub struct History {
    /// Worlds by the number of steps they have done, before the acts of that moment; the first is always there.
    checkpoints: BTreeMap<u64, World>,
    current: World,
    /// Every step that was ever done on this way, in order.
    steps: Vec<WorldStep>,
    /// What people did, by the number of steps done before.
    acts: BTreeMap<u64, Vec<Act>>,
}

impl History {
    /// The history of a world that has done nothing yet.
    pub fn new(world: World) -> Self {
        let first = (world.steps_done(), world.clone());
        Self {
            checkpoints: BTreeMap::from([first]),
            current: world,
            steps: Vec::new(),
            acts: BTreeMap::new(),
        }
    }

    /// The world as of [`History::position`].
    pub fn world(&self) -> &World {
        &self.current
    }

    /// Steps done by the world that is shown.
    pub fn position(&self) -> u64 {
        self.current.steps_done()
    }

    /// Steps done at the newest moment.
    pub fn newest(&self) -> u64 {
        self.steps.len() as u64
    }

    /// Every step up to the newest moment.
    pub fn steps(&self) -> &[WorldStep] {
        &self.steps
    }

    /// One step forward: the same as before where it was gone already, else a new one. `None` at the end.
    pub fn step(&mut self) -> Option<WorldStep> {
        let step = self.current.step()?;
        let done = self.position();
        if done > self.newest() {
            self.steps.push(step.clone());
            if done.is_multiple_of(CHECKPOINT_EVERY) {
                self.checkpoints.insert(done, self.current.clone());
            }
        } else {
            self.act_again();
        }
        Some(step)
    }

    /// To the moment after so many steps, or as near as there is one; new steps are done where they are missing.
    pub fn go_to(&mut self, position: u64) {
        if position < self.position() {
            let (_, checkpoint) =
                self.checkpoints.range(..=position).next_back().expect("the first checkpoint is at 0");
            self.current = checkpoint.clone();
            self.act_again();
        }
        while self.position() < position && self.step().is_some() {}
    }

    /// A copy that ends here: the future that was stays in this history.
    #[must_use]
    pub fn fork(&self) -> Self {
        let mut fork = self.clone();
        fork.cut();
        fork
    }

    /// Does something to the world that is shown. In the past this ends the future that was.
    pub fn act(&mut self, act: Act) -> Result<(), ActError> {
        self.current.act(act.clone())?;
        self.cut();
        self.acts.entry(self.position()).or_default().push(act);
        Ok(())
    }

    fn cut(&mut self) {
        let at = self.position();
        self.steps.truncate(at as usize);
        self.checkpoints.retain(|done, _| *done <= at);
        self.acts.retain(|done, _| *done <= at);
    }

    /// Does again what people did at this moment. What succeeded once succeeds again in the same world.
    fn act_again(&mut self) {
        let at = self.position();
        for act in self.acts.get(&at).into_iter().flatten() {
            self.current.act(act.clone()).expect("an act that succeeded succeeds again in the same world");
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::domain::BuiltIn;
    use crate::sim::Recipe;

    fn history(recipe: &str) -> History {
        let shop = Arc::new(BuiltIn::named("shop").unwrap().load());
        History::new(World::new(shop, &Recipe::parse(recipe).unwrap()).unwrap())
    }

    fn to_end(history: &mut History) {
        while history.step().is_some() {}
    }

    #[test]
    fn going_anywhere_gives_the_world_that_was_there() {
        let mut run = history("shop/fulfilment?sagas=12&fault=reserve-inventory:reject");
        let mut worlds = vec![run.world().report()];
        while run.step().is_some() {
            worlds.push(run.world().report());
        }
        assert!(worlds.len() > CHECKPOINT_EVERY as usize * 2, "{}", worlds.len());
        let last = worlds.len() as u64 - 1;
        for to in [0, last, 1, 65, 64, 63, last - 1, 2, 130, last] {
            run.go_to(to);
            assert_eq!((run.position(), run.newest()), (to, last));
            assert_eq!(run.world().report(), worlds[to as usize], "{to}");
        }
        assert_eq!(run.step(), None);
        assert!(run.world().is_quiescent());
    }

    #[test]
    fn acts_belong_to_their_moment() {
        for at in [0, 3, 64] {
            let mut run = history("shop/fulfilment?sagas=12");
            run.go_to(at);
            run.act(Act::Stop("payment".to_owned())).unwrap();
            run.act(Act::Start("payment".to_owned())).unwrap();
            let then = run.world().events();
            to_end(&mut run);
            let end = run.world().events();
            run.go_to(at);
            assert_eq!(run.world().events(), then, "{at}");
            run.go_to(0);
            to_end(&mut run);
            assert_eq!(run.world().events(), end, "{at}");
            // A further act at the same moment keeps those before it.
            run.go_to(at);
            run.act(Act::Stop("inventory".to_owned())).unwrap();
            assert_eq!((run.newest(), run.world().acts().len()), (at, 3));
            to_end(&mut run);
            run.go_to(at);
            assert_eq!(run.world().acts().len(), 3, "{at}");
        }
    }

    #[test]
    fn a_fork_leaves_the_future_that_was_alone() {
        let mut run = history("shop/fulfilment");
        to_end(&mut run);
        let end = run.world().report();
        run.go_to(4);
        let mut other = run.fork();
        let next = other.world().in_flight()[0].id;
        other.act(Act::Lose(next)).unwrap();
        to_end(&mut other);
        assert_ne!(other.world().report(), end);
        run.go_to(u64::MAX);
        assert_eq!(run.world().report(), end);
    }

    #[test]
    fn an_act_that_is_refused_changes_nothing() {
        let mut run = history("shop/fulfilment");
        to_end(&mut run);
        let (events, newest) = (run.world().events(), run.newest());
        run.go_to(2);
        assert!(run.act(Act::Redrive(9)).is_err());
        run.go_to(newest);
        assert_eq!(run.world().events(), events);
    }
}
