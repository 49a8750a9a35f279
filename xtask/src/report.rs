//! The output for people. A closed output is no reason to stop, so nothing here fails.

use std::io::Write as _;
use std::path::Path;
use std::process::Command;

/// Announces a step.
pub(crate) fn step(title: &str) {
    line(&format!("\n==> {title}"));
}

/// A detail of the current step.
pub(crate) fn detail(text: &str) {
    line(&format!("    {text}"));
}

/// An important message.
pub(crate) fn warning(text: &str) {
    line(&format!("\n!!! {text}\n"));
}

/// Plain text.
pub(crate) fn text(text: &str) {
    line(text);
}

/// The command line that is about to run.
pub(crate) fn command(command: &Command) {
    let program = Path::new(command.get_program()).file_name().unwrap_or(command.get_program());
    let words = std::iter::once(program).chain(command.get_args()).map(|word| word.to_string_lossy());
    detail(&format!("$ {}", words.collect::<Vec<_>>().join(" ")));
}

/// The reason of a failure.
pub(crate) fn failure(error: &anyhow::Error) {
    let _ = writeln!(std::io::stderr(), "\nerror: {error:#}");
}

fn line(text: &str) {
    let _ = writeln!(std::io::stdout(), "{text}");
}
