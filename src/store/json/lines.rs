//! Reads a file of JSON lines for the index, by as many threads as there are cores: blocks of whole lines go to the
//! threads in turn and come back in order, a few at a time, so that memory stays small and a cancel never waits long.
//! What becomes of a line is a matter of [`super::quick`] and [`super::record`].

use std::collections::VecDeque;
use std::fs::File;
use std::io::{self, Seek as _, SeekFrom};
use std::panic::resume_unwind;
use std::path::Path;
use std::sync::Arc;
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::thread::JoinHandle;

use super::frames::{Skipped, trimmed};
use super::quick::Quick;
use super::reader::{Decoder, problem_of};
use crate::base::limits::RECORD_BYTES_MAX;
use crate::base::thread;
use crate::model::{Locator, ReadIssue};
use crate::store::EnvelopeBatch;
use crate::store::seal::{Piece, Seal};

/// Bytes of a block: enough to be worth a hand-over, little enough for the caches of a processor.
const BLOCK_BYTES: usize = 512 << 10;

/// Blocks that wait for a thread or in front of the reader, each.
const WAITING: usize = 3;

/// Bytes of blocks that are handed out and not back yet; one block may be larger.
const IN_FLIGHT_BYTES: usize = 32 << 20;

/// More threads than this wait for whoever indexes.
const THREADS_MAX: usize = 8;

/// What is read at a time, and at most.
#[derive(Clone, Copy, Debug)]
struct Sizes {
    block: usize,
    line: usize,
}

impl Sizes {
    /// Whether memory is more than usual blocks need: that of a long line is not kept for short ones.
    fn is_large(self, memory: &[u8]) -> bool {
        memory.len() > 8 * self.block
    }
}

const SIZES: Sizes = Sizes { block: BLOCK_BYTES, line: RECORD_BYTES_MAX };

/// Where reading ended, and where it goes on once the file has grown.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Mark {
    /// Bytes that were read.
    pub(super) read_to: u64,
    /// Offset from which on is read next: the begin of a last line that could not be read, for it may only have been
    /// half written.
    pub(super) at: u64,
    /// Lines that ended before it.
    pub(super) lines: u64,
    /// There is such a line, and an issue was made of it.
    pub(super) is_cut: bool,
    /// The last line has no end, whatever was made of it.
    pub(super) is_open: bool,
}

/// A last line without its end.
#[derive(Clone, Copy, Debug)]
struct OpenLine {
    at: u64,
    is_cut: bool,
}

/// Cuts a file into blocks of whole lines.
struct Blocks {
    file: Box<dyn io::Read + Send>,
    /// Of the file, behind the last block.
    rest: Vec<u8>,
    /// Where the rest lies.
    at: u64,
    ended: bool,
    /// Why nothing more can be read. What came before is given out first.
    failed: Option<io::Error>,
    /// A line that is too long, and has not ended yet.
    skipping: Option<Skipped>,
    sizes: Sizes,
}

/// Whole lines, or one line that is too long to be read.
#[derive(Default)]
struct Block {
    /// Memory, of which the first `len` bytes are the lines: what is behind them need not be cleared.
    memory: Vec<u8>,
    len: usize,
    /// Offset of its first byte in the file.
    at: u64,
    /// The file ends behind it.
    is_last: bool,
    /// It is a part of a line that is too long.
    is_passed: bool,
    /// That line ends with it.
    too_long: Option<ReadIssue>,
}

impl Block {
    fn bytes(&self) -> &[u8] {
        &self.memory[..self.len]
    }
}

impl Blocks {
    /// Nothing is left.
    fn is_over(&self) -> bool {
        self.ended && self.rest.is_empty() && self.failed.is_none() && self.skipping.is_none()
    }

    /// The next block, in this memory if it is of use; an empty one while a line is passed over. `None` at the end.
    fn next(&mut self, mut memory: Vec<u8>) -> io::Result<Option<Block>> {
        if self.sizes.is_large(&memory) {
            memory = Vec::new();
        }
        memory.resize(memory.len().max(self.sizes.block).max(self.rest.len()), 0);
        if let Some(skipped) = self.skipping.take() {
            // In parts, so that progress is told and it can be cancelled between them.
            memory.truncate(self.sizes.block);
            return self.pass_over(skipped, memory).map(Some);
        }
        let mut len = self.rest.len();
        memory[..len].copy_from_slice(&self.rest);
        self.rest.clear();
        loop {
            len += self.fill(&mut memory[len..]);
            let line_end = memchr::memrchr(b'\n', &memory[..len]).map(|found| found + 1);
            if let (Some(error), None) = (&self.failed, line_end) {
                self.ended = true;
                return Err(io::Error::new(error.kind(), error.to_string()));
            }
            let end = if self.ended { Some(len) } else { line_end };
            if let Some(end) = end {
                self.rest.extend_from_slice(&memory[end..len]);
                let at = self.at;
                self.at += end as u64;
                let block = Block { memory, len: end, at, is_last: self.ended, ..Block::default() };
                return Ok((end > 0).then_some(block));
            }
            if len > self.sizes.line {
                let at = self.at;
                self.skipping = Some(Skipped::new(at, &memory[..len]));
                self.at += len as u64;
                return Ok(Some(Block { memory, len, at, is_passed: true, ..Block::default() }));
            }
            // A line is too long when this is full.
            memory.resize((memory.len() * 2).min(self.sizes.line + self.sizes.block), 0);
        }
    }

    /// Reads until `memory` is full, the file ends or reading fails; gives the number of bytes read.
    fn fill(&mut self, memory: &mut [u8]) -> usize {
        let mut len = 0;
        while len < memory.len() && !self.ended && self.failed.is_none() {
            match self.file.read(&mut memory[len..]) {
                Ok(0) => self.ended = true,
                Ok(read) => len += read,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => self.failed = Some(error),
            }
        }
        len
    }

    /// Passes over a part of a line that is too long.
    fn pass_over(&mut self, skipped: Skipped, mut memory: Vec<u8>) -> io::Result<Block> {
        let len = self.fill(&mut memory);
        let line_end = memchr::memchr(b'\n', &memory[..len]);
        if let (Some(error), None) = (&self.failed, line_end) {
            self.ended = true;
            return Err(io::Error::new(error.kind(), error.to_string()));
        }
        let at = self.at;
        // The end of the line, without its line feed.
        let end = at + line_end.unwrap_or(len) as u64;
        let len = line_end.map_or(len, |line_end| {
            self.rest.extend_from_slice(&memory[line_end + 1..len]);
            line_end + 1
        });
        self.at += len as u64;
        let is_last = self.ended && line_end.is_none();
        let mut block = Block { memory, len, at, is_last, is_passed: true, too_long: None };
        if line_end.is_some() || self.ended {
            block.too_long = Some(skipped.issue(String::new(), end, self.sizes.line));
        } else {
            self.skipping = Some(skipped);
        }
        Ok(block)
    }
}

/// What a block became.
#[derive(Default)]
struct Parsed {
    batch: EnvelopeBatch,
    /// For each issue, the number of its line in the block, from 1.
    issue_lines: Vec<u64>,
    lines: u64,
    open: Option<OpenLine>,
    /// What it was, and the last line without its end for itself.
    pieces: [Option<Piece>; 2],
    /// The block's memory, to be used again.
    spare: Vec<u8>,
    /// Offset of its end in the file.
    read_to: u64,
}

/// Makes envelopes of blocks.
struct Parser {
    decoder: Arc<Decoder>,
    quick: Quick,
    sizes: Sizes,
}

impl Parser {
    fn new(decoder: &Arc<Decoder>, sizes: Sizes) -> Self {
        Self { decoder: Arc::clone(decoder), quick: Quick::default(), sizes }
    }

    /// Fills `parsed`, which is empty, from `block`.
    fn parse(&mut self, block: Block, parsed: &mut Parsed) {
        let bytes = block.bytes();
        parsed.read_to = block.at + bytes.len() as u64;
        if block.is_passed {
            parsed.pieces = [Some(Piece::of(bytes)), None];
            if let Some(issue) = block.too_long {
                parsed.batch.issues.push(issue);
                parsed.issue_lines.push(1);
                parsed.lines = 1;
                parsed.open = block.is_last.then_some(OpenLine { at: block.at, is_cut: false });
            }
            parsed.spare = block.memory;
            return;
        }
        // Checked once for all lines; one by one where one of them is not UTF-8.
        let text = std::str::from_utf8(bytes).ok();
        let mark = if block.at == 0 && bytes.starts_with(b"\xEF\xBB\xBF") { 3 } else { 0 };
        let unescape = self.decoder.unescapes();
        let mut start = mark;
        while start < bytes.len() {
            let end = memchr::memchr(b'\n', &bytes[start..]).map_or(bytes.len(), |found| start + found);
            let is_last = end == bytes.len() && block.is_last;
            parsed.lines += 1;
            if is_last {
                parsed.open = Some(OpenLine { at: block.at + start as u64, is_cut: false });
            }
            let range = trimmed(bytes, start..end);
            start = end + 1;
            if range.is_empty() {
                continue;
            }
            let at = block.at + range.start as u64;
            let locator = Locator { at, len: range.len() as u32 };
            let raw = &bytes[range.clone()];
            if raw.len() > self.sizes.line {
                let skipped = Skipped::new(at, raw);
                parsed.batch.issues.push(skipped.issue(
                    String::new(),
                    at + raw.len() as u64,
                    self.sizes.line,
                ));
                parsed.issue_lines.push(parsed.lines);
                continue;
            }
            let line = text.map_or_else(|| std::str::from_utf8(raw).ok(), |text| text.get(range));
            let line = line.filter(|_| !unescape || memchr::memchr(b'\\', raw).is_none());
            if line.is_some_and(|line| self.quick.add(line, locator, &mut parsed.batch.envelopes))
                || self.decoder.is_nothing(raw)
            {
                continue;
            }
            match self.decoder.event(raw, at) {
                Ok(event) => {
                    parsed.batch.envelopes.add_event(locator, &event);
                    if let Some(line) = line {
                        self.quick.learn(line, self.decoder.convert());
                    }
                }
                Err(fault) => {
                    if let Some(open) = &mut parsed.open {
                        open.is_cut = true;
                    }
                    let issue = ReadIssue::new(String::new(), problem_of(fault, is_last), raw);
                    parsed.batch.issues.push(issue);
                    parsed.issue_lines.push(parsed.lines);
                }
            }
        }
        // In the caches of the processor still.
        let (ended, open) =
            bytes.split_at(parsed.open.map_or(bytes.len(), |open| (open.at - block.at) as usize));
        parsed.pieces = [ended, open].map(|part| Some(Piece::of(part)));
        parsed.spare = if self.sizes.is_large(&block.memory) { Vec::new() } else { block.memory };
    }
}

/// A thread that makes envelopes.
struct Worker {
    jobs: SyncSender<(Block, Parsed)>,
    results: Receiver<Parsed>,
    handle: JoinHandle<()>,
}

impl Worker {
    fn start(number: usize, mut parser: Parser) -> io::Result<Self> {
        let (jobs, inbox) = sync_channel::<(Block, Parsed)>(WAITING);
        let (outbox, results) = sync_channel(WAITING);
        let handle = thread::spawn(&format!("store-lines-{number}"), move || {
            while let Ok((block, mut parsed)) = inbox.recv() {
                parser.parse(block, &mut parsed);
                if outbox.send(parsed).is_err() {
                    return;
                }
            }
        })?;
        Ok(Self { jobs, results, handle })
    }
}

/// A file of lines being read for the index.
pub(super) struct Lines {
    blocks: Blocks,
    /// For the first block, and for all where no thread helps.
    parser: Parser,
    workers: Vec<Worker>,
    /// As many workers there shall be; with none, the reader does all itself.
    threads: usize,
    /// Blocks handed out and taken back so far.
    handed: usize,
    taken: usize,
    /// Lengths of the blocks that are handed out, and of all of them.
    out: VecDeque<usize>,
    in_flight: usize,
    /// Why nothing more can be read: said when everything that was handed out is back.
    failed: Option<io::Error>,
    /// A block that waits until it is known whether backslashes are doubled.
    held: Option<Block>,
    /// Memory to be used again.
    spare: Vec<Parsed>,
    /// Lines of the blocks taken back so far.
    passed: u64,
    read_to: u64,
    seal: Seal,
    /// The last line, where it has no end.
    open: Option<OpenLine>,
    ended: bool,
}

/// How far [`Lines::read`] came.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Step {
    pub(super) read_to: u64,
    pub(super) finished: bool,
}

impl Lines {
    /// The file at `path`, from its begin.
    pub(super) fn open(path: &Path, decoder: &Arc<Decoder>) -> io::Result<Self> {
        Self::open_at(path, decoder, Mark::default(), Seal::default())
    }

    /// The file at `path`, from where another reader ended; `seal` holds what that one read.
    pub(super) fn open_at(path: &Path, decoder: &Arc<Decoder>, mark: Mark, seal: Seal) -> io::Result<Self> {
        let cores = std::thread::available_parallelism().map_or(1, usize::from);
        let threads = if cores > 1 { cores.min(THREADS_MAX) } else { 0 };
        let mut file = File::open(path)?;
        file.seek(SeekFrom::Start(mark.at))?;
        let mut lines = Self::of(Box::new(file), decoder, SIZES, threads);
        lines.blocks.at = mark.at;
        (lines.passed, lines.read_to, lines.seal) = (mark.lines, mark.at, seal);
        lines.seal.cut_to(mark.at);
        Ok(lines)
    }

    /// What was read so far.
    pub(super) fn seal(&self) -> &Seal {
        &self.seal
    }

    /// Where reading ended: of use when it is finished.
    pub(super) fn mark(&self) -> Mark {
        let read_to = self.read_to;
        match self.open {
            None => Mark { read_to, at: read_to, lines: self.passed, is_cut: false, is_open: false },
            Some(open) => {
                let at = if open.is_cut { open.at } else { read_to };
                Mark { read_to, at, lines: self.passed - 1, is_cut: open.is_cut, is_open: true }
            }
        }
    }

    #[cfg(test)]
    fn with_sizes(path: &Path, decoder: &Arc<Decoder>, sizes: Sizes, threads: usize) -> io::Result<Self> {
        Ok(Self::of(Box::new(File::open(path)?), decoder, sizes, threads))
    }

    fn of(file: Box<dyn io::Read + Send>, decoder: &Arc<Decoder>, sizes: Sizes, threads: usize) -> Self {
        let (rest, failed, skipping) = (Vec::new(), None, None);
        Self {
            blocks: Blocks { file, rest, at: 0, ended: false, failed, skipping, sizes },
            parser: Parser::new(decoder, sizes),
            workers: Vec::new(),
            threads,
            handed: 0,
            taken: 0,
            held: None,
            spare: Vec::new(),
            passed: 0,
            read_to: 0,
            seal: Seal::default(),
            open: None,
            ended: false,
            out: VecDeque::new(),
            in_flight: 0,
            failed: None,
        }
    }

    /// Fills `batch`, which is empty, from one block. `is_ready` is asked whether the lines of a block can be read;
    /// while they cannot, nothing comes.
    pub(super) fn read(
        &mut self,
        batch: &mut EnvelopeBatch,
        mut is_ready: impl FnMut(&[u8]) -> io::Result<bool>,
    ) -> io::Result<Step> {
        let mut parsed = self.spare.pop().unwrap_or_default();
        if self.workers.is_empty() {
            // The first block is read without a thread: it is what a person waits for, and often all there is.
            if self.taken == 1 && !self.blocks.is_over() {
                self.start_workers();
            }
            if self.workers.is_empty() {
                if let Some(block) = self.next_block(&mut parsed, &mut is_ready)? {
                    self.parser.parse(block, &mut parsed);
                    self.take(parsed, batch);
                }
                return Ok(self.step());
            }
        }
        while self.may_hand_out() {
            let block = match self.next_block(&mut parsed, &mut is_ready) {
                Ok(Some(block)) => block,
                Ok(None) => break,
                Err(error) => {
                    self.failed = Some(error);
                    self.ended = true;
                    break;
                }
            };
            self.out.push_back(block.len);
            self.in_flight += block.len;
            let worker = self.handed % self.workers.len();
            if self.workers[worker].jobs.send((block, parsed)).is_err() {
                return Err(self.death_of(worker));
            }
            self.handed += 1;
            parsed = self.spare.pop().unwrap_or_default();
        }
        self.spare.push(parsed);
        if self.taken < self.handed {
            let worker = self.taken % self.workers.len();
            match self.workers[worker].results.recv() {
                Ok(parsed) => self.take(parsed, batch),
                Err(_) => return Err(self.death_of(worker)),
            }
            self.in_flight -= self.out.pop_front().unwrap_or_default();
        } else if let Some(error) = self.failed.take() {
            return Err(error);
        }
        Ok(self.step())
    }

    /// Whether another block is read ahead: so many for each thread, and not too much in all.
    fn may_hand_out(&self) -> bool {
        let has_room = self.in_flight < IN_FLIGHT_BYTES || self.handed == self.taken;
        has_room && self.handed < self.taken + self.workers.len() * WAITING
    }

    fn step(&self) -> Step {
        let is_over = self.ended && self.failed.is_none() && self.held.is_none();
        let finished = is_over && self.taken >= self.handed;
        Step { read_to: self.read_to, finished }
    }

    /// The next block that can be read, in the memory of `parsed`.
    fn next_block(
        &mut self,
        parsed: &mut Parsed,
        is_ready: &mut impl FnMut(&[u8]) -> io::Result<bool>,
    ) -> io::Result<Option<Block>> {
        if self.held.is_none() && !self.ended {
            self.held = self.blocks.next(std::mem::take(&mut parsed.spare))?;
            self.ended = self.held.is_none();
        }
        match self.held.take() {
            Some(block) if !block.is_passed && !is_ready(block.bytes())? => {
                self.held = Some(block);
                Ok(None)
            }
            block => Ok(block),
        }
    }

    /// Gives `batch` what a block became.
    fn take(&mut self, mut parsed: Parsed, batch: &mut EnvelopeBatch) {
        for (issue, line) in parsed.batch.issues.iter_mut().zip(&parsed.issue_lines) {
            issue.place = format!("line {}", self.passed + line);
        }
        self.passed += parsed.lines;
        parsed.pieces.iter_mut().filter_map(Option::take).for_each(|piece| self.seal.add(piece));
        self.read_to = parsed.read_to;
        self.open = parsed.open.take();
        self.taken += 1;
        std::mem::swap(batch, &mut parsed.batch);
        parsed.batch.clear();
        parsed.issue_lines.clear();
        parsed.lines = 0;
        self.spare.push(parsed);
    }

    /// The threads; fewer where the system gives no more.
    fn start_workers(&mut self) {
        if !self.ended {
            let Parser { decoder, sizes, .. } = &self.parser;
            let start = |number| Worker::start(number, Parser::new(decoder, *sizes));
            self.workers = (1..=self.threads).map_while(|number| start(number).ok()).collect();
            self.handed = self.taken;
        }
    }

    /// Passes on the panic of a thread that is gone.
    fn death_of(&mut self, worker: usize) -> io::Error {
        match self.workers.swap_remove(worker).handle.join() {
            Err(panic) => resume_unwind(panic),
            Ok(()) => io::Error::other("a thread that reads lines ended too early"),
        }
    }
}

#[cfg(test)]
mod tests;
