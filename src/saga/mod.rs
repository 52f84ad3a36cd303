//! Sagas in any log: which events are one, how each went, what is still owed, and why. With a domain file by its
//! definitions, with the facts that a runtime recorded by those, else by what the other sagas of the log did; what is
//! inferred says so and how sure it is. A saga may span sources: an id that two stores share means the same saga where
//! its form, a cause or a name says so, and is one in each where nothing does ([`Instances`]).
//!
//! Reads the index and, through a function that the caller lends, whole events. No files, no threads, no clock: "now"
//! is the last time of the log. Nothing here runs a saga.

mod ahead;
mod compare;
mod course;
mod elapsed;
mod facts;
mod flow;
pub mod gantt;
mod graph;
mod heading;
mod ids;
mod instances;
mod lane;
mod layered;
mod ledger;
mod list;
mod machine;
mod map;
mod measure;
pub mod mermaid;
mod mined;
mod mined_ledger;
mod naming;
mod outcome;
mod page;
pub mod pen;
pub mod pictures;
mod pivot;
mod plan;
mod scope;
mod sequence;
mod shape;
mod spans;
mod summary;
mod survey;
pub mod svg;
pub mod text;
mod timeline;
mod timeouts;
mod undo;
mod variants;
mod verdict;
mod workflow;
mod worth;

pub use ahead::Ahead;
pub use compare::{Comparison, Pair, Part, compare};
pub use course::{Course, Letter, StepCourse};
pub use facts::{Act, LetterChange, Said, Seen, Sign};
pub use graph::{Along, EdgeKind, Graph, GraphFinding, Met};
pub use ids::Ids;
pub use instances::{Instance, Instances, Key};
pub use lane::{Attempt, Lane, StepState};
pub use ledger::{Account, Debt, Line, debts, lines};
pub use list::{ListAsk, SORTS, Sort};
pub use machine::{Edge, Machine, Next, Transition, Waits, moves};
pub use map::{Detail, EdgeLabel, Node, ProcessMap};
pub use mined::{Held, Judgement, Lessons, ShapeLessons};
pub use naming::Traits;
pub use outcome::{Confidence, Outcome, permille};
pub use page::{Changes, Page, PageRow};
pub use pivot::Pivot;
pub use plan::{Meaning, Plan, PlanStep, SpanStep};
pub use scope::{Group, Reach, Scope, Shown};
pub use summary::{StepView, Summary};
pub use survey::{Fetch, Survey, count};
pub use timeline::{
    BIN, Bar, BarKind, Leg, Mark, Piece, Scale, Stretch, Strip, Timeline, Together, Track, all_keys, legs,
    together,
};
pub use timeouts::Timeout;
pub use undo::{UndoPair, UndoPairs};
pub use variants::{Variant, Variants, shape};
pub use verdict::Moment;
