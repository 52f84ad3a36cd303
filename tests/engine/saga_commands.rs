//! The subcommands about sagas, as a user or a script meets them, and small logs whose sagas are plain to see.

use serde_json::{Value, json};

use super::cli::{Cli, check_keys};

/// A log of these events: correlation, type, second.
fn log(events: &[(&str, &str, u32)]) -> String {
    let lines = events.iter().enumerate().map(|(at, (correlation, name, second))| {
        let event = json!({
            "id": format!("e{at}"), "type": name, "stream_id": format!("s-{correlation}"), "correlation_id": correlation,
            "occurred_at": format!("2026-03-01T08:{:02}:{:02}Z", second / 60, second % 60), "data": {"amount": 5},
        });
        format!("{event}\n")
    });
    lines.collect()
}

fn outcomes(sagas: &[serde_json::Map<String, Value>]) -> Vec<(&str, &str)> {
    sagas.iter().map(|saga| (saga["saga"].as_str().unwrap(), saga["outcome"].as_str().unwrap())).collect()
}

#[test]
fn the_json_has_exactly_the_keys_of_the_contract() {
    let cli = Cli::new();
    cli.run(&["simulate", "shop", "--fault", "send-confirmation:lost:99", "--into", "run.jsonl"]);
    let keys = "saga title definition outcome inferred confidence variant current started_at last_at duration_ms \
                quiet_ms retries steps owed events never_seen_before";
    let sagas = cli.json(&["sagas", "run.jsonl", "--domain", "shop"]);
    check_keys(&sagas, keys);
    assert_eq!(outcomes(&sagas), [("s1", "dead-lettered")]);
    assert_eq!((&sagas[0]["definition"], &sagas[0]["inferred"]), (&json!("fulfilment"), &json!(false)));
    assert_eq!(sagas[0]["owed"][0]["step"], "send-confirmation");
    assert_eq!(sagas[0]["steps"][4]["attempts"], 3);
    let page = cli.json(&["saga", "run.jsonl", "s1", "--domain", "shop"]);
    check_keys(&page, &format!("{keys} rows ledger pivot ahead findings"));
    check_keys(&cli.json(&["trace", "run.jsonl", "12"]), "row relation depth by type stream at");
    check_keys(&cli.json(&["map", "run.jsonl"]), "from to count sagas p50_ms p95_ms p99_ms");
    assert!(cli.json(&["sagas", "run.jsonl", "--outcome", "completed"]).is_empty());
}

#[test]
fn a_domain_says_what_the_events_of_a_foreign_log_mean() {
    let cli = Cli::new();
    let well = ["order.created.v1", "payment.completed.v1", "inventory.reserved.v1", "order.confirmed.v1"];
    let mut events: Vec<(&str, &str, u32)> = Vec::new();
    events.extend(well.iter().enumerate().map(|(at, name)| ("well", *name, at as u32)));
    events.push(("well", "notification.sent.v1", 5));
    events.extend([("back", "order.created.v1", 10), ("back", "payment.completed.v1", 11)]);
    events.extend([("back", "inventory.rejected.v1", 12), ("back", "payment.refunded.v1", 13)]);
    events.push(("back", "order.cancelled.v1", 14));
    events.extend([("late", "order.created.v1", 20), ("late", "payment.completed.v1", 21)]);
    events.extend([("owes", "order.created.v1", 3_000), ("owes", "payment.completed.v1", 3_001)]);
    events.push(("owes", "inventory.rejected.v1", 3_001));
    events.extend([("twice", "order.created.v1", 3_002), ("twice", "payment.completed.v1", 3_002)]);
    events.push(("twice", "payment.completed.v1", 3_002));
    cli.write("log.jsonl", log(&events));
    let mut sagas = cli.json(&["sagas", "log.jsonl", "--domain", "shop"]);
    sagas.sort_by_key(|saga| saga["saga"].to_string());
    let expected = [
        ("back", "compensated"),
        // Nobody waits in a choreography, so nothing can be late.
        ("late", "no-activity"),
        ("owes", "compensating"),
        ("twice", "inconsistent"),
        ("well", "completed"),
    ];
    assert_eq!(outcomes(&sagas), expected);
    let owed: Vec<&Value> = sagas[2]["owed"].as_array().unwrap().iter().map(|debt| &debt["text"]).collect();
    assert_eq!(owed, ["create-order: 1 order", "process-payment: 0.05 €"]);
    // A trip has somebody who waits, and its flight has had three times its two seconds.
    let trip = [("t", "hotel.booked.v1", 0), ("t", "car.booked.v1", 1), ("u", "hotel.booked.v1", 60)];
    cli.write("trip.jsonl", log(&trip));
    assert_eq!(outcomes(&cli.json(&["sagas", "trip.jsonl", "--domain", "travel"])), [("t", "stuck")]);
    cli.write("trip.jsonl", log(&trip[..2]));
    assert_eq!(outcomes(&cli.json(&["sagas", "trip.jsonl", "--domain", "travel"])), [("t", "running")]);
}

#[test]
fn attempts_have_their_history_and_timeouts_are_linked_both_ways() {
    let cli = Cli::new();
    cli.run(&["simulate", "shop", "--fault", "process-payment:timeout", "--into", "run.jsonl"]);
    let page = &cli.json(&["saga", "run.jsonl", "s1", "--domain", "shop"])[0];
    let rows = page["rows"].as_array().unwrap();
    let of_type = |name: &str| rows.iter().filter(|row| row["type"] == name).collect::<Vec<_>>();
    let fired = of_type("saga.step_timed_out");
    assert_eq!(fired.len(), 3);
    for timeout in fired {
        let set = rows.iter().find(|row| row["row"] == timeout["timeout_set_by"]).unwrap();
        assert!(set["says"].as_str().unwrap().starts_with("process-payment, attempt "), "{set}");
        assert_eq!((&set["timeout"]["fired"], &set["timeout"]["at"]), (&timeout["row"], &timeout["at"]));
    }
    // One that was answered in time says until when it would have waited, by the definition alone.
    let answered = of_type("saga.step_started")[0];
    assert_eq!(answered["timeout"]["fired"], Value::Null);
    assert!(answered["timeout"]["at"].as_str().is_some_and(|at| at > answered["at"].as_str().unwrap()));
    let foreign = &cli.json(&["saga", "run.jsonl", "s1"])[0];
    let first = foreign["rows"].as_array().unwrap().iter().find(|row| row["type"] == "saga.step_started");
    assert_eq!(first.unwrap()["timeout"], Value::Null);
    let text = cli.run(&["saga", "run.jsonl", "s1"]).out;
    assert!(text.contains("process-payment: 3 attempts: 1 no answer in time at 2026-"), "{text}");
    assert!(text.contains(", timeout fired as 8\n") && text.contains(", timeout set by 5\n"), "{text}");
    // A timer of a workflow's history, and a name that says it.
    cli.write("log.jsonl", log(&[("a", "PaymentRequested", 0), ("a", "PaymentTimedOut", 9)]));
    assert_eq!(
        cli.json(&["saga", "log.jsonl", "a"])[0]["rows"][1]["timeout_set_by"],
        Value::Null,
        "no cause says so"
    );
}

#[test]
fn an_id_that_is_used_again_begins_another_life_and_one_event_is_no_saga() {
    let cli = Cli::new();
    let mut events = vec![("alone", "OrderPlaced", 0)];
    for id in ["a", "b"] {
        events.extend([(id, "OrderPlaced", 1), (id, "OrderPacked", 2), (id, "OrderCompleted", 3)]);
    }
    events.extend([("a", "OrderPlaced", 10), ("a", "OrderPacked", 11), ("a", "OrderCompleted", 12)]);
    cli.write("log.jsonl", log(&events));
    let mut sagas = cli.json(&["sagas", "log.jsonl"]);
    sagas.sort_by_key(|saga| saga["saga"].to_string());
    assert_eq!(outcomes(&sagas), [("a", "completed"), ("a~2", "completed"), ("b", "completed")]);
    assert!(sagas.iter().all(|saga| saga["events"] == 3 && saga["inferred"] == true));
}

#[test]
fn diagrams_and_answers_for_names_that_are_not_there() {
    let cli = Cli::new();
    cli.write("log.jsonl", log(&[("a", "OrderPlaced", 1), ("a", "OrderCompleted", 2)]));
    for (diagram, head) in [
        ("--mermaid", "sequenceDiagram"),
        ("--mermaid=flowchart", "flowchart TD"),
        ("--mermaid=state", "stateDiagram-v2"),
        ("--mermaid=gantt", "gantt"),
    ] {
        assert!(cli.run(&["saga", "log.jsonl", "a", diagram]).out.starts_with(head), "{diagram}");
    }
    assert!(cli.run(&["map", "log.jsonl", "--mermaid"]).out.contains("OrderPlaced"));
    for picture in ["page", "sequence", "flow", "timeline"] {
        let out = format!("{picture}.svg");
        assert_eq!(cli.run(&["saga", "log.jsonl", "a", "--svg", &out, "--picture", picture]).code, 0);
        assert!(std::fs::read_to_string(cli.path(&out)).unwrap().starts_with("<svg"));
    }
    let missing = cli.run(&["saga", "log.jsonl", "zzz"]);
    assert!(missing.code == 2 && missing.err.contains("There is no saga of this name"), "{}", missing.err);
    let missing = cli.run(&["trace", "log.jsonl", "zzz"]);
    assert!(missing.code == 2 && missing.err.contains("There is no event"), "{}", missing.err);
    assert!(cli.run(&["trace", "log.jsonl", "e1"]).out.contains("● OrderCompleted"));
}

#[test]
fn a_run_that_was_taken_up_again_after_it_was_quiet_is_not_stuck() {
    let cli = Cli::new();
    cli.run(&["simulate", "shop", "--fault", "send-confirmation:lost:99", "--into", "run.jsonl"]);
    let run = std::fs::read_to_string(cli.path("run.jsonl")).unwrap();
    let mut lines: Vec<Value> = run.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert!(lines.iter().any(|event| event["type"] == "run.quiesced"));
    let template = lines.iter().find(|event| event["type"] == "saga.step_started").unwrap().clone();
    let mut retried = template;
    retried["id"] = json!("later");
    retried["type"] = json!("saga.step_retried");
    retried["position"] = json!(lines.len() + 1);
    retried["version"] = json!(99);
    retried["occurred_at"] = lines[lines.len() - 1]["occurred_at"].clone();
    lines.push(retried);
    let text: Vec<String> = lines.iter().map(ToString::to_string).collect();
    cli.write("again.jsonl", text.join("\n"));
    assert_eq!(outcomes(&cli.json(&["sagas", "again.jsonl", "--domain", "shop"])), [("s1", "running")]);
}

#[test]
fn sagas_are_sorted_by_the_variant_that_is_shown_and_compared_step_by_step() {
    let cli = Cli::new();
    let mut events: Vec<(&str, &str, u32)> = vec![("rare", "a.begun", 0), ("rare", "a.odd", 1)];
    for (at, id) in ["x", "y", "z"].into_iter().enumerate() {
        events.extend([(id, "a.begun", 2 + at as u32 * 2), (id, "a.completed", 3 + at as u32 * 2)]);
    }
    cli.write("log.jsonl", log(&events));
    let sagas = cli.json(&["sagas", "log.jsonl", "--sort", "variant"]);
    let numbers: Vec<&Value> = sagas.iter().map(|saga| &saga["variant"]).collect();
    assert_eq!(numbers, [1, 1, 1, 2]);
    let both = cli.json(&["saga", "log.jsonl", "rare", "--compare", "x"]);
    check_keys(&both, "saga with steps differences");
    assert_eq!(both[0]["steps"], json!([["a.begun", "a.begun"], ["a.odd", null], [null, "a.completed"]]));
    let differences = both[0]["differences"].to_string();
    assert!(differences.contains("Only in the first: a.odd"), "{differences}");
}

#[test]
fn sagas_are_listed_as_of_a_time_and_by_the_way_they_took() {
    let cli = Cli::new();
    let mut events: Vec<(&str, &str, u32)> = Vec::new();
    for (at, id) in (0..).step_by(10).zip(["a", "b", "c", "d"]) {
        events.extend([
            (id, "order.placed", at),
            (id, "payment.failed", at + 2),
            (id, "order.cancelled", at + 4),
        ]);
    }
    events.extend([("e", "order.placed", 50), ("e", "order.confirmed", 52)]);
    cli.write("log.jsonl", log(&events));
    let at = |time: &str| {
        let sagas = cli.json(&["sagas", "log.jsonl", "--sort", "age", "--at", time]);
        let told = outcomes(&sagas).into_iter().map(|(id, outcome)| format!("{id} {outcome}"));
        told.collect::<Vec<_>>()
    };
    assert_eq!(at("2026-03-01T08:00:12Z"), ["a compensated", "b compensating"]);
    assert_eq!(at("2026-03-01T08:00:14Z"), ["a compensated", "b compensated"]);
    let page = cli.json(&["saga", "log.jsonl", "b", "--at", "2026-03-01T08:00:12Z"]);
    assert_eq!((&page[0]["events"], &page[0]["ahead"][0]["name"]), (&json!(2), &json!("order.cancelled")));
    let early = cli.run(&["sagas", "log.jsonl", "--at", "2026-02-01"]);
    assert!(early.code == 2 && early.err.contains("Nothing had happened by then"), "{}", early.err);

    let way = |way: &str| cli.json(&["sagas", "log.jsonl", "--way", way]).len();
    for (text, sagas) in [
        ("payment.failed->order.cancelled", 4),
        ("order.placed -> order.confirmed", 1),
        ("->order.placed", 5),
        ("order.confirmed->", 1),
        ("order.cancelled->order.placed", 0),
    ] {
        assert_eq!(way(text), sagas, "{text}");
    }
    let wrong = cli.run(&["sagas", "log.jsonl", "--way", "order.plcaed->"]);
    assert!(wrong.code == 2 && wrong.err.contains("no events of that type"), "{}", wrong.err);
}

#[test]
fn the_sum_below_a_list_is_of_what_is_listed() {
    let cli = Cli::new();
    let sample = concat!(env!("CARGO_MANIFEST_DIR"), "/sample-data/shop-week.jsonl");
    let sum = |more: &[&str]| {
        let ran = cli.run(&[&["sagas", sample], more].concat());
        ran.out.lines().last().unwrap_or_default().to_owned()
    };
    let dead = sum(&["--outcome", "dead-lettered"]);
    assert_eq!(dead, "3 sagas of 167: 3 dead-lettered");
    let lost = sum(&["--way", "shipment.lost.v1->payment.refunded.v1"]);
    assert!(lost.starts_with("3 sagas of 167: ") && !lost.contains("153"), "{lost}");
    assert!(sum(&[]).starts_with("167 sagas: "), "{}", sum(&[]));
}
