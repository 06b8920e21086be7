#!/bin/sh
# cycles/failures-quarantine-the-job (error): Too many failures put the job into quarantine, and
# their end lifts it
# the job's next cycle is: in 0 hours; expected: in 6 hours
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

# before: the account "local-ada"
ask POST '/Users' \
  -H 'Content-Type: application/scim+json; charset=utf-8' \
  --data-binary '{"schemas":["urn:ietf:params:scim:schemas:core:2.0:User","urn:ietf:params:scim:schemas:extension:enterprise:2.0:User"],"userName":"'"$run"'.stevie.hackett.dz6zh67hfz@example.com","active":true,"addresses":[{"primary":false,"type":"work","country":"US","formatted":"Building 21, room 240","locality":"South Malcolm Konopelskihaven","postalCode":"3411","region":"South Dakota","streetAddress":"0559 Calista Shoal"}],"displayName":"Stevie Hackett","emails":[{"primary":true,"type":"work","value":"'"$run"'xbh8.local-ada@example.com"}],"meta":{"resourceType":"User"},"name":{"formatted":"Stevie Hackett","familyName":"Hackett","givenName":"Stevie"},"phoneNumbers":[{"primary":true,"type":"work","value":"+1 617-555-0179"},{"primary":false,"type":"mobile","value":"+1 617-555-0180"},{"primary":false,"type":"fax","value":"+1 617-555-0181"}],"preferredLanguage":"en-US","roles":[],"title":"International Legal Analyst","urn:ietf:params:scim:schemas:extension:enterprise:2.0:User":{"employeeNumber":"0166454694","department":"Logistics"}}'
keep user_1 /Users
user_1=$id

# before: the account "local-grace"
ask POST '/Users' \
  -H 'Content-Type: application/scim+json; charset=utf-8' \
  --data-binary '{"schemas":["urn:ietf:params:scim:schemas:core:2.0:User","urn:ietf:params:scim:schemas:extension:enterprise:2.0:User"],"userName":"'"$run"'.jarret.reichert.zkv5sgtbyu@example.com","active":true,"addresses":[{"primary":false,"type":"work","country":"US","formatted":"Building 18, room 452","locality":"Wildermanbury","postalCode":"5891","region":"Montana","streetAddress":"814 Aaron Via"}],"displayName":"Jarret Reichert","emails":[{"primary":true,"type":"work","value":"'"$run"'xbh8.local-grace@example.com"}],"meta":{"resourceType":"User"},"name":{"formatted":"Jarret Reichert","familyName":"Reichert","givenName":"Jarret"},"phoneNumbers":[{"primary":true,"type":"work","value":"+1 206-555-0117"},{"primary":false,"type":"mobile","value":"+1 206-555-0118"},{"primary":false,"type":"fax","value":"+1 206-555-0119"}],"preferredLanguage":"en-US","roles":[],"title":"District Farming Director","urn:ietf:params:scim:schemas:extension:enterprise:2.0:User":{"employeeNumber":"0654025090","department":"Research"}}'
keep user_2 /Users
user_2=$id

# cycle 1: create ada
ask POST '/Users' \
  -H 'Adscimversion: 6.0' \
  -H 'Content-Type: application/scim+json; charset=utf-8' \
  --data-binary '{"schemas":["urn:ietf:params:scim:schemas:core:2.0:User","urn:ietf:params:scim:schemas:extension:enterprise:2.0:User"],"externalId":"'"$run"'-dz6zh67hfz","userName":"'"$run"'.stevie.hackett.dz6zh67hfz@example.com","active":true,"addresses":[{"primary":false,"type":"work","country":"US","formatted":"Building 21, room 240","locality":"South Malcolm Konopelskihaven","postalCode":"3411","region":"South Dakota","streetAddress":"0559 Calista Shoal"}],"displayName":"Stevie Hackett","emails":[{"primary":true,"type":"work","value":"stevie.hackett.'"$run"'.dz6zh67hfz@example.com"}],"meta":{"resourceType":"User"},"name":{"formatted":"Stevie Hackett","familyName":"Hackett","givenName":"Stevie"},"phoneNumbers":[{"primary":true,"type":"work","value":"+1 617-555-0179"},{"primary":false,"type":"mobile","value":"+1 617-555-0180"},{"primary":false,"type":"fax","value":"+1 617-555-0181"}],"preferredLanguage":"en-US","roles":[],"title":"International Legal Analyst","urn:ietf:params:scim:schemas:extension:enterprise:2.0:User":{"employeeNumber":"0166454694","department":"Logistics"}}'
keep user_3 /Users
user_3=$id

# cycle 1: create grace
ask POST '/Users' \
  -H 'Adscimversion: 6.0' \
  -H 'Content-Type: application/scim+json; charset=utf-8' \
  --data-binary '{"schemas":["urn:ietf:params:scim:schemas:core:2.0:User","urn:ietf:params:scim:schemas:extension:enterprise:2.0:User"],"externalId":"'"$run"'-zkv5sgtbyu","userName":"'"$run"'.jarret.reichert.zkv5sgtbyu@example.com","active":true,"addresses":[{"primary":false,"type":"work","country":"US","formatted":"Building 18, room 452","locality":"Wildermanbury","postalCode":"5891","region":"Montana","streetAddress":"814 Aaron Via"}],"displayName":"Jarret Reichert","emails":[{"primary":true,"type":"work","value":"jarret.reichert.'"$run"'.zkv5sgtbyu@example.com"}],"meta":{"resourceType":"User"},"name":{"formatted":"Jarret Reichert","familyName":"Reichert","givenName":"Jarret"},"phoneNumbers":[{"primary":true,"type":"work","value":"+1 206-555-0117"},{"primary":false,"type":"mobile","value":"+1 206-555-0118"},{"primary":false,"type":"fax","value":"+1 206-555-0119"}],"preferredLanguage":"en-US","roles":[],"title":"District Farming Director","urn:ietf:params:scim:schemas:extension:enterprise:2.0:User":{"employeeNumber":"0654025090","department":"Research"}}'
keep user_4 /Users
user_4=$id

# cycle 1: create edsger
ask POST '/Users' \
  -H 'Adscimversion: 6.0' \
  -H 'Content-Type: application/scim+json; charset=utf-8' \
  --data-binary '{"schemas":["urn:ietf:params:scim:schemas:core:2.0:User","urn:ietf:params:scim:schemas:extension:enterprise:2.0:User"],"externalId":"'"$run"'-r3yy76hzq8","userName":"'"$run"'.conner.medhurst.r3yy76hzq8@example.com","active":true,"addresses":[{"primary":false,"type":"work","country":"US","formatted":"Building 33, room 477","locality":"Kihnstad","postalCode":"375","region":"Oklahoma","streetAddress":"7719 Javon Islands"}],"displayName":"Conner Medhurst","emails":[{"primary":true,"type":"work","value":"conner.medhurst.'"$run"'.r3yy76hzq8@example.com"}],"meta":{"resourceType":"User"},"name":{"formatted":"Conner Medhurst","familyName":"Medhurst","givenName":"Conner"},"phoneNumbers":[{"primary":true,"type":"work","value":"+1 425-555-0142"},{"primary":false,"type":"mobile","value":"+1 425-555-0143"},{"primary":false,"type":"fax","value":"+1 425-555-0144"}],"preferredLanguage":"en-US","roles":[],"title":"Regional Administration Technician","urn:ietf:params:scim:schemas:extension:enterprise:2.0:User":{"employeeNumber":"0683646355","department":"Retail"}}'
keep user_5 /Users
user_5=$id

echo 'violated: the job'\''s next cycle is: in 0 hours; expected: in 6 hours'
echo 'expected: in 6 hours'
echo 'see:      Microsoft: application-provisioning-quarantine-status'
echo 'fix:      Answer 409 for what is taken and nothing else, so that one person'\''s conflict is not everybody'\''s.'
published '201 {"schemas":["urn:ietf:params:scim:schemas:core:2.0:User","urn:ietf:params:scim:schemas:extension:enterprise:2.0:User"],"externalId":"{run}-r3yy76hzq8","userName":"{run}.conner.medhurst.r3yy76hzq8@example.com","active":true,"addresses":[{"primary":false,"type":"work","country":"US","formatted":"Building 33, room 477","locality":"Kihnstad","postalCode":"375","region":"Oklahoma","streetAddress":"7719 Javon Islands"}],"displayName":"Conner Medhurst","emails":[{"primary":true,"type":"work","value":"conner.medhurst.{run}.r3yy76hzq8@example.com"}],"meta":{"resourceType":"User"},"name":{"formatted":"Conner Medhurst","familyName":"Medhurst","givenName":"Conner"},"phoneNumbers":[{"primary":true,"type":"work","value":"+1 425-555-0142"},{"primary":false,"type":"mobile","value":"+1 425-555-0143"},{"primary":false,"type":"fax","value":"+1 425-555-0144"}],"preferredLanguage":"en-US","roles":[],"title":"Regional Administration Technician","urn:ietf:params:scim:schemas:extension:enterprise:2.0:User":{"employeeNumber":"0683646355","department":"Retail"},"id":"{user_5}"}'
