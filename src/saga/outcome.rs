//! How a saga stands or ended. The words are those of the simulator where both say the same; others are for
//! logs that somebody's system wrote. How an outcome is found is the matter of the modules beside.

/// How a saga ended, or where it stands; the order is that of precedence in lists: what needs a person first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Outcome {
    /// Its effects contradict each other or an invariant.
    Inconsistent,
    /// An open dead letter keeps it from ending.
    DeadLettered,
    /// Nothing will happen any more, and it has not ended: the run itself says so, or a timeout has passed.
    Stuck,
    /// Over without having reached its goal, and not undone: its engine or its trace says that it ended so.
    Failed,
    /// Quiet for longer than sagas usually are where it stands; nobody says that it will not go on.
    NoActivity,
    /// On its way back.
    Compensating,
    /// On its way.
    Running,
    /// Everything that had happened is undone.
    Compensated,
    /// Every step is done.
    Completed,
}

impl Outcome {
    /// Every outcome.
    pub const ALL: [Self; 9] = [
        Self::Inconsistent,
        Self::DeadLettered,
        Self::Stuck,
        Self::Failed,
        Self::NoActivity,
        Self::Compensating,
        Self::Running,
        Self::Compensated,
        Self::Completed,
    ];

    /// As JSON, tables and filters spell it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Inconsistent => "inconsistent",
            Self::DeadLettered => "dead-lettered",
            Self::Stuck => "stuck",
            Self::Failed => "failed",
            Self::NoActivity => "no-activity",
            Self::Compensating => "compensating",
            Self::Running => "running",
            Self::Compensated => "compensated",
            Self::Completed => "completed",
        }
    }

    /// The outcome called `name`.
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|outcome| outcome.name() == name)
    }

    /// Whether nothing more is expected of it.
    pub fn is_end(self) -> bool {
        matches!(self, Self::Completed | Self::Compensated | Self::Failed)
    }
}

impl std::fmt::Display for Outcome {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.name())
    }
}

/// How sure something is that the log does not say, in thousandths; 1000 is what is recorded or defined.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Confidence(pub u16);

impl Confidence {
    /// Recorded in the log or defined by a domain file.
    pub const CERTAIN: Self = Self(1_000);
    /// Follows from the names of the calls that a workflow made: which of them undid which.
    pub const BY_CALLS: Self = Self(850);

    /// So many of so many.
    pub fn share(part: usize, whole: usize) -> Self {
        Self(permille(part, whole))
    }

    /// Whether it was inferred.
    pub fn is_inferred(self) -> bool {
        self < Self::CERTAIN
    }
}

/// `part` of `whole` in thousandths, rounded down; 0 of nothing.
pub fn permille(part: usize, whole: usize) -> u16 {
    (part as u64 * 1_000).checked_div(whole as u64).unwrap_or(0).min(1_000) as u16
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_outcome_is_found_by_its_name_and_the_list_is_that_of_precedence() {
        for outcome in Outcome::ALL {
            assert_eq!(Outcome::named(outcome.name()), Some(outcome));
        }
        assert!(Outcome::ALL.is_sorted());
        assert_eq!(Outcome::named("done"), None);
    }

    #[test]
    fn shares_of_nothing_are_nothing() {
        assert_eq!([permille(1, 3), permille(3, 3), permille(0, 0), permille(5, 3)], [333, 1_000, 0, 1_000]);
    }
}
