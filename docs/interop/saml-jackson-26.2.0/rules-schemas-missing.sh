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

# cycle 1: create crowd-7
ask POST '/Users' \
  -H 'Adscimversion: 6.0' \
  -H 'Content-Type: application/scim+json; charset=utf-8' \
  --data-binary '{"schemas":["urn:ietf:params:scim:schemas:core:2.0:User","urn:ietf:params:scim:schemas:extension:enterprise:2.0:User"],"externalId":"'"$run"'-8bc555a8ak","userName":"'"$run"'.baby.von.8bc555a8ak@example.com","active":true,"addresses":[{"primary":false,"type":"work","country":"US","formatted":"Building 33, room 437","locality":"Jastshire","postalCode":"251","region":"Georgia","streetAddress":"26372 Leif Turnpike"}],"displayName":"Baby Von","emails":[{"primary":true,"type":"work","value":"baby.von.'"$run"'.8bc555a8ak@example.com"}],"meta":{"resourceType":"User"},"name":{"formatted":"Baby Von","familyName":"Von","givenName":"Baby"},"phoneNumbers":[{"primary":true,"type":"work","value":"+1 415-555-0192"},{"primary":false,"type":"mobile","value":"+1 415-555-0193"},{"primary":false,"type":"fax","value":"+1 415-555-0194"}],"preferredLanguage":"en-US","roles":[],"title":"International Manufacturing Representative","urn:ietf:params:scim:schemas:extension:enterprise:2.0:User":{"employeeNumber":"0698240182","department":"Legal"}}'
keep user_7 /Users
user_7=$id

# cycle 1: create crowd-8
ask POST '/Users' \
  -H 'Adscimversion: 6.0' \
  -H 'Content-Type: application/scim+json; charset=utf-8' \
  --data-binary '{"schemas":["urn:ietf:params:scim:schemas:core:2.0:User","urn:ietf:params:scim:schemas:extension:enterprise:2.0:User"],"externalId":"'"$run"'-hk9jtnpby3","userName":"'"$run"'.amparo.schmidt.hk9jtnpby3@example.com","active":true,"addresses":[{"primary":false,"type":"work","country":"US","formatted":"Building 36, room 420","locality":"Bechtelarstad","postalCode":"37268","region":"Massachusetts","streetAddress":"1083 Tyshawn Summit"}],"displayName":"Amparo Schmidt","emails":[{"primary":true,"type":"work","value":"amparo.schmidt.'"$run"'.hk9jtnpby3@example.com"}],"meta":{"resourceType":"User"},"name":{"formatted":"Amparo Schmidt","familyName":"Schmidt","givenName":"Amparo"},"phoneNumbers":[{"primary":true,"type":"work","value":"+1 212-555-0129"},{"primary":false,"type":"mobile","value":"+1 212-555-0130"},{"primary":false,"type":"fax","value":"+1 212-555-0131"}],"preferredLanguage":"en-US","roles":[],"title":"Global Sales Associate","urn:ietf:params:scim:schemas:extension:enterprise:2.0:User":{"employeeNumber":"0699953497","department":"Retail"}}'
keep user_8 /Users
user_8=$id

# cycle 1: create crowd-9
ask POST '/Users' \
  -H 'Adscimversion: 6.0' \
  -H 'Content-Type: application/scim+json; charset=utf-8' \
  --data-binary '{"schemas":["urn:ietf:params:scim:schemas:core:2.0:User","urn:ietf:params:scim:schemas:extension:enterprise:2.0:User"],"externalId":"'"$run"'-mgxmxk7v5z","userName":"'"$run"'.gillian.bogisich.mgxmxk7v5z@example.com","active":true,"addresses":[{"primary":false,"type":"work","country":"US","formatted":"Building 3, room 264","locality":"Willberg","postalCode":"93072","region":"Kansas","streetAddress":"665 Kali Mews"}],"displayName":"Gillian Bogisich","emails":[{"primary":true,"type":"work","value":"gillian.bogisich.'"$run"'.mgxmxk7v5z@example.com"}],"meta":{"resourceType":"User"},"name":{"formatted":"Gillian Bogisich","familyName":"Bogisich","givenName":"Gillian"},"phoneNumbers":[{"primary":true,"type":"work","value":"+1 617-555-0197"},{"primary":false,"type":"mobile","value":"+1 617-555-0198"},{"primary":false,"type":"fax","value":"+1 617-555-0199"}],"preferredLanguage":"en-US","roles":[],"title":"Chief Community-Services Producer","urn:ietf:params:scim:schemas:extension:enterprise:2.0:User":{"employeeNumber":"0169867591","department":"Research"}}'
keep user_9 /Users
user_9=$id

# cycle 1: create crowd-10
ask POST '/Users' \
  -H 'Adscimversion: 6.0' \
  -H 'Content-Type: application/scim+json; charset=utf-8' \
  --data-binary '{"schemas":["urn:ietf:params:scim:schemas:core:2.0:User","urn:ietf:params:scim:schemas:extension:enterprise:2.0:User"],"externalId":"'"$run"'-rdd73u2bv6","userName":"'"$run"'.mertie.moore.rdd73u2bv6@example.com","active":true,"addresses":[{"primary":false,"type":"work","country":"US","formatted":"Building 9, room 405","locality":"Bergeville","postalCode":"653","region":"Indiana","streetAddress":"64869 Jo Rapids"}],"displayName":"Mertie Moore","emails":[{"primary":true,"type":"work","value":"mertie.moore.'"$run"'.rdd73u2bv6@example.com"}],"meta":{"resourceType":"User"},"name":{"formatted":"Mertie Moore","familyName":"Moore","givenName":"Mertie"},"phoneNumbers":[{"primary":true,"type":"work","value":"+1 425-555-0102"},{"primary":false,"type":"mobile","value":"+1 425-555-0103"},{"primary":false,"type":"fax","value":"+1 425-555-0104"}],"preferredLanguage":"en-US","roles":[],"title":"Corporate Farming Developer","urn:ietf:params:scim:schemas:extension:enterprise:2.0:User":{"employeeNumber":"0471891535","department":"Logistics"}}'
keep user_10 /Users
user_10=$id

# cycle 1: create crowd-11
ask POST '/Users' \
  -H 'Adscimversion: 6.0' \
  -H 'Content-Type: application/scim+json; charset=utf-8' \
  --data-binary '{"schemas":["urn:ietf:params:scim:schemas:core:2.0:User","urn:ietf:params:scim:schemas:extension:enterprise:2.0:User"],"externalId":"'"$run"'-med2jcuwsg","userName":"'"$run"'.winifred.yost.med2jcuwsg@example.com","active":true,"addresses":[{"primary":false,"type":"work","country":"US","formatted":"Building 4, room 301","locality":"West Tanner Wintheiserfort","postalCode":"4097","region":"Montana","streetAddress":"5343 Grady Brook"}],"displayName":"Winifred Yost","emails":[{"primary":true,"type":"work","value":"winifred.yost.'"$run"'.med2jcuwsg@example.com"}],"meta":{"resourceType":"User"},"name":{"formatted":"Winifred Yost","familyName":"Yost","givenName":"Winifred"},"phoneNumbers":[{"primary":true,"type":"work","value":"+1 425-555-0123"},{"primary":false,"type":"mobile","value":"+1 425-555-0124"},{"primary":false,"type":"fax","value":"+1 425-555-0125"}],"preferredLanguage":"en-US","roles":[],"title":"Global Design Officer","urn:ietf:params:scim:schemas:extension:enterprise:2.0:User":{"employeeNumber":"0459011217","department":"Research"}}'
keep user_11 /Users
user_11=$id

# discovery: page 3
ask GET '/Users?startIndex=11&count=5' \
  -H 'Adscimversion: 6.0'

echo 'violated: A resource does not declare its schemas.'
echo 'expected: ["urn:ietf:params:scim:schemas:core:2.0:User"]'
echo 'see:      RFC 7643 §3; Microsoft: use-scim-to-provision-users-and-groups'
echo 'fix:      Write `schemas` into every resource, also in lists and in responses to writes.'
published '200'
