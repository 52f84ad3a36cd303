//! Histories as an engine tells them, in short: `ask Pay`, `done Pay`.

use serde_json::{Map, Value};

use super::super::course::Course;
use super::super::facts::{Said, Seen};
use super::super::ledger::{self, debts};
use super::super::outcome::Outcome;
use super::super::verdict::{Moment, verdict};
use super::*;
use crate::model::{Row, SourceId};

fn note(told: &str) -> WorkflowNote {
    let (verb, rest) = told.split_once(' ').unwrap_or((told, ""));
    let (step, attempt) = rest.split_once('@').unwrap_or((rest, ""));
    let act = match verb {
        "start" => WorkflowAct::Started,
        "ask" => WorkflowAct::Asked,
        "begin" => WorkflowAct::Begun,
        "done" => WorkflowAct::Answered,
        "refuse" => WorkflowAct::Refused,
        "lose" => WorkflowAct::Unanswered,
        "stop" => WorkflowAct::AskedToStop,
        "end" => WorkflowAct::Completed,
        "fail" => WorkflowAct::GaveUp,
        other => panic!("{other}"),
    };
    let step = Some(step.to_owned()).filter(|step| !step.is_empty());
    let workflow = (act == WorkflowAct::Started).then(|| "Order".to_owned());
    WorkflowNote {
        step,
        workflow,
        attempt: attempt.parse().ok(),
        reason: Some("why".to_owned()),
        ..WorkflowNote::of(act)
    }
}

fn course(told: &str) -> Course {
    let mut course = Course::new(Plan::unknown());
    for (at, told) in told.split(", ").enumerate() {
        let mut metadata = Map::new();
        note(told).write(&mut metadata);
        let said = Said { metadata: Value::Object(metadata).into(), ..Said::default() };
        let row = Row::new(SourceId(0), at);
        course.fold(&Seen { row, event_type: "x", time: None, key: 0, said: Some(&said) });
    }
    course
}

fn outcome(course: &Course) -> Outcome {
    verdict(course, Moment::default(), 0, None)
}

#[test]
fn the_workflows_own_end_decides() {
    for (told, expected) in [
        ("start, ask Pay, begin Pay, done Pay, end", Outcome::Completed),
        ("start, ask Pay, begin Pay, done Pay", Outcome::Running),
        // A failure that the workflow's code made good.
        ("start, ask Quote, refuse Quote, ask Guess, done Guess, end", Outcome::Completed),
        // The same activity in a loop is no contradiction.
        ("start, ask Pay, done Pay, ask Pay #2, done Pay #2, end", Outcome::Completed),
        // Nothing had happened, so nothing was undone.
        ("start, ask Pay, refuse Pay, fail", Outcome::Failed),
        ("start, fail", Outcome::Failed),
        // Something had, and stays.
        ("start, ask Pay, done Pay, ask Ship, refuse Ship, fail", Outcome::Failed),
        ("start, ask Pay, lose Pay, fail", Outcome::Failed),
        ("start, ask Pay, begin Pay, fail", Outcome::Failed),
        // It was undone, whatever the engine calls the end.
        (
            "start, ask Pay, done Pay, ask Ship, refuse Ship, ask RefundPay, done RefundPay, fail",
            Outcome::Compensated,
        ),
        (
            "start, ask Pay, done Pay, ask Ship, refuse Ship, ask RefundPay, done RefundPay, end",
            Outcome::Compensated,
        ),
        ("start, ask Pay, done Pay, ask Ship, refuse Ship, ask RefundPay", Outcome::Compensating),
        (
            "start, ask Pay, done Pay, ask Ship, refuse Ship, ask RefundPay, refuse RefundPay, fail",
            Outcome::Failed,
        ),
        (
            "start, ask BookHotel, done BookHotel, stop, ask CancelHotel, done CancelHotel, fail",
            Outcome::Compensated,
        ),
        // A lock that is released undoes nothing.
        ("start, ask TakeLock, done TakeLock, ask ReleaseLock, done ReleaseLock, end", Outcome::Completed),
    ] {
        assert_eq!(outcome(&course(told)), expected, "{told}");
    }
}

#[test]
fn an_undo_goes_to_the_step_it_is_about_and_what_is_left_is_owed() {
    let told = "start, ask bookHotel, done bookHotel, ask bookFlight, done bookFlight, ask bookCar, refuse bookCar, \
                ask cancelFlight, done cancelFlight, ask cancelHotel, refuse cancelHotel, fail";
    let course = course(told);
    let names: Vec<&str> = course.plan.steps.iter().map(|step| &*step.name).collect();
    assert_eq!(names, ["bookHotel", "bookFlight", "bookCar"]);
    assert_eq!(course.plan.name.as_deref(), Some("Order"));
    let states: Vec<&str> = (0..3).map(|at| course.state(at).name()).collect();
    assert_eq!(states, ["completed", "compensated", "rejected"]);
    let lines = ledger::lines(&course, &mut |_| None);
    let undos: Vec<_> =
        lines.iter().map(|line| (line.undo.as_deref(), line.confidence.is_inferred())).collect();
    assert_eq!(undos, [(Some("cancelHotel"), true), (Some("cancelFlight"), true), (None, false)]);
    let owed = debts(&lines);
    assert_eq!(owed.iter().map(|debt| debt.text.as_str()).collect::<Vec<_>>(), ["bookHotel: to be undone"]);
}

#[test]
fn attempts_are_counted_though_only_the_last_is_told() {
    let course = course("start, ask Pay, begin Pay@3, done Pay, ask Quote, done Quote@2, end");
    assert_eq!((course.attempts(0), course.attempts(1)), ((3, 0), (2, 0)));
}

#[test]
fn folding_again_over_what_is_known_changes_nothing() {
    let told = "start, ask Pay, done Pay, ask Ship, refuse Ship, ask RefundPay, done RefundPay, fail";
    let first = course(told);
    let mut again = Course::new(first.plan.clone());
    for (at, told) in told.split(", ").enumerate() {
        let mut metadata = Map::new();
        note(told).write(&mut metadata);
        let said = Said { metadata: Value::Object(metadata).into(), ..Said::default() };
        again.fold(&Seen {
            row: Row::new(SourceId(0), at),
            event_type: "x",
            time: None,
            key: 0,
            said: Some(&said),
        });
    }
    assert_eq!(outcome(&again), outcome(&first));
    assert_eq!((again.steps.len(), again.state(0)), (first.steps.len(), first.state(0)));
}
