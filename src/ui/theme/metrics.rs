//! Lengths in points, all on a grid of four. No colours.

/// The grid everything sits on.
pub const GRID: f32 = 4.0;
/// Between neighbours in a line.
pub const GAP: f32 = 8.0;
/// Width of a letter of the monospaced font at its usual size, a hair more than it is.
pub const MONO_LETTER: f32 = 7.21;
/// Padding of a panel.
pub const PAD: f32 = 12.0;
/// Padding of a page.
pub const PAGE: f32 = 20.0;

/// Height of a row in a list or table.
pub const ROW: f32 = 22.0;
/// Height of a row in compact lists.
pub const COMPACT: f32 = 18.0;
/// Height of a row of two lines.
pub const ROW_TWO: f32 = 44.0;
/// Height of a button.
pub const BUTTON: f32 = 24.0;

/// Height of the menu bar.
pub const MENU_BAR: f32 = 40.0;
/// Height of a tab bar.
pub const TAB_BAR: f32 = 32.0;
/// Height of a toolbar, at least.
pub const TOOLBAR: f32 = 34.0;
/// Height of a section's head.
pub const SECTION: f32 = 28.0;
/// Height of the status line.
pub const STATUS: f32 = 24.0;

/// Radius of marks.
pub const RADIUS_MARK: u8 = 2;
/// Radius of buttons and fields.
pub const RADIUS_CONTROL: u8 = 4;
/// Radius of cards and overlays.
pub const RADIUS_CARD: u8 = 6;
