#!/usr/bin/env bash
# Gives a copy of the module another path, as "make module" does, and sees that it
# builds, knows its version, and keeps its walls.
set -euo pipefail
# shellcheck source=scripts/lib.sh
source "$(dirname "$0")/lib.sh"
cd "$(dirname "$0")/.."

readonly path=example.org/you/mmapbench
work=$(mktemp -d "${TMPDIR:-/var/tmp}/mmapbench-module.XXXXXX")
trap 'rm -rf "$work"' EXIT
tar -c --exclude=./.git --exclude=./mmapbench --exclude=./dist --exclude=./mmapbench.d . | tar -x -C "$work"
cd "$work"

# tried WHAT COMMAND...: the command must succeed.
tried() {
  local what=$1
  shift
  if "$@" >"$work/said" 2>&1; then ok "$what"; else bad "$what: $(cat "$work/said")"; fi
}
tried "make module PATH=$path, which builds and vets all of it" make module PATH="$path"
tried "the module is $path" test "$(go list -m)" = "$path"
tried "make build" make build VERSION=v1.2.3
tried "the program says its version" grep -q '^mmapbench v1.2.3 ' <(./mmapbench version)
tried "the walls and the documents' programs" go test . ./docs/example -run 'Walls|Document'
finish
