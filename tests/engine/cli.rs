//! The command line as a user or a script meets it: the built program on small stores. What the subcommands
//! compute is tested where it is computed; here are keys, exit codes, and what goes to which stream.

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::io::{BufRead as _, BufReader, Read as _};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use sagascope::cli::{Extras, Outcome};
use serde_json::{Map, Value};
use tempfile::TempDir;

/// What a run left behind.
pub(crate) struct Ran {
    pub(crate) code: i32,
    pub(crate) out: String,
    pub(crate) err: String,
}

/// A folder for the test's files, and the program with a home of its own in it.
pub(crate) struct Cli(TempDir);

impl Cli {
    pub(crate) fn new() -> Self {
        Self(tempfile::tempdir().unwrap())
    }

    fn command(&self, args: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_sagascope"));
        command.args(args).current_dir(self.0.path()).env("SAGASCOPE_HOME", self.0.path().join(".home"));
        command
    }

    pub(crate) fn run(&self, args: &[&str]) -> Ran {
        let output = self.command(args).stdin(Stdio::null()).output().unwrap();
        Ran {
            code: output.status.code().unwrap(),
            out: String::from_utf8(output.stdout).unwrap(),
            err: String::from_utf8(output.stderr).unwrap(),
        }
    }

    /// The lines of a run that succeeds, as JSON.
    pub(crate) fn json(&self, args: &[&str]) -> Vec<Map<String, Value>> {
        let ran = self.run(&[args, &["--json"]].concat());
        assert_eq!(ran.code, 0, "{args:?}: {}", ran.err);
        ran.out.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
    }

    pub(crate) fn write(&self, name: &str, content: impl AsRef<[u8]>) -> PathBuf {
        let path = self.0.path().join(name);
        std::fs::write(&path, content).unwrap();
        path
    }

    /// Where a file of the folder is.
    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    /// Names of the files in the folder.
    fn names(&self) -> Vec<String> {
        let entries = std::fs::read_dir(self.0.path()).unwrap();
        let names = entries.map(|entry| entry.unwrap().file_name().into_string().unwrap());
        let mut names: Vec<String> = names.filter(|name| !name.starts_with('.')).collect();
        names.sort();
        names
    }
}

fn sample(name: &str) -> String {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data").join(name).to_str().unwrap().to_owned()
}

const SAMPLES: [&str; 6] = [
    "shop-domain.jsonl",
    "shop.cloudevents.jsonl",
    "emmett.db",
    "cqrs-es.db",
    "pyeventsourcing.db",
    "pyeventsourcing-compressed.db",
];

const SUBCOMMANDS: [&str; 16] = [
    "info",
    "streams",
    "types",
    "events",
    "query",
    "count",
    "fields",
    "issues",
    "replay",
    "dead-letters",
    "simulate",
    "matrix",
    "sweep",
    "convert",
    "generate",
    "formats",
];

const EVENT_KEYS: &str = "row source position id kind type schema_version stream aggregate_type version streams \
                          occurred_at recorded_at correlation_id causation_id data data_base64 data_encoding \
                          metadata warnings";

#[track_caller]
pub(crate) fn check_keys(objects: &[Map<String, Value>], keys: &str) {
    assert!(!objects.is_empty(), "nothing printed, expected {keys}");
    for object in objects {
        let found: Vec<&str> = object.keys().map(String::as_str).collect();
        assert_eq!(found, keys.split_whitespace().collect::<Vec<_>>());
    }
}

#[test]
fn a_run_named_alone_is_shown_in_the_window() {
    let outcome =
        |name: &str| sagascope::cli::run(["sagascope", name].map(OsString::from), Extras::default());
    for (name, recipe) in [
        ("shop/fulfilment?seed=7&fault=process-payment:timeout", "fault=process-payment:timeout"),
        ("travel", "travel/"),
    ] {
        let Outcome::Run(request) = outcome(name) else { panic!("{name} is no run") };
        assert!(request.recipe.to_string().contains(recipe), "{}", request.recipe);
    }
    assert!(matches!(outcome("shop/fulfilment?fault=no-such-step:timeout"), Outcome::Exit(_)));
    for missing in ["no-such-store.db", "data/2026?.jsonl"] {
        assert!(matches!(outcome(missing), Outcome::Window(_)), "{missing}");
    }
}

#[test]
fn every_subcommand_prints_exactly_the_keys_of_the_contract() {
    let cli = Cli::new();
    let bad = cli.write("bad.jsonl", "{\"type\":\"A\",\"stream_id\":\"s\"}\n{broken\n");
    for name in SAMPLES {
        let store = sample(name);
        let info = cli.json(&["info", &store]);
        check_keys(
            &info,
            "format events streams types correlations issues warnings first_at last_at sources memory",
        );
        assert_eq!(info.len(), 1);
        check_keys(
            &cli.json(&["streams", &store]),
            "stream aggregate_type events first_version last_version first_at last_at",
        );
        check_keys(&cli.json(&["types", &store]), "type schema_versions events streams first_at last_at");
        let events = cli.json(&["events", &store]);
        check_keys(&events, EVENT_KEYS);
        for event in &events {
            assert_eq!(event["source"], *store);
            for stream in event["streams"].as_array().unwrap() {
                check_keys(&[stream.as_object().unwrap().clone()], "stream aggregate_type version role");
            }
        }
        let stream = events[0]["stream"].as_str().unwrap();
        check_keys(&cli.json(&["replay", &store, stream]), "stream aggregate_type version state");
        let steps = cli.json(&["replay", &store, stream, "--steps"]);
        check_keys(&steps, "row version type occurred_at changes");
        for change in steps.iter().flat_map(|step| step["changes"].as_array().unwrap()) {
            check_keys(&[change.as_object().unwrap().clone()], "op path from to");
        }
        let provenance = cli.json(&["replay", &store, stream, "--provenance"]);
        assert_eq!(provenance.len(), 1);
        for (path, setter) in &provenance[0] {
            assert!(path.starts_with('/'), "{path}");
            check_keys(&[setter.as_object().unwrap().clone()], "row version type");
        }
    }
    check_keys(&cli.json(&["issues", bad.to_str().unwrap()]), "source where problem raw_base64");
    check_keys(&cli.json(&["formats"]), "format title about extensions");
    check_keys(&cli.json(&["convert", &sample("emmett.db"), "out.jsonl"]), "out format events bytes");
    check_keys(
        &cli.json(&["generate", "--events", "50", "--seed", "1", "made.jsonl"]),
        "out events streams longest_stream bytes",
    );
}

#[test]
fn info_streams_types_and_events_agree_with_each_other() {
    let cli = Cli::new();
    for name in SAMPLES {
        let store = sample(name);
        let info = cli.json(&["info", &store]).remove(0);
        let streams = cli.json(&["streams", &store]);
        let types = cli.json(&["types", &store]);
        let events = cli.json(&["events", &store]);
        assert_eq!(info["events"], events.len(), "{name}");
        assert_eq!(info["streams"], streams.len(), "{name}");
        assert_eq!(info["types"], types.len(), "{name}");
        let mut by_stream = BTreeMap::<String, usize>::new();
        let mut by_type = BTreeMap::<String, usize>::new();
        for event in &events {
            *by_stream.entry(format!("{}{}", event["aggregate_type"], event["stream"])).or_default() += 1;
            *by_type.entry(event["type"].as_str().unwrap().to_owned()).or_default() += 1;
        }
        for stream in &streams {
            let name = format!("{}{}", stream["aggregate_type"], stream["stream"]);
            assert_eq!(stream["events"], by_stream[&name], "{name}");
        }
        for info in &types {
            assert_eq!(info["events"], by_type[info["type"].as_str().unwrap()], "{name}");
        }
    }
}

#[test]
fn events_are_filtered_by_stream_type_and_text_and_limited() {
    let cli = Cli::new();
    let store = sample("shop-domain.jsonl");
    let all = cli.json(&["events", &store]);
    let check = |args: &[&str], wanted: &dyn Fn(&Map<String, Value>) -> bool, limit: usize| {
        let found = cli.json(&[&["events", store.as_str()], args].concat());
        let expected: Vec<_> = all.iter().filter(|event| wanted(event)).take(limit).cloned().collect();
        assert!(!expected.is_empty(), "{args:?} should find something");
        assert_eq!(found, expected, "{args:?}");
    };
    let of_type = |prefix: &'static str| {
        move |event: &Map<String, Value>| event["type"].as_str().unwrap().starts_with(prefix)
    };
    check(&["--type", "stock*"], &of_type("Stock"), usize::MAX);
    check(&["--limit", "3"], &|_| true, 3);
    check(&["--type", "Order*", "--limit", "2"], &of_type("Order"), 2);
    check(&["--stream", "SKU-001"], &|event| event["stream"] == "SKU-001", usize::MAX);
    check(&["--stream", "Inventory/SKU-001", "--limit", "1"], &|event| event["stream"] == "SKU-001", 1);
    let holds = |event: &Map<String, Value>| {
        Value::Object(event.clone()).to_string().to_lowercase().contains("kaffeemühle")
    };
    check(&["--text", "KAFFEEMÜHLE"], &holds, usize::MAX);
    check(&["--text", "kaffeemühle", "--limit", "1"], &holds, 1);
    check(
        &["--text", "kaffeemühle", "--stream", "SKU-000"],
        &|event| event["stream"] == "SKU-000" && holds(event),
        usize::MAX,
    );
}

#[test]
fn a_query_finds_counts_and_writes() {
    let cli = Cli::new();
    let store = sample("shop-domain.jsonl");
    let all = cli.json(&["events", &store]);
    let found = cli.json(&["query", &store, "type:Stock* or (type:Order* -version>1)"]);
    check_keys(&found, EVENT_KEYS);
    let wanted = |event: &&Map<String, Value>| {
        let name = event["type"].as_str().unwrap();
        name.starts_with("Stock")
            || (name.starts_with("Order") && event["version"].as_i64().is_none_or(|version| version <= 1))
    };
    assert_eq!(found, all.iter().filter(wanted).cloned().collect::<Vec<_>>());
    assert_eq!(cli.json(&["query", &store, "type:Stock*", "--limit", "2"]).len(), 2);
    let others = cli.run(&["query", "--json", &store, "--", "-type:Stock*"]);
    assert_eq!(
        others.out.lines().count(),
        cli.json(&["query", &store, "not type:Stock*"]).len(),
        "{}",
        others.err
    );

    let types = cli.json(&["types", &store]);
    let counted = cli.json(&["count", &store, "", "--by", "type"]);
    check_keys(&counted, "by value events share groups");
    for group in &counted {
        let known = types.iter().find(|info| info["type"] == group["value"]).unwrap();
        assert_eq!(known["events"], group["events"]);
    }
    assert_eq!(cli.json(&["query", &store, "| count by type"]), counted);
    let top = cli.json(&["query", &store, "| top 1 type"]);
    let events =
        |groups: &[Map<String, Value>]| groups.iter().map(|one| one["events"].as_u64().unwrap()).sum::<u64>();
    assert_eq!((top.len(), events(&top)), (2, all.len() as u64));
    assert_eq!(
        events(&cli.json(&["count", &store, "type:Stock*"])),
        cli.json(&["query", &store, "type:Stock*"]).len() as u64
    );
    check_keys(&cli.json(&["fields"]), "field says example reads_payloads groups");

    for out in ["found.jsonl", "found.db", "found.csv"] {
        check_keys(&cli.json(&["query", &store, "type:Stock*", "--into", out]), "out format events bytes");
    }
    let types_of = |store: &str| -> Vec<Value> {
        cli.json(&["events", store]).iter().map(|event| event["type"].clone()).collect()
    };
    assert_eq!(types_of("found.jsonl"), types_of("found.db"));
    let table = std::fs::read_to_string(cli.path("found.csv")).unwrap();
    assert!(table.starts_with("row,time,type,stream,"), "{table}");
    let again = cli.run(&["query", &store, "type:Stock*", "--into", "found.csv"]);
    assert_eq!((again.code, again.err.contains("There is a file of this name already")), (2, true));
}

#[test]
fn a_wrong_query_is_marked_at_its_place() {
    let cli = Cli::new();
    let ran = cli.run(&["query", &sample("shop-domain.jsonl"), "type:Stock* colour:red"]);
    assert_eq!(ran.code, 2);
    let lines: Vec<&str> = ran.err.lines().collect();
    assert!(lines[0].contains("There is no field colour"), "{}", ran.err);
    assert_eq!(lines[1..], ["  type:Stock* colour:red", "              ^^^^^^"]);
}

#[test]
fn a_stream_that_is_not_there_or_not_clear_is_refused_with_candidates() {
    let cli = Cli::new();
    let store = cli.write(
        "s.jsonl",
        [("Order", "a-1"), ("Invoice", "a-1"), ("Order", "abc-2")]
            .map(|(kind, id)| {
                format!(
                    "{{\"type\":\"T\",\"stream_type\":\"{kind}\",\"stream_id\":\"{id}\",\"version\":0}}\n"
                )
            })
            .concat(),
    );
    let store = store.to_str().unwrap();
    for (spelling, candidates) in [
        ("a-1", &["Order/a-1", "Invoice/a-1"][..]),
        ("c-2", &["Order/abc-2"]),
        ("abx", &["Order/abc-2"]),
        ("Order/abc", &["Order/abc-2"]),
    ] {
        for args in [&["events", store, "--stream", spelling][..], &["replay", store, spelling]] {
            let ran = cli.run(args);
            assert_eq!((ran.code, ran.out.as_str()), (2, ""), "{args:?}");
            assert!(ran.err.starts_with("sagascope: ") && ran.err.lines().count() == 1, "{}", ran.err);
            for candidate in candidates {
                assert!(ran.err.contains(candidate), "{args:?}: {}", ran.err);
            }
        }
    }
    assert_eq!(cli.json(&["events", store, "--stream", "Invoice/a-1"]).len(), 1);
    assert_eq!(cli.json(&["events", store, "--stream", "ab…2"]).len(), 1, "as a table shortens it");
    // The same id with other letters is another stream.
    assert_eq!(cli.run(&["events", store, "--stream", "Order/A-1"]).code, 2);
}

#[test]
fn a_replay_stops_where_it_is_told_and_null_is_kept_unless_it_removes() {
    let cli = Cli::new();
    let event = |version: i64, minute: i64, data: &str| {
        format!(
            "{{\"type\":\"T{version}\",\"stream_type\":\"Order\",\"stream_id\":\"o\",\"version\":{version},\
             \"at\":\"2026-03-01T08:{minute:02}:00Z\",\"data\":{data}}}\n"
        )
    };
    let lines = [
        event(1, 0, r#"{"total":1.50,"note":"x"}"#),
        event(2, 10, r#"{"note":null}"#),
        event(3, 20, r#"{"total":2.00}"#),
    ];
    let store = cli.write("o.jsonl", lines.concat());
    let store = store.to_str().unwrap();
    let check = |args: &[&str], version: Option<i64>, state: &str| {
        let found = cli.json(&[&["replay", store, "o"], args].concat()).remove(0);
        assert_eq!(
            (&found["version"], found["state"].to_string()),
            (&version.into(), state.to_owned()),
            "{args:?}"
        );
    };
    check(&[], Some(3), r#"{"total":2.00,"note":null}"#);
    check(&["--null-removes"], Some(3), r#"{"total":2.00}"#);
    check(&["--at", "1"], Some(1), r#"{"total":1.50,"note":"x"}"#);
    check(&["--at", "2026-03-01T08:19:59Z"], Some(2), r#"{"total":1.50,"note":null}"#);
    check(&["--at", "2026-02-28"], None, "{}");
    let steps = cli.json(&["replay", store, "o", "--steps", "--at", "2"]);
    assert_eq!(steps.len(), 2);
    assert_eq!(steps[1]["changes"].to_string(), r#"[{"op":"change","path":"/note","from":"x","to":null}]"#);
    let provenance = cli.json(&["replay", store, "o", "--provenance"]).remove(0);
    assert_eq!(
        Value::Object(provenance).to_string(),
        r#"{"/total":{"row":2,"version":3,"type":"T3"},"/note":{"row":1,"version":2,"type":"T2"}}"#
    );
    for wrong in [&["--at", "4"][..], &["--at", "soon"], &["--steps", "--provenance"]] {
        let ran = cli.run(&[&["replay", store, "o"], wrong].concat());
        assert_eq!((ran.code, ran.out.as_str()), (2, ""), "{wrong:?}");
    }
}

#[test]
fn numbers_are_printed_as_they_are_stored() {
    let cli = Cli::new();
    let data = r#"{"a":{"n":1E5,"m":1.10},"b":1e400}"#;
    let store =
        cli.write("n.jsonl", format!("{{\"type\":\"T\",\"stream\":\"s\",\"version\":1,\"data\":{data}}}\n"));
    let store = store.to_str().unwrap();
    let printed = |args: &[&str]| cli.run(args).out;
    assert!(printed(&["events", store, "--json"]).contains(&format!("\"data\":{data}")));
    assert!(printed(&["replay", store, "s", "--json"]).contains(&format!("\"state\":{data}")));
    assert!(printed(&["replay", store, "s", "--steps", "--json"]).contains("\"to\":1e400"));
}

/// What `events --json` prints, without the places that a copy changes.
fn events_of(cli: &Cli, store: &str) -> Vec<String> {
    let mut events = cli.json(&["events", store]);
    for event in &mut events {
        event.shift_remove("row");
        event.shift_remove("source");
    }
    events.into_iter().map(|event| Value::Object(event).to_string()).collect()
}

#[test]
fn converting_there_and_back_is_the_identity() {
    for name in SAMPLES {
        let cli = Cli::new();
        let store = sample(name);
        let events = events_of(&cli, &store);
        for (from, to) in
            [(store.as_str(), "a.db"), ("a.db", "b.jsonl"), ("b.jsonl", "c.db"), ("c.db", "d.jsonl")]
        {
            let ran = cli.run(&["convert", from, to]);
            assert_eq!((ran.code, ran.err.as_str()), (0, ""), "{name}: {from} to {to}");
            assert_eq!(events_of(&cli, to), events, "{name}: {from} to {to}");
        }
        assert_eq!(
            std::fs::read(cli.0.path().join("b.jsonl")).unwrap(),
            std::fs::read(cli.0.path().join("d.jsonl")).unwrap()
        );
        assert_eq!(cli.names(), ["a.db", "b.jsonl", "c.db", "d.jsonl"]);
    }
}

#[test]
fn a_log_without_events_is_converted_there_and_back() {
    let cli = Cli::new();
    for (args, out) in [
        (&["generate", "--events", "0", "a.jsonl"][..], "a.jsonl"),
        (&["generate", "--events", "0", "a.db"], "a.db"),
        (&["convert", "a.jsonl", "b.db"], "b.db"),
        (&["convert", "b.db", "c.jsonl"], "c.jsonl"),
        (&["convert", "c.jsonl", "d.jsonl"], "d.jsonl"),
        (&["convert", "a.db", "e.jsonl"], "e.jsonl"),
    ] {
        let ran = cli.run(args);
        assert_eq!((ran.code, ran.err.as_str()), (0, ""), "{args:?}");
        let info = cli.json(&["info", out]);
        let kind = if out.contains(".db") { "sagascope-sqlite" } else { "sagascope-jsonl" };
        assert_eq!((&info[0]["events"], &info[0]["issues"]), (&0.into(), &0.into()), "{out}");
        assert_eq!(info[0]["format"], kind, "{out}");
    }
    let content = |name: &str| std::fs::read_to_string(cli.0.path().join(name)).unwrap();
    for name in ["c.jsonl", "d.jsonl", "e.jsonl"] {
        assert_eq!(content(name), content("a.jsonl"), "{name}");
    }
    // Whoever joins files by hand gets no bad record of it.
    cli.run(&["generate", "--events", "3", "made.jsonl"]);
    cli.run(&["convert", "made.jsonl", "three.jsonl"]);
    cli.write("joined.jsonl", content("a.jsonl") + &content("three.jsonl") + &content("a.jsonl"));
    let info = cli.json(&["info", "joined.jsonl"]);
    assert_eq!((&info[0]["events"], &info[0]["issues"]), (&3.into(), &0.into()));
}

#[test]
fn a_file_without_a_readable_record_says_what_it_is() {
    let cli = Cli::new();
    let deep = format!("{{\"a\":{}{}}}\n", "[".repeat(200), "]".repeat(200));
    cli.write("deep.json", &deep);
    let wide = deep.replacen('{', &format!("{{\"x\":\"{}\",", "x".repeat(100_000)), 1);
    cli.write("deep-and-wide.jsonl", &wide);
    let long = format!("{{\"type\":\"{}\"}}\n", "x".repeat(65 << 20));
    cli.write("long.jsonl", &long);
    cli.write("long.json", format!("[{long}]"));
    cli.write("empty.jsonl", "");
    cli.write("list.json", "[]");
    for (name, says) in [
        ("deep.json", "nests deeper than 128 levels"),
        ("deep-and-wide.jsonl", "nests deeper than 128 levels"),
        ("long.jsonl", "longer than 64 MiB"),
        ("long.json", "longer than 64 MiB"),
        ("empty.jsonl", "This is an empty file"),
        ("list.json", "no record"),
    ] {
        let ran = cli.run(&["info", name]);
        assert_eq!((ran.code, ran.out.as_str()), (2, ""), "{name}");
        assert!(ran.err.contains(says) && ran.err.trim_end().ends_with(name), "{name}: {}", ran.err);
        assert_eq!(ran.err.lines().count(), 1, "{}", ran.err);
    }
}

/// A system that gives a program few open files, as macOS does.
#[cfg(unix)]
#[test]
fn many_stores_need_few_open_files() {
    let cli = Cli::new();
    let mut args: Vec<String> = Vec::new();
    for n in 0..120 {
        let (name, content) = if n % 3 == 0 {
            (
                format!("{n}.jsonl"),
                format!("{{\"type\":\"Happened\",\"stream_id\":\"s-{n}\",\"data\":{n}}}\n").into_bytes(),
            )
        } else {
            (format!("{n}.db"), std::fs::read(sample("cqrs-es.db")).unwrap())
        };
        cli.write(&name, content);
        args.push(name);
    }
    let script =
        format!("ulimit -n 64; exec '{}' events --json {}", env!("CARGO_BIN_EXE_sagascope"), args.join(" "));
    let mut command = Command::new("sh");
    command.args(["-c", &script]).current_dir(cli.0.path()).env("SAGASCOPE_HOME", cli.0.path().join(".home"));
    let output = command.stdin(Stdio::null()).output().unwrap();
    let errors = String::from_utf8_lossy(&output.stderr);
    assert_eq!((output.status.code(), &*errors), (Some(0), ""));
    let one = cli.run(&["events", "--json", "1.db"]).out.lines().count();
    assert_eq!(String::from_utf8(output.stdout).unwrap().lines().count(), 40 + 80 * one);
}

#[test]
fn several_stores_merge_and_one_that_fails_does_not_stop_the_others() {
    let cli = Cli::new();
    let (one, two) = (sample("shop-domain.jsonl"), sample("emmett.db"));
    let count = |store: &str| cli.json(&["info", store])[0]["events"].as_u64().unwrap();
    let both = cli.run(&["info", &one, "not there.db", &two, "--json"]);
    assert_eq!(both.code, 0);
    assert!(both.err.starts_with("sagascope: ") && both.err.ends_with(": not there.db\n"), "{}", both.err);
    let info: Value = serde_json::from_str(&both.out).unwrap();
    assert_eq!(info["events"], count(&one) + count(&two));
    assert_eq!(info["sources"].as_array().unwrap().len(), 2);
    let ran = cli.run(&["convert", &one, &two, "both.db"]);
    assert_eq!(ran.code, 0, "{}", ran.err);
    assert_eq!(count("both.db"), count(&one) + count(&two));
}

#[test]
fn nothing_readable_and_wrong_arguments_exit_with_2() {
    let cli = Cli::new();
    cli.write("empty.db", "");
    cli.write("text.txt", "hello");
    cli.write("there.jsonl", "{\"type\":\"A\",\"stream_id\":\"s\"}\n");
    cli.write("odd.jsonl", "{\"foo\":1}\n");
    cli.write("wrong.toml", "table = \"nope\"\n[fields]\ntype = \"/bar\"\n");
    for args in [
        &["info", "missing.db"][..],
        &["info", "empty.db", "text.txt"],
        &["info", "."],
        &["info"],
        &["info", "--nonsense"],
        &["evnts"],
        &["events", "there.jsonl", "--limit", "x"],
        &["convert", "there.jsonl", "there.jsonl"],
        &["convert", "there.jsonl", "out.csv"],
        &["convert", "there.jsonl", "no/such/folder.db"],
        &["convert", "missing.db", "out.db"],
        &["generate", "--events", "3", "there.jsonl"],
        &["info", "there.jsonl", "--map", "missing.toml"],
        &["info", "there.jsonl", "--map", "text.txt"],
        &["info", "odd.jsonl", "--map", "wrong.toml"],
        &["info", "odd.jsonl", "odd.jsonl", "--map", "wrong.toml"],
    ] {
        let ran = cli.run(args);
        assert_eq!((ran.code, ran.out.as_str()), (2, ""), "{args:?}: {}", ran.err);
        assert!(!ran.err.is_empty(), "{args:?}");
    }
    assert_eq!(cli.names(), ["empty.db", "odd.jsonl", "text.txt", "there.jsonl", "wrong.toml"]);
}

#[test]
fn bad_rows_are_one_line_on_stderr_and_listed_by_issues() {
    let cli = Cli::new();
    let store = cli.write("bad.jsonl", b"{\"type\":\"A\",\"stream_id\":\"s\"}\n{broken\n\xff\xfe\n");
    let store = store.to_str().unwrap();
    for subcommand in ["info", "streams", "types", "events"] {
        let ran = cli.run(&[subcommand, store, "--json"]);
        assert_eq!(ran.code, 0, "{subcommand}");
        assert_eq!(ran.err.lines().count(), 1, "{subcommand}: {}", ran.err);
        assert!(ran.err.starts_with("sagascope: 2 records"), "{subcommand}: {}", ran.err);
    }
    let issues = cli.json(&["issues", store]);
    let raw: Vec<&Value> = issues.iter().map(|issue| &issue["raw_base64"]).collect();
    assert_eq!(raw, ["e2Jyb2tlbg==", "//4="]);
}

#[test]
fn a_file_of_unknown_shape_gets_a_template_that_works_once_it_is_filled_in() {
    let cli = Cli::new();
    cli.write("odd.jsonl", "{\"foo\":\"a\",\"bar\":1}\n{\"foo\":\"b\",\"bar\":1}\n");
    let ran = cli.run(&["events", "odd.jsonl", "--json"]);
    assert_eq!((ran.code, ran.out.as_str()), (2, ""));
    let (sentence, template) = ran.err.split_once('\n').unwrap();
    assert!(sentence.starts_with("sagascope: ") && sentence.ends_with(": odd.jsonl"), "{sentence}");
    for column in ["\"/foo\": \"a\", \"b\"", "\"/bar\": 1, 1"] {
        assert!(template.contains(column), "{template}");
    }
    let filled =
        template.replace("# type = \"\"", "type = \"/foo\"").replace("# stream = \"\"", "stream = \"/bar\"");
    cli.write("map.toml", filled);
    let events = cli.json(&["events", "odd.jsonl", "--map", "map.toml"]);
    let read: Vec<_> =
        events.iter().map(|event| (event["type"].as_str(), event["stream"].as_str())).collect();
    assert_eq!(read, [(Some("a"), Some("1")), (Some("b"), Some("1"))]);
}

#[test]
fn a_proposal_that_suffices_is_used_and_said() {
    let cli = Cli::new();
    let table = rusqlite::Connection::open(cli.0.path().join("audit.db")).unwrap();
    table
        .execute_batch(
            "CREATE TABLE audit (happened_at TEXT, action TEXT, entity_id TEXT, body TEXT);
             INSERT INTO audit VALUES ('2026-03-01T08:00:00Z', 'opened', 'door-1', '{\"by\":\"me\"}');",
        )
        .unwrap();
    drop(table);
    let ran = cli.run(&["events", "audit.db", "--json"]);
    assert_eq!(ran.code, 0, "{}", ran.err);
    assert!(ran.err.starts_with("sagascope: No format claims this file"), "{}", ran.err);
    assert!(ran.err.contains("type = action") && ran.err.ends_with(": audit.db\n"), "{}", ran.err);
    let event: Value = serde_json::from_str(&ran.out).unwrap();
    assert_eq!((&event["type"], &event["stream"]), (&"opened".into(), &"door-1".into()));
}

#[test]
fn a_store_cannot_write_to_the_terminal() {
    let cli = Cli::new();
    let evil = r"\u001b[31m\u009b2J\u0007\u202e\u007f\n";
    let line = |suffix: &str| {
        format!(
            "{{\"type\":\"T{evil}\",\"stream_type\":\"K{evil}\",\"stream_id\":\"s{evil}{suffix}\",\"version\":0,\
             \"message_id\":\"{evil}{suffix}\",\"data\":{{\"k{evil}\":\"v{evil}\",\"n\":null}}}}\n"
        )
    };
    cli.write("evil\u{1b}[1m.jsonl", line("a") + &line("b") + "\u{1b}]0;title\u{7}{broken\n");
    cli.write("odd.jsonl", format!("{{\"x{evil}\":\"y{evil}\"}}\n"));
    let store = "evil\u{1b}[1m.jsonl";
    let stream: Value = serde_json::from_str(&format!("\"K{evil}/s{evil}a\"")).unwrap();
    let stream = stream.as_str().unwrap();
    for args in [
        &["info", store][..],
        &["streams", store],
        &["types", store],
        &["events", store],
        &["events", store, "--text", "T"],
        &["issues", store],
        &["events", store, "--stream", "sx"],
        &["replay", store, stream],
        &["replay", store, stream, "--steps"],
        &["replay", store, stream, "--provenance"],
        &["replay", store, stream, "--at", "7"],
        &["info", "odd.jsonl"],
        &["convert", store, "out\u{1b}.db"],
        &["info", "missing\u{1b}[31m"],
    ] {
        for more in [&[][..], &["--json"]] {
            let ran = cli.run(&[args, more].concat());
            for (place, text) in [("stdout", &ran.out), ("stderr", &ran.err)] {
                let escaped = text.chars().find(|letter| {
                    (letter.is_control() && *letter != '\n') || (more.is_empty() && *letter == '\u{202e}')
                });
                assert_eq!(escaped, None, "{args:?} {place}: {text:?}");
            }
            assert!(!(ran.out + &ran.err).is_empty(), "{args:?}");
        }
    }
    let printed = cli.run(&["replay", store, stream, "--json"]).out;
    let state: Value = serde_json::from_str(&printed).unwrap();
    assert!(state["state"].to_string().contains("\u{9b}2J"), "escaped, but the same value: {printed}");
}

#[test]
fn a_closed_pipe_is_no_error() {
    let cli = Cli::new();
    let made = cli.run(&["generate", "--events", "5000", "--seed", "1", "log.jsonl"]);
    assert_eq!(made.code, 0, "{}", made.err);
    for args in [
        &["events", "log.jsonl", "--json"][..],
        &["events", "log.jsonl"],
        &["streams", "log.jsonl"],
        &["generate", "--events", "20000", "-"],
    ] {
        let mut child = cli.command(args).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        let mut lines = BufReader::new(child.stdout.take().unwrap());
        let mut line = String::new();
        lines.read_line(&mut line).unwrap();
        assert!(!line.is_empty(), "{args:?}");
        drop(lines);
        let mut err = String::new();
        child.stderr.take().unwrap().read_to_string(&mut err).unwrap();
        assert_eq!((child.wait().unwrap().code(), err.as_str()), (Some(0), ""), "{args:?}");
    }
}

#[test]
fn generated_logs_are_the_same_for_the_same_seed_whichever_way_they_are_written() {
    let cli = Cli::new();
    for to in ["a.jsonl", "b.jsonl", "c.db"] {
        let ran = cli.run(&["generate", "--events", "300", "--seed", "7", to]);
        assert_eq!(ran.code, 0, "{}", ran.err);
    }
    let read = |name: &str| std::fs::read_to_string(cli.0.path().join(name)).unwrap();
    assert_eq!(read("a.jsonl"), read("b.jsonl"));
    assert_eq!(cli.run(&["generate", "--events", "300", "--seed", "7", "-"]).out, read("a.jsonl"));
    assert_ne!(cli.run(&["generate", "--events", "300", "--seed", "8", "-"]).out, read("a.jsonl"));
    let events = events_of(&cli, "a.jsonl");
    assert_eq!(events.len(), 300);
    assert_eq!(events_of(&cli, "c.db"), events);
    assert_eq!(cli.names(), ["a.jsonl", "b.jsonl", "c.db"]);
}

#[cfg(unix)]
#[test]
fn what_a_killed_program_left_half_written_goes_at_the_next_try() {
    let cli = Cli::new();
    for out in ["log.jsonl", "log.db"] {
        let begin = || {
            let mut command = cli.command(&["generate", "--events", "100000000", out]);
            let child =
                command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
            let its = format!("-{}-", child.id());
            while !cli.names().iter().any(|name| name.contains(&its)) {
                std::thread::yield_now();
            }
            child
        };
        let mut killed = begin();
        killed.kill().unwrap();
        killed.wait().unwrap();
        let left = cli.names();
        assert!(left.iter().any(|name| name.starts_with("log.") && name.ends_with(".partial")), "{left:?}");
        // One that is still written stays.
        let mut living = begin();
        let of_living = cli.names().into_iter().find(|name| name.contains(&format!("-{}-", living.id())));
        assert_eq!(cli.run(&["generate", "--events", "3", out]).code, 0);
        assert_eq!(cli.names(), [out.to_owned(), of_living.unwrap()]);
        living.kill().unwrap();
        living.wait().unwrap();
        std::fs::remove_file(cli.0.path().join(out)).unwrap();
        assert_eq!(cli.run(&["generate", "--events", "3", out]).code, 0);
        assert_eq!(cli.names(), [out]);
        std::fs::remove_file(cli.0.path().join(out)).unwrap();
    }
}

#[test]
fn help_of_every_subcommand_has_an_example() {
    let cli = Cli::new();
    let root = cli.run(&["--help"]);
    assert_eq!(root.code, 0);
    for name in SUBCOMMANDS {
        assert!(root.out.contains(&format!("\n  {name} ")), "{name} in the list");
        let help = cli.run(&[name, "--help"]);
        assert_eq!((help.code, help.err.as_str()), (0, ""), "{name}");
        assert!(help.out.contains(&format!("Examples:\n  sagascope {name}")), "{name}: {}", help.out);
        assert!(help.out.contains("--json"), "{name}");
    }
}

#[test]
fn tables_keep_to_their_width_and_align_numbers() {
    let cli = Cli::new();
    let store = sample("shop-domain.jsonl");
    for args in [&["streams", &store][..], &["types", &store], &["events", &store, "--limit", "20"]] {
        let ran = cli.run(args);
        let mut lines = ran.out.lines();
        let header = lines.next().unwrap();
        let end = header.find("EVENTS").map(|at| at + "EVENTS".len());
        for line in lines {
            assert!(line.chars().count() <= 100, "{line}");
            if let Some(end) = end {
                assert!(line.as_bytes()[end - 1].is_ascii_digit() && line.as_bytes()[end] == b' ', "{line}");
            }
        }
    }
}

#[test]
fn a_domain_file_says_what_the_events_of_a_real_log_mean() {
    let cli = Cli::new();
    let store = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data/shop-week.jsonl");
    let store = store.to_str().unwrap();
    let rules = cli.write(
        "week.domain.toml",
        "[aggregate.Inventory]\ninitial = {available = 0, reserved = 0}\n[aggregate.Inventory.on]\n\
         StockReceived = '.state + {available: (.state.available + .event.data.quantity)}'\n\
         StockReserved = '.event.data.quantity as $n | .state + {available: (.state.available - $n), reserved: (.state.reserved + $n)}'\n\
         StockReleased = '.event.data.quantity as $n | .state + {available: (.state.available + $n), reserved: (.state.reserved - $n)}'\n\
         StockReservationFailed = '.state'\n",
    );
    let rules = rules.to_str().unwrap();
    // Added up by hand from the log: 251 received, 70 reservations and 8 releases of 173 in all.
    let found = cli.json(&["replay", store, "SKU-005", "--domain", rules]).remove(0);
    assert_eq!(found["state"], serde_json::json!({"available": 78, "reserved": 173}));
    let found = cli.json(&["replay", store, "SKU-005", "--domain", rules, "--at", "2"]).remove(0);
    assert_eq!(found["state"], serde_json::json!({"available": 127, "reserved": 7}));
    let steps = cli.json(&["replay", store, "SKU-005", "--domain", rules, "--steps", "--at", "1"]);
    assert_eq!(steps[1]["changes"][0]["from"], 134);
    // A stream that the file says nothing about is folded as without it.
    let order = |more: &[&str]| cli.json(&[&["replay", store, "ord-00012"], more].concat()).remove(0);
    assert_eq!(order(&["--domain", rules]), order(&[]));
    assert_eq!(order(&["--domain", "shop"])["state"]["status"], "new");
}

#[test]
fn mistakes_in_a_domain_file_are_told_all_at_once() {
    let cli = Cli::new();
    let store = cli
        .write("one.jsonl", r#"{"stream":"order-1","type":"order.created","version":1,"data":{"total":5}}"#);
    let store = store.to_str().unwrap();
    let wrong = cli.write("wrong.toml", "[aggregate.Order]\nstream = 'order-*'\non.x = 'now'\n");
    let ran = cli.run(&["replay", store, "order-1", "--domain", wrong.to_str().unwrap()]);
    assert_eq!((ran.code, &*ran.out, ran.err.lines().count()), (2, "", 2), "{}", ran.err);
    for part in ["wrong.toml:2:1: stream is no key of an aggregate. Did you mean streams?", "wrong.toml:3:9:"]
    {
        assert!(ran.err.contains(part), "{}", ran.err);
    }
    let ran = cli.run(&["replay", store, "order-1", "--domain", "shoop"]);
    assert!(ran.code == 2 && ran.err.contains("no built-in domain shoop"), "{}", ran.err);
    let found = cli.json(&["replay", store, "order-1", "--domain", "shop"]).remove(0);
    assert_eq!(found["state"], serde_json::json!({"status": "created", "total": 5}));
}
