#!/bin/sh
# Rehearses a changed role, with a sandbox:
#   terraform-provider-cxone sandbox run --grant-type password -- sh rehearse.sh terraform
core=${1:-terraform}
declared=11e70000-0a1e-b0c5-0000-0242ac110002 # the initial role of the sandbox's access key
export TF_VAR_role_id=$declared

# Changes the role of the access key's employee.
role() {
  curl --silent --show-error --fail --request PUT --data "{\"id\": \"$1\"}" \
    "$CXONE_SANDBOX_URL/access-keys/$CXONE_ACCESS_KEY_ID/role" || exit
}

# Runs the core, and stops if the exit code is not the first argument.
expect() {
  wanted=$1
  shift
  "$core" "$@"
  code=$?
  [ "$code" -eq "$wanted" ] || { echo "rehearsal: exit code $code, not $wanted: $core $*" >&2; exit 1; }
}

expect 0 apply -auto-approve
expect 0 plan -detailed-exitcode
role another-role
expect 2 plan -detailed-exitcode
role "$declared"
expect 0 plan -detailed-exitcode
expect 0 destroy -auto-approve
