# What the scripts share that test the built program as root. To be sourced.
# shellcheck shell=bash disable=SC2034 # variables are for those who source it

export COLUMNS=160 # no line is broken within what is looked for
passed=0 failed=0 missing=() mounted=() group=

say() { printf '%s\n' "$*"; }
ok() { passed=$((passed + 1)); say "ok    $*"; }
bad() { failed=$((failed + 1)); say "FAIL  $*"; }

# begin NAME [PROGRAM]: $bin is the program, $work an empty folder that all may
# look into, on a disk (/tmp may be memory).
begin() {
  [ "$(id -u)" = 0 ] || { say "test-$1 needs root; nothing was run"; exit 1; }
  bin=$(realpath "${2:-./mmapbench}")
  work=$(mktemp -d "${TMPDIR:-/var/tmp}/mmapbench-$1.XXXXXX")
  chmod 755 "$work"
  trap cleanup EXIT
}

cleanup() {
  local i
  for ((i = ${#mounted[@]} - 1; i >= 0; i--)); do
    if mountpoint -q "${mounted[i]}"; then umount "${mounted[i]}" || true; fi
  done
  if [ -n "$group" ]; then rmdir "$group" || true; fi
  rm -rf "$work"
}

# finish says what there was, and fails if something did, or if nothing was run.
finish() {
  local m
  for m in ${missing+"${missing[@]}"}; do say "NOT RUN  $m"; done
  say "$passed passed, $failed failed, ${#missing[@]} skipped"
  [ "$failed" = 0 ] && [ "$passed" -gt 0 ]
}

# make_fs KIND SIZE [NAME]: a fresh file system of that kind, mounted at $mnt. If
# there can be none, $why says why. The layers of an overlay lie on an ext4 of
# its own, as some file systems do not serve as one.
make_fs() {
  local kind=$1 size=$2 name=${3:-$1}
  if [ "$kind" = overlay ]; then
    make_fs ext4 "$size" "$name-layers" || return 1
    mkdir "$mnt"/{lower,upper,scratch}
  fi
  local image="$work/$name.img" layers=${mnt:-}
  mnt="$work/$name" why='this kernel cannot mount it'
  mkdir -p "$mnt"
  case $kind in
    tmpfs) mount -t tmpfs -o "size=$size" tmpfs "$mnt" || return 1 ;;
    overlay) mount -t overlay -o "lowerdir=$layers/lower,upperdir=$layers/upper,workdir=$layers/scratch" overlay "$mnt" 2>/dev/null || return 1 ;;
    *)
      command -v "mkfs.$kind" >/dev/null || { why="no mkfs.$kind"; return 1; }
      rm -f "$image"
      truncate -s "$size" "$image"
      case $kind in
        ext4) mkfs.ext4 -q -F "$image" ;;
        vfat) mkfs.vfat "$image" ;;
        *) "mkfs.$kind" -q -f "$image" ;;
      esac >/dev/null 2>&1 || { why="mkfs.$kind failed"; return 1; }
      mount -o loop "$image" "$mnt" 2>/dev/null || return 1
      ;;
  esac
  mounted+=("$mnt")
}

# limit_memory BYTES: a memory cgroup, as $group; within runs a command in it.
limit_memory() {
  local name="mmapbench-test.$$"
  if [ -e /sys/fs/cgroup/memory/memory.limit_in_bytes ]; then
    mkdir "/sys/fs/cgroup/memory/$name" && group="/sys/fs/cgroup/memory/$name" && echo "$1" >"$group/memory.limit_in_bytes"
  elif grep -qw memory /sys/fs/cgroup/cgroup.subtree_control 2>/dev/null; then
    mkdir "/sys/fs/cgroup/$name" && group="/sys/fs/cgroup/$name" && echo "$1" >"$group/memory.max"
  else
    return 1
  fi
}
within() { sh -c 'echo $$ >"$1/cgroup.procs"; shift; exec "$@"' sh "$group" "$@"; }

# as_user USER COMMAND...
as_user() {
  local user=$1
  shift
  setpriv --reuid="$user" --regid="$(id -g "$user")" --clear-groups "$@"
}
