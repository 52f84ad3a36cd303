//! What becomes of a confirmed order: its parcel is packed, dispatched and delivered, and the order is complete. A few
//! parcels are lost; then the money goes back and the order is closed. None of it is a step of the saga, which ends
//! with the confirmation and takes nothing back after it: services react to each other, by the order's correlation.

use super::calendar::{HOUR, MINUTE, SECOND};
use super::line::{Head, Id, put};
use super::order::Order;
use super::shop::Shop;
use super::template::Fill;

/// What goes on next with a parcel.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Leg {
    /// The order's pieces are packed.
    Pack,
    /// The carrier takes it.
    Dispatch,
    /// It arrives.
    Deliver,
    /// The order hears that it has arrived.
    Complete,
    /// The carrier cannot find it.
    Lose,
    /// The customer gets the money back.
    Refund,
    /// The order hears of that.
    Close,
}

/// The parcel of an order that is confirmed.
#[derive(Clone, Copy, Debug)]
pub(super) struct Parcel {
    pub(super) order: Order,
    /// Events of the streams it writes to.
    pub(super) version: u32,
    pub(super) order_version: u32,
    pub(super) payment_version: u32,
    /// What happened last, and is the cause of what happens next.
    pub(super) cause: Id,
}

/// Whose stream.
#[derive(Clone, Copy, Debug)]
enum Place {
    Parcel,
    Order,
    Payment,
}

/// Who carries parcels. All made up.
static CARRIERS: [&str; 3] = ["Swift Parcel", "Blue Post", "Overland"];
/// Parcels that do not arrive, in percent.
const LOST_PERCENT: u64 = 5;
/// How long it takes to pack, until the carrier comes, on the road, until it is missed, and to react to an event.
const PACKING: (u64, u64) = (2 * MINUTE, 50 * MINUTE);
const WAITING: (u64, u64) = (HOUR, 14 * HOUR);
const ON_THE_ROAD: (u64, u64) = (14 * HOUR, 50 * HOUR);
const MISSED_AFTER: (u64, u64) = (24 * HOUR, 60 * HOUR);
const REACTION: (u64, u64) = (SECOND / 20, 2 * SECOND);

impl Shop<'_> {
    /// When the parcel of an order is packed that is confirmed now.
    pub(super) fn packed_at(&mut self, now: u64) -> u64 {
        now + self.within(PACKING)
    }

    fn within(&mut self, (from, to): (u64, u64)) -> u64 {
        self.prng.between(from, to)
    }

    /// Does `leg` for a parcel; nothing follows when the order is complete or closed.
    pub(super) fn carry(&mut self, now: u64, leg: Leg, parcel: &mut Parcel) -> Option<(u64, Leg)> {
        let words = self.words;
        let kinds = &words.parcel;
        match leg {
            Leg::Pack => {
                let carrier = *self.prng.pick(&CARRIERS);
                let pieces: u64 = parcel.order.lines.as_slice().iter().map(|piece| piece.quantity).sum();
                self.happens(now, parcel, Place::Parcel, &kinds.created, |to, fill| {
                    put_parcel(to, fill);
                    put!(to, ",\"userId\":\"", fill.user, "\",\"pieces\":", pieces);
                    put!(to, ",\"carrier\":\"", carrier, "\"}");
                });
                Some((now + self.within(WAITING), Leg::Dispatch))
            }
            Leg::Dispatch => {
                let tracking = self.prng.between(10_000_000, 99_999_999);
                self.happens(now, parcel, Place::Parcel, &kinds.dispatched, |to, fill| {
                    put_parcel(to, fill);
                    put!(to, ",\"tracking\":\"", tracking, "\"}");
                });
                if self.prng.percent(LOST_PERCENT) {
                    Some((now + self.within(MISSED_AFTER), Leg::Lose))
                } else {
                    Some((now + self.within(ON_THE_ROAD), Leg::Deliver))
                }
            }
            Leg::Deliver => {
                self.happens(now, parcel, Place::Parcel, &kinds.delivered, |to, fill| {
                    put_parcel(to, fill);
                    put!(to, "}");
                });
                Some((now + self.within(REACTION), Leg::Complete))
            }
            Leg::Complete => {
                self.happens(now, parcel, Place::Order, &kinds.completed, |to, fill| {
                    put!(to, "{\"orderId\":\"", fill.number, "\"}");
                });
                None
            }
            Leg::Lose => {
                self.happens(now, parcel, Place::Parcel, &kinds.lost, |to, fill| {
                    put_parcel(to, fill);
                    put!(to, ",\"reason\":\"not found by the carrier\"}");
                });
                Some((now + self.within(REACTION), Leg::Refund))
            }
            Leg::Refund => {
                let charge = words.charge;
                let refunded = &words.eras[parcel.order.era].steps[charge].undone;
                self.happens(now, parcel, Place::Payment, &words.steps[charge].compensated, |to, fill| {
                    refunded.put(to, fill);
                });
                Some((now + self.within(REACTION), Leg::Close))
            }
            Leg::Close => {
                self.happens(now, parcel, Place::Order, &kinds.closed, |to, fill| {
                    put!(to, "{\"orderId\":\"", fill.number, "\",\"reason\":\"the parcel was lost\"}");
                });
                None
            }
        }
    }

    /// Records the next thing that happens because of the last.
    fn happens(
        &mut self,
        now: u64,
        parcel: &mut Parcel,
        place: Place,
        event_type: &str,
        data: impl FnOnce(&mut Vec<u8>, &Fill<'_>),
    ) {
        let words = self.words;
        let of_step = |step: usize| (&words.steps[step].stream, words.steps[step].aggregate_type.as_str());
        let ((stream, aggregate_type), version) = match place {
            Place::Parcel => {
                ((&words.parcel.stream, words.parcel.aggregate_type.as_str()), &mut parcel.version)
            }
            Place::Order => (of_step(words.pivot), &mut parcel.order_version),
            Place::Payment => (of_step(words.charge), &mut parcel.payment_version),
        };
        *version += 1;
        let head = Head {
            event_type,
            aggregate_type,
            stream,
            version: *version,
            saga: Some(parcel.order.number),
            cause: Some(parcel.cause),
            about: None,
            role: Some("beside"),
        };
        let fill = parcel.order.fill(words);
        parcel.cause = self.log.record(now, &head, &fill, |to, _| data(to, &fill));
    }
}

/// Which parcel of which order; the object stays open.
fn put_parcel(to: &mut Vec<u8>, fill: &Fill<'_>) {
    put!(to, "{\"shipmentId\":\"w", fill.number, "\",\"orderId\":\"", fill.number, "\"");
}
