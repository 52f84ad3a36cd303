//! The monitor against small domains: what is evaluated when, and what a breach says.

use serde_json::json;

use super::*;
use crate::domain::Projection;

/// `set` puts a row, `drop` deletes it, in the model that the stream's name begins with.
fn domain(invariants: &[(&str, When, &str)]) -> Domain {
    let program = |text: &str| Program::compile(text).unwrap();
    let model = |name: &str| Projection {
        name: name.into(),
        key: program(&format!("if .event.model == \"{name}\" then .event.key else null end")),
        on: vec![("set".into(), program(".event.data")), ("drop".into(), program("null"))],
    };
    let invariant = |(name, when, holds): &(&str, When, &str)| Invariant {
        name: Name::from(*name),
        code: String::new(),
        about: String::new(),
        holds: program(holds),
        when: *when,
    };
    Domain {
        projections: vec![model("orders"), model("payments")],
        invariants: invariants.iter().map(invariant).collect(),
        ..Domain::default()
    }
}

struct Run {
    monitor: Monitor,
    position: u64,
    owed: Value,
}

impl Run {
    fn new(invariants: &[(&str, When, &str)], cadence: Cadence) -> Self {
        Self { monitor: Monitor::new(&domain(invariants), cadence), position: 0, owed: json!([]) }
    }

    /// Commits one event at `now`, in seconds; gives what turned.
    fn commit(&mut self, now: u64, event_type: &str, model: &str, key: &str, data: &Value) -> Vec<String> {
        self.position += 1;
        let event = json!({"model": model, "key": key, "data": data});
        self.monitor.observe(&Observed { position: self.position, event_type, event: Part::Value(&event) });
        let owed = || self.owed.clone();
        let books = Books { version: 0, owed: &owed };
        said(&self.monitor.after_commit(Ticks::from_millis(now * 1_000), &books))
    }

    fn settle(&mut self, now: u64, owed: Value) -> Vec<String> {
        self.owed = owed;
        let owed = || self.owed.clone();
        let books = Books { version: now, owed: &owed };
        said(&self.monitor.settled(Ticks::from_millis(now * 1_000), &books))
    }

    fn standing(&self, index: usize) -> Standing {
        self.monitor.reports().nth(index).unwrap().standing.clone()
    }
}

fn said(turns: &[Turn]) -> Vec<String> {
    turns
        .iter()
        .map(|turn| match &turn.standing {
            Standing::Broken(breach) => {
                format!(
                    "{} broken at {} by {}: {}",
                    turn.invariant, breach.since, breach.position, breach.difference
                )
            }
            _ => format!("{} restored by {}", turn.invariant, turn.position),
        })
        .collect()
}

const NONE: &[&str] = &[];

#[test]
fn always_is_judged_after_every_commit_and_names_the_event_that_did_it() {
    let holds = r#"[.models.orders[] | select(.paid > 1) | "order \(.id) is paid \(.paid) times"]"#;
    let mut run = Run::new(&[("once", When::Always, holds)], Cadence::EveryCommit);
    assert_eq!(run.standing(0), Standing::NotChecked);
    assert_eq!(run.commit(1, "set", "orders", "o1", &json!({"id": "o1", "paid": 1})), NONE);
    assert_eq!(run.standing(0), Standing::Holds);
    assert_eq!(
        run.commit(2, "set", "orders", "o1", &json!({"id": "o1", "paid": 2})),
        ["once broken at 2s by 2: order o1 is paid 2 times"]
    );
    assert_eq!(run.commit(3, "set", "payments", "p", &json!(1)), NONE, "still broken is no turn");
    assert_eq!(run.commit(4, "set", "orders", "o2", &json!({"id": "o2", "paid": 3})), NONE);
    let Standing::Broken(breach) = run.standing(0) else { panic!() };
    assert_eq!((breach.since, breach.position), (Ticks::from_millis(2_000), 2), "since when, not until when");
    assert_eq!(breach.difference, "order o1 is paid 2 times; order o2 is paid 3 times");
    run.commit(5, "drop", "orders", "o1", &json!(null));
    assert_eq!(run.commit(6, "drop", "orders", "o2", &json!(null)), ["once restored by 6"]);
}

#[test]
fn settled_waits_for_quiet_or_for_its_time() {
    let holds = ".models.orders == .models.payments";
    let invariants = &[
        ("quiet", When::Settled(None), holds),
        ("soon", When::Settled(Some(Ticks::from_millis(5_000))), holds),
    ];
    let mut run = Run::new(invariants, Cadence::EveryCommit);
    assert_eq!(run.commit(1, "set", "orders", "1", &json!(1)), NONE);
    assert_eq!(run.commit(5, "set", "orders", "note", &json!(1)), NONE);
    assert_eq!(
        run.commit(6, "set", "orders", "note", &json!(2)),
        ["soon broken at 1s by 1: It does not hold."]
    );
    run.commit(7, "drop", "orders", "note", &json!(null));
    assert_eq!(run.commit(8, "set", "payments", "1", &json!(1)), ["soon restored by 5"]);
    assert_eq!(run.standing(0), Standing::NotChecked, "nothing has settled yet");
    assert_eq!(run.settle(9, json!([])), NONE);
    assert_eq!(run.standing(0), Standing::Holds);

    run.commit(10, "set", "orders", "2", &json!(1));
    assert_eq!(
        run.settle(11, json!([])),
        ["quiet broken at 11s by 6: It does not hold.", "soon broken at 10s by 6: It does not hold."]
    );
}

#[test]
fn what_is_owed_is_no_breach() {
    let holds = "(.models.orders | length) == (.models.payments | length) + (.owed | length)";
    let mut run = Run::new(&[("paid", When::Settled(None), holds)], Cadence::EveryCommit);
    run.commit(1, "set", "orders", "1", &json!(1));
    assert_eq!(run.settle(2, json!([{"step": "process-payment"}])), NONE);
    assert_eq!(run.standing(0), Standing::Holds);
    assert_eq!(run.settle(3, json!([])), ["paid broken at 3s by 1: It does not hold."]);
}

#[test]
fn at_the_end_says_only_whether_all_hold() {
    let holds = "(.models.orders | length) < 2";
    let invariants = &[("few", When::Always, holds), ("quiet", When::Settled(None), holds)];
    let mut run = Run::new(invariants, Cadence::AtTheEnd);
    run.commit(1, "set", "orders", "1", &json!(1));
    assert_eq!(run.commit(2, "set", "orders", "2", &json!(1)), NONE, "nobody looks between");
    run.commit(3, "drop", "orders", "1", &json!(null));
    assert!(!run.monitor.all_hold(), "nothing was evaluated");
    assert_eq!(run.settle(4, json!([])), NONE);
    assert!(run.monitor.all_hold());
    run.commit(5, "set", "orders", "1", &json!(1));
    run.settle(6, json!([]));
    assert!(!run.monitor.all_hold());
}

#[test]
fn a_check_is_evaluated_only_when_what_it_mentions_has_changed() {
    // Fails whenever it is evaluated with a payment there.
    let holds = "if (.models.orders | length) > 0 then true else error(\"evaluated\") end";
    let mut run = Run::new(&[("orders", When::Always, holds)], Cadence::EveryCommit);
    run.commit(1, "set", "orders", "1", &json!(1));
    let models = |text: &str| {
        let models = ReadModels::new(&domain(&[]));
        mentioned(&Program::compile(text).unwrap(), &models)
    };
    assert_eq!(models(holds), [0]);
    assert_eq!(models(".models.payments == .models.orders"), [0, 1]);
    assert_eq!(models(".models.payments[].id"), [1]);
    assert_eq!(models(".owed == []"), Vec::<usize>::new());
    for any in [
        ".models[] | length",
        ".models | keys",
        ".models as $m | $m.orders",
        ".models.other",
        ".models[\"orders\"]",
        ".",
    ] {
        assert_eq!(models(any), [0, 1], "{any}");
    }
    let before = run.monitor.checks[0].seen;
    run.commit(2, "set", "payments", "1", &json!(1));
    assert_eq!(run.monitor.checks[0].seen, before);
    run.commit(3, "drop", "orders", "1", &json!(null));
    let Standing::Failed(fault) = run.standing(0) else { panic!() };
    assert!(fault.starts_with("The invariant orders could not be evaluated"), "{fault}");
}

#[test]
fn long_runs_are_judged_less_often_but_at_the_end_in_any_case() {
    let holds = "[.models.orders[] | select(. < 0)] == []";
    let invariants = &[("positive", When::Always, holds)];
    let (mut every, mut amortized) =
        (Run::new(invariants, Cadence::EveryCommit), Run::new(invariants, Cadence::Amortized));
    let mut found = Vec::new();
    for order in 0..1_000_u64 {
        let row = if order == 900 { json!(-1) } else { json!(order) };
        for (run, found) in [(&mut every, None), (&mut amortized, Some(&mut found))] {
            let turns = run.commit(order, "set", "orders", &format!("{order:04}"), &row);
            if let Some(found) = found {
                found.extend(turns);
            } else {
                assert_eq!(turns.len(), usize::from(order == 900));
            }
        }
    }
    assert_eq!(found.len(), 1, "{found:?}");
    for run in [&mut every, &mut amortized] {
        run.settle(2_000, json!([]));
        assert!(matches!(run.standing(0), Standing::Broken(_)));
    }
}

#[test]
fn a_clone_goes_its_own_way() {
    let holds = ".models.orders == {}";
    let mut run = Run::new(&[("empty", When::Always, holds)], Cadence::EveryCommit);
    let mut other = Run { monitor: run.monitor.clone(), position: 0, owed: json!([]) };
    assert_eq!(run.commit(1, "set", "orders", "1", &json!(1)).len(), 1);
    assert_eq!(other.commit(1, "set", "payments", "1", &json!(1)), NONE);
    assert_eq!(other.monitor.models().get("orders").unwrap().rows().len(), 0);
}
