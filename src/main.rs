//! The provider's program: a plugin when a core starts it, a small command line for people.

use std::io;
use std::io::{IsTerminal, Write};
use std::process::ExitCode;
use std::time::Duration;

use anyhow::Context;
use oauth::Clock;
use terraform_provider_cxone::command_line::{Arguments, Command, HINT};
use terraform_provider_cxone::settings::environment::Environment;
use terraform_provider_cxone::{doctor, provider, token_command};

fn main() -> anyhow::Result<ExitCode> {
    let arguments = Arguments::from_process();
    match arguments.command {
        None => in_runtime(serve(arguments.debug)),
        Some(Command::Doctor(options)) => in_runtime(examine(&options)),
        Some(Command::Token(options)) => in_runtime(print_token(&options)),
        // Can replace this process by another program, so no runtime may exist yet.
        Some(Command::Sandbox(command)) => Ok(command.run()),
        Some(Command::Version) => {
            writeln!(io::stdout(), "terraform-provider-cxone {}", env!("CARGO_PKG_VERSION"))?;
            Ok(ExitCode::SUCCESS)
        }
    }
}

fn in_runtime(task: impl Future<Output = anyhow::Result<ExitCode>>) -> anyhow::Result<ExitCode> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let outcome = runtime.block_on(task);
    // A name look-up can still block a thread, but must not exceed the two seconds that a core grants.
    runtime.shutdown_timeout(Duration::from_millis(100));
    outcome
}

async fn serve(debug: bool) -> anyhow::Result<ExitCode> {
    let environment = plugin::Environment::from_process("cxone");
    let launch = match plugin::Launch::from_environment(&environment) {
        _ if debug => plugin::Launch::standalone("cxone-tools/cxone"),
        Ok(launch) => launch,
        Err(refused) => {
            writeln!(io::stderr(), "{refused}\n\n{HINT}")?;
            return Ok(ExitCode::FAILURE);
        }
    };
    plugin::install_logging(&environment, &["terraform_provider_cxone", "oauth"]);
    let factory = || provider::CxoneProvider::new(Environment::from_process(), Clock::System);
    plugin::serve(factory, launch, io::stdout()).await.context("the provider could not be served")?;
    Ok(ExitCode::SUCCESS)
}

async fn examine(options: &doctor::Options) -> anyhow::Result<ExitCode> {
    let environment = Environment::from_process();
    let style = doctor::Style::for_output(io::stdout().is_terminal(), &environment);
    let outcome =
        doctor::run(options, &environment, Clock::System, style, &mut io::stdout(), &mut io::stderr()).await?;
    Ok(ExitCode::from(outcome.exit_code()))
}

async fn print_token(options: &token_command::Options) -> anyhow::Result<ExitCode> {
    let environment = Environment::from_process();
    let outcome =
        token_command::run(options, &environment, Clock::System, &mut io::stdout(), &mut io::stderr()).await?;
    Ok(ExitCode::from(outcome.exit_code()))
}
