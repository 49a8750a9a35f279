//! The shape of a diagnostic's detail inside Terraform's error box.
//!
//! Terraform wraps a line that starts at the margin to the terminal's width, and leaves indented lines alone. So each
//! paragraph is one line, and lists are indented and wrapped here.

use std::borrow::Cow;

use plugin::{AttributePath, Diagnostic};

/// A diagnostic with one paragraph, or with a [`Detail`].
pub(crate) fn diagnostic(
    summary: impl Into<Cow<'static, str>>,
    detail: impl Into<Detail>,
    attribute: AttributePath,
) -> Diagnostic {
    Diagnostic { summary: summary.into(), detail: detail.into().finish().into(), attribute }
}

/// A detail under construction. Its parts are separated by empty lines.
#[derive(Debug, Default)]
pub(crate) struct Detail {
    parts: Vec<String>,
}

impl Detail {
    /// Adds a paragraph, unless it is empty.
    pub(crate) fn paragraph(&mut self, text: impl Into<String>) -> &mut Self {
        let text = text.into();
        if !text.is_empty() {
            self.parts.push(text);
        }
        self
    }

    /// Adds a heading and a dashed list, unless the list is empty.
    pub(crate) fn bullets(&mut self, heading: &str, items: &[String]) -> &mut Self {
        self.list(heading, items.iter().map(|item| ("- ".to_owned(), item.as_str())).collect())
    }

    /// Adds headings with indented lines below, without empty lines between them. A heading without lines is left out.
    pub(crate) fn sections(&mut self, sections: &[(&str, &[String])]) -> &mut Self {
        let sections = sections.iter().filter(|(_, lines)| !lines.is_empty());
        let texts = sections.map(|(heading, lines)| {
            let lines = lines.iter().map(|line| wrap(line, "  "));
            std::iter::once((*heading).to_owned()).chain(lines).collect::<Vec<_>>().join("\n")
        });
        let text = texts.collect::<Vec<_>>().join("\n");
        self.paragraph(text)
    }

    /// Adds a line to the last part.
    pub(crate) fn last_line(&mut self, line: &str) -> &mut Self {
        match self.parts.last_mut() {
            Some(part) => {
                part.push('\n');
                part.push_str(line);
                self
            }
            None => self.paragraph(line),
        }
    }

    pub(crate) fn finish(self) -> String {
        self.parts.join("\n\n")
    }

    fn list(&mut self, heading: &str, items: Vec<(String, &str)>) -> &mut Self {
        if items.is_empty() {
            return self;
        }
        let lines = items.iter().map(|(marker, text)| wrap(text, &format!("  {marker}")));
        let lines: Vec<String> =
            std::iter::once(heading.to_owned()).filter(|line| !line.is_empty()).chain(lines).collect();
        self.parts.push(lines.join("\n"));
        self
    }
}

impl From<String> for Detail {
    fn from(paragraph: String) -> Self {
        [paragraph].into()
    }
}

impl<const N: usize> From<[String; N]> for Detail {
    fn from(paragraphs: [String; N]) -> Self {
        let mut detail = Self::default();
        for paragraph in paragraphs {
            detail.paragraph(paragraph);
        }
        detail
    }
}

impl From<&str> for Detail {
    fn from(paragraph: &str) -> Self {
        paragraph.to_owned().into()
    }
}

/// `text` with a period, unless a question mark ends it.
pub fn sentence(text: String) -> String {
    if text.ends_with('?') { text } else { text + "." }
}

/// `a`, `a and b`, `a, b and c`.
pub(crate) fn listed<T: AsRef<str>>(items: &[T], conjunction: &str) -> String {
    let items: Vec<_> = items.iter().map(AsRef::as_ref).collect();
    match items.as_slice() {
        [] => String::new(),
        [one] => (*one).to_owned(),
        [first @ .., last] => format!("{} {conjunction} {last}", first.join(", ")),
    }
}

/// `text` for a sentence: unchanged if it is visible ASCII, else quoted, escaped and cut.
pub(crate) fn shown(text: &str) -> Cow<'_, str> {
    // These four could be read as part of the sentence around the name.
    let plain = |byte: u8| byte.is_ascii_graphic() && !matches!(byte, b'"' | b'\\' | b'`' | b',');
    if !text.is_empty() && text.len() <= MAX_NAME && text.bytes().all(plain) {
        return text.into();
    }
    let (cut, mark) = match text.char_indices().nth(MAX_NAME) {
        Some((end, _)) => (&text[..end], "…"),
        None => (text, ""),
    };
    format!("\"{}{mark}\"", cut.escape_default()).into()
}

/// `text` with control and direction characters escaped, cut at [`LONGEST`] characters.
///
/// Server responses are capped, escaped and masked where they are read. This is a second defence.
pub(crate) fn escaped(text: &str) -> String {
    let mut safe = String::with_capacity(text.len());
    for (index, character) in text.chars().enumerate() {
        if index == LONGEST {
            safe.push('…');
            break;
        }
        // They could move the cursor, reverse the text, or hide a part of it.
        if character.is_control() || is_invisible(character) {
            safe.extend(character.escape_unicode());
        } else {
            safe.push(character);
        }
    }
    safe
}

/// [`escaped`], in quotation marks.
pub(crate) fn quoted(text: &str) -> String {
    format!("\"{}\"", escaped(text))
}

/// The number of edits between two texts: a letter added, dropped, replaced or exchanged with its neighbour.
pub(crate) fn distance(one: &str, other: &str) -> usize {
    let (one, other): (Vec<char>, Vec<char>) = (one.chars().collect(), other.chars().collect());
    let mut rows: Vec<Vec<usize>> = vec![(0..=other.len()).collect()];
    for i in 1..=one.len() {
        let mut row = vec![i];
        for j in 1..=other.len() {
            let replaced = rows[i - 1][j - 1] + usize::from(one[i - 1] != other[j - 1]);
            let mut least = replaced.min(rows[i - 1][j] + 1).min(row[j - 1] + 1);
            // Two letters in the wrong order are one typing error, so they count as one edit.
            if i > 1 && j > 1 && one[i - 1] == other[j - 2] && one[i - 2] == other[j - 1] {
                least = least.min(rows[i - 2][j - 2] + 1);
            }
            row.push(least);
        }
        rows.push(row);
    }
    rows[one.len()][other.len()]
}

fn is_invisible(character: char) -> bool {
    matches!(character, '\u{AD}' | '\u{200B}'..='\u{200F}' | '\u{2028}'..='\u{202E}')
        || matches!(character, '\u{2060}'..='\u{2069}' | '\u{FEFF}')
}

// About four lines of a terminal: enough for a server's sentence.
const LONGEST: usize = 300;

/// Breaks `text` at spaces into lines of at most [`WIDTH`] columns. Later lines are indented to the start of the text.
pub(crate) fn wrap(text: &str, marker: &str) -> String {
    let indent = marker.chars().count();
    let mut lines = String::from(marker);
    let mut column = indent;
    for word in text.split(' ').filter(|word| !word.is_empty()) {
        let width = word.chars().count();
        if column > indent && column + 1 + width > WIDTH {
            lines.push('\n');
            lines.push_str(&" ".repeat(indent));
            column = indent;
        } else if column > indent {
            lines.push(' ');
            column += 1;
        }
        lines.push_str(word);
        column += width;
    }
    lines
}

// 80 columns, less Terraform's box and a margin.
const WIDTH: usize = 76;

// A line and a half of a terminal. The names come from configurations and servers, and can be longer.
const MAX_NAME: usize = 120;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lists_are_wrapped_and_hang_under_their_marker() {
        let mut detail = Detail::default();
        let long = "one two three four five six seven eight nine ten eleven twelve thirteen fourteen";
        detail.paragraph("A paragraph.").sections(&[
            ("Request", &[long.into(), "short".into()]),
            ("Response", &[]),
            ("Certificate", &["expired".into()]),
        ]);
        detail.bullets("Causes:", &[long.into(), "short".into()]).last_line("The end.");
        insta::assert_snapshot!(detail.finish(), @r"
        A paragraph.

        Request
          one two three four five six seven eight nine ten eleven twelve thirteen
          fourteen
          short
        Certificate
          expired

        Causes:
          - one two three four five six seven eight nine ten eleven twelve thirteen
            fourteen
          - short
        The end.
        ");
    }

    #[test]
    fn distances_count_the_usual_slips() {
        let cases =
            [("", "", 0), ("abc", "abc", 0), ("secret", "secrt", 1), ("secret", "secert", 1), ("na1", "nal", 1)];
        for (one, other, expected) in cases {
            assert_eq!((distance(one, other), distance(other, one)), (expected, expected), "{one} {other}");
        }
        assert_eq!(distance("", "abc"), 3);
    }

    #[test]
    fn a_word_longer_than_the_line_stays_whole() {
        let long = format!("https://{}", "a".repeat(100));
        assert_eq!(wrap(&format!("see {long} now"), "  - "), format!("  - see\n    {long}\n    now"));
    }

    #[test]
    fn parts_without_content_leave_no_gap() {
        let mut detail = Detail::default();
        detail.paragraph("").bullets("Nothing:", &[]).paragraph("text");
        assert_eq!(detail.finish(), "text");
    }

    #[test]
    fn control_and_direction_characters_are_escaped_and_length_is_capped() {
        assert_eq!(escaped("a\u{1b}[31mb\u{202e}c\n"), "a\\u{1b}[31mb\\u{202e}c\\u{a}");
        assert_eq!(escaped(&"x".repeat(400)).chars().count(), LONGEST + 1);
        assert_eq!(quoted("Zürich"), "\"Zürich\"");
    }
}
