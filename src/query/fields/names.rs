//! Fields with names and ids, each a table by number.

use rayon::prelude::*;

use super::super::ast::{Name, Test};
use super::super::leaf::{Leaf, Matcher};
use super::super::marks::Marks;
use super::super::plan::Asked;
use crate::base::chunks::Chunks;
use crate::index::{EventLog, StreamId, StreamInfo, glob};
use crate::model::EventKind;

/// Names from which on several cores look through them.
const MANY: usize = 4_096;

/// What a name is compared with, made ready.
pub(super) fn matcher(like: &Name, is_id: bool) -> Matcher {
    match like {
        Name::Glob(text) if is_id => match text.strip_suffix(['*', '…']) {
            Some(start) => Matcher::Start(start.to_owned()),
            None => Matcher::Exact(text.clone()),
        },
        Name::Glob(text) => Matcher::Glob(glob(text)),
        Name::Exact(text) => Matcher::Exact(text.clone()),
        Name::Regex(pattern) => Matcher::Regex(pattern.clone()),
    }
}

/// What the term compares names with, and whether they must be like it.
fn asked(asked: &Asked<'_>, is_id: bool) -> Option<(Matcher, bool)> {
    match &asked.term.test {
        Test::Name { like, equal } => Some((matcher(like, is_id), *equal)),
        _ => None,
    }
}

/// A flag for each entry of a table.
pub(super) fn flags<T: Sync + Send>(table: &Chunks<T>, is: impl Fn(&T) -> bool + Sync) -> Vec<bool> {
    if table.len() < MANY {
        return table.iter().map(is).collect();
    }
    (0..table.len()).into_par_iter().with_min_len(MANY).map(|at| is(&table[at])).collect()
}

pub(super) fn by_type(term: &Asked<'_>) -> Leaf {
    match asked(term, false) {
        Some((like, equal)) => {
            Leaf::Types(flags(term.ground.log.types(), |info| like.is_match(&info.name) == equal))
        }
        None => Leaf::Constant(false),
    }
}

pub(super) fn by_stream(term: &Asked<'_>) -> Leaf {
    let Some((like, equal)) = asked(term, false) else { return Leaf::Constant(false) };
    let log = term.ground.log;
    match like {
        Matcher::Exact(exact) if equal => {
            let named = log.streams_named(&exact);
            let mut flags = vec![false; log.streams().len()];
            for stream in &named {
                flags[stream.0 as usize] = true;
            }
            Leaf::Streams { flags, named: Some(named) }
        }
        like => Leaf::streams(flags(log.streams(), |info| is_named(&like, info) == equal)),
    }
}

/// Whether a stream's id is like that, or its `Type/id`.
fn is_named(like: &Matcher, info: &StreamInfo) -> bool {
    if like.is_match(&info.id) {
        return true;
    }
    let Some(kind) = &info.aggregate_type else { return false };
    match like {
        // Nothing is put together for the millions of names that are not the one.
        Matcher::Exact(exact) => {
            exact.strip_prefix(&**kind).and_then(|rest| rest.strip_prefix('/')) == Some(&*info.id)
        }
        _ => like.is_match(&format!("{kind}/{}", info.id)),
    }
}

pub(super) fn by_aggregate(term: &Asked<'_>) -> Leaf {
    let Some((like, equal)) = asked(term, false) else { return Leaf::Constant(false) };
    Leaf::streams(flags(term.ground.log.streams(), |info| like.is_match(info.group()) == equal))
}

pub(super) fn by_correlation(term: &Asked<'_>) -> Leaf {
    let Some((like, equal)) = asked(term, true) else { return Leaf::Constant(false) };
    Leaf::Correlations(flags(term.ground.log.correlations(), |info| like.is_match(&info.id) == equal))
}

pub(super) fn by_source(term: &Asked<'_>) -> Leaf {
    let Some((like, equal)) = asked(term, false) else { return Leaf::Constant(false) };
    Leaf::Sources(term.ground.sources.iter().map(|name| like.is_match(name) == equal).collect())
}

pub(super) fn by_kind(term: &Asked<'_>) -> Leaf {
    let Test::Word(word) = term.term.test else { return Leaf::Constant(false) };
    Leaf::Kinds(EventKind::ALL.map(|kind| kind.as_str() == word))
}

pub(super) fn by_being(term: &Asked<'_>) -> Leaf {
    let log = term.ground.log;
    let Test::Word(word) = term.term.test else { return Leaf::Constant(false) };
    let ends = |of: fn(&StreamInfo) -> Option<crate::model::Row>| {
        Leaf::Marked(Marks::of(log, log.streams().iter().filter_map(of)))
    };
    match word {
        "failure" => Leaf::Types(log.types().iter().map(|info| info.is_failure).collect()),
        "repaired" => Leaf::Warned,
        "first" => ends(|stream| stream.rows().next()),
        "last" => ends(|stream| stream.rows().next_back()),
        _ => Leaf::Constant(false),
    }
}

pub(super) fn by_stream_query(term: &Asked<'_>) -> Option<Leaf> {
    let Test::Among(inner) = &term.term.test else { return Some(Leaf::Constant(false)) };
    let log = term.ground.log;
    let mut flags = vec![false; log.streams().len()];
    for row in term.marks(inner)?.rows() {
        for (StreamId(stream), _) in log.memberships(row) {
            flags[stream as usize] = true;
        }
    }
    Some(Leaf::streams(flags))
}

pub(super) fn by_correlation_query(term: &Asked<'_>) -> Option<Leaf> {
    let Test::Among(inner) = &term.term.test else { return Some(Leaf::Constant(false)) };
    let log: &EventLog = term.ground.log;
    let mut flags = vec![false; log.correlations().len()];
    for row in term.marks(inner)?.rows() {
        if let Some(id) = log.event(row).correlation {
            flags[id.0 as usize] = true;
        }
    }
    Some(Leaf::Correlations(flags))
}
