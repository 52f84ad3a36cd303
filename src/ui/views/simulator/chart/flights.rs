//! Messages under way at the moment of the playhead: dots on their way, and the timer that comes first.

use egui::{Rect, Role, Sense, Shape, Stroke, StrokeKind, Ui, pos2, vec2};

use super::{Plot, moves};
use crate::runtime::Route;
use crate::sim::InFlight;
use crate::ui::icons::Icon;
use crate::ui::theme::{Outcome, RADIUS_CONTROL, caption, mono_small};
use crate::ui::views::simulator::{look, menus};
use crate::ui::widgets::{Line, node};

/// Dots that are drawn, and those that have their name beside them.
const DOTS: usize = 60;
const NAMED: usize = 3;

pub(super) fn flights_ui(plot: &Plot<'_>, ui: &mut Ui) {
    let shown = plot.context.document.simulation.as_ref().and_then(|simulation| simulation.saga);
    let wanted = shown.map(|number| format!("s{number}"));
    let is_wanted = |flight: &&InFlight| wanted.as_ref().is_none_or(|wanted| flight.saga == *wanted);
    let timer = plot
        .frame
        .in_flight
        .iter()
        .filter(is_wanted)
        .find(|flight| flight.route == Route::Timer && !look::is_stale(plot.frame, flight));
    let mut taken: Vec<Rect> = timer.and_then(|timer| timer_ui(plot, ui, timer)).into_iter().collect();
    let under_way: Vec<&InFlight> = plot
        .frame
        .in_flight
        .iter()
        .filter(is_wanted)
        .filter(|flight| flight.route != Route::Timer)
        .take(DOTS)
        .collect();
    for (at, flight) in under_way.iter().enumerate() {
        ui.push_id(("flight", flight.id.0), |ui| dot_ui(plot, ui, flight, at, &mut taken));
    }
}

fn dot_ui(plot: &Plot<'_>, ui: &mut Ui, flight: &InFlight, at: usize, taken: &mut Vec<Rect>) {
    let t = plot.context.tokens;
    let Some(to) = plot.scene.lane(&flight.to) else { return };
    let (sent, arrives) = (flight.sent_at.0 as f64, flight.taken_at.0 as f64);
    let share = if flight.held || flight.due.is_none() {
        if flight.held { 0.5 } else { 0.92 }
    } else if arrives > sent {
        ((plot.now - sent) / (arrives - sent)).clamp(0.0, 1.0) as f32
    } else {
        1.0
    };
    let to_y = plot.y(to);
    let from_y = plot.scene.lane(&flight.from).map_or(plot.y(0) - 22.0, |lane| plot.y(lane));
    let start = pos2(plot.x(flight.sent_at), from_y);
    let now = plot.now_x();
    let center = pos2(now.max(start.x), from_y + (to_y - from_y) * share);
    let color = if flight.poison {
        t.outcome(Outcome::Failed).color
    } else if look::is_back(flight.route) {
        t.outcome(Outcome::Compensating).color
    } else {
        t.outcome(Outcome::Running).color
    };
    let stroke = Stroke::new(1.2, color);
    if matches!(flight.route, Route::Reply | Route::UndoReply) {
        ui.painter().extend(Shape::dashed_line(&[start, center], stroke, 4.0, 3.0));
    } else {
        ui.painter().line_segment([start, center], stroke);
    }
    ui.painter().circle(center, 5.0, color, Stroke::new(1.5, t.surface));
    let mut place = Rect::from_center_size(center, vec2(16.0, 16.0));
    let mut words = flight.label.clone();
    if flight.held {
        words.push_str(", held back");
    } else if flight.due.is_none() {
        words.push_str(", waits");
    }
    if at < NAMED {
        let line = Line::new().piece(&words, mono_small(), color);
        let width = line.width(ui.painter()).ceil() + 14.0;
        let right = center.x + 12.0 + width < plot.rect.right();
        let left = if right { center.x + 12.0 } else { center.x - 12.0 - width };
        let mut chip = Rect::from_min_size(pos2(left, center.y - 10.0), vec2(width, 20.0));
        // Below what stands there already.
        while let Some(other) = taken.iter().find(|other| other.intersects(chip)) {
            chip = chip.translate(vec2(0.0, other.bottom() + 2.0 - chip.top()));
        }
        taken.push(chip);
        let fill = if look::is_back(flight.route) { t.outcome(Outcome::Compensating).fill } else { t.raised };
        ui.painter().rect(chip, RADIUS_CONTROL, fill, Stroke::new(1.0, color), StrokeKind::Inside);
        line.center().paint(ui.painter(), chip);
        place = place.union(chip);
    }
    let label = format!("Message {words} from {} to {}", flight.from, flight.to);
    let response = node(ui, place, ui.scope_id().with("dot"), Sense::click(), Role::Button, &label);
    if response.hovered() || response.has_focus() {
        ui.painter().circle_stroke(center, 8.0, Stroke::new(1.5, t.accent));
    }
    menus::message_menu(plot.context, plot.frame, flight, &response);
    let about = look::message_words(flight.route, &flight.step, flight.attempt);
    response.on_hover_text(format!("{about}\nRight-click: lose, delay, duplicate, poison"));
}

/// The timer that fires first, after the playhead on the lane of who set it; gives where its words stand.
fn timer_ui(plot: &Plot<'_>, ui: &mut Ui, flight: &InFlight) -> Option<Rect> {
    let t = plot.context.tokens;
    let at = plot.scene.lane(&flight.to)?;
    let due = flight.due?;
    let (x, y) = (plot.now_x() + 4.0, plot.y(at));
    let end = plot.rect.right();
    if x + 40.0 > end {
        return None;
    }
    let color = t.outcome(Outcome::Unknown).color;
    ui.painter().extend(Shape::dashed_line(&[pos2(x, y), pos2(end, y)], Stroke::new(1.0, color), 2.0, 4.0));
    let words = format!("timer {}", moves::duration(due.since(plot.frame.now)));
    let line = Line::new().piece(&words, caption(), color);
    let width = line.width(ui.painter()).ceil();
    if x + width + 24.0 > end {
        return None;
    }
    let place = Rect::from_min_max(pos2(end - width - 18.0, y - 23.0), pos2(end, y - 6.0));
    let icon = Rect::from_center_size(pos2(place.left() + 6.0, place.center().y), vec2(11.0, 11.0));
    Icon::Clock.paint(ui.painter(), icon, color);
    line.right().paint(ui.painter(), place);
    let label = format!("Timer {} in {}", flight.step, moves::duration(due.since(plot.frame.now)));
    let response = node(ui, place, ui.scope_id().with("timer"), Sense::click(), Role::Button, &label);
    menus::message_menu(plot.context, plot.frame, flight, &response);
    response.on_hover_text("Fires unless the answer comes first. Right-click: lose, delay, duplicate");
    Some(place)
}
