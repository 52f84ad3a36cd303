//! The bar above the lanes: grouping, order, axis, what is seen, and the legend in the room that is left.

use egui::{Align, Layout, Popup, Rect, Role, Sense, Stroke, StrokeKind, Ui, UiBuilder, pos2, vec2};

use super::LanesView;
use super::arrange::{GroupBy, SortBy};
use super::bins::LanesAnswer;
use super::labels::family_as_written;
use super::scale::{Idle, Scale};
use crate::ui::format;
use crate::ui::icons::Icon;
use crate::ui::view::ViewContext;
use crate::ui::widgets::{Button, Line, Mark, icon_button, node, segment};

/// Height of the bar.
pub(super) const BAR: f32 = 40.0;
/// Below this width the words before the choices are left out.
const WIDE: f32 = 1_000.0;
/// Below this width "Idle time cut" is an icon, and "Undo zoom" is left to Ctrl+Z.
const MIDDLE: f32 = 720.0;
/// Below this width the choice of axis is left out as well.
const NARROW: f32 = 500.0;
/// Below this width the order is a menu too.
const NARROWEST: f32 = 380.0;
/// "Fit" is left to the key F where there is less room than this.
const FIT: f32 = 44.0;

impl LanesView {
    /// Draws the bar into `rect`.
    pub(super) fn toolbar_ui(
        &mut self,
        context: &ViewContext<'_>,
        ui: &mut Ui,
        rect: Rect,
        scale: &Scale,
        answer: Option<&LanesAnswer>,
    ) {
        let t = context.tokens;
        let inner = rect.shrink2(vec2(12.0, 0.0));
        let mut left = ui.new_child(
            UiBuilder::new()
                .max_rect(inner)
                .layout(Layout::left_to_right(Align::Center))
                .id_salt("lanes left"),
        );
        left.spacing_mut().item_spacing.x = 8.0;
        self.choices_ui(context, &mut left, rect.width());
        let used = left.min_rect().right() + 12.0;
        let mut right = ui.new_child(
            UiBuilder::new()
                .max_rect(Rect::from_min_max(pos2(used, inner.top()), inner.max))
                .layout(Layout::right_to_left(Align::Center))
                .id_salt("lanes right"),
        );
        right.spacing_mut().item_spacing.x = 4.0;
        if inner.right() - used >= FIT {
            self.view_ui(context, &mut right, scale, rect.width());
        }
        let room =
            Rect::from_min_max(pos2(used, inner.top()), pos2(right.min_rect().left() - 12.0, inner.bottom()));
        if let Some(answer) = answer {
            legend_ui(context, ui, room, answer);
        }
        ui.painter().hline(rect.x_range(), rect.bottom() - 0.5, Stroke::new(1.0, t.line));
    }

    fn choices_ui(&mut self, context: &ViewContext<'_>, ui: &mut Ui, width: f32) {
        let t = context.tokens;
        let wide = width >= WIDE;
        if wide {
            Line::new().body("Group by", t.muted).show(ui);
        }
        let name =
            |group: GroupBy| GroupBy::ALL.iter().find(|(one, _)| *one == group).map_or("", |(_, name)| name);
        let shown = name(self.options.group_by);
        let label = format!("Group by {shown}");
        let response = ui.add(Button::new(shown).trailing(Icon::CaretDown).label(&label));
        Popup::menu(&response).show(|ui| {
            for (group, name) in GroupBy::ALL {
                if ui.selectable_label(self.options.group_by == group, name).clicked() {
                    self.options.group_by = group;
                    self.more.clear();
                }
            }
        });
        response.on_hover_text("What makes a group of lanes");
        if wide {
            Line::new().body("Sort by", t.muted).show(ui);
        }
        if width >= NARROWEST {
            segment(ui, "Sort by", &mut self.options.sort, &SortBy::ALL);
        } else {
            let shown =
                SortBy::ALL.iter().find(|(one, _)| *one == self.options.sort).map_or("", |(_, name)| name);
            let label = format!("Sort by {shown}");
            let button = ui.add(Button::new(shown).trailing(Icon::CaretDown).label(&label));
            Popup::menu(&button).show(|ui| {
                for (sort, name) in SortBy::ALL {
                    if ui.selectable_label(self.options.sort == sort, name).clicked() {
                        self.options.sort = sort;
                    }
                }
            });
            button.on_hover_text("The order of the lanes");
        }
        if context.document.open.axis.is_empty() || width < NARROW {
            return;
        }
        segment(ui, "Axis", &mut self.options.by_rank, &[(false, "Time"), (true, "Rank")]);
        if self.options.by_rank {
            return;
        }
        let (word, hint) = match self.idle {
            Idle::Cut => ("Idle time cut", "Show the idle time that is cut out of the axis"),
            Idle::Restored(_) => ("Cut idle time again", "Cut the stretches out that were shown again"),
            Idle::Kept => ("Idle time shown", "Cut idle time out of the axis"),
        };
        let response = if width >= MIDDLE {
            ui.add(Button::ghost(word).icon(Icon::Zigzag)).on_hover_text(hint)
        } else {
            icon_button(ui, Icon::Zigzag, hint)
        };
        if response.clicked() {
            self.idle = if self.idle == Idle::Cut { Idle::Kept } else { Idle::Cut };
        }
    }

    /// Buttons for what is seen, from the right.
    fn view_ui(&mut self, context: &ViewContext<'_>, ui: &mut Ui, scale: &Scale, width: f32) {
        if ui.add(Button::ghost("Fit")).on_hover_text("Show everything the filter leaves (F)").clicked() {
            self.zoom.fit(self.now, &self.limits);
        }
        let undo = Button::ghost("Undo zoom").enabled(self.zoom.can_undo());
        if width < MIDDLE {
            return;
        }
        if ui.add(undo).on_hover_text("Back to what was seen before (Ctrl+Z)").clicked() {
            self.zoom.undo();
        }
        if let (Some(range), Scale::Time(axis)) = (context.navigation.range, scale)
            && ui
                .add(Button::ghost("Zoom to range"))
                .on_hover_text("Show the stretch brushed in the time panel")
                .clicked()
        {
            self.zoom_to(axis.units_of(range.0), axis.units_of(range.1));
        }
    }
}

/// What the colours and shapes mean, as far as there is room from the right.
fn legend_ui(context: &ViewContext<'_>, ui: &Ui, room: Rect, answer: &LanesAnswer) {
    let t = context.tokens;
    let log = context.log();
    let mut entries: Vec<(Key, String)> = Vec::new();
    for entry in &answer.legend {
        let info = log.event_type(entry.of_type);
        let family = format::one_line(family_as_written(&info.name, &info.family));
        entries.push((Key::Family(t.family(&info.family)), family));
    }
    let families = entries.len();
    if answer.has_failures {
        entries.push((Key::Failure, "failure".to_owned()));
    }
    if context.navigation.is_in_past(log) {
        entries.push((Key::After, "after the playhead".to_owned()));
    }
    if let Some(row) = context.navigation.selected.filter(|row| log.contains(*row)) {
        if log.event(row).cause.is_some() {
            entries.push((Key::Cause, "cause".to_owned()));
        }
        entries.push((Key::Effect, "effect".to_owned()));
    }
    let label =
        format!("Legend: {}", entries.iter().map(|(_, name)| name.as_str()).collect::<Vec<_>>().join(", "));
    let painter = ui.painter();
    let width = |(key, name): &(Key, String)| {
        key.width() + 6.0 + Line::new().caption(name, t.muted).width(painter).ceil() + 14.0
    };
    // Families first, the rest where there is room; what is left out is told on hover.
    let mut shown = 0;
    let mut used = 0.0;
    for entry in &entries {
        used += width(entry);
        if used > room.width() - 24.0 && entries.len() > shown {
            used -= width(entry);
            break;
        }
        shown += 1;
    }
    if shown == 0 {
        return;
    }
    let rest = entries.len() - shown;
    let mut x = (room.right() - used - if rest > 0 { 24.0 } else { 0.0 }).max(room.left());
    let whole = Rect::from_min_max(pos2(x, room.top()), room.max);
    for (n, (key, name)) in entries.iter().take(shown).enumerate() {
        if n == families && n > 0 {
            painter.vline(
                x - 7.0,
                room.center().y - 7.0..=room.center().y + 7.0,
                Stroke::new(1.0, t.line_strong),
            );
        }
        key.paint(context, painter, pos2(x, room.center().y));
        x += key.width() + 6.0;
        let words = Rect::from_x_y_ranges(x..=room.right(), room.y_range());
        let written = Line::new().caption(name, t.muted).paint(painter, words);
        x += written.rect.width().ceil() + 14.0;
    }
    if rest > 0 {
        let words = Rect::from_x_y_ranges(x - 4.0..=room.right(), room.y_range());
        Line::new().caption(&format!("+{rest}"), t.faint).paint(painter, words);
    }
    let response = node(ui, whole, ui.scope_id().with("lanes legend"), Sense::hover(), Role::Label, &label);
    if rest > 0 {
        response.on_hover_text(label);
    }
}

/// A shape of the legend.
#[derive(Clone, Copy)]
enum Key {
    Family(egui::Color32),
    Failure,
    After,
    Cause,
    Effect,
}

impl Key {
    fn width(self) -> f32 {
        if matches!(self, Self::Cause | Self::Effect) { 20.0 } else { 8.0 }
    }

    fn paint(self, context: &ViewContext<'_>, painter: &egui::Painter, left: egui::Pos2) {
        let t = context.tokens;
        let middle = left + vec2(4.0, 0.0);
        match self {
            Self::Family(color) => {
                Mark { color, hollow: false, failed: false, side: 8.0 }.paint(painter, middle);
            }
            Self::Failure => {
                let square = Rect::from_center_size(middle, vec2(9.0, 9.0));
                Icon::Cross.paint(painter, square, t.removed());
            }
            Self::After => {
                let square = Rect::from_center_size(middle, vec2(8.0, 8.0));
                painter.rect_stroke(square, 2, Stroke::new(1.5, t.muted), StrokeKind::Inside);
            }
            Self::Cause | Self::Effect => {
                let stroke = Stroke::new(1.5, t.accent);
                let tip = left + vec2(20.0, 0.0);
                let line = [left, tip - vec2(6.0, 0.0)];
                if matches!(self, Self::Cause) {
                    painter.line_segment(line, stroke);
                } else {
                    painter.extend(egui::Shape::dashed_line(&line, stroke, 4.0, 3.0));
                }
                let head = vec![tip, tip - vec2(6.0, 3.0), tip - vec2(6.0, -3.0)];
                painter.add(egui::Shape::convex_polygon(head, t.accent, Stroke::NONE));
            }
        }
    }
}
