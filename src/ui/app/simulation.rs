//! The simulation that is open: its newest frame, playing it, and the one playhead. The run itself lives on the
//! engine's thread; here is what the window knows of it.

use std::sync::Arc;
use std::time::Duration;

use egui::Context;

use super::document::Document;
use super::navigation::{Navigation, Playhead};
use super::{Answer, App};
use crate::base::clock::Stopwatch;
use crate::base::thread;
use crate::engine::{DocumentId, SimControl, SimFrame, SimRequest, SimStart, Until};
use crate::index::EventLog;
use crate::model::{Row, SourceId};
use crate::sim::faults::{FaultKind, Protection};
use crate::sim::{Act, Fault, Recipe};
use crate::ui::command::SimulationCommand;

/// Messages a second that can be chosen for playing, in tenths.
pub const PACES: [(u32, &str); 6] =
    [(5, "½×"), (20, "1×"), (50, "2×"), (100, "5×"), (500, "25×"), (5_000, "250×")];

/// What the window knows of the simulation that is open.
#[derive(Clone, Debug)]
pub struct Simulation {
    /// What was asked for.
    pub request: SimRequest,
    /// The newest frame.
    pub frame: Option<Arc<SimFrame>>,
    /// Whether it goes on by itself.
    pub playing: bool,
    /// Index into [`PACES`].
    pub pace: usize,
    /// The fault card that a person has in hand: the next step that is clicked gets it.
    pub holding: Option<FaultKind>,
    /// The saga that is shown, counted from 1; `None`: all of them.
    pub saga: Option<u32>,
    /// The read model that is shown; `None`: the first.
    pub model: Option<String>,
    /// The condition on events that it ran for last.
    pub condition: String,
    since: Option<Stopwatch>,
    rest: Duration,
    /// Steps asked for and not shown yet: no more are asked for before they are.
    awaited: Option<u64>,
    /// The playhead as the frame put it; another one was put by a person.
    synced: Option<(Playhead, u64)>,
}

impl Simulation {
    fn new(request: SimRequest, pace: usize) -> Self {
        Self {
            request,
            frame: None,
            playing: false,
            pace,
            holding: None,
            saga: Some(1),
            model: None,
            condition: String::new(),
            since: None,
            rest: Duration::ZERO,
            awaited: None,
            synced: None,
        }
    }
}

impl Simulation {
    /// Whether nothing has been handled and nothing done yet: changes belong to the recipe.
    pub fn is_untouched(&self) -> bool {
        self.frame.as_ref().is_none_or(|frame| frame.newest == 0 && frame.futures.len() < 2)
    }

    /// Seconds that one message takes while playing.
    pub fn seconds_a_message(&self) -> f32 {
        10.0 / PACES[self.pace.min(PACES.len() - 1)].0 as f32
    }
}

/// Where the playhead stands at the moment of a frame.
fn playhead_of(frame: &SimFrame) -> Playhead {
    match frame.events.checked_sub(1) {
        Some(last) if !frame.is_newest() => Playhead::At(Row::new(SourceId(0), last as usize)),
        _ => Playhead::End,
    }
}

impl App {
    pub(super) fn apply_simulation(&mut self, context: &Context, command: SimulationCommand) {
        match command {
            SimulationCommand::Begin(request) => self.begin(*request),
            SimulationCommand::Again => {
                if let Some(simulation) = self.simulation() {
                    let request = SimRequest { start: SimStart::Beginning, ..simulation.request.clone() };
                    self.begin(request);
                }
            }
            SimulationCommand::Change(recipe) => self.change(*recipe),
            SimulationCommand::Control(control) => self.control(control),
            SimulationCommand::Act(act) => self.act(act),
            SimulationCommand::Arm(fault) => self.arm(fault),
            SimulationCommand::Disarm(fault) => self.disarm(&fault),
            SimulationCommand::Protect(protection, on) => self.protect(protection, on),
            SimulationCommand::Hold(kind) => {
                if let Some(simulation) = self.simulation_mut() {
                    simulation.holding = kind;
                }
            }
            SimulationCommand::ShowSaga(saga) => {
                if let Some(simulation) = self.simulation_mut() {
                    simulation.saga = saga;
                }
            }
            SimulationCommand::ShowModel(model) => {
                if let Some(simulation) = self.simulation_mut() {
                    simulation.model = Some(model);
                    self.layout.show("read-models");
                }
            }
            SimulationCommand::TogglePlay => self.toggle_simulation(),
            SimulationCommand::Pace(pace) => {
                if let Some(simulation) = self.simulation_mut() {
                    simulation.pace = pace.min(PACES.len() - 1);
                }
            }
            SimulationCommand::CopyRecipe => {
                if let Some(simulation) = self.simulation() {
                    context.copy_text(simulation.request.recipe.to_string());
                    self.say("Recipe copied");
                }
            }
            SimulationCommand::Record => self.record_run(context),
        }
    }

    fn simulation(&self) -> Option<&Simulation> {
        self.document.as_ref()?.simulation.as_ref()
    }

    fn simulation_mut(&mut self) -> Option<&mut Simulation> {
        self.document.as_mut()?.simulation.as_mut()
    }

    /// Opens a run as a new log.
    fn begin(&mut self, request: SimRequest) {
        let pace = self.simulation().map_or(1, |simulation| simulation.pace);
        let saga = self.simulation().map_or(Some(1), |simulation| simulation.saga);
        let was_simulation = self.simulation().is_some();
        // The run that ends can be compared with the one that begins.
        let kept = self.document.as_mut().filter(|document| document.simulation.is_some()).map(|document| {
            document.keep_run();
            document.rivals.take_kept()
        });
        match self.engine.simulate(request.clone()) {
            Ok(id) => {
                let simulation = Simulation { saga, ..Simulation::new(request, pace) };
                let mut document = Document::simulated(id, simulation);
                document.rivals.keep_all(kept.unwrap_or_default());
                self.document = Some(document);
                let kept = (self.navigation.speed, self.navigation.looping);
                self.navigation = Navigation { speed: kept.0, looping: kept.1, ..Navigation::default() };
                self.overlay = None;
                if !was_simulation {
                    self.layout.reset_views();
                    self.layout.arrange(true);
                }
            }
            Err(error) => self.complain(format!("The simulation cannot start a thread: {error}")),
        }
    }

    /// Does something to the world; what was the future of a moment in the past stays beside.
    fn act(&mut self, act: Act) {
        self.control(SimControl::Act(act));
    }

    fn change(&mut self, mut recipe: Recipe) {
        let Some(simulation) = self.simulation() else { return };
        // What was done to messages of another story means nothing in this one.
        let story = |recipe: &Recipe| (recipe.saga.clone(), recipe.seed, recipe.sagas, recipe.every);
        if story(&recipe) != story(&simulation.request.recipe) {
            recipe = recipe.untouched();
        }
        let request = SimRequest { recipe, start: SimStart::Beginning, ..simulation.request.clone() };
        self.begin(request);
    }

    fn arm(&mut self, fault: Fault) {
        let Some(simulation) = self.simulation_mut() else { return };
        simulation.holding = None;
        let recipe = simulation.request.recipe.clone().with(fault.clone());
        match recipe.check(&simulation.request.domain) {
            Err(errors) => self.complain(errors.to_string()),
            Ok(recipe) if simulation.is_untouched() => self.change(recipe),
            Ok(_) => self.act(Act::Arm(fault)),
        }
    }

    fn disarm(&mut self, fault: &Fault) {
        let Some(simulation) = self.simulation() else { return };
        if simulation.is_untouched() {
            let mut recipe = simulation.request.recipe.clone();
            recipe.faults.retain(|known| known != fault);
            self.change(recipe);
        } else {
            self.act(Act::Disarm(fault.clone()));
        }
    }

    fn protect(&mut self, protection: Protection, on: bool) {
        let Some(simulation) = self.simulation() else { return };
        if !simulation.is_untouched() {
            return self.act(Act::Protect(protection, on));
        }
        let mut recipe = simulation.request.recipe.clone();
        if on {
            recipe.without.retain(|off| *off != protection);
        } else {
            recipe = recipe.without(protection);
        }
        self.change(recipe);
    }

    fn control(&mut self, control: SimControl) {
        if let Some(document) = &mut self.document
            && let Some(simulation) = &mut document.simulation
        {
            match &control {
                SimControl::Run(Until::Event(condition)) => simulation.condition = condition.to_string(),
                SimControl::Run(_) => {}
                _ => simulation.playing = false,
            }
            self.engine.control(document.id, control);
        }
    }

    fn toggle_simulation(&mut self) {
        let Some(document) = &mut self.document else { return };
        let Some(simulation) = &mut document.simulation else { return };
        let Some(frame) = simulation.frame.clone() else { return };
        if frame.running {
            self.engine.control(document.id, SimControl::Pause);
            return;
        }
        simulation.playing ^= true;
        simulation.awaited = None;
        if simulation.playing && frame.is_over() {
            // At the end, playing begins again.
            self.engine.control(document.id, SimControl::GoTo(0));
        }
    }

    /// Asks for as many steps as the time since the last frame is worth.
    pub(super) fn play_simulation(&mut self, context: &Context) {
        let Some(document) = &mut self.document else { return };
        let Some(simulation) = &mut document.simulation else { return };
        if !simulation.playing {
            simulation.since = None;
            return;
        }
        let Some(frame) = &simulation.frame else { return };
        if frame.is_over() {
            simulation.playing = false;
            return;
        }
        let (tenths, _) = PACES[simulation.pace.min(PACES.len() - 1)];
        let each = Duration::from_secs(10) / tenths;
        let passed = simulation.rest + simulation.since.map_or(Duration::ZERO, Stopwatch::elapsed);
        simulation.since = Some(Stopwatch::start());
        let steps = (passed.as_nanos() / each.as_nanos().max(1)) as u64;
        simulation.rest = passed.saturating_sub(each * steps as u32);
        context.request_repaint_after(each.saturating_sub(simulation.rest));
        if steps > 0 && simulation.awaited.is_none_or(|awaited| frame.step >= awaited) {
            simulation.awaited = Some(frame.step + steps);
            self.engine.control(document.id, SimControl::Step(steps as i64));
        }
    }

    /// Another moment of the run: the playhead goes there.
    pub(super) fn on_simulated(&mut self, id: DocumentId, frame: SimFrame) {
        let Some(document) = self.document.as_mut().filter(|document| document.id == id) else { return };
        let Some(simulation) = &mut document.simulation else { return };
        let (refused, said) = (frame.refused.clone(), frame.said.clone());
        if simulation.awaited.is_some() && frame.is_over() {
            simulation.awaited = None;
        }
        let playhead = playhead_of(&frame);
        simulation.synced = Some((playhead, frame.step));
        simulation.request.recipe = frame.recipe.clone();
        simulation.frame = Some(Arc::new(frame));
        self.navigation.playhead = playhead;
        if let Some(row) = self.navigation.playhead_row(document.log()) {
            self.navigation.selected = Some(row);
        }
        if let Some(refused) = refused {
            self.complain(refused);
        } else if let Some(said) = said {
            self.say(said);
        }
    }

    /// The log begins anew in another future.
    pub(super) fn on_replaced(&mut self, id: DocumentId) {
        if let Some(document) = self.document.as_mut().filter(|document| document.id == id) {
            document.keep_run();
            document.forget_log();
            self.navigation = Navigation {
                speed: self.navigation.speed,
                looping: self.navigation.looping,
                ..Navigation::default()
            };
        }
    }

    /// A playhead that somebody moved elsewhere moves the run: one cursor for all.
    pub(super) fn sync_simulation(&mut self) {
        let Some(document) = &mut self.document else { return };
        let Some(simulation) = &mut document.simulation else { return };
        let Some((playhead, _)) = simulation.synced else { return };
        if self.navigation.playhead == playhead {
            return;
        }
        simulation.synced = Some((self.navigation.playhead, 0));
        let control = match self.navigation.playhead {
            Playhead::At(row) if !is_last(&document.open.log, row) => {
                SimControl::ToEvent(row.ordinal() as u64)
            }
            _ => SimControl::GoTo(u64::MAX),
        };
        simulation.playing = false;
        self.engine.control(document.id, control);
    }

    fn record_run(&mut self, context: &Context) {
        let Some(document) = &self.document else { return };
        let (open, answers, waker) = (document.open.clone(), self.answers.0.clone(), context.clone());
        let spawned = thread::spawn("record-dialog", move || {
            let chosen = rfd::FileDialog::new()
                .set_title("Record the run")
                .set_file_name("run.db")
                .add_filter("Sagascope's own store", &["db"])
                .add_filter("JSON lines", &["jsonl"])
                .save_file();
            let said = match chosen {
                Some(path) => match crate::engine::record(&open, &path) {
                    Ok(events) => Answer::Said(format!("{events} events written to {}", path.display())),
                    Err(error) => Answer::Failed(error.to_string()),
                },
                None => Answer::Said(
                    "Not recorded: no file was chosen. `sagascope simulate RECIPE --into run.db` does the same"
                        .to_owned(),
                ),
            };
            // The window may be gone by now.
            drop(answers.try_send(said));
            waker.request_repaint();
        });
        if let Err(error) = spawned {
            self.complain(format!("The file dialog cannot be opened: {error}"));
        }
    }
}

fn is_last(log: &EventLog, row: Row) -> bool {
    log.last_row() == Some(row)
}
