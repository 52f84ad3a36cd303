//! Lines of a drawing: how they look and where exactly they run, so that a window and an SVG draw the same line, the
//! same curve and the same arrowhead. Knows neither of them.

/// What a line is made of. In the sequence and the flow of a saga each pattern has one meaning.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Pattern {
    /// Without a gap: one thing caused another.
    #[default]
    Whole,
    /// Dashes: an answer, back to who asked.
    Dashed,
    /// Dots: nobody says so, it is a guess by order.
    Dotted,
    /// Dashes and dots: from what undoes something to what it undoes.
    Mixed,
}

impl Pattern {
    /// Lengths of its strokes and of the gaps after them, in pixels; none where it is whole.
    pub fn lengths(self) -> (&'static [f32], &'static [f32]) {
        match self {
            Self::Whole => (&[], &[]),
            Self::Dashed => (&[6.0], &[4.0]),
            Self::Dotted => (&[2.0], &[3.0]),
            Self::Mixed => (&[9.0, 2.0], &[3.0, 3.0]),
        }
    }
}

/// How a line looks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Pen {
    /// Its colour.
    pub colour: &'static str,
    /// Whole or broken.
    pub pattern: Pattern,
    /// In tenths of a pixel.
    pub width: i32,
    /// With a head at its end.
    pub arrow: bool,
    /// It leaves each of its points upright and comes to the next upright, rather than straight.
    pub curved: bool,
}

/// Where a line runs.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Traced {
    /// The points it runs through.
    pub line: Vec<(f32, f32)>,
    /// The corners of its head, the tip first.
    pub head: Option<[(f32, f32); 3]>,
}

/// Parts of a curve between two points.
const PARTS: usize = 16;
/// Of a head: its length, and half its width.
const LENGTH: f32 = 8.0;
const HALF: f32 = 3.5;

impl Pen {
    /// A whole line of the usual width.
    pub fn line(colour: &'static str) -> Self {
        Self { colour, pattern: Pattern::Whole, width: 15, arrow: false, curved: false }
    }

    /// A rule or a rail: one pixel.
    pub fn thin(colour: &'static str) -> Self {
        Self { width: 10, ..Self::line(colour) }
    }

    /// A line with a head.
    pub fn arrow(colour: &'static str) -> Self {
        Self { arrow: true, ..Self::line(colour) }
    }

    /// The same, broken in this way.
    #[must_use]
    pub fn with(self, pattern: Pattern) -> Self {
        Self { pattern, ..self }
    }

    /// The same, so many tenths of a pixel wide.
    #[must_use]
    pub fn wide(self, width: i32) -> Self {
        Self { width, ..self }
    }

    /// Where it runs through some points. A head lies in the direction in which the line comes to its end; the line
    /// itself ends inside of it, so that a wide one does not stand out around the tip.
    pub fn trace(&self, points: &[(i32, i32)]) -> Traced {
        let mut line: Vec<(f32, f32)> = Vec::with_capacity(points.len());
        let exact = |(x, y): (i32, i32)| (x as f32, y as f32);
        for (at, point) in points.iter().enumerate() {
            let before = at.checked_sub(1).map(|before| points[before]);
            // What is level or upright is straight.
            match before.filter(|before| self.curved && before.0 != point.0 && before.1 != point.1) {
                Some(before) => {
                    let along = |part: usize| curve(exact(before), exact(*point), part as f32 / PARTS as f32);
                    line.extend((1..=PARTS).map(along));
                }
                None => line.push(exact(*point)),
            }
        }
        let mut head = None;
        if let (true, [.., before, tip]) = (self.arrow, line.as_slice()) {
            let (before, tip) = (*before, *tip);
            let (dx, dy) = (tip.0 - before.0, tip.1 - before.1);
            let far = dx.hypot(dy);
            if far > 0.0 {
                let grown = (self.width - 15).max(0) as f32 / 10.0;
                let (along, across) = ((dx / far, dy / far), (-dy / far, dx / far));
                let (length, half) = (LENGTH + grown, HALF + grown);
                let at = |back: f32, aside: f32| {
                    (tip.0 - along.0 * back + across.0 * aside, tip.1 - along.1 * back + across.1 * aside)
                };
                head = Some([tip, at(length, half), at(length, -half)]);
                let last = line.len() - 1;
                line[last] = at((length - 2.0).min(far), 0.0);
            }
        }
        Traced { line, head }
    }
}

/// A point of the curve from one point to another, `share` of the way along: upright at both ends.
pub(super) fn curve(from: (f32, f32), to: (f32, f32), share: f32) -> (f32, f32) {
    let rest = 1.0 - share;
    let (first, last) = (rest * rest * (rest + 3.0 * share), share * share * (share + 3.0 * rest));
    let middle = f32::midpoint(from.1, to.1);
    let y = rest.powi(3) * from.1 + 3.0 * rest * share * (rest + share) * middle + share.powi(3) * to.1;
    (first * from.0 + last * to.0, y)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_head_lies_in_the_direction_of_its_line() {
        for (to, behind) in [
            ((0, 40), (0.0, 32.0)),
            ((40, 0), (32.0, 0.0)),
            ((-40, 0), (-32.0, 0.0)),
            ((0, -40), (0.0, -32.0)),
        ] {
            let traced = Pen::arrow("#000000").trace(&[(0, 0), to]);
            let [tip, one, other] = traced.head.unwrap();
            assert_eq!(tip, (to.0 as f32, to.1 as f32));
            let foot = (f32::midpoint(one.0, other.0), f32::midpoint(one.1, other.1));
            assert!((foot.0 - behind.0).abs() < 0.01 && (foot.1 - behind.1).abs() < 0.01, "{to:?} {foot:?}");
        }
        assert_eq!(Pen::line("#000000").trace(&[(0, 0), (9, 0)]).head, None);
        assert_eq!(Pen::arrow("#000000").trace(&[(5, 5), (5, 5)]).head, None, "no direction, no head");
    }

    #[test]
    fn a_curve_ends_upright_however_far_aside_it_goes() {
        let pen = Pen { curved: true, ..Pen::arrow("#000000") };
        let traced = pen.trace(&[(0, 0), (900, 60)]);
        assert_eq!(traced.line.len(), PARTS + 1);
        let [tip, one, other] = traced.head.unwrap();
        assert_eq!(tip, (900.0, 60.0));
        assert!(one.1 < tip.1 && other.1 < tip.1, "it points down: {one:?} {other:?}");
        assert!((curve((0.0, 0.0), (900.0, 60.0), 0.5).0 - 450.0).abs() < 0.01);
    }
}
