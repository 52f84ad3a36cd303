//! Reads the tables of an object-centric event log, of which no two need be joined by an index: everything that joins
//! them is read once into memory, and events come from there in the order of their times. Payloads stay in the file.

use std::collections::hash_map::Entry as Slot;
use std::sync::{Arc, OnceLock};

use foldhash::{HashMap, HashMapExt as _};
use rusqlite::types::ValueRef;
use rusqlite::{Connection, OptionalExtension as _, params};
use serde_json::{Map, Value};

use super::cells::{Cells, Column, quoted, value_of};
use super::key::Key;
use super::open::{Database, Fault, is_damage, sentence};
use super::rows::{fetch_error, fingerprint};
use crate::base::limits::{READ_BATCH_EVENTS, RECORD_BYTES_MAX};
use crate::model::{
    FetchError, Locator, Membership, PayloadSource, ReadIssue, RecordedEvent, StreamName, Timestamp,
};
use crate::store::ocel::{by_time, fill};
use crate::store::{
    EnvelopeBatch, Progress, ReadBatch, SourceInfo, StoreError, StoreReader, envelopes_of_whole,
};

/// Payload bytes after which a batch ends.
const BATCH_BYTES: usize = 8 << 20;

/// A table of events or of objects, with the columns of id and type.
pub(super) struct Things {
    pub(super) table: String,
    pub(super) id: &'static str,
    pub(super) kind: &'static str,
}

impl Things {
    pub(super) fn new(table: &str, id: &'static str, kind: &'static str) -> Self {
        Self { table: table.to_owned(), id, kind }
    }
}

/// The table of which event names which object.
pub(super) struct Relations {
    pub(super) table: String,
    pub(super) event: &'static str,
    pub(super) object: &'static str,
    /// The object's type, where it stands here too.
    pub(super) kind: Option<&'static str>,
    pub(super) qualifier: Option<&'static str>,
}

/// Which tables are which.
pub(super) struct Tables {
    pub(super) events: Things,
    pub(super) objects: Option<Things>,
    pub(super) relations: Relations,
    /// Where types name the tables of their events' times and attributes; none: these stand in the table of events.
    pub(super) map: Option<String>,
    /// The event's id in the table of its attributes.
    pub(super) id: &'static str,
    pub(super) time: &'static str,
    pub(super) without_rowid: bool,
}

/// A table with times and attributes of events.
struct Part {
    table: String,
    /// A name of its rowid that no column hides.
    rowid: String,
    /// Id, time, and then the attributes.
    columns: Vec<Column>,
    /// Which of them are truth values.
    truths: Vec<bool>,
}

/// An event, as far as it is kept in memory.
#[derive(Clone, Copy)]
struct Entry {
    rowid: i64,
    /// Its place in the list of parts, and its row there.
    part: Option<(u32, i64)>,
}

#[derive(Clone, Copy)]
struct Relation {
    event: u32,
    object: u32,
    qualifier: u32,
}

/// What joins the tables.
struct Index {
    rowid: String,
    parts: Vec<Part>,
    /// By rowid.
    entries: Vec<Entry>,
    /// Places in `entries`, by time.
    order: Vec<u32>,
    objects: Vec<StreamName>,
    /// By event.
    relations: Vec<Relation>,
    qualifiers: Vec<Option<String>>,
    issues: Vec<ReadIssue>,
}

/// What reader and payload source share.
struct Shared {
    tables: Tables,
    index: OnceLock<Index>,
}

/// Runs `take` on every row; damage ends it, and is told.
fn scan(
    connection: &Connection,
    sql: &str,
    columns: &[Column],
    take: &mut dyn FnMut(&Cells<'_>),
) -> rusqlite::Result<Option<rusqlite::Error>> {
    let mut work = || {
        let mut statement = connection.prepare(sql)?;
        let mut rows = statement.query([])?;
        while let Some(row) = rows.next()? {
            take(&Cells::new(row, 1, columns));
        }
        Ok(())
    };
    match work() {
        Ok(()) => Ok(None),
        Err(error) if is_damage(&error) => Ok(Some(error)),
        Err(error) => Err(error),
    }
}

/// Numbers texts in the order in which they come.
#[derive(Default)]
struct Numbers(HashMap<String, u32>);

impl Numbers {
    fn of(&mut self, text: String) -> u32 {
        let next = self.0.len() as u32;
        *self.0.entry(text).or_insert(next)
    }
}

impl Index {
    /// Reads what joins the tables.
    fn of(connection: &Connection, tables: &Tables) -> rusqlite::Result<Self> {
        let mut issues = Vec::new();
        let mut cut = |table: &str, error: Option<rusqlite::Error>| {
            if let Some(error) = error {
                let problem = format!("The rest cannot be read: {}", sentence(&error));
                issues.push(ReadIssue::new(format!("the table {table}"), problem, &[]));
            }
        };
        let rowid = rowid_of(connection, &tables.events.table)?.unwrap_or_else(|| "rowid".to_owned());
        let mut entries: Vec<Entry> = Vec::new();
        let mut by_id: HashMap<String, u32> = HashMap::new();
        let (mut repeated, mut nameless) = (0, 0);
        let columns = [Column::named(tables.events.id)];
        let sql = format!(
            "SELECT e.{rowid}, {} FROM {} AS e NOT INDEXED ORDER BY 1",
            columns[0].sql,
            quoted(&tables.events.table)
        );
        let error = scan(connection, &sql, &columns, &mut |cells| {
            let Some(rowid) = cells.rowid() else { return };
            // A broken tree may lead to a row again.
            if entries.last().is_some_and(|last| last.rowid >= rowid) {
                return;
            }
            let Some(id) = cells.text(0) else {
                nameless += 1;
                return;
            };
            let at = entries.len() as u32;
            entries.push(Entry { rowid, part: None });
            match by_id.entry(id) {
                Slot::Occupied(_) => repeated += 1,
                Slot::Vacant(slot) => _ = slot.insert(at),
            }
        })?;
        cut(&tables.events.table, error);
        let (objects, relations, qualifiers, strays) = related(connection, tables, &by_id, &mut cut)?;
        let mut parts = parts_of(connection, tables, &mut cut)?;
        let mut times: Vec<Option<i64>> = vec![None; entries.len()];
        for (number, part) in parts.iter().enumerate() {
            let sql = format!(
                "SELECT e.{}, {}, {} FROM {} AS e NOT INDEXED",
                part.rowid,
                part.columns[0].sql,
                part.columns[1].sql,
                quoted(&part.table)
            );
            let error = scan(connection, &sql, &part.columns[..2], &mut |cells| {
                let Some(at) = cells.text(0).and_then(|id| by_id.get(&id)) else { return };
                let entry = &mut entries[*at as usize];
                if let (None, Some(row)) = (entry.part, cells.rowid()) {
                    entry.part = Some((number as u32, row));
                    times[*at as usize] = cells.time(1).map(Timestamp::nanos);
                }
            })?;
            cut(&part.table, error);
        }
        parts.shrink_to_fit();
        let mut tell = |count: usize, table: &str, problem: &str| {
            if count > 0 {
                issues.push(ReadIssue::new(format!("the table {table}"), format!("{count} {problem}"), &[]));
            }
        };
        tell(nameless, &tables.events.table, "events have no id and were left out.");
        tell(
            repeated,
            &tables.events.table,
            "events have the id of another one; they are shown without attributes.",
        );
        tell(strays, &tables.relations.table, "relations name an event that is not there.");
        Ok(Self { rowid, parts, order: by_time(&times), entries, objects, relations, qualifiers, issues })
    }

    /// The event at a place of the list; `None` if its row is gone or another one.
    fn event(
        &self,
        connection: &Connection,
        tables: &Tables,
        at: u32,
    ) -> rusqlite::Result<Option<Result<RecordedEvent, String>>> {
        let entry = self.entries[at as usize];
        let columns = [Column::named(tables.events.id), Column::named(tables.events.kind)];
        let sql = format!(
            "SELECT e.{0}, {1}, {2} FROM {3} AS e NOT INDEXED WHERE e.{0} = ?1",
            self.rowid,
            columns[0].sql,
            columns[1].sql,
            quoted(&tables.events.table)
        );
        let mut statement = connection.prepare_cached(&sql)?;
        let named = statement.query_row([entry.rowid], |row| {
            let cells = Cells::new(row, 1, &columns);
            let (id, kind) = (cells.text(0), cells.word(1));
            Ok((id, kind, cells.into_warnings()))
        });
        let Some((Some(id), kind, mut warnings)) = named.optional()? else { return Ok(None) };
        let Some(event_type) = kind else { return Ok(Some(Err("It has no type".to_owned()))) };
        let mut event = RecordedEvent { id: Some(id.clone()), event_type, ..RecordedEvent::default() };
        let mut attributes = Map::new();
        if let Some((part, row)) = entry.part {
            let part = &self.parts[part as usize];
            match part.read(connection, row, &id, &mut event, &mut attributes)? {
                Found::Read(more) => warnings.extend(more),
                Found::Other => return Ok(None),
                Found::TooLong(size) => {
                    let problem = format!("It has {size} bytes, more than an event can have");
                    return Ok(Some(Err(problem)));
                }
            }
        } else {
            warnings.push("No table has its time and attributes".to_owned());
        }
        fill(&mut event, attributes, self.streams(at));
        event.warnings = warnings;
        Ok(Some(Ok(event)))
    }

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

/// What became of reading a row.
enum Found {
    /// It is read, with these repairs.
    Read(Vec<String>),
    /// It is not there, or another one.
    Other,
    /// So many bytes.
    TooLong(usize),
}

impl Part {
    fn read(
        &self,
        connection: &Connection,
        row: i64,
        id: &str,
        event: &mut RecordedEvent,
        attributes: &mut Map<String, Value>,
    ) -> rusqlite::Result<Found> {
        let selected: Vec<&str> = self.columns.iter().map(|column| &*column.sql).collect();
        let sql = format!(
            "SELECT e.{0}, {1} FROM {2} AS e NOT INDEXED WHERE e.{0} = ?1",
            self.rowid,
            selected.join(", "),
            quoted(&self.table)
        );
        let mut statement = connection.prepare_cached(&sql)?;
        let found = statement.query_row([row], |row| {
            let cells = Cells::new(row, 1, &self.columns);
            if cells.text(0).as_deref() != Some(id) {
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
                if !(column.label == "ocel:activity" && value == event.event_type.as_str()) {
                    attributes.insert(column.label.clone(), value);
                }
            }
            Ok(Found::Read(cells.into_warnings()))
        });
        Ok(found.optional()?.unwrap_or(Found::Other))
    }
}

fn rowid_of(connection: &Connection, table: &str) -> rusqlite::Result<Option<String>> {
    Ok(match Key::of(connection, table)? {
        Some(Key::Rowid(name)) => Some(quoted(&name)),
        Some(Key::Primary(_)) | None => None,
    })
}

type Related = (Vec<StreamName>, Vec<Relation>, Vec<Option<String>>, usize);

/// Objects, relations and qualifiers, and how many relations name no event.
fn related(
    connection: &Connection,
    tables: &Tables,
    by_id: &HashMap<String, u32>,
    cut: &mut dyn FnMut(&str, Option<rusqlite::Error>),
) -> rusqlite::Result<Related> {
    let mut numbers = Numbers::default();
    let mut objects: Vec<StreamName> = Vec::new();
    if let Some(things) = &tables.objects {
        let columns = [Column::named(things.id), Column::named(things.kind)];
        let sql = format!(
            "SELECT NULL, {}, {} FROM {} AS e NOT INDEXED",
            columns[0].sql,
            columns[1].sql,
            quoted(&things.table)
        );
        let error = scan(connection, &sql, &columns, &mut |cells| {
            let Some(id) = cells.text(0) else { return };
            if numbers.of(id.clone()) as usize == objects.len() {
                objects.push(StreamName { aggregate_type: cells.word(1), id });
            }
        })?;
        cut(&things.table, error);
    }
    let of = &tables.relations;
    let column = |name: Option<&str>| {
        name.map_or_else(|| Column { label: String::new(), sql: "NULL".to_owned() }, Column::named)
    };
    let columns = [Column::named(of.event), Column::named(of.object), column(of.kind), column(of.qualifier)];
    let selected: Vec<&str> = columns.iter().map(|column| &*column.sql).collect();
    let sql = format!("SELECT NULL, {} FROM {} AS e NOT INDEXED", selected.join(", "), quoted(&of.table));
    let mut relations = Vec::new();
    let mut words = Numbers::default();
    let mut qualifiers = Vec::new();
    let mut strays = 0;
    let error = scan(connection, &sql, &columns, &mut |cells| {
        let (Some(event), Some(id)) = (cells.text(0), cells.text(1)) else { return };
        let Some(event) = by_id.get(&event) else {
            strays += 1;
            return;
        };
        let object = numbers.of(id.clone());
        if object as usize == objects.len() {
            objects.push(StreamName { aggregate_type: cells.word(2), id });
        }
        let word = cells.word(3);
        let qualifier = words.of(word.clone().unwrap_or_default());
        if qualifier as usize == qualifiers.len() {
            qualifiers.push(word);
        }
        relations.push(Relation { event: *event, object, qualifier });
    })?;
    cut(&of.table, error);
    // Stable: an event's objects stay in the order of the table.
    relations.sort_by_key(|relation| relation.event);
    Ok((objects, relations, qualifiers, strays))
}

/// The tables with times and attributes: each once, though two types whose names differ in case share one.
fn parts_of(
    connection: &Connection,
    tables: &Tables,
    cut: &mut dyn FnMut(&str, Option<rusqlite::Error>),
) -> rusqlite::Result<Vec<Part>> {
    let mut names: Vec<String> = Vec::new();
    match &tables.map {
        None => names.push(tables.events.table.clone()),
        Some(map) => {
            let columns = [Column::named("ocel_type_map")];
            let sql = format!("SELECT NULL, {} FROM {} AS e NOT INDEXED", columns[0].sql, quoted(map));
            let error = scan(connection, &sql, &columns, &mut |cells| {
                let Some(name) = cells.text(0).map(|name| format!("event_{name}")) else { return };
                if !names.iter().any(|known| known.eq_ignore_ascii_case(&name)) {
                    names.push(name);
                }
            })?;
            cut(map, error);
        }
    }
    let mut parts = Vec::new();
    for table in names {
        let mut statement =
            connection.prepare_cached("SELECT name, type FROM pragma_table_xinfo(?1) ORDER BY cid")?;
        let declared: Vec<(String, String)> = statement
            .query_map(params![table], |row| Ok((row.get(0)?, row.get(1)?)))?
            .collect::<rusqlite::Result<_>>()?;
        let has = |name: &str| declared.iter().any(|(column, _)| column.eq_ignore_ascii_case(name));
        if !has(tables.id) || !has(tables.time) {
            continue;
        }
        let Some(rowid) = rowid_of(connection, &table)? else { continue };
        let is_own = |name: &str| {
            [tables.id, tables.time].iter().any(|own| own.eq_ignore_ascii_case(name))
                || tables.map.is_none() && name.eq_ignore_ascii_case(tables.events.kind)
        };
        let mut columns = vec![Column::named(tables.id), Column::named(tables.time)];
        let mut truths = vec![false; 2];
        for (name, kind) in declared.iter().filter(|(name, _)| !is_own(name)) {
            columns.push(Column::named(name));
            truths.push(kind.to_ascii_lowercase().starts_with("bool"));
        }
        parts.push(Part { table, rowid, columns, truths });
    }
    Ok(parts)
}

/// Reads such a log from its first event to its last.
pub(super) struct OcelReader {
    info: SourceInfo,
    database: Database,
    shared: Arc<Shared>,
    done: usize,
}

/// One step of reading as it came out of a transaction.
struct Step {
    batch: ReadBatch,
    taken: usize,
    same: bool,
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
        Self { info, database, shared: Arc::new(Shared { tables, index: OnceLock::new() }), done: 0 }
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
            let mut step = Step { batch: ReadBatch::default(), taken: 0, same: true };
            let mut bytes = 0;
            for at in index.order[from..].iter().take(READ_BATCH_EVENTS) {
                step.taken += 1;
                let rowid = index.entries[*at as usize].rowid;
                let place = || format!("row {rowid} of {}", shared.tables.events.table);
                match index.event(connection, &shared.tables, *at) {
                    Ok(Some(Ok(event))) => {
                        bytes += event.data.len();
                        let locator = Locator { at: rowid as u64, len: fingerprint(&event) };
                        step.batch.events.push((locator, event));
                    }
                    Ok(Some(Err(problem))) => step.batch.issues.push(ReadIssue::new(place(), problem, &[])),
                    Ok(None) => {
                        step.same = false;
                        return Ok(step);
                    }
                    Err(error) if is_damage(&error) => {
                        step.batch.issues.push(ReadIssue::new(place(), sentence(&error), &[]));
                    }
                    Err(error) => return Err(error),
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
        let Some(index) = self.shared.index.get() else {
            return Err(StoreError::Changed { path: self.database.path().to_owned() });
        };
        if is_first {
            batch.issues.extend(index.issues.iter().cloned());
        }
        self.done += step.taken;
        let total = index.order.len();
        batch.events.extend(step.batch.events);
        batch.issues.extend(step.batch.issues);
        // In a damaged file a row that is not found again may only lie where the tree does not lead.
        if !step.same && !self.database.is_damaged() && index.issues.is_empty() {
            return Err(StoreError::Changed { path: self.database.path().to_owned() });
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
        let Some(index) = shared.index.get() else {
            return vec![Err(FetchError::Changed); locators.len()];
        };
        let one = |connection: &Connection, locator: Locator| {
            let found = index.entries.binary_search_by_key(&(locator.at as i64), |entry| entry.rowid);
            let at = found.map_err(|_missing| FetchError::Changed)?;
            match index.event(connection, &shared.tables, at as u32) {
                Ok(Some(Ok(event))) if fingerprint(&event) == locator.len => Ok(event),
                Ok(_) => Err(FetchError::Changed),
                Err(error) => Err(FetchError::Unreadable(sentence(&error))),
            }
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
