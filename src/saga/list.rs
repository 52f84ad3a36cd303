//! The list of sagas as somebody wants to see it: filtered, sorted, grouped by variant. Numbers of sagas only, so that
//! a list of a hundred thousand is a vector, and a page of it a slice.

use std::cmp::Reverse;
use std::sync::Arc;

use super::machine::Edge;
use super::map::took;
use super::outcome::Outcome;
use super::summary::Summary;
use super::survey::Survey;
use super::variants::shaping;
use crate::index::TypeId;
use crate::model::Timestamp;

/// How a list is sorted.
#[derive(Clone, Copy, Debug)]
pub struct Sort {
    /// In commands and settings.
    pub name: &'static str,
    /// Above its column.
    pub title: &'static str,
    key: fn(&Summary) -> i64,
}

/// Every way to sort, the usual one first.
pub static SORTS: &[Sort] = &[
    Sort { name: "outcome", title: "Outcome", key: |saga| saga.outcome as i64 },
    Sort { name: "age", title: "Age", key: |saga| saga.started.map_or(i64::MAX, Timestamp::nanos) },
    Sort { name: "last", title: "Last event", key: |saga| saga.last.map_or(i64::MAX, |time| -time.nanos()) },
    Sort { name: "duration", title: "Duration", key: |saga| -saga.duration },
    Sort { name: "quiet", title: "Quiet for", key: |saga| -saga.silence },
    Sort { name: "retries", title: "Retries", key: |saga| -i64::from(saga.retries) },
    Sort { name: "owed", title: "Owed", key: |saga| -(saga.owed.len() as i64) },
    Sort { name: "events", title: "Events", key: |saga| -(saga.events as i64) },
    Sort { name: "variant", title: "Variant", key: |saga| i64::from(saga.variant) },
];

impl Sort {
    /// The way called `name`.
    pub fn named(name: &str) -> Option<&'static Self> {
        SORTS.iter().find(|sort| sort.name == name)
    }
}

/// Which sagas, and in which order.
#[derive(Clone, Debug, Default)]
pub struct ListAsk {
    /// Only these outcomes; all when empty.
    pub outcomes: Vec<Outcome>,
    /// Only sagas of this shape.
    pub variant: Option<Arc<[TypeId]>>,
    /// Only sagas that took this way of the process map.
    pub way: Option<Edge>,
    /// Only sagas whose id, title, definition or current step has this text, upper and lower case alike.
    pub text: String,
    /// How to sort; `None`: by outcome, what needs a person first.
    pub sort: Option<&'static Sort>,
    /// The other way round.
    pub reversed: bool,
}

impl Survey {
    /// Places of the sagas that are asked for, in order; pages of the list are slices of it.
    pub fn listed(&self, log: &crate::index::EventLog, ask: &ListAsk) -> Vec<u32> {
        let text = ask.text.to_lowercase();
        let has_text = |saga: &Summary| {
            let one = &self.instances.list()[saga.instance];
            let has = |part: &str| part.to_lowercase().contains(&text);
            text.is_empty()
                || has(&one.id(log))
                || has(&one.title(log))
                || has(&saga.current)
                || saga.definition.as_deref().is_some_and(has)
        };
        // A shape that no saga has leaves none.
        let variant = ask.variant.as_ref().map(|shape| {
            let known = self.variants.list.iter().position(|variant| *variant.shape == **shape);
            known.map(|at| at as u32)
        });
        let shaping = ask.way.map(|way| (way, shaping(&self.traits)));
        let took_way = |saga: &Summary| {
            shaping
                .as_ref()
                .is_none_or(|(way, shaping)| took(log, shaping, &self.instances.list()[saga.instance], *way))
        };
        let wanted = |saga: &Summary| {
            (ask.outcomes.is_empty() || ask.outcomes.contains(&saga.outcome))
                && variant.is_none_or(|variant| variant == Some(saga.variant))
                && has_text(saga)
                && took_way(saga)
        };
        let mut places: Vec<u32> =
            (0..self.sagas.len() as u32).filter(|at| wanted(&self.sagas[*at as usize])).collect();
        let sort = ask.sort.unwrap_or(&SORTS[0]);
        let key = |at: &u32| (sort.key)(&self.sagas[*at as usize]);
        if ask.reversed {
            places.sort_by_cached_key(|at| Reverse(key(at)));
        } else {
            places.sort_by_cached_key(key);
        }
        places
    }
}
