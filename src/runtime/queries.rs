//! Query handlers. The primer: with commands and queries kept apart (CQRS), a query reads read models and nothing
//! else; it is fast and cheap, and it may be behind, so every answer says how far. Paging is by key, not by number
//! of rows: a row that appears meanwhile is seen once or not at all, and none is seen twice.

use std::collections::BTreeMap;
use std::ops::Bound;
use std::sync::Arc;

use serde_json::Value;

use super::projection::{ReadModel, ReadModels};
use crate::domain::Name;

/// Rows that one answer holds at most.
pub const ROWS_MAX: usize = 1_000;

/// A question to a read model.
#[derive(Clone, Debug, PartialEq)]
pub struct Query {
    /// Name of the read model.
    pub model: Name,
    /// What is asked.
    pub ask: Ask,
}

/// What is asked of a read model.
#[derive(Clone, Debug, PartialEq)]
pub enum Ask {
    /// The row with this key.
    Get(Name),
    /// Rows that fit, in order of their keys.
    List {
        /// Which rows.
        fits: Fits,
        /// Where the page before ended: rows after this key.
        after: Option<Name>,
        /// Rows of a page, 1 to [`ROWS_MAX`].
        limit: usize,
    },
}

/// Which rows a list has.
#[derive(Clone, Debug, PartialEq)]
pub enum Fits {
    /// All.
    All,
    /// Those with this text in their key or in any value, whatever the case.
    Text(String),
    /// Those in which the field at this path (`customer.name`, `items.0.sku`) is this value. Text fits numbers as
    /// they are spelled, so that what was typed can be asked for.
    Field(String, Value),
}

/// Rows, and how fresh they are.
#[derive(Clone, Debug, PartialEq)]
pub struct Answer {
    /// Keys and rows, in order of the keys.
    pub rows: Vec<(Name, Arc<Value>)>,
    /// The key to ask for the next page with; `None` on the last.
    pub next: Option<Name>,
    /// Place in the log up to which the rows are right.
    pub as_of: u64,
    /// Events that are recorded and not in the rows yet.
    pub lag: u64,
}

/// Why a query has no answer.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum QueryError {
    /// There is no such read model.
    #[error("there is no read model {model}; there are {}", known.join(", "))]
    NoModel {
        /// Its name.
        model: String,
        /// Those that are there.
        known: Vec<String>,
    },
    /// A page has no or too many rows.
    #[error("a page has 1 to {ROWS_MAX} rows, not {0}")]
    Limit(usize),
}

/// Answers a query from read models, in a log of `log_len` events.
pub fn answer(models: &ReadModels, log_len: u64, query: &Query) -> Result<Answer, QueryError> {
    let model = models.get(&query.model).ok_or_else(|| QueryError::NoModel {
        model: query.model.to_string(),
        known: models.names().map(ToString::to_string).collect(),
    })?;
    let (rows, next) = match &query.ask {
        Ask::Get(key) => (model.rows().get_key_value(key).map(shared).into_iter().collect(), None),
        Ask::List { fits, after, limit } => page(model.rows(), fits, after.as_ref(), *limit)?,
    };
    Ok(Answer { rows, next, as_of: ReadModel::checkpoint(model), lag: model.lag(log_len) })
}

type Rows = Vec<(Name, Arc<Value>)>;

fn page(
    rows: &BTreeMap<Name, Arc<Value>>,
    fits: &Fits,
    after: Option<&Name>,
    limit: usize,
) -> Result<(Rows, Option<Name>), QueryError> {
    if !(1..=ROWS_MAX).contains(&limit) {
        return Err(QueryError::Limit(limit));
    }
    let from = after.map_or(Bound::Unbounded, |key| Bound::Excluded(key.clone()));
    let needle = match fits {
        Fits::Text(text) => text.to_lowercase(),
        Fits::All | Fits::Field(..) => String::new(),
    };
    let fitting = |(key, row): &(&Name, &Arc<Value>)| match fits {
        Fits::All => true,
        Fits::Text(_) => key.to_lowercase().contains(&needle) || holds_text(row, &needle),
        Fits::Field(path, value) => field(row, path).is_some_and(|found| equal(found, value)),
    };
    // One more than asked for: whether there is a next page.
    let mut found: Rows =
        rows.range((from, Bound::Unbounded)).filter(fitting).take(limit + 1).map(shared).collect();
    let has_more = found.len() > limit;
    found.truncate(limit);
    let next = found.last().filter(|_| has_more).map(|(key, _)| key.clone());
    Ok((found, next))
}

fn shared((key, row): (&Name, &Arc<Value>)) -> (Name, Arc<Value>) {
    (key.clone(), Arc::clone(row))
}

/// Whether a text or number anywhere in `value` contains `needle`, which is in lower case.
fn holds_text(value: &Value, needle: &str) -> bool {
    match value {
        Value::Null => false,
        Value::Bool(flag) => flag.to_string().contains(needle),
        Value::Number(number) => number.to_string().to_lowercase().contains(needle),
        Value::String(text) => text.to_lowercase().contains(needle),
        Value::Array(items) => items.iter().any(|item| holds_text(item, needle)),
        Value::Object(members) => members.values().any(|member| holds_text(member, needle)),
    }
}

/// The value at a dotted path; digits index lists.
fn field<'a>(row: &'a Value, path: &str) -> Option<&'a Value> {
    path.split('.').try_fold(row, |value, name| match value {
        Value::Array(items) => items.get(name.parse::<usize>().ok()?),
        _ => value.get(name),
    })
}

fn equal(found: &Value, asked: &Value) -> bool {
    match (found, asked) {
        (Value::Number(number), Value::String(text)) => number.to_string() == *text,
        (Value::Bool(flag), Value::String(text)) => flag.to_string() == *text,
        _ => found == asked,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::domain::Part;
    use crate::domain::{Domain, Program, Projection};
    use crate::runtime::projection::Observed;

    fn models() -> ReadModels {
        let program = |text: &str| Program::compile(text).unwrap();
        let domain = Domain {
            projections: vec![Projection {
                name: "orders".into(),
                key: program(".event.stream"),
                on: vec![("order.created".into(), program(".event.data"))],
            }],
            ..Domain::default()
        };
        let mut models = ReadModels::new(&domain);
        let rows = [
            ("o-3", json!({"customer": {"name": "Ada"}, "total": 1200})),
            ("o-1", json!({"customer": {"name": "Grace"}, "total": 90})),
            ("o-5", json!({"customer": {"name": "ADA"}, "items": [{"sku": "x-12"}]})),
            ("o-2", json!({"note": null, "paid": true})),
        ];
        for (position, (stream, data)) in (1..).zip(rows) {
            let event = json!({"stream": stream, "data": data});
            models.apply(&Observed { position, event_type: "order.created", event: Part::Value(&event) });
        }
        models
    }

    fn keys(answer: &Answer) -> Vec<&str> {
        answer.rows.iter().map(|(key, _)| &**key).collect()
    }

    fn ask(ask: Ask) -> Result<Answer, QueryError> {
        answer(&models(), 6, &Query { model: "orders".into(), ask })
    }

    fn check(fits: &Fits, expected: &[&str]) {
        let answer = ask(Ask::List { fits: fits.clone(), after: None, limit: 10 }).unwrap();
        assert_eq!(keys(&answer), expected, "{fits:?}");
        assert_eq!(answer.next, None);
    }

    #[test]
    fn a_row_is_found_by_its_key_and_says_how_fresh_it_is() {
        let found = ask(Ask::Get("o-1".into())).unwrap();
        assert_eq!((keys(&found), found.as_of, found.lag), (vec!["o-1"], 4, 2));
        assert_eq!(found.rows[0].1["total"], json!(90));
        assert!(ask(Ask::Get("o-9".into())).unwrap().rows.is_empty());
    }

    #[test]
    fn rows_are_searched_by_text_and_by_field() {
        check(&Fits::All, &["o-1", "o-2", "o-3", "o-5"]);
        check(&Fits::Text("ada".to_owned()), &["o-3", "o-5"]);
        check(&Fits::Text("O-5".to_owned()), &["o-5"]);
        check(&Fits::Text("12".to_owned()), &["o-3", "o-5"]);
        check(&Fits::Text("customer".to_owned()), &[]);
        check(&Fits::Field("customer.name".to_owned(), json!("Ada")), &["o-3"]);
        check(&Fits::Field("items.0.sku".to_owned(), json!("x-12")), &["o-5"]);
        check(&Fits::Field("total".to_owned(), json!(90)), &["o-1"]);
        check(&Fits::Field("total".to_owned(), json!("90")), &["o-1"]);
        check(&Fits::Field("paid".to_owned(), json!("true")), &["o-2"]);
        check(&Fits::Field("note".to_owned(), json!(null)), &["o-2"]);
    }

    #[test]
    fn pages_follow_each_other_by_key_even_if_their_last_row_is_gone() {
        for limit in 1..=5 {
            let (mut seen, mut after) = (Vec::new(), None);
            loop {
                let page = ask(Ask::List { fits: Fits::All, after: after.clone(), limit }).unwrap();
                assert!(page.rows.len() <= limit);
                seen.extend(page.rows.iter().map(|(key, _)| key.to_string()));
                after = page.next;
                if after.is_none() {
                    break;
                }
            }
            assert_eq!(seen, ["o-1", "o-2", "o-3", "o-5"], "pages of {limit}");
        }
        let rest = ask(Ask::List { fits: Fits::All, after: Some("o-4".into()), limit: 1 }).unwrap();
        assert_eq!(keys(&rest), ["o-5"]);
        assert_eq!(rest.next, None);
    }

    #[test]
    fn what_cannot_be_asked_is_said() {
        let list = |limit| Ask::List { fits: Fits::All, after: None, limit };
        assert_eq!(ask(list(0)), Err(QueryError::Limit(0)));
        assert_eq!(ask(list(ROWS_MAX + 1)), Err(QueryError::Limit(1_001)));
        let query = Query { model: "customers".into(), ask: list(1) };
        let said = answer(&models(), 0, &query).unwrap_err().to_string();
        assert_eq!(said, "there is no read model customers; there are orders");
    }
}
