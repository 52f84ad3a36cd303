//! The sequence of a saga: when which service said what to which, a lifeline for each of them, as wide as what is said
//! needs. Even spacing or to the scale of time, the time since the beginning at the left; how long something took to
//! follow its cause, failures, and where compensation begins.

mod message;
mod spacing;
#[cfg(test)]
mod tests;

use self::message::{Message, Said};
use self::spacing::{CUT, Columns, ROW, RULE, Spacing};
use super::elapsed::Elapsed;
use super::facts::Sign;
use super::heading::{Heading, Key, Legend, least, zigzag};
use super::measure::{fit, width};
use super::page::Page;
use super::pen::{Pattern, Pen};
use super::pictures::{foot, title};
use super::scope::{Scope, Shown};
use super::survey::Survey;
use super::svg::{Anchor, Drawing, Palette, Style, Subject};
use crate::base::text::span;
use crate::index::EventLog;

pub(super) const SIDE: i32 = 20;
/// From the heading to the names of the lifelines, and to the first row below them.
pub(super) const NAMES: i32 = 32;
/// Of a row what is above its line: the words of a delay stand there.
const ABOVE: i32 = 27;
/// A button that opens what is folded.
pub(super) const FOLD: (i32, i32) = (34, 18);

/// The text of a row, in a colour.
pub(super) fn style(size: i32, bold: bool, colour: &'static str) -> Style {
    Style { size, bold, colour }
}

/// Nanoseconds from the beginning of the saga to each of its events.
pub(super) fn offsets(page: &Page) -> Vec<i64> {
    let mut at = 0_i64;
    page.rows
        .iter()
        .map(|row| {
            at = at.saturating_add(row.wait);
            at
        })
        .collect()
}

/// What stands above a lifeline: its name, and whether it is folded.
pub(super) fn line_name(shown: &Shown, scope: &Scope, line: usize) -> String {
    let name = &shown.lines[line];
    if scope.folded.contains(name) { format!("▸ {name}") } else { name.clone() }
}

/// The name of a lifeline with its middle at `at`, to be folded by a click.
pub(super) fn head(
    drawing: &mut Drawing,
    shown: &Shown,
    scope: &Scope,
    line: usize,
    (x, y): (i32, i32),
    room: i32,
    p: &Palette,
) {
    let style = style(13, true, p.text);
    drawing.text((x, y), Anchor::Middle, style, &fit(&line_name(shown, scope, line), style, room));
    let (name, events) = (&shown.lines[line], shown.events[line]);
    let state = if scope.folded.contains(name) { "folded" } else { "open" };
    let label = format!("Lifeline {name}, {events} event{}, {state}", if events == 1 { "" } else { "s" });
    drawing.spot((x - room / 2, y - 16), (room, 24), Subject::Line(line as u32), label);
}

/// The number of events of a group, as a button that opens it.
pub(super) fn fold(
    drawing: &mut Drawing,
    shown: &Shown,
    at: usize,
    corner: (i32, i32),
    page: &Page,
    p: &Palette,
) {
    let group = &shown.groups[at];
    if !group.can_open() {
        return;
    }
    let words = format!("×{}", group.rows.len());
    drawing.rect(corner, FOLD, p.raised, Some(p.line));
    drawing.text((corner.0 + 17, corner.1 + 13), Anchor::Middle, style(11, false, p.text), &words);
    let label = format!("Show each of the {} events", group.rows.len());
    drawing.spot(corner, FOLD, Subject::Fold(group.first(page)), label);
}

/// What a window has to know of a drawing: its lifelines, and which event stands for those of a group.
pub(super) fn stand_in(drawing: &mut Drawing, shown: &Shown, page: &Page) {
    drawing.lines.clone_from(&shown.lines);
    for group in shown.groups.iter().filter(|group| group.rows.len() > 1) {
        let row = group.row(page).row;
        drawing.stand_ins.extend(group.rows.iter().map(|at| (page.rows[*at].row, row)));
    }
}

/// The group with which compensation begins, where all of the saga is shown.
fn begins_to_undo(page: &Page, shown: &Shown, scope: &Scope) -> Option<usize> {
    let goes_back = page.rows.iter().position(|row| row.sign == Some(Sign::GoesBack));
    let at = goes_back.or_else(|| page.rows.iter().position(|row| row.undo))?;
    shown.group_of(at).filter(|_| scope.focus.is_none())
}

/// Everything that is drawn, and where.
struct Scene<'a> {
    page: &'a Page,
    shown: &'a Shown,
    messages: Vec<Message>,
    columns: Columns,
    spacing: Spacing,
    /// Below the names of the lifelines.
    top: i32,
    p: &'a Palette,
}

impl Scene<'_> {
    fn y(&self, at: usize) -> i32 {
        self.top + self.spacing.ys[at]
    }
}

pub(super) fn draw(log: &EventLog, survey: &Survey, page: &Page, scope: &Scope, p: &Palette) -> Drawing {
    let shown = Shown::of(log, page, scope);
    let offsets = offsets(page);
    let messages = message::all(survey, page, &shown, &offsets, p);
    let lasts: Vec<i64> =
        shown.groups.iter().map(|group| offsets[group.rows[group.rows.len() - 1]]).collect();
    let elapsed = Elapsed::of(&lasts);
    let undo = begins_to_undo(page, &shown, scope);
    let times = shown.groups.iter().zip(&lasts).map(|(group, last)| (offsets[group.rows[0]], *last));
    let spacing = Spacing::of(&times.collect::<Vec<_>>(), scope.to_scale, undo);
    let names: Vec<String> = (0..shown.lines.len()).map(|line| line_name(&shown, scope, line)).collect();
    let folds = shown.groups.iter().any(super::scope::Group::can_open);
    let least = least(&title(page), p);
    let columns = Columns::of(&names, &messages, elapsed.letters(), (folds, least), p);
    let legend = legend(&messages, &spacing, undo.is_some(), &lasts, p);
    let heading = Heading::of(&title(page), legend, columns.width, p);
    let top = heading.height() + NAMES;
    let height = top + spacing.ys.last().map_or(0, |y| y + ROW - 22) + 64;
    let mut drawing = Drawing::new(columns.width, height, &title(page), p);
    (drawing.names, drawing.head) = (heading.height() - 2, top - 8);
    heading.draw(&mut drawing, p);
    stand_in(&mut drawing, &shown, page);
    drawing.text((columns.time, top - 20), Anchor::End, style(11, false, p.muted), "elapsed");
    for (line, x) in columns.xs.iter().enumerate() {
        head(&mut drawing, &shown, scope, line, (*x, top - 20), columns.heads[line], p);
        drawing.path(&[(*x, top - 8), (*x, height - 44)], Pen::thin(p.line));
    }
    let scene = Scene { page, shown: &shown, messages, columns, spacing, top, p };
    if let Some(at) = undo {
        rule(&mut drawing, &scene, at);
    }
    for at in 0..shown.groups.len() {
        let same = at > 0 && lasts[at] == lasts[at - 1];
        let since = elapsed.text(lasts[at]);
        row(&mut drawing, &scene, at, (if same { "=" } else { &since }, &since), undo == Some(at));
    }
    drawing.belongs_to(None);
    // Over the bars of those who waited.
    for (at, nanos) in &scene.spacing.cuts {
        cut(&mut drawing, &scene, *at, *nanos);
    }
    let left_out = match shown.left_out {
        0 => String::new(),
        events => format!(" · {events} events left out"),
    };
    let end = foot(&page.summary) + &left_out;
    drawing.foot((scene.columns.left, height - 18), style(12, true, p.text), &end);
    drawing
}

/// The signs that come in it.
fn legend(messages: &[Message], spacing: &Spacing, undoes: bool, lasts: &[i64], p: &Palette) -> Legend {
    let mut legend = Legend::default();
    let drawn = |pattern: Pattern| messages.iter().any(|message| message.pattern == Some(pattern));
    for (pattern, colour, words) in [
        (Pattern::Whole, p.accent, "caused"),
        (Pattern::Dashed, p.accent, "back to who asked"),
        (Pattern::Dotted, p.muted, "a guess by order"),
    ] {
        if drawn(pattern) {
            legend.has(Key::Line(Pen::arrow(colour).with(pattern)), words);
        }
    }
    if messages.iter().any(|message| message.delay.is_some()) {
        legend.has(Key::Bar(p.muted), "waited");
    }
    if messages.iter().any(|message| message.said == Said::Failure) {
        legend.has(Key::Letters("✖", p.failed), "failed");
    }
    if undoes || messages.iter().any(|message| message.said == Said::Undo) {
        legend.has(Key::Letters("↺", p.undo), "compensation");
    }
    if !spacing.cuts.is_empty() {
        legend.has(Key::Cut(p.line), "a long wait, cut short");
    }
    if lasts.windows(2).any(|pair| pair[0] == pair[1]) {
        legend.has(Key::Letters("=", p.muted), "at the same time");
    }
    legend
}

/// Words on a line across the drawing, on a ground of their own.
fn on_ground(drawing: &mut Drawing, at: (i32, i32), style: Style, words: &str, p: &Palette) {
    drawing.rect((at.0 - 6, at.1 - 13), (width(words, style) + 12, 18), p.surface, None);
    drawing.text(at, Anchor::Start, style, words);
}

/// The line above the group with which compensation begins.
fn rule(drawing: &mut Drawing, scene: &Scene<'_>, at: usize) {
    let p = scene.p;
    let y = scene.y(at) - ROW / 2 - RULE / 2;
    drawing.belongs_to(Some(scene.page.rows[scene.shown.groups[at].rows[0]].row));
    drawing.path(&[(SIDE, y), (scene.columns.width - SIDE, y)], Pen::thin(p.undo));
    let x = scene.columns.xs.first().map_or(SIDE, |x| x + 14);
    on_ground(drawing, (x, y + 4), style(11, true, p.undo), "↺ compensation starts", p);
    drawing.belongs_to(None);
}

/// The mark before the group before which time is cut out, and how much.
fn cut(drawing: &mut Drawing, scene: &Scene<'_>, at: usize, nanos: i64) {
    let p = scene.p;
    let y = scene.y(at) - scene.spacing.above(at) - (CUT - ROW) / 2;
    zigzag(drawing, SIDE, scene.columns.width - SIDE, y, Pen::thin(p.line));
    let words = format!("{} without an event, cut short", span(nanos));
    let x = scene.columns.xs.first().map_or(SIDE, |x| x + 14);
    on_ground(drawing, (x, y + 4), style(11, false, p.muted), &words, p);
}

/// One group: an arrow from the lifeline of its cause, or a box on its own. `elapsed` is what stands beside it, and how
/// long after the beginning it came.
fn row(drawing: &mut Drawing, scene: &Scene<'_>, at: usize, elapsed: (&str, &str), begins_to_undo: bool) {
    let Scene { page, shown, columns, spacing, p, .. } = scene;
    let (group, message) = (&shown.groups[at], &scene.messages[at]);
    let (event, y) = (group.row(page), scene.y(at));
    let mut label = format!("{}, at {}", message.label, elapsed.1);
    if begins_to_undo && event.sign != Some(Sign::GoesBack) {
        label += ", compensation starts";
    }
    drawing.belongs_to(Some(event.row));
    drawing.spot((0, y - ABOVE), (columns.width, ROW), Subject::Event(event.row), label);
    drawing.digits((columns.time, y + 4), style(11, false, p.muted), elapsed.0);
    fold(drawing, shown, at, (columns.time + 12, y - 10), page, p);
    let to = columns.xs[group.line];
    if let Some(words) = &message.delay {
        // To scale, the whole delay is seen.
        let usual = y - ROW + 12;
        let since = message.cause.filter(|_| spacing.is_to_scale).map_or(usual, |cause| scene.y(cause) + 8);
        let top = since.min(usual);
        drawing.rect((to - 2, top), (4, y - top - 2), p.muted, None);
        let small = message::delay_style(p);
        drawing.text((to + 14, y - 16), Anchor::Start, small, words);
    }
    let (colour, text) = (message.colour, style(11, false, message.text_colour));
    let handled = |drawing: &mut Drawing| drawing.rect((to - 5, y - 6), (10, 12), p.raised, Some(colour));
    let (Some(from), Some(pattern)) = (message.from, message.pattern) else {
        handled(drawing);
        let room = columns.room_right(group.line);
        drawing.text((to + 14, y + 4), Anchor::Start, text, &fit(&message.text, text, room));
        return;
    };
    let start = columns.xs[from];
    let (end, is_rightward) = if start < to { (to - 5, true) } else { (to + 5, false) };
    drawing.path(&[(start, y), (end, y)], Pen::arrow(colour).with(pattern));
    handled(drawing);
    // Beside the head of the arrow, where no other lifeline runs.
    let room = if is_rightward { columns.room_left(group.line) } else { columns.room_right(group.line) };
    let words = fit(&message.text, text, room);
    let x = if is_rightward { to - 14 - width(&words, text) } else { to + 14 };
    drawing.text((x, y - 5), Anchor::Start, text, &words);
}
