//! Impossible characters of a setting, with their places and names.
//!
//! The names are our own table of the few hundred characters that appear in pasted credentials: all of Unicode's names
//! would be the largest part of the binary.

use crate::settings::inspect::Severity;
use crate::settings::table::{Alphabet, Setting};

/// The impossible characters of one value, by position. Contains nothing else of the value, not even its length.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct BadCharacters {
    /// Whether there are only hidden characters.
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

/// The place of a character.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Position {
    First,
    /// Counted from 1.
    Nth(usize),
    Last,
}

// The first few characters show the cause. A list of all would reveal the length of a secret.
const SHOWN: usize = 3;

/// The characters that `setting` cannot have; `None` if there are none.
pub(super) fn scan(setting: &Setting, text: &str) -> Option<(Severity, BadCharacters)> {
    let alphabet = setting.alphabet?;
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

/// `text` without hidden characters at its ends, which is the probable intention.
pub(super) fn trimmed(text: &str) -> &str {
    text.trim_matches(is_edge)
}

impl BadCharacters {
    /// The faults, one line for each place.
    pub(crate) fn lines(&self) -> Vec<String> {
        let mut lines = Vec::new();
        if self.all_hidden {
            lines.push(format!("it has only invisible characters: {}", list(&self.leading)));
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

    /// The origins of such characters, the most specific first; one line for each kind.
    pub(super) fn origins(&self) -> Vec<&'static str> {
        let has = |wanted: &dyn Fn(char) -> bool| self.every().any(wanted);
        let mut origins = Vec::new();
        if has(&|character| character == '\0') {
            origins.push(
                "NULL characters come from a file in UTF-16, which `>` in Windows PowerShell writes: save the file \
                 as UTF-8",
            );
        }
        if self.leading.contains(&'\u{FEFF}') {
            origins.push("a byte order mark comes from a file saved as \"UTF-8 with BOM\": save it as plain UTF-8");
        }
        if has(&|character| character == '\u{FFFD}') {
            origins.push("a replacement character appears when text is read in the wrong encoding");
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
                "look-alikes come from word processors, chats and translated pages, which replace typed characters: \
                 retype the character",
            );
        }
        if has(&|character| !character.is_ascii() && look(character) == Look::Hidden && character != '\u{FEFF}') {
            origins.push(
                "no-break, zero-width and direction characters come from text that was copied from a web page, an \
                 e-mail, a PDF or a chat",
            );
        }
        origins
    }

    fn every(&self) -> impl Iterator<Item = char> {
        self.leading.iter().chain(&self.trailing).chain(self.inner.iter().map(|(_, character)| character)).copied()
    }
}

/// Whether a character at an end is there by accident.
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

/// The appearance of a character.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Look {
    /// Invisible: white space, controls, zero-width and direction marks.
    Hidden,
    /// Looks like this ASCII character.
    LooksLike(char),
    /// Visible and distinct.
    Plain,
}

/// How `character` looks.
fn look(character: char) -> Look {
    if character != ' ' && (character.is_whitespace() || character.is_control() || hidden_name(character).is_some()) {
        return Look::Hidden;
    }
    look_alike(character).map_or(Look::Plain, |(_, ascii)| Look::LooksLike(ascii))
}

/// The code point, the Unicode name if known, and the ASCII character that it looks like.
fn describe(character: char) -> String {
    let code = format!("U+{:04X}", u32::from(character));
    if let Some(name) = hidden_name(character) {
        return format!("{code} {name}");
    }
    if let Some((name, ascii)) = look_alike(character) {
        return format!("{code} {name}, which looks like {}", ascii_in_words(ascii));
    }
    format!("{code}, {}", category(character))
}

fn ascii_in_words(ascii: char) -> String {
    match ascii {
        '"' => "the straight quotation mark".to_owned(),
        '\'' => "the straight apostrophe".to_owned(),
        '-' => "the hyphen".to_owned(),
        _ if ascii.is_ascii_alphabetic() => format!("the Latin letter {ascii}"),
        _ if ascii.is_ascii_digit() => format!("the digit {ascii}"),
        _ => format!("an ASCII {ascii}"),
    }
}

/// The name of an invisible character.
fn hidden_name(character: char) -> Option<&'static str> {
    let code = u32::from(character);
    match code {
        0x00..=0x20 => CONTROLS.get(usize::try_from(code).ok()?).copied(),
        0x80..=0x84 | 0x86..=0x9F => Some("C1 CONTROL CHARACTER"),
        0x2000..=0x200A => Some("TYPOGRAPHIC SPACE"),
        0xFE00..=0xFE0F => Some("VARIATION SELECTOR"),
        0xE0000..=0xE007F => Some("TAG CHARACTER"),
        _ => HIDDEN.binary_search_by_key(&character, |entry| entry.0).ok().map(|index| HIDDEN[index].1),
    }
}

/// The name of a character that looks like an ASCII one, and that one.
fn look_alike(character: char) -> Option<(String, char)> {
    let code = u32::from(character);
    if let 0xFF01..=0xFF5E = code {
        let ascii = char::from_u32(code - 0xFEE0)?;
        let name = match ascii {
            'A'..='Z' => format!("FULLWIDTH LATIN CAPITAL LETTER {ascii}"),
            'a'..='z' => format!("FULLWIDTH LATIN SMALL LETTER {}", ascii.to_ascii_uppercase()),
            _ => "FULLWIDTH FORM".to_owned(),
        };
        return Some((name, ascii));
    }
    let index = LOOK_ALIKES.binary_search_by_key(&character, |entry| entry.0).ok()?;
    let (_, ascii, name) = LOOK_ALIKES[index];
    Some((name.to_owned(), ascii))
}

/// The kind of a character without a name here.
fn category(character: char) -> &'static str {
    match u32::from(character) {
        0x21..=0x7E => "an ASCII character that is not allowed here",
        0xE000..=0xF8FF | 0xF0000..=0x10_FFFD => "a private-use character",
        0x1D400..=0x1D7FF => "a mathematical letter or digit",
        _ if character.is_alphabetic() => "a letter outside ASCII",
        _ if character.is_numeric() => "a number sign outside ASCII",
        _ => "not printable ASCII",
    }
}

/// U+0000 to U+0020.
const CONTROLS: [&str; 33] = [
    "NULL",
    "START OF HEADING",
    "START OF TEXT",
    "END OF TEXT",
    "END OF TRANSMISSION",
    "ENQUIRY",
    "ACKNOWLEDGE",
    "BELL",
    "BACKSPACE",
    "CHARACTER TABULATION",
    "LINE FEED",
    "LINE TABULATION",
    "FORM FEED",
    "CARRIAGE RETURN",
    "SHIFT OUT",
    "SHIFT IN",
    "DATA LINK ESCAPE",
    "DEVICE CONTROL ONE",
    "DEVICE CONTROL TWO",
    "DEVICE CONTROL THREE",
    "DEVICE CONTROL FOUR",
    "NEGATIVE ACKNOWLEDGE",
    "SYNCHRONOUS IDLE",
    "END OF TRANSMISSION BLOCK",
    "CANCEL",
    "END OF MEDIUM",
    "SUBSTITUTE",
    "ESCAPE",
    "INFORMATION SEPARATOR FOUR",
    "INFORMATION SEPARATOR THREE",
    "INFORMATION SEPARATOR TWO",
    "INFORMATION SEPARATOR ONE",
    "SPACE",
];

// Sorted by code point, for the binary search.
const HIDDEN: &[(char, &str)] = &[
    ('\u{7F}', "DELETE"),
    ('\u{85}', "NEXT LINE"),
    ('\u{A0}', "NO-BREAK SPACE"),
    ('\u{AD}', "SOFT HYPHEN"),
    ('\u{34F}', "COMBINING GRAPHEME JOINER"),
    ('\u{61C}', "ARABIC LETTER MARK"),
    ('\u{115F}', "HANGUL CHOSEONG FILLER"),
    ('\u{1160}', "HANGUL JUNGSEONG FILLER"),
    ('\u{1680}', "OGHAM SPACE MARK"),
    ('\u{180E}', "MONGOLIAN VOWEL SEPARATOR"),
    ('\u{200B}', "ZERO WIDTH SPACE"),
    ('\u{200C}', "ZERO WIDTH NON-JOINER"),
    ('\u{200D}', "ZERO WIDTH JOINER"),
    ('\u{200E}', "LEFT-TO-RIGHT MARK"),
    ('\u{200F}', "RIGHT-TO-LEFT MARK"),
    ('\u{2028}', "LINE SEPARATOR"),
    ('\u{2029}', "PARAGRAPH SEPARATOR"),
    ('\u{202A}', "LEFT-TO-RIGHT EMBEDDING"),
    ('\u{202B}', "RIGHT-TO-LEFT EMBEDDING"),
    ('\u{202C}', "POP DIRECTIONAL FORMATTING"),
    ('\u{202D}', "LEFT-TO-RIGHT OVERRIDE"),
    ('\u{202E}', "RIGHT-TO-LEFT OVERRIDE"),
    ('\u{202F}', "NARROW NO-BREAK SPACE"),
    ('\u{205F}', "MEDIUM MATHEMATICAL SPACE"),
    ('\u{2060}', "WORD JOINER"),
    ('\u{2061}', "FUNCTION APPLICATION"),
    ('\u{2062}', "INVISIBLE TIMES"),
    ('\u{2063}', "INVISIBLE SEPARATOR"),
    ('\u{2064}', "INVISIBLE PLUS"),
    ('\u{2066}', "LEFT-TO-RIGHT ISOLATE"),
    ('\u{2067}', "RIGHT-TO-LEFT ISOLATE"),
    ('\u{2068}', "FIRST STRONG ISOLATE"),
    ('\u{2069}', "POP DIRECTIONAL ISOLATE"),
    ('\u{2800}', "BRAILLE PATTERN BLANK"),
    ('\u{3000}', "IDEOGRAPHIC SPACE"),
    ('\u{3164}', "HANGUL FILLER"),
    ('\u{FEFF}', "ZERO WIDTH NO-BREAK SPACE (byte order mark)"),
    ('\u{FFA0}', "HALFWIDTH HANGUL FILLER"),
    ('\u{FFF9}', "INTERLINEAR ANNOTATION ANCHOR"),
    ('\u{FFFC}', "OBJECT REPLACEMENT CHARACTER"),
    ('\u{FFFD}', "REPLACEMENT CHARACTER (the text was damaged on its way)"),
];

// Sorted by code point: the character, the ASCII one that it looks like, its name.
const LOOK_ALIKES: &[(char, char, &str)] = &[
    ('\u{AB}', '"', "LEFT-POINTING DOUBLE ANGLE QUOTATION MARK"),
    ('\u{B4}', '\'', "ACUTE ACCENT"),
    ('\u{BB}', '"', "RIGHT-POINTING DOUBLE ANGLE QUOTATION MARK"),
    ('\u{131}', 'i', "LATIN SMALL LETTER DOTLESS I"),
    ('\u{2BC}', '\'', "MODIFIER LETTER APOSTROPHE"),
    ('\u{37E}', ';', "GREEK QUESTION MARK"),
    ('\u{391}', 'A', "GREEK CAPITAL LETTER ALPHA"),
    ('\u{392}', 'B', "GREEK CAPITAL LETTER BETA"),
    ('\u{395}', 'E', "GREEK CAPITAL LETTER EPSILON"),
    ('\u{396}', 'Z', "GREEK CAPITAL LETTER ZETA"),
    ('\u{397}', 'H', "GREEK CAPITAL LETTER ETA"),
    ('\u{399}', 'I', "GREEK CAPITAL LETTER IOTA"),
    ('\u{39A}', 'K', "GREEK CAPITAL LETTER KAPPA"),
    ('\u{39C}', 'M', "GREEK CAPITAL LETTER MU"),
    ('\u{39D}', 'N', "GREEK CAPITAL LETTER NU"),
    ('\u{39F}', 'O', "GREEK CAPITAL LETTER OMICRON"),
    ('\u{3A1}', 'P', "GREEK CAPITAL LETTER RHO"),
    ('\u{3A4}', 'T', "GREEK CAPITAL LETTER TAU"),
    ('\u{3A5}', 'Y', "GREEK CAPITAL LETTER UPSILON"),
    ('\u{3A7}', 'X', "GREEK CAPITAL LETTER CHI"),
    ('\u{3B1}', 'a', "GREEK SMALL LETTER ALPHA"),
    ('\u{3B9}', 'i', "GREEK SMALL LETTER IOTA"),
    ('\u{3BD}', 'v', "GREEK SMALL LETTER NU"),
    ('\u{3BF}', 'o', "GREEK SMALL LETTER OMICRON"),
    ('\u{3C1}', 'p', "GREEK SMALL LETTER RHO"),
    ('\u{3C5}', 'u', "GREEK SMALL LETTER UPSILON"),
    ('\u{405}', 'S', "CYRILLIC CAPITAL LETTER DZE"),
    ('\u{406}', 'I', "CYRILLIC CAPITAL LETTER BYELORUSSIAN-UKRAINIAN I"),
    ('\u{408}', 'J', "CYRILLIC CAPITAL LETTER JE"),
    ('\u{410}', 'A', "CYRILLIC CAPITAL LETTER A"),
    ('\u{412}', 'B', "CYRILLIC CAPITAL LETTER VE"),
    ('\u{415}', 'E', "CYRILLIC CAPITAL LETTER IE"),
    ('\u{417}', '3', "CYRILLIC CAPITAL LETTER ZE"),
    ('\u{41A}', 'K', "CYRILLIC CAPITAL LETTER KA"),
    ('\u{41C}', 'M', "CYRILLIC CAPITAL LETTER EM"),
    ('\u{41D}', 'H', "CYRILLIC CAPITAL LETTER EN"),
    ('\u{41E}', 'O', "CYRILLIC CAPITAL LETTER O"),
    ('\u{420}', 'P', "CYRILLIC CAPITAL LETTER ER"),
    ('\u{421}', 'C', "CYRILLIC CAPITAL LETTER ES"),
    ('\u{422}', 'T', "CYRILLIC CAPITAL LETTER TE"),
    ('\u{423}', 'Y', "CYRILLIC CAPITAL LETTER U"),
    ('\u{425}', 'X', "CYRILLIC CAPITAL LETTER HA"),
    ('\u{430}', 'a', "CYRILLIC SMALL LETTER A"),
    ('\u{432}', 'B', "CYRILLIC SMALL LETTER VE"),
    ('\u{435}', 'e', "CYRILLIC SMALL LETTER IE"),
    ('\u{43A}', 'k', "CYRILLIC SMALL LETTER KA"),
    ('\u{43E}', 'o', "CYRILLIC SMALL LETTER O"),
    ('\u{440}', 'p', "CYRILLIC SMALL LETTER ER"),
    ('\u{441}', 'c', "CYRILLIC SMALL LETTER ES"),
    ('\u{443}', 'y', "CYRILLIC SMALL LETTER U"),
    ('\u{445}', 'x', "CYRILLIC SMALL LETTER HA"),
    ('\u{455}', 's', "CYRILLIC SMALL LETTER DZE"),
    ('\u{456}', 'i', "CYRILLIC SMALL LETTER BYELORUSSIAN-UKRAINIAN I"),
    ('\u{458}', 'j', "CYRILLIC SMALL LETTER JE"),
    ('\u{4BB}', 'h', "CYRILLIC SMALL LETTER SHHA"),
    ('\u{501}', 'd', "CYRILLIC SMALL LETTER KOMI DE"),
    ('\u{51B}', 'q', "CYRILLIC SMALL LETTER QA"),
    ('\u{51D}', 'w', "CYRILLIC SMALL LETTER WE"),
    ('\u{2010}', '-', "HYPHEN"),
    ('\u{2011}', '-', "NON-BREAKING HYPHEN"),
    ('\u{2012}', '-', "FIGURE DASH"),
    ('\u{2013}', '-', "EN DASH"),
    ('\u{2014}', '-', "EM DASH"),
    ('\u{2015}', '-', "HORIZONTAL BAR"),
    ('\u{2018}', '\'', "LEFT SINGLE QUOTATION MARK"),
    ('\u{2019}', '\'', "RIGHT SINGLE QUOTATION MARK"),
    ('\u{201A}', '\'', "SINGLE LOW-9 QUOTATION MARK"),
    ('\u{201B}', '\'', "SINGLE HIGH-REVERSED-9 QUOTATION MARK"),
    ('\u{201C}', '"', "LEFT DOUBLE QUOTATION MARK"),
    ('\u{201D}', '"', "RIGHT DOUBLE QUOTATION MARK"),
    ('\u{201E}', '"', "DOUBLE LOW-9 QUOTATION MARK"),
    ('\u{201F}', '"', "DOUBLE HIGH-REVERSED-9 QUOTATION MARK"),
    ('\u{2032}', '\'', "PRIME"),
    ('\u{2033}', '"', "DOUBLE PRIME"),
    ('\u{2039}', '\'', "SINGLE LEFT-POINTING ANGLE QUOTATION MARK"),
    ('\u{203A}', '\'', "SINGLE RIGHT-POINTING ANGLE QUOTATION MARK"),
    ('\u{2044}', '/', "FRACTION SLASH"),
    ('\u{2212}', '-', "MINUS SIGN"),
    ('\u{2215}', '/', "DIVISION SLASH"),
    ('\u{FE58}', '-', "SMALL EM DASH"),
];

#[cfg(test)]
mod tests {
    use super::*;
    use crate::settings::table::{
        ACCESS_KEY_SECRET, ACCESS_TOKEN, CLIENT_ID, CLIENT_SECRET, REGION, SCOPES, TOKEN_URL,
    };

    fn lines(setting: &Setting, text: &str) -> Vec<String> {
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
            ("\t", &["it has only invisible characters: U+0009 CHARACTER TABULATION"]),
        ];
        for (text, expected) in cases {
            assert_eq!(lines(&CLIENT_SECRET, text), *expected, "{text:?}");
        }
    }

    #[test]
    fn the_number_of_bad_characters_is_not_told() {
        let all = lines(&CLIENT_SECRET, &"\u{410}".repeat(40));
        assert_eq!(all.len(), SHOWN + 1);
        assert_eq!(all.last().unwrap(), "and more of them");
        let space = lines(&CLIENT_SECRET, &" ".repeat(40));
        assert_eq!(space.len(), 1);
    }

    #[test]
    fn what_a_rule_forbids_is_certain_and_the_rest_is_likely() {
        let cases = [
            (&CLIENT_SECRET, "canary ", Severity::Likely),
            (&CLIENT_SECRET, "canary\t", Severity::Certain),
            (&CLIENT_ID, "canary\u{E9}", Severity::Certain),
            (&ACCESS_KEY_SECRET, "canary\u{E9}", Severity::Likely),
            (&ACCESS_KEY_SECRET, "can\u{200B}ary", Severity::Certain),
            (&ACCESS_KEY_SECRET, "canary ", Severity::Likely),
            (&ACCESS_TOKEN, "canary token", Severity::Certain),
            (&SCOPES, "cxone:api ", Severity::Certain),
            (&SCOPES, "cxone\\api", Severity::Certain),
            (&SCOPES, "cxone\"api", Severity::Certain),
            (&TOKEN_URL, "https://example.com/oauth token", Severity::Certain),
            (&REGION, "na1.nice-incontact.com", Severity::Certain),
            (&CLIENT_SECRET, " ", Severity::Certain),
        ];
        for (setting, text, severity) in cases {
            assert_eq!(scan(setting, text).unwrap().0, severity, "{} {text:?}", setting.attribute);
        }
        assert_eq!(scan(&SCOPES, "cxone:api"), None);
        assert_eq!(scan(&ACCESS_TOKEN, "eyJ.a-b_c~+/=="), None);
        assert_eq!(scan(&CLIENT_ID, "App Name@Vendor:4711"), None);
        assert_eq!(scan(&CLIENT_SECRET, ""), None);
    }

    #[test]
    fn origins_fit_the_characters() {
        let (_, bad) = scan(&CLIENT_SECRET, "\u{FEFF}c\u{430}nary\r\n").unwrap();
        let origins = bad.origins();
        assert_eq!(origins.len(), 4, "{origins:?}");
        let (_, bad) = scan(&CLIENT_SECRET, "c\0a\0").unwrap();
        assert!(bad.origins()[0].contains("UTF-16"));
    }

    #[test]
    fn tables_are_sorted_so_that_they_can_be_searched() {
        assert!(HIDDEN.is_sorted_by_key(|entry| entry.0));
        assert!(LOOK_ALIKES.is_sorted_by_key(|entry| entry.0));
        assert!(LOOK_ALIKES.iter().all(|entry| entry.1.is_ascii_graphic()));
    }

    #[test]
    fn characters_are_named_by_code_point_name_and_look() {
        let cases = [
            ('\n', "U+000A LINE FEED"),
            (' ', "U+0020 SPACE"),
            ('\u{7F}', "U+007F DELETE"),
            ('\u{A0}', "U+00A0 NO-BREAK SPACE"),
            ('\u{200B}', "U+200B ZERO WIDTH SPACE"),
            ('\u{FEFF}', "U+FEFF ZERO WIDTH NO-BREAK SPACE (byte order mark)"),
            ('\u{410}', "U+0410 CYRILLIC CAPITAL LETTER A, which looks like the Latin letter A"),
            ('\u{201D}', "U+201D RIGHT DOUBLE QUOTATION MARK, which looks like the straight quotation mark"),
            ('\u{FF21}', "U+FF21 FULLWIDTH LATIN CAPITAL LETTER A, which looks like the Latin letter A"),
            ('\u{FF10}', "U+FF10 FULLWIDTH FORM, which looks like the digit 0"),
            ('\u{E9}', "U+00E9, a letter outside ASCII"),
            ('\u{1F600}', "U+1F600, not printable ASCII"),
        ];
        for (character, expected) in cases {
            assert_eq!(describe(character), expected);
        }
    }

    #[test]
    fn what_cannot_be_seen_is_hidden_and_ascii_is_plain() {
        for hidden in ['\t', '\r', '\u{85}', '\u{AD}', '\u{200B}', '\u{202E}', '\u{2009}', '\u{E0041}'] {
            assert_eq!(look(hidden), Look::Hidden, "{hidden:?}");
        }
        assert_eq!(look('\u{43E}'), Look::LooksLike('o'));
        assert!((' '..='~').all(|character| character == ' ' || look(character) == Look::Plain));
    }
}
