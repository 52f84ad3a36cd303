//! A whole event with its payload parsed: at once where it is small, in the background where it is large.

use std::sync::Arc;

use serde_json::Value;

use crate::base::limits::PARSE_AT_ONCE_BYTES;
use crate::engine::Latest;
use crate::model::{FetchError, RecordedEvent, Row};
use crate::ui::view::ViewContext;

/// An event ready to be drawn.
#[derive(Debug)]
pub(super) struct Prepared {
    pub(super) row: Row,
    pub(super) event: Arc<RecordedEvent>,
    /// The payload, where it is JSON.
    pub(super) data: Option<Value>,
    /// The metadata.
    pub(super) metadata: Option<Value>,
    /// Another number for every preparation.
    pub(super) identity: u64,
}

/// What is known of an event now.
pub(super) enum State {
    /// It is being fetched or parsed.
    Loading,
    /// All of it.
    Ready(Arc<Prepared>),
    /// It cannot be read.
    Failed(FetchError),
}

impl State {
    pub(super) fn ready(&self) -> Option<&Prepared> {
        match self {
            Self::Ready(prepared) => Some(prepared),
            Self::Loading | Self::Failed(_) => None,
        }
    }
}

/// The event shown at one place.
#[derive(Default)]
pub(super) struct Slot {
    current: Option<Arc<Prepared>>,
    parsing: Latest<u64, Arc<Prepared>>,
    prepared: u64,
    /// The event that is being parsed, under `prepared`.
    asked: Option<Arc<RecordedEvent>>,
}

impl Slot {
    /// The event at `row`, as far as it is here.
    pub(super) fn get(&mut self, context: &ViewContext<'_>, row: Row) -> State {
        let cached = context.document.events.as_ref().and_then(|events| events.get(context.log(), row));
        let event = match cached {
            None => return State::Loading,
            Some(Err(error)) => return State::Failed(error),
            Some(Ok(event)) => event,
        };
        if let Some(current) = &self.current
            && current.row == row
            && Arc::ptr_eq(&current.event, &event)
        {
            return State::Ready(Arc::clone(current));
        }
        let bytes = event.data.len() + event.metadata.as_ref().map_or(0, |text| text.as_str().len());
        if bytes <= PARSE_AT_ONCE_BYTES {
            self.prepared += 1;
            return self.keep(Arc::new(prepare(row, event, self.prepared)));
        }
        if self.asked.as_ref().is_none_or(|asked| !Arc::ptr_eq(asked, &event)) {
            self.prepared += 1;
            self.asked = Some(Arc::clone(&event));
        }
        let identity = self.prepared;
        self.parsing.ask(context.engine.workers(), &identity, move |_, _| {
            Some(Arc::new(prepare(row, event, identity)))
        });
        match self.parsing.answer_to(&identity).as_ref().map(|answer| &answer.result) {
            Some(Ok(prepared)) => {
                let prepared = Arc::clone(prepared);
                self.keep(prepared)
            }
            Some(Err(panic)) => State::Failed(FetchError::Unreadable(panic.clone())),
            None => State::Loading,
        }
    }

    pub(super) fn is_busy(&self) -> bool {
        self.parsing.is_busy()
    }

    fn keep(&mut self, prepared: Arc<Prepared>) -> State {
        self.current = Some(Arc::clone(&prepared));
        State::Ready(prepared)
    }
}

fn prepare(row: Row, event: Arc<RecordedEvent>, identity: u64) -> Prepared {
    let data = event.data.value();
    let metadata = event.metadata.as_ref().map(crate::model::JsonText::value);
    Prepared { row, event, data, metadata, identity }
}
