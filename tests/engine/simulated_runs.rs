//! A run as the window has it: begun, stepped and disturbed through the engine. Whatever was done to it, the recipe
//! that it shows gives the same log again, in the window and on the command line.

use std::sync::Arc;

use sagascope::base::ticks::Ticks;
use sagascope::cli::run_named;
use sagascope::engine::{
    Condition, Dirs, DocumentId, Engine, EngineEvent, OpenLog, Redrive, SimControl, SimFrame, SimRequest,
    SimStart, StopRule, Until, open_domain, record,
};
use sagascope::runtime::Route;
use sagascope::sim::faults::Protection;
use sagascope::sim::{Act, Fault, FlightId, InFlight, Outcome, Recipe, World};

use super::cli::Cli;

/// A run on the engine's thread.
struct Driven {
    engine: Engine,
    document: DocumentId,
    frame: SimFrame,
    open: Option<OpenLog>,
}

impl Driven {
    fn begin(cli: &Cli, recipe: &str) -> Self {
        let dirs = Dirs { cache: cli.path(".cache"), config: cli.path(".config") };
        let mut engine = Engine::new(dirs, Arc::new(|| {})).unwrap();
        let recipe = Recipe::parse(recipe).unwrap();
        let domain = open_domain(&recipe.domain).unwrap();
        let document = engine.simulate(SimRequest { domain, recipe, start: SimStart::Beginning }).unwrap();
        let (mut open, mut frame) = (None, None);
        loop {
            match engine.wait().expect("the thread is there") {
                EngineEvent::Published { open: newest, .. } => open = Some(*newest),
                EngineEvent::Simulated { frame: newest, .. } => frame = Some(*newest),
                EngineEvent::Loaded { .. } => break,
                EngineEvent::Failed { failure, .. } => panic!("{}", failure.problem),
                _ => {}
            }
        }
        Self { engine, document, frame: frame.expect("a run that is open is shown"), open }
    }

    /// Asks for something and waits until it is done.
    fn ask(&mut self, control: SimControl) -> &SimFrame {
        self.engine.control(self.document, control);
        loop {
            match self.engine.wait().expect("the thread is there") {
                EngineEvent::Published { open, .. } => self.open = Some(*open),
                EngineEvent::Simulated { frame, .. } => {
                    self.frame = *frame;
                    if !self.frame.running {
                        return &self.frame;
                    }
                }
                EngineEvent::Failed { failure, .. } => panic!("{}", failure.problem),
                _ => {}
            }
        }
    }

    fn act(&mut self, act: Act) {
        self.ask(SimControl::Act(act));
        assert_eq!(self.frame.refused, None);
    }

    fn flight(&self, is_it: impl Fn(&InFlight) -> bool) -> FlightId {
        self.frame.in_flight.iter().find(|flight| is_it(flight)).expect("it is under way").id
    }

    /// The log as it is recorded from the window.
    fn recorded(&self, cli: &Cli, name: &str) -> Vec<u8> {
        record(self.open.as_ref().unwrap(), &cli.path(name)).unwrap();
        std::fs::read(cli.path(name)).unwrap()
    }
}

fn fault(text: &str) -> Fault {
    Fault::parse(text).unwrap()
}

type Story = (&'static str, fn(&mut Driven), &'static str);

/// What a person may do to a run, and the recipe that it makes of it.
const STORIES: &[Story] = &[
    (
        "shop/fulfilment?seed=7",
        |run| {
            run.ask(SimControl::Step(3));
            let id = run.flight(|flight| flight.route == Route::Command);
            run.act(Act::Lose(id));
        },
        "shop/fulfilment?seed=7&act=3:lose:process-payment/command",
    ),
    (
        "shop/fulfilment?seed=7&fault=send-confirmation:transient:3",
        |run| {
            run.ask(SimControl::Step(3));
            let id = run.flight(|flight| flight.route == Route::Command);
            run.act(Act::Duplicate(id));
            // The copy is the second on its leg.
            let copy = run.flight(|flight| flight.route == Route::Command && flight.id != id);
            run.act(Act::Delay(copy, Ticks::from_millis(1_500)));
            run.act(Act::Stop("notification".to_owned()));
            run.ask(SimControl::Run(Until::Quiet));
            run.act(Act::Start("notification".to_owned()));
            run.ask(SimControl::Run(Until::Quiet));
            let letters = vec![1];
            run.ask(SimControl::Redrive(Redrive { letters, ramp: true, stop: StopRule::default() }));
        },
        "shop/fulfilment?seed=7&fault=send-confirmation:transient:3&act=3:duplicate:process-payment/command\
         &act=4:delay:process-payment/command@2=1500ms&act=5:stop:notification&act=",
    ),
    (
        "shop/fulfilment?seed=7&sagas=3&every=5ms",
        |run| {
            run.ask(SimControl::Step(5));
            run.act(Act::Arm(fault("reserve-inventory#2:reject")));
            run.act(Act::Protect(Protection::Idempotency, false));
            let id = run.flight(|flight| flight.saga == "s3" && flight.route == Route::Command);
            run.act(Act::Poison(id));
            run.ask(SimControl::Step(9));
            run.act(Act::Disarm(fault("reserve-inventory#2:reject")));
            run.act(Act::Protect(Protection::Idempotency, true));
        },
        "shop/fulfilment?seed=7&sagas=3&every=5ms&act=5:arm:reserve-inventory#2:reject\
         &act=6:without:idempotency&act=7:poison:",
    ),
    (
        "shop/fulfilment_choreographed?fault=reserve-inventory:transient:99",
        |run| {
            run.ask(SimControl::Run(Until::Quiet));
            run.act(Act::Protect(Protection::DurableSaga, false));
            run.act(Act::Disarm(fault("reserve-inventory:transient:99")));
            run.act(Act::Redrive(1));
        },
        "shop/fulfilment_choreographed?fault=reserve-inventory:transient:99&act=",
    ),
    (
        "travel/trip?seed=3&fault=issue-vouchers:lost:99",
        |run| {
            run.ask(SimControl::Run(Until::Quiet));
            // In the past: another future, whose recipe knows nothing of the first.
            run.ask(SimControl::GoTo(4));
            run.act(Act::Protect(Protection::Timeouts, false));
            run.ask(SimControl::Run(Until::Quiet));
            run.ask(SimControl::GoTo(6));
            run.act(Act::Protect(Protection::Timeouts, true));
            run.ask(SimControl::Run(Until::Quiet));
            run.act(Act::Discard(1));
            assert_eq!(run.frame.futures.len(), 3);
        },
        "travel/trip?seed=3&fault=issue-vouchers:lost:99&act=4:without:timeouts&act=6:with:timeouts&act=",
    ),
];

#[test]
fn the_recipe_of_a_run_that_was_disturbed_gives_the_same_bytes_again() {
    for (number, (recipe, disturb, expected)) in STORIES.iter().enumerate() {
        let cli = Cli::new();
        let mut run = Driven::begin(&cli, recipe);
        assert_eq!(run.frame.recipe_line, *recipe);
        disturb(&mut run);
        run.ask(SimControl::Run(Until::Quiet));
        let line = run.frame.recipe_line.clone();
        assert!(line.starts_with(expected), "{line}");
        let here = run.recorded(&cli, "window.jsonl");
        // Looking back changes nothing of what is copied.
        run.ask(SimControl::GoTo(1));
        assert_eq!(run.frame.recipe_line, line);

        let there = cli.run(&["simulate", &line, "--into", "cli.jsonl", "--json"]);
        assert_eq!(there.code, 0, "story {number}, {line}: {}", there.err);
        assert_eq!(std::fs::read(cli.path("cli.jsonl")).unwrap(), here, "story {number}, {line}");
        let said: serde_json::Value = serde_json::from_str(&there.out).unwrap();
        assert_eq!(said["recipe"], line, "what is printed is what was run");

        // Begun again in a window it goes the same way, and back and forth as any other run.
        let mut again = Driven::begin(&cli, &line);
        assert_eq!((again.frame.step, &again.frame.recipe_line), (0, &line));
        again.ask(SimControl::Run(Until::Quiet));
        again.ask(SimControl::GoTo(3));
        again.ask(SimControl::GoTo(u64::MAX));
        assert_eq!(again.recorded(&cli, "again.jsonl"), here, "story {number}, {line}");
        assert_eq!(again.frame.recipe_line, line);
    }
}

#[test]
fn an_act_before_one_that_is_planned_begins_a_future_without_it() {
    let cli = Cli::new();
    let line = "shop/fulfilment?seed=7&act=3:lose:process-payment/command&act=9:stop:inventory";
    let mut run = Driven::begin(&cli, line);
    run.ask(SimControl::Step(5));
    assert_eq!(run.frame.acts, 1);
    run.act(Act::Arm(fault("confirm-order:reject")));
    assert_eq!(
        run.frame.recipe_line,
        "shop/fulfilment?seed=7&act=3:lose:process-payment/command&act=5:arm:confirm-order:reject"
    );
    run.ask(SimControl::Run(Until::Quiet));
    assert_eq!(run.frame.sagas[0].outcome, Outcome::Compensated);
    run.ask(SimControl::Future(0));
    assert_eq!(run.frame.recipe_line, line, "the future that was planned is still there");
}

#[test]
fn what_a_recipe_plans_and_cannot_be_done_is_said_and_nothing_is_pretended() {
    for (act, said) in [
        (
            "act=3:lose:send-confirmation/undo",
            "No message send-confirmation/undo is under way at this moment. Under way are create-order/timer, process-payment/command",
        ),
        ("act=2:lose:process-payment/command@2", "No message process-payment/command@2 is under way"),
        ("act=4:redrive:1", "There is no dead letter 1."),
        ("act=4:disarm:create-order:lost", "The fault create-order:lost is not armed."),
        ("act=5000:stop:payment", "The run is over at moment "),
    ] {
        let cli = Cli::new();
        let line = format!("shop/fulfilment?seed=7&{act}");
        let ran = cli.run(&["simulate", &line, "--into", "run.jsonl"]);
        assert_eq!((ran.code, ran.out.as_str()), (2, ""), "{line}");
        assert!(
            ran.err.contains(&format!("{act} cannot be done. ")) && ran.err.contains(said),
            "{}",
            ran.err
        );
        assert!(!cli.path("run.jsonl").exists(), "nothing is written of a run that is not the one asked for");
        let mut run = Driven::begin(&cli, &line);
        run.ask(SimControl::Run(Until::Quiet));
        if act.starts_with("act=5000") {
            continue;
        }
        assert!(run.frame.refused.as_ref().is_some_and(|why| why.contains(said)), "{:?}", run.frame.refused);
        assert_eq!(run.frame.recipe_line, "shop/fulfilment?seed=7", "it is no part of the run");
    }
}

/// Where a store could be named as well, as for a picture of the window.
#[test]
fn a_recipe_a_domain_and_a_domain_file_name_a_run_and_a_store_does_not() {
    let cli = Cli::new();
    let file = cli.write("mine.domain.toml", "format = 1\nname = \"mine\"");
    let store = cli.write("shop.jsonl", "");
    let run = |text: &str| {
        run_named(text).map(|run| run.map(|run| run.recipe.to_string()).map_err(|error| format!("{error:#}")))
    };
    assert_eq!(run("shop"), Some(Ok("shop/fulfilment".to_owned())));
    let line = "shop/fulfilment?seed=7&fault=process-payment:timeout&act=3:stop:inventory";
    assert_eq!(run(line), Some(Ok(line.to_owned())));
    for (text, said) in [
        ("shop/fulfilment?fault=proces-payment:lost", "did you mean \"process-payment\"?"),
        ("shop/fulfilment?sed=7", "did you mean \"seed\"?"),
        (file.to_str().unwrap(), "The domain mine has no saga"),
    ] {
        let error = run(text).unwrap().unwrap_err();
        assert!(error.contains(said), "{text}: {error}");
    }
    for text in [store.to_str().unwrap(), "gone.db", "a/folder/gone.jsonl", "shap"] {
        assert_eq!(run(text), None, "{text}");
    }
}

/// Steps a run to the first moment at which an event holds, and gives its position and the moment.
fn by_hand(recipe: &str, holds: impl Fn(&str) -> bool) -> (u64, u64) {
    let recipe = Recipe::parse(recipe).unwrap();
    let mut world = World::new(open_domain(&recipe.domain).unwrap(), &recipe).unwrap().watched();
    loop {
        let known = world.len();
        world.step().expect("it comes to pass");
        for (at, event) in (known + 1..).zip(world.events_from(known + 1)) {
            if holds(&event.event_type) {
                return (at, world.moment());
            }
        }
    }
}

fn event(condition: &str) -> SimControl {
    SimControl::Run(Until::Event(Condition::parse(condition).unwrap()))
}

#[test]
fn a_run_stops_at_the_first_event_that_a_condition_fits_and_at_the_next_one() {
    let cli = Cli::new();
    let recipe = "shop/fulfilment?seed=7&sagas=40&fault=reserve-inventory:reject";
    let mut run = Driven::begin(&cli, recipe);
    let (position, moment) = by_hand(recipe, |kind| kind.starts_with("payment.refunded"));
    run.ask(event("type:payment.refunded*"));
    assert_eq!((run.frame.step, run.frame.newest), (moment, moment), "nothing after it has happened yet");
    let said = run.frame.said.clone().unwrap();
    assert!(
        said.starts_with(&format!("Stopped at event {position}: payment.refunded.v1 of payment-")),
        "{said}"
    );
    // Again: the event at which it stands is not new.
    run.ask(event("type:payment.refunded*"));
    assert!(run.frame.step > moment);
    // What lies in the payload and what it was caused by is asked of the same events.
    let refunded = run.frame.events;
    run.ask(event("type:payment.completed* data.amount>0 cause:(type:payment.*)/3 or corr:s40 -type:saga.*"));
    assert!(run.frame.events > refunded && run.frame.said.is_some());
    run.ask(event("type:no.such.event"));
    assert!(run.frame.quiescent);
    let said = "The run is over, and on the way no event matched type:no.such.event";
    assert_eq!(run.frame.said.as_deref(), Some(said));
    // On the way it is the run it would have been.
    let mut whole = Driven::begin(&cli, recipe);
    whole.ask(SimControl::Run(Until::Quiet));
    assert_eq!(whole.frame.said, None);
    assert!(whole.recorded(&cli, "whole.jsonl") == run.recorded(&cli, "stopped.jsonl"));
}

#[test]
fn a_run_stops_when_a_saga_has_an_outcome_whichever_it_is() {
    let cli = Cli::new();
    for (recipe, outcome) in [
        ("shop/fulfilment?seed=7", Outcome::Completed),
        ("shop/fulfilment?seed=7&fault=reserve-inventory:reject", Outcome::Compensated),
        ("shop/fulfilment?seed=7&fault=send-confirmation:reject", Outcome::DeadLettered),
        ("shop/fulfilment?seed=7&fault=create-order/reply:lost&without=timeouts", Outcome::Stuck),
        (
            "shop/fulfilment?seed=7&fault=process-payment:duplicated&without=idempotency",
            Outcome::Inconsistent,
        ),
    ] {
        let mut run = Driven::begin(&cli, recipe);
        let until = Until::Outcome(outcome);
        let expected = format!("Stopped: a saga is {}", outcome.name());
        run.ask(SimControl::Run(until.clone()));
        assert_eq!(run.frame.sagas[0].outcome, outcome, "{recipe}");
        assert_eq!(run.frame.said.as_ref(), Some(&expected), "{recipe}");
        run.ask(SimControl::GoTo(run.frame.step - 1));
        assert_ne!(run.frame.sagas[0].outcome, outcome, "it stops at the first such moment: {recipe}");
        // One that never comes: the run ends, and it is said.
        let other = if outcome == Outcome::Completed { Outcome::Compensated } else { Outcome::Completed };
        let mut run = Driven::begin(&cli, recipe);
        run.ask(SimControl::Run(Until::Outcome(other)));
        assert!(
            run.frame.quiescent && run.frame.said.as_ref().unwrap().starts_with("The run is over before")
        );
    }
}

#[test]
fn a_run_that_hits_its_limit_says_so_and_claims_nothing() {
    let cli = Cli::new();
    let recipe = "shop/fulfilment?seed=7&limit=4";
    let mut run = Driven::begin(&cli, recipe);
    run.ask(SimControl::Run(Until::Quiet));
    assert_eq!((run.frame.stopped, run.frame.quiescent, run.frame.messages), (Some(4), false, 4));
    assert_eq!(run.frame.sagas[0].outcome, Outcome::Running, "not stuck: nobody knows");
    assert!(run.frame.is_over() && !run.frame.in_flight.is_empty());
    let log = String::from_utf8(run.recorded(&cli, "limit.jsonl")).unwrap();
    let last = log.lines().last().unwrap();
    assert!(last.contains(r#""type":"run.stopped""#), "{last}");
    assert!(!log.contains("run.quiesced"), "it never became quiet");
    // On the command line, as text and as JSON, and in what is read from the recorded log.
    let out = cli.run(&["simulate", recipe, "--into", "limit.db"]).out;
    assert!(out.contains("1 running after ") && out.contains("Stopped by its limit of 4 steps"), "{out}");
    let json = cli.json(&["simulate", recipe]);
    assert_eq!((&json[0]["stopped"]["steps"], &json[0]["outcomes"]["running"]), (&4.into(), &1.into()));
    let sagas = cli.json(&["sagas", "limit.db", "--domain", "shop"]);
    assert_ne!(sagas[0]["outcome"], "stuck", "{:?}", sagas[0]);
    // One that ends by itself says nothing of the kind.
    let whole = cli.json(&["simulate", "shop/fulfilment?seed=7"]);
    assert_eq!(whole[0].get("stopped"), None);
}
