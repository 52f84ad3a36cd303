//! The key of a table's rows: by what they are ordered and found again.

use rusqlite::Connection;
use rusqlite::types::{ToSql, ToSqlOutput, ValueRef};

use super::cells::quoted;

/// A table's key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Key {
    /// The rowid, by a name that no column hides.
    Rowid(String),
    /// The primary key of a table WITHOUT ROWID.
    Primary(Vec<String>),
}

impl Key {
    /// The key of `table`; none if every name of its rowid is hidden.
    pub(crate) fn of(connection: &Connection, table: &str) -> rusqlite::Result<Option<Self>> {
        let without_rowid: bool = connection.query_row(
            "SELECT wr FROM pragma_table_list WHERE schema = 'main' AND name = ?1",
            [table],
            |row| row.get(0),
        )?;
        let mut statement =
            connection.prepare("SELECT name, pk, type FROM pragma_table_xinfo(?1) ORDER BY pk, cid")?;
        let columns: Vec<(String, i64, String)> = statement
            .query_map([table], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)))?
            .collect::<rusqlite::Result<_>>()?;
        let primary: Vec<&(String, i64, String)> = columns.iter().filter(|(_, pk, _)| *pk > 0).collect();
        if without_rowid {
            return Ok(Some(Self::Primary(primary.iter().map(|(name, ..)| name.clone()).collect())));
        }
        let free = ["rowid", "_rowid_", "oid"]
            .into_iter()
            .find(|alias| !columns.iter().any(|(name, ..)| name.eq_ignore_ascii_case(alias)));
        Ok(match (free, primary.as_slice()) {
            (Some(alias), _) => Some(Self::Rowid(alias.to_owned())),
            (None, [(name, _, declared)]) if declared.eq_ignore_ascii_case("INTEGER") => {
                Some(Self::Rowid(name.clone()))
            }
            (None, _) => None,
        })
    }

    fn columns(&self) -> Vec<&str> {
        match self {
            Self::Rowid(name) => vec![name],
            Self::Primary(names) => names.iter().map(String::as_str).collect(),
        }
    }

    /// `e."a", e."b"`.
    pub(super) fn sql(&self) -> String {
        self.columns().iter().map(|name| format!("e.{}", quoted(name))).collect::<Vec<_>>().join(", ")
    }

    pub(super) fn width(&self) -> usize {
        self.columns().len()
    }
}

/// A part of a key, byte for byte: text need not be UTF-8.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum KeyPart {
    Null,
    Integer(i64),
    Real(f64),
    Text(Vec<u8>),
    Blob(Vec<u8>),
}

impl From<ValueRef<'_>> for KeyPart {
    fn from(value: ValueRef<'_>) -> Self {
        match value {
            ValueRef::Null => Self::Null,
            ValueRef::Integer(number) => Self::Integer(number),
            ValueRef::Real(number) => Self::Real(number),
            ValueRef::Text(bytes) => Self::Text(bytes.to_owned()),
            ValueRef::Blob(bytes) => Self::Blob(bytes.to_owned()),
        }
    }
}

impl ToSql for KeyPart {
    fn to_sql(&self) -> rusqlite::Result<ToSqlOutput<'_>> {
        Ok(ToSqlOutput::Borrowed(match self {
            Self::Null => ValueRef::Null,
            Self::Integer(number) => ValueRef::Integer(*number),
            Self::Real(number) => ValueRef::Real(*number),
            Self::Text(bytes) => ValueRef::Text(bytes),
            Self::Blob(bytes) => ValueRef::Blob(bytes),
        }))
    }
}

pub(super) type RowKey = Vec<KeyPart>;
