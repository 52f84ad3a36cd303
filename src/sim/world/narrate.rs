//! What happens, in plain words: one sentence for each step, a headline for the moment, and what comes next.

use std::fmt::Write as _;

use super::report::{Handled, Narration, Outcome, StepResult, Turn, WorldStep};
use super::weather::message_type;
use super::{Happening, Moved, World};
use crate::domain::Name;
use crate::runtime::{
    Answer, Body, Direction, DomainFact, Fact, Journal, LetterFact, Message, ParticipationFact, Position,
    Recorded, RefusedBy, Role, Route, SagaFact, StepOutcome, UndoEffect,
};

impl World {
    /// What just happened, what is owed, and what comes next.
    pub fn narrate(&self) -> Narration {
        let headline = match (&self.last_act, &self.last) {
            (Some(act), _) => act.clone(),
            (None, Some(moved)) => sentence(&self.words(moved)),
            (None, None) => "Nothing has happened yet.".to_owned(),
        };
        let owed = self.owed_in_words();
        Narration { headline, owed, next: self.next_in_words() }
    }

    pub(super) fn describe(&self, moved: &Moved) -> WorldStep {
        let (first, last) = moved.events;
        let message = moved.message.as_deref();
        WorldStep {
            number: self.moments,
            at: moved.at,
            what: message.map_or(Handled::Quiesced, |message| Handled::Message(message.route)),
            from: message.map_or_else(String::new, |it| self.wiring.party_name(it.from).to_string()),
            to: message.map_or_else(String::new, |it| self.wiring.party_name(it.to).to_string()),
            saga: message.map(|message| message.saga.to_string()),
            step: message.map(|message| self.step_name(message).to_string()),
            attempt: message.map_or(0, |message| message.attempt),
            sent_at: moved.sent_at,
            taken_at: moved.taken_at,
            label: message.map_or_else(String::new, |it| message_type(&self.wiring, it).to_string()),
            result: message.map_or(StepResult::Done, |message| self.result(message, moved)),
            turn: (first..=last).rev().find_map(|at| turn(&self.journal.event(Position(at))?.fact)),
            events: (u64::from(first), u64::from((last + 1).saturating_sub(first))),
            sentence: sentence(&self.words(moved)),
        }
    }

    fn result(&self, message: &Message, moved: &Moved) -> StepResult {
        match &moved.happened {
            Happening::Crashed(_) => return StepResult::Crashed,
            Happening::RolledBack(_) => return StepResult::Failed,
            Happening::Repeated => return StepResult::Repeated,
            Happening::Ignored | Happening::Forgotten => return StepResult::Ignored,
            Happening::Handled | Happening::Ended => {}
        }
        let (first, last) = moved.events;
        let events = (first..=last).filter_map(|at| self.journal.event(Position(at)));
        let roles: Vec<Role> = events.filter_map(|event| Some(event.fact.domain()?.role)).collect();
        match &message.body {
            Body::Answer(Answer::Refused(_)) => StepResult::Refused,
            Body::Answer(Answer::Failed(_)) => StepResult::Failed,
            Body::Deadline => StepResult::TimedOut,
            Body::Overdue(_) if message.route == Route::Timer => StepResult::TimedOut,
            Body::Command(_) | Body::Event(_) | Body::Overdue(_) if roles.contains(&Role::Refusal) => {
                StepResult::Refused
            }
            Body::Command(_) if roles.iter().all(|role| *role == Role::Beside) => StepResult::Failed,
            _ => StepResult::Done,
        }
    }

    fn step_name(&self, message: &Message) -> &Name {
        &self.wiring.step_names()[message.step.index()]
    }

    fn words(&self, moved: &Moved) -> String {
        let Some(message) = &moved.message else { return self.end_in_words() };
        let to = self.wiring.party_name(message.to);
        match &moved.happened {
            Happening::Crashed(gap) => {
                return format!("{to} dies {} and will be back at once", gap.name());
            }
            Happening::RolledBack(error) => return format!("{to} fails ({error}) and will try again"),
            Happening::Repeated => {
                return format!(
                    "{to} knows this request ({}) already and answers as before",
                    message_type(&self.wiring, message)
                );
            }
            Happening::Forgotten => return format!("{to} knows nothing of {} any more", message.saga),
            Happening::Ignored if message.route == Route::Timer => {
                return format!(
                    "the timer of {} fires; the answer was there before",
                    self.step_name(message)
                );
            }
            Happening::Ignored => {
                return format!(
                    "{} comes too late or twice and changes nothing",
                    message_type(&self.wiring, message)
                );
            }
            Happening::Handled | Happening::Ended => {}
        }
        let (first, last) = moved.events;
        let events: Vec<&Recorded> =
            (first..=last).filter_map(|at| self.journal.event(Position(at))).collect();
        let parks = events.iter().any(|event| {
            matches!(event.fact, Fact::Saga(SagaFact::StepParked { .. } | SagaFact::UndoParked { .. }))
        });
        let clauses: Vec<String> = events
            .into_iter()
            // That something is parked says that its last attempt failed and that there is a dead letter.
            .filter(|event| !parks || !says_less_than_parked(&event.fact))
            .filter_map(|event| self.clause(message, event))
            .collect();
        if clauses.is_empty() {
            return match &message.body {
                Body::Command(_) => format!("{to} fails and says so"),
                _ => format!("{to} has nothing to do"),
            };
        }
        clauses.join("; ")
    }

    fn end_in_words(&self) -> String {
        if self.is_stopped() {
            return "the run is stopped at its limit".to_owned();
        }
        let mut words = "nothing is under way any more".to_owned();
        if let [only] = self.sagas().as_slice() {
            let end = match only.outcome {
                Outcome::Completed => "the saga is completed",
                Outcome::Compensated if only.ledger.iter().all(|line| line.effects == 0) => {
                    "the saga is compensated, nothing to undo"
                }
                Outcome::Compensated => "the saga is compensated",
                Outcome::DeadLettered => "a dead letter waits for a person",
                Outcome::Stuck => "the saga is stuck: nobody will act",
                Outcome::Inconsistent => "the books do not balance",
                Outcome::Running => "the saga is running",
            };
            write!(words, "; {end}").expect("writing into a string cannot fail");
        }
        words
    }

    /// What one event means.
    fn clause(&self, message: &Message, event: &Recorded) -> Option<String> {
        match &event.fact {
            Fact::Domain(fact) => self.domain_clause(message, fact),
            Fact::Saga(fact) => Some(self.saga_clause(fact)),
            Fact::Letter(LetterFact::Parked { message_type, error, .. }) => {
                Some(format!("{message_type} becomes a dead letter ({error})"))
            }
            Fact::Participation(ParticipationFact::TimedOut { step, .. }) => {
                let name = &self.wiring.step_names()[step.index()];
                Some(format!("nobody has heard of {name} in time, and its service is told that it is over"))
            }
            Fact::Letter(LetterFact::Resolved { .. }) => Some("its dead letter is resolved".to_owned()),
            Fact::Letter(LetterFact::Answered {}) => Some("its dead letter is answered".to_owned()),
            _ => None,
        }
    }

    fn domain_clause(&self, message: &Message, fact: &DomainFact) -> Option<String> {
        let to = self.wiring.party_name(message.to);
        let definition = self.wiring.step(message.step);
        let label = if definition.label.is_empty() { &*definition.name } else { &definition.label };
        Some(match fact.role {
            Role::Effect => format!("{to} does it: {label}"),
            Role::Refusal => match &fact.refusal {
                Some(refusal) if refusal.by == RefusedBy::GaveUp => {
                    format!("{to} gives up ({}) and records that", refusal.reason)
                }
                Some(refusal) if refusal.by == RefusedBy::Poison => {
                    format!("{to} cannot read the message and records that it will not act")
                }
                Some(refusal) => format!("{to} refuses: {}", refusal.reason),
                None => format!("{to} refuses"),
            },
            Role::Undone => format!("{to} undoes it: {label}"),
            Role::Tombstone => {
                format!("{to} finds nothing to undo and will refuse {label} if it comes later")
            }
            Role::Beside | Role::Given => return None,
        })
    }

    fn saga_clause(&self, fact: &SagaFact) -> String {
        let name = |step: &crate::runtime::StepNo| &self.wiring.step_names()[step.index()];
        match fact {
            SagaFact::Started { .. } => "the saga begins".to_owned(),
            SagaFact::StepStarted { step, .. } => format!("next is {}", name(step)),
            SagaFact::StepRetried { step, attempt, .. } => {
                format!("{} is tried again, attempt {attempt}", name(step))
            }
            SagaFact::StepCompleted { step, .. } => format!("{} is done", name(step)),
            SagaFact::StepRejected { step, refusal, .. } => {
                format!("{} will not happen ({})", name(step), refusal.reason)
            }
            SagaFact::StepAttemptFailed { step, attempt, error } => {
                format!("attempt {attempt} of {} failed ({error})", name(step))
            }
            SagaFact::StepTimedOut { step, attempt, .. } => {
                format!("nobody answered attempt {attempt} of {} in time", name(step))
            }
            SagaFact::StepFailed { step, outcome: StepOutcome::Unknown, .. } => {
                format!("whether {} happened is not known", name(step))
            }
            SagaFact::StepFailed { step, .. } => format!("{} did not happen", name(step)),
            SagaFact::PivotPassed { .. } => "the point of no return lies behind".to_owned(),
            SagaFact::CompensationStarted { undos, .. } if undos.is_empty() => {
                "the saga goes back, and there is nothing to undo".to_owned()
            }
            SagaFact::CompensationStarted { .. } => "the saga goes back".to_owned(),
            SagaFact::UndoStarted { step, .. } => format!("next, {} is undone", name(step)),
            SagaFact::UndoRetried { step, attempt, .. } => {
                format!("undoing {} is tried again, attempt {attempt}", name(step))
            }
            SagaFact::UndoTimedOut { step, attempt, .. } => {
                format!("nobody answered attempt {attempt} of undoing {} in time", name(step))
            }
            SagaFact::UndoAttemptFailed { step, attempt, error } => {
                format!("attempt {attempt} of undoing {} failed ({error})", name(step))
            }
            SagaFact::UndoCompleted { step, effect: UndoEffect::Undone, .. } => {
                format!("{} is undone", name(step))
            }
            SagaFact::UndoCompleted { step, .. } => format!("{} had never happened", name(step)),
            SagaFact::StepParked { step, attempts, .. } => {
                format!("{} failed {} and is parked", name(step), times(*attempts))
            }
            SagaFact::UndoParked { step, attempts, .. } => {
                format!("undoing {} failed {} and is parked", name(step), times(*attempts))
            }
            SagaFact::ParkResolved { step, .. } => format!("{} goes on", name(step)),
            SagaFact::LateReplyIgnored { step, .. } => {
                format!("the answer for {} comes too late and changes nothing", name(step))
            }
            SagaFact::Completed {} => "the saga is completed".to_owned(),
            SagaFact::Compensated {} => "the saga is compensated".to_owned(),
            SagaFact::Parked { .. } => "the saga waits for a person or a late answer".to_owned(),
        }
    }

    fn owed_in_words(&self) -> String {
        let mut back = Vec::new();
        for saga in self.saga_numbers() {
            back.extend(self.owed_by(saga).into_iter().filter(|owed| owed.direction == Direction::Undo));
        }
        match back.as_slice() {
            [] => String::new(),
            [only] => match &only.amount {
                Some(amount) => format!("{amount} still owed."),
                None => format!("Undoing {} is still owed.", only.step),
            },
            more => format!("{} undos are still owed.", more.len()),
        }
    }

    fn next_in_words(&self) -> String {
        let flights = self.in_flight();
        let next = flights.iter().find(|flight| flight.due.is_some() && flight.route != Route::Timer);
        match next.or_else(|| flights.first()) {
            None if self.end.is_some() => String::new(),
            None => "Next, nothing: the run is over.".to_owned(),
            Some(flight) if flight.route == Route::Timer => {
                format!("Next, unless something comes before: {}.", flight.label)
            }
            Some(flight) if flight.due.is_none() => {
                format!("{} waits for {}, which is down.", flight.label, flight.to)
            }
            Some(flight) => format!("Next, {} receives {}.", flight.to, flight.label),
        }
    }
}

/// Whether a fact is a part of what "parked" says.
fn says_less_than_parked(fact: &Fact) -> bool {
    matches!(
        fact,
        Fact::Letter(LetterFact::Parked { .. })
            | Fact::Saga(SagaFact::StepAttemptFailed { .. } | SagaFact::UndoAttemptFailed { .. })
    )
}

/// What a fact means for its saga beyond one step.
fn turn(fact: &Fact) -> Option<Turn> {
    match fact {
        Fact::Saga(SagaFact::Started { .. }) => Some(Turn::Started),
        Fact::Saga(SagaFact::CompensationStarted { .. }) => Some(Turn::Back),
        Fact::Saga(SagaFact::StepParked { .. } | SagaFact::UndoParked { .. })
        | Fact::Letter(LetterFact::Parked { .. }) => Some(Turn::Parked),
        Fact::Saga(SagaFact::ParkResolved { .. }) => Some(Turn::Resumed),
        Fact::Saga(SagaFact::Completed {}) => Some(Turn::Completed),
        Fact::Saga(SagaFact::Compensated {}) => Some(Turn::Compensated),
        _ => None,
    }
}

fn times(count: u32) -> String {
    match count {
        1 => "once".to_owned(),
        2 => "twice".to_owned(),
        3 => "three times".to_owned(),
        more => format!("{more} times"),
    }
}

/// With a capital letter and a full stop. Names of steps and types stay as they are spelled.
pub(super) fn sentence(words: &str) -> String {
    let word = words.split([' ', ',', ':']).next().unwrap_or_default();
    let is_name = word.contains(['.', '-', '_', '/']);
    let mut letters = words.chars();
    let Some(first) = letters.next() else { return String::new() };
    let mut text: String = if is_name { first.to_string() } else { first.to_uppercase().collect() };
    text.push_str(letters.as_str());
    text.push('.');
    text
}

#[cfg(test)]
mod tests {
    use super::sentence;

    #[test]
    fn sentences_begin_with_a_capital_letter_unless_a_name_begins_them() {
        for (words, expected) in [
            ("undoing it failed", "Undoing it failed."),
            ("order.cancel is lost", "order.cancel is lost."),
            ("create-order, of s1, is done", "create-order, of s1, is done."),
            ("payment: down", "Payment: down."),
            ("über", "Über."),
            ("", ""),
        ] {
            assert_eq!(sentence(words), expected);
        }
    }
}
