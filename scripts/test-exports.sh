#!/usr/bin/env bash
# Gives exports of a real run to the programs that they are written for: promtool,
# node_exporter, Prometheus' own reader of OpenMetrics, and benchstat; and reads the
# run with the build for other systems. Says what it could not run; with REQUIRE=1
# that is a failure.
set -euo pipefail
# shellcheck source=scripts/lib.sh
source "$(dirname "$0")/lib.sh"

bin=$(realpath "${1:-./mmapbench}")
work=$(mktemp -d "${TMPDIR:-/var/tmp}/mmapbench-exports.XXXXXX")
exporter=
trap '[ -z "$exporter" ] || kill "$exporter"; rm -rf "$work"' EXIT

# run NAME BACKEND...: a small run of an experiment of that name, as $work/NAME.jsonl and
# $work/NAME.prom.
run() {
  local name=$1
  printf 'name="%s"\nworkload="seqscan"\nbackend=["pread","mmap"]\ncache=["cold","cached"]\nsize="1M"\nrecord="64k"\nrounds=6\n' "$name" >"$work/$name.toml"
  "$bin" run "$work/$name.toml" --target 'odd "\ name='"$work" --out "$work/$name" --charts none --quiet >"$work/said" 2>&1 ||
    { cat "$work/said"; exit 1; }
  mv "$work/$name"/*.jsonl "$work/$name.jsonl"
  "$bin" export openmetrics "$work/$name.jsonl" >"$work/$name.prom"
}

check_metrics() {
  command -v promtool >/dev/null || { missing+=('promtool: package prometheus'); return; }
  if promtool check metrics <"$work/one.prom" >"$work/said" 2>&1 && [ ! -s "$work/said" ]; then
    ok "promtool check metrics: nothing to say of $(grep -vc '^#' "$work/one.prom") samples"
  else
    bad "promtool check metrics: $(cat "$work/said")"
  fi
  # The import reads OpenMetrics alone, and wants time stamps.
  awk -v now="$(date +%s)" '/^#/ { print; next } { print $0, now }' "$work/one.prom" >"$work/stamped"
  if promtool tsdb create-blocks-from openmetrics "$work/stamped" "$work/blocks" >"$work/said" 2>&1; then
    ok "Prometheus reads it as OpenMetrics: $(tail -1 "$work/said" | awk '{ print $(NF-3) }') samples"
  else
    bad "Prometheus does not read it as OpenMetrics: $(cat "$work/said")"
  fi
}

# Two experiments in one folder: the collector must take both.
collect() {
  command -v prometheus-node-exporter >/dev/null || { missing+=('the textfile collector: package prometheus-node-exporter'); return; }
  local port=$((20000 + $$ % 20000)) want found
  mkdir "$work/textfiles"
  cp "$work/one.prom" "$work/two.prom" "$work/textfiles"
  prometheus-node-exporter --collector.disable-defaults --collector.textfile --collector.textfile.directory="$work/textfiles" \
    --web.disable-exporter-metrics --web.listen-address="127.0.0.1:$port" >"$work/exporter.log" 2>&1 &
  exporter=$!
  for _ in $(seq 100); do
    if curl -sf "http://127.0.0.1:$port/metrics" >"$work/metrics"; then break; fi
    sleep 0.1
  done
  want=$(cat "$work/one.prom" "$work/two.prom" | grep -c '^mmapbench_')
  found=$(grep -c '^mmapbench_' "$work/metrics" || true)
  if grep -q '^node_textfile_scrape_error 0$' "$work/metrics" && [ "$found" = "$want" ] && [ "$want" -gt 0 ]; then
    ok "node_exporter: node_textfile_scrape_error 0, $found of $want samples of two experiments"
  else
    bad "node_exporter: $(grep '^node_textfile_scrape_error' "$work/metrics"), $found of $want samples; $(grep error "$work/exporter.log" | cut -c1-300)"
  fi
}

benchstat() {
  command -v go >/dev/null || { missing+=('benchstat: no go'); return; }
  "$bin" export gobench "$work/one.jsonl" >"$work/old.txt"
  if go tool benchstat -col /backend "$work/old.txt" >"$work/said" 2>&1 && grep -q '± ' "$work/said" && grep -q ' vs base' "$work/said"; then
    ok "benchstat compares the backends of a run"
  else
    bad "benchstat: $(cat "$work/said")"
  fi
}

# The build for other systems, in the one form of it that may run here, shows the same.
readers() {
  local reader="$work/reader" code=0
  command -v go >/dev/null || { missing+=('the build that only reads: no go'); return; }
  CGO_ENABLED=0 GOOS=linux GOARCH=386 go build -o "$reader" ./cmd/mmapbench
  "$reader" version >/dev/null 2>&1 || { missing+=('the build that only reads: this kernel runs no 32-bit programs'); return; }
  for command in 'report --charts none' 'export gobench' 'compare --by backend --inconclusive pass --tolerance 1000%'; do
    # shellcheck disable=SC2086 # words
    if cmp -s <("$bin" $command "$work/one.jsonl" 2>&1) <("$reader" $command "$work/one.jsonl" 2>&1); then
      ok "the build that only reads, $command: the same"
    else
      bad "the build that only reads, $command: not the same"
    fi
  done
  "$reader" run >"$work/said" 2>&1 || code=$?
  if [ "$code" = 2 ] && [ "$(cat "$work/said")" = 'mmapbench measures on 64-bit Linux; this build reads run files' ]; then
    ok "the build that only reads, run: $(cat "$work/said")"
  else
    bad "the build that only reads, run: exit $code, $(cat "$work/said")"
  fi
}

run one
run two
readers
check_metrics
collect
benchstat
finish
[ -z "${REQUIRE:-}" ] || [ ${#missing[@]} = 0 ]
