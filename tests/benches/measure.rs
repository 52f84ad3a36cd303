//! How a bench measures: two sides in turns, CPU time where /proc tells it. What is measured is the matter of the
//! benches.

use sagascope::base::clock::Stopwatch;

/// That of the program.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// Turns of each pair; the middle ratio is printed with the least and the greatest.
const ROUNDS: usize = 5;
/// A side is repeated until it took this long: the clock of /proc counts hundredths of a second.
const SECONDS_AT_LEAST: f64 = 0.3;
/// `USER_HZ`, the unit of /proc/self/stat on every Linux.
const TICKS_PER_SECOND: f64 = 100.0;

/// Prints how `ours` relates to the peer that the returned function is given.
pub(crate) fn compare<P: FnMut()>(
    title: &str,
    peer_name: &str,
    events: u64,
    mut ours: impl FnMut(),
) -> impl FnOnce(P) {
    move |mut peer: P| {
        let mut turns: Vec<(f64, f64)> = (0..ROUNDS).map(|_| (cost(&mut ours), cost(&mut peer))).collect();
        turns.sort_by(|a, b| (a.0 / a.1).total_cmp(&(b.0 / b.1)));
        let ratio = |turn: usize| turns[turn].0 / turns[turn].1;
        let (own, peers) = turns[ROUNDS / 2];
        println!("{title}: {}", described(own, events));
        println!("    {peer_name}: {}", described(peers, events));
        println!(
            "    ratio {:.2} ({:.2} to {:.2} in {ROUNDS} turns)\n",
            ratio(ROUNDS / 2),
            ratio(0),
            ratio(ROUNDS - 1)
        );
    }
}

/// A cost in words.
pub(crate) fn described(seconds: f64, events: u64) -> String {
    format!("{:.1} ms, {:.2} million events/s", seconds * 1e3, events as f64 / seconds.max(1e-9) / 1e6)
}

/// Seconds that one run of `work` takes.
pub(crate) fn cost(work: &mut impl FnMut()) -> f64 {
    let (stopwatch, began) = (Stopwatch::start(), cpu_seconds());
    let mut runs = 0.0;
    loop {
        work();
        runs += 1.0;
        let wall = stopwatch.elapsed().as_secs_f64();
        let spent = began.zip(cpu_seconds()).map_or(wall, |(began, now)| now - began);
        if spent >= SECONDS_AT_LEAST {
            return spent / runs;
        }
    }
}

/// CPU time of this process and of the children it waited for.
pub(crate) fn cpu_seconds() -> Option<f64> {
    let stat = std::fs::read_to_string("/proc/self/stat").ok()?;
    // The program's name in parentheses may hold anything; utime, stime, cutime and cstime are fields 14 to 17.
    let (_, fields) = stat.rsplit_once(')')?;
    let ticks: Vec<f64> =
        fields.split_whitespace().skip(11).take(4).map_while(|field| field.parse().ok()).collect();
    (ticks.len() == 4).then(|| ticks.iter().sum::<f64>() / TICKS_PER_SECOND)
}
