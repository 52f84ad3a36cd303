//! Reads the tables of an object-centric event log, of which no two need be joined by an index: what joins them is read
//! once into memory ([`super::ocel_index`]), and events come from there in the order of their times. Attributes stay in
//! the file.
//!
//! A locator is an event's place in that index; the fingerprint beside it refuses a row that has become another one.
//! Where a row is not found again, SQLite is asked whether the file is in order: if not, it is damaged and not changed.

use std::sync::{Arc, OnceLock};

use rusqlite::types::ValueRef;
use rusqlite::{Connection, OptionalExtension as _};
use serde_json::{Map, Value};

use super::cells::{Cells, Column, value_of};
use super::no_rowid;
use super::ocel_index::{Index, Part, Tables};
use super::open::{Database, Fault, damage, is_damage, sentence};
use super::rows::{fetch_error, fingerprint, passes};
use crate::base::limits::{READ_BATCH_EVENTS, RECORD_BYTES_MAX};
use crate::model::{FetchError, Locator, Membership, PayloadSource, ReadIssue, RecordedEvent, Timestamp};
use crate::store::ocel::fill;
use crate::store::{
    EnvelopeBatch, Progress, ReadBatch, SourceInfo, StoreError, StoreReader, envelopes_of_whole,
};

/// Payload bytes after which a batch ends.
const BATCH_BYTES: usize = 8 << 20;

/// What reader and payload source share.
struct Shared {
    tables: Tables,
    /// Read by the first step; `None` where the rows of the table of events cannot be told apart.
    index: OnceLock<Option<Index>>,
    /// Whether the file is in order. Known once a row was missed.
    sound: OnceLock<bool>,
}

/// What became of reading an event.
enum Read {
    Whole(Box<RecordedEvent>),
    /// It is there and is no event.
    Problem(String),
    /// Its row is gone, or another one.
    Missing,
}

impl Shared {
    fn is_sound(&self, connection: &Connection) -> rusqlite::Result<bool> {
        match self.sound.get() {
            Some(sound) => Ok(*sound),
            None => {
                passes(connection, "PRAGMA quick_check(1)").map(|sound| *self.sound.get_or_init(|| sound))
            }
        }
    }

    /// The event at a place of the index.
    fn event(&self, connection: &Connection, index: &Index, at: usize) -> rusqlite::Result<Read> {
        let Some(entry) = index.entries.get(at) else { return Ok(Read::Missing) };
        let part = entry.part.map(|(part, row)| (&index.parts[part as usize], row));
        let mut event = RecordedEvent::default();
        let columns = [Column::named(self.tables.events.id), Column::named(self.tables.events.kind)];
        let named = entry.row.map(|row| {
            index.rows.one(connection, &columns, row, |row| {
                let cells = Cells::new(row, index.rows.width(), &columns);
                let (id, kind) = (cells.text(0), cells.word(1));
                Ok((id, kind, cells.into_warnings()))
            })
        });
        match (unless_damaged(named.transpose())?, part) {
            (Some((Some(id), Some(kind), more)), _) => {
                (event.id, event.event_type, event.warnings) = (Some(id), kind, more);
            }
            (Some((Some(_), None, _)), _) => return Ok(Read::Problem("It has no type".to_owned())),
            (_, Some((part, _))) if entry.row.is_none() || !self.is_sound(connection)? => {
                event.event_type.clone_from(&part.event_type);
                event.warnings.push(format!(
                    "Its row of the table {} cannot be read: its type is the one whose attributes stand in {}",
                    self.tables.events.table, part.rows.table
                ));
            }
            _ => return Ok(Read::Missing),
        }
        let mut attributes = Map::new();
        if let Some((part, row)) = part {
            match unless_damaged(part.read(connection, row, &mut event, &mut attributes).map(Some))? {
                Some(Found::Whole) => {}
                Some(Found::TooLong(size)) => {
                    return Ok(Read::Problem(format!("It has {size} bytes, more than an event can have")));
                }
                Some(Found::Other) if event.id.is_none() || self.is_sound(connection)? => {
                    return Ok(Read::Missing);
                }
                Some(Found::Other) | None => {
                    // Known now, whatever the check would say.
                    _ = self.sound.set(false);
                    let Some((id, time)) = part.head(connection, row, event.id.as_deref())? else {
                        return Ok(Read::Missing);
                    };
                    (event.id, event.occurred_at) = (Some(id), time);
                    event.warnings.push(format!("Its attributes cannot be read: {}", sentence(&damage())));
                }
            }
        } else {
            event.warnings.push("No table has its time and attributes".to_owned());
        }
        let warnings = std::mem::take(&mut event.warnings);
        fill(&mut event, attributes, index.streams(at as u32));
        event.warnings = warnings;
        Ok(Read::Whole(Box::new(event)))
    }
}

/// A row that is not there and one that cannot be read are both none.
fn unless_damaged<T>(read: rusqlite::Result<Option<T>>) -> rusqlite::Result<Option<T>> {
    match read {
        Err(rusqlite::Error::QueryReturnedNoRows) => Ok(None),
        Err(error) if is_damage(&error) => Ok(None),
        read => read,
    }
}

impl Index {
    /// The objects that an event names.
    fn streams(&self, at: u32) -> Vec<Membership> {
        let from = self.relations.partition_point(|relation| relation.event < at);
        let own = self.relations[from..].iter().take_while(|relation| relation.event == at);
        own.map(|relation| Membership {
            stream: self.objects[relation.object as usize].clone(),
            version: None,
            role: self.qualifiers[relation.qualifier as usize].clone(),
        })
        .collect()
    }
}

/// What became of reading a row of attributes.
enum Found {
    Whole,
    /// It is not there, or another one.
    Other,
    /// So many bytes.
    TooLong(usize),
}

impl Part {
    /// Adds time and attributes to an event; also its id, where it is known by them alone.
    fn read(
        &self,
        connection: &Connection,
        row: i64,
        event: &mut RecordedEvent,
        attributes: &mut Map<String, Value>,
    ) -> rusqlite::Result<Found> {
        let found = self.rows.one(connection, &self.columns, row, |row| {
            let cells = Cells::new(row, self.rows.width(), &self.columns);
            let Some(id) = cells.text(0) else { return Ok(Found::Other) };
            let is_alone = event.id.is_none();
            if *event.id.get_or_insert_with(|| id.clone()) != id {
                return Ok(Found::Other);
            }
            let size = cells.size();
            if size > RECORD_BYTES_MAX {
                return Ok(Found::TooLong(size));
            }
            event.occurred_at = cells.time(1);
            for (at, column) in self.columns.iter().enumerate().skip(2) {
                let value = match (cells.raw(at), self.truths[at]) {
                    (ValueRef::Null, _) => continue,
                    (ValueRef::Integer(number @ (0 | 1)), true) => Value::Bool(number == 1),
                    (raw, _) => value_of(raw),
                };
                // pm4py repeats the type here.
                match (column.label == "ocel:activity", value.as_str()) {
                    (true, Some(told)) if is_alone => told.clone_into(&mut event.event_type),
                    (true, Some(told)) if told == event.event_type => {}
                    _ => _ = attributes.insert(column.label.clone(), value),
                }
            }
            event.warnings.extend(cells.into_warnings());
            Ok(Found::Whole)
        });
        Ok(found.optional()?.unwrap_or(Found::Other))
    }

    /// Id and time of a row whose attributes cannot be read. `known` is the id, if that is known.
    fn head(
        &self,
        connection: &Connection,
        row: i64,
        known: Option<&str>,
    ) -> rusqlite::Result<Option<(String, Option<Timestamp>)>> {
        let columns = &self.columns[..2];
        let read = self.rows.one(connection, columns, row, |row| {
            let cells = Cells::new(row, self.rows.width(), columns);
            Ok(cells.text(0).map(|id| (id, cells.time(1))))
        });
        let found = unless_damaged(read)?.filter(|(id, _)| known.is_none_or(|known| known == id));
        Ok(found.or_else(|| Some((known?.to_owned(), None))))
    }
}

/// Reads such a log from its first event to its last.
pub(super) struct OcelReader {
    info: SourceInfo,
    database: Database,
    shared: Arc<Shared>,
    done: usize,
    /// It was said that rows are not where their keys lead.
    is_told: bool,
}

/// One step of reading as it came out of a transaction.
#[derive(Default)]
struct Step {
    batch: ReadBatch,
    taken: usize,
    /// Events of a file in order that are not there any more.
    changed: bool,
    /// Events that are there and were not found again.
    lost: usize,
}

impl OcelReader {
    pub(super) fn new(database: Database, tables: Tables, mut info: SourceInfo) -> Self {
        if database.is_damaged() {
            info.notes.push("The file is damaged: what could be read of it is shown.".to_owned());
        }
        if database.is_copy() {
            info.notes.push(
                "The store was not closed properly or is not whole, so a copy of it is read; the original is untouched."
                    .to_owned(),
            );
        }
        let shared = Arc::new(Shared { tables, index: OnceLock::new(), sound: OnceLock::new() });
        Self { info, database, shared, done: 0, is_told: false }
    }

    fn step(&mut self) -> Result<Step, Fault> {
        let shared = Arc::clone(&self.shared);
        let from = self.done;
        self.database.read(|connection| {
            let index = if let Some(index) = shared.index.get() {
                index
            } else {
                let index = Index::of(connection, &shared.tables)?;
                shared.index.get_or_init(|| index)
            };
            let mut step = Step::default();
            let Some(index) = index else { return Ok(step) };
            let mut bytes = 0;
            for at in index.order[from..].iter().take(READ_BATCH_EVENTS) {
                step.taken += 1;
                match shared.event(connection, index, *at as usize)? {
                    Read::Whole(event) => {
                        bytes += event.data.len();
                        let locator = Locator { at: u64::from(*at), len: fingerprint(&event) };
                        step.batch.events.push((locator, *event));
                    }
                    Read::Problem(problem) => {
                        let place = format!("event {} of {}", at + 1, shared.tables.events.table);
                        step.batch.issues.push(ReadIssue::new(place, problem, &[]));
                    }
                    Read::Missing if shared.is_sound(connection)? => {
                        step.changed = true;
                        return Ok(step);
                    }
                    Read::Missing => step.lost += 1,
                }
                if bytes >= BATCH_BYTES {
                    break;
                }
            }
            Ok(step)
        })
    }
}

impl StoreReader for OcelReader {
    fn info(&self) -> &SourceInfo {
        &self.info
    }

    fn read_envelopes(&mut self, batch: &mut EnvelopeBatch) -> Result<Progress, StoreError> {
        envelopes_of_whole(self, batch)
    }

    fn read_batch(&mut self, batch: &mut ReadBatch) -> Result<Progress, StoreError> {
        let is_first = self.shared.index.get().is_none();
        let step = match self.step() {
            Ok(step) => step,
            Err(fault) => return Err(self.database.store_error(fault)),
        };
        let Some(Some(index)) = self.shared.index.get() else {
            return Err(no_rowid(self.database.path(), &self.shared.tables.events.table));
        };
        if step.changed {
            return Err(StoreError::Changed { path: self.database.path().to_owned() });
        }
        if is_first {
            batch.issues.extend(index.issues.iter().cloned());
        }
        self.done += step.taken;
        let total = index.order.len();
        batch.events.extend(step.batch.events);
        batch.issues.extend(step.batch.issues);
        let is_known = self.is_told || !index.issues.is_empty();
        if step.lost > 0 || !is_known && self.shared.sound.get() == Some(&false) {
            self.is_told = true;
            let lost = if step.lost > 0 { format!("{} events", step.lost) } else { "Some rows".to_owned() };
            let problem = format!("{lost} cannot be read where they should be: {}", sentence(&damage()));
            let place = format!("the table {}", self.shared.tables.events.table);
            batch.issues.push(ReadIssue::new(place, problem, &[]));
        }
        let progress =
            Progress { done: self.done as u64, total: Some(total as u64), finished: self.done >= total };
        Ok(progress)
    }

    fn payloads(&self) -> Result<Box<dyn PayloadSource>, StoreError> {
        Ok(Box::new(OcelPayloads { database: self.database.sibling(), shared: Arc::clone(&self.shared) }))
    }
}

/// Reads single events again.
struct OcelPayloads {
    database: Database,
    shared: Arc<Shared>,
}

impl PayloadSource for OcelPayloads {
    fn fetch(&mut self, locators: &[Locator]) -> Vec<Result<RecordedEvent, FetchError>> {
        let shared = Arc::clone(&self.shared);
        let Some(Some(index)) = shared.index.get() else {
            return vec![Err(FetchError::Changed); locators.len()];
        };
        let one = |connection: &Connection, locator: Locator| match shared.event(
            connection,
            index,
            locator.at as usize,
        ) {
            Ok(Read::Whole(event)) if fingerprint(&event) == locator.len => Ok(*event),
            Ok(_) if matches!(shared.is_sound(connection), Ok(false)) => {
                Err(FetchError::Unreadable(sentence(&damage())))
            }
            Ok(_) => Err(FetchError::Changed),
            Err(error) => Err(FetchError::Unreadable(sentence(&error))),
        };
        let read = self.database.read(|connection| {
            Ok(locators.iter().map(|locator| one(connection, *locator)).collect::<Vec<_>>())
        });
        read.unwrap_or_else(|fault| vec![Err(fetch_error(fault)); locators.len()])
    }

    fn rest(&mut self) {
        self.database.rest();
    }
}
