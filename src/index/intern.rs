//! Numbers for texts that come again and again.

use std::sync::Arc;

use foldhash::HashMap;

/// Gives each distinct text a number, from 0 in order of appearance.
#[derive(Debug, Default)]
pub(super) struct Interner {
    numbers: HashMap<Arc<str>, u32>,
}

impl Interner {
    /// The number of `text`, and the shared text if it is new.
    pub(super) fn number(&mut self, text: &str) -> (u32, Option<Arc<str>>) {
        if let Some(number) = self.numbers.get(text) {
            return (*number, None);
        }
        let number = self.numbers.len() as u32;
        let shared: Arc<str> = text.into();
        self.numbers.insert(Arc::clone(&shared), number);
        (number, Some(shared))
    }
}
