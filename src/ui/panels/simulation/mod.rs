//! What stands around the simulator while it has the focus: at the left what can go wrong, at the right what came of
//! it, below the row that moves it. Drawn from the frame, like the view.

mod faults;
mod ledger;
mod letters;
mod outlook;
mod transport;

pub(super) use faults::faults_ui;
pub(super) use transport::transport_ui;

use egui::{Rect, ScrollArea, Stroke, Ui, UiBuilder, pos2, vec2};

use crate::ui::theme::{PAD, TAB_BAR, semibold};
use crate::ui::view::ViewContext;
use crate::ui::widgets::{Line, node};

/// The head of a panel, as high as the tab bar beside it; gives what is left below. Of the notes the first that has
/// the room is written.
fn head_ui(context: &ViewContext<'_>, ui: &mut Ui, title: &str, notes: &[&str]) -> Rect {
    let t = context.tokens;
    let rect = ui.max_rect();
    let bar = Rect::from_min_size(rect.min, vec2(rect.width(), TAB_BAR));
    ui.painter().rect_filled(bar, 0, t.ground);
    ui.painter().hline(bar.x_range(), bar.bottom() - 0.5, Stroke::new(1.0, t.line));
    let inner = bar.shrink2(vec2(PAD, 0.0));
    let painted = Line::new().piece(title, semibold(12.0), t.text).paint(ui.painter(), inner);
    let id = ui.scope_id().with("head");
    let label = format!("{title}, {}", notes.first().unwrap_or(&""));
    node(ui, painted.rect, id, egui::Sense::hover(), egui::Role::Heading, &label);
    let room = Rect::from_min_max(pos2(painted.rect.right() + 12.0, inner.top()), inner.max);
    let mut lines = notes.iter().map(|note| Line::new().caption(note, t.faint));
    if let Some(line) = lines.find(|line| line.width(ui.painter()) <= room.width()) {
        line.right().paint(ui.painter(), room);
    }
    Rect::from_min_max(pos2(rect.left(), bar.bottom()), rect.max)
}

/// What scrolls below the head of a panel.
fn below_ui(ui: &mut Ui, rect: Rect, content: impl FnOnce(&mut Ui)) {
    let mut inner = ui.new_child(UiBuilder::new().max_rect(rect).id_salt("below"));
    inner.set_clip_rect(rect.intersect(ui.clip_rect()));
    inner.spacing_mut().item_spacing = vec2(0.0, 0.0);
    ScrollArea::vertical().auto_shrink([false, false]).show(&mut inner, |ui| {
        ui.set_width(ui.available_width());
        content(ui);
        ui.add_space(PAD);
    });
}

/// The line between two sections.
fn rule(context: &ViewContext<'_>, ui: &mut Ui) {
    ui.add_space(6.0);
    let y = ui.cursor().top();
    ui.painter().hline(ui.max_rect().x_range(), y, Stroke::new(1.0, context.tokens.line));
    ui.add_space(1.0);
}

/// A row of a panel: `height` high, padded.
fn row_rect(ui: &mut Ui, height: f32) -> Rect {
    let size = vec2(ui.available_width(), height);
    ui.allocate_exact_size(size, egui::Sense::hover()).0.shrink2(vec2(PAD, 0.0))
}

/// The right panel: dead letters, ledger, invariants, read models, and how it ends.
pub(super) fn run_ui(context: &ViewContext<'_>, ui: &mut Ui) {
    let Some(frame) = context.document.frame() else { return };
    let open = frame.dead_letters.iter().filter(|letter| letter.redrivable).count();
    let below = head_ui(context, ui, "Dead letters", &[&format!("{open} open")]);
    below_ui(ui, below, |ui| {
        letters::letters_ui(context, frame, ui);
        rule(context, ui);
        ledger::ledger_ui(context, frame, ui);
        rule(context, ui);
        outlook::invariants_ui(context, frame, ui);
        if !frame.read_models.is_empty() {
            rule(context, ui);
            outlook::models_ui(context, frame, ui);
        }
        rule(context, ui);
        outlook::forecast_ui(context, frame, ui);
    });
    ui.advance_cursor_after_rect(ui.max_rect());
}
