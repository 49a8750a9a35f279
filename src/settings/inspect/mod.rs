//! Inspection before any request: mistakes that are visible in the text of a setting.
//!
//! Findings never quote the inspected text. They contain only single impossible characters, and the intended host of an
//! address.

mod address;
mod characters;
mod credentials;
mod mistake;
pub(crate) mod shape;

pub use address::AddressMistake;
pub use characters::BadCharacters;
pub use credentials::{Credentials, inspect_credentials};
pub use mistake::Mistake;
pub(crate) use mistake::catalogue;
pub use shape::Reference;

use plugin::{AttributePath, Diagnostic, Diagnostics};

use crate::settings::source::Source;
use crate::settings::table::{ACCESS_KEY_ID, ACCESS_KEY_SECRET, Alphabet, Setting};
use crate::text::{self, Detail};

/// The certainty of a finding.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Severity {
    /// The value cannot be right: an error.
    Certain,
    /// The value is probably not the intended one: a warning that blocks nothing.
    Likely,
}

/// One mistake in one setting.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finding {
    /// The setting.
    pub setting: &'static Setting,
    /// Its certainty.
    pub severity: Severity,
    /// The mistake.
    pub mistake: Mistake,
}

/// All visible mistakes in the text of one setting. An empty text has none, because it means "not set". A setting
/// without an alphabet has none either, because its parser reports them.
pub fn inspect(setting: &'static Setting, text: &str) -> Vec<Finding> {
    if setting.alphabet.is_none() {
        return Vec::new();
    }
    let characters = characters::scan(setting, text);
    let text = characters::trimmed(text);
    let is_clean = characters.is_none();
    let mut found: Vec<(Severity, Mistake)> =
        characters.into_iter().map(|(severity, bad)| (severity, Mistake::Characters(bad))).collect();
    let form = form(setting, text);
    match (&form, setting.alphabet) {
        // The form is more specific than single characters: "several scopes" says more than "a space".
        (Some((Severity::Certain, _)), _) => found.clear(),
        // An address with impossible characters is not parsed, because that would report the same fault again.
        (None, Some(Alphabet::Address)) if is_clean && !text.is_empty() => {
            let mistakes = address::scan(setting, text).into_iter();
            found.extend(mistakes.map(|(severity, mistake)| (severity, Mistake::Address(mistake))));
        }
        _ => {}
    }
    found.extend(form);
    found.into_iter().map(|(severity, mistake)| Finding { setting, severity, mistake }).collect()
}

/// The findings as diagnostics with their `source`: certain ones as errors, likely ones as warnings.
pub fn diagnostics(findings: &[Finding], source: &Source) -> Diagnostics {
    let mut diagnostics = Diagnostics::default();
    for finding in findings {
        let diagnostic = finding.diagnostic(source);
        match finding.severity {
            Severity::Certain => diagnostics.errors.push(diagnostic),
            Severity::Likely => diagnostics.warnings.push(diagnostic),
        }
    }
    diagnostics
}

/// The findings of [`inspect_credentials`] as diagnostics.
pub fn credential_diagnostics(credentials: &Credentials<'_>) -> Diagnostics {
    let mut all = Diagnostics::default();
    let default = Source::DEFAULT;
    for finding in inspect_credentials(credentials) {
        let source = credentials.source(finding.setting).unwrap_or(&default);
        all.add_diagnostics(diagnostics(&[finding], source));
    }
    all
}

impl Finding {
    /// The finding in words, for a value from `source`.
    pub fn diagnostic(&self, source: &Source) -> Diagnostic {
        let mut detail = Detail::default();
        if !source.is_default() {
            detail.paragraph(format!("The value comes {source}."));
        }
        if let Mistake::Characters(bad) = &self.mistake {
            detail.bullets("Problems:", &bad.lines());
            let origins: Vec<String> = bad.origins().into_iter().map(str::to_owned).collect();
            detail.bullets("Usual origin:", &origins);
        }
        for paragraph in self.mistake.advice(self.setting, self.severity, source) {
            detail.paragraph(paragraph);
        }
        if self.setting.is_credential {
            detail.paragraph("The value itself is never shown.");
        }
        text::diagnostic(self.mistake.summary(self.setting, self.severity), detail, self.path(source))
    }

    /// The argument, unless the core would quote a secret there: a wrong credential or id can be the secret itself, and
    /// an address can contain credentials.
    fn path(&self, source: &Source) -> AttributePath {
        match &self.mistake {
            _ if self.setting.is_credential => AttributePath::root(),
            Mistake::Address(AddressMistake::UserInfo | AddressMistake::CredentialsInQuery) => AttributePath::root(),
            _ => source.attribute_path(),
        }
    }
}

/// The most specific mistake that the form of `text` shows.
fn form(setting: &Setting, text: &str) -> Option<(Severity, Mistake)> {
    use Severity::{Certain, Likely};
    // From the most specific form to the least.
    if let Some((reference, whole)) = shape::reference(text) {
        return Some((if whole { Certain } else { Likely }, Mistake::Unexpanded(reference)));
    }
    if let Some(certain) = shape::placeholder(text) {
        return Some((if certain { Certain } else { Likely }, Mistake::Placeholder));
    }
    // A secret can really begin and end with a quotation mark.
    if shape::is_quoted(text) {
        return Some((if setting.is_credential { Likely } else { Certain }, Mistake::Quoted));
    }
    if shape::has_own_name(text, setting.attribute) {
        return Some((Likely, Mistake::OwnName));
    }
    // A comma is a valid character of a scope (RFC 6749 section 3.3), a space is not.
    if setting.alphabet == Some(Alphabet::Scope) && text.contains([' ', ',']) {
        return Some((if text.contains(' ') { Certain } else { Likely }, Mistake::ScopeList));
    }
    // Regions of other clouds have two hyphens, such as us-east-1. NICE's areas have none.
    if setting.alphabet == Some(Alphabet::Label) && text.bytes().filter(|byte| *byte == b'-').count() == 2 {
        return Some((Likely, Mistake::ForeignRegion));
    }
    // The other forms are wrong only in place of a credential.
    if !setting.is_credential {
        return None;
    }
    if let Some(scheme) = shape::header_scheme(text) {
        return Some((Certain, Mistake::Header(scheme)));
    }
    if shape::is_path(text) {
        return Some((Likely, Mistake::Path));
    }
    if text.starts_with("https://") || text.starts_with("http://") {
        return Some((Likely, Mistake::AddressForCredential));
    }
    if shape::ends_in_written_line_end(text) {
        return Some((Likely, Mistake::WrittenLineEnd));
    }
    // An access token may be a JWT, and some services issue tokens with percent signs.
    let is_token = setting.alphabet == Some(Alphabet::Bearer);
    if !is_token && shape::is_jwt(text) {
        return Some((Likely, Mistake::Jwt));
    }
    if !is_token && shape::is_percent_encoded(text) {
        return Some((Likely, Mistake::PercentEncoded));
    }
    let is_access_key = [&ACCESS_KEY_ID, &ACCESS_KEY_SECRET].contains(&setting);
    (is_access_key && shape::is_unpadded_access_key(text)).then_some((Likely, Mistake::Unpadded))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::settings::table::{
        ACCESS_TOKEN, AUDIENCE, CLIENT_ID, CLIENT_SECRET, GRANT_TYPE, ISSUER, REGION, SCOPES, TOKEN_URL,
    };

    const BLOCK: Source = Source::block("client_secret");
    const ENVIRONMENT: Source = Source::environment("CXONE_CLIENT_SECRET");

    fn show(setting: &'static Setting, text: &str, source: &Source) -> String {
        let found = diagnostics(&inspect(setting, text), source);
        let errors = found.errors.iter().map(|diagnostic| ("Error", diagnostic));
        let all = errors.chain(found.warnings.iter().map(|diagnostic| ("Warning", diagnostic)));
        all.map(|(kind, diagnostic)| format!("{kind}: {}\n\n{}", diagnostic.summary, diagnostic.detail))
            .collect::<Vec<_>>()
            .join("\n\n---\n\n")
    }

    #[test]
    fn a_hidden_character_is_named_and_the_value_is_not_shown() {
        insta::assert_snapshot!(show(&CLIENT_SECRET, "\u{FEFF}canary-client-s\u{435}cret\u{200B}\r\n", &ENVIRONMENT), @r#"
        Error: client_secret has a character that cannot be right

        The value comes from the environment variable CXONE_CLIENT_SECRET.

        Problems:
          - the first character is U+FEFF ZERO WIDTH NO-BREAK SPACE (byte order
            mark)
          - character 17 is U+0435 CYRILLIC SMALL LETTER IE, which looks like the
            Latin letter e
          - the last characters are U+200B ZERO WIDTH SPACE, U+000D CARRIAGE RETURN,
            U+000A LINE FEED

        Usual origin:
          - a byte order mark comes from a file saved as "UTF-8 with BOM": save it
            as plain UTF-8
          - a carriage return comes from a file with Windows line ends
          - a line feed at the end comes from `echo` (`printf %s` adds none), from
            `file()` (wrap it in `trimspace()`) or from a heredoc
          - look-alikes come from word processors, chats and translated pages, which
            replace typed characters: retype the character
          - no-break, zero-width and direction characters come from text that was
            copied from a web page, an e-mail, a PDF or a chat

        RFC 6749 (appendix A) allows only printable ASCII characters here.

        Set the variable again without them. `printf %s "$CXONE_CLIENT_SECRET" | od -c` shows every character and so the secret: run it in your own terminal, never in a CI job.

        The value itself is never shown.
        "#);
    }

    #[test]
    fn a_space_at_the_end_is_a_warning() {
        insta::assert_snapshot!(show(&CLIENT_SECRET, "canary-client-secret ", &BLOCK), @"
        Warning: client_secret has a character that is probably not meant

        The value comes from `client_secret` in the provider block.

        Problems:
          - the last character is U+0020 SPACE

        The OAuth rules allow such a value, but CXone does not issue one.

        Delete and retype those characters, at the source if the value comes from file() or a variable.

        The value itself is never shown.
        ");
    }

    #[test]
    fn an_unexpanded_variable_says_who_would_have_expanded_it() {
        insta::assert_snapshot!(show(&CLIENT_SECRET, "${CXONE_SECRET}", &ENVIRONMENT), @r#"
        Error: client_secret holds a reference that was not replaced by its value

        The value comes from the environment variable CXONE_CLIENT_SECRET.

        A shell replaces such a reference. Single quotes, .env files, YAML files and CI settings do not. Terraform replaces "${var.name}" but never an environment variable: remove the argument, and the provider reads its own variable.

        The value itself is never shown.
        "#);
    }

    #[test]
    fn a_host_of_another_product_is_an_error() {
        let source = Source::environment("CXONE_TOKEN_URL");
        insta::assert_snapshot!(show(&TOKEN_URL, "https://eu.ast.checkmarx.net/auth/realms/canary", &source), @r#"
        Error: token_url is an address of Checkmarx One, not of NICE CXone

        The value comes from the environment variable CXONE_TOKEN_URL.

        The credentials would be sent to Checkmarx One. NICE CXone is another product: set token_url (or issuer) to the address of your CXone tenant's token service.

        Checkmarx One is called "CxOne" too, and its tools own variables such as CXONE_CLIENT_ID, CXONE_CLIENT_SECRET and CXONE_TENANT_NAME: check which product the variables of this shell belong to.
        "#);
    }

    #[test]
    fn a_wrong_path_names_the_known_ones() {
        let source = Source::block("token_url");
        insta::assert_snapshot!(show(&TOKEN_URL, "https://api.nicecxone.com/oauth2/token", &source), @r"
        Warning: token_url has a path that is not known on this host

        The value comes from `token_url` in the provider block.

        Known on this host: /oauth/token. If your tenant was given another path, ignore this warning.
        ");
    }

    #[test]
    fn a_pasted_pair_is_explained() {
        let id = Source::block("client_id");
        let found = credential_diagnostics(&Credentials {
            client_id: Some(("canary-id", &id)),
            client_secret: Some(("Y2FuYXJ5LWlkOmNhbmFyeS1zZWNyZXQ=", &BLOCK)),
            ..Credentials::default()
        });
        let [error] = &found.errors[..] else { panic!("{found:?}") };
        // Terraform quotes the line of a path, and this line contains the secret.
        assert_eq!(error.attribute, AttributePath::root());
        insta::assert_snapshot!(format!("{}\n\n{}", error.summary, error.detail), @"
        client_secret is an encoded pair of id and secret

        The value comes from `client_secret` in the provider block.

        It decodes to an id, a colon and a secret: the text after `Basic` in a header. The provider builds that header. Set client_id to the part before the colon and client_secret to the part after it.

        The value itself is never shown.
        ");
    }

    #[test]
    fn forms_are_told_apart_by_how_sure_they_are() {
        use Severity::{Certain, Likely};
        let jwt = "eyJhbGciOiJSUzI1NiJ9.e30.c2ln";
        let cases = [
            (&CLIENT_SECRET, "\"canary\"", Likely, Mistake::Quoted),
            (&TOKEN_URL, "\"https://api.nicecxone.com/oauth/token\"", Certain, Mistake::Quoted),
            (&CLIENT_SECRET, "canary\\n", Likely, Mistake::WrittenLineEnd),
            (&CLIENT_ID, "<client-id>", Certain, Mistake::Placeholder),
            (&CLIENT_SECRET, "xyz-789", Likely, Mistake::Placeholder),
            (&CLIENT_SECRET, "Basic Y2FuYXJ5", Certain, Mistake::Header("Basic")),
            (&ACCESS_TOKEN, "Bearer canary", Certain, Mistake::Header("Bearer")),
            (&CLIENT_SECRET, "client_secret: canary", Likely, Mistake::OwnName),
            (&CLIENT_SECRET, jwt, Likely, Mistake::Jwt),
            (&CLIENT_SECRET, "/run/secrets/cxone", Likely, Mistake::Path),
            (&CLIENT_ID, "https://api.nicecxone.com/oauth/token", Likely, Mistake::AddressForCredential),
            (&SCOPES, "cxone:api openid", Certain, Mistake::ScopeList),
            (&SCOPES, "cxone:api,openid", Likely, Mistake::ScopeList),
            (&REGION, "us-east-1", Likely, Mistake::ForeignRegion),
            (&TOKEN_URL, "${TOKEN_URL}", Certain, Mistake::Unexpanded(Reference::Shell)),
        ];
        for (setting, text, severity, mistake) in cases {
            assert_eq!(inspect(setting, text), [Finding { setting, severity, mistake }], "{text}");
        }
    }

    #[test]
    fn good_values_have_no_findings() {
        let cases = [
            (&CLIENT_ID, "0d9e4c1a-7f5b-4a52-9c39-2f0c6a1b7d11"),
            (&CLIENT_ID, "App Name@Vendor:4711"),
            (&CLIENT_SECRET, "canary:client+secret/with=all&kinds%of\"printable\\characters"),
            (&CLIENT_SECRET, ""),
            (&ACCESS_KEY_SECRET, "CANARYACCESSKEYCANARYACCESSKEYCANARYACCESSKEY2345===="),
            (&ACCESS_TOKEN, "eyJhbGciOiJSUzI1NiJ9.e30.c2ln"),
            (&TOKEN_URL, "https://api.nicecxone.com/oauth/token"),
            (&ISSUER, "https://cxone.niceincontact.com"),
            (&SCOPES, "cxone:api"),
            (&AUDIENCE, "https://api.example.com/"),
            (&REGION, "na1"),
            (&GRANT_TYPE, "password"),
        ];
        for (setting, text) in cases {
            assert_eq!(inspect(setting, text), [], "{text}");
        }
    }

    #[test]
    fn every_mistake_has_words_for_every_setting_and_source() {
        let sources = [BLOCK, ENVIRONMENT, Source::DEFAULT, Source::block("client_secret_file").in_file("/canary")];
        for text in ["\tcanary\u{200B}", "$CANARY_SECRET", "xyz-789", "Bearer canary", "'canary'", "http://canary"] {
            for setting in [&CLIENT_ID, &CLIENT_SECRET, &TOKEN_URL, &SCOPES, &REGION] {
                for finding in inspect(setting, text) {
                    for source in &sources {
                        let diagnostic = finding.diagnostic(source);
                        assert!(diagnostic.summary.starts_with(setting.attribute), "{}", diagnostic.summary);
                        assert!(diagnostic.detail.len() > 40 && !diagnostic.detail.contains("by default"));
                    }
                }
            }
        }
    }

    proptest::proptest! {
        /// Four consecutive characters of an inspected value never reach a diagnostic.
        #[test]
        fn no_part_of_an_inspected_credential_is_shown(
            start in "[QZXJqzxj#@^]{6,20}",
            wrapped in proptest::sample::select(vec!["", " ", "\"", "Basic ", "\u{200B}", "<", "client_secret=", "${", "\r\n", "\u{430}"]),
            end in "[QZXJqzxj#@^]{6,20}",
        ) {
            let text = format!("{wrapped}{start}{wrapped}{end}{}", if wrapped == "<" { ">" } else { wrapped });
            let source = Source::environment("CXONE_CLIENT_SECRET");
            let mut shown = format!("{:?}", inspect(&CLIENT_SECRET, &text));
            for setting in [&CLIENT_ID, &CLIENT_SECRET, &ACCESS_KEY_SECRET, &ACCESS_TOKEN, &SCOPES, &REGION, &AUDIENCE, &TOKEN_URL, &ISSUER] {
                shown += &show(setting, &text, &source);
            }
            let pair = credential_diagnostics(&Credentials {
                client_id: Some((&start, &source)),
                client_secret: Some((&text, &source)),
                access_key_id: Some((&text, &source)),
                access_key_secret: Some((&end, &source)),
                checkmarx_variable: true,
            });
            shown += &format!("{pair:?}");
            for part in [&start, &end] {
                let characters: Vec<char> = part.chars().collect();
                for window in characters.windows(4) {
                    let window: String = window.iter().collect();
                    proptest::prop_assert!(!shown.contains(&window), "{window} in {shown}");
                }
            }
        }

        /// Inspection never panics, and every finding has a detail.
        #[test]
        fn any_text_can_be_inspected(text in proptest::prelude::any::<String>()) {
            for setting in [&CLIENT_SECRET, &TOKEN_URL, &ISSUER, &SCOPES, &REGION] {
                for finding in inspect(setting, &text) {
                    proptest::prop_assert!(!finding.diagnostic(&BLOCK).detail.is_empty());
                }
            }
        }
    }
}
