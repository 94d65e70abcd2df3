package pagecache

import (
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"golang.org/x/sys/unix"

	"mmapbench/results"
)

// ownRead returns what this process has read from devices, in bytes, or nil
// where the kernel keeps no account.
func ownRead(t *testing.T) *int64 {
	t.Helper()
	text, err := os.ReadFile("/proc/self/io")
	if err != nil {
		t.Skip("no account of device reads: ", err)
	}
	_, rest, _ := bytes.Cut(text, []byte("\nread_bytes:"))
	var n int64
	if _, err := fmt.Fscan(bytes.NewReader(rest), &n); err != nil {
		t.Fatalf("/proc/self/io: %v in %q", err, text)
	}
	return &n
}

func observe(t *testing.T, f *os.File, size int64) Observation {
	t.Helper()
	o, err := Observe(f, size)
	if err != nil {
		t.Fatal(err)
	}
	return o
}

// watch gathers the evidence of a body on a live file.
func watch(t *testing.T, f *os.File, size int64, want string, body func()) Evidence {
	t.Helper()
	e := Evidence{Want: want, ExpectDevice: size, HasDevice: true}
	e.Before = observe(t, f, size)
	before := *ownRead(t)
	runtime.LockOSThread() // the faults are a thread's
	defer runtime.UnlockOSThread()
	var from, to unix.Rusage
	if err := unix.Getrusage(unix.RUSAGE_THREAD, &from); err != nil {
		t.Fatal(err)
	}
	body()
	if err := unix.Getrusage(unix.RUSAGE_THREAD, &to); err != nil {
		t.Fatal(err)
	}
	own, thread := *ownRead(t)-before, (to.Inblock-from.Inblock)*512
	e.OwnRead, e.ThreadRead, e.MinorFaults = &own, &thread, to.Minflt-from.Minflt
	e.After = observe(t, f, size)
	return e
}

func wantProof(t *testing.T, e Evidence, proof string) {
	t.Helper()
	if got, why := judged(e); got != proof {
		t.Errorf("Judge = %s (%s), want %s; own %d, thread %d, %d faults", got, why, proof, *e.OwnRead, *e.ThreadRead,
			e.MinorFaults)
	}
}

func TestProofOfLiveReads(t *testing.T) {
	const size = 8 << 20
	f := cached(t, size)
	read := func() {
		if err := readAll(f, size, make([]byte, 1<<20)); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := Cold(f, size); err != nil {
		t.Fatal(err)
	}
	wantProof(t, watch(t, f, size, results.Cold, read), results.ProofStrong)
	wantProof(t, watch(t, f, size, results.Cached, read), results.ProofStrong)
	// What is in the cache is not cold, and what is read of a cold file was not
	// cached.
	wantProof(t, watch(t, f, size, results.Cold, read), results.ProofFailed)
	if _, err := Cold(f, size); err != nil {
		t.Fatal(err)
	}
	wantProof(t, watch(t, f, size, results.Cached, read), results.ProofFailed)
	// A cold file of which nothing is read.
	if _, err := Cold(f, size); err != nil {
		t.Fatal(err)
	}
	wantProof(t, watch(t, f, size, results.Cold, func() {}), results.ProofFailed)
}

func TestProofOfLiveMapping(t *testing.T) {
	const size = 8 << 20
	f := cached(t, size)
	if _, err := Cold(f, size); err != nil { // and read anew, in large folios
		t.Fatal(err)
	}
	if _, err := Warm(f, size, make([]byte, 1<<20)); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		name     string
		populate bool
		proof    string
	}{{"populated", true, results.ProofStrong}, {"not populated", false, results.ProofFailed}} {
		t.Run(c.name, func(t *testing.T) {
			m, err := unix.Mmap(int(f.Fd()), 0, size, unix.PROT_READ, unix.MAP_SHARED)
			if err != nil {
				t.Fatal(err)
			}
			defer unix.Munmap(m)
			touch := func() {
				for i := int64(0); i < size; i += page {
					sink += m[i]
				}
			}
			if c.populate {
				touch()
			}
			e := watch(t, f, size, results.Mapped, touch)
			t.Logf("%d faults on %d pages", e.MinorFaults, size/page)
			wantProof(t, e, c.proof)
		})
	}
}

func TestObserveAgrees(t *testing.T) {
	size := 300*page + 1
	f := cached(t, size)
	// Read anew, because where a block is smaller than a page the last page
	// was written in part and is not up to date: mincore does not count it,
	// and a read that needs no more of it leaves it so.
	if _, err := Cold(f, size); err != nil {
		t.Fatal(err)
	}
	if _, err := Warm(f, size, make([]byte, 1<<20)); err != nil {
		t.Fatal(err)
	}
	for _, want := range []int64{301, 0} {
		o := observe(t, f, size)
		if o.Pages != 301 || o.Mincore == nil || *o.Mincore != want {
			t.Errorf("Observe = %+v, want %d of 301 by mincore", o, want)
		}
		if o.Cachestat == nil && !absent(o) {
			t.Errorf("no answer by cachestat: %s", o.CachestatReason)
		}
		if o.Cachestat != nil && *o.Cachestat != want {
			t.Errorf("cachestat sees %d pages, want %d", *o.Cachestat, want)
		}
		if _, err := Cold(f, size); err != nil {
			t.Fatal(err)
		}
	}
	if o := observe(t, f, 0); o.Pages != 0 || o.Mincore == nil || *o.Mincore != 0 {
		t.Errorf("Observe of nothing = %+v", o)
	}
	f.Close()
	if _, err := Observe(f, size); err == nil || !strings.Contains(err.Error(), f.Name()) {
		t.Errorf("Observe of a closed file: %v", err)
	}
}

// absent reports whether this kernel has no cachestat, or the tests run on
// overlayfs, where it is not asked.
func absent(o Observation) bool {
	return o.CachestatReason == errNoCachestat.Error() || o.CachestatReason == errOverlay.Error()
}

func TestCachestatTellsDirtyPages(t *testing.T) {
	size := 100 * page
	f := cached(t, size)
	s, err := Cachestat(f, size)
	if err != nil {
		t.Skip(err)
	}
	if s.Cached != 100 || s.Dirty+s.Writeback > 100 {
		t.Errorf("Cachestat = %+v", s)
	}
	if _, err := Cold(f, size); err != nil {
		t.Fatal(err)
	}
	if s, err = Cachestat(f, size); err != nil || s.Cached != 0 || s.Dirty != 0 || s.Writeback != 0 {
		t.Errorf("Cachestat of a cold file = %+v, %v", s, err)
	}
}

func TestCachestatErrors(t *testing.T) {
	for errno, want := range map[error]string{
		unix.ENOSYS:     "Linux 6.5",
		unix.EPERM:      "owns the file",
		unix.EOPNOTSUPP: "does not count",
		unix.EIO:        "input/output error",
	} {
		if err := cachestatError(errno); !strings.Contains(err.Error(), want) {
			t.Errorf("%v: %v", errno, err)
		}
	}
}

func TestCrossCheck(t *testing.T) {
	for _, c := range []struct {
		mincore, cachestat int64
		believed           bool
	}{
		{filePages, 0, false}, {filePages / 2, 0, false}, {coldPages + 1, 0, false},
		{coldPages, 0, true}, {0, 0, true}, {0, filePages, true}, {filePages, filePages / 2, true},
	} {
		o := saw(c.mincore, c.cachestat)
		o.CachestatReason = ""
		o.crossCheck()
		if (o.Cachestat != nil) != c.believed || (o.CachestatReason == "") != c.believed || o.Mincore == nil {
			t.Errorf("%d by mincore, %d by cachestat: %+v", c.mincore, c.cachestat, o)
		}
	}
}

// Who neither owns a file nor may write to it is lied to by mincore.
func TestStranger(t *testing.T) {
	if os.Getuid() != 0 {
		t.Skip("only root can become another user")
	}
	const size = 1 << 20
	f := cached(t, size)
	if err := f.Chmod(0o644); err != nil {
		t.Fatal(err)
	}
	if _, err := Cold(f, size); err != nil {
		t.Fatal(err)
	}
	var o Observation
	var raw Residency
	errs := make(chan error)
	go func() {
		// mincore goes by the identity for file systems, which is the
		// thread's own (setfsuid(2)) and takes the capabilities over files
		// with it; the thread ends with the goroutine.
		runtime.LockOSThread()
		_, err := unix.SetfsuidRetUid(65534)
		if err == nil {
			raw, err = Resident(f, size)
		}
		if err == nil {
			o, err = Observe(f, size)
		}
		errs <- err
	}()
	if err := <-errs; err != nil {
		t.Fatal(err)
	}
	if raw.Resident != raw.Pages {
		t.Fatalf("mincore shows a stranger %+v of a cold file: it does not lie", raw)
	}
	if o.Mincore != nil || o.MincoreReason != errMincoreLies.Error() {
		t.Errorf("Observe believes mincore: %+v", o)
	}
	// Before cachestat was made as discreet as mincore, it answered strangers.
	if o.Cachestat == nil && o.CachestatReason != errNotTold.Error() && !absent(o) || o.Cachestat != nil &&
		*o.Cachestat != 0 {
		t.Errorf("Observe by cachestat: %+v", o)
	}
	if o = observe(t, f, size); o.Mincore == nil || *o.Mincore != 0 {
		t.Errorf("Observe by the owner: %+v", o)
	}
}

// In a container every file is cold to cachestat.
func TestOverlay(t *testing.T) {
	dir := deviceDir(t)
	for _, d := range []string{"lower", "upper", "work", "merged"} {
		if err := os.Mkdir(filepath.Join(dir, d), 0o755); err != nil {
			t.Fatal(err)
		}
	}
	options := fmt.Sprintf("lowerdir=%[1]s/lower,upperdir=%[1]s/upper,workdir=%[1]s/work", dir)
	merged := filepath.Join(dir, "merged")
	if err := unix.Mount("overlay", merged, "overlay", 0, options); err != nil {
		t.Skip("mounting an overlay needs root, and a directory that is not itself on one: ", err)
	}
	t.Cleanup(func() { unmount(t, merged) })
	const size = 1 << 20
	f, err := os.Create(filepath.Join(merged, "data"))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	if _, err := f.Write(make([]byte, size)); err != nil {
		t.Fatal(err)
	}
	var raw unix.Cachestat_t
	if err := unix.Cachestat(uint(f.Fd()), &unix.CachestatRange{}, &raw, 0); err == nil && raw.Cache != 0 {
		t.Errorf("cachestat sees %d pages through the overlay: it need not be refused any more", raw.Cache)
	}
	o := observe(t, f, size)
	if o.Mincore == nil || *o.Mincore != o.Pages {
		t.Errorf("mincore through the overlay: %+v", o)
	}
	if o.Cachestat != nil || o.CachestatReason != errOverlay.Error() {
		t.Errorf("cachestat through the overlay: %+v", o)
	}
	if r, err := Cold(f, size); err != nil || !IsCold(r) {
		t.Errorf("Cold through the overlay: %+v, %v", r, err)
	}
}

func unmount(t *testing.T, dir string) {
	t.Helper()
	if err := unix.Unmount(dir, 0); err != nil {
		t.Errorf("unmounting %s: %v", dir, err)
	}
}

// tool runs a program, and skips the test where it is not installed.
func tool(t *testing.T, name string, args ...string) string {
	t.Helper()
	path, err := exec.LookPath(name)
	if err != nil {
		t.Skipf("%s is not installed", name)
	}
	out, err := exec.Command(path, args...).CombinedOutput()
	if err != nil {
		t.Fatalf("%s %v: %v\n%s", name, args, err, out)
	}
	return strings.TrimSpace(string(out))
}
