#!/bin/sh
# rules/manager-string-refused (error): manager is accepted as a plain id
# A write of the manager is rejected with 400.
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
  --data-binary '{"schemas":["urn:ietf:params:scim:schemas:core:2.0:User","urn:ietf:params:scim:schemas:extension:enterprise:2.0:User"],"externalId":"'"$run"'-a7vjjabfpy","userName":"'"$run"'.amely.haley.a7vjjabfpy@example.com","active":true,"addresses":[{"primary":false,"type":"work","country":"US","formatted":"Building 19, room 486","locality":"Dickichester","postalCode":"1391","region":"Wyoming","streetAddress":"6652 Larkin Burg"}],"displayName":"Amely Haley","emails":[{"primary":true,"type":"work","value":"amely.haley.'"$run"'.a7vjjabfpy@example.com"}],"meta":{"resourceType":"User"},"name":{"formatted":"Amely Haley","familyName":"Haley","givenName":"Amely"},"phoneNumbers":[{"primary":true,"type":"work","value":"+1 312-555-0118"},{"primary":false,"type":"mobile","value":"+1 312-555-0119"},{"primary":false,"type":"fax","value":"+1 312-555-0120"}],"preferredLanguage":"en-US","roles":[],"title":"International Healthcare Specialist","urn:ietf:params:scim:schemas:extension:enterprise:2.0:User":{"employeeNumber":"0188594222","department":"Engineering"}}'
keep user_1 /Users
user_1=$id

# cycle 1: create grace
ask POST '/Users' \
  -H 'Adscimversion: 6.0' \
  -H 'Content-Type: application/scim+json; charset=utf-8' \
  --data-binary '{"schemas":["urn:ietf:params:scim:schemas:core:2.0:User","urn:ietf:params:scim:schemas:extension:enterprise:2.0:User"],"externalId":"'"$run"'-z59768agzs","userName":"'"$run"'.martin.moore.z59768agzs@example.com","active":true,"addresses":[{"primary":false,"type":"work","country":"US","formatted":"Building 16, room 463","locality":"West Clarabelle Jonesshire","postalCode":"1523","region":"Michigan","streetAddress":"12095 Christopher Park"}],"displayName":"Martin Moore","emails":[{"primary":true,"type":"work","value":"martin.moore.'"$run"'.z59768agzs@example.com"}],"meta":{"resourceType":"User"},"name":{"formatted":"Martin Moore","familyName":"Moore","givenName":"Martin"},"phoneNumbers":[{"primary":true,"type":"work","value":"+1 415-555-0166"},{"primary":false,"type":"mobile","value":"+1 415-555-0167"},{"primary":false,"type":"fax","value":"+1 415-555-0168"}],"preferredLanguage":"en-US","roles":[],"title":"District Real-Estate Facilitator","urn:ietf:params:scim:schemas:extension:enterprise:2.0:User":{"employeeNumber":"0621658351","department":"Marketing"}}'
keep user_2 /Users
user_2=$id

# cycle 1: create edsger
ask POST '/Users' \
  -H 'Adscimversion: 6.0' \
  -H 'Content-Type: application/scim+json; charset=utf-8' \
  --data-binary '{"schemas":["urn:ietf:params:scim:schemas:core:2.0:User","urn:ietf:params:scim:schemas:extension:enterprise:2.0:User"],"externalId":"'"$run"'-sxyjt8ypct","userName":"'"$run"'.erwin.gorczany.sxyjt8ypct@example.com","active":true,"addresses":[{"primary":false,"type":"work","country":"US","formatted":"Building 18, room 228","locality":"Luettgenport","postalCode":"181","region":"Washington","streetAddress":"6717 Turner Overpass"}],"displayName":"Erwin Gorczany","emails":[{"primary":true,"type":"work","value":"erwin.gorczany.'"$run"'.sxyjt8ypct@example.com"}],"meta":{"resourceType":"User"},"name":{"formatted":"Erwin Gorczany","familyName":"Gorczany","givenName":"Erwin"},"phoneNumbers":[{"primary":true,"type":"work","value":"+1 212-555-0132"},{"primary":false,"type":"mobile","value":"+1 212-555-0133"},{"primary":false,"type":"fax","value":"+1 212-555-0134"}],"preferredLanguage":"en-US","roles":[],"title":"Regional Accounting Consultant","urn:ietf:params:scim:schemas:extension:enterprise:2.0:User":{"employeeNumber":"0337372517","department":"Engineering"}}'
keep user_3 /Users
user_3=$id

# cycle 1: set manager of ada
ask PATCH '/Users/'"$user_1"'' \
  -H 'Adscimversion: 6.0' \
  -H 'Content-Type: application/scim+json; charset=utf-8' \
  --data-binary '{"schemas":["urn:ietf:params:scim:api:messages:2.0:PatchOp"],"Operations":[{"op":"add","path":"urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:manager","value":"'"$user_2"'"}]}'

echo 'violated: A write of the manager is rejected with 400.'
echo 'expected: a 2xx status'
echo 'see:      RFC 7643 §4.3; Microsoft: use-scim-to-provision-users-and-groups; field report: imulab/go-scim#75'
echo 'fix:      Accept a string as the manager'\''s `value`.'
published '400 {"schemas": ["urn:ietf:params:scim:api:messages:2.0:Error"], "status": "400", "scimType": "invalidValue", "detail": "1 validation error for EnterpriseUser\nmanager\n  Input should be a valid dictionary or instance of Manager [type=model_type]\n    For further information visit https://errors.pydantic.dev/2.14/v/model_type"}'
