//! SQLite databases that others wrote, opened so that nothing beside or in them changes ([`open`]), and their
//! rows as events ([`rows`]). One file a format; tables that no format claims are read through a mapping
//! ([`mapped`]).

mod cells;
mod copy;
mod cqrs_es;
mod emmett;
mod fields;
mod key;
mod mapped;
mod ocel;
mod ocel_index;
mod ocel_rows;
mod open;
mod pyeventsourcing;
mod rows;
mod sidecar;

use std::path::Path;

use rusqlite::Connection;

use super::shape::{SqliteShape, TableShape};
use super::{SourceInfo, StoreError};

pub(super) use cells::{Cells, Column, needs_no_repair, quoted, time_of_text};
pub(super) use cqrs_es::CqrsEsSqlite;
pub(super) use emmett::EmmettSqlite;
pub(super) use key::Key;
pub(super) use mapped::{open_mapped, propose, propose_table};
pub(super) use ocel::OcelSqlite;
pub(super) use open::{Database, is_damage, sentence};
pub(super) use pyeventsourcing::PyEventSourcingSqlite;
pub(super) use rows::{Plan, Quick, RowReader, Traits};

/// The tables of a database: none of SQLite's own, no views, nothing virtual.
pub(super) fn look(path: &Path, cache_dir: &Path) -> Result<SqliteShape, StoreError> {
    Database::open(path, cache_dir)?.read_or_store_error(tables)
}

fn tables(connection: &Connection) -> rusqlite::Result<SqliteShape> {
    let mut statement = connection.prepare(
        "SELECT l.name, l.wr, x.name FROM pragma_table_list AS l, pragma_table_xinfo(l.name) AS x
         WHERE l.schema = 'main' AND l.type = 'table' AND l.name NOT LIKE 'sqlite\\_%' ESCAPE '\\'
         ORDER BY l.name, x.cid",
    )?;
    let mut rows = statement.query([])?;
    let mut tables: Vec<TableShape> = Vec::new();
    while let Some(row) = rows.next()? {
        // A name that is no UTF-8 cannot be asked for.
        let (Ok(name), Ok(column)) = (row.get::<_, String>(0), row.get::<_, String>(2)) else { continue };
        match tables.last_mut() {
            Some(table) if table.name == name => table.columns.push(column),
            _ => tables.push(TableShape { name, columns: vec![column], without_rowid: row.get(1)? }),
        }
    }
    Ok(SqliteShape { tables })
}

/// What every reader says of its source.
pub(super) fn source_info(format: &str, title: &str, path: &Path) -> Result<SourceInfo, StoreError> {
    let bytes = std::fs::metadata(path).map_err(|error| StoreError::io(path, &error))?.len();
    Ok(SourceInfo {
        path: path.to_owned(),
        format: format.to_owned(),
        title: title.to_owned(),
        bytes,
        has_rows: true,
        ..SourceInfo::default()
    })
}

/// A table whose columns hide every name of the rowid cannot be read in parts.
fn no_rowid(path: &Path, table: &str) -> StoreError {
    let reason = format!(
        "the table {table} has columns named rowid, oid and _rowid_, so its rows cannot be told apart. Rename one of them in a copy"
    );
    StoreError::Sqlite { reason, path: path.to_owned() }
}
