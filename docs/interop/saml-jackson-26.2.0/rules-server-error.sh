#!/bin/sh
# rules/server-error (error): No request causes a server error
# GET /Users with a filter of another form than Entra's returns 500.
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
  --data-binary '{"schemas":["urn:ietf:params:scim:schemas:core:2.0:User","urn:ietf:params:scim:schemas:extension:enterprise:2.0:User"],"externalId":"'"$run"'-gtses2tq7f","userName":"'"$run"'.ada.cole.gtses2tq7f@example.com","active":true,"addresses":[{"primary":false,"type":"work","country":"US","formatted":"Building 21, room 415","locality":"South Irving Armstrongchester","postalCode":"0607","region":"South Dakota","streetAddress":"8994 Isabell Square"}],"displayName":"Ada Cole","emails":[{"primary":true,"type":"work","value":"ada.cole.'"$run"'.gtses2tq7f@example.com"}],"meta":{"resourceType":"User"},"name":{"formatted":"Ada Cole","familyName":"Cole","givenName":"Ada"},"phoneNumbers":[{"primary":true,"type":"work","value":"+1 312-555-0162"},{"primary":false,"type":"mobile","value":"+1 312-555-0163"},{"primary":false,"type":"fax","value":"+1 312-555-0164"}],"preferredLanguage":"en-US","roles":[],"title":"Corporate Hospitality Officer","urn:ietf:params:scim:schemas:extension:enterprise:2.0:User":{"employeeNumber":"0608361228","department":"Engineering"}}'
keep user_1 /Users
user_1=$id

# cycle 1: create grace
ask POST '/Users' \
  -H 'Adscimversion: 6.0' \
  -H 'Content-Type: application/scim+json; charset=utf-8' \
  --data-binary '{"schemas":["urn:ietf:params:scim:schemas:core:2.0:User","urn:ietf:params:scim:schemas:extension:enterprise:2.0:User"],"externalId":"'"$run"'-whx4u9h7re","userName":"'"$run"'.blanca.wilkinson.whx4u9h7re@example.com","active":true,"addresses":[{"primary":false,"type":"work","country":"US","formatted":"Building 2, room 460","locality":"Vonburgh","postalCode":"5473","region":"Louisiana","streetAddress":"9982 Pfeffer Crescent"}],"displayName":"Blanca Wilkinson","emails":[{"primary":true,"type":"work","value":"blanca.wilkinson.'"$run"'.whx4u9h7re@example.com"}],"meta":{"resourceType":"User"},"name":{"formatted":"Blanca Wilkinson","familyName":"Wilkinson","givenName":"Blanca"},"phoneNumbers":[{"primary":true,"type":"work","value":"+1 617-555-0122"},{"primary":false,"type":"mobile","value":"+1 617-555-0123"},{"primary":false,"type":"fax","value":"+1 617-555-0124"}],"preferredLanguage":"en-US","roles":[],"title":"Principal Marketing Developer","urn:ietf:params:scim:schemas:extension:enterprise:2.0:User":{"employeeNumber":"0574599557","department":"Logistics"}}'
keep user_2 /Users
user_2=$id

# line 18: GET /Users
ask GET '/Users?filter=userName+co+%22'"$run"'w6kn-nobody-at-all%22'

echo 'violated: GET /Users with a filter of another form than Entra'\''s returns 500.'
echo 'expected: a 4xx status'
echo 'see:      RFC 7644 §3.12; Microsoft: howto-analyze-provisioning-logs; field report: lightdash/lightdash#24458; field report: goauthentik/authentik#25987'
echo 'fix:      Look into the server'\''s log for the exception. What Entra sends must be accepted; return 4xx with a SCIM error for everything that is wrong with a request.'
published '500 {"error":{"message":"Cannot read properties of undefined (reading '\''replace'\'')"}}'
