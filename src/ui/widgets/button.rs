//! The button: 24 high, an icon and a word. One primary a view.

use egui::{Color32, Rect, Response, Role, Sense, Stroke, StrokeKind, Ui, Widget, WidgetInfo, pos2, vec2};

use crate::ui::icons::Icon;
use crate::ui::theme::{BUTTON, RADIUS_CONTROL, body, caption, mix, semibold, tokens};
use crate::ui::widgets::{focus_ring, text::Line};

/// How loud a button is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum ButtonKind {
    /// The one next action of a view: accent.
    Primary,
    /// A border.
    #[default]
    Normal,
    /// No border until the pointer is on it: toolbars, menus of a bar.
    Ghost,
}

/// A button.
///
/// ```
/// # use sagascope::ui::{icons::Icon, widgets::Button};
/// # egui::__run_test_ui(|ui| {
/// if ui.add(Button::primary("Open…").icon(Icon::Folder)).clicked() { /* … */ }
/// # });
/// ```
#[must_use]
pub struct Button<'a> {
    text: &'a str,
    label: Option<&'a str>,
    kind: ButtonKind,
    icon: Option<Icon>,
    trailing: Option<Icon>,
    enabled: bool,
    selected: bool,
    small: bool,
    width: Option<f32>,
}

impl<'a> Button<'a> {
    /// A button with a border.
    pub fn new(text: &'a str) -> Self {
        Self {
            text,
            label: None,
            kind: ButtonKind::Normal,
            icon: None,
            trailing: None,
            enabled: true,
            selected: false,
            small: false,
            width: None,
        }
    }

    /// The one next action of a view.
    pub fn primary(text: &'a str) -> Self {
        Self { kind: ButtonKind::Primary, ..Self::new(text) }
    }

    /// A button without a border.
    pub fn ghost(text: &'a str) -> Self {
        Self { kind: ButtonKind::Ghost, ..Self::new(text) }
    }

    /// How loud.
    pub fn kind(mut self, kind: ButtonKind) -> Self {
        self.kind = kind;
        self
    }

    /// An icon before the word.
    pub fn icon(mut self, icon: Icon) -> Self {
        self.icon = Some(icon);
        self
    }

    /// An icon after the word, such as the caret of a choice.
    pub fn trailing(mut self, icon: Icon) -> Self {
        self.trailing = Some(icon);
        self
    }

    /// Whether it can be pressed now.
    pub fn enabled(mut self, enabled: bool) -> Self {
        self.enabled = enabled;
        self
    }

    /// Shown as chosen or armed: selection fill, accent border.
    pub fn selected(mut self, selected: bool) -> Self {
        self.selected = selected;
        self
    }

    /// 20 high with caption text: idle cuts, buttons inside rows.
    pub fn small(mut self) -> Self {
        self.small = true;
        self
    }

    /// Takes this width, the word at the left.
    pub fn width(mut self, width: f32) -> Self {
        self.width = Some(width);
        self
    }

    /// What a screen reader says, where the word alone is not enough.
    pub fn label(mut self, label: &'a str) -> Self {
        self.label = Some(label);
        self
    }
}

const ICON: f32 = 12.0;
const ICON_GAP: f32 = 7.0;

impl Button<'_> {
    fn line(&self, color: Color32) -> Line {
        let font = match (self.small, self.kind) {
            (true, _) => caption(),
            (false, ButtonKind::Primary) => semibold(12.0),
            (false, ButtonKind::Normal) => egui::FontId { size: 12.0, ..body() },
            (false, ButtonKind::Ghost) => body(),
        };
        Line::new().piece(self.text, font, color)
    }

    fn padding(&self) -> f32 {
        if self.small { 6.0 } else { 8.0 }
    }

    /// An icon alone stands in the middle.
    fn icon_gap(&self) -> f32 {
        if self.text.is_empty() { 0.0 } else { ICON_GAP }
    }

    /// The width it takes.
    pub fn wish(&self, ui: &Ui) -> f32 {
        let words = self.line(Color32::WHITE).width(ui.painter()).ceil();
        let extra = |icon: Option<Icon>| if icon.is_some() { ICON + self.icon_gap() } else { 0.0 };
        self.width.unwrap_or(words + extra(self.icon) + extra(self.trailing) + 2.0 * self.padding())
    }
}

impl Widget for Button<'_> {
    fn ui(self, ui: &mut Ui) -> Response {
        let t = tokens(ui);
        let (padding, icon_gap) = (self.padding(), self.icon_gap());
        let height = if self.small { 20.0 } else { BUTTON };
        let width = self.wish(ui);
        let enabled = self.enabled && ui.is_enabled();
        let sense = if enabled { Sense::click() } else { Sense::hover() };
        let (rect, response) = ui.allocate_exact_size(vec2(width, height), sense);
        let label = self.label.unwrap_or(self.text);
        response.widget_info(|| {
            if self.selected {
                WidgetInfo::selected(Role::Button, enabled, true, label)
            } else {
                WidgetInfo::labeled(Role::Button, enabled, label)
            }
        });
        if ui.is_rect_visible(rect) {
            let down = response.is_pointer_button_down_on();
            let hovered = enabled && response.hovered();
            let (mut fill, mut border, mut color) = match self.kind {
                ButtonKind::Primary => (t.accent, t.accent, t.on_accent),
                ButtonKind::Normal => (t.surface, t.line_strong, t.text),
                ButtonKind::Ghost => (Color32::TRANSPARENT, Color32::TRANSPARENT, t.muted),
            };
            if self.selected {
                (fill, border, color) = (t.selection, t.accent, t.text);
            }
            if !enabled {
                color = t.faint;
                if self.kind == ButtonKind::Primary {
                    (fill, border) = (t.raised, t.line);
                } else if self.kind == ButtonKind::Normal {
                    border = t.line;
                }
            } else if hovered || down {
                let press = if down { 0.16 } else { 0.08 };
                fill = match self.kind {
                    ButtonKind::Primary => mix(t.accent, t.text, press * 1.5),
                    _ if self.selected => mix(t.selection, t.text, press),
                    _ => mix(t.surface, t.text, press),
                };
                if self.kind == ButtonKind::Ghost {
                    color = t.text;
                }
            }
            let painter = ui.painter();
            painter.rect(rect, RADIUS_CONTROL, fill, Stroke::new(1.0, border), StrokeKind::Inside);
            let mut x = rect.left() + padding;
            let square =
                |x: f32| Rect::from_center_size(pos2(x + ICON / 2.0, rect.center().y), vec2(ICON, ICON));
            if let Some(icon) = self.icon {
                let tint = if self.kind == ButtonKind::Normal && self.selected { t.accent } else { color };
                icon.paint(painter, square(x), tint);
                x += ICON + icon_gap;
            }
            let mut end = rect.right() - padding;
            if let Some(icon) = self.trailing {
                icon.paint(painter, square(end - ICON), if enabled { t.muted } else { color });
                end -= ICON + icon_gap;
            }
            // A hair more than measured, so that rounding never cuts the last letter.
            let room = Rect::from_x_y_ranges(x..=end + 1.0, rect.y_range());
            self.line(color).paint(painter, room);
            focus_ring(ui, rect, RADIUS_CONTROL, &response);
        }
        response
    }
}
