package experiment_test

import (
	"errors"
	"slices"
	"strings"
	"testing"

	"mmapbench/experiment"
	"mmapbench/io/backend"
	"mmapbench/io/readwrite"
	"mmapbench/results"
	"mmapbench/target"
)

// TestDirectIsPlannedWhereItMeansSomething plans direct reads in a directory
// that is asked and in one that is not there, of which nothing is known.
func TestDirectIsPlannedWhereItMeansSomething(t *testing.T) {
	for _, dir := range []string{t.TempDir(), "/data"} {
		if _, err := backend.Configure(readwrite.Direct, backend.ToRead, dir, nil); err != nil {
			t.Logf("NOT TESTED in the directory for temporary files, set TMPDIR: %v", err)
			continue
		}
		s := fast
		s.Dir = dir
		p := build(t, `
size = "1M"
record = ["1000", "1008", "16k"]
workload = ["random", "append", "copy"]
backend = ["direct", "pread"]
cache = ["cold", "cached", "mapped", "device-cold", "drop-caches"]
`, s)
		var planned []string
		for _, a := range p.Arms {
			if a.Backend != "direct" {
				continue
			}
			if a.Record != 16<<10 {
				t.Errorf("planned: %+v", a)
			}
			planned = append(planned, strings.TrimSpace(a.Workload+" "+a.Cache))
		}
		slices.Sort(planned)
		if want := []string{"append", "copy cold", "copy device-cold", "copy drop-caches",
			"random cold", "random device-cold", "random drop-caches"}; !slices.Equal(planned, want) {
			t.Errorf("direct accesses are planned as %q, want %q", planned, want)
		}
		for arm, reason := range map[string]string{
			"random by direct, cached": "past the page cache",
			"random by direct, mapped": "past the page cache",
			"random by direct, cold":   "record 1000 B: ",
			"append by direct":         "record 1000 B: ",
			"copy by direct, cached":   "past the page cache",
		} {
			if !leftOut(p, arm, reason) {
				t.Errorf("%s is not left out because of %q: %v", arm, reason, p.LeftOut)
			}
		}
		if !leftOut(p, "random by direct, cold", "record 1008 B: ") {
			t.Errorf("of two records that do not fit, one is named: %v", p.LeftOut)
		}
	}
}

func leftOut(p *results.Plan, arm, reason string) bool {
	return slices.ContainsFunc(p.LeftOut, func(l results.LeftOut) bool {
		return l.Arm == arm && strings.Contains(l.Why.String(), reason)
	})
}

// A file system that has no direct reads is left out with what to do instead.
func TestDirectIsLeftOutWhereItIsRefused(t *testing.T) {
	c := catalogue()
	c.Backends = append(c.Backends, nowhere{readwrite.Pread})
	_, err := experiment.Build(load(t, "size='1M'\nworkload='random'\nbackend='nowhere'"), c, []target.Site{fast})
	if err == nil || !strings.Contains(err.Error(), errNowhere.Error()) {
		t.Errorf("error %v, want one that says %q", err, errNowhere)
	}
}

var errNowhere = errors.New("no direct reads here: use another backend")

// nowhere is a backend for direct reads that no file system has.
type nowhere struct{ backend.Backend }

func (nowhere) Info() backend.Info { return backend.Info{Name: "nowhere"} }

func (nowhere) Configure(backend.Verb, string, backend.Options) (backend.Access, error) {
	return backend.Access{}, errNowhere
}

// TestWhatEvictsIsPlannedCold: a file that leaves the cache while it is read is in no
// state but a cold one.
func TestWhatEvictsIsPlannedCold(t *testing.T) {
	p := build(t, "size='1M'\nworkload='seqscan'\ncache=['cold','cached','mapped']\n"+
		"backend=['pread:fadvise=dontneed','pread']", fast)
	for _, a := range p.Arms {
		if a.Backend != "pread" && a.Cache != results.Cold {
			t.Errorf("planned: %+v", a)
		}
	}
	for _, cache := range []string{"cached", "mapped"} {
		if !leftOut(p, "seqscan by pread:fadvise=dontneed, "+cache, "would not last; try cold") {
			t.Errorf("%s is not left out: %v", cache, p.LeftOut)
		}
	}
}

// TestWhatUnmapsIsNotPlannedMapped: what moves or drops its mapping has no page table that
// could be filled beforehand.
func TestWhatUnmapsIsNotPlannedMapped(t *testing.T) {
	p := build(t, "size='1M'\nworkload='seqscan'\ncache=['cached','mapped']\n"+
		"backend=['mmap','mmap:window=64k','mmap:release=64k']", fast)
	if len(p.Arms) != 4 || len(p.LeftOut) != 2 ||
		!leftOut(p, "seqscan by mmap:window=64k, mapped", "does not stay in the page table") {
		t.Errorf("planned %+v, left out %v", p.Arms, p.LeftOut)
	}
}
