//! Terms made from names and values: what a click on one adds to the query. The inverse of parsing, not a printer of
//! whole queries.

use serde_json::Value;

use super::decimal::Decimal;
use super::group::GROUPS;
use super::path::{Path, Step, in_quotes};
use super::stage::Group;
use super::words::with;
use crate::index::{EventLog, StreamId, StreamLookup};

/// A term that only events of this type match.
pub fn type_term(name: &str) -> String {
    format!("type:{}", quoted(&literal(name)))
}

/// A term that only events of this stream match.
pub fn stream_term(log: &EventLog, stream: StreamId) -> String {
    named_stream_term(&spelled_stream(log, stream))
}

fn named_stream_term(name: &str) -> String {
    format!("stream:{}", quoted(&literal(name)))
}

/// The id of a stream, with its aggregate type where ids repeat.
fn spelled_stream(log: &EventLog, stream: StreamId) -> String {
    let info = log.stream(stream);
    match (&info.aggregate_type, log.find_stream(&info.id)) {
        (Some(kind), StreamLookup::Ambiguous(_)) => format!("{kind}/{}", info.id),
        _ => info.id.to_string(),
    }
}

/// A term that only events of this correlation match.
pub fn correlation_term(id: &str) -> String {
    // Behind a colon such an end would be a beginning.
    let operator = if id.ends_with(['*', '…']) { '=' } else { ':' };
    format!("corr{operator}{}", quoted(id))
}

/// A term that only events of a group match, where there is one.
pub fn group_term(group: &Group, name: &str) -> Option<String> {
    Some(match group.info.name {
        "type" => type_term(name),
        "stream" => named_stream_term(name),
        "family" => format!("type:{}", quoted(&format!("{}*", literal(name)))),
        "aggregate" | "source" | "saga" | "schema" => {
            format!("{}:{}", group.info.name, quoted(&literal(name)))
        }
        "corr" => correlation_term(name),
        "kind" | "version" => format!("{}:{name}", group.info.name),
        "month" | "day" | "hour" | "minute" => format!("time:{name}"),
        // What is cut or has members is no value to compare with.
        "data" | "meta" if !name.ends_with('…') && !name.starts_with(['{', '[']) => {
            format!("{group}={}", exact(name))
        }
        _ => return None,
    })
}

/// The group of a value: `document` is `data` or `meta`, `way` leads into it from its root, `root`.
pub fn value_group(document: &str, root: &Value, way: &crate::replay::Path) -> Option<Group> {
    let mut value = root;
    let mut steps = Vec::new();
    for segment in way.segments() {
        steps.push(match (value, segment.index()) {
            (Value::Array(_), Some(index)) => Step::Element(index as i64),
            _ => Step::Member(segment.to_string()),
        });
        value = segment.of(value)?;
    }
    let path = (!steps.is_empty()).then_some(Path(steps))?;
    let info = GROUPS.iter().find(|info| info.name == document && info.has_path())?;
    Some(Group { info, path: Some(path) })
}

/// A value as it stands behind `=`: in quotation marks where it would be read as something else than a text. A number
/// stays one, so that the same one with other digits is found too.
fn exact(value: &str) -> String {
    let is_literal = matches!(value, "true" | "false" | "null");
    if is_literal || Decimal::parse(value).is_some() { value.to_owned() } else { in_quotes(value) }
}

/// A term that only events with this text match, whatever is in it.
pub fn text_term(text: &str) -> String {
    in_quotes(text)
}

/// The opposite of a term.
pub fn negated(term: &str) -> String {
    format!("-{term}")
}

/// `query` with one more term. A query that cannot be understood is replaced; a term that is there already is not
/// repeated.
pub fn narrowed(query: &str, term: &str) -> String {
    with(query, term)
}

/// A glob that matches `name` alone.
pub(super) fn literal(name: &str) -> String {
    let mut glob = String::with_capacity(name.len());
    for letter in name.chars() {
        match letter {
            '*' | '?' | '[' | ']' | '{' | '}' => glob.extend(['[', letter, ']']),
            '\\' => glob.push_str("\\\\"),
            other => glob.push(other),
        }
    }
    glob
}

/// In quotation marks where the grammar needs them.
pub(super) fn quoted(value: &str) -> String {
    let is_plain = |letter: char| !letter.is_whitespace() && !matches!(letter, '(' | ')' | '|');
    let begins_plainly = !value.is_empty() && !value.starts_with(['"', '=', '<', '>', '~']);
    if begins_plainly && value.chars().all(is_plain) {
        return value.to_owned();
    }
    in_quotes(value)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::index::glob;
    use crate::query::{Expr, Name, Query, Term, Test};

    /// The one term of a text, and that its field is `field`.
    fn single(text: &str, field: &str) -> Test {
        let query = Query::parse(text).unwrap_or_else(|error| panic!("{text}: {error}"));
        match query.filter {
            Some(Expr::Term(Term { field: own, test })) if own.info.name == field => test,
            other => panic!("{text}: {other:?}"),
        }
    }

    fn pattern(text: &str, field: &str) -> String {
        match single(text, field) {
            Test::Name { like: Name::Glob(pattern), equal: true } => pattern,
            other => panic!("{text}: {other:?}"),
        }
    }

    #[test]
    fn names_become_terms() {
        for (name, expected) in [
            ("PaymentDeclined", "type:PaymentDeclined"),
            ("order placed", "type:\"order placed\""),
            ("\"quoted\"", "type:\"\\\"quoted\\\"\""),
            ("a*b", "type:a[*]b"),
        ] {
            assert_eq!(type_term(name), expected);
        }
        assert_eq!(named_stream_term("my order"), "stream:\"my order\"");
        assert_eq!(negated(&correlation_term("8f7b")), "-corr:8f7b");
    }

    #[test]
    fn a_term_is_added_once() {
        for (filter, term, expected) in [
            ("", "type:A", "type:A"),
            (" -type:B ", "type:A", "-type:B type:A"),
            ("type:A  corr:1", "type:A", "type:A  corr:1"),
            ("type:A", "-type:A", "type:A -type:A"),
            ("colour:red", "type:A", "type:A"),
        ] {
            assert_eq!(narrowed(filter, term), expected, "{filter}");
        }
    }

    #[test]
    fn a_term_matches_exactly_its_name() {
        for name in ["ord-00301", "a*b", "a?[b]{c}", "my order", "we\"ird[1]", "\"q\"", "c:\\d", "x{1,2}"] {
            let pattern = pattern(&named_stream_term(name), "stream");
            assert!(glob(&pattern).is_match(name), "{name}: {pattern}");
            assert!(!glob(&pattern).is_match(format!("{name}x")), "{name}");
        }
    }

    proptest! {
        #[test]
        fn a_term_of_a_name_matches_that_name(name in "\\PC{1,12}", other in "\\PC{0,12}") {
            let pattern = pattern(&type_term(&name), "type");
            prop_assert!(glob(&pattern).is_match(&name), "{pattern}");
            if glob(&pattern).is_match(&other) {
                prop_assert_eq!(name.to_lowercase(), other.to_lowercase());
            }
        }

        #[test]
        fn a_term_of_a_correlation_keeps_the_id(id in "\\PC{1,12}") {
            let Test::Name { like, equal: true } = single(&correlation_term(&id), "corr") else {
                return Err(TestCaseError::fail("a term of a name"));
            };
            let keeps = match like {
                Name::Glob(own) => own == id && !own.ends_with(['*', '…']),
                Name::Exact(own) => own == id,
                Name::Regex(_) => false,
            };
            prop_assert!(keeps, "{id}");
        }

        #[test]
        fn a_term_of_a_text_looks_for_that_text(text in "(\\PC|[\"\\\\:\n-]){1,12}") {
            prop_assert_eq!(single(&text_term(&text), "text"), Test::Text(text));
        }
    }
}
