//! What can be wrong with a recipe, each with its place and, where a name is wrong, the nearest known one.

use std::fmt;

use crate::base::nearest::nearest;

/// One thing that is wrong with a recipe.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{}{problem}", place(.at.as_ref()))]
pub struct RecipeError {
    /// The character at which reading stopped, counted from 0; `None` where the text is well formed and a domain
    /// does not know what it names.
    pub at: Option<usize>,
    /// What.
    pub problem: Problem,
}

fn place(at: Option<&usize>) -> String {
    at.map_or_else(String::new, |at| format!("at character {}: ", at + 1))
}

/// What is wrong.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Problem {
    /// Something else must stand here.
    #[error("expected {expected}, found {found}")]
    Expected {
        /// What must.
        expected: String,
        /// What does.
        found: String,
    },
    /// A name that nobody knows.
    #[error("there is no {what} named \"{name}\"{}", hint(.nearest.as_ref()))]
    Unknown {
        /// What it should name: "fault", "step".
        what: &'static str,
        /// The name.
        name: String,
        /// The known one that was probably meant.
        nearest: Option<String>,
    },
    /// A number that is too small or too large.
    #[error("{what} must be between {low} and {high}")]
    Range {
        /// Of what.
        what: &'static str,
        /// The smallest that is allowed.
        low: u64,
        /// The largest.
        high: u64,
    },
    /// A parameter that may stand once only.
    #[error("\"{0}=\" stands twice; it can be given once")]
    Repeated(&'static str),
    /// Two acts at once.
    #[error("two acts at moment {0}; each act is a moment of its own")]
    SameMoment(u64),
    /// A fault that cannot happen where it is asked for.
    #[error("\"{fault}\" cannot happen: {reason}")]
    Impossible {
        /// The fault, as recipes spell it.
        fault: String,
        /// Why, and what can.
        reason: String,
    },
    /// The recipe is for another domain.
    #[error("the recipe is for the domain \"{0}\", not for \"{1}\"")]
    OtherDomain(String, String),
}

fn hint(nearest: Option<&String>) -> String {
    nearest.map_or_else(String::new, |name| format!("; did you mean \"{name}\"?"))
}

impl Problem {
    /// A name that is none of the known ones.
    pub fn unknown<'a>(what: &'static str, name: &str, known: impl IntoIterator<Item = &'a str>) -> Self {
        Self::Unknown { what, name: name.to_owned(), nearest: nearest(name, known).map(str::to_owned) }
    }
}

/// All that is wrong with a recipe, one sentence a line; never empty.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RecipeErrors(pub Vec<RecipeError>);

impl fmt::Display for RecipeErrors {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, error) in self.0.iter().enumerate() {
            if index > 0 {
                writeln!(f)?;
            }
            write!(f, "{error}")?;
        }
        Ok(())
    }
}

impl std::error::Error for RecipeErrors {}

impl From<RecipeError> for RecipeErrors {
    fn from(error: RecipeError) -> Self {
        Self(vec![error])
    }
}
