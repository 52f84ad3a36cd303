//! What leaves the view "diagram": a copy in words or as Mermaid, and files; and how large it is shown.

use std::sync::Arc;

use egui::{Popup, Ui};

use super::{DiagramView, Drawn, Kind, PNG_PERCENTS, ZOOMS, label};
use crate::saga::mermaid;
use crate::saga::pictures::AsOf;
use crate::ui::app::sagas::{PageOf, Sagas};
use crate::ui::command::WindowCommand;
use crate::ui::icons::Icon;
use crate::ui::view::ViewContext;
use crate::ui::widgets::{Button, Line};

impl DiagramView {
    /// Zoom, copy, save.
    pub(super) fn out_ui(&mut self, context: &ViewContext<'_>, sagas: &Sagas, ui: &mut Ui) {
        let can_grow = self.zoom + 1 < ZOOMS.len();
        if ui.add(Button::new("+").label("Larger").enabled(can_grow)).clicked() {
            self.zoom += 1;
        }
        let words = format!("{} %", ZOOMS[self.zoom]);
        Line::new().mono_small(&words, context.tokens.muted).show(ui);
        if ui.add(Button::new("−").label("Smaller").enabled(self.zoom > 0)).clicked() {
            self.zoom -= 1;
        }
        // Only what is seen goes out.
        let answer = self.drawing.answer().filter(|answer| self.is_of_kind(&answer.key) && self.is_shown);
        let drawing = answer.as_ref().and_then(|answer| answer.result.as_ref().ok());
        let drawing = drawing.cloned();
        let as_of = self.as_of(context, sagas);
        self.save_ui(context, drawing.as_ref(), as_of.as_ref(), ui);
        let copy = Button::new("Copy").icon(Icon::Copy);
        let copy = copy.trailing(Icon::CaretDown).label("Copy the diagram").enabled(drawing.is_some());
        let button = ui.add(copy);
        let Some(drawing) = drawing else { return };
        Popup::menu(&button).show(|ui| {
            ui.set_width(160.0);
            if ui.button("Copy as text").clicked() {
                let drawing = &drawing.painting.drawing;
                let words =
                    as_of.as_ref().map_or_else(|| drawing.words(), |then| drawing.as_of(then).words());
                context.send(WindowCommand::Copy(words.join("\n")));
                ui.close();
            }
            if ui.button("Copy as Mermaid").clicked() {
                if let Some(text) = self.mermaid(context, sagas, &drawing) {
                    let told = as_of.as_ref().map(|then| mermaid::titled(&then.title, &text));
                    context.send(WindowCommand::Copy(told.unwrap_or(text)));
                }
                ui.close();
            }
        });
        button.on_hover_text("As text, or as Mermaid");
    }

    /// The whole diagram as a file: SVG, or PNG at a size of one's choice.
    fn save_ui(
        &self,
        context: &ViewContext<'_>,
        drawn: Option<&Arc<Drawn>>,
        as_of: Option<&AsOf>,
        ui: &mut Ui,
    ) {
        let stem = match self.kind {
            Kind::Sequence => "sequence",
            Kind::Flow => "flow",
            Kind::Map => "process-map",
        };
        let button = ui.add(Button::new("Save…").trailing(Icon::CaretDown).enabled(drawn.is_some()));
        let Some(drawn) = drawn else { return };
        Popup::menu(&button).show(|ui| {
            ui.set_width(200.0);
            let drawing = &drawn.painting.drawing;
            let told = || as_of.map_or_else(|| drawing.clone(), |then| drawing.as_of(then));
            if ui.button("Save as SVG…").clicked() {
                context.send(WindowCommand::SaveText { name: format!("{stem}.svg"), text: told().svg() });
                ui.close();
            }
            for percent in PNG_PERCENTS {
                let scaled = |length: i32| i64::from(length) * i64::from(percent) / 100;
                let size = format!("{}×{}", scaled(drawing.size.0), scaled(drawing.size.1));
                if ui.button(format!("Save as PNG, {size}…")).clicked() {
                    let (name, drawing) = (format!("{stem}.png"), Arc::new(told()));
                    context.send(WindowCommand::SavePicture { name, drawing, percent });
                    ui.close();
                }
            }
        });
        button.on_hover_text("The whole diagram, not what is seen of it");
    }

    fn mermaid(&mut self, context: &ViewContext<'_>, sagas: &Sagas, drawn: &Drawn) -> Option<String> {
        match self.kind {
            Kind::Sequence | Kind::Flow => {
                let at = self.saga.shown(context, sagas)?;
                let page = context.document.saga_page(context.engine, PageOf::Shown, sagas, at)?.ok()?;
                let name = if self.kind == Kind::Flow { "flowchart" } else { "sequence" };
                let diagram = mermaid::Diagram::named(name)?;
                Some(diagram.mermaid_of(context.log(), &sagas.survey, &page, &self.scope))
            }
            Kind::Map => Some(mermaid::map(&sagas.survey, drawn.map.as_ref()?, label(self.time))),
        }
    }
}
