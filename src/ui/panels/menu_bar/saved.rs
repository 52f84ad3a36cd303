//! The menu of the query bar, behind its glass: queries that were saved by name, to run, rename and delete, and those
//! that were asked before.

use egui::{Id, Popup, PopupCloseBehavior, Rect, Role, Sense, Ui, WidgetInfo, pos2, vec2};

use super::suggest::EARLIER;
use crate::engine::Settings;
use crate::ui::app::rules::ColorRule;
use crate::ui::command::{COLOR_QUERY, CommandQueue, GoCommand, SAVE_QUERY, WindowCommand};
use crate::ui::format::one_line;
use crate::ui::icons::Icon;
use crate::ui::panels::line::LineWish;
use crate::ui::theme::{RADIUS_CONTROL, Tokens, mix, semibold, tokens};
use crate::ui::widgets::{Line, focus_ring, icon_button, node, separator};

/// What the menu lists.
pub(super) struct Known<'a> {
    pub(super) settings: &'a Settings,
    /// Queries whose events have a colour.
    pub(super) rules: &'a [ColorRule],
}

/// Width of the menu.
const WIDTH: f32 = 460.0;
/// Height of an entry.
const ENTRY: f32 = 26.0;
/// Names of queries; what they ask stands beside.
const NAMES: f32 = 184.0;
/// Room for the two buttons of a saved query.
const BUTTONS: f32 = 52.0;
/// Of the glass and its caret, at the left of the field.
const GLASS: f32 = 28.0;

/// Draws the caret beside the glass of the field at `rect`, and the menu where it is open.
pub(super) fn saved_ui(ui: &Ui, rect: Rect, query: &str, known: &Known<'_>, commands: &CommandQueue) {
    let t = tokens(ui);
    let place = Rect::from_min_size(rect.min, vec2(GLASS, rect.height()));
    let button = ui.interact(place, Id::unique("saved queries"), Sense::click());
    let label = "Saved queries and queries asked before";
    button.widget_info(|| WidgetInfo::labeled(Role::Button, ui.is_enabled(), label));
    let is_lit = button.hovered() || button.has_focus();
    let color = if is_lit { t.text } else { t.muted };
    let caret = Rect::from_center_size(pos2(place.left() + 24.5, place.center().y + 1.0), vec2(7.0, 7.0));
    Icon::CaretDown.paint(ui.painter(), caret, color);
    if is_lit {
        let glass = Rect::from_center_size(pos2(place.left() + 15.0, place.center().y), vec2(12.0, 12.0));
        Icon::Search.paint(ui.painter(), glass, color);
    }
    focus_ring(ui, place.shrink(2.0), RADIUS_CONTROL, &button);
    // Who deletes one may want to delete another: entries close the menu themselves.
    let menu = Popup::menu(&button).gap(4.0).close_behavior(PopupCloseBehavior::CloseOnClickOutside);
    menu.show(|ui| menu_ui(ui, &t, query.trim(), known, commands));
    button.on_hover_text(label);
}

fn menu_ui(ui: &mut Ui, t: &Tokens, query: &str, known: &Known<'_>, commands: &CommandQueue) {
    let settings = known.settings;
    ui.set_width(WIDTH.min(ui.ctx().content_rect().width() - 40.0));
    ui.spacing_mut().item_spacing.y = 0.0;
    let can_save = !query.is_empty();
    for command in [&SAVE_QUERY, &COLOR_QUERY] {
        if entry_ui(ui, command.name, ("", query), can_save, 0.0) {
            commands.send((command.make)());
        }
    }
    if !settings.saved_queries.is_empty() {
        separator(ui);
        heading_ui(ui, t, "Saved");
    }
    for saved in &settings.saved_queries {
        let top = ui.cursor().min;
        let label = format!("Run saved query: {}", one_line(&saved.name));
        if entry_ui(ui, &label, (&saved.name, &saved.query), true, BUTTONS) {
            commands.send(GoCommand::Filter(saved.query.clone()));
        }
        let end = pos2(top.x + ui.available_width() - 2.0, top.y + ENTRY);
        let area = Rect::from_min_max(pos2(end.x - BUTTONS, top.y), end);
        let layout = egui::Layout::right_to_left(egui::Align::Center);
        let mut buttons =
            ui.new_child(egui::UiBuilder::new().max_rect(area).layout(layout).id_salt(&saved.name));
        buttons.spacing_mut().item_spacing.x = 2.0;
        if icon_button(&mut buttons, Icon::Close, &format!("Delete {}", one_line(&saved.name))).clicked() {
            commands.send(WindowCommand::DeleteQuery(saved.name.clone()));
        }
        if icon_button(&mut buttons, Icon::Pen, &format!("Rename {}", one_line(&saved.name))).clicked() {
            commands.send(WindowCommand::Ask(LineWish::RenameQuery { name: saved.name.clone() }));
            ui.close();
        }
    }
    if !known.rules.is_empty() {
        separator(ui);
        heading_ui(ui, t, "Coloured");
    }
    for rule in known.rules {
        let top = ui.cursor().min;
        let words = one_line(&rule.query);
        if entry_ui(
            ui,
            &format!("Ask what is coloured: {words}"),
            ("", &format!("    {words}")),
            true,
            BUTTONS,
        ) {
            commands.send(GoCommand::Filter(rule.query.clone()));
        }
        let swatch = Rect::from_center_size(pos2(top.x + 14.0, top.y + ENTRY / 2.0), vec2(10.0, 10.0));
        ui.painter().rect_filled(swatch, 2, t.hue(rule.hue));
        let end = pos2(top.x + ui.available_width() - 2.0, top.y + ENTRY);
        let area = Rect::from_min_max(pos2(end.x - BUTTONS, top.y), end);
        let layout = egui::Layout::right_to_left(egui::Align::Center);
        let mut buttons = ui
            .new_child(egui::UiBuilder::new().max_rect(area).layout(layout).id_salt(("colour", &rule.query)));
        if icon_button(&mut buttons, Icon::Close, &format!("Take the colour from {words}")).clicked() {
            commands.send(WindowCommand::RemoveRule(rule.query.clone()));
        }
    }
    if !settings.queries.is_empty() {
        separator(ui);
        heading_ui(ui, t, "Asked before");
    }
    for asked in settings.queries.iter().take(EARLIER) {
        if entry_ui(ui, &format!("Ask again: {}", one_line(asked)), ("", asked), true, 0.0) {
            commands.send(GoCommand::Filter(asked.clone()));
        }
    }
}

fn heading_ui(ui: &mut Ui, t: &Tokens, title: &str) {
    let (rect, _) = ui.allocate_exact_size(vec2(ui.available_width(), 22.0), Sense::hover());
    node(ui, rect, ui.scope_id().with(title), Sense::hover(), Role::Heading, title);
    let room = rect.with_min_x(rect.left() + 8.0);
    Line::new().piece(title, semibold(11.0), t.faint).paint(ui.painter(), room);
}

/// A line of the menu; true when it was chosen, which closes the menu. Without a name the label is what is written.
fn entry_ui(ui: &mut Ui, label: &str, (name, query): (&str, &str), enabled: bool, right: f32) -> bool {
    let t = tokens(ui);
    let sense = if enabled { Sense::click() } else { Sense::hover() };
    let (all, _) = ui.allocate_exact_size(vec2(ui.available_width(), ENTRY), Sense::hover());
    let rect = all.with_max_x(all.right() - right);
    let response = ui.interact(rect, ui.scope_id().with(("entry", label)), sense);
    response.widget_info(|| WidgetInfo::labeled(Role::MenuItem, enabled, label));
    if enabled && (response.hovered() || response.has_focus()) {
        ui.painter().rect_filled(rect, RADIUS_CONTROL, mix(t.overlay, t.text, 0.08));
    }
    let inner = rect.shrink2(vec2(8.0, 0.0));
    let (color, quiet) = if enabled { (t.text, t.muted) } else { (t.faint, t.faint) };
    let names = Rect::from_x_y_ranges(inner.left()..=inner.left() + NAMES, rect.y_range());
    let beside = Rect::from_x_y_ranges(names.right() + 8.0..=inner.right(), rect.y_range());
    let command = [&SAVE_QUERY, &COLOR_QUERY].into_iter().find(|command| label == command.name);
    let is_command = right == 0.0 && command.is_some();
    if is_command {
        Line::new().body(label, color).paint(ui.painter(), names);
        Line::new().mono_small(&one_line(query), quiet).paint(ui.painter(), beside);
    } else if name.is_empty() {
        Line::new().mono_small(&one_line(query), color).paint(ui.painter(), inner);
    } else {
        Line::new().body(&one_line(name), color).paint(ui.painter(), names);
        Line::new().mono_small(&one_line(query), quiet).paint(ui.painter(), beside);
    }
    let chosen = enabled && response.clicked();
    if chosen {
        ui.close();
    }
    match command.filter(|_| is_command) {
        Some(command) => response.on_hover_text(command.about),
        None => response.on_hover_text(one_line(query)),
    };
    chosen
}
