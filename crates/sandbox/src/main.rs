//! The stand-in as a program: `cxone-sandbox`.

use std::io::Write as _;
use std::process::ExitCode;

use clap::Parser as _;

fn main() -> ExitCode {
    match sandbox::run(&sandbox::Options::parse()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            // Nothing is left to do when even stderr is gone.
            let _ = writeln!(std::io::stderr(), "cxone-sandbox: {error:#}");
            ExitCode::FAILURE
        }
    }
}
