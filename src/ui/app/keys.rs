//! From keys to commands: more modifiers first, plain keys only while nobody types.

use egui::{Context, KeyboardShortcut};

use super::App;
use crate::ui::command::{COMMANDS, Needs, UiCommand};
use crate::ui::theme::Tokens;
use crate::ui::view::ViewContext;

impl App {
    pub(super) fn keys(&mut self, context: &Context) {
        let typing = context.egui_wants_keyboard_input();
        if !typing && !self.has_modal() {
            self.offer_keys_to_view(context);
        }
        for (command, keys) in by_modifiers() {
            let is_plain = !keys.modifiers.command && !keys.modifiers.alt && !keys.modifiers.ctrl;
            let is_escape = keys.logical_key == egui::Key::Escape;
            if !self.has(command.needs)
                || (is_plain && typing && !is_escape)
                || (is_plain && !is_escape && self.has_modal())
            {
                continue;
            }
            if context.input_mut(|input| input.consume_shortcut(&keys)) {
                self.commands.send((command.make)());
            }
        }
    }
}

impl App {
    /// Whether what a command needs is open.
    pub(in crate::ui) fn has(&self, needs: Needs) -> bool {
        match needs {
            Needs::Nothing => true,
            Needs::Log => self.document.is_some(),
            Needs::Simulation => self.document.as_ref().is_some_and(|document| document.simulation.is_some()),
        }
    }

    /// Whether something lies above the window that takes the plain keys.
    fn has_modal(&self) -> bool {
        self.overlay.is_some() || self.document.as_ref().is_some_and(|document| !document.unmapped.is_empty())
    }

    /// Keys that only the focused view understands, before the common ones.
    fn offer_keys_to_view(&mut self, context: &Context) {
        let Some(document) = &self.document else { return };
        let pressed: Vec<(egui::Key, egui::Modifiers)> = context.input(|input| {
            let keys = input.events.iter().filter_map(|event| match event {
                egui::Event::Key { key, pressed: true, modifiers, .. } => Some((*key, *modifiers)),
                _ => None,
            });
            keys.collect()
        });
        if pressed.is_empty() {
            return;
        }
        let tokens = Tokens::of(context);
        let view = ViewContext {
            tokens: &tokens,
            preferences: &self.preferences,
            engine: &self.engine,
            document,
            navigation: &self.navigation,
            focused: true,
            commands: &self.commands,
        };
        for (key, modifiers) in pressed {
            if self.layout.key(&view, key, modifiers) {
                context.input_mut(|input| input.consume_key(modifiers, key));
            }
        }
    }
}

/// Every (command, keys), those with more modifiers first, because fewer modifiers match as well.
fn by_modifiers() -> Vec<(&'static UiCommand, KeyboardShortcut)> {
    let mut all: Vec<_> =
        COMMANDS.iter().flat_map(|command| command.keys.iter().map(move |keys| (*command, *keys))).collect();
    let modifiers = |keys: &KeyboardShortcut| {
        let m = keys.modifiers;
        u8::from(m.alt) + u8::from(m.command || m.ctrl) + u8::from(m.shift)
    };
    all.sort_by_key(|(_, keys)| std::cmp::Reverse(modifiers(keys)));
    all
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_two_commands_share_keys() {
        let all = by_modifiers();
        for (at, (command, keys)) in all.iter().enumerate() {
            for (other, others_keys) in &all[at + 1..] {
                assert!(keys != others_keys, "{} and {} share {keys:?}", command.name, other.name);
            }
        }
    }

    #[test]
    fn names_are_unique_and_sentences_have_no_full_stop() {
        for (at, command) in COMMANDS.iter().enumerate() {
            assert!(!command.about.ends_with('.'), "{}", command.name);
            assert!(COMMANDS[at + 1..].iter().all(|other| other.name != command.name), "{}", command.name);
        }
    }
}
