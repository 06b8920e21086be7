#!/usr/bin/env bash
# Packs the npm packages: the main one, with a launcher, and one for each platform that has a program.
# packages/npm.sh PLATFORM=PROGRAM..., as packages/npm.sh linux-x64=target/release/scimulate
#
# If this machine's platform is among them, they are installed in a clean folder, without network, and a run is played.
set -euo pipefail
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
out=$root/target/packages/npm
rm -rf "$out"
mkdir -p "$out/packed"
export npm_config_update_notifier=false npm_config_audit=false npm_config_fund=false
export npm_config_cache=$out/cache

# The names are those of Node's process.platform and process.arch.
platforms="linux-x64 linux-arm64 darwin-x64 darwin-arm64 win32-x64"
version=$(sed -n 's/^version = "\(.*\)"/\1/p' "$root/Cargo.toml" | head -n 1)
description=$(sed -n 's/^description = "\(.*\)"/\1/p' "$root/Cargo.toml" | head -n 1)

manifest() { # FOLDER NAME EXTRA
  # shellcheck disable=SC2016 # Node expands what is in backticks, not this shell.
  node -e '
    const [folder, name, version, description, extra] = process.argv.slice(1);
    const manifest = { name, version, description, license: "MIT OR Apache-2.0", ...JSON.parse(extra) };
    require("node:fs").writeFileSync(`${folder}/package.json`, JSON.stringify(manifest, null, 2) + "\n");
  ' "$1" "$2" "$version" "$description" "$3"
  cp "$root/LICENSE-MIT" "$root/LICENSE-APACHE" "$1"
}

for one in "$@"; do
  platform=${one%%=*}
  program=${one#*=}
  grep -qw -- "$platform" <<<"$platforms" || { echo "$platform is not one of $platforms" >&2; exit 2; }
  [ -f "$program" ] || { echo "$program does not exist: build it first" >&2; exit 2; }
  ending=
  [ "${platform%-*}" = win32 ] && ending=.exe
  folder=$out/$platform
  mkdir -p "$folder/bin"
  install -m 755 "$program" "$folder/bin/scimulate$ending"
  manifest "$folder" "@scimulate/$platform" \
    "{\"os\": [\"${platform%-*}\"], \"cpu\": [\"${platform#*-}\"], \"files\": [\"bin\"], \"preferUnplugged\": true}"
  npm pack --silent --pack-destination "$out/packed" "$folder" >/dev/null
done

main=$out/scimulate
mkdir -p "$main"
install -m 755 "$root/packages/npm/launcher.js" "$main/launcher.js"
cp "$root/README.md" "$main"
optional=$(for platform in $platforms; do printf '"@scimulate/%s": "%s",' "$platform" "$version"; done)
manifest "$main" scimulate "{\"bin\": {\"scimulate\": \"launcher.js\"}, \"files\": [\"launcher.js\"],
  \"engines\": {\"node\": \">=18\"}, \"optionalDependencies\": {${optional%,}}}"
npm pack --silent --pack-destination "$out/packed" "$main" >/dev/null
(cd "$out/packed" && wc -c ./*.tgz)

here=$(node -p 'process.platform + "-" + process.arch')
[ -f "$out/packed/scimulate-$here-$version.tgz" ] || exit 0
clean=$(mktemp -d)
trap 'rm -rf "$clean"' EXIT
cd "$clean"
echo '{"private": true}' >package.json
npm install --silent --offline "$out/packed/scimulate-$version.tgz" "$out/packed/scimulate-$here-$version.tgz"
npx --offline scimulate run >run.txt || { cat run.txt; exit 1; }
grep '^PASSED ' run.txt
# What a platform without a build is told.
if node -e 'Object.defineProperty(process, "platform", { value: "sunos" }); require("scimulate/launcher.js")' 2>told.txt; then
  echo "the launcher does not notice a platform without a build" >&2
  exit 1
fi
grep 'no build for sunos' told.txt
grep 'linux-x64, linux-arm64' told.txt
