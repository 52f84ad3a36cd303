//! The protections, as switches. Each is there for a failure that happens in every real system; switched off, it
//! shows what it was for.

/// What keeps a system consistent in bad weather.
#[expect(clippy::struct_excessive_bools, reason = "five switches, each for itself")]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Protections {
    /// Inboxes: a repeat is answered, not done again. A service's rows count as long as its TTL says; if that is
    /// shorter than a step's budget plus the longest delay of the bus, the protection has a hole. Without: a message that arrives twice is done twice.
    pub idempotency: bool,
    /// Events and the messages that follow in one transaction. Without: a crash between commit and publish loses
    /// the messages, timers included.
    pub outbox: bool,
    /// More than one attempt. Without: one hiccup is final.
    pub retries: bool,
    /// The orchestrator finds its sagas again after a crash. Without: answers come to nobody.
    pub durable_saga: bool,
    /// Deadlines. Without: nobody notices that an answer does not come.
    pub timeouts: bool,
}

impl Default for Protections {
    fn default() -> Self {
        Self { idempotency: true, outbox: true, retries: true, durable_saga: true, timeouts: true }
    }
}
