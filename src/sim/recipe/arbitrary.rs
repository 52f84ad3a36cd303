//! Recipes at random, for property tests: well formed and without repetitions, not of any domain.

use proptest::prelude::*;
use proptest::sample::{select, subsequence};

use super::{Act, Fault, Place, Planned, Recipe, Target, UnderWay};
use crate::base::ticks::Ticks;
use crate::sim::faults::{Count, FAULTS, Leg, PROTECTIONS};

/// Names that recipes can spell, none of them a word of the grammar.
fn names() -> impl Strategy<Value = String> {
    "[A-Za-z][A-Za-z0-9_-]{0,8}".prop_filter("a word of the grammar", |name| {
        !["start", "type", "service", "any"].contains(&name.as_str())
    })
}

fn ticks() -> impl Strategy<Value = Ticks> {
    prop_oneof![any::<u64>().prop_map(Ticks), (1..100_u64).prop_map(Ticks::from_millis)]
}

fn places() -> impl Strategy<Value = Place> {
    prop_oneof![
        Just(Place::Start),
        Just(Place::Any),
        (names(), select(Leg::ALL.to_vec())).prop_map(|(step, leg)| Place::Step { step, leg }),
        "[a-z]{1,3}(\\.[a-z][a-z0-9_]{0,3}){0,3}".prop_map(Place::Type),
        names().prop_map(Place::Service),
    ]
}

/// One fault.
pub(in crate::sim) fn faults() -> impl Strategy<Value = Fault> {
    let counts = prop_oneof![Just(Count::All), (1..5_u32).prop_map(Count::Times)];
    let target = (places(), proptest::option::of(1..9_u32));
    let start = proptest::option::of(ticks().prop_filter("zero is none", |start| start.0 > 0));
    (target, select(FAULTS.to_vec()), counts, 1..4_u32, start, proptest::option::of(ticks())).prop_map(
        |((place, saga), info, count, at, start, length)| Fault {
            target: Target { place, saga },
            kind: info.kind,
            count,
            at,
            start,
            length,
        },
    )
}

fn acts() -> impl Strategy<Value = Act> {
    let places = prop_oneof![
        Just(Place::Start),
        (names(), select(Leg::ALL.to_vec())).prop_map(|(step, leg)| Place::Step { step, leg }),
    ];
    let message = (places, proptest::option::of(1..9_u32), 1..4_u32)
        .prop_map(|(place, saga, number)| UnderWay { target: Target { place, saga }, number })
        .boxed();
    let protections: Vec<_> = PROTECTIONS.iter().map(|info| info.protection).collect();
    prop_oneof![
        message.clone().prop_map(Act::Lose),
        (message.clone(), ticks()).prop_map(|(message, length)| Act::Delay(message, length)),
        message.clone().prop_map(Act::Duplicate),
        message.prop_map(Act::Poison),
        names().prop_map(Act::Stop),
        names().prop_map(Act::Start),
        (1..u32::MAX).prop_map(Act::Redrive),
        (1..u32::MAX).prop_map(Act::Discard),
        faults().prop_map(Act::Arm),
        faults().prop_map(Act::Disarm),
        (select(protections), any::<bool>()).prop_map(|(protection, on)| Act::Protect(protection, on)),
    ]
}

/// What people do, each act at a moment of its own.
fn plans() -> impl Strategy<Value = Vec<Planned>> {
    let acts = proptest::collection::btree_map(any::<u64>(), acts(), 0..4);
    acts.prop_map(|acts| acts.into_iter().map(|(moment, act)| Planned { moment, act }).collect())
}

/// One recipe.
pub(in crate::sim) fn recipes() -> impl Strategy<Value = Recipe> {
    let protections: Vec<_> = PROTECTIONS.iter().map(|info| info.protection).collect();
    let without = subsequence(protections, 0..=PROTECTIONS.len());
    let every =
        proptest::option::of(ticks().prop_filter("the default is none", |every| *every != Recipe::EVERY));
    let faults = proptest::collection::vec(faults(), 0..5);
    let limit = proptest::option::of(1..u64::MAX);
    ((names(), names()), any::<u64>(), 1..1_000_u32, every, faults, without, limit, plans()).prop_map(
        |((domain, saga), seed, sagas, every, faults, without, limit, acts)| {
            let empty = Recipe { seed, sagas, every, without, acts, limit, ..Recipe::new(domain, saga) };
            faults.into_iter().fold(empty, Recipe::with)
        },
    )
}
