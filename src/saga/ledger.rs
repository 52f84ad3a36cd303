//! The ledger of a saga: each effect joined to its undo, how each line is accounted for, and what is owed. Computed
//! from effects, never from what a saga believes: a debt that was paid without anybody knowing is no debt.

use serde::Serialize;
use serde_json::Value;

use super::course::Course;
use super::outcome::Confidence;
use crate::domain::{Direction, Money, StepKind};
use crate::model::Row;

/// What a line is accounted for by.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Account {
    /// As it should be.
    Settled,
    /// Held although the saga went back: an undo is due.
    OwedBack,
    /// Not done although the point of no return lies behind.
    OwedForward,
    /// Held, or not known, by a saga that has not ended.
    Undecided,
    /// Held by a saga that ended in failure and does not undo it.
    LeftOver,
    /// Nothing in the log says why: this makes the saga inconsistent.
    Unaccounted,
}

/// One line: an effect and its undo.
#[derive(Clone, Debug, PartialEq)]
pub struct Line {
    /// The step or, where it is inferred, the type of the effect.
    pub step: String,
    /// What it does, for people.
    pub label: String,
    /// Compensatable, pivot or retriable, where that is known.
    pub kind: Option<StepKind>,
    /// Success events.
    pub effects: Vec<Row>,
    /// Events that undo one.
    pub undone: Vec<Row>,
    /// Events that say that there was nothing to undo.
    pub tombstones: Vec<Row>,
    /// Events that undo one for a reason that the saga does not know: it is held no more, and nothing is owed for it.
    pub taken_back: Vec<Row>,
    /// What one effect is worth, with all its parts.
    pub amount: Option<Money>,
    /// The effect of a later stage that is the same money, and with which it counts: inferred.
    pub same_money: Option<String>,
    /// What undoes it: a command or an event type.
    pub undo: Option<String>,
    /// How sure it is that this undoes it.
    pub confidence: Confidence,
    /// The saga believes that it owes this, and it was paid: "paid, not known".
    pub paid_not_known: bool,
    /// How it is accounted for.
    pub account: Account,
}

impl Line {
    /// Effects less undos.
    pub fn held(&self) -> i64 {
        self.effects.len() as i64 - self.undone.len() as i64
    }
}

/// Something that is owed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Debt {
    /// The step.
    pub step: String,
    /// Do: the step is due. Undo: its undo.
    pub direction: Direction,
    /// How often.
    pub times: u32,
    /// What it is worth in all.
    pub amount: Option<Money>,
    /// For people: "process-payment: 120.00 €".
    pub text: String,
}

/// The lines of a saga whose steps are known. `data` is asked for the success events that are worth something.
pub fn lines(course: &Course, data: &mut (dyn FnMut(Row) -> Option<Value> + '_)) -> Vec<Line> {
    let mut lines = Vec::with_capacity(course.steps.len());
    for (at, (plan, step)) in course.plan.steps.iter().zip(&course.steps).enumerate() {
        // A span says how long something took, not what it left behind.
        if plan.span.is_some() {
            continue;
        }
        let amount = plan.definition.as_ref().and_then(|definition| {
            let amount = definition.amount.as_ref()?;
            let mut sum = 0_i64;
            for row in step.effects.iter().chain(&step.parts) {
                let value = amount.value.run(&data(*row)?).ok()?.as_i64()?;
                sum = sum.saturating_add(value);
            }
            // The same was done each time.
            let value = sum.checked_div(i64::try_from(step.effects.len()).ok()?)?;
            Some(Money { value, unit: amount.unit.clone() })
        });
        let held = step.held();
        let defined = plan.definition.as_ref().and_then(|step| step.compensate.as_deref().map(str::to_owned));
        let called = course.plan.undos.iter().find(|(_, undone)| *undone == at);
        lines.push(Line {
            step: plan.name.to_string(),
            label: plan.label().to_owned(),
            kind: plan.kind(),
            effects: step.effects.clone(),
            undone: step.undone.clone(),
            tombstones: step.tombstones.clone(),
            taken_back: step.taken_back.clone(),
            amount,
            same_money: None,
            undo: defined.or_else(|| called.map(|(name, _)| name.to_string())),
            confidence: if called.is_some() { Confidence::BY_CALLS } else { Confidence::CERTAIN },
            paid_not_known: step.back.is_parked() && held == 0 || step.forward.is_parked() && held > 0,
            account: account(course, at),
        });
    }
    lines
}

/// How one line is accounted for.
pub(super) fn account(course: &Course, at: usize) -> Account {
    let (plan, step) = (&course.plan.steps[at], &course.steps[at]);
    let held = step.held();
    let notice = plan.is_notice();
    // Nothing to undo, and it says so.
    let free = plan.definition.as_ref().is_some_and(|definition| {
        definition.kind == StepKind::Compensatable && definition.compensate.is_none()
    });
    let owes_undo = course.has_undo(at);
    if course.plan.is_history {
        // Every call is a step of its own there, and one that failed may have been made good by the workflow's code.
        return match held {
            1.. if course.going_back && owes_undo => Account::OwedBack,
            1.. if course.gave_up.is_some() => Account::LeftOver,
            1.. if !course.has_ended() => Account::Undecided,
            _ => Account::Settled,
        };
    }
    if plan.span.is_some() {
        return Account::Settled;
    }
    if held < 0 || held > 1 && !notice {
        return Account::Unaccounted;
    }
    if course.completed {
        return if notice || held == 1 { Account::Settled } else { Account::Unaccounted };
    }
    if course.compensated {
        let unknown = plan.definition.is_none() && !owes_undo;
        return if held == 0 || free || unknown { Account::Settled } else { Account::Unaccounted };
    }
    if course.going_back {
        return match held {
            0 => Account::Settled,
            _ if owes_undo => Account::OwedBack,
            _ if free => Account::Settled,
            _ => Account::Undecided,
        };
    }
    let pivot_held = match course.plan.point_of_no_return() {
        Some(pivot) => course.steps[pivot].held() > 0,
        // By a definition in which nothing may be refused there is no way back from the beginning.
        None => course.plan.is_defined,
    };
    match (course.pivot_passed || pivot_held, held) {
        (true, 0) => Account::OwedForward,
        (true, _) | (false, 0) => Account::Settled,
        (false, _) => Account::Undecided,
    }
}

/// What a ledger says is owed.
pub fn debts(lines: &[Line]) -> Vec<Debt> {
    let debt = |line: &Line| Debt::of(&line.step, line.account, line.held(), line.amount.as_ref());
    lines.iter().filter_map(debt).collect()
}

impl Debt {
    /// What a line leaves owed: its step, how it is accounted for, what is held, what one of it is worth.
    pub fn of(step: &str, account: Account, held: i64, amount: Option<&Money>) -> Option<Self> {
        let (direction, times) = match account {
            Account::OwedBack => (Direction::Undo, u32::try_from(held).unwrap_or(0)),
            Account::OwedForward => (Direction::Do, 1),
            Account::Settled | Account::Undecided | Account::LeftOver | Account::Unaccounted => {
                return None;
            }
        };
        let amount = amount.map(|amount| Money {
            value: amount.value.saturating_mul(i64::from(times)),
            unit: amount.unit.clone(),
        });
        let what = match (&amount, direction) {
            (Some(amount), _) => amount.to_string(),
            (None, Direction::Undo) => "to be undone".to_owned(),
            (None, Direction::Do) => "still to be done".to_owned(),
        };
        Some(Self { step: step.to_owned(), direction, times, text: format!("{step}: {what}"), amount })
    }
}
