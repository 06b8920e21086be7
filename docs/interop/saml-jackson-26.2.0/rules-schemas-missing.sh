#!/bin/sh
# rules/schemas-missing (error): Every resource declares its schemas
# A resource does not declare its schemas.
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

# before: the account "there-1"
ask POST '/Users' \
  -H 'Content-Type: application/scim+json; charset=utf-8' \
  --data-binary '{"schemas":["urn:ietf:params:scim:schemas:core:2.0:User","urn:ietf:params:scim:schemas:extension:enterprise:2.0:User"],"externalId":"'"$run"'-h773tptmap","userName":"'"$run"'.jabari.jast.h773tptmap@example.com","active":true,"addresses":[{"primary":false,"type":"work","country":"US","formatted":"Building 9, room 198","locality":"Aubreeland","postalCode":"494","region":"Kansas","streetAddress":"614 Brayan Club"}],"displayName":"Jabari Jast","emails":[{"primary":true,"type":"work","value":"jabari.jast.'"$run"'.h773tptmap@example.com"}],"meta":{"resourceType":"User"},"name":{"formatted":"Jabari Jast","familyName":"Jast","givenName":"Jabari"},"phoneNumbers":[{"primary":true,"type":"work","value":"+1 206-555-0104"},{"primary":false,"type":"mobile","value":"+1 206-555-0105"},{"primary":false,"type":"fax","value":"+1 206-555-0106"}],"preferredLanguage":"en-US","roles":[],"title":"Junior Consulting Officer","urn:ietf:params:scim:schemas:extension:enterprise:2.0:User":{"employeeNumber":"0469627923","department":"Legal"}}'
keep user_1 /Users
user_1=$id

# before: the account "there-2"
ask POST '/Users' \
  -H 'Content-Type: application/scim+json; charset=utf-8' \
  --data-binary '{"schemas":["urn:ietf:params:scim:schemas:core:2.0:User","urn:ietf:params:scim:schemas:extension:enterprise:2.0:User"],"externalId":"'"$run"'-zpx66u5zwx","userName":"'"$run"'.ross.funk.zpx66u5zwx@example.com","active":true,"addresses":[{"primary":false,"type":"work","country":"US","formatted":"Building 18, room 221","locality":"Schuppefort","postalCode":"330","region":"Florida","streetAddress":"107 Savanna Ports"}],"displayName":"Ross Funk","emails":[{"primary":true,"type":"work","value":"ross.funk.'"$run"'.zpx66u5zwx@example.com"}],"meta":{"resourceType":"User"},"name":{"formatted":"Ross Funk","familyName":"Funk","givenName":"Ross"},"phoneNumbers":[{"primary":true,"type":"work","value":"+1 415-555-0175"},{"primary":false,"type":"mobile","value":"+1 415-555-0176"},{"primary":false,"type":"fax","value":"+1 415-555-0177"}],"preferredLanguage":"en-US","roles":[],"title":"International Administration Associate","urn:ietf:params:scim:schemas:extension:enterprise:2.0:User":{"employeeNumber":"0259583734","department":"Legal"}}'
keep user_2 /Users
user_2=$id

# before: the account "there-3"
ask POST '/Users' \
  -H 'Content-Type: application/scim+json; charset=utf-8' \
  --data-binary '{"schemas":["urn:ietf:params:scim:schemas:core:2.0:User","urn:ietf:params:scim:schemas:extension:enterprise:2.0:User"],"externalId":"'"$run"'-rgce7snq2u","userName":"'"$run"'.jerrod.kohler.rgce7snq2u@example.com","active":true,"addresses":[{"primary":false,"type":"work","country":"US","formatted":"Building 38, room 287","locality":"Stehrstad","postalCode":"294","region":"Virginia","streetAddress":"15842 Leanne Greens"}],"displayName":"Jerrod Kohler","emails":[{"primary":true,"type":"work","value":"jerrod.kohler.'"$run"'.rgce7snq2u@example.com"}],"meta":{"resourceType":"User"},"name":{"formatted":"Jerrod Kohler","familyName":"Kohler","givenName":"Jerrod"},"phoneNumbers":[{"primary":true,"type":"work","value":"+1 206-555-0101"},{"primary":false,"type":"mobile","value":"+1 206-555-0102"},{"primary":false,"type":"fax","value":"+1 206-555-0103"}],"preferredLanguage":"en-US","roles":[],"title":"Junior Consulting Architect","urn:ietf:params:scim:schemas:extension:enterprise:2.0:User":{"employeeNumber":"0009164331","department":"Sales"}}'
keep user_3 /Users
user_3=$id

# before: the account "there-4"
ask POST '/Users' \
  -H 'Content-Type: application/scim+json; charset=utf-8' \
  --data-binary '{"schemas":["urn:ietf:params:scim:schemas:core:2.0:User","urn:ietf:params:scim:schemas:extension:enterprise:2.0:User"],"externalId":"'"$run"'-mbq4ska6vd","userName":"'"$run"'.osbaldo.anderson.mbq4ska6vd@example.com","active":true,"addresses":[{"primary":false,"type":"work","country":"US","formatted":"Building 35, room 254","locality":"New Pete Batzton","postalCode":"703","region":"Oklahoma","streetAddress":"12347 Dickens Lock"}],"displayName":"Osbaldo Anderson","emails":[{"primary":true,"type":"work","value":"osbaldo.anderson.'"$run"'.mbq4ska6vd@example.com"}],"meta":{"resourceType":"User"},"name":{"formatted":"Osbaldo Anderson","familyName":"Anderson","givenName":"Osbaldo"},"phoneNumbers":[{"primary":true,"type":"work","value":"+1 212-555-0185"},{"primary":false,"type":"mobile","value":"+1 212-555-0186"},{"primary":false,"type":"fax","value":"+1 212-555-0187"}],"preferredLanguage":"en-US","roles":[],"title":"Junior Government Strategist","urn:ietf:params:scim:schemas:extension:enterprise:2.0:User":{"employeeNumber":"0444141795","department":"Sales"}}'
keep user_4 /Users
user_4=$id

# before: the account "there-5"
ask POST '/Users' \
  -H 'Content-Type: application/scim+json; charset=utf-8' \
  --data-binary '{"schemas":["urn:ietf:params:scim:schemas:core:2.0:User","urn:ietf:params:scim:schemas:extension:enterprise:2.0:User"],"externalId":"'"$run"'-xkx3j6562g","userName":"'"$run"'.marcelo.gerhold.xkx3j6562g@example.com","active":true,"addresses":[{"primary":false,"type":"work","country":"US","formatted":"Building 20, room 429","locality":"Funkville","postalCode":"41619","region":"Washington","streetAddress":"3944 Bettye Burgs"}],"displayName":"Marcelo Gerhold","emails":[{"primary":true,"type":"work","value":"marcelo.gerhold.'"$run"'.xkx3j6562g@example.com"}],"meta":{"resourceType":"User"},"name":{"formatted":"Marcelo Gerhold","familyName":"Gerhold","givenName":"Marcelo"},"phoneNumbers":[{"primary":true,"type":"work","value":"+1 415-555-0108"},{"primary":false,"type":"mobile","value":"+1 415-555-0109"},{"primary":false,"type":"fax","value":"+1 415-555-0110"}],"preferredLanguage":"en-US","roles":[],"title":"Corporate Banking Facilitator","urn:ietf:params:scim:schemas:extension:enterprise:2.0:User":{"employeeNumber":"0599712257","department":"Marketing"}}'
keep user_5 /Users
user_5=$id

# before: the account "there-6"
ask POST '/Users' \
  -H 'Content-Type: application/scim+json; charset=utf-8' \
  --data-binary '{"schemas":["urn:ietf:params:scim:schemas:core:2.0:User","urn:ietf:params:scim:schemas:extension:enterprise:2.0:User"],"externalId":"'"$run"'-28b9ez3tws","userName":"'"$run"'.kelly.wilderman.28b9ez3tws@example.com","active":true,"addresses":[{"primary":false,"type":"work","country":"US","formatted":"Building 26, room 175","locality":"Rutherfordview","postalCode":"99915","region":"Illinois","streetAddress":"166 Torp Crescent"}],"displayName":"Kelly Wilderman","emails":[{"primary":true,"type":"work","value":"kelly.wilderman.'"$run"'.28b9ez3tws@example.com"}],"meta":{"resourceType":"User"},"name":{"formatted":"Kelly Wilderman","familyName":"Wilderman","givenName":"Kelly"},"phoneNumbers":[{"primary":true,"type":"work","value":"+1 212-555-0109"},{"primary":false,"type":"mobile","value":"+1 212-555-0110"},{"primary":false,"type":"fax","value":"+1 212-555-0111"}],"preferredLanguage":"en-US","roles":[],"title":"National Legal Planner","urn:ietf:params:scim:schemas:extension:enterprise:2.0:User":{"employeeNumber":"0445504484","department":"Retail"}}'
keep user_6 /Users
user_6=$id

# line 18: POST /Users
ask POST '/Users' \
  -H 'Content-Type: application/scim+json' \
  --data-binary '{"schemas":["urn:ietf:params:scim:schemas:core:2.0:User","urn:ietf:params:scim:schemas:extension:enterprise:2.0:User"],"externalId":"'"$run"'-vm5rqeb598","userName":"'"$run"'.alex.langworth.vm5rqeb598@example.com","active":true,"addresses":[{"primary":false,"type":"work","country":"US","formatted":"Building 3, room 109","locality":"West Angeline Cormiertown","postalCode":"949","region":"Idaho","streetAddress":"45694 Brielle Terrace"}],"displayName":"Alex Langworth","emails":[{"primary":true,"type":"work","value":"alex.langworth.'"$run"'.vm5rqeb598@example.com"}],"meta":{"resourceType":"User"},"name":{"formatted":"Alex Langworth","familyName":"Langworth","givenName":"Alex"},"phoneNumbers":[{"primary":true,"type":"work","value":"+1 415-555-0144"},{"primary":false,"type":"mobile","value":"+1 415-555-0145"},{"primary":false,"type":"fax","value":"+1 415-555-0146"}],"preferredLanguage":"en-US","roles":[],"title":"Senior Administration Technician","urn:ietf:params:scim:schemas:extension:enterprise:2.0:User":{"employeeNumber":"0317503015","department":"Logistics"}}'
keep user_7 /Users
user_7=$id

# line 18: POST /Users
ask POST '/Users' \
  -H 'Content-Type: application/scim+json' \
  --data-binary '{"schemas":["urn:ietf:params:scim:schemas:core:2.0:User","urn:ietf:params:scim:schemas:extension:enterprise:2.0:User"],"externalId":"'"$run"'-gxr9bumnwf","userName":"'"$run"'.jeff.little.gxr9bumnwf@example.com","active":true,"addresses":[{"primary":false,"type":"work","country":"US","formatted":"Building 37, room 150","locality":"North Treva Hyattside","postalCode":"61048","region":"Wisconsin","streetAddress":"997 Wilford Parks"}],"displayName":"Jeff Little","emails":[{"primary":true,"type":"work","value":"jeff.little.'"$run"'.gxr9bumnwf@example.com"}],"meta":{"resourceType":"User"},"name":{"formatted":"Jeff Little","familyName":"Little","givenName":"Jeff"},"phoneNumbers":[{"primary":true,"type":"work","value":"+1 617-555-0181"},{"primary":false,"type":"mobile","value":"+1 617-555-0182"},{"primary":false,"type":"fax","value":"+1 617-555-0183"}],"preferredLanguage":"en-US","roles":[],"title":"District Legal Executive","urn:ietf:params:scim:schemas:extension:enterprise:2.0:User":{"employeeNumber":"0905743176","department":"Engineering"}}'
keep user_8 /Users
user_8=$id

# line 18: page 3
ask GET '/Users?startIndex=7&count=3'

echo 'violated: A resource does not declare its schemas.'
echo 'expected: ["urn:ietf:params:scim:schemas:core:2.0:User"]'
echo 'see:      RFC 7643 §3; Microsoft: use-scim-to-provision-users-and-groups'
echo 'fix:      Write `schemas` into every resource, also in lists and in responses to writes.'
published '200'
