#!/bin/sh
# rules/untouched-value-lost (error): PATCH changes only what it names
# externalId is gone after a request that does not name it.
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
  --data-binary '{"schemas":["urn:ietf:params:scim:schemas:core:2.0:User","urn:ietf:params:scim:schemas:extension:enterprise:2.0:User"],"externalId":"'"$run"'-f7696cckgj","userName":"'"$run"'.sydney.zulauf.f7696cckgj@example.com","active":true,"addresses":[{"primary":false,"type":"work","country":"US","formatted":"Building 17, room 134","locality":"Trudieburgh","postalCode":"245","region":"Wyoming","streetAddress":"1601 Jones Hollow"}],"displayName":"Sydney Zulauf","emails":[{"primary":true,"type":"work","value":"sydney.zulauf.'"$run"'.f7696cckgj@example.com"}],"meta":{"resourceType":"User"},"name":{"formatted":"Sydney Zulauf","familyName":"Zulauf","givenName":"Sydney"},"phoneNumbers":[{"primary":true,"type":"work","value":"+1 206-555-0171"},{"primary":false,"type":"mobile","value":"+1 206-555-0172"},{"primary":false,"type":"fax","value":"+1 206-555-0173"}],"preferredLanguage":"en-US","roles":[],"title":"Central Consulting Developer","urn:ietf:params:scim:schemas:extension:enterprise:2.0:User":{"employeeNumber":"0957051906","department":"Engineering"}}'
keep user_1 /Users
user_1=$id

# cycle 1: create grace
ask POST '/Users' \
  -H 'Adscimversion: 6.0' \
  -H 'Content-Type: application/scim+json; charset=utf-8' \
  --data-binary '{"schemas":["urn:ietf:params:scim:schemas:core:2.0:User","urn:ietf:params:scim:schemas:extension:enterprise:2.0:User"],"externalId":"'"$run"'-g2mtgjh7px","userName":"'"$run"'.katelynn.ernser.g2mtgjh7px@example.com","active":true,"addresses":[{"primary":false,"type":"work","country":"US","formatted":"Building 22, room 349","locality":"Ellafort","postalCode":"88351","region":"Texas","streetAddress":"238 Ashlee Motorway"}],"displayName":"Katelynn Ernser","emails":[{"primary":true,"type":"work","value":"katelynn.ernser.'"$run"'.g2mtgjh7px@example.com"}],"meta":{"resourceType":"User"},"name":{"formatted":"Katelynn Ernser","familyName":"Ernser","givenName":"Katelynn"},"phoneNumbers":[{"primary":true,"type":"work","value":"+1 617-555-0119"},{"primary":false,"type":"mobile","value":"+1 617-555-0120"},{"primary":false,"type":"fax","value":"+1 617-555-0121"}],"preferredLanguage":"en-US","roles":[],"title":"District Accounting Orchestrator","urn:ietf:params:scim:schemas:extension:enterprise:2.0:User":{"employeeNumber":"0718196871","department":"Finance"}}'
keep user_2 /Users
user_2=$id

# cycle 1: create team
ask POST '/Groups' \
  -H 'Adscimversion: 6.0' \
  -H 'Content-Type: application/scim+json; charset=utf-8' \
  --data-binary '{"schemas":["urn:ietf:params:scim:schemas:core:2.0:Group"],"externalId":"'"$tag"'-0000-4000-8000-000000000001","displayName":"'"$run"' Engineering gnjqwazcb2","members":[],"meta":{"resourceType":"Group"}}'
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
  --data-binary '{"schemas":["urn:ietf:params:scim:api:messages:2.0:PatchOp"],"Operations":[{"op":"Add","path":"externalId","value":"'"$tag"'-0000-4000-8000-000000000001"}]}'

# cycle 2: remove ada from team
ask PATCH '/Groups/'"$group_1"'' \
  -H 'Adscimversion: 6.0' \
  -H 'Content-Type: application/scim+json; charset=utf-8' \
  --data-binary '{"schemas":["urn:ietf:params:scim:api:messages:2.0:PatchOp"],"Operations":[{"op":"Remove","path":"members","value":[{"value":"'"$user_1"'"}]}]}'

# cycle 2: remove grace from team
ask PATCH '/Groups/'"$group_1"'' \
  -H 'Adscimversion: 6.0' \
  -H 'Content-Type: application/scim+json; charset=utf-8' \
  --data-binary '{"schemas":["urn:ietf:params:scim:api:messages:2.0:PatchOp"],"Operations":[{"op":"Remove","path":"members","value":[{"value":"'"$user_2"'"}]}]}'

# cycle 3: read team
ask GET '/Groups/'"$group_1"'?excludedAttributes=members' \
  -H 'Adscimversion: 6.0'

echo 'violated: externalId is gone after a request that does not name it.'
echo 'expected: externalId: "{uuid}"'
echo 'see:      RFC 7644 §3.5.2; Microsoft: use-scim-to-provision-users-and-groups; field report: Captain-P-Goldfish/SCIM-SDK#668'
echo 'fix:      Apply each operation to its own target: merge complex values, change only the elements that a value path selects, and keep everything else.'
published '200 {"schemas":["urn:ietf:params:scim:schemas:core:2.0:Group"],"id":"{group_1}","displayName":"{run} Engineering gnjqwazcb2","members":[]}'
