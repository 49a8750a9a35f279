//! Extra form fields of the token request.

use std::collections::BTreeMap;

use oauth::{Secret, is_standard_field};
use plugin::{AttributePath, Diagnostic, Diagnostics};

/// Checks further form fields: standard fields and empty names are refused.
pub fn parse(entries: BTreeMap<&str, &str>, diags: &mut Diagnostics) -> BTreeMap<String, Secret> {
    for name in entries.keys().filter(|name| name.is_empty() || is_standard_field(name)) {
        diags.add_error(Diagnostic {
            summary: "A standard field cannot be an extra parameter".into(),
            detail: format!(
                "`endpoint_params` holds {name:?}, which the provider sets itself from its own settings. Remove the \
                 entry and use the setting of that name."
            )
            .into(),
            // Not at the entry: the core would quote its line, and the values are secrets.
            attribute: AttributePath::root(),
        });
    }
    entries.into_iter().map(|(name, value)| (name.to_owned(), Secret::new(value))).collect()
}
