//! The table of textbook outcomes, cell by cell: faults × what is switched off × positions in the saga.

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::sync::Arc;

use sagascope::domain::{Domain, Guard};
use sagascope::runtime::{Direction, LetterState};
use sagascope::sim::world::{Outcome, SagaReport, StepProgress, World};

use crate::support::{domain, world_of};

/// A row: what goes wrong, where, and what comes of it, with everything on and with one protection off each.
/// `=` is "as with everything on". In faults `{s}` is the step and `{next}` the one after it.
struct Row {
    faults: &'static [&'static str],
    at: &'static str,
    all: &'static str,
    idempotency: &'static str,
    outbox: &'static str,
    retries: &'static str,
    durable: &'static str,
    timeouts: &'static str,
}

#[rustfmt::skip]
#[expect(clippy::too_many_arguments, reason = "the columns of a table")]
const fn row(
    faults: &'static [&'static str], at: &'static str, all: &'static str, idempotency: &'static str,
    outbox: &'static str, retries: &'static str, durable: &'static str, timeouts: &'static str,
) -> Row {
    Row { faults, at, all, idempotency, outbox, retries, durable, timeouts }
}

/// What a cell may say: `OK` completed, `CO` compensated, `DL` dead-lettered, `ST` stuck, `IN` inconsistent; a
/// number: attempts of the step; `u`/`-u`: its own undo was sent or not; `undo:N` attempts of the undo; `void`:
/// there was nothing to undo; `eN`: effects of the step; `open:N`, `resolved:N`, `answered:N`: dead letters, none
/// where nothing is said; `fwd`: this and the later steps are owed forward; `later`: the later ones; `back`: this
/// undo is owed; `some`: an earlier undo is owed; without any of them nothing is owed in what has ended.
#[rustfmt::skip]
const TABLE: &[Row] = &[
    //  faults                         at       all on               a idempotency      b outbox  c retries             d durable  e timeouts
    row(&["{s}:reject"],               "F B P", "CO 1 -u e0",        "=",               "=",      "=",                  "=",       "="),
    row(&["{s}:reject"],               "A N",   "DL 1 fwd open:1",   "=",               "=",      "=",                  "=",       "="),
    row(&["{s}:transient:1"],          "F B P", "OK 2",              "=",               "=",      "CO 1 -u",            "=",       "="),
    row(&["{s}:transient:1"],          "A N",   "OK 2",              "=",               "=",      "DL 1 fwd open:1",    "=",       "="),
    row(&["{s}:transient:99"],         "F B P", "CO 3 -u e0",        "=",               "=",      "CO 1 -u",            "=",       "="),
    row(&["{s}:transient:99"],         "A N",   "DL 3 fwd open:1",   "=",               "=",      "DL 1 fwd open:1",    "=",       "="),
    row(&["{s}:conflict:99"],          "F B P", "CO 3 -u e0",        "=",               "=",      "CO 1 -u",            "=",       "="),
    row(&["{s}:conflict:99"],          "A N",   "DL 3 fwd open:1",   "=",               "=",      "DL 1 fwd open:1",    "=",       "="),
    row(&["{s}:conflict:4"],           "F B P A N", "OK 2",          "=",               "=",      "",                   "=",       "="),
    row(&["{s}:timeout@1"],            "F",     "OK 2",              "=",               "=",      "CO 1 u",             "=",       "OK 1"),
    row(&["{s}:timeout@1"],            "B",     "OK 2 e1",           "IN e2",           "=",      "CO 1 u",             "=",       "OK 1"),
    row(&["{s}:timeout@1"],            "P A",   "OK 2 e1",           "IN e2",           "=",      "OK 1 resolved:1",    "=",       "OK 1"),
    row(&["{s}:timeout@1"],            "N",     "OK 2 e1",           "OK 2 e2",         "=",      "OK 1 resolved:1",    "=",       "OK 1"),
    row(&["{s}:timeout"],              "F",     "CO 3 u",            "=",               "=",      "CO 1 u",             "=",       "OK 1"),
    row(&["{s}:timeout"],              "B",     "CO 3 u",            "IN e3 held:2",    "=",      "CO 1 u",             "=",       "OK 1"),
    row(&["{s}:timeout"],              "P A",   "OK 3 resolved:1",   "IN e3 *",         "=",      "OK 1 resolved:1",    "=",       "OK 1"),
    row(&["{s}:timeout"],              "N",     "OK 3 resolved:1",   "OK 3 e3 resolved:1", "=",   "OK 1 resolved:1",    "=",       "OK 1"),
    row(&["{s}:lost"],                 "F B",   "OK 2",              "=",               "=",      "CO 1 u void e0",     "=",       "ST 1"),
    row(&["{s}:lost"],                 "P",     "OK 2",              "=",               "=",      "DL 1 open:1",        "=",       "ST 1"),
    row(&["{s}:lost"],                 "A N",   "OK 2",              "=",               "=",      "DL 1 fwd open:1",    "=",       "ST 1 fwd"),
    row(&["{s}/reply:lost"],           "F",     "OK 2",              "=",               "=",      "CO 1 u",             "=",       "ST 1"),
    row(&["{s}/reply:lost"],           "B",     "OK 2 e1",           "IN e2",           "=",      "CO 1 u",             "=",       "ST 1"),
    row(&["{s}/reply:lost"],           "P A",   "OK 2 e1",           "IN e2",           "=",      "DL 1 later open:1",  "=",       "ST 1 later"),
    row(&["{s}/reply:lost"],           "N",     "OK 2 e1",           "OK 2 e2",         "=",      "DL 1 open:1",        "=",       "ST 1"),
    row(&["{s}:lost:99"],              "F B",   "CO 3 u void e0",    "=",               "=",      "CO 1 u void e0",     "=",       "ST 1"),
    row(&["{s}:lost:99"],              "P",     "DL 3 open:1",       "=",               "=",      "DL 1 open:1",        "=",       "ST 1"),
    row(&["{s}:lost:99"],              "A N",   "DL 3 fwd open:1",   "=",               "=",      "DL 1 fwd open:1",    "=",       "ST 1 fwd"),
    row(&["{s}/reply:lost:99"],        "F",     "CO 3 u",            "=",               "=",      "CO 1 u",             "=",       "ST 1"),
    row(&["{s}/reply:lost:99"],        "B",     "CO 3 u",            "IN *",            "=",      "CO 1 u",             "=",       "ST 1"),
    row(&["{s}/reply:lost:99"],        "P A",   "DL 3 later open:1", "IN *",            "=",      "DL 1 later open:1",  "=",       "ST 1 later"),
    row(&["{s}/reply:lost:99"],        "N",     "DL 3 open:1",       "=",               "=",      "DL 1 open:1",        "=",       "ST 1"),
    row(&["{s}:duplicated"],           "F",     "OK 1 e1",           "=",               "=",      "=",                  "=",       "="),
    row(&["{s}:duplicated"],           "N",     "OK 1 e1",           "OK 1 e2",         "=",      "=",                  "=",       "="),
    row(&["{s}:duplicated"],           "B P A", "OK 1 e1",           "IN e2",           "=",      "=",                  "=",       "="),
    row(&["{s}/reply:duplicated"],     "F B P A N", "OK 1 e1",       "=",               "=",      "=",                  "=",       "="),
    row(&["{s}:delayed"],              "F B P A N", "OK 1 e1",       "=",               "=",      "=",                  "=",       "="),
    row(&["{s}/reply:delayed"],        "F B P A N", "OK 1 e1",       "=",               "=",      "=",                  "=",       "="),
    row(&["{s}:reordered"],            "F B P A N", "OK 1 e1",       "=",               "=",      "=",                  "=",       "="),
    row(&["{s}/reply:reordered"],      "F B P A N", "OK 1 e1",       "=",               "=",      "=",                  "=",       "="),
    row(&["{s}:down=500ms"],           "F B P A N", "OK 1 e1",       "=",               "=",      "=",                  "=",       "="),
    row(&["{s}:conflict:1"],           "F B P A N", "OK 1 e1",       "=",               "=",      "=",                  "=",       "="),
    row(&["{s}:delayed:all=1m"],       "F B",   "CO 3 u void e0",    "=",               "=",      "CO 1 u void e0",     "=",       "OK 1"),
    row(&["{s}:delayed:all=1m"],       "P A",   "OK 3 resolved:1",   "IN *",            "=",      "OK 1 resolved:1",    "=",       "OK 1"),
    row(&["{s}:delayed:all=1m"],       "N",     "OK 3 e1 resolved:1", "OK 3 resolved:1", "=",     "OK 1 resolved:1",    "=",       "OK 1"),
    row(&["{s}:down"],                 "F",     "CO 3 u e1",         "=",               "=",      "CO 1 u resolved:1",  "=",       "OK 1"),
    row(&["{s}:down"],                 "B",     "CO 3 u e1",         "IN *",            "=",      "CO 1 u resolved:1",  "=",       "OK 1"),
    row(&["{s}:down"],                 "P A",   "OK 3 resolved:1",   "IN *",            "=",      "OK 1 resolved:1",    "=",       "OK 1"),
    row(&["{s}:down"],                 "N",     "OK 3 resolved:1",   "OK 3 resolved:1", "=",      "OK 1 resolved:1",    "=",       "OK 1"),
    row(&["{s}:poison"],               "F B P", "CO 1 -u e0 answered:1", "=",           "=",      "=",                  "=",       "="),
    row(&["{s}:poison"],               "A N",   "DL 1 fwd open:1",   "=",               "=",      "=",                  "=",       "="),
    row(&["{s}/reply:poison"],         "F",     "CO 3 u answered:1 deliveries:3", "=",  "=",      "CO 1 u answered:1",  "=",       "DL 1 open:1"),
    row(&["{s}/reply:poison"],         "B",     "CO 3 u answered:1 deliveries:3", "IN *", "=",    "CO 1 u answered:1",  "=",       "DL 1 open:1"),
    row(&["{s}/reply:poison"],         "P A",   "DL 3 later open:2", "IN *",            "=",      "DL 1 later open:2",  "=",       "DL 1 later open:1"),
    row(&["{s}/reply:poison"],         "N",     "DL 3 open:2",       "DL 3 *",          "=",      "DL 1 open:2",        "=",       "DL 1 open:1"),
    row(&["{s}:crash-before-commit"],  "F B P A N", "OK 1 e1",       "=",               "=",      "=",                  "=",       "="),
    row(&["{s}:crash-before-mark"],    "F B P A N", "OK 1 e1",       "=",               "=",      "=",                  "=",       "="),
    row(&["{s}:crash-before-ack"],     "F",     "OK 1 e1",           "=",               "=",      "=",                  "=",       "="),
    row(&["{s}:crash-before-ack"],     "N",     "OK 1 e1",           "OK 1 e2",         "=",      "=",                  "=",       "="),
    row(&["{s}:crash-before-ack"],     "B P A", "OK 1 e1",           "IN e2",           "=",      "=",                  "=",       "="),
    row(&["{s}:crash-before-publish"], "F B P A N", "OK 1 e1",       "=",               "OK 2 e1", "=",                 "=",       "="),
    row(&["{s}/reply:crash-before-commit"],  "F B P A", "OK 1 e1",   "=",               "=",      "=",                  "ST *",    "="),
    row(&["{s}/reply:crash-before-commit"],  "N", "OK 1 e1",         "=",               "=",      "=",                  "ST 1 e1", "="),
    row(&["{s}/reply:crash-before-ack"],     "F B P A", "OK 1 e1",   "=",               "ST 1 *", "=",                  "ST *",    "="),
    row(&["{s}/reply:crash-before-publish"], "F B P A", "OK 1 e1",   "=",               "ST 1 *", "=",                  "ST *",    "="),
    row(&["{s}/reply:crash-before-mark"],    "F B P A", "OK 1 e1",   "next",            "=",      "=",                  "ST *",    "="),
    row(&["{s}/reply:crash-before-ack"],     "N", "OK 1 e1",         "=",               "=",      "=",                  "ST 1 e1", "="),
    row(&["{s}/reply:crash-before-publish"], "N", "OK 1 e1",         "=",               "=",      "=",                  "ST 1 e1", "="),
    row(&["start:crash-before-publish"],     "F", "OK 1 e1",         "=",               "ST *",   "=",                  "ST *",    "="),
    row(&["{s}/undo:undo-fails:1", "{next}:reject"], "F B", "CO undo:2", "=",           "=",      "DL undo:1 back open:1", "=",    "="),
    row(&["{s}/undo:undo-fails", "{next}:reject"],   "F B", "DL undo:3 back open:1", "=", "=",    "DL undo:1 back open:1", "=",    "="),
    row(&["{s}/undo:lost", "{next}:reject"],         "F B", "CO undo:2", "=",           "=",      "DL undo:1 back open:1", "=",    "ST undo:1 *"),
    row(&["{s}/undo-reply:lost", "{next}:reject"],   "F B", "CO undo:2", "=",           "=",      "DL undo:1 open:1",   "=",       "ST undo:1 *"),
    row(&["{s}/undo-reply:crash-before-ack", "{next}:reject"],     "B", "CO",           "=",      "ST some", "=",       "ST *",    "="),
    row(&["{s}/undo-reply:crash-before-publish", "{next}:reject"], "B", "CO",           "=",      "ST some", "=",       "ST *",    "="),
];

/// Which positions each step of a saga has.
const TRAVEL: &[(&str, &str)] = &[
    ("book-hotel", "F"),
    ("book-car", "B"),
    ("book-flight", "P"),
    ("issue-vouchers", "A"),
    ("send-itinerary", "N"),
];
const SHOP: &[(&str, &str)] = &[
    ("create-order", "F"),
    ("process-payment", "B"),
    ("reserve-inventory", "B"),
    ("confirm-order", "P"),
    ("send-confirmation", "N"),
];

/// The only step before the pivot is the first one and has all that makes a `B`: an undo and a key. So every cell of
/// `B` is run at it, but for those that speak of an earlier step ([`needs_an_earlier_step`]).
const TRANSFER: &[(&str, &str)] =
    &[("reserve-debit", "FB"), ("credit-target", "P"), ("capture-debit", "A"), ("send-advice", "N")];

/// Whether a cell is about a debt further back, which the first step of a saga cannot leave: where its undo is
/// answered nothing is left to be sent, and the saga ends as with everything on.
fn needs_an_earlier_step(cell: &str) -> bool {
    cell.split(' ').any(|word| word == "some")
}

#[test]
fn a_transfer_goes_by_the_book() {
    let elsewhere = go_by_the_book("transfer/transfer", TRANSFER, "");
    assert_eq!(
        elsewhere,
        [
            "{s}/undo-reply:crash-before-ack, without outbox",
            "{s}/undo-reply:crash-before-publish, without outbox"
        ]
    );
}

#[test]
fn travel_goes_by_the_book() {
    assert_eq!(go_by_the_book("travel/trip", TRAVEL, ""), [""; 0]);
}

/// Behind its pivot the shop has a notice and nothing else: the cells of `A` are those of the other two.
#[test]
fn the_shop_goes_by_the_book() {
    assert_eq!(go_by_the_book("shop/fulfilment", SHOP, "A"), [""; 0]);
}

/// Runs every cell of the table at every step that has its position; no step has one of `missing`. Gives the cells
/// whose own words cannot be true here ([`needs_an_earlier_step`]): they were run, and went as with everything on.
fn go_by_the_book(saga: &str, positions: &[(&str, &str)], missing: &str) -> Vec<String> {
    let spoken_of = TABLE.iter().flat_map(|row| row.at.chars()).filter(|letter| *letter != ' ');
    let nobody: BTreeSet<char> =
        spoken_of.filter(|letter| !positions.iter().any(|(_, own)| own.contains(*letter))).collect();
    assert_eq!(nobody.into_iter().collect::<String>(), missing, "{saga}");
    let domain = domain(saga.split('/').next().unwrap());
    let mut wrong = String::new();
    let mut cells = 0;
    let mut elsewhere = Vec::new();
    for row in TABLE {
        for (index, (step, letters)) in positions.iter().enumerate() {
            let Some(position) = letters.chars().find(|letter| row.at.contains(*letter)) else { continue };
            let next = positions.get(index + 1).map_or("", |(next, _)| next);
            let columns = [
                ("", row.all),
                ("idempotency", row.idempotency),
                ("outbox", row.outbox),
                ("retries", row.retries),
                ("durable-saga", row.durable),
                ("timeouts", row.timeouts),
            ];
            for (without, cell) in columns {
                // A first step that only an inbox guards is done twice as a later one is.
                let is_later =
                    without == "idempotency" && position == 'F' && guarded_by_inbox(&domain, saga, step);
                let expected = match if is_later { later_without_inbox(row) } else { cell } {
                    "" => continue,
                    "=" => row.all,
                    cell if index == 0 && needs_an_earlier_step(cell) => {
                        elsewhere.push(format!("{}, without {without}", row.faults[0]));
                        row.all
                    }
                    // Without inboxes what follows is done twice, unless a state guards it or its number is free.
                    "next" => {
                        if guarded_by_inbox(&domain, saga, next) {
                            "IN *"
                        } else {
                            row.all
                        }
                    }
                    _ if without == "idempotency" && !guarded_by_inbox(&domain, saga, step) => match cell {
                        cell if cell.starts_with("IN") => row.all,
                        cell => cell,
                    },
                    cell => cell,
                };
                let mut line = format!("{saga}?");
                for fault in row.faults {
                    let fault = fault.replace("{s}", step).replace("{next}", next);
                    write!(line, "fault={fault}&").unwrap();
                }
                if !without.is_empty() {
                    write!(line, "without={without}").unwrap();
                }
                let line = line.trim_end_matches(['&', '?']);
                let mut world = world_of(&domain, line);
                world.run();
                crate::rules::check(&world);
                cells += 1;
                if let Err(difference) = compare(&world, step, expected) {
                    writeln!(wrong, "{line}\n    at {position}: expected {expected}; {difference}").unwrap();
                }
            }
        }
    }
    assert!(cells > 500, "{cells} cells");
    assert!(wrong.is_empty(), "{} of {cells} cells differ:\n{wrong}", wrong.lines().count() / 2);
    elsewhere
}

/// What the table says of the same faults at a step between the first and the pivot, without inboxes.
fn later_without_inbox(row: &Row) -> &'static str {
    let later = TABLE.iter().find(|other| other.faults == row.faults && other.at.contains('B'));
    later.map_or(row.all, |later| if later.idempotency == "=" { later.all } else { later.idempotency })
}

/// Whether only an inbox keeps this step from happening twice, and twice is once too often.
fn guarded_by_inbox(domain: &Arc<Domain>, saga: &str, step: &str) -> bool {
    let saga = domain.saga(saga.split('/').nth(1).unwrap()).unwrap();
    saga.step(step).is_some_and(|step| step.guard == Guard::Key && !step.notice)
}

/// Compares the only saga of `world` with what a cell says.
fn compare(world: &World, step: &str, expected: &str) -> Result<(), String> {
    if !world.is_quiescent() {
        return Err("it did not become quiet".to_owned());
    }
    let unused: Vec<_> = world.faults().into_iter().filter(|fault| fault.hits == 0).collect();
    if !unused.is_empty() {
        return Err(format!("a fault never struck: {unused:?}"));
    }
    let sagas = world.sagas();
    let [saga] = sagas.as_slice() else { return Err(format!("{} sagas", sagas.len())) };
    let found = describe(world, saga, step);
    let words = expected.split(' ');
    let mut letters_said = 0;
    let mut owed_said = false;
    let mut rest_free = false;
    for word in words {
        let holds = match word {
            "*" => {
                rest_free = true;
                true
            }
            "OK" | "CO" | "DL" | "ST" | "IN" => found.outcome == word,
            "u" => found.undo_attempts > 0,
            "-u" => found.undo_attempts == 0,
            "void" => found.nothing_to_undo,
            "fwd" => {
                owed_said = true;
                found.owed_forward.first().is_some_and(|first| first == step)
            }
            "later" => {
                owed_said = true;
                found.owed_forward == found.after
            }
            "back" => {
                owed_said = true;
                found.owed_back == [step]
            }
            "some" => {
                owed_said = true;
                !found.owed_back.is_empty() && !found.owed_back.contains(&step.to_owned())
            }
            said => match said.split_once(':') {
                Some(("undo", number)) => found.undo_attempts.to_string() == number,
                Some(("held", number)) => found.held.to_string() == number,
                Some(("deliveries", number)) => {
                    world.dead_letters().iter().any(|letter| letter.deliveries.to_string() == number)
                }
                Some((state, number)) => {
                    letters_said += number.parse::<usize>().unwrap();
                    let counted = world.dead_letters().iter().filter(|it| it.state.name() == state).count();
                    counted.to_string() == number
                }
                None => match said.strip_prefix('e') {
                    Some(number) => found.effects.to_string() == number,
                    None => found.attempts.to_string() == said,
                },
            },
        };
        if !holds {
            return Err(format!("{word} is wrong: {found:?}"));
        }
    }
    let inconsistent = found.outcome == "IN";
    if !rest_free && !inconsistent && world.dead_letters().len() != letters_said {
        return Err(format!("dead letters: {:?}", world.dead_letters()));
    }
    let ended = matches!(saga.outcome, Outcome::Completed | Outcome::Compensated);
    if !owed_said && ended && !saga.owed.is_empty() {
        return Err(format!("owed: {:?}", saga.owed));
    }
    Ok(())
}

#[derive(Debug)]
struct Found {
    outcome: &'static str,
    attempts: u32,
    undo_attempts: u32,
    nothing_to_undo: bool,
    effects: u32,
    held: i64,
    owed_forward: Vec<String>,
    owed_back: Vec<String>,
    after: Vec<String>,
    #[expect(dead_code, reason = "printed when a cell differs")]
    letters: Vec<(String, LetterState)>,
}

fn describe(world: &World, saga: &SagaReport, step: &str) -> Found {
    let at = saga.steps.iter().position(|it| it.name == step).unwrap();
    let owed = |direction| {
        let owed = saga.owed.iter().filter(move |owed| owed.direction == direction);
        owed.map(|owed| owed.step.clone()).collect()
    };
    Found {
        outcome: match saga.outcome {
            Outcome::Completed => "OK",
            Outcome::Compensated => "CO",
            Outcome::DeadLettered => "DL",
            Outcome::Stuck => "ST",
            Outcome::Inconsistent => "IN",
            Outcome::Running => "running",
        },
        attempts: saga.steps[at].attempts,
        undo_attempts: saga.steps[at].undo_attempts,
        nothing_to_undo: saga.steps[at].state == StepProgress::NothingToUndo,
        effects: saga.ledger[at].effects,
        held: saga.ledger[at].held,
        owed_forward: owed(Direction::Do),
        owed_back: owed(Direction::Undo),
        after: saga.steps[at + 1..].iter().map(|step| step.name.clone()).collect(),
        letters: world.dead_letters().into_iter().map(|letter| (letter.key, letter.state)).collect(),
    }
}
