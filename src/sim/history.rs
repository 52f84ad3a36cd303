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
/// did to it. An act in the past ends the future that was: clone the history first to keep it.
#[derive(Clone)]
pub struct History {
    /// Worlds by the number of steps they have done; the first is always there.
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
        Self { checkpoints: BTreeMap::from([first]), current: world, steps: Vec::new(), acts: BTreeMap::new() }
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
        let at = self.position();
        if at < self.newest() {
            for act in self.acts.get(&at).into_iter().flatten() {
                replay_act(&mut self.current, act);
            }
        }
        let step = self.current.step()?;
        let done = self.position();
        if done > self.newest() {
            self.steps.push(step.clone());
            if done.is_multiple_of(CHECKPOINT_EVERY) {
                self.checkpoints.insert(done, self.current.clone());
            }
        }
        Some(step)
    }

    /// To the moment after so many steps, or as near as there is one; new steps are done where they are missing.
    pub fn go_to(&mut self, position: u64) {
        if position < self.position() {
            let (_, checkpoint) =
                self.checkpoints.range(..=position).next_back().expect("the first checkpoint is at 0");
            self.current = checkpoint.clone();
        }
        while self.position() < position && self.step().is_some() {}
        // Acts of a person belong to the moment in which they were done.
        let at = self.position();
        if at < self.newest() {
            return;
        }
        for act in self.acts.get(&at).into_iter().flatten() {
            replay_act(&mut self.current, act);
        }
    }

    /// A copy that ends here: the future that was stays in this history.
    #[must_use]
    pub fn fork(&self) -> Self {
        let at = self.position();
        let mut fork = self.clone();
        fork.cut(at);
        fork
    }

    fn cut(&mut self, at: u64) {
        self.steps.truncate(at as usize);
        self.checkpoints.retain(|done, _| *done <= at);
        self.acts.retain(|done, _| *done < at);
    }

    /// Does something to the world that is shown. In the past this ends the future that was.
    pub fn act(&mut self, act: Act) -> Result<(), ActError> {
        let at = self.position();
        self.current.act(act.clone())?;
        if at < self.newest() {
            self.cut(at);
        }
        self.acts.entry(at).or_default().push(act);
        Ok(())
    }
}

/// Does again what succeeded once in the same world.
fn replay_act(world: &mut World, act: &Act) {
    let again = world.act(act.clone());
    debug_assert!(again.is_ok(), "an act that succeeded succeeds again in the same world");
}
