//! The guess which column is which field: by its name first, then by what its values look like. No I/O, and
//! nothing is decided here: a person sees the proposal before it counts.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use super::{FIELDS, Field, folded, spelling_rank};
use crate::model::Timestamp;

/// A column with what its name and its values tell.
struct Column<'a> {
    /// As the caller spells it: a column name, or a JSON pointer.
    spelled: &'a str,
    /// The part of it that names something: a pointer's last step.
    name: String,
    /// The step before, for pointers into nested objects.
    parent: Option<String>,
    /// Its sampled values that are not null.
    values: Vec<&'a Value>,
}

/// Which of `columns` fill which field. A column is a name, or a JSON pointer (it begins with `/`); each row of
/// `sample` has one value a column, null where there is none. No column is used twice.
pub fn propose_fields(columns: &[String], sample: &[Vec<Value>]) -> BTreeMap<Field, String> {
    let columns = judged(columns, sample);
    let mut fields = by_name(&columns, sample.len());
    // What no name told, values may: a time first, for it is the surest.
    for (field, looks_like) in BY_VALUE {
        if fields.contains_key(field)
            || (*field == Field::OccurredAt && fields.contains_key(&Field::RecordedAt))
        {
            continue;
        }
        let found = columns
            .iter()
            .filter(|column| column.parent.is_none() && !is_taken(&fields, column))
            .find(|column| !column.values.is_empty() && looks_like(column));
        if let Some(column) = found {
            fields.insert(*field, column.spelled.to_owned());
        }
    }
    fields
}

/// The same by names alone: values may only speak against a column.
pub(crate) fn fields_by_name(columns: &[String], sample: &[Vec<Value>]) -> BTreeMap<Field, String> {
    by_name(&judged(columns, sample), sample.len())
}

fn judged<'a>(columns: &'a [String], sample: &'a [Vec<Value>]) -> Vec<Column<'a>> {
    let column = |(index, spelled): (usize, &'a String)| {
        let values = sample.iter().filter_map(|row| row.get(index)).filter(|value| !value.is_null());
        let (name, parent) = steps(spelled);
        Column { spelled, name, parent, values: values.collect() }
    };
    columns.iter().enumerate().map(column).collect()
}

fn by_name(columns: &[Column<'_>], rows: usize) -> BTreeMap<Field, String> {
    let mut fields = BTreeMap::new();
    for (field, ..) in FIELDS {
        let best = columns
            .iter()
            .filter(|column| !is_taken(&fields, column) && column.could_be(*field))
            .filter_map(|column| {
                let is_rare = column.values.len() * 2 < rows;
                Some(((is_rare, column.preference(*field)?), column))
            })
            .min_by_key(|(preference, _)| *preference);
        if let Some((_, column)) = best {
            fields.insert(*field, column.spelled.to_owned());
        }
    }
    fields
}

/// Whether a column's values are those of a field.
type LooksLike = fn(&Column<'_>) -> bool;

/// Tells a field by values alone, in the order they are asked.
const BY_VALUE: &[(Field, LooksLike)] = &[
    (Field::OccurredAt, |column| column.is_time()),
    (Field::Id, |column| column.is_unique_id()),
    (Field::Stream, |column| column.is_reference()),
    (Field::Type, |column| column.is_vocabulary()),
];

fn is_taken(fields: &BTreeMap<Field, String>, column: &Column<'_>) -> bool {
    fields.values().any(|taken| taken == column.spelled)
}

/// The last step of a JSON pointer and the one before; a plain column name is its own last step.
fn steps(spelled: &str) -> (String, Option<String>) {
    let Some(pointer) = spelled.strip_prefix('/') else { return (spelled.to_owned(), None) };
    let mut steps = pointer.rsplit('/').map(|step| step.replace("~1", "/").replace("~0", "~"));
    (steps.next().unwrap_or_default(), steps.next())
}

impl Column<'_> {
    /// Less is better; `None` if its name is no name of `field`. Top level before nested, then the spelling;
    /// a payload that is an object before one that is text.
    fn preference(&self, field: Field) -> Option<(bool, bool, usize)> {
        let rank = spelling_rank(field, &self.name)?;
        if let Some(parent) = &self.parent {
            // Keys of the payload are the business's own: `data.name` is rarely an event type.
            let in_payload = spelling_rank(Field::Data, parent).is_some();
            if matches!(field, Field::Data | Field::Metadata)
                || in_payload && (rank > 3 || matches!(field, Field::Id | Field::Version | Field::Position))
            {
                return None;
            }
        }
        let is_text = field == Field::Data && self.values.iter().any(|value| !holds_document(value));
        Some((self.parent.is_some(), is_text, rank))
    }

    /// Whether its values, where there are any, can be those of `field`.
    fn could_be(&self, field: Field) -> bool {
        let fits: fn(&Value) -> bool = match field {
            Field::Type | Field::Kind => |value| value.as_str().is_some_and(|text| !text.is_empty()),
            Field::Stream | Field::Id | Field::CorrelationId | Field::CausationId | Field::SchemaVersion => {
                |value| value.is_string() || value.is_number()
            }
            Field::AggregateType => Value::is_string,
            Field::Version | Field::Position => |value| integer(value).is_some(),
            Field::OccurredAt | Field::RecordedAt => {
                |value| value.is_number() || value.as_str().is_some_and(|text| Timestamp::parse(text).is_ok())
            }
            // Under these names, whatever it is.
            Field::Data if matches!(self.name.as_str(), "data" | "payload") => |_| true,
            Field::Data => |value| value.is_object() || value.is_array() || value.is_string(),
            Field::Metadata => holds_document,
        };
        let fitting = self.values.iter().filter(|value| fits(value)).count();
        // One odd record in a sample does not make another column of it.
        self.values.is_empty() || fitting * 4 >= self.values.len() * 3
    }

    fn texts(&self) -> Option<Vec<&str>> {
        self.values.iter().map(|value| value.as_str()).collect()
    }

    fn is_time(&self) -> bool {
        self.texts().is_some_and(|texts| texts.iter().all(|text| Timestamp::parse(text).is_ok()))
    }

    /// Every value another one, and spelled like a generated id.
    fn is_unique_id(&self) -> bool {
        self.texts().is_some_and(|texts| {
            texts.iter().collect::<BTreeSet<_>>().len() == texts.len()
                && texts.iter().all(|text| {
                    text.len() >= 16 && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-')
                })
        })
    }

    /// `order_id`, `accountNumber`, `sku_key`: a name that refers to something.
    fn is_reference(&self) -> bool {
        let name = folded(&self.name);
        ["id", "key", "uuid", "guid", "number"].iter().any(|end| name.ends_with(end))
            && self.values.iter().all(|value| value.is_string() || integer(value).is_some())
    }

    /// Few different words without blanks, used again and again.
    fn is_vocabulary(&self) -> bool {
        self.texts().is_some_and(|texts| {
            let different: BTreeSet<&&str> = texts.iter().collect();
            different.len() * 2 <= texts.len()
                && texts.iter().all(|text| {
                    text.len() <= 80
                        && text.starts_with(char::is_alphabetic)
                        && !text.contains(char::is_whitespace)
                })
        })
    }
}

/// An integer, or text that is one.
fn integer(value: &Value) -> Option<i64> {
    value.as_i64().or_else(|| value.as_str()?.trim().parse().ok())
}

/// An object or an array, or text that holds one.
fn holds_document(value: &Value) -> bool {
    match value {
        Value::String(text) => text.trim_start().starts_with(['{', '[']),
        other => other.is_object() || other.is_array(),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    /// `sample` is a list of rows.
    fn check(columns: &[&str], sample: &Value, expected: &[(Field, &str)]) {
        let columns: Vec<String> = columns.iter().map(|&column| column.to_owned()).collect();
        let rows: Vec<Vec<Value>> = serde_json::from_value(sample.clone()).unwrap();
        let expected: BTreeMap<Field, String> =
            expected.iter().map(|(field, column)| (*field, (*column).to_owned())).collect();
        assert_eq!(propose_fields(&columns, &rows), expected, "{columns:?}");
    }

    #[test]
    fn names_are_enough_without_a_sample() {
        check(
            &["aggregate_id", "Event-Type", "payload", "created_at", "version"],
            &json!([]),
            &[
                (Field::Stream, "aggregate_id"),
                (Field::Type, "Event-Type"),
                (Field::Data, "payload"),
                (Field::OccurredAt, "created_at"),
                (Field::Version, "version"),
            ],
        );
    }

    #[test]
    fn values_rule_out_a_column_whose_name_fits() {
        // `event` holds the document, `event/type` the name.
        check(
            &["/event", "/event/type", "/event/streamId", "/body"],
            &json!([[{"type": "Paid", "streamId": "o-1"}, "Paid", "o-1", "{\"a\":1}"]]),
            &[(Field::Type, "/event/type"), (Field::Stream, "/event/streamId"), (Field::Data, "/body")],
        );
    }

    #[test]
    fn keys_of_the_payload_are_not_taken_for_fields() {
        check(
            &["/ts", "/data", "/data/name", "/data/id"],
            &json!([[1_772_352_000, {"name": "Bob", "id": 4}, "Bob", 4]]),
            &[(Field::OccurredAt, "/ts"), (Field::Data, "/data")],
        );
    }

    #[test]
    fn values_tell_where_no_name_does() {
        check(
            &["nr", "wann", "auftrag_id", "was", "who"],
            &json!([
                ["0b4f7a52-6a38-4d2c", "2026-03-01T08:00:00Z", "A-1", "Paid", "a b"],
                ["1b4f7a52-6a38-4d2c", "2026-03-01T08:00:01Z", "A-1", "Paid", "c"],
                ["2b4f7a52-6a38-4d2c", "2026-03-01T08:00:02Z", "A-2", "Sent", "d"],
                ["3b4f7a52-6a38-4d2c", "2026-03-01T08:00:03Z", "A-2", "Sent", "e"],
            ]),
            &[
                (Field::Id, "nr"),
                (Field::OccurredAt, "wann"),
                (Field::Stream, "auftrag_id"),
                (Field::Type, "was"),
            ],
        );
    }

    #[test]
    fn no_column_is_used_twice_and_nonsense_is_left_alone() {
        check(&["foo", "bar"], &json!([[1, true], [2, false]]), &[]);
        check(&["time"], &json!([["soon"], ["later"]]), &[]);
    }
}
