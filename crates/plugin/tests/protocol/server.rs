//! The toy provider in the test's own process.

use std::io;
use std::io::Write;

use plugin::{Environment, Launch, ServeError, serve_until};
use testkit::plugin_client::{COOKIE, Handshake, Identity, LIMIT};
use tokio::sync::oneshot;
use tokio::task::JoinHandle;
use tokio::time::timeout;

use crate::toy::Toy;

/// A server under way.
pub(crate) struct Server {
    pub toy: Toy,
    pub text: String,
    end: oneshot::Sender<()>,
    task: JoinHandle<Result<(), ServeError>>,
}

impl Server {
    /// As under a core that offers `identity`'s certificate, or has switched TLS off.
    pub(crate) async fn hosted(identity: Option<&Identity>) -> (Self, Handshake) {
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
    pub(crate) async fn standalone() -> (Self, Handshake) {
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
        // A standalone process makes one instance for each configuration, and each has its own record.
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
    pub(crate) async fn stop(self) {
        _ = self.end.send(());
        timeout(LIMIT, self.task).await.expect("the server ends").unwrap().unwrap();
    }

    /// Waits for the end that something else asked for.
    pub(crate) async fn ended(self) {
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
