//! The toy provider as a program, for tests of a whole process.
#![expect(clippy::unwrap_used, reason = "a failed set-up step is a failed test")]

mod provider;

use std::io;
use std::io::Write;
use std::process::ExitCode;

use provider::Toy;

fn main() -> ExitCode {
    let environment = plugin::Environment::from_process("toy");
    let launch = match plugin::Launch::from_environment(&environment) {
        _ if std::env::args().any(|argument| argument == "--debug") => plugin::Launch::standalone("example/toy"),
        Ok(launch) => launch,
        Err(refused) => {
            _ = writeln!(io::stderr(), "{refused}");
            return ExitCode::FAILURE;
        }
    };
    plugin::install_logging(&environment, &["toy"]);
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(plugin::serve(|| Toy::named("toy"), launch, io::stdout())).unwrap();
    ExitCode::SUCCESS
}
