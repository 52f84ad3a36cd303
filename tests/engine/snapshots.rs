//! Services load aggregates through their newest snapshots, in memory and on SQLite: fewer events are read, and nothing
//! else is different.

use std::cell::Cell;
use std::sync::Arc;

use proptest::prelude::*;
use sagascope::base::ticks::Ticks;
use sagascope::domain::{BuiltIn, Domain, Name};
use sagascope::engine::StoreJournal;
use sagascope::model::{JsonText, Snapshot, SnapshotStore, StreamName, Timestamp};
use sagascope::runtime::snapshot::{SNAPSHOT_EVERY, WrongSnapshot};
use sagascope::runtime::{
    Aggregate, Bench, Body, Commit, CommitError, Context, DeadLetters, Direction, DomainFact, EventId, Fact,
    Forced, Gap, Journal, Key, MemoryJournal, Message, Participant, Party, Position, Protections, Recorded,
    Role, Route, SagaNo, StepNo, StreamInfo, StreamNo, Surroundings, Wiring, prove_snapshot,
};
use sagascope::sim::recipe::Recipe;
use sagascope::sim::world::World;
use sagascope::store::native::{Clock, MemoryEventStore, SqliteEventStore};
use serde_json::json;

const SEED: u64 = 7;
const RESERVE: StepNo = StepNo(2);

fn clock() -> Clock {
    Box::new(|| Timestamp::from_nanos(0, 0))
}

fn shop() -> Domain {
    BuiltIn::named("shop").unwrap().load()
}

fn wiring(domain: Domain) -> Wiring {
    Wiring::new(Arc::new(domain), "fulfilment").unwrap()
}

/// A journal that counts the events that are read from it.
struct Counting<J> {
    inner: J,
    read: Cell<u32>,
}

impl<J> Counting<J> {
    fn new(inner: J) -> Self {
        Self { inner, read: Cell::new(0) }
    }
}

impl<J: Journal> Journal for Counting<J> {
    fn open(&mut self, name: &str, aggregate: &Name) -> StreamNo {
        self.inner.open(name, aggregate)
    }
    fn find(&self, name: &str) -> Option<StreamNo> {
        self.inner.find(name)
    }
    fn stream(&self, stream: StreamNo) -> &StreamInfo {
        self.inner.stream(stream)
    }
    fn event_id(&self, stream: StreamNo, version: u32) -> EventId {
        self.inner.event_id(stream, version)
    }
    fn len(&self) -> u32 {
        self.inner.len()
    }
    fn event(&self, position: Position) -> Option<&Recorded> {
        self.inner.event(position)
    }
    fn locate(&self, stream: StreamNo, version: u32) -> Option<Position> {
        self.inner.locate(stream, version)
    }
    fn replay(&self, stream: StreamNo, after: u32, visit: &mut dyn FnMut(Position, &Recorded)) {
        self.inner.replay(stream, after, &mut |position, event| {
            self.read.set(self.read.get() + 1);
            visit(position, event);
        });
    }
    fn snapshot(&self, stream: StreamNo) -> Option<Arc<Aggregate>> {
        self.inner.snapshot(stream)
    }
    fn keep_snapshot(&mut self, stream: StreamNo, aggregate: Arc<Aggregate>) {
        self.inner.keep_snapshot(stream, aggregate);
    }
    fn commit(&mut self, commit: &mut Commit) -> Result<Position, CommitError> {
        self.inner.commit(commit)
    }
    fn answered(&self, consumer: Party, key: Key, now: Ticks) -> Option<Position> {
        self.inner.answered(consumer, key, now)
    }
    fn unsent(&self, sender: Party) -> &[Message] {
        self.inner.unsent(sender)
    }
    fn mark_sent(&mut self, sender: Party, count: usize) {
        self.inner.mark_sent(sender, count);
    }
}

/// Nothing goes wrong.
struct Calm;

impl Surroundings for Calm {
    fn decide(&mut self) -> Option<Forced> {
        None
    }
    fn conflict(&mut self) -> bool {
        false
    }
    fn expired(&mut self) -> bool {
        false
    }
    fn crash(&mut self, _gap: Gap) -> bool {
        false
    }
    fn committed(&mut self, _journal: &dyn Journal, _letters: &DeadLetters, _first: Position) {}
    fn acknowledge(&mut self) {}
    fn publish(&mut self, _message: &Message) {}
    fn deduplicated(&mut self) {}
}

/// The service that keeps the stock.
struct Inventory<J> {
    wiring: Wiring,
    journal: J,
    service: Participant,
    letters: DeadLetters,
}

impl<J: Journal> Inventory<J> {
    fn new(domain: Domain, journal: J) -> Self {
        let wiring = wiring(domain);
        let service = Participant::new(wiring.party_of(RESERVE));
        Self { wiring, journal, service, letters: DeadLetters::default() }
    }

    /// So much of a product is there.
    fn receive(&mut self, product: &str, quantity: u32) {
        let stream = self.journal.open(&format!("stock-{product}"), &"Stock".into());
        let fact = Fact::Domain(DomainFact {
            event_type: "inventory.received.v1".into(),
            data: Arc::new(json!({"productId": product, "quantity": quantity})),
            role: Role::Given,
            refusal: None,
        });
        let context = Context { at: Ticks::ZERO, saga: SagaNo::NONE, cause: None, key: None, attempt: 0 };
        let mut commit = Commit::default();
        commit.append(&self.journal, stream, &context, fact);
        self.journal.commit(&mut commit).unwrap();
    }

    fn ask(&mut self, saga: u32, product: &str, direction: Direction) {
        let data = json!({
            "reservationId": format!("r{saga}"), "orderId": saga.to_string(), "productId": product, "quantity": 1,
        });
        let message = Message {
            event: EventId::of(SEED, "client", saga * 2 + u32::from(direction == Direction::Undo)),
            route: if direction == Direction::Do { Route::Command } else { Route::Undo },
            from: Party::ORCHESTRATOR,
            to: self.service.party(),
            saga: SagaNo(saga),
            step: RESERVE,
            direction,
            attempt: 1,
            last: false,
            due: Ticks::ZERO,
            poison: false,
            body: Body::Command(Arc::new(data)),
        };
        let mut bench = Bench {
            journal: &mut self.journal,
            letters: &mut self.letters,
            wiring: &self.wiring,
            protections: &Protections::default(),
            seed: SEED,
            now: Ticks(1_000),
            around: &mut Calm,
            commit: &mut Commit::default(),
        };
        self.service.handle(&mut bench, &message).unwrap();
    }

    /// Every snapshot; their versions together.
    fn prove(&self) -> u64 {
        let streams = ["stock-0", "stock-1"].into_iter().filter_map(|name| self.journal.find(name));
        streams.map(|stream| prove_snapshot(&self.journal, &self.wiring, stream).unwrap().snapshot).sum()
    }
}

const REQUESTS: u32 = 300;

/// Asks so often for one product, has the service die, asks once more; how many events were read then.
fn read_after_a_crash<J: Journal>(inventory: &mut Inventory<Counting<J>>) -> u32 {
    let before = inventory.journal.len();
    inventory.service.crash();
    inventory.journal.read.set(0);
    inventory.ask(REQUESTS + 1, "0", Direction::Do);
    assert_eq!(inventory.journal.len(), before + 1, "one more is reserved");
    inventory.journal.read.get()
}

fn fill<J: Journal>(inventory: &mut Inventory<Counting<J>>) {
    inventory.receive("0", 10_000);
    for saga in 1..=REQUESTS {
        inventory.ask(saga, "0", Direction::Do);
    }
    assert_eq!(inventory.journal.read.get(), REQUESTS, "each event is read once: the last one is not yet");
}

#[test]
fn a_service_that_died_begins_at_the_snapshot_in_memory() {
    let mut inventory = Inventory::new(shop(), Counting::new(MemoryJournal::new(SEED)));
    fill(&mut inventory);
    let read = read_after_a_crash(&mut inventory);
    assert!(0 < read && read <= SNAPSHOT_EVERY.get(), "{read} of {REQUESTS} events were read");
}

#[test]
fn a_service_that_died_begins_at_the_snapshot_on_sqlite() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("shop.db");
    let open = |domain: &dyn Fn() -> Domain| {
        let store = SqliteEventStore::open(&path, clock()).unwrap();
        let journal = StoreJournal::open(store, &wiring(domain()), SEED).unwrap();
        Inventory::new(domain(), Counting::new(journal))
    };
    let mut inventory = open(&shop);
    fill(&mut inventory);
    drop(inventory);
    let mut again = open(&shop);
    let read = read_after_a_crash(&mut again);
    assert!(0 < read && read <= SNAPSHOT_EVERY.get(), "{read} of {REQUESTS} events were read");
    drop(again);

    // By other rules it would be another state: the events are read again.
    let changed = || {
        let built_in = BuiltIn::named("shop").unwrap();
        let (from, to) =
            ("\"inventory.rejected\" = '.state'", "\"inventory.rejected\" = '.state + {asked: true}'");
        assert!(built_in.text.contains(from));
        Domain::parse(&built_in.text.replace(from, to), &mut |path| built_in.file(path)).unwrap()
    };
    let mut other = open(&changed);
    other.ask(REQUESTS + 2, "0", Direction::Do);
    assert_eq!(other.journal.read.get(), REQUESTS + 2);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]
    /// A service that dies all the time does the same as one that never does, and every snapshot proves to be the fold
    /// of all events before it.
    #[test]
    fn snapshots_change_nothing(
        asked in proptest::collection::vec((1..240_u32, any::<bool>(), 0..20_u8), 100..400),
    ) {
        let mut calm = Inventory::new(shop(), MemoryJournal::new(SEED));
        let mut dying = Inventory::new(shop(), MemoryJournal::new(SEED));
        let store = StoreJournal::open(MemoryEventStore::new(clock()), &wiring(shop()), SEED).unwrap();
        let mut stored = Inventory::new(shop(), store);
        for product in ["0", "1"] {
            calm.receive(product, 60);
            dying.receive(product, 60);
            stored.receive(product, 60);
        }
        let mut snapshots = 0;
        for (turn, (saga, back, dies)) in asked.iter().enumerate() {
            let direction = if *back { Direction::Undo } else { Direction::Do };
            // A saga asks for one product.
            let product = (saga % 2).to_string();
            calm.ask(*saga, &product, direction);
            dying.ask(*saga, &product, direction);
            stored.ask(*saga, &product, direction);
            if *dies == 0 {
                dying.service.crash();
                stored.service.crash();
            }
            if turn % 16 == 0 {
                snapshots = dying.prove();
                prop_assert_eq!(snapshots, stored.prove());
            }
        }
        let log = |journal: &dyn Journal| -> Vec<Recorded> {
            (1..=journal.len()).map(|at| journal.event(Position(at)).unwrap().clone()).collect()
        };
        prop_assert_eq!(log(&calm.journal), log(&dying.journal));
        prop_assert_eq!(log(&calm.journal), log(&stored.journal));
        prop_assert!(snapshots > 0 || calm.journal.len() < 3 * SNAPSHOT_EVERY.get(), "no snapshot was kept");
    }
}

#[test]
fn a_wrong_snapshot_is_found() {
    let mut inventory = Inventory::new(shop(), Counting::new(MemoryJournal::new(SEED)));
    fill(&mut inventory);
    let stream = inventory.journal.find("stock-0").unwrap();
    let right = inventory.journal.snapshot(stream).unwrap();
    let mut said = serde_json::to_value(&*right).unwrap();
    assert_eq!(serde_json::from_value::<Aggregate>(said.clone()).unwrap(), *right);
    said["state"]["available"] = json!(1);
    let wrong: Aggregate = serde_json::from_value(said).unwrap();
    inventory.journal.keep_snapshot(stream, Arc::new(wrong));
    let (version, snapshot) = (u64::from(REQUESTS) + 1, u64::from(right.version()));
    assert_eq!(
        prove_snapshot(&inventory.journal, &inventory.wiring, stream),
        Err(WrongSnapshot { version, snapshot })
    );
}

/// In a run of many sagas whose services die, too.
#[test]
fn the_snapshots_of_a_run_prove_right() {
    for line in [
        "shop/fulfilment?sagas=700&every=2ms&fault=reserve-inventory:crash-before-ack&fault=confirm-order#3:reject",
        "shop/fulfilment_choreographed?sagas=700&every=2ms&fault=reserve-inventory:crash-before-commit",
        "transfer/transfer?sagas=700&every=2ms&fault=capture-debit:crash-before-publish",
    ] {
        let recipe = Recipe::parse(line).unwrap();
        let domain = Arc::new(BuiltIn::named(&recipe.domain).unwrap().load());
        let mut world = World::new(domain, &recipe).unwrap();
        world.run();
        let mut kept = 0;
        for (stream, info) in world.journal().streams() {
            let proof = prove_snapshot(world.journal(), world.wiring(), stream);
            let proof = proof.unwrap_or_else(|wrong| panic!("{line}: {}: {wrong}", info.name));
            kept += u32::from(proof.snapshot > 0);
        }
        assert!(kept >= 4, "{line}: {kept} streams have a snapshot");
    }
}

/// Each kind of store keeps the newest snapshot of a stream, and gives it for the rules that made it.
#[test]
fn a_store_keeps_the_newest_snapshot_of_each_stream() {
    let folder = tempfile::tempdir().unwrap();
    let mut memory = MemoryEventStore::new(clock());
    let mut sqlite = SqliteEventStore::open(&folder.path().join("store.db"), clock()).unwrap();
    let stores: [&mut dyn SnapshotStore; 2] = [&mut memory, &mut sqlite];
    for store in stores {
        let stream = StreamName::new("Stock", "stock-lamp");
        let snapshot = |rules: &str, version: i64| Snapshot {
            rules: rules.to_owned(),
            version,
            state: JsonText::from_value(&json!({ "at": version })),
        };
        assert_eq!(store.snapshot(&stream, "a").unwrap(), None);
        for (kept, expected) in [
            (snapshot("a", 64), snapshot("a", 64)),
            (snapshot("a", 128), snapshot("a", 128)),
            (snapshot("a", 64), snapshot("a", 128)),
            (snapshot("b", 64), snapshot("b", 64)),
        ] {
            store.keep_snapshot(&stream, &kept).unwrap();
            assert_eq!(store.snapshot(&stream, &expected.rules).unwrap(), Some(expected));
        }
        assert_eq!(store.snapshot(&stream, "a").unwrap(), None);
        assert_eq!(store.snapshot(&StreamName::new("Shelf", "stock-lamp"), "b").unwrap(), None);
    }
}
