//! Which handler gets an event of which version. The primer: the type of an integration event ends in its version
//! (`order.created.v1`), handlers are registered for versions, and an event of a version that nobody handles is
//! *upcast*: taken step by step through the domain's upcasters to the newest version that somebody does. What is
//! newer than everything known here cannot be read by guessing: it is a poison message, kept and shown, never
//! dropped. Calls no handler itself.

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet, VecDeque};

use serde_json::Value;

use crate::domain::{Name, Program, ProgramFault, Upcast, split_version};

/// The handlers' versions by family, and the ways from one version to the next.
#[derive(Clone, Debug, Default)]
pub struct VersionRouter {
    exact: BTreeSet<Name>,
    /// Type name by version, by family: `order.created` → 1 → `order.created.v1`.
    handled: BTreeMap<String, BTreeMap<u32, Name>>,
    /// By family, handlers that name no version: they get every version, older ones as the newest.
    any: BTreeMap<Name, Name>,
    /// The families of both, the shorter ones first: of most events a read model learns by their length alone that
    /// they are none of its own.
    families: Vec<Name>,
    /// By family, in the order of the file.
    upcasts: BTreeMap<Name, Vec<Upcast>>,
}

fn by_length(family: &str) -> (usize, &str) {
    (family.len(), family)
}

/// An event as its handler gets it.
#[derive(Clone, Debug, PartialEq)]
pub struct Routed<'a> {
    /// The type that the handler is registered for.
    pub event_type: Name,
    /// The data, upcast where that was needed.
    pub data: Cow<'a, Value>,
    /// The versions it was taken through, the first one its own; empty where nothing had to be done.
    pub through: Vec<u32>,
}

/// Why no handler gets an event. All but [`RouteError::NoHandler`] make it a poison message.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum RouteError {
    /// Nobody handles any version of it: it concerns others.
    #[error("nobody here handles {event_type}")]
    NoHandler {
        /// Its type.
        event_type: String,
    },
    /// It was sent by somebody newer.
    #[error(
        "{family} has version {version}, and the newest known here is {newest}: update this consumer, then redrive it"
    )]
    Newer {
        /// Its type without the version.
        family: String,
        /// Its version.
        version: u32,
        /// The newest that somebody handles.
        newest: u32,
    },
    /// It is old, and nobody said how to bring it up to date.
    #[error("no upcaster leads from version {version} of {family} to {newest}: add one, then redrive it")]
    NoWay {
        /// Its type without the version.
        family: String,
        /// Its version.
        version: u32,
        /// The newest that somebody handles.
        newest: u32,
    },
    /// An upcaster failed on its data.
    #[error("the upcaster of {family} from version {from} to {to} failed: {fault}")]
    Upcast {
        /// Its type without the version.
        family: String,
        /// Version before the step.
        from: u32,
        /// Version after it.
        to: u32,
        /// What the program says.
        fault: ProgramFault,
    },
}

impl RouteError {
    /// The word by which dead letters are grouped.
    pub fn reason(&self) -> &'static str {
        match self {
            Self::NoHandler { .. } => "no handler",
            Self::Newer { .. } | Self::NoWay { .. } => "version",
            Self::Upcast { .. } => "upcast",
        }
    }

    /// Whether the event is to be kept as a dead letter.
    pub fn is_poison(&self) -> bool {
        !matches!(self, Self::NoHandler { .. })
    }
}

impl VersionRouter {
    /// A router to handlers for the types `handled`. One without a version is for all versions that no other
    /// handler is for.
    pub fn new(handled: impl IntoIterator<Item = Name>, upcasts: &[Upcast]) -> Self {
        let mut router = Self::default();
        for event_type in handled {
            match split_version(&event_type) {
                (_, None) => drop(router.any.insert(event_type.clone(), event_type)),
                (family, Some(version)) => {
                    let versions = router.handled.entry(family.to_owned()).or_default();
                    versions.insert(version, event_type.clone());
                    router.exact.insert(event_type);
                }
            }
        }
        let families = router.handled.keys().map(|family| Name::from(&**family));
        router.families = families.chain(router.any.keys().cloned()).collect();
        router.families.sort_unstable_by(|a, b| by_length(a).cmp(&by_length(b)));
        for upcast in upcasts {
            router.upcasts.entry(upcast.event_type.clone()).or_default().push(upcast.clone());
        }
        router
    }

    /// Whether some version of an event has a handler; `family` is its type without the version.
    pub fn concerns(&self, family: &str) -> bool {
        self.families.binary_search_by(|known| by_length(known).cmp(&by_length(family))).is_ok()
    }

    /// The type whose handler an event of this type goes to, and whether it can be brought to it: `Err` names the
    /// newest that is known to those who cannot read it. `None` where it concerns nobody.
    pub fn target(&self, event_type: &str) -> Option<Result<Name, Name>> {
        let (family, version) = split_version(event_type);
        let version = version.unwrap_or(1);
        let none = BTreeMap::new();
        let versions = self.handled.get(family).unwrap_or(&none);
        let way = || self.way(family, version, &|to| versions.contains_key(&to));
        let reached = versions.get(&version).or_else(|| versions.get(&way().last()?.to));
        let readable = reached.or_else(|| self.any.get(family)).map(|name| Ok(name.clone()));
        readable.or_else(|| versions.values().next_back().map(|name| Err(name.clone())))
    }

    /// Finds the handler for an event and brings its data to that handler's version.
    pub fn route<'a>(&self, event_type: &str, data: &'a Value) -> Result<Routed<'a>, RouteError> {
        if let Some(name) = self.exact.get(event_type) {
            return Ok(Routed { event_type: name.clone(), data: Cow::Borrowed(data), through: Vec::new() });
        }
        let (family, version) = split_version(event_type);
        let version = version.unwrap_or(1);
        let none = BTreeMap::new();
        let versions = self.handled.get(family).unwrap_or(&none);
        if let Some(name) = versions.get(&version) {
            // `order.created` and `order.created.v1` are the same.
            return Ok(Routed { event_type: name.clone(), data: Cow::Borrowed(data), through: Vec::new() });
        }
        let newest = versions.keys().next_back().copied();
        let mut steps = match newest {
            Some(newest) if version < newest => self.way(family, version, &|to| versions.contains_key(&to)),
            _ => Vec::new(),
        };
        let family = || family.to_owned();
        let name = match (steps.last(), self.any.get(&*family()), newest) {
            (Some(last), _, _) => versions[&last.to].clone(),
            (None, Some(name), _) => {
                steps = self.way(&family(), version, &|_| true);
                name.clone()
            }
            (None, None, None) => return Err(RouteError::NoHandler { event_type: event_type.to_owned() }),
            (None, None, Some(newest)) if version > newest => {
                return Err(RouteError::Newer { family: family(), version, newest });
            }
            (None, None, Some(newest)) => {
                return Err(RouteError::NoWay { family: family(), version, newest });
            }
        };
        if steps.is_empty() {
            return Ok(Routed { event_type: name, data: Cow::Borrowed(data), through: Vec::new() });
        }
        let (mut current, mut through) = (Cow::Borrowed(data), vec![version]);
        for step in steps {
            current = Cow::Owned(upcast(&step.with, &current).map_err(|fault| RouteError::Upcast {
                family: family(),
                from: step.from,
                to: step.to,
                fault,
            })?);
            through.push(step.to);
        }
        Ok(Routed { event_type: name, data: current, through })
    }

    /// The fewest steps from `version` to the newest version with a handler that can be reached; of equally many,
    /// those that stand first in the file. Empty where none can be.
    fn way(&self, family: &str, version: u32, is_handled: &dyn Fn(u32) -> bool) -> Vec<&Upcast> {
        let upcasts = self.upcasts.get(family).map_or(&[][..], Vec::as_slice);
        let mut came_by: BTreeMap<u32, &Upcast> = BTreeMap::new();
        let mut next = VecDeque::from([version]);
        while let Some(from) = next.pop_front() {
            for upcast in upcasts.iter().filter(|upcast| upcast.from == from && upcast.to > from) {
                came_by.entry(upcast.to).or_insert_with(|| {
                    next.push_back(upcast.to);
                    upcast
                });
            }
        }
        let mut steps = Vec::new();
        let mut at = came_by.keys().rev().find(|reached| is_handled(**reached)).copied();
        while let Some(step) = at.and_then(|to| came_by.get(&to)) {
            steps.push(*step);
            at = Some(step.from);
        }
        steps.reverse();
        steps
    }
}

fn upcast(program: &Program, data: &Value) -> Result<Value, ProgramFault> {
    program.run(data)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    /// Upcasters that write their own step into the data.
    fn router(handled: &[&str], steps: &[(u32, u32)]) -> VersionRouter {
        let upcasts: Vec<Upcast> = steps
            .iter()
            .map(|(from, to)| Upcast {
                event_type: "order.created".into(),
                from: *from,
                to: *to,
                with: Program::compile(&format!(".by += [\"{from}-{to}\"]")).unwrap(),
            })
            .collect();
        VersionRouter::new(handled.iter().map(|name| Name::from(*name)), &upcasts)
    }

    fn check(
        handled: &[&str],
        steps: &[(u32, u32)],
        event_type: &str,
        expected: Result<(&str, &[u32]), &str>,
    ) {
        let data = json!({"by": []});
        let router = router(handled, steps);
        match (router.route(event_type, &data), expected) {
            (Ok(found), Ok((name, through))) => {
                assert_eq!((&*found.event_type, &found.through[..]), (name, through), "{event_type}");
                let by: Vec<String> =
                    through.windows(2).map(|pair| format!("{}-{}", pair[0], pair[1])).collect();
                assert_eq!(found.data.into_owned(), json!({ "by": by }), "{event_type}");
            }
            (Err(error), Err(said)) => {
                let words = format!("{}: {error}", error.reason());
                assert!(words.starts_with(said), "{words}");
            }
            (found, expected) => panic!("{event_type}: {found:?}, not {expected:?}"),
        }
    }

    #[test]
    fn a_version_goes_to_its_own_handler_without_being_touched() {
        let both = &["order.created.v1", "order.created.v2"][..];
        check(both, &[(1, 2)], "order.created.v1", Ok(("order.created.v1", &[])));
        check(both, &[(1, 2)], "order.created.v2", Ok(("order.created.v2", &[])));
        check(&["order.created"], &[], "order.created.v1", Ok(("order.created", &[])));
        check(&["order.created.v1"], &[], "order.created", Ok(("order.created.v1", &[])));
    }

    #[test]
    fn an_old_version_goes_through_the_chain_to_the_newest_known() {
        let handled = &["order.created.v3"][..];
        check(handled, &[(1, 2), (2, 3)], "order.created.v1", Ok(("order.created.v3", &[1, 2, 3])));
        check(handled, &[(2, 3), (1, 2)], "order.created.v2", Ok(("order.created.v3", &[2, 3])));
        check(handled, &[(1, 2), (2, 3), (1, 3)], "order.created", Ok(("order.created.v3", &[1, 3])));
        check(handled, &[(1, 2), (2, 3), (3, 4)], "order.created.v1", Ok(("order.created.v3", &[1, 2, 3])));
        // The newest handler that can be reached, which need not be the newest of all.
        let gap = &["order.created.v2", "order.created.v5"][..];
        check(gap, &[(1, 2)], "order.created.v1", Ok(("order.created.v2", &[1, 2])));
    }

    #[test]
    fn a_handler_without_a_version_gets_every_version_and_older_ones_as_the_newest() {
        let any = &["order.created"][..];
        check(any, &[(1, 2), (2, 3)], "order.created.v1", Ok(("order.created", &[1, 2, 3])));
        check(any, &[(1, 2), (2, 3)], "order.created", Ok(("order.created", &[1, 2, 3])));
        check(any, &[(1, 2)], "order.created.v2", Ok(("order.created", &[])));
        check(any, &[(1, 2)], "order.created.v7", Ok(("order.created", &[])));
        let both = &["order.created", "order.created.v2"][..];
        check(both, &[(1, 2)], "order.created.v1", Ok(("order.created.v2", &[1, 2])));
        check(both, &[(1, 2)], "order.created.v3", Ok(("order.created", &[])));
    }

    #[test]
    fn what_cannot_be_brought_to_a_known_version_is_poison_and_says_why() {
        let handled = &["order.created.v2"][..];
        check(
            handled,
            &[(1, 2)],
            "order.created.v3",
            Err("version: order.created has version 3, and the newest"),
        );
        check(handled, &[], "order.created.v1", Err("version: no upcaster leads from version 1"));
        check(handled, &[(1, 3)], "order.created.v1", Err("version: no upcaster leads from version 1"));
        check(handled, &[(2, 1)], "order.created.v1", Err("version: no upcaster leads"));
        check(
            handled,
            &[(1, 2)],
            "order.cancelled.v1",
            Err("no handler: nobody here handles order.cancelled.v1"),
        );
    }

    #[test]
    fn an_upcaster_that_fails_is_named() {
        let router = router(&["order.created.v2"], &[(1, 2)]);
        let error = router.route("order.created.v1", &json!("no object")).unwrap_err();
        assert!(error.is_poison());
        let said = error.to_string();
        assert!(said.starts_with("the upcaster of order.created from version 1 to 2 failed: "), "{said}");
    }
}
