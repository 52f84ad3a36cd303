//! What an effect is worth where no domain file says so: the number in its data that looks like an amount.

use serde_json::Value;

use super::instances::{Instance, Instances};
use super::survey::Fetch;
use super::undo::UndoPairs;
use super::variants::Variants;
use crate::domain::{Money, Unit};
use crate::index::{EventLog, TypeId};
use crate::model::Row;

/// Members that hold an amount, the best first.
const AMOUNTS: [&str; 8] = ["amount", "total", "price", "value", "sum", "quantity", "count", "units"];
/// The last so many of them count pieces.
const PIECES: usize = 3;
/// Members that name a currency.
const CURRENCIES: [&str; 2] = ["currency", "currencyCode"];
/// Sagas read for each pair to compare amounts.
const SAMPLES: usize = 16;

/// What data says that an effect is worth.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Worth {
    pub(super) money: Money,
    /// It is money, by the name under which it stands; else pieces are counted.
    pub(super) is_money: bool,
}

/// The amount that data carries, if one is to be seen: an integer, under a usual name, at the top or one level down.
pub(super) fn of(data: &Value) -> Option<Worth> {
    let currency = |of: &Value| CURRENCIES.iter().find_map(|name| of.get(name)?.as_str().map(str::to_owned));
    for (at, name) in AMOUNTS.into_iter().enumerate() {
        let worth = |money| Some(Worth { money, is_money: at < AMOUNTS.len() - PIECES });
        let Some(found) = data.get(name) else { continue };
        if let Some(value) = found.as_i64() {
            return worth(Money { value, unit: Unit::Count(currency(data).unwrap_or_default()) });
        }
        let inner = found.get("amount").or_else(|| found.get("value"));
        if let Some(value) = inner.and_then(Value::as_i64) {
            let unit = currency(found).or_else(|| currency(data)).unwrap_or_default();
            return worth(Money { value, unit: Unit::Count(unit) });
        }
    }
    None
}

/// What is left of what was done when what was undone is taken off. `None` where one of them carries no amount, or
/// they carry different units.
pub(super) fn less(done: Option<Vec<Money>>, undone: Option<Vec<Money>>) -> Option<Money> {
    let (done, undone) = (done?, undone?);
    let unit = done.first()?.unit.clone();
    if done.iter().chain(&undone).any(|money| money.unit != unit) {
        return None;
    }
    let sum = |all: &[Money]| all.iter().fold(0_i64, |sum, money| sum.saturating_add(money.value));
    Some(Money { value: sum(&done).saturating_sub(sum(&undone)), unit })
}

/// Reads a few sagas of each pair and learns whether effect and undo carry the same amount.
pub(super) fn compare(
    log: &EventLog,
    instances: &Instances,
    variants: &Variants,
    pairs: &mut UndoPairs,
    fetch: &mut Fetch<'_>,
) {
    let of_type = |one: &Instance, id: TypeId| -> Vec<Row> {
        one.rows().iter().copied().filter(|row| log.type_of(*row) == id).take(SAMPLES).collect()
    };
    for pair in pairs.0.clone() {
        let (mut same, mut of) = (0, 0);
        let has_both = |at: &usize| {
            let shape = &variants.list[variants.of[*at] as usize].shape;
            shape.contains(&pair.effect) && shape.contains(&pair.undo)
        };
        for at in (0..instances.len()).filter(has_both).take(SAMPLES) {
            let one = &instances.list()[at];
            let mut sum = |id: TypeId| {
                let events = fetch(&of_type(one, id)).into_iter();
                let values = events.filter_map(|event| self::of(&event?.data.value()?));
                values.map(|worth| worth.money.value).reduce(i64::saturating_add)
            };
            if let (Some(effect), Some(undo)) = (sum(pair.effect), sum(pair.undo)) {
                of += 1;
                same += usize::from(effect == undo);
            }
        }
        pairs.learn_amounts(pair.undo, same, of);
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn what_was_undone_is_no_longer_owed() {
        let money = |value: i64, unit: &str| Money { value, unit: Unit::Count(unit.to_owned()) };
        let ten = money(10, "EUR");
        for (done, undone, left) in [
            (
                Some(vec![ten.clone(), ten.clone(), ten.clone()]),
                Some(vec![ten.clone()]),
                Some(money(20, "EUR")),
            ),
            (Some(vec![ten.clone()]), Some(Vec::new()), Some(ten.clone())),
            (Some(vec![ten.clone(), money(3, "USD")]), Some(Vec::new()), None),
            (Some(vec![ten.clone()]), Some(vec![money(3, "USD")]), None),
            (Some(vec![ten.clone()]), None, None),
            (None, Some(Vec::new()), None),
        ] {
            assert_eq!(less(done.clone(), undone.clone()), left, "{done:?} less {undone:?}");
        }
    }

    #[test]
    fn amounts_are_found_where_they_usually_stand() {
        for (data, text) in [
            (json!({"amount": 19015, "currency": "EUR"}), Some(("19015 EUR", true))),
            (json!({"total": {"amount": 5, "currency": "EUR"}, "quantity": 2}), Some(("5 EUR", true))),
            (json!({"sku": "a", "quantity": 3}), Some(("3", false))),
            (json!({"amount": 1.5}), None),
            (json!("text"), None),
        ] {
            let told = of(&data).map(|worth| (worth.money.to_string(), worth.is_money));
            assert_eq!(told.as_ref().map(|(text, is_money)| (text.as_str(), *is_money)), text, "{data}");
        }
    }
}
