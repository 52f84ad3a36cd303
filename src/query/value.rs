//! Values as a query writes them, and comparing the values of payloads with them. A value is what it looks like: a
//! number, a size, a time, a duration, else a text; in quotation marks it is a text.

use std::cmp::Ordering;

use globset::GlobMatcher;
use serde_json::Value;

use super::ast::Pattern;
use super::decimal::Decimal;
use super::times::TimeSpan;
use crate::index::glob;
use crate::model::Timestamp;

/// How a value is compared.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Op {
    /// `:`, like: globs, without regard to case.
    Like,
    /// `=`.
    Equal,
    /// `!=`: there is a value, and it is another.
    Unequal,
    /// `<`.
    Less,
    /// `<=`.
    AtMost,
    /// `>`.
    Greater,
    /// `>=`.
    AtLeast,
    /// `~`: a regular expression matches somewhere.
    Matches,
}

impl Op {
    /// Every operator with its spelling; where one begins like another, the longer one stands first.
    pub const ALL: [(Self, &'static str); 8] = [
        (Self::Unequal, "!="),
        (Self::AtMost, "<="),
        (Self::AtLeast, ">="),
        (Self::Like, ":"),
        (Self::Equal, "="),
        (Self::Less, "<"),
        (Self::Greater, ">"),
        (Self::Matches, "~"),
    ];

    /// As it is written.
    pub fn spelling(self) -> &'static str {
        Self::ALL.iter().find(|(op, _)| *op == self).map_or(":", |(_, spelling)| spelling)
    }

    /// Whether it asks for an order.
    fn holds(self, order: Ordering) -> bool {
        match self {
            Self::Like | Self::Equal => order.is_eq(),
            Self::Unequal => order.is_ne(),
            Self::Less => order.is_lt(),
            Self::AtMost => order.is_le(),
            Self::Greater => order.is_gt(),
            Self::AtLeast => order.is_ge(),
            Self::Matches => false,
        }
    }
}

/// What is asked of a value inside a payload.
#[derive(Clone, Debug)]
pub struct ValueTest {
    /// How.
    pub op: Op,
    /// With what, as it was written.
    pub text: String,
    /// It was written in quotation marks: a text, whatever it looks like.
    pub quoted: bool,
    reading: Reading,
}

impl PartialEq for ValueTest {
    fn eq(&self, other: &Self) -> bool {
        (self.op, &self.text, self.quoted) == (other.op, &other.text, other.quoted)
    }
}

/// What the text can be read as.
#[derive(Clone, Debug)]
enum Reading {
    Number(Decimal),
    /// `10..20`.
    Numbers(Decimal, Decimal),
    Time(TimeSpan),
    /// Nanoseconds.
    Duration(i64),
    /// `true`, `false` or `null`.
    Literal(Value),
    Glob(GlobMatcher),
    Regex(Pattern),
    Text,
}

impl ValueTest {
    /// What `op` and `text` ask; the sentence of what is wrong with a regular expression.
    pub(super) fn new(op: Op, text: String, quoted: bool) -> Result<Self, String> {
        let reading = Self::reading(op, &text, quoted)?;
        Ok(Self { op, text, quoted, reading })
    }

    fn reading(op: Op, text: &str, quoted: bool) -> Result<Reading, String> {
        if op == Op::Matches {
            return Ok(Reading::Regex(pattern(text)?));
        }
        if quoted {
            return Ok(Reading::Text);
        }
        if let Some(number) = Decimal::of_size(text) {
            return Ok(Reading::Number(number));
        }
        if let Some((from, to)) = text.split_once("..")
            && op == Op::Like
            && let (Some(from), Some(to)) = (Decimal::of_size(from), Decimal::of_size(to))
        {
            return Ok(Reading::Numbers(from, to));
        }
        match text {
            "true" => return Ok(Reading::Literal(Value::Bool(true))),
            "false" => return Ok(Reading::Literal(Value::Bool(false))),
            "null" => return Ok(Reading::Literal(Value::Null)),
            _ => {}
        }
        if let Some(span) = TimeSpan::parse(text) {
            return Ok(Reading::Time(span));
        }
        if let Some(length) = duration(text) {
            return Ok(Reading::Duration(length));
        }
        Ok(if op == Op::Like { Reading::Glob(glob(text)) } else { Reading::Text })
    }

    /// Whether one value is as it is asked.
    pub fn holds(&self, value: &Value) -> bool {
        let by_text = |text: &str| match (&self.reading, self.op) {
            (Reading::Glob(glob), _) => glob.is_match(text),
            (Reading::Regex(Pattern(regex)), _) => regex.is_match(text),
            (_, Op::Like) => text.to_lowercase() == self.text.to_lowercase(),
            (_, op) => op.holds(text.cmp(&self.text)),
        };
        let compared = |order: Option<Ordering>, text: &str| match order {
            Some(order) => self.op.holds(order),
            // Of another kind than what it is compared with: not in any order, and as a text hardly ever equal.
            None => match self.op {
                Op::Like | Op::Equal | Op::Unequal => by_text(text),
                _ => false,
            },
        };
        match (&self.reading, value) {
            (_, Value::Object(_) | Value::Array(_)) => false,
            (Reading::Literal(literal), _) => match self.op {
                Op::Like | Op::Equal => literal == value || value.as_str() == Some(&self.text),
                Op::Unequal => literal != value && value.as_str() != Some(&self.text),
                _ => false,
            },
            (_, Value::Null) => self.op == Op::Unequal,
            (_, Value::Bool(value)) => by_text(if *value { "true" } else { "false" }),
            (Reading::Number(wanted), Value::Number(number)) => compared(
                Decimal::parse(&number.to_string()).map(|number| number.cmp(wanted)),
                &number.to_string(),
            ),
            (Reading::Number(wanted), Value::String(text)) => {
                compared(Decimal::parse(text).map(|number| number.cmp(wanted)), text)
            }
            (Reading::Numbers(from, to), Value::Number(number)) => {
                Decimal::parse(&number.to_string()).is_some_and(|number| (from..=to).contains(&&number))
            }
            (Reading::Numbers(from, to), Value::String(text)) => {
                Decimal::parse(text).is_some_and(|number| (from..=to).contains(&&number))
            }
            (Reading::Time(span), Value::String(text)) => {
                compared(Timestamp::parse(text).ok().map(|time| span.order(time.nanos())), text)
            }
            (Reading::Duration(wanted), Value::String(text)) => {
                compared(duration(text).map(|length| length.cmp(wanted)), text)
            }
            (_, Value::String(text)) => by_text(text),
            (_, Value::Number(number)) => by_text(&number.to_string()),
        }
    }
}

/// A regular expression, or the sentence of what is wrong with it.
pub(super) fn pattern(text: &str) -> Result<Pattern, String> {
    regex::RegexBuilder::new(text).size_limit(1 << 20).build().map(Pattern).map_err(|error| {
        // The library draws the place over several lines; the last one says what is wrong.
        let error = error.to_string();
        let said = error.lines().last().unwrap_or_default().trim_start_matches("error: ").to_owned();
        format!("This regular expression cannot be read: {said}")
    })
}

/// Nanoseconds of `250ms`, `2h 30m`, `1.5h` or ISO 8601's `PT2H30M`.
pub(super) fn duration(text: &str) -> Option<i64> {
    if let Some(iso) = text.strip_prefix('P') {
        return iso_duration(iso);
    }
    if !text.starts_with(|first: char| first.is_ascii_digit())
        || !text.ends_with(|last: char| last.is_alphabetic())
    {
        return None;
    }
    if let Ok(length) = humantime::parse_duration(text) {
        return i64::try_from(length.as_nanos()).ok();
    }
    let unit_at = text.find(|letter: char| letter.is_alphabetic())?;
    let (number, unit) = text.split_at(unit_at);
    let unit = humantime::parse_duration(&format!("1{unit}")).ok()?;
    let nanos = number.trim().parse::<f64>().ok()? * unit.as_nanos() as f64;
    (nanos.is_finite() && nanos < i64::MAX as f64).then_some(nanos as i64)
}

/// The days, hours, minutes and seconds of ISO 8601 after the `P`: months and years have no fixed length.
fn iso_duration(text: &str) -> Option<i64> {
    let (days, rest) = text.split_once('T').unwrap_or((text, ""));
    if (days.is_empty() && rest.is_empty()) || text.ends_with('T') || text.contains('-') {
        return None;
    }
    let mut nanos: i64 = 0;
    for (part, units) in [(days, &[('D', 86_400.0)][..]), (rest, &[('H', 3_600.0), ('M', 60.0), ('S', 1.0)])]
    {
        let mut part = part;
        while !part.is_empty() {
            let end = part.find(|letter: char| letter.is_alphabetic())?;
            let (_, seconds) = units.iter().find(|(unit, _)| part[end..].starts_with(*unit))?;
            nanos = nanos.checked_add((part[..end].parse::<f64>().ok()? * seconds * 1e9) as i64)?;
            part = &part[end + 1..];
        }
    }
    Some(nanos)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn check(op: Op, text: &str, value: &Value, expected: bool) {
        let asked = ValueTest::new(op, text.to_owned(), false).unwrap();
        assert_eq!(asked.holds(value), expected, "{value} {} {text}", op.spelling());
    }

    #[test]
    fn values_are_what_they_look_like() {
        check(Op::Greater, "100", &json!(100.5), true);
        check(Op::Greater, "100", &json!("100.50"), true);
        check(Op::Greater, "100", &json!("many"), false);
        check(Op::Equal, "7", &json!(7.0), true);
        check(Op::Equal, "7", &json!("7"), true);
        check(Op::Equal, "10kB", &json!(10_000), true);
        check(Op::Less, "1MiB", &json!(1_048_575), true);
        check(Op::Like, "10..20", &json!(20), true);
        check(Op::Like, "10..20", &json!(20.5), false);
        check(Op::Equal, "true", &json!(true), true);
        check(Op::Equal, "null", &json!(null), true);
        check(Op::Equal, "null", &json!(0), false);
        check(Op::Unequal, "paid", &json!("open"), true);
        check(Op::Unequal, "paid", &json!("paid"), false);
        check(Op::Equal, "paid", &json!("Paid"), false);
        check(Op::Like, "PAID", &json!("paid"), true);
        check(Op::Like, "ord-*", &json!("ORD-17"), true);
        check(Op::Matches, "^ord-\\d+$", &json!("ord-17"), true);
        check(Op::AtLeast, "2026-03-01", &json!("2026-03-01T00:00:00Z"), true);
        check(Op::Equal, "2026-03-01", &json!("2026-03-01T19:00:00Z"), true);
        check(Op::Greater, "2026-03-01", &json!("2026-03-01T19:00:00Z"), false);
        check(Op::Greater, "90s", &json!("PT2M"), true);
        check(Op::Greater, "90s", &json!("1m"), false);
        check(Op::Greater, "m", &json!("n"), true);
        check(Op::Like, "12*", &json!(1234), true);
        check(Op::Equal, "x", &json!({"x": 1}), false);
    }

    #[test]
    fn a_text_in_quotes_is_a_text() {
        let test = ValueTest::new(Op::Equal, "7".to_owned(), true).unwrap();
        assert!(test.holds(&json!("7")) && !test.holds(&json!("7.0")));
        let test = ValueTest::new(Op::Like, "a*".to_owned(), true).unwrap();
        assert!(test.holds(&json!("A*")) && !test.holds(&json!("ab")));
    }

    #[test]
    fn durations_have_many_spellings() {
        for (text, expected) in [
            ("250ms", Some(250_000_000)),
            ("2h 30m", Some(9_000_000_000_000)),
            ("1.5h", Some(5_400_000_000_000)),
            ("PT1.5S", Some(1_500_000_000)),
            ("P1DT1H", Some(90_000_000_000_000)),
            ("P1M", None),
            ("P", None),
            ("PT", None),
            ("P-1D", None),
            ("5", None),
            ("h", None),
            ("paid", None),
            ("99999999999999d", None),
        ] {
            assert_eq!(duration(text), expected, "{text}");
        }
    }

    #[test]
    fn a_wrong_pattern_is_a_sentence() {
        let error = ValueTest::new(Op::Matches, "a(".to_owned(), false).unwrap_err();
        assert_eq!(error, "This regular expression cannot be read: unclosed group");
    }
}
