//! What stands above a drawing: its title, and a legend of the signs that come in it and of no other.

use super::measure::{fit, width};
use super::pen::Pen;
use super::svg::{Anchor, Drawing, Palette, Style};

const SIDE: i32 = 20;
/// The narrowest drawing.
const LEAST: i32 = 560;
/// Height of the title, and of each line of the legend below it.
const TITLE: i32 = 44;
const LINE: i32 = 20;
/// From a sign to its words, and from those to the next sign.
const NEAR: i32 = 6;
const APART: i32 = 18;

/// What a legend explains.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Key {
    /// A line.
    Line(Pen),
    /// A bar upon a lifeline.
    Bar(&'static str),
    /// A place where time is cut out.
    Cut(&'static str),
    /// A few letters, in a colour.
    Letters(&'static str, &'static str),
    /// Nothing: a sentence.
    Words,
}

impl Key {
    fn room(self) -> i32 {
        match self {
            Self::Line(_) | Self::Cut(_) => 26,
            Self::Bar(_) => 4,
            Self::Letters(letters, colour) => width(letters, letter(colour)),
            Self::Words => -NEAR,
        }
    }

    fn draw(self, drawing: &mut Drawing, x: i32, y: i32) {
        match self {
            Self::Line(pen) => drawing.path(&[(x, y - 4), (x + 26, y - 4)], pen),
            Self::Bar(colour) => drawing.rect((x, y - 11), (4, 13), colour, None),
            Self::Cut(colour) => zigzag(drawing, x, x + 26, y - 4, Pen::thin(colour)),
            Self::Letters(letters, colour) => drawing.text((x, y), Anchor::Start, letter(colour), letters),
            Self::Words => {}
        }
    }
}

fn letter(colour: &'static str) -> Style {
    Style { size: 11, bold: true, colour }
}

/// The line of a cut, from one place to another.
pub(super) fn zigzag(drawing: &mut Drawing, from: i32, to: i32, y: i32, pen: Pen) {
    const STEP: i32 = 6;
    let steps = ((to - from) / STEP).max(1);
    let points: Vec<(i32, i32)> =
        (0..=steps).map(|at| (from + at * STEP, if at % 2 == 0 { y + 3 } else { y - 3 })).collect();
    drawing.path(&points, pen);
}

/// The legend of a drawing: each sign once, in the order in which it is first asked for.
#[derive(Debug, Default)]
pub(super) struct Legend(Vec<(Key, String)>);

impl Legend {
    /// This sign comes in the drawing.
    pub(super) fn has(&mut self, key: Key, words: &str) {
        if !self.0.iter().any(|(_, known)| known == words) {
            self.0.push((key, words.to_owned()));
        }
    }

    fn style(p: &Palette) -> Style {
        Style { size: 11, bold: false, colour: p.muted }
    }

    /// Where each entry stands, as line and place from the left, in so much room.
    fn places(&self, room: i32, p: &Palette) -> Vec<(i32, i32)> {
        let (mut line, mut x) = (0, 0);
        let place = |(key, words): &(Key, String)| {
            let own = key.room() + NEAR + width(words, Self::style(p));
            if x > 0 && x + own > room {
                (line, x) = (line + 1, 0);
            }
            let at = (line, x);
            x += own + APART;
            at
        };
        self.0.iter().map(place).collect()
    }

    fn width(&self, p: &Palette) -> i32 {
        let wide = |(key, words): &(Key, String)| key.room() + NEAR + width(words, Self::style(p)) + APART;
        self.0.iter().map(wide).sum::<i32>() - APART
    }

    fn words(&self) -> String {
        let word = |(key, words): &(Key, String)| match key {
            Key::Letters(letters, _) => format!("{letters} {words}"),
            _ => words.clone(),
        };
        self.0.iter().map(word).collect::<Vec<_>>().join(", ")
    }
}

/// The least width of a drawing with this title; a very long one is cut.
pub(super) fn least(title: &str, p: &Palette) -> i32 {
    const MOST: i32 = 900;
    (width(title, Heading::style(p)) + 2 * SIDE).clamp(LEAST, MOST)
}

/// The title and the legend, beside it where there is room, else below.
#[derive(Debug)]
pub(super) struct Heading {
    title: String,
    legend: Legend,
    /// Where the legend begins: its left edge and the base of its first line.
    corner: (i32, i32),
    places: Vec<(i32, i32)>,
    height: i32,
    room: i32,
}

impl Heading {
    /// Above a drawing of this width.
    pub(super) fn of(title: &str, legend: Legend, wide: i32, p: &Palette) -> Self {
        // A window may say another moment in the title.
        let title_width = width(title, Self::style(p)) + width(" as of the playhead", Self::style(p));
        let room = wide - 2 * SIDE;
        let beside = room - title_width - 32;
        let (corner, places, height) = if legend.0.is_empty() {
            ((SIDE, 0), Vec::new(), TITLE)
        } else if legend.width(p) <= beside {
            ((SIDE + title_width + 32, 27), legend.places(beside, p), TITLE)
        } else {
            let places = legend.places(room, p);
            let lines = places.last().map_or(0, |(line, _)| line + 1);
            ((SIDE, TITLE + 8), places, TITLE + lines * LINE + 2)
        };
        Self { title: title.to_owned(), legend, corner, places, height, room }
    }

    fn style(p: &Palette) -> Style {
        Style { size: 16, bold: true, colour: p.text }
    }

    /// Below it the rest begins.
    pub(super) fn height(&self) -> i32 {
        self.height
    }

    pub(super) fn draw(&self, drawing: &mut Drawing, p: &Palette) {
        drawing.belongs_to(None);
        let style = Self::style(p);
        let beside = !self.places.is_empty() && self.corner.1 < TITLE;
        let room = if beside { self.corner.0 - 32 - SIDE } else { self.room };
        drawing.heading((SIDE, 28), room, style, &fit(&self.title, style, room));
        for ((key, words), (line, x)) in self.legend.0.iter().zip(&self.places) {
            let (x, y) = (self.corner.0 + x, self.corner.1 + line * LINE);
            key.draw(drawing, x, y);
            let x = x + key.room() + NEAR;
            let words = fit(words, Legend::style(p), self.room);
            drawing.text((x, y), Anchor::Start, Legend::style(p), &words);
        }
        drawing.legend = self.legend.words();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_legend_stands_beside_its_title_or_below_and_never_beyond_the_edge() {
        let p = &Palette::DARK;
        for wide in [200, 400, 560, 1_500] {
            let mut legend = Legend::default();
            for words in ["caused", "back to who asked", "a guess by order", "caused"] {
                legend.has(Key::Line(Pen::arrow(p.accent)), words);
            }
            legend.has(Key::Letters("✖", p.failed), "failed");
            let heading = Heading::of("order-1 · compensated", legend, wide, p);
            let mut drawing = Drawing::new(wide, 200, "test", p);
            heading.draw(&mut drawing, p);
            assert_eq!(drawing.legend, "caused, back to who asked, a guess by order, ✖ failed");
            assert_eq!(heading.height() == TITLE, wide == 1_500, "{wide}");
            for ((key, words), (line, x)) in heading.legend.0.iter().zip(&heading.places) {
                let right = heading.corner.0 + x + key.room() + NEAR + width(words, Legend::style(p));
                assert!(right <= wide, "{words} ends at {right} of {wide}");
                assert!(heading.corner.1 + line * LINE <= heading.height());
            }
        }
    }
}
