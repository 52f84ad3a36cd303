//! What can be typed next: fields, and values with how often they occur. Looks at names and at samples of payloads,
//! never at events.

use std::collections::HashMap;
use std::ops::Range;
use std::sync::Arc;

use super::compose::{literal, quoted};
use super::fields::{FIELDS, FieldInfo, PLACES, Takes, field_called};
use super::group::GROUPS;
use super::path::in_quotes;
use super::samples::Samples;
use super::value::Op;
use crate::index::EventLog;
use crate::saga::{Outcome, Survey};

/// Completions offered at a time.
const OFFERED_MAX: usize = 40;

/// What completion knows.
#[derive(Clone, Copy)]
pub struct Known<'a> {
    /// The names.
    pub log: &'a EventLog,
    /// The sagas, if they are known.
    pub survey: Option<&'a Survey>,
    /// Names of the sources.
    pub sources: &'a [String],
    /// What payloads look like.
    pub samples: &'a Samples,
}

/// One thing that can be typed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Completion {
    /// Bytes of the input that it replaces.
    pub at: Range<usize>,
    /// What is put there.
    pub text: String,
    /// What it is.
    pub says: String,
    /// How often it occurs; for values.
    pub count: Option<u64>,
}

/// What can stand at `cursor`, a place in `input`, the likeliest first.
pub fn complete(known: &Known<'_>, input: &str, cursor: usize) -> Vec<Completion> {
    let cursor = (0..=cursor.min(input.len())).rev().find(|at| input.is_char_boundary(*at)).unwrap_or(0);
    let before = &input[..cursor];
    let (start, bar) = word_start(before);
    let word = &before[start..];
    if let Some(bar) = bar {
        return stages(&before[bar + 1..start], word, start..cursor);
    }
    let negation = word.len() - word.trim_start_matches('-').len();
    let (start, word) = (start + negation, &word[negation..]);
    let op = word.char_indices().find_map(|(at, _)| {
        Op::ALL
            .iter()
            .find(|(_, spelling)| word[at..].starts_with(spelling))
            .map(|(op, spelling)| (at, *op, *spelling))
    });
    let mut offered = match op {
        Some((at, op, spelling)) => {
            let value_at = start + at + spelling.len();
            values(known, &word[..at], op, &input[value_at..cursor], value_at..cursor)
        }
        None => names(known, word, start..cursor),
    };
    offered.truncate(OFFERED_MAX);
    offered
}

/// Where the word before the cursor begins, and the `|` that it stands behind.
fn word_start(before: &str) -> (usize, Option<usize>) {
    let (mut start, mut bar, mut quoted, mut escaped) = (0, None, false, false);
    let mut last = ' ';
    for (at, letter) in before.char_indices() {
        if quoted {
            (escaped, quoted) = (!escaped && letter == '\\', escaped || letter != '"');
        } else if letter == '"' && !last.is_alphanumeric() {
            quoted = true;
        } else if letter.is_whitespace() || letter == '(' {
            start = at + letter.len_utf8();
        } else if letter == '|' {
            (start, bar) = (at + 1, Some(at));
        }
        last = letter;
    }
    (start, bar)
}

fn is_start(name: &str, of: &str) -> bool {
    name.len() >= of.len() && name.is_char_boundary(of.len()) && name[..of.len()].eq_ignore_ascii_case(of)
}

fn holds(name: &str, part: &str) -> bool {
    part.is_empty() || name.to_lowercase().contains(&part.to_lowercase())
}

fn names(known: &Known<'_>, word: &str, at: Range<usize>) -> Vec<Completion> {
    let offer =
        |text: String, says: &str, count| Completion { at: at.clone(), text, says: says.to_owned(), count };
    let mut offered: Vec<Completion> = FIELDS
        .iter()
        .filter(|field| is_start(field.name, word))
        .map(|field| offer(format!("{}{}", field.name, opening(field)), field.says, None))
        .collect();
    if word.is_empty() {
        return offered;
    }
    let paths = known.samples.paths();
    let is_wanted = |path: &str| {
        is_start(path, word) || path.split_once('.').is_some_and(|(_, inner)| is_start(inner, word))
    };
    offered.extend(
        paths
            .iter()
            .filter(|(path, _)| is_wanted(path))
            .map(|(path, _)| offer((*path).to_owned(), "in the payloads of this log", None)),
    );
    let mut types: Vec<(&str, u64)> = known
        .log
        .types()
        .iter()
        .filter(|info| holds(&info.name, word))
        .map(|info| (&*info.name, info.events))
        .collect();
    types.sort_by_key(|(_, events)| std::cmp::Reverse(*events));
    offered.extend(types.into_iter().map(|(name, count)| {
        offer(format!("type:{}", quoted(&literal(name))), "an event type", Some(count))
    }));
    offered
}

/// What follows a field's name.
fn opening(field: &FieldInfo) -> &'static str {
    match field.takes {
        Takes::Value => ".",
        Takes::Duration | Takes::Size => ">",
        Takes::Query => ":(",
        _ => ":",
    }
}

/// A value with what it is and how often it occurs.
type Valued = (String, String, Option<u64>);

fn values(known: &Known<'_>, field: &str, op: Op, typed: &str, at: Range<usize>) -> Vec<Completion> {
    let typed = typed.trim_start_matches('"');
    let end = field.find(['.', '[']).unwrap_or(field.len());
    let info = field_called(field).or_else(|| field_called(&field[..end]).filter(|info| info.has_path()));
    let Some(info) = info else { return Vec::new() };
    let is_glob = op == Op::Like;
    let is_glob = is_glob && info.takes == Takes::Name;
    let spelled = |name: &str| if is_glob { quoted(&literal(name)) } else { quoted(name) };
    let counted = |mut names: Vec<(Arc<str>, u64)>, says: &str| -> Vec<Valued> {
        names.sort_unstable_by(|a, b| b.1.cmp(&a.1).then_with(|| a.0.cmp(&b.0)));
        names.truncate(OFFERED_MAX);
        names.into_iter().map(|(name, count)| (spelled(&name), says.to_owned(), Some(count))).collect()
    };
    let log = known.log;
    let valued: Vec<Valued> = match info.takes {
        Takes::Words(words) => words
            .iter()
            .filter(|(word, _)| is_start(word, typed))
            .map(|(word, says)| ((*word).to_owned(), (*says).to_owned(), None))
            .collect(),
        Takes::Path => {
            let places = PLACES.iter().map(|(word, says)| ((*word).to_owned(), (*says).to_owned(), None));
            let paths = known.samples.paths().into_iter();
            let paths =
                paths.map(|(path, _)| (path.to_owned(), "in the payloads of this log".to_owned(), None));
            places.chain(paths).filter(|(name, _, _)| is_start(name, typed)).collect()
        }
        Takes::Value => {
            let seen = known.samples.values(field).into_iter().filter(|(value, _)| holds(value, typed));
            let plain =
                |value: &str| value.chars().all(|letter| letter.is_alphanumeric() || "_-.:".contains(letter));
            let spelled = |value: &str| if plain(value) { quoted(value) } else { in_quotes(value) };
            seen.map(|(value, _)| (spelled(value), "seen in this log".to_owned(), None)).collect()
        }
        Takes::Time(_) => times(log, typed),
        Takes::Name | Takes::Id => match info.name {
            "type" => {
                let named = log.types().iter().filter(|info| holds(&info.name, typed));
                counted(named.map(|info| (Arc::clone(&info.name), info.events)).collect(), "events")
            }
            "stream" => {
                let named = log.streams().iter().filter(|info| holds(&info.id, typed));
                counted(named.map(|info| (Arc::clone(&info.id), info.len() as u64)).collect(), "events")
            }
            "aggregate" => {
                let mut groups: HashMap<&str, u64> = HashMap::new();
                for info in log.streams().iter().filter(|info| holds(info.group(), typed)) {
                    *groups.entry(info.group()).or_default() += 1;
                }
                counted(groups.into_iter().map(|(name, count)| (name.into(), count)).collect(), "streams")
            }
            "corr" => {
                let named = log.correlations().iter().filter(|info| is_start(&info.id, typed));
                counted(named.map(|info| (Arc::clone(&info.id), info.rows.len() as u64)).collect(), "events")
            }
            "source" => {
                let named = known.sources.iter().zip(log.sources()).filter(|(name, _)| holds(name, typed));
                counted(named.map(|(name, info)| (name.as_str().into(), info.events)).collect(), "events")
            }
            "saga" => counted(sagas(known, typed), "sagas"),
            _ => Vec::new(),
        },
        Takes::Text | Takes::Number | Takes::Duration | Takes::Size | Takes::Event | Takes::Query => {
            Vec::new()
        }
    };
    valued.into_iter().map(|(text, says, count)| Completion { at: at.clone(), text, says, count }).collect()
}

fn times(log: &EventLog, typed: &str) -> Vec<Valued> {
    let times = log.times();
    let days = [(times.last, "the last day of the log"), (times.first, "the first day of the log")];
    let days =
        days.into_iter().filter_map(|(time, says)| time.map(|time| (time.date(), says.to_owned(), None)));
    let lengths = [
        ("10m", "ten minutes before the end of the log"),
        ("1h", "an hour before the end of the log"),
        ("1d", "a day before the end of the log"),
        ("+1h", "an hour after its start"),
    ];
    let lengths = lengths.into_iter().map(|(text, says)| (text.to_owned(), says.to_owned(), None));
    days.chain(lengths).filter(|(text, _, _)| is_start(text, typed)).collect()
}

/// Outcomes and definitions with their number of sagas; the outcomes alone while the sagas are not known.
fn sagas(known: &Known<'_>, typed: &str) -> Vec<(Arc<str>, u64)> {
    let Some(survey) = known.survey else {
        let named = Outcome::ALL.iter().filter(|outcome| holds(outcome.name(), typed));
        return named.map(|outcome| (outcome.name().into(), 0)).collect();
    };
    let mut names: HashMap<&str, u64> = HashMap::new();
    for saga in &survey.sagas {
        *names.entry(saga.outcome.name()).or_default() += 1;
        if let Some(definition) = &saga.definition {
            *names.entry(definition).or_default() += 1;
        }
    }
    names
        .into_iter()
        .filter(|(name, _)| holds(name, typed))
        .map(|(name, count)| (name.into(), count))
        .collect()
}

/// What can stand behind `|` and the words `earlier`.
fn stages(earlier: &str, word: &str, at: Range<usize>) -> Vec<Completion> {
    let earlier: Vec<&str> = earlier.split_whitespace().collect();
    let offer = |text: &str, says: &str| Completion {
        at: at.clone(),
        text: text.to_owned(),
        says: says.to_owned(),
        count: None,
    };
    let groups = || {
        let wanted = GROUPS.iter().filter(|group| is_start(group.name, word));
        wanted.map(|group| {
            offer(&format!("{}{}", group.name, if group.has_path() { "." } else { "" }), group.says)
        })
    };
    match earlier.as_slice() {
        [] => [
            ("count by ", "events of each group"),
            ("top 20 ", "the largest groups"),
            ("count", "how many events there are"),
        ]
        .into_iter()
        .filter(|(text, _)| is_start(text, word))
        .map(|(text, says)| offer(text, says))
        .collect(),
        ["count"] => vec![offer("by ", "events of each group")],
        ["count", "by"] | ["top"] | ["top", _] => groups().collect(),
        _ => Vec::new(),
    }
}
