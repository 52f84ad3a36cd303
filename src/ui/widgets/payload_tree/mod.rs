//! A JSON value to look into: a tree that folds and is searched, the text as stored, the bytes. Each value can be
//! copied. Knows nothing of events; what a choice of the menu does is the caller's.

mod hex;
mod raw;
mod row_ui;
mod rows;
mod wrap;

use std::ops::Range;

use egui::{Rect, Sense, Ui, pos2, vec2};
use serde_json::Value;

pub use hex::hex_dump;
pub use raw::RawText;
pub use wrap::wrap;

use self::row_ui::Drawn;
use self::rows::{Choices, Row, Rows, rows_of};
use crate::base::limits::PAYLOAD_ROWS_MAX;
use crate::replay::Path;
use crate::ui::format::{count, thousands};
use crate::ui::theme::{PAD, ROW, tokens};
use crate::ui::widgets::Line;

/// What a person asked of a value.
#[derive(Clone, Debug, PartialEq)]
pub enum TreeAction {
    /// Put this on the clipboard.
    Copy(String),
    /// Only what has this text.
    OnlyWith(String),
    /// Something about the value at a place.
    At(Path, OfValue),
}

/// What can be asked about a value at its place.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OfValue {
    /// Only events with this value there.
    Only,
    /// No events with this value there.
    Exclude,
    /// A column for what stands there.
    Column,
}

/// State of a tree: what is open, what is searched. Holds for the next value as well, by path.
#[derive(Default)]
pub struct PayloadTree {
    choices: Choices,
    search: String,
    built: Option<Built>,
}

struct Built {
    identity: u64,
    choices: Choices,
    rows: Rows,
    /// Widest name with its indent, in points.
    names: f32,
}

/// Room for each level.
const INDENT: f32 = 12.0;

/// Names measured to place the column of values.
const NAMES_MEASURED: usize = 200;

impl PayloadTree {
    /// What is typed into the search field, to be edited there.
    pub fn search_mut(&mut self) -> &mut String {
        &mut self.search
    }

    /// "2 matches", of the tree as it was drawn last; empty without a search.
    pub fn found(&self) -> String {
        match &self.built {
            Some(built) if !self.choices.needle.is_empty() => match built.rows.hits {
                1 => "1 match".to_owned(),
                hits => format!("{} matches", thousands(hits as u64)),
            },
            _ => String::new(),
        }
    }

    /// Shows the tree of `value`. `identity` is another number for another value, so that rows are only made
    /// anew when something changed. Gives what was chosen of a value's menu.
    pub fn show(&mut self, ui: &mut Ui, value: &Value, identity: u64) -> Option<TreeAction> {
        let t = tokens(ui);
        let letter = Line::new().mono("0", t.text).width(ui.painter()).max(1.0);
        let width = ui.available_width();
        self.choices.columns = ((width - 2.0 * PAD - INDENT) / letter) as usize;
        self.choices.needle = self.search.trim().to_lowercase();
        self.rebuild(ui, value, identity);
        let Some(built) = &self.built else { return None };
        if built.rows.list.is_empty() {
            Line::new().gap(PAD).body("Nothing in here matches", t.muted).show(ui);
            return None;
        }
        let size = vec2(width, built.rows.list.len() as f32 * ROW);
        let (rect, _) = ui.allocate_exact_size(size, Sense::hover());
        let least = (width * 0.29).clamp(84.0, 124.0) - 12.0;
        let column = rect.left() + PAD + built.names.clamp(least, (width * 0.42).max(least)) + 12.0;
        let mut drawn = Drawn::default();
        for at in seen(ui, rect, ROW, built.rows.list.len()) {
            let top = rect.top() + at as f32 * ROW;
            let place = Rect::from_min_size(pos2(rect.left(), top), vec2(width, ROW));
            match &built.rows.list[at] {
                Row::Value(row) => row_ui::value_row(ui, place, column, row, value, &mut drawn),
                Row::Text(path, line) => row_ui::text_row(ui, place, path, line.clone(), value, at),
            }
        }
        if built.rows.more > 0 {
            let text = format!(
                "{} more than the {} shown: search to see them",
                count(built.rows.more as u64, "value"),
                thousands(PAYLOAD_ROWS_MAX as u64)
            );
            Line::new().gap(PAD).caption(&text, t.muted).show(ui);
        }
        if let Some((path, open)) = drawn.toggle {
            self.choices.open.insert(path, open);
        }
        if let Some(path) = drawn.unfold
            && !self.choices.unfolded.remove(&path)
        {
            self.choices.unfolded.insert(path);
        }
        drawn.action
    }

    fn rebuild(&mut self, ui: &Ui, value: &Value, identity: u64) {
        let is_built = self
            .built
            .as_ref()
            .is_some_and(|built| built.identity == identity && built.choices == self.choices);
        if is_built {
            return;
        }
        let rows = rows_of(value, &self.choices);
        let t = tokens(ui);
        // The name of an open node has the line to itself.
        let values = rows.list.iter().filter_map(|row| match row {
            Row::Value(row) if !row.open => Some(row),
            Row::Value(_) | Row::Text(..) => None,
        });
        let names = values.take(NAMES_MEASURED).map(|row| {
            let caret = if row.shown.kind.has_children() { 14.0 } else { 0.0 };
            row.depth as f32 * INDENT + caret + Line::new().body(&row.name, t.muted).width(ui.painter())
        });
        let names = names.fold(0.0, f32::max);
        self.built = Some(Built { identity, choices: self.choices.clone(), rows, names });
    }
}

/// Which of `count` rows of one height, the first at the top of `rect`, are on screen.
fn seen(ui: &Ui, rect: Rect, height: f32, count: usize) -> Range<usize> {
    let clip = ui.clip_rect();
    let at = |y: f32| ((y - rect.top()) / height).floor().max(0.0) as usize;
    at(clip.top()).min(count)..(at(clip.bottom()) + 1).min(count)
}
