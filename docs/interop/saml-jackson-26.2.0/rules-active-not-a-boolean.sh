#!/bin/sh
# rules/active-not-a-boolean (critical): active is true or false
# active is a string, expected a boolean.
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
  --data-binary '{"schemas":["urn:ietf:params:scim:schemas:core:2.0:User","urn:ietf:params:scim:schemas:extension:enterprise:2.0:User"],"externalId":"'"$run"'-tr8xdwn4vk","userName":"'"$run"'.randy.steuber.tr8xdwn4vk@example.com","active":true,"addresses":[{"primary":false,"type":"work","country":"US","formatted":"Building 26, room 108","locality":"Langworthmouth","postalCode":"58054","region":"Rhode Island","streetAddress":"243 Casandra Forest"}],"displayName":"Randy Steuber","emails":[{"primary":true,"type":"work","value":"randy.steuber.'"$run"'.tr8xdwn4vk@example.com"}],"meta":{"resourceType":"User"},"name":{"formatted":"Randy Steuber","familyName":"Steuber","givenName":"Randy"},"phoneNumbers":[{"primary":true,"type":"work","value":"+1 415-555-0180"},{"primary":false,"type":"mobile","value":"+1 415-555-0181"},{"primary":false,"type":"fax","value":"+1 415-555-0182"}],"preferredLanguage":"en-US","roles":[],"title":"Chief Technology Representative","urn:ietf:params:scim:schemas:extension:enterprise:2.0:User":{"employeeNumber":"0866030345","department":"Sales"}}'
keep user_1 /Users
user_1=$id

# cycle 1: create grace
ask POST '/Users' \
  -H 'Adscimversion: 6.0' \
  -H 'Content-Type: application/scim+json; charset=utf-8' \
  --data-binary '{"schemas":["urn:ietf:params:scim:schemas:core:2.0:User","urn:ietf:params:scim:schemas:extension:enterprise:2.0:User"],"externalId":"'"$run"'-m7bd99vjds","userName":"'"$run"'.heidi.schroeder.m7bd99vjds@example.com","active":true,"addresses":[{"primary":false,"type":"work","country":"US","formatted":"Building 30, room 278","locality":"Friedrichbury","postalCode":"776","region":"Missouri","streetAddress":"154 Willms Tunnel"}],"displayName":"Heidi Schroeder","emails":[{"primary":true,"type":"work","value":"heidi.schroeder.'"$run"'.m7bd99vjds@example.com"}],"meta":{"resourceType":"User"},"name":{"formatted":"Heidi Schroeder","familyName":"Schroeder","givenName":"Heidi"},"phoneNumbers":[{"primary":true,"type":"work","value":"+1 425-555-0137"},{"primary":false,"type":"mobile","value":"+1 425-555-0138"},{"primary":false,"type":"fax","value":"+1 425-555-0139"}],"preferredLanguage":"en-US","roles":[],"title":"Lead Design Strategist","urn:ietf:params:scim:schemas:extension:enterprise:2.0:User":{"employeeNumber":"0694970651","department":"Engineering"}}'
keep user_2 /Users
user_2=$id

# cycle 2: disable ada
ask PATCH '/Users/'"$user_1"'' \
  -H 'Adscimversion: 6.0' \
  -H 'Content-Type: application/scim+json; charset=utf-8' \
  --data-binary '{"schemas":["urn:ietf:params:scim:api:messages:2.0:PatchOp"],"Operations":[{"op":"Replace","path":"active","value":"False"}]}'

# cycle 2: disable grace
ask PATCH '/Users/'"$user_2"'' \
  -H 'Adscimversion: 6.0' \
  -H 'Content-Type: application/scim+json; charset=utf-8' \
  --data-binary '{"schemas":["urn:ietf:params:scim:api:messages:2.0:PatchOp"],"Operations":[{"op":"Replace","path":"active","value":"False"}]}'

# line 21: expect ada
ask GET '/Users/'"$user_1"''

echo 'violated: active is a string, expected a boolean.'
echo 'expected: true or false'
echo 'see:      RFC 7643 §4.1.1; Microsoft: application-provisioning-config-problem-scim-compatibility; field report: learn.microsoft.com/answers/questions/5618325'
echo 'fix:      Convert values to the schema'\''s type when you store them, and repair stored values.'
published '200 {"schemas":["urn:ietf:params:scim:schemas:core:2.0:User","urn:ietf:params:scim:schemas:extension:enterprise:2.0:User"],"externalId":"{run}-tr8xdwn4vk","userName":"{run}.randy.steuber.tr8xdwn4vk@example.com","active":"False","addresses":[{"primary":false,"type":"work","country":"US","formatted":"Building 26, room 108","locality":"Langworthmouth","postalCode":"58054","region":"Rhode Island","streetAddress":"243 Casandra Forest"}],"displayName":"Randy Steuber","emails":[{"primary":true,"type":"work","value":"randy.steuber.{run}.tr8xdwn4vk@example.com"}],"meta":{"resourceType":"User"},"name":{"formatted":"Randy Steuber","familyName":"Steuber","givenName":"Randy"},"phoneNumbers":[{"primary":true,"type":"work","value":"+1 415-555-0180"},{"primary":false,"type":"mobile","value":"+1 415-555-0181"},{"primary":false,"type":"fax","value":"+1 415-555-0182"}],"preferredLanguage":"en-US","roles":[],"title":"Chief Technology Representative","urn:ietf:params:scim:schemas:extension:enterprise:2.0:User":{"employeeNumber":"0866030345","department":"Sales"},"id":"{user_1}"}'
