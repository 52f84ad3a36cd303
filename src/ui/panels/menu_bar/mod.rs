//! Menus, the name of the store, the filter, how loading goes. What there is no room for leaves by rank.

mod filter;
mod fit;
mod live;
mod menus;
mod saved;
mod suggest;

use egui::{Align, Layout, Rect, Response, Role, Sense, Stroke, Ui, UiBuilder, WidgetInfo, pos2, vec2};

pub use filter::filter_id;

use self::filter::{FilterField, filter_ui};
use self::fit::{Optional, fit};
use self::live::live_ui;
use self::menus::{keys_of, menus_ui};
use crate::ui::app::App;
use crate::ui::app::document::Document;
use crate::ui::command::{DocumentCommand, GoCommand, PALETTE, SHORTCUTS, UiCommand, WindowCommand};
use crate::ui::format::{Zone, count, thousands};
use crate::ui::icons::Icon;
use crate::ui::theme::{Outcome, Tokens, body, caption, mono_small, semibold, tokens};
use crate::ui::widgets::{Button, Line, focus_ring, key_cap, progress};

/// Presentation state.
#[derive(Default)]
pub struct MenuBar {
    filter: FilterField,
}

impl MenuBar {
    /// Puts the caret into the filter at the next frame.
    pub fn focus_filter(&mut self) {
        self.filter.wants_focus = true;
    }

    /// Closes the suggestions over what is typed; whether there were some.
    pub fn dismiss_suggestions(&mut self) -> bool {
        self.filter.suggestions.dismiss()
    }

    /// Whether somebody types into the filter.
    pub fn filter_has_focus(&self) -> bool {
        self.filter.has_focus
    }
}

/// Whether events still come.
pub(super) fn is_loading(document: &Document) -> bool {
    !document.progress.finished && !document.cancelled
}

/// Narrowest filter before other things leave.
const FILTER_LEAST: f32 = 250.0;
/// Widest filter.
const FILTER_MOST: f32 = 600.0;
/// Widest name of a store.
const TITLE_MOST: f32 = 240.0;
/// Logo, menus and their margins.
const MENUS: f32 = 214.0;
/// Between neighbours.
const GAP: f32 = 12.0;

/// What stands in the bar now, as text.
struct Words {
    title: String,
    source: &'static str,
    events: String,
    issues: String,
    loading: String,
    rate: String,
    range: String,
    live: String,
    keys: [String; 2],
}

/// What of it is shown.
#[expect(clippy::struct_excessive_bools, reason = "each says of one thing whether it is shown")]
struct Shown {
    title: bool,
    events: bool,
    read_only: bool,
    issues: bool,
    loading: bool,
    rate: bool,
    range: bool,
    live: bool,
    stop: bool,
    keys: [bool; 2],
}

impl Words {
    fn of(app: &App, ui: &Ui) -> Self {
        let keys = [&PALETTE, &SHORTCUTS].map(|command| keys_of(ui, command).replace('+', " "));
        let mut words = Self {
            title: String::new(),
            source: "read-only",
            events: String::new(),
            issues: String::new(),
            loading: String::new(),
            rate: String::new(),
            range: String::new(),
            live: String::new(),
            keys,
        };
        let Some(document) = app.document() else { return words };
        let log = document.log();
        words.source = if document.simulation.is_some() { "simulation" } else { "read-only" };
        words.title = crate::ui::format::one_line(&document.title());
        words.events = count(log.len() as u64, "event");
        let issues: u64 = log.sources().iter().map(|source| source.issues).sum();
        let issues = issues + document.failures.len() as u64;
        if issues > 0 {
            words.issues = count(issues, "issue");
        }
        if is_loading(document) {
            let share = document.progress.share();
            let does = if document.progress.compares { "Comparing" } else { "Loading" };
            words.loading =
                share.map_or_else(|| does.to_owned(), |share| format!("{does} {:.0} %", share * 100.0));
            if !document.progress.compares {
                words.rate = format!("{} events/s", thousands(document.progress.rate() as u64));
            }
        }
        words.live = document.liveness().map_or_else(String::new, live::words);
        if let Some((from, to)) = app.navigation().range {
            let zone = Zone { local: app.preferences().local_time };
            let same_day = zone.custom(from, "%F") == zone.custom(to, "%F");
            // A short range would begin and end in the same minute.
            let clock = if to.saturating_sub(from) < 120_000_000_000 { "%H:%M:%S" } else { "%H:%M" };
            let with_day = format!("%-d %b {clock}");
            let end = zone.custom(to, if same_day { clock } else { &with_day });
            words.range = format!("{} – {end}", zone.custom(from, &with_day));
        }
        words
    }

    fn fit(&self, ui: &Ui, room: f32) -> Shown {
        let t = tokens(ui);
        let width = |text: &str, font| {
            if text.is_empty() {
                0.0
            } else {
                Line::new().piece(text, font, t.text).width(ui.painter()).ceil()
            }
        };
        let beside = |width: f32| if width > 0.0 { width + GAP } else { 0.0 };
        let stop = if self.loading.is_empty() { 0.0 } else { 56.0 };
        let filter = if self.title.is_empty() { 0.0 } else { FILTER_LEAST + 2.0 * GAP };
        let ranked = [
            (beside(width(" · read-only", caption())), 0),
            (beside(width(&self.events, caption())), 1),
            (beside(width(&self.rate, caption())), 2),
            (beside(width(&self.keys[1], mono_small()) + 10.0), 3),
            (beside(width(&self.keys[0], mono_small()) + 10.0), 4),
            (beside(width(&self.title, semibold(13.0)).min(TITLE_MOST)) + 2.0 * GAP, 5),
            (beside(width(&self.issues, body()) + 18.0), 6),
            (beside(width(&self.loading, caption())), 7),
            (beside(width(&self.range, caption()) + 32.0), 8),
            (stop, 9),
            (beside(width(&self.live, body()) + 18.0), 10),
        ];
        let items = ranked.map(|(width, rank)| Optional { width, rank });
        let shown = fit(room - MENUS, filter, &items);
        let at = |n: usize, text: &str| shown[n] && !text.is_empty();
        Shown {
            read_only: shown[0] && !self.events.is_empty(),
            events: at(1, &self.events),
            rate: at(2, &self.rate),
            keys: [shown[4], shown[3]],
            title: at(5, &self.title),
            issues: at(6, &self.issues),
            loading: at(7, &self.loading),
            range: at(8, &self.range),
            stop: at(9, &self.loading),
            live: at(10, &self.live),
        }
    }
}

/// Draws it.
pub fn menu_bar_ui(app: &mut App, ui: &mut Ui) {
    let t = tokens(ui);
    let rect = ui.max_rect();
    let words = Words::of(app, ui);
    let shown = words.fit(ui, rect.width());
    let left = left_ui(app, ui, rect, &words, &shown, &t);
    let right = right_ui(app, ui, rect, &words, &shown, &t);
    if app.document.is_some() {
        let mut room = Rect::from_x_y_ranges(left + GAP..=right - GAP, rect.y_range());
        if shown.range {
            room.max.x = range_ui(app, ui, room, &words.range) - 8.0;
        }
        let width = room.width().min(FILTER_MOST);
        let place = Rect::from_center_size(room.center(), vec2(width, 28.0));
        filter_ui(app, ui, place);
    }
    let loading = app.document.as_ref().filter(|document| is_loading(document));
    if let Some(document) = loading {
        let place = Rect::from_min_max(pos2(rect.left(), rect.bottom() - 2.0), rect.max);
        let mut bar = ui.new_child(UiBuilder::new().max_rect(place).id_salt("loading"));
        bar.spacing_mut().item_spacing = vec2(0.0, 0.0);
        progress(&mut bar, rect.width(), document.progress.share(), "Loading");
    }
}

/// Logo, menus, name and count; returns where they end.
fn left_ui(app: &App, ui: &mut Ui, rect: Rect, words: &Words, shown: &Shown, t: &Tokens) -> f32 {
    let layout = Layout::left_to_right(Align::Center);
    let mut ui = ui.new_child(UiBuilder::new().max_rect(rect).layout(layout).id_salt("left"));
    ui.spacing_mut().item_spacing.x = 0.0;
    ui.add_space(GAP);
    let (logo, response) = ui.allocate_exact_size(vec2(16.0, 16.0), Sense::hover());
    response.widget_info(|| WidgetInfo::labeled(Role::Image, true, "Sagascope"));
    Icon::Logo.paint(ui.painter(), logo, t.accent);
    ui.add_space(8.0);
    menus_ui(app, &mut ui);
    if shown.title {
        ui.add_space(GAP);
        let (rule, _) = ui.allocate_exact_size(vec2(1.0, 20.0), Sense::hover());
        ui.painter().vline(rule.center().x, rule.y_range(), Stroke::new(1.0, t.line_strong));
        ui.add_space(GAP);
        ui.scope(|ui| {
            ui.set_max_width(TITLE_MOST);
            let paths: Vec<String> = app
                .document()
                .map(|document| document.paths.iter().map(|path| path.display().to_string()).collect())
                .unwrap_or_default();
            Line::new().strong(&words.title, t.text).show(ui).on_hover_text(paths.join("\n"));
        });
    }
    if shown.events {
        ui.add_space(GAP);
        let read_only = if shown.read_only { format!(" · {}", words.source) } else { String::new() };
        Line::new().caption(&format!("{}{read_only}", words.events), t.muted).show(&mut ui).on_hover_text(
            if words.source == "read-only" {
                "An opened store is never written"
            } else {
                "Its log is in memory; Record run… writes it to a file"
            },
        );
    }
    ui.min_rect().right()
}

/// Keys, issues and loading; returns where they begin.
fn right_ui(app: &App, ui: &mut Ui, rect: Rect, words: &Words, shown: &Shown, t: &Tokens) -> f32 {
    let layout = Layout::right_to_left(Align::Center);
    let mut ui = ui.new_child(UiBuilder::new().max_rect(rect).layout(layout).id_salt("right"));
    ui.spacing_mut().item_spacing.x = 0.0;
    ui.add_space(GAP);
    let commands: [&'static UiCommand; 2] = [&PALETTE, &SHORTCUTS];
    for (command, (keys, shown)) in commands.iter().zip(words.keys.iter().zip(shown.keys)).rev() {
        if shown {
            let cap = key_cap(&mut ui, keys).interact(Sense::click()).on_hover_text(command.about);
            if cap.clicked() {
                app.send((command.make)());
            }
            ui.add_space(GAP);
        }
    }
    if shown.issues && issues_button(&mut ui, &words.issues, t).clicked() {
        app.send(WindowCommand::ShowView("issues"));
    }
    if shown.live
        && let Some(document) = app.document()
    {
        if shown.issues {
            ui.add_space(GAP);
        }
        live_ui(app, &mut ui, document, &words.live);
    }
    if shown.stop {
        ui.add_space(GAP);
        if ui.add(Button::new("Stop").label("Stop loading")).clicked() {
            app.send(DocumentCommand::CancelLoading);
        }
    }
    if shown.loading {
        ui.add_space(8.0);
        let rate =
            if shown.rate && !words.rate.is_empty() { format!(" · {}", words.rate) } else { String::new() };
        Line::new().caption(&format!("{}{rate}", words.loading), t.muted).show(&mut ui);
    }
    ui.min_rect().left()
}

fn issues_button(ui: &mut Ui, words: &str, t: &Tokens) -> Response {
    let line = |color| Line::new().body(words, color);
    let width = line(t.text).width(ui.painter()).ceil() + 18.0;
    let (rect, response) = ui.allocate_exact_size(vec2(width, 24.0), Sense::click());
    response.widget_info(|| WidgetInfo::labeled(Role::Button, true, words));
    let square = Rect::from_center_size(pos2(rect.left() + 6.0, rect.center().y), vec2(12.0, 12.0));
    Icon::Warning.paint(ui.painter(), square, t.outcome(Outcome::Stuck).color);
    let color = if response.hovered() || response.has_focus() { t.text } else { t.muted };
    let room = Rect::from_x_y_ranges(rect.left() + 17.0..=rect.right() + 1.0, rect.y_range());
    line(color).paint(ui.painter(), room);
    focus_ring(ui, rect.expand(2.0), 4, &response);
    response.on_hover_text("Records or files that could not be read: show them")
}

/// The stretch of time that was brushed, at the right of `room`; returns where it begins.
fn range_ui(app: &App, ui: &mut Ui, room: Rect, words: &str) -> f32 {
    let layout = Layout::right_to_left(Align::Center);
    let mut ui = ui.new_child(UiBuilder::new().max_rect(room).layout(layout).id_salt("range"));
    let label = format!("Remove the range {words}");
    let button = Button::new(words).small().trailing(Icon::Close).label(&label).selected(true);
    let response = ui.add(button).on_hover_text("Only this stretch of time is listed; click to list all");
    if response.clicked() {
        app.send(GoCommand::Range(None));
    }
    ui.min_rect().left()
}
