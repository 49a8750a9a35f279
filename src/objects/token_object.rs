//! What every token object does the same way: its schema's frame, and reading a token through the session.

use std::sync::Arc;

use crate::objects::access_token;
use crate::objects::access_token::{Inputs, Request};
use crate::session::tenant::Tenant;
use crate::session::{Failure, Issued, Ready, Session, State};
use plugin::schema::{Attribute, Block, Description, Schema};
use plugin::{AttributePath, Diagnostic, Diagnostics};

/// A schema of attributes alone.
pub fn schema<const N: usize>(description: &str, parts: [Vec<(String, Attribute)>; N]) -> Schema {
    Schema {
        version: 0,
        block: Block {
            version: 0,
            attributes: access_token::attributes(parts),
            description: Description::markdown(description),
            ..Block::default()
        },
    }
}

/// The token that `inputs` asks for, and what is known about its tenant. `None` after an error, which `diags` then
/// holds.
pub async fn read(session: &Session, inputs: &Inputs, diags: &mut Diagnostics) -> Option<(Issued, Tenant)> {
    let request = inputs.parse(diags)?;
    let errors_before = diags.errors.len();
    match issue(session, request).await {
        Ok((ready, issued)) => {
            ready.judge(&issued, diags);
            if diags.errors.len() > errors_before {
                return None;
            }
            let tenant = ready.tenant(&issued).await;
            Some((issued, tenant))
        }
        Err(failure) => {
            diags.add_error(failure.diagnostic);
            None
        }
    }
}

async fn issue(session: &Session, request: Request) -> Result<(Arc<Ready>, Issued), Failure> {
    let ready = ready(session)?;
    let issued = ready.token(request.overrides, request.min_remaining).await?;
    Ok((ready, issued))
}

/// The configuration at work.
///
/// # Errors
///
/// Why there is none yet.
pub fn ready(session: &Session) -> Result<Arc<Ready>, Diagnostic> {
    match session.state() {
        State::Ready(ready) => Ok(ready),
        State::Unknown(arguments) => Err(not_known_yet(&arguments)),
        State::Unconfigured | State::Configuring(_) => Err(unconfigured()),
    }
}

/// `` `a`, `b` `` for messages.
pub fn list(arguments: &[&'static str]) -> String {
    arguments.iter().map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", ")
}

fn not_known_yet(arguments: &[&'static str]) -> Diagnostic {
    Diagnostic {
        summary: "No token yet: the provider's configuration is not known".into(),
        detail: format!(
            "{} of the provider block will be known only after apply, and a data source is read now, during plan.\n\n\
             Use `ephemeral \"cxone_access_token\"`, which waits; or apply first what the value comes from \
             (`-target`); or give the data source a `depends_on` on it, so that it is read during apply.",
            list(arguments)
        )
        .into(),
        attribute: AttributePath::root(),
    }
}

fn unconfigured() -> Diagnostic {
    Diagnostic {
        summary: "The provider is not configured".into(),
        detail: "A token was asked for before the provider was configured. Please report this as a bug.".into(),
        attribute: AttributePath::root(),
    }
}
