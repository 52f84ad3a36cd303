//! Small sagas for the tests of what is drawn of them.

use crate::base::cancel::CancelToken;
use crate::index::{EventLog, LogBuilder};
use crate::model::{Locator, Membership, RecordedEvent, Row, StreamName, Timestamp};
use crate::saga::{Page, Survey};

/// Type, stream, second, and place of the cause.
pub(crate) type Told<'a> = (&'a str, &'a str, i64, Option<usize>);

/// `pay` of `pay-1`.
fn group(stream: &str) -> &str {
    stream.split('-').next().unwrap_or(stream)
}

/// The one saga of these events.
pub(crate) fn page_of(told: &[Told<'_>]) -> (EventLog, Survey, Page) {
    let events: Vec<RecordedEvent> = told
        .iter()
        .enumerate()
        .map(|(at, (name, stream, second, cause))| RecordedEvent {
            id: Some(format!("e{at}")),
            event_type: (*name).to_owned(),
            streams: vec![Membership {
                stream: StreamName::new(group(stream), *stream),
                ..Membership::default()
            }],
            occurred_at: Some(Timestamp::from_nanos(second * 1_000_000_000, 9)),
            correlation_id: Some("c".to_owned()),
            causation_id: cause.map(|cause| format!("e{cause}")),
            ..RecordedEvent::default()
        })
        .collect();
    let mut builder = LogBuilder::default();
    let source = builder.add_source();
    for event in &events {
        builder.push(source, Locator { at: 0, len: 0 }, event);
    }
    let log = builder.publish();
    let mut fetch = |rows: &[Row]| -> Vec<Option<RecordedEvent>> {
        rows.iter().map(|row| events.get(row.ordinal()).cloned()).collect()
    };
    let cancel = CancelToken::default();
    let survey = Survey::of(&log, None, &mut fetch, &cancel, &mut |_, _| {}).unwrap();
    let page = Page::of(&log, &survey, 0, &mut fetch, &mut |_| Vec::new(), &cancel).unwrap();
    (log, survey, page)
}
