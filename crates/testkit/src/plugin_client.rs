//! A host for a plugin: starts it and reads its handshake line.

use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Command, Output, Stdio};
use std::sync::mpsc;
use std::time::Duration;
use std::{fs, io, thread};

use serde_json::Value;
use tempfile::TempDir;

use crate::deadline::poll;
pub use crate::host::{
    COOKIE, Handshake, Identity, LIMIT, client, connect, decoded, encoded, open_ephemeral, try_schema,
};
use crate::process::ProcessGroup;

/// The wait of a core between a plugin's Shutdown and killing it.
pub const FAREWELL: Duration = Duration::from_secs(2);

/// A new folder for temporary files. A socket's path has at most 107 bytes, so the folder is not below a long `TMPDIR`.
pub fn socket_folder() -> TempDir {
    tempfile::tempdir_in("/tmp").expect("a temporary folder")
}

/// Runs a program that must refuse to serve: exit code 1, and no standard output, which belongs to the host.
pub fn refused(command: &mut Command) -> Output {
    let output = command.stdin(Stdio::null()).stderr(Stdio::piped()).output().expect("the program starts");
    assert_eq!(output.status.code(), Some(1));
    assert!(output.stdout.is_empty(), "standard output is the host's");
    output
}

/// Serves for a debugger with `flag`, checks that cores of both registries can attach, and interrupts the program. It
/// must end in time and leave nothing behind.
pub fn serve_for_debugger(program: &Path, flag: &str, name: &str) {
    let folder = socket_folder();
    let output = folder.path().join("output");
    let mut command = Command::new(program);
    command.env_clear().env("TMPDIR", folder.path()).arg(flag);
    command.stdin(Stdio::null()).stdout(fs::File::create(&output).expect("a file")).stderr(Stdio::null());
    let mut process = ProcessGroup::spawn(&mut command);
    let line = poll(LIMIT, || {
        let text = fs::read_to_string(&output).ok()?;
        let line = text.lines().find_map(|line| line.trim().strip_prefix("TF_REATTACH_PROVIDERS='"))?;
        line.strip_suffix('\'').map(str::to_owned)
    });
    let providers: Value = serde_json::from_str(&line.expect("the reattach line")).expect("JSON");
    for registry in ["registry.terraform.io", "registry.opentofu.org"] {
        let entry = &providers[format!("{registry}/{name}")];
        assert_eq!((&entry["Test"], &entry["ProtocolVersion"]), (&true.into(), &6.into()), "{flag}: {providers}");
        assert!(Path::new(entry["Addr"]["String"].as_str().expect("an address")).exists(), "{flag}");
    }
    process.interrupt();
    assert!(process.wait(FAREWELL).expect("it ends in time").success(), "{flag}");
    let left = fs::read_dir(folder.path()).expect("the folder").count();
    assert_eq!(left, 1, "{flag}: only the file of the output is left");
}

/// A provider process, started as by a core.
pub struct Plugin {
    pub handshake: Handshake,
    pub process: ProcessGroup,
}

impl Plugin {
    /// Starts the program with a client certificate, and temporary files in `folder`.
    pub fn start(program: &Path, folder: &Path, identity: &Identity) -> Self {
        let mut command = Self::command(program, folder);
        command.env("PLUGIN_CLIENT_CERT", &identity.pem);
        Self::spawn(&mut command)
    }

    /// The command line of a core without TLS.
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
