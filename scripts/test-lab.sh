#!/usr/bin/env bash
# Runs every program of the lab on real file systems, fills a disk under one,
# kills one, and copies a file that is larger than the memory it may use. Needs
# root; says what it could not run.
set -euo pipefail
# shellcheck source=scripts/lib.sh
source "$(dirname "$0")/lib.sh"

readonly programs=(align edit compare append copy counter cow mistakes)

on_file_system() {
  local kind=$1 program good=() out="$work/out"
  make_fs "$kind" 400M || { missing+=("$kind: $why"); return; }
  for program in "${programs[@]}"; do
    if "$bin" lab "$program" --dir "$mnt" --json >"$out" 2>&1 && grep -q '"as_expected": true' "$out"; then
      good+=("$program")
    else
      bad "$kind: $program: $(grep -B1 -A1 'unexpected": true\|mmapbench:' "$out" | tr -s ' \n' ' ')"
    fi
  done
  if [ -e "$mnt/mmapbench.d" ]; then bad "$kind: something was left"; fi
  if [ ${#good[@]} = ${#programs[@]} ]; then ok "$kind: ${good[*]}"; fi
  umount "$mnt"
}

# A disk without room for the text: it is refused, and the file is as it was.
full_disk() {
  local file size sum
  make_fs ext4 64M || { missing+=("full disk: $why"); return; }
  file="$mnt/f"
  printf 'as it was' >"$file"
  sync -f "$mnt"
  dd if=/dev/zero of="$mnt/filler" bs=64k 2>/dev/null || true
  sum=$(cksum <"$file")
  # Longer than what is left, and than the page that the file has already.
  if "$bin" lab append "$file" "$(head -c 100000 /dev/zero | tr '\0' x)" >"$work/out" 2>&1; then
    bad "full disk: append succeeded"
  elif grep -q 'ENOSPC' "$work/out" && [ "$(cksum <"$file")" = "$sum" ]; then
    ok "full disk: append is refused, and the file is as it was"
  else
    bad "full disk: $(tail -1 "$work/out")"
  fi
  umount "$mnt"
}

# A file twice as large as the memory: in windows it is copied all the same.
larger_than_memory() {
  local window
  limit_memory $((96 << 20)) || { missing+=("larger than memory: no memory cgroup can be made here"); return; }
  head -c $((192 << 20)) /dev/urandom >"$work/large"
  for window in 32M 256M; do
    rm -f "$work/copied"
    if within "$bin" lab copy "$work/large" "$work/copied" --window "$window" >"$work/out" 2>&1 && cmp -s "$work/large" "$work/copied"; then
      ok "192 MiB copied within 96 MiB of memory, in windows of $window"
    else
      bad "larger than memory, windows of $window: $(tail -2 "$work/out")"
    fi
  done
  rm -f "$work/large" "$work/copied"
}

# Ctrl-C, or the end of the terminal, in the middle of a copy: nothing of it is left.
cut_short() {
  local signal pid code dir="$work/cut"
  mkdir "$dir"
  head -c $((192 << 20)) /dev/zero >"$dir/from"
  for signal in INT TERM HUP; do
    "$bin" lab copy "$dir/from" "$dir/to" --window 1M >"$work/out" 2>&1 &
    pid=$! code=0
    for _ in $(seq 200); do [ -e "$dir/to" ] && break; sleep 0.01; done
    kill -"$signal" "$pid"
    wait "$pid" || code=$?
    if [ "$code" = 130 ] && [ "$(ls -A "$dir")" = from ]; then
      ok "a copy ended by SIG$signal: no part of it is left (exit $code)"
    else
      bad "a copy ended by SIG$signal: exit $code, $(ls -A "$dir" | tr '\n' ' ')"
    fi
  done
  rm -rf "$dir"
}

# A second terminal sees what cow says, and Ctrl-C leaves nothing.
seen_from_elsewhere() {
  local dir="$work/seen" pid code=0 anonymous
  mkdir "$dir"
  "$bin" lab cow --dir "$dir" --wait 60s >"$work/out" 2>&1 &
  pid=$!
  for _ in $(seq 100); do grep -q 'in another terminal' "$work/out" && break; sleep 0.05; done
  anonymous=$(sh -c "$(sed -n 's/.*in another terminal: //p' "$work/out")" | awk '$1 == "Anonymous:" { print $2; exit }')
  kill -INT "$pid"
  wait "$pid" || code=$?
  if [ "${anonymous:-0}" = $(($(getconf PAGESIZE) / 1024)) ] && [ "$code" = 130 ] && [ ! -e "$dir/mmapbench.d" ]; then
    ok "cow --wait: another process sees $anonymous kB Anonymous; Ctrl-C leaves nothing (exit 130)"
  else
    bad "cow --wait: Anonymous '$anonymous', exit $code, left: $(ls -A "$dir")"
  fi
}

begin lab "$@"
for kind in ext4 xfs btrfs vfat tmpfs overlay; do on_file_system "$kind"; done
full_disk
larger_than_memory
cut_short
seen_from_elsewhere
finish
