//! The column at the left: heads of groups, names and counts of streams, and what is not drawn.

use egui::{Id, Rect, Role, Sense, Ui, WidgetInfo, pos2, vec2};

use super::arrange::LANES_MAX;
use super::scene::{Act, RowKind, Scene};
use crate::query::stream_term;
use crate::ui::command::GoCommand;
use crate::ui::format;
use crate::ui::icons::Icon;
use crate::ui::theme::MONO_LETTER;
use crate::ui::widgets::{Line, focus_ring, node};

/// Draws the heads of all rows that are seen, then the head of the first row's group over them.
pub(super) fn heads_ui(scene: &Scene<'_>, ui: &Ui, acts: &mut Vec<Act>) {
    for (number, rect) in scene.seen {
        let id = scene.id.with(("row", *number));
        match scene.flat.rows[*number] {
            RowKind::Group(group) => group_ui(scene, ui, (id, false), *rect, group, acts),
            RowKind::Lane(..) => lane_ui(scene, ui, id, *rect, scene.flat.rows[*number]),
            RowKind::More(group) => more_ui(scene, ui, id, *rect, group, acts),
            RowKind::MoreGroups => more_groups_ui(scene, ui, id, *rect),
        }
    }
    if let Some((group, rect)) = sticky(scene) {
        group_ui(scene, ui, (scene.id.with("sticky"), true), rect, group, acts);
    }
}

/// The head that stays while its lanes pass under it: the group, and where it stands.
pub(super) fn sticky(scene: &Scene<'_>) -> Option<(usize, Rect)> {
    let (first, first_rect) = scene.seen.first()?;
    let head = scene.flat.head_of(*first)?;
    let RowKind::Group(group) = scene.flat.rows[head] else { return None };
    if head == *first && first_rect.top() >= scene.list.top() - 0.5 {
        return None;
    }
    // The next head pushes this one up.
    let next = scene.seen.iter().skip(1).find(|(row, _)| matches!(scene.flat.rows[*row], RowKind::Group(_)));
    let top = next.map_or(scene.list.top(), |(_, rect)| scene.list.top().min(rect.top() - scene.lane_height));
    let rect = Rect::from_min_size(pos2(scene.list.left(), top), vec2(scene.list.width(), scene.lane_height));
    Some((group, rect))
}

fn group_ui(
    scene: &Scene<'_>,
    ui: &Ui,
    (id, sticky): (Id, bool),
    rect: Rect,
    group: usize,
    acts: &mut Vec<Act>,
) {
    let t = scene.context.tokens;
    let Some(info) = scene.answer.arranged.groups.get(group) else { return };
    let rect = Rect::from_x_y_ranges(scene.list.x_range(), rect.y_range());
    let name = if info.name.is_empty() { "no type".to_owned() } else { format::one_line(&info.name) };
    let folded = !scene
        .flat
        .rows
        .iter()
        .any(|row| matches!(row, RowKind::Lane(of, _) | RowKind::More(of) if *of == group));
    let count = format!(
        "{} of {}",
        format::thousands(info.lanes.len() as u64),
        format::thousands(info.in_log as u64)
    );
    let state = if folded { "folded" } else { "open" };
    let response = ui.interact(rect, id, Sense::click());
    response.widget_info(|| {
        WidgetInfo::selected(Role::Button, true, !folded, format!("{name}, {count} streams, {state}"))
    });
    let painter = ui.painter().with_clip_rect(scene.list);
    // One that stays covers the lanes under it; the others let the playhead through.
    let left = Rect::from_min_max(rect.min, pos2(scene.plot.left(), rect.bottom()));
    painter.rect_filled(if sticky { rect } else { left }, 0, t.raised);
    if response.hovered() {
        painter.rect_filled(left, 0, t.hover());
    }
    let caret = Rect::from_center_size(pos2(rect.left() + 16.0, rect.center().y), vec2(10.0, 10.0));
    let icon = if folded { Icon::CaretRight } else { Icon::CaretDown };
    icon.paint(&painter, caret, t.muted);
    let head = head_rect(scene, rect);
    let counted = Line::new().mono_small(&count, t.muted).right();
    let width = counted.width(&painter);
    counted.paint(&painter, head);
    let words = Rect::from_min_max(
        pos2(rect.left() + 28.0, rect.top()),
        pos2(head.right() - width - 8.0, rect.bottom()),
    );
    Line::new().strong(&name, t.text).paint(&painter, words);
    focus_ring(ui, rect, 0, &response);
    if response.double_clicked() {
        acts.push(Act::Fit);
    }
    if response.clicked() {
        acts.push(Act::Fold(info.name.clone()));
    }
}

/// The column of the heads in a row, without its padding.
fn head_rect(scene: &Scene<'_>, rect: Rect) -> Rect {
    Rect::from_min_max(
        pos2(scene.list.left() + 28.0, rect.top()),
        pos2(scene.plot.left() - 12.0, rect.bottom()),
    )
}

fn lane_ui(scene: &Scene<'_>, ui: &Ui, id: Id, rect: Rect, kind: RowKind) {
    let t = scene.context.tokens;
    let Some((lane, _)) = scene.lane(kind) else { return };
    let column =
        Rect::from_min_max(pos2(scene.list.left(), rect.top()), pos2(scene.plot.left(), rect.bottom()));
    let log = scene.log();
    let info = log.stream(lane.stream);
    let name = format::one_line(&info.id);
    let (events, in_all) = (lane.len() as u64, info.len() as u64);
    let counted = if events == in_all {
        format::count(events, "event")
    } else {
        format!("{} of {}", format::thousands(events), format::count(in_all, "event"))
    };
    let is_replayed = scene.context.navigation.stream == Some(lane.stream);
    let why = if lane.kept { ", shown because it is selected" } else { "" };
    let response = ui.interact(column, id, Sense::click());
    response.widget_info(|| {
        let selected = is_replayed || scene.is_selected_lane(lane);
        WidgetInfo::selected(Role::Button, true, selected, format!("stream {name}, {counted}{why}"))
    });
    let painter = ui.painter().with_clip_rect(scene.list);
    if is_replayed {
        painter.rect_filled(column, 0, t.selection);
    } else if response.hovered() && !scene.is_selected_lane(lane) {
        painter.rect_filled(column, 0, t.hover());
    }
    let head = head_rect(scene, rect);
    if lane.kept {
        let place = Rect::from_center_size(pos2(head.left() - 12.0, rect.center().y), vec2(10.0, 10.0));
        Icon::Pin.paint(&painter, place, t.muted);
    }
    let count = Line::new().mono_small(&format::thousands(events), t.faint).right();
    let width = count.width(&painter);
    count.paint(&painter, head);
    let words = Rect::from_min_max(head.min, pos2(head.right() - width - 8.0, head.bottom()));
    // Monospaced: as many letters as fit, cut in the middle so that the number at the end stays.
    let letters = (words.width() / MONO_LETTER).max(5.0) as usize;
    Line::new().mono(&format::middle(&name, letters), t.text).paint(&painter, words);
    focus_ring(ui, column, 0, &response);
    if response.double_clicked() {
        scene.context.send(GoCommand::Filter(stream_term(log, lane.stream)));
    } else if response.clicked() {
        scene.context.send(GoCommand::ShowStream(lane.stream));
    }
    response
        .on_hover_text(format!("{name}, {counted}{why}\nClick to replay it, double click to show only it"));
}

fn more_ui(scene: &Scene<'_>, ui: &Ui, id: Id, rect: Rect, group: usize, acts: &mut Vec<Act>) {
    let t = scene.context.tokens;
    let Some(info) = scene.answer.arranged.groups.get(group) else { return };
    let hidden = info.hidden();
    let streams = format::count(hidden as u64, "more stream");
    let words = if info.can_grow() {
        format!("+{streams}: show {}", hidden.min(LANES_MAX))
    } else {
        format!("+{streams}: filter to see them")
    };
    let sense = if info.can_grow() { Sense::click() } else { Sense::hover() };
    let role = if info.can_grow() { Role::Button } else { Role::Label };
    let label = format!("{words} of {}", format::one_line(&info.name));
    let place = Rect::from_min_size(pos2(scene.list.left() + 28.0, rect.top()), vec2(220.0, rect.height()));
    let response = node(ui, place, id, sense, role, &label);
    let color = if response.hovered() && info.can_grow() { t.accent } else { t.faint };
    let painter = ui.painter().with_clip_rect(scene.list);
    Line::new().caption(&words, color).paint(&painter, place);
    focus_ring(ui, place, 4, &response);
    if response.clicked() {
        acts.push(Act::More(info.name.clone()));
    }
}

fn more_groups_ui(scene: &Scene<'_>, ui: &Ui, id: Id, rect: Rect) {
    let groups = scene.answer.arranged.more_groups as u64;
    let words = format!("+{}: filter to see them", format::count(groups, "more group"));
    let place = Rect::from_min_max(pos2(scene.list.left() + 28.0, rect.top()), rect.max);
    node(ui, place, id, Sense::hover(), Role::Label, &words);
    let painter = ui.painter().with_clip_rect(scene.list);
    Line::new().caption(&words, scene.context.tokens.faint).paint(&painter, place);
}
