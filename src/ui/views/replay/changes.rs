//! The changes alone, and the state as text: lines that scroll, with a button that copies all of them.

use egui::{Color32, Rect, Sense, Ui, UiBuilder, pos2, vec2};

use super::content::DiffLine;
use super::scene::Scene;
use super::value::{dotted, plain_value, push_value};
use crate::replay::{LineChange, Op};
use crate::ui::command::WindowCommand;
use crate::ui::icons::Icon;
use crate::ui::theme::{PAD, Tokens, tokens};
use crate::ui::widgets::{Line, RowScroll, VirtualRows, blocks, icon_button, node};

/// Height of the line with the column names.
const HEAD: f32 = 26.0;
/// Where names begin.
const NAMES: f32 = 42.0;

/// The list of changes.
pub(super) fn diff_ui(scene: &Scene<'_>, lines: &[DiffLine], scroll: &mut RowScroll, ui: &mut Ui) {
    if lines.is_empty() {
        let sentence = match scene.compare {
            Some(_) => "The two versions are equal",
            None => "This event left the state as it was",
        };
        blocks::empty(ui, sentence, None);
        return;
    }
    let t = tokens(ui);
    let full = ui.available_rect_before_wrap();
    let value_x = full.left() + (full.width() * 0.32).max(120.0);
    head_ui(
        ui,
        &[(full.left() + NAMES, "path"), (value_x, "from → to")],
        "Copy the changes as text",
        || {
            let text: Vec<String> = lines.iter().map(as_text).collect();
            scene.context.send(WindowCommand::Copy(text.join("\n")));
        },
    );
    let height = scene.context.preferences.row_height();
    VirtualRows::new("changes", "Changes", lines.len() as u64).row_height(height).show(
        ui,
        scroll,
        |ui, n, rect| {
            let line = &lines[n as usize];
            let (icon, color, word) = look(&t, line.op);
            let label = format!("{word}: {}", as_text(line));
            node(ui, rect, ui.scope_id().with("change"), Sense::hover(), egui::Role::ListItem, &label);
            ground(ui, &t, rect, color);
            icon.paint(ui.painter(), glyph(rect), color);
            let name = Rect::from_x_y_ranges(rect.left() + NAMES..=value_x - 12.0, rect.y_range());
            Line::new().body(&dotted(&line.path), t.text).paint(ui.painter(), name);
            let mut words = Line::new();
            if let Some(from) = &line.from {
                words = match line.op {
                    Op::Remove => words.struck(&from.text, t.muted),
                    _ => plain_value(from, t.muted),
                };
            }
            if line.from.is_some() && line.to.is_some() {
                words = words.mono("  →  ", t.faint);
            }
            if let Some(to) = &line.to {
                words = push_value(words, &t, to);
            }
            let place = Rect::from_x_y_ranges(value_x..=rect.right() - PAD, rect.y_range());
            words.paint(ui.painter(), place);
        },
    );
}

/// `~ attempt 2 → 3`.
fn as_text(line: &DiffLine) -> String {
    let sign = match line.op {
        Op::Remove => '−',
        other => other.sign(),
    };
    let path = dotted(&line.path);
    let values: Vec<&str> = [&line.from, &line.to].into_iter().flatten().map(|shown| &*shown.text).collect();
    format!("{sign} {path} {}", values.join(" → "))
}

/// The state as JSON, line by line.
pub(super) fn text_ui(scene: &Scene<'_>, lines: &[LineChange], scroll: &mut RowScroll, ui: &mut Ui) {
    let t = tokens(ui);
    let full = ui.available_rect_before_wrap();
    let title = match (scene.compare, scene.step) {
        (Some(other), _) => format!("with what is different from {}", scene.name(other)),
        _ => "with what this event changed".to_owned(),
    };
    head_ui(ui, &[(full.left() + NAMES + 30.0, &title)], "Copy the lines with their marks", || {
        let text: Vec<String> = lines.iter().map(|line| format!("{} {}", line.sign(), line.text)).collect();
        scene.context.send(WindowCommand::Copy(text.join("\n")));
    });
    let height = scene.context.preferences.row_height();
    VirtualRows::new("lines", "State as text", lines.len() as u64).row_height(height).show(
        ui,
        scroll,
        |ui, n, rect| {
            let line = &lines[n as usize];
            let spelled = crate::ui::format::one_line(&line.text);
            let (mark, color) = match line.sign() {
                '+' => (Some(Icon::Plus), t.added()),
                '-' => (Some(Icon::Minus), t.removed()),
                _ => (None, t.text),
            };
            let word = match line.sign() {
                '+' => "added, ",
                '-' => "removed, ",
                _ => "",
            };
            let label = format!("{word}{}", spelled.trim_start());
            node(ui, rect, ui.scope_id().with("line"), Sense::hover(), egui::Role::ListItem, &label);
            if let Some(icon) = mark {
                ground(ui, &t, rect, color);
                icon.paint(ui.painter(), glyph(rect), color);
            }
            let number = line.after.or(line.before).map(|n| n.to_string()).unwrap_or_default();
            let numbers =
                Rect::from_x_y_ranges(rect.left() + 26.0..=rect.left() + NAMES + 18.0, rect.y_range());
            Line::new().mono_small(&number, t.faint).right().paint(ui.painter(), numbers);
            let place =
                Rect::from_x_y_ranges(rect.left() + NAMES + 30.0..=rect.right() - PAD, rect.y_range());
            let ink = if line.after.is_none() { t.muted } else { t.text };
            Line::new().mono(&spelled, ink).paint(ui.painter(), place);
        },
    );
}

/// Names of columns, and a button that copies.
fn head_ui(ui: &mut Ui, columns: &[(f32, &str)], tooltip: &str, copy: impl FnOnce()) {
    let t = tokens(ui);
    let full = ui.available_rect_before_wrap();
    let rect = Rect::from_min_size(full.min, vec2(full.width(), HEAD));
    ui.advance_cursor_after_rect(rect);
    for (left, title) in columns {
        let place = Rect::from_x_y_ranges(*left..=(rect.right() - 48.0).max(*left), rect.y_range());
        Line::new().caption(title, t.muted).paint(ui.painter(), place);
    }
    let place = Rect::from_min_size(pos2(rect.right() - 32.0, rect.top() + 1.0), vec2(24.0, 24.0));
    let mut button = ui.new_child(UiBuilder::new().max_rect(place).id_salt("copy"));
    if icon_button(&mut button, Icon::Copy, tooltip).clicked() {
        copy();
    }
}

fn look(t: &Tokens, op: Op) -> (Icon, Color32, &'static str) {
    match op {
        Op::Add => (Icon::Plus, t.added(), "added"),
        Op::Change => (Icon::Tilde, t.changed(), "changed"),
        Op::Remove => (Icon::Minus, t.removed(), "removed"),
        Op::Move => (Icon::ArrowRight, t.changed(), "reordered"),
    }
}

/// Nine per cent of the diff's colour behind a line.
pub(super) fn ground(ui: &Ui, t: &Tokens, rect: Rect, color: Color32) {
    ui.painter().rect_filled(rect, 0, t.diff_ground(color));
}

/// Where the mark of a line stands.
pub(super) fn glyph(rect: Rect) -> Rect {
    Rect::from_center_size(pos2(rect.left() + 14.0, rect.center().y), vec2(10.0, 10.0))
}
