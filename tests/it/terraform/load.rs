//! Many token objects with one exchange, and many plans at one server.

use std::thread;
use std::time::Duration;

use super::{SECRET, TOKEN};
use testkit::process;
use testkit::scripted_server::{Reply, ScriptedServer};
use testkit::workspace::Workspace;

#[test]
fn a_hundred_ephemerals_and_a_hundred_data_sources_share_one_exchange() {
    testkit::needs!(ephemerals);
    let wire = ScriptedServer::in_background();
    let url = wire.route("/token", [Reply::token(TOKEN)]);
    let mut workspace = Workspace::new();
    workspace.canary("client secret", SECRET);
    workspace.canary("access token", TOKEN);
    workspace.env("CXONE_CLIENT_SECRET", SECRET);
    // Without the exchange of the configuration, all two hundred objects ask at once.
    workspace.write(&format!(
        r#"
        provider "cxone" {{
          token_url                   = "{url}"
          client_id                   = "many"
          skip_credentials_validation = true
        }}
        ephemeral "cxone_access_token" "many" {{
          count = 100
        }}
        data "cxone_access_token" "many" {{
          count = 50
        }}
        data "cxone_token_info" "many" {{
          count = 50
        }}
        "#
    ));

    workspace.plan_with(&["-parallelism=100"]).expect_success();

    wire.only_request("/token");
    workspace.finish();
}

/// Plans so many ephemerals and so many data sources at once; gives the provider's largest memory, in kilobytes.
fn largest_memory(count: usize) -> u64 {
    let wire = ScriptedServer::in_background();
    let url = wire.route("/token", [Reply::token(TOKEN)]);
    let mut workspace = Workspace::new();
    workspace.canary("client secret", SECRET);
    workspace.canary("access token", TOKEN);
    workspace.env("CXONE_CLIENT_SECRET", SECRET);
    // The core's own trace of a thousand objects is not measured here.
    workspace.env_remove("TF_LOG").env("TF_LOG_PROVIDER", "TRACE");
    workspace.write(&format!(
        r#"
        provider "cxone" {{
          token_url                   = "{url}"
          client_id                   = "many"
          skip_credentials_validation = true
        }}
        ephemeral "cxone_access_token" "many" {{
          count = {count}
        }}
        data "cxone_access_token" "many" {{
          count = {count}
        }}
        "#
    ));

    let running = workspace.start(&["plan", "-json", "-out=plan.tfplan", "-parallelism=100"]);
    let run = thread::spawn(move || running.finish(Duration::from_secs(90)));
    let mut largest = 0;
    while !run.is_finished() {
        let sizes = workspace.providers().into_iter().filter_map(process::peak_memory);
        largest = sizes.chain([largest]).max().unwrap_or_default();
        thread::sleep(Duration::from_millis(10));
    }
    run.join().unwrap().expect_success();

    wire.only_request("/token");
    workspace.finish();
    largest
}

#[test]
fn a_thousand_ephemerals_and_a_thousand_data_sources_need_hardly_more_memory_than_ten() {
    testkit::needs!(ephemerals);
    let (few, many) = (largest_memory(10), largest_memory(1_000));
    // Unknown without `/proc`.
    assert!(few > 0 || !cfg!(target_os = "linux"), "the provider was not seen");
    assert!(many < few + 16 * 1024, "{few} kB for ten, {many} kB for a thousand");
}

#[test]
fn fifty_plans_side_by_side_are_served_by_one_server() {
    const AT_ONCE: usize = 8;
    testkit::needs!(ephemerals);
    let wire = ScriptedServer::in_background();
    let url = wire.route("/token", [Reply::token(TOKEN)]);
    let plans: Vec<_> = (0..50).collect();
    for plans in plans.chunks(AT_ONCE) {
        thread::scope(|scope| {
            for plan in plans {
                let url = &url;
                scope.spawn(move || plan_one(url, &format!("plan-{plan}")));
            }
        });
    }

    let mut pairs: Vec<_> = wire.requests().iter().filter_map(|request| request.basic()).collect();
    pairs.sort();
    let mut expected: Vec<_> = plans.iter().map(|plan| format!("plan-{plan}:{SECRET}")).collect();
    expected.sort();
    assert_eq!(pairs, expected, "one exchange a plan");
}

fn plan_one(url: &str, client_id: &str) {
    let mut workspace = Workspace::new();
    workspace.canary("client secret", SECRET);
    workspace.canary("access token", TOKEN);
    workspace.env("CXONE_CLIENT_SECRET", SECRET).env("CXONE_TOKEN_URL", url).env("CXONE_CLIENT_ID", client_id);
    workspace.write("ephemeral \"cxone_access_token\" \"this\" {}\ndata \"cxone_token_info\" \"this\" {}");
    workspace.plan().expect_success();
    workspace.finish();
}

#[test]
fn ten_aliases_with_credentials_of_their_own_make_ten_exchanges() {
    testkit::needs!(ephemerals);
    let secret = |number: usize| format!("Qx7Vd2Lm{number}-canary-secret-of-an-alias-{number}8Rk4Tz9Wp");
    let wire = ScriptedServer::in_background();
    let url = wire.route("/token", [Reply::token(TOKEN)]);
    let mut workspace = Workspace::new();
    workspace.canary("access token", TOKEN);
    workspace.env("CXONE_TOKEN_URL", url);
    let mut hcl = String::new();
    for number in 0..10 {
        workspace.canary(&format!("client secret {number}"), &secret(number));
        let file = workspace.secret_file(&format!("secret-{number}"), &secret(number));
        hcl.push_str(&format!(
            r#"
            provider "cxone" {{
              alias              = "a{number}"
              client_id          = "alias-{number}"
              client_secret_file = "{file}"
            }}
            ephemeral "cxone_access_token" "a{number}" {{
              provider = cxone.a{number}
              count    = 3
            }}
            data "cxone_token_info" "a{number}" {{
              provider = cxone.a{number}
              count    = 3
            }}
            "#
        ));
    }
    workspace.write(&hcl);

    workspace.plan_with(&["-parallelism=30"]).expect_success();

    let mut pairs: Vec<_> = wire.requests().iter().filter_map(|request| request.basic()).collect();
    pairs.sort();
    let expected: Vec<_> = (0..10).map(|number| format!("alias-{number}:{}", secret(number))).collect();
    assert_eq!(pairs, expected);
    workspace.finish();
}
