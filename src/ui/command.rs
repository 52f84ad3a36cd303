//! Every change of the document or of the place in it is a command in one queue; every command that a person can
//! call is in one list with its name, sentence, keys and icon.

use std::cell::RefCell;
use std::fmt;
use std::panic::Location;
use std::path::PathBuf;
use std::sync::Arc;

use egui::{Key, KeyboardShortcut, Modifiers};

use super::app::bookmarks::BookmarkCommand;
use super::app::navigation::{Playhead, SagaChoice, StepList};
use super::app::rival::RivalChoice;
use super::headless::Picture;
use super::icons::Icon;
use super::panels::line::LineWish;
use crate::engine::{LoadItem, Mapping, SimControl, SimRequest, Until};
use crate::index::StreamId;
use crate::model::Row;
use crate::replay::Path as ValuePath;
use crate::saga::svg::Drawing;
use crate::sim::faults::{FaultKind, Protection};
use crate::sim::{Act, Fault, Outcome};

/// A change, to be applied in `App::logic`.
#[derive(Clone, Debug)]
pub enum Command {
    /// Opening and closing logs.
    Document(DocumentCommand),
    /// Moving within the log.
    Go(GoCommand),
    /// Marking events.
    Bookmark(BookmarkCommand),
    /// A simulation.
    Simulation(SimulationCommand),
    /// The window itself.
    Window(WindowCommand),
}

/// Opening and closing logs.
#[derive(Clone, Debug)]
pub enum DocumentCommand {
    /// Ask for files, then open them as a new log, or add them to this one.
    ChooseFiles {
        /// Add rather than open.
        add: bool,
    },
    /// Open files as a new log.
    Open(Vec<LoadItem>),
    /// Add files to this log.
    Add(Vec<LoadItem>),
    /// Read a file by a mapping a person confirmed, and remember it for the same shape.
    ConfirmMapping {
        /// The file.
        path: PathBuf,
        /// How to read it.
        mapping: Mapping,
        /// What to remember it under.
        shape_key: String,
    },
    /// Leave a file that needs a mapping.
    DismissMapping(PathBuf),
    /// Take the message about files that could not be read away.
    DismissFailures,
    /// The domain by whose rules the log is replayed; `None` for no domain.
    UseDomain(Option<Arc<crate::domain::Domain>>),
    /// Compare the sagas of this log with those of another run, or with each other (`None`).
    CompareWith(Option<RivalChoice>),
    /// Ask for the file of another run to compare with.
    ChooseRival,
    /// Read the files again.
    Reload,
    /// Close the log.
    Close,
    /// Stop loading; what is there stays.
    CancelLoading,
    /// Hold back the events that come to the open files, or show them again.
    ToggleLive,
    /// Take a file off the recent ones.
    ForgetRecent(PathBuf),
}

/// Moving within the log.
#[derive(Clone, Debug, PartialEq)]
pub enum GoCommand {
    /// Select an event and put the playhead there.
    Select(Row),
    /// Select an event where it lies; the playhead stays.
    Inspect(Row),
    /// List these sagas.
    Sagas(SagaChoice),
    /// Pin a second event to compare with, or take the pin off.
    Pin(Option<Row>),
    /// Replay this stream.
    ShowStream(StreamId),
    /// Move the playhead, without remembering the place (dragging).
    Playhead(Playhead),
    /// Move by so many events of a list.
    Step {
        /// Through which list.
        list: StepList,
        /// Forward, or back when negative.
        by: i64,
    },
    /// Through the list of the focused view.
    StepFocused {
        /// Forward, or back when negative.
        by: i64,
    },
    /// First event of the focused list.
    Start,
    /// End of the log: everything has happened.
    End,
    /// To the version of the replayed stream.
    Version(i64),
    /// Point at a value of the replayed state.
    Value(Option<ValuePath>),
    /// To the event that set the value pointed at.
    ToWriter,
    /// To the next (1) or previous (-1) change of the value pointed at.
    ToChange {
        /// 1 or -1.
        by: i64,
    },
    /// To the next (1) or previous (-1) event that the query finds, whatever view has the focus.
    Hit {
        /// 1 or -1.
        by: i64,
    },
    /// What the log shows.
    Filter(String),
    /// The stretch of time that was brushed, in nanoseconds.
    Range(Option<(i64, i64)>),
    /// The range begins at the playhead; it ends where it did, or with the log.
    RangeFrom,
    /// The range ends at the playhead; it begins where it did, or with the log.
    RangeTo,
    /// Start playing, or stop.
    TogglePlay,
    /// Events a second, as an index into [`super::app::navigation::SPEEDS`].
    Speed(usize),
    /// Play again from the start at the end.
    Loop(bool),
    /// Stop folding the replayed stream.
    StopFold,
    /// Fold the replayed stream after all.
    FoldAgain,
    /// Place visited before.
    Back,
    /// Place gone back from.
    Forward,
}

/// A simulation: beginning one, and going through the one that is open.
#[derive(Clone, Debug)]
pub enum SimulationCommand {
    /// Begin one as a new log.
    Begin(Box<SimRequest>),
    /// Begin the one that is open again, from nothing.
    Again,
    /// Begin the one that is open again with another recipe.
    Change(Box<crate::sim::Recipe>),
    /// Something asked of the one that is open.
    Control(SimControl),
    /// Something that a person does to the world that is shown; in the past it begins another future.
    Act(Act),
    /// This can go wrong: from the beginning where nothing has happened yet, else from here on.
    Arm(Fault),
    /// This does not go wrong, or not any more.
    Disarm(Fault),
    /// A protection on or off; it counts from the beginning, so the run starts again.
    Protect(Protection, bool),
    /// Take a fault card in hand, or put it back.
    Hold(Option<FaultKind>),
    /// Show this saga, counted from 1, or all of them.
    ShowSaga(Option<u32>),
    /// Show the rows of this read model.
    ShowModel(String),
    /// Go on by itself, or stop.
    TogglePlay,
    /// Messages a second, as an index into [`super::app::simulation::PACES`].
    Pace(usize),
    /// Put the recipe on the clipboard.
    CopyRecipe,
    /// Write the log of the run to a file that is asked for.
    Record,
}

/// The window itself.
#[derive(Clone, Debug)]
pub enum WindowCommand {
    /// Show a view, opening it where it is not.
    ShowView(&'static str),
    /// Layout as at first start.
    ResetLayout,
    /// Gives the focused view the whole centre, or takes it back.
    FillCentre,
    /// Dark, light, or as the system is (`None`).
    Theme(Option<super::theme::Theme>),
    /// The other theme.
    ToggleTheme,
    /// Rows of 18 instead of 22.
    ToggleCompact,
    /// UTC or local time.
    ToggleZone,
    /// Motion on or off.
    ToggleMotion,
    /// Whether null removes a key in replays.
    ToggleNullRemoves,
    /// Show or hide a panel.
    TogglePanel(Panel),
    /// Open or close something that lies above the window.
    ToggleOverlay(Overlay),
    /// Close what lies above, else clear the filter, else leave the text field.
    Escape,
    /// Put the caret into the filter.
    FocusFilter,
    /// A sentence for the status line.
    Say(String),
    /// A query that was asked: it is offered again.
    RememberQuery(String),
    /// Ask for one line: a name, a note.
    Ask(LineWish),
    /// Keep a query under a name.
    SaveQuery {
        /// The name.
        name: String,
        /// The query.
        query: String,
    },
    /// Give a saved query another name.
    RenameQuery {
        /// The name it has.
        from: String,
        /// The name it gets.
        to: String,
    },
    /// Forget a saved query.
    DeleteQuery(String),
    /// Give what the query of the bar finds a colour.
    AddRule,
    /// How much memory may be used, in bytes; `None`: what this system allows.
    LimitMemory(Option<u64>),
    /// Take the colour from what a query finds.
    RemoveRule(String),
    /// Add a column for a value to the log, by its path, or take it away.
    ToggleColumn(String),
    /// Put text on the clipboard.
    Copy(String),
    /// Write text to a file that is asked for.
    SaveText {
        /// Proposed name.
        name: String,
        /// What to write.
        text: String,
    },
    /// Draw a diagram into a PNG file that is asked for.
    SavePicture {
        /// Proposed name.
        name: String,
        /// What to draw.
        drawing: Arc<Drawing>,
        /// At so many percent of its natural size.
        percent: u16,
    },
    /// Draw something else into a PNG file that is asked for.
    SaveDrawn {
        /// Proposed name.
        name: String,
        /// What draws it.
        draw: Draw,
    },
    /// Copy the replayed state at the playhead as JSON.
    CopyState,
    /// Save the replayed state at the playhead as JSON.
    SaveState,
    /// Copy the selected event as JSON.
    CopyEvent,
    /// Say something in the status line.
    Notice(String),
    /// Larger or smaller text.
    Zoom(i32),
    /// End the program.
    Quit,
}

/// What draws a picture, once and away from the window, when somebody has said where it goes.
#[derive(Clone)]
pub struct Draw(Arc<dyn Fn() -> Picture + Send + Sync>);

impl Draw {
    /// Drawn by this.
    pub fn new(draw: impl Fn() -> Picture + Send + Sync + 'static) -> Self {
        Self(Arc::new(draw))
    }

    /// The picture.
    pub fn picture(&self) -> Picture {
        (self.0)()
    }
}

impl fmt::Debug for Draw {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Draw")
    }
}

/// Panels around the centre.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Panel {
    /// Left.
    Navigator,
    /// Right.
    Inspector,
    /// Bottom.
    Time,
}

/// What can lie above the window; one at a time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Overlay {
    /// Everything by name.
    Palette,
    /// All keys.
    Shortcuts,
    /// A path to type.
    OpenPath,
    /// A simulation to choose.
    Simulate,
    /// A domain to choose for the open log.
    Domain,
    /// One line to type.
    Line,
    /// Version and licences.
    About,
}

impl From<DocumentCommand> for Command {
    fn from(command: DocumentCommand) -> Self {
        Self::Document(command)
    }
}

impl From<GoCommand> for Command {
    fn from(command: GoCommand) -> Self {
        Self::Go(command)
    }
}

impl From<SimulationCommand> for Command {
    fn from(command: SimulationCommand) -> Self {
        Self::Simulation(command)
    }
}

impl From<SimControl> for Command {
    fn from(control: SimControl) -> Self {
        Self::Simulation(SimulationCommand::Control(control))
    }
}

impl From<WindowCommand> for Command {
    fn from(command: WindowCommand) -> Self {
        Self::Window(command)
    }
}

/// Commands on their way to `App::logic`, each with who sent it.
#[derive(Default)]
pub struct CommandQueue(RefCell<Vec<(Command, &'static Location<'static>)>>);

impl CommandQueue {
    /// Adds a command.
    #[track_caller]
    pub fn send(&self, command: impl Into<Command>) {
        self.0.borrow_mut().push((command.into(), Location::caller()));
    }

    /// Whether nothing waits.
    pub fn is_empty(&self) -> bool {
        self.0.borrow().is_empty()
    }

    /// Takes everything that waits, in order.
    pub fn take(&self) -> Vec<(Command, &'static Location<'static>)> {
        self.0.take()
    }
}

/// Where a command stands in the menu bar.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Menu {
    /// File.
    File,
    /// View.
    View,
    /// Go.
    Go,
    /// Simulate.
    Simulate,
    /// Help.
    Help,
}

impl Menu {
    /// Every menu in order.
    pub const ALL: [Self; 5] = [Self::File, Self::View, Self::Go, Self::Simulate, Self::Help];

    /// As the menu bar names it.
    pub fn title(self) -> &'static str {
        match self {
            Self::File => "File",
            Self::View => "View",
            Self::Go => "Go",
            Self::Simulate => "Simulate",
            Self::Help => "Help",
        }
    }
}

/// What a command needs before it can do anything.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Needs {
    /// Nothing.
    Nothing,
    /// An open log.
    Log,
    /// An open simulation.
    Simulation,
}

/// A command that a person can call: the source of menus, buttons, tooltips, the palette and the sheet of keys.
pub struct UiCommand {
    /// Name, as on a button; `…` where it asks for more.
    pub name: &'static str,
    /// One sentence.
    pub about: &'static str,
    /// Keys, the first one shown.
    pub keys: &'static [KeyboardShortcut],
    /// Icon, where it has one.
    pub icon: Option<Icon>,
    /// Menu.
    pub menu: Menu,
    /// What must be open for it.
    pub needs: Needs,
    /// What it does.
    pub make: fn() -> Command,
}

const fn key(modifiers: Modifiers, key: Key) -> KeyboardShortcut {
    KeyboardShortcut::new(modifiers, key)
}

const NONE: Modifiers = Modifiers::NONE;
const SHIFT: Modifiers = Modifiers::SHIFT;
const CTRL: Modifiers = Modifiers::COMMAND;
const ALT: Modifiers = Modifiers::ALT;
const CTRL_SHIFT: Modifiers = Modifiers::COMMAND.plus(Modifiers::SHIFT);

/// Defines the commands and the list of all of them in one go: menu, name, sentence, keys, icon, what it does.
macro_rules! commands {
    ($($id:ident: $menu:ident, $name:literal, $about:literal, [$($key:expr),*], $icon:expr, $needs:ident, $make:expr;)*) => {
        $(
            #[doc = $about]
            pub static $id: UiCommand = UiCommand {
                name: $name, about: $about, keys: &[$($key),*], icon: $icon, menu: Menu::$menu,
                needs: Needs::$needs, make: || Command::from($make),
            };
        )*
        /// Every command, in the order of menus and palette.
        pub static COMMANDS: &[&UiCommand] = &[$(&$id),*];
    };
}

commands! {
    OPEN: File, "Open…", "Open event stores, read-only; several files merge into one log", [key(CTRL, Key::O)], Some(Icon::Folder), Nothing, DocumentCommand::ChooseFiles { add: false };
    OPEN_PATH: File, "Open by path…", "Type the path of an event store", [key(CTRL_SHIFT, Key::O)], None, Nothing, WindowCommand::ToggleOverlay(Overlay::OpenPath);
    ADD: File, "Add to this log…", "Merge more files into the open log", [], Some(Icon::Plus), Log, DocumentCommand::ChooseFiles { add: true };
    COMPARE_WITH: File, "Compare with another file…", "See the sagas of this log beside those of another run of the same system", [], None, Log, DocumentCommand::ChooseRival;
    RELOAD: File, "Reload", "Read the open files again", [key(CTRL, Key::R)], None, Log, DocumentCommand::Reload;
    DOMAIN: File, "Domain of this log…", "Choose the domain file by whose rules replays of the open log are made", [key(CTRL, Key::D)], None, Log, WindowCommand::ToggleOverlay(Overlay::Domain);
    CANCEL_LOADING: File, "Stop loading", "Stop reading; what is there stays", [], None, Log, DocumentCommand::CancelLoading;
    CLOSE: File, "Close log", "Close the log and show the welcome page", [key(CTRL, Key::W)], None, Log, DocumentCommand::Close;
    COPY_EVENT: File, "Copy event as JSON", "Copy the selected event with everything known of it", [key(CTRL_SHIFT, Key::C)], Some(Icon::Copy), Log, WindowCommand::CopyEvent;
    COPY_STATE: File, "Copy state as JSON", "Copy the replayed state at the playhead", [], Some(Icon::Copy), Log, WindowCommand::CopyState;
    SAVE_STATE: File, "Save state as JSON…", "Write the replayed state at the playhead to a file", [key(CTRL, Key::S)], None, Log, WindowCommand::SaveState;
    QUIT: File, "Quit", "End Sagascope", [key(CTRL, Key::Q)], None, Nothing, WindowCommand::Quit;

    SHOW_LOG: View, "Show log", "The events that the filter leaves, as rows", [key(ALT, Key::Num1)], None, Log, WindowCommand::ShowView("log");
    SHOW_LANES: View, "Show lanes", "Streams as lanes on one time axis", [key(ALT, Key::Num2)], None, Log, WindowCommand::ShowView("lanes");
    SHOW_REPLAY: View, "Show replay", "One stream, step by step, with the rebuilt state", [key(ALT, Key::Num3)], None, Log, WindowCommand::ShowView("replay");
    SHOW_ISSUES: View, "Show issues", "Records that could not be read", [key(ALT, Key::Num4)], Some(Icon::Warning), Log, WindowCommand::ShowView("issues");
    SHOW_SIMULATOR: View, "Show simulator", "The run of a saga, message by message", [key(ALT, Key::Num5)], Some(Icon::Bolt), Log, WindowCommand::ShowView("simulator");
    SHOW_MATRIX: View, "Show matrix", "Every fault at every message of a saga, and how each run ends; a click opens that run at the fault", [key(ALT, Key::Num6)], Some(Icon::Bolt), Log, WindowCommand::ShowView("matrix");
    SHOW_DEAD_LETTERS: View, "Show dead letters", "Messages that could not be handled, and what waits behind them", [key(ALT, Key::Num7)], Some(Icon::Skull), Log, WindowCommand::ShowView("dead-letters");
    SHOW_READ_MODELS: View, "Show read models", "Rows that projections have made of a run's log, and how far they are behind", [], None, Simulation, WindowCommand::ShowView("read-models");
    SHOW_SAGAS: View, "Show sagas", "Every saga of the log: how each went, where it stands, what it owes", [key(ALT, Key::Num8)], Some(Icon::Branch), Log, WindowCommand::ShowView("sagas");
    SHOW_SAGA: View, "Show saga", "The saga of the selected event: what came in, what it changed, what is owed", [key(ALT, Key::Num9)], None, Log, WindowCommand::ShowView("saga");
    SHOW_DIAGRAM: View, "Show diagram", "The sequence of the selected event's saga, or the process map of all sagas", [key(ALT, Key::Num0)], None, Log, WindowCommand::ShowView("diagram");
    SHOW_FLOW: View, "Show flow", "Why each event of the selected event's saga happened", [key(ALT, Key::Y)], None, Log, WindowCommand::ShowView("flow");
    SHOW_TIMELINE: View, "Show timeline", "When the selected event's saga did what, or all sagas a line each", [key(ALT, Key::T)], Some(Icon::Clock), Log, WindowCommand::ShowView("timeline");
    SHOW_COMPARE: View, "Show comparison", "The saga of the selected event beside that of the pinned event, or beside the usual one", [], None, Log, WindowCommand::ShowView("compare");
    SHOW_COUNTS: View, "Show counts", "How the events of the query divide: by type, stream, day or any value", [key(ALT, Key::C)], Some(Icon::Filter), Log, WindowCommand::ShowView("counts");
    TOGGLE_NAVIGATOR: View, "Navigator", "Show or hide streams and types", [key(CTRL, Key::B)], None, Log, WindowCommand::TogglePanel(Panel::Navigator);
    TOGGLE_INSPECTOR: View, "Inspector", "Show or hide the selected event", [key(CTRL, Key::I)], None, Log, WindowCommand::TogglePanel(Panel::Inspector);
    TOGGLE_TIME: View, "Time panel", "Show or hide the density of the log over time", [key(CTRL, Key::T)], None, Log, WindowCommand::TogglePanel(Panel::Time);
    ADD_COLUMN: View, "Add a column…", "Show a value inside data or metadata as a column of the log, by its path", [], Some(Icon::Plus), Log, WindowCommand::Ask(LineWish::Column);
    TOGGLE_THEME: View, "Switch dark and light", "Use the other theme", [key(CTRL_SHIFT, Key::T)], Some(Icon::Moon), Nothing, WindowCommand::ToggleTheme;
    TOGGLE_COMPACT: View, "Compact rows", "Rows of 18 instead of 22 pixels", [], None, Nothing, WindowCommand::ToggleCompact;
    TOGGLE_ZONE: View, "UTC or local time", "Show times in UTC or in the zone of this computer", [], Some(Icon::Clock), Nothing, WindowCommand::ToggleZone;
    TOGGLE_MOTION: View, "Motion", "Switch animations on or off", [], None, Nothing, WindowCommand::ToggleMotion;
    MEMORY_LIMIT: View, "Memory limit…", "Say how much memory logs may take, and what is kept of them to be searched", [], None, Nothing, WindowCommand::Ask(LineWish::Memory);
    TOGGLE_NULL_REMOVES: View, "Null removes a value", "In replays, null takes the key out of the state instead of being kept", [], None, Nothing, WindowCommand::ToggleNullRemoves;
    ZOOM_IN: View, "Larger text", "Make everything larger", [key(CTRL, Key::Plus), key(CTRL, Key::Equals)], None, Nothing, WindowCommand::Zoom(1);
    ZOOM_OUT: View, "Smaller text", "Make everything smaller", [key(CTRL, Key::Minus)], None, Nothing, WindowCommand::Zoom(-1);
    ZOOM_RESET: View, "Normal text", "Text at its normal size", [key(CTRL, Key::Num0)], None, Nothing, WindowCommand::Zoom(0);
    FILL: View, "Fill the centre", "Give the focused view the whole centre, or let it share the centre again", [key(CTRL_SHIFT, Key::F)], Some(Icon::Fill), Log, WindowCommand::FillCentre;
    RESET_LAYOUT: View, "Reset layout", "Views and panels as at first start", [], None, Nothing, WindowCommand::ResetLayout;

    FIND: Go, "Filter events", "Put the caret into the filter", [key(CTRL, Key::F)], Some(Icon::Search), Log, WindowCommand::FocusFilter;
    CLEAR_FILTER: Go, "Clear filter", "Show every event again", [], Some(Icon::Close), Log, GoCommand::Filter(String::new());
    SAVE_QUERY: Go, "Save this query…", "Keep the query of the bar under a name", [key(CTRL_SHIFT, Key::S)], None, Log, WindowCommand::Ask(LineWish::SaveQuery { query: String::new() });
    COLOR_QUERY: Go, "Colour what the query finds", "Give the events that the query of the bar finds a colour in the log, whatever is asked next", [key(CTRL_SHIFT, Key::K)], None, Log, WindowCommand::AddRule;
    PLAY: Go, "Play or pause", "Move the playhead by itself through the focused list", [key(NONE, Key::Space)], Some(Icon::Play), Log, GoCommand::TogglePlay;
    NEXT: Go, "Next event", "One event forward in the focused view's own list", [key(NONE, Key::ArrowRight), key(NONE, Key::ArrowDown)], Some(Icon::StepForward), Log, GoCommand::StepFocused { by: 1 };
    PREVIOUS: Go, "Previous event", "One event back in the focused view's own list", [key(NONE, Key::ArrowLeft), key(NONE, Key::ArrowUp)], Some(Icon::StepBack), Log, GoCommand::StepFocused { by: -1 };
    NEXT_TEN: Go, "Ten events forward", "Ten events forward in the focused view's own list", [key(SHIFT, Key::ArrowRight), key(SHIFT, Key::ArrowDown), key(NONE, Key::PageDown)], None, Log, GoCommand::StepFocused { by: 10 };
    PREVIOUS_TEN: Go, "Ten events back", "Ten events back in the focused view's own list", [key(SHIFT, Key::ArrowLeft), key(SHIFT, Key::ArrowUp), key(NONE, Key::PageUp)], None, Log, GoCommand::StepFocused { by: -10 };
    NEXT_OF_LOG: Go, "Next event of the log", "One event forward in the whole log", [key(CTRL, Key::ArrowRight)], None, Log, GoCommand::Step { list: StepList::Log, by: 1 };
    PREVIOUS_OF_LOG: Go, "Previous event of the log", "One event back in the whole log", [key(CTRL, Key::ArrowLeft)], None, Log, GoCommand::Step { list: StepList::Log, by: -1 };
    NEXT_OF_CORRELATION: Go, "Next of the same correlation", "The next event with the same correlation id", [key(NONE, Key::O)], None, Log, GoCommand::Step { list: StepList::Correlation, by: 1 };
    PREVIOUS_OF_CORRELATION: Go, "Previous of the same correlation", "The previous event with the same correlation id", [key(SHIFT, Key::O)], None, Log, GoCommand::Step { list: StepList::Correlation, by: -1 };
    NEXT_FAILURE: Go, "Next failure", "The next event whose type tells of a failure", [key(NONE, Key::E)], None, Log, GoCommand::Step { list: StepList::Failures, by: 1 };
    PREVIOUS_FAILURE: Go, "Previous failure", "The previous event whose type tells of a failure", [key(SHIFT, Key::E)], None, Log, GoCommand::Step { list: StepList::Failures, by: -1 };
    NEXT_HIT: Go, "Next hit", "The next event that the query finds, whatever view has the focus", [key(NONE, Key::N)], None, Log, GoCommand::Hit { by: 1 };
    PREVIOUS_HIT: Go, "Previous hit", "The previous event that the query finds, whatever view has the focus", [key(SHIFT, Key::N)], None, Log, GoCommand::Hit { by: -1 };
    TO_WRITER: Go, "Jump to the event that set this value", "In Replay: where the value pointed at came from", [key(NONE, Key::B)], None, Log, GoCommand::ToWriter;
    NEXT_CHANGE: Go, "Next change of this value", "In Replay: the next event that changes the value pointed at", [key(NONE, Key::C)], None, Log, GoCommand::ToChange { by: 1 };
    PREVIOUS_CHANGE: Go, "Previous change of this value", "In Replay: the previous event that changed the value pointed at", [key(SHIFT, Key::C)], None, Log, GoCommand::ToChange { by: -1 };
    BOOKMARK: Go, "Set or remove a bookmark", "Mark the selected event, or take its mark away", [key(NONE, Key::M)], Some(Icon::Bookmark), Log, BookmarkCommand::Toggle(None);
    WRITE_NOTE: Go, "Write a note…", "Write a line about the selected event; it is kept with its bookmark", [key(SHIFT, Key::M)], Some(Icon::Pen), Log, WindowCommand::Ask(LineWish::Note { row: None });
    NEXT_BOOKMARK: Go, "Next bookmark", "The next event that has a bookmark", [key(NONE, Key::U)], None, Log, BookmarkCommand::Step { by: 1 };
    PREVIOUS_BOOKMARK: Go, "Previous bookmark", "The previous event that has a bookmark", [key(SHIFT, Key::U)], None, Log, BookmarkCommand::Step { by: -1 };
    COPY_BOOKMARKS: Go, "Copy bookmarks as text", "Copy the list of bookmarks with their notes", [], Some(Icon::Copy), Log, BookmarkCommand::CopyText;
    RANGE_FROM: Go, "Range starts at the playhead", "Only events from here on, as brushed in the time panel", [key(NONE, Key::OpenBracket)], None, Log, GoCommand::RangeFrom;
    RANGE_TO: Go, "Range ends at the playhead", "Only events up to here, as brushed in the time panel", [key(NONE, Key::CloseBracket)], None, Log, GoCommand::RangeTo;
    CLEAR_RANGE: Go, "Clear range", "Show events of all times again", [key(NONE, Key::Backslash)], Some(Icon::Close), Log, GoCommand::Range(None);
    TO_START: Go, "First event", "The first event of the focused list", [key(NONE, Key::Home)], Some(Icon::ToStart), Log, GoCommand::Start;
    TO_END: Go, "End of the log", "The end: everything has happened", [key(NONE, Key::End)], Some(Icon::ToEnd), Log, GoCommand::End;
    LIVE: Go, "Show new events", "Show what is written to the open files as it comes; while this is off, it is held back and counted", [key(NONE, Key::L)], None, Log, DocumentCommand::ToggleLive;
    BACK: Go, "Back", "The place visited before", [key(ALT, Key::ArrowLeft)], None, Log, GoCommand::Back;
    FORWARD: Go, "Forward", "The place gone back from", [key(ALT, Key::ArrowRight)], None, Log, GoCommand::Forward;

    SIMULATE: Simulate, "Simulate a saga…", "Choose a system, a saga and what goes wrong, and watch it", [key(CTRL, Key::N)], Some(Icon::Bolt), Nothing, WindowCommand::ToggleOverlay(Overlay::Simulate);
    SIM_PLAY: Simulate, "Run or pause", "Handle one message after the other", [], Some(Icon::Play), Simulation, SimulationCommand::TogglePlay;
    SIM_STEP: Simulate, "Step", "Handle the next message", [key(NONE, Key::Period)], Some(Icon::StepForward), Simulation, SimControl::Step(1);
    SIM_STEP_BACK: Simulate, "Step back", "To before the last message", [key(NONE, Key::Comma)], Some(Icon::StepBack), Simulation, SimControl::Step(-1);
    SIM_STEP_TEN: Simulate, "Ten steps", "Handle the next ten messages", [], None, Simulation, SimControl::Step(10);
    SIM_BACK_TEN: Simulate, "Ten steps back", "To before the last ten messages", [], None, Simulation, SimControl::Step(-10);
    SIM_TO_START: Simulate, "To the beginning", "To the moment in which nothing has happened yet", [], Some(Icon::ToStart), Simulation, SimControl::GoTo(0);
    SIM_TO_NEWEST: Simulate, "To the newest moment", "To the last moment of this future", [], Some(Icon::ToEnd), Simulation, SimControl::GoTo(u64::MAX);
    SIM_UNDO: Simulate, "Undo what was done", "Take back the last thing that was done to this run, with the future that it ended", [key(CTRL, Key::Z)], Some(Icon::Undo), Simulation, SimControl::Undo;
    SIM_TO_END: Simulate, "Run to the end", "On until nothing is under way any more", [key(CTRL, Key::Enter)], Some(Icon::ToEnd), Simulation, SimControl::Run(Until::Quiet);
    SIM_UNTIL_FAULT: Simulate, "Run until a fault strikes", "On until the next fault strikes", [], None, Simulation, SimControl::Run(Until::Fault);
    SIM_UNTIL_BACK: Simulate, "Run until a saga goes back", "On until a saga begins to compensate", [], None, Simulation, SimControl::Run(Until::Compensation);
    SIM_UNTIL_LETTER: Simulate, "Run until a dead letter is parked", "On until something is parked as a dead letter", [], None, Simulation, SimControl::Run(Until::DeadLetter);
    SIM_UNTIL_BROKEN: Simulate, "Run until an invariant breaks", "On until something is not as it must be", [], None, Simulation, SimControl::Run(Until::BrokenInvariant);
    SIM_UNTIL_END: Simulate, "Run until a saga ends", "On until the next saga ends", [], None, Simulation, SimControl::Run(Until::SagaEnds);
    SIM_UNTIL_COMPLETED: Simulate, "Run until a saga is completed", "On until a saga has done all its steps", [], None, Simulation, SimControl::Run(Until::Outcome(Outcome::Completed));
    SIM_UNTIL_COMPENSATED: Simulate, "Run until a saga is compensated", "On until a saga has undone what it did", [], None, Simulation, SimControl::Run(Until::Outcome(Outcome::Compensated));
    SIM_UNTIL_DEAD_LETTERED: Simulate, "Run until a saga is dead-lettered", "On until a saga waits for a person", [], None, Simulation, SimControl::Run(Until::Outcome(Outcome::DeadLettered));
    SIM_UNTIL_STUCK: Simulate, "Run until a saga is stuck", "On until nothing is under way and a saga has not ended", [], None, Simulation, SimControl::Run(Until::Outcome(Outcome::Stuck));
    SIM_UNTIL_INCONSISTENT: Simulate, "Run until a saga is inconsistent", "On until a saga ends with a broken invariant", [], None, Simulation, SimControl::Run(Until::Outcome(Outcome::Inconsistent));
    SIM_UNTIL_EVENT: Simulate, "Run until an event matches…", "On until an event is recorded that a condition fits, in the words of the query bar", [], None, Simulation, WindowCommand::Ask(LineWish::Until);
    SIM_TO_FAULT: Simulate, "To the fault", "To the moment in which a fault first struck", [], Some(Icon::Clock), Simulation, SimControl::ToFault;
    SIM_BRANCH: Simulate, "Branch from here", "Keep this future, and go on in another one", [], Some(Icon::Branch), Simulation, SimControl::Branch;
    SIM_COPY: Simulate, "Copy recipe", "Copy the line from which this run follows to the last byte", [], Some(Icon::Copy), Simulation, SimulationCommand::CopyRecipe;
    SIM_RECORD: Simulate, "Record run…", "Write the log of this run to a store or JSON lines", [], None, Simulation, SimulationCommand::Record;
    SIM_AGAIN: Simulate, "Start again", "The same run from its beginning", [], Some(Icon::Loop), Simulation, SimulationCommand::Again;

    PALETTE: Help, "Command palette…", "Everything by name: commands, streams, types, recent files", [key(CTRL, Key::P), key(CTRL_SHIFT, Key::P)], Some(Icon::Search), Nothing, WindowCommand::ToggleOverlay(Overlay::Palette);
    SHORTCUTS: Help, "Keyboard shortcuts", "All keys on one sheet", [key(NONE, Key::Questionmark), key(SHIFT, Key::Questionmark), key(SHIFT, Key::Slash)], Some(Icon::Question), Nothing, WindowCommand::ToggleOverlay(Overlay::Shortcuts);
    ESCAPE: Help, "Close or leave", "Close what lies above, else leave the text field (the filter is cleared), else clear the filter", [key(NONE, Key::Escape)], None, Nothing, WindowCommand::Escape;
    ABOUT: Help, "About Sagascope", "Version and licences", [], None, Nothing, WindowCommand::ToggleOverlay(Overlay::About);
}
