//! Finding one's way in a domain: names, versions, globs, who handles what.

use std::cmp::Reverse;

use super::{
    Aggregate, CommandRule, Domain, Name, Program, Projection, RetryPolicy, Saga, Service, Step, Upcast,
};
use crate::base::ticks::Ticks;

impl Domain {
    /// The saga called `name`.
    pub fn saga(&self, name: &str) -> Option<&Saga> {
        self.sagas.iter().find(|saga| &*saga.name == name)
    }

    /// The aggregate called `name`.
    pub fn aggregate(&self, name: &str) -> Option<&Aggregate> {
        self.aggregates.iter().find(|aggregate| &*aggregate.name == name)
    }

    /// The service called `name`.
    pub fn service(&self, name: &str) -> Option<&Service> {
        self.services.iter().find(|service| &*service.name == name)
    }

    /// The aggregate that decides about commands of this type, and its rule.
    pub fn aggregate_of_command(&self, command: &str) -> Option<(&Aggregate, &CommandRule)> {
        self.aggregates.iter().find_map(|aggregate| {
            let rule = aggregate.commands.iter().find(|rule| &*rule.command == command)?;
            Some((aggregate, rule))
        })
    }

    /// The aggregate that a stream belongs to: by its aggregate type, else by the most specific glob.
    pub fn aggregate_of_stream(&self, aggregate_type: Option<&str>, stream: &str) -> Option<&Aggregate> {
        let by_type = aggregate_type.and_then(|name| self.aggregate(name));
        by_type.or_else(|| {
            let matching =
                self.aggregates.iter().filter(|aggregate| glob_matches(&aggregate.streams, stream));
            matching.min_by_key(|aggregate| Reverse(aggregate.streams.len()))
        })
    }

    /// The upcaster that takes `event_type` (without its version) at version `from`.
    pub fn upcast(&self, event_type: &str, from: u32) -> Option<&Upcast> {
        self.upcasts.iter().find(|upcast| &*upcast.event_type == event_type && upcast.from == from)
    }
}

impl Saga {
    /// The step called `name`.
    pub fn step(&self, name: &str) -> Option<&Step> {
        self.steps.iter().find(|step| &*step.name == name)
    }
}

impl Service {
    /// The program that says how a command of this type is answered.
    pub fn outcome(&self, command: &str) -> Option<&Program> {
        self.outcomes.iter().find(|(name, _)| &**name == command).map(|(_, program)| program)
    }
}

impl Aggregate {
    /// The evolve rule for an event type: under its whole name, else without its version.
    pub fn rule(&self, event_type: &str) -> Option<&Program> {
        rule(&self.on, event_type)
    }
}

impl Projection {
    /// The rule for an event type: under its whole name, else without its version.
    pub fn rule(&self, event_type: &str) -> Option<&Program> {
        rule(&self.on, event_type)
    }
}

fn rule<'r>(rules: &'r [(Name, Program)], event_type: &str) -> Option<&'r Program> {
    let named = |name: &str| rules.iter().find(|(rule, _)| &**rule == name).map(|(_, program)| program);
    named(event_type).or_else(|| named(split_version(event_type).0))
}

impl Step {
    /// The events that say what became of it, or of its undo.
    pub fn outcomes(&self) -> impl Iterator<Item = &Name> {
        let undone = [&self.compensated, &self.tombstone];
        [&self.success, &self.failure].into_iter().chain(undone.into_iter().flatten())
    }

    /// The longest time from the first command to giving the step up: attempts × timeout and the largest waits
    /// between them. `None` without a timeout.
    pub fn budget(&self) -> Option<Ticks> {
        let waits = (1..self.retry.attempts).map(|attempt| self.retry.longest_wait_after(attempt).0);
        let waits = waits.fold(0, u64::saturating_add);
        self.timeout.map(|timeout| timeout.times(u64::from(self.retry.attempts)).after(Ticks(waits)))
    }
}

impl RetryPolicy {
    /// The wait after attempt `attempt` (from 1), before it is spread.
    pub fn wait_after(&self, attempt: u32) -> Ticks {
        if !self.exponential {
            return self.initial.min(self.cap);
        }
        let factor = 1_u64.checked_shl(attempt.saturating_sub(1)).unwrap_or(u64::MAX);
        self.initial.times(factor).min(self.cap)
    }

    /// The same, spread as far as it goes.
    pub fn longest_wait_after(&self, attempt: u32) -> Ticks {
        let wait = self.wait_after(attempt);
        let spread = u128::from(wait.0) * u128::from(self.jitter_permille) / 1_000;
        wait.after(Ticks(u64::try_from(spread).unwrap_or(u64::MAX)))
    }
}

/// `order.created.v2` as `order.created` and 2. A name without a version has none.
pub fn split_version(name: &str) -> (&str, Option<u32>) {
    let digits = name.bytes().rev().take_while(u8::is_ascii_digit).count();
    let (rest, version) = name.split_at(name.len() - digits);
    let Some(base) = rest.strip_suffix(".v").filter(|base| !base.is_empty()) else { return (name, None) };
    match version.parse() {
        Ok(number) if !version.starts_with('0') => (base, Some(number)),
        _ => (name, None),
    }
}

/// `order.created` of version 2 as `order.created.v2`.
pub fn with_version(base: &str, version: Option<u32>) -> String {
    version.map_or_else(|| base.to_owned(), |version| format!("{base}.v{version}"))
}

/// Whether `text` is what `pattern` says; `*` stands for anything, nothing included.
pub fn glob_matches(pattern: &str, text: &str) -> bool {
    let mut parts = pattern.split('*');
    let first = parts.next().unwrap_or_default();
    let Some(mut rest) = text.strip_prefix(first) else { return false };
    let mut parts: Vec<&str> = parts.collect();
    let Some(last) = parts.pop() else { return rest.is_empty() };
    for part in parts {
        let Some(found) = rest.find(part) else { return false };
        rest = &rest[found + part.len()..];
    }
    rest.len() >= last.len() && rest.ends_with(last)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_are_split_from_names() {
        for (name, base, version) in [
            ("order.created.v1", "order.created", Some(1)),
            ("order.created", "order.created", None),
            ("OrderCreated.v12", "OrderCreated", Some(12)),
            ("order.v", "order.v", None),
            ("order.v01", "order.v01", None),
            ("order.v1x", "order.v1x", None),
            (".v1", ".v1", None),
            ("a.v1.v2", "a.v1", Some(2)),
            ("größe.v7", "größe", Some(7)),
            ("a.v1.v", "a.v1.v", None),
            ("order.v99999999999", "order.v99999999999", None),
        ] {
            assert_eq!(split_version(name), (base, version), "{name}");
            assert_eq!(with_version(base, version), name);
        }
    }

    #[test]
    fn globs_match_whole_names() {
        for (pattern, text, expected) in [
            ("order-*", "order-1", true),
            ("order-*", "order-", true),
            ("order-*", "reorder-1", false),
            ("order", "order", true),
            ("order", "order-1", false),
            ("", "", true),
            ("", "a", false),
            ("*", "anything", true),
            ("*-order", "my-order", true),
            ("a*b*c", "a-b-b-c", true),
            ("a*b*c", "a-c-b", false),
            ("ab*ba", "aba", false),
        ] {
            assert_eq!(glob_matches(pattern, text), expected, "{pattern} {text}");
        }
    }

    #[test]
    fn waits_double_up_to_the_cap_and_the_budget_adds_them_up() {
        let retry = RetryPolicy {
            attempts: 4,
            exponential: true,
            initial: Ticks::from_millis(100),
            cap: Ticks::from_millis(300),
            jitter_permille: 200,
        };
        let waits: Vec<_> = (1..4).map(|attempt| retry.wait_after(attempt).to_string()).collect();
        assert_eq!(waits, ["100ms", "200ms", "300ms"]);
        assert_eq!(retry.longest_wait_after(2), Ticks::from_millis(240));
        assert_eq!(RetryPolicy { exponential: false, ..retry }.wait_after(3), Ticks::from_millis(100));
        assert_eq!(retry.wait_after(u32::MAX), Ticks::from_millis(300));
    }
}
