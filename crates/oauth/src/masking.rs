//! Text of a server made safe to show: our secrets masked, control characters escaped, length capped.

use std::collections::HashSet;
use std::fmt::Write as _;
use std::hash::{BuildHasher as _, RandomState};
use std::ops::Range;
use std::sync::OnceLock;

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, STANDARD_NO_PAD, URL_SAFE, URL_SAFE_NO_PAD};
use serde_json::{Map, Value};
use zeroize::Zeroizing;

use super::authentication::percent_encoded;
use super::{ClientAuthentication, ScopeSet, Secret, StatedScopes, TokenRequest};

/// The secrets of one request, in every form in which a server can echo them. No `Debug`.
///
/// The forms are computed for the first text. Most exchanges have no text to clean.
pub(crate) struct Mask {
    secrets: Vec<Secret>,
    /// The client id and secret, which Basic authentication joins.
    basic: Option<(String, Secret)>,
    /// The requested scopes, which a response may repeat.
    scopes: ScopeSet,
    forms: OnceLock<Forms>,
}

impl Mask {
    /// Hides the secrets of `request`.
    pub(crate) fn for_request(request: &TokenRequest) -> Self {
        let TokenRequest { grant, client_id, client_secret, scopes, parameters, .. } = request;
        let secrets = parameters.values().chain([client_secret]).chain(grant.access_key_secret());
        let basic = Some((client_id.clone(), client_secret.clone()));
        Self { basic, scopes: scopes.clone(), ..Self::hiding(secrets) }
    }

    /// Hides `secrets` in clear and in every form of an echo: in base64 at any alignment and in either alphabet, in
    /// hex, percent-encoded, JSON- and HTML-escaped, and all of that in any case of letters.
    pub(crate) fn hiding<'a>(secrets: impl IntoIterator<Item = &'a Secret>) -> Self {
        Self {
            secrets: secrets.into_iter().cloned().collect(),
            basic: None,
            scopes: ScopeSet::default(),
            forms: OnceLock::new(),
        }
    }

    /// `text`, safe to show: at most `cap` characters, the last one `…` if the text was cut.
    pub(crate) fn clean(&self, text: &str, cap: usize) -> String {
        // Text behind this point cannot be shown anyway. The extra length keeps a secret at the edge whole.
        let head: String = text.chars().take(cap * 4 + 4096).collect();
        escaped(&self.known().masked(&head), cap)
    }

    /// The scopes of a successful response, which outputs and states contain. Requested scopes remain unchanged. In all
    /// others, possible parts of a secret are masked.
    pub(crate) fn clean_scopes(&self, stated: StatedScopes) -> StatedScopes {
        match stated {
            StatedScopes::Scopes(scopes) if scopes.iter().all(|scope| self.scopes.contains(scope)) => {
                StatedScopes::Scopes(scopes)
            }
            StatedScopes::Scopes(scopes) => {
                let clean = |scope: &String| match self.scopes.contains(scope) {
                    true => scope.clone(),
                    false => self.known().masked(scope),
                };
                StatedScopes::Scopes(scopes.iter().map(clean).collect())
            }
            other => other,
        }
    }

    /// The claims of a token, which outputs and states contain. Masks the names and texts that contain a whole secret, in
    /// any form of an echo. A part of one may be a coincidence, and claims are compared with what is expected.
    pub(crate) fn clean_claims(&self, claims: Map<String, Value>) -> Map<String, Value> {
        let forms = self.secrets.iter().flat_map(|secret| forms(secret.expose()));
        let folded = |form: Secret| Zeroizing::new(form.expose().chars().map(folded).collect::<Vec<char>>());
        let wholes: Vec<_> = forms.map(folded).filter(|form| form.len() >= WINDOW).collect();
        self.clean_members(claims, &wholes)
    }

    fn clean_members(&self, members: Map<String, Value>, wholes: &[Zeroizing<Vec<char>>]) -> Map<String, Value> {
        let clean = |(name, value)| (self.clean_whole(name, wholes), self.clean_claim(value, wholes));
        members.into_iter().map(clean).collect()
    }

    fn clean_claim(&self, claim: Value, wholes: &[Zeroizing<Vec<char>>]) -> Value {
        match claim {
            Value::String(text) => Value::String(self.clean_whole(text, wholes)),
            Value::Array(items) => items.into_iter().map(|item| self.clean_claim(item, wholes)).collect(),
            Value::Object(members) => Value::Object(self.clean_members(members, wholes)),
            other => other,
        }
    }

    fn clean_whole(&self, text: String, wholes: &[Zeroizing<Vec<char>>]) -> String {
        let characters: Vec<char> = text.chars().collect();
        let readings = Unescaped::all(&characters);
        let is_in = |form: &Zeroizing<Vec<char>>| {
            readings.iter().any(|reading| reading.characters.windows(form.len()).any(|run| run == form.as_slice()))
        };
        if wholes.iter().any(is_in) { self.known().masked(&text) } else { text }
    }

    fn known(&self) -> &Forms {
        self.forms.get_or_init(|| self.forms())
    }

    fn forms(&self) -> Forms {
        // Keyed hashes instead of the text, so that the set is not a second copy of the secrets.
        let mut known = Forms { windows: HashSet::new(), hasher: RandomState::new(), short: Vec::new() };
        for secret in &self.secrets {
            for form in forms(secret.expose()) {
                known.add(form.expose());
            }
        }
        if let Some((client_id, client_secret)) = &self.basic {
            for authentication in [ClientAuthentication::BasicRaw, ClientAuthentication::BasicRfc6749] {
                if let Some(header) = authentication.authorization(client_id, client_secret) {
                    let pair = header.expose().trim_start_matches("Basic ");
                    known.add(pair);
                    // If a server encodes a whole request in base64, the header is inside.
                    shifted(pair).iter().for_each(|form| known.add(form.expose()));
                }
            }
        }
        known
    }
}

/// The forms to search for in a text.
struct Forms {
    /// Keyed hashes of all runs of [`WINDOW`] characters in the longer forms, so that a part of a secret is found as
    /// well as the whole.
    windows: HashSet<u64>,
    hasher: RandomState,
    /// The forms that are shorter than [`WINDOW`].
    short: Vec<Secret>,
}

impl Forms {
    fn add(&mut self, form: &str) {
        let characters: Vec<char> = form.chars().map(folded).collect();
        match characters.len() {
            0 => {}
            1..WINDOW => self.short.push(Secret::new(String::from_iter(characters))),
            _ => self.windows.extend(characters.windows(WINDOW).map(|run| self.hasher.hash_one(run))),
        }
    }

    /// Masks until nothing is left to mask, because a replacement can join its neighbours to a secret.
    fn masked(&self, text: &str) -> String {
        let mut text: Vec<char> = text.chars().collect();
        for _ in 0..ROUNDS {
            match self.masked_once(&text) {
                None => return String::from_iter(text),
                Some(masked) => text = masked,
            }
        }
        MASKED.to_owned()
    }

    /// `None` if there was nothing to mask.
    fn masked_once(&self, text: &[char]) -> Option<Vec<char>> {
        let mut hidden = vec![false; text.len()];
        for reading in Unescaped::all(text) {
            let characters = &reading.characters;
            let mut hide = |start: usize, length: usize| {
                hidden[reading.places[start].start..reading.places[start + length - 1].end].fill(true);
            };
            for (start, run) in characters.windows(WINDOW).enumerate() {
                if self.windows.contains(&self.hasher.hash_one(run)) {
                    hide(start, WINDOW);
                }
            }
            for form in &self.short {
                let form: Vec<char> = form.expose().chars().collect();
                for start in 0..(characters.len() + 1).saturating_sub(form.len()) {
                    if characters[start..].starts_with(&form) {
                        hide(start, form.len());
                    }
                }
            }
        }
        if !hidden.contains(&true) {
            return None;
        }
        let mut masked = Vec::with_capacity(text.len());
        for (index, character) in text.iter().enumerate() {
            if !hidden[index] {
                masked.push(*character);
            } else if index == 0 || !hidden[index - 1] {
                masked.extend(MASKED.chars());
            }
        }
        Some(masked)
    }
}

/// A text after one kind of escape was undone, and the original place of each character.
struct Unescaped {
    characters: Vec<char>,
    places: Vec<Range<usize>>,
}

impl Unescaped {
    /// The text itself, and one version for each kind of escape in it. The kinds are undone one at a time, because a
    /// secret can contain the escape of another kind. Any character can be escaped, so no list of forms would be
    /// complete.
    fn all(text: &[char]) -> Vec<Self> {
        let mut readings = vec![Self::undoing(text, |_| None)];
        for (mark, undo) in [('&', entity as Undo), ('%', percent), ('\\', backslash)] {
            if text.contains(&mark) {
                readings.push(Self::undoing(text, undo));
            }
        }
        readings
    }

    fn undoing(text: &[char], undo: impl Fn(&[char]) -> Option<(char, usize)>) -> Self {
        let mut reading = Self { characters: Vec::with_capacity(text.len()), places: Vec::with_capacity(text.len()) };
        let mut start = 0;
        while start < text.len() {
            let (character, length) = undo(&text[start..]).unwrap_or((text[start], 1));
            reading.characters.push(folded(character));
            reading.places.push(start..start + length);
            start += length;
        }
        reading
    }
}

/// The character of the escape at the start of the text, and the length of that escape.
type Undo = fn(&[char]) -> Option<(char, usize)>;

/// `&#99;`, `&#x63;` and the five names of XML. The semicolon after a number is optional, as in browsers.
fn entity(text: &[char]) -> Option<(char, usize)> {
    if text.first() != Some(&'&') {
        return None;
    }
    if text.get(1) == Some(&'#') {
        let is_hex = matches!(text.get(2), Some('x' | 'X'));
        let (start, radix) = if is_hex { (3, 16) } else { (2, 10) };
        let digits: String = text[start..].iter().take(LONGEST_ENTITY).take_while(|c| c.is_digit(radix)).collect();
        let character = char::from_u32(u32::from_str_radix(&digits, radix).ok()?)?;
        let end = start + digits.len();
        return Some((character, end + usize::from(text.get(end) == Some(&';'))));
    }
    let names = [("amp;", '&'), ("lt;", '<'), ("gt;", '>'), ("quot;", '"'), ("apos;", '\'')];
    names.into_iter().find_map(|(name, character)| {
        let is_it = name.chars().eq(text[1..].iter().copied().take(name.len()).map(|c| c.to_ascii_lowercase()));
        is_it.then_some((character, 1 + name.len()))
    })
}

/// `%63`, and all of `%C3%A9` for one character.
fn percent(text: &[char]) -> Option<(char, usize)> {
    let byte = |index: usize| match text.get(3 * index..3 * index + 3)? {
        ['%', high, low] => u8::try_from(high.to_digit(16)? * 16 + low.to_digit(16)?).ok(),
        _ => None,
    };
    let first = byte(0)?;
    let bytes: Vec<u8> = (0..4).map_while(byte).collect();
    // The shortest valid UTF-8 is one character. An invalid byte becomes the character of its number.
    (1..=bytes.len())
        .find_map(|length| Some((std::str::from_utf8(&bytes[..length]).ok()?.chars().next()?, 3 * length)))
        .or(Some((char::from(first), 3)))
}

/// The escapes of JSON and of most languages: `\u0063`, a surrogate pair, `\u{63}`, `\x63`, and `\/` and the like.
fn backslash(text: &[char]) -> Option<(char, usize)> {
    let hex = |range: Range<usize>| {
        let digits: String = text.get(range)?.iter().collect();
        u32::from_str_radix(&digits, 16).ok()
    };
    let (Some('\\'), Some(kind)) = (text.first(), text.get(1)) else { return None };
    match kind {
        'u' if text.get(2) == Some(&'{') => {
            let end = text.iter().take(3 + 7).position(|c| *c == '}')?;
            Some((char::from_u32(hex(3..end)?)?, end + 1))
        }
        'u' => {
            let unit = hex(2..6)?;
            if let Some(character) = char::from_u32(unit) {
                return Some((character, 6));
            }
            let is_pair = text.get(6..8) == Some(&['\\', 'u']);
            let units = [u16::try_from(unit).ok()?, u16::try_from(hex(8..12).filter(|_| is_pair)?).ok()?];
            Some((char::decode_utf16(units).next()?.ok()?, 12))
        }
        'x' => Some((char::from_u32(hex(2..4)?)?, 4)),
        'n' => Some(('\n', 2)),
        'r' => Some(('\r', 2)),
        't' => Some(('\t', 2)),
        '"' | '\'' | '/' | '\\' => Some((*kind, 2)),
        _ => None,
    }
}

/// A letter in lower case, because an echo can be in upper case.
fn folded(character: char) -> char {
    let mut lower = character.to_lowercase();
    match (lower.next(), lower.next()) {
        (Some(one), None) => one,
        _ => character,
    }
}

/// Escapes characters that can deceive a terminal or a reader, and cuts between whole characters and escapes.
fn escaped(text: &str, cap: usize) -> String {
    let mut shown = String::new();
    let mut length = 0;
    let mut characters = text.trim().chars().peekable();
    while let Some(character) = characters.next() {
        let mut piece = String::new();
        if is_deceptive(character) {
            let _ = write!(piece, "{}", character.escape_default());
        } else {
            piece.push(character);
        }
        length += piece.chars().count();
        if length > cap || (length == cap && characters.peek().is_some()) {
            shown.push('…');
            break;
        }
        shown.push_str(&piece);
    }
    shown
}

/// Control characters, and format characters that hide text or change its direction.
fn is_deceptive(character: char) -> bool {
    character.is_control()
        || matches!(character, '\u{ad}' | '\u{61c}' | '\u{180e}' | '\u{feff}' | '\u{fff9}'..='\u{fffb}')
        || matches!(character, '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}')
        || matches!(character, '\u{e0000}'..='\u{e007f}')
}

/// The forms of a secret in a request and in an echo of it.
fn forms(secret: &str) -> Vec<Secret> {
    let form_encoded: String = form_urlencoded::byte_serialize(secret.as_bytes()).collect();
    let json = serde_json::Value::from(secret).to_string();
    let hex = secret.bytes().fold(String::new(), |mut hex, byte| {
        let _ = write!(hex, "{byte:02x}");
        hex
    });
    let plain = [secret.to_owned(), percent_encoded(secret), form_encoded, json.trim_matches('"').to_owned()];
    let plain = plain.map(Secret::new);
    let in_base64 = [STANDARD, STANDARD_NO_PAD, URL_SAFE, URL_SAFE_NO_PAD].map(|alphabet| alphabet.encode(secret));
    let inside = plain.iter().flat_map(|form| shifted(form.expose())).collect::<Vec<_>>();
    plain.into_iter().chain(in_base64.map(Secret::new)).chain([Secret::new(hex)]).chain(inside).collect()
}

/// The base64 characters that `text` alone determines, at any position in the encoded text. Three bytes become four
/// characters, so there are three alignments, and the characters at the ends also depend on the neighbours.
fn shifted(text: &str) -> Vec<Secret> {
    let mut found = Vec::new();
    for before in 0..3 {
        let bytes = Zeroizing::new([&[0; 2][..before], text.as_bytes()].concat());
        let (first, end) = ((before * 8).div_ceil(6), bytes.len() * 8 / 6);
        // Fewer characters of base64 occur in ordinary words.
        if end < first + SHORTEST_SHIFTED {
            continue;
        }
        for encoded in [STANDARD_NO_PAD.encode(&*bytes), URL_SAFE_NO_PAD.encode(&*bytes)] {
            found.push(Secret::new(&encoded[first..end]));
        }
    }
    found
}

const MASKED: &str = "***";
// A shifted base64 part loses up to two bytes at each end. Fewer than six characters match by chance in ordinary text.
const SHORTEST_SHIFTED: usize = 6;
// Leading zeros are allowed but pointless, so a longer number is not an entity.
const LONGEST_ENTITY: usize = 12;
// Eight characters of a good secret are worth hiding. Shorter runs would mask ordinary words.
const WINDOW: usize = 8;
// One round is nearly always enough. A text that needs more was built to, and is hidden whole.
const ROUNDS: usize = 8;

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn clean(secret: &str, text: &str) -> String {
        Mask::hiding([&Secret::new(secret)]).clean(text, 300)
    }

    #[test]
    fn echoed_secrets_are_masked_in_every_form() {
        let secret = "canary/secret+\"&value\"";
        let cases = [
            ("clear", "bad secret canary/secret+\"&value\" given", "bad secret *** given"),
            ("base64", "got Y2FuYXJ5L3NlY3JldCsiJnZhbHVlIg==.", "got ***."),
            ("upper case", "CANARY/SECRET+\"&VALUE\"", "***"),
            (
                "numbers for letters",
                "&#99;&#97;&#110;&#97;&#114;&#121;&#47;&#115;&#x65;cret+&quot;&amp;value&quot;",
                "***",
            ),
            ("every byte percent-encoded", "%63%61%6e%61%72%79%2f%73%65%63%72%65%74%2b%22%26%76alue%22", "***"),
            ("every letter escaped", r"\u0063\u0061\u006e\u0061\u0072\u0079\/secret+\u0022\u0026value\x22", "***"),
            ("percent-encoded", "canary%2Fsecret%2B%22%26value%22", "***"),
            ("lower case percent-encoded", "canary%2fsecret%2b%22%26value%22", "***"),
            ("HTML-escaped", "<b>canary/secret+&quot;&amp;value&quot;</b>", "<b>***</b>"),
            ("hex", "63616e6172792f7365637265742b222676616c756522", "***"),
            ("a part of it", "it begins with canary/se", "it begins with ***"),
            ("twice", "canary/secret+\"&value\"|canary/secret+\"&value\"", "***|***"),
            ("something else", "the client is unknown", "the client is unknown"),
        ];
        for (name, text, expected) in cases {
            assert_eq!(clean(secret, text), expected, "{name}");
        }
    }

    #[test]
    fn the_basic_credentials_of_a_request_are_masked() {
        let request = TokenRequest {
            endpoint: crate::Endpoint::try_parse("https://a.example/t").unwrap(),
            grant: crate::Grant::ClientCredentials,
            client_id: "abc-123".into(),
            client_secret: Secret::new("xyz 789"),
            authentication: Default::default(),
            scopes: Default::default(),
            audience: None,
            parameters: Default::default(),
        };
        let header = request.authentication.authorization("abc-123", &request.client_secret).unwrap();
        let echo = format!("saw {}", header.expose());
        assert_eq!(Mask::for_request(&request).clean(&echo, 300), "saw Basic ***");
    }

    #[test]
    fn a_secret_in_the_claims_is_masked_whole_and_a_part_of_one_is_not() {
        let secret = "canary +/ Secret-1";
        let cases = [
            (secret.to_owned(), "***"),
            (format!("https://{secret}/"), "https://***/"),
            (secret.to_uppercase(), "***"),
            (percent_encoded(secret), "***"),
            (STANDARD.encode(secret), "***"),
            ("&#99;anary +/ Secret-1".to_owned(), "***"),
            ("canary +/ Secret".to_owned(), "canary +/ Secret"),
            ("11111111-2222-3333-4444-555555555555".to_owned(), "11111111-2222-3333-4444-555555555555"),
        ];
        let mask = Mask::hiding([&Secret::new(secret), &Secret::new(""), &Secret::new("short")]);
        for (found, shown) in cases {
            let claims = |text: &str| {
                let claims = serde_json::json!({"iss": text, "role": {"id": [text, 1, null]}, text: "short"});
                claims.as_object().unwrap().clone()
            };
            assert_eq!(mask.clean_claims(claims(&found)), claims(shown), "{found}");
        }
    }

    #[test]
    fn short_secrets_are_masked_too() {
        assert_eq!(clean("xyz", "axyzb xyz"), "a***b ***");
    }

    #[test]
    fn terminal_and_bidi_tricks_are_escaped() {
        let cases = [
            ("escape sequence", "\u{1b}[31mred", "\\u{1b}[31mred"),
            ("line breaks", "a\r\nb", "a\\r\\nb"),
            ("right to left override", "a\u{202e}b", "a\\u{202e}b"),
            ("zero width space", "a\u{200b}b", "a\\u{200b}b"),
            ("plain accents stay", "naïve – ok", "naïve – ok"),
        ];
        for (name, text, expected) in cases {
            assert_eq!(clean("canary-secret", text), expected, "{name}");
        }
    }

    #[test]
    fn long_texts_are_cut_between_escapes() {
        let mask = Mask::hiding([]);
        assert_eq!(mask.clean("abcdef", 6), "abcdef");
        assert_eq!(mask.clean("abcdefg", 6), "abcde…");
        assert_eq!(mask.clean("abcd\u{1b}xx", 6), "abcd…");
        assert_eq!(mask.clean(&"x".repeat(100_000), 300).chars().count(), 300);
    }

    proptest! {
        #[test]
        fn no_text_ever_shows_a_secret(
            secret in "[a-zA-Z0-9+/=&% é-]{8,40}",
            before in ".{0,40}",
            after in ".{0,400}",
            form in any::<prop::sample::Index>(),
            case in 0_u8..3,
        ) {
            let mask = Mask::hiding([&Secret::new(secret.as_str())]);
            let forms = forms(&secret);
            let echo = form.get(&forms).expose();
            let echo = match case {
                0 => echo.to_owned(),
                1 => echo.to_uppercase(),
                _ => echo.to_lowercase(),
            };
            let shown = mask.clean(&format!("{before}{echo}{after}"), 300);
            for form in &forms {
                prop_assert!(!shown.contains(form.expose()));
            }
            prop_assert!(!shown.contains(&echo));
        }

        #[test]
        fn no_alignment_in_base64_shows_a_secret(
            secret in "[a-zA-Z0-9+/=&% é-]{9,40}",
            before in proptest::collection::vec(any::<u8>(), 0..9),
            after in proptest::collection::vec(any::<u8>(), 0..9),
        ) {
            let mask = Mask::hiding([&Secret::new(secret.as_str())]);
            let whole = [before.as_slice(), secret.as_bytes(), &after].concat();
            for encoded in [STANDARD_NO_PAD.encode(&whole), URL_SAFE_NO_PAD.encode(&whole)] {
                let shown = mask.clean(&encoded, 300);
                prop_assert!(shown.contains(MASKED), "{shown}");
                // The rest on either side belongs to the neighbours, except for at most two shared characters.
                let rest = encoded.len() - (before.len() * 8).div_ceil(6) - (after.len() * 8).div_ceil(6);
                let left = shown.replace(MASKED, "").len();
                prop_assert!(left <= encoded.len() - rest + 2, "{left} of {rest}: {shown}");
            }
        }

        #[test]
        fn no_escape_shows_a_secret(secret in "[a-zA-Z0-9é-]{8,20}", kinds in proptest::collection::vec(0_u8..8, 20)) {
            let write = |style: u8| -> String {
                let escape = |(character, kind): (char, u8)| match (style, kind) {
                    (_, 0) => character.to_string(),
                    (0, 1 | 2) => format!("&#{};", u32::from(character)),
                    (0, 3 | 4) => format!("&#x{:X};", u32::from(character)),
                    (0, _) => format!("&#{:07};", u32::from(character)),
                    (1, _) => character.to_string().bytes().map(|byte| format!("%{byte:02x}")).collect(),
                    (_, 1..4) => format!("\\u{:04X}", u32::from(character)),
                    (_, _) => format!("\\x{:02x}", u32::from(character)),
                };
                secret.chars().zip(kinds.iter().copied()).map(escape).collect()
            };
            for style in 0..3 {
                let shown = clean(&secret, &format!("got {} there", write(style)));
                prop_assert_eq!(shown, "got *** there");
            }
        }

        #[test]
        fn nothing_shown_is_a_control_character_or_too_long(text in any::<String>(), cap in 1_usize..400) {
            let shown = Mask::hiding([]).clean(&text, cap);
            prop_assert!(shown.chars().count() <= cap);
            prop_assert!(!shown.chars().any(is_deceptive));
        }
    }
}
