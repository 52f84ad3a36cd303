//! Text as it is stored, wrapped to the width there is, of which only the visible lines are laid out.

use std::ops::Range;

use egui::{Rect, Role, Sense, Ui, pos2, vec2};

use super::wrap::wrap;
use crate::base::limits::RAW_TEXT_BYTES_MAX;
use crate::ui::format::{bytes, one_line};
use crate::ui::theme::{COMPACT, PAD, tokens};
use crate::ui::widgets::{Line, node};

/// The lines of the text that was shown last.
#[derive(Default)]
pub struct RawText {
    key: (u64, usize),
    lines: Vec<Range<usize>>,
}

impl RawText {
    /// Shows `text`; `identity` is another number for another text. Beyond a bound a sentence says how much
    /// is missing.
    pub fn show(&mut self, ui: &mut Ui, text: &str, identity: u64) {
        let t = tokens(ui);
        let letter = Line::new().mono_small("0", t.text).width(ui.painter()).max(1.0);
        let columns = (((ui.available_width() - 2.0 * PAD) / letter) as usize).max(8);
        let shown = &text[..text.floor_char_boundary(RAW_TEXT_BYTES_MAX)];
        if self.key != (identity, columns) || self.lines.last().is_none_or(|line| line.end > shown.len()) {
            self.key = (identity, columns);
            self.lines = wrap(shown, columns);
        }
        let width = ui.available_width();
        let size = vec2(width, self.lines.len() as f32 * COMPACT);
        let (rect, _) = ui.allocate_exact_size(size, Sense::hover());
        for at in super::seen(ui, rect, COMPACT, self.lines.len()) {
            let line = one_line(&shown[self.lines[at].clone()]);
            let top = rect.top() + at as f32 * COMPACT;
            let place = Rect::from_min_size(pos2(rect.left(), top), vec2(width, COMPACT));
            node(ui, place, ui.scope_id().with(("raw", at)), Sense::hover(), Role::Label, &line);
            Line::new().mono_small(&line, t.text).paint(ui.painter(), place.shrink2(vec2(PAD, 0.0)));
        }
        if shown.len() < text.len() {
            let hidden = bytes((text.len() - shown.len()) as u64);
            Line::new().gap(PAD).caption(&format!("{hidden} more: Copy takes all of it"), t.muted).show(ui);
        }
    }
}
