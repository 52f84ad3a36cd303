//! The colours of a theme by what they are for, read from the theme's file.

use std::sync::{Arc, LazyLock};

use egui::Color32;
use serde::{Deserialize, Deserializer, de};

use crate::ui::theme::{Outcome, OutcomeLook, Theme, hue_of_family};

/// The colours of one theme.
#[derive(Clone, Debug, PartialEq)]
pub struct Tokens {
    /// Which theme.
    pub theme: Theme,
    /// Tab bars and gaps between views.
    pub ground: Color32,
    /// Every panel.
    pub surface: Color32,
    /// Fields, chips, fault cards, group rows.
    pub raised: Color32,
    /// Hover cards, menus, the palette.
    pub overlay: Color32,
    /// The pixel between panels; lane lines.
    pub line: Color32,
    /// Borders of controls, rails, bars after the playhead.
    pub line_strong: Color32,
    /// The selected row.
    pub selection: Color32,
    /// Under overlays, nowhere else.
    pub shadow: Color32,
    /// Text.
    pub text: Color32,
    /// Labels, second lines.
    pub muted: Color32,
    /// Captions, and everything after the playhead.
    pub faint: Color32,
    /// The one accent: focus, links, active tab, primary button, causal arrows.
    pub accent: Color32,
    /// Text on the accent.
    pub on_accent: Color32,
    /// The words "event 7 of 12" and what else says that this is the past.
    pub past: Color32,
    /// The edge and the playhead in the past; a line, not for text.
    pub past_line: Color32,
    outcomes: Outcomes,
    hues: [Color32; 12],
}

impl Tokens {
    /// How an outcome looks.
    pub fn outcome(&self, outcome: Outcome) -> OutcomeLook {
        let tint = match outcome {
            Outcome::Completed => self.outcomes.completed,
            Outcome::Running => self.outcomes.running,
            Outcome::Compensating => self.outcomes.compensating,
            Outcome::Compensated => self.outcomes.compensated,
            Outcome::Failed => self.outcomes.failed,
            Outcome::DeadLetter => self.outcomes.dead_letter,
            Outcome::Stuck | Outcome::NoActivity => self.outcomes.stuck,
            Outcome::Inconsistent => self.outcomes.inconsistent,
            Outcome::Unknown => self.outcomes.unknown,
        };
        let on_fill = tint.on_fill.unwrap_or(tint.color).0;
        OutcomeLook { outcome, color: tint.color.0, fill: tint.fill.0, on_fill }
    }

    /// The hue of a family of event types: pass what [`crate::model::type_family`] returns.
    pub fn family(&self, family: &str) -> Color32 {
        self.hue(hue_of_family(family))
    }

    /// A hue by its number; numbers beyond 12 begin again.
    pub fn hue(&self, number: usize) -> Color32 {
        self.hues[number.saturating_sub(1) % self.hues.len()]
    }

    /// A value that appeared (+).
    pub fn added(&self) -> Color32 {
        self.outcome(Outcome::Completed).color
    }

    /// A value that changed (~).
    pub fn changed(&self) -> Color32 {
        self.accent
    }

    /// A value that went away (−).
    pub fn removed(&self) -> Color32 {
        self.outcome(Outcome::Failed).color
    }

    /// Numbers in payloads.
    pub fn number(&self) -> Color32 {
        self.hue(7)
    }

    /// The ground of a line that a diff marks with `color`: nine per cent of it on a panel.
    pub fn diff_ground(&self, color: Color32) -> Color32 {
        mix(self.surface, color, 0.09)
    }

    /// The ground of a row or ghost button under the pointer.
    pub fn hover(&self) -> Color32 {
        mix(self.surface, self.text, 0.06)
    }

    /// Text by whether it lies before or after the playhead.
    pub fn text_at(&self, after_playhead: bool) -> Color32 {
        if after_playhead { self.faint } else { self.text }
    }
}

/// `share` of `over` laid on `ground`, both opaque.
#[expect(clippy::disallowed_methods, reason = "this module is where colours are made")]
pub fn mix(ground: Color32, over: Color32, share: f32) -> Color32 {
    let channel = |from: u8, to: u8| {
        let (from, to) = (f32::from(from), f32::from(to));
        (from + (to - from) * share).round() as u8
    };
    Color32::from_rgb(
        channel(ground.r(), over.r()),
        channel(ground.g(), over.g()),
        channel(ground.b(), over.b()),
    )
}

/// `#RRGGBB` or `#RRGGBBAA`.
#[derive(Clone, Copy, Debug, PartialEq)]
struct Hex(Color32);

impl<'de> Deserialize<'de> for Hex {
    #[expect(clippy::disallowed_methods, reason = "this module is where colours are made")]
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        let text = String::deserialize(from)?;
        let digits = text.strip_prefix('#').unwrap_or(&text);
        let value = u32::from_str_radix(digits, 16).map_err(de::Error::custom)?;
        let [a, b, c, d] = value.to_be_bytes();
        match digits.len() {
            6 => Ok(Self(Color32::from_rgb(b, c, d))),
            8 => Ok(Self(Color32::from_rgba_unmultiplied(a, b, c, d))),
            _ => Err(de::Error::custom(format!("a colour is #RRGGBB or #RRGGBBAA, not {text}"))),
        }
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    surface: Surfaces,
    text: Texts,
    outcome: Outcomes,
    family: Families,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Surfaces {
    ground: Hex,
    surface: Hex,
    raised: Hex,
    overlay: Hex,
    line: Hex,
    line_strong: Hex,
    selection: Hex,
    shadow: Hex,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Texts {
    text: Hex,
    muted: Hex,
    faint: Hex,
    accent: Hex,
    on_accent: Hex,
    past: Hex,
    past_line: Hex,
}

#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
struct Outcomes {
    completed: Tint,
    running: Tint,
    compensating: Tint,
    compensated: Tint,
    failed: Tint,
    dead_letter: Tint,
    stuck: Tint,
    unknown: Tint,
    inconsistent: Tint,
}

#[derive(Clone, Copy, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
struct Tint {
    color: Hex,
    fill: Hex,
    on_fill: Option<Hex>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Families {
    hues: [Hex; 12],
}

fn parse(theme: Theme, text: &str) -> Result<Tokens, toml::de::Error> {
    let File { surface, text, outcome, family } = toml::from_str(text)?;
    Ok(Tokens {
        theme,
        ground: surface.ground.0,
        surface: surface.surface.0,
        raised: surface.raised.0,
        overlay: surface.overlay.0,
        line: surface.line.0,
        line_strong: surface.line_strong.0,
        selection: surface.selection.0,
        shadow: surface.shadow.0,
        text: text.text.0,
        muted: text.muted.0,
        faint: text.faint.0,
        accent: text.accent.0,
        on_accent: text.on_accent.0,
        past: text.past.0,
        past_line: text.past_line.0,
        outcomes: outcome,
        hues: family.hues.map(|hue| hue.0),
    })
}

static DARK: LazyLock<Arc<Tokens>> = LazyLock::new(|| {
    let text = include_str!("../../../assets/themes/dark.toml");
    Arc::new(parse(Theme::Dark, text).expect("the built-in theme is tested"))
});

static LIGHT: LazyLock<Arc<Tokens>> = LazyLock::new(|| {
    let text = include_str!("../../../assets/themes/light.toml");
    Arc::new(parse(Theme::Light, text).expect("the built-in theme is tested"))
});

/// The tokens of a built-in theme, read once.
pub(crate) fn built_in(theme: Theme) -> Arc<Tokens> {
    match theme {
        Theme::Dark => DARK.clone(),
        Theme::Light => LIGHT.clone(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Relative luminance after WCAG 2.
    fn luminance(color: Color32) -> f64 {
        let linear = |channel: u8| {
            let c = f64::from(channel) / 255.0;
            if c <= 0.040_45 { c / 12.92 } else { ((c + 0.055) / 1.055).powf(2.4) }
        };
        0.2126 * linear(color.r()) + 0.7152 * linear(color.g()) + 0.0722 * linear(color.b())
    }

    fn contrast(a: Color32, b: Color32) -> f64 {
        let (a, b) = (luminance(a), luminance(b));
        (a.max(b) + 0.05) / (a.min(b) + 0.05)
    }

    #[test]
    fn contrast_is_that_of_the_standard() {
        let black_on_white = contrast(Color32::BLACK, Color32::WHITE);
        assert!((black_on_white - 21.0).abs() < 1e-9, "{black_on_white}");
    }

    #[test]
    fn every_text_can_be_read_on_every_ground() {
        for theme in Theme::ALL {
            let t = built_in(theme);
            let grounds = [
                ("ground", t.ground),
                ("surface", t.surface),
                ("raised", t.raised),
                ("overlay", t.overlay),
                ("selection", t.selection),
            ];
            let mut texts = vec![
                ("text".to_owned(), t.text),
                ("muted".to_owned(), t.muted),
                ("faint".to_owned(), t.faint),
                ("accent".to_owned(), t.accent),
                ("past".to_owned(), t.past),
            ];
            texts.extend(Outcome::ALL.map(|o| (o.word().to_owned(), t.outcome(o).color)));
            texts.extend((1..=12).map(|n| (format!("hue {n}"), t.hue(n))));
            let mut pairs = vec![("on accent".to_owned(), t.on_accent, "accent", t.accent)];
            for (name, color) in texts {
                pairs.extend(grounds.map(|(ground, fill)| (name.clone(), color, ground, fill)));
            }
            for outcome in Outcome::ALL {
                let look = t.outcome(outcome);
                pairs.push((outcome.word().to_owned(), look.on_fill, "its fill", look.fill));
            }
            for diff in [t.added(), t.changed(), t.removed()] {
                pairs.push(("text".to_owned(), t.text, "diff ground", t.diff_ground(diff)));
                pairs.push(("diff".to_owned(), diff, "diff ground", t.diff_ground(diff)));
            }
            for (name, color, ground, fill) in pairs {
                let ratio = contrast(color, fill);
                assert!(ratio >= 4.5, "{theme:?}: {name} on {ground} has {ratio:.2}");
            }
        }
    }

    #[test]
    fn a_bad_colour_is_refused() {
        let text = include_str!("../../../assets/themes/dark.toml");
        for bad in ["#12345", "#12345G", "#1234567", ""] {
            let broken = text.replace("#0E1013", bad);
            assert!(parse(Theme::Dark, &broken).is_err(), "{bad}");
        }
    }

    #[test]
    fn mixing_goes_from_one_colour_to_the_other() {
        let t = built_in(Theme::Dark);
        assert_eq!(mix(t.surface, t.accent, 0.0), t.surface);
        assert_eq!(mix(t.surface, t.accent, 1.0), t.accent);
    }
}
