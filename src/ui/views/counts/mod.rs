//! The view "counts": how the events of the query divide, with a bar for each group; a click asks for just that group.
//! The query's own stage says by what, else what is chosen here.

use egui::{Popup, Rect, Ui, UiBuilder, pos2, vec2};
use serde_json::{Value, json};

use crate::query::{GROUPS, Group, Tally, Wish, group_term, without_stage};
use crate::ui::command::{GoCommand, WindowCommand};
use crate::ui::format::{count, one_line, thousands};
use crate::ui::icons::Icon;
use crate::ui::theme::{PAD, RADIUS_CONTROL, TOOLBAR};
use crate::ui::view::{Around, View, ViewClass, ViewContext};
use crate::ui::widgets::{
    Bar, Button, Line, RowScroll, SearchField, VirtualRows, empty, failed, loading, row,
};

/// Its entry in the registry.
pub static CLASS: ViewClass = ViewClass {
    id: "counts",
    title: "Counts",
    about: "How the events of the query divide: by type, stream, day or any value",
    icon: Icon::Filter,
    around: Around::Log,
    fills: false,
    make: || Box::<CountsView>::default(),
};

/// Widths of the columns with numbers.
const EVENTS: f32 = 90.0;
const SHARE: f32 = 64.0;
/// Share of the width for the names.
const NAMES: f32 = 0.36;

struct CountsView {
    /// What is counted by where the query does not say it.
    by: String,
    /// A path being typed.
    path: String,
    scroll: RowScroll,
}

impl Default for CountsView {
    fn default() -> Self {
        Self { by: "type".to_owned(), path: String::new(), scroll: RowScroll::default() }
    }
}

impl View for CountsView {
    fn ui(&mut self, context: &ViewContext<'_>, ui: &mut Ui) {
        ui.spacing_mut().item_spacing.y = 0.0;
        let stage = context.document.filter.stage.as_ref();
        let own = Group::named(&self.by).ok();
        let group = stage.and_then(|stage| stage.group.clone()).or(own);
        let Some(group) = group else {
            "type".clone_into(&mut self.by);
            return;
        };
        let top = stage.and_then(|stage| stage.top);
        let (answer, is_newest) = context.document.counts(context.engine, &group, context.navigation.range);
        let counted = answer.as_ref().and_then(|answer| answer.result.as_ref().ok());
        self.toolbar(context, ui, &group, counted.map(|counted| &counted.tally));
        match answer.as_ref().map(|answer| &answer.result) {
            None if context.document.query_defect().is_some() => {
                let defect = context.document.query_defect().unwrap_or_default();
                let why = format!("Because of a defect in Sagascope: {defect}");
                failed(ui, "The events cannot be counted", &why, "", "", None);
            }
            None => {
                loading(ui, &format!("Counting by {group}"), None, "");
            }
            Some(Err(problem)) => {
                let why = format!("Because of a defect in Sagascope: {problem}");
                failed(ui, "The events cannot be counted", &why, "", "", None);
            }
            Some(Ok(counted)) if counted.events == 0 => {
                if context.document.filter.is_empty() {
                    empty(ui, "There is no event to count", None);
                } else if empty(ui, "No event matches the query", Some("Clear the query")) {
                    context.send(GoCommand::Filter(String::new()));
                }
            }
            Some(Ok(counted)) => {
                // What is counted anew may be of another kind: it is shown until then, as if out of focus.
                let ui = &mut ui.new_child(UiBuilder::new().max_rect(ui.available_rect_before_wrap()));
                if !is_newest {
                    ui.multiply_opacity(0.5);
                }
                self.list(context, ui, &group, &counted.tally, counted.events, top);
            }
        }
    }

    fn save(&self) -> Value {
        json!({ "by": self.by })
    }

    fn restore(&mut self, saved: &Value) {
        if let Some(by) = saved["by"].as_str().filter(|by| Group::named(by).is_ok()) {
            by.clone_into(&mut self.by);
        }
    }
}

/// How many groups there are, and what it took.
fn words_of(tally: &Tally) -> String {
    let groups = count(tally.groups.len() as u64 + tally.other_groups, "group");
    if tally.read > 0 { format!("{groups}, {} read", count(tally.read, "payload")) } else { groups }
}

impl CountsView {
    fn toolbar(&mut self, context: &ViewContext<'_>, ui: &mut Ui, group: &Group, tally: Option<&Tally>) {
        let t = context.tokens;
        let name = group.to_string();
        let words = tally.map(words_of).unwrap_or_default();
        let bar = Bar::begin(ui, TOOLBAR + 6.0, "counts");
        let mut left = bar.left(ui);
        Line::new().body("Count by", t.muted).show(&mut left);
        let button = left.add(Button::new(&name).trailing(Icon::CaretDown).label("What is counted by"));
        Popup::menu(&button).gap(4.0).show(|ui| {
            ui.set_width(300.0);
            for info in GROUPS.iter().filter(|info| !info.has_path()) {
                if ui.button(format!("{}: {}", info.name, info.says)).clicked() {
                    self.count_by(context, info.name);
                    ui.close();
                }
            }
            ui.add_space(4.0);
            let width = ui.available_width();
            let response =
                SearchField::new("data.status or meta.userId", &mut self.path).query().width(width).show(ui);
            if response.lost_focus() && ui.input(|input| input.key_pressed(egui::Key::Enter)) {
                let path = std::mem::take(&mut self.path);
                match Group::named(&path) {
                    Ok(_) => self.count_by(context, &path),
                    Err(error) => context.send(WindowCommand::Say(error.message)),
                }
                ui.close();
            }
        });
        Line::new().caption(&words, t.muted).show(&mut left);
        let mut right = bar.right(ui, &left);
        let copy = Button::new("Copy").icon(Icon::Copy).label("Copy the counts").enabled(tally.is_some());
        if let (true, Some(tally)) = (right.add(copy).clicked(), tally) {
            context.send(WindowCommand::Copy(as_text(tally)));
        }
        bar.end(ui, &left, &right);
    }

    /// Counts by something else: the stage of the query goes, so that what is chosen here holds.
    fn count_by(&mut self, context: &ViewContext<'_>, by: &str) {
        by.clone_into(&mut self.by);
        self.scroll = RowScroll::default();
        if context.document.filter.stage.is_some() {
            let filter = without_stage(&context.document.filter_text);
            context.send(GoCommand::Filter(filter.to_owned()));
        }
    }

    fn list(
        &mut self,
        context: &ViewContext<'_>,
        ui: &mut Ui,
        group: &Group,
        tally: &Tally,
        events: u64,
        top: Option<usize>,
    ) {
        let largest = tally.groups.iter().map(|(_, events)| *events).max().unwrap_or(1).max(1);
        let shown = top.unwrap_or(usize::MAX).min(tally.groups.len());
        let beyond: u64 = tally.groups[shown..].iter().map(|(_, events)| *events).sum::<u64>() + tally.others;
        let more = (tally.groups.len() - shown) as u64 + tally.other_groups;
        let mut rest: Vec<(String, u64)> = Vec::new();
        if beyond > 0 {
            rest.push((format!("{} more", count(more, "group")), beyond));
        }
        if tally.without > 0 {
            rest.push((format!("without {group}"), tally.without));
        }
        let rows = (shown + rest.len()) as u64;
        VirtualRows::new("counts", "Groups of the query's events", rows)
            .row_height(context.preferences.row_height())
            .show(ui, &mut self.scroll, |ui, number, rect| {
                let at = number as usize;
                if let Some((name, events_of)) = tally.groups[..shown].get(at) {
                    let one = One { name, events: *events_of, of: events, largest, is_group: true };
                    group_row(context, ui, rect, group, &one);
                } else if let Some((name, events_of)) = rest.get(at - shown) {
                    let one = One { name, events: *events_of, of: events, largest, is_group: false };
                    group_row(context, ui, rect, group, &one);
                }
            });
    }
}

/// A line of the list.
struct One<'a> {
    name: &'a str,
    events: u64,
    of: u64,
    largest: u64,
    /// Not the others together.
    is_group: bool,
}

fn group_row(context: &ViewContext<'_>, ui: &mut Ui, rect: Rect, group: &Group, one: &One<'_>) {
    let t = context.tokens;
    let all = u128::from(one.of.max(1));
    let permille = ((u128::from(one.events) * 1_000 + all / 2) / all) as u64;
    let percent = format!("{}.{} %", permille / 10, permille % 10);
    let name = if one.name.is_empty() { "\"\"".to_owned() } else { one_line(one.name) };
    let label = format!("{name}, {}, {percent}", count(one.events, "event"));
    let response = row(ui, rect, &label, false);
    let inner = rect.shrink2(vec2(PAD, 0.0));
    let names = (inner.width() * NAMES).round();
    let color = if one.is_group { t.text } else { t.muted };
    Line::new()
        .mono(&name, color)
        .paint(ui.painter(), Rect::from_x_y_ranges(inner.left()..=inner.left() + names, rect.y_range()));
    let mut left = inner.left() + names + 8.0;
    let column = |left: f32, width: f32| Rect::from_x_y_ranges(left..=left + width, rect.y_range());
    Line::new().mono(&thousands(one.events), color).right().paint(ui.painter(), column(left, EVENTS));
    left += EVENTS + 8.0;
    Line::new().mono(&percent, t.muted).right().paint(ui.painter(), column(left, SHARE));
    left += SHARE + PAD;
    if one.is_group && inner.right() > left {
        let width = ((inner.right() - left) * (one.events as f32 / one.largest as f32)).max(2.0).round();
        let bar = Rect::from_min_max(pos2(left, rect.top() + 5.0), pos2(left + width, rect.bottom() - 5.0));
        let color =
            if group.info.name == "type" { t.family(&crate::model::type_family(one.name)) } else { t.accent };
        ui.painter().rect_filled(bar, RADIUS_CONTROL / 2, color);
    }
    let term = if one.is_group { group_term(group, one.name) } else { None };
    let Some(term) = term else { return };
    let filter = &context.document.filter_text;
    let toggled = |wish| GoCommand::Filter(crate::query::toggled(without_stage(filter), &term, wish));
    if response.clicked() {
        let wish = if ui.input(|input| input.modifiers.command) { Wish::Exclude } else { Wish::Only };
        context.send(toggled(wish));
        context.send(WindowCommand::ShowView("log"));
    }
    response.context_menu(|ui| {
        if ui.button("Only these events").clicked() {
            context.send(toggled(Wish::Only));
        }
        if ui.button("Exclude these events").clicked() {
            context.send(toggled(Wish::Exclude));
        }
        if ui.button("Copy value").clicked() {
            context.send(WindowCommand::Copy(one.name.to_owned()));
        }
    });
    response.on_hover_text(format!("{label}\nClick: only these, Ctrl+click: exclude them"));
}

fn as_text(tally: &Tally) -> String {
    let lines = tally.groups.iter().map(|(name, events)| format!("{events}\t{}\n", one_line(name)));
    lines.collect()
}
