//! Ledgers of sagas of which nobody says what their events mean: each effect with its undo, one sum of money counted
//! once, and the point of no return.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use serde_json::{Value, json};

use super::cli::Cli;

const WEEK: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/data/shop-week.jsonl");

/// A log of these events: correlation, type, stream, data. One a second.
fn log(events: &[(&str, &str, &str, Value)]) -> String {
    let mut lines = String::new();
    for (at, (correlation, name, stream, data)) in events.iter().enumerate() {
        let event = json!({
            "id": format!("e{at}"), "type": name, "stream_id": stream, "correlation_id": correlation,
            "occurred_at": format!("2026-03-01T08:{:02}:{:02}Z", at / 60, at % 60), "data": data,
        });
        writeln!(lines, "{event}").unwrap();
    }
    lines
}

/// Of each line of a ledger: its step, its amount, what is the same money, the rows of its undos.
fn lines(page: &Value) -> Vec<(&str, &Value, &Value, &Value)> {
    let lines = page["ledger"].as_array().unwrap().iter();
    lines
        .map(|line| {
            (line["step"].as_str().unwrap(), &line["amount"], &line["same_money_as"], &line["undone"])
        })
        .collect()
}

#[test]
fn each_effect_has_its_own_line_and_the_undo_of_its_own_stream() {
    let cli = Cli::new();
    let reserved = |quantity: u32| json!({"quantity": quantity});
    cli.write(
        "log.jsonl",
        log(&[
            ("a", "StockReserved", "sku-1", reserved(2)),
            ("a", "StockReserved", "sku-2", reserved(3)),
            ("a", "StockReserved", "sku-3", reserved(3)),
            ("a", "StockRejected", "sku-4", json!({})),
            ("a", "StockReleased", "sku-3", reserved(3)),
            ("a", "StockReleased", "sku-1", reserved(2)),
        ]),
    );
    let page = Value::from(cli.json(&["saga", "log.jsonl", "a"])[0].clone());
    let step = "StockReserved";
    assert_eq!(
        lines(&page),
        [
            (step, &json!(2), &Value::Null, &json!([5])),
            (step, &json!(3), &Value::Null, &json!([])),
            (step, &json!(3), &Value::Null, &json!([4])),
        ]
    );
}

#[test]
fn money_that_goes_through_stages_counts_once_and_two_payments_are_two() {
    let cli = Cli::new();
    let order = json!({"total": 100, "currency": "EUR"});
    let pay = json!({"amount": 100});
    cli.write(
        "log.jsonl",
        log(&[
            ("a", "OrderPlaced", "o-1", order.clone()),
            ("a", "PaymentAuthorized", "p-1", pay.clone()),
            ("a", "PaymentAuthorized", "p-2", pay.clone()),
            ("a", "PaymentRefunded", "p-2", pay.clone()),
            ("a", "OrderCancelled", "o-1", json!({})),
            // Another amount, another currency, and pieces instead of money.
            ("b", "OrderPlaced", "o-2", json!({"total": 100, "currency": "EUR"})),
            ("b", "PaymentAuthorized", "p-3", json!({"amount": 90})),
            ("c", "OrderPlaced", "o-3", json!({"total": 100, "currency": "EUR"})),
            ("c", "PaymentAuthorized", "p-4", json!({"amount": 100, "currency": "USD"})),
            ("d", "OrderPlaced", "o-4", json!({"quantity": 100})),
            ("d", "PaymentAuthorized", "p-5", json!({"amount": 100})),
            // Two bookings of one price are no stages of one sum.
            ("e", "HotelBooked", "h-1", pay.clone()),
            ("e", "FlightBooked", "f-1", pay.clone()),
            ("e", "FlightCancelled", "f-1", pay.clone()),
            ("e", "HotelCancelled", "h-1", pay),
        ]),
    );
    let page = |id: &str| Value::from(cli.json(&["saga", "log.jsonl", id])[0].clone());
    let a = page("a");
    assert_eq!(
        lines(&a),
        [
            ("OrderPlaced", &json!(100), &json!("PaymentAuthorized"), &json!([4])),
            ("PaymentAuthorized", &json!(100), &Value::Null, &json!([])),
            ("PaymentAuthorized", &json!(100), &Value::Null, &json!([3])),
        ]
    );
    let text = cli.run(&["saga", "log.jsonl", "a"]).out;
    assert!(text.contains("OrderPlaced 100 EUR: undone, the same money as PaymentAuthorized"), "{text}");
    // The currency that only the order names is that of its payment.
    assert!(text.contains("  PaymentAuthorized 100 EUR: "), "{text}");
    for id in ["b", "c", "d", "e"] {
        let page = page(id);
        let lines = lines(&page);
        assert_eq!(lines.len(), 2, "{id}");
        assert!(lines.iter().all(|(_, _, same, _)| same.is_null()), "{id}: {lines:?}");
    }
}

/// Sagas that took everything back, from which the undos are learnt, and one that fails half-way.
fn learnt(last: &[(&'static str, &'static str, &'static str, Value)]) -> String {
    const STREAMS: [&str; 6] = ["t0", "t1", "t2", "t3", "t4", "t5"];
    let pay = || json!({"amount": 100});
    let mut events = Vec::new();
    for saga in STREAMS {
        for (name, data) in [
            ("OrderPlaced", pay()),
            ("PaymentAuthorized", pay()),
            ("InvoiceSettled", pay()),
            ("OrderRejected", json!({})),
            ("InvoiceReversed", pay()),
            ("PaymentRefunded", pay()),
            ("OrderCancelled", pay()),
        ] {
            events.push((saga, name, saga, data));
        }
    }
    events.extend(last.iter().cloned());
    log(&events)
}

#[test]
fn each_later_stage_takes_up_the_money_of_one_effect_only() {
    let cli = Cli::new();
    let pay = || json!({"amount": 100});
    cli.write(
        "two.jsonl",
        learnt(&[
            ("x", "OrderPlaced", "oa", pay()),
            ("x", "OrderPlaced", "ob", pay()),
            ("x", "PaymentAuthorized", "pa", pay()),
            ("x", "InvoiceSettled", "ia", pay()),
            ("x", "OrderRejected", "oa", json!({})),
        ]),
    );
    let page = &Value::from(cli.json(&["saga", "two.jsonl", "x"])[0].clone());
    let counted = lines(page).into_iter().filter(|(_, _, same, _)| same.is_null());
    assert_eq!(counted.map(|(step, ..)| step).collect::<Vec<_>>(), ["OrderPlaced", "InvoiceSettled"]);
    let owed = page["owed"].as_array().unwrap().iter();
    assert_eq!(owed.filter_map(|debt| debt["amount"].as_i64()).sum::<i64>(), 200, "{}", page["owed"]);

    // Two currencies are no sum, and one that does not fit leaves the next to be tried.
    let of = |amount: u32, currency: &str| json!({"amount": amount, "currency": currency});
    for (name, last, same) in [
        ("mix.jsonl", [of(100, "EUR"), of(50, "USD"), json!({"amount": 100}), json!({"amount": 50})], 2),
        ("fit.jsonl", [of(100, "EUR"), of(70, "EUR"), of(100, "USD"), of(100, "EUR")], 1),
    ] {
        let [first, second, third, fourth] = last;
        cli.write(
            name,
            learnt(&[
                ("x", "OrderPlaced", "oa", first),
                ("x", "OrderPlaced", "ob", second),
                ("x", "PaymentAuthorized", "pa", third),
                ("x", "PaymentAuthorized", "pb", fourth),
                ("x", "OrderRejected", "oa", json!({})),
            ]),
        );
        let page = &Value::from(cli.json(&["saga", name, "x"])[0].clone());
        let taken_up = lines(page).into_iter().filter(|(_, _, of, _)| **of == "PaymentAuthorized");
        assert_eq!(taken_up.count(), same, "{name}: {page}");
        let owed = page["owed"].as_array().unwrap().iter().find(|debt| debt["step"] == "PaymentAuthorized");
        assert_eq!(owed.map(|debt| &debt["amount"]), Some(&Value::Null), "{name}");
    }
}

#[test]
fn what_is_told_of_timeouts_and_attempts_is_what_the_run_did() {
    let cli = Cli::new();
    cli.run(&["simulate", "shop/fulfilment?seed=7&without=timeouts", "--into", "off.jsonl"]);
    cli.run(&["simulate", "shop/fulfilment?seed=7", "--into", "on.jsonl"]);
    for (store, is_told) in [("off.jsonl", false), ("on.jsonl", true)] {
        let text = cli.run(&["saga", store, "s1", "--domain", "shop"]).out;
        assert_eq!(text.contains("timeout at "), is_told, "{store}: {text}");
    }
}

#[test]
fn a_timeout_of_a_history_is_linked_to_the_event_that_set_it() {
    let cli = Cli::new();
    let mut text = String::new();
    for (at, (name, cause)) in
        [("TimerStarted", None), ("TimerFired", Some(0)), ("PaymentTimedOut", Some(0))].iter().enumerate()
    {
        let event = json!({
            "id": format!("e{at}"), "type": name, "stream_id": "x", "correlation_id": "x",
            "causation_id": cause.map(|cause: usize| format!("e{cause}")),
            "occurred_at": format!("2026-03-01T08:00:0{at}Z"), "data": {},
        });
        writeln!(text, "{event}").unwrap();
    }
    cli.write("timer.jsonl", text);
    let text = cli.run(&["saga", "timer.jsonl", "x"]).out;
    assert_eq!(text.matches("timeout set by 1").count(), 2, "{text}");
    assert_eq!(text.matches("timeout fired as").count(), 1, "{text}");
}

#[test]
fn what_is_owed_for_a_lost_parcel_is_its_price_once() {
    let cli = Cli::new();
    let at = "2026-03-02T12:12:16Z";
    let page = &cli.json(&["saga", WEEK, "ord-00002", "--at", at])[0];
    let owed = page["owed"].as_array().unwrap();
    let told: Vec<(&str, &Value)> =
        owed.iter().map(|debt| (debt["step"].as_str().unwrap(), &debt["amount"])).collect();
    assert_eq!(told, [("OrderPlaced", &Value::Null), ("PaymentAuthorized", &json!(19_015))]);
    let text = owed[0]["text"].as_str().unwrap();
    assert!(
        text.ends_with("OrderCancelled is due, its 19015 EUR is counted with PaymentAuthorized"),
        "{text}"
    );
}

#[test]
fn the_open_lines_of_a_ledger_sum_to_what_its_list_says_is_owed() {
    let cli = Cli::new();
    let mut compared = 0;
    // A parcel is lost: the order is on its way back at this moment.
    let lost = std::fs::read_to_string(WEEK).unwrap();
    let lost = lost.lines().filter(|line| line.contains("\"ShipmentLost\""));
    for event in lost.map(|line| serde_json::from_str::<Value>(line).unwrap()) {
        let at = event["at"].as_str().unwrap();
        for saga in cli.json(&["sagas", WEEK, "--outcome", "compensating", "--at", at]) {
            let page = &cli.json(&["saga", WEEK, saga["saga"].as_str().unwrap(), "--at", at])[0];
            let mut sums: BTreeMap<&str, (i64, i64)> = BTreeMap::new();
            for line in
                page["ledger"].as_array().unwrap().iter().filter(|line| line["account"] == "owed-back")
            {
                let sum = sums.entry(line["step"].as_str().unwrap()).or_default();
                sum.0 += 1;
                sum.1 += if line["same_money_as"].is_null() { line["amount"].as_i64().unwrap() } else { 0 };
            }
            let owed = page["owed"].as_array().unwrap().iter();
            let owed: BTreeMap<&str, (i64, i64)> = owed
                .map(|debt| {
                    let amount = debt["amount"].as_i64().unwrap_or(0);
                    (debt["step"].as_str().unwrap(), (debt["times"].as_i64().unwrap(), amount))
                })
                .collect();
            assert_eq!(sums, owed, "{}", saga["saga"]);
            assert_eq!(page["owed"], saga["owed"]);
            compared += 1;
        }
    }
    assert!(compared >= 13, "{compared}");
}

#[test]
fn the_point_of_no_return_is_told_where_it_is_known_and_nowhere_else() {
    let cli = Cli::new();
    let pivot = |args: &[&str]| cli.json(&[&["saga"], args].concat())[0]["pivot"].clone();
    // Nothing was undone after a delivery, and after a dispatch it was.
    let delivered = pivot(&[WEEK, "ord-00002"]);
    assert_eq!((&delivered["name"], &delivered["passed"]), (&json!("ShipmentDelivered"), &json!(false)));
    assert_eq!((&delivered["inferred"], &delivered["sagas"]), (&json!(true), &json!(322)));
    let text = cli.run(&["saga", WEEK, "ord-00002"]).out;
    let line = "  ◇ pivot: ShipmentDelivered, not passed (inferred, 99 %: nothing was undone after it in 322 sagas)\n";
    assert!(text.contains(line), "{text}");
    cli.run(&["saga", WEEK, "ord-00002", "--svg", "page.svg"]);
    let svg = std::fs::read_to_string(cli.path("page.svg")).unwrap();
    assert!(svg.contains("◇ pivot: ShipmentDelivered, not passed (inferred, 99 %"));
    // By a definition, and without one by what the runtime recorded: after the line of its step.
    cli.run(&["simulate", "shop", "--into", "run.jsonl"]);
    for args in [&["run.jsonl", "s1", "--domain", "shop"][..], &["run.jsonl", "s1"]] {
        let known = pivot(args);
        assert_eq!((&known["name"], &known["passed"]), (&json!("confirm-order"), &json!(true)), "{args:?}");
        assert_eq!((&known["line"], &known["inferred"]), (&json!(4), &json!(false)), "{args:?}");
        let text = cli.run(&[&["saga"], args].concat()).out;
        let (before, after) = text.split_once("  ◇ pivot: confirm-order, passed\n").unwrap();
        assert!(before.contains("  confirm-order") && after.contains("  send-confirmation"), "{text}");
    }
    // Of what a few sagas did nothing is learnt.
    let few = [("a", "OrderPlaced", "o", json!({})), ("a", "OrderShipped", "o", json!({}))];
    cli.write("few.jsonl", log(&few));
    assert_eq!(pivot(&["few.jsonl", "a"]), Value::Null);
}

/// A saga of nothing but steps that may not be refused.
const FORWARD: &str = r#"
format = 1
name = "news"
[aggregate.Letter]
streams = "letter-*"
key = '.command.data.id'
initial = {}
[aggregate.Letter.command."letter.print"]
emits = ["letter.printed.v1"]
[aggregate.Letter.command."letter.post"]
emits = ["letter.posted.v1"]
[service.letter]
latency = { min = "1ms", max = "1ms" }
[saga.mailing]
style = "orchestration"
starts_on = "mailing.asked.v1"
input = '{id: "\(.number)"}'
[[saga.mailing.step]]
name = "print"
kind = "retriable"
service = "letter"
command = "letter.print"
success = "letter.printed.v1"
failure = "letter.unprinted.v1"
[[saga.mailing.step]]
name = "post"
kind = "retriable"
service = "letter"
command = "letter.post"
success = "letter.posted.v1"
failure = "letter.returned.v1"
"#;

#[test]
fn a_saga_that_can_only_go_forward_owes_what_is_not_done_from_its_first_step_on() {
    let cli = Cli::new();
    cli.write("news.domain.toml", FORWARD);
    let owed = |saga: &Value| -> Vec<String> {
        let owed = saga["owed"].as_array().unwrap().iter();
        // A run says it in words, a saga of a log with its parts.
        owed.map(|owed| owed.as_str().or(owed["text"].as_str()).unwrap().to_owned()).collect()
    };
    for (fault, expected) in [
        ("print:transient:99", &["print: still to be done", "post: still to be done"][..]),
        ("post:transient:99", &["post: still to be done"]),
        ("print:transient:1", &[]),
    ] {
        let run =
            cli.json(&["simulate", "news.domain.toml", "--fault", fault, "--into", "run.jsonl"]).remove(0);
        assert_eq!(owed(&run["sagas"][0]), expected, "{fault}, in the run");
        let told = cli.json(&["sagas", "run.jsonl", "--domain", "news.domain.toml"]).remove(0);
        assert_eq!(owed(&told.into()), expected, "{fault}, in its log");
        std::fs::remove_file(cli.path("run.jsonl")).unwrap();
    }
}
