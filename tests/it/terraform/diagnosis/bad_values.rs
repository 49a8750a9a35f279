//! Values with visible mistakes, and the messages about them.

use Certainty::{Certain, Likely};

use super::super::SECRET;

/// A bad value and what is said of it.
pub(super) struct BadValue {
    pub(super) name: &'static str,
    pub(super) setting: &'static str,
    pub(super) value: String,
    pub(super) certainty: Certainty,
    pub(super) summary: &'static str,
    pub(super) facts: &'static [&'static str],
}

/// When a mistake is told of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Certainty {
    /// Before any request, as an error.
    Certain,
    /// When CXone rejects it, as the verdict.
    Likely,
}

/// Values that are wrong in themselves. The secret parts are canaries.
pub(super) fn bad_values() -> Vec<BadValue> {
    let row = |name, setting, value: String, certainty, summary, facts| BadValue {
        name,
        setting,
        value,
        certainty,
        summary,
        facts,
    };
    let secret =
        |name, value: String, certainty, summary, facts| row(name, "client_secret", value, certainty, summary, facts);
    let url = |name, value: &str, certainty, summary, facts| {
        row(name, "token_url", value.to_owned(), certainty, summary, facts)
    };
    let impossible = "has a character that cannot be right";
    vec![
        secret(
            "zero_width",
            format!("{SECRET}\u{200B}"),
            Certain,
            impossible,
            &["last character is U+200B ZERO WIDTH SPACE"],
        ),
        secret(
            "no_break",
            format!("\u{A0}{SECRET}"),
            Certain,
            impossible,
            &["first character is U+00A0 NO-BREAK SPACE"],
        ),
        secret(
            "newline",
            format!("{SECRET}\n"),
            Certain,
            impossible,
            &["last character is U+000A LINE FEED", "trimspace()"],
        ),
        secret("carriage_return", format!("{SECRET}\r"), Certain, impossible, &["U+000D CARRIAGE RETURN", "Windows"]),
        secret("tab", format!("\t{SECRET}"), Certain, impossible, &["U+0009"]),
        secret("bom", format!("\u{FEFF}{SECRET}"), Certain, impossible, &["U+FEFF", "byte order mark"]),
        secret(
            "bidi",
            format!("ab\u{202E}{SECRET}"),
            Certain,
            impossible,
            &["character 3 is U+202E RIGHT-TO-LEFT OVERRIDE"],
        ),
        secret("soft_hyphen", format!("a\u{AD}{SECRET}"), Certain, impossible, &["character 2 is U+00AD SOFT HYPHEN"]),
        secret(
            "curly",
            format!("\u{201C}{SECRET}\u{201D}"),
            Certain,
            impossible,
            &["U+201C LEFT DOUBLE QUOTATION MARK"],
        ),
        secret(
            "homoglyph",
            format!("\u{441}{SECRET}"),
            Certain,
            impossible,
            &["U+0441 CYRILLIC SMALL LETTER ES", "Latin"],
        ),
        secret("space", format!("{SECRET} "), Likely, "client_secret ends in a space", &["Remove it in"]),
        secret(
            "quotes",
            format!("'{SECRET}'"),
            Likely,
            "client_secret is wrapped in quotation marks",
            &["Remove them in"],
        ),
        secret(
            "written_newline",
            format!("{SECRET}\\n"),
            Likely,
            "client_secret ends in the two characters \\n",
            &["two characters"],
        ),
        secret(
            "variable",
            "${CXONE_SECRET}".to_owned(),
            Certain,
            "holds a reference",
            &["A shell replaces such a reference"],
        ),
        secret(
            "dollar",
            "$CXONE_SECRET".to_owned(),
            Certain,
            "holds a reference",
            &["A shell replaces such a reference"],
        ),
        secret("angle", "<client-secret>".to_owned(), Certain, "is still a placeholder", &["NICE sent"]),
        secret(
            "documented",
            "xyz-789".to_owned(),
            Likely,
            "client_secret is still a placeholder",
            &["the value that NICE issued"],
        ),
        secret("basic", format!("Basic {SECRET}"), Certain, "is a copied header", &["base64 of id, colon and secret"]),
        secret(
            "bearer",
            format!("Bearer {SECRET}"),
            Certain,
            "is a copied header",
            &["the provider builds that header"],
        ),
        secret("pair", encoded_pair(), Certain, "is an encoded pair of id and secret", &["before the colon"]),
        secret("jwt", jwt(), Likely, "client_secret is a JSON Web Token", &["set access_token instead"]),
        secret(
            "same",
            "reader-of-scopes".to_owned(),
            Likely,
            "have the same value",
            &["CXone issues two different ones"],
        ),
        secret(
            "path",
            "/run/secrets/cxone".to_owned(),
            Likely,
            "looks like the path of a file",
            &["client_secret_file"],
        ),
        secret(
            "own_name",
            format!("client_secret: {SECRET}"),
            Likely,
            "client_secret begins with the name of a setting",
            &["Remove everything before the value"],
        ),
        url("no_scheme", "api.nicecxone.com/oauth/token", Certain, "does not start with", &["https://"]),
        url("plain_http", "http://api.nicecxone.com/oauth/token", Certain, "http", &["unencrypted"]),
        url(
            "user_info",
            "https://user:Kp3Wd7Rq-canary-in-the-url-9Xm2@a.example/token",
            Certain,
            "credentials",
            &["logs"],
        ),
        url("hyphen", "https://cxone.nice-incontact.com/auth/token", Likely, "token_url", &["cxone.niceincontact.com"]),
        url("slash", "https://api.nicecxone.com/oauth/token/", Likely, "token_url", &["last slash"]),
        url("path_typo", "https://api.nicecxone.com/oauth2/token", Likely, "token_url", &["/oauth/token"]),
        url(
            "checkmarx",
            "https://eu.iam.checkmarx.net/auth/realms/x",
            Certain,
            "Checkmarx One",
            &["CXONE_TENANT_NAME"],
        ),
        row(
            "scope_list",
            "scopes",
            "cxone:api openid".to_owned(),
            Certain,
            "several scopes in one",
            &["element of its own"],
        ),
        row("scope_hidden", "scopes", "cxone:api\u{200B}".to_owned(), Certain, impossible, &["U+200B"]),
        row("id_hidden", "client_id", "reader\u{200B}".to_owned(), Certain, impossible, &["last character is U+200B"]),
    ]
}

/// base64 of `reader-of-scopes:` and a secret.
fn encoded_pair() -> String {
    use base64::Engine as _;
    use base64::engine::general_purpose::STANDARD;
    STANDARD.encode(format!("reader-of-scopes:{SECRET}"))
}

fn jwt() -> String {
    use base64::Engine as _;
    use base64::engine::general_purpose::URL_SAFE_NO_PAD;
    format!("{}.{}.c2lnbmF0dXJl", URL_SAFE_NO_PAD.encode(r#"{"alg":"RS256"}"#), URL_SAFE_NO_PAD.encode(SECRET))
}

/// The password in an address.
pub(super) const IN_URL: &str = "Kp3Wd7Rq-canary-in-the-url-9Xm2";
