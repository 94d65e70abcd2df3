package harness

import (
	"context"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"mmapbench/results"
)

// hotBoard is a board whose one sensor reads so many thousandths of a degree.
func hotBoard(t *testing.T, milli string, limit float64) (*state, func(milli string)) {
	t.Helper()
	root := t.TempDir()
	zone := filepath.Join(root, "sys/class/thermal/thermal_zone0")
	if err := os.MkdirAll(zone, 0o755); err != nil {
		t.Fatal(err)
	}
	set := func(milli string) {
		if err := os.WriteFile(filepath.Join(zone, "temp"), []byte(milli+"\n"), 0o644); err != nil {
			t.Error(err)
		}
	}
	set(milli)
	return &state{ctx: context.Background(), stop: make(chan struct{}),
		board: board{root: root, most: time.Minute, limit: limit}}, set
}

func TestARoundWaitsUntilTheBoardIsCool(t *testing.T) {
	s, set := hotBoard(t, "81500", 70)
	time.AfterFunc(50*time.Millisecond, func() { set("69000") })
	if err := s.cool(); err != nil {
		t.Fatal(err)
	}
	var first, second results.Trial
	s.board.note(&first, s.board.look())
	s.board.note(&second, s.board.look())
	if first.Cool < 50*time.Millisecond || second.Cool != 0 {
		t.Errorf("waited %v and %v, want the wait with the round's first trial", first.Cool, second.Cool)
	}
	if first.Temperature == nil || *first.Temperature != 69 || len(first.Warnings) > 0 {
		t.Errorf("temperature %v, warnings %v", first.Temperature, first.Warnings)
	}
}

func TestARoundBeginsHotAndSaysSo(t *testing.T) {
	s, _ := hotBoard(t, "81500", 70)
	s.board.most = 10 * time.Millisecond
	if err := s.cool(); err != nil {
		t.Fatal(err)
	}
	var tr results.Trial
	s.board.note(&tr, s.board.look())
	if !slices.Contains(tr.Warnings, results.WarnHot) {
		t.Errorf("warnings %v of a trial that began at 81.5 °C", tr.Warnings)
	}
}

func TestAnInterruptEndsTheWait(t *testing.T) {
	s, _ := hotBoard(t, "81500", 70)
	stop := make(chan struct{})
	s.stop = stop
	time.AfterFunc(20*time.Millisecond, func() { close(stop) })
	if err := s.cool(); err != nil {
		t.Fatal(err)
	}
	if s.board.waited >= time.Minute {
		t.Errorf("waited %v", s.board.waited)
	}
}

func TestWithoutASensorNothingIsClaimed(t *testing.T) {
	s, _ := hotBoard(t, "81500", 70)
	s.board.root = t.TempDir()
	var tr results.Trial
	s.board.note(&tr, s.board.look())
	if tr.Temperature != nil || len(tr.Warnings) > 0 {
		t.Errorf("temperature %v, warnings %v", tr.Temperature, tr.Warnings)
	}
	if err := s.cool(); err == nil {
		t.Error("a gate without a sensor was passed in silence")
	}
}
