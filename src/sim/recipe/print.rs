//! Recipe → text: parameters in one order, defaults left out.

use std::fmt;

use super::{Fault, Place, Recipe, Target};
use crate::sim::faults::{Count, FaultKind};

impl fmt::Display for Recipe {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.domain, self.saga)?;
        let mut params = Params { f, any: false };
        params.print("seed", Some(self.seed).filter(|seed| *seed != 0))?;
        params.print("sagas", Some(self.sagas).filter(|sagas| *sagas != 1))?;
        params.print("every", self.every.filter(|every| *every != Self::EVERY))?;
        for fault in &self.faults {
            params.print("fault", Some(fault))?;
        }
        for removal in &self.without {
            params.print("without", Some(removal.name()))?;
        }
        for act in &self.acts {
            params.print("act", Some(act))?;
        }
        params.print("limit", self.limit)
    }
}

struct Params<'a, 'b> {
    f: &'a mut fmt::Formatter<'b>,
    any: bool,
}

impl Params<'_, '_> {
    fn print(&mut self, name: &str, value: Option<impl fmt::Display>) -> fmt::Result {
        let Some(value) = value else { return Ok(()) };
        let before = if self.any { '&' } else { '?' };
        self.any = true;
        write!(self.f, "{before}{name}={value}")
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.target.print(f, Some(self.kind))?;
        write!(f, ":{}", self.kind.name())?;
        let default = if self.at > 1 { Count::Times(1) } else { self.kind.info().count };
        match self.count {
            count if count == default => {}
            Count::Times(times) => write!(f, ":{times}")?,
            Count::All => f.write_str(":all")?,
        }
        if self.at > 1 {
            write!(f, "@{}", self.at)?;
        }
        if let Some(start) = self.start.filter(|start| start.0 > 0) {
            write!(f, "+{start}")?;
        }
        self.length.map_or(Ok(()), |length| write!(f, "={length}"))
    }
}

impl Target {
    /// The leg is left out where it is the natural one of the kind.
    fn print(&self, f: &mut fmt::Formatter<'_>, kind: Option<FaultKind>) -> fmt::Result {
        match &self.place {
            Place::Start => f.write_str("start"),
            Place::Step { step, leg } if kind.is_some_and(|kind| kind.info().leg == *leg) => {
                f.write_str(step)
            }
            Place::Step { step, leg } => write!(f, "{step}/{}", leg.name()),
            Place::Type(name) => write!(f, "type/{name}"),
            Place::Service(name) => write!(f, "service/{name}"),
            Place::Any => f.write_str("any"),
        }?;
        self.saga.map_or(Ok(()), |saga| write!(f, "#{saga}"))
    }
}

/// With its leg always: `process-payment/command`.
impl fmt::Display for Target {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.print(f, None)
    }
}
