//! Fields of the saga that an event belongs to. An event in several sagas matches when one of them does.

use super::super::ast::Test;
use super::super::leaf::{Leaf, Matcher};
use super::super::marks::Marks;
use super::super::plan::Asked;
use super::names::matcher;
use super::numbers::range;
use crate::saga::Summary;

/// The events of the sagas that match.
fn events(asked: &Asked<'_>, matches: impl Fn(&Summary) -> bool) -> Leaf {
    let Some(survey) = asked.ground.survey else { return Leaf::Constant(false) };
    let mut marks = Marks::none(asked.ground.log);
    for saga in survey.sagas.iter().filter(|saga| matches(saga)) {
        for row in survey.instances.list()[saga.instance].rows() {
            marks.insert(*row);
        }
    }
    Leaf::Marked(marks)
}

fn by_name(asked: &Asked<'_>, names: impl Fn(&Summary, &Matcher) -> bool) -> Leaf {
    let Test::Name { like, equal } = &asked.term.test else { return Leaf::Constant(false) };
    let like = matcher(like, false);
    events(asked, |saga| names(saga, &like) == *equal)
}

fn by_number(asked: &Asked<'_>, of: impl Fn(&Summary) -> i64) -> Leaf {
    match range(asked) {
        Some((range, inside)) => events(asked, |saga| range.contains(&of(saga)) == inside),
        None => Leaf::Constant(false),
    }
}

pub(super) fn by_saga(asked: &Asked<'_>) -> Leaf {
    by_name(asked, |saga, like| {
        like.is_match(saga.outcome.name()) || saga.definition.as_ref().is_some_and(|name| like.is_match(name))
    })
}

pub(super) fn by_step(asked: &Asked<'_>) -> Leaf {
    by_name(asked, |saga, like| like.is_match(&saga.current))
}

pub(super) fn by_events(asked: &Asked<'_>) -> Leaf {
    by_number(asked, |saga| saga.events as i64)
}

pub(super) fn by_retries(asked: &Asked<'_>) -> Leaf {
    by_number(asked, |saga| i64::from(saga.retries))
}

pub(super) fn by_owed(asked: &Asked<'_>) -> Leaf {
    by_number(asked, |saga| saga.owed.len() as i64)
}

pub(super) fn by_duration(asked: &Asked<'_>) -> Leaf {
    by_number(asked, |saga| saga.duration)
}
