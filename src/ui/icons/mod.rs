//! The icons, drawn as strokes on a grid of 12 × 12: no icon font, sharp at every scale, in any colour.
//! An icon says nothing to a screen reader; the widget that shows it does.

mod pen;
mod shapes;

use egui::{Color32, Painter, Rect};

use pen::Pen;

macro_rules! icons {
    ($($(#[$doc:meta])* $variant:ident $name:literal),* $(,)?) => {
        /// An icon of the set.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
        pub enum Icon { $($(#[$doc])* $variant),* }

        impl Icon {
            /// All of them.
            pub const ALL: &[Self] = &[$(Self::$variant),*];

            /// The name in settings, demos and test messages.
            pub fn name(self) -> &'static str {
                match self { $(Self::$variant => $name),* }
            }
        }
    };
}

icons! {
    /// Magnifying glass.
    Search "search",
    /// Filled triangle to the right.
    Play "play",
    /// Two bars: pause, and the glyph of stuck.
    Pause "pause",
    /// One event back.
    StepBack "step-back",
    /// One event forward.
    StepForward "step-forward",
    /// To the first event.
    ToStart "to-start",
    /// To the newest event.
    ToEnd "to-end",
    /// Repeat.
    Loop "loop",
    /// Pin.
    Pin "pin",
    /// Two sheets.
    Copy "copy",
    /// Pen: write, rename.
    Pen "pen",
    /// Bookmark: a ribbon.
    Bookmark "bookmark",
    /// Close.
    Close "close",
    /// Plus.
    Plus "plus",
    /// Arrows outwards: fill the centre.
    Fill "fill",
    /// Arrows inwards: share the centre again.
    Share "share",
    /// Closed group, as two strokes.
    ChevronRight "chevron-right",
    /// Open group, as two strokes.
    ChevronDown "chevron-down",
    /// Small filled triangle to the left.
    CaretLeft "caret-left",
    /// Small filled triangle to the right: a closed tree node.
    CaretRight "caret-right",
    /// Small filled triangle downwards: an open tree node, a choice.
    CaretDown "caret-down",
    /// Sheet with a folded corner.
    File "file",
    /// Folder.
    Folder "folder",
    /// Open book.
    Book "book",
    /// Clock.
    Clock "clock",
    /// Warning triangle.
    Warning "warning",
    /// Completed.
    Check "check",
    /// Failed.
    Cross "cross",
    /// Minus.
    Minus "minus",
    /// Changed, transient.
    Tilde "tilde",
    /// Compensated: the undo arrow with a dot inside.
    UndoDone "ring-dot",
    /// Compensating: an arrow turning back.
    Undo "undo-arrow",
    /// Dead letter.
    Skull "skull",
    /// Unknown.
    Question "question",
    /// Inconsistent.
    NotEqual "not-equal",
    /// A cause.
    ArrowUp "arrow-up",
    /// An effect.
    ArrowDown "arrow-down",
    /// Onwards, reordered.
    ArrowRight "arrow-right",
    /// Opens elsewhere.
    External "external",
    /// Idle time cut out.
    Zigzag "zigzag",
    /// Shown.
    Eye "eye",
    /// Funnel.
    Filter "filter",
    /// Settings.
    Gear "gear",
    /// Light theme.
    Sun "sun",
    /// Dark theme.
    Moon "moon",
    /// Lightning: a crash, the simulator.
    Bolt "bolt",
    /// A key that expired.
    Lock "lock",
    /// A branch of a run.
    Branch "branch",
    /// A message on its way.
    Message "message",
    /// Pivot step.
    Diamond "diamond",
    /// Empty ring: live off, not reached.
    Ring "ring",
    /// Filled dot: live.
    Dot "dot",
    /// The application: a ring with a pulse line.
    Logo "logo",
}

impl Icon {
    /// Draws the icon into the largest square in the middle of `rect`.
    pub fn paint(self, painter: &Painter, rect: Rect, color: Color32) {
        shapes::draw(self, &Pen::new(painter, rect, color));
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use egui::{Context, RawInput, Rect, Sense, vec2};

    use super::*;

    #[test]
    fn every_icon_has_a_name_of_its_own() {
        let names: BTreeSet<&str> = Icon::ALL.iter().map(|icon| icon.name()).collect();
        assert_eq!(names.len(), Icon::ALL.len());
    }

    #[test]
    fn every_icon_paints_and_stays_inside_its_square() {
        for icon in Icon::ALL {
            let ctx = Context::default();
            let mut square = Rect::NOTHING;
            let mut out = ctx.run_ui(RawInput::default(), |ui| {
                ui.add_space(40.0);
                let (rect, _) = ui.allocate_exact_size(vec2(24.0, 24.0), Sense::hover());
                square = rect;
                icon.paint(ui.painter(), rect, Color32::WHITE);
            });
            out.textures_delta.clear();
            let painted = out
                .shapes
                .iter()
                .map(|clipped| clipped.shape.visual_bounding_rect())
                .filter(Rect::is_positive)
                .fold(Rect::NOTHING, Rect::union);
            assert!(painted.is_positive(), "{}", icon.name());
            // Half a stroke may stick out where an end is cut straight.
            assert!(square.expand(0.8).contains_rect(painted), "{}: {painted} in {square}", icon.name());
        }
    }
}
