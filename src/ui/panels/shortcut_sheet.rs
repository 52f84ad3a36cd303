//! All keys on one sheet, made from the list of commands; and how keys are spelled.

use egui::{Key, KeyboardShortcut, Modifiers, Rect, Role, ScrollArea, Sense, Ui, UiBuilder, pos2, vec2};

use super::dialogs::page;
use crate::ui::app::App;
use crate::ui::command::{COMMANDS, Menu};
use crate::ui::theme::{ROW, heading, semibold, tokens};
use crate::ui::widgets::{Line, ModalPlace, icon_button, key_cap, modal, node};

/// Keys and gestures that only one view understands, beside those it shares.
pub static VIEW_KEYS: &[(&str, &[(&str, &str)])] = &[
    ("In Lanes", &[("Zoom at the pointer", "W S"), ("Pan in time", "A D"), ("Undo zoom or pan", "Ctrl Z")]),
    ("In Log", &[("Select and move the playhead", "Click"), ("Pin to compare", "Ctrl Click")]),
    ("On a value", &[("Copy, or filter by it", "Right click")]),
];

/// `Ctrl Shift O`: as on the caps of the keys.
pub fn spelled(keys: &KeyboardShortcut) -> String {
    let modifiers = [
        (
            keys.modifiers.command || keys.modifiers.ctrl,
            if cfg!(target_os = "macos") { "Cmd" } else { "Ctrl" },
        ),
        (keys.modifiers.alt, "Alt"),
        (keys.modifiers.shift, "Shift"),
    ];
    let mut words: Vec<&str> =
        modifiers.into_iter().filter(|(held, _)| *held).map(|(_, word)| word).collect();
    words.push(match keys.logical_key {
        Key::ArrowLeft => "←",
        Key::ArrowRight => "→",
        Key::ArrowUp => "↑",
        Key::ArrowDown => "↓",
        Key::Questionmark => "?",
        Key::Plus => "+",
        Key::Minus => "−",
        Key::Equals => "=",
        Key::Escape => "Esc",
        Key::OpenBracket => "[",
        Key::CloseBracket => "]",
        Key::Backslash => "\\",
        Key::PageUp => "PgUp",
        Key::PageDown => "PgDn",
        other => other.name(),
    });
    words.join(" ")
}

/// The keys of a command that are worth a cap: the first, and arrows beside it.
fn caps(keys: &[KeyboardShortcut]) -> Vec<String> {
    let Some(first) = keys.first() else { return Vec::new() };
    let is_vertical = |keys: &&KeyboardShortcut| matches!(keys.logical_key, Key::ArrowUp | Key::ArrowDown);
    let second = keys.iter().skip(1).find(is_vertical).filter(|keys| keys.modifiers == Modifiers::NONE);
    [Some(first), second].into_iter().flatten().map(spelled).collect()
}

/// A heading with its lines: what, and the caps.
type Group = (&'static str, Vec<(&'static str, Vec<String>)>);

fn groups() -> Vec<Group> {
    let of_menu = |menu: Menu| {
        let commands = COMMANDS.iter().filter(|command| command.menu == menu && !command.keys.is_empty());
        (menu.title(), commands.map(|command| (command.name, caps(command.keys))).collect())
    };
    let of_view = |(view, keys): &(&'static str, &[(&'static str, &'static str)])| {
        (*view, keys.iter().map(|(what, keys)| (*what, vec![(*keys).to_owned()])).collect())
    };
    Menu::ALL.into_iter().map(of_menu).chain(VIEW_KEYS.iter().map(of_view)).collect()
}

/// Puts groups into columns of about the same height, in order.
fn columns(groups: &[Group], count: usize) -> Vec<Vec<usize>> {
    let height = |group: usize| groups[group].1.len() + 2;
    // The highest group goes first into the lowest column: three columns end up alike.
    let mut order: Vec<usize> = (0..groups.len()).collect();
    order.sort_by_key(|group| std::cmp::Reverse(height(*group)));
    let mut columns = vec![Vec::new(); count.max(1)];
    for group in order {
        let lowest = columns
            .iter_mut()
            .min_by_key(|column: &&mut Vec<usize>| column.iter().map(|group| height(*group)).sum::<usize>());
        if let Some(column) = lowest {
            column.push(group);
        }
    }
    for column in &mut columns {
        column.sort_unstable();
    }
    columns.sort();
    columns
}

/// Draws it.
pub fn shortcut_sheet_ui(app: &mut App, ui: &mut Ui) {
    let mut close = false;
    let closed = modal(ui.ctx(), "shortcuts", 1_060.0, ModalPlace::Center, |ui| {
        page(ui, |ui| {
            let t = tokens(ui);
            ui.horizontal(|ui| {
                Line::new().piece("Keyboard shortcuts", heading(), t.text).show(ui);
                ui.with_layout(egui::Layout::right_to_left(egui::Align::Center), |ui| {
                    close = icon_button(ui, crate::ui::icons::Icon::Close, "Close (Esc)").clicked();
                });
            });
            ui.add_space(4.0);
            let hint = "Keys without Ctrl or Alt act while no text field has the caret";
            Line::new().caption(hint, t.muted).show(ui);
            ui.add_space(8.0);
            let groups = groups();
            let count = ((ui.available_width() / 300.0) as usize).clamp(1, 3);
            let height = ui.ctx().content_rect().height() - 160.0;
            ScrollArea::vertical().max_height(height).min_scrolled_height(height).show(ui, |ui| {
                columns_ui(ui, &groups, &columns(&groups, count));
            });
        });
    });
    if close || closed {
        app.overlay = None;
    }
}

fn columns_ui(ui: &mut Ui, groups: &[Group], columns: &[Vec<usize>]) {
    const GAP: f32 = 32.0;
    let lines = |column: &Vec<usize>| column.iter().map(|group| groups[*group].1.len() + 2).sum::<usize>();
    let highest = columns.iter().map(lines).max().unwrap_or_default();
    let size = vec2(ui.available_width(), highest as f32 * ROW);
    let (rect, _) = ui.allocate_exact_size(size, Sense::hover());
    // The scroll bar floats over the right edge.
    let width = (rect.width() - 12.0 - GAP * (columns.len() - 1) as f32) / columns.len() as f32;
    for (at, column) in columns.iter().enumerate() {
        let left = rect.left() + at as f32 * (width + GAP);
        let mut top = rect.top();
        for group in column {
            let (title, lines) = &groups[*group];
            heading_ui(ui, Rect::from_min_size(pos2(left, top + 8.0), vec2(width, ROW)), title);
            top += ROW + 8.0;
            for (what, caps) in lines {
                line_ui(ui, Rect::from_min_size(pos2(left, top), vec2(width, ROW)), what, caps);
                top += ROW;
            }
            top += ROW - 8.0;
        }
    }
}

fn heading_ui(ui: &mut Ui, rect: Rect, title: &str) {
    let t = tokens(ui);
    node(ui, rect, ui.scope_id().with(title), Sense::hover(), Role::Heading, title);
    Line::new().piece(title, semibold(12.0), t.accent).paint(ui.painter(), rect);
}

fn line_ui(ui: &mut Ui, rect: Rect, what: &str, caps: &[String]) {
    let t = tokens(ui);
    let layout = egui::Layout::right_to_left(egui::Align::Center);
    let mut right = ui.new_child(UiBuilder::new().max_rect(rect).layout(layout).id_salt(what));
    right.spacing_mut().item_spacing.x = 4.0;
    for cap in caps.iter().rev() {
        key_cap(&mut right, cap);
    }
    let end = right.min_rect().left() - 8.0;
    let label = format!("{what}: {}", caps.join(" or "));
    node(ui, rect, ui.scope_id().with(("line", what)), Sense::hover(), Role::ListItem, &label);
    let room = Rect::from_x_y_ranges(rect.left()..=end.max(rect.left()), rect.y_range());
    Line::new().body(what, t.text).paint(ui.painter(), room);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_are_spelled_as_on_the_keyboard() {
        for (modifiers, key, expected) in [
            (Modifiers::COMMAND, Key::P, "Ctrl P"),
            (Modifiers::COMMAND.plus(Modifiers::SHIFT), Key::O, "Ctrl Shift O"),
            (Modifiers::ALT, Key::ArrowLeft, "Alt ←"),
            (Modifiers::NONE, Key::Questionmark, "?"),
            (Modifiers::NONE, Key::Num1, "1"),
        ] {
            assert_eq!(spelled(&KeyboardShortcut::new(modifiers, key)), expected);
        }
    }

    #[test]
    fn every_command_with_keys_is_on_the_sheet_once() {
        let groups = groups();
        let columns = columns(&groups, 3);
        let shown: Vec<&str> = columns
            .iter()
            .flatten()
            .flat_map(|group| groups[*group].1.iter().map(|(what, _)| *what))
            .collect();
        for command in COMMANDS.iter().filter(|command| !command.keys.is_empty()) {
            assert_eq!(shown.iter().filter(|what| **what == command.name).count(), 1, "{}", command.name);
        }
        let heights =
            columns.iter().map(|column| column.iter().map(|g| groups[*g].1.len() + 2).sum::<usize>());
        let heights: Vec<usize> = heights.collect();
        assert!(heights.iter().max().unwrap() - heights.iter().min().unwrap() < 14, "{heights:?}");
    }
}
