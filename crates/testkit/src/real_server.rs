//! Independent authorization servers, in their own processes.

use std::io::{BufRead as _, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::{Arc, Mutex, OnceLock, mpsc};
use std::thread;
use std::time::Duration;

use anyhow::Context as _;
use serde_json::Value;

use crate::process::ProcessGroup;
use crate::{packages, said, skip};

/// Installs all of them below the target folder before the tests begin, so that no test waits for a download. Without
/// Node.js or a network, their tests print SKIPPED, and fail if `CI` is set.
pub fn install() {
    let installed =
        [("authorization servers", servers().map(drop)), ("nginx", nginx().map(drop)), ("jq", jq().map(drop))];
    for (what, installed) in installed {
        if let Err(reason) = installed {
            said(&format!("skipping tests that need {what}: {reason}"));
        }
    }
}

/// A running server. It ends when dropped, and with this process.
pub struct RealServer {
    _process: ProcessGroup,
    pub token_url: String,
    /// The issuer for discovery; `None` for a server without it.
    pub issuer: Option<String>,
    issued: Arc<Mutex<Vec<String>>>,
}

impl RealServer {
    /// Starts `program`, one of `tests/servers`, with these clients. If it is not installed, prints that and returns
    /// `None`.
    pub fn start(program: &str, clients: &Value) -> Option<Self> {
        let (node, folder) = match servers() {
            Ok(installed) => installed,
            Err(reason) => {
                skip::not_on_ci_because(&format!("{program} is not installed: {reason}"));
                return None;
            }
        };
        let mut command = Command::new(node);
        command.arg(folder.join(program)).arg(clients.to_string());
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::null());
        let mut process = ProcessGroup::spawn(&mut command);
        let issued = Arc::<Mutex<Vec<String>>>::default();
        let first = read_lines(&mut process, Arc::clone(&issued));
        let first = first.recv_timeout(START_LIMIT).unwrap_or_else(|_| panic!("{program} does not start"));
        let text = |name| first[name].as_str().map(str::to_owned);
        let token_url = text("token_url").expect("the server prints its address");
        Some(Self { _process: process, token_url, issuer: text("issuer"), issued })
    }

    /// All tokens issued so far.
    pub fn issued(&self) -> Vec<String> {
        self.issued.lock().expect("no panic").clone()
    }
}

/// Returns the first line as soon as it arrives. Collects the tokens in all other lines.
fn read_lines(process: &mut ProcessGroup, issued: Arc<Mutex<Vec<String>>>) -> mpsc::Receiver<Value> {
    let (sender, receiver) = mpsc::channel();
    let lines = BufReader::new(process.take_stdout()).lines().map_while(Result::ok);
    thread::spawn(move || {
        for line in lines {
            let line: Value = serde_json::from_str(&line).unwrap_or_default();
            match line["issued"].as_str() {
                Some(token) => issued.lock().expect("no panic").push(token.to_owned()),
                None => _ = sender.send(line),
            }
        }
    });
    receiver
}

/// An nginx in front of another server. It ends when dropped.
pub struct Nginx(#[expect(dead_code, reason = "held for its end")] ProcessGroup);

impl Nginx {
    /// Starts it with `servers`, the content of its `http` block, and temporary files in `folder`. If it is not
    /// installed, prints that and returns `None`.
    pub fn start(folder: &Path, servers: &str) -> Option<Self> {
        let nginx = match nginx() {
            Ok(installed) => installed,
            Err(reason) => {
                skip::not_on_ci_because(&format!("nginx is not installed: {reason}"));
                return None;
            }
        };
        let paths =
            ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"].map(|name| format!("{name}_temp_path {name};"));
        let config = format!(
            "daemon off;\nmaster_process off;\npid pid;\nerror_log error.log;\nevents {{}}\n\
             http {{\n{}\n{servers}\n}}\n",
            paths.join("\n")
        );
        std::fs::write(folder.join("nginx.conf"), config).expect("a writable folder");
        // The shell ends nginx when this process ends in any way. A skipped test ends without its clean-up.
        let mut command = Command::new("sh");
        command.args(["-c", "\"$@\" & read -r _; kill $!", "sh"]).arg(nginx);
        command.arg("-p").arg(folder).args(["-c", "nginx.conf", "-e", "start.log"]);
        command.stdin(Stdio::piped()).stdout(Stdio::null()).stderr(Stdio::null());
        Some(Self(ProcessGroup::spawn(&mut command)))
    }
}

/// Node.js and the folder of the servers, or why they are missing. Determined once in a process.
fn servers() -> Result<&'static (PathBuf, PathBuf), &'static str> {
    static INSTALLED: OnceLock<Result<(PathBuf, PathBuf), String>> = OnceLock::new();
    let install = || -> anyhow::Result<_> {
        let node = packages::on_path("node").context("Node.js is not installed")?;
        Ok((node, packages::servers()?))
    };
    INSTALLED.get_or_init(|| install().map_err(|error| format!("{error:#}"))).as_ref().map_err(String::as_str)
}

/// jq for the job of the drift guide. If it is not available, prints that and returns `None`.
pub fn jq_or_skip() -> Option<&'static PathBuf> {
    jq().inspect_err(|reason| skip::not_on_ci_because(&format!("jq is not installed: {reason}"))).ok()
}

fn jq() -> Result<&'static PathBuf, &'static str> {
    static INSTALLED: OnceLock<Result<PathBuf, String>> = OnceLock::new();
    let install = || packages::jq().map_err(|error| format!("{error:#}"));
    INSTALLED.get_or_init(install).as_ref().map_err(String::as_str)
}

fn nginx() -> Result<&'static PathBuf, &'static str> {
    static INSTALLED: OnceLock<Result<PathBuf, String>> = OnceLock::new();
    let install = || packages::nginx().map_err(|error| format!("{error:#}"));
    INSTALLED.get_or_init(install).as_ref().map_err(String::as_str)
}

// Node's own start takes seconds on a busy machine.
const START_LIMIT: Duration = Duration::from_secs(30);
