//! A bookmark in the navigator: its note, or what its event is; a click goes there, a right click offers the rest.

use egui::{Key, Rect, Response, Ui, pos2, vec2};

use super::menu::menu;
use super::rows::{GROUP, Rows};
use crate::ui::app::bookmarks::{BookmarkCommand, MarkPlace};
use crate::ui::command::{COPY_BOOKMARKS, GoCommand, WRITE_NOTE, WindowCommand};
use crate::ui::format::{Zone, one_line};
use crate::ui::icons::Icon;
use crate::ui::panels::line::LineWish;
use crate::ui::theme::PAD;
use crate::ui::widgets::{Line, row};

impl Rows<'_> {
    /// Draws the bookmark at this place of the list.
    pub(super) fn bookmark_ui(&mut self, ui: &mut Ui, rect: Rect, at: usize) -> Option<Response> {
        let (context, t) = (self.context, self.context.tokens);
        let marked = context.document.bookmarks.list().get(at)?;
        let here = marked.row();
        let (title, event, why) = (marked.title(), marked.event(), marked.why_not());
        let is_noted = !marked.mark.note.is_empty();
        let parts = [if is_noted { &*title } else { "" }, &*event, why];
        let words: Vec<&str> = parts.into_iter().filter(|part| !part.is_empty()).collect();
        let label = format!("bookmark {}", words.join(", "));
        let is_selected = here.is_some() && here == context.navigation.selected;
        let response = row(ui, rect, &label, is_selected);
        let left = rect.left() + GROUP;
        let icon = Rect::from_center_size(pos2(left + 4.0, rect.center().y), vec2(10.0, 10.0));
        let (color, ribbon) = if here.is_some() { (t.text, t.accent) } else { (t.faint, t.faint) };
        Icon::Bookmark.paint(ui.painter(), icon, ribbon);
        let beside = match marked.place {
            MarkPlace::Gone => "not in this log",
            MarkPlace::Looking => "looking…",
            MarkPlace::Here(_) if is_noted => &marked.mark.event_type,
            MarkPlace::Here(_) => &marked.mark.stream,
        };
        let room = Rect::from_x_y_ranges(left + 14.0..=rect.right() - PAD, rect.y_range());
        let line = Line::new().body(&title, color).gap(6.0).caption(&one_line(beside), t.faint);
        line.paint(ui.painter(), room);
        let remove = || {
            let mark = Box::new(marked.mark.clone());
            context.send(BookmarkCommand::Remove { store: marked.store.clone(), mark });
        };
        menu(ui, &response, self.menu_by_key, |ui| {
            if let Some(row) = here
                && ui.button(WRITE_NOTE.name).clicked()
            {
                context.send(WindowCommand::Ask(LineWish::Note { row: Some(row) }));
            }
            if ui.button("Remove the bookmark").clicked() {
                remove();
            }
            if ui.button(COPY_BOOKMARKS.name).clicked() {
                context.run(&COPY_BOOKMARKS);
            }
        });
        if response.has_focus() && ui.input(|input| input.key_pressed(Key::Delete)) {
            remove();
        }
        if response.clicked() {
            match here {
                Some(row) => context.send(GoCommand::Select(row)),
                None => context.send(WindowCommand::Say(format!("This event is {why}"))),
            }
        }
        let zone = Zone { local: context.preferences.local_time };
        let time = marked.mark.time.map(|time| format!("\n{}", zone.custom(time, "%Y-%m-%d %H:%M:%S%.3f")));
        let note = if is_noted { format!("{title}\n") } else { String::new() };
        let why = if why.is_empty() { String::new() } else { format!("\n{why}") };
        let about = format!("{note}{event}{}{why}", time.unwrap_or_default());
        Some(response.on_hover_text(about))
    }
}
