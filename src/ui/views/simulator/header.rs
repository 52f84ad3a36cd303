//! The recipe line, and what happens in plain words.

use egui::{Align, Color32, Layout, Rect, Role, Sense, Ui, UiBuilder, pos2, vec2};

use crate::engine::{SimControl, SimFrame};
use crate::ui::command::{SIM_COPY, SimulationCommand};
use crate::ui::format::count;
use crate::ui::icons::Icon;
use crate::ui::theme::{Outcome, PAGE, ROW, body, heading, semibold};
use crate::ui::view::ViewContext;
use crate::ui::widgets::{Button, Line, key_cap, node};

/// The recipe with its faults in the accent, and the button that copies it.
pub(super) fn recipe_ui(context: &ViewContext<'_>, frame: &SimFrame, ui: &mut Ui, rect: Rect) {
    let inner = rect.shrink2(vec2(PAGE, 0.0));
    let mut right = ui.new_child(
        UiBuilder::new().max_rect(inner).layout(Layout::right_to_left(Align::Center)).id_salt("copy"),
    );
    right.spacing_mut().item_spacing.x = 8.0;
    if right.add(Button::new("Copy recipe").icon(Icon::Copy)).on_hover_text(SIM_COPY.about).clicked() {
        context.run(&SIM_COPY);
    }
    sagas_ui(context, frame, &mut right);
    let room = Rect::from_min_max(inner.min, egui::pos2(right.min_rect().left() - 12.0, inner.bottom()));
    let line = recipe_line(context, &frame.recipe_line);
    let painted = line.paint(ui.painter(), room);
    let id = ui.scope_id().with("recipe");
    let label = format!("Recipe {}", frame.recipe_line);
    let response = node(ui, painted.rect, id, Sense::hover(), Role::Label, &label);
    if painted.elided {
        response.on_hover_text(&frame.recipe_line);
    }
}

/// `shop/fulfilment` in text, names of parameters muted, what goes wrong and what was done in the accent.
fn recipe_line(context: &ViewContext<'_>, recipe: &str) -> Line {
    let t = context.tokens;
    let (head, parameters) = recipe.split_once('?').unwrap_or((recipe, ""));
    let mut line = Line::new().mono(head, t.text);
    for (at, parameter) in parameters.split('&').filter(|it| !it.is_empty()).enumerate() {
        let (name, value) = parameter.split_once('=').unwrap_or((parameter, ""));
        let is_fault = matches!(name, "fault" | "without" | "act");
        let sign = if at == 0 { "?" } else { "&" };
        line = line
            .mono(sign, t.faint)
            .mono(name, t.muted)
            .mono("=", t.faint)
            .mono(value, if is_fault { t.accent } else { t.text });
    }
    line
}

/// Which saga is shown, where there are several.
fn sagas_ui(context: &ViewContext<'_>, frame: &SimFrame, ui: &mut Ui) {
    let Some(simulation) = &context.document.simulation else { return };
    if frame.recipe.sagas < 2 {
        return;
    }
    let name =
        |saga: Option<u32>| saga.map_or_else(|| "all sagas".to_owned(), |number| format!("saga s{number}"));
    let shown = name(simulation.saga);
    let label = format!("Showing {shown}");
    let button = ui.add(Button::new(&shown).trailing(Icon::CaretDown).label(&label));
    egui::Popup::menu(&button.on_hover_text("Which saga the track, the ledger and the chart show")).show(
        |ui| {
            egui::ScrollArea::vertical().max_height(320.0).show(ui, |ui| {
                let all = std::iter::once(None).chain((1..=frame.recipe.sagas.min(SAGAS_LISTED)).map(Some));
                for saga in all {
                    let words = match saga.and_then(|number| frame.sagas.get(number as usize - 1)) {
                        Some(report) => format!("{}  {}", name(saga), report.outcome.name()),
                        None => name(saga),
                    };
                    if ui.selectable_label(simulation.saga == saga, words).clicked() {
                        context.send(SimulationCommand::ShowSaga(saga));
                    }
                }
            });
        },
    );
}

/// Sagas that the menu lists.
const SAGAS_LISTED: u32 = 200;

/// What just happened, what is owed, what comes next. What happened and what is owed have two rows if they need
/// them, what comes next has the last.
pub(super) fn words_ui(context: &ViewContext<'_>, frame: &SimFrame, ui: &mut Ui, rect: Rect) {
    let t = context.tokens;
    let inner = rect.shrink2(vec2(PAGE, WORDS_PAD));
    let words = &frame.narration;
    let before = before_owed(frame);
    let owed = t.outcome(Outcome::Compensating).color;
    let headline = headline(frame, t.text, owed);
    let painter = ui.painter();
    let galley = headline.clone().layout(painter, inner.width());
    // What is owed is never cut: where it has no room behind what happened, it stands below.
    let is_beside = !galley.elided;
    let headline = if is_beside { headline } else { Line::new().piece(before, heading(), t.text).rows(2) };
    let height = headline.height(painter, inner.width());
    let upper = Rect::from_min_size(inner.min, vec2(inner.width(), height));
    let lower = Rect::from_min_max(pos2(inner.left(), upper.bottom() + 2.0), inner.max);
    let lower = lower.with_max_y(lower.top() + ROW);
    let written = headline.paint(painter, upper);
    for (name, said) in [("headline", before), ("owed", &*words.owed)] {
        if said.is_empty() || (name == "owed" && !is_beside) {
            continue;
        }
        let response = node(ui, written.rect, ui.scope_id().with(name), Sense::hover(), Role::Label, said);
        if written.elided {
            response.on_hover_text(said);
        }
    }
    let mut room = lower;
    if !is_beside && !words.owed.is_empty() {
        let line = Line::new().piece(&words.owed, semibold(13.0), owed);
        room = lower.with_min_x(sentence(ui, lower, "owed", line, &words.owed) + 8.0);
    }
    let next =
        if words.next.is_empty() || frame.stopped.is_some() { end_words(frame) } else { words.next.clone() };
    sentence(ui, room, "next", Line::new().piece(&next, body(), t.muted), &next);
}

/// Above and below the words.
const WORDS_PAD: f32 = 9.0;

/// The height of the words in so much width: one row of what happened, or two.
pub(super) fn words_height(frame: &SimFrame, ui: &Ui, width: f32) -> f32 {
    let line = headline(frame, Color32::PLACEHOLDER, Color32::PLACEHOLDER);
    let rows = line.layout(ui.painter(), width - 2.0 * PAGE).rows.len();
    // In little width most sentences need two rows: those that need one do not move what is below.
    let rows = if width < NARROW { 2 } else { rows.clamp(1, 2) };
    2.0 * WORDS_PAD + rows as f32 * HEADLINE + 2.0 + ROW
}

/// Below this width a headline is given two rows from the start.
const NARROW: f32 = 900.0;
/// Height of a row of the headline.
const HEADLINE: f32 = 20.0;

/// The headline may say itself what is owed.
fn before_owed(frame: &SimFrame) -> &str {
    let words = &frame.narration;
    words.headline.strip_suffix(&words.owed).unwrap_or(&words.headline).trim_end()
}

fn headline(frame: &SimFrame, text: Color32, owed: Color32) -> Line {
    let line = Line::new().piece(before_owed(frame), heading(), text);
    let words = &frame.narration.owed;
    let line = if words.is_empty() { line } else { line.piece(&format!(" {words}"), heading(), owed) };
    line.rows(2)
}

fn end_words(frame: &SimFrame) -> String {
    match frame.stopped {
        Some(steps) => {
            let limit = count(steps, "step");
            format!(
                "Its limit of {limit} was reached: what is under way stays so, and no saga counts as stuck."
            )
        }
        None if frame.quiescent => "Nothing more will happen by itself.".to_owned(),
        None => String::new(),
    }
}

/// Gives where it ends.
fn sentence(ui: &Ui, rect: Rect, name: &str, line: Line, said: &str) -> f32 {
    if said.is_empty() {
        return rect.left();
    }
    let painted = line.paint(ui.painter(), rect);
    let response = node(ui, painted.rect, ui.scope_id().with(name), Sense::hover(), Role::Label, said);
    if painted.elided {
        response.on_hover_text(said);
    }
    painted.rect.right()
}

/// "message 7 of 17" in the past, with the way back to the newest moment.
pub(super) fn place_ui(context: &ViewContext<'_>, frame: &SimFrame, ui: &mut Ui) {
    if frame.is_newest() {
        return;
    }
    if key_cap(ui, "End").interact(Sense::click()).on_hover_text("To the newest moment (End)").clicked() {
        context.send(SimControl::GoTo(u64::MAX));
    }
    let words = format!("moment {} of {}", frame.step, frame.newest);
    ui.label(egui::RichText::new(words).font(body()).color(context.tokens.past));
    let (rect, _) = ui.allocate_exact_size(vec2(14.0, 14.0), Sense::hover());
    Icon::Clock.paint(ui.painter(), rect.shrink(1.0), context.tokens.past);
}
