//! From the start of the process to its handshake line: in time, and in instructions.

use std::path::Path;
use std::process::{Command, Stdio};

use anyhow::{Context as _, ensure};

use super::Bench;
use super::contest::{Contestant, take_turns};
use super::figure::{Figure, Unit};
use super::stopwatch::until_first_line;
use super::table::Row;
use crate::{environment, report};

/// The handshake line against the first line of a core's version, and of the provider's own.
///
/// # Errors
/// When a program does not start.
pub(super) fn measure(bench: &Bench<'_>) -> anyhow::Result<Vec<Row>> {
    report::step("Start");
    let provider = &bench.programs.provider;
    let contestants: [Contestant<'_>; 4] = [
        Box::new(|| until_first_line(&mut plugin(bench, provider))),
        Box::new(|| until_first_line(&mut plugin(bench, &bench.programs.empty))),
        Box::new(|| until_first_line(&mut bench.playground.core(bench.playground.folder(), &["version"]))),
        Box::new(|| until_first_line(&mut command(provider, &["version"]))),
    ];
    let [handshake, empty, core, version] = take_turns(bench.runs, Unit::Milliseconds, contestants)?;
    let what = "start to handshake line";
    let mut rows = vec![
        Row::new(what, handshake).against("the core's `version`", core).within_ratio(0.06),
        Row::new(what, handshake).against("the provider's own `version`, which only prints", version),
        Row::new(what, handshake).against("the same of an empty provider", empty),
    ];
    rows.extend(in_instructions(bench)?);
    Ok(rows)
}

/// Where callgrind is installed, and a full device makes the provider end at its handshake line.
fn in_instructions(bench: &Bench<'_>) -> anyhow::Result<Option<Row>> {
    let Some(valgrind) = environment::on_path("valgrind").filter(|_| Path::new(FULL).exists()) else {
        report::detail("instructions not counted: valgrind is not installed");
        return Ok(None);
    };
    let provider = &bench.programs.provider;
    let handshake = instructions(bench, &valgrind, plugin(bench, provider))?;
    let version = instructions(bench, &valgrind, command(provider, &["version"]))?;
    let row = Row::new("instructions from start to handshake line", handshake);
    Ok(Some(row.against("the provider's own `version`", version)))
}

/// Millions of instructions until the end; a provider ends when nobody can be told its handshake.
fn instructions(bench: &Bench<'_>, valgrind: &Path, command: Command) -> anyhow::Result<Figure> {
    let log = bench.playground.folder().join("callgrind.log");
    let mut counted = Command::new(valgrind);
    counted
        .args(["--tool=callgrind", "--callgrind-out-file=/dev/null"])
        .arg(format!("--log-file={}", log.display()))
        .arg(command.get_program())
        .args(command.get_args())
        .env_remove("RUST_BACKTRACE")
        .envs(command.get_envs().filter_map(|(name, value)| Some((name, value?))));
    let full = std::fs::File::options().write(true).open(FULL)?;
    let output = counted.stdin(Stdio::null()).stdout(full).output().context("cannot start valgrind")?;
    let text = std::fs::read_to_string(&log).context("valgrind wrote no log")?;
    ensure!(output.status.code().is_some(), "the counted process was killed");
    let collected =
        text.lines().find_map(|line| line.split_once("Collected : ")).context("valgrind counted nothing")?;
    Ok(Figure::single(Unit::Instructions, collected.1.trim().parse::<f64>()? / 1e6))
}

/// The provider as a core starts it.
fn plugin(bench: &Bench<'_>, program: &Path) -> Command {
    let mut command = command(program, &[]);
    command
        .env("TF_PLUGIN_MAGIC_COOKIE", COOKIE)
        .env("PLUGIN_PROTOCOL_VERSIONS", "5,6")
        .env("PLUGIN_CLIENT_CERT", CERTIFICATE)
        // What the killed process leaves behind goes with the folder.
        .env("TMPDIR", bench.playground.folder());
    command
}

fn command(program: &Path, arguments: &[&str]) -> Command {
    let mut command = Command::new(program);
    command.args(arguments).env_remove("RUST_BACKTRACE");
    command
}

/// Takes no byte.
const FULL: &str = "/dev/full";

/// Not a secret: every core and every provider knows it.
const COOKIE: &str = "d602bf8f470bc67ca7faa0386276bbdd4330efaf76d1a219cb4d6991ca9872b2";

/// Of the kind that cores make: self-signed, a certificate authority, on P-521.
const CERTIFICATE: &str = include_str!("../../../crates/testkit/src/fixtures/host-p521.cert.pem");
