#!/bin/sh
# rules/deleted-still-readable (critical): A deleted resource returns 404
# A request to a deleted User succeeds.
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
  --data-binary '{"schemas":["urn:ietf:params:scim:schemas:core:2.0:User"],"externalId":"'"$run"'-tb4fz3kbhk","userName":"'"$run"'.paul.trantow.tb4fz3kbhk@example.com","active":true,"addresses":[{"primary":false,"type":"work","country":"US","formatted":"Building 11, room 487","locality":"Koeppshire","postalCode":"5140","region":"Ohio","streetAddress":"96124 Nadia Street"}],"displayName":"Paul Trantow","emails":[{"primary":true,"type":"work","value":"paul.trantow.'"$run"'.tb4fz3kbhk@example.com"}],"meta":{"resourceType":"User"},"name":{"formatted":"Paul Trantow","familyName":"Trantow","givenName":"Paul"},"phoneNumbers":[{"primary":true,"type":"work","value":"+1 206-555-0124"},{"primary":false,"type":"mobile","value":"+1 206-555-0125"},{"primary":false,"type":"fax","value":"+1 206-555-0126"}],"preferredLanguage":"en-US","roles":[],"title":"Junior Construction Facilitator"}'
keep user_1 /Users
user_1=$id

# cycle 1: create grace
ask POST '/Users' \
  -H 'Adscimversion: 6.0' \
  -H 'Content-Type: application/scim+json; charset=utf-8' \
  --data-binary '{"schemas":["urn:ietf:params:scim:schemas:core:2.0:User"],"externalId":"'"$run"'-vmwmy2mkze","userName":"'"$run"'.garfield.cruickshank.vmwmy2mkze@example.com","active":true,"addresses":[{"primary":false,"type":"work","country":"US","formatted":"Building 39, room 229","locality":"Jenkinsstad","postalCode":"523","region":"Texas","streetAddress":"7273 Margarita Throughway"}],"displayName":"Garfield Cruickshank","emails":[{"primary":true,"type":"work","value":"garfield.cruickshank.'"$run"'.vmwmy2mkze@example.com"}],"meta":{"resourceType":"User"},"name":{"formatted":"Garfield Cruickshank","familyName":"Cruickshank","givenName":"Garfield"},"phoneNumbers":[{"primary":true,"type":"work","value":"+1 415-555-0190"},{"primary":false,"type":"mobile","value":"+1 415-555-0191"},{"primary":false,"type":"fax","value":"+1 415-555-0192"}],"preferredLanguage":"en-US","roles":[],"title":"International Administration Officer"}'
keep user_2 /Users
user_2=$id

# cycle 2: delete ada
ask DELETE '/Users/'"$user_1"'' \
  -H 'Adscimversion: 6.0'

# guard: whose is /Users/{user_1}?
ask GET '/Users/'"$user_1"'' \
  -H 'Accept: application/scim+json'

echo 'violated: A request to a deleted User succeeds.'
echo 'expected: 404'
echo 'see:      RFC 7644 §3.6; Microsoft: scim-validator-tutorial'
echo 'fix:      Remove the resource on DELETE; if you must keep data, hide it from SCIM.'
published '200 {"schemas": ["urn:ietf:params:scim:schemas:core:2.0:User"], "id": "{user_1}", "externalId": "{run}-tb4fz3kbhk", "meta": {"resourceType": "User", "created": "{time}", "lastModified": "{time}", "location": "{base}/Users/{user_1}"}, "userName": "{run}.paul.trantow.tb4fz3kbhk@example.com", "name": {"familyName": "Trantow", "givenName": "Paul"}, "active": false, "emails": [{"value": "paul.trantow.{run}.tb4fz3kbhk@example.com", "primary": true}]}'
