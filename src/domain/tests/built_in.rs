//! The built-in domains do what they say: a saga forward and back by their programs alone, without a runtime.

use std::collections::BTreeMap;

use serde_json::{Map, Value, json};

use crate::domain::{BUILT_IN, BuiltIn, Domain, Guard, Name, Saga, SagaStyle, Sample, Step, StepKind};

fn each() -> impl Iterator<Item = Domain> {
    BUILT_IN.iter().map(BuiltIn::load)
}

#[test]
fn every_built_in_domain_loads_under_its_name() {
    for built_in in BUILT_IN {
        let domain = match Domain::parse(built_in.text, &mut |path| built_in.file(path)) {
            Ok(domain) => domain,
            Err(errors) => panic!("{}:\n{errors}", built_in.name),
        };
        assert_eq!(&*domain.name, built_in.name);
        assert!(!domain.sagas.is_empty() && !domain.invariants.is_empty(), "{}", built_in.name);
        for service in domain.sagas.iter().flat_map(|saga| &saga.steps).map(|step| &step.service) {
            assert!(domain.service(service).is_some(), "{service} of {}", built_in.name);
        }
    }
}

#[test]
fn every_domain_file_beside_the_samples_comes_with_the_program() {
    // The list of the folder: what is read are the texts that were built in.
    let listed = include_str!("../../../sample-data/README.md");
    let named = listed.split('`').filter_map(|word| word.strip_suffix(".domain.toml"));
    let built_in: Vec<_> = BUILT_IN.iter().map(|built_in| built_in.name).collect();
    assert_eq!(named.collect::<Vec<_>>(), built_in);
}

#[test]
fn the_sagas_have_the_form_that_the_textbook_outcomes_are_about() {
    let form = |name: &str, saga: &str| -> Vec<String> {
        let domain = BuiltIn::named(name).unwrap().load();
        let steps = domain.saga(saga).unwrap().steps.clone();
        let kind = |step: &Step| match step.kind {
            StepKind::Compensatable => "compensatable",
            StepKind::Pivot => "pivot",
            StepKind::Retriable if step.notice => "notice",
            StepKind::Retriable => "retriable",
        };
        let guard = |step: &Step| if step.guard == Guard::State { "state" } else { "key" };
        steps.iter().map(|step| format!("{} {} {}", step.name, kind(step), guard(step))).collect()
    };
    let shop = [
        "create-order compensatable state",
        "process-payment compensatable key",
        "reserve-inventory compensatable key",
        "confirm-order pivot state",
        "send-confirmation notice key",
    ];
    assert_eq!(form("shop", "fulfilment"), shop);
    assert_eq!(form("shop", "fulfilment_choreographed"), shop);
    assert_eq!(
        form("travel", "trip"),
        [
            "book-hotel compensatable state",
            "book-car compensatable key",
            "book-flight pivot key",
            "issue-vouchers retriable key",
            "send-itinerary notice key",
        ]
    );
    assert_eq!(
        form("transfer", "transfer"),
        [
            "reserve-debit compensatable key",
            "credit-target pivot key",
            "capture-debit retriable key",
            "send-advice notice key",
        ]
    );
}

#[test]
fn an_orchestrator_waits_two_seconds_three_times_and_services_of_a_choreography_do_not() {
    for saga in each().flat_map(|domain| domain.sagas) {
        for step in &saga.steps {
            assert_eq!(step.retry.attempts, 3, "{}", step.name);
            let timeout = step.timeout.map(|timeout| timeout.to_string());
            let expected = (saga.style == SagaStyle::Orchestration).then(|| "2s".to_owned());
            assert_eq!(timeout, expected, "{} of {}", step.name, saga.name);
        }
    }
}

/// A saga run by hand: states by stream, rows by projection.
struct Hand {
    domain: Domain,
    states: BTreeMap<String, Value>,
    models: Map<String, Value>,
}

impl Hand {
    fn new(domain: Domain) -> Self {
        let models = domain.projections.iter().map(|model| (model.name.to_string(), json!({}))).collect();
        let mut hand = Self { domain, states: BTreeMap::new(), models };
        for given in hand.domain.services.clone().into_iter().flat_map(|service| service.given) {
            hand.record(&given.event_type, &given.stream, &given.data);
        }
        hand
    }

    fn record(&mut self, event_type: &str, stream: &str, data: &Value) {
        for schema in self.domain.schemas.iter().filter(|schema| &*schema.event_type == event_type) {
            assert_eq!(schema.schema.check(data), Ok(()), "{event_type}: {data}");
        }
        let event = json!({"type": event_type, "stream": stream, "version": 1, "data": data});
        if let Some(aggregate) = self.domain.aggregate_of_stream(None, stream) {
            let state = self.states.entry(stream.to_owned()).or_insert_with(|| aggregate.initial.clone());
            let rule = aggregate.rule(event_type).unwrap_or_else(|| panic!("no rule for {event_type}"));
            *state = rule.run(&json!({"state": state, "event": event})).unwrap();
        }
        for projection in &self.domain.projections {
            let Some(rule) = projection.rule(event_type) else { continue };
            let key = projection.key.run(&json!({"event": event})).unwrap();
            let key = key.as_str().unwrap_or_else(|| panic!("{}: {event}", projection.name));
            let rows = self.models[&*projection.name].as_object_mut().unwrap();
            let row = rows.get(key).cloned().unwrap_or(Value::Null);
            match rule.run(&json!({"row": row, "event": event})).unwrap() {
                Value::Null => rows.remove(key),
                row => rows.insert(key.to_owned(), row),
            };
        }
    }

    /// Carries a command out; its answer is what its service and its aggregate say.
    fn command(
        &mut self,
        service: &Name,
        command: &str,
        success: &str,
        data: &Value,
    ) -> Result<Value, String> {
        let input = json!({"command": {"type": command, "data": data}});
        let Some((aggregate, rule)) = self.domain.aggregate_of_command(command) else {
            self.record(success, &format!("{service}-s1"), data);
            return Ok(data.clone());
        };
        let key = aggregate.key.as_ref().unwrap().run(&input).unwrap();
        let stream = aggregate.streams.replace('*', key.as_str().unwrap());
        let state = self.states.get(&stream).unwrap_or(&aggregate.initial).clone();
        let input = json!({"command": input["command"], "state": state});
        let outcome = self.domain.service(service).and_then(|service| service.outcome(command));
        if let Some(Value::String(reason)) = outcome.map(|outcome| outcome.run(&input).unwrap()) {
            return Err(reason);
        }
        if let Some(requires) = &rule.requires
            && requires.run(&input).unwrap() != Value::Bool(true)
        {
            return Err(rule.refusal.clone().unwrap_or_default());
        }
        let emits: Vec<_> = rule
            .emits
            .iter()
            .map(|emit| {
                let data =
                    emit.data.as_ref().map_or_else(|| data.clone(), |program| program.run(&input).unwrap());
                (emit.event_type.clone(), data)
            })
            .collect();
        let mut result = Value::Null;
        for (event_type, data) in emits {
            self.record(&event_type, &stream, &data);
            if &*event_type == success {
                result = data;
            }
        }
        Ok(result)
    }

    /// The first `steps` steps of saga `number`, then the undo of those when `back`.
    fn saga(&mut self, name: &str, number: u64, steps: usize, back: bool) -> Result<(), String> {
        let saga = self.domain.saga(name).unwrap().clone();
        let input = input(&saga, number);
        let mut results = Map::new();
        let mut done: Vec<(&Step, Value)> = Vec::new();
        for step in saga.steps.iter().take(steps) {
            let given = json!({"input": input, "results": results});
            let data =
                step.data.as_ref().map_or_else(|| input.clone(), |program| program.run(&given).unwrap());
            let result = self.command(&step.service, &step.command, &step.success, &data)?;
            if let Some(amount) = &step.amount {
                assert!(amount.value.run(&result).unwrap().is_u64(), "{}: {result}", step.name);
            }
            results.insert(step.name.to_string(), result);
            done.push((step, data));
        }
        for (step, data) in done.iter().rev().filter(|_| back) {
            let (undo, undone) = (step.compensate.clone().unwrap(), step.compensated.clone().unwrap());
            self.command(&step.service, &undo, &undone, data)?;
        }
        Ok(())
    }

    /// Codes of the invariants that do not hold.
    fn broken(&self, owed: &Value) -> Vec<String> {
        let input = json!({"models": self.models, "owed": owed});
        let invariants = self.domain.invariants.iter();
        let broken = invariants.filter(|invariant| invariant.holds.run(&input).unwrap() != Value::Bool(true));
        broken.map(|invariant| invariant.code.clone()).collect()
    }
}

fn input(saga: &Saga, number: u64) -> Value {
    let sample = |sample: &Sample| match sample {
        Sample::Between(low, high) => json!(low + number % (high - low + 1)),
        Sample::OneOf(values) => values[number as usize % values.len()].clone(),
    };
    let samples: Map<String, Value> =
        saga.samples.iter().map(|(name, range)| (name.to_string(), sample(range))).collect();
    saga.input.as_ref().unwrap().run(&json!({"number": number, "sample": samples})).unwrap()
}

#[test]
fn every_saga_goes_all_the_way_and_back_from_before_the_pivot_and_nothing_is_broken() {
    for domain in each() {
        assert_eq!(Hand::new(domain.clone()).broken(&json!([])), [""; 0], "{}", domain.name);
        for saga in &domain.sagas {
            let before = saga.steps.iter().take_while(|step| step.kind == StepKind::Compensatable).count();
            let mut hand = Hand::new(domain.clone());
            for number in 1..=20 {
                hand.saga(&saga.name, number, saga.steps.len(), false).unwrap();
            }
            for (number, steps) in (21..).zip(0..=before) {
                hand.saga(&saga.name, number, steps, true).unwrap();
            }
            assert_eq!(hand.broken(&json!([])), [""; 0], "{}", saga.name);
        }
    }
}

#[test]
fn what_is_half_done_is_broken_unless_the_books_name_its_saga() {
    for (name, saga, steps, broken) in [
        ("shop", "fulfilment", 1, &["Q4"][..]),
        ("shop", "fulfilment", 2, &["Q1", "Q4"]),
        ("shop", "fulfilment", 3, &["Q1", "Q2", "Q4"]),
        ("shop", "fulfilment", 4, &[]),
        ("travel", "trip", 1, &["Q1"]),
        ("travel", "trip", 3, &["Q2"]),
        ("transfer", "transfer", 1, &["Q2"]),
        ("transfer", "transfer", 2, &["Q1", "Q2"]),
        ("transfer", "transfer", 3, &[]),
    ] {
        let mut hand = Hand::new(BuiltIn::named(name).unwrap().load());
        hand.saga(saga, 7, steps, false).unwrap();
        assert_eq!(hand.broken(&json!([])), broken, "{steps} steps of {saga}");
        let steps = hand.domain.saga(saga).unwrap().steps.clone();
        let owed = |saga: &str| -> Value {
            steps.iter().map(|step| json!({"saga": saga, "step": &*step.name, "held": 1})).collect()
        };
        assert_eq!(hand.broken(&owed("s7")), [""; 0], "{saga}");
        assert_eq!(hand.broken(&owed("s8")), broken, "{saga}");
    }
}

/// An event beside the saga: type, stream, data.
type Extra<'a> = (&'a str, &'a str, &'a Value);

#[test]
fn breaches_are_found_by_the_invariant_they_are_about() {
    let amounts =
        json!({"paymentId": "p1", "orderId": "1", "amount": 10, "currency": "EUR", "status": "completed"});
    let refund = json!({"paymentId": "p1", "orderId": "1", "amount": 10, "currency": "EUR"});
    let order = json!({"orderId": "1"});
    let trip = json!({"tripId": "1"});
    let stock = json!({"orderId": "1", "productId": "lamp", "quantity": 200_000});
    let transfer = json!({"transferId": "1", "account": "alma", "amount": 10});
    let cases: &[(&str, usize, &[Extra<'_>], &[&str])] = &[
        ("shop", 5, &[("payment.completed.v1", "payment-1", &amounts)], &["S1", "S4", "Q1"]),
        ("shop", 5, &[("payment.refunded.v1", "payment-1", &refund)], &["S4", "C1"]),
        ("shop", 0, &[("payment.refunded.v1", "payment-1", &refund)], &["S3"]),
        ("shop", 5, &[("order.cancelled.v1", "order-1", &order)], &["S4", "Q3"]),
        ("shop", 5, &[("inventory.released.v1", "stock-lamp", &stock)], &["S2", "S4", "C2"]),
        ("shop", 0, &[("inventory.reserved.v1", "stock-lamp", &stock)], &["S2", "Q2"]),
        ("travel", 5, &[("flight.booked.v1", "flight-1", &trip)], &["S1"]),
        ("travel", 5, &[("car.cancelled.v1", "car-1", &trip)], &["Q2"]),
        ("travel", 2, &[("car.cancelled.v1", "car-1", &trip), ("hotel.cancelled.v1", "hotel-1", &trip)], &[]),
        ("travel", 5, &[("voucher.issued.v1", "voucher-1", &trip)], &["Q2"]),
        ("transfer", 4, &[("debit.captured.v1", "account-alma", &transfer)], &["S3", "Q1"]),
        ("transfer", 4, &[("credit.applied.v1", "account-rent", &transfer)], &["S3", "Q1"]),
        ("transfer", 4, &[("debit.reserved.v1", "account-alma", &transfer)], &["Q2"]),
    ];
    for (name, steps, extra, broken) in cases {
        let mut hand = Hand::new(BuiltIn::named(name).unwrap().load());
        let saga = hand.domain.sagas[0].name.clone();
        hand.saga(&saga, 1, *steps, false).unwrap();
        for (event_type, stream, data) in *extra {
            hand.record(event_type, stream, data);
        }
        assert_eq!(hand.broken(&json!([])), *broken, "{name} after {extra:?}");
    }
}

#[test]
fn the_domains_refuse_what_their_rules_forbid() {
    let mut shop = Hand::new(BuiltIn::named("shop").unwrap().load());
    let inventory: Name = "inventory".into();
    let lamp = |quantity: u64| json!({"orderId": "1", "productId": "lamp", "quantity": quantity});
    let reserve = |shop: &mut Hand, quantity| {
        shop.command(&inventory, "inventory.reserve", "inventory.reserved.v1", &lamp(quantity))
    };
    assert_eq!(reserve(&mut shop, 100_001), Err("out of stock".to_owned()));
    assert!(reserve(&mut shop, 100_000).is_ok());
    assert_eq!(reserve(&mut shop, 1), Err("out of stock".to_owned()));
    assert_eq!(shop.saga("fulfilment", 1, 1, false), Ok(()));
    assert_eq!(shop.saga("fulfilment", 1, 1, false), Err("the order exists already".to_owned()));
    let mut bank = Hand::new(BuiltIn::named("transfer").unwrap().load());
    let money = |cents: u64| json!({"transferId": "1", "account": "rent", "amount": cents});
    let source: Name = "source-bank".into();
    let mut debit = |cents| bank.command(&source, "debit.reserve", "debit.reserved.v1", &money(cents));
    assert_eq!(debit(1), Err("insufficient funds".to_owned()));
    assert_eq!(debit(10_000_001), Err("over the daily limit".to_owned()));
}
