#!/bin/sh
# cycles/manager-changed (error): A new manager replaces the old one
# for "ada" the server returns nothing in
# urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:manager, expected "{user_3}"
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
  --data-binary '{"schemas":["urn:ietf:params:scim:schemas:core:2.0:User","urn:ietf:params:scim:schemas:extension:enterprise:2.0:User"],"externalId":"'"$run"'-wjcfbgwrmx","userName":"'"$run"'.fanny.bailey.wjcfbgwrmx@example.com","active":true,"addresses":[{"primary":false,"type":"work","country":"US","formatted":"Building 27, room 336","locality":"Lefflerland","postalCode":"06222","region":"Nevada","streetAddress":"950 Deontae Meadow"}],"displayName":"Fanny Bailey","emails":[{"primary":true,"type":"work","value":"fanny.bailey.'"$run"'.wjcfbgwrmx@example.com"}],"meta":{"resourceType":"User"},"name":{"formatted":"Fanny Bailey","familyName":"Bailey","givenName":"Fanny"},"phoneNumbers":[{"primary":true,"type":"work","value":"+1 617-555-0113"},{"primary":false,"type":"mobile","value":"+1 617-555-0114"},{"primary":false,"type":"fax","value":"+1 617-555-0115"}],"preferredLanguage":"en-US","roles":[],"title":"National Legal Facilitator"}'
keep user_1 /Users
user_1=$id

# cycle 1: create grace
ask POST '/Users' \
  -H 'Adscimversion: 6.0' \
  -H 'Content-Type: application/scim+json; charset=utf-8' \
  --data-binary '{"schemas":["urn:ietf:params:scim:schemas:core:2.0:User","urn:ietf:params:scim:schemas:extension:enterprise:2.0:User"],"externalId":"'"$run"'-dahzd6xay3","userName":"'"$run"'.janiya.mclaughlin.dahzd6xay3@example.com","active":true,"addresses":[{"primary":false,"type":"work","country":"US","formatted":"Building 15, room 312","locality":"South Winona Rueckerhaven","postalCode":"2275","region":"New Hampshire","streetAddress":"800 Ellsworth Knoll"}],"displayName":"Janiya McLaughlin","emails":[{"primary":true,"type":"work","value":"janiya.mclaughlin.'"$run"'.dahzd6xay3@example.com"}],"meta":{"resourceType":"User"},"name":{"formatted":"Janiya McLaughlin","familyName":"McLaughlin","givenName":"Janiya"},"phoneNumbers":[{"primary":true,"type":"work","value":"+1 425-555-0153"},{"primary":false,"type":"mobile","value":"+1 425-555-0154"},{"primary":false,"type":"fax","value":"+1 425-555-0155"}],"preferredLanguage":"en-US","roles":[],"title":"Global Marketing Executive"}'
keep user_2 /Users
user_2=$id

# cycle 1: create edsger
ask POST '/Users' \
  -H 'Adscimversion: 6.0' \
  -H 'Content-Type: application/scim+json; charset=utf-8' \
  --data-binary '{"schemas":["urn:ietf:params:scim:schemas:core:2.0:User","urn:ietf:params:scim:schemas:extension:enterprise:2.0:User"],"externalId":"'"$run"'-rszwwk5fyz","userName":"'"$run"'.lemuel.sauer.rszwwk5fyz@example.com","active":true,"addresses":[{"primary":false,"type":"work","country":"US","formatted":"Building 35, room 244","locality":"North Pink Keeblermouth","postalCode":"9276","region":"Minnesota","streetAddress":"53119 Kip Cliffs"}],"displayName":"Lemuel Sauer","emails":[{"primary":true,"type":"work","value":"lemuel.sauer.'"$run"'.rszwwk5fyz@example.com"}],"meta":{"resourceType":"User"},"name":{"formatted":"Lemuel Sauer","familyName":"Sauer","givenName":"Lemuel"},"phoneNumbers":[{"primary":true,"type":"work","value":"+1 206-555-0125"},{"primary":false,"type":"mobile","value":"+1 206-555-0126"},{"primary":false,"type":"fax","value":"+1 206-555-0127"}],"preferredLanguage":"en-US","roles":[],"title":"District Farming Administrator"}'
keep user_3 /Users
user_3=$id

# cycle 1: set manager of ada
ask PATCH '/Users/'"$user_1"'' \
  -H 'Adscimversion: 6.0' \
  -H 'Content-Type: application/scim+json; charset=utf-8' \
  --data-binary '{"schemas":["urn:ietf:params:scim:api:messages:2.0:PatchOp"],"Operations":[{"op":"Add","path":"urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:manager","value":"'"$user_2"'"}]}'

# cycle 2: update ada
ask PATCH '/Users/'"$user_1"'' \
  -H 'Adscimversion: 6.0' \
  -H 'Content-Type: application/scim+json; charset=utf-8' \
  --data-binary '{"schemas":["urn:ietf:params:scim:api:messages:2.0:PatchOp"],"Operations":[{"op":"Add","path":"displayName","value":"Fanny Bailey"},{"op":"Add","path":"title","value":"National Legal Facilitator"},{"op":"Add","path":"emails[type eq \"work\"].value","value":"fanny.bailey.'"$run"'.wjcfbgwrmx@example.com"},{"op":"Add","path":"preferredLanguage","value":"en-US"},{"op":"Add","path":"name.formatted","value":"Fanny Bailey"},{"op":"Add","path":"addresses[type eq \"work\"].formatted","value":"Building 27, room 336"},{"op":"Add","path":"addresses[type eq \"work\"].streetAddress","value":"950 Deontae Meadow"},{"op":"Add","path":"addresses[type eq \"work\"].locality","value":"Lefflerland"},{"op":"Add","path":"addresses[type eq \"work\"].region","value":"Nevada"},{"op":"Add","path":"addresses[type eq \"work\"].postalCode","value":"06222"},{"op":"Add","path":"addresses[type eq \"work\"].country","value":"US"},{"op":"Add","path":"phoneNumbers[type eq \"work\"].value","value":"+1 617-555-0113"},{"op":"Add","path":"phoneNumbers[type eq \"mobile\"].value","value":"+1 617-555-0114"},{"op":"Add","path":"phoneNumbers[type eq \"fax\"].value","value":"+1 617-555-0115"}]}'

# cycle 2: set manager of ada
ask PATCH '/Users/'"$user_1"'' \
  -H 'Adscimversion: 6.0' \
  -H 'Content-Type: application/scim+json; charset=utf-8' \
  --data-binary '{"schemas":["urn:ietf:params:scim:api:messages:2.0:PatchOp"],"Operations":[{"op":"Add","path":"urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:manager","value":"'"$user_3"'"}]}'

# line 24: expect ada mirrored
ask GET '/Users/'"$user_1"''

echo 'violated: for "ada" the server returns nothing in urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:manager, expected "{user_3}"'
echo 'expected: "{user_3}"'
echo 'see:      RFC 7644 §3.5.2.3; Microsoft: use-scim-to-provision-users-and-groups'
echo 'fix:      On Replace of the extension'\''s manager with a string, store {"value": new id} instead of the old object. Keep no $ref or displayName of the former manager.'
published '200 {"schemas": ["urn:ietf:params:scim:schemas:core:2.0:User"], "id": "{user_1}", "externalId": "{run}-wjcfbgwrmx", "meta": {"resourceType": "User", "created": "{time}", "lastModified": "{time}", "location": "{base}/Users/{user_1}"}, "userName": "{run}.fanny.bailey.wjcfbgwrmx@example.com", "name": {"familyName": "Bailey", "givenName": "Fanny"}, "active": true, "emails": [{"value": "fanny.bailey.{run}.wjcfbgwrmx@example.com", "primary": true}]}'
