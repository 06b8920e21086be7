#!/bin/sh
# rules/lookup-misses-resource (critical): A filter finds every match
# A filter does not find a User that has the value.
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

# preflight: what a create may carry
ask POST '/Users' \
  -H 'Adscimversion: 6.0' \
  -H 'Content-Type: application/scim+json; charset=utf-8' \
  --data-binary '{"schemas":["urn:ietf:params:scim:schemas:core:2.0:User","urn:ietf:params:scim:schemas:extension:enterprise:2.0:User"],"externalId":"'"$run"'-rdcpqwk3z5","userName":"'"$run"'.kelsie.mueller.rdcpqwk3z5@example.com","active":true,"addresses":[{"primary":false,"type":"work","country":"US","formatted":"Building 22, room 297","locality":"North Nestor Borermouth","postalCode":"299","region":"Connecticut","streetAddress":"652 Dooley Creek"}],"displayName":"Kelsie Mueller","emails":[{"primary":true,"type":"work","value":"kelsie.mueller.'"$run"'.rdcpqwk3z5@example.com"}],"meta":{"resourceType":"User"},"name":{"formatted":"Kelsie Mueller","familyName":"Mueller","givenName":"Kelsie"},"phoneNumbers":[{"primary":true,"type":"work","value":"+1 312-555-0190"},{"primary":false,"type":"mobile","value":"+1 312-555-0191"},{"primary":false,"type":"fax","value":"+1 312-555-0192"}],"preferredLanguage":"en-US","roles":[],"title":"Regional Legal Orchestrator","urn:ietf:params:scim:schemas:extension:enterprise:2.0:User":{"employeeNumber":"0307975010","department":"Finance"}}'
keep user_1 /Users
user_1=$id

# preflight: what a create may carry
ask POST '/Groups' \
  -H 'Adscimversion: 6.0' \
  -H 'Content-Type: application/scim+json; charset=utf-8' \
  --data-binary '{"schemas":["urn:ietf:params:scim:schemas:core:2.0:Group"],"externalId":"'"$tag"'-0000-4000-8000-000000000001","displayName":"'"$run"'-Research-vvq3hxcau6","members":[],"meta":{"resourceType":"Group"}}'
keep group_1 /Groups
group_1=$id

# preflight: /Users
ask GET '/Users?filter=userName+eq+%22'"$run"'.kelsie.mueller.rdcpqwk3z5%40example.com%22' \
  -H 'Adscimversion: 6.0'

echo 'violated: A filter does not find a User that has the value.'
echo 'expected: the object that this scenario run wrote'
echo 'see:      RFC 7644 §3.4.2.2; Microsoft: use-scim-to-provision-users-and-groups; field report: better-auth/better-auth#10419; field report: kortix-ai/suna#7297'
echo 'fix:      Search all resources, not only the first page, and by the attribute in the filter: URN-qualified names, `emails.value` and `emails[type eq "work"].value` too.'
published '200 {"schemas":["urn:ietf:params:scim:api:messages:2.0:ListResponse"],"startIndex":1,"totalResults":0,"itemsPerPage":0,"Resources":[]}'
