#!/usr/bin/env bash
# Makes faults around the built program: a device that does not answer, too little
# memory, no /proc, limits of the process and of the file system, system calls
# that are forbidden. Needs root; says what it could not run.
set -euo pipefail
# shellcheck source=scripts/lib.sh
source "$(dirname "$0")/lib.sh"

# A frozen file system puts a writing worker to sleep where no signal reaches it.
# The run ends all the same, and says so.
frozen() {
  local out="$work/out-frozen" pid code=0
  make_fs ext4 300M frozen || { missing+=("frozen: $why"); return; }
  "$bin" run --target "disk=$mnt" --workload append --size 32M --rounds 1000 --budget 6s --charts none --out "$out" -q >"$out.txt" 2>&1 &
  pid=$!
  while ! grep -qs '"type":"trial"' "$out"/*.jsonl; do sleep 0.1; done
  # While a worker runs: the parent itself must not sleep there.
  while ! pgrep -P "$pid" >/dev/null; do sleep 0.005; done
  fsfreeze -f "$mnt"
  for ((i = 0; i < 300; i++)); do kill -0 "$pid" 2>/dev/null || break; sleep 0.1; done
  if kill -0 "$pid" 2>/dev/null; then
    bad "frozen: still running after 30 s"; fsfreeze -u "$mnt"; wait "$pid" || true
  else
    wait "$pid" || code=$?
    fsfreeze -u "$mnt"
    if [ "$code" = 2 ] && grep -q 'cannot be killed' "$out.txt" && "$bin" report --charts none "$out"/*.jsonl >/dev/null; then
      ok "a frozen file system: $(tail -1 "$out.txt")"
    else
      bad "frozen: exit $code; $(tail -1 "$out.txt")"
    fi
  fi
  sleep 0.5
  umount "$mnt"
}

begin faults "$@"
frozen
finish
