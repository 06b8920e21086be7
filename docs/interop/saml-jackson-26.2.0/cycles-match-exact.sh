#!/bin/sh
# cycles/match-exact (critical): A userName filter with `eq` does not match a part of a name
# "ada" is not matched by userName: the filter returns an empty list
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

# before: the account "neighbour"
ask POST '/Users' \
  -H 'Content-Type: application/scim+json; charset=utf-8' \
  --data-binary '{"schemas":["urn:ietf:params:scim:schemas:core:2.0:User","urn:ietf:params:scim:schemas:extension:enterprise:2.0:User"],"externalId":"'"$run"'-7azx3dn5qu","userName":"not-'"$run"'jzn9.ann@example.com","active":true,"addresses":[{"primary":false,"type":"work","country":"US","formatted":"Building 28, room 169","locality":"South Guillermo Lebsackview","postalCode":"206","region":"Alaska","streetAddress":"897 McGlynn Spring"}],"displayName":"Joann","emails":[{"primary":true,"type":"work","value":"vincenzo.grady.'"$run"'.7azx3dn5qu@example.com"}],"meta":{"resourceType":"User"},"name":{"formatted":"Vincenzo Grady","familyName":"Grady","givenName":"Vincenzo"},"phoneNumbers":[{"primary":true,"type":"work","value":"+1 617-555-0131"},{"primary":false,"type":"mobile","value":"+1 617-555-0132"},{"primary":false,"type":"fax","value":"+1 617-555-0133"}],"preferredLanguage":"en-US","roles":[],"title":"District Marketing Assistant","urn:ietf:params:scim:schemas:extension:enterprise:2.0:User":{"employeeNumber":"0352448576","department":"Finance"}}'
keep user_1 /Users
user_1=$id

# cycle 1: create ada
ask POST '/Users' \
  -H 'Adscimversion: 6.0' \
  -H 'Content-Type: application/scim+json; charset=utf-8' \
  --data-binary '{"schemas":["urn:ietf:params:scim:schemas:core:2.0:User","urn:ietf:params:scim:schemas:extension:enterprise:2.0:User"],"externalId":"'"$run"'-azcnh32dpf","userName":"'"$run"'jzn9.ann@example.com","active":true,"addresses":[{"primary":false,"type":"work","country":"US","formatted":"Building 16, room 354","locality":"East Alexander Ziemehaven","postalCode":"98217","region":"Alaska","streetAddress":"267 Magdalen Squares"}],"displayName":"Johnson Wiegand","emails":[{"primary":true,"type":"work","value":"johnson.wiegand.'"$run"'.azcnh32dpf@example.com"}],"meta":{"resourceType":"User"},"name":{"formatted":"Johnson Wiegand","familyName":"Wiegand","givenName":"Johnson"},"phoneNumbers":[{"primary":true,"type":"work","value":"+1 206-555-0131"},{"primary":false,"type":"mobile","value":"+1 206-555-0132"},{"primary":false,"type":"fax","value":"+1 206-555-0133"}],"preferredLanguage":"en-US","roles":[],"title":"International Design Representative","urn:ietf:params:scim:schemas:extension:enterprise:2.0:User":{"employeeNumber":"0306410310","department":"Legal"}}'
keep user_2 /Users
user_2=$id

# line 21: expect ada
ask GET '/Users?filter=userName+eq+%22'"$run"'jzn9.ann%40example.com%22'

echo 'violated: "ada" is not matched by userName: the filter returns an empty list'
echo 'expected: only the resource with id "{user_2}"'
echo 'see:      RFC 7644 §3.4.2.2; Microsoft: use-scim-to-provision-users-and-groups'
echo 'fix:      Compare the whole value for `eq`. Do not use LIKE, a prefix or a full-text index.'
published '200 {"schemas":["urn:ietf:params:scim:api:messages:2.0:ListResponse"],"startIndex":1,"totalResults":0,"itemsPerPage":0,"Resources":[]}'
