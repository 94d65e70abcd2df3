#!/usr/bin/env bash
# Tests mmapbench inside an emulated arm64 machine with 16 KiB pages, an SD card
# (vfat) and an NVMe drive (ext4): the kernel features of a Raspberry Pi 5, which
# the machine of a developer lacks. A second start of the guest has an NVMe drive
# with one unreadable sector.
#
# What is tested is that everything works and that every byte is right. How fast
# the guest is says nothing about any real machine. It takes five minutes, or
# eleven on two slow processors.
#
# Needs Go, and of Debian (12 or later):
#   apt-get install qemu-system-arm cpio xz-utils kmod dosfstools e2fsprogs device-tree-compiler
# and, the first time, its package mirrors for the guest's kernel (90 MB).
#
#   MMAPBENCH_GUEST_CACHE  where the kernel is kept, and the results of the last
#                          run (default: $XDG_CACHE_HOME/mmapbench-guest)
set -euo pipefail

readonly KERNEL=linux-image-6.12-arm64-16k # a meta package of Debian
readonly PAGE=16384
readonly MODEL='Raspberry Pi 5 Model B Rev 1.0'
readonly SESSION_LIMIT=900 # seconds that one start of the guest may take
readonly MODULES='9pnet_virtio 9p nvme sdhci_pci mmc_block ext4 crc32c_generic vfat nls_cp437 nls_iso8859-1'

readonly cache=${MMAPBENCH_GUEST_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/mmapbench-guest}
readonly kernel_dir=$cache/kernel last=$cache/last
source_dir=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
readonly source_dir

die() { echo "guest: $*" >&2; exit 1; }
say() { printf 'guest: %s (%ds)\n' "$*" "$SECONDS"; }

check_tools() {
  PATH=$PATH:/usr/sbin:/sbin # mkfs and modprobe, for those who are not root
  local tool missing=''
  for tool in go qemu-system-aarch64 cpio xz gzip depmod modprobe mkfs.vfat mkfs.ext4 debugfs fdtput dpkg-deb apt-get flock timeout; do
    command -v "$tool" >/dev/null || missing+=" $tool"
  done
  [[ -z $missing ]] || die "not installed:$missing; the packages are listed at the top of $0"
}

# fetch_kernel downloads the kernel's package. Apt works with a root of its own,
# so that dpkg of this machine need not know arm64, nobody need be root, and the
# package lists of the machine stay as they are. Its sources, keys and settings
# are used, and what it does after an update is done (it may complain of rights).
fetch_kernel() {
  local apt=$cache/apt package
  mkdir -p "$apt"/{lists/partial,cache/archives/partial}
  : >"$apt/status" # as if nothing were installed
  cat >"$apt/apt.conf" <<EOF
APT::Architecture "arm64";
APT::Architectures { "arm64"; };
APT::Sandbox::User "";
Acquire::IndexTargets::deb::DEP-11::DefaultEnabled "false";
Dir::State "$apt";
Dir::State::Lists "$apt/lists";
Dir::State::status "$apt/status";
Dir::Cache "$apt/cache";
EOF
  export APT_CONFIG=$apt/apt.conf
  apt-get -qq update
  package=$(apt-cache depends "$KERNEL" | awk '$1 == "Depends:" && $2 ~ /^linux-image-/ && !n++ { print $2 }')
  [[ -n $package ]] || die "the sources of apt have no $KERNEL for arm64"
  (cd "$1" && apt-get -qq download "$package")
  unset APT_CONFIG
  rm -rf "$apt"
}

# prepare_kernel leaves vmlinuz, the initramfs with the modules, and the device
# tree in the cache. They are made elsewhere and moved, so that what is there is
# whole.
prepare_kernel() {
  [[ -e $kernel_dir/vmlinuz ]] && return
  say "fetching $KERNEL"
  local new=$cache/kernel.new root release
  rm -rf "$new" "$kernel_dir"
  mkdir -p "$new/root"
  root=$new/root
  fetch_kernel "$new"
  dpkg-deb -x "$new"/*.deb "$root"
  mv "$root"/boot/vmlinuz-* "$new/vmlinuz"
  # Where modules lie depends on the release of Debian, and where kmod looks for
  # them too.
  [[ -e $root/lib ]] || ln -s usr/lib "$root/lib"
  [[ -e $root/usr/lib/modules ]] || { mkdir -p "$root/usr/lib" && ln -s ../../lib/modules "$root/usr/lib/modules"; }
  release=$(ls "$root/lib/modules")
  depmod -b "$root" "$release"
  pack_modules "$root" "$release" "$new"
  make_device_tree "$new"
  rm -rf "$root" "$new"/*.deb
  mv "$new" "$kernel_dir"
}

# pack_modules makes an initramfs of the modules and the order to load them in.
pack_modules() {
  local root=$1 release=$2 new=$3 module verb path name
  mkdir -p "$new/initramfs/modules"
  for module in $MODULES; do
    modprobe -d "$root" -S "$release" --show-depends "$module"
  done >"$new/depends"
  while read -r verb path _; do
    [[ $verb == insmod ]] || continue # the rest is built in
    name=$(basename "$path")
    name=${name%.xz}
    [[ -e $new/initramfs/modules/$name ]] && continue
    # Some releases compress modules. Decompressed here, init needs no code for it.
    if [[ $path == *.xz ]]; then xz -dc "$path"; else cat "$path"; fi >"$new/initramfs/modules/$name"
    echo "$name" >>"$new/initramfs/modules/order"
  done <"$new/depends"
  pack "$new/initramfs" "$new/modules.cpio.gz"
}

# pack makes a cpio archive as the kernel wants it. Archives may follow one
# another in one file.
pack() { (cd "$1" && find . -mindepth 1 | cpio --quiet -o -H newc -R 0:0) | gzip -1 >"$2"; }

machine() {
  printf '%s\0' -machine "virt,gic-version=3${1:+,$1}" -cpu cortex-a76 -smp 2 -m 1024 -nodefaults -display none -no-reboot
}

# make_device_tree takes the device tree that the emulator would give the guest
# and changes its model. A machine of the same size must be started with it.
make_device_tree() {
  local -a args
  mapfile -d '' -t args < <(machine "dumpdtb=$1/guest.dtb")
  qemu-system-aarch64 "${args[@]}" 2>"$1/dumpdtb.txt" || die "$(cat "$1/dumpdtb.txt")"
  fdtput -t s "$1/guest.dtb" / model "$MODEL"
}

make_images() {
  # The emulated card wants a power of two. Sizes are small, since a test that
  # fills a file system by mistake should notice, and images are made each time.
  truncate -s 256M "$last/sd.img"
  mkfs.vfat -n GUESTSD "$last/sd.img" >"$last/mkfs.txt"
  truncate -s 1G "$last/nvme.img"
  mkfs.ext4 -q -F -L guestnvme "$last/nvme.img"
}

readonly test_packages='io/backend io/readwrite io/mmapio internal/dataset internal/pagecache internal/preflight internal/counters internal/host lab'

build() {
  local pkg dir=$last/share
  export CGO_ENABLED=0 GOOS=linux GOARCH=arm64
  cd "$source_dir"
  mkdir -p "$dir/bin" "$dir/src" "$dir/out" "$last/initramfs"
  go build -trimpath -ldflags '-s -w' -o "$last/initramfs/init" ./scripts/guest/init
  go build -trimpath -ldflags '-s -w' -o "$dir/bin/mmapbench" ./cmd/mmapbench
  for pkg in $test_packages; do
    go test -c -trimpath -ldflags '-s -w' -o "$dir/bin/${pkg//\//-}.test" "./$pkg"
    # Tests run in the folder of their package, as under go test.
    mkdir -p "$dir/src/$pkg"
    [[ ! -d $pkg/testdata ]] || cp -r "$pkg/testdata" "$dir/src/$pkg/"
  done
  unset CGO_ENABLED GOOS GOARCH
  go build -o "$last/check" ./scripts/guest/check
  pack "$last/initramfs" "$last/init.cpio.gz"
  cat "$kernel_dir/modules.cpio.gz" "$last/init.cpio.gz" >"$last/initrd"
}

# Lines of mounts: device, folder, type, options. vfat has no modes of files: with
# these masks it shows those that mmapbench asks for, and that its tests look for.
guest_mounts() {
  cat <<'EOF'
/dev/mmcblk0 /mnt/sd vfat iocharset=iso8859-1,fmask=0177,dmask=0077
/dev/nvme0n1 /mnt/nvme ext4 errors=remount-ro
EOF
}

# vfat has neither links nor pipes nor owners: tests that begin by making one
# cannot be made there.
readonly backend_on_vfat='/(unfit_files_are_refused|append_refuses_what_exists|copy_refuses_what_exists|copy_refuses_unfit_sources)$'
# Under emulation an option takes seconds. These are the same whatever the size of a page,
# and are tried elsewhere.
readonly same_on_drive='^TestConformance(Locked)?$/^(mmap:(shared|sync|hugetlb|advise=|private,|populate,|msync=|.*double|window=1$)|(readv|osfile|sendfile|splice|io.Copy|copy_file_range)|read:|pread:|direct:|bufio:|preadv2:)'
# Options that have been tried on the drive, where the file system makes no difference.
readonly same_on_card='^TestConformance(Locked)?$/^(mmap:(shared|sync|hugetlb|advise=|private,|populate,|msync=(none|async)$|locked,|window=|grow=1|release=)|(read|readv|osfile|bufio|sendfile|splice|io.Copy|copy_file_range)(:|$)|preadv2:|.*(fadvise|readahead|sync-range)=)'

# vfat has no flags of single reads, and writes zeros for all that a file has grown by.
readonly effects_on_vfat='^TestHintsShowInTheCache$/dontcache|^TestSecondCallsAreCounted$|^TestACommitIsOnTheDevice$'

readonly dataset_on_vfat='TestOpenDirRefuses/(symlink|pipe)|TestStrangeFilesAreLeftAlone/(symlink|hard_link|pipe)|TestVerifyOnlyRegularFiles'

# Lines of commands: name, folder to run in, time limit, command. See init/main.go.
first_commands() {
  local pkg program
  cat <<'EOF'
env /tmp 30s mmapbench env --target sd=/mnt/sd --target nvme=/mnt/nvme
check-sd /tmp 30s mmapbench check /mnt/sd
check-nvme /tmp 30s mmapbench check /mnt/nvme
EOF
  for pkg in $test_packages; do
    # The guest has no shell, which that test's stand-in for vcgencmd is written for;
    # the others read fixtures, which are the same everywhere.
    test_command nvme "$pkg" "^(TestRunVcgencmd|TestFingerprint|TestBlockDevices|TestNames|TestFixtures)\$|$same_on_drive"
  done
  test_command sd io/mmapio "^TestConformance.*/$backend_on_vfat|$same_on_card|$effects_on_vfat"
  test_command sd io/readwrite "^TestConformance.*/$backend_on_vfat|$same_on_card|$effects_on_vfat"
  test_command sd internal/pagecache '^$'
  test_command sd internal/preflight '^$'
  test_command sd internal/dataset "$dataset_on_vfat"
  for program in edit compare append copy counter cow mistakes; do
    echo "lab-sd-$program /tmp 60s mmapbench lab $program --dir /mnt/sd"
  done
  cat <<'EOF'
run /tmp 360s mmapbench run --size 4M --rounds 2 --budget 200s --record 4k,64k --target sd=/mnt/sd --target nvme=/mnt/nvme --out /share/out/run --charts none
report /tmp 30s mmapbench report --charts none /share/out/run/*.jsonl
clean-sd /tmp 30s mmapbench clean /mnt/sd
EOF
}

# test_command is the line for the tests of a package on one of the devices.
test_command() {
  local device=$1 name=${2//\//-} skip=$3
  echo "test-$device-$name /share/src/$2 240s TMPDIR=/mnt/$device $name.test -test.v -test.skip=$skip"
}

# The dataset that the first session left on the NVMe drive is read again here,
# over the bad sector. Appends do not touch it: they must go on as if nothing were.
second_commands() {
  cat <<'EOF'
media-error /tmp 120s mmapbench run --size 4M --rounds 2 --workload seqscan,append --backend pread,mmap --cache cold --record 64k --consumer sum --target nvme=/mnt/nvme --out /share/out/media-error --charts none
media-report /tmp 60s mmapbench report --charts png --out /share/out/charts /share/out/media-error/*.jsonl
clean-nvme /tmp 30s mmapbench clean /mnt/nvme
EOF
}

# session starts the guest with a list of commands and waits for its end.
session() {
  local name=$1 nvme=$2
  local -a args
  rm -f "$last/share/out/finished"
  mapfile -d '' -t args < <(machine '')
  # The host need not wait for its own disk when the guest syncs: the images
  # do not outlive the run. rerror=report hands a media error to the guest
  # instead of stopping it.
  args+=(
    -kernel "$kernel_dir/vmlinuz" -initrd "$last/initrd" -dtb "$kernel_dir/guest.dtb"
    -append 'console=ttyAMA0 quiet panic=-1' -serial stdio
    -drive "if=none,id=sd,format=raw,cache=unsafe,file=$last/sd.img"
    -device sdhci-pci -device "sd-card,drive=sd"
    -drive "if=none,id=nvme,format=raw,cache=unsafe,rerror=report,werror=report,file=$nvme"
    -device "nvme,drive=nvme,serial=GUEST0001"
    -virtfs "local,path=$last/share,mount_tag=share,security_model=none"
  )
  # In the foreground, so that Ctrl-C ends the guest too; without the lock, so that
  # a guest whose script was killed does not hold it.
  local status=0
  timeout --foreground --kill-after=5 "$SESSION_LIMIT" qemu-system-aarch64 "${args[@]}" \
    </dev/null 2>"$last/qemu-$name.txt" 9>&- | sed -u 's/\r$//' | tee "$last/console-$name.txt" || status=$?
  if [[ ! -e $last/share/out/finished ]]; then
    cat "$last/qemu-$name.txt" >&2
    die "the guest did not get to the end of its commands (exit code of the emulator: $status; 124 would be the time limit of ${SESSION_LIMIT}s)"
  fi
}

# break_sector writes the emulator's rule for one unreadable sector, in the
# middle of the dataset.
break_sector() {
  local file block
  file=$(debugfs -R 'ls -p /mmapbench.d' "$last/nvme.img" 2>/dev/null | awk -F/ '$6 ~ /^data-4M-.*bin$/ { print $6 }')
  [[ -n $file ]] || die 'the first session left no dataset on the NVMe drive'
  block=$(debugfs -R "bmap /mmapbench.d/$file $1" "$last/nvme.img" 2>/dev/null)
  [[ $block =~ ^[1-9][0-9]*$ ]] || die "where block $1 of $file lies is unknown: $block"
  cat >"$last/blkdebug.cfg" <<EOF
[inject-error]
event = "read_aio"
iotype = "read"
errno = "5"
sector = "$((block * 8))"
EOF
}

failures=0
fail() { echo "FAIL  $*" >&2; failures=$((failures + 1)); }

# check_codes looks at the exit code of every command that was listed.
check_codes() {
  local name code took
  while read -r name _; do
    code=missing took=''
    [[ ! -e $last/share/out/$name.rc ]] || read -r code took <"$last/share/out/$name.rc"
    if [[ $code != 0 ]]; then
      fail "$name: exit code $code $took; its output, shortened:"
      grep -v -e '^=== ' -e '^ *--- PASS' -e '^ *--- SKIP' "$last/share/out/$name.txt" | tail -n 40 | sed 's/^/      /' >&2 || true
    fi
  done <"$1"
}

# check_answers looks for what is known of the two file systems, vfat having
# neither holes nor reflinks.
check_answers() {
  local device line
  for device in sd nvme; do
    for line in 'can be trusted' 'yes +Does a store to a shared mapping reach the file' 'yes +Is touching what was cut off a SIGBUS' \
      'yes +Can a file be made cold' 'yes +Does O_DIRECT read past' 'no +Can a copy share the blocks' 'yes +Is the page size supported .* 16 KiB, on arm64'; do
      grep -qE "$line" "$last/share/out/check-$device.txt" || fail "check of $device does not say: $line"
    done
  done
  grep -qE 'no +Does a hole take no space' "$last/share/out/check-sd.txt" || fail 'check does not say that vfat has no holes'
  grep -qE 'yes +Does a hole take no space' "$last/share/out/check-nvme.txt" || fail 'check does not say that ext4 has holes'
}

check_results() {
  grep -qF "$MODEL" "$last/share/out/env.txt" || fail "mmapbench env does not name the $MODEL"
  grep -q '16 KiB' "$last/share/out/env.txt" || fail 'mmapbench env does not show pages of 16 KiB'
  check_answers
  "$last/check" -page "$PAGE" -model "$MODEL" "$last"/share/out/run/*.jsonl || fail 'the run'
  "$last/check" -page "$PAGE" -model "$MODEL" -error seqscan/pread=io -error seqscan/mmap=sigbus \
    "$last"/share/out/media-error/*.jsonl || fail 'the run over a bad sector'
  compgen -G "$last/share/out/charts/*.png" >/dev/null || fail 'the report left no charts'
  # A test that was skipped has not passed: say which, and with what reason.
  grep -H -B1 -e '--- SKIP' "$last"/share/out/test-*.txt | sed "s|$last/share/out/|SKIP  |" || true
}

main() {
  check_tools
  mkdir -p "$cache"
  exec 9>"$cache/lock"
  flock -n 9 || die "another run uses $cache"
  prepare_kernel
  rm -rf "$last"
  mkdir -p "$last"
  say 'building'
  make_images
  build
  guest_mounts >"$last/share/mounts"

  say 'first session: tests and a run'
  first_commands >"$last/share/commands"
  cp "$last/share/commands" "$last/first"
  session first "$last/nvme.img"

  say 'second session: a bad sector'
  second_commands >"$last/share/commands"
  cp "$last/share/commands" "$last/second"
  break_sector 512
  session second "blkdebug:$last/blkdebug.cfg:$last/nvme.img"

  check_codes "$last/first"
  check_codes "$last/second"
  check_results
  ((failures == 0)) || die "$failures failures; everything that was written is in $last/share/out"
  say 'all passed'
}

main "$@"
