//! The view "log": the events that the filter leaves, as rows. What a row looks like is in `row`, what its cells
//! say in `columns`; selecting and filtering are commands.

mod columns;
mod days;
mod menu;
mod preview;
mod row;
mod ticks;

use std::collections::HashMap;
use std::ops::Range;
use std::sync::Arc;

use egui::{Rect, Sense, Stroke, Ui, UiBuilder, pos2, vec2};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use self::columns::{Cells, SOURCE, ValueColumn, specs};
use self::days::{Days, Shown};
use self::preview::Preview;
use self::row::{EventRow, GUTTER, RowStyle, day_row};
use self::ticks::Ticks;
use crate::index::{EventLog, RowSet};
use crate::model::Row;
use crate::query::Query;
use crate::ui::app::bookmarks::Marked;
use crate::ui::app::navigation::{Playhead, place_in};
use crate::ui::command::GoCommand;
use crate::ui::format::{Zone, count, thousands};
use crate::ui::icons::Icon;
use crate::ui::theme::mix;
use crate::ui::view::{Around, View, ViewClass, ViewContext};
use crate::ui::widgets::{
    ColumnSpec, Columns, RowAlign, RowScroll, Tick, VirtualRows, empty, header, loading, progress,
};

/// Its entry in the registry.
pub static CLASS: ViewClass = ViewClass {
    id: "log",
    title: "Log",
    about: "The events that the filter leaves, as rows",
    icon: Icon::File,
    around: Around::Log,
    fills: false,
    make: || Box::<LogView>::default(),
};

/// Height of the head.
const HEAD: f32 = 26.0;
/// Room at the right for the scroll bar.
const BAR: f32 = 15.0;
/// Previews kept; more than any screen shows.
const PREVIEWS_MAX: usize = 1_024;
/// A gap between days shorter than this is not worth a word.
const GAP_WORTH_A_WORD: i64 = 60 * 60 * 1_000_000_000;

struct LogView {
    columns: Columns,
    /// Whether the column of sources comes by itself where there are several.
    source_by_itself: bool,
    scroll: RowScroll,
    days: Days,
    /// Rows of the list, days among them.
    total: u64,
    seen: Option<Seen>,
    /// Where the playhead was in the last frame, and how often the end was asked for.
    playhead: Option<(Playhead, u32)>,
    /// An event that was seen in the last frame and how many rows below the first, to stay there.
    anchor: Option<(Row, u64)>,
    visible: Range<u64>,
    previews: HashMap<Row, Preview>,
    ticks: Ticks,
    menu_column: Option<String>,
    /// Columns for values inside payloads.
    values: Vec<ValueColumn>,
    /// Whether the columns fit what is offered: not yet those of another run.
    fitted: bool,
}

/// What the list was made from.
struct Seen {
    generation: u64,
    rows: RowSet,
    local: bool,
    /// The query whose answer the rows are.
    query: Query,
}

impl Seen {
    fn is(&self, log: &EventLog, rows: &RowSet, local: bool) -> bool {
        let same_rows = match (&self.rows, rows) {
            (RowSet::All, RowSet::All) => true,
            (RowSet::Some(old), RowSet::Some(new)) => Arc::ptr_eq(old, new),
            _ => false,
        };
        same_rows && self.generation == log.generation() && self.local == local
    }
}

/// What is kept between two runs.
#[derive(Serialize, Deserialize)]
struct Saved {
    columns: Columns,
    #[serde(default = "yes")]
    source_by_itself: bool,
}

fn yes() -> bool {
    true
}

impl Default for LogView {
    fn default() -> Self {
        Self {
            columns: Columns::new(&specs(false, true, &[])),
            source_by_itself: true,
            scroll: RowScroll::default(),
            days: Days::default(),
            total: 0,
            seen: None,
            playhead: None,
            anchor: None,
            visible: 0..0,
            previews: HashMap::new(),
            ticks: Ticks::default(),
            menu_column: None,
            values: Vec::new(),
            fitted: false,
        }
    }
}

impl View for LogView {
    fn ui(&mut self, context: &ViewContext<'_>, ui: &mut Ui) {
        self.keep_place(context);
        let log = context.log();
        let has_positions = log.is_empty() || log.event(log.row_at(0)).position.is_some();
        self.fit_columns(context);
        // Taken out for the time in which the head and the rows are drawn from them.
        let values = std::mem::take(&mut self.values);
        let specs = specs(context.preferences.local_time, has_positions, &values);
        let cells = self.head(context, ui, &specs);
        let document = context.document;
        if document.rows.is_empty(log) {
            nothing_ui(context, ui);
        } else {
            let style = style_of(context, &specs, &cells, has_positions);
            self.rows(&style, ui, &values);
        }
        self.values = values;
    }

    fn is_settled(&self) -> bool {
        self.ticks.is_settled()
    }

    fn save(&self) -> Value {
        let saved = Saved { columns: self.columns.clone(), source_by_itself: self.source_by_itself };
        serde_json::to_value(saved).unwrap_or(Value::Null)
    }

    fn restore(&mut self, saved: &Value) {
        if let Ok(saved) = serde_json::from_value::<Saved>(saved.clone()) {
            self.columns = saved.columns;
            self.fitted = false;
            self.source_by_itself = saved.source_by_itself;
        }
    }
}

impl LogView {
    /// Keeps what is on screen where it is when events come or the filter changes, and follows the playhead.
    fn keep_place(&mut self, context: &ViewContext<'_>) {
        let log = context.log();
        let rows = &context.document.rows;
        let local = context.preferences.local_time;
        if !self.seen.as_ref().is_some_and(|seen| seen.is(log, rows, local)) {
            let query = &context.document.filter;
            let grew = self.seen.as_ref().is_some_and(|seen| seen.query == *query);
            let was_at_end = grew && self.visible.end >= self.total;
            let follows = if context.document.progress.finished {
                context.document.live.is_followed() && context.navigation.playhead == Playhead::End
            } else {
                // While it is read, a list that fits is not scrolled away from its beginning.
                self.visible.end > self.scroll.page()
            };
            self.days = days_of(log, rows, Zone { local });
            let total = self.days.rows(rows.len(log));
            self.total = total;
            self.seen =
                Some(Seen { generation: log.generation(), rows: rows.clone(), local, query: query.clone() });
            if was_at_end && follows {
                self.scroll.scroll_to(total.saturating_sub(1), RowAlign::Bottom);
            } else if let Some((row, below)) = self.anchor.filter(|(row, _)| log.contains(*row)) {
                let index = rows.count_through(log, row).saturating_sub(1);
                self.scroll.top_row = self.days.row_of(index).saturating_sub(below);
            }
        }
        let playhead = context.navigation.playhead;
        let place = (playhead, context.navigation.ends);
        if self.playhead != Some(place) {
            let is_first = self.playhead.is_none();
            self.playhead = Some(place);
            if !is_first || playhead != Playhead::End {
                self.reveal_playhead(context);
            }
        }
    }

    fn reveal_playhead(&mut self, context: &ViewContext<'_>) {
        let log = context.log();
        let rows = &context.document.rows;
        let happened = context.navigation.playhead_row(log).map_or(0, |row| rows.count_through(log, row));
        let Some(index) = happened.checked_sub(1) else { return };
        let row = self.days.row_of(index);
        let page = self.scroll.page();
        let is_near = row + page >= self.visible.start && row < self.visible.end + page;
        self.scroll.scroll_to(row, if is_near { RowAlign::Nearest } else { RowAlign::Center });
    }

    fn head(
        &mut self,
        context: &ViewContext<'_>,
        ui: &mut Ui,
        specs: &[ColumnSpec<'_>],
    ) -> Vec<crate::ui::widgets::columns::Cell> {
        let several = context.document.open.sources.len() > 1;
        if self.source_by_itself {
            self.columns.set_visible(SOURCE, several);
        }
        ui.spacing_mut().item_spacing.y = 0.0;
        let (rect, _) = ui.allocate_exact_size(vec2(ui.available_width(), HEAD), Sense::hover());
        let t = context.tokens;
        ui.painter().hline(rect.x_range(), rect.bottom() - 0.5, Stroke::new(1.0, t.line));
        let inner = Rect::from_min_max(
            pos2(rect.left() + GUTTER, rect.top()),
            pos2((rect.right() - BAR).max(rect.left() + GUTTER), rect.bottom()),
        );
        let out = header(ui, inner, ui.scope_id().with("head"), &mut self.columns, specs);
        if out.changed && self.columns.is_visible(SOURCE) != several {
            self.source_by_itself = false;
        }
        if let Some(step) = context.document.searching() {
            let place = Rect::from_min_max(pos2(rect.left(), rect.bottom() - 2.0), rect.max);
            let mut bar = ui.new_child(UiBuilder::new().max_rect(place));
            let share = step.done as f32 / step.total.max(1) as f32;
            progress(&mut bar, rect.width(), Some(share), "Searching");
        }
        out.cells
    }

    /// Takes over the columns of values that a person chose.
    fn fit_columns(&mut self, context: &ViewContext<'_>) {
        let chosen = &context.preferences.value_columns;
        let is_same = self.fitted && chosen.iter().eq(self.values.iter().map(|value| &value.name));
        if !is_same {
            self.values = chosen.iter().filter_map(|name| ValueColumn::of(name)).collect();
            self.columns.reconcile(&specs(false, true, &self.values));
            self.previews.clear();
            self.fitted = true;
        }
    }

    fn rows(&mut self, style: &RowStyle<'_>, ui: &mut Ui, values: &[ValueColumn]) {
        let (context, has_positions) = (style.context, style.has_positions);
        let log = context.log();
        let document = context.document;
        let rows = &document.rows;
        let events = rows.len(log);
        let ticks = self.tick_marks(context, style);
        let Self { scroll, days, previews, menu_column, anchor, .. } = self;
        let mut top = None;
        let mut selected_at = None;
        let selected = context.navigation.selected;
        if previews.len() > PREVIEWS_MAX {
            previews.clear();
        }
        let list = VirtualRows::new("events", "Events", days.rows(events))
            .row_height(context.preferences.row_height())
            .ticks(&ticks);
        let out = list.show(ui, scroll, |ui, number, rect| {
            let index = match days.shown(number) {
                Shown::Day(index) => return day_ui(context, ui, rect, rows, index),
                Shown::Event(index) => index,
            };
            let Some(name) = rows.get(log, index) else { return };
            top = top.or(Some((name, number)));
            if selected == Some(name) {
                selected_at = Some((name, number));
            }
            let whole = document.events.as_ref().and_then(|cache| cache.get(log, name));
            if let Some(whole) = &whole
                && !previews.contains_key(&name)
            {
                previews.insert(name, Preview::of(whole, values));
            }
            let above = index.checked_sub(1).and_then(|above| rows.get(log, above));
            let event = log.event(name);
            let since = above
                .and_then(|above| Some(event.time?.nanos().saturating_sub(log.event(above).time?.nanos())));
            let preview = whole.as_ref().and_then(|_| previews.get(&name));
            let cells =
                Cells { context, event, whole: whole.as_ref(), has_positions, since, preview, values };
            let event_row = EventRow { index, cells };
            let response = style.event(ui, rect, &event_row);
            acted(context, ui, &response, &event_row);
            if response.secondary_clicked() {
                let at = response.interact_pointer_pos();
                *menu_column = at.and_then(|at| style.column_at(at.x)).map(str::to_owned);
            }
            response.context_menu(|ui| menu::row_menu(ui, context, &event_row.cells, menu_column.as_deref()));
        });
        // The selected event stays where it is rather than the first one, as long as it is seen.
        *anchor = selected_at.or(top).map(|(row, number)| (row, number.saturating_sub(scroll.top_row)));
        self.visible = out.visible;
    }

    /// Failures, bookmarks and the playhead on the scroll bar.
    fn tick_marks(&self, context: &ViewContext<'_>, style: &RowStyle<'_>) -> Vec<Tick> {
        let t = context.tokens;
        let failures = self.ticks.of(context);
        // Where failures are dense they would else be the loudest thing of the window.
        let color = mix(t.surface, t.removed(), 0.6);
        let mut ticks: Vec<Tick> =
            failures.iter().map(|index| Tick { row: self.days.row_of(*index), color }).collect();
        let rows = &context.document.rows;
        let marked = context.document.bookmarks.list().iter().filter_map(Marked::row);
        let marked = marked.filter_map(|row| rows.index_of(context.log(), row));
        ticks.extend(marked.map(|index| Tick { row: self.days.row_of(index), color: t.accent }));
        if style.in_past && style.done > 0 {
            ticks.push(Tick { row: self.days.row_of(style.done - 1), color: t.past_line });
        }
        ticks
    }
}

/// What all rows of this frame have in common.
fn style_of<'a>(
    context: &'a ViewContext<'a>,
    specs: &'a [ColumnSpec<'a>],
    cells: &'a [crate::ui::widgets::columns::Cell],
    has_positions: bool,
) -> RowStyle<'a> {
    let log = context.log();
    let (done, _) = place_in(log, &context.document.rows, context.navigation.playhead_row(log));
    RowStyle { context, cells, specs, done, in_past: context.navigation.is_in_past(log), has_positions }
}

/// What clicks on a row do.
fn acted(context: &ViewContext<'_>, ui: &Ui, response: &egui::Response, event: &EventRow<'_>) {
    let row = event.cells.event.row;
    if response.clicked() {
        if ui.input(|input| input.modifiers.command) {
            let pinned = context.navigation.pinned == Some(row);
            context.send(GoCommand::Pin((!pinned).then_some(row)));
        } else {
            context.send(GoCommand::Select(row));
        }
    }
    if response.double_clicked()
        && let Some(stream) = event.cells.event.stream
    {
        context.send(GoCommand::ShowStream(stream));
    }
}

fn days_of(log: &EventLog, rows: &RowSet, zone: Zone) -> Days {
    if log.times().first.is_none() {
        return Days::default();
    }
    let key = |index| rows.get(log, index).map_or(i64::MAX, |row| log.key_of(row));
    Days::of(rows.len(log), key, |nanos| zone.next_day(nanos))
}

/// The date of the event with this index, and how long nothing happened before.
fn day_ui(context: &ViewContext<'_>, ui: &Ui, rect: Rect, rows: &RowSet, index: u64) {
    let log = context.log();
    let key = |index| rows.get(log, index).map(|row| log.key_of(row));
    let Some(now) = key(index) else { return };
    let before = index.checked_sub(1).and_then(key).filter(|before| *before != i64::MIN);
    let gap = before.map(|before| now.saturating_sub(before)).filter(|gap| *gap >= GAP_WORTH_A_WORD);
    let zone = Zone { local: context.preferences.local_time };
    day_row(ui, context, rect, &zone.custom(now, "%Y-%m-%d"), gap);
}

/// Instead of rows: why there are none.
fn nothing_ui(context: &ViewContext<'_>, ui: &mut Ui) {
    let document = context.document;
    if document.is_selecting() {
        let step = document.searching().unwrap_or_default();
        let share = (step.total > 0).then(|| step.done as f32 / step.total as f32);
        let rate = if step.total > 0 {
            format!("{} of {}", thousands(step.done), count(step.total, "event"))
        } else {
            String::new()
        };
        if loading(ui, "Searching the events", share, &rate) {
            context.send(GoCommand::Filter(String::new()));
        }
    } else if context.navigation.range.is_some() && document.filter.is_empty() {
        if empty(ui, "No event lies in this range", Some("Clear range")) {
            context.send(GoCommand::Range(None));
        }
    } else if context.navigation.range.is_some() {
        if empty(ui, "No event of this range matches this filter", Some("Clear range")) {
            context.send(GoCommand::Range(None));
        }
    } else if empty(ui, "No event matches this filter", Some("Clear filter")) {
        context.send(GoCommand::Filter(String::new()));
    }
}
