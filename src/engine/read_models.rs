//! The rows of a run's read models, a page at a time, for the window and the command line: as far as the models are
//! at the moment, or as they come out when they are thrown away and read again from the whole log.

use std::sync::Arc;

use serde_json::Value;

use crate::domain::Name;
use crate::runtime::queries::{Ask, Fits, Query, QueryError, answer};
use crate::sim::World;

/// What is asked of a read model.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct ModelAsk {
    /// Its name.
    pub model: String,
    /// Only rows with this text in their key or in a value; all where it is empty.
    pub search: String,
    /// Where the page before ended.
    pub after: Option<Name>,
    /// Rows of a page.
    pub limit: usize,
    /// Throw it away and read the log again first.
    pub rebuild: bool,
}

/// A page of rows.
#[derive(Clone, Debug, PartialEq)]
pub struct ModelPage {
    /// Keys and rows, in order of the keys.
    pub rows: Vec<(Name, Arc<Value>)>,
    /// The key to ask for the next page with; `None` on the last.
    pub next: Option<Name>,
    /// Place in the log up to which the rows are right.
    pub as_of: u64,
    /// Events that are recorded and not in the rows yet.
    pub lag: u64,
    /// Rows of the whole model.
    pub total: u64,
    /// What rebuilding it came to, as a sentence.
    pub rebuilt: Option<String>,
}

/// Answers from the read models of `world` as of its present.
pub fn read_model(world: &World, ask: &ModelAsk) -> Result<ModelPage, QueryError> {
    let kept = world.models();
    let len = world.len();
    let models = if ask.rebuild { world.rebuilt_models(len) } else { kept.clone() };
    let text = ask.search.trim();
    let fits = if text.is_empty() { Fits::All } else { Fits::Text(text.to_owned()) };
    let list = Ask::List { fits, after: ask.after.clone(), limit: ask.limit };
    let query = Query { model: ask.model.as_str().into(), ask: list };
    let page = answer(&models, len, &query)?;
    let rebuilt = ask.rebuild.then(|| {
        let known = kept.get(&ask.model);
        let (as_of, lag) = known.map_or((0, 0), |model| (model.checkpoint(), model.lag(len)));
        // Only what has read equally far can be compared.
        let again = if lag == 0 { models.clone() } else { world.rebuilt_models(as_of) };
        match kept.difference(&again) {
            Some(difference) => format!("Rebuilt from {len} events, and not the same: {difference}"),
            None if lag == 0 => format!("Rebuilt from {len} events: every row is the same"),
            None => format!("Rebuilt from {len} events: the same rows, and the {lag} that it was behind"),
        }
    });
    Ok(ModelPage {
        rows: page.rows,
        next: page.next,
        as_of: page.as_of,
        lag: page.lag,
        total: models.get(&ask.model).map_or(0, |model| model.rows().len() as u64),
        rebuilt,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::BuiltIn;
    use crate::sim::Recipe;

    fn world(recipe: &str) -> World {
        let domain = Arc::new(BuiltIn::named("shop").unwrap().load());
        World::new(domain, &Recipe::parse(recipe).unwrap()).unwrap().watched()
    }

    fn ask(model: &str) -> ModelAsk {
        ModelAsk { model: model.to_owned(), limit: 7, ..ModelAsk::default() }
    }

    #[test]
    fn pages_of_a_model_follow_each_other_and_a_search_narrows_them() {
        let mut world = world("shop/fulfilment?seed=7&sagas=20");
        world.run();
        let mut ask = ask("orders");
        let (mut keys, mut pages) = (Vec::new(), 0);
        loop {
            let page = read_model(&world, &ask).unwrap();
            assert_eq!((page.total, page.lag, page.as_of), (20, 0, world.len()));
            keys.extend(page.rows.iter().map(|(key, _)| key.to_string()));
            pages += 1;
            ask.after = page.next;
            if ask.after.is_none() {
                break;
            }
        }
        assert_eq!((keys.len(), pages), (20, 3));
        assert!(keys.is_sorted());
        ask.search.clone_from(&keys[4]);
        let found = read_model(&world, &ask).unwrap();
        assert!(found.rows.iter().any(|(key, _)| **key == *keys[4]) && found.rows.len() < 20);
    }

    #[test]
    fn a_model_that_is_behind_says_so_and_a_rebuild_catches_up_with_the_same_rows() {
        let mut world = world("shop/fulfilment?seed=7");
        assert!(world.run_until(|world| world.read_models().iter().any(|model| model.lag > 0)));
        let behind = read_model(&world, &ask("orders")).unwrap();
        assert!(behind.lag > 0 && behind.as_of + behind.lag == world.len());
        let rebuilt = read_model(&world, &ModelAsk { rebuild: true, ..ask("orders") }).unwrap();
        assert_eq!((rebuilt.lag, rebuilt.as_of), (0, world.len()));
        let said = rebuilt.rebuilt.unwrap();
        assert!(said.contains("the same rows, and the") && said.contains(&behind.lag.to_string()), "{said}");
        world.run();
        let rebuilt = read_model(&world, &ModelAsk { rebuild: true, ..ask("stock") }).unwrap();
        assert!(rebuilt.rebuilt.unwrap().ends_with("every row is the same"));
        assert_eq!(rebuilt.rows, read_model(&world, &ask("stock")).unwrap().rows);
    }

    #[test]
    fn a_model_that_is_not_there_is_named_with_those_that_are() {
        let said = read_model(&world("shop/fulfilment"), &ask("customers")).unwrap_err().to_string();
        assert_eq!(said, "there is no read model customers; there are orders, payments, stock, reservations");
    }
}
