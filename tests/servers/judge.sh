#!/usr/bin/env bash
# usage: tests/servers/judge.sh SCIMULATE [NAME…]
# Plays everything against each public server and compares what was found with NAME/findings.txt, and the gallery
# verdict with NAME/gallery.txt: lists that were confirmed by hand (docs/real-servers.md). With ACCEPT=1 the lists
# are written instead. One story at a time: some of these servers let what one leaves behind show in another.
set -uo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")"
scimulate=$(realpath "${1:?usage: judge.sh SCIMULATE [NAME…]}")
shift
[ $# -gt 0 ] || set -- scim2-server scimmy-routers saml-jackson django-scim2-server
failed=0 passed=0 port=${PORT:-7310}
for name in "$@"; do
  port=$((port + 1))
  work=$(mktemp -d)
  ./start.sh "$name" "$port" >"$work/ready" 2>"$work/errors" &
  server=$!
  for _ in $(seq 1800); do
    grep --quiet '^READY ' "$work/ready" && break
    kill -0 "$server" 2>/dev/null || break
    sleep 0.2
  done
  read -r _ base token <"$work/ready" || { echo "FAILED $name: did not start"; cat "$work/errors"; failed=$((failed + 1)); continue; }
  (cd "$work" && SCIMULATE_TOKEN=$token "$scimulate" run --target "$base" --seed 1 --jobs 1 --fail-on never --json report.json >terminal.txt 2>&1)
  status=$?
  (cd "$work" && SCIMULATE_TOKEN=$token "$scimulate" gallery --target "$base" --seed 1 --jobs 1 --json gallery.json >gallery-terminal.txt 2>&1)
  gallery=$?
  kill "$server" 2>/dev/null
  wait "$server" 2>/dev/null
  if [ $status -ne 0 ] || [ $gallery -gt 1 ]; then
    echo "FAILED $name: scimulate run ended with $status, scimulate gallery with $gallery"
    tail -n 20 "$work/terminal.txt" "$work/gallery-terminal.txt"
    failed=$((failed + 1))
    continue
  fi
  # One line a finding: level, check, dialect, rule. Messages and counts vary with people's names.
  python3 - "$work/report.json" >"$work/findings.txt" <<'PYTHON'
import json, sys
report = json.load(open(sys.argv[1]))
lines = {
    f"{finding['level']:8} {check['dialect'] or 'both':16} {check['id']}"
    for check in report["checks"]
    for finding in check["findings"]
    if finding["level"] != "note"
}
print("\n".join(sorted(lines)))
assert not report["left_behind"], f"left behind: {report['left_behind']}"
PYTHON
  python3 - "$work/gallery.json" >"$work/gallery.txt" <<'PYTHON'
import json, sys
report = json.load(open(sys.argv[1]))
gallery = report["gallery"]
for gate in ("tests", "validator"):
    for test in gallery[gate]:
        right = f" right:{test['right']['result']}" if test["right"] else ""
        if test["result"] != "PASSED" or right:
            print(f"{gate:9} {test['number']:2} {test['name']}: {test['result']}{right}")
print(f"verdict: {gallery['verdict']}")
assert not report["left_behind"], f"left behind: {report['left_behind']}"
PYTHON
  if [ -n "${ACCEPT:-}" ]; then
    cp "$work/findings.txt" "$work/gallery.txt" "$name/"
    echo "accepted $name: $(wc -l <"$name/findings.txt") findings"
  elif diff -u "$name/findings.txt" "$work/findings.txt" && diff -u "$name/gallery.txt" "$work/gallery.txt"; then
    echo "passed $name: $(wc -l <"$work/findings.txt") findings and the gallery verdict, as confirmed"
    passed=$((passed + 1))
  else
    echo "FAILED $name: other findings or another verdict than confirmed"
    failed=$((failed + 1))
  fi
done
echo "real servers: $passed passed, $failed failed"
[ $failed -eq 0 ]
