#!/bin/sh
# cycles/rename-to-taken-name (error): A rename to a taken userName is rejected and changes nothing
# PATCH /Users/{id} returns 500, expected 400 or 409
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
  --data-binary '{"schemas":["urn:ietf:params:scim:schemas:core:2.0:User"],"externalId":"'"$run"'-7r4wktmqfz","userName":"'"$run"'.devon.hirthe.7r4wktmqfz@example.com","active":true,"addresses":[{"primary":false,"type":"work","country":"US","formatted":"Building 35, room 181","locality":"Schinnerville","postalCode":"98713","region":"Vermont","streetAddress":"246 Auer Ranch"}],"displayName":"Devon Hirthe","emails":[{"primary":true,"type":"work","value":"devon.hirthe.'"$run"'.7r4wktmqfz@example.com"}],"meta":{"resourceType":"User"},"name":{"formatted":"Devon Hirthe","familyName":"Hirthe","givenName":"Devon"},"phoneNumbers":[{"primary":true,"type":"work","value":"+1 425-555-0149"},{"primary":false,"type":"mobile","value":"+1 425-555-0150"},{"primary":false,"type":"fax","value":"+1 425-555-0151"}],"preferredLanguage":"en-US","roles":[],"title":"Central Education Architect"}'
keep user_1 /Users
user_1=$id

# cycle 1: create grace
ask POST '/Users' \
  -H 'Adscimversion: 6.0' \
  -H 'Content-Type: application/scim+json; charset=utf-8' \
  --data-binary '{"schemas":["urn:ietf:params:scim:schemas:core:2.0:User"],"externalId":"'"$run"'-rnjf8xsajm","userName":"'"$run"'.robbie.robel.rnjf8xsajm@example.com","active":true,"addresses":[{"primary":false,"type":"work","country":"US","formatted":"Building 26, room 255","locality":"Crookschester","postalCode":"15480","region":"Hawaii","streetAddress":"5189 Kessler Cape"}],"displayName":"Robbie Robel","emails":[{"primary":true,"type":"work","value":"robbie.robel.'"$run"'.rnjf8xsajm@example.com"}],"meta":{"resourceType":"User"},"name":{"formatted":"Robbie Robel","familyName":"Robel","givenName":"Robbie"},"phoneNumbers":[{"primary":true,"type":"work","value":"+1 212-555-0144"},{"primary":false,"type":"mobile","value":"+1 212-555-0145"},{"primary":false,"type":"fax","value":"+1 212-555-0146"}],"preferredLanguage":"en-US","roles":[],"title":"Senior Design Representative"}'
keep user_2 /Users
user_2=$id

# line 20: PATCH /Users/{user_1}
ask PATCH '/Users/'"$user_1"'' \
  -H 'Content-Type: application/scim+json' \
  --data-binary '{"schemas":["urn:ietf:params:scim:api:messages:2.0:PatchOp"],"Operations":[{"op":"replace","path":"displayName","value":"Not Ada"},{"op":"replace","path":"userName","value":"'"$run"'.robbie.robel.rnjf8xsajm@example.com"}]}'

echo 'violated: PATCH /Users/{id} returns 500, expected 400 or 409'
echo 'expected: 400 or 409'
echo 'see:      RFC 7644 §3.12; RFC 7643 §4.1.1; field report: simpleidserver/SimpleIdServer#928'
echo 'fix:      Check uniqueness on PATCH as on POST, return 409 with scimType uniqueness, and leave the user unchanged.'
published '500 {text}'
