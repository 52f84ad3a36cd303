//! JSON values to jq values and back. Numbers keep their text, objects the order of their keys.

use jaq_json::{Map, Num, Rc, Val};
use serde_json::{Number, Value};

use super::ProgramFault;

/// Nodes and bytes of text of an output beyond which it is refused: a value that shares its parts inside the
/// interpreter is written out in full, and may grow without bound.
pub(super) const OUTPUT_SIZE_MAX: usize = 1 << 20;
/// Nesting of an output; what [`crate::model::JsonText`] takes.
pub(super) const OUTPUT_DEPTH_MAX: usize = crate::base::limits::JSON_DEPTH_MAX;

/// JSON as the interpreter sees it.
pub(super) fn to_jq(value: &Value) -> Val {
    match value {
        Value::Null => Val::Null,
        Value::Bool(truth) => Val::Bool(*truth),
        Value::Number(number) => Val::Num(number_to_jq(number.as_str())),
        Value::String(text) => Val::utf8_str(text.clone()),
        Value::Array(items) => Val::Arr(Rc::new(items.iter().map(to_jq).collect())),
        Value::Object(fields) => {
            let fields = fields.iter().map(|(key, value)| (Val::utf8_str(key.clone()), to_jq(value)));
            Val::obj(fields.collect::<Map>())
        }
    }
}

/// An integer in its usual spelling becomes an integer; everything else keeps its text until it is computed with.
fn number_to_jq(text: &str) -> Num {
    let digits = text.strip_prefix('-').unwrap_or(text);
    let integer = digits.bytes().all(|byte| byte.is_ascii_digit()) && text != "-0";
    let parsed = if integer { Num::from_str_radix(text, 10) } else { None };
    parsed.unwrap_or_else(|| Num::Dec(Rc::new(text.to_owned())))
}

/// What the interpreter gave, as JSON; a fault where it is too large, too deep, or no JSON at all.
pub(super) fn from_jq(value: &Val) -> Result<Value, ProgramFault> {
    let mut left = OUTPUT_SIZE_MAX;
    convert(value, &mut left, 0)
}

/// Whether a value is within the bounds of an output.
pub(super) fn is_small(value: &Value) -> bool {
    let mut left = OUTPUT_SIZE_MAX;
    fits(value, &mut left, 0)
}

fn fits(value: &Value, left: &mut usize, depth: usize) -> bool {
    let weight = if let Value::String(text) = value { text.len() + 1 } else { 1 };
    let Some(rest) = left.checked_sub(weight) else { return false };
    *left = rest;
    depth <= OUTPUT_DEPTH_MAX
        && match value {
            Value::Array(items) => items.iter().all(|item| fits(item, left, depth + 1)),
            Value::Object(fields) => fields.iter().all(|(key, value)| {
                *left = left.saturating_sub(key.len());
                fits(value, left, depth + 1)
            }),
            _ => true,
        }
}

fn convert(value: &Val, left: &mut usize, depth: usize) -> Result<Value, ProgramFault> {
    let weight = if let Val::TStr(text) | Val::BStr(text) = value { text.len() + 1 } else { 1 };
    *left = left.checked_sub(weight).ok_or_else(|| ProgramFault("the result is too large".to_owned()))?;
    if depth > OUTPUT_DEPTH_MAX {
        return Err(ProgramFault("the result is nested too deeply".to_owned()));
    }
    Ok(match value {
        Val::Null => Value::Null,
        Val::Bool(truth) => Value::Bool(*truth),
        Val::Num(Num::Int(integer)) => Value::Number(Number::from(*integer)),
        Val::Num(Num::Float(float)) if !float.is_finite() => Value::Null,
        // What the interpreter prints is a number; parsing it again would respell exponents.
        Val::Num(number) => Value::Number(Number::from_string_unchecked(number.to_string())),
        Val::TStr(text) | Val::BStr(text) => Value::String(String::from_utf8_lossy(text).into_owned()),
        Val::Arr(items) => {
            let items = items.iter().map(|item| convert(item, left, depth + 1));
            Value::Array(items.collect::<Result<_, _>>()?)
        }
        Val::Obj(fields) => {
            let fields = fields.iter().map(|(key, value)| match key {
                Val::TStr(key) => {
                    *left = left.saturating_sub(key.len());
                    Ok((String::from_utf8_lossy(key).into_owned(), convert(value, left, depth + 1)?))
                }
                other => Err(ProgramFault(format!("{other} cannot be the key of an object"))),
            });
            Value::Object(fields.collect::<Result<_, _>>()?)
        }
    })
}

/// What an error says: text as it is, anything else as JSON.
pub(super) fn fault(error: jaq_core::Error<Val>) -> ProgramFault {
    let value = error.into_val();
    ProgramFault(match &value {
        Val::TStr(text) | Val::BStr(text) => String::from_utf8_lossy(text).into_owned(),
        other => other.to_string(),
    })
}
