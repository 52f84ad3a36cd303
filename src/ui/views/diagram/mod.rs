//! The view "diagram": the sequence (when) and the flow (why) of the selected event's saga, or the process map of all
//! sagas of the log. What is
//! drawn is the engine's drawing, so that the window, an SVG and a Mermaid text show the same. It is zoomed and
//! scrolled; a click selects an event, or leaves the events of a type.

mod out;
pub(in crate::ui) mod paint;

use std::sync::Arc;

use egui::{Key, Modifiers, Popup, PopupCloseBehavior, ScrollArea, Ui, vec2};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use self::paint::Painting;
use super::sagas::sagas_ui;
use crate::engine::Latest;
use crate::model::Row;
use crate::saga::pictures::{self, AsOf, Picture};
use crate::saga::svg::{Drawing, Palette, Subject};
use crate::saga::{Detail, EdgeLabel, ProcessMap, Reach, Scope};
use crate::ui::app::navigation::SagaChoice;
use crate::ui::app::navigation::StepList;
use crate::ui::app::sagas::{PageOf, Sagas, ShownSaga, SurveyKey};
use crate::ui::command::{GoCommand, WindowCommand};
use crate::ui::format::{one_line, thousands};
use crate::ui::icons::Icon;
use crate::ui::view::{Around, View, ViewClass, ViewContext};
use crate::ui::widgets::blocks::note;
use crate::ui::widgets::{Bar, Button, Line, failed, loading, segment, switch};

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
/// Below this room "Process map" is shortened.
const NARROW: f32 = 212.0;
/// How far it is zoomed, in per cent.
const ZOOMS: [u16; 8] = [25, 35, 50, 70, 85, 100, 140, 200];
const USUAL: usize = 5;
/// Sizes of a PNG to choose from, in per cent of the natural size.
const PNG_PERCENTS: [u16; 4] = [50, 100, 200, 400];

/// What is drawn.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
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
    Saga {
        kind: Kind,
        survey: SurveyKey,
        at: usize,
        scope: Scope,
        dark: bool,
    },
    /// Of all sagas, with the numbers of `then`.
    Map {
        survey: SurveyKey,
        then: SurveyKey,
        detail: Detail,
        time: bool,
        dark: bool,
    },
}

impl DrawingKey {
    /// The same, as of another moment.
    fn differs_in_moment(&self, other: &Self) -> bool {
        match (self, other) {
            (
                Self::Map { survey, then: _, detail, time, dark },
                Self::Map { survey: other, then: _, detail: level, time: label, dark: ground },
            ) => (survey, detail, time, dark) == (other, level, label, ground),
            _ => false,
        }
    }
}

/// What was drawn.
struct Drawn {
    painting: Painting,
    /// The process map that it shows, if it is one.
    map: Option<ProcessMap>,
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
    drawing: Latest<DrawingKey, Arc<Drawn>>,
    /// The newest drawing is that of what is asked for: it was when it was last drawn.
    is_shown: bool,
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
            is_shown: false,
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
        let is_newest = wanted
            .as_ref()
            .is_some_and(|wanted| *wanted == answer.key || wanted.differs_in_moment(&answer.key));
        self.is_shown = is_newest;
        // What stands above and below is of the saga that is drawn.
        let as_of = if is_newest { self.as_of(context, &sagas) } else { None };
        self.drawing_ui(context, &drawing.painting, as_of.as_ref(), is_newest, ui);
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
            Some(Arc::new(Drawn { painting: Painting::of(drawing), map: None }))
        });
        Some(key)
    }

    /// The map stays as it is while the playhead moves; its numbers are those of the playhead.
    fn ask_map(&self, context: &ViewContext<'_>, sagas: &Sagas, dark: bool) -> DrawingKey {
        let (detail, time) = (self.detail, self.time);
        let then = context.document.sagas_at_playhead(context.engine, context.navigation);
        let then = then.unwrap_or_else(|_| sagas.clone());
        let key = DrawingKey::Map { survey: sagas.key, then: then.key, detail, time, dark };
        let (log, survey) = (context.log().clone(), Arc::clone(&sagas.survey));
        let is_older = |asked: &DrawingKey| asked.differs_in_moment(&key);
        self.drawing.ask_in_turn(context.engine.workers(), &key, is_older, move |cancel, _| {
            let mut map = ProcessMap::of(&survey.variants, &survey.machine, detail);
            if then.key.as_of.is_some() {
                let machine = then.survey.machine_so_far(&log, cancel)?;
                map = map.as_of(&then.survey.variants, &machine, "the playhead");
            }
            let drawing = pictures::map(&survey, &map, label(time), palette(dark));
            Some(Arc::new(Drawn { painting: Painting::of(drawing), map: Some(map) }))
        });
        key
    }

    /// What is said of what is shown while the playhead is in the past, or just was.
    fn as_of(&mut self, context: &ViewContext<'_>, sagas: &Sagas) -> Option<AsOf> {
        let log = context.log();
        let is_past = context.navigation.is_in_past(log);
        if self.kind == Kind::Map {
            let wanted = context.navigation.playhead_row(log).filter(|_| is_past);
            let answer = self.drawing.answer()?;
            let DrawingKey::Map { then, .. } = &answer.key else { return None };
            return (then.as_of != wanted).then(AsOf::counting);
        }
        if !is_past {
            return None;
        }
        let at = self.saga.shown(context, sagas)?;
        let page = context.document.saga_page(context.engine, PageOf::Shown, sagas, at)?.ok()?;
        let then = context.document.sagas_at_playhead(context.engine, context.navigation).ok()?;
        // While it is judged, no other moment is told in its place.
        if then.key.as_of != context.navigation.playhead_row(log) {
            return Some(AsOf::judging(&page));
        }
        let summary = then.place_of(&sagas.survey, at).map(|at| &then.survey.sagas[at]);
        Some(AsOf::of(&page, summary))
    }

    fn bar_ui(&mut self, context: &ViewContext<'_>, sagas: &Sagas, ui: &mut Ui) {
        let bar = Bar::begin(ui, BAR, (self.kind, self.focus_word()));
        let mut left = bar.left(ui);
        let map = if bar.room() < NARROW { "Map" } else { "Process map" };
        let kinds = [(Kind::Sequence, "Sequence"), (Kind::Flow, "Flow"), (Kind::Map, map)];
        // What is chosen now holds from the next frame on: what follows in the bar is that of the one before.
        let mut chosen = self.kind;
        segment(&mut left, "Diagram", &mut chosen, &kinds);
        if self.kind == Kind::Map {
            segment(&mut left, "On the edges", &mut self.time, &[(false, "How often"), (true, "How long")]);
            slider(&mut left, "Types", "Leave out types that come rarely", &mut self.detail.nodes);
            slider(&mut left, "Ways", "Leave out ways that are taken rarely", &mut self.detail.edges);
        } else {
            self.scope_ui(context, &mut left);
        }
        let mut right = bar.right(ui, &left);
        self.out_ui(context, sagas, &mut right);
        bar.end(ui, &left, &right);
        self.kind = chosen;
    }

    fn drawing_ui(
        &mut self,
        context: &ViewContext<'_>,
        painting: &Painting,
        as_of: Option<&AsOf>,
        is_newest: bool,
        ui: &mut Ui,
    ) {
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
                let manner = paint::Manner { selected: selected.map(Subject::Event), later: &later, as_of };
                chosen = paint::drawing_ui(ui, context.tokens, painting, place, &manner);
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

    fn focus_word(&self) -> &'static str {
        match self.scope.focus {
            None => "Focus",
            Some((_, Reach::Near)) => "Neighbours",
            Some((_, Reach::Far)) => "Whole way",
        }
    }

    /// What of the saga is shown.
    fn scope_ui(&mut self, context: &ViewContext<'_>, ui: &mut Ui) {
        let row = context.navigation.selected;
        let known = self.scope.focus.map(|(_, reach)| reach);
        let button = Button::new(self.focus_word())
            .selected(known.is_some())
            .enabled(row.is_some() || known.is_some());
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
