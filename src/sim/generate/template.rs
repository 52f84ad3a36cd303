//! Texts with gaps: what a program of the domain file gives for made-up values that occur nowhere else, cut where
//! they stand. So the programs run once, and an event only fills the gaps.

use serde_json::Value;

use super::line::put;

/// What stands in a gap.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Slot {
    Number,
    User,
    Product,
    Quantity,
    Price,
    Total,
}

/// Values that mark the gaps; none is a part of another.
pub(super) const NUMBER: u64 = 7_710_001;
pub(super) const USER: &str = "7720002";
pub(super) const PRODUCT: &str = "7730003";
pub(super) const QUANTITY: u64 = 77_407;
pub(super) const PRICE: u64 = 77_509;

/// What fills the gaps of one order's texts.
#[derive(Clone, Copy, Debug)]
pub(super) struct Fill<'a> {
    pub(super) number: u32,
    pub(super) user: u32,
    pub(super) product: &'a str,
    pub(super) quantity: u64,
    pub(super) price: u64,
}

/// A text and where its gaps are.
#[derive(Clone, Debug, Default)]
pub(super) struct Template {
    parts: Vec<(String, Slot)>,
    end: String,
}

impl Template {
    /// A value as JSON.
    pub(super) fn of(value: &Value) -> Self {
        Self::of_text(&value.to_string())
    }

    /// A text as it is.
    pub(super) fn of_text(text: &str) -> Self {
        let marks = [
            (NUMBER.to_string(), Slot::Number),
            (USER.to_owned(), Slot::User),
            (PRODUCT.to_owned(), Slot::Product),
            ((PRICE * QUANTITY).to_string(), Slot::Total),
            (QUANTITY.to_string(), Slot::Quantity),
            (PRICE.to_string(), Slot::Price),
        ];
        let (mut parts, mut rest) = (Vec::new(), text);
        let next = |rest: &str| {
            let found = marks.iter().filter_map(|(mark, slot)| Some((rest.find(mark)?, mark.len(), *slot)));
            found.min_by_key(|(at, ..)| *at)
        };
        while let Some((at, length, slot)) = next(rest) {
            parts.push((rest[..at].to_owned(), slot));
            rest = &rest[at + length..];
        }
        Self { parts, end: rest.to_owned() }
    }

    /// Whether there is such a gap.
    pub(super) fn has(&self, slot: Slot) -> bool {
        self.parts.iter().any(|(_, it)| *it == slot)
    }

    /// Appends the text with its gaps filled.
    pub(super) fn put(&self, to: &mut Vec<u8>, fill: &Fill<'_>) {
        for (text, slot) in &self.parts {
            put!(to, text.as_str());
            match slot {
                Slot::Number => put!(to, fill.number),
                Slot::User => put!(to, fill.user),
                Slot::Product => put!(to, fill.product),
                Slot::Quantity => put!(to, fill.quantity),
                Slot::Price => put!(to, fill.price),
                Slot::Total => put!(to, fill.price * fill.quantity),
            }
        }
        put!(to, self.end.as_str());
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_text_is_cut_where_its_made_up_values_stand() {
        let value = json!({
            "paymentId": format!("p{NUMBER}"), "userId": USER, "productId": PRODUCT,
            "lines": [QUANTITY, PRICE], "amount": PRICE * QUANTITY, "currency": "EUR",
        });
        let fill = Fill { number: 12, user: 3, product: "lamp", quantity: 2, price: 6_000 };
        let mut text = Vec::new();
        Template::of(&value).put(&mut text, &fill);
        assert_eq!(
            String::from_utf8(text).unwrap(),
            r#"{"paymentId":"p12","userId":"3","productId":"lamp","lines":[2,6000],"amount":12000,"currency":"EUR"}"#
        );
    }
}
