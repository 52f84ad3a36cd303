//! Idle stretches: a zigzag where time is cut out, with a button that names how much; a small mark on a
//! stretch that was restored, to cut it again.

use egui::{Color32, Id, Painter, Rect, Role, Sense, Shape, Stroke, StrokeKind, Ui, pos2, vec2};

use super::scale::{Basis, Scale};
use crate::index::EventLog;
use crate::ui::format::{Zone, span};
use crate::ui::icons::Icon;
use crate::ui::theme::{RADIUS_CONTROL, tick};
use crate::ui::view::ViewContext;
use crate::ui::widgets::{Line, focus_ring, node};

/// Draws them around the line at `baseline`; the time of the stretch that is to be restored or cut again.
pub(super) fn cuts_ui(
    context: &ViewContext<'_>,
    ui: &Ui,
    (chart, baseline): (Rect, f32),
    scale: &Scale,
    restored: &[i64],
    id: Id,
) -> Option<i64> {
    let Basis::Time(axis) = &scale.basis else { return None };
    let t = context.tokens;
    let zone = Zone { local: context.preferences.local_time };
    let mut clicked = None;
    let mut free_from = chart.left();
    for cut in axis.cuts() {
        let (left, right) = (scale.x_of(cut.units.0), scale.x_of(cut.units.1));
        if right < chart.left() || left > chart.right() {
            continue;
        }
        let (left, right) = (left.max(chart.left()), right.min(chart.right()));
        let ground = Rect::from_x_y_ranges(left..=right, baseline - 4.0..=baseline + 4.0);
        ui.painter().rect_filled(ground, 0, t.surface);
        zigzag(ui.painter(), left, right, baseline, t.faint);
        let length = span(cut.to - cut.from);
        let words = Line::new().piece(&length, tick(), t.muted);
        let width = words.width(ui.painter()).ceil() + 16.0;
        let center = f32::midpoint(left, right)
            .clamp(chart.left() + width / 2.0, (chart.right() - width / 2.0).max(chart.left() + width / 2.0));
        let button = Rect::from_center_size(pos2(center.round(), baseline - 16.0), vec2(width, 20.0));
        let has_room = button.left() >= free_from;
        let place = if has_room { button } else { ground };
        let label = format!("Idle for {length}, cut out: show it");
        let response = node(ui, place, id.with(("cut", cut.from)), Sense::click(), Role::Button, &label);
        if has_room {
            free_from = button.right() + 4.0;
            let hot = response.hovered() || response.has_focus();
            let fill = if hot { t.hover() } else { t.raised };
            let border = Stroke::new(1.0, t.line_strong);
            ui.painter().rect(button, RADIUS_CONTROL, fill, border, StrokeKind::Inside);
            let color = if hot { t.text } else { t.muted };
            Line::new().piece(&length, tick(), color).center().paint(ui.painter(), button);
        }
        focus_ring(ui, place, RADIUS_CONTROL, &response);
        if response.clicked() {
            clicked = Some(cut.from);
        }
        response.on_hover_text(format!(
            "No event for {length}, from {} to {}\nClick to show this stretch",
            zone.custom(cut.from, "%-d %b %H:%M:%S"),
            zone.custom(cut.to, "%-d %b %H:%M:%S")
        ));
    }
    for from in restored {
        clicked = restored_ui(context, ui, (chart, baseline), scale, *from, id).or(clicked);
    }
    clicked
}

/// The mark on a stretch that was restored.
fn restored_ui(
    context: &ViewContext<'_>,
    ui: &Ui,
    (chart, baseline): (Rect, f32),
    scale: &Scale,
    from: i64,
    id: Id,
) -> Option<i64> {
    let to = next_time(context.log(), from)?;
    let (left, right) = scale.basis.of_range(context.log(), (from, to));
    let x = scale.x_of(f64::midpoint(left, right));
    if !chart.x_range().contains(x) {
        return None;
    }
    let rect = Rect::from_center_size(pos2(x.round(), baseline - 10.0), vec2(18.0, 18.0));
    let length = span(to - from);
    let label = format!("Idle for {length}, shown: cut it out again");
    let response = node(ui, rect, id.with(("restored", from)), Sense::click(), Role::Button, &label);
    let t = context.tokens;
    let color = if response.hovered() || response.has_focus() { t.text } else { t.faint };
    Icon::Zigzag.paint(ui.painter(), rect.shrink(3.0), color);
    focus_ring(ui, rect, RADIUS_CONTROL, &response);
    let is_clicked = response.clicked();
    response.on_hover_text(label);
    is_clicked.then_some(from)
}

/// The time of the first event after `nanos`.
fn next_time(log: &EventLog, nanos: i64) -> Option<i64> {
    let rank = log.rank_at_key(nanos.saturating_add(1));
    (rank < log.len() as u64).then(|| log.key_of(log.row_at(rank)))
}

/// A line that says that something is left out.
fn zigzag(painter: &Painter, left: f32, right: f32, y: f32, color: Color32) {
    const TOOTH: f32 = 4.0;
    let teeth = ((right - left) / TOOTH).floor() as usize;
    let points: Vec<_> = (0..=teeth)
        .map(|n| pos2(left + n as f32 * TOOTH, if n.is_multiple_of(2) { y + 2.0 } else { y - 2.0 }))
        .collect();
    painter.add(Shape::line(points, Stroke::new(1.0, color)));
}
