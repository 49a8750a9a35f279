//! The setting `scope_drift`.

/// What the provider does about drift: the setting `scope_drift`.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Reaction {
    /// A warning.
    #[default]
    Warn,
    /// An error, so that a plan fails before anything changes.
    Error,
    /// Nothing.
    Ignore,
}

impl Reaction {
    /// Reads the setting's value.
    ///
    /// # Errors
    ///
    /// What it takes.
    pub fn parse(text: &str) -> Result<Self, &'static str> {
        match text {
            "warn" => Ok(Self::Warn),
            "error" => Ok(Self::Error),
            "ignore" => Ok(Self::Ignore),
            _ => Err("it takes `warn`, `error` or `ignore`"),
        }
    }
}
