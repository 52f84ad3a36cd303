//! Domains that come with the program. Their files are in `sample-data`, where everybody can read and copy them.

use super::Domain;

/// A domain that needs no file.
#[derive(Clone, Copy, Debug)]
pub struct BuiltIn {
    /// As it stands in recipes: `shop`.
    pub name: &'static str,
    /// For people.
    pub title: &'static str,
    /// One sentence.
    pub about: &'static str,
    /// The domain file.
    pub text: &'static str,
    /// The files it names, by their paths.
    pub schemas: &'static [(&'static str, &'static str)],
}

macro_rules! shop_schemas {
    ($($name:literal),* $(,)?) => {
        &[$((
            concat!("schemas/", $name, ".json"),
            include_str!(concat!("../../sample-data/schemas/", $name, ".json")),
        )),*]
    };
}

/// Every built-in domain, the first being the one that tours and lessons begin with.
pub static BUILT_IN: &[BuiltIn] = &[
    BuiltIn {
        name: "shop",
        title: "Shop",
        about: "An order is created, paid, its stock reserved and confirmed; with and without a coordinator.",
        text: include_str!("../../sample-data/shop.domain.toml"),
        schemas: shop_schemas![
            "user.created.v1",
            "order.created.v1",
            "order.created.v2",
            "order.confirmed.v1",
            "order.cancelled.v1",
            "payment.completed.v1",
            "payment.refunded.v1",
            "inventory.reserved.v1",
            "inventory.released.v1",
            "notification.sent.v1",
            "shipment.created.v1",
            "shipment.dispatched.v1",
            "shipment.delivered.v1",
            "shipment.lost.v1",
        ],
    },
    BuiltIn {
        name: "travel",
        title: "Travel",
        about: "A hotel, a car and a flight; once the flight is booked there is no way back.",
        text: include_str!("../../sample-data/travel.domain.toml"),
        schemas: &[],
    },
    BuiltIn {
        name: "transfer",
        title: "Transfer",
        about: "Money from one bank to another: reserved, credited, then taken.",
        text: include_str!("../../sample-data/transfer.domain.toml"),
        schemas: &[],
    },
];

impl BuiltIn {
    /// The built-in domain called `name`.
    pub fn named(name: &str) -> Option<&'static Self> {
        BUILT_IN.iter().find(|built_in| built_in.name == name)
    }

    /// Read.
    pub fn load(&self) -> Domain {
        Domain::parse(self.text, &mut |path| self.file(path)).expect("the built-in domains are tested")
    }

    /// A file that the domain file names, as [`Domain::parse`] asks for it.
    pub fn file(&self, path: &str) -> Result<String, String> {
        let found = self.schemas.iter().find(|(name, _)| *name == path);
        found.map(|(_, text)| (*text).to_owned()).ok_or_else(|| format!("there is no file {path}"))
    }
}
