//! Fields that only the payload tells.

use super::super::ast::Test;
use super::super::leaf::{Column, Deep, Leaf, Place, Word};
use super::super::plan::Asked;
use super::super::text::Needle;
use super::names::{flags, matcher};
use super::numbers::range;

/// Where a field's path begins.
fn place(name: &str) -> Place {
    if name == "meta" { Place::Metadata } else { Place::Data }
}

pub(super) fn by_value(asked: &Asked<'_>) -> Leaf {
    let Test::Value(test) = &asked.term.test else { return Leaf::Constant(false) };
    let field = &asked.term.field;
    let path = field.path.clone().unwrap_or_default();
    Leaf::Deep(Deep::Value { place: place(field.info.name), path, test: test.clone() })
}

/// `has:data.coupon`, `has:cause` …: what is asked for is the field's path, or the word.
pub(super) fn by_existence(asked: &Asked<'_>) -> Leaf {
    let log = asked.ground.log;
    let there_is = |column| Leaf::Number { column, range: i64::MIN + 1..=i64::MAX, inside: true };
    match &asked.term.test {
        Test::Word("meta") => deep_existence(asked, Place::Metadata),
        Test::Word("data") => deep_existence(asked, Place::Data),
        Test::Word("cause") => Leaf::Marked(super::causes::with_cause(log)),
        Test::Word("corr") => Leaf::Correlations(vec![true; log.correlations().len()]),
        Test::Word("stream") => Leaf::streams(vec![true; log.streams().len()]),
        Test::Word("time") => there_is(Column::Time),
        Test::Word("version") => there_is(Column::Version),
        _ => Leaf::Constant(false),
    }
}

fn deep_existence(asked: &Asked<'_>, place: Place) -> Leaf {
    Leaf::Deep(Deep::Exists { place, path: asked.term.field.path.clone().unwrap_or_default() })
}

fn word(asked: &Asked<'_>, of: Word) -> Leaf {
    let Test::Name { like, equal } = &asked.term.test else { return Leaf::Constant(false) };
    Leaf::Deep(Deep::Word { of, like: matcher(like, of == Word::Id), equal: *equal })
}

pub(super) fn by_id(asked: &Asked<'_>) -> Leaf {
    word(asked, Word::Id)
}

pub(super) fn by_schema(asked: &Asked<'_>) -> Leaf {
    word(asked, Word::Schema)
}

pub(super) fn by_size(asked: &Asked<'_>) -> Leaf {
    match range(asked) {
        Some((range, inside)) => Leaf::Deep(Deep::Size { range, inside }),
        None => Leaf::Constant(false),
    }
}

pub(super) fn by_text(asked: &Asked<'_>) -> Leaf {
    let Test::Text(text) = &asked.term.test else { return Leaf::Constant(false) };
    let needle = Needle::new(text);
    let log = asked.ground.log;
    let types = flags(log.types(), |info| needle.is_in(&info.name));
    let streams = flags(log.streams(), |info| needle.is_in(&info.id));
    Leaf::Deep(Deep::Text { needle, types, streams, kept: asked.ground.kept.cloned() })
}
