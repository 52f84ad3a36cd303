//! "Also in this correlation": the other streams that an event's correlation touches, each with how much of it
//! has happened as of the playhead.

use egui::{Rect, Sense, Ui, pos2, vec2};

use super::scene::Scene;
use crate::engine::Latest;
use crate::index::{CorrelationId, EventLog, StreamId};
use crate::model::Row;
use crate::query::correlation_term;
use crate::ui::command::GoCommand;
use crate::ui::format::{self, one_line, thousands};
use crate::ui::theme::{MONO_LETTER, PAD, tokens};
use crate::ui::widgets::{Line, node};

/// Height of one line.
const LINE: f32 = 22.0;
/// Height of the heading with the gap above it.
pub(super) const HEAD: f32 = 38.0;

/// Streams looked for, and for what.
#[derive(Default)]
pub(super) struct Neighbours {
    streams: Latest<(u64, CorrelationId), Vec<StreamId>>,
}

impl Neighbours {
    /// The other streams, once they are known; asks for them.
    pub(super) fn of(&self, scene: &Scene<'_>, row: Row) -> Vec<StreamId> {
        let log = scene.context.log();
        let Some(correlation) = log.event(row).correlation else { return Vec::new() };
        let key = (log.generation(), correlation);
        let open = scene.context.document.open.clone();
        self.streams.ask(scene.context.engine.workers(), &key, move |cancel, _| {
            streams_of(&open.log, correlation, &|| cancel.is_cancelled())
        });
        // An older snapshot's answer until the newer one is there: nothing jumps while a log grows.
        let answer = self.streams.answer().filter(|answer| answer.key.1 == correlation);
        let streams = answer.as_deref().and_then(|answer| answer.result.as_ref().ok());
        streams.into_iter().flatten().copied().filter(|stream| *stream != scene.stream).collect()
    }

    pub(super) fn is_settled(&self) -> bool {
        !self.streams.is_busy()
    }
}

/// Streams of a correlation in the order in which it reaches them; `None` when cancelled.
fn streams_of(
    log: &EventLog,
    correlation: CorrelationId,
    is_cancelled: &dyn Fn() -> bool,
) -> Option<Vec<StreamId>> {
    let mut seen = std::collections::HashSet::new();
    let mut streams = Vec::new();
    for (at, row) in log.correlation(correlation).rows.iter().enumerate() {
        if at % 4_096 == 0 && is_cancelled() {
            return None;
        }
        for (stream, _) in log.memberships(*row) {
            if seen.insert(stream) {
                streams.push(stream);
            }
        }
    }
    Some(streams)
}

/// How many of a stream's events have happened.
fn happened(scene: &Scene<'_>, stream: StreamId) -> usize {
    let info = scene.context.log().stream(stream);
    // Ranks ascend within a source.
    info.ordinals.partition_point(|ordinal| !scene.is_later(Row::new(info.source, *ordinal as usize)))
}

/// Draws heading and as many lines as there is room for.
pub(super) fn neighbours_ui(scene: &Scene<'_>, row: Row, streams: &[StreamId], ui: &mut Ui, rect: Rect) {
    let t = tokens(ui);
    let inner = rect.shrink2(vec2(PAD, 0.0));
    let head = Rect::from_min_size(inner.min + vec2(0.0, 16.0), vec2(inner.width(), HEAD - 16.0));
    Line::new().caption("Also in this correlation", t.muted).paint(ui.painter(), head);
    let id = ui.scope_id();
    node(ui, head, id.with("neighbours"), Sense::hover(), egui::Role::Heading, "Also in this correlation");
    let fit = ((rect.height() - HEAD) / LINE).floor().max(0.0) as usize;
    let shown = if streams.len() > fit { fit.saturating_sub(1) } else { streams.len() };
    let mut top = rect.top() + HEAD;
    for stream in &streams[..shown] {
        let line = Rect::from_min_size(pos2(rect.left(), top), vec2(rect.width(), LINE));
        neighbour_ui(scene, *stream, ui, line);
        top += LINE;
    }
    if shown < streams.len() && fit > 0 {
        let line = Rect::from_min_size(pos2(inner.left(), top), vec2(inner.width(), LINE));
        let words = format!("+{} more", thousands((streams.len() - shown) as u64));
        let response = node(ui, line, id.with("more"), Sense::click(), egui::Role::Button, &words);
        let color = if response.hovered() || response.has_focus() { t.text } else { t.faint };
        Line::new().body(&words, color).paint(ui.painter(), line);
        if response.on_hover_text("Show the whole correlation in the log").clicked() {
            show_in_log(scene, row);
        }
    }
}

/// Filters the log by the correlation of an event.
fn show_in_log(scene: &Scene<'_>, row: Row) {
    let log = scene.context.log();
    if let Some(correlation) = log.event(row).correlation {
        scene.context.send(GoCommand::Filter(correlation_term(&log.correlation(correlation).id)));
    }
}

fn neighbour_ui(scene: &Scene<'_>, stream: StreamId, ui: &mut Ui, rect: Rect) {
    let t = tokens(ui);
    let info = scene.context.log().stream(stream);
    let (done, all) = (happened(scene, stream), info.len());
    let (id, group) = (one_line(&info.id), one_line(info.group()));
    let place = format!("{} of {}", thousands(done as u64), thousands(all as u64));
    let label = format!("stream {id}, {group}, {place} events have happened");
    let response =
        node(ui, rect, ui.scope_id().with(("neighbour", stream.0)), Sense::click(), egui::Role::Link, &label);
    if response.hovered() {
        ui.painter().rect_filled(rect, 0, t.hover());
    }
    crate::ui::widgets::focus_ring(ui, rect, 0, &response);
    let inner = rect.shrink2(vec2(PAD, 0.0));
    let painter = ui.painter();
    let color = if done == 0 { t.faint } else { t.muted };
    let counted = Line::new().mono_small(&place, color).right().paint(painter, inner);
    let middle = inner.left() + (inner.width() * 0.38).max(86.0);
    let name = Rect::from_x_y_ranges(inner.left()..=(middle - 8.0), rect.y_range());
    let letters = (name.width() / MONO_LETTER) as usize;
    Line::new().mono(&format::middle(&id, letters.max(5)), color).paint(painter, name);
    let right = counted.rect.left() - 8.0;
    if right > middle {
        let kind = Rect::from_x_y_ranges(middle..=right, rect.y_range());
        Line::new().caption(&group, color).paint(painter, kind);
    }
    if response.on_hover_text(format!("Replay {id}")).clicked() {
        scene.context.send(GoCommand::ShowStream(stream));
    }
}
