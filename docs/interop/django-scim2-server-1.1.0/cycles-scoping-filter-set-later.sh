#!/bin/sh
# cycles/scoping-filter-set-later (error): A scoping filter that is added later disables users who
# fail it
# for "ada" the server returns nothing in addresses[type eq "work"].country, expected "GB"
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
  --data-binary '{"schemas":["urn:ietf:params:scim:schemas:core:2.0:User"],"externalId":"'"$run"'-xedx7p34eq","userName":"'"$run"'.cydney.rowe.xedx7p34eq@example.com","active":true,"addresses":[{"primary":false,"type":"work","country":"GB","formatted":"Building 4, room 280","locality":"Rueckerland","postalCode":"1837","region":"Tennessee","streetAddress":"14572 Schinner Alley"}],"displayName":"Cydney Rowe","emails":[{"primary":true,"type":"work","value":"cydney.rowe.'"$run"'.xedx7p34eq@example.com"}],"meta":{"resourceType":"User"},"name":{"formatted":"Cydney Rowe","familyName":"Rowe","givenName":"Cydney"},"phoneNumbers":[{"primary":true,"type":"work","value":"+1 206-555-0173"},{"primary":false,"type":"mobile","value":"+1 206-555-0174"},{"primary":false,"type":"fax","value":"+1 206-555-0175"}],"preferredLanguage":"en-US","roles":[],"title":"International Design Consultant"}'
keep user_1 /Users
user_1=$id

# cycle 1: create grace
ask POST '/Users' \
  -H 'Adscimversion: 6.0' \
  -H 'Content-Type: application/scim+json; charset=utf-8' \
  --data-binary '{"schemas":["urn:ietf:params:scim:schemas:core:2.0:User"],"externalId":"'"$run"'-k54sx5uyfx","userName":"'"$run"'.bobby.bernhard.k54sx5uyfx@example.com","active":true,"addresses":[{"primary":false,"type":"work","country":"US","formatted":"Building 33, room 419","locality":"Howemouth","postalCode":"1537","region":"Florida","streetAddress":"165 Flatley Branch"}],"displayName":"Bobby Bernhard","emails":[{"primary":true,"type":"work","value":"bobby.bernhard.'"$run"'.k54sx5uyfx@example.com"}],"meta":{"resourceType":"User"},"name":{"formatted":"Bobby Bernhard","familyName":"Bernhard","givenName":"Bobby"},"phoneNumbers":[{"primary":true,"type":"work","value":"+1 312-555-0187"},{"primary":false,"type":"mobile","value":"+1 312-555-0188"},{"primary":false,"type":"fax","value":"+1 312-555-0189"}],"preferredLanguage":"en-US","roles":[],"title":"Junior Mining Strategist"}'
keep user_2 /Users
user_2=$id

# cycle 2: update ada
ask PATCH '/Users/'"$user_1"'' \
  -H 'Adscimversion: 6.0' \
  -H 'Content-Type: application/scim+json; charset=utf-8' \
  --data-binary '{"schemas":["urn:ietf:params:scim:api:messages:2.0:PatchOp"],"Operations":[{"op":"Add","path":"displayName","value":"Cydney Rowe"},{"op":"Add","path":"title","value":"International Design Consultant"},{"op":"Add","path":"emails[type eq \"work\"].value","value":"cydney.rowe.'"$run"'.xedx7p34eq@example.com"},{"op":"Add","path":"preferredLanguage","value":"en-US"},{"op":"Add","path":"name.formatted","value":"Cydney Rowe"},{"op":"Add","path":"addresses[type eq \"work\"].formatted","value":"Building 4, room 280"},{"op":"Add","path":"addresses[type eq \"work\"].streetAddress","value":"14572 Schinner Alley"},{"op":"Add","path":"addresses[type eq \"work\"].locality","value":"Rueckerland"},{"op":"Add","path":"addresses[type eq \"work\"].region","value":"Tennessee"},{"op":"Add","path":"addresses[type eq \"work\"].postalCode","value":"1837"},{"op":"Add","path":"addresses[type eq \"work\"].country","value":"GB"},{"op":"Add","path":"phoneNumbers[type eq \"work\"].value","value":"+1 206-555-0173"},{"op":"Add","path":"phoneNumbers[type eq \"mobile\"].value","value":"+1 206-555-0174"},{"op":"Add","path":"phoneNumbers[type eq \"fax\"].value","value":"+1 206-555-0175"}]}'

# cycle 2: disable grace
ask PATCH '/Users/'"$user_2"'' \
  -H 'Adscimversion: 6.0' \
  -H 'Content-Type: application/scim+json; charset=utf-8' \
  --data-binary '{"schemas":["urn:ietf:params:scim:api:messages:2.0:PatchOp"],"Operations":[{"op":"Replace","path":"active","value":"False"},{"op":"Add","path":"displayName","value":"Bobby Bernhard"},{"op":"Add","path":"title","value":"Junior Mining Strategist"},{"op":"Add","path":"emails[type eq \"work\"].value","value":"bobby.bernhard.'"$run"'.k54sx5uyfx@example.com"},{"op":"Add","path":"preferredLanguage","value":"en-US"},{"op":"Add","path":"name.formatted","value":"Bobby Bernhard"},{"op":"Add","path":"addresses[type eq \"work\"].formatted","value":"Building 33, room 419"},{"op":"Add","path":"addresses[type eq \"work\"].streetAddress","value":"165 Flatley Branch"},{"op":"Add","path":"addresses[type eq \"work\"].locality","value":"Howemouth"},{"op":"Add","path":"addresses[type eq \"work\"].region","value":"Florida"},{"op":"Add","path":"addresses[type eq \"work\"].postalCode","value":"1537"},{"op":"Add","path":"addresses[type eq \"work\"].country","value":"US"},{"op":"Add","path":"phoneNumbers[type eq \"work\"].value","value":"+1 312-555-0187"},{"op":"Add","path":"phoneNumbers[type eq \"mobile\"].value","value":"+1 312-555-0188"},{"op":"Add","path":"phoneNumbers[type eq \"fax\"].value","value":"+1 312-555-0189"}]}'

# line 18: expect ada
ask GET '/Users/'"$user_1"''

echo 'violated: for "ada" the server returns nothing in addresses[type eq "work"].country, expected "GB"'
echo 'expected: "GB"'
echo 'see:      RFC 7644 §3.3; Microsoft: use-scim-to-provision-users-and-groups'
echo 'fix:      Store addresses[type eq "work"].country as it was sent. If the application has no such attribute, omit it from /Schemas and tell your customers not to map it.'
published '200 {"schemas": ["urn:ietf:params:scim:schemas:core:2.0:User"], "id": "{user_1}", "externalId": "{run}-xedx7p34eq", "meta": {"resourceType": "User", "created": "{time}", "lastModified": "{time}", "location": "{base}/Users/{user_1}"}, "userName": "{run}.cydney.rowe.xedx7p34eq@example.com", "name": {"familyName": "Rowe", "givenName": "Cydney"}, "active": true, "emails": [{"value": "cydney.rowe.{run}.xedx7p34eq@example.com", "primary": true}]}'
