//! Where the nodes of a directed graph stand, in layers from top to bottom, and through which points its edges run, so
//! that few cross and none runs through a node (the method of Sugiyama, Tagawa and Toda, 1981: layers by the longest
//! path, places for edges that pass a layer, order by the mean of the neighbours). Knows nothing of what is drawn.

/// Size of a node, and the least room between two, in pixels.
#[derive(Clone, Copy, Debug)]
pub(super) struct Sizes {
    /// Width and height of a node.
    pub(super) node: (i32, i32),
    /// Between two nodes beside each other.
    pub(super) across: i32,
    /// From the top of a layer to the top of the next.
    pub(super) down: i32,
}

/// Room that an edge takes where it passes a layer.
const PASSING: i32 = 28;
/// How often the layers are put in order, and moved towards their neighbours.
const SWEEPS: usize = 12;

/// Where everything stands.
#[derive(Clone, Debug, Default)]
pub(super) struct Layered {
    /// Middle of each node.
    pub(super) nodes: Vec<(i32, i32)>,
    /// Points of each edge, from its beginning to its end.
    pub(super) edges: Vec<Vec<(i32, i32)>>,
    /// Width and height of it all.
    pub(super) size: (i32, i32),
}

/// A node, or the place where an edge passes a layer.
struct Item {
    node: Option<usize>,
    layer: usize,
    x: i32,
    above: Vec<usize>,
    below: Vec<usize>,
}

/// Lays out `nodes` nodes, of which those with lower numbers rather stand above; `edges` name them by number.
pub(super) fn lay_out(nodes: usize, edges: &[(usize, usize)], sizes: Sizes) -> Layered {
    if nodes == 0 {
        return Layered::default();
    }
    let layers = layers(nodes, edges);
    let mut items: Vec<Item> = (0..nodes).map(|node| Item::new(Some(node), layers[node])).collect();
    // For each edge the items it runs through, from above to below.
    let ways: Vec<Vec<usize>> = edges
        .iter()
        .map(|(from, to)| {
            let (upper, lower) = (*from.min(to), *from.max(to));
            let mut way = vec![upper];
            for layer in layers[upper] + 1..layers[lower] {
                items.push(Item::new(None, layer));
                way.push(items.len() - 1);
            }
            way.push(lower);
            for pair in way.windows(2) {
                items[pair[0]].below.push(pair[1]);
                items[pair[1]].above.push(pair[0]);
            }
            way
        })
        .collect();
    let mut rows: Vec<Vec<usize>> = vec![Vec::new(); layers.iter().max().map_or(0, |last| last + 1)];
    for (at, item) in items.iter().enumerate() {
        rows[item.layer].push(at);
    }
    order(&mut rows, &mut items);
    place(&rows, &mut items, sizes);
    let left = items.iter().map(|item| item.x - item.width(sizes) / 2).min().unwrap_or(0);
    for item in &mut items {
        item.x -= left;
    }
    let y = |layer: usize| layer as i32 * sizes.down + sizes.node.1 / 2;
    let right = items.iter().map(|item| item.x + item.width(sizes) / 2).max().unwrap_or(0);
    Layered {
        nodes: items[..nodes].iter().map(|item| (item.x, y(item.layer))).collect(),
        edges: routes(edges, &ways, &items, sizes),
        size: (right, (rows.len() as i32 - 1) * sizes.down + sizes.node.1),
    }
}

impl Item {
    fn new(node: Option<usize>, layer: usize) -> Self {
        Self { node, layer, x: 0, above: Vec::new(), below: Vec::new() }
    }

    fn width(&self, sizes: Sizes) -> i32 {
        if self.node.is_some() { sizes.node.0 } else { PASSING }
    }
}

/// The layer of each node: one below the lowest of those that lead to it.
fn layers(nodes: usize, edges: &[(usize, usize)]) -> Vec<usize> {
    let mut down: Vec<Vec<usize>> = vec![Vec::new(); nodes];
    for (from, to) in edges.iter().filter(|(from, to)| from != to) {
        down[*from.min(to)].push(*from.max(to));
    }
    let mut layers = vec![0; nodes];
    for from in 0..nodes {
        for to in &down[from] {
            layers[*to] = layers[*to].max(layers[from] + 1);
        }
    }
    layers
}

/// Brings each row into the order of the mean places of its neighbours, down and up in turn.
fn order(rows: &mut [Vec<usize>], items: &mut [Item]) {
    let mut best: Option<(usize, Vec<Vec<usize>>)> = None;
    for sweep in 0..SWEEPS {
        let all: Vec<usize> =
            if sweep % 2 == 0 { (0..rows.len()).collect() } else { (0..rows.len()).rev().collect() };
        for row in all {
            for (place, item) in rows[row].iter().enumerate() {
                items[*item].x = place as i32;
            }
            let key = |item: &usize| {
                let neighbours = if sweep % 2 == 0 { &items[*item].above } else { &items[*item].below };
                let sum: i64 = neighbours.iter().map(|other| i64::from(items[*other].x) * 1_024).sum();
                match neighbours.len() as i64 {
                    0 => i64::from(items[*item].x) * 1_024,
                    count => sum / count,
                }
            };
            let mut sorted: Vec<(i64, usize)> = rows[row].iter().map(|item| (key(item), *item)).collect();
            sorted.sort_by_key(|(key, _)| *key);
            rows[row] = sorted.into_iter().map(|(_, item)| item).collect();
            for (place, item) in rows[row].iter().enumerate() {
                items[*item].x = place as i32;
            }
        }
        let crossings = crossings(rows, items);
        if best.as_ref().is_none_or(|(known, _)| crossings < *known) {
            best = Some((crossings, rows.to_vec()));
        }
    }
    if let Some((_, kept)) = best {
        rows.clone_from_slice(&kept);
    }
}

/// How many pairs of edges between neighbouring rows cross.
fn crossings(rows: &[Vec<usize>], items: &[Item]) -> usize {
    let between = |row: &Vec<usize>| {
        let mut ends: Vec<(i32, i32)> = Vec::new();
        for item in row {
            ends.extend(items[*item].below.iter().map(|other| (items[*item].x, items[*other].x)));
        }
        let crosses = |(at, one): (usize, &(i32, i32))| {
            ends[at + 1..].iter().filter(|other| (one.0 - other.0) * (one.1 - other.1) < 0).count()
        };
        ends.iter().enumerate().map(crosses).sum::<usize>()
    };
    rows.iter().map(between).sum()
}

/// Moves the items of each row towards their neighbours, as far as the row's order and room allow.
fn place(rows: &[Vec<usize>], items: &mut [Item], sizes: Sizes) {
    let apart = |one: &Item, other: &Item| one.width(sizes).midpoint(other.width(sizes)) + sizes.across;
    for row in rows {
        let mut x = 0;
        for pair in row.windows(2) {
            x += apart(&items[pair[0]], &items[pair[1]]);
            items[pair[1]].x = x;
        }
        for item in row {
            items[*item].x -= x / 2;
        }
        if let Some(first) = row.first() {
            items[*first].x = -x / 2;
        }
    }
    for sweep in 0..SWEEPS * 2 {
        let downward = sweep % 2 == 0;
        let all: Vec<&Vec<usize>> =
            if downward { rows.iter().collect() } else { rows.iter().rev().collect() };
        for row in all {
            let wanted: Vec<i32> = row
                .iter()
                .map(|item| {
                    let near = if downward { &items[*item].above } else { &items[*item].below };
                    let sum: i32 = near.iter().map(|other| items[*other].x).sum();
                    if near.is_empty() { items[*item].x } else { sum / near.len() as i32 }
                })
                .collect();
            let (mut left, mut right) = (wanted.clone(), wanted);
            for at in 1..row.len() {
                left[at] = left[at].max(left[at - 1] + apart(&items[row[at - 1]], &items[row[at]]));
            }
            for at in (1..row.len()).rev() {
                right[at - 1] = right[at - 1].min(right[at] - apart(&items[row[at - 1]], &items[row[at]]));
            }
            // Both keep the room between neighbours, and so does what lies between them.
            for (at, item) in row.iter().enumerate() {
                items[*item].x = left[at].midpoint(right[at]);
            }
        }
    }
}

/// The points of each edge. Where several leave a node or come to it, they do so side by side.
fn routes(
    edges: &[(usize, usize)],
    ways: &[Vec<usize>],
    items: &[Item],
    sizes: Sizes,
) -> Vec<Vec<(i32, i32)>> {
    let (width, height) = sizes.node;
    let top = |item: usize| items[item].layer as i32 * sizes.down;
    // The ends below and above each node, by where they come from.
    let mut ports: Vec<[Vec<(i32, usize)>; 2]> = vec![<[Vec<(i32, usize)>; 2]>::default(); items.len()];
    for (edge, way) in ways.iter().enumerate() {
        if way.len() > 1 && way[0] != way[way.len() - 1] {
            ports[way[0]][1].push((items[way[1]].x, edge));
            ports[way[way.len() - 1]][0].push((items[way[way.len() - 2]].x, edge));
        }
    }
    for sides in &mut ports {
        for side in sides {
            side.sort_unstable();
        }
    }
    let port = |item: usize, side: usize, edge: usize| {
        let all = &ports[item][side];
        let place = all.iter().position(|(_, known)| *known == edge).unwrap_or(0) as i32;
        let room = width * 7 / 10;
        items[item].x - room / 2 + room * (place * 2 + 1) / (all.len().max(1) as i32 * 2)
    };
    let route = |(edge, way): (usize, &Vec<usize>)| {
        let (first, last) = (way[0], way[way.len() - 1]);
        if first == last {
            // Back to itself: a loop at its side.
            let (x, y) = (items[first].x + width / 2, top(first));
            return vec![(x, y + height / 4), (x + PASSING, y + height / 2), (x, y + height * 3 / 4)];
        }
        let mut points = vec![(port(first, 1, edge), top(first) + height)];
        for item in &way[1..way.len() - 1] {
            points.push((items[*item].x, top(*item)));
            points.push((items[*item].x, top(*item) + height));
        }
        points.push((port(last, 0, edge), top(last)));
        if edges[edge].0 > edges[edge].1 {
            points.reverse();
        }
        points
    };
    ways.iter().enumerate().map(route).collect()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const SIZES: Sizes = Sizes { node: (100, 40), across: 20, down: 100 };

    #[test]
    fn a_chain_stands_straight_and_a_way_back_runs_beside_it() {
        let drawn = lay_out(3, &[(0, 1), (1, 2), (2, 0)], SIZES);
        assert_eq!(drawn.nodes.iter().map(|(_, y)| *y).collect::<Vec<_>>(), [20, 120, 220]);
        let back = &drawn.edges[2];
        assert_eq!(
            (back[0].1, back[back.len() - 1].1),
            (200, 40),
            "from the top of the third up to the first"
        );
        let passes = back.iter().filter(|(_, y)| (100..=140).contains(y));
        assert!(passes.clone().count() == 2);
        assert!(
            passes.into_iter().all(|(x, _)| (x - drawn.nodes[1].0).abs() >= 50),
            "beside the second: {back:?}"
        );
    }

    proptest! {
        #[test]
        fn no_node_is_covered_and_every_edge_joins_its_ends(
            nodes in 1_usize..24,
            pairs in proptest::collection::vec((0_usize..24, 0_usize..24), 0..50),
        ) {
            let mut edges: Vec<(usize, usize)> = pairs.into_iter().map(|(a, b)| (a % nodes, b % nodes)).collect();
            edges.sort_unstable();
            edges.dedup();
            let drawn = lay_out(nodes, &edges, SIZES);
            let (width, height) = SIZES.node;
            let bounds = |node: usize| {
                let (x, y) = drawn.nodes[node];
                (x - width / 2, y - height / 2, x + width / 2, y + height / 2)
            };
            for one in 0..nodes {
                let (left, top, right, bottom) = bounds(one);
                prop_assert!(left >= 0 && top >= 0 && right <= drawn.size.0 + 1 && bottom <= drawn.size.1);
                for other in 0..one {
                    let (l, t, r, b) = bounds(other);
                    prop_assert!(right <= l || r <= left || bottom <= t || b <= top, "{one} covers {other}");
                }
            }
            for ((from, to), points) in edges.iter().zip(&drawn.edges) {
                let touches = |node: usize, (x, y): (i32, i32)| {
                    let (left, top, right, bottom) = bounds(node);
                    (left..=right).contains(&x) && (top..=bottom).contains(&y)
                };
                prop_assert!(touches(*from, points[0]) && touches(*to, points[points.len() - 1]));
                // What lies between the ends passes beside every node.
                for point in &points[1..points.len() - 1] {
                    prop_assert!(from == to || (0..nodes).all(|node| !touches(node, *point)), "{points:?}");
                }
            }
        }
    }
}
