#!/usr/bin/env bash
# Runs every program of the lab on real file systems, fills a disk under one,
# kills one, and copies a file that is larger than the memory it may use. Needs
# root; says what it could not run.
set -euo pipefail

bin=$(realpath "${1:-./mmapbench}")
work=$(mktemp -d "${TMPDIR:-/var/tmp}/mmapbench-lab.XXXXXX")
passed=0 failed=0 missing=()
group=
trap cleanup EXIT

cleanup() {
  local m
  for m in "$work"/mnt-*; do
    if mountpoint -q "$m"; then umount "$m"; fi
  done
  if [ -n "$group" ]; then rmdir "$group" || true; fi
  rm -rf "$work"
}

say() { printf '%s\n' "$*"; }
ok() { passed=$((passed + 1)); say "ok    $*"; }
bad() { failed=$((failed + 1)); say "FAIL  $*"; }

# mounted KIND SIZE: a fresh file system of that kind at $mnt.
mounted() {
  local kind=$1 size=$2 image="$work/$1.img"
  mnt="$work/mnt-$kind"
  mkdir -p "$mnt"
  case $kind in
    tmpfs) mount -t tmpfs -o "size=$size" tmpfs "$mnt" ;;
    overlay)
      mkdir -p "$work"/{lower,upper,scratch}
      mount -t overlay -o "lowerdir=$work/lower,upperdir=$work/upper,workdir=$work/scratch" overlay "$mnt" 2>/dev/null ;;
    *)
      command -v "mkfs.$kind" >/dev/null || return 1
      truncate -s "$size" "$image"
      case $kind in
        vfat) mkfs.vfat "$image" ;;
        ext4) mkfs.ext4 -q -F "$image" ;;
        *) "mkfs.$kind" -q -f "$image" ;;
      esac >/dev/null 2>&1 && mount -o loop "$image" "$mnt" 2>/dev/null ;;
  esac
}

readonly programs=(align edit compare append copy counter cow mistakes)

on_file_system() {
  local kind=$1 program good=() out="$work/out"
  mounted "$kind" 400M || { missing+=("$kind: no mkfs.$kind, or this kernel cannot mount it"); return; }
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

# A disk with room for the hole and none for its pages: the store is a SIGBUS,
# and the file is as it was.
full_disk() {
  local file size sum
  mounted ext4 64M || { missing+=("full disk: no ext4"); return; }
  file="$mnt/f"
  printf 'as it was' >"$file"
  sync -f "$mnt"
  dd if=/dev/zero of="$mnt/filler" bs=64k 2>/dev/null || true
  sum=$(cksum <"$file")
  # Longer than what is left, and than the page that the file has already.
  if "$bin" lab append "$file" "$(head -c 100000 /dev/zero | tr '\0' x)" >"$work/out" 2>&1; then
    bad "full disk: append succeeded"
  elif grep -q 'its disk is full' "$work/out" && [ "$(cksum <"$file")" = "$sum" ]; then
    ok "full disk: append is a SIGBUS, and the file as it was"
  else
    bad "full disk: $(tail -1 "$work/out")"
  fi
  umount "$mnt"
}

# A file twice as large as the memory: in windows it is copied all the same.
larger_than_memory() {
  local name="mmapbench-lab.$$" limit=$((96 << 20)) failures
  if [ -e /sys/fs/cgroup/memory/memory.limit_in_bytes ]; then
    group="/sys/fs/cgroup/memory/$name"
    mkdir "$group" && echo "$limit" >"$group/memory.limit_in_bytes"
  elif grep -qw memory /sys/fs/cgroup/cgroup.subtree_control 2>/dev/null; then
    group="/sys/fs/cgroup/$name"
    mkdir "$group" && echo "$limit" >"$group/memory.max"
  else
    missing+=("larger than memory: no memory cgroup can be made here"); return
  fi
  head -c $((192 << 20)) /dev/urandom >"$work/large"
  for window in 32M 256M; do
    rm -f "$work/copied"
    if sh -c 'echo $$ >"$1/cgroup.procs"; shift; exec "$@"' sh "$group" \
      "$bin" lab copy "$work/large" "$work/copied" --window "$window" >"$work/out" 2>&1 && cmp -s "$work/large" "$work/copied"; then
      ok "192 MiB copied within 96 MiB of memory, in windows of $window"
    else
      bad "larger than memory, windows of $window: $(tail -2 "$work/out")"
    fi
  done
  rm -f "$work/large" "$work/copied"
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

[ "$(id -u)" = 0 ] || { say "test-lab needs root; nothing was run"; exit 1; }
for kind in ext4 xfs btrfs vfat tmpfs overlay; do on_file_system "$kind"; done
full_disk
larger_than_memory
seen_from_elsewhere
for m in ${missing+"${missing[@]}"}; do say "NOT RUN  $m"; done
say "$passed passed, $failed failed, ${#missing[@]} skipped"
[ "$failed" = 0 ] && [ "$passed" -gt 0 ]
