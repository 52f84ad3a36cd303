//! The left panel: faults that are armed, cards of those that can be, and the protections as switches.

use egui::{Rect, Response, Role, Sense, Stroke, StrokeKind, Ui, pos2, vec2};

use super::{below_ui, head_ui, row_rect, rule};
use crate::sim::faults::{FAULTS, FaultGroup, FaultInfo, FaultKind, PROTECTIONS};
use crate::sim::{ArmedFault, Fault};
use crate::ui::command::SimulationCommand;
use crate::ui::icons::Icon;
use crate::ui::theme::{PAD, RADIUS_CONTROL, SECTION, body, caption};
use crate::ui::view::ViewContext;
use crate::ui::views::simulator::look;
use crate::ui::widgets::section::section;
use crate::ui::widgets::{Line, focus_ring, icon_button, node, switch};

/// Height of a card.
const CARD: f32 = 30.0;
/// Heights of an armed fault in one line, and in two where the panel is narrow.
const ONE_LINE: f32 = 22.0;
const TWO_LINES: f32 = 38.0;
/// Room for the count of hits and for what removes an armed fault.
const HITS: f32 = 46.0;
const REMOVE: f32 = 20.0;
/// Where the words of an armed fault begin, behind its icon.
const INDENT: f32 = 20.0;
/// Letters of a card, and of one whose group has no room for them.
const CARD_FONT: f32 = 12.0;
const CARD_FONT_SMALL: f32 = 11.0;
/// Rows that the sentence below a protection may have.
const SENTENCE_ROWS: usize = 5;

pub(in crate::ui::panels) fn faults_ui(context: &ViewContext<'_>, ui: &mut Ui) {
    let Some(simulation) = &context.document.simulation else { return };
    let hints = match simulation.holding {
        Some(_) => ["now click a step or a message", "now click a step"],
        None => ["drag onto a step or a message", "drag onto a step"],
    };
    let below = head_ui(context, ui, "Faults", &hints);
    below_ui(ui, below, |ui| {
        armed_ui(context, ui);
        rule(context, ui);
        cards_ui(context, simulation.holding, ui);
        rule(context, ui);
        protections_ui(context, ui);
    });
    ui.advance_cursor_after_rect(ui.max_rect());
}

/// The armed ones as the frame knows them; before there is one, those of the recipe.
fn armed(context: &ViewContext<'_>) -> Vec<ArmedFault> {
    if let Some(frame) = context.document.frame() {
        return frame.faults.clone();
    }
    let recipe = context.document.simulation.as_ref().map(|simulation| &simulation.request.recipe);
    let faults = recipe.map(|recipe| &*recipe.faults).unwrap_or_default();
    let armed = faults.iter().map(|fault| ArmedFault {
        fault: fault.to_string(),
        on: true,
        hits: 0,
        first_hit: None,
    });
    armed.collect()
}

fn armed_ui(context: &ViewContext<'_>, ui: &mut Ui) {
    let t = context.tokens;
    let armed = armed(context);
    let count = armed.iter().filter(|fault| fault.on).count();
    section(ui, "Armed", "", &count.to_string());
    if armed.is_empty() {
        let rect = row_rect(ui, 22.0);
        Line::new().body("Nothing: the happy path", t.muted).paint(ui.painter(), rect);
    }
    let width = ui.available_width() - 2.0 * PAD;
    let fits = |fault: &ArmedFault| {
        let (place, what) = place_and_what(&fault.fault);
        let line = Line::new().body(place, t.text).gap(6.0).mono_small(what, t.muted);
        line.width(ui.painter()) <= width - INDENT - HITS - REMOVE
    };
    let in_one_line = armed.iter().all(fits);
    for (at, fault) in armed.iter().enumerate() {
        ui.push_id(("armed", at), |ui| armed_row(context, fault, in_one_line, ui));
    }
}

/// `process-payment/undo` and `lost` of `process-payment/undo:lost`.
fn place_and_what(fault: &str) -> (&str, &str) {
    fault.split_once(':').unwrap_or((fault, ""))
}

/// What is armed where: side by side, or where that has no room the step above and what goes wrong below.
fn armed_row(context: &ViewContext<'_>, armed: &ArmedFault, in_one_line: bool, ui: &mut Ui) {
    let t = context.tokens;
    let rect = row_rect(ui, if in_one_line { ONE_LINE } else { TWO_LINES });
    let Ok(fault) = Fault::parse(&armed.fault) else { return };
    let (place, what) = place_and_what(&armed.fault);
    let hits = match (armed.on, armed.hits) {
        (false, hits) => format!("off, {}", count(hits)),
        (true, hits) => count(hits),
    };
    let label = format!("{place} {what}, {hits}");
    let whole = rect.expand2(vec2(PAD, 0.0));
    let response = node(ui, whole, ui.scope_id().with("row"), Sense::hover(), Role::ListItem, &label);
    if response.contains_pointer() {
        ui.painter().rect_filled(whole, 0, t.hover());
    }
    let color = if armed.on { t.accent } else { t.faint };
    let line = |top: f32| Rect::from_min_size(pos2(rect.left(), top), vec2(rect.width(), 18.0));
    let first = if in_one_line { rect } else { line(rect.top() + 2.0) };
    let icon = Rect::from_center_size(pos2(rect.left() + 6.0, first.center().y), vec2(12.0, 12.0));
    look::fault_icon(fault.kind).paint(ui.painter(), icon, color);
    let text = if armed.on { t.text } else { t.faint };
    let hits_line = Line::new().caption(&hits, t.muted).right();
    let words = first.with_min_x(rect.left() + INDENT).with_max_x(rect.right() - REMOVE);
    let painted = if in_one_line {
        let tail = Rect::from_min_max(pos2(rect.right() - HITS - REMOVE, rect.top()), words.max);
        hits_line.paint(ui.painter(), tail);
        Line::new().body(place, text).gap(6.0).mono_small(what, t.muted).paint(ui.painter(), words)
    } else {
        // The message of the step stands below with what becomes of it: the step's own name has the line.
        let (step, leg) = place.split_once('/').unwrap_or((place, ""));
        let second = line(rect.top() + 18.0).with_min_x(words.left()).with_max_x(words.right());
        let counted = hits_line.paint(ui.painter(), second);
        let below = if leg.is_empty() { what.to_owned() } else { format!("{leg}: {what}") };
        let room = second.with_max_x(counted.rect.left() - 6.0);
        let lower = Line::new().mono_small(&below, t.muted).paint(ui.painter(), room);
        let upper = Line::new().body(step, text).paint(ui.painter(), words);
        if lower.elided { lower } else { upper }
    };
    if armed.on {
        let place = Rect::from_center_size(pos2(rect.right() - 6.0, first.center().y), vec2(20.0, 20.0));
        let mut inner = ui.new_child(egui::UiBuilder::new().max_rect(place).id_salt("remove"));
        if icon_button(&mut inner, Icon::Close, &format!("Remove {}", armed.fault)).clicked() {
            context.send(SimulationCommand::Disarm(fault.clone()));
        }
    }
    let about = fault.kind.info().sentence;
    let about = if painted.elided { format!("{}\n{about}", armed.fault) } else { about.to_owned() };
    response.on_hover_text(about);
}

fn count(hits: u32) -> String {
    if hits == 1 { "1 hit".to_owned() } else { format!("{hits} hits") }
}

fn cards_ui(context: &ViewContext<'_>, holding: Option<FaultKind>, ui: &mut Ui) {
    let t = context.tokens;
    let armed: Vec<FaultKind> = armed(context)
        .iter()
        .filter(|armed| armed.on)
        .filter_map(|armed| Some(Fault::parse(&armed.fault).ok()?.kind))
        .collect();
    for group in FaultGroup::ALL {
        let rect = row_rect(ui, 24.0);
        Line::new().caption(group.title(), t.faint).paint(ui.painter(), rect);
        node(ui, rect, ui.scope_id().with(group.title()), Sense::hover(), Role::Heading, group.title());
        let infos: Vec<&FaultInfo> = FAULTS.iter().filter(|info| info.group == group).collect();
        let form = CardForm::of(&infos, (ui.available_width() - 2.0 * PAD - 4.0) / 2.0, ui);
        for pair in infos.chunks(2) {
            let rect = row_rect(ui, CARD);
            let width = (rect.width() - 4.0) / 2.0;
            for (at, info) in pair.iter().enumerate() {
                let left = rect.left() + at as f32 * (width + 4.0);
                let place = Rect::from_min_size(pos2(left, rect.top()), vec2(width, CARD));
                let is_armed = armed.contains(&info.kind);
                card_ui(context, info, place, form, (is_armed, holding == Some(info.kind)), ui);
            }
            ui.add_space(4.0);
        }
    }
}

/// How the cards of a group look: all of them alike.
#[derive(Clone, Copy)]
struct CardForm {
    has_icon: bool,
    size: f32,
}

impl CardForm {
    /// Where not all have the room, first the letters become smaller; then the icons go, for the words say more.
    fn of(infos: &[&FaultInfo], width: f32, ui: &Ui) -> Self {
        let widest = |size: f32| {
            let font = egui::FontId { size, ..body() };
            let widths = infos.iter().map(|info| {
                let line = Line::new().piece(info.title, font.clone(), egui::Color32::PLACEHOLDER);
                line.width(ui.painter())
            });
            widths.fold(0.0, f32::max)
        };
        let forms =
            [(true, CARD_FONT), (true, CARD_FONT_SMALL), (false, CARD_FONT), (false, CARD_FONT_SMALL)];
        let forms = forms.map(|(has_icon, size)| Self { has_icon, size });
        let fits = |form: &Self| widest(form.size) <= width - form.indent() - 4.0;
        let [.., smallest] = forms;
        forms.into_iter().find(fits).unwrap_or(smallest)
    }

    /// Where the words begin.
    fn indent(self) -> f32 {
        match (self.has_icon, self.size < CARD_FONT) {
            (true, false) => 28.0,
            (true, true) => 25.0,
            (false, _) => 8.0,
        }
    }
}

/// A card: to click, and then a step; or to drag onto a step, a message or a service.
fn card_ui(
    context: &ViewContext<'_>,
    info: &'static FaultInfo,
    rect: Rect,
    form: CardForm,
    (armed, held): (bool, bool),
    ui: &mut Ui,
) -> Response {
    let t = context.tokens;
    let id = ui.scope_id().with(("card", info.name));
    let label = format!("Fault {}", info.title);
    let response = ui.interact(rect, id, Sense::click_and_drag());
    response.widget_info(|| egui::WidgetInfo::selected(Role::Button, true, held || armed, &label));
    response.dnd_set_drag_payload(info.kind);
    let painter = ui.painter();
    let (fill, border) = match (held, armed, response.hovered()) {
        (true, _, _) => (t.selection, Stroke::new(2.0, t.accent)),
        (_, true, _) => (t.selection, Stroke::new(1.0, t.accent)),
        (_, _, true) => (t.raised, Stroke::new(1.0, t.line_strong)),
        _ => (t.raised, Stroke::new(1.0, t.raised)),
    };
    painter.rect(rect, RADIUS_CONTROL, fill, border, StrokeKind::Inside);
    if form.has_icon {
        let x = rect.left() + form.indent() - 13.0;
        let icon = Rect::from_center_size(pos2(x, rect.center().y), vec2(12.0, 12.0));
        let tint = if held || armed { t.accent } else { t.muted };
        look::fault_icon(info.kind).paint(painter, icon, tint);
    }
    let words = Rect::from_min_max(
        pos2(rect.left() + form.indent(), rect.top()),
        pos2(rect.right() - 2.0, rect.bottom()),
    );
    let font = egui::FontId { size: form.size, ..body() };
    Line::new().piece(info.title, font, t.text).paint(painter, words);
    focus_ring(ui, rect, RADIUS_CONTROL, &response);
    if response.dragged() {
        ghost_ui(context, info, ui);
    }
    if response.clicked() {
        context.send(SimulationCommand::Hold((!held).then_some(info.kind)));
    }
    let response = response.on_hover_cursor(egui::CursorIcon::Grab);
    response.on_hover_text(format!("{}\nClick it and then a step, or drag it", info.sentence))
}

/// The card under the pointer while it is dragged.
fn ghost_ui(context: &ViewContext<'_>, info: &FaultInfo, ui: &Ui) {
    let Some(at) = ui.ctx().pointer_interact_pos() else { return };
    let t = context.tokens;
    let layer = egui::LayerId::new(egui::Order::Tooltip, ui.scope_id().with("ghost"));
    let painter = ui.ctx().layer_painter(layer);
    let line = Line::new().piece(info.title, caption(), t.text);
    let rect = Rect::from_min_size(at + vec2(10.0, 8.0), vec2(line.width(&painter) + 34.0, 24.0));
    painter.rect(rect, RADIUS_CONTROL, t.selection, Stroke::new(1.0, t.accent), StrokeKind::Inside);
    let icon = Rect::from_center_size(pos2(rect.left() + 13.0, rect.center().y), vec2(12.0, 12.0));
    look::fault_icon(info.kind).paint(&painter, icon, t.accent);
    line.paint(&painter, rect.with_min_x(rect.left() + 25.0));
}

fn protections_ui(context: &ViewContext<'_>, ui: &mut Ui) {
    let t = context.tokens;
    let Some(simulation) = &context.document.simulation else { return };
    section(ui, "Protections", "", "");
    let head = ui.cursor().top() - SECTION;
    let (left, right) = (ui.max_rect().left() + 100.0, ui.max_rect().right() - PAD);
    let hint = Rect::from_min_max(pos2(left, head), pos2(right.max(left), head + SECTION));
    let words = Line::new().caption("switch one off to see why", t.faint).right();
    if words.width(ui.painter()) <= hint.width() {
        words.paint(ui.painter(), hint);
    }
    for info in PROTECTIONS {
        let mut on = match &simulation.frame {
            Some(frame) => frame.world.protects(info.protection),
            None => simulation.request.recipe.protects(info.protection),
        };
        let (words, color) = if on { (info.sentence, t.faint) } else { (info.without, t.past) };
        let said = Line::new().caption(words, color).rows(SENTENCE_ROWS);
        let height = said.height(ui.painter(), ui.available_width() - 2.0 * PAD);
        let rect = row_rect(ui, 26.0 + height);
        let upper = Rect::from_min_size(rect.min, vec2(rect.width() - 60.0, 20.0));
        Line::new().body(info.title, t.text).paint(ui.painter(), upper);
        let lower = Rect::from_min_size(pos2(rect.left(), rect.top() + 20.0), vec2(rect.width(), height));
        let painted = said.paint(ui.painter(), lower);
        let words_id = ui.scope_id().with((info.name, "words"));
        let shown = node(ui, painted.rect, words_id, Sense::hover(), Role::Label, words);
        shown.on_hover_text(if on {
            format!("Without it: {}", info.without)
        } else {
            info.without.to_owned()
        });
        let place = Rect::from_center_size(pos2(rect.right() - 13.0, rect.top() + 10.0), vec2(26.0, 14.0));
        let word = Rect::from_min_max(
            pos2(place.left() - 30.0, rect.top()),
            pos2(place.left() - 6.0, rect.top() + 20.0),
        );
        let state = if on { "on" } else { "off" };
        Line::new().caption(state, t.muted).right().paint(ui.painter(), word);
        let mut inner = ui.new_child(egui::UiBuilder::new().max_rect(place).id_salt(info.name));
        if switch(&mut inner, &mut on, info.title).changed() {
            context.send(SimulationCommand::Protect(info.protection, on));
        }
    }
}
