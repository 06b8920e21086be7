#!/usr/bin/env bash
# Packs a program for one platform, with completions and man pages, and its SHA-256: packages/archive.sh PROGRAM TARGET
#
# The program must run on this machine. action.sh installs from archives of this name and form.
set -euo pipefail
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
program=$1
target=$2
out=$root/target/packages/archives
name=scimulate-$target
rm -rf "${out:?}/$name" "$out/$name.tar.gz" "$out/$name.tar.gz.sha256"
mkdir -p "$out/$name/completions"
ending=
if [[ $target == *windows* ]]; then
  ending=.exe
  program=${program%.exe}.exe
fi
install -m 755 "$program" "$out/$name/scimulate$ending"
cp "$root/README.md" "$root/CHANGELOG.md" "$root/LICENSE-MIT" "$root/LICENSE-APACHE" "$out/$name"
"$program" completions bash >"$out/$name/completions/scimulate.bash"
"$program" completions zsh >"$out/$name/completions/_scimulate"
"$program" completions fish >"$out/$name/completions/scimulate.fish"
"$program" completions powershell >"$out/$name/completions/scimulate.ps1"
"$program" man "$out/$name/man"
cd "$out"
tar -czf "$name.tar.gz" "$name"
# macOS has no sha256sum.
if command -v sha256sum >/dev/null; then sha256sum "$name.tar.gz"; else shasum -a 256 "$name.tar.gz"; fi >"$name.tar.gz.sha256"
echo "$name.tar.gz: $(wc -c <"$name.tar.gz") bytes"
