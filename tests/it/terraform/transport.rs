//! The effect of time limits and retries on the token request.

use std::time::Duration;

use super::{SECRET, TOKEN, used_alias};
use testkit::scripted_server::{Reply, Request, ScriptedServer};
use testkit::workspace::Workspace;

/// One row: a provider configuration, its script, and what must come of it.
struct Case {
    name: &'static str,
    settings: &'static str,
    replies: Vec<Reply>,
    /// One number for each repeated request: the least time in milliseconds from the answer before, or, where there was
    /// none, from the start of the attempt before.
    gaps: &'static [u64],
    /// `None`: recovered. Else the facts of its error.
    error: Option<&'static [&'static str]>,
}

#[test]
fn timeouts_and_retries_reach_the_token_request() {
    let cases = cases();
    let wire = ScriptedServer::in_background();
    let mut workspace = Workspace::for_any_core();
    workspace.canary("client secret", SECRET);
    workspace.canary("access token", TOKEN);
    workspace.env("CXONE_CLIENT_ID", "reader");
    workspace.env("CXONE_CLIENT_SECRET", SECRET);
    let blocks = cases.iter().map(|case| {
        let url = wire.route(&format!("/{}", case.name), case.replies.clone());
        used_alias(case.name, &format!("token_url = \"{url}\"\n{}", case.settings))
    });
    workspace.write(&blocks.collect::<String>());

    let plan = workspace.plan_with(&["-parallelism=20"]).expect_failure();

    for case in &cases {
        let requests = wire.requests_for(&format!("/{}", case.name));
        assert_eq!(requests.len(), case.gaps.len() + 1, "{}: {plan}", case.name);
        expect_gaps(case, &requests);
        let address = format!(".{}", case.name);
        match case.error {
            Some(facts) => _ = plan.error_at(&address).expect_facts(facts).expect_facts(&["127.0.0.1"]),
            None => assert!(!plan.errors().any(|error| error.address.ends_with(&address)), "{}: {plan}", case.name),
        }
    }
    workspace.finish();
}

/// Measures from the moments before answers went out: the client's waits begin after those, however slow the machine
/// is. An attempt that was not answered began after the last answer before it. (The limit there is long enough that the
/// answer before it is not late.)
#[track_caller]
fn expect_gaps(case: &Case, requests: &[Request]) {
    for (first, answered) in requests.iter().enumerate().filter_map(|(at, request)| Some((at, request.answered?))) {
        for (later, request) in requests.iter().enumerate().skip(first + 1) {
            let gap = request.at - answered;
            let least = Duration::from_millis(case.gaps[first..later].iter().sum());
            assert!(gap >= least, "{}: {gap:?} from answer {first} to request {later}, not {least:?}", case.name);
        }
    }
    for (pair, least) in requests.windows(2).zip(case.gaps) {
        let (gap, most) = (pair[1].at - pair[0].at, Duration::from_millis(least + 60_000));
        assert!(gap < most, "{}: {gap:?} is more than {most:?}", case.name);
    }
}

fn cases() -> Vec<Case> {
    let unavailable = || Reply::answer(503, &[], "");
    let wait_an_hour = Reply::answer(429, &[("Retry-After", "3600")], "");
    let wait_a_second = Reply::answer(503, &[("Retry-After", "1")], "");
    let quick = "retry_min_wait = \"10ms\"\nretry_max_wait = \"20ms\"";
    vec![
        Case {
            name: "hanging",
            settings: "request_timeout = \"1s\"\nmax_retries = 2\nretry_min_wait = \"10ms\"\nretry_max_wait = \"20ms\"",
            replies: vec![unavailable(), Reply::hang()],
            gaps: &[10, 1_010],
            error: Some(&["1s", "request_timeout", "3 requests"]),
        },
        Case {
            name: "recovering",
            settings: "retry_min_wait = \"300ms\"\nretry_max_wait = \"400ms\"",
            replies: vec![unavailable(), Reply::token(TOKEN)],
            gaps: &[300],
            error: None,
        },
        Case {
            name: "closing",
            settings: quick,
            replies: vec![Reply::close(), Reply::close(), Reply::token(TOKEN)],
            gaps: &[10, 10],
            error: None,
        },
        Case {
            name: "told_to_wait",
            settings: "retry_min_wait = \"10ms\"\nretry_max_wait = \"5s\"",
            replies: vec![wait_a_second, Reply::token(TOKEN)],
            gaps: &[1_000],
            error: None,
        },
        Case {
            name: "told_to_wait_long",
            settings: quick,
            replies: vec![wait_an_hour, Reply::token(TOKEN)],
            gaps: &[10],
            error: None,
        },
        Case {
            name: "without_retries",
            settings: "max_retries = 0",
            replies: vec![unavailable()],
            gaps: &[],
            error: Some(&["503"]),
        },
        Case {
            name: "never_recovering",
            settings: quick,
            replies: vec![unavailable()],
            gaps: &[10, 10, 10],
            error: Some(&["503", "4 requests"]),
        },
    ]
}
