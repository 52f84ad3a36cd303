//! An order: who ordered what, for how much. What becomes of it is the matter of `saga`.

use super::products::Lines;
use super::template::Fill;
use super::vocabulary::Vocabulary;

/// Who ordered what.
#[derive(Clone, Copy, Debug)]
pub(super) struct Order {
    pub(super) number: u32,
    pub(super) user: u32,
    pub(super) lines: Lines,
    /// What they cost together.
    pub(super) total: u64,
    /// Which versions of the schemas it is written in.
    pub(super) era: usize,
}

impl Order {
    /// What fills the gaps of its texts, where the first line stands for all.
    pub(super) fn fill<'a>(&'a self, words: &'a Vocabulary) -> Fill<'a> {
        let fill = Fill {
            number: self.number,
            user: self.user,
            lines: self.lines.as_slice(),
            total: self.total,
            products: &words.products,
            ..Fill::default()
        };
        fill.at(0)
    }
}
