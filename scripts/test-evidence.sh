#!/usr/bin/env bash
# Shows what the built program says of its own trials: as root and as nobody, in
# an overlay, beside somebody who writes, in a memory cgroup. Needs root and a
# file system on a block device; says what it could not run.
set -euo pipefail
# shellcheck source=scripts/lib.sh
source "$(dirname "$0")/lib.sh"

trials() { grep '"type":"trial"' "$1"/*.jsonl; }
# count FILE-FOLDER PATTERN: trials that match.
count() { trials "$1" | grep -c -- "$2" || true; }

# Both prove that a file is cold, as both own it; only root may drop every
# cache of the host, and the other is told so.
privileges() {
  local user dir
  for user in root nobody; do
    dir="$work/$user"
    mkdir -p "$dir/results"
    chown -R "$user" "$dir"
    as_user "$user" "$bin" run --target "here=$dir" \
      --workload seqscan,random --backend pread,mmap --size 8M --rounds 6 --cache cold,drop-caches,cached \
      --charts none --out "$dir/results" -q >"$dir/out" 2>&1 || { bad "$user: $(tail -1 "$dir/out")"; return; }
  done
  local all strong dropped
  for user in root nobody; do
    dir="$work/$user/results" all=$(count "$work/$user/results" '"want":"cold"') strong=$(count "$work/$user/results" '"want":"cold".*"proof":"strong"')
    if [ "$all" -gt 0 ] && [ "$all" = "$strong" ]; then
      ok "$user: cold is proven for $strong of $all trials"
    else
      bad "$user: cold is proven for $strong of $all trials: $(trials "$dir" | grep -o '"reason":"[^"]*"' | sort | uniq -c | head -3)"
    fi
  done
  dropped=$(count "$work/root/results" '"how":"[^"]*drop_caches"')
  if [ "$dropped" -gt 0 ] && [ "$(count "$work/nobody/results" 'drop_caches')" = 0 ] \
      && grep -q '"left_out".*only root may write to /proc/sys/vm/drop_caches' "$work"/nobody/results/*.jsonl; then
    ok "drop-caches: $dropped trials of root, none of nobody, who is told why"
  else
    bad "drop-caches: $dropped trials of root"
  fi
}

# In an overlay, as in a container, cachestat(2) would call every file cold: if it
# were believed, each proof of a cached trial would fail. One or two may fail
# because the host took a page of the file or of the program.
overlay() {
  local out="$work/out-overlay" all unasked named failed
  make_fs overlay 400M || { missing+=("overlay: $why"); return; }
  "$bin" run --target "here=$mnt" --workload seqscan --size 8M --rounds 6 --cache cold,cached --charts none --out "$out" -q >"$out.txt" 2>&1 || true
  all=$(trials "$out" | wc -l) unasked=$(count "$out" '"cachestat_before":null')
  named=$(count "$out" '"cachestat_reason":"[^"]*overlay') failed=$(count "$out" '"proof":"failed"')
  if [ "$all" -gt 0 ] && [ "$unasked" = "$all" ] && [ "$named" -gt 0 ] && [ "$failed" -le 2 ]; then
    ok "overlay: cachestat is not believed; proofs: $(trials "$out" | grep -o '"proof":"[a-z]*"' | sort | uniq -c | tr -s ' \n' ' ')"
  else
    bad "overlay: of $all trials, $unasked did not ask cachestat, $named say why, $failed proofs failed: $(trials "$out" | grep '"proof":"failed"' |
      grep -o '"reasons":[^]]*' | sort | uniq -c | head -3) $(tail -3 "$out.txt")"
  fi
  umount "$mnt"
}

# Somebody else writes to the same device: trials are flagged. Nobody does: they
# are not, or at least not as many. A gate of commands loses no round to it in
# which they asked the device for nothing, flagged or not: a page of a program may
# have been dropped, and is then read again.
neighbor() {
  local out="$work/out-neighbor" pid quiet noisy judged
  local run=("$bin" run --target "here=$work" --workload random --record 4k --ops 1024 --backend pread,mmap:advise=random
    --size 64M --rounds 6 --cache cold --charts none -q)
  "${run[@]}" --out "$out-quiet" >"$out.txt" 2>&1 || true
  sh -c 'while :; do dd if=/dev/zero of="$1" bs=4M count=16 oflag=dsync conv=notrunc 2>/dev/null; done' sh "$work/foreign" &
  pid=$!
  sleep 0.5
  "${run[@]}" --out "$out" >"$out.txt" 2>&1 || true
  judged=$(cd "$work" && "$bin" gate --base 'exec:sleep 0.05' --new 'exec:sleep 0.1' --rounds 12 --format json --out "$out-gate" -q 2>&1 || true)
  kill "$pid"; wait "$pid" 2>/dev/null || true
  quiet=$(count "$out-quiet" '"foreign-io"') noisy=$(count "$out" '"foreign-io"')
  if [ "$noisy" -gt "$quiet" ] && grep -q 'foreign-io' "$out.txt"; then
    ok "a neighbor that writes: $noisy of $(trials "$out" | wc -l) trials are flagged, $quiet without"
  else
    bad "a neighbor that writes: $noisy of $(trials "$out" | wc -l) trials are flagged, $quiet without"
  fi
  local own pairs flagged
  own=$(trials "$out-gate" | grep -v '"own_read":0,"own_write":0,' | grep -o '"round":[0-9]*' | sort -u | wc -l || true)
  pairs=$(grep -m1 -o '"pairs": [0-9]*' <<<"$judged" | tr -dc 0-9 || true) flagged=$(count "$out-gate" '"foreign-io"')
  if [ "$flagged" -gt 0 ] && [ "$own" -le 3 ] && [ "${pairs:-0}" -ge $((12 - own)) ] \
      && ! grep -q '"verdict": "PASS"' <<<"${judged%%\"controls\"*}"; then
    ok "a gate of two commands without I/O: $pairs of 12 pairs beside it, $flagged of 36 trials flagged, $own rounds with I/O of the commands"
  else
    bad "a gate of two commands without I/O: $flagged of 36 trials flagged, $own rounds with I/O of the commands;" \
      "$(grep -e '"pairs"' -e '"verdict"' -e '"missing"' -e '"disturbed":' <<<"$judged" | tr -s ' \n' ' ')"
  fi
  rm -f "$work/foreign"
}

# A file twice as large as the memory that the program may use: it cannot be
# cached, and no trial may claim that it was; the reader is warned.
in_cgroup() {
  local out="$work/out-cgroup"
  limit_memory $((96 << 20)) || { missing+=("memory cgroup: none can be made here"); return; }
  "$bin" run --target "here=$work" --size 4M --rounds 1 --workload seqscan --cache cold --charts none --out "$work/before" -q >/dev/null 2>&1
  within "$bin" run --target "here=$work" --workload seqscan --size 192M --record 64k --rounds 6 --cache cold,cached \
    --charts none --out "$out" -q >"$out.txt" 2>&1 || true
  local cached failed_ cold
  cached=$(count "$out" '"want":"cached"') failed_=$(count "$out" '"want":"cached".*"proof":"failed".*"excluded":"not-cached')
  cold=$(count "$out" '"want":"cold".*"proof":"strong"')
  if [ "$cached" -gt 0 ] && [ "$cached" = "$failed_" ] && [ "$cold" -gt 0 ] && grep -q '"code":"memory-limit"' "$out"/*.jsonl; then
    ok "memory cgroup of 96 MiB, file of 192 MiB: $cold trials are cold, none of $cached counts as cached, and the reader is warned"
  else
    bad "memory cgroup: $cold cold, $failed_ of $cached refuted; $(tail -2 "$out.txt")"
  fi
}

begin evidence "$@"
privileges
overlay
neighbor
in_cgroup
finish
