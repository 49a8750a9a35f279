//! The setting `grant_type`: the grants, and the required and refused settings of each.

use plugin::{AttributePath, Diagnostic};

use crate::settings::clues::NearName;
use crate::settings::parse::choice;
use crate::settings::source::Sourced;
use crate::settings::table::{self, Setting};
use crate::text::{Detail, diagnostic, listed, shown};

/// The grant, as in the setting `grant_type`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum GrantType {
    /// RFC 6749 section 4.4.
    #[default]
    ClientCredentials,
    /// An access key at the global service (RFC 6749 section 4.3).
    Password,
    /// An access key at the regional JSON service.
    AccessKey,
}

impl GrantType {
    /// Parses the setting `grant_type`.
    ///
    /// # Errors
    ///
    /// The accepted values.
    pub fn parse(text: &str) -> Result<Self, String> {
        choice(text, &[Self::ClientCredentials, Self::Password, Self::AccessKey].map(|grant| (grant.as_str(), grant)))
    }

    /// The value of the setting `grant_type`.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::ClientCredentials => "client_credentials",
            Self::Password => "password",
            Self::AccessKey => "access_key",
        }
    }
}

/// The rule of one grant.
#[derive(Debug)]
pub struct GrantRule {
    /// The required settings; of each group, one is enough.
    pub needs: &'static [&'static [&'static Setting]],
    /// The settings without an effect.
    pub refuses: &'static [&'static Setting],
}

impl GrantRule {
    /// The rule of `grant`.
    pub fn of(grant: GrantType) -> &'static Self {
        match grant {
            GrantType::ClientCredentials => &CLIENT_CREDENTIALS,
            GrantType::Password => &PASSWORD,
            GrantType::AccessKey => &ACCESS_KEY,
        }
    }

    /// One diagnostic for all refused settings in the provider block and all missing ones, with the variables that were
    /// probably intended for these.
    pub fn diagnostic(
        &self,
        grant: &Sourced<GrantType>,
        not_taken: &[&'static Setting],
        missing: &[&'static [&'static Setting]],
        near_names: &[NearName],
    ) -> Diagnostic {
        let not_taken_names: Vec<_> = not_taken.iter().map(|setting| format!("`{}`", setting.attribute)).collect();
        let missing_ways: Vec<_> = missing.iter().map(|group| format!("set {}", ways(group))).collect();
        let mut detail = Detail::from(self.sentence(grant));
        detail
            .bullets("Remove from the provider block, since it has no effect there:", &not_taken_names)
            .bullets("Missing (an empty value counts as not set):", &missing_ways)
            .bullets("Set in the environment, but not read:", &unread(missing, near_names))
            .paragraph(files(missing).unwrap_or_default())
            .paragraph(other_grant(grant.value, not_taken, missing).unwrap_or_default());
        // The first path that may be shown. Credentials have none, because the core would quote their line.
        let path = not_taken.iter().map(|setting| setting.attribute_path()).find(|path| *path != AttributePath::root());
        diagnostic(summary(grant.value, not_taken, missing), detail, path.unwrap_or_else(AttributePath::root))
    }

    fn sentence(&self, grant: &Sourced<GrantType>) -> String {
        let needs = self.needs.iter().map(|group| {
            let names = group.iter().map(|setting| format!("`{}`", setting.attribute)).collect::<Vec<_>>();
            names.join(" or ")
        });
        let refuses = self.refuses.iter().map(|setting| format!("`{}`", setting.attribute));
        format!(
            "The grant {} ({}) needs {}. It does not use {}.",
            grant.value.as_str(),
            match grant.source.is_default() {
                true => "the default of `grant_type`".to_owned(),
                false => grant.source.to_string(),
            },
            listed(&needs.collect::<Vec<_>>(), "and"),
            listed(&refuses.collect::<Vec<_>>(), "or"),
        )
    }
}

fn summary(grant: GrantType, not_taken: &[&'static Setting], missing: &[&'static [&'static Setting]]) -> String {
    let missing = missing.iter().filter_map(|group| group.first()).map(|setting| format!("`{}`", setting.attribute));
    let missing = listed(&missing.collect::<Vec<_>>(), "and");
    let not_taken = not_taken.iter().map(|setting| format!("`{}`", setting.attribute)).collect::<Vec<_>>();
    match (not_taken.is_empty(), missing.is_empty()) {
        (true, _) => format!("Missing CXone credentials: {missing}"),
        (false, true) => format!("The grant {} does not use {}", grant.as_str(), listed(&not_taken, "or")),
        (false, false) => {
            format!("The grant {} does not use {}, and lacks {missing}", grant.as_str(), listed(&not_taken, "or"))
        }
    }
}

/// The ways to set one of `group`.
fn ways(group: &[&Setting]) -> String {
    group.iter().map(|setting| setting.ways_to_set()).collect::<Vec<_>>().join("; or ")
}

/// The variables that were probably intended for the missing settings.
fn unread(missing: &[&'static [&'static Setting]], near_names: &[NearName]) -> Vec<String> {
    let wanted: Vec<_> = missing.iter().copied().flatten().flat_map(|setting| setting.ways_in_environment()).collect();
    let near = near_names.iter().filter(|near| wanted.contains(&near.meant)).take(SHOWN_NAMES);
    near.map(|near| format!("{} (did you mean {}?)", shown(&near.found), near.meant)).collect()
}

/// A sentence about files for missing secrets.
fn files(missing: &[&'static [&'static Setting]]) -> Option<String> {
    let files = [
        (&table::CLIENT_SECRET, &table::CLIENT_SECRET_FILE),
        (&table::ACCESS_KEY_SECRET, &table::ACCESS_KEY_SECRET_FILE),
    ];
    let is_missing = |setting: &Setting| missing.iter().any(|group| group.contains(&setting));
    let ways = files.iter().filter(|(secret, _)| is_missing(secret)).map(|(_, file)| {
        let variable = file.variables.first().copied().unwrap_or_default();
        format!("`{}` or {variable}", file.attribute)
    });
    let ways = ways.collect::<Vec<_>>();
    (!ways.is_empty()).then(|| format!("A secret can also be read from a file: {}.", ways.join(", ")))
}

/// The probably intended grant.
fn other_grant(
    grant: GrantType,
    not_taken: &[&'static Setting],
    missing: &[&'static [&'static Setting]],
) -> Option<&'static str> {
    let has = |setting: &Setting| not_taken.contains(&setting);
    let lacks_client = missing.iter().any(|group| group.contains(&&table::CLIENT_ID));
    match grant {
        GrantType::ClientCredentials if has(&table::ACCESS_KEY_ID) || has(&table::REGION) => Some(
            "For an access key, set `grant_type` to `password` (with a client application, at CXone's global service) \
             or to `access_key` (without one, at the regional service).",
        ),
        GrantType::Password if has(&table::REGION) || lacks_client => {
            Some("For an access key without a client application, set `grant_type` to `access_key`, and set `region`.")
        }
        GrantType::AccessKey if has(&table::CLIENT_ID) => {
            Some("For an access key with a client application, set `grant_type` to `password`.")
        }
        _ => None,
    }
}

// A shell can have any number of variables with similar names.
const SHOWN_NAMES: usize = 8;

static CLIENT_CREDENTIALS: GrantRule = GrantRule {
    needs: &[&[&table::CLIENT_ID], &[&table::CLIENT_SECRET]],
    refuses: &[&table::ACCESS_KEY_ID, &table::ACCESS_KEY_SECRET, &table::ACCESS_KEY_SECRET_FILE, &table::REGION],
};

static PASSWORD: GrantRule = GrantRule {
    needs: &[&[&table::CLIENT_ID], &[&table::CLIENT_SECRET], &[&table::ACCESS_KEY_ID], &[&table::ACCESS_KEY_SECRET]],
    refuses: &[&table::REGION],
};

static ACCESS_KEY: GrantRule = GrantRule {
    needs: &[&[&table::ACCESS_KEY_ID], &[&table::ACCESS_KEY_SECRET], &[&table::REGION, &table::TOKEN_URL]],
    refuses: &[
        &table::CLIENT_ID,
        &table::CLIENT_SECRET,
        &table::CLIENT_SECRET_FILE,
        &table::TOKEN_ENDPOINT_AUTH_METHOD,
        &table::BASIC_AUTH_ENCODING,
        &table::ISSUER,
        &table::AUDIENCE,
        &table::ENDPOINT_PARAMS,
    ],
};
