//! How many sagas a core runs a second, and how long the failure matrix takes. No test: nothing here can fail for
//! being slow. `SAGASCOPE_BENCH_SAGAS` sets the number of sagas; it is 20,000 otherwise.

use std::hint::black_box;
use std::sync::Arc;

use sagascope::base::clock::Stopwatch;
use sagascope::domain::BuiltIn;
use sagascope::sim::recipe::Recipe;
use sagascope::sim::world::World;

/// Runs of each line; the fastest is printed, for noise only adds. Time is that of the processor where Linux tells
/// it, so that other programs on the machine count less.
const ROUNDS: usize = 5;

fn main() -> anyhow::Result<()> {
    let sagas = match std::env::var("SAGASCOPE_BENCH_SAGAS") {
        Ok(text) => text.replace(['_', ','], "").parse()?,
        Err(_) => 20_000,
    };
    println!(
        "{sagas} sagas, {}",
        if cfg!(debug_assertions) { "NOT an optimized build" } else { "optimized build" }
    );
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
        let mut best = f64::INFINITY;
        let (mut events, mut steps) = (0, 0);
        for _ in 0..ROUNDS {
            let mut world = World::new(Arc::clone(&built_in), &recipe)?;
            let (watch, before) = (Stopwatch::start(), cpu_seconds());
            world.run();
            let wall = watch.elapsed().as_secs_f64();
            best = best.min(cpu_seconds().zip(before).map_or(wall, |(after, before)| after - before));
            (events, steps) = (world.len(), world.steps_done());
            black_box(&world);
        }
        println!(
            "{domain}/{saga}{faults}: {:.0} sagas/s, {:.2} us a message, {:.1} events a saga",
            f64::from(sagas) / best,
            best * 1e6 / steps as f64,
            events as f64 / f64::from(sagas),
        );
    }
    Ok(())
}

/// Seconds this thread has spent on a processor.
fn cpu_seconds() -> Option<f64> {
    let text = std::fs::read_to_string("/proc/thread-self/schedstat").ok()?;
    let nanoseconds: u64 = text.split(' ').next()?.parse().ok()?;
    Some(nanoseconds as f64 / 1e9)
}
