#!/usr/bin/env bash
# usage: tests/servers/judge.sh SCIMULATE [NAME…]
# Plays everything against each public server and compares with what is published of it in docs/interop.md; then sends
# each published script to a fresh server, which must answer as it is printed. With ACCEPT=1 page and scripts are
# written first: read what changed, and confirm what is new, before it is committed (docs/real-servers.md).
set -uo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")"
scimulate=$(realpath "${1:?usage: judge.sh SCIMULATE [NAME…]}")
shift
[ $# -gt 0 ] || set -- scim2-server scimmy-routers saml-jackson django-scim2-server
published=$(realpath ../../docs)/interop
mkdir -p "$published"
failed=0 passed=0 port=${PORT:-7310}
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

# The release that start.sh installs.
version() {
  if [ -f "$1/requirements.txt" ]; then
    sed -nE "s/^$1(\[[a-z0-9]*\])?==([^ ]+).*/\2/p" "$1/requirements.txt"
  else
    sed -nE "s#.*\"(@[a-z]*/)?$1\": *\"([^\"]+)\".*#\2#p" "$1/package.json"
  fi
}

# Starts a server, and waits until it is ready: sets server, base and token.
start() {
  port=$((port + 1))
  # The shell opens the file when it gets to it, and until then it would show the server before.
  rm -f "$work/ready"
  touch "$work/ready"
  ./start.sh "$1" "$port" >"$work/ready" 2>"$work/errors" &
  server=$!
  for _ in $(seq 1800); do
    grep --quiet '^READY ' "$work/ready" && break
    kill -0 "$server" 2>/dev/null || break
    sleep 0.2
  done
  read -r _ base token <"$work/ready" && return
  echo "FAILED $1: did not start"
  cat "$work/errors"
  return 1
}

stop() {
  kill "$server" 2>/dev/null
  wait "$server" 2>/dev/null
}

judge() {
  local name=$1 release script
  release=$(version "$name")
  [ -n "$release" ] || { echo "FAILED $name: no version in its packages"; return 1; }
  start "$name" || return 1
  local check=--check
  [ -z "${ACCEPT:-}" ] || check=
  # shellcheck disable=SC2086
  (cd "$work" && SCIMULATE_TOKEN=$token "$scimulate" interop "$name" --server-version "$release" \
    --target "$base" --seed 1 --into "$published" $check >interop.txt 2>errors.txt)
  local status=$?
  stop
  if [ $status -ne 0 ]; then
    echo "FAILED $name $release: scimulate interop ended with $status"
    cat "$work/interop.txt"
    [ $status -eq 1 ] || tail -n 20 "$work/errors.txt"
    return 1
  fi
  start "$name" || return 1
  local scripts=0 changed=0
  for script in "$published/$name-$release"/*.sh; do
    [ -e "$script" ] || continue
    scripts=$((scripts + 1))
    if ! SCIMULATE_TARGET=$base SCIMULATE_TOKEN=$token sh "$script" >"$work/script.txt" 2>&1; then
      changed=$((changed + 1))
      echo "FAILED $script"
      tail -n 5 "$work/script.txt"
    fi
  done
  stop
  [ $changed -eq 0 ] || return 1
  echo "passed $name $release: as published, and $scripts scripts confirm it"
}

for name in "$@"; do
  if judge "$name"; then passed=$((passed + 1)); else failed=$((failed + 1)); fi
done
echo "real servers: $passed passed, $failed failed"
[ $failed -eq 0 ]
