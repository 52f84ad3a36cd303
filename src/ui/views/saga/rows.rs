//! The events of a saga: a rail in the middle, at the left what came in, beside it what changed, at the right what it
//! led to. Only what is seen is drawn; where each row stands is found once for each page.

use crate::domain::Direction;
use std::sync::Arc;

use egui::{Color32, Painter, Rect, ScrollArea, Sense, Shape, Stroke, StrokeKind, Ui, pos2, vec2};

use super::Scene;
use super::below::{below, history, lines_below};
use super::columns::{Columns, Needs};
use super::groups::{Attempts, Group};
use crate::model::Row;
use crate::replay::{Change, Op};
use crate::saga::{Act, Ahead, Page, PageRow, Sign, text};
use crate::ui::command::GoCommand;
use crate::ui::format::{Zone, middle, one_line, signed_span, span};
use crate::ui::theme::{Outcome, PAD, RADIUS_CONTROL, Tokens};
use crate::ui::views::lanes::without_family;
use crate::ui::widgets::mark::failure_cross;
use crate::ui::widgets::{Line, Mark, Painted, node};

/// Height of a line of text, of the room below a row, and of the least row.
const LINE: f32 = 19.0;
const BELOW: f32 = 14.0;
const LEAST: f32 = 2.0 * LINE + BELOW;
/// Room for the words that say how long nothing happened.
const IDLE: f32 = 24.0;
/// Width of a digit.
const DIGIT: f32 = 7.3;
/// Letters of a stream's id at most.
pub(super) const STREAM_MAX: usize = 24;
/// Width of a letter of a caption.
const CAPTION_LETTER: f32 = 6.0;
/// Letters of a value before that say something.
const BEFORE_LEAST: usize = 4;
/// Height of something still to come.
const AHEAD: f32 = 46.0;
/// Height of the words below it.
const LEGEND: f32 = 36.0;
/// Height of the captions.
const HEAD: f32 = 26.0;
/// A wait that is said between two rows, in nanoseconds.
const IDLE_LEAST: i64 = 60_000_000_000;
/// From this width on names and values of changes stand in columns of the same width everywhere.
const CHANGES_WIDE: f32 = 240.0;
/// Changes of the state that are drawn; more are counted.
pub(super) const CHANGES_MAX: usize = 4;
/// Effects that are drawn.
pub(super) const EFFECTS_MAX: usize = 3;

/// Presentation state.
#[derive(Default)]
pub(super) struct Rows {
    /// Top and bottom of each group; of which groups, and with what before which of them.
    places: Vec<(f32, f32)>,
    of: Option<(Arc<Vec<Group>>, usize, usize)>,
    /// The event that was last brought into view.
    shown: Option<Row>,
    /// What the columns of these groups need.
    needs: Option<(Arc<Vec<Group>>, Needs)>,
}

fn idle_before(row: &PageRow) -> f32 {
    if row.wait >= IDLE_LEAST { IDLE } else { 0.0 }
}

fn height(page: &Page, group: &Group) -> f32 {
    let row = &page.rows[group.last()];
    let changes = row.changes.len().min(CHANGES_MAX) + usize::from(row.changes.len() > CHANGES_MAX);
    let effects = row.outgoing.len().min(EFFECTS_MAX) + usize::from(row.outgoing.len() > EFFECTS_MAX);
    let own = 2 + lines_below(page, group);
    let lines = changes.max(effects).max(own);
    (lines as f32 * LINE + BELOW).max(LEAST)
}

/// What is still to come as of the playhead, and before which group it stands: what came later is below it.
struct Outlined<'a> {
    ahead: &'a [Ahead],
    at: usize,
}

impl<'a> Outlined<'a> {
    fn of(scene: &Scene<'a>, groups: &[Group]) -> Self {
        let ahead = scene.now.map_or(&[][..], |now| &now.ahead);
        let has_happened = |group: &Group| scene.has_happened(scene.page.rows[group.rows[0]].row);
        Self { ahead, at: groups.iter().position(|group| !has_happened(group)).unwrap_or(groups.len()) }
    }

    fn height(&self) -> f32 {
        if self.ahead.is_empty() { 0.0 } else { self.ahead.len() as f32 * AHEAD + LEGEND + 8.0 }
    }
}

impl Rows {
    fn needs(&mut self, scene: &Scene<'_>, groups: &Arc<Vec<Group>>, ui: &Ui) -> Needs {
        match &self.needs {
            Some((of, needs)) if Arc::ptr_eq(of, groups) => *needs,
            _ => {
                let needs = Needs::of(scene, groups, ui.painter());
                self.needs = Some((Arc::clone(groups), needs));
                needs
            }
        }
    }

    /// The width in which nothing of them is cut that can be shown, and no more.
    pub(super) fn wish(&mut self, scene: &Scene<'_>, groups: &Arc<Vec<Group>>, ui: &Ui) -> f32 {
        let last = groups.len() + scene.now.map_or(0, |now| now.ahead.len());
        Columns::wish(&self.needs(scene, groups, ui), last)
    }

    fn lay_out(&mut self, scene: &Scene<'_>, groups: &Arc<Vec<Group>>, outlined: &Outlined<'_>) {
        let (at, ahead) = (outlined.at, outlined.ahead.len());
        let same = |known: &(Arc<Vec<Group>>, usize, usize)| {
            Arc::ptr_eq(&known.0, groups) && (known.1, known.2) == (at, ahead)
        };
        if self.of.as_ref().is_some_and(same) {
            return;
        }
        self.places.clear();
        let mut y = 0.0;
        for (number, group) in groups.iter().enumerate() {
            if number == at {
                y += outlined.height();
            }
            y += idle_before(&scene.page.rows[group.rows[0]]);
            let top = y;
            y += height(scene.page, group);
            self.places.push((top, y));
        }
        self.of = Some((Arc::clone(groups), at, ahead));
    }

    /// Draws them; the first event of a group that was opened or closed.
    pub(super) fn ui(&mut self, scene: &Scene<'_>, groups: &Arc<Vec<Group>>, ui: &mut Ui) -> Option<Row> {
        let t = scene.context.tokens;
        let outlined = Outlined::of(scene, groups);
        self.lay_out(scene, groups, &outlined);
        let (head, _) = ui.allocate_exact_size(vec2(ui.available_width(), HEAD), Sense::hover());
        let last = groups.len() + outlined.ahead.len();
        let needs = self.needs(scene, groups, ui);
        let columns = Columns::of(head, last, &needs);
        for (x, title) in [
            (columns.incoming, "incoming"),
            (columns.changes, "state change"),
            (columns.outgoing, "outgoing"),
        ] {
            if !columns.is_narrow || title == "incoming" {
                Line::new().caption(title, t.muted).paint(ui.painter(), head.with_min_x(x));
            }
        }
        let events = self.places.last().map_or(0.0, |(_, bottom)| *bottom);
        // Below the group before it, or at the very top.
        let outline = outlined.at.checked_sub(1).map_or(0.0, |before| self.places[before].1);
        let below = if outlined.at == groups.len() { outlined.height().max(PAD) } else { PAD };
        let selected = scene.context.navigation.selected;
        let wanted = selected.filter(|row| self.shown != Some(*row));
        let mut opened = None;
        ScrollArea::vertical().auto_shrink(false).show_viewport(ui, |ui, seen| {
            ui.set_height(events + below);
            let origin = ui.max_rect().min;
            let width = ui.max_rect().width();
            let place = |at: usize| {
                let (top, bottom) = self.places[at];
                Rect::from_min_max(origin + vec2(0.0, top), pos2(origin.x + width, origin.y + bottom))
            };
            if let Some(row) = wanted
                && let Some(at) = groups
                    .iter()
                    .position(|group| group.has(scene.page, row))
            {
                ui.scroll_to_rect(place(at).expand2(vec2(0.0, 24.0)), None);
            }
            let first = self.places.partition_point(|(top, _)| *top < seen.top()).saturating_sub(1);
            for (at, group) in groups.iter().enumerate().skip(first) {
                if self.places[at].0 > seen.bottom() {
                    break;
                }
                let columns = Columns::of(place(at), last, &needs);
                if group_ui(scene, ui, (place(at), columns), at, group, selected) {
                    opened = Some(group.key);
                }
            }
            let mut y = origin.y + outline;
            for (at, next) in outlined.ahead.iter().enumerate() {
                let rect = Rect::from_min_size(pos2(origin.x, y), vec2(width, AHEAD));
                if ui.is_rect_visible(rect) {
                    ahead_ui(t, ui, (rect, Columns::of(rect, last, &needs)), outlined.at + at, next);
                }
                y += AHEAD;
            }
            if !outlined.ahead.is_empty() {
                let rect = Rect::from_min_size(pos2(origin.x, y + 2.0), vec2(width, LEGEND));
                let words = if outlined.at < groups.len() {
                    "Outlined: still to come as of the playhead, as likely as in the other sagas of this log. Dimmed below: what came."
                } else {
                    "Outlined: still to come. Likelihood: what followed in the other sagas of this log."
                };
                Line::new()
                    .caption(words, t.faint)
                    .rows(2)
                    .paint(ui.painter(), rect.shrink2(vec2(PAD, 0.0)));
            }
        });
        self.shown = selected;
        opened
    }
}

/// Draws a group; true when it is to be opened or closed.
fn group_ui(
    scene: &Scene<'_>,
    ui: &mut Ui,
    (rect, columns): (Rect, Columns),
    number: usize,
    group: &Group,
    selected: Option<Row>,
) -> bool {
    let t = scene.context.tokens;
    let row = &scene.page.rows[group.last()];
    let is_selected = selected.is_some_and(|selected| group.has(scene.page, selected));
    let later = !scene.has_happened(row.row);
    let label = label(scene, row, number, group, later);
    let id = ui.scope_id().with(("event", row.row));
    let response = node(ui, rect, id, Sense::click(), egui::Role::ListItem, &label);
    let frame = Rect::from_min_max(
        pos2(columns.number - 6.0, rect.top()),
        pos2(columns.rail - 14.0, rect.top() + LEAST - 8.0),
    );
    if is_selected {
        ui.painter().rect_filled(frame, RADIUS_CONTROL, t.selection);
        ui.painter().rect_stroke(frame, RADIUS_CONTROL, Stroke::new(1.0, t.accent), StrokeKind::Inside);
    } else if response.hovered() {
        ui.painter().rect_filled(frame, RADIUS_CONTROL, t.hover());
    }
    crate::ui::widgets::focus_ring(ui, frame, 4, &response);
    if response.clicked() {
        scene.context.send(GoCommand::Select(row.row));
    }
    let (opened, mut is_cut) = incoming_ui(scene, ui, rect, columns, number, group, later);
    rail_ui(scene, ui, rect, columns, group, later);
    if !columns.is_narrow {
        is_cut |= changes_ui(t, ui, rect, columns, &row.changes, later);
        is_cut |= outgoing_ui(scene, ui, rect, columns, row, later);
    }
    // What is cut is whole on hover.
    if is_cut {
        response.on_hover_text(label.replace(", ", "\n"));
    }
    opened
}

/// All of it in words.
fn label(scene: &Scene<'_>, row: &PageRow, number: usize, group: &Group, later: bool) -> String {
    let mut words =
        vec![(number + 1).to_string(), one_line(&scene.survey.traits[row.event_type.0 as usize].name)];
    if group.attempts.is_none() && group.rows.len() > 1 {
        words.push(format!("{} times", group.rows.len()));
    }
    if row.failure {
        words.push("failed".to_owned());
    }
    let said = text::said(scene.page, row);
    if !said.is_empty() {
        words.push(one_line(&said));
    }
    words.extend(history(scene, group).map(|history| one_line(&history)));
    words.extend(below(scene, group).iter().filter_map(|below| below.words(scene)));
    words.extend(row.changes.iter().take(CHANGES_MAX).map(|change| one_line(&change.to_string())));
    if !row.outgoing.is_empty() {
        words.push(text::led_to(scene.context.log(), scene.survey, row, &|_| None));
    }
    if later {
        words.push("not yet at the playhead".to_owned());
    }
    words.join(", ")
}

/// How many had begun as of the playhead; all where none had.
fn attempted(scene: &Scene<'_>, attempts: &Attempts) -> usize {
    let begun = |at: &&usize| matches!(scene.page.rows[**at].sign, Some(Sign::Step(.., Act::Begun(_))));
    let happened = |at: &&usize| scene.has_happened(scene.page.rows[**at].row);
    match attempts.rows.iter().filter(begun).filter(happened).count() {
        0 => attempts.count,
        begun => begun,
    }
}

/// A line of text in a row.
fn line_at(rect: Rect, left: f32, right: f32, line: usize) -> Rect {
    let top = rect.top() + 2.0 + line as f32 * LINE;
    Rect::from_min_max(pos2(left, top), pos2(right.max(left), top + LINE))
}

/// Number, type, time, stream: whether the group is to be opened or closed, and whether something is cut.
fn incoming_ui(
    scene: &Scene<'_>,
    ui: &Ui,
    rect: Rect,
    columns: Columns,
    number: usize,
    group: &Group,
    later: bool,
) -> (bool, bool) {
    let t = scene.context.tokens;
    let row = &scene.page.rows[group.last()];
    let info = &scene.survey.traits[row.event_type.0 as usize];
    let right = columns.rail - 18.0;
    let first = line_at(rect, columns.incoming, right, 0);
    let strong = if later { t.faint } else { t.text };
    Line::new()
        .mono_small(&(number + 1).to_string(), t.faint)
        .paint(ui.painter(), line_at(rect, columns.number, columns.incoming - 4.0, 0));
    Mark::family(t, &info.family)
        .hollow(later)
        .paint(ui.painter(), pos2(columns.incoming + 4.0, first.center().y));
    let mut after = Line::new();
    if let Some((n, of)) = group.part {
        after = after.caption(&format!("{} of {of}", n + 1), t.muted);
    } else if let Some(attempts) = &group.attempts {
        let words = match attempted(scene, attempts) {
            1 => "1 attempt".to_owned(),
            many => format!("×{many} attempts"),
        };
        after = after.caption(&words, t.muted);
    } else if group.rows.len() > 1 {
        after = after.caption(&format!("×{}", group.rows.len()), t.muted);
    }
    let room = after.width(ui.painter()) + if row.failure { 16.0 } else { 0.0 } + 6.0;
    let name = first.with_min_x(first.left() + 16.0);
    let name = name.with_max_x((name.right() - room).max(name.left()));
    let painted =
        name_ui(ui.painter(), name, &info.name, &info.family, |words| Line::new().strong(words, strong));
    let mut is_cut = painted.elided;
    let mut x = painted.rect.right() + 6.0;
    if row.failure {
        failure_cross(ui, pos2(x + 5.0, first.center().y));
        x += 14.0;
    }
    let folded = Rect::from_min_size(pos2(x - 2.0, first.top()), vec2(room, first.height()));
    let text = after.text().to_owned();
    after.paint(ui.painter(), folded.with_min_x(x));
    let mut opened = false;
    if !text.is_empty() {
        let id = ui.scope_id().with(("fold", row.row));
        let is_open = group.part.is_some();
        let label = match (is_open, &group.attempts) {
            (true, _) => "Fold the events in a row",
            (false, Some(_)) => "Show each of the attempts",
            (false, None) => "Show each of the events in a row",
        };
        let response = node(ui, folded, id, Sense::click(), egui::Role::Button, label);
        opened = response.on_hover_text(label).clicked();
    }
    let zone = Zone { local: scene.context.preferences.local_time };
    let time = row.time.map_or_else(String::new, |time| zone.time(time));
    let second = line_at(rect, columns.incoming + 16.0, right, 1);
    let said = text::said(scene.page, row);
    let begin = Line::new().mono_small(&time, if later { t.faint } else { t.muted }).gap(8.0);
    let mut more = one_line(&said);
    if said.is_empty() {
        let id = row.stream.map_or_else(String::new, |id| one_line(&scene.context.log().stream(id).id));
        more = middle(&id, STREAM_MAX);
        let room = second.width() - begin.width(ui.painter()) - 8.0;
        if Line::new().caption(&more, t.faint).width(ui.painter()) > room {
            // Ids of one kind differ at their ends.
            more = middle(&id, (room / CAPTION_LETTER).max(5.0) as usize);
        }
        is_cut |= more != id;
    }
    let mut line = begin.caption(&more, t.faint);
    if row.is_singular {
        line = line.gap(8.0).caption("never seen before", t.outcome(Outcome::Unknown).color);
    }
    is_cut |= line.paint(ui.painter(), second).elided;
    for (at, below) in below(scene, group).iter().enumerate() {
        let place = line_at(rect, columns.incoming + 16.0, right, 2 + at);
        is_cut |= below.ui(scene, ui, place, later);
    }
    (opened, is_cut)
}

/// A name; without its family, which its mark tells, where there is no room for all of it.
fn name_ui(painter: &Painter, place: Rect, name: &str, family: &str, look: impl Fn(&str) -> Line) -> Painted {
    let name = one_line(name);
    let full = look(&name);
    if full.width(painter) <= place.width() {
        return full.paint(painter, place);
    }
    let short = without_family(&name, family).map(look);
    Painted { elided: true, ..short.unwrap_or(full).paint(painter, place) }
}

/// The rail with its dot, and how long nothing happened before.
fn rail_ui(scene: &Scene<'_>, ui: &Ui, rect: Rect, columns: Columns, group: &Group, later: bool) {
    let t = scene.context.tokens;
    let first = &scene.page.rows[group.rows[0]];
    let idle = idle_before(first);
    let y = rect.top() + 2.0 + LINE / 2.0;
    let stroke = Stroke::new(1.0, t.line_strong);
    let painter = ui.painter();
    painter.vline(columns.rail, rect.top() - idle..=rect.bottom(), stroke);
    painter.hline(columns.rail - 12.0..=columns.rail + 12.0, y, stroke);
    if later {
        painter.circle(pos2(columns.rail, y), 4.0, t.surface, Stroke::new(1.5, t.line_strong));
    } else {
        painter.circle_filled(pos2(columns.rail, y), 4.0, t.muted);
    }
    if idle > 0.0 {
        let words = format!("idle {}", span(first.wait));
        let line = Line::new().caption(&words, t.muted).center();
        let width = line.width(painter) + 16.0;
        let place = Rect::from_center_size(pos2(columns.rail, rect.top() - 14.0), vec2(width, 18.0));
        painter.rect(place, RADIUS_CONTROL, t.raised, Stroke::new(1.0, t.line), StrokeKind::Inside);
        line.paint(painter, place);
    }
}

/// A value in a few letters.
pub(super) fn short(value: Option<&serde_json::Value>) -> String {
    let Some(value) = value else { return String::new() };
    let text = match value {
        serde_json::Value::String(text) => one_line(text),
        other => one_line(&other.to_string()),
    };
    if text.chars().count() > 48 { text.chars().take(47).chain(['…']).collect() } else { text }
}

/// `lines.0.sku`.
pub(super) fn name_of(change: &Change) -> String {
    let path = change.path.to_string();
    path.strip_prefix('/').unwrap_or(&path).replace('/', ".")
}

/// What changed in the state of the stream; whether something is cut.
fn changes_ui(t: &Tokens, ui: &Ui, rect: Rect, columns: Columns, changes: &[Change], later: bool) -> bool {
    let mut is_cut = false;
    let right = columns.outgoing - 30.0;
    let room = right - columns.changes;
    let names = changes
        .iter()
        .take(CHANGES_MAX)
        .map(|change| Line::new().body(&one_line(&name_of(change)), t.muted).width(ui.painter()));
    // In little room the values begin where the names of this event end.
    let names = if room < CHANGES_WIDE { names.fold(0.0, f32::max) + 14.0 } else { room * 0.4 };
    let name_right = columns.changes + names.min(room * 0.6).floor();
    for (at, change) in changes.iter().take(CHANGES_MAX).enumerate() {
        let name = name_of(change);
        let (muted, text) = if later { (t.faint, t.faint) } else { (t.muted, t.text) };
        Line::new()
            .body(&one_line(&name), muted)
            .paint(ui.painter(), line_at(rect, columns.changes, name_right - 6.0, at));
        let line = match change.op {
            Op::Add => {
                Line::new().mono("+ ", dimmed(later, t.added(), t)).mono(&short(change.to.as_ref()), text)
            }
            Op::Remove => Line::new()
                .mono("− ", dimmed(later, t.removed(), t))
                .struck(&short(change.from.as_ref()), t.faint),
            Op::Change | Op::Move => Line::new()
                .struck(&short(change.from.as_ref()), t.faint)
                .mono(" → ", muted)
                .mono(&short(change.to.as_ref()), text),
        };
        // Where both have no room, what it is now says more than what it was: that is cut in its middle.
        let room = right - name_right;
        let has_room = line.width(ui.painter()) <= room;
        let line = match change.op {
            Op::Add if !has_room && change.to.as_ref().is_some_and(serde_json::Value::is_string) => {
                let to = middle(&short(change.to.as_ref()), ((room / DIGIT) as usize).saturating_sub(2));
                Line::new().mono("+ ", dimmed(later, t.added(), t)).mono(&to, text)
            }
            Op::Change | Op::Move if !has_room => {
                let letters = (room / DIGIT) as usize;
                let to = middle(&short(change.to.as_ref()), letters.saturating_sub(4));
                let left = letters.saturating_sub(to.chars().count() + 3);
                let before = short(change.from.as_ref());
                let before = if left < BEFORE_LEAST { "…".to_owned() } else { middle(&before, left) };
                Line::new().struck(&before, t.faint).mono(" → ", muted).mono(&to, text)
            }
            _ => line,
        };
        is_cut |= !has_room;
        line.paint(ui.painter(), line_at(rect, name_right, right, at));
    }
    if changes.len() > CHANGES_MAX {
        let words = format!("+{} more", changes.len() - CHANGES_MAX);
        let place = line_at(rect, columns.changes, right, CHANGES_MAX);
        Line::new().caption(&words, t.faint).paint(ui.painter(), place);
    }
    is_cut
}

fn dimmed(later: bool, color: Color32, t: &Tokens) -> Color32 {
    if later { t.faint } else { color }
}

/// What it led to, with how long that took; whether something is cut.
fn outgoing_ui(scene: &Scene<'_>, ui: &Ui, rect: Rect, columns: Columns, row: &PageRow, later: bool) -> bool {
    let mut is_cut = false;
    let t = scene.context.tokens;
    let log = scene.context.log();
    for (at, (effect, kind)) in row.outgoing.iter().take(EFFECTS_MAX).enumerate() {
        let place = line_at(rect, columns.outgoing, columns.right, at);
        let info = &scene.survey.traits[log.type_of(*effect).0 as usize];
        let not_yet = later || !scene.has_happened(*effect);
        let color = if not_yet { t.faint } else { t.accent };
        let (from, to) =
            (pos2(place.left() - 26.0, place.center().y), pos2(place.left() - 6.0, place.center().y));
        let stroke = Stroke::new(1.5, color);
        if not_yet || *kind == crate::saga::EdgeKind::StreamOrder {
            ui.painter().extend(Shape::dashed_line(&[from, to], stroke, 3.0, 3.0));
        } else {
            ui.painter().line_segment([from, to], stroke);
        }
        let tip = vec![to + vec2(3.0, 0.0), to + vec2(-4.0, -3.5), to + vec2(-4.0, 3.5)];
        ui.painter().add(Shape::convex_polygon(tip, color, Stroke::NONE));
        Mark::family(t, &info.family)
            .hollow(not_yet)
            .paint(ui.painter(), pos2(place.left() + 4.0, place.center().y));
        let after = log.key_of(*effect).saturating_sub(log.key_of(row.row));
        let room = place.with_min_x(place.left() + 16.0);
        let name = |words: &str| Line::new().body(words, if not_yet { t.faint } else { t.text });
        let with_time = name(&one_line(&info.name)).gap(8.0).mono_small(&signed_span(after), t.faint);
        // Half of a time says nothing.
        if with_time.width(ui.painter()) <= room.width() {
            with_time.paint(ui.painter(), room);
        } else {
            is_cut |= name_ui(ui.painter(), room, &info.name, &info.family, name).elided;
        }
    }
    if row.outgoing.len() > EFFECTS_MAX {
        let words = format!("+{} more", row.outgoing.len() - EFFECTS_MAX);
        let place = line_at(rect, columns.outgoing + 16.0, columns.right, EFFECTS_MAX);
        Line::new().caption(&words, t.faint).paint(ui.painter(), place);
    }
    is_cut
}

/// Something still to come: outlined, with how likely it is and how long it usually takes.
fn ahead_ui(t: &Tokens, ui: &Ui, (rect, columns): (Rect, Columns), number: usize, next: &Ahead) {
    let frame = Rect::from_min_max(
        pos2(columns.number - 6.0, rect.top()),
        pos2(columns.rail - 14.0, rect.bottom() - 6.0),
    );
    let corners =
        [frame.left_top(), frame.right_top(), frame.right_bottom(), frame.left_bottom(), frame.left_top()];
    ui.painter().extend(Shape::dashed_line(&corners, Stroke::new(1.0, t.line_strong), 3.0, 3.0));
    let name = one_line(&next.name);
    let undo = next.direction == Direction::Undo;
    // A step that is undone; a type that undoes says it itself.
    let name =
        if undo && next.is_defined && !name.contains("undo") { format!("undo of {name}") } else { name };
    let before = if next.instead { "or " } else { "" };
    let right = columns.rail - 18.0;
    Line::new()
        .mono_small(&(number + 1).to_string(), t.faint)
        .paint(ui.painter(), line_at(rect, columns.number, columns.incoming - 4.0, 0));
    Line::new()
        .caption(before, t.faint)
        .body(&name, t.muted)
        .paint(ui.painter(), line_at(rect, columns.incoming, right, 0));
    let waits = next.waits.map_or_else(String::new, |waits| format!("usually within {}", span(waits.p95)));
    Line::new().caption(&waits, t.faint).paint(ui.painter(), line_at(rect, columns.incoming, right, 1));
    let y = rect.top() + 2.0 + LINE / 2.0;
    let rail = [pos2(columns.rail, rect.top()), pos2(columns.rail, rect.bottom())];
    ui.painter().extend(Shape::dashed_line(&rail, Stroke::new(1.0, t.line_strong), 3.0, 3.0));
    ui.painter().circle(pos2(columns.rail, y), 4.0, t.surface, Stroke::new(1.5, t.line_strong));
    let likely = if next.is_defined {
        "by its definition".to_owned()
    } else {
        format!("{} % · {} of {}", next.likelihood.0 / 10, next.count, next.of)
    };
    if !columns.is_narrow {
        let place = line_at(rect, columns.changes, columns.right, 0);
        Line::new().caption(&likely, t.faint).paint(ui.painter(), place);
    }
    let label = format!("{}, still to come: {before}{name}, {waits}, {likely}", number + 1);
    let id = ui.scope_id().with(("ahead", number));
    node(ui, rect, id, Sense::hover(), egui::Role::ListItem, &label);
}
