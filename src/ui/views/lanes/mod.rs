//! The view "lanes": streams as lanes on one time axis, the visual browser. This file keeps the state and asks the
//! questions; how things are worked out and drawn stands in the files beside it.

mod arrange;
mod arrows;
mod bins;
mod card;
mod heads;
mod input;
mod labels;
mod plot;
mod ruler;
mod scale;
mod scene;
mod toolbar;

pub(super) use labels::without_family;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use egui::{Rangef, Rect, Role, Sense, Stroke, Ui, UiBuilder, pos2};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use self::arrange::{ArrangeKey, GroupBy, LANES_MAX, SameRows, SortBy, arrange};
use self::bins::{LanesAnswer, LanesKey, picture};
use self::scale::{Idle, Scale};
use self::scene::{Act, Effects, FlatOf, Scene};
use self::toolbar::BAR;
use super::ruler::RULER;
use super::span::{Gesture, Limits, Span, Zoom};
use crate::engine::{Latest, Outcome, SourceInfo};
use crate::index::{StreamId, TimeAxis};
use crate::model::Row;
use crate::ui::app::navigation::Playhead;
use crate::ui::command::GoCommand;
use crate::ui::format;
use crate::ui::icons::Icon;
use crate::ui::view::{Around, View, ViewClass, ViewContext};
use crate::ui::widgets::{Line, RowScroll, VirtualRows, empty, failed, loading, node, splitter, waiting};

/// Its entry in the registry.
pub static CLASS: ViewClass = ViewClass {
    id: "lanes",
    title: "Lanes",
    about: "Streams as lanes on one time axis, with causes and effects",
    icon: Icon::Zigzag,
    around: Around::Log,
    fills: false,
    make: || Box::<LanesView>::default(),
};

/// The strip at the right that belongs to the scroll bar.
const SCROLL_BAR: f32 = 10.0;
/// Widths the column of heads may have.
const HEADS: Rangef = Rangef { min: 96.0, max: 480.0 };

/// What is kept between two runs.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(default)]
struct Options {
    group_by: GroupBy,
    sort: SortBy,
    by_rank: bool,
    /// Width of the column of heads; by the size of the view until somebody drags it.
    heads: Option<f32>,
}

#[derive(Default)]
struct LanesView {
    options: Options,
    idle: Idle,
    zoom: Zoom,
    /// The axis that `zoom` is in units of.
    scale: Option<Scale>,
    more: BTreeMap<String, usize>,
    folded: BTreeSet<String>,
    scroll: RowScroll,
    flat: FlatOf,
    picture: Latest<LanesKey, LanesAnswer>,
    axis: Latest<(u64, Vec<i64>), Arc<TimeAxis>>,
    effects: Effects,
    hovered_effects: Effects,
    /// The selected event when it was last brought into view.
    followed: Option<Row>,
    /// The replayed stream when its lane was last brought into view.
    followed_stream: Option<StreamId>,
    /// Where lanes were drawn, and the pointer over them, for keys.
    plot: Option<Rect>,
    pointer: Option<f32>,
    /// How far one can zoom.
    limits: Limits,
    now: f64,
}

type Picture = Arc<Outcome<LanesKey, LanesAnswer>>;

impl View for LanesView {
    fn ui(&mut self, context: &ViewContext<'_>, ui: &mut Ui) {
        self.now = ui.input(|input| input.time);
        let scale = self.refresh_scale(context);
        let full = ui.max_rect();
        let bar = Rect::from_min_max(full.min, pos2(full.right(), full.top() + BAR));
        let below = Rect::from_min_max(pos2(full.left(), bar.bottom()), full.max);
        let answer = self.picture.answer();
        let is_empty = context.document.rows.is_empty(context.log());
        let picture = answer.as_ref().filter(|_| !is_empty).and_then(|answer| answer.result.as_ref().ok());
        self.toolbar_ui(context, ui, bar, &scale, picture);
        let mut ui = ui.new_child(UiBuilder::new().max_rect(below).id_salt("lanes below"));
        let ui = &mut ui;
        if !scale.has_length() {
            return self.no_times_ui(ui);
        }
        if is_empty {
            return nothing_left_ui(context, ui);
        }
        self.lanes_ui(context, ui, below, &scale);
    }

    fn key(&mut self, context: &ViewContext<'_>, key: egui::Key, modifiers: egui::Modifiers) -> bool {
        self.on_key(context, key, modifiers)
    }

    fn is_settled(&self) -> bool {
        !self.picture.is_busy()
            && !self.axis.is_busy()
            && !self.effects.is_busy()
            && !self.hovered_effects.is_busy()
    }

    fn save(&self) -> Value {
        serde_json::to_value(&self.options).unwrap_or_default()
    }

    fn restore(&mut self, saved: &Value) {
        self.options = serde_json::from_value(saved.clone()).unwrap_or_default();
    }
}

impl LanesView {
    /// The axis that is wanted, or the last one while a new one is worked out.
    fn refresh_scale(&mut self, context: &ViewContext<'_>) -> Scale {
        let document = &context.document.open.axis;
        let new = if self.options.by_rank {
            Scale::Rank(context.log().len() as u64)
        } else if let Some(axis) = self.idle.axis(document) {
            Scale::Time(axis)
        } else {
            let restored = if let Idle::Restored(from) = &self.idle { from.clone() } else { Vec::new() };
            let key = (context.log().generation(), restored.clone());
            let log = context.log().clone();
            self.axis.ask(context.engine.workers(), &key, move |_, _| {
                Some(Arc::new(TimeAxis::of(&log, &restored)))
            });
            match self.axis.answer().map(|answer| answer.result.clone()) {
                Some(Ok(axis)) => Scale::Time(axis),
                _ => self.scale.clone().unwrap_or_else(|| Scale::Time(Arc::clone(document))),
            }
        };
        if let Some(old) = self.scale.as_ref().filter(|old| **old != new) {
            match (old.carried(&new), &new) {
                (Some(carry), _) => self.zoom.carry(carry),
                (None, Scale::Rank(_)) if matches!(old, Scale::Rank(_)) => {}
                (None, _) => self.zoom = Zoom::default(),
            }
        }
        self.scale = Some(new.clone());
        new
    }

    fn no_times_ui(&mut self, ui: &mut Ui) {
        let sentence = "These events have no times, or all the same: lanes need a time axis";
        if empty(ui, sentence, Some("Show them by rank")) {
            self.options.by_rank = true;
        }
    }

    fn zoom_to(&mut self, from: f64, to: f64) {
        self.zoom.set(Span::around(from, to, &self.limits), Gesture::Jump, self.now, &self.limits);
    }

    fn heads_width(&self, below: Rect) -> f32 {
        let usual = if below.width() >= 1_000.0 { 200.0 } else { 168.0 };
        self.options.heads.unwrap_or(usual).min(below.width() * 0.5)
    }

    /// Asks for the picture of what is seen and gives the newest there is, and whether it is the one asked for.
    fn ask(
        &self,
        context: &ViewContext<'_>,
        scale: &Scale,
        span: Span,
        width: f32,
    ) -> Option<(Picture, bool)> {
        let mut arrange_key = ArrangeKey {
            generation: context.log().generation(),
            rows: SameRows(context.document.rows.clone()),
            group_by: self.options.group_by,
            sort: self.options.sort,
            more: self.more.clone(),
            kept: looked_at(context),
        };
        let last = self.picture.answer();
        if let Some(last) = &last
            && last.result.as_ref().is_ok_and(|answer| answer.arranged.serves(&arrange_key.kept))
        {
            // Nothing to arrange anew: what is looked at has its lane.
            arrange_key.kept.clone_from(&last.key.arrange.kept);
        }
        let key = LanesKey::of(arrange_key, scale.clone(), span, width);
        let open = context.document.open.clone();
        let asked = key.clone();
        self.picture.ask(context.engine.workers(), &key, move |cancel, _| {
            let known = last.as_ref().filter(|last| last.key.arrange == asked.arrange);
            let arranged = if let Some(Ok(answer)) = known.map(|last| &last.result) {
                Arc::clone(&answer.arranged)
            } else {
                let names: Vec<String> = open.sources.iter().map(file_name).collect();
                Arc::new(arrange(&open.log, &names, &asked.arrange, cancel)?)
            };
            picture(&open.log, &asked, arranged, cancel)
        });
        let newest = self.picture.answer()?;
        let is_current = newest.key == key;
        Some((newest, is_current))
    }

    fn effects_of_selected(&self, context: &ViewContext<'_>) -> Vec<Row> {
        let log = context.log();
        let Some(row) = context.navigation.selected.filter(|row| log.contains(*row)) else {
            return Vec::new();
        };
        let key = (log.generation(), row);
        let open = context.document.open.clone();
        self.effects.ask(context.engine.workers(), &key, move |_, _| Some(open.log.effects(row)));
        let answer = self.effects.answer_to(&key);
        answer.and_then(|answer| answer.result.clone().ok()).unwrap_or_default()
    }

    fn lanes_ui(&mut self, context: &ViewContext<'_>, ui: &mut Ui, below: Rect, scale: &Scale) {
        let heads = self.heads_width(below);
        let split = below.left() + heads;
        let right = below.right() - SCROLL_BAR;
        let list = Rect::from_min_max(pos2(below.left(), below.top() + RULER), pos2(right, below.bottom()));
        let plot = Rect::from_min_max(pos2(split, list.top()), list.max);
        let ruler = Rect::from_min_max(pos2(split, below.top()), pos2(right, list.top()));
        if plot.width() < 24.0 || plot.height() < 8.0 {
            return;
        }
        self.plot = Some(plot);
        self.limits = limits_of(context, scale, plot.width());
        let lane_height = if context.preferences.compact { 20.0 } else { 24.0 };
        let base = ui.scope_id().with("lanes");
        let canvas = ui.interact(plot, base.with("canvas"), Sense::DRAG);
        self.pointer_input(ui, &canvas, Rect::from_min_max(ruler.min, plot.max));

        let span = self.zoom.span(&self.limits);
        let Some((outcome, is_current)) = self.ask(context, scale, span, plot.width()) else {
            waiting(ui, "Arranging streams");
            return;
        };
        let answer = match &outcome.result {
            Ok(answer) => answer,
            Err(problem) => {
                let todo = "This is a defect in Sagascope. Try another filter or grouping.";
                failed(ui, "The lanes cannot be drawn", problem, todo, "", None);
                return;
            }
        };
        if answer.arranged.groups.is_empty() {
            empty(ui, "The events in this filter belong to no stream", None);
            return;
        }
        let with_heads = outcome.key.arrange.group_by != GroupBy::Nothing;
        let flat = self.flat.get(&answer.arranged, &self.folded, with_heads);

        let mut seen = Vec::new();
        let place = Rect::from_min_max(list.min, pos2(below.right(), list.bottom()));
        let mut rows_ui = ui.new_child(UiBuilder::new().max_rect(place).id_salt("lanes rows"));
        VirtualRows::new("lanes", "Lanes", flat.rows.len() as u64).row_height(lane_height).show(
            &mut rows_ui,
            &mut self.scroll,
            |_, row, rect| seen.push((row as usize, rect)),
        );
        for (_, rect) in &mut seen {
            *rect = Rect::from_x_y_ranges(list.x_range(), rect.y_range());
        }

        let carry = outcome.key.scale.carried(scale).filter(|_| outcome.key.scale != *scale);
        let log = context.log();
        let scene = Scene {
            context,
            id: base,
            scale,
            span,
            plot,
            list,
            ruler,
            answer,
            carry: carry.as_ref().map(|carry| carry as &dyn Fn(f64) -> f64),
            column: outcome.key.column,
            flat: &flat,
            seen: &seen,
            lane_height,
            playhead: context.navigation.playhead_rank(log),
            in_past: context.navigation.is_in_past(log),
            effects: self.effects_of_selected(context),
            hovered_effects: &self.hovered_effects,
        };
        let mut acts = Vec::new();
        let lines = ruler::grid(&scene);
        plot::plot_ui(&scene, ui, &lines, &mut acts);
        heads::heads_ui(&scene, ui, &mut acts);
        corner_ui(&scene, ui, Rect::from_min_max(below.min, pos2(split, list.top())));
        ruler::ruler_ui(&scene, ui, &lines, &mut acts);
        ui.painter().hline(below.x_range(), list.top() - 0.5, Stroke::new(1.0, context.tokens.line));
        let follow = self.wanted_row(&scene);
        for act in acts {
            self.apply(context, scale, act);
        }
        let stream = context.navigation.stream;
        if let Some((row, units)) = follow {
            self.follow(row, units);
        } else if self.followed_stream.is_some() && self.followed_stream != stream {
            self.scroll_to_lane(stream.and_then(|stream| flat.by_stream.get(&stream).copied()));
        }
        // A lane that is still to be arranged is scrolled to when it is there.
        if is_current {
            self.followed = context.navigation.selected;
            self.followed_stream = stream;
        }
        let mut width = heads;
        let column = Rect::from_min_max(below.min, pos2(split, below.bottom()));
        if splitter(ui, base.with("split"), column, &mut width, HEADS, 200.0, "Width of the names") {
            self.options.heads = Some(width);
        }
    }

    fn apply(&mut self, context: &ViewContext<'_>, scale: &Scale, act: Act) {
        match act {
            Act::Select(row) => context.send(GoCommand::Select(row)),
            Act::Pin(row) => {
                let pinned = context.navigation.pinned == Some(row);
                context.send(GoCommand::Pin((!pinned).then_some(row)));
            }
            Act::ZoomTo(from, to) => self.zoom_to(from, to),
            Act::Restore(from) => self.idle.restore(from),
            Act::Fold(group) => {
                if !self.folded.remove(&group) {
                    self.folded.insert(group);
                }
            }
            Act::More(group) => *self.more.entry(group).or_default() += LANES_MAX,
            Act::Fit => self.zoom.fit(self.now, &self.limits),
            Act::Playhead(units) => {
                if let Some(row) = scale.row_before(context.log(), units) {
                    context.send(GoCommand::Playhead(Playhead::At(row)));
                }
            }
        }
    }
}

/// The streams that somebody looks at: the replayed one, and that of the selected event.
fn looked_at(context: &ViewContext<'_>) -> Vec<StreamId> {
    let (log, navigation) = (context.log(), context.navigation);
    let of_selected = navigation.selected.filter(|row| log.contains(*row)).and_then(|row| {
        let streams = log.memberships(row);
        let is_replayed = streams.iter().any(|(stream, _)| Some(*stream) == navigation.stream);
        streams.first().filter(|_| !is_replayed).map(|(stream, _)| *stream)
    });
    let is_there = |stream: &StreamId| (stream.0 as usize) < log.streams().len();
    navigation.stream.into_iter().filter(is_there).chain(of_selected).collect()
}

fn file_name(source: &SourceInfo) -> String {
    source.path.file_name().map_or_else(String::new, |name| name.to_string_lossy().into_owned())
}

/// The limits of a scale, fitted to what the filter leaves.
fn limits_of(context: &ViewContext<'_>, scale: &Scale, width: f32) -> Limits {
    let (log, rows) = (context.log(), &context.document.rows);
    let last = rows.len(log).checked_sub(1);
    let ends = rows.get(log, 0).zip(last.and_then(|last| rows.get(log, last)));
    let limits = scale.limits(width);
    match ends {
        Some((first, last)) => limits.fitting(scale.units_of(log, first), scale.units_of(log, last)),
        None => limits,
    }
}

/// How much of the log is drawn, in words.
fn corner_ui(scene: &Scene<'_>, ui: &Ui, rect: Rect) {
    let t = scene.context.tokens;
    let arranged = &scene.answer.arranged;
    let drawn = format::thousands(arranged.drawn() as u64);
    let of = format::count(arranged.in_filter as u64, "stream");
    let all = format::thousands(arranged.in_log as u64);
    let label = format!("{drawn} of {of} drawn, {all} in the log");
    let words = rect.shrink2(egui::vec2(12.0, 5.0));
    let (upper, lower) = words.split_top_bottom_at_fraction(0.5);
    Line::new().caption(&format!("{drawn} of {of} drawn"), t.muted).paint(ui.painter(), upper);
    Line::new().caption(&format!("{all} in the log"), t.faint).paint(ui.painter(), lower);
    node(ui, rect, scene.id.with("corner"), Sense::hover(), Role::Label, &label);
}

fn nothing_left_ui(context: &ViewContext<'_>, ui: &mut Ui) {
    if context.document.is_selecting() {
        if loading(ui, "Filtering", None, "") {
            context.send(GoCommand::Filter(String::new()));
        }
    } else if context.navigation.range.is_some() {
        let sentence = if context.document.filter.is_empty() {
            "No event lies in this range"
        } else {
            "No event of this range matches this filter"
        };
        if empty(ui, sentence, Some("Clear range")) {
            context.send(GoCommand::Range(None));
        }
    } else if empty(ui, "No event matches this filter", Some("Clear filter")) {
        context.send(GoCommand::Filter(String::new()));
    }
}
