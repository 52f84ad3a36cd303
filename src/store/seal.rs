//! What a file held when it was read, as hashes of its pieces: whether it still holds that is told by reading it once
//! more, without parsing, on all cores. A file's length, time and ends prove nothing of what lies between. No
//! protection against somebody who wants two files to look alike.

use std::fs::File;
use std::io::{self, Read as _, Seek as _, SeekFrom};
use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering};
use std::thread::Builder;

use xxhash_rust::xxh3::{Xxh3, xxh3_128};

use super::Progress;
use crate::base::cancel::CancelToken;

/// Bytes that are read at a time; a piece is seldom longer.
const BUFFER: usize = 1 << 20;

/// Bytes of pieces that a thread takes at a time.
const RUN: u64 = 4 << 20;

/// More threads than this wait for memory.
const THREADS_MAX: usize = 8;

/// Bytes that lie together, as they were.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Piece {
    len: u64,
    /// The halves of 128 bits: together they would take as much room again for their alignment.
    hash: [u64; 2],
}

impl Piece {
    /// Of these bytes.
    pub(super) fn of(bytes: &[u8]) -> Self {
        Self { len: bytes.len() as u64, hash: halves(xxh3_128(bytes)) }
    }

    /// Whether `file` goes on with these bytes.
    fn is_next_in(&self, file: &mut File, buffer: &mut Vec<u8>) -> io::Result<bool> {
        buffer.resize(buffer.len().max((self.len as usize).min(BUFFER)), 0);
        if self.len <= BUFFER as u64 {
            let bytes = &mut buffer[..self.len as usize];
            file.read_exact(bytes)?;
            return Ok(halves(xxh3_128(bytes)) == self.hash);
        }
        let (mut hash, mut left) = (Xxh3::new(), self.len);
        while left > 0 {
            let bytes = &mut buffer[..left.min(BUFFER as u64) as usize];
            file.read_exact(bytes)?;
            hash.update(bytes);
            left -= bytes.len() as u64;
        }
        Ok(halves(hash.digest128()) == self.hash)
    }
}

fn halves(hash: u128) -> [u64; 2] {
    [(hash >> 64) as u64, hash as u64]
}

/// All that was read of a file, from its begin to [`Seal::end`].
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Seal {
    pieces: Vec<Piece>,
    end: u64,
}

impl Seal {
    /// What was read next.
    pub(super) fn add(&mut self, piece: Piece) {
        if piece.len > 0 {
            self.end += piece.len;
            self.pieces.push(piece);
        }
    }

    /// Up to where it goes.
    pub(super) fn end(&self) -> u64 {
        self.end
    }

    /// Leaves out what was read behind `at`, where a piece begins.
    pub(super) fn cut_to(&mut self, at: u64) {
        while self.end > at
            && let Some(piece) = self.pieces.pop()
        {
            self.end -= piece.len;
        }
    }

    /// Bytes of heap.
    pub(super) fn heap_bytes(&self) -> usize {
        self.pieces.capacity() * size_of::<Piece>()
    }

    /// Whether the file that `open` opens still begins with all of this. `false` where it cannot be read, or that was
    /// cancelled.
    pub(super) fn holds(
        &self,
        open: &(dyn Fn() -> Option<File> + Sync),
        cancel: &CancelToken,
        tell: &mut dyn FnMut(Progress),
    ) -> bool {
        let runs = self.runs();
        let (next, done, broken) = (AtomicUsize::new(0), AtomicU64::new(0), AtomicBool::new(false));
        let work = |tell: &mut dyn FnMut(Progress)| {
            let (mut file, mut buffer) = (open(), Vec::new());
            while let Some((at, pieces)) = runs.get(next.fetch_add(1, Ordering::Relaxed)) {
                if broken.load(Ordering::Relaxed) || cancel.is_cancelled() {
                    return;
                }
                let is_same = file.as_mut().is_some_and(|file| {
                    file.seek(SeekFrom::Start(*at)).is_ok()
                        && pieces.iter().all(|piece| piece.is_next_in(file, &mut buffer).unwrap_or(false))
                });
                if !is_same {
                    broken.store(true, Ordering::Relaxed);
                    return;
                }
                let len: u64 = pieces.iter().map(|piece| piece.len).sum();
                let done = done.fetch_add(len, Ordering::Relaxed) + len;
                tell(Progress { done, total: Some(self.end), finished: false });
            }
        };
        let cores = std::thread::available_parallelism().map_or(1, usize::from);
        std::thread::scope(|scope| {
            for _ in 1..cores.min(THREADS_MAX).min(runs.len()) {
                // Without a thread more of it is done by this one.
                let helper = Builder::new().name("store-seal".to_owned());
                drop(helper.spawn_scoped(scope, || work(&mut |_| {})));
            }
            work(tell);
        });
        // A run that nobody finished was not compared.
        !broken.into_inner() && done.into_inner() == self.end
    }

    /// Pieces that one thread compares, and where they begin.
    fn runs(&self) -> Vec<(u64, &[Piece])> {
        let (mut runs, mut at, mut from, mut len) = (Vec::new(), 0, 0, 0);
        for (number, piece) in self.pieces.iter().enumerate() {
            len += piece.len;
            if len >= RUN || number + 1 == self.pieces.len() {
                runs.push((at, &self.pieces[from..=number]));
                (at, from, len) = (at + len, number + 1, 0);
            }
        }
        runs
    }
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;

    /// Whether the file at `path` holds what was read of `read`, in pieces of these lengths.
    fn check(path: &Path, read: &[u8], lens: &[usize], expected: bool) {
        let (mut seal, mut at) = (Seal::default(), 0);
        for len in lens {
            seal.add(Piece::of(&read[at..at + len]));
            at += len;
        }
        assert_eq!(seal.end(), at as u64);
        let holds = seal.holds(&|| File::open(path).ok(), &CancelToken::default(), &mut |_| {});
        assert_eq!(holds, expected, "{lens:?}");
    }

    /// Bytes of which no stretch is like another.
    fn noise(len: usize) -> Vec<u8> {
        (0..len).map(|n| ((n as u64).wrapping_mul(0x9E37_79B9_7F4A_7C15) >> 56) as u8).collect()
    }

    #[test]
    fn every_piece_of_every_run_is_compared() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("file");
        // Short, long and empty pieces, more than one run, and a piece longer than the buffer.
        let lens = [1, 0, 70_000, 3 * BUFFER + 5, 2 * BUFFER, 12];
        let bytes = noise(lens.iter().sum());
        std::fs::write(&path, &bytes).expect("it is there");
        check(&path, &bytes, &lens, true);
        check(&path, &bytes, &[], true);
        for at in [0, 1, 70_000, 70_001 + BUFFER, 70_001 + 3 * BUFFER, bytes.len() - 1] {
            let mut other = bytes.clone();
            other[at] ^= 1;
            std::fs::write(&path, &other).expect("it is there");
            check(&path, &bytes, &lens, false);
        }
        // What came behind is not looked at; what is missing is.
        std::fs::write(&path, [&bytes[..], b"more"].concat()).expect("it is there");
        check(&path, &bytes, &lens, true);
        std::fs::write(&path, &bytes[..bytes.len() - 1]).expect("it is there");
        check(&path, &bytes, &lens, false);
        std::fs::remove_file(&path).expect("it was there");
        check(&path, &bytes, &lens, false);
    }

    #[test]
    fn what_was_cancelled_proves_nothing() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("file");
        std::fs::write(&path, b"content").expect("it is there");
        let mut seal = Seal::default();
        seal.add(Piece::of(b"content"));
        let cancel = CancelToken::default();
        cancel.cancel();
        assert!(!seal.holds(&|| File::open(&path).ok(), &cancel, &mut |_| {}));
    }

    #[test]
    fn cut_where_a_piece_begins_it_is_as_if_no_more_was_read() {
        let (mut seal, mut first) = (Seal::default(), Seal::default());
        first.add(Piece::of(b"one"));
        for piece in [&b"one"[..], b"two!", b"three"] {
            seal.add(Piece::of(piece));
        }
        seal.cut_to(3);
        assert_eq!(seal, first);
        seal.cut_to(0);
        assert_eq!(seal, Seal::default());
    }
}
