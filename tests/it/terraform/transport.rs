//! Time limits and retries, as they reach the token request.

use std::time::Duration;

use super::{SECRET, TOKEN, used_alias};
use crate::support::{
    wire_server::{Reply, WireServer},
    workspace::Workspace,
};

/// One row: a provider configuration, its script, and what must come of it.
struct Case {
    name: &'static str,
    settings: &'static str,
    replies: Vec<Reply>,
    requests: usize,
    /// Bounds on the time between any two requests, in milliseconds.
    gap: std::ops::Range<u64>,
    /// `None`: recovered. Else the facts of its error.
    error: Option<&'static [&'static str]>,
}

#[test]
fn timeouts_and_retries_reach_the_token_request() {
    let cases = cases();
    let wire = WireServer::start();
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
        assert_eq!(requests.len(), case.requests, "{}: {plan}", case.name);
        for pair in requests.windows(2) {
            let gap = pair[1].at - pair[0].at;
            // Seen from the server: the first request may have arrived late.
            let start = case.gap.start.saturating_sub(100);
            let bounds = Duration::from_millis(start)..Duration::from_millis(case.gap.end);
            assert!(bounds.contains(&gap), "{}: {gap:?} is not within {bounds:?}", case.name);
        }
        let address = format!(".{}", case.name);
        match case.error {
            Some(facts) => _ = plan.error_at(&address).expect_facts(facts).expect_facts(&["127.0.0.1"]),
            None => assert!(!plan.errors().any(|error| error.address.ends_with(&address)), "{}: {plan}", case.name),
        }
    }
    workspace.finish();
}

fn cases() -> Vec<Case> {
    let unavailable = || Reply::answer(503, &[], "");
    let wait_an_hour = Reply::answer(429, &[("Retry-After", "3600")], "");
    let wait_a_second = Reply::answer(503, &[("Retry-After", "1")], "");
    let quick = "retry_min_wait = \"10ms\"\nretry_max_wait = \"20ms\"";
    vec![
        Case {
            name: "hanging",
            settings: "request_timeout = \"200ms\"\nmax_retries = 1\nretry_min_wait = \"10ms\"\nretry_max_wait = \"20ms\"",
            replies: vec![Reply::Hang],
            requests: 2,
            gap: 200..3_000,
            error: Some(&["200 ms", "request_timeout", "2 requests"]),
        },
        Case {
            name: "recovering",
            settings: "retry_min_wait = \"300ms\"\nretry_max_wait = \"400ms\"",
            replies: vec![unavailable(), Reply::token(TOKEN)],
            requests: 2,
            gap: 300..3_000,
            error: None,
        },
        Case {
            name: "closing",
            settings: quick,
            replies: vec![Reply::Close, Reply::Close, Reply::token(TOKEN)],
            requests: 3,
            gap: 10..3_000,
            error: None,
        },
        Case {
            name: "told_to_wait",
            settings: "retry_min_wait = \"10ms\"\nretry_max_wait = \"5s\"",
            replies: vec![wait_a_second, Reply::token(TOKEN)],
            requests: 2,
            gap: 1_000..4_000,
            error: None,
        },
        Case {
            name: "told_to_wait_long",
            settings: quick,
            replies: vec![wait_an_hour, Reply::token(TOKEN)],
            requests: 2,
            gap: 10..3_000,
            error: None,
        },
        Case {
            name: "without_retries",
            settings: "max_retries = 0",
            replies: vec![unavailable()],
            requests: 1,
            gap: 0..1,
            error: Some(&["503"]),
        },
        Case {
            name: "never_recovering",
            settings: quick,
            replies: vec![unavailable()],
            requests: 4,
            gap: 10..3_000,
            error: Some(&["503", "4 requests"]),
        },
    ]
}
