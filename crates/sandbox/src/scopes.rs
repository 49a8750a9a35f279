//! The scopes that a client gets for its request.

use std::collections::BTreeSet;

use oauth::{InvalidScope, ScopeSet};

use crate::client::{Client, UnknownScopes};
use crate::refusal::Refusal;

/// Decides about the grant.
///
/// # Errors
/// 400 `invalid_scope` for characters outside of RFC 6749 section 3.3, for anything but single spaces between scopes,
/// for a scope that the client may not have (unless it is set to narrow or ignore), and if narrowing leaves no scope.
pub(crate) fn granted(client: &Client, requested: Option<&str>) -> Result<BTreeSet<String>, Refusal> {
    let asked = requested.map(parse).transpose()?;
    let mut granted = match asked {
        None => client.scopes.clone(),
        Some(_) if client.unknown_scopes == UnknownScopes::Ignore => client.scopes.clone(),
        Some(asked) => within(client, &asked)?,
    };
    granted.extend(client.extra_scopes.iter().cloned());
    Ok(granted)
}

fn within(client: &Client, asked: &BTreeSet<String>) -> Result<BTreeSet<String>, Refusal> {
    let known: BTreeSet<String> = asked.intersection(&client.scopes).cloned().collect();
    let unknown: Vec<&str> = asked.difference(&client.scopes).map(String::as_str).collect();
    if unknown.is_empty() || (client.unknown_scopes == UnknownScopes::Narrow && !known.is_empty()) {
        return Ok(known);
    }
    Err(Refusal::scope(format!("not granted to this client: {}", unknown.join(" "))))
}

fn parse(text: &str) -> Result<BTreeSet<String>, Refusal> {
    // Stricter than `ScopeSet::split`, because a server may require single spaces.
    match ScopeSet::try_from_tokens(text.split(' ')) {
        Ok(scopes) => Ok(scopes.into_iter().cloned().collect()),
        Err(InvalidScope::Empty) => Err(Refusal::scope("scopes must be separated by single spaces")),
        Err(InvalidScope::Character { .. }) => {
            Err(Refusal::scope("a scope contains a character that RFC 6749 section 3.3 does not allow"))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn outcome(unknown_scopes: UnknownScopes, requested: Option<&str>) -> Result<String, String> {
        let set = |names: &[&str]| names.iter().map(|name| (*name).to_owned()).collect();
        let client = Client { scopes: set(&["a", "b"]), extra_scopes: set(&["z"]), unknown_scopes, ..Client::new("c") };
        granted(&client, requested)
            .map(|scopes| scopes.into_iter().collect::<Vec<_>>().join(" "))
            .map_err(|refusal| format!("{}: {}", refusal.error, refusal.description))
    }

    #[test]
    fn what_is_asked_for_is_granted_with_the_extras() {
        assert_eq!(outcome(UnknownScopes::Refuse, Some("b a")), Ok("a b z".to_owned()));
        assert_eq!(outcome(UnknownScopes::Refuse, Some("b")), Ok("b z".to_owned()));
        assert_eq!(outcome(UnknownScopes::Refuse, None), Ok("a b z".to_owned()), "no scopes requested");
    }

    #[test]
    fn an_unknown_scope_is_met_as_the_client_is_set() {
        let refused = Err("invalid_scope: not granted to this client: q x".to_owned());
        assert_eq!(outcome(UnknownScopes::Refuse, Some("a x q")), refused);
        assert_eq!(outcome(UnknownScopes::Narrow, Some("a x q")), Ok("a z".to_owned()));
        assert_eq!(outcome(UnknownScopes::Narrow, Some("x q")), refused);
        assert_eq!(outcome(UnknownScopes::Ignore, Some("x q")), Ok("a b z".to_owned()));
    }

    #[test]
    fn malformed_scope_text_is_refused() {
        for text in [" a", "a  b", "a ", "a\tb", "a\"b", "\u{e9}"] {
            assert!(outcome(UnknownScopes::Ignore, Some(text)).is_err(), "{text:?}");
        }
    }
}
