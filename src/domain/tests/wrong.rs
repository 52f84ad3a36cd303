//! Wrong files: every error at once, each at its place; and no text at all that ends in a panic.

use proptest::prelude::*;

use crate::domain::{BUILT_IN, Domain};

/// Every error of `text` as `line:column message`.
fn errors(text: &str) -> Vec<String> {
    let read = &mut |path: &str| match path {
        "good.json" => Ok("{\"type\": \"object\"}".to_owned()),
        "broken.json" => Ok("{".to_owned()),
        "strange.json" => Ok("{\"type\": \"strange\"}".to_owned()),
        _ => Err("there is no such file".to_owned()),
    };
    match Domain::parse(text, read) {
        Ok(_) => Vec::new(),
        Err(errors) => errors.to_string().lines().map(str::to_owned).collect(),
    }
}

/// The errors begin at these places and contain these words, in this order, and there are no others.
fn check(text: &str, expected: &[(&str, &str)]) {
    let found = errors(text);
    let same = found.len() == expected.len()
        && found.iter().zip(expected).all(|(error, (place, words))| {
            error.strip_prefix(place).is_some_and(|rest| rest.starts_with(": ") && rest.contains(words))
        });
    assert!(same, "{text}\ngives\n{found:#?}\ninstead of\n{expected:#?}");
}

/// A saga with `steps`, one a line from line 2.
fn saga(steps: &str) -> String {
    format!("[saga.s]\n{steps}")
}

const STEP: &str = "step = [{name = 'a', command = 'x.a', success = 'x.done', undo = 'none'}]\n";

#[test]
fn everything_is_optional() {
    for text in
        ["", "format = 1", "name = 'x'", "[aggregate.A]", "[service.x]", "[schema]", "[aggregate.A.on]"]
    {
        check(text, &[]);
    }
    check(&saga(STEP), &[]);
}

#[test]
fn all_errors_are_reported_at_once_by_their_place() {
    check(
        "format = 2\nnam = 'shop'\n[agregate.Order]\n[invariant.x]\nholds = '.a |'\n[service.y]\nlatency = {min = 5, max = '1x'}\n",
        &[
            ("1:10", "format 1, not 2"),
            ("2:1", "Did you mean name?"),
            ("3:2", "Did you mean aggregate?"),
            ("5:14", "the program ends"),
            ("7:18", "must be a duration"),
            ("7:27", "not a duration"),
        ],
    );
}

#[test]
fn what_is_no_toml_says_where() {
    check("name = 'x", &[("1:10", "no TOML")]);
    check("a = 1\na = 2\n", &[("2:1", "no TOML")]);
    check("a = \nb = [1\n", &[("1:5", "no TOML"), ("2:7", "no TOML")]);
}

#[test]
fn unknown_keys_are_errors_with_the_nearest_known_one() {
    for (text, place, words) in [
        ("[aggregate.A]\nstream = 'a-*'", "2:1", "stream is no key of an aggregate. Did you mean streams?"),
        ("[projection.p]\nkey = '.a'\nons = {}", "3:1", "Did you mean on?"),
        ("[invariant.i]\nholds = 'true'\nwhem = 'always'", "3:1", "Did you mean when?"),
        ("[service.s.latency]\nmaximum = '1s'", "2:1", "It may have: min, max."),
        ("[[upcast]]\ntype = 'a'\nfrom = 1\nto = 2\nwith = '.'\nwhen = 1", "6:1", "no key of an upcaster"),
    ] {
        check(text, &[(place, words)]);
    }
    check(
        &saga(&STEP.replace("undo", "compensation = 'x.b', undo")),
        &[("2:59", "compensation is no key of a step")],
    );
}

#[test]
fn values_of_a_wrong_kind_say_what_is_expected() {
    for (text, place, words) in [
        ("name = 5", "1:8", "must be text in quotes, not a whole number"),
        ("name = '7up'", "1:8", "cannot be the name of a domain"),
        ("saga = 1", "1:8", "saga must be a table"),
        ("[saga]\na = 1", "2:5", "a must be a table"),
        ("aggregate.A.on.x = 1", "1:20", "x must be text in quotes"),
        ("upcast = 1", "1:10", "must be a list"),
        ("[invariant.i]\nholds = 'true'\nwhen = 'never'", "3:8", "\"always\" or \"settled\", not \"never\""),
        ("[invariant.i]\nholds = 'true'\nwhen = 'always'\nwithin = '5s'", "4:10", "belongs to when"),
        ("[invariant.i]\nholds = 'true'\nwithin = 1.5", "3:10", "a number with a fraction"),
        ("[service.s]\nlatency = {min = '2s', max = '1s'}", "2:18", "min is more than max"),
        ("[projection.p]", "1:13", "without key"),
        ("[invariant.i]\nabout = 'x'", "1:12", "without holds"),
    ] {
        check(text, &[(place, words)]);
    }
}

#[test]
fn retries_and_shares_are_checked() {
    let with = |retry: &str| saga(&format!("retry = {{{retry}}}\n{STEP}"));
    for fine in ["attempts = 1", "jitter = '20%'", "jitter = '0.2'", "backoff = 'fixed'", "cap = '100ms'"] {
        check(&with(fine), &[]);
    }
    for (retry, place, words) in [
        ("attempts = 0", "2:21", "at least 1"),
        ("attempts = -1", "2:21", "whole number from 0"),
        ("attempts = 5000000000", "2:21", "too large"),
        ("jitter = 0.2", "2:19", "a share from 0 to 1, in quotes"),
        ("jitter = '200%'", "2:19", "a share from 0 to 1"),
        ("cap = '50ms'", "2:16", "less than initial, 100ms"),
        ("initial = 100", "2:20", "must be a duration"),
        ("backoff = 'linear'", "2:20", "\"exponential\" or \"fixed\""),
    ] {
        check(&with(retry), &[(place, words)]);
    }
    check(&saga(&format!("timeout = '0s'\n{STEP}")), &[("2:11", "no time for an answer")]);
}

#[test]
fn steps_must_fit_together() {
    let step = |name: &str, rest: &str| {
        format!("[[saga.s.step]]\nname = '{name}'\ncommand = 'x.{name}'\nsuccess = 'x.{name}ed'\n{rest}\n")
    };
    let (undo, pivot, retriable) = ("undo = 'none'", "kind = 'pivot'", "kind = 'retriable'");
    for (steps, expected) in [
        (vec![("a", undo), ("b", pivot), ("c", retriable), ("d", retriable)], vec![]),
        (vec![("a", undo), ("b", retriable)], vec![]),
        (vec![("a", undo), ("a", undo)], vec![("7:8", "two steps called a")]),
        (vec![("a", pivot), ("b", pivot)], vec![("10:8", "a is it already")]),
        (vec![("a", pivot), ("b", undo)], vec![("6:1", "stands after the pivot a")]),
        (vec![("a", retriable), ("b", pivot)], vec![("10:8", "after the retriable step a")]),
        (vec![("a", "")], vec![("1:1", "needs compensate")]),
        (vec![("a", "undo = 'none'\ncompensate = 'x.b'")], vec![("5:8", "has compensate and says")]),
        (vec![("a", "kind = 'pivot'\ncompensate = 'x.b'")], vec![("6:14", "pivot step is never undone")]),
        (
            vec![("a", "kind = 'retriable'\ncompensate = 'x.b'")],
            vec![("6:14", "retriable step is never undone")],
        ),
        (vec![("a", "undo = 'none'\ncompensated = 'x'")], vec![("6:15", "nothing asks for an undo")]),
        (vec![("a", "undo = 'none'\nfailure = 'x.aed'")], vec![("6:11", "the same event")]),
        (vec![("a b", undo)], vec![("2:8", "cannot be the name of a step")]),
        (vec![("a", "undo = 'none'\namount = {value = '.n'}")], vec![("6:1", "cents")]),
    ] {
        let text: String = steps.iter().map(|(name, rest)| step(name, rest)).collect();
        check(&text, &expected);
    }
    check("[saga.s]", &[("1:7", "has no steps")]);
    check(
        "[[saga.s.step]]\n",
        &[
            ("1:1", "needs compensate"),
            ("1:1", "without command"),
            ("1:1", "without name"),
            ("1:1", "without success"),
        ],
    );
}

#[test]
fn reactions_must_be_to_events_that_somebody_emits() {
    let choreography = |on: &str| format!("[saga.s]\nstyle = 'choreography'\n{STEP}{on}");
    check(&choreography("on = [{event = 's.requested', command = 'x.a'}]"), &[]);
    check(&choreography("on = [{event = 'x.dome', command = 'x.a'}]"), &[("4:16", "Did you mean x.done?")]);
    check(
        &choreography("on = [{event = 'x.done', command = 'x.b'}]"),
        &[("4:36", "No step has the command x.b")],
    );
    check(&choreography("on = [{event = 'x.done'}]"), &[("4:7", "without command")]);
    check(&choreography(""), &[("1:7", "nobody reacts")]);
    check(
        &saga(&format!("{STEP}on = [{{event = 'x.done', command = 'x.a'}}]")),
        &[("3:7", "an orchestrator sends commands")],
    );
    let like = |name: &str, more: &str| {
        format!(
            "[saga.s]\n{STEP}[saga.t]\nstyle = 'choreography'\nlike = '{name}'\non = [{{event = 's.requested', command = 'x.a'}}]\n{more}"
        )
    };
    check(&like("s", ""), &[]);
    check(&like("s", "step = [{name = 'a', retry = {attempts = 2}}]"), &[]);
    check(&like("s", "step = [{name = 'b'}]"), &[("7:17", "There is no step b")]);
    check(&like("u", ""), &[("5:8", "There is no saga u")]);
    check(&like("t", ""), &[("5:8", "takes its steps from elsewhere")]);
    check("[saga.s]\nlike = 't'", &[("2:8", "Only a choreography"), ("2:8", "There is no saga t")]);
}

#[test]
fn in_a_choreography_somebody_must_be_there_to_keep_the_time_of_a_step() {
    let choreography = |own: &str, a: &str, b: &str| {
        format!(
            "[saga.s]\nstyle = 'choreography'\n{own}\non = [{{event = 's.requested', command = 'x.a'}}, {{event = 'x.done', \
             command = 'y.b'}}]\nstep = [{{name = 'a', command = 'x.a', success = 'x.done', undo = 'none'{a}}},\n\
             {{name = 'b', command = 'y.b', success = 'y.done'{b}}}]"
        )
    };
    let (pivot, timeout) = (", kind = 'pivot'", ", timeout = '1s'");
    check(&choreography("", "", &format!("{pivot}{timeout}")), &[]);
    check(&choreography("", timeout, pivot), &[("5:17", "nobody keeps its time")]);
    check(
        &choreography("", "", &format!(", kind = 'retriable'{timeout}")),
        &[("6:9", "it may not be refused, so its time cannot be over")],
    );
    // What is said for all is for those that can have it.
    let text = choreography("timeout = '1s'", "", pivot);
    let domain = Domain::parse(&text, &mut |_| Err("there is no such file".to_owned())).unwrap();
    let timeouts: Vec<bool> = domain.sagas[0].steps.iter().map(|step| step.timeout.is_some()).collect();
    assert_eq!(timeouts, [false, true]);
}

#[test]
fn upcasters_form_chains() {
    let upcasts = |list: &[(u32, u32)]| {
        let one = |(from, to): &(u32, u32)| {
            format!("[[upcast]]\ntype = 'x'\nfrom = {from}\nto = {to}\nwith = '.'\n")
        };
        list.iter().map(one).collect::<String>()
    };
    check(&upcasts(&[(1, 2), (2, 3)]), &[]);
    check(&upcasts(&[(1, 3), (2, 3)]), &[]);
    check(&upcasts(&[(1, 2), (3, 4)]), &[("4:6", "a gap: nothing takes version 2 on to version 4")]);
    check(&upcasts(&[(2, 1)]), &[("4:6", "newer version")]);
    check(&upcasts(&[(1, 1)]), &[("4:6", "newer version")]);
    check(&upcasts(&[(1, 2), (1, 3)]), &[("8:8", "already an upcaster")]);
    check("[[upcast]]\ntype = 'x'\nwith = '.'", &[("1:1", "without from"), ("1:1", "without to")]);
}

#[test]
fn schemas_are_files_beside_this_one() {
    let schema = |path: &str| format!("[schema]\nx = '{path}'");
    check(&schema("good.json"), &[]);
    check("[schema]\nx = {type = 'object'}", &[]);
    for (path, words) in [
        ("none.json", "cannot be read: there is no such file"),
        ("broken.json", "not JSON"),
        ("strange.json", "no JSON Schema"),
        ("../good.json", "inside this file's folder"),
        ("/good.json", "inside this file's folder"),
        ("c:good.json", "inside this file's folder"),
        ("", "inside this file's folder"),
    ] {
        check(&schema(path), &[("2:5", words)]);
    }
    check("[schema]\nx = 1", &[("2:5", "in quotes")]);
}

#[test]
fn aggregates_and_services_know_each_other() {
    let command = "[aggregate.A.command.'x.a']\nemits = ['x.b']\n";
    check(&format!("[aggregate.A]\nstreams = 'a-*'\nkey = '.a'\n{command}"), &[]);
    check(&format!("[aggregate.A]\nstreams = 'a'\nkey = '.a'\n{command}"), &[("2:11", "a name with one *")]);
    check(&format!("[aggregate.A]\nstreams = 'a-*'\n{command}"), &[("1:12", "needs key")]);
    let both = format!(
        "[aggregate.A]\nstreams = 'a-*'\nkey = '.a'\n{command}[[saga.s.step]]\nname = 'a'\ncommand = 'x.a'\nsuccess = 'x.c'\nundo = 'none'"
    );
    check(&both, &[("7:8", "waits for x.c, but x.a of A does not emit it")]);
    check(
        &format!("{}[service.x.on.'x.b']\noutcome = 'true'", saga(STEP)),
        &[("3:15", "No step and no aggregate has the command x.b. Did you mean x.a?")],
    );
    check(
        &format!("{}[service.x]\nidempotency_ttl = '5s'", saga(&format!("timeout = '2s'\n{STEP}"))),
        &[("5:19", "may be repeated for 6360ms")],
    );
    let given = |aggregate: &str, stream: &str| {
        format!(
            "[aggregate.A]\nstreams = 'a-*'\n[[service.x.given]]\naggregate = '{aggregate}'\nstream = '{stream}'\ntype = 't'"
        )
    };
    check(&given("A", "a-1"), &[]);
    check(&given("B", "a-1"), &[("4:13", "no aggregate B")]);
    check(&given("A", "b-1"), &[("5:10", "no stream of A")]);
}

#[test]
fn programs_are_placed_inside_their_strings() {
    for (text, place) in [
        ("[invariant.i]\nholds = '.a | now'", "2:15"),
        ("[invariant.i]\nholds = '''\n.a\n| now'''", "4:3"),
        ("[invariant.i]\nholds = \"\"\"\n.a\n| now\"\"\"", "4:3"),
        ("[invariant.i]\nholds = \"\\u002Ea | now\"", "2:9"),
        ("[aggregate.A.on]\n'ä' = '\"ö\" | now'", "2:14"),
    ] {
        check(text, &[(place, "clock")]);
    }
}

/// A built-in file with a piece replaced.
fn mutated() -> impl Strategy<Value = String> {
    let piece = prop_oneof![
        Just(String::new()),
        "[ -~\n]{1,12}",
        "\\PC{1,6}",
        prop::sample::select(vec![
            "'",
            "\"",
            "'''",
            "[",
            "]",
            "{",
            "}",
            "=",
            ".",
            "\n",
            "..",
            "[[",
            "-1",
            "99999999999999999999"
        ])
        .prop_map(str::to_owned),
    ];
    let place = (0..BUILT_IN.len(), any::<prop::sample::Index>(), 0..40_usize, piece);
    prop::collection::vec(place, 1..4).prop_map(|changes| {
        let mut text = BUILT_IN[changes[0].0].text.to_owned();
        for (_, at, length, piece) in changes {
            let floor = |mut at: usize| {
                while !text.is_char_boundary(at) {
                    at -= 1;
                }
                at
            };
            let start = floor(at.index(text.len() + 1));
            let end = floor((start + length).min(text.len())).max(start);
            text.replace_range(start..end, &piece);
        }
        text
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn no_text_ends_in_a_panic_and_every_error_has_its_place(text in mutated()) {
        let read = &mut |path: &str| BUILT_IN[0].file(path);
        if let Err(errors) = Domain::parse(&text, read) {
            prop_assert!(!errors.is_empty());
            let lines = text.split('\n').count();
            let mut before = 0;
            for error in errors.iter() {
                prop_assert!(error.line >= 1 && error.line <= lines && error.column >= 1, "{error:?}");
                prop_assert!(error.span.start >= before, "not by place: {errors}");
                prop_assert!(!error.message.is_empty() && !error.message.contains('\n'), "{}", error.message);
                before = error.span.start;
            }
        }
    }
}
