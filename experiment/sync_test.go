package experiment_test

import (
	"fmt"
	"os"
	"testing"

	"mmapbench/experiment"
	"mmapbench/target"
)

func TestSyncIsPlannedWhereItMeansSomething(t *testing.T) {
	p := build(t, `
workload = ["append", "copy", "seqscan"]
size = "1M"
record = "4k"
cache = "cached"
backend = "pread"
durability = ["none", "data"]
sync = ["end", "every", "every=16"]
`, fast)
	got := map[string]int{}
	for _, a := range p.Arms {
		got[fmt.Sprintf("%s %s %s", a.Workload, a.Durability, a.Sync)]++
	}
	want := map[string]int{"append none ": 1, "append data ": 1, "append data every": 1, "append data every=16": 1,
		"copy none ": 1, "copy data ": 1, "seqscan  ": 1}
	if fmt.Sprint(got) != fmt.Sprint(want) {
		t.Errorf("planned: %v\nwant: %v", got, want)
	}
	for arm, why := range map[string]string{
		"append by pread":       "nothing is made durable: give data or full",
		"copy by pread, cached": "a copy is made durable as a whole",
	} {
		if !leftOut(p, arm, why) {
			t.Errorf("%s is not left out because %q: %v", arm, why, p.LeftOut)
		}
	}
}

// TestSyncsAreInTheEstimate: each costs what one took when the target was tried, and
// writes no more than is announced.
func TestSyncsAreInTheEstimate(t *testing.T) {
	site := fast
	site.Speed.DurableSync = 0.01
	plan := func(sync, size string) (seconds float64, written, arm int64) {
		e := load(t, "rounds = 1\nbackend = \"pread\"\nworkload = \"append\"\nrecord = \"4k\"\ndurability = \"data\"\n"+
			"size = \""+size+"\"\nsync = \""+sync+"\"")
		p, err := experiment.Build(e, catalogue(), []target.Site{site})
		if err != nil {
			t.Fatal(err)
		}
		return p.Expected.Seconds(), p.WriteBytes, p.Arms[0].Size
	}
	end, wrote, _ := plan("end", "1M")
	every, wroteMore, _ := plan("every", "1M") // 256 syncs, and four of each rehearsal
	if took := every - end; took < 2.67 || took > 2.69 {
		t.Errorf("256 syncs and 12 of 10 ms add %.2f s", took)
	}
	if more := wroteMore - wrote; more < 268*3*4096 || more > 268*16*int64(os.Getpagesize()) {
		t.Errorf("256 syncs and 12 add %d bytes", more)
	}
	// As many as take half a second, in a whole power of two.
	if _, _, size := plan("every", "auto"); size != 32*4096 {
		t.Errorf("the automatic size is %d", size)
	}
	if _, _, size := plan("every=4", "auto"); size != 4*32*4096 {
		t.Errorf("the automatic size is %d, for a sync after every 4 records", size)
	}
}
