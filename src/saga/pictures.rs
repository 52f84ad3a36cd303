//! The diagrams drawn: a saga's page, its sequence, and the process map, each as a whole at its natural size.

mod process_map;

pub use self::process_map::map;
use super::graph::EdgeKind;
use super::heading::{Heading, Key, Legend};
use super::measure::{fit, width};
use super::page::{Page, PageRow};
use super::pen::{Pattern, Pen};
use super::scope::Scope;
use super::summary::Summary;
use super::survey::Survey;
use super::svg::{Anchor, Drawing, Palette, Style};
use super::text::{ledger_lines, said};
use super::{flow, gantt, sequence};
use crate::base::text::span;
use crate::index::{EventLog, TypeId};

/// A picture of one saga, as the registry knows it.
#[derive(Clone, Copy, Debug)]
pub struct Picture {
    /// In commands: `page`.
    pub name: &'static str,
    /// Drawn alone, what comes again and again is drawn once, with how often.
    folds: bool,
    draw: fn(&EventLog, &Survey, &Page, &Scope, &Palette) -> Drawing,
}

/// Every picture of a saga.
pub static PICTURES: &[Picture] = &[
    Picture { name: "page", folds: false, draw: |log, survey, saga, _, p| page(log, survey, saga, p) },
    Picture { name: "sequence", folds: false, draw: sequence::draw },
    Picture {
        name: "sequence-to-scale",
        folds: false,
        draw: |log, survey, saga, scope, p| {
            sequence::draw(log, survey, saga, &Scope { to_scale: true, ..scope.clone() }, p)
        },
    },
    Picture { name: "flow", folds: true, draw: flow::draw },
    Picture {
        name: "timeline",
        folds: false,
        draw: |log, survey, saga, _, p| gantt::draw(log, survey, saga, p),
    },
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
        let scope = Scope { folds_repeats: self.folds, ..Scope::default() };
        self.draw_of(log, survey, saga, &scope, palette)
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

/// What stands above a picture of a saga.
pub(super) fn title(page: &Page) -> String {
    let definition = page.summary.definition.as_deref().unwrap_or("inferred");
    format!("{} · {definition} · {} · {}", page.title, page.summary.outcome, span(page.summary.duration))
}

/// What stands below a picture of a saga.
pub(super) fn foot(summary: &Summary) -> String {
    let debts = summary.owed.len();
    let owed = if debts == 0 { "nothing owed".to_owned() } else { format!("{debts} owed") };
    format!("{} · {owed}", summary.outcome)
}

/// What stands above and below a picture of a saga while an earlier moment is shown.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AsOf {
    /// Above.
    pub title: String,
    /// Below.
    pub foot: String,
}

impl AsOf {
    /// Until it is known how it stood.
    pub fn judging(page: &Page) -> Self {
        let definition = page.summary.definition.as_deref().unwrap_or("inferred");
        let words = "judging it as of the playhead";
        Self { title: format!("{} · {definition} · {words}", page.title), foot: words.to_owned() }
    }

    /// Of all sagas while they are counted as of another moment: the numbers are still those of the one before.
    pub fn counting() -> Self {
        let words = "counting as of the playhead";
        Self { title: format!("Process map · {words}"), foot: words.to_owned() }
    }

    /// Of a saga that stood like this at that moment; `None`: it had not begun.
    pub fn of(page: &Page, then: Option<&Summary>) -> Self {
        let definition = page.summary.definition.as_deref().unwrap_or("inferred");
        let begins = format!("{} · {definition}", page.title);
        match then {
            None => Self {
                title: format!("{begins} · not begun as of the playhead"),
                foot: "not begun as of the playhead".to_owned(),
            },
            Some(then) => Self {
                title: format!("{begins} · {} as of the playhead · {}", then.outcome, span(then.duration)),
                foot: format!("as of the playhead: {}", foot(then)),
            },
        }
    }
}

fn name(survey: &Survey, id: TypeId) -> &str {
    &survey.traits[id.0 as usize].name
}

fn style(size: i32, bold: bool, colour: &'static str) -> Style {
    Style { size, bold, colour }
}

/// What an event is drawn in, the glyph before its name, and the word for it.
fn look(survey: &Survey, id: TypeId, p: &Palette) -> (&'static str, &'static str, &'static str) {
    let info = &survey.traits[id.0 as usize];
    match (info.failure, info.is_undo()) {
        (true, _) => (p.failed, "✖ ", "failed"),
        (false, true) => (p.undo, "↺ ", "compensation"),
        (false, false) => (p.text, "", ""),
    }
}

/// Left edges of the three columns of a page, and the room in them.
const COLUMNS: [(i32, i32); 3] = [(SIDE + 28, 300), (380, 280), (720, 320)];
const PAGE: i32 = 1_060;

/// A text in the room that it has.
fn put(drawing: &mut Drawing, (x, room): (i32, i32), y: i32, style: Style, text: &str) {
    drawing.text((x, y), Anchor::Start, style, &fit(text, style, room));
}

/// Three columns on one line: what came in, what it changed, what went out; the ledger below.
fn page(log: &EventLog, survey: &Survey, page: &Page, p: &Palette) -> Drawing {
    let extra: i32 = page.rows.iter().map(more).sum();
    let (ledger, pivot) = ledger_lines(page);
    let below = (ledger.len() + page.ahead.len()) as i32 * 22 + 80;
    let heading = Heading::of(&title(page), legend(survey, page, p), PAGE, p);
    let top = heading.height() + 32;
    let height = top + page.rows.len() as i32 * (ROW + 14) + extra + below;
    let mut drawing = Drawing::new(PAGE, height, &title(page), p);
    heading.draw(&mut drawing, p);
    for (column, head) in COLUMNS.iter().zip(["incoming", "state change", "outgoing"]) {
        put(&mut drawing, *column, top - 16, style(11, false, p.muted), head);
    }
    let mut y = top + 12;
    let x = COLUMNS[1].0 - 16;
    if !page.rows.is_empty() {
        let bottom = y + page.rows.len() as i32 * (ROW + 14) + extra - 24;
        drawing.path(&[(x, top - 8), (x, bottom)], Pen::thin(p.line));
    }
    for (number, row) in page.rows.iter().enumerate() {
        page_row(&mut drawing, (log, survey, page), (number, row), y, p);
        y += ROW + 14 + more(row);
    }
    for (head, lines) in [
        ("Ledger", ledger),
        ("Still to come", page.ahead.iter().map(|next| next.name.to_string()).collect::<Vec<_>>()),
    ] {
        if lines.is_empty() {
            continue;
        }
        drawing.text((SIDE, y + 8), Anchor::Start, style(11, true, p.muted), head);
        y += 22;
        for (at, line) in lines.into_iter().enumerate() {
            let style = style(12, false, p.text);
            if head == "Ledger" && pivot == Some(at) {
                pivot_line(&mut drawing, y, style, &line, p);
            } else {
                put(&mut drawing, (COLUMNS[0].0, 1_000), y + 8, style, &line);
            }
            y += 22;
        }
    }
    drawing
}

/// The point of no return: a rule with its words in the middle of it.
fn pivot_line(drawing: &mut Drawing, y: i32, style: Style, words: &str, p: &Palette) {
    const RULE: i32 = 40;
    let (left, right) = (COLUMNS[0].0, PAGE - SIDE);
    let words = fit(words, style, right - left - 2 * RULE - 16);
    let from = left + RULE + 8;
    let to = from + width(&words, style) + 8;
    drawing.path(&[(left, y + 4), (left + RULE, y + 4)], Pen::thin(p.muted));
    drawing.text((from, y + 8), Anchor::Start, style, &words);
    drawing.path(&[(to, y + 4), (right.max(to), y + 4)], Pen::thin(p.muted));
}

/// What a row is higher than usual.
fn more(row: &PageRow) -> i32 {
    (row.changes.len().min(3) as i32 - 2).max(0) * 16
}

fn legend(survey: &Survey, page: &Page, p: &Palette) -> Legend {
    let mut legend = Legend::default();
    for (pattern, colour, words) in
        [(Pattern::Whole, p.accent, "caused"), (Pattern::Dotted, p.muted, "a guess by order")]
    {
        let mut kinds = page.rows.iter().flat_map(|row| &row.outgoing).map(|(_, kind)| *kind);
        if kinds.any(|kind| (kind == EdgeKind::StreamOrder) == (pattern == Pattern::Dotted)) {
            legend.has(Key::Line(Pen::arrow(colour).with(pattern)), words);
        }
    }
    for (glyph, colour, word) in [("✖", p.failed, "failed"), ("↺", p.undo, "compensation")] {
        if page.rows.iter().any(|row| look(survey, row.event_type, p).2 == word) {
            legend.has(Key::Letters(glyph, colour), word);
        }
    }
    legend
}

fn page_row(
    drawing: &mut Drawing,
    (log, survey, page): (&EventLog, &Survey, &Page),
    (number, row): (usize, &PageRow),
    y: i32,
    p: &Palette,
) {
    let (small, usual) = (style(11, false, p.muted), style(12, false, p.text));
    drawing.digits((COLUMNS[0].0 - 8, y), small, &(number + 1).to_string());
    let (colour, glyph, word) = look(survey, row.event_type, p);
    let kind = format!("{glyph}{}", name(survey, row.event_type));
    put(drawing, COLUMNS[0], y, style(13, true, colour), &kind);
    let stream = row.stream.map_or_else(String::new, |id| log.stream(id).id.to_string());
    let about = [word.to_owned(), format!("+{}", span(row.wait)), stream, said(page, row)];
    let about: Vec<String> = about.into_iter().filter(|part| !part.is_empty()).collect();
    put(drawing, COLUMNS[0], y + 16, small, &about.join(" · "));
    for (at, change) in row.changes.iter().take(3).enumerate() {
        put(drawing, COLUMNS[1], y + at as i32 * 16, usual, &change.to_string());
    }
    for (at, (effect, kind)) in row.outgoing.iter().take(2).enumerate() {
        let place = page.graph.place(*effect).map_or(0, |place| place + 1);
        let id = log.type_of(*effect);
        let more = if at == 1 && row.outgoing.len() > 2 {
            format!(" +{}", row.outgoing.len() - 2)
        } else {
            String::new()
        };
        let y = y + at as i32 * 16;
        let pen = match kind {
            EdgeKind::StreamOrder => Pen::arrow(p.muted).with(Pattern::Dotted),
            EdgeKind::Cause | EdgeKind::Told | EdgeKind::Scheduled => Pen::arrow(p.accent),
        };
        drawing.path(&[(COLUMNS[2].0 - 40, y - 4), (COLUMNS[2].0 - 6, y - 4)], pen);
        let (colour, glyph, _) = look(survey, id, p);
        let text = format!("{glyph}{}  ↓ {place}{more}", name(survey, id));
        put(drawing, COLUMNS[2], y, style(12, false, colour), &text);
    }
}

#[cfg(test)]
mod tests {
    use super::super::svg::Shape;
    use super::super::timeline::testing::page_of;
    use super::*;

    #[test]
    fn failures_and_undos_are_told_without_colour() {
        let told = [
            ("OrderPlaced", "order-1", 0, None),
            ("PaymentDeclined", "pay-1", 1, Some(0)),
            ("StockReleased", "stock-1", 2, Some(1)),
        ];
        let (log, survey, saga) = page_of(&told);
        let drawing = page(&log, &survey, &saga, &Palette::LIGHT);
        let says = |start: &str| {
            let starts =
                |shape: &&Shape| matches!(shape, Shape::Text { text, .. } if text.starts_with(start));
            drawing.shapes.iter().filter(starts).count()
        };
        // Once where it came in, once where it went out.
        assert_eq!((says("✖ PaymentDeclined"), says("↺ StockReleased")), (2, 2));
        assert_eq!((says("failed · "), says("compensation · "), says("OrderPlaced")), (1, 1, 1));
        assert_eq!(drawing.legend, "caused, ✖ failed, ↺ compensation");
    }
}
