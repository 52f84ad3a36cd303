//! The flow of a saga: why each event happened, a column for each lifeline, causes above their effects. What undoes
//! something is joined to it by a line of its own, or by a number where there are too many lines.

mod layout;
#[cfg(test)]
mod tests;
mod tracks;

use std::collections::{BTreeMap, BTreeSet};

use self::layout::{HIGH, Layout};
use super::graph::EdgeKind;
use super::heading::{Heading, Key, Legend, least};
use super::measure::{fit, width};
use super::page::Page;
use super::pen::{Pattern, Pen};
use super::pictures::title;
use super::scope::{Scope, Shown};
use super::sequence::{FOLD, NAMES, SIDE, fold, head, line_name, offsets, stand_in, style};
use super::survey::Survey;
use super::svg::{Anchor, Drawing, Palette, Style, Subject};
use crate::base::text::span;
use crate::index::EventLog;

/// The least and the most width of a box, and the room beside its text.
const LEAST: i32 = 120;
const MOST: i32 = 320;
const PADDING: i32 = 20;

/// What a box says.
struct Said {
    /// In two lines.
    name: String,
    when: String,
    label: String,
    border: &'static str,
    colour: &'static str,
    failed: bool,
    undo: bool,
}

fn name_style(colour: &'static str) -> Style {
    style(12, true, colour)
}

pub(super) fn draw(log: &EventLog, survey: &Survey, page: &Page, scope: &Scope, p: &Palette) -> Drawing {
    let shown = Shown::of(log, page, scope).with_siblings_joined(page, scope);
    let offsets = offsets(page);
    let said: Vec<Said> =
        (0..shown.groups.len()).map(|at| said(survey, page, &shown, at, &offsets, p)).collect();
    let undos = undos(page, &shown);
    let lines: Vec<String> = (0..shown.lines.len()).map(|line| line_name(&shown, scope, line)).collect();
    let widths = widths(&shown, &said, &lines, p);
    let layout = Layout::of(&shown, &widths, &undos, SIDE);
    let numbers = numbers(&layout);
    let wide = (layout.size.0 + SIDE).max(least(&title(page), p));
    let heading = Heading::of(&title(page), legend(&shown, &said, &layout, &numbers, p), wide, p);
    let top = heading.height() + NAMES;
    let layout = layout.moved_down(top);
    let mut drawing = Drawing::new(wide, layout.size.1 + 48, &title(page), p);
    (drawing.names, drawing.head) = (heading.height() - 2, top - 8);
    heading.draw(&mut drawing, p);
    stand_in(&mut drawing, &shown, page);
    for (line, (left, wide)) in layout.columns.iter().enumerate() {
        head(&mut drawing, &shown, scope, line, (left + wide / 2, top - 20), *wide, p);
        if line > 0 {
            let x = left - 8;
            drawing.path(&[(x, top - 8), (x, layout.size.1 + 20)], Pen::thin(p.line));
        }
    }
    lines_of(&mut drawing, &shown, &layout, page, &said, p);
    for (at, said) in said.iter().enumerate() {
        node(&mut drawing, page, &shown, &layout, (at, said), numbers.get(&at), p);
    }
    drawing.belongs_to(None);
    if shown.left_out > 0 {
        let words = format!("{} events left out", shown.left_out);
        drawing.text((SIDE, layout.size.1 + 34), Anchor::Start, style(11, false, p.muted), &words);
    }
    drawing
}

fn said(survey: &Survey, page: &Page, shown: &Shown, at: usize, offsets: &[i64], p: &Palette) -> Said {
    let group = &shown.groups[at];
    let name = group.name(survey, page);
    let (failed, undo) = (group.failed(page), group.is_undo(page));
    let when = offsets[group.rows[0]];
    let cause = shown.cause(at).map(|(cause, _)| &shown.groups[cause]);
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
    let waited = cause.map(|cause| when - offsets[cause.rows[cause.rows.len() - 1]]);
    let when = match waited {
        Some(waited) => format!("after {}", span(waited.max(0))),
        None => format!("at {}", span(when)),
    };
    // How often stands on the button beside it.
    let often = format!(" ×{}", group.rows.len());
    let name = name.strip_suffix(&often).filter(|_| group.can_open()).map_or(name.clone(), str::to_owned);
    let (border, colour, name) = match (failed, undo) {
        (true, _) => (p.failed, p.failed, format!("✖ {name}")),
        (false, true) => (p.undo, p.undo, format!("↺ {name}")),
        (false, false) => (p.line, p.text, name),
    };
    Said { name, when, label, border, colour, failed, undo }
}

/// How wide the boxes of each lifeline are: as wide as what they say, within bounds.
fn widths(shown: &Shown, said: &[Said], lines: &[String], p: &Palette) -> Vec<i32> {
    let head = |name: &String| width(name, style(13, true, p.text)).clamp(LEAST, MOST);
    let mut widths: Vec<i32> = lines.iter().map(head).collect();
    for (group, said) in shown.groups.iter().zip(said) {
        let button = if group.can_open() { FOLD.0 + 10 } else { 0 };
        // What is below may have a number at its right.
        let below = width(&said.when, style(11, false, p.muted)) + 48;
        let own = (width(&said.name, name_style(said.colour)) + button).max(below) + PADDING;
        widths[group.line] = widths[group.line].max(own.min(MOST));
    }
    widths
}

/// What undoes what: pairs of groups.
fn undos(page: &Page, shown: &Shown) -> BTreeSet<(usize, usize)> {
    let group_of = |row| page.graph.place(row).and_then(|place| shown.group_of(place));
    let pairs = page.ledger.iter().flat_map(|line| line.effects.iter().zip(&line.undone));
    pairs
        .filter_map(|(effect, undo)| Some((group_of(*undo)?, group_of(*effect)?)))
        .filter(|(undo, effect)| undo != effect)
        .collect()
}

/// The numbers at both ends of those that have no line, by group.
fn numbers(layout: &Layout) -> BTreeMap<usize, Vec<usize>> {
    let mut numbers: BTreeMap<usize, Vec<usize>> = BTreeMap::new();
    let mut unseen: Vec<(usize, usize)> =
        layout.undos.iter().filter(|way| way.points.is_empty()).map(|way| (way.to, way.from)).collect();
    unseen.sort_unstable();
    for (number, (effect, undo)) in (1..).zip(unseen) {
        numbers.entry(effect).or_default().push(number);
        numbers.entry(undo).or_default().push(number);
    }
    numbers
}

/// What a line from a cause looks like.
fn pen(kind: EdgeKind, effect: &Said, p: &Palette) -> Pen {
    if kind == EdgeKind::StreamOrder {
        return Pen::arrow(p.muted).with(Pattern::Dotted);
    }
    Pen::arrow(match (effect.failed, effect.undo) {
        (true, _) => p.failed,
        (false, true) => p.undo,
        (false, false) => p.accent,
    })
}

fn undo_pen(p: &Palette) -> Pen {
    Pen::arrow(p.undo).with(Pattern::Mixed).wide(10)
}

fn legend(
    shown: &Shown,
    said: &[Said],
    layout: &Layout,
    numbers: &BTreeMap<usize, Vec<usize>>,
    p: &Palette,
) -> Legend {
    let mut legend = Legend::default();
    let kinds = || (0..shown.groups.len()).flat_map(|at| shown.causes(at)).map(|(_, kind)| *kind);
    if kinds().any(|kind| kind != EdgeKind::StreamOrder) {
        legend.has(Key::Line(Pen::arrow(p.accent)), "caused");
    }
    if kinds().any(|kind| kind == EdgeKind::StreamOrder) {
        legend.has(Key::Line(Pen::arrow(p.muted).with(Pattern::Dotted)), "a guess by order");
    }
    if layout.undos.iter().any(|way| !way.points.is_empty()) {
        legend.has(Key::Line(undo_pen(p)), "undoes");
    }
    if said.iter().any(|said| said.failed) {
        legend.has(Key::Letters("✖", p.failed), "failed");
    }
    if said.iter().any(|said| said.undo) {
        legend.has(Key::Letters("↺", p.undo), "compensation");
    }
    if !numbers.is_empty() {
        legend.has(Key::Letters("↺ 1", p.undo), "undo and undone");
    }
    legend
}

/// From causes to effects, and from what undoes to what it undoes.
fn lines_of(drawing: &mut Drawing, shown: &Shown, layout: &Layout, page: &Page, said: &[Said], p: &Palette) {
    let kinds = (0..shown.groups.len()).flat_map(|at| shown.causes(at)).map(|(_, kind)| *kind);
    for (way, kind) in layout.causes.iter().zip(kinds) {
        drawing.belongs_to(Some(shown.groups[way.to].row(page).row));
        drawing.path(&way.points, pen(kind, &said[way.to], p));
    }
    for way in layout.undos.iter().filter(|way| !way.points.is_empty()) {
        drawing.belongs_to(Some(shown.groups[way.from].row(page).row));
        drawing.path(&way.points, undo_pen(p));
    }
}

fn node(
    drawing: &mut Drawing,
    page: &Page,
    shown: &Shown,
    layout: &Layout,
    (at, said): (usize, &Said),
    numbers: Option<&Vec<usize>>,
    p: &Palette,
) {
    let group = &shown.groups[at];
    let event = group.row(page);
    let (corner, wide) = layout.boxes[at];
    drawing.belongs_to(Some(event.row));
    drawing.rect(corner, (wide, HIGH), p.raised, Some(said.border));
    let mut label = said.label.clone();
    let (x, y) = (corner.0 + 10, corner.1 + HIGH / 2);
    if let Some(numbers) = numbers {
        let words = match numbers.as_slice() {
            [one] => format!("↺ {one}"),
            [first, ..] => format!("↺ {first} …"),
            [] => String::new(),
        };
        let small = style(11, true, p.undo);
        drawing.text((corner.0 + wide - 10, y + 13), Anchor::End, small, &words);
        let all: Vec<String> = numbers.iter().map(ToString::to_string).collect();
        label += ", undo number ";
        label += &all.join(", ");
    }
    drawing.spot(corner, (wide, HIGH), Subject::Event(event.row), label);
    let room = wide - PADDING - if group.can_open() { FOLD.0 + 6 } else { 0 };
    let style_of_name = name_style(said.colour);
    drawing.text((x, y - 3), Anchor::Start, style_of_name, &fit(&said.name, style_of_name, room));
    let small = style(11, false, p.muted);
    let room = wide - PADDING - if numbers.is_some() { 48 } else { 0 };
    drawing.text((x, y + 13), Anchor::Start, small, &fit(&said.when, small, room));
    fold(drawing, shown, at, (corner.0 + wide - FOLD.0 - 5, corner.1 + 4), page, p);
}
