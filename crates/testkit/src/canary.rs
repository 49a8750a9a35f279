//! Canaries: secrets that must not appear anywhere, in any form.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use base64::engine::general_purpose::{STANDARD_NO_PAD, URL_SAFE_NO_PAD};

/// A secret that tests plant and then search for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Canary {
    /// Its name in messages.
    pub name: String,
    value: String,
}

/// A found canary and its form.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Sighting {
    /// The canary's name.
    pub canary: String,
    /// The form, such as `base64`.
    pub form: &'static str,
}

/// All forms of all canaries, searched for in one pass.
pub struct Scanner {
    patterns: Vec<(Vec<u8>, Sighting)>,
    /// The patterns by the hash of their first bytes.
    buckets: Vec<Vec<usize>>,
}

impl Canary {
    /// A canary called `name`. Rejects short values, which would be found by chance.
    pub fn new(name: impl Into<String>, value: impl Into<String>) -> Self {
        let (name, value) = (name.into(), value.into());
        assert!(value.len() >= 16, "the canary {name:?} is so short that a match can be chance");
        Self { name, value }
    }

    /// The spellings to search for, with the names of their forms. Leaves out spellings that equal another one.
    fn spellings(&self) -> Vec<(&'static str, Vec<u8>)> {
        let mut spellings: BTreeMap<Vec<u8>, &'static str> = BTreeMap::new();
        let mut add = |form, text: String| {
            spellings.entry(text.into_bytes()).or_insert(form);
        };
        let text = self.value.as_str();
        add("clear", text.to_owned());
        add("JSON", json(text));
        add("JSON in JSON", json(&json(text)));
        add("JSON as Go writes it", go_json(text));
        add("escaped as in Rust's Debug", rust_debug(text));
        add("escaped bytes", text.as_bytes().escape_ascii().to_string());
        add("list of bytes", byte_list(text.as_bytes()));
        add("form-encoded", form_urlencoded::byte_serialize(text.as_bytes()).collect());
        add("percent-encoded", percent(text, |byte| format!("%{byte:02X}")));
        add("percent-encoded in lower case", percent(text, |byte| format!("%{byte:02x}")));
        add("hex", hex(text.as_bytes()));
        add("hex in upper case", hex(text.as_bytes()).to_ascii_uppercase());
        add("in upper case", text.to_uppercase());
        add("in lower case", text.to_lowercase());
        add("numeric entities", text.chars().map(|character| format!("&#{};", u32::from(character))).collect());
        add(
            "numeric entities in hex",
            text.chars().map(|character| format!("&#x{:x};", u32::from(character))).collect(),
        );
        for bytes_before in 0..3 {
            add("base64", base64_core(&STANDARD_NO_PAD, text.as_bytes(), bytes_before));
            add("base64url", base64_core(&URL_SAFE_NO_PAD, text.as_bytes(), bytes_before));
        }
        let (half, rest) = halves(text);
        add("first half", half.to_owned());
        add("second half", rest.to_owned());
        spellings.into_iter().map(|(spelling, form)| (form, spelling)).collect()
    }
}

impl Scanner {
    /// A scanner for all forms of `canaries`.
    pub fn new<'a>(canaries: impl IntoIterator<Item = &'a Canary>) -> Self {
        let mut scanner = Self { patterns: Vec::new(), buckets: vec![Vec::new(); BUCKETS] };
        for canary in canaries {
            for (form, spelling) in canary.spellings() {
                let sighting = Sighting { canary: canary.name.clone(), form };
                scanner.buckets[bucket(&spelling)].push(scanner.patterns.len());
                scanner.patterns.push((spelling, sighting));
            }
        }
        scanner
    }

    /// The findings in `bytes`, without duplicates.
    pub fn scan(&self, bytes: &[u8]) -> Vec<Sighting> {
        let mut found = Vec::new();
        for at in 0..bytes.len().saturating_sub(PREFIX - 1) {
            for &index in &self.buckets[bucket(&bytes[at..])] {
                let (pattern, sighting) = &self.patterns[index];
                if bytes[at..].starts_with(pattern) && !found.contains(sighting) {
                    found.push(sighting.clone());
                }
            }
        }
        found.sort();
        found
    }
}

fn json(text: &str) -> String {
    let quoted = serde_json::to_string(text).expect("a string is JSON");
    quoted[1..quoted.len() - 1].to_owned()
}

fn rust_debug(text: &str) -> String {
    let quoted = format!("{text:?}");
    quoted[1..quoted.len() - 1].to_owned()
}

/// The form of Go's `encoding/json`, which also escapes `<`, `>` and `&`.
fn go_json(text: &str) -> String {
    json(text).replace('<', "\\u003c").replace('>', "\\u003e").replace('&', "\\u0026")
}

/// Escapes all characters except RFC 3986's unreserved ones.
fn percent(text: &str, escape: impl Fn(u8) -> String) -> String {
    let spell = |byte: u8| match byte {
        b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' => char::from(byte).to_string(),
        _ => escape(byte),
    };
    text.bytes().map(spell).collect()
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::new(), |mut text, byte| {
        _ = write!(text, "{byte:02x}");
        text
    })
}

/// The derived `Debug` of a `Vec<u8>`, without the brackets.
fn byte_list(bytes: &[u8]) -> String {
    bytes.iter().map(u8::to_string).collect::<Vec<_>>().join(", ")
}

/// The part of the base64 text that depends on `secret` alone, if `bytes_before` (modulo 3) other bytes precede it. The
/// outer characters also depend on the neighbours.
fn base64_core(engine: &impl base64::Engine, secret: &[u8], bytes_before: usize) -> String {
    let mut data = vec![0; bytes_before];
    data.extend_from_slice(secret);
    let text = engine.encode(&data);
    let start = (bytes_before * 8).div_ceil(6);
    let end = data.len() * 8 / 6;
    text[start..end].to_owned()
}

/// Both halves of a secret, because a part of it in a log is a leak, too.
fn halves(text: &str) -> (&str, &str) {
    let middle = (text.len() / 2..text.len()).find(|&at| text.is_char_boundary(at)).unwrap_or(text.len());
    text.split_at(middle)
}

fn bucket(bytes: &[u8]) -> usize {
    let prefix = u32::from_le_bytes([bytes[0], bytes[1], bytes[2], bytes[3]]);
    (prefix.wrapping_mul(0x9E37_79B1) >> (32 - BUCKET_BITS)) as usize
}

// The first bytes choose the bucket. No spelling is shorter.
const PREFIX: usize = 4;
// Many times the number of spellings of a scenario's canaries, so that most places of a file need no comparison.
const BUCKET_BITS: u32 = 14;
const BUCKETS: usize = 1 << BUCKET_BITS;
