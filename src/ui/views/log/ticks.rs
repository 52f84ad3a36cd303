//! Failures as ticks on the scroll bar: found in the background, at most one for each thousandth of the list.

use crate::engine::Latest;
use crate::query::Query;
use crate::ui::view::ViewContext;

/// Ticks of one list; a scroll bar has about as many pixels.
const TICKS_MAX: u64 = 1_000;
/// Events between two looks at the cancel token.
const LOOK_EVERY: u64 = 1 << 16;

/// What the ticks depend on.
#[derive(Clone, Debug, PartialEq)]
struct TicksKey {
    generation: u64,
    filter: Query,
    range: Option<(i64, i64)>,
    events: u64,
}

/// Failures of the list.
#[derive(Default)]
pub(super) struct Ticks {
    found: Latest<TicksKey, Vec<u64>>,
}

impl Ticks {
    /// Indexes of failures in the list, as far as they are known.
    pub(super) fn of(&self, context: &ViewContext<'_>) -> Vec<u64> {
        let document = context.document;
        // While events stream in, the answer would be old before it is there.
        if !document.progress.finished || document.is_selecting() {
            return Vec::new();
        }
        let log = context.log();
        let key = TicksKey {
            generation: log.generation(),
            filter: document.filter.clone(),
            range: context.navigation.range,
            events: document.rows.len(log),
        };
        let (log, rows) = (log.clone(), document.rows.clone());
        self.found.ask(context.engine.workers(), &key, move |cancel, _| {
            let failures: Vec<bool> = log.types().iter().map(|info| info.is_failure).collect();
            let len = rows.len(&log);
            let mut found = Vec::new();
            let mut last_slot = None;
            for index in 0..len {
                if index % LOOK_EVERY == 0 && cancel.is_cancelled() {
                    return None;
                }
                let Some(row) = rows.get(&log, index) else { break };
                let slot = u128::from(index) * u128::from(TICKS_MAX) / u128::from(len);
                if last_slot != Some(slot) && failures[log.type_of(row).0 as usize] {
                    last_slot = Some(slot);
                    found.push(index);
                }
            }
            Some(found)
        });
        let answer = self.found.answer_to(&key);
        answer.and_then(|answer| answer.result.clone().ok()).unwrap_or_default()
    }

    /// Whether they are known.
    pub(super) fn is_settled(&self) -> bool {
        !self.found.is_busy()
    }
}
