//! The centre: views as tabs and tiles, dragged and closed at will.

use std::collections::BTreeMap;

use egui::{Align2, Color32, Rect, Response, Sense, Stroke, Ui, WidgetInfo, vec2};
use egui_tiles::{
    Behavior, Container, EditAction, Linear, LinearDir, TabState, Tabs, Tile, TileId, Tiles, Tree, UiResponse,
};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::navigation::StepList;
use crate::ui::command::FILL;
use crate::ui::icons::Icon;
use crate::ui::theme::body;
use crate::ui::view::{VIEWS, View, ViewContext, view_class};

/// A tile of the centre: the name of a view.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Pane(String);

/// The arrangement as kept between two runs.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct SavedLayout {
    tree: Option<Tree<Pane>>,
    /// While a simulation is open.
    simulation: Option<Tree<Pane>>,
    views: BTreeMap<String, Value>,
    /// Views that somebody said of whether they fill the centre.
    fills: BTreeMap<String, bool>,
}

/// The arrangement of views, and the views.
pub struct Layout {
    tree: Tree<Pane>,
    /// The arrangement that is not shown: that of simulations while none is open, else that of other logs.
    other: Tree<Pane>,
    for_simulation: bool,
    views: BTreeMap<&'static str, Box<dyn View>>,
    /// What views are given back when they are made again.
    saved: BTreeMap<String, Value>,
    /// What somebody said of whether a view fills the centre; of the others their class says it.
    fills: BTreeMap<String, bool>,
    focused: &'static str,
}

fn tree_id() -> egui::Id {
    egui::Id::unique("centre")
}

/// Height of a bar of tabs.
const TAB_BAR: f32 = 32.0;

impl Default for Layout {
    fn default() -> Self {
        Self {
            tree: default_tree(),
            other: simulation_tree(),
            for_simulation: false,
            views: BTreeMap::new(),
            saved: BTreeMap::new(),
            fills: BTreeMap::new(),
            focused: "log",
        }
    }
}

/// The log and the lanes over the replay.
fn default_tree() -> Tree<Pane> {
    let mut tiles = Tiles::default();
    let mut pane = |id: &str| tiles.insert_pane(Pane(id.to_owned()));
    let (log, lanes, replay) = (pane("log"), pane("lanes"), pane("replay"));
    let above = tiles.insert_tab_tile(vec![log, lanes]);
    let below = tiles.insert_tab_tile(vec![replay]);
    if let Some(Tile::Container(Container::Tabs(tabs))) = tiles.get_mut(above) {
        tabs.set_active(log);
    }
    let mut linear = Linear::new(LinearDir::Vertical, vec![above, below]);
    linear.shares.set_share(above, 0.48);
    linear.shares.set_share(below, 0.52);
    let root = tiles.insert_container(linear);
    Tree::new(tree_id(), root, tiles)
}

/// The simulator alone, the other views of its log behind it.
fn simulation_tree() -> Tree<Pane> {
    let mut tiles = Tiles::default();
    let panes: Vec<TileId> = ["simulator", "log", "lanes", "replay"]
        .into_iter()
        .map(|id| tiles.insert_pane(Pane(id.to_owned())))
        .collect();
    let first = panes[0];
    let root = tiles.insert_tab_tile(panes);
    if let Some(Tile::Container(Container::Tabs(tabs))) = tiles.get_mut(root) {
        tabs.set_active(first);
    }
    Tree::new(tree_id(), root, tiles)
}

/// An arrangement that was kept, if there is every view that it has.
fn usable(tree: Option<&Tree<Pane>>) -> Option<Tree<Pane>> {
    let known = |tile: &Tile<Pane>| match tile {
        Tile::Pane(Pane(id)) => view_class(id).is_some(),
        Tile::Container(_) => true,
    };
    tree.filter(|tree| !tree.is_empty() && tree.tiles.tiles().all(known)).cloned()
}

impl Layout {
    /// Takes an arrangement back; one with a view that does not exist is not used.
    pub(super) fn restore(&mut self, saved: &SavedLayout) {
        self.saved.clone_from(&saved.views);
        self.fills.clone_from(&saved.fills);
        let (tree, other) = (usable(saved.tree.as_ref()), usable(saved.simulation.as_ref()));
        self.tree = tree.unwrap_or_else(default_tree);
        self.other = other.unwrap_or_else(simulation_tree);
        self.for_simulation = false;
    }

    /// The arrangement for simulations, or the one for other logs.
    pub(super) fn arrange(&mut self, for_simulation: bool) {
        if self.for_simulation != for_simulation {
            std::mem::swap(&mut self.tree, &mut self.other);
            self.for_simulation = for_simulation;
        }
        if for_simulation {
            self.show("simulator");
        } else if self.focused == "simulator" {
            self.focused = "log";
        }
    }

    /// As at first start.
    pub(super) fn reset(&mut self) {
        let for_simulation = self.for_simulation;
        *self = Self::default();
        self.arrange(for_simulation);
    }

    pub(super) fn save(&self) -> SavedLayout {
        let mut views = self.saved.clone();
        views.extend(self.views.iter().map(|(id, view)| ((*id).to_owned(), view.save())));
        let (tree, simulation) = if self.for_simulation {
            (self.other.clone(), self.tree.clone())
        } else {
            (self.tree.clone(), self.other.clone())
        };
        SavedLayout { tree: Some(tree), simulation: Some(simulation), views, fills: self.fills.clone() }
    }

    /// Forgets what the views know of the log that was closed; columns and the like stay, and so do views of which
    /// nothing is about that log.
    pub(super) fn reset_views(&mut self) {
        self.saved.extend(self.views.iter().map(|(id, view)| ((*id).to_owned(), view.save())));
        self.views.retain(|_, view| view.outlives_log());
    }

    /// Shows a view, beside the focused one where it is not open yet.
    pub fn show(&mut self, id: &'static str) {
        let is_it = |tile: &Tile<Pane>| matches!(tile, Tile::Pane(Pane(pane)) if pane == id);
        if !self.tree.tiles.tiles().any(is_it) {
            let tile = self.tree.tiles.insert_pane(Pane(id.to_owned()));
            let place = self.tabs_of_focused().or(self.tree.root());
            match place.and_then(|place| self.tree.tiles.get_mut(place)) {
                Some(Tile::Container(container)) => container.add_child(tile),
                _ => self.tree = Tree::new_tabs(tree_id(), vec![Pane(id.to_owned())]),
            }
        }
        self.tree.make_active(|_, tile| is_it(tile));
        self.focused = view_class(id).map_or(self.focused, |class| class.id);
    }

    /// Who drags a view beside another one wants to see both.
    fn share_what_is_beside_another(&mut self) {
        let seen: Vec<String> = self.visible().map(str::to_owned).collect();
        if seen.len() > 1 {
            self.fills.extend(
                seen.into_iter()
                    .filter(|id| fills(&self.fills, id))
                    .map(|id| (id, false))
                    .collect::<Vec<_>>(),
            );
        }
    }

    fn tabs_of_focused(&self) -> Option<TileId> {
        let focused = self.tree.tiles.find_pane(&Pane(self.focused.to_owned()))?;
        self.tree.tiles.parent_of(focused)
    }

    /// Gives the focused view the whole centre, or lets it share the centre again.
    pub(super) fn toggle_fill(&mut self) {
        let fills = fills(&self.fills, self.focused);
        self.fills.insert(self.focused.to_owned(), !fills);
    }

    /// Hides what stands beside the focused view while that fills the centre; its own bar of tabs stays, so that
    /// every other view is one click away.
    fn hide_beside(&mut self) {
        let Self { tree, fills: said, focused, .. } = self;
        let hidden: Vec<TileId> =
            tree.tiles.tile_ids().filter(|tile| !tree.tiles.is_visible(*tile)).collect();
        for tile in hidden {
            tree.tiles.set_visible(tile, true);
        }
        let mut within = tree.tiles.find_pane(&Pane((*focused).to_owned()));
        if !fills(said, focused) || within.is_some_and(|tile| !tree.active_tiles().contains(&tile)) {
            return;
        }
        let tiles = &mut tree.tiles;
        while let Some(tile) = within {
            within = tiles.parent_of(tile);
            let beside: Vec<TileId> = match within.and_then(|parent| tiles.get(parent)) {
                Some(Tile::Container(Container::Tabs(_)) | Tile::Pane(_)) | None => Vec::new(),
                Some(Tile::Container(container)) => {
                    container.children().copied().filter(|child| *child != tile).collect()
                }
            };
            for tile in beside {
                tiles.set_visible(tile, false);
            }
        }
    }

    /// The list that the keys go through: that of the focused view.
    pub(super) fn focused_list(&self, context: &ViewContext<'_>) -> StepList {
        self.views.get(self.focused).map_or(StepList::Filtered, |view| view.step_list(context))
    }

    /// Name of the view that has the focus.
    pub fn focused(&self) -> &'static str {
        self.focused
    }

    /// Names of the views that are drawn: the active one of each bar of tabs.
    pub(in crate::ui) fn visible(&self) -> impl Iterator<Item = &str> {
        self.tree.active_tiles().into_iter().filter_map(|tile| match self.tree.tiles.get(tile) {
            Some(Tile::Pane(Pane(id))) => Some(id.as_str()),
            _ => None,
        })
    }

    /// Whether every view that is drawn has what it asked for.
    pub(super) fn views_are_settled(&self) -> bool {
        self.views.values().all(|view| view.is_settled())
    }

    /// Offers a key to the focused view first.
    pub(super) fn key(
        &mut self,
        context: &ViewContext<'_>,
        key: egui::Key,
        modifiers: egui::Modifiers,
    ) -> bool {
        self.views.get_mut(self.focused).is_some_and(|view| view.key(context, key, modifiers))
    }

    /// Draws the centre.
    pub(in crate::ui) fn ui(&mut self, context: &ViewContext<'_>, ui: &mut Ui) {
        self.hide_beside();
        let is_split = self.tree.tiles.tiles().filter(|tile| is_tabs(tile)).count() > 1;
        let mut behavior = Tiled {
            context: *context,
            views: &mut self.views,
            saved: &self.saved,
            fills: is_split.then_some(&self.fills),
            focused: &mut self.focused,
            to_add: None,
            was_dropped: false,
        };
        self.tree.ui(&mut behavior, ui);
        let Tiled { to_add, was_dropped, .. } = behavior;
        if was_dropped {
            self.share_what_is_beside_another();
        }
        if let Some((tabs, id)) = to_add {
            let existing = self.tree.tiles.find_pane(&Pane(id.to_owned()));
            let tile = existing.unwrap_or_else(|| self.tree.tiles.insert_pane(Pane(id.to_owned())));
            self.tree.move_tile_to_container(tile, tabs, usize::MAX, false);
            self.show(id);
        }
        if self.tree.is_empty() {
            self.tree = if self.for_simulation { simulation_tree() } else { default_tree() };
        }
    }
}

fn is_tabs(tile: &Tile<Pane>) -> bool {
    matches!(tile, Tile::Container(Container::Tabs(_)))
}

/// Whether a view has the centre to itself while it has the focus.
fn fills(said: &BTreeMap<String, bool>, id: &str) -> bool {
    said.get(id).copied().unwrap_or_else(|| view_class(id).is_some_and(|class| class.fills))
}

struct Tiled<'a> {
    context: ViewContext<'a>,
    views: &'a mut BTreeMap<&'static str, Box<dyn View>>,
    saved: &'a BTreeMap<String, Value>,
    focused: &'a mut &'static str,
    /// Which views fill the centre, where there is something beside them.
    fills: Option<&'a BTreeMap<String, bool>>,
    to_add: Option<(TileId, &'static str)>,
    /// Whether a view was put at another place.
    was_dropped: bool,
}

impl Tiled<'_> {
    /// A button of the bar of tabs.
    fn bar_button(&self, ui: &mut Ui, icon: Icon, name: &str, about: &str) -> Response {
        let tokens = self.context.tokens;
        let (rect, response) = ui.allocate_exact_size(vec2(32.0, TAB_BAR), Sense::click());
        response.widget_info(|| WidgetInfo::labeled(egui::Role::Button, true, name));
        let color = if response.hovered() || response.has_focus() { tokens.text } else { tokens.muted };
        icon.paint(ui.painter(), Rect::from_center_size(rect.center(), vec2(12.0, 12.0)), color);
        response.on_hover_text(about)
    }

    fn view(&mut self, pane: &Pane) -> Option<(&'static str, &mut Box<dyn View>)> {
        let class = view_class(&pane.0)?;
        let saved = self.saved.get(class.id);
        let view = self.views.entry(class.id).or_insert_with(|| {
            let mut view = (class.make)();
            if let Some(saved) = saved {
                view.restore(saved);
            }
            view
        });
        Some((class.id, view))
    }
}

impl Behavior<Pane> for Tiled<'_> {
    fn pane_ui(&mut self, ui: &mut Ui, _tile: TileId, pane: &mut Pane) -> UiResponse {
        let mut context = self.context;
        let rect = ui.max_rect();
        let tokens = context.tokens;
        ui.painter().rect_filled(rect, 0.0, tokens.surface);
        // A click anywhere in a view gives it the keys.
        let pressed =
            ui.input(|input| input.pointer.any_pressed().then(|| input.pointer.interact_pos()).flatten());
        if let Some(class) = view_class(&pane.0)
            && pressed.is_some_and(|at| rect.contains(at))
            && ui.ctx().layer_id_at(pressed.unwrap_or_default()).is_none_or(|layer| layer == ui.layer_id())
        {
            *self.focused = class.id;
        }
        context.focused = view_class(&pane.0).is_some_and(|class| class.id == *self.focused);
        if let Some((id, view)) = self.view(pane) {
            ui.push_id(id, |ui| {
                ui.set_clip_rect(rect.intersect(ui.clip_rect()));
                view.ui(&context, ui);
            });
        }
        UiResponse::None
    }

    fn tab_title_for_pane(&mut self, pane: &Pane) -> egui::WidgetText {
        view_class(&pane.0).map_or("", |class| class.title).into()
    }

    fn tab_ui(
        &mut self,
        tiles: &mut Tiles<Pane>,
        ui: &mut Ui,
        id: egui::Id,
        tile: TileId,
        state: &TabState,
    ) -> Response {
        let tokens = self.context.tokens;
        let name = match tiles.get(tile) {
            Some(Tile::Pane(pane)) => view_class(&pane.0).map_or("", |class| class.title),
            _ => "Views",
        };
        let color = if state.active { tokens.text } else { tokens.muted };
        let galley = ui.painter().layout_no_wrap(name.to_owned(), body(), color);
        let (_, rect) = ui.allocate_space(vec2(galley.size().x + 24.0, ui.available_height()));
        let response = ui.interact(rect, id, Sense::click_and_drag());
        response.widget_info(|| WidgetInfo::selected(egui::Role::Tab, true, state.active, name));
        if ui.is_rect_visible(rect) && !state.is_being_dragged {
            if state.active {
                ui.painter().rect_filled(rect, 0.0, tokens.surface);
                let top = Rect::from_min_size(rect.min, vec2(rect.width(), 2.0));
                ui.painter().rect_filled(top, 0.0, tokens.accent);
            } else if response.hovered() {
                ui.painter().rect_filled(rect, 0.0, tokens.hover());
            }
            let at = Align2::CENTER_CENTER.align_size_within_rect(galley.size(), rect).min;
            ui.painter().galley(at, galley, color);
            if response.has_focus() {
                ui.painter().rect_stroke(
                    rect.shrink(2.0),
                    4.0,
                    Stroke::new(1.0, tokens.accent),
                    egui::StrokeKind::Inside,
                );
            }
        }
        if response.clicked()
            && let Some(Tile::Pane(pane)) = tiles.get(tile)
            && let Some(class) = view_class(&pane.0)
        {
            *self.focused = class.id;
        }
        if response.clicked_by(egui::PointerButton::Middle)
            && tiles.tiles().filter(|tile| matches!(tile, Tile::Pane(_))).count() > 1
        {
            tiles.remove(tile);
        }
        let about = match tiles.get(tile) {
            Some(Tile::Pane(pane)) => view_class(&pane.0).map_or("", |class| class.about),
            _ => "",
        };
        response.on_hover_text(format!("{about}\nDrag to arrange, middle click to close"))
    }

    fn tab_bar_trailing_ui(&mut self, tiles: &Tiles<Pane>, ui: &mut Ui, tile: TileId, tabs: &Tabs) {
        let response = self.bar_button(ui, Icon::Plus, "Add a view", "Add a view here");
        if let Some(said) = self.fills
            && let Some(Tile::Pane(pane)) = tabs.active.and_then(|active| tiles.get(active))
            && let Some(class) = view_class(&pane.0)
        {
            let (icon, name, about) = if fills(said, class.id) {
                (Icon::Share, "Share the centre", "Let this view share the centre with the others again")
            } else {
                (Icon::Fill, "Fill the centre", "Give this view the whole centre")
            };
            let keys = FILL.keys.first().map(|keys| ui.ctx().format_shortcut(keys)).unwrap_or_default();
            if self.bar_button(ui, icon, name, &format!("{about}  {keys}")).clicked() {
                *self.focused = class.id;
                self.context.run(&FILL);
            }
        }
        let here: Vec<String> = match tiles.get(tile) {
            Some(Tile::Container(container)) => container
                .children()
                .filter_map(|child| match tiles.get(*child) {
                    Some(Tile::Pane(pane)) => Some(pane.0.clone()),
                    _ => None,
                })
                .collect(),
            _ => Vec::new(),
        };
        egui::Popup::menu(&response).show(|ui| {
            for class in VIEWS.iter().filter(|class| !here.iter().any(|id| id == class.id)) {
                if ui.button(class.title).on_hover_text(class.about).clicked() {
                    self.to_add = Some((tile, class.id));
                }
            }
        });
    }

    fn top_bar_right_ui(
        &mut self,
        tiles: &Tiles<Pane>,
        ui: &mut Ui,
        _tile: TileId,
        tabs: &Tabs,
        _scroll: &mut f32,
    ) {
        let Some(Tile::Pane(pane)) = tabs.active.and_then(|active| tiles.get(active)) else { return };
        let context = self.context;
        let pane = pane.clone();
        if let Some((_, view)) = self.view(&pane) {
            ui.add_space(12.0);
            view.tab_bar_ui(&context, ui);
        }
    }

    fn on_edit(&mut self, edit: EditAction) {
        self.was_dropped |= matches!(edit, EditAction::TileDropped);
    }

    fn tab_bar_height(&self, _style: &egui::Style) -> f32 {
        TAB_BAR
    }

    fn gap_width(&self, _style: &egui::Style) -> f32 {
        1.0
    }

    fn min_size(&self) -> f32 {
        80.0
    }

    fn simplification_options(&self) -> egui_tiles::SimplificationOptions {
        egui_tiles::SimplificationOptions { all_panes_must_have_tabs: true, ..Default::default() }
    }

    fn tab_bar_color(&self, _visuals: &egui::Visuals) -> Color32 {
        self.context.tokens.ground
    }

    fn tab_bar_hline_stroke(&self, _visuals: &egui::Visuals) -> Stroke {
        Stroke::new(1.0, self.context.tokens.line)
    }

    fn resize_stroke(&self, _style: &egui::Style, state: egui_tiles::ResizeState) -> Stroke {
        let tokens = self.context.tokens;
        match state {
            egui_tiles::ResizeState::Idle => Stroke::new(1.0, tokens.line),
            _ => Stroke::new(2.0, tokens.accent),
        }
    }

    /// In the past every view shows it: an amber edge.
    fn paint_on_top_of_tile(&self, painter: &egui::Painter, _style: &egui::Style, _tile: TileId, rect: Rect) {
        let ViewContext { document, navigation, tokens, .. } = self.context;
        if navigation.is_in_past(document.log()) {
            let edge = Rect::from_min_size(rect.min, vec2(2.0, rect.height()));
            painter.rect_filled(edge, 0.0, tokens.past_line);
        }
    }
}
