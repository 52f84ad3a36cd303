//! The tools around the simulated world, on every built-in domain: the failure matrix, random runs, shrinking, and
//! runs kept as tests. What single faults must come to is told by the table of textbook outcomes, and that every pair of
//! them is safe and live by `pairs`.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::ControlFlow;
use std::sync::Arc;

use sagascope::domain::{BUILT_IN, Domain, Guard, Saga, SagaStyle};
use sagascope::sim::expect::Expectation;
use sagascope::sim::faults::{FAULTS, FaultKind, Leg, Needs, PROTECTIONS};
use sagascope::sim::letters::{LoggedLetter, LoggedLetters};
use sagascope::sim::matrix::{Cell, CellReport, Layout, in_world, report_of};
use sagascope::sim::outcome::{Failure, broken, worst};
use sagascope::sim::recipe::{Place, Recipe};
use sagascope::sim::scenario::given_when_then;
use sagascope::sim::shrink::shrink;
use sagascope::sim::sweep::{SweepRun, sweep};
use sagascope::sim::world::{Act, Outcome, RunReport, World};

/// Every saga of every built-in domain.
fn sagas() -> Vec<(Arc<Domain>, Recipe)> {
    let domains = BUILT_IN.iter().map(|built_in| Arc::new(built_in.load()));
    let sagas = domains.flat_map(|domain| {
        let recipes: Vec<Recipe> =
            domain.sagas.iter().map(|saga| Recipe::new(&*domain.name, &*saga.name)).collect();
        recipes.into_iter().map(move |recipe| (Arc::clone(&domain), recipe))
    });
    sagas.collect()
}

fn saga_of<'a>(domain: &'a Domain, recipe: &Recipe) -> &'a Saga {
    domain.sagas.iter().find(|saga| *saga.name == *recipe.saga).unwrap()
}

fn run(domain: &Arc<Domain>, recipe: &Recipe) -> RunReport {
    in_world(domain)(recipe).unwrap()
}

fn matrix(domain: &Arc<Domain>, base: &Recipe) -> (Layout, Vec<(Cell, CellReport)>) {
    let layout = Layout::new(domain, base).unwrap();
    let mut reports = Vec::new();
    let cells = layout.cells.clone();
    sagascope::sim::matrix::run(&layout, cells, &mut in_world(domain), &mut |cell, report| {
        reports.push((cell, report));
        ControlFlow::Continue(())
    })
    .unwrap();
    (layout, reports)
}

#[test]
fn a_matrix_has_exactly_the_cells_that_can_happen() {
    let mut seen: BTreeSet<FaultKind> = BTreeSet::new();
    for (domain, base) in sagas() {
        let (layout, reports) = matrix(&domain, &base);
        let saga = saga_of(&domain, &base);
        assert_eq!(reports.len(), layout.cells.len());
        for info in FAULTS {
            let of_step = |step: &sagascope::domain::Step| {
                let legs = info.legs.iter().filter(|leg| {
                    **leg != Leg::Timer
                        && (!leg.is_undo() || step.compensate.is_some())
                        && (info.needs != Needs::InboxGuard || step.guard == Guard::Key)
                });
                legs.count()
            };
            let expected = usize::from(info.at_start) + saga.steps.iter().map(of_step).sum::<usize>();
            let found = reports.iter().filter(|(cell, _)| layout.columns[cell.at.1] == info.kind);
            assert_eq!(found.count(), expected, "{base} {}", info.name);
        }
        assert!(layout.cells.is_sorted_by_key(|cell| cell.at), "{base}");
        seen.extend(reports.iter().map(|(cell, _)| layout.columns[cell.at.1]));
    }
    assert_eq!(seen.len(), FAULTS.len(), "every kind of fault appears somewhere");
}

#[test]
fn weather_strikes_where_it_is_asked_for_and_breaks_nothing() {
    for (domain, base) in sagas() {
        let (layout, reports) = matrix(&domain, &base);
        let orchestrated = saga_of(&domain, &base).style == SagaStyle::Orchestration;
        for (cell, report) in &reports {
            let kind = layout.columns[cell.at.1];
            let stuck = report.outcome == Some(Outcome::Stuck);
            assert_eq!(report.broken, Vec::<String>::new(), "{}", report.recipe);
            assert_ne!(report.outcome, Some(Outcome::Inconsistent), "{}", report.recipe);
            assert_ne!(report.outcome, Some(Outcome::Running), "{}", report.recipe);
            assert!(!orchestrated || !stuck, "{}", report.recipe);
            let reached = report.outcome.is_some();
            // A key expires unseen where nothing is repeated; in a choreography some events have no reader.
            assert!(reached || !orchestrated || kind == FaultKind::IdempotencyExpired, "{}", report.recipe);
            assert_eq!(reached, report.first_fault.is_some() && report.outcome.is_some());
        }
    }
}

#[test]
fn each_protection_is_missed_by_some_cell() {
    let shop = sagas().into_iter().find(|(domain, _)| &*domain.name == "shop").unwrap();
    let (domain, base) = shop;
    let (layout, all_on) = matrix(&domain, &base);
    for info in PROTECTIONS {
        let mut worse = 0;
        for (cell, with) in &all_on {
            let unprotected = Layout::without(cell, info.protection);
            let without = report_of(&layout, &unprotected, &run(&domain, &unprotected.recipe));
            worse += usize::from(without.outcome < with.outcome);
        }
        assert!(worse > 0, "without {} nothing becomes worse", info.name);
    }
}

fn swarm(domain: &Arc<Domain>, base: &Recipe, runs: u64) -> Vec<SweepRun> {
    let mut found = Vec::new();
    sweep(domain, base, runs, &mut in_world(domain), &mut |run| {
        found.push(run);
        ControlFlow::Continue(())
    })
    .unwrap();
    found
}

#[test]
fn random_runs_are_the_same_each_time_and_break_nothing() {
    for (domain, base) in sagas() {
        let runs = swarm(&domain, &base, 150);
        for (one, again) in runs.iter().zip(swarm(&domain, &base, 150)) {
            assert_eq!((&one.recipe, &one.report), (&again.recipe, &again.report));
            assert_eq!(broken(&one.report), Vec::<String>::new(), "{}", one.recipe);
            assert!(one.report.quiescent, "{}", one.recipe);
            let orchestrated = saga_of(&domain, &base).style == SagaStyle::Orchestration;
            assert!(!orchestrated || one.failure().is_none(), "{}", one.recipe);
        }
    }
}

#[test]
fn the_log_of_a_random_run_is_the_same_each_time() {
    for (domain, base) in sagas() {
        for SweepRun { recipe, .. } in swarm(&domain, &base, 25) {
            let log = || {
                let mut world =
                    World::new(Arc::clone(&domain), &recipe).unwrap().recording_transport().watched();
                world.run();
                world.events()
            };
            assert_eq!(log(), log(), "{recipe}");
        }
    }
}

/// What must be reached by some run of a swarm, or the swarm tests less than it seems to.
#[test]
fn sometimes_every_outcome_is_reached_and_every_fact_recorded() {
    let mut outcomes: BTreeSet<&str> = BTreeSet::new();
    let mut types: BTreeMap<String, u64> = BTreeMap::new();
    for (domain, base) in sagas() {
        let removals = PROTECTIONS.iter().map(|info| base.clone().without(info.protection));
        for base in std::iter::once(base.clone()).chain(removals) {
            for SweepRun { recipe, report, .. } in swarm(&domain, &base, 60) {
                outcomes.extend(report.outcomes.iter().map(|(outcome, _)| outcome.name()));
                let mut world =
                    World::new(Arc::clone(&domain), &recipe).unwrap().recording_transport().watched();
                world.run();
                redrive_all(&mut world);
                world.run();
                for event in world.events() {
                    *types.entry(event.event_type).or_default() += 1;
                }
            }
        }
    }
    for outcome in Outcome::ALL.iter().filter(|outcome| **outcome != Outcome::Running) {
        assert!(outcomes.contains(outcome.name()), "no run was {}", outcome.name());
    }
    for fact in [
        "saga.started",
        "saga.step_started",
        "saga.step_retried",
        "saga.step_completed",
        "saga.step_rejected",
        "saga.step_attempt_failed",
        "saga.step_timed_out",
        "saga.step_failed",
        "saga.pivot_passed",
        "saga.compensation_started",
        "saga.undo_started",
        "saga.undo_retried",
        "saga.undo_timed_out",
        "saga.undo_attempt_failed",
        "saga.undo_completed",
        "saga.step_parked",
        "saga.undo_parked",
        "saga.park_resolved",
        "saga.late_reply_ignored",
        "saga.completed",
        "saga.compensated",
        "saga.parked",
        "participation.acted",
        "participation.undone",
        "dead_letter.parked",
        "dead_letter.repeated",
        "dead_letter.redriven",
        "dead_letter.resolved",
        "dead_letter.answered",
        "run.started",
        "run.fault_injected",
        "run.fault_unused",
        "run.acted",
        "run.quiesced",
        "message.sent",
        "message.delivered",
        "message.acknowledged",
        "message.lost",
        "message.duplicated",
        "message.delayed",
        "message.deduplicated",
        "message.attempt_failed",
        "service.crashed",
        "service.restarted",
        "service.down",
        "service.up",
        "check.broken",
    ] {
        assert!(types.contains_key(fact), "no run recorded {fact}");
    }
}

fn redrive_all(world: &mut World) {
    let open: Vec<u32> =
        world.dead_letters().iter().filter(|letter| letter.redrivable).map(|letter| letter.id).collect();
    for letter in open {
        world.act(&Act::Redrive(letter)).unwrap();
    }
}

#[test]
fn once_the_weather_is_over_redriving_ends_every_saga() {
    for (domain, base) in sagas() {
        if saga_of(&domain, &base).style != SagaStyle::Orchestration {
            continue;
        }
        let mut redriven = 0;
        for SweepRun { recipe, report, .. } in swarm(&domain, &base, 200) {
            if worst(&report) != Outcome::DeadLettered {
                continue;
            }
            let mut world = World::new(Arc::clone(&domain), &recipe).unwrap();
            world.run();
            for fault in &recipe.faults {
                world.act(&Act::Disarm(fault.clone())).unwrap();
            }
            // A redriven step may lead to the next one that waits.
            for _ in 0..=saga_of(&domain, &base).steps.len() {
                redrive_all(&mut world);
                world.run();
            }
            let ended = [Outcome::Completed, Outcome::Compensated];
            for saga in world.sagas() {
                assert!(ended.contains(&saga.outcome), "{recipe}: {} is {:?}", saga.id, saga.outcome);
            }
            redriven += 1;
        }
        assert!(redriven > 5, "{base}: {redriven}");
    }
}

#[test]
fn a_planted_failure_is_shrunk_to_its_shortest_recipe() {
    let (domain, _) = sagas().remove(0);
    for (planted, shortest) in [
        (
            "shop/fulfilment?seed=11&sagas=2&fault=create-order/reply:delayed&fault=process-payment:duplicated:3\
             &fault=send-confirmation:transient&without=idempotency&without=retries",
            "shop/fulfilment?fault=process-payment:duplicated&without=idempotency",
        ),
        (
            "shop/fulfilment?seed=3&fault=any:duplicated:all&without=idempotency",
            // Every repeat breaks more than the one of the payment: another failure.
            "shop/fulfilment?fault=any:duplicated:all&without=idempotency",
        ),
        (
            "shop/fulfilment?seed=5&fault=create-order:delayed&fault=process-payment/reply:lost@1\
             &fault=confirm-order:conflict&without=timeouts&without=outbox",
            "shop/fulfilment?fault=process-payment/reply:lost&without=timeouts",
        ),
    ] {
        let planted = Recipe::parse(planted).unwrap();
        let failure = Failure::of(&run(&domain, &planted)).unwrap();
        let fails = |recipe: &Recipe| Failure::of(&run(&domain, recipe)).as_ref() == Some(&failure);
        let shrunk = shrink(&domain, &planted, 5_000, &mut { fails });
        assert!(shrunk.finished);
        assert_eq!(shrunk.recipe.to_string(), shortest);
        assert_eq!(Failure::of(&run(&domain, &shrunk.recipe)).as_ref(), Some(&failure));
    }
}

#[test]
fn every_cell_can_be_kept_as_a_test_and_told_as_a_story() {
    for (domain, base) in sagas() {
        let layout = Layout::new(&domain, &base).unwrap();
        for cell in layout.cells.iter().step_by(5) {
            let report = run(&domain, &cell.recipe);
            let text = Expectation::of(&report).to_toml(&cell.recipe, &report);
            let (read, recipe) = Expectation::parse(&text).unwrap();
            assert_eq!(recipe, cell.recipe);
            assert_eq!(read.differences(&run(&domain, &recipe)), Vec::<String>::new(), "{text}");
            let story = given_when_then(&recipe, &report);
            for word in ["Scenario: ", "  Given ", "  When ", "  Then "] {
                assert!(story.lines().any(|line| line.starts_with(word)), "{story}");
            }
        }
    }
}

/// Letters as a running world knows them, and as they are found again in its log.
#[test]
fn dead_letters_are_found_again_in_the_log() {
    let mut found = 0;
    for (domain, base) in sagas() {
        for SweepRun { recipe, .. } in swarm(&domain, &base, 80) {
            let mut world = World::new(Arc::clone(&domain), &recipe).unwrap();
            world.run();
            let mut logged = LoggedLetters::default();
            for event in world.events() {
                logged.evolve(&event);
            }
            let seen = |letter: &LoggedLetter| {
                let attempts: Vec<Option<u64>> =
                    letter.attempts.iter().map(|attempt| attempt.at_ticks).collect();
                (letter.id.clone(), letter.state.clone(), letter.key.clone(), letter.reason.clone(), attempts)
            };
            let logged: Vec<_> = logged.finish().iter().map(seen).collect();
            let known: Vec<_> = world
                .dead_letters()
                .into_iter()
                .map(|letter| {
                    let attempts = letter.attempts.iter().map(|attempt| Some(attempt.at.0)).collect();
                    let state = letter.state.name().to_owned();
                    (letter.id.to_string(), state, Some(letter.key), Some(letter.error), attempts)
                })
                .collect();
            assert_eq!(logged, known, "{recipe}");
            found += logged.len();
        }
    }
    assert!(found > 20, "{found}");
}

#[test]
fn a_wide_target_strikes_and_a_narrow_one_strikes_less() {
    let (domain, base) = sagas().remove(0);
    for info in FAULTS.iter().filter(|info| info.weather && info.kind != FaultKind::Down) {
        let hits = |place: Place| {
            let target = sagascope::sim::recipe::Target { place, saga: None };
            let mut fault = sagascope::sim::recipe::Fault::new(target, info.kind);
            fault.count = sagascope::sim::faults::Count::Times(2);
            let reject =
                sagascope::sim::recipe::Fault::at_step("confirm-order", Leg::Command, FaultKind::Reject);
            let recipe = base.clone().with(fault.clone()).with(reject).check(&domain).unwrap();
            let report = run(&domain, &recipe);
            let of_fault = report.faults.iter().find(|armed| armed.fault == fault.to_string());
            of_fault.map_or(0, |armed| armed.hits)
        };
        let service = Place::Service("payment".to_owned());
        assert!(hits(Place::Any) > 0, "any: {}", info.name);
        if info.legs.contains(&Leg::Command) || info.legs.contains(&Leg::Undo) {
            assert!(hits(service) > 0, "service: {}", info.name);
        }
    }
}
