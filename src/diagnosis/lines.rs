//! Causes and steps that several entries share.

use crate::diagnosis::entry::When::*;
use crate::diagnosis::entry::{Line, when};

pub(super) const WRONG_PAIR: Line = when(
    Client,
    "The client id or the client secret is wrong, was replaced, or belongs to another application or environment. The \
     secret came {secret_source}.",
);
pub(super) const RAW_ENCODING: Line = when(
    ReservedRaw,
    "The id or the secret has characters that RFC 6749 (section 2.3.1) percent-encodes in a Basic header, and servers \
     differ: of eleven that were measured, eight take them as they are and three decode them. They were sent as they \
     are (basic_auth_encoding = \"raw\").",
);
pub(super) const ENCODED_ENCODING: Line = when(
    ReservedEncoded,
    "The id or the secret has characters that RFC 6749 (section 2.3.1) percent-encodes in a Basic header, and servers \
     differ: of eleven that were measured, eight take them as they are and three decode them. They were sent \
     percent-encoded (basic_auth_encoding = \"rfc6749\").",
);
pub(super) const REGISTERED_FOR_POST: Line = when(
    Basic,
    "The application is registered for client_secret_post, and this request used a Basic header: CXone's registration \
     chooses one for each application.",
);
pub(super) const REGISTERED_FOR_BASIC: Line = when(
    Post,
    "The application is registered for client_secret_basic, and this request had the credentials in its body.",
);
pub(super) const UNVERIFIED: Line = when(
    UnverifiedHost,
    "The address is not your tenant's: no public page of NICE names {host} as a token service. NICE documents \
     https://cxone.niceincontact.com/auth/token, with an access key.",
);
pub(super) const NOT_APPROVED: Line = when(
    Client,
    "The registration is not approved yet (NICE says two to three working days), or the application is disabled or \
     due to be deleted.",
);
pub(super) const OLD_VARIABLE: Line = when(
    FromEnvironment,
    "The environment holds an older value: a running shell, CI job or service keeps the one it started with.",
);
pub(super) const OLD_FILE: Line = when(FromFile, "The file holds an older value, or one for another environment.");
pub(super) const CLOCK: Line = when(
    ClockOff,
    "This machine's clock is {clock} the server's; a server that compares times refuses what it thinks is old or not \
     yet valid.",
);
pub(super) const COMPARE: Line = when(
    Client,
    "Compare the client id and the secret with what NICE sent for the application, character by character at both \
     ends.",
);
pub(super) const OTHER_ENCODING: Line =
    when(ReservedRaw, "Try basic_auth_encoding = \"rfc6749\", which percent-encodes both.");
pub(super) const RAW_AGAIN: Line =
    when(ReservedEncoded, "Try basic_auth_encoding = \"raw\" (the default), which sends both as they are.");
pub(super) const TRY_POST: Line = when(
    Basic,
    "Or set token_endpoint_auth_method = \"client_secret_post\", if the application was registered for it: the \
     credentials then go into the body. The provider never tries a second way by itself: failed logins can lock an \
     application.",
);
pub(super) const TRY_BASIC: Line =
    when(Post, "If the application was registered with client_secret_basic, leave token_endpoint_auth_method out.");
pub(super) const OTHER_ADDRESS: Line =
    when(DefaultAddress, "If NICE gave you another token endpoint, set token_url (or issuer) to it.");
pub(super) const DOCTOR: Line = when(
    InTerraform,
    "`terraform-provider-cxone doctor` goes through the same exchange outside Terraform, one step at a time.",
);

pub(super) const NO_CLIENT_CREDENTIALS: &str = "NICE's list of grants for this address has no client_credentials: \
     back-end applications there use grant_type=password, with an access key beside the client id and secret.";
pub(super) const SET_ACCESS_KEY: &str = "Make an access key in CXone and set grant_type = \"password\", access_key_id \
     and access_key_secret, next to client_id and client_secret.";
