//! Rows of a table as events, in batches by key and again one by one. What a row means is the
//! format's [`Plan`]; how the database is opened is [`super::open`]'s.
//!
//! A locator is the row's key: the rowid; in a table WITHOUT ROWID the row's ordinal, found again through the
//! key of every 64th row. Keys can come to mean other rows: `VACUUM` renumbers rowids that are no
//! `INTEGER PRIMARY KEY`, and a file can be overwritten in place. So [`Locator::len`], which rows do not need,
//! holds a fingerprint of what the row is (32 bits over its id, type, stream, version, times and causality, not
//! over its payload): a row that is another one is refused as changed. The same is checked for the last row
//! read before every batch, beside the table's own definition. Where a row is not found, the table's tree may be
//! broken rather than changed: SQLite follows keys in a wrong order without a word. Then it is asked to check.

mod resume;

use std::hash::{BuildHasher as _, Hasher as _};
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};

use foldhash::quality::FixedState;
use rusqlite::types::ToSql;
use rusqlite::{Connection, OptionalExtension as _, params_from_iter};

use self::resume::RowsEnd;
use super::cells::{Cells, Column, quoted};
use super::key::{Key, KeyPart, RowKey};
use super::open::{Database, Fault, damage, is_damage, sentence};
use crate::base::limits::{READ_BATCH_EVENTS, RECORD_BYTES_MAX};
use crate::model::{FetchError, Locator, PayloadSource, ReadIssue, RecordedEvent};
use crate::store::{
    EnvelopeBatch, Progress, ReadBatch, Resume, SourceInfo, StoreError, StoreReader, envelopes_of_whole,
};

/// Payload bytes after which a batch ends.
const BATCH_BYTES: usize = 8 << 20;

/// Rows between two keys that are remembered of a table WITHOUT ROWID.
const MARK_EVERY: usize = 64;

/// Rows looked through for one event of such a table, should others have been added around it.
const SEARCH_MAX: usize = 4_096;

/// What a row of a table is as an event; the sentence of an `Err` begins a [`ReadIssue`].
pub(crate) type MapFn = dyn Fn(&Cells<'_>) -> Result<RecordedEvent, String> + Send + Sync;

/// Adds what lies in other tables to the events of a batch.
pub(crate) type CompleteFn = fn(&Connection, &mut [(Locator, RecordedEvent)]) -> rusqlite::Result<()>;

/// How a format reads its table.
pub(crate) struct Plan {
    /// The table.
    pub(crate) table: String,
    /// What is selected, of the table called `e`.
    pub(crate) columns: Vec<Column>,
    /// Which rows are events; all if none is said.
    pub(crate) filter: Option<String>,
    /// By what rows are ordered and found again.
    pub(crate) key: Key,
    /// What a row becomes.
    pub(crate) map: Box<MapFn>,
    /// What other tables add.
    pub(crate) complete: Option<CompleteFn>,
}

/// Which rows a query is for.
enum Range<'a> {
    /// Beyond the key, or all.
    After(Option<&'a RowKey>, Option<i64>),
    /// At the key or beyond it.
    From(&'a RowKey),
    /// At the key.
    At(&'a RowKey),
}

/// A row that was read.
struct ReadRow {
    key: RowKey,
    event: Result<RecordedEvent, String>,
}

impl Plan {
    fn is_by_rowid(&self) -> bool {
        matches!(self.key, Key::Rowid(_))
    }

    /// Whether the tree of the table is in order, as far as SQLite can tell. Reads all of it.
    fn is_sound(&self, connection: &Connection) -> rusqlite::Result<bool> {
        passes(connection, &format!("PRAGMA quick_check({})", quoted(&self.table)))
    }

    /// Reads up to `limit` rows or [`BATCH_BYTES`], and tells what ended the reading early.
    fn rows(
        &self,
        connection: &Connection,
        range: &Range<'_>,
        limit: usize,
    ) -> rusqlite::Result<(Vec<ReadRow>, Option<rusqlite::Error>)> {
        let key = self.key.sql();
        let width = self.key.width();
        let selected: Vec<&str> =
            std::iter::once(&*key).chain(self.columns.iter().map(|column| &*column.sql)).collect();
        let selected = selected.join(", ");
        let mut conditions: Vec<String> = self.filter.iter().map(|filter| format!("({filter})")).collect();
        let mut parameters: Vec<&dyn ToSql> = Vec::new();
        let (compare, bound) = match range {
            Range::After(None, _) => ("", None),
            Range::After(Some(bound), _) => (">", Some(bound)),
            Range::From(bound) => (">=", Some(bound)),
            Range::At(bound) => ("=", Some(bound)),
        };
        if let Some(bound) = bound {
            let marks = vec!["?"; width].join(", ");
            conditions.push(format!("({key}) {compare} ({marks})"));
            parameters.extend(bound.iter().map(|part| part as &dyn ToSql));
        }
        if let Range::After(_, Some(last)) = range {
            conditions.push(format!("{key} <= ?"));
            parameters.push(last);
        }
        let condition =
            if conditions.is_empty() { String::new() } else { format!("WHERE {}", conditions.join(" AND ")) };
        // No other index than the key's own: an odd one could not slow the reading down or mislead it.
        let sql = format!(
            "SELECT {selected} FROM {} AS e NOT INDEXED {condition} ORDER BY {key} LIMIT {limit}",
            quoted(&self.table)
        );
        let mut statement = connection.prepare_cached(&sql)?;
        let mut rows = statement.query(params_from_iter(parameters))?;
        let mut read = Vec::new();
        let mut bytes = 0;
        loop {
            let row = match rows.next() {
                Ok(Some(row)) => row,
                Ok(None) => return Ok((read, None)),
                Err(error) => return Ok((read, Some(error))),
            };
            let mut parts = Vec::with_capacity(width);
            for index in 0..width {
                parts.push(KeyPart::from(row.get_ref(index)?));
            }
            let cells = Cells::new(row, width, &self.columns);
            let size = cells.size();
            let event = if size > RECORD_BYTES_MAX {
                Err(format!("It has {size} bytes, more than an event can have"))
            } else {
                (self.map)(&cells).map(|mut event| {
                    event.warnings.extend(cells.into_warnings());
                    event
                })
            };
            if let ([KeyPart::Integer(rowid)], Some(ReadRow { key, .. })) = (&parts[..], read.last())
                && matches!(key[..], [KeyPart::Integer(before)] if *rowid <= before && self.is_by_rowid())
            {
                return Ok((read, Some(damage())));
            }
            read.push(ReadRow { key: parts, event });
            bytes += size;
            if bytes >= BATCH_BYTES {
                return Ok((read, None));
            }
        }
    }
}

/// Whether SQLite's own check of its trees finds nothing.
pub(super) fn passes(connection: &Connection, check: &str) -> rusqlite::Result<bool> {
    match connection.query_row(check, [], |row| row.get::<_, String>(0)) {
        Ok(verdict) => Ok(verdict == "ok"),
        Err(error) if is_damage(&error) => Ok(false),
        Err(error) => Err(error),
    }
}

/// What an event is, in 32 bits: equal for the same row as long as it is the same event.
pub(super) fn fingerprint(event: &RecordedEvent) -> u32 {
    // Compared only while the program runs, so the hash need not be the same for ever.
    let mut hash = FixedState::default().build_hasher();
    let mut add = |bytes: &[u8]| {
        // The length keeps ("ab", "c") from ("a", "bc").
        hash.write_usize(bytes.len());
        hash.write(bytes);
    };
    add(event.event_type.as_bytes());
    for value in [&event.id, &event.correlation_id, &event.causation_id] {
        add(value.as_deref().unwrap_or_default().as_bytes());
    }
    if let Some(home) = event.home() {
        add(home.stream.aggregate_type.as_deref().unwrap_or_default().as_bytes());
        add(home.stream.id.as_bytes());
        add(&home.version.unwrap_or(-1).to_le_bytes());
    }
    for time in [event.occurred_at, event.recorded_at].into_iter().flatten() {
        add(&time.nanos().to_le_bytes());
    }
    let hash = hash.finish();
    (hash ^ (hash >> 32)) as u32
}

/// What reader and payload source share.
struct Shared {
    plan: Plan,
    /// The table's definition when it was opened.
    definition: Option<String>,
    /// Keys of the rows 0, 64, 128 … of a table WITHOUT ROWID.
    marks: Mutex<Vec<RowKey>>,
    /// Whether the table's tree is in order. Known once a row was missed.
    sound: OnceLock<bool>,
}

impl Shared {
    fn marks(&self) -> MutexGuard<'_, Vec<RowKey>> {
        self.marks.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// [`Plan::is_sound`], checked once.
    fn is_sound(&self, connection: &Connection) -> rusqlite::Result<bool> {
        match self.sound.get() {
            Some(sound) => Ok(*sound),
            None => self.plan.is_sound(connection).map(|sound| *self.sound.get_or_init(|| sound)),
        }
    }

    fn is_same_table(&self, connection: &Connection) -> rusqlite::Result<bool> {
        Ok(definition(connection, &self.plan.table)? == self.definition)
    }
}

/// The SQL that made a table.
fn definition(connection: &Connection, table: &str) -> rusqlite::Result<Option<String>> {
    let sql = connection
        .query_row(
            "SELECT sql FROM sqlite_schema WHERE type = 'table' AND name = ?1 COLLATE NOCASE",
            [table],
            |row| row.get::<_, Option<String>>(0),
        )
        .optional()?;
    Ok(sql.flatten())
}

/// Reads a table from its first row to the one that was the newest at opening.
pub(crate) struct RowReader {
    info: SourceInfo,
    database: Database,
    shared: Arc<Shared>,
    /// Lowest and highest rowid at opening, where there are rowids and both can be read.
    bounds: Option<(i64, i64)>,
    /// The last row read, and what it was.
    last: Option<(RowKey, Option<u32>)>,
    /// The last key of every batch of a table WITHOUT ROWID: only one whose tree is broken leads there again.
    ends: Vec<RowKey>,
    ordinal: usize,
    finished: bool,
}

/// One step of reading as it came out of a transaction.
struct Step {
    same: bool,
    rows: Vec<ReadRow>,
    events: Vec<(Locator, RecordedEvent)>,
    issues: Vec<ReadIssue>,
    stopped: Option<rusqlite::Error>,
}

impl RowReader {
    /// A reader of the table of `plan`, at its beginning.
    pub(crate) fn new(mut database: Database, plan: Plan, mut info: SourceInfo) -> Result<Self, StoreError> {
        let by_rowid = plan.is_by_rowid();
        let key = plan.key.sql();
        let table = quoted(&plan.table);
        let (definition, bounds, empty) = database.read_or_store_error(|connection| {
            let definition = definition(connection, &plan.table)?;
            if !by_rowid {
                return Ok((definition, None, false));
            }
            // Two queries, for each is one descent of the tree. Where the file is cut they may fail
            // although the rows before can be read.
            let end = |function: &str| {
                connection.query_row(
                    &format!("SELECT {function}({key}) FROM {table} AS e NOT INDEXED"),
                    [],
                    |row| row.get::<_, Option<i64>>(0),
                )
            };
            let beyond = |high: i64| {
                connection
                    .prepare(&format!("SELECT 1 FROM {table} AS e NOT INDEXED WHERE {key} > ?1"))
                    .and_then(|mut statement| statement.exists([high]))
            };
            Ok(match (end("min"), end("max")) {
                // The last row has not the highest key: the keys are out of order somewhere.
                (Ok(Some(_)), Ok(Some(high))) if !matches!(beyond(high), Ok(false)) => {
                    (definition, None, false)
                }
                (Ok(Some(low)), Ok(Some(high))) => (definition, Some((low, high)), false),
                (Ok(None), Ok(None)) => (definition, None, true),
                _ => (definition, None, false),
            })
        })?;
        if database.is_damaged() {
            info.notes.push("The file is damaged: what could be read of it is shown.".to_owned());
        }
        if database.is_copy() {
            info.notes.push(
                "The store was not closed properly or is not whole, so a copy of it is read; the original is untouched."
                    .to_owned(),
            );
        }
        let shared = Arc::new(Shared { plan, definition, marks: Mutex::default(), sound: OnceLock::new() });
        let (last, ends) = (None, Vec::new());
        Ok(Self { info, database, shared, bounds, last, ends, ordinal: 0, finished: empty })
    }

    fn step(&mut self) -> Result<Step, StoreError> {
        let shared = Arc::clone(&self.shared);
        let (last, bounds, ordinal) = (self.last.clone(), self.bounds, self.ordinal);
        let step = self.database.read(|connection| {
            let mut step =
                Step { same: true, rows: Vec::new(), events: Vec::new(), issues: Vec::new(), stopped: None };
            step.same = shared.is_same_table(connection)?;
            if let Some((key, Some(expected))) = &last
                && step.same
            {
                let (rows, stopped) = shared.plan.rows(connection, &Range::At(key), 1)?;
                step.stopped = stopped;
                step.same = step.stopped.is_some()
                    || matches!(&rows[..], [ReadRow { event: Ok(event), .. }] if fingerprint(event) == *expected);
                if !step.same && !shared.is_sound(connection)? {
                    (step.same, step.stopped) = (true, Some(damage()));
                }
            }
            if !step.same || step.stopped.is_some() {
                return Ok(step);
            }
            let range = Range::After(last.as_ref().map(|(key, _)| key), bounds.map(|(_, high)| high));
            (step.rows, step.stopped) = shared.plan.rows(connection, &range, READ_BATCH_EVENTS)?;
            // Somebody may have deleted the last rows, or a wrong key hides them.
            if step.rows.is_empty() && step.stopped.is_none() && bounds.is_some() && !shared.is_sound(connection)? {
                step.stopped = Some(damage());
            }
            for (index, row) in step.rows.iter_mut().enumerate() {
                let at = match row.key[..] {
                    [KeyPart::Integer(rowid)] if shared.plan.is_by_rowid() => rowid as u64,
                    _ => (ordinal + index) as u64,
                };
                match std::mem::replace(&mut row.event, Err(String::new())) {
                    Ok(event) => step.events.push((Locator { at, len: fingerprint(&event) }, event)),
                    Err(problem) => {
                        let number = if shared.plan.is_by_rowid() { at as i64 } else { at as i64 + 1 };
                        let place = format!("row {number} of {}", shared.plan.table);
                        step.issues.push(ReadIssue::new(place, problem, &[]));
                    }
                }
            }
            if let Some(complete) = shared.plan.complete {
                complete(connection, &mut step.events)?;
            }
            Ok(step)
        });
        match step {
            Ok(step) => Ok(step),
            Err(Fault::Sqlite(error)) if is_damage(&error) => Ok(Step {
                same: true,
                rows: Vec::new(),
                events: Vec::new(),
                issues: Vec::new(),
                stopped: Some(error),
            }),
            Err(fault) => Err(self.database.store_error(fault)),
        }
    }

    fn progress(&self) -> Progress {
        let done = match (&self.last, self.bounds) {
            (Some((key, _)), Some((low, _))) => match key[..] {
                [KeyPart::Integer(rowid)] => rowid.wrapping_sub(low).wrapping_add(1) as u64,
                _ => 0,
            },
            _ => self.ordinal as u64,
        };
        let total = self.bounds.map(|(low, high)| high.wrapping_sub(low).wrapping_add(1) as u64);
        let done = if self.finished { total.unwrap_or(done) } else { done };
        Progress { done, total: total.or(self.finished.then_some(done)), finished: self.finished }
    }
}

impl StoreReader for RowReader {
    fn info(&self) -> &SourceInfo {
        &self.info
    }

    fn read_envelopes(&mut self, batch: &mut EnvelopeBatch) -> Result<Progress, StoreError> {
        envelopes_of_whole(self, batch)
    }

    fn read_batch(&mut self, batch: &mut ReadBatch) -> Result<Progress, StoreError> {
        if self.finished {
            return Ok(self.progress());
        }
        let mut step = self.step()?;
        if !step.same {
            return Err(StoreError::Changed { path: self.database.path().to_owned() });
        }
        if let Some(row) = step.rows.last() {
            // The last row's own fingerprint, if it became an event.
            let at = match row.key[..] {
                [KeyPart::Integer(rowid)] if self.shared.plan.is_by_rowid() => rowid as u64,
                _ => (self.ordinal + step.rows.len() - 1) as u64,
            };
            let known =
                step.events.last().filter(|(locator, _)| locator.at == at).map(|(locator, _)| locator.len);
            self.last = Some((row.key.clone(), known));
        }
        if !self.shared.plan.is_by_rowid() {
            if let Some(row) = step.rows.last() {
                if self.ends.contains(&row.key) {
                    step.stopped = Some(damage());
                }
                self.ends.push(row.key.clone());
            }
            let mut marks = self.shared.marks();
            for (index, row) in step.rows.iter().enumerate() {
                if (self.ordinal + index).is_multiple_of(MARK_EVERY) {
                    marks.push(row.key.clone());
                }
            }
        }
        self.ordinal += step.rows.len();
        let reached_end = match (&self.last, self.bounds) {
            (Some((key, _)), Some((_, high))) => key[..] == [KeyPart::Integer(high)],
            _ => false,
        };
        self.finished = step.rows.is_empty() || reached_end || step.stopped.is_some();
        batch.events.extend(step.events);
        batch.issues.extend(step.issues);
        if let Some(error) = step.stopped {
            if !is_damage(&error) {
                return Err(self.database.store_error(Fault::Sqlite(error)));
            }
            let place = match &self.last {
                Some(_) => format!("after {} rows of {}", self.ordinal, self.shared.plan.table),
                None => format!("the table {}", self.shared.plan.table),
            };
            let problem = format!("The rest cannot be read: {}", sentence(&error));
            batch.issues.push(ReadIssue::new(place, problem, &[]));
        }
        Ok(self.progress())
    }

    fn payloads(&self) -> Result<Box<dyn PayloadSource>, StoreError> {
        Ok(Box::new(RowPayloads { database: self.database.sibling(), shared: Arc::clone(&self.shared) }))
    }

    fn resume(&self) -> Option<Box<dyn Resume>> {
        RowsEnd::of(self).map(|end| Box::new(end) as Box<dyn Resume>)
    }
}

/// Why a read of single rows gave nothing.
pub(super) fn fetch_error(fault: Fault) -> FetchError {
    match fault {
        Fault::Store(StoreError::Changed { .. }) => FetchError::Changed,
        Fault::Store(StoreError::Sqlite { reason, .. } | StoreError::Io { reason, .. }) => {
            FetchError::Unreadable(reason)
        }
        Fault::Store(other) => FetchError::Unreadable(other.to_string()),
        Fault::Sqlite(error) => FetchError::Unreadable(sentence(&error)),
    }
}

/// Reads single rows again.
struct RowPayloads {
    database: Database,
    shared: Arc<Shared>,
}

impl PayloadSource for RowPayloads {
    fn fetch(&mut self, locators: &[Locator]) -> Vec<Result<RecordedEvent, FetchError>> {
        let shared = Arc::clone(&self.shared);
        let read = self.database.read(|connection| {
            if !shared.is_same_table(connection)? {
                return Ok(vec![Err(FetchError::Changed); locators.len()]);
            }
            let mut events: Vec<_> =
                locators.iter().map(|locator| shared.fetch(connection, *locator)).collect();
            if events.contains(&Err(FetchError::Changed)) && !shared.is_sound(connection)? {
                let broken = FetchError::Unreadable(sentence(&damage()));
                events
                    .iter_mut()
                    .filter(|event| event.is_err())
                    .for_each(|event| *event = Err(broken.clone()));
            }
            Ok(events)
        });
        match read {
            Ok(events) => events,
            Err(fault) => vec![Err(fetch_error(fault)); locators.len()],
        }
    }

    fn rest(&mut self) {
        self.database.rest();
    }
}

impl Shared {
    fn fetch(&self, connection: &Connection, locator: Locator) -> Result<RecordedEvent, FetchError> {
        let unreadable = |error: rusqlite::Error| FetchError::Unreadable(sentence(&error));
        let (key, limit, first) = match &self.plan.key {
            Key::Rowid(_) => (vec![KeyPart::Integer(locator.at as i64)], 1, 0),
            Key::Primary(_) => {
                let ordinal = locator.at as usize;
                let mark = self.marks().get(ordinal / MARK_EVERY).cloned().ok_or(FetchError::Changed)?;
                (mark, MARK_EVERY, ordinal % MARK_EVERY)
            }
        };
        let range = if limit == 1 { Range::At(&key) } else { Range::From(&key) };
        let mut found = self.search(connection, &range, limit, first, locator.len).map_err(unreadable)?;
        if found.is_none() && limit > 1 {
            // Rows that were added around it since may have moved it on.
            found = self.search(connection, &range, SEARCH_MAX, first, locator.len).map_err(unreadable)?;
        }
        let mut event = [(locator, found.ok_or(FetchError::Changed)?)];
        if let Some(complete) = self.plan.complete {
            complete(connection, &mut event).map_err(unreadable)?;
        }
        let [(_, event)] = event;
        Ok(event)
    }

    /// The event with this fingerprint in a range: the one at its old place, else the first.
    fn search(
        &self,
        connection: &Connection,
        range: &Range<'_>,
        limit: usize,
        first: usize,
        expected: u32,
    ) -> rusqlite::Result<Option<RecordedEvent>> {
        let (rows, stopped) = self.plan.rows(connection, range, limit)?;
        let mut events: Vec<Option<RecordedEvent>> = rows
            .into_iter()
            .map(|row| row.event.ok().filter(|event| fingerprint(event) == expected))
            .collect();
        let found = match events.get_mut(first).and_then(Option::take) {
            Some(event) => Some(event),
            None => events.into_iter().flatten().next(),
        };
        match stopped {
            Some(error) if found.is_none() => Err(error),
            _ => Ok(found),
        }
    }
}
