//! The process map drawn: types in layers by their usual place, what followed what as curves between them, wider where
//! that was often. Every number of it counts the same: how often.

use crate::base::text::span;
use crate::index::TypeId;
use crate::saga::heading::{Heading, Key, Legend};
use crate::saga::layered::{Sizes, lay_out};
use crate::saga::machine::Transition;
use crate::saga::map::{EdgeLabel, ProcessMap};
use crate::saga::measure::{fit, width};
use crate::saga::pen::{Pen, curve};
use crate::saga::survey::Survey;
use crate::saga::svg::{Anchor, Drawing, Palette, Style, Subject};

const SIDE: i32 = 20;
/// Of a box: its height, and the least and the most of its width.
const HIGH: i32 = 44;
const LEAST: i32 = 132;
const MOST: i32 = 300;
/// Height of a number on a line.
const LABEL: i32 = 16;
/// With more lines than this a number only gives way to boxes and to other numbers.
const LINES_MAX: usize = 160;
/// A map without anything on it.
const NOTHING: [&str; 2] = [
    "No saga of this log has a step, so there is nothing to map",
    "Sagas are found by correlation ids and causes; a domain file can name their steps",
];

/// The process map.
pub fn map(survey: &Survey, map: &ProcessMap, label: EdgeLabel, p: &Palette) -> Drawing {
    let number = |id: TypeId| map.nodes.iter().position(|node| node.id == id);
    let inner: Vec<(&Transition, (usize, usize))> = map
        .edges
        .iter()
        .filter_map(|known| Some((known, (number(known.edge.0?)?, number(known.edge.1?)?))))
        .collect();
    let ends: Vec<(usize, usize)> = inner.iter().map(|(_, ends)| *ends).collect();
    let names: Vec<String> = map.nodes.iter().map(|node| said(survey, node.id, p).0).collect();
    let widest = names.iter().map(|name| width(name, name_style(p.text)) + 24).max().unwrap_or(0);
    let size = (widest.clamp(LEAST, MOST), HIGH);
    let layered = lay_out(map.nodes.len(), &ends, Sizes { node: size, across: 40, down: 120 });
    let wide = (layered.size.0 + 2 * SIDE + 24).max(640);
    let title = map
        .as_of
        .as_ref()
        .map_or_else(|| "Process map".to_owned(), |moment| format!("Process map as of {moment}"));
    let heading = Heading::of(&title, legend(survey, map, &inner, label, p), wide, p);
    let (left, top) = ((wide - layered.size.0) / 2, heading.height() + 44);
    let mut drawing = Drawing::new(wide, layered.size.1 + top + 40, &title, p);
    drawing.head = heading.height() + 22;
    drawing.names = drawing.head;
    heading.draw(&mut drawing, p);
    let small = Style { size: 11, bold: false, colour: p.muted };
    if map.nodes.is_empty() {
        drawing.head = 0;
        drawing.size.1 += 60;
        for (at, words) in NOTHING.iter().enumerate() {
            let y = top + 8 + at as i32 * 20;
            let style = if at == 0 { Style { size: 13, bold: false, colour: p.text } } else { small };
            drawing.text((wide / 2, y), Anchor::Middle, style, words);
        }
        return drawing;
    }
    drawing.text((SIDE, heading.height() + 8), Anchor::Start, small, &counted(map, &inner));
    let range = range(&inner);
    let ways: Vec<Vec<(i32, i32)>> = layered
        .edges
        .iter()
        .map(|points| points.iter().map(|(x, y)| (x + left, y + top)).collect())
        .collect();
    for ((known, (from, to)), points) in inner.iter().zip(&ways) {
        let colour = if known.count == 0 { p.line } else { p.accent };
        let pen = Pen { curved: from != to, ..Pen::arrow(colour) };
        drawing.path(points, pen.wide(thickness(known.count, range)));
    }
    let boxes: Vec<Area> =
        layered.nodes.iter().map(|(x, y)| Area::around((x + left, y + top), size)).collect();
    numbers(&mut drawing, survey, &inner, &ways, &boxes, label, p);
    nodes(&mut drawing, survey, map, &boxes, &names, p);
    drawing
}

/// How often the rarest way was taken, of those that were, and the most frequent one.
fn range(inner: &[(&Transition, (usize, usize))]) -> (usize, usize) {
    let counts = inner.iter().map(|(known, _)| known.count).filter(|count| *count > 0);
    (counts.clone().min().unwrap_or(0), counts.max().unwrap_or(0))
}

/// Tenths of a pixel: from one pixel to four, by how often; the usual width where that is the same everywhere.
fn thickness(count: usize, (least, most): (usize, usize)) -> i32 {
    if least == most || count == 0 {
        return 15;
    }
    let share = count as f64 / most as f64;
    10 + (share.sqrt() * 28.0).round() as i32
}

fn name_style(colour: &'static str) -> Style {
    Style { size: 12, bold: true, colour }
}

/// What stands in the box of a type, and the colours of its text and border.
fn said(survey: &Survey, id: TypeId, p: &Palette) -> (String, &'static str, &'static str) {
    let info = &survey.traits[id.0 as usize];
    match (info.failure, info.is_undo()) {
        (true, _) => (format!("✖ {}", info.name), p.failed, p.failed),
        (false, true) => (format!("↺ {}", info.name), p.undo, p.undo),
        (false, false) => (info.name.to_string(), p.text, p.line),
    }
}

/// How much of it there is, how much of that had come by an earlier moment, and what is left out.
fn counted(map: &ProcessMap, inner: &[(&Transition, (usize, usize))]) -> String {
    let mut words = format!("{}, {}", many(map.nodes.len(), "type"), many(inner.len(), "way"));
    if map.as_of.is_some() {
        let types = map.nodes.iter().filter(|node| node.times == 0).count();
        let ways = inner.iter().filter(|(known, _)| known.count == 0).count();
        words += "; not yet: ";
        words += &[many(types, "type"), many(ways, "way")].join(", ");
    }
    if map.hidden_nodes + map.hidden_edges > 0 {
        words += "; left out: ";
        words += &[many(map.hidden_nodes, "type"), many(map.hidden_edges, "way")].join(", ");
    }
    words
}

fn many(count: usize, noun: &str) -> String {
    format!("{count} {noun}{}", if count == 1 { "" } else { "s" })
}

fn legend(
    survey: &Survey,
    map: &ProcessMap,
    inner: &[(&Transition, (usize, usize))],
    label: EdgeLabel,
    p: &Palette,
) -> Legend {
    let mut legend = Legend::default();
    if map.nodes.is_empty() {
        return legend;
    }
    let (least, most) = range(inner);
    if !inner.is_empty() {
        legend.has(Key::Line(Pen::arrow(p.accent).wide(10)), "what followed what");
    }
    if least < most {
        legend.has(Key::Line(Pen::arrow(p.accent).wide(34)), "the same, more often");
    }
    if inner.iter().any(|(known, _)| known.count == 0) {
        legend.has(Key::Line(Pen::arrow(p.line).wide(15)), "not yet");
    }
    for (glyph, colour, words) in [("✖", p.failed, "failed"), ("↺", p.undo, "compensation")] {
        if map.nodes.iter().any(|node| said(survey, node.id, p).1 == colour) {
            legend.has(Key::Letters(glyph, colour), words);
        }
    }
    legend.has(
        Key::Words,
        match (!inner.is_empty(), label) {
            (false, _) => "A number says how often, several in a row once",
            (true, EdgeLabel::Frequency) => "All numbers say how often, several of one type in a row once",
            (true, EdgeLabel::Time) => {
                "In a box how often, several in a row once; on a line how long half of them took at most"
            }
        },
    );
    legend
}

/// A part of the drawing.
#[derive(Clone, Copy, Debug)]
struct Area {
    at: (i32, i32),
    size: (i32, i32),
}

impl Area {
    fn around(middle: (i32, i32), size: (i32, i32)) -> Self {
        Self { at: (middle.0 - size.0 / 2, middle.1 - size.1 / 2), size }
    }

    /// Square pixels that two have in common.
    fn overlap(&self, other: &Self) -> i64 {
        let along = |at: i32, length: i32, other: i32, other_length: i32| {
            i64::from(((at + length).min(other + other_length) - at.max(other)).max(0))
        };
        along(self.at.0, self.size.0, other.at.0, other.size.0)
            * along(self.at.1, self.size.1, other.at.1, other.size.1)
    }

    fn holds(&self, (x, y): (f32, f32)) -> bool {
        let within =
            |value: f32, from: i32, length: i32| value >= from as f32 && value <= (from + length) as f32;
        within(x, self.at.0, self.size.0) && within(y, self.at.1, self.size.1)
    }
}

/// The number on each line, on a ground of its own: where it covers no box, no number before it and, if there is such
/// a place, no other line.
fn numbers(
    drawing: &mut Drawing,
    survey: &Survey,
    inner: &[(&Transition, (usize, usize))],
    ways: &[Vec<(i32, i32)>],
    boxes: &[Area],
    label: EdgeLabel,
    p: &Palette,
) {
    let small = Style { size: 11, bold: false, colour: p.muted };
    let traced: Vec<Vec<(f32, f32)>> = if ways.len() > LINES_MAX {
        Vec::new()
    } else {
        let pen = Pen { curved: true, ..Pen::line(p.accent) };
        ways.iter().map(|points| pen.trace(points).line).collect()
    };
    let mut taken: Vec<Area> = boxes.to_vec();
    for (number, ((known, _), points)) in inner.iter().zip(ways).enumerate() {
        let text = match label {
            EdgeLabel::Time if known.count == 0 => "–".to_owned(),
            EdgeLabel::Time => span(known.waits.p50),
            EdgeLabel::Frequency => known.count.to_string(),
        };
        let size = (width(&text, small) + 8, LABEL);
        let crossed = |area: &Area| {
            let others = traced.iter().enumerate().filter(|(at, _)| *at != number);
            others.filter(|(_, line)| line.iter().any(|point| area.holds(*point))).count() as i64
        };
        let cost = |area: &Area| {
            let covered: i64 = taken.iter().map(|other| area.overlap(other)).sum();
            (covered, crossed(area))
        };
        let area = places(points, size).min_by_key(cost).unwrap_or(Area { at: points[0], size });
        let spot = ((area.at.0 - 2, area.at.1 - 2), (size.0 + 4, LABEL + 4));
        taken.push(Area { at: (spot.0.0 - 2, spot.0.1 - 2), size: (spot.1.0 + 4, spot.1.1 + 4) });
        drawing.rect(area.at, size, p.surface, None);
        drawing.text((area.at.0 + size.0 / 2, area.at.1 + 12), Anchor::Middle, small, &text);
        let end = |id: Option<TypeId>| id.map_or("", |id| &*survey.traits[id.0 as usize].name);
        let (from, to) = (end(known.edge.0), end(known.edge.1));
        let (half, sagas) = (span(known.waits.p50), known.sagas);
        let words = match known.count {
            0 => format!("{from} → {to}, not taken by then"),
            count => {
                let (count, sagas) = (many(count, "time"), many(sagas, "saga"));
                format!("{from} → {to}, {count} in {sagas}, half within {half}")
            }
        };
        drawing.spot(spot.0, spot.1, Subject::Way(known.edge), words);
    }
}

/// Where a number may stand, the best first: on each stretch of its line from the middle outwards, else beside it.
fn places(points: &[(i32, i32)], size: (i32, i32)) -> impl Iterator<Item = Area> {
    let exact = |(x, y): (i32, i32)| (x as f32, y as f32);
    let beside = size.0 / 2 + 8;
    [0, beside, -beside].into_iter().flat_map(move |aside| {
        points.windows(2).flat_map(move |pair| {
            [50, 40, 60, 30, 70, 22, 78, 15, 85].into_iter().map(move |percent| {
                let (x, y) = curve(exact(pair[0]), exact(pair[1]), percent as f32 / 100.0);
                Area::around((x.round() as i32 + aside, y.round() as i32), size)
            })
        })
    })
}

fn nodes(
    drawing: &mut Drawing,
    survey: &Survey,
    map: &ProcessMap,
    boxes: &[Area],
    names: &[String],
    p: &Palette,
) {
    for ((node, area), name) in map.nodes.iter().zip(boxes).zip(names) {
        let (_, colour, border) = match said(survey, node.id, p) {
            // What had not come by then is dimmed.
            (name, ..) if node.times == 0 => (name, p.muted, p.line),
            said => said,
        };
        drawing.rect(area.at, area.size, p.raised, Some(border));
        let info = &survey.traits[node.id.0 as usize];
        let words = match node.times {
            0 => format!("{}, not by then", info.name),
            times => format!("{}, in {}, {}", info.name, many(node.sagas, "saga"), many(times, "time")),
        };
        drawing.spot(area.at, area.size, Subject::Type(node.id), words);
        let middle = area.at.0 + area.size.0 / 2;
        let bold = name_style(colour);
        let name = fit(name, bold, area.size.0 - 16);
        drawing.text((middle, area.at.1 + 19), Anchor::Middle, bold, &name);
        let small = Style { size: 11, bold: false, colour: p.muted };
        drawing.text((middle, area.at.1 + 35), Anchor::Middle, small, &node.times.to_string());
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    use crate::saga::svg::Shape;
    use crate::saga::timeline::testing::{Told, page_of};

    fn texts(drawing: &Drawing) -> Vec<String> {
        let text = |shape: &'_ Shape| match shape {
            Shape::Text { text, .. } => Some(text.clone()),
            Shape::Rect { .. } | Shape::Path { .. } => None,
        };
        drawing.shapes.iter().filter_map(text).collect()
    }

    /// Two ways back, one over several layers.
    fn drawn(label: EdgeLabel) -> Drawing {
        let names = [
            "Placed", "Reserved", "Paid", "Reserved", "Paid", "Shipped", "Placed", "Shipped", "Returned",
            "Paid",
        ];
        let told: Vec<Told<'_>> = names
            .iter()
            .enumerate()
            .map(|(at, name)| (*name, "order-1", at as i64, at.checked_sub(1)))
            .collect();
        let (_, survey, _) = page_of(&told);
        let all = ProcessMap::of(&survey.variants, &survey.machine, crate::saga::Detail::default());
        map(&survey, &all, label, &Palette::LIGHT)
    }

    #[test]
    fn no_number_lies_on_a_box_or_on_another_number() {
        let drawing = drawn(EdgeLabel::Time);
        let area = |spot: &crate::saga::svg::Spot| Area { at: spot.at, size: spot.size };
        let (ways, types): (Vec<_>, Vec<_>) =
            drawing.spots.iter().partition(|spot| matches!(spot.subject, Subject::Way(_)));
        assert_eq!((ways.len(), types.len()), (8, 5));
        for (at, way) in ways.iter().enumerate() {
            let others = ways[..at].iter().chain(&types);
            for other in others {
                assert_eq!(area(way).overlap(&area(other)), 0, "{} on {}", way.label, other.label);
            }
        }
    }

    #[test]
    fn boxes_and_lines_count_the_same_and_the_legend_says_what() {
        let drawing = drawn(EdgeLabel::Frequency);
        let label = |start: &str| drawing.spots.iter().find(|spot| spot.label.starts_with(start)).unwrap();
        assert_eq!(label("Reserved, ").label, "Reserved, in 1 saga, 2 times");
        assert!(label("Reserved → Paid").label.contains("2 times"));
        assert!(drawing.legend.contains("All numbers say how often"), "{}", drawing.legend);
        assert!(drawn(EdgeLabel::Time).legend.contains("on a line how long"));
    }

    #[test]
    fn what_had_not_come_by_then_keeps_its_place_and_says_so() {
        let told = [("Placed", "o-1", 0, None), ("Paid", "o-1", 1, Some(0)), ("Shipped", "o-1", 2, Some(1))];
        let (_, survey, _) = page_of(&told);
        let (_, then, _) = page_of(&told[..2]);
        let whole = ProcessMap::of(&survey.variants, &survey.machine, crate::saga::Detail::default());
        let before = map(&survey, &whole, EdgeLabel::Time, &Palette::LIGHT);
        let past = whole.as_of(&then.variants, &then.machine, "the playhead");
        let drawing = map(&survey, &past, EdgeLabel::Time, &Palette::LIGHT);
        assert_eq!(drawing.title, "Process map as of the playhead");
        let words = drawing.words();
        for line in [
            "Placed → Paid, 1 time in 1 saga, half within 1.000 s",
            "Paid → Shipped, not taken by then",
            "Paid, in 1 saga, 1 time",
            "Shipped, not by then",
        ] {
            assert!(words.iter().any(|known| known == line), "{line}: {words:?}");
        }
        assert!(texts(&drawing).iter().any(|text| text.ends_with("not yet: 1 type, 1 way")));
        let boxes = |drawing: &Drawing| -> Vec<(i32, i32)> {
            let types = drawing.spots.iter().filter(|spot| matches!(spot.subject, Subject::Type(_)));
            types.map(|spot| (spot.at.0, spot.size.0)).collect()
        };
        assert_eq!(boxes(&drawing), boxes(&before));
    }

    #[test]
    fn an_empty_map_says_why_it_is_empty() {
        let (_, survey, _) =
            page_of(&[("OrderPlaced", "order-1", 0, None), ("OrderPaid", "order-1", 1, None)]);
        let drawing = map(&survey, &ProcessMap::default(), EdgeLabel::Frequency, &Palette::DARK);
        assert!(texts(&drawing).iter().any(|text| text == NOTHING[0]), "{:?}", texts(&drawing));
        assert!(!texts(&drawn(EdgeLabel::Time)).iter().any(|text| text == NOTHING[0]));
    }

    #[test]
    fn a_number_gives_way_to_boxes_and_numbers_along_its_line() {
        let points = [(100, 40), (100, 140)];
        let size = (30, LABEL);
        let all: Vec<Area> = places(&points, size).collect();
        assert_eq!(all[0].at, (85, 82), "first in the middle");
        let wall = Area { at: (0, 78), size: (400, 24) };
        assert!(all[0].overlap(&wall) > 0);
        assert!(all.iter().any(|area| area.overlap(&wall) == 0), "there is room above or below");
    }

    #[test]
    fn more_often_is_wider() {
        assert_eq!((thickness(1, (1, 10_000)), thickness(10_000, (1, 10_000))), (10, 38));
        assert!(thickness(5_000, (1, 10_000)) > thickness(500, (1, 10_000)));
        assert_eq!(thickness(40, (40, 40)), 15);
    }
}
