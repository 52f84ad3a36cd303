//! The base widgets every view is built from. Each is a function or a small builder, has a label in the
//! accessibility tree, and can be reached by keyboard where it can be clicked. None knows an event.
//!
//! Drawing into a given rectangle (rows, tables, canvases) goes through [`text::Line`] and [`node`];
//! drawing in egui's flow goes through the other functions.

pub mod badge;
pub mod bar;
pub mod blocks;
pub mod button;
pub mod chip;
pub mod columns;
pub mod demos;
pub mod hover_card;
pub mod icon_button;
pub mod key_cap;
pub mod link;
pub mod mark;
pub mod modal;
pub mod payload_tree;
pub mod progress;
pub mod row;
pub mod search_field;
pub mod section;
pub mod segment;
pub mod splitter;
pub mod switch;
pub mod text;
pub mod virtual_rows;

use egui::{Id, Rect, Response, Role, Sense, Stroke, StrokeKind, Ui, WidgetInfo};

pub use badge::Badge;
pub use bar::Bar;
pub use blocks::{empty, failed, loading, waiting};
pub use button::{Button, ButtonKind};
pub use chip::chip;
pub use columns::{ColumnSpec, Columns, header};
pub use demos::{DEMOS, Demo};
pub use hover_card::{hover_card, hover_card_frame, separator};
pub use icon_button::icon_button;
pub use key_cap::key_cap;
pub use link::link;
pub use mark::Mark;
pub use modal::{ModalPlace, modal};
pub use payload_tree::{OfValue, PayloadTree, RawText, TreeAction};
pub use progress::progress;
pub use row::row;
pub use search_field::SearchField;
pub use section::section;
pub use segment::segment;
pub use splitter::splitter;
pub use switch::switch;
pub use text::{Line, Painted, elided, short_id, shorten_id};
pub use virtual_rows::{RowAlign, RowScroll, RowsOutput, Tick, VirtualRows};

use crate::ui::theme::tokens;

/// Gives something painted at `rect` a place in the accessibility tree, and returns what the pointer does
/// there. `id` must differ from its neighbours: `ui.scope_id().with(what)` or the like.
pub fn node(ui: &Ui, rect: Rect, id: Id, sense: Sense, role: Role, label: &str) -> Response {
    let response = ui.interact(rect, id, sense);
    response.widget_info(|| WidgetInfo::labeled(role, ui.is_enabled(), label));
    response
}

/// The ring around what the keyboard is on.
pub fn focus_ring(ui: &Ui, rect: Rect, radius: u8, response: &Response) {
    if response.has_focus() {
        let stroke = Stroke::new(2.0, tokens(ui).accent);
        ui.painter().rect_stroke(rect, radius, stroke, StrokeKind::Inside);
    }
}
