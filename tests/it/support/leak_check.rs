//! The leak check: no canary in anything a run leaves behind.

use std::{
    fmt, fs,
    path::{Path, PathBuf},
};

use serde_json::Value;

use super::{
    archive,
    canary::{Scanner, Sighting},
};

/// A canary found where none may be.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Leak {
    /// The file, and for a plan the entry in it.
    pub(crate) place: String,
    pub(crate) sighting: Sighting,
}

/// Searches files and texts for canaries.
pub(crate) struct LeakCheck {
    scanner: Scanner,
    leaks: Vec<Leak>,
}

impl LeakCheck {
    /// A check for what `scanner` knows.
    pub(crate) fn new(scanner: Scanner) -> Self {
        Self { scanner, leaks: Vec::new() }
    }

    /// Searches every regular file below `folder`, except where `skip` says so.
    ///
    /// State and plan are read as Terraform wrote them, less the one place where the interface promises a token:
    /// the sensitive attributes of `data.cxone_access_token`.
    pub(crate) fn folder(&mut self, folder: &Path, skip: &dyn Fn(&Path) -> bool) {
        for path in files_below(folder).into_iter().filter(|path| !skip(path)) {
            let bytes = fs::read(&path).unwrap_or_else(|error| panic!("cannot read {}: {error}", path.display()));
            self.file(&path.display().to_string(), &bytes);
        }
    }

    /// Searches the contents of one file, called `place` in messages.
    pub(crate) fn file(&mut self, place: &str, bytes: &[u8]) {
        if archive::is_zip(bytes) {
            let entries = archive::unzip(bytes).unwrap_or_else(|| panic!("{place} is a zip archive of unknown form"));
            for entry in entries.iter().filter(|entry| !entry.name.starts_with(SAVED_CONFIGURATION)) {
                self.file(&format!("{place}: {}", entry.name), &entry.bytes);
            }
        } else if let Some(rest) = without_promised_tokens(bytes) {
            self.bytes(place, &rest);
        } else {
            self.bytes(place, bytes);
        }
    }

    /// All leaks found.
    pub(crate) fn leaks(&self) -> &[Leak] {
        &self.leaks
    }

    fn bytes(&mut self, place: &str, bytes: &[u8]) {
        let sightings = self.scanner.scan(bytes);
        self.leaks.extend(sightings.into_iter().map(|sighting| Leak { place: place.to_owned(), sighting }));
    }
}

impl fmt::Display for Leak {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{} ({}) in {}", self.sighting.canary, self.sighting.form, self.place)
    }
}

/// All regular files below `folder`; symbolic links and sockets are left out.
pub(crate) fn files_below(folder: &Path) -> Vec<PathBuf> {
    let mut files = Vec::new();
    let mut folders = vec![folder.to_owned()];
    while let Some(folder) = folders.pop() {
        let entries = fs::read_dir(&folder).unwrap_or_else(|error| panic!("cannot list {}: {error}", folder.display()));
        for entry in entries {
            let entry = entry.expect("a folder entry");
            let kind = entry.file_type().expect("a file type");
            if kind.is_dir() {
                folders.push(entry.path());
            } else if kind.is_file() {
                files.push(entry.path());
            }
        }
    }
    files
}

/// A JSON document without the promised tokens; `None` when `bytes` are no JSON object or promise none.
fn without_promised_tokens(bytes: &[u8]) -> Option<Vec<u8>> {
    let mut document: Value = serde_json::from_slice(bytes).ok().filter(Value::is_object)?;
    remove_promised_tokens(&mut document).then(|| serde_json::to_vec(&document).expect("a value is JSON"))
}

/// Removes the promised tokens everywhere in `value`; true when there was one.
fn remove_promised_tokens(value: &mut Value) -> bool {
    let is_token = value.get("mode").is_some_and(|mode| mode == "data")
        && value.get("type").is_some_and(|kind| kind == "cxone_access_token");
    match value {
        Value::Object(members) if is_token => {
            let holders = members.iter_mut().filter(|(name, _)| HOLDERS.contains(&name.as_str()));
            holders.fold(false, |any, (_, holder)| remove(holder) | any)
        }
        Value::Object(members) => members.values_mut().fold(false, |any, member| remove_promised_tokens(member) | any),
        Value::Array(items) => items.iter_mut().fold(false, |any, item| remove_promised_tokens(item) | any),
        _ => false,
    }
}

/// Removes the sensitive attributes from a data source's values, at any depth.
fn remove(value: &mut Value) -> bool {
    match value {
        Value::Object(members) => {
            let before = members.len();
            members.retain(|name, value| !(SENSITIVE_ATTRIBUTES.contains(&name.as_str()) && value.is_string()));
            let removed = members.len() < before;
            members.values_mut().fold(removed, |any, member| remove(member) | any)
        }
        Value::Array(items) => items.iter_mut().fold(false, |any, item| remove(item) | any),
        _ => false,
    }
}

/// Where an object's values stand: in a state file, in a shown state, in a shown plan.
const HOLDERS: [&str; 3] = ["instances", "values", "change"];

/// The attributes of `data.cxone_access_token` that the interface marks sensitive.
const SENSITIVE_ATTRIBUTES: [&str; 3] = ["access_token", "authorization_header", "claims_json"];

/// Where a plan keeps the user's own files, word for word.
const SAVED_CONFIGURATION: &str = "tfconfig/";
