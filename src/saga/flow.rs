//! The flow of a saga: why each event happened, a column for each lifeline, causes above their effects. What undoes
//! something is drawn as a return to it.

use std::collections::{BTreeSet, HashMap};

use super::graph::EdgeKind;
use super::page::Page;
use super::pictures::title;
use super::scope::{Scope, Shown};
use super::sequence::{HEAD, SIDE, fold, head, offsets, stand_in, style};
use super::survey::Survey;
use super::svg::{Anchor, Drawing, Palette, Stroke, Subject, fit};
use crate::base::text::span;
use crate::index::EventLog;

const BOX: (i32, i32) = (196, 42);
const STEP: (i32, i32) = (BOX.0 + 32, 78);
/// Boxes beside each other in one column at most; more go on below.
const BESIDE_MAX: usize = 3;
/// Between two columns.
const BETWEEN: i32 = 24;

/// Where every group stands.
struct Layout {
    /// Layer and place in the column, by group.
    places: Vec<(usize, usize)>,
    /// Left edge of each column, and its width.
    columns: Vec<(i32, i32)>,
    layers: usize,
}

impl Layout {
    fn of(shown: &Shown) -> Self {
        let mut places: Vec<(usize, usize)> = Vec::with_capacity(shown.groups.len());
        let mut taken: HashMap<(usize, usize), usize> = HashMap::new();
        // From where on a column may have room: a thousand effects of one cause look for it once.
        let mut free: HashMap<(usize, usize), usize> = HashMap::new();
        let mut beside: Vec<usize> = vec![1; shown.lines.len()];
        for (at, group) in shown.groups.iter().enumerate() {
            let causes = shown.causes(at).iter().filter(|(cause, _)| *cause < at);
            let least = causes.map(|(cause, _)| places[*cause].0 + 1).max().unwrap_or(0);
            let mut layer = free.get(&(group.line, least)).copied().unwrap_or(least);
            while taken.get(&(group.line, layer)).is_some_and(|count| *count >= BESIDE_MAX) {
                layer += 1;
            }
            free.insert((group.line, least), layer);
            let count = taken.entry((group.line, layer)).or_default();
            places.push((layer, *count));
            *count += 1;
            beside[group.line] = beside[group.line].max(*count);
        }
        let mut left = SIDE + 8;
        let columns = beside.iter().map(|count| {
            let column = (left, *count as i32 * STEP.0);
            left += column.1 + BETWEEN;
            column
        });
        let columns: Vec<(i32, i32)> = columns.collect();
        let layers = places.iter().map(|(layer, _)| layer + 1).max().unwrap_or(0);
        Self { places, columns, layers }
    }

    /// The middle of a group's box.
    fn middle(&self, shown: &Shown, at: usize) -> (i32, i32) {
        let (layer, beside) = self.places[at];
        let (left, _) = self.columns[shown.groups[at].line];
        (left + beside as i32 * STEP.0 + STEP.0 / 2, HEAD + layer as i32 * STEP.1 + BOX.1 / 2 + 12)
    }
}

pub(super) fn draw(log: &EventLog, survey: &Survey, page: &Page, scope: &Scope, p: &Palette) -> Drawing {
    let shown = Shown::of(log, page, scope);
    let layout = Layout::of(&shown);
    let right = layout.columns.last().map_or(0, |(left, width)| left + width);
    let (width, height) = ((right + SIDE).max(560), HEAD + layout.layers as i32 * STEP.1 + 48);
    let mut drawing = Drawing::new(width, height, &title(page), p);
    drawing.head = HEAD - 8;
    drawing.text((SIDE, 28), Anchor::Start, style(16, true, p.text), &fit(&title(page), width - 40));
    stand_in(&mut drawing, &shown, page);
    for (line, (left, wide)) in layout.columns.iter().enumerate() {
        head(&mut drawing, &shown, scope, line, left + wide / 2, wide - 16, p);
        if line > 0 {
            let rail = Stroke { colour: p.line, dashed: true, arrow: false };
            let x = left - BETWEEN / 2;
            drawing.path(&[(x, HEAD - 8), (x, height - 30)], rail);
        }
    }
    for at in 0..shown.groups.len() {
        edges(&mut drawing, &shown, &layout, page, at, p);
    }
    returns(&mut drawing, &shown, &layout, page, p);
    let offsets = offsets(page);
    for at in 0..shown.groups.len() {
        node(&mut drawing, survey, page, &shown, &layout, (at, &offsets), p);
    }
    drawing.belongs_to(None);
    let mut words = vec!["Causes stand above their effects; a dashed grey line is a guess by order, a dashed coloured one an undo".to_owned()];
    if shown.left_out > 0 {
        words.push(format!("{} events left out", shown.left_out));
    }
    drawing.text((SIDE, height - 14), Anchor::Start, style(11, false, p.muted), &words.join(" · "));
    drawing
}

/// From the causes of a group to it.
fn edges(drawing: &mut Drawing, shown: &Shown, layout: &Layout, page: &Page, at: usize, p: &Palette) {
    let group = &shown.groups[at];
    drawing.belongs_to(Some(group.row(page).row));
    let (x, y) = layout.middle(shown, at);
    let top = y - BOX.1 / 2;
    for (cause, kind) in shown.causes(at) {
        let is_guess = *kind == EdgeKind::StreamOrder;
        let colour = match (group.failed(page), group.is_undo(page)) {
            _ if is_guess => p.muted,
            (true, _) => p.failed,
            (false, true) => p.undo,
            (false, false) => p.accent,
        };
        let stroke = Stroke { colour, dashed: is_guess, arrow: true };
        let (from_x, from_y) = layout.middle(shown, *cause);
        let foot = from_y + BOX.1 / 2;
        if layout.places[at].0 == layout.places[*cause].0 + 1 {
            drawing.path(&[(from_x, foot), (x, top)], stroke);
        } else {
            // Past the boxes between, beside the column of the effect.
            let gutter = x - BOX.0 / 2 - 10;
            drawing.path(&[(from_x, foot), (gutter, foot + 18), (gutter, top - 14), (x - 40, top)], stroke);
        }
    }
}

/// From what undoes something back to what it undoes.
fn returns(drawing: &mut Drawing, shown: &Shown, layout: &Layout, page: &Page, p: &Palette) {
    let group_of = |row| page.graph.place(row).and_then(|place| shown.group_of(place));
    let mut drawn: BTreeSet<(usize, usize)> = BTreeSet::new();
    for line in &page.ledger {
        for (effect, undo) in line.effects.iter().zip(&line.undone) {
            let (Some(to), Some(from)) = (group_of(*effect), group_of(*undo)) else { continue };
            if from == to || !drawn.insert((from, to)) {
                continue;
            }
            drawing.belongs_to(Some(*undo));
            let ((from_x, from_y), (x, y)) = (layout.middle(shown, from), layout.middle(shown, to));
            let side = BOX.0 / 2;
            let gutter = x + side + 10;
            let start = if from_x > gutter { from_x - side } else { from_x + side };
            let stroke = Stroke { colour: p.undo, dashed: true, arrow: true };
            drawing.path(
                &[(start, from_y + 6), (gutter, from_y + 6), (gutter, y + 6), (x + side, y + 6)],
                stroke,
            );
        }
    }
}

fn node(
    drawing: &mut Drawing,
    survey: &Survey,
    page: &Page,
    shown: &Shown,
    layout: &Layout,
    (at, offsets): (usize, &[i64]),
    p: &Palette,
) {
    let group = &shown.groups[at];
    let event = group.row(page);
    let name = group.name(survey, page);
    let (failed, undo) = (group.failed(page), group.is_undo(page));
    let (border, colour) = match (failed, undo) {
        (true, _) => (p.failed, p.failed),
        (false, true) => (p.undo, p.undo),
        (false, false) => (p.line, p.text),
    };
    let (x, y) = layout.middle(shown, at);
    let corner = (x - BOX.0 / 2, y - BOX.1 / 2);
    let when = offsets[group.rows[0]];
    let cause = shown.cause(at).map(|(cause, _)| &shown.groups[cause]);
    let waited = cause.map(|cause| when - offsets[cause.rows[cause.rows.len() - 1]]);
    let mut label = format!("{name}, {}", shown.lines[group.line]);
    if let Some(cause) = cause {
        label += ", caused by ";
        label += &cause.name(survey, page);
    }
    for (holds, words) in [(failed, ", failed"), (undo, ", compensation")] {
        if holds {
            label += words;
        }
    }
    drawing.belongs_to(Some(event.row));
    drawing.rect(corner, BOX, p.raised, Some(border));
    drawing.spot(corner, BOX, Subject::Event(event.row), label);
    let room = if group.can_open() { BOX.0 - 62 } else { BOX.0 - 20 };
    let text = if failed { format!("✖ {name}") } else { name };
    drawing.text((corner.0 + 10, y - 3), Anchor::Start, style(12, true, colour), &fit(&text, room));
    let below = match waited {
        Some(waited) => format!("after {}", span(waited.max(0))),
        None => format!("at {}", span(when)),
    };
    drawing.text((corner.0 + 10, y + 13), Anchor::Start, style(11, false, p.muted), &fit(&below, BOX.0 - 20));
    fold(drawing, shown, at, (corner.0 + BOX.0 - 40, corner.1 + 5), page, p);
}
