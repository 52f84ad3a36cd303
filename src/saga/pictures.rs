//! The diagrams drawn: a saga's page, its sequence, and the process map, each as a whole at its natural size.

use super::graph::EdgeKind;
use super::layered::{Sizes, lay_out};
use super::machine::Transition;
use super::map::{EdgeLabel, ProcessMap};
use super::page::Page;
use super::scope::Scope;
use super::survey::Survey;
use super::svg::{Anchor, Drawing, Palette, Stroke, Style, Subject, fit};
use super::text::{ledger_line, said};
use super::{flow, gantt, sequence};
use crate::base::text::span;
use crate::index::{EventLog, TypeId};

/// A picture of one saga, as the registry knows it.
#[derive(Clone, Copy, Debug)]
pub struct Picture {
    /// In commands: `page`.
    pub name: &'static str,
    draw: fn(&EventLog, &Survey, &Page, &Scope, &Palette) -> Drawing,
}

/// Every picture of a saga.
pub static PICTURES: &[Picture] = &[
    Picture { name: "page", draw: |log, survey, saga, _, p| page(log, survey, saga, p) },
    Picture { name: "sequence", draw: sequence::draw },
    Picture {
        name: "sequence-to-scale",
        draw: |log, survey, saga, scope, p| {
            sequence::draw(log, survey, saga, &Scope { to_scale: true, ..scope.clone() }, p)
        },
    },
    Picture { name: "flow", draw: flow::draw },
    Picture { name: "timeline", draw: |log, survey, saga, _, p| gantt::draw(log, survey, saga, p) },
];

impl Picture {
    /// The picture called `name`.
    pub fn named(name: &str) -> Option<&'static Self> {
        PICTURES.iter().find(|picture| picture.name == name)
    }

    /// As SVG.
    pub fn svg(&self, log: &EventLog, survey: &Survey, saga: &Page, palette: &Palette) -> String {
        self.draw(log, survey, saga, palette).svg()
    }

    /// To be painted: all of it.
    pub fn draw(&self, log: &EventLog, survey: &Survey, saga: &Page, palette: &Palette) -> Drawing {
        self.draw_of(log, survey, saga, &Scope::default(), palette)
    }

    /// To be painted: what a scope leaves of it, where it has parts.
    pub fn draw_of(
        &self,
        log: &EventLog,
        survey: &Survey,
        saga: &Page,
        scope: &Scope,
        palette: &Palette,
    ) -> Drawing {
        (self.draw)(log, survey, saga, scope, palette)
    }
}

const SIDE: i32 = 20;
const ROW: i32 = 30;
const HEAD: i32 = 76;

/// What stands above a picture of a saga.
pub(super) fn title(page: &Page) -> String {
    let definition = page.summary.definition.as_deref().unwrap_or("inferred");
    format!("{} · {definition} · {} · {}", page.title, page.summary.outcome, span(page.summary.duration))
}

fn name(survey: &Survey, id: TypeId) -> &str {
    &survey.traits[id.0 as usize].name
}

fn style(size: i32, bold: bool, colour: &'static str) -> Style {
    Style { size, bold, colour }
}

/// What an event is drawn in.
fn colour(row: &super::page::PageRow, p: &Palette) -> &'static str {
    match (row.failure, row.undo) {
        (true, _) => p.failed,
        (false, true) => p.undo,
        (false, false) => p.text,
    }
}

/// Three columns on one line: what came in, what it changed, what went out; the ledger below.
fn page(log: &EventLog, survey: &Survey, page: &Page, p: &Palette) -> Drawing {
    const COLUMNS: [i32; 3] = [SIDE + 28, 380, 720];
    let extra: i32 = page.rows.iter().map(|row| (row.changes.len().min(3) as i32 - 2).max(0) * 16).sum();
    let below = (page.ledger.len() + page.ahead.len()) as i32 * 22 + 80;
    let height = HEAD + page.rows.len() as i32 * (ROW + 14) + extra + below;
    let mut drawing = Drawing::new(1_060, height, &title(page), p);
    drawing.text((SIDE, 32), Anchor::Start, style(16, true, p.text), &fit(&title(page), 1_000));
    for (x, head) in COLUMNS.iter().zip(["incoming", "state change", "outgoing"]) {
        drawing.text((*x, 60), Anchor::Start, style(11, false, p.muted), head);
    }
    let mut y = HEAD + 12;
    for (number, row) in page.rows.iter().enumerate() {
        drawing.text((SIDE, y), Anchor::Start, style(11, false, p.muted), &(number + 1).to_string());
        let kind = fit(name(survey, row.event_type), 300);
        drawing.text((COLUMNS[0], y), Anchor::Start, style(13, true, colour(row, p)), &kind);
        let stream = row.stream.map_or_else(String::new, |id| log.stream(id).id.to_string());
        let about = [format!("+{}", span(row.wait)), stream, said(page, row)];
        let about: Vec<String> = about.into_iter().filter(|part| !part.is_empty()).collect();
        drawing.text(
            (COLUMNS[0], y + 16),
            Anchor::Start,
            style(11, false, p.muted),
            &fit(&about.join("  "), 320),
        );
        let line = Stroke { colour: p.line, dashed: false, arrow: false };
        drawing.path(&[(COLUMNS[1] - 16, HEAD - 8), (COLUMNS[1] - 16, y + 20)], line);
        for (at, change) in row.changes.iter().take(3).enumerate() {
            let y = y + at as i32 * 16;
            drawing.text(
                (COLUMNS[1], y),
                Anchor::Start,
                style(12, false, p.text),
                &fit(&change.to_string(), 320),
            );
        }
        for (at, (effect, kind)) in row.outgoing.iter().take(2).enumerate() {
            let place = page.graph.place(*effect).map_or(0, |place| place + 1);
            let event_type = log.type_of(*effect);
            let dashed = *kind == EdgeKind::StreamOrder;
            let more = if at == 1 && row.outgoing.len() > 2 {
                format!(" +{}", row.outgoing.len() - 2)
            } else {
                String::new()
            };
            let y = y + at as i32 * 16;
            drawing.path(
                &[(COLUMNS[2] - 40, y - 4), (COLUMNS[2] - 6, y - 4)],
                Stroke { colour: p.accent, dashed, arrow: true },
            );
            let text = format!("{}  ↓ {place}{more}", name(survey, event_type));
            drawing.text((COLUMNS[2], y), Anchor::Start, style(12, false, p.text), &fit(&text, 320));
        }
        y += ROW + 14 + (row.changes.len().min(3) as i32 - 2).max(0) * 16;
    }
    for (head, lines) in [
        ("Ledger", page.ledger.iter().map(ledger_line).collect::<Vec<_>>()),
        ("Still to come", page.ahead.iter().map(|next| next.name.to_string()).collect()),
    ] {
        if lines.is_empty() {
            continue;
        }
        drawing.text((SIDE, y + 8), Anchor::Start, style(11, true, p.muted), head);
        y += 22;
        for line in lines {
            drawing.text((COLUMNS[0], y + 8), Anchor::Start, style(12, false, p.text), &fit(&line, 1_000));
            y += 22;
        }
    }
    drawing
}

/// The process map: types in layers by their usual place, edges between them.
pub fn map(survey: &Survey, map: &ProcessMap, label: EdgeLabel, p: &Palette) -> Drawing {
    const SIZES: Sizes = Sizes { node: (210, 40), across: 36, down: 104 };
    const BOX: (i32, i32) = SIZES.node;
    let number = |id: TypeId| map.nodes.iter().position(|node| node.id == id);
    let inner: Vec<(&Transition, (usize, usize))> = map
        .edges
        .iter()
        .filter_map(|known| Some((known, (number(known.edge.0?)?, number(known.edge.1?)?))))
        .collect();
    let ends: Vec<(usize, usize)> = inner.iter().map(|(_, ends)| *ends).collect();
    let layered = lay_out(map.nodes.len(), &ends, SIZES);
    let (left, top) = (SIDE + 12, HEAD);
    let (width, height) = ((layered.size.0 + 2 * left).max(420), layered.size.1 + top + 40);
    let moved = |(x, y): (i32, i32)| (x + left, y + top);
    let mut drawing = Drawing::new(width, height, "Process map", p);
    drawing.text((SIDE, 32), Anchor::Start, style(16, true, p.text), "Process map");
    let shown = format!(
        "{} types, {} ways; {} and {} left out",
        map.nodes.len(),
        map.edges.iter().filter(|known| known.edge.0.is_some() && known.edge.1.is_some()).count(),
        map.hidden_nodes,
        map.hidden_edges
    );
    drawing.text((SIDE, 54), Anchor::Start, style(11, false, p.muted), &shown);
    for (points, back) in layered.edges.iter().zip(&layered.back) {
        let points: Vec<(i32, i32)> = points.iter().map(|point| moved(*point)).collect();
        drawing.path(&points, Stroke { colour: p.accent, dashed: *back, arrow: true });
    }
    // A number on a line is read on a ground of its own, and gives way to the numbers before it.
    let mut taken: Vec<(i32, i32, i32)> = Vec::new();
    for ((known, _), points) in inner.iter().zip(&layered.edges) {
        let text = if label == EdgeLabel::Time { span(known.waits.p50) } else { known.count.to_string() };
        let width = text.chars().count() as i32 * 7 + 6;
        let at = label_place(points, width, &taken);
        taken.push((at.0, at.1, width));
        let (x, y) = moved(at);
        drawing.rect((x, y), (width, LABEL), p.surface, None);
        drawing.text((x + 3, y + 11), Anchor::Start, style(11, false, p.muted), &text);
        let end = |id: Option<TypeId>| id.map_or("", |id| name(survey, id));
        let (from, to) = (end(known.edge.0), end(known.edge.1));
        let (half, sagas) = (span(known.waits.p50), known.sagas);
        let words = format!("{from} → {to}, {} times in {sagas} sagas, half within {half}", known.count);
        drawing.spot((x - 2, y - 2), (width + 4, LABEL + 4), Subject::Way(known.edge), words);
    }
    for (node, middle) in map.nodes.iter().zip(&layered.nodes) {
        let (x, y) = moved(*middle);
        let info = &survey.traits[node.id.0 as usize];
        let border = if info.failure {
            p.failed
        } else if info.is_undo() {
            p.undo
        } else {
            p.line
        };
        let corner = (x - BOX.0 / 2, y - BOX.1 / 2);
        drawing.rect(corner, BOX, p.raised, Some(border));
        let words = format!("{}, in {} sagas", info.name, node.sagas);
        drawing.spot(corner, BOX, Subject::Type(node.id), words);
        drawing.text((x, y - 2), Anchor::Middle, style(12, true, p.text), &fit(&info.name, BOX.0 - 12));
        drawing.text((x, y + 14), Anchor::Middle, style(11, false, p.muted), &node.sagas.to_string());
    }
    drawing
}

/// Height of a number on an edge.
const LABEL: i32 = 15;

/// Upper left corner of a number of this width on an edge: on its first stretch between two layers, where none of those
/// that are `taken` (corner and width) is in the way, if there is such a place.
fn label_place(points: &[(i32, i32)], width: i32, taken: &[(i32, i32, i32)]) -> (i32, i32) {
    let (from, to) = (points[0], points[1.min(points.len() - 1)]);
    let at = |percent: i32| {
        let along = |from: i32, to: i32| from + (to - from) * percent / 100;
        (along(from.0, to.0) - width / 2, along(from.1, to.1) - LABEL / 2)
    };
    let free = |(x, y): &(i32, i32)| {
        let apart = |(other_x, other_y, other): &(i32, i32, i32)| {
            x + width <= *other_x || other_x + other <= *x || y + LABEL <= *other_y || other_y + LABEL <= *y
        };
        taken.iter().all(apart)
    };
    [50, 35, 65, 25, 75].into_iter().map(at).find(free).unwrap_or_else(|| at(50))
}
