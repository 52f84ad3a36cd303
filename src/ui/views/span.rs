//! Which part of the axis is seen: zooming, panning, and the places zoomed from. Pure arithmetic in units of the
//! axis; nothing here knows an event.

/// Points before the first and after the last event: a mark fits in, and a mark with its label.
const PAD_BEFORE: f64 = 14.0;
const PAD_AFTER: f64 = 116.0;
/// Zoom steps kept to go back to.
const UNDO_MAX: usize = 100;
/// Seconds within which the turns of a wheel are one step.
const GESTURE_SECONDS: f64 = 0.6;

/// A stretch of the axis. Its length is kept rather than its end, so that panning never changes it.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Span {
    pub(super) from: f64,
    pub(super) len: f64,
}

/// How far one can zoom and pan.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Limits {
    /// The whole axis.
    pub(super) whole: Span,
    /// What is seen at first: where the filter leaves events.
    pub(super) fit: Span,
    /// The shortest stretch.
    pub(super) shortest: f64,
    width: f64,
}

impl Default for Limits {
    fn default() -> Self {
        Self::of(1.0, 1.0, 1_000.0)
    }
}

impl Limits {
    /// Of an axis of `total` units of which `shortest` may fill the view of `width` points.
    pub(super) fn of(total: f64, shortest: f64, width: f32) -> Self {
        let width = f64::from(width);
        let whole = padded(0.0, total.max(1.0), width);
        Self { whole, fit: whole, shortest: shortest.min(whole.len), width }
    }

    /// The same where events lie only between two places.
    #[must_use]
    pub(super) fn fitting(self, first: f64, last: f64) -> Self {
        let shown = self.shortest * 0.5;
        let fit = if last - first < shown {
            padded(f64::midpoint(first, last) - shown / 2.0, shown, self.width)
        } else {
            padded(first, last - first, self.width)
        };
        Self { fit: fit.clamped(&self), ..self }
    }
}

impl Span {
    pub(super) fn between(from: f64, to: f64) -> Self {
        Self { from, len: to - from }
    }

    pub(super) fn to(self) -> f64 {
        self.from + self.len
    }

    /// Where a place stands in `width` points.
    pub(super) fn x_of(self, units: f64, width: f32) -> f32 {
        let x = (units - self.from) / self.len * f64::from(width);
        // Far outside it only matters on which side; large coordinates would lose their precision.
        x.clamp(-20_000.0, 20_000.0 + f64::from(width)) as f32
    }

    /// The place at `x` of `width` points.
    pub(super) fn units_at(self, x: f32, width: f32) -> f64 {
        self.from + f64::from(x) / f64::from(width.max(1.0)) * self.len
    }

    /// Zoomed in by `factor` (out below 1) so that the place `at` stays where it is.
    pub(super) fn zoomed(self, at: f64, factor: f64, limits: &Limits) -> Self {
        let len = (self.len / factor).clamp(limits.shortest, limits.whole.len);
        let share = (at - self.from) / self.len;
        Self { from: at - share * len, len }.clamped(limits)
    }

    /// Moved by a share of its length; positive is later.
    pub(super) fn panned(self, share: f64, limits: &Limits) -> Self {
        Self { from: self.from + share * self.len, ..self }.clamped(limits)
    }

    /// Around a stretch, with as much room again on both sides together.
    pub(super) fn around(from: f64, to: f64, limits: &Limits) -> Self {
        let len = ((to - from) * 2.0).clamp(limits.shortest, limits.whole.len);
        Self { from: f64::midpoint(from, to) - len / 2.0, len }.clamped(limits)
    }

    /// Within the limits.
    pub(super) fn clamped(self, limits: &Limits) -> Self {
        if !self.from.is_finite() || !self.len.is_finite() {
            return limits.whole;
        }
        let len = self.len.clamp(limits.shortest, limits.whole.len);
        let last = (limits.whole.to() - len).max(limits.whole.from);
        Self { from: self.from.clamp(limits.whole.from, last), len }
    }
}

fn padded(first: f64, len: f64, width: f64) -> Span {
    // Of a narrow view at least half shows events.
    let point = len / (width - PAD_BEFORE - PAD_AFTER).max(width / 2.0).max(1.0);
    let before = PAD_BEFORE.min(width / 8.0) * point;
    Span { from: first - before, len: point * width.max(1.0) }
}

/// How a stretch came to be seen.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Gesture {
    Wheel,
    Pan,
    /// A click: a step of its own.
    Jump,
}

/// What is seen, and what was seen before. `None` is everything the filter leaves,
/// also while the log grows or the filter changes.
#[derive(Clone, Debug, Default)]
pub(super) struct Zoom {
    current: Option<Span>,
    undo: Vec<Option<Span>>,
    redo: Vec<Option<Span>>,
    last: Option<(Gesture, f64)>,
}

impl Zoom {
    /// The stretch that is seen.
    pub(super) fn span(&self, limits: &Limits) -> Span {
        self.current.map_or(limits.fit, |span| span.clamped(limits))
    }

    /// Shows another stretch at the second `now`.
    pub(super) fn set(&mut self, span: Span, gesture: Gesture, now: f64, limits: &Limits) {
        let span = span.clamped(limits);
        let near = |a: f64, b: f64| (a - b).abs() < limits.fit.len * 1e-6;
        let is_fit = near(span.len, limits.fit.len) && near(span.from, limits.fit.from);
        let next = (!is_fit).then_some(span);
        if next == self.current {
            return;
        }
        let goes_on = gesture != Gesture::Jump
            && self.last.is_some_and(|(last, at)| last == gesture && now - at < GESTURE_SECONDS);
        if !goes_on {
            self.undo.push(self.current);
            if self.undo.len() > UNDO_MAX {
                self.undo.remove(0);
            }
        }
        self.redo.clear();
        self.current = next;
        self.last = Some((gesture, now));
    }

    /// Shows everything the filter leaves.
    pub(super) fn fit(&mut self, now: f64, limits: &Limits) {
        self.set(limits.fit, Gesture::Jump, now, limits);
    }

    pub(super) fn can_undo(&self) -> bool {
        !self.undo.is_empty()
    }

    /// Back to what was seen before; false when there is nothing.
    pub(super) fn undo(&mut self) -> bool {
        let Some(before) = self.undo.pop() else { return false };
        self.redo.push(self.current);
        self.current = before;
        self.last = None;
        true
    }

    /// Takes [`Zoom::undo`] back.
    pub(super) fn redo(&mut self) -> bool {
        let Some(after) = self.redo.pop() else { return false };
        self.undo.push(self.current);
        self.current = after;
        self.last = None;
        true
    }

    /// Carries everything over to another axis.
    pub(super) fn carry(&mut self, to_new: impl Fn(f64) -> f64) {
        let spans = self.undo.iter_mut().chain(&mut self.redo).chain(std::iter::once(&mut self.current));
        for span in spans.flatten() {
            *span = Span::between(to_new(span.from), to_new(span.to()));
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn limits() -> Limits {
        Limits::of(1_000_000.0, 40.0, 1_000.0)
    }

    proptest! {
        #[test]
        fn the_place_under_the_pointer_stays_under_it(at in 100_000.0..900_000.0_f64, factor in 1.0..50.0_f64) {
            let before = limits().fit;
            let after = before.zoomed(at, factor, &limits());
            let (x, moved) = (before.x_of(at, 1_000.0), after.x_of(at, 1_000.0));
            prop_assert!((x - moved).abs() < 0.1, "{x} {moved}");
            prop_assert!((after.units_at(moved, 1_000.0) - at).abs() < 60.0);
        }

        #[test]
        fn no_gesture_leaves_the_limits(
            moves in prop::collection::vec((-2e6..2e6_f64, 0.001..1000.0_f64, -3.0..3.0_f64), 1..40)
        ) {
            let mut span = limits().fit;
            for (at, factor, share) in moves {
                span = span.zoomed(at, factor, &limits()).panned(share, &limits());
                prop_assert!(span.len >= 40.0 && span.len <= limits().fit.len);
                prop_assert!(span.from >= limits().fit.from && span.to() <= limits().fit.to() + 1e-6);
            }
        }
    }

    #[test]
    fn panning_never_changes_the_scale() {
        let mut span = limits().fit.zoomed(500_000.0, 7.3, &limits());
        let len = span.len;
        for _ in 0..100 {
            span = span.panned(0.013, &limits());
            assert_eq!(span.len.to_bits(), len.to_bits());
        }
    }

    #[test]
    fn turns_of_one_wheel_are_one_step_back() {
        let (limits, mut zoom) = (limits(), Zoom::default());
        for (n, now) in [0.0, 0.1, 0.2].into_iter().enumerate() {
            let span = zoom.span(&limits).zoomed(5e5, 1.5, &limits);
            zoom.set(span, Gesture::Wheel, now, &limits);
            assert!(zoom.can_undo(), "{n}");
        }
        let near = zoom.span(&limits);
        zoom.set(near.panned(0.4, &limits), Gesture::Pan, 0.3, &limits);
        assert!(zoom.undo());
        assert_eq!(zoom.span(&limits), near);
        assert!(zoom.undo());
        assert_eq!(zoom.span(&limits), limits.fit);
        assert!(!zoom.undo());
        assert!(zoom.redo() && zoom.span(&limits) == near);
    }

    #[test]
    fn fitting_what_fits_is_no_step() {
        let mut zoom = Zoom::default();
        zoom.fit(0.0, &limits());
        assert!(!zoom.can_undo());
    }

    #[test]
    fn a_filter_is_fitted_and_one_can_zoom_out_of_it() {
        let limits = limits().fitting(400_000.0, 500_000.0);
        let mut zoom = Zoom::default();
        let span = zoom.span(&limits);
        assert!(span.from < 400_000.0 && span.to() > 500_000.0 && span.len < 120_000.0, "{span:?}");
        zoom.set(span.zoomed(450_000.0, 0.001, &limits), Gesture::Wheel, 0.0, &limits);
        assert_eq!(zoom.span(&limits), limits.whole);
        let one = limits.fitting(7.0, 7.0);
        assert!(one.fit.len <= one.shortest * 1.2 && one.fit.from <= 7.0 && one.fit.to() >= 7.0, "{one:?}");
    }

    #[test]
    fn nanoseconds_apart_can_still_be_told_apart() {
        let limits = Limits::of(6.0e14, 40.0, 1_000.0);
        let span = limits.fit.zoomed(3.0e14, 1e30, &limits);
        let apart = span.x_of(3.0e14 + 1.0, 1_000.0) - span.x_of(3.0e14, 1_000.0);
        assert!(apart > 20.0, "{apart}");
    }
}
