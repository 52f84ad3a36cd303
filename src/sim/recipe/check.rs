//! A recipe against the domain it is for: whether everything it names is there and can happen, and its canonical
//! form.

use super::error::{Problem, RecipeError, RecipeErrors};
use super::{Act, Fault, Place, Recipe, Target};
use crate::domain::{Domain, Saga};
use crate::sim::faults::{FaultKind, Leg};
use crate::sim::possible::{handlers, impossible, message_types};

impl Recipe {
    /// The recipe in canonical form: faults in the order of steps, legs and kinds, nothing said twice or in vain.
    /// Else all that the domain does not know or that cannot happen.
    pub fn check(&self, domain: &Domain) -> Result<Self, RecipeErrors> {
        let saga = self.saga_in(domain)?;
        let of_acts = self.acts.iter().filter_map(|planned| problem_of_act(&planned.act, self, saga));
        let problems = self.faults.iter().filter_map(|fault| problem(fault, self, saga)).chain(of_acts);
        let errors: Vec<RecipeError> = problems.map(unplaced).collect();
        if errors.is_empty() { Ok(self.canonical(saga)) } else { Err(RecipeErrors(errors)) }
    }

    fn saga_in<'d>(&self, domain: &'d Domain) -> Result<&'d Saga, RecipeError> {
        if *self.domain != *domain.name {
            let names = Problem::OtherDomain(self.domain.clone(), domain.name.to_string());
            return Err(unplaced(names));
        }
        let known = || domain.sagas.iter().map(|saga| &*saga.name);
        let found = domain.sagas.iter().find(|saga| *saga.name == *self.saga);
        found.ok_or_else(|| unplaced(Problem::unknown("saga", &self.saga, known())))
    }

    fn canonical(&self, saga: &Saga) -> Self {
        let mut recipe = Self { faults: Vec::new(), ..self.clone() };
        for fault in &self.faults {
            let mut fault = fault.clone();
            if self.sagas == 1 {
                fault.target.saga = None;
            }
            recipe = recipe.with(fault);
        }
        if self.sagas == 1 {
            recipe.acts.iter_mut().for_each(|planned| planned.act.of_the_only_saga());
        }
        recipe.faults.sort_by_cached_key(|fault| {
            (order(&fault.target.place, saga), fault.kind, fault.at, fault.count, fault.to_string())
        });
        recipe
    }
}

fn unplaced(problem: Problem) -> RecipeError {
    RecipeError { at: None, problem }
}

/// Start, then the steps, then what is wider than a step.
fn order(place: &Place, saga: &Saga) -> (u8, usize, Option<Leg>, String) {
    match place {
        Place::Start => (0, 0, None, String::new()),
        Place::Step { step, leg } => {
            let index = saga.steps.iter().position(|known| *known.name == **step);
            (1, index.unwrap_or(usize::MAX), Some(*leg), String::new())
        }
        Place::Type(name) => (2, 0, None, name.clone()),
        Place::Service(name) => (3, 0, None, name.clone()),
        Place::Any => (4, 0, None, String::new()),
    }
}

fn problem(fault: &Fault, recipe: &Recipe, saga: &Saga) -> Option<Problem> {
    let info = fault.kind.info();
    let reason = match &fault.target.place {
        Place::Start if !info.at_start => {
            Some(format!("{} does not strike the message that starts a saga", info.name))
        }
        Place::Step { step, leg } => {
            let Some(known) = saga.steps.iter().find(|known| *known.name == **step) else {
                let steps = saga.steps.iter().map(|step| &*step.name);
                return Some(Problem::unknown("step", step, steps));
            };
            impossible(info, saga, known, *leg)
        }
        Place::Type(name) if !message_types(saga).any(|known| known == name) => {
            return Some(Problem::unknown("message type", name, message_types(saga)));
        }
        Place::Service(name) if !handlers(saga).any(|known| known == name) => {
            return Some(Problem::unknown("service", name, handlers(saga)));
        }
        Place::Any | Place::Type(_) if fault.kind == FaultKind::Down => {
            Some("a service or a step is down, not a message".to_owned())
        }
        _ => None,
    };
    if let Some(reason) = reason {
        return Some(Problem::Impossible { fault: fault.to_string(), reason });
    }
    unknown_saga(&fault.target, recipe)
}

fn unknown_saga(target: &Target, recipe: &Recipe) -> Option<Problem> {
    let number = target.saga?;
    (number > recipe.sagas).then_some(Problem::Range {
        what: "the number of a saga after #",
        low: 1,
        high: u64::from(recipe.sagas),
    })
}

/// Whether there can be what is acted upon; whether it is there at that moment only the run knows.
fn problem_of_act(act: &Act, recipe: &Recipe, saga: &Saga) -> Option<Problem> {
    match act {
        Act::Arm(fault) | Act::Disarm(fault) => problem(fault, recipe, saga),
        Act::Stop(name) | Act::Start(name) => {
            let is_known = handlers(saga).any(|known| known == name);
            (!is_known).then(|| Problem::unknown("service", name, handlers(saga)))
        }
        _ => {
            let target = &act.message()?.target;
            if let Place::Step { step, .. } = &target.place
                && saga.steps.iter().all(|known| *known.name != **step)
            {
                let steps = saga.steps.iter().map(|step| &*step.name);
                return Some(Problem::unknown("step", step, steps));
            }
            unknown_saga(target, recipe)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sim::testing::shop;

    fn checked(text: &str) -> Result<String, String> {
        let recipe = Recipe::parse(text).unwrap();
        recipe.check(&shop()).map(|recipe| recipe.to_string()).map_err(|errors| errors.to_string())
    }

    #[test]
    fn a_checked_recipe_is_in_the_order_of_the_saga() {
        for (given, canonical) in [
            (
                "shop/fulfilment?fault=any:lost&fault=service/payment:down+1s=2s&fault=start:duplicated\
                 &fault=send-confirmation:lost&fault=create-order/reply:lost&fault=create-order:lost&seed=7",
                "shop/fulfilment?seed=7&fault=start:duplicated&fault=create-order:lost\
                 &fault=create-order/reply:lost&fault=send-confirmation:lost&fault=service/payment:down+1s=2s\
                 &fault=any:lost",
            ),
            (
                "shop/fulfilment?fault=create-order:lost@2&fault=create-order:lost:3\
                 &fault=create-order:transient&fault=create-order:lost",
                "shop/fulfilment?fault=create-order:transient&fault=create-order:lost\
                 &fault=create-order:lost:3&fault=create-order:lost@2",
            ),
            (
                "shop/fulfilment?fault=create-order#1:lost&fault=create-order:lost",
                "shop/fulfilment?fault=create-order:lost",
            ),
            (
                "shop/fulfilment?act=8:disarm:create-order#1:lost&act=3:lose:create-order/reply#1",
                "shop/fulfilment?act=3:lose:create-order/reply&act=8:disarm:create-order:lost",
            ),
            (
                "shop/fulfilment?sagas=2&fault=create-order#2:lost",
                "shop/fulfilment?sagas=2&fault=create-order#2:lost",
            ),
            (
                "shop/fulfilment?fault=type/confirm-order.done:lost&fault=service/orchestrator:crash-before-ack",
                "shop/fulfilment?fault=type/confirm-order.done:lost\
                 &fault=service/orchestrator:crash-before-ack",
            ),
        ] {
            assert_eq!(checked(given), Ok(canonical.to_owned()));
            assert_eq!(checked(canonical), Ok(canonical.to_owned()));
        }
    }

    #[test]
    fn what_the_domain_does_not_know_or_what_cannot_happen_is_said() {
        for (given, said) in [
            ("shap/fulfilment", "the recipe is for the domain \"shap\", not for \"shop\""),
            ("shop/fulfillment", "there is no saga named \"fulfillment\"; did you mean \"fulfilment\"?"),
            (
                "shop/fulfilment?fault=proces-payment:lost&fault=service/pay:down",
                "there is no step named \"proces-payment\"; did you mean \"process-payment\"?\n\
                 there is no service named \"pay\"; did you mean \"payment\"?",
            ),
            (
                "shop/fulfilment?fault=type/order.place:lost",
                "there is no message type named \"order.place\"; did you mean \"order.placed\"?",
            ),
            (
                "shop/fulfilment?fault=confirm-order:undo-fails",
                "\"confirm-order:undo-fails\" cannot happen: confirm-order has no undo",
            ),
            (
                "shop/fulfilment?fault=confirm-order/reply:reject",
                "\"confirm-order/reply:reject\" cannot happen: reject strikes command only",
            ),
            (
                "shop/fulfilment?fault=create-order:idempotency-expired",
                "\"create-order:idempotency-expired\" cannot happen: create-order is guarded by its state, \
                 not by an idempotency key",
            ),
            (
                "shop/fulfilment?fault=start:lost",
                "\"start:lost\" cannot happen: lost does not strike the message that starts a saga",
            ),
            (
                "shop/fulfilment?fault=any:down",
                "\"any:down\" cannot happen: a service or a step is down, not a message",
            ),
            (
                "shop/fulfilment?sagas=2&fault=any#3:lost",
                "the number of a saga after # must be between 1 and 2",
            ),
            (
                "shop/twin?fault=create-order/timer:lost",
                "\"create-order/timer:lost\" cannot happen: create-order has no timeout, and so no timer",
            ),
            (
                "shop/fulfilment?act=1:stop:pay&act=2:lose:proces-payment&act=3:arm:start:lost&act=4:poison:start#2",
                "there is no service named \"pay\"; did you mean \"payment\"?\n\
                 there is no step named \"proces-payment\"; did you mean \"process-payment\"?\n\
                 \"start:lost\" cannot happen: lost does not strike the message that starts a saga\n\
                 the number of a saga after # must be between 1 and 1",
            ),
            ("shop/twin?fault=service/orchestrator:down", "there is no service named \"orchestrator\""),
        ] {
            assert_eq!(checked(given), Err(said.to_owned()));
        }
    }
}
