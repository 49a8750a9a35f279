//! Finding the value of a setting: block, file argument, environment, file named by the environment, default.

use std::collections::BTreeMap;
use std::fmt::Display;

mod reports;

use crate::settings::clues::Suspicion;
use crate::settings::environment::Environment;
use crate::settings::raw_config::{Known, RawConfig};
use crate::settings::setting::{Kind, Setting};
use crate::settings::source::{Source, Sourced};
use crate::settings::{endpoint_params, secret_file, setting};
use oauth::{ScopeSet, Secret};
use plugin::{Diagnostic, Diagnostics};

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
    findings: Diagnostics,
    suspicions: Vec<Suspicion>,
    /// Settings whose value was reported as wrong, and so is neither missing nor used.
    refused: Vec<&'static str>,
    /// Settings that have a value, from wherever.
    found: Vec<&'static str>,
}

impl<'a> Resolver<'a> {
    /// A resolver that reports to `diags`.
    pub fn new(raw: &'a RawConfig, environment: &'a Environment, moment: Moment, diags: &'a mut Diagnostics) -> Self {
        Self {
            raw,
            environment,
            moment,
            diags,
            unknown: Vec::new(),
            findings: Diagnostics::default(),
            suspicions: Vec::new(),
            refused: Vec::new(),
            found: Vec::new(),
        }
    }

    /// The arguments that were asked for and are unknown, in the order of asking; what a closer look at the values
    /// found; and what of it is only suspicious.
    pub fn into_parts(self) -> (Vec<&'static str>, Diagnostics, Vec<Suspicion>) {
        (self.unknown, self.findings, self.suspicions)
    }

    /// Whether the block itself sets `setting`, be it to an unknown value.
    pub fn is_in_block(&self, setting: &Setting) -> bool {
        match setting.kind {
            Kind::Set => self.raw.elements(setting.attribute) != Known::Unset,
            Kind::Map => match self.raw.entries(setting.attribute) {
                Known::Unset => false,
                Known::Unknown => true,
                Known::Set(entries) => !entries.is_empty(),
            },
            Kind::Bool | Kind::Number | Kind::Text => self.in_block(setting) != Known::Unset,
        }
    }

    /// Whether `setting` is neither unknown nor was refused.
    pub fn is_settled(&self, setting: &Setting) -> bool {
        !self.unknown.contains(&setting.attribute) && !self.refused.contains(&setting.attribute)
    }

    /// A text setting, as it is written.
    pub fn text(&mut self, setting: &'static Setting) -> Option<Sourced<String>> {
        let text = match self.in_block(setting) {
            Known::Set(value) => Sourced { value, source: self.raw.source(setting.attribute) },
            Known::Unknown => return self.note_unknown(setting),
            Known::Unset => self.in_environment(setting)?,
        };
        self.passes_inspection(setting, &text.value, &text.source).then(|| {
            self.found.push(setting.attribute);
            text
        })
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

    /// A secret: block, file that the block names, environment, file that the environment names.
    pub fn secret(&mut self, setting: &'static Setting) -> Option<Sourced<Secret>> {
        let secret = match self.secret_in_block(setting)? {
            Some(secret) => secret,
            None => self.secret_in_environment(setting)?,
        };
        self.passes_inspection(setting, secret.value.expose(), &secret.source).then(|| {
            self.found.push(setting.attribute);
            secret
        })
    }

    /// `None` when the block has the secret and it cannot be used: it is unknown, or an error.
    fn secret_in_block(&mut self, setting: &'static Setting) -> Option<Option<Sourced<Secret>>> {
        let inline = match self.raw.text(setting.attribute) {
            Known::Unknown => return self.note_unknown(setting),
            Known::Set(text) => Some(Sourced { value: Secret::new(text), source: self.raw.source(setting.attribute) }),
            Known::Unset => None,
        };
        let path = match setting.file.map(|file| (file, self.raw.text(file.attribute))) {
            Some((file, Known::Unknown)) => return self.note_unknown(file),
            Some((file, Known::Set(path))) => Some(match self.raw.source(file.attribute) {
                Source::Flag(flag) => Source::FlagFile { flag, path: path.into() },
                _ => Source::BlockFile { attribute: file.attribute, path: path.into() },
            }),
            _ => None,
        };
        if inline.is_none() && path.is_none() {
            return Some(None);
        }
        self.agreed(setting, inline, path).map(Some)
    }

    fn secret_in_environment(&mut self, setting: &'static Setting) -> Option<Sourced<Secret>> {
        let inline =
            self.in_environment(setting).map(|text| Sourced { value: Secret::new(text.value), source: text.source });
        let path = setting.file.and_then(|file| {
            let path = self.in_environment(file)?;
            let Source::Environment(variable) = path.source else { return None };
            Some(Source::EnvironmentFile { variable, path: path.value.into() })
        });
        self.agreed(setting, inline, path)
    }

    /// A set of scopes; in the environment separated by spaces or commas. Empty when nothing is set.
    pub fn scopes(&mut self, setting: &'static Setting) -> Sourced<ScopeSet> {
        let (tokens, source) = match self.raw.elements(setting.attribute) {
            Known::Set(tokens) => (tokens.into_iter().map(str::to_owned).collect(), self.raw.source(setting.attribute)),
            Known::Unknown => {
                self.note_unknown::<()>(setting);
                (Vec::new(), Source::Default)
            }
            Known::Unset => match self.in_environment(setting) {
                Some(text) => (split_scopes(&text.value), text.source),
                None => (Vec::new(), Source::Default),
            },
        };
        let mut passes = true;
        for token in &tokens {
            passes &= self.passes_inspection(setting, token, &source);
        }
        if !passes {
            return Sourced { value: ScopeSet::default(), source };
        }
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
            Known::Set(entries) => endpoint_params::parse(entries, self.diags),
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
        let from_file = match secret_file::read(&file) {
            Ok(value) => Sourced { value, source: file },
            Err(why) => {
                self.unreadable(setting, &file, &why);
                return None;
            }
        };
        let Some(inline) = inline else { return Some(from_file) };
        if inline.value == from_file.value {
            return Some(inline);
        }
        self.refused.push(setting.attribute);
        self.diags.add_error(Diagnostic {
            summary: format!("Two different values for `{}`", setting.attribute).into(),
            detail: format!(
                "One comes {}, the other {}. They differ, so it is not clear which is meant. Remove one.",
                inline.source, from_file.source
            )
            .into(),
            attribute: setting::path(setting.attribute),
        });
        None
    }
}

fn split_scopes(text: &str) -> Vec<String> {
    text.split(|c: char| c.is_ascii_whitespace() || c == ',')
        .filter(|token| !token.is_empty())
        .map(str::to_owned)
        .collect()
}
