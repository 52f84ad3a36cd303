//! Standard output: lines of text and of JSON, buffered; a closed pipe comes back as an error of its kind.

use std::io::{self, BufWriter, Write};

use serde::Serialize;
use serde_json::ser::Formatter;

use super::drawing::Rasterise;

/// Columns where the terminal does not tell.
const WIDTH: usize = 100;

/// Where a subcommand prints to.
pub struct Output {
    to: Sink,
    width: usize,
    rasterise: Option<Rasterise>,
}

enum Sink {
    Stdout(BufWriter<io::Stdout>),
    #[cfg(test)]
    Buffer(Vec<u8>),
}

impl Output {
    pub(super) fn stdout(rasterise: Option<Rasterise>) -> Self {
        let width = terminal_size::terminal_size().map_or(WIDTH, |(width, _)| usize::from(width.0).max(40));
        Self { to: Sink::Stdout(BufWriter::with_capacity(64 << 10, io::stdout())), width, rasterise }
    }

    #[cfg(test)]
    pub(super) fn buffer(width: usize) -> Self {
        Self { to: Sink::Buffer(Vec::new()), width, rasterise: None }
    }

    #[cfg(test)]
    pub(super) fn text(&self) -> String {
        match &self.to {
            Sink::Buffer(bytes) => String::from_utf8(bytes.clone()).unwrap(),
            Sink::Stdout(_) => String::new(),
        }
    }

    /// What draws diagrams into PNG files, in a program that can.
    pub(super) fn rasterise(&self) -> Option<Rasterise> {
        self.rasterise
    }

    /// Columns of the terminal.
    pub fn width(&self) -> usize {
        self.width
    }

    /// Prints a line. What comes from a store must be cleaned before.
    pub fn line(&mut self, text: &str) -> io::Result<()> {
        self.write_all(text.as_bytes())?;
        self.write_all(b"\n")
    }

    /// Prints a JSON value on a line.
    pub fn json(&mut self, value: &impl Serialize) -> io::Result<()> {
        let mut serializer = serde_json::Serializer::with_formatter(&mut *self, TerminalSafe);
        value.serialize(&mut serializer)?;
        self.write_all(b"\n")
    }
}

impl Write for Output {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        match &mut self.to {
            Sink::Stdout(to) => to.write(bytes),
            #[cfg(test)]
            Sink::Buffer(to) => to.write(bytes),
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        match &mut self.to {
            Sink::Stdout(to) => to.flush(),
            #[cfg(test)]
            Sink::Buffer(_) => Ok(()),
        }
    }
}

/// Compact JSON that also escapes the control characters JSON leaves alone: U+009B begins an escape sequence
/// in a terminal just like ESC does.
struct TerminalSafe;

impl Formatter for TerminalSafe {
    fn write_string_fragment<W: Write + ?Sized>(&mut self, to: &mut W, fragment: &str) -> io::Result<()> {
        let mut rest = fragment;
        while let Some((at, letter)) = rest.char_indices().find(|(_, letter)| letter.is_control()) {
            to.write_all(&rest.as_bytes()[..at])?;
            write!(to, "\\u{:04x}", u32::from(letter))?;
            rest = &rest[at + letter.len_utf8()..];
        }
        to.write_all(rest.as_bytes())
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    #[test]
    fn json_holds_no_control_character_and_stays_the_same_value() {
        let value = json!({"a\u{9b}31m": "\u{1b}[2J \u{7f} \u{85} ö \u{9f}", "n": 1.50});
        let mut out = Output::buffer(80);
        out.json(&value).unwrap();
        let text = out.text();
        assert!(text.trim_end().chars().all(|letter| !letter.is_control()), "{text:?}");
        assert_eq!(serde_json::from_str::<Value>(&text).unwrap(), value);
    }
}
