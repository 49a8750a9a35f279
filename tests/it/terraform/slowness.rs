//! Long waits are reported: in the log during the wait, in the diagnostic afterwards.

use std::time::Duration;

use super::{SECRET, TOKEN, used_alias};
use testkit::deadline;
use testkit::scripted_server::{Reply, ScriptedServer};
use testkit::workspace::Workspace;

fn workspace() -> Workspace {
    let mut workspace = Workspace::for_any_core();
    workspace.canary("client secret", SECRET);
    workspace.canary("access token", TOKEN);
    workspace.env("CXONE_CLIENT_ID", "reader");
    workspace.env("CXONE_CLIENT_SECRET", SECRET);
    workspace
}

#[test]
fn the_log_tells_of_a_slow_exchange_while_it_lasts() {
    let wire = ScriptedServer::in_background();
    let url = wire.route("/slow", [Reply::token(TOKEN).held()]);
    let mut workspace = workspace();
    workspace.env_remove("TF_LOG").env("TF_LOG_PROVIDER", "INFO");
    workspace.write(&used_alias("slow", &format!("token_url = \"{url}\"")));

    let running = workspace.start(&["plan", "-json", "-out=plan.tfplan"]);
    // The server responds only after the log line, so the line comes before the end or never.
    let noticed = deadline::poll(LIMIT, || running.log().contains(NOTICE).then_some(()));
    wire.release();
    let plan = running.finish(LIMIT).expect_success();

    assert!(noticed.is_some(), "nothing within {LIMIT:?}: {}", plan.log());
    let log = plan.log();
    let lines: Vec<_> = log.lines().filter(|line| line.contains(NOTICE) || line.contains(END)).collect();
    let [notice, end] = lines.as_slice() else { panic!("not one line each: {lines:?}") };
    assert!(notice.contains("[INFO]") && notice.contains("elapsed_ms=5000") && notice.contains(&url), "{notice}");
    assert!(end.contains("[INFO]") && end.contains("attempts=1") && end.contains("succeeded=true"), "{end}");
    let took = end.split_once("took_ms=").unwrap().1.split_whitespace().next().unwrap();
    assert!(took.parse::<u64>().unwrap() >= 5_000, "{end}");
    workspace.finish();
}

#[test]
fn the_log_tells_of_each_retry_and_the_diagnostic_how_the_time_was_spent() {
    let wire = ScriptedServer::in_background();
    let busy = || [Reply::answer(503, &[], "")];
    let url = wire.route("/busy", busy());
    wire.route("/issuer/.well-known/openid-configuration", busy());
    let mut workspace = workspace();
    workspace.env_remove("TF_LOG").env("TF_LOG_PROVIDER", "INFO");
    let patience = "retry_min_wait = \"700ms\"\nretry_max_wait = \"700ms\"\nmax_retries = 2";
    workspace.write(
        &[
            used_alias("busy", &format!("token_url = \"{url}\"\n{patience}")),
            used_alias("discovery", &format!("issuer = \"http://{}/issuer\"\n{patience}", wire.address())),
        ]
        .concat(),
    );

    let plan = workspace.plan().expect_failure();

    let log = plan.log();
    let retries: Vec<_> = log.lines().filter(|line| line.contains("trying again")).collect();
    assert_eq!(retries.len(), 2 + 2, "{retries:?}");
    assert!(retries.iter().all(|line| line.contains("[INFO]") && line.contains("wait_ms=700")), "{retries:?}");
    for alias in [".busy", ".discovery"] {
        plan.error_at(alias).expect_facts(&[
            "3 requests in ",
            "1.4 s of it between them",
            "max_retries is 2 (max_retries, provider block)",
        ]);
    }
    workspace.finish();
}

const NOTICE: &str = "the token request takes long; the provider is still trying";
const END: &str = "the long wait is over";

/// Within the request_timeout of 30 s.
const LIMIT: Duration = Duration::from_secs(25);
