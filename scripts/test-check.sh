#!/usr/bin/env bash
# Asks the built program's check of real file systems, as root and as nobody, and
# holds the answers against what is known of each. Needs root and the mkfs
# programs; says what it could not run, and fails if that is everything.
set -euo pipefail
# shellcheck source=scripts/lib.sh
source "$(dirname "$0")/lib.sh"

# cachestat(2) came with Linux 6.5.
if printf '6.5\n%s\n' "$(uname -r)" | sort -VC; then counted=yes seen=yes; else counted=no seen=unknown; fi

# What is expected: file system, user, exit code, answers. "own" is a directory of
# the user's. What depends on the kernel's version or settings is left open.
expected() {
  cat <<END
ext4     root   0 write-read=yes shared-store=yes private-store=yes coherence=yes two-mappings=yes truncate=yes growth=yes append=yes
ext4     root   0 cold=yes drop-caches=yes cached=yes willneed=yes pageout=yes mincore=yes cachestat=$counted msync=$seen
ext4     root   0 direct=yes reflink=no copy-file-range=yes fallocate=yes punch-hole=yes holes=yes stray-store=yes
ext4     own    0 write-read=yes cold=yes drop-caches=no mincore=yes cachestat=$counted pageout=yes direct=yes
ext4     nobody 1 write-read=unknown shared-mapping=unknown page-size=yes faults=yes space=yes
xfs      root   0 write-read=yes shared-store=yes cold=yes direct=yes reflink=yes copy-file-range=yes punch-hole=yes stray-store=yes
xfs      own    0 cold=yes drop-caches=no reflink=yes
btrfs    root   0 write-read=yes shared-store=yes cold=yes direct=yes reflink=yes punch-hole=yes direct-alignment=no
btrfs    own    0 cold=yes drop-caches=no reflink=yes
vfat     root   0 write-read=yes shared-store=yes cold=yes reflink=no holes=no punch-hole=no
tmpfs    root   0 write-read=yes shared-store=yes cold=no direct=no reflink=no willneed=unknown msync=unknown cached=yes holes=yes
tmpfs    own    0 cold=no drop-caches=no
overlay  root   0 write-read=yes shared-store=yes two-mappings=yes cold=yes mincore=yes cachestat=no
overlay  own    0 cold=yes mincore=yes cachestat=no
readonly root   1 write-read=unknown cold=unknown reflink=unknown drop-caches=yes page-size=yes space=yes
readonly own    1 write-read=unknown drop-caches=no page-size=yes
small    root   1 write-read=unknown space=no
END
}

# prepare KIND: a file system for the expectations of that name, at $mnt.
prepare() {
  case $1 in
    readonly) make_fs ext4 400M "$1" ;;
    small) make_fs ext4 4M "$1" ;;
    *) make_fs "$1" 400M ;;
  esac || return 1
  # vfat has no owners.
  mkdir -p "$mnt/own" && chown nobody "$mnt/own" 2>/dev/null || true
  [ "$1" != readonly ] || mount -o remount,ro "$mnt"
}

# answer NAME FILE prints the answer to a question.
answer() { awk -F'"' -v name="$1" '$2 == "name" { n = $4 } $2 == "answer" && n == name { print $4 }' "$2"; }

# ask KIND USER CODE ANSWER...: one check, held against the answers.
ask() {
  local kind=$1 who=$2 user=$2 code=$3 dir="$work/$1" out="$work/out.json" got=0 wrong='' want began
  shift 3
  [ "$user" != own ] || { dir="$dir/own"; user=nobody; }
  began=$(date +%s%N)
  as_user "$user" "$bin" check --json "$dir" >"$out" 2>"$work/err" || got=$?
  local ms=$((($(date +%s%N) - began) / 1000000))
  [ "$got" = "$code" ] || wrong="exit $got instead of $code"
  for want in "$@"; do
    [ "$(answer "${want%=*}" "$out")" = "${want#*=}" ] || wrong+="; ${want%=*} is $(answer "${want%=*}" "$out"), want ${want#*=}"
  done
  [ ! -e "$dir/mmapbench.d" ] || wrong+='; something is left behind'
  if [ -z "$wrong" ]; then
    ok "$kind, $who: exit $got in $ms ms; $*"
  else
    bad "$kind, $who: $wrong"; tail -3 "$work/err"
  fi
}

# Interrupted at any moment a check leaves nothing, and killed nothing that clean
# does not remove.
cut_short() {
  local dir="$work/ext4/cut" signal i left=0 early=0 code pid began takes
  mkdir -p "$dir"
  began=$(date +%s%N)
  "$bin" check "$dir" >/dev/null 2>&1
  takes=$((($(date +%s%N) - began) / 1000)) # µs, by which the moments are spread
  for signal in INT KILL; do
    for i in $(seq 20); do
      "$bin" check "$dir" >/dev/null 2>&1 &
      pid=$!
      sleep "$(printf '0.%06d' $((takes * (RANDOM % 90) / 100 % 1000000)))"
      kill -"$signal" "$pid" 2>/dev/null || true
      code=0; wait "$pid" 2>/dev/null || code=$?
      [ "$code" = 0 ] || early=$((early + 1))
      [ "$signal" = INT ] || "$bin" clean "$dir" >/dev/null
      [ -z "$(ls -A "$dir")" ] || { left=$((left + 1)); rm -rf "$dir/mmapbench.d"; }
    done
  done
  if [ "$left" = 0 ] && [ "$early" -gt 10 ]; then
    ok "interrupted and killed: $early of 40 before the end, nothing left"
  else
    bad "interrupted and killed: $early of 40 before the end, $left left something"
  fi
}

begin check "$@"
for kind in ext4 xfs btrfs vfat tmpfs overlay readonly small; do
  if prepare "$kind"; then
    while read -r k user code answers; do
      # shellcheck disable=SC2086 # the answers are words
      [ "$k" != "$kind" ] || ask "$kind" "$user" "$code" $answers
    done < <(expected)
  else
    missing+=("$kind: $why")
  fi
done
cut_short
finish
