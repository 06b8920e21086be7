#!/bin/sh
# cycles/purge-user (critical): A purged user is deleted and no longer found
# "ada" was deleted, but GET /Users/{id} returns 200
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
  --data-binary '{"schemas":["urn:ietf:params:scim:schemas:core:2.0:User"],"externalId":"'"$run"'-w7hxfxmthr","userName":"'"$run"'.jackson.zemlak.w7hxfxmthr@example.com","active":true,"addresses":[{"primary":false,"type":"work","country":"US","formatted":"Building 18, room 103","locality":"Jaunitaberg","postalCode":"8714","region":"Kentucky","streetAddress":"47677 Josh Hollow"}],"displayName":"Jackson Zemlak","emails":[{"primary":true,"type":"work","value":"jackson.zemlak.'"$run"'.w7hxfxmthr@example.com"}],"meta":{"resourceType":"User"},"name":{"formatted":"Jackson Zemlak","familyName":"Zemlak","givenName":"Jackson"},"phoneNumbers":[{"primary":true,"type":"work","value":"+1 415-555-0129"},{"primary":false,"type":"mobile","value":"+1 415-555-0130"},{"primary":false,"type":"fax","value":"+1 415-555-0131"}],"preferredLanguage":"en-US","roles":[],"title":"Senior Farming Director"}'
keep user_1 /Users
user_1=$id

# cycle 2: disable ada
ask PATCH '/Users/'"$user_1"'' \
  -H 'Adscimversion: 6.0' \
  -H 'Content-Type: application/scim+json; charset=utf-8' \
  --data-binary '{"schemas":["urn:ietf:params:scim:api:messages:2.0:PatchOp"],"Operations":[{"op":"Replace","path":"active","value":"False"},{"op":"Add","path":"displayName","value":"Jackson Zemlak"},{"op":"Add","path":"title","value":"Senior Farming Director"},{"op":"Add","path":"emails[type eq \"work\"].value","value":"jackson.zemlak.'"$run"'.w7hxfxmthr@example.com"},{"op":"Add","path":"preferredLanguage","value":"en-US"},{"op":"Add","path":"name.formatted","value":"Jackson Zemlak"},{"op":"Add","path":"addresses[type eq \"work\"].formatted","value":"Building 18, room 103"},{"op":"Add","path":"addresses[type eq \"work\"].streetAddress","value":"47677 Josh Hollow"},{"op":"Add","path":"addresses[type eq \"work\"].locality","value":"Jaunitaberg"},{"op":"Add","path":"addresses[type eq \"work\"].region","value":"Kentucky"},{"op":"Add","path":"addresses[type eq \"work\"].postalCode","value":"8714"},{"op":"Add","path":"addresses[type eq \"work\"].country","value":"US"},{"op":"Add","path":"phoneNumbers[type eq \"work\"].value","value":"+1 415-555-0129"},{"op":"Add","path":"phoneNumbers[type eq \"mobile\"].value","value":"+1 415-555-0130"},{"op":"Add","path":"phoneNumbers[type eq \"fax\"].value","value":"+1 415-555-0131"}]}'

# cycle 3: delete ada
ask DELETE '/Users/'"$user_1"'' \
  -H 'Adscimversion: 6.0'

# line 21: expect ada
ask GET '/Users/'"$user_1"''

echo 'violated: "ada" was deleted, but GET /Users/{id} returns 200'
echo 'expected: 404'
echo 'see:      RFC 7644 §3.6; Microsoft: how-provisioning-works; field report: FusionAuth/fusionauth-issues#3244'
echo 'fix:      Return 204 for DELETE, then 404 for that id, and leave the user out of every list and filter.'
published '200 {"schemas": ["urn:ietf:params:scim:schemas:core:2.0:User"], "id": "{user_1}", "externalId": "{run}-w7hxfxmthr", "meta": {"resourceType": "User", "created": "{time}", "lastModified": "{time}", "location": "{base}/Users/{user_1}"}, "userName": "{run}.jackson.zemlak.w7hxfxmthr@example.com", "name": {"familyName": "Zemlak", "givenName": "Jackson"}, "active": false, "emails": [{"value": "jackson.zemlak.{run}.w7hxfxmthr@example.com", "primary": true}]}'
