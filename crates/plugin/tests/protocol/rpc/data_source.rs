//! Data sources over the wire.

use plugin::proto::tfplugin6::diagnostic::Severity;
use plugin::proto::tfplugin6::{DynamicValue, read_data_source, validate_data_resource_config};
use serde_json::{Value, json};

use super::{attribute, errors, toy};
use testkit::plugin_client::{decoded, encoded};

fn read(config: Option<DynamicValue>) -> read_data_source::Request {
    read_data_source::Request { type_name: "toy_echo".into(), config, ..Default::default() }
}

fn text(text: &str) -> Option<DynamicValue> {
    encoded(json!({"text": text, "amount": null, "words": null, "greeting": null}))
}

#[tokio::test]
async fn arguments_come_back_as_they_were_sent() {
    let (server, _, mut client) = toy().await;
    for amount in [json!(3), json!(1.5), json!("0.1"), json!("1e30"), json!(null)] {
        let sent = json!({"text": "t", "amount": amount, "words": ["a", "b"], "greeting": null});
        let answer = client.read_data_source(read(encoded(&sent))).await.unwrap().into_inner();
        assert!(answer.diagnostics.is_empty(), "{:?}", answer.diagnostics);
        assert_eq!(decoded::<Value>(answer.state), sent);
    }
    server.stop().await;
}

#[tokio::test]
async fn a_value_above_grpcs_usual_limit_is_carried() {
    let (server, _, mut client) = toy().await;
    let large = "x".repeat(6 << 20);
    let answer = client.read_data_source(read(text(&large))).await.unwrap().into_inner();
    assert_eq!(decoded::<Value>(answer.state)["text"], large);
    server.stop().await;
}

#[tokio::test]
async fn a_refined_unknown_is_just_unknown() {
    let (server, _, mut client) = toy().await;
    // {"text": unknown with the prefix "p-", and the other attributes null}
    let mut msgpack = b"\x84\xa4text\xc7\x08\x0c\x82\x01\xc2\x02\xa3p-x".to_vec();
    for name in ["amount", "words", "greeting"] {
        msgpack.extend(rmp_serde::to_vec(name).unwrap());
        msgpack.push(0xc0);
    }
    let config = Some(DynamicValue { msgpack, json: Vec::new() });
    let request = validate_data_resource_config::Request { type_name: "toy_echo".into(), config: config.clone() };
    let checked = client.validate_data_resource_config(request).await.unwrap().into_inner();
    assert!(checked.diagnostics.is_empty(), "{:?}", checked.diagnostics);
    let answer = client.read_data_source(read(config)).await.unwrap().into_inner();
    let state = answer.state.unwrap().msgpack;
    assert!(state.windows(8).any(|bytes| bytes == b"\xa4text\xc7\x00\x00"), "{state:x?}");
    server.stop().await;
}

#[tokio::test]
async fn diagnostics_keep_severity_and_path() {
    let (server, _, mut client) = toy().await;
    let request = validate_data_resource_config::Request { type_name: "toy_echo".into(), config: text("bad") };
    let checked = client.validate_data_resource_config(request).await.unwrap().into_inner();
    let shown: Vec<_> = checked.diagnostics.iter().map(|it| (it.severity(), &*it.summary, attribute(it))).collect();
    let expected = [(Severity::Error, "Bad text", Some("text")), (Severity::Warning, "Odd text", Some("text"))];
    assert_eq!(shown, expected);
    server.stop().await;
}

#[tokio::test]
async fn an_unknown_type_is_an_error_of_that_call_alone() {
    let (server, _, mut client) = toy().await;
    for type_name in ["toy_other", "other_echo", "toyecho", "echo", ""] {
        let request = read_data_source::Request { type_name: type_name.into(), ..read(text("t")) };
        let answer = client.read_data_source(request).await.unwrap().into_inner();
        assert_eq!(errors(&answer.diagnostics), ["Unknown data source"], "{type_name}");
    }
    server.stop().await;
}

#[tokio::test]
async fn a_panic_is_an_error_without_its_message_and_the_server_lives_on() {
    let (server, _, mut client) = toy().await;
    let answer = client.read_data_source(read(text("panic"))).await.unwrap().into_inner();
    assert_eq!(errors(&answer.diagnostics), ["Provider crashed"]);
    assert!(!format!("{:?}", answer.diagnostics).contains("canary"));
    let answer = client.read_data_source(read(text("fine"))).await.unwrap().into_inner();
    assert_eq!(decoded::<Value>(answer.state)["text"], "fine");
    server.stop().await;
}

#[tokio::test]
async fn no_answer_without_a_reason_is_an_error() {
    let (server, _, mut client) = toy().await;
    let answer = client.read_data_source(read(text("nothing"))).await.unwrap().into_inner();
    assert_eq!(errors(&answer.diagnostics), ["Provider returned no result"]);
    let malformed = Some(DynamicValue { msgpack: vec![0xc1], json: Vec::new() });
    let answer = client.read_data_source(read(malformed)).await.unwrap().into_inner();
    assert_eq!(errors(&answer.diagnostics), ["Malformed value"]);
    server.stop().await;
}
