//! The event log: what is known of every event without opening its payload, in columns that a published
//! snapshot shares with its successors.
//!
//! One [`LogBuilder`] writes; every [`EventLog`] it publishes is immutable and cheap to clone. Payloads stay in
//! the source and are fetched by [`Locator`](crate::model::Locator).

mod axis;
mod builder;
mod causality;
mod columns;
mod histogram;
mod intern;
mod log;
mod memory;
mod names;
mod order;
mod ordinals;
mod packed;
mod rows;
mod scan;
mod tables;
mod touched;

pub use axis::{Cut, TimeAxis};
pub use builder::LogBuilder;
pub use histogram::{Bin, edges_by_rank, edges_by_time, histogram, share};
pub use log::{EventLog, EventRef, SourceSummary, StreamLookup, glob};
pub use memory::Held;
pub use ordinals::Ordinals;
pub use rows::RowSet;
pub use scan::{NO_ID, NO_NUMBER, NO_ROW, SEGMENT, Segment};
pub use tables::{CorrelationId, CorrelationInfo, StreamId, StreamInfo, TypeId, TypeInfo};
pub use touched::touched;
