//! The bar above the timeline: one saga or all, the critical path in words, zoom, copying and saving.

use egui::{
    Align, Layout, Popup, PopupCloseBehavior, Rect, RectAlign, Sense, Stroke, Ui, UiBuilder, pos2, vec2,
};

use super::TimelineView;
use super::picture::{Lines, Picture};
use crate::saga::mermaid::Diagram;
use crate::saga::pictures::Picture as Drawn;
use crate::saga::svg::Palette;
use crate::saga::{Page, Survey, gantt};
use crate::ui::app::sagas::Sagas;
use crate::ui::command::WindowCommand;
use crate::ui::format::{count, middle};
use crate::ui::icons::Icon;
use crate::ui::theme::PAD;
use crate::ui::view::ViewContext;
use crate::ui::widgets::{Button, Line, segment};

/// From these widths on, there is room for the words of the buttons at the right.
const WIDE: f32 = 620.0;

impl TimelineView {
    pub(super) fn toolbar_ui(
        &mut self,
        context: &ViewContext<'_>,
        sagas: &Sagas,
        picture: Option<&Picture>,
        ui: &mut Ui,
        rect: Rect,
    ) {
        let t = context.tokens;
        ui.painter().hline(rect.x_range(), rect.bottom() - 0.5, Stroke::new(1.0, t.line));
        let inner = rect.shrink2(vec2(PAD, 0.0));
        let layout = Layout::left_to_right(Align::Center);
        let mut bar = ui.new_child(UiBuilder::new().max_rect(inner).layout(layout).id_salt("timeline bar"));
        bar.spacing_mut().item_spacing.x = 8.0;
        segment(&mut bar, "Show", &mut self.all, &[(false, "One saga"), (true, "All sagas")]);
        if self.all && rect.width() >= WIDE {
            let sorts = [("age", "First"), ("outcome", "Outcome"), ("duration", "Longest")];
            segment(&mut bar, "Sort by", &mut self.sort, &sorts);
        }
        let left = bar.min_rect().right() + 8.0;
        let layout = Layout::right_to_left(Align::Center);
        let room = Rect::from_min_max(pos2(left, inner.top()), inner.max);
        let mut end = ui.new_child(UiBuilder::new().max_rect(room).layout(layout).id_salt("timeline out"));
        end.spacing_mut().item_spacing.x = 4.0;
        self.view_ui(context, sagas, picture, &mut end, rect.width());
        let words = match picture.map(|picture| &picture.lines) {
            Some(Lines::One(one)) => {
                let path = gantt::path_words(&sagas.survey, context.log(), &one.timeline);
                format!("{}  {path}", middle(&one.page.title, 24))
            }
            Some(Lines::All(all)) => count(all.list.len() as u64, "saga"),
            None => return,
        };
        let place = Rect::from_min_max(
            pos2(left + 4.0, rect.top()),
            pos2(end.min_rect().left() - 8.0, rect.bottom()),
        );
        if place.width() > 80.0 {
            let painted = Line::new().caption(&words, t.muted).paint(ui.painter(), place);
            let id = ui.scope_id().with("timeline words");
            let response =
                crate::ui::widgets::node(ui, painted.rect, id, Sense::hover(), egui::Role::Label, &words);
            response.on_hover_text(&words);
        }
    }

    /// Zoom, cuts and what goes out, from the right.
    fn view_ui(
        &mut self,
        context: &ViewContext<'_>,
        sagas: &Sagas,
        picture: Option<&Picture>,
        ui: &mut Ui,
        width: f32,
    ) {
        if let Some(Lines::One(one)) = picture.map(|picture| &picture.lines) {
            let page = std::sync::Arc::clone(&one.page);
            out_ui(context, &sagas.survey, &page, ui);
        }
        if ui.add(Button::ghost("Fit")).on_hover_text("Show all of it (F)").clicked() {
            self.zoom.fit(self.now, &self.limits);
        }
        let undo = Button::ghost("Undo zoom").enabled(self.zoom.can_undo());
        if width >= WIDE && ui.add(undo).on_hover_text("Back to what was seen before (Ctrl+Z)").clicked() {
            self.zoom.undo();
        }
        let cut = Button::ghost("Cut idle time again").icon(Icon::Zigzag);
        if !self.restored.is_empty() && ui.add(cut).clicked() {
            self.restored.clear();
        }
    }
}

/// Copying and saving one saga's timeline.
fn out_ui(context: &ViewContext<'_>, survey: &Survey, page: &Page, ui: &mut Ui) {
    let button = ui.add(Button::ghost("…").label("More: copy, save"));
    let close = PopupCloseBehavior::CloseOnClickOutside;
    Popup::menu(&button).close_behavior(close).gap(4.0).align(RectAlign::BOTTOM_END).show(|ui| {
        ui.set_width(220.0);
        let log = context.log();
        if ui.button("Copy timeline as text").clicked() {
            context.send(WindowCommand::Copy(gantt::lines(log, survey, page).join("\n")));
            ui.close();
        }
        if ui.button("Copy timeline as Mermaid").clicked() {
            if let Some(diagram) = Diagram::named("gantt") {
                context.send(WindowCommand::Copy(diagram.mermaid(log, survey, page)));
            }
            ui.close();
        }
        if ui.button("Save timeline as SVG…").clicked() {
            let palette = if ui.visuals().dark_mode { Palette::DARK } else { Palette::LIGHT };
            if let Some(picture) = Drawn::named("timeline") {
                let text = picture.svg(log, survey, page, &palette);
                context.send(WindowCommand::SaveText { name: "timeline.svg".to_owned(), text });
            }
            ui.close();
        }
    });
    button.on_hover_text("Copy or save the timeline");
}
