//! A run as the window has it: begun, stepped and disturbed through the engine. Whatever was done to it, the recipe
//! that it shows gives the same log again, in the window and on the command line.

use std::sync::Arc;

use sagascope::base::ticks::Ticks;
use sagascope::cli::run_named;
use sagascope::engine::{
    Dirs, DocumentId, Engine, EngineEvent, OpenLog, Redrive, SimControl, SimFrame, SimRequest, SimStart,
    StopRule, Until, open_domain, record,
};
use sagascope::runtime::Route;
use sagascope::sim::faults::Protection;
use sagascope::sim::{Act, Fault, FlightId, InFlight, Outcome, Recipe};

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
