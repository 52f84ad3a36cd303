//! The view "diagram": the sequence of the selected event's saga, or the process map of all sagas of the log. What is
//! drawn is the engine's drawing, so that the window, an SVG and a Mermaid text show the same. It is zoomed and
//! scrolled; a click selects an event, or leaves the events of a type.

mod paint;

use std::sync::Arc;

use egui::{Align, Layout, Rect, ScrollArea, Sense, Stroke, Ui, UiBuilder, pos2, vec2};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::sagas::sagas_ui;
use crate::engine::Latest;
use crate::saga::pictures::{self, Picture};
use crate::saga::svg::{Drawing, Palette, Subject};
use crate::saga::{Detail, EdgeLabel, ProcessMap, mermaid};
use crate::ui::app::navigation::StepList;
use crate::ui::app::sagas::{Sagas, ShownSaga, SurveyKey};
use crate::ui::command::{GoCommand, WindowCommand};
use crate::ui::format::{one_line, thousands};
use crate::ui::icons::Icon;
use crate::ui::theme::PAD;
use crate::ui::view::{Around, View, ViewClass, ViewContext};
use crate::ui::widgets::{Button, Line, failed, loading, segment};

/// Its entry in the registry.
pub static CLASS: ViewClass = ViewClass {
    id: "diagram",
    title: "Diagram",
    about: "The sequence of one saga, or the process map of all of them",
    icon: Icon::Branch,
    around: Around::Log,
    make: || Box::<DiagramView>::default(),
};

/// Height of the bar above.
const BAR: f32 = 44.0;
/// From this width on there is room for the details of the map.
const WIDE: f32 = 700.0;
/// How far it is zoomed, in per cent.
const ZOOMS: [u16; 8] = [25, 35, 50, 70, 85, 100, 140, 200];
const USUAL: usize = 5;

/// What is drawn.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
enum Kind {
    #[default]
    Sequence,
    Map,
}

/// What a drawing depends on.
#[derive(Clone, Debug, PartialEq)]
enum DrawingKey {
    Sequence { survey: SurveyKey, at: usize, dark: bool },
    Map { survey: SurveyKey, detail: Detail, time: bool, dark: bool },
}

struct DiagramView {
    kind: Kind,
    detail: Detail,
    /// How long it took on the edges of the map, rather than how often.
    time: bool,
    zoom: usize,
    drawing: Latest<DrawingKey, Arc<Drawing>>,
    saga: ShownSaga,
}

#[derive(Serialize, Deserialize)]
#[serde(default)]
struct Saved {
    kind: Kind,
    zoom: usize,
    time: bool,
}

impl Default for Saved {
    fn default() -> Self {
        Self { kind: Kind::default(), zoom: USUAL, time: false }
    }
}

impl Default for DiagramView {
    fn default() -> Self {
        Self {
            kind: Kind::default(),
            detail: Detail::default(),
            time: false,
            zoom: USUAL,
            drawing: Latest::default(),
            saga: ShownSaga::default(),
        }
    }
}

impl View for DiagramView {
    fn ui(&mut self, context: &ViewContext<'_>, ui: &mut Ui) {
        ui.spacing_mut().item_spacing.y = 0.0;
        let Some(sagas) = sagas_ui(context, ui) else { return };
        self.bar_ui(context, &sagas, ui);
        let dark = ui.visuals().dark_mode;
        let wanted = match self.kind {
            Kind::Sequence => self.ask_sequence(context, &sagas, dark),
            Kind::Map => Some(self.ask_map(context, &sagas, dark)),
        };
        // A saga that is still being read is drawn when it is there; the drawing before stays until then.
        let answer = self.drawing.answer().filter(|answer| self.is_of_kind(&answer.key));
        let Some(answer) = answer else {
            loading(ui, "Drawing", None, "");
            return;
        };
        let drawing = match &answer.result {
            Ok(drawing) => drawing,
            Err(defect) => {
                let why = format!("Because of a defect in Sagascope: {defect}");
                failed(ui, "The diagram cannot be drawn", &why, "", "", None);
                return;
            }
        };
        let is_newest = wanted.as_ref() == Some(&answer.key);
        self.drawing_ui(context, drawing, is_newest, ui);
    }

    fn step_list(&self, _context: &ViewContext<'_>) -> StepList {
        match self.kind {
            Kind::Sequence => StepList::Correlation,
            Kind::Map => StepList::Filtered,
        }
    }

    fn is_settled(&self) -> bool {
        !self.drawing.is_busy()
    }

    fn save(&self) -> Value {
        let saved = Saved { kind: self.kind, zoom: self.zoom, time: self.time };
        serde_json::to_value(saved).unwrap_or(Value::Null)
    }

    fn restore(&mut self, saved: &Value) {
        if let Ok(saved) = serde_json::from_value::<Saved>(saved.clone()) {
            self.kind = saved.kind;
            self.zoom = saved.zoom.min(ZOOMS.len() - 1);
            self.time = saved.time;
        }
    }
}

impl DiagramView {
    fn is_of_kind(&self, key: &DrawingKey) -> bool {
        matches!(
            (self.kind, key),
            (Kind::Sequence, DrawingKey::Sequence { .. }) | (Kind::Map, DrawingKey::Map { .. })
        )
    }

    fn ask_sequence(&mut self, context: &ViewContext<'_>, sagas: &Sagas, dark: bool) -> Option<DrawingKey> {
        let at = self.saga.shown(context, sagas)?;
        let page = context.document.saga_page(context.engine, sagas, at)?.ok()?;
        let key = DrawingKey::Sequence { survey: sagas.key, at, dark };
        let (log, survey) = (context.log().clone(), Arc::clone(&sagas.survey));
        let picture = Picture::named("sequence")?;
        self.drawing.ask(context.engine.workers(), &key, move |_, _| {
            Some(Arc::new(picture.draw(&log, &survey, &page, palette(dark))))
        });
        Some(key)
    }

    fn ask_map(&self, context: &ViewContext<'_>, sagas: &Sagas, dark: bool) -> DrawingKey {
        let (detail, time) = (self.detail, self.time);
        let key = DrawingKey::Map { survey: sagas.key, detail, time, dark };
        let survey = Arc::clone(&sagas.survey);
        self.drawing.ask(context.engine.workers(), &key, move |_, _| {
            let map = ProcessMap::of(&survey.variants, &survey.machine, detail);
            Some(Arc::new(pictures::map(&survey, &map, label(time), palette(dark))))
        });
        key
    }

    fn bar_ui(&mut self, context: &ViewContext<'_>, sagas: &Sagas, ui: &mut Ui) {
        let t = context.tokens;
        let (rect, _) = ui.allocate_exact_size(vec2(ui.available_width(), BAR), Sense::hover());
        ui.painter().hline(rect.x_range(), rect.bottom() - 0.5, Stroke::new(1.0, t.line));
        let inner = rect.shrink2(vec2(PAD, 0.0));
        let layout = Layout::left_to_right(Align::Center);
        let mut bar = ui.new_child(UiBuilder::new().max_rect(inner).layout(layout).id_salt("bar"));
        bar.spacing_mut().item_spacing.x = 8.0;
        let kinds = [(Kind::Sequence, "Sequence"), (Kind::Map, "Process map")];
        segment(&mut bar, "Diagram", &mut self.kind, &kinds);
        if self.kind == Kind::Map && rect.width() >= WIDE {
            segment(&mut bar, "On the edges", &mut self.time, &[(false, "How often"), (true, "How long")]);
            slider(&mut bar, "Types", "Leave out types that come rarely", &mut self.detail.nodes);
            slider(&mut bar, "Ways", "Leave out ways that are taken rarely", &mut self.detail.edges);
        }
        let room = Rect::from_min_max(pos2(bar.min_rect().right() + 8.0, inner.top()), inner.max);
        let layout = Layout::right_to_left(Align::Center);
        let mut right = ui.new_child(UiBuilder::new().max_rect(room).layout(layout).id_salt("out"));
        right.spacing_mut().item_spacing.x = 6.0;
        self.out_ui(context, sagas, &mut right);
    }

    /// Zoom, copy, save.
    fn out_ui(&mut self, context: &ViewContext<'_>, sagas: &Sagas, ui: &mut Ui) {
        let can_grow = self.zoom + 1 < ZOOMS.len();
        if ui.add(Button::new("+").label("Larger").enabled(can_grow)).clicked() {
            self.zoom += 1;
        }
        let words = format!("{} %", ZOOMS[self.zoom]);
        Line::new().mono_small(&words, context.tokens.muted).show(ui);
        if ui.add(Button::new("−").label("Smaller").enabled(self.zoom > 0)).clicked() {
            self.zoom -= 1;
        }
        let answer = self.drawing.answer().filter(|answer| self.is_of_kind(&answer.key));
        let drawing = answer.as_ref().and_then(|answer| answer.result.as_ref().ok());
        if ui.add(Button::new("Save as SVG…").enabled(drawing.is_some())).clicked()
            && let Some(drawing) = drawing
        {
            let name = match self.kind {
                Kind::Sequence => "sequence.svg",
                Kind::Map => "process-map.svg",
            };
            context.send(WindowCommand::SaveText { name: name.to_owned(), text: drawing.svg() });
        }
        if ui.add(Button::new("Copy as Mermaid").icon(Icon::Copy)).clicked()
            && let Some(text) = self.mermaid(context, sagas)
        {
            context.send(WindowCommand::Copy(text));
        }
    }

    fn mermaid(&mut self, context: &ViewContext<'_>, sagas: &Sagas) -> Option<String> {
        match self.kind {
            Kind::Sequence => {
                let at = self.saga.shown(context, sagas)?;
                let page = context.document.saga_page(context.engine, sagas, at)?.ok()?;
                Some(mermaid::Diagram::named("sequence")?.mermaid(context.log(), &sagas.survey, &page))
            }
            Kind::Map => {
                let map = ProcessMap::of(&sagas.survey.variants, &sagas.survey.machine, self.detail);
                Some(mermaid::map(&sagas.survey, &map, label(self.time)))
            }
        }
    }

    fn drawing_ui(&mut self, context: &ViewContext<'_>, drawing: &Drawing, is_newest: bool, ui: &mut Ui) {
        let all = ui.available_rect_before_wrap();
        if ui.rect_contains_pointer(all) {
            let turned = ui.input(egui::InputState::zoom_delta);
            if turned > 1.0 {
                self.zoom = (self.zoom + 1).min(ZOOMS.len() - 1);
            } else if turned < 1.0 {
                self.zoom = self.zoom.saturating_sub(1);
            }
        }
        let scale = f32::from(ZOOMS[self.zoom]) / 100.0;
        let size = vec2(drawing.size.0 as f32, drawing.size.1 as f32) * scale;
        let mut chosen = None;
        ScrollArea::both().auto_shrink(false).show_viewport(ui, |ui, seen| {
            ui.set_min_size(size.max(seen.size()));
            let origin = ui.max_rect().min + vec2(((seen.width() - size.x) / 2.0).max(0.0), 0.0);
            let later = |subject: Subject| match subject {
                Subject::Event(row) => context.navigation.is_later(context.log(), row),
                Subject::Type(_) | Subject::Line(_) | Subject::Fold(_) => false,
            };
            let selected = context.navigation.selected.map(Subject::Event);
            let place = paint::Place { origin, scale };
            chosen = paint::drawing_ui(ui, context.tokens, drawing, place, selected, &later);
        });
        if let Some(subject) = chosen.filter(|_| is_newest) {
            match subject {
                Subject::Event(row) => context.send(GoCommand::Select(row)),
                Subject::Type(id) => {
                    let name = context.log().types()[id.0 as usize].name.clone();
                    context.send(GoCommand::Filter(format!("type:{}", quoted(&name))));
                    context.send(WindowCommand::ShowView("log"));
                }
                Subject::Line(_) | Subject::Fold(_) => {}
            }
        }
    }
}

/// A name as a filter takes it.
fn quoted(name: &str) -> String {
    let plain = name.chars().all(|letter| letter.is_alphanumeric() || "._-".contains(letter));
    if plain { name.to_owned() } else { format!("\"{}\"", one_line(name)) }
}

fn label(time: bool) -> EdgeLabel {
    if time { EdgeLabel::Time } else { EdgeLabel::Frequency }
}

fn palette(dark: bool) -> &'static Palette {
    if dark { &Palette::DARK } else { &Palette::LIGHT }
}

/// How much is left out, from nothing to nearly everything.
fn slider(ui: &mut Ui, name: &str, about: &str, value: &mut u16) {
    let t = crate::ui::theme::tokens(ui);
    Line::new().caption(name, t.muted).show(ui);
    let mut share = *value / 10;
    ui.spacing_mut().slider_width = 72.0;
    let slider = ui.add(egui::Slider::new(&mut share, 0..=100).show_value(false));
    slider.widget_info(|| {
        let mut info = egui::WidgetInfo::labeled(egui::Role::Slider, true, about);
        info.value = Some(f64::from(share));
        info
    });
    if slider.on_hover_text(format!("{about}: less than {} %", thousands(u64::from(share)))).changed() {
        *value = share * 10;
    }
}
