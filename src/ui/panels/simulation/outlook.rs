//! Invariants, read models, and how the run ends if nobody touches it.

use egui::{Rect, RichText, Role, Sense, Ui, pos2, vec2};

use super::row_rect;
use crate::engine::SimFrame;
use crate::sim::{InvariantReport, InvariantState};
use crate::ui::command::SimulationCommand;
use crate::ui::format::middle;
use crate::ui::icons::Icon;
use crate::ui::theme::{Outcome, PAD, RADIUS_CONTROL, body, caption, mono_small};
use crate::ui::view::ViewContext;
use crate::ui::views::simulator::look;
use crate::ui::widgets::section::section;
use crate::ui::widgets::{Line, focus_ring, node};

pub(super) fn invariants_ui(context: &ViewContext<'_>, frame: &SimFrame, ui: &mut Ui) {
    let t = context.tokens;
    let is_broken = |check: &&InvariantReport| matches!(check.state, InvariantState::Broken { .. });
    let broken = frame.invariants.iter().filter(is_broken).count();
    let count = if broken == 0 { "none broken".to_owned() } else { format!("{broken} broken") };
    section(ui, "Invariants", "", &count);
    let waits = |check: &&InvariantReport| check.state == InvariantState::NotChecked;
    for check in frame.invariants.iter().filter(|check| !waits(check)) {
        ui.push_id(&check.code, |ui| check_ui(context, check, ui));
    }
    let waiting: Vec<&InvariantReport> = frame.invariants.iter().filter(waits).collect();
    if let (Some(first), Some(last)) = (waiting.first(), waiting.last()) {
        let rect = row_rect(ui, 22.0);
        let icon = Rect::from_center_size(pos2(rect.left() + 6.0, rect.center().y), vec2(12.0, 12.0));
        Icon::Clock.paint(ui.painter(), icon, t.muted);
        let words = format!("{} more when the run is quiet", waiting.len());
        let codes =
            if waiting.len() == 1 { first.code.clone() } else { format!("{}–{}", first.code, last.code) };
        Line::new().body(&words, t.muted).paint(ui.painter(), rect.with_min_x(rect.left() + 20.0));
        Line::new().piece(&codes, mono_small(), t.faint).right().paint(ui.painter(), rect);
        let all: Vec<&str> = waiting.iter().map(|check| &*check.about).collect();
        let id = ui.scope_id().with("waiting");
        node(ui, rect, id, Sense::hover(), Role::Label, &words).on_hover_text(all.join("\n"));
    }
}

fn check_ui(context: &ViewContext<'_>, check: &InvariantReport, ui: &mut Ui) {
    let t = context.tokens;
    let about = if check.about.is_empty() { &check.code } else { &check.about };
    let words = Line::new().body(about, t.text).rows(3);
    let code = Line::new().piece(&check.code, mono_small(), t.faint).right();
    let room = ui.available_width() - 2.0 * PAD - 20.0 - code.width(ui.painter()).ceil() - 8.0;
    let height = words.height(ui.painter(), room);
    let rect = row_rect(ui, (height + 5.0).max(22.0));
    let outcome = match &check.state {
        InvariantState::Broken { .. } => Outcome::Inconsistent,
        _ => Outcome::Completed,
    };
    let color = t.outcome(outcome).color;
    let first = rect.with_max_y(rect.top() + 22.0);
    let icon = Rect::from_center_size(pos2(rect.left() + 6.0, first.center().y), vec2(12.0, 12.0));
    outcome.icon().paint(ui.painter(), icon, color);
    code.paint(ui.painter(), first);
    words.paint(
        ui.painter(),
        Rect::from_min_size(pos2(rect.left() + 20.0, rect.top()), vec2(room, rect.height())),
    );
    let state = if outcome == Outcome::Completed { "holds" } else { "broken" };
    let label = format!("{} {about}, {state}", check.code);
    node(ui, rect, ui.scope_id().with("check"), Sense::hover(), Role::Label, &label).on_hover_text(about);
    if let InvariantState::Broken { since, difference, event } = &check.state {
        let by = event.map(|event| format!(", by event {}", middle(&event.to_string(), 13)));
        let words = format!("{difference}, since {}{}", look::seconds(*since), by.unwrap_or_default());
        paragraph(ui, &words, color);
    }
}

/// Text that wraps, padded, small.
fn paragraph(ui: &mut Ui, words: &str, color: egui::Color32) {
    ui.horizontal(|ui| {
        ui.add_space(PAD);
        let room = ui.available_width() - PAD;
        ui.scope(|ui| {
            ui.set_max_width(room);
            let text = RichText::new(words).font(caption()).color(color);
            ui.add(egui::Label::new(text).wrap());
        });
    });
    ui.add_space(4.0);
}

pub(super) fn models_ui(context: &ViewContext<'_>, frame: &SimFrame, ui: &mut Ui) {
    let t = context.tokens;
    section(ui, "Read models", "", "behind by");
    for model in &frame.read_models {
        let rect = row_rect(ui, 22.0);
        let rows = crate::ui::format::count(model.rows, "row");
        let lag =
            if model.lag == 0 { "nothing".to_owned() } else { crate::ui::format::count(model.lag, "event") };
        let color = if model.lag == 0 { t.faint } else { t.outcome(Outcome::Stuck).color };
        let behind = Line::new().mono(&lag, color).right().paint(ui.painter(), rect);
        let words = Rect::from_min_max(rect.min, pos2(behind.rect.left() - 8.0, rect.bottom()));
        Line::new().body(&model.name, t.text).gap(8.0).caption(&rows, t.muted).paint(ui.painter(), words);
        let label = format!("Read model {}, {rows}, behind by {lag}", model.name);
        let response =
            node(ui, rect, ui.scope_id().with(("model", &model.name)), Sense::click(), Role::Button, &label);
        focus_ring(ui, rect, RADIUS_CONTROL, &response);
        if response.on_hover_text("Show its rows").clicked() {
            context.send(SimulationCommand::ShowModel(model.name.clone()));
        }
    }
}

pub(super) fn forecast_ui(context: &ViewContext<'_>, frame: &SimFrame, ui: &mut Ui) {
    let t = context.tokens;
    let title = if frame.is_over() { "How it ended" } else { "If nothing else happens" };
    section(ui, title, "", "");
    let Some(forecast) = &frame.forecast else {
        return paragraph(ui, "Too many sagas to look ahead: run to the end to see.", t.muted);
    };
    for (of, count) in &forecast.outcomes {
        let outcome = look::outcome(*of);
        let color = t.outcome(outcome).color;
        let rect = row_rect(ui, 22.0);
        let icon = Rect::from_center_size(pos2(rect.left() + 6.0, rect.center().y), vec2(12.0, 12.0));
        outcome.icon().paint(ui.painter(), icon, color);
        let number = if frame.recipe.sagas > 1 { format!("{count} × ") } else { String::new() };
        let words = format!("{number}{}", outcome.word());
        let at = format!("at {}", look::seconds(forecast.at));
        let line = Line::new().piece(&words, body(), color).gap(8.0).body(&at, t.muted);
        line.paint(ui.painter(), rect.with_min_x(rect.left() + 20.0));
        let label = format!("{title}: {words} {at}");
        node(ui, rect, ui.scope_id().with(("outcome", of.name())), Sense::hover(), Role::Label, &label);
    }
    let mut words: Vec<String> = Vec::new();
    if !forecast.owed.is_empty() {
        let shown: Vec<&str> = forecast.owed.iter().take(3).map(|owed| &**owed).collect();
        let more = forecast.owed.len().saturating_sub(3);
        let more = if more > 0 { format!(" and {more} more") } else { String::new() };
        words.push(format!("Still owed: {}{more}.", shown.join(", ")));
    }
    if !forecast.broken.is_empty() {
        words.push(format!("Broken: {}.", forecast.broken.join(", ")));
    }
    match forecast.open_letters {
        0 => {}
        1 => words.push("One dead letter waits for a person: redrive it, or discard it.".to_owned()),
        more => words.push(format!("{more} dead letters wait for a person.")),
    }
    if !words.is_empty() {
        paragraph(ui, &words.join(" "), t.muted);
    }
}
