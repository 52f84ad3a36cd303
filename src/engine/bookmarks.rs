//! Events that a person marked, as they are kept between two runs, and finding them again in a log that may have grown
//! since. An event is known by its own id, else by its place in its file. Which are marked is the settings'; what of
//! them is shown is the window's.

use std::path::Path;

use serde::{Deserialize, Serialize};

use super::load::OpenLog;
use crate::base::cancel::CancelToken;
use crate::index::{EventLog, EventRef};
use crate::model::{RecordedEvent, Row, SourceId, Timestamp};

/// Events read at a time while one is looked for.
const READ_AT_A_TIME: usize = 4_096;

/// A marked event.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(default)]
pub struct Bookmark {
    /// Its own id, where its store gives it one.
    pub id: Option<String>,
    /// Its place in its source, from 0.
    pub ordinal: u64,
    /// Its global position, where its store has one.
    pub position: Option<i64>,
    /// Its type.
    pub event_type: String,
    /// Its home stream, or nothing.
    pub stream: String,
    /// Its version there.
    pub version: Option<i64>,
    /// When it happened, in nanoseconds since 1970.
    pub time: Option<i64>,
    /// What a person wrote about it: one line, or nothing.
    pub note: String,
}

impl Bookmark {
    /// Of an event; `whole` is the event as its store has it, if it could be read.
    pub fn of(log: &EventLog, row: Row, whole: Option<&RecordedEvent>) -> Self {
        let event = log.event(row);
        Self {
            id: whole.and_then(|whole| whole.id.clone()),
            ordinal: row.ordinal() as u64,
            position: event.position,
            event_type: log.event_type(event.event_type).name.to_string(),
            stream: event.stream.map_or_else(String::new, |stream| log.stream(stream).id.to_string()),
            version: event.version,
            time: event.time.map(Timestamp::nanos),
            note: String::new(),
        }
    }

    /// Whether it is about the same event, whatever was written about it.
    pub fn is_of(&self, other: &Self) -> bool {
        self.id == other.id && self.ordinal == other.ordinal && self.position == other.position
    }

    /// Whether an event may be this one, as far as the index knows.
    fn fits(&self, log: &EventLog, event: &EventRef) -> bool {
        *self.event_type == *log.event_type(event.event_type).name
            && self.time == event.time.map(Timestamp::nanos)
            && self.position == event.position
    }
}

/// The search was cancelled.
struct Stopped;

/// The name under which the bookmarks of a file are kept.
pub fn bookmarks_of_file(path: &Path) -> String {
    std::path::absolute(path).unwrap_or_else(|_| path.to_owned()).to_string_lossy().into_owned()
}

impl OpenLog {
    /// Where marked events of a source are now, in the order asked; those that are not there any more have no row. Reads
    /// events of the same type where one is not where it was: not for the window's thread. `None` when cancelled.
    pub fn find_bookmarks(
        &self,
        wanted: &[(SourceId, Bookmark)],
        cancel: &CancelToken,
    ) -> Option<Vec<Option<Row>>> {
        let mut found: Vec<Option<Row>> = vec![None; wanted.len()];
        for (at, (source, mark)) in wanted.iter().enumerate() {
            found[at] = self.where_it_was(*source, mark);
        }
        for (at, (source, mark)) in wanted.iter().enumerate() {
            if found[at].is_none() {
                found[at] = self.elsewhere(*source, mark, cancel).ok()?;
            }
        }
        Some(found)
    }

    /// The event at the place that is remembered, if it is that event.
    fn where_it_was(&self, source: SourceId, mark: &Bookmark) -> Option<Row> {
        let row = Row::new(source, usize::try_from(mark.ordinal).ok()?);
        if !self.log.contains(row) {
            return None;
        }
        let fits = mark.fits(&self.log, &self.log.event(row));
        let Some(id) = &mark.id else { return fits.then_some(row) };
        match self.pool.fetch(&self.log, &[row]).pop()? {
            Ok(event) => (event.id.as_ref() == Some(id)).then_some(row),
            // What cannot be read now may be read later: the index has to do.
            Err(_) => fits.then_some(row),
        }
    }

    /// The event anywhere in its source: by its id, else by its global position.
    fn elsewhere(
        &self,
        source: SourceId,
        mark: &Bookmark,
        cancel: &CancelToken,
    ) -> Result<Option<Row>, Stopped> {
        let log = &self.log;
        let events = log.sources().get(usize::from(source.0)).map_or(0, |summary| summary.events);
        let of_type: Vec<bool> = log.types().iter().map(|info| *info.name == *mark.event_type).collect();
        let mut rows = Vec::new();
        for ordinal in 0..events as usize {
            if ordinal % READ_AT_A_TIME == 0 && cancel.is_cancelled() {
                return Err(Stopped);
            }
            let row = Row::new(source, ordinal);
            if log.contains(row) && of_type[log.type_of(row).0 as usize] {
                rows.push(row);
            }
        }
        let Some(id) = &mark.id else {
            // Without an id or a position, its place was all that was known of it.
            let here =
                mark.position.and_then(|_| rows.into_iter().find(|row| mark.fits(log, &log.event(*row))));
            return Ok(here);
        };
        // Most likely it still happened when it did.
        rows.sort_by_key(|row| log.event(*row).time.map(Timestamp::nanos) != mark.time);
        for part in rows.chunks(READ_AT_A_TIME) {
            if cancel.is_cancelled() {
                return Err(Stopped);
            }
            let read = self.pool.fetch_shared(log, part);
            let is_it = |event: &Result<RecordedEvent, _>| {
                event.as_ref().is_ok_and(|event| event.id.as_ref() == Some(id))
            };
            if let Some(at) = read.iter().position(is_it) {
                return Ok(Some(part[at]));
            }
        }
        Ok(None)
    }
}
