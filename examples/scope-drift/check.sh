#!/bin/sh
# Compares CXone with every cxone_scope_baseline of this folder's configuration, and changes nothing.
#
#   0  in sync      every baseline agrees with CXone
#   2  drift        CXone, the state and the configuration disagree on a baseline
#   3  no baseline  the configuration has none, so nothing was compared
#   4  cannot tell  the plan failed, or the granted scopes are unknown
#
# Usage: ./check.sh [arguments of `terraform plan`]. Set TERRAFORM to use another core, such as `tofu`.
# Needs a POSIX shell and jq. Run `terraform init` first.
set -u
umask 077 # a saved plan can hold secrets of other resources
terraform=${TERRAFORM:-terraform}

cannot_tell() {
  echo "cannot tell: $1" >&2
  exit 4
}

command -v jq >/dev/null || cannot_tell "jq is not installed"
folder=$(mktemp -d) || cannot_tell "no temporary folder"
trap 'rm -rf "$folder"' EXIT
trap 'exit 4' HUP INT TERM

# No -refresh-only: a difference recorded in the state is no longer a change from outside, but it is still drift.
# No -detailed-exitcode: 2 would also mean a change of another resource.
"$terraform" plan -input=false -no-color -out="$folder/plan" "$@" >&2 || cannot_tell "the plan failed"
"$terraform" show -json "$folder/plan" >"$folder/plan.json" || cannot_tell "the plan cannot be read"

verdict=$(jq -r '
  [.resource_changes[]? | select(.type == "cxone_scope_baseline")] as $baselines
  | [$baselines[] | select(.change.actions != ["no-op"])] as $changed
  | [$changed[] | select((.change.before // {})
      | .scope_source == "unknown" and .missing_scopes == null and .changed_claims == null)] as $unknown
  | if $baselines == [] then "no baseline"
    elif $changed == [] then "in sync"
    elif $changed == $unknown then "cannot tell"
    else "drift" end
' "$folder/plan.json") || cannot_tell "the plan cannot be read"

# One line per baseline that is not in sync. `before` is CXone's response for the declaration in the state.
jq -c '
  .resource_changes[]? | select(.type == "cxone_scope_baseline" and .change.actions != ["no-op"])
  | {address, actions: .change.actions}
    + ((.change.before // {}) | {missing_scopes, extra_scopes, changed_claims, scope_source} | with_entries(select(.value != null)))
' "$folder/plan.json"

case $verdict in
  "in sync")     echo "in sync" ;;
  "drift")       echo "drift"; exit 2 ;;
  "no baseline") echo "no baseline"; exit 3 ;;
  *)             cannot_tell "nothing says what CXone grants" ;;
esac
