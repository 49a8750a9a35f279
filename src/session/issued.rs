//! What is asked of a configuration, and what comes of it.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use crate::session::tenant::Claims;
use crate::settings::credential::Credential;
use crate::settings::source::Sourced;
use oauth::{GrantedScopes, ScopeSet, Secret, Token};
use plugin::{AttributePath, Diagnostic};

/// What one token object asks for in place of the provider's settings; `None` keeps those.
#[derive(Default)]
pub struct Overrides {
    /// The scopes to ask for.
    pub scopes: Option<ScopeSet>,
    /// The audience to ask for.
    pub audience: Option<String>,
    /// Further form fields, in place of all the provider's.
    pub parameters: Option<BTreeMap<String, Secret>>,
}

/// A token, and what was asked for to get it.
pub struct Issued {
    /// The token.
    pub token: Arc<Token>,
    /// Its claims.
    pub claims: Claims,
    /// The scopes declared: those asked for, and with a token handed over those that it should have.
    pub requested: Sourced<ScopeSet>,
    /// The scopes that the token has, as far as anything tells.
    pub granted: GrantedScopes,
    /// The moment it is handed out.
    pub now: SystemTime,
    /// Hash of everything asked for that is not secret.
    pub request_id: String,
}

/// Why no token could be handed out.
pub struct Failure {
    /// The failed exchange; `None` when none took place or its token will not do.
    pub error: Option<oauth::Error>,
    /// The explanation.
    pub diagnostic: Diagnostic,
}

impl From<Diagnostic> for Failure {
    fn from(diagnostic: Diagnostic) -> Self {
        Self { error: None, diagnostic }
    }
}

/// The diagnostic for a token that ends before it may.
pub fn too_short(remaining: Duration, wanted: Duration, credential: &Credential) -> Diagnostic {
    let (origin, longer) = match credential {
        Credential::AccessToken(token) => {
            (format!("The token that was handed over ({})", token.source), "hand over one that lives longer")
        }
        Credential::Exchange(_) | Credential::AccessKey(_) => (
            "CXone handed out a token that".to_owned(),
            "ask for a longer access token lifetime in the settings of the client application in CXone",
        ),
    };
    Diagnostic {
        summary: "The token would not live long enough".into(),
        detail: format!(
            "{origin} lives {} more, and `min_remaining_lifetime` asks for at least {}.\n\nA token cannot be renewed \
             while Terraform holds it, so a run that takes longer than the token lives fails half way. Either lower \
             `min_remaining_lifetime` if the run is short, or {longer}.",
            humantime::format_duration(Duration::from_secs(remaining.as_secs())),
            humantime::format_duration(wanted),
        )
        .into(),
        attribute: AttributePath::new("min_remaining_lifetime"),
    }
}
