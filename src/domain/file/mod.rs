//! Reading a domain file: TOML to [`Domain`], every error of the file at once, each with its place.
//! What the keys mean is described in the documentation of [`crate::domain`].

mod parts;
mod reader;
mod sagas;
mod steps;
mod suggest;
mod versions;

use toml::de::DeTable;

use super::{Domain, DomainErrors};
use parts::Files;
use reader::{Errors, Fields};

/// The version of the format this program reads.
const FORMAT: u64 = 1;

/// What no domain file reaches, and a mistake does: 4 MiB.
const FILE_BYTES_MAX: usize = 4 << 20;

impl Domain {
    /// Reads a domain file. `read` gives the text of a file beside it, named by a relative path, or says why it
    /// cannot.
    pub fn parse(text: &str, read: Files<'_>) -> Result<Self, DomainErrors> {
        let mut errors = Errors::new(text);
        if text.len() > FILE_BYTES_MAX {
            errors.add(&(0..0), "This file is too large to be a domain file.");
            return Err(DomainErrors::new(text, errors.into_found()));
        }
        let (document, wrong) = DeTable::parse_recoverable(text);
        let domain = domain(Fields::new(document.get_ref(), 0..0, "a domain file"), read, &mut errors);
        let mut found = errors.into_found();
        if !wrong.is_empty() {
            // What cannot be read as TOML leaves gaps; what follows from them would only confuse.
            found.clear();
            found.extend(wrong.iter().map(|error| {
                let place = error.span().unwrap_or(text.len()..text.len());
                (place, format!("This is no TOML: {}.", error.message().replace('\n', ", ")))
            }));
        }
        if found.is_empty() { Ok(domain) } else { Err(DomainErrors::new(text, found)) }
    }
}

fn domain<'t>(mut file: Fields<'t>, read: Files<'_>, errors: &mut Errors<'t>) -> Domain {
    if let Some(format) = file.integer("format", errors)
        && format.value != FORMAT
    {
        let message = format!("This program reads format {FORMAT}, not {}.", format.value);
        errors.add(&format.at, message);
    }
    let name = file.text("name", errors);
    if let Some(name) = &name {
        parts::check_name(name, "name of a domain", errors);
    }
    let mut domain = Domain {
        name: name.map_or("domain", |name| name.value).into(),
        about: parts::about(&mut file, errors),
        aggregates: parts::aggregates(&mut file, errors),
        upcasts: parts::upcasts(&mut file, errors),
        projections: parts::projections(&mut file, errors),
        schemas: parts::schemas(&mut file, read, errors),
        invariants: parts::invariants(&mut file, errors),
        ..Domain::default()
    };
    let services = parts::services(&mut file, &mut domain, errors);
    sagas::sagas(&mut file, &mut domain, errors);
    services.check(&domain, errors);
    versions::spread(&mut domain, errors);
    file.finish(errors);
    domain
}
