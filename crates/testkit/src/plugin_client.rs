//! A host for a plugin: starts it, and reads its handshake.

use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::mpsc;
use std::{io, thread};

pub use crate::host::{
    COOKIE, Handshake, Identity, LIMIT, client, connect, decoded, encoded, open_ephemeral, try_schema,
};
use crate::process::ProcessGroup;

/// A provider's program, started as a core would start it.
pub struct Plugin {
    pub handshake: Handshake,
    pub process: ProcessGroup,
}

impl Plugin {
    /// Starts it with a client certificate, and temporary files in `folder`.
    pub fn start(program: &Path, folder: &Path, identity: &Identity) -> Self {
        let mut command = Self::command(program, folder);
        command.env("PLUGIN_CLIENT_CERT", &identity.pem);
        Self::spawn(&mut command)
    }

    /// The command line of a core that uses no TLS.
    pub fn command(program: &Path, folder: &Path) -> Command {
        let mut command = Command::new(program);
        command.env_clear().env("TMPDIR", folder).env("TF_PLUGIN_MAGIC_COOKIE", COOKIE);
        command.env("PLUGIN_PROTOCOL_VERSIONS", "6,5").stderr(Stdio::null());
        command
    }

    /// Runs `command` and reads the handshake line from its standard output.
    pub fn spawn(command: &mut Command) -> Self {
        let mut process = ProcessGroup::spawn(command.stdin(Stdio::null()).stdout(Stdio::piped()));
        let mut output = BufReader::new(process.take_stdout());
        let (sender, receiver) = mpsc::channel();
        thread::spawn(move || {
            let mut line = String::new();
            _ = output.read_line(&mut line);
            _ = sender.send(line);
            // Keeps the pipe open, as a core does.
            _ = io::copy(&mut output, &mut io::sink());
        });
        let line = receiver.recv_timeout(LIMIT).expect("a handshake line");
        Self { handshake: Handshake::parse(&line), process }
    }
}
