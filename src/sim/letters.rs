//! Dead letters in any log: the fold of `dead_letter.*` events, lenient with what a log does not say. Knows no
//! domain and no world; the letters of a running world are the world's own.

use std::collections::BTreeMap;

use serde_json::Value;

use crate::base::ticks::Ticks;
use crate::model::{RecordedEvent, Timestamp, letter_facts};
use crate::runtime::record::timestamp;

/// What the types of a letter's events begin with.
const LETTER: &str = "dead_letter.";

/// What says which steps wait.
const SAGA_PARKED: &str = "saga.parked";

/// What the names of letters' streams begin with.
const STREAM: &str = "dead_letter-";

/// A dead letter, as far as its log tells.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct LoggedLetter {
    /// What follows `dead_letter-` in the name of its stream, else the whole name.
    pub id: String,
    /// `open`, `redriven`, `answered`, `resolved` or `discarded`.
    pub state: String,
    /// Who should have handled it.
    pub consumer: Option<String>,
    /// Type of the message.
    pub message_type: Option<String>,
    /// Idempotency key of the request: `s1/process-payment/undo`.
    pub key: Option<String>,
    /// The saga: its correlation id.
    pub saga: Option<String>,
    /// The step.
    pub step: Option<String>,
    /// `do` or `undo`.
    pub direction: Option<String>,
    /// The last error.
    pub reason: Option<String>,
    /// How often it has been delivered.
    pub deliveries: Option<u64>,
    /// Every attempt, of every cycle.
    pub attempts: Vec<LoggedAttempt>,
    /// When it was parked first.
    pub parked: Option<Timestamp>,
    /// What waits behind it while it is open: later steps of its saga.
    pub blocked: Vec<String>,
}

/// One failed attempt.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct LoggedAttempt {
    /// Which of its cycle.
    pub attempt: Option<u64>,
    /// When it failed, in ticks of the run.
    pub at_ticks: Option<u64>,
    /// With what.
    pub error: Option<String>,
}

impl LoggedLetter {
    /// When the message failed first; `None` where it was parked without being tried, or the log does not say it.
    pub fn failed_first(&self) -> Option<Timestamp> {
        Some(timestamp(Ticks(self.attempts.first()?.at_ticks?)))
    }
}

/// The fold over a log, event by event in its order.
#[derive(Clone, Debug, Default)]
pub struct LoggedLetters {
    letters: Vec<LoggedLetter>,
    by_stream: BTreeMap<String, usize>,
    /// Steps that a saga says it still owes, going forward.
    waiting: BTreeMap<String, Vec<String>>,
}

impl LoggedLetters {
    /// Whether the fold looks at events of this type at all.
    pub fn wants(event_type: &str) -> bool {
        event_type.starts_with(LETTER) || event_type == SAGA_PARKED
    }

    /// Folds one event; types that it does not want change nothing.
    pub fn evolve(&mut self, event: &RecordedEvent) {
        let data = event.data.value().unwrap_or_default();
        if event.event_type == SAGA_PARKED {
            if let Some(saga) = &event.correlation_id {
                self.waiting.insert(saga.clone(), texts(&data["forward"]));
            }
            return;
        }
        let Some(what) = event.event_type.strip_prefix(LETTER) else { return };
        let stream = event.home().map(|home| home.stream.id.clone()).unwrap_or_default();
        let next = self.letters.len();
        let index = *self.by_stream.entry(stream.clone()).or_insert(next);
        if index == next {
            let id = stream.strip_prefix(STREAM).unwrap_or(&stream).to_owned();
            self.letters.push(LoggedLetter { id, parked: event.time(), ..LoggedLetter::default() });
        }
        let letter = &mut self.letters[index];
        match what {
            "parked" => park(letter, event, &data),
            "repeated" => letter.deliveries = data["deliveries"].as_u64().or(letter.deliveries),
            other => other.clone_into(&mut letter.state),
        }
    }

    /// Every letter, oldest first.
    pub fn finish(mut self) -> Vec<LoggedLetter> {
        for letter in &mut self.letters {
            let going_forward = letter.direction.as_deref() == Some("do");
            if letter.state == "open" && going_forward {
                let waiting = letter.saga.as_ref().and_then(|saga| self.waiting.get(saga));
                let others = waiting.into_iter().flatten().filter(|step| Some(*step) != letter.step.as_ref());
                letter.blocked = others.cloned().collect();
            }
        }
        self.letters
    }
}

fn park(letter: &mut LoggedLetter, event: &RecordedEvent, data: &Value) {
    let metadata = event.metadata.as_ref().map(crate::model::JsonText::value).unwrap_or_default();
    let facts = letter_facts(data, &metadata);
    let field = |name: &str| facts[name].as_str().map(str::to_owned);
    "open".clone_into(&mut letter.state);
    letter.consumer = field("consumer");
    letter.message_type = field("message_type");
    letter.step = field("step");
    letter.direction = field("direction");
    letter.reason = field("error");
    letter.deliveries = facts["deliveries"].as_u64();
    letter.saga.clone_from(&event.correlation_id);
    letter.key = metadata["key"].as_str().map(str::to_owned).or_else(|| field("key")).or_else(|| {
        let (saga, step, direction) =
            (letter.saga.as_ref()?, letter.step.as_ref()?, letter.direction.as_ref()?);
        Some(format!("{saga}/{step}/{direction}"))
    });
    let attempts = facts["attempts"].as_array().into_iter().flatten();
    letter.attempts.extend(attempts.map(|attempt| LoggedAttempt {
        attempt: attempt["attempt"].as_u64(),
        at_ticks: attempt["at"].as_u64(),
        error: attempt["error"].as_str().map(str::to_owned),
    }));
}

fn texts(list: &Value) -> Vec<String> {
    let items = list.as_array().into_iter().flatten();
    items.filter_map(Value::as_str).map(str::to_owned).collect()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::model::{JsonText, Membership, Payload, StreamName};

    fn event(event_type: &str, stream: &str, data: &Value) -> RecordedEvent {
        RecordedEvent {
            event_type: event_type.to_owned(),
            streams: vec![Membership {
                stream: StreamName::new("DeadLetter".to_owned(), stream.to_owned()),
                ..Membership::default()
            }],
            correlation_id: Some("s1".to_owned()),
            data: Payload::Json(JsonText::from_value(data)),
            ..RecordedEvent::default()
        }
    }

    fn fold(events: &[RecordedEvent]) -> Vec<LoggedLetter> {
        let mut letters = LoggedLetters::default();
        for event in events {
            assert!(LoggedLetters::wants(&event.event_type));
            letters.evolve(event);
        }
        letters.finish()
    }

    #[test]
    fn a_letter_is_the_fold_of_its_stream_over_every_cycle() {
        let parked = |at: u64| {
            json!({
                "consumer": "payment", "message_type": "payment.process", "step": "pay", "direction": "do",
                "error": "no answer", "deliveries": 2, "attempts": [{"attempt": 1, "at": at, "error": "late"}],
            })
        };
        let waiting =
            event("saga.parked", "saga-s1", &json!({"forward": ["pay", "ship", "tell"], "back": []}));
        let first = event("dead_letter.parked", "dead_letter-4", &parked(7));
        let mut events = vec![
            RecordedEvent { occurred_at: Some(timestamp(Ticks(8))), ..first },
            waiting,
            event("dead_letter.redriven", "dead_letter-4", &json!({})),
            event("dead_letter.parked", "dead_letter-4", &parked(90)),
            event("dead_letter.repeated", "dead_letter-4", &json!({"deliveries": 3})),
        ];
        let letter = fold(&events).remove(0);
        assert_eq!((letter.id.as_str(), letter.state.as_str()), ("4", "open"));
        assert_eq!(letter.key.as_deref(), Some("s1/pay/do"));
        assert_eq!(letter.deliveries, Some(3));
        assert_eq!(
            letter.attempts.iter().map(|attempt| attempt.at_ticks).collect::<Vec<_>>(),
            [Some(7), Some(90)]
        );
        assert_eq!(letter.blocked, ["ship", "tell"]);
        // Of every cycle the first: what is tried again has still been failing since then.
        assert_eq!(letter.failed_first(), Some(timestamp(Ticks(7))));
        assert_eq!(letter.parked, Some(timestamp(Ticks(8))));
        events.push(event("dead_letter.resolved", "dead_letter-4", &json!({"by": "redrive"})));
        let letter = fold(&events).remove(0);
        assert_eq!((letter.state.as_str(), letter.blocked.len()), ("resolved", 0));
    }

    #[test]
    fn what_a_log_does_not_say_is_left_open() {
        let letters = fold(&[event("dead_letter.parked", "elsewhere", &json!("text"))]);
        let expected = LoggedLetter {
            id: "elsewhere".to_owned(),
            state: "open".to_owned(),
            saga: Some("s1".to_owned()),
            ..LoggedLetter::default()
        };
        assert_eq!(letters, [expected]);
        assert!(!LoggedLetters::wants("saga.completed") && !LoggedLetters::wants("order.created.v1"));
    }
}
