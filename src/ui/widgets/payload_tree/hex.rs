//! Bytes as hexadecimal lines, of which only the visible ones are made.

use std::fmt::Write as _;

use egui::{Role, Sense, Ui, UiBuilder, vec2};

use crate::ui::theme::{COMPACT, PAD, mono_small, tokens};
use crate::ui::widgets::{Line, RowScroll, VirtualRows, node};

/// Lines seen at once; more are scrolled.
const LINES_SEEN: u64 = 16;

/// Shows a dump in the width there is: 16 bytes a line, 8 or 4 where there is no room for more.
pub fn hex_dump(ui: &mut Ui, bytes: &[u8], scroll: &mut RowScroll) {
    let t = tokens(ui);
    let letter = Line::new().mono_small("0", t.text).width(ui.painter()).max(1.0);
    let columns = ((ui.available_width() - 2.0 * PAD - 8.0) / letter) as usize;
    let digits = offset_digits(bytes.len());
    let per_line = [16, 8].into_iter().find(|n| digits + 2 + n * 3 + 1 + n <= columns).unwrap_or(4);
    let lines = bytes.len().div_ceil(per_line) as u64;
    let height = lines.clamp(1, LINES_SEEN) as f32 * COMPACT;
    let (rect, _) = ui.allocate_exact_size(vec2(ui.available_width(), height), Sense::hover());
    let mut inner = ui.new_child(UiBuilder::new().max_rect(rect));
    inner.set_clip_rect(rect.intersect(ui.clip_rect()));
    VirtualRows::new("hex", "Bytes", lines).row_height(COMPACT).show(&mut inner, scroll, |ui, line, rect| {
        let from = line as usize * per_line;
        let part = &bytes[from..(from + per_line).min(bytes.len())];
        let (offset, hex, letters) = dump_line(from, part, per_line, digits);
        node(ui, rect, ui.scope_id().with(line), Sense::hover(), Role::Label, &format!("{offset} {hex}"));
        Line::new()
            .piece(&offset, mono_small(), t.faint)
            .piece("  ", mono_small(), t.faint)
            .piece(&hex, mono_small(), t.text)
            .piece(" ", mono_small(), t.faint)
            .piece(&letters, mono_small(), t.muted)
            .paint(ui.painter(), rect.shrink2(vec2(PAD, 0.0)));
    });
}

fn offset_digits(len: usize) -> usize {
    if len <= 0xffff { 4 } else { 8 }
}

/// Offset, bytes padded to a full line, and the letters they would be.
fn dump_line(from: usize, part: &[u8], per_line: usize, digits: usize) -> (String, String, String) {
    let mut hex = String::with_capacity(per_line * 3);
    for at in 0..per_line {
        match part.get(at) {
            Some(byte) => write!(hex, "{byte:02x} ").expect("text takes any text"),
            None => hex.push_str("   "),
        }
    }
    let letters = part
        .iter()
        .map(|byte| if byte.is_ascii_graphic() || *byte == b' ' { char::from(*byte) } else { '·' });
    (format!("{from:0digits$x}"), hex, letters.collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_has_offset_bytes_and_letters() {
        for (from, part, per_line, expected) in [
            (0, &b"Ab\x00\xff"[..], 4, ("0000", "41 62 00 ff ", "Ab··")),
            (16, &b"x y"[..], 4, ("0010", "78 20 79    ", "x y")),
        ] {
            let (offset, hex, letters) = dump_line(from, part, per_line, 4);
            assert_eq!((offset.as_str(), hex.as_str(), letters.as_str()), expected);
        }
    }

    #[test]
    fn long_data_has_long_offsets() {
        for (len, digits) in [(0, 4), (0xffff, 4), (0x1_0000, 8)] {
            assert_eq!(offset_digits(len), digits);
        }
    }
}
