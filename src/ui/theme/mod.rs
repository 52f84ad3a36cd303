//! Colours, type and spacing of the window: two themes made from one set of names. The only place where
//! a colour is made; a view asks for `tokens(ui).muted`, never for a number. No widgets here.

mod family;
mod metrics;
mod outcome;
mod style;
mod text;
mod tokens;

use std::sync::Arc;

use egui::{Context, Id, Ui};

pub use family::hue_of_family;
pub use metrics::{
    BUTTON, COMPACT, GAP, GRID, MENU_BAR, MONO_LETTER, PAD, PAGE, RADIUS_CARD, RADIUS_CONTROL, RADIUS_MARK,
    ROW, ROW_TWO, SECTION, STATUS, TAB_BAR, TOOLBAR,
};
pub use outcome::{Outcome, OutcomeLook};
pub(crate) use style::overlay_shadow;
pub use text::{body, caption, figure, heading, mono, mono_small, semibold, tick};
pub use tokens::{Tokens, mix};

/// One of the two looks.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Theme {
    /// Light text on a dark ground.
    #[default]
    Dark,
    /// Dark text on a light ground.
    Light,
}

impl Theme {
    /// Both, for tests and menus.
    pub const ALL: [Self; 2] = [Self::Dark, Self::Light];

    /// The name in menus and settings.
    pub fn name(self) -> &'static str {
        match self {
            Self::Dark => "Dark",
            Self::Light => "Light",
        }
    }

    /// The look that fits what the system asks for.
    pub fn from_egui(theme: egui::Theme) -> Self {
        match theme {
            egui::Theme::Dark => Self::Dark,
            egui::Theme::Light => Self::Light,
        }
    }

    /// The same in egui's words.
    pub fn to_egui(self) -> egui::Theme {
        match self {
            Self::Dark => egui::Theme::Dark,
            Self::Light => egui::Theme::Light,
        }
    }

    /// The colours, without a window.
    pub fn tokens(self) -> Arc<Tokens> {
        tokens::built_in(self)
    }
}

/// What the window keeps about its look.
#[derive(Clone)]
struct Applied {
    tokens: Arc<Tokens>,
    motion: bool,
}

fn key() -> Id {
    Id::unique("sagascope.theme")
}

fn applied(ctx: &Context) -> Option<Applied> {
    ctx.data(|data| data.get_temp(key()))
}

/// Dresses the window: colours, type sizes, spacing. Cheap enough to call at every change of the setting;
/// the fonts are set once by [`crate::ui::fonts::install`].
pub fn apply(ctx: &Context, theme: Theme) {
    put(ctx, theme, motion(ctx));
}

/// Switches the 120 ms transitions on or off.
pub fn set_motion(ctx: &Context, motion: bool) {
    put(ctx, current(ctx), motion);
}

/// Whether transitions are shown.
pub fn motion(ctx: &Context) -> bool {
    applied(ctx).is_none_or(|applied| applied.motion)
}

/// The theme that was applied, dark before any was.
pub fn current(ctx: &Context) -> Theme {
    applied(ctx).map_or(Theme::Dark, |applied| applied.tokens.theme)
}

fn put(ctx: &Context, theme: Theme, motion: bool) {
    let tokens = theme.tokens();
    ctx.set_theme(theme.to_egui());
    let style = style::style(&tokens, motion);
    // Both of egui's own themes get it: which theme is shown is our setting alone.
    ctx.all_styles_mut(|slot| *slot = style.clone());
    ctx.data_mut(|data| data.insert_temp(key(), Applied { tokens, motion }));
}

/// The colours of the window `ui` is part of.
pub fn tokens(ui: &Ui) -> Arc<Tokens> {
    Tokens::of(ui.ctx())
}

impl Tokens {
    /// The colours of a window; dark before [`apply`].
    pub fn of(ctx: &Context) -> Arc<Self> {
        applied(ctx).map_or_else(|| Theme::Dark.tokens(), |applied| applied.tokens)
    }
}
