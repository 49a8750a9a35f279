//! The troubleshooting guide, rendered from the table of the diagnostics.

use crate::diagnosis::cause::{Cause, replace};
use crate::diagnosis::message::{Message, SECTIONS};
use crate::hosts;
use crate::settings::inspect;

/// The whole of `docs/guides/troubleshooting.md`.
pub fn render_troubleshooting() -> String {
    let mut page = String::from(HEAD);
    for section in &SECTIONS {
        page += &format!("\n- [{}](#{})\n", section.title, anchor(section.title));
        for message in section.messages {
            page += &format!("  - [{}](#{})\n", text(message.summary, message), message.id);
        }
    }
    page += "\n- [A setting is wrong in itself](#a-setting-is-wrong-in-itself)\n- \
             [Other messages](#other-messages)\n- [Known hosts](#known-hosts)\n";
    for section in &SECTIONS {
        page += &format!("\n## {}\n\n{}\n", section.title, section.intro);
        for message in section.messages {
            page += &render(message);
        }
    }
    page += &render_settings();
    page += &render_messages();
    page += &render_hosts();
    // A placeholder at the end of a sentence is an ellipsis already.
    page.replace("….", "…")
}

fn render_messages() -> String {
    let rows = MESSAGES.iter().map(|(message, advice)| format!("| {message} | {advice} |\n"));
    String::from(OTHERS) + &rows.collect::<String>()
}

fn render(message: &Message) -> String {
    let mut part = format!("\n<a id=\"{}\"></a>\n\n### {}\n\n", message.id, text(message.summary, message));
    let mut told = Vec::new();
    for cause in message.causes {
        part += &render_cause(cause, message, told.contains(&cause.id));
        told.push(cause.id);
    }
    part
}

/// A cause in one line, in its short form if the same cause was shown with other evidence.
fn render_cause(cause: &Cause, message: &Message, is_told: bool) -> String {
    // Two full verdicts for one cause would only repeat each other.
    let words = if is_told && cause.applies.is_empty() { cause.other } else { cause.verdict };
    match cause.applies {
        "" => format!("- {}\n", text(words, message)),
        applies => format!("- *If {}:* {}\n", condition(applies), text(words, message)),
    }
}

/// A condition that follows "If". Names of things become clauses.
fn condition(applies: &str) -> String {
    let is_clause = [
        " is ",
        " are ",
        " says ",
        " speaks ",
        " asks ",
        " has ",
        " names ",
        " lists ",
        " does ",
        " looks ",
        " misses ",
        " gives ",
        " knows ",
        " was ",
        " were ",
        " belongs ",
    ];
    if is_clause.iter().any(|verb| format!("{applies} ").contains(verb)) {
        applies.to_owned()
    } else {
        format!("it applies: {applies}")
    }
}

fn render_settings() -> String {
    let mut part = String::from(SETTINGS);
    for (severity, summary, advice) in inspect::catalogue() {
        let severity = if severity == "Error" { "Error" } else { "Suspicion" };
        part += &format!("\n### {summary}\n\n*{severity}.* {advice}\n");
    }
    part
}

fn render_hosts() -> String {
    let mut part = String::from(HOSTS);
    for (name, known) in hosts::all() {
        let paths: Vec<String> = known
            .paths
            .iter()
            .map(|path| format!("`{}`: {} ({})", path.path, path.takes, path.certainty.words()))
            .collect();
        let paths = if paths.is_empty() { "none known".to_owned() } else { paths.join("<br>") };
        part += &format!("| `{name}` | {} | {paths} |\n", known.role);
    }
    part
}

/// A template without an exchange: facts become words in capitals or an ellipsis.
fn text(template: &str, message: &Message) -> String {
    replace(template, |name| match name {
        "code" if message.id == "other-oauth-error" => "…".to_owned(),
        "code" => message.id.replace('-', "_"),
        "status" => match message.id.strip_prefix("http-") {
            Some("other") | None => "…".to_owned(),
            Some(codes) => codes.replace('-', ", "),
        },
        "title" | "proxy_status" | "proxy_words" | "server_time" => String::new(),
        "port" => "443".to_owned(),
        "connected" => "the TCP connection is there".to_owned(),
        "secret" => "client_secret".to_owned(),
        "url_setting" => "token_url".to_owned(),
        "quote" => "\"…\"".to_owned(),
        _ if name.ends_with("_place") => "its place".to_owned(),
        "host" | "endpoint" | "path" | "grant" | "proxy" => name.to_uppercase(),
        _ => "…".to_owned(),
    })
}

/// The anchor of a heading in a rendered page.
fn anchor(title: &str) -> String {
    let kept = title.chars().filter(|character| character.is_alphanumeric() || " -".contains(*character));
    kept.collect::<String>().to_lowercase().replace(' ', "-")
}

const HEAD: &str = "---\n\
page_title: \"Troubleshooting\"\n\
subcategory: \"\"\n\
description: |-\n  \
  What the CXone provider says when something is wrong, by the text that you see, and what to do.\n\
---\n\n\
<!-- Rendered from src/diagnosis and src/settings/inspect: change it there. -->\n\n\
# Troubleshooting\n\n\
## How to read a failed plan\n\n\
1. The **first line** says what happened, with the HTTP status and the error code of the server.\n\
2. The **first paragraph** is the verdict: the most probable cause, the evidence for it, and the setting to change, \
with the place where it is set.\n\
3. **Request** and **Response** show what was sent and what came back. Brackets say where each value came from. No \
message ever shows a secret, its length or a part of it.\n\
4. **If that is not the reason** lists at most three other causes, the most probable first.\n\
5. `terraform-provider-cxone doctor` makes the same exchange outside Terraform and reports each step. It is the \
provider's own program: after `terraform init`, run \
`.terraform/providers/*/cxone-tools/cxone/*/*/terraform-provider-cxone_v* doctor`; with a dev override, run the file in \
that folder. The doctor does not read a provider block: give it the settings as flags or `CXONE_…` variables.\n\n\
Below, find the first line of your message. HOST, GRANT and the like, and an ellipsis, stand for what your message \
says. The message in Terraform shows only the causes that fit your exchange, the one with the strongest evidence \
first.\n";

const SETTINGS: &str = "\n## A setting is wrong in itself\n\n\
The provider finds these before any request, in the text of a setting alone. What a rule forbids is an error. What is \
only suspicious says nothing while CXone accepts it; when CXone rejects the request, it is the first cause named. \
Single impossible characters are named by code point, name and place; the rest of the value is never shown.\n";

const OTHERS: &str = "\n## Other messages\n\n\
These are about settings that do not go together, tokens and scopes. Each message says where the values came from.\n\n\
If the credentials are gone, `CXONE_SKIP_CREDENTIALS_VALIDATION=true terraform destroy -refresh=false` destroys a baseline \
without asking CXone. The provider still needs a value for each credential; any will do.\n\n\
| message | what to do |\n|---|---|\n";

// Messages without an exchange: the start of each, and the fix.
const MESSAGES: &[(&str, &str)] = &[
    ("Missing CXone credentials", "Set the listed settings, in the provider block or as environment variables."),
    ("Invalid value for", "The message says which values the setting accepts."),
    ("Two different values for", "A value and a file are both set and differ: keep one."),
    ("exclude each other", "Keep one of the named settings."),
    ("does not use", "Remove the settings that the grant does not use, or correct `grant_type`."),
    ("A standard field cannot be an extra parameter", "Use the argument of its own instead of `endpoint_params`."),
    ("has no effect with this provider configuration", "Remove it from that block."),
    (
        "Server certificates are not verified",
        "Set `ca_cert_file` to the authority's certificate, and remove `tls_insecure_skip_verify`.",
    ),
    ("Scopes are not sent with the grant access_key", "Remove `scopes`, or set `scope_drift` to `ignore`."),
    ("CXONE_ACCESS_TOKEN overrides the client credentials", "Unset `CXONE_ACCESS_TOKEN`, or the credentials."),
    ("The access token has expired", "Set a new one, or configure credentials."),
    ("The new token has already expired", "Have the service omit `expires_in` for tokens that never expire."),
    (
        "The auth: file has only one half of the client credentials",
        "Put `client_id` and `client_secret` into the same place.",
    ),
    (
        "The token expires too soon",
        "Lower `min_remaining_lifetime`, or set a longer token lifetime for the \
                                    application in CXone.",
    ),
    (
        "The token belongs to another tenant",
        "Set the credentials of the right tenant, or correct `expected_tenant_id`.",
    ),
    ("The token does not name its tenant", "Remove `expected_tenant_id`: this token cannot be compared with it."),
    (
        "The token does not have the expected claims",
        "Revert the change in CXone, such as that of a role, or correct `expected_claims`.",
    ),
    ("The token's claims cannot be read", "Remove `expected_claims`: this token is opaque."),
    (
        "`expected_tenant_id` and `expected_claims` name different tenants",
        "Remove one of them, or correct the one that is wrong.",
    ),
    (
        "No token yet",
        "The provider's own configuration is not known during plan: add a `depends_on` that names what it comes from, or \
         apply that first.",
    ),
    ("No token endpoint could be discovered at", "Correct `issuer`, or set `token_url` instead."),
    (
        "The discovery document at",
        "Correct `issuer`. If it is right, tell whoever runs the issuer, and set `token_url` instead.",
    ),
    (
        "CXone granted more scopes than declared",
        "[Scope drift](scope-drift.md): declare the extra scopes, or revoke them in CXone.",
    ),
    (
        "CXone did not grant the declared scopes",
        "[Scope drift](scope-drift.md): change the grant in CXone, or declare the granted scopes.",
    ),
    (
        "The granted scopes are unknown",
        "The granted scopes of such a token are unknown: set `scope_drift` to `ignore` to silence the message.",
    ),
    ("CXone does not grant this baseline", "As above; the message says what the state records."),
    ("CXone's grant has drifted from this baseline", "As above: the plan shows the missing and the extra scopes."),
    (
        "CXone rejects the scopes of this baseline",
        "Grant the scopes in CXone again, change `scopes`, or remove the resource: all three work.",
    ),
    (
        "The grant is unknown",
        "The state keeps the declaration, and plans show an update until CXone says what it grants.",
    ),
    ("The baseline declares nothing", "Set `scopes`, `claims` or both, or remove the resource."),
    ("The baseline cannot be imported", "Create the baseline instead, with the scopes that you expect."),
];

const HOSTS: &str = "\n## Known hosts\n\n\
Collected from public sources, with the certainty of each fact. `<area>` is a code such as `na1`. The provider uses a \
host that is not listed as it is.\n\n\
| host | what it is | token endpoints |\n|---|---|---|\n";

#[cfg(test)]
mod tests {
    use std::fs;
    use std::path::PathBuf;

    use super::*;

    const PAGE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/docs/guides/troubleshooting.md");

    #[test]
    fn the_committed_guide_is_the_rendered_one() {
        let committed = std::fs::read_to_string(PAGE).unwrap_or_default();
        assert!(
            committed == render_troubleshooting(),
            "docs/guides/troubleshooting.md is stale: run `cargo xtask docs`"
        );
    }

    #[test]
    fn the_other_messages_are_those_of_the_code() {
        let mut sources = Vec::new();
        let mut folders = vec![PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/src"))];
        while let Some(folder) = folders.pop() {
            for path in fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()) {
                match path.is_dir() {
                    true => folders.push(path),
                    false if path.ends_with("troubleshooting.rs") => {}
                    false => sources.push(fs::read_to_string(path).unwrap()),
                }
            }
        }
        for (message, _) in MESSAGES {
            assert!(sources.iter().any(|source| source.contains(message)), "nobody says {message}");
        }
    }

    #[test]
    fn the_guide_names_every_message_once_and_leaves_no_template_open() {
        let page = render_troubleshooting();
        for message in SECTIONS.iter().flat_map(|section| section.messages) {
            assert_eq!(page.matches(&format!("<a id=\"{}\"></a>", message.id)).count(), 1, "{}", message.id);
        }
        let open = page.lines().find(|line| line.contains('{') && !line.contains("${") && !line.contains("{{"));
        assert_eq!(open, None);
        assert!(page.contains("CXone rejected the client credentials (HTTP … invalid_client)"));
    }
}
