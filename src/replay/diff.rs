//! What changed between two JSON values: as few changes as there are changed leaves, and the way back from
//! the changes to the value. Nothing about events.

use std::collections::HashMap;
use std::fmt;

use serde_json::Value;

use super::Path;
use super::align::{Child, Pair, align};

/// What happened to a value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Op {
    /// It was not there before.
    Add,
    /// It is another value now.
    Change,
    /// It is no longer there.
    Remove,
    /// The elements of an array stand in another order.
    Move,
}

impl Op {
    /// The sign in front of a line: `+`, `~`, `-`, `>`.
    pub fn sign(self) -> char {
        match self {
            Self::Add => '+',
            Self::Change => '~',
            Self::Remove => '-',
            Self::Move => '>',
        }
    }
}

/// One change.
///
/// All indices in `path` count in the state after, except for [`Op::Remove`], where all of them count in the
/// state before. A [`Op::Move`] names the array; `from` and `to` are then the identities of the elements that
/// are in both states, in their order before and after.
#[derive(Clone, Debug, PartialEq)]
pub struct Change {
    /// What happened.
    pub op: Op,
    /// Where.
    pub path: Path,
    /// The value before; `None` for an addition.
    pub from: Option<Value>,
    /// The value after; `None` for a removal.
    pub to: Option<Value>,
}

/// `~ /attempt 2 → 3`.
impl fmt::Display for Change {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.op.sign(), self.path)?;
        match (&self.from, &self.to) {
            (Some(from), Some(to)) => write!(f, " {from} → {to}"),
            (Some(value), None) | (None, Some(value)) => write!(f, " {value}"),
            (None, None) => Ok(()),
        }
    }
}

/// The changes from `before` to `after`, in the order of `after`. Key order is not a change; the spelling of a
/// number is (`1.0` and `1.00`). A container that appears, disappears or becomes another kind of value is one
/// change.
pub fn diff(before: &Value, after: &Value) -> Vec<Change> {
    let mut changes = Vec::new();
    walk(before, after, &(Path::root(), Path::root()), &mut changes);
    changes
}

/// How many changes there are, without making them.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    /// Values that were not there before.
    pub added: u32,
    /// Values that are others now, and arrays in another order.
    pub changed: u32,
    /// Values that are no longer there.
    pub removed: u32,
}

impl Counts {
    /// All together.
    pub fn total(self) -> u32 {
        self.added + self.changed + self.removed
    }

    /// Counts one change.
    pub(super) fn count(&mut self, op: Op) {
        let counter = match op {
            Op::Add => &mut self.added,
            Op::Change | Op::Move => &mut self.changed,
            Op::Remove => &mut self.removed,
        };
        *counter += 1;
    }
}

/// The number of changes that [`diff`] would list.
pub(super) fn count(before: &Value, after: &Value, counts: &mut Counts) {
    walk(before, after, &(), counts);
}

/// Takes what the walk finds; `At` is what it needs to know of the place.
trait Sink {
    type At;

    fn below(at: &Self::At, pair: &Pair<'_>) -> Self::At;

    fn found(&mut self, op: Op, at: &Self::At, from: Side<'_>, to: Side<'_>);
}

/// One side of a change.
enum Side<'v> {
    Nothing,
    One(&'v Value),
    Names(Vec<&'v Value>),
}

impl Side<'_> {
    fn value(self) -> Option<Value> {
        match self {
            Self::Nothing => None,
            Self::One(value) => Some(value.clone()),
            Self::Names(names) => Some(Value::Array(names.into_iter().cloned().collect())),
        }
    }
}

impl Sink for Counts {
    type At = ();

    fn below((): &(), _pair: &Pair<'_>) {}

    fn found(&mut self, op: Op, (): &(), _from: Side<'_>, _to: Side<'_>) {
        self.count(op);
    }
}

impl Sink for Vec<Change> {
    /// The place before and after.
    type At = (Path, Path);

    fn below((before, after): &(Path, Path), pair: &Pair<'_>) -> (Path, Path) {
        let child = |path: &Path, child: Option<Child<'_>>| match child {
            Some((place, _)) => path.child(place.segment()),
            None => path.clone(),
        };
        (child(before, pair.before), child(after, pair.after))
    }

    fn found(&mut self, op: Op, (before, after): &(Path, Path), from: Side<'_>, to: Side<'_>) {
        let path = if op == Op::Remove { before.clone() } else { after.clone() };
        self.push(Change { op, path, from: from.value(), to: to.value() });
    }
}

fn walk<S: Sink>(before: &Value, after: &Value, at: &S::At, sink: &mut S) {
    if before == after {
        return;
    }
    let Some(alignment) = align(before, after) else {
        sink.found(Op::Change, at, Side::One(before), Side::One(after));
        return;
    };
    if let Some((from, to)) = alignment.order {
        sink.found(Op::Move, at, Side::Names(from), Side::Names(to));
    }
    for pair in &alignment.pairs {
        match (pair.before, pair.after) {
            (Some((_, old)), Some((_, new))) if old != new => walk(old, new, &S::below(at, pair), sink),
            (None, Some((_, new))) => sink.found(Op::Add, &S::below(at, pair), Side::Nothing, Side::One(new)),
            (Some((_, old)), None) => {
                sink.found(Op::Remove, &S::below(at, pair), Side::One(old), Side::Nothing);
            }
            (Some(_) | None, _) => {}
        }
    }
}

/// A change that does not fit the value it is applied to.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("This change was not made from this state, so it cannot be applied: {0}")]
pub struct ApplyError(pub Path);

/// The state after, made from the state before: `apply(&diff(a, b), a)` equals `b`.
pub fn apply(changes: &[Change], before: &Value) -> Result<Value, ApplyError> {
    let mut value = before.clone();
    let (mut removals, others): (Vec<&Change>, Vec<&Change>) =
        changes.iter().partition(|change| change.op == Op::Remove);
    // From the back, so that the indices of what is still to be removed stay valid.
    removals.sort_by(|one, other| other.path.cmp(&one.path));
    for change in removals.into_iter().chain(others) {
        apply_one(change, &mut value).ok_or_else(|| ApplyError(change.path.clone()))?;
    }
    Ok(value)
}

fn apply_one(change: &Change, root: &mut Value) -> Option<()> {
    let get = |root, path: &Path| -> Option<&mut Value> {
        path.segments().into_iter().try_fold(root, |value: &mut Value, segment| match value {
            Value::Object(members) => members.get_mut(&segment.to_string()),
            Value::Array(elements) => elements.get_mut(segment.index()?),
            _ => None,
        })
    };
    let to = change.to.clone();
    if change.op == Op::Move {
        return reorder(change, get(root, &change.path)?.as_array_mut()?);
    }
    let Some((parent, last)) = change.path.parent().zip(change.path.last()) else {
        *root = to?;
        return Some(());
    };
    match (change.op, get(root, parent)?) {
        (Op::Remove, Value::Object(members)) => drop(members.shift_remove(&last.to_string())?),
        (Op::Remove, Value::Array(elements)) => {
            let index = last.index().filter(|&index| index < elements.len())?;
            elements.remove(index);
        }
        (Op::Add, Value::Array(elements)) => {
            let index = last.index().filter(|&index| index <= elements.len())?;
            elements.insert(index, to?);
        }
        (Op::Change, Value::Array(elements)) => *elements.get_mut(last.index()?)? = to?,
        (_, Value::Object(members)) => drop(members.insert(last.to_string(), to?)),
        _ => return None,
    }
    Some(())
}

fn reorder(change: &Change, elements: &mut Vec<Value>) -> Option<()> {
    let (from, to) = (change.from.as_ref()?.as_array()?, change.to.as_ref()?.as_array()?);
    if from.len() != elements.len() || to.len() != elements.len() {
        return None;
    }
    let mut taken: Vec<Option<Value>> = elements.drain(..).map(Some).collect();
    let places: HashMap<String, usize> = from.iter().map(Value::to_string).zip(0..).collect();
    for name in to {
        elements.push(taken[*places.get(&name.to_string())?].take()?);
    }
    Some(())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::json;

    use super::*;
    use crate::replay::arbitrary::json_value;

    /// The changes as lines, after making sure that they lead from one state to the other.
    fn check(before: &str, after: &str, expected: &[&str]) {
        let (before, after): (Value, Value) =
            (serde_json::from_str(before).unwrap(), serde_json::from_str(after).unwrap());
        let changes = diff(&before, &after);
        let lines: Vec<String> = changes.iter().map(Change::to_string).collect();
        assert_eq!(lines, expected);
        assert_eq!(apply(&changes, &before), Ok(after));
    }

    #[test]
    fn objects_are_compared_by_leaf() {
        check(r#"{"a":1,"b":2}"#, r#"{"b":2,"a":1}"#, &[]);
        check(r#"{"p":{"code":54,"raw":"x"}}"#, r#"{"p":{"code":51,"raw":"x"}}"#, &["~ /p/code 54 → 51"]);
        check(r#"{"a":1}"#, r#"{"b":{"c":1}}"#, &["- /a 1", "+ /b {\"c\":1}"]);
        check(r#"{"a":{"x":1}}"#, r#"{"a":[1]}"#, &["~ /a {\"x\":1} → [1]"]);
        check(r#"{"a":null}"#, "{}", &["- /a null"]);
        check(r#"{"":{"a/b":{"m~n":1}}}"#, r#"{"":{"a/b":{"m~n":2}}}"#, &["~ //a~1b/m~0n 1 → 2"]);
        check("1", "[1]", &["~  1 → [1]"]);
    }

    #[test]
    fn numbers_are_compared_as_they_are_spelled() {
        check(r#"{"a":1.0}"#, r#"{"a":1.00}"#, &["~ /a 1.0 → 1.00"]);
        check(r#"{"a":12345678901234567890123}"#, r#"{"a":12345678901234567890123}"#, &[]);
    }

    #[test]
    fn scalars_in_arrays_are_matched_in_order() {
        check("[1,2,3]", "[1,3]", &["- /1 2"]);
        check("[1,2,3]", "[0,1,2,3,4]", &["+ /0 0", "+ /4 4"]);
        check("[1,2,3]", "[1,9,3]", &["~ /1 2 → 9"]);
        check("[1,2,3,4]", "[9,2,4,5]", &["~ /0 1 → 9", "- /2 3", "+ /3 5"]);
        check("[]", "[null]", &["+ /0 null"]);
    }

    #[test]
    fn elements_with_an_identity_are_followed() {
        check(
            r#"[{"sku":"a","n":1},{"sku":"b","n":1}]"#,
            r#"[{"sku":"c","n":5},{"sku":"b","n":2}]"#,
            &["- /0 {\"sku\":\"a\",\"n\":1}", "+ /0 {\"sku\":\"c\",\"n\":5}", "~ /1/n 1 → 2"],
        );
        check(
            r#"[{"id":1,"t":[1]},{"id":2},{"id":3,"t":[1]}]"#,
            r#"[{"id":3,"t":[]},{"id":1,"t":[1,2]}]"#,
            &["> [1,3] → [3,1]", "- /2/t/0 1", "+ /1/t/1 2", "- /1 {\"id\":2}"]
                .map(|line| if line.starts_with('>') { ">  [1,3] → [3,1]" } else { line }),
        );
    }

    #[test]
    fn elements_without_an_identity_are_compared_by_place() {
        check(r#"[{"n":1},{"n":2}]"#, r#"[{"n":1},{"n":3},{"n":4}]"#, &["~ /1/n 2 → 3", "+ /2 {\"n\":4}"]);
        check("[[1],[2]]", "[[1,5]]", &["+ /0/1 5", "- /1 [2]"]);
    }

    #[test]
    fn long_lists_that_differ_everywhere_are_compared_by_place() {
        let list = |from: usize| Value::from((from..from + 2_000).collect::<Vec<_>>());
        let (before, after) = (list(0), list(1_000_000));
        let changes = diff(&before, &after);
        assert_eq!(changes.len(), 2_000);
        assert_eq!(apply(&changes, &before), Ok(after));
    }

    #[test]
    fn changes_of_another_state_are_refused() {
        for (before, after, other) in [
            (json!({"a": {"b": 1}}), json!({"a": {"b": 2}}), json!({"a": 1})),
            (json!({"a": 1}), json!({}), json!({})),
            (json!([{"id": 1}, {"id": 2}]), json!([{"id": 2}, {"id": 1}]), json!([{"id": 1}])),
            (json!([1]), json!([2]), json!([])),
        ] {
            assert!(apply(&diff(&before, &after), &other).is_err(), "{other}");
        }
    }

    proptest! {
        #[test]
        fn applying_the_difference_gives_the_state_after(before in json_value(), after in json_value()) {
            let changes = diff(&before, &after);
            prop_assert_eq!(apply(&changes, &before), Ok(after.clone()));
            prop_assert_eq!(changes.is_empty(), before == after);
            let mut counts = Counts::default();
            count(&before, &after, &mut counts);
            prop_assert_eq!(counts.total() as usize, changes.len());
        }

        #[test]
        fn every_path_is_valid_in_the_state_it_speaks_of(before in json_value(), after in json_value()) {
            for change in diff(&before, &after) {
                match change.op {
                    Op::Move => prop_assert!(change.path.get(&after).is_some_and(Value::is_array)),
                    Op::Remove => prop_assert_eq!(change.path.get(&before), change.from.as_ref()),
                    Op::Add | Op::Change => prop_assert_eq!(change.path.get(&after), change.to.as_ref()),
                }
            }
        }
    }
}
