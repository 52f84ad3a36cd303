//! How records lie in a file, told from its first bytes, and a sample of them. Reads further only when the first
//! record is longer than those bytes.

use std::fs::File;
use std::io::{self, Read, Seek as _, SeekFrom};
use std::path::Path;

use serde::de::IgnoredAny;
use serde_json::{Map, Value};

use super::elements::List;
use super::frames::{Frame, Frames, is_blank};
use super::ocel::is_outline;
use super::outline::lists_of;
use super::record::Record;
use super::temporal::is_history_event;
use crate::base::limits::{JSON_DEPTH_MAX, PROBE_BYTES, RECORD_BYTES_MAX};
use crate::model::parse_json;
use crate::store::StoreError;
use crate::store::shape::{JsonLayout, JsonShape};
use crate::store::sound::{nests_deeper, without_lone_surrogates};

/// Records in a shape.
const SAMPLE_MAX: usize = 32;

/// Keys under which a document keeps its list of events.
const LIST_KEYS: [&str; 9] =
    ["events", "data", "messages", "items", "entries", "records", "value", "resourceSpans", "batches"];

/// A key around a document that keeps a list: what a server answers whose history it is.
const AROUND_KEY: &str = "history";

/// Where records begin, and how they follow each other.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Start {
    /// A record a line, from the first byte.
    Lines,
    /// Elements of a list, from this offset, which is behind its opening bracket.
    List(List, u64),
}

impl Start {
    /// The records of `file`, which is read from its begin.
    pub(super) fn frames(self, mut file: File, keys: Vec<String>) -> io::Result<Frames<File>> {
        if let Self::List(_, at) = self {
            file.seek(SeekFrom::Start(at))?;
        }
        Ok(self.frames_from(file, keys))
    }

    /// The same for anything that stands at the right place already.
    fn frames_from<R: Read>(self, from: R, keys: Vec<String>) -> Frames<R> {
        match self {
            Self::Lines => Frames::lines(from, 0),
            Self::List(list, at) => Frames::elements(from, at, list, keys),
        }
    }

    fn offset(self) -> usize {
        match self {
            Self::Lines => 0,
            Self::List(_, at) => at as usize,
        }
    }
}

/// The place where records of a file begin whose layout is known.
pub(super) fn start_of(layout: JsonLayout, head: &[u8]) -> Start {
    let first = first_byte(head).unwrap_or(0);
    match layout {
        JsonLayout::Lines => Start::Lines,
        JsonLayout::Array => Start::List(List::Whole, first as u64 + 1),
        JsonLayout::Document => list_in(head, first)
            .map_or(Start::List(List::None, first as u64), |at| Start::List(List::Inner, at as u64)),
    }
}

/// The first byte that is no blank and no byte order mark.
fn first_byte(head: &[u8]) -> Option<usize> {
    let mark = if head.starts_with(b"\xEF\xBB\xBF") { 3 } else { 0 };
    head[mark..].iter().position(|byte| !is_blank(*byte)).map(|first| mark + first)
}

/// What the file at `path` looks like; `None` if it is no JSON.
pub(in crate::store) fn look(path: &Path, head: &[u8]) -> Result<Option<JsonShape>, StoreError> {
    if is_utf16(head) {
        let reason = "This is UTF-16 text, and JSON must be UTF-8. Convert it first, for instance with `iconv -f UTF-16 -t UTF-8`".to_owned();
        return Err(StoreError::NotAStore { reason, path: path.to_owned() });
    }
    let Some(first) = first_byte(head).filter(|first| matches!(head[*first], b'{' | b'[')) else {
        return Ok(None);
    };
    let failed = |error: io::Error| StoreError::io(path, &error);
    // A caller may hand the whole of a small file, or the first bytes of a large one.
    let whole = head.len() < PROBE_BYTES;
    let layout = match head[first] {
        b'[' => JsonLayout::Array,
        _ if first_line_end(head, first).is_none() && !whole => layout_of_long_line(path).map_err(failed)?,
        _ => layout_of(head, first),
    };
    let layout = match layout {
        JsonLayout::Lines if begins_with_history(path, head, first).map_err(failed)? => JsonLayout::Document,
        layout => layout,
    };
    let start = match start_of(layout, head) {
        // Objects may fill more than the head before the first event comes.
        Start::List(List::None, at) if !whole => {
            late_list(path).map_err(failed)?.unwrap_or(Start::List(List::None, at))
        }
        start => start,
    };
    let mut sampled =
        sample(start.frames_from(head.get(start.offset()..).unwrap_or_default(), Vec::new()), u64::MAX)
            .map_err(failed)?;
    if sampled.records.is_empty() && !whole {
        let file = File::open(path).map_err(failed)?;
        let frames = start.frames(file, Vec::new()).map_err(failed)?;
        sampled = sample(frames, (start.offset() + RECORD_BYTES_MAX + PROBE_BYTES) as u64).map_err(failed)?;
        sampled.records.truncate(1);
    }
    match sampled {
        Sampled { records, obstacle: Some(Obstacle::NoJson) } if records.is_empty() && whole => Ok(None),
        Sampled { records, obstacle: Some(obstacle) }
            if records.is_empty() && obstacle != Obstacle::NoJson =>
        {
            Err(StoreError::NotAStore { reason: obstacle.to_string(), path: path.to_owned() })
        }
        Sampled { records, .. } => Ok(Some(JsonShape { layout, records })),
    }
}

/// Whether the first line is a whole workflow history and no event: `cat one.json other.json` of files of one line.
/// Elsewhere a list in a line is a part of an event, or a batch that its format takes apart.
fn begins_with_history(path: &Path, head: &[u8], first: usize) -> io::Result<bool> {
    let Some(at) = list_in(head, first) else { return Ok(false) };
    let start = Start::List(List::Inner, at as u64);
    let mut sampled = sample(start.frames_from(&head[at..], Vec::new()), u64::MAX)?;
    if sampled.records.is_empty() && head.len() >= PROBE_BYTES {
        let frames = start.frames(File::open(path)?, Vec::new())?;
        sampled = sample(frames, (at + RECORD_BYTES_MAX + PROBE_BYTES) as u64)?;
    }
    Ok(sampled.records.first().is_some_and(is_history_event))
}

/// Where the events of an object-centric log begin, if the file at `path` is one.
fn late_list(path: &Path) -> io::Result<Option<Start>> {
    let lists = lists_of(File::open(path)?)?;
    let events = lists.iter().find(|list| list.key == "events").filter(|_| is_outline(&lists));
    Ok(events.map(|list| Start::List(List::Inner, list.at)))
}

/// UTF-16 with or without its mark, of which the first letter is one that JSON begins with.
fn is_utf16(head: &[u8]) -> bool {
    let body = match head {
        [0xFF, 0xFE, body @ ..] | [0xFE, 0xFF, body @ ..] => body,
        [0, first, 0, ..] | [first, 0, _, 0, ..] if matches!(first, b'{' | b'[') => return true,
        _ => return false,
    };
    matches!(body, [0, letter, ..] | [letter, 0, ..] if matches!(letter, b'{' | b'[') || letter.is_ascii_whitespace())
}

fn first_line_end(head: &[u8], first: usize) -> Option<usize> {
    memchr::memchr(b'\n', &head[first..]).map(|end| first + end)
}

/// The layout of a file that begins with an object.
fn layout_of(head: &[u8], first: usize) -> JsonLayout {
    let mut documents = serde_json::Deserializer::from_slice(&head[first..]).into_iter::<Record<'_>>();
    match documents.next() {
        Some(Ok(_)) => {
            let rest = &head[first + documents.byte_offset()..];
            let line_ends = rest.iter().find(|byte| !matches!(byte, b' ' | b'\t' | b'\r')) == Some(&b'\n');
            let is_one_line = !head[first..first + documents.byte_offset()].contains(&b'\n');
            let alone = rest.iter().all(|byte| is_blank(*byte));
            if is_one_line && line_ends && !alone { JsonLayout::Lines } else { JsonLayout::Document }
        }
        // A document over several lines that is longer than the head, or the only and cut line.
        Some(Err(error)) if error.is_eof() => JsonLayout::Document,
        _ => {
            let has_good_line = head[first..].split(|byte| *byte == b'\n').any(|line| object(line).is_some());
            if has_good_line { JsonLayout::Lines } else { JsonLayout::Document }
        }
    }
}

/// The layout of a file whose first line is longer than its head: what follows that line tells.
fn layout_of_long_line(path: &Path) -> io::Result<JsonLayout> {
    let mut file = File::open(path)?;
    let mut block = Vec::new();
    let mut line_ended = false;
    for _ in 0..=RECORD_BYTES_MAX / PROBE_BYTES {
        block.clear();
        if file.by_ref().take(PROBE_BYTES as u64).read_to_end(&mut block)? == 0 {
            break;
        }
        let mut rest = block.as_slice();
        if !line_ended {
            let Some(end) = memchr::memchr(b'\n', rest) else { continue };
            line_ended = true;
            rest = &rest[end..];
        }
        if let Some(next) = rest.iter().find(|byte| !is_blank(**byte)) {
            return Ok(if *next == b'{' { JsonLayout::Lines } else { JsonLayout::Document });
        }
    }
    Ok(JsonLayout::Document)
}

/// Offset behind the bracket that opens the list of objects in a document that begins at `first`.
fn list_in(head: &[u8], first: usize) -> Option<usize> {
    let (mut depth, mut at) = (0usize, first);
    // The depth at which a list may lie, and where it was taken one deeper.
    let mut inside = 1;
    while at < head.len() {
        match head[at] {
            b'"' => {
                let end = string_end(head, at)?;
                if depth == inside {
                    let name = std::str::from_utf8(&head[at + 1..end - 1]).unwrap_or_default();
                    let value = skip_blank(head, end).filter(|colon| head[*colon] == b':');
                    let list = value.and_then(|colon| skip_blank(head, colon + 1));
                    if let Some(list) = list.filter(|list| head[*list] == b'[' && LIST_KEYS.contains(&name))
                        && skip_blank(head, list + 1).is_some_and(|element| head[element] == b'{')
                    {
                        return Some(list + 1);
                    }
                    if depth == 1 && name == AROUND_KEY && list.is_some_and(|inner| head[inner] == b'{') {
                        inside = 2;
                    }
                }
                at = end;
                continue;
            }
            b'{' | b'[' => depth += 1,
            b'}' | b']' => {
                depth = depth.checked_sub(1).filter(|depth| *depth > 0)?;
                inside = inside.min(depth);
            }
            _ => {}
        }
        at += 1;
    }
    None
}

fn skip_blank(head: &[u8], from: usize) -> Option<usize> {
    head.get(from..)?.iter().position(|byte| !is_blank(*byte)).map(|next| from + next)
}

/// Offset behind the string that begins at `at`.
fn string_end(head: &[u8], at: usize) -> Option<usize> {
    let mut escaped = false;
    for (offset, byte) in head[at + 1..].iter().enumerate() {
        match byte {
            _ if escaped => escaped = false,
            b'\\' => escaped = true,
            b'"' => return Some(at + offset + 2),
            _ => {}
        }
    }
    None
}

/// The first records that are objects, and what was met first that is none.
struct Sampled {
    records: Vec<Map<String, Value>>,
    obstacle: Option<Obstacle>,
}

/// Why a record of a sample cannot be read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
enum Obstacle {
    #[error("It is no JSON")]
    NoJson,
    #[error(
        "The first record of this file nests deeper than {JSON_DEPTH_MAX} levels, more than an event can, and nothing else in it could be read. Write it with fewer levels"
    )]
    TooDeep,
    #[error(
        "The first record of this file is longer than {} MiB, more than an event can be. Write one record an event, each on a line of its own",
        RECORD_BYTES_MAX >> 20
    )]
    TooLong,
}

/// Looks at `bytes` bytes.
fn sample<R: Read>(mut frames: Frames<R>, bytes: u64) -> io::Result<Sampled> {
    let mut sampled = Sampled { records: Vec::new(), obstacle: None };
    let Sampled { records, obstacle } = &mut sampled;
    while records.len() < SAMPLE_MAX && (frames.read_to() < bytes || bytes == u64::MAX) {
        match frames.next()? {
            Frame::Record(cut) => {
                let bytes = frames.bytes(&cut);
                match object(bytes) {
                    Some(record) => records.push(record),
                    None if nests_deeper(bytes, JSON_DEPTH_MAX) => {
                        obstacle.get_or_insert(Obstacle::TooDeep);
                    }
                    None if serde_json::from_slice::<IgnoredAny>(bytes).is_err() => {
                        obstacle.get_or_insert(Obstacle::NoJson);
                    }
                    None => {}
                }
            }
            Frame::Problem(_) => {
                let is_long = frames.read_to() > RECORD_BYTES_MAX as u64;
                obstacle.get_or_insert(if is_long { Obstacle::TooLong } else { Obstacle::NoJson });
            }
            Frame::Pause if bytes != u64::MAX && !records.is_empty() => break,
            Frame::Pause => {}
            Frame::End => return Ok(sampled),
        }
    }
    if records.is_empty() && bytes > RECORD_BYTES_MAX as u64 && bytes != u64::MAX {
        obstacle.get_or_insert(Obstacle::TooLong);
    }
    Ok(sampled)
}

fn object(bytes: &[u8]) -> Option<Map<String, Value>> {
    if nests_deeper(bytes, JSON_DEPTH_MAX) {
        return None;
    }
    let text = String::from_utf8_lossy(bytes);
    match parse_json(without_lone_surrogates(text.trim()).as_ref()) {
        Ok(Value::Object(record)) => Some(record),
        Ok(_) | Err(_) => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &str, expected: Option<(JsonLayout, usize)>) {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("f");
        std::fs::write(&path, text).unwrap();
        let head = &text.as_bytes()[..text.len().min(PROBE_BYTES)];
        let found = look(&path, head).unwrap().map(|shape| (shape.layout, shape.records.len()));
        let shown: String = text.chars().take(60).collect();
        assert_eq!(found, expected, "{shown}");
    }

    #[test]
    fn layouts_are_told_from_the_first_bytes() {
        use JsonLayout::{Array, Document, Lines};
        check("{\"a\":1}\n{\"a\":2}\n", Some((Lines, 2)));
        check("\u{feff}\r\n{\"a\":1}\r\n{\"a\":2}", Some((Lines, 2)));
        check("{\"a\":1}\ngarbage\n{\"a\":2}", Some((Lines, 2)));
        check("{\"a\":\n{\"a\":2}\n{\"a\":3}\n", Some((Lines, 2)));
        check("[\n  {\"a\": 1},\n  {\"a\": 2}\n]", Some((Array, 2)));
        check("{\"a\":1}", Some((Document, 1)));
        check("{\n \"a\": 1\n}\n{\n \"a\": 2\n}\n", Some((Document, 2)));
        check(
            "{\"total\": 2, \"x\": {\"data\": [{}]}, \"events\": [{\"a\":1},{\"a\":2}]}",
            Some((Document, 2)),
        );
        check("{\"events\": [1, 2]}", Some((Document, 1)));
        check("{\"a\": {}, \"history\": {\"events\": [{\"a\":1},{\"a\":2}]}, \"b\": 1}", Some((Document, 2)));
        check("{\"history\": {\"a\": 1}, \"x\": {\"events\": [{\"a\":1}]}}", Some((Document, 1)));
        check("[]", Some((Array, 0)));
        check("", None);
        check("a: {}", None);
        check("[package]\nname = 1", None);
        check("{ not json }", None);
    }

    #[test]
    fn a_first_record_longer_than_the_head_is_read_to_its_end() {
        let long = format!("{{\"a\":\"{}\"}}", "x".repeat(3 * PROBE_BYTES));
        check(&format!("{long}\n{long}\n"), Some((JsonLayout::Lines, 1)));
        check(&format!("[{long},{long}]"), Some((JsonLayout::Array, 1)));
        check(&long, Some((JsonLayout::Document, 1)));
        check(&format!("{{\"items\":[{long}],\"b\":\"{long}"), Some((JsonLayout::Document, 1)));
    }

    #[test]
    fn utf16_is_a_sentence() {
        for bytes in ["\u{feff}{\"a\":1}", "{\"a\":1}"] {
            for big in [false, true] {
                let encoded: Vec<u8> = bytes
                    .encode_utf16()
                    .flat_map(|unit| if big { unit.to_be_bytes() } else { unit.to_le_bytes() })
                    .collect();
                let error = look(Path::new("f"), &encoded).unwrap_err();
                assert!(error.to_string().contains("UTF-16"), "{error}");
            }
        }
    }
}
