#!/usr/bin/env bash
# Asks the built program's check of real file systems, as root and as nobody, and
# holds the answers against what is known of each. Needs root and the mkfs
# programs; says what it could not run, and fails if that is everything.
set -euo pipefail

bin=$(realpath "${1:-./mmapbench}")
work=$(mktemp -d "${TMPDIR:-/var/tmp}/mmapbench-check.XXXXXX")
passed=0 failed=0 missing=() mounted=()
trap cleanup EXIT

cleanup() {
  local i
  for ((i = ${#mounted[@]} - 1; i >= 0; i--)); do umount "${mounted[i]}" || true; done
  rm -rf "$work"
}

say() { printf '%s\n' "$*"; }
ok() { passed=$((passed + 1)); say "ok    $*"; }
bad() { failed=$((failed + 1)); say "FAIL  $*"; }

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

# make_fs KIND: a fresh file system, mounted at $work/KIND.
make_fs() {
  local mnt="$work/$1" image="$work/$1.img" size=400M tool=$1
  mkdir -p "$mnt"
  case $1 in
    tmpfs) mount -t tmpfs -o size=100M tmpfs "$mnt" || return 1 ;;
    overlay)
      # On a file system of our own: some do not serve as a layer.
      [ -d "$work/ext4/lower" ] || mkdir "$work"/ext4/{lower,upper,scratch} || return 1
      mount -t overlay -o "lowerdir=$work/ext4/lower,upperdir=$work/ext4/upper,workdir=$work/ext4/scratch" overlay "$mnt" 2>/dev/null || return 1
      ;;
    *)
      case $1 in readonly | small) tool=ext4 ;; esac
      [ "$1" = small ] && size=4M
      command -v "mkfs.$tool" >/dev/null || { why="no mkfs.$tool"; return 1; }
      truncate -s "$size" "$image"
      case $tool in
        ext4) mkfs.ext4 -q -F "$image" ;;
        vfat) mkfs.vfat "$image" ;;
        *) "mkfs.$tool" -q -f "$image" ;;
      esac >/dev/null 2>&1 || return 1
      mount -o loop "$image" "$mnt" 2>/dev/null || return 1
      ;;
  esac
  mounted+=("$mnt")
  # vfat has no owners.
  mkdir -p "$mnt/own" && chown nobody "$mnt/own" 2>/dev/null || true
  [ "$1" != readonly ] || mount -o remount,ro "$mnt"
}

# answer NAME FILE prints the answer to a question.
answer() { awk -F'"' -v name="$1" '$2 == "name" { n = $4 } $2 == "answer" && n == name { print $4 }' "$2"; }

as_user() {
  if [ "$1" = root ]; then shift; "$@"; return; fi
  shift
  setpriv --reuid=nobody --regid="$(id -g nobody)" --clear-groups "$@"
}

# ask KIND USER CODE ANSWER...: one check, held against the answers.
ask() {
  local kind=$1 user=$2 code=$3 dir="$work/$1" out="$work/out.json" got=0 wrong='' want began
  shift 3
  [ "$user" != own ] || dir="$dir/own"
  began=$(date +%s%N)
  as_user "$user" "$bin" check --json "$dir" >"$out" 2>"$work/err" || got=$?
  local ms=$((($(date +%s%N) - began) / 1000000))
  [ "$got" = "$code" ] || wrong="exit $got instead of $code"
  for want in "$@"; do
    [ "$(answer "${want%=*}" "$out")" = "${want#*=}" ] || wrong+="; ${want%=*} is $(answer "${want%=*}" "$out"), want ${want#*=}"
  done
  [ ! -e "$dir/mmapbench.d" ] || wrong+='; something is left behind'
  [ "$ms" -lt 3000 ] || wrong+="; it took $ms ms"
  if [ -z "$wrong" ]; then
    ok "$kind, $user: exit $got in $ms ms; $*"
  else
    bad "$kind, $user: $wrong"; tail -3 "$work/err"
  fi
}

# Interrupted at any moment a check leaves nothing, and killed nothing that clean
# does not remove.
cut_short() {
  local dir="$work/ext4/cut" signal i left=0 early=0 code pid
  mkdir -p "$dir"
  for signal in INT KILL; do
    for i in $(seq 20); do
      "$bin" check "$dir" >/dev/null 2>&1 &
      pid=$!
      sleep "0.0$((RANDOM % 9))$((RANDOM % 10))"
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

[ "$(id -u)" = 0 ] || { say "test-check needs root; nothing was run"; exit 1; }
chmod 755 "$work"
for kind in ext4 xfs btrfs vfat tmpfs overlay readonly small; do
  why='this kernel cannot mount it'
  if make_fs "$kind"; then
    while read -r k user code answers; do
      # shellcheck disable=SC2086 # the answers are words
      [ "$k" != "$kind" ] || ask "$kind" "$user" "$code" $answers
    done < <(expected)
  else
    missing+=("$kind: $why")
  fi
done
cut_short
for m in ${missing+"${missing[@]}"}; do say "NOT RUN  $m"; done
say "$passed passed, $failed failed, ${#missing[@]} skipped"
[ "$failed" = 0 ] && [ "$passed" -gt 0 ]
