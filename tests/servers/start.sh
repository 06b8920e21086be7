#!/usr/bin/env bash
# usage: tests/servers/start.sh NAME PORT
# Installs a pinned release of a public SCIM server into a scratch folder, starts it on 127.0.0.1:PORT,
# prints `READY <base-url> <token>` and runs until it is killed. Needs python3 for two of them, node for the others.
set -euo pipefail
name=${1:?usage: start.sh NAME PORT}
port=${2:?usage: start.sh NAME PORT}
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)/$name
[ -d "$here" ] || { echo "no such server: $name" >&2; exit 2; }
scratch=${SCIM_SERVERS:-${TMPDIR:-/tmp}/scimulate-servers}/$name
mkdir -p "$scratch"
cp -R "$here"/. "$scratch"
cd "$scratch"
data=$(mktemp -d)
child=
stop() {
  trap - EXIT TERM INT
  [ -z "$child" ] || { pkill -P "$child" 2>/dev/null || true; kill "$child" 2>/dev/null || true; wait "$child" 2>/dev/null || true; }
  rm -rf "$data"
}
trap stop EXIT
trap 'stop; exit 143' TERM INT

python_packages() {
  cmp -s requirements.txt installed.txt && return
  python3 -m venv venv
  venv/bin/pip install --quiet --requirement requirements.txt >&2
  cp requirements.txt installed.txt
}
node_packages() {
  cmp -s package-lock.json installed.json && return
  npm ci --no-audit --no-fund --loglevel=error >&2
  cp package-lock.json installed.json
}
# answers URL TOKEN: waits until the URL answers 2xx, at most a minute.
answers() {
  for _ in $(seq 600); do
    kill -0 "$child" 2>/dev/null || { echo "$name ended early" >&2; cat server.log >&2; exit 1; }
    curl --silent --fail --output /dev/null --max-time 5 --header "Authorization: Bearer $2" "$1" && return
    sleep 0.1
  done
  echo "$name does not answer" >&2
  exit 1
}

: >server.log
token=$name-token
case $name in
scim2-server)
  python_packages
  venv/bin/scim2-server --hostname 127.0.0.1 --port "$port" --bearer-token "$token" >>server.log 2>&1 &
  child=$! base=http://127.0.0.1:$port
  answers "$base/ServiceProviderConfig" "$token"
  echo "READY $base $token"
  ;;
django-scim2-server)
  python_packages
  export TOKEN=$token DATABASE=$data/db.sqlite3 DJANGO_SETTINGS_MODULE=settings PYTHONPATH=$scratch
  venv/bin/django-admin migrate >>server.log 2>&1
  venv/bin/gunicorn --workers 1 --threads 4 --bind "127.0.0.1:$port" 'django.core.wsgi:get_wsgi_application()' >>server.log 2>&1 &
  child=$! base=http://127.0.0.1:$port/scim/v2
  answers "$base/ServiceProviderConfig" "$token"
  echo "READY $base $token"
  ;;
scimmy-routers)
  node_packages
  node server.mjs "$port" "$token" >>server.log 2>&1 &
  child=$!
  answers "http://127.0.0.1:$port/scim/ServiceProviderConfig" "$token"
  grep --max-count=1 '^READY ' server.log
  ;;
saml-jackson)
  node_packages
  node server.mjs "$port" "$data/jackson.sqlite" >>server.log 2>&1 &
  child=$!
  for _ in $(seq 600); do
    grep --max-count=1 '^READY ' server.log && break
    kill -0 "$child" 2>/dev/null || { cat server.log >&2; exit 1; }
    sleep 0.1
  done
  ;;
esac
wait "$child"
