//! What payloads look like: paths with the values seen there, from a few events of a log. For completion; nothing is
//! decided by it.

use std::collections::HashMap;

use serde_json::Value;

use super::path::{Path, Step};
use crate::model::RecordedEvent;

/// Paths and values that are remembered, and how deep documents are looked into.
const PATHS_MAX: usize = 2_000;
const VALUES_MAX: usize = 50;
const DEPTH_MAX: usize = 8;
/// Characters of a value worth offering.
const VALUE_CHARS: usize = 60;

/// Paths into data and metadata, each with how often it was seen and its values.
#[derive(Clone, Debug, Default)]
pub struct Samples {
    paths: HashMap<String, Seen>,
}

#[derive(Clone, Debug, Default)]
struct Seen {
    events: u64,
    values: HashMap<String, u64>,
}

impl Samples {
    /// What these events show.
    pub fn of<'a>(events: impl IntoIterator<Item = &'a RecordedEvent>) -> Self {
        let mut samples = Self::default();
        for event in events {
            if let Some(data) = event.data.value() {
                samples.look("data", &mut Vec::new(), &data);
            }
            if let Some(metadata) = &event.metadata {
                samples.look("meta", &mut Vec::new(), &metadata.value());
            }
        }
        samples
    }

    fn look(&mut self, root: &str, steps: &mut Vec<Step>, value: &Value) {
        if steps.len() >= DEPTH_MAX {
            return;
        }
        match value {
            Value::Object(members) => {
                for (name, member) in members {
                    steps.push(Step::Member(name.clone()));
                    self.look(root, steps, member);
                    steps.pop();
                }
            }
            Value::Array(items) => {
                steps.push(Step::Every);
                items.iter().take(3).for_each(|item| self.look(root, steps, item));
                steps.pop();
            }
            scalar => self.see(format!("{root}{}", Path(steps.clone())), scalar),
        }
    }

    fn see(&mut self, path: String, value: &Value) {
        if self.paths.len() >= PATHS_MAX && !self.paths.contains_key(&path) {
            return;
        }
        let seen = self.paths.entry(path).or_default();
        seen.events += 1;
        let text = match value {
            Value::String(text) => text.clone(),
            other => other.to_string(),
        };
        if text.chars().count() <= VALUE_CHARS
            && (seen.values.len() < VALUES_MAX || seen.values.contains_key(&text))
        {
            *seen.values.entry(text).or_default() += 1;
        }
    }

    /// Paths with how often they were seen, the most frequent first.
    pub fn paths(&self) -> Vec<(&str, u64)> {
        let mut paths: Vec<(&str, u64)> =
            self.paths.iter().map(|(path, seen)| (path.as_str(), seen.events)).collect();
        paths.sort_unstable_by(|a, b| b.1.cmp(&a.1).then_with(|| a.0.cmp(b.0)));
        paths
    }

    /// Values seen at a path, the most frequent first.
    pub fn values(&self, path: &str) -> Vec<(&str, u64)> {
        let seen = self.paths.get(path);
        let mut values: Vec<(&str, u64)> = seen
            .map(|seen| seen.values.iter().map(|(value, count)| (value.as_str(), *count)).collect())
            .unwrap_or_default();
        values.sort_unstable_by(|a, b| b.1.cmp(&a.1).then_with(|| a.0.cmp(b.0)));
        values
    }
}
