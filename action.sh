#!/usr/bin/env bash
# What the GitHub action does (action.yml): fetches the version that the workflow names, if it is not in the cache, and
# plays it. A version without a build for this machine is compiled. Everything comes from the environment, so that no
# input is read as a command.
set -euo pipefail
scimulate=${SCIMULATE_ROOT:?}/bin/scimulate

# The archive of the release, as packages/archive.sh names it.
fetch() {
  local target archive folder
  case ${RUNNER_OS:-}-${RUNNER_ARCH:-} in
    Linux-X64) target=x86_64-unknown-linux-musl ;;
    Linux-ARM64) target=aarch64-unknown-linux-musl ;;
    macOS-X64) target=x86_64-apple-darwin ;;
    macOS-ARM64) target=aarch64-apple-darwin ;;
    Windows-X64) target=x86_64-pc-windows-msvc ;;
    *) return 1 ;;
  esac
  # Only a tag has a release; a branch or a commit is compiled.
  [[ ${SCIMULATE_VERSION:-} =~ ^v[0-9]+\.[0-9]+\.[0-9]+ ]] && [ -n "${SCIMULATE_RELEASES:-}" ] || return 1
  archive=scimulate-$target.tar.gz
  folder=$(mktemp -d)
  # `set -e` does not hold in a function whose result is asked for: each step is tied to the one before.
  download "$SCIMULATE_RELEASES/$SCIMULATE_VERSION/$archive" "$folder/$archive" &&
    download "$SCIMULATE_RELEASES/$SCIMULATE_VERSION/$archive.sha256" "$folder/$archive.sha256" &&
    (cd "$folder" && check "$archive.sha256") &&
    tar -xzf "$folder/$archive" -C "$folder" --strip-components 1 &&
    rm "$folder/$archive" "$folder/$archive.sha256" &&
    mkdir -p "$SCIMULATE_ROOT/bin" &&
    # On Windows the program's name has an ending, and bash finds it without.
    cp "$folder"/scimulate* "$SCIMULATE_ROOT/bin" || { rm -rf "$folder"; return 1; }
  rm -rf "$folder"
}

download() {
  curl --fail --silent --show-error --location --retry 3 --output "$2" "$1"
}

# macOS has no sha256sum.
check() {
  if command -v sha256sum >/dev/null; then sha256sum --check --quiet "$1"; else shasum -a 256 -c "$1"; fi
}

if [ ! -x "$scimulate" ] && ! fetch; then
  echo "no release for this version and machine: scimulate is compiled"
  cargo install --locked --quiet --path "$(dirname "${BASH_SOURCE[0]}")" --root "$SCIMULATE_ROOT"
fi
mkdir -p "${SCIMULATE_REPORTS:?}"
[ -n "${SCIMULATE_TOKEN:-}" ] || unset SCIMULATE_TOKEN
read -ra arguments <<<"${SCIMULATE_ARGUMENTS:-}"
exec "$scimulate" run --target "${SCIMULATE_TARGET:?}" --yes --github \
  --html "$SCIMULATE_REPORTS/scimulate.html" --junit "$SCIMULATE_REPORTS/scimulate.xml" \
  --json "$SCIMULATE_REPORTS/scimulate.json" "${arguments[@]}"
