//! SQLite databases, opened so that nothing beside or in them changes.

use std::path::Path;

use super::mapping::{Mapping, Proposal};
use super::shape::SqliteShape;
use super::{OpenRequest, StoreError, StoreReader};

pub(super) fn look(_path: &Path, _cache_dir: &Path) -> Result<SqliteShape, StoreError> {
    Ok(SqliteShape::default())
}

pub(super) fn propose(
    _request: &OpenRequest<'_>,
    _shape: &SqliteShape,
) -> Result<Option<Proposal>, StoreError> {
    Ok(None)
}

pub(super) fn open_mapped(
    request: &OpenRequest<'_>,
    _shape: &SqliteShape,
    _mapping: &Mapping,
) -> Result<Box<dyn StoreReader>, StoreError> {
    Err(StoreError::NotAStore { reason: String::new(), path: request.path.to_owned() })
}
