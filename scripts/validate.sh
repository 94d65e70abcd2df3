#!/usr/bin/env bash
# Holds the gate to its promises: by simulation, and by real gates of a build
# against itself, against builds that are slower by a known share, and beside
# somebody who writes. Writes what it found into docs/validation.md, between the
# markers of the part: "real", "simulated", or both. AA, SLOW, OTHERS, WRITER and
# SUITES say how many. With LOG, a file that keeps a line for each real gate, only
# those are run that the file lacks, so that many can be run in pieces.
set -euo pipefail
cd "$(dirname "$0")/.."

AA=${AA:-100} SLOW=${SLOW:-20} OTHERS=${OTHERS:-0} WRITER=${WRITER:-10} SUITES=${SUITES:-10000} SEED=${SEED:-2027}
work=$(mktemp -d "${TMPDIR:-/var/tmp}/mmapbench-validate.XXXXXX")
writer=
trap '[ -z "$writer" ] || kill "$writer"; rm -rf "$work"' EXIT
LOG=${LOG:-$work/gates.jsonl}
go=${GO:-go}

machine() {
  printf '\n%s, %s processors of%s, %s.\n' "$(uname -srm)" "$(nproc)" "$(grep -m1 'model name' /proc/cpuinfo | cut -d: -f2)" "$(date -u +%Y-%m-%d)"
}

real() {
  machine
  printf '\nOn the machine as it was:\n\n'
  $go run ./scripts/realgates -log "$LOG" -same "$AA" -slow "$SLOW" -others "$OTHERS" -seed "$SEED"
  [ "$WRITER" -gt 0 ] || return 0
  sh -c 'while :; do dd if=/dev/zero of="$1" bs=4M count=16 oflag=dsync conv=notrunc 2>/dev/null; done' sh "$work/foreign" &
  writer=$!
  sleep 1
  printf '\nBeside a writer on the same device:\n\n'
  $go run ./scripts/realgates -log "$LOG.beside" -same "$WRITER" -slow "$WRITER" -seed "$SEED"
  kill "$writer"; wait "$writer" 2>/dev/null || true
  writer=
}

simulated() {
  machine
  printf '\n`go run ./scripts/simulate -suites %s -seed %s`:\n\n' "$SUITES" "$SEED"
  $go run ./scripts/simulate -suites "$SUITES" -seed "$SEED"
}

# replace PART: puts what is read into the page, between the markers of the part.
replace() {
  cat >"$work/found"
  awk -v found="$work/found" -v part="$1" '
    index($0, "<!-- " part ": begin -->") { print; while ((getline line < found) > 0) print line; print ""; skip = 1 }
    index($0, "<!-- " part ": end -->") { skip = 0 }
    !skip { print }
  ' docs/validation.md >"$work/new.md"
  cp "$work/new.md" docs/validation.md
  cat "$work/found"
}

for part in "${@:-real simulated}"; do
  for p in $part; do "$p" >"$work/$p"; replace "$p" <"$work/$p"; done
done
