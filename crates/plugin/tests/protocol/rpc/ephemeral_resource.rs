//! Ephemeral resources over the wire.

use plugin::proto::tfplugin6::{
    close_ephemeral_resource, open_ephemeral_resource, renew_ephemeral_resource, validate_ephemeral_resource_config,
};
use serde_json::{Value, json};

use super::{errors, toy};
use testkit::core::Flavour;
use testkit::plugin_client::{decoded, encoded, open_ephemeral};

const TYPE: &str = "toy_lease";

#[tokio::test]
async fn a_lease_is_opened_renewed_and_closed() {
    let (server, _, mut client) = toy().await;
    let config = encoded(json!({"name": "n", "token": null}));
    let request = validate_ephemeral_resource_config::Request { type_name: TYPE.into(), config: config.clone() };
    let checked = client.validate_ephemeral_resource_config(request).await.unwrap().into_inner();
    assert!(checked.diagnostics.is_empty());

    let request = open_ephemeral_resource::Request { type_name: TYPE.into(), config, ..Default::default() };
    let opened = client.open_ephemeral_resource(request).await.unwrap().into_inner();
    assert_eq!(decoded::<Value>(opened.result), json!({"name": "n", "token": "token-of-n"}));
    let renew_at = opened.renew_at.unwrap();
    assert_eq!((renew_at.seconds, renew_at.nanos), (4_102_444_800, 500_000_000));

    let request = renew_ephemeral_resource::Request { type_name: TYPE.into(), private: opened.private.clone() };
    let renewed = client.renew_ephemeral_resource(request).await.unwrap().into_inner();
    assert!(renewed.private == opened.private && renewed.renew_at.is_none());

    let request = close_ephemeral_resource::Request { type_name: TYPE.into(), private: renewed.private };
    let closed = client.close_ephemeral_resource(request).await.unwrap().into_inner();
    assert!(closed.diagnostics.is_empty());
    assert_eq!(server.toy.seen.lock().unwrap().closed, ["n"]);
    server.stop().await;
}

#[tokio::test]
async fn each_core_gets_a_result_that_it_takes() {
    let (server, _, mut client) = toy().await;
    for (core, name, expected) in [
        (Flavour::Terraform, "n", &[][..]),
        (Flavour::OpenTofu, "n", &[]),
        (Flavour::Terraform, "late", &[]),
        (Flavour::OpenTofu, "late", &["Not yet"]),
    ] {
        let opened = open_ephemeral(core, &mut client, TYPE, json!({"name": name, "token": null})).await;
        let opened = opened.unwrap_or_else(|refused| panic!("{core:?}, {name}: {refused}"));
        assert_eq!(errors(&opened.diagnostics), expected, "{core:?}, {name}");
    }
    server.stop().await;
}

#[tokio::test]
async fn a_failed_renewal_keeps_the_private_data_for_the_close() {
    let (server, _, mut client) = toy().await;
    let private = Some(rmp_serde::to_vec("fails").unwrap());
    let request = renew_ephemeral_resource::Request { type_name: TYPE.into(), private: private.clone() };
    let renewed = client.renew_ephemeral_resource(request).await.unwrap().into_inner();
    assert_eq!(errors(&renewed.diagnostics), ["Not renewed"]);
    assert!(renewed.private == private && renewed.renew_at.is_none());
    server.stop().await;
}

#[tokio::test]
async fn private_data_of_another_kind_is_an_error() {
    let (server, _, mut client) = toy().await;
    for private in [None, Some(vec![0x93, 1, 2, 3])] {
        let request = close_ephemeral_resource::Request { type_name: TYPE.into(), private };
        let closed = client.close_ephemeral_resource(request).await.unwrap().into_inner();
        assert_eq!(errors(&closed.diagnostics), ["Unreadable private data"]);
    }
    server.stop().await;
}
