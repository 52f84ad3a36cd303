//! The view "diagram": the sequence (when) and the flow (why) of the selected event's saga, or the process map of all
//! sagas of the log. What is
//! drawn is the engine's drawing, so that the window, an SVG and a Mermaid text show the same. It is zoomed and
//! scrolled; a click selects an event, or leaves the events of a type.

pub(in crate::ui) mod paint;

use std::sync::Arc;

use egui::{
    Align, Key, Layout, Modifiers, Popup, PopupCloseBehavior, Rect, ScrollArea, Sense, Stroke, Ui, UiBuilder,
    pos2, vec2,
};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use self::paint::Painting;
use super::sagas::sagas_ui;
use crate::engine::Latest;
use crate::model::Row;
use crate::saga::pictures::{self, Picture};
use crate::saga::svg::{Drawing, Palette, Subject};
use crate::saga::{Detail, EdgeLabel, ProcessMap, Reach, Scope, mermaid};
use crate::ui::app::navigation::SagaChoice;
use crate::ui::app::navigation::StepList;
use crate::ui::app::sagas::{PageOf, Sagas, ShownSaga, SurveyKey};
use crate::ui::command::{GoCommand, WindowCommand};
use crate::ui::format::{one_line, thousands};
use crate::ui::icons::Icon;
use crate::ui::theme::PAD;
use crate::ui::view::{Around, View, ViewClass, ViewContext};
use crate::ui::widgets::blocks::note;
use crate::ui::widgets::{Button, Line, failed, loading, segment, switch};

/// Its entry in the registry.
pub static CLASS: ViewClass = ViewClass {
    id: "diagram",
    title: "Diagram",
    about: "The sequence (when) and the flow (why) of one saga, or the process map of all of them",
    icon: Icon::Branch,
    around: Around::Log,
    fills: true,
    make: || Box::<DiagramView>::default(),
};

/// The same, beginning with why rather than when: a tab of its own, to have both beside each other.
pub static FLOW: ViewClass = ViewClass {
    id: "flow",
    title: "Flow",
    about: "Why each event of a saga happened: causes above their effects, a column for each service",
    icon: Icon::Branch,
    around: Around::Log,
    fills: true,
    make: || Box::new(DiagramView { kind: Kind::Flow, ..DiagramView::default() }),
};

/// Height of the bar above.
const BAR: f32 = 44.0;
/// From this width on there is room for the details of the map.
const WIDE: f32 = 700.0;
/// From this width on the bar has room for all of its words; below the other one "Process map" is shortened as well.
const WORDS_FROM: f32 = 820.0;
const NARROW: f32 = 680.0;
/// How far it is zoomed, in per cent.
const ZOOMS: [u16; 8] = [25, 35, 50, 70, 85, 100, 140, 200];
const USUAL: usize = 5;
/// Sizes of a PNG to choose from, in per cent of the natural size.
const PNG_PERCENTS: [u16; 4] = [50, 100, 200, 400];

/// What is drawn.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
enum Kind {
    #[default]
    Sequence,
    Flow,
    Map,
}

impl Kind {
    /// The picture of one saga that it is.
    fn picture(self) -> Option<&'static Picture> {
        match self {
            Self::Sequence => Picture::named("sequence"),
            Self::Flow => Picture::named("flow"),
            Self::Map => None,
        }
    }
}

/// What a drawing depends on.
#[derive(Clone, Debug, PartialEq)]
enum DrawingKey {
    Saga { kind: Kind, survey: SurveyKey, at: usize, scope: Scope, dark: bool },
    Map { survey: SurveyKey, detail: Detail, time: bool, dark: bool },
}

struct DiagramView {
    kind: Kind,
    /// What of a saga is shown; kept while it is the same saga.
    scope: Scope,
    scope_of: Option<(SurveyKey, usize)>,
    /// The event that was last brought into view.
    followed: Option<(Row, Kind)>,
    detail: Detail,
    /// How long it took on the edges of the map, rather than how often.
    time: bool,
    zoom: usize,
    drawing: Latest<DrawingKey, Arc<Painting>>,
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
            scope: Scope { folds_repeats: true, ..Scope::default() },
            scope_of: None,
            followed: None,
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
            Kind::Sequence | Kind::Flow => self.ask_saga(context, &sagas, dark),
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

    fn key(&mut self, context: &ViewContext<'_>, key: Key, modifiers: Modifiers) -> bool {
        if key != Key::I || modifiers.any() || self.kind == Kind::Map {
            return false;
        }
        self.focus(context);
        true
    }

    fn step_list(&self, _context: &ViewContext<'_>) -> StepList {
        match self.kind {
            Kind::Sequence | Kind::Flow => StepList::Correlation,
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
        match key {
            DrawingKey::Saga { kind, .. } => *kind == self.kind,
            DrawingKey::Map { .. } => self.kind == Kind::Map,
        }
    }

    fn ask_saga(&mut self, context: &ViewContext<'_>, sagas: &Sagas, dark: bool) -> Option<DrawingKey> {
        let at = self.saga.shown(context, sagas)?;
        let page = context.document.saga_page(context.engine, PageOf::Shown, sagas, at)?.ok()?;
        // What was folded, opened or focused is of one saga.
        if self.scope_of != Some((sagas.key, at)) {
            let Scope { folds_repeats, hides_facts, to_scale, .. } = self.scope;
            self.scope = Scope { folds_repeats, hides_facts, to_scale, ..Scope::default() };
            self.scope_of = Some((sagas.key, at));
        }
        let (kind, scope) = (self.kind, self.scope.clone());
        let key = DrawingKey::Saga { kind, survey: sagas.key, at, scope: scope.clone(), dark };
        let (log, survey) = (context.log().clone(), Arc::clone(&sagas.survey));
        let picture = kind.picture()?;
        self.drawing.ask(context.engine.workers(), &key, move |_, _| {
            let drawing = picture.draw_of(&log, &survey, &page, &scope, palette(dark));
            Some(Arc::new(Painting::of(drawing)))
        });
        Some(key)
    }

    fn ask_map(&self, context: &ViewContext<'_>, sagas: &Sagas, dark: bool) -> DrawingKey {
        let (detail, time) = (self.detail, self.time);
        let key = DrawingKey::Map { survey: sagas.key, detail, time, dark };
        let survey = Arc::clone(&sagas.survey);
        self.drawing.ask(context.engine.workers(), &key, move |_, _| {
            let map = ProcessMap::of(&survey.variants, &survey.machine, detail);
            let drawing = pictures::map(&survey, &map, label(time), palette(dark));
            Some(Arc::new(Painting::of(drawing)))
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
        let map = if rect.width() < NARROW { "Map" } else { "Process map" };
        let kinds = [(Kind::Sequence, "Sequence"), (Kind::Flow, "Flow"), (Kind::Map, map)];
        segment(&mut bar, "Diagram", &mut self.kind, &kinds);
        if self.kind == Kind::Map && rect.width() >= WIDE {
            segment(&mut bar, "On the edges", &mut self.time, &[(false, "How often"), (true, "How long")]);
            slider(&mut bar, "Types", "Leave out types that come rarely", &mut self.detail.nodes);
            slider(&mut bar, "Ways", "Leave out ways that are taken rarely", &mut self.detail.edges);
        }
        if self.kind != Kind::Map {
            self.scope_ui(context, &mut bar);
        }
        let room = Rect::from_min_max(pos2(bar.min_rect().right() + 8.0, inner.top()), inner.max);
        let layout = Layout::right_to_left(Align::Center);
        let mut right = ui.new_child(UiBuilder::new().max_rect(room).layout(layout).id_salt("out"));
        right.spacing_mut().item_spacing.x = 6.0;
        self.out_ui(context, sagas, rect.width() >= WORDS_FROM, &mut right);
    }

    /// Zoom, copy, save.
    fn out_ui(&mut self, context: &ViewContext<'_>, sagas: &Sagas, has_words: bool, ui: &mut Ui) {
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
        self.save_ui(context, drawing.cloned(), ui);
        let copy = Button::new(if has_words { "Copy as Mermaid" } else { "" }).icon(Icon::Copy);
        if ui.add(copy.label("Copy as Mermaid")).on_hover_text("Copy as Mermaid").clicked()
            && let Some(text) = self.mermaid(context, sagas)
        {
            context.send(WindowCommand::Copy(text));
        }
    }

    /// The whole diagram as a file: SVG, or PNG at a size of one's choice.
    fn save_ui(&self, context: &ViewContext<'_>, painting: Option<Arc<Painting>>, ui: &mut Ui) {
        let stem = match self.kind {
            Kind::Sequence => "sequence",
            Kind::Flow => "flow",
            Kind::Map => "process-map",
        };
        let button = ui.add(Button::new("Save…").trailing(Icon::CaretDown).enabled(painting.is_some()));
        let Some(painting) = painting else { return };
        Popup::menu(&button).show(|ui| {
            ui.set_width(200.0);
            let drawing = &painting.drawing;
            if ui.button("Save as SVG…").clicked() {
                context.send(WindowCommand::SaveText { name: format!("{stem}.svg"), text: drawing.svg() });
                ui.close();
            }
            for percent in PNG_PERCENTS {
                let scaled = |length: i32| i64::from(length) * i64::from(percent) / 100;
                let size = format!("{}×{}", scaled(drawing.size.0), scaled(drawing.size.1));
                if ui.button(format!("Save as PNG, {size}…")).clicked() {
                    let (name, drawing) = (format!("{stem}.png"), Arc::new(drawing.clone()));
                    context.send(WindowCommand::SavePicture { name, drawing, percent });
                    ui.close();
                }
            }
        });
        button.on_hover_text("The whole diagram, not what is seen of it");
    }

    fn mermaid(&mut self, context: &ViewContext<'_>, sagas: &Sagas) -> Option<String> {
        match self.kind {
            Kind::Sequence | Kind::Flow => {
                let at = self.saga.shown(context, sagas)?;
                let page = context.document.saga_page(context.engine, PageOf::Shown, sagas, at)?.ok()?;
                let name = if self.kind == Kind::Flow { "flowchart" } else { "sequence" };
                let diagram = mermaid::Diagram::named(name)?;
                Some(diagram.mermaid_of(context.log(), &sagas.survey, &page, &self.scope))
            }
            Kind::Map => {
                let map = ProcessMap::of(&sagas.survey.variants, &sagas.survey.machine, self.detail);
                Some(mermaid::map(&sagas.survey, &map, label(self.time)))
            }
        }
    }

    fn drawing_ui(&mut self, context: &ViewContext<'_>, painting: &Painting, is_newest: bool, ui: &mut Ui) {
        let all = ui.available_rect_before_wrap();
        if ui.rect_contains_pointer(all) {
            let turned = ui.input(egui::InputState::zoom_delta);
            if turned > 1.0 {
                self.zoom = (self.zoom + 1).min(ZOOMS.len() - 1);
            } else if turned < 1.0 {
                self.zoom = self.zoom.saturating_sub(1);
            }
        }
        let drawing = &painting.drawing;
        let scale = f32::from(ZOOMS[self.zoom]) / 100.0;
        let size = vec2(drawing.size.0 as f32, drawing.size.1 as f32) * scale;
        let selected = context.navigation.selected;
        let selected = selected.map(|row| drawing.stand_ins.get(&row).copied().unwrap_or(row));
        let wanted = selected.filter(|row| is_newest && self.followed != Some((*row, self.kind)));
        let mut chosen = None;
        // The bars have room of their own: what is last and rightmost is not under them.
        let bars = &mut ui.spacing_mut().scroll;
        bars.floating_allocated_width = bars.bar_width + bars.bar_inner_margin + bars.bar_outer_margin;
        ScrollArea::both().auto_shrink(false).id_salt(self.kind == Kind::Flow).show_viewport(
            ui,
            |ui, seen| {
                ui.set_min_size(size.max(seen.size()));
                let origin = ui.max_rect().min + vec2(((seen.width() - size.x) / 2.0).max(0.0), 0.0);
                let later = |row: Row| context.navigation.is_later(context.log(), row);
                let place = paint::Place { origin, scale };
                if let Some(spot) = wanted.and_then(|row| painting.spot_of(Subject::Event(row))) {
                    // Below the head that stays.
                    let mut room = place.rect(spot.at, spot.size).expand(12.0);
                    room.min.y -= paint::kept(drawing, scale, seen.height());
                    ui.scroll_to_rect(room, None);
                }
                let selected = selected.map(Subject::Event);
                chosen = paint::drawing_ui(ui, context.tokens, painting, place, selected, &later);
            },
        );
        if is_newest {
            self.followed = selected.map(|row| (row, self.kind));
        }
        if let Some(subject) = chosen.filter(|_| is_newest) {
            self.choose(context, drawing, subject);
        }
    }

    fn choose(&mut self, context: &ViewContext<'_>, drawing: &Drawing, subject: Subject) {
        match subject {
            Subject::Event(row) => context.send(GoCommand::Select(row)),
            Subject::Way(way) => {
                context.send(GoCommand::Sagas(SagaChoice { way: Some(way), ..SagaChoice::default() }));
                context.send(WindowCommand::ShowView("sagas"));
            }
            Subject::Type(id) => {
                let name = context.log().types()[id.0 as usize].name.clone();
                context.send(GoCommand::Filter(format!("type:{}", quoted(&name))));
                context.send(WindowCommand::ShowView("log"));
            }
            Subject::Line(line) => {
                let Some(name) = drawing.lines.get(line as usize) else { return };
                if !self.scope.folded.remove(name) {
                    self.scope.folded.insert(name.clone());
                }
            }
            Subject::Fold(row) => _ = self.scope.opened.insert(row),
        }
    }

    /// The selected event with its neighbours, then the whole way through it, then everything again.
    fn focus(&mut self, context: &ViewContext<'_>) {
        let Some(row) = context.navigation.selected else { return };
        self.scope.focus = match self.scope.focus {
            Some((known, Reach::Near)) if known == row => Some((row, Reach::Far)),
            Some((known, Reach::Far)) if known == row => None,
            _ => Some((row, Reach::Near)),
        };
    }

    /// What of the saga is shown.
    fn scope_ui(&mut self, context: &ViewContext<'_>, ui: &mut Ui) {
        let row = context.navigation.selected;
        let known = self.scope.focus.map(|(_, reach)| reach);
        let word = match known {
            None => "Focus",
            Some(Reach::Near) => "Neighbours",
            Some(Reach::Far) => "Whole way",
        };
        let button = Button::new(word).selected(known.is_some()).enabled(row.is_some() || known.is_some());
        let button = ui.add(button.trailing(Icon::CaretDown).label("Focus on the selected event"));
        Popup::menu(&button).gap(4.0).show(|ui| {
            ui.set_width(240.0);
            for (words, reach) in [
                ("Everything", None),
                ("Its causes and effects (N)", Some(Reach::Near)),
                ("All that led to it and came of it", Some(Reach::Far)),
            ] {
                if ui.button(words).clicked() {
                    let at = self.scope.focus.map(|(row, _)| row).or(row);
                    self.scope.focus = reach.and_then(|reach| Some((row.or(at)?, reach)));
                    ui.close();
                }
            }
        });
        button.on_hover_text("Show one event with its neighbours (I)");
        let button = ui.add(Button::new("Fold").trailing(Icon::CaretDown).label("What is folded"));
        let close = PopupCloseBehavior::CloseOnClickOutside;
        Popup::menu(&button).close_behavior(close).gap(4.0).show(|ui| {
            ui.set_width(280.0);
            for (words, value) in [
                ("Fold repeats and attempts", &mut self.scope.folds_repeats),
                ("Leave out what the runtime recorded", &mut self.scope.hides_facts),
            ] {
                ui.horizontal(|ui| {
                    switch(ui, value, words);
                    ui.label(words);
                });
            }
            if ui.button("Unfold everything").clicked() {
                let Scope { focus, hides_facts, to_scale, .. } = self.scope;
                self.scope = Scope { focus, hides_facts, to_scale, ..Scope::default() };
                ui.close();
            }
            note(ui, "A click on the name of a lifeline folds it");
        });
        button.on_hover_text("What stands as one");
        if self.kind == Kind::Sequence {
            let button = Button::new("To scale").selected(self.scope.to_scale);
            let button = ui.add(button.label("Space rows to the scale of time"));
            if button.on_hover_text("Rows as far apart as they are in time; long waits are cut").clicked() {
                self.scope.to_scale ^= true;
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
