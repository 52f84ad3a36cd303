//! A runtime that dies before any one of its operations and goes on from what is durable, in memory and on SQLite:
//! the same domain events as if it had not.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use sagascope::base::ticks::Ticks;
use sagascope::domain::BuiltIn;
use sagascope::engine::StoreJournal;
use sagascope::model::{
    AppendError, Appended, Claim, CommitError as StoreCommitError, Committed, EventStore, ExpectedVersion,
    IdempotencyStore, NewEvent, Outbox, OutboxRow, RecordedEvent, Snapshot, SnapshotStore, StoreFault,
    StreamName, Timestamp, Transaction, TransactionalStore,
};
use sagascope::runtime::{
    Answer, Bench, Body, Commit, CommitError, Context, DeadLetters, Direction, DomainFact, EventId, Fact,
    Forced, Gap, Halt, Journal, MemoryJournal, Message, Orchestrator, Participant, Party, Position,
    Protections, Role, Route, SagaNo, StepNo, Surroundings, Wiring,
};
use sagascope::store::native::{Clock, MemoryEventStore, SqliteEventStore};
use serde_json::json;

const SEED: u64 = 7;

fn clock() -> Clock {
    Box::new(|| Timestamp::from_nanos(0, 0))
}

/// The bus: what was accepted stays until it is acknowledged, whoever dies.
#[derive(Default)]
struct Bus {
    queue: BTreeMap<(Ticks, u64), Message>,
    sequence: u64,
    now: Ticks,
}

impl Bus {
    fn accept(&mut self, message: Message) {
        self.sequence += 1;
        self.queue.insert((message.due.max(self.now.after(Ticks(1_000))), self.sequence), message);
    }
}

/// No weather but one crash, and one step that is refused.
struct Around<'a> {
    bus: &'a mut Bus,
    in_hand: (Ticks, u64),
    refused: bool,
    gaps: &'a mut u32,
    crash_at: u32,
}

impl Surroundings for Around<'_> {
    fn decide(&mut self) -> Option<Forced> {
        self.refused.then_some(Forced::Refuse)
    }
    fn conflict(&mut self) -> bool {
        false
    }
    fn expired(&mut self) -> bool {
        false
    }
    fn crash(&mut self, _gap: Gap) -> bool {
        *self.gaps += 1;
        *self.gaps == self.crash_at
    }
    fn committed(&mut self, _journal: &dyn Journal, _letters: &DeadLetters, _first: Position) {}
    fn acknowledge(&mut self) {
        self.bus.queue.remove(&self.in_hand);
    }
    fn publish(&mut self, message: &Message) {
        self.bus.accept(message.clone());
    }
    fn deduplicated(&mut self) {}
}

/// Everything volatile.
struct Processes {
    orchestrator: Orchestrator,
    services: BTreeMap<Party, Participant>,
    letters: DeadLetters,
}

impl Processes {
    fn new(wiring: &Wiring, journal: &dyn Journal) -> Self {
        let services = wiring.parties().map(|party| (party, Participant::new(party))).collect();
        let mut letters = DeadLetters::default();
        for at in 1..=journal.len() {
            letters.evolve(Position(at), journal.event(Position(at)).unwrap());
        }
        Self { orchestrator: Orchestrator::default(), services, letters }
    }
}

fn record_given(wiring: &Wiring, journal: &mut dyn Journal) {
    for given in wiring.domain().services.iter().flat_map(|service| &service.given) {
        let stream = journal.open(&given.stream, &given.aggregate);
        let fact = Fact::Domain(DomainFact {
            event_type: given.event_type.clone(),
            data: Arc::new(given.data.clone()),
            role: Role::Given,
            refusal: None,
        });
        let context = Context { at: Ticks::ZERO, saga: SagaNo::NONE, cause: None, key: None, attempt: 0 };
        let mut commit = Commit::default();
        commit.append(journal, stream, &context, fact);
        journal.commit(&mut commit).unwrap();
    }
}

/// From outside: an order is placed.
fn start() -> Message {
    Message {
        event: EventId::of(SEED, "client", 1),
        route: Route::Start,
        from: Party::CLIENT,
        to: Party::ORCHESTRATOR,
        saga: SagaNo(1),
        step: StepNo(0),
        direction: Direction::Do,
        attempt: 1,
        last: false,
        due: Ticks::ZERO,
        poison: false,
        body: Body::Start(Arc::new(json!({
            "orderId": "1", "userId": "ada", "total": 4500, "currency": "EUR",
            "items": [{"productId": "kettle", "quantity": 1, "price": 4500}],
        }))),
    }
}

/// The domain events of a run that dies before its operation number `crash_at`, and how many operations it had.
/// `again` makes a journal from what the one before it left.
fn run<J: Journal>(
    wiring: &Wiring,
    refused: &str,
    crash_at: u32,
    again: &mut dyn FnMut(Option<J>) -> J,
) -> (Vec<String>, u32) {
    let mut journal = again(None);
    record_given(wiring, &mut journal);
    let mut processes = Processes::new(wiring, &journal);
    let (mut bus, mut gaps) = (Bus::default(), 0);
    bus.accept(start());
    while let Some((in_hand, message)) = bus.queue.first_key_value().map(|(at, it)| (*at, it.clone())) {
        bus.now = in_hand.0.max(bus.now);
        let now = bus.now;
        let is_refused = message.route == Route::Command && *wiring.step(message.step).name == *refused;
        let mut around = Around { bus: &mut bus, in_hand, refused: is_refused, gaps: &mut gaps, crash_at };
        let mut commit = Commit::default();
        let mut bench = Bench {
            journal: &mut journal,
            letters: &mut processes.letters,
            wiring,
            protections: &Protections::default(),
            seed: SEED,
            now,
            around: &mut around,
            commit: &mut commit,
        };
        let result = match message.to {
            Party::ORCHESTRATOR => processes.orchestrator.handle(&mut bench, &message).map(drop),
            party => processes.services.get_mut(&party).unwrap().handle(&mut bench, &message).map(drop),
        };
        if result.is_err() {
            journal = again(Some(journal));
            processes = Processes::new(wiring, &journal);
            for party in wiring.parties() {
                let mut around = Around { bus: &mut bus, in_hand, refused: false, gaps: &mut 0, crash_at: 0 };
                let mut bench = Bench {
                    journal: &mut journal,
                    letters: &mut processes.letters,
                    wiring,
                    protections: &Protections::default(),
                    seed: SEED,
                    now,
                    around: &mut around,
                    commit: &mut Commit::default(),
                };
                bench.drain(party);
            }
        }
    }
    let events = (1..=journal.len()).filter_map(|at| {
        let event = journal.event(Position(at)).unwrap();
        let fact = event.fact.domain().filter(|fact| fact.role != Role::Given)?;
        Some(format!("{} {} {} {:?}", event.id, fact.event_type, fact.data, event.key))
    });
    (events.collect(), gaps)
}

/// Dies everywhere; `every` leaves some of the places out.
fn check<J: Journal>(refused: &str, every: usize, again: &mut dyn FnMut(Option<J>) -> J) {
    let domain = Arc::new(BuiltIn::named("shop").unwrap().load());
    let wiring = Wiring::new(domain, "fulfilment").unwrap();
    let (expected, operations) = run(&wiring, refused, 0, again);
    assert!(expected.len() >= 5 && operations > 40, "{operations} operations, {expected:?}");
    let back = expected.iter().any(|event| event.contains("payment.refunded.v1"));
    assert_eq!(back, !refused.is_empty());
    for crash_at in (1..=operations).step_by(every) {
        let (events, _) = run(&wiring, refused, crash_at, again);
        assert_eq!(events, expected, "refused: {refused:?}, dies before operation {crash_at}");
    }
}

fn wiring() -> Wiring {
    Wiring::new(Arc::new(BuiltIn::named("shop").unwrap().load()), "fulfilment").unwrap()
}

fn open<S: TransactionalStore>(store: S) -> StoreJournal<S> {
    StoreJournal::open(store, &wiring(), SEED).unwrap()
}

#[test]
fn a_runtime_that_dies_anywhere_goes_on_as_if_it_had_not_in_memory() {
    for refused in ["", "confirm-order"] {
        check(refused, 1, &mut |journal| journal.unwrap_or_else(|| MemoryJournal::new(SEED)));
        check(refused, 1, &mut |journal: Option<StoreJournal<MemoryEventStore>>| match journal {
            None => open(MemoryEventStore::new(clock())),
            Some(journal) => open(journal.into_store()),
        });
    }
}

#[test]
fn a_runtime_that_dies_anywhere_goes_on_as_if_it_had_not_on_sqlite() {
    for refused in ["", "confirm-order"] {
        let folder = tempfile::tempdir().unwrap();
        let mut runs = 0;
        check(refused, 1, &mut |journal: Option<StoreJournal<SqliteEventStore>>| {
            runs += u32::from(journal.is_none());
            drop(journal);
            let path = folder.path().join(format!("{runs}.db"));
            open(SqliteEventStore::open(&path, clock()).unwrap())
        });
    }
}

#[test]
fn what_a_journal_wrote_comes_back_without_loss() {
    let wiring = wiring();
    let mut opened_again = false;
    run(&wiring, "confirm-order", 33, &mut |journal: Option<StoreJournal<MemoryEventStore>>| match journal {
        None => open(MemoryEventStore::new(clock())),
        Some(journal) => {
            let before: Vec<_> =
                (1..=journal.len()).map(|at| journal.event(Position(at)).unwrap().clone()).collect();
            let names: Vec<_> = before.iter().map(|it| journal.stream(it.stream).name.clone()).collect();
            let again = open(journal.into_store());
            let after: Vec<_> =
                (1..=again.len()).map(|at| again.event(Position(at)).unwrap().clone()).collect();
            let renamed: Vec<_> = after.iter().map(|it| again.stream(it.stream).name.clone()).collect();
            assert_eq!(names, renamed);
            assert_eq!(before.len(), after.len());
            for (before, after) in before.into_iter().zip(after) {
                let stream = before.stream;
                assert_eq!(before, sagascope::runtime::Recorded { stream, ..after });
            }
            opened_again = true;
            again
        }
    });
    assert!(opened_again, "it died and was opened again");
}

/// Appends an event to a stream through a journal; the position it was given.
fn note(journal: &mut dyn Journal, stream: &str) -> Result<Position, CommitError> {
    let (_, mut commit) = noting(journal, stream);
    journal.commit(&mut commit)
}

/// What appends an event to a stream, and the event's id.
fn noting(journal: &mut dyn Journal, stream: &str) -> (EventId, Commit) {
    let stream = journal.open(stream, &"Stock".into());
    let fact = Fact::Domain(DomainFact {
        event_type: "inventory.received.v1".into(),
        data: Arc::new(json!({"productId": "radio", "quantity": 1})),
        role: Role::Given,
        refusal: None,
    });
    let context = Context { at: Ticks::ZERO, saga: SagaNo::NONE, cause: None, key: None, attempt: 0 };
    let mut commit = Commit::default();
    let id = commit.append(journal, stream, &context, fact);
    (id, commit)
}

#[test]
fn what_another_runtime_wrote_in_between_is_taken_over_with_its_position() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("shared.db");
    let connect = || open(SqliteEventStore::open(&path, clock()).unwrap());
    let (mut one, mut other) = (connect(), connect());
    assert_eq!(note(&mut one, "stock-a"), Ok(Position(1)));
    assert_eq!(note(&mut other, "stock-b"), Ok(Position(2)), "the first one is before it");
    assert_eq!(note(&mut other, "stock-b"), Ok(Position(3)));
    assert!(matches!(note(&mut one, "stock-b"), Err(CommitError::Conflict { expected: 0, actual: 2, .. })));
    assert_eq!(note(&mut one, "stock-b"), Ok(Position(4)), "decided anew on what is there");
    assert!(matches!(note(&mut other, "stock-b"), Err(CommitError::Conflict { expected: 2, actual: 3, .. })));
    let again = connect();
    let names = |journal: &dyn Journal| -> Vec<String> {
        let events = (1..=journal.len()).map(|at| journal.event(Position(at)).unwrap());
        events.map(|event| format!("{} {}", journal.stream(event.stream).name, event.version)).collect()
    };
    assert_eq!(names(&again), ["stock-a 1", "stock-b 1", "stock-b 2", "stock-b 3"]);
    assert_eq!(names(&one), names(&again));
    assert_eq!(names(&other), names(&again));
}

#[test]
fn each_of_two_runtimes_marks_only_what_it_sent() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("shared.db");
    let wiring = wiring();
    let party = wiring.parties().last().unwrap();
    let connect = || open(SqliteEventStore::open(&path, clock()).unwrap());
    let (mut one, mut other) = (connect(), connect());
    let send = |journal: &mut StoreJournal<SqliteEventStore>, stream: &str| {
        let (event, mut commit) = noting(journal, stream);
        commit.outbox.push(Message {
            event,
            route: Route::Command,
            from: party,
            to: party,
            saga: SagaNo(1),
            step: StepNo(0),
            direction: Direction::Do,
            attempt: 1,
            last: false,
            due: Ticks::ZERO,
            poison: false,
            body: Body::Start(Arc::new(json!({}))),
        });
        journal.commit(&mut commit).unwrap();
        event
    };
    let waits = send(&mut one, "stock-a");
    send(&mut other, "stock-b");
    other.mark_sent(party, 1);
    let store = SqliteEventStore::open(&path, clock()).unwrap();
    let left = store.unsent(&wiring.party_name(party), 10).unwrap();
    let left: Vec<&str> = left.iter().map(|row| &*row.message.id).collect();
    assert_eq!(left.len(), 1, "{left:?}");
    assert!(left[0].starts_with(&waits.to_string()), "that of the first waits still: {left:?}");
}

#[test]
fn another_program_that_is_no_runtime_is_named_as_the_reason() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("shared.db");
    let mut journal = open(SqliteEventStore::open(&path, clock()).unwrap());
    let mut foreign = SqliteEventStore::open(&path, clock()).unwrap();
    let event =
        NewEvent { id: "not-ours".to_owned(), event_type: "saga.started".to_owned(), ..NewEvent::default() };
    foreign.append(&StreamName::new("Saga", "saga-x"), ExpectedVersion::Any, &[event]).unwrap();
    let error = note(&mut journal, "stock-a").unwrap_err().to_string();
    assert!(error.starts_with("Nothing was written: another program writes to this store"), "{error}");
    assert!(error.contains("open the store again"), "{error}");
    assert_eq!(journal.fault(), Some(&*error), "whoever runs sagas on it can say so");
    let stored = foreign.read_all(1, 10).unwrap();
    assert_eq!(stored.iter().map(|event| event.id.as_deref()).collect::<Vec<_>>(), [Some("not-ours")]);
}

/// A store that can be kept from writing.
struct Flaky {
    store: MemoryEventStore,
    fails: Arc<AtomicBool>,
}

impl EventStore for Flaky {
    fn append(
        &mut self,
        stream: &StreamName,
        expected: ExpectedVersion,
        events: &[NewEvent],
    ) -> Result<Appended, AppendError> {
        self.store.append(stream, expected, events)
    }
    fn read_stream(&self, stream: &StreamName, from: i64) -> Result<Vec<RecordedEvent>, StoreFault> {
        self.store.read_stream(stream, from)
    }
    fn read_all(&self, from: i64, limit: usize) -> Result<Vec<RecordedEvent>, StoreFault> {
        self.store.read_all(from, limit)
    }
}

impl IdempotencyStore for Flaky {
    fn processed(&self, consumer: &str, key: &str, now: Timestamp) -> Result<Option<Claim>, StoreFault> {
        self.store.processed(consumer, key, now)
    }
    fn remove_expired(&mut self, now: Timestamp) -> Result<u64, StoreFault> {
        self.store.remove_expired(now)
    }
}

impl Outbox for Flaky {
    fn unsent(&self, sender: &str, limit: usize) -> Result<Vec<OutboxRow>, StoreFault> {
        self.store.unsent(sender, limit)
    }
    fn mark_sent(&mut self, sequences: &[i64]) -> Result<(), StoreFault> {
        self.store.mark_sent(sequences)
    }
}

impl SnapshotStore for Flaky {
    fn snapshot(&self, stream: &StreamName, rules: &str) -> Result<Option<Snapshot>, StoreFault> {
        self.store.snapshot(stream, rules)
    }
    fn keep_snapshot(&mut self, stream: &StreamName, snapshot: &Snapshot) -> Result<(), StoreFault> {
        self.store.keep_snapshot(stream, snapshot)
    }
}

impl TransactionalStore for Flaky {
    fn commit(&mut self, transaction: &Transaction) -> Result<Committed, StoreCommitError> {
        if self.fails.load(Ordering::Relaxed) {
            return Err(StoreFault("the disk is full".to_owned()).into());
        }
        self.store.commit(transaction)
    }
}

/// Hands one message to whoever it is for, with nothing around; whether it was acknowledged, and what was published.
fn deliver(
    wiring: &Wiring,
    journal: &mut dyn Journal,
    processes: &mut Processes,
    message: &Message,
) -> (Result<(), Halt>, bool, Vec<Message>) {
    let mut bus = Bus::default();
    bus.accept(message.clone());
    let in_hand = *bus.queue.first_key_value().unwrap().0;
    let mut gaps = 0;
    let mut around = Around { bus: &mut bus, in_hand, refused: false, gaps: &mut gaps, crash_at: 0 };
    let mut commit = Commit::default();
    let mut bench = Bench {
        journal,
        letters: &mut processes.letters,
        wiring,
        protections: &Protections::default(),
        seed: SEED,
        now: Ticks(1_000),
        around: &mut around,
        commit: &mut commit,
    };
    let result = match message.to {
        Party::ORCHESTRATOR => processes.orchestrator.handle(&mut bench, message).map(drop),
        party => processes.services.get_mut(&party).unwrap().handle(&mut bench, message).map(drop),
    };
    let acknowledged = bus.queue.remove(&in_hand).is_none();
    (result, acknowledged, bus.queue.into_values().collect())
}

/// A full disk is neither a conflict nor a failure of the business: no attempt is spent, nothing is answered, and the
/// same message is handled when there is room again.
#[test]
fn a_store_that_fails_is_named_by_the_handler_and_costs_no_attempt() {
    let wiring = wiring();
    let fails = Arc::new(AtomicBool::new(true));
    let store = Flaky { store: MemoryEventStore::new(clock()), fails: Arc::clone(&fails) };
    let mut journal = StoreJournal::open(store, &wiring, SEED).unwrap();
    let mut processes = Processes::new(&wiring, &journal);
    let mut messages = vec![start()];
    // The orchestrator first, then the service that it asks.
    for _ in 0..2 {
        let message = messages.remove(0);
        fails.store(true, Ordering::Relaxed);
        let before = journal.len();
        for _ in 0..5 {
            let (result, acknowledged, published) = deliver(&wiring, &mut journal, &mut processes, &message);
            assert_eq!(result, Err(Halt::Store("the disk is full".into())));
            assert_eq!((acknowledged, published), (false, vec![]));
        }
        assert_eq!(journal.len(), before);
        fails.store(false, Ordering::Relaxed);
        let (result, acknowledged, published) = deliver(&wiring, &mut journal, &mut processes, &message);
        assert_eq!((result, acknowledged), (Ok(()), true));
        messages = published;
        messages.retain(|message| message.route != Route::Timer);
        assert_eq!(messages.len(), 1);
    }
    assert!(matches!(messages[0].body, Body::Answer(Answer::Done(_))), "{:?}", messages[0]);
    assert_eq!(messages[0].attempt, 1);
    assert_eq!(processes.letters.iter().count(), 0);
}
