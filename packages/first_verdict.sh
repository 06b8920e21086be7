#!/usr/bin/env bash
# From an empty folder to the first verdict on a server of somebody else's, in three commands: packages/first_verdict.sh
#
# With pip, npm and cargo, from what packages/crate.sh, wheel.sh and npm.sh have made; cargo finds the crate built, as
# wheel.sh leaves it, if the profile is the same (CARGO_PROFILE_RELEASE_*). Says for each way how many seconds the second
# and the third command take together, and fails if it is more than a minute. What the first one takes depends on the
# network and the compiler. The server is scim2-server from PyPI (tests/servers/start.sh).
set -euo pipefail
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
out=$root/target/packages
most=60
version=$(sed -n 's/^version = "\(.*\)"/\1/p' "$root/Cargo.toml" | head -n 1)
wheel=$(find "$out/wheel" -name '*.whl' 2>/dev/null || true)
launcher=$out/npm/packed/scimulate-$version.tgz
program=$out/npm/packed/scimulate-$(node -p 'process.platform + "-" + process.arch')-$version.tgz
for made in "$wheel" "$launcher" "$program" "$out/crate/Cargo.toml"; do
  [ -f "$made" ] || { echo "call packages/crate.sh, wheel.sh and npm.sh first: ${made:-the wheel} does not exist" >&2; exit 2; }
done

work=$(mktemp -d)
server=
stop() {
  [ -z "$server" ] || { kill "$server" 2>/dev/null || true; wait "$server" 2>/dev/null || true; }
  rm -rf "$work"
}
trap stop EXIT
"$root/tests/servers/start.sh" scim2-server "${PORT:-7340}" >"$work/ready" 2>"$work/errors" &
server=$!
for _ in $(seq 1200); do
  grep -q '^READY ' "$work/ready" && break
  kill -0 "$server" 2>/dev/null || break
  sleep 0.1
done
read -r _ base token <"$work/ready" || { echo "the server does not start" >&2; cat "$work/errors" >&2; exit 1; }

# Nothing is fetched, and nothing is installed outside of the folder.
export PIP_NO_INDEX=1 PIP_DISABLE_PIP_VERSION_CHECK=1
export npm_config_offline=true npm_config_update_notifier=false npm_config_audit=false npm_config_fund=false
export CARGO_NET_OFFLINE=true CARGO_TARGET_DIR=${CARGO_TARGET_DIR:-$root/target}
unset SCIMULATE_TOKEN

# way NAME GET INIT RUN: the three commands in a folder with nothing but the server's token in a file.
way() {
  local folder=$work/$1 begin end verdict=0 milliseconds
  mkdir "$folder"
  cd "$folder"
  printf %s "$token" >token
  export XDG_STATE_HOME=$folder/state CARGO_INSTALL_ROOT=$folder/cargo
  (PATH=$folder/cargo/bin:$PATH && eval "$2") >get.txt 2>&1 || { cat get.txt; exit 1; }
  begin=$(date +%s%3N)
  (PATH=$folder/cargo/bin:$PATH && eval "$3") >init.txt 2>&1 || { cat init.txt; exit 1; }
  (PATH=$folder/cargo/bin:$PATH && eval "$4") >run.txt 2>&1 || verdict=$?
  end=$(date +%s%3N)
  # The server has faults: a verdict is one if it says so, too.
  if [ $verdict -gt 1 ] || ! grep -qE '^(PASSED|FAILED) ' run.txt; then
    echo "$1: no verdict, exit code $verdict" >&2
    cat run.txt >&2
    exit 1
  fi
  milliseconds=$((end - begin))
  echo "$1: $((milliseconds / 1000)).$((milliseconds % 1000 / 100)) s to $(grep -oE '^(PASSED|FAILED) .*' run.txt)"
  [ $milliseconds -le $((most * 1000)) ] || { echo "$1: more than $most s" >&2; exit 1; }
}

# The commands of docs/release.md.
way pip "python3 -m venv env && env/bin/pip install '$wheel'" \
  "env/bin/scimulate init --yes --target $base --token-file token" "env/bin/scimulate run --quick"
way npm "npm install '$launcher' '$program'" \
  "npx scimulate init --yes --target $base --token-file token" "npx scimulate run --quick"
way cargo "cargo install --locked --path '$out/crate'" \
  "scimulate init --yes --target $base --token-file token" "scimulate run --quick"
