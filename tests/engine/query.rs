//! The filter against reading every event: whatever is filtered for, `select` finds what a person would find who
//! opens one event after another.

use proptest::collection::vec;
use proptest::prelude::*;
use sagascope::base::cancel::CancelToken;
use sagascope::index::EventLog;
use sagascope::model::{FetchError, Payload, RecordedEvent, Row};
use sagascope::query::{Filter, Term, TermKind, select};
use serde_json::Value;

use crate::plain_log::{PlainLog, Twins, event, long_log};

fn term() -> impl Strategy<Value = Term> {
    let pick = |words: &'static [&'static str]| prop::sample::select(words).prop_map(str::to_owned);
    let kind = prop_oneof![
        pick(&["*", "order*", "*.failed.*", "PaymentDeclined", "?rderplaced", "größe", "", "[x", "*d"])
            .prop_map(TermKind::Type),
        pick(&["o-*", "Order/*", "1", "*/1", "Pay/ment/1", "/1", "KUNDE_*", "O-?", "{o", ""])
            .prop_map(TermKind::Stream),
        pick(&["c-1", "c-*", "C…", "*", "", "c"]).prop_map(TermKind::Correlation),
        pick(&[
            "paid", "GRÖSSE", "größe", "xl", "nb", "u00f6", "n", "12.50", "málaga", "secret", "key", "o-",
            "kunde", "e1", "c-", "new", "TRUE", "7a4a", "ü", "zzz",
        ])
        .prop_map(TermKind::Text),
    ];
    (any::<bool>(), kind).prop_map(|(negated, kind)| Term { negated, kind })
}

/// `*` and `?` without regard to case; whatever else the pattern holds is taken literally.
fn is_like(text: &str, pattern: &str) -> bool {
    fn from(text: &[char], pattern: &[char]) -> bool {
        match (pattern.split_first(), text.split_first()) {
            (None, None) => true,
            (Some(('*', rest)), _) => (0..=text.len()).any(|skip| from(&text[skip..], rest)),
            (Some(('?', rest)), Some((_, after))) => from(after, rest),
            (Some((wanted, rest)), Some((letter, after))) => wanted == letter && from(after, rest),
            (None, Some(_)) | (Some(_), None) => false,
        }
    }
    let letters = |text: &str| text.to_lowercase().chars().collect::<Vec<char>>();
    from(&letters(text), &letters(pattern))
}

fn holds(text: &str, needle: &str) -> bool {
    text.to_lowercase().contains(&needle.to_lowercase())
}

fn value_holds(value: &Value, needle: &str) -> bool {
    match value {
        Value::String(text) => holds(text, needle),
        Value::Array(items) => items.iter().any(|item| value_holds(item, needle)),
        Value::Object(members) => {
            members.iter().any(|(name, member)| holds(name, needle) || value_holds(member, needle))
        }
        other => holds(&other.to_string(), needle),
    }
}

fn is_match(event: &RecordedEvent, kind: &TermKind) -> bool {
    match kind {
        TermKind::Type(pattern) => is_like(&event.event_type, pattern),
        TermKind::Stream(pattern) => event.streams.iter().any(|membership| {
            let stream = &membership.stream;
            is_like(&stream.id, pattern)
                || (stream.aggregate_type.is_some() && is_like(&stream.to_string(), pattern))
        }),
        TermKind::Correlation(id) => event.correlation_id.as_deref().is_some_and(|own| {
            id.strip_suffix(['*', '…']).map_or(own == id, |beginning| own.starts_with(beginning))
        }),
        TermKind::Text(needle) => {
            let in_data = match &event.data {
                Payload::Json(json) => value_holds(&json.value(), needle),
                Payload::Opaque { bytes, .. } => holds(&String::from_utf8_lossy(bytes), needle),
                Payload::Missing => false,
            };
            in_data
                || event.metadata.as_ref().is_some_and(|json| value_holds(&json.value(), needle))
                || holds(&event.event_type, needle)
                || event.streams.iter().any(|membership| holds(&membership.stream.id, needle))
                || [&event.id, &event.correlation_id, &event.causation_id]
                    .into_iter()
                    .flatten()
                    .any(|id| holds(id, needle))
        }
    }
}

fn found(log: &EventLog, plain: &PlainLog, filter: &Filter) -> Vec<Row> {
    let mut fetched = 0;
    let mut fetch = |rows: &[Row]| -> Vec<Result<RecordedEvent, FetchError>> {
        fetched += rows.len();
        rows.iter().map(|row| Ok(plain.event(*row).clone())).collect()
    };
    let mut told: Vec<Row> = Vec::new();
    let never = CancelToken::default();
    let rows = select(log, filter, &mut fetch, &never, &mut |rows, step| {
        assert!(rows.starts_with(&told), "partial results only grow");
        assert!(step.done <= step.total && step.unreadable == 0);
        told = rows.to_vec();
    });
    let rows = rows.expect("nobody cancelled it");
    assert!(rows.starts_with(&told));
    assert!(fetched == 0 || filter.needs_payloads(), "payloads were read although the index knows");
    rows
}

proptest! {
    #[test]
    fn select_finds_what_reading_every_event_finds(
        sources in vec(vec(event(), 0..25), 1..4),
        terms in vec(term(), 0..4),
    ) {
        let mut twins = Twins::of(sources);
        let log = twins.publish();
        let filter = Filter { terms };
        let matches = |row: &Row| {
            filter.terms.iter().all(|term| is_match(twins.plain.event(*row), &term.kind) != term.negated)
        };
        let expected: Vec<Row> = twins.plain.merged().into_iter().filter(matches).collect();
        prop_assert_eq!(found(&log, &twins.plain, &filter), expected);
    }

    #[test]
    fn any_text_is_a_filter_or_an_error_inside_it(text in "\\PC*|[a-z:\"\\\\ *-]{0,20}") {
        match Filter::parse(&text) {
            Ok(filter) => prop_assert_eq!(filter.is_empty(), text.trim().is_empty()),
            Err(error) => {
                prop_assert!(text.get(error.at.clone()).is_some(), "{:?} is not in {:?}", error.at, text);
                prop_assert!(!error.message.is_empty());
            }
        }
    }
}

#[test]
fn text_is_searched_in_parts_and_a_cancel_ends_it() {
    let mut twins = long_log(1, 3_000);
    let log = twins.publish();
    let filter = Filter::parse("Declined").expect("one word");
    assert!(found(&log, &twins.plain, &filter).len() > 100);

    let cancel = CancelToken::default();
    let mut parts = 0;
    let mut fetch = |rows: &[Row]| -> Vec<Result<RecordedEvent, FetchError>> {
        parts += 1;
        cancel.cancel();
        rows.iter().map(|_| Err(FetchError::Changed)).collect()
    };
    assert_eq!(select(&log, &filter, &mut fetch, &cancel, &mut |_, _| {}), None);
    assert_eq!(parts, 1);
}

#[test]
fn events_that_cannot_be_read_again_are_counted() {
    let mut twins = long_log(1, 700);
    let log = twins.publish();
    let filter = Filter::parse("nowhere").expect("one word");
    let mut fetch = |rows: &[Row]| rows.iter().map(|_| Err(FetchError::Changed)).collect();
    let mut unreadable = 0;
    let rows = select(&log, &filter, &mut fetch, &CancelToken::default(), &mut |_, step| {
        unreadable = step.unreadable;
    });
    assert_eq!((rows, unreadable), (Some(Vec::new()), 700));
}
