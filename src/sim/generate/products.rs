//! What is on the shelves and in an order, and how often each product is bought: few make up most of the orders.
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

/// Most lines of an order.
pub(super) const LINES_MAX: usize = 5;

/// Lines of an order in percent of the orders: one, two and so on.
const LINES: [u64; LINES_MAX] = [56, 22, 12, 6, 4];

/// So many pieces of a product.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Piece {
    /// Which product.
    pub(super) product: usize,
    /// How many.
    pub(super) quantity: u64,
}

/// The lines of an order, each about another product.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Lines {
    pieces: [Piece; LINES_MAX],
    count: usize,
}

impl Lines {
    pub(super) fn as_slice(&self) -> &[Piece] {
        &self.pieces[..self.count]
    }

    pub(super) fn push(&mut self, product: usize, quantity: u64) {
        self.pieces[self.count] = Piece { product, quantity };
        self.count += 1;
    }

    fn has(&self, product: usize) -> bool {
        self.as_slice().iter().any(|piece| piece.product == product)
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
            Item { batch: (pieces * 4).max(30), ..Item::default() }
        });
        Self { items: items.collect(), weights }
    }

    /// What somebody orders: of each line from `few` to `many` pieces.
    pub(super) fn order(&self, prng: &mut Prng, (few, many): (u64, u64)) -> Lines {
        let mut at = prng.below(LINES.iter().sum());
        let count = LINES.iter().position(|share| {
            let is_here = at < *share;
            at = at.saturating_sub(*share);
            is_here
        });
        let count = count.map_or(1, |index| index + 1).min(self.items.len());
        let mut lines = Lines::default();
        while lines.count < count {
            // Who has it already takes what comes next to it.
            let mut product = self.pick(prng);
            while lines.has(product) {
                product = (product + 1) % self.items.len();
            }
            lines.push(product, prng.between(few, many));
        }
        lines
    }

    /// The first line that there is too little of.
    pub(super) fn lacks(&self, lines: &Lines) -> Option<usize> {
        lines.as_slice().iter().position(|piece| self.items[piece.product].available < piece.quantity)
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

    #[test]
    fn orders_have_one_to_five_lines_each_about_another_product() {
        let shelf = Shelf::new(6, 800);
        let mut prng = Prng::new(5);
        let mut seen = [0_u32; LINES_MAX];
        for _ in 0..10_000 {
            let lines = shelf.order(&mut prng, (1, 3));
            let mut products: Vec<usize> = lines.as_slice().iter().map(|piece| piece.product).collect();
            seen[products.len() - 1] += 1;
            products.sort_unstable();
            products.dedup();
            assert_eq!(products.len(), lines.as_slice().len());
            assert!(lines.as_slice().iter().all(|piece| (1..=3).contains(&piece.quantity)));
        }
        assert!(seen.is_sorted_by(|more, fewer| more > fewer) && seen[LINES_MAX - 1] > 200, "{seen:?}");
    }

    #[test]
    fn an_order_lacks_what_is_not_on_the_shelf() {
        let mut shelf = Shelf::new(2, 10);
        shelf.items[0].available = 5;
        shelf.items[1].available = 1;
        let mut lines = Lines::default();
        lines.push(0, 5);
        assert_eq!(shelf.lacks(&lines), None);
        lines.push(1, 2);
        assert_eq!(shelf.lacks(&lines), Some(1));
    }
}
