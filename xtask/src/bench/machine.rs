//! What the figures were taken on.

use std::process::Command;

use crate::environment;
use crate::terraform::Core;

/// One paragraph: when, from which commit, built how, on which machine and system, with which core, and how busy it
/// was.
pub(super) fn describe(core: &Core, target: Option<&str>, load_before: &str) -> String {
    let built =
        target.map_or_else(|| "as cargo builds it here".to_owned(), |target| format!("as released for {target}"));
    let commit = said("git", &["rev-parse", "--short", "HEAD"]);
    let day = said("date", &["-u", "+%Y-%m-%d"]);
    let compiler = said("rustc", &["--version"]);
    let processor = field("/proc/cpuinfo", "model name").unwrap_or_else(|| std::env::consts::ARCH.to_owned());
    let cores = std::thread::available_parallelism().map_or(1, usize::from);
    let memory = field("/proc/meminfo", "MemTotal").and_then(|text| gigabytes(&text)).unwrap_or_default();
    let system = std::fs::read_to_string("/proc/sys/kernel/osrelease").unwrap_or_default();
    format!(
        "{day}, commit {commit}, {compiler}, {built}. {processor}, {cores} cores, {memory}{} {}. {core}. Load (1 minute) {load_before} \
         before and {} after.",
        std::env::consts::OS,
        system.trim(),
        load()
    )
}

/// The load of the last minute; `unknown` where the system does not tell.
pub(super) fn load() -> String {
    let text = std::fs::read_to_string("/proc/loadavg").unwrap_or_default();
    text.split(' ').next().filter(|load| !load.is_empty()).unwrap_or("unknown").to_owned()
}

/// The first line that a program prints; `unknown` when it cannot be asked.
fn said(program: &str, arguments: &[&str]) -> String {
    let output = Command::new(program).args(arguments).current_dir(environment::root()).output();
    let text = output.map(|output| String::from_utf8_lossy(&output.stdout).into_owned()).unwrap_or_default();
    text.lines().next().unwrap_or("unknown").to_owned()
}

/// The value of the first `name : value` line of a file.
fn field(path: &str, name: &str) -> Option<String> {
    let text = std::fs::read_to_string(path).ok()?;
    let value = text.lines().find_map(|line| line.strip_prefix(name)?.trim_start().strip_prefix(':'))?;
    Some(value.trim().to_owned())
}

/// `24681234 kB` as `25 GB, `.
fn gigabytes(text: &str) -> Option<String> {
    let kilobytes: u64 = text.strip_suffix(" kB")?.parse().ok()?;
    Some(format!("{} GB, ", (kilobytes + 488_281) / 976_562))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn memory_is_rounded_to_gigabytes() {
        assert_eq!(gigabytes("24684032 kB").as_deref(), Some("25 GB, "));
        assert_eq!(gigabytes("much"), None);
    }

    #[test]
    fn a_program_that_is_not_there_says_nothing() {
        assert_eq!(said("no-program-has-this-name", &[]), "unknown");
    }
}
