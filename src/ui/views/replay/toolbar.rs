//! The bar above the state: which version, another one, what it changed, how to show it, what to compare it
//! with.

use egui::{
    Align, Key, Layout, Popup, PopupCloseBehavior, Rect, RectAlign, Response, Sense, Stroke, Ui, UiBuilder,
    vec2,
};

use super::content::Mode;
use super::scene::{Scene, last_of};
use crate::model::Timestamp;
use crate::replay::{Counts, Replay};
use crate::ui::app::navigation::StepList;
use crate::ui::command::{COPY_STATE, DOMAIN, GoCommand, SAVE_STATE, TOGGLE_NULL_REMOVES, WindowCommand};
use crate::ui::format::{one_line, thousands};
use crate::ui::icons::Icon;
use crate::ui::theme::{PAD, TOOLBAR, Tokens, body, caption, semibold, tokens};
use crate::ui::widgets::blocks::note;
use crate::ui::widgets::{
    Button, Line, SearchField, focus_ring, icon_button, node, segment, separator, switch,
};

/// From this width on: "Compare with…" as a button, the field to jump.
const WIDTH_WITH_COMPARE: f32 = 520.0;
const WIDTH_WITH_FIELD: f32 = 920.0;
/// Height of the line that names what is compared.
const STRIP: f32 = 28.0;

/// Text being typed, and what was wrong with it.
#[derive(Default)]
pub(super) struct Toolbar {
    jump: String,
    jump_wrong: Option<String>,
    compare: String,
    compare_wrong: Option<String>,
}

impl Toolbar {
    pub(super) fn ui(
        &mut self,
        scene: &Scene<'_>,
        step: u32,
        counts: Option<Counts>,
        mode: &mut Mode,
        ui: &mut Ui,
    ) {
        let t = tokens(ui);
        let full = ui.available_rect_before_wrap();
        let bar = Rect::from_min_size(full.min, vec2(full.width(), TOOLBAR));
        ui.advance_cursor_after_rect(bar);
        ui.painter().hline(bar.x_range(), bar.bottom() - 0.5, Stroke::new(1.0, t.line));
        let wide = bar.width();

        let right = Rect::from_min_max(bar.min, bar.max - vec2(PAD, 1.0));
        let mut ends = ui.new_child(
            UiBuilder::new().max_rect(right).id_salt("ends").layout(Layout::right_to_left(Align::Center)),
        );
        ends.spacing_mut().item_spacing.x = 8.0;
        more_ui(scene, wide, &mut ends);
        if wide >= WIDTH_WITH_COMPARE {
            let button = ends.add(Button::new("Compare with…").selected(scene.compare.is_some()));
            self.compare_popup(scene, step, &button);
        }
        let choices = [(Mode::Tree, "Tree"), (Mode::Diff, "Diff"), (Mode::Text, "Text")];
        segment(&mut ends, "Show the state as", mode, &choices);
        let end = ends.min_rect().left() - 12.0;

        let left =
            Rect::from_min_max(bar.min + vec2(4.0, 0.0), egui::pos2(end.max(bar.left()), bar.bottom()));
        let mut start = ui.new_child(
            UiBuilder::new().max_rect(left).id_salt("start").layout(Layout::left_to_right(Align::Center)),
        );
        start.set_clip_rect(left.intersect(ui.clip_rect()));
        start.spacing_mut().item_spacing.x = 4.0;
        if icon_button(&mut start, Icon::CaretLeft, "Previous version (←)").clicked() {
            scene.context.send(GoCommand::Step { list: StepList::Stream, by: -1 });
        }
        self.version_ui(scene, step, &mut start);
        if icon_button(&mut start, Icon::CaretRight, "Next version (→)").clicked() {
            scene.context.send(GoCommand::Step { list: StepList::Stream, by: 1 });
        }
        if wide >= WIDTH_WITH_FIELD {
            start.add_space(4.0);
            self.jump_field(scene, 130.0, &mut start);
        }
        if scene.compare.is_none() {
            start.add_space(10.0);
            let room = start.available_width();
            let lines = [Detail::Whole, Detail::Words, Detail::Signs];
            let mut lines = lines.into_iter().map(|detail| summary(scene, step, detail));
            let fits = lines.find(|line| line.width(start.painter()) < room);
            fits.unwrap_or_else(|| summary(scene, step, Detail::Signs)).show(&mut start);
        }
        if let Some(other) = scene.compare {
            strip_ui(scene, (step, other), counts, ui);
        }
    }

    /// "version **3** of 4": a button that asks for another one.
    fn version_ui(&mut self, scene: &Scene<'_>, step: u32, ui: &mut Ui) {
        let t = tokens(ui);
        let name = scene.name(step);
        let last = last_of(scene.replay);
        let (word, number) = name.split_once(' ').unwrap_or(("", &name));
        let whole = Line::new()
            .piece(&format!("{word} "), body(), t.text)
            .piece(number, semibold(13.0), t.text)
            .piece(&format!(" of {last}"), body(), t.muted);
        // The button behind it needs its room: in a narrow view the number stands alone.
        let fits = whole.width(ui.painter()) + 12.0 + 28.0 <= ui.available_width();
        let line = if fits { whole } else { Line::new().piece(number, semibold(13.0), t.text) };
        let width = line.width(ui.painter()).ceil() + 12.0;
        let (rect, response) = ui.allocate_exact_size(vec2(width, 24.0), Sense::click());
        let label = format!("{name} of {last}, jump to another");
        response.widget_info(|| egui::WidgetInfo::labeled(egui::Role::Button, ui.is_enabled(), &label));
        if response.hovered() {
            ui.painter().rect_filled(rect, 4, t.hover());
        }
        focus_ring(ui, rect, 4, &response);
        line.center().paint(ui.painter(), rect);
        popup(&response).show(|ui| {
            ui.set_width(260.0);
            if self.jump_field(scene, 260.0, ui) {
                ui.close();
            }
            note(ui, "A version, or a time such as 2026-03-01T19:02: the last version before it");
        });
        response.on_hover_text("Jump to a version or a time");
    }

    /// The field to jump by; true when it led somewhere.
    fn jump_field(&mut self, scene: &Scene<'_>, width: f32, ui: &mut Ui) -> bool {
        let bad = self.jump_wrong.is_some();
        let field = SearchField::new("Version or time", &mut self.jump).width(width).bad(bad).show(ui);
        if field.changed() {
            self.jump_wrong = None;
        }
        let entered = field.lost_focus() && ui.input(|input| input.key_pressed(Key::Enter));
        let mut jumped = false;
        if entered && !self.jump.trim().is_empty() {
            match find(scene.replay, &self.jump) {
                Ok(step) => {
                    if let Some(step) = scene.replay.step(step) {
                        scene.context.send(GoCommand::Select(step.row));
                    }
                    self.jump.clear();
                    jumped = true;
                }
                Err(why) => self.jump_wrong = Some(why),
            }
        }
        if let Some(why) = &self.jump_wrong {
            field.on_hover_text(why);
            scene_wrong(why, ui);
        }
        jumped
    }

    fn compare_popup(&mut self, scene: &Scene<'_>, step: u32, button: &Response) {
        popup(button).align(RectAlign::BOTTOM_END).show(|ui| {
            ui.set_width(260.0);
            let bad = self.compare_wrong.is_some();
            let field = SearchField::new("Compare with version or time", &mut self.compare)
                .width(260.0)
                .bad(bad)
                .show(ui);
            if field.changed() {
                self.compare_wrong = None;
            }
            let mut chosen = None;
            if field.lost_focus() && ui.input(|input| input.key_pressed(Key::Enter)) {
                match find(scene.replay, &self.compare) {
                    Ok(other) => chosen = Some(other),
                    Err(why) => self.compare_wrong = Some(why),
                }
            }
            if let Some(why) = &self.compare_wrong {
                scene_wrong(why, ui);
            }
            let last = scene.replay.len().saturating_sub(1);
            for (words, other) in [("The first", 0), ("The last", last)] {
                if other != step && ui.button(format!("{words}: {}", scene.name(other))).clicked() {
                    chosen = Some(other);
                }
            }
            if scene.compare.is_some() && ui.button("Stop comparing").clicked() {
                scene.context.send(GoCommand::Pin(None));
                ui.close();
            }
            note(ui, "Or Ctrl+click a version in the list");
            if let Some(other) = chosen.and_then(|other| scene.replay.step(other)) {
                scene.context.send(GoCommand::Pin(Some(other.row)));
                self.compare.clear();
                ui.close();
            }
        });
    }
}

/// What there is no room for, and what is rarely needed.
fn more_ui(scene: &Scene<'_>, wide: f32, ui: &mut Ui) {
    let button = ui.add(Button::ghost("…").label("More: copy, save, rule"));
    let step = scene.step.unwrap_or_default();
    popup(&button).align(RectAlign::BOTTOM_END).show(|ui| {
        ui.set_width(280.0);
        for command in [&COPY_STATE, &SAVE_STATE] {
            if ui.button(command.name).on_hover_text(command.about).clicked() {
                scene.context.run(command);
                ui.close();
            }
        }
        if wide < WIDTH_WITH_COMPARE {
            separator(ui);
            let words = match scene.compare {
                Some(_) => "Stop comparing",
                None => "Compare with the first version",
            };
            if ui.button(words).clicked() {
                let first = scene.replay.step(0).map(|first| first.row);
                scene.context.send(GoCommand::Pin(first.filter(|_| scene.compare.is_none() && step > 0)));
                ui.close();
            }
        }
        separator(ui);
        let mut removes = scene.context.preferences.null_removes;
        ui.horizontal(|ui| {
            if switch(ui, &mut removes, TOGGLE_NULL_REMOVES.name).changed() {
                scene.context.run(&TOGGLE_NULL_REMOVES);
            }
            ui.label(TOGGLE_NULL_REMOVES.name);
        });
        note(ui, &rule_words(scene));
        if scene.context.document.simulation.is_none()
            && ui.button(DOMAIN.name).on_hover_text(DOMAIN.about).clicked()
        {
            scene.context.run(&DOMAIN);
            ui.close();
        }
    });
    button.on_hover_text("Copy or save the state, and the rule it is made by");
}

/// By which rule the state is made.
fn rule_words(scene: &Scene<'_>) -> String {
    let document = scene.context.document;
    let known = document.domain().and_then(|domain| {
        let stream = document.log().stream(scene.key.stream).name();
        let aggregate = domain.aggregate_of_stream(stream.aggregate_type.as_deref(), &stream.id)?;
        Some(format!("State: by the rules of {} in the domain {}", aggregate.name, domain.name))
    });
    known.unwrap_or_else(|| {
        "State: merge of data. Each event's data replaces the values of the same name; nothing else is known of this stream".to_owned()
    })
}

fn popup(response: &Response) -> Popup<'_> {
    Popup::menu(response).close_behavior(PopupCloseBehavior::CloseOnClickOutside).gap(4.0)
}

/// What was wrong with what was typed.
fn scene_wrong(why: &str, ui: &mut Ui) {
    let t = tokens(ui);
    Line::new().piece(why, caption(), t.removed()).show(ui);
}

/// The step of a version as typed, or the last one at a time.
fn find(replay: &Replay, typed: &str) -> Result<u32, String> {
    let typed = typed.trim().trim_start_matches(['v', 'V']);
    if let Ok(version) = typed.parse::<i64>() {
        let has_versions = replay.step(0).is_some_and(|step| step.version.is_some());
        let by_place = || u32::try_from(version.checked_sub(1)?).ok().filter(|step| *step < replay.len());
        let found = if has_versions { replay.step_of_version(version) } else { by_place() };
        return found
            .ok_or_else(|| format!("There is no version {version}: the last is {}", last_of(replay)));
    }
    let time = Timestamp::parse(typed).map_err(|_no_time| "Type a version or a time".to_owned())?;
    replay.step_at_time(time).ok_or_else(|| "The stream begins later".to_owned())
}

/// How much is said of what an event did, by the room there is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Detail {
    /// "~ 2 changed · nothing added or removed"
    Whole,
    /// "~ 2 changed"
    Words,
    /// "~2"
    Signs,
}

/// What the event did: "~ 2 changed · nothing added or removed".
fn summary(scene: &Scene<'_>, step: u32, detail: Detail) -> Line {
    let t = scene.context.tokens;
    let Some(step) = scene.replay.step(step) else { return Line::new() };
    if let Some(issue) = &step.issue {
        return Line::new().caption("not applied: ", t.removed()).caption(&one_line(&issue.0), t.muted);
    }
    if let Some(skipped) = step.skipped {
        let why = format!("{}: the state is as before", skipped.as_str());
        return Line::new().caption(&why, t.muted);
    }
    counted(t, step.counts, detail)
}

/// Counts as words, those that are zero together at the end.
fn counted(t: &Tokens, counts: Counts, detail: Detail) -> Line {
    let all = [
        (counts.changed, "~", "changed", t.changed()),
        (counts.added, "+", "added", t.added()),
        (counts.removed, "−", "removed", t.removed()),
    ];
    let mut line = Line::new();
    let mut first = true;
    for (n, sign, verb, color) in all.into_iter().filter(|(n, ..)| *n > 0) {
        let n = thousands(u64::from(n));
        if detail == Detail::Signs {
            line = line.mono(&format!("{}{sign}{n}", if first { "" } else { " " }), color);
        } else {
            let between = if first { "" } else { " · " };
            line = line.caption(between, t.faint).mono(sign, color).caption(&format!(" {n} {verb}"), t.muted);
        }
        first = false;
    }
    let none: Vec<&str> = all.iter().filter(|(n, ..)| *n == 0).map(|(_, _, verb, _)| *verb).collect();
    match none.as_slice() {
        [] => line,
        [_, _, _] => line.caption("nothing changed", t.muted),
        _ if detail != Detail::Whole => line,
        verbs => line.caption(&format!(" · nothing {}", verbs.join(" or ")), t.muted),
    }
}

/// Which two versions are compared, and what is different.
fn strip_ui(scene: &Scene<'_>, (step, other): (u32, u32), counts: Option<Counts>, ui: &mut Ui) {
    let t = tokens(ui);
    let full = ui.available_rect_before_wrap();
    let rect = Rect::from_min_size(full.min, vec2(full.width(), STRIP));
    ui.advance_cursor_after_rect(rect);
    ui.painter().rect_filled(rect, 0, t.raised);
    ui.painter().hline(rect.x_range(), rect.bottom() - 0.5, Stroke::new(1.0, t.line));
    let (from, to) = (scene.name(other), scene.name(step));
    let label = format!("Comparing {from} with {to}");
    node(ui, rect, ui.scope_id().with("compared"), Sense::hover(), egui::Role::Heading, &label);
    let inner = Rect::from_min_max(rect.min + vec2(PAD, 0.0), rect.max - vec2(PAD, 0.0));
    let mut line = ui.new_child(
        UiBuilder::new().max_rect(inner).id_salt("strip").layout(Layout::left_to_right(Align::Center)),
    );
    line.spacing_mut().item_spacing.x = 12.0;
    let names = Line::new().strong(&from, t.text).body("  ↔  ", t.accent).strong(&to, t.text);
    names.show(&mut line);
    if let Some(counts) = counts {
        counted(&t, counts, Detail::Whole).show(&mut line);
    }
    line.with_layout(Layout::right_to_left(Align::Center), |ui| {
        if icon_button(ui, Icon::Close, "Stop comparing").clicked() {
            scene.context.send(GoCommand::Pin(None));
        }
        let copy = icon_button(ui, Icon::Copy, "Copy what is different as text");
        if copy.clicked() {
            let changes = scene.replay.changes_between(other, step);
            let text: Vec<String> = changes.iter().map(ToString::to_string).collect();
            scene.context.send(WindowCommand::Copy(text.join("\n")));
        }
    });
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::model::{JsonText, Membership, Payload, RecordedEvent, Row, SourceId, StreamName};
    use crate::replay::{MergeRule, ReplayBuilder};
    use crate::ui::theme::Theme;

    fn replay(versions: bool) -> Replay {
        let name = StreamName::untyped("s");
        let mut builder =
            ReplayBuilder::new(Arc::new(MergeRule { null_removes: false })).of_stream(name.clone());
        for n in 0..3 {
            let event = RecordedEvent {
                streams: vec![Membership {
                    stream: name.clone(),
                    version: versions.then_some(10 + n as i64),
                    role: None,
                }],
                occurred_at: Some(Timestamp::parse(&format!("2026-03-01T10:0{n}:00Z")).unwrap()),
                data: Payload::Json(JsonText::new("{}").unwrap()),
                ..RecordedEvent::default()
            };
            builder.push(Row::new(SourceId(0), n), &event);
        }
        builder.finish()
    }

    fn check(versions: bool, typed: &str, expected: Option<u32>) {
        assert_eq!(find(&replay(versions), typed).ok(), expected, "{typed}");
    }

    #[test]
    fn a_version_or_a_time_leads_to_its_step() {
        check(true, "10", Some(0));
        check(true, " v12 ", Some(2));
        check(true, "0", None);
        check(false, "1", Some(0));
        check(false, "4", None);
        check(false, "0", None);
        check(true, "2026-03-01T10:01:30Z", Some(1));
        check(true, "2026-03-01T09:00", None);
        check(true, "soon", None);
    }

    #[test]
    fn what_changed_is_said_in_words() {
        let t = Theme::Dark.tokens();
        for ((added, changed, removed), detail, expected) in [
            ((0, 2, 0), Detail::Whole, "~ 2 changed · nothing added or removed"),
            ((0, 2, 0), Detail::Words, "~ 2 changed"),
            ((1, 2, 3), Detail::Signs, "~2 +1 −3"),
            ((5, 1, 0), Detail::Whole, "~ 1 changed · + 5 added · nothing removed"),
            ((1, 2, 3), Detail::Whole, "~ 2 changed · + 1 added · − 3 removed"),
            ((0, 0, 0), Detail::Whole, "nothing changed"),
        ] {
            let counts = Counts { added, changed, removed };
            assert_eq!(counted(&t, counts, detail).text(), expected);
        }
    }
}
