//! What the shop's domain file calls things and in which order it does them, as tables made once for a log.
//! Nothing here happens by chance; and nothing of the file is read again while events are written.

use serde_json::{Map, Value, json};

use crate::domain::{
    Aggregate, BuiltIn, CommandRule, Domain, Guard, Program, Saga, Sample, Step, StepKind, split_version,
    with_version,
};

use super::template::{Fill, LINE, NUMBER, PRICE, PRODUCT, QUANTITY, Slot, Template, USER};

/// Most streams one saga writes to, its own aside.
pub(super) const PLACES_MAX: usize = 8;

/// Everything that is named by the domain.
pub(super) struct Vocabulary {
    /// Name of the saga and version of its definition.
    pub(super) saga: (String, u32),
    /// What the saga works with: before the newest schema came, and since.
    pub(super) eras: [Era; 2],
    pub(super) steps: Vec<StepWords>,
    pub(super) products: Vec<Product>,
    /// Pieces in an order, both ends included.
    pub(super) quantity: (u64, u64),
    pub(super) user: UserWords,
    pub(super) parcel: ParcelWords,
    /// The step that customers' banks refuse, the point of no return, and the last step.
    pub(super) charge: usize,
    pub(super) pivot: usize,
    pub(super) notice: usize,
    /// Steps whose inboxes know a command that comes again.
    pub(super) guarded: Vec<usize>,
}

/// What is written within one age of the schemas.
pub(super) struct Era {
    pub(super) input: Template,
    pub(super) steps: Vec<StepData>,
}

/// The data of a step's events.
pub(super) struct StepData {
    /// For an order of one line, and of several.
    commands: [Template; 2],
    pub(super) success: String,
    pub(super) result: Template,
    pub(super) refused: Template,
    pub(super) undone: Template,
    /// For lines after the first, where each has its own event.
    pub(super) result_beside: Template,
    pub(super) undone_beside: Template,
}

impl StepData {
    /// The command, for that order.
    pub(super) fn command_for(&self, fill: &Fill<'_>) -> &Template {
        &self.commands[usize::from(fill.lines.len() > 1)]
    }
}

/// A step, and where its events go.
pub(super) struct StepWords {
    pub(super) name: String,
    pub(super) kind: StepKind,
    pub(super) service: String,
    /// Number of the service in the messages of a run.
    pub(super) consumer: u64,
    pub(super) command: String,
    pub(super) failure: String,
    pub(super) compensated: String,
    pub(super) refusal: String,
    pub(super) aggregate_type: String,
    pub(super) stream: Template,
    /// Which of the saga's streams; shared ones belong to the product.
    pub(super) place: usize,
    pub(super) is_shared: bool,
    /// Microseconds, as everything that lasts.
    pub(super) latency: (u64, u64),
    pub(super) timeout: u64,
    pub(super) backoff: u64,
    pub(super) jitter_permille: u64,
}

/// A product, and the event that puts it on the shelf.
#[derive(Debug)]
pub(super) struct Product {
    pub(super) id: String,
    pub(super) price: u64,
    pub(super) received: String,
    pub(super) aggregate_type: String,
    pub(super) stream: String,
    pub(super) data: Template,
}

/// Parcels, and what an order makes of their fate.
pub(super) struct ParcelWords {
    pub(super) aggregate_type: String,
    pub(super) stream: Template,
    pub(super) created: String,
    pub(super) dispatched: String,
    pub(super) delivered: String,
    pub(super) lost: String,
    pub(super) completed: String,
    pub(super) closed: String,
}

/// Customers' accounts.
pub(super) struct UserWords {
    pub(super) aggregate_type: String,
    pub(super) stream: Template,
    pub(super) created: String,
    pub(super) updated: String,
}

impl Vocabulary {
    /// The built-in shop's.
    pub(super) fn of_shop() -> Self {
        let domain = BuiltIn::named("shop").expect("the shop is built in").load();
        Self::of(&domain)
    }

    fn of(domain: &Domain) -> Self {
        let saga = &domain.sagas[0];
        let input = input(saga);
        let first = &saga.steps[0];
        let (base, _) = split_version(&first.success);
        let newest = domain.upcasts.iter().filter(|it| *it.event_type == *base).max_by_key(|it| it.to);
        // What the newest version has and older ones lack, as the upcaster would fill it in.
        let added = newest.map_or_else(|| json!({}), |upcast| run(&upcast.with, &json!({})));
        let added = added.as_object().cloned().unwrap_or_default();
        let mut before = input.clone();
        for (key, value) in &added {
            before[key] = value.clone();
        }
        let since = newest.map_or_else(|| first.success.to_string(), |it| with_version(base, Some(it.to)));
        let eras = [
            Era::new(domain, saga, &before, &first.success, &added),
            Era::new(domain, saga, &input, &since, &Map::new()),
        ];
        let mut places = Vec::new();
        let steps: Vec<StepWords> =
            saga.steps.iter().map(|step| StepWords::new(domain, step, &input, &mut places)).collect();
        let of_kind = |kind| saga.steps.iter().rposition(|it| it.kind == kind).unwrap_or(0);
        let is_charge = |it: &&StepWords| it.kind == StepKind::Compensatable && !it.is_shared && it.place > 0;
        let charge = steps.iter().find(is_charge).map_or(0, |it| it.place);
        Self {
            saga: (saga.name.to_string(), saga.version),
            eras,
            charge: steps.iter().position(|it| it.place == charge).unwrap_or(0),
            pivot: of_kind(StepKind::Pivot),
            notice: of_kind(StepKind::Retriable),
            guarded: (0..steps.len()).filter(|index| saga.steps[*index].guard == Guard::Key).collect(),
            steps,
            products: products(domain, saga),
            quantity: quantity(saga),
            user: UserWords::new(domain),
            parcel: ParcelWords::new(domain),
        }
    }
}

fn run(program: &Program, input: &Value) -> Value {
    program.run(input).expect("the programs of the shop are tested")
}

/// A saga's input with made-up values for what is drawn.
fn input(saga: &Saga) -> Value {
    let sample: Map<String, Value> = saga
        .samples
        .iter()
        .map(|(name, sample)| {
            let value = match sample {
                Sample::Between(..) => json!(QUANTITY),
                Sample::OneOf(values) if values[0].is_object() => marked(&values[0], PRICE),
                Sample::OneOf(_) => json!(USER),
            };
            (name.to_string(), value)
        })
        .collect();
    let input = json!({"number": NUMBER, "sample": sample});
    saga.input.as_ref().map_or_else(|| input.clone(), |program| run(program, &input))
}

/// An object of a product with marks in place of its texts and its number.
fn marked(value: &Value, number: u64) -> Value {
    let fields = value.as_object().into_iter().flatten();
    fields
        .map(|(key, value)| (key.clone(), if value.is_string() { json!(PRODUCT) } else { json!(number) }))
        .collect::<Map<_, _>>()
        .into()
}

/// An order with every list of lines twice as long.
fn of_several_lines(input: &Value) -> Value {
    let mut input = input.clone();
    for list in input.as_object_mut().into_iter().flat_map(Map::values_mut).filter_map(Value::as_array_mut) {
        list.extend_from_within(..);
    }
    input
}

fn quantity(saga: &Saga) -> (u64, u64) {
    let ranges = saga.samples.iter().filter_map(|(_, sample)| match sample {
        Sample::Between(min, max) => Some((*min, *max)),
        Sample::OneOf(_) => None,
    });
    ranges.into_iter().next().unwrap_or((1, 1))
}

fn products(domain: &Domain, saga: &Saga) -> Vec<Product> {
    let lists = saga.samples.iter().filter_map(|(_, sample)| match sample {
        Sample::OneOf(values) => Some(values),
        Sample::Between(..) => None,
    });
    let mut products = Vec::new();
    for value in lists.flatten().filter_map(Value::as_object) {
        let id = value.values().find_map(Value::as_str).expect("a product has an id");
        let price = value.values().find_map(Value::as_u64).expect("a product has a price");
        let mut given = domain.services.iter().flat_map(|it| &it.given);
        let given = given
            .find(|it| it.data.as_object().is_some_and(|data| data.values().any(|it| it == id)))
            .expect("every product is on the shelf");
        products.push(Product {
            id: id.to_owned(),
            price,
            received: given.event_type.to_string(),
            aggregate_type: given.aggregate.to_string(),
            stream: given.stream.clone(),
            data: Template::of(&marked(&given.data, QUANTITY)),
        });
    }
    products
}

fn decided(rule: Option<&(&Aggregate, &CommandRule)>, data: &Value) -> Value {
    let Some((aggregate, rule)) = rule else { return data.clone() };
    let input = json!({"state": aggregate.initial, "command": {"data": data}});
    rule.emits.first().and_then(|it| it.data.as_ref()).map_or_else(|| data.clone(), |it| run(it, &input))
}

fn command_data(step: &Step, input: &Value) -> Value {
    let data = step.data.as_ref().map(|it| run(it, &json!({"input": input, "results": {}})));
    data.unwrap_or_else(|| input.clone())
}

const fn refusal<'a>(rule: Option<&'a (&Aggregate, &'a CommandRule)>) -> &'a str {
    match rule {
        Some((_, CommandRule { refusal: Some(reason), .. })) => reason.as_str(),
        _ => "refused",
    }
}

impl Era {
    /// `first` is the type that the first step records then, without the fields of `lacks`.
    fn new(domain: &Domain, saga: &Saga, input: &Value, first: &str, lacks: &Map<String, Value>) -> Self {
        let several = of_several_lines(input);
        let beside = |data: &Value| {
            let mut data = data.clone();
            data["line"] = json!(LINE);
            Template::of(&data)
        };
        let steps = saga.steps.iter().enumerate();
        let steps = steps.map(|(index, step)| {
            let data = command_data(step, input);
            let rule = domain.aggregate_of_command(&step.command);
            let mut result = decided(rule.as_ref(), &data);
            if let Some(fields) = result.as_object_mut().filter(|_| index == 0) {
                fields.retain(|key, _| !lacks.contains_key(key));
            }
            let undo = step.compensate.as_ref().and_then(|it| domain.aggregate_of_command(it));
            let mut refused = data.clone();
            refused["reason"] = json!(refusal(rule.as_ref()));
            let undone = decided(undo.as_ref(), &data);
            StepData {
                commands: [Template::of(&data), Template::of(&command_data(step, &several))],
                success: if index == 0 { first.to_owned() } else { step.success.to_string() },
                result: Template::of(&result),
                refused: Template::of(&refused),
                undone: Template::of(&undone),
                result_beside: beside(&result),
                undone_beside: beside(&undone),
            }
        });
        Self { input: Template::of(input), steps: steps.collect() }
    }
}

impl StepWords {
    fn new(domain: &Domain, step: &Step, input: &Value, places: &mut Vec<String>) -> Self {
        let rule = domain.aggregate_of_command(&step.command);
        let (stream, aggregate_type) = match &rule {
            Some((aggregate, _)) => {
                let key = json!({"command": {"data": command_data(step, input)}});
                (stream_of(aggregate, &key), aggregate.name.to_string())
            }
            // As a run names the stream of a service that keeps no aggregate.
            None => (format!("{}-s{NUMBER}", step.service), step.service.to_string()),
        };
        let place = places.iter().position(|it| *it == stream).unwrap_or_else(|| {
            places.push(stream.clone());
            places.len() - 1
        });
        assert!(place < PLACES_MAX, "a saga of the shop writes to few streams");
        let stream = Template::of_text(&stream);
        let service = domain.services.iter().position(|it| it.name == step.service);
        let latency = service.map_or((1, 1), |it| {
            let (min, max) = domain.services[it].latency;
            (min.0, max.0)
        });
        Self {
            name: step.name.to_string(),
            kind: step.kind,
            service: step.service.to_string(),
            consumer: service.map_or(0, |it| it as u64 + 1),
            command: step.command.to_string(),
            failure: step.failure.to_string(),
            compensated: step.compensated.as_deref().unwrap_or_default().to_owned(),
            refusal: refusal(rule.as_ref()).to_owned(),
            aggregate_type,
            is_shared: stream.has(Slot::Product),
            stream,
            place,
            latency,
            timeout: step.timeout.map_or(0, |it| it.0),
            backoff: step.retry.initial.0,
            jitter_permille: u64::from(step.retry.jitter_permille),
        }
    }
}

fn stream_of(aggregate: &Aggregate, key: &Value) -> String {
    let key = aggregate.key.as_ref().map(|it| run(it, key));
    let key = key.as_ref().and_then(Value::as_str).expect("the shop's aggregates have keys");
    aggregate.streams.replacen('*', key, 1)
}

/// The type that a command leads to.
fn emitted(domain: &Domain, command: &str) -> String {
    let rule = domain.aggregate_of_command(command);
    rule.and_then(|(_, rule)| rule.emits.first()).expect("the shop knows the command").event_type.to_string()
}

impl UserWords {
    fn new(domain: &Domain) -> Self {
        let (aggregate, _) = domain.aggregate_of_command("user.create").expect("the shop keeps accounts");
        let key = json!({"command": {"data": {"userId": USER}}});
        Self {
            aggregate_type: aggregate.name.to_string(),
            stream: Template::of_text(&stream_of(aggregate, &key)),
            created: emitted(domain, "user.create"),
            updated: emitted(domain, "user.update"),
        }
    }
}

impl ParcelWords {
    fn new(domain: &Domain) -> Self {
        let (aggregate, _) = domain.aggregate_of_command("shipment.create").expect("the shop sends parcels");
        let key = json!({"command": {"data": {"orderId": NUMBER.to_string()}}});
        Self {
            aggregate_type: aggregate.name.to_string(),
            stream: Template::of_text(&stream_of(aggregate, &key)),
            created: emitted(domain, "shipment.create"),
            dispatched: emitted(domain, "shipment.dispatch"),
            delivered: emitted(domain, "shipment.deliver"),
            lost: emitted(domain, "shipment.lose"),
            completed: emitted(domain, "order.complete"),
            closed: emitted(domain, "order.close"),
        }
    }
}
