//! The sequence of a saga: when which service said what to which, a lifeline for each of them. Even spacing or to the
//! scale of time, the time at the left; how long something took to follow its cause, failures, and compensation as a return.

use super::facts::Sign;
use super::graph::EdgeKind;
use super::page::Page;
use super::pictures::title;
use super::scope::{Scope, Shown};
use super::survey::Survey;
use super::svg::{Anchor, Drawing, Palette, Stroke, Style, Subject, fit};
use super::text::said;
use crate::base::text::span;
use crate::index::EventLog;

pub(super) const SIDE: i32 = 20;
pub(super) const HEAD: i32 = 76;
const ROW: i32 = 34;
/// Room for the longest gap of a sequence that is drawn to scale.
const CUT: i32 = 8 * ROW;
const LEFT: i32 = SIDE + 124;
const LANE: i32 = 200;
/// A delay is drawn where it is at least this part of the whole.
const DELAY_SHARE: i64 = 20;
/// A label may stand at the right of the last line.
const LEAST: i32 = 560;

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

/// The name of a lifeline above it, and where it is folded.
pub(super) fn head(
    drawing: &mut Drawing,
    shown: &Shown,
    scope: &Scope,
    line: usize,
    x: i32,
    room: i32,
    p: &Palette,
) {
    let name = &shown.lines[line];
    let is_folded = scope.folded.contains(name);
    let words = if is_folded { format!("▸ {name}") } else { name.clone() };
    drawing.text((x, 56), Anchor::Middle, style(13, true, p.text), &fit(&words, room));
    let (state, events) = (if is_folded { "folded" } else { "open" }, shown.events[line]);
    let label = format!("Lifeline {name}, {events} events, {state}");
    drawing.spot((x - room / 2, 40), (room, 24), Subject::Line(line as u32), label);
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
    drawing.rect(corner, (34, 18), p.raised, Some(p.line));
    drawing.text((corner.0 + 17, corner.1 + 13), Anchor::Middle, style(11, false, p.text), &words);
    let label = format!("Show each of the {} events", group.rows.len());
    drawing.spot(corner, (34, 18), Subject::Fold(group.first(page)), label);
}

/// What a window has to know of a drawing: its lifelines, and which event stands for those of a group.
pub(super) fn stand_in(drawing: &mut Drawing, shown: &Shown, page: &Page) {
    drawing.lines.clone_from(&shown.lines);
    for group in shown.groups.iter().filter(|group| group.rows.len() > 1) {
        let row = group.row(page).row;
        drawing.stand_ins.extend(group.rows.iter().map(|at| (page.rows[*at].row, row)));
    }
}

pub(super) fn draw(log: &EventLog, survey: &Survey, page: &Page, scope: &Scope, p: &Palette) -> Drawing {
    let shown = Shown::of(log, page, scope);
    let x = |line: usize| LEFT + line as i32 * LANE + LANE / 2;
    let width = (LEFT + shown.lines.len() as i32 * LANE + SIDE).max(LEAST);
    let offsets = offsets(page);
    let spacing = Spacing::of(&shown, &offsets, scope.to_scale);
    let height = HEAD + spacing.ys.last().map_or(0, |y| y + ROW - 22) + 64;
    let mut drawing = Drawing::new(width, height, &title(page), p);
    drawing.head = HEAD - 8;
    drawing.text((SIDE, 28), Anchor::Start, style(16, true, p.text), &fit(&title(page), width - 40));
    stand_in(&mut drawing, &shown, page);
    for line in 0..shown.lines.len() {
        head(&mut drawing, &shown, scope, line, x(line), LANE - 16, p);
        let rail = Stroke { colour: p.line, dashed: false, arrow: false };
        drawing.path(&[(x(line), HEAD - 8), (x(line), height - 44)], rail);
    }
    let goes_back = page
        .rows
        .iter()
        .position(|row| row.sign == Some(Sign::GoesBack))
        .or_else(|| page.rows.iter().position(|row| row.undo));
    let goes_back = goes_back.and_then(|at| shown.group_of(at)).filter(|_| scope.focus.is_none());
    for at in 0..shown.groups.len() {
        let y = HEAD + spacing.ys[at];
        if goes_back == Some(at) {
            let dashed = Stroke { colour: p.undo, dashed: true, arrow: false };
            drawing.path(&[(LEFT, y - ROW + 9), (width - SIDE, y - ROW + 9)], dashed);
        }
        let scene = Scene { survey, page, shown: &shown, offsets: &offsets, spacing: &spacing, p };
        row(&mut drawing, &scene, at, (y, width), &x);
    }
    for (at, nanos) in &spacing.cuts {
        drawing.belongs_to(None);
        let y = HEAD + spacing.ys[*at] - ROW - (CUT - ROW) / 2;
        let dashed = Stroke { colour: p.line, dashed: true, arrow: false };
        drawing.path(&[(SIDE, y), (width - SIDE, y)], dashed);
        let words = format!("{} cut", span(*nanos));
        drawing.text((SIDE, y - 5), Anchor::Start, style(10, false, p.muted), &words);
    }
    drawing.belongs_to(None);
    let debts = page.summary.owed.len();
    let owed = if debts == 0 { "nothing owed".to_owned() } else { format!("{debts} owed") };
    let left_out = match shown.left_out {
        0 => String::new(),
        events => format!(" · {events} events left out"),
    };
    let end = format!("{} · {owed}{left_out}", page.summary.outcome);
    drawing.text((LEFT, height - 18), Anchor::Start, style(12, true, p.text), &end);
    drawing
}

/// How far apart rows are.
struct Spacing {
    /// Where each group stands below the head.
    ys: Vec<i32>,
    /// Groups before which time was cut out, and how much.
    cuts: Vec<(usize, i64)>,
    is_to_scale: bool,
}

impl Spacing {
    /// Even, or as far apart as in time: never closer than can be read, and what is much longer than most is cut.
    fn of(shown: &Shown, offsets: &[i64], is_to_scale: bool) -> Self {
        let starts: Vec<i64> = shown.groups.iter().map(|group| offsets[group.rows[0]]).collect();
        let gaps: Vec<i64> = starts.windows(2).map(|pair| (pair[1] - pair[0]).max(0)).collect();
        let mut sorted: Vec<i64> = gaps.iter().copied().filter(|gap| *gap > 0).collect();
        sorted.sort_unstable();
        // Three of four gaps are at most three rows high.
        let usual = sorted.get(sorted.len() * 3 / 4).copied().unwrap_or(1).max(1);
        let (mut y, mut ys, mut cuts) = (22, Vec::with_capacity(starts.len()), Vec::new());
        for at in 0..starts.len() {
            if let Some(gap) = at.checked_sub(1).map(|before| gaps[before]) {
                let room =
                    (i128::from(gap) * i128::from(3 * ROW) / i128::from(usual)).min(i128::from(i32::MAX));
                y += match room as i32 {
                    _ if !is_to_scale => ROW,
                    room if room > CUT => {
                        cuts.push((at, gap));
                        CUT
                    }
                    room => room.max(ROW),
                };
            }
            ys.push(y);
        }
        Self { ys, cuts, is_to_scale }
    }
}

struct Scene<'a> {
    survey: &'a Survey,
    page: &'a Page,
    shown: &'a Shown,
    offsets: &'a [i64],
    spacing: &'a Spacing,
    p: &'a Palette,
}

impl Scene<'_> {
    /// How long a group took to follow its cause, and in which words.
    fn delay(&self, at: usize) -> Option<(i64, String)> {
        let (cause, kind) = self.shown.cause(at)?;
        let (from, to) = (&self.shown.groups[cause], &self.shown.groups[at]);
        let nanos = self.offsets[to.rows[0]] - self.offsets[from.rows[from.rows.len() - 1]];
        // Where a history tells when something was scheduled and when it started, the time between is the queue's.
        let started = &self.survey.traits[self.page.rows[to.rows[0]].event_type.0 as usize].name;
        let is_queue = kind == EdgeKind::Scheduled && started.to_lowercase().contains("started");
        let word = if is_queue { "queued" } else { "after" };
        (nanos > 0).then(|| (nanos, format!("{word} {}", span(nanos))))
    }
}

/// One group: an arrow from the lifeline of its cause, or a box on its own.
fn row(
    drawing: &mut Drawing,
    scene: &Scene<'_>,
    at: usize,
    (y, width): (i32, i32),
    x: &dyn Fn(usize) -> i32,
) {
    let Scene { survey, page, shown, offsets, spacing, p } = *scene;
    let group = &shown.groups[at];
    let event = group.row(page);
    let (failed, undo) = (group.failed(page), group.is_undo(page));
    let name = group.name(survey, page);
    let line = &shown.lines[group.line];
    let cause = shown.cause(at);
    let delay = scene.delay(at);
    let mut label = format!("{name}, {line}");
    for (holds, words) in [(failed, ", failed"), (undo, ", compensation")] {
        if holds {
            label += words;
        }
    }
    let about = said(page, event);
    if !about.is_empty() {
        label += ", ";
        label += &about;
    }
    drawing.belongs_to(Some(event.row));
    drawing.spot((0, y - ROW / 2 - 4), (width, ROW), Subject::Event(event.row), label);
    let time = style(11, false, p.muted);
    drawing.text((SIDE, y + 3), Anchor::Start, time, &span(offsets[group.rows[group.rows.len() - 1]]));
    fold(drawing, shown, at, (LEFT - 42, y - 10), page, p);
    let to = x(group.line);
    if let Some((_, words)) = delay.filter(|(nanos, _)| *nanos * DELAY_SHARE >= page.summary.duration.max(1))
    {
        // To scale, the whole delay is seen.
        let since = cause.filter(|_| spacing.is_to_scale).map(|(cause, _)| HEAD + spacing.ys[cause] + 8);
        let top = since.unwrap_or(y - ROW + 12).min(y - ROW + 12);
        drawing.rect((to - 2, top), (4, y - top - 2), p.muted, None);
        drawing.text((to + 8, y - 16), Anchor::Start, style(10, false, p.muted), &words);
    }
    let colour = match (failed, undo) {
        (true, _) => p.failed,
        (false, true) => p.undo,
        (false, false) => p.text,
    };
    let text = if failed { format!("✖ {name}") } else { name };
    let from = cause.map(|(cause, kind)| (shown.groups[cause].line, kind, cause));
    if let Some((line, kind, cause)) = from.filter(|(line, ..)| *line != group.line) {
        // Back to who asked, or taking back: a return.
        let asked = shown.cause(cause).is_some_and(|(asker, _)| shown.groups[asker].line == group.line);
        let is_guess = kind == EdgeKind::StreamOrder;
        let stroke = match (failed, undo) {
            (true, _) => p.failed,
            (false, true) => p.undo,
            (false, false) if is_guess => p.muted,
            (false, false) => p.accent,
        };
        let from = x(line);
        let dashed = undo || asked || is_guess;
        let end = if from < to { to - 5 } else { to + 5 };
        drawing.path(&[(from, y), (end, y)], Stroke { colour: stroke, dashed, arrow: true });
        drawing.rect((to - 5, y - 6), (10, 12), p.raised, Some(stroke));
        let room = (from - to).abs() - 16;
        let label = fit(&text, room.max(LANE - 30));
        let wide = label.chars().count() as i32 * 6 + 6;
        drawing.rect((from.midpoint(to) - wide / 2, y - 15), (wide, 13), p.surface, None);
        drawing.text((from.midpoint(to), y - 5), Anchor::Middle, style(11, false, colour), &label);
    } else {
        let border = match (failed, undo) {
            (true, _) => p.failed,
            (false, true) => p.undo,
            (false, false) => p.accent,
        };
        drawing.rect((to - 5, y - 6), (10, 12), p.raised, Some(border));
        let label = fit(&text, LANE - 10);
        drawing.text((to + 12, y + 4), Anchor::Start, style(11, false, colour), &label);
    }
}
