#!/usr/bin/env bash
# Has somebody swap the folder of a target, and the files in it, for links that
# lead outside, as fast as can be, while root runs the built program there. Needs
# root and Go, and takes a minute.
set -euo pipefail
# shellcheck source=scripts/lib.sh
source "$(dirname "$0")/lib.sh"

# swapped TEST WHAT: the test of that name, longer than in "make test" and with
# all commands at once.
swapped() {
  if TMPDIR="$work" MMAPBENCH_SWAP_PROGRAM="$bin" MMAPBENCH_SWAP_TIME=25s \
      go test -count=1 -parallel 16 -v -run "^$1\$" ./cli >"$work/out" 2>&1; then
    ok "$2: nothing outside changed ($(grep -o '[a-z]*: [0-9]* times, [0-9]* of them to its end' "$work/out" | tr '\n' ';'))"
  else
    bad "$2"; cut -c1-300 "$work/out" | tail -60
  fi
}

begin swap "$@"
command -v go >/dev/null || { say "test-swap needs Go; nothing was run"; exit 1; }
swapped TestSwappedFolder 'the folder swapped for a symbolic link'
swapped TestSwappedFiles 'files swapped for hard links, symbolic links and pipes'
finish
