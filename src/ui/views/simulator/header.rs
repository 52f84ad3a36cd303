//! The recipe line, and what happens in plain words.

use egui::{Align, Color32, Layout, Rect, Role, Sense, Ui, UiBuilder, pos2, vec2};

use crate::engine::{SimControl, SimFrame};
use crate::ui::command::{SIM_COPY, SimulationCommand};
use crate::ui::icons::Icon;
use crate::ui::theme::{Outcome, PAGE, body, heading, semibold};
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

/// What just happened, what is owed, what comes next.
pub(super) fn words_ui(context: &ViewContext<'_>, frame: &SimFrame, ui: &mut Ui, rect: Rect) {
    let t = context.tokens;
    let inner = rect.shrink2(vec2(PAGE, 8.0));
    let half = inner.height() / 2.0;
    let upper = Rect::from_min_size(inner.min, vec2(inner.width(), half));
    let lower = upper.translate(vec2(0.0, half));
    let words = &frame.narration;
    // The headline may say itself what is owed.
    let before = words.headline.strip_suffix(&words.owed).unwrap_or(&words.headline).trim_end();
    let owed = t.outcome(Outcome::Compensating).color;
    let line = Line::new().piece(&words.owed, heading(), owed);
    let width = line.width(ui.painter()).ceil() + 1.0;
    // What is owed is never cut: where it has no room beside what happened, it stands below.
    let headline = Line::new().piece(before, heading(), t.text);
    let beside = headline.width(ui.painter()) + 8.0 + width <= upper.width();
    let end = sentence(ui, upper, "headline", headline, before);
    let place = if beside {
        Rect::from_min_size(pos2(end + 8.0, upper.top()), vec2(width, upper.height()))
    } else {
        lower.with_max_x((lower.left() + width).min(lower.right()))
    };
    let line = if beside { line } else { Line::new().piece(&words.owed, semibold(13.0), owed) };
    let owed_end = sentence(ui, place, "owed", line, &words.owed);
    let left_over = if beside || words.owed.is_empty() { lower } else { lower.with_min_x(owed_end + 8.0) };
    let next = if words.next.is_empty() { end_words(frame) } else { words.next.clone() };
    let color: Color32 = t.muted;
    sentence(ui, left_over, "next", Line::new().piece(&next, body(), color), &next);
}

fn end_words(frame: &SimFrame) -> String {
    if frame.quiescent { "Nothing more will happen by itself.".to_owned() } else { String::new() }
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
