//! The type scale: Inter for words, JetBrains Mono for numbers, ids, times and payloads.

use std::sync::{Arc, LazyLock};

use egui::{FontFamily, FontId};

/// Name of the family of Inter's semibold cut.
pub(crate) const SEMIBOLD: &str = "semibold";

static SEMIBOLD_FAMILY: LazyLock<Arc<str>> = LazyLock::new(|| Arc::from(SEMIBOLD));

/// Words at the ordinary size.
pub fn body() -> FontId {
    FontId::new(13.0, FontFamily::Proportional)
}

/// Semibold at any size: 13 for names in a line, 11 for heads of sections.
pub fn semibold(size: f32) -> FontId {
    FontId::new(size, FontFamily::Name(SEMIBOLD_FAMILY.clone()))
}

/// The head of a page or of the Inspector.
pub fn heading() -> FontId {
    semibold(16.0)
}

/// Second lines, counts in words, column names.
pub fn caption() -> FontId {
    FontId::new(11.0, FontFamily::Proportional)
}

/// Labels of ticks and of idle cuts.
pub fn tick() -> FontId {
    FontId::new(10.0, FontFamily::Proportional)
}

/// Numbers, ids, times, payloads.
pub fn mono() -> FontId {
    FontId::new(12.0, FontFamily::Monospace)
}

/// The same beside captions.
pub fn mono_small() -> FontId {
    FontId::new(11.0, FontFamily::Monospace)
}

/// The one large figure a page may have.
pub fn figure() -> FontId {
    FontId::new(24.0, FontFamily::Monospace)
}
