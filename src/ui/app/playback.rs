//! The playhead moving by itself.

use std::time::Duration;

use super::App;
use super::navigation::{SPEEDS, next_played};
use crate::base::clock::Stopwatch;

/// When the playhead moved last.
#[derive(Default)]
pub(super) struct Playback {
    since: Option<Stopwatch>,
    /// Fractions of an event, in nanoseconds times events a tenth of a second, left over from the last frame.
    rest: Duration,
}

impl App {
    /// Moves the playhead by what the time since the last frame is worth.
    pub(super) fn play(&mut self, context: &egui::Context) {
        if !self.navigation.playing {
            self.playback = Playback::default();
            return;
        }
        let (tenths, _) = SPEEDS[self.navigation.speed.min(SPEEDS.len() - 1)];
        let per_event = Duration::from_secs(10) / tenths;
        let passed = self.playback.rest + self.playback.since.map_or(Duration::ZERO, Stopwatch::elapsed);
        self.playback.since = Some(Stopwatch::start());
        let events = passed.as_nanos() / per_event.as_nanos().max(1);
        self.playback.rest = passed.saturating_sub(per_event * events as u32);
        context.request_repaint_after(per_event.saturating_sub(self.playback.rest));
        if events == 0 {
            return;
        }
        let list = self.navigation.focused_list;
        let (Some((done, _)), Some(played)) = (self.place_in_list(list), self.played(list)) else {
            self.navigation.playing = false;
            return;
        };
        if let Some(number) = next_played(done, events as u64, &played, self.navigation.looping) {
            return self.visit_number(list, number);
        }
        self.navigation.playing = false;
        if played.is_empty() && self.navigation.range.is_some() {
            self.say(format!("No event {} lies in the range", list.noun()));
        }
    }
}
