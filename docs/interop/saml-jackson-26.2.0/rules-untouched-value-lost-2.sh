#!/bin/sh
# rules/untouched-value-lost (error): PATCH changes only what it names
# roles[value eq "auditor"] is gone after a request that does not name it.
# Written by scimulate. Needs SCIMULATE_TARGET (the SCIM base URL) and SCIMULATE_TOKEN. Exits with 0
# if the target still returns this response, else with 1.
set -u
: "${SCIMULATE_TARGET:?set it to the SCIM base URL}" "${SCIMULATE_TOKEN:?set it to the bearer token}"
base=${SCIMULATE_TARGET%/}
run=${RUN:-sm$((($(date +%s) * 101 + $$) % 90000000 + 10000000))}
tag=${run#sm}
run_upper=$(printf '%s' "$run" | tr '[:lower:]' '[:upper:]')
answer=$(mktemp)
ids=''
made=''
status=000

# send METHOD PATH [CURL OPTION...]
send() {
  method=$1 path=$2
  shift 2
  status=$(curl --silent --globoff --max-time 60 --output "$answer" --write-out '%{http_code}' --request "$method" \
    "$base$path" -H "Authorization: Bearer $SCIMULATE_TOKEN" -H Accept: -H User-Agent: "$@") || status=000
}
# ask METHOD PATH [CURL OPTION...]: sends a request, and prints it and its answer.
ask() {
  : >"$answer"
  send "$@"
  printf '> %s %s\n' "$1" "$2"
  for word in "$@"; do case $word in '{'*) printf '%s\n' "$word" ;; esac; done
  printf '< %s %s\n\n' "$status" "$(tr -d '\r\n' <"$answer")"
}
# literal TEXT: the text as a pattern of sed
literal() { printf '%s' "$1" | sed 's/[][\.*^$()+?{}|#]/\\&/g'; }
# keep NAME ENDPOINT: keeps the id of what the last answer shows
keep() {
  id=$(tr ',{' '\n\n' <"$answer" | sed -n 's/^[[:space:]]*"id"[[:space:]]*:[[:space:]]*"\{0,1\}\([^"}]*\).*$/\1/p' | head -n 1)
  [ -n "$id" ] || return 0
  made="$2/$id $made"
  pattern=$(literal "$id")
  if [ ${#id} -ge 8 ]; then
    ids="$ids;s#$pattern#{$1}#g"
  else
    ids="$ids;s#([/\"])$pattern([/\"?\\\\]|\$)#\\1{$1}\\2#g"
  fi
}
# published ANSWER: compares the last answer with the published one, which may be a status alone
published() {
  body=$(tr -d '\r\n' <"$answer" | sed -E "s#$(literal "$base")#{base}#g$ids;s#$run#{run}#g;s#$run_upper#{RUN}#g;$volatile")
  case $body in '' | '{'* | '['*) ;; *) body='{text}' ;; esac
  now="$status${body:+ $body}"
  for path in $made; do send DELETE "$path"; done
  rm -f "$answer"
  if [ "$1" = "$now" ] || [ "$1" = "${now%% *}" ]; then
    echo 'confirmed: the answer is the published one'
    exit 0
  fi
  printf 'changed:   the answer is another one than was published\npublished: %s\nnow:       %s\n' "$1" "$now"
  exit 1
}
volatile='s#[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}[.0-9]*(Z|[+-][0-9]{2}:[0-9]{2})?#{time}#g;s#W/[\\]?"[^"\\]*[\\]?"#{version}#g;s#[0-9a-fA-F]{8}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{12}#{uuid}#g'

# cycle 1: create ada
ask POST '/Users' \
  -H 'Adscimversion: 6.0' \
  -H 'Content-Type: application/scim+json; charset=utf-8' \
  --data-binary '{"schemas":["urn:ietf:params:scim:schemas:core:2.0:User","urn:ietf:params:scim:schemas:extension:enterprise:2.0:User"],"externalId":"'"$run"'-2hmbje6bea","userName":"'"$run"'.jan.ankunding.2hmbje6bea@example.com","active":true,"addresses":[{"primary":false,"type":"work","country":"US","formatted":"Building 12, room 131","locality":"Vicentetown","postalCode":"4909","region":"Texas","streetAddress":"58057 Arielle Via"}],"displayName":"Jan Ankunding","emails":[{"primary":true,"type":"work","value":"jan.ankunding.'"$run"'.2hmbje6bea@example.com"}],"meta":{"resourceType":"User"},"name":{"formatted":"Jan Ankunding","familyName":"Ankunding","givenName":"Jan"},"phoneNumbers":[{"primary":true,"type":"work","value":"+1 312-555-0152"},{"primary":false,"type":"mobile","value":"+1 312-555-0153"},{"primary":false,"type":"fax","value":"+1 312-555-0154"}],"preferredLanguage":"en-US","roles":[{"primary":false,"type":"WindowsAzureActiveDirectoryRole","display":"Editor","value":"editor"},{"primary":false,"type":"WindowsAzureActiveDirectoryRole","display":"Reader","value":"reader"}],"title":"Central Hospitality Architect","urn:ietf:params:scim:schemas:extension:enterprise:2.0:User":{"employeeNumber":"0729298548","department":"Legal"}}'
keep user_1 /Users
user_1=$id

# line 19: PATCH /Users/{user_1}
ask PATCH '/Users/'"$user_1"'' \
  -H 'Content-Type: application/scim+json' \
  --data-binary '{"schemas":["urn:ietf:params:scim:api:messages:2.0:PatchOp"],"Operations":[{"op":"add","path":"roles","value":[{"value":"auditor","type":"local"}]}]}'

# cycle 2: update ada
ask PATCH '/Users/'"$user_1"'' \
  -H 'Adscimversion: 6.0' \
  -H 'Content-Type: application/scim+json; charset=utf-8' \
  --data-binary '{"schemas":["urn:ietf:params:scim:api:messages:2.0:PatchOp"],"Operations":[{"op":"Add","path":"roles","value":[{"value":"{\"id\":\"'"$tag"'-0000-4000-8000-000000000001\",\"value\":\"editor\",\"displayName\":\"Editor\"}"},{"value":"{\"id\":\"'"$tag"'-0000-4000-8000-000000000002\",\"value\":\"reader\",\"displayName\":\"Reader\"}"},{"value":"{\"id\":\"'"$tag"'-0000-4000-8000-000000000003\",\"value\":\"owner\",\"displayName\":\"Owner\"}"}]}]}'

# line 29: expect ada
ask GET '/Users/'"$user_1"''

echo 'violated: roles[value eq "auditor"] is gone after a request that does not name it.'
echo 'expected: roles[value eq "auditor"]: present'
echo 'see:      RFC 7644 §3.5.2; Microsoft: use-scim-to-provision-users-and-groups; field report: Captain-P-Goldfish/SCIM-SDK#668'
echo 'fix:      Apply each operation to its own target: merge complex values, change only the elements that a value path selects, and keep everything else.'
published '200 {"schemas":["urn:ietf:params:scim:schemas:core:2.0:User","urn:ietf:params:scim:schemas:extension:enterprise:2.0:User"],"externalId":"{run}-2hmbje6bea","userName":"{run}.jan.ankunding.2hmbje6bea@example.com","active":true,"addresses":[{"primary":false,"type":"work","country":"US","formatted":"Building 12, room 131","locality":"Vicentetown","postalCode":"4909","region":"Texas","streetAddress":"58057 Arielle Via"}],"displayName":"Jan Ankunding","emails":[{"primary":true,"type":"work","value":"jan.ankunding.{run}.2hmbje6bea@example.com"}],"meta":{"resourceType":"User"},"name":{"formatted":"Jan Ankunding","familyName":"Ankunding","givenName":"Jan"},"phoneNumbers":[{"primary":true,"type":"work","value":"+1 312-555-0152"},{"primary":false,"type":"mobile","value":"+1 312-555-0153"},{"primary":false,"type":"fax","value":"+1 312-555-0154"}],"preferredLanguage":"en-US","roles":[{"value":"{\"id\":\"{uuid}\",\"value\":\"editor\",\"displayName\":\"Editor\"}"},{"value":"{\"id\":\"{uuid}\",\"value\":\"reader\",\"displayName\":\"Reader\"}"},{"value":"{\"id\":\"{uuid}\",\"value\":\"owner\",\"displayName\":\"Owner\"}"}],"title":"Central Hospitality Architect","urn:ietf:params:scim:schemas:extension:enterprise:2.0:User":{"employeeNumber":"0729298548","department":"Legal"},"id":"{user_1}"}'
