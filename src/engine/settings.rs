//! What is remembered between two runs: recent files, confirmed mappings, and the window's own place.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use super::bookmarks::Bookmark;
use super::dirs::Dirs;
use crate::store::mapping::Mapping;

/// Recent files kept.
const RECENT_MAX: usize = 12;
/// Queries kept.
const QUERIES_MAX: usize = 50;

/// A settings file that cannot be written or read.
#[derive(Debug, thiserror::Error)]
pub enum SettingsError {
    /// The system refuses.
    #[error("Settings cannot be saved: {0}\n{path}", path = .1.display())]
    Io(std::io::Error, PathBuf),
    /// It is not what was written.
    #[error("Settings cannot be read, so the defaults are used: {0}\n{path}", path = .1.display())]
    Malformed(serde_json::Error, PathBuf),
}

/// Everything that is remembered.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Settings {
    /// Files opened last, newest first.
    pub recent: Vec<Recent>,
    /// Confirmed mappings by [`crate::store::mapping::Proposal::shape_key`].
    pub mappings: BTreeMap<String, Mapping>,
    /// Queries asked last, newest first.
    pub queries: Vec<String>,
    /// Queries that were given a name, by name.
    pub saved_queries: Vec<SavedQuery>,
    /// Marked events by the store they are in: the path of a file, or a run.
    pub bookmarks: BTreeMap<String, Vec<Bookmark>>,
    /// The window's theme, layout, columns and place, in the window's own words.
    pub window: serde_json::Value,
}

/// A query with a name.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct SavedQuery {
    /// What it is called.
    pub name: String,
    /// What it asks.
    pub query: String,
}

/// A file that was open.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Recent {
    /// Where it was.
    pub path: PathBuf,
    /// Title of its format.
    pub format: String,
    /// Size in bytes then.
    pub bytes: u64,
    /// Events then.
    pub events: u64,
    /// When it was opened, in nanoseconds since 1970.
    pub opened_at: i64,
}

impl Settings {
    /// Puts a query in front of those asked before.
    pub fn remember_query(&mut self, query: &str) {
        self.queries.retain(|other| other != query);
        self.queries.insert(0, query.to_owned());
        self.queries.truncate(QUERIES_MAX);
    }

    /// The query of this name.
    pub fn saved_query(&self, name: &str) -> Option<&SavedQuery> {
        self.saved_queries.iter().find(|saved| saved.name == name)
    }

    /// Keeps a query under a name; one that had the name before is replaced. Nothing without a name or a query.
    pub fn save_query(&mut self, name: &str, query: &str) -> bool {
        let (name, query) = (name.trim(), query.trim());
        if name.is_empty() || query.is_empty() {
            return false;
        }
        self.delete_query(name);
        self.saved_queries.push(SavedQuery { name: name.to_owned(), query: query.to_owned() });
        self.saved_queries.sort_by_cached_key(|saved| saved.name.to_lowercase());
        true
    }

    /// Gives a saved query another name; not one that another query has.
    pub fn rename_query(&mut self, from: &str, to: &str) -> bool {
        let to = to.trim();
        let Some(saved) = self.saved_query(from).cloned() else { return false };
        if to.is_empty() || (to != from && self.saved_query(to).is_some()) {
            return false;
        }
        self.delete_query(from);
        self.save_query(to, &saved.query)
    }

    /// Forgets a saved query; whether there was one.
    pub fn delete_query(&mut self, name: &str) -> bool {
        let before = self.saved_queries.len();
        self.saved_queries.retain(|saved| saved.name != name);
        self.saved_queries.len() < before
    }

    /// Marks an event of a store, or writes another note about it.
    pub fn mark(&mut self, store: &str, bookmark: Bookmark) {
        let marks = self.bookmarks.entry(store.to_owned()).or_default();
        match marks.iter_mut().find(|known| known.is_of(&bookmark)) {
            Some(known) => *known = bookmark,
            None => marks.push(bookmark),
        }
    }

    /// Takes the mark off an event; whether there was one.
    pub fn unmark(&mut self, store: &str, bookmark: &Bookmark) -> bool {
        let Some(marks) = self.bookmarks.get_mut(store) else { return false };
        let before = marks.len();
        marks.retain(|known| !known.is_of(bookmark));
        let is_off = marks.len() < before;
        if marks.is_empty() {
            self.bookmarks.remove(store);
        }
        is_off
    }

    fn file(dirs: &Dirs) -> PathBuf {
        dirs.config.join("settings.json")
    }

    /// Reads the settings; none yet are the defaults.
    pub fn load(dirs: &Dirs) -> Result<Self, SettingsError> {
        let path = Self::file(dirs);
        match std::fs::read(&path) {
            Ok(bytes) => {
                serde_json::from_slice(&bytes).map_err(|error| SettingsError::Malformed(error, path))
            }
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(Self::default()),
            Err(error) => Err(SettingsError::Io(error, path)),
        }
    }

    /// Writes the settings as one: a half-written file is never seen.
    pub fn save(&self, dirs: &Dirs) -> Result<(), SettingsError> {
        let path = Self::file(dirs);
        let failed = |error| SettingsError::Io(error, path.clone());
        std::fs::create_dir_all(&dirs.config).map_err(failed)?;
        let text = serde_json::to_vec_pretty(self).map_err(|error| failed(error.into()))?;
        let fresh = path.with_extension(format!("{}.new", std::process::id()));
        std::fs::write(&fresh, text).map_err(failed)?;
        std::fs::rename(&fresh, &path).map_err(failed)
    }

    /// Puts a file at the top of the recent ones.
    pub fn remember(&mut self, recent: Recent) {
        self.forget(&recent.path);
        self.recent.insert(0, recent);
        self.recent.truncate(RECENT_MAX);
    }

    /// Takes a file off the recent ones.
    pub fn forget(&mut self, path: &Path) {
        self.recent.retain(|other| other.path != path);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn saved_queries_have_a_name_each() {
        let mut settings = Settings::default();
        assert!(settings.save_query(" Late ", "wait>5s "));
        assert!(settings.save_query("declined", "type:*Declined"));
        assert!(!settings.save_query(" ", "type:x") && !settings.save_query("x", ""), "nothing to keep");
        assert!(settings.save_query("Late", "wait>9s"), "the newer one replaces it");
        let known = |settings: &Settings| -> Vec<String> {
            settings.saved_queries.iter().map(|saved| format!("{}={}", saved.name, saved.query)).collect()
        };
        assert_eq!(known(&settings), ["declined=type:*Declined", "Late=wait>9s"]);
        assert!(!settings.rename_query("Late", "declined"), "another query has the name");
        assert!(!settings.rename_query("gone", "x"));
        assert!(settings.rename_query("Late", "a late one"));
        assert_eq!(known(&settings), ["a late one=wait>9s", "declined=type:*Declined"]);
        assert!(settings.delete_query("declined") && !settings.delete_query("declined"));
        assert_eq!(known(&settings), ["a late one=wait>9s"]);
    }

    #[test]
    fn what_was_saved_is_loaded_and_a_broken_file_is_said() {
        let folder = tempfile::tempdir().unwrap();
        let dirs = Dirs::in_folder(folder.path().join("not there yet"));
        assert_eq!(Settings::load(&dirs).unwrap(), Settings::default());
        let mut settings = Settings::default();
        for n in 0..20 {
            settings.remember(Recent { path: format!("{n}.db").into(), ..Recent::default() });
        }
        settings.remember(Recent { path: "15.db".into(), events: 7, ..Recent::default() });
        settings.save(&dirs).unwrap();
        let loaded = Settings::load(&dirs).unwrap();
        assert_eq!(loaded, settings);
        assert_eq!(
            (loaded.recent.len(), loaded.recent[0].events, loaded.recent[1].path.to_str()),
            (12, 7, Some("19.db"))
        );
        std::fs::write(dirs.config.join("settings.json"), "{").unwrap();
        assert!(Settings::load(&dirs).unwrap_err().to_string().contains("defaults"));
    }
}
