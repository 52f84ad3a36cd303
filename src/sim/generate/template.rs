//! Texts with gaps: what a program of the domain file gives for made-up values that occur nowhere else, cut where
//! they stand. So the programs run once, and an event only fills the gaps.

use serde_json::{Value, json};

use super::line::{Id, put};
use super::products::Piece;
use super::vocabulary::Product;

/// What stands in a gap.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Slot {
    Number,
    User,
    Product,
    Quantity,
    Price,
    Total,
    Line,
    Lines,
    Message,
}

/// Values that mark the gaps; none is a part of another.
pub(super) const NUMBER: u64 = 7_710_001;
pub(super) const USER: &str = "7720002";
pub(super) const PRODUCT: &str = "7730003";
pub(super) const QUANTITY: u64 = 77_407;
pub(super) const PRICE: u64 = 77_509;
pub(super) const LINE: u64 = 77_611;
pub(super) const MESSAGE: &str = "7750005";
/// Stands for the list of an order's lines.
const LINES: &str = "7740004";

/// What fills the gaps of one order's texts.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Fill<'a> {
    pub(super) number: u32,
    pub(super) user: u32,
    /// The line that is spoken of, from 1, and what it is about.
    pub(super) line: u64,
    pub(super) product: &'a str,
    pub(super) quantity: u64,
    pub(super) price: u64,
    /// All lines, what they cost together, and what the products of them are called.
    pub(super) lines: &'a [Piece],
    pub(super) total: u64,
    pub(super) products: &'a [Product],
    /// The message that is spoken of.
    pub(super) message: Id,
}

impl Fill<'_> {
    /// The same about another line, counted from 0.
    pub(super) fn at(mut self, line: usize) -> Self {
        let piece = self.lines[line];
        let product = &self.products[piece.product];
        self.line = line as u64 + 1;
        (self.product, self.quantity, self.price) = (&product.id, piece.quantity, product.price);
        self
    }
}

/// A text and where its gaps are.
#[derive(Clone, Debug, Default)]
pub(super) struct Template {
    parts: Vec<(String, Slot)>,
    end: String,
    /// How one of the lines is written, where all of them are.
    of_line: Option<Box<Template>>,
}

/// Puts a mark in place of the list of an order's lines, and gives one of them.
fn take_lines(value: &mut Value) -> Option<Value> {
    match value {
        Value::Array(list) => match list.first() {
            Some(line) if line.is_object() && line.to_string().contains(PRODUCT) => {
                let line = line.clone();
                *value = json!(LINES);
                Some(line)
            }
            _ => list.iter_mut().find_map(take_lines),
        },
        Value::Object(fields) => fields.values_mut().find_map(take_lines),
        _ => None,
    }
}

impl Template {
    /// A value as JSON; a list of lines in it has as many as the order.
    pub(super) fn of(value: &Value) -> Self {
        let mut value = value.clone();
        let of_line = take_lines(&mut value).map(|line| Box::new(Self::of_text(&line.to_string())));
        Self { of_line, ..Self::of_text(&value.to_string()) }
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
            (LINE.to_string(), Slot::Line),
            (format!("\"{LINES}\""), Slot::Lines),
            (MESSAGE.to_owned(), Slot::Message),
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
        Self { parts, end: rest.to_owned(), of_line: None }
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
                Slot::Total => put!(to, fill.total),
                Slot::Line => put!(to, fill.line),
                Slot::Lines => self.put_lines(to, fill),
                Slot::Message => put!(to, fill.message),
            }
        }
        put!(to, self.end.as_str());
    }

    fn put_lines(&self, to: &mut Vec<u8>, fill: &Fill<'_>) {
        let mut between = "[";
        for line in 0..fill.lines.len() {
            put!(to, between);
            between = ",";
            if let Some(of_line) = &self.of_line {
                of_line.put(to, &fill.at(line));
            }
        }
        put!(to, "]");
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::sim::generate::products::Lines;

    fn products() -> Vec<Product> {
        let product = |id: &str, price| Product {
            id: id.to_owned(),
            price,
            received: String::new(),
            aggregate_type: String::new(),
            stream: String::new(),
            data: Template::default(),
        };
        vec![product("kettle", 4_500), product("lamp", 6_000)]
    }

    #[test]
    fn a_text_is_cut_where_its_made_up_values_stand() {
        let value = json!({
            "paymentId": format!("p{NUMBER}"), "userId": USER, "productId": PRODUCT,
            "lines": [QUANTITY, PRICE], "amount": PRICE * QUANTITY, "currency": "EUR",
        });
        let fill = Fill {
            number: 12,
            user: 3,
            product: "lamp",
            quantity: 2,
            price: 6_000,
            total: 12_000,
            ..Fill::default()
        };
        let mut text = Vec::new();
        Template::of(&value).put(&mut text, &fill);
        assert_eq!(
            String::from_utf8(text).unwrap(),
            r#"{"paymentId":"p12","userId":"3","productId":"lamp","lines":[2,6000],"amount":12000,"currency":"EUR"}"#
        );
    }

    #[test]
    fn a_list_of_lines_is_as_long_as_the_order() {
        let value =
            json!({"items": [{"productId": PRODUCT, "quantity": QUANTITY, "price": PRICE}], "line": LINE});
        let template = Template::of(&value);
        let products = products();
        let mut lines = Lines::default();
        lines.push(1, 2);
        lines.push(0, 3);
        let fill = Fill { lines: lines.as_slice(), products: &products, ..Fill::default() };
        let mut text = Vec::new();
        template.put(&mut text, &fill.at(1));
        assert_eq!(
            String::from_utf8(text).unwrap(),
            r#"{"items":[{"productId":"lamp","quantity":2,"price":6000},{"productId":"kettle","quantity":3,"price":4500}],"line":2}"#
        );
    }
}
