//! Places inside a JSON value: built step by step while a value is walked, printed and read as JSON
//! Pointers (RFC 6901). Not the identity of a value over time: that is `provenance`.

use std::cmp::Ordering;
use std::fmt;
use std::str::FromStr;
use std::sync::Arc;

use serde_json::Value;

/// One step down.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Segment {
    /// A member of an object.
    Key(Arc<str>),
    /// An element of an array, from 0.
    Index(usize),
}

impl Segment {
    /// The child of `value` that the segment names. Lenient about its kind, as a JSON Pointer is: the key
    /// `0` names the first element of an array, and an index a member.
    pub fn of<'v>(&self, value: &'v Value) -> Option<&'v Value> {
        match (value, self) {
            (Value::Object(members), Self::Key(key)) => members.get(&**key),
            (Value::Object(members), Self::Index(index)) => members.get(&index.to_string()),
            (Value::Array(elements), _) => elements.get(self.index()?),
            _ => None,
        }
    }

    /// As an index of an array: a number without sign and leading zeros.
    pub fn index(&self) -> Option<usize> {
        match self {
            Self::Index(index) => Some(*index),
            Self::Key(key) => {
                let plain =
                    key.bytes().all(|byte| byte.is_ascii_digit()) && (!key.starts_with('0') || &**key == "0");
                plain.then(|| key.parse().ok()).flatten()
            }
        }
    }
}

/// The segment's plain text, not escaped.
impl fmt::Display for Segment {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Key(key) => f.write_str(key),
            Self::Index(index) => write!(f, "{index}"),
        }
    }
}

/// A place inside a JSON value. Clones are cheap and children share their parent, so that a tree of
/// thousands of rows costs one small allocation a row.
#[derive(Clone, Default)]
pub struct Path(Option<Arc<Link>>);

struct Link {
    parent: Path,
    segment: Segment,
}

/// Text that is no JSON Pointer.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("A path begins with / and writes ~ as ~0 and / as ~1: {0}")]
pub struct PathError(pub String);

impl Path {
    /// The whole value.
    pub fn root() -> Self {
        Self(None)
    }

    /// One step further down.
    #[must_use]
    pub fn child(&self, segment: Segment) -> Self {
        Self(Some(Arc::new(Link { parent: self.clone(), segment })))
    }

    /// The member `key`.
    #[must_use]
    pub fn key(&self, key: impl Into<Arc<str>>) -> Self {
        self.child(Segment::Key(key.into()))
    }

    /// The element `index`.
    #[must_use]
    pub fn index(&self, index: usize) -> Self {
        self.child(Segment::Index(index))
    }

    /// One step up; `None` at the root.
    pub fn parent(&self) -> Option<&Self> {
        self.0.as_deref().map(|link| &link.parent)
    }

    /// The last step; `None` at the root.
    pub fn last(&self) -> Option<&Segment> {
        self.0.as_deref().map(|link| &link.segment)
    }

    /// Every step from the root down.
    pub fn segments(&self) -> Vec<&Segment> {
        let mut segments = Vec::new();
        let mut link = self.0.as_deref();
        while let Some(here) = link {
            segments.push(&here.segment);
            link = here.parent.0.as_deref();
        }
        segments.reverse();
        segments
    }

    /// What is there in `value`.
    pub fn get<'v>(&self, value: &'v Value) -> Option<&'v Value> {
        self.segments().into_iter().try_fold(value, |value, segment| segment.of(value))
    }
}

/// A JSON Pointer: nothing for the whole, `/lines/0/sku`, `~` as `~0` and `/` as `~1`.
impl fmt::Display for Path {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for segment in self.segments() {
            match segment {
                Segment::Key(key) => write!(f, "/{}", key.replace('~', "~0").replace('/', "~1"))?,
                Segment::Index(index) => write!(f, "/{index}")?,
            }
        }
        Ok(())
    }
}

impl fmt::Debug for Path {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Path({self})")
    }
}

/// Reads a JSON Pointer. Every step is a [`Segment::Key`], since only a value tells arrays from objects.
impl FromStr for Path {
    type Err = PathError;

    fn from_str(text: &str) -> Result<Self, PathError> {
        if text.is_empty() {
            return Ok(Self::root());
        }
        let steps = text.strip_prefix('/').ok_or_else(|| PathError(text.to_owned()))?;
        steps.split('/').try_fold(Self::root(), |path, step| {
            let escapes = step.matches("~0").count() + step.matches("~1").count();
            if escapes != step.matches('~').count() {
                return Err(PathError(text.to_owned()));
            }
            Ok(path.key(step.replace("~1", "/").replace("~0", "~")))
        })
    }
}

impl PartialEq for Path {
    fn eq(&self, other: &Self) -> bool {
        self.segments() == other.segments()
    }
}

impl Eq for Path {}

impl PartialOrd for Path {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

/// Parents before children, indices as numbers.
impl Ord for Path {
    fn cmp(&self, other: &Self) -> Ordering {
        self.segments().cmp(&other.segments())
    }
}

impl std::hash::Hash for Path {
    fn hash<H: std::hash::Hasher>(&self, state: &mut H) {
        self.segments().hash(state);
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn check(path: &Path, pointer: &str) {
        assert_eq!(path.to_string(), pointer);
        assert_eq!(pointer.parse::<Path>().unwrap().to_string(), pointer);
    }

    #[test]
    fn a_path_prints_as_a_json_pointer_and_reads_back() {
        check(&Path::root(), "");
        check(&Path::root().key(""), "/");
        check(&Path::root().key("a/b").key("m~n"), "/a~1b/m~0n");
        check(&Path::root().key("~1").index(3), "/~01/3");
    }

    #[test]
    fn text_that_is_no_pointer_is_an_error() {
        for text in ["a", "/~", "/a~2", "/~~0"] {
            assert_eq!(text.parse::<Path>(), Err(PathError(text.to_owned())), "{text}");
        }
    }

    #[test]
    fn a_path_finds_its_value() {
        let value = json!({"": 0, "a/b": [{"c": 1}, [2]], "7": "seven"});
        for (pointer, expected) in [
            ("/", Some(json!(0))),
            ("/a~1b/0/c", Some(json!(1))),
            ("/a~1b/1/0", Some(json!(2))),
            ("/a~1b/01", None),
            ("/a~1b/2", None),
            ("/7", Some(json!("seven"))),
            ("/7/0", None),
        ] {
            assert_eq!(pointer.parse::<Path>().unwrap().get(&value), expected.as_ref(), "{pointer}");
        }
    }

    #[test]
    fn indices_are_ordered_as_numbers() {
        let array = Path::root().key("a");
        assert!(array.index(9) < array.index(10));
        assert!(array < array.index(0));
    }
}
