#!/usr/bin/env bash
# test-bisect.sh PROGRAM [TRIES [PERCENT [METRIC]]]: in a repository of 16 commits one makes a
# program slower by so much, and one does not build. bisect must name the planted commit,
# or several with it among them (exit 3): never others. The checkout stays as it was, and
# the same command again measures nothing.
set -euo pipefail
# shellcheck source=scripts/lib.sh
source "$(dirname "$0")/lib.sh"

bin=$(realpath "${1:-./mmapbench}") tries=${2:-1} percent=${3:-50} metric=${4:-cpu}
work=$(mktemp -d "${TMPDIR:-/var/tmp}/mmapbench-bisect-test.XXXXXX")
[ -n "${KEEP-}" ] || trap 'rm -rf "$work"' EXIT

# repository DIR PLANTED BROKEN: commits 0 to 15.
repository() {
  git init -q "$1"
  cd "$1"
  printf 'module planted\n\ngo 1.22\n' >go.mod
  local i loops=100
  for i in $(seq 0 15); do
    [ "$i" != "$2" ] || loops=$((100 + percent))
    cat >main.go <<GO
package main

import "os"

// $i
func main() {
	x := uint64(len(os.Args))
	for range $loops * 200_000 {
		x = x*6364136223846793005 + 1442695040888963407
	}
	if x == 0 {
		os.Exit(1)
	}
}
GO
    [ "$i" != "$3" ] || echo 'func' >>main.go
    git add .
    git -c user.name=x -c user.email=x@x commit -qm "step $i$([ "$i" != "$2" ] || echo ', planted')"
  done
}

found=0 open=0 wrong=0
for try in $(seq "$tries"); do
  planted=$((1 + RANDOM % 15)) broken=$((1 + RANDOM % 14)) begin=$SECONDS
  [ "$broken" != "$planted" ] || broken=$((planted % 14 + 1))
  (repository "$work/$try" "$planted" "$broken")
  cd "$work/$try"
  search() { "$bin" bisect --good HEAD~15 --build 'go build -o $BIN .' --out "$work/out$try" -q -- --metric "$metric" --budget 5m; }
  code=0
  search >"$work/said" 2>"$work/errors" || code=$?
  suspects=$(sed '/^Tried/,$d' "$work/said" | grep -c 'step ' || true)
  case $code in
    0) if grep -q "^  .*step $planted, planted" "$work/said" && [ "$suspects" = 1 ]; then found=$((found + 1)); what=found
       else wrong=$((wrong + 1)); what=WRONG; fi ;;
    3) if [ "$suspects" = 0 ] || grep -q "^  .*step $planted, planted" "$work/said"; then open=$((open + 1)); what="open, one of $suspects"
       else wrong=$((wrong + 1)); what=WRONG; fi ;;
    *) wrong=$((wrong + 1)); what="exit $code" ;;
  esac
  say "try $try: step $planted of 15 slower by $percent %: $what, $((SECONDS - begin)) s"
  case $what in WRONG | exit*) cat "$work/said" "$work/errors" ;; esac
  [ -z "$(git status --porcelain)" ] && [ "$(git worktree list | wc -l)" = 1 ] || bad "the checkout is not as it was"
  if [ "$suspects" -gt 0 ]; then
    files=$(ls "$work/out$try"/*.jsonl | wc -l)
    search >"$work/again" 2>&1 || true
    cmp -s "$work/said" "$work/again" && [ "$(ls "$work/out$try"/*.jsonl | wc -l)" = "$files" ] || bad "the same command again says other things"
  fi
done
if [ $wrong = 0 ]; then ok "bisect: $found found, $open open, 0 wrong"; else bad "bisect: $found found, $open open, $wrong wrong"; fi
exit $((failed > 0))
