//! The critical path as one line through the lines of a timeline: without a gap from the first event to the last, with a
//! turn where it goes on at another step. Where turns would lie on each other it stays with the step that it spends most
//! time in. Whoever draws says where a time lies.

use std::collections::HashMap;

use super::Timeline;
use crate::model::Row;

/// A stretch that is narrower is drawn together with those beside it, until they are as wide as the second.
const NARROW: f32 = 6.0;
const TOGETHER: f32 = 20.0;

/// A part of the path that stays on a line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Stretch {
    /// Begins, in nanoseconds since 1970.
    pub from: i64,
    /// Ends.
    pub to: i64,
    /// Its line.
    pub line: u32,
}

/// The path without gaps: what has no line of its own stays on the one before.
pub(super) fn stretches(timeline: &Timeline) -> Vec<Stretch> {
    let mut lines: HashMap<Row, u32> = HashMap::new();
    for bar in timeline.bars.iter().filter(|bar| bar.is_critical) {
        lines.entry(bar.row).or_insert(bar.line);
    }
    for bar in &timeline.bars {
        lines.entry(bar.began).or_insert(bar.line);
    }
    for mark in &timeline.marks {
        lines.entry(mark.row).or_insert(mark.line);
    }
    let first = timeline.critical.first().and_then(|piece| lines.get(&piece.cause)).copied();
    let mut line = first.unwrap_or(0);
    // It begins with the first event, which took no time.
    let begin = Stretch { from: timeline.from, to: timeline.from, line };
    let mut stretches: Vec<Stretch> = first.map(|_| begin).into_iter().collect();
    for piece in &timeline.critical {
        line = lines.get(&piece.row).copied().unwrap_or(line);
        match stretches.last_mut() {
            Some(last) if last.line == line => last.to = last.to.max(piece.to),
            Some(last) => {
                let from = last.to;
                stretches.push(Stretch { from, to: piece.to.max(from), line });
            }
            None => stretches.push(Stretch { from: timeline.from, to: piece.to, line }),
        }
    }
    stretches
}

/// A part of the path as it is drawn.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Leg {
    /// From here, in points or pixels.
    pub from: f32,
    /// To here.
    pub to: f32,
    /// On this line.
    pub line: u32,
}

/// The path as it is drawn: narrow stretches together.
pub fn legs(stretches: impl Iterator<Item = Leg>) -> Vec<Leg> {
    let mut legs: Vec<Leg> = Vec::new();
    let mut narrow: Vec<Leg> = Vec::new();
    let (mut first, mut last): (Option<Leg>, Option<Leg>) = (None, None);
    for leg in stretches {
        first = first.or(Some(leg));
        last = Some(leg);
        let begins = narrow.first().map_or(leg.from, |first| first.from);
        if leg.to - leg.from >= NARROW || leg.to - begins >= TOGETHER {
            if leg.to - leg.from >= NARROW {
                join(&mut legs, &mut narrow);
                push(&mut legs, leg);
            } else {
                narrow.push(leg);
                join(&mut legs, &mut narrow);
            }
        } else {
            narrow.push(leg);
        }
    }
    join(&mut legs, &mut narrow);
    // Where it begins and ends is told, however narrow that is.
    if let Some(first) = first.filter(|first| legs.first().is_some_and(|leg| leg.line != first.line)) {
        legs.insert(0, Leg { to: first.from, ..first });
    }
    if let Some(last) = last.filter(|last| legs.last().is_some_and(|leg| leg.line != last.line)) {
        legs.push(Leg { from: last.to, ..last });
    }
    legs
}

/// The narrow ones as one, on the line on which most of them is.
fn join(legs: &mut Vec<Leg>, narrow: &mut Vec<Leg>) {
    let (Some(first), Some(last)) = (narrow.first(), narrow.last()) else { return };
    let mut widths: Vec<(u32, f32)> = Vec::new();
    for leg in narrow.iter() {
        match widths.iter_mut().find(|(line, _)| *line == leg.line) {
            Some((_, width)) => *width += leg.to - leg.from,
            None => widths.push((leg.line, leg.to - leg.from)),
        }
    }
    let widest = widths.into_iter().max_by(|one, other| one.1.total_cmp(&other.1));
    let line = widest.map_or(first.line, |(line, _)| line);
    push(legs, Leg { from: first.from, to: last.to, line });
    narrow.clear();
}

fn push(legs: &mut Vec<Leg>, leg: Leg) {
    match legs.last_mut() {
        Some(last) if last.line == leg.line => last.to = leg.to,
        _ => legs.push(leg),
    }
}

#[cfg(test)]
mod tests {
    use super::super::{Bar, BarKind, Piece};
    use super::*;

    #[test]
    fn what_has_no_line_of_its_own_stays_on_the_one_before() {
        let row = Row::from_raw;
        let bar = |at: u64, line: u32| Bar {
            kind: BarKind::Step,
            name: "a".into(),
            from: at as i64 * 10 - 10,
            to: at as i64 * 10,
            began: row(at - 1),
            row: row(at),
            attempt: 0,
            failed: false,
            error: None,
            is_open: false,
            is_critical: true,
            line,
        };
        let piece = |at: u64| Piece {
            cause: row(at - 1),
            row: row(at),
            from: at as i64 * 10 - 10,
            to: at as i64 * 10,
            is_known: true,
        };
        let timeline = Timeline {
            from: 0,
            to: 40,
            tracks: Vec::new(),
            bars: vec![bar(1, 0), bar(3, 2), bar(4, 2)],
            marks: Vec::new(),
            critical: (1..=4).map(piece).collect(),
            keys: vec![0, 10, 20, 30, 40],
        };
        let stretch = |from, to, line| Stretch { from, to, line };
        // The second event is where the third bar begins.
        assert_eq!(stretches(&timeline), [stretch(0, 10, 0), stretch(10, 40, 2)]);
        let without = Timeline { bars: vec![bar(1, 0), bar(4, 2)], ..timeline };
        assert_eq!(stretches(&without), [stretch(0, 20, 0), stretch(20, 40, 2)]);
    }

    fn leg(from: f32, to: f32, line: u32) -> Leg {
        Leg { from, to, line }
    }

    #[test]
    fn wide_stretches_stay_and_narrow_ones_are_drawn_together() {
        let wide = [leg(0.0, 30.0, 0), leg(30.0, 60.0, 1), leg(60.0, 61.0, 2), leg(61.0, 90.0, 1)];
        assert_eq!(legs(wide.into_iter()), wide);
        let narrow = (0..40).map(|at| leg(at as f32 * 2.0, at as f32 * 2.0 + 2.0, u32::from(at % 3 == 0)));
        let drawn = legs(narrow);
        let ends = [leg(0.0, 0.0, 1), leg(0.0, 80.0, 0), leg(80.0, 80.0, 1)];
        assert_eq!(drawn, ends, "most of it is on the first line, its ends are not");
    }

    #[test]
    fn the_path_has_no_gap() {
        let stretches = (0..100_u32).map(|at| {
            let from = (at * at) as f32 * 0.05;
            leg(from, ((at + 1) * (at + 1)) as f32 * 0.05, at % 4)
        });
        let drawn = legs(stretches);
        assert!(drawn.len() > 4, "{drawn:?}");
        let ends = drawn[0].from.abs() + (drawn[drawn.len() - 1].to - 500.0).abs();
        assert!(ends < 0.01, "{drawn:?}");
        assert!(
            drawn
                .windows(2)
                .all(|pair| (pair[0].to - pair[1].from).abs() < 0.01 && pair[0].line != pair[1].line)
        );
    }
}
