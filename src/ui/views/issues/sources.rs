//! The sources of the log: which of their fields became which field of an event, what to know of them, and
//! files that could not be read at all.

use egui::{Label, RichText, ScrollArea, Sense, Ui, vec2};

use crate::engine::{LoadFailure, SourceInfo};
use crate::index::SourceSummary;
use crate::ui::format::{bytes, count, file_name, one_line};
use crate::ui::icons::Icon;
use crate::ui::theme::{Outcome, PAD, mono_small};
use crate::ui::view::ViewContext;
use crate::ui::widgets::{Line, separator};

/// Sources listed one by one.
const SOURCES_SHOWN: usize = 100;

/// Draws them.
pub(super) fn sources_ui(context: &ViewContext<'_>, ui: &mut Ui) {
    let document = context.document;
    let frame = egui::Frame::new().inner_margin(egui::Margin::same(PAD as i8));
    ScrollArea::vertical().auto_shrink(false).show(ui, |ui| {
        frame.show(ui, |ui| {
            ui.spacing_mut().item_spacing = vec2(8.0, 4.0);
            for failure in document.failures.iter().take(SOURCES_SHOWN) {
                failure_ui(context, ui, failure);
            }
            for needs in document.unmapped.iter().take(SOURCES_SHOWN) {
                Line::new().strong(&file_name(&needs.path), context.tokens.text).show(ui);
                words(context, ui, "Waits for somebody to say which of its fields is which");
                separator(ui);
            }
            let sources = document.open.sources.iter().zip(context.log().sources());
            for (source, summary) in sources.take(SOURCES_SHOWN) {
                source_ui(context, ui, source, summary);
                separator(ui);
            }
            let more = document.open.sources.len().saturating_sub(SOURCES_SHOWN);
            if more > 0 {
                words(context, ui, &format!("+{more} more sources"));
            }
        });
    });
}

fn words(context: &ViewContext<'_>, ui: &mut Ui, text: &str) {
    ui.add(Label::new(RichText::new(text).color(context.tokens.muted)).wrap());
}

fn failure_ui(context: &ViewContext<'_>, ui: &mut Ui, failure: &LoadFailure) {
    let t = context.tokens;
    ui.horizontal(|ui| {
        let (rect, _) = ui.allocate_exact_size(vec2(14.0, 14.0), Sense::hover());
        Icon::Warning.paint(ui.painter(), rect, t.outcome(Outcome::Failed).color);
        Line::new().strong(&file_name(&failure.path), t.text).show(ui);
    });
    for line in failure.problem.lines() {
        words(context, ui, &one_line(line));
    }
    separator(ui);
}

fn source_ui(context: &ViewContext<'_>, ui: &mut Ui, source: &SourceInfo, summary: &SourceSummary) {
    let t = context.tokens;
    let mut about = vec![source.title.clone(), bytes(source.bytes), count(summary.events, "event")];
    if summary.issues > 0 {
        about.push(format!("{} could not be read", count(summary.issues, "record")));
    }
    if summary.warnings > 0 {
        about.push(format!("{} read with a repair", count(summary.warnings, "event")));
    }
    Line::new()
        .strong(&file_name(&source.path), t.text)
        .gap(8.0)
        .caption(&about.join(" · "), t.muted)
        .show(ui);
    Line::new().piece(&one_line(&source.path.display().to_string()), mono_small(), t.faint).show(ui);
    for note in &source.notes {
        words(context, ui, &one_line(note));
    }
    if source.mapping.is_empty() {
        return;
    }
    ui.add_space(4.0);
    for (label, column) in &source.mapping {
        let (rect, response) = ui.allocate_exact_size(vec2(ui.available_width(), 18.0), Sense::hover());
        let said = format!("{} from {}", one_line(label), one_line(column));
        response.widget_info(|| egui::WidgetInfo::labeled(egui::Role::Label, true, &said));
        Line::new().body(&one_line(label), t.muted).paint(ui.painter(), rect.with_max_x(rect.left() + 130.0));
        Line::new()
            .caption("from", t.faint)
            .gap(6.0)
            .mono(&one_line(column), t.text)
            .paint(ui.painter(), rect.with_min_x((rect.left() + 130.0).min(rect.right())));
    }
}
