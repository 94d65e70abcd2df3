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
  "$bin" run --target "disk=$mnt" --workload append --backend pread --record 64 --size 32M --rounds 1000 --budget 6s --charts none --out "$out" -q >"$out.txt" 2>&1 &
  pid=$!
  while ! grep -qs '"type":"trial"' "$out"/*.jsonl; do sleep 0.1; done
  # While a worker runs, for a while, as its records are small: the parent itself must not sleep there.
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

# With 24 MiB for all of it, workers are killed by the kernel and the run is not:
# it ends with a run file that can be read and a sentence that names the limit.
short_of_memory() {
  local out="$work/out-memory" code=0 peak=0
  mkdir -p "$work/memory"
  "$bin" run --target "here=$work/memory" --workload seqscan,append,copy --size 64M --rounds 2 --charts none --out "$out-all" -q >/dev/null 2>&1 &
  # What the parent takes while there is as much as it wants, up to the last trial.
  while ! grep -qs '"type":"end"' "$out-all"/*.jsonl && kill -0 $! 2>/dev/null; do
    peak=$(awk '/^VmHWM/ { print $2 }' "/proc/$!/status" 2>/dev/null || echo "$peak")
    sleep 0.02
  done
  wait $! || true
  if [ "${peak:-0}" -gt 0 ] && [ "$peak" -lt $((32 << 10)) ]; then
    ok "memory: the parent took $((peak >> 10)) MiB at most while it ran"
  else
    bad "memory: the parent took ${peak:-0} KiB"
  fi
  limit_memory $((24 << 20)) || { missing+=("24 MiB: no memory cgroup can be made here"); return; }
  within "$bin" run --target "here=$work/memory" --workload append --record 1M --size 64M --rounds 2 --charts none --out "$out" -q >"$out.txt" 2>&1 || code=$?
  if [ "$code" = 2 ] && grep -q 'lack of memory: the memory cgroup allows 24 MiB' "$out.txt" && grep -q '"type":"end"' "$out"/*.jsonl \
      && "$bin" report --charts none "$out"/*.jsonl >/dev/null; then
    ok "24 MiB: the run ends, with $(grep -c '"kind":"killed"' "$out"/*.jsonl) workers killed: $(tail -1 "$out.txt")"
  else
    bad "24 MiB: exit $code; $(tail -1 "$out.txt")"
  fi
}

small=(--workload seqscan --backend pread,mmap --record 64k --rounds 2 --charts none -q)

# Without /proc a worker is started by the name of the program.
without_proc() {
  local out="$work/out-proc"
  mkdir -p "$work/proc"
  unshare -m sh -c 'umount -l /proc && exec "$@"' sh "$bin" run --target "here=$work/proc" --size 4M "${small[@]}" --out "$out" >"$out.txt" 2>&1 || true
  if [ "$(grep -c '"check":{"ok":true' "$out"/*.jsonl)" = 8 ]; then ok "without /proc: 8 of 8 trials"; else bad "without /proc: $(tail -1 "$out.txt")"; fi
}

# refused NAME WORDS DIRECTORY COMMAND...: it exits with 2 or 4 and those words, and
# leaves the directory as it was.
refused() {
  local name=$1 words=$2 dir=$3 code=0 before
  shift 3
  before=$(find "$dir" | sort)
  "$@" >"$work/refused.txt" 2>&1 || code=$?
  if { [ "$code" = 2 ] || [ "$code" = 4 ]; } && [ "$(wc -l <"$work/refused.txt")" = 1 ] && grep -q "$words" "$work/refused.txt" \
      && [ "$before" = "$(find "$dir" | sort)" ]; then
    ok "$name: $(cat "$work/refused.txt")"
  else
    bad "$name: exit $code; $(tail -3 "$work/refused.txt")"
  fi
}

# What forbids a file is found before the first byte.
limits() {
  local dir="$work/limits" run
  mkdir -p "$dir"
  run=("$bin" run --target "here=$dir" "${small[@]}" --out "$work/out-limits")
  refused 'ulimit -n 16' 'no more than 16 files' "$dir" sh -c 'ulimit -n 16; exec "$@"' sh "${run[@]}" --size 4M
  refused 'ulimit -f' 'ulimit -f' "$dir" bash -c 'ulimit -f 20000; exec "$@"' sh "${run[@]}" --size 32M
  if make_fs vfat 6G; then
    refused 'vfat' 'FAT keeps' "$mnt" "$bin" run --target "here=$mnt" "${small[@]}" --size 4G --out "$work/out-limits"
    umount "$mnt"
  else missing+=("vfat: $why"); fi
  if make_fs ext4 64M inodes; then
    for ((i = 0; ; i++)); do : 2>/dev/null >"$mnt/$i" || break; done
    refused 'no inodes' 'inodes left' "$mnt" "$bin" run --target "here=$mnt" "${small[@]}" --size 4M --out "$work/out-limits"
    umount "$mnt"
  else missing+=("inodes: $why"); fi
}

begin faults "$@"
frozen
short_of_memory
without_proc
limits
finish
