//! The density itself: bars, range, ticks of the current list, playhead, captions.

use egui::{Id, Painter, Rect, RectAlign, Role, Sense, Shape, Stroke, Tooltip, Ui, WidgetInfo, pos2, vec2};

use super::captions::{Caption, rank_captions, time_captions, virtual_captions, without_overlap};
use super::density::{Density, DensityKey, Tick};
use super::gestures::Gesture;
use super::scale::{Basis, Scale};
use super::{BAR, TimePanel, cuts, marks};
use crate::engine::Outcome as Answer;
use crate::ui::app::navigation::StepList;
use crate::ui::command::GoCommand;
use crate::ui::format::{Zone, count, span, thousands};
use crate::ui::icons::Icon;
use crate::ui::theme::{Outcome, mix, semibold, tick};
use crate::ui::view::ViewContext;
use crate::ui::widgets::{Line, focus_ring, hover_card_frame, node};

/// Height of the captions below the bars.
const CAPTIONS: f32 = 20.0;
/// Room above the bars for ticks and the playhead's handle.
const TICKS: f32 = 10.0;

impl TimePanel {
    pub(super) fn chart_ui(&mut self, context: &ViewContext<'_>, ui: &mut Ui, rect: Rect) {
        let id = ui.scope_id().with("density");
        let Some(answer) = self.density.answer().filter(|answer| answer.key.basis.document == self.document)
        else {
            return;
        };
        let density = match &answer.result {
            Ok(density) => density,
            Err(problem) => {
                let words =
                    format!("The log could not be counted because of a defect in Sagascope: {problem}");
                ui.put(rect.shrink(12.0), egui::Label::new(words));
                return;
            }
        };
        let scale = self.scale(density.basis.clone(), rect);
        let baseline = rect.bottom() - CAPTIONS;
        let left = scale.x_of(scale.shown().0);
        let right = scale.x_of(scale.shown().1);
        let chart = Rect::from_min_max(pos2(left, rect.top()), pos2(right, baseline));
        let whole = chart.with_max_y(rect.bottom());
        self.zoom_by_wheel(ui, whole, &scale);

        // A click and a drag, but no stop for the Tab key: that is the playhead.
        let response = ui.interact(whole, id, Sense::CLICK | Sense::DRAG);
        response.widget_info(|| {
            WidgetInfo::labeled(Role::Image, ui.is_enabled(), sentence(context, density, &scale))
        });
        let shown = self.ticks.answer().filter(|ticks| ticks.key.basis == answer.key.basis);
        // Within a range alone every event would be a tick: the bars say it already.
        let is_range =
            context.navigation.focused_list == StepList::Filtered && context.document.filter.is_empty();
        let shown = shown.filter(|_| !is_range);
        let ticks: &[Tick] =
            shown.as_ref().and_then(|answer| answer.result.as_ref().ok()).map_or(&[], |found| &found.ticks);
        self.brush(context, ui, &response, &scale, ticks);

        let painter = ui.painter().with_clip_rect(rect.intersect(ui.clip_rect()));
        let range = context.navigation.range.map(|range| scale.basis.of_range(context.log(), range));
        if let Some((from, to)) = range {
            let band = Rect::from_x_y_ranges(scale.x_of(from)..=scale.x_of(to), chart.y_range());
            painter.rect_filled(band.intersect(chart), 0, context.tokens.selection);
        }
        painter.hline(chart.x_range(), baseline + 0.5, Stroke::new(1.0, context.tokens.line));
        let playhead = context.navigation.playhead_row(context.log());
        let playhead = playhead.map_or(0.0, |row| scale.basis.of_row(context.log(), row));
        let now = scale.x_of(playhead);
        let is_now = !context.navigation.is_in_past(context.log());
        let share = self.share.answer().filter(|share| share.key.density == answer.key);
        let share = share.as_ref().and_then(|share| share.result.as_deref().ok());
        paint_bars(
            context,
            &painter,
            chart,
            &scale,
            (&answer, share),
            if is_now { f32::INFINITY } else { now },
        );
        paint_captions(context, ui, whole, baseline, &scale);
        if let Some(from) = cuts::cuts_ui(context, ui, (chart, baseline), &scale, &self.restored, id) {
            self.toggle_restored(from);
        }
        paint_ticks(context, &painter, chart, &scale, ticks);
        marks::marks_ui(context, ui, chart, &scale, id);
        if let Some(units) = range {
            self.range_edges(context, ui, (chart, units), &scale, id);
            range_ui(context, ui, chart, units, &scale, id);
        }
        if scale.contains(playhead) || self.gesture == Gesture::Playhead {
            let handle = self.playhead_handle(context, ui, (chart, now), &scale, id);
            paint_playhead(context, ui, chart, now, !is_now, &handle);
        }
        if self.gesture == Gesture::None {
            bin_card(context, ui, chart, &scale, (&answer, density, share), id);
        }
    }

    fn toggle_restored(&mut self, from: i64) {
        match self.restored.iter().position(|restored| *restored == from) {
            Some(at) => {
                self.restored.remove(at);
            }
            None => self.restored.push(from),
        }
    }
}

/// The units of a bin of an answer, whatever the zoom is by now.
fn bin_units(answer: &Answer<DensityKey, Density>, basis: &Basis, bin: usize) -> (f64, f64) {
    let DensityKey { zoom, bins, .. } = answer.key;
    let width = (zoom.to - zoom.from) / bins.max(1) as f64;
    let from = zoom.from + width * bin as f64;
    (basis.total() * from, basis.total() * (from + width))
}

fn paint_bars(
    context: &ViewContext<'_>,
    painter: &Painter,
    chart: Rect,
    scale: &Scale,
    (answer, share): (&Answer<DensityKey, Density>, Option<&[u32]>),
    now: f32,
) {
    let Ok(density) = &answer.result else { return };
    let t = context.tokens;
    let failed = t.outcome(Outcome::Failed).color;
    let room = chart.height() - TICKS - 2.0;
    for (at, bin) in density.bins.iter().enumerate().filter(|(_, bin)| bin.events > 0) {
        let (from, to) = bin_units(answer, &scale.basis, at);
        let (left, right) = (scale.x_of(from).round(), scale.x_of(to).round());
        if right <= chart.left() || left >= chart.right() {
            continue;
        }
        let (left, right) = (left.max(chart.left()), right.min(chart.right()));
        let of_peak = (f64::from(bin.events) / f64::from(density.peak.max(1))).sqrt() as f32;
        let height = (room * of_peak).round().max(2.0);
        let right = (right - 1.0).max(left + 1.0);
        let bar = Rect::from_x_y_ranges(left..=right, chart.bottom() - height..=chart.bottom());
        let is_later = left >= now;
        // The whole stands behind what a query finds of it.
        let ground = if is_later || share.is_some() { t.line_strong } else { t.faint };
        painter.rect_filled(bar, 0, ground);
        let part = |events: u32, color| {
            let foot = (height * events as f32 / bin.events as f32).round().clamp(2.0, height);
            painter.rect_filled(bar.with_min_y(chart.bottom() - foot), 0, color);
        };
        match share.and_then(|share| share.get(at)) {
            Some(0) => {}
            Some(found) => part(*found, if is_later { mix(t.line_strong, t.accent, 0.55) } else { t.accent }),
            None if bin.failures > 0 => {
                part(bin.failures, if is_later { mix(t.line_strong, failed, 0.55) } else { failed });
            }
            None => {}
        }
    }
}

fn paint_captions(context: &ViewContext<'_>, ui: &Ui, whole: Rect, baseline: f32, scale: &Scale) {
    let t = context.tokens;
    let zone = Zone { local: context.preferences.local_time };
    let captions: Vec<Caption> = match &scale.basis {
        Basis::Time(axis) if context.document.simulation.is_some() => {
            virtual_captions(axis, scale.shown(), scale.per_point())
        }
        Basis::Time(axis) => time_captions(axis, scale.shown(), scale.per_point(), zone),
        Basis::Rank(_) => rank_captions(scale.shown(), scale.per_point()),
    };
    let lines: Vec<(Line, Rect)> = captions
        .iter()
        .map(|caption| {
            let font = if caption.strong { semibold(10.0) } else { tick() };
            let line = Line::new().piece(&caption.text, font, if caption.strong { t.text } else { t.faint });
            let width = line.width(ui.painter()).ceil();
            let last = (whole.right() - width).max(whole.left());
            let left = (scale.x_of(caption.units) - width / 2.0).clamp(whole.left(), last).round();
            (line, Rect::from_min_size(pos2(left, baseline + 3.0), vec2(width + 1.0, CAPTIONS - 4.0)))
        })
        .collect();
    let places: Vec<(f32, f32, bool)> = lines
        .iter()
        .zip(&captions)
        .map(|((_, rect), caption)| (rect.left(), rect.right(), caption.strong))
        .collect();
    for (((line, rect), caption), shown) in lines.into_iter().zip(&captions).zip(without_overlap(&places)) {
        if shown {
            let x = scale.x_of(caption.units).round();
            let foot = baseline + 1.0..=baseline + 4.0;
            ui.painter().vline(x + 0.5, foot, Stroke::new(1.0, t.line_strong));
            line.paint(ui.painter(), rect);
        }
    }
}

fn paint_ticks(context: &ViewContext<'_>, painter: &Painter, chart: Rect, scale: &Scale, ticks: &[Tick]) {
    let log = context.log();
    let mut last_x = f32::NEG_INFINITY;
    for tick in ticks.iter().filter(|tick| scale.contains(tick.units)) {
        let x = scale.x_of(tick.units).round();
        // What falls on the same point is one tick.
        if x <= last_x {
            continue;
        }
        last_x = x;
        let color = context.tokens.family(&log.event_type(tick.event_type).family);
        let rect = Rect::from_min_size(pos2(x - 1.0, chart.top() + 2.0), vec2(3.0, 6.0));
        painter.rect_filled(rect, 0, color);
    }
}

fn paint_playhead(
    context: &ViewContext<'_>,
    ui: &Ui,
    chart: Rect,
    x: f32,
    in_past: bool,
    handle: &egui::Response,
) {
    let t = context.tokens;
    let color = if in_past { t.past_line } else { t.muted };
    let x = x.round() + 0.5;
    let painter = ui.painter();
    painter.vline(x, chart.y_range(), Stroke::new(2.0, color));
    let top = chart.top();
    let outline = [(-5.0, 0.0), (5.0, 0.0), (5.0, 6.0), (0.0, 11.0), (-5.0, 6.0)];
    let points = outline.map(|(dx, dy)| pos2(x + dx, top + dy)).to_vec();
    painter.add(Shape::convex_polygon(points, color, Stroke::NONE));
    let ring = Rect::from_min_size(pos2(x - 8.0, top), vec2(16.0, 13.0));
    focus_ring(ui, ring, 2, handle);
}

/// What is said of the range, and the cross that takes it off.
fn range_ui(context: &ViewContext<'_>, ui: &Ui, chart: Rect, units: (f64, f64), scale: &Scale, id: Id) {
    let Some((from, to)) = context.navigation.range else { return };
    let t = context.tokens;
    let (left, right) = (scale.x_of(units.0), scale.x_of(units.1));
    if right < chart.left() || left > chart.right() {
        return;
    }
    for x in [left, right].into_iter().filter(|x| chart.x_range().contains(*x)) {
        ui.painter().vline(x.round() + 0.5, chart.y_range(), Stroke::new(1.0, t.accent));
    }
    let zone = Zone { local: context.preferences.local_time };
    let length = span(to - from);
    let ranks = context.log().ranks_in((from, to));
    let label = format!(
        "Range of {length}, {} to {}, {}",
        zone.custom(from, "%-d %b %H:%M:%S"),
        zone.custom(to, "%-d %b %H:%M:%S"),
        count(ranks.end - ranks.start, "event")
    );
    let (left, right) = (left.max(chart.left()), right.min(chart.right()));
    let words = Line::new().piece(&length, tick(), t.accent);
    let width = words.width(ui.painter()).ceil() + 8.0;
    let top = chart.top() + TICKS;
    // Beside the range where it is too narrow to hold them.
    let is_inside = right - left > width + 24.0;
    let start = if is_inside { right - width - 20.0 } else { right + 2.0 };
    let start = start.min(chart.right() - width - 18.0);
    let name = Rect::from_min_size(pos2(start, top), vec2(width, 18.0));
    let cross = Rect::from_min_size(pos2(name.right(), top), vec2(18.0, 18.0));
    let ground = if is_inside { t.selection } else { t.surface };
    ui.painter().rect_filled(name.union(cross), 2, ground);
    words.center().paint(ui.painter(), name);
    node(ui, name, id.with("range"), Sense::hover(), Role::Label, &label).on_hover_text(label);
    let clear = node(ui, cross, id.with("clear range"), Sense::click(), Role::Button, "Clear the range");
    let color = if clear.hovered() || clear.has_focus() { t.text } else { t.accent };
    Icon::Close.paint(ui.painter(), cross.shrink(4.0), color);
    focus_ring(ui, cross, 2, &clear);
    if clear.clicked() {
        context.send(GoCommand::Range(None));
    }
    clear.on_hover_text("Clear the range (Esc)");
}

/// The card of the bar under the pointer.
fn bin_card(
    context: &ViewContext<'_>,
    ui: &Ui,
    chart: Rect,
    scale: &Scale,
    (answer, density, share): (&Answer<DensityKey, Density>, &Density, Option<&[u32]>),
    id: Id,
) {
    let Some(pointer) = ui.input(|input| input.pointer.hover_pos()) else { return };
    // What is drawn must be what was counted: a bar is one bin.
    let ends = (bin_units(answer, &scale.basis, 0).0, bin_units(answer, &scale.basis, density.bins.len()).0);
    let (from, to) = scale.shown();
    let is_counted = (ends.0 - from).abs().max((ends.1 - to).abs()) < scale.per_point();
    if !chart.contains(pointer) || !is_counted {
        return;
    }
    let at = ((pointer.x - chart.left()) / BAR) as usize;
    let Some(bin) = density.bins.get(at).filter(|bin| bin.events > 0) else { return };
    let left = chart.left() + at as f32 * BAR;
    let bar = Rect::from_x_y_ranges(left..=left + BAR, chart.y_range());
    let (from, to) = bin_units(answer, &scale.basis, at);
    let zone = Zone { local: context.preferences.local_time };
    let place = match &scale.basis {
        Basis::Time(axis) => {
            let (from, to) = (axis.nanos_at(from), axis.nanos_at(to));
            let format = if to - from < 10_000_000_000 { "%H:%M:%S%.3f" } else { "%H:%M:%S" };
            format!("{} to {}", zone.custom(from, &format!("%-d %b {format}")), zone.custom(to, format))
        }
        Basis::Rank(_) => {
            format!("rank {} to {}", thousands(from as u64 + 1), thousands((to as u64).max(from as u64 + 1)))
        }
    };
    let events = count(u64::from(bin.events), "event");
    let failures = count(u64::from(bin.failures), "failure");
    let found = share
        .and_then(|share| share.get(at))
        .map(|found| format!("{} in this filter", thousands(u64::from(*found))));
    let label = match &found {
        Some(found) => format!("{place}: {events}, {found}, {failures}"),
        None => format!("{place}: {events}, {failures}"),
    };
    let response = node(ui, bar, id.with(("bin", at)), Sense::hover(), Role::Label, &label);
    let t = context.tokens;
    // As small as its words: the card of an event would hide the buttons above.
    let mut card = Tooltip::for_enabled(&response).gap(2.0);
    card.popup = card
        .popup
        .frame(hover_card_frame(t))
        .align(RectAlign::TOP_START)
        .align_alternatives(&[RectAlign::TOP_END]);
    card.show(|ui| {
        ui.spacing_mut().item_spacing.y = 2.0;
        Line::new().strong(&events, t.text).show(ui);
        Line::new().mono(&place, t.text).show(ui);
        if let Some(found) = &found {
            Line::new().caption(found, t.accent).show(ui);
        }
        let color = if bin.failures > 0 { t.outcome(Outcome::Failed).color } else { t.faint };
        Line::new().caption(if bin.failures > 0 { &failures } else { "no failures" }, color).show(ui);
    });
}

/// What a sighted person sees at a glance.
fn sentence(context: &ViewContext<'_>, density: &Density, scale: &Scale) -> String {
    let log = context.log();
    let zone = Zone { local: context.preferences.local_time };
    let events = count(log.len() as u64, "event");
    let times = log.times();
    let when = match (times.first, times.last) {
        (Some(first), Some(last)) => {
            format!(" from {} to {}", zone.date_time(first), zone.date_time(last))
        }
        _ => " without times".to_owned(),
    };
    let densest =
        density.bins.iter().enumerate().max_by_key(|(at, bin)| (bin.events, std::cmp::Reverse(*at)));
    let densest = densest.map_or_else(String::new, |(at, _)| match &scale.basis {
        Basis::Time(axis) => {
            let (from, to) = scale.shown();
            let place = from + (to - from) * at as f64 / density.bins.len() as f64;
            format!(", densest about {}", zone.custom(axis.nanos_at(place), "%-d %b %H:%M"))
        }
        Basis::Rank(_) => String::new(),
    });
    let shown =
        if (scale.shown().1 - scale.shown().0) < scale.basis.total() * 0.999 { " in view" } else { "" };
    format!("{events}{when}, {}{shown}{densest}", count(density.failures, "failure"))
}
