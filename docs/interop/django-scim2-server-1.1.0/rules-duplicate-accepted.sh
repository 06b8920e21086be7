#!/bin/sh
# rules/duplicate-accepted (error): userName is unique
# The server created a second User with the same userName.
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
  --data-binary '{"schemas":["urn:ietf:params:scim:schemas:core:2.0:User"],"externalId":"'"$run"'-v7gqawwfmz","userName":"'"$run"'uthc.anna@example.com","active":true,"addresses":[{"primary":false,"type":"work","country":"US","formatted":"Building 1, room 130","locality":"Pfeffershire","postalCode":"5736","region":"Arizona","streetAddress":"281 Eileen Plaza"}],"displayName":"Guillermo Durgan","emails":[{"primary":true,"type":"work","value":"guillermo.durgan.'"$run"'.v7gqawwfmz@example.com"}],"meta":{"resourceType":"User"},"name":{"formatted":"Guillermo Durgan","familyName":"Durgan","givenName":"Guillermo"},"phoneNumbers":[{"primary":true,"type":"work","value":"+1 212-555-0136"},{"primary":false,"type":"mobile","value":"+1 212-555-0137"},{"primary":false,"type":"fax","value":"+1 212-555-0138"}],"preferredLanguage":"en-US","roles":[],"title":"District Accounting Analyst"}'
keep user_1 /Users
user_1=$id

# line 15: POST /Users
ask POST '/Users' \
  -H 'Content-Type: application/scim+json' \
  --data-binary '{"schemas":["urn:ietf:params:scim:schemas:core:2.0:User"],"externalId":"'"$run"'-47zx2ebcpa","userName":"'"$run"'uthc.ANNA@example.com","active":true,"addresses":[{"primary":false,"type":"work","country":"US","formatted":"Building 13, room 402","locality":"Danielfurt","postalCode":"782","region":"Vermont","streetAddress":"621 Adelle Pass"}],"displayName":"Keagan Flatley","emails":[{"primary":true,"type":"work","value":"keagan.flatley.'"$run"'.47zx2ebcpa@example.com"}],"meta":{"resourceType":"User"},"name":{"formatted":"Keagan Flatley","familyName":"Flatley","givenName":"Keagan"},"phoneNumbers":[{"primary":true,"type":"work","value":"+1 212-555-0195"},{"primary":false,"type":"mobile","value":"+1 212-555-0196"},{"primary":false,"type":"fax","value":"+1 212-555-0197"}],"preferredLanguage":"en-US","roles":[],"title":"Lead Accounting Analyst"}'
keep user_2 /Users
user_2=$id

echo 'violated: The server created a second User with the same userName.'
echo 'expected: 409 with scimType uniqueness'
echo 'see:      RFC 7643 §4.1.1; RFC 7644 §3.3; Microsoft: scim-validator-tutorial; field report: ory/polis#4067'
echo 'fix:      Check uniqueness without regard to letter case, over disabled users too, and return 409 with scimType uniqueness.'
published '201 {"schemas": ["urn:ietf:params:scim:schemas:core:2.0:User"], "id": "{user_2}", "externalId": "{run}-47zx2ebcpa", "meta": {"resourceType": "User", "created": "{time}", "lastModified": "{time}", "location": "{base}/Users/{user_2}"}, "userName": "{run}uthc.ANNA@example.com", "name": {"familyName": "Flatley", "givenName": "Keagan"}, "active": true, "emails": [{"value": "keagan.flatley.{run}.47zx2ebcpa@example.com", "primary": true}]}'
