//! What can be done to a step, a message or a service: menus of a right click, and what a dropped fault card does.

use egui::{Response, Ui};

use crate::base::ticks::Ticks;
use crate::domain::{Saga, Step};
use crate::engine::SimFrame;
use crate::runtime::Route;
use crate::sim::faults::{FAULTS, FaultGroup, FaultInfo, FaultKind, Leg};
use crate::sim::possible::impossible;
use crate::sim::{Act, Fault, InFlight, Place, Target};
use crate::ui::command::{SimulationCommand, WindowCommand};
use crate::ui::view::ViewContext;

/// How much later a delayed message comes, where a menu offers it.
const DELAYS: [(u64, &str); 3] = [(100, "by 0.1 s"), (1_000, "by 1 s"), (5_000, "by 5 s")];

/// The saga of the run as its domain defines it.
pub fn definition(frame: &SimFrame) -> Option<&Saga> {
    frame.domain.saga(&frame.recipe.saga)
}

/// Only the saga that is shown is meant, where there are several.
fn target(context: &ViewContext<'_>, frame: &SimFrame, place: Place) -> Target {
    let shown = context.document.simulation.as_ref().and_then(|simulation| simulation.saga);
    Target { place, saga: shown.filter(|_| frame.recipe.sagas > 1) }
}

/// The leg of a step that a fault strikes, on the way forward or back; why it cannot, else.
fn leg_of(info: &FaultInfo, saga: &Saga, step: &Step, back: bool) -> Result<Leg, String> {
    let legs: &[Leg] = if back { &[Leg::Undo, Leg::UndoReply] } else { &[Leg::Command, Leg::Reply] };
    let natural = info.leg.is_undo() == back || info.kind == FaultKind::UndoFails;
    let tries = natural.then_some(info.leg).into_iter().chain(legs.iter().copied());
    let mut why = String::new();
    for leg in tries {
        match impossible(info, saga, step, leg) {
            None => return Ok(leg),
            Some(reason) if why.is_empty() => why = reason,
            Some(_) => {}
        }
    }
    Err(why)
}

/// Arms a fault at a step, or says why it cannot strike there.
pub fn arm_at_step(context: &ViewContext<'_>, frame: &SimFrame, step: &str, back: bool, kind: FaultKind) {
    let Some(saga) = definition(frame) else { return };
    let Some(known) = saga.step(step) else { return };
    match leg_of(kind.info(), saga, known, back) {
        Ok(leg) => {
            let place = Place::Step { step: step.to_owned(), leg };
            context.send(SimulationCommand::Arm(Fault::new(target(context, frame, place), kind)));
        }
        Err(reason) => {
            context.send(SimulationCommand::Hold(None));
            context
                .send(WindowCommand::Notice(format!("{} cannot strike here: {reason}", kind.info().title)));
        }
    }
}

/// A right click on a step: every fault that can strike there.
pub fn step_menu(context: &ViewContext<'_>, frame: &SimFrame, step: &str, back: bool, response: &Response) {
    let Some(saga) = definition(frame) else { return };
    let Some(known) = saga.step(step) else { return };
    response.context_menu(|ui| {
        for group in FaultGroup::ALL {
            let infos: Vec<&FaultInfo> = FAULTS
                .iter()
                .filter(|info| info.group == group && leg_of(info, saga, known, back).is_ok())
                .collect();
            if infos.is_empty() {
                continue;
            }
            ui.weak(group.title());
            for info in infos {
                if ui.button(info.title).on_hover_text(info.sentence).clicked() {
                    arm_at_step(context, frame, step, back, info.kind);
                }
            }
        }
    });
    if let Some(kind) = response.dnd_release_payload::<FaultKind>() {
        arm_at_step(context, frame, step, back, *kind);
    }
}

/// The entries of a message under way.
fn message_entries(context: &ViewContext<'_>, flight: &InFlight, ui: &mut Ui) {
    let act = |act: Act| context.send(SimulationCommand::Act(act));
    if ui.button("Lose").on_hover_text(FaultKind::Lost.info().sentence).clicked() {
        act(Act::Lose(flight.id));
    }
    ui.menu_button("Delay", |ui| {
        for (millis, words) in DELAYS {
            if ui.button(words).clicked() {
                act(Act::Delay(flight.id, Ticks::from_millis(millis)));
            }
        }
    });
    if ui.button("Duplicate").on_hover_text(FaultKind::Duplicated.info().sentence).clicked() {
        act(Act::Duplicate(flight.id));
    }
    if flight.route != Route::Timer
        && ui.button("Poison").on_hover_text(FaultKind::Poison.info().sentence).clicked()
    {
        act(Act::Poison(flight.id));
    }
}

/// A right click on a message, and a card dropped on it.
pub fn message_menu(context: &ViewContext<'_>, frame: &SimFrame, flight: &InFlight, response: &Response) {
    response.context_menu(|ui| message_entries(context, flight, ui));
    let held = context.document.simulation.as_ref().and_then(|simulation| simulation.holding);
    let given = response.dnd_release_payload::<FaultKind>().map(|kind| *kind);
    let Some(kind) = given.or(held.filter(|_| response.clicked())) else { return };
    let act = match kind {
        FaultKind::Lost => Act::Lose(flight.id),
        FaultKind::Delayed | FaultKind::Timeout => Act::Delay(flight.id, Ticks::from_millis(1_000)),
        FaultKind::Duplicated => Act::Duplicate(flight.id),
        FaultKind::Poison => Act::Poison(flight.id),
        kind => {
            let back = super::look::is_back(flight.route);
            return arm_at_step(context, frame, &flight.step, back, kind);
        }
    };
    context.send(SimulationCommand::Hold(None));
    context.send(SimulationCommand::Act(act));
}

/// A right click on a service, and a card dropped on it.
pub fn service_menu(context: &ViewContext<'_>, frame: &SimFrame, name: &str, up: bool, response: &Response) {
    response.context_menu(|ui| {
        let (words, act) =
            if up { ("Stop", Act::Stop(name.to_owned())) } else { ("Restart", Act::Start(name.to_owned())) };
        if ui.button(words).clicked() {
            context.send(SimulationCommand::Act(act));
        }
        ui.separator();
        for info in FAULTS.iter().filter(|info| info.group == FaultGroup::Crashes) {
            let words = format!("Dies {}", info.title);
            if ui.button(words).on_hover_text(info.sentence).clicked() {
                arm_at_service(context, frame, name, info.kind);
            }
        }
    });
    let held = context.document.simulation.as_ref().and_then(|simulation| simulation.holding);
    let given = response.dnd_release_payload::<FaultKind>().map(|kind| *kind);
    if let Some(kind) = given.or(held.filter(|_| response.clicked())) {
        if kind == FaultKind::Down {
            context.send(SimulationCommand::Hold(None));
            context.send(SimulationCommand::Act(Act::Stop(name.to_owned())));
        } else {
            arm_at_service(context, frame, name, kind);
        }
    }
}

fn arm_at_service(context: &ViewContext<'_>, frame: &SimFrame, name: &str, kind: FaultKind) {
    let place = Place::Service(name.to_owned());
    context.send(SimulationCommand::Arm(Fault::new(target(context, frame, place), kind)));
}
