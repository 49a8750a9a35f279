//! Laws of all output of the command, in process and offline.

use oauth::Clock;
use proptest::prelude::*;
use proptest::sample::select;
use terraform_provider_cxone::doctor;
use terraform_provider_cxone::doctor::{Emit, Options, Outcome, Style};
use terraform_provider_cxone::settings::environment::Environment;
use terraform_provider_cxone::settings::flags::Flags;

/// What the command prints on both streams, and how it ends.
fn printed(options: &Options, variables: &[(&str, String)]) -> (String, Outcome) {
    let environment = Environment::from_iter(variables.iter().map(|(name, value)| (*name, value.as_str())));
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let (mut out, mut err) = (Vec::new(), Vec::new());
    let run = doctor::run(options, &environment, Clock::System, Style::Plain, &mut out, &mut err);
    let outcome = runtime.block_on(run).unwrap();
    out.extend(err);
    (String::from_utf8(out).unwrap(), outcome)
}

fn offline(emit: Option<Emit>, json: bool) -> Options {
    Options { offline: true, emit, json, ..Options::default() }
}

fn forms() -> [Options; 5] {
    [
        offline(None, false),
        offline(None, true),
        offline(Some(Emit::Hcl), false),
        offline(Some(Emit::Curl), false),
        offline(Some(Emit::Python), false),
    ]
}

/// Whether four characters in a row of `secret` are in `text`.
fn shows(text: &str, secret: &str) -> bool {
    let characters: Vec<char> = secret.chars().collect();
    characters.windows(4).any(|window| text.contains(&window.iter().collect::<String>()))
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(128))]

    /// Wherever a secret stands, or is put by mistake, no form shows any part of it.
    #[test]
    fn no_part_of_a_secret_is_ever_printed(
        secret in "[QZXJqzxj#@^~]{8,24}",
        before in select(vec!["", "Basic ", "\"", "\u{200B}", "client_secret=", "${", " "]),
        id in select(vec!["reader", "{}", "x{}", "reader\u{A0}", "{}\u{200B}"]),
        url in select(vec![
            "https://a.example/token", "https://a.example/token?key={}", "https://user:{}@a.example/token",
            "https://a.example/token#{}", "{}", "http://a.example/{}",
        ]),
        proxy in select(vec!["", "http://user:{}@proxy.example:3128", "socks5://user:{}@proxy.example", "{}"]),
        method in select(vec!["client_secret_basic", "client_secret_post"]),
    ) {
        let with = |text: &str| text.replace("{}", &secret);
        let variables = [
            ("CXONE_CLIENT_SECRET", format!("{before}{secret}")),
            ("CXONE_CLIENT_ID", with(id)),
            ("CXONE_TOKEN_URL", with(url)),
            ("CXONE_HTTP_PROXY", with(proxy)),
            ("CXONE_TOKEN_ENDPOINT_AUTH_METHOD", method.to_owned()),
        ];
        for options in forms() {
            let (text, _) = printed(&options, &variables);
            prop_assert!(!shows(&text, &secret), "{variables:?}\n{options:?}\n{text}");
        }
    }

    /// Any text at all in any setting is examined without a panic, and reported in one first line of plain text.
    #[test]
    fn any_text_is_examined(id in ".{0,20}", secret in ".{0,20}", url in ".{0,30}", scopes in ".{0,20}", yaml in ".{0,60}") {
        let variables = [
            ("CXONE_CLIENT_ID", id),
            ("CXONE_CLIENT_SECRET", secret),
            ("CXONE_TOKEN_URL", url),
            ("CXONE_SCOPES", scopes),
        ];
        let (text, outcome) = printed(&offline(None, false), &variables);
        let answer = text.lines().next().unwrap_or_default();
        let beginning = match outcome {
            Outcome::Healthy => "The settings have no known mistake",
            Outcome::Suspicious => "Likely wrong: ",
            Outcome::ProblemFound => "Problem: ",
            Outcome::WrongUsage => panic!("{text}"),
        };
        prop_assert!(answer.starts_with(beginning), "{answer}");
        prop_assert!(!text.chars().any(|character| character.is_control() && character != '\n'), "{text:?}");

        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("auth.yaml");
        std::fs::write(&path, format!("auth:\n  client_id: {yaml}\n  client_secret: b\n")).unwrap();
        let (text, _) = printed(&Options { settings: Flags { auth_file: Some(path), ..Flags::default() }, ..offline(None, true) }, &[]);
        prop_assert!(serde_json::from_str::<serde_json::Value>(&text).is_ok_and(|json| json["answer"].is_string()));
    }
}
