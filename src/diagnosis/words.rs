//! The topics of a server's own words in an `error_description` or a gateway's message.

/// The topic of a server's message about a rejected request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Topic {
    /// Maintenance.
    Maintenance,
    /// Too many requests.
    Rate,
    /// The client or the user is locked, for example after failed logins.
    Locked,
    /// The credentials must be in another place of the request.
    Method,
    /// The request must be JSON.
    Json,
    /// The request must be a form.
    Form,
    /// The client may not use this grant.
    Grant,
    /// A secret or a key has expired.
    Expired,
    /// The client, the key or its owner is disabled.
    Disabled,
    /// The registration is not approved yet.
    NotApproved,
    /// The client belongs to another tenant, region or environment.
    Realm,
    /// The caller's network address is not allowed.
    Network,
    /// The legacy platform does not know the application's name for this user.
    LegacyApplication,
    /// The client or the key is unknown.
    UnknownClient,
    /// The client is known, but the secret is wrong.
    WrongSecret,
}

impl Topic {
    /// The topic of `text`; `None` if there is none, or several.
    pub(super) fn of(text: &str) -> Option<Self> {
        // Codes with underscores or hyphens read like sentences then.
        let text = without_examples(&text.to_lowercase().replace(['_', '-'], " "));
        let found: Vec<Self> = ALL.into_iter().filter(|topic| topic.is_in(&text)).collect();
        let pair = found.contains(&Self::UnknownClient) && found.contains(&Self::WrongSecret);
        // A list of everything that can be wrong, such as "unknown, or its secret is wrong", is no evidence.
        if found.len() > 2 || (pair && text.contains(" or ")) {
            return None;
        }
        found.first().copied()
    }

    /// Whether a wrong secret does not explain the server's words.
    pub(super) fn is_about_something_else_than_the_secret(self) -> bool {
        matches!(
            self,
            Self::Maintenance
                | Self::Rate
                | Self::Method
                | Self::Json
                | Self::Form
                | Self::Grant
                | Self::Expired
                | Self::NotApproved
                | Self::Realm
                | Self::Network
                | Self::LegacyApplication
                | Self::UnknownClient
        )
    }

    fn is_in(self, text: &str) -> bool {
        let has = |words: &[&str]| words.iter().any(|word| text.contains(word));
        match self {
            Self::Maintenance => has(&["maintenance", "planned downtime", "scheduled downtime"]),
            Self::Rate => {
                has(&["rate limit", "ratelimit", "too many requests", "throttl", "quota", "slow down"])
                    || (has(&["limit"]) && has(&["exceeded", "reached"]))
            }
            Self::Locked => {
                has(&["locked", "lockout", "lock out", "too many failed", "too many invalid", "too many login"])
            }
            Self::Method => {
                has(&["client secret post", "client secret basic", "authentication method", "auth method"])
                    || (has(&["authorization header", "http basic", "basic auth", "request body"])
                        && has(&[
                            "must",
                            "missing",
                            "required",
                            "expected",
                            "not supported",
                            "unsupported",
                            "not allowed",
                        ]))
            }
            Self::Json => has(&["application/json", "body must be json", "expected json"]),
            Self::Form => has(&["form urlencoded", "urlencoded"]),
            Self::Grant => {
                has(&["grant"])
                    && has(&[
                        "not allowed",
                        "not supported",
                        "unsupported",
                        "not permitted",
                        "unauthorized",
                        "not enabled",
                        "not authorized",
                        "not registered",
                    ])
            }
            Self::Expired => has(&["expired", "has expir", "past its expir"]),
            Self::Disabled => has(&[
                "disabled",
                "inactive",
                "deactivated",
                "not active",
                "suspended",
                "revoked",
                "deleted",
                "not enabled",
                "switched off",
                "archived",
            ]),
            Self::NotApproved => {
                has(&["not approved", "not yet approved", "pending approval", "awaiting approval", "approval pending"])
            }
            Self::Realm => {
                has(&[
                    "tenant",
                    "realm",
                    "environment",
                    "region",
                    "cluster",
                    "business unit",
                    "data center",
                    "datacenter",
                ]) && has(&[
                    "not found",
                    "unknown",
                    "not exist",
                    "wrong",
                    "mismatch",
                    "belong",
                    "invalid",
                    "different",
                    "another",
                    "other",
                    "no such",
                    "not valid",
                    "not registered",
                    "not match",
                    "only",
                ])
            }
            Self::Network => has(&[
                "ip address",
                "allow list",
                "allowlist",
                "whitelist",
                "ip restrict",
                "your network",
                "source ip",
                "client ip",
            ]),
            Self::LegacyApplication => has(&["not authorized for user"]),
            Self::UnknownClient => {
                has(&["client", "application", "app ", "api key", "apikey", "access key"])
                    && has(&[
                        "not found",
                        "unknown",
                        "not exist",
                        "no such",
                        "no client",
                        "no app",
                        "not registered",
                        "unrecogni",
                        "not recogni",
                        "could not be found",
                        "cannot be found",
                    ])
            }
            Self::WrongSecret => {
                has(&["secret", "password", "client credential", "api key", "apikey"])
                    && has(&[
                        "wrong",
                        "incorrect",
                        "mismatch",
                        "not match",
                        "bad secret",
                        "invalid secret",
                        "invalid client secret",
                        "secret is invalid",
                        "secret is not valid",
                        "invalid apikey",
                        "invalid api key",
                        "invalid password",
                    ])
            }
        }
    }
}

/// Removes the three examples in RFC 6749's explanation of `invalid_client` (section 5.2). Many servers send that
/// sentence for any fault.
fn without_examples(text: &str) -> String {
    let is_standard =
        text.contains("no client authentication included") || text.contains("unsupported authentication method");
    // Only the whole sentence: one of its examples alone is a statement of the server.
    if is_standard && text.contains("unknown client") {
        return String::new();
    }
    text.to_owned()
}

const ALL: [Topic; 15] = [
    Topic::Maintenance,
    Topic::Rate,
    Topic::Locked,
    Topic::Method,
    Topic::Json,
    Topic::Form,
    Topic::Grant,
    Topic::Expired,
    Topic::Disabled,
    Topic::NotApproved,
    Topic::Realm,
    Topic::Network,
    Topic::LegacyApplication,
    Topic::UnknownClient,
    Topic::WrongSecret,
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_told_apart() {
        use Topic::*;
        let cases = [
            ("Client authentication failed", None),
            (
                "Client authentication failed due to unknown client, no client authentication included, or unsupported authentication method.",
                None,
            ),
            (
                "Client authentication failed (e.g., unknown client, no client authentication included, or unsupported authentication method)",
                None,
            ),
            ("the client is unknown or its secret is wrong", None),
            ("Invalid client credentials", None),
            ("this client is registered for client_secret_post, not for HTTP Basic", Some(Method)),
            ("Missing Authorization header", Some(Method)),
            ("the authorization header is required", Some(Method)),
            ("Unknown client: reader", Some(UnknownClient)),
            ("Application not found", Some(UnknownClient)),
            ("No such client", Some(UnknownClient)),
            ("Client application 'app@vendor' not authorized for user", Some(LegacyApplication)),
            ("Client is disabled", Some(Disabled)),
            ("client_disabled", Some(Disabled)),
            ("The application was scheduled for deletion and is inactive", Some(Disabled)),
            ("Account locked after too many failed attempts", Some(Locked)),
            ("The client secret has expired", Some(Expired)),
            ("Incorrect client secret", Some(WrongSecret)),
            ("Invalid ApiKey", Some(WrongSecret)),
            ("Tenant not found in this region", Some(Realm)),
            ("Your IP address is not allowed", Some(Network)),
            ("API rate limit exceeded", Some(Rate)),
            ("The service is under maintenance until 06:00 UTC", Some(Maintenance)),
            ("Registration pending approval", Some(NotApproved)),
            ("Content-Type must be application/json", Some(Json)),
            ("grant type client_credentials is not allowed for this client", Some(Grant)),
            ("not granted to this client: cxone:admin", None),
        ];
        for (text, expected) in cases {
            assert_eq!(Topic::of(text), expected, "{text}");
        }
    }
}
