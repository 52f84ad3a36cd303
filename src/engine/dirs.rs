//! Where Sagascope keeps its own files.

use std::path::PathBuf;

/// The folders of settings and of caches.
#[derive(Clone, Debug)]
pub struct Dirs {
    /// Settings, recent files, remembered mappings.
    pub config: PathBuf,
    /// Copies of stores that can only be read from a copy; may be deleted at any time.
    pub cache: PathBuf,
}

impl Dirs {
    /// The folders this system has for it; with `SAGASCOPE_HOME` set, folders in there.
    pub fn of_this_system() -> Self {
        if let Some(home) = std::env::var_os("SAGASCOPE_HOME").filter(|home| !home.is_empty()) {
            return Self::in_folder(PathBuf::from(home));
        }
        directories::ProjectDirs::from("", "", "sagascope").map_or_else(
            || Self::in_folder(PathBuf::from(".sagascope")),
            |dirs| Self { config: dirs.config_dir().to_owned(), cache: dirs.cache_dir().to_owned() },
        )
    }

    /// Everything in one folder.
    pub fn in_folder(folder: PathBuf) -> Self {
        Self { cache: folder.join("cache"), config: folder }
    }
}
