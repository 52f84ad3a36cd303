//! The mapping file for a source whose columns do not speak for themselves: every field, the proposed ones
//! filled in, the others commented out, with the columns that exist.

use std::fmt::Write as _;

use crate::base::text::is_hidden;
use crate::engine::{FIELDS, Field, Proposal};

/// Values shown of a column.
const EXAMPLES: usize = 3;
/// Characters shown of a value.
const EXAMPLE_CHARS: usize = 40;

/// TOML that `--map` accepts once a type and a stream or a time are filled in.
pub(super) fn template(proposal: &Proposal) -> String {
    let mut text = String::from(
        "# Which column is which field of an event. Needed: type, and stream or occurred_at.\n\
         # A JSON path begins with a slash: /meta/user\n#\n# Columns, and what is in them:\n",
    );
    for (at, column) in proposal.columns.iter().enumerate() {
        let values: Vec<String> =
            proposal.preview.iter().filter_map(|row| row.get(at)).take(EXAMPLES).map(example).collect();
        writeln!(text, "#   {}: {}", quoted(column), values.join(", ")).expect("a String takes all");
    }
    text.push('\n');
    if let Some(table) = &proposal.mapping.table {
        let others: Vec<String> =
            proposal.tables.iter().filter(|other| *other != table).map(|other| quoted(other)).collect();
        if !others.is_empty() {
            writeln!(text, "# Other tables: {}", others.join(", ")).expect("a String takes all");
        }
        writeln!(text, "table = {}\n", quoted(table)).expect("a String takes all");
    }
    text.push_str("[fields]\n");
    for (field, label, _) in FIELDS {
        let line = match proposal.mapping.fields.get(field) {
            Some(column) => format!("{} = {}", key(*field), quoted(column)),
            None => format!("# {} = \"\"", key(*field)),
        };
        writeln!(text, "{line:<40}# {}", about(*field, label)).expect("a String takes all");
    }
    text
}

/// The field's key in the file.
fn key(field: Field) -> String {
    match serde_json::to_value(field) {
        Ok(serde_json::Value::String(key)) => key,
        other => unreachable!("a field is spelled as a word, not {other:?}"),
    }
}

fn about(field: Field, label: &str) -> String {
    match field {
        Field::Type => "what happened; needed".to_owned(),
        Field::Stream => "id of the aggregate it happened to".to_owned(),
        Field::AggregateType => "what kind of aggregate".to_owned(),
        Field::Version => "place in the stream".to_owned(),
        Field::OccurredAt => "when it happened".to_owned(),
        Field::RecordedAt => "when it was written".to_owned(),
        Field::Id => "the event's own id".to_owned(),
        Field::Position => "place in the whole store".to_owned(),
        Field::Data => "the payload; without it, all other columns".to_owned(),
        Field::Kind => "event, command or integration".to_owned(),
        _ => label.to_owned(),
    }
}

fn example(value: &serde_json::Value) -> String {
    let text = value.to_string();
    let mut shown: String = text.chars().take(EXAMPLE_CHARS).collect();
    if shown.len() < text.len() {
        shown.push('…');
    }
    super::text::clean(&shown)
}

/// A TOML basic string, with everything escaped that a terminal might act on.
fn quoted(text: &str) -> String {
    let mut quoted = String::from("\"");
    let mut before = None;
    for letter in text.chars() {
        match letter {
            '"' | '\\' => quoted.extend(['\\', letter]),
            _ if is_hidden(before, letter) => {
                let written = match u32::from(letter) {
                    code @ ..=0xffff => write!(quoted, "\\u{code:04x}"),
                    code => write!(quoted, "\\U{code:08x}"),
                };
                written.expect("a String takes all");
            }
            _ => quoted.push(letter),
        }
        before = Some(letter);
    }
    quoted.push('"');
    quoted
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::engine::Mapping;

    #[test]
    fn the_template_is_a_mapping_and_lists_every_field() {
        let hostile = "odd \"column\" \u{1b}[31m\u{9b}\u{e0041}";
        let proposal = Proposal {
            mapping: Mapping {
                table: Some("log".to_owned()),
                fields: [(Field::Id, hostile.to_owned())].into(),
            },
            columns: vec![hostile.to_owned(), "what".to_owned()],
            preview: vec![vec![json!(1), json!("a\u{1b}b")]],
            shape_key: String::new(),
            tables: vec!["log".to_owned(), "other".to_owned()],
        };
        let text = template(&proposal);
        assert!(text.chars().all(|letter| letter == '\n' || !letter.is_control()), "{text:?}");
        assert_eq!(toml::from_str::<Mapping>(&text).unwrap(), proposal.mapping);
        for (field, ..) in FIELDS {
            assert!(text.contains(&format!("{} = ", key(*field))), "{field:?}");
        }
        assert!(text.contains("# Other tables: \"other\"\n"), "{text}");
    }
}
