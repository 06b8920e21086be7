#!/usr/bin/env bash
# usage: tests/servers/naive.sh SCIMULATE
# Plays the server of somebody who is new to SCIM, whose faults must be seen in the first run although some hide others,
# and the same server mended, which must pass.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")"
scimulate=$(realpath "${1:?usage: naive.sh SCIMULATE}")
scratch=${SCIM_SERVERS:-${TMPDIR:-/tmp}/scimulate-servers}/naive
mkdir -p "$scratch"
cp -R naive/. "$scratch"
cd "$scratch"
cmp -s package-lock.json installed.json || npm ci --no-audit --no-fund --loglevel=error >&2
cp package-lock.json installed.json
export TOKEN=naive-token SCIMULATE_TOKEN=naive-token PORT=${PORT:-7330}
server=
trap '[ -z "$server" ] || kill "$server" 2>/dev/null || true' EXIT

# play FILE: runs everything against a server, and sets status.
play() {
  PORT=$((PORT + 1))
  node "$1" >server.log 2>&1 &
  server=$!
  for _ in $(seq 100); do
    curl --silent --output /dev/null "http://127.0.0.1:$PORT/" && break
    sleep 0.1
  done
  status=0
  "$scimulate" run --target "http://127.0.0.1:$PORT/scim/v2" --seed 1 --json report.json >report.txt 2>&1 || status=$?
  kill "$server"
  wait "$server" 2>/dev/null || true
  server=
}

play naive.js
[ $status -eq 1 ] || { echo "naive.js: exit code $status"; tail -n 20 report.txt; exit 1; }
python3 - <<'PYTHON'
import json

causes = json.load(open("report.json"))["causes"]
red = {cause["rule"] for cause in causes if cause["level"] in ("error", "critical")}
wanted = {
    "rules/scim-json-not-parsed", "rules/answer-not-scim-json", "rules/body-not-an-object", "rules/disable-ignored",
    "rules/path-stored-as-key", "rules/removed-member-kept", "rules/duplicate-accepted", "rules/server-error",
}
spelled = any("capital letter in `op`" in (cause.get("pattern") or "") for cause in causes)
missing = sorted(wanted - red) + ([] if spelled else ["a capital letter in `op`"])
assert not missing, f"naive.js: not told in the first run: {', '.join(missing)}"
print(f"naive.js: {len([c for c in causes if c['level'] in ('error', 'critical')])} red lines, every fault is told")
PYTHON
play mended.js
[ $status -eq 0 ] || { echo "mended.js: exit code $status"; cat report.txt; exit 1; }
echo "mended.js: passed"
