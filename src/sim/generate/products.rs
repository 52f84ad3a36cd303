//! What is on the shelves and how often each product is bought: few products make up most of the orders.
//! Which products there are is the domain's; which events that gives is told by `shop` and `saga`.

use crate::base::prng::Prng;

/// A product's stock. Products are kept in the domain's order, the most popular first.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Item {
    /// Events in its stream.
    pub(super) version: u32,
    /// Pieces that can be reserved.
    pub(super) available: u64,
    /// Pieces in a delivery.
    pub(super) batch: u64,
    /// Whether a delivery is on its way.
    pub(super) is_awaited: bool,
}

impl Item {
    /// Whether more should be ordered now.
    pub(super) const fn is_low(&self) -> bool {
        !self.is_awaited && self.available < self.batch / 2
    }
}

/// All products.
pub(super) struct Shelf {
    pub(super) items: Vec<Item>,
    /// Running sums of popularity.
    weights: Vec<u64>,
}

/// Popularity by rank.
const fn weight(rank: u64) -> u64 {
    (1 << 32) / (rank * rank)
}

impl Shelf {
    /// So many products, for `pieces_a_day`.
    pub(super) fn new(products: usize, pieces_a_day: u64) -> Self {
        let ranks = 1..=products as u64;
        let mut sum = 0;
        let weights: Vec<u64> = ranks
            .clone()
            .map(|rank| {
                sum += weight(rank);
                sum
            })
            .collect();
        let items = ranks.map(|rank| {
            let pieces = pieces_a_day.saturating_mul(weight(rank) >> 16) / (sum >> 16);
            Item { batch: (pieces * 3 / 2).max(12), ..Item::default() }
        });
        Self { items: items.collect(), weights }
    }

    /// A product somebody wants, as its index.
    pub(super) fn pick(&self, prng: &mut Prng) -> usize {
        let all = self.weights.last().copied().unwrap_or_default();
        let at = prng.below(all);
        self.weights.partition_point(|sum| *sum <= at)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_most_popular_product_sells_four_times_as_often_as_the_next() {
        let shelf = Shelf::new(6, 800);
        let mut prng = Prng::new(4);
        let mut sold = vec![0_u32; shelf.items.len()];
        for _ in 0..100_000 {
            sold[shelf.pick(&mut prng)] += 1;
        }
        assert!((37..=43).contains(&(sold[0] * 10 / sold[1])), "{} and {}", sold[0], sold[1]);
        assert!(sold.iter().all(|sold| *sold > 0), "the last one sells, too");
    }
}
