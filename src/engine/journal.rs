//! The runtime's [`Journal`] on a store of the transaction port, an SQLite file among them. The store is the truth;
//! what lies in memory beside it is a copy to read from, made anew when a store is opened: after a crash nothing is
//! needed but the file. Its first event has position 1. Another runtime may write to the same store: who is slower on
//! a stream gets a conflict, and what the other wrote to other streams is taken over before the next decision.

use std::collections::{BTreeMap, BTreeSet};
use std::num::NonZeroUsize;
use std::sync::Arc;

use serde_json::json;

use crate::base::entropy::{Draws, Purpose};
use crate::base::ticks::Ticks;
use crate::domain::{Domain, Name};
use crate::model::{
    AppendError, Claim as Row, CommitError as Refused, EventKind, ExpectedVersion, JsonText, NewEvent,
    OutboxMessage, Payload, RecordedEvent, Snapshot, StoreFault, StreamAppend, StreamName, Transaction,
    TransactionalStore,
};
use crate::runtime::fact::json::FactError;
use crate::runtime::record::{key_text, metadata, read, timestamp};
use crate::runtime::{
    Aggregate, Claim, Commit, CommitError, EventId, Journal, Key, MemoryJournal, Message, Party, Position,
    Recorded, StreamInfo, StreamNo, Wiring,
};

/// Raised when an aggregate is folded or spelled in another way than before.
const FOLD: u32 = 1;

/// Events read at a time when a store is opened.
const PAGE: NonZeroUsize = NonZeroUsize::new(4_096).expect("it is not zero");

/// A journal whose events, outbox and inbox are those of a store.
#[derive(Debug)]
pub struct StoreJournal<S> {
    store: S,
    steps: Vec<Name>,
    parties: Vec<Name>,
    copy: MemoryJournal,
    by_id: BTreeMap<EventId, Position>,
    /// Names the rules by which snapshots are folded.
    rules: String,
    fault: Option<String>,
}

/// Why a store cannot be a journal.
#[derive(Debug, thiserror::Error)]
pub enum JournalError {
    /// It cannot be read.
    #[error(transparent)]
    Store(#[from] StoreFault),
    /// An event in it is none that the runtime could go on from.
    #[error(transparent)]
    Event(#[from] FactError),
    /// Its positions have gaps, or do not begin with 1: it was not written by a journal.
    #[error("the event at position {found} should be at {expected}: this store was not written by a runtime")]
    Position {
        /// Where an event should be.
        expected: u32,
        /// Where it is.
        found: i64,
    },
    /// A message in its outbox cannot be read.
    #[error("the message {id} in the outbox cannot be read: {reason}")]
    Message {
        /// Its id.
        id: String,
        /// What is wrong.
        reason: String,
    },
}

impl<S: TransactionalStore> StoreJournal<S> {
    /// The journal of a saga's services in `store`, new or as it was left; the ids of new events follow from `seed`.
    pub fn open(store: S, wiring: &Wiring, seed: u64) -> Result<Self, JournalError> {
        let mut journal = Self {
            store,
            steps: wiring.step_names().to_vec(),
            parties: wiring.parties().map(|party| wiring.party_name(party)).collect(),
            copy: MemoryJournal::new(seed),
            by_id: BTreeMap::new(),
            rules: rules_of(wiring.domain()),
            fault: None,
        };
        journal.read_events()?;
        for party in wiring.parties() {
            journal.read_outbox(party)?;
        }
        Ok(journal)
    }

    fn stream_name(&self, stream: StreamNo) -> StreamName {
        let info = self.copy.stream(stream);
        StreamName::new(info.aggregate.to_string(), info.name.to_string())
    }

    /// The store, with everything that was committed.
    pub fn into_store(self) -> S {
        self.store
    }

    /// What kept the store from being read, written or marked last, if anything did. A handler that could not commit
    /// says so itself ([`crate::runtime::Halt::Store`]); that messages were sent and could not be marked is said here
    /// alone. What was committed is not in doubt.
    pub fn fault(&self) -> Option<&str> {
        self.fault.as_deref()
    }

    /// Takes over what the store has beyond the copy.
    fn read_events(&mut self) -> Result<(), JournalError> {
        loop {
            let page = self.store.read_all(i64::from(self.copy.len()) + 1, PAGE.get())?;
            let is_last = page.len() < PAGE.get();
            for event in page {
                self.take_over(&event)?;
            }
            if is_last {
                return Ok(());
            }
        }
    }

    fn take_over(&mut self, event: &RecordedEvent) -> Result<(), JournalError> {
        let expected = self.copy.len() + 1;
        let found = event.position.unwrap_or(0);
        if found != i64::from(expected) {
            return Err(JournalError::Position { expected, found });
        }
        let (stream, aggregate) = match event.home() {
            Some(home) => (&*home.stream.id, home.stream.aggregate_type.as_deref().unwrap_or("")),
            None => ("", ""),
        };
        let stream = self.copy.open(stream, &aggregate.into());
        let recorded = read(&self.steps, stream, event)?;
        self.by_id.insert(recorded.id, Position(expected));
        let mut commit = Commit { events: vec![recorded], ..Commit::default() };
        self.copy.commit(&mut commit).expect("nothing is expected and nothing claimed");
        Ok(())
    }

    fn read_outbox(&mut self, party: Party) -> Result<(), JournalError> {
        let rows = self.store.unsent(self.party(party), usize::MAX)?;
        let read = |row: crate::model::OutboxRow| {
            let message = serde_json::from_value::<Message>(row.message.body.value());
            message.map_err(|error| JournalError::Message { id: row.message.id, reason: error.to_string() })
        };
        let outbox = rows.into_iter().map(read).collect::<Result<Vec<_>, _>>()?;
        let mut commit = Commit { outbox, ..Commit::default() };
        self.copy.commit(&mut commit).expect("nothing is expected and nothing claimed");
        Ok(())
    }

    fn party(&self, party: Party) -> &str {
        self.parties.get(usize::from(party.0)).map_or("client", |name| name)
    }

    fn transaction(&self, commit: &Commit) -> Transaction {
        let mut appends: Vec<(StreamNo, StreamAppend)> = Vec::new();
        for event in &commit.events {
            let new = self.new_event(event);
            match appends.last_mut() {
                Some((stream, append)) if *stream == event.stream => append.events.push(new),
                _ => {
                    let append = StreamAppend {
                        stream: self.stream_name(event.stream),
                        expected: ExpectedVersion::Exactly(i64::from(event.version) - 1),
                        events: vec![new],
                    };
                    appends.push((event.stream, append));
                }
            }
        }
        Transaction {
            appends: appends.into_iter().map(|(_, append)| append).collect(),
            outbox: commit.outbox.iter().map(|message| self.outbox_row(message)).collect(),
            claim: commit.claim.map(|claim| self.inbox_row(claim, commit)),
            position: Some(i64::from(self.copy.len()) + 1),
        }
    }

    fn new_event(&self, event: &Recorded) -> NewEvent {
        let (event_type, data) = event.fact.to_json(&self.steps);
        NewEvent {
            id: event.id.to_string(),
            kind: EventKind::Event,
            event_type,
            schema_version: None,
            occurred_at: Some(timestamp(event.at)),
            correlation_id: event.saga.get().map(|_| event.saga.to_string()),
            causation_id: event.cause.map(|cause| cause.to_string()),
            data: Payload::Json(JsonText::from_value(&data)),
            metadata: Some(JsonText::from_value(&metadata(&self.steps, event))),
        }
    }

    fn outbox_row(&self, message: &Message) -> OutboxMessage {
        let body = serde_json::to_value(message).expect("messages are plain data with text keys");
        OutboxMessage {
            sender: self.party(message.from).to_owned(),
            id: format!("{}/{}/{}", message.event, message.route.name(), self.party(message.to)),
            body: JsonText::from_value(&body),
        }
    }

    fn inbox_row(&self, claim: Claim, commit: &Commit) -> Row {
        let Claim { consumer, key, answer, expires, renew } = claim;
        let now = timestamp(commit.events.first().map_or(Ticks::ZERO, |event| event.at));
        let (consumer, key) = (self.party(consumer).to_owned(), key_text(&self.steps, key));
        // A row gives way when it has expired by the time of the claim.
        let known = if renew { self.store.processed(&consumer, &key, now).ok().flatten() } else { None };
        let claimed_at = known.and_then(|row| row.expires_at).map_or(now, |expired| expired.max(now));
        Row {
            consumer,
            key,
            result: JsonText::from_value(&json!({ "event": answer.to_string() })),
            claimed_at,
            expires_at: (expires != Ticks::MAX).then(|| timestamp(expires)),
        }
    }

    /// Somebody else appended in between: the copy takes over what is there. Nothing of ours was written.
    fn catch_up(&mut self) -> Result<(), CommitError> {
        let known = self.copy.len();
        let failed = |reason: String| {
            let what = "Nothing was written: another program writes to this store, and what it wrote cannot be \
                        taken over. Let it finish, and open the store again";
            CommitError::Store(format!("{what}. {reason}"))
        };
        self.read_events().map_err(|error| failed(error.to_string()))?;
        if self.copy.len() == known {
            return Err(failed("Events that were there are missing".to_owned()));
        }
        Ok(())
    }

    /// What the store says of a transaction: done, or why not. Tried again on what another runtime wrote meanwhile.
    fn store(&mut self, commit: &Commit) -> Result<(), CommitError> {
        loop {
            match self.store.commit(&self.transaction(commit)) {
                Ok(_) => return Ok(()),
                Err(Refused::Moved { .. }) => self.catch_up()?,
                Err(refused) => return Err(self.refusal(refused, commit)),
            }
        }
    }

    fn refusal(&mut self, refused: Refused, commit: &Commit) -> CommitError {
        match (refused, commit.claim) {
            (Refused::Processed { .. }, Some(claim)) => CommitError::Claimed { key: claim.key },
            (Refused::Append(AppendError::Conflict { stream, actual, .. }), _) => {
                // Somebody else writes here: what is decided next must be decided on what is there now.
                if let Err(error) = self.read_events() {
                    return CommitError::Store(error.to_string());
                }
                let known = self.copy.find(&stream.id).unwrap_or_default();
                let expected = commit.expected.iter().find(|(it, _)| *it == known).map_or(0, |(_, it)| *it);
                CommitError::Conflict { stream: known, expected, actual: u32::try_from(actual).unwrap_or(0) }
            }
            (other, _) => CommitError::Store(other.to_string()),
        }
    }
}

/// A name for everything that a fold of a domain's aggregates depends on.
fn rules_of(domain: &Domain) -> String {
    let mut said = json!([FOLD]).to_string();
    for aggregate in &domain.aggregates {
        said += &json!([aggregate.name, aggregate.initial]).to_string();
        for (event_type, program) in &aggregate.on {
            said += &json!([event_type, program.text()]).to_string();
        }
    }
    for upcast in &domain.upcasts {
        said += &json!([upcast.event_type, upcast.from, upcast.to, upcast.with.text()]).to_string();
    }
    format!("{:016x}", Draws::of(0, Purpose::Identity, &said).hash())
}

impl<S: TransactionalStore> Journal for StoreJournal<S> {
    fn open(&mut self, name: &str, aggregate: &Name) -> StreamNo {
        self.copy.open(name, aggregate)
    }

    fn find(&self, name: &str) -> Option<StreamNo> {
        self.copy.find(name)
    }

    fn stream(&self, stream: StreamNo) -> &StreamInfo {
        self.copy.stream(stream)
    }

    fn event_id(&self, stream: StreamNo, version: u32) -> EventId {
        self.copy.event_id(stream, version)
    }

    fn len(&self) -> u32 {
        self.copy.len()
    }

    fn event(&self, position: Position) -> Option<&Recorded> {
        self.copy.event(position)
    }

    fn locate(&self, stream: StreamNo, version: u32) -> Option<Position> {
        self.copy.locate(stream, version)
    }

    fn replay(&self, stream: StreamNo, after: u32, visit: &mut dyn FnMut(Position, &Recorded)) {
        self.copy.replay(stream, after, visit);
    }

    fn snapshot(&self, stream: StreamNo) -> Option<Arc<Aggregate>> {
        // Whatever is wrong with a snapshot: the events are all there.
        let snapshot = self.store.snapshot(&self.stream_name(stream), &self.rules).ok()??;
        let aggregate: Aggregate = serde_json::from_value(snapshot.state.value()).ok()?;
        // Another runtime may know more than the copy does.
        (aggregate.version() <= self.copy.version(stream)).then(|| Arc::new(aggregate))
    }

    fn keep_snapshot(&mut self, stream: StreamNo, aggregate: Arc<Aggregate>) {
        let state = serde_json::to_value(&*aggregate).expect("aggregates are plain data with text keys");
        let snapshot = Snapshot {
            rules: self.rules.clone(),
            version: i64::from(aggregate.version()),
            state: JsonText::from_value(&state),
        };
        if let Err(fault) = self.store.keep_snapshot(&self.stream_name(stream), &snapshot) {
            self.fault = Some(fault.to_string());
        }
    }

    fn commit(&mut self, commit: &mut Commit) -> Result<Position, CommitError> {
        if let Err(error) = self.store(commit) {
            if let CommitError::Store(reason) = &error {
                self.fault = Some(reason.clone());
            }
            return Err(error);
        }
        for (place, event) in (self.copy.len() + 1..).zip(&commit.events) {
            self.by_id.insert(event.id, Position(place));
        }
        // The inbox is the store's alone.
        commit.claim = None;
        self.copy.commit(commit)
    }

    fn answered(&self, consumer: Party, key: Key, now: Ticks) -> Option<Position> {
        // A store that cannot be read now is asked again by the commit, which decides.
        let row = self.store.processed(self.party(consumer), &key_text(&self.steps, key), timestamp(now));
        let result = row.ok()??.result.value();
        let answer: EventId = result.get("event")?.as_str()?.parse().ok()?;
        self.by_id.get(&answer).copied()
    }

    fn unsent(&self, sender: Party) -> &[Message] {
        self.copy.unsent(sender)
    }

    fn mark_sent(&mut self, sender: Party, count: usize) {
        if count == 0 {
            return;
        }
        // By their ids: another runtime may have messages of its own to send.
        let sent = self.copy.unsent(sender).iter().take(count);
        let sent: BTreeSet<String> = sent.map(|message| self.outbox_row(message).id).collect();
        let marked = self.store.unsent(self.party(sender), usize::MAX).and_then(|rows| {
            let ours = rows.iter().filter(|row| sent.contains(&row.message.id));
            let sequences: Vec<i64> = ours.map(|row| row.sequence).collect();
            self.store.mark_sent(&sequences)
        });
        // What is not marked will be sent again, and be recognised.
        if let Err(fault) = marked {
            self.fault = Some(fault.to_string());
        }
        self.copy.mark_sent(sender, count);
    }
}
