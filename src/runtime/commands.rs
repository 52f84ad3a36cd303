//! Commands outside of any saga. The primer: a *command handler* checks the command, loads the aggregate that it
//! addresses by replaying its stream, decides, and appends what follows with the version it has read. If somebody
//! was faster, it loads again and decides anew, at most three times; what was decided on old state is never
//! written. It changes its own aggregate and nothing else, and gives back what happened; who wants to know how
//! things stand asks a read model ([`super::queries`]).
//!
//! Loading begins at the newest snapshot, if there is one: a cache that can be thrown away, and
//! [`Commands::prove`] shows that it changes nothing.

use std::sync::Arc;

use serde_json::Value;

use super::participant::{Aggregate, CONFLICT_RETRIES, run};
use super::snapshot::{Proof, SNAPSHOT_EVERY, Snapshot, Snapshots, WrongSnapshot};
use super::validation::{Invalid, Passage, Validator};
use super::version_router::VersionRouter;
use super::{Commit, CommitError, Context, DomainFact, EventId, Fact, Journal, Role, SagaNo, StreamNo};
use crate::base::ticks::Ticks;
use crate::domain::{CommandRule, Domain, Name, Part, Program};

/// Handles the commands of a domain's aggregates. Holds nothing that a crash could lose.
#[derive(Clone, Debug)]
pub struct Commands {
    domain: Arc<Domain>,
    validator: Validator,
    /// To the evolve rules, by aggregate.
    evolving: Vec<VersionRouter>,
    snapshots: Snapshots<StreamNo, Aggregate>,
}

/// A request to an aggregate.
#[derive(Clone, Debug, PartialEq)]
pub struct Command {
    /// Its type: `user.create`.
    pub name: Name,
    /// What it says.
    pub data: Arc<Value>,
}

/// What a command led to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Accepted {
    /// The aggregate's stream.
    pub stream: Name,
    /// Its version afterwards.
    pub version: u32,
    /// The new events, in order.
    pub events: Vec<EventId>,
}

/// Why nothing happened.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum CommandError {
    /// No aggregate has a rule for it.
    #[error("nobody handles the command {0}")]
    NoHandler(Name),
    /// It, or what would follow from it, breaks a schema.
    #[error(transparent)]
    Invalid(#[from] Invalid),
    /// A business decision.
    #[error("{command} is refused: {reason}")]
    Refused {
        /// The command's type.
        command: Name,
        /// Why, for people.
        reason: String,
    },
    /// A program of the domain file failed.
    #[error("a program of the domain file failed: {0}")]
    Program(String),
    /// Others were faster every time.
    #[error("others changed {stream} each of {} times: try again later", CONFLICT_RETRIES + 1)]
    Conflict {
        /// The aggregate's stream.
        stream: Name,
    },
    /// The store failed.
    #[error("{0}")]
    Store(String),
}

impl Commands {
    /// The command handlers of `domain`.
    pub fn new(domain: Arc<Domain>) -> Self {
        Self {
            validator: Validator::new(&domain.schemas),
            evolving: domain.aggregates.iter().map(|it| super::wiring::evolving(&domain, it)).collect(),
            snapshots: Snapshots::every(SNAPSHOT_EVERY),
            domain,
        }
    }

    /// Handles one command at `now`.
    pub fn handle(
        &mut self,
        journal: &mut dyn Journal,
        command: &Command,
        now: Ticks,
    ) -> Result<Accepted, CommandError> {
        self.validator.check(&command.name, &command.data, Passage::In)?;
        let domain = Arc::clone(&self.domain);
        let found = domain.aggregates.iter().enumerate().find_map(|(index, aggregate)| {
            let rule = aggregate.commands.iter().find(|rule| rule.command == command.name)?;
            Some((index, rule))
        });
        let (index, rule) = found.ok_or_else(|| CommandError::NoHandler(command.name.clone()))?;
        let stream = self.address(journal, index, command)?;
        for _ in 0..=CONFLICT_RETRIES {
            let loaded = self.load(journal, index, stream)?;
            let facts = self.decide(rule, &loaded.state, command)?;
            let context = Context { at: now, saga: SagaNo::NONE, cause: None, key: None, attempt: 0 };
            let mut commit = Commit { expected: vec![(stream, loaded.state.version)], ..Commit::default() };
            let append = |fact| commit.append(journal, stream, &context, Fact::Domain(fact));
            let events: Vec<EventId> = facts.into_iter().map(append).collect();
            match journal.commit(&mut commit) {
                Ok(_) => {
                    self.snapshots.offer(&stream, loaded.version, &loaded.state);
                    let stream = journal.stream(stream);
                    return Ok(Accepted { stream: stream.name.clone(), version: stream.version, events });
                }
                Err(CommitError::Conflict { .. } | CommitError::Claimed { .. }) => {}
                Err(CommitError::Store(reason)) => return Err(CommandError::Store(reason)),
            }
        }
        Err(CommandError::Conflict { stream: journal.stream(stream).name.clone() })
    }

    /// Folds an aggregate from its snapshot and from its beginning, and compares. `None` for an unknown stream.
    pub fn prove(&self, journal: &dyn Journal, stream: &str) -> Option<Result<Proof, WrongSnapshot>> {
        let stream = journal.find(stream)?;
        let aggregate = &journal.stream(stream).aggregate;
        let index = self.domain.aggregates.iter().position(|it| it.name == *aggregate)?;
        let version = u64::from(journal.version(stream));
        let steps = |after: u64| after + 1..=version;
        let evolve = |state: &mut Aggregate, to: u64| {
            // One event at a time, so that every version is folded as it was then.
            let folded = state.catch_up_to(journal, stream, self.definition(index), true, to as u32);
            folded.expect("whatever loaded the aggregate before has folded the same events");
        };
        Some(self.snapshots.prove(&stream, Aggregate::default(), steps, evolve))
    }

    fn definition(&self, index: usize) -> Option<(&crate::domain::Aggregate, &VersionRouter)> {
        self.domain.aggregates.get(index).zip(self.evolving.get(index))
    }

    fn load(
        &self,
        journal: &dyn Journal,
        index: usize,
        stream: StreamNo,
    ) -> Result<Snapshot<Aggregate>, CommandError> {
        let mut state = self.snapshots.newest(&stream).map_or_else(Aggregate::default, |it| it.state.clone());
        state.catch_up(journal, stream, self.definition(index), true).map_err(CommandError::Program)?;
        Ok(Snapshot { version: u64::from(state.version), state })
    }

    fn address(
        &self,
        journal: &mut dyn Journal,
        index: usize,
        command: &Command,
    ) -> Result<StreamNo, CommandError> {
        let aggregate = &self.domain.aggregates[index];
        let key = match &aggregate.key {
            Some(program) => ask(program, None, command)?,
            None => Value::Null,
        };
        let key = match key {
            Value::Null => {
                return Err(CommandError::Program(format!(
                    "{} does not say which {}",
                    command.name, aggregate.name
                )));
            }
            Value::String(key) => key,
            other => other.to_string(),
        };
        Ok(journal.open(&aggregate.streams.replacen('*', &key, 1), &aggregate.name))
    }

    fn decide(
        &self,
        rule: &CommandRule,
        state: &Aggregate,
        command: &Command,
    ) -> Result<Vec<DomainFact>, CommandError> {
        let ask = |program: &Program| ask(program, Some(state), command);
        let allowed = rule.requires.as_ref().map_or(Ok(Value::Bool(true)), ask)?;
        if matches!(allowed, Value::Null | Value::Bool(false)) {
            let reason = rule.refusal.clone().unwrap_or_else(|| "it is not allowed now".to_owned());
            return Err(CommandError::Refused { command: command.name.clone(), reason });
        }
        let mut facts = Vec::with_capacity(rule.emits.len());
        for emit in &rule.emits {
            let data =
                emit.data.as_ref().map_or(Ok(Arc::clone(&command.data)), |it| ask(it).map(Arc::new))?;
            self.validator.check(&emit.event_type, &data, Passage::Out)?;
            facts.push(DomainFact {
                event_type: emit.event_type.clone(),
                data,
                role: Role::Beside,
                refusal: None,
            });
        }
        Ok(facts)
    }
}

/// Runs a program on `{state, command}`.
fn ask(program: &Program, state: Option<&Aggregate>, command: &Command) -> Result<Value, CommandError> {
    let said = [("type", Part::Text(&command.name)), ("data", Part::Value(&command.data))];
    let said = ("command", Part::Object(&said));
    let answer = match state {
        Some(state) => run(program, &[("state", Part::Value(state.state())), said]),
        None => run(program, &[said]),
    };
    answer.map_err(CommandError::Program)
}

#[cfg(test)]
mod tests;
