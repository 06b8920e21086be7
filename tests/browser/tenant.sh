#!/usr/bin/env bash
# usage: tests/browser/tenant.sh SCIMULATE [FOLDER FOR SCREENSHOTS]
# Uses the page of `scimulate tenant` in a headless Chromium as an administrator does, against a right SCIM server and a
# faulty one.
set -euo pipefail
scimulate=$(realpath "${1:?usage: tenant.sh SCIMULATE [FOLDER]}")
screenshots=${2:+$(realpath "$2")}
cd "$(dirname "${BASH_SOURCE[0]}")"
chromium=$(command -v chromium || command -v chromium-browser || command -v google-chrome)
scratch=${SCIM_SERVERS:-${TMPDIR:-/tmp}/scimulate-servers}/tenant-browser
mkdir -p "$scratch"
cp package.json package-lock.json tenant.mjs "$scratch"
cd "$scratch"
cmp -s package-lock.json installed.json || npm ci --no-audit --no-fund --loglevel=error >&2
cp package-lock.json installed.json

processes=()
trap 'kill "${processes[@]}" 2>/dev/null || true' EXIT
# Starts a process in the background and waits for what it says when it is ready.
start() {
  local file=$1
  shift
  "$@" >"$file" &
  processes+=($!)
  for _ in $(seq 100); do
    grep --quiet '^READY ' "$file" && return
    sleep 0.1
  done
  echo "$* does not become ready" >&2
  exit 1
}
start right "$scimulate" serve --token right-browser-token
start faulty "$scimulate" serve --token faulty-browser-token --fault user-name-filter-refused
start tenant "$scimulate" tenant --demo
read -r _ right _ <right
read -r _ faulty _ <faulty
read -r _ tenant <tenant
node tenant.mjs "$chromium" "$tenant" "$right" "$faulty" ${screenshots:+"$screenshots"}
