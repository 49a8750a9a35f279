//! The end of the process: a signal, its time limit, or the end of its parent.

use std::time::Duration;

use anyhow::Context as _;

/// All reasons to end, already watched.
pub(crate) struct Ending {
    stop_after: Duration,
    signals: Signals,
    parent: Option<Parent>,
}

impl Ending {
    /// Starts to watch every reason, so that none is missed from here on.
    ///
    /// # Errors
    /// Signals or the parent cannot be watched. (Parents can be watched only on Unix.)
    pub(crate) fn prepare(stop_after: Duration, exits_with_parent: bool) -> anyhow::Result<Self> {
        let signals = Signals::prepare().context("cannot watch for signals")?;
        let parent = if exits_with_parent { Some(Parent::prepare()?) } else { None };
        Ok(Self { stop_after, signals, parent })
    }

    /// Waits for the first reason.
    pub(crate) async fn wait(self) {
        let Self { stop_after, signals, parent } = self;
        let orphaned = async {
            match parent {
                Some(parent) => parent.gone().await,
                None => std::future::pending().await,
            }
        };
        tokio::select! {
            () = signals.wait() => {}
            () = tokio::time::sleep(stop_after) => {}
            () = orphaned => {}
        }
    }
}

#[cfg(unix)]
use unix::{Parent, Signals};

#[cfg(unix)]
mod unix {
    use std::time::Duration;

    use tokio::signal::unix::{Signal, SignalKind, signal};

    pub(super) struct Signals {
        interrupt: Signal,
        terminate: Signal,
    }

    impl Signals {
        pub(super) fn prepare() -> std::io::Result<Self> {
            let (interrupt, terminate) = (signal(SignalKind::interrupt())?, signal(SignalKind::terminate())?);
            Ok(Self { interrupt, terminate })
        }

        pub(super) async fn wait(mut self) {
            tokio::select! {
                _ = self.interrupt.recv() => {}
                _ = self.terminate.recv() => {}
            }
        }
    }

    /// The process that started this one.
    pub(super) struct Parent(u32);

    impl Parent {
        pub(super) fn prepare() -> anyhow::Result<Self> {
            Ok(Self(std::os::unix::process::parent_id()))
        }

        /// Waits until this process has another parent, as orphans do.
        pub(super) async fn gone(self) {
            #[cfg(target_os = "linux")]
            let _ = ended(self.0).await;
            while std::os::unix::process::parent_id() == self.0 {
                tokio::time::sleep(LOOK_EVERY).await;
            }
        }
    }

    /// Waits for the end of the process `id` without polling. Returns at once if the system does not support that
    /// (Linux before 5.3).
    #[cfg(target_os = "linux")]
    async fn ended(id: u32) -> std::io::Result<()> {
        use rustix::event::{PollFd, PollFlags, poll};
        use rustix::process::{Pid, PidfdFlags, pidfd_open};

        let pid = i32::try_from(id).ok().and_then(Pid::from_raw).ok_or(std::io::ErrorKind::InvalidInput)?;
        let process = pidfd_open(pid, PidfdFlags::empty())?;
        // If the parent ended before the descriptor was opened, the id can already belong to another process.
        if std::os::unix::process::parent_id() == id {
            let (ended, end) = tokio::sync::oneshot::channel();
            // Not a thread of the runtime, because the runtime would wait for it if another reason ends the sandbox.
            std::thread::Builder::new().name("parent".to_owned()).spawn(move || {
                let watched = &mut [PollFd::new(&process, PollFlags::IN)];
                while poll(watched, None) == Err(rustix::io::Errno::INTR) {}
                ended.send(())
            })?;
            let _ = end.await;
        }
        Ok(())
    }

    // For systems without a signal at the parent's death. One check is one system call, and nobody notices 0.1 s.
    const LOOK_EVERY: Duration = Duration::from_millis(100);
}

#[cfg(not(unix))]
use elsewhere::{Parent, Signals};

#[cfg(not(unix))]
mod elsewhere {
    pub(super) struct Signals;

    impl Signals {
        pub(super) fn prepare() -> std::io::Result<Self> {
            Ok(Self)
        }

        pub(super) async fn wait(self) {
            if tokio::signal::ctrl_c().await.is_err() {
                std::future::pending::<()>().await;
            }
        }
    }

    pub(super) struct Parent;

    impl Parent {
        pub(super) fn prepare() -> anyhow::Result<Self> {
            anyhow::bail!("--exit-with-parent works on Unix only; use --stop-after")
        }

        pub(super) async fn gone(self) {
            std::future::pending().await
        }
    }
}
