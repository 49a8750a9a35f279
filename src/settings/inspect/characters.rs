//! Characters that a setting cannot have, and where they are.

use crate::settings::inspect::unicode::{Look, describe, look};
use crate::settings::inspect::{Setting, Severity};

/// The impossible characters of one value, by position; nothing else of the value, and never its length.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct BadCharacters {
    /// Whether nothing but hidden characters is there.
    all_hidden: bool,
    /// Hidden characters at the start, in order; at most [`SHOWN`].
    leading: Vec<char>,
    /// Hidden characters at the end, in order; at most [`SHOWN`].
    trailing: Vec<char>,
    /// Between them: the position and the character; at most [`SHOWN`].
    inner: Vec<(Position, char)>,
    /// Whether there are more than are listed.
    more: bool,
}

/// Where a character stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Position {
    First,
    /// Counted from 1.
    Nth(usize),
    Last,
}

/// Which characters a setting may have.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Alphabet {
    /// RFC 6749 appendix A.1 and A.2: `VSCHAR`, which is %x20-7E.
    Visible,
    /// RFC 6749 appendix A.15 and A.16: Unicode without CR and LF. Nobody issues keys outside ASCII, though.
    Unicode,
    /// RFC 6750 section 2.1: `b64token`.
    Bearer,
    /// RFC 6749 section 3.3: `scope-token`, which is %x21 / %x23-5B / %x5D-7E.
    Scope,
    /// RFC 3986: printable ASCII without the space.
    Address,
    /// Letters, digits and hyphens of a host name.
    Label,
}

/// How many characters a message lists of each group.
const SHOWN: usize = 3;

/// Looks for characters that `setting` cannot have; `None` when there are none.
pub(super) fn scan(setting: Setting, text: &str) -> Option<(Severity, BadCharacters)> {
    let alphabet = Alphabet::of(setting);
    let characters: Vec<char> = text.chars().collect();
    let leading = characters.iter().take_while(|character| is_edge(**character)).count();
    if leading == characters.len() {
        let bad = BadCharacters { all_hidden: true, leading: first(&characters), ..BadCharacters::default() };
        return (leading > 0).then_some((Severity::Certain, bad));
    }
    let trailing = characters.iter().rev().take_while(|character| is_edge(**character)).count();
    let end = characters.len() - trailing;
    let wrong: Vec<usize> = (leading..end).filter(|index| !alphabet.allows(characters[*index])).collect();
    if leading + trailing + wrong.len() == 0 {
        return None;
    }
    let position = |index| match index {
        0 => Position::First,
        _ if index + 1 == characters.len() => Position::Last,
        _ => Position::Nth(index + 1),
    };
    let edges = || characters[..leading].iter().chain(&characters[end..]);
    let certain = edges().any(|character| !alphabet.allows(*character))
        || wrong.iter().any(|index| alphabet != Alphabet::Unicode || look(characters[*index]) == Look::Hidden);
    let bad = BadCharacters {
        all_hidden: false,
        leading: first(&characters[..leading]),
        trailing: first(&characters[end..]),
        inner: wrong.iter().take(SHOWN).map(|index| (position(*index), characters[*index])).collect(),
        more: leading.max(trailing).max(wrong.len()) > SHOWN,
    };
    Some((if certain { Severity::Certain } else { Severity::Likely }, bad))
}

/// `text` without hidden characters at its ends: what was most likely meant.
pub(super) fn trimmed(text: &str) -> &str {
    text.trim_matches(is_edge)
}

impl BadCharacters {
    /// What is wrong, one line for each place.
    pub(crate) fn lines(&self) -> Vec<String> {
        let mut lines = Vec::new();
        if self.all_hidden {
            lines.push(format!("it consists of nothing but characters that cannot be seen: {}", list(&self.leading)));
            return lines;
        }
        lines.extend(run("first", &self.leading));
        for (position, character) in &self.inner {
            let place = match position {
                Position::First => "the first character".to_owned(),
                Position::Last => "the last character".to_owned(),
                Position::Nth(number) => format!("character {number}"),
            };
            lines.push(format!("{place} is {}", describe(*character)));
        }
        lines.extend(run("last", &self.trailing));
        if self.more {
            lines.push("and more of them".to_owned());
        }
        lines
    }

    /// Where such characters come from, most telling first; at most one line for each kind that is there.
    pub(super) fn origins(&self) -> Vec<&'static str> {
        let has = |wanted: &dyn Fn(char) -> bool| self.every().any(wanted);
        let mut origins = Vec::new();
        if has(&|character| character == '\0') {
            origins.push(
                "NULL characters come from a file saved as UTF-16, as `>` in Windows PowerShell does: save it as UTF-8",
            );
        }
        if self.leading.contains(&'\u{FEFF}') {
            origins.push("a byte order mark comes from a file saved as \"UTF-8 with BOM\": save it as plain UTF-8");
        }
        if has(&|character| character == '\u{FFFD}') {
            origins
                .push("a replacement character stands where text was read in another encoding than it was written in");
        }
        if self.trailing.contains(&'\r') || self.leading.contains(&'\r') {
            origins.push("a carriage return comes from a file with Windows line ends");
        }
        if self.trailing.contains(&'\n') {
            origins.push(
                "a line feed at the end comes from `echo` (`printf %s` adds none), from `file()` (wrap it in \
                 `trimspace()`) or from a heredoc",
            );
        }
        if has(&|character| matches!(look(character), Look::LooksLike(_))) {
            origins.push(
                "look-alikes come from word processors, chats and translated pages that replace what was typed: type \
                 the character anew",
            );
        }
        if has(&|character| !character.is_ascii() && look(character) == Look::Hidden && character != '\u{FEFF}') {
            origins.push(
                "no-break, zero-width and direction characters come along when text is copied from a web page, an \
                 e-mail, a PDF or a chat",
            );
        }
        origins
    }

    fn every(&self) -> impl Iterator<Item = char> {
        self.leading.iter().chain(&self.trailing).chain(self.inner.iter().map(|(_, character)| character)).copied()
    }
}

impl Alphabet {
    fn of(setting: Setting) -> Self {
        match setting {
            Setting::ClientId | Setting::ClientSecret | Setting::Audience => Self::Visible,
            Setting::AccessKeyId | Setting::AccessKeySecret => Self::Unicode,
            Setting::AccessToken => Self::Bearer,
            Setting::Scope => Self::Scope,
            Setting::TokenUrl | Setting::Issuer => Self::Address,
            Setting::Region => Self::Label,
        }
    }

    fn allows(self, character: char) -> bool {
        match self {
            Self::Visible | Self::Unicode => matches!(character, ' '..='~'),
            Self::Bearer => character.is_ascii_alphanumeric() || "-._~+/=".contains(character),
            Self::Scope => matches!(character, '!' | '#'..='[' | ']'..='~'),
            Self::Address => matches!(character, '!'..='~'),
            Self::Label => character.is_ascii_alphanumeric() || character == '-',
        }
    }
}

/// Whether a character at either end is there by accident.
fn is_edge(character: char) -> bool {
    character == ' ' || look(character) == Look::Hidden
}

fn first(characters: &[char]) -> Vec<char> {
    characters.iter().copied().take(SHOWN).collect()
}

fn list(characters: &[char]) -> String {
    characters.iter().map(|character| describe(*character)).collect::<Vec<_>>().join(", ")
}

fn run(place: &str, characters: &[char]) -> Option<String> {
    match characters {
        [] => None,
        [one] => Some(format!("the {place} character is {}", describe(*one))),
        more => Some(format!("the {place} characters are {}", list(more))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lines(setting: Setting, text: &str) -> Vec<String> {
        scan(setting, text).map(|(_, bad)| bad.lines()).unwrap_or_default()
    }

    #[test]
    fn every_bad_character_is_named_with_its_place() {
        let cases: &[(&str, &[&str])] = &[
            ("canary", &[]),
            ("can ary", &[]),
            ("canary\u{200B}", &["the last character is U+200B ZERO WIDTH SPACE"]),
            ("canary\r\n", &["the last characters are U+000D CARRIAGE RETURN, U+000A LINE FEED"]),
            (" canary", &["the first character is U+0020 SPACE"]),
            ("\u{FEFF}canary", &["the first character is U+FEFF ZERO WIDTH NO-BREAK SPACE (byte order mark)"]),
            ("c\u{430}nary", &["character 2 is U+0430 CYRILLIC SMALL LETTER A, which looks like the Latin letter a"]),
            ("can\u{AD}ary", &["character 4 is U+00AD SOFT HYPHEN"]),
            ("canar\u{FC}", &["the last character is U+00FC, a letter outside ASCII"]),
            ("\t", &["it consists of nothing but characters that cannot be seen: U+0009 CHARACTER TABULATION"]),
        ];
        for (text, expected) in cases {
            assert_eq!(lines(Setting::ClientSecret, text), *expected, "{text:?}");
        }
    }

    #[test]
    fn the_number_of_bad_characters_is_not_told() {
        let all = lines(Setting::ClientSecret, &"\u{410}".repeat(40));
        assert_eq!(all.len(), SHOWN + 1);
        assert_eq!(all.last().unwrap(), "and more of them");
        let space = lines(Setting::ClientSecret, &" ".repeat(40));
        assert_eq!(space.len(), 1);
    }

    #[test]
    fn what_a_rule_forbids_is_certain_and_the_rest_is_likely() {
        let cases = [
            (Setting::ClientSecret, "canary ", Severity::Likely),
            (Setting::ClientSecret, "canary\t", Severity::Certain),
            (Setting::ClientId, "canary\u{E9}", Severity::Certain),
            (Setting::AccessKeySecret, "canary\u{E9}", Severity::Likely),
            (Setting::AccessKeySecret, "can\u{200B}ary", Severity::Certain),
            (Setting::AccessKeySecret, "canary ", Severity::Likely),
            (Setting::AccessToken, "canary token", Severity::Certain),
            (Setting::Scope, "cxone:api ", Severity::Certain),
            (Setting::Scope, "cxone\\api", Severity::Certain),
            (Setting::Scope, "cxone\"api", Severity::Certain),
            (Setting::TokenUrl, "https://example.com/oauth token", Severity::Certain),
            (Setting::Region, "na1.nice-incontact.com", Severity::Certain),
            (Setting::ClientSecret, " ", Severity::Certain),
        ];
        for (setting, text, severity) in cases {
            assert_eq!(scan(setting, text).unwrap().0, severity, "{setting:?} {text:?}");
        }
        assert_eq!(scan(Setting::Scope, "cxone:api"), None);
        assert_eq!(scan(Setting::AccessToken, "eyJ.a-b_c~+/=="), None);
        assert_eq!(scan(Setting::ClientId, "App Name@Vendor:4711"), None);
        assert_eq!(scan(Setting::ClientSecret, ""), None);
    }

    #[test]
    fn origins_fit_the_characters() {
        let (_, bad) = scan(Setting::ClientSecret, "\u{FEFF}c\u{430}nary\r\n").unwrap();
        let origins = bad.origins();
        assert_eq!(origins.len(), 4, "{origins:?}");
        let (_, bad) = scan(Setting::ClientSecret, "c\0a\0").unwrap();
        assert!(bad.origins()[0].contains("UTF-16"));
    }
}
