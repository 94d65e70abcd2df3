#!/usr/bin/env bash
# Ten commands of other people, measured by us and by hyperfine at the same setting of
# the output, without a shell: both must run, with the exit codes that the commands
# have, and neither may be far from the other. The ratios are printed. Says what it
# could not run; with REQUIRE=1 that is a failure.
set -euo pipefail
# shellcheck source=scripts/lib.sh
source "$(dirname "$0")/lib.sh"

bin=$(realpath "${1:-./mmapbench}")
work=$(mktemp -d "${TMPDIR:-/var/tmp}/mmapbench-commands.XXXXXX")
trap 'rm -rf "$work"' EXIT
cd "$work"

for tool in hyperfine jq; do
  if ! command -v $tool >/dev/null; then
    missing+=("all of it: there is no $tool")
    [ -z "${REQUIRE-}" ] || failed=1
    for m in "${missing[@]}"; do say "NOT RUN  $m"; done
    exit $((failed > 0))
  fi
done

seq 700000 >text
cp text other && printf 'x' >>other
seq 60000 | tac >lines
seq 20000 | jq -cs '[.[] | {n: ., text: "number \(.)"}]' >list.json
mkdir many && (cd many && split -n 200 ../text)
if command -v sqlite3 >/dev/null; then
  seq 100000 | sed 's/.*/insert into t values(&, "row &");/; 1i create table t(n, s); begin;' | { cat; echo 'commit;'; } | sqlite3 base.db
fi
if command -v git >/dev/null; then
  git init -q repo && head -n 200000 text >repo/text && git -C repo add . && git -C repo -c user.name=x -c user.email=x@x commit -qm text
fi

# near RATIO: a wide bound, for machines that are not quiet.
near() { awk -v r="$1" 'BEGIN { exit !(r > 0.4 && r < 2.5) }'; }

# both CODE OUTPUT COMMAND: measures the command with both; sets ours and theirs (ms).
both() {
  local codes=0
  [ "$1" = 0 ] || codes=0,$1
  rm -rf out
  "$bin" run --exec "it=$3" --shell none --exit-codes "$codes" --output "$2" --rounds 12 --charts none --out out --quiet >said 2>&1 || return 1
  [ "$(jq -r 'select(.type == "trial") | .check.got' out/*.jsonl | sort -u)" = "exit code $1" ] || return 1
  ours=$(jq -s '[.[] | select(.type == "trial") | .body.wall_ns / 1e6] | sort | (.[5] + .[6]) / 2' out/*.jsonl)
  hyperfine -N -i --output "$2" --runs 12 --style none --export-json theirs.json "$3" >said 2>&1 || return 1
  [ "$(jq -r '.results[0].exit_codes[]' theirs.json | sort -u)" = "$1" ] || return 1
  theirs=$(jq '.results[0].median * 1000' theirs.json)
}

# compare CODE OUTPUT COMMAND
compare() {
  local tool=${3%% *} ratio= try
  if ! command -v "$tool" >/dev/null; then
    missing+=("$tool: it is not here")
    [ -z "${REQUIRE-}" ] || bad "there is no $tool"
    return
  fi
  for try in 1 2 3; do
    if ! both "$1" "$2" "$3"; then
      bad "$3"
      tail -3 said
      return
    fi
    ratio=$(awk -v a="$ours" -v b="$theirs" 'BEGIN { printf "%.2f", a / b }')
    if near "$ratio"; then break; fi
  done
  local line
  line=$(printf '%-44s %-5s exit %d: %8.2f ms, hyperfine %8.2f ms, ratio %s' "$3" "$2" "$1" "$ours" "$theirs" "$ratio")
  if near "$ratio"; then ok "$line"; else bad "$line, at the third try"; fi
}

compare 0 pipe "grep 77 text"
compare 1 null "grep -c nothing text"
compare 0 pipe "rg 77 text"
compare 0 pipe "sqlite3 base.db 'select count(*), max(s) from t where s like \"%77%\"'"
compare 0 null "cp text copy"
compare 0 pipe "tar -cf - many"
compare 0 pipe "jq -c '.[].n' list.json"
compare 0 null "git -C repo log -p"
compare 0 null "dd if=text of=/dev/null bs=64k"
compare 0 pipe "sort -n lines"
compare 1 null "cmp text other"
finish
