//! The subcommands that simulate, as a user or a script meets them: keys, exit codes, files, the same bytes twice.

use serde_json::Value;

use super::cli::{Cli, check_keys};

const DOUBLE: &str = "shop/fulfilment?fault=process-payment:duplicated&without=idempotency";

#[test]
fn the_json_has_exactly_the_keys_of_the_contract() {
    let cli = Cli::new();
    let run = cli.json(&["simulate", DOUBLE]);
    check_keys(&run, "recipe outcomes sagas dead_letters invariants");
    assert_eq!(run.len(), 1);
    assert_eq!(run[0]["recipe"], DOUBLE);
    assert_eq!(run[0]["outcomes"], serde_json::json!({"inconsistent": 1}));
    let of = |run: &Value| {
        run.as_array().unwrap().iter().map(|one| one.as_object().unwrap().clone()).collect::<Vec<_>>()
    };
    check_keys(
        &of(&run[0]["sagas"]),
        "id outcome phase started_ticks ended_ticks pivot_passed steps ledger owed",
    );
    check_keys(&of(&run[0]["invariants"]), "code about state since_ticks difference event");
    let parked = cli.json(&["simulate", "shop", "--fault", "send-confirmation:lost:99"]);
    check_keys(
        &of(&parked[0]["dead_letters"]),
        "id state consumer message_type key saga step direction reason deliveries attempts failed_first_ticks \
         parked_ticks blocked redrivable",
    );
    let cells = cli.json(&["matrix", "transfer"]);
    check_keys(
        &cells,
        "saga target fault outcome attempts undo_attempts duration_ticks dead_letters letters owed broken recipe",
    );
    let words = ["completed", "compensated", "dead-lettered", "stuck", "inconsistent"];
    for cell in &cells {
        let outcome = &cell["outcome"];
        assert!(outcome.is_null() || words.contains(&outcome.as_str().unwrap()), "{cell:?}");
    }
    check_keys(&cli.json(&["sweep", "travel", "--runs", "20"]), "run recipe outcome broken step failed");
    cli.run(&["simulate", "shop", "--fault", "send-confirmation:lost:99", "--into", "run.jsonl"]);
    check_keys(
        &cli.json(&["dead-letters", "run.jsonl"]),
        "id state consumer message_type key saga step direction reason deliveries attempts failed_first \
         parked blocked",
    );
}

#[test]
fn a_domain_with_options_is_the_recipe_that_they_spell() {
    let cli = Cli::new();
    let args =
        ["simulate", "shop", "--fault", "process-payment/command:duplicated:1", "--without", "idempotency"];
    let by_options = cli.run(&[&args[..], &["--json"]].concat());
    assert_eq!(by_options.out, cli.run(&["simulate", DOUBLE, "--json"]).out);
    let more = cli.json(&["simulate", DOUBLE, "--seed", "7", "--sagas", "3", "--fault", "any#2:lost"]);
    assert_eq!(
        more[0]["recipe"],
        "shop/fulfilment?seed=7&sagas=3&fault=process-payment:duplicated&fault=any#2:lost&without=idempotency"
    );
    let second = cli.json(&["simulate", "shop", "--saga", "fulfilment_choreographed"]);
    assert_eq!(second[0]["recipe"], "shop/fulfilment_choreographed");
}

#[test]
fn the_same_recipe_gives_the_same_bytes() {
    let cli = Cli::new();
    for args in [
        &["simulate", "shop/fulfilment?seed=7&sagas=20&fault=any:duplicated", "--json"][..],
        &["matrix", "transfer", "--json"],
        &["sweep", "travel", "--runs", "50", "--seed", "3", "--json"],
    ] {
        let first = cli.run(args);
        assert!(!first.out.is_empty());
        assert_eq!(first.out, cli.run(args).out, "{args:?}");
    }
    for name in ["a.jsonl", "b.jsonl"] {
        assert_eq!(cli.run(&["simulate", DOUBLE, "--transport", "--into", name]).code, 0);
    }
    let read = |name: &str| std::fs::read(cli.path(name)).unwrap();
    assert_eq!(read("a.jsonl"), read("b.jsonl"));
}

#[test]
fn a_recorded_run_is_a_store_like_any_other() {
    let cli = Cli::new();
    for name in ["run.db", "run.jsonl"] {
        let ran = cli.run(&["simulate", "shop", "--fault", "reserve-inventory:reject", "--into", name]);
        assert_eq!(ran.code, 0, "{}", ran.err);
        assert!(ran.out.contains(&format!("events to {name}")), "{}", ran.out);
        let types: Vec<String> = cli
            .json(&["events", name])
            .iter()
            .map(|event| event["type"].as_str().unwrap().to_owned())
            .collect();
        assert_eq!(types.first().map(String::as_str), Some("run.started"));
        assert_eq!(types.last().map(String::as_str), Some("run.quiesced"));
        for needed in
            ["payment.completed.v1", "payment.refunded.v1", "order.cancelled.v1", "saga.compensated"]
        {
            assert!(types.iter().any(|found| found == needed), "{needed} in {types:?}");
        }
        let info = &cli.json(&["info", name])[0];
        assert_eq!((&info["events"], &info["issues"]), (&types.len().into(), &0.into()));
        let state = &cli.json(&["replay", name, "saga-s1", "--domain", "shop"])[0];
        assert_eq!(state["stream"], "saga-s1");
        let again = cli.run(&["simulate", "shop", "--into", name]);
        assert_eq!(again.code, 2);
        assert!(again.err.contains("There is a file of this name already"), "{}", again.err);
    }
    assert_eq!(cli.run(&["simulate", "shop", "--into", "run.txt"]).code, 2);
}

#[test]
fn a_recorded_run_says_which_check_broke() {
    let cli = Cli::new();
    let ran = &cli.json(&["simulate", DOUBLE, "--into", "double.jsonl"])[0];
    let about = "at most one charge held per order";
    let checks = ran["invariants"].as_array().unwrap();
    let charge = checks.iter().find(|check| check["about"] == about).unwrap();
    assert_eq!(charge["state"], "broken");
    let events = cli.json(&["events", "double.jsonl"]);
    let told = events
        .iter()
        .find(|event| event["type"] == "check.broken" && event["data"]["invariant"] == "one_charge")
        .expect("the log tells it");
    assert_eq!(told["data"]["event"], charge["event"], "with the event that did it");
    assert_eq!(cli.json(&["sagas", "double.jsonl"])[0]["outcome"], "inconsistent");
}

#[test]
fn an_expectation_is_written_checked_and_its_differences_named() {
    let cli = Cli::new();
    let saved = cli.run(&["simulate", DOUBLE, "--save-expect", "double.toml"]);
    assert_eq!(saved.code, 0, "{}", saved.err);
    for args in [
        &["simulate", "--expect", "double.toml"][..],
        &["simulate", DOUBLE, "--expect", "double.toml"],
        &["simulate", "shop", "--expect", "double.toml"],
    ] {
        let ran = cli.run(args);
        assert_eq!((ran.code, ran.err.as_str()), (0, ""), "{args:?}");
    }
    let other = cli.run(&["simulate", "shop/fulfilment", "--expect", "double.toml"]);
    assert_eq!(other.code, 1);
    assert!(other.out.starts_with("shop/fulfilment\n1 completed"), "{}", other.out);
    for line in [
        "sagascope: outcomes: expected 1 inconsistent, came 1 completed",
        "sagascope: s1 outcome: expected inconsistent, came completed",
    ] {
        assert!(other.err.lines().any(|found| found == line), "{line}\n{}", other.err);
    }
    assert!(other.err.trim_end().ends_with(": double.toml"), "{}", other.err);
    let text = std::fs::read_to_string(cli.path("double.toml")).unwrap();
    assert!(text.starts_with("# Checked by: sagascope simulate --expect FILE\n"), "{text}");
    cli.write("wrong.toml", "recipe = \"shop/fulfilment\"\noutcome = 1");
    let wrong = cli.run(&["simulate", "--expect", "wrong.toml"]);
    assert_eq!(wrong.code, 2);
    assert!(wrong.err.contains("line 2: unknown field `outcome`"), "{}", wrong.err);
    let again = cli.run(&["simulate", DOUBLE, "--save-expect", "double.toml"]);
    assert_eq!(again.code, 2, "nothing is overwritten");
}

#[test]
fn a_sweep_finds_what_a_missing_protection_breaks_and_makes_it_short() {
    let cli = Cli::new();
    let fine = cli.run(&["sweep", "travel", "--runs", "100"]);
    assert_eq!(fine.code, 0, "{}", fine.out);
    assert!(fine.out.contains("Nothing failed"), "{}", fine.out);
    std::fs::create_dir(cli.path("found")).unwrap();
    let args =
        ["sweep", "travel", "--runs", "100", "--without", "idempotency", "--shrink", "--tests", "found"];
    let broken = cli.run(&args);
    assert_eq!(broken.code, 1, "{}", broken.err);
    assert!(broken.out.contains("without idempotency"), "{}", broken.out);
    let tests: Vec<_> =
        std::fs::read_dir(cli.path("found")).unwrap().map(|entry| entry.unwrap().path()).collect();
    assert!(!tests.is_empty());
    for test in tests {
        let ran = cli.run(&["simulate", "--expect", test.to_str().unwrap()]);
        assert_eq!((ran.code, ran.err.as_str()), (0, ""), "{}", test.display());
        let text = std::fs::read_to_string(&test).unwrap();
        let recipe = text.lines().find(|line| line.starts_with("recipe")).unwrap();
        assert!(recipe.matches("fault=").count() <= 2, "{recipe}");
    }
}

#[test]
fn a_matrix_is_a_table_csv_or_markdown_and_marks_what_differs() {
    let cli = Cli::new();
    let cells = cli.json(&["matrix", "travel"]).len();
    let table = cli.run(&["matrix", "travel"]).out;
    assert!(table.starts_with("TARGET"), "{table}");
    assert!(table.contains(&format!("{cells} runs: ")), "{table}");
    let csv = cli.run(&["matrix", "travel", "--csv"]).out;
    assert_eq!(csv.lines().count(), cells + 1);
    assert!(csv.starts_with("saga,target,fault,outcome,"), "{csv}");
    let markdown = cli.run(&["matrix", "travel", "--markdown"]).out;
    assert!(markdown.starts_with("| trip | reject |"), "{markdown}");
    let compared = cli.run(&["matrix", "travel", "--without", "idempotency"]).out;
    assert!(compared.contains("differ (*) from all protections on"), "{compared}");
    assert!(compared.lines().any(|line| line.contains(" *  inconsistent ")), "{compared}");
    let pair = cli.json(&["matrix", "transfer", "--pairs"]);
    assert!(pair.len() > 1_000);
    assert!(pair[0]["target"].as_str().unwrap().contains(" + "), "{:?}", pair[0]);
}

#[test]
fn dead_letters_are_listed_with_their_history() {
    let cli = Cli::new();
    let run =
        cli.json(&["simulate", "travel", "--fault", "issue-vouchers:lost:99", "--into", "run.db"]).remove(0);
    let letters = cli.json(&["dead-letters", "run.db"]);
    assert_eq!(letters.len(), 1);
    let letter = &letters[0];
    assert_eq!(letter["state"], "open");
    assert_eq!(letter["key"], "s1/issue-vouchers/do");
    assert_eq!(letter["attempts"].as_array().unwrap().len(), 3);
    assert_eq!(letter["blocked"], serde_json::json!(["send-itinerary"]));
    // Both times are said: the first failed attempt, and the parking that followed the last.
    let parked = cli.json(&["query", "run.db", "type:dead_letter.parked"]);
    assert_eq!(letter["parked"], parked[0]["occurred_at"]);
    let ticks = letter["attempts"][0]["at_ticks"].as_u64().unwrap();
    let failed_first = format!("2026-01-01T00:00:{:02}.{:06}Z", ticks / 1_000_000, ticks % 1_000_000);
    assert_eq!(letter["failed_first"], serde_json::json!(failed_first));
    let of_run = &run["dead_letters"][0];
    assert_eq!(of_run["failed_first_ticks"].as_u64(), Some(ticks));
    let last = letter["attempts"][2]["at_ticks"].as_u64();
    assert_eq!(of_run["parked_ticks"].as_u64(), last, "the last attempt parks it");
    assert!(letter["failed_first"].as_str() < letter["parked"].as_str(), "{letter:?}");
    assert_eq!(letter.get("since"), None, "one word for each of them");
    let table = cli.run(&["dead-letters", "run.db", "--open"]).out;
    assert!(table.starts_with("ID  STATE  FAILED FIRST             PARKED "), "{table}");
    assert!(table.contains("1 open dead letter, 1 open"), "{table}");
    cli.run(&["simulate", "travel", "--into", "quiet.db"]);
    assert_eq!(cli.run(&["dead-letters", "quiet.db"]).out, "0 dead letters, 0 open\n");
}

#[test]
fn a_domain_file_of_ones_own_is_simulated_and_its_recipe_runs_again() {
    let cli = Cli::new();
    let sample = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("sample-data/transfer.domain.toml");
    let text = std::fs::read_to_string(sample).unwrap().replacen("name = \"transfer\"", "name = \"mine\"", 1);
    cli.write("mine.domain.toml", text);
    let run = cli.json(&["simulate", "mine.domain.toml", "--seed", "3"]);
    let recipe = run[0]["recipe"].as_str().unwrap();
    assert_eq!(recipe, "mine/transfer?seed=3");
    assert_eq!(cli.json(&["simulate", recipe, "--domain", "mine.domain.toml"]), run);
    let unknown = cli.run(&["simulate", recipe]);
    assert_eq!(unknown.code, 2);
    assert!(unknown.err.contains("mine"), "{}", unknown.err);
}

#[test]
fn what_is_wrong_is_said_with_what_was_meant() {
    let cli = Cli::new();
    for (args, said) in [
        (&["simulate", "shopp"][..], "Built in are shop, travel, transfer"),
        (&["simulate", "shop/fulfilment?fault=proces-payment:lost"], "did you mean \"process-payment\"?"),
        (&["simulate", "shop/fulfilment?fault=process-payment:lots"], "did you mean \"lost\"?"),
        (&["simulate", "shop", "--fault", "confirm-order:undo-fails"], "confirm-order has no undo"),
        (&["simulate", "shop", "--fault", "create-order"], "expected \":\", found the end"),
        (&["simulate", "shop", "--without", "idempotence"], "did you mean \"idempotency\"?"),
        (&["simulate", "shop", "--saga", "fulfillment"], "did you mean \"fulfilment\"?"),
        (&["simulate"], "required"),
        (&["matrix", "shop", "--csv", "--markdown"], "cannot be used with"),
        (&["dead-letters", "none.db"], "none.db"),
    ] {
        let ran = cli.run(args);
        assert_eq!((ran.code, ran.out.as_str()), (2, ""), "{args:?}");
        assert!(ran.err.contains(said), "{args:?}: {}", ran.err);
    }
}

#[test]
fn the_help_lists_every_kind_of_fault() {
    let help = Cli::new().run(&["simulate", "--help"]).out;
    for info in sagascope::sim::faults::FAULTS {
        assert!(help.contains(info.name), "{}", info.name);
    }
}

#[test]
fn a_run_is_left_where_until_says() {
    let cli = Cli::new();
    let recipe = "shop/fulfilment?seed=7&fault=reserve-inventory:reject";
    let run = cli.json(&["simulate", recipe, "--until", "type:payment.refunded* data.amount>0"]).remove(0);
    let until = &run["until"];
    assert_eq!((&until["reached"], &until["event"]["type"]), (&true.into(), &"payment.refunded.v1".into()));
    assert_eq!(until["when"], "type:payment.refunded* data.amount>0");
    assert_eq!(run["outcomes"], serde_json::json!({"running": 1}), "the order is not cancelled yet");
    let text = cli.run(&["simulate", recipe, "--until", "compensated", "--into", "run.jsonl"]).out;
    assert!(text.contains("Stopped: a saga is compensated"), "{text}");
    let log = std::fs::read_to_string(cli.path("run.jsonl")).unwrap();
    assert!(log.contains("saga.compensated") && !log.contains("run.quiesced"), "nothing after it is written");
    let fault = cli.json(&["simulate", recipe, "--until", "fault"]).remove(0);
    assert_eq!(fault["until"], serde_json::json!({"when": "fault", "reached": true, "event": null}));
    let never = cli.json(&["simulate", recipe, "--until", "completed"]).remove(0);
    assert_eq!((&never["until"]["reached"], &never["outcomes"]["compensated"]), (&false.into(), &1.into()));
    // What cannot be understood is marked at its place, and nothing runs.
    let wrong = cli.run(&["simulate", recipe, "--until", "type:a colour:red", "--into", "none.jsonl"]);
    assert!(wrong.err.contains("  type:a colour:red\n         ^^^^^^"), "{}", wrong.err);
    assert_eq!((wrong.code, cli.path("none.jsonl").exists()), (2, false));
}

#[test]
fn a_slip_in_the_name_of_an_outcome_is_no_search_for_a_text() {
    let cli = Cli::new();
    let until = |what: &str| cli.run(&["simulate", "shop/fulfilment?seed=7", "--until", what]);
    for (slip, said) in [
        (
            "complted",
            "there is no outcome named \"complted\"; did you mean \"completed\"? To stop at the first event with this text, write '\"complted\"'",
        ),
        ("deadletter", "there is no moment to stop at named \"deadletter\"; did you mean \"dead-letter\"?"),
    ] {
        let ran = until(slip);
        assert_eq!((ran.code, ran.out.as_str()), (2, ""), "{slip}");
        assert!(ran.err.contains(said), "{slip}: {}", ran.err);
    }
    // Quoted, and where it is like no name, a word is a text.
    let said = |what: &str| until(what).out;
    assert!(said("\"complted\"").contains("The run is over before an event matches \"complted\""));
    assert!(said("inventory").contains("\nStopped at event "), "{}", said("inventory"));
    assert!(said("stock").contains("\nStopped at event "), "{}", said("stock"));
    assert!(said(" Stuck ").contains("The run is over before a saga is stuck"), "{}", said(" Stuck "));
}

#[test]
fn a_run_that_is_left_prints_the_recipe_that_was_asked_for() {
    let cli = Cli::new();
    let recipe = "shop/fulfilment?seed=7&act=3:lose:process-payment/command&act=11:stop:inventory";
    let run = |recipe: &str| cli.json(&["simulate", recipe, "--until", "type:payment.completed*"]).remove(0);
    let left = run(recipe);
    assert_eq!(left["until"]["reached"], true);
    assert_eq!(left["recipe"], recipe, "the second act lies after the stop");
    assert_eq!(run(left["recipe"].as_str().unwrap()), left);
    let text = cli.run(&["simulate", recipe, "--until", "type:payment.completed*"]).out;
    assert_eq!(text.lines().next(), Some(recipe));
}

#[test]
fn rows_of_a_read_model_are_paged_searched_and_say_how_far_they_are_behind() {
    let cli = Cli::new();
    let args = ["simulate", "shop/fulfilment?seed=7&sagas=120", "--read-model", "orders"];
    let of = |more: &[&str]| cli.json(&[&args[..], more].concat()).remove(0);
    let (first, second, beyond) = (of(&[]), of(&["--page", "2"]), of(&["--page", "3"]));
    let keys = |page: &serde_json::Map<String, Value>| -> Vec<String> {
        page["rows"].as_array().unwrap().iter().map(|row| row["key"].as_str().unwrap().to_owned()).collect()
    };
    assert_eq!((keys(&first).len(), keys(&second).len(), keys(&beyond).len()), (100, 20, 0));
    assert_eq!((&first["more"], &second["more"], &first["lag"]), (&true.into(), &false.into(), &0.into()));
    assert!(keys(&first).iter().all(|key| !keys(&second).contains(key)));
    let wanted = keys(&second).pop().unwrap();
    let found = of(&["--search", &wanted]);
    assert!(keys(&found).contains(&wanted) && keys(&found).len() < 120);
    let behind = of(&["--until", "type:payment.completed*"]);
    assert!(behind["lag"].as_u64().unwrap() > 0, "{behind:?}");
    assert_eq!(behind["until"]["reached"], true);
    assert_eq!(of(&["--until", "dead-lettered"])["until"]["reached"], false);
    let text = |more: &[&str]| cli.run(&[&args[..], more].concat()).out;
    let left = text(&["--until", "type:payment.completed*", "--into", "left.jsonl"]);
    assert!(left.contains("\nStopped at event ") && left.contains(" to left.jsonl\n"), "{left}");
    assert!(text(&["--until", "dead-lettered"]).contains("The run is over before a saga is dead-lettered"));
    let text = cli.run(&args).out;
    assert!(text.contains("100 rows of 120, nothing behind") && text.contains("--page 2 goes on"), "{text}");
    let wrong = cli.run(&["simulate", "shop", "--read-model", "customers"]);
    assert!(wrong.err.contains("there is no read model customers; there are orders"), "{}", wrong.err);
}
