#!/usr/bin/env bash
# usage: tests/judges/graph/graph.sh SCIMULATE
# Microsoft's own clients judge the part of Graph that `scimulate tenant` has: each has a tenant and a target of its own,
# sets up an application, provisions, and reads what came of it.
set -euo pipefail
scimulate=$(realpath "${1:?usage: graph.sh SCIMULATE}")
cd "$(dirname "${BASH_SOURCE[0]}")"
scratch=${SCIM_SERVERS:-${TMPDIR:-/tmp}/scimulate-servers}/graph
mkdir -p "$scratch"
cp package.json package-lock.json client.mjs sdk.py "$scratch"
if ! cmp -s requirements.txt "$scratch/installed.txt"; then
  rm -rf "$scratch/venv"
  python3 -m venv "$scratch/venv"
  "$scratch/venv/bin/pip" install --quiet --requirement requirements.txt
  cp requirements.txt "$scratch/installed.txt"
fi
cd "$scratch"
if ! cmp -s package-lock.json installed.json; then
  npm ci --no-audit --no-fund --loglevel=error >&2
  cp package-lock.json installed.json
fi

work=$(mktemp -d)
started=()
stop() {
  [ ${#started[@]} -eq 0 ] || kill "${started[@]}" 2>/dev/null || true
  wait
  rm -rf "$work"
}
trap stop EXIT

# begin NAME ARGUMENTS...: starts scimulate, which is ready when this returns.
begin() {
  local name=$1
  shift
  : >"$work/$name"
  "$scimulate" "$@" >"$work/$name" 2>"$work/$name.errors" &
  started+=($!)
  for _ in $(seq 100); do
    grep --quiet '^READY ' "$work/$name" && return
    sleep 0.1
  done
  echo "scimulate $* did not start"
  cat "$work/$name.errors"
  exit 1
}

secret=client-secret-of-the-judges
(umask 077 && echo "$secret" >"$work/secret")
protected=(--https --listen 127.0.0.1 --access-token-file "$work/secret")
for client in sdk identity client; do begin "target-$client" serve; done
begin sdk tenant
begin identity tenant "${protected[@]}" --data "$work/identity-data"
begin client tenant "${protected[@]}" --data "$work/client-data"
begin curl tenant --demo

# The sign-in of `az` is not needed: to a host that it does not know, `az rest` sends what is written in the command.
as_az_rest() {
  local base calls=0 unmet=() status id
  read -r _ base <"$work/curl"
  # call METHOD PATH STATUS PATTERN [BODY]: the answer, which holds the pattern, stands in $work/answer.
  call() {
    : >"$work/answer"
    status=$(curl --silent --output "$work/answer" --write-out '%{http_code}' --request "$1" "$base$2" \
      --header 'User-Agent: AZURECLI/2.91.0' --header 'Accept: */*' --header 'CommandName: rest' \
      --header 'Content-Type: application/json' --header 'Authorization: Bearer whatever' ${5:+--data "$5"})
    calls=$((calls + 1))
    if [ "$status" != "$3" ] || { [ -n "$4" ] && ! grep --quiet "$4" "$work/answer"; }; then
      unmet+=("$1 $2: $status instead of $3, $(head -c 300 "$work/answer")")
    fi
  }
  call GET '/v1.0/users?$top=3&$select=id,displayName' 200 '"@odata.nextLink"'
  call GET '/v1.0/groups?%24filter=displayName%20eq%20%27Office%27' 200 '"displayName":"Office"'
  call POST /v1.0/groups 201 '"@odata.context"' \
    '{"displayName":"Az","mailEnabled":false,"mailNickname":"az","securityEnabled":true}'
  id=$(grep --only-matching --perl-regexp '"id":"\K[^"]+' "$work/answer" | head -1)
  call PATCH "/v1.0/groups/$id" 204 '' '{"description":"of az rest"}'
  call GET "/v1.0/groups/$id" 200 'of az rest'
  call DELETE "/v1.0/groups/$id" 204 ''
  call GET "/v1.0/groups/$id" 404 Request_ResourceNotFound
  call POST /v1.0/users 400 Request_BadRequest '{"displayName"'
  call GET /v1.0/sites 501 NotImplemented
  call POST /_scimulate/cycle 200 '"state":"Succeeded"'
  call GET '/beta/auditLogs/provisioning?$top=1&$filter=action%20eq%20%27Create%27' 200 '"statusInfo"'
  if [ ${#unmet[@]} -gt 0 ]; then
    printf '%s\n' "curl, as az rest: $calls calls, ${#unmet[@]} not as expected:" "${unmet[@]}"
    return 1
  fi
  echo "curl, as az rest: $calls calls, all as expected"
}

# of NAME: the address of the tenant, the target and its token.
of() {
  local base target token
  read -r _ base _ <"$work/$1"
  read -r _ target token <"$work/target-$1"
  echo "$base $target $token"
}
authority() { cut --delimiter=' ' --fields=3- "$work/$1"; }

judges=()
judge() { # NAME COMMAND...: in the background, for two minutes at most
  local name=$1
  shift
  timeout 120 "$@" >"$work/$name.told" 2>&1 &
  judges+=("$name:$!")
}
# shellcheck disable=SC2046
judge sdk venv/bin/python sdk.py $(of sdk)
# shellcheck disable=SC2046
judge identity venv/bin/python sdk.py $(of identity) "$(authority identity)" "$secret"
# shellcheck disable=SC2046
judge client env NODE_EXTRA_CA_CERTS="$(authority client)" node client.mjs $(of client) "$secret"

failed=0
for one in "${judges[@]}"; do
  wait "${one#*:}" || failed=1
  cat "$work/${one%:*}.told"
done
as_az_rest || failed=1
exit $failed
