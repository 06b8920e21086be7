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

# cycle 1: create crowd-1
ask POST '/Users' \
  -H 'Adscimversion: 6.0' \
  -H 'Content-Type: application/scim+json; charset=utf-8' \
  --data-binary '{"schemas":["urn:ietf:params:scim:schemas:core:2.0:User","urn:ietf:params:scim:schemas:extension:enterprise:2.0:User"],"externalId":"'"$run"'-zvr3eqqa8u","userName":"'"$run"'.kaela.gislason.zvr3eqqa8u@example.com","active":true,"addresses":[{"primary":false,"type":"work","country":"US","formatted":"Building 36, room 227","locality":"Pollichmouth","postalCode":"64182","region":"Mississippi","streetAddress":"95598 Botsford Court"}],"displayName":"Kaela Gislason","emails":[{"primary":true,"type":"work","value":"kaela.gislason.'"$run"'.zvr3eqqa8u@example.com"}],"meta":{"resourceType":"User"},"name":{"formatted":"Kaela Gislason","familyName":"Gislason","givenName":"Kaela"},"phoneNumbers":[{"primary":true,"type":"work","value":"+1 206-555-0111"},{"primary":false,"type":"mobile","value":"+1 206-555-0112"},{"primary":false,"type":"fax","value":"+1 206-555-0113"}],"preferredLanguage":"en-US","roles":[],"title":"Corporate Design Facilitator","urn:ietf:params:scim:schemas:extension:enterprise:2.0:User":{"employeeNumber":"0374819679","department":"Logistics"}}'
keep user_1 /Users
user_1=$id

# cycle 1: create crowd-2
ask POST '/Users' \
  -H 'Adscimversion: 6.0' \
  -H 'Content-Type: application/scim+json; charset=utf-8' \
  --data-binary '{"schemas":["urn:ietf:params:scim:schemas:core:2.0:User","urn:ietf:params:scim:schemas:extension:enterprise:2.0:User"],"externalId":"'"$run"'-95rdfcjenw","userName":"'"$run"'.letha.lindgren.95rdfcjenw@example.com","active":true,"addresses":[{"primary":false,"type":"work","country":"US","formatted":"Building 27, room 340","locality":"Port Fidel Sipesland","postalCode":"166","region":"Illinois","streetAddress":"135 Brendon Island"}],"displayName":"Letha Lindgren","emails":[{"primary":true,"type":"work","value":"letha.lindgren.'"$run"'.95rdfcjenw@example.com"}],"meta":{"resourceType":"User"},"name":{"formatted":"Letha Lindgren","familyName":"Lindgren","givenName":"Letha"},"phoneNumbers":[{"primary":true,"type":"work","value":"+1 206-555-0186"},{"primary":false,"type":"mobile","value":"+1 206-555-0187"},{"primary":false,"type":"fax","value":"+1 206-555-0188"}],"preferredLanguage":"en-US","roles":[],"title":"Regional Legal Agent","urn:ietf:params:scim:schemas:extension:enterprise:2.0:User":{"employeeNumber":"0794435209","department":"Legal"}}'
keep user_2 /Users
user_2=$id

# cycle 1: create crowd-3
ask POST '/Users' \
  -H 'Adscimversion: 6.0' \
  -H 'Content-Type: application/scim+json; charset=utf-8' \
  --data-binary '{"schemas":["urn:ietf:params:scim:schemas:core:2.0:User","urn:ietf:params:scim:schemas:extension:enterprise:2.0:User"],"externalId":"'"$run"'-vzausang2y","userName":"'"$run"'.lester.beahan.vzausang2y@example.com","active":true,"addresses":[{"primary":false,"type":"work","country":"US","formatted":"Building 28, room 420","locality":"Port Justine Pollichton","postalCode":"7542","region":"Vermont","streetAddress":"1699 Bruen Groves"}],"displayName":"Lester Beahan","emails":[{"primary":true,"type":"work","value":"lester.beahan.'"$run"'.vzausang2y@example.com"}],"meta":{"resourceType":"User"},"name":{"formatted":"Lester Beahan","familyName":"Beahan","givenName":"Lester"},"phoneNumbers":[{"primary":true,"type":"work","value":"+1 212-555-0175"},{"primary":false,"type":"mobile","value":"+1 212-555-0176"},{"primary":false,"type":"fax","value":"+1 212-555-0177"}],"preferredLanguage":"en-US","roles":[],"title":"Global Legal Analyst","urn:ietf:params:scim:schemas:extension:enterprise:2.0:User":{"employeeNumber":"0982143759","department":"Marketing"}}'
keep user_3 /Users
user_3=$id

# cycle 1: create crowd-4
ask POST '/Users' \
  -H 'Adscimversion: 6.0' \
  -H 'Content-Type: application/scim+json; charset=utf-8' \
  --data-binary '{"schemas":["urn:ietf:params:scim:schemas:core:2.0:User","urn:ietf:params:scim:schemas:extension:enterprise:2.0:User"],"externalId":"'"$run"'-q72hqd65je","userName":"'"$run"'.junius.gorczany.q72hqd65je@example.com","active":true,"addresses":[{"primary":false,"type":"work","country":"US","formatted":"Building 5, room 220","locality":"Marvinside","postalCode":"23845","region":"Connecticut","streetAddress":"9812 Price Mountain"}],"displayName":"Junius Gorczany","emails":[{"primary":true,"type":"work","value":"junius.gorczany.'"$run"'.q72hqd65je@example.com"}],"meta":{"resourceType":"User"},"name":{"formatted":"Junius Gorczany","familyName":"Gorczany","givenName":"Junius"},"phoneNumbers":[{"primary":true,"type":"work","value":"+1 617-555-0149"},{"primary":false,"type":"mobile","value":"+1 617-555-0150"},{"primary":false,"type":"fax","value":"+1 617-555-0151"}],"preferredLanguage":"en-US","roles":[],"title":"Global Healthcare Specialist","urn:ietf:params:scim:schemas:extension:enterprise:2.0:User":{"employeeNumber":"0981730843","department":"Sales"}}'
keep user_4 /Users
user_4=$id

# cycle 1: create crowd-5
ask POST '/Users' \
  -H 'Adscimversion: 6.0' \
  -H 'Content-Type: application/scim+json; charset=utf-8' \
  --data-binary '{"schemas":["urn:ietf:params:scim:schemas:core:2.0:User","urn:ietf:params:scim:schemas:extension:enterprise:2.0:User"],"externalId":"'"$run"'-47krp74ex4","userName":"'"$run"'.annamarie.ryan.47krp74ex4@example.com","active":true,"addresses":[{"primary":false,"type":"work","country":"US","formatted":"Building 15, room 320","locality":"Monahanstad","postalCode":"3324","region":"Colorado","streetAddress":"002 Jose Alley"}],"displayName":"Annamarie Ryan","emails":[{"primary":true,"type":"work","value":"annamarie.ryan.'"$run"'.47krp74ex4@example.com"}],"meta":{"resourceType":"User"},"name":{"formatted":"Annamarie Ryan","familyName":"Ryan","givenName":"Annamarie"},"phoneNumbers":[{"primary":true,"type":"work","value":"+1 212-555-0154"},{"primary":false,"type":"mobile","value":"+1 212-555-0155"},{"primary":false,"type":"fax","value":"+1 212-555-0156"}],"preferredLanguage":"en-US","roles":[],"title":"Global Sales Officer","urn:ietf:params:scim:schemas:extension:enterprise:2.0:User":{"employeeNumber":"0852921438","department":"Legal"}}'
keep user_5 /Users
user_5=$id

# cycle 1: create crowd-6
ask POST '/Users' \
  -H 'Adscimversion: 6.0' \
  -H 'Content-Type: application/scim+json; charset=utf-8' \
  --data-binary '{"schemas":["urn:ietf:params:scim:schemas:core:2.0:User","urn:ietf:params:scim:schemas:extension:enterprise:2.0:User"],"externalId":"'"$run"'-ygeychmrd4","userName":"'"$run"'.vincenzo.bradtke.ygeychmrd4@example.com","active":true,"addresses":[{"primary":false,"type":"work","country":"US","formatted":"Building 27, room 210","locality":"Jerrellville","postalCode":"033","region":"Vermont","streetAddress":"9641 Hills Course"}],"displayName":"Vincenzo Bradtke","emails":[{"primary":true,"type":"work","value":"vincenzo.bradtke.'"$run"'.ygeychmrd4@example.com"}],"meta":{"resourceType":"User"},"name":{"formatted":"Vincenzo Bradtke","familyName":"Bradtke","givenName":"Vincenzo"},"phoneNumbers":[{"primary":true,"type":"work","value":"+1 312-555-0138"},{"primary":false,"type":"mobile","value":"+1 312-555-0139"},{"primary":false,"type":"fax","value":"+1 312-555-0140"}],"preferredLanguage":"en-US","roles":[],"title":"International Hospitality Strategist","urn:ietf:params:scim:schemas:extension:enterprise:2.0:User":{"employeeNumber":"0261216677","department":"Logistics"}}'
keep user_6 /Users
user_6=$id

# discovery: page 2
ask GET '/Users?startIndex=6&count=5' \
  -H 'Adscimversion: 6.0'

echo 'violated: A resource does not declare its schemas.'
echo 'expected: ["urn:ietf:params:scim:schemas:core:2.0:User"]'
echo 'see:      RFC 7643 §3; Microsoft: use-scim-to-provision-users-and-groups'
echo 'fix:      Write `schemas` into every resource, also in lists and in responses to writes.'
published '200'
