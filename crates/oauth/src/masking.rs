//! Making text from a server fit to be shown: our secrets masked, control characters escaped, length capped.

use std::collections::HashSet;
use std::fmt::Write as _;
use std::hash::{BuildHasher as _, RandomState};
use std::sync::OnceLock;

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, STANDARD_NO_PAD, URL_SAFE, URL_SAFE_NO_PAD};

use super::authentication::percent_encoded;
use super::{ClientAuthentication, Grant, Secret, TokenRequest};

/// Knows the secrets of one request, in every form a server may echo them. No `Debug`.
///
/// The forms are worked out when a text has to be cleaned: after most exchanges none has.
pub(crate) struct Mask {
    secrets: Vec<Secret>,
    /// The client id and secret that Basic authentication joins.
    basic: Option<(String, Secret)>,
    forms: OnceLock<Forms>,
}

impl Mask {
    /// Hides the secrets of `request`.
    pub(crate) fn for_request(request: &TokenRequest) -> Self {
        let TokenRequest { grant, client_id, client_secret, parameters, .. } = request;
        let mut secrets: Vec<&Secret> = parameters.values().chain([client_secret]).collect();
        if let Grant::Password { access_key_secret, .. } | Grant::AccessKey { access_key_secret, .. } = grant {
            secrets.push(access_key_secret);
        }
        Self { basic: Some((client_id.clone(), client_secret.clone())), ..Self::hiding(secrets) }
    }

    /// Hides `secrets` in clear, base64, hex, percent-encoded, JSON- and HTML-escaped form.
    pub(crate) fn hiding<'a>(secrets: impl IntoIterator<Item = &'a Secret>) -> Self {
        Self { secrets: secrets.into_iter().cloned().collect(), basic: None, forms: OnceLock::new() }
    }

    /// `text`, fit to be shown: at most `cap` characters, the last of them `…` where something was cut.
    pub(crate) fn clean(&self, text: &str, cap: usize) -> String {
        // What lies behind cannot be shown anyway; the slack keeps a secret at the edge whole.
        let head: String = text.chars().take(cap * 4 + 4096).collect();
        escaped(&self.forms.get_or_init(|| self.forms()).masked(&head), cap)
    }

    fn forms(&self) -> Forms {
        // A keyed hash in place of the text, so that the set is no second copy of the secrets.
        let mut known = Forms { windows: HashSet::new(), hasher: RandomState::new(), short: Vec::new() };
        for secret in &self.secrets {
            for form in forms(secret.expose()) {
                known.add(form.expose());
            }
        }
        if let Some((client_id, client_secret)) = &self.basic {
            for authentication in [ClientAuthentication::BasicRaw, ClientAuthentication::BasicRfc6749] {
                if let Some(header) = authentication.authorization(client_id, client_secret) {
                    known.add(header.expose().trim_start_matches("Basic "));
                }
            }
        }
        known
    }
}

/// Everything to look for in a text.
struct Forms {
    /// Keyed hashes of every run of [`WINDOW`] characters in the longer forms, so that an echoed part is found as
    /// well as the whole.
    windows: HashSet<u64>,
    hasher: RandomState,
    /// The forms that are shorter than that.
    short: Vec<Secret>,
}

impl Forms {
    fn add(&mut self, form: &str) {
        let characters: Vec<char> = form.chars().collect();
        match characters.len() {
            0 => {}
            1..WINDOW => self.short.push(Secret::new(form)),
            _ => self.windows.extend(characters.windows(WINDOW).map(|run| self.hasher.hash_one(run))),
        }
    }

    /// Masks until nothing is left to mask, since a replacement can join its neighbours to a secret.
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

    /// `None` when there was nothing to mask.
    fn masked_once(&self, text: &[char]) -> Option<Vec<char>> {
        let mut hidden = vec![false; text.len()];
        for (start, run) in text.windows(WINDOW).enumerate() {
            if self.windows.contains(&self.hasher.hash_one(run)) {
                hidden[start..start + WINDOW].fill(true);
            }
        }
        for form in &self.short {
            let form: Vec<char> = form.expose().chars().collect();
            for start in 0..(text.len() + 1).saturating_sub(form.len()) {
                if text[start..].starts_with(&form) {
                    hidden[start..start + form.len()].fill(true);
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

/// Escapes what a terminal or a reader could be fooled by, and cuts between whole characters and escapes.
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

/// Control characters, and the format characters that hide text or turn its direction.
fn is_deceptive(character: char) -> bool {
    character.is_control()
        || matches!(character, '\u{ad}' | '\u{61c}' | '\u{180e}' | '\u{feff}' | '\u{fff9}'..='\u{fffb}')
        || matches!(character, '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}')
        || matches!(character, '\u{e0000}'..='\u{e007f}')
}

fn forms(secret: &str) -> Vec<Secret> {
    let form_encoded: String = form_urlencoded::byte_serialize(secret.as_bytes()).collect();
    let json = serde_json::Value::from(secret).to_string();
    let hex = secret.bytes().fold(String::new(), |mut hex, byte| {
        let _ = write!(hex, "{byte:02x}");
        hex
    });
    let html = secret.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;");
    [
        secret.to_owned(),
        STANDARD.encode(secret),
        STANDARD_NO_PAD.encode(secret),
        URL_SAFE.encode(secret),
        URL_SAFE_NO_PAD.encode(secret),
        percent_encoded(secret),
        percent_encoded(secret).to_ascii_lowercase(),
        form_encoded.to_ascii_lowercase(),
        form_encoded,
        json.trim_matches('"').to_owned(),
        hex.to_ascii_uppercase(),
        hex,
        html.replace('"', "&quot;").replace('\'', "&#39;"),
        html,
    ]
    .map(Secret::new)
    .into()
}

const MASKED: &str = "***";
/// Eight characters of a good secret are worth hiding; shorter runs would hide ordinary words.
const WINDOW: usize = 8;
/// One is nearly always enough; a text that is built to need more is hidden whole.
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
            grant: Grant::ClientCredentials,
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
            form in 0_usize..14,
        ) {
            let mask = Mask::hiding([&Secret::new(secret.as_str())]);
            let forms = forms(&secret);
            let shown = mask.clean(&format!("{before}{}{after}", forms[form].expose()), 300);
            for form in &forms {
                prop_assert!(!shown.contains(form.expose()));
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
