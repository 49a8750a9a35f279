//! When the process ends: signals, and the loss of its host.

use std::io;

/// What ends a process from outside. Create it first thing: from then on, Ctrl-C no longer kills.
pub(crate) struct Lifetime {
    hosted: bool,
    signals: Signals,
    host: Host,
}

impl Lifetime {
    /// Takes over the signals. Where `hosted`, a core owns the process: Ctrl-C is then the core's to handle, and
    /// the process ends with the core. Otherwise Ctrl-C ends it.
    pub(crate) fn begin(hosted: bool) -> io::Result<Self> {
        Ok(Self { hosted, signals: Signals::listen()?, host: Host::current() })
    }

    /// Returns when it is time to end.
    pub(crate) async fn ended(self) {
        let Self { hosted, signals, host } = self;
        let Signals { mut interrupt, mut terminate } = signals;
        let interrupted = async {
            loop {
                interrupt.recv().await;
                if !hosted {
                    return;
                }
                tracing::debug!("ignored an interrupt: the host tells when to stop");
            }
        };
        let host_lost = async {
            if hosted {
                host.lost().await;
            } else {
                std::future::pending::<()>().await;
            }
        };
        tokio::select! {
            () = interrupted => {}
            _ = terminate.recv() => tracing::debug!("asked to terminate"),
            () = host_lost => tracing::warn!("the host is gone"),
        }
    }
}

#[cfg(unix)]
use unix::{Host, Signals};
#[cfg(windows)]
use windows::{Host, Signals};

#[cfg(unix)]
mod unix {
    use std::io;
    use std::os::unix::process::parent_id;
    use std::time::Duration;

    use tokio::signal::unix::{Signal, SignalKind, signal};

    pub(super) struct Signals {
        pub(super) interrupt: Signal,
        pub(super) terminate: Signal,
    }

    impl Signals {
        pub(super) fn listen() -> io::Result<Self> {
            Ok(Self { interrupt: signal(SignalKind::interrupt())?, terminate: signal(SignalKind::terminate())? })
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
            while parent_id() == self.parent {
                tokio::time::sleep(PARENT_CHECK).await;
            }
        }
    }

    const PARENT_CHECK: Duration = Duration::from_millis(500);
}

#[cfg(windows)]
mod windows {
    use std::io;

    use tokio::signal::windows::{CtrlBreak, CtrlC, CtrlClose, ctrl_break, ctrl_c, ctrl_close};

    pub(super) struct Signals {
        pub(super) interrupt: Interrupt,
        pub(super) terminate: CtrlClose,
    }

    pub(super) struct Interrupt(CtrlC, CtrlBreak);

    impl Interrupt {
        pub(super) async fn recv(&mut self) {
            tokio::select! {
                _ = self.0.recv() => {}
                _ = self.1.recv() => {}
            }
        }
    }

    impl Signals {
        pub(super) fn listen() -> io::Result<Self> {
            Ok(Self { interrupt: Interrupt(ctrl_c()?, ctrl_break()?), terminate: ctrl_close()? })
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
