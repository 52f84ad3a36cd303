//! Folds a stream event by event. Under the default rule only what an event touches is looked at: members whose
//! text is what it was cost one comparison.

use std::collections::HashMap;
use std::sync::Arc;

use serde_json::{Map, Value};

use super::checkpoints::Checkpoints;
use super::diff::{Counts, Op, count};
use super::evolve::{Evolve, MergeRule};
use super::fold::Replay;
use super::members::{members_of, parse, raw_members};
use super::provenance::Provenance;
use super::step::{Input, Skipped, Step};
use crate::base::chunks::Chunks;
use crate::base::limits::{
    CHECKPOINT_BYTES_MAX, CHECKPOINT_EVERY, CHECKPOINT_INPUT_BYTES, PROVENANCE_PATHS_MAX,
};
use crate::model::{JsonText, Payload, RecordedEvent, Row, StreamName, is_failure_type};

/// Builds a [`Replay`]; what is folded so far can be used at any time.
pub struct ReplayBuilder {
    replay: Replay,
    /// The state after the last step.
    state: Working,
    /// Types seen, and whether each tells of a failure.
    types: HashMap<Arc<str>, bool>,
    stream: Option<StreamName>,
}

/// The state while it is folded.
enum Working {
    Members(Members),
    Whole(Value),
}

impl ReplayBuilder {
    /// Nothing folded yet.
    pub fn new(rule: Arc<dyn Evolve>) -> Self {
        Self::bounded(rule, CHECKPOINT_BYTES_MAX, PROVENANCE_PATHS_MAX)
    }

    fn bounded(rule: Arc<dyn Evolve>, checkpoint_bytes_max: usize, paths_max: usize) -> Self {
        let merge = rule.as_merge();
        let initial = rule.initial();
        let state = match merge {
            Some(_) => Working::Members(Members::default()),
            None => Working::Whole(initial.clone()),
        };
        let replay = Replay {
            rule,
            merge,
            initial: Arc::new(initial),
            steps: Chunks::default(),
            inputs: Chunks::default(),
            times: Chunks::default(),
            checkpoints: Checkpoints::new(
                (CHECKPOINT_EVERY as u32, CHECKPOINT_INPUT_BYTES),
                checkpoint_bytes_max,
            ),
            provenance: Arc::new(Provenance::new(paths_max)),
            newest: None,
        };
        Self { replay, state, types: HashMap::new(), stream: None }
    }

    /// Versions are those in `stream`, also for events whose home is another one.
    #[must_use]
    pub fn of_stream(mut self, stream: StreamName) -> Self {
        self.stream = Some(stream);
        self
    }

    /// Folds the next event of the stream.
    pub fn push(&mut self, row: Row, event: &RecordedEvent) {
        let step = self.replay.len();
        let (event_type, failure) = self.event_type(&event.event_type);
        let membership = match &self.stream {
            Some(stream) => event.streams.iter().find(|membership| membership.stream == *stream),
            None => event.home(),
        };
        let time = event.time();
        let mut done = Step {
            row,
            version: membership.and_then(|membership| membership.version),
            event_type,
            time,
            kind: event.kind,
            counts: Counts::default(),
            skipped: None,
            issue: None,
            failure,
        };
        let provenance = Arc::make_mut(&mut self.replay.provenance);
        let input = match (&mut self.state, self.replay.merge) {
            (Working::Members(members), Some(rule)) => match &event.data {
                Payload::Json(text) => {
                    done.counts = members.merge(rule, text, step, provenance);
                    Input::Merge(text.clone())
                }
                Payload::Missing | Payload::Opaque { .. } => {
                    let missing = event.data == Payload::Missing;
                    done.skipped = Some(if missing { Skipped::NoData } else { Skipped::Opaque });
                    Input::Nothing
                }
            },
            (state, _) => {
                let before = state.value();
                let mut after = before.clone();
                match self.replay.rule.evolve(&mut after, event) {
                    Ok(()) => {
                        if before != after {
                            count(&before, &after, &mut done.counts);
                            provenance.record_state(&before, &after, step);
                        }
                        *state = Working::Whole(after);
                        Input::Event(Arc::new(event.clone()))
                    }
                    Err(issue) => {
                        done.issue = Some(Arc::new(issue));
                        Input::Nothing
                    }
                }
            }
        };
        self.replay.steps.push(done);
        self.replay.inputs.push(input);
        let latest = self.replay.times.last().copied().flatten();
        self.replay.times.push(latest.max(time));
        self.replay.newest = None;
        if self.replay.checkpoints.count(event.data.len()) {
            self.replay.checkpoints.push(step, self.state.value());
        }
    }

    fn event_type(&mut self, name: &str) -> (Arc<str>, bool) {
        if let Some((name, failure)) = self.types.get_key_value(name) {
            return (Arc::clone(name), *failure);
        }
        let (shared, failure) = (Arc::<str>::from(name), is_failure_type(name));
        self.types.insert(Arc::clone(&shared), failure);
        (shared, failure)
    }

    /// What is folded so far.
    pub fn replay(&self) -> &Replay {
        &self.replay
    }

    /// What is folded so far, to keep: it does not change when more is pushed.
    pub fn snapshot(&mut self) -> Replay {
        if let Some(last) = self.replay.len().checked_sub(1)
            && self.replay.newest.is_none()
        {
            self.replay.newest = Some((last, Arc::new(self.state.value())));
        }
        self.replay.clone()
    }

    /// The whole stream is folded.
    pub fn finish(mut self) -> Replay {
        self.snapshot()
    }
}

impl Working {
    fn value(&self) -> Value {
        match self {
            Self::Members(members) => members.value(),
            Self::Whole(value) => value.clone(),
        }
    }
}

/// The members of the state under the default rule, each with the text it was read from.
#[derive(Default)]
struct Members {
    slots: Vec<Slot>,
    by_name: HashMap<Arc<str>, usize>,
    /// Counts members as they are set first, or again after a removal.
    order: u64,
    /// The slots of the event at hand.
    touched: Vec<usize>,
}

struct Slot {
    name: Arc<str>,
    held: Held,
    /// The text of the value; empty when only the parsed value is known.
    raw: String,
    node: u32,
    order: u64,
    /// The slot that followed in the last event: events of one type have the same members in the same order.
    next: usize,
    /// The step that touched it last, plus one.
    seen: u32,
}

/// A member's value.
enum Held {
    /// The member is not set.
    Nothing,
    /// A scalar that is another one exactly if its text is: not parsed before somebody asks for it.
    Plain,
    /// Everything else.
    Parsed(Value),
}

impl Slot {
    /// The value, taken out of the slot.
    fn take(&mut self) -> Option<Value> {
        match std::mem::replace(&mut self.held, Held::Nothing) {
            Held::Nothing => None,
            Held::Plain => Some(parse(&self.raw).expect("a part of a valid document")),
            Held::Parsed(value) => Some(value),
        }
    }

    /// A copy of the value.
    fn value(&self) -> Option<Value> {
        match &self.held {
            Held::Nothing => None,
            Held::Plain => parse(&self.raw),
            Held::Parsed(value) => Some(value.clone()),
        }
    }
}

/// Whether the text of a value is its only spelling: a string without escapes, a number without exponent, true,
/// false, null.
fn is_plain(raw: &str) -> bool {
    match raw.as_bytes() {
        [b'"', text @ ..] => !text.contains(&b'\\'),
        [b'{' | b'[', ..] => false,
        [b't' | b'f' | b'n', ..] => true,
        number => !number.iter().any(|byte| matches!(byte, b'e' | b'E')),
    }
}

impl Members {
    fn merge(&mut self, rule: MergeRule, text: &JsonText, step: u32, provenance: &mut Provenance) -> Counts {
        let mut counts = Counts::default();
        let raw = raw_members(text).filter(|members| self.touch(members, step, provenance));
        if let Some(members) = raw {
            for (at, (_, raw)) in members.into_iter().enumerate() {
                let at = self.touched[at];
                let slot = &mut self.slots[at];
                if slot.raw == raw {
                    continue;
                }
                let plain = is_plain(raw) && !(rule.null_removes && raw == "null");
                if plain && matches!(slot.held, Held::Plain) {
                    counts.count(Op::Change);
                    provenance.record_whole(slot.node, step);
                } else {
                    // Text that no parser takes is shown as it is spelled.
                    let value = parse(raw).unwrap_or_else(|| Value::String(raw.to_owned()));
                    self.set(at, value, (rule, step), provenance, &mut counts);
                }
                let slot = &mut self.slots[at];
                slot.raw.clear();
                if !matches!(slot.held, Held::Nothing) {
                    slot.raw.push_str(raw);
                }
                if plain {
                    slot.held = Held::Plain;
                }
            }
        } else {
            for (key, value) in members_of(text) {
                let slot = self.slot(&key, usize::MAX, provenance);
                self.set(slot, value, (rule, step), provenance, &mut counts);
                self.slots[slot].raw.clear();
            }
        }
        if counts.total() > 0 {
            provenance.record_root(step);
        }
        counts
    }

    /// Finds the slot of each member; false if one is there twice.
    fn touch<K: AsRef<str>>(
        &mut self,
        members: &[(K, &str)],
        step: u32,
        provenance: &mut Provenance,
    ) -> bool {
        self.touched.clear();
        let mut previous = usize::MAX;
        for (key, _) in members {
            let slot = self.slot(key.as_ref(), previous, provenance);
            if self.slots[slot].seen == step + 1 {
                return false;
            }
            self.slots[slot].seen = step + 1;
            self.touched.push(slot);
            previous = slot;
        }
        true
    }

    fn slot(&mut self, name: &str, previous: usize, provenance: &mut Provenance) -> usize {
        let guess = self.slots.get(previous).map_or(0, |slot| slot.next);
        if self.slots.get(guess).is_some_and(|slot| *slot.name == *name) {
            return guess;
        }
        let slot = self.by_name.get(name).copied().unwrap_or_else(|| {
            let name: Arc<str> = name.into();
            self.by_name.insert(Arc::clone(&name), self.slots.len());
            let node = provenance.top_level(&name);
            let next = self.slots.len() + 1;
            self.slots.push(Slot {
                name,
                held: Held::Nothing,
                raw: String::new(),
                node,
                order: 0,
                next,
                seen: 0,
            });
            self.slots.len() - 1
        });
        if let Some(previous) = self.slots.get_mut(previous) {
            previous.next = slot;
        }
        slot
    }

    fn set(
        &mut self,
        slot: usize,
        value: Value,
        (rule, step): (MergeRule, u32),
        provenance: &mut Provenance,
        counts: &mut Counts,
    ) {
        let slot = &mut self.slots[slot];
        let before = slot.take();
        let after = Some(value).filter(|value| !(rule.null_removes && value.is_null()));
        if before != after {
            match (&before, &after) {
                (None, _) => {
                    counts.count(Op::Add);
                    self.order += 1;
                    slot.order = self.order;
                }
                (_, None) => counts.count(Op::Remove),
                (Some(before), Some(after)) => count(before, after, counts),
            }
            provenance.record(slot.node, before.as_ref(), after.as_ref(), step);
        }
        // Equal values too: their keys may stand in another order now.
        slot.held = after.map_or(Held::Nothing, Held::Parsed);
    }

    fn value(&self) -> Value {
        let mut set: Vec<&Slot> =
            self.slots.iter().filter(|slot| !matches!(slot.held, Held::Nothing)).collect();
        set.sort_by_key(|slot| slot.order);
        let members = set.into_iter().filter_map(|slot| Some((slot.name.to_string(), slot.value()?)));
        Value::Object(members.collect::<Map<_, _>>())
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::model::{EventKind, Membership, SourceId, Timestamp};
    use crate::replay::arbitrary::{Plain, event, replay, replay_of, states, stream};
    use crate::replay::{EvolveIssue, Path};

    fn row(n: usize) -> Row {
        Row::new(SourceId(0), n)
    }

    fn check_counts(documents: &[&str], expected: &[(u32, u32, u32)]) {
        let replay = replay_of(documents);
        let counts: Vec<_> = replay
            .steps()
            .map(|step| (step.counts.added, step.counts.changed, step.counts.removed))
            .collect();
        assert_eq!(counts, expected, "{documents:?}");
    }

    #[test]
    fn every_step_counts_what_it_changed() {
        check_counts(
            &[r#"{"a":1,"b":{"x":1,"y":1}}"#, r#"{"a":1}"#, r#"{"b":{"y":2,"z":3}}"#, "7", "7"],
            &[(2, 0, 0), (0, 0, 0), (1, 1, 1), (1, 0, 0), (0, 0, 0)],
        );
        check_counts(&[r#"{"a":1,"b":2,"a":3}"#, r#"{"a":3}"#], &[(2, 0, 0), (0, 0, 0)]);
        check_counts(
            &[r#"{"a":"\u0041"}"#, r#"{"a":"A"}"#, r#"{"a": "A" }"#],
            &[(1, 0, 0), (0, 0, 0), (0, 0, 0)],
        );
    }

    #[test]
    fn a_step_says_what_the_event_was() {
        let stream = StreamName::new("Payment", "pay-1");
        let mut declined = event(Payload::Missing, 0);
        declined.event_type = "PaymentDeclined".to_owned();
        declined.kind = EventKind::Integration;
        declined.occurred_at = Some(Timestamp::from_nanos(5, 9));
        let membership = |stream: &StreamName, version| Membership {
            stream: stream.clone(),
            version: Some(version),
            role: None,
        };
        declined.streams = vec![membership(&StreamName::untyped("all"), 70), membership(&stream, 3)];
        for (of, version) in [(None, 70), (Some(stream), 3)] {
            let mut builder = ReplayBuilder::new(Arc::new(MergeRule::default()));
            if let Some(stream) = of {
                builder = builder.of_stream(stream);
            }
            builder.push(row(4), &declined);
            let expected = Step {
                row: row(4),
                version: Some(version),
                event_type: "PaymentDeclined".into(),
                time: Some(Timestamp::from_nanos(5, 9)),
                kind: EventKind::Integration,
                counts: Counts::default(),
                skipped: Some(Skipped::NoData),
                issue: None,
                failure: true,
            };
            assert_eq!(builder.finish().step(0), Some(&expected));
        }
    }

    #[test]
    fn an_opaque_payload_is_skipped_and_says_so() {
        let bytes = Payload::Opaque { bytes: Arc::from(*b"x"), encoding: "avro".into() };
        let document = Payload::Json(JsonText::new(r#"{"a":1}"#).unwrap());
        let replay = replay(&[document, bytes], MergeRule::default());
        assert_eq!(replay.step(1).and_then(|step| step.skipped), Some(Skipped::Opaque));
        assert_eq!(replay.state_at(1).to_string(), r#"{"a":1}"#);
    }

    #[test]
    fn a_snapshot_stays_as_it_was() {
        let mut builder = ReplayBuilder::new(Arc::new(MergeRule::default()));
        let documents = [r#"{"a":1}"#, r#"{"a":2}"#];
        let push = |builder: &mut ReplayBuilder, n: usize| {
            builder.push(row(n), &event(Payload::Json(JsonText::new(documents[n]).unwrap()), n));
        };
        push(&mut builder, 0);
        let early = builder.snapshot();
        push(&mut builder, 1);
        assert_eq!((early.len(), early.state_at(9).to_string()), (1, r#"{"a":1}"#.to_owned()));
        assert_eq!(early.next_change_of(&Path::root().key("a"), 0), None);
        assert_eq!(builder.replay().state_at(1).to_string(), r#"{"a":2}"#);
        assert_eq!(builder.replay().next_change_of(&Path::root().key("a"), 0), Some(1));
    }

    #[test]
    fn a_rule_that_refuses_an_event_leaves_the_state_alone() {
        struct NoOdd;
        impl Evolve for NoOdd {
            fn evolve(&self, state: &mut Value, event: &RecordedEvent) -> Result<(), EvolveIssue> {
                let number = event.data.value().and_then(|value| value.as_i64()).unwrap_or_default();
                *state = number.into();
                if number % 2 == 1 { Err(EvolveIssue(format!("{number} is odd"))) } else { Ok(()) }
            }

            fn initial(&self) -> Value {
                100.into()
            }
        }
        let payloads = ["2", "3", "4"].map(|text| Payload::Json(JsonText::new(text).unwrap()));
        let replay = replay(&payloads, NoOdd);
        let states: Vec<_> = (0..3).map(|step| replay.state_at(step).to_string()).collect();
        assert_eq!(states, ["2", "2", "4"]);
        let issue = replay.step(1).and_then(|step| step.issue.as_ref().map(ToString::to_string));
        assert_eq!(issue.as_deref(), Some("3 is odd"));
        assert_eq!(replay.history(&Path::root(), 2), [0, 2]);
        assert_eq!(replay.state_before(0).to_string(), "100");
    }

    #[test]
    fn too_many_paths_leave_the_top_level() {
        let mut builder = ReplayBuilder::bounded(Arc::new(MergeRule::default()), usize::MAX, 3);
        for (n, document) in [
            r#"{"m":{"a":1,"b":1,"c":1},"x":1}"#,
            r#"{"m":{"a":2,"b":1,"c":1}}"#,
            r#"{"m":{"a":2,"b":2,"c":2}}"#,
        ]
        .iter()
        .enumerate()
        {
            builder.push(row(n), &event(Payload::Json(JsonText::new(document).unwrap()), n));
        }
        let replay = builder.finish();
        assert!(replay.provenance_is_partial());
        let set_by = |pointer: &str| replay.set_by(&pointer.parse().unwrap(), 2);
        assert_eq!((set_by("/m"), set_by("/m/a"), set_by("/x")), (Some(2), Some(2), Some(0)));
        assert_eq!(replay.history(&"/m/a".parse().unwrap(), 2), [0, 1]);
    }

    proptest! {
        #[test]
        fn the_quick_fold_and_the_whole_one_agree(payloads in stream(), null_removes: bool) {
            let rule = MergeRule { null_removes };
            let (quick, whole) = (replay(&payloads, rule), replay(&payloads, Plain(rule)));
            for (step, state) in (0..).zip(states(&payloads, &rule)) {
                prop_assert_eq!(&*quick.state_at(step), &state);
                prop_assert_eq!(&*whole.state_at(step), &state);
                let counts = |replay: &Replay| replay.step(step).map(|step| step.counts);
                prop_assert_eq!(counts(&quick), counts(&whole));
                prop_assert_eq!(quick.changes_at(step).len() as u32, counts(&quick).unwrap().total());
                prop_assert_eq!(quick.provenance_at(step), whole.provenance_at(step));
                for (path, _) in quick.provenance_at(step) {
                    prop_assert_eq!(quick.history_values(&path, step), whole.history_values(&path, step));
                }
            }
        }

        #[test]
        fn a_working_state_has_the_order_of_the_folded_one(payloads in stream(), null_removes: bool) {
            let rule = MergeRule { null_removes };
            let mut builder = ReplayBuilder::new(Arc::new(rule));
            for (n, (payload, state)) in payloads.iter().zip(states(&payloads, &rule)).enumerate() {
                builder.push(row(n), &event(payload.clone(), n));
                prop_assert_eq!(builder.snapshot().state_at(n as u32).to_string(), state.to_string());
                prop_assert_eq!(builder.replay().state_at(n as u32).to_string(), state.to_string());
            }
        }
    }
}
