//! The process environment, read once and passed on as a value.

use std::collections::BTreeMap;
use std::ffi::OsString;

/// A snapshot of the environment variables that the provider reads.
///
/// No `Debug`, because the values can be secrets.
#[derive(Default, Clone)]
pub struct Environment(BTreeMap<String, OsString>);

/// A variable with a value that is not UTF-8. Contains its name, never its value.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
#[error("the environment variable {0} is not valid UTF-8")]
pub struct NotUnicode(pub String);

impl Environment {
    /// Reads the variables of this process.
    pub fn from_process() -> Self {
        // No variable of ours has a name that is not Unicode. Such a value is kept, because it must be an error, not
        // unset.
        Self(std::env::vars_os().filter_map(|(name, value)| Some((name.into_string().ok()?, value))).collect())
    }

    /// The value of `name`; `None` if unset or empty.
    ///
    /// # Errors
    ///
    /// [`NotUnicode`] if the value is not UTF-8.
    pub fn text(&self, name: &str) -> Result<Option<&str>, NotUnicode> {
        match self.0.get(name) {
            None => Ok(None),
            Some(value) => match value.to_str() {
                // CI settings can often only empty a variable, not unset it.
                Some("") => Ok(None),
                Some(text) => Ok(Some(text)),
                None => Err(NotUnicode(name.to_owned())),
            },
        }
    }

    /// The names of all variables that are not empty.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.0.iter().filter(|(_, value)| !value.is_empty()).map(|(name, _)| name.as_str())
    }

    /// Whether `name` has a value, UTF-8 or not.
    pub fn is_set(&self, name: &str) -> bool {
        self.0.get(name).is_some_and(|value| !value.is_empty())
    }
}

impl<N: Into<String>, V: Into<OsString>> FromIterator<(N, V)> for Environment {
    fn from_iter<I: IntoIterator<Item = (N, V)>>(pairs: I) -> Self {
        Self(pairs.into_iter().map(|(name, value)| (name.into(), value.into())).collect())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_empty_variable_counts_as_not_set() {
        let environment = Environment::from_iter([("CXONE_CLIENT_ID", "")]);
        assert_eq!(environment.text("CXONE_CLIENT_ID"), Ok(None));
        assert!(!environment.is_set("CXONE_CLIENT_ID"));
    }

    #[cfg(unix)]
    #[test]
    fn a_value_that_is_not_unicode_is_named_and_not_shown() {
        use std::os::unix::ffi::OsStringExt;
        let environment = Environment::from_iter([("CXONE_CLIENT_ID", OsString::from_vec(vec![b'x', 0xff]))]);
        assert_eq!(environment.text("CXONE_CLIENT_ID"), Err(NotUnicode("CXONE_CLIENT_ID".into())));
    }
}
