//! What stands behind an operator, read as the field takes it.

use std::ops::Range;

use super::ast::{Bound, Expr, Field, Name, Near, Term, Test};
use super::decimal::bytes;
use super::fields::{PLACES, Side, Takes, field_called};
use super::parse::QueryError;
use super::path::Path;
use super::times::time_bounds;
use super::value::{Op, ValueTest, duration, pattern};
use crate::base::nearest::nearest;
use crate::model::{Row, SourceId};

/// A test without its field, or with another path than it.
pub(super) struct Read {
    test: Test,
    path: Option<Path>,
}

impl Read {
    fn new(test: Test) -> Self {
        Self { test, path: None }
    }

    /// Together with its field.
    pub(super) fn of(self, field: Field) -> Expr {
        let path = self.path.or(field.path);
        Expr::Term(Term { field: Field { info: field.info, path }, test: self.test })
    }
}

/// What `op` and a value ask of a field.
pub(super) fn test(
    field: &Field,
    op: Op,
    text: &str,
    quoted: bool,
    at: Range<usize>,
) -> Result<Read, QueryError> {
    let wrong = |message: String| QueryError::new(at.clone(), message);
    let info = field.info;
    let allowed: &[Op] = match info.takes {
        Takes::Name | Takes::Id => &[Op::Like, Op::Equal, Op::Unequal, Op::Matches],
        Takes::Text
        | Takes::Time(Side::From | Side::Before)
        | Takes::Words(_)
        | Takes::Path
        | Takes::Event
        | Takes::Query => &[Op::Like, Op::Equal],
        Takes::Number | Takes::Time(Side::Within) | Takes::Duration | Takes::Size => {
            &[Op::Like, Op::Equal, Op::Unequal, Op::Less, Op::AtMost, Op::Greater, Op::AtLeast]
        }
        Takes::Value => return value_test(op, text, quoted).map_err(wrong),
    };
    if !allowed.contains(&op) {
        let spellings: Vec<&str> = allowed.iter().map(|op| op.spelling()).collect();
        let known = spellings.join(" ");
        return Err(wrong(format!(
            "{} cannot be compared by {}; it knows {known}",
            info.name,
            op.spelling()
        )));
    }
    let example = info.example;
    match info.takes {
        Takes::Text => Ok(Read::new(Test::Text(text.to_owned()))),
        Takes::Name | Takes::Id => name_test(op, text).map_err(wrong),
        Takes::Words(words) => {
            let word = words.iter().map(|(word, _)| *word).find(|word| word.eq_ignore_ascii_case(text));
            word.map(|word| Read::new(Test::Word(word))).ok_or_else(|| {
                let known: Vec<&str> = words.iter().map(|(word, _)| *word).collect();
                let hint = nearest(text, known.iter().copied()).map_or(String::new(), |near| format!(" Did you mean {near}?"));
                wrong(format!("{} is one of {}.{hint}", info.name, known.join(", ")))
            })
        }
        Takes::Number => ranged(op, text, whole_number)
            .ok_or_else(|| wrong(format!("A whole number is expected, or a range like 10..20, as in {example}"))),
        Takes::Size => ranged(op, text, |text| bytes(text).map(one))
            .ok_or_else(|| wrong(format!("A size is expected, like 500, 10kB or 2MiB, as in {example}"))),
        Takes::Duration => ranged(op, text, |text| duration(text).map(one))
            .ok_or_else(|| wrong(format!("A length of time is expected, like 250ms, 5s or 2h, as in {example}"))),
        Takes::Time(side) => timed(side, op, text).ok_or_else(|| {
            wrong(format!(
                "A time is expected, like 2026-03-01 or 2026-03-01T08:00, or 10m for that long before the end of the \
                 log, +10m after its start, as in {example}"
            ))
        }),
        Takes::Path => existence(text).ok_or_else(|| {
            let known: Vec<&str> = PLACES.iter().map(|(word, _)| *word).collect();
            wrong(format!("A path like data.coupon is expected, or one of {}", known.join(", ")))
        }),
        Takes::Event => event(text).ok_or_else(|| {
            wrong(format!("The row of an event or a query in parentheses is expected, as in {example} or {}:42/3", info.name))
        }),
        Takes::Query => Err(wrong(format!("A query in parentheses is expected, as in {example}"))),
        Takes::Value => value_test(op, text, quoted).map_err(wrong),
    }
}

/// What a query in parentheses asks of a field, with the hops behind it.
pub(super) fn of_query(
    field: &Field,
    inner: Expr,
    hops: Option<&str>,
    at: Range<usize>,
) -> Result<Read, QueryError> {
    let inner = Box::new(inner);
    if field.info.takes == Takes::Query {
        return Ok(Read::new(Test::Among(inner)));
    }
    let hops = read_hops(hops)
        .ok_or_else(|| QueryError::new(at, "A number of hops is expected after /, as in /3"))?;
    Ok(Read::new(Test::Near { to: Near::Matching(inner), hops }))
}

fn read_hops(hops: Option<&str>) -> Option<u32> {
    hops.map_or(Some(u32::MAX), |hops| hops.parse().ok().filter(|hops| *hops > 0))
}

fn value_test(op: Op, text: &str, quoted: bool) -> Result<Read, String> {
    Ok(Read::new(Test::Value(ValueTest::new(op, text.to_owned(), quoted)?)))
}

fn name_test(op: Op, text: &str) -> Result<Read, String> {
    let like = match op {
        Op::Matches => Name::Regex(pattern(text)?),
        Op::Equal | Op::Unequal => Name::Exact(text.to_owned()),
        // In quotation marks too: these are for blanks.
        _ => Name::Glob(text.to_owned()),
    };
    Ok(Read::new(Test::Name { like, equal: op != Op::Unequal }))
}

fn one(value: i64) -> (i64, i64) {
    (value, value)
}

/// A number, or a row as tables print it: `#12`, `#2:12`.
fn whole_number(text: &str) -> Option<(i64, i64)> {
    match text.strip_prefix('#') {
        Some(row) => named_row(row).map(|row| one(row.raw() as i64)),
        None => text.parse().ok().map(one),
    }
}

/// A comparison of numbers; `read` gives the ends of what a text covers.
fn ranged(op: Op, text: &str, read: impl Fn(&str) -> Option<(i64, i64)>) -> Option<Read> {
    bounded(op, text, |text| read(text).map(|(from, to)| (Bound::At(from), Bound::At(to))))
}

fn bounded(op: Op, text: &str, read: impl Fn(&str) -> Option<(Bound, Bound)>) -> Option<Read> {
    let between = |from, to, inside| Some(Read::new(Test::Between { from, to, inside }));
    if op == Op::Like
        && let Some((from, to)) = text.split_once("..")
    {
        let from = if from.is_empty() { None } else { Some(read(from)?.0) };
        let to = if to.is_empty() { None } else { Some(read(to)?.1) };
        return between(from, to, true);
    }
    let (from, to) = read(text)?;
    match op {
        Op::Like | Op::Equal => between(Some(from), Some(to), true),
        Op::Unequal => between(Some(from), Some(to), false),
        Op::Less => between(None, Some(from.moved(-1)), true),
        Op::AtMost => between(None, Some(to), true),
        Op::Greater => between(Some(to.moved(1)), None, true),
        Op::AtLeast => between(Some(from), None, true),
        Op::Matches => None,
    }
}

fn timed(side: Side, op: Op, text: &str) -> Option<Read> {
    match side {
        Side::Within => bounded(op, text, time_bounds),
        Side::From => bounded(Op::AtLeast, text, time_bounds),
        Side::Before => bounded(Op::Less, text, time_bounds),
    }
}

/// `data.coupon`, or a word of what an event can have.
fn existence(text: &str) -> Option<Read> {
    if let Some((word, _)) = PLACES.iter().find(|(word, _)| word.eq_ignore_ascii_case(text)) {
        return Some(Read::new(Test::Word(word)));
    }
    let end = text.find(['.', '[']).unwrap_or(text.len());
    let field = field_called(&text[..end]).filter(|field| field.has_path())?;
    let (path, len) = Path::read(&text[end..]).ok()?;
    (end + len == text.len()).then(|| Read { test: Test::Word(field.name), path: Some(path) })
}

/// `42`, `#42`, `#2:42`, each with `/3` for the hops.
fn event(text: &str) -> Option<Read> {
    let (event, hops) = text.split_once('/').map_or((text, None), |(event, hops)| (event, Some(hops)));
    let row = named_row(event.strip_prefix('#').unwrap_or(event))?;
    Some(Read::new(Test::Near { to: Near::Event(row), hops: read_hops(hops)? }))
}

/// `12`, or `2:12` in sources after the first.
fn named_row(text: &str) -> Option<Row> {
    match text.split_once(':') {
        Some((source, ordinal)) => {
            let source = source.parse::<u16>().ok()?.checked_sub(1)?;
            Some(Row::new(SourceId(source), ordinal.parse::<u32>().ok()? as usize))
        }
        None => text.parse().ok().map(Row::from_raw),
    }
}
