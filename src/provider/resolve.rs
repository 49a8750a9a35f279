//! Finding the value of a setting: block, file argument, environment, file named by the environment, default.

use std::{collections::BTreeMap, fmt::Display, path::Path};

use super::{
    env::Environment,
    raw_config::{Known, RawConfig},
    setting::{Kind, Setting},
    source::{Source, Sourced},
};
use crate::{
    oauth::{ScopeSet, Secret},
    plugin::{AttributePath, Diagnostic, Diagnostics},
};

/// What is being done, and so what may be looked at.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Moment {
    /// `validate`: the block alone; what is missing may still come from the environment.
    Validate,
    /// `plan` and `apply`: everything.
    Configure,
}

/// Looks up settings, notes which are unknown, and reports every mistake as a diagnostic.
pub struct Resolver<'a> {
    raw: &'a RawConfig,
    environment: &'a Environment,
    moment: Moment,
    diags: &'a mut Diagnostics,
    unknown: Vec<&'static str>,
}

impl<'a> Resolver<'a> {
    /// A resolver that reports to `diags`.
    pub fn new(raw: &'a RawConfig, environment: &'a Environment, moment: Moment, diags: &'a mut Diagnostics) -> Self {
        Self { raw, environment, moment, diags, unknown: Vec::new() }
    }

    /// The arguments that were asked for and are unknown, in the order of asking.
    pub fn into_unknown(self) -> Vec<&'static str> {
        self.unknown
    }

    /// Whether the block itself sets `setting`, be it to an unknown value.
    pub fn is_in_block(&self, setting: &Setting) -> bool {
        self.raw.text(setting.attribute) != Known::Unset
    }

    /// A text setting, as it is written.
    pub fn text(&mut self, setting: &'static Setting) -> Option<Sourced<String>> {
        match self.in_block(setting) {
            Known::Set(value) => Some(Sourced { value, source: Source::Block(setting.attribute) }),
            Known::Unknown => self.note_unknown(setting),
            Known::Unset => self.in_environment(setting),
        }
    }

    /// A setting with a meaning: `parse` says what is wrong with it otherwise.
    pub fn parsed<T, E: Display>(
        &mut self,
        setting: &'static Setting,
        parse: impl FnOnce(&str) -> Result<T, E>,
    ) -> Option<Sourced<T>> {
        let text = self.text(setting)?;
        match parse(&text.value) {
            Ok(value) => Some(Sourced { value, source: text.source }),
            Err(error) => {
                self.invalid(setting, &text.source, error);
                None
            }
        }
    }

    /// A secret: block, `file` argument, environment, the file that the environment names.
    pub fn secret(&mut self, setting: &'static Setting, file: Option<&'static Setting>) -> Option<Sourced<Secret>> {
        let inline = match self.raw.text(setting.attribute) {
            Known::Unknown => return self.note_unknown(setting),
            Known::Set(text) => Some(Sourced { value: Secret::new(text), source: Source::Block(setting.attribute) }),
            Known::Unset => None,
        };
        let path = match file.map(|file| (file, self.raw.text(file.attribute))) {
            Some((file, Known::Unknown)) => return self.note_unknown(file),
            Some((file, Known::Set(path))) => Some(Source::BlockFile { attribute: file.attribute, path: path.into() }),
            _ => None,
        };
        if inline.is_some() || path.is_some() {
            return self.agreed(setting, inline, path);
        }
        let inline =
            self.in_environment(setting).map(|text| Sourced { value: Secret::new(text.value), source: text.source });
        let path = file.and_then(|file| {
            let path = self.in_environment(file)?;
            let Source::Environment(variable) = path.source else { return None };
            Some(Source::EnvironmentFile { variable, path: path.value.into() })
        });
        self.agreed(setting, inline, path)
    }

    /// A set of scopes; in the environment separated by spaces or commas. Empty when nothing is set.
    pub fn scopes(&mut self, setting: &'static Setting) -> Sourced<ScopeSet> {
        let (tokens, source) = match self.raw.elements(setting.attribute) {
            Known::Set(tokens) => (tokens.into_iter().map(str::to_owned).collect(), Source::Block(setting.attribute)),
            Known::Unknown => {
                self.note_unknown::<()>(setting);
                (Vec::new(), Source::Default)
            }
            Known::Unset => match self.in_environment(setting) {
                Some(text) => (split_scopes(&text.value), text.source),
                None => (Vec::new(), Source::Default),
            },
        };
        match ScopeSet::try_from_tokens(tokens) {
            Ok(value) => Sourced { value, source },
            Err(error) => {
                self.invalid(setting, &source, error);
                Sourced { value: ScopeSet::default(), source }
            }
        }
    }

    /// Extra form fields; those of the standard are refused.
    pub fn parameters(&mut self, setting: &'static Setting) -> BTreeMap<String, Secret> {
        match self.raw.entries(setting.attribute) {
            Known::Unset => BTreeMap::new(),
            Known::Unknown => {
                self.note_unknown::<()>(setting);
                BTreeMap::new()
            }
            Known::Set(entries) => {
                let path = AttributePath::new(setting.attribute);
                parameters(entries, &path, self.diags)
            }
        }
    }

    /// Reports `settings` as missing, all in one diagnostic. Silent at `validate`, and for what is unknown.
    pub fn missing(&mut self, settings: &[&'static Setting]) {
        let missing: Vec<_> = settings.iter().filter(|setting| !self.unknown.contains(&setting.attribute)).collect();
        if self.moment == Moment::Validate || missing.is_empty() || !self.unknown.is_empty() {
            return;
        }
        if self.diags.errors.iter().any(|error| is_about(error, &missing)) {
            return;
        }
        let names = missing.iter().map(|setting| format!("`{}`", setting.attribute)).collect::<Vec<_>>();
        let ways = missing.iter().map(|setting| format!("\n  - set {}", setting.ways_to_set())).collect::<String>();
        self.diags.add_error(Diagnostic {
            summary: format!("Missing CXone credentials: {}", names.join(" and ")).into(),
            detail: format!(
                "The grant client_credentials needs a client identifier and a client secret. An empty text counts as \
                 not set.\n{ways}\n\nA secret can also be read from a file: `client_secret_file` or \
                 CXONE_CLIENT_SECRET_FILE."
            )
            .into(),
            attribute: AttributePath::root(),
        });
    }

    /// Reports that `setting` cannot stand beside `others` in one block.
    pub fn conflict(&mut self, setting: &'static Setting, others: &[&'static Setting]) {
        let others = others.iter().map(|other| format!("`{}`", other.attribute)).collect::<Vec<_>>().join(" and ");
        self.diags.add_error(Diagnostic {
            summary: format!("`{}` and client credentials exclude each other", setting.attribute).into(),
            detail: format!(
                "With `{}` the token is handed over and nothing is exchanged, so {others} would have no effect. Remove \
                 one or the other from the provider block.",
                setting.attribute
            )
            .into(),
            attribute: AttributePath::new(setting.attribute),
        });
    }

    /// Reports a value that does not parse; names setting and source, not the value.
    pub fn invalid(&mut self, setting: &'static Setting, source: &Source, why: impl Display) {
        self.diags.add_error(Diagnostic {
            summary: format!("Invalid value for `{}`", setting.attribute).into(),
            detail: format!("The value of `{}` comes {source}: {why}.", setting.attribute).into(),
            attribute: AttributePath::new(setting.attribute),
        });
    }

    /// Warns that `tls_insecure_skip_verify` is on; once a run, not at `validate`.
    pub fn warn_insecure(&mut self, source: &Source) {
        if self.moment == Moment::Validate {
            return;
        }
        self.diags.add_warning(Diagnostic {
            summary: "Server certificates are not verified".into(),
            detail: format!(
                "`tls_insecure_skip_verify` is true ({source}): whoever stands between this machine and CXone can read \
                 the credentials and the token. To trust a private certificate authority, set `ca_cert_file` instead."
            )
            .into(),
            attribute: AttributePath::new("tls_insecure_skip_verify"),
        });
    }

    /// Reports that `setting` was given without `other`, its other half. Silent while that may still come.
    pub fn half(&mut self, setting: &'static Setting, source: &Source, other: &'static Setting) {
        if self.moment == Moment::Configure && !self.unknown.contains(&other.attribute) {
            let why = format!("it needs its other half, {}", other.ways_to_set());
            self.invalid(setting, source, why);
        }
    }

    /// A conventional variable, such as `HTTPS_PROXY`; one that is not UTF-8 counts as not set.
    pub fn variable(&self, name: &str) -> Option<String> {
        self.environment.text(name).ok().flatten().map(str::to_owned)
    }

    fn in_block(&self, setting: &Setting) -> Known<String> {
        match setting.kind {
            Kind::Bool => match self.raw.bool(setting.attribute) {
                Known::Set(value) => Known::Set(value.to_string()),
                Known::Unknown => Known::Unknown,
                Known::Unset => Known::Unset,
            },
            Kind::Number => self.raw.number(setting.attribute),
            Kind::Text | Kind::Set | Kind::Map => match self.raw.text(setting.attribute) {
                Known::Set(value) => Known::Set(value.to_owned()),
                Known::Unknown => Known::Unknown,
                Known::Unset => Known::Unset,
            },
        }
    }

    fn in_environment(&mut self, setting: &'static Setting) -> Option<Sourced<String>> {
        for variable in setting.variables {
            match self.environment.text(variable) {
                Ok(None) => {}
                Ok(Some(value)) => {
                    return Some(Sourced { value: value.to_owned(), source: Source::Environment(variable) });
                }
                Err(error) => {
                    self.invalid(setting, &Source::Environment(variable), error);
                    return None;
                }
            }
        }
        None
    }

    fn note_unknown<T>(&mut self, setting: &Setting) -> Option<T> {
        self.unknown.push(setting.attribute);
        None
    }

    /// The secret from an inline value or a file of the same rank; both must say the same.
    fn agreed(
        &mut self,
        setting: &'static Setting,
        inline: Option<Sourced<Secret>>,
        file: Option<Source>,
    ) -> Option<Sourced<Secret>> {
        let Some(file) = file else { return inline };
        if self.moment == Moment::Validate {
            return inline;
        }
        let from_file = match read_secret(&file) {
            Ok(value) => Sourced { value, source: file },
            Err(why) => {
                self.invalid(setting, &file, why);
                return None;
            }
        };
        let Some(inline) = inline else { return Some(from_file) };
        if inline.value == from_file.value {
            return Some(inline);
        }
        self.diags.add_error(Diagnostic {
            summary: format!("Two different values for `{}`", setting.attribute).into(),
            detail: format!(
                "One comes {}, the other {}. They differ, so it is not clear which is meant. Remove one.",
                inline.source, from_file.source
            )
            .into(),
            attribute: AttributePath::new(setting.attribute),
        });
        None
    }
}

/// Checks further form fields at `path`: standard fields and empty names are refused.
pub fn parameters(
    entries: BTreeMap<&str, &str>,
    path: &AttributePath,
    diags: &mut Diagnostics,
) -> BTreeMap<String, Secret> {
    for name in entries.keys().filter(|name| name.is_empty() || STANDARD_FIELDS.contains(name)) {
        diags.add_error(Diagnostic {
            summary: "A standard field cannot be an extra parameter".into(),
            detail: format!(
                "`endpoint_params` holds {name:?}, which the provider sets itself from its own settings. Remove the \
                 entry and use the setting of that name."
            )
            .into(),
            attribute: path.clone().key((*name).to_owned()),
        });
    }
    entries.into_iter().map(|(name, value)| (name.to_owned(), Secret::new(value))).collect()
}

/// Form fields that have settings of their own.
const STANDARD_FIELDS: &[&str] =
    &["grant_type", "client_id", "client_secret", "scope", "audience", "username", "password"];

/// Larger files are neither secrets nor certificates.
const MAX_FILE_BYTES: u64 = 1024 * 1024;

fn read_secret(source: &Source) -> Result<Secret, String> {
    let (Source::BlockFile { path, .. } | Source::EnvironmentFile { path, .. }) = source else {
        return Err("it names no file".to_owned());
    };
    read_bounded(path).map(Secret::new)
}

fn read_bounded(path: &Path) -> Result<String, String> {
    let unreadable = |error: std::io::Error| format!("the file cannot be read: {}", error.kind());
    let metadata = std::fs::metadata(path).map_err(unreadable)?;
    if !metadata.is_file() {
        return Err("it is not a regular file".to_owned());
    }
    if metadata.len() > MAX_FILE_BYTES {
        return Err(format!("the file is larger than {MAX_FILE_BYTES} bytes"));
    }
    let bytes = zeroize::Zeroizing::new(std::fs::read(path).map_err(unreadable)?);
    let text = std::str::from_utf8(&bytes).map_err(|_| "the file is not valid UTF-8".to_owned())?;
    let text = text.strip_suffix('\n').map_or(text, |text| text.strip_suffix('\r').unwrap_or(text));
    if text.is_empty() { Err("the file is empty".to_owned()) } else { Ok(text.to_owned()) }
}

fn split_scopes(text: &str) -> Vec<String> {
    text.split([' ', ',']).filter(|token| !token.is_empty()).map(str::to_owned).collect()
}

fn is_about(error: &Diagnostic, settings: &[&&'static Setting]) -> bool {
    settings.iter().any(|setting| error.attribute == AttributePath::new(setting.attribute))
}
