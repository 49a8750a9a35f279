//! What holds for every text.

use super::*;
use crate::settings::inspect::shape;

#[test]
fn every_entry_is_reached_and_every_class_is_in_the_guide() {
    let reached: std::collections::BTreeSet<_> = samples().iter().map(class).collect();
    let documented: Vec<_> =
        troubleshooting::SECTIONS.iter().flat_map(|section| section.entries).map(|entry| entry.id).collect();
    let unique: std::collections::BTreeSet<_> = documented.iter().copied().collect();
    assert_eq!(unique.len(), documented.len(), "an entry is documented twice");
    assert_eq!(reached, unique);
}

#[test]
fn every_message_is_complete_and_fits_terraform_s_box() {
    let contexts = [context(), access_key_context(), Context::default()];
    for error in samples() {
        for context in &contexts {
            let text = show(&error, context);
            let summary = text.lines().next().unwrap_or_default();
            assert!(summary.chars().count() <= 110, "{summary}");
            assert!(!text.contains("(unknown)") && !text.contains('{'), "{text}");
            assert!(!text.contains("  \n") && !text.contains("\n\n\n") && !text.contains(".."), "{text}");
            for line in text.lines().filter(|line| line.starts_with(' ')) {
                assert!(line.chars().count() <= 76 || !line.trim().contains(' '), "{line}");
            }
        }
    }
}

#[test]
fn every_verdict_on_credentials_says_where_each_came_from() {
    for error in samples()
        .iter()
        .filter(|error| matches!(error.kind(), ErrorKind::OAuth { .. } | ErrorKind::Status { status: 401, .. }))
    {
        let text = show(error, &context());
        assert!(text.contains("POST https://api.nicecxone.com/oauth/token"), "{text}");
        if classify(error.kind()).request == entry::Request::Credentials {
            assert!(text.contains("CXONE_CLIENT_SECRET") && text.contains("canary-client"), "{text}");
        }
    }
}

proptest::proptest! {
    /// Nothing that has the look of a secret gets out by way of the client id, whatever the failure.
    #[test]
    fn a_secret_in_place_of_the_client_id_is_never_shown(secret in "canary[A-Za-z0-9]{12,24}[0-9][A-Za-z0-9+/=]{4,20}") {
        let id = Sourced { value: secret.clone(), source: Source::block("client_id") };
        let show_client_id = shape::may_show_id(&id.value, "0d9e4c1a-7f5b-4a52-9c39-2f0c6a1b7d11");
        let context = Context { client_id: Some(id), show_client_id, ..access_key_context() };
        for error in samples() {
            let text = show(&error, &context);
            proptest::prop_assert!(!text.contains(&secret[6..12]), "{text}");
        }
    }

    /// What a server wrote cannot break out of its line or steer a terminal.
    #[test]
    fn foreign_text_is_harmless(foreign in proptest::prelude::any::<String>()) {
        let mut error = oauth(400, &foreign, Some(&foreign));
        error.correlation_ids = vec![("x-request-id".to_owned(), foreign.clone())];
        let location = Some(format!("https://{foreign}"));
        for error in [error, Error::new(ErrorKind::Redirect { status: 302, location }, ENDPOINT)] {
            let text = show(&error, &context());
            proptest::prop_assert!(text.chars().all(|character| character == '\n' || !character.is_control()), "{text:?}");
        }
    }
}
