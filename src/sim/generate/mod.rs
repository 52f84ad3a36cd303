//! The deterministic log of the built-in shop, as JSON lines: material for benches, tests and first tries.
//! What things are called, what they hold and in which order a saga does them is the domain file's, read once for
//! a log; what is written is what a run of the simulator records, but fast.
//!
//! The same options give the same bytes for ever; a shorter log is not the beginning of a longer one,
//! because the number of products and the length of the story grow with the number of events.
//! This is no simulator of sagas under faults: what fails here fails by chance and is always told honestly.
//! What a run does not reach is told beside it: what became of a confirmed order's parcel, and orders of several lines,
//! each of which has its own reservation.

mod calendar;
mod catalog;
mod line;
mod order;
mod parcel;
mod products;
mod saga;
mod shop;
mod template;
mod vocabulary;

use std::io::{self, Write};

use crate::base::cancel::CancelToken;

/// What to generate.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct GenerateOptions {
    /// How many events, one a line; exactly so many are written.
    pub events: u64,
    /// Which of the shops: every seed has its own customers, orders and misfortunes.
    pub seed: u64,
}

/// What was written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Generated {
    /// Lines, one an event.
    pub events: u64,
    /// Different streams among them.
    pub streams: u64,
    /// Events of the longest stream.
    pub longest_stream: u64,
    /// Bytes, line ends included.
    pub bytes: u64,
}

/// Why there is no complete log.
#[derive(Debug, thiserror::Error)]
pub enum GenerateError {
    /// Somebody asked for the end; what was written so far is whole lines.
    #[error("stopped after {written} events")]
    Cancelled {
        /// Lines that were written.
        written: u64,
    },
    /// The receiver of the bytes refused them.
    #[error("the log could not be written: {0}; free some space or choose another place")]
    Write(#[from] io::Error),
}

/// Bytes gathered before they are written: a cancel and the progress wait for that much.
const FLUSH_BYTES: usize = 256 << 10;

/// Writes the log that `options` names to `out`; `progress` hears the number of events written so far.
pub fn generate(
    options: &GenerateOptions,
    out: &mut impl Write,
    cancel: &CancelToken,
    progress: &mut dyn FnMut(u64),
) -> Result<Generated, GenerateError> {
    let words = vocabulary::Vocabulary::of_shop();
    let mut shop = shop::Shop::new(*options, &words);
    let mut written = Generated::default();
    loop {
        let is_done = shop.log.is_full();
        if is_done || shop.log.bytes.len() >= FLUSH_BYTES {
            if cancel.is_cancelled() {
                return Err(GenerateError::Cancelled { written: written.events });
            }
            out.write_all(&shop.log.bytes)?;
            written.bytes += shop.log.bytes.len() as u64;
            written.events = shop.log.events();
            shop.log.bytes.clear();
            progress(written.events);
        }
        if is_done {
            break;
        }
        shop.step();
    }
    out.flush()?;
    Ok(Generated { streams: shop.log.streams(), longest_stream: shop.log.longest_stream(), ..written })
}

#[cfg(test)]
mod tests;
