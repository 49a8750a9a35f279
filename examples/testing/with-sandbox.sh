#!/bin/sh
# Starts the sandbox, runs the tests against it, stops it.
set -eu
fifo=$(mktemp -u) && mkfifo "$fifo"
cxone-sandbox --stop-after 10m --exit-with-parent >"$fifo" &
sandbox=$!
trap 'kill "$sandbox"; rm -f "$fifo"' EXIT
read -r first_line <"$fifo" # one line of JSON, with the address to use
export CXONE_TOKEN_URL="$(printf '%s' "$first_line" | sed 's/.*"token_url":"\([^"]*\)".*/\1/')"
export CXONE_CLIENT_ID="sandbox-client" CXONE_CLIENT_SECRET="not-a-real-secret"
terraform test "$@"
