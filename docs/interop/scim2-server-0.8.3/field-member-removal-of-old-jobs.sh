#!/bin/sh
# field/member-removal-of-old-jobs (error): A Remove of a member with an empty $ref removes that
# member only
# "team" has members that do not belong there
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
  --data-binary '{"schemas":["urn:ietf:params:scim:schemas:core:2.0:User","urn:ietf:params:scim:schemas:extension:enterprise:2.0:User"],"externalId":"'"$run"'-9u3m3mvfyf","userName":"'"$run"'.anna.welch.9u3m3mvfyf@example.com","active":true,"addresses":[{"primary":false,"type":"work","country":"US","formatted":"Building 21, room 258","locality":"Pourosville","postalCode":"663","region":"Massachusetts","streetAddress":"383 Pouros Estate"}],"displayName":"Anna Welch","emails":[{"primary":true,"type":"work","value":"anna.welch.'"$run"'.9u3m3mvfyf@example.com"}],"meta":{"resourceType":"User"},"name":{"formatted":"Anna Welch","familyName":"Welch","givenName":"Anna"},"phoneNumbers":[{"primary":true,"type":"work","value":"+1 206-555-0157"},{"primary":false,"type":"mobile","value":"+1 206-555-0158"},{"primary":false,"type":"fax","value":"+1 206-555-0159"}],"preferredLanguage":"en-US","roles":[],"title":"Senior Community-Services Associate","urn:ietf:params:scim:schemas:extension:enterprise:2.0:User":{"employeeNumber":"0363572475","department":"Research"}}'
keep user_1 /Users
user_1=$id

# cycle 1: create grace
ask POST '/Users' \
  -H 'Adscimversion: 6.0' \
  -H 'Content-Type: application/scim+json; charset=utf-8' \
  --data-binary '{"schemas":["urn:ietf:params:scim:schemas:core:2.0:User","urn:ietf:params:scim:schemas:extension:enterprise:2.0:User"],"externalId":"'"$run"'-kqea9c5nka","userName":"'"$run"'.garth.kerluke.kqea9c5nka@example.com","active":true,"addresses":[{"primary":false,"type":"work","country":"US","formatted":"Building 18, room 395","locality":"Kerlukemouth","postalCode":"69140","region":"Alabama","streetAddress":"21380 Blanda Drive"}],"displayName":"Garth Kerluke","emails":[{"primary":true,"type":"work","value":"garth.kerluke.'"$run"'.kqea9c5nka@example.com"}],"meta":{"resourceType":"User"},"name":{"formatted":"Garth Kerluke","familyName":"Kerluke","givenName":"Garth"},"phoneNumbers":[{"primary":true,"type":"work","value":"+1 312-555-0171"},{"primary":false,"type":"mobile","value":"+1 312-555-0172"},{"primary":false,"type":"fax","value":"+1 312-555-0173"}],"preferredLanguage":"en-US","roles":[],"title":"Lead Government Executive","urn:ietf:params:scim:schemas:extension:enterprise:2.0:User":{"employeeNumber":"0188982299","department":"Finance"}}'
keep user_2 /Users
user_2=$id

# cycle 1: create edsger
ask POST '/Users' \
  -H 'Adscimversion: 6.0' \
  -H 'Content-Type: application/scim+json; charset=utf-8' \
  --data-binary '{"schemas":["urn:ietf:params:scim:schemas:core:2.0:User","urn:ietf:params:scim:schemas:extension:enterprise:2.0:User"],"externalId":"'"$run"'-g7k2v472c6","userName":"'"$run"'.jamar.bashirian.g7k2v472c6@example.com","active":true,"addresses":[{"primary":false,"type":"work","country":"US","formatted":"Building 11, room 308","locality":"Muellerborough","postalCode":"376","region":"Delaware","streetAddress":"4460 Daugherty Bypass"}],"displayName":"Jamar Bashirian","emails":[{"primary":true,"type":"work","value":"jamar.bashirian.'"$run"'.g7k2v472c6@example.com"}],"meta":{"resourceType":"User"},"name":{"formatted":"Jamar Bashirian","familyName":"Bashirian","givenName":"Jamar"},"phoneNumbers":[{"primary":true,"type":"work","value":"+1 617-555-0118"},{"primary":false,"type":"mobile","value":"+1 617-555-0119"},{"primary":false,"type":"fax","value":"+1 617-555-0120"}],"preferredLanguage":"en-US","roles":[],"title":"Junior Advertising Officer","urn:ietf:params:scim:schemas:extension:enterprise:2.0:User":{"employeeNumber":"0858634010","department":"Sales"}}'
keep user_3 /Users
user_3=$id

# cycle 1: create team
ask POST '/Groups' \
  -H 'Adscimversion: 6.0' \
  -H 'Content-Type: application/scim+json; charset=utf-8' \
  --data-binary '{"schemas":["urn:ietf:params:scim:schemas:core:2.0:Group"],"externalId":"'"$tag"'-0000-4000-8000-000000000001","displayName":"'"$run"' Engineering bx3f2b95xg","members":[],"meta":{"resourceType":"Group"}}'
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

# cycle 1: add edsger to team
ask PATCH '/Groups/'"$group_1"'' \
  -H 'Adscimversion: 6.0' \
  -H 'Content-Type: application/scim+json; charset=utf-8' \
  --data-binary '{"schemas":["urn:ietf:params:scim:api:messages:2.0:PatchOp"],"Operations":[{"op":"Add","path":"members","value":[{"$ref":null,"value":"'"$user_3"'"}]}]}'

# line 29: expect team
ask GET '/Groups/'"$group_1"''

echo 'violated: "team" has members that do not belong there'
echo 'expected: ada, edsger'
echo 'see:      field report: Captain-P-Goldfish/SCIM-SDK#149; field report: Captain-P-Goldfish/SCIM-SDK#167; RFC 7644 §3.5.2.2'
echo 'fix:      Read only `value`, and remove exactly the members that are named.'
published '200 {"schemas": ["urn:ietf:params:scim:schemas:core:2.0:Group"], "id": "{group_1}", "externalId": "{uuid}", "meta": {"resourceType": "Group", "created": "{time}", "lastModified": "{time}", "location": "{base}/v2/Groups/{group_1}", "version": "{version}"}, "displayName": "{run} Engineering bx3f2b95xg", "members": [{"value": "{user_1}"}, {"value": "{user_2}"}, {"value": "{user_3}"}]}'
