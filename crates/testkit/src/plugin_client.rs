//! A host for the plugin: starts it, reads its handshake, and calls it with or without a certificate.

use std::io::{BufRead, BufReader, Write};
use std::process::{Command, Stdio};
use std::sync::mpsc;
use std::{io, thread};

use plugin::{Environment, Launch, ServeError, serve_until};
use tokio::sync::oneshot;
use tokio::task::JoinHandle;
use tokio::time::timeout;

pub use crate::host::{COOKIE, Handshake, Identity, LIMIT, client, connect, decoded, encoded, try_schema};
use crate::process::ProcessGroup;
use crate::toy_provider::Toy;

/// The provider binary, started as a core would start it.
pub struct Plugin {
    pub handshake: Handshake,
    pub process: ProcessGroup,
}

impl Plugin {
    /// Starts it with a client certificate, and temporary files in `folder`.
    pub fn start(folder: &std::path::Path, identity: &Identity) -> Self {
        let mut command = Self::command(folder);
        command.env("PLUGIN_CLIENT_CERT", &identity.pem);
        Self::spawn(&mut command)
    }

    /// The command line of a core that uses no TLS.
    pub fn command(folder: &std::path::Path) -> Command {
        let mut command = Command::new(crate::program("terraform-provider-cxone"));
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

/// The toy provider, served within the test's own process.
pub struct Server {
    pub toy: Toy,
    pub text: String,
    end: oneshot::Sender<()>,
    task: JoinHandle<Result<(), ServeError>>,
}

impl Server {
    /// As under a core that offers `identity`'s certificate, or has switched TLS off.
    pub async fn hosted(identity: Option<&Identity>) -> (Self, Handshake) {
        let environment = Environment {
            magic_cookie: Some(COOKIE.to_owned()),
            client_certificate: identity.map(|identity| identity.pem.clone().into()),
            ..Environment::default()
        };
        let server = Self::launch(Launch::from_environment(&environment).unwrap()).await;
        let handshake = Handshake::parse(&server.text);
        (server, handshake)
    }

    /// As with `--debug`. The handshake tells the socket only.
    pub async fn standalone() -> (Self, Handshake) {
        let server = Self::launch(Launch::standalone("example/toy")).await;
        let socket = server.text.split(r#""String":""#).nth(1).unwrap().split('"').next().unwrap().to_owned();
        let handshake = Handshake::parse(&format!("1|6|unix|{socket}|grpc|"));
        (server, handshake)
    }

    async fn launch(launch: Launch) -> Self {
        let toy = Toy::named("toy");
        let (end, ended) = oneshot::channel();
        let (announcement, announced) = oneshot::channel();
        let served = toy.clone();
        let standalone = matches!(launch, Launch::Standalone { .. });
        // One process keeps standalone configurations apart; what the instances saw is then their own.
        let factory = move || if standalone { Toy::named("toy") } else { served.clone() };
        let output = Announcement { text: Vec::new(), announced: Some(announcement) };
        let ended = async {
            _ = ended.await;
        };
        let task = tokio::spawn(serve_until(factory, launch, output, ended));
        let text = timeout(LIMIT, announced).await.unwrap().unwrap();
        Self { toy, text, end, task }
    }

    /// Asks for the end and waits for it.
    pub async fn stop(self) {
        _ = self.end.send(());
        timeout(LIMIT, self.task).await.expect("the server ends").unwrap().unwrap();
    }

    /// Waits for the end that something else asked for.
    pub async fn ended(self) {
        timeout(LIMIT, self.task).await.expect("the server ends").unwrap().unwrap();
    }
}

/// Collects what is announced until it is flushed.
struct Announcement {
    text: Vec<u8>,
    announced: Option<oneshot::Sender<String>>,
}

impl Write for Announcement {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.text.extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        let text = String::from_utf8(std::mem::take(&mut self.text)).unwrap();
        self.announced.take().unwrap().send(text).unwrap();
        Ok(())
    }
}
