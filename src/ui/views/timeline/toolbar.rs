//! The bar above the timeline: one saga or all, the critical path in words, zoom, copying and saving.

use egui::{Align, Layout, Rect, Role, Sense, Stroke, Ui, UiBuilder, pos2, vec2};

use super::TimelineView;
use super::out::Out;
use super::picture::{Lines, Picture};
use crate::saga::gantt;
use crate::ui::app::sagas::Sagas;
use crate::ui::format::{count, middle};
use crate::ui::icons::Icon;
use crate::ui::theme::PAD;
use crate::ui::view::ViewContext;
use crate::ui::views::actions::{Action, actions_ui};
use crate::ui::widgets::{Line, node, segment};

/// From this width on, there is room for the ways to sort.
const WIDE: f32 = 620.0;
/// Room that the words on the critical path keep beside the buttons.
const WORDS: f32 = 640.0;

impl TimelineView {
    pub(super) fn toolbar_ui(
        &mut self,
        context: &ViewContext<'_>,
        sagas: &Sagas,
        picture: Option<&Picture>,
        ui: &mut Ui,
        rect: Rect,
    ) {
        let t = context.tokens;
        ui.painter().hline(rect.x_range(), rect.bottom() - 0.5, Stroke::new(1.0, t.line));
        let inner = rect.shrink2(vec2(PAD, 0.0));
        let layout = Layout::left_to_right(Align::Center);
        let mut bar = ui.new_child(UiBuilder::new().max_rect(inner).layout(layout).id_salt("timeline bar"));
        bar.spacing_mut().item_spacing.x = 8.0;
        segment(&mut bar, "Show", &mut self.all, &[(false, "One saga"), (true, "All sagas")]);
        if self.all && rect.width() >= WIDE {
            let sorts = [("age", "First"), ("outcome", "Outcome"), ("duration", "Longest")];
            segment(&mut bar, "Sort by", &mut self.sort, &sorts);
        }
        let left = bar.min_rect().right() + 8.0;
        let room = Rect::from_min_max(pos2(left, inner.top()), inner.max);
        let right = self.view_ui(context, sagas, picture, ui, room);
        let words = match picture.map(|picture| &picture.lines) {
            Some(Lines::One(one)) => {
                let path = gantt::path_words(&sagas.survey, context.log(), &one.timeline);
                format!("{}  {path}", middle(&one.page.title, 24))
            }
            Some(Lines::All(all)) => count(all.list.len() as u64, "saga"),
            None => return,
        };
        let mut place = Rect::from_min_max(pos2(left + 4.0, rect.top()), pos2(right - 8.0, rect.bottom()));
        if place.width() <= 80.0 {
            return;
        }
        if matches!(picture.map(|picture| &picture.lines), Some(Lines::One(_))) {
            // What the line in the picture is.
            let swatch = place.left()..=place.left() + 14.0;
            ui.painter().hline(swatch, rect.center().y, Stroke::new(2.0, t.accent));
            place.min.x += 20.0;
        }
        let painted = Line::new().caption(&words, t.muted).paint(ui.painter(), place);
        let id = ui.scope_id().with("timeline words");
        node(ui, painted.rect, id, Sense::hover(), Role::Label, &words).on_hover_text(&words);
    }

    /// Zoom, cuts and what goes out, at the right; where they begin.
    fn view_ui(
        &mut self,
        context: &ViewContext<'_>,
        sagas: &Sagas,
        picture: Option<&Picture>,
        ui: &mut Ui,
        room: Rect,
    ) -> f32 {
        let is_one = picture.map(|picture| matches!(picture.lines, Lines::One(_)));
        let actions = actions(is_one, self.zoom.can_undo(), !self.restored.is_empty());
        // What is said of the critical path has the rest.
        let room = room.with_min_x(room.left() + (room.width() * 0.45).min(WORDS));
        let (act, left) = actions_ui(ui, room, &actions, "More: copy, save");
        match act {
            Some(Act::Fit) => self.zoom.fit(self.now, &self.limits),
            Some(Act::UndoZoom) => _ = self.zoom.undo(),
            Some(Act::CutAgain) => self.restored.clear(),
            Some(Act::Out(out)) => self.make(context, sagas, out, ui.visuals().dark_mode),
            None => {}
        }
        left
    }
}

/// What can be done with what is seen.
#[derive(Clone, Copy)]
enum Act {
    Fit,
    UndoZoom,
    CutAgain,
    Out(Out),
}

/// The most wanted first; `is_one` says whether it is of one saga, once it is drawn.
fn actions(is_one: Option<bool>, can_undo: bool, has_restored: bool) -> Vec<Action<'static, Act>> {
    let action = |words: &'static str, name: &str, about, act| Action {
        words,
        icon: None,
        about,
        choices: vec![(name.to_owned(), act)],
        is_on: false,
        enabled: true,
    };
    let mut actions = vec![action("Fit", "Fit", "Show all of it (F)", Act::Fit)];
    let undo = action("Undo zoom", "Undo zoom", "Back to what was seen before (Ctrl+Z)", Act::UndoZoom);
    actions.push(Action { enabled: can_undo, ..undo });
    if has_restored {
        let about = "Idle stretches that were restored are cut out again";
        let cut = action("Cut idle time again", "Cut idle time again", about, Act::CutAgain);
        actions.push(Action { icon: Some(Icon::Zigzag), ..cut });
    }
    let Some(is_one) = is_one else { return actions };
    let out = |name: &str, out| (name.to_owned(), Act::Out(out));
    let about = "Copy the timeline as text";
    let copy = action("Copy as text", "Copy timeline as text", about, Act::Out(Out::Text));
    actions.push(Action { icon: Some(Icon::Copy), ..copy });
    let about = "Save the timeline as a picture";
    let save = action("Save", "Save timeline as SVG…", about, Act::Out(Out::Svg));
    let choices = vec![out("Save timeline as SVG…", Out::Svg), out("Save timeline as PNG…", Out::Png)];
    actions.push(Action { choices, ..save });
    if is_one {
        let about = "Copy the timeline as Mermaid text";
        actions.push(action("Mermaid", "Copy timeline as Mermaid", about, Act::Out(Out::Mermaid)));
    }
    actions
}
