package experiment_test

import (
	"strings"
	"testing"

	"mmapbench/experiment"
	"mmapbench/target"
)

// TestMappingsThatAreRefusedAreLeftOut plans for targets that refuse one kind of
// mapping, or both.
func TestMappingsThatAreRefusedAreLeftOut(t *testing.T) {
	const text = `
size = "1M"
record = "4k"
workload = ["seqscan", "append", "copy"]
backend = ["pread", "mmap", "mmap:private"]
cache = "cold"
`
	for name, tt := range map[string]struct {
		shared, private string
		planned         []string
		says            string
	}{
		"none": {"", "", []string{"seqscan pread", "seqscan mmap", "seqscan mmap:private", "append pread",
			"append mmap", "copy pread", "copy mmap", "copy mmap:private"}, ""},
		"shared": {"ENODEV", "", []string{"seqscan pread", "seqscan mmap:private", "append pread", "copy pread"},
			"cannot be mapped shared ("},
		"private": {"", "EINVAL", []string{"seqscan pread", "seqscan mmap", "append pread", "append mmap", "copy pread",
			"copy mmap"}, "cannot be mapped private ("},
		"both": {"ENODEV", "EINVAL", []string{"seqscan pread", "append pread", "copy pread"},
			"cannot be mapped at all: what is left is read and write ("},
	} {
		t.Run(name, func(t *testing.T) {
			s := fast
			s.NoShared, s.NoPrivate = tt.shared, tt.private
			p := build(t, text, s)
			var planned, reasons []string
			for _, a := range p.Arms {
				planned = append(planned, a.Workload+" "+a.Backend)
			}
			for _, l := range p.LeftOut {
				reasons = append(reasons, l.Arm+": "+l.Why.String())
			}
			if got, want := strings.Join(planned, ", "), strings.Join(tt.planned, ", "); got != want {
				t.Errorf("planned: %s, want %s", got, want)
			}
			if !strings.Contains(strings.Join(reasons, "\n"), tt.says) {
				t.Errorf("left out: %q", reasons)
			}
		})
	}
	s := fast
	s.NoShared, s.NoPrivate = "ENODEV", "ENODEV"
	_, err := experiment.Build(load(t, "size='1M'\nworkload='seqscan'\nbackend=['mmap','mmap:private']"), catalogue(),
		[]target.Site{s})
	if err == nil || !strings.Contains(err.Error(), "nothing is left to run") ||
		!strings.Contains(err.Error(), "cannot be mapped at all") {
		t.Errorf("error %v", err)
	}
}
