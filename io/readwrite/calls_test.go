package readwrite_test

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"golang.org/x/sys/unix"

	"mmapbench/io/backend"
)

const (
	callsSize   = 256<<10 + 24 // with a last record that is cut off
	callsRecord = 64 << 10
)

// seen are the calls that each option makes, as strace writes them; "!" before one that
// is not made. Every case has files of its own: data-N and out-N.
var seen = []struct {
	backend, options string
	verb             backend.Verb
	calls            []string
}{
	{"read", "", backend.ToRead, []string{`read\(.*65536\) += 65536`}},
	{"readv", "iovecs=3", backend.ToRead, []string{`readv\(.*\], 3\) += 65536`}},
	{"preadv2", "iovecs=2,nowait", backend.ToRead, []string{`preadv2\(.*\], 2, 65536, RWF_NOWAIT\)`}},
	{"preadv2", "dontcache", backend.ToRead, []string{`preadv2\(.*(DONTCACHE|0x80)`}},
	{"preadv2", "dontcache", backend.ToAppend, []string{`pwritev2\(.*(DONTCACHE|0x80)`}},
	{"pread", "fadvise=sequential", backend.ToRead, []string{`fadvise64\(.*0, 262168, POSIX_FADV_SEQUENTIAL\) += 0`}},
	{"pread", "fadvise=random", backend.ToRead, []string{`POSIX_FADV_RANDOM\) += 0`}},
	{"pread", "fadvise=noreuse", backend.ToRead, []string{`POSIX_FADV_NOREUSE\) += 0`}},
	{"pread", "fadvise=willneed", backend.ToRead, []string{`131072, 131072, POSIX_FADV_WILLNEED\) += 0`}},
	{"pread", "fadvise=dontneed", backend.ToRead, []string{`0, 131072, POSIX_FADV_DONTNEED\) += 0`}},
	{"pread", "readahead=128k", backend.ToRead, []string{`readahead\(.*, 131072, 131072\) += 0`}},
	{"pread", "write=o-dsync", backend.ToAppend, []string{`openat\(.*O_DSYNC`, `write\(.*65536\) += 65536`}},
	{"pread", "write=o-sync", backend.ToAppend, []string{`openat\(.*O_SYNC`}},
	{"pread", "write=rwf-dsync", backend.ToAppend, []string{`pwritev2\(.*RWF_DSYNC`, `!\bwrite\(\d+<[^>]*/out-`}},
	{"pread", "fallocate", backend.ToAppend, []string{`fallocate\(.*FALLOC_FL_KEEP_SIZE, 0, 262168\) += 0`}},
	{"pread", "sync-range=128k", backend.ToAppend,
		[]string{`sync_file_range\(.*, 131072, 131072, SYNC_FILE_RANGE_WRITE\) += 0`}},
	{"pread", "append=pwrite", backend.ToAppend, []string{`pwrite64\(.*65536, 65536\) += 65536`, `!O_APPEND`}},
	{"pread", "append=pwrite,write=rwf-dsync", backend.ToAppend, []string{`pwritev2\(.*1, 65536, RWF_DSYNC`}},
	{"pread", "to=mmap", backend.ToCopy, []string{`pread64\(`, `mmap\(.*MAP_SHARED`, `!\bwrite\(\d+<[^>]*/out-`}},
	{"direct", "", backend.ToAppend, []string{`openat\(.*O_DIRECT`, `fcntl\(.*F_SETFL`}},
	{"direct", "", backend.ToCopy, []string{`openat\(.*data.*O_DIRECT`, `openat\(.*out.*O_DIRECT`}},
	{"osfile", "", backend.ToRead, []string{`pread64\(.*65536, 65536\) += 65536`}},
	{"osfile", "", backend.ToAppend, []string{`write\(.*65536\) += 65536`}},
	{"bufio", "buffer=128k", backend.ToRead, []string{`read\(.*131072\) += 131072`}},
	{"bufio", "buffer=128k", backend.ToAppend, []string{`write\(.*131072\) += 131072`}},
	{"copy_file_range", "", backend.ToCopy, []string{`copy_file_range\(.*65536, 0\) += 65536`}},
	{"sendfile", "", backend.ToCopy, []string{`sendfile\(.*65536\) += 65536`}},
	{"splice", "", backend.ToCopy,
		[]string{`splice\(.*data.*65536, SPLICE_F_MOVE\) += 65536`, `splice\(.*out.*SPLICE_F_MOVE`}},
	{"io.Copy", "", backend.ToCopy, []string{`copy_file_range\(`, `!\bwrite\(\d+<[^>]*/out-`}},
}

// TestCalls runs itself under strace, and looks for the calls.
func TestCalls(t *testing.T) {
	if dir := os.Getenv("MMAPBENCH_CALLS"); dir != "" {
		makeCalls(t, dir)
		return
	}
	strace, err := exec.LookPath("strace")
	if err != nil {
		t.Skip("NOT TESTED that options make the calls that they are named after: strace is not installed")
	}
	dir := filepath.Dir(coldFile(t).Name())
	trace := filepath.Join(dir, "trace")
	// A file for each thread: in one for all, a call may be told in two lines.
	cmd := exec.Command(strace, "-ff", "-y", "-qq", "-s", "0", "-e", "trace=file,desc,mmap,fallocate", "-o", trace,
		os.Args[0], "-test.run=^TestCalls$", "-test.v")
	cmd.Env = append(os.Environ(), "MMAPBENCH_CALLS="+dir)
	out, err := cmd.CombinedOutput()
	threads, _ := filepath.Glob(trace + ".*") // the pattern is a good one
	if err != nil || len(threads) == 0 {
		t.Skipf("NOT TESTED: strace: %v, %d traces\n%s", err, len(threads), out)
	}
	var text []byte
	for _, name := range threads {
		thread, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		text = append(text, thread...)
	}
	for i, c := range seen {
		name := fmt.Sprintf("%s:%s to %s", c.backend, c.options, c.verb)
		if strings.Contains(string(out), fmt.Sprintf("case %d refused", i)) {
			t.Logf("NOT TESTED, as it is refused here: %s", name)
			continue
		}
		about, mine := regexp.MustCompile(fmt.Sprintf(`/(data|out)-%d[">]`, i)), []string(nil)
		for line := range strings.Lines(string(text)) {
			if about.MatchString(line) {
				mine = append(mine, line)
			}
		}
		all := strings.Join(mine, "")
		for _, call := range c.calls {
			call, not := strings.CutPrefix(call, "!")
			if regexp.MustCompile(call).MatchString(all) == not {
				t.Errorf("%s: %q is to be seen: %v; seen was\n%s", name, call, !not, all)
			}
		}
	}
}

func makeCalls(t *testing.T, dir string) {
	for i, c := range seen {
		data, out := filepath.Join(dir, fmt.Sprint("data-", i)), filepath.Join(dir, fmt.Sprint("out-", i))
		buf, err := unix.Mmap(-1, 0, callsSize+callsRecord, unix.PROT_READ|unix.PROT_WRITE,
			unix.MAP_PRIVATE|unix.MAP_ANON)
		if err == nil {
			err = os.WriteFile(data, buf[:callsSize], 0o600)
		}
		if err != nil {
			t.Fatal(err)
		}
		b := find(t, c.backend)
		o, err := b.Info().Parse(c.options)
		if err != nil {
			t.Fatal(err)
		}
		a, err := backend.Configure(b, c.verb, dir, o)
		if err != nil {
			t.Logf("case %d refused: %v", i, err)
			continue
		}
		s := backend.Spec{Size: callsSize, Record: callsRecord, Buf: buf}
		if err := callsOf(a, c.verb, data, out, s); err != nil {
			t.Errorf("%s:%s to %s: %v", c.backend, c.options, c.verb, err)
		}
		os.Remove(out)
		os.Remove(data)
	}
}

// callsOf makes the accesses of a whole file.
func callsOf(a backend.Access, verb backend.Verb, data, out string, s backend.Spec) error {
	switch verb {
	case backend.ToAppend:
		f, err := a.OpenAppend(out, s)
		if err != nil {
			return err
		}
		return errors.Join(f.Append(s.Buf[:s.Size]), f.Sync(), f.Close())
	case backend.ToCopy:
		f, err := a.OpenCopy(data, out, s)
		if err != nil {
			return err
		}
		return errors.Join(f.Copy(0), f.Sync(), f.Close())
	}
	f, err := a.Open(data, s)
	if err != nil {
		return err
	}
	w, err := f.Worker(0)
	if err == nil {
		b := backend.Batch{N: callsSize / callsRecord, Record: callsRecord}
		for i := range b.N {
			b.Off[i] = int64(i) * callsRecord
		}
		err = backend.NewBatcher(w).Do(&b)
	}
	return errors.Join(err, f.Close())
}
