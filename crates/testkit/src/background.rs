//! A runtime on its own thread: asynchronous servers for scenarios that wait for a core.

use std::future::Future;
use std::sync::mpsc;
use std::thread;

use tokio::runtime::{Builder, Handle};
use tokio::sync::oneshot;

/// The runtime. It ends with its tasks when dropped.
pub struct Background {
    handle: Handle,
    _stop: oneshot::Sender<()>,
}

impl Background {
    pub fn start() -> Self {
        let (tell, told) = mpsc::channel();
        let (stop, stopped) = oneshot::channel::<()>();
        thread::spawn(move || {
            let runtime = Builder::new_current_thread().enable_all().build().unwrap();
            tell.send(runtime.handle().clone()).unwrap();
            // Ends with an error when the sender is dropped.
            _ = runtime.block_on(stopped);
        });
        Self { handle: told.recv().unwrap(), _stop: stop }
    }

    /// Waits for `future`. Tasks that it spawned continue in the background.
    pub fn block_on<F: Future>(&self, future: F) -> F::Output {
        self.handle.block_on(future)
    }
}
