//! A program with a sandbox beside it.

use std::ffi::OsString;
use std::fmt::Display;
use std::io::{ErrorKind, Write as _};
use std::process::{Command, ExitCode};

use anyhow::Context as _;

use crate::client::Client;
use crate::config::Config;
use crate::options::{Grant, Service};

/// Runs `program`, its name and its arguments, with a sandbox that ends with it. Returns only after an error.
pub(crate) fn run(service: &Service, program: &[OsString]) -> ExitCode {
    let Some((name, arguments)) = program.split_first() else { return failed(SANDBOX_FAILED, "no program to run") };
    let prepared = service.config().and_then(|config| {
        let sandbox = Companion::start(service)?;
        let variables = variables(&config, service.grant(), &sandbox.address)?;
        Ok((sandbox, variables))
    });
    let (sandbox, variables) = match prepared {
        Ok(prepared) => prepared,
        Err(error) => return failed(SANDBOX_FAILED, format!("{error:#}")),
    };
    let mut command = Command::new(name);
    command.args(arguments);
    for (inherited, _) in std::env::vars_os() {
        if inherited.to_string_lossy().starts_with("CXONE_") {
            command.env_remove(inherited);
        }
    }
    command.envs(variables);
    match sandbox.accompany(command) {
        Ok(code) => code,
        Err(error) => {
            let code = if error.kind() == ErrorKind::NotFound { NO_SUCH_PROGRAM } else { PROGRAM_FAILED };
            failed(code, format!("cannot run {name:?}: {error}"))
        }
    }
}

/// The environment for the program: the provider's variables, and the sandbox's address.
fn variables(config: &Config, grant: Grant, address: &str) -> anyhow::Result<Vec<(&'static str, String)>> {
    let mut variables = vec![("CXONE_SANDBOX_URL", format!("{address}/_sandbox"))];
    if grant == Grant::AccessKey {
        variables.push(("CXONE_TOKEN_URL", format!("{address}/authentication/v1/token/access-key")));
    } else {
        let Client { id, secret, scopes, .. } =
            config.clients.values().next().context("the configuration file has no client")?;
        variables.push(("CXONE_TOKEN_URL", format!("{address}/oauth/token")));
        variables.push(("CXONE_CLIENT_ID", id.clone()));
        variables.push(("CXONE_CLIENT_SECRET", secret.expose().to_owned()));
        variables.push(("CXONE_SCOPES", scopes.iter().map(String::as_str).collect::<Vec<_>>().join(" ")));
    }
    if grant != Grant::ClientCredentials {
        // `Service::config` adds one if the file has none.
        let (id, secret) = config.access_keys.iter().next().context("there is no access key")?;
        variables.push(("CXONE_GRANT_TYPE", grant.as_str().to_owned()));
        variables.push(("CXONE_ACCESS_KEY_ID", id.clone()));
        variables.push(("CXONE_ACCESS_KEY_SECRET", secret.secret.expose().to_owned()));
    }
    Ok(variables)
}

fn failed(code: u8, why: impl Display) -> ExitCode {
    // If standard error is closed as well, nothing else can be done.
    let _ = writeln!(std::io::stderr(), "error: {why}");
    ExitCode::from(code)
}

// The codes of `env` and `timeout`, so that they differ from the program's own.
const SANDBOX_FAILED: u8 = 125;
const PROGRAM_FAILED: u8 = 126;
const NO_SUCH_PROGRAM: u8 = 127;

#[cfg(unix)]
use unix::Companion;

#[cfg(unix)]
mod unix {
    use std::io;
    use std::io::{BufRead as _, BufReader};
    use std::os::unix::process::CommandExt as _;
    use std::process::{Child, Command, ExitCode, Stdio};

    use anyhow::{Context as _, ensure};
    use serde_json::Value;

    use crate::options::Service;

    /// The sandbox in its own process. This process is its parent, and remains so when it becomes the program.
    pub(super) struct Companion {
        process: Child,
        pub(super) address: String,
    }

    impl Companion {
        pub(super) fn start(service: &Service) -> anyhow::Result<Self> {
            let program = std::env::current_exe().context("cannot find this program")?;
            let mut command = Command::new(program);
            command.arg("sandbox").args(service.flags());
            // A program that runs for more than a day is not a test.
            command.args(["--exit-with-parent", "--stop-after", "24h"]);
            command.stdin(Stdio::null()).stdout(Stdio::piped());
            // In its own group: Ctrl-C is for the program, which may still need tokens for its clean-up.
            let process = command.process_group(0).spawn().context("cannot start the sandbox")?;
            let mut started = Self { process, address: String::new() };
            let mut line = String::new();
            if let Some(output) = started.process.stdout.take() {
                BufReader::new(output).read_line(&mut line).context("cannot read from the sandbox")?;
            }
            let first_line: Value = serde_json::from_str(&line).unwrap_or_default();
            first_line["address"].as_str().unwrap_or_default().clone_into(&mut started.address);
            ensure!(!started.address.is_empty(), "the sandbox did not start");
            Ok(started)
        }

        /// Replaces this process by `command`. So every signal reaches the program once, whether sent to the process or
        /// to its group; job control works; and the exit status is the program's own. The sandbox sees the end of its
        /// parent.
        ///
        /// # Errors
        ///
        /// The program cannot be started.
        pub(super) fn accompany(self, mut command: Command) -> io::Result<ExitCode> {
            Err(command.exec())
        }
    }

    impl Drop for Companion {
        fn drop(&mut self) {
            // It can have ended already. In both cases it is gone afterwards.
            let _ = self.process.kill();
            let _ = self.process.wait();
        }
    }
}

#[cfg(not(unix))]
use elsewhere::Companion;

#[cfg(not(unix))]
mod elsewhere {
    use std::io;
    use std::process::{Command, ExitCode};

    use crate::options::Service;
    use crate::running::Running;

    /// The sandbox on a thread of this process, which waits for the program.
    pub(super) struct Companion {
        _running: Running,
        pub(super) address: String,
    }

    impl Companion {
        pub(super) fn start(service: &Service) -> anyhow::Result<Self> {
            let running = Running::serve(service.config()?, service.listen(), service.recording())?;
            let address = format!("http://{}", running.address());
            Ok(Self { _running: running, address })
        }

        /// Runs `command` to its end.
        ///
        /// # Errors
        ///
        /// The program cannot be started.
        pub(super) fn accompany(self, mut command: Command) -> io::Result<ExitCode> {
            // Ctrl-C reaches both processes. While this exists, it ends only the program.
            #[cfg(windows)]
            let _interrupts = tokio::signal::windows::ctrl_c()?;
            let status = command.status()?;
            // An exit code has 32 bits on Windows, but `ExitCode` has 8.
            std::process::exit(status.code().unwrap_or(1))
        }
    }
}

#[cfg(test)]
mod tests {
    use oauth::Secret;

    use super::*;
    use crate::config::AccessKey;
    use crate::role::Role;

    #[test]
    fn each_grant_finds_what_it_needs_and_no_more() {
        let client = Client {
            secret: Secret::new("canary-secret"),
            scopes: ["b".to_owned(), "a".to_owned()].into(),
            ..Client::new("app")
        };
        let mut config = Config::with_client(client);
        let key = AccessKey { secret: Secret::new("canary-key===="), role: Role::default() };
        config.access_keys.insert("KEY====".to_owned(), key);
        let client = "CXONE_CLIENT_ID=app CXONE_CLIENT_SECRET=canary-secret CXONE_SCOPES=a,b";
        let key = "CXONE_ACCESS_KEY_ID=KEY==== CXONE_ACCESS_KEY_SECRET=canary-key====";
        let token_url = "CXONE_TOKEN_URL=http://127.0.0.1:1/oauth/token";
        let regional = "CXONE_TOKEN_URL=http://127.0.0.1:1/authentication/v1/token/access-key";
        let cases = [
            (Grant::ClientCredentials, format!("{token_url} {client}")),
            (Grant::Password, format!("{token_url} {client} CXONE_GRANT_TYPE=password {key}")),
            (Grant::AccessKey, format!("{regional} CXONE_GRANT_TYPE=access_key {key}")),
        ];
        for (grant, expected) in cases {
            let found = variables(&config, grant, "http://127.0.0.1:1").unwrap();
            let found = found.iter().map(|(name, value)| format!("{name}={}", value.replace(' ', ",")));
            let expected = format!("CXONE_SANDBOX_URL=http://127.0.0.1:1/_sandbox {expected}");
            assert_eq!(found.collect::<Vec<_>>().join(" "), expected, "{grant:?}");
        }
    }
}
