//! Queries against reading every event: whatever is asked, `select` finds what a person would find who opens one event
//! after another, and counts what such a person would count.

use std::collections::{BTreeMap, BTreeSet};

use proptest::collection::vec;
use proptest::prelude::*;
use sagascope::base::cancel::CancelToken;
use sagascope::index::EventLog;
use sagascope::model::{FetchError, Payload, RecordedEvent, Row, Timestamp};
use sagascope::query::{Bound, Expr, Found, Ground, Group, Name, Near, Op, Query, Term, Test, select, tally};
use serde_json::Value;

use crate::plain_log::{PlainLog, Twins, event, long_log};

/// Terms as they are typed; together with `not`, `or` and parentheses they make the queries of the properties.
const TERMS: &[&str] = &[
    "type:*",
    "type:order*",
    "type:*.failed.*",
    "type:PaymentDeclined",
    "type:?rderplaced",
    "type:größe",
    "type:\"\"",
    "type:[x",
    "type:{order*,pay*}",
    "type=Größe",
    "type!=OrderPlaced",
    "type~^order\\.",
    "type:(order* or größe)",
    "stream:o-*",
    "stream:Order/*",
    "stream:1",
    "stream:*/1",
    "stream:Pay/ment/1",
    "stream:/1",
    "stream:KUNDE_*",
    "stream!=1",
    "stream~^o-\\d$",
    "aggregate:Order",
    "aggregate:\"\"",
    "corr:c-1",
    "corr:c-*",
    "corr:C…",
    "corr:*",
    "corr!=c-1",
    "corr~[12]$",
    "kind:command",
    "kind:integration",
    "is:failure",
    "is:repaired",
    "is:first",
    "is:last",
    "version:1",
    "version<2",
    "version>=2",
    "version!=1",
    "version:-1..1",
    "position>10",
    "position:..10",
    "row:0..3",
    "row:2",
    "after:1970-01-01T00:00:10",
    "before:1970-01-01T00:00:20",
    "time:1970-01-01",
    "time>1970-01-01T00:00:05",
    "time!=1970-01-01",
    "after:10s",
    "before:+5s",
    "wait>1s",
    "wait:0s",
    "stream.events>2",
    "stream.events:1",
    "corr.events>=3",
    "stream.has:(type:*failed*)",
    "corr.has:(is:failure or version:1)",
    "cause:(type:OrderPlaced)",
    "cause:(*e*)/1",
    "cause:1",
    "cause:0/2",
    "effect:(is:failure)",
    "effect:3/1",
    "effect:5",
    "has:cause",
    "has:corr",
    "has:stream",
    "has:time",
    "has:version",
    "has:data.status",
    "has:meta.total",
    "has:data[2]",
    "data.status:paid",
    "data.total>12",
    "data.total=12.5",
    "data.total!=12.5",
    "data.deep.deeper[*].Key=ValueOne",
    "data[*]=true",
    "data[*]~LAGA",
    "data=\"only text\"",
    "data>10",
    "meta.name:gr*",
    "meta.status!=paid",
    "id:e1",
    "id:7a*",
    "id!=e1",
    "schema:2",
    "schema!=v3",
    "size>10",
    "size<=2b",
    "paid",
    "GRÖSSE",
    "größe",
    "xl",
    "nb",
    "u00f6",
    "12.50",
    "málaga",
    "secret",
    "key",
    "o-",
    "kunde",
    "text:e1",
    "\"c-\"",
    "new",
    "TRUE",
    "7a4a",
    "ü",
    "zzz",
];

fn typed() -> impl Strategy<Value = String> {
    let term = prop::sample::select(TERMS).prop_map(str::to_owned);
    term.prop_recursive(4, 12, 3, |inner| {
        prop_oneof![
            inner.clone().prop_map(|one| format!("-({one})")),
            inner.clone().prop_map(|one| format!("not ({one})")),
            vec(inner.clone(), 2..4).prop_map(|all| all.join(" ")),
            vec(inner.clone(), 2..4).prop_map(|any| format!("({})", any.join(" or "))),
            (inner.clone(), inner).prop_map(|(a, b)| format!("({a}) and ({b})")),
        ]
    })
}

/// `*`, `?` and `{a,b}` without regard to case; whatever else the pattern holds is taken literally.
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
    if let Some((a, b)) = pattern.strip_prefix('{').and_then(|rest| rest.strip_suffix('}')?.split_once(',')) {
        return is_like(text, a) || is_like(text, b);
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

fn text_holds(event: &RecordedEvent, needle: &str) -> bool {
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

/// All that a naive reader knows of a log.
struct Naive<'a> {
    log: &'a EventLog,
    plain: &'a PlainLog,
    causes: BTreeMap<Row, Row>,
    times: Vec<i64>,
}

impl<'a> Naive<'a> {
    fn of(log: &'a EventLog, plain: &'a PlainLog) -> Self {
        let times =
            plain.read.iter().filter_map(|row| plain.event(*row).time()).map(Timestamp::nanos).collect();
        Self { log, plain, causes: plain.causes(), times }
    }

    fn matches(&self, row: Row, expr: &Expr) -> bool {
        match expr {
            Expr::All(parts) => parts.iter().all(|part| self.matches(row, part)),
            Expr::Any(parts) => parts.iter().any(|part| self.matches(row, part)),
            Expr::Not(inner) => !self.matches(row, inner),
            Expr::Term(term) => self.term(row, term),
        }
    }

    fn matching(&self, expr: &Expr) -> BTreeSet<Row> {
        self.plain.read.iter().copied().filter(|row| self.matches(*row, expr)).collect()
    }

    /// The groups of rows that share a stream, or a correlation, with `row`.
    fn stream_mates(&self, row: Row) -> Vec<Vec<Row>> {
        self.plain
            .streams()
            .into_iter()
            .map(|stream| stream.rows)
            .filter(|rows| rows.contains(&row))
            .collect()
    }

    fn correlation_mates(&self, row: Row) -> Vec<Row> {
        let own = self.plain.event(row).correlation_id.as_ref();
        let rows = self.plain.read.iter().copied();
        rows.filter(|other| own.is_some() && self.plain.event(*other).correlation_id.as_ref() == own)
            .collect()
    }

    fn bound(&self, bound: Bound) -> i64 {
        match bound {
            Bound::At(at) => at,
            Bound::BeforeEnd(length) => {
                self.times.iter().max().map_or(i64::MIN, |last| last.saturating_sub(length))
            }
            Bound::AfterStart(length) => {
                self.times.iter().min().map_or(i64::MAX, |first| first.saturating_add(length))
            }
        }
    }

    #[expect(clippy::too_many_lines, reason = "one arm for each kind of test, to be compared with its field")]
    fn term(&self, row: Row, term: &Term) -> bool {
        let event = self.plain.event(row);
        let field = term.field.info.name;
        let time = event.time().map(Timestamp::nanos);
        let document = |field: &str| match field {
            "meta" => event.metadata.as_ref().map(sagascope::model::JsonText::value),
            _ => event.data.value(),
        };
        let path = term.field.path.clone().unwrap_or_default();
        match &term.test {
            Test::Text(needle) => text_holds(event, needle),
            Test::Name { like, equal } => {
                let is_id = matches!(field, "corr" | "id");
                let is = |name: &str| match like {
                    Name::Glob(id) if is_id => {
                        id.strip_suffix(['*', '…']).map_or(name == id, |start| name.starts_with(start))
                    }
                    Name::Glob(pattern) => is_like(name, pattern),
                    Name::Exact(exact) => name == exact,
                    Name::Regex(pattern) => pattern.0.is_match(name),
                };
                match field {
                    "type" => is(&event.event_type) == *equal,
                    "corr" => event.correlation_id.as_deref().is_some_and(|id| is(id) == *equal),
                    "id" => event.id.as_deref().is_some_and(|id| is(id) == *equal),
                    "schema" => event.schema_version.as_deref().is_some_and(|version| is(version) == *equal),
                    "stream" => event.streams.iter().any(|one| {
                        let with_type = one.stream.aggregate_type.is_some() && is(&one.stream.to_string());
                        (is(&one.stream.id) || with_type) == *equal
                    }),
                    "aggregate" => self
                        .log
                        .memberships(row)
                        .iter()
                        .any(|(id, _)| is(self.log.stream(*id).group()) == *equal),
                    other => panic!("no model of {other}"),
                }
            }
            Test::Word(word) => match (field, *word) {
                ("kind", word) => event.kind.as_str() == word,
                ("is", "failure") => sagascope::model::is_failure_type(&event.event_type),
                ("is", "repaired") => !event.warnings.is_empty(),
                ("is", "first") => self.stream_mates(row).iter().any(|rows| rows.first() == Some(&row)),
                ("is", "last") => self.stream_mates(row).iter().any(|rows| rows.last() == Some(&row)),
                ("has", "cause") => self.causes.contains_key(&row),
                ("has", "corr") => event.correlation_id.is_some(),
                ("has", "stream") => !event.streams.is_empty(),
                ("has", "time") => time.is_some(),
                ("has", "version") => self.log.memberships(row).iter().any(|(_, version)| version.is_some()),
                ("has", place) => {
                    document(place).is_some_and(|document| path.visit(&document, &mut |_| true))
                }
                other => panic!("no model of {other:?}"),
            },
            Test::Between { from, to, inside } => {
                let from = from.map_or(i64::MIN, |bound| self.bound(bound));
                let to = to.map_or(i64::MAX, |bound| self.bound(bound));
                let is = |number: i64| (from <= number && number <= to) == *inside;
                match field {
                    "version" => self.log.memberships(row).iter().any(|(_, version)| version.is_some_and(is)),
                    "position" => event.position.is_some_and(is),
                    "row" => is(row.raw() as i64),
                    "time" | "after" | "before" => time.is_some_and(is),
                    "wait" => {
                        let cause = self.causes.get(&row).and_then(|cause| self.plain.event(*cause).time());
                        time.zip(cause).is_some_and(|(time, cause)| is(time.saturating_sub(cause.nanos())))
                    }
                    "stream.events" => self.stream_mates(row).iter().any(|rows| is(rows.len() as i64)),
                    "corr.events" => {
                        event.correlation_id.is_some() && is(self.correlation_mates(row).len() as i64)
                    }
                    "size" => event.data != Payload::Missing && is(event.data.len() as i64),
                    other => panic!("no model of {other}"),
                }
            }
            Test::Value(test) => {
                let Some(document) = document(field) else { return false };
                let mut values = Vec::new();
                path.visit(&document, &mut |value| {
                    values.push(value.clone());
                    false
                });
                match test.op {
                    Op::Unequal => {
                        let equal =
                            |value: &Value| !value.is_object() && !value.is_array() && !test.holds(value);
                        !values.is_empty() && !values.iter().any(equal)
                    }
                    _ => values.iter().any(|value| test.holds(value)),
                }
            }
            Test::Among(inner) => match field {
                "stream.has" => {
                    self.stream_mates(row).iter().flatten().any(|mate| self.matches(*mate, inner))
                }
                _ => self.correlation_mates(row).iter().any(|mate| self.matches(*mate, inner)),
            },
            Test::Near { to, hops } => {
                let named = match to {
                    Near::Event(row) => BTreeSet::from([*row]),
                    Near::Matching(inner) => self.matching(inner),
                };
                if field == "cause" {
                    self.chain(row, *hops).iter().any(|cause| named.contains(cause))
                } else {
                    self.plain
                        .read
                        .iter()
                        .any(|other| named.contains(other) && self.chain(*other, *hops).contains(&row))
                }
            }
        }
    }

    /// The causes of an event, the nearest first; a cycle ends where it meets itself.
    fn chain(&self, row: Row, hops: u32) -> Vec<Row> {
        let mut chain = Vec::new();
        let mut at = row;
        while let Some(cause) = self.causes.get(&at).filter(|cause| !chain.contains(*cause)) {
            if chain.len() as u32 >= hops {
                break;
            }
            chain.push(*cause);
            at = *cause;
        }
        chain
    }
}

/// What an event is counted under.
type NameOf<'a> = &'a dyn Fn(&RecordedEvent) -> Option<String>;

fn asked(log: &EventLog, plain: &PlainLog, query: &Query) -> (Found, Vec<Row>) {
    let fetch = |rows: &[Row]| -> Vec<Result<RecordedEvent, FetchError>> {
        rows.iter().map(|row| Ok(plain.event(*row).clone())).collect()
    };
    let ground = Ground { log, fetch: &fetch, may_hold: None, kept: None, survey: None, sources: &[] };
    let mut told: Vec<Row> = Vec::new();
    let found = select(&ground, query, &CancelToken::default(), &mut |rows, step| {
        assert!(rows.starts_with(&told), "partial results only grow");
        assert!(step.done <= step.total && step.unreadable == 0);
        told = rows.to_vec();
    });
    let found = found.expect("nobody cancelled it");
    let rows = found.marks.ranked(log);
    assert!(rows.starts_with(&told));
    assert!(found.read == 0 || query.needs_payloads(), "payloads were read although the index knows");
    assert_eq!(found.marks.len(), rows.len() as u64);
    (found, rows)
}

fn parsed(text: &str) -> Query {
    Query::parse(text).unwrap_or_else(|error| panic!("{text}: {error} at {:?}", error.at))
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 400, ..ProptestConfig::default() })]

    #[test]
    fn select_finds_what_reading_every_event_finds(sources in vec(vec(event(), 0..25), 1..4), text in typed()) {
        let mut twins = Twins::of(sources);
        let log = twins.publish();
        let query = parsed(&text);
        let naive = Naive::of(&log, &twins.plain);
        let filter = query.filter.as_ref().expect("a term");
        let expected: Vec<Row> = twins.plain.merged().into_iter().filter(|row| naive.matches(*row, filter)).collect();
        prop_assert_eq!(asked(&log, &twins.plain, &query).1, expected, "{}", text);
    }

    #[test]
    fn any_text_is_a_query_or_an_error_inside_it(text in "\\PC*|[a-z:\"\\\\ *()|.<>=~\\[\\]/-]{0,30}") {
        match Query::parse(&text) {
            Ok(query) => prop_assert_eq!(query.is_empty(), text.trim().is_empty()),
            Err(error) => {
                prop_assert!(text.get(error.at.clone()).is_some(), "{:?} is not in {:?}", error.at, text);
                prop_assert!(!error.message.is_empty());
            }
        }
    }

    #[test]
    fn counts_are_those_of_a_person(
        sources in vec(vec(event(), 0..25), 1..3),
        // Of the whole log the index knows some without counting.
        text in prop_oneof![2 => typed(), 1 => Just(String::new())],
        top in 1..4_usize,
    ) {
        let mut twins = Twins::of(sources);
        let log = twins.publish();
        let (found, rows) = asked(&log, &twins.plain, &parsed(&text));
        let plain = &twins.plain;
        let fetch = |rows: &[Row]| rows.iter().map(|row| Ok(plain.event(*row).clone())).collect();
        let ground = Ground { log: &log, fetch: &fetch, may_hold: None, kept: None, survey: None, sources: &[] };
        let count = |by: &str, top| {
            let group = Group::named(by).expect("a group");
            tally(&ground, &found.marks, &group, top, &CancelToken::default(), &mut |_, _| {}).expect("not cancelled")
        };
        let of = |name: &dyn Fn(&RecordedEvent) -> Option<String>| {
            let mut groups: BTreeMap<String, u64> = BTreeMap::new();
            let mut without = 0;
            for row in &rows {
                match name(plain.event(*row)) {
                    Some(name) => *groups.entry(name).or_default() += 1,
                    None => without += 1,
                }
            }
            (groups, without)
        };
        let by: [(&str, NameOf<'_>); 7] = [
            ("type", &|event| Some(event.event_type.clone())),
            ("stream", &|event| event.streams.first().map(|home| home.stream.to_string())),
            ("kind", &|event| Some(event.kind.as_str().to_owned())),
            ("corr", &|event| event.correlation_id.clone()),
            ("schema", &|event| event.schema_version.clone()),
            ("minute", &|event| event.time().map(|time| time.to_string()[..16].to_owned())),
            ("data.status", &|event| {
                event.data.value().and_then(|data| data.get("status").and_then(Value::as_str).map(str::to_owned))
            }),
        ];
        for (by, name) in by {
            let all = count(by, None);
            let (groups, without) = of(name);
            let mut counted: BTreeMap<String, u64> = BTreeMap::new();
            for (name, count) in &all.groups {
                // Streams of two sources may have one name.
                *counted.entry(name.to_string()).or_default() += count;
            }
            prop_assert_eq!(&counted, &groups, "{}", by);
            prop_assert_eq!((all.without, all.others), (without, 0), "{}", by);
            let few = count(by, Some(top));
            prop_assert_eq!(few.groups.len(), all.groups.len().min(top));
            let sum: u64 = few.groups.iter().map(|(_, count)| count).sum();
            prop_assert_eq!(sum + few.others + few.without, rows.len() as u64, "{}", by);
        }
    }
}

#[test]
fn long_logs_are_searched_alike_whatever_is_looked_up() {
    for sources in [1, 2] {
        let mut twins = long_log(sources, 9_000);
        let log = twins.publish();
        let naive = Naive::of(&log, &twins.plain);
        for text in [
            "corr:c17",
            "corr:c17 type:Order*",
            "(corr:c17 or corr:c18) -type:Order*",
            "row:4090..4100",
            "type:OrderPlaced",
            "-type:OrderPlaced after:1970-01-01T00:00:00.002",
            "cause:100",
            "version>=8990 Declined",
        ] {
            let query = parsed(text);
            let filter = query.filter.as_ref().expect("a term");
            let merged = twins.plain.merged();
            let expected: Vec<Row> = merged.into_iter().filter(|row| naive.matches(*row, filter)).collect();
            let (found, rows) = asked(&log, &twins.plain, &query);
            assert_eq!(rows, expected, "{text}");
            assert!(!rows.is_empty(), "{text} finds something");
            let is_lookup = ["corr:", "row:", "cause:"].iter().any(|field| text.contains(field));
            assert_eq!(
                found.looked_at < log.len() as u64 / 16,
                is_lookup,
                "{text} looked at {}",
                found.looked_at
            );
        }
    }
}

#[test]
fn payloads_are_read_of_survivors_only() {
    let mut twins = long_log(1, 3_000);
    let log = twins.publish();
    let payments = asked(&log, &twins.plain, &parsed("type:payment*")).1.len() as u64;
    let (found, _) = asked(&log, &twins.plain, &parsed("data.total>1 type:payment*"));
    assert_eq!(found.read, payments);
    // What a name says already needs no payload, and neither does what cannot match.
    let (found, rows) = asked(&log, &twins.plain, &parsed("Declined or data.total>1"));
    assert_eq!(found.read + rows.len() as u64, 3_000);
    let (found, _) = asked(&log, &twins.plain, &parsed("corr:nobody data.total>1"));
    assert_eq!(found.read, 0);
}

#[test]
fn a_cancel_ends_a_search() {
    let mut twins = long_log(1, 30_000);
    let log = twins.publish();
    let cancel = CancelToken::default();
    let fetch = |rows: &[Row]| -> Vec<Result<RecordedEvent, FetchError>> {
        cancel.cancel();
        rows.iter().map(|_| Err(FetchError::Changed)).collect()
    };
    let ground = Ground { log: &log, fetch: &fetch, may_hold: None, kept: None, survey: None, sources: &[] };
    let mut steps = 0;
    let found = select(&ground, &parsed("nowhere"), &cancel, &mut |_, _| steps += 1);
    assert!(found.is_none() && steps <= 1, "{steps} steps");
}

#[test]
fn events_that_cannot_be_read_again_are_counted() {
    let mut twins = long_log(1, 700);
    let log = twins.publish();
    let fetch = |rows: &[Row]| -> Vec<Result<RecordedEvent, FetchError>> {
        rows.iter().map(|_| Err(FetchError::Changed)).collect()
    };
    let ground = Ground { log: &log, fetch: &fetch, may_hold: None, kept: None, survey: None, sources: &[] };
    let found =
        select(&ground, &parsed("nowhere"), &CancelToken::default(), &mut |_, _| {}).expect("not cancelled");
    assert_eq!((found.marks.is_empty(), found.unreadable), (true, 700));
}
