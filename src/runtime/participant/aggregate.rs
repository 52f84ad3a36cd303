//! An aggregate as its handler sees it: the fold of one stream. Two folds in one: what has happened under which
//! key, which is what makes a repeat harmless, and the state that the domain's programs see, which is folded only
//! if one of them looks at it.

use std::borrow::Cow;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::domain::{Aggregate as Definition, Part, Program, split_version, with_version};
use crate::runtime::snapshot::SNAPSHOT_EVERY;
use crate::runtime::version_router::{RouteError, VersionRouter};
use crate::runtime::{
    DomainFact, EventId, Fact, Journal, Position, Recorded, RefusedBy, Role, SagaNo, StepNo, StreamNo,
};

/// What has happened in a stream under the key of one step.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub(crate) struct Request {
    /// The first success event.
    pub(crate) effect: Option<Position>,
    /// How many there are.
    pub(crate) effects: u32,
    /// The undone event.
    pub(crate) undone: Option<Position>,
    /// The undo found nothing: the step must not happen any more.
    pub(crate) tombstone: Option<Position>,
    /// The refusal, and the event that issued the message it answered.
    pub(crate) refusal: Option<(Position, Option<EventId>)>,
}

/// An aggregate at a version, as its handler sees it. What it holds is the handler's matter; others can keep it as a
/// snapshot and give it back.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Aggregate {
    pub(crate) version: u32,
    /// In the order of their names; new ones mostly come last.
    requests: Vec<((SagaNo, StepNo), Request)>,
    state: Option<Value>,
}

impl Aggregate {
    /// Version of the last event in it.
    pub fn version(&self) -> u32 {
        self.version
    }

    /// Whether another snapshot is due after the one of version `kept` (0: there is none). The longer a stream is, the
    /// more a copy costs: that of a long one is made whenever it has grown by an eighth.
    pub(crate) fn is_due(&self, kept: u32) -> bool {
        self.version.saturating_sub(kept) >= SNAPSHOT_EVERY.get().max(kept / 8)
    }

    /// Whether programs have needed its state.
    pub(crate) fn has_state(&self) -> bool {
        self.state.is_some()
    }

    /// Folds what the stream has beyond what is loaded.
    pub(crate) fn catch_up(
        &mut self,
        journal: &dyn Journal,
        stream: StreamNo,
        definition: Option<(&Definition, &VersionRouter)>,
        with_state: bool,
    ) -> Result<(), String> {
        self.catch_up_to(journal, stream, definition, with_state, journal.version(stream))
    }

    /// The same, up to a version.
    pub(crate) fn catch_up_to(
        &mut self,
        journal: &dyn Journal,
        stream: StreamNo,
        definition: Option<(&Definition, &VersionRouter)>,
        with_state: bool,
        version: u32,
    ) -> Result<(), String> {
        if with_state && self.state.is_none() {
            // The state was not needed so far: from the beginning.
            *self = Self::default();
            self.state = Some(definition.map_or(Value::Null, |(definition, _)| definition.initial.clone()));
        }
        if self.version >= version {
            return Ok(());
        }
        let mut failed = None;
        journal.replay(stream, self.version, &mut |position, event| {
            if event.version > version {
                return;
            }
            self.version = event.version;
            self.note(position, event);
            if let (Some(state), Fact::Domain(fact)) = (&mut self.state, &event.fact) {
                let stream = &journal.stream(event.stream).name;
                if let Err(error) = evolve(state, fact, stream, event.version, definition) {
                    failed.get_or_insert(error);
                }
            }
        });
        failed.map_or(Ok(()), Err)
    }

    /// What has happened under this key.
    pub(crate) fn request(&self, saga: SagaNo, step: StepNo) -> Option<&Request> {
        let place = self.place((saga, step)).ok()?;
        Some(&self.requests[place].1)
    }

    /// What was recorded last of doing this step, whatever guards it.
    pub(crate) fn answer(&self, saga: SagaNo, step: StepNo) -> Option<Position> {
        let request = self.request(saga, step)?;
        request.tombstone.or(request.refusal.map(|(position, _)| position)).or(request.effect)
    }

    fn place(&self, name: (SagaNo, StepNo)) -> Result<usize, usize> {
        match self.requests.last() {
            Some((last, _)) if *last < name => Err(self.requests.len()),
            _ => self.requests.binary_search_by_key(&name, |(known, _)| *known),
        }
    }

    /// The state that programs see.
    pub(crate) fn state(&self) -> &Value {
        self.state.as_ref().unwrap_or(&Value::Null)
    }

    fn note(&mut self, position: Position, event: &Recorded) {
        let (Some(key), Fact::Domain(fact)) = (event.key, &event.fact) else { return };
        let name = (key.saga, key.step);
        let place = self.place(name).unwrap_or_else(|place| {
            self.requests.insert(place, (name, Request::default()));
            place
        });
        let request = &mut self.requests[place].1;
        match fact.role {
            Role::Effect => {
                request.effect.get_or_insert(position);
                request.effects += 1;
            }
            Role::Undone => request.undone = Some(position),
            Role::Tombstone => request.tombstone = Some(position),
            Role::Refusal => {
                let last_word =
                    fact.refusal.as_ref().is_none_or(|refusal| refusal.by != RefusedBy::Tombstone);
                if last_word {
                    request.refusal = Some((position, event.cause));
                }
            }
            Role::Beside | Role::Given => {}
        }
    }
}

/// The state after an event: by the rule for its type, older versions brought up first; without a rule by taking
/// over what the event says.
fn evolve(
    state: &mut Value,
    fact: &DomainFact,
    stream: &str,
    version: u32,
    definition: Option<(&Definition, &VersionRouter)>,
) -> Result<(), String> {
    let routed = match definition.map(|(_, router)| router.route(&fact.event_type, &fact.data)) {
        None | Some(Err(RouteError::NoHandler { .. })) => None,
        Some(Ok(routed)) => Some(routed),
        Some(Err(error)) => return Err(error.to_string()),
    };
    let rule = routed.as_ref().and_then(|routed| definition?.0.rule(&routed.event_type));
    let (Some(program), Some(routed)) = (rule, routed) else {
        merge(state, &fact.data);
        return Ok(());
    };
    let event_type = if let Cow::Owned(_) = routed.data {
        let newest = routed.through.last().copied();
        Cow::Owned(with_version(split_version(&fact.event_type).0, newest))
    } else {
        Cow::Borrowed(&*fact.event_type)
    };
    let event = [
        ("type", Part::Text(&event_type)),
        ("stream", Part::Text(stream)),
        ("version", Part::Number(u64::from(version))),
        ("data", Part::Value(&routed.data)),
    ];
    let given = [("state", Part::Value(state)), ("event", Part::Object(&event))];
    *state = run(program, &given)?;
    Ok(())
}

/// Runs a program on an object with these members.
pub(crate) fn run(program: &Program, given: &[(&str, Part<'_>)]) -> Result<Value, String> {
    program.run_on(Part::Object(given)).map_err(|fault| fault.to_string())
}

/// The default rule: the members of the event's data replace those of the state.
fn merge(state: &mut Value, data: &Value) {
    match (&mut *state, data) {
        (Value::Object(state), Value::Object(data)) => {
            state.extend(data.iter().map(|(name, value)| (name.clone(), value.clone())));
        }
        (_, Value::Object(_)) => *state = data.clone(),
        _ => {}
    }
}
