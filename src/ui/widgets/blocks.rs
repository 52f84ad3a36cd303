//! What a view shows instead of its content: empty, loading, failed. One sentence, one action, centred at a
//! third of the height; no picture.

use egui::{Align, Layout, Response, TextStyle, Ui, UiBuilder, vec2};

use crate::ui::icons::Icon;
use crate::ui::theme::{Outcome, body, caption, mono_small, semibold, tokens};
use crate::ui::widgets::{Button, progress};

/// Widest text of a block.
const WIDTH: f32 = 420.0;

/// Nothing to show: why, and what can be done. True when the action was pressed.
pub fn empty(ui: &mut Ui, sentence: &str, action: Option<&str>) -> bool {
    block(ui, |ui| {
        let color = tokens(ui).muted;
        paragraph(ui, sentence, color);
        action.is_some_and(|action| {
            ui.add_space(8.0);
            ui.add(Button::new(action)).clicked()
        })
    })
}

/// Work goes on: what, how far, how fast. True when Cancel was pressed.
pub fn loading(ui: &mut Ui, sentence: &str, done: Option<f32>, rate: &str) -> bool {
    block(ui, |ui| {
        let t = tokens(ui);
        paragraph(ui, sentence, t.muted);
        ui.add_space(8.0);
        progress(ui, 280.0, done, sentence);
        ui.add_space(4.0);
        if !rate.is_empty() {
            text(ui, rate, mono_small(), t.faint);
        }
        ui.add_space(8.0);
        ui.add(Button::new("Cancel")).clicked()
    })
}

/// Work goes on that cannot be stopped, because it is short.
pub fn waiting(ui: &mut Ui, sentence: &str) {
    block(ui, |ui| {
        let t = tokens(ui);
        paragraph(ui, sentence, t.muted);
        ui.add_space(8.0);
        progress(ui, 280.0, None, sentence);
    });
}

/// It did not work: what, why, what to do; the path last. True when the action was pressed.
pub fn failed(ui: &mut Ui, what: &str, why: &str, todo: &str, path: &str, action: Option<&str>) -> bool {
    block(ui, |ui| {
        let t = tokens(ui);
        let color = t.outcome(Outcome::Failed).color;
        let (rect, _) = ui.allocate_exact_size(vec2(16.0, 20.0), egui::Sense::hover());
        Icon::Warning.paint(ui.painter(), rect, color);
        text(ui, what, semibold(13.0), t.text);
        for sentence in [why, todo] {
            if !sentence.is_empty() {
                paragraph(ui, sentence, t.muted);
            }
        }
        if !path.is_empty() {
            text(ui, path, mono_small(), t.faint);
        }
        action.is_some_and(|action| {
            ui.add_space(8.0);
            ui.add(Button::new(action)).clicked()
        })
    })
}

/// More than is drawn: "+2 more streams". A click shows them.
pub fn more(ui: &mut Ui, sentence: &str) -> Response {
    ui.add(Button::ghost(sentence).small())
}

fn paragraph(ui: &mut Ui, sentence: &str, color: egui::Color32) {
    text(ui, sentence, body(), color);
}

fn text(ui: &mut Ui, text: &str, font: egui::FontId, color: egui::Color32) {
    ui.add(egui::Label::new(egui::RichText::new(text).font(font).color(color)).wrap());
}

fn block<R>(ui: &mut Ui, content: impl FnOnce(&mut Ui) -> R) -> R {
    let rect = ui.available_rect_before_wrap();
    let width = rect.width().min(WIDTH);
    let top = rect.top() + (rect.height() / 3.0 - 32.0).max(8.0);
    let area = egui::Rect::from_min_max(
        egui::pos2(rect.center().x - width / 2.0, top),
        egui::pos2(rect.center().x + width / 2.0, rect.bottom().max(top)),
    );
    let mut inner = ui.new_child(UiBuilder::new().max_rect(area).layout(Layout::top_down(Align::Center)));
    inner.style_mut().override_text_style = Some(TextStyle::Body);
    let result = content(&mut inner);
    ui.advance_cursor_after_rect(rect);
    result
}

/// A caption in egui's flow, for notes under a block or field.
pub fn note(ui: &mut Ui, sentence: &str) {
    let color = tokens(ui).faint;
    text(ui, sentence, caption(), color);
}
