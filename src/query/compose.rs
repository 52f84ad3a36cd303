//! Filter terms made from names: what a click on a value adds to the filter. The inverse of parsing, not a
//! printer of whole filters.

use super::filter::Filter;
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
    format!("corr:{}", quoted(id))
}

/// A term that only events with this text match, whatever is in it.
pub fn text_term(text: &str) -> String {
    in_quotes(text)
}

/// The opposite of a term.
pub fn negated(term: &str) -> String {
    format!("-{term}")
}

/// `filter` with one more term. A filter that cannot be understood is replaced; a term that is there already is
/// not repeated.
pub fn narrowed(filter: &str, term: &str) -> String {
    let filter = filter.trim();
    let Ok(parsed) = Filter::parse(filter) else { return term.to_owned() };
    let is_there = Filter::parse(term).is_ok_and(|new| new.terms.iter().all(|t| parsed.terms.contains(t)));
    match (filter.is_empty(), is_there) {
        (true, _) => term.to_owned(),
        (false, true) => filter.to_owned(),
        (false, false) => format!("{filter} {term}"),
    }
}

/// A glob that matches `name` alone.
fn literal(name: &str) -> String {
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
fn quoted(value: &str) -> String {
    if !value.is_empty() && !value.starts_with('"') && !value.contains(char::is_whitespace) {
        return value.to_owned();
    }
    in_quotes(value)
}

fn in_quotes(value: &str) -> String {
    let mut text = String::with_capacity(value.len() + 2);
    text.push('"');
    for letter in value.chars() {
        if matches!(letter, '"' | '\\') {
            text.push('\\');
        }
        text.push(letter);
    }
    text.push('"');
    text
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::index::glob;
    use crate::query::TermKind;

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
            let filter = Filter::parse(&named_stream_term(name)).unwrap();
            let [term] = filter.terms.as_slice() else { panic!("{name}: {filter:?}") };
            let TermKind::Stream(pattern) = &term.kind else { panic!("{name}: {term:?}") };
            assert!(glob(pattern).is_match(name), "{name}: {pattern}");
            assert!(!glob(pattern).is_match(format!("{name}x")), "{name}");
        }
    }

    proptest! {
        #[test]
        fn a_term_of_a_name_matches_that_name(name in "\\PC{1,12}", other in "\\PC{0,12}") {
            let filter = Filter::parse(&type_term(&name)).unwrap();
            let [term] = filter.terms.as_slice() else { panic!("{filter:?}") };
            let TermKind::Type(pattern) = &term.kind else { panic!("{term:?}") };
            prop_assert!(glob(pattern).is_match(&name), "{pattern}");
            if glob(pattern).is_match(&other) {
                prop_assert_eq!(name.to_lowercase(), other.to_lowercase());
            }
        }

        #[test]
        fn a_term_of_a_correlation_keeps_the_id(id in "\\PC{1,12}") {
            let filter = Filter::parse(&correlation_term(&id)).unwrap();
            prop_assert_eq!(&filter.terms[0].kind, &TermKind::Correlation(id));
        }

        #[test]
        fn a_term_of_a_text_looks_for_that_text(text in "(\\PC|[\"\\\\:\n-]){1,12}") {
            let filter = Filter::parse(&text_term(&text)).unwrap();
            prop_assert_eq!(filter.terms.len(), 1);
            prop_assert_eq!(&filter.terms[0].kind, &TermKind::Text(text));
        }
    }
}
