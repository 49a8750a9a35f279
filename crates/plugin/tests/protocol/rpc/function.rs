//! Functions over the wire.

use plugin::proto::tfplugin6::{DynamicValue, call_function};
use serde::Serialize;

use super::toy;
use testkit::plugin_client::{decoded, encoded};

fn call(name: &str, arguments: Vec<Option<DynamicValue>>) -> call_function::Request {
    call_function::Request { name: name.into(), arguments: arguments.into_iter().map(Option::unwrap).collect() }
}

fn argument(value: impl Serialize) -> Option<DynamicValue> {
    encoded(value)
}

#[tokio::test]
async fn variadic_arguments_follow_the_others() {
    let (server, _, mut client) = toy().await;
    for (words, joined) in [(&[][..], ""), (&["a"], "a"), (&["a", "b", "c"], "a-b-c")] {
        let arguments = [&["-"], words].concat().into_iter().map(argument).collect();
        let answer = client.call_function(call("join", arguments)).await.unwrap().into_inner();
        assert!(answer.error.is_none());
        assert_eq!(decoded::<String>(answer.result), joined);
    }
    server.stop().await;
}

#[tokio::test]
async fn an_error_names_its_argument() {
    let (server, _, mut client) = toy().await;
    // OpenTofu sends an allowed null as an empty value.
    let arguments = vec![argument("-"), argument("a"), Some(DynamicValue::default())];
    let error = client.call_function(call("join", arguments)).await.unwrap().into_inner().error.unwrap();
    assert_eq!((&*error.text, error.function_argument), ("null cannot be joined", Some(2)));

    let arguments = vec![argument("-"), argument(["canary-value"])];
    let error = client.call_function(call("join", arguments)).await.unwrap().into_inner().error.unwrap();
    assert_eq!(error.function_argument, Some(1));
    assert!(!error.text.contains("canary"));
    server.stop().await;
}

#[tokio::test]
async fn an_unknown_function_is_an_error() {
    let (server, _, mut client) = toy().await;
    let error = client.call_function(call("toy_join", vec![])).await.unwrap().into_inner().error.unwrap();
    assert!(error.text.starts_with("Unknown function"), "{}", error.text);
    server.stop().await;
}
