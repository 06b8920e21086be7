#!/bin/sh
# field/unknown-member (error): An unknown member id does not break the group update
# the response to GET /Groups/{id} has no members
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
  --data-binary '{"schemas":["urn:ietf:params:scim:schemas:core:2.0:User","urn:ietf:params:scim:schemas:extension:enterprise:2.0:User"],"externalId":"'"$run"'-ucjqpxcn88","userName":"'"$run"'.trinity.sipes.ucjqpxcn88@example.com","active":true,"addresses":[{"primary":false,"type":"work","country":"US","formatted":"Building 33, room 428","locality":"Abdielton","postalCode":"87029","region":"Florida","streetAddress":"7181 Homenick Place"}],"displayName":"Trinity Sipes","emails":[{"primary":true,"type":"work","value":"trinity.sipes.'"$run"'.ucjqpxcn88@example.com"}],"meta":{"resourceType":"User"},"name":{"formatted":"Trinity Sipes","familyName":"Sipes","givenName":"Trinity"},"phoneNumbers":[{"primary":true,"type":"work","value":"+1 415-555-0153"},{"primary":false,"type":"mobile","value":"+1 415-555-0154"},{"primary":false,"type":"fax","value":"+1 415-555-0155"}],"preferredLanguage":"en-US","roles":[],"title":"Senior Legal Developer","urn:ietf:params:scim:schemas:extension:enterprise:2.0:User":{"employeeNumber":"0105424262","department":"Logistics"}}'
keep user_1 /Users
user_1=$id

# cycle 1: create grace
ask POST '/Users' \
  -H 'Adscimversion: 6.0' \
  -H 'Content-Type: application/scim+json; charset=utf-8' \
  --data-binary '{"schemas":["urn:ietf:params:scim:schemas:core:2.0:User","urn:ietf:params:scim:schemas:extension:enterprise:2.0:User"],"externalId":"'"$run"'-qjdan5ynp9","userName":"'"$run"'.wava.fritsch.qjdan5ynp9@example.com","active":true,"addresses":[{"primary":false,"type":"work","country":"US","formatted":"Building 27, room 105","locality":"Bergstromland","postalCode":"3386","region":"New Hampshire","streetAddress":"6588 Sauer Rest"}],"displayName":"Wava Fritsch","emails":[{"primary":true,"type":"work","value":"wava.fritsch.'"$run"'.qjdan5ynp9@example.com"}],"meta":{"resourceType":"User"},"name":{"formatted":"Wava Fritsch","familyName":"Fritsch","givenName":"Wava"},"phoneNumbers":[{"primary":true,"type":"work","value":"+1 212-555-0145"},{"primary":false,"type":"mobile","value":"+1 212-555-0146"},{"primary":false,"type":"fax","value":"+1 212-555-0147"}],"preferredLanguage":"en-US","roles":[],"title":"Central Education Architect","urn:ietf:params:scim:schemas:extension:enterprise:2.0:User":{"employeeNumber":"0371267389","department":"Legal"}}'
keep user_2 /Users
user_2=$id

# cycle 1: create team
ask POST '/Groups' \
  -H 'Adscimversion: 6.0' \
  -H 'Content-Type: application/scim+json; charset=utf-8' \
  --data-binary '{"schemas":["urn:ietf:params:scim:schemas:core:2.0:Group"],"externalId":"'"$tag"'-0000-4000-8000-000000000001","displayName":"'"$run"' Finance p7hgyypvsc","members":[],"meta":{"resourceType":"Group"}}'
keep group_1 /Groups
group_1=$id

# cycle 1: add ada to team
ask PATCH '/Groups/'"$group_1"'' \
  -H 'Adscimversion: 6.0' \
  -H 'Content-Type: application/scim+json; charset=utf-8' \
  --data-binary '{"schemas":["urn:ietf:params:scim:api:messages:2.0:PatchOp"],"Operations":[{"op":"Add","path":"members","value":[{"$ref":null,"value":"'"$user_1"'"}]}]}'

# line 20: PATCH /Groups/{group_1}
ask PATCH '/Groups/'"$group_1"'' \
  -H 'Content-Type: application/scim+json' \
  --data-binary '{"schemas":["urn:ietf:params:scim:api:messages:2.0:PatchOp"],"Operations":[{"op":"Add","path":"members","value":[{"value":"'"$tag"'-0000-4000-8000-000000000002"},{"value":"'"$user_2"'"}]}]}'

# line 28: GET /Groups/{group_1}
ask GET '/Groups/'"$group_1"''

echo 'violated: the response to GET /Groups/{id} has no members'
echo 'expected: a value in members'
echo 'see:      field report: lightdash/lightdash#24458; RFC 7644 §3.5.2'
echo 'fix:      Return 400 with the id, or add the other members. Change nothing when you reject the request.'
published '200 {"schemas":["urn:ietf:params:scim:schemas:core:2.0:Group"],"id":"{group_1}","displayName":"{run} Finance p7hgyypvsc","members":[]}'
