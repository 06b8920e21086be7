#!/usr/bin/env bash
# usage: tests/judges/graph/graph.sh SCIMULATE
# Other people's clients of Microsoft Graph drive the live tenant, over http and https, until accounts stand at a SCIM
# server. One line for each client; what is not as expected ends it.
set -euo pipefail
scimulate=$(realpath "${1:?usage: graph.sh SCIMULATE}")
cd "$(dirname "${BASH_SOURCE[0]}")"
here=$PWD
scratch=${SCIM_SERVERS:-${TMPDIR:-/tmp}/scimulate-servers}/graph
mkdir -p "$scratch"
if ! cmp -s requirements.txt "$scratch/installed.txt"; then
  python3 -m venv "$scratch/venv"
  "$scratch/venv/bin/pip" install --quiet --requirement requirements.txt
  cp requirements.txt "$scratch/installed.txt"
fi
cp package.json package-lock.json javascript.mjs "$scratch"
cd "$scratch"
cmp -s package-lock.json installed.json || npm ci --no-audit --no-fund --loglevel=error >&2
cp package-lock.json installed.json

running=()
trap '[ ${#running[@]} -eq 0 ] || kill "${running[@]}" 2>/dev/null || true' EXIT

# start NAME ARGUMENT...: in the background, until its READY line stands in the file NAME.
start() {
  rm -f "$1"
  "$scimulate" "${@:2}" --port "$(free)" >"$1" &
  running+=($!)
  for _ in $(seq 100); do
    grep --quiet '^READY ' "$1" 2>/dev/null && return
    sleep 0.1
  done
  echo "scimulate ${*:2} does not start"
  exit 1
}

free() { python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])'; }

rm -rf data
start server serve
start http tenant
start https tenant --https --data data
read -r _ scim token <server
read -r _ http <http
read -r _ https authority <https

failed=0
judge() { "$@" || { echo "not as expected: $(basename "$2") against $3"; failed=1; }; }
judge venv/bin/python "$here/python.py" "$http" "$scim" "$token"
judge venv/bin/python "$here/python.py" "$https" "$scim" "$token" "$authority"
NODE_EXTRA_CA_CERTS=$authority judge node javascript.mjs "$https" "$scim" "$token"
exit $failed
