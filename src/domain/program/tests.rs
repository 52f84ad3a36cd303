use serde_json::{Value, json};

use super::Program;
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
