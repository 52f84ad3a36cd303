//! The window itself: views, theme, panels, clipboard.

use std::path::Path;

use egui::{Context, ViewportCommand};

use super::preferences::{Preferences, ThemeChoice};
use super::{Answer, App};
use crate::base::thread;
use crate::engine::MemoryLimit;
use crate::ui::command::{GoCommand, Panel, WindowCommand};
use crate::ui::format::{bytes, one_line};
use crate::ui::headless::draw;
use crate::ui::panels::menu_bar::filter_id;
use crate::ui::theme::{self, Theme};

impl App {
    fn toggle_column(&mut self, path: String) {
        let columns = &mut self.preferences.value_columns;
        if let Some(at) = columns.iter().position(|known| *known == path) {
            columns.remove(at);
            self.say(format!("The column {} is taken away", one_line(&path)));
        } else {
            self.say(format!("The log has a column {}", one_line(&path)));
            self.preferences.value_columns.push(path);
            self.layout.show("log");
        }
    }

    fn limit_memory(&mut self, limit: Option<u64>) {
        self.preferences.memory_limit = limit;
        self.engine.limit_memory(limit.map(MemoryLimit::of));
        let said = limit.map_or_else(|| "as this system allows".to_owned(), bytes);
        self.say(format!("Memory limit: {said}"));
    }

    pub(super) fn apply_window(&mut self, context: &Context, command: WindowCommand) {
        let preferences = &mut self.preferences;
        match command {
            WindowCommand::ShowView(id) => self.layout.show(id),
            WindowCommand::FillCentre => self.layout.toggle_fill(),
            WindowCommand::ResetLayout => {
                self.layout.reset();
                let Preferences { navigator, inspector, time_panel, .. } = Preferences::default();
                (preferences.navigator, preferences.inspector, preferences.time_panel) =
                    (navigator, inspector, time_panel);
            }
            WindowCommand::Theme(theme) => {
                preferences.theme = match theme {
                    Some(Theme::Dark) => ThemeChoice::Dark,
                    Some(Theme::Light) => ThemeChoice::Light,
                    None => ThemeChoice::System,
                };
                self.forced_theme = None;
                self.apply_theme(context);
            }
            WindowCommand::ToggleTheme => {
                let is_dark = theme::current(context) == Theme::Dark;
                preferences.theme = if is_dark { ThemeChoice::Light } else { ThemeChoice::Dark };
                self.forced_theme = None;
                self.apply_theme(context);
            }
            WindowCommand::ToggleCompact => preferences.compact ^= true,
            WindowCommand::ToggleZone => preferences.local_time ^= true,
            WindowCommand::ToggleMotion => {
                preferences.motion ^= true;
                self.apply_theme(context);
            }
            WindowCommand::ToggleNullRemoves => preferences.null_removes ^= true,
            WindowCommand::TogglePanel(panel) => {
                let shown = match panel {
                    Panel::Navigator => &mut preferences.navigator,
                    Panel::Inspector => &mut preferences.inspector,
                    Panel::Time => &mut preferences.time_panel,
                };
                *shown ^= true;
            }
            WindowCommand::ToggleOverlay(overlay) => {
                self.overlay = if self.overlay == Some(overlay) { None } else { Some(overlay) };
                self.panels.overlay_opened();
            }
            WindowCommand::Escape => self.escape(context),
            WindowCommand::FocusFilter => self.panels.focus_filter(),
            WindowCommand::Say(sentence) => self.say(sentence),
            WindowCommand::RememberQuery(query) => {
                if !query.is_empty() && crate::query::Query::parse(&query).is_ok() {
                    self.settings.remember_query(&query);
                }
            }
            WindowCommand::Ask(wish) => self.ask_line(wish),
            WindowCommand::LimitMemory(limit) => self.limit_memory(limit),
            WindowCommand::AddRule => self.add_rule(),
            WindowCommand::RemoveRule(query) => self.remove_rule(&query),
            WindowCommand::ToggleColumn(path) => self.toggle_column(path),
            WindowCommand::SaveQuery { .. }
            | WindowCommand::RenameQuery { .. }
            | WindowCommand::DeleteQuery(_) => self.apply_saved_query(command),
            WindowCommand::Copy(text) => {
                context.copy_text(text);
                self.say("Copied");
            }
            WindowCommand::SaveText { name, text } => self.save_text(context, name, text),
            WindowCommand::SavePicture { name, drawing, percent } => {
                self.save_file(context, name, move |path| {
                    let picture = draw(&drawing, percent).map_err(|error| error.to_string())?;
                    picture.save_png(path).map_err(|error| error.to_string())
                });
            }
            WindowCommand::SaveDrawn { name, draw } => {
                self.save_file(context, name, move |path| {
                    draw.picture().save_png(path).map_err(|error| error.to_string())
                });
            }
            WindowCommand::CopyState => {
                if let Some((_, text)) = self.state_text() {
                    context.copy_text(text);
                    self.say("State copied");
                }
            }
            WindowCommand::SaveState => {
                if let Some((name, text)) = self.state_text() {
                    self.save_text(context, name, text);
                }
            }
            WindowCommand::CopyEvent => self.copy_event(context),
            WindowCommand::Notice(text) => self.say(text),
            WindowCommand::Zoom(by) => {
                let tenths = preferences.zoom_tenths as i32;
                preferences.zoom_tenths = if by == 0 { 10 } else { (tenths + by).clamp(6, 30) as u32 };
                self.apply_theme(context);
            }
            WindowCommand::Quit => context.send_viewport_cmd(ViewportCommand::Close),
        }
    }

    fn escape(&mut self, context: &Context) {
        if self.overlay.take().is_some() {
            return;
        }
        // The key is taken before menus could see it.
        if egui::Popup::is_any_open(context) {
            egui::Popup::close_all(context);
            return;
        }
        if self.panels.menu_bar.filter_has_focus() {
            // What is offered lies above what is typed: it goes first, and one can type on.
            if self.panels.menu_bar.dismiss_suggestions() {
                context.memory_mut(|memory| memory.request_focus(filter_id()));
                return;
            }
            // Enter keeps what was typed, Escape takes it back.
            context.memory_mut(|memory| memory.surrender_focus(filter_id()));
            self.commands.send(GoCommand::Filter(String::new()));
            return;
        }
        if let Some(focused) = context.memory(egui::Memory::focused) {
            context.memory_mut(|memory| memory.surrender_focus(focused));
            return;
        }
        if self.navigation.playing {
            self.navigation.playing = false;
        } else if self.navigation.value.take().is_some()
            || self.navigation.pinned.take().is_some()
            || self.navigation.range.take().is_some()
        {
            // One thing at a time, the innermost first.
        } else if let Some(document) = &mut self.document {
            document.set_filter(String::new());
        }
    }

    /// Name of a file for the replayed state, and the state as JSON.
    fn state_text(&mut self) -> Option<(String, String)> {
        let found = self.replay_step().and_then(|step| {
            let document = self.document.as_ref()?;
            let answer = document.replay(&self.navigation)?;
            let replay = answer.result.as_ref().ok()?;
            let stream = document.log().stream(answer.key.stream);
            let at = replay
                .step(step)?
                .version
                .map_or_else(|| format!("step-{step}"), |version| format!("v{version}"));
            let safe: String = stream
                .id
                .chars()
                .map(|c| if c.is_alphanumeric() || "-_.".contains(c) { c } else { '_' })
                .collect();
            Some((format!("{safe}@{at}.json"), serde_json::to_string_pretty(&*replay.state_at(step)).ok()?))
        });
        if found.is_none() {
            self.say("There is no state at the playhead: choose a stream in the navigator");
        }
        found
    }

    fn copy_event(&mut self, context: &Context) {
        let text = self.document.as_ref().and_then(|document| {
            let event = document.events.as_ref()?.get(document.log(), self.navigation.selected?)?.ok()?;
            serde_json::to_string_pretty(&crate::engine::event_to_json(&event)).ok()
        });
        match text {
            Some(text) => {
                context.copy_text(text);
                self.say("Event copied");
            }
            None => self.say("Select an event first"),
        }
    }

    fn save_text(&mut self, context: &Context, name: String, text: String) {
        self.save_file(context, name, move |path| {
            crate::engine::save_text(path, &text).map_err(|error| error.to_string())
        });
    }

    /// Asks for a file and writes it, on a thread of its own.
    fn save_file(
        &mut self,
        context: &Context,
        name: String,
        write: impl FnOnce(&Path) -> Result<(), String> + Send + 'static,
    ) {
        let answers = self.answers.0.clone();
        let waker = context.clone();
        let spawned = thread::spawn("save-dialog", move || {
            let said = match rfd::FileDialog::new().set_file_name(&name).save_file() {
                Some(path) => match write(&path) {
                    Ok(()) => Answer::Said(format!("Saved {}", path.display())),
                    Err(error) => Answer::Failed(error),
                },
                None => Answer::Said(
                    "Not saved: no file was chosen. Copying works without a file dialog".to_owned(),
                ),
            };
            // The window may be gone by now.
            drop(answers.try_send(said));
            waker.request_repaint();
        });
        if let Err(error) = spawned {
            self.complain(format!("The file dialog cannot be opened: {error}"));
        }
    }
}
