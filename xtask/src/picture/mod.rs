//! Pictures of a terminal, as SVG, from text with ANSI colours.

mod ansi;

pub use ansi::{Span, Style, spans};

/// A window that shows `command` and what it printed.
pub fn render(command: &str, output: &str) -> String {
    let mut lines = vec![vec![
        Span { text: "$ ".to_owned(), style: Style { bold: false, colour: Some(PROMPT) } },
        Span { text: command.to_owned(), style: Style { bold: true, colour: None } },
    ]];
    lines.extend(spans(output));
    let longest = lines.iter().map(|line| line.iter().map(|span| span.text.chars().count()).sum()).max();
    let width = 2 * MARGIN + longest.unwrap_or(0) * COLUMN_TENTHS / 10 + 1;
    let height = 2 * MARGIN + lines.len() * LINE;
    let rows: String = lines.iter().enumerate().map(|(row, line)| text_row(row, line)).collect();
    format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {width} {height}\" width=\"{width}\" \
         height=\"{height}\" role=\"img\" aria-label=\"{label}\">\n\
         <rect width=\"100%\" height=\"100%\" rx=\"8\" fill=\"#1b1f27\"/>\n\
         <g font-family=\"ui-monospace, SFMono-Regular, Menlo, Consolas, 'DejaVu Sans Mono', monospace\" \
         font-size=\"13\" fill=\"#d7dce4\" xml:space=\"preserve\">\n{rows}</g>\n</svg>\n",
        label = escape(command),
    )
}

/// One `text` element; each span stands at the column where it belongs, whatever the font's width is.
fn text_row(row: usize, line: &[Span]) -> String {
    let baseline = MARGIN + row * LINE + 13;
    let mut column = 0;
    let mut spans = String::new();
    for Span { text, style } in line {
        let length = text.chars().count();
        if !text.trim().is_empty() {
            let at = MARGIN * 10 + column * COLUMN_TENTHS;
            let width = length * COLUMN_TENTHS;
            let weight = if style.bold { " font-weight=\"bold\"" } else { "" };
            let fill = style.colour.map(|colour| format!(" fill=\"{colour}\"")).unwrap_or_default();
            spans.push_str(&format!(
                "<tspan x=\"{}.{}\" textLength=\"{}.{}\"{weight}{fill}>{}</tspan>",
                at / 10,
                at % 10,
                width / 10,
                width % 10,
                escape(text)
            ));
        }
        column += length;
    }
    if spans.is_empty() { String::new() } else { format!("<text y=\"{baseline}\">{spans}</text>\n") }
}

fn escape(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}

/// Pixels around the text.
const MARGIN: usize = 16;
/// Pixels from one line to the next.
const LINE: usize = 18;
/// Tenths of a pixel from one column to the next.
const COLUMN_TENTHS: usize = 78;
const PROMPT: &str = "#7fd1a0";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_line_is_a_row_with_its_colours_and_nothing_unescaped() {
        let svg = render("plan", "\u{1b}[31m│\u{1b}[0m a < \"b\" & c\n\n\u{1b}[1m\u{1b}[32m+\u{1b}[0m done");
        assert!(
            svg.contains("<text y=\"47\"><tspan x=\"16.0\" textLength=\"7.8\" fill=\"#f47c7c\">│</tspan>"),
            "{svg}"
        );
        assert!(svg.contains(" a &lt; &quot;b&quot; &amp; c</tspan>"), "{svg}");
        assert!(
            svg.contains("<text y=\"83\"><tspan x=\"16.0\" textLength=\"7.8\" font-weight=\"bold\" fill=\"#7fd1a0\">+")
        );
        assert_eq!(svg.matches("<text").count(), 3, "an empty line has no element");
    }
}
