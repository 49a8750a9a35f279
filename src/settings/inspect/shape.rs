//! Values that do not fit their setting, recognised by their shape alone.

use base64::engine::{GeneralPurpose, general_purpose};
use base64::{Engine, alphabet};
use zeroize::Zeroizing;

/// The kinds of unexpanded references.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reference {
    /// `${NAME}` or `$NAME`, for a shell.
    Shell,
    /// `%NAME%`, for Windows' command prompt.
    CommandPrompt,
    /// `$env:NAME`, for PowerShell.
    PowerShell,
    /// `{{ name }}`, for template engines.
    Template,
    /// `var.name` and the like in quotes, which Terraform treats as text.
    Terraform,
}

/// Whether one pair of quotes encloses `text`.
pub(super) fn is_quoted(text: &str) -> bool {
    ['"', '\'', '`'].iter().any(|quote| text.len() > 1 && text.starts_with(*quote) && text.ends_with(*quote))
}

/// Whether `text` ends in a line end that is written as `\n`.
pub(super) fn ends_in_written_line_end(text: &str) -> bool {
    text.ends_with("\\n") || text.ends_with("\\r")
}

/// The reference that is the whole of `text` (`true`) or a part of it (`false`).
pub(super) fn reference(text: &str) -> Option<(Reference, bool)> {
    let between = |open: &str, close: &str| text.strip_prefix(open).and_then(|rest| rest.strip_suffix(close));
    if between("${", "}").is_some_and(|name| !name.is_empty() && !name.contains('}')) || between("$(", ")").is_some() {
        return Some((Reference::Shell, true));
    }
    if between("{{", "}}").is_some() {
        return Some((Reference::Template, true));
    }
    // PowerShell ignores case.
    if text.get(..5).is_some_and(|start| start.eq_ignore_ascii_case("$env:")) {
        return Some((Reference::PowerShell, true));
    }
    if text.strip_prefix('$').is_some_and(is_variable_name) {
        return Some((Reference::Shell, true));
    }
    if between("%", "%").is_some_and(is_variable_name) {
        return Some((Reference::CommandPrompt, true));
    }
    let roots = ["var.", "local.", "data.", "module.", "ephemeral.", "each.", "self."];
    if roots.iter().any(|root| text.strip_prefix(root).is_some_and(is_attribute_path)) {
        return Some((Reference::Terraform, true));
    }
    // Only names in capitals, because a secret can contain `${` by chance.
    let inside =
        text.split("${").skip(1).any(|rest| rest.split_once('}').is_some_and(|(name, _)| is_variable_name(name)));
    inside.then_some((Reference::Shell, false))
}

/// Whether `text` is a placeholder: `true` if nothing else is possible.
pub(super) fn placeholder(text: &str) -> Option<bool> {
    let lower = text.to_ascii_lowercase();
    if lower.len() > 2 && ((lower.starts_with('<') && lower.ends_with('>')) || MASKS.contains(&lower.as_str())) {
        return Some(true);
    }
    let mut characters = lower.chars();
    let same = characters.next().is_some_and(|one| "x*.?-_#0".contains(one) && characters.all(|other| other == one));
    let words: String =
        lower.chars().map(|character| if "_- ".contains(character) { '-' } else { character }).collect();
    let is_sample = PLACEHOLDERS.contains(&words.as_str())
        || ["your-", "my-client-", "insert-", "replace-", "enter-"].iter().any(|start| words.starts_with(start))
        || words.ends_with("-here");
    ((same && lower.len() > 2) || is_sample).then_some(false)
}

/// The authentication scheme before the value, as in a copied header.
pub(super) fn header_scheme(text: &str) -> Option<&'static str> {
    let value = strip_prefix_ignoring_case(text, "authorization:").unwrap_or(text).trim_start();
    ["Basic", "Bearer"]
        .into_iter()
        .find(|scheme| strip_prefix_ignoring_case(value, scheme).is_some_and(|rest| rest.starts_with(' ')))
}

/// Whether the setting's own name precedes the value, as in `client_secret: …` or `CXONE_CLIENT_SECRET=…`.
pub(super) fn has_own_name(text: &str, attribute: &str) -> bool {
    let Some(end) = text.find(['=', ':']) else { return false };
    let name =
        text[..end].trim().trim_matches('"').trim_start_matches("export ").to_ascii_lowercase().replace('-', "_");
    name == attribute || name == format!("cxone_{attribute}")
}

/// Whether `text` is a JSON Web Token: three parts, of which the first is a JSON object with an algorithm.
pub(super) fn is_jwt(text: &str) -> bool {
    let parts: Vec<&str> = text.split('.').collect();
    let [header, _, _] = parts.as_slice() else { return false };
    general_purpose::URL_SAFE_NO_PAD
        .decode(header)
        .ok()
        .and_then(|bytes| serde_json::from_slice::<serde_json::Map<String, serde_json::Value>>(&bytes).ok())
        .is_some_and(|header| header.contains_key("alg"))
}

/// Whether `text` is a UUID in its usual form.
pub(crate) fn is_uuid(text: &str) -> bool {
    let groups: Vec<&str> = text.split('-').collect();
    // RFC 9562 section 4.
    groups.iter().map(|group| group.len()).eq([8, 4, 4, 4, 12])
        && groups.iter().all(|group| group.bytes().all(|byte| byte.is_ascii_hexdigit()))
}

/// Whether `text` looks like generated key material: a run of 20 or more letters and digits with both among them, or a
/// long text that often alternates between letters and digits, as names do not.
pub(crate) fn looks_random(text: &str) -> bool {
    let is_part = |character: char| character.is_ascii_alphanumeric() || "+/=".contains(character);
    let is_mixed =
        |run: &str| run.bytes().any(|byte| byte.is_ascii_digit()) && run.bytes().any(|byte| byte.is_ascii_alphabetic());
    let is_switch = |pair: &&[u8]| pair.iter().any(u8::is_ascii_digit) && pair.iter().any(u8::is_ascii_alphabetic);
    text.split(|character| !is_part(character)).any(|run| run.len() >= 20 && is_mixed(run))
        || (text.len() >= 20 && text.as_bytes().windows(2).filter(is_switch).count() >= 3)
}

/// Whether `text` has the form of a CXone access key: about 50 letters and digits that end in `====`.
pub(super) fn is_access_key(text: &str) -> bool {
    // NICE's keys have about 50 characters. The exact length is not documented.
    text.strip_suffix("====").is_some_and(|key| key.len() >= 40 && key.bytes().all(|byte| byte.is_ascii_alphanumeric()))
}

/// Whether `text` contains percent-encoded characters (RFC 3986) that a credential can contain unencoded.
pub(super) fn is_percent_encoded(text: &str) -> bool {
    let is_reserved = |code: &str| ENCODED.iter().any(|known| known.eq_ignore_ascii_case(code));
    text.split('%').skip(1).any(|rest| rest.get(..2).is_some_and(is_reserved))
}

/// Whether `text` looks like a CXone access key without its final equals signs: letters and digits in one run.
pub(super) fn is_unpadded_access_key(text: &str) -> bool {
    // With all four signs, the key is complete.
    let key = text.trim_end_matches('=');
    text.len() - key.len() < 4
        && key.len() >= 20
        && key.bytes().all(|byte| byte.is_ascii_alphanumeric())
        && key.bytes().any(|byte| byte.is_ascii_digit())
}

/// Whether `text` is the path of a file instead of its content.
pub(super) fn is_path(text: &str) -> bool {
    let starts =
        ["/run/", "/etc/", "/var/", "/home/", "/tmp/", "/vault/", "/Users/", "~/", "./", "../", "file://", "@/"];
    starts.iter().any(|start| text.starts_with(start)) || text.get(1..3) == Some(":\\")
}

/// Whether `text` can hardly be anything but a path: it begins like paths of secrets, or consists of plain words, with
/// a root before or a file's extension after them.
pub(crate) fn is_plainly_a_path(text: &str) -> bool {
    let is_word =
        |part: &str| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_lowercase() || b"-_.".contains(&byte));
    let are_words = |parts: &str| parts.split('/').all(is_word);
    let is_rooted = text.strip_prefix('/').is_some_and(|rest| rest.contains('/') && are_words(rest));
    let has_extension = text.rsplit_once('.').is_some_and(|(_, extension)| EXTENSIONS.contains(&extension));
    is_path(text) || is_rooted || (has_extension && are_words(text.strip_prefix('/').unwrap_or(text)))
}

/// The id in a base64 of `id:secret`; `None` for any other text.
pub(super) fn encoded_pair(text: &str) -> Option<String> {
    let engine = |alphabet| GeneralPurpose::new(alphabet, LENIENT);
    // Either alphabet: a pair can come from a header or from a URL.
    let decoded = engine(&alphabet::STANDARD).decode(text).or_else(|_| engine(&alphabet::URL_SAFE).decode(text));
    let bytes = Zeroizing::new(decoded.ok()?);
    let pair = std::str::from_utf8(&bytes).ok()?;
    let (id, secret) = pair.split_once(':')?;
    // Random bytes can contain a colon, but they are rarely printable.
    let is_plain = pair.trim_end().bytes().all(|byte| matches!(byte, 0x20..=0x7E));
    (is_plain && pair.len() >= 8 && !id.is_empty() && !secret.is_empty()).then(|| id.to_owned())
}

fn is_variable_name(text: &str) -> bool {
    text.len() >= 2
        && text.starts_with(|character: char| character.is_ascii_alphabetic() || character == '_')
        && text.bytes().all(|byte| byte.is_ascii_uppercase() || byte.is_ascii_digit() || byte == b'_')
}

fn is_attribute_path(text: &str) -> bool {
    let allowed = |character: char| character.is_ascii_alphanumeric() || "_-.[]\"".contains(character);
    text.starts_with(|character: char| character.is_ascii_lowercase() || character == '_') && text.chars().all(allowed)
}

fn strip_prefix_ignoring_case<'a>(text: &'a str, prefix: &str) -> Option<&'a str> {
    let (start, rest) = text.split_at_checked(prefix.len())?;
    start.eq_ignore_ascii_case(prefix).then_some(rest)
}

// Padding is optional, because pasted text often lost it.
const LENIENT: base64::engine::GeneralPurposeConfig = base64::engine::GeneralPurposeConfig::new()
    .with_decode_padding_mode(base64::engine::DecodePaddingMode::Indifferent)
    .with_decode_allow_trailing_bits(true);

// Extensions of files with a secret, certificates or settings.
const EXTENSIONS: [&str; 8] = ["cer", "crt", "json", "key", "pem", "txt", "yaml", "yml"];

// Percent-encoded space, `!`, `"`, `#`, `$`, `&`, `'`, `+`, `/`, `:`, `=`, `?` and `@`.
const ENCODED: [&str; 13] = ["20", "21", "22", "23", "24", "26", "27", "2B", "2F", "3A", "3D", "3F", "40"];

// The replacements that tools print for a hidden value.
const MASKS: [&str; 6] =
    ["(sensitive value)", "(sensitive)", "(known after apply)", "[redacted]", "<redacted>", "[masked]"];

// In lower case, with words joined by hyphens.
const PLACEHOLDERS: [&str; 24] = [
    "abc-123",
    "changeit",
    "change-it",
    "changeme",
    "change-me",
    "client-id",
    "client-secret",
    "clientid",
    "clientsecret",
    "dummy",
    "example",
    "n/a",
    "none",
    "null",
    "password",
    "placeholder",
    "redacted",
    "replaceme",
    "secret",
    "tbd",
    "to-do",
    "todo",
    "undefined",
    "xyz-789",
];

/// The client id for display; `None` if `text` cannot be one. [`may_show_id`] judges whether it may be the secret.
pub(crate) fn client_id(text: &str) -> Option<String> {
    let is_plain = text.len() <= 80 && text.bytes().all(|byte| matches!(byte, 0x20..=0x7E));
    is_plain.then(|| crate::text::quoted(text))
}

/// Whether `id` can be shown beside `secret`: nothing indicates that the two are swapped, and the id does not contain
/// the secret, as when one value was pasted into both.
pub(crate) fn may_show_id(id: &str, secret: &str) -> bool {
    let says_secret = |text: &str| {
        let lower = text.to_ascii_lowercase();
        ["secret", "passw", "token"].iter().any(|word| lower.contains(word))
    };
    let is_in_order = match (Make::of(id), Make::of(secret)) {
        (Make::Name, _) => true,
        // A service with UUIDs as secrets lets people choose the ids, so these two are swapped.
        (Make::Uuid, Make::Name) => says_secret(secret),
        // A secret has more entropy than its id. If the two are close, they can be swapped, and the id is hidden.
        (Make::Generated, Make::Generated) => bits(id) * 1.25 <= bits(secret),
        (of_id, of_secret) => of_id < of_secret,
    };
    // Words are distinguished by their meaning.
    let is_worded = says_secret(id) && !says_secret(secret);
    client_id(id).is_some() && is_in_order && !is_worded && !holds(id, secret) && !secret.ends_with(id)
}

/// The origin of a value. Of two values, the one with the later origin is more likely the secret.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Make {
    /// Words that people chose.
    Name,
    /// A UUID, the usual form of ids.
    Uuid,
    /// A password that people chose: signs, or all kinds of characters in one word.
    Password,
    /// Key material.
    Generated,
}

impl Make {
    fn of(text: &str) -> Self {
        let has = |wanted: fn(&u8) -> bool| text.bytes().any(|byte| wanted(&byte));
        let is_one_word = !text.contains(['-', '_', '.', ' ', '@', ':', '/']);
        let is_mixed = has(u8::is_ascii_digit) && has(u8::is_ascii_lowercase) && has(u8::is_ascii_uppercase);
        let is_hexadecimal = text.len() >= 16 && text.bytes().all(|byte| byte.is_ascii_hexdigit());
        if is_uuid(text) {
            Self::Uuid
        } else if looks_random(text) || (is_hexadecimal && has(u8::is_ascii_digit)) {
            Self::Generated
        } else if text.contains(SIGNS) || (is_one_word && is_mixed && text.len() >= 8) {
            Self::Password
        } else {
            Self::Name
        }
    }
}

/// The entropy that generated key material can have. Words between its runs have none.
fn bits(text: &str) -> f64 {
    let is_hexadecimal = text.bytes().all(|byte| byte.is_ascii_hexdigit() || byte == b'-');
    let bits_each = if is_hexadecimal { 4.0 } else { 6.0 };
    let runs = text.split(|character: char| !character.is_ascii_alphanumeric());
    let generated = runs.filter(|run| run.bytes().any(|byte| byte.is_ascii_digit()));
    generated.flat_map(str::bytes).map(|_| bits_each).sum()
}

/// Whether `text` contains `secret` or its larger part, and so would reveal it. Names commonly share a shorter run,
/// such as `staging-`.
fn holds(text: &str, secret: &str) -> bool {
    let (text, secret) = (text.to_ascii_lowercase(), secret.to_ascii_lowercase());
    let part = secret.len() / 2 + 1;
    secret.as_bytes().windows(part).any(|run| text.as_bytes().windows(part).any(|other| other == run))
}

// Signs that people use in passwords, but never in names.
const SIGNS: [char; 18] = ['!', '#', '$', '%', '&', '*', '+', '=', '?', '^', '|', '~', '<', '>', ';', '"', '\'', '\\'];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn references_are_recognised_whole_and_inside() {
        let cases = [
            ("${CXONE_SECRET}", Some((Reference::Shell, true))),
            ("${var.secret}", Some((Reference::Shell, true))),
            ("$CXONE_SECRET", Some((Reference::Shell, true))),
            ("$(cat secret)", Some((Reference::Shell, true))),
            ("%CXONE_SECRET%", Some((Reference::CommandPrompt, true))),
            ("$env:CXONE_SECRET", Some((Reference::PowerShell, true))),
            ("{{ secret }}", Some((Reference::Template, true))),
            ("var.client_secret", Some((Reference::Terraform, true))),
            ("data.vault_generic_secret.cxone.data[\"secret\"]", Some((Reference::Terraform, true))),
            ("https://${CXONE_HOST}/oauth/token", Some((Reference::Shell, false))),
            ("$ecret4711", None),
            ("p%40ss%21", None),
            ("variable", None),
            ("var.", None),
            ("a${b", None),
        ];
        for (text, expected) in cases {
            assert_eq!(reference(text), expected, "{text}");
        }
    }

    #[test]
    fn placeholders_are_recognised() {
        for text in ["<client-id>", "(sensitive value)", "[REDACTED]"] {
            assert_eq!(placeholder(text), Some(true), "{text}");
        }
        for text in ["changeme", "xyz-789", "your-client-secret-here", "YOUR_CLIENT_ID", "xxx", "XXXXXXXX", "********"]
        {
            assert_eq!(placeholder(text), Some(false), "{text}");
        }
        for text in ["canary-client-secret-1", "x", "xx", "yours", "9b2f", ""] {
            assert_eq!(placeholder(text), None, "{text}");
        }
    }

    #[test]
    fn pasted_headers_names_and_tokens_are_recognised() {
        assert_eq!(header_scheme("Basic Y2FuYXJ5"), Some("Basic"));
        assert_eq!(header_scheme("authorization: bearer canary"), Some("Bearer"));
        assert_eq!(header_scheme("BasicallyFine"), None);
        assert!(has_own_name("client_secret: \"canary\"", "client_secret"));
        assert!(has_own_name("export CXONE_CLIENT_SECRET=canary", "client_secret"));
        assert!(!has_own_name("canary:secret", "client_secret"));
        assert!(is_jwt("eyJhbGciOiJSUzI1NiJ9.e30.c2ln"));
        assert!(!is_jwt("canary.client.secret"));
        assert!(is_path("/run/secrets/cxone") && is_path("C:\\cxone\\secret.txt") && !is_path("/Zx8Canary"));
        assert!(is_quoted("'canary'") && is_quoted("\"canary\"") && !is_quoted("\"") && !is_quoted("'canary\""));
        assert!(ends_in_written_line_end("canary\\n") && !ends_in_written_line_end("canary\n"));
    }

    #[test]
    fn ids_keys_and_pairs_are_told_apart() {
        assert!(is_uuid("0d9e4c1a-7f5b-4a52-9c39-2f0c6a1b7d11"));
        assert!(!is_uuid("0d9e4c1a7f5b4a529c392f0c6a1b7d11") && !is_uuid("gd9e4c1a-7f5b-4a52-9c39-2f0c6a1b7d11"));
        assert!(looks_random("canarySecret0123456789abc") && looks_random("ca1na-ry2_se3-cret4_x9z"));
        assert!(!looks_random("canary-client-secret-1") && !looks_random("terraform_production_eu1_client_01"));
        assert!(is_access_key(&format!("{}====", "CANARY7".repeat(7))) && !is_access_key("CANARY===="));
        assert_eq!(encoded_pair("Y2FuYXJ5LWlkOmNhbmFyeS1zZWNyZXQ=").as_deref(), Some("canary-id"));
        assert_eq!(encoded_pair("Y2FuYXJ5LWlkOmNhbmFyeS1zZWNyZXQ").as_deref(), Some("canary-id"));
        assert_eq!(encoded_pair("canaryclientsecretcanary"), None);
    }

    #[test]
    fn what_cannot_be_an_id_is_hidden() {
        assert_eq!(client_id("canary-client").as_deref(), Some("\"canary-client\""));
        assert!(client_id("App Name@Vendor:4711").is_some());
        assert_eq!(client_id("canary\u{200B}"), None);
        assert_eq!(client_id(&"canary".repeat(20)), None);
    }

    const UUID: &str = "0d9e4c1a-7f5b-4a52-9c39-2f0c6a1b7d11";
    const HEX: &str = "9f8e7d6c5b4a39281706f5e4d3c2b1a0";
    const KEY: &str = "pQ7rXn2WvKc9Zt4LmYb6Hs8Dg3Jf5Ta1RuEoVxNi0Bk";

    #[test]
    fn an_id_is_shown_where_its_form_differs_and_nothing_speaks_for_a_swap() {
        let pairs = [
            (UUID, KEY),
            (UUID, "Tr0ub4dor&3"),
            (UUID, "canary-secret"),
            (HEX, KEY),
            (HEX, &KEY.repeat(2)),
            ("pQ7rXn2WvKc9Zt4LmYb6", KEY),
            ("App Name@Vendor:4711", KEY),
            ("CxoneApp1", KEY),
            ("canary-client", KEY),
            ("canary-client", UUID),
            ("canary-client", "Tr0ub4dor&3"),
        ];
        for (id, secret) in pairs {
            assert!(may_show_id(id, secret), "{id} {secret}");
            assert!(!may_show_id(secret, id), "swapped: {secret} {id}");
        }
        let alike = [(UUID, "1c8f3b2a-6e4d-4b61-8d28-3a1d7b2c8e22"), (HEX, "0a1b2c3d4e5f60718293a4b5c6d7e8f9")];
        let same_key = KEY.chars().rev().collect::<String>();
        let with_words = ("Rb5Wk8Zd2Xq7Lm4Ty9Vn3Hc6", "Qx7Vd2Lm-canary-client-secret-8Rk4Tz9Wp");
        for (id, secret) in
            alike.into_iter().chain([with_words]).chain([(KEY, same_key.as_str()), ("Tr0ub4dor&3", "H0rse+Battery9")])
        {
            assert!(!may_show_id(id, secret) && !may_show_id(secret, id), "nobody can tell: {id} {secret}");
        }
        // Values that people chose are distinguished by their words.
        assert!(may_show_id("abc-123", "xyz-789") && may_show_id("secret-service", "secret-of-the-service"));
        assert!(!may_show_id("reporting-7f3a", "client_secret=reporting-7f3a"));
        assert!(!may_show_id("staging-secret", "the-client") && may_show_id("the-client", "staging-secret"));
    }

    #[test]
    fn a_whole_secret_or_the_larger_part_of_one_hides_an_id() {
        let secret = "staging-secret-4f7a";
        for id in ["staging-client", "staging", "my-secret-client", "staging-secrets"] {
            let is_part = id == "staging-secrets";
            assert_eq!(may_show_id(id, secret), !is_part, "{id}");
        }
        let pasted = [
            secret.to_owned(),
            format!("client:{secret}"),
            format!("{}...", &secret[..12]),
            secret.to_uppercase(),
            format!(
                "Basic {}",
                base64::engine::general_purpose::STANDARD.encode(format!("client-of-staging:{secret}"))
            ),
        ];
        for id in pasted {
            assert!(!may_show_id(&id, secret), "{id}");
        }
    }
}
