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
/// What the place of an armed fault needs to be told at all.
const PLACE_MIN: f32 = 24.0;

pub(in crate::ui::panels) fn faults_ui(context: &ViewContext<'_>, ui: &mut Ui) {
    let Some(simulation) = &context.document.simulation else { return };
    let hint = match simulation.holding {
        Some(_) => "now click a step or a message",
        None => "drag onto a step or a message",
    };
    let below = head_ui(context, ui, "Faults", hint);
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
    for (at, fault) in armed.iter().enumerate() {
        ui.push_id(("armed", at), |ui| armed_row(context, fault, ui));
    }
}

fn armed_row(context: &ViewContext<'_>, armed: &ArmedFault, ui: &mut Ui) {
    let t = context.tokens;
    let rect = row_rect(ui, 22.0);
    let Ok(fault) = Fault::parse(&armed.fault) else { return };
    let (place, what) = armed.fault.split_once(':').unwrap_or((&armed.fault, ""));
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
    let icon = Rect::from_center_size(pos2(rect.left() + 6.0, rect.center().y), vec2(12.0, 12.0));
    look::fault_icon(fault.kind).paint(ui.painter(), icon, color);
    let words =
        Rect::from_min_max(pos2(rect.left() + 20.0, rect.top()), pos2(rect.right() - 66.0, rect.bottom()));
    let text = if armed.on { t.text } else { t.faint };
    // What goes wrong tells one from the other; where it does gives way.
    let what_line = Line::new().mono_small(what, t.muted);
    let room = words.width() - what_line.width(ui.painter()).ceil() - 6.0;
    let place_line = Line::new().body(place, text);
    let painted = if room > PLACE_MIN {
        let upto = place_line.paint(ui.painter(), words.with_max_x(words.left() + room));
        what_line.paint(ui.painter(), words.with_min_x(upto.rect.right() + 6.0));
        upto
    } else {
        place_line.gap(6.0).mono_small(what, t.muted).paint(ui.painter(), words)
    };
    let tail = Rect::from_min_max(pos2(words.right(), rect.top()), pos2(rect.right() - 20.0, rect.bottom()));
    Line::new().caption(&hits, t.muted).right().paint(ui.painter(), tail);
    if armed.on {
        let place = Rect::from_center_size(pos2(rect.right() - 6.0, rect.center().y), vec2(20.0, 20.0));
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
        for pair in infos.chunks(2) {
            let rect = row_rect(ui, CARD);
            let width = (rect.width() - 4.0) / 2.0;
            for (at, info) in pair.iter().enumerate() {
                let left = rect.left() + at as f32 * (width + 4.0);
                let place = Rect::from_min_size(pos2(left, rect.top()), vec2(width, CARD));
                let is_armed = armed.contains(&info.kind);
                card_ui(context, info, place, is_armed, holding == Some(info.kind), ui);
            }
            ui.add_space(4.0);
        }
    }
}

/// A card: to click, and then a step; or to drag onto a step, a message or a service.
fn card_ui(
    context: &ViewContext<'_>,
    info: &'static FaultInfo,
    rect: Rect,
    armed: bool,
    held: bool,
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
    let font = egui::FontId { size: 12.0, ..body() };
    let line = Line::new().piece(info.title, font, t.text);
    // Where both have no room, the words say more than the icon.
    let fits = line.width(painter) <= rect.width() - 28.0 - 4.0;
    if fits {
        let icon = Rect::from_center_size(pos2(rect.left() + 15.0, rect.center().y), vec2(12.0, 12.0));
        let tint = if held || armed { t.accent } else { t.muted };
        look::fault_icon(info.kind).paint(painter, icon, tint);
    }
    let left = rect.left() + if fits { 28.0 } else { 8.0 };
    line.paint(painter, Rect::from_min_max(pos2(left, rect.top()), pos2(rect.right() - 2.0, rect.bottom())));
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
        let rect = row_rect(ui, 40.0);
        let mut on = match &simulation.frame {
            Some(frame) => frame.world.protects(info.protection),
            None => simulation.request.recipe.protects(info.protection),
        };
        let upper = Rect::from_min_size(rect.min, vec2(rect.width() - 60.0, 20.0));
        Line::new().body(info.title, t.text).paint(ui.painter(), upper);
        let lower =
            Rect::from_min_max(pos2(rect.left(), rect.top() + 19.0), pos2(rect.right(), rect.bottom() - 3.0));
        let (words, color) = if on { (info.sentence, t.faint) } else { (info.without, t.past) };
        let painted = Line::new().caption(words, color).paint(ui.painter(), lower);
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
