//! Stepping back: a world only goes forward, so the past is found by keeping clones of it on the way and running
//! again from the nearest one. That is exact, for a world is a function of its recipe and of the acts of people,
//! and these are kept here. An act in the past begins another future; the one that was there stays, as a *branch*.

use super::recipe::{Planned, Recipe};
use super::world::{Act, ActError, World, WorldStep};

/// Clones kept for each branch; when there are more, every second one goes.
const CHECKPOINTS_MAX: usize = 64;

/// One future: what people did and when, and moments to start again from.
#[derive(Clone, Debug)]
struct Branch {
    /// Where it left another one: that one's number, and the moment.
    parent: Option<(usize, u64)>,
    /// What people did and, where the recipe plans it, will do.
    acts: Vec<Planned>,
    /// In order of moments; the first is the beginning.
    checkpoints: Vec<World>,
    /// Moments between two checkpoints.
    spacing: u64,
    /// What led to each moment after the beginning.
    steps: Vec<WorldStep>,
}

impl Branch {
    /// The newest moment that was reached.
    fn newest(&self) -> u64 {
        self.checkpoints[0].moment() + self.steps.len() as u64
    }
}

/// A world with its past and its other futures. The present is a moment of one of them.
#[derive(Clone, Debug)]
pub struct History {
    branches: Vec<Branch>,
    current: usize,
    world: World,
    /// Why something that was planned could not be done, until somebody asks.
    refused: Option<String>,
}

/// What can be said of a branch.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BranchReport {
    /// Its number, from 0.
    pub number: usize,
    /// The branch it left, and at which moment. `None`: the first.
    pub parent: Option<(usize, u64)>,
    /// Its newest moment.
    pub newest: u64,
    /// What people did in it and, where the recipe plans it, will do.
    pub acts: Vec<Planned>,
}

impl History {
    /// A history that begins here.
    pub fn new(mut world: World) -> Self {
        let branch = Branch {
            parent: None,
            acts: world.take_plan(),
            checkpoints: vec![world.clone()],
            spacing: 4,
            steps: Vec::new(),
        };
        Self { branches: vec![branch], current: 0, world, refused: None }
    }

    /// The present.
    pub fn world(&self) -> &World {
        &self.world
    }

    /// The present moment.
    pub fn moment(&self) -> u64 {
        self.world.moment()
    }

    /// The newest moment of this branch that was reached.
    pub fn newest(&self) -> u64 {
        self.branches[self.current].newest()
    }

    /// What led to each moment of this branch after the beginning, acts among it.
    pub fn steps(&self) -> &[WorldStep] {
        &self.branches[self.current].steps
    }

    /// What people did in this branch up to the present.
    pub fn acts(&self) -> &[Planned] {
        let acts = &self.branches[self.current].acts;
        &acts[..acts.partition_point(|planned| planned.moment < self.moment())]
    }

    /// The recipe of this branch, with everything that people did or will do in it: it gives the same run again.
    pub fn recipe(&self) -> Recipe {
        Recipe { acts: self.branches[self.current].acts.clone(), ..self.world.recipe().clone() }
    }

    /// Why something that the recipe plans could not be done; asked once.
    pub fn take_refused(&mut self) -> Option<String> {
        self.refused.take()
    }

    /// Which branch this is.
    pub fn branch(&self) -> usize {
        self.current
    }

    /// Every branch.
    pub fn branches(&self) -> Vec<BranchReport> {
        let numbered = self.branches.iter().enumerate();
        numbered
            .map(|(number, branch)| BranchReport {
                number,
                parent: branch.parent,
                newest: branch.newest(),
                acts: branch.acts.clone(),
            })
            .collect()
    }

    /// One moment on: the act that was done here, if one was, else the next step. `None`: nothing is left.
    pub fn step(&mut self) -> Option<WorldStep> {
        while self.repeat_act() {}
        let step = self.world.step()?;
        self.arrived(&step);
        Some(step)
    }

    /// To the end of this branch: every act that was done in it, and then until nothing is left.
    pub fn run(&mut self) {
        self.run_until(|_| false);
    }

    /// On until `done` says so after a step; `false` if the end came before.
    pub fn run_until(&mut self, mut done: impl FnMut(&World) -> bool) -> bool {
        while self.step().is_some() {
            if done(&self.world) {
                return true;
            }
        }
        false
    }

    /// One moment back; `false` at the beginning.
    pub fn step_back(&mut self) -> bool {
        let first = self.branches[self.current].checkpoints[0].moment();
        let earlier = self.moment() > first;
        if earlier {
            self.go_to(self.moment() - 1);
        }
        earlier
    }

    /// To any moment of this branch, exactly as it was; beyond the newest one it goes on from there. Gives the
    /// moment reached, which is an earlier one if the run ended before.
    pub fn go_to(&mut self, moment: u64) -> u64 {
        if moment < self.moment() {
            let checkpoints = &self.branches[self.current].checkpoints;
            let after = checkpoints.partition_point(|world| world.moment() <= moment);
            self.world = checkpoints[after.saturating_sub(1)].clone();
        }
        while self.moment() < moment {
            if self.repeat_act() {
                continue;
            }
            let Some(step) = self.world.step() else { break };
            self.arrived(&step);
        }
        self.moment()
    }

    /// Does something now. In the past this begins a branch, and the future that was there stays.
    pub fn act(&mut self, act: &Act) -> Result<(), ActError> {
        let moment = self.moment();
        let mut world = self.world.clone();
        world.act(act)?;
        let is_planned_ahead = self.branches[self.current].acts.last().is_some_and(|it| it.moment >= moment);
        if moment < self.newest() || is_planned_ahead {
            self.branch_off();
        }
        let step = world.acted(self.world.len());
        self.branches[self.current].acts.extend(world.recipe().acts.last().cloned());
        self.world = world;
        self.arrived(&step);
        Ok(())
    }

    /// Begins a branch here, without doing anything; the future that is there stays.
    pub fn branch_off(&mut self) {
        let moment = self.moment();
        let from = &self.branches[self.current];
        let begin = from.checkpoints[0].moment();
        let mut branch = from.clone();
        branch.parent = Some((self.current, moment));
        branch.acts.retain(|planned| planned.moment < moment);
        branch.checkpoints.retain(|world| world.moment() <= moment);
        branch.steps.truncate((moment - begin) as usize);
        self.branches.push(branch);
        self.current = self.branches.len() - 1;
    }

    /// Takes back the last thing that was done in this branch: back to the moment before it, in the future that was
    /// there if the act began this branch, else in a new one. `false`: nothing was done.
    pub fn take_back(&mut self) -> bool {
        let Some(moment) = self.acts().last().map(|planned| planned.moment) else { return false };
        match self.branches[self.current].parent {
            Some((parent, at)) if at == moment => {
                self.switch(parent);
                self.go_to(moment);
            }
            _ => {
                self.go_to(moment);
                self.branch_off();
            }
        }
        true
    }

    /// Over to another branch, to the same moment or, if it was not reached there, to its newest one. `false`: there
    /// is no such branch.
    pub fn switch(&mut self, branch: usize) -> bool {
        let Some(other) = self.branches.get(branch) else { return false };
        let moment = self.moment().min(other.newest());
        self.world = other.checkpoints[0].clone();
        self.current = branch;
        self.go_to(moment);
        true
    }

    /// Does again what was done at this moment. What a recipe plans and cannot be done is dropped, with what was to
    /// come after it.
    fn repeat_act(&mut self) -> bool {
        let moment = self.moment();
        let acts = &mut self.branches[self.current].acts;
        let Some(planned) = acts.iter().find(|planned| planned.moment == moment) else { return false };
        let before = self.world.len();
        match self.world.meant(&planned.act).and_then(|act| self.world.act(&act)) {
            Ok(()) => {
                let step = self.world.acted(before);
                self.arrived(&step);
                true
            }
            Err(error) => {
                self.refused = Some(format!("act={planned} cannot be done. {error}"));
                acts.retain(|planned| planned.moment < moment);
                false
            }
        }
    }

    /// Notes the present and what led to it, and keeps a clone of it every so often.
    fn arrived(&mut self, step: &WorldStep) {
        let moment = self.moment();
        let branch = &mut self.branches[self.current];
        if moment > branch.newest() {
            branch.steps.push(step.clone());
        }
        let last = branch.checkpoints.last().map_or(0, World::moment);
        if moment < last + branch.spacing {
            return;
        }
        branch.checkpoints.push(self.world.clone());
        if branch.checkpoints.len() > CHECKPOINTS_MAX {
            let mut number = 0;
            branch.checkpoints.retain(|_| {
                number += 1;
                number % 2 == 1
            });
            branch.spacing *= 2;
        }
    }
}
