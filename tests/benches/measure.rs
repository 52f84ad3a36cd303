//! How a bench measures: two sides in turns, CPU time where /proc tells it; and the table of what was measured. What is
//! measured is the matter of the topics.

use std::fmt::Write as _;
use std::sync::{Mutex, PoisonError};

use sagascope::base::clock::Stopwatch;

/// A line of the table.
struct Line {
    what: String,
    ours: String,
    peer: String,
    ratio: String,
    budget: String,
}

static LINES: Mutex<Vec<Line>> = Mutex::new(Vec::new());

/// What one side of a line cost, and how that relates to its peer.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Figures {
    /// Seconds of one run.
    pub(crate) seconds: f64,
    /// Ours by the peer's; not a number where there is no peer.
    pub(crate) ratio: f64,
}

/// Adds a line to the table. A budget is its words, and whether it is met.
pub(crate) fn line(what: &str, ours: String, peer: &str, ratio: &str, budget: Option<(&str, bool)>) {
    let budget =
        budget.map_or_else(String::new, |(words, met)| format!("{words} {}", if met { '✔' } else { '✖' }));
    let line = Line { what: what.to_owned(), ours, peer: peer.to_owned(), ratio: ratio.to_owned(), budget };
    LINES.lock().unwrap_or_else(PoisonError::into_inner).push(line);
}

/// The table of all lines, in Markdown.
pub(crate) fn table() -> String {
    let mut text =
        "| what | Sagascope | peer | ratio | budget |\n| --- | --- | --- | --- | --- |\n".to_owned();
    for Line { what, ours, peer, ratio, budget } in
        LINES.lock().unwrap_or_else(PoisonError::into_inner).iter()
    {
        writeln!(text, "| {what} | {ours} | {peer} | {ratio} | {budget} |").expect("a text takes all");
    }
    text
}

/// Turns of each pair; the middle ratio is printed with the least and the greatest.
const ROUNDS: usize = 5;
/// A side is repeated until it took this long: the clock of /proc counts hundredths of a second.
const SECONDS_AT_LEAST: f64 = 0.3;
/// `USER_HZ`, the unit of /proc/self/stat on every Linux.
const TICKS_PER_SECOND: f64 = 100.0;

/// A budget: its words, and whether figures meet it.
pub(crate) type Budget = Option<(&'static str, fn(Figures) -> bool)>;

/// Prints and notes how `ours` relates to the peer that the returned function is given.
pub(crate) fn compare<P: FnMut()>(
    title: &str,
    peer_name: &str,
    events: u64,
    budget: Budget,
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
        let figures = Figures { seconds: own, ratio: ratio(ROUNDS / 2) };
        line(
            title,
            short(own),
            &format!("{peer_name}: {}", short(peers)),
            &if figures.ratio < 0.1 {
                format!("{:.3}", figures.ratio)
            } else {
                format!("{:.2}", figures.ratio)
            },
            budget.map(|(words, meets)| (words, meets(figures))),
        );
    }
}

/// Prints and notes what `ours` costs, where there is nobody to compare with; `missing` says why.
pub(crate) fn alone(title: &str, missing: &str, events: u64, budget: Budget, mut ours: impl FnMut()) {
    let figures = Figures { seconds: cost(&mut ours), ratio: f64::NAN };
    println!("{title}: {}", described(figures.seconds, events));
    if !missing.is_empty() {
        println!("    no ratio: {missing}\n");
    }
    let budget = budget.map(|(words, meets)| (words, meets(figures)));
    line(title, short(figures.seconds), missing, "", budget);
}

/// Seconds as people write them.
pub(crate) fn short(seconds: f64) -> String {
    match seconds {
        seconds if seconds >= 1.0 => format!("{seconds:.2} s"),
        seconds if seconds >= 1e-3 => format!("{:.1} ms", seconds * 1e3),
        seconds => format!("{:.1} µs", seconds * 1e6),
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
