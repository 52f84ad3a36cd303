//! Programs as a whole: what they give, what is refused, and the quick way against the interpreter.

use proptest::prelude::*;
use serde_json::{Value, json};

use super::{Part, Program, ProgramFault};
use crate::model::parse_json;

fn run(program: &str, input: &Value) -> Result<Value, String> {
    let program = Program::compile(program).map_err(|error| format!("{error} at {}", error.at))?;
    program.run(input).map_err(|fault| fault.to_string())
}

#[test]
fn a_program_is_shared_between_threads() {
    fn shared<T: Send + Sync + Clone>() {}
    shared::<Program>();
}

#[test]
fn the_first_output_counts_and_none_is_null() {
    let input = json!({"state": {"items": [1, 2]}, "event": {"data": {"b": 1, "a": 2}}});
    for (program, output) in [
        (".event.data", json!({"b": 1, "a": 2})),
        (".state.items[]", json!(1)),
        ("empty", Value::Null),
        (".event.data as $d | .state | .items += [$d.a]", json!({"items": [1, 2, 2]})),
        (
            ".state + .event.data + {status: \"created\"}",
            json!({"items": [1, 2], "b": 1, "a": 2, "status": "created"}),
        ),
        (".nothing.at.all", Value::Null),
        (".currency //= \"USD\" | .currency", json!("USD")),
        ("[.state.items[] | select(. > 1)]", json!([2])),
        ("\"order-\\(.state.items | length)\"", json!("order-2")),
        ("if .state.items | any(. == 2) then \"yes\" else \"no\" end", json!("yes")),
        ("reduce range(5) as $i (0; . + $i)", json!(10)),
        ("[.state.items | to_entries[] | .key]", json!([0, 1])),
    ] {
        assert_eq!(run(program, &input), Ok(output), "{program}");
    }
    assert!(run(".state.items.name", &input).is_err());
    assert_eq!(run("error(\"no stock\")", &input), Err("no stock".to_owned()));
}

#[test]
fn numbers_keep_their_text_and_objects_their_order() {
    for text in [
        "{\"z\":1,\"a\":{\"y\":-0,\"b\":1.50}}",
        "[12345678901234567890123,1e5,1E-7,0.1000,-0.0,9007199254740993]",
        "\"caf\\u00e9 \\u0000 \u{1F600}\"",
    ] {
        let value = parse_json(text).expect("JSON");
        let output = run(".", &value).expect("identity");
        assert_eq!(output.to_string(), value.to_string());
    }
    assert_eq!(run(". + 1", &json!(9_007_199_254_740_993_u64)), Ok(json!(9_007_199_254_740_994_u64)));
}

#[test]
fn a_result_too_large_or_no_json_is_a_fault() {
    let doubling = "reduce range(40) as $i ([0]; [., .])";
    assert_eq!(run(doubling, &Value::Null), Err("the result is too large".to_owned()));
    assert!(run("{(1): 2}", &Value::Null).is_err());
    assert_eq!(run("1 / 0", &Value::Null), Ok(Value::Null));
}

#[test]
fn it_is_known_what_a_program_reads() {
    for (program, state, event) in [
        (".event.data", false, true),
        (".state + .event.data", true, true),
        (".", true, true),
        ("{a: .event.stream, b: 1}", false, true),
        ("{event}", false, true),
        (".event | .state", false, true),
        (".event as $e | $e.state", false, true),
        (".event as {state: $s} | .state", true, true),
        (".state.x += 1", true, true),
        ("select(.event)", true, true),
        ("if .event then 1 end", true, true),
        ("if .event then 1 else null end", false, true),
        ("[.event.items[] | .x] | length", false, true),
        ("\"\\(.event.id)-x\"", false, true),
        (".[\"event\"]", false, true),
        (".[.event.name]", true, true),
        (".event[.state.index]", true, true),
        ("reduce .event.items[] as $i (0; . + $i.state)", false, true),
        ("\"constant\"", false, false),
        ("true", false, false),
        ("def f: .state; f", true, true),
    ] {
        let program = Program::compile(program).expect("a program");
        assert_eq!((program.reads("state"), program.reads("event")), (state, event), "{program:?}");
    }
}

#[test]
fn the_subset_is_large_enough_to_work_with() {
    for program in [
        ".a.b[0].c?",
        "[.items[] | select(.price > 100 and (.name | startswith(\"a\")))] | length",
        "reduce .items[] as {price: $p, quantity: $q} (0; . + $p * $q)",
        "foreach .items[] as $i (0; . + $i; [$i, .])",
        "def double: . * 2; [.[] | double]",
        "def apply(f): f; def twice(f): apply(apply(f)); twice(. + 1)",
        "def f($x): $x + 1; f(1)",
        "label $out | foreach .[] as $x (0; . + $x; if . > 10 then ., break $out else empty end)",
        "try error(\"x\") catch .",
        "with_entries(.value |= tostring)",
        "to_entries | map({key, value: .value.total}) | from_entries",
        "del(.a) | .b = 1 | .c += 2 | .d //= 3",
        ".items | sort_by(.price) | group_by(.kind) | map({kind: .[0].kind, n: length})",
        "[limit(3; .[])], first(.[]), (.[1:3] | add), any(.[]; . > 2), ([range(0; 10; 3)] | max)",
        "\"a \\(.b | tojson) c\" | ascii_upcase | split(\" \") | join(\"-\")",
        "# a comment\n.a # another",
        "if .a then 1 elif .b then 2 else 3 end",
    ] {
        assert!(Program::compile(program).is_ok(), "{program}: {:?}", Program::compile(program));
    }
}

#[test]
fn what_could_hang_reach_out_or_differ_is_refused_with_its_place() {
    for (program, at, reason) in [
        ("..", 0, "as deep as the data"),
        ("[.a | ..]", 6, "as deep as the data"),
        ("\"x\\(..)\"", 4, "as deep as the data"),
        (".a | recurse", 5, "for ever"),
        ("repeat(.)", 0, "for ever"),
        ("1 | while(true; .)", 4, "for ever"),
        ("until(false; .)", 0, "for ever"),
        ("walk(.)", 0, "for ever"),
        ("def f: f; f", 7, "calls itself"),
        ("def f: def g: f; g; f", 14, "calls itself"),
        ("def f(x): if x then f(x) else 1 end; f(.)", 20, "calls itself"),
        ("def g: def h: 1; h; def f: [f]; f", 28, "calls itself"),
        ("[range(0; 1; 0)]", 13, "never ends"),
        ("range(infinite)", 6, "floating-point"),
        (".a + now", 5, "clock"),
        ("localtime", 0, "clock"),
        ("env.HOME", 0, "machine"),
        ("$ENV.HOME", 0, "machine"),
        ("input", 0, "another input"),
        ("[inputs]", 1, "another input"),
        ("halt", 0, "would end"),
        ("debug", 0, "terminal"),
        ("{a: (.x | stderr)}", 10, "terminal"),
        (".a | pow(.; 2)", 5, "floating-point"),
        ("sqrt", 0, "floating-point"),
        (".a | test(\"x\")", 5, "not available"),
        ("@base64 \"x\"", 0, "not available"),
        ("include \"x\"; .", 8, "Expected"),
        (".a | nonsense", 5, "no function nonsense"),
        ("map", 0, "takes 1 arguments"),
        (". as [$a, $b] | $c", 16, "no variable $c"),
        ("break $x", 6, "no label"),
        (".a |", 4, "the program ends"),
        ("{a: 1", 5, "closing"),
        (".a & .b", 3, "means nothing"),
        ("", 0, "the program ends"),
    ] {
        let error = Program::compile(program).expect_err(program);
        assert!(error.reason.contains(reason), "{program}: {error}");
        assert_eq!(error.at, at, "{program}: {error}");
    }
}

#[test]
fn texts_without_bounds_are_refused_before_they_are_parsed() {
    for (unit, times) in [
        ("(", 100_000),
        ("[", 200),
        ("-", 10_000),
        (".|", 5_000),
        ("try ", 3_000),
        ("1+", 3_000),
        ("\"\\(", 5_000),
        ("if ", 3_000),
        ("def f: ", 2_000),
        ("reduce ", 2_000),
    ] {
        let text = unit.repeat(times);
        let reason = Program::compile(&text).expect_err("too much").reason;
        assert!(
            reason.contains("nested") || reason.contains("operators") || reason.contains("bytes"),
            "{unit}: {reason}"
        );
    }
}

#[test]
fn a_range_ends() {
    assert_eq!(run("[range(3)]", &Value::Null), Ok(json!([0, 1, 2])));
    assert_eq!(run("[range(5; 0; -2)]", &Value::Null), Ok(json!([5, 3, 1])));
    assert_eq!(run("[range(0; 1; -1)]", &Value::Null), Ok(json!([])));
    assert!(run("[range(1000000000)]", &Value::Null).is_err());
    assert!(run("[range(0; 3; .)]", &json!(0)).is_err());
    assert!(run("[range(\"a\")]", &Value::Null).is_err());
}

/// Values as events have them, and some that they rarely have.
fn values() -> impl Strategy<Value = Value> {
    let numbers = [
        "0",
        "-0",
        "7",
        "-3",
        "1.50",
        "1e2",
        "9223372036854775807",
        "-9223372036854775808",
        "123456789012345678901",
    ];
    let scalar = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        prop::sample::select(numbers.to_vec()).prop_map(|text| parse_json(text).expect("a number")),
        prop::sample::select(vec!["", "a", "b c", "é\u{0}"]).prop_map(Value::from),
    ];
    scalar.prop_recursive(3, 24, 4, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..3).prop_map(Value::from),
            prop::collection::vec((prop::sample::select(vec!["a", "b", "c"]), inner), 0..4)
                .prop_map(|fields| fields.into_iter().map(|(key, value)| (key.to_owned(), value)).collect()),
        ]
    })
}

/// Programs of the kinds that are run without the interpreter, and of some that are not.
fn programs() -> impl Strategy<Value = String> {
    let simple = prop::sample::select(vec![
        ".",
        ".a",
        ".b.c",
        ".a[0]",
        ".c[1].a",
        "null",
        "true",
        "false",
        "0",
        "7",
        "9223372036854775807",
        "\"x\"",
        "[]",
        "{}",
        "{a}",
        "\"k\\(.a)\"",
        "not",
        ".a?",
        ".[]",
        "-1",
        "1.5",
        "empty",
        "$x",
        "length",
        "[.a, .b]",
    ]);
    simple.prop_map(str::to_owned).prop_recursive(4, 24, 3, |inner| {
        let pair = (inner.clone(), inner.clone());
        let op = prop::sample::select(vec![
            "+", "-", "*", "|", "//", "and", "or", "==", "!=", "<", "<=", ">", ">=", ",",
        ]);
        prop_oneof![
            4 => (pair.clone(), op).prop_map(|((left, right), op)| format!("({left}) {op} ({right})")),
            1 => pair.clone().prop_map(|(a, b)| format!("{{a: ({a}), d: ({b})}}")),
            1 => pair.clone().prop_map(|(a, b)| format!("({a}) as $x | ({b})")),
            1 => pair.clone().prop_map(|(a, b)| format!("({a}) as {{$a, b: $x}} | {{$a, $x, y: ({b})}}")),
            1 => pair.clone().prop_map(|(a, b)| format!("if ({a}) then ({b}) else . end")),
            1 => pair.clone().prop_map(|(a, b)| format!("if ({a}) then ({b}) end")),
            1 => pair.clone().prop_map(|(a, b)| format!("[({a}), ({b})]")),
            1 => pair.clone().prop_map(|(a, b)| format!("\"\\({a})-\\({b})\"")),
            1 => pair.prop_map(|(a, b)| format!("({a}).a | ({b})")),
        ]
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(600))]

    #[test]
    fn the_quick_way_answers_what_the_interpreter_answers(text in programs(), input in values()) {
        let text = format!("null as $x | ({text})");
        let program = Program::compile(&text).expect("made of what the subset has");
        if let Some(quick) = program.0.native.as_ref().and_then(|native| super::native::run(native, Part::Value(&input))) {
            let slow = program.interpret(&input).map(|value| value.to_string());
            prop_assert_eq!(Ok(quick.to_string()), slow, "{} on {}", text, input);
        }
    }

    #[test]
    fn no_field_is_read_that_is_not_known_to_be(text in programs(), input in values(), other in values()) {
        let text = format!("null as $x | ({text})");
        let program = Program::compile(&text).expect("made of what the subset has");
        let mut changed = input.clone();
        if let Some(fields) = changed.as_object_mut()
            && !program.reads("b")
        {
            fields.insert("b".to_owned(), other);
            prop_assert_eq!(program.run(&changed), program.run(&input), "{}", text);
        }
    }
}

/// Both ways on one input; `None` where the quick one has no answer.
fn both(program: &Program, input: &Value) -> Option<(String, Result<String, ProgramFault>)> {
    let quick = super::native::run(program.0.native.as_ref()?, Part::Value(input))?;
    Some((quick.to_string(), program.interpret(input).map(|value| value.to_string())))
}

#[test]
fn operators_answer_what_the_interpreter_answers_for_every_pair_of_values() {
    let values = [
        "null",
        "false",
        "true",
        "0",
        "-0",
        "1",
        "-7",
        "1.5",
        "1e2",
        "9223372036854775807",
        "-9223372036854775808",
        "10000000000000000000",
        r#""""#,
        r#""a""#,
        r#""é""#,
        "[]",
        "[1]",
        "{}",
        r#"{"a":1}"#,
        r#"{"b":2,"a":[0]}"#,
    ];
    let programs = [
        ".l + .r",
        ".l - .r",
        ".l * .r",
        ".l // .r",
        ".l and .r",
        ".l or .r",
        ".l == .r",
        ".l != .r",
        ".l < .r",
        ".l <= .r",
        ".l > .r",
        ".l >= .r",
        ".l | not",
        "if .l then .r else 0 end",
        "if .l then .r end",
        r#""\(.l)-\(.r)""#,
        "{l, x: .r, l: .r}",
        "[.l, .r]",
        ".l.a",
        ".l[0]",
        ".l as $x | .r as $y | [$x, $y, $x]",
        ". as {$l, r: $x} | {$l, $x}",
        "(.l | {a: .}).a",
        "([.l, .r])[1]",
        "[.l | to_entries[] | select(.value == 1) | .key]",
        "[.l[], .r]",
        "[.l[] | if . == 1 then empty else . end]",
        "[.l as $x | .r[] | [$x, .]]",
        "reduce .l[] as $x ({}; .[\"\\($x)\"] = $x)",
        "reduce (.l, .r) as $x ({b: 1}; if $x == null then .a = $x else . end)",
        ".r as $x | reduce .l[] as $y ({}; .[$x] = ($y // $x))",
        ".l[.r]",
        ".l as $x | {k: .r} | $x[.k]",
        "[.l, .r] | max",
        "[.l] == .r",
        "[.l[]] == []",
        "[empty, .l, empty]",
        ".l //= .r",
        ".l |= (. // 7)",
        ".l |= (.a //= 5)",
        "{k: .r, l: ((.l |= (.a //= 5)) | .l)} | [.l.a, .k]",
        "[{k: .l} | .k[] | [.]]",
        "{k: .l, k: .r} | .k",
        ".x //= .r",
        ".l | .a //= 5",
        "[.l][3]",
    ];
    for text in programs {
        let program = Program::compile(text).expect("a program");
        let mut answered = 0;
        for (left, right) in values.iter().flat_map(|left| values.iter().map(move |right| (left, right))) {
            let input = parse_json(&format!("{{\"l\":{left},\"r\":{right}}}")).expect("JSON");
            if let Some((quick, slow)) = both(&program, &input) {
                assert_eq!(Ok(quick), slow, "{text} on {input}");
                answered += 1;
            }
        }
        assert!(answered > 0, "{text} is never answered the quick way");
    }
}

#[test]
fn what_runs_for_every_message_does_not_need_the_interpreter() {
    for text in [
        ".command.data.orderId",
        "{orderId: .command.data.orderId}",
        ".state.available >= .command.data.quantity",
        ".state + .event.data + {status: \"created\"}",
        ".event.data.quantity as $n | .state + {available: (.state.available - $n)}",
        ".input | {tripId, traveller, price: .fare}",
        "\"\\(.number)\"",
        ".currency //= \"USD\"",
        "{state, event: ((.event.data |= (.currency //= \"USD\")) | .event)} | (.state + .event.data)",
        "[(.models.payments // {}) | to_entries[] | select(.value.held > 1) | \"order \\(.key)\"] \
         | if . == [] then true else . end",
        "reduce (.owed // [])[] as $o ({}; if $o.step == \"a\" then .[$o.saga] = $o.held else . end)",
        ".row + {held: ((.row.held // 0) - 1)}",
        "if .row.held > 1 then .row + {held: (.row.held - 1)} else null end",
    ] {
        let program = Program::compile(text).expect("a program");
        assert!(program.0.native.is_some(), "{text}");
    }
    // Numbers that are more than 64 bits, or spelled in their own way, are left to the interpreter.
    let program = Program::compile(".a + 1").expect("a program");
    let native = program.0.native.as_ref().expect("simple");
    for text in ["1.5", "1e2", "-0", "9223372036854775807"] {
        let input = parse_json(&format!("{{\"a\":{text}}}")).expect("JSON");
        assert_eq!(super::native::run(native, Part::Value(&input)), None, "{text}");
    }
}

#[test]
fn no_program_grows_beyond_the_bounds_of_an_output() {
    let (large, deep) = ("the result is too large", "the result is nested too deeply");
    for (text, reason) in [
        (r#""x" * 9223372036854775807"#, large),
        (r#"9223372036854775807 * "x""#, large),
        (r#""x" * 10000000000000000000000"#, large),
        (r#". = "xy" | . *= 9223372036854775807"#, large),
        (r#"reduce range(100) as $i ("x"; . + .)"#, large),
        (r#"reduce range(100) as $i ("x"; "\(.)\(.)")"#, large),
        (r#"reduce range(100) as $i ("\""; tojson)"#, large),
        ("reduce range(100) as $i ([0]; . + .)", large),
        ("reduce range(100) as $i (2; . * .)", large),
        ("reduce range(100) as $i (0; [., .])", large),
        ("reduce range(100) as $i (0; {a: ., b: .})", large),
        ("reduce range(100) as $i ({}; . as $o | .a = $o | .b = $o)", large),
        ("[range(100000) | range(100000)]", large),
        // Refused while it is made: made whole, it would take hundreds of gigabytes.
        ("[range(100000)] | map([range(100000)])", large),
        ("[range(100000) | [range(100000)]]", large),
        ("[0 | range(1048576)] | length", "this range has more than 100,000 values"),
        ("reduce range(100000) as $i (0; [.])", deep),
        ("def twice(f): f | f; reduce range(100) as $i ([1]; twice([.[], .[]]))", large),
        ("[\"x\", (\"x\" * 1048570)] | map(. + .) | add", large),
    ] {
        let program = Program::compile(text).expect(text);
        assert_eq!(program.run(&Value::Null), Err(ProgramFault(reason.to_owned())), "{text}");
    }
}

#[test]
fn products_are_what_they_are_in_jq() {
    for (text, expected) in [
        (r#""ab" * 3"#, r#""ababab""#),
        (r#"0 * "ab""#, "null"),
        (r#""ab" * -1"#, "null"),
        ("6 * 7", "42"),
        ("9223372036854775807 * 2", "18446744073709551614"),
        ("{a: {b: 1}} * {a: {c: 2}}", r#"{"a":{"b":1,"c":2}}"#),
        ("[(1, 2) * (3, 4)]", "[3,4,6,8]"),
        ("{a: 2} | .a *= 5", r#"{"a":10}"#),
        ("[({a: 2} | .a *= (5, 6)) | .a]", "[10,12]"),
        ("[.[0]?, 1] | .[1] *= 3", "[null,3]"),
    ] {
        let program = Program::compile(text).expect(text);
        assert_eq!(
            program.run(&Value::Null).map(|value| value.to_string()),
            Ok(expected.to_owned()),
            "{text}"
        );
    }
}
