#!/bin/sh
# rules/path-stored-as-key (error): A path is resolved, not stored as a name
# The resource has a member called `urn:ietf:params:scim:schemas:extension:enterprise:2`: the server
# stored a path as a name.
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
  --data-binary '{"schemas":["urn:ietf:params:scim:schemas:core:2.0:User","urn:ietf:params:scim:schemas:extension:enterprise:2.0:User"],"externalId":"'"$run"'-cpyswtzsfj","userName":"'"$run"'.ima.borer.cpyswtzsfj@example.com","active":true,"addresses":[{"primary":false,"type":"work","country":"US","formatted":"Building 14, room 179","locality":"Ryanton","postalCode":"276","region":"Georgia","streetAddress":"3569 Cassin Burg"}],"displayName":"Ima Borer","emails":[{"primary":true,"type":"work","value":"ima.borer.'"$run"'.cpyswtzsfj@example.com"}],"meta":{"resourceType":"User"},"name":{"formatted":"Ima Borer","familyName":"Borer","givenName":"Ima"},"phoneNumbers":[{"primary":true,"type":"work","value":"+1 312-555-0189"},{"primary":false,"type":"mobile","value":"+1 312-555-0190"},{"primary":false,"type":"fax","value":"+1 312-555-0191"}],"roles":[]}'
keep user_1 /Users
user_1=$id

# cycle 2: update ada
ask PATCH '/Users/'"$user_1"'' \
  -H 'Adscimversion: 6.0' \
  -H 'Content-Type: application/scim+json; charset=utf-8' \
  --data-binary '{"schemas":["urn:ietf:params:scim:api:messages:2.0:PatchOp"],"Operations":[{"op":"Add","path":"title","value":"Analyst"},{"op":"Add","path":"preferredLanguage","value":"en-GB"},{"op":"Add","path":"urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:department","value":"Engines"}]}'

# line 21: expect ada
ask GET '/Users/'"$user_1"''

echo 'violated: The resource has a member called `urn:ietf:params:scim:schemas:extension:enterprise:2`: the server stored a path as a name.'
echo 'expected: the value at that path'
echo 'see:      RFC 7644 §3.10; Microsoft: application-provisioning-config-problem-scim-compatibility; field report: pingidentity/scim2#224; field report: jelhub/scimgateway#124'
echo 'fix:      In an operation without a path, read every key of the value as an attribute path: find the longest known URN first, then split at dots.'
published '200 {"schemas":["urn:ietf:params:scim:schemas:core:2.0:User","urn:ietf:params:scim:schemas:extension:enterprise:2.0:User"],"externalId":"{run}-cpyswtzsfj","userName":"{run}.ima.borer.cpyswtzsfj@example.com","active":true,"addresses":[{"primary":false,"type":"work","country":"US","formatted":"Building 14, room 179","locality":"Ryanton","postalCode":"276","region":"Georgia","streetAddress":"3569 Cassin Burg"}],"displayName":"Ima Borer","emails":[{"primary":true,"type":"work","value":"ima.borer.{run}.cpyswtzsfj@example.com"}],"meta":{"resourceType":"User"},"name":{"formatted":"Ima Borer","familyName":"Borer","givenName":"Ima"},"phoneNumbers":[{"primary":true,"type":"work","value":"+1 312-555-0189"},{"primary":false,"type":"mobile","value":"+1 312-555-0190"},{"primary":false,"type":"fax","value":"+1 312-555-0191"}],"roles":[],"id":"{user_1}","title":"Analyst","preferredLanguage":"en-GB","urn:ietf:params:scim:schemas:extension:enterprise:2":{"0:User:department":"Engines"}}'
