#!/usr/bin/env bash
# Packs the crate as `cargo publish` would, checks what is in it, and unpacks it: packages/crate.sh
#
# It is not built here: packages/wheel.sh builds the unpacked crate, which shows the same.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
out=$PWD/target/packages
most=$((5 * 1024 * 1024))
version=$(sed -n 's/^version = "\(.*\)"/\1/p' Cargo.toml | head -n 1)

contents=$(cargo package --list --allow-dirty)
for unwanted in snapshots/ fuzz/ packages/ docs/images/ docs/interop/ target/ .ci/ .github/; do
  if grep -q "^$unwanted" <<<"$contents"; then
    echo "the crate contains $unwanted: leave it out with \`exclude\` in Cargo.toml" >&2
    exit 1
  fi
done
for wanted in Cargo.lock README.md LICENSE-MIT LICENSE-APACHE CHANGELOG.md src/main.rs scenarios/cycles/create-user.yaml; do
  grep -qx "$wanted" <<<"$contents" || { echo "the crate lacks $wanted" >&2; exit 1; }
done

cargo package --no-verify --allow-dirty --quiet
crate=${CARGO_TARGET_DIR:-target}/package/scimulate-$version.crate
size=$(wc -c <"$crate")
[ "$size" -lt "$most" ] || { echo "the crate has $size bytes, more than $most" >&2; exit 1; }
rm -rf "$out/crate"
mkdir -p "$out/crate"
tar -xzf "$crate" -C "$out/crate" --strip-components 1
echo "scimulate-$version.crate: $(wc -l <<<"$contents") files, $size bytes"
