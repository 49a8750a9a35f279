//! A sandbox on a thread of this process.

use std::net::{Ipv4Addr, SocketAddr};
use std::thread;

use anyhow::Context as _;
use tokio::sync::oneshot;

use crate::config::Config;
use crate::sandbox::{Recording, Sandbox};
use crate::server;

/// A running sandbox. It stops when dropped.
#[derive(Debug)]
pub struct Running {
    address: SocketAddr,
    stop: Option<oneshot::Sender<()>>,
    thread: Option<thread::JoinHandle<()>>,
}

impl Running {
    /// Starts a sandbox on a free loopback port, with the text of a configuration file. Credentials stay readable in
    /// its journal, because the caller has made them up.
    ///
    /// # Errors
    ///
    /// The configuration is invalid, or no port can be opened.
    pub fn start(configuration: &str) -> anyhow::Result<Self> {
        let config = Config::try_from_json(configuration)?;
        let recording = Recording { secrets: true, verbose: false };
        Self::serve(config, SocketAddr::from((Ipv4Addr::LOCALHOST, 0)), recording)
    }

    /// Starts a sandbox that listens on `address`.
    ///
    /// # Errors
    ///
    /// The address cannot be opened.
    pub(crate) fn serve(config: Config, address: SocketAddr, recording: Recording) -> anyhow::Result<Self> {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().context("cannot start")?;
        let listener = runtime.block_on(server::listen(address))?;
        let address = listener.local_addr()?;
        let sandbox = Sandbox::try_new(config, address, recording)?;
        let (stop, stopped) = oneshot::channel();
        let serve = move || {
            runtime.block_on(async {
                tokio::select! {
                    () = server::serve(listener, sandbox) => {}
                    _ = stopped => {}
                }
            });
        };
        let thread = thread::Builder::new().name("sandbox".to_owned()).spawn(serve).context("cannot start")?;
        Ok(Self { address, stop: Some(stop), thread: Some(thread) })
    }

    /// The address of the sandbox.
    pub fn address(&self) -> SocketAddr {
        self.address
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        // Both fail only if the thread has already ended.
        self.stop.take().map(|stop| stop.send(()));
        self.thread.take().map(thread::JoinHandle::join);
    }
}
