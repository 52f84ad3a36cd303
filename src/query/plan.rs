//! A condition made ready for a log: terms as tables, the cheap ones first, queries inside it already answered. Judges
//! whole segments by the columns; only events of which these do not know enough are read.

use std::sync::Arc;

use super::ast::{Expr, Term};
use super::leaf::{Leaf, Opened};
use super::marks::{Bits, Marks, NONE, combine, every};
use super::select::{self, SelectStep};
use crate::base::cancel::CancelToken;
use crate::index::{EventLog, Segment};
use crate::model::{FetchError, RecordedEvent, Row, TextFinder};
use crate::saga::Survey;

/// Reads events again: one result for each row. Asked by several threads at a time.
pub type Fetch<'a> = dyn Fn(&[Row]) -> Vec<Result<RecordedEvent, FetchError>> + Sync + 'a;

/// Which of some events may carry a text: what their sources know without decoding them. One answer for each row; an
/// event that carries it is never left out. Asked by several threads at a time.
pub type MayHold<'a> = dyn Fn(&[Row], &dyn TextFinder) -> Vec<bool> + Sync + 'a;

/// One bit for each event of a segment.
pub type SegmentBits = Bits;

/// Payloads that are kept to be searched.
pub trait KeptTexts: std::fmt::Debug + Send + Sync {
    /// Which events of a segment may carry a text, which is in small letters, in their payload or ids; an event that
    /// carries it is never left out. `None` where they are not kept.
    fn holding(&self, segment: &Segment<'_>, text: &str) -> Option<SegmentBits>;
}

/// What a query is asked of.
#[derive(Clone, Copy)]
pub struct Ground<'a> {
    /// The events.
    pub log: &'a EventLog,
    /// How their payloads are read.
    pub fetch: &'a Fetch<'a>,
    /// What spares reading most of them where a text is asked for.
    pub may_hold: Option<&'a MayHold<'a>>,
    /// Payloads that can be searched without being read.
    pub kept: Option<&'a Arc<dyn KeptTexts>>,
    /// The sagas, for queries that need them; without it no event is in one.
    pub survey: Option<&'a Survey>,
    /// Names of the sources, in their order.
    pub sources: &'a [String],
}

/// A condition made ready.
pub(super) enum Plan {
    All(Vec<Self>),
    Any(Vec<Self>),
    Not(Box<Self>),
    Leaf(Leaf),
}

/// The largest share of a log that is looked up rather than scanned: one in so many.
const FEW: usize = 64;
/// Texts that are looked for one after the other; for more, everything is read.
const TEXTS_MAX: usize = 4;

impl Plan {
    /// Makes `filter` ready. `None` when cancelled.
    pub(super) fn of(ground: &Ground<'_>, filter: &Expr, cancel: &CancelToken) -> Option<Self> {
        let all = |parts: &[Expr]| -> Option<Vec<Self>> {
            let parts: Option<Vec<Self>> = parts.iter().map(|part| Self::of(ground, part, cancel)).collect();
            let mut parts = parts?;
            parts.sort_by_key(Self::cost);
            Some(parts)
        };
        Some(match filter {
            Expr::All(parts) => Self::All(all(parts)?),
            Expr::Any(parts) => Self::Any(all(parts)?),
            Expr::Not(inner) => Self::Not(Box::new(Self::of(ground, inner, cancel)?)),
            Expr::Term(term) => Self::Leaf(leaf(ground, term, cancel)?),
        })
    }

    fn cost(&self) -> u32 {
        match self {
            Self::All(parts) | Self::Any(parts) => parts.iter().map(Self::cost).sum(),
            Self::Not(inner) => inner.cost(),
            Self::Leaf(leaf) => leaf.cost(),
        }
    }

    /// Which events of a segment match for certain, and which may; looks only at those `within`.
    pub(super) fn judge(&self, log: &EventLog, segment: &Segment<'_>, within: &Bits) -> (Bits, Bits) {
        if *within == NONE {
            return (NONE, NONE);
        }
        let (mut certain, mut possible) = match self {
            Self::Leaf(leaf) => leaf.judge(log, segment),
            Self::Not(inner) => {
                let (certain, possible) = inner.judge(log, segment, within);
                (possible.map(|word| !word), certain.map(|word| !word))
            }
            Self::All(parts) => {
                let (mut certain, mut possible) = (*within, *within);
                for part in parts {
                    let (sure, maybe) = part.judge(log, segment, &possible);
                    combine(&mut certain, &sure, |a, b| a & b);
                    combine(&mut possible, &maybe, |a, b| a & b);
                }
                (certain, possible)
            }
            Self::Any(parts) => {
                let (mut certain, mut possible) = (NONE, NONE);
                for part in parts {
                    let mut open = *within;
                    combine(&mut open, &certain, |a, b| a & !b);
                    let (sure, maybe) = part.judge(log, segment, &open);
                    combine(&mut certain, &sure, |a, b| a | b);
                    combine(&mut possible, &maybe, |a, b| a | b);
                }
                combine(&mut possible, &certain, |a, b| a | b);
                (certain, possible)
            }
        };
        combine(&mut certain, within, |a, b| a & b);
        combine(&mut possible, within, |a, b| a & b);
        (certain, possible)
    }

    /// Whether an event matches.
    pub(super) fn holds(&self, log: &EventLog, row: Row, opened: &Opened<'_>) -> bool {
        match self {
            Self::All(parts) => parts.iter().all(|part| part.holds(log, row, opened)),
            Self::Any(parts) => parts.iter().any(|part| part.holds(log, row, opened)),
            Self::Not(inner) => !inner.holds(log, row, opened),
            Self::Leaf(leaf) => leaf.holds(log, row, opened),
        }
    }

    /// Texts of which every event that matches carries one, or has one in a name that the index knows. `None` where
    /// there are none, or too many to look for each.
    fn texts(&self) -> Option<Vec<&Leaf>> {
        match self {
            Self::Leaf(leaf) => leaf.finder().map(|_| vec![leaf]),
            Self::Not(_) => None,
            Self::All(parts) => parts.iter().filter_map(Self::texts).min_by_key(Vec::len),
            Self::Any(parts) => {
                let parts: Option<Vec<_>> = parts.iter().map(Self::texts).collect();
                Some(parts?.concat()).filter(|texts| texts.len() <= TEXTS_MAX)
            }
        }
    }

    /// Leaves out the events that cannot match, as far as their sources know without decoding them.
    pub(super) fn sieved(&self, ground: &Ground<'_>, rows: Vec<Row>) -> Vec<Row> {
        let (Some(may_hold), Some(texts)) = (ground.may_hold, self.texts()) else { return rows };
        let mut keep = vec![false; rows.len()];
        for leaf in texts {
            let Some(finder) = leaf.finder() else { return rows };
            for ((keep, row), may) in keep.iter_mut().zip(&rows).zip(may_hold(&rows, finder)) {
                *keep |= may || leaf.is_in_names(ground.log, *row);
            }
        }
        let mut keep = keep.into_iter();
        rows.into_iter().filter(|_| keep.next().unwrap_or(true)).collect()
    }

    /// The events that can match at all, where these are few: what a stream or a correlation holds.
    fn few(&self, log: &EventLog, limit: usize) -> Option<Vec<Row>> {
        match self {
            Self::Leaf(leaf) => leaf.few(log, limit),
            Self::Not(_) => None,
            Self::All(parts) => parts.iter().filter_map(|part| part.few(log, limit)).min_by_key(Vec::len),
            Self::Any(parts) => {
                let mut rows = Vec::new();
                for part in parts {
                    rows.extend(part.few(log, limit)?);
                    if rows.len() > limit {
                        return None;
                    }
                }
                Some(rows)
            }
        }
    }

    /// By the columns alone: what matches, what may, and how many events were looked at. `None` when cancelled.
    pub(super) fn scan(&self, log: &EventLog, cancel: &CancelToken) -> Option<Scan> {
        let among = self.few(log, log.len() / FEW).map(|rows| Marks::of(log, rows));
        let judge = |segment: Segment<'_>| {
            if cancel.is_cancelled() {
                return None;
            }
            let all = || every(segment.len());
            let within = among.as_ref().map_or_else(all, |among| among.of_segment(&segment));
            let (certain, mut possible) = self.judge(log, &segment, &within);
            combine(&mut possible, &certain, |a, b| a & !b);
            Some([certain, possible])
        };
        let [certain, open] = match &among {
            Some(among) => among.judged_among(log, judge)?,
            None => Marks::judged(log, judge)?,
        };
        let looked_at = among.as_ref().map_or(log.len() as u64, Marks::len);
        Some(Scan { certain, open, looked_at })
    }
}

/// What the columns say of every event.
pub(super) struct Scan {
    /// These match.
    pub(super) certain: Marks,
    /// Only their payloads tell.
    pub(super) open: Marks,
    /// Events that were looked at.
    pub(super) looked_at: u64,
}

fn leaf(ground: &Ground<'_>, term: &Term, cancel: &CancelToken) -> Option<Leaf> {
    term.field.info.prepare(&Asked { ground, term, cancel })
}

/// A term that asks to be made ready, for the fields.
pub(super) struct Asked<'a> {
    pub(super) ground: &'a Ground<'a>,
    pub(super) term: &'a Term,
    pub(super) cancel: &'a CancelToken,
}

impl Asked<'_> {
    /// The events that match a query inside the term. `None` when cancelled.
    pub(super) fn marks(&self, inner: &Expr) -> Option<Marks> {
        let plan = Plan::of(self.ground, inner, self.cancel)?;
        let mut silent = |_: &[Row], _: SelectStep| {};
        select::run(self.ground, &plan, self.cancel, &mut silent).map(|found| found.marks)
    }
}
