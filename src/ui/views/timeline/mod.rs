//! The view "timeline": when one saga did what, a line for each step, or all sagas, a line for each. Idle time is cut out
//! of the axis. The bars are the engine's; this file keeps what is seen and asks the questions.

mod bars;
mod bins;
mod heads;
mod input;
mod out;
mod path;
mod picture;
mod toolbar;

use std::collections::HashMap;
use std::sync::Arc;

use egui::{Rect, Sense, Stroke, Ui, UiBuilder, pos2};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use self::out::{Made, OutKey};
use self::picture::{AllSagas, Lines, OneSaga, Picture};
use super::ruler::{CutAct, RULER, Ruler};
use super::sagas::sagas_ui;
use super::span::{Gesture, Limits, Span, Zoom};
use crate::engine::Latest;
use crate::index::{EventLog, TimeAxis};
use crate::model::Row;
use crate::saga::{ListAsk, Sort, Strip, Survey, Timeline, all_keys};
use crate::ui::app::navigation::{Playhead, StepList};
use crate::ui::app::sagas::{PageOf, Sagas, ShownSaga, SurveyKey};
use crate::ui::command::GoCommand;
use crate::ui::format::Zone;
use crate::ui::icons::Icon;
use crate::ui::view::{Around, View, ViewClass, ViewContext};
use crate::ui::widgets::{RowAlign, RowScroll, VirtualRows, empty, failed, loading};

/// Its entry in the registry.
pub static CLASS: ViewClass = ViewClass {
    id: "timeline",
    title: "Timeline",
    about: "When a saga did what: steps, waits, retries, compensation, and what decided how long it took",
    icon: Icon::Clock,
    around: Around::Log,
    fills: true,
    make: || Box::<TimelineView>::default(),
};

/// Height of the bar above.
const BAR: f32 = 44.0;
/// The strip at the right that belongs to the scroll bar.
const SCROLL_BAR: f32 = 10.0;
/// The fewest nanoseconds that may fill the view.
const NANOS_MIN: f64 = 40.0;
/// Strips that are kept; beyond that all are made anew.
const STRIPS_MAX: usize = 2_000;

/// What a picture depends on.
#[derive(Clone, Debug, PartialEq)]
struct Key {
    survey: SurveyKey,
    /// The saga; `None`: all of them.
    saga: Option<usize>,
    sort: &'static str,
    restored: Vec<i64>,
}

impl Key {
    /// Whether only the axis differs.
    fn is_same_but_for_cuts(&self, other: &Self) -> bool {
        self.survey == other.survey && self.saga == other.saga && self.sort == other.sort
    }
}

struct TimelineView {
    all: bool,
    sort: &'static str,
    restored: Vec<i64>,
    zoom: Zoom,
    limits: Limits,
    scroll: RowScroll,
    saga: ShownSaga,
    picture: Latest<Key, Option<Arc<Picture>>>,
    /// What was drawn last: when another saga comes, the zoom begins anew.
    drawn: Option<(Key, Arc<Picture>)>,
    /// What is being made to be copied or saved.
    out: Latest<OutKey, Arc<Made>>,
    wanted: Option<OutKey>,
    strips: HashMap<usize, Option<Arc<Strip>>>,
    /// The selected event when it was last brought into view.
    followed: Option<Row>,
    plot: Option<Rect>,
    pointer: Option<f32>,
    now: f64,
}

#[derive(Serialize, Deserialize, Default)]
#[serde(default)]
struct Saved {
    all: bool,
    sort: String,
}

impl Default for TimelineView {
    fn default() -> Self {
        Self {
            all: false,
            sort: "age",
            restored: Vec::new(),
            zoom: Zoom::default(),
            limits: Limits::default(),
            scroll: RowScroll::default(),
            saga: ShownSaga::default(),
            picture: Latest::default(),
            drawn: None,
            out: Latest::default(),
            wanted: None,
            strips: HashMap::new(),
            followed: None,
            plot: None,
            pointer: None,
            now: 0.0,
        }
    }
}

/// What somebody did.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Act {
    Select(Row),
    /// Click on several bars that are too narrow to be told apart.
    ZoomTo(i64, i64),
    Restore(i64),
    Playhead(f64),
    /// This saga alone.
    ShowOne(usize),
    /// The saga at this place, without leaving the list.
    Choose(usize),
}

/// One frame.
struct Scene<'a> {
    context: &'a ViewContext<'a>,
    survey: &'a Survey,
    picture: &'a Picture,
    ruler: Ruler<'a>,
    /// The lines without their heads and the scroll bar.
    plot: Rect,
    /// The lines with their heads.
    list: Rect,
    /// Lines that are at least partly seen.
    seen: &'a [(usize, Rect)],
    line_height: f32,
    playhead: f32,
    in_past: bool,
    /// The saga that is shown elsewhere.
    shown: Option<usize>,
    /// The line of the selected event.
    selected: Option<usize>,
}

impl Scene<'_> {
    fn log(&self) -> &EventLog {
        self.context.log()
    }

    fn x(&self, nanos: i64) -> f32 {
        self.ruler.x(self.picture.axis.units_of(nanos))
    }

    /// The times that are seen, and a little beside them.
    fn times(&self) -> (i64, i64) {
        let axis = &self.picture.axis;
        let beside = self.ruler.span.len / f64::from(self.plot.width()) * 8.0;
        (axis.nanos_at(self.ruler.span.from - beside), axis.nanos_at(self.ruler.span.to() + beside))
    }

    fn is_later(&self, row: Row) -> bool {
        self.context.navigation.is_later(self.log(), row)
    }

    fn is_selected(&self, row: Row) -> bool {
        self.context.navigation.selected == Some(row)
    }
}

impl View for TimelineView {
    fn ui(&mut self, context: &ViewContext<'_>, ui: &mut Ui) {
        self.now = ui.input(|input| input.time);
        self.deliver(context);
        ui.spacing_mut().item_spacing.y = 0.0;
        let Some(sagas) = sagas_ui(context, ui) else { return };
        let full = ui.available_rect_before_wrap();
        let bar = Rect::from_min_max(full.min, pos2(full.right(), full.top() + BAR));
        let below = Rect::from_min_max(pos2(full.left(), bar.bottom()), full.max);
        let picture = self.ask(context, &sagas);
        self.toolbar_ui(context, &sagas, picture.as_ref().ok().and_then(Option::as_deref), ui, bar);
        let mut rest_ui = ui.new_child(UiBuilder::new().max_rect(below).id_salt("timeline below"));
        let ui = &mut rest_ui;
        match picture {
            Err(Waiting::Reading) => _ = loading(ui, "Reading the saga", None, ""),
            Err(Waiting::Failed(defect)) => {
                let why = format!("Because of a defect in Sagascope: {defect}");
                failed(ui, "The timeline cannot be drawn", &why, "", "", None);
            }
            Ok(None) => {
                let sentence = "None of these events has a time: a timeline needs one";
                if empty(ui, sentence, Some("Show the saga")) {
                    context.send(crate::ui::command::WindowCommand::ShowView("saga"));
                }
            }
            Ok(Some(picture)) => self.lines_ui(context, &sagas, &picture, ui, below),
        }
    }

    fn key(&mut self, context: &ViewContext<'_>, key: egui::Key, modifiers: egui::Modifiers) -> bool {
        self.on_key(context, key, modifiers)
    }

    fn step_list(&self, _context: &ViewContext<'_>) -> StepList {
        StepList::Correlation
    }

    fn is_settled(&self) -> bool {
        !self.picture.is_busy() && !self.out.is_busy() && self.wanted.is_none()
    }

    fn save(&self) -> Value {
        let saved = Saved { all: self.all, sort: self.sort.to_owned() };
        serde_json::to_value(saved).unwrap_or(Value::Null)
    }

    fn restore(&mut self, saved: &Value) {
        if let Ok(saved) = serde_json::from_value::<Saved>(saved.clone()) {
            self.all = saved.all;
            self.sort = Sort::named(&saved.sort).map_or("age", |sort| sort.name);
        }
    }
}

/// Why there is nothing to draw yet.
enum Waiting {
    Reading,
    Failed(String),
}

impl TimelineView {
    /// What is to be drawn, or the last picture while it is worked out; `None` where no event has a time.
    fn ask(&mut self, context: &ViewContext<'_>, sagas: &Sagas) -> Result<Option<Arc<Picture>>, Waiting> {
        let at = self.saga.shown(context, sagas);
        let saga = if self.all { None } else { Some(at.ok_or(Waiting::Reading)?) };
        let page = match saga.map(|at| context.document.saga_page(context.engine, PageOf::Shown, sagas, at)) {
            None => None,
            Some(Some(Ok(page))) => Some(page),
            Some(Some(Err(defect))) => return Err(Waiting::Failed(defect)),
            Some(None) => return self.last(sagas, saga.is_none()),
        };
        if self.drawn.as_ref().is_some_and(|(key, _)| key.saga != saga || key.survey != sagas.key) {
            self.restored.clear();
        }
        let key = Key { survey: sagas.key, saga, sort: self.sort, restored: self.restored.clone() };
        let (log, survey, asked) = (context.log().clone(), Arc::clone(&sagas.survey), key.clone());
        self.picture.ask(context.engine.workers(), &key, move |_, _| {
            let picture = if let Some(page) = page {
                let Some(timeline) = Timeline::of(&log, &survey, &page) else { return Some(None) };
                let axis = timeline.axis(&asked.restored);
                Picture { lines: Lines::One(Box::new(OneSaga::new(page, timeline))), axis }
            } else {
                let ask = ListAsk { sort: Sort::named(asked.sort), ..ListAsk::default() };
                let list = survey.listed(&log, &ask);
                let keys = all_keys(&log, &survey, &list);
                if keys.is_empty() {
                    return Some(None);
                }
                let axis = TimeAxis::from_keys(keys.into_iter(), &asked.restored);
                Picture { lines: Lines::All(AllSagas::new(&log, &survey, list)), axis }
            };
            Some(Some(Arc::new(picture)))
        });
        let Some(answer) = self.picture.answer_to(&key) else { return self.last(sagas, saga.is_none()) };
        let picture = match &answer.result {
            Err(defect) => return Err(Waiting::Failed(defect.clone())),
            Ok(None) => return Ok(None),
            Ok(Some(picture)) => Arc::clone(picture),
        };
        self.take(&key, &picture);
        Ok(Some(picture))
    }

    /// The picture before, if it is of the same kind.
    fn last(&self, sagas: &Sagas, all: bool) -> Result<Option<Arc<Picture>>, Waiting> {
        let last =
            self.drawn.as_ref().filter(|(key, _)| key.survey == sagas.key && key.saga.is_none() == all);
        last.map(|(_, picture)| Some(Arc::clone(picture))).ok_or(Waiting::Reading)
    }

    /// A new picture: the zoom is carried over to another axis, and begins anew with another saga.
    fn take(&mut self, key: &Key, picture: &Arc<Picture>) {
        if self.drawn.as_ref().is_some_and(|(known, _)| known == key) {
            return;
        }
        match &self.drawn {
            Some((known, old)) if known.is_same_but_for_cuts(key) => {
                self.zoom.carry(|units| picture.axis.units_of(old.axis.nanos_at(units)));
            }
            Some((known, _)) if known.survey == key.survey && known.saga == key.saga => {}
            _ => {
                self.zoom = Zoom::default();
                self.scroll = RowScroll::default();
                self.followed = None;
                self.strips.clear();
            }
        }
        self.drawn = Some((key.clone(), Arc::clone(picture)));
    }

    fn lines_ui(
        &mut self,
        context: &ViewContext<'_>,
        sagas: &Sagas,
        picture: &Picture,
        ui: &mut Ui,
        below: Rect,
    ) {
        let zone = Zone { local: context.preferences.local_time };
        let split = below.left() + heads::width(ui.painter(), picture, zone).min(below.width() / 3.0).floor();
        let right = below.right() - SCROLL_BAR;
        let list = Rect::from_min_max(pos2(below.left(), below.top() + RULER), pos2(right, below.bottom()));
        let plot = Rect::from_min_max(pos2(split, list.top()), list.max);
        let ruler = Rect::from_min_max(pos2(split, below.top()), pos2(right, list.top()));
        if plot.width() < 24.0 || plot.height() < 8.0 {
            return;
        }
        self.plot = Some(plot);
        let total = picture.axis.total_units();
        self.limits = Limits::of(total, NANOS_MIN.max(total / (1_u64 << 40) as f64), plot.width());
        let base = ui.scope_id().with("timeline");
        let canvas = ui.interact(plot, base.with("canvas"), Sense::DRAG);
        self.pointer_input(ui, &canvas, Rect::from_min_max(ruler.min, plot.max));
        self.follow(context, sagas, picture);
        let span = self.zoom.span(&self.limits);
        let line_height = if context.preferences.compact { 22.0 } else { 26.0 };
        let mut seen = Vec::new();
        let place = Rect::from_min_max(list.min, pos2(below.right(), list.bottom()));
        let mut rows_ui = ui.new_child(UiBuilder::new().max_rect(place).id_salt("timeline rows"));
        VirtualRows::new("timeline", "Timeline", picture.len() as u64).row_height(line_height).show(
            &mut rows_ui,
            &mut self.scroll,
            |_, row, rect| seen.push((row as usize, Rect::from_x_y_ranges(list.x_range(), rect.y_range()))),
        );
        let origin = picture.origin();
        let ruler = Ruler { t: context.tokens, id: base, zone, origin, span, rect: ruler };
        let log = context.log();
        let playhead = context.navigation.playhead_row(log).map(|row| log.key_of(row));
        let playhead = playhead.map_or(f32::MAX, |nanos| ruler.x(picture.axis.units_of(nanos)));
        let shown = self.saga.of_event(context, sagas);
        let selected = context.navigation.selected.and_then(|row| picture.line_of(row, shown));
        let scene = Scene {
            context,
            survey: &sagas.survey,
            picture,
            ruler,
            plot,
            list,
            seen: &seen,
            line_height,
            playhead,
            in_past: context.navigation.is_in_past(log),
            shown,
            selected,
        };
        let mut acts = Vec::new();
        let grid = scene.ruler.time_grid(&picture.axis);
        bars::grounds(&scene, ui, &grid);
        match &picture.lines {
            Lines::One(one) => bars::one_ui(&scene, ui, one, &mut acts),
            Lines::All(all) => {
                let strips: Vec<Option<Arc<Strip>>> = seen
                    .iter()
                    .map(|(line, _)| self.strip(context, sagas, all.list[*line] as usize))
                    .collect();
                bars::all_ui(&scene, ui, &all.list, &strips, &mut acts);
            }
        }
        heads::heads_ui(&scene, ui, &mut acts);
        scene.ruler.words_ui(ui, &grid);
        acts.extend(scene.ruler.cuts_ui(ui, picture.axis.cuts().collect()).map(|act| match act {
            CutAct::Restore(from) => Act::Restore(from),
            CutAct::Zoom(from, to) => Act::ZoomTo(picture.axis.nanos_at(from), picture.axis.nanos_at(to)),
        }));
        acts.extend(scene.ruler.handle_ui(ui, playhead, scene.in_past).map(Act::Playhead));
        heads::corner_ui(&scene, ui, Rect::from_min_max(below.min, pos2(split, list.top())));
        ui.painter().hline(below.x_range(), list.top() - 0.5, Stroke::new(1.0, context.tokens.line));
        ui.painter().vline(split - 0.5, below.y_range(), Stroke::new(1.0, context.tokens.line));
        for act in acts {
            self.apply(context, sagas, picture, act);
        }
    }

    /// The line of one of many sagas, made once.
    fn strip(&mut self, context: &ViewContext<'_>, sagas: &Sagas, at: usize) -> Option<Arc<Strip>> {
        if self.strips.len() > STRIPS_MAX {
            self.strips.clear();
        }
        let make = || Strip::of(context.log(), &sagas.survey, at).map(Arc::new);
        self.strips.entry(at).or_insert_with(make).clone()
    }

    fn apply(&mut self, context: &ViewContext<'_>, sagas: &Sagas, picture: &Picture, act: Act) {
        let last = |at: usize| sagas.survey.instances.list()[sagas.survey.sagas[at].instance].last();
        match act {
            Act::Select(row) => context.send(GoCommand::Select(row)),
            Act::ZoomTo(from, to) => {
                let (from, to) = (picture.axis.units_of(from), picture.axis.units_of(to));
                self.zoom.set(Span::around(from, to, &self.limits), Gesture::Jump, self.now, &self.limits);
            }
            Act::Restore(from) => self.restored.push(from),
            Act::Playhead(units) => {
                let log = context.log();
                let after = log.rank_at_key(picture.axis.nanos_at(units).saturating_add(1));
                if let Some(rank) = after.checked_sub(1) {
                    context.send(GoCommand::Playhead(Playhead::At(log.row_at(rank))));
                }
            }
            Act::Choose(at) => {
                self.saga.choose(at);
                context.send(GoCommand::Select(last(at)));
            }
            Act::ShowOne(at) => {
                self.all = false;
                self.saga.choose(at);
                context.send(GoCommand::Select(last(at)));
            }
        }
    }

    /// Brings the selected event into view when it was selected elsewhere.
    fn follow(&mut self, context: &ViewContext<'_>, sagas: &Sagas, picture: &Picture) {
        let Some(selected) = context.navigation.selected.filter(|row| self.followed != Some(*row)) else {
            return;
        };
        let is_first = self.followed.replace(selected).is_none();
        let line = picture.line_of(selected, self.saga.of_event(context, sagas));
        let Some(line) = line else { return };
        self.scroll.scroll_to(line as u64, RowAlign::Nearest);
        if is_first {
            return;
        }
        let span = self.zoom.span(&self.limits);
        let units = picture.axis.units_of(context.log().key_of(selected));
        let place = (units - span.from) / span.len;
        if !(0.0..=1.0).contains(&place) {
            self.zoom.set(span.panned(place - 0.5, &self.limits), Gesture::Pan, self.now, &self.limits);
        }
    }
}
