//! Causes up the chain, the event itself, its effects: each with the time between, each a way to go.

use egui::{Rect, Role, Sense, Ui, pos2, vec2};

use crate::engine::{DocumentId, Latest};
use crate::index::EventLog;
use crate::model::Row;
use crate::query::correlation_term;
use crate::ui::app::navigation::Playhead;
use crate::ui::command::GoCommand;
use crate::ui::format::{one_line, signed_span, thousands};
use crate::ui::icons::Icon;
use crate::ui::theme::{PAD, ROW, tokens};
use crate::ui::view::ViewContext;
use crate::ui::widgets::row::row as list_row;
use crate::ui::widgets::{Line, Mark, blocks, node};

/// Causes shown.
const CAUSES: usize = 3;
/// Effects shown before more are asked for.
const EFFECTS: usize = 5;
/// Effects shown at most; the filter shows the rest.
const EFFECTS_MAX: usize = 200;

/// What effects depend on.
#[derive(Clone, Debug, PartialEq)]
struct Key {
    document: DocumentId,
    generation: u64,
    row: Row,
}

/// State of the section.
#[derive(Default)]
pub(super) struct Causality {
    effects: Latest<Key, Vec<Row>>,
    /// The event of which all effects are shown.
    all_of: Option<Row>,
    /// Lines drawn last, kept while the effects of another event are looked for.
    lines: usize,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Part {
    Cause,
    Itself,
    Effect,
}

impl Causality {
    pub(super) fn is_busy(&self) -> bool {
        self.effects.is_busy()
    }

    pub(super) fn ui(&mut self, context: &ViewContext<'_>, ui: &mut Ui, row: Row) {
        let log = context.log();
        let key = Key { document: context.document.id, generation: log.generation(), row };
        let of_job = log.clone();
        self.effects.ask(context.engine.workers(), &key, move |_, _| Some(effects_of(&of_job, row)));
        let mut causes = log.causes(row, CAUSES + 1);
        let has_more = causes.len() > CAUSES;
        causes.truncate(CAUSES);
        let above = causes.len() + usize::from(has_more) + 1;
        if has_more {
            let first = causes.last().copied();
            more_ui(context, ui, "more causes", first);
        }
        for cause in causes.iter().rev() {
            event_ui(context, ui, *cause, row, Part::Cause);
        }
        event_ui(context, ui, row, row, Part::Itself);
        let answer = self.effects.answer_to(&key);
        let Some(effects) = answer.as_ref().and_then(|answer| answer.result.as_ref().ok()) else {
            ui.add_space(self.lines.saturating_sub(above) as f32 * ROW);
            return;
        };
        let limit = if self.all_of == Some(row) { EFFECTS_MAX } else { EFFECTS };
        for effect in effects.iter().take(limit) {
            event_ui(context, ui, *effect, row, Part::Effect);
        }
        let hidden = effects.len().saturating_sub(limit);
        if hidden > 0 {
            self.more_effects_ui(context, ui, row, hidden);
        }
        self.lines = above + effects.len().min(limit) + usize::from(hidden > 0);
        if causes.is_empty() && effects.is_empty() {
            let sentence = match log.event(row).correlation {
                _ if log.event(row).cause == Some(row) => {
                    "It names itself as its cause, and nothing followed"
                }
                Some(_) => "No cause and no effect of it is in this log",
                None => "The store says nothing of what caused it",
            };
            super::data::note_ui(context, ui, sentence);
        }
    }

    fn more_effects_ui(&mut self, context: &ViewContext<'_>, ui: &mut Ui, row: Row, hidden: usize) {
        let shows_all = self.all_of == Some(row);
        let sentence = if shows_all {
            format!("+{} more: filter by the correlation", thousands(hidden as u64))
        } else {
            format!("+{} more effects", thousands(hidden as u64))
        };
        ui.horizontal(|ui| {
            ui.add_space(PAD);
            if blocks::more(ui, &sentence).clicked() {
                self.all_of = Some(row);
                if shows_all && let Some(correlation) = context.log().event(row).correlation {
                    let id = &context.log().correlation(correlation).id;
                    context.send(GoCommand::Filter(correlation_term(id)));
                }
            }
        });
    }
}

fn effects_of(log: &EventLog, row: Row) -> Vec<Row> {
    let mut effects = log.effects(row);
    effects.retain(|effect| *effect != row);
    effects
}

/// A line that leads further up the chain.
fn more_ui(context: &ViewContext<'_>, ui: &mut Ui, words: &str, to: Option<Row>) {
    let t = context.tokens;
    let (rect, _) = ui.allocate_exact_size(vec2(ui.available_width(), ROW), Sense::hover());
    let response = node(ui, rect, ui.scope_id().with("more causes"), Sense::click(), Role::Button, words);
    if response.hovered() || response.has_focus() {
        ui.painter().rect_filled(rect, 0, t.hover());
    }
    let room = Rect::from_x_y_ranges(rect.left() + PAD + 24.0..=rect.right() - PAD, rect.y_range());
    Line::new().caption("… and what caused this", t.muted).paint(ui.painter(), room);
    if response.clicked()
        && let Some(row) = to
    {
        context.send(GoCommand::Select(row));
    }
}

fn event_ui(context: &ViewContext<'_>, ui: &mut Ui, row: Row, selected: Row, role: Part) {
    let (t, log) = (tokens(ui), context.log());
    let (known, own) = (log.event(row), log.event(selected));
    let info = log.event_type(known.event_type);
    let later = context.navigation.is_later(log, row);
    let name = one_line(&info.name);
    let version = known.version.map(|version| format!("v{version}")).unwrap_or_default();
    let apart = match (known.time, own.time, role) {
        (_, _, Part::Itself) | (None, _, _) | (_, None, _) => String::new(),
        (Some(time), Some(own), _) => signed_span(time.nanos().saturating_sub(own.nanos())),
    };
    let stream = known.stream.map(|stream| one_line(&log.stream(stream).id)).unwrap_or_default();
    let (word, icon) = match role {
        Part::Cause => ("cause", Some(Icon::ArrowUp)),
        Part::Itself => ("this event", None),
        Part::Effect => ("effect", Some(Icon::ArrowDown)),
    };
    let failed = if info.is_failure { "failed" } else { "" };
    let after = if later { "after the playhead" } else { "" };
    let parts = [word, &name, &version, &stream, &apart, failed, after];
    let label = parts.into_iter().filter(|part| !part.is_empty()).collect::<Vec<_>>().join(", ");
    let (rect, _) = ui.allocate_exact_size(vec2(ui.available_width(), ROW), Sense::hover());
    let response = list_row(ui, rect, &label, role == Part::Itself);
    let square = Rect::from_center_size(pos2(rect.left() + PAD + 6.0, rect.center().y), vec2(12.0, 12.0));
    match icon {
        Some(icon) => icon.paint(ui.painter(), square, t.text_at(later)),
        None if context.navigation.playhead == Playhead::At(row) => {
            Icon::CaretRight.paint(ui.painter(), square, t.past_line);
        }
        None => {}
    }
    let mark = Mark::family(&t, &info.family).hollow(later);
    mark.paint(ui.painter(), pos2(rect.left() + PAD + 28.0, rect.center().y));
    let time = Line::new().mono_small(&apart, t.text_at(later)).right();
    let right = Rect::from_x_y_ranges(rect.center().x..=rect.right() - PAD, rect.y_range());
    let end = time.paint(ui.painter(), right).rect.left() - 8.0;
    let room = Rect::from_x_y_ranges(rect.left() + PAD + 40.0..=end, rect.y_range());
    let line = match role {
        Part::Itself => Line::new().strong(&name, t.text),
        _ => Line::new().body(&name, t.text_at(later)),
    };
    let line = line.gap(6.0).mono_small(&version, t.faint);
    let line = if known.stream == own.stream { line } else { line.gap(6.0).mono_small(&stream, t.faint) };
    line.paint(ui.painter(), room);
    if response.clicked() && role != Part::Itself {
        context.send(GoCommand::Select(row));
    }
    if role != Part::Itself {
        response.on_hover_text(label);
    }
}
