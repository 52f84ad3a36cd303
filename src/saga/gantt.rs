//! The timeline of a saga outside the window: as a drawing, as a Mermaid Gantt chart, and as text.

mod all;

use std::fmt::Write as _;

pub use self::all::draw as draw_all;
use super::measure::fit;
use super::mermaid::escape;
use super::page::Page;
use super::pictures::title;
use super::survey::Survey;
use super::svg::{Anchor, Drawing, Palette, Stroke, Style, Subject};
use super::timeline::{BIN, Bar, BarKind, Leg, Scale, Timeline, Together, legs, together};
use crate::base::text::{one_line, span, thousands};
use crate::index::{EventLog, TimeAxis};

const SIDE: i32 = 20;
const PLOT: i32 = 860;
/// The column of names: as wide as they need up to a third of the picture; and the width of a letter.
const NAMES_LEAST: i32 = 120;
const NAMES_MOST: i32 = 430;
const LETTER: i32 = 7;
/// The least width of a cut that shows both of its edges.
const CUT: i32 = 8;
const HEAD: i32 = 96;
const LINE: i32 = 24;

/// What is said where no event has a time.
const NO_TIMES: &str = "None of its events has a time";

/// Where times lie, in pixels from the left.
struct Place {
    axis: TimeAxis,
    left: i32,
}

impl Place {
    fn of(timeline: &Timeline) -> Self {
        let letters = timeline.tracks.iter().map(|track| track.name.chars().count() as i32).max();
        let names = (letters.unwrap_or(0) * LETTER + 16).clamp(NAMES_LEAST, NAMES_MOST);
        Self { axis: timeline.axis(&[]), left: SIDE + names }
    }

    fn exact(&self, nanos: i64) -> f32 {
        (f64::from(self.left) + self.axis.units_of(nanos) / self.axis.total_units() * f64::from(PLOT)) as f32
    }

    fn x(&self, nanos: i64) -> i32 {
        self.exact(nanos).round() as i32
    }

    /// Where the bin after that of a time begins.
    fn next_bin(&self, nanos: i64) -> i64 {
        let bin = self.axis.total_units() / f64::from(PLOT) * f64::from(BIN);
        self.axis.nanos_at(((self.axis.units_of(nanos) / bin).floor() + 1.0) * bin)
    }
}

/// The colour of a bar, and how high it is.
fn look(bar: &Bar, p: &Palette) -> (&'static str, i32) {
    match (bar.failed, bar.kind) {
        (true, _) => (p.failed, 12),
        (false, BarKind::Wait) => (p.line, 4),
        (false, BarKind::Undo) => (p.undo, 12),
        (false, BarKind::Step | BarKind::Retry) => (p.accent, 12),
    }
}

/// A line for each step or type, idle time cut.
pub(super) fn draw(log: &EventLog, survey: &Survey, page: &Page, p: &Palette) -> Drawing {
    let timeline = Timeline::of(log, survey, page);
    let lines = timeline.as_ref().map_or(1, Timeline::lines) as i32;
    let place = timeline.as_ref().map(Place::of);
    let left = place.as_ref().map_or(SIDE + NAMES_LEAST, |place| place.left);
    let (width, height) = (left + PLOT + SIDE, HEAD + lines * LINE + 44);
    let mut drawing = Drawing::new(width, height, &title(page), p);
    drawing.head = HEAD - 12;
    let head = Style { size: 16, bold: true, colour: p.text };
    let room = width - 2 * SIDE;
    drawing.heading((SIDE, 28), room, head, &fit(&title(page), head, room));
    let small = Style { size: 11, bold: false, colour: p.muted };
    let (Some(timeline), Some(place)) = (timeline, place) else {
        drawing.text((SIDE, 60), Anchor::Start, small, NO_TIMES);
        return drawing;
    };
    drawing.text((SIDE, 50), Anchor::Start, small, &fit(&path_words(survey, log, &timeline), small, room));
    let bottom = HEAD + lines * LINE;
    axis_of(&mut drawing, timeline.to.saturating_sub(timeline.from), &place, bottom, p);
    for track in &timeline.tracks {
        let y = HEAD + track.line as i32 * LINE;
        let name = Style { size: 12, bold: true, colour: p.text };
        drawing.text((SIDE, y + 16), Anchor::Start, name, &fit(&track.name, name, left - SIDE - 12));
    }
    let scale = Scale { x: &|nanos| place.exact(nanos), next_bin: &|nanos| place.next_bin(nanos) };
    for line in 0..timeline.lines() {
        for bars in together(timeline.bars_of(line), &scale) {
            bars_of(&mut drawing, &bars, line, "", p);
        }
    }
    path_of(&mut drawing, &timeline, &place, p);
    for mark in &timeline.marks {
        drawing.belongs_to(Some(mark.row));
        let y = HEAD + mark.line as i32 * LINE + LINE / 2;
        let colour = if mark.failed { p.failed } else { p.text };
        drawing.rect((place.x(mark.at) - 3, y - 3), (6, 6), colour, Some(p.surface));
    }
    drawing.belongs_to(None);
    let legend = "Bars: blue a step or a retry, pink compensation, red failed, thin a wait, with a number so many; the line below: critical path";
    drawing.text((SIDE, bottom + 28), Anchor::Start, small, legend);
    drawing
}

/// Where it begins and ends, and what is cut out.
fn axis_of(drawing: &mut Drawing, length: i64, place: &Place, bottom: i32, p: &Palette) {
    let small = Style { size: 11, bold: false, colour: p.muted };
    let rule = Stroke { colour: p.line, dashed: false, arrow: false };
    let (left, right) = (place.left, place.left + PLOT);
    drawing.path(&[(left, HEAD - 6), (right, HEAD - 6)], rule);
    drawing.text((left, HEAD - 12), Anchor::Start, small, "+0 s");
    let all = format!("+{}", span(length));
    drawing.text((right - 40, HEAD - 12), Anchor::Middle, small, &all);
    let mut free = left + 50;
    for cut in place.axis.cuts() {
        let (from, to) = (place.x(cut.from), place.x(cut.to));
        let dashed = Stroke { colour: p.line, dashed: true, arrow: false };
        // The edges of a narrow one would be one thick line.
        let edges = if to - from >= CUT { vec![from, to] } else { vec![from.midpoint(to)] };
        for x in edges {
            drawing.path(&[(x, HEAD - 6), (x, bottom)], dashed);
        }
        let words = format!("idle {}", span(cut.to.saturating_sub(cut.from)));
        let half = words.chars().count() as i32 * 3 + 4;
        let middle = from.midpoint(to);
        if middle - half > free && middle + half < right - 80 {
            drawing.text((middle, HEAD - 12), Anchor::Middle, small, &words);
            free = middle + half;
        }
    }
}

/// A bar; or several that are too narrow to be told apart, in the colour of the worst and with their number. In words
/// `whose` stands before it.
fn bars_of(drawing: &mut Drawing, bars: &Together<'_>, line: u32, whose: &str, p: &Palette) {
    let bar = bars.worst();
    let (left, width) = (bars.from as i32, ((bars.to - bars.from) as i32).max(1));
    let y = HEAD + line as i32 * LINE + LINE / 2;
    let (colour, high) = look(bar, p);
    drawing.belongs_to(Some(bar.row));
    let many = bars.bars.len();
    if many == 1 {
        let retry = (bar.kind == BarKind::Retry).then_some(p.text);
        drawing.rect((left, y - high / 2), (width, high), colour, retry);
        drawing.spot(
            (left, y - LINE / 2),
            (width.max(8), LINE),
            Subject::Event(bar.row),
            format!("{whose}{}", bar.words()),
        );
        return;
    }
    drawing.rect((left, y - 6), (width, 12), colour, None);
    let (number, digit) = (thousands(many as u64), 6);
    if number.chars().count() as i32 * digit + 2 <= width {
        let style = Style { size: 10, bold: false, colour: p.surface };
        drawing.text((left + width / 2, y + 4), Anchor::Middle, style, &number);
    }
    let failed = match bars.failed() {
        0 => String::new(),
        failed => format!(", {} failed", thousands(failed as u64)),
    };
    let words = format!("{whose}{number} bars of {}{failed}", bar.name);
    drawing.spot((left, y - LINE / 2), (width.max(8), LINE), Subject::Event(bar.row), words);
}

/// The critical path, one line from the first event to the last.
fn path_of(drawing: &mut Drawing, timeline: &Timeline, place: &Place, p: &Palette) {
    let stretches = timeline.path();
    let stretches = stretches.iter().map(|stretch| Leg {
        from: place.exact(stretch.from),
        to: place.exact(stretch.to),
        line: stretch.line,
    });
    let y = |line: u32| HEAD + line as i32 * LINE + LINE / 2 + 9;
    let corner = |x: f32, line: u32| (x.round() as i32, y(line));
    let points: Vec<(i32, i32)> = legs(stretches)
        .iter()
        .flat_map(|leg| [corner(leg.from, leg.line), corner(leg.to, leg.line)])
        .collect();
    drawing.belongs_to(None);
    if points.len() > 1 {
        drawing.path(&points, Stroke { colour: p.text, dashed: false, arrow: false });
    }
}

/// The critical path in a sentence.
pub fn path_words(survey: &Survey, log: &EventLog, timeline: &Timeline) -> String {
    let name = |row| one_line(&survey.traits[log.type_of(row).0 as usize].name).into_owned();
    let Some((piece, share)) = timeline.slowest() else { return "It took no time".to_owned() };
    let guess =
        if timeline.critical.iter().all(|piece| piece.is_known) { "" } else { ", in part by order alone" };
    let (parts, wait) = (timeline.critical.len(), span(piece.to.saturating_sub(piece.from)));
    let parts = if parts == 1 { "1 part".to_owned() } else { format!("{parts} parts") };
    format!(
        "Critical path: {parts}{guess}; the longest, {wait} ({share} %), from {} to {}",
        name(piece.cause),
        name(piece.row)
    )
}

/// As a Gantt chart. Mermaid knows milliseconds.
pub(super) fn mermaid(log: &EventLog, survey: &Survey, page: &Page) -> String {
    let mut text = "gantt\n".to_owned();
    writeln!(text, "    title {}", escape(&page.title)).expect("a String takes all");
    let Some(timeline) = Timeline::of(log, survey, page) else { return text };
    text += "    dateFormat x\n    axisFormat %H:%M:%S\n";
    let mut number = 0;
    for track in &timeline.tracks {
        writeln!(text, "    section {}", escape(&track.name)).expect("a String takes all");
        for bar in (track.line..track.line + track.lines).flat_map(|line| timeline.bars_of(line)) {
            let mut tags = String::new();
            if bar.from == bar.to {
                tags += "milestone, ";
            }
            if bar.is_critical || bar.failed {
                tags += "crit, ";
            }
            if bar.is_open {
                tags += "active, ";
            } else if bar.kind == BarKind::Wait {
                tags += "done, ";
            }
            let (from, to) = (bar.from / 1_000_000, (bar.to / 1_000_000).max(bar.from / 1_000_000));
            let name = escape(&bar.words()).replace(',', " ");
            writeln!(text, "    {name} :{tags}b{number}, {from}, {to}").expect("a String takes all");
            number += 1;
        }
    }
    text
}

/// As text, a line each: when each bar begins, and what it tells of.
pub fn lines(log: &EventLog, survey: &Survey, page: &Page) -> Vec<String> {
    let mut text = vec![one_line(&title(page)).into_owned()];
    let Some(timeline) = Timeline::of(log, survey, page) else {
        text.push(NO_TIMES.to_owned());
        return text;
    };
    text.push(path_words(survey, log, &timeline));
    for track in &timeline.tracks {
        text.extend([String::new(), one_line(&track.name).into_owned()]);
        for bar in (track.line..track.line + track.lines).flat_map(|line| timeline.bars_of(line)) {
            let words = one_line(&bar.words()).into_owned();
            text.push(format!("  +{:<12} {words}", span(bar.from.saturating_sub(timeline.from))));
        }
        for mark in timeline.marks_of(track.line) {
            let name = one_line(&survey.traits[log.type_of(mark.row).0 as usize].name).into_owned();
            text.push(format!("  +{:<12} {name}", span(mark.at.saturating_sub(timeline.from))));
        }
    }
    let cuts: Vec<String> =
        timeline.axis(&[]).cuts().map(|cut| span(cut.to.saturating_sub(cut.from))).collect();
    if !cuts.is_empty() {
        text.extend([String::new(), format!("Idle: {}", cuts.join(", "))]);
    }
    text
}
