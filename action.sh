#!/usr/bin/env bash
# What the GitHub action does (action.yml): builds the version that the workflow names, if it is not in the cache, and
# plays it. Everything comes from the environment, so that no input is read as a command.
set -euo pipefail
scimulate=${SCIMULATE_ROOT:?}/bin/scimulate
if [ ! -x "$scimulate" ]; then
  cargo install --locked --quiet --path "$(dirname "${BASH_SOURCE[0]}")" --root "$SCIMULATE_ROOT"
fi
mkdir -p "${SCIMULATE_REPORTS:?}"
[ -n "${SCIMULATE_TOKEN:-}" ] || unset SCIMULATE_TOKEN
read -ra arguments <<<"${SCIMULATE_ARGUMENTS:-}"
exec "$scimulate" run --target "${SCIMULATE_TARGET:?}" --yes --github \
  --html "$SCIMULATE_REPORTS/scimulate.html" --junit "$SCIMULATE_REPORTS/scimulate.xml" \
  --json "$SCIMULATE_REPORTS/scimulate.json" "${arguments[@]}"
