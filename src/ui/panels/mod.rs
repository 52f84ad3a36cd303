//! What stands around the centre: menu bar, navigator, inspector, time panel, status line, and what lies above.

pub mod dialogs;
pub mod domain;
pub mod inspector;
pub mod line;
mod mapping;
pub mod menu_bar;
pub mod navigator;
pub mod palette;
pub mod place;
pub mod shortcut_sheet;
pub mod simulate;
pub mod simulation;
pub mod states;
pub mod status_bar;
pub mod time_panel;
pub mod welcome;

use egui::{CentralPanel, Frame, Margin, Panel, Rect, Ui, vec2};

use self::inspector::Inspector;
use self::navigator::Navigator;
use self::palette::Palette;
use self::time_panel::TimePanel;
use super::app::App;
use super::command::Overlay;
use super::theme::{Tokens, tokens};
use super::view::{Around, ViewContext, view_class};

/// Presentation state of the panels.
#[derive(Default)]
pub struct Panels {
    /// Left.
    pub navigator: Navigator,
    /// Right.
    pub inspector: Inspector,
    /// Bottom.
    pub time: TimePanel,
    /// Menu bar with the filter.
    pub menu_bar: menu_bar::MenuBar,
    /// Everything by name.
    pub palette: Palette,
    /// Text being typed in dialogs.
    pub dialogs: dialogs::Dialogs,
    /// The one line that is asked for.
    pub(super) line: line::LineForm,
    /// The domain of the open log.
    pub domain: domain::DomainForm,
    /// What to simulate.
    pub simulate: simulate::Simulate,
    /// The page before a log is open.
    pub welcome: welcome::Welcome,
}

impl Panels {
    /// Puts the caret into the filter at the next frame.
    pub(super) fn focus_filter(&mut self) {
        self.menu_bar.focus_filter();
    }

    /// Something was opened above the window: it begins empty.
    pub(super) fn overlay_opened(&mut self) {
        self.palette = Palette::default();
        self.dialogs.opened();
        self.domain.opened();
        self.simulate.opened();
    }

    /// Whether everything the panels asked for is there.
    pub(super) fn is_settled(&self) -> bool {
        self.time.is_settled()
            && self.navigator.is_settled()
            && self.inspector.is_settled()
            && self.dialogs.is_settled()
            && self.palette.is_settled()
            && self.domain.is_settled()
            && self.simulate.is_settled()
            && self.welcome.is_settled()
    }
}

/// Sizes that depend on the size of the window.
#[derive(Clone, Copy, Debug)]
pub struct Sizes {
    /// Width of the navigator.
    pub navigator: f32,
    /// Width of the inspector.
    pub inspector: f32,
    /// Height of the time panel.
    pub time: f32,
}

impl Sizes {
    /// Of a window of this size.
    pub fn of(window: egui::Vec2) -> Self {
        let wide = window.x >= 1_400.0;
        Self {
            navigator: if wide { 248.0 } else { 208.0 },
            inspector: if wide { 336.0 } else { 280.0 },
            time: if window.y >= 900.0 { 132.0 } else { 112.0 },
        }
    }
}

fn panel_frame(tokens: &Tokens) -> Frame {
    Frame::new().fill(tokens.surface).inner_margin(Margin::ZERO)
}

/// Draws everything.
pub(super) fn window_ui(app: &mut App, ui: &mut Ui) {
    let tokens = tokens(ui);
    let window = ui.max_rect();
    ui.painter().rect_filled(window, 0.0, tokens.ground);
    let sizes = Sizes::of(window.size());
    Panel::top("menu bar")
        .exact_size(40.0)
        .frame(panel_frame(&tokens))
        .show(ui, |ui| menu_bar::menu_bar_ui(app, ui));
    Panel::bottom("status line").exact_size(24.0).frame(panel_frame(&tokens)).show(ui, |ui| {
        status_bar::status_bar_ui(app, ui);
    });
    if app.document.as_ref().is_some_and(|document| !document.log().is_empty()) {
        log_ui(app, ui, sizes, &tokens);
    } else {
        CentralPanel::default().frame(panel_frame(&tokens)).show(ui, |ui| match &app.document {
            Some(_) => states::no_events_ui(app, ui),
            None => welcome::welcome_ui(app, ui),
        });
    }
    match app.overlay {
        Some(Overlay::Palette) => palette::palette_ui(app, ui),
        Some(Overlay::Shortcuts) => shortcut_sheet::shortcut_sheet_ui(app, ui),
        Some(Overlay::OpenPath) => dialogs::open_path_ui(app, ui),
        Some(Overlay::Domain) => domain::domain_ui(app, ui),
        Some(Overlay::Line) => line::line_ui(app, ui),
        Some(Overlay::Simulate) => simulate::simulate_ui(app, ui),
        Some(Overlay::About) => dialogs::about_ui(app, ui),
        None => {}
    }
    dialogs::mapping_ui(app, ui);
    states::drop_hint_ui(app, ui);
}

/// Draws panels and centre around an open log.
fn log_ui(app: &mut App, ui: &mut Ui, sizes: Sizes, tokens: &Tokens) {
    let App { document: Some(document), engine, navigation, preferences, layout, panels, commands, .. } = app
    else {
        return;
    };
    let context = ViewContext { tokens, preferences, engine, document, navigation, focused: false, commands };
    let in_past = navigation.is_in_past(document.log());
    let edge = |ui: &Ui, rect: Rect| {
        if in_past {
            ui.painter().rect_filled(
                Rect::from_min_size(rect.min, vec2(2.0, rect.height())),
                0.0,
                tokens.past_line,
            );
        }
    };
    let around = view_class(layout.focused()).map_or(Around::Log, |class| class.around);
    let is_simulator = around == Around::Run && document.simulation.is_some();
    // Beside another view, the panels are about that one: they would jump with every change of the focus.
    let is_alone = around == Around::Nothing && layout.visible().all(|id| id == layout.focused());
    if preferences.time_panel && !is_alone {
        let panel = Panel::bottom("time panel").exact_size(sizes.time).frame(panel_frame(tokens));
        panel.show(ui, |ui| {
            panels.time.ui(&context, is_simulator, ui);
            edge(ui, ui.max_rect());
        });
    }
    if preferences.navigator && !is_alone {
        let panel = Panel::left("navigator").default_size(sizes.navigator).min_size(160.0).max_size(520.0);
        panel.frame(panel_frame(tokens)).show(ui, |ui| {
            // A panel is as wide as what is in it, and remembers that: also of a frame in which there was nothing yet.
            ui.take_available_width();
            if is_simulator {
                simulation::faults_ui(&context, ui);
            } else {
                panels.navigator.ui(&context, ui);
            }
        });
    }
    if preferences.inspector && !is_alone {
        let panel = Panel::right("inspector").default_size(sizes.inspector).min_size(220.0).max_size(720.0);
        panel.frame(panel_frame(tokens)).show(ui, |ui| {
            ui.take_available_width();
            if is_simulator {
                simulation::run_ui(&context, ui);
            } else {
                panels.inspector.ui(&context, ui);
            }
            edge(ui, ui.max_rect());
        });
    }
    states::banner_ui(&context, ui);
    CentralPanel::default().frame(panel_frame(tokens)).show(ui, |ui| layout.ui(&context, ui));
}
