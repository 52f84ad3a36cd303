//! Fields that stores keep inside JSON: correlation, causation, ids and times among metadata or in a state.
//! Finds them by the spellings that [`crate::store::mapping`] knows; builds no tree.

use std::fmt;

use serde::de::{Deserializer, MapAccess, Visitor};
use serde_json::value::RawValue;

use super::cells::time_of_text;
use crate::model::{RecordedEvent, Timestamp};
use crate::store::mapping::{FIELDS, Field};

/// The members of a JSON object, in order.
#[derive(Debug, Default)]
pub(crate) struct Members<'a>(pub(crate) Vec<(String, &'a RawValue)>);

impl<'a> Members<'a> {
    /// The members of `text`; none if it is no object.
    pub(crate) fn of(text: &'a str) -> Self {
        struct Object;
        impl<'de> Visitor<'de> for Object {
            type Value = Members<'de>;

            fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
                formatter.write_str("an object")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
                let mut members = Vec::new();
                while let Some(member) = map.next_entry()? {
                    members.push(member);
                }
                Ok(Members(members))
            }
        }
        serde_json::Deserializer::from_str(text).deserialize_map(Object).unwrap_or_default()
    }

    /// The member that the most telling spelling of `field` names, if it is text or a number.
    pub(crate) fn find(&self, field: Field) -> Option<String> {
        self.0
            .iter()
            .filter_map(|(key, value)| Some((rank(field, key)?, value)))
            .filter_map(|(rank, value)| Some((rank, scalar(value)?)))
            .min_by_key(|(rank, _)| *rank)
            .map(|(_, value)| value)
    }

    /// The time that the most telling spelling of a time names.
    pub(crate) fn time(&self) -> Option<Timestamp> {
        self.find(Field::OccurredAt).and_then(|text| time_of_text(&text))
    }

    /// Fills what `event` does not have yet and its metadata tell: what it belongs to and what caused it.
    pub(crate) fn fill_causality(&self, event: &mut RecordedEvent) {
        if event.correlation_id.is_none() {
            event.correlation_id = self.find(Field::CorrelationId);
        }
        if event.causation_id.is_none() {
            event.causation_id = self.find(Field::CausationId);
        }
    }
}

/// [`crate::store::mapping::spelling_rank`] without building a string, for this runs for every key of every
/// event. All spellings are ASCII, so a key with other letters is none of them.
fn rank(field: Field, key: &str) -> Option<usize> {
    let (_, _, spellings) = FIELDS.iter().find(|(known, ..)| *known == field)?;
    spellings.iter().position(|spelling| {
        let mut rest = spelling.bytes();
        key.is_ascii()
            && key
                .bytes()
                .filter(u8::is_ascii_alphanumeric)
                .all(|letter| rest.next() == Some(letter.to_ascii_lowercase()))
            && rest.next().is_none()
    })
}

/// Text, or the digits of a number; nothing for blanks, null and what has parts.
fn scalar(value: &RawValue) -> Option<String> {
    let text = value.get();
    match text.as_bytes().first()? {
        b'"' => serde_json::from_str::<String>(text).ok().filter(|text| !text.is_empty()),
        b'-' | b'0'..=b'9' => Some(text.to_owned()),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &str, field: Field, expected: Option<&str>) {
        assert_eq!(Members::of(text).find(field).as_deref(), expected, "{field:?} of {text}");
    }

    #[test]
    fn ids_are_found_in_all_their_spellings() {
        for text in [
            r#"{"correlation_id":"c-1"}"#,
            r#"{"a":1,"$correlationId":"c-1"}"#,
            r#"{"X-Correlation-Id":"c-1"}"#,
            r#"{"trace_id":"t","correlationId":"c-1"}"#,
        ] {
            check(text, Field::CorrelationId, Some("c-1"));
        }
        check(r#"{"causationId":17}"#, Field::CausationId, Some("17"));
    }

    #[test]
    fn keys_are_ranked_as_the_mapping_ranks_them() {
        use crate::store::mapping::spelling_rank;
        for key in
            ["at", "AT", "$Causation-Id", "causationids", "caus", "", "_", "größe", "event.id", "Message_ID"]
        {
            for (field, ..) in FIELDS {
                assert_eq!(rank(*field, key), spelling_rank(*field, key), "{field:?} {key}");
            }
        }
    }

    #[test]
    fn what_has_no_value_is_not_found() {
        for text in ["", "null", "[]", "{", r#"{"correlation_id":null}"#, r#"{"correlation_id":""}"#] {
            check(text, Field::CorrelationId, None);
        }
    }
}
