#!/usr/bin/env bash
# usage: tests/judges/judge.sh SCIMULATE
# Other people's SCIM test tools judge the embedded server. scim2-cli must report nothing but SUCCESS;
# scim-sanity may only insist on 200 where a PATCH on a group answers 204 (Microsoft asks for 204 there).
set -euo pipefail
scimulate=$(realpath "${1:?usage: judge.sh SCIMULATE}")
cd "$(dirname "${BASH_SOURCE[0]}")"
scratch=${SCIM_SERVERS:-${TMPDIR:-/tmp}/scimulate-servers}/judges
mkdir -p "$scratch"
if ! cmp -s requirements.txt "$scratch/installed.txt"; then
  python3 -m venv "$scratch/venv"
  "$scratch/venv/bin/pip" install --quiet --requirement requirements.txt
  cp requirements.txt "$scratch/installed.txt"
fi

"$scimulate" serve >"$scratch/ready" &
server=$!
trap 'kill $server 2>/dev/null || true' EXIT
for _ in $(seq 100); do
  grep --quiet '^READY ' "$scratch/ready" && break
  sleep 0.1
done
read -r _ base token <"$scratch/ready"

failed=0
SCIM_CLI_HEADERS="Authorization: Bearer $token" "$scratch/venv/bin/scim" --url "$base" test >"$scratch/scim2-cli.txt" 2>&1 || true
successes=$(grep -c '^SUCCESS ' "$scratch/scim2-cli.txt" || true)
others=$(grep -cE '^(COMPLIANT|ACCEPTABLE|DEVIATION|ERROR|CRITICAL|SKIPPED) ' "$scratch/scim2-cli.txt" || true)
echo "scim2-cli: $successes SUCCESS, $others other"
if [ "$successes" -lt 100 ] || [ "$others" -ne 0 ]; then
  grep -vE '^SUCCESS |^  ' "$scratch/scim2-cli.txt" || true
  failed=1
fi

"$scratch/venv/bin/scim-sanity" probe "$base" --token "$token" --i-accept-side-effects >"$scratch/scim-sanity.txt" 2>&1 || true
unexpected=$(grep '^ *\[FAIL\]' "$scratch/scim-sanity.txt" | grep -v 'PATCH /Groups' || true)
passes=$(grep -c '^ *\[PASS\]' "$scratch/scim-sanity.txt" || true)
echo "scim-sanity: $passes passed, failures other than 204 on a group PATCH: ${unexpected:-none}"
if [ "$passes" -lt 20 ] || [ -n "$unexpected" ]; then
  cat "$scratch/scim-sanity.txt"
  failed=1
fi
exit $failed
