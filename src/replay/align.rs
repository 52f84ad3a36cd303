//! Which child of a value before is which child after: members by key, elements of an array by their
//! identity where they have one, scalars by a longest common subsequence, everything else by place. One
//! answer for the diff, the tree and provenance.

use std::collections::{HashMap, HashSet};

use serde_json::{Map, Value};

use super::Segment;
use super::lcs::common;
use crate::base::limits::DIFF_EDITS_MAX;

/// Keys that name an element, best first; after them whatever ends in `_id` or `Id`.
const IDENTITY_KEYS: [&str; 6] = ["id", "uuid", "key", "sku", "code", "name"];

/// The value by which an element is known. A number and the text of its digits are different identities.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(super) enum Identity<'v> {
    Text(&'v str),
    Number(&'v str),
}

/// The identity of `element` under `key`, if it has one.
pub(super) fn identity<'v>(element: &'v Value, key: &str) -> Option<Identity<'v>> {
    match element.as_object()?.get(key)? {
        Value::String(text) => Some(Identity::Text(text)),
        Value::Number(number) => Some(Identity::Number(number.as_str())),
        _ => None,
    }
}

/// The best key that names every element of the array, each differently; `None` for an empty one.
pub(super) fn identity_key(elements: &[Value]) -> Option<&str> {
    let first = elements.first()?.as_object()?;
    let mut ids: Vec<&str> =
        first.keys().map(String::as_str).filter(|key| key.ends_with("_id") || key.ends_with("Id")).collect();
    ids.sort_unstable();
    let usual = IDENTITY_KEYS.into_iter().filter_map(|key| Some(first.get_key_value(key)?.0.as_str()));
    usual.chain(ids).find(|key| {
        let mut seen = HashSet::with_capacity(elements.len());
        elements.iter().all(|element| identity(element, key).is_some_and(|name| seen.insert(name)))
    })
}

/// Where a child stands in its parent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Place<'v> {
    Key(&'v str),
    Index(usize),
}

impl Place<'_> {
    pub(super) fn segment(self) -> Segment {
        match self {
            Self::Key(key) => Segment::Key(key.into()),
            Self::Index(index) => Segment::Index(index),
        }
    }
}

/// A child: where, and what.
pub(super) type Child<'v> = (Place<'v>, &'v Value);

/// The same child before and after; one side is missing for what was added or removed.
#[derive(Clone, Copy, Debug)]
pub(super) struct Pair<'v> {
    pub(super) before: Option<Child<'v>>,
    pub(super) after: Option<Child<'v>>,
}

/// All children of two containers of one kind.
#[derive(Debug)]
pub(super) struct Alignment<'v> {
    /// In the order after; what was removed stands behind what it followed.
    pub(super) pairs: Vec<Pair<'v>>,
    /// The identities of the elements that stayed, before and after, if their order changed.
    pub(super) order: Option<(Vec<&'v Value>, Vec<&'v Value>)>,
}

/// Aligns two objects or two arrays; `None` for anything else.
pub(super) fn align<'v>(before: &'v Value, after: &'v Value) -> Option<Alignment<'v>> {
    match (before, after) {
        (Value::Object(before), Value::Object(after)) => {
            Some(Alignment { pairs: objects(before, after), order: None })
        }
        (Value::Array(before), Value::Array(after)) => Some(arrays(before, after)),
        _ => None,
    }
}

/// Whether the elements of both arrays are told apart in the same way, so that each can be followed.
pub(super) fn same_identity(before: &[Value], after: &[Value]) -> bool {
    before.is_empty() || after.is_empty() || identity_key(before) == identity_key(after)
}

fn objects<'v>(before: &'v Map<String, Value>, after: &'v Map<String, Value>) -> Vec<Pair<'v>> {
    let pairs: Vec<Pair<'v>> = after
        .iter()
        .map(|(key, value)| Pair {
            before: before.get(key).map(|old| (Place::Key(key.as_str()), old)),
            after: Some((Place::Key(key.as_str()), value)),
        })
        .collect();
    let kept = pairs.iter().filter(|pair| pair.before.is_some()).count();
    if kept == before.len() {
        return pairs;
    }
    let places: HashMap<&str, usize> = after.keys().map(String::as_str).zip(0..).collect();
    let old = before.iter().map(|(key, value)| {
        let child: Child<'v> = (Place::Key(key.as_str()), value);
        (places.get(key.as_str()).copied(), child)
    });
    weave(pairs, old)
}

/// Puts what was removed behind what it followed: `old` are all children before, each with its place in `kept`.
fn weave<'v>(kept: Vec<Pair<'v>>, old: impl Iterator<Item = (Option<usize>, Child<'v>)>) -> Vec<Pair<'v>> {
    let mut anchor = None;
    let mut removed: Vec<(Option<usize>, Pair<'v>)> = Vec::new();
    for (place, child) in old {
        match place {
            Some(_) => anchor = place,
            None => removed.push((anchor, Pair { before: Some(child), after: None })),
        }
    }
    removed.sort_by_key(|(anchor, _)| *anchor);
    let mut woven = Vec::with_capacity(kept.len() + removed.len());
    let mut removed = removed.into_iter().peekable();
    let mut take_behind = |anchor: Option<usize>, woven: &mut Vec<Pair<'v>>| {
        while let Some((_, pair)) = removed.next_if(|(behind, _)| *behind == anchor) {
            woven.push(pair);
        }
    };
    take_behind(None, &mut woven);
    for (index, pair) in kept.into_iter().enumerate() {
        woven.push(pair);
        take_behind(Some(index), &mut woven);
    }
    woven
}

fn arrays<'v>(before: &'v [Value], after: &'v [Value]) -> Alignment<'v> {
    let key = identity_key(after).filter(|key| identity_key(before) == Some(key));
    if let Some(key) = key {
        return identified(before, after, key);
    }
    let scalar = |value: &Value| !value.is_object() && !value.is_array();
    let matches = if before.iter().chain(after).all(scalar) {
        common(before.len(), after.len(), DIFF_EDITS_MAX, |x, y| before[x] == after[y])
    } else {
        Vec::new()
    };
    let mut pairs = Vec::with_capacity(before.len().max(after.len()));
    let (mut x, mut y) = (0, 0);
    for (next_x, next_y) in matches.into_iter().chain([(before.len(), after.len())]) {
        // Between two matches elements are paired by place; what is left over was added or removed.
        while x < next_x || y < next_y {
            let old = (x < next_x).then(|| (Place::Index(x), &before[x]));
            let new = (y < next_y).then(|| (Place::Index(y), &after[y]));
            x += usize::from(old.is_some());
            y += usize::from(new.is_some());
            pairs.push(Pair { before: old, after: new });
        }
        if next_x < before.len() && next_y < after.len() {
            pairs.push(Pair {
                before: Some((Place::Index(x), &before[x])),
                after: Some((Place::Index(y), &after[y])),
            });
            x += 1;
            y += 1;
        }
    }
    Alignment { pairs, order: None }
}

fn identified<'v>(before: &'v [Value], after: &'v [Value], key: &str) -> Alignment<'v> {
    let name = |element: &'v Value| identity(element, key);
    let old: HashMap<_, usize> = before.iter().map(name).zip(0..).collect();
    let new: HashMap<_, usize> = after.iter().map(name).zip(0..).collect();
    let mut kept = Vec::with_capacity(after.len());
    let mut order_after = Vec::new();
    for (index, element) in after.iter().enumerate() {
        let from = old.get(&name(element)).copied();
        order_after.extend(from);
        kept.push(Pair {
            before: from.map(|from| (Place::Index(from), &before[from])),
            after: Some((Place::Index(index), element)),
        });
    }
    let order = (!order_after.is_sorted()).then(|| {
        let names = |places: &[usize]| places.iter().filter_map(|&place| before[place].get(key)).collect();
        let mut order_before = order_after.clone();
        order_before.sort_unstable();
        (names(&order_before), names(&order_after))
    });
    let all_before = before.iter().enumerate().map(|(index, element)| {
        let child: Child<'v> = (Place::Index(index), element);
        (new.get(&name(element)).copied(), child)
    });
    Alignment { pairs: weave(kept, all_before), order }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn check_key(elements: &Value, expected: Option<&str>) {
        assert_eq!(identity_key(elements.as_array().unwrap()), expected, "{elements}");
    }

    #[test]
    fn elements_are_known_by_the_best_key_that_is_unique() {
        check_key(&json!([{"name": "a", "id": 1}, {"name": "a", "id": 2}]), Some("id"));
        check_key(&json!([{"id": 1, "sku": "a"}, {"id": 1, "sku": "b"}]), Some("sku"));
        check_key(&json!([{"line_id": 1}, {"line_id": 2}]), Some("line_id"));
        check_key(&json!([{"zId": 1, "aId": 1}, {"zId": 2, "aId": 2}]), Some("aId"));
        check_key(&json!([{"id": 1}, {"id": "1"}]), Some("id"));
    }

    #[test]
    fn elements_without_a_unique_key_have_no_identity() {
        for elements in [
            json!([]),
            json!([1, 2]),
            json!([{"id": 1}, {"id": 1}]),
            json!([{"id": 1}, {"name": "b"}]),
            json!([{"id": null}]),
            json!([{"id": 1}, 2]),
            json!([{"quantity": 1}, {"quantity": 2}]),
        ] {
            check_key(&elements, None);
        }
    }

    #[test]
    fn what_was_removed_stands_behind_what_it_followed() {
        let (before, after) = (json!({"x": 0, "a": 1, "y": 0, "b": 2}), json!({"new": 0, "a": 1, "b": 2}));
        let alignment = align(&before, &after).unwrap();
        let keys: Vec<_> = alignment.pairs.iter().filter_map(|pair| pair.after.or(pair.before)).collect();
        let keys: Vec<_> = keys.iter().map(|(place, _)| place.segment().to_string()).collect();
        assert_eq!(keys, ["x", "new", "a", "y", "b"]);
    }
}
