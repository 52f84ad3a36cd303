//! The shop: its customers, its shelves, its clock, and who does what next. A heap of (time, sequence) is
//! the only scheduler, so that one seed has one story. What an order goes through stands in `order`.

use std::cmp::Reverse;
use std::collections::BinaryHeap;

use crate::base::prng::Prng;

use super::GenerateOptions;
use super::calendar::{Calendar, HOUR, MINUTE, SECOND};
use super::catalog::{Person, Product};
use super::line::{Actor, Head, Id, Log, Stream};
use super::order::Order;
use super::payload::{self, Change};
use super::products::Shelf;

/// What somebody does at some time. The first four are not about an open order.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Step {
    /// A customer comes, perhaps a new one, and the next visit is planned.
    Visit,
    /// A customer opens an order.
    Order,
    /// A customer changes address.
    Update,
    /// A delivery of stock arrives.
    Restock,
    AddItem,
    Reserve,
    Pay,
    Answer,
    GiveUp,
    Confirm,
    Withdraw,
    Dispatch,
    Deliver,
    Complete,
    Lose,
    Undo,
}

/// What is due at a time; equal times keep the order in which they were planned.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Due {
    time: u64,
    sequence: u64,
    step: Step,
    /// A customer's number, a product's index or an order's slot, as the step says.
    target: usize,
}

/// A customer, as far as their stream has to know.
#[derive(Clone, Copy, Debug, Default)]
struct Account {
    version: u32,
    moves: u64,
    points: u64,
}

/// Everything that is going on.
pub(super) struct Shop {
    pub(super) seed: u64,
    pub(super) prng: Prng,
    pub(super) log: Log,
    pub(super) calendar: Calendar,
    pub(super) shelf: Shelf,
    pub(super) orders_opened: u32,
    pub(super) payments: u32,
    pub(super) shipments: u32,
    accounts: Vec<Account>,
    due: BinaryHeap<Reverse<Due>>,
    planned: u64,
    /// Orders that are not settled; settled ones leave their place to new ones.
    orders: Vec<Order>,
    free: Vec<usize>,
    /// What caused each delivery that is on its way, by product.
    awaited: Vec<Option<Id>>,
}

impl Shop {
    /// A shop that has its first visitor soon.
    pub(super) fn new(options: GenerateOptions) -> Self {
        let mut prng = Prng::new(options.seed);
        let ids = Prng::new(prng.next_u64());
        let seed = prng.next_u64();
        let calendar = Calendar::new(options.events, &mut prng);
        let shelf = Shelf::new(options.events, calendar.orders_a_day());
        let mut shop = Self {
            seed,
            log: Log::new(options.events, ids),
            calendar,
            awaited: vec![None; shelf.items.len()],
            shelf,
            orders_opened: 0,
            payments: 0,
            shipments: 0,
            accounts: Vec::new(),
            due: BinaryHeap::new(),
            planned: 0,
            orders: Vec::new(),
            free: Vec::new(),
            prng,
        };
        let first = shop.prng.between(SECOND, 10 * MINUTE);
        shop.plan(first, Step::Visit, 0);
        shop
    }

    fn plan(&mut self, time: u64, step: Step, target: usize) {
        self.planned += 1;
        let time = self.calendar.open(time);
        self.due.push(Reverse(Due { time, sequence: self.planned, step, target }));
    }

    /// Does what is due next.
    pub(super) fn step(&mut self) {
        let Reverse(due) = self.due.pop().expect("every visit plans the next one");
        match due.step {
            Step::Visit => self.visit(due.time),
            Step::Order => {
                let (order, (time, step)) = self.open_order(due.time, due.target as u32);
                let slot = self.free.pop().unwrap_or_else(|| {
                    self.orders.push(Order::default());
                    self.orders.len() - 1
                });
                self.orders[slot] = order;
                self.plan(time, step, slot);
            }
            Step::Update => {
                let change = if self.prng.percent(40) { Change::Email } else { Change::Address };
                self.update_user(due.time, due.target as u32, change, None);
            }
            Step::Restock => {
                let cause = self.awaited[due.target].take();
                let batch = self.shelf.items[due.target].batch;
                self.shelf.items[due.target].is_awaited = false;
                self.receive(due.time, due.target, batch, cause);
            }
            step => {
                let mut order = self.orders[due.target];
                let next = self.order_step(due.time, step, &mut order);
                self.orders[due.target] = order;
                match next {
                    Some((time, step)) => self.plan(time, step, due.target),
                    None => self.free.push(due.target),
                }
            }
        }
    }

    /// Whether an event is written in the second version of its schema: none at first, then, while the new
    /// release is rolled out, some, then all.
    pub(super) fn is_second_schema(&mut self) -> bool {
        match self.log.thousandths() {
            0..380 => false,
            380..420 => self.prng.percent(50),
            _ => true,
        }
    }

    /// The customer of that number, where they live now.
    pub(super) fn person(&self, number: u32) -> Person {
        let moves = self.accounts.get(number as usize - 1).map_or(0, |account| account.moves);
        Person::of(self.seed, number, moves)
    }

    fn visit(&mut self, now: u64) {
        let known = self.accounts.len() as u64;
        let number = if known == 0 || self.prng.percent(18) {
            self.create_user(now)
        } else if self.prng.percent(50) {
            // Who joined lately comes back soonest.
            known - self.prng.below(known / 8 + 1)
        } else {
            self.prng.between(1, known)
        };
        let order_at = now + self.prng.between(15 * SECOND, 8 * MINUTE);
        self.plan(order_at, Step::Order, number as usize);
        if self.prng.percent(9) {
            let update_at = now + self.prng.between(MINUTE, 30 * HOUR);
            self.plan(update_at, Step::Update, number as usize);
        }
        let next = self.calendar.next_visit(now, &mut self.prng);
        self.plan(next, Step::Visit, 0);
    }

    fn create_user(&mut self, now: u64) -> u64 {
        self.accounts.push(Account { version: 1, ..Account::default() });
        let number = self.accounts.len() as u32;
        let (newsletter, with_locale) = (self.prng.percent(30), self.is_second_schema());
        let head = Head {
            event_type: "user.created",
            schema_version: if with_locale { "2" } else { "1" },
            stream: Stream::User(number),
            version: 1,
            correlation: self.log.id(),
            causation: None,
            actor: Actor::User(number),
            duplicate_of: None,
        };
        let person = self.person(number);
        self.log.record(now, &head, |to| payload::user_created(to, &person, with_locale, newsletter));
        u64::from(number)
    }

    /// Records a change of a customer, within the correlation and caused by the event given, if any.
    pub(super) fn update_user(&mut self, now: u64, number: u32, change: Change, within: Option<(Id, Id)>) {
        let account = &mut self.accounts[number as usize - 1];
        account.version += 1;
        let change = match change {
            Change::Loyalty(points) => {
                account.points += points;
                Change::Loyalty(account.points)
            }
            Change::Address => {
                account.moves += 1;
                Change::Address
            }
            Change::Email => Change::Email,
        };
        let version = account.version;
        let head = Head {
            event_type: "user.updated",
            schema_version: "1",
            stream: Stream::User(number),
            version,
            correlation: within.map_or_else(|| self.log.id(), |(correlation, _)| correlation),
            causation: within.map(|(_, cause)| cause),
            actor: Actor::User(number),
            duplicate_of: None,
        };
        let person = self.person(number);
        self.log.record(now, &head, |to| payload::user_updated(to, &person, change, version));
    }

    /// Asks the supplier of a product for more, because of the event `cause`.
    pub(super) fn order_stock(&mut self, now: u64, index: usize, cause: Id) {
        self.awaited[index] = Some(cause);
        let arrives = now + self.prng.between(3 * HOUR, 20 * HOUR);
        self.plan(arrives, Step::Restock, index);
    }

    /// Puts a delivery on the shelf.
    pub(super) fn receive(&mut self, now: u64, index: usize, quantity: u64, cause: Option<Id>) {
        let item = &mut self.shelf.items[index];
        item.available += quantity;
        item.version += 1;
        let item = *item;
        let head = Head {
            event_type: "inventory.received",
            schema_version: "1",
            stream: Stream::Inventory(item.number),
            version: item.version,
            correlation: self.log.id(),
            causation: cause,
            actor: Actor::Clerk(self.prng.between(1, 12)),
            duplicate_of: None,
        };
        let product = Product::of(self.seed, item.number);
        self.log.record(now, &head, |to| payload::inventory_received(to, &product, &item, quantity));
    }
}
