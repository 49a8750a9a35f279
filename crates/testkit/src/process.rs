//! Child processes in their own groups. They are always ended.

use std::fs;
use std::os::unix::process::CommandExt as _;
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdout, Command, ExitStatus};
use std::sync::Once;
use std::time::Duration;

pub use rustix::process::Signal;
use rustix::process::{Pid, kill_process, kill_process_group};
use tokio::runtime;
use tokio::signal::unix::{SignalKind, signal};

use crate::deadline;

/// A running command, the leader of its own process group, so that signals reach it and its children as from a
/// terminal.
#[derive(Debug)]
pub struct ProcessGroup {
    leader: Child,
    id: Pid,
}

impl ProcessGroup {
    /// Starts `command` with the default handling of the signals that tests send.
    pub fn spawn(command: &mut Command) -> Self {
        stop_ignoring_signals();
        let leader =
            command.process_group(0).spawn().unwrap_or_else(|error| panic!("cannot start {command:?}: {error}"));
        let id = Pid::from_child(&leader);
        Self { leader, id }
    }

    /// The leader's process id.
    pub fn id(&self) -> u32 {
        self.leader.id()
    }

    /// The leader's standard output, if piped and not taken before.
    pub fn take_stdout(&mut self) -> ChildStdout {
        self.leader.stdout.take().expect("a piped standard output")
    }

    /// Ctrl-C: SIGINT to the whole group.
    pub fn interrupt(&self) {
        kill_process_group(self.id, Signal::INT).expect("the group exists");
    }

    /// SIGTERM to the leader alone, as from a service manager.
    pub fn terminate_leader(&self) {
        self.signal_leader(Signal::TERM);
    }

    /// A signal to the leader alone.
    pub fn signal_leader(&self, signal: Signal) {
        kill_process(self.id, signal).expect("the leader exists");
    }

    /// `kill -9` of the leader alone, which orphans its children.
    pub fn kill_leader(&mut self) {
        self.leader.kill().expect("the leader exists");
        self.leader.wait().expect("the leader can be waited for");
    }

    /// The leader's peak resident memory so far, in kilobytes; `None` if unknown.
    pub fn peak_memory(&self) -> Option<u64> {
        peak_memory(self.leader.id())
    }

    /// Waits for the leader's end; `None` if it still runs after `limit`.
    pub fn wait(&mut self, limit: Duration) -> Option<ExitStatus> {
        deadline::poll(limit, || self.leader.try_wait().expect("the leader can be waited for"))
    }
}

impl Drop for ProcessGroup {
    fn drop(&mut self) {
        // Also ends processes that a dead leader left behind. Fails only if there is none.
        _ = kill_process_group(self.id, Signal::KILL);
        _ = self.leader.wait();
    }
}

/// Resets the signals that this process ignores, for its children. A shell starts `cmd &` in a script with SIGINT
/// ignored, and `nohup` ignores SIGHUP. Children inherit that, and a test's Ctrl-C would have no effect. But handlers
/// are not inherited: after a handler is installed here, children start with the default. The handlers remain without
/// effect when their runtime ends.
fn stop_ignoring_signals() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        let kinds = [SignalKind::hangup(), SignalKind::interrupt(), SignalKind::quit(), SignalKind::terminate()];
        let ignored: Vec<_> = kinds.into_iter().filter(|kind| is_ignored(kind.as_raw_value())).collect();
        if !ignored.is_empty() {
            let runtime = runtime::Builder::new_current_thread().enable_io().build().expect("a runtime");
            let guard = runtime.enter();
            ignored.into_iter().for_each(|kind| drop(signal(kind).expect("a signal that can be handled")));
            drop(guard);
            // The caller can be on its own runtime, which may not wait for another one.
            runtime.shutdown_background();
        }
    });
}

/// Whether this process ignores `signal`; false without `/proc`.
fn is_ignored(signal: i32) -> bool {
    let status = fs::read_to_string("/proc/self/status").unwrap_or_default();
    let mask = status.lines().find_map(|line| u64::from_str_radix(line.strip_prefix("SigIgn:")?.trim(), 16).ok());
    mask.is_some_and(|mask| mask >> (signal - 1) & 1 == 1)
}

/// The ids of all living processes of the executable `binary`.
///
/// Reads `/proc`, else runs `ps`. Zombies do not count.
pub fn running(binary: &Path) -> Vec<u32> {
    match fs::read_dir("/proc/self") {
        Ok(_) => running_by_proc(binary),
        Err(_) => running_by_ps(binary),
    }
}

/// Sends SIGKILL to the process `id`, which must come from `running`.
pub fn kill(id: u32) {
    let id = i32::try_from(id).ok().and_then(Pid::from_raw).expect("a process id");
    _ = kill_process(id, Signal::KILL);
}

/// The peak resident memory of the process `id` so far, in kilobytes; `None` if it has ended, or without `/proc`.
pub fn peak_memory(id: u32) -> Option<u64> {
    let status = fs::read_to_string(format!("/proc/{id}/status")).ok()?;
    status.lines().find_map(|line| line.strip_prefix("VmHWM:")?.trim().strip_suffix(" kB")?.parse().ok())
}

fn running_by_proc(binary: &Path) -> Vec<u32> {
    let entries = fs::read_dir("/proc").expect("/proc can be listed");
    entries
        .filter_map(|entry| entry.ok()?.file_name().to_str()?.parse().ok())
        .filter(|id: &u32| executable(*id).is_some_and(|path| path == binary))
        .collect()
}

/// `None` for an ended process, even for a zombie.
fn executable(id: u32) -> Option<PathBuf> {
    fs::read_link(format!("/proc/{id}/exe")).ok()
}

fn running_by_ps(binary: &Path) -> Vec<u32> {
    let output = Command::new("ps").args(["-A", "-ww", "-o", "pid=,stat=,args="]).output().expect("ps runs");
    let listing = String::from_utf8_lossy(&output.stdout);
    let path = binary.to_string_lossy();
    listing
        .lines()
        .filter_map(|line| {
            let mut words = line.split_whitespace();
            let (id, state, program) = (words.next()?, words.next()?, words.next()?);
            (!state.starts_with('Z') && program == path).then(|| id.parse().ok())?
        })
        .collect()
}

#[test]
fn processes_are_found_by_their_binary_until_they_end() {
    let folder = tempfile::tempdir().unwrap();
    let sleep = folder.path().join("sleep");
    fs::copy("/bin/sleep", &sleep).unwrap();
    let mut group = ProcessGroup::spawn(Command::new(&sleep).arg("60"));
    let found = || running(&sleep).len();
    deadline::eventually(Duration::from_secs(5), "the process is found", || found() == 1);
    assert_eq!(running_by_ps_if_there(&sleep).unwrap_or(1), 1);
    group.interrupt();
    assert!(group.wait(Duration::from_secs(5)).is_some(), "still running after SIGINT");
    assert_eq!(found(), 0);
}

#[cfg(test)]
fn running_by_ps_if_there(binary: &Path) -> Option<usize> {
    Command::new("ps").arg("-A").output().ok().map(|_| running_by_ps(binary).len())
}
