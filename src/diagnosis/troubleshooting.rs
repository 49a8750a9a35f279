//! The troubleshooting guide, rendered from the same table as the diagnostics.

use crate::diagnosis::entry::{Entry, Line, replace};
use crate::diagnosis::{answers, http_status, network, oauth_errors, tls};
use crate::hosts;
use crate::settings::inspect;

/// A section of the guide.
pub(super) struct Section {
    title: &'static str,
    intro: &'static str,
    pub(super) entries: &'static [&'static Entry],
}

/// The entries by where they arise, in the guide's order.
pub(super) const SECTIONS: [Section; 5] = [
    Section {
        title: "The token service answered with an OAuth error",
        intro: "The server judged the request and said which rule it broke.",
        entries: &oauth_errors::ALL,
    },
    Section {
        title: "The server answered with another error",
        intro: "There was an answer, but no OAuth error in it.",
        entries: &http_status::ALL,
    },
    Section {
        title: "The answer was a redirect, or no token",
        intro: "The status was a good one, and what came with it was not a token.",
        entries: &answers::ALL,
    },
    Section {
        title: "The server was not reached",
        intro: "No credential was judged, and mostly none was sent.",
        entries: &network::ALL,
    },
    Section {
        title: "TLS failed",
        intro: "The server's identity could not be established, so no credential was sent.",
        entries: &tls::ALL,
    },
];

/// The whole of `docs/guides/troubleshooting.md`.
pub fn render_troubleshooting() -> String {
    let mut page = String::from(HEAD);
    for section in &SECTIONS {
        page += &format!("\n- [{}](#{})\n", section.title, anchor(section.title));
        for entry in section.entries {
            page += &format!("  - [{}](#{})\n", text(entry.summary, entry), entry.id);
        }
    }
    page += "\n- [A setting is wrong in itself](#a-setting-is-wrong-in-itself)\n- \
             [Other messages](#other-messages)\n- [Known hosts](#known-hosts)\n";
    for section in &SECTIONS {
        page += &format!("\n## {}\n\n{}\n", section.title, section.intro);
        for entry in section.entries {
            page += &render(entry);
        }
    }
    page += &render_settings();
    page += &render_messages();
    page += &render_hosts();
    page.replace("….", "…")
}

fn render_messages() -> String {
    let rows = MESSAGES.iter().map(|(message, advice)| format!("| {message} | {advice} |\n"));
    String::from(OTHERS) + &rows.collect::<String>()
}

fn render(entry: &Entry) -> String {
    let mut part = format!(
        "\n<a id=\"{}\"></a>\n\n### {}\n\n{}\n",
        entry.id,
        text(entry.summary, entry),
        text(entry.meaning, entry)
    );
    part += &list("Likely causes, most likely first:", "1.", entry.causes, entry);
    part += &list("What to try:", "-", entry.steps, entry);
    part
}

fn list(heading: &str, marker: &str, lines: &[Line], entry: &Entry) -> String {
    if lines.is_empty() {
        return String::new();
    }
    let items = lines.iter().map(|line| {
        let condition = match line.when.words() {
            "" => String::new(),
            words => format!("*{words}:* "),
        };
        format!("{marker} {condition}{}\n", text(line.text, entry))
    });
    format!("\n{heading}\n\n{}", items.collect::<String>())
}

fn render_settings() -> String {
    let mut part = String::from(SETTINGS);
    for (severity, summary, advice) in inspect::catalogue() {
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

/// A template for readers without an exchange at hand: facts become words in capitals or an ellipsis.
fn text(template: &str, entry: &Entry) -> String {
    replace(template, |name| match name {
        "error" if entry.id == "other-oauth-error" => "…".to_owned(),
        "error" => entry.id.replace('-', "_"),
        "status" => match entry.id.strip_prefix("http-") {
            Some("other") | None => "…".to_owned(),
            Some(codes) => codes.replace('-', ", "),
        },
        "title" => String::new(),
        "port" => "443".to_owned(),
        _ if name.ends_with("_source") => "from …".to_owned(),
        "host" | "endpoint" | "grant" | "proxy" => name.to_uppercase(),
        _ => "…".to_owned(),
    })
}

/// The anchor that a heading gets in a rendered page.
fn anchor(title: &str) -> String {
    let kept = title.chars().filter(|character| character.is_alphanumeric() || " -".contains(*character));
    kept.collect::<String>().to_lowercase().replace(' ', "-")
}

const HEAD: &str = "---\n\
page_title: \"Troubleshooting\"\n\
subcategory: \"\"\n\
description: |-\n  \
  What the CXone provider says when something is wrong, by the text that you see: what it means, what to try.\n\
---\n\n\
<!-- Rendered from src/provider/explain and src/provider/inspect: change it there. -->\n\n\
# Troubleshooting\n\n\
Find the first line of the error below. HOST, GRANT and the like, and an ellipsis, stand for what your own message \
says; *words in italics* say when a line applies. The message in Terraform shows only the lines that fit your \
exchange, with the address, the source of each credential and the server's own words.\n\n\
No message ever shows a secret, its length or a part of it. `terraform-provider-cxone doctor` goes through the same \
exchange outside Terraform, one step at a time. It is the provider's own program: after `terraform init`, run \
`.terraform/providers/*/cxone-tools/cxone/*/*/terraform-provider-cxone_v* doctor`; with a dev override, the file in that \
folder. It does not read a provider block: give it the settings as flags or `CXONE_…` variables.\n";

const SETTINGS: &str = "\n## A setting is wrong in itself\n\n\
These are found before any request, in the text of a setting alone. What a rule forbids is an error; what is merely \
unlikely is a warning and blocks nothing. Single impossible characters are named by code point, name and place; the \
rest of the value is never shown.\n";

const OTHERS: &str = "\n## Other messages\n\n\
Of settings that do not go together, of tokens, and of scopes. Each says in itself where the values came from.\n\n\
If the credentials are gone, `CXONE_SKIP_CREDENTIALS_VALIDATION=true terraform destroy -refresh=false` destroys a baseline \
without asking CXone. The provider still needs a value for each credential; any will do.\n\n\
| message | what to do |\n|---|---|\n";

/// Messages that come from elsewhere than an exchange, each as it begins, and what to do.
const MESSAGES: [(&str, &str); 28] = [
    ("Missing CXone credentials", "Set what the message lists, in the provider block or by its environment variable."),
    ("Invalid value for", "The message says what the setting takes."),
    ("Two different values for", "A value and a file are both set and differ: keep one."),
    ("exclude each other", "Keep one of the settings named."),
    ("does not take", "Remove what the grant has no use for, or set the `grant_type` that is meant."),
    ("A standard field cannot be an extra parameter", "Use the argument of its own in place of `endpoint_params`."),
    ("has no effect with this provider configuration", "Remove it from the token's own block."),
    (
        "Server certificates are not verified",
        "Give the authority in `ca_cert_file`, and leave `tls_insecure_skip_verify` out.",
    ),
    ("Scopes are not sent with the grant access_key", "Leave `scopes` out, or set `scope_drift` to `ignore`."),
    ("The access token is used, and not the credentials", "Unset `CXONE_ACCESS_TOKEN`, or the credentials."),
    ("The access token has expired", "Hand over a new one, or configure credentials."),
    ("The token would not live long enough", "Lower `min_remaining_lifetime`, or have CXone issue longer tokens."),
    ("The token belongs to another tenant", "The credentials are another tenant's, or `expected_tenant_id` is wrong."),
    ("The token does not tell its tenant", "Leave `expected_tenant_id` out: this token cannot be checked against it."),
    (
        "The token does not carry the expected claims",
        "Undo the change in CXone, such as that of a role, or correct `expected_claims`.",
    ),
    ("The token does not tell its claims", "Leave `expected_claims` out: this token is opaque."),
    (
        "`expected_tenant_id` and `expected_claims` name different tenants",
        "Remove one of them, or correct the one that is wrong.",
    ),
    (
        "No token yet",
        "The provider's own configuration is not known during plan: use the ephemeral resource, or apply first what \
     it comes from.",
    ),
    ("No token endpoint could be discovered at", "Check `issuer`, or set `token_url` in its place."),
    (
        "The discovery document of",
        "Check `issuer`; where it is right, tell whoever runs it, and set `token_url` by hand.",
    ),
    (
        "CXone grants other scopes than declared",
        "[Scope drift](scope-drift.md): change the grant in CXone, or declare what is granted.",
    ),
    (
        "What CXone granted cannot be read",
        "Nothing is claimed of such a token's scopes: `scope_drift` can be `ignore`.",
    ),
    ("CXone does not grant this baseline", "As above; the message says what the state records."),
    ("CXone's grant has drifted from this baseline", "As above: the plan shows what is missing and what is extra."),
    (
        "CXone refuses the scopes of this baseline",
        "Give the scopes back in CXone, change `scopes`, or remove the resource: all three work.",
    ),
    (
        "What CXone grants cannot be known",
        "The baseline stays as it is declared, and plans show an update until CXone says what it grants.",
    ),
    ("The baseline declares nothing", "Set `scopes`, `claims` or both, or remove the resource."),
    ("The baseline cannot be imported", "Create the baseline instead, with the scopes that you expect."),
];

const HOSTS: &str = "\n## Known hosts\n\n\
Collected from public sources, with how sure each fact is. `<area>` stands for a code such as `na1`. A host that is \
not listed is used as it is.\n\n\
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
    fn the_guide_names_every_entry_once_and_leaves_no_template_open() {
        let page = render_troubleshooting();
        for entry in SECTIONS.iter().flat_map(|section| section.entries) {
            assert_eq!(page.matches(&format!("<a id=\"{}\"></a>", entry.id)).count(), 1, "{}", entry.id);
        }
        let open = page.lines().find(|line| line.contains('{') && !line.contains("${") && !line.contains("{{"));
        assert_eq!(open, None);
        assert!(page.contains("CXone refused the client credentials (HTTP …, invalid_client)"));
    }
}
