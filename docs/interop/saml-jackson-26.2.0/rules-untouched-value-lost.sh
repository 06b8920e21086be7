#!/bin/sh
# rules/untouched-value-lost (error): PATCH changes only what it names
# externalId is gone although no request changed it.
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

# preflight: what an update may change
ask PATCH '/Users/'"$user_1"'' \
  -H 'Adscimversion: 6.0' \
  -H 'Content-Type: application/scim+json; charset=utf-8' \
  --data-binary '{"schemas":["urn:ietf:params:scim:api:messages:2.0:PatchOp"],"Operations":[{"op":"Replace","path":"userName","value":"'"$run"'.antone.hirthe.cb93yazek5@example.com"},{"op":"Replace","path":"displayName","value":"Antone Hirthe"},{"op":"Replace","path":"title","value":"Chief Community-Services Strategist"},{"op":"Replace","path":"emails[type eq \"work\"].value","value":"antone.hirthe.'"$run"'.cb93yazek5@example.com"},{"op":"Replace","path":"preferredLanguage","value":"en-US"},{"op":"Replace","path":"name.givenName","value":"Antone"},{"op":"Replace","path":"name.familyName","value":"Hirthe"},{"op":"Replace","path":"name.formatted","value":"Antone Hirthe"},{"op":"Replace","path":"addresses[type eq \"work\"].formatted","value":"Building 27, room 440"},{"op":"Replace","path":"addresses[type eq \"work\"].streetAddress","value":"641 Erna Oval"},{"op":"Replace","path":"addresses[type eq \"work\"].locality","value":"East Stanton Stammhaven"},{"op":"Replace","path":"addresses[type eq \"work\"].region","value":"Rhode Island"},{"op":"Replace","path":"addresses[type eq \"work\"].postalCode","value":"0701"},{"op":"Replace","path":"addresses[type eq \"work\"].country","value":"US"},{"op":"Replace","path":"phoneNumbers[type eq \"work\"].value","value":"+1 617-555-0108"},{"op":"Replace","path":"phoneNumbers[type eq \"mobile\"].value","value":"+1 617-555-0109"},{"op":"Replace","path":"phoneNumbers[type eq \"fax\"].value","value":"+1 617-555-0110"},{"op":"Replace","path":"externalId","value":"'"$run"'-cb93yazek5"},{"op":"Replace","path":"urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:employeeNumber","value":"0934800882"},{"op":"Replace","path":"urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:department","value":"Logistics"}]}'

# guard: whose is /Groups/{group_1}?
ask GET '/Groups/'"$group_1"'' \
  -H 'Accept: application/scim+json'

echo 'violated: externalId is gone although no request changed it.'
echo 'expected: externalId: "{uuid}"'
echo 'see:      RFC 7644 §3.5.2; Microsoft: use-scim-to-provision-users-and-groups; field report: Captain-P-Goldfish/SCIM-SDK#668'
echo 'fix:      Apply each operation to its own target: merge complex values, change only the elements that a value path selects, and keep everything else.'
published '200 {"schemas":["urn:ietf:params:scim:schemas:core:2.0:Group"],"id":"{group_1}","displayName":"{run}-Research-vvq3hxcau6","members":[]}'
