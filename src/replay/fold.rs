//! A folded stream: the state at any step, what changed there, and since when a value is what it is. Made by
//! `ReplayBuilder`; immutable here.

use std::sync::Arc;

use serde_json::Value;

use super::checkpoints::Checkpoints;
use super::diff::{Change, diff};
use super::members::{members_of, parse, raw_members};
use super::provenance::{Cursor, Provenance, Track, Trail};
use super::step::{Input, Step};
use super::{Evolve, MergeRule, Path};
use crate::base::chunks::Chunks;
use crate::base::limits::CHECKPOINT_EVERY;
use crate::model::Timestamp;

/// A folded stream. Clones are cheap.
#[derive(Clone)]
pub struct Replay {
    pub(super) rule: Arc<dyn Evolve>,
    pub(super) merge: Option<MergeRule>,
    pub(super) initial: Arc<Value>,
    pub(super) steps: Chunks<Step>,
    pub(super) inputs: Chunks<Input>,
    /// The running maximum of the steps' times, which orders events whose clocks went backwards.
    pub(super) times: Chunks<Option<Timestamp>>,
    pub(super) checkpoints: Checkpoints,
    pub(super) provenance: Arc<Provenance>,
    /// The state after the last step, when it is known.
    pub(super) newest: Option<(u32, Arc<Value>)>,
}

impl std::fmt::Debug for Replay {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Replay").field("steps", &self.steps.len()).finish_non_exhaustive()
    }
}

impl Replay {
    /// Number of steps.
    pub fn len(&self) -> u32 {
        self.steps.len() as u32
    }

    /// Whether no event was folded.
    pub fn is_empty(&self) -> bool {
        self.steps.is_empty()
    }

    /// One step.
    pub fn step(&self, step: u32) -> Option<&Step> {
        self.steps.get(step as usize)
    }

    /// Every step in order.
    pub fn steps(&self) -> impl DoubleEndedIterator<Item = &Step> + '_ {
        self.steps.iter()
    }

    /// The first step with this version.
    pub fn step_of_version(&self, version: i64) -> Option<u32> {
        let is = |step: u32| self.step(step).is_some_and(|step| step.version == Some(version));
        // Versions almost always count up by one from the first.
        let guess = self.steps.get(0).and_then(|first| version.checked_sub(first.version?));
        let guess = guess.and_then(|guess| u32::try_from(guess).ok()).filter(|&guess| is(guess));
        guess.or_else(|| (0..self.len()).find(|&step| is(step)))
    }

    /// The last step at or before `time`. A step without a time follows its predecessor, and so does one whose
    /// clock went backwards.
    pub fn step_at_time(&self, time: Timestamp) -> Option<u32> {
        let after = self.times.partition_point(|at| at.is_none_or(|at| at <= time));
        after.checked_sub(1).map(|step| step as u32)
    }

    /// The state after `step`; after the last step if there are fewer.
    pub fn state_at(&self, step: u32) -> Arc<Value> {
        let step = step.min(self.len().saturating_sub(1));
        if self.is_empty() {
            return Arc::clone(&self.initial);
        }
        if let Some((_, state)) = self.newest.as_ref().filter(|(newest, _)| *newest == step) {
            return Arc::clone(state);
        }
        match self.checkpoints.until(step) {
            Some((at, state)) if at == step => Arc::clone(state),
            Some((at, state)) => Arc::new(self.fold_on(Value::clone(state), at + 1, step)),
            None => Arc::new(self.fold_on(Value::clone(&self.initial), 0, step)),
        }
    }

    /// The state before `step`.
    pub fn state_before(&self, step: u32) -> Arc<Value> {
        match step.checked_sub(1) {
            Some(before) => self.state_at(before),
            None => Arc::clone(&self.initial),
        }
    }

    /// Folds the steps `from` to `to`, both included.
    fn fold_on(&self, mut state: Value, from: u32, to: u32) -> Value {
        let inputs = (from..=to).map(|step| &self.inputs[step as usize]);
        if let Some(rule) = self.merge {
            rule.merge(&mut state, inputs.filter_map(Input::document));
            return state;
        }
        for event in inputs.filter_map(Input::event) {
            // Steps with an issue keep no input, and a rule gives the same answer every time.
            let evolved = self.rule.evolve(&mut state, event);
            debug_assert!(evolved.is_ok(), "evolve is a function of its arguments");
        }
        state
    }

    /// The states before and after `step`, for the price of one.
    pub(super) fn around(&self, step: u32) -> (Arc<Value>, Arc<Value>) {
        let before = self.state_before(step);
        if step >= self.len() {
            return (Arc::clone(&before), before);
        }
        let after = self.fold_on(Value::clone(&before), step, step);
        (before, Arc::new(after))
    }

    /// What `step` changed.
    pub fn changes_at(&self, step: u32) -> Vec<Change> {
        let (before, after) = self.around(step);
        diff(&before, &after)
    }

    /// What is different at `to`, compared with `from`; in either order.
    pub fn changes_between(&self, from: u32, to: u32) -> Vec<Change> {
        diff(&self.state_at(from), &self.state_at(to))
    }

    /// The last step until `step` that changed the value at `path`, which is valid in the state at `step`:
    /// not one that merely set it to what it was. For an object or an array: that changed anything in it.
    pub fn set_by(&self, path: &Path, step: u32) -> Option<u32> {
        let state = self.state_at(step);
        let trail = Trail::new(path, &state);
        let cursor = self.provenance.follow(&trail, step);
        self.provenance.set_by(cursor, step).filter(|_| trail.exists)
    }

    /// The first step after `step` that sets a value at `path`, which has none now.
    pub fn set_later(&self, path: &Path, step: u32) -> Option<u32> {
        let state = self.state_at(step);
        if path.get(&state).is_some() {
            return None;
        }
        // Elements that a list gets later may have an identity, which cannot be known now: then every change
        // of the list may be the one.
        let mut parent = path;
        while parent.get(&state).is_none() {
            parent = parent.parent()?;
        }
        let list = parent.get(&state).is_some_and(Value::is_array);
        let trail = Trail::new(if list { parent } else { path }, &state);
        let (steps, _) = self.provenance.candidates(&trail);
        let mut walk = Walk { replay: self, at: None };
        steps.into_iter().filter(|&other| other > step).find(|&later| {
            if list { path.get(walk.state(later)).is_some() } else { walk.value(&trail, later).is_some() }
        })
    }

    /// Every step of the whole stream that changed the value at `path`, ascending, removals included. The path
    /// is valid in the state at `at`, or in the one before it for what `at` removed; an element with an identity
    /// is followed when it moves.
    pub fn history(&self, path: &Path, at: u32) -> Vec<u32> {
        self.with_trail(path, at, |trail| self.history_of(trail))
    }

    /// The history with the value after each step; `None` where it was removed.
    pub fn history_values(&self, path: &Path, at: u32) -> Vec<(u32, Option<Value>)> {
        self.with_trail(path, at, |trail| {
            let mut walk = Walk { replay: self, at: None };
            let steps = self.history_of(trail).into_iter();
            steps.map(|step| (step, walk.value(trail, step))).collect()
        })
    }

    /// The value at `path`, valid at `at`, as it was at another step.
    pub fn value_at(&self, path: &Path, at: u32, step: u32) -> Option<Value> {
        self.with_trail(path, at, |trail| trail.get(&self.state_at(step)).cloned())
    }

    /// The first step after `at` that changes the value at `path`.
    pub fn next_change_of(&self, path: &Path, at: u32) -> Option<u32> {
        self.with_trail(path, at, |trail| {
            let (steps, certain) = self.provenance.candidates(trail);
            let mut later = steps.into_iter().filter(|&step| step > at);
            if certain {
                return later.next();
            }
            let now = trail.get(&self.state_at(at)).cloned();
            let mut walk = Walk { replay: self, at: None };
            later.find(|&step| walk.value(trail, step) != now)
        })
    }

    /// The last step before `at` that changed the value at `path`.
    pub fn previous_change_of(&self, path: &Path, at: u32) -> Option<u32> {
        self.history(path, at).into_iter().rfind(|&step| step < at)
    }

    /// Whether there were too many different paths to follow each: [`Replay::set_by`] then answers for the
    /// top-level member that a value is in.
    pub fn provenance_is_partial(&self) -> bool {
        self.provenance.is_partial()
    }

    /// Every leaf of the state at `step` with the step that set it. Empty objects and arrays are leaves.
    pub fn provenance_at(&self, step: u32) -> Vec<(Path, Option<u32>)> {
        let state = self.state_at(step);
        let mut leaves = Vec::new();
        self.leaves(&state, &Path::root(), Cursor::ROOT, step, &mut leaves);
        leaves
    }

    fn leaves(
        &self,
        value: &Value,
        path: &Path,
        cursor: Cursor,
        step: u32,
        leaves: &mut Vec<(Path, Option<u32>)>,
    ) {
        let children = super::provenance::children(value);
        if children.is_empty() {
            leaves.push((path.clone(), self.provenance.set_by(cursor, step)));
        }
        for (segment, track, child) in children {
            let below = self.provenance.below(cursor, track, step);
            self.leaves(child, &path.child(segment), below, step, leaves);
        }
    }

    fn with_trail<T>(&self, path: &Path, at: u32, answer: impl FnOnce(&Trail<'_>) -> T) -> T {
        let state = self.state_at(at);
        let trail = Trail::new(path, &state);
        if trail.exists {
            return answer(&trail);
        }
        let before = self.state_before(at);
        let removed = Trail::new(path, &before);
        answer(if removed.exists { &removed } else { &trail })
    }

    fn history_of(&self, trail: &Trail<'_>) -> Vec<u32> {
        let (mut steps, certain) = self.provenance.candidates(trail);
        if !certain {
            let mut walk = Walk { replay: self, at: None };
            let mut before = trail.get(&self.initial).cloned();
            steps.retain(|&step| {
                let after = walk.value(trail, step);
                let changed = after != before;
                before = after;
                changed
            });
        }
        steps
    }

    /// The top-level member that the trail is in, as the event of `step` itself sets it: null where it removes
    /// it. `None` if the rule is no merge or the event does not set the member.
    fn member_set(&self, trail: &Trail<'_>, step: u32) -> Option<Value> {
        let text = self.merge.and(self.inputs[step as usize].document())?;
        let Some(Track::Key(key)) = trail.tracks.first() else { return None };
        match raw_members(text) {
            Some(members) => parse(members.into_iter().rfind(|(name, _)| name == key)?.1),
            None => members_of(text).shift_remove(*key),
        }
    }
}

/// States in ascending order of steps: folds on from the one before where that is nearer than a checkpoint.
struct Walk<'r> {
    replay: &'r Replay,
    at: Option<(u32, Value)>,
}

impl Walk<'_> {
    fn state(&mut self, step: u32) -> &Value {
        let near = |(at, _): &(u32, Value)| *at <= step && step - at < CHECKPOINT_EVERY as u32;
        let state = match self.at.take().filter(near) {
            Some((at, state)) => self.replay.fold_on(state, at + 1, step),
            None => Value::clone(&self.replay.state_at(step)),
        };
        &self.at.insert((step, state)).1
    }

    fn value(&mut self, trail: &Trail<'_>, step: u32) -> Option<Value> {
        let Some(member) = self.replay.member_set(trail, step) else {
            return trail.get(self.state(step)).cloned();
        };
        let removed = member.is_null() && self.replay.merge.is_some_and(|rule| rule.null_removes);
        let inside = trail.tracks.iter().skip(1);
        inside.fold(Some(&member).filter(|_| !removed), |value, track| track.of(value?)).cloned()
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::model::{JsonText, Membership, Payload, Row, SourceId, StreamName};
    use crate::replay::arbitrary::{event, replay, replay_of, states, stream};
    use crate::replay::provenance::children;
    use crate::replay::{ReplayBuilder, apply};

    fn path(pointer: &str) -> Path {
        pointer.parse().unwrap()
    }

    /// The payment of the sample: three declines, then paid.
    fn payment() -> Replay {
        replay_of(&[
            r#"{"id":"pay-1","amount":48760}"#,
            r#"{"id":"pay-1","attempt":1,"reason":"issuer","response":{"code":51,"raw":"x"}}"#,
            r#"{"id":"pay-1","attempt":2,"reason":"3ds","response":{"code":54,"raw":"x"}}"#,
            r#"{"id":"pay-1","attempt":3,"reason":"3ds","response":{"code":51,"raw":"x"}}"#,
            r#"{"auth":{"code":"181108"}}"#,
        ])
    }

    #[test]
    fn a_value_was_set_by_the_event_that_changed_it_not_by_a_repeat() {
        let replay = payment();
        for (pointer, set_by) in [
            ("/id", Some(0)),
            ("/attempt", Some(3)),
            ("/reason", Some(2)),
            ("/response/code", Some(3)),
            ("/response/raw", Some(1)),
            ("/response", Some(3)),
            ("", Some(3)),
            ("/auth", None),
        ] {
            assert_eq!(replay.set_by(&path(pointer), 3), set_by, "{pointer}");
        }
    }

    #[test]
    fn a_value_has_its_whole_history() {
        let replay = payment();
        let history = replay.history_values(&path("/response/code"), 3);
        let history: Vec<_> =
            history.into_iter().map(|(step, value)| (step, value.unwrap().to_string())).collect();
        assert_eq!(history, [(1, "51".to_owned()), (2, "54".to_owned()), (3, "51".to_owned())]);
        assert_eq!(replay.next_change_of(&path("/response/code"), 1), Some(2));
        assert_eq!(replay.next_change_of(&path("/response/code"), 3), None);
        assert_eq!(replay.previous_change_of(&path("/response/code"), 3), Some(2));
        assert_eq!(replay.value_at(&path("/response/code"), 3, 2), Some(54.into()));
    }

    #[test]
    fn a_value_that_comes_later_is_announced() {
        let replay = payment();
        assert_eq!(replay.set_later(&path("/auth"), 3), Some(4));
        assert_eq!(replay.set_later(&path("/auth/code"), 0), Some(4));
        assert_eq!(replay.set_later(&path("/auth"), 4), None);
        assert_eq!(replay.set_later(&path("/never"), 0), None);
        let lists =
            replay_of(&[r#"{"l":[{"id":1}]}"#, r#"{"l":[{"id":2}]}"#, r#"{"l":[{"id":2},{"id":3,"n":1}]}"#]);
        assert_eq!(lists.set_later(&path("/l/1/n"), 0), Some(2));
        assert_eq!(lists.set_later(&path("/l/2"), 0), None);
    }

    #[test]
    fn an_element_with_an_identity_keeps_its_history_when_it_moves() {
        let replay = replay_of(&[
            r#"{"lines":[{"sku":"a","n":1},{"sku":"b","n":1}]}"#,
            r#"{"lines":[{"sku":"a","n":1},{"sku":"b","n":2}]}"#,
            r#"{"lines":[{"sku":"b","n":2},{"sku":"a","n":1}]}"#,
        ]);
        assert_eq!(replay.set_by(&path("/lines/0/n"), 2), Some(1));
        assert_eq!(replay.set_by(&path("/lines/1/n"), 2), Some(0));
        assert_eq!(replay.set_by(&path("/lines"), 2), Some(2));
        assert_eq!(replay.history(&path("/lines/0/n"), 2), [0, 1]);
        assert_eq!(replay.value_at(&path("/lines/0/n"), 2, 0), Some(1.into()));
    }

    #[test]
    fn a_removal_is_part_of_the_history() {
        let replay = replay_of(&[r#"{"m":{"a":1}}"#, r#"{"m":{}}"#, r#"{"m":{"a":1}}"#]);
        assert_eq!(replay.history(&path("/m/a"), 2), [0, 1, 2]);
        assert_eq!(replay.history(&path("/m/a"), 1), [0, 1, 2]);
        assert_eq!(replay.set_by(&path("/m/a"), 1), None);
        assert_eq!(replay.set_later(&path("/m/a"), 1), Some(2));
    }

    #[test]
    fn steps_are_found_by_version_and_by_time() {
        let mut builder = ReplayBuilder::new(Arc::new(MergeRule::default()));
        for (n, (version, time)) in
            [(0, None), (1, Some(10)), (2, Some(30)), (3, Some(20)), (7, None), (8, Some(40))]
                .into_iter()
                .enumerate()
        {
            let mut event = event(Payload::Missing, n);
            event.occurred_at = time.map(|time| Timestamp::from_nanos(time, 9));
            let stream = StreamName::untyped("s");
            event.streams = vec![Membership { stream, version: Some(version), role: None }];
            builder.push(Row::new(SourceId(0), n), &event);
        }
        let replay = builder.finish();
        for (version, step) in [(0, Some(0)), (3, Some(3)), (7, Some(4)), (8, Some(5)), (4, None), (-1, None)]
        {
            assert_eq!(replay.step_of_version(version), step, "version {version}");
        }
        for (time, step) in [(5, 0), (10, 1), (20, 1), (29, 1), (30, 4), (99, 5)] {
            assert_eq!(replay.step_at_time(Timestamp::from_nanos(time, 9)), Some(step), "time {time}");
        }
    }

    #[test]
    fn nothing_folded_is_the_empty_state() {
        let replay = replay_of(&[]);
        assert!(replay.is_empty());
        assert_eq!(replay.state_at(5).to_string(), "{}");
        assert_eq!(replay.changes_at(0), []);
        assert_eq!(replay.step_at_time(Timestamp::default()), None);
        assert_eq!(replay.provenance_at(0).len(), 1);
    }

    #[test]
    fn any_step_of_a_long_stream_is_the_fold_from_its_start() {
        let documents: Vec<String> =
            (0..1_500).map(|n| format!(r#"{{"n":{n},"k{}":{{"v":{}}}}}"#, n % 7, n / 3)).collect();
        let payloads: Vec<_> =
            documents.iter().map(|text| Payload::Json(JsonText::new(text).unwrap())).collect();
        let replay = replay(&payloads, MergeRule::default());
        for (step, state) in (0..).zip(states(&payloads, &MergeRule::default())) {
            assert_eq!(*replay.state_at(step), state, "{step}");
        }
        let changes = replay.changes_between(10, 1_400);
        assert_eq!(apply(&changes, &replay.state_at(10)).as_ref(), Ok(&*replay.state_at(1_400)));
    }

    /// Every value of a state with its path and the way it is followed, containers too.
    fn all_values(value: &Value, path: &Path, trail: &str, all: &mut Vec<(Path, String, Value)>) {
        all.push((path.clone(), trail.to_owned(), value.clone()));
        for (segment, track, child) in children(value) {
            all_values(child, &path.child(segment), &format!("{trail}{track:?}"), all);
        }
    }

    proptest! {
        #[test]
        fn provenance_agrees_with_walking_all_states(payloads in stream(), null_removes: bool) {
            let rule = MergeRule { null_removes };
            let replay = replay(&payloads, rule);
            let walked: Vec<Vec<_>> = states(&payloads, &rule)
                .iter()
                .map(|state| {
                    let mut all = Vec::new();
                    all_values(state, &Path::root(), "", &mut all);
                    all
                })
                .collect();
            for (step, values) in walked.iter().enumerate() {
                for (path, trail, _) in values {
                    let at = |step: usize| walked[step].iter().find(|(_, other, _)| other == trail).map(|(_, _, value)| value);
                    let empty = Value::Object(serde_json::Map::new());
                    let before = |step: usize| match step.checked_sub(1) {
                        Some(before) => at(before),
                        None => (trail.is_empty()).then_some(&empty),
                    };
                    let history: Vec<u32> =
                        (0..walked.len()).filter(|&step| at(step) != before(step)).map(|step| step as u32).collect();
                    let here = step as u32;
                    prop_assert_eq!(&replay.history(path, here), &history, "{} at {}", path, step);
                    prop_assert_eq!(
                        replay.set_by(path, here),
                        history.iter().copied().rfind(|&other| other <= here), "{} at {}", path, step
                    );
                    prop_assert_eq!(
                        replay.next_change_of(path, here),
                        history.iter().copied().find(|&other| other > here)
                    );
                    prop_assert_eq!(
                        replay.previous_change_of(path, here),
                        history.iter().copied().rfind(|&other| other < here)
                    );
                    for other in 0..walked.len() {
                        prop_assert_eq!(replay.value_at(path, here, other as u32), at(other).cloned());
                    }
                    let values: Vec<_> = history.iter().map(|&step| (step, at(step as usize).cloned())).collect();
                    prop_assert_eq!(replay.history_values(path, here), values);
                }
            }
        }

        #[test]
        fn what_is_set_later_agrees_with_walking_all_states(payloads in stream()) {
            let replay = replay(&payloads, MergeRule::default());
            let states = states(&payloads, &MergeRule::default());
            for key in ["", "a", "b", "c", "value"] {
                let path = Path::root().key(key);
                for step in 0..states.len() {
                    let later = (step + 1..states.len()).find(|&later| path.get(&states[later]).is_some());
                    let expected = later.filter(|_| path.get(&states[step]).is_none());
                    prop_assert_eq!(replay.set_later(&path, step as u32), expected.map(|step| step as u32));
                }
            }
        }
    }
}
