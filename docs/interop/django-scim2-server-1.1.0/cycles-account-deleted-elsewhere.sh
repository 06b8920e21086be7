#!/bin/sh
# cycles/account-deleted-elsewhere (error): An account that was deleted behind Entra's back is made
# again
# the provisioning log says of "ada": update success; expected failure InvalidAnchor
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

# cycle 1: create ada
ask POST '/Users' \
  -H 'Adscimversion: 6.0' \
  -H 'Content-Type: application/scim+json; charset=utf-8' \
  --data-binary '{"schemas":["urn:ietf:params:scim:schemas:core:2.0:User","urn:ietf:params:scim:schemas:extension:enterprise:2.0:User"],"externalId":"'"$run"'-bzcx7n6f9x","userName":"'"$run"'.nichole.goodwin.bzcx7n6f9x@example.com","active":true,"addresses":[{"primary":false,"type":"work","country":"US","formatted":"Building 5, room 431","locality":"Abshirefort","postalCode":"55647","region":"Delaware","streetAddress":"09437 Padberg Trace"}],"displayName":"Nichole Goodwin","emails":[{"primary":true,"type":"work","value":"nichole.goodwin.'"$run"'.bzcx7n6f9x@example.com"}],"meta":{"resourceType":"User"},"name":{"formatted":"Nichole Goodwin","familyName":"Goodwin","givenName":"Nichole"},"phoneNumbers":[{"primary":true,"type":"work","value":"+1 206-555-0142"},{"primary":false,"type":"mobile","value":"+1 206-555-0143"},{"primary":false,"type":"fax","value":"+1 206-555-0144"}],"preferredLanguage":"en-US","roles":[],"title":"Lead Legal Facilitator"}'
keep user_1 /Users
user_1=$id

# cycle 1: create grace
ask POST '/Users' \
  -H 'Adscimversion: 6.0' \
  -H 'Content-Type: application/scim+json; charset=utf-8' \
  --data-binary '{"schemas":["urn:ietf:params:scim:schemas:core:2.0:User","urn:ietf:params:scim:schemas:extension:enterprise:2.0:User"],"externalId":"'"$run"'-9c2buuefcx","userName":"'"$run"'.bryana.leannon.9c2buuefcx@example.com","active":true,"addresses":[{"primary":false,"type":"work","country":"US","formatted":"Building 37, room 147","locality":"Hoppeshire","postalCode":"7414","region":"Mississippi","streetAddress":"95452 Labadie Manors"}],"displayName":"Bryana Leannon","emails":[{"primary":true,"type":"work","value":"bryana.leannon.'"$run"'.9c2buuefcx@example.com"}],"meta":{"resourceType":"User"},"name":{"formatted":"Bryana Leannon","familyName":"Leannon","givenName":"Bryana"},"phoneNumbers":[{"primary":true,"type":"work","value":"+1 212-555-0171"},{"primary":false,"type":"mobile","value":"+1 212-555-0172"},{"primary":false,"type":"fax","value":"+1 212-555-0173"}],"preferredLanguage":"en-US","roles":[],"title":"National Administration Agent"}'
keep user_2 /Users
user_2=$id

# line 17: DELETE /Users/{user_1}
ask DELETE '/Users/'"$user_1"''

# cycle 2: update ada
ask PATCH '/Users/'"$user_1"'' \
  -H 'Adscimversion: 6.0' \
  -H 'Content-Type: application/scim+json; charset=utf-8' \
  --data-binary '{"schemas":["urn:ietf:params:scim:api:messages:2.0:PatchOp"],"Operations":[{"op":"replace","path":"active","value":true},{"op":"add","path":"displayName","value":"Ada Lovelace"},{"op":"add","path":"title","value":"Lead Legal Facilitator"},{"op":"add","path":"emails[type eq \"work\"].value","value":"nichole.goodwin.'"$run"'.bzcx7n6f9x@example.com"},{"op":"add","path":"preferredLanguage","value":"en-US"},{"op":"add","path":"name.formatted","value":"Nichole Goodwin"},{"op":"add","path":"addresses[type eq \"work\"].formatted","value":"Building 5, room 431"},{"op":"add","path":"addresses[type eq \"work\"].streetAddress","value":"09437 Padberg Trace"},{"op":"add","path":"addresses[type eq \"work\"].locality","value":"Abshirefort"},{"op":"add","path":"addresses[type eq \"work\"].region","value":"Delaware"},{"op":"add","path":"addresses[type eq \"work\"].postalCode","value":"55647"},{"op":"add","path":"addresses[type eq \"work\"].country","value":"US"},{"op":"add","path":"phoneNumbers[type eq \"work\"].value","value":"+1 206-555-0142"},{"op":"add","path":"phoneNumbers[type eq \"mobile\"].value","value":"+1 206-555-0143"},{"op":"add","path":"phoneNumbers[type eq \"fax\"].value","value":"+1 206-555-0144"}]}'

echo 'violated: the provisioning log says of "ada": update success; expected failure InvalidAnchor'
echo 'expected: failure InvalidAnchor'
echo 'see:      Microsoft: how-provisioning-works; RFC 7644 §3.12'
echo 'fix:      Answer 404 with a SCIM error for an id that is gone, to GET and to PATCH, and free its userName.'
published '200 {"schemas": ["urn:ietf:params:scim:schemas:core:2.0:User"], "id": "{user_1}", "externalId": "{run}-bzcx7n6f9x", "meta": {"resourceType": "User", "created": "{time}", "lastModified": "{time}", "location": "{base}/Users/{user_1}"}, "userName": "{run}.nichole.goodwin.bzcx7n6f9x@example.com", "name": {"familyName": "Goodwin", "givenName": "Nichole"}, "active": true, "emails": [{"value": "nichole.goodwin.{run}.bzcx7n6f9x@example.com", "primary": true}]}'
