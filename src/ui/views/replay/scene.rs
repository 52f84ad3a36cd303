//! What every part of the view looks at: the replay, the step at the playhead, and how places in a stream are
//! named. No drawing.

use crate::index::StreamId;
use crate::model::{Row, Timestamp};
use crate::replay::{Replay, Step};
use crate::ui::app::document::ReplayKey;
use crate::ui::format::{self, Zone};
use crate::ui::view::ViewContext;
use crate::ui::widgets::Mark;

/// The stream at the playhead.
#[derive(Clone, Copy)]
pub(super) struct Scene<'a> {
    pub(super) context: ViewContext<'a>,
    pub(super) stream: StreamId,
    pub(super) replay: &'a Replay,
    pub(super) key: &'a ReplayKey,
    /// The last step that has happened.
    pub(super) step: Option<u32>,
    /// The step it is compared with, instead of the one before.
    pub(super) compare: Option<u32>,
    /// Whether something of the log lies after the playhead.
    pub(super) in_past: bool,
    playhead: u64,
}

impl<'a> Scene<'a> {
    pub(super) fn new(
        context: ViewContext<'a>,
        stream: StreamId,
        replay: &'a Replay,
        key: &'a ReplayKey,
        compare: Option<u32>,
    ) -> Self {
        let log = context.log();
        let step = context.document.replay_step(context.navigation);
        Self {
            stream,
            replay,
            key,
            step,
            compare: compare.filter(|other| Some(*other) != step),
            in_past: context.navigation.is_in_past(log),
            playhead: context.navigation.playhead_rank(log),
            context,
        }
    }

    /// Whether an event has not happened yet as of the playhead.
    pub(super) fn is_later(&self, row: Row) -> bool {
        self.in_past && self.context.log().rank_of(row) > self.playhead
    }

    /// The stream's id, fit to be drawn.
    pub(super) fn stream_id(&self) -> String {
        format::one_line(&self.context.log().stream(self.stream).id)
    }

    pub(super) fn zone(&self) -> Zone {
        Zone { local: self.context.preferences.local_time }
    }

    /// "version 3", or "event 4" where the store counts no versions.
    pub(super) fn name(&self, step: u32) -> String {
        name_of(self.replay, step)
    }

    /// The same in two letters: "v3", "#4".
    pub(super) fn short_name(&self, step: u32) -> String {
        match self.replay.step(step).and_then(|step| step.version) {
            Some(version) => format!("v{version}"),
            None => format!("#{}", step + 1),
        }
    }

    /// The step's mark, hollow after the playhead.
    pub(super) fn mark(&self, step: &Step) -> Mark {
        let log = self.context.log();
        let family = &log.event_type(log.type_of(step.row)).family;
        Mark::family(self.context.tokens, family).hollow(self.is_later(step.row))
    }

    /// Time of day of a step, or "no time".
    pub(super) fn time(&self, time: Option<Timestamp>) -> String {
        time.map_or_else(|| "no time".to_owned(), |time| self.zone().time(time))
    }
}

/// "version 3", or "event 4" where the store counts no versions.
pub(super) fn name_of(replay: &Replay, step: u32) -> String {
    match replay.step(step).and_then(|step| step.version) {
        Some(version) => format!("version {version}"),
        None => format!("event {}", step + 1),
    }
}

/// "version 3 of 4": of the store's own numbers, the last one.
pub(super) fn place_of(replay: &Replay, step: u32) -> String {
    format!("{} of {}", name_of(replay, step), last_of(replay))
}

/// The number of the last step, as the store counts.
pub(super) fn last_of(replay: &Replay) -> String {
    let last = replay.steps().next_back().and_then(|step| step.version);
    last.map_or_else(|| replay.len().to_string(), |version| version.to_string())
}

/// The step of the pinned event, looked for once.
#[derive(Default)]
pub(super) struct PinnedStep(Option<(Row, ReplayKey, Option<u32>)>);

impl PinnedStep {
    pub(super) fn step_of(&mut self, pinned: Option<Row>, key: &ReplayKey, replay: &Replay) -> Option<u32> {
        let pinned = pinned?;
        match &self.0 {
            Some((row, of, step)) if *row == pinned && of == key => *step,
            _ => {
                let step = replay.steps().position(|step| step.row == pinned).map(|at| at as u32);
                self.0 = Some((pinned, key.clone(), step));
                step
            }
        }
    }
}
