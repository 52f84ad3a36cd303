//! What every module may use: cancel tokens, named threads, clocks, virtual time, seeded chance, limits,
//! copy-on-write columns, a stable hash, near names, text on one line. Standard library only, and nothing about
//! events.

pub mod cancel;
pub mod chunks;
pub mod clock;
pub mod entropy;
pub mod hash;
pub mod limits;
pub mod lookup;
pub mod nearest;
pub mod prng;
pub mod text;
pub mod thread;
pub mod ticks;
