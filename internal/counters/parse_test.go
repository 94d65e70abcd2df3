package counters

import (
	"math"
	"testing"

	"github.com/google/go-cmp/cmp"
)

const maxText = "9223372036854775807" // math.MaxInt64

func TestParsers(t *testing.T) {
	index := map[string]int{"pgfault": 0, "rchar": 1, "FilePmdMapped": 2}
	parseKeys := func(text []byte, into []int64) { parseKeyed(text, index, into) }
	disks := func(names ...string) func([]byte, []int64) {
		return func(text []byte, into []int64) { parseDiskstats(text, names, into) }
	}
	const twoDisks = "   8       0 sda 1 0 10 0 2 0 20 0 0 30 0\n   8       1 sda1 1 0 10 0 2 0 20 0 0 30 0\n   8 " +
		"     16 sdb 100 0 1000 0 200 0 2000 0 0 3000 0 9 9 9\n"
	for _, c := range []struct {
		name  string
		parse func([]byte, []int64)
		text  string
		want  []int64
	}{
		{"names end where they end", parseKeys, "pgfaults 1\nxpgfault 2\npgfault 3\n", []int64{3, absent, absent}},
		{"a colon", parseKeys, "rchar: 12\n", []int64{absent, 12, absent}},
		{"kB are bytes", parseKeys, "FilePmdMapped:       12 kB\n", []int64{absent, absent, 12 << 10}},
		{"no end of line", parseKeys, "pgfault 3", []int64{3, absent, absent}},
		{"the largest", parseKeys, "pgfault " + maxText + "\n", []int64{math.MaxInt64, absent, absent}},
		{"too large", parseKeys, "pgfault 9223372036854775808\n", []int64{absent, absent, absent}},
		{"too large in bytes", parseKeys, "FilePmdMapped: " + maxText + " kB\n", []int64{absent, absent, absent}},
		{"negative", parseKeys, "pgfault -3\n", []int64{absent, absent, absent}},
		{"not a number", parseKeys, "pgfault 3x\nrchar:\n", []int64{absent, absent, absent}},
		{"numbers", parseNumbers, "1 2 3\n", []int64{1, 2, 3}},
		{"fewer numbers", parseNumbers, "1 2", []int64{1, 2, absent}},
		{"numbers of the first line only", parseNumbers, "1\n2 3\n", []int64{1, absent, absent}},
		{"pressure", parsePressure, "some avg10=1.00 avg60=0.00 avg300=0.00 total=7\nfull avg10=0.00 avg60=0.00 " +
			"avg300=0.00 total=5\n", []int64{7, 5}},
		{"no line full", parsePressure, "some avg10=1.00 avg60=0.00 avg300=0.00 total=7\n", []int64{7, absent}},
		{"no total", parsePressure, "some avg10=1.00\n", []int64{absent, absent}},
		{"shootdowns", parseShootdowns, "  CPU0 CPU1\nTRM: 5 5 Thermal event interrupts\nTLB:   3   4   TLB " +
			"shootdowns\n", []int64{7}},
		{"no row", parseShootdowns, "  CPU0 CPU1\nIPI0: 5 5 Rescheduling interrupts\n", []int64{absent}},
		{"a row without numbers", parseShootdowns, "TLB: shootdowns\n", []int64{absent}},
		{"a sum too large", parseShootdowns, "TLB: " + maxText + " 1 TLB shootdowns\n", []int64{absent}},
		{"steal", parseSteal, "cpu  1 2 4 100 200 8 16 32 64 128\ncpu0 9 9 9 9 9 9 9 9\n", []int64{32, 63}},
		{"nothing was ever stolen", parseSteal, "cpu  1 2 4 100 200 8 16 0 64 128\n", []int64{absent, absent}},
		{"no field for what is stolen", parseSteal, "cpu  1 2 4 100 200 8 16\n", []int64{absent, absent}},
		{"not the sum of the processors", parseSteal, "cpu0  1 2 4 100 200 8 16 32\n", []int64{absent, absent}},
		{"work too large", parseSteal, "cpu " + maxText + " 2 4 100 200 8 16 32\n", []int64{absent, absent}},
		{"one disk", disks("sda"), twoDisks, []int64{1, 10 * 512, 2, 20 * 512, 30}},
		{"two disks", disks("sda", "sdb"), twoDisks, []int64{101, 1010 * 512, 202, 2020 * 512, 3030}},
		{"a disk too many", disks("sda", "sdc"), twoDisks, []int64{absent, absent, absent, absent, absent}},
		{"no disk", disks(), twoDisks, []int64{absent, absent, absent, absent, absent}},
		{"a partition of old", disks("sda1"), " 8 1 sda1 1 2 3 4\n", []int64{absent, absent, absent, absent, absent}},
		{"sectors too many", disks("sda"), "8 0 sda 1 0 " + maxText + " 0 2 0 20 0 0 30 0\n",
			[]int64{absent, absent, absent, absent, absent}},
	} {
		t.Run(c.name, func(t *testing.T) {
			got := make([]int64, len(c.want))
			none(got)
			c.parse([]byte(c.text), got)
			if diff := cmp.Diff(c.want, got); diff != "" {
				t.Errorf("%q (-want +got):\n%s", c.text, diff)
			}
		})
	}
}

// Whatever the text, a parser gives counts or nothing, and a text that is only
// longer at its end gives what it gave.
func FuzzParsers(f *testing.F) {
	for _, seed := range []string{
		"pgfault 12\npgmajfault 3\n", "rchar: 12\nsyscr: 1\n", "FilePmdMapped:  12 kB\n", "1 2 3\n",
		"some avg10=0.00 total=461045250\nfull avg10=0.00 total=0\n", "TLB:  1 2 TLB shootdowns\n",
		"cpu  1 2 4 100 200 8 16 32\n", "8 0 sda 1 2 3 4 5 6 7 8 9 10 11\n", "pgfault " + maxText + " kB",
	} {
		f.Add(seed)
	}
	index := map[string]int{"pgfault": 0, "rchar": 1, "FilePmdMapped": 2}
	parsers := map[string]func([]byte, []int64){
		"keyed":      func(b []byte, v []int64) { parseKeyed(b, index, v) },
		"numbers":    parseNumbers,
		"pressure":   parsePressure,
		"steal":      parseSteal,
		"shootdowns": parseShootdowns,
		"diskstats":  func(b []byte, v []int64) { parseDiskstats(b, []string{"sda"}, v) },
	}
	f.Fuzz(func(t *testing.T, text string) {
		for name, parse := range parsers {
			got := make([]int64, 5)
			none(got)
			parse([]byte(text), got)
			for _, v := range got {
				if v < absent {
					t.Errorf("%s: %d in %q", name, v, text)
				}
			}
			more := make([]int64, 5)
			none(more)
			parse([]byte(text+"\n\nother 1\n"), more)
			if !cmp.Equal(got, more) {
				t.Errorf("%s: %v from %q, but %v with more behind it", name, got, text, more)
			}
		}
	})
}

func TestParsersDoNotAllocate(t *testing.T) {
	text := []byte("pgfault 12\nrchar: 12\nFilePmdMapped:  12 kB\n8 0 sda 1 2 3 4 5 6 7 8 9 10 11\nTLB:  1 2 TLB " +
		"shootdowns\n")
	index := map[string]int{"pgfault": 0}
	names, into := []string{"sda"}, make([]int64, 5)
	if n := testing.AllocsPerRun(10, func() {
		parseKeyed(text, index, into)
		parseNumbers(text, into)
		parsePressure(text, into)
		parseShootdowns(text, into)
		parseDiskstats(text, names, into)
	}); n != 0 {
		t.Errorf("%v allocations", n)
	}
}
