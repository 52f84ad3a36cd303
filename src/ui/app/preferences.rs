//! How the person likes the window: kept between two runs.

use serde::{Deserialize, Serialize};

use super::rules::ColorRule;

/// Appearance and rules that a person can switch.
#[expect(clippy::struct_excessive_bools, reason = "independent switches, each with its own menu entry")]
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Preferences {
    /// Dark, light, or as the system is.
    pub theme: ThemeChoice,
    /// Rows of 18 instead of 22 pixels.
    pub compact: bool,
    /// Times in the zone of this computer instead of UTC.
    pub local_time: bool,
    /// Whether things may move.
    pub motion: bool,
    /// Whether null removes a key in replays.
    pub null_removes: bool,
    /// Text size in tenths of the normal one.
    pub zoom_tenths: u32,
    /// Whether the navigator is shown.
    pub navigator: bool,
    /// Whether the inspector is shown.
    pub inspector: bool,
    /// Whether the time panel is shown.
    pub time_panel: bool,
    /// Columns of the log for values inside payloads, by their paths: `data.total`.
    pub value_columns: Vec<String>,
    /// Queries whose events have a colour.
    pub rules: Vec<ColorRule>,
    /// Bytes of memory that may be used; `None`: what this system allows.
    pub memory_limit: Option<u64>,
}

/// Which theme.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ThemeChoice {
    /// As the system is.
    #[default]
    System,
    /// Dark.
    Dark,
    /// Light.
    Light,
}

impl Default for Preferences {
    fn default() -> Self {
        Self {
            theme: ThemeChoice::default(),
            compact: false,
            local_time: false,
            motion: true,
            null_removes: false,
            zoom_tenths: 10,
            navigator: true,
            inspector: true,
            time_panel: true,
            value_columns: Vec::new(),
            rules: Vec::new(),
            memory_limit: None,
        }
    }
}

impl Preferences {
    /// Height of a row in points.
    pub fn row_height(&self) -> f32 {
        if self.compact { 18.0 } else { 22.0 }
    }
}
