//! The row that moves a simulation: step, play, run until; where it is; futures, recording, beginning again.

use egui::{Align, Layout, Popup, Rect, Role, Sense, Ui, UiBuilder, pos2, vec2};

use crate::engine::{SimControl, SimFrame, Until};
use crate::ui::app::simulation::{PACES, Simulation};
use crate::ui::command::{
    self, Command, SIM_AGAIN, SIM_BRANCH, SIM_RECORD, SIM_TO_FAULT, SIM_UNDO, SimulationCommand, UiCommand,
};
use crate::ui::format::count;
use crate::ui::icons::Icon;
use crate::ui::theme::{TOOLBAR, body, mono};
use crate::ui::view::ViewContext;
use crate::ui::views::simulator::look;
use crate::ui::widgets::{Button, Line, icon_button, node};

/// Below this width words are left to the tooltips; what is not always there needs its own room.
const WORDS_FROM: f32 = 1_040.0;
const UNDO_WIDTH: f32 = 70.0;
const FUTURES_WIDTH: f32 = 116.0;
/// Width of Play and of Pause, so that nothing moves when one becomes the other.
const PLAY: f32 = 72.0;

/// Draws it into the row above the density; nothing where no simulation is open.
pub(in crate::ui::panels) fn transport_ui(context: &ViewContext<'_>, ui: &mut Ui) {
    let Some(simulation) = &context.document.simulation else { return };
    let Some(frame) = simulation.frame.as_deref() else { return };
    let rect = ui.max_rect();
    let undo = if frame.undo.is_some() { UNDO_WIDTH } else { 0.0 };
    let futures = if frame.futures.len() > 1 { FUTURES_WIDTH } else { 0.0 };
    let is_wide = rect.width() >= WORDS_FROM + undo + futures;
    let layout = Layout::right_to_left(Align::Center);
    let mut right = ui.new_child(UiBuilder::new().max_rect(rect).layout(layout).id_salt("run"));
    right.spacing_mut().item_spacing.x = 4.0;
    run_ui(context, frame, is_wide, &mut right);
    let end = right.min_rect().left() - 12.0;
    let room = Rect::from_min_max(rect.min, pos2(end.max(rect.left()), rect.bottom()));
    let layout = Layout::left_to_right(Align::Center);
    let mut left = ui.new_child(UiBuilder::new().max_rect(room).layout(layout).id_salt("move"));
    left.spacing_mut().item_spacing.x = 4.0;
    buttons_ui(context, simulation, frame, is_wide, &mut left);
    place_ui(context, frame, &mut left);
}

/// A tooltip: sentence and key.
fn about(ui: &Ui, command: &UiCommand, keys: &str) -> String {
    let own = command.keys.first().map(|keys| ui.ctx().format_shortcut(keys)).unwrap_or_default();
    let keys = [keys, &*own].into_iter().filter(|keys| !keys.is_empty()).collect::<Vec<_>>().join(" or ");
    if keys.is_empty() { command.about.to_owned() } else { format!("{} ({keys})", command.about) }
}

fn buttons_ui(
    context: &ViewContext<'_>,
    simulation: &Simulation,
    frame: &SimFrame,
    is_wide: bool,
    ui: &mut Ui,
) {
    ui.add_space(-4.0);
    if icon_button(ui, Icon::ToStart, "To the beginning (Home)").clicked() {
        context.send(SimControl::GoTo(0));
    }
    let word = |long: &'static str| if is_wide { long } else { "" };
    let back = Button::new(word("Step back")).icon(Icon::StepBack).label("Step back").enabled(frame.step > 0);
    if ui.add(back).on_hover_text(about(ui, &command::SIM_STEP_BACK, "←")).clicked() {
        context.run(&command::SIM_STEP_BACK);
    }
    let is_over = frame.is_over();
    let runs = simulation.playing || frame.running;
    let (name, icon) = if runs { ("Pause", Icon::Pause) } else { ("Play", Icon::Play) };
    if ui
        .add(Button::primary(name).icon(icon).width(PLAY))
        .on_hover_text(about(ui, &command::SIM_PLAY, "Space"))
        .clicked()
    {
        context.send(SimulationCommand::TogglePlay);
    }
    let step = Button::new("Step").trailing(Icon::StepForward).enabled(!is_over);
    if ui.add(step).on_hover_text(about(ui, &command::SIM_STEP, "→")).clicked() {
        context.run(&command::SIM_STEP);
    }
    let until = ui.add(Button::new("Run until…").trailing(Icon::CaretDown).enabled(!is_over));
    Popup::menu(&until).show(|ui| {
        for until in Until::ALL {
            if ui.button(until.words()).on_hover_text(until_about(&until)).clicked() {
                context.send(SimControl::Run(until));
            }
        }
        let own = ui.button("an event matches…");
        if own.on_hover_text(command::SIM_UNTIL_EVENT.about).clicked() {
            context.run(&command::SIM_UNTIL_EVENT);
        }
    });
    let pace = simulation.pace.min(PACES.len() - 1);
    let label = format!("Pace {}", PACES[pace].1);
    let button = ui.add(Button::ghost(PACES[pace].1).label(&label).width(46.0));
    Popup::menu(&button.on_hover_text("Messages a second while playing")).show(|ui| {
        for (at, (tenths, name)) in PACES.iter().enumerate() {
            let rate =
                if tenths % 10 == 0 { (tenths / 10).to_string() } else { format!("0.{}", tenths % 10) };
            if ui.selectable_label(at == pace, format!("{name}  {rate} messages a second")).clicked() {
                context.send(SimulationCommand::Pace(at));
            }
        }
    });
}

/// The sentence of the command that does the same.
fn until_about(until: &Until) -> &'static str {
    let is_it = |command: &&&UiCommand| matches!((command.make)(), Command::Simulation(SimulationCommand::Control(SimControl::Run(it))) if it == *until);
    command::COMMANDS.iter().find(is_it).map_or("", |command| command.about)
}

/// `3.046 s` after message 17 · paused at the newest moment.
fn place_ui(context: &ViewContext<'_>, frame: &SimFrame, ui: &mut Ui) {
    let t = context.tokens;
    let (rect, _) = ui.allocate_exact_size(vec2(ui.available_width(), TOOLBAR), Sense::hover());
    if rect.width() < 60.0 {
        return;
    }
    let is_newest = frame.is_newest();
    let at_limit = frame.stopped.map(|steps| format!("stopped at its limit of {}", count(steps, "step")));
    let state = match (frame.running, is_newest, frame.quiescent) {
        (true, _, _) => "running",
        (_, true, true) => "the run is over",
        (_, true, false) => at_limit.as_deref().unwrap_or("paused at the newest moment"),
        (_, false, _) => "in the past",
    };
    let playing = context.document.simulation.as_ref().is_some_and(|simulation| simulation.playing);
    let state = if playing { "playing" } else { state };
    let after = if frame.messages == 0 {
        "before the first message".to_owned()
    } else {
        format!("after message {}", frame.messages)
    };
    let at = look::seconds(frame.now);
    let words = format!("{after} · {state}");
    let divider = Rect::from_center_size(rect.left_center() + vec2(6.0, 0.0), vec2(1.0, 16.0));
    ui.painter().rect_filled(divider, 0, t.line);
    let color = if is_newest { t.accent } else { t.past };
    let line = |words: &str| Line::new().piece(&at, mono(), color).gap(12.0).piece(words, body(), t.muted);
    let room = rect.with_min_x(rect.left() + 18.0);
    // Where there is little room, fewer words rather than half of them.
    let fewer = [&words, &after, ""].map(line);
    let [.., least] = &fewer;
    let shown = fewer.iter().find(|line| line.width(ui.painter()) <= room.width()).unwrap_or(least);
    let is_whole = shown.text() == fewer[0].text();
    let painted = shown.clone().paint(ui.painter(), room);
    let label = format!("At {at}, {words}");
    let response = node(ui, painted.rect, ui.scope_id().with("place"), Sense::hover(), Role::Label, &label);
    if painted.elided || !is_whole {
        response.on_hover_text(label);
    }
}

/// From the right: again, record, branch and its futures, undo, to the fault.
fn run_ui(context: &ViewContext<'_>, frame: &SimFrame, is_wide: bool, ui: &mut Ui) {
    if ui.add(Button::ghost("Start again")).on_hover_text(SIM_AGAIN.about).clicked() {
        context.run(&SIM_AGAIN);
    }
    let word = |long: &'static str| if is_wide { long } else { "" };
    let record = Button::new(if is_wide { "Record run…" } else { "Record…" }).label("Record run…");
    if ui.add(record).on_hover_text(SIM_RECORD.about).clicked() {
        context.run(&SIM_RECORD);
    }
    if frame.futures.len() > 1 {
        futures_ui(context, frame, ui);
    }
    let branch = Button::new(word("Branch from here")).icon(Icon::Branch).label("Branch from here");
    if ui.add(branch).on_hover_text(SIM_BRANCH.about).clicked() {
        context.run(&SIM_BRANCH);
    }
    if let Some(undo) = &frame.undo {
        let button = Button::ghost(word("Undo")).icon(Icon::Undo).label("Take back");
        if ui.add(button).on_hover_text(format!("Take back: {undo} (Ctrl+Z)")).clicked() {
            context.run(&SIM_UNDO);
        }
    }
    let has_hit = frame.faults.iter().any(|fault| fault.hits > 0);
    let button = Button::ghost(word("To the fault")).icon(Icon::Clock).label("To the fault").enabled(has_hit);
    if ui.add(button).on_hover_text(SIM_TO_FAULT.about).clicked() {
        context.run(&SIM_TO_FAULT);
    }
}

/// The futures that were kept: which one is shown, and how each began.
fn futures_ui(context: &ViewContext<'_>, frame: &SimFrame, ui: &mut Ui) {
    let t = context.tokens;
    let shown = format!("future {} of {}", frame.future + 1, frame.futures.len());
    let button = ui.add(Button::new(&shown).trailing(Icon::CaretDown));
    let about = frame.futures.get(frame.future).map_or("", |words| words);
    let button = button.on_hover_text(format!("This future: {about}. The others are kept as well"));
    Popup::menu(&button).show(|ui| {
        ui.set_min_width(240.0);
        Line::new().caption("Each is kept with all that was done in it", t.faint).show(ui);
        for (at, words) in frame.futures.iter().enumerate() {
            if ui.selectable_label(at == frame.future, format!("{}: {words}", at + 1)).clicked() {
                context.send(SimControl::Future(at));
            }
        }
    });
}
