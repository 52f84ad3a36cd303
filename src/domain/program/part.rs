//! What a program is given: JSON, or parts of it that lie in different places and are put together only where the
//! program cannot do without.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::sync::Arc;

use serde_json::Value;

use crate::domain::Name;

/// The input of a program, borrowed.
#[derive(Clone, Copy, Debug)]
pub enum Part<'a> {
    /// Any JSON.
    Value(&'a Value),
    /// A text.
    Text(&'a str),
    /// A whole number.
    Number(u64),
    /// An object with these members, each name once.
    Object(&'a [(&'a str, Part<'a>)]),
    /// An object with very many members.
    Tree(&'a BTreeMap<Name, Arc<Value>>),
}

impl<'a> Part<'a> {
    /// As one JSON value, which is built where it lies in several places.
    pub fn whole(self) -> Cow<'a, Value> {
        match self {
            Self::Value(value) => Cow::Borrowed(value),
            parts => Cow::Owned(parts.to_value()),
        }
    }

    /// The member of this name, if it is an object that has one.
    pub fn member(self, name: &str) -> Option<Self> {
        match self {
            Self::Value(value) => value.get(name).map(Self::Value),
            Self::Object(members) => {
                members.iter().find(|(known, _)| *known == name).map(|(_, member)| *member)
            }
            Self::Tree(members) => members.get(name).map(|member| Self::Value(member)),
            Self::Text(_) | Self::Number(_) => None,
        }
    }

    /// Whether both are the same value in the same place.
    pub(super) fn is_same(self, other: Part<'_>) -> bool {
        matches!((self, other), (Self::Value(one), Part::Value(other)) if std::ptr::eq(one, other))
    }

    /// As one JSON value.
    pub fn to_value(self) -> Value {
        match self {
            Self::Value(value) => value.clone(),
            Self::Text(text) => Value::from(text),
            Self::Number(number) => Value::from(number),
            Self::Object(members) => {
                let members = members.iter().map(|(name, member)| ((*name).to_owned(), member.to_value()));
                Value::Object(members.collect())
            }
            Self::Tree(members) => {
                let members = members.iter().map(|(name, member)| (name.to_string(), (**member).clone()));
                Value::Object(members.collect())
            }
        }
    }
}
