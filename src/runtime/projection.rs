//! Read models. The primer: a *projection* turns events into keyed rows that are easy to ask for; it may be behind
//! (eventual consistency), so every model knows how far it has read (its *checkpoint*) and thus its *lag*. Rows
//! and checkpoint change together, so that an event that is delivered again changes nothing. A model holds nothing
//! that the log does not: it can be thrown away and rebuilt, and comes out equal. Asks for nothing itself:
//! that is `queries`.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::sync::Arc;

use serde_json::Value;

use super::version_router::{RouteError, VersionRouter};
use crate::domain::{Domain, Name, Part, Program, Projection, split_version};

/// An event as projections see it.
#[derive(Clone, Copy)]
pub struct Observed<'a> {
    /// Its place in the log, from 1; ascending, without gaps if lags are to be counts of events.
    pub position: u64,
    /// Its type.
    pub event_type: &'a str,
    /// What programs get as `.event`.
    pub event: Part<'a>,
}

/// The read models of a domain.
#[derive(Clone, Debug)]
pub struct ReadModels {
    plans: Arc<[Plan]>,
    models: Vec<ReadModel>,
}

/// A projection and the versions of events it handles.
#[derive(Debug)]
struct Plan {
    projection: Projection,
    router: VersionRouter,
}

/// Rows, and how far the log is in them. Clones share the rows until one changes.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct ReadModel {
    rows: Arc<BTreeMap<Name, Arc<Value>>>,
    checkpoint: u64,
    changed_at: u64,
    faults: Vec<ProjectionFault>,
}

/// An event that a projection could not take: it is left out, and the projection goes on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ProjectionFault {
    /// Place of the event in the log.
    pub position: u64,
    /// What is wrong, for people.
    pub reason: String,
}

impl ReadModel {
    /// Rows by key, in order of the keys.
    pub fn rows(&self) -> &BTreeMap<Name, Arc<Value>> {
        &self.rows
    }

    /// Place of the last event that was taken in; 0 before the first.
    pub fn checkpoint(&self) -> u64 {
        self.checkpoint
    }

    /// Place of the last event that changed a row; 0 before the first. Also the rows' version.
    pub fn changed_at(&self) -> u64 {
        self.changed_at
    }

    /// How many events of a log of `len` are not taken in yet.
    pub fn lag(&self, len: u64) -> u64 {
        len.saturating_sub(self.checkpoint)
    }

    /// Events that could not be taken in.
    pub fn faults(&self) -> &[ProjectionFault] {
        &self.faults
    }

    /// Takes an event in, once: what lies at or before the checkpoint changes nothing.
    fn apply(&mut self, plan: &Plan, observed: &Observed<'_>, family: &str) {
        if observed.position <= self.checkpoint {
            return;
        }
        if plan.router.concerns(family) {
            match plan.change(observed, &self.rows) {
                Ok(Some((key, row))) => self.set(key, row, observed.position),
                Ok(None) => {}
                Err(reason) => {
                    self.faults.push(ProjectionFault { position: observed.position, reason });
                }
            }
        }
        self.checkpoint = observed.position;
    }

    fn set(&mut self, key: Name, row: Value, position: u64) {
        let known = self.rows.get(&key).map(|row| &**row);
        if known == (!row.is_null()).then_some(&row) {
            return;
        }
        let rows = Arc::make_mut(&mut self.rows);
        if row.is_null() {
            rows.remove(&key);
        } else {
            rows.insert(key, Arc::new(row));
        }
        self.changed_at = position;
    }
}

impl Plan {
    fn new(projection: &Projection, domain: &Domain) -> Self {
        let handled = projection.on.iter().map(|(event_type, _)| event_type.clone());
        Self { router: VersionRouter::new(handled, &domain.upcasts), projection: projection.clone() }
    }

    /// The row that the event changes, and what it is afterwards (null: deleted). `None` where it is about no row.
    fn change(
        &self,
        observed: &Observed<'_>,
        rows: &BTreeMap<Name, Arc<Value>>,
    ) -> Result<Option<(Name, Value)>, String> {
        let data = observed.event.member("data").unwrap_or(Part::Value(&Value::Null)).whole();
        let (program, upcast) = match self.route(observed.event_type, &data) {
            Ok(Some(found)) => found,
            Ok(None) => return Ok(None),
            Err(error) => return Err(error.to_string()),
        };
        let mut renewed = upcast.as_ref().map(|_| observed.event.to_value());
        if let (Some((event_type, data)), Some(members)) =
            (upcast, renewed.as_mut().and_then(Value::as_object_mut))
        {
            members.insert("type".to_owned(), Value::from(&*event_type));
            members.insert("data".to_owned(), data);
        }
        let event = ("event", renewed.as_ref().map_or(observed.event, Part::Value));
        let failed = |what: &str, fault: &dyn std::fmt::Display| {
            format!("The {what} program of the read model {} failed: {fault}", self.projection.name)
        };
        let key =
            self.projection.key.run_on(Part::Object(&[event])).map_err(|fault| failed("key", &fault))?;
        let key = match key {
            Value::Null => return Ok(None),
            Value::String(key) => key,
            other => other.to_string(),
        };
        let row = rows.get(&*key).map_or(&Value::Null, |row| row);
        let given = [event, ("row", Part::Value(row))];
        let row =
            program.run_on(Part::Object(&given)).map_err(|fault| failed(observed.event_type, &fault))?;
        Ok(Some((key.into(), row)))
    }

    /// The program for an event, and its type and data where it had to be upcast.
    #[expect(clippy::type_complexity, reason = "private, and read in one place")]
    fn route(
        &self,
        event_type: &str,
        data: &Value,
    ) -> Result<Option<(&Program, Option<(Name, Value)>)>, RouteError> {
        let routed = match self.router.route(event_type, data) {
            Ok(routed) => routed,
            Err(RouteError::NoHandler { .. }) => return Ok(None),
            Err(error) => return Err(error),
        };
        let of_type = self.projection.on.iter().find(|(name, _)| *name == routed.event_type);
        let (_, program) = of_type.expect("the router knows the types of the projection and no others");
        let upcast = match routed.data {
            Cow::Borrowed(_) => None,
            Cow::Owned(data) => Some((routed.event_type, data)),
        };
        Ok(Some((program, upcast)))
    }
}

impl ReadModels {
    /// The read models of `domain` before the first event.
    pub fn new(domain: &Domain) -> Self {
        let plans: Arc<[Plan]> =
            domain.projections.iter().map(|projection| Plan::new(projection, domain)).collect();
        Self { models: vec![ReadModel::default(); plans.len()], plans }
    }

    /// Names, in the order of the domain file.
    pub fn names(&self) -> impl Iterator<Item = &Name> {
        self.plans.iter().map(|plan| &plan.projection.name)
    }

    /// Every model with its name, in the order of the domain file.
    pub fn iter(&self) -> impl Iterator<Item = (&Name, &ReadModel)> {
        self.names().zip(&self.models)
    }

    /// The model of this name.
    pub fn get(&self, name: &str) -> Option<&ReadModel> {
        self.index_of(name).map(|index| &self.models[index])
    }

    /// The place of a model in the list.
    pub fn index_of(&self, name: &str) -> Option<usize> {
        self.names().position(|known| **known == *name)
    }

    /// How many models there are.
    pub fn len(&self) -> usize {
        self.models.len()
    }

    /// Whether the domain has none.
    pub fn is_empty(&self) -> bool {
        self.models.is_empty()
    }

    /// Lets every model take an event in. A model that has it already does nothing.
    pub fn apply(&mut self, observed: &Observed<'_>) {
        let family = split_version(observed.event_type).0;
        for (plan, model) in self.plans.iter().zip(&mut self.models) {
            model.apply(plan, observed, family);
        }
    }

    /// Lets one model take an event in: each may be behind by as much as it likes.
    pub fn apply_to(&mut self, index: usize, observed: &Observed<'_>) {
        if let (Some(plan), Some(model)) = (self.plans.get(index), self.models.get_mut(index)) {
            model.apply(plan, observed, split_version(observed.event_type).0);
        }
    }

    /// The models as they come out when everything is thrown away and read again; `replay` hands over every event
    /// of the log, in order.
    #[must_use]
    pub fn rebuilt(&self, replay: impl FnOnce(&mut dyn FnMut(&Observed<'_>))) -> Self {
        let models = vec![ReadModel::default(); self.plans.len()];
        let mut rebuilt = Self { plans: Arc::clone(&self.plans), models };
        replay(&mut |observed| rebuilt.apply(observed));
        rebuilt
    }

    /// The first row that differs from `other`, in words; `None` where all are equal. Both must have read equally
    /// far.
    pub fn difference(&self, other: &Self) -> Option<String> {
        self.iter().zip(&other.models).find_map(|((name, mine), theirs)| {
            let keys = mine.rows.keys().chain(theirs.rows.keys());
            let key = keys.into_iter().find(|key| mine.rows.get(*key) != theirs.rows.get(*key))?;
            let shown = |model: &ReadModel| model.rows.get(key).map_or("missing".into(), ToString::to_string);
            Some(format!("{name}: the row {key} is {} here and {} there", shown(mine), shown(theirs)))
        })
    }
}

#[cfg(test)]
mod tests {
    use proptest::collection::vec;
    use proptest::prelude::*;
    use serde_json::json;

    use super::*;
    use crate::domain::Upcast;

    fn program(text: &str) -> Program {
        Program::compile(text).unwrap()
    }

    /// Sums by order; `order.created.v1` has no currency and is upcast to 2.
    fn domain() -> Domain {
        let on = |event_type: &str, text: &str| (Name::from(event_type), program(text));
        Domain {
            upcasts: vec![Upcast {
                event_type: "order.created".into(),
                from: 1,
                to: 2,
                with: program(".currency //= \"USD\""),
            }],
            projections: vec![
                Projection {
                    name: "orders".into(),
                    key: program(".event.stream"),
                    on: vec![
                        on("order.created.v2", "{currency: .event.data.currency, paid: 0}"),
                        on("payment.completed.v1", ".row | .paid += 1"),
                        on("order.cancelled.v1", "null"),
                        on("order.broken.v1", "\"a\" - 1"),
                    ],
                },
                Projection {
                    name: "totals".into(),
                    key: program("if .event.data.currency == null then null else .event.data.currency end"),
                    on: vec![
                        on("order.created.v1", "(.row // 0) + 1"),
                        on("order.created.v2", "(.row // 0) + 1"),
                    ],
                },
            ],
            ..Domain::default()
        }
    }

    type Event = (&'static str, &'static str, Value);

    fn observe(events: &[Event], visit: &mut dyn FnMut(Observed<'_>)) {
        for (index, (event_type, stream, data)) in events.iter().enumerate() {
            let event = json!({"type": event_type, "stream": stream, "data": data});
            visit(Observed { position: index as u64 + 1, event_type, event: Part::Value(&event) });
        }
    }

    fn rows(models: &ReadModels, name: &str) -> String {
        let rows = models.get(name).unwrap().rows();
        rows.iter().map(|(key, row)| format!("{key}={row}")).collect::<Vec<_>>().join(" ")
    }

    #[test]
    fn events_change_rows_by_key_and_old_versions_are_upcast() {
        let mut models = ReadModels::new(&domain());
        let events = [
            ("order.created.v1", "o-1", json!({})),
            ("order.created.v2", "o-2", json!({"currency": "EUR"})),
            ("payment.completed.v1", "o-1", json!({})),
            ("order.shipped.v1", "o-1", json!({})),
            ("order.cancelled.v1", "o-2", json!({})),
        ];
        observe(&events, &mut |observed| models.apply(&observed));
        assert_eq!(rows(&models, "orders"), r#"o-1={"currency":"USD","paid":1}"#);
        assert_eq!(rows(&models, "totals"), "EUR=1", "a null key is about no row");
        let orders = models.get("orders").unwrap();
        assert_eq!((orders.checkpoint(), orders.changed_at(), orders.lag(7)), (5, 5, 2));
        assert_eq!(models.get("totals").unwrap().changed_at(), 2);
        assert!(orders.faults().is_empty());
    }

    #[test]
    fn what_a_projection_cannot_take_is_listed_and_left_out() {
        let mut models = ReadModels::new(&domain());
        let events = [
            ("order.created.v9", "o-1", json!({})),
            ("order.broken.v1", "o-1", json!({})),
            ("order.created.v2", "o-1", json!({"currency": "EUR"})),
        ];
        observe(&events, &mut |observed| models.apply(&observed));
        assert_eq!(rows(&models, "orders"), r#"o-1={"currency":"EUR","paid":0}"#);
        let faults = models.get("orders").unwrap().faults();
        assert_eq!(faults.iter().map(|fault| fault.position).collect::<Vec<_>>(), [1, 2]);
        assert!(faults[0].reason.contains("version 9"), "{faults:?}");
        assert!(faults[1].reason.starts_with("The order.broken.v1 program of the read model orders failed"));
    }

    fn any_event() -> impl Strategy<Value = Event> {
        let event_type = proptest::sample::select(vec![
            "order.created.v1",
            "order.created.v2",
            "order.created.v7",
            "payment.completed.v1",
            "order.cancelled.v1",
            "order.broken.v1",
            "note.taken",
        ]);
        let stream = proptest::sample::select(vec!["o-1", "o-2", "o-3"]);
        let data = proptest::sample::select(vec![json!({}), json!({"currency": "EUR"}), json!(null)]);
        (event_type, stream, data)
    }

    proptest! {
        #[test]
        fn however_they_lag_and_whatever_comes_twice_a_rebuild_comes_out_equal(
            events in vec(any_event(), 0..30),
            turns in vec((0..2_usize, 0..30_usize), 0..60),
        ) {
            let domain = domain();
            let mut models = ReadModels::new(&domain);
            // Each model is sometimes given what comes next, and sometimes what it has had.
            for (index, again) in turns {
                let next = models.models[index].checkpoint() as usize;
                observe(&events, &mut |observed| {
                    let at = observed.position as usize;
                    if at == next + 1 || (at == again && at <= next) {
                        models.apply_to(index, &observed);
                    }
                });
            }
            observe(&events, &mut |observed| models.apply(&observed));
            let rebuilt = models.rebuilt(|visit| observe(&events, &mut |observed| visit(&observed)));
            prop_assert_eq!(models.difference(&rebuilt), None);
            prop_assert_eq!(&models.models, &rebuilt.models);
        }
    }

    #[test]
    fn a_rebuild_starts_from_nothing_and_a_difference_is_said() {
        let domain = domain();
        let mut models = ReadModels::new(&domain);
        let event = json!({"type": "order.created.v2", "stream": "o-1", "data": {"currency": "EUR"}});
        models.apply(&Observed { position: 1, event_type: "order.created.v2", event: Part::Value(&event) });
        let nothing = models.rebuilt(|_| {});
        assert_eq!(nothing.get("orders").unwrap().checkpoint(), 0);
        assert_eq!(
            models.difference(&nothing).unwrap(),
            r#"orders: the row o-1 is {"currency":"EUR","paid":0} here and missing there"#
        );
    }
}
