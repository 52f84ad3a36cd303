//! What can be typed next, under the query bar: fields, types, streams and values with how often they occur, and the
//! queries asked before. Chosen by ↓ and Enter or Tab, or by a click.

use egui::text::{CCursor, CCursorRange};
use egui::{
    Key, Modifiers, Popup, PopupAnchor, PopupCloseBehavior, Rect, Response, Role, Sense, TextEdit, Ui,
    WidgetInfo, vec2,
};

use super::filter::filter_id;
use crate::query::Completion;
use crate::ui::format::thousands;
use crate::ui::theme::tokens;
use crate::ui::widgets::{Line, hover_card_frame};

/// Queries asked before that are offered, in an empty field and in the menu; also saved ones in the field.
pub(super) const EARLIER: usize = 6;
/// Suggestions in view at a time.
const SHOWN: usize = 12;
const ROW: f32 = 22.0;
/// Width of the names; what they say stands beside.
const NAMES: f32 = 230.0;

/// Which suggestion is meant.
#[derive(Default)]
pub(super) struct Suggestions {
    /// Shown from the first letter that is typed until one is taken or Esc is pressed.
    pub(super) open: bool,
    /// Something was typed since.
    pub(super) typed: bool,
    selected: Option<usize>,
    top: usize,
    /// Whether there was something to show at the last frame.
    visible: bool,
}

/// What the keys did.
pub(super) enum Chosen {
    Nothing,
    /// The suggestion at this place was taken.
    Taken(usize),
}

impl Suggestions {
    pub(super) fn close(&mut self) {
        *self = Self::default();
    }

    /// Closes what lies open over somebody's typing; whether there was something.
    pub(super) fn dismiss(&mut self) -> bool {
        let was_open = self.visible && self.typed;
        if was_open {
            self.close();
        }
        was_open
    }

    /// Takes the keys that are for the list, before the text field sees them.
    pub(super) fn keys(&mut self, ui: &Ui, len: usize) -> Chosen {
        if !self.open || len == 0 {
            return Chosen::Nothing;
        }
        let pressed = |key| ui.input_mut(|input| input.consume_key(Modifiers::NONE, key));
        if pressed(Key::ArrowDown) {
            self.select(self.selected.map_or(0, |at| (at + 1) % len));
        }
        if pressed(Key::ArrowUp) {
            self.select(self.selected.map_or(len - 1, |at| (at + len - 1) % len));
        }
        // Who only comes by with the Tab key goes on.
        if (self.typed || self.selected.is_some()) && pressed(Key::Tab) {
            return Chosen::Taken(self.selected.unwrap_or(0).min(len - 1));
        }
        match self.selected {
            Some(at) if at < len && pressed(Key::Enter) => Chosen::Taken(at),
            _ => Chosen::Nothing,
        }
    }

    fn select(&mut self, at: usize) {
        self.selected = Some(at);
        self.top = self.top.clamp(at.saturating_sub(SHOWN - 1), at);
    }

    /// Shows the list under the field; the place of the one that was clicked.
    pub(super) fn show(
        &mut self,
        ui: &Ui,
        rect: Rect,
        field: &Response,
        list: &[Completion],
    ) -> Option<usize> {
        self.visible = self.open && !list.is_empty();
        if !self.visible {
            return None;
        }
        let mut clicked = None;
        let shown = list.len().min(SHOWN);
        self.top = self.top.min(list.len() - shown);
        Popup::from_response(field)
            .id(filter_id().with("suggestions"))
            .anchor(PopupAnchor::ParentRect(rect))
            .open(true)
            .close_behavior(PopupCloseBehavior::IgnoreClicks)
            .frame(hover_card_frame(&tokens(ui)))
            .gap(4.0)
            .show(|ui| {
                ui.spacing_mut().item_spacing.y = 0.0;
                let width = rect.width().max(420.0) - 26.0;
                let (all, _) = ui.allocate_exact_size(vec2(width, ROW * shown as f32), Sense::hover());
                let wheel = ui.input(|input| input.smooth_scroll_delta().y);
                if ui.rect_contains_pointer(all) && wheel.abs() > 1.0 {
                    let by = if wheel > 0.0 { -1 } else { 1 };
                    self.top = self.top.saturating_add_signed(by).min(list.len() - shown);
                }
                for (line, (at, one)) in list.iter().enumerate().skip(self.top).take(shown).enumerate() {
                    let top = all.top() + ROW * line as f32;
                    let place = Rect::from_x_y_ranges(all.x_range(), top..=top + ROW);
                    if suggestion_ui(ui, place, at, one, self.selected == Some(at)) {
                        clicked = Some(at);
                    }
                }
                if list.len() > shown {
                    let words = format!("{} of {}", thousands(shown as u64), thousands(list.len() as u64));
                    Line::new().caption(&words, tokens(ui).faint).show(ui);
                }
            });
        clicked
    }
}

fn suggestion_ui(ui: &Ui, rect: Rect, at: usize, one: &Completion, selected: bool) -> bool {
    let t = tokens(ui);
    let response = ui.interact(rect, ui.scope_id().with(("suggestion", at)), Sense::click());
    let occurs = one.count.map(|count| format!(", {}", thousands(count))).unwrap_or_default();
    let label = format!("{}: {}{occurs}", one.text, one.says);
    response.widget_info(|| WidgetInfo::selected(Role::ListBoxOption, ui.is_enabled(), selected, &label));
    if selected {
        ui.painter().rect_filled(rect, 3, t.selection);
    } else if response.hovered() {
        ui.painter().rect_filled(rect, 3, t.hover());
    }
    let inner = rect.shrink2(vec2(6.0, 0.0));
    let names = NAMES.min(inner.width() * 0.6);
    let text = Rect::from_x_y_ranges(inner.left()..=inner.left() + names, rect.y_range());
    Line::new().mono(&one.text, t.text).paint(ui.painter(), text);
    let mut end = inner.right();
    if let Some(count) = one.count {
        let line = Line::new().mono_small(&thousands(count), t.muted).right();
        end = line.paint(ui.painter(), inner).rect.left() - 8.0;
    }
    let about = Rect::from_x_y_ranges(text.right() + 8.0..=end.max(text.right() + 9.0), rect.y_range());
    Line::new().caption(&one.says, t.muted).paint(ui.painter(), about);
    response.clicked()
}

/// Byte of `text` at which the caret stands; the end where that is not known.
pub(super) fn caret(ui: &Ui, text: &str) -> usize {
    let range = TextEdit::load_state(ui.ctx(), filter_id()).and_then(|state| state.cursor.char_range());
    let letters = range.map_or(usize::MAX, |range| range.primary.index.0);
    text.char_indices().nth(letters).map_or(text.len(), |(at, _)| at)
}

/// Puts a suggestion into `text`, and the caret behind it.
pub(super) fn take(ui: &Ui, text: &mut String, one: &Completion) {
    if text.get(one.at.clone()).is_none() {
        return;
    }
    text.replace_range(one.at.clone(), &one.text);
    let mut end = one.at.start + one.text.len();
    // A whole term is followed by the next one.
    let is_whole = !one.text.ends_with([':', '.', '(', '>', ' ']);
    if is_whole && end == text.len() {
        text.push(' ');
        end += 1;
    }
    let letters = text[..end].chars().count();
    let mut state = TextEdit::load_state(ui.ctx(), filter_id()).unwrap_or_default();
    state.cursor.set_char_range(Some(CCursorRange::one(CCursor::new(letters))));
    TextEdit::store_state(ui.ctx(), filter_id(), state);
}
