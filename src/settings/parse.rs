//! The values of settings: choices, durations, booleans, numbers, scopes and form fields.
//!
//! Errors say what the setting accepts, in words that follow "The value of … : ".

use std::collections::BTreeMap;
use std::time::Duration;

use oauth::{ScopeSet, Secret, is_standard_field};
use plugin::{AttributePath, Diagnostics};

use crate::settings::source::{Source, Sourced};
use crate::text::{diagnostic, listed};

/// A default value.
pub fn by_default<T>(value: T) -> Sourced<T> {
    Sourced { value, source: Source::DEFAULT }
}

/// The one of `choices` that `text` names. Case matters, as in all settings of a provider block.
///
/// # Errors
///
/// The accepted names.
pub fn choice<T: Copy>(text: &str, choices: &[(&str, T)]) -> Result<T, String> {
    match choices.iter().find(|(name, _)| *name == text) {
        Some((_, value)) => Ok(*value),
        None => {
            let names: Vec<_> = choices.iter().map(|(name, _)| format!("`{name}`")).collect();
            Err(format!("it takes {}", listed(&names, "or")))
        }
    }
}

/// A duration such as `30s`, `1m30s` or `250ms`, above zero and at most a day.
///
/// # Errors
///
/// A sentence that says what is expected.
pub fn duration(text: &str) -> Result<Duration, &'static str> {
    const EXPECTED: &str = "it must be a duration above zero and up to a day, such as `30s`, `1m30s` or `250ms`";
    // Zero would mean "at once" to a time limit, but "never" to users of curl. More than a day is a wrong unit.
    const LONGEST: Duration = Duration::from_secs(24 * 60 * 60);
    let duration = humantime::parse_duration(text).map_err(|_| EXPECTED)?;
    if duration.is_zero() || duration > LONGEST { Err(EXPECTED) } else { Ok(duration) }
}

/// `true`, `false`, `1` or `0` in any case, as Terraform reads its own `TF_…` switches.
///
/// # Errors
///
/// A sentence that says what is expected.
pub fn boolean(text: &str) -> Result<bool, String> {
    match text {
        "1" => Ok(true),
        "0" => Ok(false),
        _ => choice(&text.to_ascii_lowercase(), &[("true", true), ("false", false)]),
    }
}

/// The number of retries.
///
/// # Errors
///
/// A sentence that says what is expected.
pub fn retries(text: &str) -> Result<u32, &'static str> {
    // Nobody waits for a hundredth retry, so a larger number is a mistake.
    const MOST: u32 = 100;
    text.parse().ok().filter(|retries| *retries <= MOST).ok_or("it must be a whole number from 0 to 100")
}

/// The scopes in a user's text, separated by white space or commas: CXone's own pages show both.
pub fn split_scopes(text: &str) -> impl Iterator<Item = &str> {
    text.split(',').flat_map(ScopeSet::split)
}

/// Further form fields. Rejects standard fields and empty names.
pub fn form_fields(entries: BTreeMap<&str, &str>, diags: &mut Diagnostics) -> BTreeMap<String, Secret> {
    for name in entries.keys().filter(|name| name.is_empty() || is_standard_field(name)) {
        diags.add_error(diagnostic(
            "A standard field cannot be an extra parameter",
            format!(
                "`endpoint_params` contains {name:?}, which the provider sets from its own settings. Remove the \
                 entry, and use the setting of that name."
            ),
            // Not at the entry, because the core would quote its line, and the values are secrets.
            AttributePath::root(),
        ));
    }
    entries.into_iter().map(|(name, value)| (name.to_owned(), Secret::new(value))).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_choice_is_one_of_the_names_or_says_them() {
        let choices = [("warn", 1), ("error", 2), ("ignore", 3)];
        assert_eq!(choice("error", &choices), Ok(2));
        for text in ["", "ERROR", " error", "fail"] {
            assert_eq!(choice(text, &choices), Err("it takes `warn`, `error` or `ignore`".to_owned()), "{text:?}");
        }
        assert_eq!(choice("raw", &[("rfc6749", ())]), Err("it takes `rfc6749`".to_owned()));
    }

    #[test]
    fn durations_and_numbers_have_both_bounds() {
        let cases = [
            ("250ms", Some(250)),
            ("1m30s", Some(90_000)),
            ("24h", Some(86_400_000)),
            ("24h1ms", None),
            ("0s", None),
            ("30", None),
            ("soon", None),
        ];
        for (text, milliseconds) in cases {
            assert_eq!(duration(text).ok(), milliseconds.map(Duration::from_millis), "{text}");
        }
        for (text, expected) in [("0", Some(0)), ("100", Some(100)), ("101", None), ("-1", None), ("1.5", None)] {
            assert_eq!(retries(text).ok(), expected, "{text}");
        }
    }

    #[test]
    fn booleans_come_in_any_case_and_as_digits() {
        let cases =
            [("TRUE", Some(true)), ("1", Some(true)), ("False", Some(false)), ("0", Some(false)), ("yes", None)];
        for (text, expected) in cases {
            assert_eq!(boolean(text).ok(), expected, "{text}");
        }
        assert_eq!(boolean("yes"), Err("it takes `true` or `false`".to_owned()));
    }

    #[test]
    fn scopes_are_separated_by_white_space_or_commas() {
        assert_eq!(split_scopes(" b:write,a:read\n\tc,, d ").collect::<Vec<_>>(), ["b:write", "a:read", "c", "d"]);
        assert_eq!(split_scopes(" , ").count(), 0);
    }
}
