//! The fonts: Inter and JetBrains Mono first, egui's own fonts for symbols after them. Licences lie beside
//! the files. Which size and weight is used where is the theme's business.

use std::sync::Arc;

use egui::{Context, FontData, FontDefinitions, FontFamily, FontTweak};

use crate::ui::theme::semibold;

const INTER: &[u8] = include_bytes!("../../assets/fonts/Inter-Regular.otf");
const INTER_SEMIBOLD: &[u8] = include_bytes!("../../assets/fonts/Inter-SemiBold.otf");
const JETBRAINS_MONO: &[u8] = include_bytes!("../../assets/fonts/JetBrainsMono-Regular.ttf");

/// Where characters come from that no bundled font has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fallback {
    /// The machine's fonts: Arabic, Chinese and whatever else a payload holds. For windows.
    System,
    /// None: a box is drawn. For pictures that must be the same on every machine.
    BundledOnly,
}

/// Gives the fonts to a context; once, before the first frame. Window fallbacks were added by eframe
/// (`NativeOptions::system_font_fallback`); [`Fallback::BundledOnly`] takes them away again.
pub fn install(ctx: &Context, fallback: Fallback) {
    ctx.set_fonts(definitions());
    if fallback == Fallback::BundledOnly {
        ctx.set_font_providers(Vec::new());
    }
}

/// Adds the machine's fonts to a context that no window has set up.
pub(super) fn add_system(ctx: &Context) {
    ctx.add_font_provider(Arc::new(egui_system_font_provider::SystemFontProvider::new()));
}

/// The families and their fallbacks.
pub fn definitions() -> FontDefinitions {
    let mut fonts = FontDefinitions::default();
    for (name, bytes) in
        [("Inter", INTER), ("Inter SemiBold", INTER_SEMIBOLD), ("JetBrains Mono", JETBRAINS_MONO)]
    {
        // JetBrains Mono sits higher in its line; beside Inter both must stand on one base line.
        let y_offset_factor = if name == "JetBrains Mono" { 0.06 } else { 0.0 };
        let tweak = FontTweak { y_offset_factor, ..FontTweak::default() };
        fonts.font_data.insert(name.to_owned(), Arc::new(FontData::from_static(bytes).tweak(tweak)));
    }
    // Each family falls back to the other's symbols, then to Hack and the monochrome emoji.
    let symbols = ["Hack", "NotoEmoji-Regular", "emoji-icon-font", "egui-icons", "Ubuntu-Light"];
    for (family, first) in [
        (FontFamily::Proportional, ["Inter", "JetBrains Mono"]),
        (semibold(13.0).family, ["Inter SemiBold", "JetBrains Mono"]),
        (FontFamily::Monospace, ["JetBrains Mono", "Inter"]),
    ] {
        let names = first.iter().chain(&symbols).map(|name| (*name).to_owned()).collect();
        fonts.families.insert(family, names);
    }
    fonts
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ui::theme::{Outcome, body, mono};

    #[test]
    fn every_glyph_of_ours_is_in_the_bundled_fonts() {
        let ctx = Context::default();
        install(&ctx, Fallback::BundledOnly);
        let mut out = ctx.run_ui(egui::RawInput::default(), |_| {});
        out.textures_delta.clear();
        let glyphs: String = Outcome::ALL.iter().map(|outcome| outcome.glyph()).collect();
        for text in [glyphs.as_str(), "·…→←↑↓×−≠≈–“”’€⚠▸▾", "äöüßéłŻ", "Привет"]
        {
            for font in [body(), semibold(13.0), mono()] {
                for letter in text.chars() {
                    let has = ctx.fonts_mut(|fonts| fonts.has_glyph(&font, letter));
                    assert!(has, "{letter} is missing in {:?}", font.family);
                }
            }
        }
        // A test that cannot fail would be no test: this one is in none of them.
        assert!(!ctx.fonts_mut(|fonts| fonts.has_glyph(&body(), '漢')));
    }
}
