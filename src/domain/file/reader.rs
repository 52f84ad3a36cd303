//! Reading TOML with places: a table that knows which keys were asked for, and a list of everything that is wrong.
//! Knows nothing about domains.

use std::fmt::Display;
use std::ops::Range;

use serde_json::{Map, Number, Value};
use toml::Spanned;
use toml::de::{DeTable, DeValue};

use crate::base::nearest::nearest;
use crate::base::ticks::Ticks;
use crate::domain::Program;

/// Where something stands in the file: bytes.
pub(super) type At = Range<usize>;

/// A value and its place.
#[derive(Clone, Debug)]
pub(super) struct Found<T> {
    pub(super) value: T,
    pub(super) at: At,
}

/// Everything that is wrong, in the order it was found.
pub(super) struct Errors<'t> {
    text: &'t str,
    found: Vec<(At, String)>,
}

impl<'t> Errors<'t> {
    pub(super) fn new(text: &'t str) -> Self {
        Self { text, found: Vec::new() }
    }

    pub(super) fn add(&mut self, at: &At, message: impl Into<String>) {
        self.found.push((at.clone(), message.into()));
    }

    pub(super) fn into_found(self) -> Vec<(At, String)> {
        self.found
    }

    /// A place inside the text of a string value: exact where the string is spelled without escapes.
    fn within(&self, at: &At, content: &str, offset: usize, len: usize) -> At {
        let spelled = self.text.get(at.clone()).and_then(|raw| raw.find(content));
        match spelled {
            Some(start) if !content.is_empty() => {
                let start = at.start + start + offset;
                start..(start + len).min(at.end)
            }
            _ => at.clone(),
        }
    }

    /// Compiles a program; an error is listed at its place inside the string.
    pub(super) fn compile(&mut self, text: &str, at: &At) -> Option<Program> {
        match Program::compile(text) {
            Ok(program) => Some(program),
            Err(error) => {
                let place = self.within(at, text, error.at, error.len);
                self.add(&place, error.reason);
                None
            }
        }
    }
}

/// A table while it is read. Asking for a key makes it known; [`Fields::finish`] lists what nobody asked for.
pub(super) struct Fields<'t> {
    table: &'t DeTable<'t>,
    /// Of its name or its header.
    pub(super) at: At,
    /// What it describes, with its article, for messages: "a step".
    what: &'static str,
    asked: Vec<&'static str>,
}

/// A kind of value, for messages.
fn kind(value: &DeValue<'_>) -> &'static str {
    match value {
        DeValue::String(_) => "text",
        DeValue::Integer(_) => "a whole number",
        DeValue::Float(_) => "a number with a fraction",
        DeValue::Boolean(_) => "true or false",
        DeValue::Datetime(_) => "a date",
        DeValue::Array(_) => "a list",
        DeValue::Table(_) => "a table",
    }
}

impl<'t> Fields<'t> {
    pub(super) fn new(table: &'t DeTable<'t>, at: At, what: &'static str) -> Self {
        Self { table, at, what, asked: Vec::new() }
    }

    /// The value of `key`.
    pub(super) fn get(&mut self, key: &'static str) -> Option<&'t Spanned<DeValue<'t>>> {
        self.asked.push(key);
        self.table.get(key)
    }

    pub(super) fn has(&self, key: &str) -> bool {
        self.table.get(key).is_some()
    }

    /// Lists every key that nobody asked for.
    pub(super) fn finish(self, errors: &mut Errors<'t>) {
        for (key, _) in self.table {
            let name: &str = key.get_ref();
            if !self.asked.contains(&name) {
                let hint = match nearest(name, self.asked.iter().copied()) {
                    Some(known) => format!("Did you mean {known}?"),
                    None => format!("It may have: {}.", self.asked.join(", ")),
                };
                errors.add(&key.span(), format!("{name} is no key of {}. {hint}", self.what));
            }
        }
    }

    /// All entries, whatever their keys are called, in the order of the file.
    pub(super) fn entries(self) -> Vec<(Found<&'t str>, &'t Spanned<DeValue<'t>>)> {
        let mut entries: Vec<_> = self
            .table
            .iter()
            .map(|(key, value)| {
                let name: &'t str = key.get_ref();
                (Found { value: name, at: key.span() }, value)
            })
            .collect();
        entries.sort_by_key(|(key, _)| key.at.start);
        entries
    }

    pub(super) fn text(&mut self, key: &'static str, errors: &mut Errors<'t>) -> Option<Found<&'t str>> {
        text_of(key, self.get(key)?, errors)
    }

    /// Text that must be there.
    pub(super) fn needed_text(
        &mut self,
        key: &'static str,
        errors: &mut Errors<'t>,
    ) -> Option<Found<&'t str>> {
        if !self.has(key) {
            self.asked.push(key);
            errors.add(&self.at, format!("This is {} without {key}.", self.what));
            return None;
        }
        self.text(key, errors)
    }

    pub(super) fn integer(&mut self, key: &'static str, errors: &mut Errors<'t>) -> Option<Found<u64>> {
        let value = self.get(key)?;
        let number = match value.get_ref() {
            DeValue::Integer(integer) => u64::from_str_radix(integer.as_str(), integer.radix()).ok(),
            _ => None,
        };
        if number.is_none() {
            let given = kind(value.get_ref());
            errors.add(&value.span(), format!("{key} must be a whole number from 0 upwards, not {given}."));
        }
        number.map(|number| Found { value: number, at: value.span() })
    }

    /// A whole number that fits 32 bits.
    pub(super) fn small(&mut self, key: &'static str, errors: &mut Errors<'t>) -> Option<Found<u32>> {
        let Found { value, at } = self.integer(key, errors)?;
        if let Ok(value) = u32::try_from(value) {
            return Some(Found { value, at });
        }
        errors.add(&at, format!("{key} is too large."));
        None
    }

    pub(super) fn flag(&mut self, key: &'static str, errors: &mut Errors<'t>) -> Option<bool> {
        let value = self.get(key)?;
        let flag = value.get_ref().as_bool();
        if flag.is_none() {
            errors.add(&value.span(), format!("{key} must be true or false."));
        }
        flag
    }

    pub(super) fn program(&mut self, key: &'static str, errors: &mut Errors<'t>) -> Option<Program> {
        let text = self.text(key, errors)?;
        errors.compile(text.value, &text.at)
    }

    pub(super) fn needed_program(&mut self, key: &'static str, errors: &mut Errors<'t>) -> Option<Program> {
        let text = self.needed_text(key, errors)?;
        errors.compile(text.value, &text.at)
    }

    pub(super) fn duration(&mut self, key: &'static str, errors: &mut Errors<'t>) -> Option<Found<Ticks>> {
        let value = self.get(key)?;
        let DeValue::String(text) = value.get_ref() else {
            let given = kind(value.get_ref());
            errors.add(
                &value.span(),
                format!("{key} must be a duration such as \"2s\" or \"250ms\", not {given}."),
            );
            return None;
        };
        self.listed(value, Ticks::parse(text), key, errors)
    }

    /// A share, in thousandths: "20%", "200 permille" or "0.2".
    pub(super) fn permille(&mut self, key: &'static str, errors: &mut Errors<'t>) -> Option<Found<u32>> {
        let value = self.get(key)?;
        let parsed = match value.get_ref() {
            DeValue::String(text) => permille(text),
            DeValue::Integer(integer) if integer.as_str() == "0" => Some(0),
            _ => None,
        };
        self.listed(
            value,
            parsed.ok_or("must be a share from 0 to 1, in quotes: \"20%\", \"200 permille\" or \"0.2\""),
            key,
            errors,
        )
    }

    fn listed<T, E: Display>(
        &self,
        value: &Spanned<DeValue<'t>>,
        parsed: Result<T, E>,
        key: &str,
        errors: &mut Errors<'t>,
    ) -> Option<Found<T>> {
        match parsed {
            Ok(parsed) => Some(Found { value: parsed, at: value.span() }),
            Err(error) => {
                errors.add(&value.span(), format!("{key} of {}: {error}.", self.what));
                None
            }
        }
    }

    /// One word of a few.
    pub(super) fn choice<T: Copy>(
        &mut self,
        key: &'static str,
        words: &[(&'static str, T)],
        errors: &mut Errors<'t>,
    ) -> Option<Found<T>> {
        let text = self.text(key, errors)?;
        if let Some((_, value)) = words.iter().find(|(word, _)| *word == text.value) {
            return Some(Found { value: *value, at: text.at });
        }
        let all: Vec<_> = words.iter().map(|(word, _)| format!("\"{word}\"")).collect();
        errors.add(&text.at, format!("{key} must be {}, not {:?}.", all.join(" or "), text.value));
        None
    }

    /// A table below this one.
    pub(super) fn table(
        &mut self,
        key: &'static str,
        what: &'static str,
        errors: &mut Errors<'t>,
    ) -> Option<Fields<'t>> {
        let value = self.get(key)?;
        let at = self.table.get_key_value(key).map_or(value.span(), |(key, _)| key.span());
        table_of(key, value, at, what, errors)
    }

    /// Tables below this one by their names, in the order of the file: `[saga.a]`, `[saga.b]`.
    pub(super) fn named(
        &mut self,
        key: &'static str,
        what: &'static str,
        errors: &mut Errors<'t>,
    ) -> Vec<(Found<&'t str>, Fields<'t>)> {
        let Some(outer) = self.table(key, what, errors) else { return Vec::new() };
        let entries = outer.entries().into_iter();
        entries
            .filter_map(|(name, value)| {
                table_of(name.value, value, name.at.clone(), what, errors).map(|fields| (name, fields))
            })
            .collect()
    }

    /// A list of tables: `[[upcast]]`, or `emits = [ { … } ]`. `other` is offered what is no table.
    pub(super) fn list(
        &mut self,
        key: &'static str,
        what: &'static str,
        errors: &mut Errors<'t>,
        other: &mut dyn FnMut(&'t Spanned<DeValue<'t>>) -> bool,
    ) -> Vec<Fields<'t>> {
        let Some(value) = self.get(key) else { return Vec::new() };
        let DeValue::Array(items) = value.get_ref() else {
            errors.add(&value.span(), format!("{key} must be a list, each of which is {what}."));
            return Vec::new();
        };
        let items = items.iter();
        items
            .filter_map(
                |item| {
                    if other(item) { None } else { table_of(key, item, item.span(), what, errors) }
                },
            )
            .collect()
    }
}

fn text_of<'t>(
    key: &str,
    value: &'t Spanned<DeValue<'t>>,
    errors: &mut Errors<'t>,
) -> Option<Found<&'t str>> {
    let text = value.get_ref().as_str();
    if text.is_none() {
        errors.add(&value.span(), format!("{key} must be text in quotes, not {}.", kind(value.get_ref())));
    }
    text.map(|text| Found { value: text, at: value.span() })
}

/// `value` as a table.
pub(super) fn table_of<'t>(
    key: &str,
    value: &'t Spanned<DeValue<'t>>,
    at: At,
    what: &'static str,
    errors: &mut Errors<'t>,
) -> Option<Fields<'t>> {
    let table = value.get_ref().as_table();
    if table.is_none() {
        let given = kind(value.get_ref());
        errors.add(&value.span(), format!("{key} must be a table, for it is {what}; this is {given}."));
    }
    table.map(|table| Fields::new(table, at, what))
}

/// Programs by name, in the order of the file.
pub(super) fn programs<'t>(
    fields: Option<Fields<'t>>,
    errors: &mut Errors<'t>,
) -> Vec<(Found<&'t str>, Program)> {
    let entries = fields.map(Fields::entries).unwrap_or_default().into_iter();
    entries
        .filter_map(|(name, value)| {
            let text = text_of(name.value, value, errors)?;
            errors.compile(text.value, &text.at).map(|program| (name, program))
        })
        .collect()
}

/// A TOML value as JSON data.
pub(super) fn json(value: &Spanned<DeValue<'_>>, errors: &mut Errors<'_>) -> Value {
    match value.get_ref() {
        DeValue::String(text) => Value::String(text.to_string()),
        DeValue::Integer(integer) => match i128::from_str_radix(integer.as_str(), integer.radix()) {
            Ok(number) => Value::Number(Number::from_string_unchecked(number.to_string())),
            Err(_too_large) => {
                errors.add(&value.span(), "This number is too large.");
                Value::Null
            }
        },
        DeValue::Float(float) => {
            let number = float.as_str().trim_start_matches('+').parse::<Number>();
            match number {
                Ok(number) => Value::Number(number),
                Err(_infinite) => {
                    errors.add(&value.span(), "This number cannot be written in JSON.");
                    Value::Null
                }
            }
        }
        DeValue::Boolean(truth) => Value::Bool(*truth),
        DeValue::Datetime(time) => Value::String(time.to_string()),
        DeValue::Array(items) => Value::Array(items.iter().map(|item| json(item, errors)).collect()),
        DeValue::Table(table) => {
            let mut entries: Vec<_> = table.iter().collect();
            entries.sort_by_key(|(key, _)| key.span().start);
            let fields =
                entries.into_iter().map(|(key, value)| (key.get_ref().to_string(), json(value, errors)));
            Value::Object(fields.collect::<Map<_, _>>())
        }
    }
}

/// Thousandths in "20%", "200 permille", "0.2".
fn permille(text: &str) -> Option<u32> {
    let parsed = if let Some(percent) = text.strip_suffix('%') {
        thousandths(percent.trim())? / 100
    } else if let Some(permille) = text.strip_suffix("permille") {
        permille.trim().parse().ok()?
    } else if text.contains('.') || text == "1" || text == "0" {
        thousandths(text)?
    } else {
        return None;
    };
    (parsed <= 1_000).then_some(parsed)
}

/// `12.5` as 12,500; at most three digits after the point.
fn thousandths(text: &str) -> Option<u32> {
    let (whole, fraction) = text.split_once('.').unwrap_or((text, ""));
    let digits = |part: &str| part.bytes().all(|byte| byte.is_ascii_digit());
    if whole.is_empty() || fraction.len() > 3 || !digits(whole) || !digits(fraction) {
        return None;
    }
    let whole: u32 = whole.parse().ok()?;
    let fraction: u32 = format!("{fraction:0<3}").parse().ok()?;
    whole.checked_mul(1_000)?.checked_add(fraction)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shares_are_text_and_become_thousandths() {
        for (text, expected) in [
            ("20%", Some(200)),
            ("12.5%", Some(125)),
            ("0.2", Some(200)),
            ("1", Some(1_000)),
            ("200 permille", Some(200)),
            ("0%", Some(0)),
            ("101%", None),
            ("20", None),
            ("-1%", None),
            ("1.2345%", None),
            ("", None),
            ("%", None),
            ("99999999999%", None),
        ] {
            assert_eq!(permille(text), expected, "{text}");
        }
    }
}
