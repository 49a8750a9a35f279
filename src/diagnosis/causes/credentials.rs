//! Causes of rejected credentials.

use crate::diagnosis::cause::{Cause, Rank};
use crate::diagnosis::causes::service::{MAINTENANCE, OWN_CODE_ALONE, OWN_WORDS, RATE_WORDS};
use crate::diagnosis::causes::{given, says};
use crate::diagnosis::evidence::{Authentication, CREDENTIAL_VARIABLES};
use crate::diagnosis::words::Topic;

/// Every cause of rejected credentials, the most frequent first.
pub(in crate::diagnosis) static ALL: &[&Cause] = &[
    &ACCEPTED_OTHERWISE,
    &LOCKED,
    &DISABLED,
    &EXPIRED,
    &NOT_APPROVED,
    &METHOD_BY_WORDS,
    &GRANT_BY_WORDS,
    &JSON_BY_WORDS,
    &REALM,
    &NETWORK,
    &LEGACY,
    &UNKNOWN_CLIENT,
    &UNKNOWN_KEY,
    &WRONG_SECRET,
    &RATE_WORDS,
    &MAINTENANCE,
    &FOREIGN_CHALLENGE,
    &GATEWAY_LOGIN,
    &METHOD_UNLISTED,
    &NO_LISTED_METHOD,
    &GRANT_UNLISTED,
    &REGIONAL_SERVICE,
    &FORM_SERVICE,
    &GLOBAL_SERVICE,
    &COMPLETED_FILE,
    &MIXED_PAIR,
    &OVERRIDDEN,
    &NEAR_NAME,
    &RAW_ENCODING,
    &RFC_ENCODING,
    &WRONG_PAIR,
    &WRONG_KEY,
    &OTHER_METHOD,
    &UNVERIFIED_HOST,
    &UNREADY_APPLICATION,
];

// Decisive: the same credentials were accepted in this run, so nothing about them is wrong.
static ACCEPTED_OTHERWISE: Cause = Cause {
    id: "accepted-otherwise",
    when: |evidence| given(evidence.is_accepted_otherwise() && !evidence.scopes.is_empty(), Rank::Decisive),
    applies: "the same credentials were accepted for other scopes in this run",
    verdict: "CXone accepted the same credentials for {accepted} earlier in this run, so the credentials are right. \
              The added scopes are the reason: {new_scopes}. Remove them in {scopes_place}, or ask NICE to grant \
              them to the application.",
    other: "The requested scopes are not granted to the application.",
};

pub(super) static LOCKED: Cause = Cause {
    id: "locked",
    when: |evidence| says(evidence, Topic::Locked),
    applies: "the server says that something is locked",
    verdict: "CXone has locked the application or the user: {quote}. If {secret} in {secret_place} is wrong, correct \
              it first. Then ask the tenant's administrator to unlock the application or user.",
    other: "CXone has locked the application or the user after failed logins: ask the tenant's administrator.",
};

pub(super) static DISABLED: Cause = Cause {
    id: "disabled",
    when: |evidence| says(evidence, Topic::Disabled),
    applies: "the server says that something is disabled",
    verdict: "CXone has disabled the application, the access key or its owner: {quote}. Ask the tenant's \
              administrator to enable it, or set both the id and the secret of another one.",
    other: "The application, the access key or its owner is disabled: ask the tenant's administrator.",
};

pub(super) static EXPIRED: Cause = Cause {
    id: "expired",
    when: |evidence| says(evidence, Topic::Expired),
    applies: "the server says that something has expired",
    verdict: "The credentials have expired: {quote}. Create new ones in CXone, and set {secret} in {secret_place} to \
              the new secret.",
    other: "The credentials have expired: create new ones in CXone.",
};

static NOT_APPROVED: Cause = Cause {
    id: "unready-application",
    when: |evidence| says(evidence, Topic::NotApproved),
    applies: "the server says that the registration is not approved",
    verdict: "NICE has not approved the registration of the application yet: {quote}. Approval takes two to three working \
              days; run Terraform again afterwards, or ask NICE's support.",
    other: "NICE has not approved the registration of the application yet.",
};

static METHOD_BY_WORDS: Cause = Cause {
    id: "method",
    when: |evidence| says(evidence, Topic::Method).filter(|_| evidence.has_client()),
    applies: "the server speaks of the authentication method",
    verdict: "The application is registered for another authentication method than {method}: {quote}. Set \
              token_endpoint_auth_method = \"{other_method}\".",
    other: "The application is registered for {other_method}: set token_endpoint_auth_method = \"{other_method}\".",
};

// Weaker than the server's words, because such a list can be incomplete.
static METHOD_UNLISTED: Cause = Cause {
    id: "method",
    when: |evidence| given(evidence.unlisted_method() == Some(true), Rank::Discovery),
    applies: "the discovery document does not list the authentication method",
    verdict: "The credentials were sent by {method}, and the discovery document of {host} lists {listed_methods}. Such \
              lists are often incomplete, so the request was sent anyway. Set token_endpoint_auth_method = \
              \"{other_method}\".",
    other: "The discovery document lists {listed_methods}: set token_endpoint_auth_method = \"{other_method}\".",
};

static NO_LISTED_METHOD: Cause = Cause {
    id: "method",
    when: |evidence| given(evidence.unlisted_method() == Some(false), Rank::Discovery),
    applies: "the discovery document lists no authentication method of this provider",
    verdict: "The credentials were sent by {method}, and the discovery document of {host} lists {listed_methods}. This \
              provider supports client_secret_basic and client_secret_post. Ask NICE to register the application for one \
              of them.",
    other: "The discovery document lists {listed_methods}, which this provider does not support.",
};

static OTHER_METHOD: Cause = Cause {
    id: "method",
    when: |evidence| given(evidence.has_client(), Rank::Usual),
    applies: "",
    verdict: "The application is probably registered for {other_method}, and the credentials were sent by {method}. Set \
              token_endpoint_auth_method = \"{other_method}\".",
    other: "The application is registered for {other_method}: set token_endpoint_auth_method = \"{other_method}\".",
};

static GRANT_BY_WORDS: Cause = Cause {
    id: "grant",
    when: |evidence| says(evidence, Topic::Grant),
    applies: "the server speaks of the grant",
    verdict: "The application may not use grant_type={grant}: {quote}. Ask NICE which grants the application is \
              registered for, and set grant_type to one of them.",
    other: "The application is not registered for grant_type={grant}.",
};

static GRANT_UNLISTED: Cause = GRANT_NOT_LISTED;

// Only possible, because such a list can be incomplete.
const GRANT_NOT_LISTED: Cause = Cause {
    id: "grant",
    when: |evidence| given(evidence.is_grant_unlisted(), Rank::Possible),
    applies: "the discovery document does not list the grant",
    verdict: "The discovery document of {host} lists the grants {listed_grants}, and grant_type={grant} is not among \
              them. Set grant_type to a listed grant, or set issuer or token_url to the service that NICE gave you.",
    other: "The discovery document does not list grant_type={grant}; it lists {listed_grants}.",
};

// NICE's regional service accepts only JSON, its global service only forms.
pub(in crate::diagnosis) static JSON_BY_WORDS: Cause = Cause {
    id: "regional-service",
    when: |evidence| says(evidence, Topic::Json).filter(|_| evidence.has_client()),
    applies: "the server asks for JSON",
    verdict: "This address accepts JSON only: {quote}. It is probably CXone's regional service for access keys. Set \
              grant_type = \"access_key\" with access_key_id and access_key_secret, or set token_url to the OAuth \
              token endpoint.",
    other: "This address accepts an access key as JSON: set grant_type = \"access_key\".",
};

pub(in crate::diagnosis) static REGIONAL_SERVICE: Cause = Cause {
    id: "regional-service",
    when: |evidence| given(evidence.is_at_regional_service() && evidence.has_client(), Rank::Address),
    applies: "the address is that of a regional service",
    verdict: "{endpoint} is CXone's regional service, which accepts an access key as JSON and no client application. Set \
              grant_type = \"access_key\" with access_key_id and access_key_secret, or set token_url to the OAuth token \
              endpoint.",
    other: "The regional service accepts an access key as JSON: set grant_type = \"access_key\".",
};

pub(in crate::diagnosis) static FORM_SERVICE: Cause = Cause {
    id: "form-service",
    when: |evidence| match evidence.topic() {
        _ if evidence.authentication != Authentication::None || !evidence.has_access_key() => None,
        Some(Topic::Form) => Some(Rank::Words),
        _ => given(!evidence.is_at_regional_service(), Rank::Address),
    },
    applies: "grant_type = \"access_key\" at another address than the regional service",
    verdict: "grant_type = \"access_key\" sends JSON. Only CXone's regional service accepts JSON, and {endpoint} has \
              another path than that service. Remove token_url and set region. Or keep token_url, set grant_type = \
              \"password\", and add client_id and client_secret.",
    other: "grant_type = \"access_key\" is for the regional service: set region instead of token_url.",
};

// NICE's API description of the global service lists its grants, and `client_credentials` is not among them.
pub(in crate::diagnosis) static GLOBAL_SERVICE: Cause = Cause {
    id: "global-service",
    when: |evidence| given(evidence.is_client_credentials() && evidence.is_at_issuer(), Rank::Address),
    applies: "grant_type = \"client_credentials\" at CXone's global service",
    verdict: "{host} is CXone's global service, and NICE's list of its grants has no client_credentials: back-end \
              applications use an access key there. Create an access key in CXone. Set grant_type = \"password\", \
              access_key_id and access_key_secret, and keep client_id and client_secret.",
    other: "CXone's global service expects grant_type = \"password\" with an access key.",
};

static REALM: Cause = Cause {
    id: "realm",
    when: |evidence| says(evidence, Topic::Realm),
    applies: "the server speaks of a tenant, region or environment",
    verdict: "The credentials belong to another tenant, region or environment than {host}: {quote}. Set token_url \
              (or issuer) to the service of your tenant, or set both the id and the secret of this environment.",
    other: "The credentials belong to another tenant, region or environment than {host}.",
};

static NETWORK: Cause = Cause {
    id: "network",
    when: |evidence| says(evidence, Topic::Network),
    applies: "the server speaks of network addresses",
    verdict: "CXone does not allow requests from this machine's network address: {quote}. Ask the tenant's administrator \
              to add the address to the allow list, or run Terraform from a network that is on it.",
    other: "An allow list of network addresses does not include this machine's.",
};

// The older platform builds its client id from application, vendor and business unit.
static LEGACY: Cause = Cause {
    id: "legacy-application",
    when: |evidence| says(evidence, Topic::LegacyApplication),
    applies: "the older platform does not know the application's name",
    verdict: "The older inContact platform does not know the application under this name: {quote}. Set client_id in \
              {id_place} to the full name App@Vendor:BusinessUnit, as it was registered.",
    other: "The application's full name is App@Vendor:BusinessUnit: set client_id to it.",
};

pub(in crate::diagnosis) static UNKNOWN_CLIENT: Cause = Cause {
    id: "unknown-client",
    when: |evidence| says(evidence, Topic::UnknownClient).filter(|_| evidence.client_id.is_some()),
    applies: "the server says that it does not know the client",
    verdict: "CXone does not know the client: {quote}. Compare client_id in {id_place} with the one that NICE \
              issued. If it is right, the application belongs to another environment than {host}: set {url_setting} \
              to the token endpoint of that environment.",
    other: "CXone does not know client_id: it is misspelled, or of another environment than {host}.",
};

static UNKNOWN_KEY: Cause = Cause {
    id: "unknown-client",
    when: |evidence| says(evidence, Topic::UnknownClient).filter(|_| evidence.client_id.is_none()),
    applies: "the server says that it does not know the access key",
    verdict: "CXone does not know the access key: {quote}. access_key_id in {key_id_place} is incomplete or was deleted, \
              or belongs to another area than {host}. Copy the whole key again, with its final ====.",
    other: "CXone does not know access_key_id: it is incomplete, was deleted or belongs to another area.",
};

pub(super) static WRONG_SECRET: Cause = Cause {
    id: "wrong-pair",
    when: |evidence| says(evidence, Topic::WrongSecret),
    applies: "the server says that the secret is wrong",
    verdict: "CXone rejected the secret: {quote}. {secret} was rotated, or belongs to another application. Set {secret} in \
              {secret_place} to the current value that CXone shows.",
    other: "{secret} was rotated, or belongs to another application.",
};

// Token endpoints authenticate by Basic or by the form (RFC 6749 section 2.3.1), never by these schemes.
static FOREIGN_CHALLENGE: Cause = Cause {
    id: "gateway-login",
    when: |evidence| given(evidence.has_foreign_challenge(), Rank::Response),
    applies: "the response asks for a login that no token endpoint uses",
    verdict: "A proxy or gateway in front of {host} answered, not CXone: the response asks for a login by \
              {challenges}, which token endpoints do not use. Ask your network's administrators for direct access to \
              {host}, or set http_proxy to a proxy that can reach {host}.",
    other: "A proxy or gateway in front of {host} asks for a login of its own ({challenges}).",
};

static GATEWAY_LOGIN: Cause = Cause {
    id: "gateway-login",
    when: |evidence| given(evidence.has_foreign_realm() && evidence.status() == Some(401), Rank::Response),
    applies: "the response has a realm that is not a token service's",
    verdict: "The response asks for a login to the realm {realm}, which does not sound like CXone's token service: a \
              gateway, a proxy or another environment answered. Check the host in token_url, and ask your network's \
              administrators whether something in front of {host} requires a login.",
    other: "The realm {realm} belongs to a gateway or to another environment.",
};

static COMPLETED_FILE: Cause = Cause {
    id: "overridden",
    when: |evidence| given(evidence.is_completed_auth_file, Rank::Environment),
    applies: "one of id and secret comes from an `auth:` file, and the other does not",
    verdict: "client_id comes from {id_place}, and client_secret from {secret_place}: they probably belong to different \
              applications. Set both in the same place.",
    other: "client_id comes from {id_place}, and client_secret from {secret_place}: they may not belong together.",
};

static MIXED_PAIR: Cause = Cause {
    id: "overridden",
    when: |evidence| given(evidence.is_mixed_pair(), Rank::Environment),
    applies: "the id and the secret come from different places, and the environment has another id",
    verdict: "{overridden_attribute} in {overridden_by} overrides {overridden}, which has another value, and {secret} comes \
              from {secret_place}: the id and the secret probably belong to different applications. Set both in the same \
              place.",
    other: "The id and the secret belong to different applications: {overridden} has another id.",
};

static OVERRIDDEN: Cause = Cause {
    id: "overridden",
    when: |evidence| given(!evidence.clues.overridden.is_empty() && !evidence.is_mixed_pair(), Rank::Environment),
    applies: "a variable has another value than the setting that overrides it",
    verdict: "{overridden_attribute} is set twice with different values: {overridden_by} overrides the environment \
              variable {overridden}. One of them is outdated. Correct {overridden_attribute} in {overridden_by}, or remove \
              it there to use {overridden}.",
    other: "{overridden} has another value than {overridden_attribute} in {overridden_by}, which overrides it.",
};

static NEAR_NAME: Cause = Cause {
    id: "near-name",
    when: |evidence| given(evidence.near_name(CREDENTIAL_VARIABLES).is_some(), Rank::Environment),
    applies: "a variable with a similar name is set",
    verdict: "The provider does not read the environment variable {near_credential}; it reads {meant_credential}. \
              The {secret} in use came from {secret_place}. If {near_credential} has the right value, copy it to \
              {meant_credential}.",
    other: "The provider does not read {near_credential}; did you mean {meant_credential}?",
};

// Of eleven servers that were tried, three decode the pair.
static RAW_ENCODING: Cause = Cause {
    id: "encoding",
    when: |evidence| {
        given(evidence.may_be_misread() && evidence.authentication == Authentication::BasicRaw, Rank::Possible)
    },
    applies: "HTTP Basic, not URL-encoded, and characters other than letters, digits and `-._~`",
    verdict: "client_id or client_secret has special characters. Some servers expect them URL-encoded in HTTP Basic \
              (RFC 6749 section 2.3.1), and the provider sent them unchanged. Set basic_auth_encoding = \"rfc6749\".",
    other: "The server expects the pair URL-encoded: set basic_auth_encoding = \"rfc6749\".",
};

// Of eleven servers that were tried, eight do not decode the pair.
static RFC_ENCODING: Cause = Cause {
    id: "encoding",
    when: |evidence| {
        given(evidence.may_be_misread() && evidence.authentication == Authentication::BasicRfc6749, Rank::Possible)
    },
    applies: "HTTP Basic, URL-encoded, and characters other than letters, digits and `-._~`",
    verdict: "client_id or client_secret has characters that were sent URL-encoded (basic_auth_encoding = \"rfc6749\"), \
              and most servers do not decode them. Set basic_auth_encoding = \"raw\", the default.",
    other: "The server does not decode the pair: set basic_auth_encoding = \"raw\", the default.",
};

static WRONG_PAIR: Cause = Cause {
    id: "wrong-pair",
    // If the server names its reason, another one is only a distraction.
    when: |evidence| {
        given(evidence.has_client() && !evidence.has_access_key() && evidence.topic().is_none(), Rank::Usual)
    },
    applies: "",
    verdict: "client_id and client_secret do not fit together for {host}: the secret was rotated, or belongs to \
              another application or environment. Compare client_secret in {secret_place} with the value that NICE \
              issued for {known_id}, especially the first and last characters.",
    other: "The secret was rotated, or belongs to another application.",
};

static WRONG_KEY: Cause = Cause {
    id: "wrong-key",
    when: |evidence| given(evidence.has_access_key(), Rank::Usual),
    applies: "an access key",
    verdict: "The access key is wrong, was deleted or is switched off, or its owner is deactivated. Check in CXone that \
              the key is active and that its owner can log in. CXone shows the secret of a key only once: if it is lost, \
              create a new key and set access_key_secret in {key_place}.",
    other: "The access key was deleted or is switched off, or its owner is deactivated.",
};

// A usual cause, not evidence: NICE can run hosts that it does not document.
static UNVERIFIED_HOST: Cause = Cause {
    id: "unverified-host",
    when: |evidence| given(evidence.is_at_unverified_host(), Rank::Usual),
    applies: "a host without a publicly documented token endpoint",
    verdict: "No public NICE page names {host} as a token service. NICE documents \
              https://cxone.niceincontact.com/auth/token, with an access key. Set token_url or issuer to the address that \
              NICE gave you.",
    other: "No public NICE page names {host}: set token_url or issuer to the address that NICE gave you.",
};

// NICE's documentation says that registration takes two to three business days.
static UNREADY_APPLICATION: Cause = Cause {
    id: "unready-application",
    when: |evidence| given(evidence.has_client(), Rank::Usual),
    applies: "",
    verdict: "NICE has not approved the application yet (two to three working days), or the application is disabled. Ask \
              NICE's support.",
    other: "NICE has not approved the application yet (two to three working days), or it is disabled.",
};

/// Causes of a rejected grant.
pub(in crate::diagnosis) static GRANT: &[&Cause] = &[
    &ACCEPTED_OTHERWISE,
    &LOCKED,
    &DISABLED,
    &EXPIRED,
    &NOT_APPROVED,
    &METHOD_BY_WORDS,
    &REALM,
    &NETWORK,
    &LEGACY,
    &UNKNOWN_CLIENT,
    &UNKNOWN_KEY,
    &WRONG_SECRET,
    &JSON_BY_WORDS,
    &REGIONAL_SERVICE,
    &FORM_SERVICE,
    &GLOBAL_SERVICE,
    &GRANT_UNLISTED_STRONG,
    &GRANT_BY_WORDS,
    &COMPLETED_FILE,
    &MIXED_PAIR,
    &OVERRIDDEN,
    &NEAR_NAME,
    &WRONG_KEY,
    &OWNER_LOCKED,
    &OTHER_TENANT,
    &UNKNOWN_GRANT,
    &REGISTERED_OTHERWISE,
    &LOST_BODY,
    &WRONG_PAIR_BEHIND_GRANT,
];

/// As [`GRANT_UNLISTED`], if the server itself mentions the grant.
static GRANT_UNLISTED_STRONG: Cause =
    Cause { when: |evidence| given(evidence.is_grant_unlisted(), Rank::Discovery), ..GRANT_NOT_LISTED };

static OWNER_LOCKED: Cause = Cause {
    id: "owner",
    when: |evidence| given(evidence.has_access_key(), Rank::Usual),
    applies: "an access key",
    verdict: "The employee who owns the access key is locked or deactivated. Ask the tenant's administrator.",
    other: "The employee who owns the access key is locked for not logging in.",
};

static OTHER_TENANT: Cause = Cause {
    id: "realm",
    when: |evidence| given(evidence.has_access_key(), Rank::Usual),
    applies: "an access key",
    verdict: "The access key belongs to another tenant or area than {host}. Set the key of this tenant in {key_place}.",
    other: "The access key belongs to another tenant or area than {host}.",
};

static UNKNOWN_GRANT: Cause = Cause {
    id: "unknown-grant",
    when: |evidence| given(!evidence.has_access_key() || evidence.has_client(), Rank::Usual),
    applies: "",
    verdict: "The token endpoint at {host} does not support grant_type={grant} for this application. Set grant_type or \
              token_url to what NICE gave you for the application; back-end applications of CXone often use grant_type = \
              \"password\" with an access key.",
    other: "The token endpoint does not support grant_type={grant}.",
};

static REGISTERED_OTHERWISE: Cause = Cause {
    id: "registration",
    when: |evidence| given(evidence.has_client(), Rank::Usual),
    applies: "",
    verdict: "The application was registered as another type, such as a user interface, or for another grant. Ask NICE \
              which grants the application may use, and set grant_type to one of them.",
    other: "The application was registered as another type or for another grant: ask NICE.",
};

// Without its body, a request has no grant at all.
static LOST_BODY: Cause = Cause {
    id: "lost-body",
    when: |evidence| match evidence.value("code").as_deref() {
        Some("unsupported_grant_type") => Some(Rank::Usual),
        _ => None,
    },
    applies: "`unsupported_grant_type`",
    verdict: "Something between this machine and {host} lost the body of the request. Try from another network.",
    other: "A gateway or proxy lost the body of the request, so that no grant_type arrived.",
};

// Some servers send a code about the grant for wrong credentials, but then with status 401.
static WRONG_PAIR_BEHIND_GRANT: Cause = Cause {
    id: "wrong-pair",
    when: |evidence| given(evidence.has_client() && evidence.status() == Some(401), Rank::Usual),
    applies: "HTTP 401",
    verdict: "client_id or client_secret is wrong. Compare client_secret in {secret_place} with the value that NICE \
              issued.",
    other: "client_id or client_secret is wrong: some servers use this code for it.",
};

/// Causes of an application that may not use the grant.
pub(in crate::diagnosis) static REGISTRATION: &[&Cause] = &[
    &ACCEPTED_OTHERWISE,
    &LOCKED,
    &DISABLED,
    &EXPIRED,
    &NOT_APPROVED,
    &METHOD_BY_WORDS,
    &REALM,
    &NETWORK,
    &LEGACY,
    &UNKNOWN_CLIENT,
    &WRONG_SECRET,
    &GRANT_BY_WORDS,
    &GRANT_UNLISTED_STRONG,
    &GLOBAL_SERVICE,
    &COMPLETED_FILE,
    &MIXED_PAIR,
    &OVERRIDDEN,
    &NEAR_NAME,
    &REGISTERED_OTHERWISE,
    &UNKNOWN_GRANT,
    &WRONG_PAIR_BEHIND_GRANT,
];

/// Causes of a grant that the endpoint does not support.
pub(in crate::diagnosis) static UNSUPPORTED_GRANT: &[&Cause] = &[
    &JSON_BY_WORDS,
    &REGIONAL_SERVICE,
    &FORM_SERVICE,
    &GLOBAL_SERVICE,
    &GRANT_UNLISTED_STRONG,
    &UNKNOWN_GRANT,
    &REGISTERED_OTHERWISE,
    &LOST_BODY,
    &OTHER_SERVICE,
];

pub(in crate::diagnosis) static OTHER_SERVICE: Cause = Cause {
    id: "other-service",
    when: |_| Some(Rank::Usual),
    applies: "",
    verdict: "The address belongs to another service, which expects other fields. Set {url_setting} in {url_place} to the \
              token endpoint that NICE gave you for the application.",
    other: "The address belongs to another service: check {url_setting}.",
};

/// Causes of a denial.
pub(in crate::diagnosis) static DENIED: &[&Cause] = &[
    &ACCEPTED_OTHERWISE,
    &LOCKED,
    &DISABLED,
    &EXPIRED,
    &NOT_APPROVED,
    &METHOD_BY_WORDS,
    &GRANT_BY_WORDS,
    &REALM,
    &NETWORK,
    &LEGACY,
    &UNKNOWN_CLIENT,
    &WRONG_SECRET,
    &RATE_WORDS,
    &MAINTENANCE,
    &FOREIGN_CHALLENGE,
    &REGIONAL_SERVICE,
    &FORM_SERVICE,
    &GLOBAL_SERVICE,
    &COMPLETED_FILE,
    &MIXED_PAIR,
    &OVERRIDDEN,
    &NEAR_NAME,
    &TENANT_RULE,
    &WRONG_KEY,
    &WRONG_PAIR,
    &OTHER_METHOD,
];

static TENANT_RULE: Cause = Cause {
    id: "tenant-rule",
    when: |_| Some(Rank::Usual),
    applies: "",
    verdict: "A rule of the tenant forbids the token: an IP allow list without this machine's address, a disabled \
              application, or a role without the permission. Ask the tenant's administrator to check the three.",
    other: "An IP allow list, a disabled application or a missing role forbids the token.",
};

/// Causes of a 403 without a reason.
pub(in crate::diagnosis) static FORBIDDEN: &[&Cause] = &[
    &ACCEPTED_OTHERWISE,
    &LOCKED,
    &DISABLED,
    &EXPIRED,
    &NOT_APPROVED,
    &METHOD_BY_WORDS,
    &GRANT_BY_WORDS,
    &REALM,
    &NETWORK,
    &LEGACY,
    &UNKNOWN_CLIENT,
    &UNKNOWN_KEY,
    &WRONG_SECRET,
    &RATE_WORDS,
    &MAINTENANCE,
    &FOREIGN_CHALLENGE,
    &KNOWN_GATEWAY,
    &METHOD_UNLISTED,
    &NO_LISTED_METHOD,
    &REGIONAL_SERVICE,
    &FORM_SERVICE,
    &GLOBAL_SERVICE,
    &COMPLETED_FILE,
    &MIXED_PAIR,
    &OVERRIDDEN,
    &NEAR_NAME,
    &RAW_ENCODING,
    &RFC_ENCODING,
    &UNCLEAR_FORBIDDEN,
    &TENANT_RULE,
    &OTHER_METHOD,
];

static KNOWN_GATEWAY: Cause = Cause {
    id: "gateway",
    when: |evidence| given(evidence.gateway().is_some(), Rank::Response),
    applies: "the response names a gateway or filter",
    verdict: "{gateway} answered in front of {host} and blocked the request, so CXone did not see the credentials. \
              Ask the administrators of {gateway} to allow POST requests from this machine to {endpoint}.",
    other: "{gateway} in front of {host} blocked the request.",
};

// Seen among the eleven servers that were tried: 403 with an empty body for wrong credentials.
static UNCLEAR_FORBIDDEN: Cause = Cause {
    id: "wrong-pair",
    when: |_| Some(Rank::Usual),
    applies: "",
    verdict: "CXone gives no reason. Some servers send 403 for wrong credentials, others for a client without permission. \
              Compare {secret} in {secret_place} with the value that NICE issued; if it is right, ask the tenant's \
              administrator whether an IP allow list is in force.",
    other: "{secret} is wrong or was rotated.",
};

/// Causes of an error code that no RFC defines: those in its words, else a hint to look it up.
pub(in crate::diagnosis) static OWN_CODE: &[&Cause] = &[
    &ACCEPTED_OTHERWISE,
    &LOCKED,
    &DISABLED,
    &EXPIRED,
    &NOT_APPROVED,
    &METHOD_BY_WORDS,
    &GRANT_BY_WORDS,
    &JSON_BY_WORDS,
    &REALM,
    &NETWORK,
    &LEGACY,
    &UNKNOWN_CLIENT,
    &UNKNOWN_KEY,
    &WRONG_SECRET,
    &RATE_WORDS,
    &MAINTENANCE,
    &REGIONAL_SERVICE,
    &FORM_SERVICE,
    &GLOBAL_SERVICE,
    &OWN_WORDS,
    &OWN_CODE_ALONE,
    &OTHER_SERVICE,
    &WRONG_PAIR,
    &WRONG_KEY,
];
