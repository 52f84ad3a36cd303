//! The lanes themselves: grounds, grid, bars, marks with their labels, and what the pointer does there.

use egui::{
    Color32, Galley, Mesh, Painter, Rect, Role, Sense, Shape, Stroke, StrokeKind, Ui, WidgetInfo, pos2, vec2,
};
use std::collections::HashMap;
use std::sync::Arc;

use super::arrange::Lane;
use super::bins::Item;
use super::labels::{AFTER, BEFORE, Wording, without_family, wording};
use super::ruler::playhead_x;
use super::scene::{Act, RowKind, Scene};
use super::{arrows, card};
use crate::index::TypeId;
use crate::model::Row;
use crate::ui::format;
use crate::ui::theme::caption;
use crate::ui::views::ruler::{GridLine, zigzag};
use crate::ui::widgets::{Mark, hover_card};

/// Side of a mark.
const MARK: f32 = 10.0;
/// Side of the ring around the selected one.
const RING: f32 = 17.0;
/// Shortest bar.
const BAR_MIN: f32 = 5.0;
/// Height of the failures at the foot of a bar.
const FOOT: f32 = 3.0;

/// Draws everything between the ruler and the lower edge.
pub(super) fn plot_ui(scene: &Scene<'_>, ui: &mut Ui, lines: &[GridLine], acts: &mut Vec<Act>) {
    let painter = ui.painter().with_clip_rect(scene.plot);
    grounds(scene, &ui.painter().with_clip_rect(scene.list), &painter, lines);
    bars(scene, &painter);
    let arrows = arrows::links(scene);
    arrows::paint(scene, &painter, &arrows);
    if let Some(x) = playhead_x(scene) {
        let color = if scene.in_past { scene.context.tokens.past_line } else { scene.context.tokens.accent };
        painter.vline(x, scene.plot.y_range(), Stroke::new(1.5, color));
    }
    marks(scene, &painter);
    emphasized(scene, &painter, &arrows);
    ui.scope(|ui| {
        ui.set_clip_rect(scene.plot.intersect(ui.clip_rect()));
        nodes(scene, ui, acts);
    });
}

fn grounds(scene: &Scene<'_>, whole: &Painter, painter: &Painter, lines: &[GridLine]) {
    let t = scene.context.tokens;
    let bottom =
        scene.seen.last().map_or(scene.plot.top(), |(_, rect)| rect.bottom()).min(scene.plot.bottom());
    for cut in scene.scale.cuts() {
        let (left, right) = (scene.x(cut.units.0).max(scene.plot.left()), scene.x(cut.units.1));
        if right < scene.plot.left() || left > scene.plot.right() {
            continue;
        }
        let band =
            Rect::from_min_max(pos2(left, scene.plot.top()), pos2(right.min(scene.plot.right()), bottom));
        painter.rect_filled(band, 0, t.ground);
        zigzag(painter, band.center().x, band, t.line_strong);
    }
    for line in lines.iter().filter(|line| line.round) {
        painter.vline(line.x.round() + 0.5, scene.plot.top()..=bottom, Stroke::new(1.0, t.line));
    }
    for (number, rect) in scene.seen {
        if matches!(scene.flat.rows[*number], RowKind::Group(_)) {
            whole.rect_filled(*rect, 0, t.raised);
        }
        if let Some((lane, _)) = scene.lane(scene.flat.rows[*number]) {
            if scene.is_selected_lane(lane) {
                whole.rect_filled(*rect, 0, t.selection);
            }
            let y = rect.center().y.round() + 0.5;
            painter.hline(scene.plot.x_range(), y, Stroke::new(1.0, t.line));
        }
    }
}

/// Lanes that are seen.
fn lanes<'a>(scene: &'a Scene<'_>) -> impl Iterator<Item = (&'a Lane, &'a [Item], Rect)> {
    scene.seen.iter().filter_map(|(number, rect)| {
        let (lane, items) = scene.lane(scene.flat.rows[*number])?;
        let rect = Rect::from_x_y_ranges(scene.plot.x_range(), rect.y_range());
        Some((lane, items, rect))
    })
}

/// The items of a lane that are within the seen stretch.
fn within<'a>(scene: &Scene<'_>, items: &'a [Item]) -> &'a [Item] {
    let left = scene.plot.left() - 2.0 * MARK;
    let right = scene.plot.right() + 2.0 * MARK;
    let from = items.partition_point(|item| scene.item_x(item.last) < left);
    let to = items.partition_point(|item| scene.item_x(item.first) <= right);
    &items[from..to.max(from)]
}

fn bar_rect(scene: &Scene<'_>, item: &Item, lane: Rect) -> Rect {
    let (left, right) = scene.bar_x(item);
    let most = scene.lane_height - 8.0;
    let share = (item.rows.len() as f32 / scene.answer.most.max(1) as f32).sqrt();
    let half = (egui::lerp(BAR_MIN..=most, share) / 2.0).round();
    let middle = lane.center().y.round();
    Rect::from_min_max(pos2(left, middle - half), pos2(right, middle + half))
}

/// All bars as one mesh.
fn bars(scene: &Scene<'_>, painter: &Painter) {
    let t = scene.context.tokens;
    let mut mesh = Mesh::default();
    for (lane, items, rect) in lanes(scene) {
        let happened = scene.happened(lane);
        for item in within(scene, items).iter().filter(|item| !item.single) {
            let bar = bar_rect(scene, item, rect);
            let hue = scene.hue(item.top_type);
            if item.rows.start < happened {
                mesh.add_colored_rect(bar, hue);
            } else {
                outline(&mut mesh, bar, hue);
            }
            if item.failures > 0 {
                let foot = Rect::from_min_max(pos2(bar.left(), bar.bottom() - FOOT), bar.max);
                mesh.add_colored_rect(foot, t.removed());
            }
        }
    }
    painter.add(Shape::mesh(mesh));
}

fn outline(mesh: &mut Mesh, rect: Rect, color: Color32) {
    let inner = rect.shrink(1.0);
    for side in [
        Rect::from_min_max(rect.min, pos2(rect.right(), inner.top())),
        Rect::from_min_max(pos2(rect.left(), inner.bottom()), rect.max),
        Rect::from_min_max(pos2(rect.left(), inner.top()), pos2(inner.left(), inner.bottom())),
        Rect::from_min_max(pos2(inner.right(), inner.top()), pos2(rect.right(), inner.bottom())),
    ] {
        mesh.add_colored_rect(side, color);
    }
}

fn mark(scene: &Scene<'_>, row: Row, later: bool) -> Mark {
    let log = scene.log();
    let info = log.event_type(log.type_of(row));
    Mark {
        color: scene.context.tokens.family(&info.family),
        hollow: later,
        failed: info.is_failure,
        side: MARK,
    }
}

/// The words of a type, laid out once a frame.
struct Words {
    full: Arc<Galley>,
    short: Option<Arc<Galley>>,
}

fn words(scene: &Scene<'_>, painter: &Painter, event_type: TypeId) -> Words {
    let info = scene.log().event_type(event_type);
    let lay = |text: &str| painter.layout_no_wrap(format::one_line(text), caption(), Color32::PLACEHOLDER);
    Words { full: lay(&info.name), short: without_family(&info.name, &info.family).map(lay) }
}

fn marks(scene: &Scene<'_>, painter: &Painter) {
    let t = scene.context.tokens;
    let mut known: HashMap<TypeId, Words> = HashMap::new();
    for (lane, items, rect) in lanes(scene) {
        let happened = scene.happened(lane);
        let items = within(scene, items);
        let ground = if scene.is_selected_lane(lane) { t.selection } else { t.surface };
        for (n, item) in items.iter().enumerate().filter(|(_, item)| item.single) {
            let center = pos2(scene.item_x(item.first), rect.center().y);
            let later = item.rows.start >= happened;
            let next = items.get(n + 1).map_or(scene.plot.right(), |next| {
                if next.single { scene.item_x(next.first) - MARK / 2.0 } else { scene.bar_x(next).0 }
            });
            let words = known.entry(item.top_type).or_insert_with(|| words(scene, painter, item.top_type));
            let short = words.short.as_ref().map(|short| short.size().x);
            let galley = match wording(center.x, next.min(scene.plot.right()), words.full.size().x, short) {
                Wording::Full => Some(&words.full),
                Wording::Short => words.short.as_ref(),
                Wording::None => None,
            };
            if let Some(galley) = galley {
                let ringed = scene.context.navigation.selected == Some(lane.row(item.rows.start));
                let before = if ringed { BEFORE + AFTER } else { BEFORE };
                let at = pos2((center.x + before).round(), (center.y - galley.size().y / 2.0).round());
                let behind = Rect::from_min_size(at, galley.size()).expand2(vec2(2.0, 0.0));
                painter.rect_filled(behind, 0, ground);
                painter.galley(at, Arc::clone(galley), t.text_at(later));
            }
            let behind = Rect::from_center_size(center, vec2(MARK, MARK));
            painter.rect_filled(behind, 2, ground);
            mark(scene, lane.row(item.rows.start), later).paint(painter, center);
        }
    }
}

/// The selected event with its ring, the pinned one, and the ends of the arrows: also where bars hide them.
fn emphasized(scene: &Scene<'_>, painter: &Painter, links: &[arrows::Link]) {
    let t = scene.context.tokens;
    let navigation = scene.context.navigation;
    let ends = links.iter().flat_map(|link| [link.from, link.to]);
    for row in ends.chain(navigation.pinned).chain(navigation.selected) {
        let Some(center) = scene.place_of(row) else { continue };
        if !scene.plot.expand(RING).contains(center) {
            continue;
        }
        let ring = if navigation.selected == Some(row) {
            Some(t.accent)
        } else {
            (navigation.pinned == Some(row)).then_some(t.muted)
        };
        if let Some(color) = ring {
            let square = Rect::from_center_size(center, vec2(RING, RING));
            painter.rect_filled(square, 4, t.selection);
            painter.rect_stroke(square, 4, Stroke::new(1.5, color), StrokeKind::Inside);
        }
        mark(scene, row, scene.is_later(row)).paint(painter, center);
    }
}

/// Everything that can be pointed at.
fn nodes(scene: &Scene<'_>, ui: &mut Ui, acts: &mut Vec<Act>) {
    let pin = ui.input(|input| input.modifiers.command);
    for (lane, items, rect) in lanes(scene) {
        for item in within(scene, items) {
            let place = if item.single {
                Rect::from_center_size(pos2(scene.item_x(item.first), rect.center().y), vec2(14.0, 14.0))
            } else {
                let bar = bar_rect(scene, item, rect);
                Rect::from_x_y_ranges(bar.left()..=bar.right() + 1.0, rect.y_range())
            };
            let id = scene.id.with((lane.stream.0, item.rows.start, item.single));
            // Not in the Tab order: there may be thousands; the arrow keys go from event to event.
            let response = ui.interact(place, id, Sense::CLICK);
            let row = lane.row(item.rows.start);
            response.widget_info(|| {
                let selected = item.is_event() && scene.context.navigation.selected == Some(row);
                let label =
                    if item.is_event() { mark_label(scene, lane, row) } else { bar_label(scene, lane, item) };
                WidgetInfo::selected(Role::Button, true, selected, label)
            });
            if response.clicked() {
                acts.push(clicked(scene, lane, item, pin));
            }
            if response.hovered() {
                hover_card(ui, &response, |ui| {
                    if item.is_event() {
                        card::event_card(scene, ui, lane.stream, row);
                    } else {
                        card::bar_card(scene, ui, lane, item);
                    }
                });
            }
        }
    }
}

fn clicked(scene: &Scene<'_>, lane: &Lane, item: &Item, pin: bool) -> Act {
    if item.is_event() {
        let row = lane.row(item.rows.start);
        return if pin { Act::Pin(row) } else { Act::Select(row) };
    }
    if !can_part(scene, item) {
        let selected = scene.context.navigation.selected;
        let here = item.rows.clone().position(|at| Some(lane.row(at)) == selected);
        let next = here.map_or(0, |here| (here + 1) % item.rows.len());
        return Act::Select(lane.row(item.rows.start + next));
    }
    Act::ZoomTo(item.first, item.last)
}

/// Whether zooming in shows the events of a bar apart; those that no zoom can part are gone through by clicks.
pub(super) fn can_part(scene: &Scene<'_>, item: &Item) -> bool {
    let shortest = scene.scale.shortest();
    item.last - item.first >= shortest / 50.0 && scene.span.len > shortest * 1.01
}

/// `position 2139, 19:02:26.013, stream pay-00301, PaymentDeclined, failed, version 3`.
fn mark_label(scene: &Scene<'_>, lane: &Lane, row: Row) -> String {
    let log = scene.log();
    let event = log.event(row);
    let info = log.event_type(event.event_type);
    let mut parts = Vec::new();
    if let Some(position) = event.position {
        parts.push(format!("position {position}"));
    }
    if let Some(time) = event.time {
        parts.push(scene.zone().time(time));
    }
    parts.push(format!("stream {}", format::one_line(&log.stream(lane.stream).id)));
    parts.push(format::one_line(&info.name));
    if info.is_failure {
        parts.push("failed".to_owned());
    }
    if let Some(version) = log.version_in(row, lane.stream) {
        parts.push(format!("version {version}"));
    }
    if scene.is_later(row) {
        parts.push("after the playhead".to_owned());
    }
    parts.join(", ")
}

fn bar_label(scene: &Scene<'_>, lane: &Lane, item: &Item) -> String {
    let id = format::one_line(&scene.log().stream(lane.stream).id);
    format!("stream {id}, {}", bar_sentence(scene, lane, item))
}

/// `31 events, 09:12–09:43, 2 failures, mostly StockReserved`.
pub(super) fn bar_sentence(scene: &Scene<'_>, lane: &Lane, item: &Item) -> String {
    let log = scene.log();
    let stretch = scene.stretch(lane.row(item.rows.start), lane.row(item.rows.end - 1));
    let failures = match item.failures {
        0 => String::new(),
        failures => format!("{}, ", format::count(failures as u64, "failure")),
    };
    let name = format::one_line(&log.event_type(item.top_type).name);
    format!("{}, {stretch}, {failures}mostly {name}", format::count(item.rows.len() as u64, "event"))
}

/// Number of the row that an event's lane is, for scrolling to it.
pub(super) fn lane_row_of(scene: &Scene<'_>, row: Row) -> Option<usize> {
    let streams = scene.log().memberships(row);
    let number = streams.iter().find_map(|(stream, _)| scene.flat.by_stream.get(stream)).copied()?;
    matches!(scene.flat.rows[number], RowKind::Lane(..)).then_some(number)
}
