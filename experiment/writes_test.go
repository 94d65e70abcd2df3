package experiment_test

import (
	"strings"
	"testing"

	"mmapbench/experiment"
	"mmapbench/schedule"
	"mmapbench/target"
)

// TestEveryByteWrittenIsAnnounced: the bound holds what trials write, what they
// write when they rehearse, and every file that is made beforehand.
func TestEveryByteWrittenIsAnnounced(t *testing.T) {
	const k, m = 1 << 10, 1 << 20
	there := fast
	there.Has = func(d schedule.Data) bool { return d.Size == m }
	for _, tt := range []struct {
		name, toml string
		site       target.Site
		want       int64
	}{
		{"reads", `workload = "seqscan"
			size = "1M"`, fast, m + 256*k},
		{"the dataset is there", `workload = "seqscan"
			size = "1M"`, there, 256 * k},
		{"the rehearsal's file is a dataset", `workload = "seqscan"
			size = "1M"
			record = "1M"`, fast, m},
		{"small files take whole blocks", `workload = "smallfiles"
			size = "1M"
			record = "512"`, fast, 8*(m+256*k) + 256*k},
		{"appends", `workload = "append"
			size = "1M"`, fast, 4*(m+3*256*k) + 256*k},
		{"copies, large records", `workload = "copy"
			cache = "cached"
			size = "4M"
			record = "1M"`, fast, 4*(4*m+3*m) + 4*m + m},
	} {
		t.Run(tt.name, func(t *testing.T) {
			e := load(t, "rounds = 4\nbackend = \"pread\"\n"+tt.toml)
			p, err := experiment.Build(e, catalogue(), []target.Site{tt.site})
			if err != nil {
				t.Fatal(err)
			}
			if p.WriteBytes != tt.want {
				t.Errorf("%d bytes announced, want %d", p.WriteBytes, tt.want)
			}
		})
	}
}

// TestTooManyFiles: they are refused before anything is written, with what to change.
func TestTooManyFiles(t *testing.T) {
	e := load(t, "workload = \"smallfiles\"\nsize = \"1G\"\nrecord = \"512\"")
	_, err := experiment.Build(e, catalogue(), []target.Site{fast})
	if err == nil || !strings.Contains(err.Error(), "choose a smaller --size or a larger --record") {
		t.Errorf("error %v", err)
	}
}
