//! A text in the bytes of many records at once, without decoding them: which of these events may carry it. Decides
//! nothing about an event; it only spares reading those that cannot.

use std::fs::File;
use std::io::{Read, Seek, SeekFrom};

use memchr::{memchr, memmem};

use crate::model::{Locator, TextFinder};

/// What a record says that holds bytes as text, in lower case and however the key goes on.
const BASE64: &[u8] = b"base64";

/// Which of the records of one stretch may hold the text; all, where they cannot be read. `bytes` is memory to read
/// into.
pub(super) fn may_hold(
    file: &mut File,
    stretch: &[Locator],
    text: &dyn TextFinder,
    bytes: &mut Vec<u8>,
) -> Vec<bool> {
    let (Some(first), Some(last)) = (stretch.first(), stretch.last()) else { return Vec::new() };
    let len = (last.at + u64::from(last.len) - first.at) as usize;
    bytes.resize(len, 0);
    if file.seek(SeekFrom::Start(first.at)).and_then(|_| file.read_exact(bytes)).is_err() {
        return vec![true; stretch.len()];
    }
    let mut holds = vec![false; stretch.len()];
    mark(&mut holds, stretch, bytes, |bytes, from| text.find(bytes, from));
    // An escape may stand for any letter, and so may Base64.
    mark(&mut holds, stretch, bytes, |bytes, from| memchr(b'\\', &bytes[from..]).map(|at| from + at));
    let base64 = memmem::Finder::new(BASE64);
    mark(&mut holds, stretch, bytes, |bytes, from| base64.find(&bytes[from..]).map(|at| from + at));
    holds
}

/// Marks the records in which `find` finds something. A hit that begins between two records, or goes beyond one, is
/// none of theirs; the ones that follow are still found.
fn mark(holds: &mut [bool], stretch: &[Locator], bytes: &[u8], find: impl Fn(&[u8], usize) -> Option<usize>) {
    let base = stretch.first().map_or(0, |first| first.at);
    let mut from = 0;
    for (holds, locator) in holds.iter_mut().zip(stretch) {
        let (start, end) =
            ((locator.at - base) as usize, (locator.at - base) as usize + locator.len as usize);
        from = from.max(start);
        // What was found last may lie in a later record.
        if from >= end || *holds {
            continue;
        }
        let Some(at) = find(bytes, from) else { return };
        from = at;
        *holds = at < end;
    }
}

#[cfg(test)]
mod tests {
    use std::io::Write as _;

    use proptest::prelude::*;

    use super::*;

    struct Plain(&'static str);

    impl TextFinder for Plain {
        fn text(&self) -> &str {
            self.0
        }

        fn find(&self, bytes: &[u8], from: usize) -> Option<usize> {
            memmem::find(bytes.get(from..)?, self.0.as_bytes()).map(|at| from + at)
        }
    }

    proptest! {
        /// As if each record were looked at alone; more only where a text crosses the end of a record.
        #[test]
        fn records_are_found_in_a_stretch_as_one_by_one(
            records in prop::collection::vec(("[ab\\\\x]{0,6}", 0_usize..3), 1..12),
        ) {
            let (mut text, mut stretch) = (String::new(), Vec::new());
            for (record, gap) in &records {
                stretch.push(Locator { at: text.len() as u64, len: record.len() as u32 });
                text.push_str(record);
                text.push_str(&"\n".repeat(gap + 1));
            }
            let mut file = tempfile::tempfile().unwrap();
            file.write_all(text.as_bytes()).unwrap();
            let found = may_hold(&mut file, &stretch, &Plain("ab"), &mut Vec::new());
            let expected: Vec<bool> =
                records.iter().map(|(record, _)| record.contains("ab") || record.contains('\\')).collect();
            prop_assert_eq!(found, expected);
        }
    }

    #[test]
    fn what_cannot_be_read_may_hold_anything() {
        let mut file = tempfile::tempfile().unwrap();
        let stretch = [Locator { at: 0, len: 4 }, Locator { at: 5, len: 4 }];
        assert_eq!(may_hold(&mut file, &stretch, &Plain("ab"), &mut Vec::new()), [true, true]);
    }
}
