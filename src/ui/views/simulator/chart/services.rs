//! The names of the lanes, and stopping and restarting what they stand for.

use egui::{Rect, Role, Sense, Ui, pos2, vec2};

use super::{NAMES, Plot};
use crate::sim::Act;
use crate::ui::command::SimulationCommand;
use crate::ui::icons::Icon;
use crate::ui::theme::{Outcome, PAGE, RADIUS_CONTROL, body};
use crate::ui::views::simulator::menus;
use crate::ui::widgets::{Line, focus_ring, node};

pub(super) fn services_ui(plot: &Plot<'_>, ui: &mut Ui, rect: Rect) {
    for (lane, name) in plot.scene.lanes.iter().enumerate() {
        ui.push_id(("service", lane), |ui| service_ui(plot, ui, rect, lane, name));
    }
}

fn service_ui(plot: &Plot<'_>, ui: &mut Ui, rect: Rect, lane: usize, name: &str) {
    let t = plot.context.tokens;
    let Some(service) = plot.frame.services.iter().find(|service| service.name == name) else { return };
    let y = plot.y(lane);
    let place = Rect::from_min_max(
        pos2(rect.left() + PAGE - 4.0, y - 13.0),
        pos2(rect.left() + NAMES - 4.0, y + 13.0),
    );
    let mut label = format!("{name}, {}", if service.up { "up" } else { "down" });
    if service.inbox > 0 {
        label = format!("{label}, {} in its inbox", service.inbox);
    }
    if let Some(hand) = &service.in_hand {
        label = format!("{label}, works on {hand}");
    }
    let response = node(ui, place, ui.scope_id().with("name"), Sense::click(), Role::Button, &label);
    let dragged = egui::DragAndDrop::has_payload_of_type::<crate::sim::faults::FaultKind>(ui.ctx());
    if response.contains_pointer() {
        let fill = if dragged { t.selection } else { t.hover() };
        ui.painter().rect_filled(place, RADIUS_CONTROL, fill);
    }
    focus_ring(ui, place, RADIUS_CONTROL, &response);
    let used = plot.scene.moves.iter().any(|it| it.to == lane || it.from == Some(lane));
    let down = t.outcome(Outcome::Failed).color;
    let color = match (service.up, used) {
        (false, _) => down,
        (true, true) => t.text,
        (true, false) => t.muted,
    };
    let words =
        Rect::from_min_max(pos2(place.left() + 4.0, place.top()), pos2(place.right() - 18.0, place.bottom()));
    Line::new().piece(name, body(), color).paint(ui.painter(), words);
    menus::service_menu(plot.context, plot.frame, name, service.up, &response);
    let button = Rect::from_center_size(pos2(place.right() - 9.0, y), vec2(18.0, 20.0));
    let (icon, verb) = if service.up { (Icon::Pause, "Stop") } else { (Icon::Play, "Restart") };
    let label = format!("{verb} {name}");
    let press = node(ui, button, ui.scope_id().with("stop"), Sense::click(), Role::Button, &label);
    if !service.up || response.contains_pointer() || press.contains_pointer() || press.has_focus() {
        let color = if press.hovered() { t.text } else { t.muted };
        icon.paint(ui.painter(), Rect::from_center_size(button.center(), vec2(10.0, 10.0)), color);
    }
    focus_ring(ui, button, RADIUS_CONTROL, &press);
    if press.clicked() {
        let name = name.to_owned();
        let act = if service.up { Act::Stop(name) } else { Act::Start(name) };
        plot.context.send(SimulationCommand::Act(act));
    }
    press.on_hover_text(label);
    if !service.up {
        let words =
            if service.inbox > 0 { format!("down, {} wait", service.inbox) } else { "down".to_owned() };
        let below = Rect::from_min_max(pos2(place.left() + 4.0, y + 8.0), pos2(place.right(), y + 24.0));
        Line::new().caption(&words, down).paint(ui.painter(), below);
    }
}
