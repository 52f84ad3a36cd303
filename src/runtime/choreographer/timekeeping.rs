//! Deadlines without a coordinator. The primer: a choreographed step that has a `timeout` is watched by whoever
//! publishes the event that sets it off. A timer goes out with that event, in the same transaction; the service that
//! does the step tells the timekeeper what became of it. When the time is over and nothing was heard, the timekeeper
//! notes that (`participation.timed_out`) and publishes the failure event of the step, to the one who should have done
//! it first: what that one has recorded under the key is what happened. Nothing recorded: it records the refusal, and
//! the failure event travels back to everybody as any refusal does. Done already: its answer was lost or is late, and is
//! sent again. So a time that is over never undoes what is on its way forward, and a command that comes later than its
//! deadline finds the refusal.
//!
//! Only the way forward has deadlines. A service that does not answer at all cannot be asked: then it stays as it is.

use std::sync::Arc;

use super::{finish, participation};
use crate::base::ticks::Ticks;
use crate::runtime::participant::{Outcome, Recorded, context_of};
use crate::runtime::pipeline::{Bench, Halt};
use crate::runtime::{
    Answer, Baggage, Body, Direction, EventId, Fact, Happened, Message, ParticipationFact, Party, Refusal,
    RefusedBy, Route, SagaNo, Settled, StepNo,
};

/// Why a step is refused whose time is over.
const OVERDUE: &str = "no answer in time";

/// Sets the timer of a step that `event` sets off, if it has a timeout.
pub(super) fn set_timer(
    party: Party,
    bench: &mut Bench<'_>,
    saga: SagaNo,
    step: StepNo,
    event: EventId,
    happened: &Happened,
) {
    let Some(timeout) = bench.wiring.step(step).timeout else { return };
    bench.commit.outbox.push(Message {
        route: Route::Timer,
        due: bench.now.after(timeout),
        ..to_somebody(event, party, party, saga, step, Body::Overdue(happened.clone()))
    });
}

/// Tells those who keep the time of the step what became of it.
pub(super) fn report(
    party: Party,
    bench: &mut Bench<'_>,
    message: &Message,
    recorded: &Recorded,
    baggage: &Arc<Baggage>,
) {
    if !bench.protections.timeouts || !matches!(recorded.answer, Answer::Done(_) | Answer::Refused(_)) {
        return;
    }
    for keeper in bench.wiring.timekeepers(message.step) {
        let happened = Happened {
            event_type: Arc::clone(&recorded.event_type),
            data: Arc::clone(&recorded.data),
            baggage: Arc::clone(baggage),
        };
        bench.commit.outbox.push(Message {
            route: Route::Reply,
            ..to_somebody(recorded.id, party, *keeper, message.saga, message.step, Body::Event(happened))
        });
    }
}

/// Where the refusal of a step is recorded because its time is over, letters that keep its command are answered: the
/// saga has gone another way.
pub(super) fn settle_refused(bench: &mut Bench<'_>, message: &Message, recorded: &Recorded) {
    if !matches!((&message.body, &recorded.answer), (Body::Overdue(_), Answer::Refused(_))) {
        return;
    }
    let context = context_of(bench, message);
    let key = message.key();
    bench
        .letters
        .settle(bench.commit, bench.journal, &context, Settled::Answered, |letter| letter.key() == key);
}

/// A timekeeper hears of a step, or its time is over.
pub(super) fn keep(party: Party, bench: &mut Bench<'_>, message: &Message) -> Result<Outcome, Halt> {
    let stream = participation(party, bench, message.saga);
    let (mut heard, mut timed_out) = (false, false);
    bench.journal.replay(stream, 0, &mut |_, event| match &event.fact {
        Fact::Participation(ParticipationFact::Heard { step, .. }) => heard |= *step == message.step,
        Fact::Participation(ParticipationFact::TimedOut { step, .. }) => timed_out |= *step == message.step,
        _ => {}
    });
    let (step, context) = (message.step, context_of(bench, message));
    let fact = match (&message.body, message.route) {
        // The envelope says of which step it is, whatever the body is worth.
        (_, Route::Reply) if !heard => ParticipationFact::Heard { step, cause: Some(message.event) },
        (Body::Overdue(_), Route::Timer) if !heard && !timed_out => {
            ParticipationFact::TimedOut { step, deadline: message.due }
        }
        _ => {
            finish(bench, party)?;
            return Ok(Outcome::Ignored);
        }
    };
    let is_over = matches!(fact, ParticipationFact::TimedOut { .. });
    let event = bench.commit.append(bench.journal, stream, &context, Fact::Participation(fact));
    if is_over {
        let to = bench.wiring.party_of(step);
        let body = message.body.clone();
        bench.commit.outbox.push(to_somebody(event, party, to, message.saga, step, body));
    }
    finish(bench, party)?;
    Ok(Outcome::Handled(None))
}

fn to_somebody(event: EventId, from: Party, to: Party, saga: SagaNo, step: StepNo, body: Body) -> Message {
    Message {
        event,
        route: Route::Command,
        from,
        to,
        saga,
        step,
        direction: Direction::Do,
        attempt: 1,
        last: false,
        due: Ticks::ZERO,
        poison: false,
        body,
    }
}

/// The refusal of a step whose time is over.
pub(in crate::runtime) fn refusal() -> Refusal {
    Refusal { reason: OVERDUE.into(), by: RefusedBy::GaveUp }
}
