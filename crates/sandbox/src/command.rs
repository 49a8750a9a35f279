//! The command `sandbox` of a program, and its subcommand `run`.

use std::ffi::OsString;
use std::io::Write as _;
use std::process::ExitCode;

use anyhow::Context as _;

use crate::options::{Bounds, Service};
use crate::sandbox::Sandbox;
use crate::{banner, hosted, lifetime, server};

/// Run a local stand-in for the CXone token service, for tests
///
/// The sandbox serves POST /oauth/token (and /auth/token) as a careful token service does: it
/// accepts form bodies, HTTP Basic (the default) and known scopes only. It rejects JSON bodies,
/// wrong credentials, missing or repeated parameters and unknown scopes with the errors of
/// RFC 6749. Tokens are real JWTs (ES256, a new key at each start) or opaque text. With access
/// keys, the sandbox also serves the password grant and the regional JSON service. It publishes
/// CXone's discovery documents.
///
/// The first line on standard output is one JSON object with address, token_url,
/// access_key_url, issuer, control_url, client_id, access_key_id and pid. A provider block for
/// the sandbox follows.
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
    /// address of the control API. Every other CXONE_ variable is removed, so that no request reaches the real CXone by
    /// mistake. The program replaces this process: it gets all signals and the terminal, and its exit code is returned.
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
    /// Runs the command. Errors go to standard error.
    ///
    /// `run` starts this program again as `PROGRAM sandbox …`, and then replaces this process by the other program. So
    /// no threads may be running yet.
    pub fn run(&self) -> ExitCode {
        match &self.action {
            Some(Action::Run(run)) => hosted::run(&run.service, &run.program),
            None => match serve(&self.service, &self.bounds) {
                Ok(()) => ExitCode::SUCCESS,
                Err(error) => {
                    // If standard error is closed as well, nothing else can be done.
                    let _ = writeln!(std::io::stderr(), "error: {error:#}");
                    ExitCode::FAILURE
                }
            },
        }
    }
}

/// Serves until a signal, the end of the given time or the end of the parent.
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
  GET    /_sandbox/requests       the requests, oldest first; credentials masked unless --record-secrets
  GET    /_sandbox/counters       numbers of exchanges, granted and refused ones, by error and by client
  POST   /_sandbox/reset          delete requests, counters and faults; clients stay
  PUT    /_sandbox/clients/{id}   change or add a client; omitted members keep their values
  DELETE /_sandbox/clients/{id}   delete a client
  PUT    /_sandbox/access-keys/{id}/role
                                  change the role of an access key's employee; omitted members keep their values
  PUT    /_sandbox/fault          for the next responses: {\"count\":2,\"status\":503,\"headers\":{\"retry-after\":\"1\"},
                                  \"body\":\"\",\"delay_ms\":0,\"close\":false}, or a list of such objects;
                                  without status and close, the normal response follows after the delay
  DELETE /_sandbox/fault          delete the faults

CONFIGURATION FILE (every member is optional):
  {\"issuer\":\"…\",\"api_endpoint\":\"…\",\"tenant_id\":\"…\",\"area\":\"na1\",\"cluster\":\"B32\",\"business_unit\":1,
   \"access_keys\":[{\"access_key_id\":\"…\",\"access_key_secret\":\"…\",
     \"role\":{\"id\":\"…\",\"legacy_id\":\"…\",\"last_update_time\":1700000000000,\"secondary_roles\":[]}}],
   \"clients\":[{\"client_id\":\"…\",\"client_secret\":\"…\",\"scopes\":[\"cxone:api\"],\"extra_scopes\":[],
     \"grants\":[\"client_credentials\",\"password\"],
     \"authentication\":\"client_secret_basic|client_secret_post|any\",\"basic_encoding\":\"raw|rfc6749\",
     \"unknown_scopes\":\"refuse|narrow|ignore\",\"scope_in_answer\":\"text|array|empty|omit\",\"scope_claim\":true,
     \"token_format\":\"jwt|opaque\",\"jwt_type\":\"JWT|at+jwt\",\"token_type\":\"Bearer\",\"expires_in\":3600,
     \"expires_in_form\":\"number|float|text|omit\",\"claims\":{\"name\":\"a claim to add, or null to omit one\"}}]}
  With narrow, a request without any granted scope is refused (invalid_scope).

EXAMPLES:
  terraform-provider-cxone sandbox
  terraform-provider-cxone sandbox --client-id ci --client-secret not-real --scopes 'cxone:api cxone:admin'
  terraform-provider-cxone sandbox run -- terraform test";

const RUN_HELP: &str = "\
Exit codes: those of the program; 125 if the sandbox cannot start, 126 if the program cannot run, 127 if no such program
exists.

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
