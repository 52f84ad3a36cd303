//! From keys to commands: more modifiers first, plain keys only while nobody types.

use egui::{Context, Event, KeyboardShortcut};

use super::App;
use crate::ui::command::{COMMANDS, FIND, Needs, OPEN_PATH, PALETTE, SAVE_QUERY, UiCommand};
use crate::ui::theme::Tokens;
use crate::ui::view::ViewContext;

/// Commands that open a field to type into.
static OPENS_FIELD: &[&UiCommand] = &[&FIND, &PALETTE, &OPEN_PATH, &SAVE_QUERY];
/// Frames a field may take to get the focus.
const FIELD_OPENS_WITHIN: u8 = 4;

/// What was typed after the keys that open a field, within the same frame: kept until the field has the focus.
#[derive(Default)]
pub(super) struct TypedAhead {
    events: Vec<Event>,
    frames: u8,
}

impl App {
    pub(super) fn keys(&mut self, context: &Context) {
        let typing = context.egui_wants_keyboard_input();
        if self.wait_for_field(context, typing) {
            return;
        }
        self.hold_what_follows(context);
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
    /// Hands over what was typed ahead once something is there to type into; true while it is waited for.
    fn wait_for_field(&mut self, context: &Context, typing: bool) -> bool {
        let held = &mut self.typed_ahead;
        if held.events.is_empty() {
            return false;
        }
        held.frames += 1;
        let ahead = std::mem::take(&mut held.events);
        context.input_mut(|input| drop(input.events.splice(0..0, ahead)));
        if typing || held.frames >= FIELD_OPENS_WITHIN {
            return false;
        }
        held.events =
            context.input_mut(|input| input.events.extract_if(.., |event| is_typed(event)).collect());
        context.request_repaint();
        true
    }

    /// Takes what was typed after the keys that open a field out of this frame.
    fn hold_what_follows(&mut self, context: &Context) {
        if self.has_modal() {
            return;
        }
        let opens = |event: &Event| {
            let Event::Key { key, pressed: true, modifiers, .. } = event else { return false };
            let commands = OPENS_FIELD.iter().filter(|command| self.has(command.needs));
            let mut keys = commands.flat_map(|command| command.keys);
            keys.any(|keys| keys.logical_key == *key && modifiers.matches_exact(keys.modifiers))
        };
        let events = context.input_mut(|input| {
            let at = input.events.iter().position(opens)?;
            let mut rest = input.events.split_off(at + 1);
            let typed: Vec<Event> = rest.extract_if(.., |event| is_typed(event)).collect();
            input.events.append(&mut rest);
            Some(typed)
        });
        self.typed_ahead = TypedAhead { events: events.unwrap_or_default(), frames: 0 };
        if !self.typed_ahead.events.is_empty() {
            context.request_repaint();
        }
    }

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

/// Whether an event comes from typing.
fn is_typed(event: &Event) -> bool {
    matches!(event, Event::Text(_) | Event::Key { .. } | Event::Paste(_) | Event::Ime(_))
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
