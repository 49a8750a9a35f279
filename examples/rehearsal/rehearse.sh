#!/bin/sh
# Rehearses a scope that is taken away, beside a sandbox:
#   terraform-provider-cxone sandbox run --scopes 'cxone:api cxone:reports' -- sh rehearse.sh terraform
core=${1:-terraform}
unset CXONE_SCOPES # the baseline declares the scopes; a refusal of the provider's own would end every plan

# Changes what the service knows of the client.
client() {
  curl --silent --show-error --fail --request PUT --data "$1" "$CXONE_SANDBOX_URL/clients/$CXONE_CLIENT_ID" || exit
}

# Runs the core, and stops at any other exit code than this.
expect() {
  wanted=$1
  shift
  "$core" "$@"
  code=$?
  [ "$code" -eq "$wanted" ] || { echo "rehearsal: exit code $code, not $wanted: $core $*" >&2; exit 1; }
}

expect 0 apply -auto-approve
expect 0 plan -detailed-exitcode

# A service that narrows: there is a token, with fewer scopes.
client '{"scopes": ["cxone:api"], "unknown_scopes": "narrow"}'
expect 2 plan -detailed-exitcode

# A service that refuses: there is no token for these scopes.
client '{"unknown_scopes": "refuse"}'
expect 2 plan -detailed-exitcode

# The scope is back.
client '{"scopes": ["cxone:api", "cxone:reports"]}'
expect 0 plan -detailed-exitcode
expect 0 destroy -auto-approve
