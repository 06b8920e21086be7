#!/bin/sh
# field/members-replaced-by-nothing (error): A Replace with an empty member list empties the group
# and keeps it
# "team" has no members
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
  --data-binary '{"schemas":["urn:ietf:params:scim:schemas:core:2.0:User","urn:ietf:params:scim:schemas:extension:enterprise:2.0:User"],"externalId":"'"$run"'-ae5gzgngjk","userName":"'"$run"'.theodora.mccullough.ae5gzgngjk@example.com","active":true,"addresses":[{"primary":false,"type":"work","country":"US","formatted":"Building 28, room 448","locality":"Carterhaven","postalCode":"77438","region":"Utah","streetAddress":"4823 Swift Lake"}],"displayName":"Theodora McCullough","emails":[{"primary":true,"type":"work","value":"theodora.mccullough.'"$run"'.ae5gzgngjk@example.com"}],"meta":{"resourceType":"User"},"name":{"formatted":"Theodora McCullough","familyName":"McCullough","givenName":"Theodora"},"phoneNumbers":[{"primary":true,"type":"work","value":"+1 312-555-0144"},{"primary":false,"type":"mobile","value":"+1 312-555-0145"},{"primary":false,"type":"fax","value":"+1 312-555-0146"}],"preferredLanguage":"en-US","roles":[],"title":"District Sales Coordinator","urn:ietf:params:scim:schemas:extension:enterprise:2.0:User":{"employeeNumber":"0915465422","department":"Retail"}}'
keep user_1 /Users
user_1=$id

# cycle 1: create grace
ask POST '/Users' \
  -H 'Adscimversion: 6.0' \
  -H 'Content-Type: application/scim+json; charset=utf-8' \
  --data-binary '{"schemas":["urn:ietf:params:scim:schemas:core:2.0:User","urn:ietf:params:scim:schemas:extension:enterprise:2.0:User"],"externalId":"'"$run"'-ezx7m78tez","userName":"'"$run"'.mckayla.bahringer.ezx7m78tez@example.com","active":true,"addresses":[{"primary":false,"type":"work","country":"US","formatted":"Building 20, room 486","locality":"Friesenview","postalCode":"557","region":"Illinois","streetAddress":"3203 Reichert Avenue"}],"displayName":"Mckayla Bahringer","emails":[{"primary":true,"type":"work","value":"mckayla.bahringer.'"$run"'.ezx7m78tez@example.com"}],"meta":{"resourceType":"User"},"name":{"formatted":"Mckayla Bahringer","familyName":"Bahringer","givenName":"Mckayla"},"phoneNumbers":[{"primary":true,"type":"work","value":"+1 415-555-0197"},{"primary":false,"type":"mobile","value":"+1 415-555-0198"},{"primary":false,"type":"fax","value":"+1 415-555-0199"}],"preferredLanguage":"en-US","roles":[],"title":"Lead Hospitality Officer","urn:ietf:params:scim:schemas:extension:enterprise:2.0:User":{"employeeNumber":"0035308583","department":"Logistics"}}'
keep user_2 /Users
user_2=$id

# cycle 1: create team
ask POST '/Groups' \
  -H 'Adscimversion: 6.0' \
  -H 'Content-Type: application/scim+json; charset=utf-8' \
  --data-binary '{"schemas":["urn:ietf:params:scim:schemas:core:2.0:Group"],"externalId":"'"$tag"'-0000-4000-8000-000000000001","displayName":"'"$run"' Legal jz3q9b46k8","members":[],"meta":{"resourceType":"Group"}}'
keep group_1 /Groups
group_1=$id

# cycle 1: add ada to team
ask PATCH '/Groups/'"$group_1"'' \
  -H 'Adscimversion: 6.0' \
  -H 'Content-Type: application/scim+json; charset=utf-8' \
  --data-binary '{"schemas":["urn:ietf:params:scim:api:messages:2.0:PatchOp"],"Operations":[{"op":"Add","path":"members","value":[{"$ref":null,"value":"'"$user_1"'"}]}]}'

# cycle 1: add grace to team
ask PATCH '/Groups/'"$group_1"'' \
  -H 'Adscimversion: 6.0' \
  -H 'Content-Type: application/scim+json; charset=utf-8' \
  --data-binary '{"schemas":["urn:ietf:params:scim:api:messages:2.0:PatchOp"],"Operations":[{"op":"Add","path":"members","value":[{"$ref":null,"value":"'"$user_2"'"}]}]}'

# line 20: PATCH /Groups/{group_1}
ask PATCH '/Groups/'"$group_1"'' \
  -H 'Content-Type: application/scim+json' \
  --data-binary '{"schemas":["urn:ietf:params:scim:api:messages:2.0:PatchOp"],"Operations":[{"op":"Replace","path":"members","value":[{"value":"'"$user_2"'"}]}]}'

# line 27: expect team
ask GET '/Groups/'"$group_1"''

echo 'violated: "team" has no members'
echo 'expected: grace'
echo 'see:      field report: Captain-P-Goldfish/SCIM-SDK#757; RFC 7644 §3.5.2.3'
echo 'fix:      Replace the stored list with the list that was sent, even if it is empty.'
published '200 {"schemas":["urn:ietf:params:scim:schemas:core:2.0:Group"],"id":"{group_1}","displayName":"{run} Legal jz3q9b46k8","members":[]}'
