#!/bin/sh
# cycles/on-demand-then-cycle (error): Who was provisioned on demand is not provisioned again by the
# cycle
# nothing had changed, and yet what the target answers makes Entra send PATCH /Users/{id}
# Written by scimulate. Needs SCIMULATE_TARGET (the SCIM base URL) and SCIMULATE_TOKEN. Ends with 0
# if the target still answers like this, else with 1.
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

# on demand 1: create ada
ask POST '/Users' \
  -H 'Adscimversion: 6.0' \
  -H 'Content-Type: application/scim+json; charset=utf-8' \
  --data-binary '{"schemas":["urn:ietf:params:scim:schemas:core:2.0:User","urn:ietf:params:scim:schemas:extension:enterprise:2.0:User"],"externalId":"'"$run"'-dvy9t5pxgx","userName":"'"$run"'.kaleb.bahringer.dvy9t5pxgx@example.com","active":true,"addresses":[{"primary":false,"type":"work","country":"US","formatted":"Building 36, room 320","locality":"Wisokytown","postalCode":"83376","region":"Nebraska","streetAddress":"8590 Koss Route"}],"displayName":"Kaleb Bahringer","emails":[{"primary":true,"type":"work","value":"kaleb.bahringer.'"$run"'.dvy9t5pxgx@example.com"}],"meta":{"resourceType":"User"},"name":{"formatted":"Kaleb Bahringer","familyName":"Bahringer","givenName":"Kaleb"},"phoneNumbers":[{"primary":true,"type":"work","value":"+1 425-555-0136"},{"primary":false,"type":"mobile","value":"+1 425-555-0137"},{"primary":false,"type":"fax","value":"+1 425-555-0138"}],"preferredLanguage":"en-US","roles":[],"title":"District Community-Services Supervisor"}'
keep user_1 /Users
user_1=$id

# cycle 1: update ada
ask PATCH '/Users/'"$user_1"'' \
  -H 'Adscimversion: 6.0' \
  -H 'Content-Type: application/scim+json; charset=utf-8' \
  --data-binary '{"schemas":["urn:ietf:params:scim:api:messages:2.0:PatchOp"],"Operations":[{"op":"add","path":"displayName","value":"Kaleb Bahringer"},{"op":"add","path":"title","value":"District Community-Services Supervisor"},{"op":"add","path":"emails[type eq \"work\"].value","value":"kaleb.bahringer.'"$run"'.dvy9t5pxgx@example.com"},{"op":"add","path":"preferredLanguage","value":"en-US"},{"op":"add","path":"name.formatted","value":"Kaleb Bahringer"},{"op":"add","path":"addresses[type eq \"work\"].formatted","value":"Building 36, room 320"},{"op":"add","path":"addresses[type eq \"work\"].streetAddress","value":"8590 Koss Route"},{"op":"add","path":"addresses[type eq \"work\"].locality","value":"Wisokytown"},{"op":"add","path":"addresses[type eq \"work\"].region","value":"Nebraska"},{"op":"add","path":"addresses[type eq \"work\"].postalCode","value":"83376"},{"op":"add","path":"addresses[type eq \"work\"].country","value":"US"},{"op":"add","path":"phoneNumbers[type eq \"work\"].value","value":"+1 425-555-0136"},{"op":"add","path":"phoneNumbers[type eq \"mobile\"].value","value":"+1 425-555-0137"},{"op":"add","path":"phoneNumbers[type eq \"fax\"].value","value":"+1 425-555-0138"}]}'

echo 'violated: nothing had changed, and yet what the target answers makes Entra send PATCH /Users/{id}'
echo 'expected: no write, because the target already holds everything'
echo 'see:      Microsoft: provision-on-demand'
echo 'fix:      Let the matching filter find the account at once, with every attribute it was created with.'
published '200 {"schemas": ["urn:ietf:params:scim:schemas:core:2.0:User"], "id": "{user_1}", "externalId": "{run}-dvy9t5pxgx", "meta": {"resourceType": "User", "created": "{time}", "lastModified": "{time}", "location": "{base}/Users/{user_1}"}, "userName": "{run}.kaleb.bahringer.dvy9t5pxgx@example.com", "name": {"familyName": "Bahringer", "givenName": "Kaleb"}, "active": true, "emails": [{"value": "kaleb.bahringer.{run}.dvy9t5pxgx@example.com", "primary": true}]}'
