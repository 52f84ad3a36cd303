//! What asks the person something: a path to type, what this program is. The mapping of an unknown store is in
//! `mapping`.

use std::path::PathBuf;

use egui::{Frame, Key, Margin, RichText, ScrollArea, TextEdit, Ui, vec2};

use super::mapping::MappingForm;
use crate::engine::{Latest, LoadItem, PathLook, look_at_path, path_of};
use crate::ui::app::App;
use crate::ui::command::DocumentCommand;
use crate::ui::format::{bytes, one_line};
use crate::ui::icons::Icon;
use crate::ui::theme::{PAGE, Tokens, body, caption, heading, mono, tokens};
use crate::ui::widgets::{Button, Line, ModalPlace, modal};

/// Text being typed.
#[derive(Default)]
pub struct Dialogs {
    path: String,
    look: Latest<String, PathLook>,
    /// Enter was pressed before it was known what is at the path.
    wants_open: bool,
    has_focus: bool,
    pub(super) mapping: MappingForm,
}

impl Dialogs {
    /// A dialog was opened.
    pub fn opened(&mut self) {
        self.path.clear();
        self.look.clear();
        self.wants_open = false;
        self.has_focus = false;
    }

    /// Whether everything it asked for is there.
    pub fn is_settled(&self) -> bool {
        !self.look.is_busy() && self.mapping.is_settled()
    }
}

/// Text that wraps, in egui's flow.
pub(super) fn paragraph(ui: &mut Ui, text: &str, font: egui::FontId, color: egui::Color32) {
    ui.add(egui::Label::new(RichText::new(text).font(font).color(color)).wrap());
}

/// The padded inside of a card.
pub(super) fn page(ui: &mut Ui, content: impl FnOnce(&mut Ui)) {
    Frame::new().inner_margin(Margin::same(PAGE as i8)).show(ui, |ui| {
        ui.set_width(ui.available_width());
        content(ui);
    });
}

/// A path to type.
pub fn open_path_ui(app: &mut App, ui: &mut Ui) {
    let mut close = false;
    let mut chosen = None;
    let closed = modal(ui.ctx(), "open path", 560.0, ModalPlace::Top, |ui| {
        page(ui, |ui| {
            let t = tokens(ui);
            Line::new().piece("Open by path", heading(), t.text).show(ui);
            ui.add_space(12.0);
            let entered = field_ui(&mut app.panels.dialogs, ui);
            let path = path_of(&app.panels.dialogs.path);
            let look = look(app, &path);
            app.panels.dialogs.wants_open |= entered;
            ui.add_space(8.0);
            says_ui(ui, &t, look.as_ref(), &app.panels.dialogs.path);
            ui.add_space(12.0);
            let can_open = matches!(look, Some(PathLook::File { .. }));
            let is_known = look.is_some();
            ui.with_layout(egui::Layout::right_to_left(egui::Align::Center), |ui| {
                let wants = app.panels.dialogs.wants_open && can_open;
                if ui.add(Button::primary("Open").enabled(can_open)).clicked() || wants {
                    chosen = Some(DocumentCommand::Open(vec![LoadItem::detected(&path)]));
                }
                if app.document.is_some()
                    && ui.add(Button::new("Add to this log").enabled(can_open)).clicked()
                {
                    chosen = Some(DocumentCommand::Add(vec![LoadItem::detected(&path)]));
                }
                close |= ui.add(Button::new("Cancel")).clicked();
            });
            if is_known {
                app.panels.dialogs.wants_open = false;
            }
        });
    });
    if let Some(command) = chosen {
        app.commands.send(command);
        close = true;
    }
    if close || closed {
        app.overlay = None;
    }
}

/// A line of text to type, in the mono face, with a name for screen readers.
pub(super) fn field(ui: &mut Ui, text: &mut String, label: &str, hint: &str, width: f32) -> egui::Response {
    let edit = TextEdit::singleline(text)
        .font(mono())
        .hint_text(hint)
        .desired_width(width)
        .margin(Margin::symmetric(8, 5));
    let response = ui.add(edit);
    response.widget_info(|| {
        let mut info = egui::WidgetInfo::text_edit(ui.is_enabled(), &*text, &*text, label);
        info.label = Some(label.to_owned());
        info
    });
    response
}

/// Everything that is wrong with a file, a line each.
pub(super) fn problem_ui(ui: &mut Ui, t: &Tokens, problem: &str) {
    ScrollArea::vertical().max_height(180.0).show(ui, |ui| {
        for line in problem.lines() {
            paragraph(ui, line, caption(), t.removed());
        }
    });
}

/// The field; true when Enter was pressed in it.
fn field_ui(dialogs: &mut Dialogs, ui: &mut Ui) -> bool {
    let label = "Path of an event store";
    let response = field(ui, &mut dialogs.path, label, "/home/me/shop.db", f32::INFINITY);
    if response.changed() {
        dialogs.wants_open = false;
    }
    let entered = response.lost_focus() && ui.input(|input| input.key_pressed(Key::Enter));
    if !dialogs.has_focus || entered {
        response.request_focus();
        dialogs.has_focus = true;
    }
    entered
}

/// What is at the path, once it is known.
fn look(app: &App, path: &std::path::Path) -> Option<PathLook> {
    let typed = app.panels.dialogs.path.trim().to_owned();
    if typed.is_empty() {
        return None;
    }
    let of_job: PathBuf = path.to_owned();
    let looks = &app.panels.dialogs.look;
    looks.ask(app.engine.workers(), &typed, move |_, _| Some(look_at_path(&of_job)));
    let answer = looks.answer_to(&typed)?;
    Some(match &answer.result {
        Ok(look) => look.clone(),
        Err(panic) => PathLook::Refused(panic.clone()),
    })
}

fn says_ui(ui: &mut Ui, t: &Tokens, look: Option<&PathLook>, typed: &str) {
    let (text, color) = match look {
        None if typed.trim().is_empty() => {
            ("Type or paste a path; ~ is your home folder. It is opened read-only".to_owned(), t.muted)
        }
        None => (String::new(), t.muted),
        Some(PathLook::File { bytes: size }) => (format!("A file of {}", bytes(*size)), t.muted),
        Some(PathLook::Folder) => ("This is a folder. Name a file in it".to_owned(), t.removed()),
        Some(PathLook::Missing { exists }) if exists.as_os_str().is_empty() => {
            ("Nothing is there. Check the spelling".to_owned(), t.removed())
        }
        Some(PathLook::Missing { exists }) => {
            let exists = one_line(&exists.display().to_string());
            (format!("Nothing is there. Check the spelling after {exists}"), t.removed())
        }
        Some(PathLook::Refused(reason)) => (format!("The system does not show it: {reason}"), t.removed()),
    };
    ui.scope(|ui| {
        ui.set_min_height(18.0);
        if !text.is_empty() {
            paragraph(ui, &text, caption(), color);
        }
    });
}

/// Fonts that are built in, with the text of their licences.
const FONTS: [(&str, &str); 2] = [
    ("Inter", include_str!("../../../assets/fonts/Inter.LICENSE.txt")),
    ("JetBrains Mono", include_str!("../../../assets/fonts/JetBrainsMono.LICENSE.txt")),
];

/// Version and licences.
pub fn about_ui(app: &mut App, ui: &mut Ui) {
    let mut close = false;
    let closed = modal(ui.ctx(), "about", 480.0, ModalPlace::Center, |ui| {
        page(ui, |ui| {
            let t = tokens(ui);
            ui.horizontal(|ui| {
                let (rect, _) = ui.allocate_exact_size(vec2(40.0, 40.0), egui::Sense::hover());
                Icon::Logo.paint(ui.painter(), rect, t.accent);
                ui.vertical(|ui| {
                    Line::new().piece("Sagascope", heading(), t.text).show(ui);
                    let version = format!("Version {}", env!("CARGO_PKG_VERSION"));
                    Line::new().mono(&version, t.muted).show(ui);
                });
            });
            ui.add_space(12.0);
            paragraph(ui, env!("CARGO_PKG_DESCRIPTION"), body(), t.text);
            ui.add_space(4.0);
            let promise = "Stores are opened read-only. Nothing leaves this computer.";
            paragraph(ui, promise, body(), t.muted);
            ui.add_space(12.0);
            let licence = format!("Licence: {}", env!("CARGO_PKG_LICENSE"));
            paragraph(ui, &licence, body(), t.muted);
            paragraph(ui, "Fonts, under the SIL Open Font License 1.1:", body(), t.muted);
            ui.add_space(4.0);
            for (name, licence) in FONTS {
                egui::CollapsingHeader::new(name).show(ui, |ui| {
                    egui::ScrollArea::vertical().max_height(180.0).id_salt(name).show(ui, |ui| {
                        paragraph(ui, licence, caption(), t.muted);
                    });
                });
            }
            ui.add_space(12.0);
            ui.with_layout(egui::Layout::right_to_left(egui::Align::Center), |ui| {
                close = ui.add(Button::primary("Close")).clicked();
            });
        });
    });
    if close || closed {
        app.overlay = None;
    }
}

/// Which column is which field, for the first file that waits for it.
pub fn mapping_ui(app: &mut App, ui: &mut Ui) {
    super::mapping::mapping_ui(app, ui);
}
