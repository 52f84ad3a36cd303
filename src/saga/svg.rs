//! Diagrams: a whole page of lines, shapes and texts in absolute places, for a window to paint, or as SVG that is
//! well-formed whatever a store says. Knows no window and no fonts; text widths are estimated.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use super::machine::Edge;
use super::pen::{Pattern, Pen};
use super::pictures::AsOf;
use crate::base::text::one_line;
use crate::index::TypeId;
use crate::model::Row;

/// Colours of a picture, as `#rrggbb`.
#[derive(Clone, Copy, Debug)]
pub struct Palette {
    /// Behind everything.
    pub surface: &'static str,
    /// Boxes.
    pub raised: &'static str,
    /// Thin lines.
    pub line: &'static str,
    /// Texts.
    pub text: &'static str,
    /// Second texts.
    pub muted: &'static str,
    /// Arrows of causes.
    pub accent: &'static str,
    /// Failures.
    pub failed: &'static str,
    /// Undos.
    pub undo: &'static str,
}

impl Palette {
    /// On white.
    pub const LIGHT: Self = Self {
        surface: "#FFFFFF",
        raised: "#F4F5F7",
        line: "#C3C8D1",
        text: "#1A1D22",
        muted: "#4A5260",
        accent: "#3F54A8",
        failed: "#9D381F",
        undo: "#853E80",
    };
    /// On black.
    pub const DARK: Self = Self {
        surface: "#14171B",
        raised: "#1B1F25",
        line: "#3A414C",
        text: "#E7EAEF",
        muted: "#AEB6C2",
        accent: "#96B0FF",
        failed: "#FF9176",
        undo: "#E395DC",
    };
}

/// Where a text stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Anchor {
    /// It begins here.
    Start,
    /// Its middle is here.
    Middle,
    /// It ends here.
    End,
}

impl Anchor {
    fn name(self) -> &'static str {
        match self {
            Self::Start => "start",
            Self::Middle => "middle",
            Self::End => "end",
        }
    }
}

/// How a text looks.
#[derive(Clone, Copy, Debug)]
pub struct Style {
    /// Height in pixels.
    pub size: i32,
    /// Heavier.
    pub bold: bool,
    /// Its colour.
    pub colour: &'static str,
}

/// How a line of the usual width looks.
#[derive(Clone, Copy, Debug)]
pub struct Stroke {
    /// Its colour.
    pub colour: &'static str,
    /// Broken into dashes.
    pub dashed: bool,
    /// With a head at its end.
    pub arrow: bool,
}

impl From<Stroke> for Pen {
    fn from(stroke: Stroke) -> Self {
        let pattern = if stroke.dashed { Pattern::Dashed } else { Pattern::Whole };
        Self { pattern, arrow: stroke.arrow, ..Self::line(stroke.colour) }
    }
}

/// Something in a picture.
#[derive(Clone, Debug)]
pub enum Shape {
    /// A text on one line; its point is on the base line.
    Text {
        /// Where.
        at: (i32, i32),
        /// Which part of it stands there.
        anchor: Anchor,
        /// How it looks.
        style: Style,
        /// In digits of one width.
        mono: bool,
        /// What it says, on one line.
        text: String,
    },
    /// A box.
    Rect {
        /// Its upper left corner.
        at: (i32, i32),
        /// Its width and height.
        size: (i32, i32),
        /// Its colour.
        fill: &'static str,
        /// That of its border.
        border: Option<&'static str>,
    },
    /// A line through some points.
    Path {
        /// At least two.
        points: Vec<(i32, i32)>,
        /// How it looks.
        pen: Pen,
    },
}

/// What a part of a picture stands for: where a window lets it be clicked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Subject {
    /// An event.
    Event(Row),
    /// An event type.
    Type(TypeId),
    /// What followed what on the process map.
    Way(Edge),
    /// A lifeline, by its place among those that are drawn.
    Line(u32),
    /// Events that stand as one, by the first of them.
    Fold(Row),
}

/// A part of a picture that stands for something.
#[derive(Clone, Debug)]
pub struct Spot {
    /// Its upper left corner.
    pub at: (i32, i32),
    /// Its width and height.
    pub size: (i32, i32),
    /// For what.
    pub subject: Subject,
    /// In words.
    pub label: String,
}

/// A picture: for a file as SVG, for a window to paint.
#[derive(Clone, Debug)]
pub struct Drawing {
    /// Width and height in pixels.
    pub size: (i32, i32),
    /// For screen readers.
    pub title: String,
    /// What is drawn, from the back to the front.
    pub shapes: Vec<Shape>,
    /// The event that each shape belongs to, if it belongs to one.
    pub owners: Vec<Option<Row>>,
    /// What can be pointed at.
    pub spots: Vec<Spot>,
    /// What its lines and signs mean, in words.
    pub legend: String,
    /// Height of the part above that stays in view while the rest is scrolled; 0: nothing stays.
    pub head: i32,
    /// Where in that part the names begin: where there is little room only they stay.
    pub names: i32,
    /// The lifelines by their place, where there are any.
    pub lines: Vec<String>,
    /// Events that are not drawn for themselves, and the event that stands for them.
    pub stand_ins: BTreeMap<Row, Row>,
    /// The texts that say how the whole stands, by their places among the shapes: the title, and what stands below. A
    /// window that shows an earlier moment says how it stood then.
    pub title_at: Option<usize>,
    /// See [`Self::title_at`].
    pub foot_at: Option<usize>,
    title_room: i32,
    owner: Option<Row>,
}

impl Drawing {
    /// Of this size in pixels, with a title for screen readers.
    pub fn new(width: i32, height: i32, title: &str, palette: &Palette) -> Self {
        let mut drawing = Self {
            size: (width, height),
            title: title.to_owned(),
            shapes: Vec::new(),
            owners: Vec::new(),
            spots: Vec::new(),
            legend: String::new(),
            head: 0,
            names: 0,
            lines: Vec::new(),
            stand_ins: BTreeMap::new(),
            title_at: None,
            foot_at: None,
            title_room: width,
            owner: None,
        };
        drawing.rect((0, 0), (width, height), palette.surface, None);
        drawing
    }

    /// A text on one line.
    pub fn text(&mut self, at: (i32, i32), anchor: Anchor, style: Style, text: &str) {
        let text = one_line(text).into_owned();
        self.push(Shape::Text { at, anchor, style, mono: false, text });
    }

    /// The title, in so much room.
    pub(super) fn heading(&mut self, at: (i32, i32), room: i32, style: Style, text: &str) {
        self.title_at = Some(self.shapes.len());
        self.title_room = room;
        self.text(at, Anchor::Start, style, text);
    }

    /// How the whole stands, below it.
    pub(super) fn foot(&mut self, at: (i32, i32), style: Style, text: &str) {
        self.foot_at = Some(self.shapes.len());
        self.text(at, Anchor::Start, style, text);
    }

    /// Other words in the place of a text, cut to the room that it has.
    pub fn other_words(&self, shape: usize, words: &str) -> Option<Shape> {
        let Shape::Text { at, anchor, style, mono, .. } = self.shapes.get(shape)? else { return None };
        let room = if self.title_at == Some(shape) { self.title_room } else { self.size.0 - 2 * at.0 };
        let text = super::measure::fit(&one_line(words), *style, room);
        Some(Shape::Text { at: *at, anchor: *anchor, style: *style, mono: *mono, text })
    }

    /// The same with what is said of an earlier moment.
    #[must_use]
    pub fn as_of(&self, then: &AsOf) -> Self {
        let mut other = self.clone();
        other.title.clone_from(&then.title);
        for (place, words) in [(self.title_at, &then.title), (self.foot_at, &then.foot)] {
            if let Some((place, shape)) =
                place.and_then(|place| Some((place, self.other_words(place, words)?)))
            {
                other.shapes[place] = shape;
            }
        }
        other
    }

    /// Numbers that end here, in digits of one width.
    pub fn digits(&mut self, at: (i32, i32), style: Style, text: &str) {
        let text = one_line(text).into_owned();
        self.push(Shape::Text { at, anchor: Anchor::End, style, mono: true, text });
    }

    fn push(&mut self, shape: Shape) {
        self.shapes.push(shape);
        self.owners.push(self.owner);
    }

    /// What is drawn from here on belongs to this event.
    pub fn belongs_to(&mut self, row: Option<Row>) {
        self.owner = row;
    }

    /// A box.
    pub fn rect(
        &mut self,
        at: (i32, i32),
        size: (i32, i32),
        fill: &'static str,
        border: Option<&'static str>,
    ) {
        self.push(Shape::Rect { at, size, fill, border });
    }

    /// A line through some points.
    pub fn path(&mut self, points: &[(i32, i32)], pen: impl Into<Pen>) {
        self.push(Shape::Path { points: points.to_vec(), pen: pen.into() });
    }

    /// This part stands for something.
    pub fn spot(&mut self, at: (i32, i32), size: (i32, i32), subject: Subject, label: String) {
        self.spots.push(Spot { at, size, subject, label });
    }

    /// What it shows in words, a line each: its title, what its signs mean, everything that stands for something, and
    /// how the whole stands.
    pub fn words(&self) -> Vec<String> {
        let legend = (!self.legend.is_empty()).then(|| format!("Legend: {}", self.legend));
        let foot = self.foot_at.and_then(|at| match self.shapes.get(at)? {
            Shape::Text { text, .. } => Some(text.clone()),
            Shape::Rect { .. } | Shape::Path { .. } => None,
        });
        let spots = self.spots.iter().map(|spot| spot.label.clone());
        std::iter::once(self.title.clone()).chain(legend).chain(spots).chain(foot).collect()
    }

    /// As a file.
    pub fn svg(&self) -> String {
        let (width, height) = self.size;
        let mut svg = format!(
            "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{width}\" height=\"{height}\" \
             viewBox=\"0 0 {width} {height}\" font-family=\"Inter, sans-serif\" role=\"img\">\n<title>{}</title>\n",
            escape(&self.title)
        );
        for shape in &self.shapes {
            write_shape(&mut svg, shape);
        }
        svg += "</svg>\n";
        svg
    }
}

fn write_shape(svg: &mut String, shape: &Shape) {
    match shape {
        Shape::Text { at: (x, y), anchor, style, mono, text } => {
            let weight = if style.bold { 600 } else { 400 };
            let family = if *mono { " font-family=\"JetBrains Mono, monospace\"" } else { "" };
            writeln!(
                svg,
                "<text x=\"{x}\" y=\"{y}\"{family} font-size=\"{}\" font-weight=\"{weight}\" fill=\"{}\" text-anchor=\"{}\">{}</text>",
                style.size,
                style.colour,
                anchor.name(),
                escape(text)
            )
        }
        Shape::Rect { at: (x, y), size: (width, height), fill, border } => {
            let border = border.map_or_else(String::new, |colour| format!(" stroke=\"{colour}\""));
            writeln!(
                svg,
                "<rect x=\"{x}\" y=\"{y}\" width=\"{width}\" height=\"{height}\" rx=\"4\" fill=\"{fill}\"{border}/>"
            )
        }
        Shape::Path { points, pen } => {
            let traced = pen.trace(points);
            let (strokes, gaps) = pen.pattern.lengths();
            let lengths: Vec<String> =
                strokes.iter().zip(gaps).map(|(stroke, gap)| format!("{stroke} {gap}")).collect();
            let dash = if lengths.is_empty() {
                String::new()
            } else {
                format!(" stroke-dasharray=\"{}\"", lengths.join(" "))
            };
            let (colour, width) = (pen.colour, f64::from(pen.width) / 10.0);
            if let Some(head) = traced.head {
                writeln!(svg, "<path d=\"{}z\" fill=\"{colour}\"/>", way(&head)).expect("a String takes all");
            }
            writeln!(
                svg,
                "<path d=\"{}\" fill=\"none\" stroke=\"{colour}\" stroke-width=\"{width}\"{dash}/>",
                way(&traced.line)
            )
        }
    }
    .expect("a String takes all");
}

/// Points as a path has them, to a tenth of a pixel.
fn way(points: &[(f32, f32)]) -> String {
    let mut d = String::new();
    let tenth = |value: f32| (value * 10.0).round() / 10.0;
    for (at, (x, y)) in points.iter().enumerate() {
        write!(d, "{}{} {}", if at == 0 { "M" } else { " L" }, tenth(*x), tenth(*y))
            .expect("a String takes all");
    }
    d
}

/// Text as XML takes it: markup escaped, and no character that XML does not know.
pub fn escape(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for letter in one_line(text).chars() {
        match letter {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '"' => escaped.push_str("&quot;"),
            '\'' => escaped.push_str("&#39;"),
            '\u{fffe}' | '\u{ffff}' => escaped.push('\u{fffd}'),
            other => escaped.push(other),
        }
    }
    escaped
}
