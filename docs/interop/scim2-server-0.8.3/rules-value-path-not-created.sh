#!/bin/sh
# rules/value-path-not-created (error): A write to a value path creates the missing element
# A write to a value path without an element is rejected with 400.
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
  --data-binary '{"schemas":["urn:ietf:params:scim:schemas:core:2.0:User","urn:ietf:params:scim:schemas:extension:enterprise:2.0:User"],"externalId":"'"$run"'-pjrqtdr8mu","userName":"'"$run"'.clair.kutch.pjrqtdr8mu@example.com","active":true,"displayName":"Clair Kutch","emails":[{"primary":true,"type":"work","value":"clair.kutch.'"$run"'.pjrqtdr8mu@example.com"}],"meta":{"resourceType":"User"},"name":{"formatted":"Clair Kutch","familyName":"Kutch","givenName":"Clair"},"phoneNumbers":[{"primary":true,"type":"work","value":"+1 206-555-0144"},{"primary":false,"type":"mobile","value":"+1 206-555-0145"},{"primary":false,"type":"fax","value":"+1 206-555-0146"}],"preferredLanguage":"en-US","roles":[],"title":"District Consulting Officer","urn:ietf:params:scim:schemas:extension:enterprise:2.0:User":{"employeeNumber":"0925862906","department":"Research"}}'
keep user_1 /Users
user_1=$id

# cycle 2: update ada
ask PATCH '/Users/'"$user_1"'' \
  -H 'Adscimversion: 6.0' \
  -H 'Content-Type: application/scim+json; charset=utf-8' \
  --data-binary '{"schemas":["urn:ietf:params:scim:api:messages:2.0:PatchOp"],"Operations":[{"op":"add","path":"addresses[type eq \"work\"].streetAddress","value":"12 St James'\''s Square"},{"op":"add","path":"addresses[type eq \"work\"].locality","value":"London"},{"op":"add","path":"addresses[type eq \"work\"].postalCode","value":"SW1Y 4JH"},{"op":"add","path":"addresses[type eq \"work\"].country","value":"United Kingdom"}]}'

echo 'violated: A write to a value path without an element is rejected with 400.'
echo 'expected: a 2xx status'
echo 'see:      RFC 7644 §3.5.2.3; Microsoft: customize-application-attributes; field report: Captain-P-Goldfish/SCIM-SDK#416'
echo 'fix:      Append an element with the fields of the filter (type work) and the value.'
published '400 {"schemas": ["urn:ietf:params:scim:api:messages:2.0:Error"], "status": "400", "scimType": "noTarget", "detail": "no value of '\''addresses'\'' matches the path filter"}'
