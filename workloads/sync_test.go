package workloads

import (
	"fmt"
	"path/filepath"
	"testing"

	"mmapbench/internal/latency"
	"mmapbench/io/backend"
	"mmapbench/io/readwrite"
)

// syncsAt notes after how many bytes it was synced.
type syncsAt struct {
	backend.AppendFile
	bytes int
	at    *[]int
}

func (s *syncsAt) Append(src []byte) error {
	s.bytes += len(src)
	return s.AppendFile.Append(src)
}

func (s *syncsAt) Commit() error {
	*s.at = append(*s.at, s.bytes/record)
	return s.AppendFile.Commit()
}

func TestAppendIsSyncedWhenAsked(t *testing.T) {
	const records = 10
	for _, tt := range []struct {
		every int64
		timed int64 // one access in so many; 0: none
		want  string
	}{
		{0, 0, "[]"},
		{1, 0, "[1 2 3 4 5 6 7 8 9 10]"},
		{4, 0, "[4 8 10]"},
		{4, 1, "[4 8 10]"},
		{3, 7, "[3 6 9 10]"},
		{50, 0, "[10]"},
	} {
		t.Run(fmt.Sprintf("every %d, one in %d timed", tt.every, tt.timed), func(t *testing.T) {
			at := []int{}
			tk := task(readwrite.Pread, "", records*record, records)
			open := tk.Access.OpenAppend
			tk.Access.OpenAppend = func(path string, s backend.Spec) (backend.AppendFile, error) {
				f, err := open(path, s)
				return &syncsAt{f, 0, &at}, err
			}
			tk.Source, tk.Out = make([]byte, 3*record), filepath.Join(t.TempDir(), "out")
			tk.SyncEvery, tk.Syncs = tt.every, latency.NewRecorder(1, 27, records)
			if tt.timed > 0 {
				tk.Latency = latency.NewRecorder(tt.timed, 27, records)
			}
			lap(t, Append, tk)
			if got := fmt.Sprint(at); got != tt.want {
				t.Errorf("synced after the records %s, want %s", got, tt.want)
			}
			if n := counted(tk.Syncs); n != int64(len(at)) {
				t.Errorf("%d syncs were timed, of %d", n, len(at))
			}
			if n := counted(tk.Latency); tt.timed == 1 && n != records {
				t.Errorf("%d accesses were timed, of %d", n, records)
			}
		})
	}
}
