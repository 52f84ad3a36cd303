//! What stands in `data` for each event type, in the spelling an application would use.
//! Amounts are integers in the currency's cents; nothing here decides what happens.

use super::catalog::{Person, Product};
use super::line::{Hex, Id, Padded, Stream, put};
use super::order::{Order, OrderLine, Reason};
use super::products::Item;

type Out = Vec<u8>;

pub(super) fn user_created(to: &mut Out, person: &Person, with_locale: bool, newsletter: bool) {
    put!(to, "\"user_id\":\"", Stream::User(person.number), "\",\"name\":");
    person.put_name(to);
    put!(to, ",\"email\":");
    person.put_email(to, 0);
    if with_locale {
        put!(to, ",\"locale\":\"", person.locale.tag, "\"");
    }
    put!(to, ",\"newsletter\":", if newsletter { "true" } else { "false" }, ",\"address\":");
    person.put_address(to);
}

/// What a customer changed.
#[derive(Clone, Copy)]
pub(super) enum Change {
    Email,
    Address,
    Loyalty(u64),
}

pub(super) fn user_updated(to: &mut Out, person: &Person, change: Change, version: u32) {
    put!(to, "\"user_id\":\"", Stream::User(person.number), "\",");
    match change {
        Change::Email => {
            put!(to, "\"email\":");
            person.put_email(to, u64::from(version));
            put!(to, ",\"email_verified\":true,\"notified\":[\"previous address\",\"new address\"]");
        }
        Change::Address => {
            put!(to, "\"address\":");
            person.put_address(to);
        }
        Change::Loyalty(points) => {
            let tier = match points {
                0..100 => "standard",
                100..400 => "silver",
                _ => "gold",
            };
            put!(to, "\"loyalty_points\":", points, ",\"tier\":\"", tier, "\"");
        }
    }
}

fn put_line(to: &mut Out, seed: u64, line: &OrderLine) {
    put!(to, Product::of(seed, line.number), ",\"quantity\":", line.quantity);
    put!(to, ",\"unit_price_cents\":", line.price);
}

pub(super) fn order_created(to: &mut Out, seed: u64, order: &Order, person: &Person, with_currency: bool) {
    put!(to, "\"order_id\":\"", Stream::Order(order.number), "\",\"user_id\":\"", Stream::User(order.user));
    put!(to, "\",\"status\":\"created\",\"channel\":\"", order.channel, "\",\"items\":[");
    for (index, line) in order.lines().iter().enumerate() {
        put!(to, if index == 0 { "{" } else { ",{" });
        put_line(to, seed, line);
        put!(to, "}");
    }
    put!(to, "],\"total_cents\":", order.total());
    if with_currency {
        put!(to, ",\"currency\":\"", person.locale.currency, "\"");
    }
    put!(to, ",\"shipping_address\":");
    person.put_address(to);
    if let Some(giver) = order.billed_to {
        put!(to, ",\"gift_note\":null,\"billing_address\":");
        Person::of(seed, giver, 0).put_address(to);
    }
}

pub(super) fn order_item_added(to: &mut Out, seed: u64, order: &Order) {
    put!(to, "\"order_id\":\"", Stream::Order(order.number), "\",");
    if let Some(line) = order.lines().last() {
        put_line(to, seed, line);
        put!(to, ",\"line\":", order.lines().len() as u64, ",\"line_total_cents\":");
        put!(to, line.quantity * line.price, ",");
    }
    put!(to, "\"total_cents\":", order.total());
}

pub(super) fn order_confirmed(to: &mut Out, order: &Order, person: &Person) {
    put!(to, "\"order_id\":\"", Stream::Order(order.number), "\",\"status\":\"confirmed\",\"payment_id\":\"");
    put!(to, Stream::Payment(order.payment), "\",\"total_cents\":", order.total());
    put!(to, ",\"pieces\":", order.pieces(), ",\"confirmation_sent_to\":");
    person.put_email(to, 0);
}

pub(super) fn order_cancelled(to: &mut Out, order: &Order, reason: Reason) {
    put!(to, "\"order_id\":\"", Stream::Order(order.number), "\",\"status\":\"cancelled\",\"reason\":\"");
    put!(to, reason.word(), "\",\"message\":\"", reason.message(), "\",\"total_cents\":", order.total());
}

pub(super) fn order_completed(to: &mut Out, order: &Order) {
    put!(
        to,
        "\"order_id\":\"",
        Stream::Order(order.number),
        "\",\"status\":\"completed\",\"shipment_id\":\""
    );
    put!(to, Stream::Shipment(order.shipment), "\",\"total_cents\":", order.total());
    put!(to, ",\"loyalty_points_earned\":", order.total() / 1_000);
}

fn payment_of(to: &mut Out, order: &Order) {
    put!(to, "\"payment_id\":\"", Stream::Payment(order.payment), "\",\"order_id\":\"");
    put!(to, Stream::Order(order.number), "\",");
}

pub(super) fn payment_initiated(to: &mut Out, order: &Order, person: &Person) {
    payment_of(to, order);
    put!(to, "\"payer\":{\"name\":");
    person.put_name(to);
    put!(to, ",\"email\":");
    person.put_email(to, 0);
    put!(to, "},\"status\":\"initiated\",\"amount_cents\":", order.total(), ",\"currency\":\"");
    put!(to, person.locale.currency, "\",\"method\":{\"kind\":\"card\",\"brand\":\"");
    put!(to, ["visa", "mastercard", "amex"][order.user as usize % 3], "\",\"last4\":\"");
    put!(to, Padded(u64::from(order.user) * 7_919 % 10_000, 4), "\"},\"attempt\":", order.attempts);
    put!(to, ",\"idempotency_key\":\"", Stream::Payment(order.payment), ":", order.attempts, "\"");
}

pub(super) fn payment_completed(to: &mut Out, order: &Order, transaction: u64) {
    payment_of(to, order);
    put!(to, "\"status\":\"completed\",\"amount_cents\":", order.total(), ",\"fee_cents\":");
    put!(to, order.total() * 14 / 1_000 + 25, ",\"attempt\":", order.attempts);
    put!(to, ",\"transaction_id\":\"txn_", Hex(transaction), "\"");
}

static REFUSALS: [(&str, &str); 4] = [
    ("card_declined", "The card was declined by its issuer"),
    ("insufficient_funds", "The account does not cover the amount"),
    ("expired_card", "The card has expired"),
    ("processor_unavailable", "The payment processor did not accept the request (HTTP 503)"),
];

pub(super) fn payment_failed(to: &mut Out, order: &Order, refusal: u64, is_final: bool) {
    let (code, message) = REFUSALS[(refusal % 4) as usize];
    payment_of(to, order);
    put!(to, "\"status\":\"failed\",\"amount_cents\":", order.total(), ",\"error\":{\"code\":\"", code);
    put!(to, "\",\"message\":\"", message, "\"},\"attempt\":", order.attempts);
    put!(to, ",\"will_retry\":", if is_final { "false" } else { "true" });
}

pub(super) fn payment_refunded(to: &mut Out, order: &Order, reason: Reason, refund: u64) {
    payment_of(to, order);
    put!(to, "\"status\":\"refunded\",\"amount_cents\":", order.total(), ",\"reason\":\"", reason.word());
    put!(to, "\",\"refund_id\":\"rf_", Hex(refund), "\"");
}

static WAREHOUSES: [&str; 3] = ["north", "harbour", "valley"];

fn warehouse(number: u32) -> &'static str {
    WAREHOUSES[number as usize % WAREHOUSES.len()]
}

pub(super) fn inventory_received(to: &mut Out, product: &Product, item: &Item, quantity: u64) {
    put!(to, *product, ",\"quantity\":", quantity, ",\"available\":", item.available);
    put!(to, ",\"warehouse\":\"", warehouse(item.number), "\",\"supplier\":\"", product.supplier);
    put!(to, "\",\"unit_cost_cents\":", product.price * 6 / 10);
}

pub(super) fn inventory_reserved(
    to: &mut Out,
    product: &Product,
    order: &Order,
    line: &OrderLine,
    available: u64,
    id: Id,
) {
    put!(to, *product, ",\"order_id\":\"");
    put!(to, Stream::Order(order.number), "\",\"reservation_id\":\"", id, "\",\"quantity\":", line.quantity);
    put!(to, ",\"available\":", available, ",\"warehouse\":\"", warehouse(line.number), "\"");
}

pub(super) fn inventory_released(
    to: &mut Out,
    product: &Product,
    order: &Order,
    line: &OrderLine,
    available: u64,
    reason: Reason,
) {
    put!(to, *product, ",\"order_id\":\"");
    put!(to, Stream::Order(order.number), "\",\"quantity\":", line.quantity, ",\"available\":", available);
    put!(to, ",\"reason\":\"", reason.word(), "\"");
}

static CARRIERS: [&str; 4] = ["Parcelwind", "Blue Courier", "RapidPost", "Überland Express"];

fn shipment_of(to: &mut Out, order: &Order) {
    put!(to, "\"shipment_id\":\"", Stream::Shipment(order.shipment), "\",\"order_id\":\"");
    put!(to, Stream::Order(order.number), "\",\"carrier\":\"");
    put!(to, CARRIERS[order.shipment as usize % CARRIERS.len()], "\",");
}

pub(super) fn shipment_dispatched(to: &mut Out, order: &Order, person: &Person) {
    shipment_of(to, order);
    put!(to, "\"status\":\"dispatched\",\"tracking_number\":\"TRK", Padded(u64::from(order.shipment), 12));
    put!(to, "\",\"weight_grams\":", order.pieces() * 640 + 210, ",\"parcels\":", order.pieces() / 4 + 1);
    put!(to, ",\"destination\":");
    person.put_address(to);
}

pub(super) fn shipment_delivered(to: &mut Out, order: &Order, person: &Person) {
    shipment_of(to, order);
    put!(to, "\"status\":\"delivered\",\"city\":\"", person.city, "\",\"received_by\":");
    person.put_name(to);
    put!(to, ",\"proof\":\"", ["signature", "photo", "neighbour"][order.shipment as usize % 3], "\"");
}

pub(super) fn shipment_lost(to: &mut Out, order: &Order, person: &Person) {
    shipment_of(to, order);
    put!(to, "\"status\":\"lost\",\"last_seen\":{\"country\":\"", person.locale.country, "\",\"depot\":");
    put!(to, order.shipment % 40 + 1, "},\"claim_cents\":", order.total());
}
