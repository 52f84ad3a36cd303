//! What comes next: messages and timers under way, the next one first.

use egui::{Rect, Role, ScrollArea, Sense, Ui, UiBuilder, pos2, vec2};

use super::{look, menus};
use crate::engine::{SimControl, SimFrame};
use crate::runtime::Route;
use crate::sim::InFlight;
use crate::ui::icons::Icon;
use crate::ui::theme::{Outcome, PAGE, SECTION, semibold};
use crate::ui::view::ViewContext;
use crate::ui::widgets::{Line, node, row};

pub(super) const HEAD: f32 = SECTION;
pub(super) const ROW_HEIGHT: f32 = 22.0;

/// Messages that are listed; the rest is counted.
const LISTED: usize = 200;

pub(super) fn queue_ui(context: &ViewContext<'_>, frame: &SimFrame, ui: &mut Ui, rect: Rect) {
    let t = context.tokens;
    let head = Rect::from_min_size(rect.min, vec2(rect.width(), HEAD)).shrink2(vec2(PAGE, 0.0));
    let note = format!("virtual time, seed {}", frame.recipe.seed);
    let title =
        Line::new().piece("Next in the queue", semibold(12.0), t.text).gap(8.0).caption(&note, t.faint);
    let painted = title.paint(ui.painter(), head);
    node(ui, painted.rect, ui.scope_id().with("head"), Sense::hover(), Role::Heading, "Next in the queue");
    let hint = Rect::from_min_max(pos2(painted.rect.right() + 16.0, head.top()), head.max);
    let hint_words = "right-click: lose, delay, duplicate, poison";
    Line::new().caption(hint_words, t.faint).right().paint(ui.painter(), hint);
    let list = Rect::from_min_max(pos2(rect.left(), head.bottom()), rect.max);
    let mut inner = ui.new_child(UiBuilder::new().max_rect(list).id_salt("list"));
    inner.spacing_mut().item_spacing = vec2(0.0, 0.0);
    if frame.in_flight.is_empty() {
        let (place, _) = inner.allocate_exact_size(vec2(list.width(), ROW_HEIGHT), Sense::hover());
        let words = if frame.quiescent {
            "Nothing is under way: the run is over"
        } else {
            "Nothing is under way yet"
        };
        let line = Line::new().body(words, t.muted);
        let painted = line.paint(inner.painter(), place.shrink2(vec2(PAGE, 0.0)));
        node(&inner, painted.rect, inner.scope_id().with("none"), Sense::hover(), Role::Label, words);
        return;
    }
    let shown = &frame.in_flight[..frame.in_flight.len().min(LISTED)];
    ScrollArea::vertical().auto_shrink([false, false]).show(&mut inner, |ui| {
        for (at, flight) in shown.iter().enumerate() {
            ui.push_id(("flight", flight.id.0), |ui| flight_ui(context, frame, flight, at == 0, ui));
        }
    });
}

fn flight_ui(context: &ViewContext<'_>, frame: &SimFrame, flight: &InFlight, is_next: bool, ui: &mut Ui) {
    let t = context.tokens;
    let (rect, _) = ui.allocate_exact_size(vec2(ui.available_width(), ROW_HEIGHT), Sense::hover());
    let due = flight.due.map_or_else(|| "waits".to_owned(), look::seconds);
    let ways = if flight.from == flight.to {
        format!("{} to itself", flight.from)
    } else {
        format!("{} to {}", flight.from, flight.to)
    };
    let mut words = format!("{ways}, {}", look::message_words(flight.route, &flight.step, flight.attempt));
    if flight.route == Route::Timer {
        words = format!("{ways}; {}", look::message_words(flight.route, &flight.step, flight.attempt));
    }
    let is_stale = look::is_stale(frame, flight);
    if is_stale {
        "its answer is there: it will change nothing".clone_into(&mut words);
    }
    if frame.recipe.sagas > 1 {
        words = format!("{}: {words}", flight.saga);
    }
    let trouble = match (flight.poison, flight.held, flight.due) {
        (true, _, _) => "poison",
        (_, true, _) => "held back",
        (_, _, None) => "its receiver is down",
        _ => "",
    };
    let label =
        format!("{} at {due}: {words}{}{trouble}", flight.label, if trouble.is_empty() { "" } else { ", " });
    let response = row(ui, rect, &label, is_next);
    let inner = rect.shrink2(vec2(PAGE, 0.0));
    let part = |from: f32, to: f32| {
        Rect::from_min_max(
            pos2(inner.left() + from, inner.top()),
            pos2((inner.left() + to).min(inner.right()), inner.bottom()),
        )
    };
    let painter = ui.painter();
    Line::new().mono(&due, t.muted).paint(painter, part(0.0, 64.0));
    let (icon, color) = match flight.route {
        Route::Timer => (Icon::Clock, if is_stale { t.faint } else { t.outcome(Outcome::Unknown).color }),
        route if look::is_back(route) => (Icon::Message, t.outcome(Outcome::Compensating).color),
        _ => (Icon::Message, t.outcome(Outcome::Running).color),
    };
    let square = Rect::from_center_size(pos2(inner.left() + 78.0, inner.center().y), vec2(12.0, 12.0));
    icon.paint(painter, square, color);
    let text = if is_stale { t.faint } else { t.text };
    Line::new().mono(&flight.label, text).paint(painter, part(90.0, 296.0));
    let mut line = Line::new().body(&words, if is_stale { t.faint } else { t.muted });
    if !trouble.is_empty() {
        line = line.gap(8.0).body(trouble, t.outcome(Outcome::Failed).color);
    }
    let is_cut = line.paint(painter, part(304.0, inner.width())).elided;
    menus::message_menu(context, frame, flight, &response);
    let response = if is_cut { response.on_hover_text(words) } else { response };
    let holding = context.document.simulation.as_ref().is_some_and(|simulation| simulation.holding.is_some());
    if is_next && response.double_clicked() && !holding {
        context.send(SimControl::Step(1));
    }
}
