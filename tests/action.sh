#!/usr/bin/env bash
# Plays action.sh against the embedded server of a program: tests/action.sh PROGRAM. The rest is the action's environment.
set -euo pipefail
program=$(realpath "${1:?}")
cd "$(dirname "${BASH_SOURCE[0]}")/.."
ready=$(mktemp)
"$program" serve >"$ready" &
server=$!
trap 'kill $server 2>/dev/null || true; rm -f "$ready"' EXIT
for _ in $(seq 100); do
  grep --quiet '^READY ' "$ready" && break
  sleep 0.1
done
read -r _ SCIMULATE_TARGET SCIMULATE_TOKEN <"$ready"
export SCIMULATE_TARGET SCIMULATE_TOKEN
./action.sh >/dev/null
for report in scimulate.html scimulate.xml scimulate.json; do
  [ -s "$SCIMULATE_REPORTS/$report" ] || { echo "$report is missing"; exit 1; }
done
