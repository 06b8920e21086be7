#!/usr/bin/env bash
# Builds the documentation as a site of static pages, with a page for each check: packages/site.sh SCIMULATE OUT
#
# docs/navigation.tsv says which pages there are and in which order; OUT/llms.txt has the same for language models.
# A link that leads nowhere fails the build, and so does a page that fetches something from another host. MkDocs and
# its theme come from PyPI. What was in OUT is removed.
set -euo pipefail
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
scimulate=$1
mkdir -p "$2"
out=$(cd "$2" && pwd)
work=$root/target/packages/site
venv=$root/target/packages/venv-site
rm -rf "$work"
mkdir -p "$work"
if [ ! -x "$venv/bin/mkdocs" ]; then
  python3 -m venv "$venv"
  PIP_DISABLE_PIP_VERSION_CHECK=1 "$venv/bin/pip" install --quiet 'mkdocs>=1.6,<2' 'mkdocs-material>=9.6,<10'
fi

"$scimulate" list --pages "$work/checks"
"$venv/bin/python" "$root/packages/site/assemble.py" "$root" "$work/checks" "$work"
# The theme announces its successor to everybody who builds, and its end in May 2027; the successor reads the same file.
# With --quiet, --strict would see no warnings.
NO_MKDOCS_2_WARNING=1 "$venv/bin/mkdocs" build --strict --config-file "$work/mkdocs.yml" --site-dir "$out" \
  2>"$work/log" || { grep -v '^INFO' "$work/log" >&2; exit 1; }

# Links are followed by people; what a browser fetches by itself must come with the site. The theme's script would fetch
# a program that draws diagrams for a page that has one.
if grep -rnoE '<(link|script|img|iframe|source|object|embed|video|audio)[^>]* (href|src|srcset|data)="?(https?:)?//[^">]*' \
  "$out" --include='*.html' | grep -v 'rel="\?\(canonical\|alternate\)' ||
  grep -rnoE '(url\(|@import )["'\'']?(https?:)?//[^)]*' "$out" --include='*.html' --include='*.css' ||
  grep -rlE 'class="?mermaid' "$out" --include='*.html'; then
  echo "a page of the site would fetch something from another host" >&2
  exit 1
fi
# Each line of llms.txt leads to a page that exists.
while read -r page; do
  [ -s "$out/$page" ] || { echo "llms.txt leads to $page, which does not exist" >&2; exit 1; }
done < <(grep -oP '^- \[.*?\]\(\K[^)]+' "$out/llms.txt")
echo "site: $(find "$out" -name '*.html' | wc -l) pages, $(du -sk "$out" | cut -f1) KB"
