//! From a path to a reader: look at the file once, ask every format, fall back to a mapping.

use std::fs::File;
use std::io::Read as _;
use std::path::Path;

use super::mapping::{Mapping, Proposal};
use super::shape::Shape;
use super::{FORMATS, Format, OpenRequest, StoreError, StoreReader, json, sqlite};
use crate::base::limits::PROBE_BYTES;

/// What a file turned out to be.
pub enum Detection {
    /// A known format.
    Known(&'static dyn Format),
    /// Rows of an unknown shape, and how they could be read.
    Proposed(Proposal),
}

/// The first 16 bytes of every SQLite database.
const SQLITE_MAGIC: &[u8] = b"SQLite format 3\0";

/// Looks at a file's content, never at its name.
pub fn look(path: &Path, cache_dir: &Path) -> Result<Shape, StoreError> {
    let meta = std::fs::metadata(path).map_err(|error| StoreError::io(path, &error))?;
    if meta.is_dir() {
        return Err(StoreError::io(path, &std::io::ErrorKind::IsADirectory.into()));
    }
    if !meta.is_file() {
        let reason =
            "This is no regular file but a device or a pipe; save its content as a file first".to_owned();
        return Err(StoreError::NotAStore { reason, path: path.to_owned() });
    }
    let mut head = Vec::new();
    File::open(path)
        .and_then(|file| file.take(PROBE_BYTES as u64).read_to_end(&mut head))
        .map_err(|error| StoreError::io(path, &error))?;
    if head.starts_with(SQLITE_MAGIC) {
        return sqlite::look(path, cache_dir).map(Shape::Sqlite);
    }
    Ok(match json::look(path, &head)? {
        Some(shape) => Shape::Json(shape),
        None => Shape::Other { described: describe(&head).to_owned() },
    })
}

/// The description of a file without a byte.
const EMPTY: &str = "an empty file";

/// What bytes that are neither SQLite nor JSON seem to be.
fn describe(head: &[u8]) -> &'static str {
    match head {
        [] => EMPTY,
        // What is unpacked once is not unpacked again.
        [0x1f, 0x8b, ..] => "gzip-compressed data; unpack it first",
        [0x28, 0xb5, 0x2f, 0xfd, ..] => "zstd-compressed data; unpack it first",
        [b'P', b'K', 3, 4, ..] => "a zip archive; unpack it first",
        [b'<', ..] => "XML or HTML",
        _ if head.contains(&0) => "binary data",
        _ if std::str::from_utf8(head).is_ok_and(|text| !text.trim().is_empty()) => "text, but not JSON",
        _ if head.iter().all(u8::is_ascii_whitespace) => "a file of nothing but white space",
        _ => "binary data",
    }
}

/// Which format a file of this shape is of, or how it could be mapped.
pub fn detect(request: &OpenRequest<'_>) -> Result<Detection, StoreError> {
    if let Some(format) = FORMATS.iter().find(|format| format.claims(request.shape)) {
        return Ok(Detection::Known(*format));
    }
    let proposal = match request.shape {
        Shape::Sqlite(shape) => sqlite::propose(request, shape)?,
        Shape::Json(shape) if shape.records.is_empty() => {
            let reason =
                "Nothing in this file looks like events: it has no record that is an object".to_owned();
            return Err(StoreError::NotAStore { reason, path: request.path.to_owned() });
        }
        Shape::Json(shape) => json::propose(shape),
        Shape::Other { described } if described == EMPTY => {
            let reason = "This is an empty file, so there are no events in it. If another program writes it, open it again when it has begun"
                .to_owned();
            return Err(StoreError::NotAStore { reason, path: request.path.to_owned() });
        }
        Shape::Other { described } => {
            let reason = format!(
                "This is not an event store Sagascope knows: it looks like {described}. It opens SQLite databases and JSON; `sagascope formats` lists them"
            );
            return Err(StoreError::NotAStore { reason, path: request.path.to_owned() });
        }
    };
    proposal.map(Detection::Proposed).ok_or_else(|| StoreError::NotAStore {
        reason: "Nothing in this file looks like events: no table or record has columns that could be a type, a stream or a time".to_owned(),
        path: request.path.to_owned(),
    })
}

/// How one table of a database could be read: for a person who says that the events are in another table than
/// the one that was proposed.
pub fn propose_table(path: &Path, cache_dir: &Path, table: &str) -> Result<Proposal, StoreError> {
    let shape = look(path, cache_dir)?;
    let request = OpenRequest { path, shape: &shape, cache_dir };
    match &shape {
        Shape::Sqlite(tables) => sqlite::propose_table(&request, tables, table),
        Shape::Json(_) | Shape::Other { .. } => Err(StoreError::Mapping {
            reason: "this file has no tables any more. Open it again".to_owned(),
            path: path.to_owned(),
        }),
    }
}

/// Opens a file by its own format, or through `mapping` where one is given.
pub fn open(
    request: &OpenRequest<'_>,
    format: Option<&dyn Format>,
    mapping: Option<&Mapping>,
) -> Result<Box<dyn StoreReader>, StoreError> {
    match (mapping, format, request.shape) {
        (Some(mapping), _, Shape::Sqlite(shape)) => sqlite::open_mapped(request, shape, mapping),
        (Some(mapping), _, Shape::Json(shape)) => json::open_mapped(request, shape, mapping),
        (None, Some(format), _) => format.open(request),
        (_, None, _) | (_, _, Shape::Other { .. }) => match detect(request)? {
            Detection::Known(format) => format.open(request),
            Detection::Proposed(_) => Err(StoreError::Mapping {
                reason: "no format claims this file, so it needs a mapping".to_owned(),
                path: request.path.to_owned(),
            }),
        },
    }
}
