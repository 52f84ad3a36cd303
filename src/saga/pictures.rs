//! The diagrams drawn: a saga's page, its sequence, and the process map, each as a whole at its natural size.

use super::graph::EdgeKind;
use super::map::{EdgeLabel, ProcessMap};
use super::page::Page;
use super::scope::Scope;
use super::survey::Survey;
use super::svg::{Anchor, Drawing, Palette, Stroke, Style, Subject, fit};
use super::text::{ledger_line, said, span};
use super::{flow, gantt, sequence};
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
    const BOX: (i32, i32) = (210, 40);
    const STEP: (i32, i32) = (250, 96);
    let mut layers: Vec<Vec<TypeId>> = Vec::new();
    let mut last = None;
    for node in &map.nodes {
        if last != Some(node.layer) {
            layers.push(Vec::new());
            last = Some(node.layer);
        }
        if let Some(layer) = layers.last_mut() {
            layer.push(node.id);
        }
    }
    let widest = layers.iter().map(Vec::len).max().unwrap_or(1).max(1) as i32;
    let (width, height) = (SIDE * 2 + widest * STEP.0, HEAD + layers.len() as i32 * STEP.1 + 40);
    let place = |id: TypeId| {
        layers.iter().enumerate().find_map(|(row, layer)| {
            let column = layer.iter().position(|known| *known == id)?;
            let free = (widest - layer.len() as i32) * STEP.0 / 2;
            Some((SIDE + free + column as i32 * STEP.0 + BOX.0 / 2, HEAD + row as i32 * STEP.1 + BOX.1 / 2))
        })
    };
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
    for known in &map.edges {
        let (Some(from), Some(to)) = (known.edge.0.and_then(place), known.edge.1.and_then(place)) else {
            continue;
        };
        let back = to.1 <= from.1;
        let (start, end) = if back {
            ((from.0 + BOX.0 / 2, from.1), (to.0 + BOX.0 / 2, to.1))
        } else {
            ((from.0, from.1 + BOX.1 / 2), (to.0, to.1 - BOX.1 / 2))
        };
        let middle = if back {
            (start.0.max(end.0) + 24, start.1.midpoint(end.1))
        } else {
            (start.0.midpoint(end.0), start.1.midpoint(end.1))
        };
        drawing.path(&[start, middle, end], Stroke { colour: p.accent, dashed: back, arrow: true });
        let text = if label == EdgeLabel::Time { span(known.waits.p50) } else { known.count.to_string() };
        // A number on a line is read on a ground of its own.
        let width = text.chars().count() as i32 * 7 + 6;
        drawing.rect((middle.0 + 1, middle.1 - 11), (width, 15), p.surface, None);
        drawing.text((middle.0 + 4, middle.1), Anchor::Start, style(11, false, p.muted), &text);
    }
    for node in &map.nodes {
        let Some((x, y)) = place(node.id) else { continue };
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
