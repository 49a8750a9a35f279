//! When the process ends: signals, and the loss of its host.

use std::io;
use std::pin::pin;

/// What ends a process from outside. Create it first thing: from then on, Ctrl-C no longer kills.
pub(crate) struct Lifetime {
    hosted: bool,
    signals: Signals,
    host: Host,
}

impl Lifetime {
    /// Takes over the signals. Where `hosted`, a core owns the process: Ctrl-C, which a terminal sends to the whole
    /// group, is then the core's to handle, and the process ends with the core. Otherwise Ctrl-C ends it.
    pub(crate) fn begin(hosted: bool) -> io::Result<Self> {
        Ok(Self { hosted, signals: Signals::listen()?, host: Host::current() })
    }

    /// Returns when it is time to end. Calls `on_interrupt` for each interrupt that does not end a hosted process: a
    /// core asks by `StopProvider` as well, but OpenTofu 1.12 cannot while `ConfigureProvider` is under way, and a
    /// token service that hangs would keep its user waiting.
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
                // A second Ctrl-C makes the core hurry, but it still sends Shutdown: nothing more to do here.
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
        /// Each of them would kill by itself, and leave the socket's folder behind.
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

    /// The signals that this process was started to ignore: by `nohup`, or by a script that runs a job behind its back.
    /// A handler would undo what was asked for.
    #[derive(Clone, Copy)]
    struct Ignored(u64);

    impl Ignored {
        /// None where there is no `/proc`: no other way to ask is safe Rust.
        fn now() -> Self {
            let status = fs::read_to_string("/proc/self/status").unwrap_or_default();
            let mask = status.lines().find_map(|line| line.strip_prefix("SigIgn:")?.trim().into());
            Self(mask.and_then(|mask: &str| u64::from_str_radix(mask, 16).ok()).unwrap_or_default())
        }

        fn contains(self, kind: SignalKind) -> bool {
            self.0 >> (kind.as_raw_value() - 1) & 1 == 1
        }
    }

    /// The process that started this one. An orphan gets another parent: that is the only sign of a core that was
    /// killed. (A lost connection is none: gRPC closes idle ones, and a core opens another when it needs one.)
    pub(super) struct Host {
        parent: u32,
    }

    impl Host {
        pub(super) fn current() -> Self {
            Self { parent: parent_id() }
        }

        pub(super) async fn lost(self) {
            // Standard input is the user's terminal and no sign either, and a signal at the parent's death (Linux)
            // follows the thread that started this process, which Go may end at any time.
            while parent_id() == self.parent {
                tokio::time::sleep(PARENT_CHECK).await;
            }
        }
    }

    // Soon enough for a person, and rare enough to cost nothing.
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

    /// Windows keeps no live parent to ask for.
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
