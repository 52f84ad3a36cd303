//! Moving within the log.

use super::App;
use super::document::Document;
use super::navigation::{Place, Playhead, SPEEDS, StepList, place_in, step, within};
use crate::index::{EventLog, RowSet};
use crate::model::Row;
use crate::ui::command::{GoCommand, WindowCommand};
use crate::ui::format::{count, span, thousands};

impl App {
    pub(super) fn apply_go(&mut self, command: GoCommand) {
        let Some(document) = &mut self.document else { return };
        match command {
            GoCommand::Select(row) => self.visit(|app| app.select(row)),
            GoCommand::Inspect(row) => self.visit(|app| app.inspect(row)),
            GoCommand::Sagas(choice) => self.navigation.sagas = choice,
            GoCommand::Pin(row) => self.navigation.pinned = row,
            GoCommand::ShowStream(stream) => self.visit(|app| {
                app.navigation.stream = Some(stream);
                app.navigation.value = None;
                app.layout.show("replay");
            }),
            GoCommand::Playhead(playhead) => self.move_playhead(playhead),
            GoCommand::Step { list, by } => self.step(list, by),
            GoCommand::StepFocused { by } => self.step(self.navigation.focused_list, by),
            GoCommand::Start => self.visit(|app| {
                let list = app.navigation.focused_list;
                if let Some(row) = app.with_list(list, |log, rows| rows.get(log, 0)).flatten() {
                    app.select(row);
                }
            }),
            GoCommand::End => self.visit(|app| {
                let list = app.navigation.focused_list;
                app.navigation.playhead = Playhead::End;
                app.navigation.ends = app.navigation.ends.wrapping_add(1);
                app.navigation.playing = false;
                let end = app.with_list(list, |log, rows| {
                    rows.len(log).checked_sub(1).and_then(|last| rows.get(log, last))
                });
                if let Some(row) = end.flatten() {
                    app.navigation.selected = Some(row);
                }
            }),
            GoCommand::Version(version) => self.visit_version(version),
            GoCommand::Value(path) => self.navigation.value = path,
            GoCommand::ToWriter => self.visit_writer(),
            GoCommand::ToChange { by } => self.visit_change(by),
            GoCommand::Hit { by } => self.visit_hit(by),
            GoCommand::Filter(text) => self.set_filter(text),
            GoCommand::Range(range) => {
                if range.is_none() && self.navigation.range.is_some() {
                    self.say("Events of all times are shown again");
                }
                self.navigation.range = range.map(|(a, b)| (a.min(b), a.max(b)));
            }
            GoCommand::RangeFrom => self.range_at_playhead(true),
            GoCommand::RangeTo => self.range_at_playhead(false),
            GoCommand::TogglePlay => self.toggle_play(),
            GoCommand::Speed(speed) => self.navigation.speed = speed.min(SPEEDS.len() - 1),
            GoCommand::Loop(looping) => self.navigation.looping = looping,
            GoCommand::StopFold => document.stop_fold(),
            GoCommand::FoldAgain => document.fold_again(),
            GoCommand::Back => self.travel(true),
            GoCommand::Forward => self.travel(false),
        }
    }

    /// The place as it is now.
    fn place(&self) -> Place {
        Place {
            playhead: self.navigation.playhead,
            selected: self.navigation.selected,
            stream: self.navigation.stream,
            filter: self.document.as_ref().map(|document| document.filter_text.clone()).unwrap_or_default(),
        }
    }

    /// Makes a move that Back undoes, if it leads anywhere.
    fn visit(&mut self, go: impl FnOnce(&mut Self)) {
        let before = self.place();
        go(self);
        if self.place() != before {
            self.navigation.leave(before);
        }
    }

    fn select(&mut self, row: Row) {
        self.inspect(row);
        if self.navigation.selected == Some(row) {
            self.navigation.playhead = Playhead::At(row);
        }
    }

    fn inspect(&mut self, row: Row) {
        let Some(document) = &self.document else { return };
        let log = document.log();
        if !log.contains(row) {
            return;
        }
        self.navigation.selected = Some(row);
        let streams = log.memberships(row);
        // An event of the replayed stream does not change which stream is replayed.
        let stays =
            self.navigation.stream.is_some_and(|stream| streams.iter().any(|(member, _)| *member == stream));
        if !stays && let Some((stream, _)) = streams.first() {
            self.navigation.stream = Some(*stream);
            self.navigation.value = None;
        }
    }

    fn move_playhead(&mut self, playhead: Playhead) {
        self.navigation.playhead = playhead;
        if let Playhead::At(row) = playhead {
            self.select(row);
        }
    }

    /// The rows of a list, lent to `work`.
    fn with_list<T>(&self, list: StepList, work: impl FnOnce(&EventLog, &RowSet) -> T) -> Option<T> {
        let document = self.document.as_ref()?;
        let log = document.log();
        Some(match list {
            StepList::Filtered => work(log, &document.rows),
            StepList::Log | StepList::Failures => work(log, &RowSet::All),
            StepList::Stream => work(log, &RowSet::Stream(self.navigation.stream?)),
            StepList::Correlation => {
                let correlation = log.event(self.navigation.selected?).correlation?;
                work(log, &RowSet::sorted(log, log.correlation(correlation).rows.to_vec()))
            }
        })
    }

    /// The place of the playhead in a list: so many have happened, of so many.
    pub(in crate::ui) fn place_in_list(&self, list: StepList) -> Option<(u64, u64)> {
        self.with_list(list, |log, rows| place_in(log, rows, self.navigation.playhead_row(log)))
    }

    pub(super) fn step(&mut self, list: StepList, by: i64) {
        let target = match list {
            StepList::Failures => self.next_failure(by),
            _ => self
                .with_list(list, |log, rows| step(log, rows, self.navigation.playhead_row(log), by))
                .flatten(),
        };
        match target {
            Some(row) => self.visit(|app| app.select(row)),
            None => self.say_nothing_there(list, by),
        }
    }

    /// The nearest failure after or before the playhead, among what the filter leaves.
    fn next_failure(&self, by: i64) -> Option<Row> {
        self.with_list(StepList::Filtered, |log, rows| {
            let playhead = self.navigation.playhead_row(log);
            let (done, total) = place_in(log, rows, playhead);
            let is_failure = |index: &u64| rows.get(log, *index).is_some_and(|row| log.is_failure(row));
            let found = if by >= 0 {
                (done..total).find(is_failure)
            } else {
                let on_event = playhead.is_some_and(|row| rows.index_of(log, row).is_some());
                (0..done.saturating_sub(u64::from(on_event))).rev().find(is_failure)
            };
            found.and_then(|index| rows.get(log, index))
        })?
    }

    /// To the next or previous event of the query; says which it is, or why there is none.
    fn visit_hit(&mut self, by: i64) {
        let Some(document) = &self.document else { return };
        if document.filter.filter.is_none() {
            return self.say("No query is asked: type one (Ctrl+F), then n goes from hit to hit");
        }
        let Some(rows) = document.hits(self.navigation.range) else {
            return self.say("The query is still being answered");
        };
        let log = document.log();
        let target = step(log, rows, self.navigation.playhead_row(log), by);
        let total = rows.len(log);
        let said = match target.and_then(|row| rows.index_of(log, row)) {
            Some(at) => format!("Hit {} of {}", thousands(at + 1), thousands(total)),
            None if total == 0 => "The query finds no event".to_owned(),
            None => {
                let (side, other) = if by >= 0 { ("after", "before") } else { ("before", "after") };
                let last = if by >= 0 { "last" } else { "first" };
                let on_hit = self.navigation.playhead_row(log).and_then(|row| rows.index_of(log, row));
                match on_hit {
                    Some(_) => format!("This is the {last} of {}", count(total, "hit")),
                    None => format!("No hit {side} the playhead; {} {other} it", thousands(total)),
                }
            }
        };
        if let Some(row) = target {
            self.visit(|app| app.select(row));
        }
        self.say(said);
    }

    fn say_nothing_there(&mut self, list: StepList, by: i64) {
        let side = if by >= 0 { "after" } else { "before" };
        let text = match list {
            StepList::Correlation if self.selected_correlation().is_none() => {
                "The selected event has no correlation id".to_owned()
            }
            StepList::Failures => format!("No failure {side} the playhead {}", StepList::Filtered.noun()),
            list => format!("No event {side} the playhead {}", list.noun()),
        };
        self.navigation.playing = false;
        self.say(text);
    }

    fn selected_correlation(&self) -> Option<crate::index::CorrelationId> {
        let log = self.document.as_ref()?.log();
        log.event(self.navigation.selected?).correlation
    }

    /// The replay's step at the playhead: the last of its events that has happened.
    pub(in crate::ui) fn replay_step(&self) -> Option<u32> {
        self.document.as_ref()?.replay_step(&self.navigation)
    }

    fn visit_replay_step(&mut self, step: u32) {
        let row = self.document.as_ref().and_then(|document| {
            let answer = document.replay(&self.navigation)?;
            answer.result.as_ref().ok()?.step(step).map(|step| step.row)
        });
        if let Some(row) = row {
            let value = self.navigation.value.clone();
            self.visit(|app| app.select(row));
            self.navigation.value = value;
        }
    }

    fn visit_version(&mut self, version: i64) {
        let found = self.document.as_ref().and_then(|document| {
            let answer = document.replay(&self.navigation)?;
            answer.result.as_ref().ok()?.step_of_version(version)
        });
        match found {
            Some(step) => self.visit_replay_step(step),
            None => self.say(format!("This stream has no version {version}")),
        }
    }

    fn visit_writer(&mut self) {
        let found = self.at_value(|replay, path, step| {
            replay.set_by(path, step).or_else(|| replay.set_later(path, step))
        });
        match found {
            Some(Some(step)) => self.visit_replay_step(step),
            Some(None) => self.say("No event of this stream set this value"),
            None => self.say("Point at a value in Replay first: hover or select it"),
        }
    }

    fn visit_change(&mut self, by: i64) {
        let found = self.at_value(|replay, path, step| {
            if by >= 0 { replay.next_change_of(path, step) } else { replay.previous_change_of(path, step) }
        });
        match found {
            Some(Some(step)) => self.visit_replay_step(step),
            Some(None) if by >= 0 => self.say("This value does not change any more"),
            Some(None) => self.say("This value was not changed before"),
            None => self.say("Point at a value in Replay first: hover or select it"),
        }
    }

    fn at_value<T>(
        &self,
        work: impl FnOnce(&crate::replay::Replay, &crate::replay::Path, u32) -> T,
    ) -> Option<T> {
        let path = self.navigation.value.as_ref()?;
        let step = self.replay_step()?;
        let answer = self.document.as_ref()?.replay(&self.navigation)?;
        Some(work(answer.result.as_ref().ok()?, path, step))
    }

    fn set_filter(&mut self, text: String) {
        let Some(document) = &mut self.document else { return };
        let counted = document.filter.stage.is_some();
        document.set_filter(text);
        // Who asks for a count wants to see it.
        if !counted && document.filter.stage.is_some() {
            self.commands.send(WindowCommand::ShowView("counts"));
        }
    }

    /// Lets the range begin or end at the playhead. The other end stays unless it lies on the wrong side.
    fn range_at_playhead(&mut self, begins: bool) {
        let Some(log) = self.document.as_ref().map(Document::log) else { return };
        let (Some(first), Some(last), Some(here)) =
            (log.times().first, log.last_row(), self.navigation.playhead_row(log))
        else {
            return self.say("A range needs times, and these events have none");
        };
        // What stands before the first time has no place in any range.
        let (first, last) = (first.nanos(), log.key_of(last));
        let here = log.key_of(here).max(first);
        let (from, to) = self.navigation.range.unwrap_or((first, last));
        let range = if begins {
            (here, if to < here { last } else { to })
        } else {
            (if from > here { first } else { from }, here)
        };
        let ranks = log.ranks_in(range);
        let events = count(ranks.end - ranks.start, "event");
        self.navigation.range = Some(range);
        let length = if range.0 == range.1 { "one moment".to_owned() } else { span(range.1 - range.0) };
        self.say(format!("Range of {length}: {events}"));
    }

    /// What playing goes through: a part of a list, by the list's own numbers. Without a range, all of it.
    pub(super) fn played(&self, list: StepList) -> Option<std::ops::Range<u64>> {
        self.with_list(list, |log, rows| within(log, rows, self.navigation.range))
    }

    /// Goes to an event of a list by its number there.
    pub(super) fn visit_number(&mut self, list: StepList, number: u64) {
        if let Some(row) = self.with_list(list, |log, rows| rows.get(log, number)).flatten() {
            self.visit(|app| app.select(row));
        }
    }

    fn toggle_play(&mut self) {
        self.navigation.playing = !self.navigation.playing;
        // At the end, playing begins again.
        let list = self.navigation.focused_list;
        if self.navigation.playing
            && let (Some((done, _)), Some(played)) = (self.place_in_list(list), self.played(list))
            && done >= played.end
            && !played.is_empty()
        {
            self.visit_number(list, played.start);
        }
    }

    fn travel(&mut self, back: bool) {
        let here = self.place();
        let navigation = &mut self.navigation;
        let (from, to) = if back {
            (&mut navigation.back, &mut navigation.forward)
        } else {
            (&mut navigation.forward, &mut navigation.back)
        };
        let Some(place) = from.pop() else {
            return self.say(if back { "No place visited before" } else { "No place gone back from" });
        };
        to.push(here);
        navigation.playhead = place.playhead;
        navigation.selected = place.selected;
        navigation.stream = place.stream;
        navigation.playing = false;
        self.set_filter(place.filter);
    }
}
