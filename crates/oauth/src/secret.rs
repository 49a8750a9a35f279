//! The type for all secrets.

use std::fmt;

use zeroize::Zeroizing;

/// A client secret, an access token, a password: text that must never be shown.
///
/// `Debug` is redacted, and there is no `Display` and no `Serialize`. The memory is wiped on drop. Only
/// [`Secret::expose`] returns the text, so that every use can be found by its name.
#[derive(Clone, PartialEq, Eq)]
pub struct Secret(Zeroizing<String>);

impl Secret {
    /// Wraps `text`. Takes ownership, so that no other copy remains.
    pub fn new(text: impl Into<String>) -> Self {
        Self(Zeroizing::new(text.into()))
    }

    /// The text itself. Never log it, print it or put it into an error.
    pub fn expose(&self) -> &str {
        &self.0
    }

    /// Whether the text is empty.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("Secret(redacted)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn debug_shows_nothing_of_the_text() {
        let secret = Secret::new("canary-secret-value");
        assert_eq!(format!("{secret:?}"), "Secret(redacted)");
    }
}
