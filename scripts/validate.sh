#!/usr/bin/env bash
# Holds the gate to its promises: by simulation, and by real gates of a build
# against itself, against builds that are slower by a known share, and beside
# somebody who writes. Writes what it found into docs/validation.md, between the
# markers. Minutes: AA, SLOW, WRITER and SUITES say how many.
set -euo pipefail
cd "$(dirname "$0")/.."

AA=${AA:-100} SLOW=${SLOW:-20} WRITER=${WRITER:-10} SUITES=${SUITES:-10000} SEED=${SEED:-2027}
work=$(mktemp -d "${TMPDIR:-/var/tmp}/mmapbench-validate.XXXXXX")
trap 'rm -rf "$work"' EXIT
go=${GO:-go}

probe() { $go build -ldflags "-X main.delay=$2" -o "$work/$1" ./scripts/probe; }
probe base ""
probe spin5 spin:5%
probe spin10 spin:10%
probe sleep5 sleep:5%
probe sleep10 sleep:10%
probe spin20 spin:20%

work_of_a_gate=(--workload probe --size 4M --record 64k --cache cached --backend pread,mmap)

# gates COUNT NEW: runs so many and prints how they ended.
gates() {
  local n=$1 new=$2 i code
  declare -A ends=([0]=0 [1]=0 [2]=0 [3]=0 [4]=0)
  for ((i = 0; i < n; i++)); do
    code=0
    (cd "$work" && ./base gate --base ./base --new "./$new" "${work_of_a_gate[@]}" --seed $((SEED + i)) -q --out "$work/r" >/dev/null 2>"$work/err") || code=$?
    if [ "$code" = 2 ]; then cat "$work/err" >&2; fi
    ends[$code]=$((${ends[$code]:-0} + 1))
    rm -rf "$work/r"
  done
  printf '%s | %s | %s | %s | %s | %s\n' "$n" "${ends[0]}" "${ends[1]}" "${ends[3]}" "${ends[4]}" "${ends[2]}"
}

report() {
  printf '\n%s, %s processors of%s, %s.\n' "$(uname -srm)" "$(nproc)" "$(grep -m1 'model name' /proc/cpuinfo | cut -d: -f2)" "$(date -u +%Y-%m-%d)"
  printf '\n### Real gates\n\n'
  printf '`%s`, tolerance 5 %%, two comparisons and two controls each:\n\n' "gate --base BASE --new NEW ${work_of_a_gate[*]}"
  printf '| new side | gates | pass (0) | regression (1) | inconclusive (3) | invalid (4) | error (2) |\n|---|---|---|---|---|---|---|\n'
  printf '| the same build | %s |\n' "$(gates "$AA" base)"
  for new in spin5 sleep5 spin10 sleep10 spin20; do printf '| slower: %s | %s |\n' "$new" "$(gates "$SLOW" "$new")"; done
  sh -c 'while :; do dd if=/dev/zero of="$1" bs=4M count=16 oflag=dsync conv=notrunc 2>/dev/null; done' sh "$work/foreign" &
  local writer=$!
  sleep 1
  printf '| the same build, beside a writer on the device | %s |\n' "$(gates "$WRITER" base)"
  printf '| slower: spin10, beside the writer | %s |\n' "$(gates "$WRITER" spin10)"
  kill "$writer"; wait "$writer" 2>/dev/null || true
  if [ "$SUITES" -gt 0 ]; then
    printf '\n### Simulated suites\n\n`go run ./scripts/simulate -suites %s -seed %s`:\n\n' "$SUITES" "$SEED"
    $go run ./scripts/simulate -suites "$SUITES" -seed "$SEED"
  fi
}

report >"$work/found"
awk -v found="$work/found" '
  /<!-- validation: begin -->/ { print; while ((getline line < found) > 0) print line; print ""; skip = 1 }
  /<!-- validation: end -->/ { skip = 0 }
  !skip || /validation: begin/ && 0 { print }
' docs/validation.md >"$work/new.md"
cp "$work/new.md" docs/validation.md
cat "$work/found"
