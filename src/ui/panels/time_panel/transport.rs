//! The row above the density: play, step, speed; where the playhead stands; what is drawn and how.

use egui::{Align, Layout, Popup, Rect, Response, Role, Sense, Ui, UiBuilder, vec2};

use super::TimePanel;
use super::density::List;
use super::scale::Zoom;
use crate::ui::app::navigation::SPEEDS;
use crate::ui::command::{self, GoCommand, UiCommand};
use crate::ui::format::{Zone, span, thousands};
use crate::ui::icons::Icon;
use crate::ui::theme::{Outcome, RADIUS_CONTROL, TOOLBAR, body, caption, mono};
use crate::ui::view::ViewContext;
use crate::ui::widgets::{Button, Line, focus_ring, icon_button, node, segment};

/// Below these widths parts are left out, the least important first.
const LEGEND_FROM: f32 = 1_000.0;
const IDLE_WORDS_FROM: f32 = 860.0;

/// Width of Play and of Pause, so that nothing moves when one becomes the other.
const PLAY: f32 = 72.0;

impl TimePanel {
    pub(super) fn transport_ui(&mut self, context: &ViewContext<'_>, ui: &mut Ui) {
        let rect = ui.max_rect();
        let mut right = ui.new_child(
            UiBuilder::new().max_rect(rect).layout(Layout::right_to_left(Align::Center)).id_salt("scale"),
        );
        right.spacing_mut().item_spacing.x = 8.0;
        self.scale_ui(context, &mut right, rect.width());
        let end = right.min_rect().left() - 12.0;
        let room = Rect::from_min_max(rect.min, egui::pos2(end.max(rect.left()), rect.bottom()));
        let mut left = ui.new_child(
            UiBuilder::new().max_rect(room).layout(Layout::left_to_right(Align::Center)).id_salt("play"),
        );
        left.spacing_mut().item_spacing.x = 4.0;
        buttons_ui(context, &mut left);
        self.place_ui(context, &mut left);
    }

    /// Time of the playhead, and its place in the list that is stepped through.
    fn place_ui(&self, context: &ViewContext<'_>, ui: &mut Ui) {
        let (log, navigation, t) = (context.log(), context.navigation, context.tokens);
        let Some(row) = navigation.playhead_row(log) else { return };
        let in_past = navigation.is_in_past(log);
        let zone = Zone { local: context.preferences.local_time };
        let time = log.event(row).time.map_or_else(|| "no time".to_owned(), |time| zone.date_time(time));
        let place = self.place(context);
        let (rect, _) = ui.allocate_exact_size(vec2(ui.available_width(), TOOLBAR), Sense::hover());
        if rect.width() < 40.0 {
            return;
        }
        let line = Line::new().piece(&time, mono(), if in_past { t.past } else { t.text }).gap(12.0).piece(
            &place,
            body(),
            t.muted,
        );
        let divider = Rect::from_center_size(rect.left_center() + vec2(6.0, 0.0), vec2(1.0, 16.0));
        ui.painter().rect_filled(divider, 0, t.line);
        let label = format!("Playhead at {time}, {place}");
        let id = ui.scope_id().with("place");
        let painted = line.paint(ui.painter(), rect.with_min_x(rect.left() + 18.0));
        let response = node(ui, painted.rect, id, Sense::hover(), Role::Label, &label);
        if painted.elided {
            response.on_hover_text(format!("{time}, {place}"));
        }
    }

    /// "event 7 of 12 in this filter · rank 2,140 of 3,776".
    pub(super) fn place(&self, context: &ViewContext<'_>) -> String {
        let (log, navigation) = (context.log(), context.navigation);
        let rank = navigation.playhead_rank(log) + 1;
        let list = List::of(context);
        if list == List::All {
            return format!("event {} of {}", thousands(rank), thousands(log.len() as u64));
        }
        let answer = self.ticks.answer().filter(|answer| answer.key.list == list);
        let sorted = answer.as_ref().and_then(|answer| answer.result.as_ref().ok()).map(|ticks| &ticks.rows);
        let done = list.done(log, navigation.playhead_row(log), sorted);
        let total = list.len(log) as u64;
        let noun = navigation.focused_list.noun();
        let rank = format!("rank {} of {}", thousands(rank), thousands(log.len() as u64));
        match (done, total) {
            (_, 0) => format!("no event {noun} · {rank}"),
            (0, total) => format!("before the first of {} {noun} · {rank}", thousands(total)),
            _ => format!("event {} of {} {noun} · {rank}", thousands(done), thousands(total)),
        }
    }

    /// Legend, idle time, time or rank, fit; from the right.
    fn scale_ui(&mut self, context: &ViewContext<'_>, ui: &mut Ui, width: f32) {
        let fit = ui.add(Button::ghost("Fit").enabled(!self.zoom.is_whole()).label("Fit the whole log"));
        if fit.on_hover_text("Show the whole log; the wheel zooms").clicked() {
            self.zoom = Zoom::default();
        }
        if context.document.open.axis.is_empty() {
            let words = Line::new().caption("By rank: no event has a time", context.tokens.faint);
            words.show(ui);
        } else {
            let mut by_rank = self.by_rank;
            let chosen = segment(ui, "Order by", &mut by_rank, &[(false, "Time"), (true, "Rank")]);
            if chosen.changed() {
                self.by_rank = by_rank;
                self.zoom = Zoom::default();
            }
        }
        if !self.is_by_rank(context) {
            self.idle_ui(context, ui, width);
        }
        if width >= LEGEND_FROM {
            let t = context.tokens;
            ui.add_space(4.0);
            let failures = (t.outcome(Outcome::Failed).color, "failures");
            let parts = if context.document.filter.is_empty() && context.navigation.range.is_none() {
                [failures, (t.faint, "events")]
            } else {
                [(t.accent, "in this filter"), (t.line_strong, "whole log")]
            };
            for (color, word) in parts {
                Line::new().piece(word, caption(), t.muted).show(ui);
                let (square, _) = ui.allocate_exact_size(vec2(8.0, 8.0), Sense::hover());
                ui.painter().rect_filled(square, 2, color);
                ui.add_space(2.0);
            }
        }
    }

    /// "Idle over 1 h 20 m cut", on or off.
    fn idle_ui(&mut self, context: &ViewContext<'_>, ui: &mut Ui, width: f32) {
        let threshold = context.document.open.axis.threshold();
        if threshold == 0 {
            return;
        }
        let words = match (self.keep_idle, self.restored.len()) {
            (true, _) => "Idle time shown".to_owned(),
            (false, 0) => format!("Idle over {} cut", span(threshold)),
            (false, n) => format!("Idle time cut but for {n}"),
        };
        let shown = if width >= IDLE_WORDS_FROM { &*words } else { "" };
        let button = Button::ghost(shown).icon(Icon::Zigzag).label(&words);
        let about = if self.keep_idle { "Cut idle time out of the axis" } else { "Show idle time in full" };
        if ui.add(button).on_hover_text(about).clicked() {
            if self.restored.is_empty() || self.keep_idle {
                self.keep_idle ^= true;
            }
            self.restored.clear();
            self.zoom = Zoom::default();
        }
    }
}

fn buttons_ui(context: &ViewContext<'_>, ui: &mut Ui) {
    let tip = |command: &UiCommand| {
        let keys = command.keys.first().map(|keys| ui.ctx().format_shortcut(keys)).unwrap_or_default();
        format!("{} ({keys})", command.name)
    };
    let playing = context.navigation.playing;
    let [start, back, play, next, end] =
        [&command::TO_START, &command::PREVIOUS, &command::PLAY, &command::NEXT, &command::TO_END];
    let tips = [start, back, play, next, end].map(tip);
    let press = |command: &'static UiCommand, clicked: bool| {
        if clicked {
            context.run(command);
        }
    };
    ui.add_space(-4.0);
    press(start, icon_button(ui, Icon::ToStart, &tips[0]).clicked());
    press(back, icon_button(ui, Icon::StepBack, &tips[1]).clicked());
    let (word, icon) = if playing { ("Pause", Icon::Pause) } else { ("Play", Icon::Play) };
    press(play, ui.add(Button::new(word).icon(icon).width(PLAY)).on_hover_text(&tips[2]).clicked());
    press(next, icon_button(ui, Icon::StepForward, &tips[3]).clicked());
    press(end, icon_button(ui, Icon::ToEnd, &tips[4]).clicked());
    let speed = context.navigation.speed.min(SPEEDS.len() - 1);
    let label = format!("Speed {}", SPEEDS[speed].1);
    let button = ui.add(Button::ghost(SPEEDS[speed].1).label(&label).width(40.0));
    let button = button.on_hover_text("How fast to play");
    Popup::menu(&button).show(|ui| {
        for (at, (tenths, name)) in SPEEDS.iter().enumerate() {
            let words = format!("{name}  {} events a second", tenths / 10);
            if ui.selectable_label(at == speed, words).clicked() {
                context.send(GoCommand::Speed(at));
            }
        }
    });
    let looping = context.navigation.looping;
    if toggle(context, ui, Icon::Loop, looping, "Play again from the start at the end").clicked() {
        context.send(GoCommand::Loop(!looping));
    }
}

/// An icon that stays pressed.
fn toggle(context: &ViewContext<'_>, ui: &mut Ui, icon: Icon, on: bool, label: &str) -> Response {
    let t = context.tokens;
    let (rect, response) = ui.allocate_exact_size(vec2(24.0, 24.0), Sense::click());
    response.widget_info(|| egui::WidgetInfo::selected(Role::Switch, ui.is_enabled(), on, label));
    if on {
        ui.painter().rect_filled(rect, RADIUS_CONTROL, t.selection);
    } else if response.hovered() {
        ui.painter().rect_filled(rect, RADIUS_CONTROL, t.hover());
    }
    let color = if on { t.accent } else { t.muted };
    icon.paint(ui.painter(), Rect::from_center_size(rect.center(), vec2(12.0, 12.0)), color);
    focus_ring(ui, rect, RADIUS_CONTROL, &response);
    response.on_hover_text(label)
}
