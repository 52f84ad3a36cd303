//! The status line: what is open, what is going on, what was said last; and switches at the right. What does
//! not fit is left out, the least important first.

use std::time::Duration;

use egui::{FontId, Rect, Role, Sense, Stroke, Ui, pos2, vec2};

use crate::engine::SimFrame;
use crate::index::EventLog;
use crate::runtime::Route;
use crate::ui::app::App;
use crate::ui::app::document::Document;
use crate::ui::command::{self, Command, WindowCommand};
use crate::ui::format::{Zone, bytes, count, one_line, thousands};
use crate::ui::theme::{Outcome, PAD, Tokens, caption, tokens};
use crate::ui::widgets::{Line, focus_ring, node, progress};

/// How long a notice is shown.
const NOTICE: Duration = Duration::from_secs(6);
/// Between two parts.
const GAP: f32 = 16.0;
/// Width of the bar while loading.
const PROGRESS: f32 = 80.0;

/// Bytes of memory that are worth a word.
const KEPT_SAID: u64 = 16_000_000;

/// How a part looks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Tone {
    Plain,
    /// Something to read now.
    Loud,
    Bad,
    Warning,
}

/// How far loading is, from 0 to 1, where that is known.
#[derive(Clone, Copy, Debug)]
struct Bar(Option<f32>);

/// A part of the line.
struct Part {
    text: String,
    tone: Tone,
    /// What a click does, and what a tooltip says of it.
    action: Option<(Command, &'static str)>,
    /// Parts with a higher number are left out first.
    rank: u8,
    at_right: bool,
    /// A bar before the text: loading, as far as is known.
    progress: Option<Bar>,
}

impl Part {
    fn left(rank: u8, text: impl Into<String>) -> Self {
        let text = text.into();
        Self { text, tone: Tone::Plain, action: None, rank, at_right: false, progress: None }
    }

    fn right(rank: u8, text: impl Into<String>) -> Self {
        Self { at_right: true, ..Self::left(rank, text) }
    }

    fn tone(mut self, tone: Tone) -> Self {
        self.tone = tone;
        self
    }

    fn does(mut self, action: impl Into<Command>, about: &'static str) -> Self {
        self.action = Some((action.into(), about));
        self
    }
}

/// Draws it.
pub fn status_bar_ui(app: &mut App, ui: &mut Ui) {
    let t = tokens(ui);
    let rect = ui.max_rect();
    let mut parts = parts(app);
    if let Some(notice) = &app.notice {
        let shown_for = notice.since.elapsed();
        if notice.lasts || shown_for < NOTICE {
            let tone = if notice.lasts { Tone::Bad } else { Tone::Loud };
            parts.insert(0, Part::left(0, one_line(&notice.text.replace('\n', " · "))).tone(tone));
        }
        if !notice.lasts && shown_for < NOTICE {
            ui.ctx().request_repaint_after(NOTICE.saturating_sub(shown_for));
        }
    }
    let room = rect.shrink2(vec2(PAD, 0.0));
    let widths: Vec<f32> = parts.iter().map(|part| width(part, ui, &t)).collect();
    let ranks: Vec<u8> = parts.iter().map(|part| part.rank).collect();
    let kept = fitting(&widths, &ranks, room.width());
    let (mut left, mut right) = (room.left(), room.right());
    for (at, part) in parts.iter().enumerate().filter(|(at, part)| kept[*at] && part.at_right) {
        let place = Rect::from_min_max(pos2(right - widths[at], room.top()), pos2(right, room.bottom()));
        right = place.left() - GAP;
        show(app, ui, &t, part, place, at);
    }
    for (at, part) in parts.iter().enumerate().filter(|(at, part)| kept[*at] && !part.at_right) {
        // The last one is cut where even it alone is too long.
        let end = (left + widths[at]).min(right).max(left);
        show(app, ui, &t, part, Rect::from_min_max(pos2(left, room.top()), pos2(end, room.bottom())), at);
        left = end + GAP;
    }
}

fn line(part: &Part, t: &Tokens) -> Line {
    let color = match part.tone {
        Tone::Plain => t.muted,
        Tone::Loud => t.text,
        Tone::Bad => t.outcome(Outcome::Failed).color,
        Tone::Warning => t.outcome(Outcome::Stuck).color,
    };
    let font: FontId = caption();
    Line::new().piece(&part.text, font, color)
}

fn width(part: &Part, ui: &Ui, t: &Tokens) -> f32 {
    let bar = if part.progress.is_some() { PROGRESS + 8.0 } else { 0.0 };
    line(part, t).width(ui.painter()).ceil() + 1.0 + bar
}

fn show(app: &App, ui: &mut Ui, t: &Tokens, part: &Part, place: Rect, at: usize) {
    let mut text_place = place;
    if let Some(Bar(done)) = part.progress {
        let bar = Rect::from_min_size(pos2(place.left(), place.center().y - 1.0), vec2(PROGRESS, 2.0));
        let mut inner = ui.new_child(egui::UiBuilder::new().max_rect(bar).id_salt("loading"));
        progress(&mut inner, PROGRESS, done, &part.text);
        text_place.min.x += PROGRESS + 8.0;
    }
    let sense = if part.action.is_some() { Sense::click() } else { Sense::hover() };
    let role = if part.action.is_some() { Role::Button } else { Role::Label };
    let id = ui.scope_id().with(("status", at, &part.text));
    let mut response = node(ui, place, id, sense, role, &part.text);
    let painted = line(part, t).paint(ui.painter(), text_place);
    if let Some((action, about)) = &part.action {
        if response.hovered() || response.has_focus() {
            let y = painted.rect.bottom() - 1.0;
            ui.painter().hline(painted.rect.x_range(), y, Stroke::new(1.0, t.muted));
        }
        focus_ring(ui, place.shrink2(vec2(-3.0, 3.0)), 2, &response);
        if response.clicked() {
            app.send(action.clone());
        }
        response = response.on_hover_text(*about).on_hover_cursor(egui::CursorIcon::PointingHand);
    }
    if painted.elided {
        response.on_hover_text(&part.text);
    }
}

/// Everything there is to say, but for the notice.
fn parts(app: &App) -> Vec<Part> {
    let preferences = &app.preferences;
    let zone = Zone { local: preferences.local_time };
    let zone = Part::right(1, zone.name()).does(WindowCommand::ToggleZone, command::TOGGLE_ZONE.about);
    let Some(document) = &app.document else {
        return vec![
            Part::left(1, "No store open"),
            Part::left(4, "Nothing leaves this computer: no server, no account"),
            zone,
            Part::right(3, "Press ? for all keys")
                .does((command::SHORTCUTS.make)(), command::SHORTCUTS.about),
        ];
    };
    if let Some(frame) = document.frame() {
        return simulation(document, frame);
    }
    let log = document.log();
    let mut parts = loading(document);
    parts.push(Part::left(1, counts(log)));
    parts.extend(problems(document));
    let mut titles: Vec<&str> = document.open.sources.iter().map(|source| &*source.title).collect();
    titles.dedup();
    if !titles.is_empty() {
        parts.push(Part::left(5, titles.join(", ")));
    }
    parts.push(Part::left(6, "No domain file: default merge"));
    let in_memory = document.open.pool.arena().bytes();
    if in_memory >= KEPT_SAID {
        let said = format!("{} kept for search", bytes(in_memory));
        parts.push(Part::left(7, said).does((command::MEMORY_LIMIT.make)(), command::MEMORY_LIMIT.about));
    }
    // From the right: the filter first.
    if !document.filter.is_empty() || app.navigation.range.is_some() {
        parts.push(Part::right(2, kept(document)));
    }
    let rows = if preferences.compact { "Rows compact" } else { "Rows normal" };
    parts.push(Part::right(4, rows).does(WindowCommand::ToggleCompact, command::TOGGLE_COMPACT.about));
    parts.push(zone);
    parts
}

/// Of a run: what is under way, and that it can be had again.
fn simulation(document: &Document, frame: &SimFrame) -> Vec<Part> {
    let timers = frame.in_flight.iter().filter(|flight| flight.route == Route::Timer).count() as u64;
    let messages = frame.in_flight.len() as u64 - timers;
    let under_way = format!(
        "{} · {} in flight · {}",
        count(u64::from(frame.recipe.sagas), "saga"),
        count(messages, "message"),
        count(timers, "timer")
    );
    let mut parts = vec![
        Part::left(1, under_way),
        Part::left(3, count(document.log().len() as u64, "event")),
        Part::left(4, "Deterministic: same recipe, same bytes"),
        Part::right(5, format!("seed {}", frame.recipe.seed)),
        Part::right(6, "virtual time"),
    ];
    parts.extend(problems(document));
    parts
}

fn counts(log: &EventLog) -> String {
    format!(
        "{} · {} · {}",
        count(log.len() as u64, "event"),
        count(log.streams().len() as u64, "stream"),
        count(log.types().len() as u64, "type")
    )
}

/// "Loading shop.jsonl · 38 % · 812,000 events/s", and the way to stop it.
fn loading(document: &Document) -> Vec<Part> {
    let progress = &document.progress;
    let ended = progress.finished || document.cancelled || !document.unmapped.is_empty();
    if ended || !document.failures.is_empty() {
        return if document.cancelled {
            vec![Part::left(2, "Loading was stopped").tone(Tone::Warning)]
        } else {
            Vec::new()
        };
    }
    let name = progress.path.file_name().map(|name| name.to_string_lossy().into_owned());
    let name = one_line(&name.unwrap_or_else(|| document.title()));
    let share = progress.share();
    let percent = share.map_or_else(String::new, |share| format!(" · {:.0} %", share * 100.0));
    let rate = thousands((progress.rate() as u64).next_multiple_of(1_000));
    let rate = if progress.events > 0 && !progress.compares {
        format!(" · {rate} events/s")
    } else {
        String::new()
    };
    let does = if progress.compares { "Comparing" } else { "Loading" };
    let bar = Part::left(0, format!("{does} {name}{percent}{rate}")).tone(Tone::Loud);
    vec![
        Part { progress: Some(Bar(share)), ..bar },
        Part::left(1, "Stop").does((command::CANCEL_LOADING.make)(), command::CANCEL_LOADING.about),
    ]
}

/// Files, records and values that were not read as they should be.
fn problems(document: &Document) -> Vec<Part> {
    let mut parts = Vec::new();
    let sum =
        |of: fn(&crate::index::SourceSummary) -> u64| document.log().sources().iter().map(of).sum::<u64>();
    let failed = document.failures.len() as u64;
    if failed > 0 {
        parts.push(Part::left(2, format!("{} could not be read", count(failed, "file"))).tone(Tone::Bad));
    }
    let issues = sum(|source| source.issues);
    if issues > 0 {
        parts.push(
            Part::left(2, count(issues, "issue"))
                .tone(Tone::Bad)
                .does((command::SHOW_ISSUES.make)(), command::SHOW_ISSUES.about),
        );
    }
    let warnings = sum(|source| source.warnings);
    if warnings > 0 {
        parts.push(Part::left(3, count(warnings, "warning")).tone(Tone::Warning));
    }
    parts
}

/// "Filter kept 12 events (0.3 %)".
fn kept(document: &Document) -> String {
    let log = document.log();
    if let Some(step) = document.searching() {
        return format!("Searching, {} of {} events", thousands(step.done), thousands(step.total));
    }
    let rows = document.rows.len(log);
    format!("Filter kept {} ({})", count(rows, "event"), percent(rows, log.len() as u64))
}

/// A share in words that never round something to nothing or a part to the whole.
fn percent(part: u64, whole: u64) -> String {
    let whole = whole.max(1);
    let tenths = ((u128::from(part) * 2_000 + u128::from(whole)) / (2 * u128::from(whole))) as u64;
    let tenths = if part < whole { tenths.clamp(u64::from(part > 0), 999) } else { tenths };
    format!("{}.{} %", tenths / 10, tenths % 10)
}

/// Which parts fit into `room`: those of the lowest ranks; at least one.
fn fitting(widths: &[f32], ranks: &[u8], room: f32) -> Vec<bool> {
    let mut kept = vec![true; widths.len()];
    loop {
        let left: Vec<usize> = (0..widths.len()).filter(|at| kept[*at]).collect();
        let taken: f32 =
            left.iter().map(|at| widths[*at]).sum::<f32>() + GAP * left.len().max(1) as f32 - GAP;
        let last = left.iter().copied().max_by_key(|at| (ranks[*at], *at));
        match last {
            Some(last) if taken > room && left.len() > 1 => kept[last] = false,
            _ => return kept,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_least_important_part_is_left_out_first() {
        let (widths, ranks) = ([100.0, 50.0, 80.0], [1, 3, 2]);
        for (room, expected) in [
            (262.0, [true, true, true]),
            (261.0, [true, false, true]),
            (196.0, [true, false, true]),
            (195.0, [true, false, false]),
            (10.0, [true, false, false]),
        ] {
            assert_eq!(fitting(&widths, &ranks, room), expected, "{room}");
        }
        assert_eq!(fitting(&[], &[], 10.0), Vec::<bool>::new());
    }

    #[test]
    fn shares_never_round_to_nothing_or_to_all() {
        for (part, whole, expected) in [
            (12, 3_776, "0.3 %"),
            (0, 3_776, "0.0 %"),
            (1, 10_000_000, "0.1 %"),
            (9_999_999, 10_000_000, "99.9 %"),
            (5, 5, "100.0 %"),
        ] {
            assert_eq!(percent(part, whole), expected, "{part} of {whole}");
        }
    }
}
