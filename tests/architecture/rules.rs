//! The rules as data: which module stands on which level, what each must not contain, and the exceptions, each
//! with its reason. Adding a module is one line in [`LEVELS`].

/// Every module that the design knows, with its level. A module imports only from lower levels.
/// `main` is the program, not a module of the library.
pub(crate) const LEVELS: &[(&str, u8)] = &[
    ("base", 0),
    ("model", 1),
    ("domain", 2),
    ("store", 2),
    ("index", 2),
    ("replay", 3),
    ("saga", 4),
    ("runtime", 4),
    ("query", 5),
    ("check", 6),
    ("sim", 6),
    ("engine", 7),
    ("cli", 8),
    ("ui", 8),
    ("main", 9),
];

/// Modules that few may see, although their level would allow more.
pub(crate) const ONLY_SEEN_BY: &[(&str, &[&str], &str)] = &[
    ("store", &["engine"], "everybody else sees stores through the engine"),
    ("cli", &["main"], "only the program starts it"),
    ("ui", &["main"], "only the program starts it"),
];

/// Modules that see little, although their level would allow more.
pub(crate) const SEES_ONLY: &[(&str, &[&str], &str)] =
    &[("main", &["cli", "ui"], "the program turns arguments into the window or a subcommand, and no more")];

/// Something that must not be written.
#[derive(Clone, Copy, Debug)]
pub(crate) enum What {
    /// A path or anything below it: `std::fs`.
    Path(&'static str),
    /// A word anywhere in a path: `Mutex`.
    Word(&'static str),
    /// A macro by its name.
    Macro(&'static str),
    /// A method without arguments.
    Method(&'static str),
    /// An attribute by its name.
    Attribute(&'static str),
    /// A number with a fraction.
    Float,
}

/// Where it must not be written.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Where {
    Anywhere,
    /// Outside of `#[cfg(test)]`.
    OutsideTests,
    In(&'static [&'static str]),
    NotIn(&'static [&'static str]),
}

/// A group of things that are forbidden for the same reason.
pub(crate) struct Ban {
    pub(crate) what: &'static [What],
    pub(crate) place: Where,
    pub(crate) reason: &'static str,
}

const PURE: &[&str] = &["model", "domain", "replay", "saga", "runtime", "query", "check", "sim"];
const PURE_OR_INDEX: &[&str] =
    &["model", "domain", "index", "replay", "saga", "runtime", "query", "check", "sim"];

pub(crate) const BANS: &[Ban] = &[
    Ban {
        what: &[What::Path("std::fs"), What::Path("tempfile"), What::Path("memmap2")],
        place: Where::NotIn(&["store", "engine", "cli"]),
        reason: "only store, engine and cli touch files",
    },
    Ban {
        what: &[What::Path("std::*")],
        place: Where::Anywhere,
        reason: "these rules go by names: import what is used",
    },
    Ban {
        what: &[What::Path("rusqlite"), What::Path("libsqlite3_sys")],
        place: Where::NotIn(&["store"]),
        reason: "only store knows SQLite",
    },
    Ban {
        what: &[
            What::Path("std::net"),
            What::Path("std::os::unix::net"),
            What::Path("ureq"),
            What::Path("reqwest"),
        ],
        place: Where::Anywhere,
        reason: "Sagascope works offline",
    },
    Ban {
        what: &[
            What::Path("std::thread"),
            What::Path("crate::base::thread"),
            What::Word("Mutex"),
            What::Word("RwLock"),
            What::Word("Condvar"),
        ],
        place: Where::In(PURE),
        reason: "this module contains no thread and no lock",
    },
    Ban {
        what: &[What::Path("std::io::stdin"), What::Path("std::process"), What::Path("std::env")],
        place: Where::In(PURE_OR_INDEX),
        reason: "this module knows nothing of the process it runs in",
    },
    Ban {
        what: &[What::Word("HashMap"), What::Word("HashSet")],
        place: Where::In(&["runtime", "sim"]),
        reason: "the order of a hash map would decide what happens: use BTreeMap or a Vec",
    },
    Ban {
        what: &[What::Word("f32"), What::Word("f64"), What::Float],
        place: Where::In(&["runtime", "sim"]),
        reason: "decisions are made with integers, the same on every machine",
    },
    Ban {
        what: &[
            What::Path("crate::base::clock"),
            What::Path("std::time::Instant"),
            What::Path("std::time::SystemTime"),
            What::Path("chrono::Utc"),
            What::Path("chrono::Local"),
        ],
        place: Where::In(&["runtime", "sim"]),
        reason: "time is virtual here: it comes from the recipe",
    },
    Ban {
        what: &[
            What::Path("egui"),
            What::Path("eframe"),
            What::Path("egui_tiles"),
            What::Path("egui_kittest"),
            What::Path("epaint"),
            What::Path("rfd"),
        ],
        place: Where::NotIn(&["ui"]),
        reason: "only ui knows the window toolkit",
    },
    Ban {
        what: &[What::Macro("println"), What::Macro("print"), What::Macro("eprintln"), What::Macro("eprint")],
        place: Where::NotIn(&["cli", "main"]),
        reason: "a library does not print",
    },
    Ban {
        what: &[What::Macro("todo"), What::Macro("unimplemented"), What::Macro("dbg")],
        place: Where::Anywhere,
        reason: "what is not there is not called",
    },
    Ban {
        what: &[What::Method("unwrap")],
        place: Where::OutsideTests,
        reason: "say the invariant with expect, or return an error",
    },
    Ban {
        what: &[What::Attribute("allow")],
        place: Where::Anywhere,
        reason: "use #[expect(lint, reason = \"…\")]",
    },
    Ban {
        what: &[What::Attribute("ignore"), What::Attribute("should_panic")],
        place: Where::Anywhere,
        reason: "a test runs, and says what it expects",
    },
];

/// Files that may do what their module must not: (file below src/, what, why).
pub(crate) const EXCEPTIONS: &[(&str, &str, &str)] = &[(
    "ui/headless/picture.rs",
    "std::fs",
    "writes the picture that a person asked for to the path they gave",
)];

/// A file with more lines says in its `//!` that it is long because …, or has a line `// Long because: …`.
pub(crate) const LINES_MAX: usize = 600;
