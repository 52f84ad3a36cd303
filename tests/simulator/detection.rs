//! Sagas are found in the log of a run as the run itself knows them: the simulator is the ground truth, the log is
//! all that detection sees. With the domain everything must agree; without it nearly every outcome.

use std::sync::Arc;

use sagascope::base::cancel::CancelToken;
use sagascope::base::clock::Stopwatch;
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

/// Every cell of the failure matrix of every saga, with all protections and without each of them.
fn cells() -> Vec<(Arc<Domain>, Recipe)> {
    let mut cells = Vec::new();
    for (domain, base) in bases() {
        let layout = Layout::new(&domain, &base).unwrap();
        for cell in &layout.cells {
            cells.push((Arc::clone(&domain), cell.recipe.clone()));
            for protection in PROTECTIONS {
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

/// What `work` finds in every cell, in the order of the cells; as many at a time as the machine can do.
fn each<T: Send>(work: impl Fn(usize, &Arc<Domain>, &Recipe) -> T + Sync) -> Vec<T> {
    let cells = cells();
    let watch = Stopwatch::start();
    let next = std::sync::atomic::AtomicUsize::new(0);
    let helpers = std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
    let mut found: Vec<(usize, T)> = std::thread::scope(|scope| {
        let one = || {
            let mut own = Vec::new();
            loop {
                let at = next.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
                let Some((domain, recipe)) = cells.get(at) else { return own };
                own.push((at, work(at, domain, recipe)));
            }
        };
        let helpers: Vec<_> = (0..helpers).map(|_| scope.spawn(one)).collect();
        helpers.into_iter().flat_map(|helper| helper.join().unwrap()).collect()
    });
    found.sort_by_key(|(at, _)| *at);
    println!("{} runs in {:.1} s", cells.len(), watch.elapsed().as_secs_f32());
    found.into_iter().map(|(_, found)| found).collect()
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

/// What one run teaches about detection with the domain.
#[derive(Default)]
struct Compared {
    sagas: usize,
    unseen: usize,
    ledgers: usize,
    wrong: Vec<String>,
    faults: Vec<&'static str>,
}

fn compared(number: usize, domain: &Arc<Domain>, recipe: &Recipe) -> Compared {
    let world = run(domain, recipe);
    let read = Read::of(world.events());
    let survey = read.survey(Some(domain));
    let mut compared = Compared {
        faults: recipe.faults.iter().map(|fault| fault.kind.name()).collect(),
        ..Compared::default()
    };
    for saga in world.sagas() {
        let places = survey.named(&read.log, &saga.id);
        // A saga of which nothing or one event was recorded is none that a log shows.
        let events = read.events.iter().filter(|event| event.correlation_id.as_deref() == Some(&saga.id));
        if events.count() < 2 {
            compared.unseen += 1;
            continue;
        }
        compared.sagas += 1;
        if number.is_multiple_of(5) && places.len() == 1 {
            compared.ledgers += same_ledger(&read, &survey, places[0], &saga);
        }
        let told: Vec<Told> = places.iter().map(|at| found(&survey.sagas[*at])).collect();
        if told != [truth(&saga)] {
            compared.wrong.push(format!("{recipe}\n  truth {:?}\n  found {told:?}", truth(&saga)));
        }
    }
    compared
}

#[test]
fn with_the_domain_detection_knows_what_the_simulator_knows() {
    let mut all = Compared::default();
    for one in each(compared) {
        all.sagas += one.sagas;
        all.unseen += one.unseen;
        all.ledgers += one.ledgers;
        all.wrong.extend(one.wrong);
        all.faults.extend(one.faults);
    }
    let Compared { sagas, unseen, ledgers, wrong, faults: mut kinds } = all;
    kinds.sort_unstable();
    kinds.dedup();
    println!("compared {sagas} sagas, {unseen} left no log; {} differ", wrong.len());
    assert!(
        wrong.is_empty(),
        "{} of {sagas} differ:\n{}",
        wrong.len(),
        wrong[..wrong.len().min(12)].join("\n")
    );
    assert!(sagas > 4_000 && unseen < sagas / 20, "{sagas} {unseen}");
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

/// How many outcomes were found, of how many.
#[derive(Clone, Copy, Default, Debug)]
struct Share(usize, usize);

impl Share {
    fn add(&mut self, right: bool) {
        self.0 += usize::from(right);
        self.1 += 1;
    }

    fn join(&mut self, other: Self) {
        self.0 += other.0;
        self.1 += other.1;
    }

    fn permille(self) -> usize {
        self.0 * 1_000 / self.1.max(1)
    }
}

/// What one run teaches about detection without the domain: from what the runtime recorded, and from the names of
/// domain events alone.
#[derive(Default)]
struct Guessed {
    is_choreography: bool,
    recorded: Share,
    inferred: Share,
    wrong: Vec<String>,
}

fn guessed(_: usize, domain: &Arc<Domain>, recipe: &Recipe) -> Guessed {
    let style = domain.sagas.iter().find(|saga| *saga.name == *recipe.saga).unwrap().style;
    let mut guessed = Guessed { is_choreography: style == SagaStyle::Choreography, ..Guessed::default() };
    let world = run(domain, recipe);
    let read = Read::of(world.events());
    let survey = read.survey(None);
    for saga in world.sagas() {
        for at in survey.named(&read.log, &saga.id) {
            let right = same(survey.sagas[at].outcome, saga.outcome);
            guessed.recorded.add(right);
            if !right {
                let told = survey.sagas[at].outcome;
                guessed.wrong.push(format!("recorded {recipe} {style:?}: {:?} {told}", saga.outcome));
            }
        }
    }
    // Seven sagas go well and one is struck: what is usual can be learnt.
    let mut many = recipe.clone();
    many.sagas = 8;
    for fault in &mut many.faults {
        fault.target.saga = Some(4);
    }
    let Ok(many) = many.check(domain) else { return guessed };
    let world = run(domain, &many);
    let read = Read::of(foreign(world.events()));
    let survey = read.survey(None);
    for saga in world.sagas().iter().filter(|saga| saga.id == "s4") {
        for at in survey.named(&read.log, &saga.id) {
            let right = same(survey.sagas[at].outcome, saga.outcome);
            guessed.inferred.add(right);
            if !right {
                let told = survey.sagas[at].outcome;
                guessed.wrong.push(format!("by names {many} {style:?}: {:?} {told}", saga.outcome));
            }
        }
    }
    guessed
}

#[test]
fn without_the_domain_nearly_every_outcome_is_found() {
    let (mut recorded, mut inferred) = (Share::default(), [Share::default(); 2]);
    let mut wrong = Vec::new();
    for one in each(guessed) {
        recorded.join(one.recorded);
        inferred[usize::from(one.is_choreography)].join(one.inferred);
        wrong.extend(one.wrong);
    }
    let [mut all, choreographed] = inferred;
    println!("outcomes without the domain, facts recorded: {recorded:?} = {} permille", recorded.permille());
    println!("of sagas that were struck, from names alone:");
    println!("  orchestrations {all:?} = {} permille", all.permille());
    println!("  choreographies {choreographed:?} = {} permille", choreographed.permille());
    all.join(choreographed);
    println!("  all {all:?} = {} permille", all.permille());
    let wrong = wrong[..wrong.len().min(400)].join("\n");
    assert!(recorded.permille() >= 950, "{recorded:?}\n{wrong}");
    assert!(all.permille() >= 950 && choreographed.permille() >= 950, "{all:?} {choreographed:?}\n{wrong}");
}
