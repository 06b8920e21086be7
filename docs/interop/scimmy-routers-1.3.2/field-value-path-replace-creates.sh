#!/bin/sh
# field/value-path-replace-creates (error): Replace with a value path creates the missing element
# PATCH /Users/{id} returns 400 ("Filter 'phoneNumbers[type eq 'mobile'].value' does not match any
# values for 'replace' op of operation 1 in PatchOp request body"), expected a 2xx status
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
  --data-binary '{"schemas":["urn:ietf:params:scim:schemas:core:2.0:User","urn:ietf:params:scim:schemas:extension:enterprise:2.0:User"],"externalId":"'"$run"'-ra7k5j5436","userName":"'"$run"'.harmon.considine.ra7k5j5436@example.com","active":true,"displayName":"Harmon Considine","emails":[{"primary":true,"type":"work","value":"harmon.considine.'"$run"'.ra7k5j5436@example.com"}],"meta":{"resourceType":"User"},"name":{"formatted":"Harmon Considine","familyName":"Considine","givenName":"Harmon"},"phoneNumbers":[{"primary":true,"type":"work","value":"+1 212-555-0153"},{"primary":false,"type":"fax","value":"+1 212-555-0155"}],"preferredLanguage":"en-US","roles":[],"title":"National Consulting Assistant","urn:ietf:params:scim:schemas:extension:enterprise:2.0:User":{"employeeNumber":"0930367659","department":"Legal"}}'
keep user_1 /Users
user_1=$id

# line 19: PATCH /Users/{user_1}
ask PATCH '/Users/'"$user_1"'' \
  -H 'Content-Type: application/scim+json' \
  --data-binary '{"schemas":["urn:ietf:params:scim:api:messages:2.0:PatchOp"],"Operations":[{"op":"Replace","path":"phoneNumbers[type eq \"mobile\"].value","value":"+1 425 555 0100"},{"op":"Replace","path":"addresses[type eq \"work\"].formatted","value":"18/2111"}]}'

echo 'violated: PATCH /Users/{id} returns 400 ("Filter '\''phoneNumbers[type eq '\''mobile'\''].value'\'' does not match any values for '\''replace'\'' op of operation 1 in PatchOp request body"), expected a 2xx status'
echo 'expected: a 2xx status'
echo 'see:      field report: limosa-io/laravel-scim-server#34; field report: ssoready/ssoready#228; RFC 7644 §3.5.2.3'
echo 'fix:      Append an element with the attributes of the filter and the value, for Replace as for Add.'
published '400 {"schemas":["urn:ietf:params:scim:api:messages:2.0:Error"],"status":"400","scimType":"noTarget","detail":"Filter '\''phoneNumbers[type eq \"mobile\"].value'\'' does not match any values for '\''replace'\'' op of operation 1 in PatchOp request body"}'
