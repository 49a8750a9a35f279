//! Text with ANSI escape sequences, as lines of styled spans.

/// Text of one style.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Span {
    /// The text, without line ends and escape sequences.
    pub text: String,
    /// How it looks.
    pub style: Style,
}

/// How text looks.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Style {
    /// Whether it is bold.
    pub bold: bool,
    /// Its colour as in SVG; `None` for that of plain text.
    pub colour: Option<&'static str>,
}

/// The lines of `text`. Sequences other than those for colour and weight are dropped.
pub fn spans(text: &str) -> Vec<Vec<Span>> {
    let mut style = Style::default();
    text.lines().map(|line| line_spans(line, &mut style)).collect()
}

fn line_spans(line: &str, style: &mut Style) -> Vec<Span> {
    let mut spans: Vec<Span> = Vec::new();
    let mut parts = line.split("\u{1b}[");
    push(&mut spans, parts.next().unwrap_or_default(), *style);
    for part in parts {
        let Some(end) = part.find(|letter: char| letter.is_ascii_alphabetic()) else { continue };
        let (codes, rest) = part.split_at(end);
        if rest.starts_with('m') {
            codes.split(';').for_each(|code| style.apply(code));
        }
        push(&mut spans, &rest[1..], *style);
    }
    spans
}

fn push(spans: &mut Vec<Span>, text: &str, style: Style) {
    match spans.last_mut() {
        _ if text.is_empty() => {}
        Some(last) if last.style == style => last.text.push_str(text),
        _ => spans.push(Span { text: text.to_owned(), style }),
    }
}

impl Style {
    fn apply(&mut self, code: &str) {
        match code {
            "" | "0" => *self = Self::default(),
            "1" => self.bold = true,
            "22" => self.bold = false,
            "39" => self.colour = None,
            _ => {
                if let Some((_, colour)) = COLOURS.iter().find(|(known, _)| *known == code) {
                    self.colour = Some(colour);
                }
            }
        }
    }
}

const COLOURS: [(&str, &str); 8] = [
    ("31", "#f47c7c"),
    ("32", "#7fd1a0"),
    ("33", "#e8c56b"),
    ("34", "#7fb2f0"),
    ("35", "#c9a0e8"),
    ("36", "#7fd6d6"),
    ("90", "#8a93a3"),
    ("37", "#d7dce4"),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn colours_last_until_they_are_reset_and_other_sequences_are_dropped() {
        let lines = spans("a\u{1b}[1;31mb\u{1b}[2Kc\nd\u{1b}[0me\u{1b}[22m\u{1b}[39m");
        let red = Style { bold: true, colour: Some("#f47c7c") };
        let span = |text: &str, style| Span { text: text.to_owned(), style };
        assert_eq!(
            lines,
            [vec![span("a", Style::default()), span("bc", red)], vec![span("d", red), span("e", Style::default())],]
        );
    }
}
