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

mod envelopes;
mod fetch;
mod resume;

use std::hash::{BuildHasher as _, Hasher as _};
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};

use foldhash::quality::FixedState;
use rusqlite::types::ToSql;
use rusqlite::{Connection, OptionalExtension as _, params_from_iter};

use self::fetch::RowPayloads;
use self::resume::RowsEnd;
use super::cells::{Cells, Column, quoted};
use super::key::{Key, KeyPart, RowKey};
use super::open::{Database, Fault, damage, is_damage, sentence};
use crate::base::limits::{READ_BATCH_EVENTS, RECORD_BYTES_MAX};
use crate::model::{Locator, PayloadSource, ReadIssue, RecordedEvent, Timestamp};
use crate::store::{EnvelopeBatch, Progress, ReadBatch, Resume, SourceInfo, StoreError, StoreReader};

pub(crate) use self::envelopes::Quick;
pub(super) use self::fetch::fetch_error;

/// Payload bytes after which a batch ends.
const BATCH_BYTES: usize = 8 << 20;

/// Rows between two keys that are remembered of a table WITHOUT ROWID.
const MARK_EVERY: usize = 64;

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
    /// The quick way to what the index keeps, where there is one.
    pub(crate) quick: Option<Quick>,
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

    /// The query for up to `limit` rows, and what is bound in it.
    fn select<'a>(&self, range: &'a Range<'_>, limit: usize) -> (String, Vec<&'a dyn ToSql>) {
        let key = self.key.sql();
        let width = self.key.width();
        let selected: Vec<&str> =
            std::iter::once(&*key).chain(self.columns.iter().map(|column| &*column.sql)).collect();
        let selected = selected.join(", ");
        let mut conditions: Vec<String> = self.filter.iter().map(|filter| format!("({filter})")).collect();
        let mut parameters: Vec<&'a dyn ToSql> = Vec::new();
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
        (sql, parameters)
    }

    /// The event of a row, a lean one without its payload, or why it is none.
    fn event(&self, row: &rusqlite::Row<'_>, size: usize, lean: bool) -> Result<RecordedEvent, String> {
        if size > RECORD_BYTES_MAX {
            return Err(format!("It has {size} bytes, more than an event can have"));
        }
        let cells = Cells::new(row, self.key.width(), &self.columns).without_payloads(lean);
        let mut event = (self.map)(&cells)?;
        event.warnings.extend(cells.into_warnings());
        Ok(event)
    }

    /// An issue with the row at `at`.
    fn issue(&self, at: u64, problem: String) -> ReadIssue {
        let number = if self.is_by_rowid() { at as i64 } else { at as i64 + 1 };
        ReadIssue::new(format!("row {number} of {}", self.table), problem, &[])
    }

    /// Reads up to `limit` rows or [`BATCH_BYTES`], and tells what ended the reading early.
    fn rows(
        &self,
        connection: &Connection,
        range: &Range<'_>,
        limit: usize,
    ) -> rusqlite::Result<(Vec<ReadRow>, Option<rusqlite::Error>)> {
        let width = self.key.width();
        let (sql, parameters) = self.select(range, limit);
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
            let size = Cells::new(row, width, &self.columns).size();
            let event = self.event(row, size, false);
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

/// What tells an event from another one.
pub(crate) struct Traits<'a> {
    pub(crate) event_type: &'a str,
    pub(crate) id: Option<&'a str>,
    pub(crate) correlation_id: Option<&'a str>,
    pub(crate) causation_id: Option<&'a str>,
    /// Aggregate type, id and version.
    pub(crate) home: Option<(Option<&'a str>, &'a str, Option<i64>)>,
    pub(crate) occurred_at: Option<Timestamp>,
    pub(crate) recorded_at: Option<Timestamp>,
}

impl Traits<'_> {
    /// What an event is, in 32 bits: equal for the same row as long as it is the same event.
    pub(crate) fn fingerprint(&self) -> u32 {
        // Compared only while the program runs, so the hash need not be the same for ever.
        let mut hash = FixedState::default().build_hasher();
        let mut add = |bytes: &[u8]| {
            // The length keeps ("ab", "c") from ("a", "bc").
            hash.write_usize(bytes.len());
            hash.write(bytes);
        };
        add(self.event_type.as_bytes());
        for value in [self.id, self.correlation_id, self.causation_id] {
            add(value.unwrap_or_default().as_bytes());
        }
        if let Some((aggregate_type, stream, version)) = self.home {
            add(aggregate_type.unwrap_or_default().as_bytes());
            add(stream.as_bytes());
            add(&version.unwrap_or(-1).to_le_bytes());
        }
        for time in [self.occurred_at, self.recorded_at].into_iter().flatten() {
            add(&time.nanos().to_le_bytes());
        }
        let hash = hash.finish();
        (hash ^ (hash >> 32)) as u32
    }
}

/// [`Traits::fingerprint`] of a whole event.
pub(super) fn fingerprint(event: &RecordedEvent) -> u32 {
    let home = event
        .home()
        .map(|home| (home.stream.aggregate_type.as_deref(), home.stream.id.as_str(), home.version));
    Traits {
        event_type: &event.event_type,
        id: event.id.as_deref(),
        correlation_id: event.correlation_id.as_deref(),
        causation_id: event.causation_id.as_deref(),
        home,
        occurred_at: event.occurred_at,
        recorded_at: event.recorded_at,
    }
    .fingerprint()
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

    /// Whether the row that was read last is what it was; `Err` for what the database does not give of it.
    fn is_at_its_place(
        &self,
        connection: &Connection,
        last: &RowKey,
        expected: u32,
    ) -> rusqlite::Result<bool> {
        let (rows, stopped) = self.plan.rows(connection, &Range::At(last), 1)?;
        match stopped {
            Some(error) => Err(error),
            None => {
                Ok(matches!(&rows[..], [ReadRow { event: Ok(event), .. }] if fingerprint(event) == expected))
            }
        }
    }

    fn is_same_table(&self, connection: &Connection) -> rusqlite::Result<bool> {
        Ok(definition(connection, &self.plan.table)? == self.definition)
    }
}

/// The SQL that made a table.
fn definition(connection: &Connection, table: &str) -> rusqlite::Result<Option<String>> {
    // Asked before every batch.
    let sql = connection
        .prepare_cached("SELECT sql FROM sqlite_schema WHERE type = 'table' AND name = ?1 COLLATE NOCASE")?
        .query_row([table], |row| row.get::<_, Option<String>>(0))
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
                        step.issues.push(shared.plan.issue(at, problem));
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

    /// Goes on behind `rows` more rows, `last` being the last of them.
    fn advance(
        &mut self,
        rows: usize,
        last: Option<(RowKey, Option<u32>)>,
        stopped: Option<rusqlite::Error>,
        issues: &mut Vec<ReadIssue>,
    ) -> Result<Progress, StoreError> {
        if last.is_some() {
            self.last = last;
        }
        self.ordinal += rows;
        let reached_end = match (&self.last, self.bounds) {
            (Some((key, _)), Some((_, high))) => key[..] == [KeyPart::Integer(high)],
            _ => false,
        };
        self.finished = rows == 0 || reached_end || stopped.is_some();
        if let Some(error) = stopped {
            if !is_damage(&error) {
                return Err(self.database.store_error(Fault::Sqlite(error)));
            }
            let place = match &self.last {
                Some(_) => format!("after {} rows of {}", self.ordinal, self.shared.plan.table),
                None => format!("the table {}", self.shared.plan.table),
            };
            let problem = format!("The rest cannot be read: {}", sentence(&error));
            issues.push(ReadIssue::new(place, problem, &[]));
        }
        Ok(self.progress())
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
        self.envelopes(batch)
    }

    fn read_batch(&mut self, batch: &mut ReadBatch) -> Result<Progress, StoreError> {
        if self.finished {
            return Ok(self.progress());
        }
        let mut step = self.step()?;
        if !step.same {
            return Err(StoreError::Changed { path: self.database.path().to_owned() });
        }
        let last = step.rows.last().map(|row| {
            // The last row's own fingerprint, if it became an event.
            let at = match row.key[..] {
                [KeyPart::Integer(rowid)] if self.shared.plan.is_by_rowid() => rowid as u64,
                _ => (self.ordinal + step.rows.len() - 1) as u64,
            };
            let known =
                step.events.last().filter(|(locator, _)| locator.at == at).map(|(locator, _)| locator.len);
            (row.key.clone(), known)
        });
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
        batch.events.extend(step.events);
        batch.issues.extend(step.issues);
        self.advance(step.rows.len(), last, step.stopped, &mut batch.issues)
    }

    fn payloads(&self) -> Result<Box<dyn PayloadSource>, StoreError> {
        Ok(Box::new(RowPayloads { database: self.database.sibling(), shared: Arc::clone(&self.shared) }))
    }

    fn resume(&self) -> Option<Box<dyn Resume>> {
        RowsEnd::of(self).map(|end| Box::new(end) as Box<dyn Resume>)
    }
}
