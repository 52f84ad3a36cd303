//! Where the boxes of a flow stand, and through which points its lines run: along layers and between columns, each on a
//! track of its own, so that none lies on another or on a box. Draws nothing.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use super::tracks::Tracks;
use crate::saga::scope::Shown;

/// Height of a box.
pub(super) const HIGH: i32 = 42;
/// Boxes beside each other in one column at most; more go on below.
const BESIDE_MAX: usize = 3;
/// Between two tracks side by side, and between two above each other.
const ACROSS: i32 = 8;
const DOWN: i32 = 6;
/// The least between two boxes beside each other, two columns, and two layers.
const GUTTER: i32 = 24;
const COLUMN: i32 = 44;
const CHANNEL: i32 = 36;
/// From a box to the first track beside or below it.
const CLEAR: i32 = 12;
/// Lines side by side between two boxes: what undoes something beyond that is told by a number.
const UNDOS_MAX: usize = 4;
const CAUSES_MAX: usize = 24;
/// A line comes to a box so far beside its middle.
const ASIDE: i32 = 10;

/// A line of the flow.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Way {
    /// The groups it joins.
    pub(super) from: usize,
    pub(super) to: usize,
    /// The points it runs through; none where a number at both ends stands for it.
    pub(super) points: Vec<(i32, i32)>,
}

/// Where everything stands.
#[derive(Debug, Default)]
pub(super) struct Layout {
    /// Upper left corner and width of the box of each group.
    pub(super) boxes: Vec<((i32, i32), i32)>,
    /// Left edge of each lifeline's column, and its width.
    pub(super) columns: Vec<(i32, i32)>,
    /// From causes to effects, in the order of the effects' causes.
    pub(super) causes: Vec<Way>,
    /// From what undoes to what is undone.
    pub(super) undos: Vec<Way>,
    pub(super) size: (i32, i32),
}

/// Layer, and place among the boxes beside each other, counted over all columns.
type Place = (usize, usize);

/// The place of every group; how many boxes stand beside each other on each lifeline.
fn places(shown: &Shown) -> (Vec<(usize, usize)>, Vec<usize>) {
    let mut places: Vec<(usize, usize)> = Vec::with_capacity(shown.groups.len());
    let mut taken: HashMap<(usize, usize), usize> = HashMap::new();
    // From where on a column may have room: a thousand effects of one cause look for it once.
    let mut free: HashMap<(usize, usize), usize> = HashMap::new();
    let mut beside: Vec<usize> = vec![1; shown.lines.len()];
    for (at, group) in shown.groups.iter().enumerate() {
        let causes = shown.causes(at).iter().filter(|(cause, _)| *cause < at);
        let least = causes.map(|(cause, _)| places[*cause].0 + 1).max().unwrap_or(0);
        let mut layer = free.get(&(group.line, least)).copied().unwrap_or(least);
        while taken.get(&(group.line, layer)).is_some_and(|count| *count >= BESIDE_MAX) {
            layer += 1;
        }
        free.insert((group.line, least), layer);
        let count = taken.entry((group.line, layer)).or_default();
        places.push((layer, *count));
        *count += 1;
        beside[group.line] = beside[group.line].max(*count);
    }
    (places, beside)
}

/// A stretch of a line between two layers: what may share its track.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Stretch {
    /// From one cause to several effects.
    Out(usize),
    /// From several causes to one effect.
    In(usize),
    /// By number among the undos.
    Undo(usize),
}

/// A line whose tracks beside boxes are known.
#[derive(Clone, Copy, Debug)]
struct Run {
    from: usize,
    to: usize,
    /// The gutter it runs through, and the track there.
    gutter: Option<(usize, usize)>,
    /// Of an undo in another place than what it undoes: the gutter beside it.
    own: Option<(usize, usize)>,
}

impl Layout {
    /// Of some groups whose boxes are `widths` wide at least on each lifeline; `undos` are pairs of groups.
    pub(super) fn of(shown: &Shown, widths: &[i32], undos: &BTreeSet<(usize, usize)>, left: i32) -> Self {
        let (mut spots, beside) = places(shown);
        let firsts: Vec<usize> =
            beside.iter().scan(0, |next, count| Some(std::mem::replace(next, *next + count))).collect();
        for (place, group) in spots.iter_mut().zip(&shown.groups) {
            place.1 += firsts[group.line];
        }
        let mut gutters: Vec<Tracks> = vec![Tracks::default(); beside.iter().sum::<usize>() + 1];
        let undo_runs = undo_runs(&spots, undos, &mut gutters);
        let cause_runs = cause_runs(shown, &spots, &mut gutters);
        let mut layout = Self::default();
        let lefts = layout.stand(&beside, widths, &gutters, left);
        let lines: Vec<usize> = shown.groups.iter().map(|group| group.line).collect();
        let boxed = |at: usize| (lefts[spots[at].1].1, widths[lines[at]]);
        let track = |(gutter, track): (usize, usize)| lefts[gutter].0 + CLEAR + track as i32 * ACROSS;
        let (channels, tops, bottom) = channels(&spots, &cause_runs, &undo_runs, &boxed, &track);
        layout.boxes = spots
            .iter()
            .enumerate()
            .map(|(at, (layer, _))| ((boxed(at).0, tops[*layer].1), boxed(at).1))
            .collect();
        layout.size.1 = bottom;
        let y =
            |channel: usize, stretch: Stretch| tops[channel].0 + CLEAR + channels[&(channel, stretch)] * DOWN;
        layout.causes = cause_runs.iter().map(|run| layout.cause_way(run, &spots, &track, &y)).collect();
        let undone = |(number, run): (usize, &Run)| layout.undo_way(number, run, &spots, &track, &y);
        layout.undos = undo_runs.iter().enumerate().map(undone).collect();
        layout
    }

    /// The same, so far below.
    #[must_use]
    pub(super) fn moved_down(mut self, by: i32) -> Self {
        self.boxes.iter_mut().for_each(|(corner, _)| corner.1 += by);
        for way in self.causes.iter_mut().chain(&mut self.undos) {
            way.points.iter_mut().for_each(|point| point.1 += by);
        }
        self.size.1 += by;
        self
    }

    /// Left edges of every gutter and of the boxes at its right; the columns.
    fn stand(&mut self, beside: &[usize], widths: &[i32], gutters: &[Tracks], left: i32) -> Vec<(i32, i32)> {
        let room = |gutter: usize, least: i32| match gutters[gutter].len() as i32 {
            0 => least,
            tracks => (2 * CLEAR + (tracks - 1) * ACROSS).max(least),
        };
        let (mut x, mut lefts) = (left, Vec::with_capacity(gutters.len()));
        for (line, count) in beside.iter().enumerate() {
            let mut column = 0;
            for place in 0..*count {
                let least = match (lefts.is_empty(), place) {
                    (true, _) => 0,
                    (false, 0) => COLUMN,
                    (false, _) => GUTTER,
                };
                let own = x + room(lefts.len(), least);
                lefts.push((x, own));
                if place == 0 {
                    column = own;
                }
                x = own + widths[line];
            }
            self.columns.push((column, x - column));
        }
        lefts.push((x, x));
        self.size.0 = x + room(lefts.len() - 1, 0);
        lefts
    }

    fn middle(&self, at: usize) -> i32 {
        self.boxes[at].0.0 + self.boxes[at].1 / 2
    }

    fn cause_way(
        &self,
        run: &Run,
        spots: &[Place],
        track: &dyn Fn((usize, usize)) -> i32,
        y: &dyn Fn(usize, Stretch) -> i32,
    ) -> Way {
        let Run { from, to, gutter, .. } = *run;
        let (start, end) = (self.middle(from), self.middle(to));
        let (foot, head) = (self.boxes[from].0.1 + HIGH, self.boxes[to].0.1);
        let points = match gutter {
            None if start == end => vec![(start, foot), (end, head)],
            None => {
                let end = if start < end { end - ASIDE } else { end + ASIDE };
                let across = y(spots[to].0, Stretch::Out(from));
                vec![(start, foot), (start, across), (end, across), (end, head)]
            }
            Some(gutter) => {
                let (gutter, end) = (track(gutter), end - ASIDE);
                let below = y(spots[from].0 + 1, Stretch::Out(from));
                let above = y(spots[to].0, Stretch::In(to));
                vec![
                    (start, foot),
                    (start, below),
                    (gutter, below),
                    (gutter, above),
                    (end, above),
                    (end, head),
                ]
            }
        };
        Way { from, to, points }
    }

    fn undo_way(
        &self,
        number: usize,
        run: &Run,
        spots: &[Place],
        track: &dyn Fn((usize, usize)) -> i32,
        y: &dyn Fn(usize, Stretch) -> i32,
    ) -> Way {
        let Run { from, to, .. } = *run;
        let Some(gutter) = run.gutter else { return Way { from, to, points: Vec::new() } };
        let side = |at: usize| (self.boxes[at].0.0 + self.boxes[at].1, self.boxes[at].0.1 + HIGH / 2 + 8);
        let (start, end, gutter) = (side(from), side(to), track(gutter));
        let mut points = vec![start];
        if let Some(own) = run.own.map(track) {
            let across = y(spots[from].0, Stretch::Undo(number));
            points.extend([(own, start.1), (own, across), (gutter, across)]);
        } else {
            points.push((gutter, start.1));
        }
        points.extend([(gutter, end.1), end]);
        Way { from, to, points }
    }
}

/// The tracks of undos, the shortest first: what is undone last lies inside of what is undone first.
fn undo_runs(spots: &[Place], undos: &BTreeSet<(usize, usize)>, gutters: &mut [Tracks]) -> Vec<Run> {
    let layer = |at: usize| spots[at].0 as i32 * 2 + 1;
    let mut runs: Vec<Run> =
        undos.iter().map(|(from, to)| Run { from: *from, to: *to, gutter: None, own: None }).collect();
    runs.sort_by_key(|run| ((layer(run.from) - layer(run.to)).abs(), run.from, run.to));
    for run in &mut runs {
        let (own, other) = (spots[run.from].1 + 1, spots[run.to].1 + 1);
        let (start, end) = (layer(run.from), layer(run.to));
        if own == other {
            run.gutter = gutters[other].take(start, end, UNDOS_MAX).map(|track| (other, track));
        } else if let Some(track) = gutters[other].take(start - 1, end, UNDOS_MAX)
            && let Some(beside) = gutters[own].take(start - 1, start, UNDOS_MAX + CAUSES_MAX)
        {
            run.gutter = Some((other, track));
            run.own = Some((own, beside));
        }
    }
    runs
}

/// The tracks of causes that are not right above their effects.
fn cause_runs(shown: &Shown, spots: &[Place], gutters: &mut [Tracks]) -> Vec<Run> {
    let mut runs = Vec::new();
    for to in 0..shown.groups.len() {
        for (from, _) in shown.causes(to) {
            let (above, below) = (spots[*from].0, spots[to].0);
            let gutter = spots[to].1;
            // Where there are too many, the last track takes the rest.
            let gutter = (above + 1 != below).then(|| {
                let (start, end) = (above as i32 * 2 + 2, below as i32 * 2);
                (gutter, gutters[gutter].take(start, end, CAUSES_MAX).unwrap_or(CAUSES_MAX - 1))
            });
            runs.push(Run { from: *from, to, gutter, own: None });
        }
    }
    runs
}

type Channels = BTreeMap<(usize, Stretch), i32>;

/// The tracks between layers; and for each layer where the room above it begins, and where its boxes do.
fn channels(
    spots: &[Place],
    causes: &[Run],
    undos: &[Run],
    boxed: &dyn Fn(usize) -> (i32, i32),
    track: &dyn Fn((usize, usize)) -> i32,
) -> (Channels, Vec<(i32, i32)>, i32) {
    let middle = |at: usize| boxed(at).0 + boxed(at).1 / 2;
    let mut stretches: BTreeMap<(usize, Stretch), (i32, i32)> = BTreeMap::new();
    let mut add = |channel: usize, stretch: Stretch, one: i32, other: i32| {
        let known = stretches.entry((channel, stretch)).or_insert((one, one));
        *known = (known.0.min(one).min(other), known.1.max(one).max(other));
    };
    for run in causes {
        let (start, end) = (middle(run.from), middle(run.to));
        match run.gutter {
            None if start == end => {}
            None => add(spots[run.to].0, Stretch::Out(run.from), start, end),
            Some(gutter) => {
                add(spots[run.from].0 + 1, Stretch::Out(run.from), start, track(gutter));
                add(spots[run.to].0, Stretch::In(run.to), track(gutter), end);
            }
        }
    }
    for (number, run) in undos.iter().enumerate() {
        if let (Some(gutter), Some(own)) = (run.gutter, run.own) {
            add(spots[run.from].0, Stretch::Undo(number), track(own), track(gutter));
        }
    }
    let layers = spots.iter().map(|(layer, _)| layer + 1).max().unwrap_or(0);
    let mut rows: Vec<Tracks> = vec![Tracks::default(); layers + 1];
    let mut channels = Channels::new();
    for ((channel, stretch), (from, to)) in stretches {
        let track = rows[channel].take(from - 2, to + 2, CAUSES_MAX).unwrap_or(CAUSES_MAX - 1);
        channels.insert((channel, stretch), track as i32);
    }
    let (mut y, mut tops) = (0, Vec::with_capacity(layers));
    for (channel, tracks) in rows.iter().enumerate() {
        let least = if channel == 0 { CLEAR } else { CHANNEL };
        let room = match tracks.len() as i32 {
            0 => least,
            count => (2 * CLEAR + count * DOWN).max(least),
        };
        tops.push((y, y + room));
        y += room + HIGH;
    }
    // Below the last layer there are only lines, if that.
    let (last, end) = tops[layers];
    let bottom = if rows[layers].len() == 0 { last } else { end };
    (channels, tops, bottom)
}
