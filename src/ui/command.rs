//! Every change of the document or of the place in it is a command in one queue; every command that a person can
//! call is in one list with its name, sentence, keys and icon.

use std::cell::RefCell;
use std::panic::Location;
use std::path::PathBuf;

use egui::{Key, KeyboardShortcut, Modifiers};

use super::app::navigation::{Playhead, StepList};
use super::icons::Icon;
use crate::engine::{LoadItem, Mapping};
use crate::index::StreamId;
use crate::model::Row;
use crate::replay::Path as ValuePath;

/// A change, to be applied in `App::logic`.
#[derive(Clone, Debug)]
pub enum Command {
    /// Opening and closing logs.
    Document(DocumentCommand),
    /// Moving within the log.
    Go(GoCommand),
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
    /// Read the files again.
    Reload,
    /// Close the log.
    Close,
    /// Stop loading; what is there stays.
    CancelLoading,
    /// Take a file off the recent ones.
    ForgetRecent(PathBuf),
}

/// Moving within the log.
#[derive(Clone, Debug, PartialEq)]
pub enum GoCommand {
    /// Select an event and put the playhead there.
    Select(Row),
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

/// The window itself.
#[derive(Clone, Debug)]
pub enum WindowCommand {
    /// Show a view, opening it where it is not.
    ShowView(&'static str),
    /// Layout as at first start.
    ResetLayout,
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
    /// Put text on the clipboard.
    Copy(String),
    /// Write text to a file that is asked for.
    SaveText {
        /// Proposed name.
        name: String,
        /// What to write.
        text: String,
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
    /// Help.
    Help,
}

impl Menu {
    /// Every menu in order.
    pub const ALL: [Self; 4] = [Self::File, Self::View, Self::Go, Self::Help];

    /// As the menu bar names it.
    pub fn title(self) -> &'static str {
        match self {
            Self::File => "File",
            Self::View => "View",
            Self::Go => "Go",
            Self::Help => "Help",
        }
    }
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
    /// Whether it needs an open log.
    pub needs_log: bool,
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
    ($($id:ident: $menu:ident, $name:literal, $about:literal, [$($key:expr),*], $icon:expr, $needs_log:literal, $make:expr;)*) => {
        $(
            #[doc = $about]
            pub static $id: UiCommand = UiCommand {
                name: $name, about: $about, keys: &[$($key),*], icon: $icon, menu: Menu::$menu,
                needs_log: $needs_log, make: || Command::from($make),
            };
        )*
        /// Every command, in the order of menus and palette.
        pub static COMMANDS: &[&UiCommand] = &[$(&$id),*];
    };
}

commands! {
    OPEN: File, "Open…", "Open event stores, read-only; several files merge into one log", [key(CTRL, Key::O)], Some(Icon::Folder), false, DocumentCommand::ChooseFiles { add: false };
    OPEN_PATH: File, "Open by path…", "Type the path of an event store", [key(CTRL_SHIFT, Key::O)], None, false, WindowCommand::ToggleOverlay(Overlay::OpenPath);
    ADD: File, "Add to this log…", "Merge more files into the open log", [], Some(Icon::Plus), true, DocumentCommand::ChooseFiles { add: true };
    RELOAD: File, "Reload", "Read the open files again", [key(CTRL, Key::R)], None, true, DocumentCommand::Reload;
    CANCEL_LOADING: File, "Stop loading", "Stop reading; what is there stays", [], None, true, DocumentCommand::CancelLoading;
    CLOSE: File, "Close log", "Close the log and show the welcome page", [key(CTRL, Key::W)], None, true, DocumentCommand::Close;
    COPY_EVENT: File, "Copy event as JSON", "Copy the selected event with everything known of it", [key(CTRL_SHIFT, Key::C)], Some(Icon::Copy), true, WindowCommand::CopyEvent;
    COPY_STATE: File, "Copy state as JSON", "Copy the replayed state at the playhead", [], Some(Icon::Copy), true, WindowCommand::CopyState;
    SAVE_STATE: File, "Save state as JSON…", "Write the replayed state at the playhead to a file", [key(CTRL, Key::S)], None, true, WindowCommand::SaveState;
    QUIT: File, "Quit", "End Sagascope", [key(CTRL, Key::Q)], None, false, WindowCommand::Quit;

    SHOW_LOG: View, "Show log", "The events that the filter leaves, as rows", [key(ALT, Key::Num1)], None, true, WindowCommand::ShowView("log");
    SHOW_LANES: View, "Show lanes", "Streams as lanes on one time axis", [key(ALT, Key::Num2)], None, true, WindowCommand::ShowView("lanes");
    SHOW_REPLAY: View, "Show replay", "One stream, step by step, with the rebuilt state", [key(ALT, Key::Num3)], None, true, WindowCommand::ShowView("replay");
    SHOW_ISSUES: View, "Show issues", "Records that could not be read", [key(ALT, Key::Num4)], Some(Icon::Warning), true, WindowCommand::ShowView("issues");
    TOGGLE_NAVIGATOR: View, "Navigator", "Show or hide streams and types", [key(CTRL, Key::B)], None, true, WindowCommand::TogglePanel(Panel::Navigator);
    TOGGLE_INSPECTOR: View, "Inspector", "Show or hide the selected event", [key(CTRL, Key::I)], None, true, WindowCommand::TogglePanel(Panel::Inspector);
    TOGGLE_TIME: View, "Time panel", "Show or hide the density of the log over time", [key(CTRL, Key::T)], None, true, WindowCommand::TogglePanel(Panel::Time);
    TOGGLE_THEME: View, "Switch dark and light", "Use the other theme", [key(CTRL_SHIFT, Key::T)], Some(Icon::Moon), false, WindowCommand::ToggleTheme;
    TOGGLE_COMPACT: View, "Compact rows", "Rows of 18 instead of 22 pixels", [], None, false, WindowCommand::ToggleCompact;
    TOGGLE_ZONE: View, "UTC or local time", "Show times in UTC or in the zone of this computer", [], Some(Icon::Clock), false, WindowCommand::ToggleZone;
    TOGGLE_MOTION: View, "Motion", "Switch animations on or off", [], None, false, WindowCommand::ToggleMotion;
    TOGGLE_NULL_REMOVES: View, "Null removes a value", "In replays, null takes the key out of the state instead of being kept", [], None, false, WindowCommand::ToggleNullRemoves;
    ZOOM_IN: View, "Larger text", "Make everything larger", [key(CTRL, Key::Plus), key(CTRL, Key::Equals)], None, false, WindowCommand::Zoom(1);
    ZOOM_OUT: View, "Smaller text", "Make everything smaller", [key(CTRL, Key::Minus)], None, false, WindowCommand::Zoom(-1);
    ZOOM_RESET: View, "Normal text", "Text at its normal size", [key(CTRL, Key::Num0)], None, false, WindowCommand::Zoom(0);
    RESET_LAYOUT: View, "Reset layout", "Views and panels as at first start", [], None, false, WindowCommand::ResetLayout;

    FIND: Go, "Filter events", "Put the caret into the filter", [key(CTRL, Key::F)], Some(Icon::Search), true, WindowCommand::FocusFilter;
    CLEAR_FILTER: Go, "Clear filter", "Show every event again", [], Some(Icon::Close), true, GoCommand::Filter(String::new());
    PLAY: Go, "Play or pause", "Move the playhead by itself through the focused list", [key(NONE, Key::Space)], Some(Icon::Play), true, GoCommand::TogglePlay;
    NEXT: Go, "Next event", "One event forward in the focused view's own list", [key(NONE, Key::ArrowRight), key(NONE, Key::ArrowDown)], Some(Icon::StepForward), true, GoCommand::StepFocused { by: 1 };
    PREVIOUS: Go, "Previous event", "One event back in the focused view's own list", [key(NONE, Key::ArrowLeft), key(NONE, Key::ArrowUp)], Some(Icon::StepBack), true, GoCommand::StepFocused { by: -1 };
    NEXT_TEN: Go, "Ten events forward", "Ten events forward in the focused view's own list", [key(SHIFT, Key::ArrowRight), key(SHIFT, Key::ArrowDown), key(NONE, Key::PageDown)], None, true, GoCommand::StepFocused { by: 10 };
    PREVIOUS_TEN: Go, "Ten events back", "Ten events back in the focused view's own list", [key(SHIFT, Key::ArrowLeft), key(SHIFT, Key::ArrowUp), key(NONE, Key::PageUp)], None, true, GoCommand::StepFocused { by: -10 };
    NEXT_OF_LOG: Go, "Next event of the log", "One event forward in the whole log", [key(CTRL, Key::ArrowRight)], None, true, GoCommand::Step { list: StepList::Log, by: 1 };
    PREVIOUS_OF_LOG: Go, "Previous event of the log", "One event back in the whole log", [key(CTRL, Key::ArrowLeft)], None, true, GoCommand::Step { list: StepList::Log, by: -1 };
    NEXT_OF_CORRELATION: Go, "Next of the same correlation", "The next event with the same correlation id", [key(NONE, Key::O)], None, true, GoCommand::Step { list: StepList::Correlation, by: 1 };
    PREVIOUS_OF_CORRELATION: Go, "Previous of the same correlation", "The previous event with the same correlation id", [key(SHIFT, Key::O)], None, true, GoCommand::Step { list: StepList::Correlation, by: -1 };
    NEXT_FAILURE: Go, "Next failure", "The next event whose type tells of a failure", [key(NONE, Key::E)], None, true, GoCommand::Step { list: StepList::Failures, by: 1 };
    PREVIOUS_FAILURE: Go, "Previous failure", "The previous event whose type tells of a failure", [key(SHIFT, Key::E)], None, true, GoCommand::Step { list: StepList::Failures, by: -1 };
    TO_WRITER: Go, "Jump to the event that set this value", "In Replay: where the value pointed at came from", [key(NONE, Key::B)], None, true, GoCommand::ToWriter;
    NEXT_CHANGE: Go, "Next change of this value", "In Replay: the next event that changes the value pointed at", [key(NONE, Key::N)], None, true, GoCommand::ToChange { by: 1 };
    PREVIOUS_CHANGE: Go, "Previous change of this value", "In Replay: the previous event that changed the value pointed at", [key(SHIFT, Key::N)], None, true, GoCommand::ToChange { by: -1 };
    RANGE_FROM: Go, "Range starts at the playhead", "Only events from here on, as brushed in the time panel", [key(NONE, Key::OpenBracket)], None, true, GoCommand::RangeFrom;
    RANGE_TO: Go, "Range ends at the playhead", "Only events up to here, as brushed in the time panel", [key(NONE, Key::CloseBracket)], None, true, GoCommand::RangeTo;
    CLEAR_RANGE: Go, "Clear range", "Show events of all times again", [key(NONE, Key::Backslash)], Some(Icon::Close), true, GoCommand::Range(None);
    TO_START: Go, "First event", "The first event of the focused list", [key(NONE, Key::Home)], Some(Icon::ToStart), true, GoCommand::Start;
    TO_END: Go, "End of the log", "The end: everything has happened", [key(NONE, Key::End)], Some(Icon::ToEnd), true, GoCommand::End;
    BACK: Go, "Back", "The place visited before", [key(ALT, Key::ArrowLeft)], None, true, GoCommand::Back;
    FORWARD: Go, "Forward", "The place gone back from", [key(ALT, Key::ArrowRight)], None, true, GoCommand::Forward;

    PALETTE: Help, "Command palette…", "Everything by name: commands, streams, types, recent files", [key(CTRL, Key::P), key(CTRL_SHIFT, Key::P)], Some(Icon::Search), false, WindowCommand::ToggleOverlay(Overlay::Palette);
    SHORTCUTS: Help, "Keyboard shortcuts", "All keys on one sheet", [key(NONE, Key::Questionmark), key(SHIFT, Key::Questionmark), key(SHIFT, Key::Slash)], Some(Icon::Question), false, WindowCommand::ToggleOverlay(Overlay::Shortcuts);
    ESCAPE: Help, "Close or leave", "Close what lies above, else leave the text field (the filter is cleared), else clear the filter", [key(NONE, Key::Escape)], None, false, WindowCommand::Escape;
    ABOUT: Help, "About Sagascope", "Version and licences", [], None, false, WindowCommand::ToggleOverlay(Overlay::About);
}
