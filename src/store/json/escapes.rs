//! The trap of `psql \copy`: its text format doubles every backslash of the JSON it writes, so that some lines
//! do not parse and others are silently wrong. Looks ahead to tell whether a file fell into it.

use std::fs::File;
use std::io;

use super::frames::{Frame, Frames};
use super::record::Record;

/// Lines with doubled backslashes that parse as they are: after so many nothing was doubled by COPY, for about
/// every other one would have broken.
const GOOD_LINES_MAX: usize = 1_000;

/// Looks through a file of lines until it is known whether its backslashes are doubled.
pub(super) struct Watch {
    frames: Frames<File>,
    good: usize,
    verdict: Option<bool>,
    sure: Sure,
}

/// How sure it is whether a file's backslashes are doubled.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Sure {
    /// No line had a backslash so far.
    Unseen,
    /// The file ended before it was known: what comes behind its end may tell otherwise.
    Guessed,
    /// Whatever comes.
    Known,
}

impl Watch {
    /// Looks at `file` from its begin, or from `at` where nothing before has a backslash; `file` is there already.
    pub(super) fn new(file: File, at: u64) -> Self {
        Self { frames: Frames::lines(file, at), good: 0, verdict: None, sure: Sure::Unseen }
    }

    /// How sure it is by now.
    pub(super) fn sure(&self) -> Sure {
        self.sure
    }

    /// Whether the file must be unescaped, as soon as it is known; reads about `bytes` more.
    pub(super) fn look(&mut self, bytes: u64) -> io::Result<Option<bool>> {
        let until = self.frames.read_to() + bytes;
        while self.verdict.is_none() && self.frames.read_to() <= until {
            match self.frames.next()? {
                Frame::Record(cut) => {
                    let line = self.frames.bytes(&cut);
                    match runs(line) {
                        Runs::None => continue,
                        Runs::Odd => self.verdict = Some(false),
                        Runs::Even if is_object(line) => {
                            self.good += 1;
                            self.verdict = (self.good > GOOD_LINES_MAX).then_some(false);
                        }
                        Runs::Even => {
                            let halved = String::from_utf8_lossy(line).replace("\\\\", "\\");
                            self.verdict = is_object(halved.as_bytes()).then_some(true);
                        }
                    }
                    // A last line that is not whole is none of a file that goes on.
                    let is_known = self.verdict.is_some() && !cut.last;
                    self.sure = if is_known { Sure::Known } else { Sure::Guessed };
                }
                Frame::Problem(_) | Frame::Pause => {}
                Frame::End => self.verdict = Some(false),
            }
        }
        Ok(self.verdict)
    }
}

/// How backslashes stand in a line.
enum Runs {
    None,
    /// All of them in pairs, as COPY leaves them.
    Even,
    /// One that has no twin: not by COPY.
    Odd,
}

fn runs(line: &[u8]) -> Runs {
    let mut at = 0;
    while let Some(found) = memchr::memchr(b'\\', &line[at..]) {
        let run = line[at + found..].iter().take_while(|byte| **byte == b'\\').count();
        if run % 2 == 1 {
            return Runs::Odd;
        }
        at += found + run;
    }
    if at == 0 { Runs::None } else { Runs::Even }
}

fn is_object(line: &[u8]) -> bool {
    std::str::from_utf8(line).is_ok_and(|text| Record::parse(text).is_ok())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &str, expected: bool) {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("f");
        std::fs::write(&path, text).unwrap();
        let mut watch = Watch::new(File::open(&path).unwrap(), 0);
        assert_eq!(watch.look(1 << 30).unwrap(), Some(expected), "{text}");
    }

    #[test]
    fn doubled_backslashes_are_told_from_others() {
        check(r#"{"a":"x"}"#, false);
        check(r#"{"a":"say \"x\""}"#, false);
        check(r#"{"a":"C:\\dir"}"#, false);
        check(r#"{"a":"say \\"x\\""}"#, true);
        check("{\"a\":\"line\\\\nline\"}\n{\"a\":\"say \\\\\"x\\\\\"\"}\n", true);
        // Broken either way: proves nothing.
        check(r#"{"a":"C:\\dir"#, false);
        // A single backslash before the line that fails.
        check("{\"a\":\"\\n\"}\n{\"a\":\"say \\\\\"x\\\\\"\"}\n", false);
    }
}
