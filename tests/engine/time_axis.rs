//! The time axis for any times: monotone, there and back within the stretches that are kept, and never mostly
//! made of cuts.

use proptest::collection::vec;
use proptest::prelude::*;
use sagascope::index::{Cut, TimeAxis};

/// Times in bursts with pauses of all sizes, in order.
fn times() -> impl Strategy<Value = Vec<i64>> {
    let pause = prop_oneof![4 => 0..50_i64, 2 => 0..100_000_i64, 1 => 0..1_000_000_000_000_i64];
    (-1_000_000_000_000_i64..1_000_000_000_000, vec(pause, 0..300)).prop_map(|(start, pauses)| {
        let mut at = start;
        std::iter::once(start)
            .chain(pauses.into_iter().map(move |pause| {
                at += pause;
                at
            }))
            .collect()
    })
}

fn assert_monotone(axis: &TimeAxis, times: &[i64]) {
    let between = times.windows(2).map(|two| two[0].midpoint(two[1]));
    let mut probes: Vec<i64> = times.iter().copied().chain(between).chain([i64::MIN, 0, i64::MAX]).collect();
    probes.sort_unstable();
    let mut previous = 0.0;
    for nanos in probes {
        let units = axis.units_of(nanos);
        assert!(units >= previous, "{nanos} lies at {units}, before {previous}");
        assert!(units <= axis.total_units(), "{nanos} lies at {units}, beyond the end");
        previous = units;
    }
    let mut before = i64::MIN;
    for step in 0..=200 {
        let nanos = axis.nanos_at(axis.total_units() * f64::from(step) / 200.0);
        assert!(nanos >= before, "{nanos} comes after {before}");
        assert!(times.first().is_none_or(|first| *first <= nanos), "{nanos} is before the first event");
        assert!(times.last().is_none_or(|last| *last >= nanos), "{nanos} is after the last event");
        before = nanos;
    }
}

fn assert_bounded(axis: &TimeAxis, times: &[i64]) {
    let cuts: Vec<Cut> = axis.cuts().collect();
    let total = axis.total_units();
    let cut_out: f64 = cuts.iter().map(|cut| cut.units.1 - cut.units.0).sum();
    assert!(cuts.len() <= 60 && total.is_finite() && total >= 1.0);
    assert!(cut_out <= 0.4001 * total, "cuts take {cut_out} of {total}");
    assert!(cuts.windows(2).all(|two| two[0].to <= two[1].from));
    for cut in &cuts {
        assert!(times.binary_search(&cut.from).is_ok() && times.binary_search(&cut.to).is_ok());
        assert!(!times.iter().any(|time| *time > cut.from && *time < cut.to), "an event was cut out");
        assert!(cut.to.abs_diff(cut.from) >= axis.threshold().unsigned_abs());
    }
    let last = *times.last().expect("there are times");
    let spent = last.abs_diff(times[0]) - cuts.iter().map(|cut| cut.to.abs_diff(cut.from)).sum::<u64>();
    let expected = spent as f64 + cut_out;
    assert!((total - expected.max(1.0)).abs() <= 1.0 + total * 1e-9, "{total} units for {expected}");
    assert_eq!(axis.nanos_at(total.max(axis.units_of(last))), last);
    assert_eq!(axis.nanos_at(0.0), times[0]);
}

proptest! {
    #[test]
    fn the_axis_is_monotone_invertible_and_bounded(
        times in times(),
        restored in vec(any::<prop::sample::Index>(), 0..3),
    ) {
        let restored: Vec<i64> = restored.iter().map(|index| *index.get(&times)).collect();
        let axis = TimeAxis::from_keys(times.iter().copied(), &restored);
        assert_monotone(&axis, &times);
        assert_bounded(&axis, &times);
        for time in &times {
            prop_assert_eq!(axis.nanos_at(axis.units_of(*time)), *time);
        }
        prop_assert!(axis.cuts().all(|cut| !restored.contains(&cut.from)));
    }

    #[test]
    fn any_times_at_all_are_fine(times in vec(any::<i64>(), 1..200)) {
        let mut times = times;
        times.sort_unstable();
        let axis = TimeAxis::from_keys(times.iter().copied(), &[]);
        assert_monotone(&axis, &times);
        assert_bounded(&axis, &times);
    }
}

#[test]
fn times_five_hundred_years_apart_are_fine() {
    let times = [i64::MIN + 1, -1, 0, 1, i64::MAX];
    let axis = TimeAxis::from_keys(times.into_iter(), &[]);
    assert_monotone(&axis, &times);
    assert_bounded(&axis, &times);
}
