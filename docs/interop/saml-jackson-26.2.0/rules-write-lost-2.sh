#!/bin/sh
# rules/write-lost (error): Accepted values can be read back
# The server accepted displayName, but reads return another value.
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
  --data-binary '{"schemas":["urn:ietf:params:scim:schemas:core:2.0:User","urn:ietf:params:scim:schemas:extension:enterprise:2.0:User"],"externalId":"'"$run"'-ea3rjrbt5c","userName":"'"$run"'.reed.erdman.ea3rjrbt5c@example.com","active":true,"addresses":[{"primary":false,"type":"work","country":"US","formatted":"Building 8, room 422","locality":"Murazikview","postalCode":"04278","region":"Virginia","streetAddress":"51037 Swaniawski Rapid"}],"displayName":"Reed Erdman","emails":[{"primary":true,"type":"work","value":"reed.erdman.'"$run"'.ea3rjrbt5c@example.com"}],"meta":{"resourceType":"User"},"name":{"formatted":"Reed Erdman","familyName":"Erdman","givenName":"Reed"},"phoneNumbers":[{"primary":true,"type":"work","value":"+1 312-555-0151"},{"primary":false,"type":"mobile","value":"+1 312-555-0152"},{"primary":false,"type":"fax","value":"+1 312-555-0153"}],"preferredLanguage":"en-US","roles":[],"title":"Senior Sales Designer","urn:ietf:params:scim:schemas:extension:enterprise:2.0:User":{"employeeNumber":"0966316804","department":"Sales"}}'
keep user_1 /Users
user_1=$id

# cycle 1: create grace
ask POST '/Users' \
  -H 'Adscimversion: 6.0' \
  -H 'Content-Type: application/scim+json; charset=utf-8' \
  --data-binary '{"schemas":["urn:ietf:params:scim:schemas:core:2.0:User","urn:ietf:params:scim:schemas:extension:enterprise:2.0:User"],"externalId":"'"$run"'-r9ksezkckv","userName":"'"$run"'.donald.friesen.r9ksezkckv@example.com","active":true,"addresses":[{"primary":false,"type":"work","country":"US","formatted":"Building 36, room 250","locality":"Pollichmouth","postalCode":"8494","region":"Rhode Island","streetAddress":"8654 Vaughn Branch"}],"displayName":"Donald Friesen","emails":[{"primary":true,"type":"work","value":"donald.friesen.'"$run"'.r9ksezkckv@example.com"}],"meta":{"resourceType":"User"},"name":{"formatted":"Donald Friesen","familyName":"Friesen","givenName":"Donald"},"phoneNumbers":[{"primary":true,"type":"work","value":"+1 617-555-0132"},{"primary":false,"type":"mobile","value":"+1 617-555-0133"},{"primary":false,"type":"fax","value":"+1 617-555-0134"}],"preferredLanguage":"en-US","roles":[],"title":"Lead Retail Director","urn:ietf:params:scim:schemas:extension:enterprise:2.0:User":{"employeeNumber":"0333165778","department":"Finance"}}'
keep user_2 /Users
user_2=$id

# cycle 1: create team
ask POST '/Groups' \
  -H 'Adscimversion: 6.0' \
  -H 'Content-Type: application/scim+json; charset=utf-8' \
  --data-binary '{"schemas":["urn:ietf:params:scim:schemas:core:2.0:Group"],"externalId":"'"$tag"'-0000-4000-8000-000000000001","displayName":"'"$run"' Sales 9e7qdvm3m5","members":[],"meta":{"resourceType":"Group"}}'
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

# cycle 2: update team
ask PATCH '/Groups/'"$group_1"'' \
  -H 'Adscimversion: 6.0' \
  -H 'Content-Type: application/scim+json; charset=utf-8' \
  --data-binary '{"schemas":["urn:ietf:params:scim:api:messages:2.0:PatchOp"],"Operations":[{"op":"Replace","path":"displayName","value":"'"$run"'9apy Analytical Engines"},{"op":"Add","path":"externalId","value":"'"$tag"'-0000-4000-8000-000000000001"}]}'

# line 22: expect team
ask GET '/Groups/'"$group_1"''

echo 'violated: The server accepted displayName, but reads return another value.'
echo 'expected: displayName: "{run}9apy Analytical Engines"'
echo 'see:      RFC 7644 §3.5.2; Microsoft: use-scim-to-provision-users-and-groups; field report: getsentry/sentry#79354; field report: pingidentity/scim2#224'
echo 'fix:      Store what you accept, also for URN-qualified paths, for dotted keys in an operation without a path, and for value paths whose element does not exist yet; reject with 400 what you cannot store.'
published '200 {"schemas":["urn:ietf:params:scim:schemas:core:2.0:Group"],"id":"{group_1}","displayName":"{run} Sales 9e7qdvm3m5","members":[]}'
