//! The troubleshooting guide, rendered from the same table as the diagnostics.

use super::{
    answers,
    entry::{Entry, Line, replace},
    http_status, known_hosts, network, oauth_errors, tls,
};
use crate::provider::inspect;

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
    page += "\n- [A setting is wrong in itself](#a-setting-is-wrong-in-itself)\n- [Known hosts](#known-hosts)\n";
    for section in &SECTIONS {
        page += &format!("\n## {}\n\n{}\n", section.title, section.intro);
        for entry in section.entries {
            page += &render(entry);
        }
    }
    page += &render_settings();
    page += &render_hosts();
    page.replace("….", "…")
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
    for (name, known) in known_hosts::all() {
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
  Every error of the CXone provider by the text that you see: what it means, likely causes, what to try.\n\
---\n\n\
<!-- Rendered from src/provider/explain and src/provider/inspect: change it there. -->\n\n\
# Troubleshooting\n\n\
Find the first line of the error below. HOST, GRANT and the like, and an ellipsis, stand for what your own message \
says; *words in italics* say when a line applies. The message in Terraform shows only the lines that fit your \
exchange, with the address, the source of each credential and the server's own words.\n\n\
No message ever shows a secret, its length or a part of it. `terraform-provider-cxone doctor` goes through the same \
exchange outside Terraform, one step at a time.\n";

const SETTINGS: &str = "\n## A setting is wrong in itself\n\n\
These are found before any request, in the text of a setting alone. What a rule forbids is an error; what is merely \
unlikely is a warning and blocks nothing. Single impossible characters are named by code point, name and place; the \
rest of the value is never shown.\n";

const HOSTS: &str = "\n## Known hosts\n\n\
Collected from public sources, with how sure each fact is. `<area>` stands for a code such as `na1`. A host that is \
not listed is used as it is.\n\n\
| host | what it is | token endpoints |\n|---|---|---|\n";

#[cfg(test)]
mod tests {
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
