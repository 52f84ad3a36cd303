//! What a view is: presentation state that draws shared references and sends commands.

use serde_json::Value;

use super::app::document::Document;
use super::app::navigation::{Navigation, StepList};
use super::app::preferences::Preferences;
use super::command::{Command, CommandQueue, UiCommand};
use super::icons::Icon;
use super::theme::Tokens;
use super::views;
use crate::engine::Engine;
use crate::index::EventLog;

/// Everything a view may look at. All of it shared: changes go through [`ViewContext::send`].
#[derive(Clone, Copy)]
pub struct ViewContext<'a> {
    /// Colours.
    pub tokens: &'a Tokens,
    /// Row height, time zone, motion, replay rule.
    pub preferences: &'a Preferences,
    /// Worker threads for the view's own [`crate::engine::Latest`] questions.
    pub engine: &'a Engine,
    /// The open log.
    pub document: &'a Document,
    /// Playhead, selection, stream, range.
    pub navigation: &'a Navigation,
    /// Whether keys go to this view.
    pub focused: bool,
    /// Where commands go.
    pub commands: &'a CommandQueue,
}

impl ViewContext<'_> {
    /// Queues a change of document or navigation.
    #[track_caller]
    pub fn send(&self, command: impl Into<Command>) {
        self.commands.send(command);
    }

    /// Runs a named command, as its menu entry would.
    #[track_caller]
    pub fn run(&self, command: &'static UiCommand) {
        self.commands.send((command.make)());
    }

    /// The index of the open log.
    pub fn log(&self) -> &EventLog {
        &self.document.open.log
    }
}

/// A view of the centre.
pub trait View {
    /// Draws it into all of `ui`.
    fn ui(&mut self, context: &ViewContext<'_>, ui: &mut egui::Ui);

    /// The list that ←, → and Space go through while this view has the focus.
    fn step_list(&self, _context: &ViewContext<'_>) -> StepList {
        StepList::Filtered
    }

    /// Drawn at the right of the tab bar while this view is the active tab, right to left; by default the place
    /// of the playhead in the view's list.
    fn tab_bar_ui(&mut self, context: &ViewContext<'_>, ui: &mut egui::Ui) {
        super::panels::place::place_ui(context, self.step_list(context), ui);
    }

    /// A key that only this view understands, before the common ones; true when it was used.
    fn key(&mut self, _context: &ViewContext<'_>, _key: egui::Key, _modifiers: egui::Modifiers) -> bool {
        false
    }

    /// Whether everything it asked for is there: a picture may be taken.
    fn is_settled(&self) -> bool {
        true
    }

    /// Whether what it shows stays true when another log is opened: then it is kept as it is.
    fn outlives_log(&self) -> bool {
        false
    }

    /// What is kept between two runs: columns, open sections.
    fn save(&self) -> Value {
        Value::Null
    }

    /// Takes back what [`View::save`] gave, perhaps in an older version.
    fn restore(&mut self, _saved: &Value) {}
}

/// An entry of the registry of views.
pub struct ViewClass {
    /// Stable name, in settings and on the command line.
    pub id: &'static str,
    /// On the tab.
    pub title: &'static str,
    /// One sentence, in tooltips and the palette.
    pub about: &'static str,
    /// In the menu of views.
    pub icon: Icon,
    /// What stands around the centre while it has the focus.
    pub around: Around,
    /// Whether it has the centre to itself while it has the focus, as long as nobody says otherwise.
    pub fills: bool,
    /// Makes one.
    pub make: fn() -> Box<dyn View>,
}

/// What stands around the centre while a view has the focus.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Around {
    /// Navigator, inspector and time panel.
    Log,
    /// The same places, about the run rather than about its log.
    Run,
    /// Nothing: the view needs the width and has a panel of its own.
    Nothing,
}

/// Every view. Adding one is one file and one line.
pub static VIEWS: &[&ViewClass] = &[
    &views::log::CLASS,
    &views::lanes::CLASS,
    &views::replay::CLASS,
    &views::counts::CLASS,
    &views::sagas::CLASS,
    &views::saga::CLASS,
    &views::timeline::CLASS,
    &views::diagram::CLASS,
    &views::diagram::FLOW,
    &views::compare::CLASS,
    &views::simulator::CLASS,
    &views::matrix::CLASS,
    &views::read_models::CLASS,
    &views::dead_letters::CLASS,
    &views::issues::CLASS,
];

/// The class named `id`.
pub fn view_class(id: &str) -> Option<&'static ViewClass> {
    VIEWS.iter().copied().find(|class| class.id == id)
}
