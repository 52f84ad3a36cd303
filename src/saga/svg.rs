//! Diagrams as SVG: a whole page of lines, shapes and texts in absolute places, well-formed whatever a store says.
//! Knows no window and no fonts; text widths are estimated.

use std::fmt::Write as _;

use crate::base::text::one_line;

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

/// How a line looks.
#[derive(Clone, Copy, Debug)]
pub struct Stroke {
    /// Its colour.
    pub colour: &'static str,
    /// Broken into dashes.
    pub dashed: bool,
    /// With a head at its end.
    pub arrow: bool,
}

/// A picture that is being written.
#[derive(Debug)]
pub struct Svg(String);

impl Svg {
    /// Of this size in pixels, with a title for screen readers.
    pub fn new(width: i32, height: i32, title: &str, palette: &Palette) -> Self {
        let mut svg = format!(
            "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{width}\" height=\"{height}\" \
             viewBox=\"0 0 {width} {height}\" font-family=\"Inter, sans-serif\" role=\"img\">\n<title>{}</title>\n",
            escape(title)
        );
        svg += "<defs>";
        for colour in [palette.accent, palette.failed, palette.undo, palette.muted] {
            write!(
                svg,
                "<marker id=\"{}\" viewBox=\"0 0 8 8\" refX=\"7\" refY=\"4\" markerWidth=\"7\" markerHeight=\"7\" \
                 orient=\"auto\"><path d=\"M0 0 8 4 0 8z\" fill=\"{colour}\"/></marker>",
                marker(colour)
            ).expect("a String takes all");
        }
        svg += "</defs>\n";
        let mut svg = Self(svg);
        svg.rect((0, 0), (width, height), palette.surface, None);
        svg
    }

    /// A text on one line.
    pub fn text(&mut self, (x, y): (i32, i32), anchor: Anchor, style: Style, text: &str) {
        let weight = if style.bold { 600 } else { 400 };
        writeln!(
            self.0,
            "<text x=\"{x}\" y=\"{y}\" font-size=\"{}\" font-weight=\"{weight}\" fill=\"{}\" text-anchor=\"{}\">{}</text>",
            style.size,
            style.colour,
            anchor.name(),
            escape(text)
        ).expect("a String takes all");
    }

    /// A box.
    pub fn rect(
        &mut self,
        (x, y): (i32, i32),
        (width, height): (i32, i32),
        fill: &str,
        border: Option<&str>,
    ) {
        let border = border.map_or_else(String::new, |colour| format!(" stroke=\"{colour}\""));
        writeln!(
            self.0,
            "<rect x=\"{x}\" y=\"{y}\" width=\"{width}\" height=\"{height}\" rx=\"4\" fill=\"{fill}\"{border}/>"
        ).expect("a String takes all");
    }

    /// A line through some points.
    pub fn path(&mut self, points: &[(i32, i32)], stroke: Stroke) {
        let mut d = String::new();
        for (at, (x, y)) in points.iter().enumerate() {
            write!(d, "{}{x} {y}", if at == 0 { "M" } else { " L" }).expect("a String takes all");
        }
        let dash = if stroke.dashed { " stroke-dasharray=\"5 4\"" } else { "" };
        let head = if stroke.arrow {
            format!(" marker-end=\"url(#{})\"", marker(stroke.colour))
        } else {
            String::new()
        };
        writeln!(
            self.0,
            "<path d=\"{d}\" fill=\"none\" stroke=\"{}\" stroke-width=\"1.5\"{dash}{head}/>",
            stroke.colour
        )
        .expect("a String takes all");
    }

    /// The whole picture.
    pub fn finish(mut self) -> String {
        self.0 += "</svg>\n";
        self.0
    }
}

fn marker(colour: &str) -> String {
    format!("head{}", colour.trim_start_matches('#'))
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

/// `text` in about so many pixels at 12 points, `…` at the end where something is missing.
pub fn fit(text: &str, width: i32) -> String {
    let letters = (width / 7).max(2) as usize;
    if text.chars().count() <= letters {
        return text.to_owned();
    }
    text.chars().take(letters - 1).chain(['…']).collect()
}
