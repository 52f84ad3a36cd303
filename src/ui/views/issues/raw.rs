//! Bytes that are no event, as text or in hexadecimal; never interpreted.

use std::fmt::Write as _;

use egui::{RichText, ScrollArea, Ui};

use crate::ui::format::one_line;
use crate::ui::theme::{mono, mono_small, tokens};
use crate::ui::widgets::{Line, RowScroll, VirtualRows, node, segment};

/// Bytes in a line of hexadecimal.
const ACROSS: usize = 16;
/// Height of such a line.
const LINE: f32 = 18.0;

/// How bytes are shown.
#[derive(Default)]
pub(super) struct RawBytes {
    hex: bool,
    scroll: RowScroll,
}

impl RawBytes {
    /// Text or hexadecimal.
    pub(super) fn choice(&mut self, ui: &mut Ui) {
        segment(ui, "Bytes as", &mut self.hex, &[(false, "Text"), (true, "Hex")]);
    }

    /// Shows them in the room there is.
    pub(super) fn show(&mut self, ui: &mut Ui, bytes: &[u8]) {
        let t = tokens(ui);
        if bytes.is_empty() {
            ui.add(egui::Label::new(RichText::new("No bytes were kept").color(t.faint)));
        } else if self.hex {
            let lines = bytes.len().div_ceil(ACROSS) as u64;
            VirtualRows::new("hex", "Bytes in hexadecimal", lines).row_height(LINE).show(
                ui,
                &mut self.scroll,
                |ui, number, rect| {
                    let from = number as usize * ACROSS;
                    let line = hex_line(from, &bytes[from..bytes.len().min(from + ACROSS)]);
                    Line::new().piece(&line, mono_small(), t.text).paint(ui.painter(), rect);
                    let id = ui.scope_id().with("line");
                    node(ui, rect, id, egui::Sense::hover(), egui::Role::Label, &line);
                },
            );
        } else {
            ScrollArea::vertical().auto_shrink(false).show(ui, |ui| {
                let text = String::from_utf8_lossy(bytes);
                let lines: Vec<String> = text.lines().map(one_line).collect();
                let text = RichText::new(lines.join("\n")).font(mono()).color(t.text);
                ui.add(egui::Label::new(text).wrap().selectable(true));
            });
        }
    }
}

/// The beginning on one line.
pub(super) fn first_line(bytes: &[u8], max: usize) -> String {
    let text = one_line(&String::from_utf8_lossy(&bytes[..bytes.len().min(max)]));
    if bytes.len() > max { format!("{text}…") } else { text }
}

/// `0010  7b 22 61 22  {"a"`.
fn hex_line(from: usize, bytes: &[u8]) -> String {
    let mut line = format!("{from:04x} ");
    for at in 0..ACROSS {
        match bytes.get(at) {
            Some(byte) => write!(line, " {byte:02x}").expect("writing to a string never fails"),
            None => line.push_str("   "),
        }
    }
    line.push_str("  ");
    line.extend(bytes.iter().map(|byte| if (b' '..=b'~').contains(byte) { char::from(*byte) } else { '·' }));
    line
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bytes_are_spelled() {
        let spaces = " ".repeat(3 * 13);
        assert_eq!(hex_line(16, b"{\"\x07"), format!("0010  7b 22 07{spaces}  {{\"·"));
        assert_eq!(first_line(b"ab\n\xffc", 100), "ab\\n\u{fffd}c");
        assert_eq!(first_line(b"abcdef", 3), "abc…");
    }
}
