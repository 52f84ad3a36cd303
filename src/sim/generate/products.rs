//! What is on the shelves and how often each product is bought: few products make up most of the orders.
//! Which events that gives is told by `shop` and `order`.

use crate::base::prng::Prng;

/// A product's stock. Products are kept by popularity and get their number when first bought.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Item {
    /// From 1; 0 while nobody has bought it.
    pub(super) number: u32,
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
    pub(super) fn is_low(&self) -> bool {
        !self.is_awaited && self.available < self.batch / 2
    }
}

/// All products, the most popular first.
pub(super) struct Shelf {
    pub(super) items: Vec<Item>,
    /// Running sums of popularity.
    weights: Vec<u64>,
    numbered: u32,
}

/// Popularity by rank: Zipf's law, with a little more for the very first.
fn weight(rank: u64) -> u64 {
    let unit = 1 << 32;
    unit / rank + unit / (3 * rank * rank)
}

impl Shelf {
    /// As many products as fit a log of `events` events and `orders_a_day`.
    pub(super) fn new(events: u64, orders_a_day: u64) -> Self {
        let count = events.isqrt().clamp(40, 20_000);
        let mut sum = 0;
        let weights: Vec<u64> = (1..=count)
            .map(|rank| {
                sum += weight(rank);
                sum
            })
            .collect();
        let items = (1..=count)
            .map(|rank| {
                // An order takes about five pieces of three or four products.
                let pieces_a_day = orders_a_day * 5 * weight(rank) / sum;
                Item { batch: (pieces_a_day * 2).max(24), ..Item::default() }
            })
            .collect();
        Self { items, weights, numbered: 0 }
    }

    /// A product somebody wants, as its index.
    pub(super) fn pick(&self, prng: &mut Prng) -> usize {
        let all = self.weights.last().copied().unwrap_or_default();
        let at = prng.below(all);
        self.weights.partition_point(|sum| *sum <= at)
    }

    /// Gives a product its number, if it has none. Whether it had none.
    pub(super) fn list(&mut self, index: usize) -> bool {
        let item = &mut self.items[index];
        let is_new = item.number == 0;
        if is_new {
            self.numbered += 1;
            item.number = self.numbered;
        }
        is_new
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_most_popular_product_sells_more_than_twice_as_often_as_the_next() {
        let shelf = Shelf::new(1_000_000, 800);
        let mut prng = Prng::new(4);
        let mut sold = vec![0_u32; shelf.items.len()];
        for _ in 0..100_000 {
            sold[shelf.pick(&mut prng)] += 1;
        }
        assert!((21..=25).contains(&(sold[0] * 10 / sold[1])), "{} and {}", sold[0], sold[1]);
        assert!(sold[999] > 0, "the last one sells, too");
    }
}
