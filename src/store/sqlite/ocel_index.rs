//! What joins the tables of an object-centric event log, read once into memory: which events there are, where their
//! attributes lie, which objects they name. Reads no attributes.
//!
//! Of a damaged file each table gives the rows before the damage. An event whose row in the table of events is among
//! those that are lost still has its row in a table of attributes, and is known by it.

use foldhash::HashMap;
use rusqlite::types::{ToSql, ValueRef};
use rusqlite::{Connection, OptionalExtension as _, Row, params};

use super::cells::{Cells, Column, quoted};
use super::key::{Key, KeyPart, RowKey};
use super::open::{damage, is_damage, sentence};
use crate::model::{ReadIssue, StreamName, Timestamp};
use crate::store::ocel::by_time;

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
}

/// How the rows of a table are found again: by rowid, or in a table WITHOUT ROWID by their keys, which are kept.
pub(super) struct Rows {
    pub(super) table: String,
    key: Key,
    kept: Vec<RowKey>,
}

impl Rows {
    /// `None` where every name of the rowid is hidden by a column.
    fn of(connection: &Connection, table: &str) -> rusqlite::Result<Option<Self>> {
        Ok(Key::of(connection, table)?.map(|key| Self { table: table.to_owned(), key, kept: Vec::new() }))
    }

    /// Columns before the first that is asked for.
    pub(super) fn width(&self) -> usize {
        self.key.width()
    }

    /// The number of a row that was selected: its rowid, or the place of its key.
    fn number(&mut self, row: &Row<'_>) -> Option<i64> {
        let part = |at: usize| row.get_ref(at).unwrap_or(ValueRef::Null);
        if let Key::Rowid(_) = self.key {
            return match part(0) {
                ValueRef::Integer(rowid) => Some(rowid),
                _ => None,
            };
        }
        self.kept.push((0..self.width()).map(|at| KeyPart::from(part(at))).collect());
        Some(self.kept.len() as i64 - 1)
    }

    /// Selects `columns` behind the key, of all rows.
    fn all(&self, columns: &[Column]) -> String {
        let selected: Vec<&str> = columns.iter().map(|column| &*column.sql).collect();
        let (key, table) = (self.key.sql(), quoted(&self.table));
        format!("SELECT {key}, {} FROM {table} AS e NOT INDEXED ORDER BY {key}", selected.join(", "))
    }

    /// Asks for `columns` of the row with this number.
    pub(super) fn one<T>(
        &self,
        connection: &Connection,
        columns: &[Column],
        number: i64,
        take: impl FnOnce(&Row<'_>) -> rusqlite::Result<T>,
    ) -> rusqlite::Result<T> {
        let selected: Vec<&str> = columns.iter().map(|column| &*column.sql).collect();
        let (key, table, marks) = (self.key.sql(), quoted(&self.table), vec!["?"; self.width()].join(", "));
        let sql = format!(
            "SELECT {key}, {} FROM {table} AS e NOT INDEXED WHERE ({key}) = ({marks})",
            selected.join(", ")
        );
        let mut statement = connection.prepare_cached(&sql)?;
        let parts: Vec<&dyn ToSql> = match (&self.key, self.kept.get(number as usize)) {
            (Key::Primary(_), Some(kept)) => kept.iter().map(|part| part as &dyn ToSql).collect(),
            (Key::Primary(_), None) => return Err(rusqlite::Error::QueryReturnedNoRows),
            (Key::Rowid(_), _) => vec![&number],
        };
        statement.query_row(&*parts, take)
    }
}

/// A table with times and attributes of events.
pub(super) struct Part {
    pub(super) rows: Rows,
    /// Id, time, and then the attributes.
    pub(super) columns: Vec<Column>,
    /// Which of them are truth values.
    pub(super) truths: Vec<bool>,
    /// The type of its events, as far as the table tells.
    pub(super) event_type: String,
}

/// An event, as far as it is kept in memory.
#[derive(Clone, Copy)]
pub(super) struct Entry {
    /// Its number among the rows of the table of events; `None` where that is lost.
    pub(super) row: Option<i64>,
    /// Its place in the list of parts, and the number of its row there.
    pub(super) part: Option<(u32, i64)>,
}

#[derive(Clone, Copy)]
pub(super) struct Relation {
    pub(super) event: u32,
    pub(super) object: u32,
    pub(super) qualifier: u32,
}

/// What joins the tables.
pub(super) struct Index {
    pub(super) rows: Rows,
    pub(super) parts: Vec<Part>,
    /// In the order of the table; then those that are known by a part alone.
    pub(super) entries: Vec<Entry>,
    /// Places in `entries`, by time.
    pub(super) order: Vec<u32>,
    pub(super) objects: Vec<StreamName>,
    /// By event.
    pub(super) relations: Vec<Relation>,
    pub(super) qualifiers: Vec<Option<String>>,
    pub(super) issues: Vec<ReadIssue>,
}

/// Runs `take` on every row; damage ends it, and is told.
fn scan(
    connection: &Connection,
    sql: &str,
    (skip, columns): (usize, &[Column]),
    take: &mut dyn FnMut(&Row<'_>, &Cells<'_>),
) -> rusqlite::Result<Option<rusqlite::Error>> {
    let mut work = || {
        let mut statement = connection.prepare(sql)?;
        let mut rows = statement.query([])?;
        while let Some(row) = rows.next()? {
            take(row, &Cells::new(row, skip, columns));
        }
        Ok(())
    };
    match work() {
        Ok(()) => Ok(None),
        Err(error) if is_damage(&error) => Ok(Some(error)),
        Err(error) => Err(error),
    }
}

/// Selects `columns` of all rows of a table that is read once.
fn every(table: &str, columns: &[Column]) -> String {
    let selected: Vec<&str> = columns.iter().map(|column| &*column.sql).collect();
    format!("SELECT {} FROM {} AS e NOT INDEXED", selected.join(", "), quoted(table))
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

/// What is wrong with tables as a whole.
#[derive(Default)]
struct Troubles(Vec<ReadIssue>);

impl Troubles {
    fn tell(&mut self, table: &str, problem: String) {
        self.0.push(ReadIssue::new(format!("the table {table}"), problem, &[]));
    }

    /// What ended the reading of a table.
    fn cut(&mut self, table: &str, error: Option<&rusqlite::Error>) {
        if let Some(error) = error {
            self.tell(table, format!("The rest cannot be read: {}", sentence(error)));
        }
    }

    fn count(&mut self, table: &str, count: usize, problem: &str) {
        if count > 0 {
            self.tell(table, format!("{count} {problem}"));
        }
    }
}

/// The events while they are collected.
#[derive(Default)]
struct Events {
    entries: Vec<Entry>,
    by_id: HashMap<String, u32>,
    times: Vec<Option<i64>>,
}

impl Events {
    /// Reads the table of events; whether rows of it are lost.
    fn read(
        &mut self,
        connection: &Connection,
        tables: &Tables,
        rows: &mut Rows,
        troubles: &mut Troubles,
    ) -> rusqlite::Result<bool> {
        let table = &tables.events.table;
        let (mut repeated, mut nameless, mut disorder) = (0, 0, false);
        let columns = [Column::named(tables.events.id)];
        let sql = rows.all(&columns);
        let error = scan(connection, &sql, (rows.width(), &columns), &mut |row, cells| {
            let Some(number) = rows.number(row) else { return };
            // A broken tree may lead to a row again.
            if self.entries.last().is_some_and(|last| last.row >= Some(number)) {
                disorder = true;
                return;
            }
            let Some(id) = cells.text(0) else {
                nameless += 1;
                return;
            };
            let at = self.entries.len() as u32;
            self.entries.push(Entry { row: Some(number), part: None });
            if *self.by_id.entry(id).or_insert(at) != at {
                repeated += 1;
            }
        })?;
        let error = error.or_else(|| disorder.then(damage));
        troubles.cut(table, error.as_ref());
        troubles.count(table, nameless, "events have no id and were left out.");
        troubles.count(
            table,
            repeated,
            "events have the id of another one; they are shown without attributes.",
        );
        self.times = vec![None; self.entries.len()];
        Ok(error.is_some())
    }

    /// Joins the events with their times and attributes. Where rows of the table of events are lost, a row here is an
    /// event all the same.
    fn join(
        &mut self,
        connection: &Connection,
        parts: &mut [Part],
        are_lost: bool,
        troubles: &mut Troubles,
    ) -> rusqlite::Result<usize> {
        let mut found = 0;
        for (place, part) in parts.iter_mut().enumerate() {
            let columns = &part.columns[..2];
            let sql = part.rows.all(columns);
            let error = scan(connection, &sql, (part.rows.width(), columns), &mut |row, cells| {
                let Some(id) = cells.text(0) else { return };
                let at = match self.by_id.get(&id) {
                    Some(at) => *at,
                    None if are_lost => {
                        let at = self.entries.len() as u32;
                        self.entries.push(Entry { row: None, part: None });
                        self.times.push(None);
                        self.by_id.insert(id, at);
                        found += 1;
                        at
                    }
                    None => return,
                };
                let entry = &mut self.entries[at as usize];
                if entry.part.is_none()
                    && let Some(number) = part.rows.number(row)
                {
                    entry.part = Some((place as u32, number));
                    self.times[at as usize] = cells.time(1).map(Timestamp::nanos);
                }
            })?;
            troubles.cut(&part.rows.table, error.as_ref());
        }
        Ok(found)
    }
}

impl Index {
    /// Reads what joins the tables; `None` if the rows of the table of events cannot be told apart.
    pub(super) fn of(connection: &Connection, tables: &Tables) -> rusqlite::Result<Option<Self>> {
        let mut troubles = Troubles::default();
        let mut events = Events::default();
        let Some(mut rows) = Rows::of(connection, &tables.events.table)? else { return Ok(None) };
        let are_lost = events.read(connection, tables, &mut rows, &mut troubles)?;
        let mut parts = parts_of(connection, tables, &mut troubles)?;
        // In OCEL 1.0 there is one table, of which the same rows are lost.
        let found = events.join(connection, &mut parts, are_lost && tables.map.is_some(), &mut troubles)?;
        troubles.count(
            &tables.events.table,
            found,
            "of the events that cannot be read in it are known by their attributes.",
        );
        let related = related(connection, tables, &events.by_id, &mut troubles)?;
        // Relations of what is lost are no trouble of their own.
        let strays = if are_lost { 0 } else { related.strays };
        troubles.count(&tables.relations.table, strays, "relations name an event that is not there.");
        Ok(Some(Self {
            rows,
            parts,
            order: by_time(&events.times),
            entries: events.entries,
            objects: related.objects,
            relations: related.relations,
            qualifiers: related.qualifiers,
            issues: troubles.0,
        }))
    }
}

/// Objects, relations and qualifiers, and how many relations name no event.
struct Related {
    objects: Vec<StreamName>,
    relations: Vec<Relation>,
    qualifiers: Vec<Option<String>>,
    strays: usize,
}

fn related(
    connection: &Connection,
    tables: &Tables,
    by_id: &HashMap<String, u32>,
    troubles: &mut Troubles,
) -> rusqlite::Result<Related> {
    let mut numbers = Numbers::default();
    let mut objects: Vec<StreamName> = Vec::new();
    if let Some(things) = &tables.objects {
        let columns = [Column::named(things.id), Column::named(things.kind)];
        let sql = every(&things.table, &columns);
        let error = scan(connection, &sql, (0, &columns), &mut |_, cells| {
            let Some(id) = cells.text(0) else { return };
            if numbers.of(id.clone()) as usize == objects.len() {
                objects.push(StreamName { aggregate_type: cells.word(1), id });
            }
        })?;
        troubles.cut(&things.table, error.as_ref());
    }
    let of = &tables.relations;
    let column = |name: Option<&str>| {
        name.map_or_else(|| Column { label: String::new(), sql: "NULL".to_owned() }, Column::named)
    };
    let columns = [Column::named(of.event), Column::named(of.object), column(of.kind), column(of.qualifier)];
    let mut relations = Vec::new();
    let mut words = Numbers::default();
    let mut qualifiers = Vec::new();
    let mut strays = 0;
    let error = scan(connection, &every(&of.table, &columns), (0, &columns), &mut |_, cells| {
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
    troubles.cut(&of.table, error.as_ref());
    // Stable: an event's objects stay in the order of the table.
    relations.sort_by_key(|relation| relation.event);
    Ok(Related { objects, relations, qualifiers, strays })
}

/// Which types have which tables, as far as can be read: the names of table and type.
fn mapped(
    connection: &Connection,
    map: &str,
    troubles: &mut Troubles,
) -> rusqlite::Result<Vec<(String, String)>> {
    let mut named: Vec<(String, String)> = Vec::new();
    let columns = [Column::named("ocel_type_map"), Column::named("ocel_type")];
    let error = scan(connection, &every(map, &columns), (0, &columns), &mut |_, cells| {
        let Some(name) = cells.text(0) else { return };
        let event_type = cells.word(1).unwrap_or_else(|| name.clone());
        named.push((format!("event_{name}"), event_type));
    })?;
    troubles.cut(map, error.as_ref());
    if error.is_some() {
        // What the map lost is told by the tables' names.
        let mut statement = connection.prepare(
            "SELECT name, substr(name, 7) FROM sqlite_schema
             WHERE type = 'table' AND name LIKE 'event\\_%' ESCAPE '\\' ORDER BY rowid",
        )?;
        let tables = statement.query_map([], |row| Ok((row.get(0)?, row.get(1)?)))?;
        named.extend(tables.collect::<rusqlite::Result<Vec<_>>>()?);
    }
    Ok(named)
}

/// The tables with times and attributes: each once, though two types whose names differ in case share one.
fn parts_of(
    connection: &Connection,
    tables: &Tables,
    troubles: &mut Troubles,
) -> rusqlite::Result<Vec<Part>> {
    let named = match &tables.map {
        None => vec![(tables.events.table.clone(), String::new())],
        Some(map) => mapped(connection, map, troubles)?,
    };
    let mut parts: Vec<Part> = Vec::new();
    for (name, event_type) in named {
        // As it is spelled where it was made.
        let table: Option<String> = connection
            .prepare_cached(
                "SELECT name FROM sqlite_schema WHERE type = 'table' AND name = ?1 COLLATE NOCASE",
            )?
            .query_row([&name], |row| row.get(0))
            .optional()?;
        let Some(table) = table.filter(|table| parts.iter().all(|part| part.rows.table != *table)) else {
            continue;
        };
        let mut statement =
            connection.prepare_cached("SELECT name, type FROM pragma_table_xinfo(?1) ORDER BY cid")?;
        let declared: Vec<(String, String)> = statement
            .query_map(params![table], |row| Ok((row.get(0)?, row.get(1)?)))?
            .collect::<rusqlite::Result<_>>()?;
        let has = |name: &str| declared.iter().any(|(column, _)| column.eq_ignore_ascii_case(name));
        if !has(tables.id) || !has(tables.time) {
            continue;
        }
        let Some(rows) = Rows::of(connection, &table)? else {
            troubles.tell(&table, "Its columns are named rowid, oid and _rowid_, so its rows cannot be told apart; its events are shown without attributes.".to_owned());
            continue;
        };
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
        parts.push(Part { rows, columns, truths, event_type });
    }
    Ok(parts)
}
