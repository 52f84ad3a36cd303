//! Which bars of a line are seen, and which of them are drawn as one because they are too narrow to be told apart.

use egui::{Rect, pos2};

use super::Scene;
use super::bars::BAR;
use crate::saga::{Bar, BarKind};

/// Height of a wait, and the least width of a bar.
const WAIT: f32 = 4.0;
const LEAST: f32 = 4.0;
/// Bars that begin closer to each other than this cannot be told apart: the least width and a gap.
const APART: f32 = 5.0;
/// Width of a bin: room for a number of three digits.
const BIN: f32 = 26.0;
/// Bars of one bin that are looked at one by one; where there are more, all of them are narrow.
const LOOKED_AT: usize = 64;

/// The bars of a line that reach into what is seen.
#[derive(Clone, Copy)]
pub(super) struct Visible<'a>(&'a [Bar]);

impl<'a> Visible<'a> {
    /// Of `bars`, which with those before them reach as far as `reaches` says.
    pub(super) fn of(bars: &'a [Bar], reaches: &[i64], (from, to): (i64, i64)) -> Self {
        let begin = reaches.partition_point(|reach| *reach < from);
        let end = bars.partition_point(|bar| bar.from <= to);
        Self(&bars[begin.min(end)..end])
    }

    /// Of bars each of which begins where the one before it ends.
    pub(super) fn of_strip(bars: &'a [Bar], (from, to): (i64, i64)) -> Self {
        let begin = bars.partition_point(|bar| bar.to < from);
        let end = bars.partition_point(|bar| bar.from <= to);
        Self(&bars[begin.min(end)..end])
    }
}

/// Bars that are drawn as one.
pub(super) struct Bunch<'a> {
    pub(super) bars: &'a [Bar],
    pub(super) rect: Rect,
}

impl<'a> Bunch<'a> {
    /// The worst of them stands for all.
    pub(super) fn chief(&self) -> &'a Bar {
        let worst = |bar: &&Bar| match (bar.failed, bar.kind) {
            (true, _) => 4,
            (false, BarKind::Undo) => 3,
            (false, _) if bar.is_open => 2,
            (false, BarKind::Step | BarKind::Retry) => 1,
            (false, BarKind::Wait) => 0,
        };
        self.bars.iter().max_by_key(worst).unwrap_or(&self.bars[0])
    }
}

/// The bars of a line, from the left, none over another. Bins begin at fixed places of the axis: panning does not change
/// what is in them.
pub(super) fn bunches<'a>(scene: &Scene<'_>, Visible(bars): Visible<'a>, line: Rect) -> Vec<Bunch<'a>> {
    let axis = &scene.picture.axis;
    let bin = scene.ruler.span.len / f64::from(scene.plot.width()) * f64::from(BIN);
    let edges = |bar: &Bar| (scene.x(bar.from), scene.x(bar.to));
    let mut bunches: Vec<Bunch<'a>> = Vec::new();
    // Where the last of them begins among the bars.
    let mut begins = 0;
    let mut at = 0;
    while let Some(bar) = bars.get(at) {
        let (left, mut right) = edges(bar);
        let mut end = at + 1;
        if right - left < APART {
            let next_bin = axis.nanos_at(((axis.units_of(bar.from) / bin).floor() + 1.0) * bin);
            let of_bin = at + bars[at..].partition_point(|bar| bar.from < next_bin);
            if of_bin - at > LOOKED_AT {
                end = of_bin;
                right = edges(&bars[end - 1]).1;
            }
            let mut before = left;
            while of_bin - at <= LOOKED_AT && end < of_bin {
                let (from, to) = edges(&bars[end]);
                if from - before >= APART || to - from >= APART {
                    break;
                }
                (before, right, end) = (from, right.max(to), end + 1);
            }
        }
        let mut bunched = &bars[at..end];
        let mut left = left;
        // What is left over at the end of a bin goes into the next.
        if let Some(before) = bunches.last()
            && left - before.rect.left() < APART
            && before.rect.width() < APART
            && (bunched.len() > 1 || right - left < APART)
        {
            left = before.rect.left();
            bunched = &bars[begins..end];
            bunches.pop();
        } else {
            begins = at;
        }
        at = end;
        if right < scene.plot.left() - LEAST || left > scene.plot.right() + LEAST {
            continue;
        }
        let is_wait = bunched.iter().all(|bar| bar.kind == BarKind::Wait && !bar.failed);
        let half = if is_wait && bunched.len() == 1 { WAIT } else { BAR } / 2.0;
        let (left, middle) = (left.round(), line.center().y);
        let right = (right.round() - 1.0).max(left + LEAST);
        let rect = Rect::from_min_max(pos2(left, middle - half), pos2(right, middle + half));
        if let Some(before) = bunches.last_mut() {
            before.rect.max.x = before.rect.max.x.min((left - 1.0).max(before.rect.left() + 1.0));
        }
        bunches.push(Bunch { bars: bunched, rect });
    }
    bunches
}
