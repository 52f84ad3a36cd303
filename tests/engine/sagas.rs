//! Sagas of logs that somebody's system wrote: the same story is the same sagas in every format that tells it; and
//! what must hold of any log, tried with logs that chance writes.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;

use proptest::collection::vec;
use proptest::prelude::*;
use sagascope::base::cancel::CancelToken;
use sagascope::domain::{BuiltIn, Domain};
use sagascope::engine::{OpenLog, SurveyProgress};
use sagascope::index::{EventLog, LogBuilder};
use sagascope::model::{JsonText, Locator, Membership, Payload, RecordedEvent, Row, StreamName, Timestamp};
use sagascope::saga::mermaid::{self, DIAGRAMS};
use sagascope::saga::pictures::{self, PICTURES};
use sagascope::saga::svg::Palette;
use sagascope::saga::{
    Account, Along, Detail, EdgeLabel, Graph, Instance, ListAsk, Node, Outcome, Page, ProcessMap, Survey,
    compare, text,
};
use sagascope::sim::generate::{GenerateOptions, generate};
use serde_json::json;

use crate::support::{data, open_log, sample};

fn survey(open: &OpenLog) -> Survey {
    open.sagas(None, &CancelToken::default(), &SurveyProgress::default()).unwrap()
}

fn page(open: &OpenLog, survey: &Survey, at: usize) -> Page {
    open.saga_page(survey, at, &CancelToken::default()).unwrap()
}

/// What a store tells of one saga, however its library spells things: by correlation id the outcome, and the types
/// without what a library puts before them.
type Told = BTreeMap<String, (Outcome, Vec<String>, usize)>;

fn told(path: &Path) -> Told {
    let open = open_log(path);
    let survey = survey(&open);
    let sagas = survey.sagas.iter().map(|saga| {
        let one = &survey.instances.list()[saga.instance];
        let shape = &survey.variants.list[saga.variant as usize].shape;
        let name = |id: &sagascope::index::TypeId| {
            let name = &survey.traits[id.0 as usize].name;
            name.rsplit('.').next().unwrap_or(name).to_owned()
        };
        // A store that keeps the time of writing says less of how long a saga has been quiet.
        let outcome = if saga.outcome == Outcome::NoActivity { Outcome::Running } else { saga.outcome };
        (one.id(&open.log), (outcome, shape.iter().map(name).collect(), saga.events))
    });
    sagas.collect()
}

const WHOLE: [&str; 6] = [
    "shop-domain.jsonl",
    "pyeventsourcing/shop.db",
    "emmett/shop.db",
    "cqrs-es/shop.db",
    "cloudevents/shop.cloudevents.jsonl",
    "ocel2/shop.ocel2.sqlite",
];

#[test]
fn the_shops_week_has_its_sagas_in_every_format() {
    let mut first: Option<Told> = None;
    for name in WHOLE {
        let Some(path) = sample(name) else { continue };
        let told = told(&path);
        let count = |wanted: Outcome| told.values().filter(|(outcome, ..)| *outcome == wanted).count();
        // 322 went well; 17 found no stock, 33 were declined for good, 13 parcels were lost; 15 were never answered.
        assert_eq!(
            (told.len(), count(Outcome::Completed), count(Outcome::Compensated), count(Outcome::Running)),
            (400, 322, 63, 15),
            "{name}"
        );
        let with = |event_type: &str| {
            told.values().filter(|(_, shape, _)| shape.iter().any(|name| name == event_type)).count()
        };
        let told_of =
            ["StockReservationFailed", "OrderCancelled", "ShipmentLost", "PaymentRefunded"].map(with);
        assert_eq!(told_of, [17, 46, 13, 13], "{name}");
        match &first {
            None => first = Some(told),
            Some(first) => assert!(*first == told, "{name} tells another story"),
        }
    }
}

#[test]
fn small_stores_of_one_story_tell_the_same_sagas() {
    let mut all: Vec<(&str, Told)> = Vec::new();
    for name in [
        "shop-domain.jsonl",
        "cqrs-es.db",
        "emmett.db",
        "pyeventsourcing.db",
        "shop.cloudevents.jsonl",
        "shop.ocel2.sqlite",
    ] {
        let told = told(&data(name));
        assert!(told.len() > 2, "{name}: {}", told.len());
        all.push((name, told));
    }
    // They are cut from the story at different places; what two tell with as many events is the same.
    for (name, one) in &all {
        let others = all.iter().filter(|(other, _)| other != name).flat_map(|(_, told)| told);
        let both = others.filter_map(|(id, other)| Some((id, one.get(id)?, other)));
        let whole: Vec<_> = both.filter(|(_, one, other)| one.2 == other.2).collect();
        println!("{name}: {} sagas as in the other stores", whole.len());
        assert!(whole.len() > 2, "{name}");
        for (id, one, other) in whole {
            assert_eq!(one.1, other.1, "{name} {id}");
        }
    }
}

#[test]
fn what_was_never_answered_is_quiet_and_says_for_how_long_and_what_is_usual() {
    let open = open_log(Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/data/shop-week.jsonl")));
    let survey = survey(&open);
    let quiet: Vec<usize> =
        (0..survey.sagas.len()).filter(|at| survey.sagas[*at].outcome == Outcome::NoActivity).collect();
    assert!(!quiet.is_empty());
    for at in &quiet {
        let saga = &survey.sagas[*at];
        assert!(saga.silence > 0 && saga.confidence.is_inferred(), "{saga:?}");
        let page = page(&open, &survey, *at);
        let next = page.ahead.first().unwrap();
        assert!(next.count > 0 && next.count <= next.of && !page.is_inferred() || page.is_inferred());
        assert!(page.ahead.iter().skip(1).any(|other| other.instead), "{:?}", page.ahead);
        assert!(page.ledger.iter().all(|line| line.account != Account::Settled || line.held() <= 0));
    }
}

fn event(at: i64, name: &str, streams: &[&str], correlation: Option<&str>) -> RecordedEvent {
    let stream = |id: &&str| Membership {
        stream: StreamName::new("Order", (*id).to_owned()),
        ..Membership::default()
    };
    RecordedEvent {
        event_type: name.to_owned(),
        streams: streams.iter().map(stream).collect(),
        occurred_at: Some(Timestamp::from_nanos(at * 1_000_000_000, 9)),
        correlation_id: correlation.map(str::to_owned),
        ..RecordedEvent::default()
    }
}

fn survey_of(log: &EventLog, domain: Option<&Arc<Domain>>) -> Survey {
    let mut nothing = |rows: &[Row]| vec![None; rows.len()];
    Survey::of(log, domain, &mut nothing, &CancelToken::default(), &mut |_, _| {}).unwrap()
}

#[test]
fn an_event_of_two_objects_is_in_the_saga_of_each() {
    let (log, rows) = log_of(&[
        event(1, "OrderPlaced", &["o1"], None),
        event(2, "OrderPlaced", &["o2"], None),
        event(3, "ParcelSent", &["o1", "o2"], None),
        event(4, "OrderClosed", &["o1"], None),
    ]);
    let survey = survey_of(&log, None);
    let titles = |row: Row| -> Vec<String> {
        let found = survey.of_event(&log, row).into_iter();
        found.map(|at| survey.instances.list()[survey.sagas[at].instance].title(&log)).collect()
    };
    assert_eq!(titles(rows[2]), ["o1", "o2"]);
    assert_eq!(
        (titles(rows[0]), titles(rows[1]), titles(rows[3])),
        (vec!["o1".into()], vec!["o2".into()], vec!["o1".into()])
    );
    let events: Vec<usize> = survey.sagas.iter().map(|saga| saga.events).collect();
    assert_eq!(events, [3, 2]);
}

#[test]
fn each_life_of_an_id_knows_its_own_events() {
    let cycle = ["OrderPlaced", "PaymentAuthorized", "OrderCompleted"];
    let events: Vec<RecordedEvent> = (0..3)
        .flat_map(|life| (0..3).map(move |at| (life, at)))
        .map(|(life, at)| event((life * 3 + at) as i64, cycle[at], &["o1"], Some("c")))
        .collect();
    let (log, rows) = log_of(&events);
    let survey = survey_of(&log, None);
    assert_eq!(survey.instances.len(), 3);
    for (at, row) in rows.iter().enumerate() {
        assert_eq!(survey.instances.of_event(&log, *row), [at / 3], "{row}");
    }
}

#[test]
fn one_correlation_that_follows_two_definitions_is_a_saga_of_each() {
    let step = |name: &str, kind: &str| {
        format!("{{name = '{name}', command = '{name}.do', success = '{name}.done', {kind}}}")
    };
    let saga = |name: &str, first: &str, last: &str| {
        let steps = [step(first, "undo = 'none'"), step(last, "kind = 'pivot'")].join(", ");
        format!("[saga.{name}]\nstarts_on = '{name}.begun'\nstep = [{steps}]\n")
    };
    let text = format!("name = 'two'\n{}{}", saga("buy", "pick", "pay"), saga("ship", "pack", "send"));
    let domain = Arc::new(Domain::parse(&text, &mut |_| Err("there is none".to_owned())).unwrap());
    let names = ["buy.begun", "ship.begun", "pick.done", "pack.done", "pay.done"];
    let events: Vec<RecordedEvent> =
        names.iter().zip(0..).map(|(name, at)| event(at, name, &["o1"], Some("c"))).collect();
    let (log, rows) = log_of(&events);
    let survey = survey_of(&log, Some(&domain));
    let mut told: Vec<(&str, Outcome)> =
        survey.sagas.iter().map(|saga| (saga.definition.as_deref().unwrap(), saga.outcome)).collect();
    told.sort_unstable();
    assert_eq!(told, [("buy", Outcome::Completed), ("ship", Outcome::Running)]);
    assert_eq!(survey.instances.len(), 1);
    assert_eq!(survey.of_event(&log, rows[0]), [0, 1], "one event, two sagas");
}

#[test]
fn the_usual_way_is_the_most_frequent_one_that_ended_well() {
    let mut events = Vec::new();
    let mut tell = |saga: &str, names: &[&str]| {
        for name in names {
            events.push(event(events.len() as i64, name, &[saga], Some(saga)));
        }
    };
    let (well, badly) = (
        ["OrderPlaced", "PaymentAuthorized", "OrderCompleted"],
        ["OrderPlaced", "PaymentDeclined", "OrderCancelled"],
    );
    for number in 0..6 {
        tell(&format!("b{number}"), &badly);
    }
    for number in 0..4 {
        tell(&format!("w{number}"), &well);
    }
    let (log, _) = log_of(&events);
    let survey = survey_of(&log, None);
    let title = |at: usize| survey.instances.list()[survey.sagas[at].instance].title(&log);
    assert_eq!(survey.sagas[0].outcome, Outcome::Compensated);
    for at in 0..survey.sagas.len() {
        let usual = survey.usual(at).unwrap();
        assert_ne!(usual, at);
        assert!(title(usual).starts_with('w'), "{} beside {}", title(usual), title(at));
    }
    assert_eq!(survey.counterpart(&log, "w2", "?", 0), Some(8));
    assert_eq!(survey.counterpart(&log, "?", "?", 3), Some(3));
}

/// A log that chance writes: correlations, causes that may be missing or later, types of every kind.
fn events() -> impl Strategy<Value = Vec<RecordedEvent>> {
    let types = prop::sample::select(vec![
        "OrderPlaced",
        "StockReserved",
        "PaymentAuthorized",
        "PaymentDeclined",
        "PaymentRefunded",
        "StockReleased",
        "OrderCancelled",
        "OrderCompleted",
        "<odd> \"type\" & [x]{y};#|%",
    ]);
    let event = (types, 0..6_u8, prop::option::of(0..40_usize), 0..4_u8, 0..200_i64);
    vec(event, 0..60).prop_map(|all| {
        let one =
            |(at, (name, correlation, cause, stream, wait)): (usize, (&str, u8, Option<usize>, u8, i64))| {
                RecordedEvent {
                    id: Some(format!("e{at}")),
                    event_type: name.to_owned(),
                    streams: vec![Membership {
                        stream: StreamName::new("Thing<&>", format!("thing-{stream}")),
                        ..Membership::default()
                    }],
                    occurred_at: Some(Timestamp::from_nanos(at as i64 * 1_000_000_000 + wait, 9)),
                    correlation_id: (correlation > 0).then(|| format!("c{correlation}")),
                    causation_id: cause.map(|cause| format!("e{cause}")),
                    data: Payload::Json(JsonText::from_value(&json!({ "amount": wait }))),
                    ..RecordedEvent::default()
                }
            };
        all.into_iter().enumerate().map(one).collect()
    })
}

fn log_of(events: &[RecordedEvent]) -> (EventLog, Vec<Row>) {
    let mut builder = LogBuilder::default();
    let source = builder.add_source();
    let locator = Locator { at: 0, len: 0 };
    let rows = events.iter().map(|event| builder.push(source, locator, event)).collect();
    (builder.publish(), rows)
}

/// Mermaid as far as it can be broken by a name: quotes and brackets are balanced on every line, every node that is
/// used is declared.
fn check_mermaid(text: &str) -> Result<(), TestCaseError> {
    let mut lines = text.lines();
    let head = lines.next().unwrap_or_default();
    let known = ["sequenceDiagram", "flowchart TD", "stateDiagram-v2", "gantt"];
    prop_assert!(known.contains(&head), "{}", head);
    let word = |text: &str| text.trim().split([' ', '[', '(']).next().unwrap_or_default().to_owned();
    let mut declared = vec!["[*]".to_owned()];
    for line in lines.clone() {
        let line = line.trim();
        if let Some(rest) = line.strip_prefix("participant ") {
            declared.push(word(rest));
        } else if !line.contains("->") && !line.starts_with("Note") && !line.starts_with("class") {
            declared.push(word(line));
        }
    }
    for line in lines {
        let line = line.trim();
        prop_assert!(line.matches('"').count().is_multiple_of(2), "{}", line);
        for (open, close) in [('[', ']'), ('(', ')'), ('{', '}')] {
            prop_assert_eq!(line.matches(open).count(), line.matches(close).count(), "{}", line);
        }
        let (arrow, ends) = match (line.find("->>"), line.find("-->"), line.find("-.->")) {
            (Some(at), ..) => (true, (line[..at].trim_end_matches('-'), &line[at + 3..])),
            (_, Some(at), _) => (true, (&line[..at], &line[at + 3..])),
            (_, _, Some(at)) => (true, (&line[..at], &line[at + 4..])),
            _ => (false, ("", "")),
        };
        if arrow {
            let to = ends.1.split('|').next_back().unwrap_or_default();
            let to = to.split(':').next().unwrap_or_default().trim();
            for end in [ends.0.trim(), to] {
                prop_assert!(declared.iter().any(|known| known == end), "{} in {}", end, line);
            }
        }
    }
    Ok(())
}

/// XML as far as it can be broken by a name: every tag is closed in order, and text holds no markup.
fn check_xml(text: &str) -> Result<(), TestCaseError> {
    let mut open: Vec<&str> = Vec::new();
    let mut rest = text;
    let mut roots = 0;
    while let Some(at) = rest.find('<') {
        prop_assert!(!rest[..at].contains('>'), "{}", &rest[..at]);
        for entity in rest[..at].split('&').skip(1) {
            let name = entity.split(';').next().unwrap_or_default();
            prop_assert!(["amp", "lt", "gt", "quot", "#39"].contains(&name), "{}", entity);
        }
        let Some(end) = rest.find('>') else { return Err(TestCaseError::fail("a tag without an end")) };
        let tag = &rest[at + 1..end];
        prop_assert!(tag.matches('"').count().is_multiple_of(2), "{}", tag);
        if let Some(name) = tag.strip_prefix('/') {
            prop_assert_eq!(open.pop(), Some(name));
        } else if !tag.ends_with('/') {
            roots += usize::from(open.is_empty());
            open.push(tag.split_whitespace().next().unwrap_or_default());
        }
        rest = &rest[end + 1..];
    }
    prop_assert!(open.is_empty() && roots == 1, "{:?}", open);
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 96, ..ProptestConfig::default() })]

    #[test]
    fn what_holds_of_every_log_holds(events in events()) {
        let (log, rows) = log_of(&events);
        let mut fetch = |rows: &[Row]| -> Vec<Option<RecordedEvent>> {
            rows.iter().map(|row| events.get(row.ordinal()).cloned()).collect()
        };
        let cancel = CancelToken::default();
        let survey = Survey::of(&log, None, &mut fetch, &cancel, &mut |_, _| {}).unwrap();

        // Every event of a correlation with more than one is in exactly one life of its saga, and in order.
        let correlated = events.iter().any(|event| event.correlation_id.is_some());
        for (row, event) in rows.iter().zip(&events) {
            let of_event = survey.instances.of_event(&log, *row);
            let same = events.iter().filter(|other| other.correlation_id == event.correlation_id).count();
            if let Some(id) = event.correlation_id.as_ref().filter(|_| same > 1) {
                prop_assert_eq!(of_event.len(), 1, "{} {:?}", row, of_event);
                let own = survey.instances.list()[of_event[0]].id(&log);
                prop_assert_eq!(own.split('~').next(), Some(id.as_str()));
            } else if correlated {
                prop_assert!(of_event.is_empty());
            }
        }
        let mut in_sagas = 0;
        for one in survey.instances.list() {
            prop_assert!(one.rows().len() > 1 && one.rows().is_sorted());
            in_sagas += one.rows().len();
        }
        prop_assert!(in_sagas <= events.len());
        let counted: usize = survey.variants.list.iter().map(|variant| variant.count).sum();
        prop_assert_eq!((counted, survey.sagas.len()), (survey.instances.len(), survey.instances.len()));

        // Each edge is taken by as many sagas as take it, and the map keeps every type joined.
        for known in survey.machine.transitions() {
            let ask = ListAsk { way: Some(known.edge), ..ListAsk::default() };
            prop_assert_eq!(survey.listed(&log, &ask).len(), known.sagas);
        }

        // As of any event, a saga has exactly those of its events that had happened; as of the last one, all of it.
        let mut of_rank = |rank: u64| survey.as_of(&log, rank, &mut fetch, &cancel, &mut |_, _| ()).unwrap();
        for rank in 0..log.len() as u64 {
            let then = of_rank(rank);
            for (known, whole) in then.instances.list().iter().zip(survey.instances.list()) {
                let happened = whole.rows().iter().filter(|row| log.rank_of(**row) <= rank).count();
                prop_assert_eq!(known.rows(), &whole.rows()[..happened]);
                prop_assert_eq!((known.key, known.life), (whole.key, whole.life));
            }
            let begun = |one: &&Instance| log.rank_of(one.first()) <= rank;
            prop_assert_eq!(then.instances.len(), survey.instances.list().iter().filter(begun).count());
            // The map as of then has its numbers, in the places of the whole.
            let machine = then.machine_so_far(&log, &cancel).unwrap();
            let own = ProcessMap::of(&then.variants, &machine, Detail::default());
            let whole = ProcessMap::of(&survey.variants, &survey.machine, Detail::default());
            let map = whole.clone().as_of(&then.variants, &machine, "then");
            prop_assert_eq!((map.nodes.len(), map.edges.len()), (whole.nodes.len(), whole.edges.len()));
            for (node, place) in map.nodes.iter().zip(&whole.nodes) {
                let times = own.nodes.iter().find(|other| other.id == node.id).map_or(0, |node| node.times);
                prop_assert_eq!((node.id, node.layer, node.times), (place.id, place.layer, times));
            }
            for (way, place) in map.edges.iter().zip(&whole.edges) {
                let times = own.edges.iter().find(|other| other.edge == way.edge).map_or(0, |way| way.count);
                prop_assert_eq!((way.edge, way.count), (place.edge, times));
            }
        }
        let end = (log.len() as u64).checked_sub(1).map(of_rank);
        for (then, whole) in end.iter().flat_map(|end| &end.sagas).zip(&survey.sagas) {
            prop_assert_eq!((then.outcome, then.confidence), (whole.outcome, whole.confidence));
            prop_assert_eq!((&then.owed, then.variant, then.silence), (&whole.owed, whole.variant, whole.silence));
        }
        for detail in [Detail::default(), Detail { nodes: 300, edges: 900 }] {
            let map = ProcessMap::of(&survey.variants, &survey.machine, detail);
            for node in &map.nodes {
                let joined = |end: Option<sagascope::index::TypeId>| end == Some(node.id);
                prop_assert!(map.edges.iter().any(|known| joined(known.edge.0) || joined(known.edge.1)));
            }
            let taken_to = |node: &Node| {
                let ways = map.edges.iter().filter(|known| known.edge.1 == Some(node.id));
                ways.map(|known| known.count).sum::<usize>()
            };
            // A type comes as often as the ways to it are taken, where none is left out.
            let counts = |node: &Node| map.hidden_edges > 0 || node.times == taken_to(node);
            prop_assert!(map.nodes.iter().all(|node| counts(node) && node.times >= node.sagas), "{:?}", map);
            check_mermaid(&mermaid::map(&survey, &map, EdgeLabel::Time))?;
            check_xml(&pictures::map(&survey, &map, EdgeLabel::Frequency, &Palette::DARK).svg())?;
        }

        for at in 0..survey.sagas.len().min(3) {
            let page = Page::of(&log, &survey, at, &mut fetch, &mut |_| Vec::new(), &cancel).unwrap();
            prop_assert_eq!(page.rows.len(), page.summary.events);
            let waits: i64 = page.rows.iter().map(|row| row.wait).sum();
            prop_assert_eq!(waits, page.summary.duration, "waits cover exactly first to last");
            for line in &page.ledger {
                let of = |rows: &[Row], name: &str| rows.iter().all(|row| *log.event_type(log.type_of(*row)).name == *name);
                prop_assert!(of(&line.effects, &line.step) && of(&line.undone, line.undo.as_deref().unwrap()));
            }
            for diagram in DIAGRAMS {
                check_mermaid(&diagram.mermaid(&log, &survey, &page))?;
            }
            for picture in PICTURES {
                check_xml(&picture.svg(&log, &survey, &page, &Palette::LIGHT))?;
            }
            let name = |id: sagascope::index::TypeId| survey.traits[id.0 as usize].name.clone();
            let same = compare(&page, &page, [&name, &name]);
            prop_assert!(same.differences.is_empty() && same.pairs.iter().all(|pair| pair.0 == pair.1));
        }

        // Causes and effects are the same edges from both ends, and every walk ends.
        let graph = Graph::of(&log, &rows, &mut fetch, &cancel).unwrap();
        for at in 0..rows.len() {
            for (cause, kind) in graph.causes(at) {
                prop_assert!(graph.effects(*cause as usize).contains(&(at as u32, *kind)));
            }
            prop_assert!(graph.walk(rows[at], Along::Causes, usize::MAX).len() < rows.len());
        }
    }
}

/// A log of the shop: orders of several lines, and parcels that are lost after their saga has ended.
fn shop_log(folder: &Path) -> OpenLog {
    let path = folder.join("shop.jsonl");
    let mut file = std::fs::File::create(&path).unwrap();
    let options = GenerateOptions { events: 5_000, seed: 7 };
    generate(&options, &mut file, &CancelToken::default(), &mut |_| {}).unwrap();
    open_log(&path)
}

#[test]
fn the_ledger_counts_every_line_of_an_order_and_tells_of_a_refund_that_no_saga_asked_for() {
    let folder = tempfile::tempdir().unwrap();
    let open = shop_log(folder.path());
    let shop = Arc::new(BuiltIn::named("shop").unwrap().load());
    let survey = open.sagas(Some(&shop), &CancelToken::default(), &SurveyProgress::default()).unwrap();
    let (mut several, mut lost) = (0, 0);
    for at in 0..survey.sagas.len() {
        let page = page(&open, &survey, at);
        let of_type = |name: &str| -> Vec<Row> {
            let is_it =
                |row: &&sagascope::saga::PageRow| &*survey.traits[row.event_type.0 as usize].name == name;
            page.rows.iter().filter(is_it).map(|row| row.row).collect()
        };
        let line = |step: &str| page.ledger.iter().find(|line| line.step == step);
        let reserved = of_type("inventory.reserved.v1");
        if let Some(line) = line("reserve-inventory").filter(|line| line.effects.len() == 1) {
            let events = open.pool.fetch(&open.log, &reserved).into_iter();
            let pieces =
                events.map(|event| event.unwrap().data.value().unwrap()["quantity"].as_i64().unwrap());
            let amount = line.amount.as_ref().map(|amount| amount.value);
            assert_eq!(amount, Some(pieces.sum()), "{}", page.id);
            several += usize::from(reserved.len() > 1);
        }
        let refunds = of_type("payment.refunded.v1");
        if !of_type("shipment.lost.v1").is_empty() && !refunds.is_empty() {
            let line = line("process-payment").unwrap();
            assert_eq!((&line.taken_back, line.account), (&refunds, Account::Settled), "{}", page.id);
            assert!(line.undone.is_empty(), "the saga undid nothing: {}", page.id);
            assert_eq!(page.summary.outcome, Outcome::Completed);
            assert!(page.summary.owed.is_empty());
            assert!(
                text::ledger_line(line).ends_with("taken back beside the saga"),
                "{}",
                text::ledger_line(line)
            );
            lost += 1;
        } else if let Some(line) = line("process-payment") {
            assert!(line.taken_back.is_empty(), "{}", page.id);
        }
    }
    assert!(several > 10 && lost > 0, "{several} orders of several lines, {lost} lost parcels");
}
