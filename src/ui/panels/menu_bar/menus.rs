//! The menus, made from the list of commands.

use std::ptr;

use egui::{Key, Popup, Rect, Response, Role, Sense, Ui, WidgetInfo, pos2, vec2};

use crate::ui::app::App;
use crate::ui::app::document::Document;
use crate::ui::command::{
    BACK, BOOKMARK, CANCEL_LOADING, CLEAR_FILTER, CLEAR_RANGE, COMMANDS, COPY_EVENT, FILL, FORWARD, LIVE,
    Menu, PLAY, QUIT, RANGE_FROM, RELOAD, TO_START, TO_WRITER, TOGGLE_COMPACT, TOGGLE_INSPECTOR,
    TOGGLE_MOTION, TOGGLE_NAVIGATOR, TOGGLE_NULL_REMOVES, TOGGLE_THEME, TOGGLE_TIME, UiCommand, ZOOM_IN,
};
use crate::ui::icons::Icon;
use crate::ui::theme::{RADIUS_CONTROL, body, mix, mono_small, tokens};
use crate::ui::widgets::{Button, Line, separator};

/// Commands that a line stands above.
static FIRST_OF_GROUP: &[&UiCommand] = &[
    &RELOAD,
    &COPY_EVENT,
    &QUIT,
    &TOGGLE_NAVIGATOR,
    &TOGGLE_THEME,
    &ZOOM_IN,
    &FILL,
    &PLAY,
    &TO_WRITER,
    &BOOKMARK,
    &RANGE_FROM,
    &TO_START,
];

/// Height of an entry.
const ENTRY: f32 = 24.0;
/// Room for the icon or the tick.
const ICON: f32 = 26.0;

/// Draws the menus side by side; the pointer moves from one open menu to the next.
pub(super) fn menus_ui(app: &App, ui: &mut Ui) {
    let buttons: Vec<(Menu, Response)> =
        Menu::ALL.map(|menu| (menu, ui.add(Button::ghost(menu.title())))).into();
    let is_open = |button: &Response| Popup::is_id_open(ui.ctx(), Popup::default_response_id(button));
    let open = buttons.iter().any(|(_, button)| is_open(button));
    let under_pointer = buttons.iter().find(|(_, button)| button.contains_pointer());
    if let Some((_, button)) = under_pointer.filter(|(_, button)| open && !is_open(button)) {
        Popup::open_id(ui.ctx(), Popup::default_response_id(button));
    }
    for (menu, button) in &buttons {
        Popup::menu(button).gap(4.0).show(|ui| menu_ui(app, ui, *menu));
    }
}

fn menu_ui(app: &App, ui: &mut Ui, menu: Menu) {
    let t = tokens(ui);
    let commands: Vec<&UiCommand> = COMMANDS.iter().copied().filter(|command| command.menu == menu).collect();
    let widest = |line: &dyn Fn(&UiCommand) -> Line| {
        commands.iter().map(|command| line(command).width(ui.painter()).ceil()).fold(0.0, f32::max)
    };
    let names = widest(&|command| Line::new().body(command.name, t.text));
    let keys = widest(&|command| Line::new().mono_small(&keys_of(ui, command), t.muted));
    ui.set_width(ICON + names + 28.0 + keys + 8.0);
    ui.spacing_mut().item_spacing.y = 0.0;
    for command in commands {
        if FIRST_OF_GROUP.iter().any(|first| ptr::eq(*first, command)) {
            separator(ui);
        }
        if entry(app, ui, command) {
            app.send((command.make)());
        }
    }
}

fn entry(app: &App, ui: &mut Ui, command: &UiCommand) -> bool {
    let t = tokens(ui);
    let enabled = is_enabled(app, command);
    let on = is_on(app, command);
    let size = vec2(ui.available_width(), ENTRY);
    let (rect, response) =
        ui.allocate_exact_size(size, if enabled { Sense::click() } else { Sense::hover() });
    response.widget_info(|| match on {
        Some(on) => WidgetInfo::selected(Role::MenuItem, enabled, on, command.name),
        None => WidgetInfo::labeled(Role::MenuItem, enabled, command.name),
    });
    if enabled && (response.hovered() || response.has_focus()) {
        ui.painter().rect_filled(rect, RADIUS_CONTROL, mix(t.overlay, t.text, 0.08));
    }
    let color = if enabled { t.text } else { t.faint };
    let icon = match on {
        Some(true) => Some(Icon::Check),
        Some(false) => None,
        None => command.icon,
    };
    if let Some(icon) = icon {
        let square = Rect::from_center_size(pos2(rect.left() + 14.0, rect.center().y), vec2(12.0, 12.0));
        icon.paint(ui.painter(), square, if enabled { t.muted } else { t.faint });
    }
    let inner = Rect::from_x_y_ranges(rect.left() + ICON..=rect.right() - 8.0, rect.y_range());
    Line::new().piece(command.name, body(), color).paint(ui.painter(), inner);
    let keys = keys_of(ui, command);
    if !keys.is_empty() {
        let color = if enabled { t.muted } else { t.faint };
        Line::new().piece(&keys, mono_small(), color).right().paint(ui.painter(), inner);
    }
    let response = response.on_hover_text(command.about);
    enabled && response.clicked()
}

/// The first keys of a command, as this system writes them.
pub(super) fn keys_of(ui: &Ui, command: &UiCommand) -> String {
    let Some(keys) = command.keys.first() else { return String::new() };
    let text = ui.ctx().format_shortcut(keys);
    let key = keys.logical_key;
    // egui spells these as words, or with triangles that no text font has.
    let sign = match key {
        Key::ArrowLeft => "←",
        Key::ArrowRight => "→",
        Key::ArrowUp => "↑",
        Key::ArrowDown => "↓",
        Key::Questionmark => "?",
        Key::Plus => "+",
        Key::Minus => "−",
        Key::OpenBracket => "[",
        Key::CloseBracket => "]",
        Key::Backslash => "\\",
        Key::Escape => "Esc",
        _ => return text,
    };
    let modifiers = [key.name(), key.symbol_or_name()].into_iter().find_map(|name| text.strip_suffix(name));
    modifiers.map_or_else(|| text.clone(), |modifiers| format!("{modifiers}{sign}"))
}

/// Whether a command can do something now.
fn is_enabled(app: &App, command: &UiCommand) -> bool {
    if !app.has(command.needs) {
        return false;
    }
    let Some(document) = app.document() else { return true };
    let is = |other: &'static UiCommand| ptr::eq(command, other);
    let (can_go_back, can_go_forward) = app.navigation().can_go();
    if is(&CANCEL_LOADING) {
        super::is_loading(document)
    } else if is(&CLEAR_FILTER) {
        !document.filter_text.is_empty()
    } else if is(&LIVE) {
        document.live.is_followed()
    } else if is(&CLEAR_RANGE) {
        app.navigation().range.is_some()
    } else if is(&BACK) {
        can_go_back
    } else if is(&FORWARD) {
        can_go_forward
    } else {
        true
    }
}

/// Whether what a command switches is on; `None` for commands that switch nothing.
fn is_on(app: &App, command: &UiCommand) -> Option<bool> {
    let preferences = app.preferences();
    let switches = [
        (&TOGGLE_NAVIGATOR, preferences.navigator),
        (&TOGGLE_INSPECTOR, preferences.inspector),
        (&TOGGLE_TIME, preferences.time_panel),
        (&TOGGLE_COMPACT, preferences.compact),
        (&TOGGLE_MOTION, preferences.motion),
        (&TOGGLE_NULL_REMOVES, preferences.null_removes),
        (&LIVE, app.document().is_some_and(Document::is_live)),
    ];
    switches.iter().find(|(switch, _)| ptr::eq(*switch, command)).map(|(_, on)| *on)
}
