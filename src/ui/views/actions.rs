//! What can be done with what a view shows, at the right of its head: as buttons as far as there is room, the rest behind
//! "…". The most wanted come first and go last.

use egui::{Align, Layout, Popup, PopupCloseBehavior, Rect, RectAlign, Ui, UiBuilder};

use crate::ui::icons::Icon;
use crate::ui::widgets::{Button, separator};

/// Room between two buttons, and for "…".
const BETWEEN: f32 = 4.0;
const MORE: f32 = 30.0;
const MENU: f32 = 260.0;

/// One thing to do, or several of a kind behind one button.
pub(super) struct Action<'a, A> {
    /// On its button.
    pub(super) words: &'a str,
    pub(super) icon: Option<Icon>,
    /// What it is for, on hover; of several, what a screen reader says too.
    pub(super) about: &'a str,
    /// What a menu calls each of them, and what it does.
    pub(super) choices: Vec<(String, A)>,
    /// Shown as switched on.
    pub(super) is_on: bool,
    /// Whether it can be done now.
    pub(super) enabled: bool,
}

impl<A: Copy> Action<'_, A> {
    fn button(&self) -> Button<'_> {
        let mut button = Button::ghost(self.words).selected(self.is_on).enabled(self.enabled);
        if let Some(icon) = self.icon {
            button = button.icon(icon);
        }
        match self.choices.as_slice() {
            [(name, _)] => button.label(name),
            _ => button.trailing(Icon::CaretDown).label(self.about),
        }
    }

    fn entries_ui(&self, ui: &mut Ui) -> Option<A> {
        let mut chosen = None;
        for (name, act) in &self.choices {
            let entry = egui::Button::selectable(self.is_on, name);
            if ui.add_enabled(self.enabled, entry).clicked() {
                chosen = Some(*act);
                ui.close();
            }
        }
        chosen
    }

    fn ui(&self, ui: &mut Ui) -> Option<A> {
        let button = ui.add(self.button());
        let button = button.on_hover_text(self.about);
        if let [(_, act)] = self.choices.as_slice() {
            return button.clicked().then_some(*act);
        }
        menu(&button, |ui| self.entries_ui(ui))
    }
}

fn menu<A>(button: &egui::Response, entries: impl FnOnce(&mut Ui) -> Option<A>) -> Option<A> {
    let close = PopupCloseBehavior::CloseOnClickOutside;
    let menu = Popup::menu(button).close_behavior(close).gap(4.0).align(RectAlign::BOTTOM_END);
    let shown = menu.show(|ui| {
        ui.set_width(MENU);
        entries(ui)
    });
    shown.and_then(|shown| shown.inner)
}

/// How many of them have room, the first before the others.
fn fitting(widths: &[f32], room: f32) -> usize {
    let all: f32 = widths.iter().map(|width| width + BETWEEN).sum();
    if all <= room {
        return widths.len();
    }
    let mut left = room - MORE;
    widths
        .iter()
        .take_while(|width| {
            left -= **width + BETWEEN;
            left >= 0.0
        })
        .count()
}

/// Draws them at the right of `room`, and says which was chosen and where they begin. `more` is what a screen reader says
/// of "…".
pub(super) fn actions_ui<A: Copy>(
    ui: &mut Ui,
    room: Rect,
    actions: &[Action<'_, A>],
    more: &str,
) -> (Option<A>, f32) {
    let layout = Layout::right_to_left(Align::Center);
    let mut bar = ui.new_child(UiBuilder::new().max_rect(room).layout(layout).id_salt("actions"));
    bar.spacing_mut().item_spacing.x = BETWEEN;
    let widths: Vec<f32> = actions.iter().map(|action| action.button().wish(&bar)).collect();
    let (shown, hidden) = actions.split_at(fitting(&widths, room.width()));
    let mut chosen = None;
    if !hidden.is_empty() {
        let button = bar.add(Button::ghost("…").label(more)).on_hover_text(more);
        chosen = menu(&button, |ui| {
            let mut chosen = None;
            for (at, action) in hidden.iter().enumerate() {
                if at > 0 {
                    separator(ui);
                }
                chosen = action.entries_ui(ui).or(chosen);
            }
            chosen
        });
    }
    for action in shown.iter().rev() {
        chosen = action.ui(&mut bar).or(chosen);
    }
    (chosen, bar.min_rect().left())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn as_many_as_fit_are_shown_and_room_is_kept_for_the_rest() {
        let widths = [100.0, 80.0, 60.0];
        for (room, expected) in
            [(300.0, 3), (252.0, 3), (251.0, 2), (218.0, 2), (217.0, 1), (130.0, 0), (0.0, 0)]
        {
            assert_eq!(fitting(&widths, room), expected, "{room}");
        }
    }
}
