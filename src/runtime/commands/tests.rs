//! Command handlers on a journal of their own.

use serde_json::json;

use super::*;
use crate::domain::BuiltIn;
use crate::runtime::{MemoryJournal, Message, Party, Position, Recorded, StreamInfo};

fn commands() -> Commands {
    Commands::new(Arc::new(BuiltIn::named("shop").unwrap().load()))
}

fn command(name: &str, data: Value) -> Command {
    Command { name: name.into(), data: data.into() }
}

fn create(user: &str) -> Command {
    command("user.create", json!({"userId": user, "name": "Ada", "email": "ada@example.com"}))
}

/// Somebody else appends to the same stream before the first `rivals` commits.
struct Contested {
    inner: MemoryJournal,
    rivals: u32,
}

impl Journal for Contested {
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
        self.inner.replay(stream, after, visit);
    }
    fn snapshot(&self, stream: StreamNo) -> Option<Arc<Aggregate>> {
        self.inner.snapshot(stream)
    }
    fn keep_snapshot(&mut self, stream: StreamNo, aggregate: Arc<Aggregate>) {
        self.inner.keep_snapshot(stream, aggregate);
    }
    fn commit(&mut self, commit: &mut Commit) -> Result<Position, CommitError> {
        if self.rivals > 0 {
            self.rivals -= 1;
            let context = Context { at: Ticks::ZERO, saga: SagaNo::NONE, cause: None, key: None, attempt: 0 };
            let fact = DomainFact {
                event_type: "user.updated.v1".into(),
                data: json!({"seen": self.rivals}).into(),
                role: Role::Beside,
                refusal: None,
            };
            let mut rival = Commit::default();
            rival.append(&self.inner, commit.expected[0].0, &context, Fact::Domain(fact));
            self.inner.commit(&mut rival)?;
        }
        self.inner.commit(commit)
    }
    fn answered(&self, consumer: Party, key: crate::runtime::Key, now: Ticks) -> Option<Position> {
        self.inner.answered(consumer, key, now)
    }
    fn unsent(&self, sender: Party) -> &[Message] {
        self.inner.unsent(sender)
    }
    fn mark_sent(&mut self, sender: Party, count: usize) {
        self.inner.mark_sent(sender, count);
    }
}

#[test]
fn a_command_is_decided_on_the_replayed_state_and_appended_behind_it() {
    let (mut commands, mut journal) = (commands(), MemoryJournal::new(1));
    let mut handle = |command| commands.handle(&mut journal, &command, Ticks(5));
    let accepted = handle(create("u1")).unwrap();
    assert_eq!((&*accepted.stream, accepted.version, accepted.events.len()), ("user-u1", 1, 1));
    let refused = handle(create("u1")).unwrap_err();
    assert!(refused.to_string().starts_with("user.create is refused: a user needs an address"), "{refused}");
    assert_eq!(handle(command("user.delete", json!({"userId": "u1"}))).unwrap().version, 2);
    let update = command("user.update", json!({"userId": "u1", "name": "Grace"}));
    assert!(matches!(handle(update), Err(CommandError::Refused { .. })), "it is deleted");
    assert_eq!(handle(command("user.praise", json!({}))), Err(CommandError::NoHandler("user.praise".into())));
    assert_eq!(journal.len(), 2, "what is refused leaves nothing behind");
}

#[test]
fn who_was_slower_decides_anew_at_most_three_times() {
    for (rivals, expected) in [(1, Some(3)), (3, Some(5)), (4, None)] {
        let (mut commands, mut journal) = (commands(), Contested { inner: MemoryJournal::new(1), rivals: 0 });
        commands.handle(&mut journal, &create("u1"), Ticks(0)).unwrap();
        journal.rivals = rivals;
        let update = command("user.update", json!({"userId": "u1", "name": "Grace"}));
        let version = commands.handle(&mut journal, &update, Ticks(0)).map(|accepted| accepted.version);
        match expected {
            Some(expected) => assert_eq!(version, Ok(expected), "{rivals} rivals"),
            None => assert_eq!(version, Err(CommandError::Conflict { stream: "user-u1".into() })),
        }
    }
}

#[test]
fn what_follows_from_a_command_must_fit_its_schema() {
    let (mut commands, mut journal) = (commands(), MemoryJournal::new(1));
    let broken = command("user.create", json!({"userId": 7, "email": ["no text"]}));
    let refused = commands.handle(&mut journal, &broken, Ticks(0)).unwrap_err();
    assert!(refused.to_string().starts_with("user.created.v1 was to be sent and breaks"), "{refused}");
    assert_eq!(journal.len(), 0);
}

#[test]
fn a_long_stream_is_loaded_from_its_snapshot_and_nothing_changes_by_it() {
    let (mut commands, mut journal) = (commands(), MemoryJournal::new(1));
    commands.handle(&mut journal, &create("u1"), Ticks(0)).unwrap();
    for number in 0..150 {
        let update = command("user.update", json!({"userId": "u1", "number": number}));
        commands.handle(&mut journal, &update, Ticks(0)).unwrap();
    }
    let proof = commands.prove(&journal, "user-u1").unwrap().unwrap();
    assert_eq!((proof.version, proof.snapshot, proof.folded), (151, 128, 23));
    assert!(commands.prove(&journal, "user-u2").is_none());
}
