//! Files of JSON: lines, arrays and single documents.

use std::path::Path;

use super::mapping::{Mapping, Proposal};
use super::shape::JsonShape;
use super::{OpenRequest, StoreError, StoreReader};

pub(super) fn look(_path: &Path, _head: &[u8]) -> Result<Option<JsonShape>, StoreError> {
    Ok(None)
}

pub(super) fn propose(_shape: &JsonShape) -> Option<Proposal> {
    None
}

pub(super) fn open_mapped(
    request: &OpenRequest<'_>,
    _shape: &JsonShape,
    _mapping: &Mapping,
) -> Result<Box<dyn StoreReader>, StoreError> {
    Err(StoreError::NotAStore { reason: String::new(), path: request.path.to_owned() })
}
