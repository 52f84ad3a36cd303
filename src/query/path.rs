//! `items[*].sku`: a way into a JSON document, and walking it. The document is somebody's data: its names can be
//! anything, so a name can stand in quotation marks.

use std::fmt;

use serde_json::Value;

/// A way into a document: no step is the document itself.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct Path(pub Vec<Step>);

/// One step of a way.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Step {
    /// `.name`: a member.
    Member(String),
    /// `[2]`: an element, from 0; `[-1]` the last.
    Element(i64),
    /// `[*]`: every element, and every member of an object.
    Every,
}

impl Path {
    /// Reads the steps at the beginning of `text`: where they end, or the place and sentence of what is wrong.
    pub(super) fn read(text: &str) -> Result<(Self, usize), (usize, &'static str)> {
        let mut steps = Vec::new();
        let mut at = 0;
        loop {
            let rest = &text[at..];
            if let Some(after) = rest.strip_prefix('.') {
                let (name, len) = read_member(after).map_err(|message| (at + 1, message))?;
                steps.push(Step::Member(name));
                at += 1 + len;
            } else if let Some(after) = rest.strip_prefix('[') {
                let Some(len) = after.find(']') else { return Err((at, "A closing ] is missing")) };
                let inner = after[..len].trim();
                steps.push(match inner {
                    "*" | "" => Step::Every,
                    number => Step::Element(
                        number.parse().map_err(|_no_number| (at + 1, "A number or * is expected here"))?,
                    ),
                });
                at += len + 2;
            } else {
                return Ok((Self(steps), at));
            }
        }
    }

    /// Calls `found` with every value that the way leads to, until it says that it has seen enough; says whether it
    /// did.
    pub fn visit(&self, value: &Value, found: &mut dyn FnMut(&Value) -> bool) -> bool {
        visit(&self.0, value, found)
    }
}

fn visit(steps: &[Step], value: &Value, found: &mut dyn FnMut(&Value) -> bool) -> bool {
    let Some((step, rest)) = steps.split_first() else { return found(value) };
    match (step, value) {
        (Step::Member(name), Value::Object(members)) => {
            members.get(name).is_some_and(|member| visit(rest, member, found))
        }
        (Step::Element(index), Value::Array(items)) => {
            let index = if *index < 0 { index + items.len() as i64 } else { *index };
            let item = usize::try_from(index).ok().and_then(|index| items.get(index));
            item.is_some_and(|item| visit(rest, item, found))
        }
        (Step::Every, Value::Array(items)) => items.iter().any(|item| visit(rest, item, found)),
        (Step::Every, Value::Object(members)) => members.values().any(|member| visit(rest, member, found)),
        _ => false,
    }
}

/// A member's name and how long its spelling is.
fn read_member(text: &str) -> Result<(String, usize), &'static str> {
    if text.starts_with('"') {
        return read_quoted(text).ok_or("The closing quotation mark is missing");
    }
    let len = text.find(|letter| !is_plain(letter)).unwrap_or(text.len());
    if len == 0 {
        return Err("The name of a member is expected here");
    }
    Ok((text[..len].to_owned(), len))
}

/// A text in quotation marks at the beginning of `text`, without its escapes, and how long it is as written.
pub(super) fn read_quoted(text: &str) -> Option<(String, usize)> {
    let mut read = String::new();
    let mut escaped = false;
    for (at, letter) in text.char_indices().skip(1) {
        if escaped {
            read.push(letter);
            escaped = false;
        } else if letter == '\\' {
            escaped = true;
        } else if letter == '"' {
            return Some((read, at + 1));
        } else {
            read.push(letter);
        }
    }
    None
}

/// Puts a text into quotation marks.
pub(super) fn in_quotes(value: &str) -> String {
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

/// Letters of a name that needs no quotation marks.
fn is_plain(letter: char) -> bool {
    letter.is_alphanumeric() || matches!(letter, '_' | '-' | '$' | '@' | '/' | '#')
}

impl fmt::Display for Path {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for step in &self.0 {
            match step {
                Step::Member(name) if !name.is_empty() && name.chars().all(is_plain) => write!(f, ".{name}")?,
                Step::Member(name) => write!(f, ".{}", in_quotes(name))?,
                Step::Element(index) => write!(f, "[{index}]")?,
                Step::Every => f.write_str("[*]")?,
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn check(path: &str, expected: &Value) {
        let document = json!({
            "items": [{"sku": "a", "n": 1}, {"sku": "b"}], "odd key.x": {"": 3}, "matrix": [[1, 2], [3]], "größe": null,
        });
        let (path, end) = Path::read(path).unwrap();
        let mut values = Vec::new();
        path.visit(&document, &mut |value| {
            values.push(value.clone());
            false
        });
        assert_eq!(&Value::Array(values), expected, "{path}");
        assert_eq!(Path::read(&path.to_string()), Ok((path.clone(), path.to_string().len())));
        assert!(end > 0);
    }

    #[test]
    fn ways_lead_to_values() {
        check(".items[*].sku", &json!(["a", "b"]));
        check(".items[].n", &json!([1]));
        check(".items[-1].sku", &json!(["b"]));
        check(".items[7]", &json!([]));
        check(".\"odd key.x\".\"\"", &json!([3]));
        check(".matrix[*][*]", &json!([1, 2, 3]));
        check(".größe", &json!([null]));
        check(".items.sku", &json!([]));
        check("[*][*].sku", &json!(["a", "b"]));
    }

    #[test]
    fn wrong_ways_say_where() {
        for (path, at) in [(".", 1), (".a..b", 3), (".a[x]", 3), (".a[1", 2), (".\"a", 1)] {
            assert_eq!(Path::read(path).unwrap_err().0, at, "{path}");
        }
    }

    #[test]
    fn a_way_ends_where_a_comparison_begins() {
        for (text, end) in [(".a.b>1", 4), (".a[*]:x", 5), ("=1", 0), (".a-b_c!=1", 6)] {
            assert_eq!(Path::read(text).unwrap().1, end, "{text}");
        }
    }
}
