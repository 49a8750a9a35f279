//! The leak check: no canary in anything a run leaves behind.

use std::io::{Cursor, Read as _};
use std::path::{Path, PathBuf};
use std::{fmt, fs};

use serde_json::Value;
use zip::ZipArchive;

use crate::canary::{Scanner, Sighting};

/// A canary found where none may be.
#[derive(Debug, PartialEq, Eq)]
pub struct Leak {
    /// The file, and for a plan the entry in it.
    pub place: String,
    pub sighting: Sighting,
}

/// Searches files and texts for canaries.
pub struct LeakCheck {
    scanner: Scanner,
    leaks: Vec<Leak>,
}

impl LeakCheck {
    /// A check for what `scanner` knows.
    pub fn new(scanner: Scanner) -> Self {
        Self { scanner, leaks: Vec::new() }
    }

    /// Searches every regular file below `folder`, except where `skip` says so.
    ///
    /// State and plan are read as Terraform wrote them, less what the interface promises to hold: the sensitive
    /// attributes of the data sources.
    pub fn folder(&mut self, folder: &Path, skip: &dyn Fn(&Path) -> bool) {
        for path in files_below(folder).into_iter().filter(|path| !skip(path)) {
            let bytes = fs::read(&path).unwrap_or_else(|error| panic!("cannot read {}: {error}", path.display()));
            self.file(&path.display().to_string(), &bytes);
        }
    }

    /// Searches the contents of one file, called `place` in messages.
    pub fn file(&mut self, place: &str, bytes: &[u8]) {
        if bytes.starts_with(ZIP) {
            for (name, bytes) in unpacked(bytes).unwrap_or_else(|error| panic!("cannot unpack {place}: {error}")) {
                self.file(&format!("{place}: {name}"), &bytes);
            }
        } else if let Some(rest) = without_promised_secrets(bytes) {
            self.bytes(place, &rest);
        } else {
            self.bytes(place, bytes);
        }
    }

    /// All leaks found.
    pub fn leaks(&self) -> &[Leak] {
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

/// The files of a zip archive, which a saved plan is, but for the user's own.
pub fn unpacked(archive: &[u8]) -> zip::result::ZipResult<Vec<(String, Vec<u8>)>> {
    let mut archive = ZipArchive::new(Cursor::new(archive))?;
    let mut files = Vec::new();
    for index in 0..archive.len() {
        let mut file = archive.by_index(index)?;
        let name = file.name()?.into_owned();
        if !name.starts_with(SAVED_CONFIGURATION) {
            let mut bytes = Vec::new();
            file.read_to_end(&mut bytes)?;
            files.push((name, bytes));
        }
    }
    Ok(files)
}

/// All regular files below `folder`; symbolic links and sockets are left out.
pub fn files_below(folder: &Path) -> Vec<PathBuf> {
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

/// A JSON document without what the interface promises to hold, and without the user's own files as a shown plan
/// repeats them; `None` when `bytes` are no JSON object or hold none of that.
fn without_promised_secrets(bytes: &[u8]) -> Option<Vec<u8>> {
    let mut document: Value = serde_json::from_slice(bytes).ok().filter(Value::is_object)?;
    let is_shown_plan = document.get("format_version").is_some() && document.get("planned_values").is_some();
    let configuration =
        document.as_object_mut().filter(|_| is_shown_plan).and_then(|plan| plan.remove("configuration"));
    let changed = remove_promised_secrets(&mut document) || configuration.is_some();
    changed.then(|| serde_json::to_vec(&document).expect("a value is JSON"))
}

/// Removes the promised attributes of data sources everywhere in `value`; true when there was one.
fn remove_promised_secrets(value: &mut Value) -> bool {
    let promised = promised_attributes(value);
    match value {
        Value::Object(members) if !promised.is_empty() => {
            let holders = members.iter_mut().filter(|(name, _)| HOLDERS.contains(&name.as_str()));
            holders.fold(false, |any, (_, holder)| remove(holder, promised) | any)
        }
        Value::Object(members) => members.values_mut().fold(false, |any, member| remove_promised_secrets(member) | any),
        Value::Array(items) => items.iter_mut().fold(false, |any, item| remove_promised_secrets(item) | any),
        _ => false,
    }
}

/// The attributes that may hold a secret, when `value` describes a data source of this provider; else none.
fn promised_attributes(value: &Value) -> &'static [&'static str] {
    let is = |name, text: &str| value.get(name).is_some_and(|value| value == text);
    let promised = PROMISED.iter().find(|(kind, _)| is("mode", "data") && is("type", kind));
    promised.map_or(&[], |(_, attributes)| attributes)
}

/// Removes these attributes from a data source's values, at any depth.
fn remove(value: &mut Value, attributes: &[&str]) -> bool {
    match value {
        Value::Object(members) => {
            let before = members.len();
            members.retain(|name, value| !(attributes.contains(&name.as_str()) && value.is_string()));
            let removed = members.len() < before;
            members.values_mut().fold(removed, |any, member| remove(member, attributes) | any)
        }
        Value::Array(items) => items.iter_mut().fold(false, |any, item| remove(item, attributes) | any),
        _ => false,
    }
}

/// Where an object's values stand: in a state file, in a shown state, in a shown plan.
const HOLDERS: [&str; 3] = ["instances", "values", "change"];

/// Where the interface says that something secret lands in state, marked sensitive. A token's claims are no token,
/// but the tests sign canaries into them to find tokens by.
const PROMISED: [(&str, &[&str]); 2] = [
    ("cxone_access_token", &["access_token", "authorization_header", "claims_json"]),
    ("cxone_token_info", &["claims_json"]),
];

/// What a zip archive begins with.
const ZIP: &[u8] = b"PK\x03\x04";

/// Where a plan keeps the user's own files, word for word.
const SAVED_CONFIGURATION: &str = "tfconfig/";
