//! A saga as a row: its columns, and how an outcome looks.

use egui::{Color32, Painter, Rect, Response, Ui, pos2, vec2};

use crate::index::{EventLog, TypeId};
use crate::saga::{Outcome, StepState, Summary, Survey};
use crate::ui::format::{Zone, count, middle, one_line, saga_look, span, thousands};
use crate::ui::theme::{Outcome as Look, Tokens};
use crate::ui::view::ViewContext;
use crate::ui::widgets::columns::Cell;
use crate::ui::widgets::{ColumnSpec, Line, Mark, row};

/// The columns; those that are sorted by have the name of the way to sort.
pub(super) const SPECS: [ColumnSpec<'static>; 13] = [
    ColumnSpec::text("outcome", "outcome", 128.0),
    ColumnSpec::text("saga", "saga", 132.0),
    ColumnSpec::text("correlation", "correlation", 120.0).yields(10),
    ColumnSpec::text("definition", "definition", 110.0).yields(8),
    ColumnSpec::text("variant", "what happened", 220.0).stretch().least(80.0),
    ColumnSpec::text("current", "stands at", 150.0).yields(4),
    ColumnSpec::text("owed", "owed", 150.0).yields(1),
    ColumnSpec::number("retries", "retries", 48.0).yields(5),
    ColumnSpec::number("duration", "duration", 84.0).yields(3),
    ColumnSpec::number("quiet", "quiet for", 84.0).yields(2),
    ColumnSpec::number("old", "age", 84.0).yields(9),
    ColumnSpec::text("age", "began", 160.0).yields(6),
    ColumnSpec::number("events", "events", 52.0).yields(7),
];

/// Widths of letters in words, and of mono.
const WORD: f32 = 7.9;
const MONO: f32 = 7.3;
/// A column does not grow beyond these by its content: of ids, of what is owed and where a saga stands.
const TITLE_MAX: f32 = 300.0;
const WORDS_MAX: f32 = 340.0;
const CORRELATION_MAX: f32 = 150.0;
const DEFINITION_MAX: f32 = 180.0;
/// What is owed is long where much is: its first words stay, the rest is told by the pointer.
const OWED_MAX: f32 = 190.0;

/// The columns as wide as what is in them, in these sagas. Counted rather than measured: there may be a hundred thousand.
pub(super) fn specs_of(log: &EventLog, survey: &Survey, list: &[u32]) -> [ColumnSpec<'static>; 13] {
    let mut widest = [0.0_f32; 13];
    for at in list {
        let saga = &survey.sagas[*at as usize];
        for (spec, widest) in SPECS.iter().zip(&mut widest) {
            *widest = widest.max(width_of(log, survey, saga, spec.id));
        }
    }
    let mut specs = SPECS;
    for (spec, width) in specs.iter_mut().zip(widest) {
        // Where nothing is in it, there is nothing to head.
        let head = spec.title.chars().count() as f32 * MONO;
        *spec = spec.fits(if width > 0.0 { width.max(head).ceil() } else { 0.0 });
    }
    specs
}

/// About the width of a cell; 0 where it is empty.
fn width_of(log: &EventLog, survey: &Survey, saga: &Summary, column: &str) -> f32 {
    let letters = |text: &str| text.chars().count() as f32;
    match column {
        "outcome" => {
            let sure = if saga.confidence.is_inferred() { 16.0 } else { 0.0 };
            20.0 + letters(saga_look(saga.outcome).word()) * WORD + sure
        }
        "saga" => {
            let title = one_line(&survey.instances.list()[saga.instance].title(log));
            (letters(&title) * MONO + 4.0).min(TITLE_MAX)
        }
        "correlation" => (letters(&correlation(log, survey, saga)) * MONO).min(CORRELATION_MAX),
        "definition" => {
            (letters(&one_line(saga.definition.as_deref().unwrap_or(""))) * WORD).min(DEFINITION_MAX)
        }
        "variant" => 8.0 + survey.variants.list[saga.variant as usize].shape.len() as f32 * BLOCK,
        "current" => (letters(&one_line(&saga.current)) * WORD).min(WORDS_MAX),
        "owed" => (letters(&owed_words(saga)) * WORD).min(OWED_MAX),
        "retries" if saga.retries > 0 => letters(&thousands(u64::from(saga.retries))) * MONO,
        "duration" => letters(&span(saga.duration)) * MONO,
        "quiet" if !saga.outcome.is_end() => letters(&span(saga.silence)) * MONO,
        "old" => age(survey, saga).map_or(0.0, |age| letters(&span(age)) * MONO),
        // Its milliseconds are told where the store has them.
        "age" => saga.started.map_or(0.0, |began| if began.digits() == 0 { 19.0 } else { 23.0 } * MONO),
        "events" => letters(&thousands(saga.events as u64)) * MONO,
        _ => 0.0,
    }
}

/// The id that its events share, where the saga is not called by it.
fn correlation(log: &EventLog, survey: &Survey, saga: &Summary) -> String {
    let one = &survey.instances.list()[saga.instance];
    let id = one.id(log);
    if *id == *one.title(log) { String::new() } else { one_line(&id) }
}

/// From when it began to the last time of the log, in nanoseconds.
fn age(survey: &Survey, saga: &Summary) -> Option<i64> {
    Some(survey.moment.now.saturating_sub(saga.started?.nanos()).max(0))
}

/// Points from one block of a strip to the next.
const BLOCK: f32 = 11.0;

/// The way to sort by a column.
pub(super) fn sort_of(column: &'static str) -> Option<&'static str> {
    crate::saga::Sort::named(column).map(|sort| sort.name)
}

/// How a state of a step looks; `None` for one whose turn has not come.
pub(in crate::ui::views) fn step_look(state: StepState) -> Option<Look> {
    Some(match state {
        StepState::NotReached => return None,
        StepState::InFlight | StepState::BackingOff => Look::Running,
        StepState::Completed => Look::Completed,
        StepState::Rejected => Look::Failed,
        StepState::Unknown => Look::Unknown,
        StepState::Parked | StepState::UndoParked => Look::DeadLetter,
        StepState::Compensating => Look::Compensating,
        StepState::Compensated | StepState::NothingToUndo => Look::Compensated,
    })
}

/// Glyph and word.
pub(in crate::ui::views) fn outcome_line(
    painter: &Painter,
    t: &Tokens,
    rect: Rect,
    outcome: Outcome,
    inferred: bool,
) {
    let look = t.outcome(saga_look(outcome));
    let square = Rect::from_center_size(pos2(rect.left() + 6.0, rect.center().y), vec2(12.0, 12.0));
    look.outcome.icon().paint(painter, square, look.color);
    let line = Line::new().body(look.outcome.word(), look.color);
    // What is inferred says so.
    let line = if inferred { line.gap(4.0).caption("≈", t.faint) } else { line };
    line.paint(painter, rect.with_min_x(rect.left() + 17.0));
}

/// A block for each thing that happened, cut with the number of those left out.
pub(super) fn strip(painter: &Painter, t: &Tokens, rect: Rect, survey: &Survey, shape: &[TypeId]) {
    let room = (rect.width() / BLOCK) as usize;
    let shown = if shape.len() > room { room.saturating_sub(3) } else { shape.len() };
    let mut x = rect.left() + 4.0;
    for id in &shape[..shown] {
        let info = &survey.traits[id.0 as usize];
        Mark::family(t, &info.family)
            .side(if info.failure { 10.0 } else { 8.0 })
            .failed(info.failure)
            .hollow(info.is_undo())
            .paint(painter, pos2(x, rect.center().y));
        x += BLOCK;
    }
    if shown < shape.len() {
        let words = format!("+{}", shape.len() - shown);
        Line::new().caption(&words, t.faint).paint(painter, rect.with_min_x(x));
    }
}

/// What a strip says, for a screen reader and on hover.
pub(super) fn shape_words(survey: &Survey, shape: &[TypeId]) -> String {
    let names: Vec<String> = shape.iter().map(|id| one_line(&survey.traits[id.0 as usize].name)).collect();
    names.join(" → ")
}

/// What is owed, in a few words.
pub(super) fn owed_words(saga: &Summary) -> String {
    match saga.owed.as_slice() {
        [] => String::new(),
        [one] => one_line(&one.text),
        [first, others @ ..] => format!("{} and {} more", one_line(&first.text), others.len()),
    }
}

/// Draws a saga; what a click does is the view's.
pub(super) fn saga_row(
    context: &ViewContext<'_>,
    ui: &mut Ui,
    rect: Rect,
    cells: &[Cell],
    survey: &Survey,
    at: usize,
    selected: bool,
) -> Response {
    let t = context.tokens;
    let saga = &survey.sagas[at];
    let one = &survey.instances.list()[saga.instance];
    let title = one_line(&one.title(context.log()));
    let shape = &survey.variants.list[saga.variant as usize].shape;
    let owed = owed_words(saga);
    let word = saga_look(saga.outcome).word();
    let label = format!(
        "{title}{}, {word}, stands at {}, {}{}",
        saga.definition.as_deref().map_or_else(String::new, |name| format!(", {}", one_line(name))),
        one_line(&saga.current),
        count(saga.events as u64, "event"),
        if owed.is_empty() { String::new() } else { format!(", owed {owed}") }
    );
    let response = row(ui, rect, &label, selected);
    let zone = Zone { local: context.preferences.local_time };
    for cell in cells {
        let spec = &SPECS[cell.spec];
        let place = Rect::from_x_y_ranges(cell.x, rect.y_range());
        let painter = ui.painter().with_clip_rect(place.intersect(ui.clip_rect()));
        let text = |words: &str, color: Color32, mono: bool| {
            let line = if mono { Line::new().mono(words, color) } else { Line::new().body(words, color) };
            line.align(spec.align).paint(&painter, place);
        };
        match spec.id {
            "outcome" => outcome_line(&painter, t, place, saga.outcome, saga.confidence.is_inferred()),
            "saga" => text(&middle(&title, (place.width() / 7.4) as usize), t.text, true),
            "correlation" => {
                let id = correlation(context.log(), survey, saga);
                text(&middle(&id, (place.width() / MONO) as usize), t.muted, true);
            }
            "definition" => {
                text(&one_line(saga.definition.as_deref().unwrap_or("")), t.muted, false);
            }
            "old" => {
                if let Some(age) = age(survey, saga) {
                    text(&span(age), t.muted, true);
                }
            }
            "variant" => strip(&painter, t, place, survey, shape),
            "current" => text(&one_line(&saga.current), t.muted, false),
            "owed" if !owed.is_empty() => text(&owed, t.outcome(Look::Compensating).color, false),
            "retries" if saga.retries > 0 => text(&thousands(u64::from(saga.retries)), t.text, true),
            "duration" => text(&span(saga.duration), t.muted, true),
            "quiet" if !saga.outcome.is_end() => text(&span(saga.silence), t.muted, true),
            "age" => {
                if let Some(began) = saga.started {
                    text(&zone.date_time(began), t.faint, true);
                }
            }
            "events" => text(&thousands(saga.events as u64), t.faint, true),
            _ => {}
        }
    }
    response.on_hover_ui(|ui| {
        ui.set_max_width(420.0);
        let sure = if saga.confidence.is_inferred() {
            format!(", inferred, {} % sure", saga.confidence.0 / 10)
        } else {
            String::new()
        };
        let definition = saga.definition.as_deref().map_or_else(String::new, |name| format!(", {name}"));
        ui.label(format!("{title}{definition}: {word}{sure}"));
        let id = correlation(context.log(), survey, saga);
        if !id.is_empty() {
            ui.label(format!("Correlation: {id}"));
        }
        let mut words = shape_words(survey, shape);
        if words.chars().count() > 600 {
            words = words.chars().take(600).chain(['…']).collect();
        }
        ui.label(words);
        for debt in &saga.owed {
            ui.label(format!("Owed: {}", one_line(&debt.text)));
        }
        if saga.is_singular {
            ui.label("It took a way that no other saga of this log took");
        }
        ui.label("Click: show it, double click: in full, Ctrl+click: compare it with the selected one");
    })
}
