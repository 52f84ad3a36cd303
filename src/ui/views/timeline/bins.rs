//! Which bars of a line are seen, and where they stand: those that are too narrow to be told apart as one.

use egui::{Rect, pos2};

use super::Scene;
use super::bars::BAR;
use crate::saga::{BIN, Bar, BarKind, Scale, Together, together};

/// Height of a wait.
const WAIT: f32 = 4.0;

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
        Together { bars: self.bars, from: 0.0, to: 0.0 }.worst()
    }
}

/// The bars of a line, from the left, none over another.
pub(super) fn bunches<'a>(scene: &Scene<'_>, Visible(bars): Visible<'a>, line: Rect) -> Vec<Bunch<'a>> {
    let axis = &scene.picture.axis;
    let bin = scene.ruler.span.len / f64::from(scene.plot.width()) * f64::from(BIN);
    let scale = Scale {
        x: &|nanos| scene.x(nanos),
        next_bin: &|nanos| axis.nanos_at(((axis.units_of(nanos) / bin).floor() + 1.0) * bin),
    };
    let middle = line.center().y;
    let bunch = |one: Together<'a>| {
        let is_wait = matches!(one.bars, [bar] if bar.kind == BarKind::Wait && !bar.failed);
        let half = if is_wait { WAIT } else { BAR } / 2.0;
        let rect = Rect::from_min_max(pos2(one.from, middle - half), pos2(one.to, middle + half));
        Bunch { bars: one.bars, rect }
    };
    together(bars, &scale).into_iter().map(bunch).collect()
}
