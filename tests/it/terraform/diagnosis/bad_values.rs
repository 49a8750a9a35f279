//! Values that are wrong in themselves, and what is said of them.

use super::super::SECRET;

/// A bad value and what is said of it before any request.
pub(super) struct BadValue {
    pub(super) name: &'static str,
    pub(super) setting: &'static str,
    pub(super) value: String,
    /// Certain mistakes are errors, likely ones warnings.
    pub(super) severity: &'static str,
    pub(super) summary: &'static str,
    pub(super) facts: &'static [&'static str],
}

/// Values that are wrong in themselves. The secret parts are canaries.
pub(super) fn bad_values() -> Vec<BadValue> {
    let row = |name, setting, value: String, severity, summary, facts| BadValue {
        name,
        setting,
        value,
        severity,
        summary,
        facts,
    };
    let secret =
        |name, value: String, severity, summary, facts| row(name, "client_secret", value, severity, summary, facts);
    let url = |name, value: &str, severity, summary, facts| {
        row(name, "token_url", value.to_owned(), severity, summary, facts)
    };
    let impossible = "has a character that cannot be right";
    vec![
        secret(
            "zero_width",
            format!("{SECRET}\u{200B}"),
            "error",
            impossible,
            &["last character is U+200B ZERO WIDTH SPACE"],
        ),
        secret(
            "no_break",
            format!("\u{A0}{SECRET}"),
            "error",
            impossible,
            &["first character is U+00A0 NO-BREAK SPACE"],
        ),
        secret(
            "newline",
            format!("{SECRET}\n"),
            "error",
            impossible,
            &["last character is U+000A LINE FEED", "trimspace()"],
        ),
        secret("carriage_return", format!("{SECRET}\r"), "error", impossible, &["U+000D CARRIAGE RETURN", "Windows"]),
        secret("tab", format!("\t{SECRET}"), "error", impossible, &["U+0009"]),
        secret("bom", format!("\u{FEFF}{SECRET}"), "error", impossible, &["U+FEFF", "byte order mark"]),
        secret(
            "bidi",
            format!("ab\u{202E}{SECRET}"),
            "error",
            impossible,
            &["character 3 is U+202E RIGHT-TO-LEFT OVERRIDE"],
        ),
        secret("soft_hyphen", format!("a\u{AD}{SECRET}"), "error", impossible, &["character 2 is U+00AD SOFT HYPHEN"]),
        secret(
            "curly",
            format!("\u{201C}{SECRET}\u{201D}"),
            "error",
            impossible,
            &["U+201C LEFT DOUBLE QUOTATION MARK"],
        ),
        secret(
            "homoglyph",
            format!("\u{441}{SECRET}"),
            "error",
            impossible,
            &["U+0441 CYRILLIC SMALL LETTER ES", "Latin"],
        ),
        secret(
            "space",
            format!("{SECRET} "),
            "warning",
            "has a character that is probably not meant",
            &["U+0020 SPACE"],
        ),
        secret(
            "quotes",
            format!("'{SECRET}'"),
            "warning",
            "has quotes around the whole value",
            &["became part of the value"],
        ),
        secret(
            "written_newline",
            format!("{SECRET}\\n"),
            "warning",
            "ends in a line end written as \\n",
            &["two characters"],
        ),
        secret("variable", "${CXONE_SECRET}".to_owned(), "error", "holds a reference", &["A shell would have"]),
        secret("dollar", "$CXONE_SECRET".to_owned(), "error", "holds a reference", &["A shell would have"]),
        secret("angle", "<client-secret>".to_owned(), "error", "is still a placeholder", &["NICE sent"]),
        secret("documented", "xyz-789".to_owned(), "warning", "is still a placeholder", &["NICE sent"]),
        secret("basic", format!("Basic {SECRET}"), "error", "is a copied header", &["base64 of id, colon and secret"]),
        secret("bearer", format!("Bearer {SECRET}"), "error", "is a copied header", &["builds itself"]),
        secret("pair", encoded_pair(), "error", "is an encoded pair of id and secret", &["before the colon"]),
        secret("jwt", jwt(), "warning", "looks like a token", &["set access_token instead"]),
        secret("same", "reader-of-scopes".to_owned(), "warning", "have the same value", &["pasted twice"]),
        secret(
            "path",
            "/run/secrets/cxone".to_owned(),
            "warning",
            "looks like the path of a file",
            &["client_secret_file"],
        ),
        secret(
            "own_name",
            format!("client_secret: {SECRET}"),
            "warning",
            "has its own name in front",
            &["Only the value"],
        ),
        url("no_scheme", "api.nicecxone.com/oauth/token", "error", "has no", &["https://"]),
        url("plain_http", "http://api.nicecxone.com/oauth/token", "error", "http", &["clear text"]),
        url(
            "user_info",
            "https://user:Kp3Wd7Rq-canary-in-the-url-9Xm2@a.example/token",
            "error",
            "credentials",
            &["logs"],
        ),
        url(
            "hyphen",
            "https://cxone.nice-incontact.com/auth/token",
            "warning",
            "token_url",
            &["cxone.niceincontact.com"],
        ),
        url("slash", "https://api.nicecxone.com/oauth/token/", "warning", "token_url", &["last slash"]),
        url("path_typo", "https://api.nicecxone.com/oauth2/token", "warning", "token_url", &["/oauth/token"]),
        url(
            "checkmarx",
            "https://eu.iam.checkmarx.net/auth/realms/x",
            "error",
            "Checkmarx One",
            &["CXONE_TENANT_NAME"],
        ),
        row(
            "scope_list",
            "scopes",
            "cxone:api openid".to_owned(),
            "error",
            "several scopes in one",
            &["element of its own"],
        ),
        row("scope_hidden", "scopes", "cxone:api\u{200B}".to_owned(), "error", impossible, &["U+200B"]),
        row("id_hidden", "client_id", "reader\u{200B}".to_owned(), "error", impossible, &["last character is U+200B"]),
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
