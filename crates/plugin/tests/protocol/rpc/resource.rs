//! Managed resources over the wire.

use plugin::proto::tfplugin6::provider_client::ProviderClient;
use plugin::proto::tfplugin6::{
    DynamicValue, RawState, apply_resource_change, import_resource_state, plan_resource_change, read_resource,
    stop_provider, upgrade_resource_state, validate_resource_config,
};
use plugin::value::Value as Known;
use serde_json::{Value, json};
use tonic::transport::Channel;

use super::{errors, let_it_hang, toy};
use crate::toy::NoteState;
use testkit::plugin_client::{decoded, encoded};

const TYPE: &str = "toy_note";

fn note(id: Option<&str>, kind: &str, text: &str) -> Option<DynamicValue> {
    encoded(json!({"id": id, "kind": kind, "text": text}))
}

fn null() -> Option<DynamicValue> {
    encoded(())
}

fn writes(count: u32) -> Vec<u8> {
    rmp_serde::to_vec(&count).unwrap()
}

async fn plan(
    client: &mut ProviderClient<Channel>,
    prior: Option<DynamicValue>,
    proposed: Option<DynamicValue>,
    prior_private: Vec<u8>,
) -> plan_resource_change::Response {
    let request = plan_resource_change::Request {
        type_name: TYPE.into(),
        prior_state: prior,
        config: proposed.clone(),
        proposed_new_state: proposed,
        prior_private,
        ..Default::default()
    };
    client.plan_resource_change(request).await.unwrap().into_inner()
}

async fn apply(
    client: &mut ProviderClient<Channel>,
    prior: Option<DynamicValue>,
    planned: Option<DynamicValue>,
    planned_private: Vec<u8>,
) -> apply_resource_change::Response {
    let request = apply_resource_change::Request {
        type_name: TYPE.into(),
        prior_state: prior,
        config: planned.clone(),
        planned_state: planned,
        planned_private,
        ..Default::default()
    };
    client.apply_resource_change(request).await.unwrap().into_inner()
}

#[tokio::test]
async fn a_note_lives_from_plan_to_destruction() {
    let (server, _, mut client) = toy().await;
    let config = note(None, "a", "one");
    let request = validate_resource_config::Request { type_name: TYPE.into(), config, ..Default::default() };
    assert!(client.validate_resource_config(request).await.unwrap().into_inner().diagnostics.is_empty());

    let planned = plan(&mut client, null(), note(None, "a", "one"), Vec::new()).await;
    assert_eq!(decoded::<NoteState>(planned.planned_state.clone()).id, Known::Unknown);
    assert!(planned.requires_replace.is_empty() && !planned.legacy_type_system);
    let created = apply(&mut client, null(), planned.planned_state, planned.planned_private).await;
    assert_eq!(decoded::<Value>(created.new_state.clone()), json!({"id": "note-1", "kind": "a", "text": "one"}));
    assert!(created.private == writes(1));

    let current = created.new_state;
    let planned = plan(&mut client, current.clone(), note(Some("note-1"), "a", "two"), created.private).await;
    assert!(planned.requires_replace.is_empty());
    let updated = apply(&mut client, current, planned.planned_state, planned.planned_private).await;
    assert_eq!(decoded::<Value>(updated.new_state.clone())["text"], "two");
    assert!(updated.private == writes(2));

    let replaced = plan(&mut client, updated.new_state.clone(), note(Some("note-1"), "b", "two"), writes(2)).await;
    assert_eq!(replaced.requires_replace.len(), 1);

    let planned = plan(&mut client, updated.new_state.clone(), null(), updated.private).await;
    assert_eq!(decoded::<Value>(planned.planned_state.clone()), Value::Null);
    let destroyed = apply(&mut client, updated.new_state, planned.planned_state, planned.planned_private).await;
    assert!(destroyed.diagnostics.is_empty());
    assert_eq!(decoded::<Value>(destroyed.new_state), Value::Null);
    server.stop().await;
}

#[tokio::test]
async fn what_went_wrong_is_told_beside_the_state_as_it_is() {
    let (server, _, mut client) = toy().await;
    let failed = apply(&mut client, null(), note(None, "a", "fail"), writes(0)).await;
    assert_eq!(errors(&failed.diagnostics), ["Written half-way"]);
    assert_eq!(decoded::<Value>(failed.new_state)["id"], "note-1", "the created object stays");

    let prior = note(Some("note-1"), "a", "one");
    let failed = apply(&mut client, prior.clone(), note(Some("note-1"), "a", "fail"), writes(1)).await;
    assert_eq!(errors(&failed.diagnostics), ["Not written"]);
    assert!(failed.new_state == prior && failed.private == writes(1));

    let sticky = note(Some("note-1"), "a", "sticky");
    let failed = apply(&mut client, sticky.clone(), null(), writes(1)).await;
    assert_eq!(errors(&failed.diagnostics), ["Not destroyed"]);
    assert!(failed.new_state == sticky, "the remaining object stays");
    server.stop().await;
}

#[tokio::test]
async fn an_interrupted_creation_leaves_null_and_an_interrupted_change_the_prior_state() {
    let (server, _, mut client) = toy().await;
    let mut other = client.clone();
    let hanging = tokio::spawn(async move { apply(&mut other, null(), note(None, "a", "hang"), writes(0)).await });
    let_it_hang().await;
    client.stop_provider(stop_provider::Request {}).await.unwrap();
    let interrupted = hanging.await.unwrap();
    assert_eq!(errors(&interrupted.diagnostics), ["Interrupted"]);
    assert_eq!(decoded::<Value>(interrupted.new_state), Value::Null);
    server.stop().await;
}

#[tokio::test]
async fn reading_tells_the_gone_from_the_unreadable() {
    let (server, _, mut client) = toy().await;
    let reading = |text: &str| read_resource::Request {
        type_name: TYPE.into(),
        current_state: note(Some("note-1"), "a", text),
        private: writes(3),
        ..Default::default()
    };
    let read = client.read_resource(reading("one")).await.unwrap().into_inner();
    assert_eq!(decoded::<Value>(read.new_state)["text"], "one");
    assert!(read.private == writes(3), "private data is kept");

    let gone = client.read_resource(reading("gone")).await.unwrap().into_inner();
    assert!(gone.diagnostics.is_empty());
    assert_eq!(decoded::<Value>(gone.new_state), Value::Null);
    let nothing = read_resource::Request { current_state: null(), ..reading("") };
    let nothing = client.read_resource(nothing).await.unwrap().into_inner();
    assert!(nothing.diagnostics.is_empty() && decoded::<Value>(nothing.new_state) == Value::Null);

    let unreadable = client.read_resource(reading("unreadable")).await.unwrap().into_inner();
    assert_eq!(errors(&unreadable.diagnostics), ["Cannot read"]);
    assert!(unreadable.new_state == note(Some("note-1"), "a", "unreadable") && unreadable.private == writes(3));
    server.stop().await;
}

#[tokio::test]
async fn stored_state_is_brought_to_the_current_schema() {
    let (server, _, mut client) = toy().await;
    let upgrade = |version: i64, state: &str| upgrade_resource_state::Request {
        type_name: TYPE.into(),
        version,
        raw_state: Some(RawState { json: state.as_bytes().to_vec(), ..Default::default() }),
    };
    let current = upgrade(1, r#"{"id": "note-1", "text": "one", "dropped": true}"#);
    let upgraded = client.upgrade_resource_state(current).await.unwrap().into_inner();
    let expected = json!({"id": "note-1", "kind": null, "text": "one"});
    assert_eq!(decoded::<Value>(upgraded.upgraded_state), expected);

    let old = upgrade(0, r#"{"id": "note-1", "text": "one"}"#);
    let upgraded = client.upgrade_resource_state(old).await.unwrap().into_inner();
    assert_eq!(decoded::<Value>(upgraded.upgraded_state), expected);

    let newer = client.upgrade_resource_state(upgrade(2, "{}")).await.unwrap().into_inner();
    assert_eq!(errors(&newer.diagnostics), ["State was written by a newer provider"]);
    let broken = client.upgrade_resource_state(upgrade(1, "")).await.unwrap().into_inner();
    assert_eq!(errors(&broken.diagnostics), ["Unreadable state"]);
    server.stop().await;
}

#[tokio::test]
async fn an_object_is_imported_by_its_id() {
    let (server, _, mut client) = toy().await;
    let request = import_resource_state::Request { type_name: TYPE.into(), id: "note-7".into(), ..Default::default() };
    let mut imported = client.import_resource_state(request).await.unwrap().into_inner().imported_resources;
    let imported = imported.remove(0);
    assert!(imported.type_name == TYPE && imported.private == writes(1));
    assert_eq!(decoded::<Value>(imported.state), json!({"id": "note-7", "kind": null, "text": null}));
    server.stop().await;
}
