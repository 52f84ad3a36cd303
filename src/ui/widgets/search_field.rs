//! A field to type a filter or a query into: raised, a glass before it, a cross to empty it.

use std::ops::Range;

use egui::text::{LayoutJob, TextFormat};
use egui::{
    Align2, Frame, Rect, Response, Role, Sense, Stroke, StrokeKind, TextEdit, Ui, UiBuilder, WidgetInfo,
    pos2, vec2,
};

use crate::ui::icons::Icon;
use crate::ui::theme::{RADIUS_CONTROL, Tokens, body, mono, tokens};
use crate::ui::widgets::text::Line;

/// A search field.
///
/// ```
/// # use sagascope::ui::widgets::SearchField;
/// # egui::__run_test_ui(|ui| {
/// # let mut text = String::new();
/// let response = SearchField::new("Filter names", &mut text).show(ui);
/// if response.changed() { /* filter */ }
/// # });
/// ```
#[must_use]
pub struct SearchField<'a> {
    hint: &'a str,
    text: &'a mut String,
    query: bool,
    note: &'a str,
    note_card: &'a str,
    bad: bool,
    bad_at: Option<Range<usize>>,
    width: Option<f32>,
    id: Option<egui::Id>,
}

impl<'a> SearchField<'a> {
    /// A field for words. `hint` is shown while it is empty and is its label.
    pub fn new(hint: &'a str, text: &'a mut String) -> Self {
        Self {
            hint,
            text,
            query: false,
            note: "",
            note_card: "",
            bad: false,
            bad_at: None,
            width: None,
            id: None,
        }
    }

    /// For the query language: mono, 28 high.
    pub fn query(mut self) -> Self {
        self.query = true;
        self
    }

    /// What was found, at the right: "12 of 3,776 events".
    pub fn note(mut self, note: &'a str) -> Self {
        self.note = note;
        self
    }

    /// More about what was found, shown on hover.
    pub fn note_card(mut self, text: &'a str) -> Self {
        self.note_card = text;
        self
    }

    /// The text is not understood: a border in the colour of failures. Say why below the field.
    pub fn bad(mut self, bad: bool) -> Self {
        self.bad = bad;
        self
    }

    /// The bytes of the text that are wrong: underlined.
    pub fn bad_at(mut self, at: Option<Range<usize>>) -> Self {
        self.bad_at = at;
        self
    }

    /// Instead of the room there is.
    pub fn width(mut self, width: f32) -> Self {
        self.width = Some(width);
        self
    }

    /// A fixed id, so that a shortcut can give it the focus.
    pub fn id(mut self, id: egui::Id) -> Self {
        self.id = Some(id);
        self
    }

    /// Shows the field. The response is that of the text.
    pub fn show(self, ui: &mut Ui) -> Response {
        let t = tokens(ui);
        let height = if self.query { 28.0 } else { 24.0 };
        let size = vec2(self.width.unwrap_or(ui.available_width()), height);
        let (rect, _) = ui.allocate_exact_size(size, Sense::hover());
        let ground = ui.painter().add(egui::Shape::Noop);
        let square = |x: f32| Rect::from_center_size(pos2(x, rect.center().y), vec2(12.0, 12.0));
        Icon::Search.paint(ui.painter(), square(rect.left() + 15.0), t.muted);
        let mut end = rect.right() - 6.0;
        let mut cleared = false;
        if !self.text.is_empty() {
            let cross = Rect::from_center_size(pos2(end - 8.0, rect.center().y), vec2(18.0, 18.0));
            let id = ui.scope_id().with(("clear", self.hint));
            let clear = ui.interact(cross, id, Sense::click());
            clear.widget_info(|| WidgetInfo::labeled(Role::Button, ui.is_enabled(), "Clear"));
            let color = if clear.hovered() || clear.has_focus() { t.text } else { t.muted };
            Icon::Close.paint(ui.painter(), square(cross.center().x), color);
            cleared = clear.clicked();
            end = cross.left() - 4.0;
        }
        if !self.note.is_empty() {
            let line = Line::new().caption(self.note, t.muted).right();
            let painted =
                line.paint(ui.painter(), Rect::from_x_y_ranges(rect.left() + 80.0..=end, rect.y_range()));
            let id = ui.scope_id().with(("note", self.hint));
            let note = crate::ui::widgets::node(ui, painted.rect, id, Sense::hover(), Role::Label, self.note);
            if !self.note_card.is_empty() {
                note.on_hover_text(self.note_card);
            }
            end = painted.rect.left() - 8.0;
        }
        let room = Rect::from_x_y_ranges(rect.left() + 29.0..=end.max(rect.left() + 30.0), rect.y_range());
        let (query, bad_at) = (self.query, self.bad_at.clone());
        let mut lay_out = |ui: &Ui, text: &dyn egui::TextBuffer, _: f32| {
            ui.fonts_mut(|fonts| fonts.layout_job(coloured(text.as_str(), query, bad_at.as_ref(), &t)))
        };
        let mut edit = TextEdit::singleline(self.text)
            .font(if self.query { mono() } else { body() })
            .frame(Frame::NONE)
            .align(Align2::LEFT_CENTER)
            .text_color(t.text)
            .layouter(&mut lay_out)
            .desired_width(room.width())
            .min_size(room.size());
        edit = match self.id {
            Some(id) => edit.id(id),
            None => edit.id_salt(("search", self.hint)),
        };
        let mut inner = ui.new_child(UiBuilder::new().max_rect(room));
        let mut response = inner.put(room, edit);
        response.widget_info(|| {
            let mut info = WidgetInfo::text_edit(ui.is_enabled(), &**self.text, &**self.text, self.hint);
            info.label = Some(self.hint.to_owned());
            info
        });
        if self.text.is_empty() {
            Line::new()
                .piece(self.hint, if self.query { mono() } else { body() }, t.faint)
                .paint(ui.painter(), room);
        }
        if cleared {
            self.text.clear();
            response.mark_changed();
            response.request_focus();
        }
        let border = match (self.bad, response.has_focus()) {
            (true, _) => Stroke::new(1.0, t.removed()),
            (false, true) => Stroke::new(1.0, t.accent),
            (false, false) => Stroke::new(1.0, t.line_strong),
        };
        let frame = egui::epaint::RectShape::new(rect, RADIUS_CONTROL, t.raised, border, StrokeKind::Inside);
        ui.painter().set(ground, frame);
        response
    }
}

/// The text with the fields of a query (`type:`, `data.total>`) in the accent and what is wrong underlined.
fn coloured(text: &str, query: bool, bad_at: Option<&Range<usize>>, t: &Tokens) -> LayoutJob {
    let mut job = LayoutJob::default();
    // A line that is edited never wraps.
    job.wrap.max_width = f32::INFINITY;
    job.break_on_newline = false;
    let mut from = 0;
    let mut push = |to: usize, color| {
        // What is wrong may begin and end in the middle of a piece.
        let mut cuts = vec![from, to];
        if let Some(bad) = bad_at {
            let inside = |at: &usize| (from..to).contains(at) && text.is_char_boundary(*at);
            cuts.extend([bad.start, bad.end].into_iter().filter(inside));
        }
        cuts.sort_unstable();
        for pair in cuts.windows(2) {
            let is_bad = bad_at.is_some_and(|bad| bad.contains(&pair[0]));
            let underline = if is_bad { Stroke::new(1.5, t.removed()) } else { Stroke::NONE };
            let font_id = if query { mono() } else { body() };
            if let Some(piece) = text.get(pair[0]..pair[1]) {
                job.append(piece, 0.0, TextFormat { font_id, color, underline, ..TextFormat::default() });
            }
        }
        from = to;
    };
    if query {
        for field in fields(text) {
            push(field.start, t.text);
            push(field.end, t.accent);
        }
    }
    push(text.len(), t.text);
    job
}

/// Where a query names fields: `type:` or `data.total>` at the beginning of a word outside quotation marks.
fn fields(text: &str) -> Vec<Range<usize>> {
    let mut found = Vec::new();
    let (mut word, mut quoted, mut escaped) = (Some(0), false, false);
    for (at, letter) in text.char_indices() {
        match letter {
            _ if escaped => escaped = false,
            '\\' if quoted => escaped = true,
            '"' => {
                quoted = !quoted;
                word = None;
            }
            _ if quoted => (),
            letter if letter.is_whitespace() || letter == '(' => word = Some(at + letter.len_utf8()),
            '-' if word == Some(at) => word = Some(at + 1),
            // An operator of two letters is marked whole.
            '=' if found.last().is_some_and(|last: &Range<usize>| last.end == at) => {
                if let Some(last) = found.last_mut() {
                    last.end = at + 1;
                }
            }
            ':' | '=' | '<' | '>' | '~' | '!' => {
                if let Some(start) = word.take().filter(|start| *start < at) {
                    found.push(start..at + 1);
                }
            }
            letter if !letter.is_alphanumeric() && !matches!(letter, '.' | '_' | '[' | ']' | '*') => {
                word = None;
            }
            _ => (),
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ui::theme::Theme;

    #[test]
    fn fields_of_a_query_are_found() {
        for (text, expected) in [
            ("", &[][..]),
            ("type:a -stream:\"b c:d\" corr:8", &["type:", "stream:", "corr:"]),
            ("\"a b:c\" \"x \\\" y:z\"", &[]),
            ("a-b:c :d ü:1", &["ü:"]),
            ("type:a:b", &["type:"]),
            ("(data.items[*].n>=3 or version<2)", &["data.items[*].n>=", "version<"]),
        ] {
            let found: Vec<&str> = fields(text).into_iter().map(|range| &text[range]).collect();
            assert_eq!(found, expected, "{text}");
        }
    }

    #[test]
    fn the_coloured_text_is_the_text_and_the_wrong_part_is_underlined() {
        let t = Theme::Dark.tokens();
        for (text, bad) in [("ok colour:red", 3..9), ("type:", 0..5), ("\"open", 0..5), ("ä", 1..9)] {
            let job = coloured(text, true, Some(&bad), &t);
            assert_eq!(job.text, text);
            let underlined: usize = job
                .sections
                .iter()
                .filter(|section| section.format.underline.width > 0.0)
                .map(|section| section.byte_range.end.0 - section.byte_range.start.0)
                .sum();
            let expected = if text == "ä" { 0 } else { bad.len() };
            assert_eq!(underlined, expected, "{text}");
        }
    }
}
