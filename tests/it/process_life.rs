//! A hostile machine: no descriptors, no disk, no home, no writable folder. Each run through the real core succeeds or
//! ends in a clear message, and no process outlives it. (Signals and kills are in `terraform::interruption`, clocks
//! that jump in `oauth::cache`.)

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::process::{Command, Stdio};
use std::time::Duration;

use testkit::deadline::eventually;
use testkit::scripted_server::{Reply, ScriptedServer};
use testkit::workspace::Workspace;
use testkit::{process, skip};

const SECRET: &str = "Mt5Gv8Kx-canary-client-secret-2Wd6Rp9Zb";
const TOKEN: &str = "Fs4Jn7Qy-canary-access-token-8Lc3Hv5Te";

/// A workspace whose plan needs a token for its configuration, an ephemeral and a data source.
fn workspace(wire: &ScriptedServer, reply: Reply) -> Workspace {
    let url = wire.route("/token", [reply]);
    let mut workspace = Workspace::new();
    workspace.canary("client secret", SECRET);
    workspace.canary("access token", TOKEN);
    workspace.env("CXONE_CLIENT_SECRET", SECRET).env("CXONE_TOKEN_URL", url).env("CXONE_CLIENT_ID", "survivor");
    workspace.write("ephemeral \"cxone_access_token\" \"this\" {}\ndata \"cxone_token_info\" \"this\" {}");
    workspace
}

/// Plans under `change`: a token comes, by one exchange.
#[track_caller]
fn expect_a_plan(change: impl FnOnce(&mut Workspace)) {
    let wire = ScriptedServer::in_background();
    let mut workspace = workspace(&wire, Reply::token(TOKEN));
    change(&mut workspace);
    workspace.run(&["plan", "-json"]).expect_success();
    wire.only_request("/token");
    workspace.finish();
}

#[test]
fn thirty_two_file_descriptors_are_enough() {
    testkit::needs!(ephemerals);
    expect_a_plan(|workspace| _ = workspace.start_after("ulimit -n 32"));
}

#[test]
fn a_home_is_not_needed() {
    testkit::needs!(ephemerals);
    expect_a_plan(|workspace| _ = workspace.env_remove("HOME"));
    expect_a_plan(|workspace| _ = workspace.env("HOME", "/nonexistent"));
}

#[test]
fn the_working_directory_may_be_read_only() {
    testkit::needs!(ephemerals);
    expect_a_plan(|workspace| {
        let module = workspace.path("module");
        fs::set_permissions(&module, fs::Permissions::from_mode(0o555)).unwrap();
        // Permissions do not restrict root, but a read-only mount does.
        if can_mount() {
            let module = module.display();
            start_mounted(
                workspace,
                &format!("mount --bind '{module}' '{module}'\nmount -o remount,bind,ro '{module}'"),
            );
        }
    });
}

#[test]
fn an_unusable_temporary_folder_is_passed_over() {
    testkit::needs!(ephemerals);
    for folder in ["/nonexistent/folder", "/dev/null", "/proc"] {
        expect_a_plan(|workspace| _ = workspace.env("TMPDIR", folder));
    }
}

#[test]
fn a_full_temporary_folder_is_passed_over() {
    testkit::needs!(ephemerals);
    if can_mount() {
        expect_a_plan(|workspace| {
            let folder = workspace.path("tmp");
            start_mounted(workspace, &format!("mount -t tmpfs -o nr_inodes=1 none '{}'", folder.display()));
        });
    }
}

/// A script that leaves room for nothing more in `/tmp` and in this workspace's `TMPDIR`.
///
/// `/tmp` is made read-only in place, not covered: core and checkout may be below it. The workspace may be, too, and is
/// kept writable by a mount of its own, made before.
fn filling_every_disk(workspace: &Workspace) -> String {
    let root = workspace.path("");
    let root = root.display().to_string();
    let root = root.trim_end_matches('/');
    format!(
        "mount --bind '{root}' '{root}'\nmount --rbind /tmp /tmp\nmount -o remount,bind,ro /tmp\n\
         mount -t tmpfs -o nr_inodes=1 none '{root}/tmp'\ncd '{root}/module'"
    )
}

#[test]
fn without_any_room_for_a_socket_a_port_serves_the_authenticated_host() {
    testkit::needs!(ephemerals);
    expect_a_plan(|workspace| {
        if can_mount() {
            let script = filling_every_disk(workspace);
            start_mounted(workspace, &script);
        }
    });
}

#[test]
fn without_tls_a_port_would_be_open_to_all_so_the_run_fails_and_says_why() {
    testkit::needs!(ephemerals);
    if !can_mount() {
        return;
    }
    let wire = ScriptedServer::in_background();
    let mut workspace = workspace(&wire, Reply::token(TOKEN));
    let script = filling_every_disk(&workspace);
    start_mounted(&mut workspace, &script);
    workspace.env("TF_DISABLE_PLUGIN_TLS", "1");

    let run = workspace.run(&["plan", "-json"]).expect_failure();

    assert_eq!(wire.requests().len(), 0);
    let shown = format!("{}{}", run.stdout, run.log());
    assert!(shown.contains("no socket can be opened for the host"), "{run}");
    workspace.finish();
}

#[test]
fn with_tls_switched_off_the_sockets_folder_is_the_guard() {
    testkit::needs!(ephemerals);
    let wire = ScriptedServer::in_background();
    let mut workspace = workspace(&wire, Reply::hang());
    workspace.env("TF_DISABLE_PLUGIN_TLS", "1");
    let mut running = workspace.start(&["plan", "-json"]);
    eventually(Duration::from_secs(30), "the exchange begins", || !wire.requests().is_empty());

    let folders: Vec<_> = fs::read_dir(workspace.path("tmp")).unwrap().map(|entry| entry.unwrap().path()).collect();
    assert!(!folders.is_empty(), "no folder with a socket");
    for folder in folders {
        let mode = |path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
        assert_eq!((mode(folder.clone()), mode(folder.join("s"))), (0o700, 0o600), "{folder:?}");
    }

    running.group().interrupt();
    assert_eq!(running.finish(Duration::from_secs(5)).exit_code, Some(1));
    workspace.finish();
}

#[test]
fn the_provider_keeps_nothing_in_files() {
    testkit::needs!(ephemerals);
    let wire = ScriptedServer::in_background();
    let mut workspace = workspace(&wire, Reply::hang());
    let mut running = workspace.start(&["plan", "-json"]);
    eventually(Duration::from_secs(30), "the exchange begins", || !wire.requests().is_empty());
    let mut looked_at = 0;
    for id in workspace.providers() {
        let Ok(files) = fs::read_dir(format!("/proc/{id}/fd")) else { continue };
        let open = files.filter_map(|file| fs::read_link(file.ok()?.path()).ok());
        let regular: Vec<_> = open.filter(|path| path.is_file()).collect();
        assert!(regular.is_empty(), "open files: {regular:?}");
        let maps = fs::read_to_string(format!("/proc/{id}/maps")).unwrap_or_default();
        // Address, permissions (the fourth letter is `s` for memory shared with a file), offset, device, inode, path.
        let shared: Vec<_> =
            maps.lines().filter(|line| line.split(' ').nth(1).is_some_and(|it| it.ends_with('s'))).collect();
        assert!(shared.is_empty(), "memory shared with files: {shared:?}");
        looked_at += 1;
    }
    assert!(looked_at > 0 || !cfg!(target_os = "linux"), "no provider was looked at");

    running.group().interrupt();
    assert_eq!(running.finish(Duration::from_secs(5)).exit_code, Some(1));
    workspace.finish();
}

#[test]
fn a_run_after_a_killed_provider_is_not_harmed_by_what_it_left() {
    testkit::needs!(ephemerals);
    let wire = ScriptedServer::in_background();
    let mut workspace = workspace(&wire, Reply::hang());
    let running = workspace.start(&["plan", "-json"]);
    eventually(Duration::from_secs(30), "the exchange begins", || !wire.requests().is_empty());
    for id in workspace.providers() {
        process::kill(id);
    }
    running.finish(Duration::from_secs(5)).expect_failure();

    wire.route("/token", [Reply::token(TOKEN)]);
    workspace.plan().expect_success();
    assert_eq!(wire.requests().len(), 2);
    workspace.finish_after_kill();
}

/// Whether this process may have a mount namespace of its own, so that a disk can be full or read-only.
fn can_mount() -> bool {
    let mut command = Command::new("unshare");
    let script = "mount -t tmpfs -o nr_inodes=1 none /mnt";
    command.args(["-rm", "sh", "-ec", script]).stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
    let can = command.status().is_ok_and(|status| status.success());
    if !can {
        skip::because("no mount namespaces here, so no disk can be made full or read-only");
    }
    can
}

/// Starts the core in a mount namespace of its own, after `script`.
fn start_mounted(workspace: &mut Workspace, script: &str) {
    workspace.start_with(&["unshare", "-rm", "sh", "-ec", &format!("{script}\nexec \"$0\" \"$@\"")]);
}
