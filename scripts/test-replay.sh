#!/usr/bin/env bash
# A replay makes the accesses that fio makes of the same iolog, as strace sees both; and
# record writes down what a program did. Needs fio and strace, and no root.
set -euo pipefail
cd "$(dirname "$0")/.."
. scripts/lib.sh
for tool in fio strace; do
  if ! command -v $tool >/dev/null; then
    say "NOT RUN  test-replay.sh: $tool is not installed"
    exit "${REQUIRE:-0}"
  fi
done
bin=$PWD/mmapbench
work=$(mktemp -d /var/tmp/mmapbench-replay.XXXXXX)
trap 'rm -rf "$work"' EXIT
cd "$work"

# accesses FILE...: offset and length of each pread64 on files in a folder, by strace.
accesses() { sed -nE "s|.*pread64\([0-9]+<[^>]*$1>, .*, ([0-9]+), ([0-9]+)\) += .*|\2 \1|p" "${@:2}"; }

fio --name=job --filename="$work/data" --size=1M --rw=randread --bsrange=512-16k --bs_unaligned=1 --norandommap \
  --number_ios=200 --ioengine=psync --write_iolog=v3 >/dev/null
sed '1s/3/2/; 2,$s/^[0-9]* //' v3 >v2
for log in v2 v3; do
  strace -f -y -s 0 -e trace=pread64 -o fio.strace fio --name=job --read_iolog=$log --ioengine=psync --replay_no_stall=1 >/dev/null
  accesses /data fio.strace >wanted
  rm -rf worker.*
  strace -ff -y -s 0 -e trace=pread64 -o worker "$bin" run --trace $log --backend pread --cache cold --latency off --rounds 1 \
    --charts none --out res -q >/dev/null
  same=0
  for f in worker.*; do
    accesses "/mmapbench.d/[^>]*" "$f" >made
    # The rehearsal, on another file, comes first.
    if tail -n "$(wc -l <wanted)" made | cmp -s - wanted; then same=$((same + 1)); fi
  done
  if [ "$(wc -l <wanted)" -ge 100 ] && [ $same = 1 ]; then
    ok "iolog $log: a replay makes the $(wc -l <wanted) accesses that fio makes"
  else
    bad "iolog $log: $same processes made the $(wc -l <wanted) accesses that fio makes"
  fi
done

code=0
"$bin" record -o cat.csv --under . -- sh -c 'cat data; exit 3' >/dev/null 2>said || code=$?
total=$(awk -F, '$1 == "read" { n += $3 } END { print n + 0 }' cat.csv)
if [ "$code $total" = "3 1048576" ] && [ ! -e cat.csv.strace ]; then
  ok "record writes down the reads of cat, and passes its exit code on"
else
  bad "record: exit code $code, $total bytes were read: $(cat said)"
fi

timeout -s INT 6 "$bin" record -o cut.csv --under . -- sh -c 'cat data; sleep 60' >/dev/null 2>said || true
total=$(awk -F, '$1 == "read" { n += $3 } END { print n + 0 }' cut.csv)
if [ "$total" = 1048576 ]; then ok "Ctrl-C keeps what was recorded"; else bad "Ctrl-C: $total bytes: $(cat said)"; fi

if "$bin" run --trace cut.csv --cache cached --rounds 2 --charts none --out res -q | grep -q 'replay on here'; then
  ok "what was recorded is replayed"
else
  bad "what was recorded is not replayed"
fi

if PATH=$work "$bin" record -o none.csv -- /bin/true 2>said || ! grep -q 'install the package strace' said ||
  [ -e none.csv ]; then
  bad "without strace: $(cat said)"
else
  ok "without strace record says what to do"
fi
finish
