//! The end of the process: signals, and the loss of its host.

use std::io;
use std::pin::pin;

/// The events that end the process. Create this first: from then on, Ctrl-C no longer kills the process.
pub(crate) struct Lifetime {
    hosted: bool,
    signals: Signals,
    host: Host,
}

impl Lifetime {
    /// Takes over the signals. If `hosted`, a core owns the process: a terminal sends Ctrl-C to both, the core handles
    /// it, and this process ends with the core. Otherwise Ctrl-C ends the process.
    pub(crate) fn begin(hosted: bool) -> io::Result<Self> {
        Ok(Self { hosted, signals: Signals::listen()?, host: Host::current() })
    }

    /// Returns when the process must end. Calls `on_interrupt` for each interrupt that does not end a hosted process. A
    /// core also calls `StopProvider`, but OpenTofu 1.12 cannot during `ConfigureProvider`, and its user would wait for
    /// a token service that hangs.
    pub(crate) async fn ended(self, on_interrupt: impl Fn()) {
        let Self { hosted, mut signals, host } = self;
        let host_lost = async {
            if hosted {
                host.lost().await;
            } else {
                std::future::pending::<()>().await;
            }
        };
        let mut host_lost = pin!(host_lost);
        loop {
            tokio::select! {
                // After a second Ctrl-C the core hurries, but it still sends Shutdown, so nothing else is needed here.
                () = signals.interrupt.received() => {
                    if !hosted {
                        return;
                    }
                    tracing::debug!("interrupted: the work in progress stops, the host tells when to end");
                    on_interrupt();
                }
                () = signals.terminate.received() => return tracing::debug!("asked to terminate"),
                () = &mut host_lost => return tracing::warn!("the host is gone"),
            }
        }
    }
}

#[cfg(unix)]
use unix::{Host, Signals};
#[cfg(windows)]
use windows::{Host, Signals};

#[cfg(unix)]
mod unix {
    use std::fs;
    use std::future::poll_fn;
    use std::io;
    use std::os::unix::process::parent_id;
    use std::task::Poll;
    use std::time::Duration;

    use tokio::signal::unix::{Signal, SignalKind, signal};

    pub(super) struct Signals {
        pub(super) interrupt: Awaited,
        /// Each of these would end the process at once, and leave the socket's folder behind.
        pub(super) terminate: Awaited,
    }

    /// Any of some signals.
    pub(super) struct Awaited(Vec<Signal>);

    impl Signals {
        pub(super) fn listen() -> io::Result<Self> {
            let ignored = Ignored::now();
            let terminate = [SignalKind::terminate(), SignalKind::hangup(), SignalKind::quit()];
            Ok(Self {
                interrupt: Awaited::new(&[SignalKind::interrupt()], ignored)?,
                terminate: Awaited::new(&terminate, ignored)?,
            })
        }
    }

    impl Awaited {
        fn new(kinds: &[SignalKind], ignored: Ignored) -> io::Result<Self> {
            kinds
                .iter()
                .filter(|kind| !ignored.contains(**kind))
                .map(|kind| signal(*kind))
                .collect::<Result<_, _>>()
                .map(Self)
        }

        pub(super) async fn received(&mut self) {
            let signals = &mut self.0;
            poll_fn(|context| match signals.iter_mut().any(|signal| signal.poll_recv(context).is_ready()) {
                true => Poll::Ready(()),
                false => Poll::Pending,
            })
            .await;
        }
    }

    /// The signals that were ignored at the start, because of `nohup` or a background job of a script. A handler would
    /// make the process end at a signal that its user wanted ignored.
    #[derive(Clone, Copy)]
    struct Ignored(u64);

    impl Ignored {
        /// No signals without `/proc`: there is no other way in safe Rust.
        fn now() -> Self {
            let status = fs::read_to_string("/proc/self/status").unwrap_or_default();
            let mask = status.lines().find_map(|line| line.strip_prefix("SigIgn:")?.trim().into());
            Self(mask.and_then(|mask: &str| u64::from_str_radix(mask, 16).ok()).unwrap_or_default())
        }

        fn contains(self, kind: SignalKind) -> bool {
            self.0 >> (kind.as_raw_value() - 1) & 1 == 1
        }
    }

    /// The process that started this one. An orphan gets another parent, which is the only sign of a killed core. (A
    /// lost connection is not: gRPC closes idle ones, and a core opens another when it needs one.)
    pub(super) struct Host {
        parent: u32,
    }

    impl Host {
        pub(super) fn current() -> Self {
            Self { parent: parent_id() }
        }

        pub(super) async fn lost(self) {
            // Standard input is the user's terminal, so its end says nothing about the core. Linux can signal a
            // parent's death, but for the thread that started this process, and Go can end a thread at any time.
            while parent_id() == self.parent {
                tokio::time::sleep(PARENT_CHECK).await;
            }
        }
    }

    // Soon enough for a person, and rare enough to cost no measurable time.
    const PARENT_CHECK: Duration = Duration::from_millis(500);
}

#[cfg(windows)]
mod windows {
    use std::io;

    use tokio::signal::windows::{CtrlBreak, CtrlC, CtrlClose, ctrl_break, ctrl_c, ctrl_close};

    pub(super) struct Signals {
        pub(super) interrupt: Interrupt,
        pub(super) terminate: Terminate,
    }

    pub(super) struct Interrupt(CtrlC, CtrlBreak);

    pub(super) struct Terminate(CtrlClose);

    impl Signals {
        pub(super) fn listen() -> io::Result<Self> {
            Ok(Self { interrupt: Interrupt(ctrl_c()?, ctrl_break()?), terminate: Terminate(ctrl_close()?) })
        }
    }

    impl Interrupt {
        pub(super) async fn received(&mut self) {
            tokio::select! {
                _ = self.0.recv() => {}
                _ = self.1.recv() => {}
            }
        }
    }

    impl Terminate {
        pub(super) async fn received(&mut self) {
            _ = self.0.recv().await;
        }
    }

    /// Windows has no parent process that can be queried: the parent's id does not change when the parent ends.
    pub(super) struct Host;

    impl Host {
        pub(super) fn current() -> Self {
            Self
        }

        pub(super) async fn lost(self) {
            std::future::pending().await
        }
    }
}
