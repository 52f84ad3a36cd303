//! Decide: from an aggregate and a command to events or an answer. First what is known under the key, then the
//! domain's rules. Nothing here is durable; what is decided counts once it is committed.

use std::sync::Arc;

use serde_json::{Map, Value};

use super::aggregate::{Aggregate, run};
use crate::domain::{CommandRule, Name, Part, Program};
use crate::runtime::{
    Direction, DomainFact, Failure, Forced, Message, Position, Refusal, RefusedBy, Role, Wiring,
};

/// What a handler decides.
#[derive(Clone, Debug)]
pub(crate) enum Decision {
    /// This has been decided already: the same answer again.
    Answer(Position),
    /// These events; one of them is the answer.
    Record(Vec<DomainFact>),
    /// It cannot be handled now.
    Fail(Failure),
}

/// What the key alone decides.
pub(crate) fn known(wiring: &Wiring, aggregate: &Aggregate, message: &Message) -> Option<Position> {
    let request = aggregate.request(message.saga, message.step)?;
    match message.direction {
        Direction::Undo => request.undone.or(request.tombstone),
        Direction::Do => {
            let refusal = request.refusal.and_then(|(position, issuer)| {
                // A step that must not be refused may be asked again: only the same message is answered the same.
                (wiring.may_refuse(message.step) || issuer == Some(message.event)).then_some(position)
            });
            let by_state = !wiring.uses_inbox(message.step, message.direction);
            request.tombstone.or(refusal).or(request.effect.filter(|_| by_state))
        }
    }
}

/// What the domain's rules decide about a command that is new.
pub(crate) fn decide(
    wiring: &Wiring,
    aggregate: &Aggregate,
    message: &Message,
    data: &Arc<Value>,
    forced: Option<Forced>,
) -> Decision {
    let command = Command { wiring, aggregate, message, data };
    if forced == Some(Forced::Throw) {
        return Decision::Fail(Failure { error: "unavailable".into(), permanent: false });
    }
    let decided = match message.direction {
        Direction::Do => command.forward(forced == Some(Forced::Refuse)),
        Direction::Undo => command.back(),
    };
    decided.unwrap_or_else(|error| Decision::Fail(Failure { error: error.into(), permanent: false }))
}

/// The event that says that a step will not happen.
pub(crate) fn refusal(wiring: &Wiring, message: &Message, data: &Value, refusal: Refusal) -> DomainFact {
    let mut said = match data {
        Value::Object(fields) => fields.clone(),
        _ => Map::new(),
    };
    said.insert("reason".into(), (&*refusal.reason).into());
    DomainFact {
        event_type: Arc::clone(&wiring.step(message.step).failure),
        data: Arc::new(Value::Object(said)),
        role: Role::Refusal,
        refusal: Some(refusal),
    }
}

struct Command<'a> {
    wiring: &'a Wiring,
    aggregate: &'a Aggregate,
    message: &'a Message,
    data: &'a Arc<Value>,
}

impl Command<'_> {
    fn forward(&self, forced: bool) -> Result<Decision, String> {
        let Message { step, direction, .. } = *self.message;
        let rule = self.wiring.rule(step, direction);
        if forced {
            let reason = rule.and_then(|rule| rule.refusal.as_deref()).unwrap_or("refused");
            return Ok(self.refuse(reason));
        }
        if let Some(reason) = self.refused_by_service()? {
            return Ok(self.refuse(&reason));
        }
        if let Some(rule) = rule
            && let Some(reason) = self.refused_by_rule(rule)?
        {
            return Ok(self.refuse(&reason));
        }
        let success = &self.wiring.step(step).success;
        self.emit(rule, success, Role::Effect)
    }

    fn back(&self) -> Result<Decision, String> {
        let Message { step, direction, saga, .. } = *self.message;
        let definition = self.wiring.step(step);
        let done = self.aggregate.request(saga, step).is_some_and(|request| request.effect.is_some());
        if !done {
            let fallback = || Name::from(format!("{}.voided", definition.success));
            return Ok(Decision::Record(vec![DomainFact {
                event_type: definition.tombstone.as_ref().map_or_else(fallback, Arc::clone),
                data: Arc::clone(self.data),
                role: Role::Tombstone,
                refusal: None,
            }]));
        }
        let rule = self.wiring.rule(step, direction);
        let reason = match self.refused_by_service()? {
            Some(reason) => Some(reason),
            None => rule.map_or(Ok(None), |rule| self.refused_by_rule(rule))?,
        };
        if let Some(reason) = reason {
            // An undo has no right to refuse; it may be tried again when the reason is gone.
            return Ok(Decision::Fail(Failure { error: reason.into(), permanent: false }));
        }
        let fallback = || Name::from(format!("{}.undone", definition.success));
        let undone = definition.compensated.as_ref().map_or_else(fallback, Arc::clone);
        self.emit(rule, &undone, Role::Undone)
    }

    fn refuse(&self, reason: &str) -> Decision {
        let by = RefusedBy::Business;
        Decision::Record(vec![refusal(
            self.wiring,
            self.message,
            self.data,
            Refusal { reason: reason.into(), by },
        )])
    }

    /// Runs a program on `{state, command}`.
    fn run(&self, program: &Program) -> Result<Value, String> {
        let Message { step, direction, saga, .. } = *self.message;
        let command_type = self.wiring.command(step, direction);
        let saga = if program.reads("command") { saga.to_string() } else { String::new() };
        let command = [
            ("type", Part::Text(&command_type)),
            ("saga", Part::Text(&saga)),
            ("data", Part::Value(self.data)),
        ];
        let state = Part::Value(self.aggregate.state());
        run(program, &[("state", state), ("command", Part::Object(&command))])
    }

    fn refused_by_service(&self) -> Result<Option<String>, String> {
        let Some(program) = self.wiring.outcome(self.message.step, self.message.direction) else {
            return Ok(None);
        };
        Ok(match self.run(program)? {
            Value::Null | Value::Bool(true) => None,
            Value::Bool(false) => Some("refused".to_owned()),
            Value::String(reason) => Some(reason),
            other => Some(other.to_string()),
        })
    }

    fn refused_by_rule(&self, rule: &CommandRule) -> Result<Option<String>, String> {
        let Some(program) = &rule.requires else { return Ok(None) };
        let answer = self.run(program)?;
        let refused = matches!(answer, Value::Null | Value::Bool(false));
        Ok(refused.then(|| rule.refusal.clone().unwrap_or_else(|| "refused".to_owned())))
    }

    /// What the rule emits; the event of type `success` carries `meaning`, and is added where the rule has none.
    fn emit(&self, rule: Option<&CommandRule>, success: &Name, meaning: Role) -> Result<Decision, String> {
        let mut facts = Vec::with_capacity(1);
        for emit in rule.into_iter().flat_map(|rule| &rule.emits) {
            let data = match &emit.data {
                Some(program) => Arc::new(self.run(program)?),
                None => Arc::clone(self.data),
            };
            let says = if emit.event_type == *success { meaning } else { Role::Beside };
            facts.push(DomainFact {
                event_type: Arc::clone(&emit.event_type),
                data,
                role: says,
                refusal: None,
            });
        }
        if facts.iter().all(|fact| fact.role != meaning) {
            let event_type = Arc::clone(success);
            facts.push(DomainFact { event_type, data: Arc::clone(self.data), role: meaning, refusal: None });
        }
        Ok(Decision::Record(facts))
    }
}
