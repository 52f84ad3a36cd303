//! How many sagas a core runs a second, and how long the failure matrix takes.
//! `SAGASCOPE_BENCH_SAGAS` sets the number of sagas; it is 20,000 otherwise.
//!
//! The named peer is [`naive`]: the shop's story written down by hand, without anything that can go wrong. It is
//! run in turn with the shop, so that a busy machine slows both.

use std::hint::black_box;
use std::ops::ControlFlow;
use std::sync::Arc;

use sagascope::base::clock::Stopwatch;
use sagascope::domain::BuiltIn;
use sagascope::sim::matrix::{self as faults, Layout, in_world};
use sagascope::sim::recipe::Recipe;
use sagascope::sim::world::World;

use crate::measure::{self, short};
use crate::{Ground, number};

/// Runs of each line; the fastest is printed, for noise only adds. Time is that of the processor where Linux tells
/// it, so that other programs on the machine count less.
const ROUNDS: usize = 5;

pub(crate) fn run(_ground: &Ground) -> anyhow::Result<()> {
    let sagas = number("SAGASCOPE_BENCH_SAGAS", 20_000)? as u32;
    let times = worlds_a_round(sagas);
    println!("{sagas} sagas");
    for (domain, saga, faults) in [
        ("shop", "fulfilment", ""),
        ("shop", "fulfilment", "&fault=process-payment:transient:1&fault=confirm-order:reject"),
        ("shop", "fulfilment_choreographed", ""),
        ("travel", "trip", ""),
        ("transfer", "transfer", ""),
    ] {
        let line = format!("{domain}/{saga}?sagas={sagas}&every=1ms{faults}");
        let recipe = Recipe::parse(&line)?;
        let built_in = Arc::new(BuiltIn::named(domain).expect("it is built in").load());
        let (mut best, mut peer) = (f64::INFINITY, f64::INFINITY);
        let (mut events, mut steps) = (0, 0);
        for _ in 0..ROUNDS {
            let worlds = (0..times).map(|_| World::new(Arc::clone(&built_in), &recipe));
            let mut worlds = worlds.collect::<Result<Vec<_>, _>>()?;
            best = best.min(seconds(|| worlds.iter_mut().for_each(World::run)) / f64::from(times));
            (events, steps) = (worlds[0].len(), worlds[0].steps_done());
            drop(black_box(worlds));
            if line.starts_with("shop/fulfilment?") && faults.is_empty() {
                let mut shops: Vec<_> = (0..times).map(|_| naive::Shop::default()).collect();
                peer = peer
                    .min(seconds(|| shops.iter_mut().for_each(|shop| shop.run(sagas))) / f64::from(times));
                assert_eq!(
                    shops[0].events.len() as u64 + 8,
                    events,
                    "the same but for what the run notes itself"
                );
                black_box(shops);
            }
        }
        let ratio = if peer.is_finite() {
            format!("; {:.2} x the time of the naive loop", best / peer)
        } else {
            String::new()
        };
        println!(
            "{domain}/{saga}{faults}: {:.0} sagas/s, {:.2} us a message, {:.1} events a saga{ratio}",
            f64::from(sagas) / best,
            best * 1e6 / steps as f64,
            events as f64 / f64::from(sagas),
        );
        let rate = f64::from(sagas) / best;
        let naive = if peer.is_finite() { "the same story by hand, nothing can go wrong" } else { "" };
        let ratio = if peer.is_finite() { format!("{:.2}", best / peer) } else { String::new() };
        measure::line(
            &format!("{domain}/{saga}{faults}"),
            format!("{rate:.0} sagas/s"),
            naive,
            &ratio,
            Some(("100,000/s", rate >= 1e5)),
        );
    }
    for (domain, saga) in [("shop", "fulfilment"), ("travel", "trip")] {
        matrix(domain, saga)?;
    }
    Ok(())
}

/// The matrix of single faults, every cell with its report.
fn matrix(domain: &str, saga: &str) -> anyhow::Result<()> {
    let built_in = Arc::new(BuiltIn::named(domain).expect("it is built in").load());
    let layout = Layout::new(&built_in, &Recipe::new(domain, saga))?;
    let (mut best, mut runs) = (f64::INFINITY, 0);
    for _ in 0..ROUNDS {
        runs = 0;
        let mut failed = None;
        best = best.min(seconds(|| {
            let done =
                faults::run(&layout, layout.cells.clone(), &mut in_world(&built_in), &mut |_, report| {
                    black_box(report);
                    runs += 1;
                    ControlFlow::Continue(())
                });
            failed = done.err();
        }));
        if let Some(error) = failed {
            return Err(error.into());
        }
    }
    println!(
        "{domain}/{saga}, matrix: {runs} runs in {:.1} ms, {:.0} us a run",
        best * 1e3,
        best * 1e6 / f64::from(runs)
    );
    let run = best / f64::from(runs);
    measure::line(
        &format!("{domain}/{saga}, failure matrix of {runs} runs"),
        short(best),
        "",
        "",
        Some(("20 ms for 260", run * 260.0 <= 0.02)),
    );
    Ok(())
}

/// Worlds that are run one after the other for one measurement: the processor's clock of Linux may be as coarse as
/// four milliseconds.
fn worlds_a_round(sagas: u32) -> u32 {
    (20_000 / sagas.max(1)).max(1)
}

/// Time this thread spends on a processor while it does `work`, in seconds; time on the wall where nobody tells.
fn seconds(work: impl FnOnce()) -> f64 {
    let (watch, before) = (Stopwatch::start(), cpu_seconds());
    work();
    let wall = watch.elapsed().as_secs_f64();
    cpu_seconds().zip(before).map_or(wall, |(after, before)| after - before)
}

fn cpu_seconds() -> Option<f64> {
    let text = std::fs::read_to_string("/proc/thread-self/schedstat").ok()?;
    let nanoseconds: u64 = text.split(' ').next()?.parse().ok()?;
    Some(nanoseconds as f64 / 1e9)
}

/// The same story as one would write it down in an hour: a heap of messages, maps by name, events as JSON. It knows
/// no retries, no compensation, no crash and no fault; it has streams with versions, idempotency keys, timers and
/// one log, for without them it would be another story.
mod naive {
    use std::cmp::Reverse;
    use std::collections::{BinaryHeap, HashMap};

    use serde_json::{Value, json};

    /// Step, command, event, stream.
    const STEPS: [(&str, &str, &str, &str); 5] = [
        ("create-order", "order.create", "order.created.v1", "order"),
        ("process-payment", "payment.process", "payment.completed.v1", "payment"),
        ("reserve-inventory", "inventory.reserve", "inventory.reserved.v1", "stock"),
        ("confirm-order", "order.confirm", "order.confirmed.v1", "order"),
        ("send-confirmation", "notification.send", "notification.sent.v1", "notification"),
    ];
    const PRODUCTS: [(&str, u64); 6] = [
        ("kettle", 4_500),
        ("lamp", 6_000),
        ("chair", 12_900),
        ("clock", 2_350),
        ("radio", 8_990),
        ("rug", 19_900),
    ];

    #[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
    enum Message {
        Start(u32),
        Command(u32, usize),
        Reply(u32, usize),
        Timer(u32, usize),
    }

    #[derive(Default)]
    pub(crate) struct Shop {
        pub(crate) events: Vec<Value>,
        queue: BinaryHeap<Reverse<(u64, u64, Message)>>,
        sequence: u64,
        versions: HashMap<String, u64>,
        handled: HashMap<String, usize>,
        orders: HashMap<u32, Value>,
        done: HashMap<u32, usize>,
    }

    impl Shop {
        pub(crate) fn run(&mut self, sagas: u32) {
            for saga in 1..=sagas {
                self.send(u64::from(saga) * 1_000, Message::Start(saga));
            }
            while let Some(Reverse((now, _, message))) = self.queue.pop() {
                match message {
                    Message::Start(saga) => self.start(now, saga),
                    Message::Command(saga, step) => self.handle(now, saga, step),
                    Message::Reply(saga, step) => self.answered(now, saga, step),
                    Message::Timer(saga, step) => {
                        assert!(self.done[&saga] > step, "nothing is late in this story");
                    }
                }
            }
        }

        fn send(&mut self, at: u64, message: Message) {
            self.sequence += 1;
            self.queue.push(Reverse((at, self.sequence, message)));
        }

        fn append(&mut self, now: u64, stream: &str, event_type: &str, saga: u32, data: &Value) -> usize {
            let version = self.versions.entry(stream.to_owned()).or_default();
            *version += 1;
            self.events.push(json!({
                "id": format!("{stream}/{version}"),
                "stream": stream,
                "version": *version,
                "type": event_type,
                "at": now,
                "saga": format!("s{saga}"),
                "data": data,
            }));
            self.events.len() - 1
        }

        fn start(&mut self, now: u64, saga: u32) {
            let (product, price) = PRODUCTS[saga as usize % PRODUCTS.len()];
            let quantity = u64::from(saga % 3 + 1);
            let order = json!({
                "orderId": saga.to_string(),
                "userId": "ada",
                "items": [{"productId": product, "quantity": quantity, "price": price}],
                "total": price * quantity,
                "currency": "EUR",
            });
            self.append(now, &format!("saga-s{saga}"), "saga.started", saga, &order);
            self.orders.insert(saga, order);
            self.begin(now, saga, 0);
        }

        fn begin(&mut self, now: u64, saga: u32, step: usize) {
            let data = json!({"step": STEPS[step].0, "command": STEPS[step].1, "attempt": 1});
            self.append(now, &format!("saga-s{saga}"), "saga.step_started", saga, &data);
            self.send(now + 50_000, Message::Command(saga, step));
            self.send(now + 2_000_000, Message::Timer(saga, step));
        }

        fn handle(&mut self, now: u64, saga: u32, step: usize) {
            let key = format!("s{saga}/{}/do", STEPS[step].0);
            if !self.handled.contains_key(&key) {
                let order = &self.orders[&saga];
                let id = &order["orderId"];
                let data = match step {
                    0 => order.clone(),
                    1 => json!({"paymentId": format!("p{saga}"), "orderId": id, "amount": order["total"],
                                "currency": order["currency"], "status": "completed"}),
                    2 => json!({"reservationId": format!("r{saga}"), "orderId": id,
                                "productId": order["items"][0]["productId"],
                                "quantity": order["items"][0]["quantity"]}),
                    3 => json!({"orderId": id}),
                    _ => json!({"orderId": id, "userId": order["userId"], "template": "order-confirmed"}),
                };
                let name = if step == 2 {
                    data["productId"].as_str().unwrap_or_default().to_owned()
                } else {
                    saga.to_string()
                };
                let stream = format!("{}-{name}", STEPS[step].3);
                let event = self.append(now, &stream, STEPS[step].2, saga, &data);
                self.handled.insert(key, event);
            }
            self.send(now + 5_000, Message::Reply(saga, step));
        }

        fn answered(&mut self, now: u64, saga: u32, step: usize) {
            let done = self.done.entry(saga).or_default();
            if *done > step {
                return;
            }
            *done = step + 1;
            let data = json!({"step": STEPS[step].0, "attempt": 1});
            self.append(now, &format!("saga-s{saga}"), "saga.step_completed", saga, &data);
            if step == 3 {
                let data = json!({"step": STEPS[step].0});
                self.append(now, &format!("saga-s{saga}"), "saga.pivot_passed", saga, &data);
            }
            if step + 1 < STEPS.len() {
                self.begin(now, saga, step + 1);
            } else {
                self.append(now, &format!("saga-s{saga}"), "saga.completed", saga, &json!({}));
            }
        }
    }
}
