//! Captured output without what differs from run to run.

use xtask::picture;

/// Without the core's note on development overrides, with a fixed port and fixed times.
pub(super) fn settle(output: &str) -> String {
    let output = without_overrides_note(output);
    let output = replace_after(&output, "127.0.0.1:", char::is_numeric, "8080");
    let output = replace_after(&output, "x-request-id  sandbox-", char::is_numeric, "1");
    let output = replace_after(&output, "complete after ", char::is_numeric, "0");
    let times = output.split_inclusive(['"', ' ', '\n']).map(settle_time);
    let text: String = times.collect();
    text.trim_matches('\n').to_owned() + "\n"
}

/// Without colours.
pub(super) fn plain(output: &str) -> String {
    picture::spans(output)
        .into_iter()
        .map(|line| line.into_iter().map(|span| span.text).collect::<String>() + "\n")
        .collect()
}

/// The core warns of development overrides at each run: a box of its own, from `╷` to `╵`.
fn without_overrides_note(output: &str) -> String {
    let mut kept = Vec::new();
    let mut note = None;
    for line in output.lines() {
        let plain = plain(line);
        if plain.starts_with('╷') {
            note = Some((vec![line], false));
        } else if let Some((lines, is_note)) = &mut note {
            lines.push(line);
            *is_note |= plain.contains("Provider development overrides are in effect");
            if plain.starts_with('╵') {
                kept.extend(if *is_note { Vec::new() } else { std::mem::take(lines) });
                note = None;
            }
        } else {
            kept.push(line);
        }
    }
    kept.extend(note.map(|(lines, _)| lines).unwrap_or_default());
    kept.join("\n") + "\n"
}

/// The text with the run of `digits` after each `mark` replaced, where there is one.
fn replace_after(text: &str, mark: &str, digits: fn(char) -> bool, by: &str) -> String {
    let mut parts = text.split(mark);
    let first = parts.next().unwrap_or_default().to_owned();
    parts.fold(first, |settled, part| {
        let rest = part.trim_start_matches(digits);
        settled + mark + if rest.len() < part.len() { by } else { "" } + rest
    })
}

/// A time in RFC 3339 becomes a fixed one; other words stay.
fn settle_time(word: &str) -> String {
    let is_time = word.len() >= TIME.len()
        && word
            .bytes()
            .zip(TIME.bytes())
            .all(|(one, other)| one == other || (one.is_ascii_digit() && other.is_ascii_digit()));
    if is_time { format!("{TIME}{}", &word[TIME.len()..]) } else { word.to_owned() }
}

const TIME: &str = "2026-01-01T09:00:00Z";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_differs_from_run_to_run_is_settled() {
        let output = "\u{1b}[33m╷\u{1b}[0m\n│ Warning: Provider development overrides are in effect\n│ more\n╵\n\
            ╷\n│ Error: at http://127.0.0.1:39999/oauth\n╵\nOpening complete after 1s\n+ at = \"2026-11-23T01:02:03Z\"\n";
        let expected = "╷\n│ Error: at http://127.0.0.1:8080/oauth\n╵\nOpening complete after 0s\n+ at = \"2026-01-01T09:00:00Z\"\n";
        assert_eq!(settle(output), expected);
        assert_eq!(plain("\u{1b}[1mbold\u{1b}[0m text"), "bold text\n");
    }
}
