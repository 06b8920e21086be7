#!/bin/sh
# cycles/second-cycle-quiet (error): A second cycle without changes writes nothing
# nothing had changed, and yet what the target answers makes Entra send PATCH /Users/{id}
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
  --data-binary '{"schemas":["urn:ietf:params:scim:schemas:core:2.0:User","urn:ietf:params:scim:schemas:extension:enterprise:2.0:User"],"externalId":"'"$run"'-83suvh4559","userName":"'"$run"'.hailee.ledner.83suvh4559@example.com","active":true,"addresses":[{"primary":false,"type":"work","country":"US","formatted":"Building 7, room 205","locality":"East Mazie Rodriguezborough","postalCode":"70021","region":"Indiana","streetAddress":"1640 Fiona Glen"}],"displayName":"Hailee Ledner","emails":[{"primary":true,"type":"work","value":"hailee.ledner.'"$run"'.83suvh4559@example.com"}],"meta":{"resourceType":"User"},"name":{"formatted":"Hailee Ledner","familyName":"Ledner","givenName":"Hailee"},"phoneNumbers":[{"primary":true,"type":"work","value":"+1 212-555-0123"},{"primary":false,"type":"mobile","value":"+1 212-555-0124"},{"primary":false,"type":"fax","value":"+1 212-555-0125"}],"preferredLanguage":"en-US","roles":[],"title":"Corporate Real-Estate Agent","urn:ietf:params:scim:schemas:extension:enterprise:2.0:User":{"employeeNumber":"0456236438","department":"Logistics"}}'
keep user_1 /Users
user_1=$id

# cycle 1: create grace
ask POST '/Users' \
  -H 'Adscimversion: 6.0' \
  -H 'Content-Type: application/scim+json; charset=utf-8' \
  --data-binary '{"schemas":["urn:ietf:params:scim:schemas:core:2.0:User","urn:ietf:params:scim:schemas:extension:enterprise:2.0:User"],"externalId":"'"$run"'-5v7sdy43xv","userName":"'"$run"'.vinnie.prosacco.5v7sdy43xv@example.com","active":true,"addresses":[{"primary":false,"type":"work","country":"US","formatted":"Building 33, room 406","locality":"Zulaufville","postalCode":"5079","region":"West Virginia","streetAddress":"12085 Paucek Meadow"}],"displayName":"Vinnie Prosacco","emails":[{"primary":true,"type":"work","value":"vinnie.prosacco.'"$run"'.5v7sdy43xv@example.com"}],"meta":{"resourceType":"User"},"name":{"formatted":"Vinnie Prosacco","familyName":"Prosacco","givenName":"Vinnie"},"phoneNumbers":[{"primary":true,"type":"work","value":"+1 617-555-0118"},{"primary":false,"type":"mobile","value":"+1 617-555-0119"},{"primary":false,"type":"fax","value":"+1 617-555-0120"}],"preferredLanguage":"en-US","roles":[],"title":"Global Education Associate","urn:ietf:params:scim:schemas:extension:enterprise:2.0:User":{"employeeNumber":"0702359504","department":"Research"}}'
keep user_2 /Users
user_2=$id

# cycle 1: set manager of ada
ask PATCH '/Users/'"$user_1"'' \
  -H 'Adscimversion: 6.0' \
  -H 'Content-Type: application/scim+json; charset=utf-8' \
  --data-binary '{"schemas":["urn:ietf:params:scim:api:messages:2.0:PatchOp"],"Operations":[{"op":"add","path":"urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:manager","value":"'"$user_2"'"}]}'

# cycle 2: set manager of ada
ask PATCH '/Users/'"$user_1"'' \
  -H 'Adscimversion: 6.0' \
  -H 'Content-Type: application/scim+json; charset=utf-8' \
  --data-binary '{"schemas":["urn:ietf:params:scim:api:messages:2.0:PatchOp"],"Operations":[{"op":"add","path":"urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:manager","value":"'"$user_2"'"}]}'

echo 'violated: nothing had changed, and yet what the target answers makes Entra send PATCH /Users/{id}'
echo 'expected: no write, because the target already holds everything'
echo 'see:      Microsoft: how-provisioning-works; field report: getsentry/sentry#79354; field report: scimmyjs/scimmy#74'
echo 'fix:      Return every attribute you accepted with the same value and type in GET, lists and the answers to POST and PATCH, externalId and active included.'
published '200 {"schemas":["urn:ietf:params:scim:schemas:core:2.0:User","urn:ietf:params:scim:schemas:extension:enterprise:2.0:User"],"externalId":"{run}-83suvh4559","userName":"{run}.hailee.ledner.83suvh4559@example.com","active":true,"addresses":[{"primary":false,"type":"work","country":"US","formatted":"Building 7, room 205","locality":"East Mazie Rodriguezborough","postalCode":"70021","region":"Indiana","streetAddress":"1640 Fiona Glen"}],"displayName":"Hailee Ledner","emails":[{"primary":true,"type":"work","value":"hailee.ledner.{run}.83suvh4559@example.com"}],"meta":{"resourceType":"User"},"name":{"formatted":"Hailee Ledner","familyName":"Ledner","givenName":"Hailee"},"phoneNumbers":[{"primary":true,"type":"work","value":"+1 212-555-0123"},{"primary":false,"type":"mobile","value":"+1 212-555-0124"},{"primary":false,"type":"fax","value":"+1 212-555-0125"}],"preferredLanguage":"en-US","roles":[],"title":"Corporate Real-Estate Agent","urn:ietf:params:scim:schemas:extension:enterprise:2.0:User":{"employeeNumber":"0456236438","department":"Logistics"},"id":"{user_1}","urn:ietf:params:scim:schemas:extension:enterprise:2":{"0:User:manager":"{user_2}"}}'
