#!/usr/bin/env bash
# Runs the built program on real file systems on loop devices, fills a disk
# under it, and kills it at random moments. Needs root and the mkfs programs;
# says what it could not run, and fails if that is everything.
set -euo pipefail
# shellcheck source=scripts/lib.sh
source "$(dirname "$0")/lib.sh"

# verified FILE: every trial is free of errors and its bytes were right.
verified() {
  local trials good
  trials=$(grep -c '"type":"trial"' "$1")
  good=$(grep '"type":"trial"' "$1" | grep -v '"error":' | grep -c '"check":{"ok":true')
  [ "$trials" -gt 0 ] && [ "$trials" = "$good" ]
}

# conforms KIND: every option of every backend keeps to the contract there, or is refused
# there, and what it does to a mapping shows. The suites wait for the disk side by side.
kept='Conformance|KernelDoesIt|Release|Windows|Pageout|Ignored'
conforms() {
  local suite name
  for suite in "$work"/*.test; do
    TMPDIR="$mnt" "$suite" -test.v -test.run "$kept" -rapid.checks=5 >"$suite.txt" 2>&1 && echo passed >>"$suite.txt" &
  done
  wait
  for suite in "$work"/*.test; do
    name=$(basename "$suite" .test)
    if [ "$(tail -1 "$suite.txt")" = passed ]; then
      ok "$1: $name: $(grep -c -e '--- PASS' "$suite.txt") tests pass, $(grep -c -e '--- SKIP' "$suite.txt") do not apply"
    else
      bad "$1: $name"; grep -A3 -e '--- FAIL' -e '^panic' "$suite.txt" | head -20
    fi
  done
}

on_file_system() {
  local kind=$1 out="$work/out-$1"
  make_fs "$kind" 600M || { missing+=("$kind: $why"); return; }
  if "$bin" run --target "disk=$mnt" --size 8M --record 4k,64k --rounds 6 --durability none,data \
      --charts none --out "$out" -q >"$out.txt" 2>&1 && verified "$out"/*.jsonl; then
    ok "$kind: $(grep -c '"type":"trial"' "$out"/*.jsonl) trials, every byte verified"
  else
    bad "$kind"; tail -20 "$out.txt"
  fi
  copies "$kind"
  # What is on a tmpfs is always in memory: no cold trial may be claimed there.
  if [ "$kind" = tmpfs ] && grep -q '"want":"cold"' "$out"/*.jsonl; then
    bad "tmpfs: a cold trial was run"
  fi
  [ "$kind" = ext4 ] || conforms "$kind" # "make test" has it there
  "$bin" clean "$mnt" >/dev/null
  if [ -e "$mnt/mmapbench.d" ]; then bad "$kind: clean left something"; fi
  umount "$mnt"
}

# Every way to copy: bytes right, and blocks that are shared called a reflink, on btrfs and
# XFS by copy_file_range as by FICLONE, which elsewhere is left out.
copies() {
  local out="$work/copies-$1" file shared
  "$bin" run --target "disk=$mnt" --workload copy --size 2M --record 256k --rounds 2 --cache cached --charts none \
    --backend pread,pread:to=mmap,mmap,mmap:to=write,osfile,bufio,copy_file_range,sendfile,splice,io.Copy,reflink \
    --out "$out" -q >"$out.txt" 2>&1 || true
  file=$(ls "$out"/*.jsonl)
  shared=$(grep -c '"shared-bytes":2097152' "$file" || true)
  case $1 in
    btrfs | xfs) [ "$shared" = 6 ] && grep -q 'copy_file_range (reflink)' "$out.txt" ;;
    *) [ "$shared" = 0 ] && grep -q 'cannot share blocks' "$file" ;;
  esac && verified "$file" && ok "$1: copies in all ways, $shared of them reflinks" ||
    { bad "$1: copies, $shared reflinks"; tail -20 "$out.txt"; }
}

# A disk that is too small is refused before anything is written; one that is
# filled by somebody else during the run costs trials, not the run file.
full_disk() {
  local out="$work/out-full"
  make_fs ext4 200M || { missing+=("full disk: $why"); return; }
  if "$bin" run --target "disk=$mnt" --size 1G --charts none --out "$out" -q 2>"$work/err"; then
    bad "a file larger than the disk was accepted"
  elif grep -q 'not enough space' "$work/err" && [ ! -e "$out" ]; then
    ok "a disk too small is refused beforehand"
  else
    bad "disk too small: $(cat "$work/err")"
  fi
  "$bin" run --target "disk=$mnt" --workload append,copy --size 16M --cache warm --rounds 400 --budget 60s \
    --charts none --out "$out" -q >/dev/null 2>&1 &
  local pid=$!
  while ! grep -qs '"type":"trial"' "$out"/*.jsonl; do sleep 0.1; done
  # Again and again, because what the trials remove becomes free; until it has
  # cost a trial its mapping.
  timeout 30 sh -c 'while ! grep -qs "sigbus" "$2"/*.jsonl; do dd if=/dev/zero of="$1" bs=256k oflag=append conv=notrunc 2>/dev/null; sleep 0.05; done' sh "$mnt/filler" "$out" || true
  rm -f "$mnt/filler"
  sleep 1
  kill -INT "$pid"; wait "$pid" || true
  if grep -q '"kind":"sigbus"\|"kind":"io"' "$out"/*.jsonl && tail -2 "$out"/*.jsonl | grep -q '"status":"interrupted"' \
      && "$bin" report --charts none "$out"/*.jsonl >/dev/null; then
    ok "a disk filled during the run: $(grep -c '"error":' "$out"/*.jsonl) trials failed ($(grep -oh '"error":{"kind":"[a-z]*"' "$out"/*.jsonl | sort | uniq -c | tr -s ' \n' ' ')), the file is readable"
  else
    bad "full disk: no failed trial, or the file is not readable"; tail -1 "$out"/*.jsonl | head -c 300
  fi
  umount "$mnt"
}

# A read-only file system is refused.
read_only() {
  make_fs ext4 64M || { missing+=("read-only: $why"); return; }
  mount -o remount,ro "$mnt"
  if "$bin" run --target "disk=$mnt" --charts none --out "$work/ro" -q 2>"$work/err"; then
    bad "a read-only file system was accepted"
  elif grep -qi 'read-only' "$work/err" && [ ! -e "$work/ro" ]; then
    ok "a read-only file system is refused"
  else
    bad "read-only: $(cat "$work/err")"
  fi
  umount "$mnt"
}

# workers: those of this script; others may be measuring on this machine too.
export MMAPBENCH_TEST_ROOT=$$
workers() {
  local p
  for p in $(pgrep -f '^/proc/self/exe worker'); do
    if cat "/proc/$p/environ" 2>/dev/null | tr '\0' '\n' | grep -qx "MMAPBENCH_TEST_ROOT=$$"; then echo "$p"; fi
  done
}

# kill -9 at ten random moments: the file is readable each time, the worker is
# gone, and clean removes everything.
kill_nine() {
  local dir="$work/kill" i file readable=0 seen=0
  mkdir -p "$dir"
  cd "$dir"
  for i in $(seq 10); do
    "$bin" run --size 8M --record 4k --rounds 1000 --charts none --out "out$i" -q >/dev/null 2>&1 &
    local pid=$!
    sleep "0.$((RANDOM % 90 + 10))"
    [ $((i % 2)) = 0 ] && sleep 1
    [ -n "$(workers)" ] && seen=$((seen + 1))
    kill -9 "$pid" 2>/dev/null || true
    wait "$pid" 2>/dev/null || true
    file=$(ls "out$i"/*.jsonl 2>/dev/null || true)
    if [ -z "$file" ] || "$bin" report --charts none --format csv "$file" >/dev/null 2>"$work/err"; then
      readable=$((readable + 1))
    else
      bad "killed run $i: $(cat "$work/err")"
    fi
  done
  sleep 1
  if [ -n "$(workers)" ]; then
    bad "a worker outlived its parent"
  fi
  "$bin" clean "$dir" >/dev/null
  if [ "$seen" = 0 ]; then
    bad "no worker was seen in ten runs: that none outlived its parent proves nothing"
  fi
  if [ "$readable" = 10 ] && [ ! -e "$dir/mmapbench.d" ]; then
    ok "kill -9 at ten random moments: readable each time, no worker left ($seen were seen at work), nothing left after clean"
  else
    bad "kill -9: readable $readable of 10, left: $(ls -a "$dir/mmapbench.d" 2>/dev/null | tr '\n' ' ')"
  fi
  cd / && rm -rf "$dir"
}

begin root "$@"
go test -c -o "$work/" ./io/mmapio ./io/readwrite ./io/uring # the suites of the backends
for kind in ext4 xfs btrfs vfat tmpfs; do on_file_system "$kind"; done
full_disk
read_only
kill_nine
finish
