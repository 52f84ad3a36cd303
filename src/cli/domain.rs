//! Domain files on the command line: mistakes are told a line each, with the place in the way compilers do it.

use std::sync::Arc;

use super::{AlreadySaid, notice, text};
use crate::domain::Domain;
use crate::engine::{DomainFileError, open_domain};

/// The domain named by an argument: a built-in one or a file.
pub(super) fn open(which: &str) -> anyhow::Result<Arc<Domain>> {
    open_domain(which).map_err(|error| match error {
        DomainFileError::Wrong { path, errors } => {
            let path = text::clean(&path.display().to_string());
            for error in errors.iter() {
                notice::say(&format!("{path}:{}:{}: {}", error.line, error.column, error.message));
            }
            AlreadySaid.into()
        }
        other => other.into(),
    })
}
