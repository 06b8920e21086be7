#!/usr/bin/env bash
# usage: tests/browser/browser.sh SCIMULATE [FOLDER FOR SCREENSHOTS]
# Writes two HTML reports, of a right server and of one that ignores every PATCH and answers with markup, and uses them
# in a headless Chromium.
set -euo pipefail
scimulate=$(realpath "${1:?usage: browser.sh SCIMULATE [FOLDER]}")
screenshots=${2:+$(realpath "$2")}
cd "$(dirname "${BASH_SOURCE[0]}")"
chromium=$(command -v chromium || command -v chromium-browser || command -v google-chrome)
scratch=${SCIM_SERVERS:-${TMPDIR:-/tmp}/scimulate-servers}/browser
mkdir -p "$scratch"
cp package.json package-lock.json browser.mjs "$scratch"
cd "$scratch"
cmp -s package-lock.json installed.json || npm ci --no-audit --no-fund --loglevel=error >&2
cp package-lock.json installed.json

"$scimulate" run --html passed.html >/dev/null
export SCIMULATE_TOKEN=browser-test-token
"$scimulate" serve --token "$SCIMULATE_TOKEN" --fault patch-not-applied >ready &
server=$!
trap 'kill $server 2>/dev/null || true' EXIT
for _ in $(seq 100); do
  grep --quiet '^READY ' ready && break
  sleep 0.1
done
read -r _ base _ <ready
cat >scimulate.toml <<'TOML'
[people]
fixed = { jobTitle = "<script>globalThis.stolen = true</script><img src=x onerror='globalThis.stolen = true'>" }
TOML
status=0
"$scimulate" run --target "$base" --html failed.html >/dev/null || status=$?
[ $status -eq 1 ] || { echo "the run against the faulty server: exit code $status"; exit 1; }
node browser.mjs "$chromium" passed.html failed.html ${screenshots:+"$screenshots"}
