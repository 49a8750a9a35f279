//! The command `sandbox` of a program, and its command `run`.

use std::ffi::OsString;
use std::io::Write as _;
use std::process::ExitCode;

use anyhow::Context as _;

use crate::options::{Bounds, Service};
use crate::sandbox::Sandbox;
use crate::{banner, hosted, lifetime, server};

/// A strict stand-in for the CXone token service, on loopback.
///
/// It answers POST /oauth/token (and /auth/token) the way a careful token service does:
/// form bodies only, HTTP Basic by default, known scopes only. JSON bodies, wrong credentials,
/// missing or repeated parameters and unknown scopes are refused with the errors of RFC 6749.
/// Tokens are real JWTs (ES256, key made at each start) or opaque text. With access keys
/// configured it also serves the password grant and the regional JSON service, and it
/// publishes CXone's discovery documents.
///
/// The first line on standard output is one JSON object with address, token_url,
/// access_key_url, issuer, control_url, client_id, access_key_id and pid; the HCL to use follows.
#[derive(Debug, clap::Args)]
#[command(
    args_conflicts_with_subcommands = true,
    subcommand_value_name = "COMMAND",
    after_long_help = CONTROL_HELP,
    verbatim_doc_comment
)]
pub struct Command {
    #[command(flatten)]
    service: Service,

    #[command(flatten)]
    bounds: Bounds,

    #[command(subcommand)]
    action: Option<Action>,
}

#[derive(Debug, clap::Subcommand)]
enum Action {
    /// Start a sandbox, run a program against it, and stop it
    ///
    /// The program finds the sandbox in its environment: CXONE_TOKEN_URL, CXONE_CLIENT_ID, CXONE_CLIENT_SECRET and
    /// CXONE_SCOPES (with --grant-type, CXONE_GRANT_TYPE and the access key's pair too), and CXONE_SANDBOX_URL, the
    /// address to control it by. Every other CXONE_ variable is cleared, so that nothing reaches the real CXone by
    /// mistake. The program takes this one's place: signals, the terminal and the exit code are its own.
    #[command(after_help = RUN_HELP)]
    Run(Run),
}

#[derive(Debug, clap::Args)]
struct Run {
    #[command(flatten)]
    service: Service,

    /// The program and its arguments.
    #[arg(last = true, required = true, value_name = "CMD")]
    program: Vec<OsString>,
}

impl Command {
    /// Carries the command out; what goes wrong is told on standard error.
    ///
    /// `run` starts this very program again for the sandbox, as `PROGRAM sandbox …`, and takes over its own process for
    /// the program that it runs: nothing may be running in it yet.
    pub fn run(&self) -> ExitCode {
        match &self.action {
            Some(Action::Run(run)) => hosted::run(&run.service, &run.program),
            None => match serve(&self.service, &self.bounds) {
                Ok(()) => ExitCode::SUCCESS,
                Err(error) => {
                    // Nothing is left to do when even stderr is gone.
                    let _ = writeln!(std::io::stderr(), "error: {error:#}");
                    ExitCode::FAILURE
                }
            },
        }
    }
}

/// Serves until a signal, the time given or the end of the parent stops it.
fn serve(service: &Service, bounds: &Bounds) -> anyhow::Result<()> {
    let config = service.config()?;
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().context("cannot start")?;
    runtime.block_on(async {
        let ending = lifetime::Ending::prepare(bounds.stop_after, bounds.exit_with_parent)?;
        let listener = server::listen(service.listen()).await?;
        let sandbox = Sandbox::try_new(config, listener.local_addr()?, service.recording())?;
        banner::print(&sandbox, service.grant(), bounds.stop_after)?;
        tokio::select! {
            () = server::serve(listener, sandbox) => {}
            () = ending.wait() => {}
        }
        Ok(())
    })
}

const CONTROL_HELP: &str = "\
CONTROL (JSON, same address):
  GET    /_sandbox/requests       what was asked, oldest first; credentials masked unless --record-secrets
  GET    /_sandbox/counters       exchanges, granted, refused, by error and by client
  POST   /_sandbox/reset          forget requests, counters and faults; clients stay
  PUT    /_sandbox/clients/{id}   change or add a client; members left out stay as they are
  DELETE /_sandbox/clients/{id}   forget a client
  PUT    /_sandbox/access-keys/{id}/role
                                  change the role of an access key's employee; members left out stay as they are
  PUT    /_sandbox/fault          for the next answers: {\"count\":2,\"status\":503,\"headers\":{\"retry-after\":\"1\"},
                                  \"body\":\"\",\"delay_ms\":0,\"close\":false}, or a list of such objects;
                                  without status and close the true answer follows after the delay
  DELETE /_sandbox/fault          no more faults

CONFIGURATION FILE (every member optional):
  {\"issuer\":\"…\",\"api_endpoint\":\"…\",\"tenant_id\":\"…\",\"area\":\"na1\",\"cluster\":\"B32\",\"business_unit\":1,
   \"access_keys\":[{\"access_key_id\":\"…\",\"access_key_secret\":\"…\",
     \"role\":{\"id\":\"…\",\"legacy_id\":\"…\",\"last_update_time\":1700000000000,\"secondary_roles\":[]}}],
   \"clients\":[{\"client_id\":\"…\",\"client_secret\":\"…\",\"scopes\":[\"cxone:api\"],\"extra_scopes\":[],
     \"grants\":[\"client_credentials\",\"password\"],
     \"authentication\":\"client_secret_basic|client_secret_post|any\",\"basic_encoding\":\"raw|rfc6749\",
     \"unknown_scopes\":\"refuse|narrow|ignore\",\"scope_in_answer\":\"text|array|empty|omit\",\"scope_claim\":true,
     \"token_format\":\"jwt|opaque\",\"jwt_type\":\"JWT|at+jwt\",\"token_type\":\"Bearer\",\"expires_in\":3600,
     \"expires_in_form\":\"number|float|text|omit\",\"claims\":{\"name\":\"added, or null to leave one out\"}}]}
  narrow refuses (invalid_scope) when no scope would be left.

EXAMPLES:
  terraform-provider-cxone sandbox
  terraform-provider-cxone sandbox --client-id ci --client-secret not-real --scopes 'cxone:api cxone:admin'
  terraform-provider-cxone sandbox run -- terraform test";

const RUN_HELP: &str = "\
Exit codes: those of the program; 125 when the sandbox cannot start, 126 when the program cannot be run, 127 when there
is none of that name.

Example:
  terraform-provider-cxone sandbox run --scopes 'cxone:api cxone:reports' -- terraform test";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_command_line_is_consistent() {
        use clap::Args as _;
        Command::augment_args(clap::Command::new("sandbox")).debug_assert();
    }
}
