//! How things end, and how each ending looks: always a glyph, a word and a colour, never colour alone.

use egui::Color32;

use crate::ui::icons::Icon;

/// The state or end of a saga, a step, a message or a run.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Outcome {
    /// It did what it should.
    Completed,
    /// It goes on.
    Running,
    /// Its steps are being undone.
    Compensating,
    /// Its steps were undone.
    Compensated,
    /// A step or message failed.
    Failed,
    /// A message was parked after its last attempt.
    DeadLetter,
    /// A recorded run that waits for nothing.
    Stuck,
    /// A saga of a foreign log in which nothing happens any more.
    NoActivity,
    /// An invariant broke.
    Inconsistent,
    /// Nobody knows whether it happened: a timeout.
    Unknown,
}

impl Outcome {
    /// All of them, for legends and tests.
    pub const ALL: [Self; 10] = [
        Self::Completed,
        Self::Running,
        Self::Compensating,
        Self::Compensated,
        Self::Failed,
        Self::DeadLetter,
        Self::Stuck,
        Self::NoActivity,
        Self::Inconsistent,
        Self::Unknown,
    ];

    /// The word beside the glyph, lower case as in the middle of a sentence.
    pub fn word(self) -> &'static str {
        match self {
            Self::Completed => "completed",
            Self::Running => "running",
            Self::Compensating => "compensating",
            Self::Compensated => "compensated",
            Self::Failed => "failed",
            Self::DeadLetter => "dead letter",
            Self::Stuck => "stuck",
            Self::NoActivity => "no activity",
            Self::Inconsistent => "inconsistent",
            Self::Unknown => "unknown",
        }
    }

    /// The character in text twins; on screen [`Outcome::icon`] is drawn.
    pub fn glyph(self) -> char {
        match self {
            Self::Completed => '✔',
            Self::Running => '▶',
            Self::Compensating => '↺',
            Self::Compensated => '⟲',
            Self::Failed => '✖',
            Self::DeadLetter => '☠',
            Self::Stuck | Self::NoActivity => '⏸',
            Self::Inconsistent => '≠',
            Self::Unknown => '?',
        }
    }

    /// The glyph as it is drawn.
    pub fn icon(self) -> Icon {
        match self {
            Self::Completed => Icon::Check,
            Self::Running => Icon::Play,
            Self::Compensating => Icon::Undo,
            Self::Compensated => Icon::UndoDone,
            Self::Failed => Icon::Cross,
            Self::DeadLetter => Icon::Skull,
            Self::Stuck | Self::NoActivity => Icon::Pause,
            Self::Inconsistent => Icon::NotEqual,
            Self::Unknown => Icon::Question,
        }
    }
}

/// Everything needed to draw an outcome in the present theme.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct OutcomeLook {
    /// Which outcome.
    pub outcome: Outcome,
    /// Of glyph and word on a panel.
    pub color: Color32,
    /// The tint behind them where they stand in a cell.
    pub fill: Color32,
    /// Of glyph and word on the fill.
    pub on_fill: Color32,
}
