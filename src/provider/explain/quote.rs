//! Texts that others wrote, made fit to be shown.

use crate::provider::inspect::shape;

/// `text` with control and direction characters escaped, and cut at [`LONGEST`] characters.
///
/// Answers are capped, escaped and masked where they arise; this is the second line.
pub(super) fn shown(text: &str) -> String {
    let mut safe = String::with_capacity(text.len());
    for (index, character) in text.chars().enumerate() {
        if index == LONGEST {
            safe.push('…');
            break;
        }
        if character.is_control() || is_invisible(character) {
            safe.extend(character.escape_unicode());
        } else {
            safe.push(character);
        }
    }
    safe
}

/// [`shown`], in quotation marks.
pub(super) fn quoted(text: &str) -> String {
    format!("\"{}\"", shown(text))
}

/// The client id for display; `None` when it might be a secret that was put into the wrong place.
pub(super) fn client_id(text: &str) -> Option<String> {
    let is_plain = text.len() <= 80 && text.bytes().all(|byte| matches!(byte, 0x20..=0x7E));
    (is_plain && (shape::is_uuid(text) || !shape::looks_random(text))).then(|| quoted(text))
}

fn is_invisible(character: char) -> bool {
    matches!(character, '\u{AD}' | '\u{200B}'..='\u{200F}' | '\u{2028}'..='\u{202E}')
        || matches!(character, '\u{2060}'..='\u{2069}' | '\u{FEFF}')
}

/// Characters of a foreign text that are shown at most.
const LONGEST: usize = 300;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn control_and_direction_characters_are_escaped_and_length_is_capped() {
        assert_eq!(shown("a\u{1b}[31mb\u{202e}c\n"), "a\\u{1b}[31mb\\u{202e}c\\u{a}");
        assert_eq!(shown(&"x".repeat(400)).chars().count(), LONGEST + 1);
        assert_eq!(quoted("Zürich"), "\"Zürich\"");
    }

    #[test]
    fn a_client_id_that_may_be_a_secret_is_hidden() {
        assert_eq!(client_id("canary-client").as_deref(), Some("\"canary-client\""));
        assert!(client_id("0d9e4c1a-7f5b-4a52-9c39-2f0c6a1b7d11").is_some());
        assert!(client_id("App Name@Vendor:4711").is_some());
        assert_eq!(client_id("canarySecret0123456789abc"), None);
        assert_eq!(client_id("canary\u{200B}"), None);
    }
}
