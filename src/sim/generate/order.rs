//! An order's saga: reserve the stock, take the money, confirm, ship. What fails is undone in reverse order.
//! Each step records its events and says what comes next and when; `shop` keeps the time.

use crate::base::prng::Prng;

use super::calendar::{HOUR, MINUTE, SECOND, working_hours};
use super::catalog::{Person, Product};
use super::line::{Actor, Head, Id, Stream};
use super::payload;
use super::shop::{Shop, Step};

/// Thousandth of a second.
const MILLI: u64 = SECOND / 1_000;

/// Payments tried before an order is given up.
const ATTEMPTS_MAX: u64 = 3;

/// A product in an order.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct OrderLine {
    index: usize,
    pub(super) number: u32,
    pub(super) quantity: u64,
    pub(super) price: u64,
}

const LINES_MAX: usize = 6;

/// Why an order came to nothing.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum Reason {
    #[default]
    ChangedMind,
    OutOfStock,
    PaymentDeclined,
    PaymentTimeout,
    Withdrawn,
    ParcelLost,
}

impl Reason {
    pub(super) fn word(self) -> &'static str {
        match self {
            Self::ChangedMind => "abandoned",
            Self::OutOfStock => "insufficient_stock",
            Self::PaymentDeclined => "payment_declined",
            Self::PaymentTimeout => "payment_timeout",
            Self::Withdrawn => "customer_request",
            Self::ParcelLost => "parcel_lost",
        }
    }

    pub(super) fn message(self) -> &'static str {
        match self {
            Self::ChangedMind => "The customer left before paying",
            Self::OutOfStock => "Not enough pieces in stock",
            Self::PaymentDeclined => "The payment was declined three times",
            Self::PaymentTimeout => "The payment provider did not answer within 15 minutes",
            Self::Withdrawn => "The customer cancelled the order",
            Self::ParcelLost => "The carrier lost the parcel",
        }
    }
}

/// Whose stream an event of an order's saga goes to.
#[derive(Clone, Copy)]
enum Part {
    Order,
    Payment,
    Shipment,
}

/// An order that is not settled yet.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Order {
    pub(super) number: u32,
    pub(super) user: u32,
    pub(super) payment: u32,
    pub(super) shipment: u32,
    pub(super) billed_to: Option<u32>,
    pub(super) channel: &'static str,
    pub(super) attempts: u64,
    lines: [OrderLine; LINES_MAX],
    line_count: usize,
    wanted: usize,
    reserved: usize,
    versions: [u32; 3],
    correlation: Id,
    /// The last event of the order itself, which the reservations answer.
    placed: Id,
    /// The last event of the saga.
    last: Id,
    reason: Reason,
    is_cancelled: bool,
    is_paid: bool,
}

impl Order {
    pub(super) fn lines(&self) -> &[OrderLine] {
        &self.lines[..self.line_count]
    }

    pub(super) fn total(&self) -> u64 {
        self.lines().iter().map(|line| line.quantity * line.price).sum()
    }

    pub(super) fn pieces(&self) -> u64 {
        self.lines().iter().map(|line| line.quantity).sum()
    }
}

impl Shop {
    /// Does `step` for an order; the settled order is `None`, another one says what follows.
    pub(super) fn order_step(&mut self, now: u64, step: Step, order: &mut Order) -> Option<(u64, Step)> {
        match step {
            Step::AddItem => Some(self.add_item(now, order)),
            Step::Reserve => Some(self.reserve(now, order)),
            Step::Pay => Some(self.pay(now, order)),
            Step::Answer => Some(self.answer(now, order)),
            Step::GiveUp => self.give_up(now, order),
            Step::Confirm => Some(self.confirm(now, order)),
            Step::Withdraw => Some(self.withdraw(now, order)),
            Step::Dispatch => Some(self.dispatch(now, order)),
            Step::Deliver => Some(self.deliver(now, order)),
            Step::Complete => self.complete(now, order),
            Step::Lose => Some(self.lose(now, order)),
            Step::Undo => self.undo(now, order),
            Step::Visit | Step::Order | Step::Update | Step::Restock => None,
        }
    }

    /// Opens an order of a customer, and says what follows.
    pub(super) fn open_order(&mut self, now: u64, user: u32) -> (Order, (u64, Step)) {
        let channel = *self.prng.pick(&["web", "web", "web", "ios", "android", "phone"]);
        let mut order = Order { user, channel, ..Order::default() };
        self.orders_opened += 1;
        order.number = self.orders_opened;
        let in_basket = self.prng.between(1, 2);
        order.wanted = (in_basket + self.prng.below(5)) as usize;
        for _ in 0..in_basket {
            self.put_into(now, &mut order);
        }
        if self.prng.percent(12) {
            let giver = self.prng.between(1, u64::from(user)) as u32;
            order.billed_to = (giver != user).then_some(giver);
        }
        order.correlation = self.log.id();

        let with_currency = self.is_second_schema();
        let head = Head {
            event_type: "order.created",
            schema_version: if with_currency { "2" } else { "1" },
            stream: Stream::Order(order.number),
            version: 1,
            correlation: order.correlation,
            causation: None,
            actor: Actor::User(user),
            duplicate_of: None,
        };
        let (seed, person) = (self.seed, self.person(user));
        order.versions[Part::Order as usize] = 1;
        order.last = self.log.record(now, &head, |to| {
            payload::order_created(to, seed, &order, &person, with_currency);
        });
        order.placed = order.last;
        let next = self.shopping_on(now, &order);
        (order, next)
    }

    fn shopping_on(&mut self, now: u64, order: &Order) -> (u64, Step) {
        if order.line_count < order.wanted {
            (now + self.prng.between(5 * SECOND, 3 * MINUTE), Step::AddItem)
        } else {
            (now + self.prng.between(10 * SECOND, 2 * MINUTE), Step::Reserve)
        }
    }

    fn put_into(&mut self, now: u64, order: &mut Order) {
        let mut index = self.shelf.pick(&mut self.prng);
        if order.lines().iter().any(|line| line.index == index) {
            // Another look at the shelf; who then takes the same again gets two lines.
            index = self.shelf.pick(&mut self.prng);
        }
        if self.shelf.list(index) {
            let batch = self.shelf.items[index].batch;
            self.receive(now, index, batch * 2, None);
        }
        let number = self.shelf.items[index].number;
        let quantity = match self.prng.below(100) {
            0..72 => 1,
            72..92 => 2,
            92..99 => self.prng.between(3, 4),
            _ => self.prng.between(6, 20),
        };
        let price = Product::of(self.seed, number).price;
        order.lines[order.line_count] = OrderLine { index, number, quantity, price };
        order.line_count += 1;
    }

    /// Records an event of the order's, the payment's or the shipment's stream, caused by the saga's last.
    fn tell(
        &mut self,
        now: u64,
        order: &mut Order,
        part: Part,
        event_type: &'static str,
        data: impl Fn(&mut Vec<u8>, &Order, &Person),
    ) {
        order.versions[part as usize] += 1;
        let head = Head {
            event_type,
            schema_version: "1",
            stream: match part {
                Part::Order => Stream::Order(order.number),
                Part::Payment => Stream::Payment(order.payment),
                Part::Shipment => Stream::Shipment(order.shipment),
            },
            version: order.versions[part as usize],
            correlation: order.correlation,
            causation: Some(order.last),
            actor: Actor::User(order.user),
            duplicate_of: None,
        };
        let person = self.person(order.user);
        let id = self.log.record(now, &head, |to| data(to, order, &person));
        order.last = id;

        // Some messages arrive twice, and an application without idempotent handlers records both.
        if matches!(event_type, "payment.completed" | "shipment.delivered") && self.prng.below(120) == 0 {
            order.versions[part as usize] += 1;
            let head = Head { version: order.versions[part as usize], duplicate_of: Some(id), ..head };
            let later = now + self.prng.between(5 * MILLI, 900 * MILLI);
            self.log.record(later, &head, |to| data(to, order, &person));
        }
    }

    fn add_item(&mut self, now: u64, order: &mut Order) -> (u64, Step) {
        self.put_into(now, order);
        let seed = self.seed;
        self.tell(now, order, Part::Order, "order.item_added", |to, order, _| {
            payload::order_item_added(to, seed, order);
        });
        order.placed = order.last;
        self.shopping_on(now, order)
    }

    fn reserve(&mut self, now: u64, order: &mut Order) -> (u64, Step) {
        if order.reserved == 0 && self.prng.percent(2) {
            return self.fail(now, order, Reason::ChangedMind);
        }
        let line = order.lines[order.reserved];
        if self.shelf.items[line.index].available < line.quantity {
            return self.fail(now, order, Reason::OutOfStock);
        }
        let item = &mut self.shelf.items[line.index];
        item.available -= line.quantity;
        item.version += 1;
        let (version, available, is_low) = (item.version, item.available, item.is_low());
        item.is_awaited |= is_low;
        let reservation = self.log.id();
        let head = Head {
            causation: Some(order.placed),
            ..stock_head("inventory.reserved", order, line.number, version)
        };
        let product = Product::of(self.seed, line.number);
        order.last = self.log.record(now, &head, |to| {
            payload::inventory_reserved(to, &product, order, &line, available, reservation);
        });
        if is_low {
            self.order_stock(now, line.index, order.last);
        }
        order.reserved += 1;
        let next = if order.reserved < order.line_count { Step::Reserve } else { Step::Pay };
        (now + self.prng.between(15 * MILLI, 250 * MILLI), next)
    }

    fn pay(&mut self, now: u64, order: &mut Order) -> (u64, Step) {
        if order.attempts == 0 {
            self.payments += 1;
            order.payment = self.payments;
        }
        order.attempts += 1;
        self.tell(now, order, Part::Payment, "payment.initiated", payload::payment_initiated);
        if self.prng.below(1_000) < 14 {
            (now + 15 * MINUTE, Step::GiveUp)
        } else {
            (now + self.prng.between(180 * MILLI, 3 * SECOND), Step::Answer)
        }
    }

    fn answer(&mut self, now: u64, order: &mut Order) -> (u64, Step) {
        // A card that was declined once is often declined again.
        let declined = if order.attempts == 1 { 7 } else { 45 };
        let detail = self.prng.next_u64();
        if self.prng.percent(declined) {
            let is_final = order.attempts == ATTEMPTS_MAX;
            self.tell(now, order, Part::Payment, "payment.failed", |to, order, _| {
                payload::payment_failed(to, order, detail, is_final);
            });
            if is_final {
                return self.fail(now, order, Reason::PaymentDeclined);
            }
            let backoff = (20 * SECOND) << order.attempts;
            return (now + backoff + self.prng.below(backoff / 5), Step::Pay);
        }
        self.tell(now, order, Part::Payment, "payment.completed", |to, order, _| {
            payload::payment_completed(to, order, detail);
        });
        order.is_paid = true;
        (now + self.prng.between(30 * MILLI, 2 * SECOND), Step::Confirm)
    }

    /// The payment was never answered. Most orders are then undone; of some nobody hears again.
    fn give_up(&mut self, now: u64, order: &mut Order) -> Option<(u64, Step)> {
        if self.prng.percent(20) {
            return None;
        }
        Some(self.fail(now, order, Reason::PaymentTimeout))
    }

    fn confirm(&mut self, now: u64, order: &mut Order) -> (u64, Step) {
        self.tell(now, order, Part::Order, "order.confirmed", payload::order_confirmed);
        if self.prng.percent(3) {
            (now + self.prng.between(4 * MINUTE, HOUR), Step::Withdraw)
        } else {
            let day = self.calendar.parcel_day();
            (working_hours(now + self.prng.between(day / 24, day)), Step::Dispatch)
        }
    }

    fn withdraw(&mut self, now: u64, order: &mut Order) -> (u64, Step) {
        order.reason = Reason::Withdrawn;
        self.cancel(now, order);
        (now + self.prng.between(SECOND, MINUTE), Step::Undo)
    }

    fn cancel(&mut self, now: u64, order: &mut Order) {
        let reason = order.reason;
        self.tell(now, order, Part::Order, "order.cancelled", |to, order, _| {
            payload::order_cancelled(to, order, reason);
        });
        order.is_cancelled = true;
    }

    fn dispatch(&mut self, now: u64, order: &mut Order) -> (u64, Step) {
        self.shipments += 1;
        order.shipment = self.shipments;
        self.tell(now, order, Part::Shipment, "shipment.dispatched", payload::shipment_dispatched);
        // What has left the house cannot be put back on the shelf.
        order.reserved = 0;
        let day = self.calendar.parcel_day();
        if self.prng.below(1_000) < 15 {
            (now + self.prng.between(day * 2, day * 4), Step::Lose)
        } else {
            (working_hours(now + self.prng.between(day / 2, day * 3)), Step::Deliver)
        }
    }

    fn deliver(&mut self, now: u64, order: &mut Order) -> (u64, Step) {
        self.tell(now, order, Part::Shipment, "shipment.delivered", payload::shipment_delivered);
        (now + self.prng.between(SECOND, 20 * SECOND), Step::Complete)
    }

    fn complete(&mut self, now: u64, order: &mut Order) -> Option<(u64, Step)> {
        self.tell(now, order, Part::Order, "order.completed", |to, order, _| {
            payload::order_completed(to, order);
        });
        if self.prng.percent(12) {
            let points = order.total() / 1_000;
            let later = now + self.prng.between(50 * MILLI, 400 * MILLI);
            let change = payload::Change::Loyalty(points);
            self.update_user(later, order.user, change, Some((order.correlation, order.last)));
        }
        None
    }

    fn lose(&mut self, now: u64, order: &mut Order) -> (u64, Step) {
        self.tell(now, order, Part::Shipment, "shipment.lost", payload::shipment_lost);
        order.reason = Reason::ParcelLost;
        (now + self.prng.between(10 * MINUTE, 4 * HOUR), Step::Undo)
    }

    fn fail(&mut self, now: u64, order: &mut Order, reason: Reason) -> (u64, Step) {
        order.reason = reason;
        (now + self.prng.between(20 * MILLI, 2 * SECOND), Step::Undo)
    }

    /// Undoes the last step that is not undone: the payment, then each reservation, the last one first.
    fn undo(&mut self, now: u64, order: &mut Order) -> Option<(u64, Step)> {
        let soon = now + soon(&mut self.prng);
        if order.is_paid {
            order.is_paid = false;
            let (reason, refund) = (order.reason, self.prng.next_u64());
            self.tell(now, order, Part::Payment, "payment.refunded", |to, order, _| {
                payload::payment_refunded(to, order, reason, refund);
            });
        } else if order.reserved > 0 {
            order.reserved -= 1;
            let line = order.lines[order.reserved];
            let item = &mut self.shelf.items[line.index];
            item.available += line.quantity;
            item.version += 1;
            let (version, available) = (item.version, item.available);
            let head = stock_head("inventory.released", order, line.number, version);
            let product = Product::of(self.seed, line.number);
            order.last = self.log.record(now, &head, |to| {
                payload::inventory_released(to, &product, order, &line, available, order.reason);
            });
        } else if !order.is_cancelled {
            self.cancel(now, order);
            return None;
        } else {
            return None;
        }
        Some((soon, Step::Undo))
    }
}

fn soon(prng: &mut Prng) -> u64 {
    prng.between(30 * MILLI, 700 * MILLI)
}

/// An event of a product's stream within an order's saga.
fn stock_head(event_type: &'static str, order: &Order, number: u32, version: u32) -> Head {
    Head {
        event_type,
        schema_version: "1",
        stream: Stream::Inventory(number),
        version,
        correlation: order.correlation,
        causation: Some(order.last),
        actor: Actor::User(order.user),
        duplicate_of: None,
    }
}
