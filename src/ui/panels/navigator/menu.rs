//! What a right click offers on a stream or a type.

use egui::{Key, Popup, Response, SetOpenCommand, Ui};

use super::rows::Act;
use crate::index::{StreamId, StreamInfo, TypeInfo};
use crate::query::{Wish, stream_term, type_term};
use crate::ui::command::WindowCommand;
use crate::ui::view::ViewContext;

/// Shows `content` after a right click at the pointer, after Shift+F10 below the row.
pub(super) fn menu(ui: &Ui, response: &Response, by_key: &mut bool, content: impl FnOnce(&mut Ui)) {
    let pressed =
        response.has_focus() && ui.input_mut(|input| input.consume_key(egui::Modifiers::SHIFT, Key::F10));
    if pressed || response.secondary_clicked() {
        *by_key = pressed;
    }
    let set = match (pressed || response.secondary_clicked(), response.clicked()) {
        (true, _) => Some(SetOpenCommand::Bool(true)),
        (false, true) => Some(SetOpenCommand::Bool(false)),
        (false, false) => None,
    };
    let popup = Popup::menu(response).open_memory(set);
    let popup = if *by_key { popup } else { popup.at_pointer_fixed() };
    popup.show(content);
}

/// The menu of a stream.
pub(super) fn stream_menu(
    context: &ViewContext<'_>,
    ui: &Ui,
    response: &Response,
    (id, info): (StreamId, &StreamInfo),
    by_key: &mut bool,
) -> Option<Act> {
    let mut act = None;
    menu(ui, response, by_key, |ui| {
        if ui.button("Show in Replay").clicked() {
            act = Some(Act::Show(id));
        }
        if ui.button("Only this stream").clicked() {
            act = Some(Act::Filter(stream_term(context.log(), id), Wish::Only));
        }
        if ui.button("Exclude this stream").clicked() {
            act = Some(Act::Filter(stream_term(context.log(), id), Wish::Exclude));
        }
        if ui.button("Copy id").clicked() {
            context.send(WindowCommand::Copy(info.id.to_string()));
        }
    });
    act
}

/// The menu of a type.
pub(super) fn type_menu(
    context: &ViewContext<'_>,
    ui: &Ui,
    response: &Response,
    info: &TypeInfo,
    by_key: &mut bool,
) -> Option<Act> {
    let mut act = None;
    menu(ui, response, by_key, |ui| {
        if ui.button("Only this type").clicked() {
            act = Some(Act::Filter(type_term(&info.name), Wish::Only));
        }
        if ui.button("Exclude this type").clicked() {
            act = Some(Act::Filter(type_term(&info.name), Wish::Exclude));
        }
        if ui.button("Copy name").clicked() {
            context.send(WindowCommand::Copy(info.name.to_string()));
        }
    });
    act
}
