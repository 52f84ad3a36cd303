//! The commands of README.md and of the help do what is said there, on the sample that comes with the program: each
//! is run as it is written, in one folder and in order, and finds something.

use std::path::Path;

use super::cli::Cli;

const README: &str = include_str!("../../README.md");
/// Where the sample is, as the README names it.
const WEEK: &str = "sample-data/shop-week.jsonl";

/// A folder with the samples in it.
fn folder() -> Cli {
    let cli = Cli::new();
    std::fs::create_dir(cli.path("sample-data")).unwrap();
    for sample in [WEEK, "sample-data/written-by-emmett.db"] {
        std::fs::copy(Path::new(env!("CARGO_MANIFEST_DIR")).join(sample), cli.path(sample)).unwrap();
    }
    cli
}

/// The arguments of a command as a shell would split them, up to a comment or a pipe.
fn arguments(command: &str) -> Vec<String> {
    let (mut words, mut word, mut is_quoted, mut was_quoted) = (Vec::new(), String::new(), false, false);
    for letter in command.chars().chain([' ']) {
        match letter {
            '\'' => (is_quoted, was_quoted) = (!is_quoted, true),
            ' ' if !is_quoted && (was_quoted || !word.is_empty()) => {
                words.push(std::mem::take(&mut word));
                was_quoted = false;
            }
            ' ' if !is_quoted => {}
            '#' if !is_quoted && word.is_empty() => break,
            '|' if !is_quoted => break,
            letter => word.push(letter),
        }
    }
    assert!(!is_quoted, "{command}");
    words
}

/// Runs a command that begins behind `sagascope`, and asserts that it ends well and prints something.
fn check(cli: &Cli, command: &str) {
    let arguments = arguments(command);
    let is_drawn = arguments[0] == "screenshot" || arguments.iter().any(|word| word == "--png");
    if is_drawn && !cfg!(feature = "gui") {
        return;
    }
    let words: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let ran = cli.run(&words);
    // A sweep that finds a failure says so by its code.
    let expected = i32::from(words[0] == "sweep");
    assert_eq!(ran.code, expected, "{command}\n{}", ran.err);
    assert!(!ran.out.trim().is_empty(), "{command}: nothing found\n{}", ran.err);
    assert!(!ran.out.starts_with("0 "), "{command}: {}", ran.out);
}

#[test]
fn every_command_of_the_readme_does_something() {
    let cli = folder();
    let mut ran = 0;
    for block in README.split("```sh\n").skip(1).filter_map(|rest| rest.split("```").next()) {
        for line in block.lines() {
            let Some(command) = line.strip_prefix("sagascope ") else { continue };
            // A file of the reader's own; a run, which opens the window.
            if command.contains("my.domain.toml") || command.starts_with('\'') {
                continue;
            }
            check(&cli, &command.replace("$WEEK", WEEK));
            ran += 1;
        }
    }
    assert!(ran > 40, "{ran} commands");
    assert!(README.contains(&format!("WEEK={WEEK}\n")));
}

#[test]
fn the_tour_finds_what_it_names() {
    let cli = folder();
    let events = cli.json(&["query", WEEK, "corr:s15"]);
    let streams: std::collections::BTreeSet<_> =
        events.iter().map(|event| event["stream"].as_str()).collect();
    assert_eq!((events.len(), streams.len()), (24, 4));
    assert!(README.contains("type `corr:s15`, Enter: the 24 events of one order, over four streams"));
    assert!(events.iter().any(|event| event["type"] == "payment.refunded.v1"));
    assert!(README.contains("Click `payment.refunded.v1`"));
    assert_eq!(cli.json(&["events", WEEK]).len(), 3_776);
    assert!(README.contains("in 3,776 events"));
}

#[test]
fn the_examples_of_the_help_find_something_in_the_sample() {
    let cli = folder();
    assert_eq!(cli.run(&["convert", WEEK, "shop.db"]).code, 0);
    let mut ran = 0;
    for name in
        ["info", "streams", "types", "events", "query", "count", "replay", "sagas", "saga", "trace", "map"]
    {
        let help = cli.run(&[name, "--help"]).out;
        for line in help.lines().filter_map(|line| line.strip_prefix("  sagascope ")) {
            let is_store = |word: &&str| Path::new(word).extension().is_some_and(|ending| ending == "db");
            let stores: Vec<&str> = line.split(' ').filter(is_store).collect();
            // What stands behind an example are words about it.
            let command = line.split("      ").next().unwrap();
            if stores == ["shop.db"] && !line.contains("*.heartbeat") {
                check(&cli, command);
                ran += 1;
            }
        }
    }
    assert!(ran > 30, "{ran} examples");
}
