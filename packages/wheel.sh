#!/usr/bin/env bash
# Builds a Python wheel that holds the program, installs it in a fresh environment and plays a run with it:
# packages/wheel.sh [SOURCE]
#
# SOURCE is the folder of Cargo.toml, the repository or an unpacked crate. The profile is that of the environment
# (CARGO_PROFILE_RELEASE_*). maturin comes from PyPI.
set -euo pipefail
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
source=$(cd "${1:-$root}" && pwd)
out=$root/target/packages
rm -rf "$out/wheel" "$out/venv-build" "$out/venv"
mkdir -p "$out/wheel"
export PIP_DISABLE_PIP_VERSION_CHECK=1

python3 -m venv "$out/venv-build"
"$out/venv-build/bin/pip" install --quiet 'maturin>=1.9,<2'
CARGO_TARGET_DIR=${CARGO_TARGET_DIR:-$root/target} "$out/venv-build/bin/maturin" build --release --locked --quiet \
  --manifest-path "$source/Cargo.toml" --out "$out/wheel"

python3 -m venv "$out/venv"
"$out/venv/bin/pip" install --quiet --no-index "$out"/wheel/scimulate-*.whl
clean=$(mktemp -d)
trap 'rm -rf "$clean"' EXIT
cd "$clean"
"$out/venv/bin/scimulate" run >run.txt || { cat run.txt; exit 1; }
grep '^PASSED ' run.txt
for wheel in "$out"/wheel/*.whl; do
  echo "$(basename "$wheel"): $(wc -c <"$wheel") bytes"
done
