//! The running sandbox.

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::TcpStream;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use anyhow::{Context as _, ensure};
use serde_json::Value;

/// A sandbox process; ends when this is dropped, or with this process.
pub(crate) struct Sandbox {
    process: Child,
    first_line: Value,
}

/// What the sandbox counted.
pub(crate) struct Counters {
    pub(crate) exchanges: u64,
    pub(crate) granted: u64,
}

impl Sandbox {
    /// Starts the program and waits for its address.
    ///
    /// # Errors
    /// When it does not start.
    pub(crate) fn start(program: &Path) -> anyhow::Result<Self> {
        let mut command = Command::new(program);
        command.args(["sandbox", "--stop-after", "30m"]).args(cfg!(unix).then_some("--exit-with-parent"));
        let mut process =
            command.stdin(Stdio::null()).stdout(Stdio::piped()).spawn().context("cannot start the sandbox")?;
        let output = process.stdout.take().context("the sandbox has no output")?;
        let mut sandbox = Self { process, first_line: Value::Null };
        let mut line = String::new();
        BufReader::new(output).read_line(&mut line).context("cannot read from the sandbox")?;
        sandbox.first_line = serde_json::from_str(&line).context("the sandbox did not start")?;
        Ok(sandbox)
    }

    /// Where tokens are asked for.
    pub(crate) fn token_url(&self) -> &str {
        self.first_line["token_url"].as_str().unwrap_or_default()
    }

    /// The id of its client.
    pub(crate) fn client_id(&self) -> &str {
        self.first_line["client_id"].as_str().unwrap_or_default()
    }

    /// What it counted since the start or the last reset.
    pub(crate) fn counters(&self) -> anyhow::Result<Counters> {
        let counters: Value = serde_json::from_str(&self.control("GET", "counters", "")?).context("no counters")?;
        let count = |name: &str| counters[name].as_u64().with_context(|| format!("no counter {name}"));
        Ok(Counters { exchanges: count("exchanges")?, granted: count("granted")? })
    }

    /// Makes it count from nothing.
    pub(crate) fn reset(&self) -> anyhow::Result<()> {
        self.control("POST", "reset", "").map(drop)
    }

    /// Changes what it knows of its client.
    pub(crate) fn change_client(&self, change: &Value) -> anyhow::Result<()> {
        self.control("PUT", &format!("clients/{}", self.client_id()), &change.to_string()).map(drop)
    }

    /// A control request, and the body of the answer.
    fn control(&self, method: &str, name: &str, body: &str) -> anyhow::Result<String> {
        let address = self.first_line["address"].as_str().and_then(|address| address.strip_prefix("http://"));
        let address = address.context("the sandbox told no address")?;
        let mut stream = TcpStream::connect(address).context("cannot reach the sandbox")?;
        stream.set_read_timeout(Some(ANSWER_TIMEOUT))?;
        write!(
            stream,
            "{method} /_sandbox/{name} HTTP/1.1\r\nhost: {address}\r\ncontent-type: application/json\r\n\
             content-length: {}\r\nconnection: close\r\n\r\n{body}",
            body.len()
        )?;
        let mut answer = String::new();
        stream.read_to_string(&mut answer)?;
        let (head, body) = answer.split_once("\r\n\r\n").context("the sandbox gave no answer")?;
        ensure!(head.starts_with("HTTP/1.1 20"), "the sandbox refused {method} {name}");
        Ok(body.to_owned())
    }
}

impl Drop for Sandbox {
    fn drop(&mut self) {
        // It may have ended already; either way it is gone afterwards.
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

const ANSWER_TIMEOUT: Duration = Duration::from_secs(10);
