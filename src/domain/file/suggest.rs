//! Which known name was probably meant, as the end of a sentence.

use crate::base::nearest::nearest;

/// ` Did you mean NAME?`, or nothing.
pub(super) fn did_you_mean<'k>(name: &str, known: impl IntoIterator<Item = &'k str>) -> String {
    nearest(name, known).map_or_else(String::new, |known| format!(" Did you mean {known}?"))
}
