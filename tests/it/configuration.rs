//! The provider's configuration in this process: the state after a stop.

use std::time::Duration;

use oauth::Clock;
use plugin::{Diagnostics, Provider};
use terraform_provider_cxone::provider::CxoneProvider;
use terraform_provider_cxone::settings::environment::Environment;

use testkit::scripted_server::{ScriptedServer, answer};

#[tokio::test]
async fn a_stop_while_the_credentials_are_validated_ends_the_exchange() {
    let busy = (0..20).map(|_| answer("503 Busy", &[], ""));
    let server = ScriptedServer::start(busy).await;
    let provider = CxoneProvider::new(Environment::default(), Clock::System);
    let config = serde_json::from_value(serde_json::json!({
        "token_url": server.url("/token"), "client_id": "stopped-client", "client_secret": "canary-stopped-secret",
        "max_retries": 20, "retry_min_wait": "20ms", "retry_max_wait": "20ms",
    }));
    let mut diags = Diagnostics::default();
    {
        let configuration = provider.configure(&mut diags, "1.11.4".to_owned(), config.unwrap());
        tokio::select! {
            biased;
            () = server.wait_for_requests(2) => {}
            () = configuration => panic!("the configuration ended before the stop"),
        }
    }

    provider.stop();

    // A request in flight can still arrive. After that, twice the longest wait must bring nothing more.
    tokio::time::sleep(Duration::from_millis(20)).await;
    let seen = server.requests().len();
    tokio::time::sleep(Duration::from_millis(50)).await;
    assert_eq!(server.requests().len(), seen, "the exchange went on after the stop");
    assert!(seen < 20);
}
