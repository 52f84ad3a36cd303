//! The payload: as a tree, as the text that is stored, as bytes.

use egui::{Sense, Ui, UiBuilder, vec2};
use serde_json::Value;

use super::prepared::Prepared;
use crate::model::Payload;
use crate::ui::command::WindowCommand;
use crate::ui::format::{bytes, count};
use crate::ui::icons::Icon;
use crate::ui::theme::PAD;
use crate::ui::view::ViewContext;
use crate::ui::widgets::payload_tree::hex_dump;
use crate::ui::widgets::{PayloadTree, RawText, RowScroll, SearchField, TreeAction, icon_button, segment};

/// How a payload is looked at.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Form {
    #[default]
    Tree,
    Raw,
    Hex,
}

/// State of the section.
#[derive(Default)]
pub(super) struct DataSection {
    form: Form,
    tree: PayloadTree,
    raw: RawText,
    hex: RowScroll,
    /// The event whose bytes the dump is scrolled in.
    scrolled: u64,
}

/// What the head of the section says: "5 values · 156 bytes".
pub(super) fn summary(prepared: &Prepared) -> (String, String) {
    let size = bytes(prepared.event.data.len() as u64);
    match (&prepared.event.data, &prepared.data) {
        (Payload::Missing, _) => (String::new(), "none".to_owned()),
        (Payload::Opaque { .. }, _) | (_, None) => (String::new(), size),
        (_, Some(value)) => (String::new(), format!("{} · {size}", count(values(value), "value"))),
    }
}

/// Values on the top level.
fn values(value: &Value) -> u64 {
    match value {
        Value::Object(members) => members.len() as u64,
        Value::Array(elements) => elements.len() as u64,
        _ => 1,
    }
}

impl DataSection {
    pub(super) fn ui(
        &mut self,
        context: &ViewContext<'_>,
        ui: &mut Ui,
        prepared: &Prepared,
    ) -> Option<TreeAction> {
        if self.scrolled != prepared.identity {
            self.scrolled = prepared.identity;
            self.hex = RowScroll::default();
        }
        match &prepared.event.data {
            Payload::Missing => {
                note_ui(context, ui, "The store has no payload for this event");
                None
            }
            Payload::Opaque { bytes, encoding } => {
                let why =
                    format!("It is opaque: {encoding}. It cannot be read as JSON, so its bytes are shown");
                note_ui(context, ui, &why);
                hex_dump(ui, bytes, &mut self.hex);
                None
            }
            Payload::Json(text) => {
                self.bar_ui(context, ui, text.as_str());
                match self.form {
                    Form::Tree => {
                        let value = prepared.data.as_ref()?;
                        self.tree.show(ui, value, prepared.identity)
                    }
                    Form::Raw => {
                        self.raw.show(ui, text.as_str(), prepared.identity);
                        None
                    }
                    Form::Hex => {
                        hex_dump(ui, text.as_str().as_bytes(), &mut self.hex);
                        None
                    }
                }
            }
        }
    }

    fn bar_ui(&mut self, context: &ViewContext<'_>, ui: &mut Ui, text: &str) {
        let (rect, _) = ui.allocate_exact_size(vec2(ui.available_width(), 28.0), Sense::hover());
        let area = rect.shrink2(vec2(PAD, 0.0));
        let layout = egui::Layout::left_to_right(egui::Align::Center);
        let mut bar = ui.new_child(UiBuilder::new().max_rect(area).layout(layout));
        bar.spacing_mut().item_spacing.x = 8.0;
        let forms = [(Form::Tree, "Tree"), (Form::Raw, "Raw"), (Form::Hex, "Hex")];
        segment(&mut bar, "Form of the data", &mut self.form, &forms);
        if self.form == Form::Tree {
            let found = self.tree.found();
            SearchField::new("Search data", self.tree.search_mut()).note(&found).show(&mut bar);
        } else if icon_button(&mut bar, Icon::Copy, "Copy the data as stored").clicked() {
            context.send(WindowCommand::Copy(text.to_owned()));
        }
        ui.add_space(4.0);
    }
}

/// A sentence in place of content.
pub(super) fn note_ui(context: &ViewContext<'_>, ui: &mut Ui, sentence: &str) {
    let color = context.tokens.muted;
    egui::Frame::new().inner_margin(egui::Margin::symmetric(12, 2)).show(ui, |ui| {
        let text = egui::RichText::new(sentence).font(crate::ui::theme::body()).color(color);
        ui.add(egui::Label::new(text).wrap());
    });
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_those_of_the_top_level() {
        for (json, expected) in [("{}", 0), (r#"{"a":{"b":1}}"#, 1), ("[1,2]", 2), ("null", 1)] {
            assert_eq!(values(&serde_json::from_str(json).unwrap()), expected, "{json}");
        }
    }
}
