//! Text → recipe, by the grammar of the module's page. Whether a domain has such a step is not asked here.

use std::str::FromStr;

use super::error::{Problem, RecipeError};
use super::scan::Scan;
use super::{Act, Fault, Place, Planned, Recipe, Target, UnderWay};
use crate::sim::faults::{Count, FAULTS, FaultKind, Leg, PROTECTIONS, Protection};

const PARAMS: [&str; 7] = ["seed", "sagas", "every", "fault", "without", "act", "limit"];

const ACTS: [&str; 12] = [
    "lose",
    "delay",
    "duplicate",
    "poison",
    "stop",
    "start",
    "redrive",
    "discard",
    "arm",
    "disarm",
    "with",
    "without",
];

/// Sagas in one run: what an `u32` index and memory bear.
pub(super) const SAGAS_MAX: u64 = 1_000_000;

impl Recipe {
    /// Reads a recipe. Faults keep the order of the text, for only a domain knows the order of its steps.
    pub fn parse(text: &str) -> Result<Self, RecipeError> {
        let mut scan = Scan::new(text);
        let domain = scan.name("the name of a domain")?;
        scan.need("/")?;
        let saga = scan.name("the name of a saga")?;
        let mut recipe = Self::new(domain, saga);
        let mut seen = Vec::new();
        let mut next = scan.take("?");
        if !next {
            scan.end("\"?\" or the end")?;
        }
        while next {
            param(&mut scan, &mut recipe, &mut seen)?;
            next = scan.take("&");
        }
        scan.end("\"&\" or the end")?;
        Ok(recipe)
    }
}

impl FromStr for Recipe {
    type Err = RecipeError;

    fn from_str(text: &str) -> Result<Self, RecipeError> {
        Self::parse(text)
    }
}

impl Fault {
    /// Reads one fault, as it stands after `fault=`.
    pub fn parse(text: &str) -> Result<Self, RecipeError> {
        let mut scan = Scan::new(text);
        let fault = fault(&mut scan)?;
        scan.end("\"@\", \"+\", \"=\" or the end")?;
        Ok(fault)
    }
}

impl FromStr for Fault {
    type Err = RecipeError;

    fn from_str(text: &str) -> Result<Self, RecipeError> {
        Self::parse(text)
    }
}

fn param(scan: &mut Scan<'_>, recipe: &mut Recipe, seen: &mut Vec<&'static str>) -> Result<(), RecipeError> {
    let place = scan.place();
    let name = scan.name("a parameter (seed=, sagas=, every=, fault=, without=, act=, limit=)")?;
    let Some(name) = PARAMS.into_iter().find(|known| *known == name) else {
        return Err(scan.error_at(place, Problem::unknown("parameter", name, PARAMS)));
    };
    if !matches!(name, "fault" | "without" | "act") {
        if seen.contains(&name) {
            return Err(scan.error_at(place, Problem::Repeated(name)));
        }
        seen.push(name);
    }
    scan.need("=")?;
    match name {
        "seed" => recipe.seed = scan.number("a seed", 0, u64::MAX)?,
        "sagas" => recipe.sagas = scan.number("the number of sagas", 1, SAGAS_MAX)? as u32,
        "every" => recipe.every = Some(scan.duration()?).filter(|every| *every != Recipe::EVERY),
        "limit" => recipe.limit = Some(scan.number("the limit", 1, u64::MAX)?),
        "fault" => {
            let fault = fault(scan)?;
            if !recipe.faults.contains(&fault) {
                recipe.faults.push(fault);
            }
        }
        "act" => {
            let place = scan.place();
            let planned = planned(scan)?;
            if recipe.acts.iter().any(|known| known.moment == planned.moment) {
                return Err(scan.error_at(place, Problem::SameMoment(planned.moment)));
            }
            recipe.acts.push(planned);
            recipe.acts.sort_by_key(|known| known.moment);
        }
        _ => {
            let removal = removal(scan)?;
            if !recipe.without.contains(&removal) {
                recipe.without.push(removal);
                recipe.without.sort_unstable();
            }
        }
    }
    Ok(())
}

fn planned(scan: &mut Scan<'_>) -> Result<Planned, RecipeError> {
    let moment = scan.number("a moment", 0, u64::MAX)?;
    scan.need(":")?;
    let place = scan.place();
    let word = scan.name("an act (lose, delay, duplicate, poison, stop, start, redrive, …)")?;
    let Some(word) = ACTS.into_iter().find(|known| *known == word) else {
        return Err(scan.error_at(place, Problem::unknown("act", word, ACTS)));
    };
    scan.need(":")?;
    let service = |scan: &mut Scan<'_>| scan.name("the name of a service").map(str::to_owned);
    let letter = |scan: &mut Scan<'_>| positive(scan, "the number of a dead letter");
    let act = match word {
        "lose" => Act::Lose(under_way(scan)?),
        "duplicate" => Act::Duplicate(under_way(scan)?),
        "poison" => Act::Poison(under_way(scan)?),
        "delay" => {
            let message = under_way(scan)?;
            scan.need("=")?;
            Act::Delay(message, scan.duration()?)
        }
        "stop" => Act::Stop(service(scan)?),
        "start" => Act::Start(service(scan)?),
        "redrive" => Act::Redrive(letter(scan)?),
        "discard" => Act::Discard(letter(scan)?),
        "arm" => Act::Arm(fault(scan)?),
        "disarm" => Act::Disarm(fault(scan)?),
        word => Act::Protect(removal(scan)?, word == "with"),
    };
    Ok(Planned { moment, act })
}

fn under_way(scan: &mut Scan<'_>) -> Result<UnderWay, RecipeError> {
    let at = scan.place();
    let place = match place(scan)? {
        Named::Step(step, leg) => Place::Step { step, leg: leg.unwrap_or(Leg::Command) },
        Named::Whole(Place::Start) => Place::Start,
        Named::Whole(_) => {
            let expected = "a step and its leg, or \"start\"".to_owned();
            let found = "what is no single message".to_owned();
            return Err(scan.error_at(at, Problem::Expected { expected, found }));
        }
    };
    let saga = saga_number(scan)?;
    let number = scan.take("@").then(|| positive(scan, "the number of a message")).transpose()?;
    Ok(UnderWay { target: Target { place, saga }, number: number.unwrap_or(1) })
}

fn saga_number(scan: &mut Scan<'_>) -> Result<Option<u32>, RecipeError> {
    let number = |scan: &mut Scan<'_>| scan.number("the number of a saga", 1, SAGAS_MAX);
    Ok(scan.take("#").then(|| number(scan)).transpose()?.map(|number| number as u32))
}

fn removal(scan: &mut Scan<'_>) -> Result<Protection, RecipeError> {
    let place = scan.place();
    let name = scan.name("the name of a protection")?;
    let known = || PROTECTIONS.iter().map(|info| info.name);
    Protection::named(name).ok_or_else(|| scan.error_at(place, Problem::unknown("protection", name, known())))
}

/// A place before its leg is known.
enum Named {
    Whole(Place),
    Step(String, Option<Leg>),
}

fn fault(scan: &mut Scan<'_>) -> Result<Fault, RecipeError> {
    let named = place(scan)?;
    let saga = saga_number(scan)?;
    scan.need(":")?;
    let kind = kind(scan)?;
    let info = kind.info();
    let place = match named {
        Named::Whole(place) => place,
        Named::Step(step, leg) => Place::Step { step, leg: leg.unwrap_or(info.leg) },
    };
    let given = scan.take(":").then(|| count(scan)).transpose()?;
    let occurrence = scan.take("@").then(|| positive(scan, "an occurrence")).transpose()?;
    let default = if occurrence.is_some() { Count::Times(1) } else { info.count };
    let (at, count) = (occurrence.unwrap_or(1), given.unwrap_or(default));
    let start = scan.take("+").then(|| scan.duration()).transpose()?;
    let length = scan.take("=").then(|| scan.duration()).transpose()?;
    let start = start.filter(|start| start.0 > 0);
    Ok(Fault { target: Target { place, saga }, kind, count, at, start, length })
}

fn count(scan: &mut Scan<'_>) -> Result<Count, RecipeError> {
    if scan.take("all") { Ok(Count::All) } else { Ok(Count::Times(positive(scan, "a count")?)) }
}

fn positive(scan: &mut Scan<'_>, what: &'static str) -> Result<u32, RecipeError> {
    Ok(scan.number(what, 1, u64::from(u32::MAX))? as u32)
}

fn place(scan: &mut Scan<'_>) -> Result<Named, RecipeError> {
    let name = scan.name("a step, \"start\", \"type/…\", \"service/…\" or \"any\"")?;
    Ok(match name {
        "start" => Named::Whole(Place::Start),
        "any" => Named::Whole(Place::Any),
        "type" => {
            scan.need("/")?;
            Named::Whole(Place::Type(scan.dotted("the type of a message")?.to_owned()))
        }
        "service" => {
            scan.need("/")?;
            Named::Whole(Place::Service(scan.name("the name of a service")?.to_owned()))
        }
        step => Named::Step(step.to_owned(), scan.take("/").then(|| leg(scan)).transpose()?),
    })
}

fn leg(scan: &mut Scan<'_>) -> Result<Leg, RecipeError> {
    let place = scan.place();
    let name = scan.name("a leg (command, reply, undo, undo-reply, timer)")?;
    let known = || Leg::ALL.map(Leg::name);
    Leg::named(name).ok_or_else(|| scan.error_at(place, Problem::unknown("leg", name, known())))
}

fn kind(scan: &mut Scan<'_>) -> Result<FaultKind, RecipeError> {
    let place = scan.place();
    let name = scan.name("the name of a fault")?;
    let known = || FAULTS.iter().map(|info| info.name);
    FaultKind::named(name).ok_or_else(|| scan.error_at(place, Problem::unknown("fault", name, known())))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::arbitrary::recipes;
    use super::*;

    #[test]
    fn text_that_means_the_same_is_printed_the_same() {
        for (text, printed) in [
            ("shop/fulfilment", "shop/fulfilment"),
            ("shop/fulfilment?seed=7", "shop/fulfilment?seed=7"),
            ("shop/fulfilment?seed=0&sagas=1&every=100ms", "shop/fulfilment"),
            ("s/f?limit=9&every=1500us&sagas=3&seed=007", "s/f?seed=7&sagas=3&every=1500us&limit=9"),
            (
                "s/f?without=outbox&without=idempotency&without=outbox",
                "s/f?without=idempotency&without=outbox",
            ),
            ("s/f?fault=a/command:lost:1&fault=a:lost", "s/f?fault=a:lost"),
            ("s/f?fault=a/command:timeout", "s/f?fault=a/command:timeout"),
            ("s/f?fault=a/reply:timeout:all", "s/f?fault=a:timeout"),
            ("s/f?fault=a:timeout@1", "s/f?fault=a:timeout:1"),
            ("s/f?fault=a:timeout:1@2", "s/f?fault=a:timeout@2"),
            ("s/f?fault=a:timeout:all@2", "s/f?fault=a:timeout:all@2"),
            ("s/f?fault=a:lost@1", "s/f?fault=a:lost"),
            ("s/f?fault=a:lost:2@1+0us=3s", "s/f?fault=a:lost:2=3s"),
            ("s/f?fault=service/payment:down+2000ms=1s", "s/f?fault=service/payment:down+2s=1s"),
            ("s/f?fault=type/payment.completed.v1#3:lost", "s/f?fault=type/payment.completed.v1#3:lost"),
            ("s/f?fault=any:delayed&fault=start:duplicated", "s/f?fault=any:delayed&fault=start:duplicated"),
            (
                "s/f?act=9:redrive:1&act=3:lose:a&limit=7&act=4:delay:a/reply#2@2=1000ms",
                "s/f?act=3:lose:a/command&act=4:delay:a/reply#2@2=1s&act=9:redrive:1&limit=7",
            ),
            (
                "s/f?act=0:arm:a:timeout:1&act=1:without:outbox&act=2:with:outbox&act=5:stop:pay&act=6:poison:start",
                "s/f?act=0:arm:a:timeout:1&act=1:without:outbox&act=2:with:outbox&act=5:stop:pay&act=6:poison:start",
            ),
        ] {
            assert_eq!(
                Recipe::parse(text).map(|recipe| recipe.to_string()),
                Ok(printed.to_owned()),
                "{text}"
            );
        }
    }

    #[test]
    fn what_is_wrong_is_said_with_its_place_and_the_nearest_name() {
        for (text, said) in [
            ("", "at character 1: expected the name of a domain, found the end"),
            ("shop", "at character 5: expected \"/\", found the end"),
            ("shop/fulfilment&seed=1", "at character 16: expected \"?\" or the end, found \"&\""),
            (
                "s/f?",
                "at character 5: expected a parameter (seed=, sagas=, every=, fault=, without=, act=, limit=), \
                      found the end",
            ),
            ("s/f?sed=1", "at character 5: there is no parameter named \"sed\"; did you mean \"seed\"?"),
            ("s/f?seed=1&seed=2", "at character 12: \"seed=\" stands twice; it can be given once"),
            ("s/f?seed=x", "at character 10: expected a number, found \"x\""),
            (
                "s/f?seed=18446744073709551616",
                "at character 10: a seed must be between 0 and 18446744073709551615",
            ),
            ("s/f?sagas=0", "at character 11: the number of sagas must be between 1 and 1000000"),
            (
                "s/f?every=5",
                "at character 11: expected a whole number and a unit (250us, 20ms, 2s, 5m, 1h), \
                             found \"5\"",
            ),
            (
                "s/f?fault=a:timout",
                "at character 13: there is no fault named \"timout\"; did you mean \"timeout\"?",
            ),
            (
                "s/f?fault=a/undo-repl:lost",
                "at character 13: there is no leg named \"undo-repl\"; did you mean \"undo-reply\"?",
            ),
            ("s/f?fault=a", "at character 12: expected \":\", found the end"),
            ("s/f?fault=a:lost:0", "at character 18: a count must be between 1 and 4294967295"),
            ("s/f?fault=a:lost!", "at character 17: expected \"&\" or the end, found \"!\""),
            ("s/f?fault=type/a..b:lost", "at character 18: expected a name after the dot, found \".\""),
            ("s/f?without=retry", "at character 13: there is no protection named \"retry\""),
            (
                "s/f?without=retrie",
                "at character 13: there is no protection named \"retrie\"; \
                                    did you mean \"retries\"?",
            ),
            ("s/f?act=3", "at character 10: expected \":\", found the end"),
            ("s/f?act=3:loose:a", "at character 11: there is no act named \"loose\"; did you mean \"lose\"?"),
            (
                "s/f?act=3:lose:any",
                "at character 16: expected a step and its leg, or \"start\", found what is no single message",
            ),
            ("s/f?act=3:delay:a", "at character 18: expected \"=\", found the end"),
            (
                "s/f?act=3:lose:a&act=3:stop:b",
                "at character 22: two acts at moment 3; each act is a moment of its own",
            ),
            ("ß/f", "at character 1: expected the name of a domain, found \"ß\""),
        ] {
            assert_eq!(
                Recipe::parse(text).map_err(|error| error.to_string()),
                Err(said.to_owned()),
                "{text}"
            );
        }
    }

    proptest! {
        #[test]
        fn reading_what_was_printed_gives_the_recipe_back(recipe in recipes()) {
            let text = recipe.to_string();
            prop_assert_eq!(Recipe::parse(&text), Ok(recipe), "{}", text);
        }

        #[test]
        fn every_text_gives_a_recipe_or_a_place_within_it(text in "[a-z/?&=:@+#0-9.-]{0,60}|\\PC{0,20}") {
            if let Err(error) = Recipe::parse(&text) {
                prop_assert!(error.at.is_some_and(|at| at <= text.chars().count()), "{error}");
            }
        }

        #[test]
        fn a_fault_is_read_alone_as_within_a_recipe(recipe in recipes()) {
            for fault in recipe.faults {
                prop_assert_eq!(Fault::parse(&fault.to_string()), Ok(fault));
            }
        }
    }
}
