//! Sagas are found in the log of a run as the run itself knows them: the simulator is the ground truth, the log is
//! all that detection sees. With the domain everything must agree; without it nearly every outcome.

use std::sync::Arc;

use sagascope::base::cancel::CancelToken;
use sagascope::domain::{BUILT_IN, Domain, SagaStyle};
use sagascope::index::{EventLog, LogBuilder};
use sagascope::model::{JsonText, Locator, RecordedEvent, Row};
use sagascope::saga::{Debt, Outcome, Page, StepState, Survey};
use sagascope::sim::Act;
use sagascope::sim::faults::{FAULTS, PROTECTIONS};
use sagascope::sim::matrix::Layout;
use sagascope::sim::recipe::Recipe;
use sagascope::sim::world::{self, SagaReport, World};

/// A log and its events.
struct Read {
    log: EventLog,
    events: Vec<RecordedEvent>,
}

impl Read {
    fn of(events: Vec<RecordedEvent>) -> Self {
        let mut builder = LogBuilder::default();
        let source = builder.add_source();
        for event in &events {
            builder.push(source, Locator { at: 0, len: 0 }, event);
        }
        Self { log: builder.publish(), events }
    }

    fn survey(&self, domain: Option<&Arc<Domain>>) -> Survey {
        let mut fetch =
            |rows: &[Row]| rows.iter().map(|row| self.events.get(row.ordinal()).cloned()).collect();
        Survey::of(&self.log, domain, &mut fetch, &CancelToken::default(), &mut |_, _| {}).unwrap()
    }
}

/// A run at its end, watched, so that its log says which invariants broke.
fn run(domain: &Arc<Domain>, recipe: &Recipe) -> World {
    let mut world = World::new(Arc::clone(domain), recipe).unwrap().watched();
    world.run();
    world
}

/// Every saga of every built-in domain.
fn bases() -> Vec<(Arc<Domain>, Recipe)> {
    let domains = BUILT_IN.iter().map(|built_in| Arc::new(built_in.load()));
    let recipes = domains.flat_map(|domain| {
        let recipes: Vec<Recipe> =
            domain.sagas.iter().map(|saga| Recipe::new(&*domain.name, &*saga.name)).collect();
        recipes.into_iter().map(move |recipe| (Arc::clone(&domain), recipe))
    });
    recipes.collect()
}

/// Every cell of the failure matrix of every saga with all protections, and many without one.
fn cells() -> Vec<(Arc<Domain>, Recipe)> {
    let mut cells = Vec::new();
    for (domain, base) in bases() {
        let layout = Layout::new(&domain, &base).unwrap();
        for (number, cell) in layout.cells.iter().enumerate() {
            cells.push((Arc::clone(&domain), cell.recipe.clone()));
            // Every removal everywhere takes a minute; this is every third cell.
            for protection in PROTECTIONS.iter().filter(|_| number % 3 == 0) {
                let without = Layout::without(cell, protection.protection);
                if let Ok(recipe) = without.recipe.check(&domain) {
                    cells.push((Arc::clone(&domain), recipe));
                }
            }
        }
        cells.push((domain, base));
    }
    cells
}

fn same(found: Outcome, truth: world::Outcome) -> bool {
    match truth {
        world::Outcome::Running => matches!(found, Outcome::Running | Outcome::Compensating),
        truth => found.name() == truth.name(),
    }
}

/// What both must say of a saga: outcome, steps with their states and attempts, and what is owed.
type Told = (&'static str, Vec<(String, StepState, u32, u32)>, Vec<Debt>);

fn truth(saga: &SagaReport) -> Told {
    let steps = saga.steps.iter();
    let steps = steps.map(|step| (step.name.clone(), step.state, step.attempts, step.undo_attempts));
    (saga.outcome.name(), steps.collect(), saga.owed.clone())
}

fn found(saga: &sagascope::saga::Summary) -> Told {
    let steps = saga.steps.iter();
    let steps = steps.map(|step| (step.name.to_string(), step.state, step.attempts, step.undo_attempts));
    let outcome = if saga.outcome == Outcome::Compensating { Outcome::Running } else { saga.outcome };
    (outcome.name(), steps.collect(), saga.owed.clone())
}

/// The ledger of a page is that of the run, line by line, and what it sums to is what the events say. Gives the
/// number of lines.
fn same_ledger(read: &Read, survey: &Survey, at: usize, truth: &SagaReport) -> usize {
    let mut fetch = |rows: &[Row]| rows.iter().map(|row| read.events.get(row.ordinal()).cloned()).collect();
    let cancel = CancelToken::default();
    let page = Page::of(&read.log, survey, at, &mut fetch, &mut |_| Vec::new(), &cancel).unwrap();
    assert_eq!(page.ledger.len(), truth.ledger.len());
    for (line, truth) in page.ledger.iter().zip(&truth.ledger) {
        let counts = (line.effects.len() as u32, line.undone.len() as u32, line.tombstones.len() as u32);
        assert_eq!(counts, (truth.effects, truth.undone, truth.tombstones), "{}", truth.step);
        assert_eq!(line.held(), truth.held);
        assert_eq!(line.amount, truth.amount);
        assert_eq!((line.account, line.paid_not_known), (truth.account, truth.paid_not_known));
        // The sum by the role of each event, which the ledger does not look at twice.
        let with = |role: &str| {
            let of_saga =
                read.events.iter().filter(|event| event.correlation_id.as_deref() == Some(&page.id));
            let said = of_saga.filter_map(|event| event.metadata.as_ref().map(JsonText::value));
            said.filter(|said| said["role"] == role && said["step"] == line.step.as_str()).count() as i64
        };
        assert_eq!(line.held(), with("effect") - with("undone"));
    }
    page.ledger.len()
}

#[test]
fn a_redrive_is_seen_in_the_log_as_the_run_knows_it() {
    let recipe = Recipe::parse("shop/fulfilment?fault=send-confirmation:transient:99").unwrap();
    let domain = crate::support::domain("shop");
    for (mends, outcome) in [(true, Outcome::Completed), (false, Outcome::DeadLettered)] {
        let mut world = run(&domain, &recipe);
        if mends {
            world.act(&Act::Disarm(recipe.faults[0].clone())).unwrap();
        }
        world.act(&Act::Redrive(1)).unwrap();
        world.run();
        let (read, truths) = (Read::of(world.events()), world.sagas());
        let survey = read.survey(Some(&domain));
        let told: Vec<Told> = survey.sagas.iter().map(found).collect();
        assert_eq!(told, truths.iter().map(truth).collect::<Vec<_>>());
        assert_eq!(survey.sagas[0].outcome, outcome);
    }
}

#[test]
fn with_the_domain_detection_knows_what_the_simulator_knows() {
    let mut kinds: Vec<&str> = Vec::new();
    let (mut compared, mut unseen, mut ledgers) = (0, 0, 0);
    let mut wrong = Vec::new();
    for (domain, recipe) in cells() {
        let world = run(&domain, &recipe);
        let read = Read::of(world.events());
        let survey = read.survey(Some(&domain));
        for saga in world.sagas() {
            let places = survey.named(&read.log, &saga.id);
            // A saga of which nothing or one event was recorded is none that a log shows.
            let events = read.events.iter().filter(|event| event.correlation_id.as_deref() == Some(&saga.id));
            if events.count() < 2 {
                unseen += 1;
                continue;
            }
            compared += 1;
            if compared % 5 == 0 && places.len() == 1 {
                ledgers += same_ledger(&read, &survey, places[0], &saga);
            }
            let told: Vec<Told> = places.iter().map(|at| found(&survey.sagas[*at])).collect();
            if told != [truth(&saga)] {
                wrong.push(format!("{recipe}\n  truth {:?}\n  found {told:?}", truth(&saga)));
            }
        }
        kinds.extend(recipe.faults.iter().map(|fault| fault.kind.name()));
    }
    kinds.sort_unstable();
    kinds.dedup();
    println!("compared {compared} sagas, {unseen} left no log; {} differ", wrong.len());
    assert!(
        wrong.is_empty(),
        "{} of {compared} differ:\n{}",
        wrong.len(),
        wrong[..wrong.len().min(12)].join("\n")
    );
    assert!(compared > 1_500 && unseen < compared / 20, "{compared} {unseen}");
    assert!(ledgers > 1_000, "{ledgers} lines of ledgers");
    assert_eq!(kinds.len(), FAULTS.len(), "every kind of fault took part: {kinds:?}");
}

/// The log as somebody else's system would have written it: domain events alone, without roles and keys.
fn foreign(events: Vec<RecordedEvent>) -> Vec<RecordedEvent> {
    let own = ["saga.", "run.started", "run.fault", "message.", "service.", "check.", "participation."];
    let kept =
        events.into_iter().filter(|event| !own.iter().any(|prefix| event.event_type.starts_with(prefix)));
    let mut kept: Vec<RecordedEvent> = kept.collect();
    for event in &mut kept {
        event.metadata = None;
    }
    kept
}

#[test]
fn without_the_domain_nearly_every_outcome_is_found() {
    let (mut recorded, mut inferred) = ((0, 0), (0, 0));
    let mut wrong = Vec::new();
    for (domain, recipe) in cells() {
        let style = domain.sagas.iter().find(|saga| *saga.name == *recipe.saga).unwrap().style;
        let world = run(&domain, &recipe);
        let read = Read::of(world.events());
        let survey = read.survey(None);
        for saga in world.sagas() {
            for at in survey.named(&read.log, &saga.id) {
                let right = same(survey.sagas[at].outcome, saga.outcome);
                recorded = (recorded.0 + usize::from(right), recorded.1 + 1);
                if !right && wrong.len() < 400 {
                    wrong.push(format!(
                        "{recipe} {:?}: {:?} {}",
                        style, saga.outcome, survey.sagas[at].outcome
                    ));
                }
            }
        }
        // Seven sagas go well and one is struck: what is usual can be learnt.
        let mut many = recipe.clone();
        many.sagas = 8;
        for fault in &mut many.faults {
            fault.target.saga = Some(4);
        }
        let Ok(many) = many.check(&domain) else { continue };
        let world = run(&domain, &many);
        let read = Read::of(foreign(world.events()));
        let survey = read.survey(None);
        for saga in world.sagas().iter().filter(|saga| saga.id == "s4" && style == SagaStyle::Choreography) {
            for at in survey.named(&read.log, &saga.id) {
                let right = same(survey.sagas[at].outcome, saga.outcome);
                inferred = (inferred.0 + usize::from(right), inferred.1 + 1);
            }
        }
    }
    let percent = |(right, all): (usize, usize)| right * 1_000 / all.max(1);
    println!("outcomes without the domain, facts recorded: {recorded:?} = {} permille", percent(recorded));
    println!(
        "outcomes of the sagas that were struck, from names alone: {inferred:?} = {} permille",
        percent(inferred)
    );
    assert!(percent(recorded) >= 950, "{recorded:?}\n{}", wrong.join("\n"));
    assert!(percent(inferred) >= 950, "{inferred:?}");
}
