//! Whole states kept along a replay, so that any step is a short fold away from one; fewer of them when they
//! are large.

use std::sync::Arc;

use serde_json::Value;

/// States along the steps.
#[derive(Clone, Debug)]
pub(super) struct Checkpoints {
    kept: Vec<(u32, Arc<Value>)>,
    /// Steps and bytes of input after which another state is kept.
    spacing: (u32, usize),
    /// The same since the last one.
    since: (u32, usize),
    bytes: usize,
    bytes_max: usize,
}

impl Checkpoints {
    /// None yet: one every so many steps or bytes of input, while all together take at most `bytes_max` bytes.
    pub(super) fn new(spacing: (u32, usize), bytes_max: usize) -> Self {
        Self { kept: Vec::new(), spacing, since: (0, 0), bytes: 0, bytes_max }
    }

    /// Counts a step with an input of `bytes`; true if the state after it should be kept.
    pub(super) fn count(&mut self, bytes: usize) -> bool {
        self.since = (self.since.0 + 1, self.since.1 + bytes);
        let due = self.since.0 >= self.spacing.0 || self.since.1 >= self.spacing.1;
        if due {
            self.since = (0, 0);
        }
        due
    }

    /// Keeps the state after `step`, and drops every second one while there are too many bytes.
    pub(super) fn push(&mut self, step: u32, state: Value) {
        self.bytes += heap_bytes(&state);
        self.kept.push((step, Arc::new(state)));
        while self.bytes > self.bytes_max && self.kept.len() > 1 {
            self.spacing = (self.spacing.0.saturating_mul(2), self.spacing.1.saturating_mul(2));
            let mut keep = self.kept.len().is_multiple_of(2);
            self.kept.retain(|_| {
                // The newest one stays.
                keep = !keep;
                keep
            });
            self.bytes = self.kept.iter().map(|(_, state)| heap_bytes(state)).sum();
        }
    }

    /// The last checkpoint until `step`.
    pub(super) fn until(&self, step: u32) -> Option<(u32, &Arc<Value>)> {
        let behind = self.kept.partition_point(|(at, _)| *at <= step);
        self.kept[..behind].last().map(|(at, state)| (*at, state))
    }
}

/// About what a value takes in memory.
fn heap_bytes(value: &Value) -> usize {
    // A member is its key, its hash and a place in the table.
    const MEMBER: usize = size_of::<String>() + 3 * size_of::<usize>();
    size_of::<Value>()
        + match value {
            Value::Null | Value::Bool(_) => 0,
            Value::Number(number) => number.as_str().len(),
            Value::String(text) => text.len(),
            Value::Array(elements) => elements.iter().map(heap_bytes).sum(),
            Value::Object(members) => {
                members.iter().map(|(key, value)| MEMBER + key.len() + heap_bytes(value)).sum()
            }
        }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn state() -> Value {
        Value::String("x".repeat(1_000))
    }

    fn kept(checkpoints: &Checkpoints) -> Vec<u32> {
        checkpoints.kept.iter().map(|(step, _)| *step).collect()
    }

    #[test]
    fn a_checkpoint_is_due_after_many_steps_or_many_bytes() {
        let mut checkpoints = Checkpoints::new((3, 100), usize::MAX);
        let due: Vec<bool> = [1, 1, 1, 99, 1, 1, 200].map(|bytes| checkpoints.count(bytes)).into();
        assert_eq!(due, [false, false, true, false, true, false, true]);
    }

    #[test]
    fn checkpoints_are_thinned_when_they_are_large() {
        let mut checkpoints = Checkpoints::new((2, usize::MAX), 5_000);
        for step in 0..8 {
            checkpoints.push(step, state());
        }
        assert_eq!(kept(&checkpoints), [0, 4, 6, 7]);
        assert!(checkpoints.bytes <= 5_000, "{}", checkpoints.bytes);
        assert_eq!(checkpoints.spacing.0, 8);
        assert_eq!(checkpoints.until(5).map(|(step, _)| step), Some(4));
        assert_eq!(checkpoints.until(99).map(|(step, _)| step), Some(7));
        assert_eq!(Checkpoints::new((1, 1), 1).until(0), None);
    }

    #[test]
    fn one_checkpoint_stays_however_large() {
        let mut checkpoints = Checkpoints::new((1, usize::MAX), 10);
        for step in 0..3 {
            checkpoints.push(step, state());
        }
        assert_eq!(kept(&checkpoints), [2]);
    }
}
