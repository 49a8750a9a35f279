//! The leak check: no canary in any file of a run.

use std::io::{Cursor, Read as _};
use std::path::{Path, PathBuf};
use std::{fmt, fs};

use serde_json::Value;
use zip::ZipArchive;

use crate::canary::{Scanner, Sighting};

/// A canary in a place where none may be.
#[derive(Debug, PartialEq, Eq)]
pub struct Leak {
    /// The file, and for a plan its entry.
    pub place: String,
    pub sighting: Sighting,
}

/// Searches files and texts for canaries.
pub struct LeakCheck {
    scanner: Scanner,
    leaks: Vec<Leak>,
}

impl LeakCheck {
    /// A check for the canaries of `scanner`.
    pub fn new(scanner: Scanner) -> Self {
        Self { scanner, leaks: Vec::new() }
    }

    /// Searches every regular file below `folder`, unless `skip` returns true for it.
    ///
    /// State and plan are searched as Terraform wrote them, except for values that the interface stores there: the
    /// sensitive attributes of the data sources.
    pub fn folder(&mut self, folder: &Path, skip: &dyn Fn(&Path) -> bool) {
        for path in files_below(folder).into_iter().filter(|path| !skip(path)) {
            let bytes = fs::read(&path).unwrap_or_else(|error| panic!("cannot read {}: {error}", path.display()));
            self.file(&path.display().to_string(), &bytes);
        }
    }

    /// Searches the content of one file, called `place` in messages.
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

/// The files of a zip archive, such as a saved plan, without the user's own files.
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

/// All regular files below `folder`, without symbolic links and sockets.
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

/// A JSON document without the values that the interface stores, and without the user's own files in a shown plan;
/// `None` if `bytes` are not a JSON object or contain none of these.
fn without_promised_secrets(bytes: &[u8]) -> Option<Vec<u8>> {
    let mut document: Value = serde_json::from_slice(bytes).ok().filter(Value::is_object)?;
    let is_shown_plan = document.get("format_version").is_some() && document.get("planned_values").is_some();
    let configuration =
        document.as_object_mut().filter(|_| is_shown_plan).and_then(|plan| plan.remove("configuration"));
    let changed = remove_promised_secrets(&mut document) || configuration.is_some();
    changed.then(|| serde_json::to_vec(&document).expect("a value is JSON"))
}

/// Removes the stored attributes of data sources everywhere in `value`; true if there was one.
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

/// The attributes with a secret if `value` describes a data source of this provider; else none.
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

// The places of an object's values in a state file, in a shown state, in a shown plan.
const HOLDERS: [&str; 3] = ["instances", "values", "change"];

// The interface stores these secrets in state, marked sensitive. A token's claims are not secret, but the tests sign
// canaries into them to recognise tokens.
const PROMISED: [(&str, &[&str]); 2] = [
    ("cxone_access_token", &["access_token", "authorization_header", "claims_json"]),
    ("cxone_token_info", &["claims_json"]),
];

// The first bytes of a zip archive.
const ZIP: &[u8] = b"PK\x03\x04";

// A plan contains the user's own files below this folder, unchanged.
const SAVED_CONFIGURATION: &str = "tfconfig/";
