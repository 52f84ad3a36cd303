//! Opening domain files: built-in ones by their name, others by their path.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use crate::domain::{BUILT_IN, BuiltIn, Domain, DomainErrors};

/// Larger than any domain file or schema; a mistaken path must not fill the memory.
const FILE_BYTES_MAX: u64 = 4 << 20;

/// Why there is no domain.
#[derive(Debug, thiserror::Error)]
pub enum DomainFileError {
    /// No built-in domain and no file.
    #[error("There is no built-in domain {name}, and no such file. Built in are {}", built_in_names())]
    Unknown {
        /// As given.
        name: String,
    },
    /// The file cannot be read.
    #[error("The domain file cannot be read, for {reason}: {}", path.display())]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// Why.
        reason: String,
    },
    /// The file is wrong.
    #[error("{}:\n{errors}", path.display())]
    Wrong {
        /// The file.
        path: PathBuf,
        /// Everything that is.
        errors: DomainErrors,
    },
}

fn built_in_names() -> String {
    BUILT_IN.iter().map(|built_in| built_in.name).collect::<Vec<_>>().join(", ")
}

/// The domain that `which` names: a built-in one, else a file.
pub fn open_domain(which: &str) -> Result<Arc<Domain>, DomainFileError> {
    if let Some(built_in) = BuiltIn::named(which) {
        return Ok(Arc::new(built_in.load()));
    }
    let path = Path::new(which);
    let like_a_path = which.contains(['/', '\\', '.']) || path.exists();
    if like_a_path {
        open_domain_file(path)
    } else {
        Err(DomainFileError::Unknown { name: which.to_owned() })
    }
}

/// Reads a domain file, and the schemas it names from its folder.
pub fn open_domain_file(path: &Path) -> Result<Arc<Domain>, DomainFileError> {
    let text = read(path).map_err(|reason| DomainFileError::Unreadable { path: path.to_owned(), reason })?;
    let folder = path.parent().unwrap_or_else(|| Path::new(""));
    let domain = Domain::parse(&text, &mut |name| read(&folder.join(name)));
    domain.map(Arc::new).map_err(|errors| DomainFileError::Wrong { path: path.to_owned(), errors })
}

fn read(path: &Path) -> Result<String, String> {
    let meta = std::fs::metadata(path).map_err(|error| error.to_string())?;
    if !meta.is_file() {
        return Err("it is no file".to_owned());
    }
    if meta.len() > FILE_BYTES_MAX {
        return Err("it is larger than 4 MiB".to_owned());
    }
    std::fs::read_to_string(path).map_err(|error| error.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn domains_are_opened_by_name_or_by_path_with_the_schemas_beside_them() {
        assert_eq!(&*open_domain("shop").unwrap().name, "shop");
        let folder = tempfile::tempdir().unwrap();
        let shop = BuiltIn::named("shop").unwrap();
        let path = folder.path().join("mine.domain.toml");
        std::fs::write(&path, shop.text).unwrap();
        let missing = open_domain(path.to_str().unwrap()).unwrap_err().to_string();
        assert!(missing.contains("The schema cannot be read"), "{missing}");
        std::fs::create_dir(folder.path().join("schemas")).unwrap();
        for (name, text) in shop.schemas {
            std::fs::write(folder.path().join(name), text).unwrap();
        }
        assert_eq!(open_domain(path.to_str().unwrap()).unwrap().schemas.len(), shop.schemas.len());
    }

    #[test]
    fn what_is_wrong_is_said_with_the_path_and_every_place() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("wrong.toml");
        std::fs::write(&path, "format = 2\nnam = 'x'\n").unwrap();
        let error = open_domain_file(&path).unwrap_err().to_string();
        assert!(error.contains("wrong.toml") && error.contains("1:10:") && error.contains("2:1:"), "{error}");
        let error = open_domain("shopp").unwrap_err().to_string();
        assert!(error.contains("shop, travel, transfer"), "{error}");
        let error = open_domain_file(&folder.path().join("none.toml")).unwrap_err().to_string();
        assert!(
            error.starts_with("The domain file cannot be read") && error.ends_with("none.toml"),
            "{error}"
        );
    }
}
