//! Finds where the elements of a JSON array begin and end, or documents that follow each other, without parsing
//! them: brackets and strings only. A broken element is stepped over where the next one can be recognized.

use std::io::{self, Read};

use super::frames::{Blocks, Cut, Frame, Skipped, is_blank, trimmed};
use super::record::Record;
use crate::model::ReadIssue;

/// Places tried for the beginning of the next element after a broken one.
const CANDIDATES_MAX: usize = 4_096;
/// So much of an array is looked at to see whether its first element is like the usual ones: the first event of a
/// history carries the workflow's input, which may have 2 MiB.
const NEXT_BYTES: usize = 4 << 20;

/// What the elements are elements of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum List {
    /// Documents that follow each other.
    None,
    /// The array that is the whole file.
    Whole,
    /// An array inside a document, whose rest is of no interest; another document with one may follow.
    Inner,
}

/// State of the scan; positions are within the window.
pub(super) struct Elements {
    list: List,
    /// The list was closed; nothing should follow.
    closed: bool,
    /// Keys of the usual elements, sorted.
    keys: Vec<String>,
    /// Begin of what is not given yet.
    start: usize,
    /// Scanned up to here.
    scanned: usize,
    /// Brackets open inside the current element.
    open: Vec<u8>,
    text: Text,
    /// Inside an element.
    within: bool,
    number: u64,
    skipped: Option<Skipped>,
    /// Behind the list of a document.
    behind: Option<Behind>,
    done: bool,
}

/// What was seen behind the list of a document, on the way to the list of the next one.
#[derive(Clone, Copy, Default)]
struct Behind {
    /// The last thing was the end of an object.
    closed: bool,
    /// Inside the next document: no comma was before it, so it is no part of the one with the list.
    in_next: bool,
}

impl Elements {
    pub(super) fn new(list: List, mut keys: Vec<String>) -> Self {
        keys.sort_unstable();
        keys.dedup();
        Self {
            list,
            closed: false,
            keys,
            start: 0,
            scanned: 0,
            open: Vec::new(),
            text: Text::Outside,
            within: false,
            number: 0,
            skipped: None,
            behind: None,
            done: false,
        }
    }

    /// The next element; reads one block at most.
    pub(super) fn next<R: Read>(&mut self, blocks: &mut Blocks<R>, limit: usize) -> io::Result<Frame> {
        if self.done {
            return Ok(Frame::End);
        }
        if self.behind.is_some() && !self.find_next(&blocks.bytes, blocks.ended) {
            if blocks.ended {
                self.done = true;
                return Ok(Frame::End);
            }
            self.advance(blocks)?;
            return Ok(Frame::Pause);
        }
        if !self.within && !self.begin(&blocks.bytes) {
            if self.behind.is_some() {
                return Ok(Frame::Pause);
            }
            if blocks.ended {
                self.done = true;
                return Ok(self.unclosed(blocks));
            }
            self.advance(blocks)?;
            return Ok(Frame::Pause);
        }
        if std::mem::take(&mut self.closed) {
            let at = blocks.base + self.start as u64;
            let problem = "The list ends before this, and yet the file goes on; it was read on.";
            return Ok(Frame::Problem(ReadIssue::new(format!("byte {at}"), problem, &[])));
        }
        match self.end(&blocks.bytes) {
            Scan::Whole(end) => Ok(self.finish(blocks, end, false, limit)),
            Scan::Cut if blocks.ended => {
                self.done = true;
                Ok(self.finish(blocks, blocks.bytes.len(), true, limit))
            }
            Scan::Cut => {
                if self.skipped.is_none() && blocks.bytes.len() - self.start > limit {
                    let cut = self.cut(blocks, blocks.bytes.len(), false);
                    if self.recover(&blocks.bytes, &cut) {
                        let raw = &blocks.bytes[cut.range.clone()];
                        let problem = "It does not end where it should, so it was skipped.";
                        return Ok(Frame::Problem(ReadIssue::new(place(&cut), problem, raw)));
                    }
                    self.skipped = Some(Skipped::new(cut.at, &blocks.bytes[self.start..]));
                }
                self.advance(blocks)?;
                Ok(Frame::Pause)
            }
        }
    }

    fn advance<R: Read>(&mut self, blocks: &mut Blocks<R>) -> io::Result<()> {
        let done = if self.skipped.is_some() { self.scanned } else { self.start };
        self.scanned -= done;
        self.start = 0;
        blocks.advance(done)
    }

    /// Moves to the first byte of the next element; false if it is not in the window.
    fn begin(&mut self, bytes: &[u8]) -> bool {
        let separator = |byte: u8| is_blank(byte) || byte == b',';
        loop {
            let next = bytes[self.start..].iter().position(|byte| !separator(*byte));
            self.start = next.map_or(bytes.len(), |next| self.start + next);
            self.scanned = self.start;
            if next.is_none() {
                return false;
            }
            if bytes[self.start] != b']' || self.closed || self.list == List::None {
                break;
            }
            if self.list == List::Inner {
                self.restart(self.start + 1);
                self.behind = Some(Behind::default());
                return false;
            }
            self.closed = true;
            self.start += 1;
        }
        self.within = true;
        self.number += 1;
        true
    }

    /// Looks behind the list of a document for the list of the next one, as `cat one.json other.json` makes them: an
    /// array whose first element is like the usual ones. False if it is not in the window.
    fn find_next(&mut self, bytes: &[u8], ended: bool) -> bool {
        let Some(mut behind) = self.behind else { return false };
        let found = loop {
            let Some(byte) = bytes.get(self.scanned).copied() else { break None };
            match (self.text, byte) {
                (Text::Inside, b'"') => self.text = Text::Outside,
                (Text::Inside, b'\\') => self.text = Text::Escaped,
                (Text::Escaped, _) | (Text::Outside, b'"') => self.text = Text::Inside,
                (Text::Outside, b'{') if behind.closed => behind.in_next = true,
                (Text::Outside, b'[') if behind.in_next => {
                    let first = bytes[self.scanned + 1..].iter().position(|byte| !is_blank(*byte));
                    let first = first.map(|first| self.scanned + 1 + first);
                    match first {
                        Some(first) if bytes[first] != b'{' => {}
                        Some(first) if self.is_element(&bytes[first..]) => break Some(first),
                        // It may be cut by the end of the window.
                        _ if !ended && bytes.len() - self.scanned < NEXT_BYTES => break None,
                        _ => {}
                    }
                }
                _ => {}
            }
            if !is_blank(byte) {
                behind.closed = self.text == Text::Outside && byte == b'}';
            }
            self.scanned += 1;
        };
        self.behind = Some(behind);
        if let Some(at) = found {
            self.restart(at);
            self.behind = None;
            true
        } else {
            self.start = self.scanned;
            false
        }
    }

    /// Scans on to the end of the current element.
    fn end(&mut self, bytes: &[u8]) -> Scan {
        while self.scanned < bytes.len() {
            match self.text {
                Text::Outside => {}
                Text::Escaped => {
                    self.text = Text::Inside;
                    self.scanned += 1;
                    continue;
                }
                Text::Inside => {
                    let Some(found) = memchr::memchr2(b'"', b'\\', &bytes[self.scanned..]) else {
                        self.scanned = bytes.len();
                        break;
                    };
                    self.scanned += found + 1;
                    self.text = if bytes[self.scanned - 1] == b'"' { Text::Outside } else { Text::Escaped };
                    if self.text == Text::Outside && self.open.is_empty() {
                        return Scan::Whole(self.scanned);
                    }
                    continue;
                }
            }
            let byte = bytes[self.scanned];
            match byte {
                b'"' => self.text = Text::Inside,
                b'{' | b'[' => self.open.push(byte),
                b'}' | b']' => {
                    let expected = if byte == b'}' { b'{' } else { b'[' };
                    match self.open.pop() {
                        // A bare value before the end of the array, which is looked at again.
                        None => return Scan::Whole(self.scanned),
                        // The wrong kind: the element is broken, and may as well end here.
                        Some(open) if open != expected => return Scan::Whole(self.scanned + 1),
                        Some(_) if self.open.is_empty() => return Scan::Whole(self.scanned + 1),
                        Some(_) => {}
                    }
                }
                b',' if self.open.is_empty() => return Scan::Whole(self.scanned),
                _ => {}
            }
            self.scanned += 1;
        }
        Scan::Cut
    }

    fn cut<R>(&self, blocks: &Blocks<R>, end: usize, last: bool) -> Cut {
        let range = trimmed(&blocks.bytes, self.start..end);
        Cut { at: blocks.base + range.start as u64, range, number: self.number, last }
    }

    /// Gives the current element, which ends at `end`.
    fn finish<R>(&mut self, blocks: &Blocks<R>, end: usize, last: bool, limit: usize) -> Frame {
        // A closing bracket alone (after an element that lost its end) must be passed, or nothing moves.
        let end = end.max(self.start + 1).min(blocks.bytes.len());
        let cut = self.cut(blocks, end, last);
        self.restart(end);
        match self.skipped.take() {
            Some(skipped) => {
                let place = format!("record {} at byte {}", cut.number, skipped.at);
                Frame::Problem(skipped.issue(place, blocks.base + end as u64, limit))
            }
            None if cut.range.len() > limit => {
                let skipped = Skipped::new(cut.at, &blocks.bytes[cut.range.clone()]);
                Frame::Problem(skipped.issue(place(&cut), cut.at + cut.range.len() as u64, limit))
            }
            None => Frame::Record(cut),
        }
    }

    fn restart(&mut self, at: usize) {
        self.start = at;
        self.scanned = at;
        self.open.clear();
        self.text = Text::Outside;
        self.within = false;
    }

    /// The file ended between elements.
    fn unclosed<R>(&self, blocks: &Blocks<R>) -> Frame {
        if self.closed || self.list == List::None {
            return Frame::End;
        }
        let problem = "The file ends before its list does: it seems to be cut.";
        Frame::Problem(ReadIssue::new(
            format!("byte {}", blocks.base + blocks.bytes.len() as u64),
            problem,
            &[],
        ))
    }

    /// `cut` is broken: goes on at the first place inside it where an element begins that is like the others.
    /// False if there is none, and nothing has changed then.
    pub(super) fn recover(&mut self, bytes: &[u8], cut: &Cut) -> bool {
        let mut from = cut.range.start + 1;
        for _ in 0..CANDIDATES_MAX {
            let Some(found) = memchr::memchr(b'{', bytes.get(from..cut.range.end).unwrap_or_default()) else {
                return false;
            };
            let at = from + found;
            from = at + 1;
            // Behind a comma, or at the begin of a line: elsewhere an object is a value of a key.
            let before = bytes[..at].iter().rposition(|byte| !matches!(byte, b' ' | b'\t' | b'\r'));
            let plausible = before.is_some_and(|before| matches!(bytes[before], b',' | b'\n'));
            if plausible && self.is_element(&bytes[at..]) {
                self.restart(at);
                self.done = false;
                return true;
            }
        }
        false
    }

    /// Whether `bytes` begin with an object that has mostly the usual keys.
    fn is_element(&self, bytes: &[u8]) -> bool {
        let Some(record) = Record::first_of(bytes) else { return false };
        let usual = record
            .keys
            .iter()
            .filter(|(key, _)| self.keys.binary_search_by(|known| known[..].cmp(key)).is_ok());
        let usual = usual.count();
        usual > 0 && usual * 2 >= record.keys.len() && usual * 2 >= self.keys.len().min(8)
    }
}

/// Whether the scan is inside a string.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Text {
    Outside,
    Inside,
    /// Behind a backslash.
    Escaped,
}

/// Where the current element ends.
enum Scan {
    Whole(usize),
    Cut,
}

fn place(cut: &Cut) -> String {
    format!("record {} at byte {}", cut.number, cut.at)
}

#[cfg(test)]
mod tests {
    use super::super::frames::Frames;
    use super::*;

    /// Elements as text; `!` marks one that does not parse (recovery included), `?` an issue.
    fn check(text: &str, list: List, expected: &[&str]) {
        let keys = vec!["id".to_owned(), "n".to_owned()];
        let mut frames = Frames::elements(text.as_bytes(), 0, list, keys);
        let mut seen = Vec::new();
        loop {
            match frames.next().unwrap() {
                Frame::Record(cut) => {
                    let element = String::from_utf8_lossy(frames.bytes(&cut)).into_owned();
                    if serde_json::from_str::<serde_json::Value>(&element).is_ok() {
                        seen.push(element);
                    } else {
                        seen.push("!".to_owned());
                        frames.recover(&cut);
                    }
                }
                Frame::Problem(_) => seen.push("?".to_owned()),
                Frame::Pause => {}
                Frame::End => break,
            }
        }
        assert_eq!(seen, expected, "{text}");
    }

    #[test]
    fn elements_are_cut_by_brackets_and_strings() {
        check(
            r#"{"id":1},{"id":"]},{\""} , [2], 3,"x" ]"#,
            List::Whole,
            &[r#"{"id":1}"#, r#"{"id":"]},{\""}"#, "[2]", "3", r#""x""#],
        );
        check("]", List::Whole, &[]);
        check(
            "{\"id\":\n1}\n{\"id\":2}{\"id\":3}",
            List::None,
            &["{\"id\":\n1}", "{\"id\":2}", "{\"id\":3}"],
        );
    }

    #[test]
    fn reading_goes_on_behind_a_broken_element() {
        let good = r#"{"id":7,"n":0}"#;
        check(&format!(r#"{{"id":nope}},{good}]"#), List::Whole, &["!", good]);
        check(&format!(r#"{{"id":1, {good}, {good}]"#), List::Whole, &["!", good, good]);
        check(&format!(r#"{{"id":"unclosed}}, {good}, {good}]"#), List::Whole, &["!", good, good]);
        check(&format!(r#"{{"id":[1,{{"a":2}}, {good}]"#), List::Whole, &["!", good]);
        check(&format!(r#"{{"id":1]}},{good}]"#), List::Whole, &["!", "!", good]);
    }

    #[test]
    fn what_follows_a_list_is_told_and_read_unless_it_is_a_document_around_it() {
        check(r#"{"id":1}],"next":{"id":2}}"#, List::Inner, &[r#"{"id":1}"#]);
        check(r#"{"id":1}]{"id":2}]"#, List::Whole, &[r#"{"id":1}"#, "?", r#"{"id":2}"#]);
        check("{\"id\":1}]\n\0\n", List::Whole, &[r#"{"id":1}"#]);
    }

    #[test]
    fn a_cut_file_gives_what_is_whole() {
        check(r#"{"id":1},{"id":2"#, List::Whole, &[r#"{"id":1}"#, "!"]);
        check(r#"{"id":1},"#, List::Whole, &[r#"{"id":1}"#, "?"]);
    }
}
