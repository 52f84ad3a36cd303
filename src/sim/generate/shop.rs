//! The shop: its customers, its shelves, its clock, and who does what next. A heap of (time, sequence) is
//! the only scheduler, so that one seed has one story. What an order goes through stands in `saga`.

use std::cmp::Reverse;
use std::collections::BinaryHeap;

use crate::base::prng::Prng;

use super::GenerateOptions;
use super::calendar::{Calendar, HOUR, MINUTE, SECOND};
use super::catalog::Person;
use super::line::{Head, Id, Log, put};
use super::parcel::{Leg, Parcel};
use super::products::Shelf;
use super::saga::{Due as Stage, Saga};
use super::template::{Fill, MESSAGE, NUMBER, Template};
use super::vocabulary::Vocabulary;

/// What somebody does at some time.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Step {
    /// A customer comes, perhaps a new one, and the next visit is planned.
    Visit,
    /// A customer places an order.
    Order,
    /// A customer changes address.
    Update,
    /// A delivery of stock arrives.
    Restock,
    /// A saga goes on.
    Saga(Stage),
    /// A parcel goes on.
    Parcel(Leg),
}

/// What is due at a time; equal times keep the order in which they were planned.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Due {
    time: u64,
    sequence: u64,
    step: Step,
    /// A customer's number, a product's index, a saga's or a parcel's slot, as the step says.
    target: usize,
}

/// A customer, as far as their stream has to know.
#[derive(Clone, Copy, Debug)]
struct Account {
    version: u32,
    moves: u64,
    created: Id,
}

/// What has not ended; what has leaves its place to what begins.
#[derive(Debug)]
struct Slots<T> {
    all: Vec<T>,
    free: Vec<usize>,
}

impl<T> Slots<T> {
    const fn new() -> Self {
        Self { all: Vec::new(), free: Vec::new() }
    }

    fn add(&mut self, it: T) -> usize {
        if let Some(slot) = self.free.pop() {
            self.all[slot] = it;
            return slot;
        }
        self.all.push(it);
        self.all.len() - 1
    }
}

/// Everything that is going on.
pub(super) struct Shop<'w> {
    pub(super) words: &'w Vocabulary,
    pub(super) prng: Prng,
    pub(super) log: Log,
    pub(super) shelf: Shelf,
    pub(super) orders_opened: u32,
    pub(super) letters: u32,
    pub(super) saga_stream: Template,
    pub(super) letter_stream: Template,
    pub(super) message_stream: Template,
    pub(super) calendar: Calendar,
    seed: u64,
    accounts: Vec<Account>,
    due: BinaryHeap<Reverse<Due>>,
    planned: u64,
    /// Sagas that have not ended.
    sagas: Slots<Saga>,
    /// Parcels that have not arrived.
    parcels: Slots<Parcel>,
    /// What caused each delivery that is on its way, by product.
    awaited: Vec<Option<Id>>,
}

impl<'w> Shop<'w> {
    /// A shop with full shelves that has its first visitor soon.
    pub(super) fn new(options: GenerateOptions, words: &'w Vocabulary) -> Self {
        let mut prng = Prng::new(options.seed);
        let ids = Prng::new(prng.next_u64());
        let seed = prng.next_u64();
        let calendar = Calendar::new(options.events, &mut prng);
        let (few, many) = words.quantity;
        let shelf = Shelf::new(words.products.len(), calendar.orders_a_day() * (few + many) / 2);
        let mut shop = Self {
            seed,
            words,
            log: Log::new(options.events, ids),
            calendar,
            awaited: vec![None; shelf.items.len()],
            shelf,
            orders_opened: 0,
            letters: 0,
            saga_stream: Template::of_text(&format!("saga-s{NUMBER}")),
            letter_stream: Template::of_text(&format!("dead_letter-{NUMBER}")),
            message_stream: Template::of_text(&format!("message-{MESSAGE}")),
            accounts: Vec::new(),
            due: BinaryHeap::new(),
            planned: 0,
            sagas: Slots::new(),
            parcels: Slots::new(),
            prng,
        };
        for index in 0..shop.shelf.items.len() {
            shop.receive(0, index, None);
        }
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
                let (saga, next) = self.open(due.time, due.target as u32);
                let slot = self.sagas.add(saga);
                self.go_on(slot, next);
            }
            Step::Update => self.update_user(due.time, due.target as u32),
            Step::Restock => {
                let cause = self.awaited[due.target].take();
                self.shelf.items[due.target].is_awaited = false;
                self.receive(due.time, due.target, cause);
            }
            Step::Saga(stage) => {
                let mut saga = self.sagas.all[due.target];
                let next = self.advance(due.time, stage, &mut saga);
                self.sagas.all[due.target] = saga;
                self.go_on(due.target, next);
            }
            Step::Parcel(leg) => {
                let mut parcel = self.parcels.all[due.target];
                let next = self.carry(due.time, leg, &mut parcel);
                self.parcels.all[due.target] = parcel;
                match next {
                    Some((time, leg)) => self.plan(time, Step::Parcel(leg), due.target),
                    None => self.parcels.free.push(due.target),
                }
            }
        }
    }

    fn go_on(&mut self, slot: usize, next: Option<(u64, Stage)>) {
        match next {
            Some((time, stage)) => self.plan(time, Step::Saga(stage), slot),
            None => self.sagas.free.push(slot),
        }
    }

    /// The parcel of an order that is confirmed now goes on its way.
    pub(super) fn send(&mut self, now: u64, parcel: Parcel) {
        let packed = self.packed_at(now);
        let slot = self.parcels.add(parcel);
        self.plan(packed, Step::Parcel(Leg::Pack), slot);
    }

    fn visit(&mut self, now: u64) {
        let known = self.accounts.len() as u64;
        let number = if known == 0 || self.prng.percent(25) {
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
        let number = self.accounts.len() as u32 + 1;
        let newsletter = self.prng.percent(30);
        let person = Person::of(self.seed, number, 0);
        let words = &self.words.user;
        let created = self.log.record(now, &user_head(words, 1, None), &user_fill(number), |to, _| {
            put!(to, "{\"userId\":\"", number, "\",\"email\":");
            person.put_email(to, 0);
            put!(to, ",\"name\":");
            person.put_name(to);
            put!(to, ",\"locale\":\"", person.locale.tag, "\",\"newsletter\":");
            put!(to, if newsletter { "true" } else { "false" }, ",\"address\":");
            person.put_address(to);
            put!(to, "}");
        });
        self.accounts.push(Account { version: 1, moves: 0, created });
        u64::from(number)
    }

    /// A customer moves, or gets another address for mail.
    fn update_user(&mut self, now: u64, number: u32) {
        let is_mail = self.prng.percent(40);
        let account = &mut self.accounts[number as usize - 1];
        account.version += 1;
        account.moves += u64::from(!is_mail);
        let Account { version, moves, created } = *account;
        let person = Person::of(self.seed, number, moves);
        let head = user_head(&self.words.user, version, Some(created));
        self.log.record(now, &head, &user_fill(number), |to, _| {
            put!(to, "{\"userId\":\"", number, "\",");
            if is_mail {
                put!(to, "\"email\":");
                person.put_email(to, u64::from(version));
            } else {
                put!(to, "\"address\":");
                person.put_address(to);
            }
            put!(to, "}");
        });
    }

    /// Asks the supplier of a product for more, because of the event `cause`.
    pub(super) fn order_stock(&mut self, now: u64, index: usize, cause: Id) {
        self.awaited[index] = Some(cause);
        let arrives = now + self.prng.between(3 * HOUR, 20 * HOUR);
        self.plan(arrives, Step::Restock, index);
    }

    /// Puts a delivery on the shelf.
    fn receive(&mut self, now: u64, index: usize, cause: Option<Id>) {
        let item = &mut self.shelf.items[index];
        item.available += item.batch;
        item.version += 1;
        let product = &self.words.products[index];
        let fill = Fill { product: &product.id, quantity: item.batch, ..Fill::default() };
        let stream = Template::of_text(&product.stream);
        let head = Head {
            event_type: &product.received,
            aggregate_type: &product.aggregate_type,
            stream: &stream,
            version: item.version,
            saga: None,
            cause,
            about: None,
            role: cause.is_none().then_some("given"),
        };
        self.log.record(now, &head, &fill, |to, _| product.data.put(to, &fill));
    }
}

fn user_fill(number: u32) -> Fill<'static> {
    Fill { user: number, ..Fill::default() }
}

fn user_head(words: &super::vocabulary::UserWords, version: u32, cause: Option<Id>) -> Head<'_> {
    Head {
        event_type: if version == 1 { &words.created } else { &words.updated },
        aggregate_type: &words.aggregate_type,
        stream: &words.stream,
        version,
        saga: None,
        cause,
        about: None,
        role: None,
    }
}
