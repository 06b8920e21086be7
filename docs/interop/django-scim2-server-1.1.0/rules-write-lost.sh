#!/bin/sh
# rules/write-lost (error): Accepted values can be read back
# The server accepted emails[type eq "home"].value, but reads do not return it.
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

# before: the account "old"
ask POST '/Users' \
  -H 'Content-Type: application/scim+json; charset=utf-8' \
  --data-binary '{"schemas":["urn:ietf:params:scim:schemas:core:2.0:User"],"externalId":"'"$run"'-43hyatrd36","userName":"'"$run"'.lora.carter.43hyatrd36@example.com","active":true,"addresses":[{"primary":false,"type":"work","country":"US","formatted":"Building 3, room 217","locality":"Hegmannport","postalCode":"9132","region":"New York","streetAddress":"573 Alden Square"}],"displayName":"Lora Carter","emails":[{"primary":true,"type":"work","value":"'"$run"'z2qs.old-work@example.com"},{"primary":false,"type":"home","value":"'"$run"'z2qs.home@example.com"}],"meta":{"resourceType":"User"},"name":{"formatted":"Lora Carter","familyName":"Carter","givenName":"Lora"},"phoneNumbers":[{"primary":true,"type":"work","value":"+1 425-555-0167"},{"primary":false,"type":"mobile","value":"+1 425-555-0168"},{"primary":false,"type":"fax","value":"+1 425-555-0169"}],"preferredLanguage":"en-US","roles":[],"title":"Regional Government Associate"}'
keep user_1 /Users
user_1=$id

# line 21: expect ada
ask GET '/Users/'"$user_1"''

echo 'violated: The server accepted emails[type eq "home"].value, but reads do not return it.'
echo 'expected: emails[type eq "home"].value: "{run}z2qs.home@example.com"'
echo 'see:      RFC 7644 §3.5.2; Microsoft: use-scim-to-provision-users-and-groups; field report: getsentry/sentry#79354; field report: pingidentity/scim2#224'
echo 'fix:      Store what you accept, also for URN-qualified paths, for dotted keys in an operation without a path, and for value paths whose element does not exist yet; reject with 400 what you cannot store.'
published '200 {"schemas": ["urn:ietf:params:scim:schemas:core:2.0:User"], "id": "{user_1}", "externalId": "{run}-43hyatrd36", "meta": {"resourceType": "User", "created": "{time}", "lastModified": "{time}", "location": "{base}/Users/{user_1}"}, "userName": "{run}.lora.carter.43hyatrd36@example.com", "name": {"familyName": "Carter", "givenName": "Lora"}, "active": true, "emails": [{"value": "{run}z2qs.old-work@example.com", "primary": true}]}'
